"""Los webhooks: suscribirlos, pausarlos, rotar su secreto, retirarlos, y lo que consta de ello."""

import io
import re
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from instituciones import clientes, entregas, suscripciones
from instituciones.models import Asiento, Aviso, Entrega, Evento, Rol, Suscripcion
from tests.api.conftest import inscribir
from tests.fabricas import PeriodoFactory, UsuarioFactory
from tests.instituciones.conftest import suscribir

pytestmark = pytest.mark.django_db
SECRETO = re.compile(r"whsec_[A-Za-z0-9+/]{43}=")
DE_ADENTRO = ["https://127.0.0.1/", "https://localhost/", "https://u:c@sistema.gob.gt/"]


def esperando(suscrita):
    """Una entrega suya, por enviar."""
    periodo = PeriodoFactory()
    hecho = entregas.Hecho(periodo, {"periodo": periodo.pk}, "/api/v1/periodos/1/")
    assert entregas.anunciar(Evento.PERIODO_ABIERTO, [hecho]) == 1
    return Entrega.objects.latest("pk")


@pytest.mark.parametrize("direccion", DE_ADENTRO)
def test_no_se_suscribe_a_una_maquina_de_adentro(elenco, direccion):
    with pytest.raises(ValidationError) as falla:
        suscribir(inscribir(elenco.planificadora)[0], direccion)
    assert set(falla.value.message_dict) == {"direccion"}
    assert not Suscripcion.objects.exists()


def test_quien_no_lee_por_la_api_no_recibe(elenco, receptor):
    revocado, _ = inscribir(elenco.planificadora, nombre="revocado")
    clientes.revocar(revocado, por=None)
    otra = UsuarioFactory(institucion=elenco.responsable)
    sin_leer, _ = inscribir(otra, "escribir_avance", nombre="sin leer")

    for cliente in (revocado, sin_leer):
        with pytest.raises(ValidationError) as falla:
            suscribir(cliente, receptor.direccion())
        assert set(falla.value.message_dict) == {"cliente"}


@pytest.mark.parametrize("eventos", [[], ["avance.borrado"], ["avance.validado", "*"]])
def test_solo_a_los_eventos_que_hay(elenco, receptor, eventos):
    una = Suscripcion(
        cliente=inscribir(elenco.planificadora)[0], direccion=receptor.direccion(), eventos=eventos
    )
    with pytest.raises(ValidationError):
        suscripciones.suscribir(una, por=None)


def test_un_sistema_no_se_suscribe_sin_fin(elenco, receptor):
    cliente = inscribir(elenco.planificadora)[0]
    for _una in range(suscripciones.POR_SISTEMA):
        suscribir(cliente, receptor.direccion())
    with pytest.raises(ValidationError):
        suscribir(cliente, receptor.direccion())

    suscripciones.retirar(Suscripcion.objects.first(), por=None)
    suscribir(cliente, receptor.direccion())


def test_cada_acto_deja_su_asiento_sin_la_direccion_entera(suscrita, elenco):
    por = elenco.administradora
    suscripciones.rotar(suscrita, por=por)
    suscripciones.pausar(suscrita, por=por)
    suscripciones.reanudar(suscrita, por=por)
    suscripciones.retirar(suscrita, por=por)

    actos = Asiento.objects.filter(tipo="suscripcion", clave=suscrita.pk).order_by("pk")
    assert [uno.acto for uno in actos] == [
        "suscribir_sistema",
        "rotar_secreto",
        "pausar_suscripcion",
        "reanudar_suscripcion",
        "retirar_suscripcion",
    ]
    assert {uno.institucion for uno in actos} == {"MINGOB"}
    assert "/gancho" not in "".join(uno.datos for uno in actos)
    assert set(actos) <= set(Asiento.objects.de_seguridad())
    assert set(actos) <= set(Asiento.objects.visibles_para(por))
    assert not Aviso.objects.exists()  # lo que hace una persona no se le avisa


def test_rotar_dos_veces_deja_dos_secretos_y_no_tres(suscrita):
    segundo = suscripciones.rotar(suscrita, por=None)
    tercero = suscripciones.rotar(suscrita, por=None)

    assert suscripciones.secretos(suscrita, timezone.now()) == [tercero, segundo]


@pytest.mark.parametrize("gracia", [timedelta(seconds=-1), timedelta(days=8)])
def test_la_gracia_tiene_tope(suscrita, gracia):
    with pytest.raises(ValidationError):
        suscripciones.rotar(suscrita, gracia=gracia, por=None)


def test_dos_que_rotan_a_la_vez_el_segundo_se_entera(suscrita):
    otra_copia = Suscripcion.objects.select_related("cliente__institucion").get()
    suscripciones.rotar(suscrita, por=None)

    with pytest.raises(ValidationError):
        suscripciones.rotar(otra_copia, por=None)


def test_retirada_no_recibe_ni_conserva_secreto_ni_vuelve(suscrita):
    esperando(suscrita)
    suscripciones.pausar(suscrita, por=None)

    assert suscripciones.retirar(suscrita, por=None)

    assert (suscrita.secreto, suscrita.secreto_anterior) == ("", "")
    assert Entrega.objects.get().estado == "OMITIDA"
    assert not suscripciones.retirar(suscrita, por=None)
    assert not suscripciones.pausar(suscrita, por=None)
    for verbo in (suscripciones.reanudar, suscripciones.rotar):
        with pytest.raises(ValidationError):
            verbo(suscrita, por=None)


def test_no_se_reanuda_hacia_una_direccion_que_ya_no_se_puede(suscrita, settings):
    suscripciones.pausar(suscrita, por=None)
    settings.WEBHOOKS_DE_PRUEBA = False

    with pytest.raises(ValidationError):
        suscripciones.reanudar(suscrita, por=None)
    assert Suscripcion.objects.get().estado == "PAUSADA"


@pytest.mark.parametrize(
    "cambio",
    [
        {"estado": "OTRO"},
        {"secreto": ""},
        {"estado": "PAUSADA", "motivo": ""},
        {"secreto_anterior": "x", "anterior_vence": None},
    ],
)
def test_la_base_niega_una_suscripcion_a_medias(suscrita, cambio):
    with pytest.raises(IntegrityError), transaction.atomic():
        Suscripcion.objects.update(**cambio)


@pytest.mark.parametrize("cambio", [{"estado": "OTRO"}, {"estado": "ENTREGADA"}])
def test_la_base_niega_una_entrega_a_medias(suscrita, cambio):
    esperando(suscrita)
    with pytest.raises(IntegrityError), transaction.atomic():
        Entrega.objects.update(**cambio)


@pytest.mark.parametrize("rol", Rol.values)
def test_la_ven_quien_administra_quien_audita_y_su_persona(suscrita, elenco, rol):
    esperando(suscrita)
    ajena = UsuarioFactory(rol=rol, institucion=elenco.responsable)
    ve = rol in {Rol.ADMINISTRADOR, Rol.AUDITOR}

    for modelo in (Suscripcion, Entrega):
        assert modelo.objects.visibles_para(ajena).exists() is ve
        assert modelo.objects.visibles_para(elenco.planificadora).exists()


# El sitio de administración y el mandato ------------------------------------------------------
LISTA = reverse("admin:instituciones_suscripcion_changelist")
ALTA = reverse("admin:instituciones_suscripcion_add")


@pytest.fixture
def administra(client, elenco):
    client.force_login(elenco.administradora)
    return client


def test_se_suscribe_en_el_sitio_y_el_secreto_se_ve_una_vez(administra, elenco, receptor):
    datos = {
        "cliente": inscribir(elenco.planificadora)[0].pk,
        "direccion": receptor.direccion(),
        "eventos": ["avance.validado", "periodo.abierto"],
    }

    pagina = administra.post(ALTA, datos, follow=True).content.decode()

    [secreto] = SECRETO.findall(pagina)
    una = Suscripcion.objects.get()
    assert suscripciones.secretos(una, timezone.now()) == [secreto]
    assert una.eventos == ["avance.validado", "periodo.abierto"]
    suya = reverse("admin:instituciones_suscripcion_change", args=[una.pk])
    for otra in (LISTA, suya):
        dicho = administra.get(otra).content.decode()
        assert not SECRETO.search(dicho)
        assert una.secreto not in dicho
    assert administra.post(suya, datos).status_code == 403
    assert Asiento.objects.filter(acto="suscribir_sistema", persona=elenco.administradora).exists()


def test_la_pagina_a_que_lleva_el_aviso_dice_por_que_se_pauso(administra, suscrita):
    suscripciones.pausar(suscrita, motivo="SE_FUE", por=None)
    aviso = Aviso.objects.get()

    pagina = administra.get(aviso.enlace).content.decode()

    assert "ya no recibe (410)" in pagina


def test_el_sitio_no_suscribe_a_una_maquina_de_adentro(administra, elenco):
    datos = {
        "cliente": inscribir(elenco.planificadora)[0].pk,
        "direccion": "https://169.254.169.254/latest/meta-data/",
        "eventos": ["avance.validado"],
    }

    pagina = administra.post(ALTA, datos)

    assert pagina.status_code == 200
    assert "Lleva un nombre público" in pagina.content.decode()
    assert not Suscripcion.objects.exists()


def actuar(administra, accion, una, lista=LISTA):
    datos = {"action": accion, "_selected_action": [una.pk]}
    return administra.post(lista, datos, follow=True).content.decode()


def test_se_rota_se_pausa_se_reanuda_y_se_retira_en_la_lista(administra, suscrita):
    assert len(SECRETO.findall(actuar(administra, "rotar", suscrita))) == 1
    for accion, estado in [
        ("pausar", "PAUSADA"),
        ("pausar", "PAUSADA"),
        ("reanudar", "ACTIVA"),
        ("reanudar", "ACTIVA"),
        ("retirar", "RETIRADA"),
        ("retirar", "RETIRADA"),
        ("rotar", "RETIRADA"),
    ]:
        assert not SECRETO.search(actuar(administra, accion, suscrita))
        assert Suscripcion.objects.get().estado == estado


def test_quien_administra_ve_como_le_fue_y_la_manda_otra_vez(administra, suscrita, receptor):
    entrega = esperando(suscrita)
    entregas.despachar()
    lista = reverse("admin:instituciones_entrega_changelist")
    suya = reverse("admin:instituciones_entrega_change", args=[entrega.pk])

    assert entrega.cuerpo not in administra.get(suya).content.decode()
    assert administra.get(lista).status_code == 200
    assert administra.post(suya, {}).status_code == 403
    assert "en la fila" in actuar(administra, "reenviar", entrega, lista)
    assert "Todavía se está enviando" in actuar(administra, "reenviar", entrega, lista)
    assert entregas.despachar() == 1
    assert len(receptor.recibidos) == 2


def mandato(*partes):
    salida = io.StringIO()
    call_command("webhook_de_api", *map(str, partes), stdout=salida)
    return salida.getvalue()


def test_el_mandato_suscribe_rota_pausa_reanuda_lista_y_retira(elenco, receptor):
    inscribir(elenco.planificadora, nombre="Sistema")
    por = ("--por", elenco.administradora.correo)

    dicho = mandato("crear", "Sistema", "--direccion", receptor.direccion(), *por)
    una = Suscripcion.objects.get()
    assert suscripciones.secretos(una, timezone.now()) == SECRETO.findall(dicho)
    assert una.eventos == sorted(Evento.values)
    assert SECRETO.search(mandato("rotar", una.pk, "--gracia", 0))
    mandato("pausar", una.pk, *por)
    assert "En pausa" in mandato("listar")
    mandato("reanudar", una.pk)
    mandato("retirar", una.pk)
    dicho = mandato("listar")
    assert "Retirada" in dicho
    assert "/gancho" not in dicho
    assert Asiento.objects.filter(tipo="suscripcion", persona=elenco.administradora).count() == 2


@pytest.mark.parametrize(
    "partes",
    [
        ("crear", "No hay", "--direccion", "https://sistema.gob.gt/"),
        ("crear", "Sistema", "--direccion", "https://10.0.0.1/"),
        ("pausar", 7),
        ("retirar", 7, "--por", "nadie@ejemplo.gt"),
    ],
)
def test_el_mandato_dice_que_falta(elenco, partes):
    inscribir(elenco.planificadora, nombre="Sistema")
    with pytest.raises(CommandError):
        mandato(*partes)
