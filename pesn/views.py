"""Las dos páginas que no son de ninguna app: a dónde va cada quien, y si el servicio vive."""

import uuid
from collections.abc import Callable

import structlog
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.core.files.storage import storages
from django.db import connection
from django.http import Http404, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from pesn.contexto import pagina_propia

bitacora_tecnica = structlog.get_logger(__name__)


@require_safe
def inicio(request):
    """A la primera página de su rol."""
    return redirect(pagina_propia(request.user))


@login_not_required
def sin_pagina(request):
    """Lo que aquí no hay: nadie se inscribe solo ni cambia su correo."""
    raise Http404


@login_not_required
@require_safe
def salud(request):
    """Si la base, la caché y el almacén contestan: 200, o 503 con la pieza que falla."""
    piezas = {nombre: _contesta(nombre, prueba) for nombre, prueba in PRUEBAS.items()}
    codigo = 200 if all(piezas.values()) else 503
    return JsonResponse(
        {nombre: "bien" if vive else "falla" for nombre, vive in piezas.items()}, status=codigo
    )


def _contesta(nombre: str, prueba: Callable[[], None]) -> bool:
    try:
        prueba()
    except Exception:  # noqa: BLE001 — cada pieza falla a su manera, y aquí todas son «no contesta»
        bitacora_tecnica.exception("pieza_sin_respuesta", pieza=nombre)
        return False
    return True


def _base() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _cache() -> None:
    clave = f"salud-{uuid.uuid4().hex}"
    cache.set(clave, 1, 5)
    if cache.get(clave) != 1:
        raise ConnectionError("La caché no devolvió lo que se le dio.")
    cache.delete(clave)


def _almacen() -> None:
    almacen = storages["default"]
    almacen.exists("salud")


PRUEBAS = {"base": _base, "cache": _cache, "almacen": _almacen}
