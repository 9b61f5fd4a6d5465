"""Dos cortes frente a frente, acción por acción, y por qué; las diferencias las da `calculo`."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from informes.contenido import Accion, Actividad, Cambio, Contenido, Nivel
from matrices.calculo import diferencia


@dataclass(frozen=True)
class Renglon:
    """Una acción, o el plan entero, en dos cortes; None donde no estaba. Puntos 0–100."""

    codigo: str
    enunciado: str
    antes: Accion | Nivel | None
    despues: Accion | Nivel | None
    delta: Decimal | None

    @property
    def que_cambia(self) -> list[str]:
        """Lo que no es igual en los dos, por su nombre; vacío si nada cambió."""
        if self.antes is None or self.despues is None:
            return ["no estaba" if self.antes is None else "ya no está"]
        cifras = [
            ("E", self.antes.ejecutado, self.despues.ejecutado),
            ("P", self.antes.programado, self.despues.programado),
            ("color", self.antes.semaforo, self.despues.semaforo),
            ("cobertura", self.antes.cobertura, self.despues.cobertura),
        ]
        return [nombre for nombre, era, es in cifras if era != es]


def por_accion(antes: Contenido, despues: Contenido) -> list[Renglon]:
    """Un renglón por acción de cualquiera de los dos, en el orden del plan."""
    de_antes = {una.codigo: una for una in antes.acciones}
    de_despues = {una.codigo: una for una in despues.acciones}
    todas = sorted({**de_antes, **de_despues}.values(), key=lambda una: una.orden)
    return [
        _renglon(una.codigo, una.enunciado, de_antes.get(una.codigo), de_despues.get(una.codigo))
        for una in todas
    ]


def del_plan(antes: Contenido, despues: Contenido) -> Renglon:
    """El plan entero en los dos."""
    return _renglon(despues.plan.sigla, despues.plan.nombre, antes.total, despues.total)


def _renglon(
    codigo: str, enunciado: str, antes: Accion | Nivel | None, despues: Accion | Nivel | None
) -> Renglon:
    e_antes = antes.ejecutado if antes else None
    e_despues = despues.ejecutado if despues else None
    return Renglon(codigo, enunciado, antes, despues, diferencia(e_despues, e_antes))


# ---- por qué cambió

CAUSAS_POR_CAMBIO = 2


@dataclass(frozen=True)
class Causa:
    """Una actividad que explica el cambio de su acción y lo que de ella se informó.

    `puntos` es lo que subió E en el semestre si la acción mejora, y su brecha si no.
    """

    clave: str
    semaforo: str
    puntos: Decimal
    tipo: str
    texto: str


def que_cambio(c: Contenido) -> list[tuple[Cambio, list[Causa]]]:
    """Cada acción que cambió de color, con las actividades que más pesan en ello.

    De la que mejora, las que más subieron; de las demás, las de mayor brecha.
    """
    de_accion = defaultdict(list)
    for actividad in c.actividades:
        de_accion[actividad.accion].append(actividad)
    return [(uno, _causas(uno, de_accion[uno.accion])) for uno in c.que_cambio]


def _causas(cambio: Cambio, actividades: list[Actividad]) -> list[Causa]:
    mejora = cambio.sentido == "MEJORA"
    causas = [_alza(una) if mejora else _freno(una) for una in actividades]
    propias = sorted((una for una in causas if una), key=lambda una: -abs(una.puntos))
    return propias[:CAUSAS_POR_CAMBIO]


def _alza(una: Actividad) -> Causa | None:
    """Lo que la actividad logró; None si no subió o no se puede decir."""
    subio = diferencia(una.ejecutado, una.ejecutado_previo)
    if subio is None or subio <= 0:
        return None
    return Causa(una.clave, una.semaforo, subio, "", una.reservado or una.logro)


def _freno(una: Actividad) -> Causa | None:
    """Lo que la detiene: la limitante que declara, o que no reportó o que venció su plazo."""
    if una.brecha is None or una.brecha >= 0:
        return None
    texto, tipo = una.reservado or una.limitante, "" if una.reservado else una.limitante_tipo
    if una.arrastrado:
        texto, tipo = "No reportó: vale lo último validado.", ""
    elif not texto and una.semaforo == "VENCIDA":
        texto = f"Su plazo terminó el {una.fin_vigente:%d/%m/%Y}."
    return Causa(una.clave, una.semaforo, una.brecha, tipo, texto)
