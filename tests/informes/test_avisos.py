"""Quién sabe del corte, del informe presentado y de la fe de erratas (dominio §6)."""

from decimal import Decimal

import pytest

from informes import avisos, emision
from informes.models import Corte
from instituciones.models import Aviso, Usuario
from matrices import flujo
from matrices.models import Avance
from tests.fabricas import AvanceFactory, PeriodoFactory, UsuarioFactory
from tests.informes.test_emision import rectificada

pytestmark = pytest.mark.django_db


def quienes(asunto):
    return set(
        Aviso.objects.filter(asunto__startswith=asunto).values_list("persona__nombre", flat=True)
    )


@pytest.fixture
def corte(elenco):
    periodo = PeriodoFactory(plan__sigla="PESN", estado="CORTADO")
    orden = {"hecho_por": elenco.coordinadora, "momento": "2021-08-10T12:00Z"}
    return Corte.objects.create(periodo=periodo, numero=1, **orden)


def test_el_corte_lo_sabe_toda_persona_activa(elenco, corte):
    UsuarioFactory(nombre="Apagada", is_active=False)

    avisos.sellado(corte, None)

    assert quienes("corte:") == set(
        Usuario.objects.filter(is_active=True).values_list("nombre", flat=True)
    )
    assert set(Aviso.objects.values_list("titulo", "enlace")) == {
        ("Se cortó 2021-S1 de PESN", "/informes/")
    }


@pytest.mark.parametrize(("materiales", "saben"), [(True, {"Consuelo"}), (False, set())])
def test_la_fe_de_erratas_la_sabe_el_consejo(elenco, corte, materiales, saben):
    otro = Corte.objects.create(
        periodo=corte.periodo,
        numero=2,
        sustituye_a=corte,
        motivo="CANARIO",
        hecho_por=elenco.coordinadora,
        momento="2021-09-10T12:00Z",
    )

    avisos.sellado(otro, None, materiales=materiales)

    assert quienes("erratas:") == saben
    assert "CANARIO" not in " ".join(Aviso.objects.values_list("titulo", flat=True))


@pytest.mark.parametrize(("porcentaje", "saben"), [("60.00", {"Consuelo"}), ("46.00", set())])
def test_el_corte_que_recoge_lo_material_lo_dice_al_consejo(elenco, porcentaje, saben):
    """Material: el E de la acción cambia en cinco puntos o más."""
    avance = AvanceFactory(
        estado="VALIDADO",
        porcentaje=45,
        actividad__responsable=elenco.responsable,
        periodo__estado="CERRADO",
    )
    flujo.medir([avance])
    emision.cortar(avance.periodo, por=elenco.coordinadora)
    avance = Avance.objects.con_su_actividad().get(pk=avance.pk)

    emision.cortar_de_nuevo(
        avance.periodo,
        [rectificada(avance, elenco, Decimal(porcentaje))],
        por=elenco.coordinadora,
        motivo="CANARIO",
    )

    assert quienes("corte:") >= {"Petrona", "Catarina", "Consuelo", "Adelina"}
    assert quienes("erratas:") == saben
    assert (
        Aviso.objects.filter(persona=elenco.planificadora, asunto__startswith="corte:").count() == 2
    )
