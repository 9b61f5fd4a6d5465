"""Lo que comparten las pruebas de los webhooks: un receptor de verdad y a quién se le avisa."""

import pytest

from instituciones import suscripciones
from instituciones.models import Evento, Suscripcion
from tests.api.conftest import inscribir
from tests.receptor import escuchando


@pytest.fixture
def receptor(settings):
    """En esta máquina, que sólo aquí se permite."""
    settings.WEBHOOKS_DE_PRUEBA = True
    settings.DIRECCION_PUBLICA = "https://pesn.gob.gt"
    with escuchando() as uno:
        yield uno


def suscribir(cliente, direccion, *eventos):
    """La suscripción y su secreto; a todo, si no se dice a qué."""
    una = Suscripcion(cliente=cliente, direccion=direccion, eventos=list(eventos or Evento.values))
    return una, suscripciones.suscribir(una, por=None)


@pytest.fixture
def suscrita(elenco, receptor):
    """La del sistema de quien planifica en MINGOB, con su secreto a mano."""
    una, una.dicho = suscribir(inscribir(elenco.planificadora)[0], receptor.direccion())
    return una
