"""Lo que se exige a toda petición al entrar y a toda respuesta al salir.

Aquí no se decide quién puede qué: sólo que lo pedido se pueda leer, que nada privado quede en
una caché, que una sesión no dure más de lo debido y que quien debe dos factores los tenga.
"""

import base64
import binascii
import re
import uuid
from collections.abc import Callable, Iterator
from http import HTTPStatus
from urllib.parse import unquote_to_bytes, urlsplit

import structlog
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.backends.base import SessionBase
from django.core.cache import cache
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from redis.exceptions import RedisError

from instituciones.cuentas import origen
from instituciones.entrada import le_falta_segundo_factor
from instituciones.receptores import ENTRADA, MOTIVO, PUESTO, al_negar_seguido, puesto
from pesn.errores import es_de_la_api, falta_segundo_factor, ilegible

registro = structlog.get_logger(__name__)

Respuesta = Callable[[HttpRequest], HttpResponse]

SE_COMPRIME = ("text/", "application/json", "application/problem+json", "image/svg+xml")
CIFRADOS = {"utf-8", "utf8", "us-ascii"}
LARGO_DE_DIRECCION = 2_000
LARGO_DE_CONSULTA = 8_000
IDENTIFICADOR = re.compile(r"[A-Za-z0-9-]{8,64}")
PERMISOS = ", ".join(
    f"{permiso}=()"
    for permiso in [
        "accelerometer",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "payment",
        "usb",
    ]
)

USO = "usada_en"
ACTIVAR = "mfa_activate_totp"
SIN_SEGUNDO_FACTOR = {
    ACTIVAR,
    "mfa_index",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
    "account_login",
    "account_logout",
    "account_reauthenticate",
    "account_change_password",
}
ESPERA_DE_LA_ENTRADA = "300"  # segundos: lo que dura un límite de ACCOUNT_RATE_LIMITS
VENTANA_DE_NEGATIVAS = 300
NEGADAS = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


class EntradaLimpia:
    """Contesta 400 a lo que no es texto: NUL o UTF-8 roto en dirección, credenciales o galletas,
    o un cuerpo que se dice en otro cifrado.

    Sin esto llegarían a la base, que los rechaza con una falla.
    """

    def __init__(self, get_response: Respuesta):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        consulta = _octetos(request, "QUERY_STRING")
        if len(request.path_info) > LARGO_DE_DIRECCION or len(consulta) > LARGO_DE_CONSULTA:
            return ilegible(request, 414)
        if "HTTP_TRANSFER_ENCODING" in request.META:
            if request.META.get("CONTENT_LENGTH"):
                return ilegible(request, 400)  # dos medidas: cada quien cortaría en otra parte
            return ilegible(request, 413)  # sin decir cuánto mide: no hay con qué ponerle tope
        dicho = (request.content_params or {}).get("charset", "utf-8")
        if dicho.lower() not in CIFRADOS:
            return ilegible(request, 400)  # un formulario se descifraría con él: hay hasta «hex»
        if not all(_es_texto(trozo) for trozo in _entradas(request)):
            return ilegible(request, 400)
        return self.get_response(request)


def _entradas(request: HttpRequest) -> Iterator[bytes]:
    """Cada cosa que vino de fuera sin pasar por un formulario, ya descifrada."""
    yield unquote_to_bytes(request.path_info)  # Django dejó «%FF» donde no había UTF-8
    yield unquote_to_bytes(_octetos(request, "QUERY_STRING").replace(b"+", b" "))
    credenciales = _octetos(request, "HTTP_AUTHORIZATION")
    yield credenciales
    esquema, _, cifrado = credenciales.partition(b" ")
    if esquema.lower() == b"basic":
        try:
            yield base64.b64decode(cifrado.strip(), validate=True)
        except binascii.Error:
            if not es_de_la_api(request):  # allí una credencial que no vale es un 401
                yield b"\0"
    yield from (valor.encode(errors="surrogateescape") for valor in request.COOKIES.values())


def _octetos(request: HttpRequest, nombre: str) -> bytes:
    """Los octetos como llegaron: WSGI los entrega como latin-1."""
    return str(request.META.get(nombre, "")).encode("latin-1", errors="replace")


def _es_texto(octetos: bytes) -> bool:
    try:
        return "\0" not in octetos.decode()
    except UnicodeDecodeError:
        return False


class RespuestaSegura:
    """Identificador en cada respuesta y, a quien entró, nada que una caché pueda guardar."""

    def __init__(self, get_response: Respuesta):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        recibido = request.META.get("HTTP_X_REQUEST_ID", "")
        propio = recibido if IDENTIFICADOR.fullmatch(recibido) else uuid.uuid4().hex
        request.META["HTTP_X_REQUEST_ID"] = propio
        respuesta = self.get_response(request)
        respuesta["X-Request-ID"] = propio
        respuesta["Permissions-Policy"] = PERMISOS
        persona = getattr(request, "user", None)
        entro = persona is not None and persona.is_authenticated
        if entro or not respuesta.has_header("Cache-Control"):
            respuesta["Cache-Control"] = "no-store"
        return respuesta


class TextoComprimido(GZipMiddleware):
    """Comprime las páginas y el JSON; los archivos ya vienen comprimidos y salen como se sellaron.

    La de Django agrega un relleno al azar: sin él, el largo delataría lo secreto (BREACH).
    """

    def process_response(self, request, response):
        if response.get("Content-Type", "").startswith(SE_COMPRIME):
            return super().process_response(request, response)
        return response


class PideEntrar(LoginRequiredMiddleware):
    """Cerrado si no se dice otra cosa; tras entrar, de vuelta a una página que se puede abrir.

    A quien se le venció la sesión al enviar un formulario se le devuelve a la página donde
    estaba: la dirección del envío no contesta a un GET.
    """

    def handle_no_permission(self, request, view_func):
        if request.method in {"GET", "HEAD"}:
            return super().handle_no_permission(request, view_func)
        origen = request.META.get("HTTP_REFERER", "")
        propio = url_has_allowed_host_and_scheme(
            origen, {request.get_host()}, require_https=request.is_secure()
        )
        return redirect_to_login(urlsplit(origen).path if propio else "/")


class SesionAcotada:
    """Doce horas en total desde la entrada, y ni una petición más con un puesto que ya cambió.

    La que se usa se renueva: a la media hora sin uso se vence sola.
    """

    def __init__(self, get_response: Respuesta):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            if motivo := _motivo_de_salida(request):
                request.META[MOTIVO] = motivo
                logout(request)
            else:
                _renovar(request.session)
        return self.get_response(request)


def _motivo_de_salida(request) -> str:
    """Por qué esta sesión ya no vale; vacío si vale."""
    desde = request.session.get(ENTRADA)
    ahora = timezone.now().timestamp()
    if desde is None or not 0 <= ahora - desde < settings.SESSION_ABSOLUTA_SEGUNDOS:
        return "vencida"
    if request.session.get(PUESTO) != puesto(request.user):
        return "cambio_de_puesto"
    return ""


def _renovar(sesion: SessionBase) -> None:
    """Guardarla corre su vencimiento: basta una vez por minuto, y nunca dura de más."""
    ahora = timezone.now().timestamp()
    if ahora - sesion.get(USO, sesion[ENTRADA]) >= settings.SESSION_SE_RENUEVA_CADA:
        sesion[USO] = ahora


class SegundoFactorExigido:
    """Quien debe tener segundo factor y no lo tiene sólo puede activarlo, o salir."""

    def __init__(self, get_response: Respuesta):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request, vista, argumentos, nombrados) -> HttpResponse | None:
        """Ni siquiera se llama a la página pedida."""
        if not request.user.is_authenticated or _sirve_sin_segundo_factor(request, vista):
            return None
        if not le_falta_segundo_factor(request.user):
            return None
        donde = reverse(ACTIVAR)
        if _pide_json(request):
            return falta_segundo_factor(request)
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": donde})
        return redirect(donde)


def _sirve_sin_segundo_factor(request, vista) -> bool:
    """Lo que lleva a tenerlo, y lo que se ve sin entrar (la API no: pide persona de otro modo)."""
    publica = not getattr(vista, "login_required", True) and not es_de_la_api(request)
    return publica or request.resolver_match.view_name in SIN_SEGUNDO_FACTOR


def _pide_json(request) -> bool:
    acepta = request.META.get("HTTP_ACCEPT", "")
    return es_de_la_api(request) or acepta.startswith("application/json")


class LimiteDicho:
    """Quien llegó a un límite recibe 429 y cuándo volver, también si se lo dice un formulario."""

    def __init__(self, get_response: Respuesta):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        respuesta = self.get_response(request)
        if getattr(request, "llego_al_limite", False):
            respuesta.status_code = 429
        if respuesta.status_code == 429:
            respuesta.setdefault("Retry-After", ESPERA_DE_LA_ENTRADA)
        return respuesta


class NegativasVistas:
    """Cada 401 y 403 queda en la bitácora técnica; muchos seguidos de alguien, en la cadena."""

    def __init__(self, get_response: Respuesta):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        respuesta = self.get_response(request)
        if respuesta.status_code in NEGADAS:
            persona = getattr(request, "user", None)
            quien = persona.pk if persona is not None and persona.is_authenticated else None
            dicho = {"ruta": request.path, "resultado": respuesta.status_code}
            registro.warning("acceso_negado", persona=quien, **dicho, **origen(request))
            if quien is not None and _negativas(quien) == settings.NEGATIVAS_SEGUIDAS:
                al_negar_seguido(request, persona)
        return respuesta


def _negativas(quien: int) -> int:
    """Cuántas lleva en los últimos cinco minutos; sin caché no se cuentan."""
    clave = f"negativas:{quien}"
    try:
        cache.add(clave, 0, VENTANA_DE_NEGATIVAS)
        return cache.incr(clave)
    except (ValueError, DatabaseError, RedisError):
        return 0
