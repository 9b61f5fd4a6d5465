"""G-41, en pequeño: treinta personas a la hora de cierre; con trescientas, `./medir Cierre`."""

import pytest

from rendimiento import cierre
from rendimiento.guardado import GRANIAN

pytestmark = pytest.mark.nocturna
PERSONAS = 30
DEPRISA = cierre.Ritmo(2.0, (0.1, 0.5))


def test_a_la_hora_de_cierre_cada_quien_entrega_una_vez(cluster, monkeypatch, tmp_path, cifra):
    monkeypatch.setenv("PESN_VAR", str(tmp_path))
    monkeypatch.delenv("REDIS_URL", raising=False)
    cluster.crear("cierre")

    hecho = cierre.correr(GRANIAN, cluster.direccion("cierre"), PERSONAS, DEPRISA)

    assert hecho.errores == 0, hecho.codigos
    assert hecho.codigos["guardar", 302] == PERSONAS * cierre.GUARDADOS
    assert hecho.codigos["entregar", 302] == PERSONAS
    assert hecho.codigos["entregar", 409] == PERSONAS
    cifra(f"G-41 {PERSONAS} personas: {hecho}")
