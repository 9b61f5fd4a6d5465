"""Lee lo que dejaron el auditor y el inventario, y dice si se miró todo y si hay algo malo.

Sale con 0 si cada paquete fijado se auditó y ninguno tiene una vulnerabilidad conocida; con 1 si
la hay; con 2 si alguno no se auditó o falta en el inventario: el auditor calla cuando no alcanza
sus datos, y callar no es estar bien.
"""

import json
import re
import sys
from pathlib import Path

FIJADO = re.compile(
    r"^(?P<nombre>[A-Za-z0-9._-]+)(\[[^\]]*\])?==(?P<version>[^ ;\\]+)", re.MULTILINE
)


def normal(nombre: str) -> str:
    """El nombre como lo compara el índice de paquetes (PEP 503)."""
    return re.sub(r"[-_.]+", "-", nombre).lower()


def fijados(candado: str) -> dict[str, str]:
    """Nombre y versión de cada paquete de un candado."""
    return {normal(uno["nombre"]): uno["version"] for uno in FIJADO.finditer(candado)}


def juzgar(candado: str, inventario: str, auditoria: str) -> tuple[int, list[str]]:
    """El código de salida y lo que se imprime."""
    todos = fijados(candado)
    en_inventario = {normal(pieza["name"]) for pieza in json.loads(inventario)["components"]}
    revisados = {normal(uno["name"]): uno for uno in json.loads(auditoria)["dependencies"]}
    auditados = {n for n, uno in revisados.items() if "vulns" in uno and n in todos}
    malos = {n: uno["vulns"] for n, uno in revisados.items() if uno.get("vulns")}
    dicho = [f"paquetes={len(todos)} auditados={len(auditados)} inventario={len(en_inventario)}"]
    dicho += [
        f"✗ {nombre} {todos.get(nombre, '')}: {', '.join(v['id'] for v in vulnerabilidades)}"
        for nombre, vulnerabilidades in sorted(malos.items())
    ]
    if malos:
        return 1, dicho
    sin_auditar = sorted(set(todos) - auditados)
    sin_inventariar = sorted(set(todos) - en_inventario)
    if not todos or sin_auditar or sin_inventariar:
        dicho.append(f"NO AUDITADO: {len(sin_auditar)} sin auditar, como {sin_auditar[:3]}")
        return 2, dicho
    return 0, [*dicho, "✓ Todo lo fijado se auditó y nada conocido lo afecta."]


if __name__ == "__main__":
    codigo, renglones = juzgar(*(Path(nombre).read_text() for nombre in sys.argv[1:4]))
    sys.stdout.write("\n".join(renglones) + "\n")
    sys.exit(codigo)
