"""Lo que atiende un proceso a la vez: lo toma por un plazo y con una ficha. La fila manda.

Si ese proceso muere, el plazo vence y otro la toma; quien perdió la ficha ya no escribe en ella.
"""

from datetime import datetime
from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from instituciones.models.acotado import Acotado


class Arrendable(Acotado):
    """Filas con `ficha`, `arriendo` (hasta cuándo) e `intentos`."""

    def sin_dueno(self, momento: datetime):
        """Las que nadie tomó, o cuyo plazo venció."""
        return self.filter(Q(arriendo=None) | Q(arriendo__lt=momento))

    def arrendar(self, hasta: datetime, **cambios) -> str | None:
        """Las toma y da la ficha de su dueño; None si ya no hay ninguna.

        De dos que llaman a la vez, uno cambia la fila: lo que se pide de ella va en el UPDATE.
        """
        ficha = uuid4().hex
        tomadas = self.update(ficha=ficha, arriendo=hasta, intentos=F("intentos") + 1, **cambios)
        return ficha if tomadas else None


class TrabajoQuerySet(Arrendable):
    def por_atender(self, momento: datetime):
        """Los que esperan en la cola, y los que dejó a medias un proceso que murió."""
        a_medias = Q(estado=Trabajo.Estado.EN_CURSO, arriendo__lt=momento)
        return self.filter(Q(estado=Trabajo.Estado.PENDIENTE) | a_medias)


class Trabajo(models.Model):
    """Un encargo que dura: en qué va, y de quién es (`ficha`) hasta cuándo (`arriendo`)."""

    class Estado(models.TextChoices):
        PENDIENTE = "PENDIENTE", "En cola"
        EN_CURSO = "EN_CURSO", "En curso"
        LISTO = "LISTO", "Listo"
        FALLIDO = "FALLIDO", "Fallido"

    estado = models.CharField(
        max_length=9, choices=Estado, default=Estado.PENDIENTE, editable=False
    )
    intentos = models.PositiveSmallIntegerField(default=0, editable=False)
    arriendo = models.DateTimeField(null=True, editable=False)
    ficha = models.CharField(max_length=32, blank=True, editable=False)
    progreso = models.PositiveSmallIntegerField("progreso (%)", default=0, editable=False)
    paso = models.CharField("qué hace ahora", max_length=80, blank=True, editable=False)
    error = models.TextField(blank=True, editable=False)
    creado = models.DateTimeField(editable=False)
    terminado = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True

    @property
    def espera(self) -> bool:
        """Si todavía no dice nada: está en cola o en curso."""
        return self.estado in {self.Estado.PENDIENTE, self.Estado.EN_CURSO}
