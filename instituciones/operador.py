"""Quién actúa en los mandatos de operación: los mismos derechos y constancia que en pantalla."""

from typing import Any

from django.core.management.base import CommandError

from instituciones.models import Rol, Usuario


def quienes(por: str | None, en_nombre_de: str | None) -> dict[str, Any]:
    """Quién actúa y, si es por delegación, en nombre de quién: así lo reciben los verbos.

    Por delegación hay que decir las dos personas: nadie se deduce.
    """
    if en_nombre_de is None:
        return {"por": persona(por), "en_nombre_de": None}
    if por is None:
        raise CommandError("Con --en-nombre-de diga también quién actúa, con --por <correo>.")
    return {"por": persona(por), "en_nombre_de": persona(en_nombre_de)}


def persona(correo: str | None, rol: str = Rol.COORDINADOR) -> Usuario:
    """La persona de `--por`; sin ella, la única activa con ese rol.

    Lanza CommandError si no existe, no está activa o hay varias.
    """
    activas = Usuario.objects.filter(is_active=True)
    if correo:
        una = activas.filter(correo=correo.lower()).first()
        if una is None:
            raise CommandError(f"No hay una persona activa con el correo {correo}.")
        return una
    candidatas = list(activas.filter(rol=rol)[:2])
    if len(candidatas) != 1:
        raise CommandError(f"Diga quién actúa con --por <correo> (rol {rol}).")
    return candidatas[0]
