"""Las medidas: sólo con su clave, sólo si se pidieron, y sin un dato del plan."""

from datetime import timedelta

import pytest
from django.http import Http404
from django.test import RequestFactory
from django.utils import timezone

from pesn import medidas, views
from tests.fabricas import AvanceFactory, EntregaFactory, SuscripcionFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cache_limpia")]
CLAVE = "una-clave-larga-para-medir"


def pedir(**cabeceras):
    return views.metricas(RequestFactory().get("/metricas/", headers=cabeceras))


def test_con_la_clave_se_dan_las_del_servicio_y_las_de_los_trabajos(settings):
    settings.METRICAS = CLAVE
    AvanceFactory(logro="CANARIO-SIE-RESERVADA-logro")

    dicho = pedir(Authorization=f"Bearer {CLAVE}").content.decode()

    assert "pesn_latido_hace -1.0" in dicho
    assert "pesn_en_cola 0.0" in dicho
    assert "python_info" in dicho
    assert "CANARIO" not in dicho


def test_se_cuenta_lo_que_espera_salir_y_lo_que_no_se_pudo():
    ayer, manana = timezone.now() - timedelta(days=1), timezone.now() + timedelta(days=1)
    suscripcion = SuscripcionFactory(estado="PAUSADA", motivo="MUERTAS")
    EntregaFactory(suscripcion=suscripcion, proximo=ayer)
    EntregaFactory(suscripcion=suscripcion, proximo=manana)  # a ésta aún no le toca
    EntregaFactory(suscripcion=suscripcion, estado="MUERTA")

    dicho = {familia.name: familia.samples[0].value for familia in medidas.Trabajos().collect()}

    assert dicho["pesn_entregas_por_enviar"] == 1
    assert dicho["pesn_entregas_muertas"] == 1
    assert dicho["pesn_suscripciones_en_pausa"] == 1
    assert dicho["pesn_correos_por_enviar"] == 0


@pytest.mark.parametrize("credencial", ["", "Bearer ", "Bearer otra", f"Basic {CLAVE}", CLAVE])
def test_sin_la_clave_es_como_si_no_existieran(settings, credencial):
    settings.METRICAS = CLAVE

    with pytest.raises(Http404):
        pedir(Authorization=credencial)


def test_sin_pedirlas_no_hay_direccion(client, settings):
    assert settings.METRICAS == ""
    assert client.get("/metricas/").status_code == 404


def test_cada_medida_dice_que_es():
    nombres = {familia.name: familia.documentation for familia in medidas.Trabajos().collect()}

    assert set(nombres) == {f"pesn_{nombre}" for nombre in medidas.QUE_DICE}
    assert all(nombres.values())
