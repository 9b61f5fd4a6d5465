"""Nada de lo que se publica deja deducir una fila retenida; y lo que se puede decir, se dice."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from informes import supresion
from informes.supresion import CONTEO, MEDIA, Agregado, deducibles, publicables

FILAS = [f"fila{n}" for n in range(6)]


def agregado(nombre, pesos, sistema=MEDIA, filas=None):
    vector = {fila: Fraction(peso) for fila, peso in pesos.items()}
    return Agregado(("PLAN", nombre), frozenset(filas or vector), ((sistema, vector),))


def test_publicables_con_tres_filas_y_dos_retenidas_sale():
    todos = [agregado("plan", {"a": 1, "b": 1, "c": 1})]

    assert publicables(todos, {"a", "b"}) == {("PLAN", "plan")}


def test_publicables_con_una_sola_retenida_no_sale():
    todos = [agregado("plan", {"a": 1, "b": 1, "c": 1})]

    assert publicables(todos, {"a"}) == set()


def test_publicables_con_menos_de_tres_filas_no_sale_aunque_todas_sean_publicas():
    assert publicables([agregado("accion", {"a": 1, "b": 1})], set()) == set()


def test_publicables_sin_filas_no_tiene_que_ocultar():
    vacia = Agregado(("ACCION", "1.5.15"), frozenset(), ())

    assert publicables([vacia], {"a"}) == {("ACCION", "1.5.15")}


def test_publicables_niega_la_resta_de_un_nivel_y_su_parte():
    plan = agregado("plan", {"a": 1, "b": 1, "c": 1, "x": 1})
    parte = agregado("parte", {"a": 1, "b": 1, "x": 1})

    assert publicables([plan, parte], {"a", "b", "c"}) == {("PLAN", "plan")}


def test_publicables_niega_la_combinacion_de_tres():
    """(a+b) + (b+c) − (a+c) = 2b: ninguna pareja aísla, las tres juntas sí."""
    parejas = [
        agregado("ab", {"a": 1, "b": 1, "x": 1}),
        agregado("bc", {"b": 1, "c": 1, "x": 1}),
        agregado("ac", {"a": 1, "c": 1, "x": 1}),
    ]

    assert publicables(parejas, {"a", "b", "c"}) == {("PLAN", "ab"), ("PLAN", "bc")}


def test_publicables_mira_aparte_las_medias_y_los_conteos():
    """Con pesos distintos, la media de un nivel y el conteo de otro no se restan."""
    media = agregado("media", {"a": 3, "b": 1, "x": 1})
    conteo = agregado("conteo", {"b": 1, "c": 1, "x": 1}, CONTEO)

    assert len(publicables([media, conteo], {"a", "b", "c"})) == 2


def test_publicables_retiene_entero_lo_que_falla_en_un_solo_sistema():
    doble = Agregado(
        ("PLAN", "doble"),
        frozenset("abx"),
        (
            (MEDIA, {"a": Fraction(1), "b": Fraction(1)}),
            (MEDIA, {"a": Fraction(1), "b": Fraction(2)}),
        ),
    )

    assert publicables([doble], {"a", "b"}) == set()


def test_deducibles_nombra_la_fila_que_queda_sola():
    dichos = [
        agregado("plan", {"a": 1, "b": 1, "x": 1}),
        agregado("parte", {"a": 1, "x": 1, "y": 1}),
    ]

    assert deducibles(dichos, {"a", "b"}) == {"a", "b"}


# Contra quien sabe restar -----------------------------------------------------------------------
def rango(matriz):
    """El rango, por eliminación sin más: otra cuenta que la de `supresion`."""
    filas, hechas = [list(fila) for fila in matriz], 0
    for columna in range(len(FILAS)):
        pivote = next((k for k in range(hechas, len(filas)) if filas[k][columna]), None)
        if pivote is None:
            continue
        filas[hechas], filas[pivote] = filas[pivote], filas[hechas]
        for k in range(hechas + 1, len(filas)):
            veces = filas[k][columna] / filas[hechas][columna]
            filas[k] = [
                uno - veces * otro for uno, otro in zip(filas[k], filas[hechas], strict=True)
            ]
        hechas += 1
    return hechas


def atacar(agregados, retenidas):
    """Las retenidas cuyo vector unitario no agrega rango a lo publicado."""
    orden = sorted(retenidas)
    halladas = set()
    for sistema in (MEDIA, CONTEO):
        ecuaciones = [
            [vector.get(fila, Fraction(0)) if fila in retenidas else Fraction(0) for fila in FILAS]
            for uno in agregados
            for cual, vector in uno.vectores
            if cual == sistema
        ]
        for fila in orden:
            sola = [Fraction(fila == otra) for otra in FILAS]
            if ecuaciones and rango([*ecuaciones, sola]) == rango(ecuaciones):
                halladas.add(fila)
    return halladas


PESO = st.fractions(min_value=0, max_value=3, max_denominator=4)
VECTOR = st.dictionaries(st.sampled_from(FILAS), PESO, min_size=1)
VECTORES = st.lists(st.tuples(st.sampled_from([MEDIA, CONTEO]), VECTOR), min_size=1, max_size=3)


@st.composite
def conjuntos(draw):
    return [
        Agregado(("PLAN", str(k)), frozenset().union(*(v for _s, v in vectores)), tuple(vectores))
        for k, vectores in enumerate(draw(st.lists(VECTORES, max_size=7)))
    ]


@settings(max_examples=80, deadline=None)
@given(conjuntos(), st.sets(st.sampled_from(FILAS)))
def test_publicables_nunca_deja_deducir_una_retenida(agregados, retenidas):
    salen = publicables(agregados, retenidas)
    dichos = [uno for uno in agregados if uno.clave in salen]

    assert atacar(dichos, retenidas) == set()


@settings(max_examples=80, deadline=None)
@given(conjuntos(), st.sets(st.sampled_from(FILAS)))
def test_publicables_no_calla_de_mas(agregados, retenidas):
    """Lo que no sale tenía menos de tres filas, o junto con lo anterior aísla alguna."""
    salen = publicables(agregados, retenidas)
    dichos = []
    for uno in agregados:
        if uno.clave in salen:
            dichos.append(uno)
        elif len(uno.filas) >= supresion.MINIMO:
            assert atacar([*dichos, uno], retenidas)


@settings(max_examples=80, deadline=None)
@given(conjuntos(), st.sets(st.sampled_from(FILAS)))
def test_deducibles_halla_lo_mismo_que_la_fuerza_bruta(agregados, retenidas):
    assert deducibles(agregados, retenidas) == atacar(agregados, retenidas)
