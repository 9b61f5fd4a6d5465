"""La revisión de un avance: verlo junto al del semestre anterior, y observarlo o validarlo."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from instituciones.models import Usuario
from matrices import flujo, permisos
from matrices.forms.avance import campos_de
from matrices.forms.revision import NotaForm, ObservacionesForm, ObservarForm, ValidarForm
from matrices.models import Avance
from matrices.models.matriz import VEN_TODA_FILA
from matrices.views.cola import REVISAN, con_filtros, el_avance, siguiente_de
from matrices.views.expediente import Expediente

DE_LA_REVISION = {"asignar", "observar", "validar", "revertir", "reabrir"}
HECHO = {"observar": "Observada", "validar": "Validada"}


@require_GET
def revisar(request: HttpRequest, pk: int) -> HttpResponse:
    """Este semestre junto al anterior, con su evidencia, sus avisos y lo observado."""
    expediente = Expediente(el_avance(request, pk), request.user)
    if request.user.rol not in VEN_TODA_FILA and not DE_LA_REVISION & set(expediente.pasos):
        raise PermissionDenied("Esta página es de quien revisa.")
    return _pagina(request, expediente)


def _pagina(
    request: HttpRequest,
    expediente: Expediente,
    *,
    form: ObservarForm | None = None,
    nota: NotaForm | None = None,
    conflicto: flujo.Conflicto | None = None,
    codigo: int = 200,
) -> HttpResponse:
    avance = expediente.avance
    form = form or _formulario(ObservarForm, expediente, None)
    contexto = {
        "titulo": f"Actividad {avance.actividad}",
        "migas": [
            ("Revisión", con_filtros(reverse("matrices:revision"), request.GET)),
            (f"Actividad {avance.actividad}", None),
        ],
        "avance": avance,
        "expediente": expediente,
        "con_algo": [(uno, form.casilla(uno.campo)) for uno in expediente.renglones if uno.dice],
        "vacios": [(uno, form.casilla(uno.campo)) for uno in expediente.renglones if not uno.dice],
        "pasos": expediente.pasos,
        "por_delegacion_de": _titular_de_algun(expediente.pasos),
        "ronda": avance.ronda + (avance.estado == Avance.Estado.REMITIDO),
        "observa": "observar" in expediente.pasos,
        "lee_su_clase": permisos.puede_leer(request.user, avance),
        "formularios": [uno for uno in (form, nota) if uno],
        "form": form,
        "nota": nota or NotaForm(initial={"version": avance.version}, auto_id="nota_%s"),
        "conflicto": conflicto,
        "escrito": _lo_escrito(form, expediente) if conflicto else [],
        "ultimo": expediente.movimientos[-1] if expediente.movimientos else None,
        "siguiente": siguiente_de(request, avance),
        "filtros": request.GET.urlencode(),
    }
    return render(request, "matrices/revisar.html", contexto, status=codigo)


def _formulario(clase: type[ObservarForm], expediente: Expediente, datos) -> ObservarForm:
    return clase(
        datos,
        campos=campos_de(expediente.avance.actividad),
        atendidas=expediente.atendidas,
        initial={"version": expediente.avance.version},
    )


def _titular_de_algun(pasos: dict[str, Usuario | None]) -> Usuario | None:
    return next((quien for quien in pasos.values() if quien), None)


def _lo_escrito(form: ObservarForm, expediente: Expediente) -> list[dict[str, str]]:
    """Lo que iba a observar, junto a lo que el avance dice ahora en ese campo."""
    if not form.is_bound:
        return []
    ahora = {uno.campo: uno.ahora for uno in expediente.renglones}
    return [
        {"nombre": form.campos[campo], "suyo": texto, "actual": ahora.get(campo, "")}
        for campo, texto in form.textos()
    ]


@require_POST
def observar(request: HttpRequest, pk: int) -> HttpResponse:
    """Devolverlo con una observación por campo; varias a la vez."""
    expediente = Expediente(el_avance(request, pk), request.user)
    form = _formulario(ObservacionesForm, expediente, request.POST)

    def dar(por_quien: Usuario | None) -> None:
        flujo.observar(
            expediente.avance,
            form.textos(),
            reabre=form.reabiertas(),
            version=form.cleaned_data["version"],
            por=request.user,
            en_nombre_de=por_quien,
        )

    return _dar(request, expediente, "observar", form, dar)


@require_POST
def validar(request: HttpRequest, pk: int) -> HttpResponse:
    """Dar por buenas sus cifras, y seguir con el próximo de la cola si así se pide."""
    expediente = Expediente(el_avance(request, pk), request.user)
    form = _formulario(ValidarForm, expediente, request.POST)

    def dar(por_quien: Usuario | None) -> None:
        flujo.validar(
            expediente.avance,
            version=form.cleaned_data["version"],
            por=request.user,
            en_nombre_de=por_quien,
        )

    return _dar(request, expediente, "validar", form, dar)


def _dar(
    request: HttpRequest,
    expediente: Expediente,
    paso: str,
    form: ObservarForm,
    dar: Callable[[Usuario | None], None],
) -> HttpResponse:
    """Lo común a observar y validar: preguntar, revisar lo escrito, dar el paso y responder."""
    avance, persona = expediente.avance, request.user
    legible = form.is_valid()
    vista = form.cleaned_data.get("version")
    if persona.rol in REVISAN and vista and vista != avance.version:
        ajena = flujo.VersionAjena(avance)
        return _pagina(request, expediente, form=form, conflicto=ajena, codigo=409)
    por_quien = flujo.por_quien(avance, paso, persona, expediente.titulares)
    if not legible:
        return _pagina(request, expediente, form=form, codigo=422)
    try:
        dar(por_quien)
    except flujo.Conflicto as conflicto:
        ahora = Expediente(el_avance(request, avance.pk), persona)
        return _pagina(request, ahora, form=form, conflicto=conflicto, codigo=409)
    messages.success(request, f"{HECHO[paso]} la actividad {avance.actividad}.")
    siguiente = siguiente_de(request, avance) if "siguiente" in request.POST else None
    if siguiente:
        return redirect(con_filtros(reverse("matrices:revisar", args=[siguiente.pk]), request.GET))
    return redirect(con_filtros(reverse("matrices:revision"), request.GET))


@require_POST
def revertir(request: HttpRequest, pk: int) -> HttpResponse:
    """La coordinación deshace una validación, con su motivo."""
    return _con_nota(request, pk, "revertir", "Volvió a revisión")


@require_POST
def reabrir(request: HttpRequest, pk: int) -> HttpResponse:
    """La coordinación deja volver a borrador lo que no se reportó, con su motivo."""
    return _con_nota(request, pk, "reabrir", "Se reabrió")


def _con_nota(request: HttpRequest, pk: int, paso: str, hecho: str) -> HttpResponse:
    expediente = Expediente(el_avance(request, pk), request.user)
    avance = expediente.avance
    por_quien = flujo.por_quien(avance, paso, request.user, expediente.titulares)
    nota = NotaForm(request.POST, auto_id="nota_%s")
    if not nota.is_valid():
        return _pagina(request, expediente, nota=nota, codigo=422)
    try:
        flujo.mover(avance, paso, por=request.user, en_nombre_de=por_quien, **nota.cleaned_data)
    except flujo.Conflicto as conflicto:
        ahora = Expediente(el_avance(request, pk), request.user)
        return _pagina(request, ahora, nota=nota, conflicto=conflicto, codigo=409)
    messages.success(request, f"{hecho} la actividad {avance.actividad}.")
    return redirect(con_filtros(reverse("matrices:revisar", args=[pk]), request.GET))
