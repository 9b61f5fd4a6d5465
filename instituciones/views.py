"""Las páginas de quién: las delegaciones, los avisos de cada persona y la bitácora."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from instituciones import avisos as bandeja
from instituciones import bitacora as cadena
from instituciones import delegaciones as actos
from instituciones import planilla
from instituciones.canonico import canonico
from instituciones.consultas import en_planilla, poner_nombres
from instituciones.forms import CHOCA, AvisosForm, BitacoraFilter, DelegacionForm, PreferenciaForm
from instituciones.models import VEN_TODA_LA_CADENA, Asiento, Aviso, Delegacion

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


@require_safe
def avisos(request):
    """Lo que se le ha dicho, lo último primero."""
    filas = Aviso.objects.visibles_para(request.user)
    contexto = {
        "titulo": "Avisos",
        "pagina": Paginator(filas, POR_PAGINA).get_page(request.GET.get("page")),
        "sin_leer": filas.sin_leer().count(),
        "preferencia": bandeja.preferencia(request.user),
    }
    return render(request, "instituciones/avisos.html", contexto)


@require_POST
def leer_avisos(request):
    """Darlos por leídos: los que se nombran o, si ninguno, todos."""
    form = AvisosForm(request.POST, persona=request.user)
    if not form.is_valid():
        raise Http404
    bandeja.marcar_leidos(request.user, form.cleaned_data["aviso"] or None)
    return redirect("instituciones:avisos")


@require_http_methods(["GET", "POST"])
def preferir_avisos(request):
    """Cuándo quiere sus avisos por correo."""
    suya = bandeja.preferencia(request.user)
    datos = request.POST if request.method == "POST" else None
    form = PreferenciaForm(datos, initial={"correo": suya.correo, "version": suya.version})
    codigo = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            bandeja.preferir(request.user, **form.cleaned_data)
        except bandeja.PreferenciaAjena:
            form.add_error(None, "Lo cambió en otra ventana mientras tanto; vuelva a abrirlo.")
            codigo = 409
        else:
            messages.success(request, "Así le llegarán sus avisos desde ahora.")
            return redirect("instituciones:avisos")
    migas = [("Avisos", reverse_lazy("instituciones:avisos")), ("Por correo", None)]
    contexto = {"titulo": "Avisos por correo", "form": form, "migas": migas}
    return render(request, "instituciones/preferir_avisos.html", contexto, status=codigo)


# La bitácora -----------------------------------------------------------------------------------
@require_safe
def bitacora(request):
    """Quién hizo qué y cuándo, lo último primero; con filtros en la dirección."""
    filtro, legible = _asientos(request)
    try:
        antes = int(request.GET.get("antes") or 0)
    except ValueError:
        antes, legible = 0, False
    filas = filtro.qs.con_personas().order_by("-pk") if legible else Asiento.objects.none()
    if antes:
        filas = filas.filter(pk__lt=antes)
    asientos = list(filas[: POR_PAGINA + 1])
    poner_nombres(asientos, request.user)
    contexto = {
        "titulo": "Bitácora",
        "filtro": filtro,
        "filtros": request.GET.urlencode(),
        "asientos": asientos[:POR_PAGINA],
        "siguiente": asientos[POR_PAGINA - 1].pk if len(asientos) > POR_PAGINA else None,
        "comprueba": request.user.rol in VEN_TODA_LA_CADENA,
    }
    return render(request, "instituciones/bitacora.html", contexto, status=200 if legible else 400)


@require_safe
def comprobar_bitacora(request):
    """Si la cadena está entera, o en qué asiento se rompe. La recorre toda."""
    if request.user.rol not in VEN_TODA_LA_CADENA:
        raise PermissionDenied("Comprueba la cadena quien la ve entera.")
    cuantos, roto = cadena.primer_quiebre()
    contexto = {
        "titulo": "La cadena de la bitácora",
        "migas": [("Bitácora", reverse_lazy("instituciones:bitacora")), ("La cadena", None)],
        "cuantos": cuantos,
        "roto": roto,
        "huella": cadena.ultima_huella(),
        "momento": timezone.now(),
    }
    return render(request, "instituciones/cadena.html", contexto)


@require_safe
def bajar_bitacora(request, formato: str):
    """Los asientos filtrados, en CSV o en un JSON por renglón con que se rehace la cadena."""
    filtro, legible = _asientos(request)
    if not legible:
        return HttpResponse("No se entiende qué asientos se piden.", status=400)
    filas = filtro.qs.con_personas().order_by("pk")
    with cadena.constancia() as asientos:
        datos = {"formato": formato, "filtros": request.GET.urlencode()[:500]}
        asientos.append(
            cadena.asiento("bajar_bitacora", request.user, por=request.user, datos=datos)
        )
    if formato == "csv":
        return planilla.bajar("bitacora.csv", en_planilla(filas))
    return StreamingHttpResponse(
        (canonico({**uno.sellado(), "huella": uno.huella}) + "\n" for uno in filas.iterator(1000)),
        content_type="application/x-ndjson; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="bitacora.jsonl"'},
    )


def _asientos(request) -> tuple[BitacoraFilter, bool]:
    visibles = Asiento.objects.visibles_para(request.user)
    filtro = BitacoraFilter(request.GET, queryset=visibles, request=request)
    return filtro, filtro.is_valid()
