"""El flujo de trabajo: las tablas de pasos y la única puerta por la que cambia un estado.

Cada paso escribe en una transacción la fila, su `Movimiento` y su asiento. Los efectos sobre el
calendario y las enmiendas, en `periodos` y `enmiendas`. Quien mueve importa de aquí, no de los
módulos: `tablas` (los pasos), `turnos` (a quién le tocan), `condiciones`, `movimientos` y los
verbos, en `captura` y `revision`.
"""

from matrices.flujo.captura import (
    YA_CERRADO,
    Declaracion,
    aportar,
    autoguardar,
    capturar,
    capturar_varios,
    cerrado_por_otros,
    consta,
    entregar,
    entregar_varios,
)
from matrices.flujo.condiciones import CONDICIONES, condicion_que_falta
from matrices.flujo.conflictos import Conflicto, PasoInvalido, VersionAjena
from matrices.flujo.libros import (
    anotar_libro,
    asiento_de_libro,
    latir_libro,
    libros_sin_dueno,
    pedir_aplicar,
    rechazar_libro,
    reclamar_libro,
    soltar_libro,
    terminar_libro,
)
from matrices.flujo.movimientos import (
    Orden,
    anotar_clase,
    asiento_de,
    ganar,
    medir,
    mover,
    mover_varios,
)
from matrices.flujo.revision import (
    Reparo,
    asignar,
    asignar_varios,
    observar,
    observar_varios,
    responder_hasta,
    validar,
    validar_varios,
)
from matrices.flujo.tablas import (
    PASOS,
    PASOS_PERIODO,
    PASOS_RECLASIFICACION,
    PASOS_RECTIFICACION,
    PASOS_REPROGRAMACION,
    SIN_VALIDAR,
    TABLAS,
    Fila,
    Paso,
    estado_inicial,
    nombre_de,
)
from matrices.flujo.turnos import actuaciones, exigir, firmas_ajenas, pasos_posibles, por_quien

__all__ = [
    "CONDICIONES",
    "PASOS",
    "PASOS_PERIODO",
    "PASOS_RECLASIFICACION",
    "PASOS_RECTIFICACION",
    "PASOS_REPROGRAMACION",
    "SIN_VALIDAR",
    "TABLAS",
    "YA_CERRADO",
    "Conflicto",
    "Declaracion",
    "Fila",
    "Orden",
    "Paso",
    "PasoInvalido",
    "Reparo",
    "VersionAjena",
    "actuaciones",
    "anotar_clase",
    "anotar_libro",
    "aportar",
    "asiento_de",
    "asiento_de_libro",
    "asignar",
    "asignar_varios",
    "autoguardar",
    "capturar",
    "capturar_varios",
    "cerrado_por_otros",
    "condicion_que_falta",
    "consta",
    "entregar",
    "entregar_varios",
    "estado_inicial",
    "exigir",
    "firmas_ajenas",
    "ganar",
    "latir_libro",
    "libros_sin_dueno",
    "medir",
    "mover",
    "mover_varios",
    "nombre_de",
    "observar",
    "observar_varios",
    "pasos_posibles",
    "pedir_aplicar",
    "por_quien",
    "rechazar_libro",
    "reclamar_libro",
    "responder_hasta",
    "soltar_libro",
    "terminar_libro",
    "validar",
    "validar_varios",
]
