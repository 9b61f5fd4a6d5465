"""Cómo se enchufa esta app."""

from django.apps import AppConfig


class InformesConfig(AppConfig):
    """Lo contado."""

    name = "informes"
    verbose_name = "Cortes e informes"
