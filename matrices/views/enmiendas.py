"""Lo que cambia después: pedir, avalar, opinar y resolver cambios; y rectificar lo cortado."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from acciones.views import con_el_marco_de
from instituciones.consultas import titulares_de
from instituciones.models import Rol, Usuario
from matrices import archivos, consultas, flujo, panorama, permisos
from matrices import enmiendas as verbos
from matrices.forms.avance import ETIQUETAS
from matrices.forms.enmiendas import (
    PIDEN,
    PIDEN_AL_RECTIFICAR,
    RectificarForm,
    ResolverForm,
    SolicitarForm,
)
from matrices.forms.evidencia import EvidenciaForm
from matrices.models import Actividad, Avance, Evidencia, Periodo, Rectificacion, Reprogramacion
from matrices.models.matriz import VEN_LO_DE_SU_INSTITUCION, VEN_TODA_FILA
from matrices.views.cotejo import escrito
from matrices.views.lectura import legible

POR_PAGINA = 50
RESUELVEN = {"aprobar", "rechazar"}
ENTRAN = VEN_LO_DE_SU_INSTITUCION | VEN_TODA_FILA | {Rol.CAP}
AL_CAMBIAR: dict[str, Callable[..., Reprogramacion]] = {
    "avalar": verbos.avalar,
    "opinar": verbos.opinar,
    "aprobar": verbos.aprobar,
    "rechazar": verbos.rechazar,
    "desistir": verbos.desistir,
}
AL_RECTIFICAR: dict[str, Callable[..., Rectificacion]] = {
    "firmar": verbos.firmar,
    "recomendar": verbos.recomendar,
    "aprobar": verbos.aprobar_rectificacion,
    "rechazar": verbos.rechazar_rectificacion,
}


class Clase(NamedTuple):
    """Lo que distingue las páginas de un cambio y las de una rectificación."""

    verbos: dict[str, Callable[..., Any]]
    piden: dict[str, tuple[str, str, str]]
    ruta: str
    plantilla: str


CAMBIO = Clase(AL_CAMBIAR, PIDEN, "matrices:cambio", "matrices/cambio.html")
RECTIFICACION = Clase(
    AL_RECTIFICAR, PIDEN_AL_RECTIFICAR, "matrices:rectificacion", "matrices/rectificacion.html"
)


@require_GET
def enmiendas(request: HttpRequest) -> HttpResponse:
    """Los cambios o las rectificaciones que la persona ve, y lo que en cada uno puede hacer."""
    if request.user.rol not in ENTRAN:
        raise PermissionDenied("Las solicitudes son de las instituciones y de quien las resuelve.")
    rectifica, todas = request.GET.get("de") == "rectificaciones", request.GET.get("ver") == "todas"
    filas = _rectificaciones(request.user) if rectifica else _cambios(request.user)
    modelo = Rectificacion if rectifica else Reprogramacion
    if not todas:
        filas = filas.filter(estado__in=modelo.EN_TRAMITE)
    pagina = Paginator(filas.order_by("-solicitada_en", "-pk"), POR_PAGINA).get_page(
        request.GET.get("page")
    )
    titulares = titulares_de(request.user, timezone.localdate())
    for una in pagina.object_list:
        una.puede = _nombres(una, request.user, titulares)
    contexto = {
        "titulo": "Solicitudes",
        "migas": [("Solicitudes", None)],
        "pagina": pagina,
        "rectifica": rectifica,
        "todas": todas,
        "pide": request.user.rol == Rol.PLANIFICADOR,
        "con_clasificacion": permisos.puede_ver_reservas(request.user),
    }
    return render(request, "matrices/enmiendas.html", contexto)


def _nombres(fila: Any, persona: Usuario, titulares: Iterable[Usuario]) -> list[str]:
    tabla = flujo.TABLAS[type(fila)]
    return [tabla[paso].nombre for paso in flujo.actuaciones(fila, persona, titulares)]


def _cambios(persona: Usuario) -> QuerySet[Reprogramacion]:
    visibles = Reprogramacion.objects.visibles_para(persona)
    return visibles.select_related(
        "actividad__responsable",
        "actividad__matriz__accion__objetivo__programa__plan",
        "periodo",
        "solicitada_por",
        "avalada_por",
        "opinada_por",
        "resuelta_por",
    )


def _rectificaciones(persona: Usuario) -> QuerySet[Rectificacion]:
    visibles = Rectificacion.objects.visibles_para(persona)
    return visibles.select_related(
        "avance__periodo__plan",
        "avance__actividad__responsable",
        "avance__actividad__matriz__accion",
        "solicitada_por",
        "firmada_por",
        "recomendada_por",
        "resuelta_por",
    )


@require_GET
def elegir(request: HttpRequest) -> HttpResponse:
    """De qué actividad se pide un cambio, o de qué semestre cortado se rectifica."""
    if request.user.rol != Rol.PLANIFICADOR:
        raise PermissionDenied("Lo pide quien planifica en la institución responsable.")
    suya, cortado = request.user.institucion, _cortado(request)
    if cortado:
        filas = Avance.objects.visibles_para(request.user).de_la_institucion(suya)
        filas = filas.filter(periodo=cortado).con_su_actividad().en_orden()
    else:
        filas = Actividad.objects.visibles_para(request.user).filter(responsable=suya)
        filas = filas.vigentes().select_related("matriz__accion__objetivo__programa__plan")
        filas = filas.order_by("matriz__accion__orden", "numero")
    contexto = {
        "titulo": f"Rectificar un avance de {cortado.con_su_plan}"
        if cortado
        else "Pedir un cambio",
        "migas": [("Solicitudes", reverse("matrices:enmiendas")), ("Elegir", None)],
        "pagina": Paginator(filas, POR_PAGINA).get_page(request.GET.get("page")),
        "cortado": cortado,
        "cortados": _cortados(request),
    }
    return render(request, "matrices/elegir.html", contexto)


def _cortados(request: HttpRequest) -> QuerySet[Periodo]:
    visibles = Periodo.objects.visibles_para(request.user)
    return visibles.cortados().select_related("plan")


def _cortado(request: HttpRequest) -> Periodo | None:
    pedido = request.GET.get("periodo", "")
    if not pedido:
        return None
    return get_object_or_404(_cortados(request), pk=int(pedido) if pedido.isdecimal() else 0)


# Pedir -----------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def solicitar(request: HttpRequest, actividad: int) -> HttpResponse:
    """Pedir otras fechas, suspender, reanudar o cancelar una actividad."""
    visibles = Actividad.objects.visibles_para(request.user)
    una = get_object_or_404(
        visibles.select_related("responsable", "matriz__accion__objetivo__programa__plan"),
        pk=actividad,
    )
    con_el_marco_de(una.matriz.accion.objetivo.programa.plan, request)
    if not permisos.puede_solicitar(request.user, una):
        raise PermissionDenied("Lo pide quien planifica en la institución responsable.")
    datos = request.POST if request.method == "POST" else None
    inicial = {"desde": timezone.localdate(), "tipo": request.GET.get("tipo", "")}
    form = SolicitarForm(datos, actividad=una, initial=inicial)
    if form.is_valid():
        try:
            pedida = verbos.solicitar(una, por=request.user, **form.pedido())
        except ValidationError as errores:
            _anotar(form, errores)
        else:
            messages.success(request, "La solicitud espera el aval de quien aprueba.")
            return redirect("matrices:cambio", pedida.pk)
    contexto = {
        "titulo": f"Pedir un cambio para la actividad {una}",
        "migas": [("Solicitudes", reverse("matrices:enmiendas")), ("Pedir un cambio", None)],
        "actividad": una,
        "form": form,
    }
    codigo = 422 if form.is_bound else 200
    return render(request, "matrices/solicitar.html", contexto, status=codigo)


def _anotar(form: BaseForm, errores: ValidationError) -> None:
    """Cada error en su campo; el que no tiene, arriba."""
    if not hasattr(errores, "error_dict"):
        form.add_error(None, errores)
        return
    for campo, suyos in errores.error_dict.items():
        form.add_error(campo if campo in form.fields else None, suyos)


@require_http_methods(["GET", "POST"])
def rectificar(request: HttpRequest, avance: int) -> HttpResponse:
    """Pedir que se corrijan valores de un avance ya cortado, con su respaldo."""
    uno = _el_que_rectifica(request, avance)
    form, evidencia = _para_rectificar(request, uno)
    codigo = 422 if form.is_bound else 200
    if form.is_bound and all([form.is_valid(), evidencia.is_valid()]):
        try:
            pedida = _pedir_rectificacion(request, uno, form, evidencia)
        except archivos.ArchivoRechazado as rechazo:
            evidencia.add_error("archivos", str(rechazo))
            codigo = rechazo.http
        except ValidationError as errores:
            _anotar(form, errores)
        except flujo.Conflicto as conflicto:
            form.add_error(None, str(conflicto))
            codigo = 409
        else:
            messages.success(request, "La rectificación espera la firma de quien aprueba.")
            return redirect("matrices:rectificacion", pedida.pk)
    return _pagina_de_rectificar(request, uno, form, evidencia, codigo=codigo)


@require_POST
def asi_quedara_rectificado(request: HttpRequest, avance: int) -> HttpResponse:
    """Las cifras del avance y de su acción con lo escrito; no guarda nada."""
    uno = _el_que_rectifica(request, avance)
    form, _evidencia = _para_rectificar(request, uno)
    if request.htmx:
        return render(request, "matrices/_asi_quedara.html", _asi_quedara(uno, form))
    return _pagina_de_rectificar(
        request, uno, form, EvidenciaForm(avance=uno, usuario=request.user)
    )


def _el_que_rectifica(request: HttpRequest, pk: int) -> Avance:
    visibles = Avance.objects.visibles_para(request.user).con_su_actividad()
    uno = get_object_or_404(visibles, pk=pk)
    con_el_marco_de(uno.periodo.plan, request)
    if not permisos.puede_solicitar(request.user, uno.actividad):
        raise PermissionDenied("Lo pide quien planifica en la institución responsable.")
    return uno


def _para_rectificar(request: HttpRequest, avance: Avance) -> tuple[RectificarForm, EvidenciaForm]:
    datos, subidos = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    return (
        RectificarForm(datos, avance=avance, en_vigor=consultas.en_vigor(avance)),
        EvidenciaForm(datos, subidos, avance=avance, usuario=request.user),
    )


def _pagina_de_rectificar(
    request: HttpRequest,
    avance: Avance,
    form: RectificarForm,
    evidencia: EvidenciaForm,
    *,
    codigo: int = 200,
) -> HttpResponse:
    contexto = {
        "titulo": f"Rectificar la actividad {avance.actividad} en {avance.periodo}",
        "migas": [("Solicitudes", reverse("matrices:enmiendas")), ("Rectificar", None)],
        "avance": avance,
        "form": form,
        "campos": [
            {"campo": form[campo], "vale": legible(campo, form.en_vigor.get(campo))}
            for campo in form.fields
        ],
        "evidencia": evidencia,
        "formularios": [form, evidencia] if codigo != 200 else [],
        **_asi_quedara(avance, form),
    }
    return render(request, "matrices/rectificar.html", contexto, status=codigo)


def _asi_quedara(avance: Avance, form: RectificarForm) -> dict[str, Any]:
    return {**_como_queda(avance, form.cifras), "ilegibles": form.ilegibles}


def _como_queda(avance: Avance, cifras: dict[str, Any]) -> dict[str, Any]:
    """Lo que vale hoy junto a unas cifras supuestas, y lo que moverían en su acción."""
    if not cifras:
        return {"actividad": avance.actividad}
    return {
        "cifras": cifras,
        "hoy": consultas.mediciones([avance])[avance.pk],
        "accion": panorama.accion_rectificada(avance, cifras) if avance.periodo.cortado else None,
        "actividad": avance.actividad,
    }


def _pedir_rectificacion(
    request: HttpRequest, avance: Avance, form: RectificarForm, evidencia: EvidenciaForm
) -> Rectificacion:
    return verbos.solicitar_rectificacion(
        avance,
        despues=form.despues(),
        motivo=form.cleaned_data["motivo"],
        por=request.user,
        adjuntos=evidencia.adjuntos(),
    )


# Resolver --------------------------------------------------------------------------------------


@require_GET
def cambio(request: HttpRequest, pk: int) -> HttpResponse:
    """Una solicitud de cambio: lo que pide, en qué va y lo que esta persona puede hacer."""
    return _pagina(request, _el_cambio(request, pk), CAMBIO)


@require_GET
def rectificacion(request: HttpRequest, pk: int) -> HttpResponse:
    """Una rectificación: los valores antes y después, y lo que esta persona puede hacer."""
    return _pagina(request, _la_rectificacion(request, pk), RECTIFICACION)


@require_POST
def dar_paso_al_cambio(request: HttpRequest, pk: int, paso: str) -> HttpResponse:
    """Avalar, opinar, aprobar, rechazar o desistir."""
    return _dar(request, _el_cambio(request, pk), paso, CAMBIO)


@require_POST
def dar_paso_a_la_rectificacion(request: HttpRequest, pk: int, paso: str) -> HttpResponse:
    """Firmar, recomendar, aprobar o rechazar."""
    return _dar(request, _la_rectificacion(request, pk), paso, RECTIFICACION)


def _el_cambio(request: HttpRequest, pk: int) -> Reprogramacion:
    uno = get_object_or_404(_cambios(request.user), pk=pk)
    con_el_marco_de(uno.actividad.matriz.accion.objetivo.programa.plan, request)
    return uno


def _la_rectificacion(request: HttpRequest, pk: int) -> Rectificacion:
    una = get_object_or_404(_rectificaciones(request.user), pk=pk)
    con_el_marco_de(una.avance.periodo.plan, request)
    return una


def _dar(request: HttpRequest, fila: Any, paso: str, clase: Clase) -> HttpResponse:
    if paso not in clase.verbos:
        return render(request, "400.html", {"mensaje": "No se conoce ese paso."}, status=400)
    titulares = titulares_de(request.user, timezone.localdate())
    por_quien = flujo.por_quien(fila, paso, request.user, titulares)
    form = ResolverForm(request.POST, pide=clase.piden.get(paso), prefix=paso)
    if not form.is_valid():
        return _pagina(request, fila, clase, forms={paso: form}, codigo=422)
    try:
        clase.verbos[paso](fila, por=request.user, en_nombre_de=por_quien, **form.cleaned_data)
    except ValidationError as errores:
        _anotar(form, errores)
        return _pagina(request, fila, clase, forms={paso: form}, codigo=422)
    except flujo.Conflicto as conflicto:
        ahora = (_el_cambio if clase is CAMBIO else _la_rectificacion)(request, fila.pk)
        return _pagina(request, ahora, clase, conflicto=conflicto, forms={paso: form}, codigo=409)
    messages.success(request, f"La solicitud quedó «{fila.get_estado_display().lower()}».")
    return redirect(clase.ruta, fila.pk)


def _pagina(
    request: HttpRequest,
    fila: Any,
    clase: Clase,
    *,
    forms: dict[str, ResolverForm] | None = None,
    conflicto: flujo.Conflicto | None = None,
    codigo: int = 200,
) -> HttpResponse:
    titulares = titulares_de(request.user, timezone.localdate())
    pasos = flujo.actuaciones(fila, request.user, titulares)
    de_la_clase = (_del_cambio if clase is CAMBIO else _de_la_rectificacion)(request, fila)
    if de_la_clase.get("espera"):
        pasos = {paso: quien for paso, quien in pasos.items() if paso not in RESUELVEN}
    dados = forms or {}
    vivos = {} if conflicto else dados
    contexto = {
        "titulo": str(fila),
        "migas": [("Solicitudes", reverse("matrices:enmiendas")), (str(fila), None)],
        "fila": fila,
        "pasos": [
            {
                "paso": paso,
                "nombre": flujo.TABLAS[type(fila)][paso].nombre,
                "por_quien": quien,
                "form": vivos.get(paso) or _en_blanco(fila, paso, clase),
            }
            for paso, quien in pasos.items()
        ],
        "formularios": list(vivos.values()),
        "escrito": _lo_escrito(dados, fila) if conflicto else [],
        "conflicto": conflicto,
        **de_la_clase,
    }
    return render(request, clase.plantilla, contexto, status=codigo)


def _en_blanco(fila: Any, paso: str, clase: Clase) -> ResolverForm:
    inicial = {"version": fila.version}
    return ResolverForm(pide=clase.piden.get(paso), prefix=paso, initial=inicial)


def _lo_escrito(dados: dict[str, ResolverForm], fila: Any) -> list[dict[str, str]]:
    """El texto que iba con el paso, para que no se pierda."""
    return [
        {
            "nombre": str(form.fields[campo].label),
            "suyo": texto,
            "actual": f"La solicitud está «{fila.get_estado_display()}».",
        }
        for form in dados.values()
        for campo, texto in form.cleaned_data.items()
        if campo != "version"
    ]


def _del_cambio(request: HttpRequest, fila: Reprogramacion) -> dict[str, Any]:
    propuestas = {nuevo["numero"]: nuevo["fecha"] for nuevo in fila.hitos}
    actividad = fila.actividad
    vivas = Actividad.objects.visibles_para(request.user).filter(matriz=actividad.matriz_id)
    return {
        "lee": permisos.puede_leer(request.user, actividad),
        "hitos": [
            {"hito": hito, "propuesta": verbos.como_fecha(propuestas[hito.numero])}
            for hito in consultas.hitos_en_orden(actividad)
            if hito.numero in propuestas
        ],
        "espera": verbos.falta_para_resolver(fila, timezone.localdate()),
        "cancela_la_accion": fila.tipo == Reprogramacion.Tipo.CANCELACION
        and not vivas.vigentes().exclude(pk=actividad.pk).exists(),
    }


def _de_la_rectificacion(request: HttpRequest, fila: Rectificacion) -> dict[str, Any]:
    lee = permisos.puede_leer_rectificacion(request.user, fila)
    respaldo = Evidencia.objects.visibles_para(request.user).filter(rectificacion=fila)
    return {
        "lee": lee,
        "cambios": [
            {
                "nombre": ETIQUETAS.get(campo, campo),
                "antes": escrito(campo, {campo: cambio["antes"]}),
                "despues": escrito(campo, {campo: cambio["despues"]}),
            }
            for campo, cambio in fila.campos.items()
        ]
        if lee
        else [],
        "evidencias": list(respaldo.select_related("hito")) if lee else [],
        "quedara": _quedara(fila) if lee else None,
    }


def _quedara(fila: Rectificacion) -> dict[str, Any] | None:
    """Lo que daría el avance si se aplicara hoy; None si ya no se tramita o nunca se midió."""
    if fila.estado not in Rectificacion.EN_TRAMITE or fila.avance.fin_medido is None:
        return None
    despues = {campo: cambio["despues"] for campo, cambio in fila.campos.items()}
    return _como_queda(fila.avance, consultas.como_quedaria_rectificado(fila.avance, despues))
