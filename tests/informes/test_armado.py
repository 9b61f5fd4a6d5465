"""De la base a lo que un corte dice: las cifras guardadas, los textos que se leen, los cortes."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from informes import armado
from informes.contenido import CNS, PUBLICA
from informes.models import ContenidoSellado, Corte
from instituciones.canonico import huella
from matrices.models import Avance, Rectificacion
from tests.fabricas import (
    AccionFactory,
    ActividadFactory,
    AvanceFactory,
    CooperacionFactory,
    EvidenciaFactory,
    GrupoFactory,
    HitoFactory,
    InstitucionFactory,
    MatrizFactory,
    ObjetivoFactory,
    ObservacionFactory,
    PeriodoFactory,
    PertenenciaFactory,
    RecomendacionFactory,
    ResolucionFactory,
    ResponsabilidadFactory,
    ResultadoFactory,
    TramiteFactory,
    ValorFactory,
)

pytestmark = pytest.mark.django_db
MOMENTO = datetime(2021, 8, 10, 15, tzinfo=UTC)
MEDIDO = {
    "ejecutado": Decimal("33.33"),
    "ejecutado_previo": Decimal("10.00"),
    "programado": Decimal("50.00"),
    "programado_original": Decimal("60.00"),
    "indice": Decimal("66.66"),
    "brecha": Decimal("-16.67"),
    "semaforo": "ROJO",
    "fin_medido": date(2022, 6, 30),
    "situacion_medida": "VIGENTE",
    "porcentaje": Decimal("33.33"),
    "logro": "Se aprobó la norma.",
    "limitante": "Faltó presupuesto.",
}


@pytest.fixture
def periodo():
    return PeriodoFactory(estado="CORTADO")


@pytest.fixture
def matriz(periodo):
    return MatrizFactory(accion__objetivo__programa__plan=periodo.plan)


def avance_en(matriz, periodo, actividad=None, **datos):
    """Un avance ya medido, consolidado salvo que se diga otra cosa, de una actividad nueva."""
    fila = ActividadFactory(matriz=matriz, **(actividad or {}))
    return AvanceFactory(
        periodo=periodo, actividad=fila, **{"estado": "CONSOLIDADO", **MEDIDO, **datos}
    )


def armar(periodo, elenco, **ctx):
    datos = {"numero": 1, "momento": MOMENTO, **ctx}
    return armado.armar(periodo, por=elenco.coordinadora, **datos)


def la_del_cns(periodo, elenco, **ctx):
    return armar(periodo, elenco, **ctx)[CNS]


def sellar(periodo, elenco, ediciones, numero=1, sustituye_a=None):
    corte = Corte.objects.create(
        periodo=periodo,
        numero=numero,
        sustituye_a=sustituye_a,
        motivo="Rectificación." if numero > 1 else "",
        hecho_por=elenco.coordinadora,
        momento=MOMENTO,
    )
    for edicion, contenido in ediciones.items():
        texto = contenido.canonico()
        ContenidoSellado.objects.create(
            corte=corte, edicion=edicion, contenido=texto, huella=huella(texto)
        )
    return corte


# Lo que se lee -----------------------------------------------------------------------------------
def test_armar_dice_las_cifras_guardadas_sin_volver_a_calcularlas(periodo, matriz, elenco):
    avance_en(matriz, periodo, porcentaje=Decimal("99.00"))

    una = la_del_cns(periodo, elenco).actividades[0]

    assert (una.ejecutado, una.programado) == (Decimal("33.33"), Decimal("50.00"))
    assert (una.indice, una.brecha, una.semaforo) == (Decimal("66.66"), Decimal("-16.67"), "ROJO")
    assert una.programado_original == Decimal("60.00")
    assert una.fin_vigente == date(2022, 6, 30)


def test_armar_consolida_la_accion_desde_esas_cifras(periodo, matriz, elenco):
    avance_en(matriz, periodo)
    avance_en(matriz, periodo, ejecutado=Decimal("66.67"))

    contenido = la_del_cns(periodo, elenco)

    assert contenido.acciones[0].ejecutado == Decimal("50.00")
    assert contenido.acciones[0].semaforo == "VERDE"
    assert contenido.acciones[0].impacto == matriz.impacto


def test_armar_incluye_la_accion_sin_matriz(periodo, matriz, elenco):
    avance_en(matriz, periodo)
    AccionFactory(objetivo=matriz.accion.objetivo)

    contenido = la_del_cns(periodo, elenco)

    assert [una.sin_matriz for una in contenido.acciones] == [False, True]
    assert (contenido.total.n_acciones, contenido.total.n_computadas) == (2, 1)


def test_armar_de_lo_que_sigue_en_tramite_cuenta_lo_ultimo_validado(periodo, matriz, elenco):
    avance_en(matriz, periodo, estado="REMITIDO")

    una = la_del_cns(periodo, elenco).actividades[0]

    assert (una.ejecutado, una.semaforo) == (Decimal("10.00"), "SIN_REPORTE")
    assert (una.validado, una.arrastrado) == (False, True)
    assert una.indice == Decimal("20.00")


@pytest.mark.parametrize("estado", ["NO_REPORTADO", "REMITIDO", "BORRADOR"])
def test_armar_no_cuenta_el_texto_de_lo_que_no_se_valido(periodo, matriz, elenco, estado):
    avance = avance_en(matriz, periodo, estado=estado, requiere_decision_cns=True)
    EvidenciaFactory(avance=avance)

    contenido = la_del_cns(periodo, elenco)

    una = contenido.actividades[0]
    assert (una.logro, una.limitante, una.porcentaje, una.evidencias) == ("", "", None, ())
    assert contenido.candidatas_a_decision == ()
    assert "Se aprobó" not in contenido.canonico()


def test_armar_nombra_rectora_participantes_y_expande_los_grupos_al_corte(periodo, matriz, elenco):
    grupo = GrupoFactory(sigla="SNS")
    sie, minex = InstitucionFactory(sigla="SIE"), InstitucionFactory(sigla="MINEX")
    for miembro, datos in (
        (sie, {}),
        (minex, {"hasta": date(2021, 1, 1)}),
        (elenco.responsable, {}),
        (elenco.otra, {"reporta_por": None}),
    ):
        PertenenciaFactory(grupo=grupo, institucion=miembro, **datos)
    ResponsabilidadFactory(accion=matriz.accion, institucion=elenco.responsable, presunta=True)
    ResponsabilidadFactory(
        accion=matriz.accion, institucion=None, grupo=grupo, rol="PARTICIPANTE", orden=2
    )

    accion = la_del_cns(periodo, elenco).acciones[0]

    assert (accion.rectora, accion.presunta) == ("MINGOB", True)
    assert accion.participantes == ("SNS",)
    assert accion.obligados == ("SIE",)


def test_armar_trae_hitos_cooperantes_y_lo_observado_sin_su_texto(periodo, matriz, elenco):
    avance = avance_en(matriz, periodo, actividad={"modo": "HITOS"}, ronda=1)
    hito = HitoFactory(actividad=avance.actividad, numero=1)
    avance.hitos_cumplidos.create(hito=hito, fecha=date(2021, 5, 1))
    CooperacionFactory(actividad=avance.actividad, institucion=elenco.otra)
    ObservacionFactory(avance=avance, campo="logro", texto="SECRETO DE REVISIÓN")

    contenido = la_del_cns(periodo, elenco)
    una = contenido.actividades[0]

    assert una.hitos[0].cumplido == date(2021, 5, 1)
    assert [(otra.sigla, otra.rol) for otra in una.cooperantes] == [("MINDEF", "COOPERACION")]
    assert [(otra.campo, otra.estado) for otra in una.observaciones] == [("logro", "ABIERTA")]
    assert "SECRETO" not in contenido.canonico()


def test_armar_trae_resultados_hasta_el_corte_con_su_avance(periodo, matriz, elenco):
    resultado = ResultadoFactory(plan=periodo.plan)
    ValorFactory(resultado=resultado, fecha=date(2021, 6, 30))
    ValorFactory(resultado=resultado, fecha=date(2021, 7, 1))

    dicho = la_del_cns(periodo, elenco).resultados[0]

    assert [valor.avance for valor in dicho.valores] == [Decimal("45.45")]


def test_armar_trae_propuestas_y_recomendaciones_del_plan(periodo, matriz, elenco):
    TramiteFactory(propuesta__plan=periodo.plan, documento="Oficio 7")
    RecomendacionFactory(periodo=periodo, numero="IG-1")
    RecomendacionFactory(numero="IG-ajena")

    contenido = la_del_cns(periodo, elenco)

    assert contenido.propuestas[0].tramites[0].documento == "Oficio 7"
    assert [una.numero for una in contenido.igsns] == ["IG-1"]


def test_armar_no_mezcla_otro_plan_ni_otro_periodo(periodo, matriz, elenco):
    avance = avance_en(matriz, periodo)
    AvanceFactory(
        actividad=avance.actividad,
        periodo=PeriodoFactory(plan=periodo.plan, semestre=2),
        **MEDIDO,
    )
    AvanceFactory(estado="CONSOLIDADO", **MEDIDO)

    contenido = la_del_cns(periodo, elenco)

    assert len(contenido.actividades) == len(contenido.acciones) == 1


def test_armar_no_nombra_a_la_institucion_que_solo_es_de_otro_plan(periodo, matriz, elenco):
    avance_en(matriz, periodo)
    otro = MatrizFactory()
    otra_casa = InstitucionFactory(reporta=True)
    ResponsabilidadFactory(accion=otro.accion, institucion=otra_casa)
    obligada = InstitucionFactory(reporta=True)
    ResponsabilidadFactory(accion=matriz.accion, institucion=obligada, rol="PARTICIPANTE")

    siglas = {una.sigla for una in la_del_cns(periodo, elenco).instituciones}

    assert obligada.sigla in siglas
    assert otra_casa.sigla not in siglas


def test_armar_avisa_que_son_datos_de_demostracion(periodo, matriz, elenco):
    avance_en(matriz, periodo)
    assert not la_del_cns(periodo, elenco).es_demo

    matriz.es_demo = True
    matriz.save()

    assert la_del_cns(periodo, elenco).es_demo


# Los textos que se leen --------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("clase", "tapa"),
    [
        ("CONFIDENCIAL", "[Confidencial]"),
        ("RESERVADA", "[Reservado: resolución R-1]"),
        ("SIN_CLASIFICAR", "[Sin clasificar]"),
    ],
)
def test_armar_lo_que_no_es_publico_por_ley_deja_cifras_y_calla_textos(
    periodo, matriz, elenco, clase, tapa
):
    resolucion = ResolucionFactory(numero="R-1") if clase == "RESERVADA" else None
    actividad = {"clasificacion": clase, "resolucion": resolucion, "descripcion": "SECRETO"}
    propio = {"clasificacion": "PUBLICA", "resolucion": None, "logro": "SECRETO"}
    avance = avance_en(matriz, periodo, actividad=actividad, **propio)
    EvidenciaFactory(avance=avance, titulo="SECRETO", sha256="c" * 64)

    contenido = la_del_cns(periodo, elenco)
    una = contenido.actividades[0]

    assert (una.descripcion, una.logro, una.reservado) == (tapa, tapa, tapa)
    assert una.ejecutado == Decimal("33.33")
    assert una.evidencias[0].titulo == tapa
    assert "SECRETO" not in contenido.canonico()
    assert "c" * 64 not in contenido.canonico()


def test_armar_lo_restringido_pero_publico_por_ley_se_lee_en_la_edicion_del_cns(
    periodo, matriz, elenco
):
    avance_en(matriz, periodo, actividad={"visibilidad": "RESTRINGIDA"})

    ediciones = armar(periodo, elenco)

    assert ediciones[CNS].actividades[0].logro == "Se aprobó la norma."
    assert ediciones[CNS].actividades[0].visibilidad == "RESTRINGIDA"
    assert ediciones[PUBLICA].actividades == ()


def test_armar_la_evidencia_tiene_su_propia_categoria(periodo, matriz, elenco):
    avance = avance_en(matriz, periodo)
    EvidenciaFactory(avance=avance, titulo="Acta")
    EvidenciaFactory(avance=avance, titulo="SECRETO", clasificacion="CONFIDENCIAL")

    contenido = la_del_cns(periodo, elenco)

    assert [una.titulo for una in contenido.actividades[0].evidencias] == [
        "Acta",
        "[Confidencial]",
    ]
    assert contenido.actividades[0].logro == "Se aprobó la norma."


def test_armar_la_edicion_publica_no_trae_lo_retenido(periodo, matriz, elenco):
    for _vez in range(3):
        avance_en(matriz, periodo)
    avance_en(matriz, periodo, actividad={"visibilidad": "INTERNA"}, logro="SECRETO")

    ediciones = armar(periodo, elenco)

    assert "SECRETO" in ediciones[CNS].canonico()
    assert "SECRETO" not in ediciones[PUBLICA].canonico()
    assert [uno.cuantas for uno in ediciones[PUBLICA].retenidos] == [1]
    assert ediciones[PUBLICA].acciones[0].retenido
    assert armado.lo_que_se_deduce(ediciones[CNS], ediciones[PUBLICA]) == []


# Cuántas consultas -------------------------------------------------------------------------------
@pytest.mark.parametrize("cuantas", [1, 3])
def test_armar_no_crece_en_consultas(periodo, elenco, cuantas, django_assert_num_queries):
    objetivo = ObjetivoFactory(programa__plan=periodo.plan)
    for _vez in range(cuantas):
        matriz = MatrizFactory(accion__objetivo=objetivo)
        avance = avance_en(matriz, periodo, actividad={"modo": "HITOS"})
        HitoFactory(actividad=avance.actividad)
        EvidenciaFactory(avance=avance)
        CooperacionFactory(actividad=avance.actividad)
        ObservacionFactory(avance=avance)
        ResponsabilidadFactory(accion=matriz.accion)
        ValorFactory(resultado__plan=periodo.plan)
        TramiteFactory(propuesta__plan=periodo.plan)
        RecomendacionFactory(periodo=periodo)

    with django_assert_num_queries(25):
        contenido = la_del_cns(periodo, elenco)

    assert len(contenido.actividades) == cuantas


# Los cortes que se comparan ----------------------------------------------------------------------
def test_armar_compara_con_el_corte_en_vigor_del_semestre_anterior(periodo, matriz, elenco):
    avance = avance_en(matriz, periodo)
    corte = sellar(periodo, elenco, armar(periodo, elenco))
    siguiente = PeriodoFactory(plan=periodo.plan, semestre=2, estado="CORTADO")
    AvanceFactory(
        actividad=avance.actividad,
        periodo=siguiente,
        estado="CONSOLIDADO",
        **{**MEDIDO, "ejecutado": Decimal("43.33")},
    )

    contenido = la_del_cns(siguiente, elenco)

    assert (contenido.anterior.periodo, contenido.anterior.corte) == ("2021-S1", 1)
    assert contenido.anterior.huella == corte.sellado_de(CNS).huella
    assert contenido.total.ejecutado_anterior == Decimal("33.33")
    assert contenido.total.delta == Decimal("10.00")
    del_plan = [uno for uno in contenido.serie if uno.nivel == "PLAN"]
    assert [(uno.periodo, uno.ejecutado) for uno in del_plan] == [
        ("2021-S1", Decimal("33.33")),
        ("2021-S2", Decimal("43.33")),
    ]


# El corte que sustituye a otro -------------------------------------------------------------------
def rectificar(avance, campos, numero=2):
    return Rectificacion.objects.create(
        avance=avance,
        motivo="Se contó dos veces.",
        campos=campos,
        estado="APLICADA",
        corte_numero=numero,
        solicitada_en=MOMENTO,
    )


@pytest.fixture
def sellado(periodo, matriz, elenco):
    """Un semestre con dos avances, ya sellado; el primero se rectificó después."""
    avance = avance_en(matriz, periodo, ejecutado=Decimal("50.00"))
    avance_en(matriz, periodo, ejecutado=Decimal("50.00"))
    ediciones = armar(periodo, elenco)
    sellar(periodo, elenco, ediciones)
    rectificar(
        avance,
        {
            "porcentaje": {"antes": "50.00", "despues": "30.00"},
            "logro": {"antes": "Se aprobó la norma.", "despues": "Se redactó la norma."},
        },
    )
    Avance.objects.filter(pk=avance.pk).update(
        ejecutado=Decimal("30.00"), indice=Decimal("60.00"), semaforo="ROJO"
    )
    return avance, ediciones[CNS]


def de_nuevo(periodo, elenco, base):
    return armar(periodo, elenco, numero=2, motivo="Se rectificó 2021-S1.", base=base)


def test_cortar_de_nuevo_cambia_solo_lo_rectificado_y_lo_consolida(periodo, elenco, sellado):
    _avance, base = sellado

    nuevo = de_nuevo(periodo, elenco, base)[CNS]

    assert [una.ejecutado for una in nuevo.actividades] == [Decimal("30.00"), Decimal("50.00")]
    assert nuevo.actividades[0].logro == "Se redactó la norma."
    assert nuevo.actividades[0].porcentaje == Decimal("30.00")
    assert nuevo.actividades[0].rectificado
    assert nuevo.actividades[1] == base.actividades[1]
    assert nuevo.acciones[0].ejecutado == Decimal("40.00")
    assert (nuevo.corte.numero, nuevo.corte.sustituye) == (2, 1)


def test_cortar_de_nuevo_no_mueve_fechas_ni_p_ni_descripciones(periodo, elenco, sellado):
    avance, base = sellado
    avance.actividad.fin_vigente = date(2024, 12, 31)
    avance.actividad.descripcion = "Otra cosa"
    avance.actividad.save()

    nuevo = de_nuevo(periodo, elenco, base)[CNS].actividades[0]

    assert nuevo.fin_vigente == base.actividades[0].fin_vigente
    assert nuevo.descripcion == base.actividades[0].descripcion
    assert nuevo.programado == base.actividades[0].programado


def test_cortar_de_nuevo_deja_su_correccion_y_dice_si_es_material(periodo, elenco, sellado):
    avance, base = sellado
    pedida = avance.rectificaciones.get()

    nuevo = de_nuevo(periodo, elenco, base)[CNS]

    assert [(una.campo, una.antes, una.despues) for una in nuevo.correcciones] == [
        ("logro", "Se aprobó la norma.", "Se redactó la norma."),
        ("porcentaje", "50.00", "30.00"),
    ]
    assert {una.clave for una in nuevo.correcciones} == {pedida.pk}
    assert {una.material for una in nuevo.correcciones} == {True}  # la acción baja 10 puntos
    assert nuevo.correcciones[0].accion_antes == Decimal("50.00")
    assert nuevo.correcciones[0].accion_despues == Decimal("40.00")
    assert len(nuevo.fe_de_erratas) == 2


def test_cortar_otra_vez_conserva_las_correcciones_ya_dichas(periodo, elenco, sellado):
    avance, base = sellado
    segundo = de_nuevo(periodo, elenco, base)[CNS]
    rectificar(avance, {"logro": {"antes": "x", "despues": "y"}}, numero=3)

    tercero = armar(periodo, elenco, numero=3, motivo="Otra.", base=segundo)[CNS]

    assert [(una.corte, una.es_de_este_corte) for una in tercero.correcciones] == [
        (2, False),
        (2, False),
        (3, True),
    ]
    assert not tercero.correcciones[-1].material


def test_cortar_de_nuevo_guarda_en_la_serie_lo_publicado_y_lo_rectificado(periodo, elenco, sellado):
    _avance, base = sellado

    punto = de_nuevo(periodo, elenco, base)[CNS].serie[0]

    assert (punto.ejecutado, punto.ejecutado_rectificado) == (Decimal("50.00"), Decimal("40.00"))


def test_cortar_de_nuevo_un_semestre_posterior_dice_de_donde_viene_el_cambio(
    periodo, matriz, elenco
):
    avance = avance_en(matriz, periodo, ejecutado=Decimal("50.00"))
    base = la_del_cns(periodo, elenco)
    sellar(periodo, elenco, {CNS: base})
    Avance.objects.filter(pk=avance.pk).update(ejecutado=Decimal("48.00"))

    nuevo = de_nuevo(periodo, elenco, base)[CNS]

    assert [
        (una.clave, una.campo, una.antes, una.despues, una.motivo, una.material)
        for una in nuevo.correcciones
    ] == [(None, "E", "50.00", "48.00", "Se rectificó 2021-S1.", False)]


def test_cortar_de_nuevo_cierra_lo_que_se_reclasifico_despues(periodo, elenco, sellado):
    avance, base = sellado
    avance.actividad.clasificacion = "CONFIDENCIAL"
    avance.actividad.save()

    ediciones = de_nuevo(periodo, elenco, base)

    una = ediciones[CNS].actividades[0]
    assert (una.clasificacion, una.logro) == ("CONFIDENCIAL", "[Confidencial]")
    assert "Se redactó" not in ediciones[CNS].canonico()
    assert una.clave not in {otra.clave for otra in ediciones[PUBLICA].actividades}


def test_cambian_las_cifras_solo_si_lo_guardado_ya_no_es_lo_dicho(periodo, elenco, sellado):
    _avance, base = sellado
    nuevo = de_nuevo(periodo, elenco, base)[CNS]

    assert armado.cambian_las_cifras(base, periodo, por=elenco.coordinadora)
    assert not armado.cambian_las_cifras(nuevo, periodo, por=elenco.coordinadora)


def test_rectificar_lo_no_reportado_le_da_valores_y_conserva_su_estado(periodo, matriz, elenco):
    avance = avance_en(
        matriz, periodo, estado="NO_REPORTADO", semaforo="SIN_REPORTE", logro="borrador"
    )
    base = la_del_cns(periodo, elenco)
    rectificar(avance, {"logro": {"antes": "borrador", "despues": "Sí se hizo."}})
    Avance.objects.filter(pk=avance.pk).update(ejecutado=Decimal("80.00"))

    una = de_nuevo(periodo, elenco, base)[CNS].actividades[0]

    assert (una.estado, una.logro) == ("NO_REPORTADO", "Sí se hizo.")
    assert una.ejecutado == Decimal("80.00")
    assert una.arrastrado


def test_rectificar_hitos_y_aportes_los_deja_como_quedaron(periodo, matriz, elenco):
    avance = avance_en(matriz, periodo, actividad={"modo": "HITOS"})
    for numero in (1, 2):
        hito = HitoFactory(actividad=avance.actividad, numero=numero, peso=50)
        avance.hitos_cumplidos.create(hito=hito, fecha=date(2021, 5, numero))
    base = la_del_cns(periodo, elenco)
    antes = [{"numero": 1, "fecha": "2021-05-01"}, {"numero": 2, "fecha": "2021-05-02"}]
    rectificar(avance, {"hitos_cumplidos": {"antes": antes, "despues": antes[:1]}})

    nuevo = de_nuevo(periodo, elenco, base)[CNS]

    assert [hito.cumplido for hito in nuevo.actividades[0].hitos] == [date(2021, 5, 1), None]
    assert nuevo.correcciones[0].antes == "hito 1 (2021-05-01); hito 2 (2021-05-02)"
