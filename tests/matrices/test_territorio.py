"""Los departamentos salen por su nombre; lo guardado sigue siendo el código del INE."""

from informes.templatetags.pesn_informe import departamentos
from matrices.forms.campos import DEPARTAMENTOS as CASILLAS
from matrices.territorio import DEPARTAMENTOS, nombres


def test_son_los_veintidos_y_cada_codigo_tiene_su_casilla():
    assert list(DEPARTAMENTOS) == [f"{numero:02}" for numero in range(1, 23)]
    assert len(set(DEPARTAMENTOS.values())) == 22
    assert dict(CASILLAS) == DEPARTAMENTOS


def test_se_escriben_por_su_nombre_y_lo_desconocido_como_vino():
    assert nombres(["01", "17"]) == "Guatemala, Petén"
    assert departamentos(("16", "99")) == "Alta Verapaz, 99"
    assert nombres([]) == ""
