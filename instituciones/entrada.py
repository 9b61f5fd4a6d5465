"""La puerta: quién entra y cómo se le contesta, sin decir nunca quién tiene cuenta."""

import base64
import hashlib

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError

from instituciones.models import Rol, Usuario

LARGO_DE_QUIEN_ADMINISTRA = 15


class AdaptadorDeCuentas(DefaultAccountAdapter):
    """Inscripción cerrada: las cuentas las crea quien administra."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": "El correo o la contraseña no son correctos.",
        "email_password_mismatch": "El correo o la contraseña no son correctos.",
        "enter_current_password": "Escriba su contraseña actual.",
        "incorrect_code": "El código no es correcto o ya se usó.",
        "incorrect_password": "La contraseña no es correcta.",
        "invalid_password_reset": "El enlace no vale: ya se usó o venció.",
        "rate_limited": "Demasiadas solicitudes. Espere un momento e intente de nuevo.",
        "too_many_login_attempts": (
            "Demasiados intentos fallidos. Espere cinco minutos e intente de nuevo."
        ),
    }

    def is_open_for_signup(self, request):
        return False

    def authenticate(self, request, **credentials):
        """Una cuenta desactivada contesta igual que una que no existe."""
        persona = super().authenticate(request, **credentials)
        AuthenticationBackend.unstash_authenticated_user()
        return persona if persona is not None and persona.is_active else None

    def reauthenticate(self, user, password):
        """Con el correo de la cuenta, que es el único: no hay direcciones aparte."""
        quien = self.authenticate(context.request, email=user.correo, password=password)
        return quien is not None and quien.pk == user.pk


class AdaptadorDeSegundoFactor(DefaultMFAAdapter):
    """Las semillas se guardan cifradas; al rotar el secreto se leen con los anteriores."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "El código no es correcto o ya se usó.",
    }

    def encrypt(self, text):
        return _cifra().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text):
        try:
            return _cifra().decrypt(encrypted_text.encode()).decode()
        except InvalidToken as motivo:
            raise ImproperlyConfigured(
                "La semilla se cifró con otro secreto: agréguelo a SECRET_KEY_FALLBACKS."
            ) from motivo


def _cifra() -> MultiFernet:
    """La cifra del secreto en vigor; detrás, las de los anteriores."""
    secretos = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_llave(secreto)) for secreto in secretos])


def _llave(secreto: str) -> bytes:
    derivada = hashlib.blake2b(secreto.encode(), digest_size=32, person=b"segundo-factor").digest()
    return base64.urlsafe_b64encode(derivada)


class MasLargaParaAdministradores:
    """Quien administra cuentas usa una contraseña de quince caracteres o más."""

    def validate(self, password: str, user: Usuario | None = None) -> None:
        rol = getattr(user, "rol", None)
        if rol == Rol.ADMINISTRADOR and len(password) < LARGO_DE_QUIEN_ADMINISTRA:
            raise ValidationError(self.get_help_text(), code="corta_para_administrar")

    def get_help_text(self) -> str:
        return (
            "Quien administra usa una contraseña de al menos "
            f"{LARGO_DE_QUIEN_ADMINISTRA} caracteres."
        )
