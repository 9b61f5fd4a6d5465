"""Dar y revocar una delegación: la fila y su constancia, juntas."""

from datetime import date

from django.utils import timezone

from instituciones.bitacora import asiento, constancia
from instituciones.consultas import delegaciones_que_chocan
from instituciones.models import Delegacion, Usuario


class DelegacionRepetida(Exception):
    """El titular ya tiene otra con algún día en común."""


class DelegacionTerminada(Exception):
    """Ya se revocó o ya venció."""


def delegar(
    titular: Usuario, delegado: Usuario, *, desde: date, hasta: date, acto: str
) -> Delegacion:
    """Presta el rol entre esas fechas. Lanza DelegacionRepetida si choca con otra.

    La fila del titular se toma primero: dos a la vez no pueden dar dos que choquen.
    """
    with constancia() as asientos:
        Usuario.objects.select_for_update().get(pk=titular.pk)
        if delegaciones_que_chocan(titular, desde, hasta).exists():
            raise DelegacionRepetida
        delegacion = Delegacion.objects.create(
            titular=titular, delegado=delegado, desde=desde, hasta=hasta, acto=acto
        )
        asientos.append(_asiento("delegar", delegacion, por=titular))
    return delegacion


def revocar(delegacion: Delegacion, *, por: Usuario) -> Delegacion:
    """La termina desde ya. Lanza DelegacionTerminada si no quedaba nada que terminar."""
    ahora = timezone.now()
    with constancia() as asientos:
        gano = Delegacion.objects.filter(
            pk=delegacion.pk, revocada_en=None, hasta__gte=timezone.localdate(ahora)
        ).update(revocada_en=ahora)
        if not gano:
            raise DelegacionTerminada
        delegacion.revocada_en = ahora
        asientos.append(_asiento("revocar", delegacion, por=por))
    return delegacion


def _asiento(acto: str, delegacion: Delegacion, *, por: Usuario):
    datos = {
        "titular": delegacion.titular_id,
        "delegado": delegacion.delegado_id,
        "desde": delegacion.desde,
        "hasta": delegacion.hasta,
        "acto": delegacion.acto,
    }
    sigla = delegacion.titular.institucion.sigla
    return asiento(acto, delegacion, por=por, datos=datos, institucion=sigla)
