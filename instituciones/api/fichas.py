"""Quién pide: un sistema con su ficha, o una persona con su sesión, que por aquí sólo lee."""

from typing import Any

import structlog
from knox.auth import TokenAuthentication
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from instituciones import clientes
from instituciones.api.problemas import SinAlcance
from instituciones.models import Alcance, Ficha


class FichaDeSistema(TokenAuthentication):
    """`Authorization: Bearer pesn_…`. Se mira entera en cada pedido: nada se recuerda."""

    def authenticate_credentials(self, token: bytes) -> tuple[Any, Ficha]:
        ficha = clientes.reconocer(token.decode(errors="replace"))
        if ficha is None:
            raise AuthenticationFailed("La ficha no vale: venció, se revocó o no existe.")
        clientes.anotar_uso(ficha)
        structlog.contextvars.bind_contextvars(sistema=ficha.cliente_id)
        return ficha.cliente.persona, ficha


class SesionQueLee(SessionAuthentication):
    """La sesión de la página, sólo con métodos seguros: para probar desde la documentación.

    Escribir pide ficha, así que una página ajena no puede hacer que el navegador escriba.
    """

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        return super().authenticate(request) if request.method in SAFE_METHODS else None

    def enforce_csrf(self, request: Request) -> None:
        """Los métodos seguros no llevan ficha contra falsificación."""


class NiegaTodo(BasePermission):
    """Lo que no dice quién entra, no deja entrar a nadie."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return False


class QuienEntro(BasePermission):
    """Cualquier sistema o persona activa."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.user and request.user.is_authenticated and request.user.is_active)


class ConAlcance(QuienEntro):
    """Quien entró y, si es un sistema, con el alcance que la acción pide (`alcances` de la vista).

    Leer pide «leer»; una acción que escribe y no dice qué pide, no se puede.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        if not super().has_permission(request, view):
            return False
        if view.action is None:  # un método que la ruta no atiende: que se diga (405)
            return True
        seguro = request.method in SAFE_METHODS
        if request.auth is None:
            return seguro
        pide = Alcance.LEER if seguro else getattr(view, "alcances", {}).get(view.action)
        exigir_alcance(request, pide)
        return True


def exigir_alcance(request: Request, alcance: str | None) -> None:
    """Lanza SinAlcance si el sistema que pide no lo tiene."""
    if alcance is None or alcance not in request.auth.cliente.alcances:
        raise SinAlcance(alcance)
