"""Cuánto se espera por el cuerpo de un envío: quien manda a gotas no se queda con un proceso.

Cada proceso atiende una petición a la vez; sin esto, dos envíos que no terminan de llegar
dejarían sin servicio a todos.
"""

from collections.abc import Callable, Iterable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from django.core.exceptions import RequestDataTooBig

TROZO = 64 * 1024
ESPERA = 20.0  # segundos para que llegue cada trozo


class EnvioLento(RequestDataTooBig):
    """No llega a tiempo para lo que mide; hereda para que nadie relea lo que quedó a medias."""


class ConPlazo:
    """Envuelve la aplicación WSGI: su entrada da lo que llega a tiempo, o lanza EnvioLento."""

    def __init__(self, aplicacion: Callable[..., Iterable[bytes]]):
        self.aplicacion = aplicacion

    def __call__(self, environ: dict[str, Any], responder: Callable[..., Any]) -> Iterable[bytes]:
        entrada = EntradaConPlazo(environ["wsgi.input"])
        try:
            return self.aplicacion({**environ, "wsgi.input": entrada}, responder)
        finally:
            entrada.soltar()


class EntradaConPlazo:
    """Lee en otro hilo, que es lo único que se puede dejar de esperar."""

    def __init__(self, entrada: Any):
        self.entrada = entrada
        self.pedidos: SimpleQueue[int] = SimpleQueue()
        self.llegado: SimpleQueue[bytes | Exception] = SimpleQueue()
        self.hilo: Thread | None = None

    def read(self, cuanto: int = TROZO) -> bytes:
        """Tantos octetos, o los que haya; Django siempre dice cuántos."""
        partes = []
        while cuanto > 0 and (parte := self._parte(min(cuanto, TROZO))):
            partes.append(parte)
            cuanto -= len(parte)
        return b"".join(partes)

    def readline(self, cuanto: int = TROZO) -> bytes:
        """La exige WSGI; Django arma él mismo los renglones."""
        renglon = b""
        while len(renglon) < cuanto and (letra := self.read(1)):
            renglon += letra
            if letra == b"\n":
                break
        return renglon

    def soltar(self) -> None:
        """El hilo termina en cuanto vuelva de lo que lee."""
        self.pedidos.put(0)

    def _parte(self, cuanto: int) -> bytes:
        if self.hilo is None:
            self.hilo = Thread(target=self._leer, daemon=True)
            self.hilo.start()
        self.pedidos.put(cuanto)
        try:
            parte = self.llegado.get(timeout=ESPERA)
        except Empty:
            raise EnvioLento("El envío llega a gotas.") from None
        if isinstance(parte, Exception):
            raise parte
        return parte

    def _leer(self) -> None:
        while cuanto := self.pedidos.get():
            try:
                self.llegado.put(self.entrada.read(cuanto))
            except Exception as falla:  # noqa: BLE001 (se lanza en quien espera)
                self.llegado.put(falla)
