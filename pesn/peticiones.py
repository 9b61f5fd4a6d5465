"""Lo que se exige a toda petición al entrar y a toda respuesta al salir.

Aquí no se decide quién puede qué: sólo que lo pedido se pueda leer, que nada privado quede en
una caché y que una sesión no dure más de lo debido.
"""

import base64
import binascii
import re
import uuid
from collections.abc import Callable, Iterator
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from instituciones.receptores import ENTRADA, MOTIVO, PUESTO, puesto
from pesn.errores import ilegible

Respuesta = Callable[[HttpRequest], HttpResponse]

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


class EntradaLimpia:
    """Contesta 400 a lo que no es texto: NUL o UTF-8 roto en dirección, credenciales o galletas.

    Sin esto llegarían a la base, que los rechaza con una falla.
    """

    def __init__(self, get_response: Respuesta):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        consulta = _octetos(request, "QUERY_STRING")
        if len(request.path_info) > LARGO_DE_DIRECCION or len(consulta) > LARGO_DE_CONSULTA:
            return ilegible(request, 414)
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


class SesionAcotada:
    """Doce horas en total desde la entrada, y ni una petición más con un puesto que ya cambió."""

    def __init__(self, get_response: Respuesta):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and (motivo := _motivo_de_salida(request)):
            request.META[MOTIVO] = motivo
            logout(request)
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
