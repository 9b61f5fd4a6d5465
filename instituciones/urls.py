"""Las direcciones de quién: delegaciones."""

from django.urls import path

from instituciones import views

app_name = "instituciones"
urlpatterns = [
    path("delegaciones/", views.delegaciones, name="delegaciones"),
    path("delegaciones/nueva/", views.delegar, name="delegar"),
    path("delegaciones/<int:pk>/revocar/", views.revocar, name="revocar"),
]
