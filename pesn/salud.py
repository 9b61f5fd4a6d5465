"""Si el servicio vive: cada pieza se prueba de verdad, y sólo se dice «bien» o «falla».

Dos preguntas distintas: si esta copia de la web puede atender (la hace el repartidor, y saca de
la rueda a la que no), y si el trabajo avanza (la hace la alarma: hay quien dibuje y quien lleve
la hora). Ninguna dice un dato del plan ni el porqué; eso va a la bitácora técnica.
"""

import uuid
from collections.abc import Callable
from typing import Any

import structlog
from django.core.cache import cache
from django.core.files.storage import storages
from django.db import connection
from django.utils import timezone

from informes.models import TrabajoInforme
from informes.tasks import LATIDO
from instituciones.models import Aviso, Entrega, Suscripcion

bitacora_tecnica = structlog.get_logger(__name__)

Estado = TrabajoInforme.Estado
SIN_LATIDO = 120  # segundos; el reloj toca cada 30
ESPERA_LARGA = 600  # segundos que un trabajo puede llevar sin que nadie lo tome


def piezas() -> dict[str, str]:
    """La base, la caché y el almacén: «bien» o «falla»."""
    return {nombre: _contesta(nombre, prueba) for nombre, prueba in PRUEBAS.items()}


def _contesta(nombre: str, prueba: Callable[[], None]) -> str:
    try:
        prueba()
    except Exception:  # noqa: BLE001 — cada pieza falla a su manera, y aquí todas son «no contesta»
        bitacora_tecnica.exception("pieza_sin_respuesta", pieza=nombre)
        return "falla"
    return "bien"


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
    storages["default"].exists("salud")


PRUEBAS = {"base": _base, "cache": _cache, "almacen": _almacen}


def trabajo() -> dict[str, Any]:
    """Cómo van los trabajos: segundos desde el último latido (None: nunca) y lo que espera.

    «falla» si el trabajador o el reloj callan, o si algo espera demasiado: un trabajador que
    perdió a Redis sin darse cuenta deja de latir, y así se sabe que hay que reiniciarlo.
    """
    ahora = timezone.now()
    ultimo = cache.get(LATIDO)
    latido = None if ultimo is None else round(ahora.timestamp() - ultimo)
    trabajos = TrabajoInforme.objects
    esperan = trabajos.por_atender(ahora)
    primero = esperan.order_by("creado").values_list("creado", flat=True).first()
    espera = 0 if primero is None else round((ahora - primero).total_seconds())
    vive = latido is not None and latido <= SIN_LATIDO and espera <= ESPERA_LARGA
    return {
        "trabajador": "bien" if vive else "falla",
        "latido_hace": latido,
        "en_cola": esperan.count(),
        "espera_mayor": espera,
        "en_curso": trabajos.filter(estado=Estado.EN_CURSO, arriendo__gte=ahora).count(),
        "fallidos": trabajos.filter(estado=Estado.FALLIDO).count(),
    }


def envios() -> dict[str, int]:
    """Lo que sale a otros: cuánto espera ya su turno y cuánto no se pudo."""
    ahora = timezone.now()
    pausadas = Suscripcion.objects.filter(estado=Suscripcion.Estado.PAUSADA)
    return {
        "correos_por_enviar": Aviso.objects.por_enviar(ahora).count(),
        "correos_fallidos": Aviso.objects.filter(envio=Aviso.Envio.FALLIDO).count(),
        "entregas_por_enviar": Entrega.objects.por_enviar(ahora).count(),
        "entregas_muertas": Entrega.objects.filter(estado=Entrega.Estado.MUERTA).count(),
        "suscripciones_en_pausa": pausadas.count(),
    }
