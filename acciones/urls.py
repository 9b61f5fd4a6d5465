"""Las direcciones de las propuestas legislativas."""

from django.urls import path

from acciones import views

app_name = "acciones"
urlpatterns = [
    path("plan/<slug:codigo>/propuestas/", views.propuestas, name="propuestas"),
    path("plan/<slug:codigo>/propuestas/<int:orden>/", views.tramitar, name="tramitar"),
]
