"""La cuenta sobre el plan de demostración entero, sin base: da las cifras que se publicaron."""

import json
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from matrices import calculo

DEMO = json.loads(
    (Path(__file__).parents[2] / "fixtures" / "demo.json").read_text(encoding="utf-8")
)
PERIODOS = [periodo["codigo"] for periodo in DEMO["periodos"]]
CORTES = {periodo["codigo"]: date.fromisoformat(periodo["corte"]) for periodo in DEMO["periodos"]}
ACCIONES_DEL_PLAN = 73


def cifra(valor):
    return None if valor is None else Decimal(valor)


@cache
def enmiendas():
    por_actividad = defaultdict(list)
    for una in DEMO["reprogramaciones"]:
        if una["estado"] == "APROBADA":
            por_actividad[una["accion"], una["actividad"]].append(una)
    return por_actividad


def terminos(accion, actividad, codigo):
    """Fechas y situación como estaban en el corte de un periodo."""
    fechas = {hito["numero"]: hito["fecha_original"] for hito in actividad.get("hitos") or []}
    vale = {"fin": actividad["fin_original"], "situacion": "VIGENTE", "desde": None}
    for una in enmiendas()[accion, actividad["numero"]]:
        if PERIODOS.index(una["periodo"]) > PERIODOS.index(codigo):
            continue
        vale["fin"] = una["fin_propuesto"] or vale["fin"]
        fechas.update({hito["numero"]: hito["fecha"] for hito in una["hitos"] or []})
        if una["tipo"] == "SUSPENSION":
            vale.update(situacion="SUSPENDIDA", desde=una["desde"])
        elif una["tipo"] == "REANUDACION":
            vale.update(situacion="VIGENTE", desde=None)
        elif una["tipo"] == "CANCELACION":
            vale["situacion"] = "CANCELADA"
    return vale, fechas


def reporte(accion, actividad, avance, codigo, *, con_todo):
    """Lo que el corte de `codigo` sabía de un avance; con `con_todo`, lo que se sabe hoy."""
    cantidad = avance.get("ejecutado_periodo")
    for una in DEMO["rectificaciones"]:
        suya = (una["accion"], una["actividad"], una["periodo"])
        conocida = con_todo or una["conocido_desde"] <= codigo
        if suya == (accion, actividad["numero"], avance["periodo"]) and conocida:
            cantidad = una["despues"]
    return calculo.Reporte(
        validado=avance["estado"] == "CONSOLIDADO",
        ejecutado_periodo=cifra(cantidad),
        porcentaje=cifra(avance.get("porcentaje")),
        hitos=[hito["numero"] for hito in avance.get("hitos_cumplidos") or []],
        aportes={
            uno["institucion"]: cifra(uno["porcentaje"]) for uno in avance.get("aportes") or []
        },
    )


def medir(accion, actividad, codigo, *, con_todo):
    vale, fechas = terminos(accion, actividad, codigo)
    hasta = [uno for uno in actividad["avances"] if uno["periodo"] <= codigo]
    exigible = hasta[-1]["estado"] != "EXENTO" and hasta[-1].get("exigible", True)
    medida = calculo.actividad(
        modo=actividad["modo"],
        inicio=date.fromisoformat(actividad["inicio"]),
        fin_original=date.fromisoformat(actividad["fin_original"]),
        fin_vigente=date.fromisoformat(vale["fin"]),
        corte=CORTES[codigo],
        situacion=vale["situacion"],
        suspendida_desde=vale["desde"] and date.fromisoformat(vale["desde"]),
        meta=cifra(actividad.get("meta")),
        hitos=[
            calculo.Hito(
                hito["numero"],
                Decimal(hito["peso"]),
                date.fromisoformat(hito["fecha_original"]),
                date.fromisoformat(fechas[hito["numero"]]),
            )
            for hito in actividad.get("hitos") or []
        ],
        obligados=actividad.get("obligados") or [],
        historial=[reporte(accion, actividad, uno, codigo, con_todo=con_todo) for uno in hasta],
        exigible=exigible,
    )
    return calculo.ActividadMedida(
        situacion=vale["situacion"],
        ejecutado=medida.ejecutado,
        programado=medida.programado,
        programado_original=medida.programado_original,
        fin_vigente=date.fromisoformat(vale["fin"]),
        exigible=exigible,
        validado=hasta[-1]["estado"] == "CONSOLIDADO",
        peso=cifra(actividad["peso"]),
        extemporaneo=hasta[-1].get("extemporaneo", False),
    )


def de_accion(matriz, codigo, *, con_todo=False):
    medidas = [
        medir(matriz["accion"], una, codigo, con_todo=con_todo) for una in matriz["actividades"]
    ]
    return calculo.accion(medidas, corte=CORTES[codigo])


@cache
def del_plan(codigo):
    resultados = {matriz["accion"]: de_accion(matriz, codigo) for matriz in DEMO["matrices"]}
    sin_matriz = calculo.accion([], corte=CORTES[codigo])
    faltan = ACCIONES_DEL_PLAN - len(resultados)
    resultados |= {f"sin matriz {n}": sin_matriz for n in range(faltan)}
    acciones = [
        calculo.AccionMedida(
            accion,
            uno.ejecutado,
            uno.programado,
            uno.semaforo,
            uno.exigidos,
            uno.recibidos,
            uno.a_tiempo,
        )
        for accion, uno in resultados.items()
    ]
    return calculo.nivel(acciones), resultados


@pytest.mark.parametrize(
    ("codigo", "cifras", "color", "conteos"),
    [
        ("2020-S1", ("0.41", "0.31", "132.26"), "VERDE", (40, 38, 33)),
        ("2021-S1", ("16.95", "21.08", "80.41"), "AMARILLO", (364, 351, 325)),
        ("2022-S1", ("43.38", "49.61", "87.44"), "AMARILLO", (449, 429, 401)),
        ("2023-S1", ("68.57", "77.44", "88.55"), "AMARILLO", (405, 391, 364)),
        ("2024-S1", ("83.67", "93.89", "89.11"), "AMARILLO", (335, 321, 295)),
    ],
)
def test_plan_da_las_cifras_publicadas(codigo, cifras, color, conteos):
    plan, _acciones = del_plan(codigo)

    assert (plan.ejecutado, plan.programado, plan.indice) == tuple(map(Decimal, cifras))
    assert plan.semaforo == color
    assert (plan.exigidos, plan.recibidos, plan.a_tiempo) == conteos


def test_plan_cuenta_las_73_acciones_por_color():
    plan, acciones = del_plan("2023-S2")

    esperado = {"VERDE": 33, "AMARILLO": 36, "VENCIDA": 2, "FINALIZADA": 1, "SIN_MATRIZ": 1}
    assert plan.por_semaforo == esperado
    assert Counter(uno.semaforo.value for uno in acciones.values()) == esperado


@pytest.mark.parametrize(
    ("accion", "codigo", "antes", "despues", "material"),
    [
        ("1.2.4", "2022-S1", ("44.69", "AMARILLO"), ("39.55", "ROJO"), True),
        ("1.1.13", "2021-S1", ("24.31", None), ("23.91", None), False),
    ],
)
def test_rectificaciones_cambian_su_accion(accion, codigo, antes, despues, material):
    matriz = next(una for una in DEMO["matrices"] if una["accion"] == accion)
    publicada, corregida = (de_accion(matriz, codigo, con_todo=x) for x in (False, True))

    assert publicada.ejecutado == Decimal(antes[0])
    assert corregida.ejecutado == Decimal(despues[0])
    if material:
        assert (publicada.semaforo, corregida.semaforo) == (antes[1], despues[1])
    par = [(uno.ejecutado, uno.semaforo) for uno in (publicada, corregida)]
    assert calculo.rectificacion_material(*par) is material
