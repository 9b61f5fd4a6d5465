"""Lo que sale en nombre de una institución: leerlo, devolverlo o remitirlo; y los pasos sueltos.

Quien aprueba actúa por sí; con una delegación vigente, otra persona de su institución actúa en
su nombre, nunca sobre lo que ella misma capturó o entregó.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from acciones.views import con_el_marco_de
from instituciones.consultas import titulares_de
from instituciones.models import Rol, Usuario
from matrices import consultas, flujo, permisos
from matrices.forms.avance import AvanceForm
from matrices.forms.pasos import CONFIRMA, SIN_CONFIRMAR, PasoForm, VariosForm
from matrices.models import Avance, Evidencia, Observacion
from matrices.views.lectura import Seccion, secciones
from matrices.views.semestre import pagina_del_semestre


class PorAprobar(NamedTuple):
    """Un avance entregado, como se lee antes de firmarlo."""

    avance: Avance
    secciones: list[Seccion]
    observaciones: list[Observacion]
    evidencias: list[Evidencia]
    se_remite: bool
    se_devuelve: bool
    impedimento: str
    nota: str
    malo: bool


@require_GET
def aprobacion(request: HttpRequest) -> HttpResponse:
    """Todo lo entregado, de una sola pasada."""
    return _aprobacion(request)


@require_POST
def remitir_todas(request: HttpRequest) -> HttpResponse:
    """Remite a revisión todo lo que la página mostró, o nada."""
    form = VariosForm(request.POST, usuario=request.user)
    form.is_valid()
    _exigir_delegacion(form)
    if form.errors:
        return _aprobacion(request, form=form, codigo=422)
    versiones, en_nombre_de = form.cleaned_data["avance"], form.cleaned_data["en_nombre_de"]
    visibles = Avance.objects.visibles_para(en_nombre_de or request.user)
    avances = list(visibles.filter(pk__in=list(versiones)).con_su_actividad())
    if len(avances) != len(versiones):
        raise Http404
    piden = [uno for uno in avances if uno.requiere_decision_cns]
    if piden and not form.cleaned_data["confirma"]:
        form.add_error("confirma", "Confirme las que requieren decisión del CNS, o devuélvalas.")
        return _aprobacion(request, form=form, codigo=422)
    ordenes = [flujo.Orden(uno, versiones[uno.pk]) for uno in avances]
    try:
        flujo.mover_varios(
            ordenes,
            "remitir",
            por=request.user,
            en_nombre_de=en_nombre_de,
            nota=CONFIRMA if piden else "",
        )
    except flujo.Conflicto as choque:
        messages.error(request, f"No se remitió ninguna. {_con_su_actividad(choque)}")
        return _aprobacion(request, codigo=409)
    messages.success(request, f"Remitidas a revisión: {len(avances)}.")
    return redirect("matrices:aprobacion")


@require_POST
def dar_paso(request: HttpRequest, pk: int) -> HttpResponse:
    """Un paso sobre un avance: entregarlo, devolverlo con nota o remitirlo."""
    form = PasoForm(request.POST, usuario=request.user)
    form.is_valid()
    _exigir_delegacion(form)
    en_nombre_de = form.cleaned_data.get("en_nombre_de")
    visibles = Avance.objects.visibles_para(en_nombre_de or request.user)
    avance = get_object_or_404(visibles.con_su_actividad(), pk=pk)
    con_el_marco_de(avance.periodo.plan, request)
    paso = form.cleaned_data.get("paso")
    if not form.errors and paso not in VERBOS:
        form.add_error("paso", "No se conoce ese paso.")
    if not form.errors:
        _exigir(paso, avance, request.user, en_nombre_de)
        for campo, mensaje in _falta(paso, avance, form.cleaned_data, request.user):
            form.add_error(campo, mensaje)
    if form.errors:
        return _sin_dar(request, avance, paso, form)
    try:
        VERBOS[paso](avance, request.user, form.cleaned_data)
    except ValidationError as falla:
        form.add_error("nota", falla)
        return _sin_dar(request, avance, paso, form)
    except flujo.Conflicto as choque:
        return _en_conflicto(request, avance, paso, form.cleaned_data["nota"], choque)
    messages.success(request, f"{avance.actividad}: {flujo.PASOS[paso].nombre.lower()}, hecho.")
    if paso == "entregar":
        return redirect(avance.periodo.url_de_captura)
    return redirect("matrices:aprobacion")


def _exigir_delegacion(form: PasoForm | VariosForm) -> None:
    if "en_nombre_de" in form.errors:
        raise PermissionDenied("No tiene una delegación vigente de esa persona.")


def _exigir(paso: str, avance: Avance, por: Usuario, en_nombre_de: Usuario | None) -> None:
    """403 antes de decir qué falta: a quien no le toca no se le explica."""
    regla = flujo.PASOS[paso]
    flujo.exigir(regla, avance, por=por, en_nombre_de=en_nombre_de, nota="x")


def _falta(
    paso: str, avance: Avance, dado: dict[str, Any], por: Usuario
) -> Iterable[tuple[str | None, str]]:
    """Lo que impide el paso y se puede decir junto a su campo."""
    if paso == "devolver" and not dado["nota"]:
        yield "nota", "Escriba qué hay que corregir."
    if paso == "remitir" and avance.requiere_decision_cns and not dado["confirma"]:
        yield "confirma", SIN_CONFIRMAR
    if paso == "entregar" and avance.estado == Avance.Estado.BORRADOR:
        form = AvanceForm.de(avance, para=por, entregar=True)
        if not form.is_valid():
            yield None, f"A {avance.actividad} le falta algo: ábrala y presione «Entregar»."


def _entregar(avance: Avance, por: Usuario, dado: dict[str, Any]) -> Avance:
    return flujo.entregar(avance, version=dado["version"], por=por)


def _aprobar(avance: Avance, por: Usuario, dado: dict[str, Any]) -> Avance:
    nota = dado["nota"]
    if dado["paso"] == "remitir" and avance.requiere_decision_cns:
        nota = f"{CONFIRMA} {nota}".strip()
    return flujo.mover(
        avance,
        dado["paso"],
        version=dado["version"],
        por=por,
        en_nombre_de=dado["en_nombre_de"],
        nota=nota,
    )


VERBOS = {"entregar": _entregar, "devolver": _aprobar, "remitir": _aprobar}


def _sin_dar(
    request: HttpRequest, avance: Avance, paso: str | None, form: PasoForm
) -> HttpResponse:
    """422: la página de donde salió el botón, con el motivo y la nota como estaba."""
    motivos = [mensaje for campo in form.errors.values() for mensaje in campo]
    messages.error(request, f"{avance.actividad}: {' '.join(motivos)}")
    return _de_vuelta(request, paso, codigo=422, nota_de={avance.pk: form.data.get("nota", "")})


def _en_conflicto(
    request: HttpRequest, avance: Avance, paso: str, nota: str, choque: flujo.Conflicto
) -> HttpResponse:
    """409: en qué quedó, y la nota escrita, en su lugar o, si ya no está por aprobar, aquí."""
    avance.refresh_from_db(fields=["estado"])
    queda = f"Está ahora «{avance.get_estado_display()}»."
    if nota and avance.estado != Avance.Estado.EN_APROBACION:
        queda = f"{queda} Usted había escrito: «{nota}»."
    messages.error(request, f"{avance.actividad}: {choque} {queda}")
    return _de_vuelta(request, paso, codigo=409, nota_de={avance.pk: nota})


def _de_vuelta(request: HttpRequest, paso: str | None, **opciones: Any) -> HttpResponse:
    if paso == "entregar":
        return pagina_del_semestre(request, codigo=opciones["codigo"])
    return _aprobacion(request, **opciones)


def _con_su_actividad(choque: flujo.Conflicto) -> str:
    actual = choque.actual
    return f"{actual.actividad}: {choque}" if isinstance(actual, Avance) else str(choque)


def _quien_aprueba(request: HttpRequest) -> Usuario | None:
    """En nombre de quién se actúa: None si por sí; PermissionDenied si no aprueba."""
    if request.user.rol == Rol.APROBADOR:
        return None
    titulares = [
        uno
        for uno in titulares_de(request.user, timezone.localdate())
        if uno.rol == Rol.APROBADOR and uno.institucion_id == request.user.institucion_id
    ]
    elegido = request.POST.get("en_nombre_de") or request.GET.get("por")
    titular = next((uno for uno in titulares if str(uno.pk) == elegido), None)
    titular = titular or (titulares[0] if titulares else None)
    if titular is None:
        raise PermissionDenied("Esta página es de quien aprueba en una institución.")
    return titular


def _aprobacion(request: HttpRequest, *, codigo: int = 200, **contexto: Any) -> HttpResponse:
    titular = _quien_aprueba(request)
    quien = titular or request.user
    visibles = Avance.objects.visibles_para(quien).filter(estado=Avance.Estado.EN_APROBACION)
    avances = (
        visibles.de_la_institucion(quien.institucion)
        .con_su_actividad()
        .select_related("entregado_por", "capturado_por")
        .prefetch_related(
            "hitos_cumplidos__hito",
            "aportes__institucion",
            "evidencias__hito",
            "observaciones__autor",
        )
        .en_orden()
    )
    notas = contexto.pop("nota_de", {})
    malas = notas if codigo == 422 else {}
    filas = [
        _por_aprobar(uno, request.user, titular, notas.get(uno.pk, ""), malo=uno.pk in malas)
        for uno in avances
    ]
    se_remiten = [fila.avance for fila in filas if fila.se_remite]
    contexto |= {
        "titulo": "Aprobación",
        "titular": titular,
        "filas": filas,
        "se_remiten": se_remiten,
        "piden_decision": [uno for uno in se_remiten if uno.requiere_decision_cns],
    }
    return render(request, "matrices/aprobacion.html", contexto, status=codigo)


def _por_aprobar(
    avance: Avance, por: Usuario, titular: Usuario | None, nota: str, *, malo: bool
) -> PorAprobar:
    pasos = flujo.pasos_posibles(avance, por, en_nombre_de=titular)
    lee = permisos.puede_leer_ahora(titular or por, avance)
    return PorAprobar(
        avance,
        secciones(consultas.lo_declarado(avance)) if lee else [],
        list(avance.observaciones.all()) if lee else [],
        list(avance.evidencias.all()) if lee else [],
        "remitir" in pasos,
        "devolver" in pasos,
        _impedimento(avance, por) if "remitir" not in pasos else "",
        nota,
        malo,
    )


def _impedimento(avance: Avance, por: Usuario) -> str:
    """Por qué esta persona no lo remite, dicho a ella."""
    if por.pk in {avance.capturado_por_id, avance.entregado_por_id}:
        hizo = "capturó" if por.pk == avance.capturado_por_id else "entregó"
        return f"No puede remitirla: la {hizo} usted. Debe hacerlo otra persona."
    return flujo.condicion_que_falta(avance, "remitir") or "No puede remitirla."
