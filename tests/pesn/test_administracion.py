"""El sitio de cuentas y catálogos: sólo quien administra; y cada cambio deja constancia."""

import json
import re
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from instituciones.models import Asiento, Feriado, Institucion, Rol, Usuario
from tests.fabricas import FeriadoFactory, InstitucionFactory, PlanFactory, UsuarioFactory

pytestmark = pytest.mark.django_db
USUARIOS = "admin:instituciones_usuario_changelist"


@pytest.fixture
def administradora(client):
    persona = UsuarioFactory(rol="ADMINISTRADOR", nombre="Adelina")
    client.force_login(persona)
    return persona


@pytest.mark.parametrize("rol", [rol for rol in Rol.values if rol != "ADMINISTRADOR"])
def test_ningun_otro_rol_entra(client, rol):
    client.force_login(UsuarioFactory(rol=rol))

    for ruta in ("admin:index", USUARIOS, "admin:login"):
        assert client.get(reverse(ruta), follow=True).status_code == 403


def test_sin_entrar_lleva_a_la_puerta_comun(client):
    respuesta = client.get(reverse(USUARIOS), follow=True)

    assert respuesta.redirect_chain[-1][0].startswith(reverse("account_login"))


def test_no_hay_flujo_ni_tablas_de_bibliotecas():
    modelos = {modelo._meta.label for modelo in admin.site._registry}

    assert {etiqueta.partition(".")[0] for etiqueta in modelos} == {"instituciones", "acciones"}
    assert "instituciones.Asiento" not in modelos
    assert "instituciones.Delegacion" not in modelos


def test_cada_pagina_del_sitio_se_abre(client, administradora):
    PlanFactory()
    for modelo, ajustes in admin.site._registry.items():
        nombre = f"admin:{modelo._meta.app_label}_{modelo._meta.model_name}"
        assert client.get(reverse(f"{nombre}_changelist")).status_code == 200, nombre
        if ajustes.has_add_permission(type("", (), {"user": administradora})()):
            assert client.get(reverse(f"{nombre}_add")).status_code == 200, nombre


@pytest.mark.parametrize("malo", ["\u202e", "\x1b", "\ufffe"])
def test_ningun_texto_con_lo_que_engana_a_quien_lee_se_guarda(rf, administradora, malo):
    pedido = rf.get("/")
    pedido.user = administradora
    aceptados = {}
    for modelo, ajustes in admin.site._registry.items():
        if ajustes.has_add_permission(pedido):
            clase = ajustes.get_form(pedido)
            campos = clase().fields.items()
            textos = [nombre for nombre, campo in campos if isinstance(campo, forms.CharField)]
            errores = clase(dict.fromkeys(textos, f"https://a.gt/{malo}z@b.gt")).errors
            aceptados[modelo] = set(textos) - set(errores)

    assert Usuario in aceptados
    assert set.union(*aceptados.values()) == set()


@pytest.mark.parametrize("malo", ["\u202e", "\u200d", "\n"])
def test_un_nombre_que_no_se_lee_entero_no_abre_cuenta(client, administradora, malo):
    pagina = abrir_cuenta(client, nombre=f"Nue{malo}va")

    assert "carácter" in str(pagina.context["errors"])
    assert not Usuario.objects.filter(correo="nueva@ejemplo.gt").exists()


def test_la_estructura_del_plan_solo_se_lee(client, administradora):
    plan = PlanFactory()

    assert client.get(reverse("admin:acciones_plan_change", args=[plan.pk])).status_code == 200
    datos = {"nombre": "Otro"}
    respuesta = client.post(reverse("admin:acciones_plan_change", args=[plan.pk]), datos)
    assert respuesta.status_code == 403
    assert client.get(reverse("admin:acciones_plan_add")).status_code == 403


def abrir_cuenta(client, **cambios):
    datos = {
        "correo": "Nueva@Ejemplo.gt",
        "nombre": "Nueva",
        "institucion": InstitucionFactory().pk,
        "rol": "PLANIFICADOR",
        "is_active": "on",
        **cambios,
    }
    return client.post(reverse("admin:instituciones_usuario_add"), datos, follow=True)


def test_una_cuenta_nueva_da_un_enlace_para_su_contrasena(client, administradora):
    respuesta = abrir_cuenta(client)

    nueva = Usuario.objects.get(correo="nueva@ejemplo.gt")
    assert not nueva.has_usable_password()
    actos = list(Asiento.objects.filter(tipo="usuario").values_list("acto", "persona"))
    assert actos == [
        ("abrir_cuenta", administradora.pk),
        ("dar_enlace_de_contrasena", administradora.pk),
    ]
    aviso = next(str(m) for m in respuesta.context["messages"] if "http" in str(m))
    enlace = urlsplit(re.search(r"https?://\S+", aviso).group()).path
    fuera = Client()
    pagina = fuera.get(enlace, follow=True)
    clave = "lluvia-de-mayo-55"
    fuera.post(pagina.redirect_chain[-1][0], {"password1": clave, "password2": clave})
    nueva.refresh_from_db()
    assert nueva.check_password(clave)
    assert not Asiento.objects.filter(datos__contains=clave).exists()


def test_un_correo_repetido_en_mayusculas_es_error_del_campo(client, administradora):
    UsuarioFactory(correo="nueva@ejemplo.gt")

    respuesta = abrir_cuenta(client)

    assert "correo" in respuesta.context["adminform"].form.errors
    assert Usuario.objects.filter(correo__iexact="nueva@ejemplo.gt").count() == 1


def cambiar(client, persona, **cambios):
    datos = {
        "correo": persona.correo,
        "nombre": persona.nombre,
        "institucion": persona.institucion_id,
        "rol": persona.rol,
        "is_active": "on",
        "version_leida": persona.version,
        **cambios,
    }
    direccion = reverse("admin:instituciones_usuario_change", args=[persona.pk])
    return client.post(direccion, {c: v for c, v in datos.items() if v is not None}, follow=True)


def test_desactivar_cierra_sus_sesiones_y_deja_constancia(client, administradora):
    persona = UsuarioFactory(password="quetzal-verde-91-lluvia")
    suya = Client()
    datos = {"login": persona.correo, "password": "quetzal-verde-91-lluvia"}
    suya.post(reverse("account_login"), datos)
    llave = suya.session.session_key

    cambiar(client, persona, is_active=None)

    persona.refresh_from_db()
    assert (persona.is_active, persona.version) == (False, 2)
    assert not suya.session.exists(llave)
    asiento = Asiento.objects.get(acto="cambiar_cuenta")
    assert (asiento.persona, asiento.clave) == (administradora, str(persona.pk))
    dicho = json.loads(asiento.datos)
    assert (dicho["is_active"], dicho["red"]) == ([True, False], "127.0.0.1")
    assert len(dicho["peticion"]) >= 8


def test_cambiar_el_correo_deja_de_valer_el_anterior(client, administradora):
    persona = UsuarioFactory(correo="vieja@ejemplo.gt", password="quetzal-verde-91-lluvia")
    EmailAddress.objects.create(user=persona, email=persona.correo, primary=True, verified=True)

    cambiar(client, persona, correo="nueva@ejemplo.gt")

    fuera = Client()
    for correo, entra in (("vieja@ejemplo.gt", False), ("nueva@ejemplo.gt", True)):
        datos = {"login": correo, "password": "quetzal-verde-91-lluvia"}
        fuera.post(reverse("account_login"), datos)
        assert ("_auth_user_id" in fuera.session) is entra


def test_el_segundo_que_guarda_se_entera_y_no_pisa(client, administradora):
    persona = UsuarioFactory(nombre="Primera")
    cambiar(client, persona, nombre="Segunda")

    respuesta = cambiar(client, persona, nombre="Tercera")

    persona.refresh_from_db()
    assert (persona.nombre, persona.version) == ("Segunda", 2)
    assert "Otra persona cambió" in respuesta.content.decode()
    assert Asiento.objects.filter(acto="cambiar_cuenta").count() == 1


@pytest.mark.parametrize("cambios", [{"is_active": None}, {"rol": "COORDINADOR"}])
def test_nadie_se_desactiva_ni_se_cambia_el_rol(client, administradora, cambios):
    respuesta = cambiar(client, administradora, **cambios)

    administradora.refresh_from_db()
    assert respuesta.context["adminform"].form.errors
    assert (administradora.is_active, administradora.rol) == (True, "ADMINISTRADOR")


def test_quitar_el_segundo_factor_deja_constancia(client, administradora):
    persona = UsuarioFactory()
    Authenticator.objects.create(user=persona, type="totp", data={"secret": "x"})

    client.post(reverse(USUARIOS), {"action": "quitar_factor", "_selected_action": [persona.pk]})

    assert not Authenticator.objects.exists()
    assert Asiento.objects.filter(acto="quitar_segundo_factor", clave=persona.pk).exists()


def test_los_catalogos_dejan_constancia_y_las_instituciones_no_se_borran(client, administradora):
    client.post(
        reverse("admin:instituciones_feriado_add"), {"fecha": "2026-09-15", "nombre": "Patria"}
    )
    feriado = Feriado.objects.get()
    client.post(reverse("admin:instituciones_feriado_delete", args=[feriado.pk]), {"post": "yes"})
    actos = Asiento.objects.filter(tipo="feriado").values_list("acto", flat=True)

    assert list(actos) == ["crear", "borrar"]
    institucion = Institucion.objects.first()
    borrar = reverse("admin:instituciones_institucion_delete", args=[institucion.pk])
    assert client.post(borrar, {"post": "yes"}).status_code == 403


def test_borrar_varios_feriados_deja_un_asiento_por_cada_uno(client, administradora):
    uno, otro = FeriadoFactory(), FeriadoFactory(fecha="2024-12-25")

    client.post(
        reverse("admin:instituciones_feriado_changelist"),
        {"action": "delete_selected", "_selected_action": [uno.pk, otro.pk], "post": "yes"},
    )

    assert not Feriado.objects.exists()
    assert Asiento.objects.filter(acto="borrar").count() == 2


def test_la_contrasena_propia_se_cambia_en_la_puerta_comun(client, administradora):
    respuesta = client.get(reverse("admin:password_change"))

    assert respuesta["Location"] == reverse("account_change_password")
