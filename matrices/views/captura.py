"""La página de quien planifica: escribir el avance, respaldarlo y entregarlo.

Todo lo de la página es un solo formulario: cada botón guarda lo escrito y hace su acto, y lo que
se rechaza vuelve a mostrarse como estaba.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from instituciones.models import Clasificacion
from matrices import archivos, consultas, evidencias, flujo, permisos
from matrices.forms.avance import SECCIONES, AvanceForm
from matrices.forms.evidencia import EvidenciaForm
from matrices.models import Avance, Evidencia, Observacion, Reprogramacion
from matrices.views import conflicto
from matrices.views.avance import (
    CODIGO_DE,
    direccion,
    el_avance,
    en_json,
    encabezado,
    leer,
    lista_de_evidencias,
    pide_json,
    vecinos,
)
from matrices.views.borrador import cambio
from matrices.views.lectura import legible

SE_REPITEN = {  # lo que se puede traer tal cual del semestre anterior; la cifra y la fecha, no
    "situacion_reportada",
    "logro",
    "limitante_tipo",
    "limitante",
    "medida_correctiva",
    "responsable_medida",
    "decision_solicitada",
}
CERRADAS = {Clasificacion.CONFIDENCIAL, Clasificacion.RESERVADA}


@require_http_methods(["GET", "POST"])
def capturar(request: HttpRequest, pk: int) -> HttpResponse:
    """El avance de una actividad en un periodo: escribirlo, o leerlo si ya no se escribe."""
    avance = el_avance(request, pk)
    if request.method == "POST":
        return _guardar(request, avance, _guardado)
    if not _se_escribe(request, avance):
        return leer(request, avance)
    return _pagina(request, avance, *_formularios(request, avance))


@require_POST
def guardar_y_seguir(request: HttpRequest, pk: int) -> HttpResponse:
    """Guarda el borrador y abre la siguiente actividad que falta, o la anterior.

    Pasar de largo por lo que nadie tocó no es guardarlo: no cambia su estado ni deja constancia.
    """
    hacia = "anterior" if request.POST.get("hacia") == "anterior" else "siguiente"

    def abrir(avance: Avance) -> HttpResponse:
        vecino = vecinos(request, avance)[hacia]
        if vecino is None:
            return redirect(avance.periodo.url_de_captura)
        return redirect("matrices:capturar", pk=vecino)

    def seguir(request: HttpRequest, guardado: Avance) -> HttpResponse:
        dicho = f"Borrador de {guardado.actividad} guardado."
        messages.success(request, dicho, extra_tags=_guardado_es(guardado))
        return abrir(guardado)

    avance = el_avance(request, pk)
    if permisos.puede_capturar(request.user, avance) and _nada_que_guardar(request, avance):
        return abrir(avance)
    return _guardar(request, avance, seguir)


def _nada_que_guardar(request: HttpRequest, avance: Avance) -> bool:
    """Si lo enviado es lo guardado, no trae archivos y, de ser un borrador, ya consta."""
    if not _se_escribe(request, avance) or any(request.FILES.getlist("evidencia-archivos")):
        return False
    leido = el_avance(request, avance.pk)  # el formulario escribe en la fila que juzga
    form = AvanceForm(request.POST, instance=leido, para=request.user)
    if not form.is_valid() or cambio(form):
        return False
    return avance.estado != Avance.Estado.BORRADOR or flujo.consta(avance)


@require_POST
def entregar(request: HttpRequest, pk: int) -> HttpResponse:
    """Guarda lo escrito y, si está completo, lo entrega a aprobación."""

    def entregar_lo_guardado(request: HttpRequest, guardado: Avance) -> HttpResponse:
        form, evidencia = _formularios(request, guardado, request.POST, entregar=True)
        if not form.is_valid():
            return _pagina(request, guardado, form, evidencia, codigo=422, quedo_guardado=True)
        flujo.entregar(guardado, version=guardado.version, por=request.user)
        dicho = f"{guardado.actividad} se entregó a aprobación."
        messages.success(request, dicho, extra_tags=_guardado_es(guardado))
        return _a_la_solicitud(request, guardado) or redirect(guardado.periodo.url_de_captura)

    return _guardar(request, el_avance(request, pk), entregar_lo_guardado)


@require_POST
def adjuntar(request: HttpRequest, pk: int) -> HttpResponse:
    """Guarda lo escrito con los archivos elegidos; sin archivo, lo dice."""
    return _guardar(request, el_avance(request, pk), _a_la_evidencia, exige_archivo=True)


@require_POST
def retirar(request: HttpRequest, pk: int, evidencia: int) -> HttpResponse:
    """Guarda lo escrito y quita una evidencia del borrador."""
    avance = el_avance(request, pk)
    visibles = Evidencia.objects.visibles_para(request.user)
    fila = get_object_or_404(visibles.select_related("avance"), pk=evidencia, avance=avance)

    def quitar(request: HttpRequest, guardado: Avance) -> HttpResponse:
        evidencias.retirar(fila, por=request.user)
        dicho = "Se quitó la evidencia."
        messages.success(request, dicho, extra_tags=_guardado_es(guardado))
        return redirect(direccion(guardado) + "#evidencia")

    return _guardar(request, avance, quitar)


def _a_la_solicitud(request: HttpRequest, entregado: Avance) -> HttpResponse | None:
    """Si lo reportado pide un cambio y nadie lo ha solicitado, la página para solicitarlo."""
    visibles = Reprogramacion.objects.visibles_para(request.user)
    en_tramite = visibles.filter(
        actividad=entregado.actividad_id, estado__in=Reprogramacion.EN_TRAMITE
    )
    if not entregado.cambio_pedido or en_tramite.exists():
        return None
    messages.info(request, "Presente ahora la solicitud de cambio que reportó.")
    pagina = reverse("matrices:solicitar", args=[entregado.actividad_id])
    return redirect(f"{pagina}?tipo={entregado.cambio_pedido}")


def _se_escribe(request: HttpRequest, avance: Avance) -> bool:
    return "guardar" in flujo.pasos_posibles(avance, request.user)


def _guardado(request: HttpRequest, guardado: Avance) -> HttpResponse:
    hora = timezone.localtime()
    dicho = f"Borrador guardado a las {hora:%H:%M}."
    messages.success(request, dicho, extra_tags=_guardado_es(guardado))
    return redirect("matrices:capturar", pk=guardado.pk)


def _a_la_evidencia(request: HttpRequest, guardado: Avance) -> HttpResponse:
    dicho = "La evidencia quedó adjunta y su borrador, guardado."
    messages.success(request, dicho, extra_tags=_guardado_es(guardado))
    return redirect(direccion(guardado) + "#evidencia")


def _guardado_es(avance: Avance) -> str:
    """La seña con que el navegador sabe que su copia de ese avance ya no hace falta."""
    return f"guardado-{avance.pk}"


def _formularios(
    request: HttpRequest, avance: Avance, datos: Any = None, **opciones: Any
) -> tuple[AvanceForm, EvidenciaForm]:
    """El del avance y el de su evidencia: en la página son uno solo."""
    obligatorio = opciones.pop("exige_archivo", False)
    subidos = request.FILES if datos and not opciones.get("entregar") else None
    return (
        AvanceForm(datos, instance=avance, para=request.user, **opciones),
        EvidenciaForm(
            datos if subidos is not None else None,
            subidos,
            avance=avance,
            usuario=request.user,
            obligatorio=obligatorio,
        ),
    )


def _guardar(
    request: HttpRequest,
    avance: Avance,
    despues: Callable[[HttpRequest, Avance], HttpResponse],
    *,
    exige_archivo: bool = False,
) -> HttpResponse:
    """Guarda el borrador con su evidencia nueva, y hace lo que siga; si no se puede, lo dice."""
    if not permisos.puede_capturar(request.user, avance):
        raise PermissionDenied("Sólo captura quien planifica en la institución responsable.")
    datos = conflicto.lo_elegido(request, avance)
    form, evidencia = _formularios(request, avance, datos, exige_archivo=exige_archivo)
    if not _se_escribe(request, avance):
        falta = flujo.condicion_que_falta(avance, "guardar") or (
            f"El avance está «{avance.get_estado_display()}»: ya no se escribe en él."
        )
        return _rechazado(request, avance, form, evidencia, flujo.PasoInvalido(falta, avance))
    evidencia_lista = evidencia.is_valid()
    if not form.is_valid() or not evidencia_lista:
        return _invalido(request, avance, form, evidencia)
    try:
        guardado = evidencias.capturar_y_adjuntar(
            avance,
            form.declaracion(),
            evidencia.adjuntos(),
            version=form.cleaned_data["version"],
            por=request.user,
        )
        return despues(request, guardado)
    except archivos.ArchivoRechazado as rechazo:
        evidencia.add_error("archivos", str(rechazo))
        return _invalido(request, avance, form, evidencia, codigo=rechazo.codigo, http=rechazo.http)
    except flujo.Conflicto as choque:
        return _rechazado(request, avance, form, evidencia, choque)


def _invalido(
    request: HttpRequest,
    avance: Avance,
    form: AvanceForm,
    evidencia: EvidenciaForm,
    *,
    codigo: str = "",
    http: int = 0,
) -> HttpResponse:
    """Lo escrito sigue en la página, con lo que hay que corregir; nada se guardó."""
    if evidencia.errors and not http:
        codigo, http = "requerido", 400
    if pide_json(request):
        return en_json(codigo or "campo", "Hay algo por corregir.", http or 422)
    return _pagina(request, avance, form, evidencia, codigo=http or 422, rechazo=codigo)


def _rechazado(
    request: HttpRequest,
    avance: Avance,
    form: AvanceForm,
    evidencia: EvidenciaForm,
    choque: flujo.Conflicto,
) -> HttpResponse:
    """409: lo que otra persona guardó junto a lo que ésta escribió, o por qué ya no se puede."""
    codigo = CODIGO_DE.get(type(choque), "conflicto")
    if pide_json(request):
        return en_json(codigo, str(choque), 409)
    actual = el_avance(request, avance.pk)
    form.is_valid()
    contexto: dict[str, Any] = {"codigo": 409, "rechazo": codigo, "choque": str(choque)}
    if isinstance(choque, flujo.VersionAjena):
        contexto["diferencias"] = conflicto.diferencias(form, actual)
        contexto["quien"] = actual.capturado_por
    if not _se_escribe(request, actual):
        contexto["diferencias"] = conflicto.diferencias(form, actual)
        return leer(request, actual, **contexto)
    return _pagina(request, actual, form, evidencia, **contexto)


def _pagina(
    request: HttpRequest,
    avance: Avance,
    form: AvanceForm,
    evidencia: EvidenciaForm,
    *,
    codigo: int = 200,
    **contexto: Any,
) -> HttpResponse:
    contexto |= {
        **encabezado(request, avance),
        "form": form,
        "evidencia": evidencia,
        "formularios": [form, evidencia],
        "secciones": _con_lo_que_las_rodea(request, avance, form),
        "generales": _observaciones_sin_campo(form),
        "version": avance.version,
        "evidencias": lista_de_evidencias(request, avance),
        "cifras": consultas.resultados(avance)
        if avance.estado in Avance.CON_LO_CAPTURADO
        else None,
        "advertencias": form.advertencias,
        "confidencial": bool(avance.clases & CERRADAS),
    }
    return render(request, "matrices/captura.html", contexto, status=codigo)


def _con_lo_que_las_rodea(
    request: HttpRequest, avance: Avance, form: AvanceForm
) -> list[dict[str, Any]]:
    """Cada campo con lo que se contestó el semestre anterior y lo que se le observó."""
    anterior = form.antes.anterior
    previo = (
        consultas.lo_declarado(consultas.con_lo_declarado([anterior.pk])[0]) if anterior else {}
    )
    observaciones = Observacion.objects.visibles_para(request.user).filter(avance=avance)
    por_campo: dict[str, list[dict[str, Any]]] = {}
    for una in observaciones.select_related("autor"):
        respuesta = f"respuesta_{una.pk}"
        dibujo = {"fila": una, "respuesta": form[respuesta] if respuesta in form.fields else None}
        por_campo.setdefault(una.campo, []).append(dibujo)
    form.observaciones_por_campo = por_campo
    return [
        {
            "titulo": titulo,
            "campos": [
                {
                    "campo": form[nombre],
                    "previo": legible(nombre, previo.get(nombre)),
                    "copia": previo.get(nombre) if nombre in SE_REPITEN else "",
                    "observaciones": por_campo.get(nombre, []),
                }
                for nombre in campos
                if nombre in form.fields and nombre != "evidencias"
            ],
        }
        for titulo, campos in SECCIONES
    ]


def _observaciones_sin_campo(form: AvanceForm) -> dict[str, list[dict[str, Any]]]:
    """Las de la evidencia, y las de un campo que este formulario no tiene."""
    sobran = {
        campo: filas
        for campo, filas in form.observaciones_por_campo.items()
        if campo not in form.fields or campo == "evidencias"
    }
    return {
        "evidencia": sobran.pop("evidencias", []),
        "otras": [una for filas in sobran.values() for una in filas],
    }
