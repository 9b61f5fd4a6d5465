"""Cómo se enchufa esta app."""

from django.apps import AppConfig


class InstitucionesConfig(AppConfig):
    """Quién."""

    name = "instituciones"
    verbose_name = "Instituciones y personas"

    def ready(self):
        from instituciones import receptores

        receptores.conectar()
