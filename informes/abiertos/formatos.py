"""Una tabla abierta en CSV, JSON o XLSX, por trozos: la memoria no crece con las filas.

Los tres dicen lo mismo. En CSV y XLSX ningún texto llega a ser fórmula; el CSV lo consigue con un
apóstrofo delante.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from hashlib import sha256
from tempfile import TemporaryFile
from typing import Any, NamedTuple

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.writer.excel import ExcelWriter

from informes.abiertos.ediciones import Version
from informes.abiertos.tablas import Tabla
from informes.diccionario import COLOR, TEXTO
from informes.tablero.guardado import Guardado
from informes.xlsx import AUTOR, Archivo
from informes.xlsx.celdas import ENCABEZADO, celda, dar_estilos
from instituciones import planilla

TROZO = 64 * 1024
TIPOS = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Medida(NamedTuple):
    """Lo que mide un archivo y su SHA-256."""

    octetos: int
    huella: str


medidas: Guardado[Medida] = Guardado(256)


def trozos(tabla: Tabla, version: Version, formato: str) -> Iterator[bytes]:
    """Los octetos del archivo, según se hacen."""
    hacer = {"csv": _csv, "json": _json}
    if formato == "xlsx":
        return _xlsx(tabla, version)
    return _en_trozos(hacer[formato](tabla, version))


def medida(tabla: Tabla, version: Version) -> Medida:
    """Cuánto ocupa el CSV y su huella; se hace una vez por versión."""
    return medidas.tomar((version.huella, tabla.nombre), lambda: _medir(tabla, version))


def _medir(tabla: Tabla, version: Version) -> Medida:
    resumen, octetos = sha256(), 0
    for trozo in trozos(tabla, version, "csv"):
        resumen.update(trozo)
        octetos += len(trozo)
    return Medida(octetos, resumen.hexdigest())


def _en_trozos(textos: Iterable[str]) -> Iterator[bytes]:
    juntos: list[bytes] = []
    largo = 0
    for texto in textos:
        juntos.append(texto.encode())
        largo += len(juntos[-1])
        if largo >= TROZO:
            yield b"".join(juntos)
            juntos, largo = [], 0
    if juntos:
        yield b"".join(juntos)


def _csv(tabla: Tabla, version: Version) -> Iterator[str]:
    def filas() -> Iterator[Iterable[Any]]:
        yield [una.nombre for una in tabla.columnas]
        yield from tabla.filas(version.contenido)

    return planilla.renglones(filas())


def procedencia(version: Version) -> dict[str, Any]:
    """De dónde sale un archivo: va en el JSON y en la primera hoja del libro."""
    contenido = version.contenido
    return {
        "aviso": contenido.aviso_demo,
        "titulo": contenido.titulo,
        "plan": contenido.plan.codigo,
        "semestre": version.semestre,
        "version": version.numero,
        "corte": contenido.periodo.corte.isoformat(),
        "publicado": version.publicada.isoformat(),
        "huella": version.huella,
        "licencia": contenido.licencia,
        "contacto": contenido.contacto,
    }


def _json(tabla: Tabla, version: Version) -> Iterator[str]:
    encabezado = _escrito({**procedencia(version), "tabla": tabla.nombre})
    yield f'{encabezado[:-1]}, "filas": [\n'
    nombres = [una.nombre for una in tabla.columnas]
    coma = ""
    for fila in tabla.filas(version.contenido):
        yield f"{coma}{_escrito(dict(zip(nombres, map(_valor, fila), strict=True)))}"
        coma = ",\n"
    yield "\n]}\n"


def _escrito(objeto: dict[str, Any]) -> str:
    return json.dumps(objeto, ensure_ascii=False)


def _valor(dicho: Any) -> Any:
    """Los decimales, como texto: nadie los redondea al leerlos. Las fechas, ISO 8601."""
    if isinstance(dicho, Decimal):
        return str(dicho)
    return dicho.isoformat() if isinstance(dicho, date) else dicho


def _xlsx(tabla: Tabla, version: Version) -> Iterator[bytes]:
    """El libro se escribe en un archivo pasajero, fila por fila, y de ahí se lee por trozos."""
    with TemporaryFile() as salida:
        _libro(tabla, version, salida)
        salida.seek(0)
        while trozo := salida.read(TROZO):
            yield trozo


def _libro(tabla: Tabla, version: Version, salida: Any) -> None:
    cuaderno = Workbook(write_only=True)
    estilos = dar_estilos(cuaderno)
    hoja = cuaderno.create_sheet(tabla.nombre)
    hoja.freeze_panes = "A2"
    for numero, una in enumerate(tabla.columnas, start=1):
        hoja.column_dimensions[get_column_letter(numero)].width = max(14, len(una.nombre) + 4)
    hoja.append([celda(hoja, una.nombre, ENCABEZADO, estilos) for una in tabla.columnas])
    formatos = [TEXTO if una.formato == COLOR else una.formato for una in tabla.columnas]
    for fila in tabla.filas(version.contenido):
        hoja.append(
            [celda(hoja, *uno, estilos) for uno in zip(fila, formatos, strict=True)],
        )
    leame = cuaderno.create_sheet("leame")
    leame.column_dimensions["B"].width = 80
    for que, dicho in procedencia(version).items():
        leame.append([celda(leame, que, TEXTO, estilos), celda(leame, dicho, TEXTO, estilos)])
    contenido = version.contenido
    for una in (hoja, leame):
        una.oddHeader.center.text = contenido.aviso_demo or None
    propias = cuaderno.properties
    propias.creator = propias.lastModifiedBy = AUTOR
    propias.title = f"{tabla.titulo}. {contenido.titulo}"
    propias.description = contenido.aviso_demo or None
    propias.created = propias.modified = version.publicada.replace(tzinfo=None, microsecond=0)
    ExcelWriter(cuaderno, Archivo(salida, version.publicada)).save()
