"""G-02, G-02b, G-03, G-15, G-33 y G-36: cada persona, en cada ruta, sobre cada clase y estado."""

from collections import Counter

import pytest
from django.contrib.admin.sites import site
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from informes.tasks import LATIDO
from instituciones.models import Asiento
from tests.fabricas import UsuarioFactory
from tests.seguridad import mundo as mundos
from tests.seguridad.inventario import revisadas
from tests.seguridad.mundo import ACTORES, ADENTRO, fresco
from tests.seguridad.pedidos import (
    celdas,
    clientes,
    cuerpo,
    debe,
    direccion,
    pedir,
    sin_claves,
)

DESCARGAN = {"informes_descarga", "instituciones_asiento"}
SIN_CONSTANCIA = {  # lo que se hace solo mientras se escribe
    "matrices:asi_quedara": set(mundos.ESTADOS),  # mide lo escrito, y no escribe nada
    "matrices:asi_quedara_rectificado": set(mundos.ESTADOS),  # lo mismo
    "matrices:autoguardar": {"BORRADOR"},  # sube la versión; empezar o corregir sí es un paso
}
SOBRE_OTRA_FILA = {"aporte", "subir", "pedir_clase"}
CABECERAS = {
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
CODIGOS = {"404": {404}, "403": {403}, "409": {409, 422}}


@pytest.fixture
def mundo(elenco, cache_limpia, settings):
    settings.NEGATIVAS_SEGUIDAS = 0  # aquí se niega miles de veces a propósito
    uno = mundos.crear(elenco)
    cache_limpia.set(LATIDO, timezone.now().timestamp())  # hay un trabajador que late
    casas = {getattr(uno.personas, actor).institucion for actor in ADENTRO}
    uno.companeras = {casa.pk: UsuarioFactory(institucion=casa, rol="AUDITOR") for casa in casas}
    return uno


def es_lo_debido(respuesta, esperado) -> bool:
    if esperado == "entrar":
        return respuesta.status_code == 302 and reverse("account_login") in respuesta["Location"]
    if esperado == "bien":
        bien = respuesta.status_code in {200, 302}
        return bien and reverse("account_login") not in respuesta.get("Location", "")
    return respuesta.status_code in CODIGOS[esperado]


def mal_de_cabeceras(respuesta, actor) -> list[str]:
    """Lo que falta en la respuesta para que nada se ejecute, se enmarque ni se guarde."""
    faltan = [n for n, valor in CABECERAS.items() if valor not in respuesta.get(n, "")]
    if actor in ADENTRO and "no-store" not in respuesta.get("Cache-Control", ""):
        faltan.append("Cache-Control")
    return faltan


class Cuenta:
    """Lo que se va viendo en cada celda, y lo que está mal."""

    def __init__(self, mundo):
        self.mundo, self.clientes = mundo, clientes(mundo)
        self.celdas, self.bien, self.mal = 0, Counter(), []
        self.ajenas, self.sin_fila, self.asentadas = 0, {}, 0

    def probar(self, celda):
        esperado, cliente = debe(celda), self.clientes[celda.actor]
        metodo, datos = celda.fila["metodo"], cuerpo(celda, self.mundo)
        donde = direccion(celda, self.mundo)
        previos = Asiento.objects.count() if esperado == "bien" and metodo == "POST" else 0
        respuesta, escritas = pedir(cliente, metodo, donde, datos)
        self.celdas += 1
        if not es_lo_debido(respuesta, esperado):
            self.mal.append(f"{celda}: debía «{esperado}», dio {respuesta.status_code}")
            return respuesta
        if falta := mal_de_cabeceras(respuesta, celda.actor):
            self.mal.append(f"{celda}: sin {falta}")
        if esperado != "bien" and escritas:
            self.mal.append(f"{celda}: negada y escribió {escritas}")
        if metodo == "GET" and set(escritas) - DESCARGAN:
            self.mal.append(f"{celda}: un GET escribió {escritas}")
        if celda.fila["ruta"].startswith("matrices:asi_quedara") and escritas:
            self.mal.append(f"{celda}: medir escribió {escritas}")
        if esperado == "404":
            self.comparar_con_lo_que_no_existe(celda, respuesta, datos)
        if esperado == "bien":
            self.bien[celda.actor] += 1
            self.mirar_lo_permitido(celda, respuesta, previos)
        return respuesta

    def comparar_con_lo_que_no_existe(self, celda, respuesta, datos):
        """G-02b: lo ajeno y lo inexistente se contestan igual."""
        clave = (celda.fila["ruta"], celda.fila["metodo"], celda.fila["caso"], celda.actor)
        if clave not in self.sin_fila:
            donde = direccion(celda, self.mundo, existe=False)
            if "avance" in datos:
                datos = {**datos, "avance": "987654321:1"}
            otra, _ = pedir(self.clientes[celda.actor], celda.fila["metodo"], donde, datos)
            self.sin_fila[clave] = sin_claves(otra)
        self.ajenas += 1
        if sin_claves(respuesta) != self.sin_fila[clave]:
            self.mal.append(f"{celda}: lo ajeno no se contesta como lo que no existe")

    def mirar_lo_permitido(self, celda, respuesta, previos):
        """G-03 y G-15: se ve la fila de la que se trata, y lo escrito deja constancia."""
        if celda.fila["puede"] == "cualquiera":
            return
        if celda.fila["metodo"] == "POST":
            callado = celda.fila["ruta"] in SIN_CONSTANCIA
            if callado and celda.estado in SIN_CONSTANCIA[celda.fila["ruta"]]:
                if Asiento.objects.count() != previos:
                    self.mal.append(f"{celda}: dejó constancia de lo que no es un acto")
                return
            nuevos = list(Asiento.objects.order_by("pk")[previos:])
            persona = getattr(self.mundo.personas, celda.actor)
            if not nuevos or {uno.persona_id for uno in nuevos} != {persona.pk}:
                self.mal.append(f"{celda}: dejó {len(nuevos)} asientos, de quien no era")
            self.asentadas += bool(nuevos)
            if celda.clase and celda.fila["caso"] not in SOBRE_OTRA_FILA:
                avance = self.mundo.avances[celda.clase, celda.estado]
                if ("avance", str(avance.pk)) not in {(uno.tipo, uno.clave) for uno in nuevos}:
                    self.mal.append(f"{celda}: el asiento no habla de su avance")
        elif celda.clase and respuesta.get("Content-Type", "").startswith("text/html"):
            avance = fresco(self.mundo.avances[celda.clase, celda.estado])
            if str(avance.actividad) not in respuesta.content.decode():
                self.mal.append(f"{celda}: 200 sin la fila")


@pytest.mark.parametrize("metodo", ["GET", "POST"])
def test_la_matriz_de_autorizacion_se_cumple_celda_por_celda(mundo, cifra, metodo, por_pares):
    cuenta = Cuenta(mundo)
    filas = [fila for fila in revisadas() if fila["metodo"] == metodo]
    for celda in celdas(filas, por_pares=por_pares):
        punto = transaction.savepoint()
        try:
            cuenta.probar(celda)
        finally:
            transaction.savepoint_rollback(punto)

    cifra(f"G-02 {metodo} celdas={cuenta.celdas} fallos={len(cuenta.mal)}")
    cifra(f"G-02b {metodo} ajenas_como_inexistentes={cuenta.ajenas}")
    cifra(f"G-15 {metodo} escrituras_con_asiento={cuenta.asentadas}")
    assert not cuenta.mal, "\n".join(cuenta.mal)
    sin_nada = {actor for actor in ACTORES if cuenta.bien[actor] == 0}
    assert not sin_nada  # G-03


def test_el_sitio_de_catalogos_es_solo_de_quien_administra(mundo, cifra):
    navegadores, celdas_hechas, mal = clientes(mundo), 0, []
    paginas = [reverse("admin:index")]
    for modelo in site._registry:
        nombre = f"admin:{modelo._meta.app_label}_{modelo._meta.model_name}"
        paginas += [reverse(f"{nombre}_changelist"), reverse(f"{nombre}_add")]
        paginas.append(reverse(f"{nombre}_change", args=[1]))
    for pagina in paginas:
        for actor, cliente in navegadores.items():
            punto = transaction.savepoint()
            respuesta, escritas = pedir(cliente, "GET", pagina, {})
            transaction.savepoint_rollback(punto)
            celdas_hechas += 1
            entra = respuesta.status_code == 200 and actor == "administradora"
            sin_alta = actor == "administradora" and respuesta.status_code in {302, 403}
            fuera = actor != "administradora" and respuesta.status_code in {302, 403, 404}
            if not (entra or sin_alta or fuera) or escritas:
                mal.append(f"{actor} {pagina}: {respuesta.status_code} {escritas}")

    cifra(f"G-02 catalogos: celdas={celdas_hechas} fallos={len(mal)}")
    assert mal == []
    alta = navegadores["administradora"].get(reverse("admin:instituciones_usuario_changelist"))
    assert mundo.personas.planificadora.correo in alta.content.decode()


def test_sin_ficha_ningun_post_pasa(mundo, cifra):
    """G-36: la ficha falta, y quien sí puede recibe 403 y nada se escribe."""
    filas = [
        fila
        for fila in revisadas()
        if fila["metodo"] == "POST" and fila["puede"] not in {"nadie", "api"}
    ]
    probadas, mal = 0, []
    for fila in filas:
        if fila["puede"] == "cuenta" and not fila["ruta"].startswith("account_log"):
            continue
        suyos = (
            ADENTRO
            if fila["puede"] in {"adentro", "cuenta", "cualquiera"}
            else fila["puede"].split()
        )
        quien = suyos[0]
        celda = next(c for c in celdas([{**fila, "puede": "adentro"}]) if c.actor == quien)
        cliente = Client(enforce_csrf_checks=True, raise_request_exception=False)
        cliente.force_login(getattr(mundo.personas, quien))
        datos = cuerpo(celda, mundo)
        respuesta, escritas = pedir(cliente, "POST", direccion(celda, mundo), datos)
        probadas += 1
        if respuesta.status_code != 403 or escritas:
            mal.append(f"{celda}: {respuesta.status_code} {escritas}")

    cifra(f"G-36 post_sin_ficha={probadas} rechazados={probadas - len(mal)}")
    assert mal == []


@pytest.mark.parametrize("donde", ["/no-existe/", "/salud/", "/cuenta/login/", "/%FF", "/x" * 1500])
def test_tambien_los_errores_llevan_las_cabeceras(client, db, donde):
    assert mal_de_cabeceras(client.get(donde), "anonimo") == []


def test_un_archivo_estatico_lleva_las_cabeceras(client):
    respuesta = client.get("/static/pesn/pesn.css")

    assert respuesta.status_code == 200
    assert mal_de_cabeceras(respuesta, "anonimo") == []
