"""Mira un libro XLSX antes de que nadie lo interprete: forma del ZIP, tamaños y partes activas.

No lo abre con una biblioteca de hojas de cálculo ni sabe qué hay escrito en él; sólo dice si
abrirlo es seguro. Sirve a la evidencia y al libro de captura.
"""

import re
import stat
import zipfile
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

PARTES = 300
OCTETOS_EN_TODO = 60 * 1024 * 1024
OCTETOS_POR_PARTE = 40 * 1024 * 1024
PROPORCION = 200
FILAS = 20_000
COLUMNAS = 200
COMBINACIONES = 5_000
CELDAS_COMBINADAS = 100_000
TROZO = 256 * 1024

OBLIGADAS = ("[content_types].xml", "_rels/.rels", "xl/workbook.xml")
ACTIVAS = re.compile(
    r"vbaproject|vbadata|/activex/|/embeddings/|/externallinks/|/macrosheets/|/ctrlprops/|"
    r"xl/connections\.xml|/querytables/|/webextensions/|customui/|/model/"
)
DTD = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
# Una etiqueta mal hecha no abarca la siguiente: «<» corta, y buscar tarda lo que mide la parte.
RELACION = re.compile(rb"<(?:\w+:)?Relationship\b[^<>]*>", re.IGNORECASE)
AFUERA = re.compile(rb"TargetMode\s*=\s*[\"']External[\"']", re.IGNORECASE)
ENLACE = re.compile(rb"Type\s*=\s*[\"'][^\"']*/hyperlink[\"']", re.IGNORECASE)
FILA = re.compile(rb"<(?:\w+:)?row\b(?:[^<>]*?\br=[\"'](\d{1,12})[\"'])?")
SOLO_FORMATO = [  # una celda, y después una fila, en que no hay nada escrito
    re.compile(rb"<(\w+:)?%s\b[^<>]*?(?:/>|>\s*</\1?%s\s*>)" % (cual, cual))
    for cual in (b"c", b"row")
]
CELDA = re.compile(rb"<(?:\w+:)?c\b[^<>]*?\br=[\"']([A-Za-z]{1,8})(\d{1,12})[\"']")
COMBINADA = re.compile(
    rb"<(?:\w+:)?mergeCell\b[^<>]*?\bref=[\"']([A-Za-z]{1,8})(\d{1,12}):([A-Za-z]{1,8})(\d{1,12})[\"']"
)
OLE = bytes.fromhex("D0CF11E0A1B11AE1")
DEFLATE = 8


class LibroRechazado(Exception):
    """Por qué no se abre: `codigo` estable y un mensaje para quien lo subió."""

    def __init__(self, codigo: str, mensaje: str):
        super().__init__(mensaje)
        self.codigo = codigo


def inspeccionar(archivo: BinaryIO) -> None:
    """Lanza LibroRechazado si abrirlo no es seguro; deja el archivo al principio."""
    archivo.seek(0)
    principio = archivo.read(8)
    if not principio:
        raise LibroRechazado("vacio", "El archivo está vacío.")
    if principio == OLE:
        raise LibroRechazado(
            "no_es_xlsx", "Es un libro antiguo o con contraseña: guarde como .xlsx, sin clave."
        )
    if not principio.startswith(b"PK\x03\x04"):
        raise LibroRechazado("no_es_xlsx", "No es un libro de Excel (.xlsx).")
    try:
        with zipfile.ZipFile(archivo) as libro:
            _mirar_indice(libro)
            _mirar_partes(libro)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, OSError, ValueError) as falla:
        raise LibroRechazado("no_es_xlsx", "El libro está dañado o incompleto.") from falla
    except (NotImplementedError, RuntimeError) as falla:
        raise LibroRechazado("cifrado", "El libro está protegido: guárdelo sin clave.") from falla
    finally:
        archivo.seek(0)


def _mirar_indice(libro: zipfile.ZipFile) -> None:
    """Lo que dice el índice del ZIP, sin descomprimir nada."""
    partes = libro.infolist()
    if len(partes) > PARTES:
        raise LibroRechazado("demasiadas_partes", f"El libro tiene más de {PARTES} partes.")
    if libro.comment:
        raise LibroRechazado("estructura", "El libro trae un comentario fuera de sus hojas.")
    nombres = [parte.filename.lower() for parte in partes]
    for parte in partes:
        _mirar_nombre(parte)
    if len(set(nombres)) != len(nombres):
        raise LibroRechazado("estructura", "El libro tiene partes repetidas.")
    hojas = [nombre for nombre in nombres if nombre.startswith("xl/worksheets/")]
    if not hojas or not set(OBLIGADAS) <= set(nombres):
        raise LibroRechazado("estructura", "Al libro le faltan partes: guárdelo de nuevo en Excel.")
    if any(ACTIVAS.search(f"/{nombre}") for nombre in nombres):
        raise LibroRechazado(
            "contenido_activo", "El libro trae macros, objetos o conexiones: quítelos."
        )
    if sum(parte.file_size for parte in partes) > OCTETOS_EN_TODO:
        raise LibroRechazado("bomba", "El libro es demasiado grande una vez abierto.")


def _mirar_nombre(parte: zipfile.ZipInfo) -> None:
    nombre = parte.filename
    if nombre.startswith("/") or "\\" in nombre or ":" in nombre or ".." in nombre.split("/"):
        raise LibroRechazado("ruta_insegura", "El libro tiene partes con nombres inseguros.")
    if stat.S_ISLNK(parte.external_attr >> 16):
        raise LibroRechazado("ruta_insegura", "El libro tiene enlaces a otros archivos.")
    if parte.flag_bits & 0x1:
        raise LibroRechazado("cifrado", "El libro está protegido con contraseña.")
    if parte.compress_type not in {zipfile.ZIP_STORED, DEFLATE}:
        raise LibroRechazado("estructura", "El libro usa una compresión que Excel no usa.")


def _mirar_partes(libro: zipfile.ZipFile) -> None:
    """Lo que hay en cada parte, contando los octetos que de verdad salen."""
    total = 0
    for parte in libro.infolist():
        contenido = b"".join(_trozos(libro, parte))
        total += len(contenido)
        if total > OCTETOS_EN_TODO:
            raise LibroRechazado("bomba", "El libro es demasiado grande una vez abierto.")
        nombre = parte.filename.lower()
        if nombre.endswith((".xml", ".rels", ".vml")):
            _mirar_xml(nombre, contenido)


def _trozos(libro: zipfile.ZipFile, parte: zipfile.ZipInfo) -> Iterator[bytes]:
    salidos, tope = 0, min(OCTETOS_POR_PARTE, max(parte.compress_size, 1024) * PROPORCION)
    with libro.open(parte) as abierta:
        while trozo := abierta.read(TROZO):
            salidos += len(trozo)
            if salidos > tope:
                raise LibroRechazado("bomba", "El libro es demasiado grande una vez abierto.")
            yield trozo


def _mirar_xml(nombre: str, contenido: bytes) -> None:
    try:
        contenido.decode("utf-8")
    except UnicodeDecodeError as falla:
        raise LibroRechazado("estructura", "El libro no está escrito en UTF-8.") from falla
    if DTD.search(contenido):
        raise LibroRechazado("dtd", "El libro trae definiciones externas.")
    if nombre.endswith(".rels") and _apunta_afuera(contenido):
        raise LibroRechazado("contenido_activo", "El libro toma datos de otros archivos.")
    if nombre == "[content_types].xml" and b"macroenabled" in contenido.lower():
        raise LibroRechazado("contenido_activo", "El libro trae macros: guárdelo como .xlsx.")
    if nombre.startswith("xl/worksheets/") and nombre.endswith(".xml"):
        _mirar_hoja(contenido)


def _apunta_afuera(contenido: bytes) -> bool:
    """Si una relación sale del libro; un enlace a una página sólo se sigue al pulsarlo."""
    return any(
        AFUERA.search(relacion) and not ENLACE.search(relacion)
        for relacion in RELACION.findall(contenido)
    )


def _mirar_hoja(contenido: bytes) -> None:
    """Filas, columnas y combinaciones reales; lo que diga `dimension` no cuenta.

    Tampoco hasta dónde llega el formato: dárselo a toda la hoja lo escribe en cada celda.
    """
    if next(islice(FILA.finditer(contenido), FILAS, None), None):
        raise LibroRechazado("demasiadas_filas", f"Una hoja tiene más de {FILAS} filas.")
    escrito = contenido
    for vacia in SOLO_FORMATO:
        escrito = vacia.sub(b"", escrito)
    for fila in FILA.finditer(escrito):
        if fila[1] and int(fila[1]) > FILAS:
            raise LibroRechazado("celda_fuera_de_rango", f"Hay datos más allá de la fila {FILAS}.")
    for celda in CELDA.finditer(escrito):
        if columna(celda[1]) > COLUMNAS or int(celda[2]) > FILAS:
            raise LibroRechazado(
                "celda_fuera_de_rango", f"Hay datos más allá de la columna {COLUMNAS}."
            )
    _mirar_combinaciones(contenido)


def _mirar_combinaciones(contenido: bytes) -> None:
    for cuantas, combinada in enumerate(COMBINADA.finditer(contenido), start=1):
        ancho = abs(columna(combinada[3]) - columna(combinada[1])) + 1
        alto = abs(int(combinada[4]) - int(combinada[2])) + 1
        if cuantas > COMBINACIONES or ancho * alto > CELDAS_COMBINADAS:
            raise LibroRechazado("combinacion_gigante", "Hay demasiadas celdas combinadas.")


def columna(letras: bytes) -> int:
    """El número de una columna: A es 1, Z 26, AA 27."""
    numero = 0
    for letra in letras.upper():
        numero = numero * 26 + letra - 64
    return numero
