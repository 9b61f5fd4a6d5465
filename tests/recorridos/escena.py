"""Lo que hace falta para andar un semestre entero: un plan chico, su periodo y su gente."""

from datetime import date, timedelta
from types import SimpleNamespace

from django.utils import timezone

from matrices.models import Actividad
from tests.fabricas import (
    AccionFactory,
    ActividadFactory,
    AmbitoFactory,
    HitoFactory,
    MatrizFactory,
    ObjetivoFactory,
    PeriodoFactory,
    PlanFactory,
    ProgramaFactory,
    ResponsabilidadFactory,
)

LOGRO = "Se capacitó a cuarenta personas en la cabecera departamental."
PRECISO = "Se capacitó a cuarenta personas en Cobán, Alta Verapaz, en marzo."


def montar(elenco) -> SimpleNamespace:
    """Cuatro acciones con una actividad cada una; la última es de otra institución."""
    plan = PlanFactory(
        codigo="pesn",
        sigla="PESN",
        nombre="Plan Estratégico de Seguridad de la Nación",
        inicio=date(2026, 1, 1),
        fin=date(2027, 12, 31),
        seguimiento=elenco.revisora,
    )
    programa = ProgramaFactory(plan=plan, numero=1)
    objetivo = ObjetivoFactory(
        programa=programa, codigo="1.1", ambito=AmbitoFactory(plan=plan, codigo="INTERIOR")
    )
    modos = [
        (Actividad.Modo.PORCENTAJE, elenco.responsable),
        (Actividad.Modo.META, elenco.responsable),
        (Actividad.Modo.HITOS, elenco.responsable),
        (Actividad.Modo.PORCENTAJE, elenco.otra),
    ]
    actividades = []
    for orden, (modo, responsable) in enumerate(modos, start=1):
        accion = AccionFactory(objetivo=objetivo, codigo=f"1.1.{orden}", orden=orden)
        ResponsabilidadFactory(accion=accion, institucion=responsable)
        actividad = ActividadFactory(
            matriz=MatrizFactory(accion=accion),
            numero=1,
            responsable=responsable,
            modo=modo,
            meta=100 if modo == Actividad.Modo.META else None,
            unidad="Personas",
            inicio=date(2026, 1, 1),
            fin_original=date(2026, 12, 31),
        )
        if modo == Actividad.Modo.HITOS:
            HitoFactory(actividad=actividad, numero=1, peso=60, fecha_original=date(2026, 3, 31))
            HitoFactory(actividad=actividad, numero=2, peso=40, fecha_original=date(2026, 12, 31))
        actividades.append(actividad)
    hoy = timezone.localdate()
    periodo = PeriodoFactory(
        plan=plan,
        anio=2026,
        semestre=1,
        estado="PROGRAMADO",
        abre=hoy - timedelta(days=2),
        limite=hoy + timedelta(days=10),
        fin_gracia=hoy + timedelta(days=17),
    )
    return SimpleNamespace(plan=plan, periodo=periodo, actividades=actividades, elenco=elenco)
