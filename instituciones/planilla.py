"""Un CSV que se baja: por trozos, con tildes donde se abra y sin que un texto se vuelva fórmula."""

import csv
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from django.http import StreamingHttpResponse

BOM = "\ufeff"  # sin ella Excel lee las tildes como otra cosa
ABREN_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class _Eco:
    """Lo que `csv.writer` necesita para devolver el renglón en vez de guardarlo."""

    def write(self, texto: str) -> str:
        return texto


def celda(valor: Any) -> str:
    """Un número tal como se guarda; un texto, sin que pueda leerse como una fórmula."""
    if valor is None:
        return ""
    texto = str(valor)
    es_texto = not isinstance(valor, Decimal | int | float)
    return f"'{texto}" if es_texto and texto.startswith(ABREN_FORMULA) else texto


def renglones(filas: Iterable[Iterable[Any]]) -> Iterator[str]:
    """El CSV, renglón por renglón: la memoria no crece con las filas."""
    escribe = csv.writer(_Eco())
    yield BOM
    for fila in filas:
        yield escribe.writerow([celda(valor) for valor in fila])


def bajar(nombre: str, filas: Iterable[Iterable[Any]]) -> StreamingHttpResponse:
    """La respuesta con que se descarga; `nombre` es nuestro, nunca de quien pide."""
    return StreamingHttpResponse(
        renglones(filas),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{nombre}"'},
    )
