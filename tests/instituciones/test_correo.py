"""El correo de los avisos, leído de vuelta de un servidor SMTP de verdad."""

import email
import socket
import threading
from datetime import timedelta
from email.policy import default as politica

import pytest
from aiosmtpd.controller import Controller
from django.core import mail
from django.db import connection
from django.utils import timezone

from instituciones import avisos, correo
from instituciones.models import Aviso, PreferenciaDeAvisos, Rol, Usuario
from instituciones.tasks import despachar_correo
from tests.fabricas import InstitucionFactory, UsuarioFactory

pytestmark = pytest.mark.django_db


class Buzon:
    """Guarda lo que recibe; a quien esté en `rechaza` le contesta lo que se diga."""

    def __init__(self):
        self.recibidos, self.rechaza, self.cuelga = [], {}, False

    async def handle_RCPT(self, servidor, sesion, sobre, direccion, opciones):  # noqa: N802
        if direccion in self.rechaza:
            return self.rechaza[direccion]
        sobre.rcpt_tos.append(direccion)
        return "250 OK"

    async def handle_DATA(self, servidor, sesion, sobre):  # noqa: N802
        self.recibidos.append(
            (sobre.rcpt_tos, email.message_from_bytes(sobre.content, policy=politica))
        )
        if self.cuelga:  # lo guardó, y la conexión se cae antes de contestar
            servidor.transport.abort()
        return "250 OK"


@pytest.fixture
def buzon(settings):
    with socket.socket() as libre:
        libre.bind(("127.0.0.1", 0))
        puerto = libre.getsockname()[1]
    servidor = Controller(Buzon(), hostname="127.0.0.1", port=puerto)
    servidor.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", puerto
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_TIMEOUT = 5
    settings.DEFAULT_FROM_EMAIL = "PESN <avisos@pesn.gob.gt>"
    settings.DIRECCION_PUBLICA = "https://pesn.gob.gt"
    yield servidor.handler
    servidor.stop()


def avisar(persona, numero=1, **como):
    dicho = avisos.Dicho(f"prueba:{numero}", f"Tiene {numero} observaciones", f"/avances/{numero}/")
    avisos.escribir([(dicho, [persona])], **como)


def estados():
    return sorted(Aviso.objects.values_list("envio", flat=True))


def test_llega_un_correo_en_texto_y_html_con_sus_enlaces_y_cabeceras(buzon):
    persona = UsuarioFactory(correo="petrona@ejemplo.gt", nombre="Petrona & Cía")
    avisar(persona, 3)

    assert correo.despachar() == 1

    (para, mensaje), *otros = buzon.recibidos
    texto = mensaje.get_body(["plain"]).get_content()
    html = mensaje.get_body(["html"]).get_content()
    assert (para, otros) == (["petrona@ejemplo.gt"], [])
    assert mensaje["Subject"] == "PESN: Tiene 3 observaciones"
    assert mensaje["From"] == "PESN <avisos@pesn.gob.gt>"
    assert mensaje["List-Unsubscribe"] == "<https://pesn.gob.gt/avisos/correo/>"
    assert mensaje["Message-ID"].endswith("@pesn.gob.gt>")
    assert mensaje["Auto-Submitted"] == "auto-generated"
    assert "Petrona & Cía:" in texto
    assert "https://pesn.gob.gt/avances/3/" in texto
    assert "https://pesn.gob.gt/avisos/correo/" in texto
    assert "Petrona &amp; Cía:" in html
    assert '<a href="https://pesn.gob.gt/avances/3/">Tiene 3 observaciones</a>' in html
    assert estados() == ["ENVIADO"]


def test_varios_avisos_van_en_un_solo_correo(buzon):
    persona = UsuarioFactory()
    for numero in range(1, 41):
        avisar(persona, numero)

    correo.despachar()

    [(_para, mensaje)] = buzon.recibidos
    assert mensaje["Subject"] == "PESN: Tiene 40 avisos"
    assert mensaje.get_body(["plain"]).get_content().count("/avances/") == 40


def test_nadie_recibe_dos_veces_aunque_el_timbre_suene_tres(buzon):
    avisar(UsuarioFactory())

    for _timbrazo in range(3):
        despachar_correo()

    assert len(buzon.recibidos) == 1


@pytest.mark.django_db(transaction=True)
def test_ocho_procesos_a_la_vez_mandan_uno_a_cada_quien(buzon, cifra):
    personas = [UsuarioFactory() for _ in range(6)]
    for persona in personas:
        avisar(persona)
    linea = threading.Barrier(8)

    def barrer():
        linea.wait(30)
        try:
            correo.despachar()
        finally:
            connection.close()

    hilos = [threading.Thread(target=barrer) for _ in range(8)]
    for hilo in hilos:
        hilo.start()
    for hilo in hilos:
        hilo.join(60)

    destinos = sorted(para[0] for para, _mensaje in buzon.recibidos)
    cifra(f"correo procesos=8 personas=6 mensajes={len(destinos)} repetidos=0")
    assert destinos == sorted(una.correo for una in personas)
    assert estados() == ["ENVIADO"] * 6


# Quien ya no debe recibirlo --------------------------------------------------------------------
@pytest.mark.parametrize("cambio", ["is_active", "rol", "institucion"])
def test_quien_perdio_la_cuenta_el_rol_o_la_casa_no_recibe(buzon, cambio):
    persona = UsuarioFactory(rol=Rol.PLANIFICADOR)
    avisar(persona)
    nuevo = {"is_active": False, "rol": Rol.CONSEJO, "institucion": InstitucionFactory()}
    Usuario.objects.filter(pk=persona.pk).update(**{cambio: nuevo[cambio]})

    correo.despachar()

    assert buzon.recibidos == []
    assert estados() == ["OMITIDO"]


def test_lo_que_ya_se_leyo_no_se_manda(buzon):
    persona = UsuarioFactory()
    avisar(persona)
    avisos.marcar_leidos(persona)

    correo.despachar()

    assert (buzon.recibidos, estados()) == ([], ["OMITIDO"])


def test_quien_no_quiere_correo_recibe_solo_lo_obligatorio(buzon):
    persona = UsuarioFactory()
    PreferenciaDeAvisos.objects.create(persona=persona, correo="NINGUNO")
    avisar(persona, 1)
    avisar(persona, 2, obligatorio=True)

    correo.despachar()

    [(_para, mensaje)] = buzon.recibidos
    assert mensaje["Subject"] == "PESN: Tiene 2 observaciones"
    assert estados() == ["ENVIADO", "NO_LLEVA"]


def test_el_resumen_espera_su_hora_y_sale_entero(buzon):
    persona = UsuarioFactory()
    PreferenciaDeAvisos.objects.create(persona=persona, correo="RESUMEN")
    avisar(persona, 1)
    avisar(persona, 2)

    antes = correo.despachar()
    correo.despachar(timezone.now() + timedelta(days=1))

    assert antes == 0
    assert [m["Subject"] for _p, m in buzon.recibidos] == ["PESN: Tiene 2 avisos"]


# Cuando algo falla -----------------------------------------------------------------------------
def test_lo_rechazado_se_reintenta_mas_tarde_y_con_tope(buzon):
    persona = UsuarioFactory()
    buzon.rechaza[persona.correo] = "550 No existe"
    avisar(persona)
    momento, intentos = timezone.now(), 0

    while Aviso.objects.get().envio == "POR_ENVIAR":
        correo.despachar(momento)
        intentos += 1
        momento = Aviso.objects.get().desde
        assert intentos <= 10

    assert (intentos, estados(), buzon.recibidos) == (correo.INTENTOS, ["FALLIDO"], [])


def test_lo_rechazado_una_vez_llega_en_el_intento_siguiente(buzon):
    persona = UsuarioFactory()
    buzon.rechaza[persona.correo] = "451 Pruebe más tarde"
    avisar(persona)
    correo.despachar()
    buzon.rechaza.clear()

    enseguida = correo.despachar()
    despues = correo.despachar(timezone.now() + timedelta(minutes=2))

    assert (enseguida, despues, len(buzon.recibidos)) == (0, 1, 1)


def test_un_rechazo_no_detiene_a_los_demas(buzon):
    primera, segunda = UsuarioFactory(), UsuarioFactory()
    buzon.rechaza[primera.correo] = "550 No existe"
    avisar(primera)
    avisar(segunda)

    assert correo.despachar() == 1
    assert buzon.recibidos[0][0] == [segunda.correo]


def test_sin_servidor_todo_espera_y_despues_sale(buzon, settings):
    avisar(UsuarioFactory())
    puerto, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    caido = correo.despachar()
    settings.EMAIL_PORT = puerto

    repuesto = correo.despachar(timezone.now() + timedelta(minutes=2))

    assert (caido, repuesto, estados()) == (0, 1, ["ENVIADO"])


def test_lo_entregado_sin_respuesta_no_se_repite(buzon):
    avisar(UsuarioFactory())
    buzon.cuelga = True

    correo.despachar()
    buzon.cuelga = False
    correo.despachar(timezone.now() + timedelta(days=3))

    assert len(buzon.recibidos) == 1
    assert estados() == ["INCIERTO"]


def test_si_el_proceso_muere_al_reclamar_otro_lo_manda(buzon):
    persona = UsuarioFactory()
    avisar(persona)
    correo.reclamar(persona.pk, timezone.now())

    enseguida = correo.despachar()
    vencido = correo.despachar(timezone.now() + 2 * correo.ARRIENDO)

    assert (enseguida, vencido, len(buzon.recibidos)) == (0, 1, 1)


def test_si_el_proceso_muere_al_entregar_no_se_repite(buzon):
    avisar(UsuarioFactory())
    Aviso.objects.update(envio="EN_CAMINO", arriendo=timezone.now())

    correo.despachar(timezone.now() + 2 * correo.ARRIENDO)

    assert (buzon.recibidos, estados()) == ([], ["INCIERTO"])


def test_un_nombre_con_saltos_no_agrega_cabeceras(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    avisar(UsuarioFactory(nombre="Petrona\r\nBcc: otro@ejemplo.gt"))

    correo.despachar()

    assert "Bcc" not in dict(mail.outbox[0].message().items())
    assert mail.outbox[0].recipients() == [mail.outbox[0].to[0]]
