"""Los filtros de la cola que cada persona guarda: verlos, guardarlos, cambiarlos y borrarlos."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from matrices import filtros as verbos
from matrices.flujo import VersionAjena
from matrices.forms.revision import CambiarFiltroForm, ColaFilter, FiltroForm
from matrices.models import Avance, FiltroGuardado
from matrices.models.filtros import FILTROS_POR_PERSONA
from matrices.views.cola import como_quien, pagina_de_la_cola


@require_GET
def filtros(request: HttpRequest) -> HttpResponse:
    """Los suyos, para abrirlos, cambiarlos o borrarlos."""
    como_quien(request.user)
    contexto = {
        "titulo": "Mis filtros",
        "migas": [("Revisión", reverse("matrices:revision")), ("Mis filtros", None)],
        "filtros": FiltroGuardado.objects.visibles_para(request.user),
        "caben": FILTROS_POR_PERSONA,
    }
    return render(request, "matrices/filtros.html", contexto)


@require_POST
def guardar_filtro(request: HttpRequest) -> HttpResponse:
    """Le pone nombre a los filtros de la dirección."""
    como_quien(request.user)
    filtro = _cola(request, request.GET)
    form = FiltroForm(request.POST, filtro=filtro)
    if form.is_valid():
        try:
            nombre = form.cleaned_data["nombre"]
            guardado = verbos.guardar(nombre, filtro.consulta, por=request.user)
        except ValidationError as falla:
            form.add_error(None, falla)
        else:
            messages.success(request, f"Quedó guardado el filtro «{guardado}».")
            return redirect(f"{reverse('matrices:revision')}?{guardado.consulta}")
    return pagina_de_la_cola(request, codigo=422, guardar=form)


def _cola(request: HttpRequest, datos: QueryDict) -> ColaFilter:
    nadie = Avance.objects.visibles_para(request.user).none()
    return ColaFilter(datos, queryset=nadie, request=request)


def _propio(request: HttpRequest, pk: int) -> FiltroGuardado:
    return get_object_or_404(FiltroGuardado.objects.visibles_para(request.user), pk=pk)


@require_http_methods(["GET", "POST"])
def cambiar_filtro(request: HttpRequest, pk: int) -> HttpResponse:
    """Otro nombre u otros filtros."""
    guardado = _propio(request, pk)
    como_quien(request.user)
    enviado = request.POST if request.method == "POST" else None
    filtro = _cola(request, enviado or QueryDict(guardado.consulta))
    visto = {"nombre": guardado.nombre, "version": guardado.version}
    form = CambiarFiltroForm(enviado, filtro=filtro, initial=visto)
    codigo = 200
    if enviado is not None:
        codigo = 422
        if form.is_valid():
            try:
                dado = form.cleaned_data
                verbos.cambiar(guardado, dado["nombre"], filtro.consulta, version=dado["version"])
            except ValidationError as falla:
                form.add_error(None, falla)
            except VersionAjena:
                form.add_error(None, "Cambió en otra ventana: ábralo de nuevo para cambiarlo.")
                codigo = 409
            else:
                messages.success(request, f"Quedó cambiado el filtro «{dado['nombre']}».")
                return redirect("matrices:filtros")
    contexto = {
        "titulo": f"Cambiar «{guardado}»",
        "migas": [
            ("Revisión", reverse("matrices:revision")),
            ("Mis filtros", reverse("matrices:filtros")),
            (guardado.nombre, None),
        ],
        "form": form,
        "filtro": filtro,
        "guardado": guardado,
    }
    return render(request, "matrices/filtro.html", contexto, status=codigo)


@require_POST
def borrar_filtro(request: HttpRequest, pk: int) -> HttpResponse:
    """Lo quita de los suyos."""
    guardado = _propio(request, pk)
    como_quien(request.user)
    verbos.borrar(guardado)
    messages.success(request, f"Se borró el filtro «{guardado}».")
    return redirect("matrices:filtros")
