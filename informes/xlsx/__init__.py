"""El libro de un informe: una hoja por tabla, con números y fechas de verdad.

Dibuja un `Contenido` y nada más: no consulta, no calcula, no mira el reloj. Del mismo contenido
salen los mismos octetos. Ningún texto de una persona llega a ser fórmula.
"""

import re
import shutil
from collections.abc import Iterable, Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.writer.excel import ExcelWriter

from informes.contenido import Contenido
from informes.diccionario import (
    COLOR,
    DINERO,
    ENTERO,
    FECHA,
    GRAFICAS,
    HOJAS,
    NUMERO,
    PUNTOS,
    TEXTO,
    Columna,
)
from informes.xlsx import dibujos
from informes.xlsx.celdas import ENCABEZADO, celda, dar_estilos, limpio
from informes.xlsx.filas import FILAS, HORA_DE_GUATEMALA

AUTOR = "Secretaría Técnica del Consejo Nacional de Seguridad"
CARTA = "1"
ANCHOS = {TEXTO: 16, COLOR: 14, ENTERO: 10, NUMERO: 14, PUNTOS: 11, DINERO: 20, FECHA: 12}
ANCHO_DE_LECTURA, ANCHO_DE_NOMBRE = 60, 32
CARACTERES_POR_PAGINA = 230
PUNTOS_POR_RENGLON, RENGLONES_A_LO_SUMO = 15, 8
DE_LECTURA = {
    "enunciado",
    "descripcion",
    "impacto",
    "logro",
    "limitante",
    "medida",
    "texto",
    "respuesta",
    "motivo",
    "antes",
    "despues",
    "significado",
    "regla",
    "indicador",
    "licencia",
    "titulo",
    "umbrales",
}
DE_NOMBRE = {"nombre", "cooperantes", "participantes", "columna", "acto", "fuente", "acciones"}
DE_NOMBRE |= {"edicion", "contacto", "huella", "programa_presupuestario", "documento", "norma"}
PROHIBIDOS = re.compile(r"(^xl/(externalLinks|comments|vbaProject|embeddings|pivotCache))")
NOMBRES = re.compile(rb'<definedName name="_xlnm\._FilterDatabase"[^>]*>[^<]*</definedName>')
LISTA_VACIA = re.compile(rb"<definedNames\s*/>|<definedNames>\s*</definedNames>")


class LibroInvalido(Exception):
    """El libro escrito no dice lo que debe: no se publica."""


def libro(contenido: Contenido) -> bytes:
    """El libro entero, en octetos XLSX."""
    cuaderno = Workbook(write_only=True)
    estilos = dar_estilos(cuaderno)
    for nombre in HOJAS:
        _hoja(cuaderno, nombre, contenido, estilos)
    for nombre in GRAFICAS:
        hoja = cuaderno.create_sheet(nombre)
        _imprimible(hoja, contenido)
        dibujos.poner(hoja, cuaderno, contenido, estilos)
    _propiedades(cuaderno, contenido)
    salida = BytesIO()
    ExcelWriter(cuaderno, Archivo(salida, contenido.corte.momento)).save()
    return salida.getvalue()


def verificar(octetos: bytes, contenido: Contenido) -> None:
    """Lo abre otra vez. Lanza LibroInvalido si no están sus hojas, filas y encabezados."""
    with ZipFile(BytesIO(octetos)) as archivo:
        ajenas = [nombre for nombre in archivo.namelist() if PROHIBIDOS.search(nombre)]
    cuaderno = load_workbook(BytesIO(octetos), read_only=True)
    if ajenas or cuaderno.sheetnames != [*HOJAS, *GRAFICAS]:
        raise LibroInvalido(f"Sus partes no son las debidas: {ajenas or cuaderno.sheetnames}.")
    for nombre, columnas in HOJAS.items():
        hoja = cuaderno[nombre]
        filas = list(hoja.iter_rows())
        if hoja.sheet_state != "visible" or any(uno.data_type == "f" for f in filas for uno in f):
            raise LibroInvalido(f"{nombre} está oculta o trae fórmulas.")
        if [uno.value for uno in filas[0]] != [una.encabezado for una in columnas]:
            raise LibroInvalido(f"{nombre} no trae sus encabezados.")
        if len(filas) - 1 != len(list(FILAS[nombre](contenido))):
            raise LibroInvalido(f"{nombre} trae {len(filas) - 1} filas.")


# ---- las hojas


def _hoja(cuaderno: Workbook, nombre: str, contenido: Contenido, estilos: dict[str, Any]) -> None:
    columnas, hoja = HOJAS[nombre], cuaderno.create_sheet(nombre)
    filas = list(FILAS[nombre](contenido))
    anchos = [
        _ancho(columna, [fila[lugar] for fila in filas]) for lugar, columna in enumerate(columnas)
    ]
    hoja.freeze_panes = "A2" if nombre == "0_Leame" else "C2"
    for numero, ancho in enumerate(anchos, start=1):
        hoja.column_dimensions[get_column_letter(numero)].width = ancho
    _imprimible(hoja, contenido, a_lo_ancho=sum(anchos) // CARACTERES_POR_PAGINA + 1)
    hoja.print_title_rows = "1:1"
    hoja.append([celda(hoja, una.encabezado, ENCABEZADO, estilos) for una in columnas])
    formatos = [una.formato for una in columnas]
    cuantas = 1
    for fila in filas:
        hoja.row_dimensions[cuantas + 1].height = _alto(fila, anchos)
        hoja.append(
            [
                celda(hoja, valor, formato, estilos)
                for valor, formato in zip(fila, formatos, strict=True)
            ]
        )
        cuantas += 1
    hoja.auto_filter.ref = f"A1:{get_column_letter(len(columnas))}{cuantas}"


def _ancho(columna: Columna, valores: Iterable[Any]) -> int:
    """En caracteres; un código largo ensancha su columna, hasta donde se lee un nombre."""
    if columna.nombre in DE_LECTURA:
        return ANCHO_DE_LECTURA
    if columna.nombre in DE_NOMBRE:
        return ANCHO_DE_NOMBRE
    base = max(ANCHOS.get(columna.formato, 18), len(columna.encabezado) + 4)
    if columna.formato != TEXTO:
        return base
    largo = max((len(str(valor)) for valor in valores if valor is not None), default=0) + 3
    return max(base, min(largo, ANCHO_DE_NOMBRE))


def _alto(fila: Sequence[Any], anchos: Sequence[int]) -> float:
    """El alto de un renglón, en puntos, para que se lea su texto más largo; con un tope.

    Va escrito: quien lo abre no lo calcula, y los textos se encimarían.
    """
    renglones = max(
        (
            sum(-(-len(parrafo) * 11 // (ancho * 10)) or 1 for parrafo in valor.split("\n"))
            for valor, ancho in zip(fila, anchos, strict=True)
            if isinstance(valor, str)
        ),
        default=1,
    )
    return PUNTOS_POR_RENGLON * min(renglones, RENGLONES_A_LO_SUMO) + 2


def _imprimible(hoja: Any, contenido: Contenido, *, a_lo_ancho: int = 1) -> None:
    """Apaisada, en las páginas de ancho que pida, con el aviso, la clase y el número de página."""
    hoja.page_setup.orientation = "landscape"
    hoja.page_setup.paperSize = CARTA
    hoja.page_setup.fitToHeight = 0
    hoja.page_setup.fitToWidth = a_lo_ancho
    hoja.sheet_properties.pageSetUpPr.fitToPage = True
    hoja.oddHeader.left.text = _impreso(f"Informe de Avances · {contenido.periodo.codigo}")
    hoja.oddHeader.center.text = _impreso(contenido.aviso_demo) or None
    hoja.oddHeader.right.text = _impreso(contenido.clase)
    hoja.oddFooter.left.text = _impreso(f"Corte {contenido.corte.numero}")
    hoja.oddFooter.center.text = _impreso(contenido.aviso_demo) or None
    hoja.oddFooter.right.text = "&P / &N"


def _impreso(texto: str) -> str:
    return texto.replace("&", "&&")


def _propiedades(cuaderno: Workbook, contenido: Contenido) -> None:
    momento = contenido.corte.momento.astimezone(HORA_DE_GUATEMALA).replace(tzinfo=None)
    propias = cuaderno.properties
    propias.creator = propias.lastModifiedBy = AUTOR
    propias.title = contenido.titulo
    propias.subject = f"{contenido.nombre_de_edicion}. {contenido.clase}."
    propias.category = contenido.clase
    propias.description = contenido.aviso_demo or None
    propias.language = "es-GT"
    propias.created = propias.modified = momento


class Archivo:
    """Un ZIP cuyas partes llevan la fecha del corte: los mismos datos dan los mismos octetos.

    Quita además el nombre oculto que openpyxl anota por cada filtro; el filtro no lo necesita.
    """

    def __init__(self, salida: BytesIO, momento: datetime) -> None:
        self._zip = ZipFile(salida, "w", ZIP_DEFLATED)
        self._fecha = momento.astimezone(HORA_DE_GUATEMALA).timetuple()[:6]
        self.namelist, self.close = self._zip.namelist, self._zip.close

    def writestr(self, nombre: str, datos: str | bytes) -> None:
        octetos = datos.encode() if isinstance(datos, str) else datos
        if nombre == "xl/workbook.xml":
            octetos = LISTA_VACIA.sub(b"", NOMBRES.sub(b"", octetos))
        self._zip.writestr(self._parte(nombre), octetos)

    def write(self, archivo: str, nombre: str) -> None:
        with Path(archivo).open("rb") as de, self._zip.open(self._parte(nombre), "w") as a:
            shutil.copyfileobj(de, a)

    def _parte(self, nombre: str) -> ZipInfo:
        parte = ZipInfo(nombre, self._fecha)
        parte.compress_type = ZIP_DEFLATED
        return parte


__all__ = ["AUTOR", "FILAS", "HOJAS", "LibroInvalido", "libro", "limpio", "verificar"]
