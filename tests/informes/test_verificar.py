"""Verificar un archivo sin guardarlo: memoria constante, tope y ficha."""

import tracemalloc
from hashlib import sha256

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

pytestmark = pytest.mark.django_db

MEGA = 1024 * 1024
PRINCIPIO = (
    b'--corte\r\nContent-Disposition: form-data; name="archivo"; filename="informe.pdf"\r\n'
    b"Content-Type: application/pdf\r\n\r\n"
)
FINAL = b"\r\n--corte--\r\n"


class Ceros:
    """Un envío con un archivo de tantos ceros, que se va haciendo mientras se lee."""

    def __init__(self, cuantos: int):
        self.partes: list[bytes | int] = [PRINCIPIO, cuantos, FINAL]
        self.largo = len(PRINCIPIO) + cuantos + len(FINAL)

    def read(self, cuanto: int) -> bytes:
        while self.partes and not self.partes[0]:
            self.partes.pop(0)
        if not self.partes:
            return b""
        primera = self.partes[0]
        if isinstance(primera, bytes):
            self.partes[0] = primera[cuanto:]
            return primera[:cuanto]
        dado = min(cuanto, primera)
        self.partes[0] = primera - dado
        return bytes(dado)

    readline = read  # WSGI lo exige; nadie lee esto por renglones


def enviar_ceros(cuantos: int):
    ceros = Ceros(cuantos)
    return Client().generic(
        "POST",
        "/verificar/",
        CONTENT_TYPE="multipart/form-data; boundary=corte",
        CONTENT_LENGTH=ceros.largo,
        **{"wsgi.input": ceros},
    )


def test_200_mb_no_ocupan_mas_memoria_que_2(cifra):
    """Lo que crece es lo leído: el archivo nunca está entero en ninguna parte."""
    topes = {}
    enviar_ceros(1)  # la primera visita prepara plantillas
    for megas in (2, 200):
        tracemalloc.start()
        respuesta = enviar_ceros(megas * MEGA)
        topes[megas] = tracemalloc.get_traced_memory()[1] / MEGA
        tracemalloc.stop()
        assert sha256(bytes(MEGA) * megas).hexdigest() in respuesta.content.decode()

    cifra(f"/verificar/ memoria: 2 MB → {topes[2]:.1f} MB · 200 MB → {topes[200]:.1f} MB")
    assert topes[200] < topes[2] + 1


def test_pasado_el_tope_no_se_dice_desconocido(monkeypatch):
    monkeypatch.setattr("informes.archivos.VERIFICABLE_MAXIMO", MEGA)

    respuesta = enviar_ceros(MEGA + 1)

    assert respuesta.status_code == 413
    assert "escriba su huella" in respuesta.content.decode()
    assert "Desconocido" not in respuesta.content.decode()


def test_un_envio_desmedido_ni_se_empieza_a_leer(monkeypatch):
    monkeypatch.setattr("informes.archivos.DESMEDIDO", 1000)

    respuesta = Client().post("/verificar/", {"archivo": SimpleUploadedFile("a.pdf", bytes(2000))})

    assert respuesta.status_code == 413


def test_exige_la_ficha():
    cliente = Client(enforce_csrf_checks=True)

    respuesta = cliente.post("/verificar/", {"archivo": SimpleUploadedFile("a.pdf", b"x")})

    assert respuesta.status_code == 403


def test_con_su_ficha_dice_lo_que_es():
    cliente = Client(enforce_csrf_checks=True)
    ficha = str(cliente.get("/verificar/").context["csrf_token"])

    archivo = SimpleUploadedFile("a.pdf", b"x")
    respuesta = cliente.post("/verificar/", {"csrfmiddlewaretoken": ficha, "archivo": archivo})

    assert respuesta.status_code == 200
    assert sha256(b"x").hexdigest() in respuesta.content.decode()
