"""Prestar el rol: por escrito, dentro de la casa, noventa días a lo sumo y sin estorbarse."""

import datetime as dt
import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from instituciones import delegaciones
from instituciones.bitacora import primer_quiebre
from instituciones.consultas import delegaciones_recibidas
from instituciones.models import Asiento, Delegacion, Rol, Usuario
from tests.fabricas import DelegacionFactory, UsuarioFactory

LISTA = "instituciones:delegaciones"


@pytest.fixture
def hoy():
    return timezone.localdate()


def datos(delegado, desde, dias=30, acto="Oficio 12-2026"):
    return {"delegado": delegado.pk, "desde": desde, "hasta": desde + timedelta(dias), "acto": acto}


def delegar(client, titular, envio):
    client.force_login(titular)
    return client.post(reverse("instituciones:delegar"), envio)


def test_delegar_deja_la_fila_y_su_asiento(client, elenco, hoy):
    respuesta = delegar(client, elenco.planificadora, datos(elenco.aprobador, hoy))

    assert respuesta.status_code == 302
    una = Delegacion.objects.get()
    assert (una.titular, una.delegado) == (elenco.planificadora, elenco.aprobador)
    asiento = Asiento.objects.get(acto="delegar")
    assert (asiento.tipo, asiento.clave, asiento.persona, asiento.institucion) == (
        "delegacion",
        str(una.pk),
        elenco.planificadora,
        "MINGOB",
    )
    assert "Oficio 12-2026" in asiento.datos
    assert primer_quiebre()[1] is None


def test_noventa_dias_si_y_noventa_y_uno_no(client, elenco, hoy):
    excedida = delegar(client, elenco.planificadora, datos(elenco.aprobador, hoy, dias=91))
    assert (excedida.status_code, Delegacion.objects.count()) == (422, 0)
    assert "noventa días" in str(excedida.context["form"].errors["hasta"])

    justa = delegar(client, elenco.planificadora, datos(elenco.aprobador, hoy, dias=90))
    assert (justa.status_code, Delegacion.objects.count()) == (302, 1)


@pytest.mark.parametrize(
    ("cambios", "campo"),
    [
        ({"acto": ""}, "acto"),
        ({"acto": "   "}, "acto"),
        ({"hasta": dt.date(2020, 1, 1)}, "hasta"),
        ({"desde": dt.date(2020, 1, 1)}, "desde"),
        ({"desde": "ayer"}, "desde"),
        ({"delegado": ""}, "delegado"),
    ],
)
def test_lo_que_no_vale_se_dice_en_su_campo_y_no_se_pierde(client, elenco, hoy, cambios, campo):
    respuesta = delegar(client, elenco.planificadora, datos(elenco.aprobador, hoy) | cambios)

    assert respuesta.status_code == 422
    assert campo in respuesta.context["form"].errors
    assert respuesta.context["form"]["hasta"].value()
    assert not Delegacion.objects.exists()


@pytest.mark.parametrize("quien", ["ajeno", "inactivo", "uno mismo", "inexistente"])
def test_solo_se_delega_en_alguien_activo_de_la_casa_y_el_ajeno_es_como_inexistente(
    client, elenco, hoy, quien
):
    inactivo = UsuarioFactory(institucion=elenco.responsable, is_active=False)
    clave = {
        "ajeno": elenco.ajena.pk,
        "inactivo": inactivo.pk,
        "uno mismo": elenco.planificadora.pk,
        "inexistente": 999_999,
    }[quien]
    envio = datos(elenco.aprobador, hoy) | {"delegado": clave}

    respuesta = delegar(client, elenco.planificadora, envio)

    assert respuesta.context["form"].errors["delegado"] == [
        "Elija a una persona activa de su institución."
    ]
    assert not Delegacion.objects.exists()


@pytest.mark.parametrize(("corrida", "choca"), [(0, True), (30, True), (31, False)])
def test_dos_del_mismo_titular_no_comparten_ni_un_dia(client, elenco, hoy, corrida, choca):
    otra = UsuarioFactory(institucion=elenco.responsable)
    DelegacionFactory(titular=elenco.planificadora, delegado=elenco.aprobador, desde=hoy)

    respuesta = delegar(client, elenco.planificadora, datos(otra, hoy + timedelta(days=corrida)))

    assert respuesta.status_code == (422 if choca else 302)
    assert Delegacion.objects.count() == (1 if choca else 2)


def test_una_revocada_ya_no_estorba(client, elenco, hoy):
    una = DelegacionFactory(titular=elenco.planificadora, delegado=elenco.aprobador)
    delegaciones.revocar(una, por=elenco.planificadora)

    assert delegar(client, elenco.planificadora, datos(elenco.aprobador, hoy)).status_code == 302


def test_revocar_termina_desde_ya_y_deja_constancia(client, elenco, hoy):
    una = DelegacionFactory(titular=elenco.planificadora, delegado=elenco.aprobador)
    assert list(delegaciones_recibidas(elenco.aprobador, hoy)) == [una]

    client.force_login(elenco.planificadora)
    respuesta = client.post(reverse("instituciones:revocar", args=[una.pk]))

    assert respuesta.status_code == 302
    assert not delegaciones_recibidas(elenco.aprobador, hoy).exists()
    assert Asiento.objects.get(acto="revocar").clave == str(una.pk)


def test_revocar_dos_veces_es_409_y_un_solo_asiento(client, elenco):
    una = DelegacionFactory(titular=elenco.planificadora, delegado=elenco.aprobador)
    client.force_login(elenco.planificadora)
    direccion = reverse("instituciones:revocar", args=[una.pk])

    assert [client.post(direccion).status_code for _ in range(2)] == [302, 409]
    assert Asiento.objects.filter(acto="revocar").count() == 1


@pytest.mark.parametrize(
    ("quien", "codigo"),
    [("aprobador", 403), ("coordinadora", 403), ("ajena", 404), ("analista", 404)],
)
def test_solo_su_titular_la_revoca_y_para_el_ajeno_no_existe(client, elenco, quien, codigo):
    una = DelegacionFactory(titular=elenco.planificadora, delegado=elenco.aprobador)
    client.force_login(getattr(elenco, quien))

    respuesta = client.post(reverse("instituciones:revocar", args=[una.pk]))

    assert respuesta.status_code == codigo
    una.refresh_from_db()
    assert una.revocada_en is None


VEN_TODAS = {"coordinadora", "auditor", "administradora"}
LAS_PROPIAS = {"planificadora", "aprobador"}


@pytest.mark.parametrize(
    "quien",
    [
        "planificadora",
        "aprobador",
        "analista",
        "coordinadora",
        "consejera",
        "inspector",
        "comisionada",
        "auditor",
        "administradora",
        "ajena",
    ],
)
def test_cada_quien_ve_las_suyas_y_quien_coordina_audita_o_administra_todas(client, elenco, quien):
    DelegacionFactory(
        titular=elenco.planificadora, delegado=elenco.aprobador, acto="CANARIO-77-2026"
    )
    client.force_login(getattr(elenco, quien))

    pagina = client.get(reverse(LISTA))

    assert pagina.status_code == 200
    assert ("CANARIO-77-2026" in pagina.content.decode()) is (quien in VEN_TODAS | LAS_PROPIAS)


@pytest.mark.parametrize("cuantas", [1, 3])
def test_la_lista_no_crece_en_consultas(client, elenco, hoy, django_assert_num_queries, cuantas):
    for numero in range(cuantas):
        DelegacionFactory(
            titular=elenco.planificadora,
            delegado=elenco.aprobador,
            desde=hoy + timedelta(days=31 * numero),
            hasta=hoy + timedelta(days=31 * numero + 30),
        )
    client.force_login(elenco.coordinadora)

    # sesión, persona, cuántas, filas, plan, institución de la persona, guardar la sesión (3)
    with django_assert_num_queries(5):
        pagina = client.get(reverse(LISTA))

    assert pagina.content.decode().count("Oficio 12-2026") == cuantas


@pytest.mark.parametrize("caso", ["antes", "después", "titular inactivo", "titular mudado"])
def test_recibidas_solo_entre_sus_fechas_y_de_un_titular_de_la_casa(elenco, hoy, caso):
    una = DelegacionFactory(titular=elenco.planificadora, delegado=elenco.aprobador)
    if caso == "titular inactivo":
        Usuario.objects.filter(pk=una.titular_id).update(is_active=False)
    if caso == "titular mudado":
        Usuario.objects.filter(pk=una.titular_id).update(institucion=elenco.otra)
    dia = {"antes": una.desde - timedelta(1), "después": una.hasta + timedelta(1)}.get(caso, hoy)

    assert not delegaciones_recibidas(elenco.aprobador, dia).exists()


@pytest.mark.parametrize(
    ("regla", "cambios"),
    [
        ("delegacion_dentro_de_90_dias", {"hasta": dt.date(2026, 12, 31)}),
        ("delegacion_dentro_de_90_dias", {"hasta": dt.date(2025, 12, 31)}),
        ("delegacion_con_acto", {"acto": ""}),
    ],
)
def test_la_base_tambien_lo_niega(elenco, regla, cambios):
    bien = {"desde": dt.date(2026, 1, 1), "hasta": dt.date(2026, 4, 1)}
    partes = {"titular": elenco.planificadora, "delegado": elenco.aprobador}
    with pytest.raises(IntegrityError), transaction.atomic():
        DelegacionFactory(**partes, **(bien | cambios))

    DelegacionFactory(**partes, **bien)


def test_la_base_niega_delegarse_a_si_mismo(elenco):
    with pytest.raises(IntegrityError), transaction.atomic():
        DelegacionFactory(titular=elenco.aprobador, delegado=elenco.aprobador)


@pytest.mark.django_db(transaction=True)
def test_dos_a_la_vez_dan_una_sola():
    hoy = timezone.localdate()
    titular = UsuarioFactory(rol=Rol.APROBADOR)
    otros = UsuarioFactory.create_batch(2, institucion=titular.institucion)
    salida, resultados = threading.Barrier(2), []

    def dar(delegado):
        try:
            salida.wait(timeout=10)
            delegaciones.delegar(titular, delegado, desde=hoy, hasta=hoy, acto="Oficio 1")
            resultados.append("dada")
        except delegaciones.DelegacionRepetida:
            resultados.append("repetida")
        finally:
            connection.close()

    hilos = [threading.Thread(target=dar, args=[otro]) for otro in otros]
    for hilo in hilos:
        hilo.start()
    for hilo in hilos:
        hilo.join(timeout=20)

    assert sorted(resultados) == ["dada", "repetida"]
    assert Delegacion.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rol", "ruta"),
    [
        ("coordinadora", "matrices:periodos"),
        ("aprobador", "matrices:aprobacion"),
        ("analista", "matrices:revision"),
        ("inspector", "informes:recomendaciones"),
    ],
)
def test_quien_recibe_una_delegacion_vigente_halla_a_donde_ir(client, elenco, hoy, rol, ruta):
    titular = getattr(elenco, rol)
    delegado, vencido = (
        UsuarioFactory(rol=Rol.PLANIFICADOR, institucion=titular.institucion) for _ in range(2)
    )
    DelegacionFactory(titular=titular, delegado=delegado)
    DelegacionFactory(
        titular=titular, delegado=vencido, desde=hoy - timedelta(9), hasta=hoy - timedelta(1)
    )

    def pagina(persona):
        client.force_login(persona)
        return " ".join(client.get(reverse(LISTA)).content.decode().split())

    enlace = f'<td> <a href="{reverse(ruta)}">'
    assert enlace in pagina(delegado)
    assert client.get(reverse(ruta)).status_code == 200
    assert enlace not in pagina(vencido)
    assert enlace not in pagina(titular)
