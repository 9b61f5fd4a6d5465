"""Prepara un plan para seguirlo: carga su archivo y le da umbrales, feriados y periodos."""

from collections.abc import Iterable
from typing import Any

from acciones import carga as del_plan
from acciones import fuente
from acciones.models import Plan
from instituciones import bitacora
from instituciones.models import Feriado, Usuario
from matrices import periodos
from matrices.calendario import feriados_de_guatemala
from matrices.models import Periodo, Umbrales


def cargar(datos: dict[str, Any], *, por: Usuario | None) -> del_plan.Resultado:
    """El plan del archivo, con lo que hace falta para abrir su primer semestre.

    Lanza FuenteRechazada con todos los problemas, y entonces nada se escribió.
    """
    with bitacora.constancia():
        cortados = _cortados(datos)
        plan, resultado = del_plan.cargar(datos, por=por, con_cortes=bool(cortados))
        fuera = sorted(uno.codigo for uno in cortados if not _cabe(uno, datos))
        if fuera:
            raise fuente.FuenteRechazada(
                [f"El periodo {uno} ya se cortó y el archivo lo deja fuera." for uno in fuera]
            )
        resultado.creados["umbrales"] += _dar_umbrales(plan)
        anios = range(plan.inicio.year - 1, plan.fin.year + 2)
        resultado.creados["feriados"] += dar_feriados(anios)
        resultado.creados["periodos"] += _programar(plan, datos, por=por)
        resultado.creados += type(resultado.creados)()  # los que quedaron en cero no se cuentan
        return resultado


def _cortados(datos: dict[str, Any]) -> list[Periodo]:
    """Los semestres ya cortados del plan que el archivo nombra, si ya está en la base."""
    plan = datos.get("plan")
    codigo = plan.get("codigo") if isinstance(plan, dict) else None
    cortados = Periodo.objects.filter(estado=Periodo.Estado.CORTADO)
    return list(cortados.filter(plan__codigo=codigo)) if isinstance(codigo, str) else []


def _cabe(periodo: Periodo, datos: dict[str, Any]) -> bool:
    return (periodo.anio, periodo.semestre) in fuente.semestres(datos["plan"])


def _dar_umbrales(plan: Plan) -> int:
    """Los de dominio §7.4 como versión 1; si ya hay alguno, los que haya."""
    if Umbrales.objects.filter(plan=plan).exists():
        return 0
    Umbrales.objects.create(plan=plan, version=1, vigente_desde=plan.inicio)
    return 1


def dar_feriados(anios: Iterable[int]) -> int:
    """Los asuetos oficiales de los años que no tienen ninguno; dice cuántos puso."""
    con_feriados = set(Feriado.objects.values_list("fecha__year", flat=True).distinct())
    nuevos = [
        Feriado(fecha=fecha, nombre=nombre)
        for anio in anios
        if anio not in con_feriados
        for fecha, nombre in feriados_de_guatemala(anio).items()
    ]
    if nuevos:
        Feriado.objects.bulk_create(nuevos)
    return len(nuevos)


def _programar(plan: Plan, datos: dict[str, Any], *, por: Usuario | None) -> int:
    """Los semestres del plan que aún no existen, con las fechas de dominio §6."""
    hay = set(Periodo.objects.filter(plan=plan).values_list("anio", "semestre"))
    faltan = [uno for uno in fuente.semestres(datos["plan"]) if uno not in hay]
    for anio, semestre in faltan:
        periodos.programar(plan, anio, semestre, por=por)
    return len(faltan)
