"""Lo que no es de ninguna app: a dónde va cada quien, si el servicio vive, y el ícono."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe

from pesn import salud
from pesn.contexto import pagina_propia


@require_safe
def inicio(request):
    """A la primera página de su rol."""
    return redirect(pagina_propia(request.user))


@login_not_required
def sin_pagina(request):
    """Lo que aquí no hay: nadie se inscribe solo ni cambia su correo."""
    raise Http404


@login_not_required
@require_safe
def salud_de_la_web(request):
    """Si la base, la caché y el almacén contestan: 200, o 503 con la pieza que falla."""
    piezas = salud.piezas()
    return JsonResponse(piezas, status=503 if "falla" in piezas.values() else 200)


@login_not_required
@require_safe
def salud_del_trabajo(request):
    """Si el trabajador y el reloj laten y nada espera de más: 200, o 503."""
    estado = salud.trabajo()
    return JsonResponse(estado, status=200 if estado["trabajador"] == "bien" else 503)


@login_not_required
@require_safe
def metricas(request):
    """Las medidas, para quien trae la clave; a los demás, como si no existieran."""
    if not constant_time_compare(
        request.headers.get("Authorization", ""), f"Bearer {settings.METRICAS}"
    ):
        raise Http404
    from pesn.medidas import texto  # el extra `metricas` puede no estar instalado

    return HttpResponse(*texto())


@login_not_required
@require_safe
def favicon(request):
    """El ícono propio, donde el navegador lo busca si la página (la de administrar) no lo dice."""
    return redirect(static("pesn/icono.svg"))
