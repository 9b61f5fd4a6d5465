"""Cortes, resultados e informes por la API: lo ya contado. Sólo se lee, y bajar deja constancia."""

import json
from typing import Any

import django_filters
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from informes import emision
from informes.models import Corte, Documento, Edicion, Informe, ResumenDeCorte
from instituciones.api.pedidos import EnteroFilter, ParametrosDeclarados, exigir_parametros
from instituciones.api.problemas import EnConflicto
from instituciones.api.vistas import SoloLectura, VistaDeApi

TIPOS = {
    Documento.Formato.PDF: "application/pdf",
    Documento.Formato.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Documento.Formato.JSON: "application/json",
}


class CorteDeApi(serializers.ModelSerializer):
    plan = serializers.CharField(source="periodo.plan.codigo")
    periodo = serializers.CharField(source="periodo.codigo")

    class Meta:
        model = Corte
        fields = ["id", "plan", "periodo", "numero", "momento", "motivo", "sustituye_a"]


class FiltroDeCortes(django_filters.FilterSet):
    plan = django_filters.CharFilter(
        "periodo__plan__codigo", label="Código del plan", max_length=40
    )


class ResultadosDeCorte(serializers.Serializer):
    """Las cifras de un corte, de la acción hacia arriba, como se sellaron."""

    corte = serializers.IntegerField()
    huella = serializers.CharField(help_text="La del contenido sellado del que salen.")
    contenido = serializers.DictField()


class CorteViewSet(SoloLectura):
    """Los semestres congelados y sus cifras."""

    serializer_class = CorteDeApi
    filterset_class = FiltroDeCortes

    def get_queryset(self):
        return Corte.objects.visibles_para(self.request.user).select_related("periodo__plan")

    @extend_schema(responses=ResultadosDeCorte, filters=False)
    @action(detail=True, pagination_class=None)
    def resultados(self, request: Request, pk: str) -> Response:
        """P, E, IC, brecha, color y cobertura de cada acción y de sus totales."""
        exigir_parametros(request)
        visibles = ResumenDeCorte.objects.visibles_para(request.user)
        resumen = get_object_or_404(visibles, corte=pk)
        contenido: dict[str, Any] = json.loads(resumen.contenido)
        return Response(
            {"corte": resumen.corte_id, "huella": resumen.huella, "contenido": contenido}
        )


class DocumentoDeApi(serializers.ModelSerializer):
    class Meta:
        model = Documento
        fields = ["id", "informe", "formato", "sha256", "tamano", "emitido_en"]


class InformeDeApi(serializers.ModelSerializer):
    plan = serializers.CharField(source="corte.periodo.plan.codigo")
    periodo = serializers.CharField(source="corte.periodo.codigo")
    documentos = DocumentoDeApi(source="archivos", many=True)

    class Meta:
        model = Informe
        fields = [
            *("id", "corte", "plan", "periodo", "edicion", "estado", "aprobado_en"),
            *("presentado_en", "publicado_en", "version", "documentos"),
        ]


class FiltroDeInformes(django_filters.FilterSet):
    corte = EnteroFilter("corte", label="Clave del corte")
    edicion = django_filters.ChoiceFilter(choices=Edicion.choices)
    estado = django_filters.ChoiceFilter(choices=Informe.Estado.choices)


class InformeViewSet(SoloLectura):
    """Las ediciones que quien pide puede leer, con sus archivos."""

    serializer_class = InformeDeApi
    filterset_class = FiltroDeInformes

    def get_queryset(self):
        visibles = Informe.objects.visibles_para(self.request.user)
        return visibles.con_su_corte().con_sus_documentos()


class DocumentoViewSet(mixins.RetrieveModelMixin, VistaDeApi):
    """Un archivo emitido: sus señas y sus octetos."""

    serializer_class = DocumentoDeApi
    filter_backends = [ParametrosDeclarados]

    def get_queryset(self):
        return Documento.objects.visibles_para(self.request.user).con_su_corte()

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True)
    def archivo(self, request: Request, pk: str) -> HttpResponse:
        """Los octetos emitidos; queda constancia de la descarga."""
        exigir_parametros(request)
        uno = get_object_or_404(self.get_queryset(), pk=pk)
        try:
            octetos = emision.descargar(uno, por=request.user)
        except emision.IntegridadRota as motivo:
            raise EnConflicto(str(motivo), "integridad") from motivo
        respuesta = HttpResponse(octetos, content_type=TIPOS[Documento.Formato(uno.formato)])
        nombre = f"informe-{uno.informe_id}.{uno.formato.lower()}"
        respuesta["Content-Disposition"] = content_disposition_header(
            as_attachment=True, filename=nombre
        )
        respuesta["X-Content-Type-Options"] = "nosniff"
        return respuesta
