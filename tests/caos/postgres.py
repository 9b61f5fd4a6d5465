"""Un PostgreSQL de la prueba: se levanta, se para de golpe y vuelve, en su carpeta y su puerto."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg

LIMITE = 60


class Cluster:
    """PostgreSQL no corre como root: siendo root, corre como `postgres` o `nobody`."""

    def __init__(self, programas: Path, puerto: int):
        self.donde_estan, self.puerto = programas, puerto
        self.carpeta = Path(tempfile.mkdtemp(prefix="pesn-caos-"))
        self.semilla: tuple[dict, Path] | None = None
        self.bases = 0
        self.cuenta = self._cuenta()
        if self.cuenta:
            os.chown(self.carpeta, self.cuenta.pw_uid, self.cuenta.pw_gid)
        opciones = ["-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8"]
        self.correr("initdb", "-D", str(self.datos), *opciones)
        self.arrancar()

    @staticmethod
    def programas() -> Path | None:
        """La carpeta de `initdb` y `pg_ctl`, los más nuevos que haya; None si no hay."""
        de_debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        hallado = str(de_debian[-1]) if de_debian else shutil.which("initdb")
        return Path(hallado).resolve().parent if hallado else None

    @staticmethod
    def _cuenta() -> pwd.struct_passwd | None:
        if os.getuid() != 0:
            return None
        nombres = {una.pw_name for una in pwd.getpwall()}
        return pwd.getpwnam("postgres" if "postgres" in nombres else "nobody")

    @property
    def datos(self) -> Path:
        return self.carpeta / "base"

    def correr(self, programa: str, *argumentos: str) -> None:
        cuenta = {"user": self.cuenta.pw_uid, "group": self.cuenta.pw_gid} if self.cuenta else {}
        hecho = subprocess.run(
            [str(self.donde_estan / programa), *argumentos],
            cwd="/",
            env={"PATH": os.environ["PATH"], "HOME": str(self.carpeta)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
            timeout=LIMITE,
            **({**cuenta, "extra_groups": []} if cuenta else {}),
        )
        assert hecho.returncode == 0, hecho.stderr.decode()[-2000:]

    def arrancar(self) -> None:
        enchufe = f"-c listen_addresses=127.0.0.1 -c unix_socket_directories={self.carpeta}"
        registro = str(self.carpeta / "registro")
        opciones = ["-w", "-t", str(LIMITE), "-l", registro, "-o", f"-p {self.puerto} {enchufe}"]
        self.correr("pg_ctl", "-D", str(self.datos), *opciones, "start")

    def parar_de_golpe(self) -> None:
        """Sin despedirse: lo que no estaba en su diario no está; al volver lo repasa."""
        self.correr("pg_ctl", "-D", str(self.datos), "-m", "immediate", "-w", "stop")

    def direccion(self, base: str) -> str:
        return f"postgres://postgres@127.0.0.1:{self.puerto}/{base}"

    def crear(self, base: str, plantilla: str = "template1") -> None:
        self.bases += 1
        self.mandar(f'CREATE DATABASE "{base}" TEMPLATE "{plantilla}"')
        # PostgreSQL 15 copia las secuencias con números «ya anotados» que en la copia no lo están:
        # sin este punto, al pararlo de golpe volverían atrás y repetirían llaves.
        self.mandar("CHECKPOINT")

    def mandar(self, orden: str) -> None:
        with psycopg.connect(self.direccion("postgres"), autocommit=True) as conexion:
            conexion.execute(orden)

    def quitar(self) -> None:
        try:
            self.parar_de_golpe()
        finally:
            shutil.rmtree(self.carpeta, ignore_errors=True)
