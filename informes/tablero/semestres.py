"""Qué semestres tiene el plan que se mira, con qué cortes, y qué versión de los datos es ésta.

Una sola consulta. La versión sube en la misma transacción que cualquier cambio de cifras: es la
suma de las versiones de lo que las produce y el último corte, así que no hay nada que invalidar.
"""

from typing import Any

from django.db.models import Count, Exists, F, Max, Min, OuterRef, QuerySet, Subquery, Sum, Value

from acciones.models import Plan
from informes.contenido import Contenido, desde_json
from informes.models import ResumenDeCorte
from instituciones.models import Usuario
from matrices.models import Actividad, Avance, Periodo, Umbrales

Semestre = Any  # un Periodo con lo que `semestres_de` le anota
PUBLICADA, RECTIFICADA = "publicada", "rectificada"


def semestres_de(usuario: Usuario, plan: str = "") -> list[Semestre]:
    """Los semestres abiertos alguna vez de un plan, el último primero; en una consulta.

    Sin código de plan, los del que está en marcha. Cada uno con `primer_corte`, `ultimo_corte`
    (claves, o None), `cuantos_cortes` y `marca`: la versión de lo que sus cifras miran.
    """
    cual = Plan.objects.visibles_para(usuario)
    cual = cual.filter(codigo=plan) if plan else _en_marcha(cual)
    periodos = Periodo.objects.visibles_para(usuario).medidos(Subquery(cual.values("pk")[:1]))
    corre = {"periodo__estado__in": Periodo.EN_CURSO}
    avances = Avance.objects.filter(periodo=OuterRef("pk"), **corre)
    actividades = Actividad.objects.del_plan(OuterRef("plan"))
    umbrales = Umbrales.objects.filter(plan=OuterRef("plan"))
    return list(
        periodos.annotate(
            primer_corte=Min("cortes"),
            ultimo_corte=Max("cortes"),
            cuantos_cortes=Count("cortes"),
            de_sus_avances=_junto(avances, Sum("version")),
            de_las_actividades=_junto(actividades, Sum("version")),
            de_los_umbrales=_junto(umbrales, Max("pk")),
        )
    )


def _en_marcha(planes: QuerySet[Plan]) -> QuerySet[Plan]:
    """El que tiene un semestre en curso; si ninguno, el último abierto."""
    en_curso = Periodo.objects.en_curso().filter(plan=OuterRef("pk"))
    orden = ("-corre", F("cerrado_en").desc(nulls_first=True), "-inicio")
    return planes.annotate(corre=Exists(en_curso)).order_by(*orden)


def _junto(filas: QuerySet, cuenta: Sum | Max) -> Subquery:
    """Una cuenta de todas esas filas, sin multiplicar las de otra unión."""
    todas = filas.order_by().annotate(todas=Value(1)).values("todas")
    return Subquery(todas.annotate(junto=cuenta).values("junto"))


def version_de(semestres: list[Semestre]) -> tuple:
    """Lo que cambia cuando cambia cualquier cifra de cualquiera de esos semestres."""
    return tuple(
        (
            uno.pk,
            uno.estado,
            uno.primer_corte,
            uno.ultimo_corte,
            uno.de_sus_avances,
            uno.de_las_actividades,
            uno.de_los_umbrales,
        )
        for uno in semestres
    )


def corte_que_vale(semestre: Semestre | None, vista: str) -> int | None:
    """La clave de su primer corte («como se publicó») o del que hoy rige; None si no se cortó."""
    if semestre is None:
        return None
    return semestre.primer_corte if vista == PUBLICADA else semestre.ultimo_corte


def resumenes(usuario: Usuario, cortes: set[int | None]) -> dict[int, Contenido]:
    """El contenido resumido de esos cortes, por su clave; en una consulta."""
    claves = {corte for corte in cortes if corte}
    visibles = ResumenDeCorte.objects.visibles_para(usuario).filter(corte__in=claves)
    return {
        corte: desde_json(contenido)
        for corte, contenido in visibles.values_list("corte", "contenido")
    }
