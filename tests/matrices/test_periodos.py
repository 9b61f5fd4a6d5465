"""El semestre de principio a fin: sus pasos, sus condiciones y lo que hacen con los avances."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from instituciones.models import Asiento
from matrices import flujo, periodos
from matrices.calendario import fechas_del_semestre
from matrices.models import Avance, Movimiento, Periodo
from tests.fabricas import ActividadFactory, AvanceFactory, FeriadoFactory, PeriodoFactory

pytestmark = pytest.mark.django_db
GUATEMALA = ZoneInfo("America/Guatemala")


def el(dia, hora=12, minuto=0, segundo=0):
    return datetime(dia.year, dia.month, dia.day, hora, minuto, segundo, tzinfo=GUATEMALA)


@pytest.fixture
def programado(db):
    return PeriodoFactory(estado="PROGRAMADO")


def actividad(periodo, **datos):
    return ActividadFactory(matriz__accion__objetivo__programa__plan=periodo.plan, **datos)


# Programar -------------------------------------------------------------------------------------
def test_programar_deja_su_constancia(elenco, programado):
    nuevo = periodos.programar(programado.plan, 2022, 1, por=elenco.coordinadora)

    asiento = Asiento.objects.get(acto="programar")
    assert (nuevo.estado, nuevo.codigo) == ("PROGRAMADO", "2022-S1")
    assert (asiento.persona, asiento.clave) == (elenco.coordinadora, str(nuevo.pk))


def test_solo_la_coordinacion_programa(elenco, programado):
    with pytest.raises(PermissionDenied):
        periodos.programar(programado.plan, 2022, 1, por=elenco.analista)


def test_las_fechas_se_cambian_solo_antes_de_abrir(elenco):
    abierto = PeriodoFactory(estado="ABIERTO")

    with pytest.raises(flujo.PasoInvalido):
        periodos.cambiar_fechas(
            abierto, fechas_del_semestre(2021, 1), version=1, por=elenco.coordinadora
        )


# Abrir -----------------------------------------------------------------------------------------
def test_cada_actividad_nace_exigida_o_exenta_con_su_motivo(elenco, programado):
    due = actividad(programado)
    futura = actividad(programado, inicio=date(2021, 7, 1))
    suspendida = actividad(programado, situacion="SUSPENDIDA", suspendida_desde=date(2021, 3, 1))
    cancelada = actividad(programado, situacion="CANCELADA", inicio=date(2021, 7, 1))
    completa = actividad(programado)
    previo = PeriodoFactory(plan=programado.plan, anio=2020, semestre=2, estado="CORTADO")
    AvanceFactory(periodo=previo, actividad=completa, estado="CONSOLIDADO", porcentaje=100)
    de_otro_plan = ActividadFactory()

    periodos.abrir(programado, version=1, por=elenco.coordinadora)

    nacidos = {
        uno.actividad: (uno.estado, uno.exigible, uno.motivo_exencion)
        for uno in Avance.objects.filter(periodo=programado)
    }
    assert nacidos == {
        due: ("PENDIENTE", True, ""),
        futura: ("EXENTO", False, "NO_INICIADA"),
        suspendida: ("EXENTO", False, "SUSPENDIDA"),
        cancelada: ("EXENTO", False, "CANCELADA"),
        completa: ("EXENTO", False, "FINALIZADA"),
    }
    assert de_otro_plan not in nacidos


def test_al_nacer_trae_la_p_del_corte_y_la_clase_de_su_actividad(elenco, programado):
    actividad(programado, visibilidad="RESTRINGIDA", fin_original=date(2021, 12, 31))

    periodos.abrir(programado, version=1, por=elenco.coordinadora)

    nacido = Avance.objects.get()
    assert str(nacido.programado) == "49.59"  # 181 de 365 días
    assert (nacido.visibilidad, nacido.clasificacion) == ("RESTRINGIDA", "PUBLICA")
    assert nacido.movimientos.get().paso == "abrir"


def test_no_se_abre_si_el_anterior_no_se_ha_cortado(elenco):
    previo = PeriodoFactory(estado="CERRADO")
    sigue = PeriodoFactory(plan=previo.plan, semestre=2, estado="PROGRAMADO")

    with pytest.raises(flujo.PasoInvalido, match="Antes hay que cortar 2021-S1"):
        periodos.abrir(sigue, version=1, por=elenco.coordinadora)


def test_no_se_abre_uno_viejo_mientras_otro_esta_en_curso(elenco, programado):
    PeriodoFactory(plan=programado.plan, anio=2023, estado="ABIERTO")

    with pytest.raises(flujo.PasoInvalido, match="sólo puede haber uno"):
        periodos.abrir(programado, version=1, por=elenco.coordinadora)


def test_otro_plan_no_estorba(elenco, programado):
    PeriodoFactory(estado="ABIERTO")

    assert periodos.abrir(programado, version=1, por=elenco.coordinadora).estado == "ABIERTO"


def test_en_un_plan_cerrado_no_se_abre(elenco, programado):
    programado.plan.cerrado_en = date(2021, 1, 1)

    with pytest.raises(flujo.PasoInvalido, match="cerrado"):
        periodos.abrir(programado, version=1, por=elenco.coordinadora)


def test_abrir_con_una_version_vieja_no_crea_nada(elenco, programado):
    actividad(programado)
    Periodo.objects.update(version=2)

    with pytest.raises(flujo.VersionAjena):
        periodos.abrir(programado, version=1, por=elenco.coordinadora)
    assert not Avance.objects.exists()


# Prorrogar -------------------------------------------------------------------------------------
@time_machine.travel(el(date(2021, 7, 19)), tick=False)
def test_prorrogar_en_gracia_vuelve_a_abrir_y_cuenta_la_gracia_de_nuevo(elenco):
    FeriadoFactory(fecha=date(2021, 7, 30))
    periodo = PeriodoFactory(estado="EN_GRACIA")

    periodos.prorrogar(
        periodo, date(2021, 7, 26), nota="Por la tormenta.", version=1, por=elenco.coordinadora
    )

    periodo.refresh_from_db()
    assert periodo.estado == "ABIERTO"
    assert (periodo.limite, periodo.fin_gracia) == (date(2021, 7, 26), date(2021, 8, 3))
    assert '"nota":"Por la tormenta."' in Asiento.objects.get(acto="prorrogar").datos


@time_machine.travel(el(date(2021, 7, 10)), tick=False)
@pytest.mark.parametrize(
    ("limite", "nota", "error"),
    [
        (date(2021, 7, 15), "Por la tormenta.", flujo.PasoInvalido),
        (date(2021, 7, 20), "  ", ValidationError),
    ],
)
def test_prorrogar_pide_motivo_y_una_fecha_posterior(elenco, limite, nota, error):
    periodo = PeriodoFactory()

    with pytest.raises(error):
        periodos.prorrogar(periodo, limite, nota=nota, version=1, por=elenco.coordinadora)


# Cerrar ----------------------------------------------------------------------------------------
def test_al_cerrar_vence_lo_no_remitido_menos_lo_que_se_corrige(elenco):
    periodo = PeriodoFactory(estado="EN_GRACIA")
    nacen = {
        estado: AvanceFactory(periodo=periodo, estado=estado, logro="Texto.")
        for estado in Avance.Estado.values
        if estado not in {"CONSOLIDADO", "NO_REPORTADO"}
    }
    corrige = AvanceFactory(periodo=periodo, estado="BORRADOR", ronda=1)

    periodos.cerrar(periodo, version=1, por=None, momento=el(date(2021, 7, 23)))

    quedan = {}
    for estado, avance in nacen.items():
        avance.refresh_from_db()
        quedan[estado] = avance.estado
    corrige.refresh_from_db()
    assert quedan == {
        "PENDIENTE": "NO_REPORTADO",
        "BORRADOR": "NO_REPORTADO",
        "EN_APROBACION": "NO_REPORTADO",
        "REMITIDO": "REMITIDO",
        "OBSERVADO": "OBSERVADO",
        "VALIDADO": "VALIDADO",
        "EXENTO": "EXENTO",
    }
    assert corrige.estado == "BORRADOR"
    assert nacen["BORRADOR"].logro == "Texto."
    assert {uno.por for uno in Movimiento.objects.filter(paso="vencer")} == {None}


def test_lo_vencido_vuelve_a_lo_ultimo_validado_y_se_ve_gris(elenco):
    previo = PeriodoFactory(estado="CORTADO", anio=2020, semestre=2)
    periodo = PeriodoFactory(plan=previo.plan, estado="EN_GRACIA")
    una = actividad(periodo, inicio=date(2020, 1, 1))
    AvanceFactory(periodo=previo, actividad=una, estado="CONSOLIDADO", porcentaje=30)
    borrador = AvanceFactory(periodo=periodo, actividad=una, estado="BORRADOR", porcentaje=60)

    periodos.cerrar(periodo, version=1, por=None, momento=el(date(2021, 7, 23)))

    borrador.refresh_from_db()
    assert (borrador.ejecutado, borrador.semaforo) == (30, "SIN_REPORTE")
    assert borrador.porcentaje == 60


@pytest.mark.parametrize("exigible", [True, False])
def test_la_coordinacion_cierra_antes_solo_si_nada_exigido_falta(elenco, exigible):
    periodo = PeriodoFactory(estado="EN_GRACIA")
    AvanceFactory(periodo=periodo, estado="BORRADOR", exigible=exigible)

    if exigible:
        with pytest.raises(flujo.PasoInvalido, match="Falta 1 avance"):
            periodos.cerrar(periodo, version=1, por=elenco.coordinadora)
    else:
        periodos.cerrar(periodo, version=1, por=elenco.coordinadora)
    periodo.refresh_from_db()
    assert periodo.estado == ("EN_GRACIA" if exigible else "CERRADO")


# Cortar ----------------------------------------------------------------------------------------
@pytest.fixture
def cerrado(elenco):
    periodo = PeriodoFactory(estado="CERRADO")
    for estado in ("VALIDADO", "REMITIDO", "OBSERVADO", "EXENTO", "NO_REPORTADO"):
        AvanceFactory(periodo=periodo, estado=estado)
    AvanceFactory(periodo=periodo, estado="BORRADOR", ronda=1)
    return periodo


def test_cortar_consolida_lo_validado_y_deja_fuera_lo_confirmado(elenco, cerrado):
    lista = list(periodos.sin_validar(cerrado))
    antes = dict(Avance.objects.values_list("pk", "estado"))

    periodos.cortar(
        cerrado, version=1, por=elenco.coordinadora, confirmados=[uno.pk for uno in lista]
    )

    despues = dict(Avance.objects.values_list("pk", "estado"))
    paso = {antes[pk]: despues[pk] for pk in antes}
    assert paso == {
        "VALIDADO": "CONSOLIDADO",
        "REMITIDO": "NO_REPORTADO",
        "OBSERVADO": "NO_REPORTADO",
        "BORRADOR": "NO_REPORTADO",
        "EXENTO": "EXENTO",
        "NO_REPORTADO": "NO_REPORTADO",
    }
    notas = set(Movimiento.objects.filter(paso="dejar_fuera").values_list("nota", flat=True))
    assert notas == {"Sin validar al corte."}
    cerrado.refresh_from_db()
    assert cerrado.estado == "CORTADO"


@pytest.mark.parametrize("cuales", ["ninguno", "menos", "de_mas"])
def test_sin_confirmar_la_lista_exacta_no_se_corta(elenco, cerrado, cuales):
    claves = [uno.pk for uno in periodos.sin_validar(cerrado)]
    confirmados = {"ninguno": [], "menos": claves[1:], "de_mas": [*claves, 999_999]}[cuales]

    with pytest.raises(flujo.PasoInvalido, match="Hay 3 avances sin validar"):
        periodos.cortar(cerrado, version=1, por=elenco.coordinadora, confirmados=confirmados)
    assert not Avance.objects.filter(estado="CONSOLIDADO").exists()


def test_solo_la_coordinacion_corta_y_solo_lo_cerrado(elenco, cerrado):
    with pytest.raises(PermissionDenied):
        periodos.cortar(cerrado, version=1, por=elenco.analista)
    abierto = PeriodoFactory(estado="EN_GRACIA")
    with pytest.raises(flujo.PasoInvalido):
        periodos.cortar(abierto, version=1, por=elenco.coordinadora)


# El calendario ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("momento", "estado"),
    [
        (el(date(2021, 7, 15), 23, 59, 59), "ABIERTO"),
        (el(date(2021, 7, 16), 0), "EN_GRACIA"),
        (el(date(2021, 7, 22), 23, 59, 59), "EN_GRACIA"),
        (el(date(2021, 7, 23), 0), "CERRADO"),
        (el(date(2021, 9, 1)), "CERRADO"),
    ],
    ids=str,
)
def test_el_calendario_da_los_pasos_al_terminar_el_dia_de_guatemala(momento, estado):
    periodo = PeriodoFactory()

    periodos.dar_pasos_del_calendario(momento)

    periodo.refresh_from_db()
    assert periodo.estado == estado


def test_repetir_los_pasos_del_calendario_no_hace_nada_mas():
    periodo = PeriodoFactory()
    AvanceFactory(periodo=periodo)
    momento = el(date(2021, 9, 1))

    primera, segunda = (periodos.dar_pasos_del_calendario(momento) for _ in range(2))

    assert primera == ["2021-S1: en gracia", "2021-S1: cerrado"]
    assert segunda == []
    assert Asiento.objects.filter(acto__in=["dar_gracia", "cerrar", "vencer"]).count() == 3


def test_el_calendario_no_abre_ni_corta():
    PeriodoFactory(estado="PROGRAMADO")
    PeriodoFactory(estado="CERRADO")

    assert periodos.dar_pasos_del_calendario(el(date(2030, 1, 1))) == []


def test_nadie_da_a_mano_el_paso_del_calendario(elenco):
    periodo = PeriodoFactory()

    assert "dar_gracia" not in flujo.pasos_posibles(periodo, elenco.coordinadora)
    with pytest.raises(flujo.PasoInvalido):
        periodos.dar_gracia(periodo, momento=el(date(2021, 7, 15)))


def test_quien_llega_segundo_con_el_periodo_viejo_no_da_el_paso_dos_veces():
    periodo = PeriodoFactory()
    viejo = Periodo.objects.get(pk=periodo.pk)
    periodos.dar_gracia(periodo, momento=el(date(2021, 7, 16)))

    with pytest.raises(flujo.VersionAjena):
        periodos.dar_gracia(viejo, momento=el(date(2021, 7, 16)))
    assert Asiento.objects.filter(acto="dar_gracia").count() == 1


@pytest.mark.django_db(transaction=True)
def test_varios_relojes_a_la_vez_cierran_una_sola_vez():
    periodo = PeriodoFactory()
    AvanceFactory.create_batch(3, periodo=periodo)

    def reloj(_):
        try:
            return periodos.dar_pasos_del_calendario(el(date(2021, 9, 1)))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as hilos:
        dados = [paso for pasos in hilos.map(reloj, range(4)) for paso in pasos]

    assert sorted(dados) == ["2021-S1: cerrado", "2021-S1: en gracia"]
    assert Movimiento.objects.filter(paso="vencer").count() == 3
    assert Asiento.objects.filter(acto="cerrar").count() == 1
