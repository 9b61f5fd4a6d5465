"""Qué falta para entregar un avance: las reglas de dominio §5, una por función.

Reciben lo ya leído y sus antecedentes, y dan los errores por campo. Nada aquí escribe.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from instituciones.models import Clasificacion
from matrices.antecedentes import FRENADOS, Antecedentes
from matrices.models import Actividad, Avance

MINIMO, MAXIMO = 30, 1000
Modo, Situacion = Actividad.Modo, Avance.SituacionReportada


class Falta(NamedTuple):
    """Un error: en qué campo, qué decir y un código estable."""

    campo: str
    mensaje: str
    codigo: str = "requerido"


def para_entregar(datos: dict[str, Any], antes: Antecedentes) -> Iterator[Falta]:
    """Todo lo que impide entregar, en el orden del formulario."""
    quedaria = antes.como_quedaria(medida(datos))
    yield from _situacion(datos)
    yield from _del_modo(datos, antes, quedaria)
    yield from _logro(datos)
    if pide_medida(datos, quedaria):
        yield from _limitante(datos, antes)
    yield from _decision(datos)
    if antes.actividad.programa_presupuestario:
        yield from _presupuesto(datos)
    yield from _evidencia(datos, antes, quedaria)
    yield from _clase(datos, antes)
    yield from _respuestas(datos, antes)
    if not datos.get("declaracion"):
        yield Falta("declaracion", "Marque la declaración para entregar.")


def medida(datos: dict[str, Any]) -> dict[str, Any]:
    """De lo leído, lo que mueve E: como lo pide `Antecedentes.como_quedaria`."""
    return {
        "ejecutado_periodo": datos.get("ejecutado_periodo"),
        "porcentaje": datos.get("porcentaje"),
        "hitos": datos.get("hitos_cumplidos"),
        "aportes": datos.get("aportes"),
    }


def pide_medida(datos: dict[str, Any], quedaria: dict[str, Any]) -> bool:
    """En amarillo o peor, o bloqueada, hay que decir qué lo frena y qué se hará."""
    frenada = quedaria["semaforo"] in FRENADOS and not _falta_la_medida(datos)
    return frenada or datos["situacion_reportada"] == Situacion.BLOQUEADA


def _falta_la_medida(datos: dict[str, Any]) -> bool:
    """Sin cantidad o porcentaje el color aún no se sabe."""
    return any(
        campo in datos and datos[campo] is None for campo in ("ejecutado_periodo", "porcentaje")
    )


def _texto(datos: dict[str, Any], campo: str, minimo: int = MINIMO) -> Iterator[Falta]:
    largo = len(datos.get(campo) or "")
    if largo < minimo:
        yield Falta(
            campo, f"Escriba al menos {minimo} caracteres (van {largo}).", "demasiado_corto"
        )


def _situacion(datos: dict[str, Any]) -> Iterator[Falta]:
    if not datos["situacion_reportada"]:
        yield Falta(
            "situacion_reportada", "Diga cómo está la actividad al último día del semestre."
        )


def _del_modo(datos: dict, antes: Antecedentes, quedaria: dict) -> Iterator[Falta]:
    regla = {
        Modo.META: _cantidad,
        Modo.HITOS: _hitos,
        Modo.PORCENTAJE: _porcentaje,
        Modo.COLECTIVO: _aportes,
    }[Modo(antes.actividad.modo)]
    yield from regla(datos, antes, quedaria)


def _cantidad(datos: dict, antes: Antecedentes, quedaria: dict) -> Iterator[Falta]:
    dada = datos["ejecutado_periodo"]
    if dada is None:
        yield Falta("ejecutado_periodo", "Escriba la cantidad del semestre; cero si no hubo.")
    elif datos["sin_cambios"] and dada:
        yield Falta("ejecutado_periodo", "«Sin cambios» lleva cantidad cero.", "sin_cambios")
    elif dada and quedaria["acumulado"] > antes.actividad.meta:
        yield from _texto(datos, "justificacion_exceso")


def _porcentaje(datos: dict, antes: Antecedentes, quedaria: dict) -> Iterator[Falta]:
    dado = datos["porcentaje"]
    if dado is None:
        yield Falta("porcentaje", "Escriba el avance total a la fecha.")
    elif datos["sin_cambios"] and dado != antes.ultimo:
        mensaje = f"«Sin cambios» lleva el mismo porcentaje: {antes.ultimo}."
        yield Falta("porcentaje", mensaje, "sin_cambios")
    elif dado < antes.ultimo:
        yield from _texto(datos, "motivo_retroceso")


def _hitos(datos: dict, antes: Antecedentes, quedaria: dict) -> Iterator[Falta]:
    con_respaldo = {una.hito_id for una in antes.evidencias}
    inicio, corte = antes.actividad.inicio, antes.avance.periodo.corte
    marcados = datos["hitos_cumplidos"]
    if datos["sin_cambios"] and marcados:
        yield Falta("hitos_cumplidos", "«Sin cambios» no lleva hitos nuevos.", "sin_cambios")
    for hito in antes.hitos:
        if hito.pk not in marcados:
            continue
        if not inicio <= marcados[hito.pk] <= corte:
            mensaje = (
                f"La fecha del hito {hito.numero} va del {inicio:%d/%m/%Y} al {corte:%d/%m/%Y}."
            )
            yield Falta("hitos_cumplidos", mensaje, "fecha_fuera")
        if hito.pk not in con_respaldo:
            mensaje = f"Adjunte el documento que respalda el hito {hito.numero}."
            yield Falta("hitos_cumplidos", mensaje, "sin_evidencia")


def _aportes(datos: dict, antes: Antecedentes, quedaria: dict) -> Iterator[Falta]:
    if not datos["sin_cambios"]:
        return
    siglas = {una.pk: una.sigla for una in antes.obligados}
    distintos = [
        siglas[pk]
        for pk, dado in datos["aportes"].items()
        if dado is not None and dado != antes.aportes_previos.get(siglas[pk], Decimal(0))
    ]
    if distintos:
        mensaje = f"«Sin cambios» lleva los mismos porcentajes: revise {', '.join(distintos)}."
        yield Falta("aportes", mensaje, "sin_cambios")


def _logro(datos: dict[str, Any]) -> Iterator[Falta]:
    yield from _texto(datos, "motivo_sin_cambios" if datos["sin_cambios"] else "logro")


def _limitante(datos: dict, antes: Antecedentes) -> Iterator[Falta]:
    """En amarillo o peor, o bloqueada: qué lo frena y qué se hará, con fecha tras el corte."""
    if not datos["limitante_tipo"]:
        yield Falta("limitante_tipo", "Elija qué tipo de limitante hubo.")
    yield from _texto(datos, "limitante")
    yield from _texto(datos, "medida_correctiva")
    if not datos["responsable_medida"]:
        yield Falta("responsable_medida", "Diga qué unidad se hará cargo.")
    fecha, corte = datos["fecha_medida"], antes.avance.periodo.corte
    if fecha is None:
        yield Falta("fecha_medida", "Diga para cuándo.")
    elif fecha <= corte:
        mensaje = f"La fecha debe ser posterior al corte, {corte:%d/%m/%Y}."
        yield Falta("fecha_medida", mensaje, "fecha_fuera")
    elif datos["sin_cambios"] and antes.anterior and fecha == antes.anterior.fecha_medida:
        yield Falta("fecha_medida", "Sigue sin cambios: ponga una fecha nueva.", "sin_cambios")


def _decision(datos: dict[str, Any]) -> Iterator[Falta]:
    if datos["requiere_decision_cns"] and not datos["decision_solicitada"]:
        yield Falta("decision_solicitada", "Diga qué decisión se pide al CNS.")


def _presupuesto(datos: dict[str, Any]) -> Iterator[Falta]:
    for campo in ("presupuesto_asignado", "presupuesto_vigente", "devengado"):
        if datos[campo] is None:
            yield Falta(campo, "Escriba la cifra de SICOIN; cero si no hay.")


def _evidencia(datos: dict, antes: Antecedentes, quedaria: dict) -> Iterator[Falta]:
    if (quedaria["ejecutado"] or 0) > antes.ultimo and not antes.evidencias:
        yield Falta(
            "evidencias", "El avance sube: adjunte al menos una evidencia.", "sin_evidencia"
        )


def _clase(datos: dict, antes: Antecedentes) -> Iterator[Falta]:
    if datos["clasificacion"] == Clasificacion.SIN_CLASIFICAR:
        yield Falta("clasificacion", "Proponga una clasificación para entregar.", "sin_clasificar")
    if antes.actividad.clasificacion == Clasificacion.SIN_CLASIFICAR:
        mensaje = "La actividad está sin clasificar: pida que se clasifique para poder entregar."
        yield Falta("clasificacion", mensaje, "sin_clasificar")


def _respuestas(datos: dict, antes: Antecedentes) -> Iterator[Falta]:
    for observacion in antes.abiertas:
        if not datos.get(f"respuesta_{observacion.pk}"):
            yield Falta(f"respuesta_{observacion.pk}", "Responda la observación.")
