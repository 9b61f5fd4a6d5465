"""Lo que explica lo demás: lo que no se publica, y qué dice cada columna y cada código."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Retenido:
    """Cuántas filas no se publican por un mismo fundamento; `filas`: ACTIVIDAD, ACCION…"""

    filas: str
    fundamento: str
    cuantas: int


@dataclass(frozen=True, kw_only=True)
class Termino:
    """Qué es una columna: significado, unidad y regla."""

    columna: str
    significado: str
    unidad: str = ""
    regla: str = ""


@dataclass(frozen=True, kw_only=True)
class Codigo:
    """Un código de un catálogo y lo que quiere decir."""

    catalogo: str
    codigo: str
    significado: str
