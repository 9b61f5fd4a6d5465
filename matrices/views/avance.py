"""Lo que toda página de un avance comparte, y leerlo sin escribir: sus cifras, texto y archivos."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from acciones.views import con_el_marco_de
from matrices import archivos, consultas, evidencias, flujo, permisos
from matrices.models import Avance, Evidencia, Movimiento, Observacion
from matrices.views.lectura import secciones

E = Avance.Estado
SE_ESCRIBEN = {E.PENDIENTE, E.BORRADOR, E.OBSERVADO}
CODIGO_DE = {
    flujo.VersionAjena: "version_ajena",
    flujo.PasoInvalido: "estado",
    evidencias.CuotaAgotada: "cuota",
    evidencias.Alterada: "integridad",
}


def el_avance(request: HttpRequest, pk: int) -> Avance:
    visibles = Avance.objects.visibles_para(request.user)
    uno = get_object_or_404(visibles.con_su_actividad(), pk=pk)
    con_el_marco_de(uno.periodo.plan, request)
    return uno


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
        "migas": [("Semestre", avance.periodo.url_de_captura), (f"Actividad {actividad}", None)],
        "avance": avance,
        "actividad": actividad,
        "dias": avance.periodo.dias_restantes() if avance.periodo.recibe else None,
        "reportado": avance.estado in Avance.CON_LO_CAPTURADO,
        "historia": _historia(request, avance, movimientos),
        "clasifica": permisos.puede_ver_su_clase(request.user, actividad.responsable_id),
        **vecinos(request, avance),
    }


def _historia(request: HttpRequest, avance: Avance, movimientos: Any) -> list[dict[str, Any]]:
    """Los pasos que dio; las notas, sólo a quien lee el texto del avance."""
    lee = permisos.puede_leer_ahora(request.user, avance) or permisos.puede_leer_lo_enviado(
        request.user, avance
    )
    return [
        {
            "paso": flujo.nombre_de(uno.paso),
            "estado": E(uno.a).label,
            "por": uno.por,
            "en_nombre_de": uno.en_nombre_de,
            "momento": uno.momento,
            "nota": uno.nota if lee else "",
        }
        for uno in movimientos.select_related("por", "en_nombre_de").order_by("-pk")[:50]
    ]


def vecinos(request: HttpRequest, avance: Avance) -> dict[str, int | None]:
    """El anterior y el siguiente de la institución que todavía se escriben, y qué número es."""
    visibles = Avance.objects.visibles_para(request.user)
    propios = visibles.filter(periodo=avance.periodo_id).de_la_institucion(request.user.institucion)
    todos = list(propios.en_orden().values_list("pk", "estado"))
    claves = [pk for pk, estado in todos if pk == avance.pk or estado in SE_ESCRIBEN]
    if avance.pk not in claves:
        return dict.fromkeys(("anterior", "siguiente", "numero", "cuantas"))
    sitio = claves.index(avance.pk)
    return {
        "anterior": claves[sitio - 1] if sitio else None,
        "siguiente": claves[sitio + 1] if sitio + 1 < len(claves) else None,
        "numero": [pk for pk, _estado in todos].index(avance.pk) + 1,
        "cuantas": len(todos),
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
    observaciones = Observacion.objects.visibles_para(usuario).filter(avance=avance)
    contexto |= {
        **encabezado(request, avance),
        "secciones": secciones(declarado) if declarado else [],
        "enviado": enviado and declarado is not None,
        "evidencias": lista_de_evidencias(request, avance),
        "observaciones": observaciones.select_related("autor") if declarado else [],
        "es_propio": permisos.responde(usuario, avance.actividad.responsable_id),
    }
    return render(request, "matrices/lectura.html", contexto, status=codigo)


def lista_de_evidencias(request: HttpRequest, avance: Avance) -> list[Evidencia]:
    """Las que esta persona puede llevarse, cada una con `usada_en`: dónde más está ese archivo."""
    visibles = Evidencia.objects.visibles_para(request.user)
    propias = visibles.filter(avance=avance, rectificacion=None).select_related("hito")
    suyas = [una for una in propias if evidencias.se_descarga(request.user, una, avance)]
    usos = evidencias.usos(suyas, para=request.user)
    for una in suyas:
        una.usada_en = usos[una.pk]
    return suyas


@require_GET
def evidencia(request: HttpRequest, pk: int) -> HttpResponse:
    """El archivo tal como se recibió, como adjunto; a quien no puede, como si no existiera."""
    return _archivo(request, pk, "sandbox; default-src 'none'", a_la_vista=False)


@require_GET
def ver_evidencia(request: HttpRequest, pk: int) -> HttpResponse:
    """El mismo archivo dentro del navegador; verlo es llevárselo, y deja la misma constancia.

    Sólo imágenes y PDF. El visor de PDF no abre en un `sandbox`: va sin él, pero sin permiso de
    cargar ni ejecutar nada más, y la inspección ya rechazó los que traen programas.
    """
    return _archivo(request, pk, "default-src 'none'; object-src 'self'", a_la_vista=True)


def _archivo(request: HttpRequest, pk: int, politica: str, *, a_la_vista: bool) -> HttpResponse:
    visibles = Evidencia.objects.visibles_para(request.user)
    fila = get_object_or_404(visibles, pk=pk)
    avance = el_avance(request, fila.avance_id)
    if not evidencias.se_descarga(request.user, fila, avance) or (a_la_vista and not fila.se_ve):
        raise Http404
    try:
        octetos = evidencias.contenido(fila, para=request.user)
    except evidencias.Alterada as falla:
        if pide_json(request):
            return en_json("integridad", str(falla), 409)
        contexto = {"titulo": "El archivo no se entrega", "mensaje": str(falla)}
        return render(request, "matrices/integridad.html", contexto, status=409)
    tipo, nombre = archivos.mime(fila.nombre, octetos[:8192])
    if fila.tipo == Evidencia.Tipo.IMAGEN:
        politica = "sandbox; default-src 'none'"
    respuesta = HttpResponse(octetos, content_type=tipo)
    lugar = content_disposition_header(as_attachment=not a_la_vista, filename=nombre)
    respuesta["Content-Disposition"] = lugar or "inline"
    respuesta["X-Content-Type-Options"] = "nosniff"
    respuesta["Content-Security-Policy"] = politica
    return respuesta
