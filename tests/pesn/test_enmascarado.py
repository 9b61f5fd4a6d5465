"""Una copia enmascarada no manda lo que esperaba salir, ni deja buscar lo que tapó."""

import pytest

from instituciones import avisos
from instituciones.entregas import Hecho, anunciar
from instituciones.models import Aviso, Entrega, Evento, Suscripcion
from matrices.models import Actividad
from pesn.enmascarado import enmascarar
from tests.api.conftest import inscribir
from tests.fabricas import ActividadFactory, PeriodoFactory, UsuarioFactory

pytestmark = pytest.mark.django_db


def test_la_bandeja_se_vacia_y_lo_plegado_se_tapa():
    ActividadFactory(descripcion="Órgano secreto.")
    for numero in range(2):
        dicho = avisos.Dicho(f"prueba:{numero}", "Tiene 3 observaciones", "/avances/1/")
        avisos.escribir([(dicho, [UsuarioFactory()])])

    enmascarar()

    assert not Aviso.objects.exists()
    assert not Actividad.objects.filter(plegado__contains="secreto").exists()


def test_no_llama_a_nadie_ni_conserva_con_que_firmar(elenco):
    cliente, _sistema = inscribir(elenco.planificadora)
    Suscripcion.objects.create(
        cliente=cliente, direccion="https://sistema.gob.gt/", eventos=Evento.values, secreto="x"
    )
    periodo = PeriodoFactory()
    anunciar(Evento.PERIODO_ABIERTO, [Hecho(periodo, {}, "/api/v1/periodos/1/")])
    assert Entrega.objects.exists()

    enmascarar()

    assert not Entrega.objects.exists()
    assert not Suscripcion.objects.exists()
