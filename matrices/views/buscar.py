"""El buscador: una página con lo que coincide, dentro de lo que la persona ve."""

from django.core.paginator import Paginator
from django.shortcuts import render
from django.views.decorators.http import require_safe

from acciones.models import AccionEstrategica, ObjetivoEspecifico, Plan
from matrices import busqueda
from matrices.forms.busqueda import BusquedaForm
from matrices.models import Actividad

POR_PAGINA = 20


@require_safe
def buscar(request):
    """Plan, objetivos, acciones y actividades, por código o palabras."""
    form = BusquedaForm(request.GET)
    contexto = {"titulo": "Buscar", "form": form, "tope": busqueda.TOPE}
    if not form.is_valid():
        return render(request, "matrices/buscar.html", contexto, status=422)
    consulta = busqueda.leer(form.cleaned_data["q"])
    quien = request.user
    visibles = busqueda.Visibles(
        quien,
        Plan.objects.visibles_para(quien),
        ObjetivoEspecifico.objects.visibles_para(quien),
        AccionEstrategica.objects.visibles_para(quien),
        Actividad.objects.visibles_para(quien),
    )
    llaves = busqueda.hallar(consulta, visibles)
    pagina = Paginator(llaves[: busqueda.TOPE], POR_PAGINA).get_page(request.GET.get("page"))
    contexto |= {
        "consulta": consulta,
        "cuantos": min(len(llaves), busqueda.TOPE),
        "hay_mas": len(llaves) > busqueda.TOPE,
        "pagina": pagina,
        "hallazgos": busqueda.mostrar(pagina.object_list, consulta, visibles),
    }
    return render(request, "matrices/buscar.html", contexto)
