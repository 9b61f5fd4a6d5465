"""El timbre: tareas que reciben una clave y llaman a un verbo; quien manda es la fila."""

from functools import partial

import structlog
from celery import shared_task
from django.db import transaction
from kombu.exceptions import OperationalError

from informes import emision
from matrices import periodos

registro = structlog.get_logger(__name__)


@shared_task(ignore_result=True)
def atender_trabajo(clave: str) -> None:
    """El timbre: puede sonar dos veces o ninguna."""
    emision.atender(clave)


@shared_task(ignore_result=True)
def reconciliar() -> None:
    """Cada medio minuto: los pasos que manda el calendario y los trabajos sin dueño."""
    periodos.dar_pasos_del_calendario()
    for clave in emision.reconciliar():
        tocar(clave)


def tocar(clave: str) -> None:
    """Toca el timbre; si no hay quien lo oiga, el trabajo espera en su fila."""
    try:
        atender_trabajo.delay(clave)
    except (OperationalError, OSError):
        registro.warning("timbre_mudo", clave=clave)


def tocar_al_confirmar(clave: str) -> None:
    """Lo toca cuando la transacción quede escrita: ni antes, ni si se deshace."""
    transaction.on_commit(partial(tocar, clave), robust=True)
