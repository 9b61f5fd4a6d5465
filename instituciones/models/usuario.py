"""Las personas, cada una con su rol, y las delegaciones que se dan."""

from datetime import date, timedelta

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone
from simple_history.models import HistoricalRecords

from instituciones.models.acotado import Acotado
from instituciones.models.aviso import Aviso
from instituciones.models.institucion import Institucion
from instituciones.models.vocabulario import Rol
from instituciones.textos import en_un_renglon


class UsuarioQuerySet(Acotado):
    def segun(self, usuario):
        """Quien administra, coordina o audita, todas las cuentas; los demás, las de su casa."""
        if usuario.rol in {Rol.ADMINISTRADOR, Rol.COORDINADOR, Rol.AUDITOR}:
            return self.all()
        return self.filter(institucion=usuario.institucion_id)

    def nombres(self):
        """Cómo se dice cada una en la bitácora, por su llave."""
        return self.dichas("cuenta de {}".format)

    def activas(self):
        """Las que pueden entrar."""
        return self.filter(is_active=True)

    def con_sus_avisos(self):
        """Con cuántos le faltan por leer: la barra de toda página lo dice sin otra consulta."""
        suyos = Aviso.objects.filter(
            persona=OuterRef("pk"),
            rol=OuterRef("rol"),
            institucion=OuterRef("institucion"),
            leido_en=None,
        )
        cuantos = suyos.order_by().values("persona").annotate(n=Count("pk")).values("n")
        return self.annotate(avisos_sin_leer=Coalesce(Subquery(cuantos), 0))


class UsuarioManager(BaseUserManager.from_queryset(UsuarioQuerySet)):
    """Cuentas por correo; nadie se inscribe solo."""

    def get_by_natural_key(self, correo):
        return self.get(correo__iexact=correo)

    def create_user(self, correo, password=None, **datos):
        """Una cuenta con su correo normalizado; sin contraseña queda sin poder entrar."""
        usuario = self.model(correo=self.normalize_email(correo).lower(), **datos)
        usuario.set_password(password)
        usuario.save()
        return usuario

    def create_superuser(self, correo, password=None, **datos):
        """Quien administra cuentas y catálogos: aquí no hay personas que lo puedan todo."""
        return self.create_user(correo, password, rol=Rol.ADMINISTRADOR, **datos)


# Ni su clave ni cuándo entró son historia de la cuenta: eso lo dice la bitácora.
FUERA_DE_LA_HISTORIA = ("password", "last_login")


class Usuario(AbstractBaseUser):
    """Una persona: un correo, una institución y un rol. No hay cuentas compartidas."""

    correo = models.EmailField(unique=True)
    nombre = models.CharField(max_length=150, validators=[en_un_renglon])
    institucion = models.ForeignKey(Institucion, models.PROTECT, related_name="personas")
    rol = models.CharField(max_length=13, choices=Rol)
    is_active = models.BooleanField("activa", default=True)
    creado = models.DateTimeField(default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    history = HistoricalRecords(excluded_fields=[*FUERA_DE_LA_HISTORIA])
    objects = UsuarioManager()

    USERNAME_FIELD = "correo"
    EMAIL_FIELD = "correo"
    REQUIRED_FIELDS = ["nombre", "institucion"]

    class Meta:
        verbose_name = "persona"
        verbose_name_plural = "personas"
        ordering = ["nombre"]
        constraints = [
            models.CheckConstraint(name="rol_conocido", condition=Q(rol__in=Rol.values)),
            models.CheckConstraint(
                name="correo_en_minusculas", condition=Q(correo=Lower("correo"))
            ),
        ]

    def __str__(self):
        return self.nombre

    def get_full_name(self):
        return self.nombre

    def save(self, *args, update_fields=None, **kwargs):
        """Lo que la historia no cuenta (entrar, cambiar la clave) no le deja renglón."""
        if update_fields is None or not set(update_fields) <= {*FUERA_DE_LA_HISTORIA}:
            super().save(*args, update_fields=update_fields, **kwargs)
            return
        self.skip_history_when_saving = True
        try:
            super().save(*args, update_fields=update_fields, **kwargs)
        finally:
            del self.skip_history_when_saving

    @property
    def is_staff(self):
        """Al sitio de catálogos entra sólo quien administra."""
        return self.is_active and self.rol == Rol.ADMINISTRADOR

    def has_perm(self, permiso, objeto=None):
        return self.is_staff

    def has_module_perms(self, app):
        return self.is_staff


class DelegacionQuerySet(Acotado):
    def segun(self, usuario):
        """La propia, como titular o delegado; quien coordina, audita o administra, todas."""
        if usuario.rol in {Rol.COORDINADOR, Rol.AUDITOR, Rol.ADMINISTRADOR}:
            return self.all()
        return self.filter(Q(titular=usuario) | Q(delegado=usuario))

    def vigentes(self, fecha: date):
        """Las que valen ese día: entre sus fechas, sin revocar."""
        return self.filter(
            desde__lte=fecha, hasta__gte=fecha, revocada_en=None, titular__is_active=True
        )


class Delegacion(models.Model):
    """Un titular presta su rol a alguien de su institución, por escrito y hasta 90 días."""

    titular = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="delegaciones_dadas"
    )
    delegado = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="delegaciones_recibidas"
    )
    desde = models.DateField()
    hasta = models.DateField()
    acto = models.CharField(
        "acto escrito que la respalda", max_length=300, validators=[en_un_renglon]
    )
    creada = models.DateTimeField(default=timezone.now, editable=False)
    revocada_en = models.DateTimeField(null=True, blank=True, editable=False)

    objects = DelegacionQuerySet.as_manager()

    class Meta:
        verbose_name = "delegación"
        verbose_name_plural = "delegaciones"
        ordering = ["-desde"]
        constraints = [
            models.CheckConstraint(
                name="delegacion_dentro_de_90_dias",
                condition=Q(hasta__gte=F("desde")) & Q(hasta__lte=F("desde") + timedelta(days=90)),
            ),
            models.CheckConstraint(
                name="nadie_se_delega_a_si_mismo", condition=~Q(titular=F("delegado"))
            ),
            models.CheckConstraint(name="delegacion_con_acto", condition=~Q(acto="")),
        ]

    def __str__(self):
        return f"{self.delegado} por {self.titular}, {self.desde} a {self.hasta}"
