"""Qué rutas hay y con qué métodos se atienden, leídas del mapa mismo y no de una lista."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from django.contrib.admin.sites import site
from django.urls import URLPattern, get_resolver

ARCHIVO = Path(__file__).with_name("rutas.csv")
SEGUROS = {"GET"}


class Ruta(NamedTuple):
    """Un renglón del mapa: su nombre con espacio («matrices:capturar»), su dirección y métodos."""

    nombre: str
    direccion: str
    metodos: tuple[str, ...]


def rutas() -> list[Ruta]:
    """Todas, en el orden del mapa; sin nombre, por su dirección."""
    return list(_de(get_resolver().url_patterns, "", []))


def _de(patrones, antes: str, espacios: list[str]) -> Iterator[Ruta]:
    for uno in patrones:
        direccion = antes + str(uno.pattern)
        if isinstance(uno, URLPattern):
            nombre = ":".join([*espacios, uno.name]) if uno.name else direccion
            yield Ruta(nombre, direccion, metodos(uno.callback))
        else:
            nuevos = [*espacios, uno.namespace] if uno.namespace else espacios
            yield from _de(uno.url_patterns, direccion, nuevos)


def metodos(vista) -> tuple[str, ...]:
    """Los que la vista declara; si no declara, GET y POST."""
    acciones = getattr(vista, "actions", None)
    if acciones:  # una vista de la API: sus métodos son los que la ruta le dio
        return tuple(sorted({m.upper() for m in acciones} - {"HEAD", "OPTIONS"}))
    clase = getattr(vista, "view_class", None) or getattr(vista, "cls", None)
    if clase is not None:
        suyos = {m.upper() for m in clase.http_method_names if hasattr(clase, m)}
        return tuple(sorted(suyos & {"GET", "POST", "PUT", "PATCH", "DELETE"}))
    while vista is not None:
        for nombre, celda in zip(
            getattr(getattr(vista, "__code__", None), "co_freevars", ()),
            getattr(vista, "__closure__", None) or (),
            strict=False,
        ):
            if nombre == "request_method_list":
                return tuple(sorted(set(celda.cell_contents) - {"HEAD"}))
        vista = getattr(vista, "__wrapped__", None)
    return ("GET", "POST")


def es_de_catalogos(nombre: str) -> bool:
    """Las del sitio de administración se juzgan por modelo, no una por una."""
    return nombre.startswith(f"{site.name}:") or "admin/" in nombre


def revisadas() -> list[dict[str, str]]:
    """Lo que dice el archivo: por ruta, método y caso, qué le contesta a cada persona."""
    with ARCHIVO.open(encoding="utf-8", newline="") as archivo:
        return list(csv.DictReader(archivo))
