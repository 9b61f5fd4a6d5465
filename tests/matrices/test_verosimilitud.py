"""Las advertencias de verosimilitud: qué llama la atención, qué no, y quién lo ve."""

from decimal import Decimal

import pytest

from matrices.verosimilitud import Contexto, advertencias_de, contextos, juzgar
from tests.fabricas import ActividadFactory, AvanceFactory, EvidenciaFactory, PeriodoFactory

LOGRO = "Se capacitó a cuarenta personas en la cabecera departamental."


def codigos(declarado=None, *, ejecutado=30, previo=20, **contexto):
    dado = {"evidencias": [{"sha256": "0"}], **(declarado or {})}
    halladas = juzgar(
        dado,
        ejecutado=None if ejecutado is None else Decimal(ejecutado),
        ejecutado_previo=None if previo is None else Decimal(previo),
        contexto=Contexto(**contexto),
    )
    assert all(una.texto.endswith(".") for una in halladas)
    return [una.codigo for una in halladas]


@pytest.mark.parametrize(
    ("ejecutado", "previo", "esperado"),
    [
        ("19.99", "20", ["retroceso"]),
        ("20", "20", []),
        ("59.99", "20", []),
        ("60", "20", ["salto"]),
        ("40", None, ["salto"]),
        (None, "20", []),
    ],
)
def test_la_cifra_llama_la_atencion_si_baja_o_salta(ejecutado, previo, esperado):
    assert codigos(ejecutado=ejecutado, previo=previo) == esperado


def test_un_hito_pesado_no_es_un_salto():
    assert codigos(ejecutado=80, previo=0, modo="HITOS") == []


@pytest.mark.parametrize(
    ("ejecutado", "previo", "esperado"),
    [
        (100, 90, ["completa_sin_evidencia"]),
        (99, 90, ["sube_sin_evidencia"]),
        (100, 100, []),
        (90, 90, []),
    ],
)
def test_subir_sin_evidencia_se_dice(ejecutado, previo, esperado):
    assert codigos({"evidencias": []}, ejecutado=ejecutado, previo=previo) == esperado


@pytest.mark.parametrize(
    ("situacion", "ejecutado", "esperado"),
    [
        ("FINALIZADA", 30, ["finalizada_incompleta"]),
        ("FINALIZADA", None, ["finalizada_incompleta"]),
        ("NO_INICIADA", 30, ["no_iniciada_con_avance"]),
        ("EN_EJECUCION", 30, []),
        ("", 30, []),
    ],
)
def test_la_situacion_que_no_cuadra_con_la_cifra(situacion, ejecutado, esperado):
    assert codigos({"situacion_reportada": situacion}, ejecutado=ejecutado) == esperado


def test_texto_igual_al_anterior_se_dice_salvo_sin_cambios():
    dado = {"logro": f" {LOGRO} ", "limitante": "Ninguna."}
    anterior = {"logro": LOGRO, "limitante": "Ninguna."}

    assert codigos(dado, anterior=anterior) == ["texto_repetido"]
    assert codigos({**dado, "logro": LOGRO + " Y más."}, anterior=anterior) == []
    assert codigos({**dado, "sin_cambios": True}, anterior=anterior) == []


def test_texto_de_otra_actividad_la_nombra():
    hallada = juzgar(
        {"logro": LOGRO},
        ejecutado=None,
        ejecutado_previo=None,
        contexto=Contexto(gemelos={"logro": "1.1.3-2"}),
    )

    assert [str(una) for una in hallada] == ["«Logro» es igual al de la actividad 1.1.3-2."]


@pytest.mark.parametrize(
    ("dinero", "contexto", "esperado"),
    [
        ({"presupuesto_vigente": "100", "devengado": "100"}, {}, []),
        ({"presupuesto_vigente": "100", "devengado": "100.01"}, {}, ["gasto_mayor_que_vigente"]),
        ({"presupuesto_vigente": "100", "devengado": None}, {}, []),
        ({"presupuesto_vigente": None, "devengado": "100"}, {}, []),
        (
            {"presupuesto_vigente": "100", "devengado": "10"},
            {"anterior": {"devengado": Decimal(20)}, "mismo_ejercicio": True},
            ["gasto_menor_que_antes"],
        ),
        (
            {"presupuesto_vigente": "100", "devengado": "10"},
            {"anterior": {"devengado": Decimal(20)}, "mismo_ejercicio": False},
            [],
        ),
        (
            {"presupuesto_vigente": "100", "devengado": "10"},
            {"estructura": {(Decimal(100), Decimal(10))}},
            [],
        ),
        (
            {"presupuesto_vigente": "100", "devengado": "10"},
            {"estructura": {(Decimal(100), Decimal(11))}},
            ["estructura_distinta"],
        ),
    ],
)
def test_el_dinero_que_no_cuadra(dinero, contexto, esperado):
    assert codigos(dinero, **contexto) == esperado


def test_sin_cambios_cuenta_los_semestres_seguidos():
    hallada = juzgar(
        {"sin_cambios": True, "evidencias": []},
        ejecutado=Decimal(20),
        ejecutado_previo=Decimal(20),
        contexto=Contexto(sin_cambios=2),
    )

    assert [str(una) for una in hallada] == ["Semestres seguidos «Sin cambios»: 3."]
    assert codigos({"sin_cambios": True}, ejecutado=20) == []


# Con qué se compara ----------------------------------------------------------------------------
def dos_semestres(elenco, **anterior):
    actividad = ActividadFactory(responsable=elenco.responsable, programa_presupuestario="P-11")
    plan = actividad.matriz.accion.objetivo.programa.plan
    AvanceFactory(
        actividad=actividad,
        periodo=PeriodoFactory(plan=plan, anio=2020, semestre=2, estado="CORTADO"),
        estado="CONSOLIDADO",
        **anterior,
    )
    return AvanceFactory(
        actividad=actividad,
        periodo=PeriodoFactory(plan=plan),
        estado="BORRADOR",
        logro=LOGRO,
        presupuesto_vigente=100,
        devengado=50,
    )


@pytest.mark.django_db
def test_el_contexto_sale_del_ultimo_validado_y_de_los_demas(elenco):
    avance = dos_semestres(elenco, logro=LOGRO, devengado=80, sin_cambios=True)
    otro = AvanceFactory(
        periodo=avance.periodo,
        estado="BORRADOR",
        logro=LOGRO,
        presupuesto_vigente=100,
        devengado=60,
        actividad__responsable=elenco.responsable,
        actividad__programa_presupuestario="P-11",
    )

    contexto = contextos([avance], para=elenco.planificadora)[avance.pk]

    assert contexto.anterior["logro"] == LOGRO
    assert contexto.gemelos == {"logro": str(otro.actividad)}
    assert contexto.estructura == {(Decimal(100), Decimal(60))}
    assert (contexto.mismo_ejercicio, contexto.sin_cambios) == (False, 1)


@pytest.mark.django_db
def test_el_texto_escrito_manda_sobre_el_guardado(elenco):
    avance = dos_semestres(elenco)
    otro = AvanceFactory(
        periodo=avance.periodo,
        estado="BORRADOR",
        limitante=LOGRO,
        actividad__responsable=elenco.responsable,
    )

    contexto = contextos(
        [avance], para=elenco.planificadora, escritos={avance.pk: {"limitante": LOGRO}}
    )[avance.pk]

    assert contexto.gemelos == {"limitante": str(otro.actividad)}


@pytest.mark.django_db
def test_el_texto_que_no_se_puede_leer_no_delata_a_nadie(elenco):
    avance = dos_semestres(elenco)
    AvanceFactory(
        periodo=avance.periodo,
        estado="BORRADOR",
        logro=LOGRO,
        actividad__responsable=elenco.otra,
    )

    assert contextos([avance], para=elenco.planificadora)[avance.pk].gemelos == {}


@pytest.mark.django_db
def test_quien_no_lee_el_texto_no_recibe_advertencias(elenco):
    avance = dos_semestres(elenco, logro=LOGRO)

    suyas = advertencias_de([avance], para=elenco.planificadora)[avance.pk]

    assert [una.codigo for una in suyas] == ["texto_repetido"]
    assert advertencias_de([avance], para=elenco.analista) == {avance.pk: []}
    assert advertencias_de([avance], para=elenco.ajena) == {avance.pk: []}


@pytest.mark.django_db
@pytest.mark.parametrize("cuantas", [1, 3])
def test_las_advertencias_no_crecen_en_consultas(elenco, cuantas, django_assert_num_queries):
    avances = [dos_semestres(elenco) for _ in range(cuantas)]
    for uno in avances:
        EvidenciaFactory(avance=uno)

    with django_assert_num_queries(8):  # anteriores, textos, estructura; y lo declarado, en cinco
        advertencias_de(avances, para=elenco.planificadora)
