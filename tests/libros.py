"""Llena, altera y lee libros de captura como lo haría una persona con su hoja de cálculo."""

import io
from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from matrices import libro

LOGRO = "Se capacitó a cuarenta personas en la cabecera departamental."


def bajado(persona, periodo, **opciones) -> bytes:
    """El libro de su institución, como lo baja esa persona."""
    return libro.libro_de(persona.institucion, periodo, para=persona, **opciones)


def abierto(octetos: bytes) -> Workbook:
    return load_workbook(io.BytesIO(octetos))


def guardado(cuaderno: Workbook) -> bytes:
    salida = io.BytesIO()
    cuaderno.save(salida)
    return salida.getvalue()


def columna(hoja: Worksheet, titulo: str) -> int:
    """El número de la columna con ese encabezado."""
    return next(celda.column for celda in hoja[1] if celda.value == titulo)


def fila(hoja: Worksheet, codigo: str, sub: str = "") -> int:
    """El número de la fila de esa actividad (y hito, sigla u observación, si la hoja los lleva)."""
    return next(
        celdas[0].row
        for celdas in hoja.iter_rows(min_row=2)
        if str(celdas[0].value) == codigo and (not sub or str(celdas[1].value) == sub)
    )


def celda(hoja: Worksheet, codigo: str, titulo: str, sub: str = "") -> Any:
    numero = fila(hoja, codigo, sub) if sub != "@" else fila(hoja, codigo)
    return hoja.cell(numero, columna(hoja, titulo))


def lleno(octetos: bytes, codigo: str = "", hoja: str = "Actividades", **valores: Any) -> bytes:
    """El libro con esos valores en la fila de esa actividad; los títulos, con «_» por espacio."""
    cuaderno = abierto(octetos)
    for titulo, valor in valores.items():
        celda(cuaderno[hoja], codigo, titulo.replace("_", " ")).value = valor
    return guardado(cuaderno)


def retocado(octetos: bytes, retoque: Callable[[Workbook], Any]) -> bytes:
    """El libro después de que alguien le hizo algo."""
    cuaderno = abierto(octetos)
    retoque(cuaderno)
    return guardado(cuaderno)


def archivo(octetos: bytes, nombre: str = "libro.xlsx") -> SimpleUploadedFile:
    return SimpleUploadedFile(nombre, octetos, content_type="application/octet-stream")
