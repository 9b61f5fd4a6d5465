"""Los libros de Excel que se bajan, se llenan y vuelven: cómo se escriben y cómo se leen.

Sirve a cualquier libro de captura: columnas con su tipo, listas, celdas bloqueadas, control por
renglón y sello del libro. No sabe de avances ni de matrices, ni consulta ni guarda nada.
"""

from matrices.hojas.columnas import Columna, Lista, Tipo, normal
from matrices.hojas.escritura import Cuaderno, Fila, Hoja, escribir
from matrices.hojas.lectura import (
    Celda,
    HojaLeida,
    LibroInservible,
    Renglon,
    abrir,
    leer,
    recibir,
    renglones,
    sin_hojas_ajenas,
)
from matrices.hojas.sello import abrir_sello, control_de, sellar_libro

__all__ = [
    "Celda",
    "Columna",
    "Cuaderno",
    "Fila",
    "Hoja",
    "HojaLeida",
    "LibroInservible",
    "Lista",
    "Renglon",
    "Tipo",
    "abrir",
    "abrir_sello",
    "control_de",
    "escribir",
    "leer",
    "normal",
    "recibir",
    "renglones",
    "sellar_libro",
    "sin_hojas_ajenas",
]
