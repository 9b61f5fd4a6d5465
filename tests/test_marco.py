"""El marco en un navegador: se lee en cualquier pantalla y la sesión vencida no se traga nada."""

from pathlib import Path

import pytest
from django.conf import settings

from instituciones import avisos
from instituciones.models import Rol
from tests.fabricas import AccionFactory, UsuarioFactory

AXE = next(Path(__file__).parent.glob("vendor/axe-core-*/axe.min.js")).read_text()
REVISAR = "; axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']})"

pytestmark = [
    pytest.mark.navegador,
    pytest.mark.una_vez,
    pytest.mark.django_db(transaction=True),
]


def entrar(page, client, live_server):
    client.force_login(UsuarioFactory(rol=Rol.APROBADOR))
    sesion = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": sesion, "url": live_server.url}]
    )


@pytest.mark.parametrize("esquema", ["light", "dark"])
@pytest.mark.parametrize("ancho", [320, 1440])
@pytest.mark.parametrize(
    "direccion",
    [
        "/cuenta/login/",
        "/cuenta/2fa/",
        "/delegaciones/nueva/",
        "/no-existe/",
        "/avisos/",
        "/avisos/correo/",
        "/buscar/?q=organo",
    ],
)
def test_pagina_cabe_y_axe_no_halla_nada(page, client, live_server, direccion, ancho, esquema):
    if "login" not in direccion:
        entrar(page, client, live_server)
        dicho = avisos.Dicho("prueba", "Tiene 3 observaciones", "/avances/1/")
        avisos.escribir([(dicho, avisos.todas())])
        AccionFactory(enunciado="Crear el órgano rector.")
    page.emulate_media(color_scheme=esquema)
    page.set_viewport_size({"width": ancho, "height": 800})

    page.goto(live_server.url + direccion)

    assert page.evaluate("document.documentElement.scrollWidth") <= ancho
    assert [v["id"] for v in page.evaluate(AXE + REVISAR)["violations"]] == []


def test_la_barra_oblicua_enfoca_el_buscador_desde_cualquier_pagina(page, client, live_server):
    AccionFactory(enunciado="Crear el órgano rector.")
    entrar(page, client, live_server)
    page.goto(live_server.url + "/delegaciones/")

    page.keyboard.press("/")
    page.keyboard.type("ORGANO")
    page.keyboard.press("Enter")

    page.wait_for_url("**/buscar/?q=ORGANO")
    assert page.locator(".hallazgos mark").inner_text() == "órgano"


def pedir_un_fragmento(page, direccion="/delegaciones/"):
    page.evaluate(
        f"void htmx.ajax('GET', '{direccion}', {{target: '#contenido'}}).catch(() => {{}})"
    )


def test_sesion_vencida_lleva_a_entrar_y_no_mete_la_entrada_en_la_pagina(page, client, live_server):
    entrar(page, client, live_server)
    page.goto(live_server.url + "/delegaciones/")
    page.context.clear_cookies()

    pedir_un_fragmento(page)

    page.wait_for_url("**/cuenta/login/?next=/delegaciones/")
    assert page.locator("main").count() == 1


def test_sesion_vencida_con_texto_sin_guardar_avisa_y_lo_conserva(page, client, live_server):
    entrar(page, client, live_server)
    page.goto(live_server.url + "/delegaciones/nueva/")
    campo = page.locator("main form [name=acto]")
    campo.fill("Oficio 12-2026")
    page.context.clear_cookies()

    pedir_un_fragmento(page)

    aviso = page.locator("#avisos [role=alert]")
    aviso.wait_for()
    assert "Su sesión terminó" in aviso.inner_text()
    assert aviso.evaluate("nodo => nodo === document.activeElement")
    assert campo.input_value() == "Oficio 12-2026"


def test_caida_del_servidor_avisa_y_conserva_lo_escrito(page, client, live_server):
    entrar(page, client, live_server)
    page.goto(live_server.url + "/delegaciones/nueva/")
    campo = page.locator("main form [name=acto]")
    campo.fill("Oficio 12-2026")
    page.route("**/delegaciones/", lambda pedido: pedido.abort())

    pedir_un_fragmento(page)

    page.locator("#avisos [role=alert]").wait_for()
    assert "No hay conexión" in page.locator("#avisos").inner_text()
    assert campo.input_value() == "Oficio 12-2026"


def test_pagina_de_error_no_se_mete_en_el_renglon(page, client, live_server):
    entrar(page, client, live_server)
    page.goto(live_server.url + "/delegaciones/")
    antes = page.locator("main h1").inner_text()

    pedir_un_fragmento(page, "/no-existe/")

    page.locator("#avisos [role=alert]").wait_for()
    assert "Esa página no existe" in page.locator("#avisos").inner_text()
    assert page.locator("main h1").inner_text() == antes


def test_nada_se_mueve_al_cargar(page, live_server):
    page.goto(live_server.url + "/cuenta/login/")

    movido = page.evaluate("""() => new Promise((listo) => {
      let suma = 0;
      new PerformanceObserver((lista) => lista.getEntries().forEach((e) => { suma += e.value; }))
        .observe({ type: "layout-shift", buffered: true });
      setTimeout(() => listo(suma), 300);
    })""")

    assert movido == 0
