"""Las rutas de la API: qué vista de qué app atiende cada una, su esquema y su página."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.routers import SimpleRouter

from acciones.api import AccionViewSet, PlanViewSet, PropuestaViewSet
from informes.api import CorteViewSet, DocumentoViewSet, InformeViewSet
from instituciones.api.quienes import InstitucionViewSet, YoViewSet
from instituciones.api.webhooks import EntregaViewSet, SuscripcionViewSet
from matrices.api.avances import AvanceViewSet
from matrices.api.cola import ColaViewSet
from matrices.api.evidencias import EvidenciaViewSet
from matrices.api.lecturas import ActividadViewSet, MatrizViewSet, PeriodoViewSet

VISTAS = {
    "yo": (YoViewSet, "yo"),
    "instituciones": (InstitucionViewSet, "institucion"),
    "planes": (PlanViewSet, "plan"),
    "acciones": (AccionViewSet, "accion"),
    "propuestas": (PropuestaViewSet, "propuesta"),
    "periodos": (PeriodoViewSet, "periodo"),
    "matrices": (MatrizViewSet, "matriz"),
    "actividades": (ActividadViewSet, "actividad"),
    "avances": (AvanceViewSet, "avance"),
    "evidencias": (EvidenciaViewSet, "evidencia"),
    "cola": (ColaViewSet, "cola"),
    "cortes": (CorteViewSet, "corte"),
    "informes": (InformeViewSet, "informe"),
    "documentos": (DocumentoViewSet, "documento"),
    "suscripciones": (SuscripcionViewSet, "suscripcion"),
    "entregas": (EntregaViewSet, "entrega"),
}


@require_GET
def documentacion(request: HttpRequest) -> HttpResponse:
    """La API con sus rutas, para leerla y probarla; el navegador arma la página con el esquema."""
    return render(request, "api.html", {"titulo": "API", "migas": [("API", None)]})


app_name = "api"
enrutador = SimpleRouter()
for direccion, (vista, nombre) in VISTAS.items():
    enrutador.register(direccion, vista, basename=nombre)
urlpatterns = [
    *enrutador.urls,
    path("esquema/", SpectacularJSONAPIView.as_view(), name="esquema"),
    path("documentacion/", documentacion, name="documentacion"),
]
