"""Cuánto se lleva y cuánto falta: en el tiempo, por acción y frente al dinero."""

from decimal import Decimal

from informes.contenido import Accion, Contenido, Punto
from informes.graficas.palabras import a_un_decimal, cuantas_acciones, dado, nombre_corto
from informes.graficas.trazos import (
    AZUL,
    CLARO,
    EN_ATRASO,
    GRIS,
    TINTA,
    Fila,
    Grafica,
    armar,
    en_orden,
    marcas,
)
from matrices.calculo import a_uno, aspecto


def serie(c: Contenido) -> Grafica:
    """E y P por semestre, del plan y de cada programa; se marca la cobertura insuficiente."""
    nombres = {(uno.nivel, uno.codigo): nombre_corto(c, uno) for uno in c.niveles}
    filas = [
        {
            "Nivel": nombres[punto.nivel, punto.codigo],
            "Semestre": punto.periodo,
            "Medida": medida,
            "Valor (%)": float(a_uno(valor)),
            "Cobertura": _cobertura(punto),
        }
        for punto in c.serie
        if (punto.nivel, punto.codigo) in nombres
        for medida, valor in (("Ejecutado", punto.ejecutado), ("Programado", punto.programado))
        if valor is not None
    ]
    total = c.total
    hallazgo = (
        f"Al {c.periodo.nombre.lower()} el plan lleva {a_un_decimal(total.ejecutado)} % ejecutado "
        f"de {a_un_decimal(total.programado)} % programado"
    )
    equis = {"field": "Semestre", "type": "ordinal", "axis": {"title": None, "labelAngle": -45}}
    ye = {
        "field": "Valor (%)",
        "type": "quantitative",
        "scale": {"domain": [0, 100]},
        "axis": {"title": "%", "titleAngle": 0, "tickCount": 5},
    }
    trazo = {
        "field": "Medida",
        "type": "nominal",
        "scale": {"domain": ["Ejecutado", "Programado"], "range": [[1, 0], [5, 3]]},
        "legend": {"title": None, "orient": "top"},
    }
    orden = list(dict.fromkeys(fila["Nivel"] for fila in filas))
    return armar(
        c,
        hallazgo,
        filas,
        facet={"field": "Nivel", "type": "nominal", "title": None, "sort": orden},
        columns=2,
        spec={
            "width": 275,
            "height": 130,
            "layer": [
                {
                    "mark": {"type": "line", "color": AZUL, "strokeWidth": 2},
                    "encoding": {"x": equis, "y": ye, "strokeDash": trazo},
                },
                {
                    "transform": [{"filter": "datum.Medida == 'Ejecutado'"}],
                    "mark": {"type": "point", "size": 44, "stroke": AZUL, "opacity": 1},
                    "encoding": {
                        "x": equis,
                        "y": ye,
                        "fill": {
                            "field": "Cobertura",
                            "type": "nominal",
                            "scale": {
                                "domain": ["suficiente", "insuficiente"],
                                "range": [AZUL, "#FFFFFF"],
                            },
                            "legend": {
                                "title": "Cobertura",
                                "orient": "top",
                                "symbolStrokeColor": AZUL,
                            },
                        },
                    },
                },
            ],
        },
    )


def brechas(c: Contenido) -> Grafica:
    """La brecha de cada acción, de la peor a la mejor, con la línea del cero."""
    con_brecha = sorted((a for a in c.acciones if a.brecha is not None), key=_por_brecha)
    filas = [
        {
            "Acción": accion.codigo,
            "Brecha (puntos)": float(a_uno(dado(accion.brecha))),
            "Semáforo": aspecto(accion.semaforo).palabra,
            "_mitad": 2 * lugar // len(con_brecha),
        }
        for lugar, accion in enumerate(con_brecha)
    ]
    hallazgo = ""
    if con_brecha:
        bajo = sum(1 for a in con_brecha if dado(a.brecha) < 0)
        hallazgo = (
            f"{bajo} de {cuantas_acciones(len(con_brecha))} {'va' if bajo == 1 else 'van'} "
            f"por debajo de lo programado; la mayor brecha es la de {con_brecha[0].codigo}: "
            f"{a_un_decimal(con_brecha[0].brecha)} puntos"
        )
    equis = {
        "field": "Brecha (puntos)",
        "type": "quantitative",
        "axis": {"title": "Brecha, en puntos", "orient": "top"},
    }
    ye = {
        "field": "Acción",
        "type": "nominal",
        "sort": None,
        "axis": {"title": None, "labelFontSize": 10.5, "grid": True, "gridColor": "#EEF1F4"},
    }
    codigos = en_orden(accion.semaforo for accion in con_brecha)
    return armar(
        c,
        hallazgo,
        filas,
        facet={"field": "_mitad", "type": "ordinal", "title": None, "header": {"labelExpr": "''"}},
        columns=2,
        resolve={"scale": {"y": "independent"}},
        spec={
            "width": 255,
            "height": {"step": 16},
            "layer": [
                {
                    "mark": {"type": "rule", "color": TINTA, "strokeWidth": 1.2},
                    "encoding": {"x": {"datum": 0}},
                },
                {
                    "mark": {"type": "rule", "color": CLARO},
                    "encoding": {"x": equis, "x2": {"datum": 0}, "y": ye},
                },
                marcas(codigos, 60, x=equis, y=ye),
            ],
        },
    )


def fisico_financiero(c: Contenido) -> Grafica:
    """E contra % devengado de cada acción con presupuesto, con la diagonal."""
    con_dinero = [a for a in c.acciones if a.ejecutado is not None and a.pct_devengado is not None]
    filas: list[Fila] = [
        {
            "Acción": accion.codigo,
            "Devengado (%)": float(a_uno(dado(accion.pct_devengado))),
            "Ejecutado (%)": float(a_uno(dado(accion.ejecutado))),
            "Semáforo": aspecto(accion.semaforo).palabra,
            "_rotulo": accion.codigo if accion.semaforo in EN_ATRASO else "",
        }
        for accion in con_dinero
    ]
    mas_dinero = sum(1 for a in con_dinero if dado(a.pct_devengado) > dado(a.ejecutado))
    hallazgo = (
        f"{mas_dinero} de {cuantas_acciones(len(con_dinero))} con presupuesto "
        f"{'ha' if mas_dinero == 1 else 'han'} devengado más, "
        f"en %, de lo que {'ha' if mas_dinero == 1 else 'han'} ejecutado"
    )
    tope = max([100.0, *(fila["Devengado (%)"] for fila in filas)])
    equis = {
        "field": "Devengado (%)",
        "type": "quantitative",
        "scale": {"domain": [0, tope]},
        "axis": {"title": "Devengado, % de lo vigente"},
    }
    ye = {
        "field": "Ejecutado (%)",
        "type": "quantitative",
        "scale": {"domain": [0, 100]},
        "axis": {"title": "Ejecutado (E), %"},
    }
    codigos = en_orden(accion.semaforo for accion in con_dinero)
    return armar(
        c,
        hallazgo,
        filas,
        width=480,
        height=330,
        layer=[
            {
                "mark": {"type": "rule", "color": GRIS, "strokeDash": [6, 3]},
                "encoding": {
                    "x": {"datum": 0},
                    "y": {"datum": 0},
                    "x2": {"datum": 100},
                    "y2": {"datum": 100},
                },
            },
            marcas(codigos, 70, x=equis, y=ye),
            {
                "mark": {"type": "text", "align": "left", "dx": 8, "fontSize": 9.5},
                "encoding": {"x": equis, "y": ye, "text": {"field": "_rotulo"}},
            },
        ],
    )


def _cobertura(punto: Punto) -> str:
    return "insuficiente" if punto.cobertura_insuficiente else "suficiente"


def _por_brecha(accion: Accion) -> tuple[Decimal, int]:
    return dado(accion.brecha), accion.orden
