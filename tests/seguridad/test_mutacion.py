"""G-04: se quita cada regla, una a la vez, y alguna prueba tiene que caer."""

import logging
import sys
from collections import defaultdict
from itertools import zip_longest
from typing import NamedTuple

import pytest
from django.conf import settings as ajustes
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from rest_framework.throttling import SimpleRateThrottle

from informes.tablero import views as tablero
from informes.tasks import LATIDO
from tests.fabricas import UsuarioFactory
from tests.seguridad import mundo as mundos
from tests.seguridad.examenes import Examen, con_otras_casas, examenes
from tests.seguridad.mundo import ADENTRO
from tests.seguridad.mutantes import Mutante, mutantes
from tests.seguridad.test_matriz_api import con_sistemas

pytestmark = pytest.mark.nocturna
RAIZ = f"{ajustes.BASE_DIR}/"


@pytest.fixture(autouse=True)
def _callada():
    """Miles de negativas: lo que la bitácora técnica diría de cada una se prueba aparte."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def mundo(elenco, cache_limpia, settings, monkeypatch):
    settings.NEGATIVAS_SEGUIDAS = 0
    monkeypatch.setattr(SimpleRateThrottle, "allow_request", lambda self, request, view: True)
    uno = con_otras_casas(con_sistemas(mundos.crear(elenco)))
    casas = {getattr(uno.personas, actor).institucion for actor in ADENTRO}
    uno.companeras = {casa.pk: UsuarioFactory(institucion=casa, rol="AUDITOR") for casa in casas}
    return uno


def contestar(examen: Examen) -> list[str]:
    """Lo que está mal en esa respuesta; nada de lo que escribió ni recordó queda."""
    tablero.dibujados.vaciar()
    cache.clear()
    cache.set(LATIDO, timezone.now().timestamp())
    punto = transaction.savepoint()
    try:
        return examen.hacer()
    except Exception as falla:  # noqa: BLE001 (sin la regla puede caer de cualquier manera)
        return [f"{examen.grupo}: {falla!r}"]
    finally:
        transaction.savepoint_rollback(punto)


class Rastro(NamedTuple):
    """Los códigos que corrieron al contestar, y por cuáles pasó una excepción."""

    corrieron: set
    fallaron: set


def rastro_de(examen: Examen) -> Rastro:
    """El de contestarlo con todas las reglas puestas, que está bien."""
    rastro = Rastro(set(), set())

    def adentro(marco, suceso, _dato):
        if suceso == "exception":
            rastro.fallaron.add(marco.f_code)
        return adentro

    def al_entrar(marco, _suceso, _dato):
        if not marco.f_code.co_filename.startswith(RAIZ):
            return None
        rastro.corrieron.add(marco.f_code)
        marco.f_trace_lines = False
        return adentro

    sys.settrace(al_entrar)
    try:
        mal = contestar(examen)
    finally:
        sys.settrace(None)
    assert mal == []
    return rastro


def por_grupo(todos) -> dict[str, list[Examen]]:
    grupos = defaultdict(list)
    for uno in todos:
        grupos[uno.grupo].append(uno)
    return grupos


def candidatos(mutante: Mutante, grupos, rastros) -> list[Examen]:
    """Los que usan la regla: antes donde ella negó, luego los que niegan, luego los demás.

    De cada grupo, uno por vuelta: los de un grupo corren lo mismo.
    """
    suyos = [
        lista
        for grupo, lista in grupos.items()
        if mutante.codigos & rastros[grupo].corrieron or _es_suyo(mutante, grupo)
    ]
    turnos = [uno for vuelta in zip_longest(*suyos) for uno in vuelta if uno]
    return sorted(
        turnos,
        key=lambda uno: (not mutante.codigos & rastros[uno.grupo].fallaron, not uno.niega),
    )


def _es_suyo(mutante: Mutante, grupo: str) -> bool:
    return bool(mutante.pruebas) and grupo.startswith(mutante.pruebas)


def lo_que_cae(mutante: Mutante, grupos, rastros) -> str:
    """La primera prueba que cae sin esa regla y pasa con ella; vacío si ninguna."""
    for examen in candidatos(mutante, grupos, rastros):
        with mutante.neutralizado():
            mal = contestar(examen)
        if mal and not contestar(examen):
            return mal[0]
    return ""


def test_sin_cada_regla_alguna_prueba_cae(mundo, cifra):
    todos, grupos = mutantes(), por_grupo(examenes(mundo))
    rastros = {grupo: rastro_de(lista[0]) for grupo, lista in grupos.items()}
    vivos = [uno.nombre for uno in todos if not lo_que_cae(uno, grupos, rastros)]

    cifra(f"G-04 mutantes={len(todos)} muertos={len(todos) - len(vivos)} supervivientes={vivos}")
    assert vivos == []
