"""Lo que la API cuenta: campos dichos uno por uno, decimales como texto, fechas ISO 8601."""

from typing import Any

from rest_framework import serializers

from instituciones.models import Clasificacion, Visibilidad
from matrices import consultas
from matrices.calculo import ASPECTOS
from matrices.models import Actividad, Avance, Evidencia, MatrizCumplimiento, Observacion, Periodo

PUNTOS = {"max_digits": 5, "decimal_places": 2, "allow_null": True}


class PeriodoDeApi(serializers.ModelSerializer):
    plan = serializers.CharField(source="plan.codigo")
    codigo = serializers.CharField(read_only=True)

    class Meta:
        model = Periodo
        fields = [
            *("id", "plan", "codigo", "estado", "inicio", "corte", "abre", "limite"),
            *("fin_gracia", "version"),
        ]


class MatrizDeApi(serializers.ModelSerializer):
    plan = serializers.CharField(source="accion.objetivo.programa.plan.codigo")
    accion = serializers.CharField(source="accion.codigo")
    enunciado = serializers.CharField(source="accion.enunciado")

    class Meta:
        model = MatrizCumplimiento
        fields = ["id", "plan", "accion", "enunciado", "impacto", "version"]


class HitoDeApi(serializers.Serializer):
    numero = serializers.IntegerField()
    descripcion = serializers.CharField()
    peso = serializers.DecimalField(max_digits=6, decimal_places=2)
    fecha_original = serializers.DateField()
    fecha_vigente = serializers.DateField()


class ActividadDeApi(serializers.ModelSerializer):
    codigo = serializers.CharField(source="__str__")
    plan = serializers.CharField(source="matriz.accion.objetivo.programa.plan.codigo")
    accion = serializers.CharField(source="matriz.accion.codigo")
    responsable = serializers.CharField(source="responsable.sigla")
    obligados: serializers.SlugRelatedField = serializers.SlugRelatedField(
        "sigla", many=True, read_only=True
    )
    hitos = HitoDeApi(many=True)

    class Meta:
        model = Actividad
        fields = [
            *("id", "codigo", "plan", "accion", "numero", "descripcion", "responsable", "inicio"),
            *("fin_original", "fin_vigente", "modo", "unidad", "meta", "peso", "situacion"),
            *("programa_presupuestario", "visibilidad", "clasificacion", "obligados", "hitos"),
            "version",
        ]


class Resultados(serializers.Serializer):
    """Las cifras guardadas del avance, en puntos; vacías si no se pueden calcular."""

    programado = serializers.DecimalField(**PUNTOS)
    ejecutado = serializers.DecimalField(**PUNTOS)
    indice = serializers.DecimalField(max_digits=10, decimal_places=2, allow_null=True)
    brecha = serializers.DecimalField(**PUNTOS)
    semaforo = serializers.ChoiceField(list(ASPECTOS), allow_blank=True)


class AvanceEnLista(serializers.Serializer):
    """Un avance en una lista: de qué es, en qué va y sus cifras; el texto, en su detalle."""

    id = serializers.IntegerField()
    actividad = serializers.IntegerField(help_text="Su clave")
    codigo = serializers.CharField(help_text="El de la actividad")
    plan = serializers.CharField()
    periodo = serializers.CharField()
    responsable = serializers.CharField()
    estado = serializers.ChoiceField(Avance.Estado.choices)
    exigible = serializers.BooleanField()
    extemporaneo = serializers.BooleanField()
    ronda = serializers.IntegerField()
    remitido_en = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()
    resultados = Resultados()

    def to_representation(self, avance: Avance) -> dict[str, Any]:
        """A mano: en una lista larga, los campos de DRF cuestan más que la consulta."""
        actividad, periodo = avance.actividad, avance.periodo
        return {
            "id": avance.pk,
            "actividad": avance.actividad_id,
            "codigo": str(actividad),
            "plan": periodo.plan.codigo,
            "periodo": periodo.codigo,
            "responsable": actividad.responsable.sigla,
            "estado": avance.estado,
            "exigible": avance.exigible,
            "extemporaneo": avance.extemporaneo,
            "ronda": avance.ronda,
            "remitido_en": avance.remitido_en,
            "version": avance.version,
            "resultados": {
                "programado": _texto(avance.programado),
                "ejecutado": _texto(avance.ejecutado),
                "indice": _texto(avance.indice),
                "brecha": _texto(avance.brecha),
                "semaforo": avance.semaforo,
            },
        }


def _texto(cifra: Any) -> str | None:
    return None if cifra is None else f"{cifra:.2f}"


class EvidenciaDeApi(serializers.ModelSerializer):
    hito = serializers.IntegerField(source="hito.numero", default=None, allow_null=True)

    class Meta:
        model = Evidencia
        fields = [
            *("id", "avance", "titulo", "nombre", "tipo", "sha256", "tamano", "analisis", "hito"),
            *("visibilidad", "clasificacion"),
        ]


class ObservacionDeApi(serializers.ModelSerializer):
    class Meta:
        model = Observacion
        fields = ["id", "campo", "ronda", "estado", "texto", "respuesta", "responder_hasta"]


class Cumplido(serializers.Serializer):
    numero = serializers.IntegerField()
    fecha = serializers.DateField()


class Aportado(serializers.Serializer):
    institucion = serializers.CharField()
    porcentaje = serializers.CharField(allow_null=True)


class EvidenciaDicha(serializers.Serializer):
    titulo = serializers.CharField()
    sha256 = serializers.CharField()


class Dicho(serializers.Serializer):
    """Lo que la institución declara, como texto canónico: cada decimal con dos cifras."""

    situacion_reportada = serializers.ChoiceField(
        Avance.SituacionReportada.choices, allow_blank=True
    )
    ejecutado_periodo = serializers.CharField(allow_null=True)
    justificacion_exceso = serializers.CharField(allow_blank=True)
    porcentaje = serializers.CharField(allow_null=True)
    motivo_retroceso = serializers.CharField(allow_blank=True)
    logro = serializers.CharField(allow_blank=True)
    beneficiarios = serializers.DictField()
    territorio = serializers.ListField(child=serializers.CharField())
    limitante_tipo = serializers.ChoiceField(Avance.Limitante.choices, allow_blank=True)
    limitante = serializers.CharField(allow_blank=True)
    medida_correctiva = serializers.CharField(allow_blank=True)
    responsable_medida = serializers.CharField(allow_blank=True)
    fecha_medida = serializers.DateField(allow_null=True)
    requiere_decision_cns = serializers.BooleanField()
    decision_solicitada = serializers.CharField(allow_blank=True)
    presupuesto_asignado = serializers.CharField(allow_null=True)
    presupuesto_vigente = serializers.CharField(allow_null=True)
    devengado = serializers.CharField(allow_null=True)
    sin_cambios = serializers.BooleanField()
    motivo_sin_cambios = serializers.CharField(allow_blank=True)
    visibilidad = serializers.ChoiceField(Visibilidad.choices)
    clasificacion = serializers.ChoiceField(Clasificacion.choices)
    declaracion = serializers.BooleanField()
    hitos_cumplidos = Cumplido(many=True)
    aportes = Aportado(many=True)
    evidencias = EvidenciaDicha(many=True)

    def to_representation(self, declarado: dict[str, Any]) -> dict[str, Any]:
        """Lo declarado ya es canónico: el mismo texto que guarda su `Movimiento`."""
        campos = self.get_fields()
        return {campo: declarado[campo] for campo in campos if campo in declarado}


class Falta(serializers.Serializer):
    """Lo que todavía impide entregar."""

    campo = serializers.CharField()
    codigo = serializers.CharField()
    mensaje = serializers.CharField()


class AvanceEnDetalle(AvanceEnLista):
    """Un avance hasta donde quien pide puede leer."""

    declarado = Dicho(
        allow_null=True, help_text="Vacío si no se puede leer; si se corrige, lo último remitido."
    )
    enviado = serializers.BooleanField(help_text="Si `declarado` es lo último que se remitió.")
    observaciones = ObservacionDeApi(many=True)
    evidencias = EvidenciaDeApi(many=True)
    pasos = serializers.ListField(
        child=serializers.CharField(), help_text="Los que quien pide puede dar ahora."
    )

    def to_representation(self, expediente: Any) -> dict[str, Any]:
        return {
            **super().to_representation(expediente.avance),
            "declarado": Dicho().to_representation(consultas.como_texto(expediente.declarado))
            if expediente.declarado
            else None,
            "enviado": expediente.enviado,
            "observaciones": ObservacionDeApi(expediente.observaciones, many=True).data,
            "evidencias": EvidenciaDeApi(expediente.evidencias, many=True).data,
            "pasos": sorted(expediente.pasos),
        }
