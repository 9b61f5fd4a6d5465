"""Los filtros de la cola de revisión que cada persona guarda con un nombre."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from instituciones.models import Acotado

FILTROS_POR_PERSONA = 20
LARGO_DE_UNA_CONSULTA = 500


class FiltroGuardadoQuerySet(Acotado):
    def segun(self, usuario):
        """Cada quien, los suyos."""
        return self.filter(persona=usuario.pk)


class FiltroGuardado(models.Model):
    """Una manera de mirar la cola: su nombre y lo que va en la dirección, ya revisado.

    Es una comodidad de la persona: se va con su cuenta.
    """

    persona = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", editable=False
    )
    nombre = models.CharField(max_length=60)
    consulta = models.CharField(max_length=LARGO_DE_UNA_CONSULTA, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = FiltroGuardadoQuerySet.as_manager()

    class Meta:
        verbose_name = "filtro guardado"
        verbose_name_plural = "filtros guardados"
        ordering = ["nombre", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["persona", "nombre"], name="un_filtro_por_nombre"),
            models.CheckConstraint(name="filtro_con_nombre", condition=~Q(nombre="")),
        ]

    def __str__(self):
        return self.nombre
