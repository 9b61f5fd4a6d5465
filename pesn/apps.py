"""Cómo se enchufan el cableado y el sitio de administración."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


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
