"""Cada regla de quién puede o ve qué, hallada en el código mismo, y cómo se quita una en memoria.

No hay lista: una regla nueva entra sola por su forma (`CLASES`). Quitarla es cambiar el cuerpo de
su función por el que deja pasar, de modo que quien ya la tenía importada también lo ve.
"""

import ast
import gc
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, NamedTuple

from django.conf import settings
from django.urls import URLPattern, get_resolver
from rest_framework.views import APIView

from instituciones.models import Alcance
from matrices.flujo import CONDICIONES
from tests.seguridad.inventario import revisadas

APPS = ("instituciones", "acciones", "matrices", "informes", "pesn")
APARTE = {"migrations", "management", "demo", "templatetags"}
PREDICADO = re.compile(
    r"_?(puede_\w+|has_\w*perm\w*|is_staff|le_toca|se_descarga|sigue_\w+|\w+_vale)"
)
RECHAZOS = {"PermissionDenied", "SinAlcance", "AuthenticationFailed", "NotAuthenticated"}
EXIGE = re.compile(r"_?exigir(_turno|_alcance|_derechos)?")


class Mutante(NamedTuple):
    """Una regla: su nombre, con qué se sabe qué pruebas la usan, y cómo se quita.

    Son los códigos que corren al usarla o, si no es una función, el principio del nombre de sus
    pruebas (`tests.seguridad.examenes`).
    """

    nombre: str
    codigos: frozenset[CodeType]
    pruebas: tuple[str, ...]
    quitar: Callable[[], Callable[[], None]]  # devuelve cómo se vuelve a poner

    @contextmanager
    def neutralizado(self) -> Iterator[None]:
        """Mientras dura, la regla no está."""
        poner = self.quitar()
        try:
            yield
        finally:
            poner()


def mutantes() -> list[Mutante]:
    """Todos, en el orden del código."""
    return [*_del_codigo(), *_de_las_tablas(), *_de_la_entrada(), *_de_la_api()]


# Lo que está escrito en funciones ---------------------------------------------------------------
def _del_codigo() -> Iterator[Mutante]:
    vivas = _funciones_vivas()
    for ruta in sorted(Path(settings.BASE_DIR).glob("*/**/*.py")):
        relativa = ruta.relative_to(settings.BASE_DIR)
        if relativa.parts[0] in APPS and not APARTE & set(relativa.parts):
            yield from _de_un_archivo(ruta, str(relativa), vivas)


def _funciones_vivas() -> dict[tuple[str, str, int], list[FunctionType]]:
    """Las funciones que hay en memoria, por archivo, nombre y renglón."""
    gc.unfreeze()  # tests/conftest aparta lo importado, y aquí es lo que se busca
    vivas = defaultdict(list)
    for una in gc.get_objects():
        if type(una) is FunctionType:  # preguntarle a un perezoso lo despierta
            codigo = una.__code__
            llave = (codigo.co_filename, codigo.co_qualname, codigo.co_firstlineno)
            vivas[llave].append(una)
    return vivas


def _de_un_archivo(ruta: Path, relativa: str, vivas) -> Iterator[Mutante]:
    arbol = ast.parse(ruta.read_text())
    for funcion, nombre in _funciones(arbol, ""):
        for que, lista, donde, nuevo in _cambios(funcion, nombre, relativa):
            codigo = _compilado(arbol, ruta, lista, donde, nuevo, nombre, funcion)
            llave = (str(ruta), nombre, codigo.co_firstlineno)
            if vivas[llave]:
                yield _mutante(f"{relativa}:{nombre} {que}", vivas[llave], codigo)


def _funciones(nodo: ast.AST, antes: str) -> Iterator[tuple[ast.FunctionDef, str]]:
    for hijo in ast.iter_child_nodes(nodo):
        if isinstance(hijo, ast.FunctionDef):
            yield hijo, f"{antes}{hijo.name}"
            yield from _funciones(hijo, f"{antes}{hijo.name}.<locals>.")
        elif isinstance(hijo, ast.ClassDef):
            yield from _funciones(hijo, f"{antes}{hijo.name}.")
        else:
            yield from _funciones(hijo, antes)


def _cambios(funcion: ast.FunctionDef, nombre: str, archivo: str):
    """(qué se quita, lista de renglones, cuáles, por cuáles) de esa función."""
    entera = slice(None)
    if _es_predicado(funcion, archivo):
        yield "da siempre sí", funcion.body, entera, _escrito("return True")
    elif funcion.name == "segun" and not _ya_da_todo(funcion):
        yield "da todas las filas", funcion.body, entera, _escrito("return self.all()")
    elif funcion.name in {"visibles_para", "que_se_publicaron"}:
        todas = "filas = self.all(); filas.acotado_para = 0; return filas"
        yield "da todas las filas", funcion.body, entera, _escrito(todas)
    elif funcion.name in {una.__name__ for una in CONDICIONES.values()}:
        yield "no pide nada", funcion.body, entera, _escrito("return ''")
    else:
        for lista, numero in _negativas(funcion):
            que = f"({lista[numero].lineno - funcion.lineno}) no niega"
            yield que, lista, slice(numero, numero + 1), _escrito("pass")


def _escrito(texto: str) -> list[ast.stmt]:
    return ast.parse(texto).body if "return" not in texto else _con_return(texto)


def _con_return(texto: str) -> list[ast.stmt]:
    return ast.parse(f"def f(self=None): {texto}").body[0].body


def _es_predicado(funcion: ast.FunctionDef, archivo: str) -> bool:
    """Dice sí o no, y está entre los permisos o se llama como se llaman."""
    da = getattr(funcion.returns, "id", "otra cosa") if funcion.returns else "sin decir"
    entre_permisos = da == "bool" and archivo.endswith("permisos.py")
    return entre_permisos or (da in {"bool", "sin decir"} and PREDICADO.fullmatch(funcion.name))


def _ya_da_todo(funcion: ast.FunctionDef) -> bool:
    return ast.unparse(funcion.body[-1]) == "return self.all()" and len(funcion.body) <= 2


def _negativas(nodo: ast.AST) -> Iterator[tuple[list[ast.stmt], int]]:
    """Cada `raise` que niega y cada llamada que exige, en la lista de renglones donde está."""
    for campo in ("body", "orelse", "finalbody"):
        lista = getattr(nodo, campo, [])
        for numero, renglon in enumerate(lista if isinstance(lista, list) else []):
            if _niega(renglon):
                yield lista, numero
            elif not isinstance(renglon, ast.FunctionDef | ast.ClassDef):
                yield from _negativas(renglon)


def _niega(renglon: ast.stmt) -> bool:
    if isinstance(renglon, ast.Raise):
        dicho = getattr(renglon.exc, "func", renglon.exc)
        return _ultimo(dicho) in RECHAZOS
    llamada = getattr(renglon, "value", None) if isinstance(renglon, ast.Expr) else None
    return isinstance(llamada, ast.Call) and bool(EXIGE.fullmatch(_ultimo(llamada.func)))


def _ultimo(nodo: ast.AST | None) -> str:
    return getattr(nodo, "attr", None) or getattr(nodo, "id", "")


def _compilado(arbol, ruta, lista, donde, nuevo, nombre, funcion) -> CodeType:
    """El código de esa función con esos renglones cambiados."""
    antes = lista[:]
    for uno in nuevo:
        for dentro in ast.walk(uno):
            dentro.lineno = dentro.end_lineno = funcion.lineno
            dentro.col_offset = dentro.end_col_offset = 0
    lista[donde] = nuevo
    try:
        modulo = compile(arbol, str(ruta), "exec")
    finally:
        lista[:] = antes
    return next(c for c in _adentro(modulo) if c.co_qualname == nombre)


def _adentro(codigo: CodeType) -> Iterator[CodeType]:
    for constante in codigo.co_consts:
        if isinstance(constante, CodeType):
            yield constante
            yield from _adentro(constante)


def _mutante(nombre: str, funciones: list[FunctionType], codigo: CodeType) -> Mutante:
    originales = [una.__code__ for una in funciones]

    def quitar():
        for una in funciones:
            una.__code__ = codigo.replace(co_freevars=una.__code__.co_freevars)
        return poner

    def poner():
        for una, original in zip(funciones, originales, strict=True):
            una.__code__ = original

    return Mutante(nombre, frozenset(originales), (), quitar)


# Las tablas de pasos: quién da cada uno, y de quién debe ser distinto ---------------------------
def tablas() -> Iterator[tuple[str, dict[str, Any]]]:
    """Toda tabla del proyecto cuyos renglones dicen `permite`, con el nombre de su módulo."""
    vistas = set()
    for nombre, modulo in sorted(sys.modules.items()):
        if nombre.partition(".")[0] not in APPS:
            continue
        for variable, valor in vars(modulo).items():
            renglones = list(valor.values()) if isinstance(valor, dict) else []
            if renglones and id(valor) not in vistas and hasattr(renglones[0], "permite"):
                vistas.add(id(valor))
                yield f"{renglones[0].__class__.__module__}.{variable}", valor


def _de_las_tablas() -> Iterator[Mutante]:
    for nombre, tabla in tablas():
        for paso, regla in tabla.items():
            cambios = {"cualquiera lo da": {"permite": lambda quien, fila: True}}
            if getattr(regla, "distinta_de", ()):
                cambios["lo da una sola persona"] = {"distinta_de": ()}
            for que, cambio in cambios.items():
                yield _de_una_tabla(f"{nombre}[{paso}]", que, tabla, paso, cambio)


def _de_una_tabla(renglon: str, que: str, tabla: dict, paso: str, cambio: dict) -> Mutante:
    regla = tabla[paso]

    def quitar():
        tabla[paso] = regla._replace(**cambio)
        return lambda: tabla.__setitem__(paso, regla)

    return Mutante(f"{renglon} {que}", frozenset(), (renglon,), quitar)


# La entrada: qué vistas la piden ----------------------------------------------------------------
def vistas() -> Iterator[tuple[str, Any]]:
    """Cada vista del mapa, con el nombre de su ruta."""
    yield from _vistas(get_resolver().url_patterns, [])


def _vistas(patrones, espacios):
    for uno in patrones:
        if isinstance(uno, URLPattern):
            if uno.name:
                yield ":".join([*espacios, uno.name]), uno.callback
        else:
            yield from _vistas(
                uno.url_patterns, [*espacios, uno.namespace] if uno.namespace else espacios
            )


def _de_la_entrada() -> Iterator[Mutante]:
    """Las que exigen haber entrado; las de la cuenta son de allauth y traen su propia puerta."""
    cerradas = {f["ruta"] for f in revisadas() if f["puede"] not in {"cuenta", "nadie", "api"}}
    for ruta, vista in vistas():
        if ruta in cerradas and getattr(vista, "login_required", True):
            cambio = {"login_required": False}
            yield _con_atributo(f"entrada:{ruta} no se pide", vista, cambio, (f"{ruta} ",))


def _de_la_api() -> Iterator[Mutante]:
    """Por vista de la API, su permiso; y por acción que escribe, el alcance que pide."""
    rutas = defaultdict(list)
    for ruta, vista in vistas():
        if issubclass(clase := getattr(vista, "cls", object), APIView):
            rutas[clase].append(f"{ruta} ")
    for clase, suyas in rutas.items():
        nombre = f"api:{clase.__qualname__}"
        sin_permiso = {"permission_classes": []}
        yield _con_atributo(f"{nombre} sin permiso", clase, sin_permiso, tuple(suyas))
        alcances = getattr(clase, "alcances", {})
        for accion, alcance in alcances.items():
            if alcance != Alcance.LEER:
                libres = {"alcances": {**alcances, accion: Alcance.LEER}}
                yield _con_atributo(f"{nombre}.{accion} sin alcance", clase, libres, tuple(suyas))


def _con_atributo(nombre: str, donde: Any, cambio: dict, pruebas: tuple[str, ...]) -> Mutante:
    [(atributo, valor)] = cambio.items()
    propio = vars(donde).get(atributo)
    tenia = atributo in vars(donde)

    def quitar():
        setattr(donde, atributo, valor)
        return poner

    def poner():
        if tenia:
            setattr(donde, atributo, propio)
        else:
            delattr(donde, atributo)

    return Mutante(nombre, frozenset(), pruebas, quitar)
