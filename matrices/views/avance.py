"""Lo que toda página de un avance comparte, y leerlo sin escribir: sus cifras, texto y archivos."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from matrices import archivos, consultas, evidencias, flujo, permisos
from matrices.models import Avance, Evidencia, Movimiento, Observacion
from matrices.views.lectura import secciones

E = Avance.Estado


def el_avance(request: HttpRequest, pk: int) -> Avance:
    visibles = Avance.objects.visibles_para(request.user)
    return get_object_or_404(visibles.con_su_actividad(), pk=pk)


def direccion(avance: Avance) -> str:
    return reverse("matrices:capturar", args=[avance.pk])


def pide_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def en_json(codigo: str, mensaje: str, http: int) -> HttpResponse:
    return JsonResponse({"codigo": codigo, "mensaje": mensaje}, status=http)


def encabezado(request: HttpRequest, avance: Avance) -> dict[str, Any]:
    """Lo que va siempre a la vista: actividad, cifras, historia y vecinos."""
    actividad = avance.actividad
    movimientos = Movimiento.objects.visibles_para(request.user).filter(avance=avance)
    return {
        "titulo": f"Actividad {actividad}",
        "migas": [("Semestre", reverse("matrices:semestre")), (f"Actividad {actividad}", None)],
        "avance": avance,
        "actividad": actividad,
        "dias": avance.periodo.dias_restantes() if avance.periodo.recibe else None,
        "reportado": avance.estado in Avance.CON_LO_CAPTURADO,
        "historia": _historia(request, avance, movimientos),
        **vecinos(request, avance),
    }


def _historia(request: HttpRequest, avance: Avance, movimientos: Any) -> list[dict[str, Any]]:
    """Los pasos que dio; las notas, sólo a quien lee el texto del avance."""
    lee = permisos.puede_leer_ahora(request.user, avance) or permisos.puede_leer_lo_enviado(
        request.user, avance
    )
    return [
        {
            "paso": flujo.PASOS[uno.paso].nombre if uno.paso in flujo.PASOS else "Abrir",
            "estado": E(uno.a).label,
            "por": uno.por,
            "en_nombre_de": uno.en_nombre_de,
            "momento": uno.momento,
            "nota": uno.nota if lee else "",
        }
        for uno in movimientos.select_related("por", "en_nombre_de").order_by("-pk")[:50]
    ]


def vecinos(request: HttpRequest, avance: Avance) -> dict[str, int | None]:
    """El anterior y el siguiente de la institución que todavía se escriben."""
    visibles = Avance.objects.visibles_para(request.user)
    propios = visibles.filter(periodo=avance.periodo_id).de_la_institucion(request.user.institucion)
    claves = [
        pk
        for pk, estado in propios.en_orden().values_list("pk", "estado")
        if pk == avance.pk or estado in {E.PENDIENTE, E.BORRADOR, E.OBSERVADO}
    ]
    if avance.pk not in claves:
        return {"anterior": None, "siguiente": None}
    sitio = claves.index(avance.pk)
    return {
        "anterior": claves[sitio - 1] if sitio else None,
        "siguiente": claves[sitio + 1] if sitio + 1 < len(claves) else None,
    }


def leer(
    request: HttpRequest, avance: Avance, *, codigo: int = 200, **contexto: Any
) -> HttpResponse:
    """Lo que esta persona puede leer: lo vivo, lo último que se envió o sólo las cifras."""
    usuario = request.user
    declarado, enviado = None, False
    if permisos.puede_leer_ahora(usuario, avance):
        declarado = consultas.lo_declarado(consultas.con_lo_declarado([avance.pk])[0])
    elif permisos.puede_leer_lo_enviado(usuario, avance):
        declarado, enviado = consultas.lo_enviado(avance), True
    propias = Evidencia.objects.visibles_para(usuario).filter(avance=avance, rectificacion=None)
    observaciones = Observacion.objects.visibles_para(usuario).filter(avance=avance)
    contexto |= {
        **encabezado(request, avance),
        "secciones": secciones(declarado) if declarado else [],
        "enviado": enviado and declarado is not None,
        "evidencias": [
            una for una in propias.select_related("hito") if se_descarga(usuario, una, avance)
        ],
        "observaciones": observaciones.select_related("autor") if declarado else [],
        "es_propio": permisos.responde(usuario, avance.actividad.responsable_id),
    }
    return render(request, "matrices/lectura.html", contexto, status=codigo)


def se_descarga(usuario: Any, evidencia: Evidencia, avance: Avance) -> bool:
    """Se lleva el archivo quien lee el texto vivo, o si iba en lo último que se envió."""
    evidencia.avance = avance
    if permisos.puede_leer_ahora(usuario, evidencia):
        return True
    if not permisos.puede_leer(usuario, evidencia):
        return False
    if not permisos.puede_leer_lo_enviado(usuario, avance):
        return False
    enviado = consultas.lo_enviado(avance) or {"evidencias": []}
    return evidencia.sha256 in {una["sha256"] for una in enviado["evidencias"]}


@require_GET
def evidencia(request: HttpRequest, pk: int) -> HttpResponse:
    """El archivo tal como se recibió, como adjunto; a quien no puede, como si no existiera."""
    visibles = Evidencia.objects.visibles_para(request.user)
    fila = get_object_or_404(visibles, pk=pk)
    avance = el_avance(request, fila.avance_id)
    if not se_descarga(request.user, fila, avance):
        raise Http404
    try:
        octetos = evidencias.contenido(fila, para=request.user)
    except evidencias.Alterada as falla:
        if pide_json(request):
            return en_json("integridad", str(falla), 409)
        contexto = {"titulo": "El archivo no se entrega", "mensaje": str(falla)}
        return render(request, "matrices/integridad.html", contexto, status=409)
    tipo, nombre = archivos.mime(fila.nombre, octetos[:8192])
    respuesta = HttpResponse(octetos, content_type=tipo)
    respuesta["Content-Disposition"] = content_disposition_header(
        as_attachment=True, filename=nombre
    )
    respuesta["X-Content-Type-Options"] = "nosniff"
    respuesta["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return respuesta
