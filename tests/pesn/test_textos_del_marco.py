"""Los textos que ponen Django y las bibliotecas: de cada uno rige uno solo."""

import gettext
import re
from pathlib import Path

import django
import pytest
from django import forms
from django.apps import apps
from rest_framework import serializers

NUESTRO = Path(__file__).parents[2] / "pesn/locale/es/LC_MESSAGES"


def catalogo(ruta: Path) -> dict[str, str]:
    with ruta.open("rb") as abierto:
        dichos = gettext.GNUTranslations(abierto)._catalog
    return {clave: dicho for clave, dicho in dichos.items() if clave and isinstance(clave, str)}


def test_el_formulario_y_la_api_dicen_lo_mismo_de_lo_que_falta():
    with pytest.raises(forms.ValidationError) as en_pagina:
        forms.CharField().clean("")
    with pytest.raises(serializers.ValidationError) as en_api:
        serializers.CharField().run_validation()

    assert en_pagina.value.messages == ["Este campo es obligatorio."]
    assert en_api.value.detail == ["Este campo es obligatorio."]


def test_donde_una_biblioteca_contradice_a_django_decide_el_nuestro():
    de_django = catalogo(Path(django.__file__).parent / "conf/locale/es/LC_MESSAGES/django.mo")
    nuestro = catalogo(NUESTRO / "django.mo")
    rutas = [
        Path(app.path) / "locale/es/LC_MESSAGES/django.mo"
        for app in apps.get_app_configs()
        if not app.name.startswith("django.")
    ]
    contrarios = {
        clave
        for ruta in rutas
        if ruta.exists()
        for clave, dicho in catalogo(ruta).items()
        if de_django.get(clave, dicho) != dicho
    }

    assert contrarios - nuestro.keys() == set()


def test_el_catalogo_compilado_es_el_que_se_lee():
    texto = (NUESTRO / "django.po").read_text().replace('"\n"', "")
    pares = re.findall(r'^msgid "(.+)"\nmsgstr "(.+)"$', texto, re.MULTILINE)

    assert catalogo(NUESTRO / "django.mo") == dict(pares)
