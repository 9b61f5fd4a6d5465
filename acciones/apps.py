"""Cómo se enchufa esta app."""

from django.apps import AppConfig


class AccionesConfig(AppConfig):
    """Lo prometido."""

    name = "acciones"
    verbose_name = "El plan"
