"""El correo de los avisos: sale de la bandeja (`Aviso`), un mensaje por persona y vez.

La base es la verdad: quien reclama lo que espera de una persona lo arrienda con una ficha. Lo que
el servidor de correo rechazó se reintenta, con tope; lo que se le entregó y no contestó queda
INCIERTO y no se repite: nadie recibe dos veces, y dentro de la aplicación el aviso está igual.

También salen de aquí los enlaces para restablecer la contraseña (`PedidoDeEnlace`): a lo sumo una
vez, porque quien no lo recibe lo pide de nuevo.
"""

import smtplib
from datetime import datetime, timedelta
from email.utils import parseaddr
from uuid import uuid4

import structlog
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from instituciones.models import Aviso, PedidoDeEnlace, PreferenciaDeAvisos, Usuario

registro = structlog.get_logger(__name__)
E = Aviso.Envio
ARRIENDO = timedelta(minutes=5)
ESPERAS = [timedelta(minutes=m) for m in (1, 10, 60, 240, 720)]
INTENTOS = len(ESPERAS) + 1
POR_BARRIDA = 200
RECHAZOS = (
    smtplib.SMTPRecipientsRefused,
    smtplib.SMTPSenderRefused,
    smtplib.SMTPDataError,
    smtplib.SMTPHeloError,
    smtplib.SMTPNotSupportedError,
)


class SinServidor(Exception):
    """El servidor de correo no contesta: no hay a qué seguir."""


def esperan(momento: datetime | None = None) -> bool:
    """Si hay algo que mandar ya, o algo que quedó a medias."""
    ahora = momento or timezone.now()
    a_medias = Aviso.objects.filter(envio=E.EN_CAMINO, arriendo__lt=ahora)
    avisos = Aviso.objects.por_enviar(ahora).exists() or a_medias.exists()
    return avisos or PedidoDeEnlace.objects.exists()


def despachar(momento: datetime | None = None) -> int:
    """Manda lo que espera, primero los enlaces; dice cuántos mensajes salieron.

    Se puede llamar cuantas veces se quiera y desde varios procesos.
    """
    ahora = momento or timezone.now()
    recoger(ahora)
    enviados = enviar_enlaces(ahora)
    personas = Aviso.objects.por_enviar(ahora).order_by("persona").values_list("persona", flat=True)
    for persona in list(personas.distinct()[:POR_BARRIDA]):
        try:
            enviados += enviar(persona, momento)
        except SinServidor:
            break
    return enviados


def recoger(ahora: datetime) -> None:
    """Lo que dejó a medias un proceso que murió: lo entregado sin respuesta no se repite."""
    Aviso.objects.filter(envio=E.EN_CAMINO, arriendo__lt=ahora).update(envio=E.INCIERTO)
    agotados = Aviso.objects.por_enviar(ahora).filter(intentos__gte=INTENTOS)
    agotados.update(envio=E.FALLIDO)


def reclamar(persona: int, ahora: datetime) -> str | None:
    """Arrienda lo que espera de esa persona y da la ficha; None si no hay nada libre."""
    mios = Aviso.objects.por_enviar(ahora).filter(persona=persona, intentos__lt=INTENTOS)
    return mios.arrendar(ahora + ARRIENDO)


def enviar(persona: int, momento: datetime | None = None) -> bool:
    """Un mensaje con lo que espera de una persona; False si no salió.

    Comprueba otra vez que le corresponda: pudo perder la cuenta, el rol o la institución
    mientras esperaba. Lanza SinServidor si no se pudo ni conectar.
    """
    ahora = momento or timezone.now()
    ficha = reclamar(persona, ahora)
    if ficha is None:
        return False
    suyos = Aviso.objects.filter(ficha=ficha)
    corresponden = _los_que_corresponden(Usuario.objects.get(pk=persona), ficha)
    suyos.filter(envio=E.POR_ENVIAR).exclude(pk__in=corresponden).update(envio=E.OMITIDO)
    if not corresponden:
        return False
    conexion = get_connection()
    try:
        conexion.open()
    except (OSError, smtplib.SMTPException) as motivo:
        registro.warning("correo_sin_servidor", motivo=type(motivo).__name__)
        _soltar(ficha, ahora)
        raise SinServidor from motivo
    try:
        # Desde aquí ya no se repite: la marca va antes de entregar, no después.
        por_salir = suyos.filter(envio=E.POR_ENVIAR)
        if not por_salir.update(envio=E.EN_CAMINO, arriendo=ahora + ARRIENDO):
            return False  # el arriendo venció y otro proceso los tomó
        en_camino = suyos.filter(envio=E.EN_CAMINO).select_related("persona")
        avisos = list(en_camino.order_by("creado", "pk"))
        _mensaje(avisos, ficha, conexion).send()
    except RECHAZOS as motivo:
        registro.warning("correo_rechazado", persona=persona, motivo=type(motivo).__name__)
        _soltar(ficha, ahora)
        return False
    except (OSError, smtplib.SMTPException) as motivo:
        registro.warning("correo_incierto", persona=persona, motivo=type(motivo).__name__)
        suyos.filter(envio=E.EN_CAMINO).update(envio=E.INCIERTO)
        return False
    finally:
        _cerrar(conexion)
    suyos.filter(envio=E.EN_CAMINO).update(envio=E.ENVIADO, enviado_en=timezone.now())
    registro.info("avisos_enviados", persona=persona, cuantos=len(avisos))
    return True


def _cerrar(conexion) -> None:
    try:
        conexion.close()
    except (OSError, smtplib.SMTPException) as motivo:
        registro.warning("correo_sin_despedida", motivo=type(motivo).__name__)


def _los_que_corresponden(persona: Usuario, ficha: str) -> list[int]:
    """De lo reclamado, lo que aún le toca: con su rol y su casa, sin leer, y si quiere correo."""
    preferida = PreferenciaDeAvisos.objects.filter(persona=persona).first()
    ninguno = preferida is not None and preferida.correo == PreferenciaDeAvisos.Correo.NINGUNO
    avisos = Aviso.objects.visibles_para(persona).filter(ficha=ficha, envio=E.POR_ENVIAR)
    return [uno.pk for uno in avisos if uno.obligatorio or not (uno.leido_en or ninguno)]


def _soltar(ficha: str, ahora: datetime) -> None:
    """Los deja para otro intento, más tarde; o FALLIDO si fue el último."""
    suyos = Aviso.objects.filter(ficha=ficha, envio__in=[E.POR_ENVIAR, E.EN_CAMINO])
    suyos.filter(intentos__gte=INTENTOS).update(envio=E.FALLIDO, arriendo=None)
    for intentos, espera in enumerate(ESPERAS, start=1):
        suyos.filter(intentos=intentos).update(
            envio=E.POR_ENVIAR, arriendo=None, desde=ahora + espera
        )


# Los enlaces de contraseña ---------------------------------------------------------------------


def pedir_enlace(correo: str) -> None:
    """Anota el pedido, haya o no una cuenta: contestar no tarda más en un caso que en otro."""
    PedidoDeEnlace.objects.create(correo=correo)


def enviar_enlaces(ahora: datetime) -> int:
    """A cada cuenta activa, un enlace recién hecho; dice cuántos salieron.

    Sin servidor de correo esperan, hasta que ya no valdrían.
    """
    vence = ahora - timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    PedidoDeEnlace.objects.filter(momento__lt=vence).delete()
    pedidos = list(PedidoDeEnlace.objects.all()[:POR_BARRIDA])
    if not pedidos:
        return 0
    conexion = get_connection()
    try:
        conexion.open()
    except (OSError, smtplib.SMTPException) as motivo:
        registro.warning("correo_sin_servidor", motivo=type(motivo).__name__)
        return 0
    try:
        return sum(_enviar_enlace(pedido, conexion) for pedido in pedidos)
    finally:
        _cerrar(conexion)


def _enviar_enlace(pedido: PedidoDeEnlace, conexion) -> bool:
    """Quien lo borra lo manda; si no hay a quién, con borrarlo basta."""
    tomados, _ = PedidoDeEnlace.objects.filter(pk=pedido.pk).delete()
    persona = Usuario.objects.activas().filter(correo__iexact=pedido.correo).first()
    if not tomados or persona is None:
        return False
    try:
        _mensaje_de_enlace(persona, conexion).send()
    except (OSError, smtplib.SMTPException) as motivo:
        registro.warning("enlace_sin_enviar", persona=persona.pk, motivo=type(motivo).__name__)
        return False
    return True


def _mensaje_de_enlace(persona: Usuario, conexion) -> EmailMessage:
    """El enlace se hace ahora: vale una hora desde que sale y no se guarda en ninguna parte."""
    llave = {
        "uidb36": user_pk_to_url_str(persona),
        "key": default_token_generator.make_token(persona),
    }
    enlace = direccion(reverse("account_reset_password_from_key", kwargs=llave))
    contexto = {
        "password_reset_url": enlace,
        "current_site": {"domain": settings.DIRECCION_PUBLICA},
    }
    texto = render_to_string("account/email/password_reset_key_message.txt", contexto)
    return EmailMessage(
        "PESN: recupere su contraseña",
        texto.strip(),
        to=[persona.correo],
        connection=conexion,
        headers={
            "Message-ID": f"<{uuid4().hex}@{_dominio()}>",
            "Auto-Submitted": "auto-generated",
        },
    )


# El mensaje ------------------------------------------------------------------------------------


def _mensaje(avisos: list[Aviso], ficha: str, conexion) -> EmailMultiAlternatives:
    """Texto y HTML con cada aviso y su enlace; el asunto, el del único o cuántos son."""
    persona = avisos[0].persona
    preferir = direccion(reverse("instituciones:preferir_avisos"))
    contexto = {
        "persona": persona,
        "avisos": [{"titulo": uno.titulo, "url": direccion(uno.enlace)} for uno in avisos],
        "bandeja": direccion(reverse("instituciones:avisos")),
        "preferir": preferir,
    }
    asunto = avisos[0].titulo if len(avisos) == 1 else f"Tiene {len(avisos)} avisos"
    mensaje = EmailMultiAlternatives(
        f"PESN: {asunto}",
        render_to_string("correo/avisos.txt", contexto),
        to=[persona.correo],
        connection=conexion,
        headers={
            "Message-ID": f"<{ficha}@{_dominio()}>",
            "List-Unsubscribe": f"<{preferir}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    mensaje.attach_alternative(render_to_string("correo/avisos.html", contexto), "text/html")
    return mensaje


def direccion(enlace: str) -> str:
    """La dirección entera de un enlace de adentro."""
    return f"{settings.DIRECCION_PUBLICA}{enlace}"


def _dominio() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
