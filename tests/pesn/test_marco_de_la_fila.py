"""El marco de la página de una fila es el del plan de esa fila, en cada ruta del inventario."""

from datetime import date

import pytest

from tests.fabricas import PeriodoFactory
from tests.seguridad import mundo as mundos
from tests.seguridad.inventario import revisadas
from tests.seguridad.mundo import ADENTRO
from tests.seguridad.pedidos import celdas, clientes, cuerpo, debe, direccion

pytestmark = pytest.mark.django_db
DE_NINGUN_PLAN = {"filtro", "resolucion", "delegacion"}


def una_por_ruta():
    """La primera persona a la que se le contesta cada página de una fila."""
    vistas = {}
    for celda in celdas([fila for fila in revisadas() if fila["metodo"] == "GET"]):
        objeto = celda.fila["objeto"]
        if objeto in {"", *DE_NINGUN_PLAN} or debe(celda) != "bien" or celda.actor not in ADENTRO:
            continue
        vistas.setdefault((celda.fila["ruta"], objeto), celda)
    return vistas.values()


def test_la_pagina_de_una_fila_no_lleva_el_marco_de_otro_plan(elenco):
    mundo = mundos.crear(elenco)
    en_vigor = PeriodoFactory(
        plan__sigla="ENVIGOR", plan__inicio=date(2029, 1, 1), plan__fin=date(2032, 12, 31)
    ).plan
    navegadores = clientes(mundo)

    marcos = {}
    for celda in una_por_ruta():
        pagina = navegadores[celda.actor].get(direccion(celda, mundo), cuerpo(celda, mundo))
        if pagina.context is not None and "plan_vigente" in pagina.context:
            marcos[str(celda)] = pagina.context["plan_vigente"]

    assert len(marcos) > 30
    assert [celda for celda, plan in marcos.items() if plan == en_vigor] == []
