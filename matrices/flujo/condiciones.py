"""Lo que un paso pide además del estado: por qué, aun en él, todavía no se puede dar."""

from collections.abc import Callable
from typing import Any

from django.db.models import Model

from instituciones.models import Clasificacion
from matrices.flujo.tablas import E
from matrices.models import Actividad, Avance, Observacion, Periodo


def condicion_que_falta(fila: Model, paso: str) -> str:
    """Por qué, aun en el estado debido, el paso no se puede dar; vacío si se puede."""
    condicion = CONDICIONES.get((type(fila), paso))
    return condicion(fila) if condicion else ""


def _se_puede_guardar(avance: Avance) -> str:
    """PENDIENTE y EXENTO, sólo mientras el periodo recibe; lo demás, hasta el corte."""
    vigente = avance.actividad.situacion == Actividad.Situacion.VIGENTE
    if avance.estado == E.EXENTO and not vigente:
        return "La actividad está suspendida o cancelada: no se reporta."
    if avance.estado in {E.PENDIENTE, E.EXENTO} and not avance.periodo.recibe:
        return "El periodo ya no recibe avances: pida a la coordinación que lo reabra."
    return ""


def _se_puede_entregar(avance: Avance) -> str:
    """Clasificado y con cada observación respondida (dominio §2.2)."""
    if Clasificacion.SIN_CLASIFICAR in {avance.clasificacion, avance.actividad.clasificacion}:
        return "La actividad está sin clasificar: no se puede entregar hasta que se clasifique."
    if _cuantas(avance, "sin_responder"):
        return "Responda cada observación antes de entregar."
    return ""


def _cuantas(avance: Avance, cuales: str) -> int:
    """Las observaciones abiertas o sin responder; las listas (`con_sus_observaciones`) ya las
    contaron, y si cambian cambia la versión."""
    if cuales in avance.__dict__:
        return getattr(avance, cuales)
    abiertas = Observacion.objects.filter(avance=avance).abiertas()
    return (abiertas.filter(respuesta="") if cuales == "sin_responder" else abiertas).count()


def _se_puede_validar(avance: Avance) -> str:
    """Sin observaciones abiertas."""
    if _cuantas(avance, "abiertas"):
        return "Tiene observaciones abiertas: ciérrelas u observe de nuevo."
    return ""


def _se_puede_reabrir(avance: Avance) -> str:
    """Sólo con el periodo cerrado y sin cortar."""
    if avance.periodo.estado != Periodo.Estado.CERRADO:
        return "Sólo se reabre con el periodo cerrado y sin cortar."
    return ""


def _se_puede_exigir(avance: Avance) -> str:
    """Mientras el periodo recibe."""
    return "" if avance.periodo.recibe else "El periodo ya no recibe avances."


def _solo_sin_cortar(avance: Avance) -> str:
    return "El periodo ya se cortó." if avance.periodo.cortado else ""


CONDICIONES: dict[tuple[type[Model], str], Callable[[Any], str]] = {
    (Avance, "guardar"): _se_puede_guardar,
    (Avance, "entregar"): _se_puede_entregar,
    (Avance, "remitir"): _solo_sin_cortar,
    (Avance, "devolver"): _solo_sin_cortar,
    (Avance, "validar"): _se_puede_validar,
    (Avance, "reabrir"): _se_puede_reabrir,
    (Avance, "exigir"): _se_puede_exigir,
}
