"""Preguntas que cruzan modelos: junta las filas y las entrega a `calculo`; no escribe.

Aquí se arma la historia de cada actividad con los valores en vigor (lo declarado, reemplazado
por las rectificaciones aplicadas), que es de donde sale toda cifra.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from acciones.models import Plan
from instituciones.canonico import canonico
from matrices import calculo
from matrices.models import (
    Actividad,
    Aporte,
    Avance,
    Evidencia,
    HitoCumplido,
    Periodo,
    Rectificacion,
    Umbrales,
)

DECLARADO = (
    "situacion_reportada",
    "ejecutado_periodo",
    "justificacion_exceso",
    "porcentaje",
    "motivo_retroceso",
    "logro",
    "beneficiarios",
    "territorio",
    "limitante_tipo",
    "limitante",
    "medida_correctiva",
    "responsable_medida",
    "fecha_medida",
    "requiere_decision_cns",
    "decision_solicitada",
    "presupuesto_asignado",
    "presupuesto_vigente",
    "devengado",
    "sin_cambios",
    "motivo_sin_cambios",
    "visibilidad",
    "clasificacion",
    "declaracion",
)
RESULTADOS = (
    "programado",
    "programado_original",
    "ejecutado",
    "ejecutado_previo",
    "acumulado",
    "indice",
    "brecha",
    "semaforo",
)


@dataclass
class Vigor:
    """Los valores en vigor de un avance: los suyos con las rectificaciones aplicadas."""

    avance: int
    corte: date
    cuenta: bool
    ejecutado_periodo: Decimal | None = None
    porcentaje: Decimal | None = None
    hitos: set[int] = field(default_factory=set)
    aportes: dict[str, Decimal | None] = field(default_factory=dict)

    def rectificar(self, campos: dict[str, dict[str, Any]]) -> None:
        """Pone los valores de una rectificación aplicada; con ellos el avance ya cuenta."""
        for campo in ("ejecutado_periodo", "porcentaje"):
            if campo in campos:
                nuevo = campos[campo]["despues"]
                setattr(self, campo, None if nuevo is None else Decimal(nuevo))
        if "hitos_cumplidos" in campos:
            self.hitos = {hito["numero"] for hito in campos["hitos_cumplidos"]["despues"]}
        if "aportes" in campos:
            self.aportes = {
                uno["institucion"]: _decimal(uno["porcentaje"])
                for uno in campos["aportes"]["despues"]
            }
        self.cuenta = True


def _decimal(valor: Any) -> Decimal | None:
    return None if valor in (None, "") else Decimal(valor)


def historias(actividades: Iterable[int]) -> dict[int, list[Vigor]]:
    """Por actividad, los valores en vigor de cada periodo, en orden; en cuatro consultas."""
    actividades = list(actividades)
    filas: dict[int, Vigor] = {}
    por_actividad: dict[int, list[Vigor]] = defaultdict(list)
    avances = Avance.objects.filter(actividad__in=actividades).order_by("periodo__corte")
    for pk, actividad, corte, estado, cantidad, porcentaje in avances.values_list(
        "pk", "actividad", "periodo__corte", "estado", "ejecutado_periodo", "porcentaje"
    ):
        fila = Vigor(pk, corte, estado in Avance.VALIDADOS, cantidad, porcentaje)
        filas[pk] = fila
        por_actividad[actividad].append(fila)
    cumplidos = HitoCumplido.objects.filter(avance__actividad__in=actividades)
    for avance, numero in cumplidos.values_list("avance", "hito__numero"):
        filas[avance].hitos.add(numero)
    aportes = Aporte.objects.filter(
        avance__actividad__in=actividades, avance__actividad__modo=Actividad.Modo.COLECTIVO
    )
    for avance, sigla, porcentaje in aportes.values_list(
        "avance", "institucion__sigla", "porcentaje"
    ):
        filas[avance].aportes[sigla] = porcentaje
    aplicadas = Rectificacion.objects.filter(avance__actividad__in=actividades).aplicadas()
    for avance, campos in aplicadas.values_list("avance", "campos"):
        filas[avance].rectificar(campos)
    return por_actividad


def umbrales_de(plan: Plan, fecha: date) -> calculo.Umbrales:
    """Los umbrales en vigor en una fecha; sin ninguno en la base, los de la versión 1."""
    fila = Umbrales.objects.filter(plan=plan, vigente_desde__lte=fecha)
    ultima = fila.order_by("-vigente_desde", "-version").first()
    if ultima is None:
        return calculo.UMBRALES
    return calculo.Umbrales(
        version=ultima.version,
        verde_desde=ultima.verde_desde,
        amarillo_desde=ultima.amarillo_desde,
        p_minimo=ultima.p_minimo,
        brecha_minima=ultima.brecha_minima,
        cobertura_minima=ultima.cobertura_minima,
        puntos_material=ultima.puntos_material,
    )


def mediciones(avances: Iterable[Avance]) -> dict[int, dict[str, Any]]:
    """Por avance, las columnas de resultados que le corresponden ahora (sin escribirlas).

    Lo declarado cuenta como si se validara, salvo en lo que nadie reportó: ahí queda lo último
    validado. De un periodo ya cortado, P y los términos no cambian: sólo lo ejecutado.
    """
    filas = list(
        Avance.objects.filter(pk__in=[avance.pk for avance in avances])
        .select_related("actividad", "periodo__plan")
        .prefetch_related("actividad__hitos", "actividad__obligados")
    )
    historia = historias({fila.actividad_id for fila in filas})
    umbrales: dict[int, calculo.Umbrales] = {}
    medidas = {}
    for fila in filas:
        periodo = fila.periodo
        if periodo.pk not in umbrales:
            umbrales[periodo.pk] = umbrales_de(periodo.plan, periodo.corte)
        medidas[fila.pk] = _medir(fila, historia[fila.actividad_id], umbrales[periodo.pk])
    return medidas


def _medir(fila: Avance, historia: list[Vigor], umbrales: calculo.Umbrales) -> dict[str, Any]:
    actividad, corte = fila.actividad, fila.periodo.corte
    previas = [una for una in historia if una.corte < corte and una.cuenta]
    propia = next(una for una in historia if una.avance == fila.pk)
    reporta = fila.estado in REPORTADO or propia.cuenta
    ejecutado, acumulado = ejecutado_de(actividad, [*previas, propia] if reporta else previas)
    previo, _ = ejecutado_de(actividad, previas)
    if fila.periodo.cortado:
        terminos = {
            "programado": fila.programado,
            "programado_original": fila.programado_original,
            "fin_medido": fila.fin_medido,
            "situacion_medida": fila.situacion_medida,
        }
    else:
        terminos = {**programado_de(actividad, corte), **terminos_de(actividad)}
    color = calculo.semaforo_actividad(
        situacion=terminos["situacion_medida"],
        ejecutado=ejecutado,
        programado=terminos["programado"],
        fin_vigente=terminos["fin_medido"],
        corte=corte,
        exigible=fila.exigible,
        validado=fila.estado in REPORTADO,
        umbrales=umbrales,
    )
    return {
        **terminos,
        "programado": color.programado,
        "ejecutado": ejecutado,
        "ejecutado_previo": previo,
        "acumulado": acumulado,
        "indice": color.indice,
        "brecha": color.brecha,
        "semaforo": color.semaforo,
    }
