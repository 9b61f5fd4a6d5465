"""Lo exigible, lo recibido y lo oportuno (dominio §7.6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from matrices.calculo.actividades import ActividadMedida
from matrices.calculo.numeros import CERO, CIEN, Numero, a_dos, en_puntos, porciento
from matrices.calculo.terminos import VIGENTE, situacion_valida
from matrices.calculo.umbrales import UMBRALES, Umbrales


@dataclass(frozen=True)
class Apertura:
    """Cómo nace un avance al abrir el periodo; `motivo_exencion` es None si es exigible."""

    estado_inicial: str
    exigible: bool
    motivo_exencion: str | None


@dataclass(frozen=True)
class Cobertura:
    """Lo validado y lo oportuno de lo que debía llegar, en %; None si nada debía."""

    exigidos: int
    recibidos: int
    a_tiempo: int
    cobertura: Decimal | None
    oportunidad: Decimal | None
    cobertura_insuficiente: bool


def exigible_al_abrir(
    *, situacion: str, inicio: date, corte: date, ejecutado_validado: Numero | None
) -> Apertura:
    """Si una actividad debe reportar en el periodo que se abre. Regla EXIGIBLE.

    `ejecutado_validado`: su último E guardado; None si nunca tuvo.
    """
    motivo = None
    if situacion_valida(situacion) != VIGENTE:
        motivo = str(situacion)
    elif en_puntos(ejecutado_validado or CERO, "E") == CIEN:
        motivo = "FINALIZADA"
    elif inicio > corte:
        motivo = "NO_INICIADA"
    return Apertura("EXENTO" if motivo else "PENDIENTE", motivo is None, motivo)


def cobertura(
    exigidos: int, recibidos: int, a_tiempo: int = 0, *, umbrales: Umbrales = UMBRALES
) -> Cobertura:
    """Cobertura y oportunidad, desde los conteos. Regla COBERTURA."""
    if not 0 <= a_tiempo <= recibidos <= exigidos:
        raise ValueError(
            f"No cuadran {exigidos} exigidos, {recibidos} recibidos y {a_tiempo} a tiempo."
        )
    llegado = a_dos(porciento(recibidos, exigidos)) if exigidos else None
    return Cobertura(
        exigidos=exigidos,
        recibidos=recibidos,
        a_tiempo=a_tiempo,
        cobertura=llegado,
        oportunidad=a_dos(porciento(a_tiempo, exigidos)) if exigidos else None,
        cobertura_insuficiente=llegado is not None and llegado < umbrales.cobertura_minima,
    )


def cobertura_de(
    actividades: Iterable[ActividadMedida], *, umbrales: Umbrales = UMBRALES
) -> Cobertura:
    """La de un grupo de actividades: de lo exigible, lo validado y lo no extemporáneo. §7.6."""
    exigibles = [una for una in actividades if una.exigible]
    validadas = [una for una in exigibles if una.validado]
    a_tiempo = sum(not una.extemporaneo for una in validadas)
    return cobertura(len(exigibles), len(validadas), a_tiempo, umbrales=umbrales)
