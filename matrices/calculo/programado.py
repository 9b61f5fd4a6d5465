"""P, lo programado al corte: por días, por hitos y con la actividad suspendida (dominio §7.2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from matrices.calculo.numeros import CIEN, Numero, a_dos, finito, porciento, suma
from matrices.calculo.terminos import (
    CANCELADA,
    HITOS,
    SUSPENDIDA,
    VIGENTE,
    modo_valido,
    situacion_valida,
)


@dataclass(frozen=True)
class Transcurso:
    """Días de una actividad, contando ambos extremos, y cuántos de ellos pasaron ya."""

    dias: int
    transcurridos: int


@dataclass(frozen=True)
class Hito:
    """Un hito de una actividad, con sus dos fechas."""

    numero: int
    peso: Decimal
    fecha_original: date
    fecha_vigente: date


def transcurso(inicio: date, fin: date, corte: date) -> Transcurso:
    """Días totales y transcurridos (0 a `dias`). ValueError si termina antes de empezar."""
    if fin < inicio:
        raise ValueError(f"Termina {fin}, antes de empezar {inicio}.")
    dias = (fin - inicio).days + 1
    return Transcurso(dias, min(max((corte - inicio).days + 1, 0), dias))


def programado_lineal(inicio: date, fin: date, corte: date) -> Decimal:
    """P al corte: días transcurridos entre días totales. Puntos 0–100. Regla P_LINEAL."""
    pasado = transcurso(inicio, fin, corte)
    return a_dos(porciento(pasado.transcurridos, pasado.dias))


def programado_hitos(hitos: Iterable[tuple[date, Numero]], corte: date) -> Decimal:
    """P al corte: suma de los pesos con fecha hasta él, él incluido. Regla P_HITOS."""
    hitos = list(hitos)
    pesos_de_hitos(peso for _fecha, peso in hitos)
    return a_dos(suma(peso for fecha, peso in hitos if fecha <= corte))


def programado_suspendida(inicio: date, fin: date, suspendida_desde: date, corte: date) -> Decimal:
    """P de una actividad suspendida: congelado en el día anterior. Regla P_SUSPENDIDA."""
    dia = dia_de_medida(corte, SUSPENDIDA, suspendida_desde)
    return programado_lineal(inicio, fin, dia)


def dia_de_medida(corte: date, situacion: str, suspendida_desde: date | None) -> date:
    """El día al que se mide P: el corte; el anterior a la suspensión si ésta ya empezó."""
    if situacion_valida(situacion) != SUSPENDIDA:
        return corte
    if suspendida_desde is None:
        raise ValueError("Una actividad suspendida necesita la fecha desde la que lo está.")
    return suspendida_desde - timedelta(days=1) if corte >= suspendida_desde else corte


def programado_de(
    modo: str,
    *,
    inicio: date,
    fin: date,
    corte: date,
    situacion: str = VIGENTE,
    suspendida_desde: date | None = None,
    hitos: Iterable[tuple[date, Numero]] = (),
) -> Decimal | None:
    """P de una actividad en cualquier modo y situación; None si está cancelada. §7.2.

    De cada hito, su fecha vigente y su peso; sólo los mira el modo HITOS.
    """
    if situacion_valida(situacion) == CANCELADA:
        return None
    return _programado(modo, inicio, fin, dia_de_medida(corte, situacion, suspendida_desde), hitos)


def programado_original_de(
    modo: str,
    *,
    inicio: date,
    fin_original: date,
    corte: date,
    hitos: Iterable[tuple[date, Numero]] = (),
) -> Decimal:
    """`P_original`: con las fechas originales, sin mirar suspensión ni cancelación. §7.2."""
    return _programado(modo, inicio, fin_original, corte, hitos)


def _programado(
    modo: str, inicio: date, fin: date, dia: date, hitos: Iterable[tuple[date, Numero]]
) -> Decimal:
    if modo_valido(modo) == HITOS:
        return programado_hitos(hitos, dia)
    return programado_lineal(inicio, fin, dia)


def pesos_de_hitos(pesos: Iterable[Numero]) -> None:
    """Suman 100; que falten (una matriz a medio escribir) da menos, que sobren no se acepta."""
    pesos = [finito(peso) for peso in pesos]
    if any(peso <= 0 for peso in pesos) or suma(pesos) > CIEN:
        raise ValueError("Los pesos de los hitos son mayores que cero y suman 100.")
