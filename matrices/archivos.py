"""Si un archivo de evidencia se puede recibir: tamaño al subir, nombre, tipo, contenido y virus.

No sabe de avances ni de permisos, ni guarda nada: recibe un archivo y dice qué es, o por qué no.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import unicodedata
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, NamedTuple

import filetype
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from matrices import inspector_xlsx

LECTOR = Path(__file__).with_name("lector.py")
ESPERA = 30
EN_TOTAL = 5  # cuántos archivos del tamaño máximo caben en un envío
EXTENSIONES = {
    ".pdf": "PDF",
    ".jpg": "IMAGEN",
    ".jpeg": "IMAGEN",
    ".png": "IMAGEN",
    ".xlsx": "XLSX",
}
FIRMAS = {"pdf": "PDF", "jpg": "IMAGEN", "png": "IMAGEN", "xlsx": "XLSX", "zip": "XLSX"}
MIMES = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "png": "image/png",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
ENGANOSOS = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # voltean el nombre
MENSAJES = {
    "requerido": "Elija un archivo.",
    "vacio": "El archivo está vacío.",
    "demasiado_grande": "El archivo pasa de 20 MB. Redúzcalo o pártalo en varios.",
    "tipo_no_admitido": "Sólo se admiten PDF, imágenes JPG o PNG y hojas de cálculo XLSX.",
    "tipo_no_coincide": "Lo que hay en el archivo no es lo que dice su nombre.",
    "contenido_activo": "El archivo trae acciones, código o archivos adentro: guárdelo sin ellos.",
    "corrupto": "El archivo está dañado o incompleto.",
    "cifrado": "El archivo está protegido con contraseña: guárdelo sin clave.",
    "demasiados_pixeles": "La imagen pasa de 25 megapíxeles: redúzcala.",
    "archivo_ilegible": "El archivo no se pudo leer.",
    "demasiadas_filas": "El libro trae demasiadas celdas.",
    "nombre_invalido": "El nombre del archivo no se puede usar: cámbielo.",
    "malware": "El antivirus encontró una amenaza en el archivo.",
    "sin_antivirus": "El antivirus no responde: intente de nuevo en unos minutos.",
}
CODIGOS_HTTP = {"demasiado_grande": 413, "sin_antivirus": 503}


class ArchivoRechazado(Exception):
    """Por qué no se recibe: `codigo` estable, mensaje para quien lo subió y respuesta HTTP."""

    def __init__(self, codigo: str, mensaje: str = ""):
        super().__init__(mensaje or MENSAJES[codigo])
        self.codigo = codigo
        self.http = CODIGOS_HTTP.get(codigo, 400)


class Inspeccion(NamedTuple):
    """Lo que un archivo resultó ser; `limpio` es None si no hay antivirus que lo diga."""

    nombre: str
    tipo: str
    limpio: bool | None


class DemasiadoGrande(SimpleUploadedFile):
    """Lo que queda de un archivo que pasó del límite: su nombre, y nada de su contenido."""


class LimiteAlSubir(FileUploadHandler):
    """Corta mientras llega: pasado el límite no se guarda un octeto más.

    Lo demás del formulario se lee hasta el fin, para volver a mostrarlo; si el envío entero es
    desmedido ni siquiera se empieza.
    """

    recibido = 0

    def handle_raw_input(self, entrada, cabeceras, content_length, boundary, encoding=None):
        if content_length > EN_TOTAL * settings.EVIDENCIA_MAXIMA:
            raise RequestDataTooBig("El envío es desmedido.")

    @property
    def maximo(self) -> int:
        """El de la ruta a la que se sube; si no dice otro, el de la evidencia."""
        ruta = getattr(self.request, "resolver_match", None)
        nombre = ruta.view_name if ruta else ""
        return settings.SUBIDA_MAXIMA.get(nombre, settings.EVIDENCIA_MAXIMA)

    def new_file(self, *args, **kwargs):
        super().new_file(*args, **kwargs)
        self.recibido = 0

    def receive_data_chunk(self, raw_data, start):
        self.recibido += len(raw_data)
        return None if self.recibido > self.maximo else raw_data

    def file_complete(self, file_size):
        if self.recibido <= self.maximo:
            return None
        for otro in self.request.upload_handlers if self.request else []:
            escrito = getattr(otro, "file", None)
            if otro is not self and escrito:
                escrito.close()  # lo que alcanzó a escribir en la carpeta temporal
        return DemasiadoGrande(self.file_name or "archivo", b"")


def inspeccionar(archivo: UploadedFile) -> Inspeccion:
    """Qué es el archivo, por su contenido y por su nombre; lanza ArchivoRechazado."""
    if isinstance(archivo, DemasiadoGrande) or (archivo.size or 0) > settings.EVIDENCIA_MAXIMA:
        raise ArchivoRechazado("demasiado_grande")
    nombre = nombre_limpio(archivo.name or "")
    anunciado = EXTENSIONES.get(extension(nombre))
    if extension(nombre) and anunciado is None:
        raise ArchivoRechazado("tipo_no_admitido")
    if not archivo.size:
        raise ArchivoRechazado("vacio")
    tipo = _tipo_de(archivo)
    if anunciado is None and tipo is None:
        raise ArchivoRechazado("tipo_no_admitido")
    if tipo is None or (anunciado and tipo != anunciado):
        raise ArchivoRechazado("tipo_no_coincide")
    with tempfile.TemporaryDirectory(prefix="evidencia-") as carpeta:
        copia = Path(carpeta) / "archivo"
        with copia.open("wb") as destino:
            archivo.seek(0)
            shutil.copyfileobj(archivo, destino)
        _mirar_por_dentro(copia, tipo)
        return Inspeccion(nombre, tipo, sin_virus(copia))


def nombre_limpio(nombre: str) -> str:
    """Cómo se muestra: sin ruta, sin signos que engañen, de 200 caracteres a lo sumo."""
    if ENGANOSOS & set(nombre):
        raise ArchivoRechazado("nombre_invalido")
    ultimo = PurePosixPath(nombre.replace("\\", "/")).name
    visible = "".join(letra for letra in unicodedata.normalize("NFC", ultimo) if _se_ve(letra))
    visible = " ".join(visible.split())
    if not visible.strip(". "):
        raise ArchivoRechazado("nombre_invalido")
    sufijo = extension(visible)
    return visible if len(visible) <= 200 else visible[: 200 - len(sufijo)] + sufijo


def _se_ve(letra: str) -> bool:
    return unicodedata.category(letra) not in {"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"}


def extension(nombre: str) -> str:
    """«.pdf», en minúsculas; vacía si no tiene."""
    return PurePosixPath(nombre).suffix.lower()


def mime(nombre: str, principio: bytes) -> tuple[str, str]:
    """El tipo con que se entrega, sacado del contenido, y el nombre con su extensión."""
    firma = _firma(principio)
    firma = "xlsx" if firma == "zip" else firma
    if extension(nombre) not in EXTENSIONES:
        nombre = f"{nombre}.{firma}"
    return MIMES[firma], nombre


def _firma(principio: bytes) -> str:
    """«pdf», «jpg», «png», «xlsx» o «zip» según sus primeros octetos; vacía si es otra cosa."""
    conocida = filetype.guess(principio)
    return conocida.extension if conocida and conocida.extension in FIRMAS else ""


def _tipo_de(archivo: BinaryIO | UploadedFile) -> str | None:
    archivo.seek(0)
    principio = archivo.read(8192)
    archivo.seek(0)
    if principio.startswith(b"\xef\xbb\xbf"):  # filetype lo salta; ningún lector debe
        return None
    return FIRMAS.get(_firma(principio))


def _mirar_por_dentro(ruta: Path, tipo: str) -> None:
    """Las revisiones de su tipo: el libro sin interpretar primero, y todo en proceso aparte."""
    if tipo == "XLSX":
        try:
            with ruta.open("rb") as libro:
                inspector_xlsx.inspeccionar(libro)
        except inspector_xlsx.LibroRechazado as rechazo:
            raise ArchivoRechazado(rechazo.codigo, str(rechazo)) from rechazo
    codigo = leer_aparte(tipo, ruta)
    if codigo != "ok":
        raise ArchivoRechazado(codigo)


def leer_aparte(tipo: str, ruta: Path) -> str:
    """«ok» o el código del rechazo; si el proceso muere o tarda, «archivo_ilegible»."""
    return str(contestado_aparte(tipo, ruta)["codigo"])


def contestado_aparte(tipo: str, ruta: Path) -> dict[str, Any]:
    """Lo que contesta `lector` en su proceso: `codigo`, y de un libro sus celdas."""
    orden = [sys.executable, "-I", "-B", str(LECTOR), tipo, str(ruta)]
    entorno = {"PATH": os.defpath, "LANG": "C.UTF-8"}
    try:
        hecho = subprocess.run(  # noqa: S603 (nuestro programa, sin intérprete de órdenes)
            orden, capture_output=True, timeout=ESPERA, env=entorno, cwd=ruta.parent, check=True
        )
        leido = json.loads(hecho.stdout)
        codigo = leido["codigo"]
    except (subprocess.SubprocessError, ValueError, KeyError):
        return {"codigo": "archivo_ilegible"}
    conocido = codigo == "ok" or codigo in MENSAJES
    return leido if conocido else {"codigo": "archivo_ilegible"}


def sin_virus(ruta: Path) -> bool | None:
    """True si el antivirus lo dio por limpio; None si no hay antivirus configurado.

    Habla con clamd (orden INSTREAM) en `ANTIVIRUS`, una ruta de enchufe o «anfitrión:puerto».
    """
    if not settings.ANTIVIRUS:
        return None
    try:
        with _enchufe(settings.ANTIVIRUS) as clamd, ruta.open("rb") as archivo:
            clamd.sendall(b"zINSTREAM\0")
            while trozo := archivo.read(64 * 1024):
                clamd.sendall(len(trozo).to_bytes(4, "big") + trozo)
            clamd.sendall(bytes(4))
            respuesta = clamd.recv(4096)
    except OSError as falla:
        raise ArchivoRechazado("sin_antivirus") from falla
    if respuesta.rstrip(b"\0\n").endswith(b"FOUND"):
        raise ArchivoRechazado("malware")
    if not respuesta.rstrip(b"\0\n").endswith(b"OK"):
        raise ArchivoRechazado("sin_antivirus")
    return True


def _enchufe(direccion: str) -> socket.socket:
    if direccion.startswith("/"):
        local = socket.socket(socket.AF_UNIX)
        local.settimeout(ESPERA)
        local.connect(direccion)
        return local
    anfitrion, _, puerto = direccion.rpartition(":")
    return socket.create_connection((anfitrion, int(puerto)), timeout=ESPERA)
