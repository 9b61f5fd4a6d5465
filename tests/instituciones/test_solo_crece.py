"""La base misma niega reescribir lo que sólo crece, en los dos motores."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import TransactionTestCase

from instituciones import solo_crece
from instituciones.models import Asiento
from pesn.revisiones import SOLO_CRECEN, candados_puestos
from tests.fabricas import UsuarioFactory

pytestmark = pytest.mark.cada_motor


def orden(texto):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(texto)


@pytest.mark.django_db
def test_todas_las_tablas_nacen_con_su_candado():
    with connection.cursor() as cursor:
        assert set(SOLO_CRECEN) <= set(connection.introspection.table_names(cursor))
    assert solo_crece.tablas_sin_candado(connection, SOLO_CRECEN) == []


@pytest.mark.django_db
def test_la_bitacora_no_se_cambia_ni_se_borra(client):
    client.force_login(UsuarioFactory())
    uno = Asiento.objects.get()

    with pytest.raises(DatabaseError, match="crece"), transaction.atomic():
        Asiento.objects.filter(pk=uno.pk).update(acto="otro")
    with pytest.raises(DatabaseError, match="crece"), transaction.atomic():
        uno.delete()
    assert Asiento.objects.get().acto == "entrar"


@pytest.mark.django_db
def test_postgresql_niega_tambien_vaciar():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite no tiene TRUNCATE; su DELETE ya está probado.")
    for tabla in SOLO_CRECEN:
        with pytest.raises(DatabaseError, match="crece"):
            orden(f"TRUNCATE {tabla} CASCADE")


@pytest.mark.django_db
def test_la_revision_avisa_de_un_candado_que_falta():
    solo_crece.quitar(connection, ("instituciones_asiento",))

    [aviso] = candados_puestos(None, databases=["default"])
    assert aviso.id == "pesn.E008"
    assert "instituciones_asiento" in aviso.msg


@pytest.mark.django_db(transaction=True)
def test_vaciar_tras_una_prueba_con_transacciones_no_deja_sin_candado(client):
    client.force_login(UsuarioFactory())

    TransactionTestCase._fixture_teardown(TransactionTestCase("run"))

    assert not Asiento.objects.exists()
    assert solo_crece.tablas_sin_candado(connection, SOLO_CRECEN) == []
