"""Dónde se guardan los archivos: cada uno bajo su SHA-256, una vez, y nunca encima de otro."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, storages

TROZO = 1024 * 1024


class Sellado(NamedTuple):
    """Un archivo ya guardado: su nombre en el almacén, su huella y su tamaño en octetos."""

    nombre: str
    sha256: str
    tamano: int


class AlmacenSellado(FileSystemStorage):
    """Una carpeta donde el nombre de un archivo es la huella de su contenido.

    Lo escrito está en disco (fsync del archivo y de su carpeta) antes de que `save` regrese.
    No tiene dirección: los archivos salen sólo por una vista que pregunta quién es.
    """

    def _save(self, name, content):
        return self.guardar(content).nombre

    def get_available_name(self, name, max_length=None):
        return name  # el mismo nombre es el mismo contenido

    def url(self, name):
        raise ValueError("Los archivos no tienen dirección pública.")

    def guardar(self, contenido: bytes | BinaryIO | File) -> Sellado:
        """Escribe aparte, asegura en disco y pone en su lugar; si ya estaba, no lo toca."""
        raiz = Path(self.location)
        raiz.mkdir(parents=True, exist_ok=True, mode=0o750)
        descriptor, temporal = tempfile.mkstemp(prefix=".entrando-", dir=raiz)
        try:
            with os.fdopen(descriptor, "wb") as destino:
                huella, tamano = _copiar(contenido, destino)
                destino.flush()
                os.fchmod(destino.fileno(), 0o640)
                os.fsync(destino.fileno())
            nombre = nombre_sellado(huella)
            final = raiz / nombre
            final.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
            if final.exists():
                os.unlink(temporal)
            else:
                os.rename(temporal, final)
            for carpeta in (final.parent, final.parent.parent, raiz):
                _asegurar_carpeta(carpeta)
        except BaseException:
            Path(temporal).unlink(missing_ok=True)
            raise
        return Sellado(nombre, huella, tamano)


def nombre_sellado(huella: str) -> str:
    """«ab/cd/abcd…»: dos carpetas para que ninguna tenga demasiados archivos."""
    return f"{huella[:2]}/{huella[2:4]}/{huella}"


def sellar_archivo(contenido: bytes | BinaryIO | File) -> Sellado:
    """Guarda un contenido bajo su huella en el almacén de los ajustes, sea disco o S3."""
    almacen = storages["default"]
    if isinstance(almacen, AlmacenSellado):
        return almacen.guardar(contenido)
    with tempfile.TemporaryFile() as copia:
        huella, tamano = _copiar(contenido, copia)
        nombre = nombre_sellado(huella)
        if not almacen.exists(nombre):
            copia.seek(0)
            almacen.save(nombre, File(copia, name=nombre))
    return Sellado(nombre, huella, tamano)


def _copiar(contenido: bytes | BinaryIO | File, destino: BinaryIO) -> tuple[str, int]:
    """Copia por trozos; da la huella y el tamaño de lo copiado."""
    huella, tamano = hashlib.sha256(), 0
    for trozo in _trozos(contenido):
        huella.update(trozo)
        tamano += destino.write(trozo)
    return huella.hexdigest(), tamano


def _trozos(contenido: bytes | BinaryIO | File) -> Iterator[bytes]:
    archivo = ContentFile(contenido) if isinstance(contenido, bytes) else contenido
    archivo.seek(0)
    while trozo := archivo.read(TROZO):
        yield trozo


def _asegurar_carpeta(carpeta: Path) -> None:
    descriptor = os.open(carpeta, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
