"""Lo ilegible se rechaza en la puerta; lo privado no se guarda; ninguna sesión dura de más."""

import base64
import datetime as dt
import gzip

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from instituciones.models import Asiento, Usuario
from pesn.peticiones import TextoComprimido
from tests.fabricas import InstitucionFactory, UsuarioFactory

pytestmark = pytest.mark.django_db
PRIMERA_HORA = dt.datetime(2026, 1, 5, 14, tzinfo=dt.UTC)
PROPIA = "instituciones:delegaciones"  # una página que toda persona que entró puede abrir


def basica(octetos):
    return {"HTTP_AUTHORIZATION": "Basic " + base64.b64encode(octetos).decode()}


@pytest.mark.parametrize(
    "pedido",
    [
        {"PATH_INFO": "/plan/\0/"},
        {"PATH_INFO": "/plan/\xff\xfe/"},
        {"QUERY_STRING": "q=%00"},
        {"QUERY_STRING": "q=%FF%FE"},
        {"QUERY_STRING": "%00=1"},
        {"HTTP_AUTHORIZATION": "Token a\0b"},
        {"HTTP_AUTHORIZATION": "Basic %%%"},
        basica(b"yo:cla\0ve"),
        basica(b"yo:\xff"),
        {"HTTP_COOKIE": 'sesion="a\\000b"'},
    ],
    ids=str,
)
def test_lo_que_no_es_texto_es_400_en_espanol(client, pedido):
    respuesta = client.generic("GET", "/salud/", **pedido)

    assert respuesta.status_code == 400
    assert "mal escritos" in respuesta.content.decode()
    assert respuesta["Content-Security-Policy"]


@pytest.mark.parametrize("cifrado", ["hex", "rot13", "idna", "undefined", "utf-16", "latin-1"])
def test_un_formulario_en_otro_cifrado_es_400(client, cifrado):
    cuerpo = b'--x\r\nContent-Disposition: form-data; name="login"\r\n\r\na\r\n--x--\r\n'
    tipo = f"multipart/form-data; boundary=x; charset={cifrado}"

    respuesta = client.generic("POST", "/cuenta/login/", cuerpo, tipo)

    assert respuesta.status_code == 400
    assert "mal escritos" in respuesta.content.decode()


@pytest.mark.parametrize("cifrado", ["utf-8", "UTF-8", '"utf-8"'])
def test_un_formulario_en_utf8_pasa(client, cifrado):
    tipo = f"application/x-www-form-urlencoded; charset={cifrado}"

    assert client.generic("POST", "/cuenta/login/", b"login=a&password=b", tipo).status_code != 400


@pytest.mark.parametrize("pedido", [{"QUERY_STRING": "q=Guatemal%C3%A1+%2B"}, basica(b"yo:clave")])
def test_lo_legible_pasa(client, pedido):
    assert client.generic("GET", "/salud/", **pedido).status_code == 200


def test_a_quien_pide_json_se_le_contesta_json_con_codigo(client):
    respuesta = client.get("/salud/?q=%00", headers={"accept": "application/json"})

    assert (respuesta.status_code, respuesta.json()["codigo"]) == (400, "ilegible")


def test_direccion_larguisima_es_414(client):
    assert client.get("/salud/?q=" + "a" * 9000).status_code == 414
    assert client.get("/" + "a" * 3000).status_code == 414


def test_cuerpo_de_mas_es_413_y_demasiados_campos_400(client, settings):
    persona = UsuarioFactory()
    client.force_login(persona)
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 50

    grande = client.post(reverse("instituciones:delegar"), {"acto": "a" * 2000})
    muchos = client.post(reverse("instituciones:delegar"), {f"c{n}": "" for n in range(60)})

    assert (grande.status_code, muchos.status_code) == (413, 400)
    assert "más grande" in grande.content.decode()


def test_nul_en_un_campo_es_error_del_campo(client):
    client.force_login(UsuarioFactory())

    assert client.post(reverse("instituciones:delegar"), {"acto": "a\0b"}).status_code == 422


SEGURAS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


@pytest.mark.parametrize(
    "direccion",
    ["/cuenta/login/", "/no-existe/", "/salud/", "/salud/?q=%00", "/static/pesn/pesn.css"],
)
def test_cada_respuesta_lleva_sus_cabeceras(client, direccion):
    respuesta = client.get(direccion)

    politica = respuesta["Content-Security-Policy"]
    assert "default-src 'none'" in politica
    assert "frame-ancestors 'none'" in politica
    assert "unsafe" not in politica
    assert "camera=()" in respuesta["Permissions-Policy"]
    assert {nombre: respuesta[nombre] for nombre in SEGURAS} == SEGURAS
    assert len(respuesta["X-Request-ID"]) >= 8
    assert respuesta["Cache-Control"]


def test_a_quien_entro_nada_se_guarda_en_cache(client):
    client.force_login(UsuarioFactory())

    assert client.get(reverse(PROPIA))["Cache-Control"] == "no-store"


def test_el_identificador_ajeno_solo_vale_si_es_sencillo(client):
    bueno = client.get("/salud/", headers={"x-request-id": "abc-12345678"})
    malo = client.get("/salud/", headers={"x-request-id": "a b\tc; <script>"})

    assert bueno["X-Request-ID"] == "abc-12345678"
    assert "script" not in malo["X-Request-ID"]


def entro(client, direccion=PROPIA):
    return client.get(reverse(direccion)).status_code == 200


def test_sin_uso_media_hora_la_sesion_termina(client):
    with time_machine.travel(PRIMERA_HORA, tick=False) as reloj:
        client.force_login(UsuarioFactory())
        reloj.shift(dt.timedelta(minutes=29))
        assert entro(client)
        reloj.shift(dt.timedelta(minutes=29))
        assert entro(client)
        reloj.shift(dt.timedelta(minutes=30, seconds=1))
        assert not entro(client)


def test_a_las_doce_horas_la_sesion_termina_aunque_se_use(client):
    persona = UsuarioFactory()
    with time_machine.travel(PRIMERA_HORA, tick=False) as reloj:
        client.force_login(persona)
        for _ in range(47):
            reloj.shift(dt.timedelta(minutes=15))
            assert entro(client)
        reloj.shift(dt.timedelta(minutes=15))
        assert not entro(client)

    salida = Asiento.objects.get(acto="salir")
    assert salida.persona == persona
    assert '"motivo":"vencida"' in salida.datos


def test_una_sesion_sin_hora_de_entrada_no_vale(client):
    client.force_login(UsuarioFactory())
    sesion = client.session
    del sesion["entro_en"]
    sesion.save()

    assert not entro(client)


def test_la_cuenta_desactivada_sale_a_la_siguiente_peticion(client):
    persona = UsuarioFactory()
    client.force_login(persona)
    assert entro(client)

    Usuario.objects.filter(pk=persona.pk).update(is_active=False)

    assert not entro(client)


@pytest.mark.parametrize("campo", ["rol", "institucion"])
def test_quien_cambia_de_puesto_vuelve_a_entrar(client, campo):
    persona = UsuarioFactory(rol="PLANIFICADOR")
    client.force_login(persona)
    nuevo = "APROBADOR" if campo == "rol" else InstitucionFactory()

    Usuario.objects.filter(pk=persona.pk).update(**{campo: nuevo})

    assert not entro(client)
    assert '"motivo":"cambio_de_puesto"' in Asiento.objects.get(acto="salir").datos


def test_una_ruta_que_escribe_sin_ficha_csrf_se_niega_y_nada_cambia():
    estricto = Client(enforce_csrf_checks=True)
    estricto.force_login(UsuarioFactory())

    respuesta = estricto.post(reverse("instituciones:delegar"), {"acto": "Oficio 1"})

    assert respuesta.status_code == 403


def test_mirar_no_escribe_nada(client):
    with time_machine.travel(PRIMERA_HORA, tick=False):
        client.force_login(UsuarioFactory())
        with CaptureQueriesContext(connection) as hechas:
            client.get(reverse(PROPIA))

    assert hechas.captured_queries
    assert not [una for una in hechas.captured_queries if not una["sql"].startswith("SELECT")]


def test_la_sesion_que_se_usa_se_guarda_una_vez_por_minuto(client):
    with time_machine.travel(PRIMERA_HORA, tick=False) as reloj:
        client.force_login(UsuarioFactory())
        primero = Session.objects.get().expire_date
        reloj.shift(dt.timedelta(seconds=59))
        entro(client)
        assert Session.objects.get().expire_date == primero
        reloj.shift(dt.timedelta(seconds=1))
        entro(client)
        assert Session.objects.get().expire_date == primero + dt.timedelta(minutes=1)


def test_un_cuerpo_que_no_dice_cuanto_mide_es_413(client):
    respuesta = client.generic("POST", "/salud/", HTTP_TRANSFER_ENCODING="chunked")

    assert respuesta.status_code == 413


def test_con_dos_medidas_se_rechaza_sin_leer_nada_a34(client):
    respuesta = client.generic("POST", "/salud/", b"abcde", HTTP_TRANSFER_ENCODING="chunked")

    assert respuesta.status_code == 400


def test_las_paginas_viajan_comprimidas_y_con_largo_al_azar(client):
    largos = set()
    for _vez in range(6):
        respuesta = client.get(reverse("account_login"), headers={"Accept-Encoding": "gzip"})
        assert respuesta["Content-Encoding"] == "gzip"
        assert b"Contrase" in gzip.decompress(respuesta.content)
        largos.add(len(respuesta.content))

    assert len(largos) > 1  # el relleno al azar


def test_un_archivo_sale_como_se_sello(client, rf):
    archivo = HttpResponse(b"%PDF" + b"x" * 5000, content_type="application/pdf")
    pedido = rf.get("/", headers={"Accept-Encoding": "gzip"})

    assert "Content-Encoding" not in TextoComprimido(lambda _: archivo)(pedido)


@pytest.mark.parametrize(
    ("origen", "destino"),
    [
        ("http://testserver/avances/7/", "/avances/7/"),
        ("https://otro.example/avances/7/", "/"),
        ("//otro.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_quien_envia_sin_sesion_vuelve_a_la_pagina_donde_estaba(client, origen, destino):
    envio = client.post(reverse("matrices:capturar", args=[7]), headers={"Referer": origen})

    assert envio["Location"] == f"{reverse('account_login')}?next={destino}"


def test_quien_pide_una_pagina_sin_sesion_vuelve_a_ella(client):
    pedida = reverse("matrices:capturar", args=[7])

    assert client.get(pedida)["Location"] == f"{reverse('account_login')}?next={pedida}"
