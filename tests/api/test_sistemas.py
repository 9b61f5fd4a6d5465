"""Los sistemas: inscribirlos, sus alcances, su ficha, sus límites y lo que queda anotado."""

import io
import logging
import re
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import DataError, IntegrityError, OperationalError
from django.urls import reverse
from django.utils import timezone

from instituciones import bitacora, clientes
from instituciones.models import (
    Alcance,
    Asiento,
    ClaveIdempotente,
    ClienteSistema,
    Ficha,
    PedidoDeSistema,
    Rol,
    Usuario,
)
from matrices.models import Avance
from tests.api.conftest import LOGRO, Sistema, inscribir
from tests.fabricas import InstitucionFactory, UsuarioFactory

pytestmark = pytest.mark.django_db


def test_yo_dice_de_quien_es_la_ficha(sistema, elenco):
    dicho = sistema.leer("yo/").json()

    assert dicho["persona"] == elenco.planificadora.nombre
    assert (dicho["rol"], dicho["institucion"]) == ("PLANIFICADOR", "MINGOB")
    assert dicho["alcances"] == ["escribir_avance", "evidencia", "leer"]
    assert dicho["vence"] > timezone.now().isoformat()


def test_el_secreto_no_se_guarda_en_ninguna_parte(elenco):
    _cliente, sistema = inscribir(elenco.planificadora)

    assert re.fullmatch(r"pesn_[0-9a-f]{64}", sistema.secreto)
    guardado = str(list(Ficha.objects.values())) + str(list(Asiento.objects.values()))
    assert sistema.secreto not in guardado
    assert sistema.secreto[20:] not in guardado


@pytest.mark.parametrize(
    ("rol", "alcance"),
    [
        (Rol.PLANIFICADOR, Alcance.APROBAR),
        (Rol.PLANIFICADOR, Alcance.REVISAR),
        (Rol.APROBADOR, Alcance.ESCRIBIR_AVANCE),
        (Rol.ANALISTA, Alcance.ESCRIBIR_AVANCE),
        (Rol.CONSEJO, Alcance.REVISAR),
        (Rol.AUDITOR, Alcance.APROBAR),
        (Rol.ADMINISTRADOR, Alcance.LEER),
    ],
)
def test_nadie_presta_lo_que_no_tiene(rol, alcance):
    with pytest.raises(ValidationError):
        inscribir(UsuarioFactory(rol=rol), alcance)
    assert not ClienteSistema.objects.exists()


@pytest.mark.parametrize("dias", [0, -1, 366])
def test_la_vigencia_tiene_tope(dias):
    with pytest.raises(ValidationError):
        inscribir(UsuarioFactory(), "leer", dias=dias)


def test_sin_el_alcance_no_se_puede_aunque_la_persona_pueda(elenco, avance):
    solo_lee = inscribir(elenco.planificadora, "leer")[1]
    sin_evidencia = inscribir(
        UsuarioFactory(institucion=elenco.responsable), "leer", "escribir_avance"
    )[1]

    assert solo_lee.leer(f"avances/{avance.pk}/").status_code == 200
    for respuesta in (
        solo_lee.guardar(avance, logro=LOGRO),
        solo_lee.paso(avance.pk, 1, "entregar"),
        sin_evidencia.adjuntar(avance.pk),
    ):
        assert (respuesta.status_code, respuesta.json()["codigo"]) == (403, "sin_alcance")
    assert Avance.objects.get(pk=avance.pk).version == 1


@pytest.mark.parametrize(
    "cambio",
    ["apagar", "rol", "institucion", "revocar", "vencer"],
)
def test_la_ficha_muere_al_siguiente_pedido(elenco, cambio, cifra):
    cliente, sistema = inscribir(elenco.planificadora)
    assert sistema.leer("yo/").status_code == 200
    suya = Usuario.objects.filter(pk=elenco.planificadora.pk)
    if cambio == "apagar":
        suya.update(is_active=False)
    elif cambio == "rol":
        suya.update(rol=Rol.APROBADOR)
    elif cambio == "institucion":
        suya.update(institucion=InstitucionFactory())
    elif cambio == "revocar":
        clientes.revocar(cliente, por=elenco.administradora)
    else:
        Ficha.objects.update(expiry=timezone.now() - timedelta(seconds=1))

    respuesta = sistema.leer("yo/")

    cifra(f"G-09 api {cambio}: siguiente_pedido=401")
    assert (respuesta.status_code, respuesta.json()["codigo"]) == (401, "no_autenticado")
    assert respuesta["WWW-Authenticate"] == "Bearer"


def test_rotar_da_otra_y_deja_la_anterior_un_rato(elenco):
    cliente, viejo = inscribir(elenco.planificadora)

    nuevo = Sistema(clientes.rotar(cliente, por=elenco.administradora))

    assert nuevo.leer("yo/").status_code == viejo.leer("yo/").status_code == 200
    anterior = clientes.reconocer(viejo.secreto)
    assert anterior.expiry <= timezone.now() + clientes.GRACIA
    despues = timezone.now() + clientes.GRACIA + timedelta(minutes=1)
    assert clientes.reconocer(viejo.secreto, despues) is None
    assert clientes.reconocer(nuevo.secreto, despues) is not None


def test_no_se_rota_lo_revocado_ni_lo_de_quien_cambio_de_puesto(elenco):
    cliente, _ = inscribir(elenco.planificadora)
    clientes.revocar(cliente, por=None)
    cliente.refresh_from_db()

    with pytest.raises(ValidationError):
        clientes.rotar(cliente, por=None)
    assert clientes.revocar(cliente, por=None) is False


def test_cada_acto_deja_su_asiento(elenco):
    cliente, _ = inscribir(elenco.planificadora)
    clientes.rotar(cliente, por=elenco.administradora)
    clientes.revocar(cliente, por=elenco.administradora)

    actos = Asiento.objects.filter(tipo="clientesistema", clave=cliente.pk).order_by("pk")
    assert [uno.acto for uno in actos] == ["inscribir_sistema", "rotar_ficha", "revocar_sistema"]
    assert actos.last().persona == elenco.administradora


@pytest.mark.parametrize("donde", ["esquema/", "yo/", "avances/0/"])
def test_lo_que_se_hace_despues_en_el_mismo_hilo_no_lleva_el_sistema(sistema, elenco, donde):
    sistema.leer(donde)

    suyo = bitacora.asiento("avisar", elenco.planificadora, por=elenco.planificadora)
    assert suyo.datos == "{}"


def test_se_anota_el_ultimo_uso_sin_escribir_en_cada_pedido(sistema):
    sistema.leer("yo/")
    primero = Ficha.objects.get().ultimo_uso
    assert primero is not None
    sistema.leer("yo/")
    assert Ficha.objects.get().ultimo_uso == primero


def test_lo_que_escribe_queda_en_su_tabla_y_lo_que_lee_en_la_bitacora_tecnica(
    sistema, avance, caplog
):
    with caplog.at_level(logging.INFO):
        sistema.leer("avances/")
        sistema.guardar(avance, logro=LOGRO)
        sistema.guardar(avance, logro=LOGRO)

    filas = PedidoDeSistema.objects.order_by("pk").values_list("metodo", "estado_http", "ruta")
    assert [(metodo, estado) for metodo, estado, _ruta in filas] == [("PATCH", 200), ("PATCH", 412)]
    assert "avances" in filas[0][2]
    dichos = [r for r in caplog.records if "pedido_de_sistema" in str(r.msg)]
    assert len(dichos) == 3
    todo = "".join(map(str, [r.msg for r in caplog.records]))
    assert sistema.secreto[15:] not in todo
    assert LOGRO not in todo


def test_barrer_deja_lo_reciente(sistema, avance):
    sistema.pedir(
        "PATCH",
        f"avances/{avance.pk}/",
        {"logro": LOGRO},
        If_Match='"1"',
        Idempotency_Key="clave",
    )
    assert clientes.barrer() == (0, 0)
    assert clientes.barrer(timezone.now() + timedelta(days=2)) == (0, 1)
    assert clientes.barrer(timezone.now() + timedelta(days=31)) == (1, 0)
    assert not ClaveIdempotente.objects.exists()


# Los límites (A-33) ---------------------------------------------------------------------------
def test_doscientas_una_lecturas_en_un_minuto_son_429(sistema, reloj_quieto):
    codigos = [sistema.leer("yo/").status_code for _ in range(201)]

    assert codigos[:200] == [200] * 200
    ultima = sistema.leer("yo/")
    assert codigos[200] == ultima.status_code == 429
    assert ultima.json()["codigo"] == "demasiadas_peticiones"
    assert 1 <= int(ultima["Retry-After"]) <= 60


def test_leer_mucho_no_impide_escribir(sistema, avance, monkeypatch):
    monkeypatch.setattr("instituciones.api.limites.Lecturas.rate", "1/min", raising=False)
    sistema.leer("yo/")

    assert sistema.leer("yo/").status_code == 429
    assert sistema.guardar(avance, logro=LOGRO).status_code == 200


# Lo que falla por dentro ----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("falla", "http", "codigo"),
    [
        (IntegrityError("x"), 409, "conflicto"),
        (DataError("x"), 400, "entrada_invalida"),
        (OverflowError("x"), 400, "entrada_invalida"),
        (RecursionError("x"), 400, "entrada_invalida"),
        (OperationalError("x"), 503, "sin_base"),
        (OSError(28, "No space left on device"), 507, "sin_espacio"),
        (RuntimeError("x"), 500, "falla"),
    ],
)
def test_cada_falla_es_un_problema(sistema, avance, monkeypatch, falla, http, codigo):
    def fallar(*args, **kwargs):
        raise falla

    monkeypatch.setattr("matrices.flujo.capturar", fallar)

    respuesta = sistema.guardar(avance, logro=LOGRO)

    assert (respuesta.status_code, respuesta.json()["codigo"]) == (http, codigo)
    assert respuesta["Content-Type"] == "application/problem+json"
    assert "Traceback" not in respuesta.content.decode()


# El sitio de administración y el mandato ------------------------------------------------------
ALTA = "admin:instituciones_clientesistema_add"
LISTA = "admin:instituciones_clientesistema_changelist"


@pytest.fixture
def administra(client, elenco):
    client.force_login(elenco.administradora)
    return client


def test_se_inscribe_en_el_sitio_y_el_secreto_se_ve_una_vez(administra, elenco):
    datos = {
        "nombre": "Sistema de planificación",
        "persona": elenco.planificadora.pk,
        "alcances": ["leer", "escribir_avance"],
        "dias": 90,
    }

    pagina = administra.post(reverse(ALTA), datos, follow=True).content.decode()

    [secreto] = re.findall(r"pesn_[0-9a-f]{64}", pagina)
    assert Sistema(secreto).leer("yo/").json()["alcances"] == ["escribir_avance", "leer"]
    assert secreto not in administra.get(reverse(LISTA)).content.decode()
    assert Asiento.objects.filter(acto="inscribir_sistema", persona=elenco.administradora).exists()


def test_el_sitio_no_inscribe_lo_que_el_rol_no_tiene(administra, elenco):
    datos = {"nombre": "X", "persona": elenco.consejera.pk, "alcances": ["revisar"], "dias": 90}

    pagina = administra.post(reverse(ALTA), datos)

    assert pagina.status_code == 200
    assert "No son de su rol" in pagina.content.decode()
    assert not ClienteSistema.objects.exists()


@pytest.mark.parametrize(("accion", "sigue"), [("rotar", 200), ("revocar", 401)])
def test_se_rota_y_se_revoca_en_la_lista(administra, elenco, accion, sigue):
    cliente, sistema = inscribir(elenco.planificadora)
    datos = {"action": accion, "_selected_action": [cliente.pk]}

    pagina = administra.post(reverse(LISTA), datos, follow=True).content.decode()

    assert sistema.leer("yo/").status_code == sigue
    assert len(re.findall(r"pesn_[0-9a-f]{64}", pagina)) == (accion == "rotar")


def test_la_pagina_de_un_sistema_solo_se_lee(administra, elenco):
    cliente, _ = inscribir(elenco.planificadora)
    donde = reverse("admin:instituciones_clientesistema_change", args=[cliente.pk])

    assert administra.get(donde).status_code == 200
    assert administra.post(donde, {"nombre": "Otro"}).status_code == 403


def mandato(*partes):
    salida = io.StringIO()
    call_command("ficha_de_api", *partes, stdout=salida)
    return salida.getvalue()


def test_el_mandato_inscribe_rota_lista_y_revoca(elenco):
    correo = elenco.planificadora.correo
    dicho = mandato("crear", "Sistema", "--persona", correo, "--alcances", "leer", "evidencia")
    primero = Sistema(re.search(r"pesn_[0-9a-f]{64}", dicho)[0])
    assert primero.leer("yo/").json()["alcances"] == ["evidencia", "leer"]

    dicho = mandato("rotar", "Sistema", "--gracia", "0", "--por", elenco.administradora.correo)
    segundo = Sistema(re.search(r"pesn_[0-9a-f]{64}", dicho)[0])
    assert (primero.leer("yo/").status_code, segundo.leer("yo/").status_code) == (401, 200)
    assert "1 fichas en vigor" in mandato("listar")
    mandato("revocar", "Sistema")
    assert segundo.leer("yo/").status_code == 401
    assert "revocado" in mandato("listar")


@pytest.mark.parametrize(
    "partes",
    [
        ("crear", "X", "--persona", "nadie@ejemplo.gt"),
        ("rotar", "No hay"),
        ("revocar", "No hay"),
    ],
)
def test_el_mandato_dice_que_falta(elenco, partes):
    with pytest.raises(CommandError):
        mandato(*partes)
