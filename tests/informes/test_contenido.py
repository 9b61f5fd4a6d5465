"""Lo que un informe dice se sella como texto y vuelve igual, y nadie le inventa nada."""

import json
from datetime import date
from decimal import Decimal

import pytest

from informes.contenido import (
    AVISO_DEMO,
    Correccion,
    Decision,
    Resultado,
    Valor,
    clasificacion_de,
    desde_json,
    serie_propia,
)
from tests.fabricas import ActividadDichaFactory, contenido_dicho


@pytest.fixture
def contenido():
    return contenido_dicho(
        [
            ActividadDichaFactory(accion="1.1.1", numero=n, requiere_decision_cns=True)
            for n in range(1, 8)
        ],
        resultados=(
            Resultado(
                codigo="RE1",
                enunciado="Menos homicidios",
                indicador="Tasa",
                unidad="por 100 mil",
                sentido="DESCENDENTE",
                meta_anio=2024,
                meta=Decimal("11.8"),
                valores=(Valor(fecha=date(2021, 1, 1), valor=Decimal("0.125"), fuente="INE"),),
            ),
        ),
    )


def test_canonico_de_ida_y_vuelta_es_el_mismo(contenido):
    texto = contenido.canonico()

    assert desde_json(texto) == contenido
    assert desde_json(texto).canonico() == texto


def test_canonico_escribe_los_decimales_como_texto_y_sin_perder_cifras(contenido):
    datos = json.loads(contenido.canonico())

    assert datos["resultados"][0]["valores"][0]["valor"] == "0.125"
    assert datos["actividades"][0]["ejecutado"] == "45.00"


@pytest.mark.parametrize(
    "texto",
    [
        "[]",
        '{"esquema":"otro/1"}',
        '{"esquema":"pesn-contenido/1"}',
        '{"esquema":"pesn-contenido/1","inventado":1}',
    ],
)
def test_desde_json_rechaza_lo_que_no_tiene_su_forma(texto):
    with pytest.raises(ValueError, match=r"contenido"):
        desde_json(texto)


def test_desde_json_rechaza_una_cifra_que_no_lo_es(contenido):
    roto = contenido.canonico().replace('"ejecutado":"45.00"', '"ejecutado":"mucho"')

    with pytest.raises(ValueError, match="forma"):
        desde_json(roto)


def test_serie_propia_lee_solo_los_puntos_de_su_semestre(contenido):
    puntos = serie_propia(contenido.canonico())

    assert [(uno.nivel, uno.periodo) for uno in puntos] == [
        ("PLAN", "2021-S1"),
        ("PROGRAMA", "2021-S1"),
    ]


def test_decisiones_en_portada_son_cinco_y_las_demas_quedan_de_candidatas(contenido):
    assert len(contenido.decisiones) == 5
    assert len(contenido.candidatas_a_decision) == 7


def test_con_seleccion_reordena_y_quita(contenido):
    elegido = contenido.con_seleccion({"decisiones": ["1.1.1.7", "1.1.1.2"]})

    assert [una.clave for una in elegido.decisiones] == ["1.1.1.7", "1.1.1.2"]
    assert elegido.candidatas_a_decision == contenido.candidatas_a_decision
    assert elegido.actividades == contenido.actividades


def test_con_seleccion_no_repite_ni_pasa_de_cinco(contenido):
    claves = [f"1.1.1.{n}" for n in (1, 1, 2, 3, 4, 5, 6)]

    elegido = contenido.con_seleccion({"decisiones": claves})

    assert [una.clave for una in elegido.decisiones] == [f"1.1.1.{n}" for n in range(1, 6)]


def test_con_seleccion_vacia_deja_todo_igual(contenido):
    assert contenido.con_seleccion({}) == contenido


def test_con_seleccion_no_deja_inventar(contenido):
    with pytest.raises(ValueError, match=r"9\.9\.9\.9"):
        contenido.con_seleccion({"decisiones": ["9.9.9.9"]})


def test_aviso_demo_solo_con_datos_de_demostracion(contenido):
    assert contenido.aviso_demo == ""
    assert contenido_dicho([ActividadDichaFactory()], es_demo=True).aviso_demo == AVISO_DEMO


def test_clasificacion_junta_las_categorias_sin_ordenarlas_en_escalera():
    assert clasificacion_de({"PUBLICA"}) == "PUBLICA"
    assert clasificacion_de({"RESERVADA", "PUBLICA", "CONFIDENCIAL"}) == "CONFIDENCIAL + RESERVADA"


def test_fe_de_erratas_trae_lo_material_de_este_corte():
    def correccion(**cambios):
        comunes = {"periodo": "2021-S1", "corte": 2, "accion": "1.1.1", "numero": 1, "campo": "E"}
        return Correccion(**comunes, antes="1", despues="2", motivo="Se contó dos veces", **cambios)

    suya = correccion(material=True, es_de_este_corte=True)
    contenido = contenido_dicho(
        [ActividadDichaFactory()],
        correcciones=(
            suya,
            correccion(material=False, es_de_este_corte=True),
            correccion(material=True, es_de_este_corte=False),
        ),
    )

    assert contenido.fe_de_erratas == (suya,)


def test_candidata_tiene_lo_que_la_portada_pide():
    campos = set(Decision.__dataclass_fields__)

    assert {"accion", "causa", "propuesta", "quien", "para_cuando"} <= campos
