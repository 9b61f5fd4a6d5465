"""Cómo se muestran las cifras y el semáforo en las páginas."""

from decimal import Decimal

import pytest
from django.forms import CharField, Form
from django.template import Context, Template

from matrices.calculo import Semaforo
from matrices.templatetags import pesn_formato


def dibujar(texto, **contexto):
    return Template("{% load pesn_formato %}" + texto).render(Context(contexto))


@pytest.mark.parametrize(
    ("filtro", "valor", "texto"),
    [
        ("uno", "44.95", "45.0"),  # el mostrado sale del guardado, medio hacia afuera
        ("uno", "1234.50", "1,234.5"),
        ("uno", "0.00", "0.0"),
        ("uno", "-0.04", "0.0"),
        ("dos", "89.98", "89.98"),
        ("dos", "1000000.00", "1,000,000.00"),
        ("puntos", "1.50", "+1.5"),
        ("puntos", "-4.04", "−4.0"),
        ("puntos", "-0.04", "0.0"),
        ("puntos", "0.00", "0.0"),
        ("porciento", "45.00", "45.0\u00a0%"),
        ("quetzales", "100000", "Q100,000.00"),
        ("quetzales", "-1500.5", "−Q1,500.50"),
    ],
)
def test_cifra_se_muestra_como_en_guatemala(filtro, valor, texto):
    assert dibujar("{{ v|" + filtro + " }}", v=Decimal(valor)) == texto


@pytest.mark.parametrize("filtro", ["uno", "dos", "puntos", "porciento", "quetzales"])
def test_lo_indefinido_se_muestra_nd(filtro):
    assert dibujar("{{ v|" + filtro + " }}", v=None) == "n/d"


@pytest.mark.parametrize("color", Semaforo, ids=lambda s: s.value)
def test_semaforo_lleva_color_icono_y_palabra(color):
    insignia = dibujar("{% semaforo c %}", c=color.value)

    assert f"semaforo-{color.value}" in insignia
    assert "<svg" in insignia
    assert f">{color.palabra}</span>" in insignia


def test_semaforo_compacto_conserva_la_palabra_para_quien_no_ve_el_color():
    insignia = dibujar("{% semaforo 'ROJO' compacto=True %}")

    assert f'visually-hidden">{Semaforo("ROJO").palabra}' in insignia


@pytest.mark.parametrize("nada", [None, ""])
def test_semaforo_indefinido_dice_nd(nada):
    assert ">n/d</span>" in dibujar("{% semaforo c %}", c=nada)


class Pregunta(Form):
    texto = CharField(label="Logro")


def test_resumen_de_errores_enlaza_cada_campo():
    form = Pregunta({})
    form.add_error(None, "Elija algo.")
    resumen = dibujar("{% include '_errores.html' with form=form only %}", form=form)

    assert '<a href="#id_texto">Logro</a>: Este campo es ' in resumen
    assert "Elija algo." in resumen
    assert 'role="alert"' in resumen


def test_resumen_de_errores_calla_si_no_hay():
    formularios = [Pregunta(), Pregunta({"texto": "x"})]
    plantilla = "{% include '_errores.html' with formularios=formularios only %}"

    assert dibujar(plantilla, formularios=formularios).strip() == ""


@pytest.mark.parametrize(
    ("texto", "leido"),
    [
        ("Actualizar el plan", "Actualizar el plan"),
        ("Actualizar el plan, cada año", "Actualizar el plan…"),
        ("Actualizar el plan. Otra cosa", "Actualizar el plan…"),
        ("", ""),
    ],
)
def test_lo_recortado_acaba_en_una_palabra_entera(texto, leido):
    assert pesn_formato.recortado(texto, 3) == leido


@pytest.mark.parametrize(
    ("codigo", "leido"),
    [
        ("abrir_cuenta", "Abrir cuenta"),
        ("poner_contrasena", "Poner contraseña"),
        ("librorecibido", "Libro"),
    ],
)
def test_un_codigo_se_lee_con_sus_tildes(codigo, leido):
    assert pesn_formato.en_palabras(codigo) == leido
