"""Cada acto sobre una cuenta deja su asiento, sin secretos y sin correos ajenos."""

import json

import pytest
from django.urls import reverse

from instituciones.bitacora import primer_quiebre
from instituciones.models import Asiento
from tests.fabricas import UsuarioFactory

CLAVE = "quetzal-verde-91-lluvia"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cache_limpia")]


def entrar(client, correo, clave):
    datos = {"login": correo, "password": clave}
    return client.post(reverse("account_login"), datos, headers={"x-request-id": "abc-12345678"})


def test_entrar_y_salir_dejan_quien_de_donde_y_en_que_peticion(client):
    persona = UsuarioFactory(password=CLAVE)

    entrar(client, persona.correo, CLAVE)
    client.post(reverse("account_logout"))

    entrada, salida = Asiento.objects.all()
    assert (entrada.acto, entrada.tipo, entrada.persona) == ("entrar", "sesion", persona)
    assert json.loads(entrada.datos) == {"red": "127.0.0.1", "peticion": "abc-12345678"}
    assert (salida.acto, salida.persona) == ("salir", persona)
    assert json.loads(salida.datos)["motivo"] == "propia"
    assert primer_quiebre() == (2, None)


def test_una_falla_nombra_la_cuenta_si_existe(client):
    persona = UsuarioFactory(password=CLAVE)

    entrar(client, persona.correo, "mala-clave-secreta")

    falla = Asiento.objects.get()
    assert (falla.acto, falla.persona, falla.clave) == ("fallar_entrada", None, str(persona.pk))
    assert "mala-clave-secreta" not in falla.datos


def test_una_falla_de_quien_no_existe_no_guarda_lo_que_escribio(client):
    entrar(client, "mi-contrasena-por-error@ejemplo.gt", "otra")
    entrar(client, "MI-contrasena-por-error@ejemplo.gt", "otra")

    una, otra = Asiento.objects.filter(acto="fallar_entrada")
    assert "ejemplo" not in una.clave + una.datos
    assert len(una.clave) >= 40
    assert una.clave == otra.clave


def test_cambiar_la_contrasena_deja_constancia_y_saca(client):
    persona = UsuarioFactory(password=CLAVE)
    client.force_login(persona)
    nueva = "otra-clave-larga-77"

    client.post(
        reverse("account_change_password"),
        {"oldpassword": CLAVE, "password1": nueva, "password2": nueva},
    )

    cambio = Asiento.objects.get(acto="cambiar_contrasena")
    assert (cambio.tipo, cambio.clave, cambio.persona) == ("usuario", str(persona.pk), persona)
    assert nueva not in cambio.datos
    assert client.get(reverse("inicio"))["Location"].startswith(reverse("account_login"))


def test_entrar_no_deja_renglon_en_la_historia_y_cambiar_de_rol_si(client, db):
    persona = UsuarioFactory(correo="historia@ejemplo.gt", password=CLAVE)
    antes = persona.history.count()

    client.post(reverse("account_login"), {"login": persona.correo, "password": CLAVE})

    persona.refresh_from_db()
    assert persona.last_login is not None
    assert persona.history.count() == antes
    persona.rol = "APROBADOR"
    persona.save(update_fields=["rol"])
    assert persona.history.count() == antes + 1
    assert persona.history.first().rol == "APROBADOR"
