"""Lo que hay que saber de un avance para llenar su formulario y juzgar lo que declara.

Junta lo anterior (lo último validado), lo que ya cuelga del avance y lo que la actividad exige.
Cada cosa se busca la primera vez que se pide.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from instituciones.models import Institucion
from matrices import consultas
from matrices.models import (
    Actividad,
    Aporte,
    Avance,
    Evidencia,
    HitoActividad,
    HitoCumplido,
    Observacion,
)

FRENADOS = {"AMARILLO", "ROJO", "VENCIDA"}


class Antecedentes:
    """Lo que rodea a un avance; no cambia mientras se juzga una declaración."""

    def __init__(self, avance: Avance):
        self.avance = avance
        self.actividad: Actividad = avance.actividad

    @cached_property
    def anterior(self) -> Avance | None:
        """El último validado de la misma actividad, antes de este corte."""
        previos = Avance.objects.filter(
            actividad=self.actividad,
            periodo__corte__lt=self.avance.periodo.corte,
            estado__in=Avance.VALIDADOS,
        )
        return previos.select_related("periodo").order_by("-periodo__corte").first()

    @cached_property
    def _historia(self) -> list[consultas.Vigor]:
        historia = consultas.historias([self.actividad.pk])[self.actividad.pk]
        return [
            una
            for una in historia
            if una.corte < self.avance.periodo.corte and (una.validado or una.rectificado)
        ]

    @cached_property
    def hitos(self) -> list[HitoActividad]:
        """Los de la actividad, por número."""
        return list(HitoActividad.objects.filter(actividad=self.actividad).order_by("numero"))

    @cached_property
    def hitos_validados(self) -> dict[int, date | None]:
        """Los que ya se dieron por cumplidos en otro semestre: no se desmarcan."""
        numeros = {numero for una in self._historia for numero in una.hitos}
        antes = HitoCumplido.objects.filter(
            hito__actividad=self.actividad, avance__periodo__corte__lt=self.avance.periodo.corte
        )
        fechas = dict(antes.values_list("hito", "fecha"))
        return {hito.pk: fechas.get(hito.pk) for hito in self.hitos if hito.numero in numeros}

    @cached_property
    def hitos_marcados(self) -> dict[int, date]:
        """Los que este avance declara."""
        return dict(HitoCumplido.objects.filter(avance=self.avance).values_list("hito", "fecha"))

    @cached_property
    def obligados(self) -> list[Institucion]:
        """Quienes deben reportar en una actividad colectiva."""
        return list(self.actividad.obligados.order_by("sigla"))

    @cached_property
    def aportes(self) -> dict[int, Decimal | None]:
        """Lo que este avance declara de cada institución."""
        filas = Aporte.objects.filter(avance=self.avance)
        return dict(filas.values_list("institucion", "porcentaje"))

    @cached_property
    def aportes_previos(self) -> dict[str, Decimal]:
        """Por sigla, lo último validado de cada institución."""
        ultimos: dict[str, Decimal] = {}
        for una in self._historia:
            ultimos.update({s: dado for s, dado in una.aportes.items() if dado is not None})
        return ultimos

    @cached_property
    def abiertas(self) -> list[Observacion]:
        """Las observaciones que esperan respuesta."""
        return list(Observacion.objects.filter(avance=self.avance).abiertas())

    @cached_property
    def evidencias(self) -> list[Evidencia]:
        """La que respalda este avance, sin la de rectificaciones."""
        propias = Evidencia.objects.filter(avance=self.avance, rectificacion=None)
        return list(propias.select_related("hito").order_by("pk"))

    @cached_property
    def ultimo(self) -> Decimal:
        """El último E validado, en puntos."""
        return self.como_esta["ejecutado_previo"] or Decimal(0)

    @cached_property
    def como_esta(self) -> dict[str, Any]:
        """Las cifras del avance como está guardado."""
        return consultas.mediciones([self.avance])[self.avance.pk]

    def como_quedaria(self, declarado: dict[str, Any]) -> dict[str, Any]:
        """Las cifras si se validara eso: cantidad, porcentaje, hitos o aportes declarados."""
        return como_quedarian([(self, declarado)])[self.avance.pk]

    def en_numeros_y_siglas(self, declarado: dict[str, Any]) -> dict[str, Any]:
        """Lo declarado como lo mide `consultas`: los hitos por número, los aportes por sigla."""
        siglas = {una.pk: una.sigla for una in self.obligados} if declarado.get("aportes") else {}
        numeros = {hito.pk: hito.numero for hito in self.hitos} if declarado.get("hitos") else {}
        return {
            "ejecutado_periodo": declarado.get("ejecutado_periodo"),
            "porcentaje": declarado.get("porcentaje"),
            "hitos": {numeros[pk] for pk in declarado.get("hitos") or {}},
            "aportes": {siglas[pk]: dado for pk, dado in (declarado.get("aportes") or {}).items()},
        }


def como_quedarian(
    declarados: Iterable[tuple[Antecedentes, dict[str, Any]]],
) -> dict[int, dict[str, Any]]:
    """Por clave de avance, las cifras si se validara lo declarado de cada uno."""
    return consultas.como_quedarian(
        {antes.avance.pk: antes.en_numeros_y_siglas(dado) for antes, dado in declarados}
    )


def de_varios(avances: Iterable[Avance]) -> dict[int, Antecedentes]:
    """Los de muchos avances de un mismo periodo, por clave, en pocas consultas.

    Trae ya buscado lo que hace falta para guardar; lo demás se busca al pedirlo, como siempre.
    """
    filas = list(avances)
    todos = {fila.pk: Antecedentes(fila) for fila in filas}
    if not filas:
        return todos
    actividades, corte = {fila.actividad_id for fila in filas}, filas[0].periodo.corte
    historia = consultas.historias(actividades)
    medidas = consultas.mediciones(filas)
    previos = Avance.objects.filter(
        actividad__in=actividades, periodo__corte__lt=corte, estado__in=Avance.VALIDADOS
    )
    anterior = {
        previo.actividad_id: previo
        for previo in previos.select_related("periodo").order_by("periodo__corte")
    }
    hitos = _por(HitoActividad.objects.filter(actividad__in=actividades).order_by("numero"))
    fechas = _fechas_de_antes(actividades, corte)
    obligados = _obligados(actividades)
    aportes: dict[int, dict[int, Decimal | None]] = {}
    for avance, institucion, porcentaje in Aporte.objects.filter(avance__in=filas).values_list(
        "avance", "institucion", "porcentaje"
    ):
        aportes.setdefault(avance, {})[institucion] = porcentaje
    marcados: dict[int, dict[int, date]] = {}
    for avance, hito, fecha in HitoCumplido.objects.filter(avance__in=filas).values_list(
        "avance", "hito", "fecha"
    ):
        marcados.setdefault(avance, {})[hito] = fecha
    abiertas: dict[int, list[Observacion]] = {}
    for observacion in Observacion.objects.filter(avance__in=filas).abiertas():
        abiertas.setdefault(observacion.avance_id, []).append(observacion)
    adjuntas: dict[int, list[Evidencia]] = {}
    propias = Evidencia.objects.filter(avance__in=filas, rectificacion=None)
    for evidencia in propias.select_related("hito").order_by("pk"):
        adjuntas.setdefault(evidencia.avance_id, []).append(evidencia)
    for fila in filas:
        suyos, actividad = hitos.get(fila.actividad_id, []), fila.actividad_id
        vigor = [
            una
            for una in historia[actividad]
            if una.corte < corte and (una.validado or una.rectificado)
        ]
        numeros = {numero for una in vigor for numero in una.hitos}
        todos[fila.pk].__dict__.update(
            anterior=anterior.get(actividad),
            _historia=vigor,
            hitos=suyos,
            hitos_validados={h.pk: fechas.get(h.pk) for h in suyos if h.numero in numeros},
            hitos_marcados=marcados.get(fila.pk, {}),
            obligados=obligados.get(actividad, []),
            aportes=aportes.get(fila.pk, {}),
            abiertas=abiertas.get(fila.pk, []),
            evidencias=adjuntas.get(fila.pk, []),
            como_esta=medidas[fila.pk],
        )
    return todos


def _por(hitos: Iterable[HitoActividad]) -> dict[int, list[HitoActividad]]:
    por_actividad: dict[int, list[HitoActividad]] = {}
    for hito in hitos:
        por_actividad.setdefault(hito.actividad_id, []).append(hito)
    return por_actividad


def _fechas_de_antes(actividades: set[int], corte: date) -> dict[int, date]:
    """Cuándo se cumplió cada hito que otro semestre dio por cumplido."""
    antes = HitoCumplido.objects.filter(
        hito__actividad__in=actividades, avance__periodo__corte__lt=corte
    )
    return dict(antes.values_list("hito", "fecha"))


def _obligados(actividades: set[int]) -> dict[int, list[Institucion]]:
    """Por actividad colectiva, quienes deben reportar, por sigla."""
    colectivas = Actividad.objects.filter(
        pk__in=actividades, modo=Actividad.Modo.COLECTIVO
    ).prefetch_related("obligados")
    return {
        una.pk: sorted(una.obligados.all(), key=lambda institucion: institucion.sigla)
        for una in colectivas
    }
