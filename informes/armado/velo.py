"""Qué textos lleva la edición del CNS: los de lo que por ley es público, aunque sea restringido.

Lo demás conserva sus cifras y dice, en vez del texto, por qué no se lee (dominio §10). Puro.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from informes.contenido import Accion, Actividad, Evidencia

PUBLICA, CONFIDENCIAL, RESERVADA = "PUBLICA", "CONFIDENCIAL", "RESERVADA"
SIN_CLASIFICAR = "SIN_CLASIFICAR"
DE_MENOS_A_MAS = ("PUBLICA", "INTERNA", "RESTRINGIDA")
TEXTOS = (
    "descripcion",
    "unidad",
    "justificacion_exceso",
    "motivo_retroceso",
    "logro",
    "limitante",
    "medida_correctiva",
    "responsable_medida",
    "decision_solicitada",
    "motivo_sin_cambios",
)


def velo(clases: Iterable[str], resoluciones: Iterable[str]) -> str:
    """Lo que va en lugar del texto; vacío si toda categoría de la fila es PUBLICA."""
    clases, numeros = set(clases), sorted(set(resoluciones))
    dichos = []
    if RESERVADA in clases:
        dichos.append(f"[Reservado: resolución {', '.join(numeros)}]")
    if CONFIDENCIAL in clases:
        dichos.append("[Confidencial]")
    if SIN_CLASIFICAR in clases:
        dichos.append("[Sin clasificar]")
    return " ".join(dichos)


def visibilidad_de(varias: Iterable[str]) -> str:
    """La más cerrada de una fila y sus padres."""
    return max(varias, key=DE_MENOS_A_MAS.index)


def velada(actividad: Actividad, tapa: str) -> Actividad:
    """La actividad con `tapa` donde había texto; las cifras, fechas y códigos quedan."""
    if not tapa:
        return actividad
    textos: dict[str, Any] = {campo: tapa for campo in TEXTOS if getattr(actividad, campo)}
    return replace(
        actividad,
        **textos,
        reservado=tapa,
        territorio=(),
        beneficiarios={},
        hitos=tuple(replace(hito, descripcion=tapa) for hito in actividad.hitos),
        aportes=tuple(
            replace(aporte, texto=tapa if aporte.texto else "") for aporte in actividad.aportes
        ),
        evidencias=tuple(evidencia_velada(una, tapa) for una in actividad.evidencias),
    )


def evidencia_velada(evidencia: Evidencia, tapa: str) -> Evidencia:
    """Sin título ni huella: la huella de un documento conocido diría cuál es."""
    return replace(evidencia, titulo=tapa, sha256="") if tapa else evidencia


def accion_velada(accion: Accion, tapa: str) -> Accion:
    """La acción sin su enunciado ni su impacto."""
    if not tapa:
        return accion
    return replace(accion, enunciado=tapa, impacto=tapa if accion.impacto else "")
