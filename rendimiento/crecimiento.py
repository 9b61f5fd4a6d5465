"""Cuánto cuesta un informe de cuatro veces más páginas: que crezca como ellas, y no más.

La «ingenua» es aquí el mismo informe a 1×; la razón es cuántas veces cuesta el de 4×.
"""

from dataclasses import replace
from functools import partial
from io import BytesIO

from rendimiento.registro import Medida
from rendimiento.semestre import contenido

VECES = 4


def dibujar(parte: int) -> str:
    """El PDF con una de cada `parte` acciones y lo suyo."""
    from pypdf import PdfReader

    from informes import pdf

    entero = contenido()
    acciones = entero.acciones[::parte]
    quedan = {una.codigo for una in acciones}
    chico = replace(
        entero,
        acciones=acciones,
        actividades=tuple(una for una in entero.actividades if una.accion in quedan),
    )
    octetos = pdf.documento(chico, adjuntos={"datos.json": chico.canonico().encode()})
    return f"{PdfReader(BytesIO(octetos)).root_object['/Pages']['/Count']} páginas"


MEDIDAS = [
    Medida("Crecimiento del PDF a 4×", partial(dibujar, 1), partial(dibujar, VECES), meta=4.4)
]
