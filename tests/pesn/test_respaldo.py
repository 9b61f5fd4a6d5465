"""Un respaldo vuelve igual, o no vuelve; y fuera de producción vuelve sin textos (G-26)."""

import json
import os
import subprocess
import sys
import tarfile
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import psycopg
import pyrage
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from pesn import respaldo as respaldo_

pytestmark = pytest.mark.cada_motor
RAIZ = Path(__file__).resolve().parent.parent.parent
SECRETO = "k3x9Q" * 12
CANARIO = "CANARIO-SIE-RESERVADA-logro-5f1c"
SEMBRAR = f"""
from tests.fabricas import AvanceFactory, EvidenciaFactory, UsuarioFactory
from instituciones.almacen import sellar_archivo
from instituciones.bitacora import asiento, constancia
avance = AvanceFactory(logro="{CANARIO} y lo demás del logro, con treinta letras o más.")
acta = sellar_archivo(b"%PDF {CANARIO}")
EvidenciaFactory(avance=avance, titulo="{CANARIO}", archivo=acta.nombre, sha256=acta.sha256)
persona = UsuarioFactory(correo="ana@pesn.localhost", nombre="{CANARIO}")
persona.set_password("una frase larga y propia")
persona.save()
with constancia() as asientos:
    asientos.append(asiento("capturar", avance, por=persona, datos={{"logro": "{CANARIO}"}}))
"""
COMPROBAR = """
from django.test import Client
from instituciones.models import Usuario
from matrices.models import Avance, Evidencia
from instituciones.bitacora import primer_quiebre
evidencia = Evidencia._base_manager.get()
print("entra", Client().login(username="ana@pesn.localhost", password="una frase larga y propia"))
print("archivo", evidencia.archivo.storage.exists(evidencia.archivo.name))
print("logro", Avance._base_manager.get().logro)
print("persona", *sorted(Usuario._base_manager.values_list("correo", flat=True)))
print("cadena", primer_quiebre())
"""


class Servidor:
    """Una instalación aparte: su carpeta, su base y su entorno."""

    def __init__(self, carpeta: Path, base: str, entorno: str):
        self.carpeta = carpeta
        carpeta.mkdir(exist_ok=True)
        self.entorno = {
            "PATH": os.environ["PATH"],
            "HOME": str(carpeta),
            "PESN_VAR": str(carpeta),
            "PESN_ENTORNO": entorno,
            "SECRET_KEY": SECRETO,
            "ALLOWED_HOSTS": "testserver",
            "NIVEL_DE_BITACORA": "ERROR",
        } | ({"DATABASE_URL": base} if base else {})

    def mandar(self, *orden: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "manage.py", *orden],
            cwd=RAIZ,
            env=self.entorno,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def bien(self, *orden: str) -> str:
        hecho = self.mandar(*orden)
        assert hecho.returncode == 0, hecho.stderr[-2000:]
        return hecho.stdout

    def mal(self, *orden: str) -> str:
        hecho = self.mandar(*orden)
        assert hecho.returncode == 1, hecho.stdout
        return hecho.stderr

    def octetos(self) -> bytes:
        """Todo lo que se puede leer de ella: su base y sus archivos."""
        guardado = b"".join(
            archivo.read_bytes() for archivo in self.carpeta.rglob("*") if archivo.is_file()
        )
        if direccion := self.entorno.get("DATABASE_URL"):
            volcado = ["pg_dump", "--inserts", f"--dbname={direccion}"]
            guardado += subprocess.run(volcado, capture_output=True, check=True).stdout
        return guardado


@contextmanager
def base_nueva(nombre: str):
    """Una base vacía del motor de las pruebas; vacío es SQLite en la carpeta de la instalación."""
    if connection.vendor != "postgresql":
        yield ""
        return
    datos = settings.DATABASES["default"]
    nombre = f"respaldo_{nombre}_{os.getpid()}"
    credencial = datos["USER"] + (f":{datos['PASSWORD']}" if datos["PASSWORD"] else "")
    servidor = f"postgres://{credencial}@{datos['HOST']}:{datos['PORT'] or 5432}"
    with psycopg.connect(f"{servidor}/postgres", autocommit=True) as mando:
        mando.execute(f"DROP DATABASE IF EXISTS {nombre} WITH (FORCE)")
        mando.execute(f"CREATE DATABASE {nombre}")
        try:
            yield f"{servidor}/{nombre}"
        finally:
            mando.execute(f"DROP DATABASE {nombre} WITH (FORCE)")


@pytest.fixture(scope="module")
def llave():
    return pyrage.x25519.Identity.generate()


@pytest.fixture(scope="module")
def origen(tmp_path_factory):
    with base_nueva("origen") as base:
        servidor = Servidor(tmp_path_factory.mktemp("origen"), base, "produccion")
        servidor.bien("migrate", "--verbosity", "0")
        servidor.bien("shell", "-v0", "-c", SEMBRAR)
        yield servidor


@pytest.fixture(scope="module")
def respaldo(origen, llave, tmp_path_factory):
    carpeta = tmp_path_factory.mktemp("respaldos")
    dicho = origen.bien("respaldar", str(carpeta), "--para", str(llave.to_public()))
    assert ", cifrado" in dicho
    [archivo] = carpeta.iterdir()
    return archivo


@pytest.fixture
def destino(tmp_path):
    with base_nueva("destino") as base:
        yield Servidor(tmp_path / "destino", base, "produccion")


@pytest.fixture
def archivo_de_llave(llave, tmp_path):
    archivo = tmp_path / "llave.txt"
    archivo.write_text(f"# la del archivo central\n{llave}\n")
    return str(archivo)


def test_un_respaldo_cifrado_vuelve_igual_y_se_puede_entrar(
    origen, respaldo, destino, archivo_de_llave
):
    assert CANARIO.encode() not in respaldo.read_bytes()
    assert oct(respaldo.stat().st_mode & 0o777) == "0o600"

    dicho = destino.bien("restaurar", str(respaldo), "--llave", archivo_de_llave)

    assert "bitácora íntegra" in dicho
    assert destino.bien("shell", "-v0", "-c", COMPROBAR) == origen.bien(
        "shell", "-v0", "-c", COMPROBAR
    )
    assert "entra True\narchivo True\n" in destino.bien("shell", "-v0", "-c", COMPROBAR)
    destino.bien("migrate", "--check")
    print(f"G-26 {dicho.splitlines()[0]}")  # noqa: T201 (la cifra de la meta)


@pytest.mark.caos
def test_no_se_restaura_encima_de_otra_base(respaldo, origen, archivo_de_llave):
    assert "nada se pisa" in origen.mal("restaurar", str(respaldo), "--llave", archivo_de_llave)
    assert "entra True\narchivo True\n" in origen.bien("shell", "-v0", "-c", COMPROBAR)


@pytest.mark.caos
@pytest.mark.parametrize(
    ("danar", "motivo"),
    [
        (lambda octetos: octetos[:-4000], "no se puede leer"),
        (lambda octetos: octetos[:5000] + b"\0" + octetos[5001:], "no se puede leer"),
        (lambda octetos: b"", "no se puede leer"),
        (lambda octetos: b"PK\x03\x04" + b"x" * 2000, "no se puede leer"),
    ],
    ids=["cortado", "un octeto cambiado", "vacío", "otra cosa"],
)
def test_un_respaldo_danado_no_deja_nada(
    respaldo, destino, archivo_de_llave, tmp_path, danar, motivo
):
    malo = tmp_path / "malo.tar.age"
    malo.write_bytes(danar(respaldo.read_bytes()))

    assert motivo in destino.mal("restaurar", str(malo), "--llave", archivo_de_llave)
    assert "[X]" not in destino.bien("showmigrations")


@pytest.mark.caos
def test_sin_su_llave_no_se_abre(respaldo, destino, tmp_path):
    otra = tmp_path / "otra.txt"
    otra.write_text(str(pyrage.x25519.Identity.generate()))

    assert "hace falta su llave" in destino.mal("restaurar", str(respaldo))
    assert "no se puede leer" in destino.mal("restaurar", str(respaldo), "--llave", str(otra))


@pytest.mark.caos
@pytest.mark.parametrize("nombre", ["../fuera", "/etc/pesn", "archivos/ab/cd/../../../x", "otra"])
def test_un_nombre_que_no_es_de_un_respaldo_se_rechaza(destino, tmp_path, nombre):
    malo = tmp_path / "malo.tar"
    with tarfile.open(malo, "w") as tar:
        ficha = tarfile.TarInfo(nombre)
        ficha.size = 3
        tar.addfile(ficha, BytesIO(b"mal"))

    assert "no es de un respaldo" in destino.mal("restaurar", str(malo))


def test_fuera_de_produccion_vuelve_sin_textos_ni_personas(respaldo, archivo_de_llave, tmp_path):
    with base_nueva("ensayo") as base:
        ensayo = Servidor(tmp_path / "ensayo", base, "desarrollo")
        dicho = ensayo.bien("restaurar", str(respaldo), "--llave", archivo_de_llave)
        visto = ensayo.bien("shell", "-v0", "-c", COMPROBAR)

        assert "Enmascarado" in dicho
        assert CANARIO.encode() not in ensayo.octetos()
        assert b"ana@pesn.localhost" not in ensayo.octetos()
        assert "entra False" in visto
        assert "archivo False" in visto
        assert "logro [enmascarado]" in visto
        assert ", None)" in visto  # la cadena, encadenada de nuevo


@pytest.mark.caos
def test_en_produccion_no_sale_sin_cifrar_por_descuido(origen, tmp_path):
    assert "información reservada" in origen.mal("respaldar", str(tmp_path))
    assert list(tmp_path.iterdir()) == []
    assert "SIN CIFRAR" in origen.bien("respaldar", str(tmp_path), "--sin-cifrar")


@pytest.mark.caos
def test_una_llave_publica_mala_no_deja_un_archivo_a_medias(origen, tmp_path):
    assert "no es de age" in origen.mal("respaldar", str(tmp_path), "--para", "age1nada")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.caos
def test_un_archivo_perdido_se_dice_y_lo_demas_se_respalda(origen, tmp_path):
    [guardado] = [a for a in (origen.carpeta / "archivos").rglob("*") if a.is_file()]
    escondido = guardado.rename(tmp_path / "escondido")
    carpeta = tmp_path / "respaldos"
    carpeta.mkdir()
    try:
        dicho = origen.mal("respaldar", str(carpeta), "--sin-cifrar")
        assert "archivo_ausente" in dicho
        assert guardado.name in dicho
    finally:
        escondido.rename(guardado)

    assert len(list(carpeta.iterdir())) == 1


BIEN = {
    "formato": 1,
    "momento": "2026-01-01",
    "entorno": "desarrollo",
    "motor": connection.vendor,
    "tablas": {},
    "secuencias": {},
    "bitacora": {"asientos": 0, "huella": "0" * 64},
    "archivos": {},
}


@pytest.mark.parametrize(
    ("manifiesto", "motivo"),
    [
        (b"{", "no se entiende"),
        (b"\xff", "no se entiende"),
        (b"[]", "no se entiende"),
        (b'{"formato": 1}', "no se entiende"),
        (json.dumps({**BIEN, "archivos": {"../../ajeno": 3}}).encode(), "no es de un respaldo"),
    ],
)
def test_un_manifiesto_forjado_se_rechaza(tmp_path, manifiesto, motivo):
    (tmp_path / "manifiesto.json").write_bytes(manifiesto)

    with pytest.raises(respaldo_.RespaldoInutil, match=motivo):
        respaldo_._manifiesto(tmp_path / "manifiesto.json")


@pytest.mark.caos
def test_una_base_que_no_lo_es_no_deja_nada(destino, tmp_path):
    malo = tmp_path / "malo.tar"
    with tarfile.open(malo, "w") as tar:
        nombre = respaldo_.BASES[connection.vendor]
        for parte, octetos in (
            (nombre, b"basura" * 1000),
            ("manifiesto.json", json.dumps(BIEN).encode()),
        ):
            ficha = tarfile.TarInfo(parte)
            ficha.size = len(octetos)
            tar.addfile(ficha, BytesIO(octetos))

    assert "Traceback" not in destino.mal("restaurar", str(malo))
    assert "[X]" not in destino.bien("showmigrations")


def test_una_llave_que_no_es_texto_se_dice(tmp_path):
    (tmp_path / "llave").write_bytes(b"\xff\xfe")

    with pytest.raises(CommandError, match="no es un archivo de llave"):
        call_command("restaurar", "respaldo.tar", "--llave", str(tmp_path / "llave"))
