"""Lo que los imports no muestran: quién lee sin permiso, quién asigna estados y qué nombres hay."""

import ast
import importlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django import forms
from django.apps import apps
from django.contrib import admin
from django.core.exceptions import EmptyResultSet
from django.db import models

from instituciones.admin import Constante
from instituciones.models import Abierto, Acotado, Usuario
from instituciones.textos import TextoField
from tests.conftest import LARGOS

RAIZ = Path(__file__).resolve().parent.parent
APPS = ["informes", "matrices", "acciones", "instituciones"]
CALLE = ["views", "api", "forms", "libro", "tasks", "armado", "admin"]
EMPIEZAN = {"visibles_para", "que_se_publicaron"}
DE_PASO = {"none", "normalize_email"}  # ninguna fila; o un texto, que tampoco lee filas
GESTORES = {"objects", "_default_manager", "_base_manager"}
ASIGNAN = {
    "acciones": {"flujo.py"},
    "matrices": {
        "flujo/movimientos.py",
        "flujo/captura.py",
        "flujo/libros.py",
        "flujo/revision.py",
    },
    "informes": {"emision.py", "recomendaciones.py"},
    "instituciones": {"suscripciones.py", "entregas.py"},
    "pesn": set(),
}
NO_SE_GUARDAN = {
    ("AvanceForm", "evidencias"): "no se escribe: ahí se dice lo que le falta a la evidencia",
    ("PasoForm", "paso"): "es el nombre de un paso, y se busca en su tabla",
    ("VerificarForm", "huella"): "se compara con las huellas selladas",
}
ESCRIBEN = {"update", "create", "get_or_create", "update_or_create", "arrendar"}
SIN_ACOTAR = {
    "historical": "la historia se lee desde una fila que ya se vio, y en el sitio de catálogos",
}
VEN_LO_PROPIO = {
    "usuario": "toda persona ve las cuentas de su casa",
    "delegacion": "toda persona ve las que dio y las que recibió",
    "asiento": "toda persona ve lo que ella misma hizo",
    "filtroguardado": "toda persona ve los que ella guardó",
    "aviso": "toda persona ve lo que se le avisó",
    "preferenciadeavisos": "toda persona ve la suya",
    "suscripcion": "toda persona ve las de los sistemas que actúan por ella",
    "entrega": "toda persona ve las de los sistemas que actúan por ella",
    "corte": "que un semestre se cortó lo sabe toda persona que entra; qué dice, por edición",
}
LA_PUBLICA = "la edición pública ya publicada la lee cualquiera"
VEN_LO_PUBLICADO = dict.fromkeys(
    ["contenidosellado", "informe", "documento", "tomaconocimiento", "trabajoinforme"], LA_PUBLICA
)


def modulos(app: str, *nombres: str) -> list[Path]:
    """Los archivos de Python de una app, sin sus migraciones; o sólo los de esas habitaciones."""
    todos = [a for a in sorted((RAIZ / app).rglob("*.py")) if "migrations" not in a.parts]
    if not nombres:
        return todos
    return [a for a in todos if {a.stem, *a.relative_to(RAIZ / app).parts[:-1]} & set(nombres)]


def plantillas() -> list[Path]:
    return [a for carpeta in ("templates", *APPS) for a in (RAIZ / carpeta).rglob("*.html")]


def nuestros() -> list[type[models.Model]]:
    return [m for app in APPS for m in apps.get_app_config(app).get_models()]


def lecturas_sin_preguntar(codigo: str) -> Iterator[int]:
    """Renglones donde se toma un gestor y lo que sigue no está en `EMPIEZAN`."""
    arbol = ast.parse(codigo)
    bien = {
        id(nodo.value)
        for nodo in ast.walk(arbol)
        if isinstance(nodo, ast.Attribute) and nodo.attr in EMPIEZAN | DE_PASO
    }
    for nodo in ast.walk(arbol):
        if isinstance(nodo, ast.Attribute) and nodo.attr in GESTORES and id(nodo) not in bien:
            yield nodo.lineno


def atajos_sobre_el_modelo(codigo: str) -> Iterator[int]:
    """Renglones con `get_object_or_404(Modelo, …)` o con `model = …` en una vista genérica."""
    arbol = ast.parse(codigo)
    for nodo in ast.walk(arbol):
        if isinstance(nodo, ast.Call):
            nombre = getattr(nodo.func, "id", getattr(nodo.func, "attr", ""))
            primero = nodo.args[0] if nodo.args else None
            es_modelo = isinstance(primero, ast.Name | ast.Attribute) and (
                getattr(primero, "id", getattr(primero, "attr", ""))[:1].isupper()
            )
            if nombre in {"get_object_or_404", "get_list_or_404"} and es_modelo:
                yield nodo.lineno
        if isinstance(nodo, ast.ClassDef) and nodo.name != "Meta":
            for dentro in nodo.body:
                destinos = dentro.targets if isinstance(dentro, ast.Assign) else []
                if any(getattr(d, "id", "") == "model" for d in destinos):
                    yield dentro.lineno


def asignaciones_de_estado(codigo: str) -> Iterator[int]:
    """Renglones que ponen un estado: por atributo, por `update` o `create`, o por `setattr`."""
    for nodo in ast.walk(ast.parse(codigo)):
        if isinstance(nodo, ast.Assign | ast.AugAssign | ast.AnnAssign):
            destinos = nodo.targets if isinstance(nodo, ast.Assign) else [nodo.target]
            if any(isinstance(d, ast.Attribute) and d.attr == "estado" for d in destinos):
                yield nodo.lineno
        if isinstance(nodo, ast.Call):
            nombre = getattr(nodo.func, "attr", getattr(nodo.func, "id", ""))
            claves = {c.arg for c in nodo.keywords}
            textos = {a.value for a in nodo.args if isinstance(a, ast.Constant)}
            if (nombre in ESCRIBEN and "estado" in claves) or (
                nombre == "setattr" and "estado" in textos
            ):
                yield nodo.lineno


# Las redes atrapan lo que deben ---------------------------------------------------------------
@pytest.mark.parametrize(
    "codigo",
    [
        "Avance.objects.filter(pk=1)",
        "Avance.objects",
        "modelo._default_manager.all()",
        "lista = Avance.objects\nlista.visibles_para(uno)",
    ],
)
def test_la_red_atrapa_una_lectura_sin_preguntar(codigo):
    assert list(lecturas_sin_preguntar(codigo)) == [1]


def test_la_red_deja_pasar_lo_que_empieza_por_visibles_para():
    codigo = "Avance.objects.visibles_para(u).filter(pk=1)\nDocumento.objects.que_se_publicaron()"

    assert list(lecturas_sin_preguntar(codigo)) == []


@pytest.mark.parametrize(
    "codigo",
    ["get_object_or_404(Avance, pk=1)", "class Lista(ListView): model = Avance"],
)
def test_la_red_atrapa_un_atajo_sobre_el_modelo(codigo):
    assert list(atajos_sobre_el_modelo(codigo)) == [1]


@pytest.mark.parametrize(
    "codigo",
    [
        "avance.estado = 'VALIDADO'",
        "filas.update(version=2, estado='VALIDADO')",
        "Informe.objects.create(corte=corte, estado='BORRADOR')",
        "setattr(avance, 'estado', 'VALIDADO')",
        "trabajos.arrendar(hasta, estado='EN_CURSO')",
    ],
)
def test_la_red_atrapa_una_asignacion_de_estado(codigo):
    assert list(asignaciones_de_estado(codigo)) == [1]


# Quien lee, pregunta --------------------------------------------------------------------------
@pytest.mark.parametrize("app", APPS)
def test_en_la_calle_toda_lectura_empieza_por_visibles_para(app):
    hallazgos = [
        f"{archivo.relative_to(RAIZ)}:{renglon}"
        for archivo in modulos(app, *CALLE)
        for renglon in lecturas_sin_preguntar(archivo.read_text())
    ]

    assert hallazgos == []


@pytest.mark.parametrize("app", APPS)
def test_las_vistas_no_toman_el_modelo_entero(app):
    hallazgos = [
        f"{archivo.relative_to(RAIZ)}:{renglon}"
        for archivo in modulos(app, "views", "api")
        for renglon in atajos_sobre_el_modelo(archivo.read_text())
    ]

    assert hallazgos == []


def test_las_plantillas_no_consultan():
    consulta = re.compile(r"\{[{%][^}]*(\.all\b|\w_set\b)")
    hallazgos = [str(a.relative_to(RAIZ)) for a in plantillas() if consulta.search(a.read_text())]

    assert hallazgos == []


@pytest.mark.parametrize("modelo", nuestros(), ids=lambda m: m._meta.label)
def test_todo_modelo_dice_quien_lo_ve(modelo):
    if modelo._meta.model_name.startswith(tuple(SIN_ACOTAR)):
        return

    assert isinstance(modelo._default_manager.all(), Acotado)
    assert modelo._base_manager.__class__ is models.Manager


@pytest.mark.parametrize("modelo", nuestros(), ids=lambda m: m._meta.label)
def test_un_rol_que_nadie_escribio_no_ve_nada(modelo):
    filas = modelo._default_manager.all()
    if isinstance(filas, Abierto) or not isinstance(filas, Acotado):
        return
    if modelo._meta.model_name in VEN_LO_PROPIO | VEN_LO_PUBLICADO:
        return
    nadie = Usuario(pk=7, rol="SIN_REGLA", institucion_id=7, is_active=True)

    with pytest.raises(EmptyResultSet):
        str(filas.visibles_para(nadie).query)


@pytest.mark.parametrize("modelo", nuestros(), ids=lambda m: m._meta.label)
def test_una_cuenta_apagada_no_ve_nada(modelo):
    filas = modelo._default_manager.all()
    if not isinstance(filas, Acotado):
        return
    apagada = Usuario(pk=7, rol="COORDINADOR", institucion_id=7, is_active=False)

    with pytest.raises(EmptyResultSet):
        str(filas.visibles_para(apagada).query)


# Un sitio por app asigna estados ---------------------------------------------------------------
@pytest.mark.parametrize("app", ASIGNAN)
def test_un_solo_sitio_asigna_estados(app):
    hallazgos = {
        f"{archivo.relative_to(RAIZ)}:{renglon}"
        for archivo in modulos(app)
        for renglon in asignaciones_de_estado(archivo.read_text())
        if str(archivo.relative_to(RAIZ / app)) not in ASIGNAN[app]
    }

    assert hallazgos == set()


# Nombres --------------------------------------------------------------------------------------
@pytest.mark.parametrize("app", APPS)
def test_la_inversa_se_nombra_solo_donde_se_declara_la_llave(app):
    inversas = [r for modelo in nuestros() for r in modelo._meta.related_objects]
    de_otras = {r.name for r in inversas if r.related_model._meta.app_label != app}
    de_aqui = {r.name for r in inversas if r.related_model._meta.app_label == app}
    de_aqui |= {c.name for m in apps.get_app_config(app).get_models() for c in m._meta.fields}
    nombres = "|".join(sorted(de_otras - de_aqui))
    patron = re.compile(rf"\b({nombres})__|__({nombres})\b")

    assert {str(a) for a in modulos(app) if patron.search(a.read_text())} == set()


@pytest.mark.parametrize("modelo", nuestros(), ids=lambda m: m._meta.label)
def test_las_restricciones_se_llaman_como_su_regla(modelo):
    app, nombre = modelo._meta.app_label, modelo._meta.model_name
    for restriccion in modelo._meta.constraints:
        assert re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", restriccion.name), restriccion.name
        assert len(restriccion.name) <= 63, restriccion.name
        assert not restriccion.name.startswith((f"{app}_", f"{nombre}_unic")), restriccion.name
        assert not re.search(r"uniq|check|constraint|%", restriccion.name), restriccion.name


def formularios(de: type[forms.BaseForm] = forms.BaseForm) -> Iterator[type[forms.BaseForm]]:
    """Las clases de formulario de las apps; las del sitio de catálogos se miran por modelo."""
    for uno in de.__subclasses__():
        yield from formularios(uno)
        if uno.__module__.partition(".")[0] in APPS and not uno.__module__.endswith(".admin"):
            yield uno


@pytest.mark.parametrize("app", APPS)
def test_todo_texto_que_se_escribe_entra_limpio(app):
    for archivo in modulos(app, "forms"):
        importlib.import_module(".".join(archivo.relative_to(RAIZ).with_suffix("").parts))
    crudos = {
        (forma.__name__, nombre)
        for forma in formularios()
        for nombre, campo in getattr(forma, "base_fields", {}).items()
        if forma.__module__.startswith(f"{app}.") and type(campo) is forms.CharField
    }

    assert crudos - NO_SE_GUARDAN.keys() == set()


@pytest.mark.parametrize(
    "sitio",
    [uno for uno in admin.site._registry.values() if isinstance(uno, Constante)],
    ids=lambda uno: uno.model._meta.label,
)
def test_todo_texto_de_un_catalogo_entra_limpio(sitio):
    for uno in (sitio, *(linea(sitio.model, admin.site) for linea in sitio.inlines)):
        for columna in uno.model._meta.fields:
            if type(columna) in {models.CharField, models.TextField} and not columna.choices:
                campo = uno.formfield_for_dbfield(columna, request=None)
                assert isinstance(campo, TextoField), columna


def test_no_hay_cajones_de_sastre():
    prohibidos = {"utils", "helpers", "common", "mixins", "misc", "services", "signals"}
    hallazgos = [a for app in (*APPS, "pesn") for a in modulos(app) if a.stem in prohibidos]

    assert hallazgos == []


@pytest.mark.parametrize("app", [*APPS, "pesn"])
def test_todo_modulo_dice_para_que_es(app):
    con_algo = [a for a in modulos(app) if a.read_text().strip()]
    sin_decirlo = [
        str(a.relative_to(RAIZ))
        for a in con_algo
        if not ast.get_docstring(ast.parse(a.read_text()))
    ]

    assert sin_decirlo == []


def archivos_del_proyecto() -> list[Path]:
    listado = subprocess.run(
        ["git", "-C", str(RAIZ), "ls-files", "-z"], capture_output=True, text=True, check=False
    )
    if listado.returncode:
        pytest.skip("No es un clon de git: no se sabe qué archivos son del proyecto.")
    rutas = (RAIZ / nombre for nombre in listado.stdout.split("\0") if nombre)
    return [ruta for ruta in rutas if ruta.is_file()]


@pytest.mark.parametrize(
    "ajeno",
    ["../sha" + "red", "/wo" + "rk/", ".lib" + "rary", "--index" + "-url ", "extra-index" + "-url"],
)
def test_el_proyecto_no_nombra_nada_de_la_maquina_donde_se_escribio(ajeno):
    hallazgos = [
        str(ruta.relative_to(RAIZ))
        for ruta in archivos_del_proyecto()
        if ajeno.encode() in ruta.read_bytes()
    ]

    assert hallazgos == []


def test_los_archivos_que_van_primero_existen():
    assert [uno for uno in LARGOS if not (RAIZ / "tests" / uno).is_file()] == []
