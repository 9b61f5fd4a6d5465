"""Qué se anuncia a los sistemas al abrir, observar y validar: llaves, y a quien puede verlas."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from instituciones.models import Entrega, Evento
from matrices import flujo, periodos
from matrices.flujo import Orden
from matrices.models import Avance
from tests.api.conftest import inscribir
from tests.fabricas import ActividadFactory, AvanceFactory, PeriodoFactory, PlanFactory
from tests.instituciones.conftest import receptor, suscribir  # noqa: F401
from tests.seguridad.mundo import canario

pytestmark = pytest.mark.django_db


@pytest.fixture
def sistemas(elenco, receptor):  # noqa: F811
    """Uno por persona; cada una con su suscripción a todo."""
    personas = ("planificadora", "ajena", "analista", "consejera", "comisionada", "auditor")
    clientes = {una: inscribir(getattr(elenco, una))[0] for una in personas}
    return {una: suscribir(cliente, receptor.direccion())[0] for una, cliente in clientes.items()}


@pytest.fixture
def periodo(elenco):
    return PeriodoFactory(plan=PlanFactory(seguimiento=elenco.revisora))


def remitido(elenco, periodo, **datos):
    actividad = ActividadFactory(
        responsable=elenco.responsable,
        descripcion=canario("PUBLICA", "X", "descripcion"),
        matriz__accion__objetivo__programa__plan=periodo.plan,
        **datos,
    )
    logro = canario("PUBLICA", "X", "logro")
    return AvanceFactory(actividad=actividad, periodo=periodo, estado="REMITIDO", logro=logro)


def reciben(sistemas, evento):
    """Qué personas tienen una entrega de ese evento."""
    suyas = set(Entrega.objects.filter(evento=evento).values_list("suscripcion", flat=True))
    return {una for una, suscripcion in sistemas.items() if suscripcion.pk in suyas}


def datos():
    [unos] = {uno.cuerpo for uno in Entrega.objects.all()}
    return json.loads(unos)


def test_al_abrir_lo_saben_todos_los_sistemas(elenco, sistemas, periodo):
    nuevo = PeriodoFactory(plan=periodo.plan, semestre=2, estado="PROGRAMADO")
    type(periodo).objects.filter(pk=periodo.pk).update(estado="CORTADO")

    periodos.abrir(nuevo, version=nuevo.version, por=elenco.coordinadora)

    assert reciben(sistemas, Evento.PERIODO_ABIERTO) == set(sistemas)
    assert datos()["data"] == {
        "periodo": nuevo.pk,
        "codigo": nuevo.codigo,
        "plan": periodo.plan.codigo,
        "enlace": f"https://pesn.gob.gt/api/v1/periodos/{nuevo.pk}/",
    }


def test_lo_observado_lo_sabe_quien_lo_ve_y_no_dice_ni_el_codigo(elenco, sistemas, periodo):
    avance = remitido(elenco, periodo)

    flujo.observar(
        avance, [("logro", canario("PUBLICA", "X", "observacion"))], version=1, por=elenco.analista
    )

    assert reciben(sistemas, Evento.AVANCE_OBSERVADO) == {"planificadora", "analista", "auditor"}
    assert datos()["data"] == {
        "avance": avance.pk,
        "actividad": avance.actividad_id,
        "periodo": periodo.pk,
        "version": 2,
        "enlace": f"https://pesn.gob.gt/api/v1/avances/{avance.pk}/",
    }


@pytest.mark.parametrize(
    ("visibilidad", "ven"),
    [
        ("PUBLICA", {"planificadora", "analista", "auditor", "consejera"}),
        ("RESTRINGIDA", {"planificadora", "analista", "auditor"}),
    ],
)
def test_lo_validado_lo_sabe_quien_lo_ve(elenco, sistemas, periodo, visibilidad, ven):
    avance = remitido(elenco, periodo, visibilidad=visibilidad)

    flujo.validar(avance, version=1, por=elenco.analista)

    assert reciben(sistemas, Evento.AVANCE_VALIDADO) == ven
    assert "CANARIO" not in "".join(Entrega.objects.values_list("cuerpo", flat=True))


def test_de_los_demas_pasos_no_se_anuncia(elenco, sistemas, periodo):
    avance = remitido(elenco, periodo)
    Avance.objects.filter(pk=avance.pk).update(estado="EN_APROBACION")
    avance.refresh_from_db()

    flujo.mover(avance, "devolver", version=1, por=elenco.aprobador, nota="Falta el acta.")

    assert not Entrega.objects.exists()


def test_lo_que_no_se_pudo_no_se_anuncia(elenco, sistemas, periodo):
    bien, mal = remitido(elenco, periodo), remitido(elenco, periodo)

    with pytest.raises(flujo.VersionAjena):
        flujo.validar_varios([Orden(bien, 1), Orden(mal, 7)], por=elenco.analista)

    assert not Entrega.objects.exists()


def test_la_carga_de_otro_dia_no_se_anuncia(elenco, sistemas, periodo):
    ayer = timezone.now() - timedelta(days=1)

    flujo.validar(remitido(elenco, periodo), version=1, por=elenco.analista, momento=ayer)

    assert not Entrega.objects.exists()


def test_anunciar_no_pregunta_mas_por_validar_mas(elenco, sistemas, periodo):
    """Las consultas son por persona suscrita, no por avance."""

    def consultas(cuantos):
        ordenes = [Orden(remitido(elenco, periodo), 1) for _ in range(cuantos)]
        with CaptureQueriesContext(connection) as hechas:
            flujo.validar_varios(ordenes, por=elenco.analista)
        lee = ("SELECT", "instituciones_suscripcion")
        return sum(all(parte in una["sql"] for parte in lee) for una in hechas)

    assert consultas(1) == consultas(3) == 1
