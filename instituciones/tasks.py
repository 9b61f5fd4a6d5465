"""El timbre del correo y de los webhooks, y la limpieza: pueden sonar dos veces o ninguna.

De lo que sale manda la bandeja de cada uno.
"""

from importlib import import_module

import structlog
from celery import shared_task
from django.conf import settings
from kombu.exceptions import OperationalError

from instituciones import clientes, correo, entregas

registro = structlog.get_logger(__name__)


@shared_task(ignore_result=True)
def despachar_correo() -> None:
    """Manda lo que espera en la bandeja de salida."""
    correo.despachar()


def tocar_correo() -> None:
    """Toca el timbre si algo espera; si no hay quien lo oiga, espera en su fila."""
    if not correo.esperan():
        return
    try:
        despachar_correo.delay()
    except (OperationalError, OSError):
        registro.warning("timbre_mudo", tarea="despachar_correo")


@shared_task(ignore_result=True)
def despachar_webhooks() -> None:
    """Manda lo que espera en la bandeja de los webhooks."""
    entregas.despachar()


def tocar_webhooks() -> None:
    """Toca el timbre si algo espera; si no hay quien lo oiga, espera en su fila."""
    if not entregas.esperan():
        return
    try:
        despachar_webhooks.delay()
    except (OperationalError, OSError):
        registro.warning("timbre_mudo", tarea="despachar_webhooks")


@shared_task(ignore_result=True)
def borrar_sesiones_vencidas() -> None:
    """Una vez al día: las sesiones que ya no abren nada (lo mismo que `clearsessions`)."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()


@shared_task(ignore_result=True)
def barrer_los_pedidos() -> None:
    """Una vez al día: pedidos y entregas de hace más de un mes, y las claves ya vencidas."""
    clientes.barrer()
    entregas.barrer()
