"""Los resultados estratégicos de un plan: su base, su meta, lo medido y lo recorrido."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.views.decorators.http import require_GET, require_http_methods

from acciones.models import Plan, ResultadoEstrategico, ValorResultado
from matrices import permisos
from matrices import resultados as verbos
from matrices.flujo import VersionAjena
from matrices.forms.resultados import ValorForm
from matrices.templatetags.pesn_formato import medida


@require_GET
def resultados(request: HttpRequest, codigo: str) -> HttpResponse:
    """Los del plan, cada uno con su última medición."""
    plan = get_object_or_404(Plan.objects.visibles_para(request.user), codigo=codigo)
    suyos = ResultadoEstrategico.objects.visibles_para(request.user).filter(plan=plan)
    valores = ValorResultado.objects.visibles_para(request.user).filter(resultado__plan=plan)
    contexto = {
        "titulo": "Resultados estratégicos",
        "migas": [(plan.sigla, plan.get_absolute_url()), ("Resultados", None)],
        "plan": plan,
        "medidos": verbos.medidos(suyos, valores),
        "mide": permisos.puede_estructurar(request.user),
    }
    return render(request, "matrices/resultados.html", contexto)


def _resultado(request: HttpRequest, codigo: str, resultado: str) -> ResultadoEstrategico:
    visibles = ResultadoEstrategico.objects.visibles_para(request.user).select_related("plan")
    return get_object_or_404(visibles, plan__codigo=codigo, codigo=resultado)


def _migas(uno: ResultadoEstrategico, *mas: tuple[str, str | None]) -> list[Any]:
    return [
        (uno.plan.sigla, uno.plan.get_absolute_url()),
        ("Resultados", reverse("matrices:resultados", args=[uno.plan.codigo])),
        *mas,
    ]


@require_GET
def resultado(request: HttpRequest, codigo: str, resultado: str) -> HttpResponse:
    """Uno: su indicador, todas sus mediciones y las correcciones que tuvieron."""
    uno = _resultado(request, codigo, resultado)
    visibles = ResultadoEstrategico.objects.visibles_para(request.user).filter(pk=uno.pk)
    valores = ValorResultado.objects.visibles_para(request.user).filter(resultado=uno)
    medido = verbos.medidos(visibles, valores)[0]
    contexto = {
        "titulo": f"Resultado {uno.codigo}",
        "migas": _migas(uno, (uno.codigo, None)),
        "plan": uno.plan,
        "resultado": uno,
        "medido": medido,
        "correcciones": verbos.correcciones(valores),
        "mide": permisos.puede_estructurar(request.user),
    }
    return render(request, "matrices/resultado.html", contexto)


@require_http_methods(["GET", "POST"])
def registrar_valor(request: HttpRequest, codigo: str, resultado: str) -> HttpResponse:
    """Un valor nuevo, con su fecha y su fuente."""
    uno = _resultado(request, codigo, resultado)
    return _escribir(request, uno, None)


@require_http_methods(["GET", "POST"])
def corregir_valor(request: HttpRequest, codigo: str, resultado: str, pk: int) -> HttpResponse:
    """Corregir un valor; lo que decía queda en su historia."""
    uno = _resultado(request, codigo, resultado)
    return _escribir(request, uno, _valor(request, uno, pk))


def _valor(request: HttpRequest, uno: ResultadoEstrategico, pk: int) -> ValorResultado:
    visibles = ValorResultado.objects.visibles_para(request.user).select_related("resultado")
    return get_object_or_404(visibles, resultado=uno, pk=pk)


def _escribir(
    request: HttpRequest, uno: ResultadoEstrategico, medido: ValorResultado | None
) -> HttpResponse:
    if not permisos.puede_estructurar(request.user, uno):
        raise PermissionDenied("Los resultados los miden la coordinación y la CAP.")
    datos = request.POST if request.method == "POST" else None
    lo_suyo = {"usuario": request.user, "resultado": uno, "uno": medido}
    form = ValorForm(datos, initial=_inicial(medido), **lo_suyo)
    codigo, campos = 422 if form.is_bound else 200, []
    if form.is_valid():
        try:
            _guardar(uno, medido, form, request.user)
        except ValidationError as errores:
            form.add_error(None, errores)
        except VersionAjena as ajena:
            codigo, campos = 409, _en_conflicto(form, ajena.actual)
            escrito = {**form.escrito(), "version": ajena.actual.version}
            form = ValorForm(initial=escrito, **lo_suyo)
        else:
            messages.success(request, "El valor quedó escrito.")
            return redirect("matrices:resultado", uno.plan.codigo, uno.codigo)
    contexto = {
        "titulo": f"{'Corregir un' if medido else 'Nuevo'} valor de {uno.codigo}",
        "migas": _migas(
            uno,
            (uno.codigo, reverse("matrices:resultado", args=[uno.plan.codigo, uno.codigo])),
            ("Corregir" if medido else "Nuevo valor", None),
        ),
        "plan": uno.plan,
        "resultado": uno,
        "form": form,
        "campos": campos,
        "corrige": medido is not None,
    }
    return render(request, "matrices/valor.html", contexto, status=codigo)


def _inicial(medido: ValorResultado | None) -> dict[str, Any]:
    if medido is None:
        return {"version": 1}
    return {
        "version": medido.version,
        "fecha": medido.fecha,
        "valor": medida(medido.valor).replace(",", ""),
        "fuente": medido.fuente,
    }


def _guardar(
    uno: ResultadoEstrategico, medido: ValorResultado | None, form: ValorForm, por
) -> None:
    if medido is None:
        verbos.registrar(uno, por=por, **form.escrito())
    else:
        verbos.corregir(medido, por=por, version=form.cleaned_data["version"], **form.escrito())


def _en_conflicto(form: ValorForm, ahora: ValorResultado) -> list[dict[str, Any]]:
    """Los dos textos de cada campo en que lo escrito y lo guardado difieren."""
    modos = {"fecha": lambda dia: date_format(dia, "d/m/Y"), "valor": medida, "fuente": str}
    return [
        {
            "nombre": form.fields[campo].label,
            "suyo": modo(form.cleaned_data[campo]),
            "actual": modo(getattr(ahora, campo)),
        }
        for campo, modo in modos.items()
        if form.cleaned_data[campo] != getattr(ahora, campo)
    ]
