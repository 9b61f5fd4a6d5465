"""El marco: el plan en vigor, el reloj del semestre, el menú de cada rol y la franja de demo."""

import datetime as dt

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from django.urls import reverse

from instituciones.models import Rol
from matrices.models import MatrizCumplimiento, Periodo
from pesn.contexto import MENUS, marco, menu
from tests.fabricas import AccionFactory, PlanFactory, UsuarioFactory

pytestmark = pytest.mark.django_db
MEDIODIA = dt.datetime(2025, 1, 8, 18, tzinfo=dt.UTC)


def periodo(plan, **cambios):
    datos = {
        "plan": plan,
        "anio": 2024,
        "semestre": 2,
        "inicio": dt.date(2024, 7, 1),
        "corte": dt.date(2024, 12, 31),
        "abre": dt.date(2024, 12, 15),
        "limite": dt.date(2025, 1, 20),
        "fin_gracia": dt.date(2025, 1, 27),
        "corte_previsto": dt.date(2025, 2, 10),
        "estado": "ABIERTO",
    }
    return Periodo.objects.create(**datos | cambios)


def contexto(persona=None, direccion="/"):
    pedido = RequestFactory().get(direccion)
    pedido.user = persona or AnonymousUser()
    return marco(pedido)


def test_sin_plan_no_hay_nada_que_mostrar():
    dado = contexto(UsuarioFactory())

    assert not dado["plan_vigente"]
    assert not dado["es_demo"]
    assert not dado["reloj"]


def test_el_plan_en_vigor_es_el_que_tiene_semestre_en_marcha():
    viejo = PlanFactory(inicio=dt.date(2016, 1, 1))
    nuevo = PlanFactory(inicio=dt.date(2025, 1, 1), fin=dt.date(2028, 12, 31))
    PlanFactory(inicio=dt.date(2026, 1, 1), fin=dt.date(2029, 1, 1), cerrado_en=dt.date(2026, 1, 2))

    assert contexto()["plan_vigente"].pk == nuevo.pk
    periodo(viejo)
    assert contexto()["plan_vigente"].pk == viejo.pk


def test_las_paginas_de_un_plan_llevan_su_marco_aunque_otro_este_en_marcha(client):
    viejo = PlanFactory(inicio=dt.date(2016, 1, 1), sigla="PRIMERO")
    nuevo = PlanFactory(inicio=dt.date(2025, 1, 1), fin=dt.date(2028, 12, 31), sigla="SEGUNDO")
    periodo(viejo)
    client.force_login(UsuarioFactory())

    marcas = {
        ruta: client.get(reverse(ruta, args=[nuevo.codigo])).context["plan_vigente"].sigla
        for ruta in ("matrices:plan", "acciones:propuestas", "matrices:resultados")
    }
    pedida = client.get(reverse("matrices:semestre"), {"plan": nuevo.codigo})
    de_ninguno = client.get(reverse("instituciones:delegaciones")).context["plan_vigente"].sigla

    assert set(marcas.values()) == {"SEGUNDO"}
    assert pedida.context["plan_vigente"].sigla == "SEGUNDO"
    assert de_ninguno == "PRIMERO"


@pytest.mark.parametrize(
    ("estado", "dia", "frase"),
    [
        ("ABIERTO", MEDIODIA, "cierra el 20 ene · faltan 12 días"),
        ("ABIERTO", MEDIODIA.replace(day=19), "cierra el 20 ene · falta 1 día"),
        ("ABIERTO", MEDIODIA.replace(day=20), "cierra el 20 ene · es hoy"),
        ("ABIERTO", MEDIODIA.replace(day=21), "cierra el 20 ene · pasó hace 1 día"),
        ("EN_GRACIA", MEDIODIA.replace(day=25), "hasta el 27 ene · faltan 2 días"),
        ("CERRADO", MEDIODIA.replace(day=31), "se corta el 10 feb · faltan 10 días"),
    ],
)
def test_el_reloj_dice_el_semestre_su_estado_y_lo_que_falta(estado, dia, frase):
    periodo(PlanFactory(), estado=estado)
    with time_machine.travel(dia, tick=False):
        reloj = contexto(UsuarioFactory())["reloj"]

        assert reloj["codigo"] == "2024-S2"
        assert reloj["estado_nombre"] == Periodo.Estado(estado).label.lower()
        assert reloj["frase"] == frase


def test_a_las_once_de_la_noche_de_guatemala_todavia_es_hoy():
    periodo(PlanFactory())
    with time_machine.travel(dt.datetime(2025, 1, 21, 5, 30, tzinfo=dt.UTC), tick=False):
        assert "es hoy" in contexto(UsuarioFactory())["reloj"]["frase"]


def test_la_franja_sale_solo_si_hay_datos_de_demostracion():
    accion = AccionFactory()
    assert not contexto()["es_demo"]

    MatrizCumplimiento.objects.create(accion=accion, impacto="[DEMO]", es_demo=True)
    assert contexto()["es_demo"]


def test_todo_rol_tiene_menu_de_seis_a_lo_sumo():
    assert set(MENUS) == set(Rol)
    assert all(1 <= len(secciones) <= 6 for secciones in MENUS.values())


@pytest.mark.parametrize("rol", Rol.values)
def test_cada_entrada_del_menu_se_abre_para_su_rol(client, rol):
    periodo(PlanFactory())
    persona = UsuarioFactory(rol=rol)
    client.force_login(persona)

    for entrada in contexto(persona)["menu"]:
        assert client.get(entrada["url"]).status_code == 200, entrada


@pytest.mark.parametrize("rol", Rol.values)
def test_inicio_lleva_a_la_primera_de_su_rol(client, rol):
    periodo(PlanFactory())
    persona = UsuarioFactory(rol=rol)
    client.force_login(persona)

    assert client.get(reverse("inicio"))["Location"] == contexto(persona)["menu"][0]["url"]


def test_el_menu_marca_donde_se_esta():
    persona = UsuarioFactory(rol="CAP")
    actual = reverse("instituciones:delegaciones")

    marcadas = [e["nombre"] for e in contexto(persona, actual)["menu"] if e["actual"]]
    assert marcadas == ["Delegaciones"]


def test_sin_plan_el_menu_calla_lo_que_lo_pide_y_el_inicio_funciona(client):
    persona = UsuarioFactory(rol="CAP")
    client.force_login(persona)

    assert "Plan" not in [entrada["nombre"] for entrada in menu(persona, None, "/")]
    assert client.get(reverse("inicio")).status_code == 302


def test_una_consulta_a_quien_entro_y_a_quien_no(django_assert_num_queries):
    periodo(PlanFactory())
    persona = UsuarioFactory()
    with django_assert_num_queries(1):
        dado = contexto(persona)
        assert dado["plan_vigente"].sigla
        assert not dado["es_demo"]
        assert dado["reloj"]
        assert dado["menu"]
    with django_assert_num_queries(1):
        dado = contexto()
        assert dado["plan_vigente"].sigla
        assert not dado["es_demo"]


def test_lo_que_no_se_dibuja_no_se_consulta(django_assert_num_queries):
    with django_assert_num_queries(0):
        contexto(UsuarioFactory.build(institucion=None))
