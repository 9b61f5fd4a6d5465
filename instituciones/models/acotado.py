"""Quién ve qué: la base de todo queryset; quien no declara su regla no ve nada."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db import models


class Acotado(models.QuerySet):
    """Base de todo queryset: quien no declara su regla no ve nada."""

    acotado_para: int | None = None

    def visibles_para(self, usuario):
        """Lo que esta persona puede ver; nada si su cuenta no está activa."""
        filas = self.segun(usuario) if getattr(usuario, "is_active", False) else self.none()
        filas.acotado_para = getattr(usuario, "pk", None) or 0
        return filas

    def segun(self, usuario):
        """La regla de cada modelo, rol por rol; sin regla, nada."""
        return self.none()

    def dichas(self, decir: Callable[[Any], str] = str) -> dict[str, str]:
        """Cada fila dicha así, por su llave."""
        filas: Iterable[Any] = self
        return {str(una.pk): decir(una) for una in filas}

    def tramo(self, desde: int, hasta: int):
        """Las filas de ese tramo, en su orden y con la llave para desempatar.

        Primero sólo sus llaves: saltar miles de filas con todo lo que traen cuesta su ancho.
        """
        filas = self.order_by(*self.query.order_by, "pk")
        llaves = list(filas.values_list("pk", flat=True)[desde:hasta])
        return filas.filter(pk__in=llaves)

    def _clone(self):
        copia = super()._clone()
        copia.acotado_para = self.acotado_para
        return copia


class Abierto(Acotado):
    """Catálogos y estructura publicada: los ve cualquier persona que entra."""

    def segun(self, usuario):
        return self.all()
