"""De dónde parten las vistas de la API: cerradas, con alcance, registradas y con su versión."""

import time
from typing import Any

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework import mixins, viewsets
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from instituciones import bitacora, clientes
from instituciones.api.fichas import ConAlcance
from instituciones.api.pedidos import ParametrosDeclarados, exigir_cuerpo

registro = structlog.get_logger(__name__)
CLAVE = "[0-9]{1,12}"  # más larga no es clave de nada: 404


class VistaDeApi(viewsets.GenericViewSet):
    """Una vista con permiso por alcance; cada pedido de un sistema queda anotado."""

    permission_classes = [ConAlcance]
    alcances: dict[str, str] = {}
    sin_cuerpo: frozenset[str] = frozenset()  # las acciones que se piden con sólo la dirección
    lookup_value_regex = CLAVE

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        inicio, previo = time.monotonic(), bitacora.por_el_sistema.set(None)
        try:
            respuesta = super().dispatch(request, *args, **kwargs)
        except BaseException:
            self._anotar(500, inicio)
            raise
        finally:
            bitacora.por_el_sistema.reset(previo)
        self._anotar(respuesta.status_code, inicio)
        return respuesta

    def perform_authentication(self, request: Request) -> None:
        """Desde aquí y hasta que `dispatch` termina, los asientos dicen con qué sistema."""
        super().perform_authentication(request)
        if request.auth is not None:
            bitacora.por_el_sistema.set(request.auth.cliente_id)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.action not in self.sin_cuerpo:
            exigir_cuerpo(request)

    def _anotar(self, estado: int, inicio: float) -> None:
        """El pedido de un sistema: en la bitácora técnica y, si quiso escribir, en su tabla."""
        ficha = getattr(getattr(self, "request", None), "_auth", None)
        if ficha is None:
            return
        pedido = self.request._request
        datos: dict[str, str | int] = {
            "metodo": str(pedido.method),
            "ruta": str(pedido.resolver_match.route)[:200],
            "estado_http": estado,
            "milisegundos": int((time.monotonic() - inicio) * 1000),
            "peticion": pedido.META.get("HTTP_X_REQUEST_ID", ""),
        }
        registro.info("pedido_de_sistema", sistema=ficha.cliente_id, persona=ficha.user_id, **datos)
        escribe = self.action is not None and pedido.method not in SAFE_METHODS
        if escribe and estado < 500:
            clientes.anotar_pedido(ficha.cliente, **datos)


class SoloLectura(mixins.ListModelMixin, mixins.RetrieveModelMixin, VistaDeApi):
    """Una lista y su detalle."""

    filter_backends = [ParametrosDeclarados]
