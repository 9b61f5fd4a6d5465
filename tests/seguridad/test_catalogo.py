"""Cada renglón de datos/entradas_hostiles.csv tiene su prueba, con nombre; y aquí se dice cuál."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.archivos import esperados

TESTS = Path(__file__).parents[1]
LIBROS = "seguridad/test_libros_hostiles::test_libro_hostil_contesta_lo_esperado"
EVIDENCIA = "matrices/test_archivos::test_evidencia_hostil_contesta_lo_esperado"
CAPTURA = "matrices/test_views_captura::"
API = "api/test_entradas_hostiles::test_cada_fila_del_catalogo_se_contesta_como_dice"
TEXTOS = "seguridad/test_textos_hostiles::"
CUENTAS = "seguridad/test_cuentas::test_cada_entrada_hostil_recibe_lo_esperado"
FLUJO = "seguridad/test_flujo_hostil::test_el_flujo_contesta_lo_que_dice_la_tabla"

# Por familia, la prueba que recorre sus renglones uno por uno.
DE_LA_FAMILIA = {"X": LIBROS, "E": EVIDENCIA, "A": API, "S": CUENTAS, "W": FLUJO}
# Los que tienen la suya, o más de una.
APARTE = {
    "X-43": ["matrices/test_libro::test_subir_dos_veces_lo_mismo_no_cambia_nada_la_segunda"],
    "X-44": [
        "seguridad/test_libros_hostiles::test_x44_dos_personas_aplican_a_la_vez_y_una_se_entera"
    ],
    "E-21": [CAPTURA + "test_adjuntar_sin_archivo_es_400_en_su_campo_e21"],
    "E-23": [CAPTURA + "test_mil_archivos_en_un_envio_es_400_e23"],
    "E-24": [
        CAPTURA + "test_archivo_enorme_es_413_y_lo_escrito_queda_e24",
        "seguridad/test_subida::test_26_mb_de_evidencia_no_entran_de_ninguna_manera",
    ],
    "E-26": [CAPTURA + "test_pasarse_de_la_cuota_es_409_e26"],
    "E-27": [CAPTURA + "test_adjuntar_a_lo_ya_enviado_es_409_e27"],
    "E-28": [
        CAPTURA + "test_evidencia_la_lleva_quien_lee_el_avance_e28",
        CAPTURA + "test_evidencia_ajena_contesta_igual_que_una_inexistente",
    ],
    "E-30": [CAPTURA + "test_evidencia_alterada_no_se_entrega_e30"],
    "A-30": [TEXTOS + "test_un_anfitrion_ajeno_no_llega_a_ninguna_pagina_a30"],
    "A-31": [
        "api/test_claves::test_otro_cuerpo_con_la_misma_clave_es_422",
        "api/test_claves::test_la_clave_es_de_cada_ficha",
        "api/test_claves::test_a_la_vez_uno_lo_hace_y_los_demas_lo_saben",
    ],
    "A-33": ["api/test_sistemas::test_doscientas_una_lecturas_en_un_minuto_son_429"],
    "A-34": ["seguridad/test_subida::test_una_peticion_ambigua_no_llega_a_ser_dos_a34"],
    "T-01": [
        TEXTOS + "test_un_texto_hostil_se_guarda_literal_y_se_muestra_escapado",
        "informes/test_emitidos::"
        "test_nada_de_lo_escrito_llega_a_ser_formula_y_las_filas_son_los_datos",
    ],
    "T-02": [
        TEXTOS + "test_un_texto_hostil_se_guarda_literal_y_se_muestra_escapado",
        "informes/test_emitidos::test_un_csv_no_deja_texto_que_empiece_como_formula",
    ],
    "T-03": [TEXTOS + "test_un_caracter_de_control_se_limpia_o_se_rechaza_t03"],
    "T-05": [TEXTOS + "test_cuarenta_mil_letras_se_rechazan_y_no_se_pierden_t05"],
    "T-07": [
        TEXTOS + "test_un_texto_hostil_se_guarda_literal_y_se_muestra_escapado",
        "informes/test_pdf::test_lo_que_alguien_escribio_se_lee_y_no_se_ejecuta",
    ],
    "T-08": [
        TEXTOS + "test_un_texto_hostil_se_guarda_literal_y_se_muestra_escapado",
        "informes/test_pdf::test_lo_que_alguien_escribio_se_lee_y_no_se_ejecuta",
    ],
    "T-10": [TEXTOS + "test_un_texto_hostil_se_guarda_literal_y_se_muestra_escapado"],
    "T-11": [TEXTOS + "test_un_correo_con_renglones_deja_un_solo_renglon_en_la_bitacora_t11"],
    "T-12": [TEXTOS + "test_un_numero_imposible_se_rechaza_en_su_campo_t12"],
    "O-01": ["pesn/test_ajustes::test_lo_inseguro_no_arranca"],
    "O-02": [
        "pesn/test_views::test_a_quien_pide_datos_se_le_dice_que_falta_o02",
        "caos/test_redis_caido::test_sin_redis_nadie_recibe_una_falla_y_el_informe_espera",
        "caos/test_web::test_parar_postgres_de_golpe_no_pierde_lo_guardado",
        "caos/test_disco::test_con_el_almacen_lleno_no_entra_media_evidencia",
    ],
    "O-04": ["pesn/test_respaldo::test_un_archivo_perdido_se_dice_y_lo_demas_se_respalda"],
}


def pruebas_de(clave: str) -> list[str]:
    return APARTE.get(clave) or [DE_LA_FAMILIA[clave[0]]]


def test_ningun_renglon_del_catalogo_se_queda_sin_prueba(cifra):
    faltan = [
        clave for clave in esperados() if clave not in APARTE and clave[0] not in DE_LA_FAMILIA
    ]
    sobran = set(APARTE) - set(esperados())

    assert (faltan, sobran) == ([], set())
    por_familia = Counter(clave[0] for clave in esperados())
    dicho = " ".join(f"{familia}={cuantas}" for familia, cuantas in sorted(por_familia.items()))
    cifra(f"Catálogo hostil: renglones={len(esperados())} con_prueba={len(esperados())} ({dicho})")


@pytest.mark.parametrize("clave", esperados())
def test_la_prueba_que_se_dice_existe_y_nombra_su_renglon(clave):
    for prueba in pruebas_de(clave):
        archivo, _, nombre = prueba.partition("::")
        texto = (TESTS / f"{archivo}.py").read_text(encoding="utf-8")
        assert re.search(rf"^def {nombre}\(", texto, re.MULTILINE), prueba
    if clave in APARTE:
        return
    # Una prueba que recorre su familia la lee de una lista donde la clave está escrita.
    listas = [texto, (TESTS / "archivos.py").read_text(encoding="utf-8")]
    como_funcion = clave.lower().replace("-", "_")
    assert any(re.search(rf'"{clave}[" ]|def {como_funcion}\(', uno) for uno in listas), clave
