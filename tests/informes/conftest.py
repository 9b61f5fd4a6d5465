"""Un semestre pequeño y verdadero para las pruebas de informes: listo para cortar, y cortado."""

from decimal import Decimal

import pytest

from informes import emision
from matrices import flujo
from matrices.models import Avance
from tests.fabricas import (
    AccionFactory,
    ActividadFactory,
    AvanceFactory,
    MatrizFactory,
    PeriodoFactory,
    ResponsabilidadFactory,
)


@pytest.fixture(autouse=True)
def _archivos_aparte(settings, tmp_path):
    """Cada prueba guarda lo que emite en su propia carpeta."""
    settings.MEDIA_ROOT = str(tmp_path / "archivos")


@pytest.fixture
def semestre(elenco):
    """Un periodo CERRADO con cuatro actividades públicas: tres validadas y una sin reportar."""
    accion = AccionFactory()
    plan = accion.objetivo.programa.plan
    plan.seguimiento = elenco.revisora
    plan.save()
    ResponsabilidadFactory(accion=accion, institucion=elenco.responsable)
    periodo = PeriodoFactory(plan=plan, estado="CERRADO")
    matriz = MatrizFactory(accion=accion)
    for numero, porcentaje in enumerate(["45", "30", "20", None], start=1):
        actividad = ActividadFactory(matriz=matriz, numero=numero, responsable=elenco.responsable)
        AvanceFactory(
            actividad=actividad,
            periodo=periodo,
            estado="VALIDADO" if porcentaje else "NO_REPORTADO",
            porcentaje=Decimal(porcentaje) if porcentaje else None,
            situacion_reportada="EN_EJECUCION" if porcentaje else "",
            logro="Hubo norma para la población." if porcentaje else "",
        )
    flujo.medir(Avance.objects.all())
    return periodo


@pytest.fixture
def corte(semestre, elenco):
    """El primer corte de ese semestre."""
    return emision.cortar(semestre, por=elenco.coordinadora)
