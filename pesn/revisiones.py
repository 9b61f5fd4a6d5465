"""Lo que se revisa antes de arrancar: en producción, lo inseguro no arranca."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import openpyxl
from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from instituciones.models import Acotado
from instituciones.solo_crece import tablas_sin_candado

POR_PROCESO = ("locmem.LocMemCache", "dummy.DummyCache")
WEASYPRINT_MINIMO = 70
PROPIAS = {"acciones", "matrices", "informes", "instituciones"}
SOLO_CRECEN = (
    "instituciones_asiento",
    "matrices_movimiento",
    "informes_corte",
    "informes_contenidosellado",
    "informes_documento",
    "informes_descarga",
)


def registrar() -> None:
    """Inscribe cada revisión; las de ajustes sólo con `--deploy`, que producción corre."""
    for revision in (
        anfitriones,
        cache_compartida,
        pdf_seguro,
        timbre_json,
        archivos_sin_direccion,
        libros_sin_entidades,
        segundo_factor,
    ):
        register(Tags.security, deploy=True)(revision)
    for revision_de_base in (papel_sin_tablas, escritura_asegurada):
        register(Tags.database, deploy=True)(revision_de_base)
    register(Tags.database)(sqlite_segura)
    register(Tags.database)(candados_puestos)
    register(Tags.models)(modelos_con_regla)


def anfitriones(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """ALLOWED_HOSTS sin comodín: la de Django lo deja pasar."""
    if "*" not in settings.ALLOWED_HOSTS:
        return []
    return [Error("ALLOWED_HOSTS contiene «*».", hint="Escriba los nombres.", id="pesn.E001")]


def cache_compartida(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """La caché guarda los límites de entrada: por proceso, cada uno cuenta aparte."""
    if not settings.CACHES["default"]["BACKEND"].endswith(POR_PROCESO):
        return []
    return [Error("La caché es por proceso.", hint="Defina REDIS_URL.", id="pesn.E002")]


def pdf_seguro(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Antes de la 70, una hoja de estilo burla al buscador cerrado (GHSA-jf6q-chmf-3h3v)."""
    if int(version("weasyprint").partition(".")[0]) >= WEASYPRINT_MINIMO:
        return []
    return [Error("WeasyPrint es anterior a la 70.", id="pesn.E003")]


def timbre_json(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Celery acepta sólo JSON: lo demás ejecuta código al leerse."""
    if list(settings.CELERY_ACCEPT_CONTENT) == ["json"] == [settings.CELERY_TASK_SERIALIZER]:
        return []
    return [Error("Celery acepta algo más que JSON.", id="pesn.E004")]


def archivos_sin_direccion(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Lo que se sube no está donde el servidor sirve, ni tiene dirección."""
    archivos = Path(settings.MEDIA_ROOT).resolve()
    servidas = [Path(settings.STATIC_ROOT), *map(Path, settings.STATICFILES_DIRS)]
    dentro = any(archivos.is_relative_to(carpeta.resolve()) for carpeta in servidas)
    if not dentro and not settings.MEDIA_URL.strip("/"):
        return []
    return [Error("Los archivos subidos tendrían dirección pública.", id="pesn.E005")]


def sqlite_segura(app_configs: Any, databases: Any = None, **_: Any) -> list[CheckMessage]:
    """SQLite con WAL, escritura asegurada y transacciones que no se pierden."""
    errores: list[CheckMessage] = []
    for alias in databases or []:
        base = connections[alias]
        opciones = base.settings_dict["OPTIONS"]
        if base.vendor == "sqlite" and opciones.get("transaction_mode") != "IMMEDIATE":
            errores.append(Error("SQLite sin transacciones IMMEDIATE.", id="pesn.E006"))
        if base.vendor == "sqlite" and "synchronous=FULL" not in opciones.get("init_command", ""):
            errores.append(Error("SQLite sin synchronous=FULL.", id="pesn.E007"))
    return errores


def candados_puestos(app_configs: Any, databases: Any = None, **_: Any) -> list[CheckMessage]:
    """Las tablas que sólo crecen tienen su candado en la base."""
    return [
        Error(
            f"La tabla {tabla} se puede reescribir: le falta su candado.",
            hint="Repita la migración solo_crece.",
            id="pesn.E008",
        )
        for alias in databases or []
        for tabla in tablas_sin_candado(connections[alias], SOLO_CRECEN)
    ]


def papel_sin_tablas(app_configs: Any, databases: Any = None, **_: Any) -> list[CheckMessage]:
    """En producción la web no entra como dueña de las tablas: no las puede cambiar ni borrar."""
    errores: list[CheckMessage] = []
    for alias in databases or []:
        base = connections[alias]
        if not settings.PRODUCCION or base.vendor != "postgresql":
            continue
        with base.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace ="
                " current_schema()::regnamespace AND pg_has_role(current_user, relowner, 'USAGE')"
            )
            [suyas] = cursor.fetchone()
        if suyas:
            errores.append(
                Error(
                    f"La web entra a PostgreSQL como dueña de {suyas} tablas.",
                    hint="manage.py otorgar pesn_web, y DATABASE_URL con ese papel.",
                    id="pesn.E009",
                )
            )
    return errores


def escritura_asegurada(app_configs: Any, databases: Any = None, **_: Any) -> list[CheckMessage]:
    """Lo que se contesta como guardado está en disco: PostgreSQL no lo promete con esto apagado."""
    errores: list[CheckMessage] = []
    for alias in databases or []:
        base = connections[alias]
        if not settings.PRODUCCION or base.vendor != "postgresql":
            continue
        with base.cursor() as cursor:
            cursor.execute(
                "SELECT name FROM pg_settings WHERE setting = 'off' AND name IN"
                " ('fsync', 'full_page_writes', 'synchronous_commit') ORDER BY name"
            )
            for (nombre,) in cursor.fetchall():
                errores.append(Error(f"PostgreSQL tiene apagado {nombre}.", id="pesn.E010"))
    return errores


def libros_sin_entidades(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """openpyxl lee XML con defusedxml y sin lxml: si no, un libro puede agotar la memoria."""
    if openpyxl.DEFUSEDXML and not openpyxl.LXML:
        return []
    return [Error("openpyxl lee sin defusedxml, o con lxml.", id="pesn.E011")]


def segundo_factor(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """En producción, la Secretaría, el Consejo y quien administra no entran sólo con contraseña."""
    if settings.MFA_OBLIGATORIO or not settings.PRODUCCION:
        return []
    return [
        Error(
            "El segundo factor obligatorio está apagado.",
            hint="Quite PESN_MFA_OBLIGATORIO.",
            id="pesn.E012",
        )
    ]


def modelos_con_regla(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Cada modelo propio dice quién ve sus filas; el que calla no arranca."""
    return [
        Error(f"{modelo._meta.label} no dice quién ve sus filas.", id="pesn.E013")
        for modelo in apps.get_models()
        if modelo._meta.app_label in PROPIAS
        and not modelo.__name__.startswith("Historical")
        and not isinstance(modelo._default_manager.all(), Acotado)
    ]
