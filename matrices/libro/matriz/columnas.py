"""Las hojas del libro de una matriz y sus columnas: la Gráfica 1 del plan, puesta en celdas."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils import timezone

from instituciones.models import (
    Clasificacion,
    GrupoInstitucional,
    Institucion,
    ResolucionReserva,
    Usuario,
    Visibilidad,
)
from matrices.forms.matriz import MAYOR_NUMERO, ActividadForm
from matrices.hojas import Columna, Lista, Tipo
from matrices.libro.columnas import RESOLUCIONES, lista_de_resoluciones
from matrices.models import Actividad, Cooperacion

ACCION, MATRIZ, HITOS = "Acción", "Matriz", "Hitos"
ORDEN = (ACCION, MATRIZ, HITOS)
PAPELES = {papel.value.lower(): papel for papel in Cooperacion.Papel}  # columna → papel
INSTITUCION, GRUPO = "institucion", "grupo"
AYUDAS = ActividadForm.Meta.help_texts
QUIENES = "Siglas separadas por coma; están en la hoja Listas. Cada una en un solo papel."
POR_OMISION = "Vacía en un renglón nuevo: la del ámbito de la acción."


@dataclass(frozen=True)
class Catalogos:
    """Lo que se puede elegir: por pk, y en cooperantes por «institucion-pk» o «grupo-pk»."""

    reportan: Lista
    cooperan: Lista
    resoluciones: Lista


def catalogos_para(quien: Usuario, actividades: Iterable[Actividad] = ()) -> Catalogos:
    """Las siglas vigentes hoy, y las que ya se nombran aunque ya no lo estén."""
    hoy, actividades = timezone.localdate(), list(actividades)
    nombradas: set[int | None] = {una.responsable_id for una in actividades}
    nombradas |= {una.pk for actividad in actividades for una in actividad.obligados.all()}
    coopera = [uno for una in actividades for uno in una.quienes_cooperan]
    nombradas |= {uno.institucion_id for uno in coopera} - {None}
    vigentes = Q(vigente_hasta=None) | Q(vigente_hasta__gte=hoy) | Q(pk__in=nombradas)
    filas = Institucion.objects.visibles_para(quien).filter(vigentes).order_by("sigla")
    instituciones = list(filas)
    siglas = {una.sigla for una in instituciones}
    grupos = [
        (f"{GRUPO}-{uno.pk}", f"{uno.sigla} (grupo)" if uno.sigla in siglas else uno.sigla)
        for uno in GrupoInstitucional.objects.visibles_para(quien).order_by("sigla")
    ]
    citadas = {una.resolucion_id for una in actividades} - {None}
    visibles = ResolucionReserva.objects.visibles_para(quien)
    caben = visibles.filter(Q(vence__gte=hoy) | Q(pk__in=citadas)).order_by("numero")
    return Catalogos(
        reportan=Lista(
            "Responsables", tuple((str(i.pk), i.sigla) for i in instituciones if i.reporta)
        ),
        cooperan=Lista(
            "Cooperantes",
            (*((f"{INSTITUCION}-{i.pk}", i.sigla) for i in instituciones), *grupos),
        ),
        resoluciones=lista_de_resoluciones(caben),
    )


def _lista(nombre: str, opciones: Iterable[tuple[Any, Any]]) -> Lista:
    return Lista(nombre, tuple((str(clave), str(dicho)) for clave, dicho in opciones))


MODOS = _lista("Modos", Actividad.Modo.choices)
VISIBILIDADES = _lista("Visibilidad", Visibilidad.choices)
CLASIFICACIONES = _lista("Clasificación", Clasificacion.choices)


def _campo(
    nombre: str, titulo: str, tipo: Tipo = Tipo.TEXTO, ancho: int = 14, **mas: Any
) -> Columna:
    mas.setdefault("ayuda", str(AYUDAS.get(nombre, "")))
    return Columna(nombre, titulo, tipo, ancho, se_escribe=True, **mas)


DE_LA_ACCION = (
    Columna("accion", "Número de acción estratégica", ancho=16),
    Columna("enunciado", "Acción estratégica", ancho=60),
    _campo("impacto", "Impacto", ancho=80, maximo=2000, ayuda="Qué se busca alcanzar."),
)
DE_HITOS = (
    _campo("actividad", "N.º de actividad", Tipo.ENTERO, 10, ayuda="El de la hoja Matriz."),
    _campo("hito", "N.º de hito", Tipo.ENTERO, 9, maximo=99),
    _campo("descripcion", "Hito", ancho=60, maximo=300),
    _campo(
        "peso",
        "Peso (%)",
        Tipo.PUNTOS,
        10,
        maximo=100,
        ayuda="Los de una actividad suman exactamente 100.",
    ),
    _campo(
        "fecha", "Fecha", Tipo.FECHA, 12, ayuda="Dentro de las fechas de la actividad: 31/12/2026."
    ),
    Columna("vigente", "Fecha vigente", Tipo.FECHA, ancho=12),
)


def columnas_de_la_matriz(catalogos: Catalogos) -> tuple[Columna, ...]:
    """La hoja principal, en el orden de la Gráfica 1; después, lo que el plan no imprime."""
    quienes = {"lista": catalogos.cooperan, "ayuda": QUIENES, "maximo": 600}
    return (
        _campo(
            "numero",
            "N.º",
            Tipo.ENTERO,
            6,
            maximo=MAYOR_NUMERO,
            ayuda="Uno por actividad, desde 1.",
        ),
        _campo("descripcion", "Actividades de cumplimiento", ancho=60, maximo=2000),
        _campo(
            "responsable", "Responsable institucional", Tipo.LISTA, 15, lista=catalogos.reportan
        ),
        _campo("cooperacion", "Cooperación", Tipo.VARIOS, 20, **quienes),
        _campo("colaboracion", "Colaboración", Tipo.VARIOS, 20, **quienes),
        _campo("apoyo", "Apoyo", Tipo.VARIOS, 20, **quienes),
        _campo("inicio", "Fecha de inicio", Tipo.FECHA, 12, ayuda="Dentro del plan: 31/12/2026."),
        _campo("fin_original", "Fecha de finalización", Tipo.FECHA, 13),
        _campo("programa_presupuestario", "Programa presupuestario", ancho=20, maximo=60),
        _campo("modo", "Cómo se mide", Tipo.LISTA, 16, lista=MODOS),
        _campo("unidad", "Unidad de medida", ancho=18, maximo=80),
        _campo("meta", "Meta", Tipo.NUMERO, 12),
        _campo("peso", "Peso", Tipo.NUMERO, 9),
        _campo("obligados", "Obligadas", Tipo.VARIOS, 20, lista=catalogos.reportan, maximo=600),
        _campo(
            "visibilidad", "Visibilidad", Tipo.LISTA, 14, lista=VISIBILIDADES, ayuda=POR_OMISION
        ),
        _campo(
            "clasificacion",
            "Clasificación",
            Tipo.LISTA,
            16,
            lista=CLASIFICACIONES,
            ayuda="Vacía en un renglón nuevo: sin clasificar, y así no se entrega ni se publica.",
        ),
        _campo("resolucion", "Resolución", Tipo.LISTA, 16, lista=catalogos.resoluciones),
        Columna("vigente", "Fin vigente", Tipo.FECHA, ancho=12),
        Columna("situacion", "Situación", ancho=12),
    )


def columnas_por_hoja(catalogos: Catalogos) -> dict[str, tuple[Columna, ...]]:
    """Las columnas de cada hoja, sin las de control."""
    return {ACCION: DE_LA_ACCION, MATRIZ: columnas_de_la_matriz(catalogos), HITOS: DE_HITOS}


LLAVES = {ACCION: ("accion",), MATRIZ: ("numero",), HITOS: ("actividad", "hito")}


def escribibles(hoja: str, columnas: Iterable[Columna]) -> list[str]:
    """Las columnas que dicen algo de un renglón, sin las que sólo lo nombran."""
    return [una.nombre for una in columnas if una.se_escribe and una.nombre not in LLAVES[hoja]]


__all__ = [
    "ACCION",
    "HITOS",
    "LLAVES",
    "MATRIZ",
    "ORDEN",
    "PAPELES",
    "RESOLUCIONES",
    "Catalogos",
    "catalogos_para",
    "columnas_por_hoja",
    "escribibles",
]
