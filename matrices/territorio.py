"""Los 22 departamentos de Guatemala, por su código del INE.

El código es el que usa el Instituto Nacional de Estadística para los departamentos (01 a 22); el
nombre, el de ISO 3166-2:GT (GT-01 a GT-22), que usa los mismos números. Los cortes guardan el
código: el nombre se pone al mostrarlo, así que lo ya sellado no cambia.
"""

from collections.abc import Iterable

DEPARTAMENTOS = {
    "01": "Guatemala",
    "02": "El Progreso",
    "03": "Sacatepéquez",
    "04": "Chimaltenango",
    "05": "Escuintla",
    "06": "Santa Rosa",
    "07": "Sololá",
    "08": "Totonicapán",
    "09": "Quetzaltenango",
    "10": "Suchitepéquez",
    "11": "Retalhuleu",
    "12": "San Marcos",
    "13": "Huehuetenango",
    "14": "Quiché",
    "15": "Baja Verapaz",
    "16": "Alta Verapaz",
    "17": "Petén",
    "18": "Izabal",
    "19": "Zacapa",
    "20": "Chiquimula",
    "21": "Jalapa",
    "22": "Jutiapa",
}


def nombres(codigos: Iterable[str]) -> str:
    """«Guatemala, Petén»; un código que no está en el catálogo sale como vino."""
    return ", ".join(DEPARTAMENTOS.get(codigo, codigo) for codigo in codigos)
