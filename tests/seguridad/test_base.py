"""G-14, G-16 y G-27: la cadena alterada se descubre, y las migraciones dan siempre lo mismo."""

import random

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from instituciones import solo_crece
from instituciones.bitacora import asiento, constancia, primer_quiebre
from instituciones.models import Asiento
from pesn.revisiones import SOLO_CRECEN
from tests.fabricas import UsuarioFactory

pytestmark = pytest.mark.cada_motor
ALTERACIONES = 200
COLUMNAS = ["acto", "tipo", "clave", "institucion", "datos", "huella", "huella_anterior"]
NUESTRAS = ("instituciones", "acciones", "matrices", "informes")


@pytest.mark.django_db
def test_doscientas_alteraciones_de_la_cadena_se_descubren(cifra):
    """Cambiar, borrar, trocar o meter uno; lo último que se borra lo delata el ancla."""
    persona, azar = UsuarioFactory(), random.Random(14)
    for numero in range(30):
        with constancia() as asientos:
            asientos.append(asiento("probar", persona, por=persona, datos={"n": numero}))
    solo_crece.quitar(connection, ("instituciones_asiento",))
    claves = list(Asiento.objects.values_list("pk", flat=True))
    ancla = (len(claves), Asiento.objects.get(pk=claves[-1]).huella)
    descubiertas = 0
    for _vez in range(ALTERACIONES):
        punto = transaction.savepoint()
        alterar(azar, claves)
        cuantos, quiebre = primer_quiebre()
        ultima = Asiento.objects.order_by("-pk").values_list("huella", flat=True).first()
        descubiertas += quiebre is not None or (cuantos, ultima) != ancla
        transaction.savepoint_rollback(punto)

    cifra(f"G-14 alteraciones={ALTERACIONES} descubiertas={descubiertas}")
    assert descubiertas == ALTERACIONES
    assert primer_quiebre() == (30, None)


def alterar(azar, claves):
    una = azar.choice(claves)
    cual = azar.choice(["cambiar", "cambiar", "borrar", "cola", "meter"])
    filas = Asiento.objects.filter(pk=una)
    if cual == "cambiar":
        columna = azar.choice(COLUMNAS)
        filas.update(**{columna: f"{azar.getrandbits(64):x}"})
    elif cual == "borrar":
        filas.delete()
    elif cual == "cola":
        Asiento.objects.filter(pk__gte=una).delete()
    else:
        copia = filas.get()
        copia.pk, copia.huella_anterior = None, f"{azar.getrandbits(64):x}"
        copia.huella = f"{azar.getrandbits(64):x}"
        copia.save(force_insert=True)


ORDENES = ["UPDATE {} SET id = id", "DELETE FROM {}"]


@pytest.mark.django_db
def test_lo_que_solo_crece_no_se_reescribe_ni_con_sql(cifra):
    """G-16: con una fila adentro, cambiarla o borrarla se niega en cada tabla."""
    tapadas = set(solo_crece.tablas_sin_candado(connection, SOLO_CRECEN))
    with constancia() as asientos:
        persona = UsuarioFactory()
        asientos.append(asiento("probar", persona, por=persona))
    for orden in ORDENES:
        with (
            pytest.raises(DatabaseError, match="crece"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(orden.format("instituciones_asiento"))

    cifra(f"G-16 tablas={len(SOLO_CRECEN)} sin_candado={len(tapadas)}")
    assert tapadas == set()


def esquema() -> list[tuple]:
    """Tablas, índices, restricciones y candados, como la base los tiene."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2, 3")
            return [f for f in cursor.fetchall() if not f[1].startswith("sqlite_")]
        cursor.execute(
            "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2"
        )
        restricciones = cursor.fetchall()
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal "
            "ORDER BY 1, 2"
        )
        candados = cursor.fetchall()
        cursor.execute(
            "SELECT table_name, column_name, data_type, is_nullable FROM "
            "information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"
        )
        return restricciones + candados + cursor.fetchall()


@pytest.mark.django_db(transaction=True)
def test_las_migraciones_de_cero_a_lo_ultimo_dos_veces_dan_lo_mismo(cifra):
    """G-27: se deshace todo lo nuestro y se rehace; el esquema y los candados son iguales."""
    hojas = MigrationExecutor(connection).loader.graph.leaf_nodes()
    primero = esquema()
    try:
        for app in reversed(NUESTRAS):
            call_command("migrate", app, "zero", verbosity=0)
        assert not any("matrices_avance" in str(fila) for fila in esquema())
    finally:
        call_command("migrate", verbosity=0)

    cifra(f"G-27 migraciones={len(hojas)} objetos={len(primero)} distintos={distintos(primero)}")
    assert distintos(primero) == 0
    assert solo_crece.tablas_sin_candado(connection, SOLO_CRECEN) == []


def distintos(primero: list[tuple]) -> int:
    return len(set(primero) ^ set(esquema()))
