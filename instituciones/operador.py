"""Quién actúa en los mandatos de operación: los mismos derechos y constancia que en pantalla."""

from argparse import ArgumentTypeError
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from instituciones.models import Rol, Usuario
from instituciones.textos import en_un_renglon


def correo(texto: str) -> str:
    """Lo escrito en `--por`: vacío no es «nadie» (una variable sin valor), es un error."""
    if not texto.strip():
        raise ArgumentTypeError("falta el correo.")
    return texto.strip()


def renglon(texto: str) -> str:
    """Un nombre, como los que se escriben en pantalla."""
    try:
        en_un_renglon(texto)
    except ValidationError as falta:
        raise ArgumentTypeError(falta.message) from None
    return texto.strip()


def dia(texto: str) -> date:
    """«2026-01-31», en hora de Guatemala."""
    try:
        return date.fromisoformat(texto)
    except ValueError:
        raise ArgumentTypeError(f"«{texto}» no es un día: se escribe AAAA-MM-DD.") from None


def quienes(por: str | None, en_nombre_de: str | None) -> dict[str, Any]:
    """Quién actúa y, si es por delegación, en nombre de quién: así lo reciben los verbos.

    Por delegación hay que decir las dos personas: nadie se deduce.
    """
    if en_nombre_de is None:
        return {"por": persona(por), "en_nombre_de": None}
    if por is None:
        raise CommandError("Con --en-nombre-de diga también quién actúa, con --por <correo>.")
    return {"por": persona(por), "en_nombre_de": persona(en_nombre_de)}


def cuenta(de: str) -> Usuario:
    """La de ese correo, esté activa o no. Lanza CommandError si no existe."""
    una = Usuario.objects.filter(correo=de.lower()).first()
    if una is None:
        raise CommandError(f"No hay una cuenta con el correo {de}.")
    return una


def persona(de: str | None, rol: str = Rol.COORDINADOR) -> Usuario:
    """La persona de `--por`; sin ella, la única activa con ese rol.

    Lanza CommandError si no existe, no está activa o hay varias.
    """
    activas = Usuario.objects.filter(is_active=True)
    if de:
        una = activas.filter(correo=de.lower()).first()
        if una is None:
            raise CommandError(f"No hay una persona activa con el correo {de}.")
        return una
    candidatas = list(activas.filter(rol=rol)[:2])
    if len(candidatas) != 1:
        raise CommandError(f"Diga quién actúa con --por <correo> (rol {rol}).")
    return candidatas[0]
