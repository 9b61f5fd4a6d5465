"""Las páginas de cortes, informes y su verificación: buscar, preguntar, delegar, responder."""

from hashlib import sha256

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from informes import comparacion, emision, permisos
from informes.forms import (
    CortarDeNuevoForm,
    CortarForm,
    OrdenarForm,
    PasoForm,
    SeleccionForm,
    VerificarForm,
)
from informes.models import (
    ContenidoSellado,
    Corte,
    Documento,
    Edicion,
    Informe,
    TomaConocimiento,
    TrabajoInforme,
)
from informes.tasks import tocar_al_confirmar
from matrices.flujo import Conflicto
from matrices.models import Avance, Periodo, Rectificacion

CORTES_POR_PAGINA = 20
TIPOS = {
    Documento.Formato.PDF: "application/pdf",
    Documento.Formato.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Documento.Formato.JSON: "application/json",
}


@require_GET
def informes(request):
    """Por semestre: sus cortes, sus ediciones y sus archivos."""
    visibles = Informe.objects.visibles_para(request.user)
    cortes = Paginator(
        Corte.objects.visibles_para(request.user).para_lista(visibles), CORTES_POR_PAGINA
    ).get_page(request.GET.get("page"))
    contexto = {
        "titulo": "Informes",
        "migas": [("Informes", None)],
        "cortes": cortes,
        "ediciones": Edicion,
        "emite": permisos.puede_emitir(request.user),
    }
    return render(request, "informes/informes.html", contexto)


def _informe(request, pk) -> Informe:
    visibles = Informe.objects.visibles_para(request.user)
    return get_object_or_404(visibles.con_su_corte(), pk=pk)


@require_GET
def informe(request, pk):
    """Un informe: en qué va, sus archivos, sus botones y quién lo conoció."""
    return _pagina_de_informe(request, _informe(request, pk), PasoForm())


def _pagina_de_informe(request, uno: Informe, form: PasoForm, codigo: int = 200):
    contexto = {
        "titulo": f"{uno.corte.periodo.nombre}, {uno.get_edicion_display()}",
        "migas": [("Informes", "informes:informes"), (str(uno.corte), None)],
        "informe": uno,
        "trabajo": _trabajo(request, uno),
        "documentos": Documento.objects.visibles_para(request.user).filter(informe=uno),
        "pasos": emision.pasos_posibles(uno, request.user),
        "tomas": TomaConocimiento.objects.visibles_para(request.user)
        .filter(informe=uno)
        .select_related("por__institucion"),
        "puede_conocer": permisos.puede_tomar_conocimiento(request.user, uno),
        "form": form,
    }
    return render(request, "informes/informe.html", contexto, status=codigo)


def _trabajo(request, uno: Informe) -> TrabajoInforme | None:
    return TrabajoInforme.objects.visibles_para(request.user).filter(informe=uno).first()


@require_GET
def progreso(request, pk):
    """El avance del dibujo, que la página vuelve a pedir mientras dura."""
    uno = _informe(request, pk)
    contexto = {"informe": uno, "trabajo": _trabajo(request, uno)}
    respuesta = render(request, "informes/_progreso.html", contexto)
    if contexto["trabajo"] and contexto["trabajo"].estado == TrabajoInforme.Estado.LISTO:
        respuesta["HX-Refresh"] = "true"
    return respuesta


@require_POST
def dar_paso(request, pk):
    """Aprobar, presentar o publicar."""
    uno, form = _informe(request, pk), PasoForm(request.POST)
    if not permisos.puede_emitir(request.user, uno):
        raise PermissionDenied
    if not form.is_valid():
        return _pagina_de_informe(request, uno, form, codigo=422)
    try:
        _dar(uno, form.cleaned_data, request.user)
    except (Conflicto, emision.IntegridadRota) as motivo:
        messages.error(request, str(motivo))
        return _pagina_de_informe(request, _informe(request, pk), PasoForm(), codigo=409)
    messages.success(request, f"El informe quedó «{uno.get_estado_display().lower()}».")
    return redirect("informes:informe", pk)


def _dar(uno: Informe, datos: dict, por) -> None:
    version = datos["version"]
    if datos["paso"] == "aprobar":
        emision.aprobar(uno, por=por, version=version)
    elif datos["paso"] == "presentar":
        emision.presentar(uno, por=por, version=version, fecha_sesion=datos["fecha_sesion"])
    else:
        emision.hacer_publico(uno, por=por, version=version)


@require_POST
def tomar_conocimiento(request, pk):
    """La toma de conocimiento de un miembro del Consejo."""
    uno = _informe(request, pk)
    try:
        emision.tomar_conocimiento(uno, por=request.user)
    except Conflicto as motivo:
        messages.error(request, str(motivo))
        return _pagina_de_informe(request, uno, PasoForm(), codigo=409)
    messages.success(request, "Quedó constancia de su toma de conocimiento.")
    return redirect("informes:informe", pk)


@require_http_methods(["GET", "POST"])
def ordenar(request, pk):
    """Ordenar una edición de un corte, con la selección de decisiones y logros."""
    corte = get_object_or_404(Corte.objects.visibles_para(request.user).con_su_periodo(), pk=pk)
    if not permisos.puede_emitir(request.user, corte):
        raise PermissionDenied
    enviado = request.POST if request.method == "POST" else None
    pedido = OrdenarForm(enviado or request.GET)
    if not pedido.is_valid():
        return render(request, "400.html", status=400)
    edicion = pedido.cleaned_data["edicion"]
    contenido = emision.vigente_de(corte, edicion)
    form = SeleccionForm(
        enviado,
        decisiones=contenido.candidatas_a_decision,
        logros=contenido.candidatos_a_logro,
    )
    if not form.is_valid():
        contexto = {
            "titulo": f"Ordenar {Edicion(edicion).label}",
            "migas": [("Informes", "informes:informes"), (str(corte), None)],
            "corte": corte,
            "edicion": edicion,
            "form": form,
        }
        codigo = 422 if form.is_bound else 200
        return render(request, "informes/ordenar.html", contexto, status=codigo)
    try:
        trabajo = emision.encargar(
            corte, edicion=edicion, por=request.user, seleccion=form.seleccion()
        )
    except Conflicto as motivo:
        messages.error(request, str(motivo))
        return redirect("informes:informes")
    tocar_al_confirmar(trabajo.clave)
    return redirect("informes:informe", trabajo.informe_id)


@require_GET
def documento(request, pk):
    """Entrega un archivo emitido y deja constancia de quién lo bajó."""
    visibles = Documento.objects.visibles_para(request.user)
    uno = get_object_or_404(visibles.con_su_corte(), pk=pk)
    try:
        octetos = emision.descargar(uno, por=request.user)
    except emision.IntegridadRota as motivo:
        contexto = {"titulo": "Archivo alterado", "motivo": str(motivo), "codigo": "integridad"}
        return render(request, "informes/rechazo.html", contexto, status=409)
    corte = uno.informe.corte
    nombre = f"informe-{corte.periodo}-corte{corte.numero}-{uno.informe.edicion}".lower()
    return HttpResponse(
        octetos,
        content_type=TIPOS[uno.formato],
        headers={
            "Content-Disposition": f'attachment; filename="{nombre}.{uno.formato.lower()}"',
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "X-Content-Type-Options": "nosniff",
        },
    )


@require_http_methods(["GET", "POST"])
def cortar(request, pk):
    """Confirmar lo que queda sin validar, y cortar."""
    periodo = get_object_or_404(Periodo.objects.visibles_para(request.user), pk=pk)
    if not permisos.puede_emitir(request.user, periodo):
        raise PermissionDenied
    pendientes = Avance.objects.visibles_para(request.user).sin_validar_en(periodo)
    enviado = request.POST if request.method == "POST" else None
    form = CortarForm(enviado, pendientes=pendientes, initial={"version": periodo.version})
    contexto = {
        "titulo": f"Cortar {periodo}",
        "migas": [("Periodos", "matrices:periodos"), (f"Cortar {periodo}", None)],
        "periodo": periodo,
        "pendientes": pendientes,
        "form": form,
    }
    if not form.is_valid():
        codigo = 422 if form.is_bound else 200
        return render(request, "informes/cortar.html", contexto, status=codigo)
    try:
        corte = emision.cortar(
            periodo,
            por=request.user,
            version=form.cleaned_data["version"],
            confirmados=form.cleaned_data["confirmados"],
        )
    except Conflicto as motivo:
        contexto["conflicto"] = str(motivo)
        return render(request, "informes/cortar.html", contexto, status=409)
    messages.success(request, f"{corte} quedó sellado.")
    return redirect("informes:informes")


@require_http_methods(["GET", "POST"])
def cortar_de_nuevo(request, pk):
    """Elegir rectificaciones aprobadas de un semestre cortado, y volver a cortarlo."""
    periodo = get_object_or_404(Periodo.objects.visibles_para(request.user), pk=pk)
    if not permisos.puede_emitir(request.user, periodo):
        raise PermissionDenied
    aprobadas = Rectificacion.objects.visibles_para(request.user).por_aplicar(periodo)
    form = CortarDeNuevoForm(
        request.POST if request.method == "POST" else None, aprobadas=aprobadas
    )
    contexto = {
        "titulo": f"Cortar de nuevo {periodo}",
        "migas": [("Periodos", "matrices:periodos"), (f"Cortar de nuevo {periodo}", None)],
        "periodo": periodo,
        "aprobadas": aprobadas,
        "form": form,
    }
    if not form.is_valid():
        codigo = 422 if form.is_bound else 200
        return render(request, "informes/cortar_de_nuevo.html", contexto, status=codigo)
    try:
        cortes = emision.cortar_de_nuevo(
            periodo,
            list(form.cleaned_data["rectificaciones"]),
            por=request.user,
            motivo=form.cleaned_data["motivo"],
        )
    except Conflicto as motivo:
        contexto["conflicto"] = str(motivo)
        return render(request, "informes/cortar_de_nuevo.html", contexto, status=409)
    messages.success(request, f"Sellados: {', '.join(str(corte) for corte in cortes)}.")
    return redirect("informes:informes")


@require_GET
def comparar(request, pk, otro):
    """Dos cortes, acción por acción: qué cifra cambió y cuánto."""
    visibles = ContenidoSellado.objects.visibles_para(request.user).filter(edicion=Edicion.CNS)
    sellados = [
        get_object_or_404(visibles.select_related("corte__periodo"), corte=uno)
        for uno in (pk, otro)
    ]
    antes, despues = [emision.vigente_de(uno.corte) for uno in sellados]
    contexto = {
        "titulo": f"{sellados[0].corte} y {sellados[1].corte}",
        "migas": [("Informes", "informes:informes"), ("Comparación", None)],
        "antes": sellados[0].corte,
        "despues": sellados[1].corte,
        "renglones": comparacion.por_accion(antes, despues),
    }
    return render(request, "informes/comparar.html", contexto)


@require_GET
def consejo(request):
    """Cinco minutos: dónde está el plan, qué decidir, qué se logró y qué cambió."""
    visibles = Informe.objects.visibles_para(request.user)
    presentados = visibles.del_consejo().con_su_corte()
    ultimo = presentados.first()
    contexto = {
        "titulo": "Consejo Nacional de Seguridad",
        "migas": [("Consejo", None)],
        "informe": ultimo,
        "presentados": presentados.con_sus_documentos(),
        "puede_conocer": ultimo is not None
        and permisos.puede_tomar_conocimiento(request.user, ultimo),
    }
    if ultimo is not None:
        sellado = emision.vigente_de(ultimo.corte, ultimo.edicion)
        contexto["contenido"] = sellado.con_seleccion(ultimo.seleccion)
        tomas = TomaConocimiento.objects.visibles_para(request.user)
        contexto["ya_conocio"] = tomas.filter(informe=ultimo, por=request.user).exists()
    return render(request, "informes/consejo.html", contexto)


@login_not_required
@require_http_methods(["GET", "POST"])
def verificar(request):
    """Si un archivo o una huella salieron de aquí; no dice nada más."""
    datos = request.POST if request.method == "POST" else request.GET
    form = VerificarForm(datos or None, request.FILES or None)
    contexto = {"titulo": "Verificar un documento", "migas": [("Verificar", None)], "form": form}
    if form.is_valid():
        dada = form.cleaned_data["huella"] or _resumir(form.cleaned_data["archivo"])
        contexto |= {"huella": dada, "documento": emision.emitido_con(dada)}
    codigo = 422 if form.is_bound and form.errors else 200
    return render(request, "informes/verificar.html", contexto, status=codigo)


def _resumir(archivo) -> str:
    """SHA-256 del archivo, por trozos y sin guardarlo."""
    resumen = sha256()
    for trozo in archivo.chunks():
        resumen.update(trozo)
    return resumen.hexdigest()
