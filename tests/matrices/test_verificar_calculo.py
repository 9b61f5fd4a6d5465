"""El mandato que corre vectores: qué dice y con qué termina."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from matrices import vectores

DE_FABRICA = Path(__file__).parents[2] / "fixtures" / "vectores.json"
REDONDEO = {
    "id": "X1",
    "regla": "REDONDEO",
    "entrada": {"valor": "44.595"},
    "esperado": {"guardado": "44.6", "mostrado": "44.60"},
}
AMARILLO_O_VERDE = {
    "situacion": "VIGENTE",
    "E": "42",
    "P": "50",
    "fin_vigente": "2022-12-31",
    "corte": "2021-12-31",
    "exigible": True,
    "validado": True,
}


@pytest.fixture
def archivo(tmp_path):
    """Escribe un archivo de vectores con los casos que se le dan."""

    def escribir(*casos, **claves):
        ruta = tmp_path / f"vectores{len(list(tmp_path.iterdir()))}.json"
        contenido = {"esquema": "vectores-calculo/1", "casos": list(casos), **claves}
        ruta.write_text(json.dumps(contenido), encoding="utf-8")
        return ruta

    return escribir


def correr(*archivos):
    """Lo que el mandato dice por cada salida, y el motivo si termina mal."""
    salida, errores = StringIO(), StringIO()
    try:
        call_command("verificar_calculo", *archivos, stdout=salida, stderr=errores)
    except CommandError as motivo:
        return salida.getvalue(), errores.getvalue(), motivo
    return salida.getvalue(), errores.getvalue(), None


def test_vectores_de_fabrica_pasan_y_cuentan_aparte_los_posteriores():
    salida, errores, motivo = correr(DE_FABRICA)

    assert "Casos: 58. Pasan: 54. Fallan: 0." in salida
    assert "Posteriores (reglas de una etapa que aún no existe): 4." in salida
    assert (errores, motivo) == ("", None)


def test_varios_archivos_se_suman(archivo):
    salida, _errores, motivo = correr(DE_FABRICA, archivo(REDONDEO))

    assert "Casos: 59. Pasan: 55." in salida
    assert motivo is None


def test_discrepancia_dice_caso_regla_campo_y_los_dos_valores(archivo):
    malo = {**REDONDEO, "esperado": {"guardado": "44.59", "mostrado": "44.6", "otro": None}}
    salida, _errores, motivo = correr(archivo(malo, REDONDEO))

    assert "X1 · REDONDEO · guardado: se esperaba 44.59, se obtuvo 44.60" in salida
    assert "X1 · REDONDEO · otro: se esperaba null, se obtuvo (no lo da)" in salida
    assert "mostrado" not in salida
    assert "Pasan: 1. Fallan: 1." in salida
    assert (motivo.returncode, "no coincide" in str(motivo)) == (1, True)


@pytest.mark.parametrize(
    ("cambios", "dice"),
    [
        ({"regla": "ADIVINANZA"}, "No se conoce la regla «ADIVINANZA»"),
        ({"entrada": {}}, "Falta 'valor'"),
        ({"entrada": None}, "No tiene la forma que pide REDONDEO"),
        ({"entrada": "44.595"}, "No tiene la forma que pide REDONDEO"),
        ({"entrada": {"valor": "mucho"}}, "no es un decimal"),
        ({"entrada": {"valor": "NaN"}}, "no es una cifra"),
        ({"entrada": {"valor": True}}, "no es un decimal"),
        ({"esperado": {}}, "no dice qué se espera"),
        ({"regla": "P_LINEAL", "entrada": {"inicio": "ayer"}}, "no es una fecha AAAA-MM-DD"),
        (
            {
                "regla": "P_LINEAL",
                "entrada": {"inicio": "2021-01-02", "fin": "2021-01-01", "corte": "2021-01-01"},
            },
            "antes de empezar",
        ),
    ],
)
def test_caso_que_no_se_puede_correr_falla_y_los_demas_siguen(archivo, cambios, dice):
    salida, _errores, motivo = correr(archivo({**REDONDEO, **cambios}, REDONDEO))

    assert dice in salida
    assert "Pasan: 1. Fallan: 1." in salida
    assert motivo is not None


@pytest.mark.parametrize(
    "texto",
    ["", "{", "[]", "null", '{"casos": []}', '{"esquema": "otro/1", "casos": [{}]}']
    + [
        '{"esquema": "vectores-calculo/1", "casos": ' + casos + "}"
        for casos in (
            *("[]", "{}", "[1]", '[{"id": "X"}]', '[{"regla": 1}]', "[NaN]", "[" * 9999),
            "[1e9999999999999999999]",
        )
    ],
)
def test_archivo_roto_se_dice_y_los_demas_se_corren(archivo, tmp_path, texto):
    roto = tmp_path / "roto.json"
    roto.write_text(texto, encoding="utf-8")
    salida, errores, motivo = correr(roto, archivo(REDONDEO))

    assert errores.startswith(f"{roto}: ")
    assert "Pasan: 1." in salida
    assert str(motivo) == "No se pudieron leer 1 de 2 archivos."


def test_archivo_que_falta_o_no_es_texto_se_dice(tmp_path):
    binario = tmp_path / "binario.json"
    binario.write_bytes(b"\xff\xfe\x00")
    _salida, errores, motivo = correr(tmp_path / "nada.json", tmp_path, binario)

    assert [linea.split(": ")[1] for linea in errores.splitlines()] == [
        "no existe.",
        "no es un archivo que se pueda leer.",
        "no es texto UTF-8.",
    ]
    assert motivo is not None


@pytest.mark.parametrize("donde", ["archivo", "caso", "entrada"])
def test_caso_usa_sus_umbrales_o_los_del_archivo(archivo, donde):
    propios = {"version": 2, "verde_desde": "80.00"}
    entrada = {**AMARILLO_O_VERDE, **({"configuracion": propios} if donde == "entrada" else {})}
    caso = {"id": "X2", "regla": "SEMAFORO", "entrada": entrada}
    caso["esperado"] = {"semaforo": "VERDE", "IC": "84"}
    if donde == "caso":
        caso["configuracion"] = propios
    claves = {"configuracion": propios} if donde == "archivo" else {}

    assert correr(archivo(caso, **claves))[2] is None
    (leido,) = vectores.leer(archivo(caso, **claves))
    assert leido.umbrales.version == 2


def test_regla_que_el_archivo_declara_de_otra_etapa_se_cuenta_aparte(archivo):
    futura = {"id": "X3", "regla": "TERRITORIO", "entrada": {}, "esperado": {"x": 1}}

    salida, _errores, motivo = correr(archivo(futura, reglas={"TERRITORIO": {"fase": 3}}))
    assert "Casos: 1. Pasan: 0. Fallan: 0. Posteriores" in salida
    assert motivo is None
    assert correr(archivo(futura))[2] is not None


@pytest.mark.parametrize(
    ("esperado", "campos"),
    [
        ({"por_semaforo": {"VERDE": 1}}, []),
        ({"por_semaforo": {"VERDE": 1, "ROJO": 1}}, ["por_semaforo.ROJO"]),
        ({"por_semaforo": {}}, ["por_semaforo.VERDE"]),
        ({"cobertura_insuficiente": 0}, ["cobertura_insuficiente"]),
        ({"IC": None}, ["IC"]),
        ({"semaforo": "ROJO"}, ["semaforo"]),
        ({"exigidos": "2"}, []),
        ({"exigidos": True}, ["exigidos"]),
    ],
)
def test_comparacion_es_estricta_con_tipos_y_con_claves(archivo, esperado, campos):
    accion = {"codigo": "1.1.1", "peso": "1", "E": "9", "P": "9", "semaforo": "VERDE"}
    caso = {
        "id": "X4",
        "regla": "NIVEL",
        "entrada": {"acciones": [{**accion, "exigidos": 2, "recibidos": 2}]},
        "esperado": esperado,
    }
    (leido,) = vectores.leer(archivo(caso))

    assert [una.campo for una in vectores.discrepancias(leido)] == campos


def test_series_se_comparan_punto_por_punto(archivo):
    periodos = [{"periodo": "2021-S1", "ejecutado": "40", "rectificado": None}]
    caso = {
        "id": "X5",
        "regla": "RECTIFICACION",
        "entrada": {"meta": "100", "periodos": periodos},
        "esperado": {
            "vigente": [{"periodo": "2021-S1", "acumulado": "40", "E": "41"}],
            "como_se_publico": [],
        },
    }
    (leido,) = vectores.leer(archivo(caso))

    campos = [una.campo for una in vectores.discrepancias(leido)]
    assert campos == ["vigente[0].E", "como_se_publico.cuántos"]


def test_actividad_colectiva_tambien_se_lee(archivo):
    aportes = [
        {"institucion": "PGN", "porcentaje": "100"},
        {"institucion": "SIE", "porcentaje": None},
    ]
    entrada = {
        "modo": "COLECTIVO",
        "inicio": "2021-01-01",
        "fin_original": "2021-12-31",
        "fin_vigente": "2021-12-31",
        "corte": "2021-12-31",
        "situacion": "VIGENTE",
        "historial": [{"periodo": "2021-S2", "estado": "VALIDADO", "aportes": aportes}],
        "exigible": True,
    }
    caso = {"id": "X6", "regla": "ACTIVIDAD", "entrada": entrada, "esperado": {"E": "50"}}

    assert correr(archivo(caso))[2] is None


def test_lo_que_ninguna_consola_escribe_sale_con_su_codigo(archivo):
    salida, _errores, motivo = correr(
        archivo({**REDONDEO, "id": "\ud800\x1b[2J\n", "esperado": {}})
    )

    assert salida.startswith(r"\ud800\x1b[2J\n · REDONDEO")
    assert motivo is not None
