"""Respaldar y restaurar: un archivo con la base, lo guardado y con qué comprobar que volvió igual.

El archivo es un tar: la base primero, después los archivos que nombra (sólo crecen, así que los
copiados más tarde la contienen) y al final el manifiesto, con la huella de cada tabla. Con llave
va cifrado (age). Las sesiones y la caché no se respaldan: al volver, todos entran de nuevo.
"""

import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import pyrage
from django.apps import apps
from django.conf import settings
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from instituciones import bitacora
from instituciones.almacen import sellar_archivo
from instituciones.solo_crece import tablas_sin_candado
from pesn.enmascarado import enmascarar
from pesn.revisiones import SOLO_CRECEN

FORMATO = 1
EFIMERAS = ("django_session", "usersessions_usersession", "cache_compartida")
GUARDADO = re.compile(r"archivos/(?P<nombre>[0-9a-f]{2}/[0-9a-f]{2}/(?P<huella>[0-9a-f]{64}))")
BASES = {"postgresql": "base.dump", "sqlite": "base.sqlite3"}
MANIFIESTO = {
    "formato": int,
    "momento": str,
    "entorno": str,
    "motor": str,
    "tablas": dict,
    "secuencias": dict,
    "bitacora": dict,
    "archivos": dict,
}  # lo que al restaurar se lee de él
Retrato = dict[str, dict[str, Any]]


class RespaldoInutil(Exception):
    """No se puede respaldar o restaurar, y por qué; lo que había queda como estaba."""


# Respaldar ---------------------------------------------------------------------------------
def respaldar(destino: Path, *, para: str = "") -> dict[str, Any]:
    """Escribe el respaldo en `destino` y da su manifiesto; `para` es una llave pública de age.

    El archivo aparece entero o no aparece. Mientras tanto se puede seguir trabajando.
    """
    with tempfile.TemporaryDirectory(prefix="pesn-respaldo-") as taller:
        base = Path(taller) / BASES[connection.vendor]
        retrato, secuencias = _copiar_la_base(base)
        manifiesto = {
            "formato": FORMATO,
            "momento": timezone.now().isoformat(),
            "entorno": settings.ENTORNO,
            "motor": connection.vendor,
            "migraciones": _migraciones(),
            "tablas": retrato,
            "secuencias": secuencias,
            "bitacora": _ancla(),
            "archivos": {},
            "perdidos": [],
        }
        with (
            _puesto_al_final(destino) as salida,
            _cifrado(salida, para) as claro,
            tarfile.open(fileobj=claro, mode="w|") as tar,
        ):
            tar.add(base, arcname=base.name, filter=_anonimo)
            for nombre in _archivos_nombrados():
                try:
                    manifiesto["archivos"][nombre] = _agregar_archivo(tar, nombre)
                except FileNotFoundError:
                    manifiesto["perdidos"].append(nombre)
            _agregar_texto(tar, "manifiesto.json", json.dumps(manifiesto, indent=1))
    return manifiesto


def _copiar_la_base(base: Path) -> tuple[Retrato, dict[str, int]]:
    """La copia y el retrato de sus tablas, tomados del mismo instante."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(base)])
        with closing(sqlite3.connect(base)) as copia:
            for tabla in set(EFIMERAS) & set(connection.introspection.table_names()):
                copia.execute(f'DELETE FROM "{tabla}"')  # noqa: S608 — nombres de esta lista
            copia.commit()
            return retrato_de_sqlite(copia)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_export_snapshot()")
        [instante] = cursor.fetchone()
        sin_datos = [f"--exclude-table-data={tabla}" for tabla in EFIMERAS]
        _correr_en_postgres(
            "pg_dump", f"--snapshot={instante}", "--format=custom", f"--file={base}", *sin_datos
        )
        return retrato_de_postgres()


def retrato_de_sqlite(base: sqlite3.Connection) -> tuple[Retrato, dict[str, int]]:
    """Filas y huella de cada tabla de un archivo de SQLite, y sus secuencias."""
    nombres = base.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    tablas = {
        # El nombre sale del catálogo de la propia base.
        tabla: _retrato(base.execute(f'SELECT * FROM "{tabla}"'))  # noqa: S608
        for (tabla,) in nombres
        if tabla not in EFIMERAS and not tabla.startswith("sqlite_")
    }
    return tablas, dict(base.execute("SELECT name, seq FROM sqlite_sequence").fetchall())


def retrato_de_postgres() -> tuple[Retrato, dict[str, int]]:
    """Lo mismo de la base conectada, leída por trozos dentro de una transacción."""
    tablas = {}
    with connection.cursor() as cursor:
        nombres = connection.introspection.table_names(cursor)
    for tabla in nombres:
        if tabla in EFIMERAS:
            continue
        with connection.chunked_cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{tabla}"')  # noqa: S608 — nombres de la propia base
            tablas[tabla] = _retrato(cursor)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sequencename, coalesce(last_value, 0) FROM pg_sequences"
            " WHERE schemaname = current_schema()"
        )
        return tablas, dict(cursor.fetchall())


def _retrato(filas: Iterable[tuple[Any, ...]]) -> dict[str, Any]:
    """Cuántas filas, y la huella de todas sin que importe su orden."""
    huellas = sorted(hashlib.sha256(repr(tuple(fila)).encode()).digest() for fila in filas)
    return {"filas": len(huellas), "huella": hashlib.sha256(b"".join(huellas)).hexdigest()}


def _migraciones() -> list[str]:
    return sorted(".".join(una) for una in MigrationRecorder(connection).applied_migrations())


def _ancla() -> dict[str, Any]:
    cuantos, roto = bitacora.primer_quiebre()
    if roto is not None:
        raise RespaldoInutil(f"La bitácora se rompe en el asiento {roto}: averigüe antes qué pasó.")
    return {"asientos": cuantos, "huella": bitacora.ultima_huella()}


def _archivos_nombrados() -> Iterator[str]:
    """Los nombres en el almacén que alguna fila guarda, sin repetir."""
    vistos: set[str] = set()
    for modelo, campo in _campos_de_archivo():
        nombres = modelo._base_manager.exclude(**{campo: ""}).values_list(campo, flat=True)
        for nombre in nombres.iterator():
            if nombre not in vistos:
                vistos.add(nombre)
                yield nombre


def _campos_de_archivo() -> Iterator[tuple[type[models.Model], str]]:
    existen = set(connection.introspection.table_names())  # también antes de migrar
    for modelo in apps.get_models():
        for campo in modelo._meta.concrete_fields:
            if isinstance(campo, models.FileField) and modelo._meta.db_table in existen:
                yield modelo, campo.name


def _agregar_archivo(tar: tarfile.TarFile, nombre: str) -> int:
    """Lo copia del almacén; da sus octetos."""
    with storages["default"].open(nombre) as archivo:
        ficha = tarfile.TarInfo(f"archivos/{nombre}")
        ficha.size = archivo.size
        tar.addfile(ficha, archivo)
        return ficha.size


def _agregar_texto(tar: tarfile.TarFile, nombre: str, texto: str) -> None:
    octetos = texto.encode()
    ficha = tarfile.TarInfo(nombre)
    ficha.size = len(octetos)
    tar.addfile(ficha, BytesIO(octetos))


def _anonimo(ficha: tarfile.TarInfo) -> tarfile.TarInfo:
    ficha.uid = ficha.gid = 0
    ficha.uname = ficha.gname = ""
    ficha.mode = 0o600
    return ficha


@contextmanager
def _puesto_al_final(destino: Path) -> Iterator[IO[bytes]]:
    """Un archivo que toma su nombre sólo cuando está entero y en disco; nunca encima de otro."""
    if destino.exists():
        raise RespaldoInutil(f"{destino} ya existe.")
    descriptor, temporal = tempfile.mkstemp(prefix=".respaldo-", dir=destino.parent)
    try:
        with os.fdopen(descriptor, "wb") as salida:
            yield salida
            salida.flush()
            os.fsync(salida.fileno())
        os.link(temporal, destino)
    finally:
        Path(temporal).unlink(missing_ok=True)


@contextmanager
def _cifrado(salida: IO[bytes], para: str) -> Iterator[IO[bytes]]:
    """Donde escribir en claro lo que sale cifrado para esa llave; sin llave, la salida misma."""
    if not para:
        yield salida
        return
    try:
        llave = pyrage.x25519.Recipient.from_str(para)
    except pyrage.RecipientError as mala:
        raise RespaldoInutil("La llave pública no es de age (age1…).") from mala
    with _por_un_tubo(lambda lector: pyrage.encrypt_io(lector, salida, [llave])) as claro:
        yield claro


@contextmanager
def _por_un_tubo(leer: Any) -> Iterator[IO[bytes]]:
    """Lo que se escribe aquí lo lee `leer` en otro hilo, sin pasar por el disco."""
    lado_lector, lado_escritor = os.pipe()
    fallas: list[BaseException] = []

    def consumir() -> None:
        with os.fdopen(lado_lector, "rb") as lector:
            try:
                leer(lector)
            except BaseException as falla:  # noqa: BLE001 — se vuelve a lanzar en quien escribe
                fallas.append(falla)

    hilo = threading.Thread(target=consumir)
    hilo.start()
    try:
        with os.fdopen(lado_escritor, "wb") as escritor:
            yield escritor
    except BrokenPipeError:
        pass  # el otro hilo dice por qué dejó de leer
    finally:
        hilo.join()
    if fallas:
        raise fallas[0]


# Restaurar ---------------------------------------------------------------------------------
def restaurar(origen: Path, *, llave: str = "", sin_textos: bool = False) -> dict[str, Any]:
    """Pone un respaldo en una base vacía y comprueba que volvió igual; da su manifiesto.

    `llave` es la identidad secreta de age, si está cifrado. Fuera de producción, un respaldo de
    producción vuelve siempre enmascarado; `sin_textos` lo pide para cualquiera.
    """
    _exigir_base_vacia()
    with tempfile.TemporaryDirectory(prefix="pesn-restaurar-") as carpeta:
        taller = Path(carpeta)
        manifiesto = _abrir(origen, llave, taller)
        oculta = sin_textos or (manifiesto["entorno"] == "produccion" and not settings.PRODUCCION)
        try:
            _poner_la_base(taller / BASES[connection.vendor])
            _comprobar_la_base(manifiesto)
            publicos = _tapar() if oculta else None
        except BaseException as falla:
            _quitar_la_base()  # a medias, o sin tapar, no se queda
            if isinstance(falla, sqlite3.DatabaseError | DatabaseError):
                raise RespaldoInutil(f"La base del respaldo no se puede leer: {falla}") from falla
            raise
        for nombre in manifiesto["archivos"]:
            if publicos is None or nombre in publicos:
                with (taller / "archivos" / nombre).open("rb") as archivo:
                    sellar_archivo(archivo)
    return {**manifiesto, "enmascarado": oculta}


def _exigir_base_vacia() -> None:
    with connection.cursor() as cursor:
        tablas = connection.introspection.table_names(cursor)
    if tablas:
        raise RespaldoInutil(
            f"La base ya tiene {len(tablas)} tablas. Se restaura sólo en una vacía: nada se pisa."
        )


def _abrir(origen: Path, llave: str, taller: Path) -> dict[str, Any]:
    """Saca el respaldo al taller y comprueba que está entero y que cada archivo es el que dice."""
    try:
        with origen.open("rb") as entrada:
            if entrada.read(21) == b"age-encryption.org/v1":
                entrada.seek(0)
                _descifrar(entrada, llave, taller)
            else:
                entrada.seek(0)
                _sacar(entrada, taller)
    except (tarfile.TarError, EOFError, OSError, pyrage.DecryptError) as falla:
        raise RespaldoInutil(f"El respaldo no se puede leer: {falla}") from falla
    manifiesto = _manifiesto(taller / "manifiesto.json")
    if manifiesto["formato"] != FORMATO:
        raise RespaldoInutil(f"Es de un formato {manifiesto['formato']}; se conoce el {FORMATO}.")
    if manifiesto["motor"] != connection.vendor:
        raise RespaldoInutil(f"El respaldo es de {manifiesto['motor']}, no de {connection.vendor}.")
    faltan = [n for n in manifiesto["archivos"] if not (taller / "archivos" / n).exists()]
    if faltan:
        lista = ", ".join(sorted(faltan))
        raise RespaldoInutil(f"archivo_ausente: al respaldo le faltan {len(faltan)}: {lista}")
    return manifiesto


def _manifiesto(escrito: Path) -> dict[str, Any]:
    """El manifiesto, si trae todo lo que se usa y sólo nombra archivos de un almacén."""
    if not escrito.exists():
        raise RespaldoInutil("El respaldo está incompleto: le falta el manifiesto.")
    try:
        leido = json.loads(escrito.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        leido = None
    if (
        not isinstance(leido, dict)
        or not MANIFIESTO.items() <= {clave: type(valor) for clave, valor in leido.items()}.items()
    ):
        raise RespaldoInutil("El manifiesto del respaldo no se entiende.")
    if not all(GUARDADO.fullmatch(f"archivos/{nombre}") for nombre in leido["archivos"]):
        raise RespaldoInutil("El manifiesto nombra lo que no es de un respaldo.")
    return leido


def _descifrar(entrada: IO[bytes], llave: str, taller: Path) -> None:
    try:
        identidad = pyrage.x25519.Identity.from_str(llave.strip())
    except pyrage.IdentityError as mala:
        raise RespaldoInutil("Está cifrado: hace falta su llave (AGE-SECRET-KEY-…).") from mala
    with _por_un_tubo(lambda lector: _sacar(lector, taller)) as claro:
        pyrage.decrypt_io(entrada, claro, [identidad])


def _sacar(entrada: IO[bytes], taller: Path) -> None:
    """Saca sólo lo que un respaldo lleva; cualquier otro nombre lo delata."""
    with tarfile.open(fileobj=entrada, mode="r|") as tar:
        for ficha in tar:
            guardado = GUARDADO.fullmatch(ficha.name)
            if not guardado and ficha.name not in {*BASES.values(), "manifiesto.json"}:
                raise RespaldoInutil(f"«{ficha.name[:80]}» no es de un respaldo.")
            contenido = tar.extractfile(ficha)
            if contenido is None:
                raise RespaldoInutil(f"«{ficha.name[:80]}» no es un archivo.")
            destino = taller / ficha.name
            destino.parent.mkdir(parents=True, exist_ok=True)
            with destino.open("wb") as salida:
                shutil.copyfileobj(contenido, salida)
            if guardado and _huella_de(destino) != guardado["huella"]:
                raise RespaldoInutil(f"{guardado['nombre']} no es el que se guardó.")


def _huella_de(archivo: Path) -> str:
    with archivo.open("rb") as abierto:
        return hashlib.file_digest(abierto, "sha256").hexdigest()


def _poner_la_base(base: Path) -> None:
    if not base.exists():
        raise RespaldoInutil("El respaldo está incompleto: le falta la base.")
    if connection.vendor == "sqlite":
        _quitar_la_base()
        shutil.copyfile(base, connection.settings_dict["NAME"])
        return
    connection.close()
    _correr_en_postgres(
        "pg_restore", "--single-transaction", "--exit-on-error", str(base), dbname=True
    )


def _tapar() -> set[str]:
    """Enmascara la base recién puesta, ya con las tablas de este programa; da lo público."""
    call_command("migrate", verbosity=0)
    publicos = enmascarar()
    with connection.cursor() as cursor:  # lo tapado tampoco queda en las páginas ya libres
        cursor.execute("VACUUM FULL" if connection.vendor == "postgresql" else "VACUUM")
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return publicos


def _quitar_la_base() -> None:
    """La deja vacía, como se encontró."""
    if connection.vendor == "sqlite":
        connection.close()
        archivo = Path(connection.settings_dict["NAME"])
        for resto in ("", "-wal", "-shm"):
            archivo.with_name(archivo.name + resto).unlink(missing_ok=True)
        return
    with transaction.atomic(), connection.cursor() as cursor:
        for tabla in connection.introspection.table_names(cursor):
            cursor.execute(f'DROP TABLE IF EXISTS "{tabla}" CASCADE')


def _comprobar_la_base(manifiesto: dict[str, Any]) -> None:
    """Tablas, secuencias, candados y bitácora: iguales a como se respaldaron."""
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(connection.settings_dict["NAME"])) as base:
            tablas, secuencias = retrato_de_sqlite(base)
    else:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = 0")
            tablas, secuencias = retrato_de_postgres()
    distintas = sorted(
        t for t in {*tablas, *manifiesto["tablas"]} if tablas.get(t) != manifiesto["tablas"].get(t)
    )
    if distintas:
        raise RespaldoInutil(f"No volvieron iguales: {', '.join(distintas)}.")
    atras = [s for s, valor in manifiesto["secuencias"].items() if secuencias.get(s, 0) < valor]
    if atras:
        raise RespaldoInutil(f"Secuencias atrasadas: {', '.join(atras)}.")
    if abiertas := tablas_sin_candado(connection, SOLO_CRECEN):
        raise RespaldoInutil(f"Sin su candado: {', '.join(abiertas)}.")
    if _ancla() != manifiesto["bitacora"]:
        raise RespaldoInutil("La bitácora no es la que se respaldó.")


def _correr_en_postgres(programa: str, *argumentos: str, dbname: bool = False) -> None:
    """Un programa de PostgreSQL contra la base de los ajustes; la clave va por el entorno."""
    ruta = shutil.which(programa)
    if not ruta:
        raise RespaldoInutil(f"Falta {programa}. Escriba:  sudo apt-get install postgresql-client")
    datos = connection.settings_dict
    conexion = {
        "PGHOST": datos["HOST"],
        "PGPORT": str(datos["PORT"]),
        "PGUSER": datos["USER"],
        "PGPASSWORD": datos["PASSWORD"],
        "PGDATABASE": datos["NAME"],
    }
    orden = [ruta, "--no-owner", "--no-privileges", *argumentos]
    if dbname:
        orden.insert(1, f"--dbname={datos['NAME']}")
    entorno = {**os.environ, **{clave: valor for clave, valor in conexion.items() if valor}}
    # `ruta` es la del programa de PostgreSQL, y los argumentos, nuestros: nada lo escribe nadie.
    hecho = subprocess.run(orden, env=entorno, capture_output=True, text=True, check=False)  # noqa: S603
    if hecho.returncode:
        raise RespaldoInutil(f"{programa}: {hecho.stderr.strip()[-500:]}")
