"""Cómo se lee un avance: cada campo con su etiqueta y su texto, venga de la fila o de lo sellado.

Sirve a la captura (lo del semestre anterior), a la aprobación y a quien sólo mira. No decide
quién puede leer.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.dateparse import parse_date
from django.utils.formats import number_format

from matrices import territorio
from matrices.forms.avance import DINERO, ETIQUETAS, SECCIONES
from matrices.forms.campos import DESGLOSES
from matrices.models import Avance
from matrices.templatetags.pesn_formato import quetzales

DEL_FINAL = {"evidencias", "resolucion"}


class Renglon(NamedTuple):
    """Un campo que se lee."""

    campo: str
    etiqueta: str
    texto: str


class Seccion(NamedTuple):
    """Una de las cuatro partes, con lo que tiene escrito."""

    titulo: str
    renglones: list[Renglon]


def secciones(declarado: Mapping[str, Any]) -> list[Seccion]:
    """Las cuatro partes con lo que no está vacío; las que nada dicen no salen."""
    partes = [
        Seccion(
            titulo,
            [
                Renglon(campo, ETIQUETAS[campo], texto)
                for campo in campos
                if campo not in DEL_FINAL and (texto := legible(campo, declarado.get(campo)))
            ],
        )
        for titulo, campos in SECCIONES
    ]
    return [parte for parte in partes if parte.renglones]


def legible(campo: str, valor: Any) -> str:
    """El valor como lo lee una persona; vacío si no dice nada."""
    if valor is None or valor in ("", [], {}, False):
        return ""
    if valor is True:
        return "Sí"
    if campo in A_SU_MODO:
        return A_SU_MODO[campo](valor)
    return str(_elecciones(campo).get(valor, valor))


def _elecciones(campo: str) -> dict[Any, Any]:
    return dict(getattr(Avance._meta.get_field(campo), "flatchoices", []))


def _numero(valor: Any) -> str:
    return number_format(Decimal(str(valor)), 2, force_grouping=True)


def _dia(valor: date | str) -> str:
    dia = parse_date(valor) if isinstance(valor, str) else valor
    return f"{dia:%d/%m/%Y}" if dia else ""


def _hitos(valor: list[dict]) -> str:
    return "; ".join(f"{uno['numero']} ({_dia(uno['fecha'])})" for uno in valor)


def _aportes(valor: list[dict]) -> str:
    partes = []
    for uno in valor:
        dado = uno["porcentaje"]
        cuanto = "sin reporte" if dado in (None, "") else f"{_numero(dado)} %"
        partes.append(f"{uno['institucion']}: {cuanto}")
    return "; ".join(partes)


def _beneficiarios(valor: dict) -> str:
    total, mujeres, hombres = (
        number_format(valor.get(cual, 0), 0, force_grouping=True)
        for cual in ("total", "mujeres", "hombres")
    )
    partes = [f"{total} ({mujeres} mujeres, {hombres} hombres)"]
    for cual, (titulo, filas) in DESGLOSES.items():
        nombres = dict(filas)
        if dado := valor.get(cual):
            detalle = ", ".join(f"{nombres.get(c, c)} {n:,}" for c, n in dado.items())
            partes.append(f"{titulo}: {detalle}")
    return ". ".join(partes)


def _dinero(valor: Any) -> str:
    return quetzales(Decimal(str(valor)))


A_SU_MODO = {
    **dict.fromkeys(DINERO, _dinero),
    "ejecutado_periodo": _numero,
    "porcentaje": lambda valor: f"{_numero(valor)} %",
    "fecha_medida": _dia,
    "hitos_cumplidos": _hitos,
    "aportes": _aportes,
    "beneficiarios": _beneficiarios,
    "territorio": territorio.nombres,
}
