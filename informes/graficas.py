"""Las gráficas del informe: del contenido a Vega-Lite; el título de cada una es su hallazgo.

Cada especificación trae en `data.values` la tabla que la acompaña, con sus columnas como se leen, y
en `description` lo que oye quien no la ve. El color nunca va solo: lleva forma y palabra.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from informes.contenido import Accion, Contenido, Nivel, Punto
from matrices.calculo import ASPECTOS, SIN_DATO, a_uno, aspecto

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


def todas(c: Contenido) -> dict[str, Grafica]:
    """Las del contenido que tienen qué mostrar, por su nombre."""
    cuales = {
        "colores": colores(c),
        "cuadricula": cuadricula(c),
        "mosaico": mosaico(c),
        "serie": serie(c),
        "brechas": brechas(c),
        "llegada": llegada(c),
        "fisico_financiero": fisico_financiero(c),
        "resultados": resultados(c),
    }
    return {nombre: una for nombre, una in cuales.items() if una["data"]["values"]}


def colores(c: Contenido) -> Grafica:
    """Cuántas acciones hay de cada color, en una barra; cada parte con su palabra y su número."""
    cuentas = {codigo: n for codigo in ASPECTOS if (n := c.total.por_semaforo.get(codigo))}
    filas: list[Fila] = []
    desde = 0
    for codigo, n in cuentas.items():
        filas.append({"Semáforo": aspecto(codigo).palabra, "Acciones": n, "_desde": desde})
        desde += n
    renglones = _escalonar(filas, desde)
    alto = {"domain": [0, renglones], "range": [16 * renglones, 0]}
    mayores = sorted(cuentas.items(), key=lambda par: -par[1])[:3]
    partes = [f"{n} en «{aspecto(codigo).palabra}»" for codigo, n in mayores]
    hallazgo = f"De {_acciones(desde)}, {_y(partes)}" if filas else ""
    equis = {
        "field": "_desde",
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [0, desde]},
    }
    return _grafica(
        c,
        hallazgo,
        filas,
        width=ANCHO,
        height=16 * renglones + 48,
        layer=[
            {
                "mark": {"type": "bar", "height": 44, "stroke": TINTA, "strokeWidth": 0.8},
                "encoding": {
                    "x": equis,
                    "x2": {"field": "_hasta"},
                    "y": {"value": 16 * renglones + 26},
                    "color": _color(cuentas),
                },
            },
            {
                "mark": {"type": "rule", "color": GRIS, "strokeWidth": 0.7},
                "encoding": {
                    "x": {**equis, "field": "_centro"},
                    "y": {"field": "_renglon", "type": "quantitative", "axis": None, "scale": alto},
                    "y2": {"value": 16 * renglones + 4},
                },
            },
            {
                "mark": {
                    "type": "text",
                    "align": "left",
                    "dx": 3,
                    "dy": -1,
                    "fontSize": 11,
                    "fontWeight": 600,
                    "color": TINTA,
                },
                "encoding": {
                    "x": {**equis, "field": "_centro"},
                    "y": {"field": "_renglon", "type": "quantitative", "axis": None, "scale": alto},
                    "text": {"field": "_rotulo"},
                },
            },
        ],
    )


def _escalonar(filas: list[Fila], total: int) -> int:
    """Da a cada parte su rótulo y el renglón donde no tapa al vecino; cuántos renglones usó."""
    for fila in filas:
        fila["_hasta"] = fila["_desde"] + fila["Acciones"]
        fila["_centro"] = fila["_desde"] + fila["Acciones"] / 2
        fila["_rotulo"] = f"{fila['Semáforo']} {fila['Acciones']}"
    for i, fila in reversed(list(enumerate(filas))):  # de derecha a izquierda: nadie cruza a nadie
        fin = fila["_centro"] + (7.2 * len(fila["_rotulo"]) + 10) * total / ANCHO
        tapados = [otra["_renglon"] for otra in filas[i + 1 :] if otra["_centro"] < fin]
        fila["_renglon"] = 1 + max(tapados) if tapados else 0.4
    return 1 + max((int(fila["_renglon"]) for fila in filas), default=0)


def serie(c: Contenido) -> Grafica:
    """E y P por semestre, del plan y de cada programa; se marca la cobertura insuficiente."""
    nombres = {(uno.nivel, uno.codigo): _corto(c, uno) for uno in c.niveles}
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
        f"Al {c.periodo.nombre.lower()} el plan lleva {_uno(total.ejecutado)} % ejecutado de "
        f"{_uno(total.programado)} % programado"
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
    return _grafica(
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
            "Brecha (puntos)": float(a_uno(_dato(accion.brecha))),
            "Semáforo": aspecto(accion.semaforo).palabra,
            "_mitad": 2 * lugar // len(con_brecha),
        }
        for lugar, accion in enumerate(con_brecha)
    ]
    hallazgo = ""
    if con_brecha:
        bajo = sum(1 for a in con_brecha if _dato(a.brecha) < 0)
        hallazgo = (
            f"{bajo} de {_acciones(len(con_brecha))} van por debajo de lo programado; la mayor "
            f"brecha es la de {con_brecha[0].codigo}: {_uno(con_brecha[0].brecha)} puntos"
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
    codigos = _codigos(accion.semaforo for accion in con_brecha)
    return _grafica(
        c,
        hallazgo,
        filas,
        facet={"field": "_mitad", "type": "ordinal", "title": None, "header": {"labels": False}},
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
                _puntos(codigos, 60, x=equis, y=ye),
            ],
        },
    )


def cuadricula(c: Contenido) -> Grafica:
    """Ámbito × programa: E, P y la palabra del color; donde no hay acciones, nada."""
    ambitos = {uno.codigo: uno.nombre for uno in c.ambitos}
    programas = {uno.codigo: _corto(c, uno) for uno in c.programas}
    filas = [
        {
            "Ámbito": ambitos.get(celda.ambito, celda.ambito),
            "Programa": programas.get(celda.programa, celda.programa),
            "E (%)": _flotante(celda.ejecutado),
            "P (%)": _flotante(celda.programado),
            "Semáforo": aspecto(celda.semaforo).palabra,
            "Acciones": celda.n_acciones,
            "_rotulo": f"E {_uno(celda.ejecutado)} · P {_uno(celda.programado)}",
        }
        for celda in c.cuadricula
    ]
    medidas = [celda for celda in c.cuadricula if celda.brecha is not None]
    hallazgo = "No hay cruces con cifras publicables"
    if medidas:
        peor = min(medidas, key=lambda celda: _dato(celda.brecha))
        hallazgo = (
            f"El cruce con mayor brecha es {ambitos.get(peor.ambito, peor.ambito)} y "
            f"{programas.get(peor.programa, peor.programa)}: {_uno(peor.brecha)} puntos"
        )
    equis = {
        "field": "Programa",
        "type": "nominal",
        "sort": list(programas.values()),
        "axis": {"title": None, "orient": "top", "labelAngle": 0},
    }
    ye = {
        "field": "Ámbito",
        "type": "nominal",
        "sort": list(ambitos.values()),
        "axis": {"title": None},
    }
    codigos = _codigos(celda.semaforo for celda in c.cuadricula)
    return _grafica(
        c,
        hallazgo,
        filas,
        width=480,
        height={"step": 44},
        encoding={"x": equis, "y": ye},
        resolve=CADA_COLOR,
        layer=[
            {
                "mark": {"type": "rect", "stroke": GRIS},
                "encoding": {"color": _color(codigos)},
            },
            _palabra("Semáforo", codigos, dy=-7, fontWeight=700),
            _palabra("_rotulo", codigos, dy=9),
        ],
    )


def llegada(c: Contenido) -> Grafica:
    """Lo exigido, lo recibido y lo oportuno de cada institución, con la línea de la cobertura."""
    deben = [uno for uno in c.instituciones if uno.exigidos and uno.cobertura is not None]
    minima = float(c.umbrales.cobertura_minima)
    filas = [
        {
            "Institución": uno.sigla,
            "Medida": medida,
            "% de lo exigido": float(a_uno(_dato(valor))),
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
        f"{_y(bajas)} no {'alcanzan' if len(bajas) > 1 else 'alcanza'} la cobertura mínima del "
        f"{minima:.0f} %"
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
    return _grafica(
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


def fisico_financiero(c: Contenido) -> Grafica:
    """E contra % devengado de cada acción con presupuesto, con la diagonal."""
    con_dinero = [a for a in c.acciones if a.ejecutado is not None and a.pct_devengado is not None]
    filas: list[Fila] = [
        {
            "Acción": accion.codigo,
            "Devengado (%)": float(a_uno(_dato(accion.pct_devengado))),
            "Ejecutado (%)": float(a_uno(_dato(accion.ejecutado))),
            "Semáforo": aspecto(accion.semaforo).palabra,
            "_rotulo": accion.codigo if accion.semaforo in EN_ATRASO else "",
        }
        for accion in con_dinero
    ]
    mas_dinero = sum(1 for a in con_dinero if _dato(a.pct_devengado) > _dato(a.ejecutado))
    hallazgo = (
        f"{mas_dinero} de {_acciones(len(con_dinero))} con presupuesto han devengado más, en %, "
        "de lo que han ejecutado"
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
    codigos = _codigos(accion.semaforo for accion in con_dinero)
    return _grafica(
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
            _puntos(codigos, 70, x=equis, y=ye),
            {
                "mark": {"type": "text", "align": "left", "dx": 8, "fontSize": 9.5},
                "encoding": {"x": equis, "y": ye, "text": {"field": "_rotulo"}},
            },
        ],
    )


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
                "Resultado": _en_renglon(cual, 38),
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
        f"{medidos} de los {cuantos} resultados tienen mediciones después de su línea base"
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
    return _grafica(
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


def mosaico(c: Contenido) -> Grafica:
    """Todas las acciones por programa y objetivo: color, símbolo y código."""
    programas = {uno.codigo: _corto(c, uno) for uno in c.programas}
    filas: list[Fila] = []
    vistas = dict.fromkeys((uno.codigo for uno in c.objetivos), 0)
    for accion in sorted(c.acciones, key=lambda una: una.orden):
        vistas[accion.objetivo] = lugar = vistas.get(accion.objetivo, 0) + 1
        filas.append(
            {
                "Programa": programas.get(accion.programa, accion.programa),
                "Objetivo": accion.objetivo,
                "Acción": accion.codigo,
                "Semáforo": aspecto(accion.semaforo).palabra,
                "_lugar": lugar,
            }
        )
    en_atraso = [a for a in c.acciones if a.semaforo in EN_ATRASO]
    donde = list(dict.fromkeys(a.objetivo for a in en_atraso))
    if not en_atraso:
        hallazgo = f"Ninguna de {_acciones(len(c.acciones))} está en rojo ni vencida"
    else:
        hallazgo = (
            f"{len(en_atraso)} de {_acciones(len(c.acciones))} en rojo o vencidas, en "
            f"{'los objetivos' if len(donde) > 1 else 'el objetivo'} {_y(donde)}"
        )
    if calladas := sum(1 for accion in c.acciones if accion.retenido):
        hallazgo += f"; de {calladas} no se publica el color"
    codigos = _codigos(accion.semaforo for accion in c.acciones)
    equis = {"field": "_lugar", "type": "ordinal", "axis": None}
    ye = {
        "field": "Objetivo",
        "type": "nominal",
        "sort": None,
        "axis": {"title": "Objetivo", "labelFontSize": 10},
    }
    ancho = max((fila["_lugar"] for fila in filas), default=1)
    return _grafica(
        c,
        hallazgo,
        filas,
        width={"step": min(34, ANCHO // ancho)},
        height={"step": 34},
        encoding={"x": equis, "y": ye},
        resolve=CADA_COLOR,
        layer=[
            {
                "mark": {"type": "rect", "stroke": "#FFFFFF", "strokeWidth": 2},
                "encoding": {"color": _color(codigos)},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 42, "opacity": 1, "yOffset": -7},
                "encoding": {
                    "shape": _forma(codigos),
                    "fill": _tinta(codigos),
                },
            },
            _palabra("Acción", codigos, dy=8, fontSize=8.5),
        ],
    )


# ---- la tabla que acompaña


def tabla(grafica: Grafica) -> tuple[list[str], list[list[Any]]]:
    """Encabezados y filas de la gráfica, sin lo que sólo sirve para dibujar (`_…`)."""
    filas = grafica["data"]["values"]
    columnas = [nombre for nombre in (filas[0] if filas else {}) if not nombre.startswith("_")]
    return columnas, [[fila.get(columna) for columna in columnas] for fila in filas]


# ---- lo que todas comparten


def _grafica(c: Contenido, hallazgo: str, filas: Sequence[Fila], **dibujo: Any) -> Grafica:
    """La especificación con su hallazgo, su corte y su fuente."""
    return {
        "$schema": VEGA_LITE,
        "title": {
            "text": _en_renglones(hallazgo, 84),
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


def _color(codigos: Iterable[str]) -> Fila:
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


def _tinta(codigos: Sequence[str]) -> Fila:
    """El color que se lee sobre el fondo de cada código."""
    color = _color(codigos)
    color["scale"]["range"] = [aspecto(codigo).texto for codigo in codigos]
    return color


def _forma(codigos: Sequence[str]) -> Fila:
    return {
        "field": "Semáforo",
        "type": "nominal",
        "scale": {
            "domain": [aspecto(codigo).palabra for codigo in codigos],
            "range": [FORMAS[codigo] for codigo in codigos],
        },
        "legend": None,
    }


def _puntos(codigos: Sequence[str], tamano: int, **donde: Fila) -> Grafica:
    """Un punto por fila, con la forma y el color de su semáforo y la leyenda de ambos."""
    leyenda = {"title": None, "orient": "bottom", "columns": 6}
    forma, relleno, filo = _forma(codigos), _color(codigos), _color(codigos)
    forma["legend"], relleno["legend"] = leyenda, leyenda
    filo["legend"] = leyenda
    filo["scale"]["range"] = [aspecto(codigo).borde for codigo in codigos]
    return {
        "mark": {"type": "point", "size": tamano, "opacity": 1},
        "encoding": {**donde, "shape": forma, "fill": relleno, "stroke": filo},
    }


def _palabra(campo: str, codigos: Sequence[str], **marca: Any) -> Grafica:
    """Un texto sobre el color de su fila, en la tinta que contrasta."""
    return {
        "mark": {"type": "text", "fontSize": 11, **marca},
        "encoding": {"text": {"field": campo}, "color": _tinta(codigos)},
    }


def _codigos(presentes: Iterable[str]) -> list[str]:
    """Los que hay, en el orden del semáforo."""
    hay = {aspecto(uno).codigo for uno in presentes}
    return [codigo for codigo in ASPECTOS if codigo in hay]


def _corto(c: Contenido, nivel: Nivel) -> str:
    """«Plan», o el programa por su número y su nombre."""
    if nivel.nivel == "PLAN":
        return c.plan.sigla or c.plan.codigo
    return f"{nivel.codigo}. {nivel.nombre}" if nivel.nombre else nivel.codigo


def _cobertura(punto: Punto) -> str:
    return "insuficiente" if punto.cobertura_insuficiente else "suficiente"


def _por_brecha(accion: Accion) -> tuple[Decimal, int]:
    return _dato(accion.brecha), accion.orden


def _dato(valor: Decimal | None) -> Decimal:
    """El valor de lo que ya se sabe que tiene uno."""
    if valor is None:
        raise ValueError("Se quiso dibujar una cifra que no hay.")
    return valor


def _flotante(valor: Decimal | None) -> float | None:
    return None if valor is None else float(a_uno(valor))


def _uno(valor: Decimal | None) -> str:
    """Con un decimal y el signo menos tipográfico; «n/d» si no hay."""
    return SIN_DATO.palabra if valor is None else f"{a_uno(valor):,}".replace("-", "−")


def _acciones(cuantas: int) -> str:
    return f"{cuantas} acciones" if cuantas != 1 else "1 acción"


def _y(partes: Sequence[str]) -> str:
    """«a, b y c»."""
    return " y ".join([", ".join(partes[:-1]), partes[-1]] if len(partes) > 1 else partes)


def _en_renglon(texto: str, largo: int) -> str:
    return texto if len(texto) <= largo else f"{texto[: largo - 1].rstrip()}…"


def _en_renglones(texto: str, largo: int) -> list[str]:
    """Partido por palabras en renglones que caben."""
    renglones = [""]
    for palabra in texto.split():
        if renglones[-1] and len(renglones[-1]) + len(palabra) >= largo:
            renglones.append("")
        renglones[-1] = f"{renglones[-1]} {palabra}".strip()
    return renglones
