"""Con dos planes abiertos, cada lista dice de cuál es cada fila: sus códigos se repiten."""

from datetime import date

import pytest

from matrices import enmiendas
from tests.fabricas import ActividadFactory, AvanceFactory, PeriodoFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def planes(elenco):
    """Dos, cada uno con un semestre en curso, uno cortado y lo mismo que hacer en los dos."""
    siglas = {"VIEJO": date(2020, 4, 1), "NUEVO": date(2025, 1, 1)}
    for sigla, inicio in siglas.items():
        fechas = {"plan__inicio": inicio, "plan__fin": date(inicio.year + 4, 12, 31)}
        periodo = PeriodoFactory(plan__sigla=sigla, **fechas)
        PeriodoFactory(plan=periodo.plan, anio=2020, semestre=2, estado="CORTADO")
        for estado in ("EN_APROBACION", "REMITIDO"):
            actividad = ActividadFactory(
                responsable=elenco.responsable,
                matriz__accion__objetivo__programa__plan=periodo.plan,
            )
            AvanceFactory(periodo=periodo, estado=estado, actividad=actividad)
        enmiendas.solicitar(
            actividad,
            tipo="REPROGRAMACION",
            desde=date(2021, 5, 1),
            fin_propuesto=date(2023, 6, 30),
            motivo="La compra se declaró desierta.",
            por=elenco.planificadora,
        )
    return list(siglas)


@pytest.mark.parametrize(
    ("persona", "pagina", "dice"),
    [
        ("aprobador", "/aprobacion/", "2021-S1 de {} · "),
        ("analista", "/revision/", "2021-S1 de {} · "),
        ("planificadora", "/enmiendas/", ">{}</span></th>"),
        ("planificadora", "/enmiendas/elegir/", ">{}</span>"),
        ("planificadora", "/enmiendas/elegir/", "Rectificar 2020-S2 de {}</option>"),
    ],
)
def test_cada_fila_dice_su_plan(client, elenco, planes, persona, pagina, dice):
    client.force_login(getattr(elenco, persona))

    texto = client.get(pagina).content.decode()

    for sigla in planes:
        assert dice.format(sigla) in texto


def test_la_calidad_lleva_el_marco_del_plan_que_muestra(client, elenco, planes):
    client.force_login(elenco.analista)

    pagina = client.get("/calidad/")

    assert pagina.context["plan_vigente"] == pagina.context["plan"]
