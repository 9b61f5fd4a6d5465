"""Preguntas sobre quién: qué delegaciones tiene una persona, y cuáles estorban a otra."""

from datetime import date

from django.db.models import QuerySet

from instituciones.models import Delegacion, Usuario


def delegaciones_recibidas(usuario: Usuario, fecha: date) -> QuerySet[Delegacion]:
    """Por quién puede actuar ese día: titular activo y todavía de su misma institución."""
    return (
        Delegacion.objects.visibles_para(usuario)
        .vigentes(fecha)
        .filter(delegado=usuario, titular__institucion=usuario.institucion_id)
        .select_related("titular")
    )


def titulares_de(usuario: Usuario, fecha: date) -> list[Usuario]:
    """Las personas en cuyo nombre puede actuar ese día."""
    return [una.titular for una in delegaciones_recibidas(usuario, fecha)]


def delegaciones_que_chocan(titular: Usuario, desde: date, hasta: date) -> QuerySet[Delegacion]:
    """Las que ya dio y no revocó, con algún día en común."""
    return Delegacion.objects.filter(
        titular=titular, revocada_en=None, desde__lte=hasta, hasta__gte=desde
    )


def delegables(titular: Usuario) -> QuerySet[Usuario]:
    """A quiénes puede delegar: personas activas de su institución, menos la misma."""
    companeros = Usuario.objects.visibles_para(titular).filter(
        institucion=titular.institucion_id, is_active=True
    )
    return companeros.exclude(pk=titular.pk)
