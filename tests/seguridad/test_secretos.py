"""G-39: ningún secreto de fábrica, ninguno en la historia, y cambiarlo no echa a nadie."""

import re
import shutil
import subprocess
from collections import Counter
from math import log2
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from tests.fabricas import UsuarioFactory
from tests.pesn.test_ajustes import PROPIO, arrancar

RAIZ = Path(__file__).resolve().parent.parent.parent
CLASES_DE_SECRETO = {
    "llave privada": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{40}",
    "llave de AWS": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "ficha de GitHub": r"\bgh[pousr]_[A-Za-z0-9]{36}\b",
    "ficha de Slack": r"\bxox[abprs]-[A-Za-z0-9-]{20,}",
    "llave de Google": r"\bAIza[0-9A-Za-z_-]{35}\b",
    "llave de age": r"\bAGE-SECRET-KEY-1[0-9A-Z]{50,}",
    "ficha JWT": r"\beyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{15,}",
    "contraseña en una dirección": r"\b[a-z][a-z+]{2,12}://[^\s:/@\"'$<>{}]+:([^\s@/\"'$<>{}]{6,})@",
    "asignación": (
        r"(?i)\b(?:secret_?key|password|passwd|clave|contrasena|token|api_?key)\b"
        r"[\"']?\s*[:=]\s*[\"']([^\s\"']{16,})[\"']"
    ),
}
PATRONES = {nombre: re.compile(patron) for nombre, patron in CLASES_DE_SECRETO.items()}
AZAROSO = 3.5  # bits por letra: por encima, una cadena larga no es palabra ni ejemplo


def bits(texto: str) -> float:
    cuentas = Counter(texto)
    return -sum(n / len(texto) * log2(n / len(texto)) for n in cuentas.values())


def parece_al_azar(valor: str) -> bool:
    """Una tira de letras y cifras revueltas; palabras unidas por guiones no lo son."""
    tira = max(re.findall(r"[A-Za-z0-9+/=]+", valor), key=len, default="")
    revuelta = re.search(r"\d", tira) and re.search(r"[A-Za-z]", tira)
    return bool(revuelta) and len(tira) >= 10 and bits(tira) >= min(AZAROSO, 0.9 * log2(len(tira)))


def secretos_en(texto: str) -> list[str]:
    """Los hallazgos de un texto; lo que se asigna o va en una dirección, sólo si parece al azar."""
    hallados = []
    for nombre, patron in PATRONES.items():
        for visto in patron.finditer(texto):
            valor = visto.group(1) if patron.groups else ""
            if not valor or parece_al_azar(valor):
                hallados.append(f"{nombre}: {visto.group()[:60]}")
    return hallados


def agregado_en_la_historia() -> str:
    """Todo renglón que algún día entró, aunque ya no esté."""
    orden = ["git", "log", "--all", "-p", "--no-color", "--no-ext-diff", "--format=", "-U0"]
    fuera = [":!*.lock", ":!*.min.js", ":!static/vendor", ":!tests/vendor"]
    hecho = subprocess.run([*orden, "--", ".", *fuera], cwd=RAIZ, capture_output=True, check=True)
    renglones = hecho.stdout.decode(errors="replace").splitlines()
    return "\n".join(uno[1:] for uno in renglones if uno.startswith("+"))


@pytest.mark.parametrize(
    "secreto",
    [
        "-----BEGIN RSA " + "PRIVATE KEY-----\n" + "MIIEowIBAAKCAQEA0Z3VS5JJcds3xfn/ygWyF8PbnGy0",
        "AKIA" + "IOSFODNN7ABCDEFG",
        "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a",
        "SECRET_KEY = '" + "x8Kq2vTz9LmPw4Rj7YcN" + "'",
        "postgres://pesn:" + "x8Kq2vTz9L" + "@10.0.0.5/pesn",
        "AGE-SECRET-KEY-1" + "Q" * 58,
    ],
)
def test_el_buscador_encuentra_cada_clase(secreto):
    assert secretos_en(secreto)


@pytest.mark.parametrize(
    "inocente",
    [
        "DATABASE_URL=postgres://pesn:CLAVE@127.0.0.1:5432/pesn",
        "EMAIL_URL=smtp+tls://usuario:clave@correo.example.gob.gt:587",
        'SECRET_KEY = "cambie-este-secreto"',
        "SECRET_KEY: ${SECRET_KEY:?Falta SECRET_KEY en .env}",
    ],
)
def test_el_buscador_no_se_alarma_con_los_ejemplos(inocente):
    assert secretos_en(inocente) == []


def test_en_la_historia_no_hay_ningun_secreto(cifra):
    if not shutil.which("git") or not (RAIZ / ".git").exists():
        pytest.skip("Sin la historia de git no hay dónde buscar.")
    agregado = agregado_en_la_historia()

    hallados = secretos_en(agregado)

    renglones = agregado.count("\n") + 1
    cifra(f"G-39 renglones_de_la_historia={renglones} secretos={len(hallados)}")
    assert renglones > 1000
    assert hallados == []


@pytest.mark.parametrize(
    "secreto",
    ["", "corto", "cambie-este-secreto" * 4, "CAMBIE" * 12, "a" * 60, "django-insecure-" + PROPIO],
)
def test_en_produccion_un_secreto_de_fabrica_o_corto_no_arranca(tmp_path, secreto):
    resultado = arrancar(
        tmp_path,
        PESN_ENTORNO="produccion",
        ALLOWED_HOSTS="pesn.example.gob.gt",
        SECRET_KEY=secreto,
    )

    assert resultado.returncode != 0
    assert "SECRET_KEY" in resultado.stderr.splitlines()[-1]


@pytest.fixture
def adentro(db, settings):
    """Quien ya había entrado con el secreto de antes."""
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "viejo" * 12, []
    cliente = Client()
    cliente.force_login(UsuarioFactory())
    return cliente


def entra(cliente) -> bool:
    return cliente.get(reverse("instituciones:delegaciones")).status_code == 200


def test_cambiar_el_secreto_conserva_las_sesiones_y_olvidar_el_viejo_las_cierra(
    adentro, settings, cifra
):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "nuevo" * 12, ["viejo" * 12]
    con_el_viejo = entra(adentro)
    settings.SECRET_KEY_FALLBACKS = []
    despues = entra(adentro)

    settings.SECRET_KEY_FALLBACKS = []
    otro = Client()
    otro.force_login(UsuarioFactory())

    cifra(f"G-39 rotacion: sigue={con_el_viejo} renovada={despues} nueva={entra(otro)}")
    assert con_el_viejo
    assert despues  # Django la firmó de nuevo con el secreto vigente
    assert entra(otro)


def test_sin_el_secreto_viejo_la_sesion_se_cierra(adentro, settings):
    settings.SECRET_KEY = "nuevo" * 12

    assert not entra(adentro)
