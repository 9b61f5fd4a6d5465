"""Cómo escribe el informe impreso sus colores, códigos y fechas; aquí no se calcula nada."""

from collections.abc import Iterable, Mapping
from datetime import date

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from matrices import territorio
from matrices.calculo import ASPECTOS, aspecto

register = template.Library()
INSIGNIAS = {
    codigo: format_html('<span class="s {}">{}</span>', codigo, uno.palabra)
    for codigo, uno in ASPECTOS.items()
}

PALABRAS = {
    "PLAN": "Plan",
    "ACCION": "Acción",
    "ACTIVIDAD": "Actividad",
    "INSTITUCION": "Institución",
    "AMBITO": "Ámbito",
    "DEPENDE_DE_TERCERO": "Depende de un tercero",
    "FISICO_FINANCIERO": "Físico y financiero",
    "XLSX": "hoja de cálculo",
    "PDF": "PDF",
    "IMAGEN": "imagen",
    "OTRO": "Otro",
}


@register.filter
def color(codigo: str | None) -> SafeString:
    """La insignia de un color: fondo, símbolo y palabra."""
    return INSIGNIAS[aspecto(codigo).codigo]


@register.filter
def segun(codigo: str, palabras: Mapping[str, str]) -> str:
    """Lo que quiere decir un código; «A + B» son dos. Si no está, `palabra`."""
    partes = [palabras.get(parte) or palabra(parte) for parte in codigo.split(" + ")]
    return " y ".join([partes[0], *(parte.lower() for parte in partes[1:])])


@register.filter
def palabra(codigo: str) -> str:
    """Un código que no es de ningún catálogo, escrito para leerse."""
    return PALABRAS.get(codigo) or codigo.replace("_", " ").capitalize()


@register.filter
def departamentos(codigos: Iterable[str]) -> str:
    """Los nombres de los departamentos; el corte guarda sus códigos del INE."""
    return territorio.nombres(codigos)


@register.filter
def dia(fecha: date | None) -> str:
    """«05/03/2026»; vacío si no hay fecha."""
    return f"{fecha:%d/%m/%Y}" if fecha else ""


@register.filter
def anio(numero: int) -> str:
    """«2023», sin la coma de los miles."""
    return str(numero)
