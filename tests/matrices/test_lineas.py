"""Dónde caen los trazos de una acción; la página los lleva y no dibuja lo que no se ve."""

from datetime import date
from decimal import Decimal

import pytest

from tests.fabricas import ActividadFactory, AvanceFactory, MatrizFactory, PeriodoFactory

pytestmark = pytest.mark.django_db


def pagina(client, persona, matriz):
    accion = matriz.accion
    client.force_login(persona)
    plan = accion.objetivo.programa.plan
    return client.get(f"/plan/{plan.codigo}/acciones/{accion.codigo}/").content.decode()


def test_la_linea_de_tiempo_marca_el_fin_original_si_cambio(client, elenco):
    matriz = MatrizFactory()
    ActividadFactory(matriz=matriz, numero=1)
    ActividadFactory(
        matriz=matriz, numero=2, fin_original=date(2022, 6, 30), fin_vigente=date(2023, 6, 30)
    )

    dicho = pagina(client, elenco.consejera, matriz)

    assert dicho.count('class="barra-tiempo"') == 2
    assert dicho.count('class="original"') == 1


def test_lo_restringido_no_tiene_barra(client, elenco):
    matriz = MatrizFactory()
    ActividadFactory(matriz=matriz, numero=1, visibilidad="RESTRINGIDA")

    assert "barra-tiempo" not in pagina(client, elenco.ajena, matriz)
    assert "barra-tiempo" in pagina(client, elenco.auditor, matriz)


@pytest.mark.parametrize(("cuantos", "hay"), [(1, False), (3, True)])
def test_la_tendencia_se_dibuja_desde_dos_semestres(client, elenco, cuantos, hay):
    actividad = ActividadFactory()
    plan = actividad.matriz.accion.objetivo.programa.plan
    for semestre in range(cuantos):
        periodo = PeriodoFactory(
            plan=plan, anio=2021 + semestre // 2, semestre=1 + semestre % 2, estado="CORTADO"
        )
        AvanceFactory(
            actividad=actividad,
            periodo=periodo,
            estado="CONSOLIDADO",
            ejecutado=Decimal(20 * semestre),
            programado=Decimal(25 * semestre),
            programado_original=Decimal(25 * semestre),
            fin_medido=actividad.fin_vigente,
            situacion_medida="VIGENTE",
        )

    dicho = pagina(client, elenco.consejera, actividad.matriz)

    assert ('<polyline class="ejecutado"' in dicho) is hay
    # De 0 % (abajo, 180) a 100 % (arriba, 20): 40 % cae en 116.
    assert ("116.0" in dicho) is hay


def test_quien_administra_cuentas_no_recibe_el_enlace_del_porque(client, elenco):
    actividad = ActividadFactory()
    PeriodoFactory(plan=actividad.matriz.accion.objetivo.programa.plan, estado="CORTADO")

    assert "/explicar/" in pagina(client, elenco.planificadora, actividad.matriz)
    assert "/explicar/" not in pagina(client, elenco.administradora, actividad.matriz)
