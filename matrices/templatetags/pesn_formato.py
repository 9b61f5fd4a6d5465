"""Cómo se muestran en las plantillas las cifras y el semáforo; aquí no se calcula nada."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from django import template
from django.forms import BaseForm
from django.utils.formats import number_format

from matrices.calculo import Semaforo

register = template.Library()

SIN_DATO = "n/d"
ICONOS = {
    "VERDE": "check-circle",
    "AMARILLO": "exclamation-triangle",
    "ROJO": "x-circle",
    "VENCIDA": "clock",
    "FINALIZADA": "check-badge",
    "NO_INICIADA": "ellipsis-horizontal-circle",
    "ADELANTADA": "arrow-trending-up",
    "SIN_REPORTE": "question-mark-circle",
    "SUSPENDIDA": "pause-circle",
    "CANCELADA": "no-symbol",
    "SIN_MATRIZ": "table-cells",
}


@register.filter
def uno(valor: Decimal | None) -> str:
    """Con un decimal, tomado del valor guardado: 44.95 → «45.0»; None → «n/d»."""
    return _con(valor, 1)


@register.filter
def dos(valor: Decimal | None) -> str:
    """Con dos decimales, como se muestra siempre el IC: 89.98 no es 90.0."""
    return _con(valor, 2)


@register.filter
def puntos(valor: Decimal | None) -> str:
    """La brecha, en puntos y con su signo: «+1.5», «−4.0»."""
    texto = _con(valor, 1)
    if valor is None or texto.lstrip("-") == "0.0":
        return texto.lstrip("-")
    return f"−{texto[1:]}" if texto.startswith("-") else f"+{texto}"


@register.filter
def porciento(valor: Decimal | None) -> str:
    """Con un decimal y su signo: «45.0 %»."""
    return SIN_DATO if valor is None else f"{_con(valor, 1)}\u00a0%"


@register.filter
def quetzales(valor: Decimal | None) -> str:
    """Dinero: «Q100,000.00»."""
    if valor is None:
        return SIN_DATO
    texto = _con(valor, 2)
    return f"−Q{texto[1:]}" if texto.startswith("-") else f"Q{texto}"


@register.inclusion_tag("_semaforo.html")
def semaforo(codigo: str | None, *, compacto: bool = False) -> dict[str, object]:
    """La insignia: color, ícono y palabra. `compacto` deja la palabra al lector de pantalla."""
    if not codigo:
        return {"codigo": "ND", "palabra": SIN_DATO, "icono": "minus", "compacto": compacto}
    color = Semaforo(codigo)
    return {
        "codigo": color.value,
        "palabra": color.palabra,
        "icono": ICONOS[color.value],
        "compacto": compacto,
    }


@register.simple_tag
def con_errores(form: BaseForm | None, formularios: Iterable[BaseForm] | None) -> list[BaseForm]:
    """De un formulario o de varios, los que algo tienen por corregir."""
    todos = [form] if form else list(formularios or [])
    return [uno_de_ellos for uno_de_ellos in todos if uno_de_ellos.errors]


def _con(valor: Decimal | None, decimales: int) -> str:
    if valor is None or valor == "":
        return SIN_DATO
    exacto = Decimal(valor).quantize(Decimal(1).scaleb(-decimales), ROUND_HALF_UP)
    return number_format(exacto, decimales, force_grouping=True)
