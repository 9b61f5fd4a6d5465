"""El papel con que la web entra a PostgreSQL: lee y escribe filas; no crea, cambia ni borra tablas.

El dueño migra; la web, el trabajador y el reloj entran con este otro. De lo que sólo crece, ni
siquiera puede cambiar o borrar una fila: el candado de la base deja de ser el único.
"""

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from pesn.revisiones import SOLO_CRECEN

DE_LA_MIGRACION = "django_migrations"
LARGO_DE_UN_PAPEL = 63  # PostgreSQL recorta lo que pase, y el papel ya no se encuentra


class PapelProhibido(Exception):
    """Ese papel no puede ser el de la web, y por qué; no se le quitó ni se le dio nada."""


def otorgar(papel: str, *, clave: str = "") -> list[str]:
    """Crea el papel si falta (o renueva su clave) y le da lo justo; dice tabla por tabla qué.

    Se puede repetir: quita primero lo que tuviera de más. Corre como el dueño, tras migrar.
    Lanza PapelProhibido.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        nuevo = not _existe_y_puede_ser(cursor, papel)
        quien = sql.Identifier(papel)
        if nuevo or clave:
            verbo = sql.SQL("CREATE ROLE {}" if nuevo else "ALTER ROLE {}").format(quien)
            entra = sql.SQL(" LOGIN PASSWORD {}").format(sql.Literal(clave))
            cursor.execute(verbo + (entra if clave else sql.SQL(" NOLOGIN")))
        for orden in (
            "ALTER ROLE {} NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION",
            "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}",
            "REVOKE ALL ON SCHEMA public FROM {}",
            "GRANT USAGE ON SCHEMA public TO {}",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}",
        ):
            cursor.execute(sql.SQL(orden).format(quien))
        cursor.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        dado = {tabla: _derechos(tabla) for tabla in connection.introspection.table_names(cursor)}
        for tabla, derechos in dado.items():
            otorga = sql.SQL(f"GRANT {derechos} ON {{}} TO {{}}")
            cursor.execute(otorga.format(sql.Identifier(tabla), quien))
    return [f"{tabla}: {derechos}" for tabla, derechos in dado.items()]


def _existe_y_puede_ser(cursor: CursorWrapper, papel: str) -> bool:
    """Si el papel ya existe. A la dueña o a quien administra la base se les quitaría lo suyo."""
    if not 0 < len(papel.encode()) <= LARGO_DE_UN_PAPEL or papel.startswith("pg_"):
        raise PapelProhibido(f"«{papel}» no puede ser el nombre de un papel.")
    cursor.execute(
        "SELECT rolsuper, rolname = current_user OR EXISTS (SELECT 1 FROM pg_tables"
        " WHERE schemaname = current_schema() AND tableowner = rolname)"
        " FROM pg_roles WHERE rolname = %s",
        [papel],
    )
    fila = cursor.fetchone()
    if fila and any(fila):
        quien = "administra el servidor" if fila[0] else "es la dueña de la base"
        raise PapelProhibido(f"{papel} {quien}: la web entra con otro papel.")
    return fila is not None


def _derechos(tabla: str) -> str:
    if tabla == DE_LA_MIGRACION:
        return "SELECT"
    if tabla in SOLO_CRECEN:
        return "SELECT, INSERT"
    return "SELECT, INSERT, UPDATE, DELETE"
