"""Entrada WSGI para el servidor."""

import os

from django.core.wsgi import get_wsgi_application

from pesn.envio import ConPlazo

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pesn.settings")

application = ConPlazo(get_wsgi_application())
