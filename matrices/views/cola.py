"""La cola de la revisión: lo remitido, con sus filtros, y lo que se hace con varios a la vez."""

from collections.abc import Iterable
from datetime import datetime

import django_tables2 as tables
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django_tables2.rows import BoundRows

from acciones.views import con_el_marco_de
from instituciones.consultas import titulares_de
from instituciones.models import Feriado, Rol, Usuario
from matrices import flujo, permisos, verosimilitud
from matrices.calendario import dias_habiles_entre
from matrices.forms.pasos import VariosForm
from matrices.forms.revision import AsignarForm, AsignarVariosForm, ColaFilter, FiltroForm
from matrices.models import Avance, FiltroGuardado, Periodo
from matrices.templatetags.pesn_formato import semaforo

POR_PAGINA = 50
REVISAN = {Rol.ANALISTA, Rol.COORDINADOR}
NUMERO = {"td": {"class": "numero"}, "th": {"class": "numero"}}


class ColaTable(tables.Table):
    """La cola: lo que más espera primero; cada encabezado ordena."""

    espera = tables.Column(
        "Espera", accessor="remitido_en", order_by=("remitido_en", "pk"), attrs=NUMERO
    )
    marca = tables.TemplateColumn(
        template_name="matrices/_marca.html", verbose_name="Marcar", orderable=False
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
        sequence = ("marca", "...")
        row_attrs = {"data-renglon": ""}
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


class PorLlaves(Paginator):
    """La última página cuesta como la primera: se saltan llaves, no renglones con todo lo suyo."""

    def page(self, number) -> Page:
        numero, filas = self.validate_number(number), self.object_list
        desde = (numero - 1) * self.per_page
        tramo = filas.data.data.tramo(desde, desde + self.per_page)
        return self._get_page(BoundRows(data=tramo, table=filas.table), numero, self)


PAGINAS = {"per_page": POR_PAGINA, "paginator_class": PorLlaves}


@require_GET
def revision(request: HttpRequest) -> HttpResponse:
    """Lo que espera revisión, con filtros y orden en la dirección."""
    return pagina_de_la_cola(request)


def pagina_de_la_cola(
    request: HttpRequest,
    *,
    codigo: int = 200,
    guardar: FiltroForm | None = None,
    marcadas: Iterable[int] = (),
) -> HttpResponse:
    """La cola con los filtros de la dirección; `marcadas`, las que ya lo estaban."""
    quien = como_quien(request.user)
    filtro = ColaFilter(request.GET, queryset=_filas_de(request.user, quien), request=request)
    legible = filtro.is_valid()
    tabla = ColaTable(
        filtro.qs if legible else filtro.queryset.none(),
        yo=quien,
        personas=_personas(request.user, quien),
        feriados=_feriados(request.user),
    )
    tables.RequestConfig(request, paginate=PAGINAS).configure(tabla)
    renglones = [fila.record for fila in tabla.page.object_list]
    _preparar(renglones, tabla, request.user, set(marcadas))
    contexto = {
        "titulo": "Revisión",
        "migas": [("Revisión", None)],
        "filtro": filtro,
        "tabla": tabla,
        "filtros": request.GET.urlencode(),
        "guardados": _guardados(request.user, filtro.consulta if legible else ""),
        "guardar": guardar,
        "formularios": [filtro.form, *([guardar] if guardar else [])],
        "se_marcan": any(uno.posibles for uno in renglones),
        "sin_reparos": sum(uno.se_valida_en_lote for uno in renglones),
        "asignables": _sin_repetir(renglones),
        "coordina": quien.rol == Rol.COORDINADOR,
        "por_delegacion_de": None if quien == request.user else quien,
    }
    respuesta = codigo if legible else 400
    return render(request, "matrices/revision.html", contexto, status=respuesta)


def _preparar(
    renglones: list[Avance], tabla: ColaTable, usuario: Usuario, marcadas: set[int]
) -> None:
    """A cada renglón de la página, lo que su plantilla muestra además de la fila."""
    for uno in renglones:
        uno.posibles = tabla.a_quien(uno)
        uno.marcada = uno.pk in marcadas
        uno.advertencias, uno.se_valida_en_lote = None, False
    callados = {uno.pk: uno for uno in renglones if uno.sin_cambios and uno.posibles}
    if not callados:
        return
    visibles = Avance.objects.visibles_para(usuario).filter(pk__in=callados)
    for uno, dichas in _con_sus_advertencias(visibles.con_su_actividad(), usuario):
        callados[uno.pk].advertencias = dichas
        callados[uno.pk].se_valida_en_lote = dichas == []


def _con_sus_advertencias(
    avances: Iterable[Avance], usuario: Usuario
) -> list[tuple[Avance, list[verosimilitud.Advertencia] | None]]:
    """Cada avance con lo que en él llama la atención; None si no lee su texto."""
    avances = list(avances)
    dichas = verosimilitud.advertencias_de(avances, para=usuario)
    return [
        (uno, dichas[uno.pk] if permisos.puede_leer_ahora(usuario, uno) else None)
        for uno in avances
    ]


def _sin_repetir(renglones: list[Avance]) -> list[Usuario]:
    """Las personas a quienes se puede asignar algo de esta página, por nombre."""
    personas = {una.pk: una for uno in renglones for una in uno.posibles}
    return sorted(personas.values(), key=lambda una: una.nombre)


def _guardados(usuario: Usuario, consulta: str) -> list[FiltroGuardado]:
    """Los filtros que guardó, con cuál está puesto."""
    suyos = list(FiltroGuardado.objects.visibles_para(usuario))
    for uno in suyos:
        uno.puesto = uno.consulta == consulta
    return suyos


def como_quien(usuario: Usuario) -> Usuario:
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
    avance = el_avance(request, pk)
    por_quien = flujo.por_quien(
        avance, "asignar", request.user, titulares_de(request.user, timezone.localdate())
    )
    visibles = Usuario.objects.visibles_para(request.user).filter(is_active=True)
    form = AsignarForm(request.POST, personas=visibles)
    if not form.is_valid():
        messages.error(request, "No se asignó: elija a una persona de la lista.")
        return pagina_de_la_cola(request, codigo=422)
    a, version = form.cleaned_data["a"], form.cleaned_data["version"]
    try:
        flujo.asignar(avance, a, version=version, por=request.user, en_nombre_de=por_quien)
    except flujo.Conflicto as conflicto:
        messages.error(request, f"No se asignó. {conflicto}")
        return pagina_de_la_cola(request, codigo=409)
    messages.success(request, f"{avance.actividad} quedó asignada a {a}.")
    return redirect(con_filtros(reverse("matrices:revision"), request.GET))


@require_POST
def asignar_marcadas(request: HttpRequest) -> HttpResponse:
    """Las marcadas, a una persona; todas o ninguna."""
    visibles = Usuario.objects.visibles_para(request.user).filter(is_active=True)
    form = AsignarVariosForm(request.POST, usuario=request.user, personas=visibles)
    legible, versiones = form.is_valid(), form.cleaned_data.get("avance")
    if versiones is None:
        return _sin_hacer(request, form)
    avances = _marcados(request, versiones)  # antes que lo demás: lo ajeno es 404
    por_quien = _por_la_misma(request, avances, "asignar")
    if not legible:
        return _sin_hacer(request, form)
    a = form.cleaned_data["a"]
    ordenes = [flujo.Orden(uno, versiones[uno.pk]) for uno in avances]
    try:
        flujo.asignar_varios(ordenes, a, por=request.user, en_nombre_de=por_quien)
    except flujo.Conflicto as conflicto:
        messages.error(request, f"No se asignó ninguna. {_con_su_actividad(conflicto)}")
        return pagina_de_la_cola(request, codigo=409, marcadas=versiones)
    messages.success(request, f"Asignadas a {a}: {len(avances)}.")
    return redirect(con_filtros(reverse("matrices:revision"), request.GET))


@require_POST
def validar_marcadas(request: HttpRequest) -> HttpResponse:
    """Las marcadas que declaran «Sin cambios» y no tienen advertencias; todas o ninguna."""
    form = VariosForm(request.POST, usuario=request.user)
    if not form.is_valid():
        return _sin_hacer(request, form)
    versiones = form.cleaned_data["avance"]
    avances = _marcados(request, versiones)
    por_quien = _por_la_misma(request, avances, "validar")
    ordenes = [flujo.Orden(uno, versiones[uno.pk]) for uno in avances]
    reparos = _se_miran_una_por_una(avances, request.user)
    if reparos:
        messages.error(request, f"No se validó ninguna. {' '.join(reparos)}")
        return pagina_de_la_cola(request, codigo=422, marcadas=versiones)
    try:
        flujo.validar_varios(ordenes, por=request.user, en_nombre_de=por_quien)
    except flujo.Conflicto as conflicto:
        messages.error(request, f"No se validó ninguna. {_con_su_actividad(conflicto)}")
        return pagina_de_la_cola(request, codigo=409, marcadas=versiones)
    messages.success(request, f"Validadas: {len(avances)}.")
    return redirect(con_filtros(reverse("matrices:revision"), request.GET))


def _sin_hacer(request: HttpRequest, form: VariosForm) -> HttpResponse:
    motivos = [mensaje for campo in form.errors.values() for mensaje in campo]
    messages.error(request, f"No se hizo nada. {' '.join(motivos)}")
    return pagina_de_la_cola(request, codigo=422)


def _marcados(request: HttpRequest, claves: Iterable[int]) -> list[Avance]:
    """Los avances pedidos, si los ve todos: uno ajeno es como uno que no existe."""
    visibles = Avance.objects.visibles_para(request.user)
    claves = list(claves)
    avances = list(visibles.filter(pk__in=claves).con_su_actividad().con_sus_observaciones())
    if len(avances) != len(claves):
        raise Http404
    return avances


def _por_la_misma(request: HttpRequest, avances: list[Avance], paso: str) -> Usuario | None:
    """En nombre de quién se da el paso sobre todos; PermissionDenied si alguno no le toca."""
    titulares = titulares_de(request.user, timezone.localdate())
    quienes = {flujo.por_quien(uno, paso, request.user, titulares) for uno in avances}
    if len(quienes) > 1:
        raise PermissionDenied("Marque por separado lo propio y lo que hace por delegación.")
    return quienes.pop()


def _se_miran_una_por_una(avances: list[Avance], usuario: Usuario) -> list[str]:
    """Por qué alguna de ellas no se valida en lote, dicho de cada una."""
    reparos = []
    for uno, dichas in _con_sus_advertencias(avances, usuario):
        if not uno.sin_cambios:
            reparos.append(f"{uno.actividad} declara cambios: ábrala para validarla.")
        elif dichas is None:
            reparos.append(f"{uno.actividad}: usted no lee su texto.")
        elif dichas:
            reparos.append(f"{uno.actividad} tiene advertencias: ábrala para validarla.")
    return reparos


def _con_su_actividad(conflicto: flujo.Conflicto) -> str:
    actual = conflicto.actual
    return f"{actual.actividad}: {conflicto}" if isinstance(actual, Avance) else str(conflicto)


def con_filtros(direccion: str, filtros: QueryDict) -> str:
    """La dirección, con los filtros de la cola si los hay."""
    return f"{direccion}?{filtros.urlencode()}" if filtros else direccion


def el_avance(request: HttpRequest, pk: int) -> Avance:
    """El pedido, con las firmas que su página nombra; 404 si no lo ve."""
    visibles = Avance.objects.visibles_para(request.user).con_su_actividad()
    firmas = ("asignado_a", "capturado_por", "entregado_por", "remitido_por", "validado_por")
    uno = get_object_or_404(visibles.select_related(*firmas), pk=pk)
    con_el_marco_de(uno.periodo.plan, request)
    return uno


def siguiente_de(request: HttpRequest, avance: Avance) -> Avance | None:
    """El que sigue de éste en la cola con los mismos filtros; al final, vuelve al principio.

    Salta lo que otra persona tomó, salvo que el filtro lo pida.
    """
    try:
        quien = como_quien(request.user)
    except PermissionDenied:
        return None
    filtro = ColaFilter(request.GET, queryset=_filas_de(request.user, quien), request=request)
    if not filtro.is_valid():
        return None
    cola = filtro.qs.filter(estado=Avance.Estado.REMITIDO).exclude(pk=avance.pk)
    if quien.rol == Rol.ANALISTA:
        cola = cola.filter(ronda__lt=permisos.RONDAS_DEL_ANALISTA)
        if not filtro.form.cleaned_data["asignado"]:
            cola = cola.filter(Q(asignado_a=None) | Q(asignado_a=request.user))
    despues = Q(remitido_en__gt=avance.remitido_en) if avance.remitido_en else Q()
    despues |= Q(remitido_en=avance.remitido_en, pk__gt=avance.pk)
    antes_o_despues = cola.annotate(
        vuelta=Case(When(despues, then=Value(0)), default=Value(1), output_field=IntegerField())
    )
    return antes_o_despues.order_by("vuelta", "remitido_en", "pk").first()
