"""Las gráficas del informe: del contenido a Vega-Lite; el título de cada una es su hallazgo.

Cada especificación trae en `data.values` la tabla que la acompaña, con sus columnas como se leen, y
en `description` lo que oye quien no la ve. El color nunca va solo: lleva forma y palabra.
"""

from typing import Any

from informes.contenido import Contenido
from informes.graficas.avance import brechas, fisico_financiero, serie
from informes.graficas.estado import colores, cuadricula, mosaico
from informes.graficas.logros import resultados
from informes.graficas.recepcion import llegada
from informes.graficas.trazos import (
    ANCHO,
    AZUL,
    CADA_COLOR,
    CLARO,
    EN_ATRASO,
    FORMAS,
    GRIS,
    LETRA,
    TINTA,
    VEGA_LITE,
    Fila,
    Grafica,
    fuente,
)

__all__ = [
    "ANCHO",
    "AZUL",
    "CADA_COLOR",
    "CLARO",
    "EN_ATRASO",
    "FORMAS",
    "GRIS",
    "LETRA",
    "TINTA",
    "VEGA_LITE",
    "Fila",
    "Grafica",
    "brechas",
    "colores",
    "cuadricula",
    "fisico_financiero",
    "fuente",
    "llegada",
    "mosaico",
    "resultados",
    "serie",
    "tabla",
    "todas",
]


def todas(c: Contenido) -> dict[str, Grafica]:
    """Las del contenido que tienen qué mostrar, por su nombre."""
    cuales = {
        "colores": colores(c),
        "cuadricula": cuadricula(c),
        "mosaico": mosaico(c),
        "serie": serie(c),
        "brechas": brechas(c),
        "llegada": llegada(c),
        "fisico_financiero": fisico_financiero(c),
        "resultados": resultados(c),
    }
    return {nombre: una for nombre, una in cuales.items() if una["data"]["values"]}


def tabla(grafica: Grafica) -> tuple[list[str], list[list[Any]]]:
    """Encabezados y filas de la gráfica, sin lo que sólo sirve para dibujar (`_…`)."""
    filas = grafica["data"]["values"]
    columnas = [nombre for nombre in (filas[0] if filas else {}) if not nombre.startswith("_")]
    return columnas, [[fila.get(columna) for columna in columnas] for fila in filas]
