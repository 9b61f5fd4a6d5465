"""Lo que se les avisa a los sistemas (webhooks): a qué dirección, y cada entrega."""

from urllib.parse import urlsplit

from django.db import models
from django.db.models import Q
from django.utils import timezone

from instituciones.models.acotado import Acotado
from instituciones.models.arriendo import Arrendable
from instituciones.models.sistema import ClienteSistema
from instituciones.models.vocabulario import Rol
from instituciones.textos import en_un_renglon


class Evento(models.TextChoices):
    """Lo que se le puede avisar a un sistema."""

    PERIODO_ABIERTO = "periodo.abierto", "Se abrió un período"
    AVANCE_OBSERVADO = "avance.observado", "Se observó un avance"
    AVANCE_VALIDADO = "avance.validado", "Se validó un avance"
    INFORME_PUBLICADO = "informe.publicado", "Se publicó un informe"


class SuscripcionQuerySet(Acotado):
    def segun(self, usuario):
        """Quien administra o audita, todas; los demás, las de los sistemas que actúan por ella."""
        if usuario.rol in {Rol.ADMINISTRADOR, Rol.AUDITOR}:
            return self.all()
        return self.filter(cliente__persona=usuario.pk)

    def activas(self):
        """Las que reciben."""
        return self.filter(estado=Suscripcion.Estado.ACTIVA)


class Suscripcion(models.Model):
    """A qué dirección se le avisan qué eventos a un sistema. Se escribe sólo en `suscripciones`.

    La dirección y los eventos no cambian: para otros se hace otra. Los secretos van cifrados; el
    anterior firma también, junto al nuevo, hasta que vence.
    """

    class Estado(models.TextChoices):
        ACTIVA = "ACTIVA", "Activa"
        PAUSADA = "PAUSADA", "En pausa"
        RETIRADA = "RETIRADA", "Retirada"

    class Motivo(models.TextChoices):
        PROPIO = "PROPIO", "La pausó quien administra"
        MUERTAS = "MUERTAS", "Varias entregas seguidas no llegaron"
        SE_FUE = "SE_FUE", "El sistema contestó que ya no recibe (410)"
        DESTINO = "DESTINO", "La dirección ya no se puede llamar"
        SECRETO = "SECRETO", "Su secreto se cifró con otro SECRET_KEY"

    cliente = models.ForeignKey(
        ClienteSistema, models.PROTECT, related_name="suscripciones", verbose_name="sistema"
    )
    direccion = models.CharField("dirección", max_length=500, validators=[en_un_renglon])
    eventos = models.JSONField(default=list)
    estado = models.CharField(max_length=8, choices=Estado, default=Estado.ACTIVA, editable=False)
    motivo = models.CharField(
        "motivo de la pausa", max_length=7, choices=Motivo, blank=True, editable=False
    )
    muertas_seguidas = models.PositiveSmallIntegerField(default=0, editable=False)
    secreto = models.TextField(blank=True, editable=False)
    secreto_anterior = models.TextField(blank=True, editable=False)
    anterior_vence = models.DateTimeField(null=True, blank=True, editable=False)
    creada = models.DateTimeField(default=timezone.now, editable=False)

    objects = SuscripcionQuerySet.as_manager()

    class Meta:
        verbose_name = "suscripción de un sistema"
        verbose_name_plural = "suscripciones de sistemas (webhooks)"
        ordering = ["cliente", "pk"]
        constraints = [
            models.CheckConstraint(
                name="estado_de_suscripcion_conocido",
                condition=Q(estado__in=["ACTIVA", "PAUSADA", "RETIRADA"]),
            ),
            models.CheckConstraint(
                name="la_que_recibe_tiene_secreto", condition=Q(estado="RETIRADA") | ~Q(secreto="")
            ),
            models.CheckConstraint(
                name="la_pausada_dice_por_que", condition=~Q(estado="PAUSADA") | ~Q(motivo="")
            ),
            models.CheckConstraint(
                name="el_secreto_anterior_vence",
                condition=Q(secreto_anterior="") | Q(anterior_vence__isnull=False),
            ),
        ]

    def __str__(self):
        return f"{self.cliente} en {self.anfitrion} ({self.pk})"

    @property
    def anfitrion(self) -> str:
        """El nombre al que se llama: lo que se dice de ella donde la dirección entera sobra."""
        return urlsplit(self.direccion).hostname or ""


class EntregaQuerySet(Arrendable):
    def segun(self, usuario):
        """Se ve cuando se ve su suscripción."""
        return self.filter(suscripcion__in=Suscripcion.objects.visibles_para(usuario))

    def por_enviar(self, momento):
        """Las que ya toca mandar y nadie está mandando."""
        por_enviar = self.filter(estado=Entrega.Estado.POR_ENVIAR, proximo__lte=momento)
        return por_enviar.sin_dueno(momento)


class Entrega(models.Model):
    """Un aviso a un sistema: la bandeja de salida. Se escribe sólo en `entregas`.

    La escribe el paso mismo, en su transacción. `identificador` (el `webhook-id`) y `cuerpo` son
    los mismos en todos los intentos: quien recibe dos veces sabe que es lo mismo. `tipo` y `clave`
    son la fila de la que habla: antes de mandar se mira otra vez si el sistema la puede ver.
    """

    class Estado(models.TextChoices):
        POR_ENVIAR = "POR_ENVIAR", "Por enviar"
        ENTREGADA = "ENTREGADA", "Entregada"
        MUERTA = "MUERTA", "No se pudo"
        OMITIDA = "OMITIDA", "Ya no correspondía"

    suscripcion = models.ForeignKey(
        Suscripcion, models.PROTECT, related_name="entregas", verbose_name="suscripción"
    )
    identificador = models.CharField(max_length=40, unique=True)
    evento = models.CharField(max_length=20, choices=Evento)
    tipo = models.CharField(max_length=60)
    clave = models.PositiveBigIntegerField()
    cuerpo = models.TextField()
    creada = models.DateTimeField()
    estado = models.CharField(max_length=10, choices=Estado, default=Estado.POR_ENVIAR)
    intentos = models.PositiveSmallIntegerField(default=0)
    proximo = models.DateTimeField("próximo intento")
    ficha = models.CharField(max_length=32, blank=True)
    arriendo = models.DateTimeField(null=True, blank=True)
    intentada_en = models.DateTimeField("último intento", null=True, blank=True)
    estado_http = models.PositiveSmallIntegerField("respuesta", null=True, blank=True)
    falla = models.CharField(max_length=10, blank=True)
    entregada_en = models.DateTimeField(null=True, blank=True)

    objects = EntregaQuerySet.as_manager()

    class Meta:
        verbose_name = "entrega a un sistema"
        verbose_name_plural = "entregas a sistemas (webhooks)"
        ordering = ["-creada", "-pk"]
        indexes = [
            models.Index(fields=["suscripcion", "-creada"], name="entregas_de_una_suscripcion"),
            models.Index(
                fields=["proximo"], condition=Q(estado="POR_ENVIAR"), name="entregas_por_enviar"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="estado_de_entrega_conocido",
                condition=Q(estado__in=["POR_ENVIAR", "ENTREGADA", "MUERTA", "OMITIDA"]),
            ),
            models.CheckConstraint(
                name="lo_entregado_dice_cuando",
                condition=~Q(estado="ENTREGADA") | Q(entregada_en__isnull=False),
            ),
        ]

    def __str__(self):
        return f"{self.evento} {self.identificador}"
