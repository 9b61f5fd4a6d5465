"""Las tablas de pasos: de qué estados a cuál, quién lo da y qué firma deja.

De aquí salen los botones, las páginas y los archivos que se suben.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.db.models import Model

from instituciones.models import Usuario
from matrices import permisos
from matrices.models import Avance, Periodo, Reclasificacion, Rectificacion, Reprogramacion

E = Avance.Estado
Fila = Avance | Periodo | Reprogramacion | Rectificacion | Reclasificacion


class Paso(NamedTuple):
    """Un renglón de la tabla: de qué estados a cuál, quién, y qué firmas deja, exige o borra.

    `distinta_de` son las firmas que no pueden ser de quien da el paso (dos personas). `adentro`:
    no es un botón; lo da otro acto (abrir, cerrar, cortar, resolver una enmienda).
    """

    de: frozenset[str]
    a: str
    permite: Callable[[Usuario | None, Any], bool]
    pide_nota: bool = False
    firma: str = ""
    distinta_de: tuple[str, ...] = ()
    borra: tuple[str, ...] = ()
    nombre: str = ""
    adentro: bool = False


CAPTURA = ("capturado_por", "entregado_por")
SIN_VALIDAR = frozenset(Avance.SIN_RESOLVER)

PASOS: dict[str, Paso] = {
    "guardar": Paso(
        frozenset({E.PENDIENTE, E.EXENTO, E.BORRADOR, E.OBSERVADO}),
        E.BORRADOR,
        permisos.puede_capturar,
        firma="capturado_por",
        borra=("entregado_por", "remitido_por", "validado_por"),
        nombre="Guardar borrador",
    ),
    "entregar": Paso(
        frozenset({E.BORRADOR}),
        E.EN_APROBACION,
        permisos.puede_capturar,
        firma="entregado_por",
        nombre="Entregar a aprobación",
    ),
    "devolver": Paso(
        frozenset({E.EN_APROBACION}),
        E.BORRADOR,
        permisos.puede_aprobar,
        pide_nota=True,
        borra=("entregado_por", "remitido_por", "validado_por"),
        nombre="Devolver",
    ),
    "remitir": Paso(
        frozenset({E.EN_APROBACION}),
        E.REMITIDO,
        permisos.puede_aprobar,
        firma="remitido_por",
        distinta_de=CAPTURA,
        nombre="Remitir a revisión",
    ),
    "asignar": Paso(frozenset({E.REMITIDO}), E.REMITIDO, permisos.puede_asignar, nombre="Asignar"),
    "observar": Paso(
        frozenset({E.REMITIDO}),
        E.OBSERVADO,
        permisos.puede_revisar,
        distinta_de=(*CAPTURA, "remitido_por"),
        nombre="Observar",
    ),
    "validar": Paso(
        frozenset({E.REMITIDO}),
        E.VALIDADO,
        permisos.puede_revisar,
        firma="validado_por",
        distinta_de=(*CAPTURA, "remitido_por"),
        nombre="Validar",
    ),
    "revertir": Paso(
        frozenset({E.VALIDADO}),
        E.REMITIDO,
        permisos.puede_revertir,
        pide_nota=True,
        borra=("validado_por",),
        nombre="Revertir la validación",
    ),
    "vencer": Paso(
        frozenset({E.PENDIENTE, E.BORRADOR, E.EN_APROBACION}),
        E.NO_REPORTADO,
        permisos.calendario_o_coordinacion,
        nombre="Vencer",
        adentro=True,
    ),
    "reabrir": Paso(
        frozenset({E.NO_REPORTADO}),
        E.BORRADOR,
        permisos.puede_coordinar,
        pide_nota=True,
        borra=("entregado_por", "remitido_por", "validado_por"),
        nombre="Reabrir",
    ),
    "eximir": Paso(
        SIN_VALIDAR,
        E.EXENTO,
        permisos.puede_coordinar,
        nombre="Eximir",
        adentro=True,
    ),
    "exigir": Paso(
        frozenset({E.EXENTO}),
        E.PENDIENTE,
        permisos.puede_coordinar,
        nombre="Exigir",
        adentro=True,
    ),
    "dejar_fuera": Paso(
        SIN_VALIDAR,
        E.NO_REPORTADO,
        permisos.puede_coordinar,
        pide_nota=True,
        nombre="Dejar fuera del corte",
        adentro=True,
    ),
    "consolidar": Paso(
        frozenset({E.VALIDADO}),
        E.CONSOLIDADO,
        permisos.puede_coordinar,
        nombre="Consolidar",
        adentro=True,
    ),
}

PE = Periodo.Estado
PASOS_PERIODO: dict[str, Paso] = {
    "abrir": Paso(
        frozenset({PE.PROGRAMADO}), PE.ABIERTO, permisos.puede_llevar_el_periodo, nombre="Abrir"
    ),
    "prorrogar": Paso(
        frozenset({PE.ABIERTO, PE.EN_GRACIA}),
        PE.ABIERTO,
        permisos.puede_llevar_el_periodo,
        pide_nota=True,
        nombre="Prorrogar",
    ),
    "dar_gracia": Paso(
        frozenset({PE.ABIERTO}), PE.EN_GRACIA, permisos.es_el_calendario, nombre="Dar gracia"
    ),
    "cerrar": Paso(
        frozenset({PE.EN_GRACIA}),
        PE.CERRADO,
        permisos.calendario_o_coordinacion,
        nombre="Cerrar",
    ),
    "cortar": Paso(
        frozenset({PE.CERRADO}), PE.CORTADO, permisos.puede_llevar_el_periodo, nombre="Cortar"
    ),
}

RE = Reprogramacion.Estado
PASOS_REPROGRAMACION: dict[str, Paso] = {
    "avalar": Paso(
        frozenset({RE.SOLICITADA}),
        RE.AVALADA,
        permisos.puede_avalar,
        firma="avalada_por",
        distinta_de=("solicitada_por",),
        nombre="Avalar",
    ),
    "opinar": Paso(
        frozenset({RE.AVALADA}),
        RE.OPINADA,
        permisos.puede_opinar,
        firma="opinada_por",
        nombre="Emitir opinión",
    ),
    "aprobar": Paso(
        frozenset({RE.AVALADA, RE.OPINADA}),
        RE.APROBADA,
        permisos.puede_coordinar,
        firma="resuelta_por",
        distinta_de=("solicitada_por", "avalada_por"),
        nombre="Aprobar",
    ),
    "rechazar": Paso(
        frozenset({RE.AVALADA, RE.OPINADA}),
        RE.RECHAZADA,
        permisos.puede_coordinar,
        firma="resuelta_por",
        distinta_de=("solicitada_por", "avalada_por"),
        nombre="Rechazar",
    ),
    "desistir": Paso(
        frozenset({RE.SOLICITADA, RE.AVALADA, RE.OPINADA}),
        RE.DESISTIDA,
        permisos.puede_desistir,
        nombre="Desistir",
    ),
}

RT = Rectificacion.Estado
PASOS_RECTIFICACION: dict[str, Paso] = {
    "firmar": Paso(
        frozenset({RT.SOLICITADA}),
        RT.FIRMADA,
        permisos.puede_avalar,
        firma="firmada_por",
        distinta_de=("solicitada_por",),
        nombre="Firmar",
    ),
    "recomendar": Paso(
        frozenset({RT.FIRMADA}),
        RT.RECOMENDADA,
        permisos.puede_recomendar,
        firma="recomendada_por",
        distinta_de=("solicitada_por", "firmada_por"),
        nombre="Recomendar",
    ),
    "aprobar": Paso(
        frozenset({RT.RECOMENDADA}),
        RT.APROBADA,
        permisos.puede_coordinar,
        firma="resuelta_por",
        distinta_de=("solicitada_por", "firmada_por"),
        nombre="Aprobar",
    ),
    "rechazar": Paso(
        frozenset({RT.RECOMENDADA}),
        RT.RECHAZADA,
        permisos.puede_coordinar,
        pide_nota=True,
        firma="resuelta_por",
        distinta_de=("solicitada_por", "firmada_por"),
        nombre="Rechazar",
    ),
    "aplicar": Paso(
        frozenset({RT.APROBADA}),
        RT.APLICADA,
        permisos.puede_coordinar,
        nombre="Aplicar",
        adentro=True,
    ),
}

RC = Reclasificacion.Estado
PASOS_RECLASIFICACION: dict[str, Paso] = {
    "aprobar": Paso(
        frozenset({RC.SOLICITADA}),
        RC.APROBADA,
        permisos.puede_resolver_clase,
        pide_nota=True,
        firma="resuelta_por",
        distinta_de=("solicitada_por",),
        nombre="Aprobar",
    ),
    "rechazar": Paso(
        frozenset({RC.SOLICITADA}),
        RC.RECHAZADA,
        permisos.puede_resolver_clase,
        pide_nota=True,
        firma="resuelta_por",
        distinta_de=("solicitada_por",),
        nombre="Rechazar",
    ),
    "desistir": Paso(
        frozenset({RC.SOLICITADA}),
        RC.DESISTIDA,
        permisos.puede_desistir_de_clase,
        nombre="Desistir",
    ),
}

TABLAS: dict[type[Model], dict[str, Paso]] = {
    Avance: PASOS,
    Periodo: PASOS_PERIODO,
    Reprogramacion: PASOS_REPROGRAMACION,
    Rectificacion: PASOS_RECTIFICACION,
    Reclasificacion: PASOS_RECLASIFICACION,
}
# Lo que queda en la historia de un avance y no es un paso suyo: lo da otro acto.
DE_OTRO_ACTO = {"abrir": "Abrir", "clasificar": "Cambiar su clasificación"}

# Los pasos tras los que cambian las cifras del avance: lo declarado entra en ellas o sale.
MIDE = {"guardar", "vencer", "reabrir", "eximir", "exigir", "dejar_fuera"}


def estado_inicial(exigible: bool) -> dict[str, str]:
    """Con qué estado nace un avance al abrirse el periodo."""
    return {"estado": E.PENDIENTE if exigible else E.EXENTO}


def nombre_de(paso: str) -> str:
    """Cómo se llama en la historia de un avance lo que un `Movimiento` cuenta."""
    return PASOS[paso].nombre if paso in PASOS else DE_OTRO_ACTO.get(paso, paso)
