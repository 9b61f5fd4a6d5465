"""La puerta: quién entra y cómo se le contesta, sin decir nunca quién tiene cuenta."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.dispatch import Signal

from instituciones import cifra
from instituciones.models import Rol, Usuario

LARGO_DE_QUIEN_ADMINISTRA = 15
SECRETARIA = "STCNS"
ENTRAN_CON_DOS_FACTORES = {Rol.ADMINISTRADOR, Rol.CONSEJO, Rol.COORDINADOR, Rol.ANALISTA}
BLOQUEAN = {"too_many_login_attempts", "rate_limited"}

intento_bloqueado = Signal()  # lleva `request`: alguien llegó a un límite de la entrada


def exige_segundo_factor(persona: Usuario) -> bool:
    """Si su puesto no entra sólo con contraseña: la Secretaría, el Consejo y quien administra."""
    if not settings.MFA_OBLIGATORIO:
        return False
    return persona.rol in ENTRAN_CON_DOS_FACTORES or persona.institucion.sigla == SECRETARIA


def le_falta_segundo_factor(persona: Usuario) -> bool:
    """Si se le exige y todavía no lo tiene."""
    return exige_segundo_factor(persona) and not is_mfa_enabled(persona)


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

    def validation_error(self, code, *args):
        """Llegar a un límite se avisa: por contraseña, por código o al volver a identificarse."""
        if code in BLOQUEAN:
            context.request.llego_al_limite = True  # `pesn.peticiones.LimiteDicho`
            intento_bloqueado.send(sender=type(self), request=context.request)
        return super().validation_error(code, *args)

    def _get_login_attempts_cache_key(self, request, **credentials):
        """Los intentos son de la cuenta: allauth agrega el «Host», que escribe quien pide."""
        return str(credentials.get("email") or credentials.get("username") or "").strip().lower()

    def authenticate(self, request, **credentials):
        """Una cuenta desactivada contesta igual que una que no existe."""
        persona = super().authenticate(request, **credentials)
        AuthenticationBackend.unstash_authenticated_user()
        return persona if persona is not None and persona.is_active else None

    def reauthenticate(self, user, password):
        """Con el correo de la cuenta, que es el único: no hay direcciones aparte."""
        quien = self.authenticate(context.request, email=user.correo, password=password)
        return quien is not None and quien.pk == user.pk


class PuertaDeEntrada(AuthenticationBackend):
    """La de allauth; la persona de la sesión llega con su casa y cuántos avisos le faltan."""

    def get_user(self, user_id):
        suyas = Usuario.objects.con_sus_avisos().select_related("institucion")
        return suyas.filter(pk=user_id, is_active=True).first()


class AdaptadorDeSegundoFactor(DefaultMFAAdapter):
    """Las semillas se guardan cifradas; al rotar el secreto se leen con los anteriores."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "El código no es correcto o ya se usó.",
        "cannot_delete_authenticator": "En su puesto el segundo factor es obligatorio.",
    }

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Quien está obligado no se lo quita; si lo perdió, se lo quita quien administra."""
        return not exige_segundo_factor(authenticator.user)

    def encrypt(self, text):
        return cifra.cifrar(text, cifra.SEGUNDO_FACTOR)

    def decrypt(self, encrypted_text):
        try:
            return cifra.descifrar(encrypted_text, cifra.SEGUNDO_FACTOR)
        except cifra.Ilegible as motivo:
            raise ImproperlyConfigured(
                "La semilla se cifró con otro secreto: agréguelo a SECRET_KEY_FALLBACKS."
            ) from motivo


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
