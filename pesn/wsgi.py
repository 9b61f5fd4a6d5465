"""Entrada WSGI para el servidor."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pesn.settings")

application = get_wsgi_application()
