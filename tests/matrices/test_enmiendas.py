"""Los efectos de una enmienda: sobre fechas, P, exigencia y cifras; y lo que nunca cambia."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from instituciones.models import Asiento, Rol
from matrices import enmiendas, flujo, periodos
from matrices.models import Avance, HitoActividad, Rectificacion, Reprogramacion
from tests.fabricas import (
    ActividadFactory,
    AvanceFactory,
    DelegacionFactory,
    HitoFactory,
    PeriodoFactory,
    UsuarioFactory,
)

pytestmark = pytest.mark.django_db
MOTIVO = "El proveedor adjudicado desistió y hay que licitar de nuevo."
GUATEMALA = ZoneInfo("America/Guatemala")


@pytest.fixture
def periodo(db):
    """El primer semestre de 2021, abierto: 181 días de 365."""
    return PeriodoFactory()


@pytest.fixture
def actividad(elenco, periodo):
    return ActividadFactory(
        matriz__accion__objetivo__programa__plan=periodo.plan,
        responsable=elenco.responsable,
        fin_original=date(2021, 12, 31),
    )


@pytest.fixture
def aprobar(elenco):
    """Una enmienda pedida, avalada, opinada y aprobada; da la solicitud."""

    def aprobar(actividad, tipo, **datos):
        datos.setdefault("desde", date(2021, 5, 1))
        pedida = enmiendas.solicitar(
            actividad, tipo=tipo, motivo=MOTIVO, por=elenco.planificadora, **datos
        )
        enmiendas.avalar(pedida, version=1, por=elenco.aprobador)
        enmiendas.opinar(pedida, opinion="Conviene.", version=2, por=elenco.comisionada)
        return enmiendas.aprobar(pedida, acto="Oficio 1", version=3, por=elenco.coordinadora)

    return aprobar


def medido(actividad, periodo, **datos):
    """El avance de la actividad en el periodo, con sus cifras al día."""
    avance = AvanceFactory(actividad=actividad, periodo=periodo, **datos)
    flujo.medir([avance])
    avance.refresh_from_db()
    return avance


# Sobre la actividad y su P ---------------------------------------------------------------------
def test_reprogramar_mueve_p_y_deja_la_original(actividad, periodo, aprobar):
    avance = medido(actividad, periodo)
    assert (avance.programado, avance.programado_original) == (Decimal("49.59"),) * 2

    pedida = aprobar(actividad, "REPROGRAMACION", fin_propuesto=date(2022, 12, 31))

    avance.refresh_from_db()
    actividad.refresh_from_db()
    assert (avance.programado, avance.programado_original) == (Decimal("24.79"), Decimal("49.59"))
    assert (actividad.fin_original, actividad.fin_vigente) == (
        date(2021, 12, 31),
        date(2022, 12, 31),
    )
    assert (pedida.fin_anterior, pedida.periodo) == (date(2021, 12, 31), periodo)
    assert actividad.history.count() == 2


def test_suspender_congela_p_en_la_vispera_y_exime(actividad, periodo, aprobar):
    avance = medido(actividad, periodo)

    aprobar(actividad, "SUSPENSION", desde=date(2021, 5, 1))

    avance.refresh_from_db()
    assert avance.programado == Decimal("32.88")  # 120 de 365 días
    assert avance.programado_original == Decimal("49.59")
    assert (avance.estado, avance.exigible, avance.motivo_exencion, avance.semaforo) == (
        "EXENTO",
        False,
        "SUSPENDIDA",
        "SUSPENDIDA",
    )


def test_suspendida_conserva_lo_ultimo_validado(actividad, periodo, aprobar):
    previo = PeriodoFactory(plan=periodo.plan, anio=2020, semestre=2, estado="CORTADO")
    AvanceFactory(actividad=actividad, periodo=previo, estado="CONSOLIDADO", porcentaje=30)
    borrador = medido(actividad, periodo, estado="BORRADOR", porcentaje=60)

    aprobar(actividad, "SUSPENSION")

    borrador.refresh_from_db()
    assert (borrador.ejecutado, borrador.porcentaje) == (30, 60)


def test_cancelar_saca_p_indice_y_brecha(actividad, periodo, aprobar):
    avance = medido(actividad, periodo, estado="BORRADOR", porcentaje=60)

    aprobar(actividad, "CANCELACION")

    avance.refresh_from_db()
    assert (avance.programado, avance.indice, avance.brecha) == (None, None, None)
    assert (avance.estado, avance.motivo_exencion, avance.semaforo) == (
        "EXENTO",
        "CANCELADA",
        "CANCELADA",
    )


def test_reanudar_exige_de_nuevo_y_cuenta_p_desde_el_inicio(actividad, periodo, aprobar):
    avance = medido(actividad, periodo)
    aprobar(actividad, "SUSPENSION")
    actividad.refresh_from_db()

    aprobar(actividad, "REANUDACION", fin_propuesto=date(2022, 12, 31))

    avance.refresh_from_db()
    assert (avance.estado, avance.exigible, avance.motivo_exencion) == ("PENDIENTE", True, "")
    assert avance.programado == Decimal("24.79")


def test_reanudar_con_el_periodo_cerrado_no_exige(actividad, periodo, aprobar):
    avance = medido(actividad, periodo)
    aprobar(actividad, "SUSPENSION")
    type(periodo).objects.update(estado="CERRADO")
    actividad.refresh_from_db()

    aprobar(actividad, "REANUDACION", fin_propuesto=date(2022, 12, 31))

    avance.refresh_from_db()
    assert avance.estado == "EXENTO"


def test_lo_validado_del_periodo_no_se_exime(actividad, periodo, aprobar):
    avance = medido(actividad, periodo, estado="VALIDADO", porcentaje=60)

    aprobar(actividad, "SUSPENSION")

    avance.refresh_from_db()
    assert (avance.estado, avance.ejecutado) == ("VALIDADO", 60)
    assert avance.programado == Decimal("32.88")


def test_los_cortes_anteriores_no_cambian(actividad, periodo, aprobar):
    previo = PeriodoFactory(plan=periodo.plan, anio=2020, semestre=2, estado="CORTADO")
    cortado = AvanceFactory(
        actividad=actividad,
        periodo=previo,
        estado="CONSOLIDADO",
        programado=Decimal("12.00"),
        porcentaje=10,
    )
    antes = Avance.objects.values().get(pk=cortado.pk)

    aprobar(actividad, "CANCELACION")

    assert Avance.objects.values().get(pk=cortado.pk) == antes


def test_los_hitos_cambian_de_fecha_y_conservan_la_original(elenco, periodo, aprobar):
    por_hitos = ActividadFactory(
        matriz__accion__objetivo__programa__plan=periodo.plan,
        responsable=elenco.responsable,
        modo="HITOS",
    )
    HitoFactory(actividad=por_hitos, numero=1, peso=40, fecha_original=date(2021, 6, 1))
    HitoFactory(actividad=por_hitos, numero=2, peso=60, fecha_original=date(2022, 6, 1))
    avance = medido(por_hitos, periodo)
    assert avance.programado == 40

    aprobar(
        por_hitos,
        "REPROGRAMACION",
        fin_propuesto=date(2022, 12, 31),
        hitos=[{"numero": 1, "fecha": date(2021, 9, 1)}],
    )

    avance.refresh_from_db()
    hito = HitoActividad.objects.get(actividad=por_hitos, numero=1)
    assert (avance.programado, avance.programado_original) == (0, 40)
    assert (hito.fecha_vigente, hito.fecha_original) == (date(2021, 9, 1), date(2021, 6, 1))


def test_sin_periodo_en_curso_cuenta_desde_el_proximo(actividad, periodo, aprobar):
    type(periodo).objects.update(estado="CORTADO")
    proximo = PeriodoFactory(plan=periodo.plan, semestre=2, estado="PROGRAMADO")

    assert aprobar(actividad, "CANCELACION").periodo == proximo


# Lo que no cabe --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("tipo", "datos", "campo"),
    [
        ("REPROGRAMACION", {}, "fin_propuesto"),
        ("REPROGRAMACION", {"fin_propuesto": date(2020, 12, 31)}, "fin_propuesto"),
        ("REPROGRAMACION", {"fin_propuesto": date(2021, 12, 31)}, "fin_propuesto"),
        ("REANUDACION", {"fin_propuesto": date(2022, 12, 31)}, "tipo"),
        (
            "REPROGRAMACION",
            {
                "fin_propuesto": date(2022, 12, 31),
                "hitos": [{"numero": 9, "fecha": date(2022, 1, 1)}],
            },
            "hitos",
        ),
    ],
)
def test_lo_que_no_cabe_se_dice_por_campo(elenco, actividad, tipo, datos, campo):
    with pytest.raises(ValidationError) as error:
        enmiendas.solicitar(
            actividad,
            tipo=tipo,
            desde=date(2021, 5, 1),
            motivo=MOTIVO,
            por=elenco.planificadora,
            **datos,
        )

    assert campo in error.value.error_dict
    assert not Reprogramacion.objects.exists()


def test_una_actividad_cancelada_ya_no_se_cambia(elenco, actividad, aprobar):
    aprobar(actividad, "CANCELACION")
    actividad.refresh_from_db()

    with pytest.raises(ValidationError):
        aprobar(actividad, "REPROGRAMACION", fin_propuesto=date(2023, 1, 1))


def test_si_la_actividad_cambio_y_ya_no_cabe_no_se_aprueba(elenco, actividad):
    pedida = enmiendas.solicitar(
        actividad,
        tipo="REPROGRAMACION",
        desde=date(2021, 5, 1),
        fin_propuesto=date(2021, 6, 30),
        motivo=MOTIVO,
        por=elenco.planificadora,
    )
    enmiendas.avalar(pedida, version=1, por=elenco.aprobador)
    enmiendas.opinar(pedida, opinion="Conviene.", version=2, por=elenco.comisionada)
    type(actividad).objects.update(inicio=date(2021, 7, 1))

    with pytest.raises(flujo.PasoInvalido, match="Ya no cabe"):
        enmiendas.aprobar(
            Reprogramacion.objects.get(), acto="Oficio 1", version=3, por=elenco.coordinadora
        )


def test_la_base_no_admite_dos_solicitudes_en_tramite(elenco, actividad):
    def pedir():
        return Reprogramacion.objects.create(
            actividad=actividad,
            tipo="CANCELACION",
            desde=date(2021, 5, 1),
            fin_anterior=actividad.fin_vigente,
            motivo=MOTIVO,
            solicitada_por=elenco.planificadora,
            solicitada_en=timezone.now(),
        )

    pedir()
    with pytest.raises(IntegrityError), transaction.atomic():
        pedir()


# Dos personas, plazos y delegación -------------------------------------------------------------
@pytest.fixture
def cancelacion(elenco, actividad):
    return enmiendas.solicitar(
        actividad,
        tipo="CANCELACION",
        desde=date(2021, 5, 1),
        motivo=MOTIVO,
        por=elenco.planificadora,
        momento=datetime(2021, 5, 3, 9, tzinfo=GUATEMALA),
    )


def test_quien_pidio_no_avala_aunque_tenga_el_rol(elenco, cancelacion):
    Reprogramacion.objects.update(solicitada_por=elenco.aprobador)
    cancelacion.refresh_from_db()

    with pytest.raises(PermissionDenied):
        enmiendas.avalar(cancelacion, version=1, por=elenco.aprobador)


@pytest.mark.parametrize(
    ("dia", "se_puede"), [(date(2021, 5, 18), False), (date(2021, 5, 19), True)]
)
def test_la_cap_tiene_diez_dias_habiles_desde_el_aval(elenco, cancelacion, dia, se_puede):
    avalada = datetime(2021, 5, 4, 9, tzinfo=GUATEMALA)  # martes
    enmiendas.avalar(cancelacion, version=1, por=elenco.aprobador, momento=avalada)
    momento = datetime(dia.year, dia.month, dia.day, 9, tzinfo=GUATEMALA)

    def aprobar():
        return enmiendas.aprobar(
            cancelacion, acto="Oficio 1", version=2, por=elenco.coordinadora, momento=momento
        )

    if se_puede:
        assert aprobar().estado == "APROBADA"
    else:
        with pytest.raises(flujo.PasoInvalido, match="18/05/2021"):
            aprobar()


def test_avalar_por_delegacion_dice_por_quien(elenco, cancelacion):
    delegado = UsuarioFactory(rol=Rol.AUDITOR, institucion=elenco.responsable)
    DelegacionFactory(titular=elenco.aprobador, delegado=delegado)

    enmiendas.avalar(cancelacion, version=1, por=delegado, en_nombre_de=elenco.aprobador)

    asiento = Asiento.objects.get(acto="avalar")
    cancelacion.refresh_from_db()
    assert (asiento.persona, asiento.en_nombre_de) == (delegado, elenco.aprobador)
    assert cancelacion.avalada_por == delegado


def test_aprobar_por_delegacion_tambien_exime(elenco, actividad, periodo, cancelacion):
    avance = medido(actividad, periodo)
    DelegacionFactory(titular=elenco.coordinadora, delegado=elenco.analista)
    enmiendas.avalar(cancelacion, version=1, por=elenco.aprobador)
    enmiendas.opinar(cancelacion, opinion="Conviene.", version=2, por=elenco.comisionada)

    enmiendas.aprobar(
        cancelacion,
        acto="Oficio 1",
        version=3,
        por=elenco.analista,
        en_nombre_de=elenco.coordinadora,
    )

    movimiento = avance.movimientos.get(paso="eximir")
    assert (movimiento.por, movimiento.en_nombre_de) == (elenco.analista, elenco.coordinadora)


def test_con_version_vieja_no_se_resuelve(elenco, cancelacion):
    enmiendas.avalar(cancelacion, version=1, por=elenco.aprobador)
    viejo = Reprogramacion.objects.get()

    with pytest.raises(flujo.VersionAjena):
        enmiendas.desistir(viejo, version=1, por=elenco.planificadora)


# Rectificar ------------------------------------------------------------------------------------
@pytest.fixture
def cortados(actividad, periodo):
    """Tres semestres cortados de una actividad por porcentaje: 10, sin reporte y 30."""
    otros = [
        PeriodoFactory(plan=periodo.plan, anio=anio, semestre=semestre, estado="PROGRAMADO")
        for anio, semestre in [(2021, 2), (2022, 1)]
    ]
    estados = [("CONSOLIDADO", 10), ("NO_REPORTADO", None), ("CONSOLIDADO", 30)]
    filas = [
        medido(actividad, uno, estado=estado, porcentaje=porcentaje)
        for uno, (estado, porcentaje) in zip([periodo, *otros], estados, strict=True)
    ]
    type(periodo).objects.update(estado="CORTADO")
    return [Avance.objects.get(pk=fila.pk) for fila in filas]


@pytest.fixture
def aplicada(elenco):
    """Una rectificación pedida, firmada, recomendada, aprobada y aplicada."""

    def aplicada(avance, **despues):
        pedida = enmiendas.solicitar_rectificacion(
            avance, despues=despues, motivo=MOTIVO, por=elenco.planificadora
        )
        enmiendas.firmar(pedida, version=1, por=elenco.aprobador)
        enmiendas.recomendar(pedida, version=2, por=elenco.analista)
        enmiendas.aprobar_rectificacion(pedida, version=3, por=elenco.coordinadora)
        return enmiendas.aplicar(pedida, corte_numero=2, por=elenco.coordinadora)

    return aplicada


def test_rectificar_no_reescribe_lo_declarado_y_cambia_la_cifra(cortados, aplicada):
    primero = cortados[0]

    pedida = aplicada(primero, porcentaje=Decimal("15.00"))

    primero.refresh_from_db()
    assert (primero.porcentaje, primero.ejecutado, primero.estado) == (10, 15, "CONSOLIDADO")
    assert (pedida.estado, pedida.corte_numero) == ("APLICADA", 2)


def test_los_posteriores_que_la_arrastran_se_miden_de_nuevo(cortados, aplicada):
    _, callado, ultimo = cortados
    assert (callado.ejecutado, ultimo.ejecutado) == (10, 30)

    aplicada(cortados[0], porcentaje=Decimal("15.00"))

    callado.refresh_from_db()
    ultimo.refresh_from_db()
    assert (callado.ejecutado, callado.ejecutado_previo) == (15, 15)
    assert (ultimo.ejecutado, ultimo.ejecutado_previo) == (30, 15)


def test_lo_no_reportado_recibe_lo_que_faltaba_sin_cambiar_de_estado(cortados, aplicada):
    callado, ultimo = cortados[1:]

    aplicada(callado, porcentaje=Decimal("25.00"))

    callado.refresh_from_db()
    ultimo.refresh_from_db()
    assert (callado.estado, callado.ejecutado) == ("NO_REPORTADO", 25)
    assert ultimo.ejecutado_previo == 25


def test_p_y_los_terminos_de_lo_cortado_no_cambian_al_rectificar(cortados, aplicada, actividad):
    primero = cortados[0]
    antes = (primero.programado, primero.programado_original, primero.fin_medido)
    type(actividad).objects.update(fin_vigente=date(2025, 12, 31))

    aplicada(primero, porcentaje=Decimal("15.00"))

    primero.refresh_from_db()
    assert (primero.programado, primero.programado_original, primero.fin_medido) == antes


def test_una_segunda_rectificacion_parte_de_lo_que_dejo_la_primera(cortados, aplicada):
    aplicada(cortados[0], porcentaje=Decimal("15.00"))

    segunda = aplicada(cortados[0], porcentaje=Decimal("18.00"))

    assert segunda.campos["porcentaje"] == {"antes": "15.00", "despues": "18.00"}


def test_antes_del_corte_no_se_rectifica(elenco):
    avance = AvanceFactory(actividad__responsable=elenco.responsable, estado="VALIDADO")

    with pytest.raises(flujo.PasoInvalido):
        enmiendas.solicitar_rectificacion(
            avance, despues={"porcentaje": 15}, motivo=MOTIVO, por=elenco.planificadora
        )


@pytest.mark.parametrize("despues", [{}, {"estado": "VALIDADO"}, {"semaforo": "VERDE"}])
def test_solo_se_rectifica_lo_declarado(elenco, cortados, despues):
    with pytest.raises(ValidationError):
        enmiendas.solicitar_rectificacion(
            cortados[0], despues=despues, motivo=MOTIVO, por=elenco.planificadora
        )


@pytest.mark.parametrize(
    ("verbo", "firma"),
    [(enmiendas.firmar, "solicitada_por"), (enmiendas.recomendar, "firmada_por")],
)
def test_nadie_da_dos_pasos_de_una_rectificacion(elenco, cortados, verbo, firma):
    pedida = enmiendas.solicitar_rectificacion(
        cortados[0], despues={"porcentaje": 15}, motivo=MOTIVO, por=elenco.planificadora
    )
    quien = {enmiendas.firmar: elenco.aprobador, enmiendas.recomendar: elenco.analista}[verbo]
    if verbo is enmiendas.recomendar:
        enmiendas.firmar(pedida, version=1, por=elenco.aprobador)
    Rectificacion.objects.update(**{firma: quien})
    pedida.refresh_from_db()

    with pytest.raises(PermissionDenied):
        verbo(pedida, version=pedida.version, por=quien)


def test_la_base_tambien_exige_personas_distintas(elenco, cortados):
    pedida = enmiendas.solicitar_rectificacion(
        cortados[0], despues={"porcentaje": 15}, motivo=MOTIVO, por=elenco.planificadora
    )

    with pytest.raises(IntegrityError), transaction.atomic():
        Rectificacion.objects.filter(pk=pedida.pk).update(firmada_por=elenco.planificadora)


def test_dos_rectificaciones_en_tramite_no_caben(elenco, cortados):
    datos = {"despues": {"porcentaje": 15}, "motivo": MOTIVO, "por": elenco.planificadora}
    enmiendas.solicitar_rectificacion(cortados[0], **datos)

    with pytest.raises(ValidationError, match="en trámite"):
        enmiendas.solicitar_rectificacion(cortados[0], **datos)


def test_aplicar_no_es_un_boton(elenco, cortados):
    pedida = enmiendas.solicitar_rectificacion(
        cortados[0], despues={"porcentaje": 15}, motivo=MOTIVO, por=elenco.planificadora
    )
    enmiendas.firmar(pedida, version=1, por=elenco.aprobador)
    enmiendas.recomendar(pedida, version=2, por=elenco.analista)
    enmiendas.aprobar_rectificacion(pedida, version=3, por=elenco.coordinadora)

    assert flujo.pasos_posibles(pedida, elenco.coordinadora) == {}


# Con el semestre en marcha ---------------------------------------------------------------------
def test_al_abrir_despues_de_suspender_nace_exenta(elenco, actividad, periodo, aprobar):
    aprobar(actividad, "SUSPENSION")
    type(periodo).objects.update(estado="CORTADO")
    proximo = PeriodoFactory(plan=periodo.plan, semestre=2, estado="PROGRAMADO")

    periodos.abrir(proximo, version=1, por=elenco.coordinadora)

    nacido = Avance.objects.get(periodo=proximo)
    assert (nacido.estado, nacido.motivo_exencion) == ("EXENTO", "SUSPENDIDA")
    assert nacido.programado == Decimal("32.88")


def test_la_opinion_llega_aunque_pase_el_plazo_si_nadie_ha_resuelto(elenco, cancelacion):
    enmiendas.avalar(
        cancelacion, version=1, por=elenco.aprobador, momento=timezone.now() - timedelta(days=40)
    )

    enmiendas.opinar(cancelacion, opinion="No conviene.", version=2, por=elenco.comisionada)

    assert cancelacion.estado == "OPINADA"


def test_la_historia_de_la_actividad_dice_cuando_y_quien_aprobo(elenco, actividad):
    aprobado = timezone.now() - timedelta(days=400)
    pedida = enmiendas.solicitar(
        actividad,
        tipo="REPROGRAMACION",
        desde=aprobado.date(),
        fin_propuesto=date(2023, 6, 30),
        motivo=MOTIVO,
        por=elenco.planificadora,
        momento=aprobado,
    )
    enmiendas.avalar(pedida, version=1, por=elenco.aprobador, momento=aprobado)
    opinion = {"opinion": "Conviene.", "version": 2, "por": elenco.comisionada}
    enmiendas.opinar(pedida, momento=aprobado, **opinion)

    enmiendas.aprobar(pedida, acto="Acta 4", version=3, por=elenco.coordinadora, momento=aprobado)

    entonces = actividad.history.get(history_date=aprobado)
    assert entonces.fin_vigente == date(2023, 6, 30)
    assert entonces.history_user == elenco.coordinadora
