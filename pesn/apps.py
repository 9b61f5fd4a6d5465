"""Cómo se enchufan el cableado y el sitio de administración."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.contrib.staticfiles.apps import StaticFilesConfig


class PesnConfig(AppConfig):
    """El cableado: trae las revisiones con que producción arranca o no arranca."""

    name = "pesn"
    verbose_name = "Seguimiento del plan"

    def ready(self):
        from pesn import revisiones

        revisiones.registrar()


class AdministracionConfig(AdminConfig):
    """Cuentas y catálogos; sólo para quien administra."""

    default_site = "pesn.administracion.Administracion"


class EstaticosConfig(StaticFilesConfig):
    """Lo que el navegador baja, sin lo que las bibliotecas traen y ninguna página pide."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "redoc", "rest_framework"]
