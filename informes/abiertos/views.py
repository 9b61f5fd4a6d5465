"""Las páginas y los archivos públicos: sin sesión, sin escribir, y con caché ajena permitida."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from hashlib import sha256
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse, reverse_lazy
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_http_methods

from acciones.views import con_el_marco_de
from informes import emision, graficas
from informes.abiertos import descripcion, ediciones, formatos
from informes.abiertos.ediciones import ULTIMA, Version
from informes.abiertos.limites import MINUTO, DemasiadosLibros, contar_libro
from informes.abiertos.tablas import ESQUEMA, TABLAS
from informes.contenido import Contenido, codigo_de_verificacion
from informes.graficas import trazos
from informes.tablero.figuras import Figura, figura
from informes.tablero.guardado import Guardado
from informes.tablero.pedido import Vista
from informes.views import TIPOS

SE_GUARDA = "public, max-age=300"
PARAMETROS = {"plan"}
GRAFICAS: dict[str, Callable[[Contenido], graficas.Grafica]] = {
    "serie": graficas.serie,
    "brechas": graficas.brechas,
    "llegada": graficas.llegada,
    "resultados": graficas.resultados,
}
MIGA_PUBLICO = ("Público", reverse_lazy("informes:publico"))
MIGA_DATOS = ("Datos abiertos", reverse_lazy("informes:datos"))
DEMASIADOS = "Demasiados libros de Excel seguidos. Espere un minuto, o baje el CSV."
NADA_SE_EJECUTA = "sandbox; default-src 'none'"

dibujados: Guardado[str] = Guardado(12)


def _abierta(vista):
    """Sin sesión y sólo lectura; 400 ante un parámetro que no se conoce o se repite."""

    @login_not_required
    @require_http_methods(["GET", "HEAD"])
    @wraps(vista)
    def contesta(request, **llave):
        dados = request.GET
        if set(dados) - PARAMETROS or any(len(dados.getlist(uno)) > 1 for uno in dados):
            return render(request, "400.html", status=400)
        try:
            respuesta = vista(request, **llave)
        except emision.IntegridadRota as motivo:
            contexto = {"titulo": "Archivo alterado", "motivo": str(motivo), "codigo": "integridad"}
            respuesta = render(request, "informes/rechazo.html", contexto, status=409)
        except DemasiadosLibros:
            contexto = {"titulo": "Demasiadas solicitudes", "mensaje": DEMASIADOS}
            respuesta = render(request, "400.html", contexto, status=429)
            respuesta["Retry-After"] = str(MINUTO)
        if request.path.startswith(reverse("informes:datos")):
            respuesta["Access-Control-Allow-Origin"] = "*"
            respuesta["Access-Control-Expose-Headers"] = "ETag, Last-Modified, Content-Disposition"
        return respuesta

    return contesta


# ---- cuál se pide


def _de_un_semestre(request, semestre: str) -> list[Version]:
    """Las versiones de ese semestre; 404 igual si no existe y si no se publicó."""
    hay = ediciones.de(request.GET.get("plan", ""), semestre)
    if not hay:
        raise Http404
    con_el_marco_de(hay[0].documento.informe.corte.periodo.plan, request)
    return hay


def _una(request, semestre: str, version: str) -> Version:
    hay = _de_un_semestre(request, semestre)
    una = next((una for una in hay if una.numero == version), None)
    if una is None:
        raise Http404
    return una


def _a_la_ultima(request, semestre: str, ruta: str, **llave: str) -> HttpResponse:
    """De «ultima» a la dirección de la versión que rige."""
    rige = next(una for una in _de_un_semestre(request, semestre) if una.vigente)
    destino = reverse(ruta, kwargs={"semestre": semestre, "version": rige.numero, **llave})
    respuesta = redirect(destino + rige.consulta)
    if request.user.is_anonymous:
        respuesta["Cache-Control"] = SE_GUARDA
    return respuesta


def _retirada(request, una: Version) -> HttpResponse:
    """410: lo que decía dejó de ser público en la versión que la sustituye."""
    contexto = {
        "titulo": f"Versión {una.numero} retirada",
        "migas": [MIGA_DATOS, (f"{una.semestre}, versión {una.numero}", None)],
        "una": una,
    }
    return render(request, "informes/retirada.html", contexto, status=410)


# ---- cómo se contesta


def _pagina(request, plantilla: str, contexto: dict[str, Any]) -> HttpResponse:
    """La página; a quien llega sin galletas, con la huella de lo que dice y para cualquier caché.

    Sin galletas no hay ficha, persona ni aviso que la página lleve: es la misma para todos.
    """
    para_todos = not request.COOKIES and request.user.is_anonymous
    if para_todos:
        contexto = {**contexto, "csrf_token": ""}
    respuesta = render(request, plantilla, contexto)
    return _revalidable(request, respuesta) if para_todos else respuesta


def _revalidable(request, respuesta: HttpResponse) -> HttpResponse:
    """Con su huella, para cualquier caché; 304 a quien ya la tiene."""
    huella = quote_etag(sha256(respuesta.content).hexdigest())
    respuesta["ETag"], respuesta["Cache-Control"] = huella, SE_GUARDA
    otra = get_conditional_response(request, etag=huella, response=respuesta) or respuesta
    otra["Cache-Control"] = SE_GUARDA
    return otra


def _archivo(
    request, una: Version, huella: str, hacer: Callable[[], HttpResponseBase], nombre: str
) -> HttpResponseBase:
    """Un archivo de una versión: 304 sin hacerlo a quien ya lo tiene."""
    if not una.se_entrega:
        return _retirada(request, una)
    momento = int(una.publicada.timestamp())
    etag = quote_etag(huella)
    respuesta: HttpResponseBase | None
    respuesta = get_conditional_response(request, etag=etag, last_modified=momento)
    if respuesta is None:
        respuesta = hacer()
        if una.contenido.es_demo:
            nombre = f"DATOS-DE-DEMOSTRACION-{nombre}"
        respuesta["Content-Disposition"] = f'attachment; filename="{nombre}"'
    respuesta["ETag"], respuesta["Last-Modified"] = etag, http_date(momento)
    respuesta["Content-Security-Policy"] = NADA_SE_EJECUTA
    if request.user.is_anonymous:
        respuesta["Cache-Control"] = SE_GUARDA
    return respuesta


def _direccion(request) -> descripcion.Direccion:
    """Arma la dirección entera de una página o archivo de una versión."""

    def arma(ruta: str, una: Version | None = None, **llave: str) -> str:
        if una is None:
            return str(request.build_absolute_uri(reverse(ruta)))
        llave = {"semestre": una.semestre, "version": una.numero, **llave}
        return str(request.build_absolute_uri(reverse(ruta, kwargs=llave) + una.consulta))

    return arma


def _json(request, dicho: dict[str, Any], tipo: str) -> HttpResponse:
    respuesta = JsonResponse(
        dicho, content_type=tipo, json_dumps_params={"ensure_ascii": False, "indent": 2}
    )
    respuesta["Content-Security-Policy"] = NADA_SE_EJECUTA
    return _revalidable(request, respuesta) if request.user.is_anonymous else respuesta


# ---- las páginas


@_abierta
def publico(request):
    """Lo publicado, por semestre: su tablero, sus archivos y sus datos."""
    contexto = {
        "titulo": "Informes publicados",
        "migas": [("Público", None)],
        "versiones": _del_plan(request),
        "codigo": codigo_de_verificacion,
    }
    return _pagina(request, "informes/publico.html", contexto)


def _del_plan(request) -> list[Version]:
    """Todas, o las de un plan; 404 si ese plan no ha publicado."""
    plan, hay = request.GET.get("plan", ""), ediciones.todas()
    suyas = [una for una in hay if una.plan == plan] if plan else hay
    if plan and not suyas:
        raise Http404
    return suyas


@dataclass(frozen=True)
class TableroPublico(Vista):
    """Una edición publicada, como se enseña: las mismas piezas que el tablero de adentro."""

    contenido: Contenido

    @property
    def palabras(self) -> dict[str, str]:
        """Lo que quieren decir los fundamentos de reserva."""
        catalogos = {"visibilidad", "clasificacion"}
        return {
            uno.codigo: uno.significado
            for uno in self.contenido.catalogos
            if uno.catalogo in catalogos
        }

    @property
    def fuente(self) -> str:
        return trazos.fuente(self.contenido)


@_abierta
def tablero(request, semestre):
    """El tablero público de un semestre: lo que dice su edición en vigor."""
    una = next(una for una in _de_un_semestre(request, semestre) if una.vigente)
    contenido = una.contenido
    contexto = {
        "titulo": f"{una.nombre}: cómo va el plan",
        "migas": [MIGA_PUBLICO, (una.semestre, None)],
        "una": una,
        "contenido": contenido,
        "cuerpo": mark_safe(  # noqa: S308 (lo dibujó la plantilla, con sus escapes)
            dibujados.tomar(una.huella, lambda: _dibujar(una))
        ),
    }
    if contenido.es_demo:
        contexto["es_demo"] = True
    return _pagina(request, "informes/publico_semestre.html", contexto)


def _dibujar(una: Version) -> str:
    contenido = una.contenido
    contexto = {
        "tablero": TableroPublico(contenido),
        "contenido": contenido,
        "total": contenido.total,
        "figuras": _figuras(contenido),
    }
    return render_to_string("informes/_publico_tablero.html", contexto)


def _figuras(contenido: Contenido) -> dict[str, Figura]:
    hechas = {nombre: dibuja(contenido) for nombre, dibuja in GRAFICAS.items()}
    return {
        nombre: figura(una, trazos.fuente(contenido))
        for nombre, una in hechas.items()
        if una["data"]["values"]
    }


@_abierta
def documento(request, semestre, version, formato):
    """El informe publicado, tal como se emitió."""
    una = _una(request, semestre, version)
    uno = una.archivo(formato.upper())
    if uno is None or formato != formato.lower():
        raise Http404
    return _archivo(
        request,
        una,
        uno.sha256,
        lambda: HttpResponse(emision.leer(uno), content_type=TIPOS[uno.formato]),
        uno.nombre,
    )


@_abierta
def datos(request):
    """Los datos abiertos: qué hay, en qué formatos, bajo qué licencia y en qué versiones."""
    versiones = _del_plan(request)
    rige = next((una for una in versiones if una.vigente), None)
    contexto = {
        "titulo": "Datos abiertos",
        "migas": [("Datos abiertos", None)],
        "versiones": versiones,
        "rige": rige,
        "licencia": rige.contenido.licencia if rige else "",
        "contacto": rige.contenido.contacto if rige else "",
        "tablas": TABLAS.values(),
    }
    return _pagina(request, "informes/datos.html", contexto)


@_abierta
def catalogo(request):
    """Todas las versiones, en DCAT."""
    dicho = descripcion.catalogo(_del_plan(request), _direccion(request))
    return _json(request, dicho, "application/ld+json")


@_abierta
def datos_version(request, semestre, version):
    """Una versión: qué trae, con qué huella, y si fue sustituida."""
    if version == ULTIMA:
        return _a_la_ultima(request, semestre, "informes:datos_version")
    una = _una(request, semestre, version)
    entrega = una.se_entrega
    contexto = {
        "titulo": f"Datos de {una.semestre}, versión {una.numero}",
        "migas": [MIGA_DATOS, (f"{una.semestre}, versión {una.numero}", None)],
        "una": una,
        "motivo": una.sustituta.contenido.corte.motivo if una.sustituta else "",
        "codigo": codigo_de_verificacion(una.huella),
        "archivos": [(tabla, formatos.medida(tabla, una)) for tabla in TABLAS.values()]
        if entrega
        else [],
        "contenido": una.contenido if entrega else None,
        "formatos": list(formatos.TIPOS),
    }
    if una.contenido.es_demo:
        contexto["es_demo"] = True
    return _pagina(request, "informes/datos_version.html", contexto)


@_abierta
def datos_tabla(request, semestre, version, tabla, formato):
    """Una tabla en un formato, por trozos."""
    if tabla not in TABLAS or formato not in formatos.TIPOS:
        raise Http404
    if version == ULTIMA:
        llave = {"tabla": tabla, "formato": formato}
        return _a_la_ultima(request, semestre, "informes:datos_tabla", **llave)
    una = _una(request, semestre, version)
    _ = una.contenido  # si está alterado se dice aquí, y no a media descarga
    return _archivo(
        request,
        una,
        sha256(f"{ESQUEMA} {una.huella} {tabla}.{formato}".encode()).hexdigest(),
        lambda: _hacer_tabla(request, una, tabla, formato),
        f"{una.plan}-{una.semestre}-v{una.numero}-{tabla}.{formato}".lower(),
    )


def _hacer_tabla(request, una: Version, tabla: str, formato: str) -> HttpResponseBase:
    if formato == "xlsx":
        contar_libro(request)
    return StreamingHttpResponse(
        formatos.trozos(TABLAS[tabla], una, formato), content_type=formatos.TIPOS[formato]
    )


@_abierta
def paquete(request, semestre, version):
    """El `datapackage.json` de una versión."""
    if version == ULTIMA:
        return _a_la_ultima(request, semestre, "informes:paquete")
    una = _una(request, semestre, version)
    if not una.se_entrega:
        return _retirada(request, una)
    return _json(request, descripcion.paquete(una, _direccion(request)), "application/json")


@_abierta
def catalogo_version(request, semestre, version):
    """El catálogo DCAT de una versión."""
    if version == ULTIMA:
        return _a_la_ultima(request, semestre, "informes:catalogo_version")
    una = _una(request, semestre, version)
    return _json(request, descripcion.catalogo([una], _direccion(request)), "application/ld+json")
