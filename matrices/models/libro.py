"""El libro que vuelve lleno, de un semestre o de una matriz: su archivo, su ensayo y su trabajo."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from acciones.models import AccionEstrategica
from instituciones.models import Institucion, Rol, Trabajo, TrabajoQuerySet
from matrices.models.avance import almacen
from matrices.models.periodo import Periodo


class LibroRecibidoQuerySet(TrabajoQuerySet):
    def segun(self, usuario):
        """Quien planifica, los de captura de su institución: llevan el texto de sus borradores.

        De los de matrices, la coordinación ve todos; la CAP, que no ve toda actividad, los suyos.
        """
        if usuario.rol == Rol.PLANIFICADOR:
            return self.filter(accion=None, institucion=usuario.institucion_id)
        if usuario.rol == Rol.COORDINADOR:
            return self.filter(accion__isnull=False)
        if usuario.rol == Rol.CAP:
            return self.filter(accion__isnull=False, por=usuario)
        return self.none()

    def aplicados_por(self, usuario):
        """Los que esa persona subió y ya se aplicaron, en orden."""
        return self.filter(
            por=usuario,
            tarea=LibroRecibido.Tarea.APLICAR,
            estado=LibroRecibido.Estado.LISTO,
        ).order_by("pk")


class LibroRecibido(Trabajo):
    """Un libro subido: se ensaya, y si la persona quiere, se aplica. La fila manda.

    `tarea` es lo que se le pide y `estado`, en qué va; `ficha` es de quien lo tiene arrendado
    hasta `arriendo`. `resultado` es lo que el ensayo dijo de cada renglón; `versiones`, por
    avance o actividad, la versión que traía el libro y la que resultó de aplicarlo. Es de un
    periodo (captura) o de una acción (su matriz); `institucion` es la de quien lo subió.
    """

    class Tarea(models.TextChoices):
        ENSAYAR = "ENSAYAR", "Ensayo"
        APLICAR = "APLICAR", "Aplicación"

    clave = models.CharField(max_length=32, unique=True, editable=False)
    periodo = models.ForeignKey(Periodo, models.PROTECT, null=True, related_name="libros")
    accion = models.ForeignKey(
        AccionEstrategica, models.PROTECT, null=True, related_name="libros_de_matriz"
    )
    institucion = models.ForeignKey(Institucion, models.PROTECT, related_name="libros")
    por = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False
    )
    en_nombre_de = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    nombre = models.CharField("nombre del archivo", max_length=255)
    archivo = models.FileField(storage=almacen, max_length=120)
    sha256 = models.CharField(max_length=64)
    tamano = models.PositiveIntegerField("tamaño en octetos")
    tarea = models.CharField(max_length=7, choices=Tarea, default=Tarea.ENSAYAR, editable=False)
    codigo = models.CharField("por qué se rechazó", max_length=30, blank=True, editable=False)
    resultado = models.JSONField(default=dict, blank=True, editable=False)
    versiones = models.JSONField(default=dict, blank=True, editable=False)

    objects = LibroRecibidoQuerySet.as_manager()

    class Meta:
        verbose_name = "libro recibido"
        verbose_name_plural = "libros recibidos"
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["institucion", "periodo"], name="libros_de_una_institucion"),
            models.Index(fields=["estado", "arriendo"], name="libros_por_atender"),
        ]
        constraints = [
            models.CheckConstraint(
                name="libro_de_un_periodo_o_de_una_accion",
                condition=Q(periodo__isnull=False, accion=None)
                | Q(periodo=None, accion__isnull=False),
            ),
            models.CheckConstraint(
                name="libro_estado_conocido",
                condition=Q(estado__in=["PENDIENTE", "EN_CURSO", "LISTO", "FALLIDO"]),
            ),
            models.CheckConstraint(
                name="libro_tarea_conocida", condition=Q(tarea__in=["ENSAYAR", "APLICAR"])
            ),
            models.CheckConstraint(
                name="libro_tres_intentos_a_lo_sumo", condition=Q(intentos__lte=3)
            ),
            models.CheckConstraint(
                name="libro_en_curso_con_ficha_y_arriendo",
                condition=~Q(estado="EN_CURSO") | (~Q(ficha="") & Q(arriendo__isnull=False)),
            ),
            models.CheckConstraint(
                name="libro_progreso_de_0_a_100", condition=Q(progreso__lte=100)
            ),
        ]

    def __str__(self):
        return f"{self.nombre} ({self.periodo or self.accion})"

    def get_absolute_url(self):
        if self.accion is None:
            return reverse("matrices:ensayo", args=[self.pk])
        plan = self.accion.objetivo.programa.plan
        llave = [plan.codigo, self.accion.codigo, self.pk]
        return reverse("matrices:ensayo_de_la_matriz", args=llave)

    @property
    def semestre(self) -> Periodo:
        """El de un libro de captura; ValueError si es el de una matriz."""
        if self.periodo is None:
            raise ValueError("El libro de una matriz no es de un semestre.")
        return self.periodo

    @property
    def ensayado(self) -> bool:
        """Si ya se sabe qué pasará, y todavía no se pide aplicarlo."""
        return (self.tarea, self.estado) == (self.Tarea.ENSAYAR, self.Estado.LISTO)

    @property
    def aplicado(self) -> bool:
        """Si lo que se podía aplicar ya está guardado."""
        return (self.tarea, self.estado) == (self.Tarea.APLICAR, self.Estado.LISTO)
