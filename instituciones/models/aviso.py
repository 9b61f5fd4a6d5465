"""Lo que se le dice a cada persona, y la bandeja de salida de su correo."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from instituciones.models.acotado import Acotado
from instituciones.models.arriendo import Arrendable
from instituciones.models.institucion import Institucion
from instituciones.models.vocabulario import Rol


class PropioQuerySet(Acotado):
    def segun(self, usuario):
        """Lo de la persona misma, y de nadie más."""
        return self.filter(persona=usuario.pk)


class PreferenciaDeAvisos(models.Model):
    """Cuándo quiere sus avisos por correo una persona; sin fila, al momento.

    Dentro de la aplicación están siempre, y los de seguridad de la cuenta salen siempre.
    """

    class Correo(models.TextChoices):
        AL_MOMENTO = "AL_MOMENTO", "Al momento"
        RESUMEN = "RESUMEN", "Un resumen al día"
        NINGUNO = "NINGUNO", "Ninguno"

    persona = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="preferencia_de_avisos"
    )
    correo = models.CharField("por correo", max_length=10, choices=Correo)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = PropioQuerySet.as_manager()

    class Meta:
        verbose_name = "preferencia de avisos"
        verbose_name_plural = "preferencias de avisos"
        ordering = ["persona"]
        constraints = [
            models.CheckConstraint(
                name="correo_de_avisos_conocido",
                condition=Q(correo__in=["AL_MOMENTO", "RESUMEN", "NINGUNO"]),
            )
        ]

    def __str__(self):
        return f"{self.persona}: {self.get_correo_display()}"


class AvisoQuerySet(Arrendable):
    def segun(self, usuario):
        """Los propios, mientras tenga el rol y la institución por los que se le avisó."""
        return self.filter(persona=usuario.pk, rol=usuario.rol, institucion=usuario.institucion_id)

    def sin_leer(self):
        """Los que faltan por leer."""
        return self.filter(leido_en=None)

    def por_enviar(self, momento):
        """Los que ya toca mandar por correo y nadie está mandando."""
        por_enviar = self.filter(envio=Aviso.Envio.POR_ENVIAR, desde__lte=momento)
        return por_enviar.sin_dueno(momento)


class Aviso(models.Model):
    """Lo que se le dice a una persona: que algo pasó y dónde verlo. Nunca un contenido.

    Lo escribe el paso mismo, en su transacción. Es la bandeja de salida: el correo sale después,
    de esta fila, y perder un mensaje o un proceso no pierde ni repite un aviso. `asunto` dice de
    qué se habla: con la persona y el día (de Guatemala), es único.
    """

    class Envio(models.TextChoices):
        NO_LLEVA = "NO_LLEVA", "Sin correo"
        POR_ENVIAR = "POR_ENVIAR", "Por enviar"
        EN_CAMINO = "EN_CAMINO", "En camino"
        ENVIADO = "ENVIADO", "Enviado"
        OMITIDO = "OMITIDO", "Ya no correspondía"
        FALLIDO = "FALLIDO", "No se pudo"
        INCIERTO = "INCIERTO", "Sin respuesta del servidor de correo"

    persona = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="avisos")
    rol = models.CharField(max_length=13, choices=Rol)
    institucion = models.ForeignKey(Institucion, models.PROTECT, related_name="+")
    asunto = models.CharField(max_length=120)
    dia = models.DateField()
    titulo = models.CharField("título", max_length=200)
    enlace = models.CharField(max_length=200)
    obligatorio = models.BooleanField(default=False)
    creado = models.DateTimeField()
    leido_en = models.DateTimeField("leído", null=True, blank=True)

    envio = models.CharField(max_length=10, choices=Envio)
    desde = models.DateTimeField("se envía desde")
    intentos = models.PositiveSmallIntegerField(default=0)
    ficha = models.CharField(max_length=32, blank=True)
    arriendo = models.DateTimeField(null=True, blank=True)
    enviado_en = models.DateTimeField(null=True, blank=True)

    objects = AvisoQuerySet.as_manager()

    class Meta:
        ordering = ["-creado", "-pk"]
        indexes = [
            models.Index(fields=["persona", "-creado"], name="avisos_de_una_persona"),
            models.Index(
                fields=["persona"], condition=Q(leido_en=None), name="avisos_sin_leer_de_alguien"
            ),
            models.Index(
                fields=["desde"],
                condition=Q(envio__in=["POR_ENVIAR", "EN_CAMINO"]),
                name="avisos_por_enviar",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["persona", "asunto", "dia"], name="un_aviso_por_persona_asunto_y_dia"
            ),
            models.CheckConstraint(
                name="titulo_de_un_renglon",
                condition=~Q(titulo__contains="\n") & ~Q(titulo__contains="\r") & ~Q(titulo=""),
            ),
            models.CheckConstraint(
                name="el_enlace_es_de_adentro",
                condition=Q(enlace__startswith="/") & ~Q(enlace__startswith="//"),
            ),
            models.CheckConstraint(
                name="envio_conocido",
                condition=Q(
                    envio__in=[
                        "NO_LLEVA",
                        "POR_ENVIAR",
                        "EN_CAMINO",
                        "ENVIADO",
                        "OMITIDO",
                        "FALLIDO",
                        "INCIERTO",
                    ]
                ),
            ),
        ]

    def __str__(self):
        return self.titulo


class PedidoDeEnlace(models.Model):
    """Que alguien pidió restablecer la contraseña de un correo, tenga cuenta o no.

    Es la bandeja de salida de los enlaces: anotar cuesta lo mismo en los dos casos, y a quién le
    toca lo ve quien despacha, que lo borra al tomarlo. No lleva el enlace, que se hace al salir.
    """

    correo = models.CharField(max_length=254)
    momento = models.DateTimeField(default=timezone.now)

    objects = Acotado.as_manager()

    class Meta:
        verbose_name = "pedido de enlace"
        verbose_name_plural = "pedidos de enlace"
        ordering = ["momento", "pk"]

    def __str__(self):
        return f"{self.momento:%Y-%m-%d %H:%M}"
