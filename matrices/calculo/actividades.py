"""Una actividad completa en un corte: de su historia a su medida (dominio §7.2 a §7.4)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from matrices.calculo.ejecutado import Reporte, ejecutado_de
from matrices.calculo.numeros import Numero
from matrices.calculo.programado import Hito, programado_de, programado_original_de
from matrices.calculo.semaforo import Medida, semaforo_actividad
from matrices.calculo.terminos import VIGENTE
from matrices.calculo.umbrales import UMBRALES, Umbrales


@dataclass(frozen=True)
class ActividadMedida:
    """Los valores guardados de una actividad, como entran en su acción."""

    situacion: str
    ejecutado: Decimal
    programado: Decimal | None
    programado_original: Decimal
    fin_vigente: date
    exigible: bool
    validado: bool
    peso: Decimal | None = None
    extemporaneo: bool = False


@dataclass(frozen=True)
class ResultadoActividad(Medida):
    """Una actividad en un corte. `arrastrado`: debía reportar y vale lo último validado."""

    programado_original: Decimal
    arrastrado: bool
    acumulado: Decimal | None
    cumplimiento_sin_tope: Decimal | None


def actividad(
    *,
    modo: str,
    inicio: date,
    fin_original: date,
    fin_vigente: date,
    corte: date,
    historial: Sequence[Reporte],
    exigible: bool,
    situacion: str = VIGENTE,
    suspendida_desde: date | None = None,
    meta: Numero | None = None,
    hitos: Iterable[Hito] = (),
    obligados: Iterable[str] = (),
    umbrales: Umbrales = UMBRALES,
) -> ResultadoActividad:
    """Una actividad completa en un corte. Regla ACTIVIDAD.

    El último del historial es el periodo que se corta. `P_original` no mira la situación.
    """
    hitos = list(hitos)
    hecho = ejecutado_de(modo, historial, meta=meta, hitos=hitos, obligados=obligados)
    validado = bool(historial) and historial[-1].validado
    medida = semaforo_actividad(
        situacion=situacion,
        ejecutado=hecho.ejecutado,
        programado=programado_de(
            modo,
            inicio=inicio,
            fin=fin_vigente,
            corte=corte,
            situacion=situacion,
            suspendida_desde=suspendida_desde,
            hitos=[(hito.fecha_vigente, hito.peso) for hito in hitos],
        ),
        fin_vigente=fin_vigente,
        corte=corte,
        exigible=exigible,
        validado=validado,
        umbrales=umbrales,
    )
    original = programado_original_de(
        modo,
        inicio=inicio,
        fin_original=fin_original,
        corte=corte,
        hitos=[(hito.fecha_original, hito.peso) for hito in hitos],
    )
    return ResultadoActividad(
        **vars(medida),
        programado_original=original,
        arrastrado=exigible and not validado,
        acumulado=hecho.acumulado,
        cumplimiento_sin_tope=hecho.cumplimiento_sin_tope,
    )
