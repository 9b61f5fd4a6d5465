"""Lo que se revisa antes de arrancar: en producción, lo inseguro no arranca."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from instituciones.solo_crece import tablas_sin_candado

POR_PROCESO = ("locmem.LocMemCache", "dummy.DummyCache")
WEASYPRINT_MINIMO = 70
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
    ):
        register(Tags.security, deploy=True)(revision)
    register(Tags.database)(sqlite_segura)
    register(Tags.database)(candados_puestos)


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
