"""Abrir, cambiar y cerrar cuentas: la fila, su constancia y sus sesiones, juntas."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import HttpRequest

from instituciones.bitacora import asiento, constancia
from instituciones.models import Usuario

QUE_SE_CAMBIA = ("correo", "nombre", "institucion_id", "rol", "is_active")
CIERRAN_SESIONES = {"correo", "institucion_id", "rol", "is_active"}


class CuentaAjena(Exception):
    """Otra persona cambió la cuenta después de que se leyó."""


def abrir(persona: Usuario, *, por: Usuario | None) -> None:
    """Guarda una cuenta nueva, sin contraseña: la pone su dueño con un enlace."""
    with constancia() as asientos:
        persona.set_unusable_password()
        persona.save(force_insert=True)
        datos = {campo: getattr(persona, campo) for campo in QUE_SE_CAMBIA}
        asientos.append(_asiento("abrir_cuenta", persona, por=por, datos=datos))


def cambiar(persona: Usuario, *, version: int, por: Usuario) -> None:
    """Guarda lo que cambió y termina las sesiones de quien ya no es el mismo puesto.

    Lanza CuentaAjena si `version` no es la que está guardada.
    """
    with constancia() as asientos:
        filas = Usuario.objects.filter(pk=persona.pk, version=version)
        if not filas.update(version=F("version") + 1):
            raise CuentaAjena
        antes = Usuario.objects.get(pk=persona.pk)
        cambios = _cambios(antes, persona)
        persona.version = antes.version
        persona.save()
        if "correo" in cambios:
            EmailAddress.objects.filter(user=persona).delete()
        if CIERRAN_SESIONES.intersection(cambios):
            cerrar_sesiones(persona)
        asientos.append(_asiento("cambiar_cuenta", persona, por=por, datos=cambios))


def quitar_segundo_factor(persona: Usuario, *, por: Usuario) -> None:
    """Para quien perdió su teléfono: entra con su contraseña y lo pone de nuevo."""
    with constancia() as asientos:
        borrados, _ = Authenticator.objects.filter(user=persona).delete()
        cerrar_sesiones(persona)
        asientos.append(
            _asiento("quitar_segundo_factor", persona, por=por, datos={"borrados": borrados})
        )


def enlace_de_contrasena(persona: Usuario, *, por: Usuario) -> str:
    """La dirección, de un solo uso y por una hora, donde su dueño pone la contraseña."""
    with constancia() as asientos:
        asientos.append(_asiento("dar_enlace_de_contrasena", persona, por=por))
    ficha = default_token_generator.make_token(persona)
    llave = f"{user_pk_to_url_str(persona)}-{ficha}"
    return get_adapter().get_reset_password_from_key_url(llave)


def cerrar_sesiones(persona: Usuario) -> None:
    """Termina ya todas sus sesiones abiertas."""
    for sesion in UserSession.objects.filter(user=persona):
        sesion.end()


def _cambios(antes: Usuario, despues: Usuario) -> dict[str, list[Any]]:
    """Cada campo que cambió, con su valor anterior y el nuevo."""
    pares = {campo: [getattr(antes, campo), getattr(despues, campo)] for campo in QUE_SE_CAMBIA}
    return {campo: par for campo, par in pares.items() if par[0] != par[1]}


def _asiento(
    acto: str, persona: Usuario, *, por: Usuario | None, datos: dict[str, Any] | None = None
):
    datos = (datos or {}) | origen(context.request)
    return asiento(acto, persona, por=por, datos=datos, institucion=persona.institucion.sigla)


def origen(request: HttpRequest | None) -> dict[str, str]:
    """De dónde vino: dirección de red e identificador de la petición; nada, si es un mandato."""
    if request is None:
        return {}
    try:
        red = get_adapter().get_client_ip(request)
    except PermissionDenied:
        red = ""
    return {"red": red, "peticion": request.META.get("HTTP_X_REQUEST_ID", "")}
