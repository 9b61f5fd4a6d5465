"""Cuánto tarda en empezar un trabajo sin Redis, contra el sondeo de fábrica del bróker de archivos.

Cada manera levanta su trabajador de verdad, en su carpeta, y le toca el timbre muchas veces.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from rendimiento.registro import RAIZ, Medida

TOQUES = 30
LIMITE = 60


def medir(aplicacion: str) -> tuple[float, str]:
    """El p95 de lo que va del toque al trabajo, en segundos, y la mediana dicha."""
    carpeta = Path(tempfile.mkdtemp(prefix="timbre-"))
    entorno = {**os.environ, "PESN_VAR": str(carpeta), "MARCAS": str(carpeta / "marcas")}
    entorno.pop("REDIS_URL", None)
    entorno.pop("DATABASE_URL", None)
    (carpeta / "marcas").mkdir()
    opciones = "--concurrency 1 --without-gossip --without-mingle --without-heartbeat"
    orden = [sys.executable, "-m", "celery", "-A", aplicacion, "worker", *opciones.split()]
    trabajador = subprocess.Popen(  # noqa: S603 (el mismo intérprete y un módulo propio)
        orden,
        cwd=RAIZ,
        env=entorno,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        tocar = [sys.executable, "-m", "rendimiento.timbre", aplicacion]
        hecho = subprocess.run(  # noqa: S603 (este mismo Python)
            tocar, cwd=RAIZ, env=entorno, capture_output=True, text=True, check=True
        )
    finally:
        os.killpg(trabajador.pid, signal.SIGKILL)
        trabajador.wait(10)
        shutil.rmtree(carpeta, ignore_errors=True)
    tardanzas = sorted(float(una) for una in hecho.stdout.split())
    p95 = tardanzas[int(len(tardanzas) * 0.95) - 1]
    mediana = tardanzas[len(tardanzas) // 2]
    return p95, f"{TOQUES} toques, p50 {mediana * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms"


def tocar(aplicacion: str) -> list[float]:
    """Toca de a uno, a ratos que no siguen al sondeo, y espera cada marca."""
    from importlib import import_module

    marcar = import_module(aplicacion).marcar
    azar, tardanzas = random.Random(2022), []  # noqa: S311 (con semilla)
    marcas = Path(os.environ["MARCAS"])
    for numero in range(-1, TOQUES):  # el primero sólo espera a que haya trabajador
        inicio = time.time()
        marcar.delay(str(numero))
        marca = marcas / str(numero)
        while not (marca.exists() and marca.read_text()):
            if time.time() - inicio > LIMITE:
                raise TimeoutError(f"El toque {numero} no llegó.")
            time.sleep(0.002)
        if numero >= 0:
            tardanzas.append(float(marca.read_text()) - inicio)
        time.sleep(azar.uniform(0.1, 1.1))
    return tardanzas


MEDIDAS = [
    Medida(
        "Arranque de un trabajo sin Redis",
        partial(medir, "rendimiento.timbre_nuestro"),
        partial(medir, "rendimiento.timbre_de_fabrica"),
        meta=0.15,
        cifra="dicha",
    )
]

if __name__ == "__main__":
    sys.stdout.write(" ".join(f"{una:.4f}" for una in tocar(sys.argv[1])))
