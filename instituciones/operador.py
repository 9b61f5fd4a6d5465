"""Quién actúa en los mandatos de operación: los mismos derechos y constancia que en pantalla."""

from django.core.management.base import CommandError

from instituciones.models import Rol, Usuario


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
