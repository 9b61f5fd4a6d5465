"""El texto canónico: el mismo contenido da siempre los mismos bytes, y por eso se puede sellar.

No conoce Django. Claves ordenadas, sin espacios, NFC; fechas ISO y horas UTC como texto.
"""

import json
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from hashlib import sha256
from typing import Any
from uuid import UUID


def canonico(valor: Any) -> str:
    """JSON canónico de dataclasses, diccionarios, listas y valores simples.

    Los decimales van como texto con dos lugares; si traen más cifras que digan algo, con todas,
    para que ningún número se selle cambiado: 5 → «5.00», 10.0500 → «10.05», 0.125 → «0.125».
    TypeError ante lo que no tiene una sola forma (flotantes, conjuntos, bytes, claves que no son
    texto); ValueError ante NaN, una hora sin zona, o texto que no cabe en UTF-8.
    """
    texto = json.dumps(
        _llano(valor), ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    )
    texto.encode()  # un sustituto suelto de UTF-16 no se puede sellar: falla aquí, no al guardar
    return texto


def huella(texto: str) -> str:
    """SHA-256 del texto en UTF-8, en hexadecimal."""
    return sha256(texto.encode()).hexdigest()


def _llano(valor: Any) -> Any:
    if type(valor) is str:  # lo más frecuente, primero: un corte tiene cientos de miles
        return unicodedata.normalize("NFC", valor)
    if valor is None or type(valor) is int:
        return valor
    if isinstance(valor, Enum):
        valor = valor.value
    if isinstance(valor, Mapping):
        return _diccionario(valor)
    if isinstance(valor, list | tuple):
        return [_llano(uno) for uno in valor]
    if is_dataclass(valor) and not isinstance(valor, type):
        return _diccionario({campo.name: getattr(valor, campo.name) for campo in fields(valor)})
    return _simple(valor)


def _simple(valor: Any) -> str | int | None:
    if valor is None or isinstance(valor, bool | int):
        return valor
    for tipo, escribe in ESCRITURA.items():
        if isinstance(valor, tipo):
            return escribe(valor)
    raise TypeError(f"{type(valor).__name__} no tiene forma canónica: {valor!r}.")


def _diccionario(valor: Mapping[Any, Any]) -> dict[str, Any]:
    llano: dict[str, Any] = {}
    for clave, contenido in valor.items():
        nombre = _llano(clave)
        if not isinstance(nombre, str) or isinstance(clave, Decimal | date | UUID):
            raise TypeError(f"Una clave canónica es texto, y ésta es {clave!r}.")
        if nombre in llano:
            raise ValueError(f"Dos claves se escriben igual: {nombre!r}.")
        llano[nombre] = _llano(contenido)
    return llano


def _decimal(valor: Decimal) -> str:
    if not valor.is_finite():
        raise ValueError(f"{valor} no es una cifra.")
    entero, _punto, cifras = f"{valor.copy_abs():f}".partition(".")
    signo = "-" if valor < 0 else ""
    return f"{signo}{entero}.{cifras.rstrip('0').ljust(2, '0')}"


def _fecha(valor: date) -> str:
    if not isinstance(valor, datetime):
        return valor.isoformat()
    if valor.utcoffset() is None:
        raise ValueError(f"La hora {valor} no dice su zona.")
    return valor.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


ESCRITURA: dict[type, Callable[[Any], str]] = {
    str: lambda texto: unicodedata.normalize("NFC", texto),
    Decimal: _decimal,
    date: _fecha,
    UUID: str,
}
