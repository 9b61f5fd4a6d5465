"""El libro de un informe: una hoja por tabla, con números y fechas de verdad.

Dibuja un `Contenido` y nada más: no consulta, no calcula, no mira el reloj. Del mismo contenido
salen los mismos octetos. Ningún texto de una persona llega a ser fórmula.
"""

import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.writer.excel import ExcelWriter

from informes.contenido import Actividad, Contenido, Propuesta
from informes.diccionario import (
    COLOR,
    DINERO,
    ENTERO,
    FECHA,
    HOJAS,
    MOMENTO,
    NUMERO,
    PUNTOS,
    TEXTO,
    Columna,
)
from instituciones.canonico import huella
from matrices.calculo import ASPECTOS, aspecto

AUTOR = "Secretaría Técnica del Consejo Nacional de Seguridad"
HORA_DE_GUATEMALA = timezone(timedelta(hours=-6))  # sin horario de verano
MAXIMO_DE_EXCEL = 32_767
CARTA = "1"
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
ANCHOS = {TEXTO: 16, COLOR: 14, ENTERO: 10, NUMERO: 14, PUNTOS: 11, DINERO: 20, FECHA: 12}
ANCHO_DE_LECTURA, ANCHO_DE_NOMBRE = 60, 32
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
SIN_DATO = "n/d"
ENCABEZADO = "ENCABEZADO"
PROHIBIDOS = re.compile(r"(^xl/(externalLinks|comments|vbaProject|embeddings|pivotCache))")
NOMBRES = re.compile(rb'<definedName name="_xlnm\._FilterDatabase"[^>]*>[^<]*</definedName>')
NO_CABEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plano << 16 | fin) for plano in range(17) for fin in (0xFFFE, 0xFFFF))
    + "]"
)
LISTA_VACIA = re.compile(rb"<definedNames\s*/>|<definedNames>\s*</definedNames>")

Fila = tuple[Any, ...]


class LibroInvalido(Exception):
    """El libro escrito no dice lo que debe: no se publica."""


def libro(contenido: Contenido) -> bytes:
    """El libro entero, en octetos XLSX."""
    cuaderno = Workbook(write_only=True)
    estilos = _estilos(cuaderno)
    for nombre in HOJAS:
        _hoja(cuaderno, nombre, contenido, estilos)
    _propiedades(cuaderno, contenido)
    salida = BytesIO()
    ExcelWriter(cuaderno, _Archivo(salida, contenido.corte.momento)).save()
    return salida.getvalue()


def verificar(octetos: bytes, contenido: Contenido) -> None:
    """Lo abre otra vez. Lanza LibroInvalido si no están sus hojas, filas y encabezados."""
    with ZipFile(BytesIO(octetos)) as archivo:
        ajenas = [nombre for nombre in archivo.namelist() if PROHIBIDOS.search(nombre)]
    cuaderno = load_workbook(BytesIO(octetos), read_only=True)
    if ajenas or cuaderno.sheetnames != list(HOJAS):
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
    hoja.freeze_panes = "A2" if nombre == "0_Leame" else "C2"
    for numero, columna in enumerate(columnas, start=1):
        hoja.column_dimensions[get_column_letter(numero)].width = _ancho(columna)
    _imprimible(hoja, contenido)
    hoja.append([_celda(hoja, una.encabezado, ENCABEZADO, estilos) for una in columnas])
    formatos = [una.formato for una in columnas]
    cuantas = 1
    for fila in FILAS[nombre](contenido):
        hoja.append(
            [
                _celda(hoja, valor, formato, estilos)
                for valor, formato in zip(fila, formatos, strict=True)
            ]
        )
        cuantas += 1
    hoja.auto_filter.ref = f"A1:{get_column_letter(len(columnas))}{cuantas}"


def _celda(hoja: Any, valor: Any, formato: str, estilos: dict[str, Any]) -> Cell | None:
    """Una celda con su estilo; los estilos se comparten, que es lo que cuesta hacer."""
    if valor is None:
        return None
    if formato == COLOR:
        vista = aspecto(valor)
        return _texto(hoja, vista.palabra, estilos[vista.codigo])
    if isinstance(valor, str):
        return _texto(hoja, valor, estilos[formato if formato in {TEXTO, ENCABEZADO} else TEXTO])
    celda = WriteOnlyCell(hoja, valor)
    celda._style = estilos[formato]
    return celda


def _texto(hoja: Any, valor: str, estilo: Any) -> Cell:
    celda = WriteOnlyCell(hoja, limpio(valor))
    celda.data_type = "s"  # «=1+1» y «#N/A» son texto
    celda._style = estilo
    return celda


def limpio(texto: str) -> str:
    """El texto sin lo que XML o Excel no admiten: controles, sustitutos y no caracteres."""
    return NO_CABEN.sub("", texto)[:MAXIMO_DE_EXCEL]


def _ancho(columna: Columna) -> int:
    if columna.nombre in DE_LECTURA:
        return ANCHO_DE_LECTURA
    if columna.nombre in DE_NOMBRE:
        return ANCHO_DE_NOMBRE
    return max(ANCHOS.get(columna.formato, 18), len(columna.encabezado) + 4)


def _imprimible(hoja: Any, contenido: Contenido) -> None:
    """Apaisada, a lo ancho de una página, con el aviso, la clase y el número de página."""
    hoja.page_setup.orientation = "landscape"
    hoja.page_setup.paperSize = CARTA
    hoja.page_setup.fitToHeight = 0
    hoja.sheet_properties.pageSetUpPr.fitToPage = True
    hoja.oddHeader.left.text = _impreso(contenido.titulo)
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


# ---- los estilos


def _estilos(cuaderno: Workbook) -> dict[str, Any]:
    """Un estilo por formato y por color; se arman una vez y las celdas los comparten."""
    hoja = cuaderno.create_sheet("estilos")
    borde = Border(bottom=Side(style="hair", color="C5CCD6"))
    estilos = {}
    for formato, numeros in FORMATOS.items():
        muestra = WriteOnlyCell(hoja, "")
        muestra.number_format = numeros
        muestra.border = borde
        muestra.alignment = Alignment(vertical="top", wrap_text=formato == TEXTO)
        muestra.quotePrefix = formato == TEXTO
        estilos[formato] = copy(muestra._style)
    for vista in ASPECTOS.values():
        muestra = WriteOnlyCell(hoja, "")
        muestra.number_format = FORMATOS[COLOR]
        muestra.border = borde
        muestra.fill = PatternFill("solid", fgColor=vista.fondo.lstrip("#"))
        muestra.font = Font(bold=True, color=vista.texto.lstrip("#"))
        muestra.alignment = Alignment(horizontal="center", vertical="top")
        muestra.quotePrefix = True
        estilos[vista.codigo] = copy(muestra._style)
    muestra = WriteOnlyCell(hoja, "")
    muestra.number_format = FORMATOS[TEXTO]
    muestra.fill = PatternFill("solid", fgColor="1B2A3A")
    muestra.font = Font(bold=True, color="FFFFFF")
    muestra.alignment = Alignment(vertical="center", wrap_text=True)
    muestra.quotePrefix = True
    estilos[ENCABEZADO] = copy(muestra._style)
    cuaderno.remove(hoja)
    return estilos


# ---- las filas de cada hoja, en el orden de sus columnas


def _leame(contenido: Contenido) -> Iterator[Fila]:
    corte = contenido.corte
    titulo = " · ".join(uno for uno in (contenido.aviso_demo, contenido.titulo) if uno)
    yield (
        titulo,
        f"{contenido.nombre_de_edicion}. {contenido.clase}.",
        contenido.periodo.codigo,
        contenido.periodo.corte,
        corte.numero,
        huella(contenido.canonico()),
        corte.momento.astimezone(HORA_DE_GUATEMALA).replace(tzinfo=None),
        _umbrales(contenido),
        contenido.licencia,
        contenido.contacto,
    )


def _umbrales(contenido: Contenido) -> str:
    u = contenido.umbrales
    return (
        f"Versión {u.version}: verde desde {u.verde_desde}; amarillo desde {u.amarillo_desde}; con "
        f"P menor que {u.p_minimo}, verde desde brecha {u.brecha_minima}; cobertura mínima "
        f"{u.cobertura_minima}; material desde {u.puntos_material} puntos"
    )


def _resumen(contenido: Contenido) -> Iterator[Fila]:
    for uno in contenido.niveles:
        nd = SIN_DATO if uno.retenido else None
        yield (
            uno.nivel,
            uno.codigo,
            uno.nombre,
            uno.n_acciones,
            _o(uno.n_computadas, nd),
            _o(uno.programado, nd),
            _o(uno.ejecutado, nd),
            _o(uno.indice, nd),
            _o(uno.brecha, nd),
            uno.semaforo,
            _o(uno.cobertura, nd),
            uno.ejecutado_anterior,
            uno.delta,
        )


def _acciones(contenido: Contenido) -> Iterator[Fila]:
    for una in contenido.acciones:
        nd = SIN_DATO if una.retenido else None
        yield (
            una.orden,
            una.codigo,
            una.enunciado,
            una.programa,
            una.objetivo,
            una.ambito,
            una.rectora,
            _si(una.presunta),
            _lista(una.participantes),
            una.impacto,
            _o(una.programado, nd),
            _o(una.ejecutado, nd),
            _o(una.indice, nd),
            _o(una.brecha, nd),
            una.semaforo,
            _o(una.cobertura, nd),
            _o(una.ejecutado_base_original, nd),
            _o(una.programado_base_original, nd),
            _o(una.n_actividades, nd),
            _o(una.n_canceladas, nd),
            _o(una.exigidos, nd),
            _o(una.recibidos, nd),
            una.ejecutado_anterior,
        )


def _actividades(contenido: Contenido) -> Iterator[Fila]:
    for una in contenido.actividades:
        yield (*_terminos(una), *_cifras(una), *_declarado(una))


def _terminos(una: Actividad) -> Fila:
    return (
        una.accion,
        una.numero,
        una.descripcion,
        una.responsable,
        _lista(f"{otra.sigla} ({otra.rol.lower()})" for otra in una.cooperantes),
        una.inicio,
        una.fin_original,
        una.fin_vigente,
        una.situacion,
        una.modo,
        una.unidad,
        una.meta,
        una.peso,
    )


def _cifras(una: Actividad) -> Fila:
    return (
        una.ejecutado_periodo,
        una.acumulado,
        una.cumplimiento_sin_tope,
        una.programado,
        una.programado_original,
        una.ejecutado,
        una.indice,
        una.brecha,
        una.semaforo,
    )


def _declarado(una: Actividad) -> Fila:
    return (
        una.estado,
        _si(una.arrastrado),
        _si(una.extemporaneo),
        una.logro,
        una.limitante_tipo,
        una.limitante,
        una.medida_correctiva,
        una.fecha_medida,
        len(una.evidencias),
        una.visibilidad,
        una.clasificacion,
    )


def _instituciones(contenido: Contenido) -> Iterator[Fila]:
    for una in contenido.instituciones:
        nd = SIN_DATO if una.conteos_retenidos else None
        sin_cifras = SIN_DATO if una.retenido else None
        yield (
            una.sigla,
            una.nombre,
            una.rectora_de,
            _o(una.responsable_de, nd),
            _o(una.exigidos, nd),
            _o(una.recibidos, nd),
            _o(una.a_tiempo, nd),
            _o(una.observados, nd),
            _o(una.cobertura, nd),
            _o(una.oportunidad, nd),
            _o(una.programado, sin_cifras),
            _o(una.ejecutado, sin_cifras),
        )


def _presupuesto(contenido: Contenido) -> Iterator[Fila]:
    for una in contenido.presupuesto:
        yield (
            una.ejercicio,
            una.institucion,
            una.programa_presupuestario,
            una.asignado,
            una.vigente,
            una.devengado,
            una.pct_devengado,
            _si(una.conflicto),
            _lista(una.acciones),
        )


def _resultados(contenido: Contenido) -> Iterator[Fila]:
    """Una fila por valor; una sola, sin valor, donde aún no se ha medido."""
    for uno in contenido.resultados:
        for valor in uno.valores or (None,):
            yield (
                uno.codigo,
                uno.indicador,
                uno.unidad,
                uno.sentido,
                uno.base_anio,
                uno.base,
                uno.meta_anio,
                uno.meta,
                valor.fecha if valor else None,
                valor.valor if valor else None,
                valor.avance if valor else None,
                valor.fuente if valor else uno.fuente,
            )


def _propuestas(contenido: Contenido) -> Iterator[Fila]:
    for una in contenido.propuestas:
        yield (
            una.orden,
            una.grupo,
            una.enunciado,
            una.norma,
            _lista(una.iniciativas),
            una.rectora,
            una.accion,
            una.estado,
            una.desde,
            _ultimo_documento(una),
        )


def _ultimo_documento(una: Propuesta) -> str:
    return una.tramites[-1].documento if una.tramites else ""


def _igsns(contenido: Contenido) -> Iterator[Fila]:
    for una in contenido.igsns:
        yield (una.numero, una.periodo, una.institucion, una.texto, una.estado, una.respuesta)


def _alertas(contenido: Contenido) -> Iterator[Fila]:
    for una in contenido.alertas:
        yield (una.nivel, una.codigo, una.tipo, una.texto)


def _readecuaciones(contenido: Contenido) -> Iterator[Fila]:
    for una in contenido.readecuaciones:
        fila = f"{una.accion}.{una.numero}"
        yield (fila, una.tipo, una.original, una.vigente, una.acto, una.fecha)


def _correcciones(contenido: Contenido) -> Iterator[Fila]:
    for una in contenido.correcciones:
        yield (
            f"{una.periodo}, corte {una.corte}",
            una.fila,
            una.campo,
            una.antes,
            una.despues,
            una.motivo,
            _si(una.material),
        )


def _diccionario(contenido: Contenido) -> Iterator[Fila]:
    for uno in contenido.diccionario:
        yield (uno.columna, uno.significado, uno.unidad, uno.regla)


def _catalogos(contenido: Contenido) -> Iterator[Fila]:
    for uno in contenido.catalogos:
        yield (uno.catalogo, uno.codigo, uno.significado)


def _o(valor: Decimal | int | None, si_falta: str | None) -> Decimal | int | str | None:
    return si_falta if valor is None else valor


def _si(valor: bool) -> str:
    return "sí" if valor else "no"


def _lista(varios: Iterable[str]) -> str:
    return ", ".join(varios)


FILAS: dict[str, Callable[[Contenido], Iterator[Fila]]] = {
    "0_Leame": _leame,
    "1_Resumen": _resumen,
    "2_Acciones": _acciones,
    "3_Actividades": _actividades,
    "4_Instituciones": _instituciones,
    "5_Presupuesto": _presupuesto,
    "6_Resultados": _resultados,
    "7_Propuestas": _propuestas,
    "8_IGSNS": _igsns,
    "9_Alertas": _alertas,
    "10_Readecuaciones": _readecuaciones,
    "11_Correcciones": _correcciones,
    "12_Diccionario": _diccionario,
    "13_Catalogos": _catalogos,
}


class _Archivo:
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
