"""Abre de verdad un PDF, una imagen o un libro, en un proceso aparte y con límites.

Se corre como programa (`python lector.py PDF /ruta`) y contesta un JSON con `codigo`: «ok» o por
qué se rechaza. No importa nada del proyecto: lo que un archivo hostil rompa, se rompe aquí.
"""

import json
import os
import resource
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

MEMORIA = 1024 * 1024 * 1024
SEGUNDOS = 20
PIXELES = 25_000_000
OBJETOS = 300_000
HONDURA = 60

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


LECTORES: dict[str, Callable[[str], None]] = {
    "PDF": leer_pdf,
    "IMAGEN": leer_imagen,
    "XLSX": leer_libro,
}


def leer(tipo: str, ruta: str) -> str:
    """El código de lo que pasó: «ok» o por qué se rechaza."""
    try:
        LECTORES[tipo](ruta)
    except Rechazo as rechazo:
        return str(rechazo)
    except MemoryError:
        return "archivo_ilegible"
    except Exception:  # noqa: BLE001 (cualquier falla al abrirlo es del archivo)
        return "corrupto"
    return "ok"


if __name__ == "__main__":
    limitar()
    sys.stdout.write(json.dumps({"codigo": leer(*sys.argv[1:3])}))
