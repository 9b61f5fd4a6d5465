"""El libro de una matriz en pantalla: bajarlo, subirlo, ver qué pasaría y aplicarlo."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from acciones.models import AccionEstrategica, Plan
from instituciones.models import Institucion
from matrices import archivos, flujo, libro, permisos, tasks
from matrices.forms.libro import LibroForm
from matrices.hojas import LibroInservible
from matrices.models import LibroRecibido
from matrices.views.avance import en_json, pide_json
from matrices.views.libro import FILTROS, POR_PAGINA, RESULTADOS, ULTIMOS, adjunto, cabe
from matrices.views.plan import el_plan, la_accion, puede_llenar_alguna, rectora_de

ZIP = "application/zip"


# Todas las del plan -----------------------------------------------------------------------------
@require_GET
def matrices_del_plan(request: HttpRequest, codigo: str) -> HttpResponse:
    """Qué acciones tienen matriz y de dónde se baja el libro de cada una, o los de una rectora."""
    uno = el_plan(request, codigo)
    acciones, rectoras, elegida = _las_suyas(request, uno)
    filas = [{"accion": una, "rectora": _rectora(una)} for una in acciones.con_sus_responsables()]
    contexto = {
        "titulo": "Libros de las matrices",
        "migas": [(uno.sigla, uno.get_absolute_url()), ("Libros de las matrices", None)],
        "plan": uno,
        "filas": filas,
        "sin_matriz": sum(not hasattr(fila["accion"], "matriz") for fila in filas),
        "rectoras": rectoras,
        "elegida": elegida,
        "estructura": permisos.puede_estructurar(request.user),
    }
    return render(request, "matrices/matrices_del_plan.html", contexto)


@require_GET
def bajar_varias(request: HttpRequest, codigo: str) -> HttpResponse:
    """Un ZIP con el libro de cada acción que rige una institución: la elegida, o la propia.

    Todas juntas no: escribirlas tarda más de lo que un pedido debe durar.
    """
    uno = el_plan(request, codigo)
    acciones, _rectoras, elegida = _las_suyas(request, uno)
    if elegida is None:
        return redirect("matrices:matrices_del_plan", uno.codigo)
    octetos = libro.bajar_matrices(acciones.con_su_lugar(), para=request.user)
    return adjunto(octetos, f"matrices-{uno.codigo}-{elegida.sigla}.zip", ZIP)


def _las_suyas(request: HttpRequest, uno: Plan):
    """Las acciones cuyo libro puede bajar, por quién se pueden elegir y a quién eligió."""
    acciones = AccionEstrategica.objects.visibles_para(request.user).del_plan(uno)
    if not puede_llenar_alguna(request.user, acciones):
        raise PermissionDenied("El libro es de quien estructura y de la institución rectora.")
    if not permisos.puede_estructurar(request.user):
        suya = request.user.institucion
        return acciones.que_rige(suya), [suya], suya
    rigen = {rectora_de(una) for una in acciones.con_sus_responsables()} - {None}
    rectoras = Institucion.objects.visibles_para(request.user).filter(pk__in=rigen)
    pedida = request.GET.get("institucion", "")
    if not pedida:
        return acciones, list(rectoras), None
    elegida = get_object_or_404(rectoras, sigla=pedida)
    return acciones.que_rige(elegida), list(rectoras), elegida


def _rectora(una: AccionEstrategica) -> Institucion | None:
    rectora = rectora_de(una)
    return next((uno.institucion for uno in una.responden if uno.institucion_id == rectora), None)


# La de una acción -------------------------------------------------------------------------------
@require_GET
def libro_de_la_matriz(request: HttpRequest, codigo: str, accion: str) -> HttpResponse:
    """De dónde se baja, por dónde se sube, y los que ya se subieron."""
    return _pagina(request, _la_que_llena(request, codigo, accion), LibroForm())


@require_GET
def bajar(request: HttpRequest, codigo: str, accion: str) -> HttpResponse:
    """El libro de esa acción: vacío si no tiene matriz; si la tiene, con lo que dice."""
    una = _la_que_llena(request, codigo, accion)
    return adjunto(libro.bajar_matriz(una, para=request.user), f"matriz-{una.codigo}.xlsx")


@require_POST
def subir(request: HttpRequest, codigo: str, accion: str) -> HttpResponse:
    """Recibe el libro lleno y lo ensaya; si es grande, queda en cola."""
    una = _la_que_escribe(request, codigo, accion)
    form = LibroForm(request.POST, request.FILES)
    if not form.is_valid():
        return _rechazado(request, una, form, "requerido", 400)
    archivo = form.cleaned_data["archivo"]
    try:
        if isinstance(archivo, archivos.DemasiadoGrande):
            raise LibroInservible("demasiado_grande", "El libro pasa de 10 MB.")
        recibido = libro.subir_matriz(archivo, una, por=request.user)
    except LibroInservible as motivo:
        form.add_error("archivo", str(motivo))
        return _rechazado(request, una, form, motivo.codigo, motivo.http)
    if recibido.espera:
        tasks.tocar_libro_al_confirmar(recibido.clave)
    dicho = recibido.resultado.get("codigo", "")
    if dicho:
        return _ensayo(request, una, recibido, http=409 if dicho == "version_ajena" else 422)
    return redirect(recibido)


@require_GET
def ensayo(request: HttpRequest, codigo: str, accion: str, pk: int) -> HttpResponse:
    """Qué pasaría con cada renglón, o en qué va si todavía se revisa."""
    una = _la_que_escribe(request, codigo, accion)
    return _ensayo(request, una, _el_libro(request, una, pk))


@require_GET
def progreso(request: HttpRequest, codigo: str, accion: str, pk: int) -> HttpResponse:
    """En qué va, que la página vuelve a pedir mientras dura."""
    recibido = _el_libro(request, _la_que_escribe(request, codigo, accion), pk)
    respuesta = render(request, "matrices/_libro_progreso.html", {"libro": recibido})
    if not recibido.espera:
        respuesta["HX-Refresh"] = "true"
    return respuesta


@require_POST
def aplicar(request: HttpRequest, codigo: str, accion: str, pk: int) -> HttpResponse:
    """Guarda lo ensayado: toda la matriz o nada."""
    una = _la_que_escribe(request, codigo, accion)
    recibido = _el_libro(request, una, pk)
    if not recibido.resultado.get("aplicables") and recibido.ensayado:
        mensaje = "No hay nada que aplicar en este libro."
        return _ensayo(request, una, recibido, http=409, choque=mensaje)
    try:
        recibido = libro.aplicar(recibido, por=request.user)
    except flujo.Conflicto as choque:
        recibido = _el_libro(request, una, pk)
        return _ensayo(request, una, recibido, http=409, choque=str(choque))
    if recibido.espera:
        tasks.tocar_libro_al_confirmar(recibido.clave)
    if recibido.aplicado and not recibido.resultado.get("aplicados"):
        return _ensayo(request, una, recibido, http=409)
    return redirect(recibido)


@require_GET
def copia(request: HttpRequest, codigo: str, accion: str, pk: int) -> HttpResponse:
    """El libro que subió, con un comentario en cada celda por corregir."""
    una = _la_que_escribe(request, codigo, accion)
    recibido = _el_libro(request, una, pk)
    if not recibido.resultado:
        mensaje = "El libro todavía no se ensaya, o no se pudo usar."
        return _ensayo(request, una, recibido, http=409, choque=mensaje)
    try:
        octetos = libro.bajar_copia(recibido, por=request.user)
    except libro.LibroAlterado as falla:
        contexto = {"titulo": "El archivo no se entrega", "mensaje": str(falla)}
        return render(request, "matrices/integridad.html", contexto, status=409)
    return adjunto(octetos, f"comentado-{recibido.nombre}")


# Quién, qué acción, qué libro -------------------------------------------------------------------
def _la_que_llena(request: HttpRequest, codigo: str, accion: str) -> AccionEstrategica:
    una = la_accion(request, el_plan(request, codigo), accion)
    if not permisos.puede_bajar_la_matriz(request.user, rectora_de(una)):
        raise PermissionDenied("El libro es de quien estructura y de la institución rectora.")
    return una


def _la_que_escribe(request: HttpRequest, codigo: str, accion: str) -> AccionEstrategica:
    una = la_accion(request, el_plan(request, codigo), accion)
    if not permisos.puede_estructurar(request.user, una):
        raise PermissionDenied("La estructura la escriben la coordinación y la CAP.")
    return una


def _recibidos(request: HttpRequest, una: AccionEstrategica):
    """Los libros de esa acción que esta persona ve."""
    visibles = LibroRecibido.objects.visibles_para(request.user).filter(accion=una)
    return visibles.select_related("accion__objetivo__programa__plan", "institucion", "por")


def _el_libro(request: HttpRequest, una: AccionEstrategica, pk: int) -> LibroRecibido:
    return get_object_or_404(_recibidos(request, una), pk=pk)


# Lo que se contesta -----------------------------------------------------------------------------
def _migas(una: AccionEstrategica, *mas: tuple[str, str | None]):
    plan = una.objetivo.programa.plan
    accion = reverse("matrices:accion", args=[plan.codigo, una.codigo])
    return [(plan.sigla, plan.get_absolute_url()), (una.codigo, accion), *mas]


def _pagina(
    request: HttpRequest,
    una: AccionEstrategica,
    form: LibroForm,
    *,
    http: int = 200,
    codigo: str = "",
) -> HttpResponse:
    contexto: dict[str, Any] = {
        "titulo": f"Libro de la matriz {una.codigo}",
        "migas": _migas(una, ("Libro de la matriz", None)),
        "plan": una.objetivo.programa.plan,
        "accion": una,
        "form": form,
        "rechazo": codigo,
        "estructura": permisos.puede_estructurar(request.user, una),
        "recibidos": list(_recibidos(request, una)[:ULTIMOS]),
    }
    return render(request, "matrices/libro_de_matriz.html", contexto, status=http)


def _rechazado(
    request: HttpRequest, una: AccionEstrategica, form: LibroForm, codigo: str, http: int
) -> HttpResponse:
    if pide_json(request):
        mensaje = " ".join(str(uno) for uno in form.errors.get("archivo", ["No se pudo leer."]))
        return en_json(codigo, mensaje, http)
    return _pagina(request, una, form, http=http, codigo=codigo)


def _ensayo(
    request: HttpRequest,
    una: AccionEstrategica,
    recibido: LibroRecibido,
    *,
    http: int = 200,
    choque: str = "",
) -> HttpResponse:
    resultado = recibido.resultado
    if pide_json(request) and http != 200:
        codigo = resultado.get("codigo") or "estado"
        return en_json(codigo, choque or "Hay renglones por corregir.", http)
    plan = una.objetivo.programa.plan
    vista = request.GET.get("ver", "")
    elegido = FILTROS.get(vista)
    vistas = [
        {"fila": uno, "palabra": "guardado" if uno["aplicado"] else RESULTADOS[uno["resultado"]][1]}
        for uno in resultado.get("renglones", [])
        if cabe(uno, elegido)
    ]
    libros = reverse("matrices:libro_de_la_matriz", args=[plan.codigo, una.codigo])
    contexto: dict[str, Any] = {
        "titulo": "Ensayo de la matriz" if recibido.tarea == "ENSAYAR" else "Matriz aplicada",
        "migas": _migas(una, ("Libro de la matriz", libros), (recibido.nombre, None)),
        "plan": plan,
        "accion": una,
        "libro": recibido,
        "libros": libros,
        "resultado": resultado,
        "choque": choque,
        "codigo": resultado.get("codigo") or recibido.codigo,
        "cuentas": [
            (clave, RESULTADOS[cual][0], resultado["resumen"][cual])
            for clave, cual in FILTROS.items()
        ]
        if resultado
        else [],
        "vista": vista,
        "pagina": Paginator(vistas, POR_PAGINA).get_page(request.GET.get("page")),
    }
    return render(request, "matrices/ensayo_de_matriz.html", contexto, status=http)
