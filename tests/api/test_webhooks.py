"""Los webhooks por la API: cada sistema ve los suyos y los pide otra vez; el secreto no sale."""

import json

import pytest
from django.test import Client

from instituciones import entregas, suscripciones
from instituciones.models import Asiento, Entrega, Evento, PedidoDeSistema
from tests.api.conftest import inscribir
from tests.fabricas import PeriodoFactory
from tests.instituciones.conftest import receptor, suscribir  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def mundo(elenco, cache_limpia, receptor):  # noqa: F811
    """El sistema con su suscripción, otro de la misma persona y otro de otra institución."""
    cliente, receptor.sistema = inscribir(elenco.planificadora)
    receptor.suscrita, receptor.secreto = suscribir(cliente, receptor.direccion())
    receptor.hermano = inscribir(elenco.planificadora, nombre="hermano")[1]
    receptor.ajeno = inscribir(elenco.ajena)[1]
    periodo = PeriodoFactory()
    hecho = entregas.Hecho(periodo, {"periodo": periodo.pk}, "/api/v1/periodos/1/")
    entregas.anunciar(Evento.PERIODO_ABIERTO, [hecho])
    receptor.entrega = Entrega.objects.get()
    return receptor


def test_ve_a_donde_se_le_avisa_y_que_se_le_mando(mundo):
    entregas.despachar()

    [suya] = mundo.sistema.leer("suscripciones/?estado=ACTIVA").json()["resultados"]
    [entrega] = mundo.sistema.leer("entregas/?estado=ENTREGADA").json()["resultados"]

    assert suya["direccion"] == mundo.direccion()
    assert suya["eventos"] == sorted(Evento.values)
    assert (entrega["suscripcion"], entrega["intentos"]) == (suya["id"], 1)
    assert entrega["estado_http"] == 204
    [recibido] = mundo.recibidos
    assert entrega["cuerpo"] == json.loads(recibido.cuerpo)
    assert entrega["identificador"] == recibido.cabeceras["webhook-id"]
    assert mundo.sistema.leer(f"entregas/{entrega['id']}/").json() == entrega


@pytest.mark.parametrize(
    "filtro", ["estado=NADA", "evento=avance.borrado", "secreto=x", "suscripcion=0"]
)
def test_un_filtro_que_no_hay_no_se_entiende(mundo, filtro):
    assert mundo.sistema.leer(f"entregas/?{filtro}").status_code == 400


@pytest.mark.parametrize("quien", ["hermano", "ajeno"])
def test_a_otro_sistema_se_le_contesta_como_si_no_hubiera(mundo, quien):
    otro = getattr(mundo, quien)

    for lista in ("suscripciones/", "entregas/"):
        assert otro.leer(lista).json()["resultados"] == []
    for una in (f"suscripciones/{mundo.suscrita.pk}/", f"entregas/{mundo.entrega.pk}/"):
        assert otro.leer(una).status_code == 404
    pedido = otro.pedir("POST", f"entregas/{mundo.entrega.pk}/reenviar/")
    assert pedido.status_code == 404


def test_pide_que_se_le_mande_otra_vez(mundo, elenco):
    entregas.despachar()
    donde = f"entregas/{mundo.entrega.pk}/reenviar/"

    respuesta = mundo.sistema.pedir("POST", donde, Idempotency_Key="una")
    repetida = mundo.sistema.pedir("POST", donde, Idempotency_Key="una")
    otra = mundo.sistema.pedir("POST", donde)

    assert (respuesta.status_code, respuesta.json()["estado"]) == (200, "POR_ENVIAR")
    assert (repetida.status_code, repetida["Idempotency-Replayed"]) == (200, "true")
    assert (otra.status_code, otra.json()["codigo"]) == (409, "estado")
    assert entregas.despachar() == 1
    assert len({uno.cabeceras["webhook-id"] for uno in mundo.recibidos}) == 1
    consta = Asiento.objects.get(acto="reenviar_entrega")
    assert consta.persona == elenco.planificadora
    assert json.loads(consta.datos)["sistema"] == mundo.suscrita.cliente_id
    assert PedidoDeSistema.objects.filter(ruta__contains="reenviar").count() == 3


def test_en_pausa_no_se_reenvia(mundo):
    entregas.despachar()
    suscripciones.pausar(mundo.suscrita, por=None)

    respuesta = mundo.sistema.pedir("POST", f"entregas/{mundo.entrega.pk}/reenviar/")

    assert (respuesta.status_code, respuesta.json()["codigo"]) == (409, "estado")


def test_el_secreto_no_sale_por_ninguna_direccion(mundo, elenco):
    administra = Client()
    administra.force_login(elenco.administradora)
    direcciones = [
        *("suscripciones/", f"suscripciones/{mundo.suscrita.pk}/"),
        *("entregas/", f"entregas/{mundo.entrega.pk}/", "esquema/"),
    ]

    dicho = "".join(mundo.sistema.leer(una).content.decode() for una in direcciones)
    dicho += "".join(administra.get(f"/api/v1/{una}").content.decode() for una in direcciones)

    for secreto in (mundo.secreto, mundo.secreto[6:], mundo.suscrita.secreto):
        assert secreto not in dicho
    assert mundo.direccion() in dicho


def test_el_esquema_dice_lo_que_se_recibe_y_lo_que_llega_lo_cumple(mundo):
    esquema = mundo.sistema.leer("esquema/").json()
    assert set(esquema["webhooks"]) == set(Evento.values)
    entregas.despachar()

    llegado = json.loads(mundo.recibidos[0].cuerpo)
    como = esquema["webhooks"]["periodo.abierto"]["post"]["requestBody"]["content"]
    nombre = como["application/json"]["schema"]["$ref"].rpartition("/")[2]
    forma = esquema["components"]["schemas"][nombre]
    assert set(llegado) == set(forma["required"]) == {"type", "timestamp", "data"}
