"""El libro de Excel en pantalla: bajarlo, subirlo, ver qué pasaría y aplicarlo."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_POST

from acciones.views import con_el_marco_de
from instituciones.consultas import titulares_de
from instituciones.models import Rol, Usuario
from matrices import archivos, flujo, libro, tasks
from matrices.forms.libro import LibroForm
from matrices.hojas import LibroInservible
from matrices.libro.resultado import CAMBIADO, IGUAL, NUEVO, RECHAZADO
from matrices.models import LibroRecibido
from matrices.views.avance import en_json, pide_json
from matrices.views.semestre import el_pedido, periodos_en_curso

POR_PAGINA, ULTIMOS = 25, 10
RESULTADOS = {
    NUEVO: ("Nuevos", "nuevo"),
    CAMBIADO: ("Cambiados", "cambiado"),
    IGUAL: ("Sin cambios", "sin cambios"),
    RECHAZADO: ("Rechazados", "rechazado"),
}
FILTROS = {"nuevos": NUEVO, "cambiados": CAMBIADO, "sin-cambios": IGUAL, "rechazados": RECHAZADO}
XLSX = archivos.MIMES["xlsx"]


@require_GET
def libro_del_semestre(request: HttpRequest) -> HttpResponse:
    """De dónde se baja, por dónde se sube, y los que ya se subieron."""
    return _pagina(request, LibroForm())


@require_GET
def bajar(request: HttpRequest) -> HttpResponse:
    """El libro de su institución en el semestre en curso, con lo último que dice."""
    titular, periodo = _titular(request), el_pedido(request, periodos_en_curso(request))
    if periodo is None:
        raise Http404
    octetos = libro.bajar(
        request.user.institucion, periodo, para=request.user, en_nombre_de=titular
    )
    partes = [request.user.institucion.sigla, periodo.plan.sigla, periodo.codigo]
    return adjunto(octetos, f"{'-'.join(partes)}-{timezone.localdate()}.xlsx")


@require_POST
def subir(request: HttpRequest) -> HttpResponse:
    """Recibe el libro lleno y lo ensaya; si es grande, queda en cola."""
    titular, periodo = _titular(request), el_pedido(request, periodos_en_curso(request))
    if periodo is None:
        raise Http404
    form = LibroForm(request.POST, request.FILES)
    if not form.is_valid():
        return _rechazado(request, form, "requerido", 400)
    archivo = form.cleaned_data["archivo"]
    try:
        if isinstance(archivo, archivos.DemasiadoGrande):
            raise LibroInservible("demasiado_grande", "El libro pasa de 10 MB.")
        recibido = libro.subir(
            archivo,
            institucion=request.user.institucion,
            periodo=periodo,
            por=request.user,
            en_nombre_de=titular,
        )
    except LibroInservible as motivo:
        form.add_error("archivo", str(motivo))
        return _rechazado(request, form, motivo.codigo, motivo.http)
    if recibido.espera:
        tasks.tocar_libro_al_confirmar(recibido.clave)
    codigo = recibido.resultado.get("codigo", "")
    if codigo:
        return _ensayo(request, recibido, http=409 if codigo == "version_ajena" else 422)
    return redirect("matrices:ensayo", pk=recibido.pk)


@require_GET
def ensayo(request: HttpRequest, pk: int) -> HttpResponse:
    """Qué pasaría con cada renglón, o en qué va si todavía se revisa."""
    return _ensayo(request, _el_libro(request, pk))


@require_GET
def progreso(request: HttpRequest, pk: int) -> HttpResponse:
    """En qué va, que la página vuelve a pedir mientras dura."""
    recibido = _el_libro(request, pk)
    respuesta = render(request, "matrices/_libro_progreso.html", {"libro": recibido})
    if not recibido.espera:
        respuesta["HX-Refresh"] = "true"
    return respuesta


@require_POST
def aplicar(request: HttpRequest, pk: int) -> HttpResponse:
    """Guarda lo ensayado: todo o nada por acción."""
    recibido = _el_libro(request, pk)
    if not recibido.resultado.get("aplicables") and recibido.ensayado:
        mensaje = "No hay nada que aplicar en este libro."
        return _ensayo(request, recibido, http=409, choque=mensaje)
    try:
        recibido = libro.aplicar(recibido, por=request.user)
    except flujo.Conflicto as choque:
        return _ensayo(request, _el_libro(request, pk), http=409, choque=str(choque))
    if recibido.espera:
        tasks.tocar_libro_al_confirmar(recibido.clave)
    if recibido.aplicado and not recibido.resultado.get("aplicados"):
        return _ensayo(request, recibido, http=409)
    return redirect("matrices:ensayo", pk=recibido.pk)


@require_GET
def copia(request: HttpRequest, pk: int) -> HttpResponse:
    """El libro que subió, con un comentario en cada celda por corregir."""
    recibido = _el_libro(request, pk)
    if not recibido.resultado:
        raise Http404
    try:
        octetos = libro.bajar_copia(recibido, por=request.user)
    except libro.LibroAlterado as falla:
        if pide_json(request):
            return en_json("integridad", str(falla), 409)
        contexto = {"titulo": "El archivo no se entrega", "mensaje": str(falla)}
        return render(request, "matrices/integridad.html", contexto, status=409)
    return adjunto(octetos, f"comentado-{recibido.nombre}")


# Quién, qué semestre, qué libro -----------------------------------------------------------------
def _titular(request: HttpRequest) -> Usuario | None:
    """En nombre de quién: None si planifica por sí; si no, quien le delegó hoy."""
    if request.user.rol == Rol.PLANIFICADOR:
        return None
    for titular in titulares_de(request.user, timezone.localdate()):
        if titular.rol == Rol.PLANIFICADOR:
            return titular
    raise PermissionDenied("El libro es de quien planifica en una institución.")


def _el_libro(request: HttpRequest, pk: int) -> LibroRecibido:
    """El libro pedido, si lo ve; para quien no, es como si no existiera."""
    try:
        quien = _titular(request) or request.user
    except PermissionDenied:
        raise Http404 from None
    visibles = LibroRecibido.objects.visibles_para(quien)
    filas = visibles.select_related("periodo__plan", "institucion", "por", "en_nombre_de")
    uno = get_object_or_404(filas, pk=pk)
    con_el_marco_de(uno.periodo.plan, request)
    return uno


# Lo que se contesta -----------------------------------------------------------------------------
def _pagina(request: HttpRequest, form: LibroForm, *, http: int = 200, codigo: str = ""):
    titular, periodo = _titular(request), el_pedido(request, periodos_en_curso(request))
    visibles = LibroRecibido.objects.visibles_para(titular or request.user)
    contexto: dict[str, Any] = {
        "titulo": "Libro de Excel",
        "migas": [
            ("Semestre", periodo.url_de_captura if periodo else reverse("matrices:semestre")),
            ("Libro de Excel", None),
        ],
        "form": form,
        "periodo": periodo,
        "titular": titular,
        "rechazo": codigo,
        "recibidos": list(
            visibles.filter(periodo=periodo).select_related("por")[:ULTIMOS] if periodo else ()
        ),
    }
    return render(request, "matrices/libro.html", contexto, status=http)


def _rechazado(request: HttpRequest, form: LibroForm, codigo: str, http: int) -> HttpResponse:
    if pide_json(request):
        mensaje = " ".join(str(uno) for uno in form.errors.get("archivo", ["No se pudo leer."]))
        return en_json(codigo, mensaje, http)
    return _pagina(request, form, http=http, codigo=codigo)


def _ensayo(
    request: HttpRequest, recibido: LibroRecibido, *, http: int = 200, choque: str = ""
) -> HttpResponse:
    resultado = recibido.resultado
    if pide_json(request) and http != 200:
        codigo = resultado.get("codigo") or "estado"
        return en_json(codigo, choque or "Hay renglones por corregir.", http)
    vista = request.GET.get("ver", "")
    filas = resultado.get("renglones", [])
    elegido = FILTROS.get(vista)
    vistas = [
        {"fila": una, "palabra": "guardado" if una["aplicado"] else RESULTADOS[una["resultado"]][1]}
        for una in filas
        if cabe(una, elegido)
    ]
    contexto: dict[str, Any] = {
        "titulo": "Ensayo del libro" if recibido.tarea == "ENSAYAR" else "Libro aplicado",
        "migas": [
            ("Semestre", recibido.periodo.url_de_captura),
            (
                "Libro de Excel",
                reverse("matrices:libro", query={"plan": recibido.periodo.plan.codigo}),
            ),
            (recibido.nombre, None),
        ],
        "libro": recibido,
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
        "advertidas": sum(bool(una.get("advertencias")) for una in filas),
        "pagina": Paginator(vistas, POR_PAGINA).get_page(request.GET.get("page")),
        "acciones": _acciones(resultado),
    }
    return render(request, "matrices/ensayo.html", contexto, status=http)


def cabe(fila: dict[str, Any], elegido: str | None) -> bool:
    """Sin filtro, lo que cambia o se rechaza: lo demás sólo estorba."""
    return fila["resultado"] == elegido if elegido else fila["resultado"] != IGUAL


def _acciones(resultado: dict[str, Any]) -> list[dict[str, Any]]:
    """Por acción en que algo cambia o se rechaza, si se aplica y cuántos renglones."""
    por_accion: dict[str, dict[str, Any]] = {}
    for una in resultado.get("renglones", ()):
        if una["resultado"] == IGUAL:
            continue
        accion = por_accion.setdefault(
            una["accion"], {"codigo": una["accion"], "cambian": 0, "rechazados": 0}
        )
        accion["rechazados" if una["resultado"] == RECHAZADO else "cambian"] += 1
    for accion in por_accion.values():
        accion["se_aplica"] = accion["codigo"] in resultado.get("aplicables", ())
    return list(por_accion.values())


def adjunto(octetos: bytes, nombre: str, tipo: str = XLSX) -> HttpResponse:
    """Un archivo que se baja y nunca se abre en la página."""
    respuesta = HttpResponse(octetos, content_type=tipo)
    respuesta["Content-Disposition"] = content_disposition_header(
        as_attachment=True, filename=nombre
    )
    respuesta["X-Content-Type-Options"] = "nosniff"
    respuesta["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return respuesta
