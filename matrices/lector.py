"""Abre de verdad un PDF, una imagen o un libro, en un proceso aparte y con límites.

Se corre como programa (`python lector.py PDF /ruta`) y contesta un JSON con `codigo`: «ok» o por
qué se rechaza; de las CELDAS de un libro, además lo que hay en cada una. No importa nada del
proyecto: lo que un archivo hostil rompa, se rompe aquí.
"""

import io
import json
import math
import os
import re
import resource
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

MEMORIA = 1024 * 1024 * 1024
SEGUNDOS = 20
PIXELES = 25_000_000
OBJETOS = 300_000
HONDURA = 60
CELDAS = 200_000
ESCRITO = re.compile(rb"<(?:\w+:)?(?:v|is|f)\b")  # una celda que sólo tiene formato no lo trae
FORMATOS_DE_PORCENTAJE = {"9", "10"}  # los que Excel trae de fábrica: 0% y 0.00%

ACCIONES = {
    "/JavaScript",
    "/Launch",
    "/SubmitForm",
    "/ImportData",
    "/GoToE",
    "/Rendition",
    "/Movie",
    "/Sound",
    "/RichMediaExecute",
}
LLAVES = {"/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/XFA", "/RichMediaContent"}
ANOTACIONES = {"/FileAttachment", "/RichMedia", "/Movie", "/Screen", "/3D"}
AL_ABRIR = ("/OpenAction", "/AA")


class Rechazo(Exception):
    """El código con que se rechaza."""


def limitar() -> None:
    """Memoria, procesador y escritura: al pasarse, el sistema lo termina."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORIA, MEMORIA))
    resource.setrlimit(resource.RLIMIT_CPU, (SEGUNDOS, SEGUNDOS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def leer_pdf(ruta: str) -> None:
    """Con páginas, entero y sin nada que se ejecute o venga adentro.

    Se recorren los objetos ya interpretados: buscar en los octetos no ve nombres escritos de
    otro modo ni objetos comprimidos.
    """
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, FileNotDecryptedError, WrongPasswordError

    _entero(ruta)
    try:
        documento = PdfReader(ruta)
        if documento.is_encrypted and not documento.decrypt(""):
            raise Rechazo("cifrado")
        if not len(documento.pages):
            raise Rechazo("corrupto")
        for objeto in _objetos(documento):
            _revisar(objeto, 0)
    except (DependencyError, FileNotDecryptedError, WrongPasswordError) as falla:
        raise Rechazo("cifrado") from falla


def _entero(ruta: str) -> None:
    with open(ruta, "rb") as archivo:
        archivo.seek(0, os.SEEK_END)
        archivo.seek(max(0, archivo.tell() - 2048))
        if b"%%EOF" not in archivo.read():
            raise Rechazo("corrupto")


def _objetos(documento: Any) -> Iterator[Any]:
    from pypdf.generic import IndirectObject

    yield documento.trailer
    numeros = {(numero, gen) for gen, tabla in documento.xref.items() for numero in tabla}
    numeros |= {(numero, 0) for numero in documento.xref_objStm}
    if len(numeros) > OBJETOS:
        raise Rechazo("archivo_ilegible")
    for numero, generacion in numeros:
        yield documento.get_object(IndirectObject(numero, generacion, documento))


def _revisar(objeto: Any, hondura: int) -> None:
    """Un objeto y lo que lleva dentro; lo que sólo nombra se revisa por su cuenta."""
    if hondura > HONDURA:
        raise Rechazo("archivo_ilegible")
    if isinstance(objeto, dict):
        if _es_activo(objeto):
            raise Rechazo("contenido_activo")
        for valor in dict.values(objeto):
            _revisar(valor, hondura + 1)
    elif isinstance(objeto, list):
        for valor in list.__iter__(objeto):
            _revisar(valor, hondura + 1)


def _es_activo(diccionario: Any) -> bool:
    if set(diccionario) & LLAVES or str(_valor(diccionario, "/S")) in ACCIONES:
        return True
    if str(_valor(diccionario, "/Type")) == "/EmbeddedFile":
        return True
    if str(_valor(diccionario, "/Subtype")) in ANOTACIONES:
        return True
    return any(_actua(_valor(diccionario, llave)) for llave in AL_ABRIR)


def _actua(accion: Any) -> bool:
    """Si algo pasa al abrir, fuera de situarse en una página del mismo documento."""
    return isinstance(accion, dict) and str(_valor(accion, "/S")) != "/GoTo"


def _valor(diccionario: Any, llave: str) -> Any:
    """El valor, aunque sólo esté nombrado."""
    valor = dict.get(diccionario, llave)
    return valor if valor is None or not hasattr(valor, "get_object") else valor.get_object()


def leer_imagen(ruta: str) -> None:
    """De hasta 25 megapíxeles, y que se pueda ver entera."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = PIXELES
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open(ruta, formats=["JPEG", "PNG"]) as imagen:
            ancho, alto = imagen.size
            if ancho * alto > PIXELES:
                raise Rechazo("demasiados_pixeles")
            imagen.load()
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as falla:
        raise Rechazo("demasiados_pixeles") from falla


def leer_libro(ruta: str) -> None:
    """Que cada hoja se pueda leer; supone que `inspector_xlsx` ya lo miró."""
    from openpyxl import load_workbook

    try:
        with open(ruta, "rb") as archivo:
            libro = load_workbook(archivo, read_only=True, data_only=True)
            for hoja in libro.worksheets:
                hoja.reset_dimensions()
                for _fila in hoja.iter_rows(values_only=True):
                    pass
    except Exception as falla:
        raise Rechazo("archivo_ilegible") from falla


def leer_celdas(ruta: str) -> dict[str, Any]:
    """Lo que hay en cada hoja: valores con su tipo, y qué celdas son fórmula, error o porcentaje.

    Los valores los da calamine, que de una fórmula sólo ve el resultado guardado y de un error,
    nada: esas celdas, las combinadas y las que se muestran como porcentaje, aparte en el XML.
    """
    from python_calamine import CalamineWorkbook

    try:
        with zipfile.ZipFile(ruta) as paquete:
            marcas = _marcas_por_hoja(paquete)
        libro = CalamineWorkbook.from_path(ruta)
        hojas = [
            {
                "nombre": hoja.name,
                "visible": str(hoja.visible).endswith(".Visible"),
                "filas": [
                    [_celda(valor) for valor in fila]
                    for fila in libro.get_sheet_by_name(hoja.name).to_python(skip_empty_area=False)
                ],
                **marcas.get(hoja.name, {}),
            }
            for hoja in libro.sheets_metadata
        ]
    except Rechazo:
        raise
    except BaseException as falla:  # calamine también entra en pánico, que no es Exception
        raise Rechazo("archivo_ilegible") from falla
    return {"hojas": hojas}


def _celda(valor: Any) -> Any:
    """Un valor que cabe en JSON; lo que no es texto, número ni sí o no, con su tipo delante."""
    if isinstance(valor, bool | str):
        return valor
    if isinstance(valor, int | float):
        return valor if math.isfinite(valor) else ["numero", str(valor)]
    return [type(valor).__name__, valor.isoformat() if hasattr(valor, "isoformat") else str(valor)]


def _marcas_por_hoja(paquete: zipfile.ZipFile) -> dict[str, dict[str, list[str]]]:
    """Por nombre de hoja, las celdas con fórmula, con error, con porcentaje y combinadas."""
    from xml.etree import ElementTree  # las definiciones externas ya las negó el inspector

    def raiz(parte: str) -> Any:
        return ElementTree.fromstring(paquete.read(parte))  # noqa: S314 (ya lo vio el inspector)

    porcentajes = _estilos_de_porcentaje(raiz, set(paquete.namelist()))
    destinos = {
        relacion.get("Id"): relacion.get("Target", "")
        for relacion in raiz("xl/_rels/workbook.xml.rels")
    }
    marcas, celdas = {}, 0
    for hoja in raiz("xl/workbook.xml").iter():
        if hoja.tag.rpartition("}")[2] != "sheet":
            continue
        rid = next((v for k, v in hoja.attrib.items() if k.rpartition("}")[2] == "id"), "")
        destino = destinos.get(rid, "")
        parte = destino.lstrip("/") if destino.startswith("/") else f"xl/{destino}"
        contenido = paquete.read(parte)
        celdas += sum(1 for _escrito in ESCRITO.finditer(contenido))
        if celdas > CELDAS:
            raise Rechazo("demasiadas_filas")
        marcas[hoja.get("name", "")] = _marcas(contenido, porcentajes)
    return marcas


def _estilos_de_porcentaje(raiz: Callable[[str], Any], partes: set[str]) -> set[str]:
    """Los números de estilo cuyo formato muestra el valor por cien."""
    if "xl/styles.xml" not in partes:
        return set()
    propios, estilos = set(FORMATOS_DE_PORCENTAJE), []
    for elemento in raiz("xl/styles.xml").iter():
        nombre = elemento.tag.rpartition("}")[2]
        if nombre == "numFmt" and "%" in elemento.get("formatCode", ""):
            propios.add(elemento.get("numFmtId"))
        if nombre == "cellXfs":
            estilos = list(elemento)
    return {str(n) for n, estilo in enumerate(estilos) if estilo.get("numFmtId") in propios}


class _Marcas:
    """Recorre una hoja anotando dónde hay fórmula, error, porcentaje o una celda combinada.

    Una fila o celda sin su posición escrita va después de la anterior, como lo lee Excel.
    """

    def __init__(self, porcentajes: set[str]):
        self.porcentajes = porcentajes
        cuales = ("formulas", "errores", "porcentajes", "combinadas")
        self.halladas: dict[str, list[str]] = {cual: [] for cual in cuales}
        self.fila, self.columna = 0, 0

    def empieza(self, nombre: str, datos: dict[str, str]) -> None:
        nombre = nombre.rpartition(":")[2]
        if nombre == "row":
            self.fila, self.columna = int(datos.get("r") or self.fila + 1), 0
        elif nombre == "c":
            self._situar(datos.get("r", ""))
            if datos.get("t") == "e":
                self._anotar("errores")
            if datos.get("s") in self.porcentajes:
                self._anotar("porcentajes")
        elif nombre == "f":
            self._anotar("formulas")
        elif nombre == "mergeCell":
            self._combinar(datos.get("ref", ""))

    def _situar(self, escrita: str) -> None:
        if not escrita.rstrip("0123456789"):
            self.columna += 1
            return
        self.columna, self.fila = _sitio(escrita)

    def _combinar(self, rango: str) -> None:
        """Todas las de una combinación menos la primera, que es la única que guarda algo."""
        desde, _, hasta = rango.partition(":")
        (primera, arriba), (ultima, abajo) = _sitio(desde), _sitio(hasta or desde)
        cuantas = (ultima - primera + 1) * (abajo - arriba + 1)
        if len(self.halladas["combinadas"]) + cuantas > CELDAS:
            raise Rechazo("demasiadas_filas")
        for self.fila in range(arriba, abajo + 1):
            for self.columna in range(primera, ultima + 1):
                if (self.columna, self.fila) != (primera, arriba):
                    self._anotar("combinadas")

    def _anotar(self, cual: str) -> None:
        letras, resto = "", self.columna
        while resto:
            resto, letra = divmod(resto - 1, 26)
            letras = chr(65 + letra) + letras
        self.halladas[cual].append(f"{letras}{self.fila}")


def _sitio(escrita: str) -> tuple[int, int]:
    """La columna y la fila de «AB12»."""
    letras, columna = escrita.rstrip("0123456789").upper(), 0
    for letra in letras:
        columna = columna * 26 + ord(letra) - 64
    return columna, int(escrita[len(letras) :])


def _marcas(contenido: bytes, porcentajes: set[str]) -> dict[str, list[str]]:
    from xml.parsers import expat

    marcas, lector = _Marcas(porcentajes), expat.ParserCreate()
    lector.StartElementHandler = marcas.empieza
    lector.ParseFile(io.BytesIO(contenido))
    return marcas.halladas


LECTORES: dict[str, Callable[[str], Any]] = {
    "PDF": leer_pdf,
    "IMAGEN": leer_imagen,
    "XLSX": leer_libro,
    "CELDAS": leer_celdas,
}


def leer(tipo: str, ruta: str) -> dict[str, Any]:
    """En `codigo`, «ok» o por qué se rechaza; y lo leído, si de eso se trata."""
    try:
        leido = LECTORES[tipo](ruta) or {}
    except Rechazo as rechazo:
        return {"codigo": str(rechazo)}
    except MemoryError:
        return {"codigo": "archivo_ilegible"}
    except Exception:  # noqa: BLE001 (cualquier falla al abrirlo es del archivo)
        return {"codigo": "corrupto"}
    return {"codigo": "ok", **leido}


if __name__ == "__main__":
    limitar()
    sys.stdout.write(json.dumps(leer(*sys.argv[1:3])))
