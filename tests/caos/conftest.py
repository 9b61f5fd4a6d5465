"""Un taller por prueba: carpeta, base, Redis y procesos propios, que caen todos con la prueba."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from django.db.backends.sqlite3 import _functions as funciones

from tests.caos.postgres import Cluster

RAIZ = Path(__file__).resolve().parent.parent.parent
ARRIENDO = 4
LIMITE = 60


def puerto_libre() -> int:
    with socket.socket() as enchufe:
        enchufe.bind(("127.0.0.1", 0))
        return enchufe.getsockname()[1]


class Taller:
    """Los procesos de una prueba y lo que su base dice; sólo mata lo que él levantó."""

    def __init__(self, carpeta: Path, semilla: dict, redis_en: int | None):
        self.var, self.semilla, self.puerto_redis = carpeta, semilla, redis_en
        self.senales = carpeta / "senales"
        self.senales.mkdir(exist_ok=True)
        self.vivos: list[subprocess.Popen] = []
        self.entorno = {
            "PATH": os.environ["PATH"],
            "HOME": str(carpeta),
            "DJANGO_SETTINGS_MODULE": "pesn.settings",
            "PESN_VAR": str(carpeta),
            "INFORME_ARRIENDO_SEGUNDOS": str(ARRIENDO),
            "PYTHONUNBUFFERED": "1",
            **({"REDIS_URL": f"redis://127.0.0.1:{redis_en}/0"} if redis_en else {}),
        }

    def levantar(self, *orden: str, **entorno: str) -> subprocess.Popen:
        registro = (self.var / f"registro-{len(self.vivos)}.log").open("wb")
        proceso = subprocess.Popen(
            orden,
            cwd=RAIZ,
            env={**self.entorno, **entorno},
            stdout=registro,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.vivos.append(proceso)
        return proceso

    def redis(self) -> subprocess.Popen:
        proceso = self.levantar(
            "redis-server",
            *("--port", str(self.puerto_redis), "--bind", "127.0.0.1"),
            *("--save", "", "--appendonly", "no", "--dir", str(self.var)),
        )
        self.esperar(lambda: self.contesta(self.puerto_redis), "Redis")
        return proceso

    def trabajador(self, **entorno: str) -> subprocess.Popen:
        marca = f"{len(self.vivos)}"
        orden = "-A tests.caos.trabajador worker --concurrency 1 --beat --loglevel INFO"
        orden += " --without-gossip --without-mingle --without-heartbeat"
        return self.levantar(
            *(sys.executable, "-m", "celery", *orden.split()),
            *("--schedule", str(self.var / f"beat-{marca}"), "--hostname", f"t{marca}@caos"),
            **entorno,
        )

    def web(self, **entorno: str) -> tuple[subprocess.Popen, int]:
        proceso, puerto = self.arrancar_web(**entorno)
        self.esperar(lambda: self.contesta(puerto), "la web")
        return proceso, puerto

    def arrancar_web(self, **entorno: str) -> tuple[subprocess.Popen, int]:
        """Sin esperar a que conteste."""
        puerto = puerto_libre()
        opciones = f"--interface wsgi --workers 1 --no-ws --host 127.0.0.1 --port {puerto}"
        orden = [sys.executable, "-m", "granian", *opciones.split(), "pesn.wsgi:application"]
        return self.levantar(*orden, **entorno), puerto

    def mandato(self, *argumentos: str) -> str:
        """Lo que dice un mandato del proyecto en la base del taller; falla si él falla."""
        orden = [sys.executable, "manage.py", *argumentos]
        hecho = subprocess.run(
            orden,
            cwd=RAIZ,
            env=self.entorno,
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )
        assert hecho.returncode == 0, hecho.stderr[-3000:]
        return hecho.stdout

    @staticmethod
    def contesta(puerto: int) -> bool:
        with socket.socket() as enchufe:
            return enchufe.connect_ex(("127.0.0.1", puerto)) == 0

    @staticmethod
    def matar(proceso: subprocess.Popen, senal=signal.SIGKILL) -> None:
        """La señal al grupo entero de un proceso que esta prueba levantó."""
        with suppress(ProcessLookupError):
            os.killpg(proceso.pid, senal)
        if senal == signal.SIGKILL:
            proceso.wait(timeout=10)

    def apagar(self) -> None:
        for proceso in self.vivos:
            self.matar(proceso)

    def esperar(self, condicion, que: str, limite: float = LIMITE):
        """El valor de la condición en cuanto se cumpla; con un límite, siempre."""
        fin = time.monotonic() + limite
        while time.monotonic() < fin:
            if hallado := condicion():
                return hallado
            time.sleep(0.05)
        dicho = "\n".join(
            "\n".join(a.read_text(errors="replace").splitlines()[-12:])
            for a in sorted(self.var.glob("registro-*.log"))
        )
        raise AssertionError(f"No llegó a tiempo: {que}\n{dicho}")

    # Lo que la base dice -----------------------------------------------------------------
    def filas(self, consulta: str, *valores) -> list[tuple]:
        with sqlite3.connect(self.var / "pesn.sqlite3", timeout=20) as base:
            hallado = base.execute(consulta, valores).fetchall()
        base.close()
        return hallado

    def entera(self) -> bool:
        """Si la base misma dice que nada quedó a medias en sus archivos."""
        with sqlite3.connect(self.var / "pesn.sqlite3") as base:
            funciones.register(base)  # las restricciones usan las de Django
            return base.execute("PRAGMA integrity_check").fetchone() == ("ok",)

    def trabajos(self) -> dict[str, tuple[str, int]]:
        consulta = "SELECT clave, estado, intentos FROM informes_trabajoinforme"
        return {clave: (estado, intentos) for clave, estado, intentos in self.filas(consulta)}

    def documentos(self) -> list[tuple[str, int]]:
        """Por trabajo, cuántos documentos tiene."""
        return self.filas(
            "SELECT t.clave, COUNT(d.id) FROM informes_trabajoinforme t LEFT JOIN "
            "informes_documento d ON d.informe_id = t.informe_id GROUP BY t.clave ORDER BY 1"
        )

    def emisiones(self) -> int:
        return self.filas("SELECT COUNT(*) FROM instituciones_asiento WHERE acto = 'emitir'")[0][0]

    def quedan(self, *estados: str) -> int:
        return sum(estado in estados for estado, _veces in self.trabajos().values())

    # Las paradas del dibujo --------------------------------------------------------------
    def cerrar(self, etapa: str) -> None:
        (self.senales / f"cerrado-{etapa}").touch()

    def abrir(self, etapa: str) -> None:
        (self.senales / f"cerrado-{etapa}").unlink(missing_ok=True)

    def llego(self, etapa: str) -> int:
        """El proceso que se detuvo en esa etapa; se espera a que llegue."""

        def cual():
            return next(iter(self.senales.glob(f"{etapa}-*")), None)

        hallado = self.esperar(cual, f"el dibujo, a «{etapa}»")
        proceso = int(hallado.name.rpartition("-")[2])
        hallado.unlink()
        return proceso


class TallerEnPostgres(Taller):
    """El mismo taller con su base en un PostgreSQL de la prueba, que también se puede tirar."""

    def __init__(self, carpeta: Path, semilla: dict, cluster: Cluster, base: str):
        super().__init__(carpeta, semilla, None)
        self.cluster, self.base, self.direccion = cluster, base, cluster.direccion(base)
        self.entorno["DATABASE_URL"] = self.direccion

    def filas(self, consulta: str, *valores) -> list[tuple]:
        with psycopg.connect(self.direccion) as conexion:
            return conexion.execute(consulta.replace("?", "%s"), valores).fetchall()

    def entera(self) -> bool:
        return self.filas("SELECT 1") == [(1,)]

    def mudar_la_base(self, carpeta: Path) -> None:
        """A un disco aparte, con las demás en el suyo."""
        cuenta = self.cluster.cuenta
        if cuenta:
            os.chown(carpeta, cuenta.pw_uid, cuenta.pw_gid)
        aparte = carpeta / "base"
        aparte.mkdir()
        if cuenta:
            os.chown(aparte, cuenta.pw_uid, cuenta.pw_gid)
        self.cluster.mandar(f"CREATE TABLESPACE chico LOCATION '{aparte}'")
        self.cluster.mandar(f'ALTER DATABASE "{self.base}" SET TABLESPACE chico')

    def devolver_la_base(self) -> None:
        """Se quita con su disco, para que el PostgreSQL siga en pie."""
        self.cluster.mandar(f'DROP DATABASE "{self.base}" WITH (FORCE)')
        self.cluster.mandar("DROP TABLESPACE chico")


@pytest.fixture(scope="session")
def semillero(tmp_path_factory):
    """Una base ya sembrada por cantidad de planes: cada prueba se lleva una copia."""
    hechas: dict[int, tuple[Path, dict]] = {}

    def dar(cuantos: int) -> tuple[Path, dict]:
        if cuantos not in hechas:
            carpeta = tmp_path_factory.mktemp(f"semilla-{cuantos}")
            hechas[cuantos] = carpeta, sembrado(Taller(carpeta, {}, None), cuantos)
        return hechas[cuantos]

    return dar


def sembrado(taller: Taller, cuantos: int) -> dict:
    """Migra y siembra la base del taller; con qué seguir."""
    orden = [sys.executable, "-m", "tests.caos.sembrar", str(cuantos)]
    hecho = subprocess.run(
        orden, cwd=RAIZ, env=taller.entorno, capture_output=True, check=False, timeout=400
    )
    assert hecho.returncode == 0, hecho.stderr.decode()[-3000:]
    return json.loads(hecho.stdout.splitlines()[-1])


@pytest.fixture(scope="session")
def cluster():
    """Un PostgreSQL entero, con sus ajustes de fábrica: lo escrito va al disco."""
    programas = Cluster.programas()
    if programas is None:
        assert not os.environ.get("CI"), "En integración continua PostgreSQL tiene que estar."
        pytest.skip("No está PostgreSQL: no hay qué parar.")
    uno = Cluster(programas, puerto_libre())
    try:
        yield uno
    finally:
        uno.quitar()


@pytest.fixture
def taller_en_postgres(cluster, tmp_path_factory, tmp_path):
    """Con una base propia, copiada de la que se siembra una vez."""
    if cluster.semilla is None:
        cluster.crear("semilla")
        carpeta = tmp_path_factory.mktemp("semilla-postgres")
        cluster.semilla = sembrado(TallerEnPostgres(carpeta, {}, cluster, "semilla"), 1), carpeta
    semilla, carpeta = cluster.semilla
    base = f"caos_{cluster.bases}"
    cluster.crear(base, plantilla="semilla")
    propia = tmp_path / "var"
    shutil.copytree(carpeta, propia)
    uno = TallerEnPostgres(propia, semilla, cluster, base)
    try:
        yield uno
    finally:
        uno.apagar()


@pytest.fixture
def taller(semillero, tmp_path, request):
    """Con Redis propio y tantos planes como pida la marca `planes`; uno si no dice."""
    if not shutil.which("redis-server"):
        assert not os.environ.get("CI"), "En integración continua Redis tiene que estar."
        pytest.skip("No está redis-server: no hay qué matar.")
    cuantos = getattr(request, "param", 1)
    carpeta, semilla = semillero(cuantos)
    propia = tmp_path / "var"
    shutil.copytree(carpeta, propia)
    uno = Taller(propia, semilla, puerto_libre())
    try:
        yield uno
    finally:
        uno.apagar()
