"""Dos cortes frente a frente, acción por acción; las diferencias las da `calculo`."""

from dataclasses import dataclass
from decimal import Decimal

from informes.contenido import Accion, Contenido
from matrices.calculo import diferencia


@dataclass(frozen=True)
class Renglon:
    """Una acción en dos cortes; None donde no estaba. Puntos 0–100."""

    codigo: str
    enunciado: str
    antes: Accion | None
    despues: Accion | None
    delta: Decimal | None

    @property
    def cambia(self) -> bool:
        """Si alguna cifra o el color son otros."""
        return self._cifras(self.antes) != self._cifras(self.despues)

    @staticmethod
    def _cifras(accion: Accion | None) -> tuple:
        if accion is None:
            return ()
        return (accion.ejecutado, accion.programado, accion.semaforo, accion.cobertura)


def por_accion(antes: Contenido, despues: Contenido) -> list[Renglon]:
    """Un renglón por acción de cualquiera de los dos, en el orden del plan."""
    de_antes = {una.codigo: una for una in antes.acciones}
    de_despues = {una.codigo: una for una in despues.acciones}
    todas = sorted({**de_antes, **de_despues}.values(), key=lambda una: una.orden)
    return [_renglon(una, de_antes.get(una.codigo), de_despues.get(una.codigo)) for una in todas]


def _renglon(una: Accion, antes: Accion | None, despues: Accion | None) -> Renglon:
    e_antes = antes.ejecutado if antes else None
    e_despues = despues.ejecutado if despues else None
    delta = diferencia(e_despues, e_antes)
    return Renglon(una.codigo, una.enunciado, antes, despues, delta)
