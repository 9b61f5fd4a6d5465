"""La auditoría de dependencias no da por bueno lo que no miró (G-38)."""

import json
import runpy
from pathlib import Path

import pytest

RAIZ = Path(__file__).resolve().parent.parent
juzgar, fijados = (
    runpy.run_path(str(RAIZ / ".ci" / "auditoria.py"))[nombre] for nombre in ("juzgar", "fijados")
)
CANDADO = """\
Django==5.2.1 \\
    --hash=sha256:ab
drf_spectacular[sidecar]==0.30 ; python_version >= '3.11' \\
    --hash=sha256:cd
"""
INVENTARIO = json.dumps({"components": [{"name": "django"}, {"name": "drf-spectacular"}]})


def auditoria(**vulnerabilidades):
    """Lo que deja el auditor: una lista de males por paquete, o None si se lo saltó."""
    return json.dumps(
        {
            "dependencies": [
                {"name": nombre, "skip_reason": "no se encontró"}
                if males is None
                else {"name": nombre, "vulns": [{"id": mal} for mal in males]}
                for nombre, males in vulnerabilidades.items()
            ]
        }
    )


@pytest.mark.parametrize(
    ("hallado", "codigo"),
    [
        ({"django": [], "drf_spectacular": []}, 0),
        ({"django": ["CVE-2025-1"], "drf_spectacular": []}, 1),
        ({"django": ["CVE-2025-1"], "drf_spectacular": None}, 1),
        ({"django": [], "drf_spectacular": None}, 2),
        ({"django": []}, 2),
        ({}, 2),
    ],
)
def test_solo_pasa_lo_que_se_miro_entero(hallado, codigo):
    assert juzgar(CANDADO, INVENTARIO, auditoria(**hallado))[0] == codigo


def test_lo_que_falta_en_el_inventario_no_pasa():
    corto = json.dumps({"components": [{"name": "django"}]})
    sanos = auditoria(django=[], drf_spectacular=[])

    assert juzgar(CANDADO, corto, sanos)[0] == 2


def test_un_candado_vacio_no_pasa():
    assert juzgar("", json.dumps({"components": []}), auditoria())[0] == 2


def test_el_candado_del_proyecto_se_lee_entero():
    renglones = (RAIZ / "requirements.lock").read_text().splitlines()
    paquetes = [r for r in renglones if "==" in r and not r.startswith((" ", "#"))]

    assert len(fijados("\n".join(renglones))) == len(paquetes) > 50
