"""Lo que se escribe mal en un mandato se dice, y no se hace nada."""

import pytest
from django.core.management import CommandError, call_command

from instituciones.models import Asiento, ClienteSistema, Usuario

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "mandato",
    [
        ("cerrar_periodo", "2024-S2", "--por", ""),
        ("cortar", "2024-S2", "--en-nombre-de", " "),
        ("cargar_plan", "plan.json", "--por", ""),
        ("crear_cuenta", "a@pesn.localhost", "--rol", "CONSEJO", "--por", ""),
        ("ficha_de_api", "revocar", "x", "--por", ""),
        ("webhook_de_api", "pausar", "1", "--por", ""),
    ],
)
def test_un_por_vacio_no_es_nadie(mandato):
    with pytest.raises(CommandError, match="falta el correo"):
        call_command(*mandato)

    assert not Asiento.objects.exists()


@pytest.mark.parametrize(
    "mandato",
    [
        ("ficha_de_api", "crear", "x", "--dias", "9" * 20),
        ("ficha_de_api", "crear", "", "--dias", "30"),
        ("ficha_de_api", "crear", "N" * 81, "--dias", "30"),
        ("webhook_de_api", "crear", "x", "--direccion", "https://["),
    ],
)
def test_un_sistema_mal_escrito_no_se_inscribe(mandato, elenco):
    persona = () if mandato[0] == "webhook_de_api" else ("--persona", elenco.planificadora.correo)

    with pytest.raises(CommandError):
        call_command(*mandato, *persona)

    assert not ClienteSistema.objects.exists()


@pytest.mark.parametrize("malo", ["\n", "\u202e", "\u200b", "\x00"])
def test_un_nombre_con_lo_que_no_se_ve_se_rechaza(malo, elenco):
    correo, nombre = elenco.planificadora.correo, f"Sistema{malo}uno"
    antes = Usuario.objects.count()

    for mandato in (
        ("ficha_de_api", "crear", nombre, "--persona", correo),
        ("crear_cuenta", "a@pesn.localhost", "--rol", "CONSEJO", "--nombre", nombre),
    ):
        with pytest.raises(CommandError, match="no se ve"):
            call_command(*mandato)

    assert not ClienteSistema.objects.exists()
    assert Usuario.objects.count() == antes


def test_un_dia_mal_escrito_se_dice():
    with pytest.raises(CommandError, match="AAAA-MM-DD"):
        call_command("cargar_demo", "demo.json", "--hoy", "ayer")
