"""`Idempotency-Key` en las acciones que escriben."""

import hashlib
import json
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from instituciones import bitacora, idempotencia
from instituciones.api.problemas import EnConflicto, Rechazo

CLAVE = re.compile(r"[\x21-\x7e]{1,200}")
CABECERAS = ("ETag", "Location")
REPETIDA = "Idempotency-Replayed"


def idempotente(accion: Callable[..., Response]) -> Callable[..., Response]:
    """La acción, hecha una vez por clave: lo que se repite se contesta como la primera vez.

    Lo hecho y su respuesta se guardan juntos. Sin clave, la acción como es.
    """

    @wraps(accion)
    def con_clave(vista: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        reserva = _reservar(request)
        if reserva is not None and reserva.estado_http is not None:
            return _como_la_primera_vez(reserva)
        try:
            with bitacora.constancia():
                respuesta = accion(vista, request, *args, **kwargs)
                if reserva is not None:
                    cuerpo = JSONRenderer().render(respuesta.data).decode()
                    suyas = {n: respuesta[n] for n in CABECERAS if respuesta.has_header(n)}
                    idempotencia.cumplir(reserva, respuesta.status_code, cuerpo, suyas)
        except BaseException:
            if reserva is not None:
                idempotencia.soltar(reserva)
            raise
        return respuesta

    return con_clave


def _reservar(request: Request) -> Any:
    clave = request.headers.get("Idempotency-Key")
    if clave is None:
        return None
    if not CLAVE.fullmatch(clave):
        raise Rechazo("Idempotency-Key lleva de 1 a 200 letras, números o signos, sin espacios.")
    try:
        return idempotencia.reservar(request.auth.digest, clave, _huella(request))
    except idempotencia.ClaveReutilizada as motivo:
        raise ClaveReutilizada from motivo
    except idempotencia.EnCurso as motivo:
        raise EnConflicto("Ese mismo pedido se está atendiendo.") from motivo


class ClaveReutilizada(Rechazo):
    status_code = 422
    default_code = "clave_reutilizada"
    default_detail = "Esa Idempotency-Key ya se usó con otro pedido."


def _huella(request: Request) -> str:
    """Qué se pide: método, dirección, versión y cuerpo ya leído; de los archivos, su huella.

    El orden de las claves y el separador de un envío por partes no lo cambian.
    """
    datos = request.data
    pares = datos.lists() if hasattr(datos, "lists") else datos.items()
    cuerpo = {
        nombre: [_de_archivo(uno) if isinstance(uno, UploadedFile) else uno for uno in _lista(dado)]
        for nombre, dado in pares
    }
    dicho = [request.method, request.path, request.headers.get("If-Match", ""), cuerpo]
    return hashlib.sha256(json.dumps(dicho, sort_keys=True, default=str).encode()).hexdigest()


def _lista(dado: Any) -> list[Any]:
    return dado if isinstance(dado, list) else [dado]


def _de_archivo(archivo: UploadedFile) -> list[Any]:
    suma = hashlib.sha256()
    for trozo in archivo.chunks():
        suma.update(trozo)
    archivo.seek(0)
    return [archivo.name, archivo.size, suma.hexdigest()]


def _como_la_primera_vez(reserva: Any) -> Response:
    respuesta = Response(json.loads(reserva.cuerpo), status=reserva.estado_http)
    for nombre, valor in reserva.cabeceras.items():
        respuesta[nombre] = valor
    respuesta[REPETIDA] = "true"
    return respuesta
