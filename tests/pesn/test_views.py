"""El inicio pide entrar; la salud contesta a cualquiera y dice qué pieza falla."""

import errno
import sqlite3

import pytest
from django.core.exceptions import RequestDataTooBig
from django.core.files.storage import storages
from django.db import DataError, InterfaceError, OperationalError
from django.urls import reverse
from redis.exceptions import ConnectionError as SinRedis

from pesn import errores, salud, views
from tests.fabricas import UsuarioFactory

pytestmark = pytest.mark.django_db


def test_el_inicio_pide_entrar(client):
    assert client.get("/")["Location"].startswith(reverse("account_login"))


def test_la_salud_contesta_sin_entrar(client):
    respuesta = client.get(reverse("salud"))

    assert respuesta.status_code == 200
    assert respuesta.json() == {"base": "bien", "cache": "bien", "almacen": "bien"}


@pytest.mark.parametrize("pieza", ["base", "cache", "almacen"])
def test_una_pieza_caida_es_503_y_se_nombra_sin_detalles(client, monkeypatch, pieza):
    def caida():
        raise ConnectionError("10.0.0.7:5432 clave-secreta")

    monkeypatch.setitem(salud.PRUEBAS, pieza, caida)
    respuesta = client.get(reverse("salud"))

    assert (respuesta.status_code, respuesta.json()[pieza]) == (503, "falla")
    assert "secreta" not in respuesta.content.decode()


def test_un_archivo_guardado_no_se_alcanza_por_direccion(client):
    nombre = storages["default"].guardar(b"el acta").nombre

    for direccion in (f"/media/{nombre}", f"/{nombre}", f"/static/{nombre}"):
        assert client.get(direccion).status_code in {302, 404}


@pytest.mark.parametrize(
    ("falla", "codigo", "titulo"),
    [
        (OperationalError("connection refused"), 503, "El sistema no contesta"),
        (InterfaceError("connection already closed"), 503, "El sistema no contesta"),
        (OSError(errno.ENOSPC, "No space left on device"), 507, "No queda espacio"),
        (OSError(errno.EIO, "Input/output error"), 503, "El sistema no contesta"),
        (DataError("value out of range"), 400, "No se pudo leer lo pedido"),
        (OverflowError("Python int too large"), 400, "No se pudo leer lo pedido"),
        (OSError(errno.EACCES, "Permission denied"), 500, "El sistema falló"),
        (ZeroDivisionError("clave-secreta"), 500, "El sistema falló"),
        (RequestDataTooBig("more than 10 MB"), 413, "Lo enviado no cabe"),
    ],
)
def test_lo_que_falla_se_dice_en_espanol_sin_detalles(client, monkeypatch, falla, codigo, titulo):
    def caer(persona):
        raise falla

    client.force_login(UsuarioFactory())
    client.raise_request_exception = False
    monkeypatch.setattr(views, "pagina_propia", caer)
    respuesta = client.get("/")

    assert respuesta.status_code == codigo
    assert "secreta" not in respuesta.content.decode()
    assert errores.FRASES[codigo][1] in respuesta.content.decode()
    assert f"<h1>{titulo}</h1>" in respuesta.content.decode()
    assert respuesta["X-Request-ID"]


@pytest.mark.parametrize(
    ("falla", "http", "clave"),
    [
        (OperationalError("connection refused"), 503, "sin_base"),
        (SinRedis("connection refused"), 503, "sin_servicio"),
        (OSError(errno.ENOSPC, "No space left on device"), 507, "sin_espacio"),
    ],
)
def test_a_quien_pide_datos_se_le_dice_que_falta_o02(client, monkeypatch, falla, http, clave):
    def caer(persona):
        raise falla

    client.force_login(UsuarioFactory())
    client.raise_request_exception = False
    monkeypatch.setattr(views, "pagina_propia", caer)
    respuesta = client.get("/", headers={"accept": "application/json"})

    assert (respuesta.status_code, respuesta.json()["codigo"]) == (http, clave)


@pytest.mark.parametrize(
    ("codigo", "http", "clave", "cuando"),
    [
        (sqlite3.SQLITE_FULL, 507, "sin_espacio", None),
        (sqlite3.SQLITE_BUSY, 503, "ocupado", "5"),
        (sqlite3.SQLITE_CANTOPEN, 503, "sin_base", "60"),
    ],
)
def test_el_disco_lleno_o_lo_ocupado_no_es_una_base_caida(
    client, monkeypatch, codigo, http, clave, cuando
):
    """SQLite dice por qué con su código; PostgreSQL, con su clase (tests/caos/test_disco)."""

    def caer(persona):
        de_sqlite = sqlite3.OperationalError("it failed")
        de_sqlite.sqlite_errorcode = codigo
        raise OperationalError("it failed") from de_sqlite

    client.force_login(UsuarioFactory())
    client.raise_request_exception = False
    monkeypatch.setattr(views, "pagina_propia", caer)
    respuesta = client.get("/", headers={"accept": "application/json"})

    assert (respuesta.status_code, respuesta.json()["codigo"]) == (http, clave)
    assert respuesta.get("Retry-After") == cuando


def test_el_icono_se_da_sin_entrar_y_existe(client):
    respuesta = client.get("/favicon.ico")

    icono = client.get(respuesta["Location"])
    assert icono.status_code == 200
    assert icono["Content-Type"] == "image/svg+xml"
    assert b"<svg" in b"".join(icono)
