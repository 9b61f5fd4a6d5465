"""La clasificación y la reserva: qué hay por decidir, pedir otra clase y confirmarla.

Ninguna clase cambia en estas páginas sin que otra persona la apruebe.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from acciones.models import AccionEstrategica, Plan
from acciones.views import con_el_marco_de
from instituciones.consultas import titulares_de
from instituciones.models import ResolucionReserva, Usuario
from matrices import avisos, flujo, permisos
from matrices import clasificacion as verbos
from matrices.forms.clasificacion import PIDEN, ClaseForm, ProrrogaForm, ResolucionForm
from matrices.forms.enmiendas import ResolverForm
from matrices.models import Actividad, Avance, Evidencia, Reclasificacion
from matrices.models.matriz import VEN_TODA_FILA

POR_PAGINA = 50
A_LA_VISTA = 100
MIGA = ("Clasificación y reserva", "matrices:reservas")
PASOS = {"aprobar": verbos.aprobar, "rechazar": verbos.rechazar, "desistir": verbos.desistir}
MODELOS = {sobre.lower(): modelo for sobre, modelo in verbos.MODELOS.items()}
PLAN = "objetivo__programa__plan"
ACTIVIDAD = ("responsable", f"matriz__accion__{PLAN}", "resolucion")
AVANCE = ("periodo__plan", *(f"actividad__{una}" for una in ACTIVIDAD), "resolucion")
NOMBRAN = {  # lo que hace falta para nombrar cada fila y decir de qué cuelga
    "accion": (PLAN, "resolucion"),
    "actividad": ACTIVIDAD,
    "avance": AVANCE,
    "evidencia": (*(f"avance__{una}" for una in AVANCE), "resolucion"),
}

# Lo que hay por decidir ------------------------------------------------------------------------


@require_GET
def reservas(request: HttpRequest) -> HttpResponse:
    """Las solicitudes que esperan, las reservas vencidas y las que vencen pronto."""
    _exigir_verlas(request.user)
    hoy, todas = timezone.localdate(), request.GET.get("ver") == "todas"
    pedidas = _visibles(request.user)
    if not todas:
        pedidas = pedidas.en_tramite()
    pagina = Paginator(pedidas.order_by("-solicitada_en", "-pk"), POR_PAGINA).get_page(
        request.GET.get("page")
    )
    titulares = titulares_de(request.user, hoy)
    for una in pagina.object_list:
        una.puede = [
            flujo.PASOS_RECLASIFICACION[paso].nombre
            for paso in flujo.actuaciones(una, request.user, titulares)
        ]
    contexto = {
        "titulo": "Clasificación y reserva",
        "migas": [("Clasificación y reserva", None)],
        "pagina": pagina,
        "todas": todas,
        "registra": permisos.puede_registrar_reserva(request.user),
        **_por_vencimiento(request.user, hoy),
    }
    return render(request, "matrices/reservas.html", contexto)


def _por_vencimiento(persona: Usuario, hoy: Any) -> dict[str, list[verbos.Reservado]]:
    """Las resoluciones que la persona ve: vencidas por decidir, por vencer y las demás."""
    visibles = ResolucionReserva.objects.visibles_para(persona).con_quienes()
    propias = set(visibles.de_la_institucion(persona.institucion_id).values_list("pk", flat=True))
    filas = verbos.lo_reservado(visibles.order_by("vence", "pk"), persona).values()
    suyas = [
        una
        for una in filas
        if persona.rol in VEN_TODA_FILA or una.cuantas or una.resolucion.pk in propias
    ]
    pronto = hoy + timedelta(days=max(avisos.RESERVAS))
    grupos: dict[str, list[verbos.Reservado]] = {"vencidas": [], "pronto": [], "vigentes": []}
    for una in suyas:
        hasta = una.resolucion.reserva_hasta
        if hasta < hoy and una.cuantas:
            grupos["vencidas"].append(una)
        elif hoy <= hasta <= pronto:
            grupos["pronto"].append(una)
        else:
            grupos["vigentes"].append(una)
    return grupos


def _exigir_verlas(persona: Usuario) -> None:
    if not permisos.puede_ver_reservas(persona):
        raise PermissionDenied("Las reservas son de las instituciones y de quien las revisa.")


def _visibles(persona: Usuario) -> QuerySet[Reclasificacion]:
    return Reclasificacion.objects.visibles_para(persona).con_lo_suyo()


# Las resoluciones ------------------------------------------------------------------------------


@require_GET
def resolucion(request: HttpRequest, pk: int) -> HttpResponse:
    """Una resolución: hasta cuándo vale y qué reserva, de lo que la persona ve."""
    una = _la_resolucion(request, pk)
    _exigir_verlas(request.user)
    reservado = verbos.lo_reservado([una], request.user)[una.pk]
    grupos = [
        ("Acciones y actividades", [*reservado.acciones, *reservado.actividades]),
        ("Avances", reservado.avances),
        ("Evidencia", reservado.evidencias),
    ]
    contexto = {
        "titulo": f"Resolución {una.numero}",
        "migas": [(MIGA[0], reverse(MIGA[1])), (una.numero, None)],
        "resolucion": una,
        "hoy": timezone.localdate(),
        "grupos": [
            {
                "nombre": nombre,
                "cuantas": len(filas),
                "filas": [_renglon(fila, request.user) for fila in filas[:A_LA_VISTA]],
                "de_mas": len(filas) - len(filas[:A_LA_VISTA]),
            }
            for nombre, filas in grupos
            if filas
        ],
        "prorroga": not una.prorroga_de_id
        and not hasattr(una, "prorroga")
        and permisos.puede_registrar_reserva(request.user, una.autoridad_id),
    }
    return render(request, "matrices/resolucion.html", contexto)


def _la_resolucion(request: HttpRequest, pk: int) -> ResolucionReserva:
    visibles = ResolucionReserva.objects.visibles_para(request.user).con_quienes()
    return get_object_or_404(visibles, pk=pk)


@require_http_methods(["GET", "POST"])
def registrar_resolucion(request: HttpRequest) -> HttpResponse:
    """Anotar una resolución de reserva ya dictada."""
    if not permisos.puede_registrar_reserva(request.user):
        raise PermissionDenied("La registra la coordinación o quien aprueba donde se dictó.")
    datos = request.POST if request.method == "POST" else None
    form = ResolucionForm(datos, usuario=request.user, hoy=timezone.localdate())
    if form.is_valid() and _registrado(form, verbos.registrar_resolucion, por=request.user):
        messages.success(request, "La resolución quedó registrada: ya se puede pedir con ella.")
        return redirect("matrices:resolucion", form.instance.pk)
    return _pagina_de_registro(request, form, "Registrar una resolución de reserva")


@require_http_methods(["GET", "POST"])
def prorrogar_resolucion(request: HttpRequest, pk: int) -> HttpResponse:
    """Anotar la resolución que prorroga otra."""
    una = _la_resolucion(request, pk)
    if not permisos.puede_registrar_reserva(request.user, una.autoridad_id):
        raise PermissionDenied("La registra la coordinación o quien aprueba donde se dictó.")
    datos = request.POST if request.method == "POST" else None
    form = ProrrogaForm(datos, hoy=timezone.localdate())

    def prorrogar(nueva: ResolucionReserva, **ctx: Any) -> ResolucionReserva:
        return verbos.prorrogar_resolucion(una, nueva, **ctx)

    if form.is_valid() and _registrado(form, prorrogar, por=request.user):
        messages.success(request, "La prórroga quedó registrada: lo reservado sigue reservado.")
        return redirect("matrices:resolucion", form.instance.pk)
    return _pagina_de_registro(request, form, f"Prorrogar la resolución {una.numero}", una)


def _registrado(form: Any, verbo: Any, *, por: Usuario) -> bool:
    try:
        verbo(form.instance, por=por)
    except ValidationError as errores:
        _anotar(form, errores)
        return False
    return True


def _pagina_de_registro(
    request: HttpRequest, form: Any, titulo: str, prorrogada: ResolucionReserva | None = None
) -> HttpResponse:
    contexto = {
        "titulo": titulo,
        "migas": [(MIGA[0], reverse(MIGA[1])), (titulo, None)],
        "form": form,
        "prorrogada": prorrogada,
    }
    codigo = 422 if form.is_bound else 200
    return render(request, "matrices/registrar_resolucion.html", contexto, status=codigo)


def _anotar(form: BaseForm, errores: ValidationError) -> None:
    """Cada error en su campo; el que no tiene, arriba."""
    dichos = errores.error_dict if hasattr(errores, "error_dict") else {"": errores}
    for campo, suyos in dichos.items():
        form.add_error(campo if campo in form.fields else None, suyos)


# Pedir otra clase ------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def clase(request: HttpRequest, sobre: str, pk: int) -> HttpResponse:
    """La clase de una fila, la de sus padres y partes, y el formulario para pedir otra."""
    fila = _la_fila(request, sobre, pk)
    responsable = verbos.responsable_de(fila)
    casa = responsable.pk if responsable else None
    pide = permisos.puede_pedir_clase(request.user, casa)
    mira = permisos.puede_ver_su_clase(request.user, casa) and request.method == "GET"
    if not pide and not mira:
        raise PermissionDenied("Lo pide la institución responsable o la coordinación.")
    datos = request.POST if request.method == "POST" else None
    con_partes = not isinstance(fila, Evidencia)
    form = ClaseForm(datos, fila=fila, usuario=request.user, con_partes=con_partes)
    if form.is_valid():
        try:
            pedida = verbos.solicitar(fila, form.pedido(), por=request.user)
        except ValidationError as errores:
            _anotar(form, errores)
        else:
            messages.success(request, "Nada ha cambiado: espera a que otra persona la apruebe.")
            return redirect("matrices:reclasificacion", pedida.pk)
    nombre = _nombre(fila)
    contexto = {
        "titulo": f"Clasificación: {nombre}",
        "migas": [(MIGA[0], reverse(MIGA[1])), (capfirst(nombre), None)],
        "renglon": _renglon(fila, request.user),
        "direccion": _direccion(fila),
        "responsable": responsable,
        "padres": [_renglon(uno, request.user) for uno in verbos.padres_de(fila)],
        "partes": [_renglon(una, request.user) for una in _partes(request, fila)],
        "pedidas": list(_visibles(request.user).filter(pk__in=verbos.de_la_fila(fila))),
        "form": form if pide and not verbos.pendientes_de(fila).exists() else None,
        "registra": permisos.puede_registrar_reserva(request.user),
    }
    return render(request, "matrices/clase.html", contexto, status=422 if form.is_bound else 200)


def _la_fila(request: HttpRequest, sobre: str, pk: int) -> verbos.Fila:
    """La fila, si la ve; con todo lo que hace falta para nombrarla."""
    if sobre not in MODELOS:
        raise Http404
    visibles: Any = MODELOS[sobre].objects.visibles_para(request.user)
    fila = get_object_or_404(visibles.select_related(*NOMBRAN[sobre]), pk=pk)
    con_el_marco_de(_plan_de(fila), request)
    return fila


def _plan_de(fila: verbos.Fila) -> Plan:
    """El de la acción de que cuelga todo, o que es ella misma."""
    *_otras, accion = [fila, *verbos.padres_de(fila)]
    return accion.objetivo.programa.plan


def _partes(request: HttpRequest, fila: verbos.Fila) -> list[Any]:
    """Lo que cuelga directamente de la fila, de lo que la persona ve."""
    if isinstance(fila, AccionEstrategica):
        suyas = Actividad.objects.visibles_para(request.user).de_la_accion(fila)
        return list(suyas)
    if isinstance(fila, Actividad):
        avances = Avance.objects.visibles_para(request.user).filter(actividad=fila)
        return list(avances.con_su_actividad().order_by("-periodo__corte"))
    if isinstance(fila, Avance):
        evidencias = Evidencia.objects.visibles_para(request.user).filter(avance=fila)
        return list(evidencias.con_su_actividad().select_related("avance__actividad__responsable"))
    return []


def _nombre(fila: verbos.Fila) -> str:
    if isinstance(fila, AccionEstrategica):
        return f"la acción {fila}"
    if isinstance(fila, Actividad):
        return f"la actividad {fila}"
    if isinstance(fila, Avance):
        return f"el avance de {fila}"
    return f"la evidencia {fila.pk} de {fila.avance}"


def _renglon(fila: verbos.Fila, persona: Usuario) -> dict[str, Any]:
    """Una fila con sus clases, cómo se nombra y dónde está su clasificación."""
    sobre = verbos.SOBRE_DE[type(fila)]
    lee = isinstance(fila, Evidencia) and permisos.puede_leer_ahora(persona, fila)
    return {
        "fila": fila,
        "nombre": _nombre(fila),
        "titulo": fila.titulo if lee else "",
        "sobre": sobre.lower(),
    }


def _direccion(fila: verbos.Fila) -> str:
    """La página donde la fila se lee."""
    if isinstance(fila, Avance):
        return reverse("matrices:capturar", args=[fila.pk])
    if isinstance(fila, Evidencia):
        return reverse("matrices:capturar", args=[fila.avance_id])
    accion = fila if isinstance(fila, AccionEstrategica) else fila.matriz.accion
    pagina = reverse("matrices:accion", args=[accion.objetivo.programa.plan.codigo, accion.codigo])
    return f"{pagina}#actividad-{fila.numero}" if isinstance(fila, Actividad) else pagina


# Confirmarla -----------------------------------------------------------------------------------


@require_GET
def reclasificacion(request: HttpRequest, pk: int) -> HttpResponse:
    """Una solicitud: qué se pide, por qué, qué alcanza y lo que esta persona puede hacer."""
    return _pagina(request, get_object_or_404(_visibles(request.user), pk=pk))


@require_POST
def dar_paso_a_la_clase(request: HttpRequest, pk: int, paso: str) -> HttpResponse:
    """Aprobar, rechazar o desistir."""
    una = get_object_or_404(_visibles(request.user), pk=pk)
    if paso not in PASOS:
        return render(request, "400.html", {"mensaje": "No se conoce ese paso."}, status=400)
    titulares = titulares_de(request.user, timezone.localdate())
    por_quien = flujo.por_quien(una, paso, request.user, titulares)
    form = ResolverForm(request.POST, pide=PIDEN.get(paso), prefix=paso)
    if not form.is_valid():
        return _pagina(request, una, forms={paso: form}, codigo=422)
    try:
        una = PASOS[paso](una, por=request.user, en_nombre_de=por_quien, **form.cleaned_data)
    except flujo.Conflicto as conflicto:
        ahora = get_object_or_404(_visibles(request.user), pk=una.pk)
        return _pagina(request, ahora, conflicto=conflicto, forms={paso: form}, codigo=409)
    messages.success(request, f"La solicitud quedó «{una.get_estado_display().lower()}».")
    return redirect("matrices:reclasificacion", una.pk)


def _pagina(
    request: HttpRequest,
    una: Reclasificacion,
    *,
    forms: dict[str, ResolverForm] | None = None,
    conflicto: flujo.Conflicto | None = None,
    codigo: int = 200,
) -> HttpResponse:
    titulares = titulares_de(request.user, timezone.localdate())
    vivos = {} if conflicto else forms or {}
    pasos = flujo.actuaciones(una, request.user, titulares)
    fila = una.fila
    if fila:
        con_el_marco_de(_plan_de(fila), request)
    contexto = {
        "titulo": str(una),
        "migas": [(MIGA[0], reverse(MIGA[1])), (f"Solicitud {una.pk}", None)],
        "fila": una,
        "renglon": _renglon(fila, request.user) if fila else None,
        "direccion": _direccion(fila) if fila else "",
        "lee": permisos.puede_leer_reclasificacion(request.user, una),
        "padres": [_renglon(uno, request.user) for uno in verbos.padres_de(fila)] if fila else [],
        "partes": verbos.partes_por_clase(fila) if fila and una.espera else [],
        "cierra": verbos.cortados_que_cierra(una, fila) if fila else [],
        "pasos": [_paso(una, paso, quien, vivos) for paso, quien in pasos.items()],
        "formularios": list(vivos.values()),
        "escrito": _lo_escrito(una, (forms or {}).values()) if conflicto else [],
        "conflicto": conflicto,
    }
    return render(request, "matrices/reclasificacion.html", contexto, status=codigo)


def _paso(
    una: Reclasificacion, paso: str, quien: Usuario | None, vivos: dict[str, ResolverForm]
) -> dict[str, Any]:
    en_blanco = ResolverForm(pide=PIDEN.get(paso), prefix=paso, initial={"version": una.version})
    nombre = flujo.PASOS_RECLASIFICACION[paso].nombre
    return {
        "paso": paso,
        "nombre": nombre,
        "por_quien": quien,
        "form": vivos.get(paso) or en_blanco,
    }


def _lo_escrito(una: Reclasificacion, forms: Iterable[ResolverForm]) -> list[dict[str, str]]:
    """El texto que iba con el paso, para que no se pierda."""
    return [
        {
            "nombre": str(form.fields["nota"].label),
            "suyo": form.cleaned_data["nota"],
            "actual": f"La solicitud está «{una.get_estado_display()}».",
        }
        for form in forms
        if "nota" in form.cleaned_data
    ]
