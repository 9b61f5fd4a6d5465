"""Cambiar la clase o la visibilidad de algo ya clasificado: quién lo pidió y quién lo confirmó."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from acciones.models import AccionEstrategica
from instituciones.models import (
    Acotado,
    Clasificacion,
    Institucion,
    ResolucionReserva,
    Rol,
    Visibilidad,
)
from matrices.models.avance import Avance, Evidencia
from matrices.models.matriz import (
    CERRADAS,
    VEN_LO_DE_SU_INSTITUCION,
    VEN_TODA_FILA,
    Actividad,
)

DE_MENOS_A_MAS = [Visibilidad.PUBLICA, Visibilidad.INTERNA, Visibilidad.RESTRINGIDA]


def baja(de: tuple[str, str], a: tuple[str, str]) -> bool:
    """Si pasar de una (clase, visibilidad) a otra abre algo: deja una clase o amplía quién lo ve.

    Las clases son conjuntos: dejar lo confidencial por lo reservado también es dejarlo.
    """
    (clase, visibilidad), (otra_clase, otra_visibilidad) = de, a
    amplia = DE_MENOS_A_MAS.index(Visibilidad(otra_visibilidad)) < DE_MENOS_A_MAS.index(
        Visibilidad(visibilidad)
    )
    deja = clase != otra_clase and (clase in CERRADAS or otra_clase not in CERRADAS)
    return amplia or deja


def _firma() -> models.ForeignKey:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )


def _clase(nombre: str) -> models.CharField:
    return models.CharField(nombre, max_length=14, choices=Clasificacion)


def _visibilidad(nombre: str) -> models.CharField:
    return models.CharField(nombre, max_length=11, choices=Visibilidad)


def _sobre(modelo: Any) -> models.ForeignKey:
    return models.ForeignKey(
        modelo, models.PROTECT, null=True, blank=True, related_name="reclasificaciones"
    )


class ReclasificacionQuerySet(Acotado):
    def segun(self, usuario):
        """La institución, las de lo suyo; quien coordina, revisa, inspecciona o audita, todas."""
        if usuario.rol in VEN_TODA_FILA:
            return self.all()
        if usuario.rol in VEN_LO_DE_SU_INSTITUCION:
            return self.filter(institucion=usuario.institucion_id)
        return self.none()

    def nombres(self):
        """Cómo se dice cada una en la bitácora, por su llave."""
        return self.con_lo_suyo().dichas()

    def en_tramite(self):
        """Las que esperan a la otra persona."""
        return self.filter(estado=Reclasificacion.Estado.SOLICITADA)

    def con_lo_suyo(self):
        """Con la fila de la que tratan, sus padres y las personas."""
        return self.select_related(
            "institucion",
            "accion__objetivo__programa__plan",
            "actividad__matriz__accion__objetivo__programa__plan",
            "avance__periodo__plan",
            "avance__actividad__matriz__accion__objetivo__programa__plan",
            "evidencia__avance__actividad__matriz__accion",
            "resolucion",
            "de_resolucion",
            "solicitada_por",
            "resuelta_por",
            "en_nombre_de",
        )


class Reclasificacion(models.Model):
    """Pedir otra clase legal o visibilidad para una acción, actividad, avance o evidencia.

    La pide una persona y la resuelve otra, con motivo (dominio §10); hasta entonces nada cambia.
    """

    class Sobre(models.TextChoices):
        ACCION = "ACCION", "Acción"
        ACTIVIDAD = "ACTIVIDAD", "Actividad"
        AVANCE = "AVANCE", "Avance"
        EVIDENCIA = "EVIDENCIA", "Evidencia"

    class Estado(models.TextChoices):
        SOLICITADA = "SOLICITADA", "Solicitada"
        APROBADA = "APROBADA", "Aprobada"
        RECHAZADA = "RECHAZADA", "Rechazada"
        DESISTIDA = "DESISTIDA", "Desistida"

    sobre = models.CharField(max_length=9, choices=Sobre)
    accion = _sobre(AccionEstrategica)
    actividad = _sobre(Actividad)
    avance = _sobre(Avance)
    evidencia = models.ForeignKey(
        Evidencia,
        models.SET_NULL,  # la retirada de un borrador se borra; lo que se decidió queda
        null=True,
        blank=True,
        related_name="reclasificaciones",
    )
    institucion = models.ForeignKey(
        Institucion, models.PROTECT, null=True, related_name="reclasificaciones", editable=False
    )
    de_clase = _clase("clase que tiene")
    de_visibilidad = _visibilidad("visibilidad que tiene")
    de_resolucion = models.ForeignKey(
        ResolucionReserva, models.PROTECT, null=True, blank=True, related_name="+"
    )
    a_clase = _clase("clase que se pide")
    a_visibilidad = _visibilidad("visibilidad que se pide")
    resolucion = models.ForeignKey(
        ResolucionReserva, models.PROTECT, null=True, blank=True, related_name="+"
    )
    base = models.TextField("base de lo confidencial", blank=True)
    con_sus_partes = models.BooleanField("con sus partes de la misma clase", default=False)
    motivo = models.TextField()
    estado = models.CharField(
        max_length=10, choices=Estado, default=Estado.SOLICITADA, editable=False
    )
    solicitada_por = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False
    )
    pedida_como = models.CharField(max_length=13, choices=Rol, editable=False)
    solicitada_en = models.DateTimeField(editable=False)
    resuelta_por = _firma()
    en_nombre_de = _firma()
    resuelta_en = models.DateTimeField(null=True, editable=False)
    nota = models.TextField(blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ReclasificacionQuerySet.as_manager()

    class Meta:
        verbose_name = "cambio de clasificación"
        verbose_name_plural = "cambios de clasificación"
        ordering = ["-solicitada_en"]
        indexes = [
            models.Index(fields=["estado", "institucion"], name="reclasificaciones_por_estado")
        ]
        constraints = [
            models.CheckConstraint(
                name="reclasificacion_estado_conocido",
                condition=Q(estado__in=["SOLICITADA", "APROBADA", "RECHAZADA", "DESISTIDA"]),
            ),
            models.CheckConstraint(
                name="reclasifica_una_sola_fila",
                condition=Q(
                    sobre="ACCION",
                    accion__isnull=False,
                    actividad=None,
                    avance=None,
                    evidencia=None,
                )
                | Q(
                    sobre="ACTIVIDAD",
                    accion=None,
                    actividad__isnull=False,
                    avance=None,
                    evidencia=None,
                )
                | Q(
                    sobre="AVANCE",
                    accion=None,
                    actividad=None,
                    avance__isnull=False,
                    evidencia=None,
                )
                | Q(sobre="EVIDENCIA", accion=None, actividad=None, avance__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["accion"],
                condition=Q(estado="SOLICITADA"),
                name="una_reclasificacion_por_accion",
            ),
            models.UniqueConstraint(
                fields=["actividad"],
                condition=Q(estado="SOLICITADA"),
                name="una_reclasificacion_por_actividad",
            ),
            models.UniqueConstraint(
                fields=["avance"],
                condition=Q(estado="SOLICITADA", sobre="AVANCE"),
                name="una_reclasificacion_por_avance",
            ),
            models.UniqueConstraint(
                fields=["evidencia"],
                condition=Q(estado="SOLICITADA"),
                name="una_reclasificacion_por_evidencia",
            ),
            models.CheckConstraint(
                name="reclasifica_otra_persona",
                condition=(Q(resuelta_por=None) | ~Q(resuelta_por=F("solicitada_por")))
                & (Q(en_nombre_de=None) | ~Q(en_nombre_de=F("solicitada_por"))),
            ),
            models.CheckConstraint(
                name="reclasificada_con_quien_y_por_que",
                condition=~Q(motivo="")
                & (
                    ~Q(estado__in=["APROBADA", "RECHAZADA"])
                    | (Q(resuelta_por__isnull=False, resuelta_en__isnull=False) & ~Q(nota=""))
                ),
            ),
            models.CheckConstraint(
                name="se_pide_una_clase_con_su_respaldo",
                condition=Q(a_clase="PUBLICA", resolucion=None)
                | Q(a_clase="RESERVADA", resolucion__isnull=False)
                | (Q(a_clase="CONFIDENCIAL", resolucion=None) & ~Q(base=""))
                | Q(a_clase="CONFIDENCIAL", de_clase="CONFIDENCIAL", resolucion=None),
            ),
        ]

    def __str__(self):
        return f"Clasificación: {self.nombre_de_la_fila}"

    @property
    def fila(self) -> AccionEstrategica | Actividad | Avance | Evidencia | None:
        """De qué trata; None si era una evidencia que se retiró."""
        filas: dict[str, Any] = {
            self.Sobre.ACCION: self.accion,
            self.Sobre.ACTIVIDAD: self.actividad,
            self.Sobre.AVANCE: self.avance,
            self.Sobre.EVIDENCIA: self.evidencia,
        }
        return filas[self.sobre]

    @property
    def nombre_de_la_fila(self) -> str:
        """Su código; de una evidencia, su número: el título también es un dato."""
        if self.sobre == self.Sobre.ACCION:
            return f"la acción {self.accion}"
        if self.sobre == self.Sobre.ACTIVIDAD:
            return f"la actividad {self.actividad}"
        if self.sobre == self.Sobre.AVANCE:
            return f"el avance de {self.avance}"
        cual = self.evidencia_id or "retirada"
        return f"la evidencia {cual} de {self.avance}"

    @property
    def clases_de_la_fila(self) -> set[str]:
        """Las que la fila tiene hoy, con las de sus padres."""
        fila = self.fila or self.avance
        if isinstance(fila, AccionEstrategica):
            return {fila.clasificacion}
        return fila.clases if fila else set()

    @property
    def la_pidio_la_coordinacion(self) -> bool:
        """Entonces la confirma la institución; si no, la coordinación."""
        return self.pedida_como == Rol.COORDINADOR

    @property
    def baja(self) -> bool:
        """Si abre algo que estaba más cerrado."""
        return baja((self.de_clase, self.de_visibilidad), (self.a_clase, self.a_visibilidad))

    @property
    def espera(self) -> bool:
        """Si falta la otra persona."""
        return self.estado == self.Estado.SOLICITADA
