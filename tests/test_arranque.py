"""Los dos mandatos en lo que se puede probar deprisa: mensajes, puertos, candado y apagado."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pesn import arranque

RAIZ = Path(__file__).resolve().parent.parent


def correr(*orden: str, **entorno: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        orden,
        cwd=RAIZ,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **entorno},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def con_el_entorno(guion: str) -> "subprocess.CompletedProcess[str]":
    """Corre unas líneas de sh con `.ci/entorno.sh` ya incluido."""
    return correr("sh", "-euc", f". .ci/entorno.sh\n{guion}")


@pytest.mark.parametrize(
    ("interprete", "guion"),
    [("sh", "correr"), ("sh", ".ci/entorno.sh"), ("bash", "probar"), ("bash", ".ci/run")],
)
def test_los_guiones_se_pueden_leer(interprete, guion):
    assert correr(interprete, "-n", guion).stderr == ""


@pytest.mark.parametrize("guion", ["./correr", "./probar"])
def test_una_opcion_desconocida_se_rechaza_antes_de_instalar_nada(guion):
    resultado = correr(guion, "--ninguna")

    assert resultado.returncode == 2
    assert "No conozco" in resultado.stderr
    assert "Instalo" not in resultado.stdout


def test_probar_con_una_ruta_que_no_existe_lo_dice():
    resultado = correr("./probar", "tests/no_existe.py")

    assert (resultado.returncode, resultado.stderr) == (2, "No existe tests/no_existe.py.\n")


def test_sin_python_que_sirva_se_da_la_linea_exacta(tmp_path):
    resultado = con_el_entorno(
        f"VENV={tmp_path}/venv; PYTHON=$VENV/bin/python\n"
        "uv_sirve() { false; }; version_que_sirve() { false; }; es_root() { false; }\n"
        "preparar_entorno requirements.lock"
    )

    assert resultado.returncode == 1
    linea = "sudo apt-get install -y --no-install-recommends python3 python3-venv"
    assert linea in resultado.stderr
    assert not (tmp_path / "venv").exists()


def test_sin_venv_ni_root_se_da_la_linea_exacta(tmp_path):
    falso = tmp_path / "python3"
    falso.write_text(
        '#!/bin/sh\ncase "$2" in *ensurepip*) exit 1 ;; *) echo python3.11-venv ;; esac\n'
    )
    falso.chmod(0o755)

    resultado = con_el_entorno(
        f"VENV={tmp_path}/venv; PYTHON=$VENV/bin/python\n"
        f"uv_sirve() {{ false; }}; es_root() {{ false; }}; buscar_python() {{ echo {falso}; }}\n"
        "preparar_entorno requirements.lock"
    )

    assert resultado.returncode == 1
    assert "apt-get install -y --no-install-recommends python3-venv" in resultado.stderr
    assert not (tmp_path / "venv").exists()


def test_sin_ser_root_los_paquetes_no_se_instalan_y_se_da_la_linea_exacta():
    resultado = con_el_entorno("es_root() { false; }\ninstalar_paquetes libuno libdos")

    assert resultado.returncode == 1
    linea = "sudo apt-get update && sudo apt-get install -y --no-install-recommends libuno libdos"
    assert linea in resultado.stderr


def test_un_entorno_al_dia_no_se_instala_otra_vez(tmp_path):
    resultado = con_el_entorno(
        f"VENV={tmp_path}; PYTHON={sys.executable}\n"
        "huella requirements-dev.lock > $VENV/.candado\n"
        "instalar_con_uv() { echo uv; }; instalar_con_pip() { echo pip; }\n"
        "preparar_entorno requirements.lock requirements-dev.lock"
    )

    assert (resultado.returncode, resultado.stdout) == (0, "")


def test_un_candado_que_cambio_se_instala_y_queda_sellado(tmp_path):
    resultado = con_el_entorno(
        f"VENV={tmp_path}; PYTHON={sys.executable}\n"
        "echo vieja > $VENV/.candado\n"
        "buscar_uv() { false; }; instalar_con_pip() { echo pip $1; }\n"
        "preparar_entorno requirements.lock\n"
        "[ $(cat $VENV/.candado) = $(huella requirements.lock) ]"
    )

    assert resultado.returncode == 0
    assert "pip requirements.lock" in resultado.stdout


def test_si_uv_no_puede_se_sigue_con_pip(tmp_path):
    resultado = con_el_entorno(
        f"VENV={tmp_path}; PYTHON={sys.executable}\n"
        "uv() { [ $1 = --version ]; }; instalar_con_pip() { echo pip $1; }\n"
        "preparar_entorno requirements.lock"
    )

    assert "pip requirements.lock" in resultado.stdout
    assert "sigo con venv y pip" in resultado.stderr


def test_sin_uv_en_el_camino_se_usa_el_que_pip_pone_en_el_entorno(tmp_path):
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    uv = "#!/bin/sh\\necho uv \\$@"
    python.write_text(
        '#!/bin/sh\n[ "$3" = install ] || exit 0\n'
        f'echo pip "$*"; printf "{uv}" > {tmp_path}/bin/uv; chmod +x {tmp_path}/bin/uv\n'
    )
    python.chmod(0o755)

    resultado = con_el_entorno(
        f"VENV={tmp_path}; PYTHON={python}\nversion_que_sirve() {{ true; }}\n"
        "PATH=/usr/bin:/bin\npreparar_entorno requirements.lock"
    )

    renglones = resultado.stdout.splitlines()
    assert any("pip" in uno and "-r requirements-uv.lock" in uno for uno in renglones), resultado
    lo_pedido = f"--python {python} --require-hashes -r requirements.lock"
    assert f"uv pip install -q --compile-bytecode {lo_pedido}" in renglones


@pytest.fixture
def ocupado():
    with socket.socket() as servidor:
        servidor.bind((arranque.ANFITRION, 0))
        servidor.listen()
        yield servidor.getsockname()[1]


def test_sin_pedir_puerto_se_toma_el_siguiente_libre(ocupado, monkeypatch):
    monkeypatch.setattr(arranque, "PUERTO", ocupado)

    elegido = arranque.puerto_libre(None)

    assert ocupado < elegido < ocupado + arranque.CUANTOS_PUERTOS


def test_un_puerto_pedido_que_esta_ocupado_se_dice(ocupado):
    with pytest.raises(arranque.Fallo, match=f"El puerto {ocupado} está ocupado"):
        arranque.puerto_libre(ocupado)


@pytest.mark.parametrize("escrito", ["0", "65536", "ocho", "-1"])
def test_un_puerto_que_no_lo_es_se_rechaza_en_espanol(escrito, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["./correr", f"--puerto={escrito}"])

    with pytest.raises(SystemExit) as salida:
        arranque.leer_opciones()

    assert salida.value.code == 2
    assert f"«{escrito}» no es un puerto" in capsys.readouterr().err


def test_dos_arranques_sobre_la_misma_carpeta_el_segundo_no_sigue(tmp_path):
    with (
        arranque.uno_solo(tmp_path),
        pytest.raises(arranque.Fallo, match=f"ya está corriendo .* {os.getpid()}"),
        arranque.uno_solo(tmp_path),
    ):
        pass


def test_al_apagar_no_queda_nadie_ni_los_que_otro_levanto(tmp_path, monkeypatch):
    monkeypatch.setattr(arranque, "ESPERA_APAGADO", 90)  # termina solo, por cargada que esté
    guion = (
        "import signal, subprocess, sys, time;"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit());"
        "subprocess.Popen(['sleep', '60']); print('listo', flush=True); time.sleep(60)"
    )
    pieza = arranque.Pieza("prueba", [sys.executable, "-c", guion])
    senales = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
    antes = {senal: signal.getsignal(senal) for senal in senales}
    vigilancia = arranque.Vigilancia([pieza], tmp_path)
    try:
        vigilancia.levantar(pieza)
        grupo = vigilancia.vivos["prueba"].pid
        limite = time.monotonic() + 20
        while "listo" not in (tmp_path / "prueba.log").read_text() and time.monotonic() < limite:
            time.sleep(0.02)

        vigilancia.apagar()
    finally:
        for senal, manejador in antes.items():
            signal.signal(senal, manejador)

    assert vigilancia.vivos["prueba"].returncode == 0
    limite = time.monotonic() + 5  # obligado a morir, el núcleo tarda un instante
    while not no_quedan_en(grupo) and time.monotonic() < limite:
        time.sleep(0.02)
    assert no_quedan_en(grupo)


def no_quedan_en(grupo: int) -> bool:
    """Nadie del grupo sigue corriendo; un muerto que nadie ha recogido no cuenta."""
    for carpeta in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            _, _, resto = (carpeta / "stat").read_text().rpartition(") ")
            estado, _padre, suyo = resto.split()[:3]
            if int(suyo) == grupo and estado != "Z":
                return False
    return True


def test_una_pieza_que_cae_enseguida_detiene_todo_y_muestra_lo_ultimo_que_dijo(tmp_path):
    pieza = arranque.Pieza(
        "prueba", [sys.executable, "-c", "print('sin base'); raise SystemExit(3)"]
    )
    vigilancia = arranque.Vigilancia([pieza], tmp_path)
    vigilancia.levantar(pieza)
    vigilancia.vivos["prueba"].wait(20)

    with pytest.raises(arranque.Fallo, match=r"«prueba» cayó \(3\)[\s\S]*sin base"):
        vigilancia.revisar()


@pytest.mark.parametrize(
    ("codigo", "dice"), [(0, "Listo: encargo"), (3, "No se pudo: encargo")], ids=["bien", "mal"]
)
def test_un_encargo_corre_una_vez_y_dice_como_termino(tmp_path, capsys, codigo, dice):
    encargo = arranque.Pieza(
        "encargo", [sys.executable, "-c", f"print('hice algo'); raise SystemExit({codigo})"]
    )
    vigilancia = arranque.Vigilancia([], tmp_path, [encargo])
    vigilancia.levantar(encargo)
    vigilancia.vivos["encargo"].wait(20)

    for _vez in range(2):
        vigilancia.revisar()
        vigilancia.recoger()

    dicho = capsys.readouterr().out
    assert dicho.count(dice) == 1
    assert ("hice algo" in dicho) == bool(codigo)
    assert vigilancia.vivos == {}
    assert (tmp_path / "encargo.log").read_text().count("hice algo") == 1
