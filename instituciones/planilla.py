"""Un CSV que se baja: por trozos, con tildes donde se abra y sin que un texto se vuelva fórmula."""

import csv
from collections.abc import Iterable, Iterator
from decimal import Decimal
from io import StringIO
from itertools import islice
from typing import Any

from django.http import StreamingHttpResponse

BOM = "\ufeff"  # sin ella Excel lee las tildes como otra cosa
TANDA = 500
NUMEROS = (Decimal, int, float)
# El apóstrofo también: así el primero de una celda siempre es nuestro, y se puede quitar.
LLEVAN_APOSTROFO = ("=", "+", "-", "@", "\t", "\r", "'")


def celda(valor: Any) -> str:
    """Un número tal como se guarda; un texto, sin que pueda leerse como una fórmula."""
    if valor is None:
        return ""
    texto = str(valor)
    es_texto = not isinstance(valor, NUMEROS)
    return f"'{texto}" if es_texto and texto.startswith(LLEVAN_APOSTROFO) else texto


def renglones(filas: Iterable[Iterable[Any]]) -> Iterator[str]:
    """El CSV por tandas de renglones: la memoria no crece con las filas.

    De uno en uno cuesta más mandarlos que escribirlos.
    """
    yield BOM
    pendientes = iter(filas)
    while tanda := list(islice(pendientes, TANDA)):
        hoja = StringIO()
        csv.writer(hoja).writerows([celda(valor) for valor in fila] for fila in tanda)
        yield hoja.getvalue()


def bajar(nombre: str, filas: Iterable[Iterable[Any]]) -> StreamingHttpResponse:
    """La respuesta con que se descarga; `nombre` es nuestro, nunca de quien pide."""
    return StreamingHttpResponse(
        renglones(filas),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{nombre}"'},
    )
