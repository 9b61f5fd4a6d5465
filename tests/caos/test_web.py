"""G-23 y G-25: se mata la web mientras escribe; lo que contestó como guardado, está."""

import http.client
import random
import sqlite3
import subprocess
import sys
import threading
from urllib.parse import urlencode

import pytest
from django.db.backends.sqlite3 import _functions as funciones

from tests.caos.conftest import RAIZ

pytestmark = pytest.mark.caos
RONDAS = 6
FICHA = "a" * 32


def guardar(puerto, taller, version, texto):
    """Un POST a la captura; el código, o None si la web murió a medias."""
    avance = taller.semilla["avance"]
    cuerpo = urlencode(
        {
            "version": version,
            "logro": texto,
            "visibilidad": "PUBLICA",
            "clasificacion": "PUBLICA",
            "csrfmiddlewaretoken": FICHA,
        }
    )
    cabeceras = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"sesion={taller.semilla['sesion']}; csrf={FICHA}",
    }
    conexion = http.client.HTTPConnection("127.0.0.1", puerto, timeout=15)
    try:
        conexion.request("POST", f"/avances/{avance}/", cuerpo, cabeceras)
        return conexion.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        conexion.close()


def la_fila(taller):
    consulta = "SELECT version, logro FROM matrices_avance WHERE id = ?"
    return taller.filas(consulta, taller.semilla["avance"])[0]


def test_matar_la_web_mientras_escribe_no_pierde_lo_guardado(taller, cifra):
    azar, guardados, en_vuelo = random.Random(7), 0, 0
    for ronda in range(RONDAS):
        proceso, puerto = taller.web()
        matador = threading.Timer(azar.uniform(0.3, 1.5), taller.matar, [proceso])
        matador.start()
        version, seguro = la_fila(taller)
        for numero in range(1000):
            texto = f"Ronda {ronda}, texto {numero}."
            codigo = guardar(puerto, taller, version, texto)
            if codigo is None:
                break
            assert codigo == 302, codigo
            guardados, seguro, version = guardados + 1, texto, version + 1
        matador.join(timeout=20)
        quedo = la_fila(taller)
        assert quedo in {(version, seguro), (version + 1, texto)}
        en_vuelo += quedo != (version, seguro)

    revisar_la_base(taller)
    assert guardados > RONDAS
    cifra(f"G-23/G-25 rondas={RONDAS} guardados={guardados} perdidos=0 a_medias=0 ({en_vuelo} más)")


def revisar_la_base(taller):
    """Entera, con un movimiento y un asiento por versión, y la cadena sin quiebre."""
    with sqlite3.connect(taller.var / "pesn.sqlite3") as base:
        funciones.register(base)  # las restricciones usan las de Django
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    avance, version = taller.semilla["avance"], la_fila(taller)[0]
    movimientos = taller.filas(
        "SELECT COUNT(*) FROM matrices_movimiento WHERE avance_id = ?", avance
    )
    asientos = taller.filas(
        "SELECT COUNT(*) FROM instituciones_asiento WHERE tipo = 'avance' AND clave = ?",
        str(avance),
    )
    assert movimientos == asientos == [(version - 1,)]
    orden = [sys.executable, "manage.py", "verificar_bitacora"]
    hecho = subprocess.run(
        orden, cwd=RAIZ, env=taller.entorno, capture_output=True, check=False, timeout=60
    )
    assert hecho.returncode == 0, hecho.stderr
