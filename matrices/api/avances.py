"""Los avances: leerlos, declararlos, dar sus pasos y adjuntarles evidencia."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from instituciones.api.claves import idempotente
from instituciones.api.fichas import exigir_alcance
from instituciones.api.pedidos import etiqueta, exigir_parametros, version_pedida
from instituciones.api.problemas import PorCorregir, Rechazo, de_formulario
from instituciones.api.vistas import SoloLectura
from instituciones.models import Alcance
from matrices import evidencias, flujo, permisos
from matrices.api import lotes, pasos
from matrices.api.entradas import LoDeclarado, Lote, UnAvance, UnPaso, exigir_valido, formulario
from matrices.api.expediente import conflictos, el_avance, expediente
from matrices.api.filtros import FiltroDeAvances
from matrices.api.salidas import AvanceEnDetalle, AvanceEnLista, EvidenciaDeApi, Falta
from matrices.forms.avance import AvanceForm
from matrices.forms.evidencia import EvidenciaForm
from matrices.models import Avance

SI_COINCIDE = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="La versión que se leyó, como vino en ETag.",
)
ARCHIVO = {
    "multipart/form-data": {
        "type": "object",
        "required": ["archivos"],
        "properties": {
            "archivos": {"type": "array", "items": {"type": "string", "format": "binary"}},
            "titulo": {"type": "string", "maxLength": 200},
            "hito": {"type": "integer", "description": "La clave del hito que respalda."},
        },
    }
}


class AvanceViewSet(SoloLectura):
    """El avance de cada actividad en cada semestre, hasta donde quien pide puede ver."""

    serializer_class = AvanceEnLista
    filterset_class = FiltroDeAvances
    alcances = {
        "create": Alcance.ESCRIBIR_AVANCE,
        "partial_update": Alcance.ESCRIBIR_AVANCE,
        "lote": Alcance.ESCRIBIR_AVANCE,
        "paso": Alcance.LEER,  # cada paso pide el suyo: `pasos.ALCANCE_DE`
        "evidencias": Alcance.EVIDENCIA,
    }

    def get_queryset(self):
        visibles = Avance.objects.visibles_para(self.request.user)
        return visibles.con_su_actividad().sin_textos()

    @extend_schema(responses=AvanceEnDetalle)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Uno, con lo que declara si se puede leer; su versión va también en ETag."""
        exigir_parametros(request)
        return _detalle(request, int(pk))

    @extend_schema(request=UnAvance, responses={201: AvanceEnDetalle})
    @idempotente
    def create(self, request: Request) -> Response:
        """Declara el avance de una actividad en un semestre: guarda su borrador."""
        exigir_parametros(request)
        dado = leer(UnAvance, request.data)
        anio, semestre = dado["periodo"].split("-S")
        visibles = Avance.objects.visibles_para(request.user).con_su_actividad()
        suyo = visibles.filter(
            actividad=dado["actividad"], periodo__anio=anio, periodo__semestre=semestre
        )
        avance = el_avance(request.user, suyo.values_list("pk", flat=True).first())
        with conflictos(request.user):
            declarar(request, avance, dado, version=dado["version"])
        respuesta = _detalle(request, avance.pk, estado=201)
        respuesta["Location"] = reverse("api:avance-detail", args=[avance.pk])
        return respuesta

    @extend_schema(request=LoDeclarado, responses=AvanceEnDetalle, parameters=[SI_COINCIDE])
    @idempotente
    def partial_update(self, request: Request, pk: str) -> Response:
        """Guarda el borrador: cambia lo que viene y deja lo demás como está."""
        exigir_parametros(request)
        avance = el_avance(request.user, pk)
        with conflictos(request.user, con_etiqueta=True):
            version = _sobre_su_version(request, avance)
            declarar(request, avance, leer(LoDeclarado, request.data), version=version)
        return _detalle(request, avance.pk)

    @extend_schema(request=lotes.LoteDeApi, responses={200: lotes.Resultado, 207: lotes.Resultado})
    @action(detail=False, methods=["post"])
    @idempotente
    def lote(self, request: Request) -> Response:
        """Guarda, y si se pide entrega, hasta 200 avances; 207 si alguno no se pudo."""
        exigir_parametros(request)
        resultados = lotes.guardar(leer(Lote, request.data)["avances"], por=request.user)
        bien = all(uno["estado_http"] == 200 for uno in resultados)
        return Response({"resultados": resultados}, status=200 if bien else 207)

    @extend_schema(request=UnPaso, responses=AvanceEnDetalle, parameters=[SI_COINCIDE])
    @action(detail=True, methods=["post"])
    @idempotente
    def paso(self, request: Request, pk: str) -> Response:
        """Da un paso: entregar, devolver, remitir, observar o validar."""
        exigir_parametros(request)
        avance = el_avance(request.user, pk)
        dado = leer(UnPaso, request.data)
        exigir_alcance(request, pasos.ALCANCE_DE[dado["paso"]])
        with conflictos(request.user, con_etiqueta=True):
            pasos.exigir(dado["paso"], avance, por=request.user)
            version = _sobre_su_version(request, avance)
            pasos.dar(avance, dado, version=version, por=request.user)
        return _detalle(request, avance.pk)

    @extend_schema(responses=Falta(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def faltas(self, request: Request, pk: str) -> Response:
        """Lo que todavía impide entregarlo, campo por campo."""
        exigir_parametros(request)
        avance = el_avance(request.user, pk)
        _exigir_captura(request, avance)
        form = AvanceForm.de(avance, para=request.user, entregar=True)
        return Response([] if form.is_valid() else de_formulario(form.errors))

    @extend_schema(
        request=ARCHIVO, responses={201: OpenApiResponse(EvidenciaDeApi(many=True))}, filters=False
    )
    @action(detail=True, methods=["post"], parser_classes=[MultiPartParser], pagination_class=None)
    def evidencias(self, request: Request, pk: str) -> Response:
        """Adjunta uno o más archivos al borrador; el mismo dos veces es uno."""
        exigir_parametros(request)
        avance = el_avance(request.user, pk)
        _exigir_captura(request, avance)
        with conflictos(request.user):
            return _adjuntar(self, request, avance)


def leer(forma: type, datos: Any) -> dict[str, Any]:
    """Lo dado, con sus tipos; lanza un problema por campo si no los tiene."""
    leido = forma(data=datos)
    leido.is_valid(raise_exception=True)
    return leido.validated_data


def declarar(request: Request, avance: Avance, dado: Mapping[str, Any], *, version: int) -> Avance:
    """Guarda el borrador con lo dado. Lanza lo que el flujo, o PorCorregir."""
    _exigir_captura(request, avance)
    if avance.version != version:
        raise flujo.VersionAjena(avance)
    if "guardar" not in flujo.pasos_posibles(avance, request.user):
        falta = flujo.condicion_que_falta(avance, "guardar") or (
            f"El avance está «{avance.get_estado_display()}»: ya no se escribe en él."
        )
        raise flujo.PasoInvalido(falta, avance)
    form = exigir_valido(formulario(avance, dado, version=version, para=request.user))
    return flujo.capturar(avance, form.declaracion(), version=version, por=request.user)


def _exigir_captura(request: Request, avance: Avance) -> None:
    if not permisos.puede_capturar(request.user, avance):
        raise PermissionDenied("Sólo captura quien planifica en la institución responsable.")


def _sobre_su_version(request: Request, avance: Avance) -> int:
    version = version_pedida(request)
    if version != avance.version:
        raise flujo.VersionAjena(avance)
    return version


def _detalle(request: Request, pk: int, *, estado: int = 200) -> Response:
    uno = expediente(request.user, pk)
    respuesta = Response(AvanceEnDetalle(uno).data, status=estado)
    respuesta["ETag"] = etiqueta(uno.avance.version)
    return respuesta


def _adjuntar(vista: AvanceViewSet, request: Request, avance: Avance) -> Response:
    """Inspecciona y guarda los archivos antes de la transacción; las filas nacen en ella."""
    form = EvidenciaForm(
        request.data,
        request.FILES,
        avance=avance,
        usuario=request.user,
        obligatorio=True,
        prefix="",
    )
    if "archivos" in (form.errors or {}):
        raise Rechazo("Mande de uno a diez archivos en «archivos».", "requerido")
    if not form.is_valid():
        raise PorCorregir(de_formulario(form.errors))
    return _guardar_evidencia(vista, request, avance, form.adjuntos())


@idempotente
def _guardar_evidencia(
    vista: AvanceViewSet, request: Request, avance: Avance, adjuntos: list[evidencias.Adjunto]
) -> Response:
    filas = [evidencias.adjuntar(avance, uno, por=request.user) for uno in adjuntos]
    return Response(EvidenciaDeApi(filas, many=True).data, status=201)
