"""El esquema OpenAPI: lo que spectacular lee de las vistas, y los problemas que toda ruta da."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from instituciones.api.problemas import TIPO
from instituciones.api.vistas import VistaDeApi

DE_TODA_RUTA = ("400", "401", "403", "404", "405", "406", "429", "503")
DE_LO_QUE_ESCRIBE = ("409", "412", "413", "415", "422", "428")
CLAVE = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Para repetir el pedido sin que se haga dos veces.",
)


class ErrorDeCampo(serializers.Serializer):
    """Un error de un campo."""

    campo = serializers.CharField(allow_blank=True)
    codigo = serializers.CharField()
    mensaje = serializers.CharField()


class Problema(serializers.Serializer):
    """Por qué no se pudo (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    codigo = serializers.CharField(help_text="Estable: con esto se decide, no con el mensaje.")
    errores = ErrorDeCampo(many=True, required=False)
    actual = serializers.JSONField(
        required=False, help_text="La fila como está guardada, si otra persona la cambió."
    )


class EsquemaConProblemas(AutoSchema):
    """Cada operación con sus problemas y, si escribe, su clave de idempotencia."""

    def get_override_parameters(self) -> list[Any]:
        dados = list(super().get_override_parameters())
        return [*dados, CLAVE] if self._escribe() else dados

    def _escribe(self) -> bool:
        return isinstance(self.view, VistaDeApi) and self.method in {"POST", "PATCH", "DELETE"}

    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:
        bien = super()._get_response_bodies(direction)
        if direction != "response":
            return bien
        codigos = (*DE_TODA_RUTA, *(DE_LO_QUE_ESCRIBE if self._escribe() else ()))
        for codigo in codigos:
            bien.setdefault(
                codigo, self._get_response_for_code(Problema, codigo, [TIPO], direction)
            )
        return bien


class EsquemaDeLaFicha(OpenApiAuthenticationExtension):
    """Cómo se dice la ficha en OpenAPI."""

    target_class = "instituciones.api.fichas.FichaDeSistema"
    name = "ficha"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "La ficha del sistema: `Authorization: Bearer pesn_…`.",
        }


class EsquemaDeLaSesion(OpenApiAuthenticationExtension):
    """La sesión con que se entró a las páginas: sólo para leer."""

    target_class = "instituciones.api.fichas.SesionQueLee"
    name = "sesion"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "Sólo lectura.",
        }
