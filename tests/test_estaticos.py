"""Lo que el navegador baja: completo, nuestro, sin cambios a escondidas, ligero y legible."""

import gzip
import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.forms import DateField, DecimalField
from django.template.loader import render_to_string
from django.utils.formats import date_format, number_format

from matrices.calculo import ASPECTOS
from pesn.errores import FRASES

RAIZ = Path(__file__).parents[1]
HUELLAS = RAIZ / "static/vendor/HUELLAS"
CSS = (RAIZ / "static/pesn/pesn.css").read_text()
PLANTILLAS = sorted(RAIZ.glob("templates/**/*.html"))
CON_HUELLAS = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}


def de_terceros():
    carpetas = [RAIZ / "static/vendor", RAIZ / "tests/vendor"]
    archivos = [a for c in carpetas for a in c.rglob("*") if a.is_file() and a != HUELLAS]
    return {str(a.relative_to(RAIZ)): a for a in archivos}


def test_lo_de_terceros_es_lo_que_dicen_sus_huellas():
    anotadas = {nombre: h for h, nombre in (r.split() for r in HUELLAS.read_text().splitlines())}
    reales = {n: sha256(a.read_bytes()).hexdigest() for n, a in de_terceros().items()}

    assert reales == anotadas


def test_lo_de_terceros_lleva_su_licencia():
    carpetas = {archivo.parent for archivo in de_terceros().values()}

    assert carpetas
    assert [c.name for c in carpetas if not (c / "LICENSE").is_file()] == []


def test_estaticos_se_juntan_con_huella_y_sin_referencias_perdidas(settings, tmp_path):
    settings.STORAGES = CON_HUELLAS
    settings.STATIC_ROOT = tmp_path

    call_command("collectstatic", interactive=False, verbosity=0)

    assert list(tmp_path.glob("pesn/pesn.*.css.gz"))
    assert list(tmp_path.glob("vendor/bootstrap-5.3.8/bootstrap.min.*.css"))
    assert list(tmp_path.glob("drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.*.js.br"))
    de_nadie = [
        *tmp_path.rglob("redoc"),
        *tmp_path.glob("rest_framework"),
        *tmp_path.rglob("*.map.br"),
    ]
    assert de_nadie == []


def test_hojas_y_guiones_propios_no_piden_nada_de_fuera():
    propios = [a.read_text() for a in (RAIZ / "static/pesn").iterdir()]
    fuera = re.findall(r"(?:https?:)?//[\w.-]+\.\w+", "".join(propios))

    assert [f for f in fuera if not f.endswith("www.w3.org")] == []


@pytest.mark.parametrize("plantilla", PLANTILLAS, ids=lambda p: str(p.relative_to(RAIZ)))
def test_plantilla_cabe_en_la_politica_de_contenido(plantilla):
    texto = plantilla.read_text()

    assert re.findall(r"\sstyle=|\son[a-z]+=\"|<style|javascript:|hx-on|hx-vals='js", texto) == []
    assert re.findall(r"<script(?![^>]* src=)(?![^>]*application/json)[^>]*>", texto) == []
    assert re.findall(r"(?:src|href|action)=\"(?:https?:)?//", texto) == []


def test_primera_visita_pesa_menos_de_100_kilobytes_comprimidos():
    pagina = render_to_string("base.html", {"titulo": "Entrar"})
    pedidos = re.findall(
        r"(?:stylesheet\"|<script|type=\"image/svg\+xml\") (?:src|href)=\"([^\"]+)", pagina
    )
    assert len(pedidos) == 5  # dos hojas, dos guiones y el ícono; la letra no cuenta

    archivos = [Path(finders.find(p.split("/static/")[-1])).read_bytes() for p in pedidos]
    peso = sum(len(gzip.compress(a)) for a in [*archivos, pagina.encode()])
    assert peso <= 100_000


def paleta():
    return dict(re.findall(r"--semaforo-([\w-]+): (#[0-9a-f]{6});", CSS))


def test_paleta_de_la_hoja_es_la_del_calculo():
    fondos = {a.codigo.lower(): a.fondo.lower() for a in ASPECTOS.values()}
    tintas = {f"{a.codigo.lower()}-texto": a.texto.lower() for a in ASPECTOS.values()}

    assert paleta() == fondos | tintas


def test_borde_de_la_insignia_es_el_del_calculo():
    reglas = dict(re.findall(r"^\.semaforo-([A-Z_]+) \{ (.*) \}$", CSS, re.MULTILINE))
    bordes = {c: re.findall(r"border-color: (#[0-9a-f]{6})", r) for c, r in reglas.items()}

    del_calculo = {c: [a.borde.lower()] if a.borde != a.fondo else [] for c, a in ASPECTOS.items()}
    assert bordes == del_calculo


def luminancia(color):
    canales = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    lineales = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in canales]
    return sum(peso * c for peso, c in zip((0.2126, 0.7152, 0.0722), lineales, strict=True))


@pytest.mark.parametrize("nombre", [n for n in paleta() if not n.endswith("-texto")])
def test_palabra_del_semaforo_se_lee_sobre_su_color(nombre):
    fondo, texto = paleta()[nombre], paleta()[f"{nombre}-texto"]
    claro, oscuro = sorted([luminancia(fondo), luminancia(texto)], reverse=True)

    assert (claro + 0.05) / (oscuro + 0.05) >= 4.5  # WCAG 1.4.3


def test_verde_amarillo_y_rojo_se_distinguen_en_gris():
    tonos = [luminancia(paleta()[n]) for n in ("amarillo", "verde", "rojo")]
    contrastes = [(a + 0.05) / (b + 0.05) for a, b in pairwise(tonos)]

    assert min(contrastes) >= 1.5


def test_numeros_y_fechas_se_escriben_como_en_guatemala():
    assert number_format(Decimal("1234567.5"), 2) == "1,234,567.50"
    assert date_format(date(2026, 3, 5)) == "05/03/2026"
    assert (
        date_format(datetime(2026, 3, 5, 14, 7, tzinfo=UTC), "SHORT_DATETIME_FORMAT")
        == "05/03/2026 14:07"
    )


@pytest.mark.parametrize("escrita", ["2026-03-05", "05/03/2026"])
def test_campo_de_fecha_acepta_las_dos_escrituras(escrita):
    assert DateField(localize=True).clean(escrita) == date(2026, 3, 5)


def test_campo_decimal_acepta_comas_de_miles():
    assert DecimalField(localize=True).clean("1,234.50") == Decimal("1234.50")


@pytest.mark.parametrize("nombre", ["400", "403", "403_csrf", "404", "500"])
def test_pagina_de_error_se_dibuja_sin_contexto(nombre):
    pagina = render_to_string(f"{nombre}.html")

    assert '<html lang="es-GT">' in pagina
    assert pagina.count("<h1") == 1
    assert 'data-pagina="error"' in pagina


def test_pagina_de_falla_no_depende_del_almacen_de_estaticos(settings):
    settings.STORAGES = {**CON_HUELLAS, "staticfiles": {"BACKEND": "no.existe.Almacen"}}

    assert "El sistema falló" in render_to_string("500.html")


@pytest.mark.parametrize("codigo", [429, 500, 503])
def test_la_pagina_de_la_falla_dice_de_quien_es_y_cuando_volver_una_sola_vez(codigo):
    pagina = render_to_string("500.html", {"mensaje": FRASES[codigo][1]})

    assert 'class="marca"' in pagina
    assert len(re.findall("minutos?", pagina)) == 1


def test_ajustes_de_htmx_son_json_y_no_evaluan_texto():
    pagina = render_to_string("base.html")
    ajustes = json.loads(re.search(r"name=\"htmx-config\"\s+content='([^']+)'", pagina)[1])

    assert ajustes["allowEval"] is ajustes["allowScriptTags"] is False
    assert ajustes["includeIndicatorStyles"] is False
    assert ajustes["historyCacheSize"] == 0  # ningún borrador queda guardado en el navegador
