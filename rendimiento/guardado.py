"""Cincuenta personas guardan su borrador a la vez, sobre PostgreSQL y con el servidor de verdad.

Contra un servidor síncrono con los ajustes de fábrica de Django: un proceso por núcleo, una
conexión nueva a la base en cada petición y ninguna que se quede abierta. Usa la base «1x» de
`rendimiento.sembrar`; sin `DATABASE_URL` no mide.
"""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from urllib.parse import urlencode

from rendimiento.paginas import hay_bases
from rendimiento.registro import RAIZ, Medida

PERSONAS = 50
VECES = 6
FICHA = "a" * 32
PROCESOS = 2


def medir(levantar: list[str], conexion: str) -> tuple[float, str]:
    """Segundos por guardado, con todas a la vez; lanza RuntimeError si uno solo falla."""
    en_la_base_1x()
    os.environ["CONN_MAX_AGE"] = conexion
    borradores = _borradores()
    puerto = puerto_libre()
    servidor = subprocess.Popen(  # noqa: S603 (el mismo intérprete y un módulo conocido)
        [sys.executable, "-m", *levantar, "--port", str(puerto), "pesn.wsgi:application"],
        cwd=RAIZ,
        env=os.environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        esperar(puerto)
        salida = Barrier(PERSONAS + 1)
        with ThreadPoolExecutor(PERSONAS) as gente:
            hechos = [gente.submit(_guardar, puerto, salida, uno) for uno in borradores]
            salida.wait()
            inicio = time.perf_counter()
            tardanzas = sorted(una for hecho in hechos for una in hecho.result())
            pasado = time.perf_counter() - inicio
    finally:
        os.killpg(servidor.pid, signal.SIGKILL)
        servidor.wait(10)
    p95 = tardanzas[int(len(tardanzas) * 0.95) - 1]
    return pasado / len(tardanzas), (
        f"{PERSONAS} a la vez, {len(tardanzas)} guardados, 0 errores, "
        f"{len(tardanzas) / pasado:.0f}/s, p95 {p95:.2f} s"
    )


def en_la_base_1x() -> None:
    """Este proceso y el servidor que levante."""
    from django.db import connections

    connections["default"].settings_dict["NAME"] += "_1x"
    os.environ["DATABASE_URL"] += "_1x"


def _borradores() -> list[tuple[int, int, str, dict[str, str]]]:
    """Por persona: su avance, la versión, su sesión y lo que el formulario ya decía."""
    from django.conf import settings
    from django.db import connections
    from django.test import Client

    from instituciones.models import Usuario
    from matrices.models import Avance

    sesiones: dict[int, str] = {}
    hallados = []
    filas = Avance.objects.filter(estado__in=["BORRADOR", "PENDIENTE"], periodo__estado="ABIERTO")
    for avance in filas.select_related("actividad").order_by("pk"):
        casa = avance.actividad.responsable_id
        if casa not in sesiones:
            quien = Usuario.objects.filter(institucion=casa, rol="PLANIFICADOR", is_active=True)
            cliente = Client()
            if not (persona := quien.first()):
                continue
            cliente.force_login(persona)
            sesiones[casa] = cliente.cookies[settings.SESSION_COOKIE_NAME].value
        dicho = {"visibilidad": avance.visibilidad, "clasificacion": avance.clasificacion}
        hallados.append((avance.pk, avance.version, sesiones[casa], dicho))
        if len(hallados) == PERSONAS:
            connections.close_all()
            return hallados
    raise RuntimeError(f"Sólo hay {len(hallados)} avances por guardar en la base 1x.")


def _guardar(puerto: int, salida: Barrier, borrador: tuple) -> list[float]:
    (avance, version, sesion, dicho), tardanzas = borrador, []
    salida.wait()
    for numero in range(VECES):
        datos = {"version": version + numero, "logro": f"Texto {numero} de {avance}.", **dicho}
        cuerpo = urlencode({**datos, "csrfmiddlewaretoken": FICHA})
        inicio = time.perf_counter()
        codigo = _enviar(puerto, avance, cuerpo, sesion)
        tardanzas.append(time.perf_counter() - inicio)
        if codigo != http.HTTPStatus.FOUND:
            raise RuntimeError(f"El avance {avance}, vez {numero}, respondió {codigo}.")
    return tardanzas


def _enviar(puerto: int, avance: int, cuerpo: str, sesion: str) -> int:
    conexion = http.client.HTTPConnection("127.0.0.1", puerto, timeout=120)
    cabeceras = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"sesion={sesion}; csrf={FICHA}",
    }
    try:
        conexion.request("POST", f"/avances/{avance}/", cuerpo, cabeceras)
        return conexion.getresponse().status
    finally:
        conexion.close()


def puerto_libre() -> int:
    with socket.socket() as enchufe:
        enchufe.bind(("127.0.0.1", 0))
        puerto: int = enchufe.getsockname()[1]
        return puerto


def esperar(puerto: int) -> None:
    fin = time.monotonic() + 60
    while time.monotonic() < fin:
        conexion = http.client.HTTPConnection("127.0.0.1", puerto, timeout=30)
        try:
            conexion.request("GET", "/salud/")
            if conexion.getresponse().status == http.HTTPStatus.OK:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            conexion.close()
    raise TimeoutError("El servidor no contestó.")


GRANIAN = f"granian --interface wsgi --no-ws --workers {PROCESOS} --blocking-threads 1".split()
SINCRONO = f"rendimiento.servidor_ingenuo --workers {PROCESOS}".split()
MEDIDAS = (
    [
        Medida(
            "Cincuenta guardan a la vez",
            partial(medir, GRANIAN, "600"),
            partial(medir, SINCRONO, "0"),
            meta=1.0,
            cifra="dicha",
        )
    ]
    if hay_bases()
    else []
)
