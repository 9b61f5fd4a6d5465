"""La evidencia: su lista, su archivo y retirarla del borrador."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from instituciones.api.pedidos import ParametrosDeclarados, exigir_parametros
from instituciones.api.vistas import VistaDeApi
from instituciones.models import Alcance
from matrices import archivos, evidencias
from matrices.api.expediente import conflictos, el_avance
from matrices.api.salidas import EvidenciaDeApi
from matrices.models import Evidencia


class EvidenciaViewSet(mixins.RetrieveModelMixin, VistaDeApi):
    """Cada archivo que quien pide puede llevarse; los de un avance vienen en su detalle."""

    serializer_class = EvidenciaDeApi
    filter_backends = [ParametrosDeclarados]
    alcances = {"destroy": Alcance.EVIDENCIA}

    def get_queryset(self):
        return Evidencia.objects.visibles_para(self.request.user).select_related("hito")

    def get_object(self) -> Evidencia:
        """La que se puede llevar; otra es como si no existiera."""
        exigir_parametros(self.request)
        fila = get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])
        avance = el_avance(self.request.user, fila.avance_id)
        if not evidencias.se_descarga(self.request.user, fila, avance):
            raise Http404
        return fila

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """La quita del borrador; el archivo y su constancia quedan."""
        fila = self.get_object()
        with conflictos(request.user):
            evidencias.retirar(fila, por=request.user)
        return Response(status=204)

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True)
    def archivo(self, request: Request, pk: str) -> HttpResponse:
        """Los octetos tal como se recibieron, con constancia de quién se los llevó."""
        fila = self.get_object()
        with conflictos(request.user):
            octetos = evidencias.contenido(fila, para=request.user)
        tipo, nombre = archivos.mime(fila.nombre, octetos[:8192])
        respuesta = HttpResponse(octetos, content_type=tipo)
        respuesta["Content-Disposition"] = content_disposition_header(
            as_attachment=True, filename=nombre
        )
        respuesta["X-Content-Type-Options"] = "nosniff"
        respuesta["Content-Security-Policy"] = "sandbox; default-src 'none'"
        return respuesta
