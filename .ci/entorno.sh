# Lo que `correr` y `probar` comparten: un entorno de Python con sus candados y los paquetes del sistema.
# POSIX sh; quien lo incluye ya está en la raíz del proyecto y tiene `set -eu`.

VENV=$PWD/.venv
PYTHON=$VENV/bin/python

decir() { printf '%s\n' "$*"; }
avisar() { printf '%s\n' "$*" >&2; }
fallar() { avisar "✗ $*"; exit 1; }
es_root() { [ "$(id -u)" -eq 0 ]; }

version_que_sirve() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

# Escribe la orden de un Python 3.11 o posterior; falla si no hay.
buscar_python() {
    for candidato in python3 python3.13 python3.12 python3.11 /usr/bin/python3 python3.14 python; do
        if version_que_sirve "$candidato"; then
            command -v "$candidato"
            return 0
        fi
    done
    return 1
}

uv_sirve() { "$UV" --version >/dev/null 2>&1; }

# instalar_paquetes <paquete>…: con apt si se es root; si no, dice la línea exacta y falla.
instalar_paquetes() {
    if es_root && command -v apt-get >/dev/null 2>&1; then
        decir "· Instalo del sistema: $*"
        if DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >/dev/null 2>&1; then
            return 0
        fi
        apt-get update -q >/dev/null 2>&1 || avisar "  (apt-get update no terminó bien; intento de todos modos)"
        if DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >/dev/null; then
            return 0
        fi
        avisar "  apt-get no pudo instalar: $*"
    fi
    avisar "  Escriba:  sudo apt-get update && sudo apt-get install -y --no-install-recommends $*"
    return 1
}

huella() { sha256sum "$1" | cut -d' ' -f1; }

# preparar_entorno <candado> [otro candado que también sirve]: deja .venv con lo fijado, sin repetir trabajo.
preparar_entorno() {
    candado=$1
    sello=$VENV/.candado
    if [ -x "$PYTHON" ] && version_que_sirve "$PYTHON" && [ -f "$sello" ]; then
        for otro in "$@"; do
            [ "$(cat "$sello")" = "$(huella "$otro")" ] && return 0
        done
    fi
    decir "· Instalo las bibliotecas de $candado en .venv (la primera vez tarda unos minutos)"
    if ! version_que_sirve "$PYTHON"; then
        rm -rf "$VENV"  # roto o de otro Python
    fi
    if buscar_uv && instalar_con_uv "$candado"; then
        :
    else
        instalar_con_pip "$candado"
    fi
    huella "$candado" > "$sello"
}

# Deja en UV el que esté en el PATH; si no hay, el que pip pone en .venv: baja y desempaca en la quinta parte del tiempo.
buscar_uv() {
    UV=uv
    uv_sirve && return 0
    crear_venv
    UV=$VENV/bin/uv
    uv_sirve || "$PYTHON" -m pip install -q --disable-pip-version-check --no-input --require-hashes \
        -r requirements-uv.lock 2>/dev/null || { avisar "  pip no pudo traer uv."; return 1; }
}

instalar_con_uv() {
    if [ ! -x "$PYTHON" ]; then
        interprete=$(buscar_python) || interprete=3.11
        "$UV" venv -q --python "$interprete" "$VENV" || return 1
    fi
    # Compilado una vez, cada proceso que arranca se ahorra dos tercios de su tiempo.
    if ! "$UV" pip install -q --compile-bytecode --python "$PYTHON" --require-hashes -r "$1"; then
        avisar "  uv no pudo; sigo con venv y pip."
        return 1
    fi
}

instalar_con_pip() {
    crear_venv
    "$PYTHON" -m pip install -q --disable-pip-version-check --no-input --require-hashes -r "$1" ||
        fallar "pip no pudo instalar $1. Revise la conexión al registro de paquetes y vuelva a intentar."
}

# Un .venv con pip, instalando el módulo venv de Debian si hace falta; si no se puede, dice la línea exacta y termina.
crear_venv() {
    "$PYTHON" -m pip --version >/dev/null 2>&1 && return 0
    if ! interprete=$(buscar_python); then
        instalar_paquetes python3 python3-venv || fallar "Hace falta Python 3.11 o posterior."
        interprete=$(buscar_python) || fallar "Hace falta Python 3.11 o posterior; este sistema trae uno anterior."
    fi
    if ! "$interprete" -c 'import venv, ensurepip' >/dev/null 2>&1; then
        paquete=$("$interprete" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
        decir "· A $interprete le falta venv."
        instalar_paquetes python3-venv || fallar "Sin venv no puedo seguir."
        "$interprete" -c 'import ensurepip' >/dev/null 2>&1 || instalar_paquetes "$paquete" ||
            fallar "Sin venv no puedo seguir."
    fi
    "$interprete" -m venv "$VENV" || { rm -rf "$VENV"; fallar "No pude crear .venv con $interprete."; }
}

# Las bibliotecas con que WeasyPrint dibuja el PDF. 0: están; si no, las instala o dice cómo.
faltan_bibliotecas_del_pdf() {
    ! "$PYTHON" - <<'FIN' >/dev/null 2>&1
import ctypes
import pathlib
import sys

for nombre in ("libgobject-2.0.so.0", "libpango-1.0.so.0", "libpangoft2-1.0.so.0",
               "libharfbuzz.so.0", "libharfbuzz-subset.so.0", "libfontconfig.so.1"):
    ctypes.CDLL(nombre)
carpetas = [pathlib.Path("/usr/share/fonts"), pathlib.Path("/usr/local/share/fonts"), pathlib.Path.home() / ".fonts"]
letras = (letra for carpeta in carpetas for letra in carpeta.rglob("*.[ot]t[fc]"))
sys.exit(next(letras, None) is None)
FIN
}

bibliotecas_del_pdf() {
    faltan_bibliotecas_del_pdf || return 0
    decir "· Faltan bibliotecas del sistema para dibujar el PDF."
    instalar_paquetes libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core || return 1
    ! faltan_bibliotecas_del_pdf
}
