"""Las páginas del tablero y de la explicación de una cifra: buscar, preguntar, mostrar."""

import time

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET

from acciones.views import con_el_marco_de
from informes import permisos
from informes.tablero import guardado, semestres
from informes.tablero.explicacion import NIVELES, explicar
from informes.tablero.figuras import figuras
from informes.tablero.pedido import Ilegible, Pedido, PedidoForm, Tablero, armar
from informes.tablero.tablas import TABLAS
from instituciones import planilla
from instituciones.models import Usuario
from matrices.permisos import puede_ver_la_calidad as ve_la_calidad

VIGENCIA = 600  # segundos: los nombres de un catálogo cambian sin subir la versión de las cifras
dibujados: guardado.Guardado[str] = guardado.Guardado()


@require_GET
def tablero(request):
    """Dónde está el plan en un semestre frente a otro, con sus acciones y por qué."""
    try:
        pedido = _pedido(request)
    except Ilegible:
        return render(request, "400.html", status=400)
    contexto = {"titulo": "Tablero", "migas": [("Tablero", None)], "pedido": pedido}
    if pedido is None:
        return render(request, "informes/tablero.html", contexto)
    con_el_marco_de(pedido.semestre.plan, request)
    alcance = (request.user.rol, request.user.institucion_id)
    version = semestres.version_de(pedido.semestres)
    clave = (alcance, version, pedido.parametros.urlencode(), int(time.time() // VIGENCIA))
    try:
        texto = dibujados.tomar(clave, lambda: _dibujar(armar(pedido, request.user), request.user))
    except Ilegible:
        return render(request, "400.html", status=400)
    contexto["cuerpo"] = mark_safe(texto)  # noqa: S308 (lo dibujó la plantilla, con sus escapes)
    return render(request, "informes/tablero.html", contexto)


def _dibujar(uno: Tablero, usuario: Usuario) -> str:
    contexto = {
        "tablero": uno,
        "pedido": uno.pedido,
        "contenido": uno.contenido,
        "total": uno.contenido.total,
        "parametros": uno.pedido.parametros,
        "plan": uno.pedido.semestre.plan,
        "figuras": figuras(uno),
        "form": PedidoForm(uno),
        "ve_la_calidad": ve_la_calidad(usuario),
    }
    return render_to_string("informes/_tablero.html", contexto)


def _pedido(request) -> Pedido | None:
    """Lo que la dirección pide; None si el plan todavía no tiene semestres que mostrar."""
    if not permisos.puede_ver_el_tablero(request.user):
        raise PermissionDenied
    plan = request.GET.get("plan", "")
    hay = semestres.semestres_de(request.user, plan)
    if not hay and (plan or request.GET.get("periodo")):
        raise Http404
    return Pedido.de(request.GET, hay) if hay else None


@require_GET
def bajar(request, tabla):
    """Lo que se muestra en una parte del tablero, con los mismos filtros, en CSV."""
    try:
        pedido = _pedido(request)
        if pedido is None or tabla not in TABLAS:
            raise Http404
        filas = TABLAS[tabla](armar(pedido, request.user)).renglones()
    except Ilegible:
        return render(request, "400.html", status=400)
    nombre = f"tablero-{tabla}-{pedido.semestre}".lower()
    return planilla.bajar(f"{nombre}.csv", filas)


@require_GET
def explicacion(request, codigo, nivel, de, periodo):
    """Por qué una cifra: la cuenta con sus números, quién la validó y con qué respaldo."""
    hay = {uno.codigo: uno for uno in semestres.semestres_de(request.user, codigo)}
    if periodo not in hay or nivel not in NIVELES:
        raise Http404
    if not permisos.puede_ver_el_tablero(request.user):
        raise PermissionDenied
    una = explicar(hay[periodo], nivel, de, request.user)
    plan = hay[periodo].plan
    contexto = {
        "titulo": f"Por qué: {una.que_es.lower()} {una.codigo}, {periodo}",
        "migas": [
            (plan.sigla, plan.get_absolute_url()),
            ("Tablero", "informes:tablero"),
            (f"Por qué {una.codigo}", None),
        ],
        "una": una,
        "plan": plan,
        "periodo": hay[periodo],
        "semestres": list(hay.values()),
    }
    return render(request, "informes/explicar.html", contexto)
