"""Lo que la cuenta cumple para cualquier entrada, buscado con hypothesis."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from matrices import calculo
from matrices.calculo import AccionMedida, ActividadMedida, Hito, Reporte, Semaforo

INICIO, FIN = date(2020, 1, 1), date(2024, 12, 31)
CENTESIMA = Decimal("0.01")

fechas = st.dates(INICIO, FIN)
puntos = st.decimals(0, 100, places=2)
cantidades = st.decimals(0, 10**6, places=2)
metas = st.decimals(CENTESIMA, 10**6, places=2)
pesos = st.decimals(CENTESIMA, 100, places=2)
lapsos = st.lists(fechas, min_size=2, max_size=2).map(sorted)


@st.composite
def hitos(draw):
    """De uno a cinco hitos con fechas cualesquiera y pesos que suman 100."""
    cortes = draw(st.sets(st.integers(1, 99), max_size=4))
    bordes = [0, *sorted(cortes), 100]
    return [
        Hito(numero, Decimal(hasta - desde), draw(fechas), draw(fechas))
        for numero, (desde, hasta) in enumerate(pairwise(bordes), 1)
    ]


@st.composite
def actividades(draw, con_peso=None):
    """Una actividad medida; de la cancelada no hay P."""
    situacion = draw(st.sampled_from(["VIGENTE", "VIGENTE", "SUSPENDIDA", "CANCELADA"]))
    return ActividadMedida(
        situacion=situacion,
        ejecutado=draw(puntos),
        programado=None if situacion == "CANCELADA" else draw(puntos),
        programado_original=draw(puntos),
        fin_vigente=draw(fechas),
        exigible=situacion == "VIGENTE" and draw(st.booleans()),
        validado=draw(st.booleans()),
        peso=draw(pesos) if con_peso else None,
        extemporaneo=draw(st.booleans()),
    )


varias = st.booleans().flatmap(
    lambda con_peso: st.lists(actividades(con_peso=con_peso), min_size=1, max_size=8)
)


def en_rango(medida):
    assert 0 <= medida.ejecutado <= 100
    if medida.programado is not None:
        assert 0 <= medida.programado <= 100
        assert -100 <= medida.brecha <= 100
    if medida.indice is not None:
        assert medida.indice == calculo.indice(medida.ejecutado, medida.programado)
        assert len(medida.indice.as_tuple().digits) <= 10


@given(lapsos, fechas, fechas)
def test_programado_lineal_no_baja_con_el_corte_y_va_de_cero_a_cien(lapso, uno, otro):
    antes, despues = sorted((uno, otro))
    a, b = (calculo.programado_lineal(*lapso, corte) for corte in (antes, despues))

    assert 0 <= a <= b <= 100


@given(hitos(), fechas, fechas)
def test_programado_por_hitos_no_baja_con_el_corte(suyos, uno, otro):
    pares = [(hito.fecha_vigente, hito.peso) for hito in suyos]
    a, b = (calculo.programado_hitos(pares, corte) for corte in sorted((uno, otro)))

    assert 0 <= a <= b <= 100
    assert calculo.programado_hitos(pares, FIN) == 100


@given(lapsos, fechas, fechas)
def test_suspender_nunca_sube_lo_programado_y_lo_detiene(lapso, desde, corte):
    detenido = calculo.programado_suspendida(*lapso, desde, corte)

    assert detenido <= calculo.programado_lineal(*lapso, corte)
    if corte >= desde:
        assert detenido == calculo.programado_suspendida(*lapso, desde, corte + timedelta(days=90))


@given(metas, st.lists(cantidades, max_size=10), cantidades)
def test_ejecutado_por_meta_no_baja_con_lo_hecho(meta, dadas, una_mas):
    antes, despues = (calculo.ejecutado_meta(meta, x) for x in (dadas, [*dadas, una_mas]))

    assert 0 <= antes.ejecutado <= despues.ejecutado <= 100
    assert (despues.ejecutado == 100) == (sum([*dadas, una_mas]) >= meta)
    assert despues.cumplimiento_sin_tope >= despues.ejecutado


@given(metas, st.lists(cantidades, max_size=8), st.randoms())
def test_ejecutado_por_meta_no_mira_el_orden(meta, dadas, azar):
    revueltas = azar.sample(dadas, len(dadas))

    assert calculo.ejecutado_meta(meta, dadas) == calculo.ejecutado_meta(meta, revueltas)


@given(hitos(), st.data())
def test_ejecutado_por_hitos_es_cien_solo_con_todos(suyos, data):
    numeros = [hito.numero for hito in suyos]
    hechos = data.draw(st.lists(st.sampled_from(numeros), max_size=8))
    historial = [Reporte(validado=True, hitos=[numero]) for numero in hechos]

    ejecutado = calculo.ejecutado_de("HITOS", historial, hitos=suyos).ejecutado

    assert (ejecutado == 100) == (set(hechos) == set(numeros))


@given(st.lists(st.tuples(puntos | st.none(), puntos | st.none()), min_size=1, max_size=9))
def test_colectivo_queda_entre_sus_miembros_y_no_mira_el_orden(miembros):
    valen = [next((x for x in dados if x is not None), Decimal(0)) for dados in miembros]
    resultado = calculo.ejecutado_colectivo(miembros)

    assert min(valen) <= resultado.ejecutado <= max(valen)
    assert (resultado.ejecutado == 100) == all(vale == 100 for vale in valen)
    assert resultado == calculo.ejecutado_colectivo(miembros[::-1])


@given(
    puntos,
    puntos,
    fechas,
    fechas,
    st.sampled_from(["VIGENTE", "SUSPENDIDA", "CANCELADA"]),
    st.booleans(),
    st.booleans(),
)
def test_color_siempre_hay_uno_y_se_rehace_de_lo_guardado(
    ejecutado, programado, fin, corte, situacion, exigible, validado
):
    terminos = {
        "situacion": situacion,
        "fin_vigente": fin,
        "corte": corte,
        "exigible": exigible,
        "validado": validado,
    }
    medida = calculo.semaforo_actividad(ejecutado=ejecutado, programado=programado, **terminos)

    en_rango(medida)
    assert medida.semaforo in set(Semaforo) - {Semaforo.SIN_MATRIZ}
    otra_vez = calculo.semaforo_actividad(
        ejecutado=medida.ejecutado, programado=medida.programado, **terminos
    )
    assert otra_vez == medida


ORDEN = ["ROJO", "AMARILLO", "VERDE"]


@given(puntos, puntos, st.decimals(CENTESIMA, 100, places=2))
def test_hacer_mas_nunca_empeora_el_color(uno, otro, programado):
    menos, mas = sorted((uno, otro))
    colores = [
        calculo.nivel([AccionMedida("1.1.1", e, programado, "VERDE", 0, 0)]).semaforo.value
        for e in (menos, mas)
    ]
    lugares = [9 if color == "FINALIZADA" else ORDEN.index(color) for color in colores]

    assert lugares[0] <= lugares[1]


@given(varias, fechas)
def test_accion_es_la_media_recalculada_de_sus_actividades(suyas, corte):
    resultado = calculo.accion(suyas, corte=corte)
    vivas = [una for una in suyas if una.situacion != "CANCELADA"]

    assert resultado.n_canceladas == len(suyas) - len(vivas)
    if not vivas:
        assert (resultado.semaforo, resultado.ejecutado) == ("CANCELADA", None)
        return
    total = sum(una.peso or 1 for una in vivas)
    ejecutado = sum(una.ejecutado * (una.peso or 1) for una in vivas) / total
    programado = sum(una.programado * (una.peso or 1) for una in vivas) / total
    assert resultado.ejecutado in {calculo.a_dos(ejecutado), Decimal("99.99")}
    assert abs(resultado.ejecutado - ejecutado) <= CENTESIMA
    assert resultado.programado == calculo.a_dos(programado)
    assert (resultado.ejecutado == 100) == all(una.ejecutado == 100 for una in vivas)
    assert resultado.brecha == resultado.ejecutado - resultado.programado
    en_rango(resultado)


@given(varias, fechas, st.randoms())
def test_accion_no_mira_el_orden(suyas, corte, azar):
    revueltas = azar.sample(suyas, len(suyas))

    assert calculo.accion(suyas, corte=corte) == calculo.accion(revueltas, corte=corte)


@given(st.lists(actividades(), min_size=1, max_size=6), fechas)
def test_accion_con_pesos_iguales_da_lo_mismo_que_sin_pesos(suyas, corte):
    pesadas = [replace(una, peso=Decimal("12.5")) for una in suyas]

    assert calculo.accion(suyas, corte=corte) == calculo.accion(pesadas, corte=corte)


@settings(max_examples=50)
@given(st.lists(varias, max_size=6), fechas, st.randoms())
def test_nivel_sale_de_sus_acciones_en_cualquier_orden(por_accion, corte, azar):
    medidas = [calculo.accion(suyas, corte=corte) for suyas in por_accion]
    acciones = [
        AccionMedida(
            codigo=f"1.1.{numero}",
            ejecutado=una.ejecutado,
            programado=una.programado,
            semaforo=una.semaforo,
            exigidos=una.exigidos,
            recibidos=una.recibidos,
            a_tiempo=una.a_tiempo,
        )
        for numero, una in enumerate(medidas, 1)
    ]
    resultado = calculo.nivel(acciones)
    computan = [una for una in acciones if una.ejecutado is not None]

    assert resultado == calculo.nivel(azar.sample(acciones, len(acciones)))
    assert resultado.n_acciones == sum(resultado.por_semaforo.values()) == len(acciones)
    assert resultado.n_computadas == len(computan)
    assert resultado.exigidos == sum(una.exigible for suyas in por_accion for una in suyas)
    if not computan:
        assert (resultado.ejecutado, resultado.semaforo) == (None, None)
        return
    exacto = sum(una.ejecutado for una in computan) / len(computan)
    assert abs(resultado.ejecutado - exacto) <= CENTESIMA
    en_rango(resultado)


@given(st.integers(0, 500), st.data())
def test_cobertura_y_oportunidad_son_porcentajes(exigidos, data):
    recibidos = data.draw(st.integers(0, exigidos))
    a_tiempo = data.draw(st.integers(0, recibidos))
    resultado = calculo.cobertura(exigidos, recibidos, a_tiempo)

    if exigidos == 0:
        assert (resultado.cobertura, resultado.oportunidad) == (None, None)
    else:
        assert 0 <= resultado.oportunidad <= resultado.cobertura <= 100


@given(st.lists(cantidades, min_size=12, max_size=12))
def test_los_dos_relojes_suman_el_mismo_anio(doce):
    dos = calculo.meses(doce)

    assert dos.s1 + dos.s2 == dos.c1 + dos.c2 + dos.c3 == dos.total == sum(doce)


@given(metas, st.lists(st.tuples(cantidades, cantidades | st.none()), max_size=6))
def test_la_ultima_publicacion_coincide_con_la_serie_vigente_si_ya_todo_se_conoce(meta, dadas):
    periodos = [
        calculo.PeriodoRectificable(f"P{k}", antes, despues, None if despues is None else f"P{k}")
        for k, (antes, despues) in enumerate(dadas)
    ]
    dos = calculo.series(meta, periodos)

    assert dos.vigente == dos.como_se_publico


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9))
def test_redondear_lo_redondeado_no_cambia_nada(valor):
    guardado = calculo.a_dos(valor)

    assert calculo.a_dos(guardado) == guardado
    assert abs(guardado - valor) <= CENTESIMA / 2
    assert str(guardado) != "-0.00"
