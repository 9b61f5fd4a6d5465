"""G-17 a G-22: maten lo que maten, cada informe encargado sale una vez y entero."""

import http.client
import os
import signal
import time
from datetime import datetime

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


CORTES_DE_REDIS = (0, 3, 6)  # segundos sin Redis cada vez
OIR = 30
CALLADO = """
from django.core.cache import cache
from django.utils import timezone
from informes.tasks import LATIDO
from pesn.salud import SIN_LATIDO
cache.set(LATIDO, timezone.now().timestamp() - SIN_LATIDO - 1, None)
"""


def encargar_otro(taller, codigo):
    programa = f"from tests.caos.sembrar import encargar_otro; encargar_otro({codigo!r})"
    taller.mandato("shell", "-v", "0", "-c", programa)


def del_encargo_a_la_emision(taller) -> float:
    """Segundos entre el último encargo y la última emisión, según la base."""
    ((encargado,),) = taller.filas("SELECT MAX(creado) FROM informes_trabajoinforme")
    ((emitido,),) = taller.filas(
        "SELECT MAX(momento) FROM instituciones_asiento WHERE acto = 'emitir'"
    )
    return (datetime.fromisoformat(emitido) - datetime.fromisoformat(encargado)).total_seconds()


def salud_del_trabajo(puerto):
    conexion = http.client.HTTPConnection("127.0.0.1", puerto, timeout=30)
    try:
        conexion.request("GET", "/salud/trabajo/")
        return conexion.getresponse().status
    finally:
        conexion.close()


def test_el_trabajador_oye_despues_de_cada_reinicio_de_redis(taller, cifra):
    redis = taller.redis()
    taller.trabajador()
    todo_salio_una_vez(taller, 2)
    tardanzas = []
    for vez, sin_redis in enumerate(CORTES_DE_REDIS):
        taller.matar(redis)
        time.sleep(sin_redis)
        redis = taller.redis()
        encargar_otro(taller, f"tras-{vez}")
        todo_salio_una_vez(taller, 2 * (vez + 2))
        tardanzas.append(del_encargo_a_la_emision(taller))

    cifra(
        f"G-22 reinicios={len(tardanzas)} sordos=0 atendido en "
        f"{'/'.join(f'{una:.1f}' for una in tardanzas)} s (≤ {OIR})"
    )
    assert max(tardanzas) <= OIR


def test_un_trabajador_callado_pone_la_salud_en_rojo_y_reiniciado_atiende(taller, cifra):
    taller.redis()
    sordo = taller.trabajador()
    todo_salio_una_vez(taller, 2)
    _web, puerto = taller.web()
    taller.esperar(lambda: salud_del_trabajo(puerto) == 200, "la salud, en verde")
    taller.matar(sordo, signal.SIGSTOP)
    taller.mandato("shell", "-v", "0", "-c", CALLADO)
    encargar_otro(taller, "callado")

    assert salud_del_trabajo(puerto) == 503
    assert taller.quedan("PENDIENTE") == 2

    taller.matar(sordo)
    taller.trabajador()
    todo_salio_una_vez(taller, 4)
    taller.esperar(lambda: salud_del_trabajo(puerto) == 200, "la salud, otra vez en verde")
    cifra("G-22 callado: salud=503 reiniciado: atendidos=2 salud=200")
