"""Cuánto se puede pedir por minuto: por ficha o, sin ella, por persona o dirección de red.

Se cuenta en la caché que comparten los procesos.
"""

from typing import Any

from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle


class _PorQuien(SimpleRateThrottle):
    """De quién es la cuenta."""

    cuenta_seguros = True

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        if (request.method in SAFE_METHODS) is not self.cuenta_seguros:
            return None
        if request.auth is not None:
            quien = f"sistema-{request.auth.cliente_id}"
        elif request.user and request.user.is_authenticated:
            quien = f"persona-{request.user.pk}"
        else:
            quien = f"red-{self.get_ident(request)}"
        return self.cache_format % {"scope": self.scope, "ident": quien}


class Lecturas(_PorQuien):
    """GET y los demás métodos seguros."""

    scope = "lecturas"


class Escrituras(_PorQuien):
    """Lo que cambia algo."""

    scope = "escrituras"
    cuenta_seguros = False
