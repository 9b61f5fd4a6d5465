"""Quién: instituciones, grupos, personas con un rol, delegaciones, reservas y la bitácora.

De aquí sale también `Acotado`, la base de todo queryset: quien no declara su regla no ve nada.
"""

from datetime import date, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone
from knox.models import AbstractAuthToken, AuthTokenManager
from simple_history.models import HistoricalRecords


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


class Visibilidad(models.TextChoices):
    """Necesidad de conocer, regla nuestra (dominio §10)."""

    PUBLICA = "PUBLICA", "Pública"
    INTERNA = "INTERNA", "Interna"
    RESTRINGIDA = "RESTRINGIDA", "Restringida"


class Clasificacion(models.TextChoices):
    """Categoría legal: conjuntos aparte, no una escalera (dominio §10)."""

    SIN_CLASIFICAR = "SIN_CLASIFICAR", "Sin clasificar"
    PUBLICA = "PUBLICA", "Pública"
    CONFIDENCIAL = "CONFIDENCIAL", "Confidencial"
    RESERVADA = "RESERVADA", "Reservada"


class InstitucionQuerySet(Abierto):
    def get_by_natural_key(self, sigla):
        return self.get(sigla=sigla)


class Institucion(models.Model):
    """Un órgano, ministerio, secretaría o dependencia del sistema, o ajeno a él."""

    class Tipo(models.TextChoices):
        ORGANO = "ORGANO", "Órgano"
        MINISTERIO = "MINISTERIO", "Ministerio"
        SECRETARIA = "SECRETARIA", "Secretaría"
        COORDINADORA = "COORDINADORA", "Coordinadora"
        ORGANO_TECNICO = "ORGANO_TECNICO", "Órgano técnico"
        DEPENDENCIA_CNS = "DEPENDENCIA_CNS", "Dependencia del CNS"
        DEPENDENCIA = "DEPENDENCIA", "Dependencia"
        COMISION = "COMISION", "Comisión"
        ORGANISMO = "ORGANISMO", "Organismo del Estado"

    sigla = models.CharField(max_length=20, unique=True)
    nombre = models.CharField(max_length=200)
    tipo = models.CharField(max_length=20, choices=Tipo)
    padre = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="dependencias"
    )
    es_cns = models.BooleanField("su titular integra el CNS", default=False)
    reporta = models.BooleanField("reporta avances por sí misma", default=False)
    revisora = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="revisadas"
    )
    alias = models.JSONField(default=list, blank=True)
    nota = models.TextField(blank=True)
    vigente_desde = models.DateField(null=True, blank=True)
    vigente_hasta = models.DateField(null=True, blank=True)
    sucesora = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="antecesoras"
    )
    norma = models.CharField(max_length=300, blank=True)

    objects = InstitucionQuerySet.as_manager()

    class Meta:
        verbose_name = "institución"
        verbose_name_plural = "instituciones"
        ordering = ["sigla"]
        constraints = [
            models.CheckConstraint(
                name="quien_reporta_tiene_revisora",
                condition=Q(reporta=False) | Q(revisora__isnull=False),
            ),
            models.CheckConstraint(
                name="nadie_se_revisa_a_si_mismo", condition=~Q(revisora=F("id"))
            ),
            models.CheckConstraint(
                name="institucion_termina_despues_de_empezar",
                condition=Q(vigente_hasta=None)
                | Q(vigente_desde=None)
                | Q(vigente_hasta__gte=F("vigente_desde")),
            ),
        ]

    def __str__(self):
        return self.sigla

    def natural_key(self):
        return (self.sigla,)


class GrupoInstitucional(models.Model):
    """Un actor colectivo que el plan nombra (SNS, SNI); se expande a la fecha de corte."""

    sigla = models.CharField(max_length=20, unique=True)
    nombre = models.CharField(max_length=200)
    alias = models.JSONField(default=list, blank=True)
    nota = models.TextField(blank=True)

    objects = Abierto.as_manager()

    class Meta:
        verbose_name = "grupo institucional"
        verbose_name_plural = "grupos institucionales"
        ordering = ["sigla"]

    def __str__(self):
        return self.sigla

    def obligados(self, fecha: date) -> list[Institucion]:
        """Quiénes responden por el grupo en esa fecha, sin repetir (dominio §4, R05 y R21).

        Cada integrante vigente vale por sí o por quien reporta por él; quien está exento no sale.
        """
        vigentes = self.pertenencias.vigentes(fecha).select_related("reporta_por")
        quienes = {p.reporta_por.sigla: p.reporta_por for p in vigentes if p.reporta_por}
        return [quienes[sigla] for sigla in sorted(quienes)]


class PertenenciaQuerySet(Abierto):
    def vigentes(self, fecha: date):
        """Las pertenencias en vigor ese día."""
        return self.filter(Q(hasta=None) | Q(hasta__gte=fecha), desde__lte=fecha)


class PertenenciaGrupo(models.Model):
    """Una institución en un grupo, con fechas y con quien reporta por ella (vacío: exenta)."""

    grupo = models.ForeignKey(GrupoInstitucional, models.PROTECT, related_name="pertenencias")
    institucion = models.ForeignKey(Institucion, models.PROTECT, related_name="pertenencias")
    desde = models.DateField()
    hasta = models.DateField(null=True, blank=True)
    norma = models.CharField(max_length=300, blank=True)
    reporta_por = models.ForeignKey(
        Institucion, models.PROTECT, null=True, blank=True, related_name="reporta_en_grupos"
    )

    objects = PertenenciaQuerySet.as_manager()

    class Meta:
        verbose_name = "pertenencia a un grupo"
        verbose_name_plural = "pertenencias a grupos"
        ordering = ["grupo", "institucion", "desde"]
        constraints = [
            models.UniqueConstraint(
                fields=["grupo", "institucion", "desde"], name="una_pertenencia_por_fecha"
            ),
            models.CheckConstraint(
                name="pertenencia_termina_despues_de_empezar",
                condition=Q(hasta=None) | Q(hasta__gte=F("desde")),
            ),
        ]

    def __str__(self):
        return f"{self.institucion} en {self.grupo}"


class Rol(models.TextChoices):
    """Lo que una persona viene a hacer; uno por cuenta (dominio §4)."""

    PLANIFICADOR = "PLANIFICADOR", "Planificación"
    APROBADOR = "APROBADOR", "Aprobación"
    ANALISTA = "ANALISTA", "Análisis"
    COORDINADOR = "COORDINADOR", "Coordinación"
    CONSEJO = "CONSEJO", "Consejo Nacional de Seguridad"
    IGSNS = "IGSNS", "Inspectoría General"
    CAP = "CAP", "Comisión de Asesoramiento y Planificación"
    AUDITOR = "AUDITOR", "Auditoría"
    ADMINISTRADOR = "ADMINISTRADOR", "Administración técnica"


class UsuarioQuerySet(Acotado):
    def segun(self, usuario):
        """Quien administra, coordina o audita, todas las cuentas; los demás, las de su casa."""
        if usuario.rol in {Rol.ADMINISTRADOR, Rol.COORDINADOR, Rol.AUDITOR}:
            return self.all()
        return self.filter(institucion=usuario.institucion_id)

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
    nombre = models.CharField(max_length=150)
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
    acto = models.CharField("acto escrito que la respalda", max_length=300)
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

    numero = models.CharField("número", max_length=60, unique=True)
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


class Feriado(models.Model):
    """Un día inhábil; con los fines de semana, define los días hábiles."""

    fecha = models.DateField(unique=True)
    nombre = models.CharField(max_length=120)

    objects = Abierto.as_manager()

    class Meta:
        ordering = ["fecha"]

    def __str__(self):
        return f"{self.fecha:%d/%m/%Y} {self.nombre}"


VEN_TODA_LA_CADENA = {Rol.ANALISTA, Rol.COORDINADOR, Rol.IGSNS, Rol.AUDITOR}
DE_LOS_SISTEMAS = ["clientesistema", "ficha", "suscripcion", "entrega"]
DE_SEGURIDAD = ["sesion", "usuario", "delegacion", *DE_LOS_SISTEMAS]
DE_SU_AVANCE = ["avance", "aporte", "evidencia", "reprogramacion", "rectificacion"]
DE_SU_AVANCE += ["reclasificacion", "resolucionreserva"]


class AsientoQuerySet(Acotado):
    def segun(self, usuario):
        """Quien revisa, coordina, inspecciona o audita, todo; quien administra, lo de cuentas.

        En una institución, quien planifica o aprueba ve también los pasos de sus avances; los
        demás, sólo lo que hicieron.
        """
        if usuario.rol in VEN_TODA_LA_CADENA:
            return self.all()
        if usuario.rol == Rol.ADMINISTRADOR:
            return self.filter(tipo__in=DE_SEGURIDAD)
        if usuario.rol in {Rol.PLANIFICADOR, Rol.APROBADOR}:
            suyo = Q(tipo__in=DE_SU_AVANCE, institucion=usuario.institucion.sigla)
            return self.filter(Q(persona=usuario) | suyo)
        return self.filter(persona=usuario)

    def de_seguridad(self):
        """Lo de entrar y de las cuentas: el registro de eventos de seguridad."""
        return self.filter(tipo__in=DE_SEGURIDAD)

    def con_personas(self):
        """Con quién lo hizo y en nombre de quién, para nombrarlos sin otra consulta."""
        return self.select_related("persona", "en_nombre_de")


class Asiento(models.Model):
    """Un renglón de la única cadena: quién hizo qué, cuándo y sobre qué. Sólo crece.

    Nombra la fila de la que habla (`tipo`, `clave`); ninguna fila apunta a él. `huella` sella
    todas sus columnas y la huella del anterior.
    """

    persona = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_constraint=False,
    )
    en_nombre_de = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_constraint=False,
    )
    momento = models.DateTimeField()
    registrado = models.DateTimeField()
    acto = models.CharField(max_length=40)
    tipo = models.CharField(max_length=40)
    clave = models.CharField(max_length=120)
    institucion = models.CharField(max_length=20, blank=True)
    datos = models.TextField(default="{}")
    huella_anterior = models.CharField(max_length=64, unique=True)
    huella = models.CharField(max_length=64, unique=True)

    objects = AsientoQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["tipo", "clave"], name="asientos_de_una_fila"),
            models.Index(fields=["momento"], name="asientos_por_momento"),
        ]

    def __str__(self):
        return f"{self.momento:%Y-%m-%d %H:%M} {self.acto} {self.tipo} {self.clave}"

    def sellado(self) -> dict:
        """Todas sus columnas menos la huella: lo que la huella protege."""
        return {
            "persona": self.persona_id,
            "en_nombre_de": self.en_nombre_de_id,
            "momento": self.momento,
            "registrado": self.registrado,
            "acto": self.acto,
            "tipo": self.tipo,
            "clave": self.clave,
            "institucion": self.institucion,
            "datos": self.datos,
            "huella_anterior": self.huella_anterior,
        }


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


class AvisoQuerySet(PropioQuerySet):
    def segun(self, usuario):
        """Los propios, mientras tenga el rol y la institución por los que se le avisó."""
        propios = super().segun(usuario)
        return propios.filter(rol=usuario.rol, institucion=usuario.institucion_id)

    def sin_leer(self):
        """Los que faltan por leer."""
        return self.filter(leido_en=None)

    def por_enviar(self, momento):
        """Los que ya toca mandar por correo y nadie está mandando."""
        libre = Q(arriendo=None) | Q(arriendo__lt=momento)
        return self.filter(libre, envio=Aviso.Envio.POR_ENVIAR, desde__lte=momento)


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


# Los sistemas de otros: clientes de la API ----------------------------------------------------


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

    nombre = models.CharField(max_length=80, unique=True)
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


# Lo que se les avisa a los sistemas: webhooks -------------------------------------------------


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
    direccion = models.CharField("dirección", max_length=500)
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


class EntregaQuerySet(Acotado):
    def segun(self, usuario):
        """Se ve cuando se ve su suscripción."""
        return self.filter(suscripcion__in=Suscripcion.objects.visibles_para(usuario))

    def por_enviar(self, momento):
        """Las que ya toca mandar y nadie está mandando."""
        libre = Q(arriendo=None) | Q(arriendo__lt=momento)
        return self.filter(libre, estado=Entrega.Estado.POR_ENVIAR, proximo__lte=momento)


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
