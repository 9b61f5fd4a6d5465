"""El timbre de los libros recibidos: una clave, y un verbo; quien manda es la fila."""

from functools import partial

import structlog
from celery import shared_task
from django.db import transaction
from kombu.exceptions import OperationalError

from matrices import libro

registro = structlog.get_logger(__name__)


@shared_task(ignore_result=True)
def atender_libro(clave: str) -> None:
    """El timbre: puede sonar dos veces o ninguna."""
    libro.atender(clave)


def tocar_libro(clave: str) -> None:
    """Toca el timbre; si no hay quien lo oiga, el libro espera en su fila."""
    try:
        atender_libro.delay(clave)
    except (OperationalError, OSError):
        registro.warning("timbre_mudo", clave=clave)


def tocar_libro_al_confirmar(clave: str) -> None:
    """Lo toca cuando la transacción quede escrita: ni antes, ni si se deshace."""
    transaction.on_commit(partial(tocar_libro, clave), robust=True)
