"""Copia el plan de demostración cien veces en PostgreSQL, para medir a 1× y a 100×.

    DATABASE_URL=postgres://… python -m rendimiento.sembrar

Crea dos bases junto a la de `DATABASE_URL`: `<nombre>_1x`, con la demostración, y `<nombre>_100x`,
con ella y noventa y nueve copias de su plan, sus instituciones y todo lo que cuelga. Quien revisa
no se copia: su cola crece cien veces. Las copias no llevan el texto de los movimientos.
"""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import psycopg
from psycopg import sql

COPIAS = 99
SALTO = 10_000_000
RAIZ = Path(__file__).resolve().parent.parent
# Columnas que, en la copia, siguen apuntando a la fila de origen.
COMPARTIDAS = {("institucion", "revisora"), ("plan", "seguimiento")}
# Columnas de texto únicas: la copia les pone su número.
UNICAS = {("institucion", "sigla"), ("plan", "codigo"), ("recomendacion", "numero")}
SIN_TEXTO = {("movimiento", "contenido"): "{}"}


def modelos():
    """Lo que se copia, de lo que no depende de nadie a lo que cuelga de todo."""
    from django.apps import apps

    de_acciones = [
        "Plan", "Ambito", "Programa", "ObjetivoEspecifico", "AccionEstrategica", "Responsabilidad",
    ]  # fmt: skip
    de_matrices = [
        "Periodo", "Umbrales", "MatrizCumplimiento", "Actividad", "Cooperacion", "HitoActividad",
        "Avance", "HitoCumplido", "Aporte", "Evidencia", "Observacion", "Movimiento",
        "Reprogramacion", "Rectificacion",
    ]  # fmt: skip
    yield apps.get_model("instituciones", "Institucion")
    yield from (apps.get_model("acciones", nombre) for nombre in de_acciones)
    yield from (apps.get_model("matrices", nombre) for nombre in de_matrices)


def multiplicar(conexion: psycopg.Connection) -> None:
    """Una sentencia por tabla: cada fila, noventa y nueve veces, con sus llaves corridas."""
    copiados = list(modelos())
    tablas = [*copiados, *_puentes(copiados)]
    with conexion.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # sin comprobar llaves fila a fila
        for modelo in tablas:
            cursor.execute(_copia_de(modelo, copiados))
            sys.stdout.write(f"  {modelo._meta.db_table}: {cursor.rowcount} filas\n")
        cursor.execute("SET session_replication_role = DEFAULT")
    conexion.commit()
    conexion.autocommit = True
    conexion.execute("VACUUM ANALYZE")


def _puentes(copiados: Iterable) -> list:
    """Las tablas de muchos a muchos entre modelos que se copian."""
    return [
        campo.remote_field.through
        for modelo in copiados
        for campo in modelo._meta.local_many_to_many
        if campo.related_model in copiados
    ]


def _copia_de(modelo, copiados: list) -> sql.Composed:
    columnas, valores = [], []
    nombre = modelo._meta.model_name
    for campo in modelo._meta.local_fields:
        columna = sql.Identifier(campo.column)
        columnas.append(columna)
        corre = campo.primary_key or (
            campo.remote_field is not None
            and campo.related_model in copiados
            and (nombre, campo.name) not in COMPARTIDAS
        )
        if corre:
            valores.append(sql.SQL("{} + k * {}").format(columna, SALTO))
        elif (nombre, campo.name) in UNICAS:
            valores.append(sql.SQL("{} || '-' || k").format(columna))
        elif (nombre, campo.name) in SIN_TEXTO:
            valores.append(sql.Literal(SIN_TEXTO[nombre, campo.name]))
        else:
            valores.append(columna)
    return sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {}, generate_series(1, {}) k").format(
        sql.Identifier(modelo._meta.db_table),
        sql.SQL(", ").join(columnas),
        sql.SQL(", ").join(valores),
        sql.Identifier(modelo._meta.db_table),
        COPIAS,
    )


def direcciones() -> tuple[str, str, str]:
    """La de `DATABASE_URL` y las de las dos bases que se crean a su lado."""
    base = os.environ.get("DATABASE_URL", "")
    if not base.startswith("postgres"):
        raise SystemExit("Ponga en DATABASE_URL una base de PostgreSQL.")
    return base, f"{base}_1x", f"{base}_100x"


def main() -> None:
    """Crea las dos bases; si ya estaban, las rehace."""
    base, una, cien = direcciones()
    nombres = [direccion.rsplit("/", 1)[1] for direccion in (una, cien)]
    with psycopg.connect(base, autocommit=True) as conexion:
        for nombre in nombres:
            conexion.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(nombre)))
        conexion.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(nombres[0])))
    for mandato in (
        ["migrate", "-v0"],
        ["createcachetable"],
        ["cargar_plan", "fixtures/pesn-2020-2024.json"],
        ["cargar_demo", "fixtures/demo.json"],
    ):
        subprocess.run(  # noqa: S603 (el mismo intérprete y mandatos propios)
            [sys.executable, "manage.py", *mandato],
            cwd=RAIZ,
            env={**os.environ, "DATABASE_URL": una, "STATEMENT_TIMEOUT_MS": "600000"},
            check=True,
            stdout=subprocess.DEVNULL,
        )
    with psycopg.connect(base, autocommit=True) as conexion:
        plantilla = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        conexion.execute(plantilla.format(*map(sql.Identifier, reversed(nombres))))
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pesn.settings")
    django.setup()
    with psycopg.connect(cien) as conexion:
        multiplicar(conexion)


if __name__ == "__main__":
    main()
