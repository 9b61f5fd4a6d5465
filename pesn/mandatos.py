"""La puerta de los mandatos: lo que la máquina no permite se dice en un renglón, sin volcado."""

import os
import sys

from django.core.management import execute_from_command_line
from django.db import OperationalError, ProgrammingError

SIN_MIGRAR = {"42P01", "42703"}  # en PostgreSQL, no hay esa tabla o esa columna
SIN_PERMISO = "42501"
INTERRUMPIDO = 130


def correr(argumentos: list[str]) -> None:
    """Corre un mandato; si la base o el disco no lo dejan, sale con 1 y dice por qué.

    Con `--traceback` se ve el volcado entero. Un error nuestro también: ése hay que contarlo.
    """
    if any(not _es_texto(uno) for uno in argumentos):
        sys.exit("Lo que escribió no está en UTF-8.")
    try:
        execute_from_command_line(argumentos)
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.exit(INTERRUMPIDO)
    except BrokenPipeError:  # quien leía ya no quiere más, como en «| head»
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except (OperationalError, ProgrammingError, OSError) as motivo:
        if "--traceback" in argumentos:
            raise
        sys.exit(_dicho(motivo))


def _es_texto(argumento: str) -> bool:
    try:
        argumento.encode()
    except UnicodeEncodeError:
        return False
    return True


def _dicho(motivo: Exception) -> str:
    if isinstance(motivo, OSError):
        return f"No se puede leer o escribir: {motivo}"
    estado = getattr(motivo.__cause__, "sqlstate", None)
    if estado in SIN_MIGRAR or str(motivo).startswith(("no such table", "no such column")):
        return "A la base le faltan tablas: corra antes «manage.py migrate» y repita."
    if estado == SIN_PERMISO:
        return f"La cuenta de DATABASE_URL no tiene derecho a eso: {motivo}"
    return f"La base no contesta o no deja escribir: {motivo}"
