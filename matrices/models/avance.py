"""El avance de una actividad en un periodo y lo que cuelga de él."""

from django.conf import settings
from django.core.files.storage import storages
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from acciones.models import clase_legal, reservada_con_resolucion, resolucion
from instituciones.models import Acotado, Institucion, Rol, Visibilidad
from matrices.calculo import Semaforo
from matrices.models.matriz import (
    CERRADAS,
    VEN_LO_DE_SU_INSTITUCION,
    VEN_TODA_FILA,
    Actividad,
    HitoActividad,
    abierta,
    coopera,
)
from matrices.models.periodo import Periodo


def almacen():
    """El almacén de archivos de los ajustes: disco, o uno compatible con S3."""
    return storages["default"]


def _firma() -> models.ForeignKey:
    """Quien dio un paso: siempre la persona que de verdad actuó."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
    )


def _puntos(nulo: bool = True) -> models.DecimalField:
    """Una cifra en puntos, con dos decimales."""
    return models.DecimalField(max_digits=5, decimal_places=2, null=nulo, editable=False)


def _dinero() -> models.DecimalField:
    """Quetzales."""
    return models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)


class AvanceQuerySet(Acotado):
    def segun(self, usuario):
        """Quién ve qué avance (diseño, «Who sees which progress»): filas, no textos."""
        suya = usuario.institucion_id
        consolidado = Q(estado=Avance.Estado.CONSOLIDADO) & _avance_abierto()
        if usuario.rol == Rol.ANALISTA:
            plan = Q(actividad__matriz__accion__objetivo__programa__plan__seguimiento=suya)
            return self.filter(plan | Q(actividad__responsable__revisora=suya) | consolidado)
        if usuario.rol in VEN_TODA_FILA:
            return self.all()
        if usuario.rol in VEN_LO_DE_SU_INSTITUCION:
            ayuda = coopera(suya, "actividad")
            return self.filter(Q(actividad__responsable=suya) | ayuda | consolidado)
        if usuario.rol == Rol.CAP:
            return self.filter(consolidado)
        if usuario.rol == Rol.CONSEJO:
            validado = Q(estado__in=Avance.VALIDADOS)
            return self.filter(validado & _avance_abierto())
        return self.none()

    def con_su_actividad(self):
        """Con todo lo que un renglón nombra, en una consulta."""
        return self.select_related(
            "periodo__plan",
            "actividad__responsable",
            "actividad__matriz__accion__objetivo__programa",
        )

    def nombres(self):
        """Cómo se dice cada uno en la bitácora, por su llave: «avance 1.1.1.2 en 2024-S1»."""
        return self.con_su_actividad().sin_textos().dichas("avance {}".format)

    def sin_textos(self):
        """Sin las columnas largas que una lista no muestra: ordenar miles cuesta su ancho."""
        matriz, plan = "actividad__matriz__", "periodo__plan__"
        objetivo = f"{matriz}accion__objetivo__"
        return self.defer(
            "logro",
            "limitante",
            "medida_correctiva",
            "decision_solicitada",
            "justificacion_exceso",
            "motivo_retroceso",
            "motivo_sin_cambios",
            f"{matriz}impacto",
            "actividad__plegado",
            f"{matriz}accion__enunciado",
            f"{matriz}accion__plegado",
            f"{objetivo}enunciado",
            f"{objetivo}plegado",
            f"{objetivo}programa__objetivo_general",
            f"{objetivo}programa__descripcion",
            f"{plan}niveles",
            f"{plan}plegado",
            f"{plan}fuente",
        )

    def en_orden(self):
        """En el orden del plan y de la matriz."""
        return self.order_by("actividad__matriz__accion__orden", "actividad__numero", "pk")

    def de_la_institucion(self, institucion):
        """Aquellos de los que responde."""
        return self.filter(actividad__responsable=institucion)

    def sin_validar_en(self, periodo):
        """Lo que en ese periodo aún no es VALIDADO, EXENTO ni NO_REPORTADO."""
        filas = self.filter(periodo=periodo, estado__in=Avance.SIN_RESOLVER)
        return filas.con_su_actividad().en_orden()

    def en_los_que_coopera(self, institucion):
        """Los de actividades ajenas en que esa institución coopera."""
        ajenos = self.exclude(actividad__responsable=institucion)
        return ajenos.filter(coopera(institucion.pk, "actividad"))

    def con_sus_observaciones(self):
        """Con cuántas tiene abiertas, cuántas sin responder y hasta cuándo se responden."""
        abierta = Q(observaciones__estado="ABIERTA")
        return self.annotate(
            abiertas=models.Count("observaciones", filter=abierta),
            sin_responder=models.Count(
                "observaciones", filter=abierta & Q(observaciones__respuesta="")
            ),
            responder_hasta=models.Min("observaciones__responder_hasta", filter=abierta),
        )

    def que_revisa(self, institucion):
        """Lo de las instituciones que ésta revisa."""
        return self.filter(actividad__responsable__revisora=institucion)


def _avance_abierto() -> Q:
    """Sin restricción en el avance, ni en su actividad, ni en su acción."""
    propio = ~Q(visibilidad=Visibilidad.RESTRINGIDA) & ~Q(clasificacion__in=CERRADAS)
    return propio & abierta("actividad__")


class Avance(models.Model):
    """Lo que una actividad logró en un periodo. Su estado y su versión, sólo en `flujo`.

    Lo declarado es de la institución y no se reescribe tras el corte. Los resultados los da
    `calculo`, en puntos 0–100 (IC y brecha sin ese tope): lo que el avance da si se valida,
    con las rectificaciones aplicadas; None es «no se puede calcular». `fin_medido` y
    `situacion_medida` son los términos con que se midió: sin ellos no se rehace el color.
    """

    class Estado(models.TextChoices):
        PENDIENTE = "PENDIENTE", "Pendiente"
        BORRADOR = "BORRADOR", "Borrador"
        EN_APROBACION = "EN_APROBACION", "En aprobación"
        REMITIDO = "REMITIDO", "Remitido"
        OBSERVADO = "OBSERVADO", "Observado"
        VALIDADO = "VALIDADO", "Validado"
        CONSOLIDADO = "CONSOLIDADO", "Consolidado"
        NO_REPORTADO = "NO_REPORTADO", "No reportado"
        EXENTO = "EXENTO", "Exento"

    class Exencion(models.TextChoices):
        NO_INICIADA = "NO_INICIADA", "Aún no comienza"
        FINALIZADA = "FINALIZADA", "Ya finalizó"
        SUSPENDIDA = "SUSPENDIDA", "Suspendida"
        CANCELADA = "CANCELADA", "Cancelada"

    class SituacionReportada(models.TextChoices):
        NO_INICIADA = "NO_INICIADA", "No iniciada"
        EN_EJECUCION = "EN_EJECUCION", "En ejecución"
        FINALIZADA = "FINALIZADA", "Finalizada"
        BLOQUEADA = "BLOQUEADA", "Bloqueada"
        PIDE_REPROGRAMAR = "PIDE_REPROGRAMAR", "Pide reprogramar"
        PIDE_SUSPENDER = "PIDE_SUSPENDER", "Pide suspender"
        PIDE_CANCELAR = "PIDE_CANCELAR", "Pide cancelar"

    class Limitante(models.TextChoices):
        PRESUPUESTO = "PRESUPUESTO", "Presupuesto"
        CONTRATACION = "CONTRATACION", "Contratación"
        LEGAL = "LEGAL", "Legal"
        COORDINACION = "COORDINACION", "Coordinación"
        RRHH = "RRHH", "Recursos humanos"
        EMERGENCIA = "EMERGENCIA", "Emergencia"
        SEGURIDAD = "SEGURIDAD", "Seguridad"
        OTRA = "OTRA", "Otra"

    VALIDADOS = (Estado.VALIDADO, Estado.CONSOLIDADO)
    ENVIADOS = (Estado.REMITIDO, Estado.OBSERVADO, *VALIDADOS)
    EN_TRAMITE = (Estado.BORRADOR, Estado.EN_APROBACION, Estado.REMITIDO, Estado.OBSERVADO)
    CON_LO_CAPTURADO = (*EN_TRAMITE, *VALIDADOS)
    SIN_RESOLVER = (Estado.PENDIENTE, *EN_TRAMITE)

    actividad = models.ForeignKey(Actividad, models.PROTECT, related_name="avances")
    periodo = models.ForeignKey(Periodo, models.PROTECT, related_name="avances")
    estado = models.CharField(
        max_length=13, choices=Estado, default=Estado.PENDIENTE, editable=False
    )
    exigible = models.BooleanField(default=True, editable=False)
    motivo_exencion = models.CharField(max_length=11, choices=Exencion, blank=True, editable=False)
    extemporaneo = models.BooleanField(default=False, editable=False)
    ronda = models.PositiveSmallIntegerField("rondas de observación", default=0, editable=False)
    asignado_a = _firma()
    capturado_por = _firma()
    entregado_por = _firma()
    remitido_por = _firma()
    remitido_en = models.DateTimeField("remitido por última vez", null=True, editable=False)
    validado_por = _firma()
    version = models.PositiveIntegerField(default=1, editable=False)

    situacion_reportada = models.CharField(
        "situación al corte", max_length=16, choices=SituacionReportada, blank=True
    )
    ejecutado_periodo = models.DecimalField(
        "cantidad del semestre", max_digits=16, decimal_places=2, null=True, blank=True
    )
    justificacion_exceso = models.TextField("por qué supera la meta", blank=True)
    porcentaje = models.DecimalField(
        "avance acumulado (%)", max_digits=5, decimal_places=2, null=True, blank=True
    )
    motivo_retroceso = models.TextField("por qué retrocede", blank=True)
    logro = models.TextField(blank=True)
    beneficiarios = models.JSONField("personas beneficiadas", default=dict, blank=True)
    territorio = models.JSONField("departamentos", default=list, blank=True)
    limitante_tipo = models.CharField(
        "tipo de limitante", max_length=12, choices=Limitante, blank=True
    )
    limitante = models.TextField(blank=True)
    medida_correctiva = models.TextField(blank=True)
    responsable_medida = models.CharField("unidad responsable", max_length=200, blank=True)
    fecha_medida = models.DateField("fecha de la medida", null=True, blank=True)
    requiere_decision_cns = models.BooleanField("requiere decisión del CNS", default=False)
    decision_solicitada = models.TextField("decisión solicitada", blank=True)
    presupuesto_asignado = _dinero()
    presupuesto_vigente = _dinero()
    devengado = _dinero()
    sin_cambios = models.BooleanField("sin cambios", default=False)
    motivo_sin_cambios = models.TextField("por qué no hay cambios", blank=True)
    visibilidad = models.CharField(
        "quién puede verlo", max_length=11, choices=Visibilidad, default=Visibilidad.PUBLICA
    )
    clasificacion = clase_legal()
    resolucion = resolucion()
    declaracion = models.BooleanField("declaración", default=False)

    programado = _puntos()
    programado_original = _puntos()
    ejecutado = _puntos()
    ejecutado_previo = _puntos()
    acumulado = models.DecimalField(max_digits=16, decimal_places=2, null=True, editable=False)
    indice = models.DecimalField(max_digits=10, decimal_places=2, null=True, editable=False)
    brecha = _puntos()
    semaforo = models.CharField(max_length=13, blank=True, editable=False)
    fin_medido = models.DateField(null=True, editable=False)
    situacion_medida = models.CharField(
        max_length=10, choices=Actividad.Situacion, blank=True, editable=False
    )

    objects = AvanceQuerySet.as_manager()

    class Meta:
        ordering = ["periodo", "actividad"]
        indexes = [
            models.Index(fields=["periodo", "estado"], name="avances_por_estado"),
            models.Index(fields=["estado", "remitido_en"], name="avances_en_cola"),
            models.Index(fields=["actividad", "periodo"], name="avances_de_actividad"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["actividad", "periodo"], name="un_avance_por_periodo"),
            models.CheckConstraint(
                name="avance_estado_conocido",
                condition=Q(
                    estado__in=[
                        "PENDIENTE",
                        "BORRADOR",
                        "EN_APROBACION",
                        "REMITIDO",
                        "OBSERVADO",
                        "VALIDADO",
                        "CONSOLIDADO",
                        "NO_REPORTADO",
                        "EXENTO",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="nadie_firma_dos_veces",
                condition=~Q(remitido_por=F("entregado_por"))
                & ~Q(remitido_por=F("capturado_por"))
                & ~Q(validado_por=F("capturado_por"))
                & ~Q(validado_por=F("entregado_por"))
                & ~Q(validado_por=F("remitido_por")),
            ),
            models.CheckConstraint(
                name="lo_enviado_tiene_sus_firmas",
                condition=~Q(estado__in=["REMITIDO", "OBSERVADO", "VALIDADO", "CONSOLIDADO"])
                | Q(entregado_por__isnull=False, remitido_por__isnull=False),
            ),
            models.CheckConstraint(
                name="lo_validado_tiene_su_firma",
                condition=~Q(estado__in=["VALIDADO", "CONSOLIDADO"])
                | Q(validado_por__isnull=False),
            ),
            models.CheckConstraint(
                name="exento_con_motivo_y_no_exigible",
                condition=~Q(estado="EXENTO") | (Q(exigible=False) & ~Q(motivo_exencion="")),
            ),
            models.CheckConstraint(
                name="avance_en_puntos",
                condition=(Q(porcentaje=None) | Q(porcentaje__gte=0, porcentaje__lte=100))
                & (Q(programado=None) | Q(programado__gte=0, programado__lte=100))
                & (Q(ejecutado=None) | Q(ejecutado__gte=0, ejecutado__lte=100)),
            ),
            models.CheckConstraint(
                name="cantidades_no_negativas",
                condition=(Q(ejecutado_periodo=None) | Q(ejecutado_periodo__gte=0))
                & (Q(presupuesto_asignado=None) | Q(presupuesto_asignado__gte=0))
                & (Q(presupuesto_vigente=None) | Q(presupuesto_vigente__gte=0))
                & (Q(devengado=None) | Q(devengado__gte=0)),
            ),
            models.CheckConstraint(
                name="semaforo_conocido",
                condition=Q(semaforo="") | Q(semaforo__in=sorted(s.value for s in Semaforo)),
            ),
            models.CheckConstraint(
                name="lo_enviado_esta_clasificado",
                condition=~Q(estado__in=["EN_APROBACION", "REMITIDO", "VALIDADO"])
                | ~Q(clasificacion="SIN_CLASIFICAR"),
            ),
            reservada_con_resolucion("avance_reservado_con_resolucion"),
        ]

    def __str__(self):
        return f"{self.actividad} en {self.periodo}"

    def validate_constraints(self, exclude=None):
        """Nada: lo que la base exige de lo declarado ya lo dicen los campos de su formulario.

        Evaluar las once restricciones cuesta más que todo lo demás del formulario, y un libro trae
        trescientos; lo que sólo escribe `flujo` lo cuida la base.
        """

    @property
    def clases(self) -> set[str]:
        """Sus categorías legales: la propia y las de sus padres (dominio §10)."""
        return {self.clasificacion, *self.actividad.clases}

    @property
    def visibilidades(self) -> set[str]:
        """Quién necesita conocerlo, por sí y por sus padres (dominio §10)."""
        return {self.visibilidad, *self.actividad.visibilidades}

    @property
    def validado(self) -> bool:
        """Si sus cifras cuentan."""
        return self.estado in self.VALIDADOS

    @property
    def ejecutado_que_cuenta(self):
        """E en las sumas: la validada; mientras se tramita, la última validada antes."""
        return self.ejecutado_previo if self.estado in self.EN_TRAMITE else self.ejecutado

    @property
    def cambio_pedido(self) -> str:
        """El tipo de solicitud que abre la situación reportada; vacío si no pide cambios (§5)."""
        pide = self.SituacionReportada
        solicitudes: dict[str, str] = {
            pide.PIDE_REPROGRAMAR: "REPROGRAMACION",
            pide.PIDE_SUSPENDER: "SUSPENSION",
            pide.PIDE_CANCELAR: "CANCELACION",
        }
        return solicitudes.get(self.situacion_reportada, "")

    @property
    def se_corrige(self) -> bool:
        """Si se observó alguna vez: lo que se corrige tiene hasta el corte."""
        return self.ronda > 0


class DelAvanceQuerySet(Acotado):
    """Filas que se ven cuando se ve su avance; el texto lo decide `permisos.puede_leer`."""

    def segun(self, usuario):
        return self.filter(avance__in=Avance.objects.visibles_para(usuario))

    def nombres(self):
        """Cómo se dice cada una en la bitácora: por su avance, que el título también es un dato."""
        suyas = self.select_related("avance__periodo", "avance__actividad__matriz__accion")
        return suyas.dichas(lambda una: f"{una._meta.verbose_name} {una.pk} de {una.avance}")


class EvidenciaQuerySet(DelAvanceQuerySet):
    def con_su_actividad(self):
        """Con todo lo que hace falta para saber quién la lee."""
        return self.select_related("avance__periodo", "avance__actividad__matriz__accion").order_by(
            "pk"
        )


class ObservacionQuerySet(DelAvanceQuerySet):
    def segun(self, usuario):
        """Quien captura, aprueba, revisa o audita; nunca el Consejo ni la CAP."""
        if usuario.rol in VEN_TODA_FILA:
            return super().segun(usuario)
        if usuario.rol in VEN_LO_DE_SU_INSTITUCION:
            return self.filter(avance__actividad__responsable=usuario.institucion_id)
        return self.none()

    def abiertas(self):
        """Las que impiden validar."""
        return self.filter(estado=Observacion.Estado.ABIERTA)


class Aporte(models.Model):
    """Lo que una institución aporta a un avance ajeno: si está conforme y, en colectivo, su %."""

    class Conformidad(models.TextChoices):
        SI = "SI", "Conforme"
        OBSERVA = "OBSERVA", "Observa"

    avance = models.ForeignKey(Avance, models.CASCADE, related_name="aportes")
    institucion = models.ForeignKey(Institucion, models.PROTECT, related_name="aportes")
    porcentaje = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    texto = models.TextField(blank=True)
    conforme = models.CharField(max_length=7, choices=Conformidad, blank=True)
    por = _firma()
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = DelAvanceQuerySet.as_manager()

    class Meta:
        ordering = ["avance", "institucion__sigla"]
        constraints = [
            models.UniqueConstraint(
                fields=["avance", "institucion"], name="un_aporte_por_institucion"
            ),
            models.CheckConstraint(
                name="aporte_en_puntos",
                condition=Q(porcentaje=None) | Q(porcentaje__gte=0, porcentaje__lte=100),
            ),
        ]

    def __str__(self):
        return f"{self.institucion} en {self.avance}"


class HitoCumplido(models.Model):
    """Un hito que el avance da por cumplido, con su fecha."""

    avance = models.ForeignKey(Avance, models.CASCADE, related_name="hitos_cumplidos")
    hito = models.ForeignKey(HitoActividad, models.PROTECT, related_name="cumplimientos")
    fecha = models.DateField()

    objects = DelAvanceQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "hitos cumplidos"
        ordering = ["avance", "hito__numero"]
        constraints = [
            models.UniqueConstraint(fields=["avance", "hito"], name="un_cumplimiento_por_hito")
        ]

    def __str__(self):
        return f"{self.hito} el {self.fecha}"


class Evidencia(models.Model):
    """Un documento que respalda un avance; se guarda bajo su SHA-256 y no cambia."""

    class Tipo(models.TextChoices):
        PDF = "PDF", "PDF"
        IMAGEN = "IMAGEN", "Imagen"
        XLSX = "XLSX", "Hoja de cálculo"

    class Analisis(models.TextChoices):
        SIN_ANALIZAR = "SIN_ANALIZAR", "Sin analizar"
        LIMPIO = "LIMPIO", "Sin amenazas"

    avance = models.ForeignKey(Avance, models.PROTECT, related_name="evidencias")
    rectificacion = models.ForeignKey(
        "Rectificacion", models.PROTECT, null=True, blank=True, related_name="evidencias"
    )
    hito = models.ForeignKey(
        HitoActividad, models.PROTECT, null=True, blank=True, related_name="evidencias"
    )
    titulo = models.CharField("título", max_length=200)
    nombre = models.CharField("nombre del archivo", max_length=255)
    archivo = models.FileField(storage=almacen, max_length=120)
    tipo = models.CharField(max_length=6, choices=Tipo)
    sha256 = models.CharField(max_length=64)
    tamano = models.PositiveIntegerField("tamaño en octetos")
    analisis = models.CharField(
        max_length=12, choices=Analisis, default=Analisis.SIN_ANALIZAR, editable=False
    )
    visibilidad = models.CharField(max_length=11, choices=Visibilidad, default=Visibilidad.PUBLICA)
    clasificacion = clase_legal()
    resolucion = resolucion()
    subida_por = _firma()
    subida_en = models.DateTimeField(default=timezone.now, editable=False)

    objects = EvidenciaQuerySet.as_manager()

    class Meta:
        ordering = ["avance", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["avance", "sha256", "hito"], name="una_evidencia_por_archivo_e_hito"
            ),
            reservada_con_resolucion("evidencia_reservada_con_resolucion"),
        ]
        indexes = [models.Index(fields=["sha256"], name="evidencias_por_huella")]

    def __str__(self):
        return self.titulo

    @property
    def clases(self) -> set[str]:
        """Sus categorías legales: la propia y las de sus padres (dominio §10)."""
        return {self.clasificacion, *self.avance.clases}

    @property
    def visibilidades(self) -> set[str]:
        """Quién necesita conocerla, por sí y por sus padres (dominio §10)."""
        return {self.visibilidad, *self.avance.visibilidades}

    @property
    def se_ve(self) -> bool:
        """Si el navegador lo muestra sin bajarlo."""
        return self.tipo in {self.Tipo.PDF, self.Tipo.IMAGEN}


class Observacion(models.Model):
    """Lo que la revisión pide corregir en un campo; mientras esté abierta no se valida."""

    class Estado(models.TextChoices):
        ABIERTA = "ABIERTA", "Abierta"
        ATENDIDA = "ATENDIDA", "Atendida"
        CERRADA = "CERRADA", "Cerrada"

    avance = models.ForeignKey(Avance, models.CASCADE, related_name="observaciones")
    campo = models.CharField(max_length=40)
    texto = models.TextField()
    autor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    ronda = models.PositiveSmallIntegerField()
    estado = models.CharField(max_length=8, choices=Estado, default=Estado.ABIERTA, editable=False)
    respuesta = models.TextField(blank=True)
    creada = models.DateTimeField()
    responder_hasta = models.DateField()

    objects = ObservacionQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "observaciones"
        ordering = ["avance", "ronda", "pk"]
        constraints = [
            models.CheckConstraint(
                name="observacion_estado_conocido",
                condition=Q(estado__in=["ABIERTA", "ATENDIDA", "CERRADA"]),
            ),
            models.CheckConstraint(
                name="observacion_atendida_con_respuesta",
                condition=Q(estado="ABIERTA") | ~Q(respuesta=""),
            ),
        ]

    def __str__(self):
        return f"{self.campo}: {self.texto[:60]}"


class Movimiento(models.Model):
    """Un paso de un avance: de qué estado a cuál, quién, cuándo y sobre qué contenido.

    Sólo crece. `por` está vacío en los pasos que da el calendario; `contenido` es el JSON
    canónico de lo que se decidió.
    """

    avance = models.ForeignKey(Avance, models.PROTECT, related_name="movimientos")
    paso = models.CharField(max_length=12)
    de = models.CharField(max_length=13, blank=True)
    a = models.CharField(max_length=13)
    por = _firma()
    en_nombre_de = _firma()
    momento = models.DateTimeField()
    nota = models.TextField(blank=True)
    contenido = models.TextField(default="{}")

    objects = DelAvanceQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["avance", "paso"], name="movimientos_de_un_avance")]

    def __str__(self):
        return f"{self.paso} de {self.avance_id}, {self.momento:%Y-%m-%d %H:%M}"
