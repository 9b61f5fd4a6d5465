"""El papel de la web escribe filas y nada más: ni tablas ni lo que sólo crece (G-16)."""

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction

from instituciones.models import Asiento
from matrices.models import Avance
from pesn import revisiones
from pesn.papeles import PapelProhibido, otorgar
from tests.fabricas import AvanceFactory

pytestmark = pytest.mark.django_db
PAPEL = "pesn_web_de_prueba"
PROHIBIDO = {
    "UPDATE": "UPDATE instituciones_asiento SET acto = 'otro'",
    "DELETE": "DELETE FROM matrices_movimiento",
    "TRUNCATE": "TRUNCATE informes_documento",
    "DISABLE TRIGGER": "ALTER TABLE instituciones_asiento DISABLE TRIGGER ALL",
    "DROP": "DROP TABLE matrices_avance CASCADE",
    "CREATE": "CREATE TABLE escondida (texto text)",
    "DROP TRIGGER": "DROP TRIGGER instituciones_asiento_sin_update ON instituciones_asiento",
    "migraciones": "DELETE FROM django_migrations",
}


@pytest.fixture
def como_la_web():
    """Dentro de la transacción de la prueba: el papel se va con ella."""
    if connection.vendor != "postgresql":
        pytest.skip("Los papeles son de PostgreSQL.")
    otorgar(PAPEL)
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT {PAPEL} TO CURRENT_USER")
        yield lambda: cursor.execute(f"SET LOCAL ROLE {PAPEL}")
        cursor.execute("RESET ROLE")


def test_la_web_no_puede_tocar_tablas_ni_lo_que_solo_crece(como_la_web):
    AvanceFactory()
    como_la_web()
    negadas = 0
    for orden in PROHIBIDO.values():
        with (
            pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(orden)
        negadas += 1

    print(f"G-16 negadas={negadas}/{len(PROHIBIDO)}")  # noqa: T201 (la cifra de la meta)
    assert negadas == len(PROHIBIDO)


def test_la_web_si_puede_trabajar(como_la_web):
    como_la_web()
    avance = AvanceFactory()
    Avance._base_manager.filter(pk=avance.pk).update(logro="Se publicó la norma.")
    avance.delete()

    assert not Avance._base_manager.exists()
    assert Asiento._base_manager.count() >= 0


def test_otorgar_se_repite_y_quita_lo_de_mas(como_la_web):
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT ALL ON instituciones_asiento TO {PAPEL}")
        otorgar(PAPEL)
        cursor.execute("SELECT has_table_privilege(%s, 'instituciones_asiento', 'UPDATE')", [PAPEL])
        assert cursor.fetchone() == (False,)


def test_descubre_que_la_web_entra_como_duena(como_la_web, settings):
    settings.PRODUCCION = True
    assert [e.id for e in revisiones.papel_sin_tablas(None, ["default"])] == ["pesn.E009"]

    como_la_web()
    assert revisiones.papel_sin_tablas(None, ["default"]) == []


def test_descubre_una_base_que_no_asegura_lo_escrito(settings, como_la_web):
    settings.PRODUCCION = True
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = on")
        antes = {e.msg for e in revisiones.escritura_asegurada(None, ["default"])}
        cursor.execute("SET LOCAL synchronous_commit = off")
        despues = {e.msg for e in revisiones.escritura_asegurada(None, ["default"])}

    assert despues - antes == {"PostgreSQL tiene apagado synchronous_commit."}


def test_sin_postgresql_se_dice(settings):
    if connection.vendor == "postgresql":
        pytest.skip("Aquí sí hay papeles.")
    with pytest.raises(CommandError, match="PostgreSQL"):
        call_command("otorgar", "pesn_web")


@pytest.mark.parametrize("papel", ["", "pg_monitor", "p" * 64])
def test_un_nombre_que_no_es_de_un_papel_se_rechaza(papel):
    if connection.vendor != "postgresql":
        pytest.skip("Los papeles son de PostgreSQL.")
    with pytest.raises(PapelProhibido, match="nombre de un papel"):
        otorgar(papel)


def test_a_la_duena_de_la_base_no_se_le_quita_nada():
    if connection.vendor != "postgresql":
        pytest.skip("Los papeles son de PostgreSQL.")
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE pesn_otra_duena")
        cursor.execute("ALTER TABLE instituciones_feriado OWNER TO pesn_otra_duena")
        cursor.execute("SELECT current_user")
        [actual] = cursor.fetchone()

    for papel in ("pesn_otra_duena", actual):
        with pytest.raises(PapelProhibido, match="la web entra con otro papel"):
            otorgar(papel)
