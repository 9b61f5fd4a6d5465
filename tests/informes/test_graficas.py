"""Las gráficas: el hallazgo por título, la tabla al lado, y el color nunca solo."""

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from informes import graficas, svg
from informes.contenido import Contenido
from matrices.calculo import ASPECTOS
from rendimiento.semestre import contenido as semestre

NOMBRES = [
    "colores",
    "cuadricula",
    "mosaico",
    "serie",
    "brechas",
    "llegada",
    "fisico_financiero",
    "resultados",
]

EN_PANTALLA = ["serie", "brechas", "llegada", "fisico_financiero", "resultados"]
HOJA = Path(__file__).parents[2] / "static/pesn/pesn.css"


@pytest.fixture(scope="module")
def c() -> Contenido:
    return semestre()


@pytest.fixture(scope="module")
def todas(c) -> dict[str, graficas.Grafica]:
    return graficas.todas(c)


def test_son_las_ocho_del_informe(todas):
    assert list(todas) == NOMBRES


@pytest.mark.parametrize("nombre", NOMBRES)
def test_cada_una_trae_hallazgo_corte_fuente_descripcion_y_tabla(nombre, todas):
    una = todas[nombre]
    columnas, filas = graficas.tabla(una)

    assert " ".join(una["title"]["text"]) == una["usermeta"]["hallazgo"]
    assert len(una["usermeta"]["hallazgo"].split()) >= 6
    assert "Corte 1 de 2022-S2, al 31/12/2022" in una["title"]["subtitle"]
    assert una["usermeta"]["hallazgo"] in una["description"]
    assert filas
    assert not [columna for columna in columnas if columna.startswith("_")]


@pytest.mark.parametrize("nombre", NOMBRES)
def test_ninguna_pide_nada_de_afuera(nombre, todas):
    texto = repr({clave: valor for clave, valor in todas[nombre].items() if clave != "$schema"})

    assert "http" not in texto
    assert "'url'" not in texto


@pytest.mark.parametrize("nombre", NOMBRES)
def test_todas_se_dibujan_y_lo_ya_dibujado_no_se_repite(nombre, todas):
    dibujo = svg.dibujar(todas[nombre])

    assert dibujo.startswith("<svg")
    assert "NaN" not in dibujo
    assert svg.dibujar(todas[nombre]) is dibujo


@pytest.mark.parametrize("nombre", EN_PANTALLA)
def test_en_oscuro_cada_tinta_de_la_grafica_se_cambia_por_otra(nombre, todas):
    dibujo = svg.dibujar(svg.sin_titulo(todas[nombre]))
    tintas = set(re.findall(r'(fill|stroke)="(#\w{6})"', dibujo))
    del_semaforo = {color for a in ASPECTOS.values() for color in (a.fondo, a.borde)}
    cambiadas = set(re.findall(r'\[(fill|stroke)="(#\w{6})"\]', HOJA.read_text()))

    assert {una for una in tintas if una[1] not in del_semaforo} <= cambiadas


def test_sin_datos_no_hay_grafica(c):
    sin_nada = replace(c, resultados=(), serie=())

    assert {"resultados", "serie"}.isdisjoint(graficas.todas(sin_nada))


def test_los_colores_cuentan_todas_las_acciones(c, todas):
    filas = todas["colores"]["data"]["values"]

    assert sum(fila["Acciones"] for fila in filas) == 73
    assert {fila["_rotulo"] for fila in filas} == {
        f"{ASPECTOS[codigo].palabra} {n}" for codigo, n in c.total.por_semaforo.items()
    }


def test_los_rotulos_de_partes_delgadas_no_se_enciman(c):
    total = replace(c.total, por_semaforo={"VERDE": 70, "ROJO": 1, "VENCIDA": 1, "SUSPENDIDA": 1})
    c = replace(c, niveles=(total, *c.niveles[1:]))

    filas = graficas.colores(c)["data"]["values"]

    delgadas = [fila["_renglon"] for fila in filas if fila["Acciones"] == 1]
    assert len(set(delgadas)) == 3


def test_las_brechas_van_de_la_peor_a_la_mejor(todas):
    valores = [fila["Brecha (puntos)"] for fila in todas["brechas"]["data"]["values"]]

    assert valores == sorted(valores)
    assert len(valores) == 72


def test_el_hallazgo_de_las_brechas_nombra_la_peor_con_un_decimal(c, todas):
    peor = min((a for a in c.acciones if a.brecha is not None), key=lambda a: a.brecha)

    hallazgo = todas["brechas"]["usermeta"]["hallazgo"]
    assert peor.codigo in hallazgo
    assert re.search(r"−\d+\.\d puntos", hallazgo)


def test_la_cuadricula_no_inventa_celdas(c, todas):
    assert len(todas["cuadricula"]["data"]["values"]) == len(c.cuadricula) == 12


def test_la_llegada_traza_la_cobertura_minima_de_sus_umbrales(c):
    otra = replace(c, umbrales=replace(c.umbrales, cobertura_minima=Decimal("65.00")))

    lineas = [
        capa["encoding"]["x"]["datum"]
        for capa in graficas.llegada(otra)["layer"]
        if capa["mark"]["type"] == "rule"
    ]
    assert lineas == [65.0]


def test_la_serie_marca_la_cobertura_insuficiente(todas):
    marcados = {
        fila["Semestre"]
        for fila in todas["serie"]["data"]["values"]
        if fila["Cobertura"] == "insuficiente"
    }

    assert marcados == {"2021-S1"}


def test_sin_mediciones_los_resultados_lo_dicen(todas):
    assert todas["resultados"]["usermeta"]["hallazgo"].startswith("Ninguno de los 6 resultados")
    assert {fila["Qué es"] for fila in todas["resultados"]["data"]["values"]} == {"Base", "Meta"}


def test_lo_retenido_no_se_dibuja(c):
    callada = replace(c.acciones[0], ejecutado=None, programado=None, brecha=None, semaforo="ND")
    c = replace(c, acciones=(callada, *c.acciones[1:]))

    for una in (graficas.brechas(c), graficas.fisico_financiero(c)):
        assert callada.codigo not in {fila["Acción"] for fila in una["data"]["values"]}


def test_el_mosaico_dice_de_cuantas_no_publica_el_color(c):
    callada = replace(c.acciones[0], retenido=True, semaforo="ND")
    c = replace(c, acciones=(callada, *c.acciones[1:]))

    assert graficas.mosaico(c)["usermeta"]["hallazgo"].endswith("de 1 no se publica el color")


def test_cada_color_tiene_su_propia_forma():
    assert graficas.FORMAS.keys() == ASPECTOS.keys()
    assert len(set(graficas.FORMAS.values())) == len(graficas.FORMAS)


def test_los_numeros_se_escriben_como_en_guatemala(c):
    total = replace(c.total, ejecutado=Decimal("44.95"), programado=Decimal("50.00"))
    c = replace(c, niveles=(total, *c.niveles[1:]))

    hallazgo = graficas.serie(c)["usermeta"]["hallazgo"]

    assert "45.0 % ejecutado de 50.0 % programado" in hallazgo
