"""Las medidas: cada una es un trabajo hecho de dos maneras, cada manera en su propio proceso."""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

RAIZ = Path(__file__).resolve().parent.parent
# Cada módulo trae su lista MEDIDAS; quien mide algo nuevo agrega aquí el suyo.
MODULOS = [
    "rendimiento.informe",
    "rendimiento.crecimiento",
    "rendimiento.libro",
    "rendimiento.libro_institucion",
    "rendimiento.paginas",
    "rendimiento.tablero",
    "rendimiento.guardado",
    "rendimiento.cierre",
    "rendimiento.timbre",
    "rendimiento.visita",
    "rendimiento.api",
    "rendimiento.exportacion",
]
MEGA = 1024


@dataclass(frozen=True, kw_only=True)
class Resultado:
    """Segundos de procesador, segundos de reloj, memoria máxima en MB y lo que el trabajo contó."""

    procesador: float
    reloj: float
    memoria: float
    dijo: str


@dataclass(frozen=True)
class Medida:
    """Un trabajo, su manera ingenua, y hasta dónde puede llegar la razón entre ambas.

    `cifra` es lo que se compara: «procesador», o «dicha» si la manera da sus propios segundos
    (entonces devuelve (segundos, texto)).
    """

    trabajo: str
    nuestra: Callable[[], Any]
    ingenua: Callable[[], Any]
    meta: float
    meta_memoria: float | None = None
    cifra: str = "procesador"


def medidas() -> list[Medida]:
    """Todas, en el orden de los módulos."""
    return [una for modulo in MODULOS for una in import_module(modulo).MEDIDAS]


def correr(medida: Medida, manera: str) -> Resultado:
    """Una manera en un proceso nuevo: su memoria no es la de la otra."""
    orden = [sys.executable, "-m", "rendimiento.registro", medida.trabajo, manera]
    hecho = subprocess.run(  # noqa: S603 (el mismo intérprete y un módulo propio)
        orden, cwd=RAIZ, capture_output=True, text=True, check=False
    )
    if hecho.returncode:
        raise RuntimeError(f"«{medida.trabajo}», {manera}:\n{hecho.stderr[-2000:]}")
    return Resultado(**json.loads(hecho.stdout.splitlines()[-1]))


def en_este_proceso(trabajo: str, manera: str) -> dict[str, Any]:
    """Corre esa manera aquí y cuenta lo que costó, sin lo que tarda en arrancar."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pesn.settings")
    django.setup()
    medida = next(una for una in medidas() if una.trabajo == trabajo)
    reloj, procesador = time.perf_counter(), time.process_time()
    dijo = getattr(medida, manera)()
    gastado = time.process_time() - procesador
    if medida.cifra == "dicha":
        gastado, dijo = dijo
    return {
        "procesador": gastado,
        "reloj": time.perf_counter() - reloj,
        "memoria": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGA,
        "dijo": dijo,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(en_este_proceso(*sys.argv[1:3])) + "\n")
