"""En qué color está cada cosa: el plan, el cruce de ámbito y programa, y acción por acción."""

from informes.contenido import Contenido
from informes.graficas.palabras import (
    a_un_decimal,
    cuantas_acciones,
    dado,
    enumerar,
    flotante,
    nombre_corto,
)
from informes.graficas.trazos import (
    ANCHO,
    CADA_COLOR,
    EN_ATRASO,
    GRIS,
    TINTA,
    Fila,
    Grafica,
    armar,
    color_de,
    en_orden,
    forma_de,
    rotulo,
    tinta_de,
)
from matrices.calculo import ASPECTOS, aspecto


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
    hallazgo = f"De {cuantas_acciones(desde)}, {enumerar(partes)}" if filas else ""
    equis = {
        "field": "_desde",
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [0, desde]},
    }
    return armar(
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
                    "color": color_de(cuentas),
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


def cuadricula(c: Contenido) -> Grafica:
    """Ámbito × programa: E, P y la palabra del color; donde no hay acciones, nada."""
    ambitos = {uno.codigo: uno.nombre for uno in c.ambitos}
    programas = {uno.codigo: nombre_corto(c, uno) for uno in c.programas}
    filas = [
        {
            "Ámbito": ambitos.get(celda.ambito, celda.ambito),
            "Programa": programas.get(celda.programa, celda.programa),
            "E (%)": flotante(celda.ejecutado),
            "P (%)": flotante(celda.programado),
            "Semáforo": aspecto(celda.semaforo).palabra,
            "Acciones": celda.n_acciones,
            "_rotulo": f"E {a_un_decimal(celda.ejecutado)} · P {a_un_decimal(celda.programado)}",
        }
        for celda in c.cuadricula
    ]
    medidas = [celda for celda in c.cuadricula if celda.brecha is not None]
    hallazgo = "No hay cruces con cifras publicables"
    if medidas:
        peor = min(medidas, key=lambda celda: dado(celda.brecha))
        hallazgo = (
            f"El cruce con mayor brecha es {ambitos.get(peor.ambito, peor.ambito)} y "
            f"{programas.get(peor.programa, peor.programa)}: {a_un_decimal(peor.brecha)} puntos"
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
    codigos = en_orden(celda.semaforo for celda in c.cuadricula)
    return armar(
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
                "encoding": {"color": color_de(codigos)},
            },
            rotulo("Semáforo", codigos, dy=-7, fontWeight=700),
            rotulo("_rotulo", codigos, dy=9),
        ],
    )


def mosaico(c: Contenido) -> Grafica:
    """Todas las acciones por programa y objetivo: color, símbolo y código."""
    programas = {uno.codigo: nombre_corto(c, uno) for uno in c.programas}
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
        hallazgo = f"Ninguna de {cuantas_acciones(len(c.acciones))} está en rojo ni vencida"
    else:
        hallazgo = (
            f"{len(en_atraso)} de {cuantas_acciones(len(c.acciones))} en rojo o vencidas, en "
            f"{'los objetivos' if len(donde) > 1 else 'el objetivo'} {enumerar(donde)}"
        )
    if calladas := sum(1 for accion in c.acciones if accion.retenido):
        hallazgo += f"; de {calladas} no se publica el color"
    codigos = en_orden(accion.semaforo for accion in c.acciones)
    equis = {"field": "_lugar", "type": "ordinal", "axis": None}
    ye = {
        "field": "Objetivo",
        "type": "nominal",
        "sort": None,
        "axis": {"title": "Objetivo", "labelFontSize": 10},
    }
    ancho = max((fila["_lugar"] for fila in filas), default=1)
    return armar(
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
                "encoding": {"color": color_de(codigos)},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 42, "opacity": 1, "yOffset": -7},
                "encoding": {
                    "shape": forma_de(codigos),
                    "fill": tinta_de(codigos),
                },
            },
            rotulo("Acción", codigos, dy=8, fontSize=8.5),
        ],
    )
