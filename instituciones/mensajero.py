"""Firmar un mensaje y llevarlo, una vez, a la dirección IP que ya se comprobó.

La firma es la de Standard Webhooks (HMAC-SHA256 de identificador, momento y cuerpo). De la
respuesta sólo importa el estado: no se sigue a otra dirección ni se guarda lo que dice.
"""

import base64
import hmac
import secrets
import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from threading import Timer
from typing import Any, NamedTuple

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from instituciones.destinos import Destino

PREFIJO = "whsec_"
OCTETOS = 32
CONECTAR, LEER, EN_TOTAL = 5.0, 10.0, 20.0  # segundos
SE_LEE = 4096  # octetos de la respuesta, para despedirse bien; lo demás se deja
QUIEN = "PESN-Webhooks/1"
NO_LLEGO = (OSError, HTTPError, HTTPException, ValueError)


class Falla:
    """Por qué no llegó, con palabras que no cambian."""

    NOMBRE = "nombre"
    DIRECCION = "direccion"
    CONEXION = "conexion"
    TLS = "tls"
    TIEMPO = "tiempo"
    RESPUESTA = "respuesta"
    REDIRIGE = "redirige"
    ESTADO = "estado"
    SECRETO = "secreto"


class Respuesta(NamedTuple):
    """Cómo contestó: su estado HTTP si lo hubo, qué falló, y cuántos segundos pide esperar."""

    estado_http: int | None = None
    falla: str = ""
    espera: int = 0
    milisegundos: int = 0


def secreto_nuevo() -> str:
    """Uno al azar, como se le muestra a quien recibe."""
    return PREFIJO + base64.b64encode(secrets.token_bytes(OCTETOS)).decode()


def firmar(identificador: str, momento: int, cuerpo: bytes, suyos: Iterable[str]) -> str:
    """La cabecera `webhook-signature`: una firma «v1,…» por secreto, separadas por un espacio."""
    firmado = b".".join([identificador.encode(), str(momento).encode(), cuerpo])
    return " ".join(f"v1,{_firma(uno, firmado)}" for uno in suyos)


def _firma(secreto: str, firmado: bytes) -> str:
    llave = base64.b64decode(secreto.removeprefix(PREFIJO))
    return base64.b64encode(hmac.digest(llave, firmado, "sha256")).decode()


def cabeceras(
    identificador: str, momento: int, cuerpo: bytes, suyos: Iterable[str]
) -> dict[str, str]:
    """Las de un mensaje firmado; el momento es el de este intento."""
    return {
        "Content-Type": "application/json",
        "User-Agent": QUIEN,
        "webhook-id": identificador,
        "webhook-timestamp": str(momento),
        "webhook-signature": firmar(identificador, momento, cuerpo, suyos),
    }


def llevar(
    destino: Destino, direcciones: Iterable[str], cuerpo: bytes, con: dict[str, str]
) -> Respuesta:
    """Lo entrega en la primera dirección que abra; nunca tarda más de EN_TOTAL segundos."""
    inicio = time.monotonic()
    respuesta = Respuesta(falla=Falla.CONEXION)
    for una in direcciones:
        queda = EN_TOTAL - (time.monotonic() - inicio)
        if queda <= 0:
            break
        respuesta = _llevar_a(una, destino, cuerpo, con, queda)
        if respuesta.falla != Falla.CONEXION:
            break
    return respuesta._replace(milisegundos=int((time.monotonic() - inicio) * 1000))


class _ALaComprobada(HTTPConnection):
    """Abre con la IP que se le da; el nombre queda para `Host`, SNI y el certificado."""

    ip: str
    queda: float
    testigo: socket.socket | None = None  # el mismo enchufe por otra asa: con ella se corta
    vencio = False

    def _new_conn(self) -> socket.socket:
        enchufe = socket.create_connection((self.ip, self.port or 443), min(CONECTAR, self.queda))
        enchufe.settimeout(LEER)
        self.testigo = enchufe.dup()
        if self.vencio:
            raise TimeoutError
        return enchufe

    def cortar(self) -> None:
        """Quien lea o escriba en el enchufe, en otro hilo, deja de esperar."""
        self.vencio = True
        if self.testigo is not None:
            with suppress(OSError):
                self.testigo.shutdown(socket.SHUT_RDWR)

    def soltar(self) -> None:
        """Cierra las dos asas."""
        self.close()
        if self.testigo is not None:
            self.testigo.close()


class _ConTls(_ALaComprobada, HTTPSConnection):
    """Lo mismo, con el certificado comprobado contra el nombre."""


@contextmanager
def _abrir(ip: str, destino: Destino, queda: float) -> Iterator[_ALaComprobada]:
    """La conexión, que se corta pasado el plazo: quien contesta a gotas no retiene al proceso."""
    puesto: dict[str, Any] = {"port": destino.puerto, "timeout": LEER}
    if destino.con_tls:
        puesto["ssl_context"] = ssl.create_default_context()
    clase = _ConTls if destino.con_tls else _ALaComprobada
    conexion = clase(destino.nombre, **puesto)
    conexion.ip, conexion.queda = ip, queda
    reloj = Timer(queda, conexion.cortar)
    reloj.daemon = True
    reloj.start()
    try:
        yield conexion
    finally:
        reloj.cancel()
        conexion.soltar()


def _llevar_a(
    ip: str, destino: Destino, cuerpo: bytes, con: dict[str, str], queda: float
) -> Respuesta:
    with _abrir(ip, destino, queda) as conexion:
        try:
            conexion.request(
                "POST",
                destino.ruta,
                body=cuerpo,
                headers=con,
                preload_content=False,
                decode_content=False,
            )
            respuesta = conexion.getresponse()
            if conexion.vencio:  # al cortar, lo que iba de las cabeceras parece todo
                raise TimeoutError
        except NO_LLEGO as motivo:
            return Respuesta(falla=_por_que(motivo, conexion))
        with suppress(*NO_LLEGO):
            respuesta.read(SE_LEE)
    return _segun(respuesta.status, respuesta.headers.get("Retry-After", ""))


def _por_que(motivo: Exception, conexion: _ALaComprobada) -> str:
    if conexion.testigo is None:
        return Falla.CONEXION
    if conexion.vencio or isinstance(motivo, TimeoutError):
        return Falla.TIEMPO
    return Falla.TLS if isinstance(motivo, ssl.SSLError) else Falla.RESPUESTA


def _segun(estado: int, espera: str) -> Respuesta:
    if 200 <= estado < 300:
        return Respuesta(estado)
    falla = Falla.REDIRIGE if 300 <= estado < 400 else Falla.ESTADO
    pide = int(espera) if espera.isascii() and espera.isdigit() and len(espera) < 7 else 0
    return Respuesta(estado, falla, pide)
