"""Prepara en su propia base: planes cortados con su informe encargado, y un avance por escribir.

Corre en un proceso aparte (`python -m tests.caos.sembrar CUANTOS`) y dice con qué seguir.
"""

import json
import sys

import django

django.setup()

from django.core.management import call_command  # noqa: E402 — tras preparar Django
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402
from factory.django import DjangoModelFactory  # noqa: E402

from informes import emision, tasks  # noqa: E402
from instituciones.models import Institucion, Usuario  # noqa: E402
from matrices import flujo  # noqa: E402
from matrices.models import Avance  # noqa: E402
from tests import fabricas  # noqa: E402
from tests.fabricas import AvanceFactory, InstitucionFactory, UsuarioFactory  # noqa: E402


def sembrar(cuantos: int) -> dict:
    """`cuantos` planes, cada uno con sus dos ediciones encargadas y sin atender."""
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    stcns = InstitucionFactory(sigla="STCNS", reporta=False, revisora=None)
    mingob = InstitucionFactory(sigla="MINGOB", revisora=stcns)
    coordina = UsuarioFactory(rol="COORDINADOR", institucion=stcns)
    planifica = UsuarioFactory(rol="PLANIFICADOR", institucion=mingob)
    for numero in range(cuantos):
        encargar_plan(f"plan-{numero}", mingob, coordina)
    borrador = AvanceFactory(
        actividad__responsable=mingob, periodo__plan__codigo="abierto", logro=""
    )
    return {"avance": borrador.pk, "sesion": sesion(planifica), "cuando": str(timezone.now())}


def encargar_plan(codigo: str, casa, coordina) -> list[str]:
    """Un plan más, cortado y con sus dos ediciones encargadas; las claves de sus trabajos."""
    avance = AvanceFactory(
        estado="VALIDADO",
        porcentaje=45,
        actividad__responsable=casa,
        periodo__estado="CERRADO",
        periodo__plan__codigo=codigo,
        periodo__plan__seguimiento=coordina.institucion,
    )
    flujo.medir(Avance.objects.filter(pk=avance.pk))
    corte = emision.cortar(avance.periodo, por=coordina)
    return [
        emision.encargar(corte, edicion=edicion, por=coordina).clave
        for edicion in ("CNS", "PUBLICA")
    ]


def encargar_otro(codigo: str) -> None:
    """Lo mismo, en una base ya sembrada, y tocando el timbre."""
    for fabrica in vars(fabricas).values():
        if isinstance(fabrica, type) and issubclass(fabrica, DjangoModelFactory):
            # Otro proceso ya contó desde uno: aquí se sigue lejos de donde se quedó.
            fabrica.reset_sequence(10_000 + 100 * Usuario.objects.count(), force=True)
    casa = Institucion.objects.get(sigla="MINGOB")
    claves = encargar_plan(codigo, casa, Usuario.objects.get(rol="COORDINADOR"))
    for clave in claves:
        tasks.tocar(clave)


def sesion(persona) -> str:
    navegador = Client()
    navegador.force_login(persona)
    return navegador.cookies["sesion"].value


if __name__ == "__main__":
    sys.stdout.write(json.dumps(sembrar(int(sys.argv[1]))))
