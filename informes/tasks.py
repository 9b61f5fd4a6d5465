"""El timbre: tareas que reciben una clave y llaman a un verbo; quien manda es la fila."""

from functools import partial

import structlog
from celery import shared_task
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from informes import emision
from instituciones.tasks import tocar_correo, tocar_webhooks
from matrices import avisos, periodos
from matrices.flujo import libros_sin_dueno
from matrices.tasks import tocar_libro

LATIDO = "latido_del_trabajador"  # en la caché: cuándo sirvió por última vez lo que toca el reloj

registro = structlog.get_logger(__name__)


@shared_task(ignore_result=True)
def atender_trabajo(clave: str) -> None:
    """El timbre: puede sonar dos veces o ninguna."""
    emision.atender(clave)


@shared_task(ignore_result=True)
def reconciliar() -> None:
    """Cada medio minuto: lo que manda el calendario, los trabajos sin dueño y lo que sale."""
    cache.set(LATIDO, timezone.now().timestamp(), timeout=None)
    periodos.dar_pasos_del_calendario()
    for clave in emision.reconciliar():
        tocar(clave)
    for clave in libros_sin_dueno():
        tocar_libro(clave)
    avisos.del_calendario()
    tocar_correo()
    tocar_webhooks()


def tocar(clave: str) -> None:
    """Toca el timbre; si no hay quien lo oiga, el trabajo espera en su fila."""
    try:
        atender_trabajo.delay(clave)
    except (OperationalError, OSError):
        registro.warning("timbre_mudo", clave=clave)


def tocar_al_confirmar(clave: str) -> None:
    """Lo toca cuando la transacción quede escrita: ni antes, ni si se deshace."""
    transaction.on_commit(partial(tocar, clave), robust=True)
