"""Lo que Django y allauth avisan de las cuentas queda en la bitácora.

Nunca un secreto ni un correo ajeno: de quien no tiene cuenta queda sólo una huella de lo escrito.
"""

from typing import Any

from allauth.account import signals as cuenta
from allauth.account.internal.stagekit import LOGIN_SESSION_KEY
from allauth.account.utils import url_str_to_user_pk
from allauth.mfa import signals as segundo_factor
from django.contrib.auth import signals as entrada
from django.core.cache import cache
from django.dispatch import Signal
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from instituciones.avisos import Dicho, escribir
from instituciones.bitacora import asiento, constancia
from instituciones.canonico import canonico
from instituciones.cuentas import origen
from instituciones.entrada import intento_bloqueado
from instituciones.models import Asiento, Usuario

ENTRADA = "entro_en"
PUESTO = "puesto"
MOTIVO = "pesn.motivo_de_salida"
BLOQUEO = 300  # segundos, como la ventana de los límites de entrada

AVISOS: dict[Signal, str] = {
    cuenta.password_set: "poner_contrasena",
    cuenta.password_changed: "cambiar_contrasena",
    cuenta.password_reset: "restablecer_contrasena",
    segundo_factor.authenticator_added: "agregar_segundo_factor",
    segundo_factor.authenticator_removed: "quitar_segundo_factor",
    segundo_factor.authenticator_reset: "renovar_segundo_factor",
    segundo_factor.authentication_failed: "fallar_segundo_factor",
}

DE_SEGURIDAD: dict[Signal, str] = {
    cuenta.password_changed: "Cambió la contraseña de su cuenta",
    cuenta.password_reset: "Se restableció la contraseña de su cuenta",
    segundo_factor.authenticator_added: "Se agregó un segundo factor a su cuenta",
    segundo_factor.authenticator_removed: "Se quitó el segundo factor de su cuenta",
    segundo_factor.authenticator_reset: "Se renovó el segundo factor de su cuenta",
}


def conectar() -> None:
    """Enlaza cada aviso con su asiento."""
    entrada.user_logged_in.connect(al_entrar, dispatch_uid="bitacora")
    entrada.user_logged_out.connect(al_salir, dispatch_uid="bitacora")
    entrada.user_login_failed.connect(al_fallar, dispatch_uid="bitacora")
    intento_bloqueado.connect(al_bloquear, dispatch_uid="bitacora")
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
    escrito = str(credentials.get("email") or credentials.get("username") or "")
    _asentar_sesion("fallar_entrada", request, persona=None, clave=_cuenta_o_huella(escrito))


def al_bloquear(sender: Any, request: HttpRequest | None, **_: Any) -> None:
    """Se llegó a un límite: una vez por cuenta, dirección y ventana, no una por intento."""
    if request is None:
        return
    clave = _contra_quien(request)
    de_donde = origen(request)
    if cache.add(f"bloqueo:{clave}:{de_donde.get('red')}", 1, BLOQUEO):
        _asentar_sesion("bloquear_entrada", request, persona=None, clave=clave)


def al_negar_seguido(request: HttpRequest, persona: Usuario) -> None:
    """Alguien pide una y otra vez lo que no le toca."""
    ruta = request.path[:200]
    _asentar_sesion("negar_seguido", request, persona=persona, clave=str(persona.pk), ruta=ruta)


def _contra_quien(request: HttpRequest) -> str:
    """La cuenta que se intenta: la de adentro, la que espera su código, o la que se escribió."""
    if request.user.is_authenticated:
        return str(request.user.pk)
    if a_medias := request.session.get(LOGIN_SESSION_KEY):
        return str(url_str_to_user_pk(a_medias["user_pk"]))
    return _cuenta_o_huella(request.POST.get("login") or request.POST.get("email") or "")


def _cuenta_o_huella(escrito: str) -> str:
    """La clave de la cuenta si existe; si no, una huella: pudo ser una contraseña."""
    correo = escrito.strip().lower()
    cuentas = Usuario.objects.filter(correo=correo).values_list("pk", flat=True)
    return str(cuentas.first() or salted_hmac("entrada fallida", correo).hexdigest())


def al_cambiar_la_cuenta(
    sender: Any, signal: Signal, user: Usuario, request: Any = None, **detalle: Any
) -> None:
    """Contraseña o segundo factor: qué cambió, no su valor. Su dueño lo sabe siempre."""
    factor = detalle.get("authenticator")
    datos = origen(request) | ({"factor": str(factor.type)} if factor else {})
    with constancia() as asientos:
        if signal in DE_SEGURIDAD:
            _avisar(user, AVISOS[signal], DE_SEGURIDAD[signal])
        asientos.append(asiento(AVISOS[signal], user, por=user, datos=datos))


def _avisar(persona: Usuario, que: str, titulo: str) -> None:
    """Un aviso de seguridad: sale por correo aunque la persona no quiera ninguno."""
    asunto = f"{que}:{timezone.now():%H%M%S%f}"
    dicho = Dicho(asunto, titulo, reverse("usersessions_list"))
    escribir([(dicho, [persona])], obligatorio=True)


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
                datos=canonico(origen(request) | datos),
            )
        )
