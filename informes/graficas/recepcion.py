"""Quién reportó y si fue a tiempo."""

from informes.contenido import Contenido
from informes.graficas.palabras import dado, enumerar
from informes.graficas.trazos import AZUL, TINTA, Grafica, armar
from matrices.calculo import a_uno


def llegada(c: Contenido) -> Grafica:
    """Lo exigido, lo recibido y lo oportuno de cada institución, con la línea de la cobertura."""
    deben = [uno for uno in c.instituciones if uno.exigidos and uno.cobertura is not None]
    minima = float(c.umbrales.cobertura_minima)
    filas = [
        {
            "Institución": uno.sigla,
            "Medida": medida,
            "% de lo exigido": float(a_uno(dado(valor))),
            "Exigidos": uno.exigidos,
            "Recibidos": uno.recibidos,
            "A tiempo": uno.a_tiempo,
            "_rotulo": f"{cuantos} de {uno.exigidos}",
        }
        for uno in deben
        for medida, valor, cuantos in (
            ("Recibido", uno.cobertura, uno.recibidos),
            ("A tiempo", uno.oportunidad, uno.a_tiempo),
        )
        if valor is not None
    ]
    bajas = [uno.sigla for uno in deben if uno.cobertura_insuficiente]
    hallazgo = (
        f"{enumerar(bajas)} no {'alcanzan' if len(bajas) > 1 else 'alcanza'} la cobertura mínima "
        f"del {minima:.0f} %"
        if bajas
        else f"Las {len(deben)} instituciones alcanzan la cobertura mínima del {minima:.0f} %"
    )
    ye = {"field": "Institución", "type": "nominal", "sort": None, "axis": {"title": None}}
    lado = {"yOffset": {"field": "Medida", "sort": ["Recibido", "A tiempo"]}}
    equis = {
        "field": "% de lo exigido",
        "type": "quantitative",
        "scale": {"domain": [0, 115]},
        "axis": {"title": "% de lo exigido", "values": [0, 20, 40, 60, 80, 100]},
    }
    return armar(
        c,
        hallazgo,
        filas,
        width=520,
        height={"step": 15},
        layer=[
            {
                "mark": {"type": "bar", "stroke": AZUL},
                "encoding": {
                    "x": equis,
                    "y": ye,
                    **lado,
                    "color": {
                        "field": "Medida",
                        "type": "nominal",
                        "scale": {"domain": ["Recibido", "A tiempo"], "range": [AZUL, "#C6D6E8"]},
                        "legend": {"title": None, "orient": "top", "symbolStrokeColor": AZUL},
                    },
                },
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 4, "fontSize": 9.5},
                "encoding": {"x": equis, "y": ye, **lado, "text": {"field": "_rotulo"}},
            },
            {
                "mark": {"type": "rule", "color": TINTA, "strokeDash": [6, 3], "strokeWidth": 1.4},
                "encoding": {"x": {"datum": minima}},
            },
        ],
    )
