"""Los libros de Excel, de captura y de matriz: bajarlos, ensayar el que vuelve y aplicarlo.

Traduce entre hojas y el mismo formulario y los mismos pasos de la pantalla; no tiene reglas
propias. Cada error dice en qué celda está, y se dicen todos a la vez.
"""

from matrices.libro.ensayo import ensayar
from matrices.libro.matriz.plantilla import libro_de_la_matriz
from matrices.libro.plantilla import libro_de
from matrices.libro.trabajo import (
    LibroAlterado,
    aplicar,
    atender,
    bajar,
    bajar_copia,
    bajar_matrices,
    bajar_matriz,
    subir,
    subir_matriz,
)

__all__ = [
    "LibroAlterado",
    "aplicar",
    "atender",
    "bajar",
    "bajar_copia",
    "bajar_matrices",
    "bajar_matriz",
    "ensayar",
    "libro_de",
    "libro_de_la_matriz",
    "subir",
    "subir_matriz",
]
