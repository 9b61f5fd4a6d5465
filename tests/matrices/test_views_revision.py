"""La cola y la revisión: qué espera, quién lo puede tomar, y qué se lee, observa y valida."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from instituciones.models import Rol
from matrices import flujo
from matrices.models import Avance, Movimiento, Observacion
from matrices.views import cola
from tests.fabricas import (
    ActividadFactory,
    AvanceFactory,
    DelegacionFactory,
    InstitucionFactory,
    ObservacionFactory,
    PeriodoFactory,
    UsuarioFactory,
)

COLA = reverse("matrices:revision")
pytestmark = pytest.mark.django_db


@pytest.fixture
def periodo(elenco):
    periodo = PeriodoFactory()
    periodo.plan.seguimiento = elenco.revisora
    periodo.plan.save()
    return periodo


def remitido(elenco, periodo, **datos):
    """Un avance remitido por la responsable del elenco, hace tres días."""
    datos.setdefault("actividad__responsable", elenco.responsable)
    avance = AvanceFactory(
        periodo=periodo,
        **{
            "estado": "REMITIDO",
            "capturado_por": elenco.planificadora,
            "remitido_por": elenco.aprobador,
            "remitido_en": timezone.now() - timedelta(days=14),
            "logro": "Se capacitó a doscientas personas en Cobán.",
            **datos,
        },
    )
    Movimiento.objects.create(
        avance=avance,
        paso="remitir",
        de="EN_APROBACION",
        a="REMITIDO",
        por=elenco.aprobador,
        momento=timezone.now() - timedelta(days=14),
    )
    return avance


def url(nombre, avance):
    return reverse(f"matrices:{nombre}", args=[avance.pk])


def entrar(client, persona):
    client.force_login(persona)
    return client


def test_la_cola_nombra_el_plan_de_cada_semestre(client, elenco):
    uno, otro = PeriodoFactory(), PeriodoFactory()

    pagina = entrar(client, elenco.analista).get(reverse("matrices:revision")).content.decode()

    for periodo in (uno, otro):
        assert f">{periodo} de {periodo.plan.sigla}</option>" in pagina


# La cola ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("rol", "codigo"),
    [
        ("analista", 200),
        ("coordinadora", 200),
        ("planificadora", 403),
        ("aprobador", 403),
        ("consejera", 403),
        ("inspector", 403),
        ("comisionada", 403),
        ("auditor", 403),
        ("administradora", 403),
    ],
)
def test_la_cola_es_de_quien_revisa_y_de_la_coordinacion(client, elenco, periodo, rol, codigo):
    entrar(client, getattr(elenco, rol))

    assert client.get(COLA).status_code == codigo


def test_sin_entrar_no_hay_cola(client):
    assert client.get(COLA).status_code == 302


@pytest.mark.parametrize("cuantos", [1, 3])
def test_la_cola_no_crece_en_consultas(client, elenco, periodo, cuantos, django_assert_num_queries):
    for _ in range(cuantos):
        remitido(elenco, periodo)
    entrar(client, elenco.analista)

    # sesión 4, persona, delegaciones, feriados, cuenta, llaves, filas, guardados, filtros 2,
    # marco 3
    with django_assert_num_queries(11):
        pagina = client.get(COLA)

    assert pagina.context["tabla"].paginator.count == cuantos


def test_la_analista_ve_solo_lo_que_revisa_su_institucion(client, elenco, periodo):
    suyo = remitido(elenco, periodo)
    del_propio_stcns = InstitucionFactory(sigla="OTRA", revisora=elenco.otra)
    remitido(elenco, periodo, actividad__responsable=del_propio_stcns)
    entrar(client, elenco.analista)

    filas = [fila.record for fila in client.get(COLA).context["tabla"].rows]

    assert filas == [suyo]


@pytest.mark.parametrize("orden", ["espera", "-espera", "institucion", "ronda"])
def test_pagina_por_pagina_sale_cada_avance_una_vez(client, elenco, periodo, monkeypatch, orden):
    monkeypatch.setitem(cola.PAGINAS, "per_page", 2)
    ahora = timezone.now()
    puestos = [remitido(elenco, periodo, remitido_en=ahora).pk for _ in range(5)]
    entrar(client, elenco.analista)

    vistos = []
    for pagina in (1, 2, 3):
        tabla = client.get(COLA, {"page": pagina, "sort": orden}).context["tabla"]
        vistos += [fila.record.pk for fila in tabla.page.object_list]

    assert sorted(vistos) == puestos
    assert len(vistos) == len(puestos)


def test_la_coordinacion_ve_todas_las_colas(client, elenco, periodo):
    remitido(elenco, periodo)
    remitido(elenco, periodo, actividad__responsable=InstitucionFactory(revisora=elenco.otra))
    entrar(client, elenco.coordinadora)

    assert client.get(COLA).context["tabla"].paginator.count == 2


def test_lo_que_mas_espera_va_primero(client, elenco, periodo):
    ahora = timezone.now()
    reciente = remitido(elenco, periodo, remitido_en=ahora)
    viejo = remitido(elenco, periodo, remitido_en=ahora - timedelta(days=3))
    entrar(client, elenco.analista)

    filas = [fila.record for fila in client.get(COLA).context["tabla"].rows]

    assert filas == [viejo, reciente]


def test_la_cola_se_filtra_por_lo_que_dice_la_direccion(client, elenco, periodo):
    rojo = remitido(elenco, periodo, semaforo="ROJO")
    remitido(elenco, periodo, semaforo="VERDE", asignado_a=elenco.analista)
    remitido(elenco, periodo, semaforo="VERDE", ronda=1)
    entrar(client, elenco.analista)

    def cuantos(**filtros):
        return client.get(COLA, filtros).context["tabla"].paginator.count

    assert cuantos(semaforo="ROJO") == 1
    assert cuantos(asignado="mio") == 1
    assert cuantos(asignado="nadie") == 2
    assert cuantos(ronda="2") == 1
    assert cuantos(institucion=elenco.responsable.pk) == 3
    assert cuantos(accion=rojo.actividad.matriz.accion.codigo) == 1
    assert cuantos(periodo=periodo.pk, semaforo="VERDE") == 2
    assert cuantos(estado="VALIDADO") == 0


def test_un_filtro_que_no_se_entiende_es_400_y_no_muestra_filas(client, elenco, periodo):
    remitido(elenco, periodo)
    entrar(client, elenco.analista)

    pagina = client.get(COLA, {"institucion": "99999999999999999999"})

    assert pagina.status_code == 400
    assert pagina.context["tabla"].paginator.count == 0


def test_la_cola_vacia_dice_que_hacer(client, elenco, periodo):
    entrar(client, elenco.analista)

    assert "Nada espera revisión" in client.get(COLA).content.decode()


# Asignar ---------------------------------------------------------------------------------------
def test_la_analista_se_lo_asigna_y_regresa_con_sus_filtros(client, elenco, periodo):
    avance = remitido(elenco, periodo)
    entrar(client, elenco.analista)

    hecho = client.post(
        f"{url('asignar', avance)}?ronda=1", {"version": 1, "a": elenco.analista.pk}
    )

    assert hecho.url == f"{COLA}?ronda=1"
    avance.refresh_from_db()
    assert (avance.asignado_a, avance.estado) == (elenco.analista, "REMITIDO")
    assert avance.movimientos.get(paso="asignar").por == elenco.analista


def test_la_analista_no_asigna_a_otra_persona(client, elenco, periodo):
    avance = remitido(elenco, periodo)
    otra = UsuarioFactory(rol=Rol.ANALISTA, institucion=elenco.revisora)
    entrar(client, elenco.analista)

    assert client.post(url("asignar", avance), {"version": 1, "a": otra.pk}).status_code == 403
    avance.refresh_from_db()
    assert avance.asignado_a is None


def test_la_coordinacion_asigna_a_una_analista_de_la_revisora(client, elenco, periodo):
    avance = remitido(elenco, periodo)
    entrar(client, elenco.coordinadora)

    client.post(url("asignar", avance), {"version": 1, "a": elenco.analista.pk})

    avance.refresh_from_db()
    assert avance.asignado_a == elenco.analista


def test_nadie_asigna_a_quien_no_puede_revisar(client, elenco, periodo):
    avance = remitido(elenco, periodo)
    entrar(client, elenco.coordinadora)

    hecho = client.post(url("asignar", avance), {"version": 1, "a": elenco.planificadora.pk})

    assert hecho.status_code == 403


def test_asignar_lo_que_otra_persona_ya_tomo_es_409(client, elenco, periodo):
    avance = remitido(elenco, periodo)
    otra = UsuarioFactory(rol=Rol.ANALISTA, institucion=elenco.revisora)
    flujo.asignar(avance, otra, version=1, por=otra)
    entrar(client, elenco.analista)

    hecho = client.post(url("asignar", avance), {"version": 1, "a": elenco.analista.pk})

    assert hecho.status_code == 409
    avance.refresh_from_db()
    assert avance.asignado_a == otra


def test_asignar_sin_decir_a_quien_es_422(client, elenco, periodo):
    avance = remitido(elenco, periodo)
    entrar(client, elenco.coordinadora)

    assert client.post(url("asignar", avance), {"version": 1}).status_code == 422


# La página de un avance ------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("rol", "codigo"),
    [
        ("analista", 200),
        ("coordinadora", 200),
        ("inspector", 200),
        ("auditor", 200),
        ("planificadora", 403),
        ("aprobador", 403),
        ("ajena", 404),
        ("consejera", 404),
        ("comisionada", 404),
        ("administradora", 404),
    ],
)
def test_quien_abre_la_revision_de_un_avance(client, elenco, periodo, rol, codigo):
    avance = remitido(elenco, periodo)
    entrar(client, getattr(elenco, rol))

    assert client.get(url("revisar", avance)).status_code == codigo


@pytest.mark.parametrize("cuantas", [1, 3])
def test_la_revision_no_crece_en_consultas(
    client, elenco, periodo, cuantas, django_assert_num_queries
):
    avance = remitido(elenco, periodo, ronda=1)
    for _ in range(cuantas):
        ObservacionFactory(avance=avance, estado="ATENDIDA", respuesta="Ya se precisó.")
    entrar(client, elenco.analista)

    with django_assert_num_queries(24):
        pagina = client.get(url("revisar", avance)).content.decode()

    assert pagina.count("No basta: reabrirla") == cuantas


def test_este_semestre_sale_junto_al_anterior(client, elenco, periodo):
    actividad = ActividadFactory(
        responsable=elenco.responsable, matriz__accion__objetivo__programa__plan=periodo.plan
    )
    previo = PeriodoFactory(plan=periodo.plan, anio=2020, semestre=2, estado="CORTADO")
    AvanceFactory(
        periodo=previo,
        actividad=actividad,
        estado="CONSOLIDADO",
        logro="Se aprobó el reglamento interno de la unidad.",
    )
    avance = remitido(elenco, periodo, actividad=actividad)
    entrar(client, elenco.analista)

    pagina = client.get(url("revisar", avance))

    logro = next(uno for uno, _ in pagina.context["con_algo"] if uno.campo == "logro")
    assert logro.ahora == "Se capacitó a doscientas personas en Cobán."
    assert logro.antes == "Se aprobó el reglamento interno de la unidad."
    assert not logro.repite


def test_avisa_del_retroceso_del_salto_de_la_falta_de_evidencia_y_de_lo_repetido(
    client, elenco, periodo
):
    repetido = "Se realizaron las reuniones previstas."
    retrocede = remitido(elenco, periodo, ejecutado=20, ejecutado_previo=30, logro=repetido)
    completa = remitido(elenco, periodo, ejecutado=100, ejecutado_previo=50, logro=repetido)
    entrar(client, elenco.analista)

    def avisos(avance):
        return " ".join(
            str(una)
            for una in client.get(url("revisar", avance)).context["expediente"].advertencias
        )

    assert "Retrocede 10.00 puntos" in avisos(retrocede)
    assert "Sube 50.00 puntos en un semestre" in avisos(completa)
    assert "Llega al 100 % sin evidencia" in avisos(completa)
    assert f"es igual al de la actividad {completa.actividad}" in avisos(retrocede)


@pytest.mark.parametrize(
    ("clase", "lee"),
    [
        ("PUBLICA", {"analista", "coordinadora", "inspector", "auditor"}),
        ("CONFIDENCIAL", {"analista", "coordinadora"}),
    ],
)
def test_el_texto_sale_segun_la_clase(client, elenco, periodo, clase, lee):
    avance = remitido(elenco, periodo, clasificacion=clase)

    for rol in ("analista", "coordinadora", "inspector", "auditor"):
        entrar(client, getattr(elenco, rol))
        pagina = client.get(url("revisar", avance)).content.decode()
        assert ("doscientas personas" in pagina) == (rol in lee), rol


def test_un_borrador_no_se_lee_y_lo_que_se_corrige_sale_como_se_remitio(client, elenco, periodo):
    avance = remitido(elenco, periodo, porcentaje=40)
    flujo.observar(avance, [("logro", "Precise el lugar.")], version=1, por=elenco.analista)
    Avance.objects.filter(pk=avance.pk).update(estado="BORRADOR", logro="Texto a medias.")
    Movimiento.objects.create(
        avance=avance,
        paso="remitir",
        de="EN_APROBACION",
        a="REMITIDO",
        momento=timezone.now(),
        contenido='{"logro": "Lo que se envió."}',
    )
    entrar(client, elenco.analista)

    pagina = client.get(url("revisar", avance)).content.decode()

    assert "Texto a medias" not in pagina
    assert "Lo que se envió." in pagina


# Observar --------------------------------------------------------------------------------------
def test_se_observan_varios_campos_a_la_vez(client, elenco, periodo):
    avance = remitido(elenco, periodo)
    entrar(client, elenco.analista)

    hecho = client.post(
        url("observar", avance),
        {"version": 1, "obs_logro": "Diga dónde y a quiénes.", "obs_porcentaje": "Cómo se estimó."},
    )

    assert hecho.status_code == 302
    avance.refresh_from_db()
    assert (avance.estado, avance.ronda) == ("OBSERVADO", 1)
    puestas = avance.observaciones.values_list("campo", "estado", "autor")
    assert set(puestas) == {
        ("logro", "ABIERTA", elenco.analista.pk),
        ("porcentaje", "ABIERTA", elenco.analista.pk),
    }


def test_observar_sin_decir_nada_es_422_y_nada_cambia(client, elenco, periodo):
    avance = remitido(elenco, periodo)
    entrar(client, elenco.analista)

    hecho = client.post(url("observar", avance), {"version": 1, "obs_logro": "  "})

    assert hecho.status_code == 422
    assert "Escriba al menos una observación" in hecho.content.decode()
    avance.refresh_from_db()
    assert avance.estado == "REMITIDO"


def test_una_observacion_demasiado_corta_se_dice_en_su_campo_y_no_se_pierde(
    client, elenco, periodo
):
    avance = remitido(elenco, periodo)
    entrar(client, elenco.analista)

    hecho = client.post(url("observar", avance), {"version": 1, "obs_logro": "Corto"})

    assert hecho.status_code == 422
    assert ">Corto</textarea>" in hecho.content.decode()


def test_reabrir_una_atendida_conserva_lo_que_se_respondio(client, elenco, periodo):
    avance = remitido(elenco, periodo, ronda=1)
    atendida = ObservacionFactory(
        avance=avance, estado="ATENDIDA", respuesta="Fue en la cabecera departamental."
    )
    entrar(client, elenco.analista)

    client.post(url("observar", avance), {"version": 1, "reabre": [atendida.pk]})

    atendida.refresh_from_db()
    assert (atendida.estado, atendida.respuesta, atendida.ronda) == ("ABIERTA", "", 2)
    pagina = client.get(url("revisar", avance)).content.decode()
    assert "Fue en la cabecera departamental." in pagina


def test_la_respuesta_a_medio_escribir_no_la_lee_quien_revisa(client, elenco, periodo):
    observada = ObservacionFactory(
        avance=remitido(elenco, periodo, estado="OBSERVADO", ronda=1),
        respuesta="Todavía lo estamos pensando.",
    )
    entrar(client, elenco.analista)

    pagina = client.get(url("revisar", observada.avance)).content.decode()

    assert "Precise el lugar." in pagina
    assert "Todavía lo estamos pensando" not in pagina


def test_no_se_reabre_una_observacion_de_otro_avance(client, elenco, periodo):
    avance = remitido(elenco, periodo)
    ajena = ObservacionFactory(estado="ATENDIDA", respuesta="Ya se corrigió.")
    entrar(client, elenco.analista)

    hecho = client.post(url("observar", avance), {"version": 1, "reabre": [ajena.pk]})

    assert hecho.status_code == 422
    ajena.refresh_from_db()
    assert ajena.estado == "ATENDIDA"


def test_el_segundo_en_observar_ve_lo_suyo_y_como_quedo(client, elenco, periodo):
    avance = remitido(elenco, periodo)
    otra = UsuarioFactory(rol=Rol.ANALISTA, institucion=elenco.revisora)
    flujo.observar(avance, [("logro", "Precise el lugar.")], version=1, por=otra)
    entrar(client, elenco.analista)

    hecho = client.post(
        url("observar", avance), {"version": 1, "obs_logro": "Diga a quiénes sirvió."}
    )

    pagina = hecho.content.decode()
    assert hecho.status_code == 409
    assert "Diga a quiénes sirvió." in pagina
    assert str(otra) in pagina
    assert avance.observaciones.count() == 1


# Validar ---------------------------------------------------------------------------------------
def test_validar_cierra_lo_atendido_y_firma(client, elenco, periodo):
    avance = remitido(elenco, periodo, ronda=1)
    atendida = ObservacionFactory(avance=avance, estado="ATENDIDA", respuesta="Ya se precisó.")
    entrar(client, elenco.analista)

    assert client.post(url("validar", avance), {"version": 1}).url == COLA
    avance.refresh_from_db()
    atendida.refresh_from_db()
    assert (avance.estado, avance.validado_por) == ("VALIDADO", elenco.analista)
    assert atendida.estado == Observacion.Estado.CERRADA


def test_validar_y_siguiente_lleva_al_proximo_con_los_mismos_filtros(client, elenco, periodo):
    primero, otro = remitido(elenco, periodo), remitido(elenco, periodo, semaforo="ROJO")
    remitido(elenco, periodo, semaforo="VERDE")
    entrar(client, elenco.analista)

    hecho = client.post(
        f"{url('validar', primero)}?semaforo=ROJO", {"version": 1, "siguiente": "1"}
    )

    assert hecho.url == f"{url('revisar', otro)}?semaforo=ROJO"


def test_no_se_valida_con_una_observacion_a_medio_enviar(client, elenco, periodo):
    avance = remitido(elenco, periodo)
    entrar(client, elenco.analista)

    hecho = client.post(
        url("validar", avance), {"version": 1, "obs_logro": "Falta decir el lugar."}
    )

    assert hecho.status_code == 422
    assert "Falta decir el lugar." in hecho.content.decode()
    avance.refresh_from_db()
    assert avance.estado == "REMITIDO"


def test_validar_lo_que_otra_persona_ya_valido_es_409(client, elenco, periodo):
    avance = remitido(elenco, periodo)
    otra = UsuarioFactory(rol=Rol.ANALISTA, institucion=elenco.revisora)
    flujo.validar(avance, version=1, por=otra)
    entrar(client, elenco.analista)

    hecho = client.post(url("validar", avance), {"version": 1})

    assert hecho.status_code == 409
    avance.refresh_from_db()
    assert avance.validado_por == otra


def test_desde_la_tercera_ronda_decide_la_coordinacion(client, elenco, periodo):
    avance = remitido(elenco, periodo, ronda=2)
    entrar(client, elenco.analista)
    assert client.post(url("validar", avance), {"version": 1}).status_code == 403

    entrar(client, elenco.coordinadora)
    assert client.post(url("validar", avance), {"version": 1}).status_code == 302

    avance.refresh_from_db()
    assert avance.validado_por == elenco.coordinadora


def test_antes_de_la_tercera_ronda_la_coordinacion_no_valida(client, elenco, periodo):
    avance = remitido(elenco, periodo, ronda=1)
    entrar(client, elenco.coordinadora)

    assert client.post(url("validar", avance), {"version": 1}).status_code == 403


def test_a_stcns_la_revisa_la_cap(client, elenco, periodo):
    cap = InstitucionFactory(sigla="CAP")
    elenco.revisora.reporta, elenco.revisora.revisora = True, cap
    elenco.revisora.save()
    de_la_cap = UsuarioFactory(rol=Rol.ANALISTA, institucion=cap)
    avance = remitido(
        elenco,
        periodo,
        actividad__responsable=elenco.revisora,
        capturado_por=UsuarioFactory(institucion=elenco.revisora),
        remitido_por=UsuarioFactory(rol=Rol.APROBADOR, institucion=elenco.revisora),
    )

    entrar(client, elenco.analista)
    assert client.post(url("validar", avance), {"version": 1}).status_code == 403
    entrar(client, de_la_cap)
    assert client.post(url("validar", avance), {"version": 1}).status_code == 302


def test_quien_recibe_una_delegacion_valida_y_la_constancia_dice_por_quien(client, elenco, periodo):
    avance = remitido(elenco, periodo)
    DelegacionFactory(titular=elenco.analista, delegado=elenco.coordinadora)
    entrar(client, elenco.coordinadora)

    assert client.post(url("validar", avance), {"version": 1}).status_code == 302

    movimiento = avance.movimientos.get(paso="validar")
    assert (movimiento.por, movimiento.en_nombre_de) == (elenco.coordinadora, elenco.analista)


@pytest.mark.parametrize("paso", ["observar", "validar", "asignar", "revertir", "reabrir"])
def test_lo_ajeno_es_404_en_cada_acto(client, elenco, periodo, paso):
    avance = remitido(elenco, periodo)
    entrar(client, elenco.ajena)

    assert client.post(url(paso, avance), {"version": 1}).status_code == 404


# Revertir y reabrir ----------------------------------------------------------------------------
def test_la_coordinacion_revierte_con_motivo(client, elenco, periodo):
    avance = remitido(elenco, periodo, estado="VALIDADO", validado_por=elenco.analista)
    entrar(client, elenco.coordinadora)

    assert client.post(url("revertir", avance), {"version": 1, "nota": ""}).status_code == 422
    hecho = client.post(
        url("revertir", avance), {"version": 1, "nota": "La cifra no cuadra con el acta."}
    )

    assert hecho.status_code == 302
    avance.refresh_from_db()
    assert (avance.estado, avance.validado_por) == ("REMITIDO", None)


def test_la_analista_no_revierte(client, elenco, periodo):
    avance = remitido(elenco, periodo, estado="VALIDADO", validado_por=elenco.analista)
    entrar(client, elenco.analista)

    datos = {"version": 1, "nota": "Me equivoqué al validar."}
    assert client.post(url("revertir", avance), datos).status_code == 403


def test_se_reabre_lo_no_reportado_solo_con_el_periodo_cerrado(client, elenco, periodo):
    avance = remitido(elenco, periodo, estado="NO_REPORTADO", capturado_por=None, remitido_por=None)
    datos = {"version": 1, "nota": "Hubo un corte de energía en la sede."}
    entrar(client, elenco.coordinadora)
    assert client.post(url("reabrir", avance), datos).status_code == 409

    type(periodo).objects.filter(pk=periodo.pk).update(estado="CERRADO")
    assert client.post(url("reabrir", avance), datos).status_code == 302

    avance.refresh_from_db()
    assert avance.estado == "BORRADOR"


# Varias a la vez -------------------------------------------------------------------------------
VALIDAR = reverse("matrices:validar_marcadas")
ASIGNAR = reverse("matrices:asignar_marcadas")


def marcar(*avances):
    return [f"{uno.pk}:{uno.version}" for uno in avances]


def callado(elenco, periodo, **datos):
    """Un «Sin cambios» que nada tiene de raro."""
    dicho = {"sin_cambios": True, "motivo_sin_cambios": "La compra sigue en trámite.", "logro": ""}
    return remitido(elenco, periodo, **{**dicho, **datos})


def estados(*avances):
    return [Avance.objects.get(pk=uno.pk).estado for uno in avances]


def test_se_validan_en_lote_los_sin_cambios_sin_advertencias(client, elenco, periodo):
    uno, otro = callado(elenco, periodo), callado(elenco, periodo)
    entrar(client, elenco.analista)

    hecho = client.post(f"{VALIDAR}?declara=sin_cambios", {"avance": marcar(uno, otro)})

    assert hecho.url == f"{COLA}?declara=sin_cambios"
    assert estados(uno, otro) == ["VALIDADO", "VALIDADO"]
    assert Movimiento.objects.filter(paso="validar", por=elenco.analista).count() == 2


def test_en_lote_todas_o_ninguna_y_se_dice_por_que(client, elenco, periodo):
    bueno = callado(elenco, periodo)
    con_cambios = remitido(elenco, periodo)
    con_advertencia = callado(elenco, periodo, ejecutado=10, ejecutado_previo=30)
    entrar(client, elenco.analista)

    for malo, motivo in [(con_cambios, "declara cambios"), (con_advertencia, "advertencias")]:
        hecho = client.post(VALIDAR, {"avance": marcar(bueno, malo)})

        assert hecho.status_code == 422
        assert f"{malo.actividad}" in hecho.content.decode()
        assert motivo in hecho.content.decode()
        assert estados(bueno, malo) == ["REMITIDO", "REMITIDO"]


def test_el_segundo_semestre_sin_cambios_se_mira_aparte(client, elenco, periodo):
    actividad = ActividadFactory(
        responsable=elenco.responsable, matriz__accion__objetivo__programa__plan=periodo.plan
    )
    previo = PeriodoFactory(plan=periodo.plan, anio=2020, semestre=2, estado="CORTADO")
    AvanceFactory(periodo=previo, actividad=actividad, estado="CONSOLIDADO", sin_cambios=True)
    avance = callado(elenco, periodo, actividad=actividad)
    entrar(client, elenco.analista)

    assert (
        "Semestres seguidos «Sin cambios»: 2."
        in client.get(url("revisar", avance)).content.decode()
    )
    assert client.post(VALIDAR, {"avance": marcar(avance)}).status_code == 422


def test_en_lote_una_version_vieja_es_409_y_nada_se_valida(client, elenco, periodo):
    uno, otro = callado(elenco, periodo), callado(elenco, periodo)
    marcas = marcar(uno, otro)
    flujo.asignar(otro, elenco.analista, version=otro.version, por=elenco.analista)
    entrar(client, elenco.analista)

    assert client.post(VALIDAR, {"avance": marcas}).status_code == 409
    assert estados(uno, otro) == ["REMITIDO", "REMITIDO"]


def test_en_lote_una_con_observacion_abierta_no_pasa(client, elenco, periodo):
    avance = callado(elenco, periodo)
    ObservacionFactory(avance=avance, estado="ABIERTA")
    entrar(client, elenco.analista)

    assert client.post(VALIDAR, {"avance": marcar(avance)}).status_code == 409
    assert estados(avance) == ["REMITIDO"]


@pytest.mark.parametrize("donde", [VALIDAR, ASIGNAR])
def test_en_lote_lo_ajeno_es_404_y_nada_se_hace(client, elenco, periodo, donde):
    suyo = callado(elenco, periodo)
    otro_plan = PeriodoFactory(anio=2022)
    ajeno = callado(
        elenco, otro_plan, actividad__responsable=InstitucionFactory(revisora=elenco.otra)
    )
    entrar(client, elenco.analista)

    datos = {"avance": marcar(suyo, ajeno), "a": elenco.analista.pk}

    assert client.post(donde, datos).status_code == 404
    assert estados(suyo, ajeno) == ["REMITIDO", "REMITIDO"]


@pytest.mark.parametrize("donde", [VALIDAR, ASIGNAR])
@pytest.mark.parametrize("marcas", [[], ["uno"], ["1"], ["1:x"], ["1:1:1"]])
def test_en_lote_lo_que_no_se_entiende_es_422(client, elenco, periodo, donde, marcas):
    entrar(client, elenco.analista)

    datos = {"avance": marcas, "a": elenco.analista.pk}

    assert client.post(donde, datos).status_code == 422


def test_la_coordinacion_asigna_varias_a_una_analista(client, elenco, periodo):
    avances = [remitido(elenco, periodo) for _ in range(3)]
    entrar(client, elenco.coordinadora)

    client.post(ASIGNAR, {"avance": marcar(*avances), "a": elenco.analista.pk})

    assert set(Avance.objects.values_list("asignado_a", flat=True)) == {elenco.analista.pk}


def test_la_analista_solo_se_asigna_varias_a_si_misma(client, elenco, periodo):
    avances = [remitido(elenco, periodo) for _ in range(2)]
    otra = UsuarioFactory(rol=Rol.ANALISTA, institucion=elenco.revisora)
    entrar(client, elenco.analista)

    assert client.post(ASIGNAR, {"avance": marcar(*avances), "a": otra.pk}).status_code == 403
    client.post(ASIGNAR, {"avance": marcar(*avances), "a": elenco.analista.pk})

    assert set(Avance.objects.values_list("asignado_a", flat=True)) == {elenco.analista.pk}


@pytest.mark.parametrize("cuantos", [1, 3])
def test_la_cola_con_sin_cambios_no_crece_en_consultas(
    client, elenco, periodo, cuantos, django_assert_max_num_queries
):
    for _ in range(cuantos):
        callado(elenco, periodo)
    entrar(client, elenco.analista)

    with django_assert_max_num_queries(28):
        pagina = client.get(COLA)

    assert pagina.context["sin_reparos"] == cuantos


# Seguir con la siguiente -----------------------------------------------------------------------
def test_observar_y_siguiente_abre_la_que_sigue_con_sus_filtros(client, elenco, periodo):
    ahora = timezone.now()
    primera, segunda, _tercera = [
        remitido(elenco, periodo, remitido_en=ahora - timedelta(days=dias)) for dias in (9, 8, 7)
    ]
    entrar(client, elenco.analista)

    hecho = client.post(
        f"{url('observar', primera)}?declara=cambios",
        {"version": 1, "obs_logro": "Precise el lugar y la fecha.", "siguiente": "1"},
    )

    assert hecho.url == f"{url('revisar', segunda)}?declara=cambios"


def test_la_siguiente_es_la_que_sigue_y_al_final_vuelve_al_principio(client, elenco, periodo):
    ahora = timezone.now()
    primera, segunda, tercera = [
        remitido(elenco, periodo, remitido_en=ahora - timedelta(days=dias)) for dias in (9, 8, 7)
    ]
    entrar(client, elenco.analista)

    siguientes = [
        client.get(url("revisar", una)).context["siguiente"] for una in (primera, segunda, tercera)
    ]

    assert siguientes == [segunda, tercera, primera]


def test_la_siguiente_salta_lo_que_otra_persona_tomo(client, elenco, periodo):
    otra = UsuarioFactory(rol=Rol.ANALISTA, institucion=elenco.revisora)
    ahora = timezone.now()
    primera = remitido(elenco, periodo, remitido_en=ahora - timedelta(days=9))
    remitido(elenco, periodo, remitido_en=ahora - timedelta(days=8), asignado_a=otra)
    tercera = remitido(elenco, periodo, remitido_en=ahora - timedelta(days=7))
    entrar(client, elenco.analista)

    assert client.get(url("revisar", primera)).context["siguiente"] == tercera


# Entre rondas ----------------------------------------------------------------------------------
def test_lo_que_cambio_entre_rondas_sale_palabra_por_palabra(client, elenco, periodo):
    avance = remitido(elenco, periodo, ronda=1)
    for logro in ("Se capacitó a <b>cuarenta</b> personas.", "Se capacitó a sesenta personas."):
        Movimiento.objects.create(
            avance=avance,
            paso="remitir",
            de="EN_APROBACION",
            a="REMITIDO",
            por=elenco.aprobador,
            momento=timezone.now(),
            contenido=json.dumps({"logro": logro}),
        )
    entrar(client, elenco.analista)

    html = client.get(url("revisar", avance)).content.decode()

    assert '<del class="quitado">[−&lt;b&gt;cuarenta&lt;/b&gt;−]</del>' in html
    assert '<ins class="agregado">[+sesenta+]</ins>' in html


def test_quien_no_lee_la_clase_no_ve_lo_que_cambio(client, elenco, periodo):
    avance = remitido(elenco, periodo, clasificacion="CONFIDENCIAL")
    for logro in ("Texto uno que delata.", "Texto dos que delata."):
        Movimiento.objects.create(
            avance=avance,
            paso="remitir",
            de="EN_APROBACION",
            a="REMITIDO",
            por=elenco.aprobador,
            momento=timezone.now(),
            contenido=json.dumps({"logro": logro}),
        )
    entrar(client, elenco.auditor)

    html = client.get(url("revisar", avance)).content.decode()

    assert "que delata" not in html
