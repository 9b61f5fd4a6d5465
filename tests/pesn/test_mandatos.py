"""Un mandato que la máquina no deja terminar dice por qué, sin volcado."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import OperationalError, ProgrammingError

from pesn import mandatos

RAIZ = Path(__file__).resolve().parents[2]


def fallar_con(monkeypatch, motivo):
    def mandato(_argumentos):
        raise motivo

    monkeypatch.setattr(mandatos, "execute_from_command_line", mandato)


def test_en_una_base_sin_migrar_el_mandato_dice_que_se_migre(tmp_path):
    hecho = subprocess.run(
        [sys.executable, "manage.py", "cargar_plan", "fixtures/pesn-2020-2024.json"],
        cwd=RAIZ,
        env={"PATH": os.environ["PATH"], "PESN_VAR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert hecho.returncode == 1
    assert hecho.stderr == (
        "A la base le faltan tablas: corra antes «manage.py migrate» y repita.\n"
    )


@pytest.mark.parametrize(
    ("motivo", "dicho"),
    [
        (OperationalError("no such column: plan.x"), "corra antes «manage.py migrate»"),
        (OperationalError("attempt to write a readonly database"), "no deja escribir"),
        (ProgrammingError("permiso denegado"), "no contesta o no deja"),
        (OSError(28, "No space left on device"), "No se puede leer o escribir"),
    ],
)
def test_lo_que_la_maquina_no_deja_sale_con_su_motivo(monkeypatch, motivo, dicho):
    fallar_con(monkeypatch, motivo)

    with pytest.raises(SystemExit) as salida:
        mandatos.correr(["manage.py", "reconciliar"])

    assert dicho in salida.value.code


def test_con_traceback_se_ve_el_volcado(monkeypatch):
    fallar_con(monkeypatch, OperationalError("no such table: x"))

    with pytest.raises(OperationalError):
        mandatos.correr(["manage.py", "reconciliar", "--traceback"])


def test_un_error_nuestro_no_se_disfraza(monkeypatch):
    fallar_con(monkeypatch, KeyError("x"))

    with pytest.raises(KeyError):
        mandatos.correr(["manage.py", "reconciliar"])


def test_lo_escrito_fuera_de_utf8_se_rechaza(monkeypatch):
    fallar_con(monkeypatch, AssertionError("no debió correr"))

    with pytest.raises(SystemExit, match="UTF-8"):
        mandatos.correr(["manage.py", "crear_cuenta", "\udcff@b.c", "--renovar"])


def test_interrumpir_no_deja_volcado(monkeypatch):
    fallar_con(monkeypatch, KeyboardInterrupt())

    with pytest.raises(SystemExit) as salida:
        mandatos.correr(["manage.py", "cargar_demo"])

    assert salida.value.code == mandatos.INTERRUMPIDO
