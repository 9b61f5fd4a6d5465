"""Las páginas de cortes, informes, su verificación y las recomendaciones de la Inspectoría."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from acciones.views import con_el_marco_de
from informes import comparacion, emision, permisos
from informes import recomendaciones as verbos
from informes.archivos import ResumenAlSubir
from informes.forms import (
    CortarDeNuevoForm,
    CortarForm,
    EstadoForm,
    OrdenarForm,
    PasoForm,
    RecomendacionesFilter,
    RecomendacionForm,
    RespuestaForm,
    SeleccionForm,
    VerificarForm,
)
from informes.models import (
    ContenidoSellado,
    Corte,
    Documento,
    Edicion,
    Informe,
    Recomendacion,
    TomaConocimiento,
    TrabajoInforme,
)
from informes.tasks import tocar_al_confirmar
from instituciones.consultas import le_toca, turno_de
from matrices.flujo import Conflicto
from matrices.models import Avance, Periodo, Rectificacion

CORTES_POR_PAGINA = 20
MIGA_INFORMES = ("Informes", reverse_lazy("informes:informes"))
MIGA_PERIODOS = ("Períodos", reverse_lazy("matrices:periodos"))
MIGA_RECOMENDACIONES = ("Recomendaciones", reverse_lazy("informes:recomendaciones"))
TIPOS = {
    Documento.Formato.PDF: "application/pdf",
    Documento.Formato.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Documento.Formato.JSON: "application/json",
}


@require_GET
def informes(request):
    """Por semestre: sus cortes, sus ediciones y sus archivos."""
    visibles = Informe.objects.visibles_para(_lector(request))
    cortes = Paginator(
        Corte.objects.visibles_para(request.user).para_lista(visibles), CORTES_POR_PAGINA
    ).get_page(request.GET.get("page"))
    contexto = {
        "titulo": "Informes",
        "migas": [("Informes", None)],
        "cortes": cortes,
        "ediciones": Edicion,
        "emite": le_toca(request.user, permisos.puede_emitir),
        "lee_recomendaciones": permisos.puede_leer_recomendaciones(request.user),
    }
    return render(request, "informes/informes.html", contexto)


def _lector(request):
    """Con qué ojos se lee: los propios o, por delegación, los de quien corta y emite."""
    try:
        return _titular(request) or request.user
    except PermissionDenied:
        return request.user


def _informe(request, pk) -> Informe:
    visibles = Informe.objects.visibles_para(_lector(request))
    uno = get_object_or_404(visibles.con_su_corte(), pk=pk)
    con_el_marco_de(uno.corte.periodo.plan, request)
    return uno


@require_GET
def informe(request, pk):
    """Un informe: en qué va, sus archivos, sus botones y quién lo conoció."""
    return _pagina_de_informe(request, _informe(request, pk), PasoForm())


def _titular(request, fila: object = None):
    """En nombre de quién corta y emite: None si coordina. Lanza PermissionDenied si nadie."""
    return turno_de(request.user, permisos.puede_emitir, fila)


def _pagina_de_informe(request, uno: Informe, form: PasoForm, codigo: int = 200):
    pasos, lector = emision.pasos_posibles(uno, request.user), _lector(request)
    contexto = {
        "titulo": f"{uno.corte.periodo.nombre}, {uno.get_edicion_display()}",
        "migas": [MIGA_INFORMES, (str(uno.corte), None)],
        "informe": uno,
        "trabajo": _trabajo(request, uno),
        "documentos": Documento.objects.visibles_para(lector).filter(informe=uno),
        "pasos": pasos,
        "tomas": TomaConocimiento.objects.visibles_para(lector)
        .filter(informe=uno)
        .select_related("por__institucion"),
        "puede_conocer": permisos.puede_tomar_conocimiento(request.user, uno),
        "form": form,
        "por_quien": _titular(request, uno) if pasos else None,
    }
    return render(request, "informes/informe.html", contexto, status=codigo)


def _trabajo(request, uno: Informe) -> TrabajoInforme | None:
    return TrabajoInforme.objects.visibles_para(_lector(request)).filter(informe=uno).first()


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
    titular = _titular(request, uno)
    if not form.is_valid():
        return _pagina_de_informe(request, uno, form, codigo=422)
    try:
        _dar(uno, form.cleaned_data, {"por": request.user, "en_nombre_de": titular})
    except (Conflicto, emision.IntegridadRota) as motivo:
        messages.error(request, str(motivo))
        return _pagina_de_informe(request, _informe(request, pk), PasoForm(), codigo=409)
    messages.success(request, f"El informe quedó «{uno.get_estado_display().lower()}».")
    return redirect("informes:informe", pk)


def _dar(uno: Informe, datos: dict, quien: dict) -> None:
    version = datos["version"]
    if datos["paso"] == "aprobar":
        emision.aprobar(uno, version=version, **quien)
    elif datos["paso"] == "presentar":
        emision.presentar(uno, version=version, fecha_sesion=datos["fecha_sesion"], **quien)
    else:
        emision.hacer_publico(uno, version=version, **quien)


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
    con_el_marco_de(corte.periodo.plan, request)
    titular = _titular(request, corte)
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
            "titulo": f"Ordenar la {Edicion(edicion).label.replace('Edición', 'edición')}",
            "migas": [MIGA_INFORMES, (str(corte), None)],
            "corte": corte,
            "edicion": edicion,
            "form": form,
            "por_quien": titular,
        }
        codigo = 422 if form.is_bound else 200
        return render(request, "informes/ordenar.html", contexto, status=codigo)
    try:
        trabajo = emision.encargar(
            corte,
            edicion=edicion,
            por=request.user,
            en_nombre_de=titular,
            seleccion=form.seleccion(),
        )
    except Conflicto as motivo:
        messages.error(request, str(motivo))
        return redirect("informes:informes")
    tocar_al_confirmar(trabajo.clave)
    return redirect("informes:informe", trabajo.informe_id)


@require_GET
def documento(request, pk):
    """Entrega un archivo emitido y deja constancia de quién lo bajó."""
    visibles = Documento.objects.visibles_para(_lector(request))
    uno = get_object_or_404(visibles.con_su_corte(), pk=pk)
    con_el_marco_de(uno.informe.corte.periodo.plan, request)
    try:
        octetos = emision.descargar(uno, por=request.user)
    except emision.IntegridadRota as motivo:
        contexto = {"titulo": "Archivo alterado", "motivo": str(motivo), "codigo": "integridad"}
        return render(request, "informes/rechazo.html", contexto, status=409)
    return HttpResponse(
        octetos,
        content_type=TIPOS[uno.formato],
        headers={
            "Content-Disposition": f'attachment; filename="{uno.nombre}"',
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _periodo(request, pk) -> Periodo:
    visibles = Periodo.objects.visibles_para(request.user).select_related("plan")
    uno = get_object_or_404(visibles, pk=pk)
    con_el_marco_de(uno.plan, request)
    return uno


@require_http_methods(["GET", "POST"])
def cortar(request, pk):
    """Confirmar lo que queda sin validar, y cortar."""
    periodo = _periodo(request, pk)
    titular = _titular(request, periodo)
    pendientes = Avance.objects.visibles_para(titular or request.user).sin_validar_en(periodo)
    enviado = request.POST if request.method == "POST" else None
    form = CortarForm(enviado, pendientes=pendientes, initial={"version": periodo.version})
    contexto = {
        "titulo": f"Cortar {periodo}",
        "migas": [MIGA_PERIODOS, (f"Cortar {periodo}", None)],
        "periodo": periodo,
        "pendientes": pendientes,
        "form": form,
        "por_quien": titular,
    }
    if not form.is_valid():
        codigo = 422 if form.is_bound else 200
        return render(request, "informes/cortar.html", contexto, status=codigo)
    try:
        corte = emision.cortar(
            periodo,
            por=request.user,
            en_nombre_de=titular,
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
    """Volver a cortar un semestre con rectificaciones aprobadas, o para cerrar lo reclasificado."""
    periodo = _periodo(request, pk)
    titular = _titular(request, periodo)
    visibles = Rectificacion.objects.visibles_para(titular or request.user)
    aprobadas = visibles.por_aplicar(periodo)
    cierres = emision.cierres_de(periodo)
    form = CortarDeNuevoForm(
        request.POST if request.method == "POST" else None,
        aprobadas=aprobadas,
        cierra=bool(cierres),
    )
    contexto = {
        "titulo": f"Cortar de nuevo {periodo}",
        "migas": [MIGA_PERIODOS, (f"Cortar de nuevo {periodo}", None)],
        "periodo": periodo,
        "aprobadas": aprobadas,
        "cierres": cierres,
        "form": form,
        "por_quien": titular,
    }
    if not form.is_valid():
        codigo = 422 if form.is_bound else 200
        return render(request, "informes/cortar_de_nuevo.html", contexto, status=codigo)
    try:
        cortes = emision.cortar_de_nuevo(
            periodo,
            list(form.cleaned_data["rectificaciones"]),
            por=request.user,
            en_nombre_de=titular,
            motivo=form.cleaned_data["motivo"],
        )
    except Conflicto as motivo:
        contexto["conflicto"] = str(motivo)
        return render(request, "informes/cortar_de_nuevo.html", contexto, status=409)
    messages.success(request, f"Sellados: {', '.join(str(corte) for corte in cortes)}.")
    return redirect("informes:informes")


@require_GET
def comparar(request, pk, otro):
    """Dos cortes de un plan, acción por acción: primero lo que cambió, y cuánto."""
    visibles = ContenidoSellado.objects.visibles_para(request.user).filter(edicion=Edicion.CNS)
    sellados = [
        get_object_or_404(visibles.select_related("corte__periodo__plan"), corte__pk=uno)
        for uno in (pk, otro)
    ]
    if sellados[0].corte.periodo.plan_id != sellados[1].corte.periodo.plan_id:
        raise Http404
    con_el_marco_de(sellados[0].corte.periodo.plan, request)
    antes, despues = [emision.vigente_de(uno.corte) for uno in sellados]
    renglones = comparacion.por_accion(antes, despues)
    contexto = {
        "titulo": f"{sellados[0].corte} y {sellados[1].corte}",
        "migas": [MIGA_INFORMES, ("Comparación", None)],
        "antes": sellados[0].corte,
        "despues": sellados[1].corte,
        "plan": comparacion.del_plan(antes, despues),
        "cambian": [uno for uno in renglones if uno.que_cambia],
        "iguales": [uno for uno in renglones if not uno.que_cambia],
    }
    return render(request, "informes/comparar.html", contexto)


@require_GET
def consejo(request):
    """Cinco minutos: dónde está un plan, qué decidir, qué se logró y qué cambió."""
    visibles, plan = Informe.objects.visibles_para(request.user), request.GET.get("plan", "")
    presentados = list(visibles.del_consejo().con_su_corte().con_sus_documentos())
    suyos = [uno for uno in presentados if plan in {"", uno.corte.periodo.plan.codigo}]
    if plan and not suyos:
        raise Http404
    ultimo = suyos[0] if suyos else None
    contexto = {
        "titulo": "Consejo Nacional de Seguridad",
        "migas": [("Consejo", None)],
        "informe": ultimo,
        "presentados": presentados,
        "planes": dict.fromkeys(uno.corte.periodo.plan for uno in presentados),
        "puede_conocer": ultimo is not None
        and permisos.puede_tomar_conocimiento(request.user, ultimo),
    }
    if ultimo is not None:
        con_el_marco_de(ultimo.corte.periodo.plan, request)
        sellado = emision.vigente_de(ultimo.corte, ultimo.edicion)
        contexto["contenido"] = sellado.con_seleccion(ultimo.seleccion)
        contexto["cambios"] = comparacion.que_cambio(contexto["contenido"])
        tomas = TomaConocimiento.objects.visibles_para(request.user)
        contexto["ya_conocio"] = tomas.filter(informe=ultimo, por=request.user).exists()
    return render(request, "informes/consejo.html", contexto)


@csrf_exempt  # la ficha la exige `_verificar`: leerla aquí elegiría el manejador de siempre
@login_not_required
@require_http_methods(["GET", "POST"])
def verificar(request):
    """Si un archivo o una huella salieron de aquí; lo subido se resume y no se guarda."""
    request.upload_handlers = [ResumenAlSubir(request)]
    return _verificar(request)


@csrf_protect
def _verificar(request):
    datos = request.POST if request.method == "POST" else request.GET or None
    form = VerificarForm(datos, request.FILES or None)
    contexto = {"titulo": "Verificar un documento", "migas": [("Verificar", None)], "form": form}
    if form.is_valid():
        dada = form.cleaned_data["huella"] or form.cleaned_data["archivo"].huella
        contexto |= {"huella": dada, "documento": emision.emitido_con(dada)}
    codigo = 200
    if form.is_bound and form.errors:
        codigo = 413 if form.has_error("archivo", "demasiado_grande") else 422
    return render(request, "informes/verificar.html", contexto, status=codigo)


# Las recomendaciones de la Inspectoría General ----------------------------------------------------

RECOMENDACIONES_POR_PAGINA = 50


@require_GET
def recomendaciones(request):
    """Las que la persona puede leer, con filtros en la dirección."""
    if not permisos.puede_leer_recomendaciones(request.user):
        raise PermissionDenied("Las recomendaciones las leen quienes dan seguimiento al plan.")
    visibles = Recomendacion.objects.visibles_para(request.user)
    filtro = RecomendacionesFilter(request.GET, queryset=visibles.para_lista(), request=request)
    legible = filtro.is_valid()
    filas = filtro.qs if legible else filtro.queryset.none()
    contexto = {
        "titulo": "Recomendaciones de la Inspectoría General",
        "migas": [("Recomendaciones", None)],
        "filtro": filtro,
        "filtros": request.GET.urlencode(),
        "pagina": Paginator(filas, RECOMENDACIONES_POR_PAGINA).get_page(request.GET.get("page")),
        "recomienda": le_toca(request.user, permisos.puede_recomendar),
    }
    codigo = 200 if legible else 400
    return render(request, "informes/recomendaciones.html", contexto, status=codigo)


def _recomendacion(request, pk) -> Recomendacion:
    visibles = Recomendacion.objects.visibles_para(request.user)
    una = get_object_or_404(visibles.con_lo_que_nombra(), pk=pk)
    con_el_marco_de(una.periodo.plan, request)
    return una


@require_GET
def recomendacion(request, pk):
    """Una: qué recomienda, qué contestaron, en qué va y lo que esta persona puede hacer."""
    return _pagina_de_recomendacion(request, _recomendacion(request, pk))


def _pagina_de_recomendacion(
    request, una: Recomendacion, *, form: RespuestaForm | None = None, conflicto=None, codigo=200
):
    pasos = verbos.posibles(una, request.user)
    suyo = form.data.get("respuesta", "") if conflicto and form else ""
    inicial = {"version": una.version, "respuesta": suyo or una.respuesta}
    contexto = {
        "titulo": f"Recomendación {una.numero}",
        "migas": [MIGA_RECOMENDACIONES, (una.numero, None)],
        "una": una,
        "pasos": pasos,
        "botones": [
            {"paso": paso, "nombre": verbos.PASOS[paso].nombre, "por_quien": pasos[paso]}
            for paso in verbos.DE_ESTADO
            if paso in pasos
        ],
        "form": form if form and not conflicto else RespuestaForm(initial=inicial),
        "conflicto": conflicto,
        "campos": [{"nombre": "Respuesta", "suyo": suyo, "actual": una.respuesta}] if suyo else [],
    }
    return render(request, "informes/recomendacion.html", contexto, status=codigo)


@require_http_methods(["GET", "POST"])
def recomendar(request):
    """Escribir una recomendación."""
    titular = turno_de(request.user, permisos.puede_recomendar)
    datos = request.POST if request.method == "POST" else None
    form = RecomendacionForm(datos, usuario=request.user, initial={"version": 1})
    if form.is_valid():
        escrito = {c: v for c, v in form.cleaned_data.items() if c != "version"}
        try:
            una = verbos.registrar(**escrito, por=request.user, en_nombre_de=titular)
        except ValidationError as errores:
            form.add_error(None, errores)
        else:
            messages.success(request, f"La recomendación {una.numero} quedó registrada.")
            return redirect("informes:recomendacion", una.pk)
    contexto = {
        "titulo": "Nueva recomendación",
        "migas": [MIGA_RECOMENDACIONES, ("Nueva", None)],
        "form": form,
        "por_quien": titular,
    }
    codigo = 422 if form.is_bound else 200
    return render(request, "informes/recomendar.html", contexto, status=codigo)


@require_http_methods(["GET", "POST"])
def corregir(request, pk):
    """Corregir lo que se recomendó, mientras no esté atendida."""
    una = _recomendacion(request, pk)
    titular = turno_de(request.user, permisos.puede_recomendar, una)
    campos = ("version", "numero", "periodo", "institucion", "texto")
    inicial = {campo: getattr(una, campo) for campo in campos}
    datos = request.POST if request.method == "POST" else None
    form = RecomendacionForm(datos, usuario=request.user, una=una, initial=inicial)
    codigo, conflicto, choques = 422 if form.is_bound else 200, None, []
    if form.is_valid():
        try:
            verbos.corregir(una, por=request.user, en_nombre_de=titular, **form.cleaned_data)
        except ValidationError as errores:
            form.add_error(None, errores)
        except Conflicto as motivo:
            codigo, conflicto, una = 409, motivo, _recomendacion(request, pk)
            choques = _campos_en_conflicto(form, una)
            escrito = {**form.cleaned_data, "version": una.version}
            form = RecomendacionForm(usuario=request.user, una=una, initial=escrito)
        else:
            messages.success(request, "La recomendación quedó corregida.")
            return redirect("informes:recomendacion", pk)
    contexto = {
        "titulo": f"Corregir {una.numero}",
        "migas": [MIGA_RECOMENDACIONES, (una.numero, None), ("Corregir", None)],
        "form": form,
        "una": una,
        "por_quien": titular,
        "conflicto": conflicto,
        "campos": choques,
    }
    return render(request, "informes/recomendar.html", contexto, status=codigo)


def _campos_en_conflicto(form: RecomendacionForm, ahora: Recomendacion) -> list[dict]:
    """Los dos textos de cada campo en que lo escrito y lo guardado difieren."""
    pares = [
        (campo, form.cleaned_data[campo], getattr(ahora, campo))
        for campo in form.fields
        if campo != "version"
    ]
    return [
        {"nombre": form.fields[campo].label, "suyo": suyo, "actual": actual}
        for campo, suyo, actual in pares
        if suyo != actual
    ]


@require_POST
def responder(request, pk):
    """La respuesta de la institución destinataria."""
    una = _recomendacion(request, pk)
    titular = turno_de(request.user, permisos.puede_responder, una)
    form = RespuestaForm(request.POST)
    if not form.is_valid():
        return _pagina_de_recomendacion(request, una, form=form, codigo=422)
    try:
        verbos.responder(una, por=request.user, en_nombre_de=titular, **form.cleaned_data)
    except Conflicto as motivo:
        ahora = _recomendacion(request, pk)
        return _pagina_de_recomendacion(request, ahora, form=form, conflicto=motivo, codigo=409)
    messages.success(request, "Su respuesta quedó registrada; la Inspectoría la leerá.")
    return redirect("informes:recomendacion", pk)


@require_POST
def mover(request, pk):
    """Marcar en curso, dar por atendida o abrir de nuevo."""
    una, form = _recomendacion(request, pk), EstadoForm(request.POST)
    titular = turno_de(request.user, permisos.puede_recomendar, una)
    if not form.is_valid():
        return render(request, "400.html", {"mensaje": "No se conoce ese paso."}, status=400)
    dado = form.cleaned_data
    try:
        verbos.mover(
            una, dado["paso"], version=dado["version"], por=request.user, en_nombre_de=titular
        )
    except Conflicto as motivo:
        ahora = _recomendacion(request, pk)
        return _pagina_de_recomendacion(request, ahora, conflicto=motivo, codigo=409)
    messages.success(request, f"La recomendación quedó «{una.get_estado_display().lower()}».")
    return redirect("informes:recomendacion", pk)
