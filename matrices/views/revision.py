"""La revisión: la cola de lo remitido, y cada avance junto al del semestre anterior."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cached_property
from typing import Any

import django_tables2 as tables
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from instituciones.consultas import titulares_de
from instituciones.models import Feriado, Rol, Usuario
from matrices import consultas, flujo, permisos
from matrices.calendario import dias_habiles_entre
from matrices.forms.revision import (
    AsignarForm,
    ColaFilter,
    NotaForm,
    ObservacionesForm,
    ObservarForm,
    ValidarForm,
)
from matrices.models import Avance, Evidencia, Movimiento, Observacion, Periodo
from matrices.models.matriz import VEN_TODA_FILA
from matrices.templatetags.pesn_formato import semaforo
from matrices.views import cotejo
from matrices.views.avance import se_descarga

POR_PAGINA = 50
REVISAN = {Rol.ANALISTA, Rol.COORDINADOR}
DE_LA_REVISION = {"asignar", "observar", "validar", "revertir", "reabrir"}
HECHO = {"observar": "Observada", "validar": "Validada"}
NUMERO = {"td": {"class": "numero"}, "th": {"class": "numero"}}


class ColaTable(tables.Table):
    """La cola: lo que más espera primero; cada encabezado ordena."""

    espera = tables.Column(
        "Espera", accessor="remitido_en", order_by=("remitido_en", "pk"), attrs=NUMERO
    )
    institucion = tables.Column("Institución", accessor="actividad__responsable__sigla")
    actividad = tables.TemplateColumn(
        template_name="matrices/_en_cola.html",
        order_by=("actividad__matriz__accion__orden", "actividad__numero"),
        attrs={"td": {"class": "renglon"}},
    )
    semaforo = tables.Column("Color", empty_values=())
    ronda = tables.Column("Ronda", attrs=NUMERO)
    asignado = tables.TemplateColumn(
        template_name="matrices/_asignado.html",
        verbose_name="Asignado a",
        order_by=("asignado_a__nombre", "pk"),
    )

    class Meta:
        attrs = {"titulo": "Avances en la cola"}
        order_by = "espera"
        empty_text = "Nada en la cola con estos filtros."

    def __init__(self, *args, yo: Usuario, personas: Iterable[Usuario], feriados: set, **kwargs):
        super().__init__(*args, **kwargs)
        self.yo, self.personas, self.feriados = yo, list(personas), feriados

    def render_espera(self, value: datetime) -> str:
        dias = dias_habiles_entre(timezone.localdate(value), timezone.localdate(), self.feriados)
        return "1 día hábil" if dias == 1 else f"{dias} días hábiles"

    def render_semaforo(self, value: str) -> str:
        return render_to_string("_semaforo.html", semaforo(value))

    def render_ronda(self, value: int) -> int:
        return value + 1

    def a_quien(self, avance: Avance) -> list[Usuario]:
        """A quiénes puede asignarlo quien mira la cola."""
        if avance.estado != Avance.Estado.REMITIDO:
            return []
        return [una for una in self.personas if permisos.puede_asignar_a(self.yo, avance, una)]


@require_GET
def revision(request: HttpRequest) -> HttpResponse:
    """Lo que espera revisión, con filtros y orden en la dirección."""
    return _cola(request)


def _cola(request: HttpRequest, codigo: int = 200) -> HttpResponse:
    quien = _como_quien(request.user)
    filtro = ColaFilter(request.GET, queryset=_filas_de(request.user, quien), request=request)
    legible = filtro.is_valid()
    tabla = ColaTable(
        filtro.qs if legible else filtro.queryset.none(),
        yo=quien,
        personas=_personas(request.user, quien),
        feriados=_feriados(request.user),
    )
    tables.RequestConfig(request, paginate={"per_page": POR_PAGINA}).configure(tabla)
    for fila in tabla.page.object_list:
        fila.record.posibles = tabla.a_quien(fila.record)
    contexto = {
        "titulo": "Revisión",
        "migas": [("Revisión", None)],
        "filtro": filtro,
        "tabla": tabla,
        "filtros": request.GET.urlencode(),
        "coordina": quien.rol == Rol.COORDINADOR,
        "por_delegacion_de": None if quien == request.user else quien,
    }
    respuesta = codigo if legible else 400
    return render(request, "matrices/revision.html", contexto, status=respuesta)


def _como_quien(usuario: Usuario) -> Usuario:
    """Ella misma si revisa; si no, quien le delegó. Lanza PermissionDenied si nadie."""
    for quien in (usuario, *titulares_de(usuario, timezone.localdate())):
        if quien.rol in REVISAN:
            return quien
    raise PermissionDenied("La cola es de quien revisa.")


def _filas_de(usuario: Usuario, quien: Usuario) -> QuerySet[Avance]:
    """La analista, lo que revisa su institución; la coordinación, todas las colas."""
    filas = Avance.objects.visibles_para(usuario)
    filas = filas.exclude(periodo__estado=Periodo.Estado.CORTADO)
    if quien.rol == Rol.ANALISTA:
        filas = filas.que_revisa(quien.institucion_id)
    return filas.con_su_actividad().sin_textos().select_related("asignado_a")


def _personas(usuario: Usuario, quien: Usuario) -> Iterable[Usuario]:
    """A quiénes se puede asignar: la coordinación, a quien revisa; la analista, a sí misma."""
    if quien.rol != Rol.COORDINADOR:
        return [usuario]
    visibles = Usuario.objects.visibles_para(usuario)
    return visibles.filter(rol__in=REVISAN, is_active=True).order_by("nombre")


def _feriados(usuario: Usuario) -> set:
    return set(Feriado.objects.visibles_para(usuario).values_list("fecha", flat=True))


@require_POST
def asignar(request: HttpRequest, pk: int) -> HttpResponse:
    """Quedárselo, o asignarlo a quien lo revise."""
    avance = _avance(request, pk)
    por_quien = flujo.por_quien(
        avance, "asignar", request.user, titulares_de(request.user, timezone.localdate())
    )
    visibles = Usuario.objects.visibles_para(request.user).filter(is_active=True)
    form = AsignarForm(request.POST, personas=visibles)
    if not form.is_valid():
        messages.error(request, "No se asignó: elija a una persona de la lista.")
        return _cola(request, codigo=422)
    a, version = form.cleaned_data["a"], form.cleaned_data["version"]
    try:
        flujo.asignar(avance, a, version=version, por=request.user, en_nombre_de=por_quien)
    except flujo.Conflicto as conflicto:
        messages.error(request, f"No se asignó. {conflicto}")
        return _cola(request, codigo=409)
    messages.success(request, f"{avance.actividad} quedó asignada a {a}.")
    return redirect(_con_filtros(reverse("matrices:revision"), request.GET))


def _con_filtros(direccion: str, filtros: QueryDict) -> str:
    return f"{direccion}?{filtros.urlencode()}" if filtros else direccion


# Un avance -------------------------------------------------------------------------------------


def _avance(request: HttpRequest, pk: int) -> Avance:
    visibles = Avance.objects.visibles_para(request.user).con_su_actividad()
    firmas = ("asignado_a", "capturado_por", "entregado_por", "remitido_por", "validado_por")
    return get_object_or_404(visibles.select_related(*firmas), pk=pk)


class Expediente:
    """Un avance con todo lo que hace falta para juzgarlo, hasta donde esta persona puede leer."""

    def __init__(self, avance: Avance, persona: Usuario):
        self.avance, self.persona = avance, persona
        self.visibles = Avance.objects.visibles_para(persona)

    @cached_property
    def titulares(self) -> list[Usuario]:
        return titulares_de(self.persona, timezone.localdate())

    @cached_property
    def pasos(self) -> dict[str, Usuario | None]:
        return flujo.actuaciones(self.avance, self.persona, self.titulares)

    @cached_property
    def lee(self) -> bool:
        return permisos.puede_leer_ahora(self.persona, self.avance)

    @cached_property
    def dice(self) -> dict[str, Any] | None:
        """Lo que dice ahora; si se está corrigiendo, lo último que se remitió."""
        if self.lee:
            return cotejo.lo_que_dice(self.avance)
        if permisos.puede_leer_lo_enviado(self.persona, self.avance):
            return consultas.lo_enviado(self.avance)
        return None

    @cached_property
    def anterior(self) -> Avance | None:
        return cotejo.anterior(self.avance, self.visibles)

    @cached_property
    def decia(self) -> dict[str, Any] | None:
        if self.anterior and permisos.puede_leer_ahora(self.persona, self.anterior):
            return cotejo.lo_que_vale(self.anterior)
        return None

    @cached_property
    def movimientos(self) -> list[Movimiento]:
        visibles = Movimiento.objects.visibles_para(self.persona).filter(avance=self.avance)
        todos = list(visibles.select_related("por", "en_nombre_de"))
        for uno in todos:
            uno.nombre = flujo.PASOS[uno.paso].nombre if uno.paso in flujo.PASOS else "Abrir"
            uno.quedo = Avance.Estado(uno.a).label
        return todos

    @cached_property
    def observaciones(self) -> list[Observacion]:
        """Las de todas las rondas, con lo que se respondió antes; vacío si no lee el texto."""
        if not permisos.puede_leer(self.persona, self.avance):
            return []
        visibles = Observacion.objects.visibles_para(self.persona).filter(avance=self.avance)
        todas = list(visibles.select_related("autor"))
        dichas = cotejo.respuestas_anteriores(todas, self.movimientos)
        for una in todas:
            una.respuestas_anteriores = dichas.get(una.pk, [])
            una.clave = str(una.pk)
        return todas

    @property
    def atendidas(self) -> list[Observacion]:
        return [una for una in self.observaciones if una.estado == Observacion.Estado.ATENDIDA]

    @cached_property
    def renglones(self) -> list[cotejo.Renglon]:
        return cotejo.renglones(self.avance, self.dice, self.decia, self.observaciones)

    @property
    def sueltas(self) -> list[Observacion]:
        """Las que no son de un campo del formulario de esta actividad."""
        campos = cotejo.campos_de(self.avance.actividad)
        return [una for una in self.observaciones if una.campo not in campos]

    @cached_property
    def evidencias(self) -> list[Evidencia]:
        visibles = Evidencia.objects.visibles_para(self.persona).filter(
            avance=self.avance, rectificacion=None
        )
        filas = visibles.select_related("hito")
        return [una for una in filas if se_descarga(self.persona, una, self.avance)]

    @cached_property
    def avisos(self) -> list[str]:
        if not self.dice:
            return []
        hallados = cotejo.avisos(self.avance, self.dice, self.decia)
        repetidos = cotejo.textos_repetidos(self.avance, self.dice, self.visibles)
        hallados += [
            f"«{campo}» es igual al de la actividad {otro.actividad}." for campo, otro in repetidos
        ]
        if self.dice.get("sin_cambios"):
            seguidos = cotejo.semestres_sin_cambios(self.avance, self.visibles)
            hallados.append(f"Semestres seguidos «Sin cambios»: {seguidos}.")
        return hallados


@require_GET
def revisar(request: HttpRequest, pk: int) -> HttpResponse:
    """Este semestre junto al anterior, con su evidencia, sus avisos y lo observado."""
    expediente = Expediente(_avance(request, pk), request.user)
    if request.user.rol not in VEN_TODA_FILA and not DE_LA_REVISION & set(expediente.pasos):
        raise PermissionDenied("Esta página es de quien revisa.")
    return _pagina(request, expediente)


def _pagina(
    request: HttpRequest,
    expediente: Expediente,
    *,
    form: ObservarForm | None = None,
    nota: NotaForm | None = None,
    conflicto: flujo.Conflicto | None = None,
    codigo: int = 200,
) -> HttpResponse:
    avance = expediente.avance
    form = form or _formulario(ObservarForm, expediente, None)
    contexto = {
        "titulo": f"Actividad {avance.actividad}",
        "migas": [
            ("Revisión", _con_filtros(reverse("matrices:revision"), request.GET)),
            (f"Actividad {avance.actividad}", None),
        ],
        "avance": avance,
        "expediente": expediente,
        "con_algo": [(uno, form.casilla(uno.campo)) for uno in expediente.renglones if uno.dice],
        "vacios": [(uno, form.casilla(uno.campo)) for uno in expediente.renglones if not uno.dice],
        "pasos": expediente.pasos,
        "por_delegacion_de": _titular_de_algun(expediente.pasos),
        "ronda": avance.ronda + (avance.estado == Avance.Estado.REMITIDO),
        "observa": "observar" in expediente.pasos,
        "lee_su_clase": permisos.puede_leer(request.user, avance),
        "formularios": [uno for uno in (form, nota) if uno],
        "form": form,
        "nota": nota or NotaForm(initial={"version": avance.version}, auto_id="nota_%s"),
        "conflicto": conflicto,
        "escrito": _lo_escrito(form, expediente) if conflicto else [],
        "ultimo": expediente.movimientos[-1] if expediente.movimientos else None,
        "siguiente": _siguiente(request, avance),
        "filtros": request.GET.urlencode(),
    }
    return render(request, "matrices/revisar.html", contexto, status=codigo)


def _formulario(clase: type[ObservarForm], expediente: Expediente, datos) -> ObservarForm:
    return clase(
        datos,
        campos=cotejo.campos_de(expediente.avance.actividad),
        atendidas=expediente.atendidas,
        initial={"version": expediente.avance.version},
    )


def _titular_de_algun(pasos: dict[str, Usuario | None]) -> Usuario | None:
    return next((quien for quien in pasos.values() if quien), None)


def _lo_escrito(form: ObservarForm, expediente: Expediente) -> list[dict[str, str]]:
    """Lo que iba a observar, junto a lo que el avance dice ahora en ese campo."""
    if not form.is_bound:
        return []
    ahora = {uno.campo: uno.ahora for uno in expediente.renglones}
    return [
        {"nombre": form.campos[campo], "suyo": texto, "actual": ahora.get(campo, "")}
        for campo, texto in form.textos()
    ]


def _siguiente(request: HttpRequest, avance: Avance) -> Avance | None:
    """El que sigue en la cola con los mismos filtros, lo que más espera primero."""
    try:
        quien = _como_quien(request.user)
    except PermissionDenied:
        return None
    filtro = ColaFilter(request.GET, queryset=_filas_de(request.user, quien), request=request)
    if not filtro.is_valid():
        return None
    cola = filtro.qs.filter(estado=Avance.Estado.REMITIDO).exclude(pk=avance.pk)
    if quien.rol == Rol.ANALISTA:
        cola = cola.filter(ronda__lt=permisos.RONDAS_DEL_ANALISTA)
    return cola.order_by("remitido_en", "pk").first()


@require_POST
def observar(request: HttpRequest, pk: int) -> HttpResponse:
    """Devolverlo con una observación por campo; varias a la vez."""
    expediente = Expediente(_avance(request, pk), request.user)
    form = _formulario(ObservacionesForm, expediente, request.POST)

    def dar(por_quien: Usuario | None) -> None:
        flujo.observar(
            expediente.avance,
            form.textos(),
            reabre=form.reabiertas(),
            version=form.cleaned_data["version"],
            por=request.user,
            en_nombre_de=por_quien,
        )

    return _dar(request, expediente, "observar", form, dar)


@require_POST
def validar(request: HttpRequest, pk: int) -> HttpResponse:
    """Dar por buenas sus cifras, y seguir con el próximo de la cola si así se pide."""
    expediente = Expediente(_avance(request, pk), request.user)
    form = _formulario(ValidarForm, expediente, request.POST)

    def dar(por_quien: Usuario | None) -> None:
        flujo.validar(
            expediente.avance,
            version=form.cleaned_data["version"],
            por=request.user,
            en_nombre_de=por_quien,
        )

    return _dar(request, expediente, "validar", form, dar)


def _dar(
    request: HttpRequest,
    expediente: Expediente,
    paso: str,
    form: ObservarForm,
    dar: Callable[[Usuario | None], None],
) -> HttpResponse:
    """Lo común a observar y validar: preguntar, revisar lo escrito, dar el paso y responder."""
    avance, persona = expediente.avance, request.user
    legible = form.is_valid()
    vista = form.cleaned_data.get("version")
    if persona.rol in REVISAN and vista and vista != avance.version:
        ajena = flujo.VersionAjena(avance)
        return _pagina(request, expediente, form=form, conflicto=ajena, codigo=409)
    por_quien = flujo.por_quien(avance, paso, persona, expediente.titulares)
    if not legible:
        return _pagina(request, expediente, form=form, codigo=422)
    try:
        dar(por_quien)
    except flujo.Conflicto as conflicto:
        ahora = Expediente(_avance(request, avance.pk), persona)
        return _pagina(request, ahora, form=form, conflicto=conflicto, codigo=409)
    messages.success(request, f"{HECHO[paso]} la actividad {avance.actividad}.")
    siguiente = _siguiente(request, avance) if "siguiente" in request.POST else None
    if siguiente:
        return redirect(_con_filtros(reverse("matrices:revisar", args=[siguiente.pk]), request.GET))
    return redirect(_con_filtros(reverse("matrices:revision"), request.GET))


@require_POST
def revertir(request: HttpRequest, pk: int) -> HttpResponse:
    """La coordinación deshace una validación, con su motivo."""
    return _con_nota(request, pk, "revertir", "Volvió a revisión")


@require_POST
def reabrir(request: HttpRequest, pk: int) -> HttpResponse:
    """La coordinación deja volver a borrador lo que no se reportó, con su motivo."""
    return _con_nota(request, pk, "reabrir", "Se reabrió")


def _con_nota(request: HttpRequest, pk: int, paso: str, hecho: str) -> HttpResponse:
    expediente = Expediente(_avance(request, pk), request.user)
    avance = expediente.avance
    por_quien = flujo.por_quien(avance, paso, request.user, expediente.titulares)
    nota = NotaForm(request.POST, auto_id="nota_%s")
    if not nota.is_valid():
        return _pagina(request, expediente, nota=nota, codigo=422)
    try:
        flujo.mover(avance, paso, por=request.user, en_nombre_de=por_quien, **nota.cleaned_data)
    except flujo.Conflicto as conflicto:
        ahora = Expediente(_avance(request, pk), request.user)
        return _pagina(request, ahora, nota=nota, conflicto=conflicto, codigo=409)
    messages.success(request, f"{hecho} la actividad {avance.actividad}.")
    return redirect(_con_filtros(reverse("matrices:revisar", args=[pk]), request.GET))
