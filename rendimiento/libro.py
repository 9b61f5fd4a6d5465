"""El libro del informe con todas sus hojas, contra openpyxl vestido celda por celda."""

from io import BytesIO

from rendimiento.registro import Medida
from rendimiento.semestre import contenido


def nuestro() -> str:
    """Como lo emite el sistema: estilos con nombre y hojas que se escriben al vuelo."""
    from informes import xlsx

    return f"{len(xlsx.libro(contenido())) / 1e6:.2f} MB"


def ingenuo() -> str:
    """Las mismas filas, con su letra, borde y alineación creados en cada celda."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Border, Font, Side

    from informes import xlsx

    c, cuaderno, filas = contenido(), Workbook(), 0
    for nombre, columnas in xlsx.HOJAS.items():
        hoja = cuaderno.create_sheet(nombre)
        hoja.append([columna.encabezado for columna in columnas])
        for renglon, fila in enumerate(xlsx.FILAS[nombre](c), start=2):
            filas += 1
            for lugar, valor in enumerate(fila, start=1):
                celda = hoja.cell(row=renglon, column=lugar, value=valor)
                celda.font = Font(name="Calibri", size=10)
                celda.alignment = Alignment(vertical="top", wrap_text=True)
                celda.border = Border(bottom=Side(style="thin", color="999999"))
    salida = BytesIO()
    cuaderno.save(salida)
    return f"{filas} filas, {len(salida.getvalue()) / 1e6:.2f} MB"


MEDIDAS = [Medida("Libro del informe en XLSX", nuestro, ingenuo, meta=1.0, meta_memoria=1.0)]
