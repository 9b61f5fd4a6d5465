"""De vuelta desde el JSON que se selló: entero, o sólo lo que se pide de él."""

import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from informes.contenido.informe import ESQUEMA, Contenido
from informes.contenido.portada import Punto
from instituciones.canonico import canonico

EN_EL_RESUMEN = (
    *("esquema", "edicion", "plan", "periodo", "corte", "anterior", "es_demo", "umbrales"),
    *("niveles", "cuadricula", "acciones", "instituciones", "presupuesto", "serie"),
)
FUERA_DEL_RESUMEN = {"impacto", "responsables_fuente", "reglas", "obligados", "relacionadas"}


def desde_json(texto: str) -> Contenido:
    """El contenido que dio ese JSON canónico. Lanza ValueError si no tiene su forma."""
    contenido: Contenido = _leido(Contenido, _datos(texto))
    return contenido


def serie_propia(texto: str) -> tuple[Punto, ...]:
    """Los puntos de su propio semestre, sin leer lo demás; para comparar con cortes viejos."""
    datos = _datos(texto)
    propio = datos.get("periodo", {}).get("codigo")
    puntos = [uno for uno in datos.get("serie", []) if uno.get("periodo") == propio]
    serie: tuple[Punto, ...] = _leido(tuple[Punto, ...], puntos)
    return serie


def resumen_de(texto: str) -> str:
    """Del JSON de un corte, las cifras de la acción hacia arriba: lo que lee un tablero.

    Se lee otra vez con `desde_json`; no trae actividades, y de las acciones no más que lo que
    las nombra y las mide.
    """
    datos = _datos(texto)
    resumen = {clave: datos[clave] for clave in EN_EL_RESUMEN if clave in datos}
    resumen["acciones"] = [
        {clave: valor for clave, valor in una.items() if clave not in FUERA_DEL_RESUMEN}
        for una in datos.get("acciones", [])
    ]
    return canonico(resumen)


def _datos(texto: str) -> dict[str, Any]:
    datos = json.loads(texto)
    if not isinstance(datos, dict) or datos.get("esquema") != ESQUEMA:
        raise ValueError(f"No es un contenido {ESQUEMA}.")
    return datos


def _leido(tipo: Any, datos: Any) -> Any:
    try:
        return _lector(tipo)(datos)
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as motivo:
        raise ValueError(f"El contenido no tiene su forma: {motivo!r}.") from motivo


Lector = Callable[[Any], Any]
SIMPLES: dict[Any, Lector] = {
    Decimal: Decimal,
    date: date.fromisoformat,
    datetime: datetime.fromisoformat,
}


@cache
def _lector(tipo: Any) -> Lector:
    """Cómo se lee un valor de ese tipo tal como `canonico` lo escribió."""
    origen, argumentos = get_origin(tipo), get_args(tipo)
    if origen in (Union, UnionType):
        lee = _lector(next(uno for uno in argumentos if uno is not type(None)))
        return lambda valor: None if valor is None else lee(valor)
    if origen is tuple:
        de_cada = _lector(argumentos[0])
        return lambda valor: tuple(de_cada(uno) for uno in valor)
    if is_dataclass(tipo):
        return _lector_de_clase(tipo)
    return SIMPLES.get(tipo, lambda valor: valor)


def _lector_de_clase(clase: Any) -> Lector:
    tipos = get_type_hints(clase)
    lectores = {campo.name: _lector(tipos[campo.name]) for campo in fields(clase)}

    def lee(datos: dict[str, Any]) -> Any:
        return clase(**{nombre: lectores[nombre](valor) for nombre, valor in datos.items()})

    return lee
