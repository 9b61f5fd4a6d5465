"""Lo que una institución debe en el semestre en curso, lo que ya entregó y en qué coopera."""

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from acciones.views import con_el_marco_de
from instituciones.models import Rol
from matrices import calculo, consultas, flujo, permisos
from matrices.forms.avance import AvanceForm
from matrices.forms.pasos import SinCambiosForm, VariosForm
from matrices.forms.reglas import Falta
from matrices.models import Aporte, Avance, Periodo

E = Avance.Estado
LISTOS = (E.EN_APROBACION, E.REMITIDO, E.VALIDADO, E.CONSOLIDADO)
SIGUIENTE = {
    E.PENDIENTE: "Capturar",
    E.BORRADOR: "Completar y entregar",
    E.EN_APROBACION: "Espera a quien aprueba",
    E.REMITIDO: "Está en revisión",
    E.VALIDADO: "Nada: está validado",
    E.CONSOLIDADO: "Nada: ya está en el corte",
    E.NO_REPORTADO: "No se reportó; la coordinación puede reabrirlo",
}
VISTAS = {"": "Todas", "por-hacer": "Por hacer", "listas": "Listas"}


class Renglon(NamedTuple):
    """Un avance en la lista: qué se puede hacer con él y qué toca."""

    avance: Avance
    pasos: dict[str, flujo.Paso]
    programado_hoy: Any
    siguiente: str
    marcada: bool = False

    @property
    def se_marca(self) -> bool:
        """Si algún acto en lote le sirve: a lo exento se entra uno por uno, a propósito."""
        return self.avance.estado != E.EXENTO and bool({"guardar", "entregar"} & set(self.pasos))


class Resultado(NamedTuple):
    """Qué pasó con una de las marcadas: si quedó hecha, y qué decir de ella."""

    avance: Avance
    hecha: bool
    dice: str
    faltan: list[Falta]


@require_GET
def semestre(request: HttpRequest) -> HttpResponse:
    """Lo que la institución debe en el semestre en curso: primero lo observado."""
    return pagina_del_semestre(request)


@require_POST
def entregar_marcadas(request: HttpRequest) -> HttpResponse:
    """Entrega a aprobación los borradores marcados, todos o ninguno."""
    form = VariosForm(request.POST, usuario=request.user)
    if form.is_valid() and not form.cleaned_data["declaracion"]:
        form.add_error("declaracion", "Marque la declaración para entregar.")
    if not form.is_valid():
        return pagina_del_semestre(request, form=form, codigo=422)
    versiones = form.cleaned_data["avance"]
    avances = _los_avances(request, versiones)
    incompletos = _incompletos(request, avances)
    if incompletos:
        return pagina_del_semestre(request, incompletos=incompletos, codigo=422)
    try:
        flujo.entregar_varios(
            [flujo.Orden(uno, versiones[uno.pk]) for uno in avances], por=request.user
        )
    except flujo.Conflicto as choque:
        messages.error(request, f"No se entregó ninguna. {choque}")
        return pagina_del_semestre(request, codigo=409)
    messages.success(request, f"Entregadas a aprobación: {len(avances)}.")
    return redirect(reverse("matrices:semestre", query=request.GET))


@require_POST
def sin_cambios_marcadas(request: HttpRequest) -> HttpResponse:
    """Declara «Sin cambios» en las marcadas, cada una por su lado, y dice qué pasó con cada una."""
    form = SinCambiosForm(request.POST)
    if not form.is_valid():
        return pagina_del_semestre(request, sin_cambios=form, codigo=422)
    versiones = form.cleaned_data["avance"]
    resultados = [
        _declarar_sin_cambios(
            request,
            avance,
            version=versiones[avance.pk],
            motivo=form.cleaned_data["motivo_sin_cambios"],
            fecha=form.cleaned_data["fecha_medida"],
        )
        for avance in _los_avances(request, versiones)
    ]
    todas = all(uno.hecha for uno in resultados)
    return pagina_del_semestre(
        request,
        sin_cambios=None if todas else form,
        resultados=resultados,
        hechas=sum(uno.hecha for uno in resultados),
        codigo=200 if todas else 422,
    )


def _declarar_sin_cambios(
    request: HttpRequest, avance: Avance, *, version: int, motivo: str, fecha: date | None
) -> Resultado:
    """Guarda el borrador «Sin cambios» de una, si no pisa lo que alguien ya escribió en ella."""
    if avance.estado == E.EXENTO:
        dice = "Está exenta en este semestre: ábrala si quiere reportarla antes."
        return Resultado(avance, hecha=False, dice=dice, faltan=[])
    datos = AvanceForm.de(avance, para=request.user).data
    if _tiene_texto(avance, datos):
        dice = "Ya tiene su avance escrito: ábrala y decida ahí."
        return Resultado(avance, hecha=False, dice=dice, faltan=[])
    datos |= {"sin_cambios": True, "motivo_sin_cambios": motivo, "version": version}
    datos.pop("ejecutado_periodo", None)
    datos.pop("porcentaje", None)
    if fecha:
        datos["fecha_medida"] = fecha
    form = AvanceForm(datos, instance=avance, para=request.user)
    if not form.is_valid():
        dice = " ".join(str(uno) for lista in form.errors.values() for uno in lista)
        return Resultado(avance, hecha=False, dice=dice, faltan=[])
    faltan = form.faltas
    sin_fecha = [una for una in faltan if una.campo == "fecha_medida"]
    if sin_fecha:
        color = calculo.ASPECTOS[form.cifras["semaforo"]].palabra.lower()
        dice = f"Quedaría {color} y su medida pide fecha nueva. {sin_fecha[0].mensaje}"
        return Resultado(avance, hecha=False, dice=dice, faltan=[])
    try:
        flujo.capturar(avance, form.declaracion(), version=version, por=request.user)
    except flujo.Conflicto as choque:
        return Resultado(avance, hecha=False, dice=str(choque), faltan=[])
    return Resultado(avance, hecha=True, dice="Quedó como borrador «Sin cambios».", faltan=faltan)


def _tiene_texto(avance: Avance, datos: dict[str, Any]) -> bool:
    """Si alguien ya escribió en ella un avance que «Sin cambios» borraría o contradiría."""
    if avance.sin_cambios:
        return False
    cifra = avance.ejecutado_periodo or (
        avance.porcentaje is not None and avance.porcentaje != avance.ejecutado_previo
    )
    aportes = [dado for dado in (datos.get("aportes") or {}).values() if dado is not None]
    return bool(avance.logro or cifra or aportes or datos.get("hitos_cumplidos"))


def _los_avances(request: HttpRequest, claves: Any) -> list[Avance]:
    """Los avances pedidos, si los ve todos: uno ajeno es como uno que no existe."""
    visibles = Avance.objects.visibles_para(request.user)
    avances = list(visibles.filter(pk__in=list(claves)).con_su_actividad().en_orden())
    if len(avances) != len(claves):
        raise Http404
    if not all(permisos.puede_capturar(request.user, uno) for uno in avances):
        raise PermissionDenied("Sólo entrega quien planifica en la institución responsable.")
    return avances


def _incompletos(request: HttpRequest, avances: list[Avance]) -> list[tuple[Avance, AvanceForm]]:
    formularios = [
        (uno, AvanceForm.de(uno, para=request.user, entregar=True))
        for uno in avances
        if uno.estado == E.BORRADOR
    ]
    return [(uno, form) for uno, form in formularios if not form.is_valid()]


def pagina_del_semestre(
    request: HttpRequest, *, codigo: int = 200, **contexto: Any
) -> HttpResponse:
    if request.user.rol not in {Rol.PLANIFICADOR, Rol.APROBADOR}:
        raise PermissionDenied("Esta página es de quien planifica o aprueba en una institución.")
    periodos = periodos_en_curso(request)
    periodo = el_pedido(request, periodos)
    contexto |= {"titulo": "Semestre", "periodos": periodos, "periodo": periodo}
    contexto["sin_cambios"] = contexto.get("sin_cambios") or SinCambiosForm()
    if periodo:
        contexto |= _lo_del_semestre(request, periodo)
    return render(request, "matrices/semestre.html", contexto, status=codigo)


def periodos_en_curso(request: HttpRequest) -> list[Periodo]:
    """El semestre en curso de cada plan."""
    return list(Periodo.objects.visibles_para(request.user).en_curso().select_related("plan"))


def el_pedido(request: HttpRequest, periodos: list[Periodo]) -> Periodo | None:
    """El del plan que dice la dirección o, si no dice ninguno, el primero; None si no lo hay."""
    plan = request.GET.get("plan") or request.POST.get("plan")
    uno = next((uno for uno in periodos if not plan or uno.plan.codigo == plan), None)
    if uno:
        con_el_marco_de(uno.plan, request)
    return uno


def _lo_del_semestre(request: HttpRequest, periodo: Periodo) -> dict[str, Any]:
    institucion, hoy = request.user.institucion, timezone.localdate()
    visibles = Avance.objects.visibles_para(request.user).filter(periodo=periodo)
    avances = (
        visibles.de_la_institucion(institucion)
        .con_su_actividad()
        .con_sus_observaciones()
        .prefetch_related("actividad__hitos")
        .en_orden()
    )
    dia, marcadas = min(hoy, periodo.corte), _marcadas(request)
    renglones = [
        Renglon(
            uno,
            flujo.pasos_posibles(uno, request.user),
            consultas.programado_el(uno.actividad, dia),
            _siguiente(uno),
            marcada=uno.pk in marcadas,
        )
        for uno in avances
    ]
    vista = request.GET.get("ver", "")
    debidos = [renglon.avance for renglon in renglones if renglon.avance.exigible]
    return {
        "dias": periodo.dias_restantes(hoy),
        "debidas": len(debidos),
        "listas": sum(uno.estado in LISTOS for uno in debidos),
        "observados": [renglon for renglon in renglones if _por_corregir(renglon.avance)],
        "renglones": [r for r in renglones if _cabe(r.avance, vista)],
        "entregables": any("entregar" in renglon.pasos for renglon in renglones),
        "escribibles": any(renglon.se_marca for renglon in renglones),
        "puede_capturar": request.user.rol == Rol.PLANIFICADOR,
        "cooperaciones": _cooperaciones(request, visibles),
        "vistas": VISTAS,
        "vista": vista,
    }


def _marcadas(request: HttpRequest) -> set[int]:
    """Las que venían marcadas, para que un rechazo no obligue a marcarlas de nuevo."""
    claves: Iterable[str] = (dado.split(":")[0] for dado in request.POST.getlist("avance"))
    return {int(clave) for clave in claves if clave.isdecimal()}


def _por_corregir(avance: Avance) -> bool:
    return avance.estado == E.OBSERVADO or (avance.estado == E.BORRADOR and avance.abiertas > 0)


def _cabe(avance: Avance, vista: str) -> bool:
    listo = avance.estado in LISTOS
    if vista == "por-hacer":
        return avance.estado in {E.PENDIENTE, E.BORRADOR, E.OBSERVADO}
    return listo if vista == "listas" else True


def _siguiente(avance: Avance) -> str:
    """Qué toca hacer, dicho a quien planifica."""
    if _por_corregir(avance):
        cuantas = f"{avance.abiertas} observaci{'ón' if avance.abiertas == 1 else 'ones'}"
        hasta = f" antes del {avance.responder_hasta:%d/%m/%Y}" if avance.responder_hasta else ""
        return f"Responder {cuantas}{hasta}"
    if avance.estado == E.EXENTO:
        motivo = avance.get_motivo_exencion_display()
        return f"Nada: {motivo[:1].lower()}{motivo[1:]}"
    return SIGUIENTE[avance.estado]


def _cooperaciones(request: HttpRequest, visibles: Any) -> list[tuple[Avance, Aporte | None]]:
    """En lo que coopera la institución, con lo que ya dijo de cada uno."""
    institucion = request.user.institucion
    suyos = Aporte.objects.visibles_para(request.user).filter(institucion=institucion)
    avances = list(visibles.en_los_que_coopera(institucion).con_su_actividad().en_orden())
    dichos = {uno.avance_id: uno for uno in suyos.filter(avance__in=avances)}
    return [(uno, dichos.get(uno.pk)) for uno in avances]
