"""Las páginas de las propuestas legislativas de un plan."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from acciones import flujo
from acciones.forms import TramiteForm
from acciones.models import Plan, PropuestaLegislativa


def con_el_marco_de(plan: Plan, request) -> None:
    """La página es de ese plan: su barra, su reloj y su franja son los de él (`pesn.contexto`)."""
    request.plan = plan


def _migas(plan, *mas):
    return [(plan.sigla, plan.get_absolute_url()), *mas]


@require_GET
def propuestas(request, codigo):
    """Las leyes que el plan pide, y en qué va cada una."""
    uno = get_object_or_404(Plan.objects.visibles_para(request.user), codigo=codigo)
    visibles = PropuestaLegislativa.objects.visibles_para(request.user)
    contexto = {
        "titulo": "Propuestas legislativas",
        "migas": _migas(uno, ("Propuestas legislativas", None)),
        "plan": uno,
        "propuestas": visibles.de_un_plan(uno),
        "tramita": flujo.puede_tramitar(request.user),
    }
    return render(request, "acciones/propuestas.html", contexto)


@require_http_methods(["GET", "POST"])
def tramitar(request, codigo, orden):
    """Mueve una propuesta con fecha y documento, y muestra sus trámites."""
    visibles = PropuestaLegislativa.objects.visibles_para(request.user)
    una = get_object_or_404(visibles.con_sus_tramites(), plan__codigo=codigo, orden=orden)
    if request.method == "POST" and not flujo.puede_tramitar(request.user):
        raise PermissionDenied
    datos = request.POST if request.method == "POST" else None
    form = TramiteForm(datos, propuesta=una, initial={"version": una.version})
    contexto = {
        "titulo": f"Propuesta {una.orden}",
        "migas": _migas(una.plan, ("Propuestas legislativas", None)),
        "propuesta": una,
        "tramita": flujo.puede_tramitar(request.user),
        "form": form,
    }
    if not form.is_valid():
        codigo = 422 if form.is_bound else 200
        return render(request, "acciones/propuesta.html", contexto, status=codigo)
    try:
        flujo.tramitar(una, por=request.user, **form.cleaned_data)
    except flujo.TramiteInvalido as motivo:
        actual = visibles.con_sus_tramites().get(pk=una.pk)
        contexto |= {"conflicto": str(motivo), "propuesta": actual}
        return render(request, "acciones/propuesta.html", contexto, status=409)
    messages.success(request, f"La propuesta quedó «{una.get_estado_display().lower()}».")
    return redirect("acciones:propuestas", codigo)
