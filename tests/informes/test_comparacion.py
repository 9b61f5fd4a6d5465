"""Dos cortes frente a frente: qué cambió de cada acción y del plan."""

from dataclasses import replace
from decimal import Decimal

from informes import comparacion
from tests.fabricas import ActividadDichaFactory, contenido_dicho


def corte_con(ejecutados, **cambios):
    actividades = [
        ActividadDichaFactory(accion=f"1.1.{orden}", numero=1, ejecutado=Decimal(ejecutado))
        for orden, ejecutado in enumerate(ejecutados, start=1)
    ]
    return contenido_dicho(actividades, **cambios)


def test_de_cada_accion_se_dice_que_cambio_y_cuanto():
    renglones = comparacion.por_accion(corte_con(["45", "45"]), corte_con(["45", "15"]))

    assert [uno.que_cambia for uno in renglones] == [[], ["E", "color"]]
    assert [uno.delta for uno in renglones] == [Decimal(0), Decimal(-30)]


def test_lo_que_cambia_sin_mover_e_se_dice_por_su_nombre():
    antes = corte_con(["45"])
    con_otra_p = replace(antes.acciones[0], programado=Decimal("60.00"))

    (renglon,) = comparacion.por_accion(antes, replace(antes, acciones=(con_otra_p,)))

    assert renglon.que_cambia == ["P"]


def test_una_accion_que_falta_en_un_corte_se_dice():
    una, dos = corte_con(["45"]), corte_con(["45", "45"])

    assert [uno.que_cambia for uno in comparacion.por_accion(una, dos)] == [[], ["no estaba"]]
    assert [uno.que_cambia for uno in comparacion.por_accion(dos, una)] == [[], ["ya no está"]]


def test_el_plan_entero_se_compara_con_su_total():
    plan = comparacion.del_plan(corte_con(["45", "45"]), corte_con(["45", "15"]))

    assert (plan.codigo, plan.delta) == ("PLAN1", Decimal("-15.00"))
