"""Los indicadores de resultado y los meses en los dos relojes del año (dominio §7.7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from matrices.calculo.numeros import CERO, CIEN, CUENTA, Numero, a_dos, finito, porciento, suma


@dataclass(frozen=True)
class Indicador:
    """Lo recorrido de la base a la meta, en %; recortado a 0–100 sólo para dibujarlo."""

    avance: Decimal | None
    avance_grafica: Decimal | None


@dataclass(frozen=True)
class Meses:
    """Un año en los dos relojes: semestres del plan y cuatrimestres del Estado."""

    s1: Decimal
    s2: Decimal
    c1: Decimal
    c2: Decimal
    c3: Decimal
    total: Decimal


def indicador(base: Numero | None, meta: Numero | None, valor: Numero | None) -> Indicador:
    """Avance de base a meta, en cualquier sentido. Regla INDICADOR.

    Puede ser menor que 0 o mayor que 100. None sin base, sin valor, o si meta y base coinciden.
    """
    if base is None or meta is None or valor is None or base == meta:
        return Indicador(None, None)
    recorrido = CUENTA.subtract(finito(valor), finito(base))
    avance = a_dos(porciento(recorrido, CUENTA.subtract(finito(meta), Decimal(base))))
    return Indicador(avance, a_dos(min(max(avance, CERO), CIEN)))


def meses(cantidades: Sequence[Numero]) -> Meses:
    """De doce meses a semestres y cuatrimestres. Regla MESES."""
    if len(cantidades) != 12:
        raise ValueError(f"Un año tiene doce meses, y se dieron {len(cantidades)}.")
    tramos = {"s1": (0, 6), "s2": (6, 12), "c1": (0, 4), "c2": (4, 8), "c3": (8, 12)}
    sumas = {nombre: a_dos(suma(cantidades[de:a])) for nombre, (de, a) in tramos.items()}
    return Meses(**sumas, total=a_dos(suma(cantidades)))
