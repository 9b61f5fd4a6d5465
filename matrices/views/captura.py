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

from matrices import archivos, consultas, evidencias, flujo, permisos
from matrices.forms.avance import SECCIONES, AvanceForm
from matrices.forms.evidencia import EvidenciaForm
from matrices.models import Avance, Evidencia, Observacion, Reprogramacion
from matrices.views.avance import (
    direccion,
    el_avance,
    en_json,
    encabezado,
    leer,
    pide_json,
    vecinos,
)
from matrices.views.lectura import legible

CODIGO_DE = {
    flujo.VersionAjena: "version_ajena",
    flujo.PasoInvalido: "estado",
    evidencias.CuotaAgotada: "cuota",
    evidencias.Alterada: "integridad",
}


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
    """Guarda el borrador y abre la siguiente actividad que falta."""

    def seguir(request: HttpRequest, guardado: Avance) -> HttpResponse:
        messages.success(request, f"Borrador de {guardado.actividad} guardado.")
        siguiente = vecinos(request, guardado)["siguiente"]
        if siguiente is None:
            return redirect("matrices:semestre")
        return redirect("matrices:capturar", pk=siguiente)

    return _guardar(request, el_avance(request, pk), seguir)


@require_POST
def entregar(request: HttpRequest, pk: int) -> HttpResponse:
    """Guarda lo escrito y, si está completo, lo entrega a aprobación."""

    def entregar_lo_guardado(request: HttpRequest, guardado: Avance) -> HttpResponse:
        form, evidencia = _formularios(request, guardado, request.POST, entregar=True)
        if not form.is_valid():
            return _pagina(request, guardado, form, evidencia, codigo=422, quedo_guardado=True)
        flujo.entregar(guardado, version=guardado.version, por=request.user)
        messages.success(request, f"{guardado.actividad} se entregó a aprobación.")
        return _a_la_solicitud(request, guardado) or redirect("matrices:semestre")

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
        messages.success(request, "Se quitó la evidencia.")
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
    messages.success(request, f"Borrador guardado a las {hora:%H:%M}.")
    return redirect("matrices:capturar", pk=guardado.pk)


def _a_la_evidencia(request: HttpRequest, guardado: Avance) -> HttpResponse:
    messages.success(request, "La evidencia quedó adjunta y su borrador, guardado.")
    return redirect(direccion(guardado) + "#evidencia")


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
    form, evidencia = _formularios(request, avance, request.POST, exige_archivo=exige_archivo)
    if not _se_escribe(request, avance):
        falta = flujo.condicion_que_falta(avance, "guardar") or (
            f"El avance está «{avance.get_estado_display()}»: ya no se escribe en él."
        )
        return _rechazado(request, avance, form, evidencia, flujo.PasoInvalido(falta, avance))
    evidencia_lista = evidencia.is_valid()
    if not form.is_valid() or not evidencia_lista:
        return _invalido(request, avance, form, evidencia)
    try:
        adjuntos = [
            evidencias.Adjunto(
                evidencias.recibir(archivo),
                evidencia.titulo_de(archivo),
                evidencia.cleaned_data.get("hito"),
            )
            for archivo in evidencia.cleaned_data["archivos"]
        ]
        guardado = evidencias.capturar_y_adjuntar(
            avance,
            form.declaracion(),
            adjuntos,
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
        contexto["diferencias"] = _diferencias(form, actual)
        contexto["quien"] = actual.capturado_por
    if not _se_escribe(request, actual):
        contexto["diferencias"] = _diferencias(form, actual)
        return leer(request, actual, **contexto)
    return _pagina(request, actual, form, evidencia, **contexto)


def _diferencias(form: AvanceForm, actual: Avance) -> list[dict[str, str]]:
    """Campo por campo, lo que esta persona escribió y lo que está guardado."""
    guardado = consultas.lo_declarado(consultas.con_lo_declarado([actual.pk])[0])
    escrito = {campo: form.cleaned_data.get(campo) for campo in form.fields}
    if "hitos_cumplidos" in form.fields:
        numeros = {hito.pk: hito.numero for hito in form.antes.hitos}
        escrito["hitos_cumplidos"] = [
            {"numero": numeros[pk], "fecha": fecha}
            for pk, fecha in (escrito["hitos_cumplidos"] or {}).items()
        ]
    if "aportes" in form.fields:
        siglas = {una.pk: una.sigla for una in form.antes.obligados}
        escrito["aportes"] = [
            {"institucion": siglas[pk], "porcentaje": dado}
            for pk, dado in (escrito["aportes"] or {}).items()
        ]
    pares = [
        (campo, legible(campo, escrito[campo]), legible(campo, guardado[campo]))
        for campo in form.fields
        if campo in guardado and campo not in {"evidencias", "declaracion"}
    ]
    return [
        {"nombre": form.fields[campo].label, "suyo": suyo or None, "actual": otro or None}
        for campo, suyo, otro in pares
        if suyo != otro
    ]


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
        "evidencias": form.antes.evidencias,
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
