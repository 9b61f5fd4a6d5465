"""El esquema OpenAPI es válido, dice toda ruta, y la API contesta lo que él dice.

La versión corta de schemathesis va en la suite; la larga, por cada rol, de noche (G-30).
"""

import json
import re

import pytest
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.urls import reverse
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck, Phase, given, settings
from rest_framework.throttling import SimpleRateThrottle
from schemathesis import openapi
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    response_schema_conformance,
    status_code_conformance,
)

from pesn.wsgi import application
from tests.api.conftest import inscribir
from tests.seguridad import mundo as mundos
from tests.seguridad.inventario import rutas

pytestmark = pytest.mark.django_db
ROLES = ["planificadora", "aprobador", "analista", "coordinadora", "consejera", "auditor"]
DE_LA_RUTA = re.compile(r"\(\?P<(\w+)>[^)]*\)|[$^]")
SIN_ESQUEMA = {"api:esquema", "api:documentacion"}


@pytest.fixture
def esquema(tmp_path):
    archivo = tmp_path / "esquema.json"
    call_command(
        "spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json",
        "--file", str(archivo),
    )  # fmt: skip
    return json.loads(archivo.read_text())


def test_el_esquema_es_openapi_3_1_y_vale_sin_advertencias(esquema):
    validate_schema(esquema)
    assert esquema["openapi"] == "3.1.1"


def test_el_esquema_dice_toda_ruta_y_todo_metodo(esquema):
    hay = {
        (DE_LA_RUTA.sub(lambda m: f"{{{m[1]}}}" if m[1] else "", f"/{una.direccion}"), m)
        for una in rutas()
        if una.nombre.startswith("api:") and una.nombre not in SIN_ESQUEMA
        for m in una.metodos
    }
    dice = {
        (re.sub(r"\{\w+\}", "{pk}", donde), metodo.upper())
        for donde, operaciones in esquema["paths"].items()
        for metodo in operaciones
    }

    assert hay == dice


def test_toda_operacion_pide_entrar_y_dice_sus_problemas(esquema):
    for donde, operaciones in esquema["paths"].items():
        for metodo, operacion in operaciones.items():
            assert {"ficha": []} in operacion["security"], (metodo, donde)
            assert {} not in operacion["security"], (metodo, donde)
            assert {"400", "401", "403", "404", "429"} <= set(operacion["responses"])


@pytest.mark.parametrize("ruta", ["api:esquema", "api:documentacion"])
def test_la_documentacion_es_de_quien_entro(client, elenco, ruta):
    assert client.get(reverse(ruta)).status_code in {302, 401}

    client.force_login(elenco.planificadora)
    assert client.get(reverse(ruta)).status_code == 200


@pytest.fixture
def mundo(elenco, cache_limpia, monkeypatch):
    monkeypatch.setattr(SimpleRateThrottle, "allow_request", lambda self, request, view: True)
    # La prueba entera es una transacción: al terminar cada pedido no se suelta la conexión.
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield mundos.crear(elenco)
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


def machacar(mundo, rol: str, cuantos: int) -> dict[str, int]:
    """Pedidos hechos del esquema mismo, con claves que existen; cuántos por operación."""
    sistema = inscribir(getattr(mundo.personas, rol), nombre=f"fuzz {rol}")[1]
    fichas = {"Authorization": f"Bearer {sistema.secreto}", "Accept-Encoding": "identity"}
    config = SchemathesisConfig.from_dict({"generation": {"allow-x00": True}})
    dicho = openapi.from_wsgi("/api/v1/esquema/", application, headers=fichas, config=config)
    claves = {
        "avances": [uno.pk for uno in mundo.avances.values()],
        "evidencias": [una.pk for una in mundo.evidencias.values()],
        "documentos": list(mundo.informes["CNS"].documentos.values_list("pk", flat=True)),
        "informes": [uno.pk for uno in mundo.informes.values()],
        "cortes": [mundo.corte.pk],
    }
    hechos: dict[str, int] = {}
    for resultado in dicho.get_all_operations():
        operacion = resultado.ok()
        suyas = next((c for parte, c in claves.items() if f"/{parte}/" in operacion.path), [1])
        nombre = f"{operacion.method.upper()} {operacion.path}"
        hechos[nombre] = _machacar_una(operacion, suyas, fichas, cuantos)
    return hechos


def _machacar_una(operacion, claves, fichas, cuantos: int) -> int:
    """Cuántos pedidos se hicieron: dos de tres con una clave que existe, la mitad con versión."""
    hechos = 0

    def probar(caso):
        nonlocal hechos
        hechos += 1
        if "id" in (caso.path_parameters or {}) and hechos % 3:
            caso.path_parameters["id"] = claves[hechos % len(claves)]
        if caso.method in {"PATCH", "POST"} and hechos % 2:
            caso.headers["If-Match"] = '"1"'
        respuesta = caso.call(headers=fichas)
        assert respuesta.status_code < 500, caso.as_curl_command()
        revisiones = [status_code_conformance, response_schema_conformance]
        caso.validate_response(respuesta, checks=revisiones)

    ajustes = settings(
        max_examples=cuantos,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    ajustes(given(operacion.as_strategy())(probar))()
    return hechos


@pytest.mark.parametrize("rol", ["planificadora", "analista"])
def test_pedidos_hechos_del_esquema_nunca_dan_5xx(mundo, rol, cifra):
    hechos = machacar(mundo, rol, 4)

    cifra(f"G-30 corta {rol}: operaciones={len(hechos)} pedidos={sum(hechos.values())} 5xx=0")
    assert min(hechos.values()) > 0


@pytest.mark.nocturna
@pytest.mark.parametrize("rol", ROLES)
def test_ciento_cincuenta_por_operacion_y_por_rol(mundo, rol, cifra):
    hechos = machacar(mundo, rol, 150)

    cifra(f"G-30 larga {rol}: operaciones={len(hechos)} pedidos={sum(hechos.values())} 5xx=0")
    assert len(hechos) >= 30
