"""La aplicación de Celery: un timbre; quien manda es la fila del trabajo."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pesn.settings")

app = Celery("pesn")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
