"""Lo prometido: el plan, sus niveles, sus acciones, quién responde y las leyes que propone.

El plan es un dato: nada aquí dice 73, 2020 ni PESN; un segundo plan se carga junto al primero.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from simple_history.models import HistoricalRecords

from instituciones.models import (
    Abierto,
    Clasificacion,
    GrupoInstitucional,
    Institucion,
    ResolucionReserva,
    Visibilidad,
)
from instituciones.plegado import TextoPlegado


def clase_legal() -> models.CharField:
    """La columna de categoría legal, igual en acción, actividad, avance y evidencia."""
    return models.CharField(
        "clasificación", max_length=14, choices=Clasificacion, default=Clasificacion.SIN_CLASIFICAR
    )


def resolucion() -> models.ForeignKey:
    """La resolución que exige todo lo RESERVADA."""
    return models.ForeignKey(
        ResolucionReserva, models.PROTECT, null=True, blank=True, related_name="+"
    )


def reservada_con_resolucion(nombre: str) -> models.CheckConstraint:
    """Lo RESERVADA tiene su resolución (dominio §10)."""
    return models.CheckConstraint(
        name=nombre,
        condition=~Q(clasificacion=Clasificacion.RESERVADA) | Q(resolucion__isnull=False),
    )


class PlanQuerySet(Abierto):
    def get_by_natural_key(self, codigo):
        return self.get(codigo=codigo)

    def nombres(self):
        """Cómo se dice cada uno en la bitácora, por su llave."""
        return self.dichas(lambda uno: f"plan {uno.sigla}")

    def abiertos(self):
        """Los que aún no se cierran."""
        return self.filter(cerrado_en=None)


class Plan(models.Model):
    """Un plan estratégico con los nombres de sus niveles; cerrado, sólo se lee."""

    codigo = models.SlugField(max_length=40, unique=True)
    sigla = models.CharField(max_length=20)
    nombre = models.CharField(max_length=250)
    inicio = models.DateField()
    fin = models.DateField()
    vigencia_presunta = models.BooleanField(default=False)
    niveles = models.JSONField(default=dict)
    fuente = models.JSONField(default=dict, blank=True)
    seguimiento = models.ForeignKey(
        Institucion, models.PROTECT, related_name="planes_que_sigue", null=True, blank=True
    )
    cerrado_en = models.DateField(null=True, blank=True, editable=False)
    plegado = TextoPlegado("codigo", "sigla", "nombre")

    history = HistoricalRecords(excluded_fields=["plegado"])
    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "planes"
        ordering = ["-inicio"]
        constraints = [
            models.CheckConstraint(
                name="plan_termina_despues_de_empezar", condition=Q(fin__gt=F("inicio"))
            )
        ]

    def __str__(self):
        return self.nombre

    def natural_key(self):
        return (self.codigo,)

    def get_absolute_url(self):
        return reverse("matrices:plan", args=[self.codigo])

    def nivel(self, cual: str) -> str:
        """El nombre que este plan da a un nivel: programa, objetivo, accion, matriz, actividad."""
        return self.niveles.get(cual, cual)


class Ambito(models.Model):
    """Ámbito de funcionamiento; el transversal agrupa lo que el plan no asigna a ninguno."""

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="ambitos")
    codigo = models.CharField(max_length=20)
    nombre = models.CharField(max_length=120)
    orden = models.PositiveSmallIntegerField()
    es_transversal = models.BooleanField(default=False)
    coordina = models.ManyToManyField(Institucion, blank=True, related_name="ambitos_que_coordina")

    history = HistoricalRecords()
    objects = Abierto.as_manager()

    class Meta:
        verbose_name = "ámbito"
        ordering = ["plan", "orden"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "codigo"], name="un_ambito_por_codigo")
        ]

    def __str__(self):
        return self.nombre


class Programa(models.Model):
    """Programa estratégico, con su objetivo general."""

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="programas")
    numero = models.PositiveSmallIntegerField()
    sigla = models.CharField(max_length=20)
    nombre = models.CharField(max_length=200)
    descripcion = models.TextField(blank=True)
    objetivo_general = models.TextField()

    history = HistoricalRecords()
    objects = Abierto.as_manager()

    class Meta:
        ordering = ["plan", "numero"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "numero"], name="un_programa_por_numero")
        ]

    def __str__(self):
        return f"{self.numero} {self.sigla}"


class ObjetivoEspecifico(models.Model):
    """Objetivo específico de un programa, en un ámbito."""

    programa = models.ForeignKey(Programa, models.PROTECT, related_name="objetivos")
    codigo = models.CharField(max_length=20)
    ambito = models.ForeignKey(Ambito, models.PROTECT, related_name="objetivos")
    enunciado = models.TextField()
    plegado = TextoPlegado("enunciado")

    history = HistoricalRecords(excluded_fields=["plegado"])
    objects = Abierto.as_manager()

    class Meta:
        verbose_name = "objetivo específico"
        verbose_name_plural = "objetivos específicos"
        ordering = ["programa", "codigo"]
        constraints = [
            models.UniqueConstraint(fields=["programa", "codigo"], name="un_objetivo_por_codigo")
        ]

    def __str__(self):
        return self.codigo


class Irregularidad(models.Model):
    """Una rareza de la fuente y el criterio con que se trató; la fuente no se corrige."""

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="irregularidades")
    codigo = models.CharField(max_length=10)
    donde = models.CharField(max_length=300)
    descripcion = models.TextField()
    tratamiento = models.TextField()

    objects = Abierto.as_manager()

    class Meta:
        verbose_name_plural = "irregularidades"
        ordering = ["plan", "codigo"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "codigo"], name="una_irregularidad_por_codigo")
        ]

    def __str__(self):
        return self.codigo


class Sigla(models.Model):
    """Una sigla del plan: como la imprime la fuente y como vale."""

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="siglas")
    sigla = models.CharField(max_length=30)
    nombre = models.CharField(max_length=200)
    nombre_fuente = models.CharField(max_length=200, blank=True)
    en_fuente = models.BooleanField(default=True)
    nota = models.TextField(blank=True)

    objects = Abierto.as_manager()

    class Meta:
        ordering = ["plan", "sigla"]
        constraints = [models.UniqueConstraint(fields=["plan", "sigla"], name="una_sigla_por_plan")]

    def __str__(self):
        return self.sigla


class EjeTransformacion(models.Model):
    """Eje del plan; sin acciones mientras la fuente no las asigne."""

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="ejes")
    orden = models.PositiveSmallIntegerField()
    nombre = models.CharField(max_length=200)

    objects = Abierto.as_manager()

    class Meta:
        verbose_name = "eje de transformación"
        verbose_name_plural = "ejes de transformación"
        ordering = ["plan", "orden"]
        constraints = [models.UniqueConstraint(fields=["plan", "orden"], name="un_eje_por_orden")]

    def __str__(self):
        return self.nombre


class PilarPGG(models.Model):
    """Pilar de la Política General de Gobierno; sin acciones mientras la fuente no las asigne."""

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="pilares")
    orden = models.PositiveSmallIntegerField()
    nombre = models.CharField(max_length=200)

    objects = Abierto.as_manager()

    class Meta:
        verbose_name = "pilar de la PGG"
        verbose_name_plural = "pilares de la PGG"
        ordering = ["plan", "orden"]
        constraints = [models.UniqueConstraint(fields=["plan", "orden"], name="un_pilar_por_orden")]

    def __str__(self):
        return self.nombre


def quienes_responden() -> models.Prefetch:
    """Las responsabilidades de cada acción con quien nombran, en `responden`."""
    filas = Responsabilidad.objects.select_related("institucion", "grupo").order_by("orden")
    return models.Prefetch("responsabilidades", filas, to_attr="responden")


class AccionQuerySet(Abierto):
    def nombres(self):
        """Cómo se dice cada una en la bitácora, por su llave."""
        return self.dichas("acción {}".format)

    def del_plan(self, plan):
        """Las acciones de un plan, en su orden numérico."""
        return self.filter(objetivo__programa__plan=plan).order_by("orden")

    def que_rige(self, institucion_id):
        """Las que tienen a esa institución por rectora."""
        rectora = Responsabilidad.Papel.RECTORA
        suyas = Responsabilidad.objects.filter(institucion=institucion_id, rol=rectora)
        return self.filter(pk__in=suyas.values("accion"))

    def con_su_lugar(self):
        """Con su objetivo, programa y ámbito, y con lo que su página nombra."""
        return self.select_related(
            "objetivo__programa__plan", "objetivo__ambito", "depende_de", "matriz"
        ).prefetch_related(
            quienes_responden(),
            models.Prefetch("reglas", to_attr="criterios"),
            models.Prefetch("relacionadas", to_attr="parecidas"),
            models.Prefetch("ejes", to_attr="sus_ejes"),
            models.Prefetch("pilares", to_attr="sus_pilares"),
        )

    def con_sus_responsables(self):
        """Con su lugar en el plan y quién responde, para una lista."""
        return self.select_related(
            "objetivo__programa", "objetivo__ambito", "matriz"
        ).prefetch_related(quienes_responden())


class AccionEstrategica(models.Model):
    """Lo que el plan manda hacer; `responsables_fuente` es lo impreso, letra por letra."""

    objetivo = models.ForeignKey(ObjetivoEspecifico, models.PROTECT, related_name="acciones")
    codigo = models.CharField(max_length=20)
    codigo_fuente = models.CharField(max_length=20, blank=True)
    orden = models.PositiveIntegerField()
    enunciado = models.TextField()
    plegado = TextoPlegado("enunciado")
    responsables_fuente = models.CharField(max_length=300, blank=True)
    reglas = models.ManyToManyField(Irregularidad, blank=True, related_name="acciones")
    relacionadas = models.ManyToManyField("self", blank=True)
    depende_de = models.ForeignKey(
        Institucion, models.PROTECT, null=True, blank=True, related_name="acciones_de_terceros"
    )
    es_continua = models.BooleanField(default=False)
    ejes = models.ManyToManyField(EjeTransformacion, blank=True, related_name="acciones")
    pilares = models.ManyToManyField(PilarPGG, blank=True, related_name="acciones")
    visibilidad = models.CharField(max_length=11, choices=Visibilidad, default=Visibilidad.PUBLICA)
    clasificacion = clase_legal()
    resolucion = resolucion()

    history = HistoricalRecords(m2m_fields=[], excluded_fields=["plegado"])
    objects = AccionQuerySet.as_manager()

    class Meta:
        verbose_name = "acción estratégica"
        verbose_name_plural = "acciones estratégicas"
        ordering = ["objetivo__programa__plan", "orden"]
        constraints = [
            models.UniqueConstraint(fields=["objetivo", "codigo"], name="una_accion_por_codigo"),
            models.UniqueConstraint(fields=["objetivo", "orden"], name="una_accion_por_orden"),
            reservada_con_resolucion("accion_reservada_con_resolucion"),
        ]

    def __str__(self):
        return self.codigo


class Responsabilidad(models.Model):
    """Una institución o un grupo ante una acción; `presunta` si el plan no lo dice en negrita."""

    class Papel(models.TextChoices):
        RECTORA = "RECTORA", "Rectora"
        PARTICIPANTE = "PARTICIPANTE", "Participante"

    accion = models.ForeignKey(AccionEstrategica, models.CASCADE, related_name="responsabilidades")
    institucion = models.ForeignKey(
        Institucion, models.PROTECT, null=True, blank=True, related_name="responsabilidades"
    )
    grupo = models.ForeignKey(
        GrupoInstitucional, models.PROTECT, null=True, blank=True, related_name="responsabilidades"
    )
    rol = models.CharField(max_length=12, choices=Papel)
    presunta = models.BooleanField(default=False)
    orden = models.PositiveSmallIntegerField()

    history = HistoricalRecords()
    objects = Abierto.as_manager()

    class Meta:
        verbose_name_plural = "responsabilidades"
        ordering = ["accion", "orden"]
        constraints = [
            models.CheckConstraint(
                name="responde_institucion_o_grupo",
                condition=Q(institucion__isnull=False, grupo=None)
                | Q(institucion=None, grupo__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["accion", "institucion"], name="una_responsabilidad_por_institucion"
            ),
            models.UniqueConstraint(
                fields=["accion", "grupo"], name="una_responsabilidad_por_grupo"
            ),
            models.UniqueConstraint(
                fields=["accion"], condition=Q(rol="RECTORA"), name="una_rectora_por_accion"
            ),
            models.CheckConstraint(
                name="rectora_es_institucion",
                condition=~Q(rol="RECTORA") | Q(institucion__isnull=False),
            ),
        ]

    def __str__(self):
        return f"{self.institucion or self.grupo} en {self.accion}"


class PropuestaQuerySet(Abierto):
    def de_un_plan(self, plan):
        """Las de un plan, en su orden, con lo que nombran."""
        return self.filter(plan=plan).select_related("rectora", "accion_relacionada", "plan")

    def con_sus_tramites(self):
        """Con sus trámites y quién los hizo."""
        return self.select_related("plan", "accion_relacionada").prefetch_related(
            models.Prefetch(
                "tramites", TramitePropuesta.objects.select_related("por"), to_attr="sus_tramites"
            )
        )


class PropuestaLegislativa(models.Model):
    """Una reforma o ley que el plan pide; su estado, sólo en `flujo`."""

    class Estado(models.TextChoices):
        IDENTIFICADA = "IDENTIFICADA", "Identificada"
        EN_ELABORACION = "EN_ELABORACION", "En elaboración"
        CON_OPINION_PGN = "CON_OPINION_PGN", "Con opinión de la PGN"
        CONOCIDA_CNS = "CONOCIDA_CNS", "Conocida por el CNS"
        PRESENTADA_CONGRESO = "PRESENTADA_CONGRESO", "Presentada al Congreso"
        EN_COMISION = "EN_COMISION", "En comisión"
        CON_DICTAMEN = "CON_DICTAMEN", "Con dictamen"
        APROBADA = "APROBADA", "Aprobada"
        DESECHADA = "DESECHADA", "Desechada"
        RETIRADA = "RETIRADA", "Retirada"

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="propuestas")
    orden = models.PositiveSmallIntegerField()
    grupo = models.CharField(max_length=40)
    enunciado = models.TextField()
    norma = models.CharField(max_length=120, blank=True)
    iniciativas = models.JSONField(default=list, blank=True)
    tipo_numero = models.CharField(max_length=20, blank=True)
    rectora = models.ForeignKey(
        Institucion, models.PROTECT, null=True, blank=True, related_name="propuestas"
    )
    accion_relacionada = models.ForeignKey(
        AccionEstrategica, models.PROTECT, null=True, blank=True, related_name="propuestas"
    )
    estado = models.CharField(
        max_length=20, choices=Estado, default=Estado.IDENTIFICADA, editable=False
    )
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = PropuestaQuerySet.as_manager()

    class Meta:
        verbose_name = "propuesta legislativa"
        verbose_name_plural = "propuestas legislativas"
        ordering = ["plan", "orden"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "orden"], name="una_propuesta_por_orden"),
            models.CheckConstraint(
                name="propuesta_estado_conocido",
                condition=Q(
                    estado__in=[
                        "IDENTIFICADA",
                        "EN_ELABORACION",
                        "CON_OPINION_PGN",
                        "CONOCIDA_CNS",
                        "PRESENTADA_CONGRESO",
                        "EN_COMISION",
                        "CON_DICTAMEN",
                        "APROBADA",
                        "DESECHADA",
                        "RETIRADA",
                    ]
                ),
            ),
        ]

    def __str__(self):
        return self.enunciado


class TramitePropuesta(models.Model):
    """Un paso de una propuesta legislativa: de qué estado a cuál, con fecha y documento."""

    propuesta = models.ForeignKey(PropuestaLegislativa, models.CASCADE, related_name="tramites")
    de = models.CharField(max_length=20, choices=PropuestaLegislativa.Estado)
    a = models.CharField(max_length=20, choices=PropuestaLegislativa.Estado)
    fecha = models.DateField()
    documento = models.CharField(max_length=300)
    nota = models.TextField(blank=True)
    por = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    momento = models.DateTimeField()

    objects = Abierto.as_manager()

    class Meta:
        verbose_name = "trámite de propuesta"
        verbose_name_plural = "trámites de propuestas"
        ordering = ["momento"]

    def __str__(self):
        return f"{self.de} → {self.a}, {self.fecha}"


class ResultadoEstrategico(models.Model):
    """Un resultado esperado con su indicador; mandan base y meta, lo impreso queda como texto."""

    class Sentido(models.TextChoices):
        ASCENDENTE = "ASCENDENTE", "Ascendente"
        DESCENDENTE = "DESCENDENTE", "Descendente"

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="resultados")
    codigo = models.CharField(max_length=10)
    enunciado = models.TextField()
    indicador = models.CharField(max_length=200)
    unidad = models.CharField(max_length=80)
    sentido = models.CharField(max_length=11, choices=Sentido)
    base_anio = models.PositiveSmallIntegerField(null=True, blank=True)
    base = models.DecimalField(max_digits=16, decimal_places=4, null=True, blank=True)
    meta_anio = models.PositiveSmallIntegerField()
    meta = models.DecimalField(max_digits=16, decimal_places=4)
    variacion_impresa = models.CharField(max_length=20, blank=True)
    variacion_calculada = models.CharField(max_length=20, blank=True)
    irregularidad = models.TextField(blank=True)
    fuente = models.CharField(max_length=300, blank=True)

    history = HistoricalRecords()
    objects = Abierto.as_manager()

    class Meta:
        verbose_name = "resultado estratégico"
        verbose_name_plural = "resultados estratégicos"
        ordering = ["plan", "codigo"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "codigo"], name="un_resultado_por_codigo")
        ]

    def __str__(self):
        return self.codigo


class ValorResultado(models.Model):
    """Un valor medido de un resultado, con su fuente. Se escribe en `resultados`; no se borra."""

    resultado = models.ForeignKey(ResultadoEstrategico, models.PROTECT, related_name="valores")
    fecha = models.DateField()
    valor = models.DecimalField(max_digits=16, decimal_places=4)
    fuente = models.CharField(max_length=300)
    version = models.PositiveIntegerField(default=1, editable=False)

    history = HistoricalRecords()
    objects = Abierto.as_manager()

    class Meta:
        verbose_name = "valor de un resultado"
        verbose_name_plural = "valores de los resultados"
        ordering = ["resultado", "fecha"]
        constraints = [
            models.UniqueConstraint(fields=["resultado", "fecha"], name="un_valor_por_fecha")
        ]

    def __str__(self):
        return f"{self.resultado} {self.fecha}: {self.valor}"
