"""Cableado: ajustes, direcciones y Celery. Es el único lugar que conoce todas las apps."""

from pesn.celery import app as celery_app

__all__ = ["celery_app"]
