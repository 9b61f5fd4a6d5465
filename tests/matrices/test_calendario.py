"""Días hábiles, fechas de cada semestre y feriados (dominio §6)."""

from datetime import date

import pytest

from matrices.calendario import (
    dias_habiles_despues,
    dias_habiles_entre,
    fechas_del_semestre,
    feriados_de_guatemala,
)


@pytest.mark.parametrize(
    ("desde", "dias", "llega"),
    [
        (date(2021, 7, 15), 5, date(2021, 7, 22)),  # jueves: salta un fin de semana
        (date(2021, 7, 16), 1, date(2021, 7, 19)),  # viernes
        (date(2021, 7, 17), 1, date(2021, 7, 19)),  # sábado
        (date(2021, 7, 15), 0, date(2021, 7, 15)),
    ],
)
def test_los_dias_habiles_saltan_el_fin_de_semana(desde, dias, llega):
    assert dias_habiles_despues(desde, dias) == llega


def test_los_dias_habiles_saltan_los_feriados():
    assert dias_habiles_despues(date(2021, 9, 14), 1, {date(2021, 9, 15)}) == date(2021, 9, 16)


def test_no_hay_dias_habiles_negativos():
    with pytest.raises(ValueError, match="negativos"):
        dias_habiles_despues(date(2021, 7, 15), -1)


@pytest.mark.parametrize("dias", [0, 1, 4, 5, 9, 10])
def test_contar_los_dias_habiles_deshace_sumarlos(dias):
    desde, feriados = date(2021, 9, 10), {date(2021, 9, 15)}

    hasta = dias_habiles_despues(desde, dias, feriados)

    assert dias_habiles_entre(desde, hasta, feriados) == dias


def test_entre_fechas_al_reves_no_hay_dias():
    assert dias_habiles_entre(date(2021, 7, 20), date(2021, 7, 15)) == 0


def test_el_primer_semestre_tiene_las_fechas_de_la_norma():
    uno = fechas_del_semestre(2021, 1)

    assert (uno.inicio, uno.corte) == (date(2021, 1, 1), date(2021, 6, 30))
    assert (uno.abre, uno.limite) == (date(2021, 6, 15), date(2021, 7, 15))
    assert uno.fin_gracia == date(2021, 7, 22)
    assert (uno.revision_hasta, uno.corte_previsto) == (date(2021, 8, 5), date(2021, 8, 10))
    assert uno.entrega_cns == date(2021, 8, 25)


def test_el_segundo_semestre_se_recibe_y_corta_al_anio_siguiente():
    dos = fechas_del_semestre(2021, 2)

    assert (dos.inicio, dos.corte) == (date(2021, 7, 1), date(2021, 12, 31))
    assert (dos.abre, dos.limite) == (date(2021, 12, 15), date(2022, 1, 20))
    assert dos.fin_gracia == date(2022, 1, 27)
    assert (dos.revision_hasta, dos.corte_previsto) == (date(2022, 2, 5), date(2022, 2, 10))
    assert dos.entrega_cns == date(2022, 2, 28)


def test_la_gracia_no_cuenta_los_feriados():
    assert fechas_del_semestre(2021, 1, {date(2021, 7, 16)}).fin_gracia == date(2021, 7, 23)


def test_no_hay_un_tercer_semestre():
    with pytest.raises(ValueError, match="1 y 2"):
        fechas_del_semestre(2021, 3)


@pytest.mark.parametrize(
    ("anio", "jueves"),
    [(2020, date(2020, 4, 9)), (2021, date(2021, 4, 1)), (2024, date(2024, 3, 28))],
)
def test_la_semana_santa_cae_donde_debe(anio, jueves):
    feriados = feriados_de_guatemala(anio)

    assert feriados[jueves] == "Jueves Santo"
    assert date(anio, 9, 15) in feriados
    assert date(anio, 6, 30) in feriados
