"""Recibir los webhooks de PESN: que sea él quien los manda, que sean de ahora, y una sola vez.

PESN_SECRETO=whsec_… python docs/verificar_webhook.py 8443, detrás de un proxy con TLS. No pide
nada que instalar. Durante una rotación, los dos secretos separados por un espacio."""

import base64
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

TOLERANCIA = 300  # segundos que el reloj de quien manda puede diferir del de aquí


class NoVale(Exception):
    """El mensaje no es de PESN, no es de ahora o lo cambiaron en el camino."""


def verificar(cabeceras, cuerpo, secretos, ahora=None):
    """El aviso, ya leído; lanza NoVale. `cuerpo` son los octetos como llegaron, sin rehacerlos."""
    identificador = cabeceras.get("webhook-id", "")
    momento = cabeceras.get("webhook-timestamp", "")
    if not momento.isdigit() or abs((ahora or time.time()) - int(momento)) > TOLERANCIA:
        raise NoVale("No es de ahora.")
    firmado = f"{identificador}.{momento}.".encode() + cuerpo
    llaves = [base64.b64decode(uno.removeprefix("whsec_")) for uno in secretos]
    debidas = [base64.b64encode(hmac.digest(llave, firmado, "sha256")) for llave in llaves]
    for firma in cabeceras.get("webhook-signature", "").split():
        version, _coma, dada = firma.partition(",")
        if version == "v1" and any(hmac.compare_digest(dada.encode(), una) for una in debidas):
            return json.loads(cuerpo)
    raise NoVale("Ninguna firma es la debida.")


class Receptor(BaseHTTPRequestHandler):
    """Contesta enseguida; lo que haya que hacer, después. Los repetidos se reconocen por su id."""

    vistos: set[str] = set()  # en serio, en una base de datos
    timeout = 10

    def do_POST(self):
        cuerpo = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), 65536))
        try:
            aviso = verificar(self.headers, cuerpo, os.environ["PESN_SECRETO"].split())
        except NoVale:
            self.send_error(401)
            return
        if self.headers["webhook-id"] not in self.vistos:
            self.vistos.add(self.headers["webhook-id"])
            print(aviso["type"], aviso["data"]["enlace"])
        self.send_response(204)
        self.end_headers()


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(sys.argv[1])), Receptor).serve_forever()
