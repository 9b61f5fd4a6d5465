"""El mapa: qué app atiende cada dirección."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from pesn import views

CUENTA: list[URLPattern | URLResolver] = [
    path("email/", views.sin_pagina),
    path("signup/", views.sin_pagina),
    path("confirm-email/", views.sin_pagina),
    path("", include("allauth.urls")),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.inicio, name="inicio"),
    path("salud/", views.salud_de_la_web, name="salud"),
    path("salud/trabajo/", views.salud_del_trabajo, name="salud_del_trabajo"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("cuenta/", include(CUENTA)),
    path("admin/", admin.site.urls),
    path("api/v1/", include("pesn.api")),
    path("", include("instituciones.urls")),
    path("", include("acciones.urls")),
    path("", include("matrices.urls")),
    path("", include("informes.urls")),
]

if settings.METRICAS:
    urlpatterns.append(path("metricas/", views.metricas, name="metricas"))

handler404 = "pesn.errores.no_existe"
handler400 = "pesn.errores.peticion_ilegible"
handler429 = "pesn.errores.demasiadas"
handler500 = "pesn.errores.peticion_fallida"
