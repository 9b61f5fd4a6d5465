"""Las sesiones vencidas se borran solas una vez al día; las vivas, no."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone

from instituciones.tasks import borrar_sesiones_vencidas
from pesn.celery import app

pytestmark = pytest.mark.django_db


def test_se_borran_las_vencidas_y_quedan_las_vivas():
    ahora = timezone.now()
    for clave, vence in (("vencida", ahora - timedelta(minutes=1)), ("viva", ahora + timedelta(1))):
        Session.objects.create(session_key=clave, session_data="", expire_date=vence)

    borrar_sesiones_vencidas()

    assert list(Session.objects.values_list("session_key", flat=True)) == ["viva"]


def test_el_reloj_la_llama_cada_dia_por_su_nombre():
    puesta = settings.CELERY_BEAT_SCHEDULE["borrar_sesiones_vencidas"]
    app.loader.import_default_modules()

    assert puesta["task"] in app.tasks
    assert puesta["schedule"].remaining_estimate(timezone.now()) <= timedelta(days=1)
