"""El calendario y cada semestre: quién lo mira, quién lo lleva y qué se dice antes de cada paso."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from matrices.models import Avance, Periodo
from tests.fabricas import ActividadFactory, AvanceFactory, PeriodoFactory, PlanFactory

LISTA = reverse("matrices:periodos")
pytestmark = pytest.mark.django_db


def url(nombre, periodo):
    return reverse(f"matrices:{nombre}", args=[periodo.pk])


def entrar(client, persona):
    client.force_login(persona)
    return client


@pytest.mark.parametrize("cuantos", [1, 3])
def test_la_lista_no_crece_en_consultas(client, elenco, cuantos, django_assert_num_queries):
    plan = PlanFactory()
    for anio in range(2021, 2021 + cuantos):
        PeriodoFactory(plan=plan, anio=anio, estado="PROGRAMADO")
    entrar(client, elenco.coordinadora)

    with django_assert_num_queries(5):  # sesión, persona, cuenta, semestres y marco
        pagina = client.get(LISTA).content.decode()

    assert pagina.count('<th scope="row"') == cuantos


@pytest.mark.parametrize("cuantos", [1, 3])
def test_la_pagina_de_un_semestre_no_crece_en_consultas(
    client, elenco, cuantos, django_assert_num_queries
):
    periodo = PeriodoFactory()
    AvanceFactory.create_batch(cuantos, periodo=periodo)
    entrar(client, elenco.coordinadora)

    # sesión 4, persona, semestre, recepción, umbrales, falta, observaciones, marco 3
    with django_assert_num_queries(8):
        pagina = client.get(url("periodo", periodo))

    assert pagina.context["total"].exigidos == cuantos


@pytest.mark.parametrize(
    "rol",
    ["planificadora", "aprobador", "analista", "consejera", "inspector", "comisionada", "auditor"],
)
def test_toda_persona_de_adentro_lo_lee_y_no_lo_mueve(client, elenco, rol):
    periodo = PeriodoFactory(estado="PROGRAMADO")
    entrar(client, getattr(elenco, rol))

    assert client.get(LISTA).status_code == 200
    assert client.get(url("periodo", periodo)).status_code == 200
    assert client.get(reverse("matrices:programar")).status_code == 403
    assert client.get(url("fechas", periodo)).status_code == 403
    for acto in ("abrir", "prorrogar", "cerrar"):
        assert client.post(url(acto, periodo), {"version": 1}).status_code == 403
    periodo.refresh_from_db()
    assert periodo.estado == "PROGRAMADO"


def test_un_semestre_que_no_existe_es_404(client, elenco):
    entrar(client, elenco.coordinadora)

    assert client.get("/periodos/999/").status_code == 404


def test_a_la_institucion_solo_se_le_cuenta_lo_que_ve(client, elenco):
    periodo = PeriodoFactory()
    AvanceFactory(periodo=periodo, actividad__responsable=elenco.responsable)
    AvanceFactory(periodo=periodo, actividad__responsable=elenco.otra)
    entrar(client, elenco.planificadora)

    contexto = client.get(url("periodo", periodo)).context

    assert [una.sigla for una in contexto["recepcion"]] == ["MINGOB"]
    assert contexto["total"].exigidos == 1
    assert contexto["requisitos"] == []


def test_dice_por_institucion_que_falta_y_su_cobertura(client, elenco):
    periodo = PeriodoFactory()
    suyas = {"periodo": periodo, "actividad__responsable": elenco.responsable}
    AvanceFactory(estado="VALIDADO", **suyas)
    AvanceFactory(estado="VALIDADO", extemporaneo=True, **suyas)
    AvanceFactory(estado="BORRADOR", **suyas)
    AvanceFactory(estado="REMITIDO", **suyas)
    AvanceFactory(estado="EXENTO", **suyas)
    entrar(client, elenco.coordinadora)

    mingob = client.get(url("periodo", periodo)).context["recepcion"][0]

    assert (mingob.exigidos, mingob.recibidos, mingob.a_tiempo, mingob.por_remitir) == (4, 2, 1, 1)
    assert (mingob.cobertura.cobertura, mingob.cobertura.oportunidad) == (50, 25)
    assert mingob.cobertura.cobertura_insuficiente


def test_la_lista_de_una_institucion_sale_por_la_direccion(client, elenco):
    periodo = PeriodoFactory()
    suyo = AvanceFactory(periodo=periodo, actividad__responsable=elenco.responsable)
    AvanceFactory(periodo=periodo, actividad__responsable=elenco.otra)
    entrar(client, elenco.coordinadora)

    pagina = client.get(url("periodo", periodo), {"institucion": "MINGOB"}).context["pagina"]

    assert list(pagina) == [suyo]


# Programar y fechas ----------------------------------------------------------------------------
def test_se_programa_con_las_fechas_de_siempre(client, elenco):
    plan = PlanFactory()
    entrar(client, elenco.coordinadora)

    hecho = client.post(
        reverse("matrices:programar"), {"plan": plan.pk, "anio": 2025, "semestre": 2}
    )

    periodo = Periodo.objects.get(plan=plan)
    assert hecho.url == url("periodo", periodo)
    assert (periodo.corte, periodo.limite) == (date(2025, 12, 31), date(2026, 1, 20))


def test_no_se_programa_dos_veces_el_mismo_semestre(client, elenco):
    periodo = PeriodoFactory(estado="PROGRAMADO")
    entrar(client, elenco.coordinadora)

    hecho = client.post(
        reverse("matrices:programar"),
        {"plan": periodo.plan_id, "anio": periodo.anio, "semestre": periodo.semestre},
    )

    assert hecho.status_code == 422
    assert "ya está programado" in hecho.content.decode()


FECHAS = {
    "inicio": "2021-01-01",
    "corte": "2021-06-30",
    "abre": "2021-06-15",
    "limite": "2021-07-20",
    "fin_gracia": "2021-07-27",
    "revision_hasta": "2021-08-05",
    "corte_previsto": "2021-08-10",
    "entrega_cns": "2021-08-25",
}


def test_las_fechas_se_cambian_antes_de_abrir(client, elenco):
    periodo = PeriodoFactory(estado="PROGRAMADO")
    entrar(client, elenco.coordinadora)

    assert client.post(url("fechas", periodo), FECHAS | {"version": 1}).status_code == 302

    periodo.refresh_from_db()
    assert periodo.limite == date(2021, 7, 20)


@pytest.mark.parametrize(
    ("campo", "valor"),
    [("corte", "2020-12-31"), ("limite", "2021-06-01"), ("fin_gracia", "2021-07-20"), ("abre", "")],
)
def test_las_fechas_en_desorden_se_dicen_en_su_campo(client, elenco, campo, valor):
    periodo = PeriodoFactory(estado="PROGRAMADO")
    entrar(client, elenco.coordinadora)

    hecho = client.post(url("fechas", periodo), FECHAS | {"version": 1, campo: valor})

    assert hecho.status_code == 422
    assert hecho.context["form"].errors


def test_las_fechas_de_un_semestre_abierto_no_se_cambian(client, elenco):
    periodo = PeriodoFactory(estado="ABIERTO")
    entrar(client, elenco.coordinadora)

    hecho = client.post(url("fechas", periodo), FECHAS | {"version": 1})

    assert hecho.status_code == 409
    periodo.refresh_from_db()
    assert periodo.limite == date(2021, 7, 15)


def test_dos_que_cambian_las_fechas_el_segundo_ve_las_dos(client, elenco):
    periodo = PeriodoFactory(estado="PROGRAMADO")
    entrar(client, elenco.coordinadora)
    client.post(url("fechas", periodo), FECHAS | {"version": 1, "limite": "2021-07-16"})

    hecho = client.post(url("fechas", periodo), FECHAS | {"version": 1})

    pagina = hecho.content.decode()
    assert hecho.status_code == 409
    assert "20/07/2021" in pagina
    assert "16/07/2021" in pagina


# Abrir, prorrogar, cerrar ----------------------------------------------------------------------
def test_abrir_crea_el_avance_de_cada_actividad(client, elenco):
    periodo = PeriodoFactory(estado="PROGRAMADO")
    ActividadFactory.create_batch(2, matriz__accion__objetivo__programa__plan=periodo.plan)
    entrar(client, elenco.coordinadora)

    assert client.post(url("abrir", periodo), {"version": 1}).status_code == 302

    assert Avance.objects.filter(periodo=periodo, estado="PENDIENTE").count() == 2


def test_no_se_abre_con_el_anterior_sin_cortar_y_la_pagina_lo_dice(client, elenco):
    previo = PeriodoFactory(estado="CERRADO")
    periodo = PeriodoFactory(plan=previo.plan, semestre=2, estado="PROGRAMADO")
    entrar(client, elenco.coordinadora)

    pagina = client.get(url("periodo", periodo)).content.decode()
    hecho = client.post(url("abrir", periodo), {"version": 1})

    assert "Antes hay que cortar 2021-S1" in pagina
    assert "Abrir 2021-S2" not in pagina
    assert hecho.status_code == 409
    assert Avance.objects.count() == 0


@time_machine.travel("2021-07-14 12:00:00-06:00", tick=False)
def test_prorrogar_pide_motivo_y_una_fecha_posterior(client, elenco):
    periodo = PeriodoFactory()
    entrar(client, elenco.coordinadora)
    bien = {"version": 1, "limite": "2021-07-20", "nota": "Tormenta tropical en la costa sur."}

    assert client.post(url("prorrogar", periodo), bien | {"nota": ""}).status_code == 422
    antes = client.post(url("prorrogar", periodo), bien | {"limite": "2021-07-10"})
    assert antes.status_code == 422
    assert client.post(url("prorrogar", periodo), bien).status_code == 302

    periodo.refresh_from_db()
    assert (periodo.limite, periodo.fin_gracia) == (date(2021, 7, 20), date(2021, 7, 27))


@time_machine.travel("2021-07-14 12:00:00-06:00", tick=False)
def test_prorrogar_lo_que_otra_persona_movio_no_pierde_lo_escrito(client, elenco):
    periodo = PeriodoFactory(version=9)
    entrar(client, elenco.coordinadora)
    escrito = {"version": 1, "limite": "2021-07-20", "nota": "Tormenta en la costa sur."}

    choque = client.post(url("prorrogar", periodo), escrito)
    form = choque.context["form"]
    de_nuevo = client.post(url("prorrogar", periodo), form.data)

    assert choque.status_code == 409
    assert "Tormenta en la costa sur." in choque.content.decode()
    assert de_nuevo.status_code == 302


def test_se_cierra_antes_de_la_fecha_solo_si_nada_falta(client, elenco):
    periodo = PeriodoFactory(estado="EN_GRACIA")
    pendiente = AvanceFactory(periodo=periodo)
    entrar(client, elenco.coordinadora)

    assert client.post(url("cerrar", periodo), {"version": 1}).status_code == 409
    pendiente.delete()
    assert client.post(url("cerrar", periodo), {"version": 1}).status_code == 302

    periodo.refresh_from_db()
    assert periodo.estado == "CERRADO"


def test_abrir_dos_veces_el_segundo_es_409(client, elenco):
    periodo = PeriodoFactory(estado="PROGRAMADO")
    entrar(client, elenco.coordinadora)
    client.post(url("abrir", periodo), {"version": 1})

    assert client.post(url("abrir", periodo), {"version": 1}).status_code == 409


def test_cerrado_ofrece_cortar_y_la_lista_para_reabrir(client, elenco):
    periodo = PeriodoFactory(estado="CERRADO")
    callado = AvanceFactory(periodo=periodo, estado="NO_REPORTADO")
    AvanceFactory(periodo=periodo, estado="REMITIDO")
    entrar(client, elenco.coordinadora)

    pagina = client.get(url("periodo", periodo), {"estado": "NO_REPORTADO"})

    texto = pagina.content.decode()
    assert reverse("informes:cortar", args=[periodo.pk]) in texto
    assert "uno por uno: 1" in texto
    assert reverse("matrices:revisar", args=[callado.pk]) in texto
    assert list(pagina.context["pagina"]) == [callado]
