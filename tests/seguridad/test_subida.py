"""E-24: lo enorme, lo que no dice cuánto mide y lo que llega a gotas, contra el servidor real."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.archivos import esperados, nombrar_los_estaticos

RAIZ = Path(__file__).resolve().parent.parent.parent
FICHA = "a" * 32
MEGA = 1024 * 1024
GRANDE = 26 * MEGA
APLICACION = "tests.seguridad.servidor_impaciente:application"
CORTE = "corte"
CAMPOS = "".join(
    f'--{CORTE}\r\nContent-Disposition: form-data; name="{nombre}"\r\n\r\n{valor}\r\n'
    for nombre, valor in {"csrfmiddlewaretoken": FICHA, "version": 1}.items()
)
PRINCIPIO = (
    f"{CAMPOS}--{CORTE}\r\nContent-Disposition: form-data; "
    'name="evidencia-archivos"; filename="acta.pdf"\r\nContent-Type: application/pdf\r\n\r\n'
).encode()
FINAL = f"\r\n--{CORTE}--\r\n".encode()


@pytest.fixture(scope="module")
def servidor(tmp_path_factory):
    """granian con un solo hilo, su base de SQLite y su carpeta temporal."""
    var, temporal = tmp_path_factory.mktemp("var"), tmp_path_factory.mktemp("temporal")
    entorno = {
        "PATH": os.environ["PATH"],
        "HOME": str(var),
        "TMPDIR": str(temporal),
        "PESN_VAR": str(var),
        "DJANGO_SETTINGS_MODULE": "pesn.settings",
    }
    orden = [sys.executable, "-m", "tests.caos.sembrar", "0"]
    nombrar_los_estaticos(var)
    sembrado = subprocess.run(orden, cwd=RAIZ, env=entorno, capture_output=True, check=True)
    with socket.socket() as enchufe:
        enchufe.bind(("127.0.0.1", 0))
        puerto = enchufe.getsockname()[1]
    opciones = f"--interface wsgi --workers 1 --blocking-threads 1 --no-ws --port {puerto}"
    proceso = subprocess.Popen(
        [sys.executable, "-m", "granian", *opciones.split(), APLICACION],
        cwd=RAIZ,
        env=entorno,
        stdout=(var / "registro").open("wb"),
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    semilla = json.loads(sembrado.stdout.splitlines()[-1])
    uno = SimpleNamespace(puerto=puerto, temporal=temporal, var=var, **semilla)
    try:
        esperar(lambda: pedir(uno, "GET", "/salud/", limite=5).startswith("HTTP/1.1 200"))
        yield uno
    finally:
        with suppress(ProcessLookupError):
            os.killpg(proceso.pid, signal.SIGKILL)
        proceso.wait(10)


def esperar(condicion, limite: float = 40) -> None:
    fin = time.monotonic() + limite
    while time.monotonic() < fin:
        with suppress(OSError):
            if condicion():
                return
        time.sleep(0.1)
    raise AssertionError("El servidor no llegó a tiempo.")


def abrir(servidor, metodo: str, ruta: str, *cabeceras: str, limite: float = 120) -> socket.socket:
    enchufe = socket.create_connection(("127.0.0.1", servidor.puerto), timeout=limite)
    enviadas = [
        f"{metodo} {ruta} HTTP/1.1",
        f"Host: localhost:{servidor.puerto}",
        f"Cookie: sesion={servidor.sesion}; csrf={FICHA}",
        "Accept: application/json",
        *cabeceras,
    ]
    enchufe.sendall("\r\n".join([*enviadas, "", ""]).encode())
    return enchufe


def pedir(servidor, metodo: str, ruta: str, *cabeceras, cuerpo=(), limite: float = 120) -> str:
    """Manda el cuerpo por partes; si el servidor ya contestó y cerró, se lee lo que dijo."""
    with abrir(servidor, metodo, ruta, *cabeceras, limite=limite) as enchufe:
        with suppress(BrokenPipeError, ConnectionResetError):
            for parte in cuerpo:
                enchufe.sendall(parte)
        recibido = b""
        with suppress(ConnectionResetError):
            while b"\r\n\r\n" not in recibido and (parte := enchufe.recv(65536)):
                recibido += parte
            enchufe.settimeout(1)
            with suppress(TimeoutError):
                while parte := enchufe.recv(65536):
                    recibido += parte
    return recibido.decode(errors="replace")


def archivo(cuanto: int) -> Iterator[bytes]:
    yield PRINCIPIO
    for _ in range(cuanto // MEGA):
        yield bytes(MEGA)
    yield FINAL


def troceado(partes) -> Iterator[bytes]:
    for parte in partes:
        yield b"%x\r\n%s\r\n" % (len(parte), parte)
    yield b"0\r\n\r\n"


def a_gotas(cada: float = 0.1) -> Iterator[bytes]:
    """Un kilobyte cada vez, hasta que el otro lado se canse."""
    yield PRINCIPIO
    for _ in range(200):
        time.sleep(cada)
        yield bytes(1024)


TIPO = f"Content-Type: multipart/form-data; boundary={CORTE}"
LARGO = f"Content-Length: {len(PRINCIPIO) + GRANDE + len(FINAL)}"


@pytest.mark.parametrize(
    ("caso", "cabeceras", "cuerpo"),
    [
        ("con su tamaño", [LARGO], lambda: archivo(GRANDE)),
        ("troceada", ["Transfer-Encoding: chunked"], lambda: troceado(archivo(GRANDE))),
        ("a 10 kB/s", [LARGO], a_gotas),
        ("detenida", [LARGO], lambda: [PRINCIPIO]),
    ],
)
def test_26_mb_de_evidencia_no_entran_de_ninguna_manera(servidor, caso, cabeceras, cuerpo, cifra):
    codigos, claves = esperados()["E-24"]
    inicio = time.monotonic()

    respuesta = pedir(
        servidor,
        "POST",
        f"/avances/{servidor.avance}/evidencias/",
        TIPO,
        *cabeceras,
        cuerpo=cuerpo(),
    )

    cifra(f"E-24 {caso}: {respuesta[9:12]} en {time.monotonic() - inicio:.1f} s")
    assert respuesta[9:12] in codigos, respuesta[:400]
    assert any(clave in respuesta for clave in claves), respuesta[-400:]
    esperar(lambda: not list(servidor.temporal.rglob("*.upload*")))
    assert not [a for a in (servidor.var / "archivos").rglob("*") if a.is_file()]


@pytest.mark.caos
def test_tres_que_no_terminan_de_mandar_no_dejan_sin_servicio_a_los_demas(servidor, cifra):
    """Un solo proceso de un solo hilo: sin plazo, la primera lo tendría para siempre."""
    detenidas = [
        abrir(servidor, "POST", "/verificar/", TIPO, "Content-Length: 1000") for _ in range(3)
    ]
    try:
        inicio = time.monotonic()
        respuesta = pedir(servidor, "GET", "/salud/")
        tardo = time.monotonic() - inicio
    finally:
        for una in detenidas:
            una.close()

    cifra(f"E-24 con 3 envíos detenidos, /salud/ contestó en {tardo:.1f} s")
    assert respuesta.startswith("HTTP/1.1 200")


ESCONDIDA = b"GET /salud/ HTTP/1.1\r\nHost: localhost\r\n\r\n"
DE_CONTRABANDO = {
    "los dos tamaños": ("Content-Length: 5\r\nTransfer-Encoding: chunked", b"0\r\n\r\n"),
    "el tamaño dos veces": ("Content-Length: 5\r\nContent-Length: 0", b"abcde"),
    "tamaño con signo": ("Content-Length: +5", b"abcde"),
    "troceada al revés": ("Transfer-Encoding: chunked, identity", b"0\r\n\r\n"),
    "cabecera partida": ("X-Uno: a\rX-Dos: b", b""),
    "cabecera con NUL": ("X-Uno: a\0b", b""),
    "nombre con espacio": ("Transfer-Encoding : chunked", b"0\r\n\r\n"),
    "renglón doblado": ("X-Uno: a\r\n b: c", b""),
}


@pytest.mark.parametrize("caso", DE_CONTRABANDO)
def test_una_peticion_ambigua_no_llega_a_ser_dos_a34(servidor, caso, cifra):
    codigos, _claves = esperados()["A-34"]
    cabeceras, cuerpo = DE_CONTRABANDO[caso]
    principio = "POST /verificar/ HTTP/1.1\r\nHost: localhost\r\nAccept: application/json"
    peticion = f"{principio}\r\n{cabeceras}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", servidor.puerto), timeout=10) as enchufe:
        enchufe.sendall(peticion + cuerpo + ESCONDIDA)
        recibido = b""
        with suppress(TimeoutError, ConnectionResetError):
            while parte := enchufe.recv(65536):
                recibido += parte
                enchufe.settimeout(2)
    dados = [
        renglon[9:12].decode() for renglon in recibido.split(b"\n") if renglon[:7] == b"HTTP/1."
    ]

    if caso == "los dos tamaños":
        # granian se queda con «chunked» y no pasa el otro: llega sin medida, y eso es un 413. Donde
        # llegan los dos es un 400 (tests/pesn/test_peticiones).
        codigos = codigos | {"413"}
    assert set(dados) <= codigos, dados
    assert len(dados) == 1
    cifra(f"A-34 {caso}: {dados[0]}, respuestas={len(dados)}")
