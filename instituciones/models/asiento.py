"""La bitácora: la única cadena, y quién lee de ella."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from instituciones.models.acotado import Acotado
from instituciones.models.vocabulario import Rol

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

    nombre = ""  # el de la fila de la que habla; lo pone `consultas.poner_nombres` a quien la ve

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
