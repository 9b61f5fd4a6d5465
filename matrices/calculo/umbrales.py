"""Los límites con que se colorea y se avisa; la cuenta los recibe, no los busca."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Umbrales:
    """Los límites del semáforo; son datos, y un corte guarda los que usó (dominio §7.4)."""

    version: int = 1
    verde_desde: Decimal = Decimal("90.00")
    amarillo_desde: Decimal = Decimal("70.00")
    p_minimo: Decimal = Decimal("10.00")
    brecha_minima: Decimal = Decimal("-5.00")
    cobertura_minima: Decimal = Decimal("80.00")
    puntos_material: Decimal = Decimal("5.00")


UMBRALES = Umbrales()
