"""Cómo se enchufa esta app."""

from django.apps import AppConfig


class MatricesConfig(AppConfig):
    """Lo hecho."""

    name = "matrices"
    verbose_name = "Matrices y avances"
