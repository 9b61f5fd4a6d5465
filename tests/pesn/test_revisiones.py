"""Cada revisión pasa con los ajustes buenos y falla con el malo que busca."""

import pytest
from django.core.checks import run_checks
from django.db import connection, models

from instituciones.models import Feriado
from pesn import revisiones


@pytest.mark.parametrize(
    ("revision", "malos", "clave"),
    [
        (revisiones.anfitriones, {"ALLOWED_HOSTS": ["pesn.gt", "*"]}, "pesn.E001"),
        (
            revisiones.cache_compartida,
            {"CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}},
            "pesn.E002",
        ),
        (revisiones.timbre_json, {"CELERY_ACCEPT_CONTENT": ["json", "pickle"]}, "pesn.E004"),
        (revisiones.timbre_json, {"CELERY_TASK_SERIALIZER": "pickle"}, "pesn.E004"),
        (revisiones.archivos_sin_direccion, {"MEDIA_URL": "/archivos/"}, "pesn.E005"),
    ],
)
def test_cada_revision_descubre_lo_suyo(settings, revision, malos, clave):
    assert revision(None) == []

    for nombre, valor in malos.items():
        setattr(settings, nombre, valor)
    assert [error.id for error in revision(None)] == [clave]


def test_descubre_los_archivos_dentro_de_los_estaticos(settings, tmp_path):
    settings.STATIC_ROOT = str(tmp_path)
    settings.MEDIA_ROOT = str(tmp_path / "archivos")

    assert [error.id for error in revisiones.archivos_sin_direccion(None)] == ["pesn.E005"]


def test_descubre_un_weasyprint_viejo(monkeypatch):
    assert revisiones.pdf_seguro(None) == []

    monkeypatch.setattr(revisiones, "version", lambda paquete: "69.1")
    assert [error.id for error in revisiones.pdf_seguro(None)] == ["pesn.E003"]


@pytest.mark.parametrize(("ajuste", "malo"), [("DEFUSEDXML", False), ("LXML", True)])
def test_descubre_un_lector_de_libros_inseguro(monkeypatch, ajuste, malo):
    assert revisiones.libros_sin_entidades(None) == []

    monkeypatch.setattr(revisiones.openpyxl, ajuste, malo)
    assert [error.id for error in revisiones.libros_sin_entidades(None)] == ["pesn.E011"]


def test_descubre_un_modelo_que_no_dice_quien_lo_ve(monkeypatch):
    assert revisiones.modelos_con_regla(None) == []

    abierto = models.Manager()
    abierto.model = Feriado
    monkeypatch.setattr(Feriado._meta, "default_manager", abierto)
    assert [error.id for error in revisiones.modelos_con_regla(None)] == ["pesn.E013"]


@pytest.mark.django_db
def test_descubre_una_sqlite_sin_sus_opciones(monkeypatch):
    if connection.vendor != "sqlite":
        pytest.skip("Sólo vale en SQLite.")
    assert revisiones.sqlite_segura(None, databases=["default"]) == []

    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {})
    errores = revisiones.sqlite_segura(None, databases=["default"])
    assert [error.id for error in errores] == ["pesn.E006", "pesn.E007"]


@pytest.mark.django_db
def test_las_revisiones_estan_inscritas(settings):
    settings.ALLOWED_HOSTS = ["*"]

    propias = {
        aviso.id
        for aviso in run_checks(include_deployment_checks=True, databases=["default"])
        if str(aviso.id).startswith("pesn.")
    }
    assert propias == {"pesn.E001"}
