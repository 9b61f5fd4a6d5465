"""Las resoluciones que reservan una información, y sus prórrogas."""

from datetime import date, timedelta

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from instituciones.models.acotado import Abierto
from instituciones.models.institucion import Institucion
from instituciones.textos import en_un_renglon

SIETE_ANIOS = timedelta(days=7 * 365 + 2)
CINCO_ANIOS = timedelta(days=5 * 365 + 2)


class ResolucionQuerySet(Abierto):
    def que_sirven(self, *ya_puestas: int | None):
        """Las que hoy se pueden elegir, y las que la fila ya nombra aunque hayan vencido."""
        hoy = timezone.localdate()
        puestas = Q(pk__in=[una for una in ya_puestas if una])
        return self.filter(Q(vence__gte=hoy) | Q(prorroga__vence__gte=hoy) | puestas)

    def sin_prorroga(self):
        """Las que nadie prorrogó: de ellas se avisa cuándo vencen."""
        return self.filter(prorroga=None)

    def vencidas(self, hoy: date):
        """Las que ya no reservan, y alguien debe decidir qué sigue."""
        return self.sin_prorroga().filter(vence__lt=hoy)

    def con_quienes(self):
        """Con su autoridad, su custodio y lo que las prorroga."""
        return self.select_related("autoridad", "custodio", "prorroga", "prorroga_de")

    def de_la_institucion(self, institucion_id):
        """Las que esa institución dictó o custodia."""
        return self.filter(Q(autoridad=institucion_id) | Q(custodio=institucion_id))


class ResolucionReserva(models.Model):
    """La resolución que da carácter de reservada a una información; a lo sumo siete años.

    Se prorroga una vez, con otra resolución y por cinco años a lo sumo (dominio §10); `vencia` es
    cuándo vencía la prorrogada. No se corrige: lo que dice ya sirvió para reservar.
    """

    numero = models.CharField("número", max_length=60, unique=True, validators=[en_un_renglon])
    fecha = models.DateField()
    autoridad = models.ForeignKey(Institucion, models.PROTECT, related_name="resoluciones_emitidas")
    fundamento = models.TextField()
    partes = models.TextField("partes que reserva")
    vence = models.DateField()
    custodio = models.ForeignKey(
        Institucion, models.PROTECT, related_name="resoluciones_custodiadas"
    )
    prorroga_de = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="prorroga", editable=False
    )
    vencia = models.DateField("la prorrogada vencía", null=True, blank=True, editable=False)

    objects = ResolucionQuerySet.as_manager()

    class Meta:
        verbose_name = "resolución de reserva"
        verbose_name_plural = "resoluciones de reserva"
        ordering = ["-fecha"]
        constraints = [
            models.CheckConstraint(
                name="reserva_de_siete_anios_a_lo_sumo",
                condition=Q(prorroga_de__isnull=False)
                | (Q(vence__gt=F("fecha")) & Q(vence__lte=F("fecha") + SIETE_ANIOS)),
            ),
            models.CheckConstraint(
                name="prorroga_de_cinco_anios_a_lo_sumo",
                condition=Q(prorroga_de=None, vencia=None)
                | (
                    Q(prorroga_de__isnull=False, vencia__isnull=False)
                    & Q(vence__gt=F("vencia"))
                    & Q(vence__lte=F("vencia") + CINCO_ANIOS)
                ),
            ),
        ]

    def __str__(self):
        return self.numero

    @property
    def reserva_hasta(self) -> date:
        """Hasta cuándo reserva, con su prórroga si la tiene."""
        prorroga = getattr(self, "prorroga", None)
        return prorroga.vence if prorroga else self.vence
