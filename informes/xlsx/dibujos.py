"""Las gráficas del libro: las propias de Excel, sobre las celdas del mismo libro.

Cada una lleva por título su hallazgo, el mismo del informe impreso. Dos toman sus datos de las
hojas de acciones e instituciones; las otras dos, de las tablas que esta hoja trae a su izquierda.
"""

from typing import Any

from openpyxl import Workbook
from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.marker import DataPoint
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.text import CharacterProperties, Paragraph, ParagraphProperties
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.pagebreak import Break

from informes import graficas
from informes.contenido import PLAN, Contenido
from informes.diccionario import GRAFICAS, HOJAS
from informes.xlsx.celdas import ENCABEZADO, celda
from informes.xlsx.filas import FILAS
from matrices.calculo import aspecto

(COLUMNAS,) = GRAFICAS.values()
ANCHO, ALTO = 24, 9  # centímetros
ALTO_POR_ACCION, ALTO_POR_INSTITUCION = 0.55, 1.1
RENGLONES_POR_CM = 2  # un renglón mide medio centímetro
ALTO_DE_HOJA = 42  # centímetros de gráfica que caben en una hoja vertical
AZUL, CELESTE, GRIS, CLARO = "1B3A5C", "8FB0D3", "5A6675", "D5DBE3"


def poner(suya: Any, cuaderno: Workbook, contenido: Contenido, estilos: dict[str, Any]) -> None:
    """En su hoja: dos tablas y, a la derecha, las gráficas que tienen qué mostrar."""
    suya.freeze_panes = "A2"
    suya.page_setup.orientation = "portrait"
    for numero, columna in enumerate(COLUMNAS, start=1):
        letra = get_column_letter(numero)
        suya.column_dimensions[letra].width = len(columna.encabezado) + 4
    colores = [(codigo, cuantas) for codigo, _antes, cuantas in contenido.total.tramos]
    semestres = [
        (uno.periodo, uno.ejecutado, uno.programado) for uno in contenido.serie if uno.nivel == PLAN
    ]
    suya.append([celda(suya, una.encabezado, ENCABEZADO, estilos) for una in COLUMNAS])
    for renglon in range(max(len(colores), len(semestres))):
        fila = (
            *(colores[renglon] if renglon < len(colores) else (None,) * 2),
            *(semestres[renglon] if renglon < len(semestres) else (None,) * 3),
        )
        valores = zip(fila, COLUMNAS, strict=True)
        suya.append([celda(suya, valor, una.formato, estilos) for valor, una in valores])
    hallazgos = {
        nombre: una["usermeta"]["hallazgo"] for nombre, una in graficas.todas(contenido).items()
    }
    renglon = 1
    for grafica in (
        _por_color(suya, colores, hallazgos.get("colores")),
        _por_semestre(suya, len(semestres), hallazgos.get("serie")),
        _recibido(cuaderno, contenido, hallazgos.get("llegada")),
        _brechas(cuaderno, contenido, hallazgos.get("brechas")),
    ):
        if grafica is not None:
            if renglon > 1 and grafica.height > ALTO_DE_HOJA - renglon / RENGLONES_POR_CM:
                suya.row_breaks.append(Break(id=renglon - 1))  # impresa, no se parte
            suya.add_chart(grafica, f"G{renglon}")
            renglon += int(grafica.height * RENGLONES_POR_CM) + 2


def _por_color(suya: Any, colores: list[tuple[str, int]], titulo: str | None) -> BarChart | None:
    """Acciones de cada color, cada barra del suyo y con su número."""
    if not colores or not titulo:
        return None
    barras = _vestir(BarChart(), titulo, "Acciones")
    _datos(barras, suya, columnas=(2, 2), nombres=1, hasta=1 + len(colores))
    serie = barras.series[0]
    for lugar, (codigo, _cuantas) in enumerate(colores):
        punto = DataPoint(idx=lugar, invertIfNegative=False)
        punto.graphicalProperties = _relleno(aspecto(codigo).fondo, aspecto(codigo).borde)
        serie.dPt.append(punto)
    barras.dLbls = DataLabelList(showVal=True, showSerName=False, showCatName=False)
    barras.legend = None
    return barras


def _por_semestre(suya: Any, cuantos: int, titulo: str | None) -> LineChart | None:
    """E y P del plan, semestre a semestre; P discontinua, que en gris también se distingue."""
    if not cuantos or not titulo:
        return None
    lineas = _vestir(LineChart(), titulo, "%")
    _datos(lineas, suya, columnas=(4, 5), nombres=3, hasta=1 + cuantos)
    lineas.y_axis.scaling.min, lineas.y_axis.scaling.max = 0, 100
    for serie, color, trazo, marca in zip(
        lineas.series, (AZUL, GRIS), ("solid", "dash"), ("circle", "none"), strict=True
    ):
        serie.graphicalProperties.line = LineProperties(solidFill=color, prstDash=trazo, w=28575)
        serie.marker.symbol = marca
        serie.smooth = False
    return lineas


def _recibido(cuaderno: Workbook, c: Contenido, titulo: str | None) -> BarChart | None:
    """Lo exigido, lo recibido y lo oportuno de cada institución."""
    cuantas = len(c.instituciones)
    if not cuantas or not titulo:
        return None
    barras = _vestir(BarChart(), titulo, "Avances", ALTO_POR_INSTITUCION * cuantas)
    _acostar(barras)
    de = _columna("4_Instituciones", "exigidos")
    _datos(barras, cuaderno["4_Instituciones"], (de, de + 2), nombres=1, hasta=1 + cuantas)
    for serie, color in zip(barras.series, (GRIS, AZUL, CELESTE), strict=True):
        serie.graphicalProperties = _relleno(color, AZUL)
    return barras


def _brechas(cuaderno: Workbook, c: Contenido, titulo: str | None) -> BarChart | None:
    """La brecha de cada acción, en el orden del plan."""
    cuantas = len(list(FILAS["2_Acciones"](c)))
    if not cuantas or not titulo:
        return None
    barras = _vestir(BarChart(), titulo, "Brecha, en puntos", ALTO_POR_ACCION * cuantas)
    _acostar(barras)
    brecha, codigo = _columna("2_Acciones", "brecha"), _columna("2_Acciones", "codigo")
    _datos(barras, cuaderno["2_Acciones"], (brecha, brecha), nombres=codigo, hasta=1 + cuantas)
    barras.series[0].graphicalProperties = _relleno(AZUL, AZUL)
    barras.series[0].invertIfNegative = False
    barras.legend = None
    return barras


# ---- lo que todas comparten


def _vestir(grafica: Any, titulo: str, unidad: str, alto: float = ALTO) -> Any:
    """Título con el hallazgo, ejes a la vista y la unidad en el suyo."""
    grafica.title = titulo
    grafica.title.tx.rich.p[0].pPr = ParagraphProperties(
        defRPr=CharacterProperties(sz=1200, b=True)
    )
    grafica.width, grafica.height = ANCHO, max(alto, ALTO)
    grafica.y_axis.title = unidad
    grafica.x_axis.delete = grafica.y_axis.delete = False
    grafica.x_axis.tickLblPos = "low"  # los nombres, fuera de las barras que bajan de cero
    renglones = LineProperties(solidFill=CLARO)
    grafica.y_axis.majorGridlines.spPr = GraphicalProperties(ln=renglones)
    grafica.y_axis.number_format = "0"
    grafica.legend.position = "b"
    letra = Paragraph(
        pPr=ParagraphProperties(defRPr=CharacterProperties(sz=900)),
        endParaRPr=CharacterProperties(),
    )
    grafica.x_axis.txPr = RichText(p=[letra])
    return grafica


def _acostar(barras: BarChart) -> None:
    """Barras de izquierda a derecha, con la primera fila arriba."""
    barras.type = "bar"
    barras.gapWidth = 40
    barras.x_axis.scaling.orientation = "maxMin"


def _datos(grafica: Any, de: Any, columnas: tuple[int, int], *, nombres: int, hasta: int) -> None:
    """Las series de esas columnas, con su encabezado por nombre, y las categorías de otra."""
    primera, ultima = columnas
    series = Reference(de, min_col=primera, max_col=ultima, min_row=1, max_row=hasta)
    grafica.add_data(series, titles_from_data=True)
    grafica.set_categories(Reference(de, min_col=nombres, min_row=2, max_row=hasta))


def _relleno(fondo: str, borde: str) -> GraphicalProperties:
    propio = GraphicalProperties(solidFill=fondo.lstrip("#"))
    propio.line = LineProperties(solidFill=borde.lstrip("#"))
    return propio


def _columna(hoja_de: str, nombre: str) -> int:
    """En qué columna de esa hoja va, contando desde uno."""
    return [una.nombre for una in HOJAS[hoja_de]].index(nombre) + 1
