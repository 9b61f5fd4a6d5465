"""Los días que no son hábiles."""

from django.db import models

from instituciones.models.acotado import Abierto
from instituciones.textos import en_un_renglon


class Feriado(models.Model):
    """Un día inhábil; con los fines de semana, define los días hábiles."""

    fecha = models.DateField(unique=True)
    nombre = models.CharField(max_length=120, validators=[en_un_renglon])

    objects = Abierto.as_manager()

    class Meta:
        ordering = ["fecha"]

    def __str__(self):
        return f"{self.fecha:%d/%m/%Y} {self.nombre}"
