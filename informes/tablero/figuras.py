"""Las gráficas del tablero: las mismas del informe, dibujadas para la página."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from django.utils.safestring import SafeString, mark_safe

from informes import graficas, svg
from informes.contenido import Contenido, Punto
from informes.graficas import Grafica
from informes.tablero.pedido import Tablero
from informes.tablero.semestres import PUBLICADA

CUALES: dict[str, Callable[[Contenido], Grafica]] = {
    "serie": graficas.serie,
    "brechas": graficas.brechas,
    "instituciones": graficas.llegada,
    "presupuesto": graficas.fisico_financiero,
}


@dataclass(frozen=True)
class Figura:
    """Una gráfica ya dibujada: su hallazgo es el título y `descripcion` lo que oye quien no ve."""

    hallazgo: str
    descripcion: str
    dibujo: SafeString


def figuras(tablero: Tablero) -> dict[str, Figura]:
    """Las que tienen qué mostrar, por su nombre."""
    hechas = {}
    for nombre, dibuja in CUALES.items():
        grafica = dibuja(_de_la_serie(tablero) if nombre == "serie" else tablero.contenido)
        if grafica["data"]["values"]:
            hechas[nombre] = figura(grafica, tablero.fuente)
    return hechas


def _de_la_serie(tablero: Tablero) -> Contenido:
    """Con las cifras del plan entero: por semestre no se guarda la de una selección."""
    puntos = tablero.contenido.serie
    if tablero.pedido.vista != PUBLICADA:
        puntos = tuple(_como_hoy(punto) for punto in puntos)
    return replace(tablero.completo, serie=puntos)


def _como_hoy(punto: Punto) -> Punto:
    return replace(
        punto,
        ejecutado=punto.ejecutado_rectificado,
        programado=punto.programado_rectificado,
        semaforo=punto.semaforo_rectificado,
    )


def figura(grafica: Grafica, fuente: str) -> Figura:
    """La gráfica dibujada para una página; `fuente` cierra lo que oye quien no la ve."""
    hallazgo = grafica["usermeta"]["hallazgo"]
    dibujable = {
        clave: valor
        for clave, valor in svg.sin_titulo(grafica).items()
        if clave not in {"description", "usermeta"}
    }
    dibujo = svg.dibujar(dibujable)
    # Lo escribe vl-convert desde nuestra propia especificación, con los textos ya escapados.
    oculto = dibujo.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)
    return Figura(hallazgo, f"{hallazgo}. {fuente}.", mark_safe(oculto))  # noqa: S308
