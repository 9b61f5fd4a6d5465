"""Lo que la captura hace sola mientras se escribe: guardar, medir lo escrito y recibir archivos.

Contesta a JavaScript; sin él, la página hace lo mismo con sus botones.
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from matrices import archivos, evidencias, flujo, permisos
from matrices.forms.avance import AvanceForm
from matrices.forms.evidencia import EvidenciaForm
from matrices.models import Avance
from matrices.views.avance import CODIGO_DE, el_avance, en_json, lista_de_evidencias

NO_SON_TEXTO = {"version", "declaracion", "evidencias"}


@require_POST
def autoguardar(request: HttpRequest, pk: int) -> HttpResponse:
    """Guarda el borrador tal como va, con la versión que la página tiene; contesta la nueva.

    Lo que no cambió no se escribe, salvo que `empieza` pida abrir el borrador para adjuntarle.
    """
    avance = _el_que_captura(request, pk)
    form = AvanceForm(request.POST, instance=avance, para=request.user)
    if not form.is_valid():
        return JsonResponse(
            {"codigo": "campo", "mensaje": "Hay algo por corregir.", "errores": _errores(form)},
            status=422,
        )
    empieza = "empieza" in request.POST and avance.estado != Avance.Estado.BORRADOR
    if not (empieza or cambio(form)):
        return _quedo(avance)
    try:
        guardado = flujo.autoguardar(
            avance,
            form.declaracion(),
            version=form.cleaned_data["version"],
            por=request.user,
        )
    except flujo.Conflicto as choque:
        return en_json(CODIGO_DE.get(type(choque), "conflicto"), str(choque), 409)
    return _quedo(guardado)


@require_POST
def asi_quedara(request: HttpRequest, pk: int) -> HttpResponse:
    """Las cifras, lo que llama la atención y lo que falta, de lo escrito; no guarda nada."""
    avance = _el_que_captura(request, pk)
    form = AvanceForm(request.POST, instance=avance, para=request.user)
    contexto: dict[str, Any] = {
        "cifras": form.cifras,
        "actividad": avance.actividad,
        "faltas": form.faltas,
        "advertencias": form.advertencias,
        "ilegibles": [form.fields[campo].label for campo in form.errors if campo in form.fields],
    }
    return render(request, "matrices/_asi_quedara.html", contexto)


@require_POST
def subir(request: HttpRequest, pk: int) -> HttpResponse:
    """Suma archivos al borrador sin tocar lo escrito; contesta la lista como quedó."""
    avance = _el_que_captura(request, pk)
    form = EvidenciaForm(
        request.POST, request.FILES, avance=avance, usuario=request.user, obligatorio=True
    )
    if not form.is_valid():
        mensaje = " ".join(str(uno) for lista in form.errors.values() for uno in lista)
        return en_json("requerido", mensaje, 400)
    try:
        evidencias.adjuntar_varios(avance, form.adjuntos(), por=request.user)
    except archivos.ArchivoRechazado as rechazo:
        return en_json(rechazo.codigo, str(rechazo), rechazo.http)
    except flujo.Conflicto as choque:
        return en_json(CODIGO_DE.get(type(choque), "conflicto"), str(choque), 409)
    contexto = {"evidencias": lista_de_evidencias(request, avance), "retira": True}
    return render(request, "matrices/_evidencias.html", contexto)


def cambio(form: AvanceForm) -> bool:
    """Si lo enviado dice algo distinto de lo guardado."""
    return bool(set(form.changed_data) - NO_SON_TEXTO)


def _el_que_captura(request: HttpRequest, pk: int) -> Avance:
    avance = el_avance(request, pk)
    if not permisos.puede_capturar(request.user, avance):
        raise PermissionDenied("Sólo captura quien planifica en la institución responsable.")
    return avance


def _quedo(avance: Avance) -> HttpResponse:
    return JsonResponse(
        {
            "version": avance.version,
            "estado": avance.estado,
            "estado_nombre": avance.get_estado_display(),
            "hora": f"{timezone.localtime():%H:%M}",
        }
    )


def _errores(form: AvanceForm) -> dict[str, dict[str, Any]]:
    """Por campo, su nombre y lo que hay que corregir."""
    return {
        campo: {
            "nombre": str(form.fields[campo].label) if campo in form.fields else "",
            "mensajes": [str(uno) for uno in errores],
        }
        for campo, errores in form.errors.items()
    }
