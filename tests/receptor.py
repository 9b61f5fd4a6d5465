"""Un receptor de webhooks de verdad, en esta máquina: guarda lo que llega y contesta lo que digan.

Comprueba cada mensaje con el verificador de docs/, que es el que se les da a los sistemas.
"""

import importlib.util
import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

EJEMPLO = Path(__file__).parents[1] / "docs/verificar_webhook.py"


def ejemplo():
    """El programa de docs/, importado."""
    como = importlib.util.spec_from_file_location("verificar_webhook", EJEMPLO)
    modulo = importlib.util.module_from_spec(como)
    como.loader.exec_module(modulo)
    return modulo


class Recibido(NamedTuple):
    camino: str
    cabeceras: dict[str, str]
    cuerpo: bytes


class Receptor(ThreadingHTTPServer):
    """`contesta`: el estado HTTP; `con`: más cabeceras; `antes`: lo que hace antes de contestar."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, certificado: Path | None = None):
        super().__init__(("127.0.0.1", 0), Atiende)
        self.recibidos: list[Recibido] = []
        self.contesta, self.con, self.dice, self.antes = 204, {}, b"", None
        if certificado:
            contexto = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            contexto.load_cert_chain(certificado)
            contexto.sni_callback = lambda enchufe, nombre, _c: self.nombres.append(nombre)
            self.nombres: list[str] = []
            self.socket = contexto.wrap_socket(self.socket, server_side=True)

    @property
    def puerto(self) -> int:
        return self.server_address[1]

    def direccion(self, camino="/gancho") -> str:
        return f"http://127.0.0.1:{self.puerto}{camino}"

    def handle_error(self, request, client_address):
        """Quien llama puede colgar: aquí no es noticia."""


class Atiende(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        cuerpo = self.rfile.read(int(self.headers["Content-Length"]))
        suyas = {nombre.lower(): valor for nombre, valor in self.headers.items()}
        self.server.recibidos.append(Recibido(self.path, suyas, cuerpo))
        if self.server.antes:
            self.server.antes(self)
        self.send_response(self.server.contesta)
        for nombre, valor in self.server.con.items():
            self.send_header(nombre, valor)
        self.send_header("Content-Length", str(len(self.server.dice)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(self.server.dice)

    def log_message(self, *partes):
        """En silencio."""


@contextmanager
def escuchando(certificado: Path | None = None):
    """El receptor, atendiendo en otro hilo."""
    uno = Receptor(certificado)
    hilo = threading.Thread(target=uno.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    hilo.start()
    try:
        yield uno
    finally:
        uno.shutdown()
        uno.server_close()
