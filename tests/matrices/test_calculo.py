"""La cuenta: cada caso de los vectores, y las orillas que los vectores no tocan."""

import os
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal, localcontext
from pathlib import Path

import pytest

from matrices import calculo, vectores
from matrices.calculo import ActividadMedida, Hito, Reporte, Semaforo

POR_OMISION = Path(__file__).parents[2] / "fixtures" / "vectores.json"
ARCHIVOS = [Path(uno) for uno in os.environ.get("VECTORES", "").split(os.pathsep) if uno]
CASOS = [caso for archivo in ARCHIVOS or [POR_OMISION] for caso in vectores.leer(archivo)]
DE_ESTA_ETAPA = [caso for caso in CASOS if not caso.posterior]

CORTE = date(2021, 12, 31)
D = Decimal


# ---- los vectores


@pytest.mark.parametrize("caso", DE_ESTA_ETAPA, ids=lambda caso: f"{caso.regla}-{caso.id}")
def test_vector_da_cada_valor_esperado(caso):
    assert vectores.discrepancias(caso) == []


def test_vectores_cubren_cada_regla_de_esta_etapa():
    de_fabrica = vectores.leer(POR_OMISION)

    assert {caso.regla for caso in de_fabrica if not caso.posterior} == set(vectores.REGLAS)
    assert {caso.regla for caso in de_fabrica if caso.posterior} == vectores.POSTERIORES
    assert len(vectores.REGLAS) == 21


# ---- palabras y colores


def luminancia(color):
    canales = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    lineales = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in canales]
    return 0.2126 * lineales[0] + 0.7152 * lineales[1] + 0.0722 * lineales[2]


@pytest.mark.parametrize("visto", calculo.ASPECTOS.values(), ids=lambda uno: uno.codigo)
def test_texto_del_semaforo_se_lee_sobre_su_fondo(visto):
    claro, oscuro = sorted((luminancia(visto.fondo), luminancia(visto.texto)), reverse=True)

    assert (claro + 0.05) / (oscuro + 0.05) >= 4.5


@pytest.mark.parametrize("atributo", ["palabra", "icono", "simbolo", "fondo", "variable"])
def test_semaforo_no_repite_nada_de_lo_que_distingue(atributo):
    vistos = [getattr(uno, atributo) for uno in calculo.ASPECTOS.values()]

    assert len(set(vistos)) == len(vistos) == 12


def test_aspecto_de_nada_es_n_d_y_de_un_color_ajeno_se_rechaza():
    assert {calculo.aspecto(nada).palabra for nada in (None, "", "ND")} == {"n/d"}
    assert calculo.aspecto("VENCIDA") == Semaforo.VENCIDA.aspecto
    with pytest.raises(ValueError, match="MORADO"):
        calculo.aspecto("MORADO")


def test_semaforo_se_guarda_por_su_codigo():
    assert Semaforo.SIN_REPORTE == "SIN_REPORTE"
    assert f"{Semaforo.SIN_REPORTE}" == "SIN_REPORTE"
    assert Semaforo.SIN_REPORTE.palabra == "Sin reporte"
    assert set(calculo.ASPECTOS) == {*Semaforo, "ND"}


# ---- números


@pytest.mark.parametrize(
    ("exacto", "guardado"),
    [
        ("2.675", "2.68"),
        ("-2.675", "-2.68"),
        ("0.005", "0.01"),
        ("-0.004", "0.00"),
        ("99.995", "100.00"),
    ],
)
def test_a_dos_redondea_el_medio_hacia_afuera(exacto, guardado):
    assert str(calculo.a_dos(D(exacto))) == guardado


def test_lo_mostrado_sale_siempre_de_lo_guardado():
    assert calculo.a_uno(D("44.949")) == calculo.a_uno(D("44.95")) == D("45.0")


@pytest.mark.parametrize(
    ("exacto", "guardado"),
    [("99.994", "99.99"), ("99.995", "99.99"), ("99.9999", "99.99"), ("100", "100.00")],
)
def test_ejecutado_es_cien_solo_si_esta_completo(exacto, guardado):
    assert str(calculo.ejecutado_a_dos(D(exacto))) == guardado


@pytest.mark.parametrize("malo", [1.5, "1.5", True, D("NaN"), D("Infinity"), D("1E+200"), None])
def test_lo_que_no_es_una_cifra_exacta_se_rechaza(malo):
    with pytest.raises(ValueError, match=r"decimal|cifra"):
        calculo.a_dos(malo)


def test_la_cuenta_no_depende_de_la_precision_del_hilo():
    with localcontext() as contexto:
        contexto.prec = 3
        assert calculo.ejecutado_meta(D(1332155), [D(640000)]).ejecutado == D("48.04")


# ---- P


@pytest.mark.parametrize(
    ("corte", "programado"),
    [
        (date(2020, 12, 31), "0.00"),
        (date(2021, 1, 1), "0.27"),
        (date(2021, 12, 30), "99.73"),
        (date(2021, 12, 31), "100.00"),
        (date(2024, 12, 31), "100.00"),
    ],
)
def test_programado_lineal_cuenta_ambos_extremos(corte, programado):
    assert calculo.programado_lineal(date(2021, 1, 1), CORTE, corte) == D(programado)


def test_programado_que_termina_antes_de_empezar_se_rechaza():
    with pytest.raises(ValueError, match="antes de empezar"):
        calculo.programado_lineal(CORTE, date(2021, 1, 1), CORTE)


@pytest.mark.parametrize(
    ("desde", "programado"),
    [
        (date(2020, 6, 1), "0.00"),  # antes de que empezara
        (date(2021, 1, 1), "0.00"),  # el día en que empezaba
        (date(2021, 1, 2), "0.27"),
        (date(2021, 12, 31), "99.73"),  # el mismo día del corte: ya cuenta
        (date(2022, 1, 1), "100.00"),  # después del corte: todavía no
    ],
)
def test_suspendida_se_congela_el_dia_anterior(desde, programado):
    medido = calculo.programado_suspendida(date(2021, 1, 1), CORTE, desde, CORTE)

    assert medido == D(programado)


def test_hitos_de_una_suspendida_cuentan_hasta_el_dia_anterior():
    hitos = [(date(2021, 4, 30), D(30)), (date(2021, 5, 1), D(70))]
    terminos = {"inicio": date(2021, 1, 1), "fin": CORTE, "corte": CORTE, "hitos": hitos}

    assert calculo.programado_de("HITOS", **terminos) == 100
    suspendida = {"situacion": "SUSPENDIDA", "suspendida_desde": date(2021, 5, 1)}
    assert calculo.programado_de("HITOS", **terminos, **suspendida) == 30


def test_programado_de_una_cancelada_no_existe_y_el_original_si():
    terminos = {"inicio": date(2021, 1, 1), "corte": CORTE}

    assert calculo.programado_de("META", fin=CORTE, situacion="CANCELADA", **terminos) is None
    assert calculo.programado_original_de("META", fin_original=CORTE, **terminos) == 100


def test_suspendida_sin_fecha_se_rechaza():
    with pytest.raises(ValueError, match="fecha"):
        calculo.dia_de_medida(CORTE, "SUSPENDIDA", None)


@pytest.mark.parametrize("pesos", [["60", "50"], ["0", "100"], ["-10", "100"]])
def test_pesos_de_hitos_que_sobran_o_no_pesan_se_rechazan(pesos):
    with pytest.raises(ValueError, match="suman 100"):
        calculo.programado_hitos([(CORTE, D(peso)) for peso in pesos], CORTE)


@pytest.mark.parametrize(("modo", "situacion"), [("OTRO", "VIGENTE"), ("META", "DORMIDA")])
def test_modo_o_situacion_ajenos_se_rechazan(modo, situacion):
    with pytest.raises(ValueError, match="No hay"):
        calculo.programado_de(modo, inicio=CORTE, fin=CORTE, corte=CORTE, situacion=situacion)


# ---- E


def test_meta_superada_queda_en_cien_y_pide_explicacion():
    resultado = calculo.ejecutado_meta(D(80), [D(50), None, D(54)])

    assert (resultado.ejecutado, resultado.cumplimiento_sin_tope) == (100, 130)
    assert (resultado.acumulado, resultado.exige_justificacion) == (104, True)


def test_meta_justa_esta_completa_y_no_pide_explicacion():
    resultado = calculo.ejecutado_meta(D("10.50"), [D("10.00"), D("0.50")])

    assert (resultado.ejecutado, resultado.exige_justificacion) == (100, False)


@pytest.mark.parametrize(("meta", "cantidad"), [("0", "1"), ("-1", "1"), ("10", "-1")])
def test_meta_o_cantidad_imposibles_se_rechazan(meta, cantidad):
    with pytest.raises(ValueError, match=r"cero|negativo"):
        calculo.ejecutado_meta(D(meta), [D(cantidad)])


def test_hito_validado_dos_veces_cuenta_una():
    hitos = [Hito(1, D(40), CORTE, CORTE), Hito(2, D(60), CORTE, CORTE)]
    historial = [Reporte(True, hitos=[1]), Reporte(True, hitos=[1]), Reporte(False, hitos=[2])]

    assert calculo.ejecutado_de("HITOS", historial, hitos=hitos).ejecutado == 40


def test_hito_que_la_actividad_no_tiene_se_rechaza():
    with pytest.raises(ValueError, match=r"\[9\]"):
        calculo.ejecutado_de("HITOS", [Reporte(True, hitos=[9])], hitos=[])


def test_porcentaje_es_el_ultimo_validado():
    historial = [
        Reporte(True, porcentaje=D(30)),
        Reporte(True, porcentaje=D(20)),
        Reporte(False, porcentaje=D(90)),
    ]

    assert calculo.ejecutado_de("PORCENTAJE", historial).ejecutado == 20


@pytest.mark.parametrize(
    ("modo", "de_sobra"),
    [("META", {"meta": D(4)}), ("HITOS", {}), ("PORCENTAJE", {}), ("COLECTIVO", {})],
)
def test_sin_nada_validado_el_ejecutado_es_cero(modo, de_sobra):
    for historial in ([], [Reporte(False, D(1), D(1), [1], {"PGN": D(1)})]):
        assert str(calculo.ejecutado_de(modo, historial, **de_sobra).ejecutado) == "0.00"


def test_colectivo_toma_de_cada_obligado_lo_ultimo_validado():
    historial = [
        Reporte(True, aportes={"PGN": D(40), "SIE": D(10), "AJENA": D(100)}),
        Reporte(False, aportes={"PGN": D(90)}),
        Reporte(True, aportes={"PGN": None, "SIE": D(50)}),
    ]

    resultado = calculo.ejecutado_de("COLECTIVO", historial, obligados=["PGN", "SIE", "SAAS"])

    assert resultado.ejecutado == 30  # (40 + 50 + 0) / 3
    assert resultado.cobertura == D("33.33")


def test_colectivo_casi_completo_no_llega_a_cien():
    miembros = [(D(100), None)] * 6 + [(D("99.99"), None)]

    assert calculo.ejecutado_colectivo(miembros).ejecutado == D("99.99")


def test_colectivo_sin_obligados_no_tiene_cobertura():
    assert calculo.ejecutado_colectivo([]).cobertura is None


def test_rectificado_cuenta_aunque_no_se_validara_a_tiempo():
    historial = [Reporte(False, D(3), rectificado=True), Reporte(True, D(2))]

    assert calculo.ejecutado_de("META", historial, meta=D(10)).ejecutado == 50


# ---- color


def color(ejecutado, programado, **cambios):
    terminos = {
        "situacion": "VIGENTE",
        "fin_vigente": date(2022, 12, 31),
        "corte": CORTE,
        "exigible": True,
        "validado": True,
    }
    medida = calculo.semaforo_actividad(
        ejecutado=D(ejecutado), programado=D(programado), **{**terminos, **cambios}
    )
    return medida.semaforo.value


@pytest.mark.parametrize(
    ("ejecutado", "programado", "esperado"),
    [
        ("45", "50", "VERDE"),  # IC 90.00
        ("44.99", "50", "AMARILLO"),  # IC 89.98: no es 90
        ("35", "50", "AMARILLO"),  # IC 70.00
        ("34.99", "50", "ROJO"),
        ("4.99", "9.99", "VERDE"),  # poco programado: brecha −5.00
        ("4.98", "9.99", "AMARILLO"),  # −5.01, y nunca rojo
        ("0", "9.99", "AMARILLO"),
        ("0", "10", "ROJO"),
        ("0", "0", "NO_INICIADA"),
        ("0.01", "0", "ADELANTADA"),
        ("100", "0", "FINALIZADA"),
        ("99.999", "100", "VERDE"),  # se guarda 99.99: no está completa
    ],
)
def test_color_en_las_orillas(ejecutado, programado, esperado):
    assert color(ejecutado, programado) == esperado


@pytest.mark.parametrize(
    ("cambios", "esperado"),
    [
        ({"situacion": "CANCELADA"}, "CANCELADA"),
        ({"situacion": "SUSPENDIDA"}, "SUSPENDIDA"),
        ({"validado": False}, "FINALIZADA"),
        ({"fin_vigente": date(2021, 6, 30)}, "FINALIZADA"),
    ],
)
def test_situacion_va_antes_que_completa_y_completa_antes_que_el_resto(cambios, esperado):
    assert color("100", "100", **cambios) == esperado


def test_sin_reporte_va_antes_que_vencida():
    vencida = {"fin_vigente": date(2021, 12, 30)}

    assert color("50", "100", **vencida) == "VENCIDA"
    assert color("50", "100", validado=False, **vencida) == "SIN_REPORTE"
    assert color("50", "100", validado=False, exigible=False, **vencida) == "VENCIDA"
    assert color("95", "100", fin_vigente=CORTE) == "VERDE"  # el día en que vence no ha vencido


def test_color_sin_lo_programado_se_rechaza():
    with pytest.raises(ValueError, match="Falta P"):
        calculo.semaforo_actividad(
            situacion="VIGENTE",
            ejecutado=D(1),
            programado=None,
            fin_vigente=CORTE,
            corte=CORTE,
            exigible=True,
            validado=True,
        )


def test_indice_no_tiene_techo_y_cabe_en_su_columna():
    assert str(calculo.indice(D(100), D("0.01"))) == "1000000.00"
    assert calculo.indice(D(5), D(0)) is None
    assert calculo.brecha(D(5), None) is None


# ---- una actividad


def una_actividad(**cambios):
    terminos = {
        "modo": "META",
        "inicio": date(2021, 1, 1),
        "fin_original": CORTE,
        "fin_vigente": date(2022, 12, 31),
        "corte": CORTE,
        "meta": D(10),
        "historial": [Reporte(True, D(2)), Reporte(True, D(3))],
        "exigible": True,
    }
    return calculo.actividad(**{**terminos, **cambios})


def test_actividad_se_mide_con_fechas_vigentes_y_muestra_las_originales():
    medida = una_actividad()

    assert (medida.ejecutado, medida.programado, medida.programado_original) == (50, 50, 100)
    assert (medida.indice, medida.brecha, medida.semaforo) == (100, 0, "VERDE")
    assert (medida.arrastrado, medida.acumulado) == (False, 5)


def test_actividad_que_no_reporto_conserva_lo_validado_y_queda_gris():
    medida = una_actividad(historial=[Reporte(True, D(2)), Reporte(False, D(8))])

    assert (medida.ejecutado, medida.arrastrado, medida.semaforo) == (20, True, "SIN_REPORTE")


def test_actividad_suspendida_no_arrastra_ni_mueve_su_programado():
    medida = una_actividad(
        situacion="SUSPENDIDA",
        suspendida_desde=date(2021, 1, 1),
        exigible=False,
        historial=[Reporte(False)],
    )

    assert (medida.programado, medida.programado_original) == (0, 100)
    assert (medida.indice, medida.arrastrado, medida.semaforo) == (None, False, "SUSPENDIDA")


def test_actividad_cancelada_conserva_lo_ejecutado_y_pierde_lo_demas():
    medida = una_actividad(situacion="CANCELADA", exigible=False, historial=[Reporte(True, D(2))])

    assert (medida.ejecutado, medida.programado_original) == (20, 100)
    assert (medida.programado, medida.indice, medida.brecha) == (None, None, None)


def test_actividad_colectiva_se_mide_como_las_demas():
    medida = una_actividad(
        modo="COLECTIVO",
        meta=None,
        obligados=["PGN", "SIE"],
        historial=[Reporte(True, aportes={"PGN": D(100)})],
    )

    assert (medida.ejecutado, medida.programado, medida.semaforo) == (50, 50, "VERDE")


@pytest.mark.parametrize(
    ("cambios", "motivo"),
    [
        ({}, None),
        ({"situacion": "SUSPENDIDA", "ejecutado_validado": D(100)}, "SUSPENDIDA"),
        ({"situacion": "CANCELADA", "inicio": date(2022, 1, 1)}, "CANCELADA"),
        ({"ejecutado_validado": D(100), "inicio": date(2022, 1, 1)}, "FINALIZADA"),
        ({"ejecutado_validado": D("99.99")}, None),
        ({"ejecutado_validado": None, "inicio": date(2022, 1, 1)}, "NO_INICIADA"),
        ({"inicio": CORTE}, None),  # empieza el día del corte: ya debe
    ],
)
def test_exigible_segun_la_primera_razon_que_aplica(cambios, motivo):
    terminos = {
        "situacion": "VIGENTE",
        "inicio": date(2021, 3, 1),
        "corte": CORTE,
        "ejecutado_validado": D(0),
    }
    nace = calculo.exigible_al_abrir(**{**terminos, **cambios})

    assert (nace.motivo_exencion, nace.exigible) == (motivo, motivo is None)
    assert nace.estado_inicial == ("EXENTO" if motivo else "PENDIENTE")


# ---- la acción y los niveles

UNA = ActividadMedida(
    situacion="VIGENTE",
    ejecutado=D("60.00"),
    programado=D("50.00"),
    programado_original=D("50.00"),
    fin_vigente=date(2023, 12, 31),
    exigible=True,
    validado=True,
)
CANCELADA = replace(
    UNA, situacion="CANCELADA", ejecutado=D("30.00"), programado=None, exigible=False
)
SUSPENDIDA = replace(UNA, situacion="SUSPENDIDA", exigible=False, validado=False)


def accion(*actividades, corte=CORTE):
    return calculo.accion(actividades, corte=corte)


def test_cancelada_sale_del_calculo_y_queda_en_la_base_original():
    resultado = accion(UNA, CANCELADA)

    assert (resultado.ejecutado, resultado.programado) == (60, 50)
    assert (resultado.ejecutado_base_original, resultado.programado_base_original) == (45, 50)
    assert (resultado.n_actividades, resultado.n_canceladas, resultado.exigidos) == (2, 1, 1)


def test_todas_canceladas_es_cancelada_sin_cifras():
    resultado = accion(CANCELADA, CANCELADA)

    assert resultado.semaforo == "CANCELADA"
    assert (resultado.ejecutado, resultado.programado, resultado.indice) == (None, None, None)
    assert resultado.ejecutado_base_original == 30


def test_suspendida_solo_si_lo_estan_todas_las_vivas():
    assert accion(SUSPENDIDA, CANCELADA).semaforo == "SUSPENDIDA"
    assert accion(SUSPENDIDA, UNA).semaforo == "VERDE"


def test_accion_es_cien_solo_si_todas_lo_son():
    completa = replace(UNA, ejecutado=D("100.00"))
    casi = replace(UNA, ejecutado=D("99.99"), peso=D("0.01"))

    assert accion(completa, completa).semaforo == "FINALIZADA"
    resultado = accion(replace(completa, peso=D("99.99")), casi)
    assert (resultado.ejecutado, resultado.semaforo) == (D("99.99"), "VERDE")


def test_accion_vence_con_la_ultima_de_sus_vivas():
    pronto = replace(UNA, fin_vigente=date(2021, 6, 30))
    tarde = replace(UNA, fin_vigente=CORTE)

    assert accion(pronto, tarde).semaforo == "VERDE"
    assert accion(pronto, CANCELADA).semaforo == "VENCIDA"
    assert accion(pronto, tarde, corte=date(2022, 6, 30)).semaforo == "VENCIDA"


def test_accion_queda_sin_reporte_si_debia_y_nada_se_valido():
    callada = replace(UNA, validado=False)

    assert accion(callada, callada).semaforo == "SIN_REPORTE"
    assert accion(callada, UNA).semaforo == "VERDE"
    assert accion(replace(callada, exigible=False)).semaforo == "VERDE"


def test_lo_voluntario_no_entra_en_la_cobertura_y_lo_tardio_no_es_oportuno():
    voluntaria = replace(UNA, exigible=False)
    tardia = replace(UNA, extemporaneo=True)
    resultado = accion(UNA, tardia, voluntaria, replace(UNA, validado=False, extemporaneo=True))

    assert (resultado.exigidos, resultado.recibidos, resultado.a_tiempo) == (3, 2, 1)
    assert (resultado.cobertura, resultado.oportunidad) == (D("66.67"), D("33.33"))
    assert resultado.cobertura_insuficiente is True


@pytest.mark.parametrize("pesos", [("50", None), ("50", "0"), ("50", "-1")])
def test_pesos_a_medias_o_sin_peso_se_rechazan(pesos):
    actividades = [replace(UNA, peso=peso and D(peso)) for peso in pesos]

    with pytest.raises(ValueError, match=r"[Pp]eso"):
        accion(*actividades)


def test_viva_sin_programado_se_rechaza():
    with pytest.raises(ValueError, match="Falta P"):
        accion(replace(UNA, programado=None))


def una_accion(codigo, ejecutado, programado, semaforo="VERDE", **conteos):
    terminos = {"exigidos": 0, "recibidos": 0, **conteos}
    return calculo.AccionMedida(codigo, ejecutado, programado, semaforo, **terminos)


@pytest.mark.parametrize(
    ("ejecutado", "programado", "esperado"),
    [
        ("100", "50", "FINALIZADA"),
        ("0", "0", "NO_INICIADA"),
        ("1", "0", "ADELANTADA"),
        ("1", "9", "AMARILLO"),
        ("30", "50", "ROJO"),
    ],
)
def test_nivel_solo_usa_los_colores_que_se_calculan(ejecutado, programado, esperado):
    resultado = calculo.nivel([una_accion("1.1.1", D(ejecutado), D(programado), "SIN_REPORTE")])

    assert resultado.semaforo == esperado
    assert resultado.por_semaforo == {"SIN_REPORTE": 1}


def test_nivel_no_se_vence_ni_queda_sin_reporte():
    vencida = una_accion("1.1.1", D(95), D(100), "VENCIDA", exigidos=2, recibidos=0)

    assert calculo.nivel([vencida]).semaforo == "VERDE"


def test_nivel_con_todo_completo_menos_una_centesima_no_es_cien():
    completas = [una_accion(f"1.1.{n}", D(100), D(100), "FINALIZADA") for n in range(72)]
    resultado = calculo.nivel([*completas, una_accion("1.1.73", D("99.99"), D(100))])

    assert resultado.ejecutado == D("99.99")


def test_nivel_suma_conteos_y_luego_divide():
    una = una_accion("1.1.1", D(1), D(1), exigidos=90, recibidos=81, a_tiempo=72)
    otra = una_accion("1.1.2", D(1), D(1), exigidos=10, recibidos=0)
    resultado = calculo.nivel([una, otra])

    assert (resultado.cobertura, resultado.oportunidad) == (81, 72)
    assert (resultado.exigidos, resultado.a_tiempo) == (100, 72)


def test_nivel_con_un_color_que_no_existe_se_rechaza():
    with pytest.raises(ValueError, match="MORADO"):
        calculo.nivel([una_accion("1.1.1", D(1), D(1), "MORADO")])


@pytest.mark.parametrize("conteos", [(1, 2, 0), (2, 1, 2), (-1, -1, -1)])
def test_conteos_que_no_cuadran_se_rechazan(conteos):
    with pytest.raises(ValueError, match="No cuadran"):
        calculo.cobertura(*conteos)


def test_cobertura_en_el_umbral_es_suficiente():
    assert calculo.cobertura(100, 80).cobertura_insuficiente is False
    assert calculo.cobertura(10000, 7999).cobertura_insuficiente is True


# ---- dinero, indicadores y periodos


def test_presupuesto_devengado_sobre_lo_vigente_es_sobregiro():
    resultado = calculo.presupuesto(asignado=D(100), modificaciones=D(-20), devengado=D("80.01"))

    assert (resultado.vigente, resultado.saldo) == (80, D("-0.01"))
    assert (resultado.sobregiro, resultado.pct_devengado) == (True, D("100.01"))
    assert resultado.pct_comprometido is None


@pytest.mark.parametrize("montos", [(D(-1), D(0), D(0)), (D(1), D(-2), D(0)), (D(1), D(0), D(-1))])
def test_presupuesto_negativo_se_rechaza(montos):
    asignado, modificaciones, devengado = montos

    with pytest.raises(ValueError, match="negativo"):
        calculo.presupuesto(asignado=asignado, modificaciones=modificaciones, devengado=devengado)


def fila(institucion="MINGOB", programa="11", vigente="100", devengado="40"):
    return calculo.FilaPresupuesto(institucion, 2021, programa, D(vigente), D(devengado))


def test_agregado_toma_la_ultima_fila_y_marca_el_conflicto():
    filas = [fila(devengado="40"), fila(programa="12"), fila(devengado="50")]
    resultado = calculo.presupuesto_agregado(filas)

    assert (resultado.vigente, resultado.devengado, resultado.pct_devengado) == (200, 90, 45)
    assert [una.programa_presupuestario for una in resultado.conflictos] == ["11"]
    assert [una.pct_devengado for una in resultado.estructuras] == [50, 40]


def test_agregado_no_ve_conflicto_en_el_mismo_numero_escrito_de_otro_modo():
    filas = [fila(vigente="100"), fila(vigente="100.00")]

    assert calculo.presupuesto_agregado(filas).conflictos == ()


def test_agregado_de_nada_no_tiene_porcentaje():
    vacio = calculo.presupuesto_agregado([])

    assert (vacio.vigente, vacio.pct_devengado, vacio.estructuras) == (0, None, ())


@pytest.mark.parametrize("pct", [None, D(0)])
def test_relacion_sin_devengado_no_se_calcula(pct):
    assert calculo.relacion_fisico_financiera(D(50), pct) is None


@pytest.mark.parametrize(
    ("base", "meta", "valor", "avance", "dibujo"),
    [
        ("20", "10", "25", "-50.00", "0.00"),
        ("20", "10", "5", "150.00", "100.00"),
        ("0", "-10", "-5", "50.00", "50.00"),
        ("10", "10", "10", None, None),
        (None, "10", "5", None, None),
        ("10", "20", None, None, None),
    ],
)
def test_indicador_va_en_cualquier_sentido_y_solo_se_recorta_al_dibujar(
    base, meta, valor, avance, dibujo
):
    dados = [None if x is None else D(x) for x in (base, meta, valor)]
    resultado = calculo.indicador(*dados)

    assert resultado.avance == (avance and D(avance))
    assert resultado.avance_grafica == (dibujo and D(dibujo))


def test_un_anio_son_doce_meses():
    with pytest.raises(ValueError, match="doce"):
        calculo.meses([D(1)] * 11)


def test_serie_publicada_cambia_solo_desde_que_se_conoce():
    periodos = [
        calculo.PeriodoRectificable("2021-S1", D(40), D(30), "2022-S1"),
        calculo.PeriodoRectificable("2021-S2", None, D(10), "2030-S1"),
        calculo.PeriodoRectificable("2022-S1", D(20)),
    ]
    dos = calculo.series(D(100), periodos)

    assert [punto.ejecutado for punto in dos.vigente] == [30, 40, 60]
    assert [punto.ejecutado for punto in dos.como_se_publico] == [40, 40, 50]


@pytest.mark.parametrize(
    ("antes", "despues", "material"),
    [
        ((D("44.60"), "AMARILLO"), (D("39.60"), "AMARILLO"), True),  # justo cinco puntos
        ((D("44.60"), "AMARILLO"), (D("39.61"), "AMARILLO"), False),
        ((D("39.60"), "AMARILLO"), (D("44.60"), "AMARILLO"), True),
        ((None, "SIN_MATRIZ"), (None, "SIN_MATRIZ"), False),
        ((None, "SIN_MATRIZ"), (D("0.00"), "NO_INICIADA"), True),
    ],
)
def test_rectificacion_material_por_color_o_por_puntos(antes, despues, material):
    assert calculo.rectificacion_material(antes, despues) is material


def test_la_cuenta_no_conoce_django_ni_flotantes():
    modulos = sorted(Path(calculo.__file__).parent.glob("*.py"))
    prohibido = re.compile(r"\bdjango\b|\bfloat\(|\bround\(")

    assert len(modulos) > 10
    assert [uno.name for uno in modulos if prohibido.search(uno.read_text("utf-8"))] == []
