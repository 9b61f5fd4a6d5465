"""La bitácora: cada quien ve los asientos que le tocan, y quien la ve entera la comprueba."""

import json
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from instituciones import bitacora, solo_crece
from instituciones.models import Asiento
from pesn.revisiones import SOLO_CRECEN
from tests.fabricas import AvanceFactory, EvidenciaFactory, InstitucionFactory, UsuarioFactory

pytestmark = pytest.mark.django_db
PAGINA = reverse("instituciones:bitacora")
BAJAR = "instituciones:bajar_bitacora"


def asentar(acto, sobre, por, **cambios):
    with bitacora.constancia() as asientos:
        asientos.append(bitacora.asiento(acto, sobre, por=por, **cambios))
    return asientos[0]


@pytest.fixture
def actos(elenco):
    """Un paso de un avance propio, uno de otra institución y uno de una cuenta."""
    avance = AvanceFactory(actividad__responsable=elenco.responsable)
    ajena = InstitucionFactory()
    return {
        "propio": asentar(
            "entregar", avance, elenco.planificadora, institucion=elenco.responsable.sigla
        ),
        "ajeno": asentar("remitir", avance, elenco.analista, institucion=ajena.sigla),
        "cuenta": asentar("abrir_cuenta", elenco.aprobador, elenco.administradora),
    }


def vistos(client, quien, **filtros):
    """Las claves de los asientos que la página lista."""
    client.force_login(quien)
    respuesta = client.get(PAGINA, filtros)
    assert respuesta.status_code == 200
    return {uno.pk for uno in respuesta.context["asientos"] if uno.tipo != "sesion"}


def test_se_pueden_mirar_solo_los_eventos_de_seguridad(client, elenco, actos):
    assert vistos(client, elenco.auditor, seguridad="on") == {actos["cuenta"].pk}
    assert vistos(client, elenco.planificadora, seguridad="on") == set()
    bajado = client.get(reverse(BAJAR, args=["csv"]), {"seguridad": "on"})
    assert "entregar" not in b"".join(bajado).decode()


@pytest.mark.parametrize(
    ("quien", "debidos"),
    [
        ("auditor", {"propio", "ajeno", "cuenta"}),
        ("coordinadora", {"propio", "ajeno", "cuenta"}),
        ("analista", {"propio", "ajeno", "cuenta"}),
        ("administradora", {"cuenta"}),
        ("planificadora", {"propio"}),
        ("aprobador", {"propio"}),
        ("consejera", set()),
    ],
)
def test_cada_rol_ve_los_asientos_que_le_tocan(client, elenco, actos, quien, debidos):
    vistas = vistos(client, getattr(elenco, quien))

    assert vistas & {uno.pk for uno in actos.values()} == {actos[n].pk for n in debidos}


def test_quien_planifica_en_otra_institucion_no_ve_los_de_esta(client, actos):
    assert vistos(client, UsuarioFactory(rol="PLANIFICADOR")) == set()


@pytest.mark.parametrize(
    ("filtros", "debidos"),
    [
        ({"acto": "Abrir cuenta"}, {"cuenta"}),
        ({"tipo": "avance"}, {"propio", "ajeno"}),
        ({"acto": "remitir", "tipo": "avance"}, {"ajeno"}),
        ({"acto": "nada"}, set()),
    ],
)
def test_los_filtros_van_en_la_direccion(client, elenco, actos, filtros, debidos):
    vistas = vistos(client, elenco.auditor, **filtros)

    assert vistas & {uno.pk for uno in actos.values()} == {actos[n].pk for n in debidos}


def test_se_filtra_por_persona_institucion_y_dias(client, elenco, actos):
    hoy = timezone.localdate()
    suyo = {"persona": elenco.planificadora.correo, "institucion": elenco.responsable.sigla.lower()}

    assert vistos(client, elenco.auditor, **suyo) == {actos["propio"].pk}
    assert vistos(client, elenco.auditor, desde=hoy, hasta=hoy) >= {actos["propio"].pk}
    assert vistos(client, elenco.auditor, hasta=hoy - timedelta(days=1)) == set()


@pytest.mark.parametrize(
    "malo", [{"desde": "ayer"}, {"antes": "x"}, {"acto": "a" * 41}, {"clave": "9" * 200}]
)
def test_un_filtro_que_no_se_entiende_es_400(client, elenco, actos, malo):
    client.force_login(elenco.auditor)

    assert client.get(PAGINA, malo).status_code == 400
    assert client.get(reverse(BAJAR, args=["csv"]), malo).status_code in {200, 400}


def test_la_lista_se_recorre_entera_de_a_pagina_sin_repetir(client, elenco):
    propios = [asentar("mirar", elenco.auditor, elenco.auditor).pk for _ in range(120)]
    client.force_login(elenco.auditor)
    pasos, antes = [], ""
    while antes is not None:
        contexto = client.get(PAGINA, {"acto": "mirar", "antes": antes}).context
        pasos += [uno.pk for uno in contexto["asientos"]]
        antes = contexto["siguiente"]

    assert pasos == propios[::-1]


@pytest.mark.parametrize("cuantos", [1, 3])
def test_la_bitacora_no_crece_en_consultas(client, elenco, cuantos, django_assert_num_queries):
    for _ in range(cuantos):
        asentar("mirar", elenco.auditor, UsuarioFactory(), en_nombre_de=UsuarioFactory())
        avance = AvanceFactory()
        asentar("entregar", avance, elenco.planificadora)
        asentar("agregar_actividad", avance.actividad, elenco.planificadora)
        asentar("abrir", avance.periodo, elenco.coordinadora)
    client.force_login(elenco.auditor)

    with django_assert_num_queries(8):  # de ellas, una por cada uno de los cuatro tipos
        client.get(PAGINA)


def test_el_asiento_nombra_la_fila_como_la_conoce_quien_lee(client, elenco):
    avance = AvanceFactory(actividad__responsable=elenco.responsable)
    for sobre in (avance, avance.actividad, avance.periodo, elenco.aprobador):
        asentar("mirar", sobre, elenco.planificadora)
    client.force_login(elenco.auditor)

    pagina = client.get(PAGINA).content.decode()

    accion = avance.actividad.matriz.accion.codigo
    assert f">avance {accion}.{avance.actividad.numero} en {avance.periodo.codigo}</a>" in pagina
    assert f"actividad {accion}.{avance.actividad.numero}" in pagina
    assert f"periodo {avance.periodo.codigo} de " in pagina
    assert f"cuenta de {elenco.aprobador.nombre}" in pagina


def test_la_evidencia_se_nombra_por_su_avance_y_no_por_su_titulo(client, elenco):
    evidencia = EvidenciaFactory(titulo="Título que también es un dato")
    asentar("adjuntar", evidencia, elenco.planificadora)
    client.force_login(elenco.auditor)

    pagina = client.get(PAGINA).content.decode()

    assert f"evidencia {evidencia.pk} de {evidencia.avance}" in pagina
    assert evidencia.titulo not in pagina


def test_lo_que_quien_lee_no_puede_ver_se_queda_en_su_numero(client, elenco):
    ajeno = AvanceFactory(actividad__visibilidad="RESTRINGIDA")
    asentar("mirar", ajeno, elenco.planificadora)
    client.force_login(elenco.planificadora)

    pagina = client.get(PAGINA).content.decode()

    assert f"avance {ajeno.pk}" in pagina
    assert str(ajeno) not in pagina
    assert reverse("matrices:capturar", args=[ajeno.pk]) not in pagina


def test_la_cadena_entera_se_dice_y_la_rota_tambien(client, elenco, actos):
    client.force_login(elenco.auditor)
    pagina = client.get(reverse("instituciones:comprobar_bitacora")).content.decode()
    assert "La cadena está entera" in pagina
    assert bitacora.ultima_huella() in pagina

    solo_crece.quitar(connection, SOLO_CRECEN)
    Asiento._base_manager.filter(pk=actos["ajeno"].pk).update(acto="validar")
    solo_crece.poner(connection, SOLO_CRECEN)
    rota = client.get(reverse("instituciones:comprobar_bitacora")).content.decode()
    assert f"se rompe en el asiento {actos['ajeno'].pk}" in rota


@pytest.mark.parametrize("quien", ["planificadora", "administradora", "consejera"])
def test_la_comprueba_solo_quien_la_ve_entera(client, elenco, quien):
    client.force_login(getattr(elenco, quien))

    assert client.get(reverse("instituciones:comprobar_bitacora")).status_code == 403


def test_lo_bajado_rehace_la_cadena_y_deja_constancia(client, elenco, actos):
    client.force_login(elenco.auditor)
    respuesta = client.get(reverse(BAJAR, args=["jsonl"]))
    renglones = [json.loads(r) for r in b"".join(respuesta).decode().splitlines()]

    for renglon, siguiente in pairwise(renglones):
        assert siguiente["huella_anterior"] == renglon["huella"]
    ultimo = Asiento._base_manager.latest("pk")
    assert (ultimo.acto, ultimo.persona) == ("bajar_bitacora", elenco.auditor)


def test_en_la_planilla_va_lo_filtrado_y_nada_ajeno(client, elenco, actos):
    client.force_login(elenco.planificadora)
    respuesta = client.get(reverse(BAJAR, args=["csv"]), {"tipo": "avance"})
    texto = b"".join(respuesta).decode()

    assert actos["propio"].huella in texto
    assert actos["ajeno"].huella not in texto
    assert texto.count("\n") == 2
