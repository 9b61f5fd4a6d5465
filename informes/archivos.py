"""Lo que cualquiera sube a verificar: se resume mientras llega, y ni un octeto se guarda."""

from hashlib import sha256
from io import BytesIO
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

VERIFICABLE_MAXIMO = 200 * 1024 * 1024
DESMEDIDO = 2 * VERIFICABLE_MAXIMO  # el envío entero; más que esto ni se empieza a leer


class Resumido(UploadedFile):
    """Lo que queda de un archivo verificado: su nombre, cuánto medía y su SHA-256."""

    def __init__(self, nombre: str, tamano: int, huella: str):
        super().__init__(BytesIO(), nombre, size=tamano)
        self.huella = huella

    @property
    def cupo(self) -> bool:
        """Si se resumió entero: pasado el tope no se sigue, y su huella no sería la suya."""
        return (self.size or 0) <= VERIFICABLE_MAXIMO


class ResumenAlSubir(FileUploadHandler):
    """El único manejador de `/verificar/`: detrás de él nadie recibe el contenido."""

    recibido = 0

    def handle_raw_input(self, entrada, cabeceras, content_length, boundary, encoding=None):
        if content_length > DESMEDIDO:
            raise RequestDataTooBig("El envío es desmedido.")

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.resumen, self.recibido = sha256(), 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.recibido += len(raw_data)
        if self.recibido <= VERIFICABLE_MAXIMO:
            self.resumen.update(raw_data)

    def file_complete(self, file_size: int) -> Resumido:
        return Resumido(self.file_name or "archivo", self.recibido, self.resumen.hexdigest())
