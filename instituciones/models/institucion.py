"""Las instituciones, y los grupos en que el plan las nombra."""

from datetime import date

from django.db import models
from django.db.models import F, Q

from instituciones.models.acotado import Abierto
from instituciones.textos import en_un_renglon


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

    sigla = models.CharField(max_length=20, unique=True, validators=[en_un_renglon])
    nombre = models.CharField(max_length=200, validators=[en_un_renglon])
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
    norma = models.CharField(max_length=300, blank=True, validators=[en_un_renglon])

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

    sigla = models.CharField(max_length=20, unique=True, validators=[en_un_renglon])
    nombre = models.CharField(max_length=200, validators=[en_un_renglon])
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
    norma = models.CharField(max_length=300, blank=True, validators=[en_un_renglon])
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
