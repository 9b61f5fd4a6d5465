"""El semestre con sus fechas y los umbrales con que se mide."""

import re
from datetime import date

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from acciones.models import Plan
from instituciones.models import Abierto

CODIGO = re.compile(r"(\d{4})-S([12])", re.ASCII)


class PeriodoQuerySet(Abierto):
    def en_curso(self):
        """El que está abierto, en gracia o cerrado sin cortar; a lo sumo uno por plan."""
        return self.filter(estado__in=Periodo.EN_CURSO)

    def cortados(self):
        """Los ya congelados, el último primero."""
        return self.filter(estado=Periodo.Estado.CORTADO).order_by("-corte")

    def nombres(self):
        """Cómo se dice cada uno en la bitácora, por su llave."""
        return self.select_related("plan").dichas(lambda uno: f"periodo {uno.con_su_plan}")

    def medidos(self, plan):
        """Los de un plan que ya se abrieron: los que tienen cifras, el último primero."""
        abiertos = self.filter(plan=plan).exclude(estado=Periodo.Estado.PROGRAMADO)
        return abiertos.select_related("plan").order_by("-corte")

    def llamado(self, codigo: str):
        """El que lleva ese código, «2024-S2»; ninguno si no es un código."""
        partes = CODIGO.fullmatch(codigo)
        if not partes:
            return self.none()
        return self.filter(anio=int(partes[1]), semestre=int(partes[2]))

    def cronologico(self):
        """Del más antiguo al más reciente."""
        return self.order_by("plan", "anio", "semestre")


class Periodo(models.Model):
    """Un semestre del plan. Su estado y su versión, sólo en `flujo`.

    Los días terminan a las 23:59:59 de Guatemala; `corte` es el día al que se mide y
    `corte_previsto` el día en que se espera cortar.
    """

    class Estado(models.TextChoices):
        PROGRAMADO = "PROGRAMADO", "Programado"
        ABIERTO = "ABIERTO", "Abierto"
        EN_GRACIA = "EN_GRACIA", "En gracia"
        CERRADO = "CERRADO", "Cerrado"
        CORTADO = "CORTADO", "Cortado"

    RECIBE = (Estado.ABIERTO, Estado.EN_GRACIA)
    EN_CURSO = (*RECIBE, Estado.CERRADO)

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="periodos")
    anio = models.PositiveSmallIntegerField("año")
    semestre = models.PositiveSmallIntegerField()
    inicio = models.DateField()
    corte = models.DateField("fecha de corte")
    abre = models.DateField("abre")
    limite = models.DateField("fecha límite")
    fin_gracia = models.DateField("fin de la gracia")
    revision_hasta = models.DateField("revisión hasta", null=True, blank=True)
    corte_previsto = models.DateField("corte previsto", null=True, blank=True)
    entrega_cns = models.DateField("entrega al CNS", null=True, blank=True)
    estado = models.CharField(
        max_length=10, choices=Estado, default=Estado.PROGRAMADO, editable=False
    )
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = PeriodoQuerySet.as_manager()

    class Meta:
        ordering = ["plan", "-anio", "-semestre"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "anio", "semestre"], name="un_periodo_por_semestre"
            ),
            models.CheckConstraint(name="semestre_uno_o_dos", condition=Q(semestre__in=[1, 2])),
            models.CheckConstraint(
                name="periodo_empieza_antes_del_corte", condition=Q(inicio__lt=F("corte"))
            ),
            models.CheckConstraint(
                name="periodo_abre_limita_y_cierra_en_orden",
                condition=Q(abre__lt=F("limite"), limite__lt=F("fin_gracia")),
            ),
            models.CheckConstraint(
                name="periodo_estado_conocido",
                condition=Q(
                    estado__in=["PROGRAMADO", "ABIERTO", "EN_GRACIA", "CERRADO", "CORTADO"]
                ),
            ),
            models.UniqueConstraint(
                fields=["plan"],
                condition=Q(estado__in=["ABIERTO", "EN_GRACIA", "CERRADO"]),
                name="un_periodo_en_curso_por_plan",
            ),
        ]

    def __str__(self):
        return self.codigo

    @property
    def con_su_plan(self) -> str:
        """«2024-S2 de PESN»: dos planes pueden medir el mismo semestre."""
        return f"{self.codigo} de {self.plan.sigla}"

    @property
    def url_de_captura(self) -> str:
        """La página donde cada institución ve lo que debe en él: en la de otro plan no está."""
        return reverse("matrices:semestre", query={"plan": self.plan.codigo})

    @property
    def codigo(self) -> str:
        """«2024-S2»."""
        return f"{self.anio}-S{self.semestre}"

    @property
    def nombre(self) -> str:
        """«Segundo Semestre 2024», como lo titula el informe."""
        return f"{('Primer', 'Segundo')[self.semestre - 1]} Semestre {self.anio}"

    @property
    def cortado(self) -> bool:
        """Si ya se congeló: desde aquí sólo se rectifica."""
        return self.estado == self.Estado.CORTADO

    @property
    def recibe(self) -> bool:
        """Si aún se capturan avances nuevos."""
        return self.estado in self.RECIBE

    def dias_restantes(self, hoy: date | None = None) -> int:
        """Días hasta el límite, o hasta el fin de la gracia si ya pasó; negativos si venció."""
        fin = self.limite if self.estado == self.Estado.ABIERTO else self.fin_gracia
        return (fin - (hoy or timezone.localdate())).days


class Umbrales(models.Model):
    """Los umbrales del semáforo, con versión: un corte guarda la que usó (dominio §7.4)."""

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="umbrales")
    version = models.PositiveSmallIntegerField("versión")
    verde_desde = models.DecimalField(max_digits=5, decimal_places=2, default=90)
    amarillo_desde = models.DecimalField(max_digits=5, decimal_places=2, default=70)
    p_minimo = models.DecimalField(max_digits=5, decimal_places=2, default=10)
    brecha_minima = models.DecimalField(max_digits=5, decimal_places=2, default=-5)
    cobertura_minima = models.DecimalField(max_digits=5, decimal_places=2, default=80)
    puntos_material = models.DecimalField(max_digits=5, decimal_places=2, default=5)
    vigente_desde = models.DateField()

    objects = Abierto.as_manager()

    class Meta:
        verbose_name_plural = "umbrales"
        ordering = ["plan", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "version"], name="unos_umbrales_por_version"),
            models.CheckConstraint(
                name="amarillo_antes_que_verde",
                condition=Q(amarillo_desde__lt=F("verde_desde"), amarillo_desde__gt=0),
            ),
        ]

    def __str__(self):
        return f"Umbrales v{self.version}"
