"""Matar a quien manda un webhook: otro lo manda al vencer el arriendo, y es el mismo aviso."""

import subprocess
import sys
import threading

import pytest

from instituciones.entregas import ARRIENDO
from tests.caos.conftest import RAIZ, Taller
from tests.receptor import ejemplo, escuchando

pytestmark = pytest.mark.caos
ORDEN = [sys.executable, "-m", "tests.caos.webhooks"]


@pytest.fixture
def taller(tmp_path):
    uno = Taller(tmp_path, {}, None)
    try:
        yield uno
    finally:
        uno.apagar()


def correr(taller, *partes) -> str:
    orden = [*ORDEN, *partes]
    hecho = subprocess.run(
        orden, cwd=RAIZ, env=taller.entorno, capture_output=True, text=True, check=False,
        timeout=300,
    )  # fmt: skip
    assert hecho.returncode == 0, hecho.stderr[-3000:]
    return hecho.stdout.split()[-1]


def test_matar_a_quien_manda_no_pierde_el_aviso_y_quien_recibe_sabe_que_es_el_mismo(taller, cifra):
    with escuchando() as receptor:
        secreto = correr(taller, "sembrar", receptor.direccion())
        llego, sigue = threading.Event(), threading.Event()
        receptor.antes = lambda _atiende: (llego.set(), sigue.wait(30))

        primero = taller.levantar(*ORDEN, "mandar", "0")
        assert llego.wait(60), "El primero no llegó a mandar."
        taller.matar(primero)
        sigue.set()
        enseguida = correr(taller, "mandar", "0")
        despues = correr(taller, "mandar", str(int(ARRIENDO.total_seconds()) + 60))

    [(estado, intentos)] = taller.filas("SELECT estado, intentos FROM instituciones_entrega")
    assert (enseguida, despues, estado, intentos) == ("0", "1", "ENTREGADA", 2)
    perdido, llegado = receptor.recibidos
    assert perdido.cabeceras["webhook-id"] == llegado.cabeceras["webhook-id"]
    assert perdido.cuerpo == llegado.cuerpo
    ahora = int(llegado.cabeceras["webhook-timestamp"])
    assert ejemplo().verificar(llegado.cabeceras, llegado.cuerpo, [secreto], ahora)
    cifra("webhooks muertes=1 perdidas=0 mismo_identificador=1")
