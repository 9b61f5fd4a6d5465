"""Lo que toda gráfica comparte: su marco, su fuente, sus colores y las formas del semáforo."""

from collections.abc import Iterable, Sequence
from typing import Any

from informes.contenido import Contenido
from informes.graficas.palabras import en_renglones
from matrices.calculo import ASPECTOS, aspecto

Grafica = dict[str, Any]
Fila = dict[str, Any]
VEGA_LITE = "https://vega.github.io/schema/vega-lite/v6.json"
LETRA = "Public Sans, sans-serif"
TINTA, GRIS, CLARO, AZUL = "#10181F", "#5A6675", "#C9D0D9", "#1B3A5C"
ANCHO = 640
# El símbolo de cada código, dibujado en un cuadro de −1 a 1: no depende de que la letra lo traiga.
FORMAS = {
    "VERDE": "M0,-0.85A0.85,0.85,0,1,1,0,0.85A0.85,0.85,0,1,1,0,-0.85Z",
    "AMARILLO": "M0,-0.9L0.95,0.8L-0.95,0.8Z",
    "ROJO": "M-0.8,-0.8L0.8,-0.8L0.8,0.8L-0.8,0.8Z",
    "VENCIDA": "M-0.9,-0.6L-0.6,-0.9L0,-0.3L0.6,-0.9L0.9,-0.6L0.3,0L0.9,0.6L0.6,0.9L0,0.3"
    "L-0.6,0.9L-0.9,0.6L-0.3,0Z",
    "FINALIZADA": "M-0.95,0.05L-0.65,-0.25L-0.25,0.15L0.65,-0.75L0.95,-0.45L-0.25,0.75Z",
    "NO_INICIADA": "M0,-0.9A0.9,0.9,0,1,1,0,0.9A0.9,0.9,0,1,1,0,-0.9Z"
    "M0,-0.55A0.55,0.55,0,1,0,0,0.55A0.55,0.55,0,1,0,0,-0.55Z",
    "ADELANTADA": "M-0.9,-0.8L-0.1,0L-0.9,0.8ZM0.05,-0.8L0.85,0L0.05,0.8Z",
    "SIN_REPORTE": "M0,-0.95L0.7,0L0,0.95L-0.7,0Z",
    "SUSPENDIDA": "M-0.7,-0.8L-0.15,-0.8L-0.15,0.8L-0.7,0.8ZM0.15,-0.8L0.7,-0.8L0.7,0.8L0.15,0.8Z",
    "CANCELADA": "M-0.85,-0.25L0.85,-0.25L0.85,0.25L-0.85,0.25Z",
    "SIN_MATRIZ": "M-0.85,-0.85L0.85,-0.85L0.85,0.85L-0.85,0.85Z"
    "M-0.5,-0.5L-0.5,0.5L0.5,0.5L0.5,-0.5Z",
    "ND": "M0,-0.3A0.3,0.3,0,1,1,0,0.3A0.3,0.3,0,1,1,0,-0.3Z",
}
EN_ATRASO = {"ROJO", "VENCIDA"}
CADA_COLOR = {"scale": {"color": "independent", "fill": "independent"}}


def armar(c: Contenido, hallazgo: str, filas: Sequence[Fila], **dibujo: Any) -> Grafica:
    """La especificación con su hallazgo, su corte y su fuente."""
    return {
        "$schema": VEGA_LITE,
        "title": {
            "text": en_renglones(hallazgo, 84),
            "subtitle": fuente(c),
            "anchor": "start",
            "frame": "group",
            "color": TINTA,
            "subtitleColor": GRIS,
            "fontSize": 14,
        },
        "description": f"{hallazgo}. {fuente(c)}.",
        "usermeta": {"hallazgo": hallazgo, "fuente": fuente(c)},
        "background": "#FFFFFF",
        "data": {"values": list(filas)},
        "config": {
            "font": LETRA,
            "view": {"stroke": None},
            "axis": {
                "labelColor": TINTA,
                "titleColor": TINTA,
                "titleFontWeight": 600,
                "gridColor": "#E3E7ED",
                "domainColor": GRIS,
                "tickColor": GRIS,
            },
            "header": {"labelFontWeight": 600, "labelColor": TINTA, "labelFontSize": 11},
            "legend": {"labelColor": TINTA, "titleColor": TINTA},
            "text": {"color": TINTA},
        },
        **dibujo,
    }


def fuente(c: Contenido) -> str:
    """De qué corte sale y de quién es; si es demostración, lo dice."""
    dicho = f"Corte {c.corte.numero} de {c.periodo.codigo}, al {c.periodo.corte:%d/%m/%Y}"
    dicho += ". Fuente: avances validados por STCNS"
    return f"{dicho}. {c.aviso_demo}" if c.es_demo else dicho


def color_de(codigos: Iterable[str]) -> Fila:
    """El fondo de cada código, por su palabra."""
    codigos = list(codigos)
    return {
        "field": "Semáforo",
        "type": "nominal",
        "scale": {
            "domain": [aspecto(codigo).palabra for codigo in codigos],
            "range": [aspecto(codigo).fondo for codigo in codigos],
        },
        "legend": None,
    }


def tinta_de(codigos: Sequence[str]) -> Fila:
    """El color que se lee sobre el fondo de cada código."""
    color = color_de(codigos)
    color["scale"]["range"] = [aspecto(codigo).texto for codigo in codigos]
    return color


def forma_de(codigos: Sequence[str]) -> Fila:
    """El símbolo de cada código, por su palabra."""
    return {
        "field": "Semáforo",
        "type": "nominal",
        "scale": {
            "domain": [aspecto(codigo).palabra for codigo in codigos],
            "range": [FORMAS[codigo] for codigo in codigos],
        },
        "legend": None,
    }


def marcas(codigos: Sequence[str], tamano: int, **donde: Fila) -> Grafica:
    """Un punto por fila, con la forma y el color de su semáforo y la leyenda de ambos."""
    leyenda = {"title": None, "orient": "bottom", "columns": 6}
    forma, relleno, filo = forma_de(codigos), color_de(codigos), color_de(codigos)
    forma["legend"], relleno["legend"] = leyenda, leyenda
    filo["legend"] = leyenda
    filo["scale"]["range"] = [aspecto(codigo).borde for codigo in codigos]
    return {
        "mark": {"type": "point", "size": tamano, "opacity": 1},
        "encoding": {**donde, "shape": forma, "fill": relleno, "stroke": filo},
    }


def rotulo(campo: str, codigos: Sequence[str], **marca: Any) -> Grafica:
    """Un texto sobre el color de su fila, en la tinta que contrasta."""
    return {
        "mark": {"type": "text", "fontSize": 11, **marca},
        "encoding": {"text": {"field": campo}, "color": tinta_de(codigos)},
    }


def en_orden(presentes: Iterable[str]) -> list[str]:
    """Los que hay, en el orden del semáforo."""
    hay = {aspecto(uno).codigo for uno in presentes}
    return [codigo for codigo in ASPECTOS if codigo in hay]
