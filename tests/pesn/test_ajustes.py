"""Los ajustes: qué arranca y qué no, y con qué se guardan las contraseñas."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.hashers import identify_hasher, make_password

from pesn import settings as ajustes

RAIZ = Path(__file__).resolve().parent.parent.parent
PROPIO = "k3x9Q" * 12


def arrancar(
    carpeta: Path, ajuste: str = "SECRET_KEY", **entorno: str
) -> "subprocess.CompletedProcess[str]":
    """Lee los ajustes en otro proceso, como lo hace un servidor."""
    limpio = {"PATH": os.environ["PATH"], "PESN_VAR": str(carpeta), "HOME": str(carpeta)}
    return subprocess.run(
        [sys.executable, "-c", f"from pesn import settings; print(settings.{ajuste})"],
        cwd=RAIZ,
        env=limpio | entorno,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_las_contrasenas_se_guardan_con_argon2(settings):
    settings.PASSWORD_HASHERS = ajustes.PASSWORD_HASHERS

    guardada = make_password("una frase larga y propia")

    assert identify_hasher(guardada).algorithm == "argon2"


@pytest.mark.parametrize(
    ("entorno", "motivo"),
    [
        ({"PESN_ENTORNO": "produccion"}, "SECRET_KEY"),
        ({"PESN_ENTORNO": "produccion", "SECRET_KEY": "corto"}, "SECRET_KEY"),
        ({"PESN_ENTORNO": "produccion", "SECRET_KEY": "cambie-este-secreto" * 4}, "SECRET_KEY"),
        ({"PESN_ENTORNO": "produccion", "SECRET_KEY": PROPIO}, "ALLOWED_HOSTS"),
        (
            {"PESN_ENTORNO": "produccion", "SECRET_KEY": PROPIO, "ALLOWED_HOSTS": "*"},
            "ALLOWED_HOSTS",
        ),
        (
            {
                "PESN_ENTORNO": "produccion",
                "SECRET_KEY": PROPIO,
                "ALLOWED_HOSTS": "pesn.example.gob.gt",
                "DEBUG": "True",
            },
            "DEBUG",
        ),
        ({"PESN_ENTORNO": "otro"}, "PESN_ENTORNO"),
    ],
)
def test_lo_inseguro_no_arranca(tmp_path, entorno, motivo):
    resultado = arrancar(tmp_path, **entorno)

    assert resultado.returncode != 0
    assert motivo in resultado.stderr.splitlines()[-1]


def test_en_produccion_arranca_con_lo_suyo_y_no_escribe_un_secreto(tmp_path):
    resultado = arrancar(
        tmp_path, PESN_ENTORNO="produccion", SECRET_KEY=PROPIO, ALLOWED_HOSTS="pesn.example.gob.gt"
    )

    assert resultado.stdout.strip() == PROPIO
    assert not (tmp_path / "secreto").exists()


def test_un_secreto_se_lee_de_su_archivo(tmp_path):
    (tmp_path / "clave").write_text(PROPIO)

    resultado = arrancar(tmp_path, SECRET_KEY_FILE=str(tmp_path / "clave"))

    assert resultado.stdout.strip() == PROPIO


def test_sin_entorno_el_secreto_se_crea_una_vez_y_solo_lo_lee_su_dueno(tmp_path):
    primero, segundo = arrancar(tmp_path), arrancar(tmp_path)

    assert primero.stdout == segundo.stdout
    assert len(primero.stdout.strip()) >= 50
    assert (tmp_path / "secreto").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("entorno", "encendido"), [("produccion", "True"), ("demostracion", "False")]
)
def test_el_segundo_factor_es_obligatorio_solo_en_produccion(tmp_path, entorno, encendido):
    resultado = arrancar(
        tmp_path,
        "MFA_OBLIGATORIO",
        PESN_ENTORNO=entorno,
        SECRET_KEY=PROPIO,
        ALLOWED_HOSTS="pesn.example.gob.gt",
    )

    assert resultado.stdout.strip() == encendido
