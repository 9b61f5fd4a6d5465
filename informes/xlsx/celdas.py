"""Las celdas del libro: su estilo, su texto sin lo que Excel no admite, y nunca una fórmula."""

import re
from copy import copy
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

from informes.diccionario import COLOR, DINERO, ENTERO, FECHA, MOMENTO, NUMERO, PUNTOS, TEXTO
from matrices.calculo import ASPECTOS, aspecto

MAXIMO_DE_EXCEL = 32_767
FORMATOS = {
    TEXTO: "@",
    COLOR: "@",
    ENTERO: "0",
    NUMERO: "#,##0.00",
    PUNTOS: "0.00",
    DINERO: '"Q"#,##0.00',
    FECHA: "dd/mm/yyyy",
    MOMENTO: "dd/mm/yyyy hh:mm",
}
ENCABEZADO = "ENCABEZADO"
NO_CABEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plano << 16 | fin) for plano in range(17) for fin in (0xFFFE, 0xFFFF))
    + "]"
)


def celda(hoja: Any, valor: Any, formato: str, estilos: dict[str, Any]) -> Cell | None:
    """Una celda con su estilo; los estilos se comparten, que es lo que cuesta hacer."""
    if valor is None:
        return None
    if formato == COLOR:
        vista = aspecto(valor)
        return _texto(hoja, vista.palabra, estilos[vista.codigo])
    if isinstance(valor, str):
        return _texto(hoja, valor, estilos[formato if formato in {TEXTO, ENCABEZADO} else TEXTO])
    una = WriteOnlyCell(hoja, valor)
    una._style = estilos[formato]
    return una


def _texto(hoja: Any, valor: str, estilo: Any) -> Cell:
    una = WriteOnlyCell(hoja, limpio(valor))
    una.data_type = "s"  # «=1+1» y «#N/A» son texto
    una._style = estilo
    return una


def limpio(texto: str) -> str:
    """El texto sin lo que XML o Excel no admiten: controles, sustitutos y no caracteres."""
    return NO_CABEN.sub("", texto)[:MAXIMO_DE_EXCEL]


def dar_estilos(cuaderno: Workbook) -> dict[str, Any]:
    """Un estilo por formato y por color; se arman una vez y las celdas los comparten."""
    hoja = cuaderno.create_sheet("estilos")
    borde = Border(bottom=Side(style="hair", color="C5CCD6"))
    letra = {"name": "Calibri", "size": 11}
    estilos = {}
    for formato, numeros in FORMATOS.items():
        muestra = WriteOnlyCell(hoja, "")
        muestra.number_format = numeros
        muestra.font = Font(**letra)
        muestra.border = borde
        muestra.alignment = Alignment(vertical="top", wrap_text=formato == TEXTO)
        muestra.quotePrefix = formato == TEXTO
        estilos[formato] = copy(muestra._style)
    for vista in ASPECTOS.values():
        muestra = WriteOnlyCell(hoja, "")
        muestra.number_format = FORMATOS[COLOR]
        muestra.border = borde
        muestra.fill = PatternFill("solid", fgColor=vista.fondo.lstrip("#"))
        muestra.font = Font(bold=True, color=vista.texto.lstrip("#"), **letra)
        muestra.alignment = Alignment(horizontal="center", vertical="top")
        muestra.quotePrefix = True
        estilos[vista.codigo] = copy(muestra._style)
    muestra = WriteOnlyCell(hoja, "")
    muestra.number_format = FORMATOS[TEXTO]
    muestra.fill = PatternFill("solid", fgColor="1B2A3A")
    muestra.font = Font(bold=True, color="FFFFFF", **letra)
    muestra.alignment = Alignment(vertical="center", wrap_text=True)
    muestra.quotePrefix = True
    estilos[ENCABEZADO] = copy(muestra._style)
    cuaderno.remove(hoja)
    return estilos
