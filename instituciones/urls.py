"""Las direcciones de quién: delegaciones, avisos y bitácora."""

from django.urls import path, re_path

from instituciones import views

app_name = "instituciones"
urlpatterns = [
    path("delegaciones/", views.delegaciones, name="delegaciones"),
    path("delegaciones/nueva/", views.delegar, name="delegar"),
    path("delegaciones/<int:pk>/revocar/", views.revocar, name="revocar"),
    path("avisos/", views.avisos, name="avisos"),
    path("avisos/leer/", views.leer_avisos, name="leer_avisos"),
    path("bitacora/", views.bitacora, name="bitacora"),
    path("bitacora/cadena/", views.comprobar_bitacora, name="comprobar_bitacora"),
    re_path(
        r"^bitacora/bitacora\.(?P<formato>csv|jsonl)$", views.bajar_bitacora, name="bajar_bitacora"
    ),
    path("avisos/correo/", views.preferir_avisos, name="preferir_avisos"),
]
