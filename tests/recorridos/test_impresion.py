"""Lo que se imprime desde el navegador no deja media hoja en blanco."""

from io import BytesIO
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from pypdf import PdfReader

HOJAS = ["vendor/bootstrap-5.3.8/bootstrap.min.css", "pesn/pesn.css"]
OBJETIVO = (
    '<div class="objetivo"><p class="objetivo-nombre">{0}</p><ul class="mosaico">{1}</ul></div>'
)

pytestmark = [pytest.mark.navegador, pytest.mark.una_vez]


def test_una_seccion_que_no_cabe_empieza_en_la_hoja_donde_va(page):
    losetas = "".join(f'<li><a class="loseta" href="#">{n}</a></li>' for n in range(18))
    objetivos = "".join(OBJETIVO.format(f"objetivo {n}", losetas) for n in range(15))
    page.set_content(
        '<main class="ancho"><div style="height: 100mm">cifras</div>'
        f'<section class="ficha"><h2>Acciones</h2><div class="objetivos">{objetivos}</div>'
    )
    for hoja in HOJAS:
        page.add_style_tag(content=Path(finders.find(hoja)).read_text())

    primera, *demas = PdfReader(BytesIO(page.pdf(prefer_css_page_size=True))).pages

    assert "objetivo 0" in primera.extract_text()
    assert any("objetivo 14" in una.extract_text() for una in demas)


def test_una_figura_cabe_en_lo_que_queda_de_media_hoja_larga(page):
    page.set_content(
        '<main class="ancho"><div style="height: 105mm">cifras</div>'
        '<section class="ficha"><h2 class="h5">Título</h2><div class="figura"><p>Hallazgo</p>'
        '<div class="grafica"><svg viewBox="0 0 500 500" width="500" height="500"></svg></div>'
        "</div><p>fuente</p></section>"
    )
    for hoja in HOJAS:
        page.add_style_tag(content=Path(finders.find(hoja)).read_text())

    primera, *demas = PdfReader(BytesIO(page.pdf(prefer_css_page_size=True))).pages

    assert "fuente" in primera.extract_text()
    assert demas == []
