"""Siembra una entrega y la manda, en procesos aparte: para matar al que manda.

`python -m tests.caos.webhooks sembrar DIRECCION` o `mandar SEGUNDOS`, que adelanta el reloj.
"""

import sys
from datetime import timedelta

import django

django.setup()

from django.conf import settings  # noqa: E402 — tras preparar Django
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from instituciones import clientes, entregas, suscripciones  # noqa: E402
from instituciones.models import ClienteSistema, Evento, Suscripcion  # noqa: E402
from tests.fabricas import PeriodoFactory, UsuarioFactory  # noqa: E402

settings.WEBHOOKS_DE_PRUEBA = True


def sembrar(direccion: str) -> None:
    """Un sistema, su suscripción y una entrega por enviar; dice el secreto."""
    call_command("migrate", verbosity=0)
    cliente = ClienteSistema(nombre="Sistema", persona=UsuarioFactory(), alcances=["leer"])
    clientes.inscribir(cliente, por=None)
    una = Suscripcion(cliente=cliente, direccion=direccion, eventos=Evento.values)
    print(suscripciones.suscribir(una, por=None))  # noqa: T201
    periodo = PeriodoFactory()
    hecho = entregas.Hecho(periodo, {"periodo": periodo.pk}, "/api/v1/periodos/1/")
    entregas.anunciar(Evento.PERIODO_ABIERTO, [hecho])


def mandar(segundos: str) -> None:
    """Una barrida, como si hubieran pasado esos segundos; dice cuántas llegaron."""
    print(entregas.despachar(timezone.now() + timedelta(seconds=int(segundos))))  # noqa: T201


{"sembrar": sembrar, "mandar": mandar}[sys.argv[1]](sys.argv[2])
