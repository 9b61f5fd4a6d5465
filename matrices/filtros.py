"""Guardar, cambiar y borrar los filtros de la cola de una persona: suyos y contados."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import F

from instituciones import bitacora
from instituciones.models import Usuario
from matrices.flujo import VersionAjena
from matrices.models import FiltroGuardado
from matrices.models.filtros import FILTROS_POR_PERSONA

YA_HAY = "Ya tiene un filtro con ese nombre."


def guardar(nombre: str, consulta: str, *, por: Usuario) -> FiltroGuardado:
    """Uno nuevo. Lanza ValidationError si repite nombre o ya no caben más."""
    try:
        with bitacora.constancia() as asientos:
            # Su propia fila hace de candado: dos pestañas a la vez no pasan del máximo.
            Usuario.objects.select_for_update().get(pk=por.pk)
            if FiltroGuardado.objects.filter(persona=por).count() >= FILTROS_POR_PERSONA:
                raise ValidationError(
                    {"nombre": f"Ya tiene {FILTROS_POR_PERSONA}: borre alguno para guardar otro."}
                )
            nuevo = FiltroGuardado.objects.create(persona=por, nombre=nombre, consulta=consulta)
            asientos.append(_asiento("guardar_filtro", nuevo, consulta))
            return nuevo
    except IntegrityError as repetido:
        raise ValidationError({"nombre": YA_HAY}) from repetido


def cambiar(filtro: FiltroGuardado, nombre: str, consulta: str, *, version: int) -> None:
    """Otro nombre u otros filtros, sobre la versión vista. Lanza VersionAjena si ya no es ésa."""
    suyo = FiltroGuardado.objects.filter(pk=filtro.pk, version=version)
    try:
        with bitacora.constancia() as asientos:
            if not suyo.update(nombre=nombre, consulta=consulta, version=F("version") + 1):
                raise VersionAjena(filtro)
            asientos.append(_asiento("cambiar_filtro", filtro, consulta))
    except IntegrityError as repetido:
        raise ValidationError({"nombre": YA_HAY}) from repetido


def borrar(filtro: FiltroGuardado) -> None:
    """Lo quita; quitar dos veces da lo mismo."""
    with bitacora.constancia() as asientos:
        if FiltroGuardado.objects.filter(pk=filtro.pk).delete()[0]:
            asientos.append(_asiento("borrar_filtro", filtro, filtro.consulta))


def _asiento(acto: str, filtro: FiltroGuardado, consulta: str):
    """Quién y qué filtra; el nombre que le puso es sólo suyo."""
    return bitacora.asiento(acto, filtro, por=filtro.persona, datos={"consulta": consulta})
