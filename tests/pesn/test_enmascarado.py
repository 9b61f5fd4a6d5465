"""Una copia enmascarada no manda el correo que esperaba, ni deja buscar lo que tapó."""

import pytest

from instituciones import avisos
from instituciones.models import Aviso
from matrices.models import Actividad
from pesn.enmascarado import enmascarar
from tests.fabricas import ActividadFactory, UsuarioFactory

pytestmark = pytest.mark.django_db


def test_la_bandeja_se_vacia_y_lo_plegado_se_tapa():
    ActividadFactory(descripcion="Órgano secreto.")
    for numero in range(2):
        dicho = avisos.Dicho(f"prueba:{numero}", "Tiene 3 observaciones", "/avances/1/")
        avisos.escribir([(dicho, [UsuarioFactory()])])

    enmascarar()

    assert not Aviso.objects.exists()
    assert not Actividad.objects.filter(plegado__contains="secreto").exists()
