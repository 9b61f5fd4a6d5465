"""Las direcciones de cortes, informes y su verificación."""

from django.urls import path

from informes import views

app_name = "informes"
urlpatterns = [
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
]
