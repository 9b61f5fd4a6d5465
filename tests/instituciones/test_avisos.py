"""La bandeja de avisos: qué se escribe, quién la ve, cómo se lee y cómo se prefiere."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from instituciones import avisos
from instituciones.models import Asiento, Aviso, PreferenciaDeAvisos, Rol, Usuario
from tests.fabricas import InstitucionFactory, UsuarioFactory

pytestmark = pytest.mark.django_db
GUATEMALA = ZoneInfo("America/Guatemala")
DICHO = avisos.Dicho("prueba:1", "Tiene 3 observaciones", "/avances/1/")


def avisar(*personas, dicho=DICHO, **como):
    return avisos.escribir([(dicho, personas)], **como)


def prefiere(persona, correo):
    PreferenciaDeAvisos.objects.create(persona=persona, correo=correo)


# Escribir --------------------------------------------------------------------------------------
def test_el_mismo_asunto_el_mismo_dia_se_dice_una_vez_y_otro_dia_otra():
    persona = UsuarioFactory()
    with time_machine.travel(datetime(2021, 7, 1, 23, 30, tzinfo=GUATEMALA), tick=False):
        avisar(persona)
        avisar(persona)
    with time_machine.travel(datetime(2021, 7, 2, 0, 30, tzinfo=GUATEMALA), tick=False):
        avisar(persona)

    assert [str(uno.dia) for uno in Aviso.objects.order_by("dia")] == ["2021-07-01", "2021-07-02"]


def test_a_una_cuenta_apagada_no_se_le_dice_nada():
    avisar(UsuarioFactory(is_active=False))

    assert not Aviso.objects.exists()


def test_de_lo_que_se_carga_con_fecha_de_otro_dia_no_se_avisa():
    avisar(UsuarioFactory(), momento=datetime(2021, 7, 1, 12, tzinfo=GUATEMALA))

    assert not Aviso.objects.exists()


def test_si_el_paso_se_deshace_el_aviso_tambien():
    persona = UsuarioFactory()

    def paso():
        with transaction.atomic():
            avisar(persona)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        paso()

    assert not Aviso.objects.exists()


@pytest.mark.parametrize("salto", ["\n", "\r", "\r\n", "\u2028", "\x0b", "\x00", "\u202e"])
def test_un_titulo_nunca_lleva_saltos_ni_caracteres_de_control(salto):
    avisar(UsuarioFactory(), dicho=avisos.Dicho("a", f"Uno{salto}Bcc: otro@ejemplo.gt", "/"))

    assert Aviso.objects.get().titulo == "Uno Bcc: otro@ejemplo.gt"


@pytest.mark.parametrize(
    "cambio",
    [
        {"titulo": "Uno\nBcc: otro@ejemplo.gt"},
        {"titulo": "Uno\rdos"},
        {"titulo": ""},
        {"enlace": "//otro.sitio/"},
        {"enlace": "https://otro.sitio/"},
        {"envio": "QUIZA"},
    ],
)
def test_la_base_niega_un_aviso_mal_hecho(cambio):
    avisar(UsuarioFactory())

    with pytest.raises(IntegrityError), transaction.atomic():
        Aviso.objects.update(**cambio)


@pytest.mark.parametrize(
    ("quiere", "obligatorio", "envio"),
    [
        (None, False, "POR_ENVIAR"),
        ("AL_MOMENTO", False, "POR_ENVIAR"),
        ("RESUMEN", False, "POR_ENVIAR"),
        ("NINGUNO", False, "NO_LLEVA"),
        ("NINGUNO", True, "POR_ENVIAR"),
    ],
)
def test_el_correo_va_como_cada_quien_quiere_y_lo_de_adentro_siempre(quiere, obligatorio, envio):
    persona = UsuarioFactory()
    if quiere:
        prefiere(persona, quiere)

    avisar(persona, obligatorio=obligatorio)

    assert Aviso.objects.visibles_para(persona).get().envio == envio


@pytest.mark.parametrize(
    ("hora", "sale"), [(6, (2021, 7, 1, 7)), (7, (2021, 7, 2, 7)), (23, (2021, 7, 2, 7))]
)
def test_el_resumen_sale_a_las_siete_de_guatemala(hora, sale):
    persona = UsuarioFactory()
    prefiere(persona, "RESUMEN")

    with time_machine.travel(datetime(2021, 7, 1, hora, tzinfo=GUATEMALA), tick=False):
        avisar(persona)

    assert Aviso.objects.get().desde == datetime(*sale, tzinfo=GUATEMALA)


# Ver y leer ------------------------------------------------------------------------------------
def test_nadie_ve_ni_lee_los_de_otra_persona(client):
    duena, otra = UsuarioFactory(), UsuarioFactory()
    avisar(duena)
    clave = Aviso.objects.get().pk
    client.force_login(otra)

    pagina = client.get("/avisos/").content.decode()
    ajeno = client.post("/avisos/leer/", {"aviso": clave})
    ninguno = client.post("/avisos/leer/", {"aviso": 987654321})

    assert "Tiene 3 observaciones" not in pagina
    assert ajeno.status_code == ninguno.status_code == 404
    assert Aviso.objects.get().leido_en is None


@pytest.mark.parametrize("cambio", ["rol", "institucion"])
def test_quien_cambia_de_puesto_deja_de_ver_lo_de_antes(client, cambio):
    persona = UsuarioFactory(rol=Rol.PLANIFICADOR)
    avisar(persona)
    nuevo = {"rol": Rol.CONSEJO, "institucion": InstitucionFactory()}[cambio]
    Usuario.objects.filter(pk=persona.pk).update(**{cambio: nuevo})
    client.force_login(Usuario.objects.get(pk=persona.pk))

    pagina = client.get("/avisos/").content.decode()

    assert "Tiene 3 observaciones" not in pagina
    assert "avisos-cuenta" not in pagina


def test_la_barra_dice_cuantos_faltan_y_leerlos_los_quita(client):
    persona = UsuarioFactory()
    for numero in range(3):
        avisar(persona, dicho=DICHO._replace(asunto=f"prueba:{numero}"))
    client.force_login(persona)

    def cuenta():
        pagina = client.get("/delegaciones/").content.decode()
        return pagina.partition('class="avisos-cuenta">')[2].partition("<")[0]

    antes = cuenta()
    client.post("/avisos/leer/", {"aviso": Aviso.objects.first().pk})
    despues = cuenta()
    client.post("/avisos/leer/")

    assert (antes, despues, cuenta()) == ("3", "2", "")
    leidos = Asiento.objects.filter(acto="leer_avisos").order_by("pk")
    assert [uno.datos for uno in leidos] == ['{"leidos":1}', '{"leidos":2}']


def test_la_cuenta_de_la_barra_no_cuesta_otra_consulta(client, django_assert_num_queries):
    persona = UsuarioFactory()
    client.force_login(persona)
    for _vez in range(2):
        with django_assert_num_queries(4):  # sesión, persona, cuántas y marco
            client.get("/delegaciones/")
        avisar(persona)


@pytest.mark.parametrize("cuantos", [1, 3])
def test_la_lista_no_crece_en_consultas(client, cuantos, django_assert_num_queries):
    persona = UsuarioFactory()
    for numero in range(cuantos):
        avisar(persona, dicho=DICHO._replace(asunto=f"prueba:{numero}"))
    client.force_login(persona)

    # sesión (leer y renovar: 4), persona, cuántos, filas, sin leer, preferencia, plan e institución
    with django_assert_num_queries(7):
        pagina = client.get("/avisos/").content.decode()

    assert pagina.count('href="/avances/1/"') == cuantos


def test_abrir_la_lista_no_marca_nada(client):
    persona = UsuarioFactory()
    avisar(persona)
    client.force_login(persona)

    client.get("/avisos/")

    assert Aviso.objects.get().leido_en is None


def test_lo_dicho_se_escapa(client):
    persona = UsuarioFactory()
    avisar(persona, dicho=DICHO._replace(titulo="<script>alert(1)</script>"))
    client.force_login(persona)

    assert "<script>alert" not in client.get("/avisos/").content.decode()


# Preferir --------------------------------------------------------------------------------------
def test_preferir_guarda_deja_constancia_y_vale_para_lo_que_espera(client):
    persona = UsuarioFactory()
    avisar(persona)
    client.force_login(persona)

    respuesta = client.post("/avisos/correo/", {"correo": "NINGUNO", "version": 0})

    assert respuesta.status_code == 302
    assert PreferenciaDeAvisos.objects.get(persona=persona).correo == "NINGUNO"
    assert Aviso.objects.get().envio == "NO_LLEVA"
    assert Asiento.objects.get(acto="preferir_avisos").persona == persona


def test_pasar_a_resumen_aplaza_lo_que_espera_y_volver_lo_adelanta():
    persona = UsuarioFactory()
    avisar(persona)

    avisos.preferir(persona, "RESUMEN", version=0)
    aplazado = Aviso.objects.get().desde
    avisos.preferir(persona, "AL_MOMENTO", version=1)

    assert aplazado > timezone.now()
    assert Aviso.objects.get().desde <= timezone.now()


@pytest.mark.parametrize("version", [0, 1, 99])
def test_preferir_sobre_lo_que_ya_cambio_no_lo_pisa(client, version):
    persona = UsuarioFactory()
    prefiere(persona, "RESUMEN")
    PreferenciaDeAvisos.objects.update(version=2)
    client.force_login(persona)

    respuesta = client.post("/avisos/correo/", {"correo": "NINGUNO", "version": version})

    assert respuesta.status_code == 409
    assert "otra ventana" in respuesta.content.decode()
    assert PreferenciaDeAvisos.objects.get().correo == "RESUMEN"


@pytest.mark.parametrize(
    "datos",
    [
        {},
        {"correo": "TODOS", "version": 0},
        {"correo": "NINGUNO", "version": "x"},
        {"correo": "NINGUNO", "version": -1},
        {"correo": "NINGUNO", "version": 10**20},
    ],
)
def test_preferir_algo_que_no_es_se_rechaza_sin_guardar(client, datos):
    client.force_login(UsuarioFactory())

    assert client.post("/avisos/correo/", datos).status_code == 422
    assert not PreferenciaDeAvisos.objects.exists()


def test_el_cambio_de_contrasena_se_avisa_aunque_no_quiera_correo(client, cache_limpia):
    persona = UsuarioFactory(password="La clave de antes 1")
    prefiere(persona, "NINGUNO")
    client.force_login(persona)

    client.post(
        "/cuenta/password/change/",
        {
            "oldpassword": "La clave de antes 1",
            "password1": "Otra clave distinta 2",
            "password2": "Otra clave distinta 2",
        },
    )

    aviso = Aviso.objects.get(persona=persona)
    assert (aviso.titulo, aviso.envio) == ("Cambió la contraseña de su cuenta", "POR_ENVIAR")
