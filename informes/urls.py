"""Las direcciones de cortes, informes y su verificación."""

from django.urls import path

from informes import views
from informes.abiertos import views as abiertos
from informes.tablero import views as tablero

app_name = "informes"
urlpatterns = [
    path("tablero/", tablero.tablero, name="tablero"),
    path("tablero/<slug:tabla>.csv", tablero.bajar, name="bajar_tablero"),
    path(
        "plan/<slug:codigo>/explicar/<slug:nivel>/<str:de>/<str:periodo>/",
        tablero.explicacion,
        name="explicar",
    ),
    path("informes/", views.informes, name="informes"),
    path("informes/<int:pk>/", views.informe, name="informe"),
    path("informes/<int:pk>/progreso/", views.progreso, name="progreso"),
    path("informes/<int:pk>/paso/", views.dar_paso, name="dar_paso"),
    path("informes/<int:pk>/conocimiento/", views.tomar_conocimiento, name="conocimiento"),
    path("cortes/<int:pk>/ordenar/", views.ordenar, name="ordenar"),
    path("cortes/<int:pk>/comparar/<int:otro>/", views.comparar, name="comparar"),
    path("periodos/<int:pk>/cortar/", views.cortar, name="cortar"),
    path("periodos/<int:pk>/cortar-de-nuevo/", views.cortar_de_nuevo, name="cortar_de_nuevo"),
    path("documentos/<int:pk>/", views.documento, name="documento"),
    path("consejo/", views.consejo, name="consejo"),
    path("verificar/", views.verificar, name="verificar"),
    path("publico/", abiertos.publico, name="publico"),
    path("publico/<slug:semestre>/", abiertos.tablero, name="publico_semestre"),
    path(
        "publico/<slug:semestre>/<slug:version>/informe.<slug:formato>",
        abiertos.documento,
        name="publico_documento",
    ),
    path("datos/", abiertos.datos, name="datos"),
    path("datos/catalogo.jsonld", abiertos.catalogo, name="catalogo"),
    path("datos/<slug:semestre>/<slug:version>/", abiertos.datos_version, name="datos_version"),
    path(
        "datos/<slug:semestre>/<slug:version>/datapackage.json",
        abiertos.paquete,
        name="paquete",
    ),
    path(
        "datos/<slug:semestre>/<slug:version>/catalogo.jsonld",
        abiertos.catalogo_version,
        name="catalogo_version",
    ),
    path(
        "datos/<slug:semestre>/<slug:version>/<slug:tabla>.<slug:formato>",
        abiertos.datos_tabla,
        name="datos_tabla",
    ),
    path("recomendaciones/", views.recomendaciones, name="recomendaciones"),
    path("recomendaciones/nueva/", views.recomendar, name="recomendar"),
    path("recomendaciones/<int:pk>/", views.recomendacion, name="recomendacion"),
    path("recomendaciones/<int:pk>/corregir/", views.corregir, name="corregir_recomendacion"),
    path("recomendaciones/<int:pk>/responder/", views.responder, name="responder_recomendacion"),
    path("recomendaciones/<int:pk>/paso/", views.mover, name="mover_recomendacion"),
]
