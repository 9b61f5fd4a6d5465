"""Las piezas que toda lista y todo formulario comparten: tabla, páginas y conflicto."""

import re

import django_tables2 as tables
import pytest
from django.core.paginator import Paginator
from django.template.loader import render_to_string
from django.test import RequestFactory


class Acciones(tables.Table):
    codigo = tables.Column("Acción", attrs={"td": {"class": "renglon"}})
    avance = tables.Column("E", attrs={"td": {"class": "numero"}, "th": {"class": "numero"}})

    class Meta:
        attrs = {"titulo": "Acciones de MINGOB"}


def tabla_en(direccion, filas=12):
    peticion = RequestFactory().get(direccion)
    tabla = Acciones([{"codigo": f"1.1.{n}", "avance": n} for n in range(filas)])
    tables.RequestConfig(peticion, paginate={"per_page": 5}).configure(tabla)
    return tabla.as_html(peticion)


def test_tabla_nombra_renglones_columnas_y_a_si_misma():
    html = tabla_en("/lista/")

    assert "<caption>Acciones de MINGOB</caption>" in html
    assert html.count('<th scope="row"') == 5
    assert html.count('scope="col"') == 2
    assert html.count('<td class="numero"') == 5


def test_tabla_ordenada_lo_dice_y_conserva_los_filtros():
    html = tabla_en("/lista/?semaforo=ROJO&sort=-avance")

    assert html.count('aria-sort="descending"') == 1
    assert "semaforo=ROJO" in html.split("<thead")[1].split("</thead>")[0]
    siguiente = re.search(r'rel="next"\s+href="\?([^"]+)"', html)[1]
    assert {"semaforo=ROJO", "sort=-avance", "page=2"} == set(siguiente.split("&amp;"))


def test_tabla_vacia_dice_que_no_hay_nada():
    assert "No hay nada que mostrar" in tabla_en("/lista/", filas=0)


@pytest.mark.parametrize(
    ("numero", "enlaces"), [(1, {"next"}), (2, {"prev", "next"}), (3, {"prev"})]
)
def test_paginas_enlazan_las_vecinas_y_conservan_los_filtros(numero, enlaces):
    peticion = RequestFactory().get("/lista/?rol=APROBADOR&page=9")
    pagina = Paginator(range(15), 5).page(numero)

    html = render_to_string("_paginas.html", {"pagina": pagina}, request=peticion)

    assert {rel for rel in ("prev", "next") if f'rel="{rel}"' in html} == enlaces
    assert html.count("rol=APROBADOR") == len(enlaces)
    assert f"Página {numero} de 3" in html


def test_una_sola_pagina_no_dibuja_nada():
    pagina = Paginator(range(3), 5).page(1)

    assert render_to_string("_paginas.html", {"pagina": pagina}).strip() == ""


def test_conflicto_muestra_los_dos_textos_y_escapa_lo_escrito():
    campos = [{"nombre": "Logro", "suyo": "<b>cuarenta</b>", "actual": None}]

    html = render_to_string("_conflicto.html", {"campos": campos, "quien": "Ana López"})

    assert "Ana López guardó cambios" in html
    assert "&lt;b&gt;cuarenta&lt;/b&gt;" in html
    assert "(vacío)" in html
    assert 'role="alert"' in html


def test_vacio_ofrece_lo_que_sigue():
    html = render_to_string("_vacio.html", {"titulo": "Nada", "url": "/x/", "accion": "Ir"})

    assert '<a class="btn btn-outline-secondary" href="/x/">Ir</a>' in html
