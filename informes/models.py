"""Lo contado: cortes sellados, informes con sus documentos, trabajos y recomendaciones."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from instituciones.canonico import huella
from instituciones.models import Acotado, Institucion, Rol, Trabajo, TrabajoQuerySet
from matrices.models import Periodo
from matrices.models.avance import almacen

LEEN_EDICION_CNS = {
    Rol.ANALISTA,
    Rol.COORDINADOR,
    Rol.CONSEJO,
    Rol.IGSNS,
    Rol.CAP,
    Rol.AUDITOR,
}
VEN_EL_TABLERO = set(Rol) - {Rol.ADMINISTRADOR}
ANTES_DE_PRESENTAR = {Rol.ANALISTA, Rol.COORDINADOR, Rol.AUDITOR}


class Edicion(models.TextChoices):
    """Para quién se cuenta un corte; cada una con su propio contenido."""

    CNS = "CNS", "Edición CNS"
    PUBLICA = "PUBLICA", "Edición pública"


class CorteQuerySet(Acotado):
    def segun(self, usuario):
        """Que un semestre se cortó lo sabe toda persona que entra; qué dice, por edición."""
        return self.all()

    def vigentes(self):
        """El último de cada periodo: el que nadie sustituyó."""
        return self.filter(sustituido_por=None)

    def nombres(self):
        """Cómo se dice cada uno en la bitácora, por su llave."""
        return self.select_related("periodo").dichas()

    def con_su_periodo(self):
        """Con el periodo y el plan que nombra."""
        return self.select_related("periodo__plan", "hecho_por")

    def para_lista(self, informes):
        """Del más reciente al más antiguo, cada uno con los informes dados y sus archivos."""
        con_archivos = informes.select_related("trabajo").con_sus_documentos()
        suyos = models.Prefetch("informes", con_archivos, to_attr="los_que_ve")
        return (
            self.con_su_periodo()
            .select_related("sustituido_por")
            .prefetch_related(suyos)
            .order_by("-periodo__corte", "-numero")
        )


class Corte(models.Model):
    """Un semestre congelado. No cambia: lo que se corrige es otro corte, con su motivo."""

    periodo = models.ForeignKey(Periodo, models.PROTECT, related_name="cortes")
    numero = models.PositiveSmallIntegerField("número")
    sustituye_a = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="sustituido_por"
    )
    motivo = models.TextField(blank=True)
    hecho_por = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    momento = models.DateTimeField()

    objects = CorteQuerySet.as_manager()

    class Meta:
        ordering = ["periodo", "-numero"]
        constraints = [
            models.UniqueConstraint(fields=["periodo", "numero"], name="un_corte_por_numero"),
            models.CheckConstraint(
                name="del_segundo_en_adelante_dice_por_que",
                condition=Q(numero=1, sustituye_a=None)
                | (Q(numero__gt=1, sustituye_a__isnull=False) & ~Q(motivo="")),
            ),
        ]

    def __str__(self):
        return f"Corte {self.numero} de {self.periodo}"

    def sellado_de(self, edicion: str) -> "ContenidoSellado":
        """El contenido sellado de una edición."""
        return self.contenidos.get(edicion=edicion)


class ContenidoSelladoQuerySet(Acotado):
    def segun(self, usuario):
        """La edición CNS, quien la lee; la pública la lee cualquiera cuando se publica."""
        if usuario.rol in LEEN_EDICION_CNS:
            return self.all()
        return self.filter(corte__informes__estado="PUBLICADO", edicion=Edicion.PUBLICA)


class ContenidoSellado(models.Model):
    """El JSON canónico de una edición de un corte y su SHA-256; se guarda como texto."""

    corte = models.ForeignKey(Corte, models.PROTECT, related_name="contenidos")
    edicion = models.CharField("edición", max_length=7, choices=Edicion)
    contenido = models.TextField()
    huella = models.CharField(max_length=64)

    objects = ContenidoSelladoQuerySet.as_manager()

    class Meta:
        verbose_name = "contenido sellado"
        verbose_name_plural = "contenidos sellados"
        ordering = ["corte", "edicion"]
        constraints = [
            models.UniqueConstraint(fields=["corte", "edicion"], name="un_contenido_por_edicion")
        ]

    def __str__(self):
        return f"{self.corte}, {self.get_edicion_display()}"

    @property
    def integro(self) -> bool:
        """Si el texto guardado da todavía la huella con que se selló."""
        return huella(self.contenido) == self.huella


class ResumenDeCorteQuerySet(Acotado):
    def segun(self, usuario):
        """Las cifras de las acciones y de sus totales las ve quien entra (dominio §4).

        Menos quien administra cuentas, que no toca datos del plan.
        """
        if usuario.rol in VEN_EL_TABLERO:
            return self.all()
        return self.none()


class ResumenDeCorte(models.Model):
    """Las cifras de un corte de la acción hacia arriba: lo que lee el tablero.

    Sale de la edición CNS sellada, que es la que vale; `huella` dice de cuál contenido.
    """

    corte = models.OneToOneField(Corte, models.PROTECT, related_name="resumen")
    contenido = models.TextField()
    huella = models.CharField(max_length=64)

    objects = ResumenDeCorteQuerySet.as_manager()

    class Meta:
        verbose_name = "resumen de corte"
        verbose_name_plural = "resúmenes de corte"

    def __str__(self):
        return f"Resumen de {self.corte_id}"


class InformeQuerySet(Acotado):
    def segun(self, usuario):
        """El Consejo y quien lee su edición, desde que se presenta; quien lo hace, siempre.

        La edición pública publicada la ve cualquier persona que entra.
        """
        if usuario.rol in ANTES_DE_PRESENTAR:
            return self.all()
        publicada = Q(edicion=Edicion.PUBLICA, publicado_en__isnull=False)
        if usuario.rol in LEEN_EDICION_CNS:
            return self.filter(publicada | Q(edicion=Edicion.CNS, presentado_en__isnull=False))
        return self.filter(publicada)

    def con_su_corte(self):
        """Con el corte, el periodo y el plan que nombra."""
        return self.select_related("corte__periodo__plan")

    def nombres(self):
        """Cómo se dice cada uno en la bitácora, por su llave."""
        return self.con_su_corte().dichas(lambda uno: f"{uno} ({uno.corte.periodo.plan.sigla})")

    def con_sus_documentos(self):
        """Con sus archivos, en `archivos`."""
        return self.prefetch_related(models.Prefetch("documentos", to_attr="archivos"))

    def del_consejo(self):
        """Lo que se presentó al CNS, lo último primero; lo sustituido, después de su sustituto."""
        presentados = self.filter(edicion=Edicion.CNS, presentado_en__isnull=False)
        return presentados.order_by("-corte__periodo__corte", "-corte__numero", "-pk")


class Informe(models.Model):
    """Una edición de un corte, camino de su público. Su estado y su versión, sólo en `emision`.

    `presentado_en` y `publicado_en` no se borran cuando otro lo sustituye: el archivo que
    alguien ya leyó sigue a su alcance, marcado SUSTITUIDO.
    """

    class Estado(models.TextChoices):
        BORRADOR = "BORRADOR", "Borrador"
        APROBADO = "APROBADO", "Aprobado"
        PRESENTADO = "PRESENTADO", "Presentado"
        PUBLICADO = "PUBLICADO", "Publicado"
        SUSTITUIDO = "SUSTITUIDO", "Sustituido"

    corte = models.ForeignKey(Corte, models.PROTECT, related_name="informes")
    edicion = models.CharField("edición", max_length=7, choices=Edicion)
    estado = models.CharField(
        max_length=10, choices=Estado, default=Estado.BORRADOR, editable=False
    )
    seleccion = models.JSONField(
        "orden de decisiones y logros",
        default=dict,
        blank=True,
        help_text="Qué decisiones y logros van en la primera parte y en qué orden.",
    )
    ordenado_por = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False
    )
    ordenado_en = models.DateTimeField(editable=False)
    aprobado_en = models.DateTimeField(null=True, editable=False)
    presentado_en = models.DateTimeField(null=True, editable=False)
    fecha_sesion = models.DateField("fecha de la sesión", null=True, blank=True)
    publicado_en = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = InformeQuerySet.as_manager()

    class Meta:
        ordering = ["corte__periodo", "-corte__numero", "edicion", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="informe_estado_conocido",
                condition=Q(
                    estado__in=["BORRADOR", "APROBADO", "PRESENTADO", "PUBLICADO", "SUSTITUIDO"]
                ),
            ),
            models.UniqueConstraint(
                fields=["corte", "edicion"],
                condition=~Q(estado="SUSTITUIDO"),
                name="un_informe_vivo_por_edicion",
            ),
            models.CheckConstraint(
                name="se_presenta_la_del_cns", condition=~Q(estado="PRESENTADO") | Q(edicion="CNS")
            ),
            models.CheckConstraint(
                name="se_publica_la_publica",
                condition=~Q(estado="PUBLICADO") | Q(edicion="PUBLICA"),
            ),
        ]

    def __str__(self):
        return f"Informe {self.corte.periodo}, {self.get_edicion_display()}"


class DelInformeQuerySet(Acotado):
    def segun(self, usuario):
        """Lo que cuelga de un informe se ve cuando se ve el informe."""
        return self.filter(informe__in=Informe.objects.visibles_para(usuario))


class DocumentoQuerySet(DelInformeQuerySet):
    def con_su_corte(self):
        """Con el informe, el corte y el periodo que nombra."""
        return self.select_related("informe__corte__periodo__plan")

    def que_se_publicaron(self):
        """Los de toda edición pública que salió: la que está en vigor y las que sustituyó."""
        return self.filter(
            informe__edicion=Edicion.PUBLICA,
            informe__publicado_en__isnull=False,
            informe__estado__in=[Informe.Estado.PUBLICADO, Informe.Estado.SUSTITUIDO],
        )


class Documento(models.Model):
    """Un archivo emitido, guardado bajo su SHA-256. No cambia nunca."""

    class Formato(models.TextChoices):
        PDF = "PDF", "PDF"
        XLSX = "XLSX", "XLSX"
        JSON = "JSON", "JSON"

    informe = models.ForeignKey(Informe, models.PROTECT, related_name="documentos")
    formato = models.CharField(max_length=4, choices=Formato)
    archivo = models.FileField(storage=almacen, max_length=120)
    sha256 = models.CharField(max_length=64)
    tamano = models.PositiveBigIntegerField("tamaño en octetos")
    emitido_en = models.DateTimeField()

    objects = DocumentoQuerySet.as_manager()

    class Meta:
        ordering = ["informe", "pk"]  # como se emiten: PDF, XLSX, JSON
        constraints = [
            models.UniqueConstraint(fields=["informe", "formato"], name="un_documento_por_formato")
        ]
        indexes = [models.Index(fields=["sha256"], name="documentos_por_huella")]

    def __str__(self):
        return f"{self.informe} ({self.formato})"

    @property
    def nombre(self) -> str:
        """Con qué nombre se guarda. Lleva el plan: dos planes informan del mismo semestre."""
        corte = self.informe.corte
        partes = (corte.periodo.plan.codigo, corte.periodo.codigo, f"corte{corte.numero}")
        nombre = "-".join(("informe", *partes, self.informe.edicion))
        return f"{nombre}.{self.formato}".lower()


class Descarga(models.Model):
    """Quién bajó qué documento y cuándo. Sólo crece."""

    documento = models.ForeignKey(Documento, models.PROTECT, related_name="descargas")
    por = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    momento = models.DateTimeField()

    objects = Acotado.as_manager()

    class Meta:
        ordering = ["-momento"]

    def __str__(self):
        return f"{self.documento_id} por {self.por_id}, {self.momento:%Y-%m-%d %H:%M}"


class TomaConocimiento(models.Model):
    """El acto de un miembro del Consejo de darse por enterado de un informe presentado."""

    informe = models.ForeignKey(Informe, models.PROTECT, related_name="tomas_de_conocimiento")
    por = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    momento = models.DateTimeField()

    objects = DelInformeQuerySet.as_manager()

    class Meta:
        verbose_name = "toma de conocimiento"
        verbose_name_plural = "tomas de conocimiento"
        ordering = ["momento"]
        constraints = [
            models.UniqueConstraint(fields=["informe", "por"], name="una_toma_por_persona")
        ]

    def __str__(self):
        return f"{self.por} conoció {self.informe}"


class TrabajoInformeQuerySet(TrabajoQuerySet):
    def segun(self, usuario):
        """Como lo demás que cuelga de un informe: se ve cuando se ve el informe."""
        return self.filter(informe__in=Informe.objects.visibles_para(usuario))


class TrabajoInforme(Trabajo):
    """El encargo de dibujar un informe: la fila manda, Celery sólo toca el timbre.

    `ficha` es de quien lo tiene arrendado hasta `arriendo`; quien pierde la ficha no publica.
    """

    clave = models.CharField(max_length=80, unique=True)
    informe = models.OneToOneField(Informe, models.PROTECT, related_name="trabajo")
    solicitante = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False
    )
    en_nombre_de = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )

    objects = TrabajoInformeQuerySet.as_manager()

    class Meta:
        verbose_name = "trabajo de informe"
        verbose_name_plural = "trabajos de informes"
        ordering = ["-creado"]
        constraints = [
            models.CheckConstraint(
                name="trabajo_estado_conocido",
                condition=Q(estado__in=["PENDIENTE", "EN_CURSO", "LISTO", "FALLIDO"]),
            ),
            models.CheckConstraint(name="tres_intentos_a_lo_sumo", condition=Q(intentos__lte=3)),
            models.CheckConstraint(
                name="en_curso_tiene_ficha_y_arriendo",
                condition=~Q(estado="EN_CURSO") | (~Q(ficha="") & Q(arriendo__isnull=False)),
            ),
            models.CheckConstraint(name="progreso_de_0_a_100", condition=Q(progreso__lte=100)),
        ]

    def __str__(self):
        return self.clave


class RecomendacionQuerySet(Acotado):
    def segun(self, usuario):
        """Quien lee la edición del Consejo, todas; la institución, las que recibió."""
        if usuario.rol in LEEN_EDICION_CNS:
            return self.all()
        if usuario.rol in {Rol.PLANIFICADOR, Rol.APROBADOR}:
            return self.filter(institucion=usuario.institucion_id)
        return self.none()

    def nombres(self):
        """Cómo se dice cada una en la bitácora, por su llave."""
        return self.dichas("recomendación {}".format)

    def con_lo_que_nombra(self):
        """Con el semestre, la destinataria y quien contestó."""
        return self.select_related("periodo__plan", "institucion", "respondida_por")

    def para_lista(self):
        """Las que esperan primero; de ellas, las del semestre más antiguo."""
        return self.con_lo_que_nombra().order_by(
            models.Case(models.When(estado="ATENDIDA", then=1), default=0),
            "periodo__corte",
            "numero",
        )


class Recomendacion(models.Model):
    """Una recomendación de la Inspectoría General a una institución.

    Su estado y su versión, sólo en `recomendaciones`.
    """

    class Estado(models.TextChoices):
        PENDIENTE = "PENDIENTE", "Pendiente"
        EN_CURSO = "EN_CURSO", "En curso"
        ATENDIDA = "ATENDIDA", "Atendida"

    numero = models.CharField("número", max_length=40, unique=True)
    periodo = models.ForeignKey(Periodo, models.PROTECT, related_name="recomendaciones")
    texto = models.TextField()
    institucion = models.ForeignKey(
        Institucion, models.PROTECT, related_name="recomendaciones_recibidas"
    )
    estado = models.CharField(max_length=9, choices=Estado, default=Estado.PENDIENTE)
    respuesta = models.TextField(blank=True)
    respondida_por = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    respondida_en = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = RecomendacionQuerySet.as_manager()

    class Meta:
        verbose_name = "recomendación"
        verbose_name_plural = "recomendaciones"
        ordering = ["periodo", "numero"]
        constraints = [
            models.CheckConstraint(
                name="recomendacion_estado_conocido",
                condition=Q(estado__in=["PENDIENTE", "EN_CURSO", "ATENDIDA"]),
            ),
        ]

    def __str__(self):
        return self.numero
