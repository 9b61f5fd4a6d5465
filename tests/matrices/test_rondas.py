"""Lo que cambió entre un envío y otro, palabra por palabra."""

import pytest

from matrices.views.rondas import Trozo, palabra_por_palabra


@pytest.mark.parametrize(
    ("antes", "ahora", "trozos"),
    [
        ("Igual.", "Igual.", [("igual", "Igual.")]),
        ("", "Nuevo", [("agregado", "Nuevo")]),
        ("Viejo", "", [("quitado", "Viejo")]),
        (
            "Se capacitó a cuarenta personas",
            "Se capacitó a sesenta personas",
            [
                ("igual", "Se capacitó a "),
                ("quitado", "cuarenta"),
                ("agregado", "sesenta"),
                ("igual", " personas"),
            ],
        ),
        ("Sí.", "Sí, en Cobán.", [("igual", "Sí"), ("agregado", ", en Cobán"), ("igual", ".")]),
    ],
)
def test_se_dice_lo_que_sigue_lo_que_se_quito_y_lo_que_se_agrego(antes, ahora, trozos):
    assert palabra_por_palabra(antes, ahora) == [Trozo(*uno) for uno in trozos]


@pytest.mark.parametrize(
    ("antes", "ahora"),
    [("uno dos  tres\ncuatro", "uno\ndos tres"), ("ñandú 1,234.50 %", "Ñandú 1,235.50%")],
)
def test_los_trozos_rehacen_los_dos_textos(antes, ahora):
    trozos = palabra_por_palabra(antes, ahora)

    assert "".join(t.texto for t in trozos if t.que != "agregado") == antes
    assert "".join(t.texto for t in trozos if t.que != "quitado") == ahora
