"""El calendario del plan y cada semestre: en qué va, qué falta para el paso que sigue, y darlo."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from acciones.models import AccionEstrategica
from acciones.views import con_el_marco_de
from instituciones.consultas import le_toca, turno_de
from instituciones.models import Clasificacion, Usuario
from matrices import consultas, flujo, permisos
from matrices import periodos as verbos
from matrices.calculo import a_uno
from matrices.forms.periodos import FechasForm, ProgramarForm, ProrrogarForm
from matrices.forms.revision import VersionForm
from matrices.models import Actividad, Avance, Observacion, Periodo, Rectificacion, Reprogramacion
from matrices.models.matriz import VEN_TODA_FILA

E = Periodo.Estado
POR_PAGINA = 100
SEMESTRES_POR_PAGINA = 20


class Requisito(NamedTuple):
    """Un renglón de la lista que se mira antes de un paso; `impide` si sin él no se puede."""

    texto: str
    cumplido: bool
    impide: bool = False


@require_GET
def periodos(request: HttpRequest) -> HttpResponse:
    """Los semestres de los planes, con sus fechas y en qué va cada uno."""
    visibles = Periodo.objects.visibles_para(request.user).select_related("plan")
    contexto = {
        "titulo": "Períodos",
        "migas": [("Períodos", None)],
        "periodos": Paginator(
            visibles.order_by("plan", "-anio", "-semestre"), SEMESTRES_POR_PAGINA
        ).get_page(request.GET.get("page")),
        "coordina": le_toca(request.user, permisos.puede_llevar_el_periodo),
        "ve_la_calidad": permisos.puede_ver_la_calidad(request.user),
    }
    return render(request, "matrices/periodos.html", contexto)


def _periodo(request: HttpRequest, pk: int) -> Periodo:
    visibles = Periodo.objects.visibles_para(request.user).select_related("plan__seguimiento")
    uno = get_object_or_404(visibles, pk=pk)
    con_el_marco_de(uno.plan, request)
    return uno


def _exigir(request: HttpRequest, periodo: Periodo | None = None) -> Usuario | None:
    """En nombre de quién lleva el semestre: None si coordina, o quien le delegó."""
    return turno_de(
        request.user,
        permisos.puede_llevar_el_periodo,
        periodo,
        negativa="El semestre lo lleva la coordinación.",
    )


@require_GET
def periodo(request: HttpRequest, pk: int) -> HttpResponse:
    """Un semestre: reloj, lo que falta por institución y la lista antes de cada paso."""
    return _pagina(request, _periodo(request, pk))


def _pagina(
    request: HttpRequest,
    uno: Periodo,
    *,
    form: Any = None,
    conflicto: flujo.Conflicto | None = None,
    codigo: int = 200,
) -> HttpResponse:
    titular, coordina = _titular(request, uno)
    quien = titular or request.user
    visibles = Avance.objects.visibles_para(quien).filter(periodo=uno)
    recepcion = consultas.recepcion(visibles, consultas.umbrales_de(uno.plan, uno.corte))
    ve_todo = quien.rol in VEN_TODA_FILA
    pasos = flujo.pasos_posibles(uno, request.user, en_nombre_de=titular) if coordina else {}
    requisitos = _requisitos(quien, uno, recepcion[-1]) if ve_todo else []
    contexto = {
        "titulo": f"{uno.nombre}",
        "migas": [("Períodos", reverse("matrices:periodos")), (uno.codigo, None)],
        "periodo": uno,
        "dias": uno.dias_restantes() if uno.recibe else None,
        "recepcion": recepcion[:-1],
        "total": recepcion[-1],
        "ve_todo": ve_todo,
        "requisitos": requisitos,
        "impedido": any(una.impide and not una.cumplido for una in requisitos),
        "coordina": coordina,
        "por_quien": titular,
        "pasos": pasos,
        "form": form or _prorroga(uno),
        "conflicto": conflicto,
        **_lista(request, uno, visibles),
    }
    return render(request, "matrices/periodo.html", contexto, status=codigo)


def _titular(request: HttpRequest, uno: Periodo) -> tuple[Usuario | None, bool]:
    """En nombre de quién lleva el semestre, y si lo lleva."""
    try:
        return _exigir(request, uno), True
    except PermissionDenied:
        return None, False


def _prorroga(uno: Periodo, datos: Any = None) -> ProrrogarForm:
    return ProrrogarForm(
        datos,
        limite_actual=uno.limite,
        hoy=timezone.localdate(),
        initial={"version": uno.version},
    )


def _lista(request: HttpRequest, uno: Periodo, visibles) -> dict[str, Any]:
    """Los avances de una institución, o de un estado, según la dirección."""
    institucion, estado = request.GET.get("institucion", ""), request.GET.get("estado", "")
    if estado not in Avance.Estado.values:
        estado = ""
    if not institucion and not estado:
        return {"pagina": None}
    if institucion:
        visibles = visibles.filter(actividad__responsable__sigla=institucion)
    if estado:
        visibles = visibles.filter(estado=estado)
    filas = visibles.con_su_actividad().en_orden()
    return {
        "pagina": Paginator(filas, POR_PAGINA).get_page(request.GET.get("page")),
        "institucion": institucion,
        "estado": Avance.Estado(estado).label if estado else "",
    }


def _requisitos(quien: Usuario, uno: Periodo, total: consultas.Recepcion) -> list[Requisito]:
    """Lo que se mira antes del paso que sigue, según el estado."""
    listas = {E.PROGRAMADO: _para_abrir, E.CERRADO: _para_cortar, E.CORTADO: _tras_cortar}
    return listas.get(uno.estado, _para_cerrar)(quien, uno, total)


def _para_abrir(quien: Usuario, uno: Periodo, total) -> list[Requisito]:
    falta = verbos.falta_para_abrir(uno)
    actividades = Actividad.objects.visibles_para(quien).filter(
        matriz__accion__objetivo__programa__plan=uno.plan
    )
    acciones = AccionEstrategica.objects.visibles_para(quien)
    sin_matriz = acciones.filter(objetivo__programa__plan=uno.plan, matriz=None).count()
    sin_clase = actividades.filter(clasificacion=Clasificacion.SIN_CLASIFICAR).count()
    return [
        Requisito(falta or "El semestre anterior está cortado.", not falta, impide=True),
        Requisito(f"Acciones sin matriz: {sin_matriz}.", not sin_matriz),
        Requisito(
            f"Actividades sin clasificar, que no se podrán entregar: {sin_clase}.", not sin_clase
        ),
    ]


def _para_cerrar(quien: Usuario, uno: Periodo, total: consultas.Recepcion) -> list[Requisito]:
    falta = verbos.falta_para_cerrar(uno)
    en_gracia = uno.estado == E.EN_GRACIA
    return [
        Requisito(
            "Terminó el plazo: está en gracia."
            if en_gracia
            else f"El plazo corre hasta el {uno.limite:%d/%m/%Y}.",
            en_gracia,
            impide=True,
        ),
        Requisito(falta or "Nada falta por remitir.", not falta, impide=True),
        *_de_la_revision(quien, uno, total),
    ]


def _de_la_revision(quien: Usuario, uno: Periodo, total: consultas.Recepcion) -> list[Requisito]:
    observaciones = Observacion.objects.visibles_para(quien).filter(avance__periodo=uno)
    abiertas, por_revisar = observaciones.abiertas().count(), total.estados[Avance.Estado.REMITIDO]
    cobertura = total.cobertura
    return [
        Requisito(f"Por revisar: {por_revisar}.", not por_revisar),
        Requisito(f"Observaciones abiertas: {abiertas}.", not abiertas),
        Requisito(
            "Cobertura: nada se exige."
            if cobertura.cobertura is None
            else f"Cobertura: {a_uno(cobertura.cobertura)} %"
            + (", insuficiente." if cobertura.cobertura_insuficiente else "."),
            not cobertura.cobertura_insuficiente,
        ),
    ]


def _para_cortar(quien: Usuario, uno: Periodo, total: consultas.Recepcion) -> list[Requisito]:
    sin_validar = sum(total.estados[estado] for estado in Avance.SIN_RESOLVER)
    pedidas = Reprogramacion.objects.visibles_para(quien).filter(
        actividad__matriz__accion__objetivo__programa__plan=uno.plan,
        estado__in=Reprogramacion.EN_TRAMITE,
    )
    en_tramite = pedidas.count()
    return [
        Requisito(
            f"Sin validar, que al cortar se confirman uno por uno: {sin_validar}.", not sin_validar
        ),
        *_de_la_revision(quien, uno, total),
        Requisito(f"Solicitudes de cambio en trámite: {en_tramite}.", not en_tramite),
    ]


def _tras_cortar(quien: Usuario, uno: Periodo, total) -> list[Requisito]:
    suyas = Rectificacion.objects.visibles_para(quien).filter(avance__periodo=uno)
    aprobadas = suyas.filter(estado=Rectificacion.Estado.APROBADA).count()
    en_tramite = suyas.filter(estado__in=Rectificacion.EN_TRAMITE).count() - aprobadas
    return [
        Requisito(
            f"Rectificaciones aprobadas que esperan un corte nuevo: {aprobadas}.", not aprobadas
        ),
        Requisito(f"Rectificaciones en trámite: {en_tramite}.", not en_tramite),
    ]


# Los actos -------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def programar(request: HttpRequest) -> HttpResponse:
    """Un semestre nuevo, con las fechas de siempre."""
    titular = _exigir(request)
    datos = request.POST if request.method == "POST" else None
    form = ProgramarForm(datos, usuario=request.user)
    if not form.is_valid():
        contexto = {
            "titulo": "Programar un semestre",
            "migas": [("Períodos", reverse("matrices:periodos")), ("Programar", None)],
            "form": form,
            "por_quien": titular,
        }
        codigo = 422 if form.is_bound else 200
        return render(request, "matrices/programar.html", contexto, status=codigo)
    nuevo = verbos.programar(por=request.user, en_nombre_de=titular, **form.cleaned_data)
    messages.success(request, f"{nuevo} quedó programado; revise sus fechas antes de abrirlo.")
    return redirect("matrices:periodo", nuevo.pk)


@require_http_methods(["GET", "POST"])
def fechas(request: HttpRequest, pk: int) -> HttpResponse:
    """Cambiar las fechas de un semestre que aún no se abre."""
    uno = _periodo(request, pk)
    titular = _exigir(request, uno)
    datos = request.POST if request.method == "POST" else None
    form = FechasForm(datos, instance=uno, initial={"version": uno.version})
    codigo, conflicto = 422 if form.is_bound else 200, None
    if form.is_valid():
        actual = _periodo(request, pk)  # el formulario ya escribió en su instancia
        try:
            verbos.cambiar_fechas(
                actual,
                form.fechas(),
                version=form.cleaned_data["version"],
                por=request.user,
                en_nombre_de=titular,
            )
        except flujo.Conflicto as choque:
            codigo, conflicto = 409, choque
        else:
            messages.success(request, "Las fechas quedaron como las escribió.")
            return redirect("matrices:periodo", pk)
    actual = _periodo(request, pk)
    contexto = {
        "titulo": f"Fechas de {actual.codigo}",
        "migas": [
            ("Períodos", reverse("matrices:periodos")),
            (actual.codigo, reverse("matrices:periodo", args=[pk])),
            ("Fechas", None),
        ],
        "form": form,
        "periodo": actual,
        "conflicto": conflicto,
        "por_quien": titular,
        "campos": _fechas_en_conflicto(form, actual) if conflicto else [],
    }
    return render(request, "matrices/fechas.html", contexto, status=codigo)


def _fechas_en_conflicto(form: FechasForm, actual: Periodo) -> list[dict[str, Any]]:
    return [
        {
            "nombre": form.fields[campo].label,
            "suyo": date_format(form.cleaned_data[campo], "d/m/Y"),
            "actual": date_format(getattr(actual, campo), "d/m/Y")
            if getattr(actual, campo)
            else "",
        }
        for campo in form.Meta.fields
        if form.cleaned_data[campo] != getattr(actual, campo)
    ]


@require_POST
def abrir(request: HttpRequest, pk: int) -> HttpResponse:
    """Abrir la captura: nace el avance de cada actividad."""
    return _dar(request, pk, VersionForm(request.POST), verbos.abrir, "se abrió")


@require_POST
def cerrar(request: HttpRequest, pk: int) -> HttpResponse:
    """Cerrar antes de la fecha, si ya nada falta."""
    return _dar(request, pk, VersionForm(request.POST), verbos.cerrar, "se cerró")


@require_POST
def prorrogar(request: HttpRequest, pk: int) -> HttpResponse:
    """Dar un límite posterior, con motivo."""
    uno = _periodo(request, pk)
    return _dar(request, pk, _prorroga(uno, request.POST), verbos.prorrogar, "se prorrogó")


def _dar(
    request: HttpRequest, pk: int, form: VersionForm, verbo: Callable[..., Periodo], hecho: str
) -> HttpResponse:
    uno = _periodo(request, pk)
    titular = _exigir(request, uno)
    if not form.is_valid():
        visto = form if isinstance(form, ProrrogarForm) else None
        return _pagina(request, uno, form=visto, codigo=422)
    try:
        verbo(uno, por=request.user, en_nombre_de=titular, **form.cleaned_data)
    except flujo.Conflicto as conflicto:
        actual = _periodo(request, pk)
        escrito = None
        if isinstance(form, ProrrogarForm):  # lo escrito se queda, sobre lo que ahora hay
            escrito = _prorroga(actual, {**request.POST.dict(), "version": actual.version})
        return _pagina(request, actual, form=escrito, conflicto=conflicto, codigo=409)
    messages.success(request, f"{uno} {hecho}.")
    return redirect("matrices:periodo", pk)
