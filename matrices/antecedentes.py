"""Lo que hay que saber de un avance para llenar su formulario y juzgar lo que declara.

Junta lo anterior (lo último validado), lo que ya cuelga del avance y lo que la actividad exige.
Cada cosa se busca la primera vez que se pide.
"""

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
        siglas = {una.pk: una.sigla for una in self.obligados} if declarado.get("aportes") else {}
        numeros = {hito.pk: hito.numero for hito in self.hitos} if declarado.get("hitos") else {}
        return consultas.como_quedaria(
            self.avance,
            ejecutado_periodo=declarado.get("ejecutado_periodo"),
            porcentaje=declarado.get("porcentaje"),
            hitos={numeros[pk] for pk in declarado.get("hitos") or {}},
            aportes={siglas[pk]: dado for pk, dado in (declarado.get("aportes") or {}).items()},
        )

    def avisos_de_presupuesto(
        self, vigente: Decimal | None, devengado: Decimal | None
    ) -> list[str]:
        """Lo que conviene revisar del dinero; no impide entregar (dominio §5)."""
        avisos: list[str] = []
        if devengado is None:
            return avisos
        if vigente is not None and devengado > vigente:
            avisos.append("El devengado pasa del presupuesto vigente.")
        anterior = self.anterior
        if (
            anterior
            and anterior.devengado is not None
            and anterior.periodo.anio == self.avance.periodo.anio
            and devengado < anterior.devengado
        ):
            avisos.append("El devengado es menor que el del semestre anterior del mismo año.")
        if any((vigente, devengado) != otro for otro in self._de_la_misma_estructura):
            avisos.append("No coincide con lo que dice otra actividad de la misma estructura.")
        return avisos

    @cached_property
    def _de_la_misma_estructura(self) -> list[tuple[Decimal | None, Decimal]]:
        otras = Avance.objects.filter(
            periodo=self.avance.periodo,
            actividad__responsable=self.actividad.responsable_id,
            actividad__programa_presupuestario=self.actividad.programa_presupuestario,
            devengado__isnull=False,
        ).exclude(pk=self.avance.pk)
        return list(otras.values_list("presupuesto_vigente", "devengado").distinct())
