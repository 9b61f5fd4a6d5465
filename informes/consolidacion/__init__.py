"""De las actividades hacia arriba: junta las filas de un contenido y se las da a `calculo`.

Puro y sin cuentas propias. Sirve igual al primer corte y al que rectifica: recibe un `Contenido`
con sus filas y devuelve otro con acciones, niveles, instituciones, dinero, alertas y portada.
"""

from dataclasses import replace

from informes.consolidacion.alerta import alertas
from informes.consolidacion.cifras import (
    UnNivel,
    comparada,
    con_anterior,
    contadas,
    de_su_nivel,
    dinero_de,
    medir,
)
from informes.consolidacion.portada import (
    cambios,
    candidatas_a_decision,
    candidatos_a_logro,
    seguimiento,
)
from informes.consolidacion.presupuesto import dinero, estructuras
from informes.consolidacion.puntos import serie
from informes.consolidacion.recorte import frente_a, recortar
from informes.contenido import MAXIMO_EN_PORTADA, Contenido, Decision


def consolidar(contenido: Contenido, anterior: Contenido | None) -> Contenido:
    """El mismo contenido con todo lo que sale de sus actividades y del corte anterior."""
    contenido = medir(contenido, anterior)
    return con_portada(contenido, anterior, candidatas_a_decision(contenido))


def con_portada(
    contenido: Contenido, anterior: Contenido | None, pedidas: tuple[Decision, ...]
) -> Contenido:
    """Lo que se dice de sus propias cifras: logros, cambios, alertas y seguimiento."""
    logrados = candidatos_a_logro(contenido)
    return replace(
        contenido,
        decisiones=pedidas[:MAXIMO_EN_PORTADA],
        candidatas_a_decision=pedidas,
        logros=logrados[:MAXIMO_EN_PORTADA],
        candidatos_a_logro=logrados,
        que_cambio=cambios(contenido),
        decisiones_anteriores=seguimiento(contenido, anterior),
        alertas=alertas(contenido),
    )


__all__ = [
    "UnNivel",
    "comparada",
    "con_anterior",
    "con_portada",
    "consolidar",
    "contadas",
    "de_su_nivel",
    "dinero",
    "dinero_de",
    "estructuras",
    "frente_a",
    "medir",
    "recortar",
    "serie",
]
