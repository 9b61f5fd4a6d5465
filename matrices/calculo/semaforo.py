"""De E y P guardados al índice, la brecha y el color (dominio §7.4)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from matrices.calculo.colores import Semaforo
from matrices.calculo.numeros import (
    CIEN,
    Numero,
    a_dos,
    diferencia,
    ejecutado_a_dos,
    en_puntos,
    porciento,
)
from matrices.calculo.terminos import CANCELADA, SUSPENDIDA, situacion_valida
from matrices.calculo.umbrales import UMBRALES, Umbrales


@dataclass(frozen=True)
class Medida:
    """E y P guardados con lo que sale de ellos: IC, brecha y color."""

    ejecutado: Decimal | None
    programado: Decimal | None
    indice: Decimal | None
    brecha: Decimal | None
    semaforo: Semaforo | None


def indice(ejecutado: Decimal | None, programado: Decimal | None) -> Decimal | None:
    """IC de E y P guardados, sin tope y con dos decimales; None si P es 0 o falta algo. §7.4."""
    if ejecutado is None or not programado:
        return None
    return a_dos(porciento(ejecutado, programado))


def brecha(ejecutado: Decimal | None, programado: Decimal | None) -> Decimal | None:
    """E − P, en puntos. §7.4."""
    return diferencia(ejecutado, programado)


def semaforo_actividad(
    *,
    situacion: str,
    ejecutado: Numero,
    programado: Numero | None,
    fin_vigente: date,
    corte: date,
    exigible: bool,
    validado: bool,
    umbrales: Umbrales = UMBRALES,
) -> Medida:
    """Color de una actividad desde su E y su P guardados y sus términos. Regla SEMAFORO.

    También rehace el de un corte: no mira más que lo que recibe.
    """
    hecho = ejecutado_a_dos(en_puntos(ejecutado, "E"))
    if situacion_valida(situacion) == CANCELADA:
        return Medida(hecho, None, None, None, Semaforo.CANCELADA)
    if programado is None:
        raise ValueError("Falta P: sólo una actividad cancelada no lo tiene.")
    color = Semaforo.SUSPENDIDA if situacion == SUSPENDIDA else None
    return medida_de(
        hecho,
        a_dos(en_puntos(programado, "P")),
        umbrales,
        color=color,
        sin_reporte=exigible and not validado,
        vencida=corte > fin_vigente,
    )


def medida_de(
    ejecutado: Decimal,
    programado: Decimal,
    umbrales: Umbrales,
    *,
    color: Semaforo | None = None,
    sin_reporte: bool = False,
    vencida: bool = False,
) -> Medida:
    """IC, brecha y color (filas 4 a 9 de §7.4, salvo que el color venga dado)."""
    ic, puntos = indice(ejecutado, programado), brecha(ejecutado, programado)
    if color is None and ejecutado == CIEN:
        color = Semaforo.FINALIZADA
    if color is None and sin_reporte:
        color = Semaforo.SIN_REPORTE
    if color is None and vencida:
        color = Semaforo.VENCIDA
    color = color or _por_umbrales(ejecutado, programado, umbrales)
    return Medida(ejecutado, programado, ic, puntos, color)


def _por_umbrales(ejecutado: Decimal, programado: Decimal, umbrales: Umbrales) -> Semaforo:
    """Filas 7 a 9: nunca rojo mientras lo programado es poco."""
    if programado == 0:
        return Semaforo.NO_INICIADA if ejecutado == 0 else Semaforo.ADELANTADA
    if programado < umbrales.p_minimo:
        cerca = a_dos(ejecutado - programado) >= umbrales.brecha_minima
        return Semaforo.VERDE if cerca else Semaforo.AMARILLO
    ic = a_dos(porciento(ejecutado, programado))
    if ic >= umbrales.verde_desde:
        return Semaforo.VERDE
    return Semaforo.AMARILLO if ic >= umbrales.amarillo_desde else Semaforo.ROJO
