"""La puerta: entra quien es, y a quien no, se le contesta lo mismo exista o no su cuenta."""

import datetime as dt
import re
from urllib.parse import urlsplit

import pytest
import time_machine
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core import mail
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.test import Client
from django.urls import reverse

from instituciones import correo as bandeja
from instituciones.entrada import MasLargaParaAdministradores
from instituciones.models import Asiento, Usuario
from tests.fabricas import UsuarioFactory
from tests.segundo_factor import SEMILLA, codigo_de_ahora

CLAVE = "quetzal-verde-91-lluvia"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cache_limpia")]


@pytest.fixture
def persona():
    return UsuarioFactory(correo="petrona@ejemplo.gt", password=CLAVE)


def entrar(client, correo, clave):
    return client.post(reverse("account_login"), {"login": correo, "password": clave})


def dentro(client):
    return "_auth_user_id" in client.session


def errores(respuesta):
    return respuesta.context["form"].non_field_errors() + respuesta.context["form"].errors.get(
        "login", []
    )


def test_la_pagina_de_entrada_se_ve_sin_entrar(client):
    respuesta = client.get(reverse("account_login"))

    assert respuesta.status_code == 200
    assert 'type="password"' in respuesta.content.decode()


def test_entra_con_su_correo_aunque_lo_escriba_en_mayusculas(client, persona):
    respuesta = entrar(client, "PETRONA@ejemplo.gt", CLAVE)

    assert (respuesta.status_code, respuesta["Location"]) == (302, reverse("inicio"))
    assert dentro(client)


def test_al_entrar_cambia_el_identificador_de_la_sesion(client, persona):
    client.get(reverse("account_login"))
    sesion = client.session
    sesion["algo"] = 1
    sesion.save()
    antes = sesion.session_key

    entrar(client, persona.correo, CLAVE)

    assert client.session.session_key != antes


@pytest.mark.parametrize("correo", ["petrona@ejemplo.gt", "nadie@ejemplo.gt", "cerrada@ejemplo.gt"])
def test_contrasena_mala_y_cuenta_desconocida_o_cerrada_contestan_igual(client, persona, correo):
    UsuarioFactory(correo="cerrada@ejemplo.gt", password=CLAVE, is_active=False)
    clave = CLAVE if correo == "cerrada@ejemplo.gt" else "otra cosa"

    respuesta = entrar(client, correo, clave)

    assert respuesta.status_code == 200
    assert errores(respuesta) == ["El correo o la contraseña no son correctos."]
    assert not dentro(client)


@pytest.mark.parametrize("correo", ["petrona@ejemplo.gt", "nadie@ejemplo.gt"])
def test_tras_cinco_fallas_se_cierra_cinco_minutos_exista_o_no_la_cuenta(client, persona, correo):
    with time_machine.travel(dt.datetime(2026, 1, 5, 15, tzinfo=dt.UTC), tick=False) as reloj:
        for _ in range(5):
            entrar(client, correo, "mala")

        cerrada = entrar(client, correo, CLAVE)
        assert errores(cerrada) == [
            "Demasiados intentos fallidos. Espere cinco minutos e intente de nuevo."
        ]
        assert (cerrada.status_code, cerrada["Retry-After"]) == (429, "300")
        assert not dentro(client)

        reloj.shift(dt.timedelta(minutes=5, seconds=1))
        entrar(client, correo, CLAVE)
        assert dentro(client) is (correo == persona.correo)


def test_una_cabecera_de_proxy_falsa_no_esquiva_el_limite(client, persona):
    """Sin proxies de confianza se cuenta la dirección de la conexión: veinte fallas y ya."""
    for numero in range(20):
        client.post(
            reverse("account_login"),
            {"login": f"nadie{numero}@ejemplo.gt", "password": "mala"},
            headers={"x-forwarded-for": f"10.0.0.{numero}"},
        )

    respuesta = entrar(client, persona.correo, CLAVE)

    assert not dentro(client)
    assert "Demasiados intentos" in respuesta.content.decode()


def test_pedir_muchos_enlaces_seguidos_es_429_en_espanol(client, persona):
    pedidos = [
        client.post(reverse("account_reset_password"), {"email": persona.correo}) for _ in range(21)
    ]

    assert (pedidos[-1].status_code, pedidos[-1]["Retry-After"]) == (429, "300")
    assert "Demasiadas solicitudes" in pedidos[-1].content.decode()


def test_nadie_se_inscribe_solo(client):
    datos = {"email": "yo@ejemplo.gt", "password1": CLAVE, "password2": CLAVE}

    assert client.post("/cuenta/signup/", datos).status_code == 404
    assert client.get("/cuenta/email/").status_code == 404
    assert not Usuario.objects.filter(correo="yo@ejemplo.gt").exists()


def test_salir_pide_post_y_cierra(client, persona):
    client.force_login(persona)

    client.get(reverse("account_logout"))
    assert dentro(client)

    client.post(reverse("account_logout"))
    assert not dentro(client)


def test_la_entrada_sin_ficha_csrf_se_niega(client, persona):
    client.handler.enforce_csrf_checks = True

    assert entrar(client, persona.correo, CLAVE).status_code == 403
    assert not dentro(client)


def enlace_de(correo):
    ruta = re.search(r"https?://\S+", correo.body).group()
    return urlsplit(ruta).path


def test_restablecer_vale_una_vez_y_cierra_las_demas_sesiones(client, client_b, persona):
    client_b.force_login(persona)
    client.post(reverse("account_reset_password"), {"email": persona.correo})
    bandeja.despachar()
    enlace = enlace_de(mail.outbox[0])
    formulario = client.get(enlace, follow=True)
    nueva = "otra-clave-larga-77"
    datos = {"password1": nueva, "password2": nueva}
    client.post(formulario.redirect_chain[-1][0], datos)

    assert client_b.get(reverse("inicio"))["Location"].startswith(reverse("account_login"))
    entrar(client, persona.correo, nueva)
    assert dentro(client)
    client.logout()
    otra_vez = client.get(enlace, follow=True)
    assert 'name="password1"' not in otra_vez.content.decode()
    assert Asiento.objects.filter(acto="restablecer_contrasena", persona=persona).exists()


def test_restablecer_vence_en_una_hora(client, persona):
    with time_machine.travel(dt.datetime(2026, 1, 5, 15, tzinfo=dt.UTC), tick=False) as reloj:
        client.post(reverse("account_reset_password"), {"email": persona.correo})
        bandeja.despachar()
        reloj.shift(dt.timedelta(hours=1, seconds=1))

        pagina = client.get(enlace_de(mail.outbox[0]), follow=True)

    assert 'name="password1"' not in pagina.content.decode()


def test_restablecer_contesta_igual_a_quien_no_tiene_cuenta(client, persona):
    conocida = client.post(reverse("account_reset_password"), {"email": persona.correo})
    desconocida = client.post(reverse("account_reset_password"), {"email": "nadie@ejemplo.gt"})
    bandeja.despachar()

    assert (desconocida.status_code, desconocida["Location"]) == (
        conocida.status_code,
        conocida["Location"],
    )
    assert [uno.to for uno in mail.outbox] == [[persona.correo]]


def test_quien_administra_usa_una_contrasena_mas_larga():
    administradora = Usuario(rol="ADMINISTRADOR")
    regla = MasLargaParaAdministradores()

    with pytest.raises(ValidationError):
        regla.validate("catorce-letras", administradora)
    regla.validate("quince-letras-y", administradora)
    regla.validate("catorce-letras", Usuario(rol="ANALISTA"))


@pytest.fixture
def client_b():
    return Client()


# Segundo factor -------------------------------------------------------------------------------


def test_la_semilla_se_guarda_cifrada_y_se_lee_tras_rotar_el_secreto(persona, settings):
    TOTP.activate(persona, SEMILLA)

    guardado = Authenticator.objects.get(user=persona).data["secret"]
    assert SEMILLA not in guardado
    assert get_adapter().decrypt(guardado) == SEMILLA

    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "x" * 60
    assert get_adapter().decrypt(guardado) == SEMILLA

    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(ImproperlyConfigured):
        get_adapter().decrypt(guardado)


@pytest.mark.usefixtures("reloj_quieto")
def test_con_segundo_factor_no_basta_la_contrasena_y_un_codigo_vale_una_vez(client, persona):
    TOTP.activate(persona, SEMILLA)
    entrar(client, persona.correo, CLAVE)
    assert not dentro(client)

    codigo = codigo_de_ahora()
    client.post(reverse("mfa_authenticate"), {"code": codigo})
    assert dentro(client)

    client.logout()
    entrar(client, persona.correo, CLAVE)
    client.post(reverse("mfa_authenticate"), {"code": codigo})
    assert not dentro(client)


@pytest.mark.usefixtures("reloj_quieto")
def test_activar_el_segundo_factor_pide_otra_vez_la_contrasena(
    client, persona, django_capture_on_commit_callbacks
):
    client.force_login(persona)
    pide = client.get(reverse("mfa_activate_totp"))
    assert pide["Location"].startswith(reverse("account_reauthenticate"))

    client.post(pide["Location"], {"password": CLAVE})
    semilla = client.get(reverse("mfa_activate_totp")).context["form"].secret
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("mfa_activate_totp"), {"code": codigo_de_ahora(semilla)})

    assert Authenticator.objects.filter(user=persona, type="totp").exists()
    assert Asiento.objects.filter(acto="agregar_segundo_factor", persona=persona).exists()
