"""`Idempotency-Key`: el mismo pedido repetido se contesta igual y se hace una vez.

La clave es de la ficha con que se pidió. Se reserva antes de hacer nada; lo contestado se guarda
en la transacción del acto. Lo que se rechazó no se guarda: nada cambió, y se puede reintentar.
"""

from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from instituciones.clientes import VENCEN
from instituciones.models import ClaveIdempotente

ABANDONADA = timedelta(minutes=2)  # más de lo que dura una petición: quien la reservó ya no está


class ClaveReutilizada(Exception):
    """La misma clave con otro pedido."""


class EnCurso(Exception):
    """El mismo pedido se está atendiendo ahora."""


def reservar(ficha: str, clave: str, huella: str) -> ClaveIdempotente:
    """La fila de esa clave: nueva, o la que ya tiene su respuesta (`estado_http`).

    Lanza ClaveReutilizada o EnCurso.
    """
    ahora = timezone.now()
    suyas = ClaveIdempotente.objects.filter(ficha=ficha, clave=clave)
    suyas.filter(momento__lt=ahora - VENCEN).delete()
    suyas.filter(estado_http=None, momento__lt=ahora - ABANDONADA).delete()
    try:
        with transaction.atomic():
            return ClaveIdempotente.objects.create(ficha=ficha, clave=clave, huella=huella)
    except IntegrityError:
        fila = suyas.first()
    if fila is None:
        raise EnCurso  # la que había se soltó entre tanto: que lo intente de nuevo
    if fila.huella != huella:
        raise ClaveReutilizada
    if fila.estado_http is None:
        raise EnCurso
    return fila


def cumplir(fila: ClaveIdempotente, estado: int, cuerpo: str, cabeceras: dict[str, Any]) -> None:
    """Guarda lo contestado, para repetirlo."""
    ClaveIdempotente.objects.filter(pk=fila.pk).update(
        estado_http=estado, cuerpo=cuerpo, cabeceras=cabeceras
    )


def soltar(fila: ClaveIdempotente) -> None:
    """El pedido no se hizo: la clave queda libre."""
    ClaveIdempotente.objects.filter(pk=fila.pk, estado_http=None).delete()
