"""Las direcciones de las matrices."""

from django.urls import path

from matrices.views import (
    aporte,
    aprobacion,
    avance,
    captura,
    enmiendas,
    periodos,
    plan,
    revision,
    semestre,
)

app_name = "matrices"
urlpatterns = [
    path("semestre/", semestre.semestre, name="semestre"),
    path("semestre/entregar/", semestre.entregar_marcadas, name="entregar_marcadas"),
    path("avances/<int:pk>/", captura.capturar, name="capturar"),
    path("avances/<int:pk>/seguir/", captura.guardar_y_seguir, name="guardar_y_seguir"),
    path("avances/<int:pk>/entregar/", captura.entregar, name="entregar"),
    path("avances/<int:pk>/evidencias/", captura.adjuntar, name="adjuntar"),
    path("avances/<int:pk>/evidencias/<int:evidencia>/retirar/", captura.retirar, name="retirar"),
    path("avances/<int:pk>/aporte/", aporte.aportar, name="aportar"),
    path("avances/<int:pk>/paso/", aprobacion.dar_paso, name="dar_paso"),
    path("aprobacion/", aprobacion.aprobacion, name="aprobacion"),
    path("aprobacion/remitir/", aprobacion.remitir_todas, name="remitir_todas"),
    path("enmiendas/", enmiendas.enmiendas, name="enmiendas"),
    path("enmiendas/elegir/", enmiendas.elegir, name="elegir"),
    path("enmiendas/solicitar/<int:actividad>/", enmiendas.solicitar, name="solicitar"),
    path("enmiendas/rectificar/<int:avance>/", enmiendas.rectificar, name="rectificar"),
    path("enmiendas/cambios/<int:pk>/", enmiendas.cambio, name="cambio"),
    path(
        "enmiendas/cambios/<int:pk>/<slug:paso>/",
        enmiendas.dar_paso_al_cambio,
        name="dar_paso_al_cambio",
    ),
    path("enmiendas/rectificaciones/<int:pk>/", enmiendas.rectificacion, name="rectificacion"),
    path(
        "enmiendas/rectificaciones/<int:pk>/<slug:paso>/",
        enmiendas.dar_paso_a_la_rectificacion,
        name="dar_paso_a_la_rectificacion",
    ),
    path("periodos/", periodos.periodos, name="periodos"),
    path("periodos/programar/", periodos.programar, name="programar"),
    path("periodos/<int:pk>/", periodos.periodo, name="periodo"),
    path("periodos/<int:pk>/fechas/", periodos.fechas, name="fechas"),
    path("periodos/<int:pk>/abrir/", periodos.abrir, name="abrir"),
    path("periodos/<int:pk>/prorrogar/", periodos.prorrogar, name="prorrogar"),
    path("periodos/<int:pk>/cerrar/", periodos.cerrar, name="cerrar"),
    path("revision/", revision.revision, name="revision"),
    path("revision/<int:pk>/", revision.revisar, name="revisar"),
    path("revision/<int:pk>/asignar/", revision.asignar, name="asignar"),
    path("revision/<int:pk>/observar/", revision.observar, name="observar"),
    path("revision/<int:pk>/validar/", revision.validar, name="validar"),
    path("revision/<int:pk>/revertir/", revision.revertir, name="revertir"),
    path("revision/<int:pk>/reabrir/", revision.reabrir, name="reabrir"),
    path("evidencias/<int:pk>/", avance.evidencia, name="evidencia"),
    path("plan/<slug:codigo>/", plan.plan, name="plan"),
    path("plan/<slug:codigo>/acciones/<str:accion>/", plan.accion, name="accion"),
    path(
        "plan/<slug:codigo>/acciones/<str:accion>/impacto/",
        plan.escribir_impacto,
        name="escribir_impacto",
    ),
    path(
        "plan/<slug:codigo>/acciones/<str:accion>/actividades/nueva/",
        plan.escribir_actividad,
        name="agregar_actividad",
    ),
    path(
        "plan/<slug:codigo>/acciones/<str:accion>/actividades/<int:numero>/",
        plan.escribir_actividad,
        name="cambiar_actividad",
    ),
]
