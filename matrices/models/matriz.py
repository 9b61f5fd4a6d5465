"""La matriz de cumplimiento de una acción y sus actividades, con hitos y cooperantes."""

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from simple_history.models import HistoricalRecords

from acciones.models import (
    AccionEstrategica,
    clase_legal,
    reservada_con_resolucion,
    resolucion,
)
from instituciones.models import (
    Abierto,
    Acotado,
    Clasificacion,
    GrupoInstitucional,
    Institucion,
    Rol,
    Visibilidad,
)
from instituciones.plegado import TextoPlegado

VEN_LO_DE_SU_INSTITUCION = {Rol.PLANIFICADOR, Rol.APROBADOR}
VEN_TODA_FILA = {Rol.ANALISTA, Rol.COORDINADOR, Rol.IGSNS, Rol.AUDITOR}
CERRADAS = [Clasificacion.CONFIDENCIAL, Clasificacion.RESERVADA]


def abierta(prefijo: str = "") -> Q:
    """Sin restricción propia ni de su acción: ni RESTRINGIDA, ni CONFIDENCIAL, ni RESERVADA."""
    dentro = Q()
    for nivel in (prefijo, f"{prefijo}matriz__accion__"):
        dentro &= ~Q(**{f"{nivel}visibilidad": Visibilidad.RESTRINGIDA})
        dentro &= ~Q(**{f"{nivel}clasificacion__in": CERRADAS})
    return dentro


def coopera(institucion_id: int | None, actividad: str = "pk") -> Exists:
    """Si esa institución coopera en la actividad, por sí o por un grupo al que pertenece."""
    filas = Cooperacion.objects.filter(actividad=OuterRef(actividad))
    suya = Q(institucion=institucion_id) | Q(grupo__pertenencias__institucion=institucion_id)
    return Exists(filas.filter(suya))


class MatrizQuerySet(Abierto):
    def nombres(self):
        """Cómo se dice cada una en la bitácora, por su llave."""
        return self.select_related("accion").dichas()


class MatrizCumplimiento(models.Model):
    """El formulario del plan para una acción: su impacto y sus actividades."""

    accion = models.OneToOneField(AccionEstrategica, models.PROTECT, related_name="matriz")
    impacto = models.TextField()
    es_demo = models.BooleanField("son datos de demostración", default=False, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    history = HistoricalRecords()
    objects = MatrizQuerySet.as_manager()

    class Meta:
        verbose_name = "matriz de cumplimiento"
        verbose_name_plural = "matrices de cumplimiento"
        ordering = ["accion__orden"]

    def __str__(self):
        return f"Matriz de la acción {self.accion}"


class ActividadQuerySet(Acotado):
    def segun(self, usuario):
        """La institución, lo suyo y en lo que coopera; quien revisa, todo; los demás, lo abierto.

        La analista de una institución que no da seguimiento al plan ve además lo que revisa.
        """
        suya = usuario.institucion_id
        if usuario.rol == Rol.ANALISTA:
            sigue = Q(matriz__accion__objetivo__programa__plan__seguimiento=suya)
            return self.filter(sigue | Q(responsable__revisora=suya) | abierta())
        if usuario.rol in VEN_TODA_FILA:
            return self.all()
        if usuario.rol in VEN_LO_DE_SU_INSTITUCION:
            return self.filter(Q(responsable=suya) | coopera(suya) | abierta())
        if usuario.rol in {Rol.CONSEJO, Rol.CAP, Rol.ADMINISTRADOR}:
            return self.filter(abierta())
        return self.none()

    def de_la_accion(self, accion):
        """Las de una acción, en su orden, con todo lo que su renglón nombra."""
        return (
            self.filter(matriz__accion=accion)
            .select_related("responsable", "matriz__accion", "resolucion")
            .prefetch_related(
                models.Prefetch(
                    "cooperantes",
                    Cooperacion.objects.select_related("institucion", "grupo").order_by("pk"),
                    to_attr="quienes_cooperan",
                )
            )
            .order_by("numero")
        )

    def nombres(self):
        """Cómo se dice cada una en la bitácora, por su llave."""
        return self.select_related("matriz__accion").dichas("actividad {}".format)

    def del_plan(self, plan):
        """Todas las de un plan."""
        return self.filter(matriz__accion__objetivo__programa__plan=plan)

    def vigentes(self):
        """Las que no se han cancelado."""
        return self.exclude(situacion=Actividad.Situacion.CANCELADA)


class Actividad(models.Model):
    """Un renglón de la matriz. Fechas vigentes y situación cambian sólo por una enmienda."""

    class Modo(models.TextChoices):
        META = "META", "Meta física"
        HITOS = "HITOS", "Hitos"
        PORCENTAJE = "PORCENTAJE", "Porcentaje declarado"
        COLECTIVO = "COLECTIVO", "Colectivo"

    class Situacion(models.TextChoices):
        VIGENTE = "VIGENTE", "Vigente"
        SUSPENDIDA = "SUSPENDIDA", "Suspendida"
        CANCELADA = "CANCELADA", "Cancelada"

    matriz = models.ForeignKey(MatrizCumplimiento, models.PROTECT, related_name="actividades")
    numero = models.PositiveSmallIntegerField("número")
    descripcion = models.TextField("descripción")
    plegado = TextoPlegado("descripcion")
    responsable = models.ForeignKey(Institucion, models.PROTECT, related_name="actividades_a_cargo")
    inicio = models.DateField()
    fin_original = models.DateField("fin original")
    fin_vigente = models.DateField("fin vigente")
    modo = models.CharField(max_length=10, choices=Modo)
    unidad = models.CharField("unidad de medida", max_length=80)
    meta = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)
    peso = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    programa_presupuestario = models.CharField(max_length=60, blank=True)
    visibilidad = models.CharField(max_length=11, choices=Visibilidad, default=Visibilidad.PUBLICA)
    clasificacion = clase_legal()
    resolucion = resolucion()
    situacion = models.CharField(
        "situación", max_length=10, choices=Situacion, default=Situacion.VIGENTE, editable=False
    )
    suspendida_desde = models.DateField(null=True, blank=True, editable=False)
    obligados = models.ManyToManyField(
        Institucion, blank=True, related_name="actividades_colectivas"
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    quienes_cooperan: list["Cooperacion"]  # sólo si se leyó con `de_la_accion`

    history = HistoricalRecords(excluded_fields=["plegado"])
    objects = ActividadQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "actividades"
        ordering = ["matriz__accion__orden", "numero"]
        constraints = [
            models.UniqueConstraint(fields=["matriz", "numero"], name="una_actividad_por_numero"),
            models.CheckConstraint(
                name="actividad_termina_despues_de_empezar",
                condition=Q(fin_original__gte=F("inicio"), fin_vigente__gte=F("inicio")),
            ),
            models.CheckConstraint(
                name="meta_positiva_solo_en_modo_meta",
                condition=Q(modo="META", meta__isnull=False, meta__gt=0)
                | (~Q(modo="META") & Q(meta=None)),
            ),
            models.CheckConstraint(name="peso_positivo", condition=Q(peso=None) | Q(peso__gt=0)),
            models.CheckConstraint(
                name="suspendida_tiene_fecha",
                condition=~Q(situacion="SUSPENDIDA") | Q(suspendida_desde__isnull=False),
            ),
            reservada_con_resolucion("actividad_reservada_con_resolucion"),
        ]

    def __str__(self):
        return f"{self.matriz.accion}.{self.numero}"

    @property
    def clases(self) -> set[str]:
        """Sus categorías legales: la propia y la de su acción (dominio §10)."""
        return {self.clasificacion, self.matriz.accion.clasificacion}

    @property
    def visibilidades(self) -> set[str]:
        """Quién necesita conocerla, por sí y por su acción (dominio §10)."""
        return {self.visibilidad, self.matriz.accion.visibilidad}


class Cooperacion(models.Model):
    """Quién coopera, colabora o apoya en una actividad: una institución o un grupo."""

    class Papel(models.TextChoices):
        COOPERACION = "COOPERACION", "Cooperación"
        COLABORACION = "COLABORACION", "Colaboración"
        APOYO = "APOYO", "Apoyo"

    actividad = models.ForeignKey(Actividad, models.CASCADE, related_name="cooperantes")
    institucion = models.ForeignKey(
        Institucion, models.PROTECT, null=True, blank=True, related_name="cooperaciones"
    )
    grupo = models.ForeignKey(
        GrupoInstitucional, models.PROTECT, null=True, blank=True, related_name="cooperaciones"
    )
    rol = models.CharField(max_length=12, choices=Papel)

    objects = Abierto.as_manager()

    class Meta:
        verbose_name_plural = "cooperaciones"
        ordering = ["actividad", "pk"]
        constraints = [
            models.CheckConstraint(
                name="coopera_institucion_o_grupo",
                condition=Q(institucion__isnull=False, grupo=None)
                | Q(institucion=None, grupo__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["actividad", "institucion"], name="una_cooperacion_por_institucion"
            ),
            models.UniqueConstraint(
                fields=["actividad", "grupo"], name="una_cooperacion_por_grupo"
            ),
        ]

    def __str__(self):
        return f"{self.institucion or self.grupo} ({self.get_rol_display()})"


class HitoActividad(models.Model):
    """Un hito con peso; los pesos de una actividad suman exactamente 100."""

    actividad = models.ForeignKey(Actividad, models.CASCADE, related_name="hitos")
    numero = models.PositiveSmallIntegerField("número")
    descripcion = models.CharField("descripción", max_length=300)
    peso = models.DecimalField(max_digits=5, decimal_places=2)
    fecha_original = models.DateField()
    fecha_vigente = models.DateField()

    history = HistoricalRecords()
    objects = Abierto.as_manager()

    class Meta:
        verbose_name = "hito"
        ordering = ["actividad", "numero"]
        constraints = [
            models.UniqueConstraint(fields=["actividad", "numero"], name="un_hito_por_numero"),
            models.CheckConstraint(
                name="hito_peso_entre_0_y_100", condition=Q(peso__gt=0, peso__lte=100)
            ),
        ]

    def __str__(self):
        return f"{self.numero}. {self.descripcion}"
