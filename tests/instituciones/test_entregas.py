"""La bandeja de los webhooks, leída de vuelta en un receptor de verdad."""

import json
import socket
import threading
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone

from instituciones import cifra, clientes, destinos, entregas, suscripciones
from instituciones.models import (
    Asiento,
    Aviso,
    ClienteSistema,
    Entrega,
    Ficha,
    Suscripcion,
    Usuario,
)
from instituciones.tasks import despachar_webhooks
from tests.api.conftest import inscribir
from tests.fabricas import ActividadFactory, AvanceFactory, InstitucionFactory
from tests.instituciones.conftest import suscribir
from tests.receptor import ejemplo

pytestmark = pytest.mark.django_db
verificador = ejemplo()


def avance_de(casa, **datos):
    return AvanceFactory(estado="VALIDADO", actividad=ActividadFactory(responsable=casa), **datos)


def anunciar(*avances, evento="avance.validado", momento=None):
    hechos = [
        entregas.Hecho(uno, {"avance": uno.pk}, f"/api/v1/avances/{uno.pk}/") for uno in avances
    ]
    return entregas.anunciar(evento, hechos, momento=momento)


def anuncio(elenco):
    """Una entrega por enviar, de un avance de MINGOB."""
    assert anunciar(avance_de(elenco.responsable)) == 1
    return Entrega.objects.latest("pk")


def estados():
    return sorted(Entrega.objects.values_list("estado", flat=True))


def dentro_de(**cuanto):
    return timezone.now() + timedelta(**cuanto)


# Lo que llega ----------------------------------------------------------------------------------
def test_llega_firmado_con_su_identificador_y_llaves_nada_mas(suscrita, receptor, elenco):
    entrega = anuncio(elenco)

    assert entregas.despachar() == 1

    [recibido] = receptor.recibidos
    aviso = verificador.verificar(recibido.cabeceras, recibido.cuerpo, [suscrita.dicho])
    assert recibido.cabeceras["webhook-id"] == entrega.identificador
    assert set(aviso) == {"type", "timestamp", "data"}
    assert aviso["type"] == "avance.validado"
    assert aviso["data"] == {
        "avance": entrega.clave,
        "enlace": f"https://pesn.gob.gt/api/v1/avances/{entrega.clave}/",
    }
    entrega.refresh_from_db()
    assert (entrega.estado, entrega.estado_http, entrega.intentos) == ("ENTREGADA", 204, 1)
    assert entrega.entregada_en is not None


def test_el_timbre_puede_sonar_tres_veces(suscrita, receptor, elenco):
    anuncio(elenco)

    for _timbrazo in range(3):
        despachar_webhooks()

    assert len(receptor.recibidos) == 1


def test_nace_con_el_paso_o_no_nace(suscrita, elenco):
    with transaction.atomic():
        anuncio(elenco)
        transaction.set_rollback(True)

    assert not Entrega.objects.exists()


def test_de_la_historia_que_se_carga_no_se_anuncia(suscrita, elenco):
    avance = avance_de(elenco.responsable)

    assert anunciar(avance, momento=timezone.now() - timedelta(days=2)) == 0


# Quién recibe ----------------------------------------------------------------------------------
def test_el_sistema_de_otra_institucion_no_recibe_lo_ajeno(suscrita, receptor, elenco):
    ajeno = inscribir(elenco.ajena)[0]
    suscribir(ajeno, receptor.direccion("/ajeno"))
    propio, de_ellos = avance_de(elenco.responsable), avance_de(elenco.otra)

    assert anunciar(propio, de_ellos) == 2
    entregas.despachar()

    dicho = {(uno.camino, json.loads(uno.cuerpo)["data"]["avance"]) for uno in receptor.recibidos}
    assert dicho == {("/gancho", propio.pk), ("/ajeno", de_ellos.pk)}


def test_cada_quien_recibe_los_eventos_que_pidio(elenco, receptor):
    cliente = inscribir(elenco.planificadora)[0]
    suscribir(cliente, receptor.direccion("/a"), "avance.validado", "periodo.abierto")
    suscribir(cliente, receptor.direccion("/b"), "avance.observado")
    avance = avance_de(elenco.responsable)

    anunciar(avance)
    anunciar(avance, evento="avance.observado")
    entregas.despachar()

    assert sorted((u.camino, json.loads(u.cuerpo)["type"]) for u in receptor.recibidos) == [
        ("/a", "avance.validado"),
        ("/b", "avance.observado"),
    ]


CAMBIOS = ["revocado", "apagada", "rol", "institucion", "vencida", "sin_leer"]


def quitar(elenco, cambio):
    persona = Usuario.objects.filter(pk=elenco.planificadora.pk)
    if cambio == "revocado":
        clientes.revocar(ClienteSistema.objects.get(), por=None)
    elif cambio == "vencida":
        Ficha.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    elif cambio == "sin_leer":
        ClienteSistema.objects.update(alcances=["escribir_avance"])
    else:
        casa = InstitucionFactory()
        nuevo = {"apagada": {"is_active": False}, "rol": {"rol": "APROBADOR"}}
        persona.update(**nuevo.get(cambio, {"institucion": casa}))


@pytest.mark.parametrize("cambio", CAMBIOS)
def test_quien_ya_no_entraria_a_la_api_no_recibe_lo_nuevo_ni_lo_que_esperaba(
    suscrita, receptor, elenco, cambio
):
    anuncio(elenco)
    quitar(elenco, cambio)

    assert anunciar(avance_de(elenco.responsable)) == 0
    entregas.despachar()

    assert (receptor.recibidos, estados()) == ([], ["OMITIDA"])


def test_lo_que_dejo_de_ver_mientras_esperaba_no_se_manda(suscrita, receptor, elenco):
    entrega = anuncio(elenco)
    actividad = type(avance_de(elenco.otra).actividad).objects.filter(avances=entrega.clave)
    actividad.update(responsable=elenco.otra)

    entregas.despachar()

    assert (receptor.recibidos, estados()) == ([], ["OMITIDA"])


# Cuando no llega -------------------------------------------------------------------------------
def test_se_reintenta_con_el_mismo_identificador_y_otra_marca_de_tiempo(suscrita, receptor, elenco):
    anuncio(elenco)
    receptor.contesta = 500
    entregas.despachar()
    receptor.contesta = 200

    enseguida = entregas.despachar()
    ahora = dentro_de(minutes=1)
    despues = entregas.despachar(ahora)

    primero, segundo = receptor.recibidos
    assert (enseguida, despues, estados()) == (0, 1, ["ENTREGADA"])
    assert primero.cabeceras["webhook-id"] == segundo.cabeceras["webhook-id"]
    assert primero.cuerpo == segundo.cuerpo
    assert primero.cabeceras["webhook-timestamp"] != segundo.cabeceras["webhook-timestamp"]
    secretos = [suscrita.dicho]
    assert verificador.verificar(segundo.cabeceras, segundo.cuerpo, secretos, ahora.timestamp())
    tarde = dentro_de(minutes=6).timestamp()
    with pytest.raises(verificador.NoVale):  # el primero, repetido más tarde, ya no vale
        verificador.verificar(primero.cabeceras, primero.cuerpo, secretos, tarde)


def test_las_esperas_crecen_por_cuatro_con_su_azar_y_con_tope():
    for intentos in range(1, entregas.INTENTOS):
        debida = min(timedelta(seconds=30) * 4 ** (intentos - 1), timedelta(hours=12))
        dadas = {
            entregas.espera(Entrega(intentos=intentos), entregas.Respuesta()) for _ in range(40)
        }
        assert len(dadas) > 1
        assert debida * 0.8 <= min(dadas)
        assert max(dadas) <= debida * 1.2


def test_se_espera_lo_que_pidan_pero_no_mas_que_el_tope():
    pide = entregas.Respuesta(503, "estado", 600)
    siempre = entregas.Respuesta(503, "estado", 999_999)

    assert entregas.espera(Entrega(intentos=1), pide) == timedelta(minutes=10)
    assert entregas.espera(Entrega(intentos=1), siempre) == timedelta(hours=12)


def agotar(momento=None):
    """Barre a la hora de cada intento, hasta que no quede nada; dice la hora."""
    momento = momento or timezone.now()
    for _vez in range(200):
        espera = Entrega.objects.filter(estado="POR_ENVIAR").order_by("proximo").first()
        if espera is None or not suscripciones.Suscripcion.objects.activas().exists():
            return momento
        momento = max(momento, espera.proximo)
        entregas.despachar(momento)
    raise AssertionError("No se agota nunca.")


def test_agotada_queda_muerta_consta_y_se_avisa_a_quien_administra(suscrita, receptor, elenco):
    entrega = anuncio(elenco)
    receptor.contesta = 500

    fin = agotar()

    entrega.refresh_from_db()
    assert len(receptor.recibidos) == entregas.INTENTOS
    assert (entrega.estado, entrega.falla, entrega.estado_http) == ("MUERTA", "estado", 500)
    assert timedelta(hours=24) < fin - entrega.creada < timedelta(hours=48)
    [consta] = Asiento.objects.de_seguridad().filter(acto="entrega_muerta")
    assert consta.clave == str(entrega.pk)
    aviso = Aviso.objects.get(persona=elenco.administradora)
    assert "no se pudo entregar" in aviso.titulo
    assert receptor.direccion() not in aviso.titulo + consta.datos
    suscrita.refresh_from_db()
    assert (suscrita.estado, suscrita.muertas_seguidas) == ("ACTIVA", 1)


def test_varias_muertas_seguidas_la_pausan_y_no_se_le_manda_mas(suscrita, receptor, elenco):
    for _una in range(entregas.MUERTAS_PARA_PAUSAR + 1):
        anuncio(elenco)
    receptor.contesta = 500

    agotar()

    suscrita.refresh_from_db()
    assert (suscrita.estado, suscrita.motivo) == ("PAUSADA", "MUERTAS")
    assert estados() == ["MUERTA"] * 5 + ["POR_ENVIAR"]
    assert Asiento.objects.filter(acto="pausar_suscripcion", persona=None).count() == 1
    assert Aviso.objects.filter(titulo__startswith="Se pausó").count() == 1
    cuantos = len(receptor.recibidos)
    assert anunciar(avance_de(elenco.responsable)) == 0
    assert entregas.despachar(dentro_de(days=9)) == 0
    assert len(receptor.recibidos) == cuantos
    assert not entregas.esperan(dentro_de(days=9))

    receptor.contesta = 200
    suscripciones.reanudar(suscrita, por=elenco.administradora)
    assert entregas.despachar(dentro_de(days=9)) == 1


def test_una_que_llega_borra_la_cuenta_de_las_muertas(suscrita, receptor, elenco):
    Suscripcion.objects.update(muertas_seguidas=4)
    anuncio(elenco)

    entregas.despachar()

    assert Suscripcion.objects.get().muertas_seguidas == 0


def test_410_la_pausa_enseguida(suscrita, receptor, elenco):
    anuncio(elenco)
    receptor.contesta = 410

    entregas.despachar()

    suscrita.refresh_from_db()
    assert (suscrita.estado, suscrita.motivo, estados()) == ("PAUSADA", "SE_FUE", ["MUERTA"])
    assert len(receptor.recibidos) == 1


def test_un_nombre_que_ahora_lleva_adentro_no_se_llama_y_la_pausa(
    suscrita, receptor, elenco, monkeypatch, settings
):
    """Lo que se comprobó al suscribir no vale al mandar: se mira otra vez."""
    anuncio(elenco)
    settings.WEBHOOKS_DE_PRUEBA = False
    Suscripcion.objects.update(direccion="https://sistema.gob.gt/gancho")
    filas = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", receptor.puerto))]
    monkeypatch.setattr(destinos.socket, "getaddrinfo", lambda *a, **k: filas)

    entregas.despachar()

    suscrita.refresh_from_db()
    assert (receptor.recibidos, estados()) == ([], ["POR_ENVIAR"])
    assert (suscrita.estado, suscrita.motivo) == ("PAUSADA", "DESTINO")
    assert Entrega.objects.get().falla == "direccion"


def test_un_sistema_caido_no_detiene_a_los_demas_ni_gasta_la_barrida(
    suscrita, receptor, elenco, settings
):
    with socket.socket() as libre:
        libre.bind(("127.0.0.1", 0))
        caido = f"http://127.0.0.1:{libre.getsockname()[1]}/"
    suscribir(ClienteSistema.objects.get(), caido)
    for _una in range(3):
        anunciar(avance_de(elenco.responsable))

    assert entregas.despachar() == 3

    assert len(receptor.recibidos) == 3
    assert sum(Entrega.objects.values_list("intentos", flat=True)) == 4


# Uno entre varios ------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_ocho_procesos_a_la_vez_entregan_cada_una_una_vez(suscrita, receptor, elenco, cifra):
    for _una in range(12):
        anuncio(elenco)
    linea = threading.Barrier(8)

    def barrer():
        linea.wait(30)
        try:
            entregas.despachar()
        finally:
            connection.close()

    hilos = [threading.Thread(target=barrer) for _ in range(8)]
    for hilo in hilos:
        hilo.start()
    for hilo in hilos:
        hilo.join(60)

    llegaron = [uno.cabeceras["webhook-id"] for uno in receptor.recibidos]
    repetidos = len(llegaron) - len(set(llegaron))
    cifra(f"webhooks procesos=8 entregas=12 recibidos={len(llegaron)} repetidos={repetidos}")
    assert (len(llegaron), repetidos) == (12, 0)
    assert estados() == ["ENTREGADA"] * 12


def test_si_el_proceso_muere_otro_la_manda_al_vencer_el_arriendo(suscrita, receptor, elenco):
    entrega = anuncio(elenco)
    entregas.reclamar(entrega.pk, timezone.now())

    enseguida = entregas.despachar()
    vencido = entregas.despachar(timezone.now() + 2 * entregas.ARRIENDO)

    assert (enseguida, vencido, len(receptor.recibidos)) == (0, 1, 1)


def test_la_que_mata_a_quien_la_manda_no_se_intenta_siempre(suscrita, receptor, elenco):
    anuncio(elenco)
    momento = timezone.now()
    for _vez in range(entregas.INTENTOS):
        assert entregas.reclamar(Entrega.objects.get().pk, momento)
        momento += 2 * entregas.ARRIENDO

    entregas.despachar(momento)

    assert (receptor.recibidos, estados()) == ([], ["MUERTA"])


def test_quien_revive_tarde_no_deshace_lo_que_otro_hizo(suscrita, receptor, elenco):
    entrega = anuncio(elenco)
    entregas.reclamar(entrega.pk, timezone.now())
    dormido = Entrega.objects.select_related("suscripcion__cliente").get()
    entregas.despachar(timezone.now() + 2 * entregas.ARRIENDO)

    quedo = entregas._concluir(dormido, entregas.Respuesta(500, "estado"), timezone.now())

    assert (quedo, estados()) == ("", ["ENTREGADA"])


# El secreto ------------------------------------------------------------------------------------
def test_al_rotar_firman_los_dos_y_despues_solo_el_nuevo(suscrita, receptor, elenco):
    nuevo = suscripciones.rotar(suscrita, gracia=timedelta(hours=1), por=None)
    anuncio(elenco)
    entregas.despachar()
    anuncio(elenco)
    ahora = dentro_de(hours=2)
    entregas.despachar(ahora)

    en_gracia, despues = receptor.recibidos
    for secreto in (suscrita.dicho, nuevo):
        assert verificador.verificar(en_gracia.cabeceras, en_gracia.cuerpo, [secreto])
    partes = (despues.cabeceras, despues.cuerpo)
    assert verificador.verificar(*partes, [nuevo], ahora.timestamp())
    with pytest.raises(verificador.NoVale):
        verificador.verificar(*partes, [suscrita.dicho], ahora.timestamp())


def test_con_otro_secret_key_se_lee_mientras_el_anterior_este_y_si_no_se_pausa(
    suscrita, receptor, elenco, settings
):
    viejo, settings.SECRET_KEY = settings.SECRET_KEY, "otro" * 20
    settings.SECRET_KEY_FALLBACKS = [viejo]
    anuncio(elenco)
    assert entregas.despachar() == 1

    settings.SECRET_KEY_FALLBACKS = []
    anuncio(elenco)
    assert entregas.despachar() == 0

    suscrita.refresh_from_db()
    assert (suscrita.estado, suscrita.motivo) == ("PAUSADA", "SECRETO")
    assert len(receptor.recibidos) == 1


def test_el_secreto_no_queda_escrito_en_ninguna_parte(suscrita, receptor, elenco, caplog):
    caplog.set_level("DEBUG")
    nuevo = suscripciones.rotar(suscrita, por=elenco.administradora)
    anuncio(elenco)
    receptor.contesta, receptor.dice = 500, b"CANARIO"
    entregas.despachar()

    guardado = "".join(
        str(list(modelo.objects.values())) for modelo in (Suscripcion, Entrega, Asiento, Aviso)
    )
    registros = "".join(f"{uno.getMessage()} {uno.__dict__}" for uno in caplog.records)
    for secreto in (suscrita.dicho, nuevo):
        assert secreto not in guardado + registros
        assert secreto.removeprefix("whsec_") not in guardado + registros
    assert "CANARIO" not in guardado + registros
    assert "/gancho" not in registros
    assert "'webhook'" in registros
    suscrita.refresh_from_db()
    assert cifra.descifrar(suscrita.secreto, cifra.WEBHOOKS) == nuevo


# Volver a mandar y barrer ----------------------------------------------------------------------
def test_lo_hecho_se_manda_otra_vez_con_su_mismo_identificador(suscrita, receptor, elenco):
    entrega = anuncio(elenco)
    entregas.despachar()
    entrega = Entrega.objects.select_related("suscripcion__cliente__institucion").get()

    entregas.reenviar(entrega, por=elenco.planificadora)
    entregas.despachar()

    assert len({uno.cabeceras["webhook-id"] for uno in receptor.recibidos}) == 1
    assert (len(receptor.recibidos), estados()) == (2, ["ENTREGADA"])
    assert Asiento.objects.get(acto="reenviar_entrega").persona == elenco.planificadora


def test_no_se_reenvia_lo_que_espera_ni_a_quien_no_recibe(suscrita, elenco):
    entrega = anuncio(elenco)
    with pytest.raises(ValidationError):
        entregas.reenviar(entrega, por=None)
    Entrega.objects.update(estado="MUERTA")
    suscripciones.pausar(suscrita, por=None)
    entrega = Entrega.objects.select_related("suscripcion").get()
    with pytest.raises(ValidationError):
        entregas.reenviar(entrega, por=None)


def test_lo_de_hace_mas_de_un_mes_se_borra_y_lo_que_espera_no(suscrita, elenco):
    for estado in ("ENTREGADA", "MUERTA", "OMITIDA", "POR_ENVIAR"):
        entrega = anuncio(elenco)
        Entrega.objects.filter(pk=entrega.pk).update(estado=estado, entregada_en=timezone.now())

    assert entregas.barrer(dentro_de(days=29)) == 0
    assert entregas.barrer(dentro_de(days=31)) == 3
    assert estados() == ["POR_ENVIAR"]
