"""De cada falla que se conoce, su problema.

Lo que aquí no se conoce sigue su camino: lo contesta `pesn.errores`, con la misma forma.
"""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.db import DataError, IntegrityError
from django.http import Http404
from drf_standardized_errors.formatter import ExceptionFormatter
from drf_standardized_errors.handler import ExceptionHandler
from rest_framework import exceptions
from rest_framework.response import Response

from instituciones.api.problemas import (
    TIPO,
    DemasiadoGrande,
    EnConflicto,
    PorCorregir,
    Rechazo,
    codigo_de,
    de_serializador,
    de_validacion,
    problema,
)


class Atencion(ExceptionHandler):
    """De cada falla conocida, su problema; las demás siguen hasta quien atiende las fallas."""

    def run(self) -> Response | None:
        exc = self.convert_known_exceptions(self.exc)
        if not isinstance(exc, exceptions.APIException):
            return None
        respuesta = Response(
            self.format_exception(exc),
            status=exc.status_code,
            headers=self.get_headers(exc),
            content_type=TIPO,
        )
        self.set_rollback()
        return respuesta

    def convert_known_exceptions(self, exc: Exception) -> Exception:
        """Lo que cada capa lanza, dicho como problema; lo desconocido, como vino."""
        return next((hacer(exc) for clases, hacer in CONOCIDAS if isinstance(exc, clases)), exc)


CONOCIDAS: list[tuple[tuple[type[Exception], ...], Callable[[Any], Exception]]] = [
    ((Http404,), lambda exc: exceptions.NotFound()),
    ((PermissionDenied,), lambda exc: exceptions.PermissionDenied(str(exc) or None)),
    ((ValidationError,), lambda exc: PorCorregir(de_validacion(exc))),
    (
        (exceptions.ValidationError,),
        lambda exc: PorCorregir(list(de_serializador(exc.detail))),
    ),
    ((RequestDataTooBig,), lambda exc: DemasiadoGrande()),
    (
        (IntegrityError,),
        lambda exc: EnConflicto("Otra petición lo escribió a la vez. Léalo y pruebe de nuevo."),
    ),
    ((DataError, OverflowError, RecursionError, SuspiciousOperation), lambda exc: Rechazo()),
]
MENSAJES = {
    "metodo_no_permitido": "Esta dirección no atiende ese método.",
    "no_aceptable": "Sólo se contesta en JSON.",
    "no_autenticado": "Falta una ficha que valga: Authorization: Bearer pesn_…",
    "no_existe": "No existe, o no lo puede ver.",
    "tipo_de_cuerpo": "El cuerpo no es de la clase que esta dirección recibe.",
    "demasiadas_peticiones": "Espere los segundos que dice Retry-After.",
}


class Problema(ExceptionFormatter):
    """El cuerpo de un problema."""

    def run(self) -> dict[str, Any]:
        exc = self.exc
        detalle = exc.detail
        codigo = codigo_de(getattr(detalle, "code", None) or exc.default_code)
        mensaje = MENSAJES.get(codigo) or str(detalle)
        return problema(exc.status_code, codigo, mensaje, **getattr(exc, "mas", {}))
