"""Lo que sale de las actividades: los números de dominio §7, y a quién se nombra primero."""

from datetime import date
from decimal import Decimal

from informes.consolidacion import serie
from informes.contenido import Evidencia, Reserva
from tests.fabricas import AccionDichaFactory, ActividadDichaFactory, contenido_dicho


def actividad(accion="1.1.1", ejecutado="45", programado="50", **cambios):
    return ActividadDichaFactory(
        accion=accion, ejecutado=Decimal(ejecutado), programado=Decimal(programado), **cambios
    )


def accion_de(contenido, codigo):
    return next(una for una in contenido.acciones if una.codigo == codigo)


def test_accion_es_la_media_ponderada_de_sus_actividades():
    contenido = contenido_dicho(
        [
            actividad(ejecutado="60", programado="75", peso=Decimal(50)),
            actividad(ejecutado="20", programado="40", peso=Decimal(30)),
            actividad(ejecutado="0", programado="0", peso=Decimal(20), semaforo="NO_INICIADA"),
        ]
    )
    accion = accion_de(contenido, "1.1.1")

    assert (accion.ejecutado, accion.programado) == (Decimal("36.00"), Decimal("49.50"))
    assert (accion.indice, accion.brecha) == (Decimal("72.73"), Decimal("-13.50"))
    assert accion.semaforo == "AMARILLO"


def test_programa_es_la_media_de_sus_acciones_y_no_de_sus_objetivos():
    por_objetivo = {"3.1": [80, 60, 40, 100, 20, 0], "3.2": [100], "3.3": [30, 60, 90]}
    filas = [
        actividad(f"{objetivo}.{n}", str(e), "100")
        for objetivo, ejecutados in por_objetivo.items()
        for n, e in enumerate(ejecutados, start=1)
    ]

    contenido = contenido_dicho(filas)

    assert contenido.programas[0].ejecutado == Decimal("58.00")
    assert contenido.total.ejecutado == Decimal("58.00")


def test_niveles_no_computan_la_accion_sin_matriz_y_la_cuentan_aparte():
    acciones = [AccionDichaFactory(codigo="1.1.1"), AccionDichaFactory(codigo="1.5.15")]

    contenido = contenido_dicho([actividad()], acciones)

    assert accion_de(contenido, "1.5.15").sin_matriz
    assert (contenido.total.n_acciones, contenido.total.n_computadas) == (2, 1)
    assert contenido.total.por_semaforo == {"VERDE": 1, "SIN_MATRIZ": 1}
    assert contenido.total.ejecutado == Decimal("45.00")


def test_lo_no_reportado_entra_arrastrado_y_baja_la_cobertura():
    filas = [
        actividad(ejecutado="60", programado="90"),
        actividad(ejecutado="40", programado="90", validado=False, semaforo="SIN_REPORTE"),
        actividad(ejecutado="0", programado="90", validado=False, semaforo="SIN_REPORTE"),
    ]

    contenido = contenido_dicho(filas)
    accion = accion_de(contenido, "1.1.1")

    assert (accion.ejecutado, accion.cobertura) == (Decimal("33.33"), Decimal("33.33"))
    assert [una.numero for una in contenido.no_reportado] == [una.numero for una in filas[1:]]
    assert ("ACCION", "1.1.1", "COBERTURA_INSUFICIENTE") in {
        (una.nivel, una.codigo, una.tipo) for una in contenido.alertas
    }


def test_cuadricula_cruza_ambito_y_programa_sin_celdas_vacias():
    acciones = [
        AccionDichaFactory(codigo="1.1.1", ambito="INTERIOR"),
        AccionDichaFactory(codigo="2.1.1", ambito="EXTERIOR"),
    ]

    contenido = contenido_dicho([actividad("1.1.1"), actividad("2.1.1", "10", "50")], acciones)

    assert {una.codigo: una.semaforo for una in contenido.cuadricula} == {
        "INTERIOR/1": "VERDE",
        "EXTERIOR/2": "ROJO",
    }


def test_institucion_mide_lo_que_rige_y_cuenta_de_lo_que_responde():
    acciones = [AccionDichaFactory(codigo="1.1.1", rectora="SIE")]
    filas = [
        actividad(responsable="SIE", extemporaneo=True, rondas=1),
        actividad(responsable="MINEX"),
    ]

    contenido = contenido_dicho(filas, acciones)
    sie, minex = (
        next(una for una in contenido.instituciones if una.sigla == sigla)
        for sigla in ("SIE", "MINEX")
    )

    assert (sie.rectora_de, sie.responsable_de, sie.ejecutado) == (1, 1, Decimal("45.00"))
    assert (sie.exigidos, sie.recibidos, sie.a_tiempo, sie.observados) == (1, 1, 0, 1)
    assert (minex.rectora_de, minex.ejecutado, minex.semaforo) == (0, None, "ND")
    assert minex.oportunidad == Decimal("100.00")


def gasto(vigente, devengado, orden, **cambios):
    return actividad(
        programa_presupuestario="PRG-1",
        ejercicio=2021,
        vigente=Decimal(vigente),
        devengado=Decimal(devengado),
        orden_de_validacion=orden,
        **cambios,
    )


def test_presupuesto_cuenta_una_vez_la_estructura_repetida_y_vale_la_ultima_validada():
    filas = [gasto("100", "40", 9), gasto("100", "30", 3, accion="1.1.2")]

    contenido = contenido_dicho(filas)

    estructura = contenido.presupuesto[0]
    assert len(contenido.presupuesto) == 1
    assert (estructura.vigente, estructura.devengado) == (Decimal("100.00"), Decimal("40.00"))
    assert estructura.conflicto
    assert estructura.acciones == ("1.1.1", "1.1.2")
    assert contenido.total.pct_devengado == Decimal("40.00")
    assert "CONFLICTO" in {una.tipo for una in contenido.alertas}


def test_decisiones_van_de_la_que_mas_le_quita_al_plan_a_la_que_menos():
    """Faltan más puntos en la primera, pero pesa tan poco que afecta menos."""
    filas = [
        actividad("1.1.1", "0", "80", numero=1, peso=Decimal(1), requiere_decision_cns=True),
        actividad("1.1.1", "80", "80", numero=2, peso=Decimal(99)),
        actividad("1.1.2", "40", "80", numero=1, requiere_decision_cns=True),
        actividad("1.1.3", "0", "80", numero=1, requiere_decision_cns=True, validado=False),
    ]

    contenido = contenido_dicho(filas)

    assert [una.clave for una in contenido.decisiones] == ["1.1.2.1", "1.1.1.1"]


def con_alza(accion, numero, ejecutado, previo, **cambios):
    evidencia = Evidencia(titulo="Acta", tipo="PDF", sha256="a" * 64)
    datos = {"logro": "Se aprobó la norma.", "evidencias": (evidencia,), **cambios}
    return actividad(
        accion, ejecutado, "50", numero=numero, ejecutado_previo=Decimal(previo), **datos
    )


def test_logros_son_la_mayor_alza_con_evidencia_y_uno_por_accion():
    filas = [
        con_alza("1.1.1", 1, "50", "40"),
        con_alza("1.1.1", 2, "50", "10"),
        con_alza("1.1.2", 1, "90", "40"),
        con_alza("1.1.3", 1, "99", "0", evidencias=()),
        con_alza("1.1.4", 1, "99", "0", validado=False),
        con_alza("1.1.5", 1, "20", "20"),
        con_alza("1.1.6", 1, "99", "0", reservado="[Reservado: resolución R-1]"),
    ]

    contenido = contenido_dicho(filas)

    assert [(uno.clave, uno.alza) for uno in contenido.logros] == [
        ("1.1.2.1", Decimal("50.00")),
        ("1.1.1.2", Decimal("40.00")),
    ]


def test_que_cambio_nombra_solo_las_acciones_que_cambiaron_de_color():
    antes = contenido_dicho([actividad("1.1.1", "50"), actividad("1.1.2", "20")])

    hoy = contenido_dicho([actividad("1.1.1", "20"), actividad("1.1.2", "25")], anterior=antes)

    assert [(uno.accion, uno.sentido, uno.delta) for uno in hoy.que_cambio] == [
        ("1.1.1", "EMPEORA", Decimal("-30.00"))
    ]
    assert (hoy.total.ejecutado_anterior, hoy.total.delta) == (Decimal("35.00"), Decimal("-12.50"))


def test_seguimiento_dice_como_esta_lo_que_se_pidio_el_semestre_anterior():
    antes = contenido_dicho([actividad("1.1.1", "10", numero=1, requiere_decision_cns=True)])

    hoy = contenido_dicho([actividad("1.1.1", "40", numero=1)], anterior=antes)

    uno = hoy.decisiones_anteriores[0]
    assert (uno.clave, uno.sigue) == ("1.1.1.1", False)
    assert (uno.ejecutado_anterior, uno.ejecutado) == (Decimal(10), Decimal(40))


def test_serie_guarda_lo_publicado_y_lo_rectificado():
    primero = contenido_dicho([actividad(ejecutado="60")])
    sustituto = contenido_dicho([actividad(ejecutado="45")])

    puntos = serie(sustituto, None, primero=primero.serie)

    assert (puntos[0].ejecutado, puntos[0].ejecutado_rectificado) == (
        Decimal("60.00"),
        Decimal("45.00"),
    )


def test_alertas_avisan_de_reservas_por_vencer_y_metas_superadas():
    contenido = contenido_dicho(
        [actividad(numero=1, cumplimiento_sin_tope=Decimal("130.00"))],
        reservas=(
            Reserva(numero="R-1", autoridad="SIE", custodio="SIE", vence=date(2021, 8, 1)),
            Reserva(numero="R-2", autoridad="SIE", custodio="SIE", vence=date(2021, 11, 1)),
            Reserva(numero="R-3", autoridad="SIE", custodio="SIE", vence=date(2027, 1, 1)),
        ),
    )

    assert {(una.codigo, una.tipo) for una in contenido.alertas} == {
        ("1.1.1.1", "META_SUPERADA"),
        ("R-1", "RESERVA_VENCIDA"),
        ("R-2", "RESERVA_POR_VENCER"),
    }
