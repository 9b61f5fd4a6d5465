"""El dinero: las estructuras presupuestarias, contadas una vez."""

from collections.abc import Iterable
from typing import Any

from informes.contenido import Actividad, Estructura
from matrices import calculo


def dinero(actividades: Iterable[Actividad]) -> dict[str, Any]:
    """Vigente, devengado y %, sobre las estructuras distintas de esas actividades."""
    return _en_junto(_filas_de_presupuesto(actividades))


def dinero_de_estructuras(filas: Iterable[Estructura]) -> dict[str, Any]:
    """Lo mismo, de estructuras ya contadas."""
    return _en_junto(
        calculo.FilaPresupuesto(
            institucion=una.institucion,
            ejercicio=una.ejercicio,
            programa_presupuestario=una.programa_presupuestario,
            vigente=una.vigente,
            devengado=una.devengado,
            asignado=una.asignado,
        )
        for una in filas
    )


def _en_junto(filas: Iterable[calculo.FilaPresupuesto]) -> dict[str, Any]:
    junto = calculo.presupuesto_agregado(filas)
    if not junto.estructuras:
        return {"vigente": None, "devengado": None, "pct_devengado": None}
    return {
        "vigente": junto.vigente,
        "devengado": junto.devengado,
        "pct_devengado": junto.pct_devengado,
    }


def estructuras(actividades: Iterable[Actividad]) -> tuple[Estructura, ...]:
    """Las estructuras presupuestarias distintas, con las acciones que las nombran."""
    actividades = list(actividades)
    junto = calculo.presupuesto_agregado(_filas_de_presupuesto(actividades))
    nombran: dict[tuple[str, str], dict[str, None]] = {}
    for una in actividades:
        clave = (una.responsable, una.programa_presupuestario)
        nombran.setdefault(clave, {})[una.accion] = None
    filas = [
        Estructura(
            ejercicio=una.ejercicio,
            institucion=una.institucion,
            programa_presupuestario=una.programa_presupuestario,
            asignado=una.asignado,
            vigente=una.vigente,
            devengado=una.devengado,
            pct_devengado=una.pct_devengado,
            sobregiro=una.sobregiro,
            conflicto=una.conflicto,
            acciones=tuple(nombran[una.institucion, una.programa_presupuestario]),
        )
        for una in junto.estructuras
    ]
    filas.sort(key=lambda una: (una.ejercicio, una.institucion, una.programa_presupuestario))
    return tuple(filas)


def _filas_de_presupuesto(actividades: Iterable[Actividad]) -> list[calculo.FilaPresupuesto]:
    """Lo que dicen las actividades con estructura, en el orden en que se validaron."""
    dicen = [una for una in actividades if una.programa_presupuestario]
    dicen.sort(key=lambda una: una.orden_de_validacion or 0)
    return [
        calculo.FilaPresupuesto(
            institucion=una.responsable,
            ejercicio=una.ejercicio,
            programa_presupuestario=una.programa_presupuestario,
            vigente=una.vigente,
            devengado=una.devengado,
            asignado=una.asignado,
        )
        for una in dicen
        if una.vigente is not None and una.devengado is not None and una.ejercicio is not None
    ]
