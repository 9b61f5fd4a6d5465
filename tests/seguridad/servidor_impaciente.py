"""La aplicación de siempre, que espera cada trozo un segundo: para no alargar las pruebas."""

from pesn import envio
from pesn.wsgi import application

envio.ESPERA = 1.0

__all__ = ["application"]
