"""Dibuja un libro de captura: hojas protegidas sin clave, con sus celdas de captura libres.

Todo texto de una persona es texto, nunca fórmula; no hay nada oculto ni combinado. Los estilos se
hacen una vez y se comparten, que es lo que cuesta.
"""

import re
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.writer.excel import ExcelWriter

from matrices.hojas.columnas import NO, SI, Columna, Lista, Tipo

INSTRUCCIONES, LISTAS = "Instrucciones", "Listas"
VERSION = Columna("version", "Versión", Tipo.ENTERO, ancho=9, parte="control")
CONTROL = Columna("control", "Control", ancho=31, parte="control")
SELLO = "Sello"
FORMATOS = {
    Tipo.ENTERO: "#,##0",
    Tipo.NUMERO: "#,##0.00",
    Tipo.PUNTOS: "0.00",
    Tipo.DINERO: '"Q"#,##0.00',
    Tipo.FECHA: "dd/mm/yyyy",
}
MAXIMO_DE_EXCEL = 32_767
CARACTERES_POR_PAGINA = 230
PUNTOS_POR_RENGLON, RENGLONES_A_LO_SUMO, ANCHO_DE_PROSA = 13.5, 6, 104
LARGO_DE_AYUDA, LARGO_DE_TITULO = 250, 32
ENCABEZADO, LIBRE, FIJO, CONTROLADO = "encabezado", "libre", "fijo", "control"
MARCADO, ADVERTIDO = "marcado", "advertido"
CONVIENE = "Conviene mirar (no impide guardar):"
ENCABEZADO_LIBRE, TITULO, ROTULO, PROSA = "encabezado_libre", "titulo", "rotulo", "prosa"
AZUL, CIELO, GRIS, TENUE, CREMA = "1F3A5F", "2F6F8F", "F0F2F5", "6B7280", "FFFDF3"
ROSA, AMBAR = "FBD5D5", "FFE8B3"
NO_CABEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plano << 16 | fin) for plano in range(17) for fin in (0xFFFE, 0xFFFF))
    + "]"
)
ESCAPADO = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
FILTROS = re.compile(rb'<definedName name="_xlnm\._FilterDatabase"[^>]*>[^<]*</definedName>')
SIN_NOMBRES = re.compile(rb"<definedNames\s*/>|<definedNames>\s*</definedNames>")


@dataclass
class Fila:
    """Un renglón: sus valores, qué columnas se escriben y, por columna, qué corregir o mirar."""

    valores: dict[str, Any]
    libres: frozenset[str] = frozenset()
    comentarios: dict[str, str] = field(default_factory=dict)
    advertencias: dict[str, str] = field(default_factory=dict)


@dataclass
class Hoja:
    """Una hoja de captura: su nombre, columnas (sin las de control) y renglones."""

    nombre: str
    columnas: Sequence[Columna]
    filas: list[Fila]
    fijas: int = 1  # columnas que no se mueven al desplazarse

    @property
    def todas(self) -> list[Columna]:
        """Las columnas con las de control al final."""
        return [*self.columnas, VERSION, CONTROL]


@dataclass
class Cuaderno:
    """Un libro entero, antes de dibujarlo."""

    titulo: str
    instrucciones: list[tuple[str, str]]
    hojas: list[Hoja]
    sello: str
    autor: str
    aviso: str = ""  # arriba y en cada página impresa
    notas: list[str] = field(default_factory=list)  # lo que hay que corregir, celda por celda
    miradas: list[str] = field(default_factory=list)  # lo que conviene mirar y no impide nada


def escribir(cuaderno: Cuaderno) -> bytes:
    """El libro en octetos XLSX."""
    libro = Workbook(write_only=True)
    estilos = _estilos(libro)
    listas = _listas(cuaderno)
    _instrucciones(libro, cuaderno, estilos)
    for hoja in cuaderno.hojas:
        _captura(libro, hoja, cuaderno, estilos, listas)
    _hoja_de_listas(libro, listas, estilos)
    libro.properties.creator = libro.properties.lastModifiedBy = cuaderno.autor
    libro.properties.title = cuaderno.titulo
    libro.active = 0
    salida = BytesIO()
    ExcelWriter(libro, _SinNombresOcultos(salida, "w", ZIP_DEFLATED)).save()
    return salida.getvalue()


class _SinNombresOcultos(ZipFile):
    """Quita el nombre oculto que openpyxl anota por cada filtro; el filtro no lo necesita."""

    def writestr(self, zinfo_or_arcname, data, *args, **kwargs):
        if zinfo_or_arcname == "xl/workbook.xml":
            octetos = data.encode() if isinstance(data, str) else data
            data = SIN_NOMBRES.sub(b"", FILTROS.sub(b"", octetos))
        super().writestr(zinfo_or_arcname, data, *args, **kwargs)


def _captura(
    libro: Workbook,
    hoja: Hoja,
    cuaderno: Cuaderno,
    estilos: dict[Any, Any],
    listas: dict[str, tuple[str, Lista]],
) -> None:
    columnas, pagina = hoja.todas, libro.create_sheet(hoja.nombre)
    a_lo_ancho = sum(una.ancho for una in columnas) // CARACTERES_POR_PAGINA + 1
    _imprimible(pagina, cuaderno, a_lo_ancho=a_lo_ancho, titulos="1:1")
    pagina.freeze_panes = f"{get_column_letter(hoja.fijas + 1)}2"
    for numero, columna in enumerate(columnas, start=1):
        pagina.column_dimensions[get_column_letter(numero)].width = columna.ancho
    pagina.row_dimensions[1].height = 48
    for numero, fila in enumerate(hoja.filas, start=2):
        pagina.row_dimensions[numero].height = _alto(fila, columnas)
    ultima = len(hoja.filas) + 1
    for numero, columna in enumerate(columnas, start=1):
        validacion = _validacion(columna, listas)
        if validacion:
            letra = get_column_letter(numero)
            validacion.add(f"{letra}2:{letra}{max(ultima, 2)}")
            pagina.data_validations.append(validacion)
    pagina.append([_encabezado(pagina, una, estilos) for una in columnas])
    for fila in hoja.filas:
        pagina.append([_celda(pagina, fila, una, estilos) for una in columnas])
    pagina.auto_filter.ref = f"A1:{get_column_letter(len(columnas))}{max(ultima, 2)}"
    _proteger(pagina)


def _alto(fila: Fila, columnas: Sequence[Columna]) -> float:
    """El alto de un renglón, en puntos, para que se lea su texto más largo; con un tope."""
    renglones = 1
    for columna in columnas:
        valor = fila.valores.get(columna.nombre)
        if isinstance(valor, str) and len(valor) > columna.ancho:
            renglones = max(renglones, -(-len(valor) * 11 // (columna.ancho * 10)))
    return PUNTOS_POR_RENGLON * min(renglones, RENGLONES_A_LO_SUMO) + 3


def _proteger(pagina: Any) -> None:
    """Sin clave: se puede ensanchar, filtrar y copiar; las llaves no se pisan sin querer."""
    proteccion = pagina.protection
    proteccion.sheet = True
    proteccion.formatColumns = proteccion.formatRows = proteccion.autoFilter = False


def _imprimible(
    pagina: Any, cuaderno: Cuaderno, *, a_lo_ancho: int = 1, titulos: str | None = None
) -> None:
    """Apaisada, en las páginas de ancho que haga falta. Va antes de la primera fila."""
    pagina.page_setup.orientation = "landscape"
    pagina.page_setup.paperSize = "1"
    pagina.page_setup.fitToHeight = 0
    pagina.page_setup.fitToWidth = a_lo_ancho
    pagina.sheet_properties.pageSetUpPr.fitToPage = True
    pagina.print_title_rows = titulos
    pagina.oddHeader.left.text = cuaderno.titulo.replace("&", "&&")
    pagina.oddFooter.left.text = cuaderno.aviso.replace("&", "&&") or None
    pagina.oddFooter.right.text = "&P / &N"


def _encabezado(pagina: Any, columna: Columna, estilos: dict[Any, Any]) -> WriteOnlyCell:
    return _texto(
        pagina, columna.titulo, estilos[ENCABEZADO_LIBRE if columna.se_escribe else ENCABEZADO]
    )


def _celda(pagina: Any, fila: Fila, columna: Columna, estilos: dict[Any, Any]) -> Any:
    """Una celda con su estilo: libre, fija, de control; o marcada, por corregir o por mirar."""
    clase = LIBRE if columna.nombre in fila.libres else FIJO
    clase = CONTROLADO if columna.parte == "control" else clase
    error, mirar = (de.get(columna.nombre) for de in (fila.comentarios, fila.advertencias))
    libre = clase == LIBRE
    clase = MARCADO if error else ADVERTIDO if mirar else clase
    celda = _valor(
        pagina, fila.valores.get(columna.nombre), columna, estilos[clase, columna.tipo, libre]
    )
    dichos = [error, f"{CONVIENE}\n{mirar}" if mirar else ""]
    if comentario := "\n\n".join(dicho for dicho in dichos if dicho):
        celda.comment = Comment(limpio(comentario), "PESN", width=360, height=140)
    return celda


def _valor(pagina: Any, valor: Any, columna: Columna, estilo: Any) -> WriteOnlyCell:
    if columna.lista and columna.tipo == Tipo.LISTA and valor:
        valor = columna.lista.dicho(valor)
    elif columna.lista and isinstance(valor, list | tuple):
        valor = ", ".join(columna.lista.dicho(uno) for uno in valor)
    elif columna.tipo == Tipo.SI_NO and isinstance(valor, bool):
        valor = SI if valor else NO
    if isinstance(valor, str):
        return _texto(pagina, valor, estilo) if valor else _vacia(pagina, estilo)
    celda = WriteOnlyCell(pagina, valor)
    celda._style = estilo
    return celda


def _vacia(pagina: Any, estilo: Any) -> WriteOnlyCell:
    celda = WriteOnlyCell(pagina, None)
    celda._style = estilo
    return celda


def _texto(pagina: Any, texto: str, estilo: Any) -> WriteOnlyCell:
    celda = WriteOnlyCell(pagina, "")
    celda._value = escapado(limpio(texto))
    celda.data_type = "s"  # «=1+1» y «#N/A» son texto
    celda._style = estilo
    return celda


def limpio(texto: str) -> str:
    """El texto sin lo que XML o Excel no admiten: controles, sustitutos y no caracteres."""
    return NO_CABEN.sub("", texto)[:MAXIMO_DE_EXCEL]


def escapado(texto: str) -> str:
    """«_x000B_» escrito por alguien es ese texto: sin escapar, Excel lo lee como un control."""
    return ESCAPADO.sub("_x005F_", texto)


def _validacion(columna: Columna, listas: dict[str, tuple[str, Lista]]) -> DataValidation | None:
    """Lo que Excel deja escribir en una columna y la ayuda que muestra al pararse en ella."""
    if not columna.se_escribe:
        return None
    comun: dict[str, Any] = {
        "allow_blank": True,
        "showErrorMessage": True,
        "showInputMessage": bool(columna.ayuda),
        "promptTitle": columna.titulo[:LARGO_DE_TITULO] if columna.ayuda else None,
        "prompt": columna.ayuda[:LARGO_DE_AYUDA] or None,
        "errorTitle": columna.titulo[:LARGO_DE_TITULO],
    }
    if columna.tipo == Tipo.LISTA and columna.lista:
        return DataValidation(
            type="list",
            formula1=listas[columna.lista.nombre][0],
            error="Elija de la lista.",
            **comun,
        )
    if columna.tipo == Tipo.SI_NO:
        return DataValidation(type="list", formula1=f'"{SI},{NO}"', error="Elija Sí o No.", **comun)
    if columna.tipo == Tipo.FECHA:
        return DataValidation(
            type="date",
            operator="between",
            formula1="32874",  # 1990-01-01
            formula2="73415",  # 2100-12-31
            error="Escriba una fecha, como 31/12/2026.",
            **comun,
        )
    if columna.tipo in {Tipo.TEXTO, Tipo.VARIOS}:
        tope = columna.maximo or 1000
        return DataValidation(
            type="textLength",
            operator="lessThanOrEqual",
            formula1=str(tope),
            error=f"Pasa de {tope} caracteres.",
            **comun,
        )
    return _de_numero(columna, comun)


def _de_numero(columna: Columna, comun: dict[str, Any]) -> DataValidation:
    clase = "whole" if columna.tipo == Tipo.ENTERO else "decimal"
    if columna.maximo is None:
        return DataValidation(
            type=clase,
            operator="greaterThanOrEqual",
            formula1="0",
            error="Escriba un número desde cero.",
            **comun,
        )
    return DataValidation(
        type=clase,
        operator="between",
        formula1="0",
        formula2=str(columna.maximo),
        error=f"Escriba un número de 0 a {columna.maximo}.",
        **comun,
    )


# Las hojas que no se capturan ------------------------------------------------------------------
def _instrucciones(libro: Workbook, cuaderno: Cuaderno, estilos: dict[Any, Any]) -> None:
    pagina = libro.create_sheet(INSTRUCCIONES)
    pagina.column_dimensions["A"].width = 24
    pagina.column_dimensions["B"].width = ANCHO_DE_PROSA
    _imprimible(pagina, cuaderno)
    marcado, mirado, control = (
        (clase, Tipo.TEXTO, False) for clase in (MARCADO, ADVERTIDO, CONTROLADO)
    )
    renglones: list[tuple[str, Any, str, Any]] = [("", ROTULO, cuaderno.titulo, TITULO)]
    if cuaderno.aviso:
        renglones.append(("Aviso", ROTULO, cuaderno.aviso, ROTULO))
    renglones += [("Por corregir", ROTULO, nota, marcado) for nota in cuaderno.notas]
    renglones += [("Conviene mirar", ROTULO, nota, mirado) for nota in cuaderno.miradas]
    renglones += [(rotulo, ROTULO, texto, PROSA) for rotulo, texto in cuaderno.instrucciones]
    renglones.append((SELLO, ROTULO, cuaderno.sello, control))
    for numero, (rotulo, clase, texto, estilo) in enumerate(renglones, start=1):
        alto = PUNTOS_POR_RENGLON * -(-len(texto) * 11 // (ANCHO_DE_PROSA * 10)) + 4
        pagina.row_dimensions[numero].height = max(alto, 24 if estilo == TITULO else 0)
        pagina.append(
            [_texto(pagina, rotulo, estilos[clase]), _texto(pagina, texto, estilos[estilo])]
        )
    _proteger(pagina)


def _listas(cuaderno: Cuaderno) -> dict[str, tuple[str, Lista]]:
    """Por nombre, dónde queda cada lista en su hoja («Listas!$A$2:$A$9») y sus opciones."""
    todas: dict[str, Lista] = {}
    for hoja in cuaderno.hojas:
        for columna in hoja.columnas:
            if columna.lista:
                todas.setdefault(columna.lista.nombre, columna.lista)
    sitios = {}
    for numero, (nombre, lista) in enumerate(todas.items(), start=1):
        letra = get_column_letter(numero)
        sitio = f"{LISTAS}!${letra}$2:${letra}${max(len(lista.opciones), 1) + 1}"
        sitios[nombre] = (sitio, lista)
    return sitios


def _hoja_de_listas(
    libro: Workbook, listas: dict[str, tuple[str, Lista]], estilos: dict[Any, Any]
) -> None:
    pagina = libro.create_sheet(LISTAS)
    pagina.freeze_panes = "A2"
    todas = [lista for _sitio, lista in listas.values()]
    for numero, lista in enumerate(todas, start=1):
        ancho = max([len(lista.nombre), *(len(dicho) for _, dicho in lista.opciones)])
        pagina.column_dimensions[get_column_letter(numero)].width = min(max(ancho + 3, 12), 40)
    pagina.append([_texto(pagina, lista.nombre, estilos[ENCABEZADO]) for lista in todas])
    fijo = estilos[FIJO, Tipo.TEXTO, False]
    for turno in range(max((len(lista.opciones) for lista in todas), default=0)):
        pagina.append(
            [
                _texto(pagina, lista.opciones[turno][1], fijo)
                if turno < len(lista.opciones)
                else None
                for lista in todas
            ]
        )
    _proteger(pagina)


# Los estilos -----------------------------------------------------------------------------------
def _estilos(libro: Workbook) -> dict[Any, Any]:
    """Cada estilo, hecho una vez en una celda que no se escribe."""
    molde = WriteOnlyCell(libro.create_sheet("molde"), None)
    borde = Border(*[Side(style="thin", color="D3D8DF")] * 4)

    def estilo(
        fuente: Font,
        fondo: str = "",
        formato: str = "General",
        libre: bool = False,
        **alineado: Any,
    ) -> Any:
        molde.font = fuente
        molde.fill = PatternFill("solid", fgColor=fondo) if fondo else PatternFill()
        molde.alignment = Alignment(vertical="top", **alineado)
        molde.border = borde if fondo else Border()
        molde.number_format = formato
        molde.protection = Protection(locked=not libre)
        molde.quotePrefix = formato == "@"
        return copy(molde._style)

    claro = Font(name="Calibri", size=10, bold=True, color="FFFFFF")
    letra = Font(name="Calibri", size=10)
    estilos: dict[Any, Any] = {
        TITULO: estilo(Font(name="Calibri", size=15, bold=True, color=AZUL)),
        ROTULO: estilo(Font(name="Calibri", size=10, bold=True)),
        PROSA: estilo(letra, wrap_text=True),
        ENCABEZADO: estilo(claro, AZUL, "@", wrap_text=True),
        ENCABEZADO_LIBRE: estilo(claro, CIELO, "@", wrap_text=True),
    }
    tenue = Font(name="Calibri", size=8, color=TENUE)
    fondos = {LIBRE: (letra, CREMA), FIJO: (letra, GRIS), CONTROLADO: (tenue, GRIS)}
    fondos |= {MARCADO: (letra, ROSA), ADVERTIDO: (letra, AMBAR)}
    for clase, (fuente, fondo) in fondos.items():
        for tipo in Tipo:
            formato = FORMATOS.get(tipo, "@")
            for libre in (True, False):
                estilos[clase, tipo, libre] = estilo(
                    fuente, fondo, formato, libre, wrap_text=tipo in {Tipo.TEXTO, Tipo.VARIOS}
                )
    del libro["molde"]
    return estilos


def valores_de(fila: Fila, columnas: Iterable[Columna]) -> list[Any]:
    """Lo que se escribe en un renglón, en el orden de sus columnas de captura."""
    return [fila.valores.get(una.nombre) for una in columnas if una.se_escribe]
