"""La serie de hoy, la serie como se publicó, y cuándo una corrección es material (dominio §7.7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from matrices.calculo.ejecutado import ejecutado_meta
from matrices.calculo.numeros import Numero, diferencia
from matrices.calculo.umbrales import UMBRALES, Umbrales


@dataclass(frozen=True)
class PeriodoRectificable:
    """La cantidad de un periodo y, si se rectificó, la nueva y desde qué corte se conoce."""

    periodo: str
    ejecutado: Decimal | None
    rectificado: Decimal | None = None
    conocido_desde: str | None = None


@dataclass(frozen=True)
class Punto:
    """Un periodo de una serie."""

    periodo: str
    acumulado: Decimal
    ejecutado: Decimal


@dataclass(frozen=True)
class Series:
    """Lo mismo visto hoy y como se publicó en cada corte."""

    vigente: tuple[Punto, ...]
    como_se_publico: tuple[Punto, ...]


def series(meta: Numero, periodos: Sequence[PeriodoRectificable]) -> Series:
    """La serie vigente y la serie como se publicó. Regla RECTIFICACION.

    Los periodos van en orden y su código se ordena como texto («2021-S1» < «2021-S2»).
    """
    hoy, entonces = [], []
    for k, este in enumerate(periodos):
        hasta = periodos[: k + 1]
        hoy.append(_punto(meta, este.periodo, [_cantidad(uno, None) for uno in hasta]))
        publicadas = [_cantidad(uno, este.periodo) for uno in hasta]
        entonces.append(_punto(meta, este.periodo, publicadas))
    return Series(tuple(hoy), tuple(entonces))


def _punto(meta: Numero, periodo: str, cantidades: list[Decimal | None]) -> Punto:
    por_meta = ejecutado_meta(meta, cantidades)
    return Punto(periodo, por_meta.acumulado, por_meta.ejecutado)


def _cantidad(uno: PeriodoRectificable, en: str | None) -> Decimal | None:
    """La que se conocía en el corte de un periodo; con None, la que se conoce hoy."""
    if uno.conocido_desde is None or (en is not None and en < uno.conocido_desde):
        return uno.ejecutado
    return uno.rectificado


def rectificacion_material(
    antes: tuple[Decimal | None, str | None],
    despues: tuple[Decimal | None, str | None],
    *,
    umbrales: Umbrales = UMBRALES,
) -> bool:
    """Si obliga a fe de erratas: cambia el color de la acción, o su E lo bastante.

    Recibe el E guardado y el color, antes y después. Regla RECTIFICACION_MATERIAL.
    """
    (e_antes, color_antes), (e_despues, color_despues) = antes, despues
    puntos = diferencia(e_despues, e_antes)
    if puntos is None:
        return (e_antes, color_antes) != (e_despues, color_despues)
    return color_antes != color_despues or abs(puntos) >= umbrales.puntos_material
