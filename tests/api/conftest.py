"""Un sistema por persona, y un semestre chico donde trabajar."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from instituciones import clientes
from instituciones.models import ClienteSistema
from tests.fabricas import ActividadFactory, AvanceFactory, PeriodoFactory, PlanFactory

LOGRO = "Se capacitó a cuarenta personas en la cabecera departamental."


class Sistema:
    """Un cliente de la API: pide con su ficha y lee JSON."""

    def __init__(self, secreto: str):
        self.secreto = secreto
        self.http = Client(raise_request_exception=False)

    def pedir(self, metodo, donde, datos=None, *, crudo=None, tipo="application/json", **cabeceras):
        cuerpo = crudo if crudo is not None else (b"" if datos is None else json.dumps(datos))
        cabeceras = {n.replace("_", "-"): v for n, v in cabeceras.items()}
        return self.http.generic(
            metodo,
            donde if donde.startswith("/") else f"/api/v1/{donde}",
            cuerpo,
            tipo,
            headers={"Authorization": f"Bearer {self.secreto}", **cabeceras},
        )

    def leer(self, donde):
        return self.pedir("GET", donde, tipo="")

    def guardar(self, avance, version=None, **datos):
        version = avance.version if version is None else version
        return self.pedir("PATCH", f"avances/{avance.pk}/", datos, If_Match=f'"{version}"')

    def paso(self, pk, version, paso, **datos):
        return self.pedir(
            "POST", f"avances/{pk}/paso/", {"paso": paso, **datos}, If_Match=f'"{version}"'
        )

    def adjuntar(self, pk, *archivos, **datos):
        return self.http.post(
            f"/api/v1/avances/{pk}/evidencias/",
            {"archivos": list(archivos), **datos},
            headers={"Authorization": f"Bearer {self.secreto}"},
        )


def inscribir(persona, *alcances, nombre="", dias=30) -> tuple[ClienteSistema, Sistema]:
    """Un sistema con esos alcances, o con todos los de su rol."""
    cliente = ClienteSistema(
        nombre=nombre or f"Sistema de {persona.nombre}",
        persona=persona,
        alcances=list(alcances) or sorted(clientes.alcances_de(persona)),
    )
    secreto = clientes.inscribir(cliente, vigencia=timedelta(days=dias), por=None)
    return cliente, Sistema(secreto)


@pytest.fixture
def avance(elenco, cache_limpia):
    """Uno pendiente de la institución responsable, por porcentaje y clasificado."""
    periodo = PeriodoFactory(plan=PlanFactory(seguimiento=elenco.revisora))
    actividad = ActividadFactory(
        responsable=elenco.responsable,
        matriz__accion__objetivo__programa__plan=periodo.plan,
    )
    return AvanceFactory(actividad=actividad, periodo=periodo)


@pytest.fixture
def ajeno(elenco, avance):
    """Otro, de una institución que no es la del sistema."""
    actividad = ActividadFactory(responsable=elenco.otra, matriz=avance.actividad.matriz)
    return AvanceFactory(actividad=actividad, periodo=avance.periodo)


@pytest.fixture
def sistema(elenco, cache_limpia):
    """El de quien planifica en la institución responsable."""
    return inscribir(elenco.planificadora)[1]
