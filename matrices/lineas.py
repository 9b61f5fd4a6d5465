"""Dónde va cada trazo de una acción: sus fechas en el tiempo y su tendencia, en un cuadro fijo.

Sólo posiciones para dibujar, como texto con punto decimal; las cifras ya vienen hechas.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from acciones.models import Plan
from matrices.models import Periodo
from matrices.panorama import Punto, Renglon

ANCHO, RENGLON = 1000, 26
IZQUIERDA, ALTO = 60, 200
MARGEN = 24


@dataclass(frozen=True)
class Barra:
    """Una actividad en la línea del tiempo; `original` es donde terminaba, si era otra fecha."""

    renglon: Renglon
    y: str
    x: str
    ancho: str
    original: str = ""


@dataclass(frozen=True)
class Cronograma:
    """La línea del tiempo entera: sus años, el día del corte y una barra por actividad."""

    alto: int
    anios: list[tuple[str, int]]
    corte: str
    barras: list[Barra]


def cronograma(
    renglones: Sequence[Renglon], plan: Plan, periodo: Periodo | None
) -> Cronograma | None:
    """Las fechas de las actividades, de inicio a fin del plan; None si no hay ninguna."""
    if not renglones:
        return None
    desde = min([plan.inicio, *(uno.actividad.inicio for uno in renglones)])
    hasta = max(
        [
            plan.fin,
            *(max(uno.actividad.fin_vigente, uno.actividad.fin_original) for uno in renglones),
        ]
    )
    lugar = _Regla(desde, hasta)
    return Cronograma(
        alto=RENGLON * len(renglones) + MARGEN,
        anios=[
            (lugar.de(max(date(anio, 1, 1), desde)), anio)
            for anio in range(desde.year, hasta.year + 1)
        ],
        corte=lugar.de(periodo.corte) if periodo else "",
        barras=[_barra(uno, turno, lugar) for turno, uno in enumerate(renglones)],
    )


class _Regla:
    """De una fecha a su lugar en el ancho del dibujo."""

    def __init__(self, desde: date, hasta: date):
        self._desde, self._dias = desde, max((hasta - desde).days, 1)

    def de(self, dia: date) -> str:
        lugar = IZQUIERDA + (ANCHO - IZQUIERDA) * (dia - self._desde).days / self._dias
        return _texto(min(max(lugar, IZQUIERDA), ANCHO))


def _barra(renglon: Renglon, turno: int, lugar: _Regla) -> Barra:
    una = renglon.actividad
    x, fin = lugar.de(una.inicio), lugar.de(una.fin_vigente)
    return Barra(
        renglon=renglon,
        y=_texto(MARGEN + RENGLON * turno),
        x=x,
        ancho=_texto(max(float(fin) - float(x), 3)),
        original=lugar.de(una.fin_original) if una.fin_original != una.fin_vigente else "",
    )


@dataclass(frozen=True)
class Marca:
    """Un semestre en la tendencia: dónde cae y qué vale."""

    punto: Punto
    x: str
    ejecutado: str
    programado: str


@dataclass(frozen=True)
class Tendencia:
    """E y P por semestre, de 0 a 100; las marcas y las líneas que las unen."""

    marcas: list[Marca]
    ejecutado: str
    programado: str
    guias: list[tuple[str, int]]


def tendencia(puntos: Iterable[Punto]) -> Tendencia | None:
    """La de los semestres que tienen cifras; None con menos de dos."""
    medidos = [uno for uno in puntos if uno.resultado.ejecutado is not None]
    if len(medidos) < 2:
        return None
    paso = (ANCHO - IZQUIERDA - 60) / (len(medidos) - 1)
    marcas = [
        Marca(
            uno,
            _texto(IZQUIERDA + 20 + paso * turno),
            _alto(uno.resultado.ejecutado),
            _alto(uno.resultado.programado),
        )
        for turno, uno in enumerate(medidos)
    ]
    return Tendencia(
        marcas,
        " ".join(f"{una.x},{una.ejecutado}" for una in marcas),
        " ".join(f"{una.x},{una.programado}" for una in marcas),
        [(_alto(Decimal(guia)), guia) for guia in (0, 25, 50, 75, 100)],
    )


def _alto(valor: Decimal | None) -> str:
    """De 0 abajo a 100 arriba."""
    return _texto(ALTO - 20 - (ALTO - 40) * float(valor or 0) / 100)


def _texto(lugar: float) -> str:
    return f"{lugar:.1f}"
