"""La salud del trabajo: laten el trabajador y el reloj, y nada espera de más (G-22)."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from informes import emision, tasks
from pesn import salud
from tests.informes.conftest import corte, semestre  # noqa: F401 (un corte de verdad)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cache_limpia")]


def preguntar(client):
    respuesta = client.get(reverse("salud_del_trabajo"))
    return respuesta.status_code, respuesta.json()


def test_sin_un_trabajador_que_lata_es_503(client):
    codigo, dicho = preguntar(client)

    assert (codigo, dicho["trabajador"], dicho["latido_hace"]) == (503, "falla", None)


def test_lo_que_toca_el_reloj_deja_su_latido_y_sin_el_se_pone_en_rojo(client):
    tasks.reconciliar()
    assert preguntar(client)[0] == 200

    with time_machine.travel(timezone.now() + timedelta(seconds=salud.SIN_LATIDO + 5)):
        codigo, dicho = preguntar(client)
    assert (codigo, dicho["trabajador"]) == (503, "falla")
    assert dicho["latido_hace"] > salud.SIN_LATIDO


def test_un_trabajo_que_nadie_toma_pone_la_salud_en_rojo(client, corte, elenco):  # noqa: F811
    emision.encargar(corte, edicion="CNS", por=elenco.coordinadora)
    tasks.reconciliar()
    assert preguntar(client)[0] == 200
    assert preguntar(client)[1]["en_cola"] == 1

    with time_machine.travel(timezone.now() + timedelta(seconds=salud.ESPERA_LARGA + 60)):
        tasks.reconciliar()
        codigo, dicho = preguntar(client)

    assert (codigo, dicho["trabajador"]) == (503, "falla")
    assert dicho["espera_mayor"] > salud.ESPERA_LARGA
