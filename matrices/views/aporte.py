"""La página de la institución que coopera: su conformidad y lo que aportó."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from acciones.views import con_el_marco_de
from matrices import flujo, permisos
from matrices.forms.aporte import AporteForm
from matrices.models import Aporte, Avance
from matrices.views.avance import encabezado


@require_http_methods(["GET", "POST"])
def aportar(request: HttpRequest, pk: int) -> HttpResponse:
    """Lo que dice la institución que coopera: si está conforme, y su texto."""
    cooperan = Avance.objects.visibles_para(request.user).en_los_que_coopera(
        request.user.institucion
    )
    avance = get_object_or_404(cooperan.con_su_actividad(), pk=pk)
    con_el_marco_de(avance.periodo.plan, request)
    if not permisos.puede_aportar(request.user, avance, request.user.institucion):
        raise PermissionDenied("Aporta quien planifica en la institución que coopera.")
    suyos = Aporte.objects.visibles_para(request.user).select_related("institucion", "avance")
    aporte = suyos.filter(avance=avance, institucion=request.user.institucion).first()
    aporte = aporte or Aporte(avance=avance, institucion=request.user.institucion)
    form = AporteForm(request.POST if request.method == "POST" else None, instance=aporte)
    contexto = {**encabezado(request, avance), "form": form, "version": aporte.version}
    contexto["titulo"] = f"Aporte a la actividad {avance.actividad}"
    if not form.is_valid():
        codigo = 422 if form.is_bound else 200
        return render(request, "matrices/aporte.html", contexto, status=codigo)
    try:
        flujo.aportar(aporte, por=request.user, **form.cleaned_data)
    except flujo.Conflicto as choque:
        actual = choque.actual
        contexto |= {"choque": str(choque), "version": actual.version if actual else 1}
        contexto["diferencias"] = form.diferencias(actual)
        return render(request, "matrices/aporte.html", contexto, status=409)
    messages.success(request, "Su aporte quedó guardado.")
    return redirect(avance.periodo.url_de_captura)
