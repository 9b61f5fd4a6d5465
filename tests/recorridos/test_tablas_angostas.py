"""Las tablas que se comparan renglón a renglón se leen en 320 px sin correrlas de lado."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from informes import comparacion
from informes.models import Corte
from matrices.models import Periodo
from tests.fabricas import ActividadDichaFactory, contenido_dicho

HOJAS = ["vendor/bootstrap-5.3.8/bootstrap.min.css", "pesn/pesn.css"]
CONTRASENA = "una-frase-larga-y-propia"
OCULTO = "caja => caja.scrollWidth - caja.clientWidth"

pytestmark = [pytest.mark.navegador, pytest.mark.una_vez]


def renglon_de_libro():
    fila = {
        "actividad": "1.1.1.1",
        "descripcion": "Capacitar al personal",
        "cambios": [
            {"campo": "Logro", "celda": "Actividades!T2", "antes": "", "despues": "Norma " * 60},
            {"campo": "Devengado (Q)", "celda": "Actividades!AE2", "despues": "Q123,456,789.10"},
        ],
    }
    contexto = {"fila": fila, "palabra": "cambiado"}
    return render_to_string("matrices/_libro_renglon.html", contexto)


def comparacion_de_cortes():
    antes, despues = [
        contenido_dicho([ActividadDichaFactory(ejecutado=Decimal(puntos))]) for puntos in (45, 15)
    ]
    corte = Corte(periodo=Periodo(anio=2024, semestre=1), numero=1)
    contexto = {
        "antes": corte,
        "despues": corte,
        "plan": comparacion.del_plan(antes, despues),
        "cambian": comparacion.por_accion(antes, despues),
    }
    return render_to_string("informes/_comparados.html", contexto)


def mostrar(page, html, ancho=320):
    page.set_viewport_size({"width": ancho, "height": 800})
    page.set_content(html)
    for hoja in HOJAS:
        page.add_style_tag(content=Path(finders.find(hoja)).read_text())


@pytest.mark.parametrize("ancho", [320, 768])
@pytest.mark.parametrize(
    ("dibujar", "se_lee"),
    [
        (renglon_de_libro, ["En el libro: ", "Q123,456,789.10"]),
        (comparacion_de_cortes, ["E después (%): ", "Color después: "]),
    ],
)
def test_la_tabla_no_esconde_nada_en_lo_angosto(page, dibujar, se_lee, ancho):
    mostrar(page, f'<main class="ancho">{dibujar()}</main>', ancho)
    caja = page.locator(".tabla-caja").first

    rotulos = caja.evaluate(
        "c => [...c.querySelectorAll('td')].map(d => getComputedStyle(d, '::before').content)"
    )
    assert caja.evaluate(OCULTO) <= 0
    assert all(uno in " ".join(rotulos) + caja.inner_text() for uno in se_lee)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("direccion", "caja"),
    [("/cuenta/sessions/", ".tabla-caja"), ("/cuenta/2fa/totp/activate/", "#clave_totp")],
)
def test_las_sesiones_y_la_clave_del_segundo_factor_se_leen_enteras(
    page, client, elenco, direccion, caja
):
    navegador = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0"
    persona = elenco.planificadora
    persona.set_password(CONTRASENA)
    persona.save()
    entrada = {"login": persona.correo, "password": CONTRASENA}
    client.post("/cuenta/login/", entrada, headers={"user-agent": navegador})
    client.post("/cuenta/reauthenticate/", {"password": CONTRASENA})

    mostrar(page, client.get(direccion).content.decode())

    assert page.locator(caja).evaluate(OCULTO) <= 0
    assert page.locator(caja).inner_text().strip()


@pytest.mark.parametrize(("ancho", "por_renglon"), [(320, 2), (768, 4), (1440, 4)])
def test_las_cuatro_cuentas_del_libro_se_reparten_parejas(page, ancho, por_renglon):
    cuentas = [(clave, clave, 12) for clave in ("Nuevos", "Cambiados", "Sin cambios", "Rechazados")]
    html = render_to_string("matrices/_cuentas_del_libro.html", {"cuentas": cuentas})
    mostrar(page, f'<main class="ancho">{html}', ancho)

    altos = page.locator(".ficha").evaluate_all("cajas => cajas.map(c => c.offsetTop)")

    assert altos.count(altos[0]) == por_renglon
    assert page.evaluate(OCULTO, page.query_selector("html")) <= 0
