"""Lo que un avance declara, puesto en celdas; y lo escrito en celdas, puesto en el formulario."""

from collections.abc import Mapping
from typing import Any

from matrices.antecedentes import Antecedentes
from matrices.flujo import Declaracion
from matrices.forms.avance import DEL_MODO, DINERO
from matrices.forms.campos import CasillasDePersonas
from matrices.libro.columnas import (
    ACTIVIDADES,
    APORTES,
    BENEFICIADAS,
    DE_PERSONAS,
    HITOS,
    OBSERVACIONES,
)
from matrices.models import Actividad, Avance

Valores = dict[str, dict[str, dict[str, Any]]]  # hoja → subllave → columna → valor
COLUMNAS = (
    "situacion_reportada",
    "sin_cambios",
    "motivo_sin_cambios",
    "ejecutado_periodo",
    "justificacion_exceso",
    "porcentaje",
    "motivo_retroceso",
    "logro",
    "territorio",
    "limitante_tipo",
    "limitante",
    "medida_correctiva",
    "responsable_medida",
    "fecha_medida",
    "requiere_decision_cns",
    "decision_solicitada",
    *DINERO,
    "visibilidad",
    "clasificacion",
)
PERSONAS = tuple(una.nombre for una in DE_PERSONAS if una.se_escribe)
_CASILLAS = CasillasDePersonas()


def guardados(avance: Avance, antes: Antecedentes) -> Valores:
    """Lo que el avance dice ahora, celda por celda."""
    columnas = {campo: getattr(avance, campo) for campo in (*COLUMNAS, "beneficiarios")}
    columnas["resolucion"] = avance.resolucion_id
    respuestas = {una.pk: una.respuesta for una in antes.abiertas}
    return _en_celdas(columnas, antes, antes.hitos_marcados, antes.aportes, respuestas)


def declarados(dato: Declaracion, antes: Antecedentes, previos: Valores) -> Valores:
    """Lo que diría si se guardara esa declaración; lo que no declara queda como estaba."""
    columnas = dict(previos[ACTIVIDADES][""]) | dict(dato.columnas)
    resolucion = dato.columnas.get("resolucion")
    columnas["resolucion"] = resolucion.pk if resolucion else None
    return _en_celdas(columnas, antes, dato.hitos or {}, dato.aportes or {}, dato.respuestas or {})


def _en_celdas(
    columnas: Mapping[str, Any],
    antes: Antecedentes,
    hitos: Mapping[int, Any],
    aportes: Mapping[int, Any],
    respuestas: Mapping[int, str],
) -> Valores:
    principal = {campo: columnas.get(campo) for campo in (*COLUMNAS, "resolucion")}
    principal["territorio"] = list(principal["territorio"] or [])
    personas = _CASILLAS.format_value(columnas.get("beneficiarios"))
    valores: Valores = {
        ACTIVIDADES: {"": principal},
        BENEFICIADAS: {"": {clave: personas.get(clave) for clave in PERSONAS}},
        OBSERVACIONES: {
            str(una.pk): {"respuesta": respuestas.get(una.pk, "")} for una in antes.abiertas
        },
    }
    if antes.actividad.modo == Actividad.Modo.HITOS:
        valores[HITOS] = {str(hito.numero): _hito(hito.pk, antes, hitos) for hito in antes.hitos}
    if antes.actividad.modo == Actividad.Modo.COLECTIVO:
        valores[APORTES] = {
            una.sigla: {"porcentaje": aportes.get(una.pk)} for una in antes.obligados
        }
    return valores


def _hito(hito: int, antes: Antecedentes, marcados: Mapping[int, Any]) -> dict[str, Any]:
    if hito in antes.hitos_validados:
        return {"cumplido": True, "fecha": antes.hitos_validados[hito]}
    return {"cumplido": hito in marcados, "fecha": marcados.get(hito)}


def al_formulario(valores: Valores, version: int) -> dict[str, Any]:
    """Los mismos valores como los pide `AvanceForm`: un dato por campo."""
    return {
        **valores[ACTIVIDADES][""],
        "version": version,
        "beneficiarios": valores[BENEFICIADAS][""],
        "hitos_cumplidos": _hitos_del_formulario(valores.get(HITOS, {})),
        "aportes": {sigla: una["porcentaje"] for sigla, una in valores.get(APORTES, {}).items()},
        **{
            f"respuesta_{clave}": una["respuesta"]
            for clave, una in valores.get(OBSERVACIONES, {}).items()
        },
    }


def _hitos_del_formulario(filas: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    dado: dict[str, Any] = {}
    for numero, una in filas.items():
        if una["cumplido"]:
            dado |= {numero: "on", f"{numero}_fecha": una["fecha"]}
    return dado


def no_aplican(actividad: Actividad) -> set[str]:
    """Las columnas de la hoja principal que esta actividad no usa: de otro modo, o sin dinero."""
    ajenas = {
        campo for modo, campos in DEL_MODO.items() if modo != actividad.modo for campo in campos
    }
    return ajenas if actividad.programa_presupuestario else ajenas | set(DINERO)


def celda_de(campo: str) -> tuple[str, str, str]:
    """En qué hoja, subllave y columna está un campo del formulario; subllave «*» si en varias."""
    if campo.startswith("respuesta_"):
        return OBSERVACIONES, campo.removeprefix("respuesta_"), "respuesta"
    casos = {
        "beneficiarios": (BENEFICIADAS, "", PERSONAS[0]),
        "hitos_cumplidos": (HITOS, "*", "cumplido"),
        "aportes": (APORTES, "*", "porcentaje"),
    }
    return casos.get(campo, (ACTIVIDADES, "", campo))
