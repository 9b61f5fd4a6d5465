"""A quién se le dice qué y cuándo: la tabla de dominio §6, renglón por renglón."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from instituciones.models import Aviso, Usuario
from matrices import avisos, flujo, periodos
from matrices.models import Avance, Observacion, Periodo
from tests.fabricas import (
    ActividadFactory,
    AvanceFactory,
    ObservacionFactory,
    PeriodoFactory,
    ResolucionFactory,
    UsuarioFactory,
)

pytestmark = pytest.mark.django_db
GUATEMALA = ZoneInfo("America/Guatemala")
LIMITE = date(2021, 7, 15)  # jueves; con cinco días hábiles, la gracia termina el 22


def el(dia, hora=12, minuto=0):
    return datetime.combine(dia, time(hora, minuto), GUATEMALA)


def a_los(dias, hora=12, minuto=0):
    """El reloj en Guatemala, tantos días antes (negativo) o después del límite."""
    return time_machine.travel(el(LIMITE + timedelta(days=dias), hora, minuto), tick=False)


def dichos(asunto=""):
    """{persona: título} de los avisos de ese asunto."""
    filas = Aviso.objects.filter(asunto__startswith=asunto)
    return {uno.persona.nombre: uno.titulo for uno in filas.select_related("persona")}


@pytest.fixture
def periodo(elenco):
    """Abierto; MINGOB debe dos y tiene uno por aprobar, MINDEF debe uno, CAP nada."""
    uno = PeriodoFactory(
        plan__codigo="pesn",
        plan__sigla="PESN",
        limite=LIMITE,
        fin_gracia=date(2021, 7, 22),
    )
    mingob, mindef = elenco.responsable, elenco.otra
    UsuarioFactory(nombre="Otilio", rol="APROBADOR", institucion=mindef)
    for estado, casa in [
        ("PENDIENTE", mingob),
        ("BORRADOR", mingob),
        ("EN_APROBACION", mingob),
        ("EXENTO", mingob),
        ("VALIDADO", mingob),
        ("PENDIENTE", mindef),
    ]:
        AvanceFactory(periodo=uno, estado=estado, actividad=_actividad(uno, casa))
    # Quienes firmaron en la fábrica no son del elenco: aquí sólo estorban.
    Usuario.objects.filter(nombre__startswith="Persona").update(is_active=False)
    return uno


def _actividad(periodo, casa, **datos):
    plan = periodo.plan
    return ActividadFactory(
        responsable=casa, matriz__accion__objetivo__programa__plan=plan, **datos
    )


# El calendario ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("dias", "cuando"), [(-15, "en 15 días"), (-5, "en 5 días"), (-1, "mañana"), (0, "hoy")]
)
def test_antes_del_limite_se_recuerda_a_quien_planifica_donde_algo_se_debe(periodo, dias, cuando):
    with a_los(dias):
        avisos.del_calendario()

    assert dichos("plazo:") == {
        "Petrona": f"2021-S1 de PESN cierra {cuando}: tiene 2 avances por entregar",
        "Ajelina": f"2021-S1 de PESN cierra {cuando}: tiene 1 avance por entregar",
    }
    assert set(Aviso.objects.filter(asunto__startswith="plazo:").values_list("enlace")) == {
        ("/semestre/?plan=pesn",)
    }


@pytest.mark.parametrize("dias", [-30, -16, -12, -6, -2])
def test_los_demas_dias_no_se_dice_nada(periodo, dias):
    with a_los(dias):
        avisos.del_calendario()

    assert dichos() == {}


def test_la_vispera_se_dice_a_quien_aprueba_lo_que_le_espera(periodo):
    with a_los(-1):
        avisos.del_calendario()

    assert dichos("aprobar:") == {
        "Arnulfo": "2021-S1 de PESN cierra mañana: tiene 1 avance por aprobar"
    }


def test_el_dia_es_el_de_guatemala_y_el_correo_no_sale_de_madrugada(periodo):
    with a_los(-16, 23, 59):
        avisos.del_calendario()
        nada = dichos()
    with a_los(-15, 0, 1):
        avisos.del_calendario()

    assert nada == {}
    assert len(dichos("plazo:")) == 2
    assert {uno.desde for uno in Aviso.objects.all()} == {el(LIMITE - timedelta(days=15), 7)}


def test_reconciliar_cien_veces_dice_lo_mismo_una(periodo):
    with a_los(-1):
        for _vez in range(100):
            avisos.del_calendario()
        call_command("reconciliar", aqui=True)

    assert Aviso.objects.count() == 3


def test_si_el_reloj_estuvo_parado_un_dia_lo_dice_al_volver_y_no_dos_veces(periodo):
    for dias in (-14, -13):
        with a_los(dias):
            avisos.del_calendario()

    assert (
        dichos("plazo:")["Petrona"]
        == "2021-S1 de PESN cierra en 14 días: tiene 2 avances por entregar"
    )
    assert Aviso.objects.count() == 2


def test_cada_dia_de_gracia_se_dice_a_quien_planifica_y_a_quien_aprueba(periodo):
    for dias in range(1, 8):
        with a_los(dias, 6):
            periodos.dar_pasos_del_calendario()
            avisos.del_calendario()

    gracia = Aviso.objects.filter(asunto__startswith="gracia:")
    por_persona = {n: gracia.filter(persona__nombre=n).count() for n in dichos("gracia:")}
    assert por_persona == {"Petrona": 7, "Arnulfo": 7, "Ajelina": 7, "Otilio": 7}
    assert dichos("gracia:")["Arnulfo"] == (
        "2021-S1 de PESN está en gracia hasta el 22/07/2021: tiene 3 avances por remitir"
    )


def test_al_quinto_dia_se_le_dice_a_la_coordinacion_una_vez(periodo):
    Periodo.objects.update(estado="EN_GRACIA")
    with a_los(4):
        avisos.del_calendario()
        antes = dichos("escala:")
    for dias in (5, 6):
        with a_los(dias):
            avisos.del_calendario()

    assert antes == {}
    assert dichos("escala:") == {
        "Catarina": "2021-S1 de PESN cierra el 22/07/2021: "
        "4 avances sin remitir, de 2 instituciones"
    }
    escala = Aviso.objects.get(asunto__startswith="escala:")
    assert escala.enlace == f"/periodos/{periodo.pk}/"


def test_pasada_la_gracia_ya_no_se_insiste(periodo):
    with a_los(8):
        periodos.dar_pasos_del_calendario()
        avisos.del_calendario()

    assert dichos() == {}


def test_la_vispera_de_la_respuesta_se_dice_cuantas_quedan_abiertas(periodo, elenco):
    observado = AvanceFactory(
        periodo=periodo, estado="OBSERVADO", ronda=1, actividad=_actividad(periodo, elenco.otra)
    )
    for numero, vence in enumerate([-9, -9, -8]):
        ObservacionFactory(
            avance=observado,
            texto=f"Secreto {numero}",
            responder_hasta=LIMITE + timedelta(days=vence),
            autor=elenco.analista,
        )
    Usuario.objects.filter(nombre__startswith="Persona").update(is_active=False)

    with a_los(-10):
        avisos.del_calendario()
        avisos.del_calendario()

    assert dichos() == {
        "Ajelina": "Mañana vence el plazo para responder 2 observaciones de 2021-S1 de PESN"
    }


@pytest.mark.parametrize(("dias", "cuando"), [(90, "en 90"), (30, "en 30"), (7, "en 7")])
def test_la_reserva_que_vence_se_dice_a_la_coordinacion_y_a_quien_la_custodia(elenco, dias, cuando):
    hoy = timezone.localdate()
    ResolucionFactory(
        numero="12-2024",
        fecha=hoy - timedelta(days=900),
        vence=hoy + timedelta(days=dias),
        autoridad=elenco.responsable,
    )

    for _vez in range(2):
        avisos.del_calendario()

    frase = f"La reserva de la resolución 12-2024 vence {cuando} días"
    assert dichos() == dict.fromkeys(["Catarina", "Petrona", "Arnulfo"], frase)
    assert Aviso.objects.count() == 3
    assert Aviso.objects.first().enlace == "/clasificacion/"


def test_la_reserva_vencida_pide_que_alguien_decida_y_la_lejana_calla(elenco):
    hoy = timezone.localdate()
    fecha = hoy - timedelta(days=900)
    ResolucionFactory(fecha=fecha, vence=hoy - timedelta(days=1), autoridad=elenco.responsable)
    ResolucionFactory(fecha=fecha, vence=hoy + timedelta(days=91), autoridad=elenco.responsable)

    avisos.del_calendario()

    assert {titulo.partition(" venció")[2] for titulo in dichos().values()} == {
        ": alguien debe decidir"
    }
    assert len(dichos()) == 3


# Los pasos -------------------------------------------------------------------------------------
def test_al_abrir_se_dice_a_quien_planifica_donde_algo_se_debe(elenco):
    periodo = PeriodoFactory(
        plan__sigla="PESN", estado="PROGRAMADO", limite=LIMITE, fin_gracia=date(2021, 7, 22)
    )
    _actividad(periodo, elenco.responsable)
    _actividad(periodo, elenco.responsable)
    _actividad(periodo, elenco.otra, inicio=date(2021, 12, 1))  # exenta: no se debe

    periodos.abrir(periodo, version=1, por=elenco.coordinadora)

    assert dichos() == {
        "Petrona": "Se abrió 2021-S1 de PESN: tiene 2 avances por entregar hasta el 15/07/2021"
    }


def test_la_prorroga_la_sabe_toda_persona_activa(periodo, elenco):
    apagada = UsuarioFactory(is_active=False)
    with a_los(-1):
        periodos.prorrogar(
            periodo,
            LIMITE + timedelta(days=5),
            nota="CANARIO del motivo",
            version=1,
            por=elenco.coordinadora,
        )

    activas = Usuario.objects.filter(is_active=True).values_list("nombre", flat=True)
    assert set(dichos("prorroga:")) == set(activas)
    assert apagada.nombre not in dichos()
    assert set(dichos().values()) == {
        "Se prorrogó 2021-S1 de PESN: la nueva fecha límite es el 20/07/2021"
    }


def test_prorrogado_el_plazo_se_recuerda_otra_vez(periodo):
    with a_los(-1):
        avisos.del_calendario()
    Periodo.objects.update(limite=LIMITE + timedelta(days=5), fin_gracia=date(2021, 7, 27))
    with a_los(4):
        avisos.del_calendario()

    assert Aviso.objects.filter(asunto__startswith="plazo:").count() == 4


def remitido(elenco, **datos):
    periodo = PeriodoFactory(plan__sigla="PESN")
    avance = AvanceFactory(
        periodo=periodo,
        estado="REMITIDO",
        actividad=_actividad(periodo, elenco.responsable, **datos),
        capturado_por=elenco.planificadora,
        entregado_por=elenco.planificadora,
        remitido_por=elenco.aprobador,
    )
    return Avance.objects.con_su_actividad().get(pk=avance.pk)


def test_lo_observado_lo_saben_quien_planifica_y_quien_aprueba_sin_su_texto(elenco):
    avance = remitido(elenco)
    textos = [("logro", "SECRETO uno"), ("logro", "SECRETO dos"), ("limitante", "SECRETO tres")]

    flujo.observar(avance, textos, version=1, por=elenco.analista)

    hasta = Observacion.objects.first().responder_hasta
    donde = f"la actividad {avance.actividad}, 2021-S1 de PESN"
    frase = f"Tiene 3 observaciones en {donde}; responda hasta el"
    assert dichos() == dict.fromkeys(["Petrona", "Arnulfo"], f"{frase} {hasta:%d/%m/%Y}")
    assert {uno.enlace for uno in Aviso.objects.all()} == {f"/avances/{avance.pk}/"}


def test_lo_validado_lo_sabe_quien_planifica(elenco):
    avance = remitido(elenco)

    flujo.validar(avance, version=1, por=elenco.analista)

    assert dichos() == {"Petrona": f"Se validó la actividad {avance.actividad}, 2021-S1 de PESN"}


@pytest.mark.parametrize(
    "datos",
    [
        {"visibilidad": "RESTRINGIDA"},
        {"clasificacion": "CONFIDENCIAL"},
        {"matriz__accion__visibilidad": "RESTRINGIDA"},
    ],
)
def test_de_lo_restringido_ni_el_codigo_sale(elenco, datos):
    avance = remitido(elenco, **datos)

    flujo.validar(avance, version=1, por=elenco.analista)

    [titulo] = dichos().values()
    assert titulo == "Se validó una actividad de acceso restringido, 2021-S1 de PESN"


def test_quien_revisa_sabe_una_vez_al_dia_que_le_remitieron(elenco):
    periodo = PeriodoFactory(plan__sigla="PESN")
    for _numero in range(3):
        avance = AvanceFactory(
            periodo=periodo,
            estado="EN_APROBACION",
            actividad=_actividad(periodo, elenco.responsable),
            capturado_por=elenco.planificadora,
        )
        fila = Avance.objects.con_su_actividad().get(pk=avance.pk)
        flujo.mover(fila, "remitir", version=1, por=elenco.aprobador)

    assert dichos("remitido:") == {
        "Anabella": "MINGOB remitió avances de 2021-S1 de PESN a revisión"
    }
    assert Aviso.objects.filter(asunto__startswith="remitido:").count() == 1


def test_lo_devuelto_lo_sabe_quien_planifica_sin_la_nota(elenco):
    periodo = PeriodoFactory(plan__sigla="PESN")
    avance = AvanceFactory(
        periodo=periodo,
        estado="EN_APROBACION",
        actividad=_actividad(periodo, elenco.responsable),
        capturado_por=elenco.planificadora,
    )
    fila = Avance.objects.con_su_actividad().get(pk=avance.pk)

    flujo.mover(fila, "devolver", version=1, por=elenco.aprobador, nota="SECRETO")

    assert dichos() == {
        "Petrona": f"Su aprobación devolvió la actividad {fila.actividad}, 2021-S1 de PESN"
    }


def test_la_historia_que_se_carga_no_avisa(elenco):
    flujo.validar(remitido(elenco), version=1, por=elenco.analista, momento=el(date(2021, 7, 30)))

    assert dichos() == {}


def test_un_paso_que_no_se_da_no_avisa(elenco):
    avance = remitido(elenco)

    with pytest.raises(flujo.VersionAjena):
        flujo.validar(avance, version=7, por=elenco.analista)

    assert dichos() == {}
