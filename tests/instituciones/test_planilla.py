"""El CSV que se baja: los textos no se vuelven fórmula, los números siguen siéndolo."""

import csv
from decimal import Decimal

import pytest

from instituciones import planilla


@pytest.mark.parametrize("malo", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_un_texto_que_abre_formula_va_con_apostrofo(malo):
    assert planilla.celda(malo) == f"'{malo}"


@pytest.mark.parametrize("dicho", ["=1+1", "'=1+1", "''", "'Ajpop", "K'iche'", "Hubo norma"])
def test_quitado_el_apostrofo_queda_lo_que_se_escribio(dicho):
    assert planilla.celda(dicho).removeprefix("'") == dicho


@pytest.mark.parametrize(
    ("valor", "escrito"),
    [(Decimal("-5.00"), "-5.00"), (-3, "-3"), (None, ""), ("Hubo norma", "Hubo norma")],
)
def test_lo_demas_va_como_es(valor, escrito):
    assert planilla.celda(valor) == escrito


def test_lo_bajado_se_lee_igual_con_comas_comillas_y_renglones():
    filas = [["campo", "valor"], ["logro", 'dijo "sí",\nen dos']]

    texto = b"".join(planilla.bajar("x.csv", filas)).decode()

    assert texto.startswith("\ufeff")
    assert list(csv.reader(texto.removeprefix("\ufeff").splitlines(keepends=True))) == filas
