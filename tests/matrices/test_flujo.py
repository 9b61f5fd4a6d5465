"""La máquina del avance por tabla, sus condiciones y efectos, y varias personas a la vez."""

import threading
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from instituciones import bitacora
from instituciones.models import Asiento, Aviso, Rol
from matrices import flujo
from matrices.models import Avance, Movimiento, Observacion
from tests.fabricas import (
    ActividadFactory,
    AvanceFactory,
    DelegacionFactory,
    ObservacionFactory,
    PeriodoFactory,
    UsuarioFactory,
)

CAMINO = {
    ("PENDIENTE", "guardar"): "BORRADOR",
    ("EXENTO", "guardar"): "BORRADOR",
    ("BORRADOR", "guardar"): "BORRADOR",
    ("OBSERVADO", "guardar"): "BORRADOR",
    ("BORRADOR", "entregar"): "EN_APROBACION",
    ("EN_APROBACION", "devolver"): "BORRADOR",
    ("EN_APROBACION", "remitir"): "REMITIDO",
    ("REMITIDO", "asignar"): "REMITIDO",
    ("REMITIDO", "observar"): "OBSERVADO",
    ("REMITIDO", "validar"): "VALIDADO",
    ("VALIDADO", "revertir"): "REMITIDO",
    ("PENDIENTE", "vencer"): "NO_REPORTADO",
    ("BORRADOR", "vencer"): "NO_REPORTADO",
    ("EN_APROBACION", "vencer"): "NO_REPORTADO",
    ("NO_REPORTADO", "reabrir"): "BORRADOR",
    ("PENDIENTE", "eximir"): "EXENTO",
    ("BORRADOR", "eximir"): "EXENTO",
    ("EN_APROBACION", "eximir"): "EXENTO",
    ("REMITIDO", "eximir"): "EXENTO",
    ("OBSERVADO", "eximir"): "EXENTO",
    ("EXENTO", "exigir"): "PENDIENTE",
    ("PENDIENTE", "dejar_fuera"): "NO_REPORTADO",
    ("BORRADOR", "dejar_fuera"): "NO_REPORTADO",
    ("EN_APROBACION", "dejar_fuera"): "NO_REPORTADO",
    ("REMITIDO", "dejar_fuera"): "NO_REPORTADO",
    ("OBSERVADO", "dejar_fuera"): "NO_REPORTADO",
    ("VALIDADO", "consolidar"): "CONSOLIDADO",
}
DA = {
    "guardar": Rol.PLANIFICADOR,
    "entregar": Rol.PLANIFICADOR,
    "devolver": Rol.APROBADOR,
    "remitir": Rol.APROBADOR,
    "observar": Rol.ANALISTA,
    "validar": Rol.ANALISTA,
    "vencer": None,
}
CAMBIOS = {"eximir": {"motivo_exencion": "SUSPENDIDA"}}
PERIODO = {"reabrir": "CERRADO"}
GUATEMALA = ZoneInfo("America/Guatemala")


def persona_para(paso, avance):
    """Alguien distinto de quienes ya firmaron, con el rol y la casa que el paso pide."""
    rol = DA.get(paso, Rol.COORDINADOR)
    responsable = avance.actividad.responsable
    propia = rol in {Rol.PLANIFICADOR, Rol.APROBADOR}
    casa = responsable if propia else responsable.revisora
    return UsuarioFactory(rol=rol, institucion=casa) if rol else None


def dar(avance, paso, por=None, **orden):
    orden = {"version": avance.version, "nota": "Falta el acta.", **orden}
    return flujo.mover(avance, paso, por=por or persona_para(paso, avance), **orden)


def el(dia):
    return datetime(dia.year, dia.month, dia.day, 23, 59, tzinfo=GUATEMALA)


# La tabla --------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("paso", flujo.PASOS)
@pytest.mark.parametrize("estado", Avance.Estado.values)
def test_mover_solo_sigue_el_camino(estado, paso):
    avance = AvanceFactory(estado=estado, periodo__estado=PERIODO.get(paso, "ABIERTO"))
    orden = {"cambios": CAMBIOS.get(paso)}
    if (estado, paso) not in CAMINO:
        with pytest.raises(flujo.PasoInvalido):
            dar(avance, paso, **orden)
        avance.refresh_from_db()
        assert (avance.estado, avance.version) == (estado, 1)
        assert not Movimiento.objects.exists()
        assert not Asiento.objects.exists()
        return

    movido = dar(avance, paso, **orden)

    movimiento, asiento = movido.movimientos.get(), Asiento.objects.get()
    assert (movido.estado, movido.version) == (CAMINO[estado, paso], 2)
    assert (movimiento.paso, movimiento.de, movimiento.a) == (paso, estado, movido.estado)
    assert (asiento.acto, asiento.clave, asiento.persona) == (
        paso, str(avance.pk), movimiento.por,
    )  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("paso", flujo.PASOS)
def test_cada_paso_lo_da_solo_su_rol(elenco, paso):
    estado = next(de for de, cual in CAMINO if cual == paso)
    avance = AvanceFactory(
        estado=estado,
        actividad__responsable=elenco.responsable,
        periodo__estado=PERIODO.get(paso, "ABIERTO"),
    )
    autorizados = {Rol.COORDINADOR} if paso in {"asignar", "vencer"} else set()
    autorizados |= {DA.get(paso, Rol.COORDINADOR)}
    autorizados |= {Rol.ANALISTA} if paso == "asignar" else set()
    personas = [p for p in vars(elenco).values() if hasattr(p, "rol")]

    pueden = set()
    for persona in personas:
        try:
            with transaction.atomic():
                dar(avance, paso, por=persona, cambios=CAMBIOS.get(paso))
                pueden.add(persona)
                transaction.set_rollback(True)
        except PermissionDenied:
            pass

    assert {persona.rol for persona in pueden} == autorizados - {None}
    assert elenco.ajena not in pueden


@pytest.mark.django_db
@pytest.mark.parametrize("paso", ["devolver", "revertir", "reabrir", "dejar_fuera"])
def test_paso_que_pide_nota_no_se_da_sin_ella(paso):
    estado = next(de for de, cual in CAMINO if cual == paso)
    avance = AvanceFactory(estado=estado, periodo__estado=PERIODO.get(paso, "ABIERTO"))

    with pytest.raises(ValidationError):
        dar(avance, paso, nota="  ")

    avance.refresh_from_db()
    assert avance.estado == estado


@pytest.mark.django_db
def test_version_vieja_es_ajena_y_trae_lo_actual():
    avance = AvanceFactory(estado="EN_APROBACION")
    dar(avance, "devolver")

    with pytest.raises(flujo.VersionAjena) as choque:
        dar(avance, "remitir", version=1)

    assert (choque.value.actual.estado, choque.value.actual.version) == ("BORRADOR", 2)
    assert Movimiento.objects.count() == 1


@pytest.mark.django_db
def test_los_botones_salen_de_la_tabla(elenco):
    avance = AvanceFactory(
        estado="EN_APROBACION",
        actividad__responsable=elenco.responsable,
        capturado_por=elenco.planificadora,
    )

    assert set(flujo.pasos_posibles(avance, elenco.aprobador)) == {"devolver", "remitir"}
    assert flujo.pasos_posibles(avance, elenco.planificadora) == {}
    assert flujo.pasos_posibles(avance, elenco.ajena) == {}


# Condiciones -----------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("estado", "periodo", "se_puede"),
    [
        ("PENDIENTE", "ABIERTO", True),
        ("PENDIENTE", "EN_GRACIA", True),
        ("PENDIENTE", "CERRADO", False),
        ("EXENTO", "CERRADO", False),
        ("BORRADOR", "CERRADO", True),
        ("OBSERVADO", "CERRADO", True),
    ],
)
def test_guardar_segun_reciba_el_periodo(estado, periodo, se_puede):
    avance = AvanceFactory(estado=estado, periodo__estado=periodo)

    if se_puede:
        assert dar(avance, "guardar").estado == "BORRADOR"
    else:
        with pytest.raises(flujo.PasoInvalido):
            dar(avance, "guardar")


@pytest.mark.django_db
@pytest.mark.parametrize("paso", ["guardar", "entregar", "remitir"])
def test_tras_el_corte_la_institucion_ya_no_actua(paso):
    estado = {"guardar": "BORRADOR", "entregar": "BORRADOR", "remitir": "EN_APROBACION"}[paso]

    with pytest.raises(PermissionDenied):
        dar(AvanceFactory(estado=estado, periodo__estado="CORTADO"), paso)


@pytest.mark.django_db
@pytest.mark.parametrize("motivo", Avance.Exencion.values)
def test_lo_exento_se_reporta_antes_si_no_esta_suspendido_ni_cancelado(motivo):
    en_suspenso = motivo in {"SUSPENDIDA", "CANCELADA"}
    avance = AvanceFactory(
        estado="EXENTO",
        motivo_exencion=motivo,
        actividad__situacion=motivo if en_suspenso else "VIGENTE",
        actividad__suspendida_desde=date(2021, 5, 1) if motivo == "SUSPENDIDA" else None,
    )

    if not en_suspenso:
        movido = dar(avance, "guardar")
        hallado = (movido.estado, movido.exigible, movido.motivo_exencion)
        assert hallado == ("BORRADOR", False, motivo)  # sigue diciendo por qué no se le exige
    else:
        with pytest.raises(flujo.PasoInvalido):
            dar(avance, "guardar")


@pytest.mark.django_db
def test_sin_clasificar_no_se_entrega():
    avance = AvanceFactory(estado="BORRADOR", actividad__clasificacion="SIN_CLASIFICAR")

    with pytest.raises(flujo.PasoInvalido):
        dar(avance, "entregar")


@pytest.mark.django_db
def test_entregar_pide_responder_cada_observacion_y_las_atiende():
    avance = AvanceFactory(estado="BORRADOR", ronda=1)
    una = ObservacionFactory(avance=avance)
    planificadora = persona_para("entregar", avance)
    with pytest.raises(flujo.PasoInvalido):
        flujo.entregar(avance, version=1, por=planificadora)

    Observacion.objects.filter(pk=una.pk).update(respuesta="Ya está.")
    flujo.entregar(avance, version=1, por=planificadora)

    una.refresh_from_db()
    assert una.estado == "ATENDIDA"


@pytest.mark.django_db
def test_no_se_valida_con_una_observacion_abierta_y_validar_cierra_las_atendidas():
    avance = AvanceFactory(estado="REMITIDO", ronda=1)
    una = ObservacionFactory(avance=avance)
    analista = persona_para("validar", avance)
    with pytest.raises(flujo.PasoInvalido):
        flujo.validar(avance, version=1, por=analista)

    Observacion.objects.filter(pk=una.pk).update(estado="ATENDIDA", respuesta="Ya está.")
    movido = flujo.validar(avance, version=1, por=analista)

    una.refresh_from_db()
    assert (movido.validado_por, una.estado) == (analista, "CERRADA")


@pytest.mark.django_db
def test_observar_pide_al_menos_un_campo():
    avance = AvanceFactory(estado="REMITIDO")

    with pytest.raises(flujo.PasoInvalido):
        flujo.observar(avance, [], version=1, por=persona_para("observar", avance))


@pytest.mark.django_db
def test_observar_cuenta_la_ronda_y_da_cinco_dias_habiles():
    avance = AvanceFactory(estado="REMITIDO")
    viernes = el(date(2021, 7, 16))

    movido = flujo.observar(
        avance,
        [("logro", "Precise el lugar."), ("evidencias", "Falta el acta.")],
        version=1,
        por=persona_para("observar", avance),
        momento=viernes,
    )

    observaciones = Observacion.objects.all()
    assert (movido.estado, movido.ronda) == ("OBSERVADO", 1)
    assert [(o.campo, o.estado, o.ronda) for o in observaciones] == [
        ("logro", "ABIERTA", 1),
        ("evidencias", "ABIERTA", 1),
    ]
    assert {o.responder_hasta for o in observaciones} == {date(2021, 7, 23)}


@pytest.mark.django_db
def test_observar_reabre_una_atendida():
    avance = AvanceFactory(estado="REMITIDO", ronda=1)
    una = ObservacionFactory(avance=avance, estado="ATENDIDA", respuesta="Ya está.")

    flujo.observar(avance, [], reabre=[una.pk], version=1, por=persona_para("observar", avance))

    una.refresh_from_db()
    assert (una.estado, una.respuesta, una.ronda) == ("ABIERTA", "", 2)


@pytest.mark.django_db
@pytest.mark.parametrize(("ronda", "rol"), [(0, "ANALISTA"), (1, "ANALISTA"), (2, "COORDINADOR")])
def test_desde_la_tercera_ronda_decide_la_coordinacion(elenco, ronda, rol):
    avance = AvanceFactory(
        estado="REMITIDO", ronda=ronda, actividad__responsable=elenco.responsable
    )

    quienes = {
        persona.rol
        for persona in (elenco.analista, elenco.coordinadora)
        if "validar" in flujo.pasos_posibles(avance, persona)
    }

    assert quienes == {rol}


# Efectos ---------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(("dias", "tarde"), [(0, False), (1, True)])
def test_extemporaneo_es_lo_remitido_despues_del_limite(dias, tarde):
    avance = AvanceFactory(estado="EN_APROBACION")
    dia = avance.periodo.limite.replace(day=avance.periodo.limite.day + dias)

    assert dar(avance, "remitir", momento=el(dia)).extemporaneo is tarde


@pytest.mark.django_db
def test_corregir_tras_el_limite_no_vuelve_extemporaneo_lo_que_llego_a_tiempo():
    avance = AvanceFactory(estado="EN_APROBACION", ronda=1)
    despues = avance.periodo.limite.replace(day=28)

    assert dar(avance, "remitir", momento=el(despues)).extemporaneo is False


@pytest.mark.django_db
@pytest.mark.parametrize("paso", ["guardar", "devolver", "reabrir"])
def test_volver_a_borrador_borra_las_tres_firmas(paso):
    estado = {"guardar": "OBSERVADO", "devolver": "EN_APROBACION", "reabrir": "NO_REPORTADO"}[paso]
    avance = AvanceFactory(estado=estado, periodo__estado=PERIODO.get(paso, "ABIERTO"))

    movido = dar(avance, paso)

    assert (movido.entregado_por, movido.remitido_por, movido.validado_por) == (None, None, None)


@pytest.mark.django_db
def test_revertir_borra_solo_la_firma_de_quien_valido():
    avance = AvanceFactory(estado="VALIDADO")

    movido = dar(avance, "revertir")

    assert (movido.validado_por, movido.remitido_por) == (None, avance.remitido_por)


@pytest.mark.django_db
def test_vencer_conserva_el_texto():
    avance = AvanceFactory(estado="BORRADOR", logro="Lo escrito.")

    assert dar(avance, "vencer").logro == "Lo escrito."


@pytest.mark.django_db
def test_el_movimiento_guarda_lo_que_se_decidio_y_el_asiento_solo_su_huella():
    avance = AvanceFactory(estado="EN_APROBACION", logro="CANARIO-LOGRO")

    movimiento = dar(avance, "devolver", nota="CANARIO-NOTA").movimientos.get()

    assert "CANARIO-LOGRO" in movimiento.contenido
    assert "CANARIO" not in Asiento.objects.get().datos
    assert bitacora.primer_quiebre() == (1, None)


# Dos personas y delegación ---------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("firma", ["capturado_por", "entregado_por"])
def test_nadie_remite_lo_que_capturo_o_entrego(firma):
    avance = AvanceFactory(estado="EN_APROBACION")
    aprobador = persona_para("remitir", avance)
    Avance.objects.filter(pk=avance.pk).update(**{firma: aprobador})
    avance.refresh_from_db()

    with pytest.raises(PermissionDenied):
        dar(avance, "remitir", por=aprobador)


@pytest.mark.django_db
@pytest.mark.parametrize("firma", ["capturado_por", "entregado_por", "remitido_por"])
@pytest.mark.parametrize("paso", ["validar", "observar"])
def test_nadie_revisa_lo_que_firmo(paso, firma):
    avance = AvanceFactory(estado="REMITIDO")
    analista = persona_para(paso, avance)
    setattr(avance, firma, analista)

    with pytest.raises(PermissionDenied):
        dar(avance, paso, por=analista)


@pytest.mark.django_db
def test_la_base_tambien_exige_dos_personas():
    avance = AvanceFactory(estado="REMITIDO")

    with pytest.raises(IntegrityError), transaction.atomic():
        Avance.objects.filter(pk=avance.pk).update(remitido_por=avance.entregado_por)


@pytest.mark.django_db
def test_quien_recibe_delegacion_actua_y_queda_dicho_por_quien(elenco):
    avance = AvanceFactory(
        estado="EN_APROBACION",
        actividad__responsable=elenco.responsable,
        capturado_por=elenco.planificadora,
    )
    suplente = UsuarioFactory(rol="PLANIFICADOR", institucion=elenco.responsable)
    with pytest.raises(PermissionDenied):
        dar(avance, "remitir", por=suplente, en_nombre_de=elenco.aprobador)
    DelegacionFactory(titular=elenco.aprobador, delegado=suplente)

    movido = dar(avance, "remitir", por=suplente, en_nombre_de=elenco.aprobador)

    movimiento = movido.movimientos.get()
    assert movido.remitido_por == suplente
    assert (movimiento.por, movimiento.en_nombre_de) == (suplente, elenco.aprobador)


@pytest.mark.django_db
def test_con_delegacion_tampoco_se_remite_lo_propio(elenco):
    avance = AvanceFactory(
        estado="EN_APROBACION",
        actividad__responsable=elenco.responsable,
        capturado_por=elenco.planificadora,
    )
    DelegacionFactory(titular=elenco.aprobador, delegado=elenco.planificadora)

    with pytest.raises(PermissionDenied):
        dar(avance, "remitir", por=elenco.planificadora, en_nombre_de=elenco.aprobador)


# Varios ----------------------------------------------------------------------------------------
CONSULTAS_DE_REMITIR = 12  # y en PostgreSQL, el candado de la cadena
HACE_ANIOS = datetime(2020, 5, 4, 16, tzinfo=UTC)  # de la historia no se avisa


def por_aprobar(elenco, **datos):
    return AvanceFactory(
        estado="EN_APROBACION",
        actividad__responsable=elenco.responsable,
        capturado_por=elenco.planificadora,
        **datos,
    )


@pytest.mark.django_db
@pytest.mark.parametrize("falla", ["version", "estado", "persona"])
def test_varios_es_todos_o_ninguno(elenco, falla):
    periodo = PeriodoFactory()
    avances = [por_aprobar(elenco, periodo=periodo) for _ in range(3)]
    malo = {
        "version": {"version": 9},
        "estado": {"estado": "BORRADOR"},
        "persona": {"entregado_por": elenco.aprobador},
    }[falla]
    Avance.objects.filter(pk=avances[2].pk).update(**malo)
    ordenes = [flujo.Orden(Avance.objects.get(pk=uno.pk), 1) for uno in avances]

    with pytest.raises((flujo.Conflicto, PermissionDenied)):
        flujo.mover_varios(ordenes, "remitir", por=elenco.aprobador)

    assert not Avance.objects.filter(estado="REMITIDO").exists()
    assert not Movimiento.objects.exists()
    assert not Asiento.objects.exists()


@pytest.mark.django_db
def test_varios_da_un_movimiento_y_un_asiento_por_cada_uno(elenco):
    periodo = PeriodoFactory()
    avances = [por_aprobar(elenco, periodo=periodo) for _ in range(3)]

    flujo.mover_varios([flujo.Orden(uno, 1) for uno in avances], "remitir", por=elenco.aprobador)

    assert Movimiento.objects.filter(paso="remitir").count() == 3
    assert bitacora.primer_quiebre() == (3, None)


@pytest.mark.django_db
def test_en_un_lote_cada_quien_firma_lo_suyo(elenco):
    otra = UsuarioFactory(rol="APROBADOR", institucion=elenco.responsable)
    uno, dos = por_aprobar(elenco), por_aprobar(elenco)
    firmas = {uno.pk: elenco.aprobador, dos.pk: otra}
    ordenes = [flujo.Orden(una, 1, firma=flujo.Firma(firmas[una.pk])) for una in (uno, dos)]

    flujo.mover_varios(ordenes, "remitir", por=None)

    pasos = Movimiento.objects.values_list("avance", "por")
    assert dict(pasos) == {pk: persona.pk for pk, persona in firmas.items()}
    remitidos = Avance.objects.values_list("pk", "remitido_por")
    assert dict(remitidos) == {pk: persona.pk for pk, persona in firmas.items()}


@pytest.mark.django_db
@pytest.mark.parametrize("quien", ["planificadora", "ajena", None])
def test_en_un_lote_nadie_firma_lo_que_no_le_toca(elenco, quien):
    uno, dos = por_aprobar(elenco), por_aprobar(elenco)
    de_otro = flujo.Firma(getattr(elenco, quien)) if quien else None
    ordenes = [
        flujo.Orden(uno, 1, firma=flujo.Firma(elenco.aprobador)),
        flujo.Orden(dos, 1, firma=de_otro),
    ]

    with pytest.raises(PermissionDenied):
        flujo.mover_varios(ordenes, "remitir", por=None)

    assert not Movimiento.objects.exists()


@pytest.mark.django_db
def test_dos_ordenes_del_mismo_avance_no_se_dan(elenco):
    uno = por_aprobar(elenco)

    with pytest.raises(flujo.VersionAjena):
        flujo.mover_varios([flujo.Orden(uno, 1)] * 2, "remitir", por=elenco.aprobador)

    assert not Movimiento.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("cuantos", [2, 6])
def test_remitir_varios_son_las_mismas_consultas_para_dos_que_para_seis(
    elenco, cuantos, django_assert_num_queries
):
    periodo = PeriodoFactory()
    avances = [por_aprobar(elenco, periodo=periodo) for _ in range(cuantos)]
    ordenes = [flujo.Orden(uno, 1) for uno in Avance.objects.con_su_actividad().order_by("pk")]
    assert len(ordenes) == len(avances)
    de_mas = connection.vendor == "postgresql"

    with django_assert_num_queries(CONSULTAS_DE_REMITIR + de_mas):
        flujo.mover_varios(ordenes, "remitir", por=elenco.aprobador, momento=HACE_ANIOS)


# A la vez --------------------------------------------------------------------------------------


def a_la_vez(tareas):
    """Corre cada tarea en su hilo, todas desde la misma línea; lo que no se espera, se sabe."""
    linea, resultados = threading.Barrier(len(tareas)), [None] * len(tareas)

    def correr(indice, tarea):
        try:
            linea.wait(30)
            resultados[indice] = tarea()
        except Exception as falla:  # noqa: BLE001 (se devuelve y la prueba lo juzga)
            resultados[indice] = falla
        finally:
            connection.close()

    hilos = [threading.Thread(target=correr, args=par) for par in enumerate(tareas)]
    for hilo in hilos:
        hilo.start()
    for hilo in hilos:
        hilo.join(60)
    return resultados


@pytest.mark.django_db(transaction=True)
def test_treinta_y_dos_que_entregan_lo_mismo_g11():
    avance = AvanceFactory(estado="BORRADOR")
    planificadora = persona_para("entregar", avance)
    aprueba = UsuarioFactory(rol=Rol.APROBADOR, institucion=planificadora.institucion)

    def entregar():
        fila = Avance.objects.con_su_actividad().get(pk=avance.pk)
        return flujo.entregar(fila, version=1, por=planificadora).estado

    resultados = a_la_vez([entregar] * 32)

    exitos = [uno for uno in resultados if uno == "EN_APROBACION"]
    choques = [uno for uno in resultados if isinstance(uno, flujo.Conflicto)]
    print(f"G-11 exitos={len(exitos)} choques={len(choques)}")  # noqa: T201 (la cifra de la meta)
    assert (len(exitos), len(choques)) == (1, 31), resultados
    assert Movimiento.objects.filter(paso="entregar").count() == 1
    assert Asiento.objects.count() == 1
    assert [uno.persona for uno in Aviso.objects.all()] == [aprueba]


@pytest.mark.django_db(transaction=True)
def test_dos_que_escriben_doscientas_veces_no_pierden_nada_g10():
    """Cada quien suma uno a la cantidad que vio: si algo se pierde, la cuenta no da."""
    avance = AvanceFactory(
        estado="BORRADOR",
        ejecutado_periodo=0,
        actividad=ActividadFactory(modo="META", meta=100_000, unidad="Personas"),
    )
    direccion = reverse("matrices:capturar", args=[avance.pk])
    editoras = [persona_para("guardar", avance) for _ in range(2)]
    fijo = {"visibilidad": "PUBLICA", "clasificacion": "PUBLICA"}

    def escribir(editora):
        cliente, codigos = Client(), []
        cliente.force_login(editora)
        for _ in range(200):
            vista = Avance.objects.values("version", "ejecutado_periodo").get(pk=avance.pk)
            cantidad = vista["ejecutado_periodo"] + 1
            datos = {**fijo, "version": vista["version"], "ejecutado_periodo": str(cantidad)}
            respuesta = cliente.post(direccion, datos)
            codigos.append(respuesta.status_code)
            if respuesta.status_code == 409:
                assert "guardó cambios" in respuesta.content.decode()
        return codigos

    resultados = a_la_vez([lambda editora=editora: escribir(editora) for editora in editoras])

    codigos = [codigo for suyos in resultados for codigo in suyos]
    avance.refresh_from_db()
    guardados = codigos.count(302)
    perdidos = guardados - int(avance.ejecutado_periodo)
    print(f"G-10 guardados={guardados} avisados={codigos.count(409)} perdidos={perdidos}")  # noqa: T201
    assert set(codigos) <= {302, 409}
    assert perdidos == 0
    assert avance.version == 1 + guardados
    assert Movimiento.objects.filter(paso="guardar").count() == guardados


@pytest.mark.django_db(transaction=True)
def test_entregar_mientras_la_misma_guarda_no_se_traba():
    avance = AvanceFactory(estado="BORRADOR", ronda=1)
    una = ObservacionFactory(avance=avance, respuesta="Ya está.")
    quien = persona_para("entregar", avance)
    lo_mismo = flujo.Declaracion({"logro": "x"}, respuestas={una.pk: "Otra respuesta."})

    def fila():
        return Avance.objects.con_su_actividad().get(pk=avance.pk)

    def guardar():
        return flujo.capturar(fila(), lo_mismo, version=1, por=quien)

    def entregar():
        return flujo.entregar(fila(), version=1, por=quien)

    resultados = a_la_vez([guardar, entregar] * 8)

    ganaron = [uno for uno in resultados if isinstance(uno, Avance)]
    assert len(ganaron) == 1, resultados
    assert all(isinstance(uno, Avance | flujo.Conflicto) for uno in resultados), resultados


@pytest.mark.django_db(transaction=True)
def test_si_otro_no_suelta_la_fila_se_pide_esperar_y_nada_se_guarda(client):
    avance = AvanceFactory(estado="BORRADOR", logro="Lo de antes.")
    client.force_login(persona_para("guardar", avance))
    client.raise_request_exception = False
    tomada, soltar = threading.Event(), threading.Event()

    def retener():
        try:
            with transaction.atomic():
                Avance.objects.filter(pk=avance.pk).update(logro="De la otra.")
                tomada.set()
                soltar.wait(60)
                transaction.set_rollback(True)
        finally:
            connection.close()

    otra = threading.Thread(target=retener)
    otra.start()
    tomada.wait(60)
    esperar = "SET lock_timeout" if connection.vendor == "postgresql" else "PRAGMA busy_timeout"
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"{esperar} = 100")
        datos = {"version": 1, "logro": "Otro.", "visibilidad": "PUBLICA"}
        respuesta = client.post(reverse("matrices:capturar", args=[avance.pk]), datos)
    finally:
        soltar.set()
        otra.join(60)
        connection.close()

    avance.refresh_from_db()
    assert (respuesta.status_code, respuesta["Retry-After"]) == (503, "5")
    assert "<h1>Espere un momento</h1>" in respuesta.content.decode()
    assert "Otra persona está guardando esto mismo" in respuesta.content.decode()
    assert (avance.logro, avance.version) == ("Lo de antes.", 1)
