"""Quién: el sistema que pregunta y las instituciones."""

import django_filters
from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from instituciones.api.pedidos import SiNoFilter, exigir_parametros
from instituciones.api.vistas import SoloLectura, VistaDeApi
from instituciones.models import Institucion, Rol


class Yo(serializers.Serializer):
    """Con qué ojos se lee y hasta cuándo."""

    persona = serializers.CharField(source="user.nombre")
    rol = serializers.ChoiceField(Rol.choices, source="user.rol")
    institucion = serializers.CharField(source="user.institucion.sigla")
    sistema = serializers.CharField(source="auth.cliente.nombre", default=None, allow_null=True)
    alcances = serializers.ListField(
        child=serializers.CharField(), source="auth.cliente.alcances", default=["leer"]
    )
    vence = serializers.DateTimeField(source="auth.expiry", default=None, allow_null=True)


class YoViewSet(VistaDeApi):
    """La ficha misma: de quién es, qué alcanza y hasta cuándo vale."""

    filter_backends = []
    pagination_class = None

    @extend_schema(responses=forced_singular_serializer(Yo), operation_id="yo")
    def list(self, request: Request) -> Response:
        exigir_parametros(request)
        return Response(Yo(request).data)


class InstitucionDeApi(serializers.ModelSerializer):
    padre = serializers.CharField(source="padre.sigla", default=None, allow_null=True)
    revisora = serializers.CharField(source="revisora.sigla", default=None, allow_null=True)

    class Meta:
        model = Institucion
        fields = ["id", "sigla", "nombre", "tipo", "padre", "reporta", "revisora"]


class FiltroDeInstituciones(django_filters.FilterSet):
    sigla = django_filters.CharFilter(label="Su sigla", max_length=20)
    reporta = SiNoFilter(label="Si reporta por sí misma")


class InstitucionViewSet(SoloLectura):
    """Las instituciones del sistema."""

    serializer_class = InstitucionDeApi
    filterset_class = FiltroDeInstituciones

    def get_queryset(self):
        visibles = Institucion.objects.visibles_para(self.request.user)
        return visibles.select_related("padre", "revisora")
