"""Las páginas de lo que no se pudo atender, en español y con su código; sin tocar la base."""

import errno
import sqlite3
import sys
from collections.abc import Callable
from typing import NamedTuple

from django.core.exceptions import RequestDataTooBig
from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views.defaults import page_not_found
from psycopg.errors import DeadlockDetected, DiskFull, LockNotAvailable
from redis.exceptions import ConnectionError as SinRedis
from redis.exceptions import TimeoutError as RedisLento

from instituciones.api.problemas import TIPO, problema
from instituciones.entrada import intento_bloqueado
from pesn.envio import EnvioLento

FRASES = {
    400: ("ilegible", "La dirección o los datos enviados están incompletos o mal escritos."),
    403: ("segundo_factor", "Active primero su segundo factor."),
    408: ("demasiado_grande", "Lo enviado tarda demasiado en llegar para lo que mide."),
    413: ("demasiado_grande", "Lo enviado es más grande de lo que se puede recibir."),
    414: ("direccion_larga", "La dirección es demasiado larga."),
    429: ("demasiadas_solicitudes", "Demasiadas solicitudes seguidas. Espere unos minutos."),
    500: (
        "falla",
        "No fue culpa suya, y la falla quedó registrada. Lo que ya estaba guardado sigue guardado. "
        "Pruebe de nuevo en un minuto.",
    ),
    503: ("sin_servicio", "Una pieza del sistema no contesta. Pruebe de nuevo en un minuto."),
    507: ("sin_espacio", "No queda espacio para guardar. Nada de lo enviado se guardó."),
}
OCUPADA = (
    "Otra persona está guardando esto mismo ahora. Nada de lo que usted envió se guardó: vuelva a "
    "enviarlo en unos segundos."
)
TITULOS: dict[int | str, str] = {
    408: "Lo enviado no llegó completo",
    413: "Lo enviado no cabe",
    414: "La dirección no cabe",
    429: "Demasiadas solicitudes",
    503: "El sistema no contesta",
    507: "No queda espacio",
    "ocupado": "Espere un momento",
}
API = "/api/"
SIN_ESPACIO = {errno.ENOSPC, errno.EDQUOT}
NO_ESCRIBE = {errno.EIO, errno.EROFS, errno.ENODEV}  # un disco que falla: tampoco se guardó


class Dicha(NamedTuple):
    """Con qué se contesta una falla: `espera`, en cuántos segundos vale la pena volver."""

    codigo: int
    clave: str = ""
    mensaje: str = ""
    espera: int = 0


def _no_puede_haber(falla: BaseException | None) -> bool:
    """Si se pidió algo que no cabe en su columna: no es una falla."""
    return isinstance(falla, DataError | OverflowError)


def _sin_espacio(falla: BaseException | None) -> bool:
    """Si se llenó el disco: el de los archivos, o el de la base según ella misma."""
    if isinstance(falla, OSError):
        return falla.errno in SIN_ESPACIO
    return _dijo_la_base(falla, {sqlite3.SQLITE_FULL}, DiskFull)


def _ocupada(falla: BaseException | None) -> bool:
    """Si otro tiene lo que se quiso guardar y no lo soltó en lo que se espera por él."""
    de_sqlite = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
    return _dijo_la_base(falla, de_sqlite, LockNotAvailable, DeadlockDetected)


def _dijo_la_base(
    falla: BaseException | None, de_sqlite: set[int], *de_postgres: type[Exception]
) -> bool:
    """Si la base falló por eso: SQLite lo dice con un código y PostgreSQL con una clase."""
    causa = falla.__cause__ if isinstance(falla, OperationalError) else None
    codigo = getattr(causa, "sqlite_errorcode", 0) & 0xFF  # sin el detalle de los extendidos
    return codigo in de_sqlite or isinstance(causa, de_postgres)


def _sin_base(falla: BaseException | None) -> bool:
    return isinstance(falla, OperationalError | InterfaceError)


def _sin_una_pieza(falla: BaseException | None) -> bool:
    """Si no contesta la caché o el disco no escribe."""
    if isinstance(falla, OSError) and falla.errno in NO_ESCRIBE:
        return True
    return isinstance(falla, SinRedis | RedisLento)


# En este orden: lo que la base dice de sí antes que la base que no contesta.
FALLAS: tuple[tuple[Callable[[BaseException | None], bool], Dicha], ...] = (
    (_no_puede_haber, Dicha(400)),
    (_sin_espacio, Dicha(507)),
    (_ocupada, Dicha(503, "ocupado", OCUPADA, espera=5)),
    (_sin_base, Dicha(503, "sin_base", espera=60)),
    (_sin_una_pieza, Dicha(503, espera=60)),
)


def ilegible(request: HttpRequest, codigo: int) -> HttpResponse:
    """Lo pedido no se puede leer: página o JSON según lo que se espera."""
    return _contestar(request, codigo, "400.html")


def peticion_ilegible(request: HttpRequest, exception: Exception) -> HttpResponse:
    """El 400 de Django; lo que no cabe, como 413, y lo que no llega, como 408."""
    if isinstance(exception, EnvioLento):
        return ilegible(request, 408)
    return ilegible(request, 413 if isinstance(exception, RequestDataTooBig) else 400)


def demasiadas(request: HttpRequest) -> HttpResponse:
    """El 429 de allauth; queda quién llegó al límite."""
    intento_bloqueado.send(sender=demasiadas, request=request)
    return ilegible(request, 429)


def falta_segundo_factor(request: HttpRequest) -> HttpResponse:
    """El 403 a quien pide datos y todavía no tiene el segundo factor que se le exige."""
    return _contestar(request, 403, "400.html")


def peticion_fallida(request: HttpRequest) -> HttpResponse:
    """El 500 de Django, o lo que diga la primera de FALLAS que lo sea."""
    falla = sys.exc_info()[1]
    dicha = next((como for es, como in FALLAS if es(falla)), Dicha(500))
    plantilla = "400.html" if dicha.codigo == 400 else "500.html"
    respuesta = _contestar(
        request, dicha.codigo, plantilla, clave=dicha.clave, mensaje=dicha.mensaje
    )
    if dicha.espera:
        respuesta["Retry-After"] = str(dicha.espera)
    return respuesta


def no_existe(request: HttpRequest, exception: Exception) -> HttpResponse:
    """El 404 de Django: una página o, en la API, un problema."""
    if es_de_la_api(request):
        return _problema(404, "no_existe", "No existe, o no lo puede ver.")
    return page_not_found(request, exception)


def es_de_la_api(request: HttpRequest) -> bool:
    """Si lo pidió un sistema: se le contesta con un problema (RFC 9457), no con una página."""
    return request.path_info.startswith(API)


def _problema(codigo: int, clave: str, mensaje: str) -> HttpResponse:
    cuerpo = problema(codigo, clave, mensaje)
    return JsonResponse(cuerpo, status=codigo, content_type=TIPO)


def _contestar(
    request: HttpRequest, codigo: int, plantilla: str, *, clave: str = "", mensaje: str = ""
) -> HttpResponse:
    de_siempre, frase = FRASES[codigo]
    clave, mensaje = clave or de_siempre, mensaje or frase
    if es_de_la_api(request):
        # Lo que no se puede leer es siempre lo mismo para un sistema, también si es largo.
        if codigo in {400, 414}:
            return _problema(400, "entrada_invalida", mensaje)
        return _problema(codigo, clave, mensaje)
    if request.META.get("HTTP_ACCEPT", "").startswith("application/json"):
        return JsonResponse({"codigo": clave, "mensaje": mensaje}, status=codigo)
    pagina = render_to_string(
        plantilla, {"mensaje": mensaje, "titulo": TITULOS.get(clave, TITULOS.get(codigo))}
    )
    return HttpResponse(pagina, status=codigo)
