"""Qué se anuncia a los sistemas de los informes: sólo la edición pública, al publicarse."""

import json

import pytest

from instituciones.models import Entrega
from tests.api.conftest import inscribir
from tests.informes.publicaciones import publicar
from tests.instituciones.conftest import receptor, suscribir  # noqa: F401

pytestmark = pytest.mark.django_db


def test_al_publicar_lo_saben_los_sistemas_y_al_presentar_no(elenco, corte, receptor):  # noqa: F811
    for persona in (elenco.planificadora, elenco.consejera):
        suscribir(inscribir(persona)[0], receptor.direccion())

    informe = publicar(corte, elenco.coordinadora)

    assert Entrega.objects.count() == 2
    [cuerpo] = {uno.cuerpo for uno in Entrega.objects.all()}
    assert json.loads(cuerpo)["type"] == "informe.publicado"
    assert json.loads(cuerpo)["data"] == {
        "informe": informe.pk,
        "corte": corte.pk,
        "periodo": corte.periodo_id,
        "enlace": f"https://pesn.gob.gt/api/v1/informes/{informe.pk}/",
    }
