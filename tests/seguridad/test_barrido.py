"""Toda ruta ante llaves, parámetros, campos y peticiones que nadie bueno manda: nunca un 5xx.

Además de lo del catálogo. Las llaves se prueban en cada ruta del inventario; lo demás, repartido:
a cada parámetro y a cada campo le toca un turno de los valores, y entre todos los ven todos.
"""

import re
from itertools import cycle, islice
from urllib.parse import quote

import pytest
from django.contrib.admin.sites import site
from django.db import transaction
from django.urls import reverse

from tests.fabricas import UsuarioFactory
from tests.seguridad import mundo as mundos
from tests.seguridad.inventario import revisadas
from tests.seguridad.mundo import ADENTRO
from tests.seguridad.pedidos import LLAVES, celdas, clientes, cuerpo, debe, direccion

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cache_limpia")]
GRANDE = 2**63
DE_LLAVE = ["0", str(GRANDE), "9" * 400]
DE_LLAVE_RARA = [str(GRANDE - 1), "-1", "%D9%A1", "%00", "99999-S9", "a" * 900]
DE_VALOR = [
    *("", "\0", "-1", "0", str(GRANDE), "9" * 30, "NaN", "1e400", "-Infinity", "1." + "9" * 400),
    *("2021-02-30", "0000-01-01", "9999-12-31", "99999-01-01", "0001-01-01"),
    *("\u202e", "\ufffe", "١", "a" * 5000, "é:ñ", "' OR 1=1 --", "%s%n", "{{7*7}}"),
    *("../../etc/passwd", f"1:{GRANDE}", f"{GRANDE}:1", "1:2:3", "[]", "{}", "null"),
]
POR_CAMPO = 3
DE_LISTA = {"page", "antes", "plan", "periodo", "q", "sort", "o"}


@pytest.fixture
def mundo(elenco, settings):
    settings.NEGATIVAS_SEGUIDAS = 0
    uno = mundos.crear(elenco)
    casas = {getattr(uno.personas, actor).institucion for actor in ADENTRO}
    uno.companeras = {casa.pk: UsuarioFactory(institucion=casa, rol="AUDITOR") for casa in casas}
    return uno


class Barrido:
    """Los pedidos hechos, cada uno deshecho al terminar, y los que dieron una falla."""

    def __init__(self):
        self.hechos, self.fallas, self.turno = 0, [], cycle(DE_VALOR)

    def pedir(self, cliente, metodo, donde, datos=None, **mas):
        self.hechos += 1
        punto = transaction.savepoint()
        try:
            respuesta = getattr(cliente, metodo.lower())(donde, datos, **mas)
            if respuesta.streaming:
                list(respuesta.streaming_content)
            if respuesta.status_code >= 500 and "salud" not in donde:
                dicho = str(datos)[-90:]
                self.fallas.append(f"{metodo} {donde[:90]} {dicho}: {respuesta.status_code}")
        finally:
            transaction.savepoint_rollback(punto)
        return respuesta

    def valores(self):
        return list(islice(self.turno, POR_CAMPO))


def una_por_ruta(mundo, metodo):
    """La primera celda de cada renglón del archivo que a alguien de adentro le sale bien."""
    vistas = set()
    for celda in celdas([fila for fila in revisadas() if fila["metodo"] == metodo]):
        renglon = (celda.fila["ruta"], celda.fila["caso"], celda.fila["objeto"])
        adentro = celda.actor in ADENTRO
        if renglon not in vistas and adentro and debe(celda) == "bien":
            vistas.add(renglon)
            yield celda


def concluir(barrido, que, cifra):
    cifra(f"Barrido {que}: pedidos={barrido.hechos} 5xx={len(barrido.fallas)}")
    assert barrido.fallas == []


@pytest.mark.parametrize(
    "malas",
    [DE_LLAVE, pytest.param(DE_LLAVE_RARA, marks=pytest.mark.nocturna)],
    ids=["imposibles", "raras"],
)
@pytest.mark.parametrize("metodo", ["GET", "POST"])
def test_ninguna_llave_imposible_tumba_una_ruta(mundo, cifra, metodo, malas):
    barrido, navegadores = Barrido(), clientes(mundo)
    for celda in una_por_ruta(mundo, metodo):
        llave = LLAVES[celda.fila["objeto"]](celda, mundo, True)
        base, datos = direccion(celda, mundo), cuerpo(celda, mundo)
        for dado in llave.values():
            for mala in malas:
                trozo = re.escape(quote(str(dado)))
                donde = re.sub(rf"(?<=/){trozo}(?=[/.])", mala, base, count=1)
                respuesta = barrido.pedir(navegadores[celda.actor], metodo, donde, datos)
                assert respuesta.status_code >= 400 or donde == base or mala == "0", donde
    concluir(barrido, f"{len(malas)} llaves por ruta, {metodo}", cifra)


@pytest.mark.nocturna
def test_ningun_parametro_imposible_tumba_una_pagina(mundo, cifra):
    barrido, navegadores = Barrido(), clientes(mundo)
    for celda in una_por_ruta(mundo, "GET"):
        cliente, donde = navegadores[celda.actor], direccion(celda, mundo)
        respuesta = barrido.pedir(cliente, "GET", donde)
        for nombre in sorted(los_que_dice(respuesta, r"[?&;](\w[\w-]*)=", "get") | DE_LISTA):
            for valor in barrido.valores():
                barrido.pedir(cliente, "GET", donde, {nombre: valor})
            barrido.pedir(cliente, "GET", donde, {nombre: ["1", "2"]})
    concluir(barrido, "parámetros", cifra)


def los_que_dice(respuesta, enlaces, metodo):
    """Los nombres de los enlaces y de los formularios de esa página que van por ese método."""
    if respuesta.streaming or respuesta.status_code != 200:
        return set()
    texto = respuesta.content.decode(errors="replace")
    formularios = re.findall(rf'<form[^>]*method="{metodo}".*?</form>', texto, re.DOTALL)
    campos = re.findall(r'name="([\w:-]+)"', " ".join(formularios))
    return (set(re.findall(enlaces, texto)) | set(campos)) - {"csrfmiddlewaretoken"}


@pytest.mark.nocturna
def test_ningun_campo_imposible_tumba_un_envio(mundo, cifra):
    barrido, navegadores = Barrido(), clientes(mundo)
    for celda in una_por_ruta(mundo, "POST"):
        cliente, donde = navegadores[celda.actor], direccion(celda, mundo)
        for nombre in sorted(cuerpo(celda, mundo)):
            for valor in barrido.valores():
                datos = {**cuerpo(celda, mundo), nombre: valor}
                barrido.pedir(cliente, "POST", donde, datos)
        faltan = dict(islice(cuerpo(celda, mundo).items(), 1))
        barrido.pedir(cliente, "POST", donde, faltan)
        barrido.pedir(cliente, "POST", donde, {})
    concluir(barrido, "campos", cifra)


def test_ningun_filtro_escrito_a_mano_tumba_los_catalogos(client, cifra):
    barrido, cliente = Barrido(), client
    cliente.raise_request_exception = False
    cliente.force_login(UsuarioFactory(rol="ADMINISTRADOR"))
    for modelo in site._registry:
        ruta = f"admin:{modelo._meta.app_label}_{modelo._meta.model_name}_changelist"
        lista = reverse(ruta)
        fechas = [c.name for c in modelo._meta.fields if c.get_internal_type() == "DateField"]
        imposibles = {
            "id__in": GRANDE,
            "p": "9" * 30,
            "q": "\0",
            **{f"{f}__year": 0 for f in fechas},
        }
        for filtro, valor in imposibles.items():
            barrido.pedir(cliente, "GET", lista, {filtro: valor})
        barrido.pedir(cliente, "GET", f"{lista}{GRANDE}/change/")
        marcada = {"action": "delete_selected", "_selected_action": [str(GRANDE), "a"]}
        barrido.pedir(cliente, "POST", lista, marcada)
    for resto in ("r/1/1/", f"r/{GRANDE}/1/", "autocomplete/?term=a", "nada/", "jsi18n/"):
        barrido.pedir(cliente, "GET", f"/admin/{resto}")
    concluir(barrido, "catálogos", cifra)


# Lo que no es de una ruta: la petición misma ---------------------------------------------------
FORMULARIO = "application/x-www-form-urlencoded"
PARTES = "multipart/form-data; boundary=x"
PETICIONES = {
    "método inventado": ("GARBAGE", "/cuenta/login/", b"", {}, {405}),
    "método TRACE": ("TRACE", "/semestre/", b"", {}, {302, 403, 405}),
    "método vacío de letras": ("!", "/salud/", b"", {}, {405}),
    "PROPFIND de WebDAV": ("PROPFIND", "/", b"", {}, {302, 403, 405}),
    "cabecera de 60 000 letras": ("GET", "/publico/", b"", {"X_LARGA": "a" * 60_000}, {200}),
    "Host vacío": ("GET", "/publico/", b"", {"HOST": ""}, {400}),
    "Host con usuario": ("GET", "/publico/", b"", {"HOST": "a@testserver"}, {400}),
    "Host con ruta": ("GET", "/publico/", b"", {"HOST": "testserver/evil"}, {400}),
    "Host con saltos": ("GET", "/publico/", b"", {"HOST": "testserver\r\nX: 1"}, {400}),
    "Host con letras de otro alfabeto": ("GET", "/publico/", b"", {"HOST": "tеstserver"}, {400}),
    "X-Forwarded-Host": ("GET", "/publico/", b"", {"X_FORWARDED_HOST": "evil.com"}, {200}),
    "X-Original-URL": ("GET", "/publico/", b"", {"X_ORIGINAL_URL": "/admin/"}, {200}),
    "otro método por cabecera": (
        "POST",
        "/publico/",
        b"",
        {"X_HTTP_METHOD_OVERRIDE": "DELETE"},
        {403, 405},
    ),
    "rango imposible": ("GET", "/publico/", b"", {"RANGE": "bytes=9-1,-0,99-"}, {200}),
    "mil rangos": ("GET", "/static/pesn/pesn.css", b"", {"RANGE": "bytes=" + "0-," * 1000}, {200}),
    "rango del revés": ("GET", "/static/pesn/pesn.css", b"", {"RANGE": "bytes=9-1"}, {416}),
    "condición ilegible": ("GET", "/publico/", b"", {"IF_NONE_MATCH": '"'}, {200}),
    "fecha imposible": (
        "GET",
        "/publico/",
        b"",
        {"IF_MODIFIED_SINCE": "Sun, 99 Foo 99999 99:99:99 GMT"},
        {200},
    ),
    "idioma de mil comas": ("GET", "/publico/", b"", {"ACCEPT_LANGUAGE": "," * 1000}, {200}),
    "idioma con un salto de carpeta": (
        "GET",
        "/publico/",
        b"",
        {"ACCEPT_LANGUAGE": "../../etc"},
        {200},
    ),
    "compresión inventada": (
        "GET",
        "/publico/",
        b"",
        {"ACCEPT_ENCODING": "br;q=x,gzip;q=9"},
        {200},
    ),
    "galleta sin igual": ("GET", "/publico/", b"", {"COOKIE": "=;;;=a; sesion"}, {200}),
    "galleta de sesión enorme": (
        "GET",
        "/publico/",
        b"",
        {"COOKIE": f"sesion={'a' * 5000}"},
        {200},
    ),
    "galleta de sesión con NUL": ("GET", "/semestre/", b"", {"COOKIE": 'sesion="\\000"'}, {400}),
    "galleta de mensajes forjada": ("GET", "/publico/", b"", {"COOKIE": "messages=[[a]]"}, {200}),
    "credencial sin esquema": ("GET", "/publico/", b"", {"AUTHORIZATION": "\xff"}, {400}),
    "dirección sin UTF-8": ("GET", "/%FF%FE/", b"", {}, {400}),
    "dirección con sustituto suelto": ("GET", "/%ED%A0%80/", b"", {}, {400}),
    "consulta con sustituto suelto": ("GET", "/publico/?plan=%ED%A0%80", b"", {}, {400}),
    "consulta con % suelto": ("GET", "/publico/?plan=%", b"", {}, {404}),
    "dirección con puntos": ("GET", "/static/../../etc/passwd", b"", {}, {302, 404}),
    "dirección con puntos cifrados": (
        "GET",
        "/static/%2e%2e/%2e%2e/etc/passwd",
        b"",
        {},
        {302, 404},
    ),
    "dirección con barra invertida": ("GET", "/static/..%5c..%5csettings.py", b"", {}, {302, 404}),
    "vuelta a otro sitio": ("GET", "/cuenta/login/?next=//evil.com", b"", {}, {200}),
    "partes sin límite": ("POST", "/verificar/", b"x", {"CT": "multipart/form-data"}, {400}),
    "partes con límite larguísimo": (
        "POST",
        "/verificar/",
        b"x",
        {"CT": f"multipart/form-data; boundary={'a' * 500}"},
        {400},
    ),
    "partes cortadas": (
        "POST",
        "/verificar/",
        b'--x\r\nContent-Disposition: form-data; name="archivo"; filename="a"\r\n',
        {"CT": PARTES},
        {422},
    ),
    "partes sin nombre": (
        "POST",
        "/verificar/",
        b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--\r\n",
        {"CT": PARTES},
        {422},
    ),
    "parte en base64 rota": (
        "POST",
        "/verificar/",
        b'--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n!!!\r\n--x--\r\n",
        {"CT": PARTES},
        {400},
    ),
    "nombre de archivo cifrado a medias": (
        "POST",
        "/verificar/",
        b"--x\r\nContent-Disposition: form-data; name=\"archivo\"; filename*=utf-9''%FF\r\n\r\n"
        b"1\r\n--x--\r\n",
        {"CT": PARTES},
        {422},
    ),
    "formulario en un juego de letras inventado": (
        "POST",
        "/verificar/",
        b"huella=%FF",
        {"CT": f"{FORMULARIO}; charset=utf-99"},
        {400},
    ),
    "formulario en UTF-16": (
        "POST",
        "/verificar/",
        "huella=1".encode("utf-16"),
        {"CT": f"{FORMULARIO}; charset=utf-16"},
        {400},
    ),
    "formulario con UTF-8 roto": (
        "POST",
        "/verificar/",
        b"huella=\xff\xfe",
        {"CT": FORMULARIO},
        {422},
    ),
    "dos mil campos": (
        "POST",
        "/verificar/",
        b"&".join(b"a%d=1" % n for n in range(2000)),
        {"CT": FORMULARIO},
        {400},
    ),
    "XML por formulario": ("POST", "/verificar/", b"<a/>", {"CT": "application/xml"}, {422}),
    "tamaño que miente": ("POST", "/verificar/", b"", {"CONTENT_LENGTH": "-5"}, {422}),
    "tamaño que no es número": ("POST", "/verificar/", b"", {"CONTENT_LENGTH": "abc"}, {422}),
    "JSON de cien mil niveles": (
        "POST",
        "/api/v1/avances/",
        b"[" * 100_000,
        {"CT": "application/json"},
        {401},
    ),
    "htmx con destino forjado": (
        "GET",
        "/publico/",
        b"",
        {"HX_REQUEST": "true", "HX_CURRENT_URL": "http://[::1"},
        {200},
    ),
}


@pytest.mark.parametrize("cual", PETICIONES)
def test_ninguna_peticion_rota_es_una_falla(client, cual):
    metodo, donde, carga, cabeceras, debidos = PETICIONES[cual]
    client.raise_request_exception = False
    tipo = cabeceras.get("CT", "application/octet-stream")
    propias = {"CONTENT_LENGTH"}
    entorno = {n if n in propias else f"HTTP_{n}": v for n, v in cabeceras.items() if n != "CT"}

    respuesta = client.generic(metodo, donde, carga, tipo, **entorno)

    assert respuesta.status_code in debidos, respuesta.status_code
    dicho = b"".join(respuesta).decode(errors="replace")
    enlaces = re.findall(r'(?:href|src|action)="([^"]*)', dicho)
    assert not [uno for uno in [*enlaces, respuesta.get("Location", "")] if "evil" in uno[:20]]


def test_la_cuenta_del_barrido(cifra):
    cifra(f"Barrido peticiones={len(PETICIONES)} llaves={len(DE_LLAVE)} valores={len(DE_VALOR)}")
    assert len(PETICIONES) >= 40
