"""Las páginas de lo que no se pudo atender, en español y con su código; sin tocar la base."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

FRASES = {
    400: ("ilegible", "La dirección o los datos enviados están incompletos o mal escritos."),
    413: ("demasiado_grande", "Lo enviado es más grande de lo que se puede recibir."),
    414: ("direccion_larga", "La dirección es demasiado larga."),
}


def ilegible(request: HttpRequest, codigo: int) -> HttpResponse:
    """Lo pedido no se puede leer: página o JSON según lo que se espera."""
    clave, mensaje = FRASES[codigo]
    if request.META.get("HTTP_ACCEPT", "").startswith("application/json"):
        return JsonResponse({"codigo": clave, "mensaje": mensaje}, status=codigo)
    return HttpResponse(render_to_string("400.html", {"mensaje": mensaje}), status=codigo)


def peticion_ilegible(request: HttpRequest, exception: Exception) -> HttpResponse:
    """El 400 de Django; lo que no cabe, como 413."""
    return ilegible(request, 413 if isinstance(exception, RequestDataTooBig) else 400)
