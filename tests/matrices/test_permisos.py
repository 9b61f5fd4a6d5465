"""Quién puede hacer qué (dominio §4): cada permiso contra cada rol, propio y ajeno."""

import pytest

from instituciones.models import Rol
from matrices import permisos
from matrices.models import Rectificacion, Reprogramacion
from tests.fabricas import ActividadFactory, AvanceFactory, InstitucionFactory, UsuarioFactory

pytestmark = pytest.mark.django_db
ROLES = [
    "planificadora",
    "aprobador",
    "analista",
    "coordinadora",
    "consejera",
    "inspector",
    "comisionada",
    "auditor",
    "administradora",
    "ajena",
]
SOBRE_EL_AVANCE = {
    permisos.puede_capturar: {"planificadora"},
    permisos.puede_aprobar: {"aprobador"},
    permisos.puede_revisar: {"analista"},
    permisos.puede_asignar: {"analista", "coordinadora"},
    permisos.puede_coordinar: {"coordinadora"},
    permisos.puede_revertir: {"coordinadora"},
    permisos.puede_estructurar: {"coordinadora", "comisionada"},
}


@pytest.fixture
def avance(elenco):
    return AvanceFactory(actividad__responsable=elenco.responsable, estado="REMITIDO")


@pytest.mark.parametrize("rol", ROLES)
@pytest.mark.parametrize("permiso", SOBRE_EL_AVANCE, ids=lambda p: p.__name__)
def test_cada_acto_es_de_su_rol(elenco, avance, permiso, rol):
    assert permiso(getattr(elenco, rol), avance) == (rol in SOBRE_EL_AVANCE[permiso])


@pytest.mark.parametrize("permiso", SOBRE_EL_AVANCE, ids=lambda p: p.__name__)
def test_ni_el_calendario_ni_una_cuenta_apagada_pueden(elenco, avance, permiso):
    assert not permiso(None, avance)
    for rol in SOBRE_EL_AVANCE[permiso]:
        persona = getattr(elenco, rol)
        persona.is_active = False
        assert not permiso(persona, avance)


@pytest.mark.parametrize(
    ("permiso", "rol"),
    [
        (permisos.puede_capturar, "planificadora"),
        (permisos.puede_aprobar, "aprobador"),
        (permisos.puede_revertir, "coordinadora"),
    ],
)
def test_tras_el_corte_ya_no(elenco, avance, permiso, rol):
    avance.periodo.estado = "CORTADO"

    assert not permiso(getattr(elenco, rol), avance)


@pytest.mark.parametrize("ronda", [0, 1, 2, 3])
def test_en_dos_rondas_revisa_la_analista_y_despues_la_coordinacion(elenco, avance, ronda):
    avance.ronda = ronda

    assert permisos.puede_revisar(elenco.analista, avance) == (ronda < 2)
    assert permisos.puede_revisar(elenco.coordinadora, avance) == (ronda >= 2)


@pytest.mark.parametrize("ronda", [0, 2])
def test_nadie_valida_lo_de_su_propia_institucion(elenco, ronda):
    cap = InstitucionFactory(sigla="CAP")
    elenco.revisora.reporta, elenco.revisora.revisora = True, cap
    elenco.revisora.save()
    suyo = AvanceFactory(
        actividad__responsable=elenco.revisora,
        periodo__plan__seguimiento=elenco.revisora,
        estado="REMITIDO",
        ronda=ronda,
    )
    de_la_cap = UsuarioFactory(rol=Rol.ANALISTA, institucion=cap)

    assert not permisos.puede_revisar(elenco.analista, suyo)
    assert not permisos.puede_revisar(elenco.coordinadora, suyo)
    assert permisos.puede_revisar(de_la_cap, suyo)


def test_la_analista_se_asigna_a_si_misma_y_la_coordinacion_a_cualquiera_que_revise(elenco, avance):
    otra = UsuarioFactory(rol=Rol.ANALISTA, institucion=elenco.revisora)

    assert permisos.puede_asignar_a(elenco.analista, avance, elenco.analista)
    assert not permisos.puede_asignar_a(elenco.analista, avance, otra)
    assert permisos.puede_asignar_a(elenco.coordinadora, avance, otra)
    assert not permisos.puede_asignar_a(elenco.coordinadora, avance, elenco.auditor)


def test_solo_aporta_quien_planifica_en_la_que_coopera(elenco, avance):
    assert permisos.puede_aportar(elenco.ajena, avance, elenco.otra)
    assert not permisos.puede_aportar(elenco.ajena, avance, elenco.revisora)
    assert not permisos.puede_aportar(elenco.planificadora, avance, elenco.responsable)
    avance.periodo.estado = "CORTADO"
    assert not permisos.puede_aportar(elenco.ajena, avance, elenco.otra)


@pytest.mark.parametrize("rol", ROLES)
def test_los_actos_de_una_enmienda_son_de_su_rol(elenco, rol):
    persona = getattr(elenco, rol)
    actividad = ActividadFactory(responsable=elenco.responsable)
    cambio = Reprogramacion(actividad=actividad)
    rectificacion = Rectificacion(avance=AvanceFactory(actividad=actividad))

    assert permisos.puede_solicitar(persona, actividad) == (rol == "planificadora")
    assert permisos.puede_desistir(persona, cambio) == (rol == "planificadora")
    assert permisos.puede_avalar(persona, cambio) == (rol == "aprobador")
    assert permisos.puede_avalar(persona, rectificacion) == (rol == "aprobador")
    assert permisos.puede_opinar(persona, cambio) == (rol == "comisionada")
    assert permisos.puede_recomendar(persona, rectificacion) == (rol == "analista")


def test_el_calendario_es_nadie():
    assert permisos.es_el_calendario(None, object())
    assert permisos.calendario_o_coordinacion(None, object())


@pytest.mark.parametrize("rol", ROLES)
def test_el_periodo_lo_lleva_la_coordinacion(elenco, rol):
    persona = getattr(elenco, rol)

    assert permisos.puede_llevar_el_periodo(persona, None) == (rol == "coordinadora")
    assert permisos.calendario_o_coordinacion(persona, None) == (rol == "coordinadora")
    assert not permisos.es_el_calendario(persona, None)
