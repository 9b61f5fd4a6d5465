"""G-17 a G-21: maten lo que maten, cada informe encargado sale una vez y entero."""

import os
import signal
import time

import pytest

from tests.caos.conftest import ARRIENDO

pytestmark = pytest.mark.caos
ETAPAS = ("antes", "durante", "despues")


def todo_salio_una_vez(taller, cuantos):
    taller.esperar(lambda: not taller.quedan("PENDIENTE", "EN_CURSO"), "el fin de los trabajos")
    assert {estado for estado, _veces in taller.trabajos().values()} == {"LISTO"}
    assert [veces for _clave, veces in taller.documentos()] == [3] * cuantos
    assert taller.emisiones() == cuantos


@pytest.mark.parametrize("etapa", ETAPAS)
def test_matar_al_hijo_no_pierde_ni_repite(taller, etapa, cifra):
    taller.redis()
    taller.cerrar(etapa)
    taller.trabajador()
    hijo = taller.llego(etapa)
    os.kill(hijo, signal.SIGKILL)
    muerto = time.monotonic()
    taller.abrir(etapa)

    todo_salio_una_vez(taller, 2)
    assert 2 in {veces for _estado, veces in taller.trabajos().values()}
    cifra(f"G-17 hijo/{etapa}: un juego de documentos, {time.monotonic() - muerto:.1f} s")


@pytest.mark.parametrize("etapa", ETAPAS)
def test_matar_al_trabajador_entero_no_pierde_ni_repite(taller, etapa, cifra):
    taller.redis()
    taller.cerrar(etapa)
    trabajador = taller.trabajador()
    taller.llego(etapa)
    taller.matar(trabajador)
    muerto = time.monotonic()
    taller.abrir(etapa)
    taller.trabajador()

    todo_salio_una_vez(taller, 2)
    assert 2 in {veces for _estado, veces in taller.trabajos().values()}
    cifra(f"G-17 entero/{etapa}: un juego de documentos, {time.monotonic() - muerto:.1f} s")


@pytest.mark.parametrize("taller", [10], indirect=True)
def test_matar_y_vaciar_redis_con_veinte_en_cola(taller, cifra):
    redis = taller.redis()
    taller.cerrar("antes")
    trabajador = taller.trabajador()
    taller.llego("antes")
    taller.matar(redis)
    taller.redis()  # otro, en el mismo puerto y sin nada adentro
    taller.matar(trabajador)
    taller.abrir("antes")
    taller.trabajador()

    todo_salio_una_vez(taller, 20)
    cifra("G-18 en_cola=20 perdidos=0 repetidos=0")


@pytest.mark.parametrize("taller", [2], indirect=True)
def test_un_informe_envenenado_falla_a_la_tercera_y_no_estorba(taller, cifra):
    taller.redis()
    taller.trabajador(CAOS_VENENO="plan-0")

    taller.esperar(lambda: not taller.quedan("PENDIENTE", "EN_CURSO"), "los intentos", 120)
    for clave, (estado, intentos) in taller.trabajos().items():
        debe = ("FALLIDO", 3) if clave.startswith("plan-0") else ("LISTO", 1)
        assert (estado, intentos) == debe, clave
    assert taller.emisiones() == 2
    cifra("G-20 envenenados=2 intentos=3 fallidos=2 otros=2/2")


def test_quien_revive_tarde_no_publica(taller, cifra):
    taller.redis()
    taller.cerrar("despues")
    dormido = taller.trabajador()
    taller.llego("despues")
    taller.matar(dormido, signal.SIGSTOP)
    time.sleep(ARRIENDO + 1)
    taller.abrir("despues")
    taller.trabajador()
    todo_salio_una_vez(taller, 2)

    taller.matar(dormido, signal.SIGCONT)
    time.sleep(2)

    todo_salio_una_vez(taller, 2)
    cifra("G-21 zombi: publicaciones_tardias=0 juegos=1")
