"""Los resultados estratégicos: de la base a la meta."""

from decimal import Decimal

from informes.contenido import Contenido
from informes.graficas.palabras import en_renglon
from informes.graficas.trazos import AZUL, CLARO, TINTA, Fila, Grafica, armar


def resultados(c: Contenido) -> Grafica:
    """De cada resultado, su base, lo medido y su meta, cada uno en su propia escala."""
    filas: list[Fila] = []
    for uno in c.resultados:
        cual = f"{uno.codigo} · {uno.indicador}"
        puntos: list[tuple[str, int, Decimal]] = []
        if uno.base is not None and uno.base_anio is not None:
            puntos.append(("Base", uno.base_anio, uno.base))
        puntos += [("Medición", valor.fecha.year, valor.valor) for valor in uno.valores]
        puntos.append(("Meta", uno.meta_anio, uno.meta))
        filas += [
            {
                "Resultado": en_renglon(cual, 38),
                "Año": anio,
                "Valor": float(valor),
                "Unidad": uno.unidad,
                "Qué es": que,
            }
            for que, anio, valor in puntos
        ]
    medidos = sum(1 for uno in c.resultados if uno.valores)
    cuantos = len(c.resultados)
    hallazgo = (
        f"{medidos} de los {cuantos} resultados {'tiene' if medidos == 1 else 'tienen'} mediciones "
        "después de su línea base"
        if medidos
        else f"Ninguno de los {cuantos} resultados tiene aún mediciones: sólo base y meta"
    )
    anios = sorted({fila["Año"] for fila in filas})
    equis = {
        "field": "Año",
        "type": "ordinal",
        "scale": {"domain": anios},
        "axis": {"title": None, "labelAngle": 0},
    }
    ye = {
        "field": "Valor",
        "type": "quantitative",
        "scale": {"zero": False, "padding": 14},
        "axis": {"title": None, "tickCount": 4},
    }
    que = {
        "field": "Qué es",
        "type": "nominal",
        "scale": {
            "domain": ["Base", "Medición", "Meta"],
            "range": ["circle", "square", "triangle-up"],
        },
        "legend": {"title": None, "orient": "top"},
    }
    return armar(
        c,
        hallazgo,
        filas,
        facet={"field": "Resultado", "type": "nominal", "title": None, "sort": None},
        columns=3,
        resolve={"scale": {"y": "independent"}},
        spec={
            "width": 165,
            "height": 105,
            "layer": [
                {
                    "mark": {"type": "line", "color": CLARO, "strokeDash": [4, 3]},
                    "encoding": {"x": equis, "y": ye},
                },
                {
                    "mark": {"type": "point", "filled": True, "size": 80, "color": AZUL},
                    "encoding": {"x": equis, "y": ye, "shape": que},
                },
                {
                    "mark": {"type": "text", "dy": -11, "fontSize": 10, "color": TINTA},
                    "encoding": {"x": equis, "y": ye, "text": {"field": "Valor", "format": ","}},
                },
            ],
        },
    )
