"""El plan por la API: planes y acciones, tal como se publicaron. Sólo se leen."""

import django_filters
from django.db.models import Prefetch
from rest_framework import serializers

from acciones.models import AccionEstrategica, Plan, PropuestaLegislativa, Responsabilidad
from instituciones.api.vistas import SoloLectura


class PlanDeApi(serializers.ModelSerializer):
    seguimiento = serializers.CharField(source="seguimiento.sigla", default=None, allow_null=True)

    class Meta:
        model = Plan
        fields = ["id", "codigo", "sigla", "nombre", "inicio", "fin", "seguimiento", "cerrado_en"]


class FiltroDePlanes(django_filters.FilterSet):
    codigo = django_filters.CharFilter(label="Su código", max_length=40)


class PlanViewSet(SoloLectura):
    """Los planes."""

    serializer_class = PlanDeApi
    filterset_class = FiltroDePlanes

    def get_queryset(self):
        return Plan.objects.visibles_para(self.request.user).select_related("seguimiento")


class QuienResponde(serializers.ModelSerializer):
    institucion = serializers.CharField(source="institucion.sigla", default=None, allow_null=True)
    grupo = serializers.CharField(source="grupo.sigla", default=None, allow_null=True)

    class Meta:
        model = Responsabilidad
        fields = ["institucion", "grupo", "rol", "presunta"]


class AccionDeApi(serializers.ModelSerializer):
    plan = serializers.CharField(source="objetivo.programa.plan.codigo")
    programa = serializers.IntegerField(source="objetivo.programa.numero")
    objetivo = serializers.CharField(source="objetivo.codigo")
    ambito = serializers.CharField(source="objetivo.ambito.codigo")
    responsables = QuienResponde(source="responden", many=True)

    class Meta:
        model = AccionEstrategica
        fields = [
            *("id", "plan", "programa", "objetivo", "ambito", "codigo", "orden", "enunciado"),
            *("responsables_fuente", "responsables", "visibilidad", "clasificacion"),
        ]


class FiltroDeAcciones(django_filters.FilterSet):
    plan = django_filters.CharFilter(
        "objetivo__programa__plan__codigo", label="Código del plan", max_length=40
    )
    objetivo = django_filters.CharFilter(
        "objetivo__codigo", label="Código del objetivo", max_length=20
    )
    codigo = django_filters.CharFilter(label="Su código", max_length=20)


class AccionViewSet(SoloLectura):
    """Las acciones estratégicas, con quién responde por cada una."""

    serializer_class = AccionDeApi
    filterset_class = FiltroDeAcciones

    def get_queryset(self):
        quien = self.request.user
        responden = Responsabilidad.objects.visibles_para(quien)
        responden = responden.select_related("institucion", "grupo").order_by("orden")
        visibles = AccionEstrategica.objects.visibles_para(quien)
        return visibles.select_related(
            "objetivo__programa__plan", "objetivo__ambito"
        ).prefetch_related(Prefetch("responsabilidades", responden, to_attr="responden"))


class PropuestaDeApi(serializers.ModelSerializer):
    plan = serializers.CharField(source="plan.codigo")
    rectora = serializers.CharField(source="rectora.sigla", default=None, allow_null=True)

    class Meta:
        model = PropuestaLegislativa
        fields = ["id", "plan", "orden", "grupo", "enunciado", "norma", "rectora", "estado"]


class FiltroDePropuestas(django_filters.FilterSet):
    plan = django_filters.CharFilter("plan__codigo", label="Código del plan", max_length=40)
    estado = django_filters.ChoiceFilter(choices=PropuestaLegislativa.Estado.choices)


class PropuestaViewSet(SoloLectura):
    """Las leyes que el plan pide, y en qué va cada una."""

    serializer_class = PropuestaDeApi
    filterset_class = FiltroDePropuestas

    def get_queryset(self):
        visibles = PropuestaLegislativa.objects.visibles_para(self.request.user)
        return visibles.select_related("plan", "rectora")
