"""Las páginas de las propuestas legislativas."""

import pytest

from acciones.models import PropuestaLegislativa
from tests.fabricas import PlanFactory, PropuestaFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("cuantas", [1, 3])
def test_propuestas_no_crece_en_consultas(client, elenco, cuantas, django_assert_max_num_queries):
    plan = PlanFactory()
    PropuestaFactory.create_batch(cuantas, plan=plan)
    client.force_login(elenco.comisionada)

    with django_assert_max_num_queries(10):
        pagina = client.get(f"/plan/{plan.codigo}/propuestas/").content.decode()

    assert pagina.count("Identificada") == cuantas


def test_tramitar_desde_la_pagina_mueve_la_propuesta(client, elenco):
    propuesta = PropuestaFactory()
    client.force_login(elenco.coordinadora)
    direccion = f"/plan/{propuesta.plan.codigo}/propuestas/{propuesta.orden}/"

    respuesta = client.post(
        direccion,
        {"version": 1, "a": "EN_ELABORACION", "fecha": "2024-05-02", "documento": "Oficio 1"},
    )

    assert respuesta.status_code == 302
    propuesta.refresh_from_db()
    assert propuesta.estado == "EN_ELABORACION"


def test_un_tramite_incompleto_se_dibuja_con_lo_escrito(client, elenco):
    propuesta = PropuestaFactory()
    client.force_login(elenco.coordinadora)

    respuesta = client.post(
        f"/plan/{propuesta.plan.codigo}/propuestas/{propuesta.orden}/",
        {"version": 1, "a": "EN_ELABORACION", "fecha": "2024-05-02", "nota": "Va en camino."},
    )

    assert respuesta.status_code == 422
    assert "Va en camino." in respuesta.content.decode()
    assert PropuestaLegislativa.objects.get().estado == "IDENTIFICADA"


def test_quien_no_tramita_ve_la_propuesta_y_no_el_formulario(client, elenco):
    propuesta = PropuestaFactory()
    direccion = f"/plan/{propuesta.plan.codigo}/propuestas/{propuesta.orden}/"
    client.force_login(elenco.planificadora)

    assert "Registrar el trámite" not in client.get(direccion).content.decode()
    assert client.post(direccion, {}).status_code == 403


def test_una_propuesta_de_otro_plan_no_existe(client, elenco):
    propuesta, otro = PropuestaFactory(), PlanFactory()
    client.force_login(elenco.coordinadora)

    respuesta = client.get(f"/plan/{otro.codigo}/propuestas/{propuesta.orden}/")

    assert respuesta.status_code == 404
