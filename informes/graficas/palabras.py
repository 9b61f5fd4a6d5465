"""Cómo se dice en una gráfica lo que el contenido trae: cifras, nombres y renglones."""

from collections.abc import Sequence
from decimal import Decimal

from informes.contenido import Contenido, Nivel
from matrices.calculo import SIN_DATO, a_uno


def nombre_corto(c: Contenido, nivel: Nivel) -> str:
    """«Plan», o el programa por su número y su nombre."""
    if nivel.nivel == "PLAN":
        return c.plan.sigla or c.plan.codigo
    return f"{nivel.codigo}. {nivel.nombre}" if nivel.nombre else nivel.codigo


def dado(valor: Decimal | None) -> Decimal:
    """El valor de lo que ya se sabe que tiene uno."""
    if valor is None:
        raise ValueError("Se quiso dibujar una cifra que no hay.")
    return valor


def flotante(valor: Decimal | None) -> float | None:
    """Con un decimal, para el eje; None si no hay."""
    return None if valor is None else float(a_uno(valor))


def a_un_decimal(valor: Decimal | None) -> str:
    """Con un decimal y el signo menos tipográfico; «n/d» si no hay."""
    return SIN_DATO.palabra if valor is None else f"{a_uno(valor):,}".replace("-", "−")


def cuantas_acciones(cuantas: int) -> str:
    """«1 acción» o «n acciones»."""
    return f"{cuantas} acciones" if cuantas != 1 else "1 acción"


def enumerar(partes: Sequence[str]) -> str:
    """«a, b y c»."""
    return " y ".join([", ".join(partes[:-1]), partes[-1]] if len(partes) > 1 else partes)


def en_renglon(texto: str, largo: int) -> str:
    """Cortado con puntos suspensivos si no cabe en uno."""
    return texto if len(texto) <= largo else f"{texto[: largo - 1].rstrip()}…"


def en_renglones(texto: str, largo: int) -> list[str]:
    """Partido por palabras en renglones que caben."""
    renglones = [""]
    for palabra in texto.split():
        if renglones[-1] and len(renglones[-1]) + len(palabra) >= largo:
            renglones.append("")
        renglones[-1] = f"{renglones[-1]} {palabra}".strip()
    return renglones
