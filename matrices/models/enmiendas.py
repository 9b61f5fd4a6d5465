"""Lo que cambia después: reprogramaciones de una actividad y rectificaciones de un avance."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from instituciones.models import Acotado, Rol
from matrices.models.avance import Avance
from matrices.models.matriz import VEN_LO_DE_SU_INSTITUCION, VEN_TODA_FILA, Actividad
from matrices.models.periodo import Periodo


def _firma() -> models.ForeignKey:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )


class ReprogramacionQuerySet(Acotado):
    def segun(self, usuario):
        """La institución, las suyas; quien coordina, revisa, opina o audita, todas."""
        if usuario.rol in VEN_TODA_FILA or usuario.rol == Rol.CAP:
            return self.all()
        if usuario.rol in VEN_LO_DE_SU_INSTITUCION:
            return self.filter(actividad__responsable=usuario.institucion_id)
        return self.none()

    def nombres(self):
        """Cómo se dice cada una en la bitácora, por su llave."""
        return self.select_related("actividad__matriz__accion").dichas()


class Reprogramacion(models.Model):
    """Pedir otras fechas, suspender, reanudar o cancelar una actividad (dominio §2.5)."""

    class Tipo(models.TextChoices):
        REPROGRAMACION = "REPROGRAMACION", "Reprogramación"
        SUSPENSION = "SUSPENSION", "Suspensión"
        REANUDACION = "REANUDACION", "Reanudación"
        CANCELACION = "CANCELACION", "Cancelación"

    class Estado(models.TextChoices):
        SOLICITADA = "SOLICITADA", "Solicitada"
        AVALADA = "AVALADA", "Avalada"
        OPINADA = "OPINADA", "Con opinión"
        APROBADA = "APROBADA", "Aprobada"
        RECHAZADA = "RECHAZADA", "Rechazada"
        DESISTIDA = "DESISTIDA", "Desistida"

    EN_TRAMITE = (Estado.SOLICITADA, Estado.AVALADA, Estado.OPINADA)

    actividad = models.ForeignKey(Actividad, models.PROTECT, related_name="reprogramaciones")
    tipo = models.CharField(max_length=14, choices=Tipo)
    desde = models.DateField()
    fin_anterior = models.DateField(editable=False)
    fin_propuesto = models.DateField(null=True, blank=True)
    hitos = models.JSONField("nuevas fechas de hitos", default=list, blank=True)
    motivo = models.TextField()
    opinion_cap = models.TextField("opinión de la CAP", blank=True)
    acto = models.CharField("acto que la resuelve", max_length=300, blank=True)
    estado = models.CharField(
        max_length=10, choices=Estado, default=Estado.SOLICITADA, editable=False
    )
    periodo = models.ForeignKey(
        Periodo,
        models.PROTECT,
        null=True,
        related_name="reprogramaciones",
        editable=False,
        help_text="Periodo en que se aprobó: desde su corte cuenta.",
    )
    solicitada_por = _firma()
    avalada_por = _firma()
    opinada_por = _firma()
    resuelta_por = _firma()
    solicitada_en = models.DateTimeField(editable=False)
    avalada_en = models.DateTimeField(null=True, editable=False)
    resuelta_en = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ReprogramacionQuerySet.as_manager()

    class Meta:
        verbose_name = "reprogramación"
        verbose_name_plural = "reprogramaciones"
        ordering = ["-solicitada_en"]
        constraints = [
            models.CheckConstraint(
                name="reprogramacion_estado_conocido",
                condition=Q(
                    estado__in=[
                        "SOLICITADA",
                        "AVALADA",
                        "OPINADA",
                        "APROBADA",
                        "RECHAZADA",
                        "DESISTIDA",
                    ]
                ),
            ),
            models.UniqueConstraint(
                fields=["actividad"],
                condition=Q(estado__in=["SOLICITADA", "AVALADA", "OPINADA"]),
                name="una_reprogramacion_en_tramite",
            ),
            models.CheckConstraint(
                name="fin_propuesto_donde_corresponde",
                condition=Q(tipo__in=["SUSPENSION", "CANCELACION"])
                | Q(fin_propuesto__isnull=False),
            ),
            models.CheckConstraint(
                name="reprogramacion_con_dos_personas",
                condition=~Q(avalada_por=F("solicitada_por"))
                & ~Q(resuelta_por=F("solicitada_por"))
                & ~Q(resuelta_por=F("avalada_por")),
            ),
            models.CheckConstraint(
                name="resuelta_con_acto",
                condition=~Q(estado__in=["APROBADA", "RECHAZADA"])
                | (~Q(acto="") & Q(resuelta_por__isnull=False)),
            ),
        ]

    def __str__(self):
        return f"{self.get_tipo_display()} de {self.actividad}"


class RectificacionQuerySet(Acotado):
    def segun(self, usuario):
        """La institución, las suyas; quien coordina, revisa o audita, todas."""
        if usuario.rol in VEN_TODA_FILA:
            return self.all()
        if usuario.rol in VEN_LO_DE_SU_INSTITUCION:
            return self.filter(avance__actividad__responsable=usuario.institucion_id)
        return self.none()

    def nombres(self):
        """Cómo se dice cada una en la bitácora, por su llave."""
        suyas = self.select_related("avance__periodo", "avance__actividad__matriz__accion")
        return suyas.dichas()

    def por_aplicar(self, periodo):
        """Las aprobadas de ese periodo que ningún corte ha recogido."""
        aprobadas = self.filter(avance__periodo=periodo, estado=Rectificacion.Estado.APROBADA)
        return aprobadas.select_related("avance__actividad__matriz__accion").order_by("pk")

    def aplicadas(self):
        """Las que ya entraron en un corte: sus valores son los que valen."""
        return self.filter(estado=Rectificacion.Estado.APLICADA).order_by("pk")


class Rectificacion(models.Model):
    """Corregir un avance ya cortado: el avance no se reescribe, sus valores en vigor cambian."""

    class Estado(models.TextChoices):
        SOLICITADA = "SOLICITADA", "Solicitada"
        FIRMADA = "FIRMADA", "Firmada"
        RECOMENDADA = "RECOMENDADA", "Recomendada"
        APROBADA = "APROBADA", "Aprobada"
        RECHAZADA = "RECHAZADA", "Rechazada"
        APLICADA = "APLICADA", "Aplicada"

    EN_TRAMITE = (Estado.SOLICITADA, Estado.FIRMADA, Estado.RECOMENDADA, Estado.APROBADA)

    avance = models.ForeignKey(Avance, models.PROTECT, related_name="rectificaciones")
    motivo = models.TextField()
    campos = models.JSONField(help_text="{campo: {antes, despues}}")
    material = models.BooleanField(null=True, editable=False)
    estado = models.CharField(
        max_length=11, choices=Estado, default=Estado.SOLICITADA, editable=False
    )
    solicitada_por = _firma()
    firmada_por = _firma()
    recomendada_por = _firma()
    resuelta_por = _firma()
    solicitada_en = models.DateTimeField(editable=False)
    resuelta_en = models.DateTimeField(null=True, editable=False)
    nota = models.TextField(blank=True, editable=False)
    corte_numero = models.PositiveSmallIntegerField(
        "corte del periodo en que surtió efecto", null=True, editable=False
    )
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = RectificacionQuerySet.as_manager()

    class Meta:
        verbose_name = "rectificación"
        verbose_name_plural = "rectificaciones"
        ordering = ["-solicitada_en"]
        constraints = [
            models.CheckConstraint(
                name="rectificacion_estado_conocido",
                condition=Q(
                    estado__in=[
                        "SOLICITADA",
                        "FIRMADA",
                        "RECOMENDADA",
                        "APROBADA",
                        "RECHAZADA",
                        "APLICADA",
                    ]
                ),
            ),
            models.UniqueConstraint(
                fields=["avance"],
                condition=Q(estado__in=["SOLICITADA", "FIRMADA", "RECOMENDADA", "APROBADA"]),
                name="una_rectificacion_en_tramite",
            ),
            models.CheckConstraint(
                name="rectificacion_con_personas_distintas",
                condition=~Q(firmada_por=F("solicitada_por"))
                & ~Q(recomendada_por=F("solicitada_por"))
                & ~Q(recomendada_por=F("firmada_por"))
                & ~Q(resuelta_por=F("solicitada_por"))
                & ~Q(resuelta_por=F("firmada_por")),
            ),
            models.CheckConstraint(
                name="aplicada_dice_en_que_corte",
                condition=~Q(estado="APLICADA") | Q(corte_numero__isnull=False),
            ),
        ]

    def __str__(self):
        return f"Rectificación de {self.avance}"
