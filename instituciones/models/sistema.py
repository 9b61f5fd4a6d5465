"""Los sistemas de otros, clientes de la API: con qué entran y qué pidieron."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from knox.models import AbstractAuthToken, AuthTokenManager

from instituciones.models.acotado import Acotado
from instituciones.models.institucion import Institucion
from instituciones.models.vocabulario import Rol
from instituciones.textos import en_un_renglon


class Alcance(models.TextChoices):
    """Qué se le permite a un sistema, además de lo que su persona pueda."""

    LEER = "leer", "Leer"
    ESCRIBIR_AVANCE = "escribir_avance", "Escribir y entregar avances"
    EVIDENCIA = "evidencia", "Subir y retirar evidencia"
    APROBAR = "aprobar", "Devolver y remitir"
    REVISAR = "revisar", "Observar y validar"


class ClienteSistemaQuerySet(Acotado):
    def segun(self, usuario):
        """Los inscribe quien administra; quien audita los lee."""
        if usuario.rol in {Rol.ADMINISTRADOR, Rol.AUDITOR}:
            return self.all()
        return self.none()


class ClienteSistema(models.Model):
    """Un sistema que usa la API como una persona: con su puesto y, a lo sumo, con sus permisos.

    `rol` e `institucion` son el puesto con que se inscribió: si la persona deja de tenerlo, sus
    fichas no valen. Se escribe sólo en `clientes`.
    """

    nombre = models.CharField(max_length=80, unique=True, validators=[en_un_renglon])
    persona = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="sistemas")
    rol = models.CharField(max_length=13, choices=Rol, editable=False)
    institucion = models.ForeignKey(
        Institucion, models.PROTECT, related_name="sistemas", editable=False
    )
    alcances = models.JSONField(default=list)
    creado = models.DateTimeField(default=timezone.now, editable=False)
    revocado_en = models.DateTimeField("revocado", null=True, blank=True, editable=False)

    objects = ClienteSistemaQuerySet.as_manager()

    class Meta:
        verbose_name = "sistema cliente"
        verbose_name_plural = "sistemas clientes"
        ordering = ["nombre"]
        constraints = [
            models.CheckConstraint(name="sistema_con_nombre", condition=~Q(nombre="")),
            models.CheckConstraint(
                name="quien_administra_no_presta_su_cuenta", condition=~Q(rol="ADMINISTRADOR")
            ),
        ]

    def __str__(self):
        return self.nombre


class DelClienteQuerySet(Acotado):
    def segun(self, usuario):
        """Se ve cuando se ve el sistema del que es."""
        return self.filter(cliente__in=ClienteSistema.objects.visibles_para(usuario))


class FichaManager(AuthTokenManager.from_queryset(DelClienteQuerySet)):
    """Las crea knox: de un secreto al azar guarda sólo su huella."""


class Ficha(AbstractAuthToken):
    """El secreto con que un sistema entra: su huella, hasta cuándo vale y cuándo se usó.

    Rotar hace otra y deja ésta un rato más; revocar la vence ya.
    """

    cliente = models.ForeignKey(ClienteSistema, models.PROTECT, related_name="fichas")
    ultimo_uso = models.DateTimeField("último uso", null=True, blank=True)

    objects = FichaManager()

    class Meta:
        ordering = ["-created"]
        constraints = [
            models.CheckConstraint(name="toda_ficha_vence", condition=Q(expiry__isnull=False))
        ]

    def __str__(self):
        return f"{self.token_key}…"


class ClaveIdempotente(models.Model):
    """Lo que ya se contestó a un pedido con `Idempotency-Key`, para repetirlo sin rehacerlo.

    Sin `estado_http`, el pedido todavía se atiende. Vence: no es historia.
    """

    ficha = models.CharField("huella de la ficha", max_length=128)
    clave = models.CharField(max_length=200)
    huella = models.CharField("huella del pedido", max_length=64)
    momento = models.DateTimeField(default=timezone.now)
    estado_http = models.PositiveSmallIntegerField(null=True)
    cuerpo = models.TextField(blank=True)
    cabeceras = models.JSONField(default=dict)

    objects = Acotado.as_manager()

    class Meta:
        verbose_name = "clave de idempotencia"
        verbose_name_plural = "claves de idempotencia"
        ordering = ["-momento"]
        indexes = [models.Index(fields=["momento"], name="claves_por_momento")]
        constraints = [
            models.UniqueConstraint(fields=["ficha", "clave"], name="una_clave_por_ficha")
        ]

    def __str__(self):
        return self.clave


class PedidoDeSistema(models.Model):
    """Un pedido de un sistema que quiso escribir, y qué se le contestó. Se borra al mes.

    Los que leen quedan en la bitácora técnica, con el mismo identificador.
    """

    cliente = models.ForeignKey(ClienteSistema, models.PROTECT, related_name="pedidos")
    momento = models.DateTimeField(default=timezone.now)
    metodo = models.CharField("método", max_length=6)
    ruta = models.CharField(max_length=200)
    estado_http = models.PositiveSmallIntegerField("respuesta")
    milisegundos = models.PositiveIntegerField()
    peticion = models.CharField("petición", max_length=64)

    objects = DelClienteQuerySet.as_manager()

    class Meta:
        verbose_name = "pedido de un sistema"
        verbose_name_plural = "pedidos de sistemas"
        ordering = ["-momento", "-pk"]
        indexes = [
            models.Index(fields=["cliente", "-momento"], name="pedidos_de_un_sistema"),
            models.Index(fields=["momento"], name="pedidos_por_momento"),
        ]

    def __str__(self):
        return f"{self.metodo} {self.ruta} {self.estado_http}"
