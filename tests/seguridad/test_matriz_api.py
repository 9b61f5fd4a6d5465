"""G-02, G-02b, G-03, G-07 y G-15 en la API: cada sistema, en cada ruta, sobre cada clase y estado.

Los actores son sistemas con todos los alcances de su rol, y los que ya no deben entrar: sin
ficha, revocado, vencido, de persona apagada y de persona que cambió de puesto.
"""

import json
from collections import Counter
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from instituciones import cifra, clientes, entregas
from instituciones.api.fichas import NiegaTodo
from instituciones.models import (
    Alcance,
    Asiento,
    ClienteSistema,
    Entrega,
    Evento,
    Ficha,
    Rol,
    Suscripcion,
    Usuario,
)
from matrices.models import Avance
from tests.api.conftest import inscribir
from tests.archivos import pdf
from tests.fabricas import UsuarioFactory
from tests.seguridad import mundo as mundos
from tests.seguridad.inventario import revisadas
from tests.seguridad.mundo import ADENTRO, CLASES, ESTADOS, canarios_en, lee, ve
from tests.seguridad.pedidos import Escrituras, cruce, sin_claves

NO_EXISTE = 987_654_321
CON_SISTEMA = [actor for actor in ADENTRO if actor != "administradora"]
SOLO_LEEN = {"planificadora_lee": "planificadora", "aprobador_lee": "aprobador"}
FUERA = ["sin_ficha", "revocado", "vencido", "apagada", "cambio_de_puesto", "inventada"]
CAPTURAN = {"planificadora", "delegada", "delegada_vencida"}
SE_ESCRIBEN = {"BORRADOR", "OBSERVADO"}
CADA_PEDIDO = {"instituciones_ficha", "instituciones_pedidodesistema", "cache_compartida"}
DESCARGAN = {"informes_descarga", "instituciones_asiento"}


@pytest.fixture
def mundo(elenco, cache_limpia, settings):
    settings.NEGATIVAS_SEGUIDAS = 0  # aquí se niega miles de veces a propósito
    return con_sistemas(mundos.crear(elenco))


def con_sistemas(mundo):
    """El mundo, con un sistema por persona, los que sólo leen y los que ya no deben entrar."""
    mundo.sistemas = {
        actor: inscribir(getattr(mundo.personas, actor), nombre=actor)[1] for actor in CON_SISTEMA
    }
    for nombre, actor in SOLO_LEEN.items():
        persona = getattr(mundo.personas, actor)
        mundo.sistemas[nombre] = inscribir(persona, Alcance.LEER, nombre=nombre)[1]
    mundo.sistemas |= _los_que_ya_no_entran(mundo)
    _suscribir(mundo)
    return mundo


@pytest.fixture(autouse=True)
def _sin_limites(monkeypatch):
    """Aquí se piden miles: los límites se prueban aparte."""
    monkeypatch.setattr(SimpleRateThrottle, "allow_request", lambda self, request, view: True)


def _suscribir(mundo) -> None:
    """El webhook del sistema de quien planifica, con una entrega ya hecha."""
    cliente = ClienteSistema.objects.get(nombre="planificadora")
    mundo.suscripcion = Suscripcion.objects.create(
        cliente=cliente,
        direccion="https://sistema.gob.gt/gancho",
        eventos=Evento.values,
        secreto=cifra.cifrar("whsec_CANARIO", cifra.WEBHOOKS),
    )
    hecho = entregas.Hecho(mundo.periodo, {"periodo": mundo.periodo.pk}, "/api/v1/periodos/1/")
    entregas.anunciar(Evento.PERIODO_ABIERTO, [hecho])
    Entrega.objects.update(estado="MUERTA")
    mundo.entrega = Entrega.objects.get()


def _los_que_ya_no_entran(mundo) -> dict:
    casa = mundo.personas.planificadora.institucion
    hechos = {}
    for nombre in FUERA[1:5]:
        persona = UsuarioFactory(institucion=casa, nombre=nombre)
        cliente, hechos[nombre] = inscribir(persona, nombre=nombre)
        if nombre == "revocado":
            clientes.revocar(cliente, por=None)
        elif nombre == "vencido":
            ayer = timezone.now() - timedelta(days=1)
            Ficha.objects.filter(cliente=cliente).update(expiry=ayer)
        elif nombre == "apagada":
            Usuario.objects.filter(pk=persona.pk).update(is_active=False)
        else:
            Usuario.objects.filter(pk=persona.pk).update(rol=Rol.APROBADOR)
    hechos["inventada"] = type(mundo.sistemas["analista"])("pesn_" + "ab" * 32)
    hechos["sin_ficha"] = SimpleNamespace(http=Client(raise_request_exception=False), secreto="")
    return hechos


class Celda(SimpleNamespace):
    """Una petición: ruta, método, objeto y quién."""

    def __str__(self):
        return f"{self.metodo} {self.ruta} [{self.clase} {self.estado}] {self.actor}"


LISTAS = {
    fila["ruta"]
    for fila in revisadas()
    if fila["ruta"].startswith("api:") and fila["ruta"].endswith("-list")
}
DE_AVANCE = {"api:avance-detail", "api:avance-faltas", "api:avance-paso", "api:avance-evidencias"}
DE_EVIDENCIA = {"api:evidencia-detail", "api:evidencia-archivo"}


def celdas(*, por_pares: bool):
    for fila in revisadas():
        if fila["puede"] != "api":
            continue
        sobre = fila["ruta"] in DE_AVANCE | DE_EVIDENCIA or fila["metodo"] == "POST"
        sobre = sobre and fila["ruta"] not in DE_UN_SISTEMA
        objetos = [(c, e) for c in CLASES for e in ESTADOS] if sobre else [("", "")]
        actores = [*CON_SISTEMA, *SOLO_LEEN, *FUERA]
        for (clase, estado), actor in cruce(objetos, actores, por_pares=por_pares):
            yield Celda(
                ruta=fila["ruta"], metodo=fila["metodo"], clase=clase, estado=estado, actor=actor
            )


def llave(celda, mundo, *, existe=True):
    """La clave del objeto de la ruta; o una que no hay."""
    if celda.ruta in LISTAS or celda.ruta in {"api:avance-lote", "api:esquema"}:
        return {}
    if not existe:
        return {"pk": NO_EXISTE}
    if celda.ruta in DE_AVANCE:
        return {"pk": mundo.avances[celda.clase, celda.estado].pk}
    if celda.ruta in DE_EVIDENCIA:
        return {"pk": mundo.evidencias[celda.clase, celda.estado].pk}
    return {"pk": DE_CADA_RUTA[celda.ruta](mundo).pk}


DE_CADA_RUTA = {
    "api:institucion-detail": lambda m: m.personas.planificadora.institucion,
    "api:plan-detail": lambda m: m.plan,
    "api:accion-detail": lambda m: m.accion,
    "api:propuesta-detail": lambda m: m.plan.propuestas.get(),
    "api:periodo-detail": lambda m: m.periodo,
    "api:matriz-detail": lambda m: m.matriz,
    "api:actividad-detail": lambda m: m.avances["RESERVADA", "BORRADOR"].actividad,
    "api:corte-detail": lambda m: m.corte,
    "api:corte-resultados": lambda m: m.corte,
    "api:informe-detail": lambda m: m.informes["CNS"],
    "api:documento-detail": lambda m: m.informes["CNS"].documentos.first(),
    "api:documento-archivo": lambda m: m.informes["CNS"].documentos.first(),
    "api:suscripcion-detail": lambda m: m.suscripcion,
    "api:entrega-detail": lambda m: m.entrega,
    "api:entrega-reenviar": lambda m: m.entrega,
}
DE_UN_SISTEMA = {"api:suscripcion-detail", "api:entrega-detail", "api:entrega-reenviar"}
LEEN_AL_CONSEJO = {
    *("analista", "analista_cap", "coordinadora", "consejera"),
    *("inspector", "comisionada", "auditor"),
}
VEN_LO_RESERVADO = {"planificadora", "aprobador", "delegada", "delegada_vencida", "coopera"}
VEN_LO_RESERVADO |= {"analista", "coordinadora", "inspector", "auditor"}


def debe(celda) -> set[int]:
    """Los estados HTTP que se admiten."""
    if celda.actor in FUERA:
        return {401}
    if celda.ruta in DE_UN_SISTEMA:  # la persona puede tener otros; se contesta al sistema mismo
        return {200} if celda.actor == "planificadora" else {404}
    if celda.actor in SOLO_LEEN:  # los ojos de su persona, y ninguna mano
        celda = Celda(**{**vars(celda), "actor": SOLO_LEEN[celda.actor]})
        return debe(celda) if celda.metodo == "GET" else {403}
    if celda.metodo != "GET":
        return _al_escribir(celda)
    if celda.ruta == "api:cola-list":
        return {200} if celda.actor in {"analista", "analista_cap", "coordinadora"} else {403}
    if celda.ruta in LISTAS or celda.ruta == "api:esquema":
        return {200}
    if celda.ruta == "api:avance-faltas":
        return _visto(celda, {200} if celda.actor in CAPTURAN else {403})
    if celda.ruta in DE_AVANCE:
        return _visto(celda, {200})
    if celda.ruta in DE_EVIDENCIA:
        return {200} if lee(celda.actor, celda.clase, celda.estado) else {404}
    if celda.ruta == "api:actividad-detail":
        return {200} if celda.actor in VEN_LO_RESERVADO else {404}
    if celda.ruta.startswith(("api:informe", "api:documento")):
        return {200} if celda.actor in LEEN_AL_CONSEJO else {404}
    return {200}


def _visto(celda, bien):
    return bien if ve(celda.actor, celda.clase, celda.estado) else {404}


def _al_escribir(celda) -> set[int]:
    planifica = celda.actor in CAPTURAN | {"planificadora_ajena", "coopera"}
    if celda.ruta == "api:avance-paso":  # remitir: sólo quien aprueba
        if celda.actor not in {"aprobador", "aprobador_ajeno"}:
            return _visto(celda, {403})
        return _visto(celda, {200} if celda.estado == "EN_APROBACION" else {409})
    if not planifica:
        return {403}
    if celda.ruta == "api:avance-lote":
        return {200} if celda.actor in CAPTURAN and celda.estado in SE_ESCRIBEN else {207}
    if celda.ruta in DE_EVIDENCIA:
        if not lee(celda.actor, celda.clase, celda.estado):
            return {404}
        return {204} if celda.estado == "BORRADOR" else {409}
    if celda.actor not in CAPTURAN:
        return _visto(celda, {403})
    se_puede = {"BORRADOR"} if celda.ruta == "api:avance-evidencias" else SE_ESCRIBEN
    return {200, 201} if celda.estado in se_puede else {409}


def pedir(celda, mundo, *, existe=True):
    """La respuesta y las tablas que escribió."""
    sistema = mundo.sistemas[celda.actor]
    donde = reverse(celda.ruta, kwargs=llave(celda, mundo, existe=existe))
    cabeceras = {"Authorization": f"Bearer {sistema.secreto}"} if sistema.secreto else {}
    cuerpo, tipo = b"", ""
    avance = mundo.avances.get((celda.clase, celda.estado))
    version = Avance.objects.get(pk=avance.pk).version if avance else 1
    if celda.ruta == "api:avance-evidencias":
        frontera = "limite123"
        tipo = f"multipart/form-data; boundary={frontera}"
        cuerpo = (
            (
                f'--{frontera}\r\nContent-Disposition: form-data; name="archivos"; '
                f'filename="acta.pdf"\r\nContent-Type: application/pdf\r\n\r\n'
            ).encode()
            + pdf(f"Acta {celda}")
            + f"\r\n--{frontera}--\r\n".encode()
        )
    elif celda.metodo in {"POST", "PATCH"}:
        tipo, cuerpo = "application/json", json.dumps(_datos(celda, avance, version, existe))
    if celda.metodo in {"PATCH", "POST"} and celda.ruta != "api:avance-lote":
        cabeceras["If-Match"] = f'"{version}"'
    anotador = Escrituras()
    with connection.execute_wrapper(anotador):
        respuesta = sistema.http.generic(celda.metodo, donde, cuerpo, tipo, headers=cabeceras)
    return respuesta, set(anotador.tablas) - CADA_PEDIDO


def _datos(celda, avance, version, existe):
    if celda.ruta == "api:avance-paso":
        return {"paso": "remitir", "confirma": True}
    if celda.ruta in DE_UN_SISTEMA:
        return {}
    dado = {"porcentaje": "46.00"}
    if celda.ruta == "api:avance-lote":
        return {"avances": [{"id": avance.pk if existe else NO_EXISTE, "version": version, **dado}]}
    if celda.ruta == "api:avance-list":
        clave = avance.actividad_id if existe else NO_EXISTE
        return {"actividad": clave, "periodo": "2021-S1", "version": version, **dado}
    return dado


class CuentaDeApi:
    """Lo que se va viendo en cada celda, y lo que está mal."""

    def __init__(self, mundo):
        self.mundo, self.celdas, self.ajenas = mundo, 0, 0
        self.mal, self.bien, self.sin_fila = [], Counter(), {}

    def probar(self, celda):
        previos = Asiento.objects.count()
        respuesta, escritas = pedir(celda, self.mundo)
        esperado = debe(celda)
        self.celdas += 1
        if respuesta.status_code not in esperado:
            self.mal.append(f"{celda}: debía {esperado}, dio {respuesta.status_code}")
        elif respuesta.status_code >= 400:
            self.mirar_lo_negado(celda, respuesta, escritas)
        else:
            self.mirar_lo_permitido(celda, respuesta, escritas, previos)
        if "no-store" not in respuesta.get("Cache-Control", ""):
            self.mal.append(f"{celda}: se puede guardar en una caché")
        return respuesta

    def mirar_lo_negado(self, celda, respuesta, escritas):
        if escritas:
            self.mal.append(f"{celda}: negada y escribió {escritas}")
        if respuesta["Content-Type"] != "application/problem+json":
            self.mal.append(f"{celda}: no es un problema")
        if respuesta.status_code != 404:
            return
        self.ajenas += 1
        clave = (celda.ruta, celda.metodo, celda.actor)
        if clave not in self.sin_fila:
            self.sin_fila[clave] = sin_claves(pedir(celda, self.mundo, existe=False)[0])
        if sin_claves(respuesta) != self.sin_fila[clave]:
            self.mal.append(f"{celda}: lo ajeno no es como lo que no existe")

    def mirar_lo_permitido(self, celda, respuesta, escritas, previos):
        self.bien[celda.actor] += 1
        if celda.metodo == "GET" and escritas - DESCARGAN:
            self.mal.append(f"{celda}: un GET escribió {escritas}")
        escribe = celda.metodo != "GET" and respuesta.status_code != 207
        if escribe and Asiento.objects.count() == previos:
            self.mal.append(f"{celda}: escribió sin dejar constancia")


def test_la_matriz_de_la_api_se_cumple_celda_por_celda(mundo, cifra, por_pares):
    cuenta = CuentaDeApi(mundo)
    for celda in celdas(por_pares=por_pares):
        punto = transaction.savepoint()
        cuenta.probar(celda)
        transaction.savepoint_rollback(punto)

    cifra(
        f"G-02 api: celdas={cuenta.celdas} fallos={len(cuenta.mal)} "
        f"ajenas_como_inexistentes={cuenta.ajenas}"
    )
    assert not cuenta.mal, "\n".join(cuenta.mal[:60])
    assert {actor for actor in CON_SISTEMA if not cuenta.bien[actor]} == set()  # G-03
    assert not {actor for actor in FUERA if cuenta.bien[actor]}


def test_ningun_canario_sale_a_quien_no_lo_lee(mundo, cifra):
    """G-06: en listas y detalles, cada sistema ve sólo los textos que su persona puede leer."""
    mal, vistos = [], 0
    for actor in CON_SISTEMA:
        sistema = mundo.sistemas[actor]
        donde = [f"/api/v1/avances/{uno.pk}/" for uno in mundo.avances.values()]
        donde += ["/api/v1/avances/", "/api/v1/avances/?limite=200"]
        dicho = "".join(sistema.leer(una).content.decode() for una in donde)
        for hallado in canarios_en(dicho):
            _c, clase, estado, _campo = hallado.split("-")
            vistos += 1
            if estado != "CONSOLIDADO" and not lee(actor, clase, estado):
                mal.append(f"{actor}: {hallado}")

    cifra(f"G-06 api: canarios_leidos={vistos} indebidos={len(mal)}")
    assert mal == []
    assert vistos


def test_con_la_sesion_se_lee_y_no_se_escribe(mundo):
    """La sesión sólo lee, así que no hace falta ficha contra falsificación."""
    navegador = Client(raise_request_exception=False)
    navegador.force_login(mundo.personas.planificadora)
    avance = mundo.avances["PUBLICA", "BORRADOR"]

    assert navegador.get(f"/api/v1/avances/{avance.pk}/").status_code == 200
    respuesta = navegador.patch(
        f"/api/v1/avances/{avance.pk}/",
        {"porcentaje": "99"},
        "application/json",
        headers={"If-Match": f'"{avance.version}"'},
    )
    assert respuesta.status_code == 401
    assert Avance.objects.get(pk=avance.pk).porcentaje == 45


def test_una_vista_que_no_dice_quien_entra_no_deja_entrar_a_nadie(rf):
    assert APIView.permission_classes == [NiegaTodo]
    pedido = rf.get("/")
    pedido.user = UsuarioFactory.build(rol="COORDINADOR")
    vista = type("Abierta", (APIView,), {"get": lambda self, request: None}).as_view()
    assert vista(pedido).status_code in {401, 403}
