"""Lo que Django y allauth avisan de las cuentas queda en la bitácora.

Nunca un secreto ni un correo ajeno: de quien no tiene cuenta queda sólo una huella de lo escrito.
"""

from typing import Any

from allauth.account import signals as cuenta
from allauth.account.adapter import get_adapter
from allauth.mfa import signals as segundo_factor
from django.contrib.auth import signals as entrada
from django.core.exceptions import PermissionDenied
from django.dispatch import Signal
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from instituciones.bitacora import asiento, constancia
from instituciones.canonico import canonico
from instituciones.models import Asiento, Usuario

ENTRADA = "entro_en"
PUESTO = "puesto"
MOTIVO = "pesn.motivo_de_salida"

AVISOS: dict[Signal, str] = {
    cuenta.password_set: "poner_contrasena",
    cuenta.password_changed: "cambiar_contrasena",
    cuenta.password_reset: "restablecer_contrasena",
    segundo_factor.authenticator_added: "agregar_segundo_factor",
    segundo_factor.authenticator_removed: "quitar_segundo_factor",
    segundo_factor.authenticator_reset: "renovar_segundo_factor",
    segundo_factor.authentication_failed: "fallar_segundo_factor",
}


def conectar() -> None:
    """Enlaza cada aviso con su asiento."""
    entrada.user_logged_in.connect(al_entrar, dispatch_uid="bitacora")
    entrada.user_logged_out.connect(al_salir, dispatch_uid="bitacora")
    entrada.user_login_failed.connect(al_fallar, dispatch_uid="bitacora")
    for aviso in AVISOS:
        aviso.connect(al_cambiar_la_cuenta, dispatch_uid="bitacora")


def puesto(persona: Usuario) -> str:
    """El rol y la institución con que se entró: si cambian, la sesión termina."""
    return f"{persona.rol}:{persona.institucion_id}"


def al_entrar(sender: Any, request: HttpRequest, user: Usuario, **_: Any) -> None:
    """Abre la sesión: desde cuándo y con qué puesto."""
    request.session[ENTRADA] = timezone.now().timestamp()
    request.session[PUESTO] = puesto(user)
    _asentar_sesion("entrar", request, persona=user, clave=str(user.pk))


def al_salir(sender: Any, request: HttpRequest, user: Usuario | None, **_: Any) -> None:
    """Cierra la sesión, por su gusto o porque ya no valía."""
    if user is None:
        return
    motivo = request.META.get(MOTIVO, "propia")
    _asentar_sesion("salir", request, persona=user, clave=str(user.pk), motivo=motivo)


def al_fallar(sender: Any, credentials: dict[str, Any], request: Any = None, **_: Any) -> None:
    """Una entrada fallida: la cuenta si existe; si no, una huella de lo que se escribió."""
    escrito = str(credentials.get("email") or credentials.get("username") or "").strip().lower()
    cuentas = Usuario.objects.filter(correo=escrito).values_list("pk", flat=True)
    clave = str(cuentas.first() or salted_hmac("entrada fallida", escrito).hexdigest())
    _asentar_sesion("fallar_entrada", request, persona=None, clave=clave)


def al_cambiar_la_cuenta(
    sender: Any, signal: Signal, user: Usuario, request: Any = None, **detalle: Any
) -> None:
    """Contraseña o segundo factor: qué cambió, no su valor."""
    factor = detalle.get("authenticator")
    datos = _origen(request) | ({"factor": str(factor.type)} if factor else {})
    with constancia() as asientos:
        asientos.append(asiento(AVISOS[signal], user, por=user, datos=datos))


def _asentar_sesion(
    acto: str, request: Any, *, persona: Usuario | None, clave: str, **datos: str
) -> None:
    ahora = timezone.now()
    with constancia() as asientos:
        asientos.append(
            Asiento(
                persona=persona,
                momento=ahora,
                registrado=ahora,
                acto=acto,
                tipo="sesion",
                clave=clave,
                datos=canonico(_origen(request) | datos),
            )
        )


def _origen(request: Any) -> dict[str, str]:
    """De dónde vino: dirección de red e identificador de la petición."""
    if request is None:
        return {}
    try:
        red = get_adapter().get_client_ip(request)
    except PermissionDenied:
        red = ""
    return {"red": red, "peticion": request.META.get("HTTP_X_REQUEST_ID", "")}
