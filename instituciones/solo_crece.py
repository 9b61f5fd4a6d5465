"""El candado de las tablas que sólo crecen: la base misma niega cambiar, borrar o vaciar.

Las migraciones lo ponen con `operaciones`. En SQLite, una migración que rehace la tabla lo
pierde en silencio: quien la escriba repite aquí su operación al final.
"""

from typing import Any

from django.db import migrations

FUNCION = """
CREATE OR REPLACE FUNCTION solo_crece() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'La tabla % solo crece.', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""


def operaciones(*tablas: str) -> list[migrations.RunPython]:
    """Las operaciones de una migración que cierra esas tablas."""

    def cerrar(apps: Any, editor: Any) -> None:
        poner(editor.connection, tablas)

    def abrir(apps: Any, editor: Any) -> None:
        quitar(editor.connection, tablas)

    return [migrations.RunPython(cerrar, abrir)]


def poner(conexion: Any, tablas: tuple[str, ...]) -> None:
    """Cierra las tablas; si ya lo estaban, las cierra de nuevo."""
    quitar(conexion, tablas)
    with conexion.cursor() as cursor:
        if conexion.vendor == "postgresql":
            cursor.execute(FUNCION)
        for tabla in tablas:
            for orden in _ordenes(conexion.vendor, tabla):
                cursor.execute(orden)


def quitar(conexion: Any, tablas: tuple[str, ...]) -> None:
    """Las abre: sólo para deshacer la migración y para vaciar una base de pruebas."""
    with conexion.cursor() as cursor:
        for tabla in tablas:
            for nombre in _nombres(conexion.vendor, tabla):
                sobre = f" ON {tabla}" if conexion.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {nombre}{sobre}")


def tablas_sin_candado(conexion: Any, tablas: tuple[str, ...]) -> list[str]:
    """De las que existen, las que tienen menos candados de los debidos o los tienen apagados."""
    consulta = {
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'",
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    }[conexion.vendor]
    with conexion.cursor() as cursor:
        existen = set(conexion.introspection.table_names(cursor))
        cursor.execute(consulta)
        puestos = {nombre for (nombre,) in cursor.fetchall()}
    return [
        tabla
        for tabla in tablas
        if tabla in existen and not puestos.issuperset(_nombres(conexion.vendor, tabla))
    ]


def _nombres(motor: str, tabla: str) -> list[str]:
    actos = ["update", "delete"] + (["truncate"] if motor == "postgresql" else [])
    return [f"{tabla}_sin_{acto}" for acto in actos]


def _ordenes(motor: str, tabla: str) -> list[str]:
    if motor == "postgresql":
        return [
            f"CREATE TRIGGER {tabla}_sin_update BEFORE UPDATE ON {tabla}"
            " FOR EACH ROW EXECUTE FUNCTION solo_crece()",
            f"CREATE TRIGGER {tabla}_sin_delete BEFORE DELETE ON {tabla}"
            " FOR EACH ROW EXECUTE FUNCTION solo_crece()",
            f"CREATE TRIGGER {tabla}_sin_truncate BEFORE TRUNCATE ON {tabla}"
            " FOR EACH STATEMENT EXECUTE FUNCTION solo_crece()",
        ]
    return [
        f"CREATE TRIGGER {tabla}_sin_{acto} BEFORE {acto.upper()} ON {tabla}"
        f" BEGIN SELECT RAISE(ABORT, 'La tabla {tabla} solo crece.'); END"
        for acto in ("update", "delete")
    ]
