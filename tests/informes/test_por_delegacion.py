"""Quien coordina delega: el semestre, el corte y el informe, y hasta dónde alcanza."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from informes import emision
from informes.models import ContenidoSellado, Corte
from instituciones.almacen import sellar_archivo
from instituciones.models import Asiento
from matrices import flujo, periodos
from matrices.models import Avance, Movimiento, Periodo
from tests.fabricas import (
    AvanceFactory,
    DelegacionFactory,
    PeriodoFactory,
    PlanFactory,
    UsuarioFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def mundo(elenco):
    """Una planificadora de STCNS a quien la coordinadora delegó; otra, sin delegación vigente."""
    hoy = timezone.localdate()
    casa = elenco.coordinadora.institucion
    delegada = UsuarioFactory(rol="PLANIFICADOR", institucion=casa, nombre="Delfina")
    vencida = UsuarioFactory(rol="PLANIFICADOR", institucion=casa, nombre="Débora")
    DelegacionFactory(titular=elenco.coordinadora, delegado=delegada)
    DelegacionFactory(
        titular=elenco.coordinadora,
        delegado=vencida,
        desde=hoy - timedelta(days=30),
        hasta=hoy - timedelta(days=1),
    )
    DelegacionFactory(titular=elenco.coordinadora, delegado=elenco.ajena)  # de otra institución
    return SimpleNamespace(
        titular=elenco.coordinadora,
        delegada=delegada,
        vencida=vencida,
        ajena=elenco.ajena,
        plan=PlanFactory(seguimiento=casa),
        elenco=elenco,
    )


def ultimo_asiento(acto):
    uno = Asiento.objects.filter(acto=acto).order_by("-pk")[0]
    return uno.persona, uno.en_nombre_de


def url(nombre, *mas):
    return reverse(nombre, args=mas)


def por_validar(mundo, **datos):
    """Un avance validado en un periodo cerrado, listo para cortar."""
    avance = AvanceFactory(
        estado="VALIDADO",
        porcentaje=45,
        actividad__responsable=mundo.elenco.responsable,
        periodo__estado="CERRADO",
        periodo__plan=mundo.plan,
        **datos,
    )
    flujo.medir(Avance.objects.filter(pk=avance.pk))
    return avance


# El semestre ---------------------------------------------------------------------------------
def test_la_delegada_programa_cambia_fechas_abre_y_prorroga(client, mundo):
    client.force_login(mundo.delegada)

    client.post(url("matrices:programar"), {"plan": mundo.plan.pk, "anio": 2026, "semestre": 2})
    periodo = Periodo.objects.get()
    assert ultimo_asiento("programar") == (mundo.delegada, mundo.titular)

    fechas = {c: f"{getattr(periodo, c)}" for c in ("inicio", "corte", "abre", "limite")}
    fechas |= {c: f"{getattr(periodo, c)}" for c in ("fin_gracia", "revision_hasta")}
    fechas |= {c: f"{getattr(periodo, c)}" for c in ("corte_previsto", "entrega_cns")}
    client.post(url("matrices:fechas", periodo.pk), {"version": 1, **fechas})
    assert ultimo_asiento("cambiar_fechas") == (mundo.delegada, mundo.titular)

    pagina = client.get(url("matrices:periodo", periodo.pk)).content.decode()
    assert "Abrir 2026-S2" in pagina
    assert "Actúa por delegación de Catarina" in pagina
    client.post(url("matrices:abrir", periodo.pk), {"version": 2})
    assert ultimo_asiento("abrir") == (mundo.delegada, mundo.titular)

    limite = max(periodo.limite, timezone.localdate()) + timedelta(days=5)
    client.post(
        url("matrices:prorrogar", periodo.pk),
        {"version": 3, "limite": f"{limite}", "nota": "Lo pidieron tres instituciones."},
    )
    assert ultimo_asiento("prorrogar") == (mundo.delegada, mundo.titular)
    periodo.refresh_from_db()
    assert (periodo.estado, periodo.limite) == ("ABIERTO", limite)


@pytest.mark.parametrize("quien", ["vencida", "ajena"])
def test_sin_delegacion_vigente_de_su_casa_no_lleva_el_semestre(client, mundo, quien):
    periodo = PeriodoFactory(plan=mundo.plan, estado="PROGRAMADO")
    persona = getattr(mundo, quien)
    client.force_login(persona)

    assert client.get(url("matrices:programar")).status_code == 403
    assert client.post(url("matrices:abrir", periodo.pk), {"version": 1}).status_code == 403
    assert client.get(url("informes:cortar", periodo.pk)).status_code == 403
    with pytest.raises(PermissionDenied):
        periodos.abrir(periodo, version=1, por=persona, en_nombre_de=mundo.titular)
    periodo.refresh_from_db()
    assert periodo.estado == "PROGRAMADO"


def test_quien_coordina_no_actua_por_otra_sin_que_le_delegue(mundo):
    otra = UsuarioFactory(rol="COORDINADOR", institucion=mundo.titular.institucion)
    periodo = PeriodoFactory(plan=mundo.plan, estado="PROGRAMADO")

    with pytest.raises(PermissionDenied, match="delegación vigente"):
        periodos.abrir(periodo, version=1, por=otra, en_nombre_de=mundo.titular)


def test_una_delegacion_revocada_o_de_titular_apagada_ya_no_vale(mundo):
    periodo = PeriodoFactory(plan=mundo.plan, estado="PROGRAMADO")
    mundo.titular.is_active = False
    mundo.titular.save()

    with pytest.raises(PermissionDenied):
        periodos.abrir(periodo, version=1, por=mundo.delegada, en_nombre_de=mundo.titular)


# El corte ------------------------------------------------------------------------------------
def test_la_delegada_corta_y_el_corte_dice_lo_mismo_que_el_de_su_titular(client, mundo):
    avance = por_validar(mundo)
    client.force_login(mundo.delegada)

    respuesta = client.post(
        url("informes:cortar", avance.periodo_id), {"version": avance.periodo.version}
    )

    assert respuesta.status_code == 302
    assert ultimo_asiento("cortar") == (mundo.delegada, mundo.titular)
    assert ultimo_asiento("sellar_corte") == (mundo.delegada, mundo.titular)
    consolidar = Movimiento.objects.get(paso="consolidar")
    assert (consolidar.por, consolidar.en_nombre_de) == (mundo.delegada, mundo.titular)
    assert Corte.objects.get().hecho_por == mundo.delegada
    sellado = ContenidoSellado.objects.get(edicion="CNS")
    assert '"logro"' in sellado.contenido
    dicho = emision.vigente_de(sellado.corte)
    assert [una.estado for una in dicho.actividades] == ["CONSOLIDADO"]


def test_la_delegada_ve_y_confirma_lo_que_su_titular_veria(client, mundo):
    pendiente = AvanceFactory(
        estado="REMITIDO",
        actividad__responsable=mundo.elenco.responsable,
        periodo__estado="CERRADO",
        periodo__plan=mundo.plan,
    )
    client.force_login(mundo.delegada)

    pagina = client.get(url("informes:cortar", pendiente.periodo_id))
    assert list(pagina.context["pendientes"]) == [pendiente]
    client.post(
        url("informes:cortar", pendiente.periodo_id),
        {"version": pendiente.periodo.version, "confirmados": pendiente.pk},
    )

    pendiente.refresh_from_db()
    assert pendiente.estado == "NO_REPORTADO"


@pytest.mark.parametrize("firma", ["capturado_por", "entregado_por"])
def test_no_corta_por_delegacion_lo_que_ella_misma_capturo(client, mundo, firma):
    avance = por_validar(mundo, **{firma: mundo.delegada})
    client.force_login(mundo.delegada)

    respuesta = client.post(
        url("informes:cortar", avance.periodo_id), {"version": avance.periodo.version}
    )

    assert respuesta.status_code == 403
    avance.refresh_from_db()
    assert avance.estado == "VALIDADO"
    assert not Corte.objects.exists()
    assert not Asiento.objects.filter(acto__in=["cortar", "sellar_corte"]).exists()
    emision.cortar(avance.periodo, por=mundo.titular)  # su titular sí


# El informe ----------------------------------------------------------------------------------
@pytest.fixture
def corte(mundo):
    return emision.cortar(por_validar(mundo).periodo, por=mundo.titular)


def test_la_delegada_ordena_y_el_trabajo_recuerda_por_quien(client, mundo, corte):
    client.force_login(mundo.delegada)

    respuesta = client.post(url("informes:ordenar", corte.pk), {"edicion": "PUBLICA"})

    informe = corte.informes.get()
    assert respuesta["Location"] == url("informes:informe", informe.pk)
    trabajo = informe.trabajo
    assert (trabajo.solicitante, trabajo.en_nombre_de) == (mundo.delegada, mundo.titular)
    assert ultimo_asiento("ordenar") == (mundo.delegada, mundo.titular)
    assert client.get(respuesta["Location"]).status_code == 200


def test_si_le_revocan_mientras_espera_no_se_dibuja(mundo, corte):
    trabajo = emision.encargar(
        corte, edicion="PUBLICA", por=mundo.delegada, en_nombre_de=mundo.titular
    )
    mundo.titular.delegaciones_dadas.update(revocada_en=timezone.now())

    with pytest.raises(PermissionDenied):
        emision.dibujar(trabajo.clave, lambda cuanto, paso: None)


def test_aprueba_por_delegacion_y_la_vencida_ni_lo_encuentra(client, mundo, corte):
    trabajo = emision.encargar(corte, edicion="CNS", por=mundo.titular)
    archivos = {
        formato: sellar_archivo(ContentFile(formato.encode()))
        for formato in ("PDF", "XLSX", "JSON")
    }
    emision.publicar(trabajo.clave, emision.reclamar(trabajo.clave), archivos)
    informe = trabajo.informe
    dado = {"paso": "aprobar", "version": informe.version}
    client.force_login(mundo.vencida)
    assert client.post(url("informes:dar_paso", informe.pk), dado).status_code == 404
    client.force_login(mundo.delegada)

    client.post(url("informes:dar_paso", informe.pk), dado)

    informe.refresh_from_db()
    assert informe.estado == "APROBADO"
    assert ultimo_asiento("aprobar") == (mundo.delegada, mundo.titular)


# Los mandatos --------------------------------------------------------------------------------
def test_el_mandato_actua_en_nombre_de(mundo):
    avance = por_validar(mundo)

    call_command(
        "cortar",
        avance.periodo.codigo,
        plan=mundo.plan.codigo,
        por=mundo.delegada.correo,
        en_nombre_de=mundo.titular.correo,
    )

    assert ultimo_asiento("cortar") == (mundo.delegada, mundo.titular)


@pytest.mark.parametrize("quien", ["vencida", "ajena"])
def test_el_mandato_tambien_pregunta_por_la_delegacion(mundo, quien):
    periodo = PeriodoFactory(plan=mundo.plan, estado="PROGRAMADO")

    with pytest.raises(CommandError, match="delegación vigente"):
        call_command(
            "abrir_periodo",
            periodo.codigo,
            plan=mundo.plan.codigo,
            por=getattr(mundo, quien).correo,
            en_nombre_de=mundo.titular.correo,
        )


def test_el_mandato_pide_las_dos_personas(mundo):
    periodo = PeriodoFactory(plan=mundo.plan, estado="PROGRAMADO")

    with pytest.raises(CommandError, match="--por"):
        call_command(
            "abrir_periodo",
            periodo.codigo,
            plan=mundo.plan.codigo,
            en_nombre_de=mundo.titular.correo,
        )


# La prórroga en gracia -----------------------------------------------------------------------
def test_lo_remitido_en_gracia_deja_de_ser_extemporaneo_con_la_prorroga(mundo):
    periodo = PeriodoFactory(plan=mundo.plan, estado="EN_GRACIA", limite=date(2021, 7, 15))
    tarde = AvanceFactory(periodo=periodo, estado="REMITIDO", extemporaneo=True)
    a_tiempo = AvanceFactory(periodo=periodo, estado="VALIDADO")
    de_otro = AvanceFactory(estado="REMITIDO", extemporaneo=True, periodo__plan=PlanFactory())

    periodos.prorrogar(
        periodo,
        timezone.localdate() + timedelta(days=3),
        nota="Lo pidieron tres instituciones.",
        version=periodo.version,
        por=mundo.titular,
    )

    for uno in (tarde, a_tiempo, de_otro):
        uno.refresh_from_db()
    assert (tarde.extemporaneo, a_tiempo.extemporaneo, de_otro.extemporaneo) == (
        False,
        False,
        True,
    )
    assert tarde.version == 1
    asiento = Asiento.objects.get(acto="quitar_extemporaneo")
    assert f'"avances":[{tarde.pk}]' in asiento.datos.replace(" ", "")


def test_una_prorroga_sin_nada_tarde_no_asienta_de_mas(mundo):
    periodo = PeriodoFactory(plan=mundo.plan, estado="ABIERTO", limite=date(2021, 7, 15))

    periodos.prorrogar(
        periodo,
        timezone.localdate() + timedelta(days=3),
        nota="Lo pidieron tres instituciones.",
        version=periodo.version,
        por=mundo.titular,
    )

    assert not Asiento.objects.filter(acto="quitar_extemporaneo").exists()
