"""Lo que sale al público: sólo lo que es PUBLICA en los dos sentidos, y nada que lo delate."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from informes.contenido import Anterior, Correccion, Evidencia, Readecuacion, Reserva
from informes.publica import MOTIVO_RETENIDO, edicion_publica, lo_que_se_deduce
from tests.fabricas import AccionDichaFactory, ActividadDichaFactory, contenido_dicho

CANARIO = "CANARIO-7c1f"


def actividad(accion, numero, **cambios):
    return ActividadDichaFactory(accion=accion, numero=numero, **cambios)


def oculta(accion, numero, **cambios):
    """Una fila restringida cuyo texto no debe aparecer."""
    datos = {
        "visibilidad": "RESTRINGIDA",
        "descripcion": CANARIO,
        "logro": CANARIO,
        "ejecutado": Decimal("77.77"),
        **cambios,
    }
    return actividad(accion, numero, **datos)


@pytest.fixture
def completo():
    """Una acción toda pública, una con una fila oculta y otra con dos."""
    return contenido_dicho(
        [
            *(actividad("1.1.1", n) for n in (1, 2, 3)),
            *(actividad("1.1.2", n) for n in (1, 2)),
            oculta("1.1.2", 3),
            actividad("1.1.3", 1),
            oculta("1.1.3", 2),
            oculta("1.1.3", 3, visibilidad="PUBLICA", clases=("PUBLICA", "RESERVADA")),
        ]
    )


def publica(completo, anterior=None):
    return edicion_publica(completo, anterior, None)


def accion_de(contenido, codigo):
    return next(una for una in contenido.acciones if una.codigo == codigo)


def test_solo_salen_las_filas_publicas_en_los_dos_sentidos(completo):
    publico = publica(completo)

    assert [una.clave for una in publico.actividades] == [
        "1.1.1.1",
        "1.1.1.2",
        "1.1.1.3",
        "1.1.2.1",
        "1.1.2.2",
        "1.1.3.1",
    ]
    assert CANARIO in completo.canonico()
    assert CANARIO not in publico.canonico()
    assert "77.77" not in publico.canonico()


def test_se_dice_cuantas_filas_no_salen_y_por_que(completo):
    retenidos = {(uno.filas, uno.fundamento): uno.cuantas for uno in publica(completo).retenidos}

    assert retenidos == {("ACTIVIDAD", "RESTRINGIDA"): 2, ("ACTIVIDAD", "RESERVADA"): 1}


def test_la_accion_con_una_sola_fila_oculta_va_sin_ninguna_cifra(completo):
    dicha = accion_de(publica(completo), "1.1.2")

    assert dicha.retenido
    assert dicha.semaforo == "ND"
    cifras = ("ejecutado", "programado", "indice", "brecha", "cobertura", "exigidos", "recibidos")
    cifras += ("n_actividades", "n_canceladas", "ejecutado_base_original", "delta", "oportunidad")
    assert {getattr(dicha, cifra) for cifra in cifras} == {None}
    assert dicha.enunciado == "Acción 1.1.2"


def test_la_accion_toda_publica_dice_lo_mismo_que_la_edicion_completa(completo):
    dicha, entera = accion_de(publica(completo), "1.1.1"), accion_de(completo, "1.1.1")

    assert dicha.ejecutado == entera.ejecutado == Decimal("45.00")
    assert dicha.semaforo == entera.semaforo


def test_la_accion_con_menos_de_tres_filas_va_sin_cifras_aunque_sean_publicas():
    completo = contenido_dicho([actividad("1.1.1", 1), actividad("1.1.1", 2)])

    assert accion_de(publica(completo), "1.1.1").retenido


def test_la_accion_sin_matriz_no_tiene_que_ocultar_y_lo_dice():
    acciones = [AccionDichaFactory(codigo=codigo) for codigo in ("1.1.1", "1.5.15")]
    completo = contenido_dicho([actividad("1.1.1", n) for n in (1, 2, 3)], acciones)

    publico = publica(completo)

    assert accion_de(publico, "1.5.15").semaforo == "SIN_MATRIZ"
    assert publico.total.por_semaforo == {"VERDE": 1, "SIN_MATRIZ": 1}


def test_los_colores_de_arriba_cuentan_lo_suprimido_como_nd(completo):
    publico = publica(completo)

    assert "ND" not in completo.total.por_semaforo
    assert publico.total.por_semaforo["ND"] == sum(una.retenido for una in publico.acciones)
    assert sum(publico.total.por_semaforo.values()) == 3


def test_de_la_accion_que_no_es_publica_no_queda_rastro_sino_en_la_cuenta(completo):
    acciones = tuple(
        replace(una, visibilidad="RESTRINGIDA", enunciado=CANARIO) if una.codigo == "1.1.3" else una
        for una in completo.acciones
    )
    filas = tuple(
        replace(una, visibilidad="RESTRINGIDA") if una.accion == "1.1.3" else una
        for una in completo.actividades
    )

    publico = publica(replace(completo, acciones=acciones, actividades=filas))

    assert [una.codigo for una in publico.acciones] == ["1.1.1", "1.1.2"]
    assert CANARIO not in publico.canonico()
    assert ("ACCION", "RESTRINGIDA", 1) in {
        (uno.filas, uno.fundamento, uno.cuantas) for uno in publico.retenidos
    }
    assert publico.total.n_acciones == 3


def test_nada_de_lo_publicado_deja_deducir_una_fila(completo):
    assert lo_que_se_deduce(completo, publica(completo)) == []


def test_lo_que_se_deduce_halla_la_fila_si_se_publica_de_mas(completo):
    publico = publica(completo)
    de_mas = tuple(
        replace(una, retenido=False) if una.codigo == "1.1.2" else una for una in publico.acciones
    )

    assert "1.1.2.3" in lo_que_se_deduce(completo, replace(publico, acciones=de_mas))


def test_la_comparacion_sale_de_lo_que_antes_se_publico(completo):
    antes = publica(completo)
    corte = Anterior(periodo="2020-S2", corte=1, momento=completo.corte.momento, huella="a" * 64)

    publico = edicion_publica(completo, antes, corte)

    assert accion_de(publico, "1.1.1").ejecutado_anterior == Decimal("45.00")
    assert accion_de(publico, "1.1.2").ejecutado_anterior is None
    assert publico.anterior == corte


def test_las_evidencias_que_no_son_publicas_no_salen_y_se_cuentan():
    evidencias = (
        Evidencia(titulo="Acta pública", tipo="PDF", sha256="a" * 64),
        Evidencia(titulo=CANARIO, tipo="PDF", sha256="b" * 64, clases=("PUBLICA", "RESERVADA")),
    )
    completo = contenido_dicho(
        [actividad("1.1.1", 1, evidencias=evidencias), *(actividad("1.1.1", n) for n in (2, 3))]
    )

    publico = publica(completo)

    assert [una.titulo for una in publico.actividades[0].evidencias] == ["Acta pública"]
    assert CANARIO not in publico.canonico()
    assert "b" * 64 not in publico.canonico()
    assert [uno.filas for uno in publico.retenidos] == ["EVIDENCIA"]


def test_no_salen_las_partes_que_son_del_consejo(completo):
    completo = contenido_dicho(
        [
            actividad(
                "1.1.1",
                1,
                requiere_decision_cns=True,
                decision_solicitada=CANARIO,
                responsable_medida=CANARIO,
                motivo_retroceso=CANARIO,
            ),
            *(actividad("1.1.1", n) for n in (2, 3)),
        ],
        reservas=(
            Reserva(numero=CANARIO, autoridad="SIE", custodio="SIE", vence=date(2027, 1, 1)),
        ),
    )

    publico = publica(completo)

    assert completo.decisiones
    assert (publico.decisiones, publico.candidatas_a_decision) == ((), ())
    assert (publico.igsns, publico.reservas, publico.decisiones_anteriores) == ((), (), ())
    assert CANARIO not in publico.canonico()


def test_el_presupuesto_publico_sale_solo_de_filas_publicas():
    def gasto(numero, devengado, orden, **cambios):
        return actividad(
            "1.1.1",
            numero,
            programa_presupuestario="PRG-1",
            ejercicio=2021,
            vigente=Decimal("100.00"),
            devengado=Decimal(devengado),
            orden_de_validacion=orden,
            **cambios,
        )

    completo = contenido_dicho(
        [gasto(1, "40.00", 1), gasto(2, "66.66", 2, visibilidad="INTERNA"), actividad("1.1.1", 3)]
    )

    publico = publica(completo)

    assert completo.presupuesto[0].devengado == Decimal("66.66")
    assert publico.presupuesto[0].devengado == Decimal("40.00")
    assert not publico.presupuesto[0].conflicto
    assert {una.orden_de_validacion for una in publico.actividades} == {None}


def correccion(accion, numero, **cambios):
    datos = {"campo": "logro", "antes": "", "despues": CANARIO, "motivo": CANARIO, **cambios}
    comunes = {"clave": 1, "periodo": "2021-S1", "corte": 2, "material": False}
    return Correccion(accion=accion, numero=numero, es_de_este_corte=True, **{**comunes, **datos})


def test_la_correccion_de_una_fila_oculta_no_sale_ni_en_el_motivo_del_corte(completo):
    rectificado = replace(
        completo,
        corte=replace(completo.corte, numero=2, sustituye=1, motivo=CANARIO),
        correcciones=(correccion("1.1.2", 3),),
    )

    publico = publica(rectificado)

    assert publico.correcciones == ()
    assert publico.corte.motivo == MOTIVO_RETENIDO
    assert CANARIO not in publico.canonico()


def test_la_correccion_de_una_fila_publica_sale_con_su_motivo(completo):
    suya = correccion("1.1.1", 1, despues="Se aprobó.", motivo="Faltó un dato.")
    rectificado = replace(
        completo,
        corte=replace(completo.corte, numero=2, sustituye=1, motivo="Faltó un dato."),
        correcciones=(suya,),
    )

    publico = publica(rectificado)

    assert [(una.fila, una.motivo) for una in publico.correcciones] == [
        ("1.1.1.1", "Faltó un dato.")
    ]
    assert publico.corte.motivo == "Faltó un dato."


def test_las_readecuaciones_de_filas_ocultas_no_salen(completo):
    def readecuacion(accion, numero):
        return Readecuacion(
            accion=accion,
            numero=numero,
            tipo="REPROGRAMACION",
            periodo="2021-S1",
            desde=date(2021, 1, 1),
            original=date(2021, 12, 31),
            anterior=date(2021, 12, 31),
            vigente=date(2022, 12, 31),
            acto="Acuerdo 1",
            fecha=date(2021, 2, 1),
            motivo=CANARIO,
        )

    publico = publica(
        replace(completo, readecuaciones=(readecuacion("1.1.1", 1), readecuacion("1.1.2", 3)))
    )

    assert [una.accion for una in publico.readecuaciones] == ["1.1.1"]
    assert CANARIO not in publico.canonico()


def test_la_institucion_con_una_sola_fila_oculta_va_sin_conteos(completo):
    filas = (*completo.actividades, oculta("1.1.1", 4, responsable="SIE"))
    con_sie = contenido_dicho(
        [*filas, *(actividad("1.1.1", n, responsable="SIE") for n in (5, 6, 7))]
    )

    sie = next(una for una in publica(con_sie).instituciones if una.sigla == "SIE")

    assert sie.conteos_retenidos
    assert {sie.exigidos, sie.recibidos, sie.responsable_de, sie.cobertura} == {None}
