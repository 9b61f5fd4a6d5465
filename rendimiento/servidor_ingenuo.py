"""Un servidor síncrono: procesos que aceptan del mismo enchufe y atienden de a una petición."""

import argparse
import os
import socket
from importlib import import_module
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer


class Callado(WSGIRequestHandler):
    """Sin un renglón por petición."""

    def log_message(self, *args: object) -> None:
        return


class Compartido(WSGIServer):
    """Varios procesos sobre el mismo puerto."""

    request_queue_size = 1024

    def server_bind(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        super().server_bind()


def main() -> None:
    lector = argparse.ArgumentParser()
    lector.add_argument("--workers", type=int, default=1)
    lector.add_argument("--port", type=int)
    lector.add_argument("aplicacion")
    opciones = lector.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pesn.settings")
    modulo, _, nombre = opciones.aplicacion.partition(":")
    enchufe = Compartido(("127.0.0.1", opciones.port), Callado)
    for _hijo in range(1, opciones.workers):
        if os.fork() == 0:
            break
    enchufe.set_app(getattr(import_module(modulo), nombre))
    enchufe.serve_forever()


if __name__ == "__main__":
    main()
