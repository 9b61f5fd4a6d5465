"""Lo que el tablero muestra, en renglones: la tabla de cada gráfica y su CSV.

Los números van como se guardan, con dos decimales y punto; las palabras, como se leen.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from informes.contenido import Accion
from informes.tablero.pedido import Tablero
from matrices.calculo import aspecto

CIFRAS = ["P (%)", "E (%)", "Brecha (puntos)", "IC", "Semáforo"]
ANTES = ["E anterior (%)", "Cambio (puntos)", "Semáforo anterior"]


@dataclass(frozen=True)
class Tabla:
    """Encabezados y renglones, todos del mismo largo."""

    columnas: list[str]
    filas: list[list[Any]]

    def renglones(self) -> list[list[Any]]:
        """Con su encabezado, como se bajan."""
        return [self.columnas, *self.filas]


def _cifras(fila: Any) -> list[Any]:
    palabra = aspecto(fila.semaforo).palabra
    return [fila.programado, fila.ejecutado, fila.brecha, fila.indice, palabra]


def _antes(fila: Any) -> list[Any]:
    return [fila.ejecutado_anterior, fila.delta, aspecto(fila.semaforo_anterior).palabra]


def niveles(tablero: Tablero) -> Tabla:
    """El plan, los programas, los objetivos y los ámbitos."""
    return Tabla(
        ["Nivel", "Código", "Nombre", "Acciones", *CIFRAS, "Cobertura (%)", *ANTES,
         "Cobertura anterior (%)", "Devengado (%)"],
        [
            [
                uno.nivel.capitalize(),
                uno.codigo,
                uno.nombre,
                uno.n_acciones,
                *_cifras(uno),
                uno.cobertura,
                *_antes(uno),
                uno.cobertura_anterior,
                uno.pct_devengado,
            ]
            for uno in tablero.contenido.niveles
        ],
    )  # fmt: skip


def acciones(tablero: Tablero) -> Tabla:
    """Todas las acciones, en el orden del plan."""
    return _de_acciones(tablero.contenido.acciones)


def brechas(tablero: Tablero) -> Tabla:
    """Las que tienen brecha, la peor primero."""
    return _de_acciones(tablero.de_peor_a_mejor)


def _de_acciones(filas: Iterable[Accion]) -> Tabla:
    return Tabla(
        ["Acción", "Enunciado", "Programa", "Objetivo", "Ámbito", "Rectora", *CIFRAS,
         "Cobertura (%)", "Exigidos", "Recibidos", *ANTES],
        [
            [
                una.codigo,
                una.enunciado,
                una.programa,
                una.objetivo,
                una.ambito,
                una.rectora,
                *_cifras(una),
                una.cobertura,
                una.exigidos,
                una.recibidos,
                *_antes(una),
            ]
            for una in filas
        ],
    )  # fmt: skip


def cuadricula(tablero: Tablero) -> Tabla:
    """Los cruces de ámbito y programa que tienen acciones."""
    nombres = {(uno.nivel, uno.codigo): uno.nombre for uno in tablero.contenido.niveles}
    return Tabla(
        ["Ámbito", "Programa", "Acciones", *CIFRAS, "Cobertura (%)", *ANTES],
        [
            [
                nombres.get(("AMBITO", celda.ambito), celda.ambito),
                nombres.get(("PROGRAMA", celda.programa), celda.programa),
                celda.n_acciones,
                *_cifras(celda),
                celda.cobertura,
                *_antes(celda),
            ]
            for celda in tablero.contenido.cuadricula
        ],
    )


def serie(tablero: Tablero) -> Tabla:
    """E y P del plan y de los programas por semestre: como se publicó y rectificada."""
    return Tabla(
        ["Semestre", "Nivel", "Código", "P (%)", "E (%)", "Semáforo", "Cobertura (%)",
         "P rectificada (%)", "E rectificada (%)"],
        [
            [
                uno.periodo,
                uno.nivel.capitalize(),
                uno.codigo,
                uno.programado,
                uno.ejecutado,
                aspecto(uno.semaforo).palabra,
                uno.cobertura,
                uno.programado_rectificado,
                uno.ejecutado_rectificado,
            ]
            for uno in tablero.contenido.serie
        ],
    )  # fmt: skip


def instituciones(tablero: Tablero) -> Tabla:
    """Lo que rige cada institución, y lo que debía y entregó."""
    return Tabla(
        ["Institución", "Nombre", "Acciones que rige", *CIFRAS, *ANTES, "Exigidos", "Recibidos",
         "A tiempo", "Cobertura (%)", "Oportunidad (%)"],
        [
            [
                una.sigla,
                una.nombre,
                una.rectora_de,
                *_cifras(una),
                *_antes(una),
                una.exigidos,
                una.recibidos,
                una.a_tiempo,
                una.cobertura,
                una.oportunidad,
            ]
            for una in tablero.rectoras
        ],
    )  # fmt: skip


def presupuesto(tablero: Tablero) -> Tabla:
    """Lo gastado y lo hecho de cada acción con presupuesto."""
    return Tabla(
        ["Acción", "Enunciado", "Vigente (Q)", "Devengado (Q)", "Devengado (%)", "E (%)",
         "Físico / financiero", "Semáforo"],
        [
            [
                una.codigo,
                una.enunciado,
                una.vigente,
                una.devengado,
                una.pct_devengado,
                una.ejecutado,
                una.fisico_financiero,
                aspecto(una.semaforo).palabra,
            ]
            for una in tablero.con_dinero
        ],
    )  # fmt: skip


def cambios(tablero: Tablero) -> Tabla:
    """Las acciones que cambiaron de color, de la que más bajó a la que más subió."""
    return Tabla(
        ["Acción", "Enunciado", "Sentido", "Semáforo anterior", "Semáforo", "E anterior (%)",
         "E (%)", "Cambio (puntos)"],
        [
            [
                uno.accion,
                uno.titulo,
                uno.sentido.capitalize(),
                aspecto(uno.semaforo_anterior).palabra,
                aspecto(uno.semaforo).palabra,
                uno.ejecutado_anterior,
                uno.ejecutado,
                uno.delta,
            ]
            for uno in tablero.contenido.que_cambio
        ],
    )  # fmt: skip


TABLAS: dict[str, Callable[[Tablero], Tabla]] = {
    "niveles": niveles,
    "acciones": acciones,
    "cuadricula": cuadricula,
    "serie": serie,
    "brechas": brechas,
    "instituciones": instituciones,
    "presupuesto": presupuesto,
    "cambios": cambios,
}
