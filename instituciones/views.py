"""Las páginas de quién: las delegaciones que se dan, se reciben y se revocan."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from instituciones import delegaciones as actos
from instituciones.forms import CHOCA, DelegacionForm
from instituciones.models import Delegacion

POR_PAGINA = 50
MIGAS = [("Delegaciones", reverse_lazy("instituciones:delegaciones")), ("Delegar", None)]


@require_safe
def delegaciones(request):
    """Las propias, dadas y recibidas; quien coordina, audita o administra, todas."""
    return _lista(request)


@require_http_methods(["GET", "POST"])
def delegar(request):
    """Prestar el rol propio por unos días."""
    form = DelegacionForm(
        request.POST if request.method == "POST" else None,
        titular=request.user,
        initial={"desde": timezone.localdate()},
    )
    codigo = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            delegacion = actos.delegar(request.user, **form.cleaned_data)
        except actos.DelegacionRepetida:
            form.add_error("desde", CHOCA)
            codigo = 409
        else:
            messages.success(request, f"{delegacion.delegado} puede actuar en su nombre.")
            return redirect("instituciones:delegaciones")
    contexto = {"titulo": "Delegar", "form": form, "migas": MIGAS}
    return render(request, "instituciones/delegar.html", contexto, status=codigo)


@require_POST
def revocar(request, pk: int):
    """Terminar antes una delegación que uno dio."""
    visibles = Delegacion.objects.visibles_para(request.user)
    delegacion = get_object_or_404(visibles.select_related("titular__institucion"), pk=pk)
    if delegacion.titular_id != request.user.pk:
        raise PermissionDenied("Sólo quien la dio puede revocarla.")
    try:
        actos.revocar(delegacion, por=request.user)
    except actos.DelegacionTerminada:
        messages.error(request, "Esa delegación ya había terminado; nada cambió.")
        return _lista(request, codigo=409)
    messages.success(request, "La delegación terminó.")
    return redirect("instituciones:delegaciones")


def _lista(request, codigo: int = 200):
    visibles = Delegacion.objects.visibles_para(request.user)
    filas = visibles.select_related("titular__institucion", "delegado").order_by("-desde", "-pk")
    contexto = {
        "titulo": "Delegaciones",
        "pagina": Paginator(filas, POR_PAGINA).get_page(request.GET.get("page")),
        "hoy": timezone.localdate(),
    }
    return render(request, "instituciones/delegaciones.html", contexto, status=codigo)
