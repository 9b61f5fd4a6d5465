"""Quién ve qué avance y quién lee su texto: rol × estado × clase × de quién es (diseño, §10)."""

import pytest

from instituciones.models import Clasificacion, Rol
from matrices import permisos
from matrices.models import Actividad, Avance, Observacion
from tests.fabricas import (
    AvanceFactory,
    CooperacionFactory,
    InstitucionFactory,
    ObservacionFactory,
    ResolucionFactory,
    UsuarioFactory,
)

pytestmark = pytest.mark.django_db
ESTADOS = Avance.Estado.values
TODA_FILA = ["analista", "coordinadora", "inspector", "auditor"]
DE_LA_CASA = ["planificadora", "aprobador"]


@pytest.fixture
def ve(elenco):
    """Si una persona ve la fila de un avance de la responsable del elenco, y si lo lee."""

    def ve(persona, *, coopera=None, **datos):
        clase = datos.get("clasificacion", "PUBLICA")
        if clase == Clasificacion.RESERVADA:
            datos["resolucion"] = ResolucionFactory()
        avance = AvanceFactory(actividad__responsable=elenco.responsable, **datos)
        plan = avance.periodo.plan
        plan.seguimiento = elenco.revisora
        plan.save()
        if coopera:
            CooperacionFactory(actividad=avance.actividad, institucion=coopera)
        fila = Avance.objects.visibles_para(persona).con_su_actividad().filter(pk=avance.pk).first()
        return fila is not None, fila is not None and permisos.puede_leer_ahora(persona, fila)

    return ve


@pytest.mark.parametrize("estado", ESTADOS)
@pytest.mark.parametrize("rol", DE_LA_CASA)
def test_la_responsable_ve_y_lee_todo_lo_suyo(elenco, ve, rol, estado):
    assert ve(getattr(elenco, rol), estado=estado) == (True, True)


@pytest.mark.parametrize("clase", ["SIN_CLASIFICAR", "CONFIDENCIAL", "RESERVADA"])
@pytest.mark.parametrize("rol", DE_LA_CASA)
def test_la_responsable_lee_lo_suyo_de_cualquier_clase(elenco, ve, rol, clase):
    datos = {"estado": "BORRADOR", "clasificacion": clase, "visibilidad": "RESTRINGIDA"}

    assert ve(getattr(elenco, rol), **datos) == (True, True)


@pytest.mark.parametrize("estado", ESTADOS)
@pytest.mark.parametrize("rol", TODA_FILA)
def test_quien_revisa_o_audita_ve_toda_fila_y_lee_desde_que_se_remite(elenco, ve, rol, estado):
    enviado = estado in {"REMITIDO", "OBSERVADO", "VALIDADO", "CONSOLIDADO"}

    assert ve(getattr(elenco, rol), estado=estado) == (True, enviado)


LEEN_CADA_CLASE = {
    "SIN_CLASIFICAR": {"analista", "coordinadora"},
    "PUBLICA": set(TODA_FILA),
    "CONFIDENCIAL": {"analista", "coordinadora"},
    "RESERVADA": {"analista", "coordinadora", "inspector"},
}


@pytest.mark.parametrize("rol", TODA_FILA)
@pytest.mark.parametrize("clase", LEEN_CADA_CLASE)
def test_las_clases_son_conjuntos_y_no_una_escalera(elenco, ve, clase, rol):
    lee = rol in LEEN_CADA_CLASE[clase]

    assert ve(getattr(elenco, rol), estado="CONSOLIDADO", clasificacion=clase) == (True, lee)


@pytest.mark.parametrize("clase", ["CONFIDENCIAL", "RESERVADA"])
def test_lo_cerrado_solo_lo_lee_la_analista_que_revisa(elenco, ve, clase):
    cap = InstitucionFactory(sigla="CAP")
    de_la_cap = UsuarioFactory(rol=Rol.ANALISTA, institucion=cap)
    elenco.responsable.revisora = cap
    elenco.responsable.save()

    assert ve(elenco.analista, estado="REMITIDO", clasificacion=clase) == (True, False)
    assert ve(de_la_cap, estado="REMITIDO", clasificacion=clase) == (True, True)


def test_la_clase_de_la_actividad_y_la_de_la_accion_tambien_cuentan(elenco, ve):
    datos = {"estado": "REMITIDO", "clasificacion": "PUBLICA"}

    de_actividad = ve(elenco.auditor, actividad__clasificacion="CONFIDENCIAL", **datos)
    de_accion = ve(elenco.auditor, actividad__matriz__accion__clasificacion="CONFIDENCIAL", **datos)

    assert (de_actividad, de_accion) == ((True, False), (True, False))


@pytest.mark.parametrize("estado", ESTADOS)
def test_otra_institucion_ve_y_lee_solo_lo_consolidado(elenco, ve, estado):
    cortado = estado == "CONSOLIDADO"

    assert ve(elenco.ajena, estado=estado) == (cortado, cortado)


@pytest.mark.parametrize(
    "datos",
    [
        {"visibilidad": "RESTRINGIDA"},
        {"clasificacion": "CONFIDENCIAL"},
        {"clasificacion": "RESERVADA"},
        {"actividad__visibilidad": "RESTRINGIDA", "visibilidad": "PUBLICA"},
        {"actividad__matriz__accion__visibilidad": "RESTRINGIDA"},
    ],
    ids=str,
)
@pytest.mark.parametrize("rol", ["ajena", "consejera", "comisionada"])
def test_lo_restringido_o_cerrado_no_sale_de_quien_debe(elenco, ve, rol, datos):
    assert ve(getattr(elenco, rol), estado="CONSOLIDADO", **datos) == (False, False)


@pytest.mark.parametrize("estado", ESTADOS)
def test_quien_coopera_ve_estado_y_cifras_y_lee_solo_lo_consolidado(elenco, ve, estado):
    lee = estado == "CONSOLIDADO"

    assert ve(elenco.ajena, estado=estado, coopera=elenco.otra) == (True, lee)


def test_quien_coopera_ve_lo_restringido_sin_leerlo(elenco, ve):
    datos = {"estado": "CONSOLIDADO", "visibilidad": "RESTRINGIDA", "coopera": elenco.otra}

    assert ve(elenco.ajena, **datos) == (True, False)


@pytest.mark.parametrize("estado", ESTADOS)
def test_el_consejo_ve_lo_validado_y_la_cap_lo_consolidado(elenco, ve, estado):
    validado, cortado = estado in Avance.VALIDADOS, estado == "CONSOLIDADO"

    assert ve(elenco.consejera, estado=estado) == (validado, validado)
    assert ve(elenco.comisionada, estado=estado) == (cortado, cortado)


@pytest.mark.parametrize("estado", ESTADOS)
def test_quien_administra_no_ve_ningun_avance(elenco, ve, estado):
    assert ve(elenco.administradora, estado=estado) == (False, False)


@pytest.mark.parametrize("rol", [*DE_LA_CASA, *TODA_FILA])
def test_una_cuenta_apagada_no_ve_ni_lee(elenco, rol):
    persona = getattr(elenco, rol)
    persona.is_active = False
    avance = AvanceFactory(actividad__responsable=elenco.responsable, estado="CONSOLIDADO")

    assert not Avance.objects.visibles_para(persona).exists()
    assert not permisos.puede_leer(persona, avance)


# La analista de la CAP -------------------------------------------------------------------------
def test_la_analista_de_la_cap_ve_lo_que_revisa_y_lo_consolidado(elenco):
    cap = InstitucionFactory(sigla="CAP")
    de_la_cap = UsuarioFactory(rol=Rol.ANALISTA, institucion=cap)
    suyo = AvanceFactory(actividad__responsable__revisora=cap, estado="BORRADOR")
    AvanceFactory(estado="REMITIDO", periodo=suyo.periodo)
    cortado = AvanceFactory(estado="CONSOLIDADO", periodo=suyo.periodo)

    assert set(Avance.objects.visibles_para(de_la_cap)) == {suyo, cortado}


# Lo que cuelga ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("rol", "ve_las_observaciones"),
    [
        ("planificadora", True),
        ("aprobador", True),
        ("analista", True),
        ("coordinadora", True),
        ("inspector", True),
        ("auditor", True),
        ("ajena", False),
        ("consejera", False),
        ("comisionada", False),
        ("administradora", False),
    ],
)
def test_las_observaciones_son_de_la_institucion_y_de_quien_revisa(
    elenco, rol, ve_las_observaciones
):
    observacion = ObservacionFactory(
        avance__actividad__responsable=elenco.responsable, avance__estado="CONSOLIDADO"
    )
    plan = observacion.avance.periodo.plan
    plan.seguimiento = elenco.revisora
    plan.save()

    visibles = Observacion.objects.visibles_para(getattr(elenco, rol))

    assert visibles.exists() == ve_las_observaciones


@pytest.mark.parametrize(
    ("rol", "ve_la_actividad"),
    [
        ("planificadora", True),
        ("analista", True),
        ("coordinadora", True),
        ("inspector", True),
        ("auditor", True),
        ("ajena", False),
        ("consejera", False),
        ("comisionada", False),
        ("administradora", False),
    ],
)
@pytest.mark.parametrize(
    "cerrada", [{"visibilidad": "RESTRINGIDA"}, {"clasificacion": "CONFIDENCIAL"}]
)
def test_una_actividad_cerrada_la_ve_quien_debe(elenco, rol, ve_la_actividad, cerrada):
    avance = AvanceFactory(
        actividad__responsable=elenco.responsable,
        **{f"actividad__{campo}": valor for campo, valor in cerrada.items()},
    )
    plan = avance.periodo.plan
    plan.seguimiento = elenco.revisora
    plan.save()

    assert Actividad.objects.visibles_para(getattr(elenco, rol)).exists() == ve_la_actividad
