"""El tablero sin nada guardado, a 1× y a 100×, contra bucles de objetos y sumas por grupo.

Necesita las dos bases de `rendimiento.sembrar`. Los tres miden el semestre que corre de un plan y
el anterior; el nuestro, además, sus alertas de cambio, su dinero y su serie.
"""

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from rendimiento.paginas import REVISA, hay_bases
from rendimiento.registro import Medida

VUELTAS = 7


def nuestro(semestres: list, persona: Any) -> Any:
    """Lo que la página calcula antes de dibujarse."""
    from django.http import QueryDict

    from informes.tablero.pedido import Pedido, armar
    from informes.tablero.semestres import semestres_de

    hay = semestres_de(persona, semestres[0].plan.codigo)
    return armar(Pedido.de(QueryDict(f"periodo={semestres[0]}"), hay), persona)


def con_bucles(semestres: list, _persona: Any) -> Any:
    from rendimiento import tablero_ingenuo

    return tablero_ingenuo.con_bucles(semestres)


def por_grupo(semestres: list, _persona: Any) -> Any:
    from rendimiento import tablero_ingenuo

    return tablero_ingenuo.por_grupo(semestres)


def medir(manera: Callable[[list, Any], Any], base: str, vueltas: int) -> tuple[float, str]:
    """La mediana en segundos y sus consultas; la base es «1x» o «100x»."""
    from django.db import connections, reset_queries

    from acciones.models import Plan
    from instituciones.models import Usuario
    from matrices.models import Periodo

    conexion = connections["default"]
    conexion.settings_dict["NAME"] += f"_{base}"
    conexion.force_debug_cursor = True
    persona = Usuario.objects.get(correo=REVISA)
    plan = Plan.objects.order_by("pk").first()
    semestres = list(Periodo.objects.medidos(plan)[:2])
    tiempos, consultas = [], 0
    for _vuelta in range(vueltas):
        reset_queries()
        inicio = time.perf_counter()
        manera(semestres, persona)
        tiempos.append(time.perf_counter() - inicio)
        consultas = len(conexion.queries)
    return statistics.median(tiempos), f"{base}, {consultas} consultas"


def _medida(base: str, contra: str, ingenua: Callable, meta: float, vueltas: int) -> Medida:
    nuestra: Callable[[], tuple[float, str]] = partial(medir, nuestro, base, VUELTAS)
    otra: Callable[[], tuple[float, str]] = partial(medir, ingenua, base, vueltas)
    return Medida(f"Tablero a {base[:-1]}×, contra {contra}", nuestra, otra, meta, cifra="dicha")


MEDIDAS = (
    [
        _medida(base, contra, ingenua, meta, vueltas)
        for base in ("1x", "100x")
        for contra, ingenua, meta, vueltas in (
            ("bucles de objetos", con_bucles, 0.02, 1),
            ("sumas por grupo", por_grupo, 0.5, VUELTAS),
        )
    ]
    if hay_bases()
    else []
)
