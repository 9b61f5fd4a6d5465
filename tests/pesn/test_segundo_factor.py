"""A quién se le exige el segundo factor, y qué puede hacer mientras no lo tiene."""

from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client
from django.urls import reverse

from instituciones import cuentas
from instituciones.entrada import exige_segundo_factor
from instituciones.models import Asiento, Delegacion
from pesn import revisiones
from tests.fabricas import UsuarioFactory
from tests.segundo_factor import SEMILLA, codigo_de_ahora

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cache_limpia")]
CLAVE = "quetzal-verde-91-lluvia"
ACTIVAR = reverse("mfa_activate_totp")
CERRADAS = [
    "inicio",
    "matrices:semestre",
    "matrices:revision",
    "matrices:periodos",
    "informes:informes",
    "informes:tablero",
    "instituciones:avisos",
    "instituciones:bitacora",
    "instituciones:delegar",
    "admin:index",
    "admin:instituciones_usuario_changelist",
    "usersessions_list",
]


@pytest.fixture(autouse=True)
def _obligatorio(settings):
    settings.MFA_OBLIGATORIO = True


@pytest.fixture
def obligada(elenco):
    elenco.coordinadora.set_password(CLAVE)
    elenco.coordinadora.save()
    return elenco.coordinadora


def entrar(client, persona):
    datos = {"login": persona.correo, "password": CLAVE}
    return client.post(reverse("account_login"), datos, follow=True)


def identificarse(client):
    """Activar o quitar un factor pide otra vez la contraseña."""
    return client.post(reverse("account_reauthenticate"), {"password": CLAVE})


@pytest.mark.parametrize(
    ("quien", "obligado"),
    [
        ("analista", True),
        ("coordinadora", True),
        ("consejera", True),
        ("administradora", True),
        ("auditor", True),  # por su casa: la Secretaría
        ("planificadora", False),
        ("aprobador", False),
        ("inspector", False),
        ("comisionada", False),
    ],
)
def test_se_exige_a_la_secretaria_al_consejo_y_a_quien_administra(
    client, elenco, settings, quien, obligado
):
    persona = getattr(elenco, quien)
    client.force_login(persona)

    respuesta = client.get(reverse("instituciones:delegaciones"))

    assert exige_segundo_factor(persona) is obligado
    assert (respuesta.status_code, respuesta.get("Location")) == (
        (302, ACTIVAR) if obligado else (200, None)
    )
    settings.MFA_OBLIGATORIO = False
    assert client.get(reverse("instituciones:delegaciones")).status_code == 200


@pytest.mark.parametrize("ruta", CERRADAS)
@pytest.mark.parametrize("quien", ["coordinadora", "administradora"])
def test_sin_tenerlo_toda_pagina_lleva_a_activarlo(client, elenco, quien, ruta):
    client.force_login(getattr(elenco, quien))

    assert client.get(reverse(ruta))["Location"] == ACTIVAR


def test_sin_tenerlo_no_se_escribe_nada(client, elenco):
    client.force_login(elenco.coordinadora)
    otra = UsuarioFactory(institucion=elenco.revisora)
    datos = {"delegado": otra.pk, "desde": "2030-01-01", "hasta": "2030-01-02", "acto": "Oficio 1"}

    respuesta = client.post(reverse("instituciones:delegar"), datos)

    assert respuesta["Location"] == ACTIVAR
    assert not Delegacion.objects.exists()


def test_a_quien_pide_datos_se_le_dice_con_su_codigo(client, elenco):
    client.force_login(elenco.analista)

    api = client.get("/api/v1/yo/")
    pagina = client.get(reverse("matrices:revision"), headers={"accept": "application/json"})

    assert (api.status_code, api.json()["codigo"]) == (403, "segundo_factor")
    assert (pagina.status_code, pagina.json()["codigo"]) == (403, "segundo_factor")


def test_un_pedido_de_htmx_lleva_la_pagina_entera(client, elenco):
    client.force_login(elenco.analista)

    respuesta = client.get(reverse("matrices:revision"), headers={"HX-Request": "true"})

    assert respuesta["HX-Redirect"] == ACTIVAR
    assert respuesta.content == b""


@pytest.mark.parametrize(
    "ruta", ["salud", "account_change_password", "account_logout", "mfa_index"]
)
def test_lo_que_le_queda_se_abre(client, elenco, ruta):
    client.force_login(elenco.coordinadora)

    respuesta = client.get(reverse(ruta))

    assert respuesta.get("Location") != ACTIVAR
    assert respuesta.status_code in {200, 302}


@pytest.mark.usefixtures("reloj_quieto")
def test_de_la_contrasena_a_los_codigos_y_adentro_sin_dar_vueltas(
    client, obligada, django_capture_on_commit_callbacks
):
    llega = entrar(client, obligada)
    assert (ACTIVAR, 302) in llega.redirect_chain
    assert urlsplit(llega.redirect_chain[-1][0]).path == reverse("account_reauthenticate")
    assert "es obligatorio" in llega.content.decode()
    identificarse(client)
    pagina = client.get(ACTIVAR)
    texto = pagina.content.decode()
    assert "obligatorio" in texto
    assert reverse("matrices:revision") not in texto  # el menú no ofrece lo que no abre

    codigo = codigo_de_ahora(pagina.context["form"].secret)
    with django_capture_on_commit_callbacks(execute=True):
        activada = client.post(ACTIVAR, {"code": codigo}, follow=True)

    assert activada.redirect_chain[-1][0] == reverse("mfa_view_recovery_codes")
    assert len(activada.context["unused_codes"]) == 10
    assert client.get(reverse("matrices:revision")).status_code == 200
    assert Asiento.objects.filter(acto="agregar_segundo_factor", persona=obligada).exists()


def test_un_codigo_de_recuperacion_entra_una_vez(client, obligada):
    TOTP.activate(obligada, SEMILLA)
    codigo = RecoveryCodes.activate(obligada).get_unused_codes()[0]
    for adentro in (True, False):
        entrar(client, obligada)
        client.post(reverse("mfa_authenticate"), {"code": codigo})
        assert ("_auth_user_id" in client.session) is adentro
        client.logout()


@pytest.mark.usefixtures("reloj_quieto")
def test_quien_esta_obligado_no_se_lo_quita(client, obligada):
    TOTP.activate(obligada, SEMILLA)
    entrar(client, obligada)
    client.post(reverse("mfa_authenticate"), {"code": codigo_de_ahora()})
    identificarse(client)
    quitar = reverse("mfa_deactivate_totp")
    assert client.get(quitar).status_code == 200

    respuesta = client.post(quitar)

    assert "es obligatorio" in respuesta.content.decode()
    assert Authenticator.objects.filter(user=obligada, type="totp").exists()
    assert quitar not in client.get(reverse("mfa_index")).content.decode()


@pytest.mark.usefixtures("reloj_quieto")
def test_quien_no_esta_obligado_si(client, elenco):
    elenco.planificadora.set_password(CLAVE)
    elenco.planificadora.save()
    TOTP.activate(elenco.planificadora, SEMILLA)
    entrar(client, elenco.planificadora)
    client.post(reverse("mfa_authenticate"), {"code": codigo_de_ahora()})
    identificarse(client)

    client.post(reverse("mfa_deactivate_totp"))

    assert not Authenticator.objects.filter(user=elenco.planificadora).exists()


@pytest.mark.usefixtures("reloj_quieto")
def test_a_quien_perdio_el_telefono_se_le_quita_y_vuelve_a_ponerlo(client, obligada, elenco):
    TOTP.activate(obligada, SEMILLA)
    entrar(client, obligada)
    client.post(reverse("mfa_authenticate"), {"code": codigo_de_ahora()})
    assert client.get(reverse("matrices:revision")).status_code == 200

    cuentas.quitar_segundo_factor(obligada, por=elenco.administradora)

    assert client.get(reverse("matrices:revision"))["Location"].startswith(reverse("account_login"))
    assert (ACTIVAR, 302) in entrar(Client(), obligada).redirect_chain


def test_apagarlo_en_produccion_no_pasa_la_revision(settings):
    settings.PRODUCCION = True
    assert revisiones.segundo_factor(None) == []

    settings.MFA_OBLIGATORIO = False
    assert [error.id for error in revisiones.segundo_factor(None)] == ["pesn.E012"]

    settings.PRODUCCION = False
    assert revisiones.segundo_factor(None) == []
