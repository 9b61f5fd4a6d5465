"""Cuántos libros de Excel se hacen por minuto para una misma dirección de red.

Hacer uno cuesta mucho más que un CSV, y a quien no entra no se le conoce. Se cuenta en la caché
que comparten los procesos; si ella no contesta, se entrega sin contar.
"""

from django.core.cache import cache
from django.db import DatabaseError
from django.http import HttpRequest
from redis.exceptions import RedisError

from instituciones.cuentas import origen

POR_MINUTO = 20
MINUTO = 60


class DemasiadosLibros(Exception):
    """Esa dirección ya pidió los de este minuto."""


def contar_libro(request: HttpRequest) -> None:
    """Cuenta uno; lanza DemasiadosLibros si con él pasa del límite."""
    clave = f"libros_abiertos:{origen(request).get('red')}"
    try:
        cache.add(clave, 0, MINUTO)
        van = cache.incr(clave)
    except (ValueError, DatabaseError, RedisError):
        return
    if van > POR_MINUTO:
        raise DemasiadosLibros
