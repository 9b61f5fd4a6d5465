"""Las tablas abiertas: sus columnas, con qué significan, y sus filas una por una.

Las columnas y las filas de acciones, actividades y resultados son las del libro del informe, así
que un dato se llama y se define igual en los dos. La última columna es el sello de demostración.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from informes.contenido import Actividad, Contenido
from informes.diccionario import (
    COLOR,
    DINERO,
    ENTERO,
    FECHA,
    HOJAS,
    MOMENTO,
    NUMERO,
    PUNTOS,
    TEXTO,
    Columna,
)
from informes.xlsx.filas import FILAS, Fila
from matrices.calculo import ASPECTOS

ESQUEMA = "datos-abiertos/1"  # cambia con las columnas, y con él la huella de cada archivo
TIPOS = {
    TEXTO: "string",
    COLOR: "string",
    ENTERO: "integer",
    NUMERO: "number",
    PUNTOS: "number",
    DINERO: "number",
    FECHA: "date",
    MOMENTO: "datetime",
}
SI_O_NO = ("sí", "no")
DE_SI_O_NO = {"presunta", "arrastrado", "extemporaneo"}
AVISO = Columna("aviso", "Sello de los datos de demostración", regla="Vacía si son oficiales")

CALENDARIO = (
    Columna("accion", "Código de la acción"),
    Columna("numero", "Número de la actividad en la matriz", ENTERO),
    Columna("evento", "INICIO, FIN o HITO de la actividad"),
    Columna("hito", "Número del hito; vacío en inicio y fin", ENTERO),
    Columna("descripcion", "De la actividad o de su hito"),
    Columna("responsable", "Institución responsable"),
    Columna("situacion", "Vigente, suspendida o cancelada"),
    Columna("fecha_original", "Fecha con que nació", FECHA),
    Columna("fecha_vigente", "Fecha con que se midió", FECHA, "", "La última aprobada"),
    Columna("cumplido", "Día en que se validó el hito", FECHA, "", "Vacía si no se ha cumplido"),
)
DICCIONARIO = (
    Columna("tabla", "Archivo de datos abiertos"),
    Columna("columna", "Nombre de la columna"),
    Columna("tipo", "Tipo de dato (Frictionless Table Schema)"),
    Columna("unidad", "En qué se mide"),
    Columna("significado", "Qué quiere decir"),
    Columna("regla", "Cómo se obtiene"),
)


class Tabla(NamedTuple):
    """Un archivo de datos: cómo se llama, qué trae y cómo se leen sus filas."""

    nombre: str
    titulo: str
    propias: tuple[Columna, ...]
    leer: Callable[[Contenido], Iterator[Fila]]
    llave: tuple[str, ...] = ()
    apunta: tuple[tuple[str, ...], str] | None = None

    @property
    def columnas(self) -> tuple[Columna, ...]:
        """Las suyas y el sello."""
        return (*self.propias, AVISO)

    def filas(self, contenido: Contenido) -> Iterator[Fila]:
        """Sus filas, hechas según se piden; None es «sin dato» y «n/d», lo que se retuvo."""
        for fila in self.leer(contenido):
            yield (*fila, contenido.aviso_demo)


def _calendario(contenido: Contenido) -> Iterator[Fila]:
    for una in contenido.actividades:
        yield _fecha(una, "INICIO", una.inicio, una.inicio)
        for hito in una.hitos:
            yield (
                *(una.accion, una.numero, "HITO", hito.numero, hito.descripcion, una.responsable),
                *(una.situacion, hito.fecha_original, hito.fecha_vigente, hito.cumplido),
            )
        yield _fecha(una, "FIN", una.fin_original, una.fin_vigente)


def _fecha(una: Actividad, evento: str, original: Any, vigente: Any) -> Fila:
    return (
        *(una.accion, una.numero, evento, None, una.descripcion, una.responsable),
        *(una.situacion, original, vigente, None),
    )


def _diccionario(_contenido: Contenido) -> Iterator[Fila]:
    for tabla in TABLAS.values():
        for una in tabla.columnas:
            yield (
                *(tabla.nombre, una.nombre, TIPOS[una.formato], una.unidad),
                *(una.significado, una.regla),
            )


TABLAS = {
    una.nombre: una
    for una in (
        Tabla("acciones", "Acciones", HOJAS["2_Acciones"], FILAS["2_Acciones"], ("codigo",)),
        Tabla(
            "actividades",
            "Actividades",
            HOJAS["3_Actividades"],
            FILAS["3_Actividades"],
            ("accion", "numero"),
            (("accion",), "acciones"),
        ),
        Tabla("resultados", "Resultados", HOJAS["6_Resultados"], FILAS["6_Resultados"]),
        Tabla(
            "calendario",
            "Calendario",
            CALENDARIO,
            _calendario,
            apunta=(("accion", "numero"), "actividades"),
        ),
        Tabla("diccionario", "Diccionario de datos", DICCIONARIO, _diccionario),
        Tabla("catalogos", "Catálogos", HOJAS["13_Catalogos"], FILAS["13_Catalogos"]),
    )
}


def valores_posibles(columna: Columna) -> tuple[str, ...]:
    """Los de una columna de lista cerrada; ninguno si es libre."""
    if columna.formato == COLOR:
        return tuple(ASPECTOS)
    return SI_O_NO if columna.nombre in DE_SI_O_NO else ()
