"""Los textos hostiles de datos/entradas_hostiles.csv, escritos en la captura, con su respuesta.

Lo que sale en el XLSX y en el PDF lo prueba tests/informes/test_emitidos; aquí, lo que entra, lo
que queda guardado y lo que la página muestra.
"""

import logging

import pytest
from django.urls import reverse
from django.utils.html import escape

from tests.archivos import esperados
from tests.fabricas import AvanceFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cache_limpia")]
RELLENO = " y se capacitó a quienes la aplican en todo el país."
LITERALES = [
    ("T-01", '=HYPERLINK("http://x","a")'),
    ("T-01", "=cmd|' /C calc'!A0"),
    ("T-02", "+1"),
    ("T-02", "-1"),
    ("T-02", "@SUM(A1)"),
    ("T-07", "<script>alert(1)</script>"),
    ("T-07", "{{7*7}}"),
    ("T-07", "{% debug %}"),
    ("T-08", "<link rel=attachment href=file:///etc/passwd>"),
    ("T-10", "🚀 ñ K'iche' y kʼicheʼ"),
]


@pytest.fixture
def avance(elenco):
    return AvanceFactory(
        actividad__responsable=elenco.responsable, actividad__programa_presupuestario="11 01"
    )


def guardar(client, elenco, avance, **datos):
    client.force_login(elenco.planificadora)
    avance.refresh_from_db()
    cuerpo = {
        "version": avance.version,
        "visibilidad": "PUBLICA",
        "clasificacion": "PUBLICA",
        "situacion_reportada": "EN_EJECUCION",
        "porcentaje": "30",
        "logro": "Se aprobó la norma" + RELLENO,
        **datos,
    }
    respuesta = client.post(reverse("matrices:capturar", args=[avance.pk]), cuerpo)
    avance.refresh_from_db()
    return respuesta


def conforme(clave, respuesta):
    """Si lo contestado es lo que la tabla espera; 422 vale donde dice 400 de un campo."""
    codigos = esperados()[clave][0]
    codigo = str(respuesta.status_code)
    guardado = respuesta.status_code == 302 and "200" in codigos
    return guardado or codigo in codigos or (codigo == "422" and "400" in codigos)


@pytest.mark.parametrize(("clave", "texto"), LITERALES)
def test_un_texto_hostil_se_guarda_literal_y_se_muestra_escapado(
    client, elenco, avance, clave, texto
):
    respuesta = guardar(client, elenco, avance, logro=texto + RELLENO)
    pagina = client.get(reverse("matrices:capturar", args=[avance.pk])).content.decode()

    assert conforme(clave, respuesta)
    assert avance.logro == texto + RELLENO
    assert escape(texto + RELLENO) in pagina
    assert "<script>alert" not in pagina
    assert "49" + RELLENO not in pagina


@pytest.mark.parametrize("malo", ["\x0b", "\x1b", "\x00", "\u202e", "\ufffe"])
def test_un_caracter_de_control_se_limpia_o_se_rechaza_t03(client, elenco, avance, malo):
    respuesta = guardar(client, elenco, avance, logro=f"Se aprobó{malo} la norma{RELLENO}")

    assert conforme("T-03", respuesta)
    assert malo not in avance.logro


def test_cuarenta_mil_letras_se_rechazan_y_no_se_pierden_t05(client, elenco, avance):
    respuesta = guardar(client, elenco, avance, logro="a" * 40_000)

    assert conforme("T-05", respuesta)
    assert "a" * 40_000 in respuesta.content.decode()
    assert avance.logro == ""


@pytest.mark.parametrize(
    ("campo", "valor"),
    [
        ("porcentaje", "1" + "0" * 20),
        ("porcentaje", "NaN"),
        ("porcentaje", "Infinity"),
        ("porcentaje", "1e400"),
        ("presupuesto_vigente", "1" + "0" * 20),
        ("presupuesto_vigente", "NaN"),
    ],
)
def test_un_numero_imposible_se_rechaza_en_su_campo_t12(client, elenco, avance, campo, valor):
    respuesta = guardar(client, elenco, avance, **{campo: valor})

    assert conforme("T-12", respuesta)
    assert respuesta.status_code == 422
    assert campo in respuesta.context["form"].errors


def test_un_correo_con_renglones_deja_un_solo_renglon_en_la_bitacora_t11(client, caplog):
    forjado = "ana@pesn.localhost\n2026-01-01 INFO acceso concedido"
    with caplog.at_level(logging.INFO):
        respuesta = client.post(
            reverse("account_login"), {"login": forjado, "password": "cualquiera"}
        )

    assert conforme("T-11", respuesta)
    assert not any(r.getMessage().startswith("2026-01-01") for r in caplog.records)
    assert "\n2026-01-01 INFO" not in caplog.text


@pytest.mark.parametrize("anfitrion", ["evil.com", "evil.com:x", "testserver.evil.com", "a b"])
def test_un_anfitrion_ajeno_no_llega_a_ninguna_pagina_a30(client, anfitrion):
    respuesta = client.get(reverse("account_login"), headers={"host": anfitrion})

    assert conforme("A-30", respuesta)
    assert "evil" not in respuesta.content.decode()
