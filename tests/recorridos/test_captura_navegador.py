"""La captura en un navegador: cuarenta actividades a paso humano, y ningún texto que se pierda.

El paso humano es el modelo de tecleo (KLM): lo que tarda una persona en decidir, apuntar,
presionar y teclear. No se espera: se suma.
"""

import re

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from instituciones.models import Usuario
from matrices.models import Avance, Movimiento
from tests.archivos import pdf, png
from tests.fabricas import (
    AccionFactory,
    ActividadFactory,
    AvanceFactory,
    MatrizFactory,
    ObjetivoFactory,
    PeriodoFactory,
)
from tests.recorridos.test_semestre_navegador import AXE, REGLAS

pytestmark = [
    pytest.mark.navegador,
    pytest.mark.una_vez,
    pytest.mark.django_db(transaction=True),
]

DECIDIR, APUNTAR, PRESIONAR, TECLA, MANOS = 1.35, 1.1, 0.2, 0.28, 0.4  # segundos
LEER_UNA, MIRAR_RENGLON, ELEGIR_ARCHIVO = 25, 5, 8
LOGRO = "Se capacitó a {n} personas de la cabecera departamental en el uso del sistema."
MOTIVO = "No se asignaron recursos en todo el semestre."
HORA, POR_ACTIVIDAD = 3600, 6
CORTADA = ("htmx:afterRequest,", "htmx:sendAbort,")


class Persona:
    """Alguien frente a su página: cada cosa que hace cuenta una, y tarda lo que tarda."""

    def __init__(self, browser, servidor, quien, ancho=1440):
        self.servidor, self.interacciones, self.segundos, self.consola = servidor, 0, 0.0, []
        self.contexto = browser.new_context(
            locale="es-GT", viewport={"width": ancho, "height": 900}
        )
        self.entrar(quien)
        self.page = self.contexto.new_page()
        self.page.set_default_timeout(20_000)
        self.page.on("console", self.anotar)
        self.page.on("pageerror", lambda falla: self.consola.append(str(falla)))

    def anotar(self, mensaje):
        """Lo que falla; no que al irse de la página se corte la medida que iba en camino."""
        if mensaje.type == "error" and not mensaje.text.startswith(CORTADA):
            self.consola.append(mensaje.text)

    def entrar(self, quien):
        sesion = Client()
        sesion.force_login(quien)
        galleta = sesion.cookies[settings.SESSION_COOKIE_NAME].value
        self.contexto.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": galleta, "url": self.servidor}]
        )

    def ir(self, ruta, *llave):
        self.page.goto(self.servidor + reverse(ruta, args=llave))

    def _cuenta(self, segundos):
        self.interacciones += 1
        self.segundos += segundos

    def leer(self, segundos):
        self.segundos += segundos

    def clic(self, donde, *, navega=False):
        self._cuenta(DECIDIR + APUNTAR + PRESIONAR)
        if not navega:
            donde.click()
            return
        with self.page.expect_navigation():
            donde.click()

    def escribir(self, nombre, texto):
        self._cuenta(DECIDIR + APUNTAR + PRESIONAR + MANOS + TECLA * len(texto))
        self.page.locator(f"[name={nombre}]").fill(texto)

    def elegir(self, nombre, valor):
        self._cuenta(DECIDIR + 2 * (APUNTAR + PRESIONAR))
        self.page.locator(f"[name={nombre}]").select_option(valor)

    def adjuntar(self, *archivos):
        self._cuenta(ELEGIR_ARCHIVO)
        antes = self.page.locator("[data-subidas] li").count()
        self.page.locator("#captura [type=file]").set_input_files(list(archivos))
        self.page.locator("[data-subidas] .buena").nth(antes + len(archivos) - 1).wait_for()

    def boton(self, nombre):
        return self.page.get_by_role("button", name=nombre, exact=True).first

    def guardado(self):
        estado = self.page.locator("#estado-de-guardado")
        estado.filter(has_text=re.compile(r"^Guardado \d\d:\d\d$")).wait_for()

    def sin_fallas(self):
        fallas = self.page.evaluate(AXE + REGLAS)["violations"]
        assert [(f["id"], f["nodes"][0]["html"][:200]) for f in fallas] == []
        ancho = self.page.viewport_size["width"]
        assert self.page.evaluate("document.documentElement.scrollWidth") <= ancho


@pytest.fixture
def abrir(browser, live_server, cache_limpia, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path / "medios")
    abiertas = []

    def una(quien, **opciones):
        abiertas.append(Persona(browser, live_server.url, quien, **opciones))
        return abiertas[-1]

    yield una
    for persona in abiertas:
        persona.contexto.close()


def semestre_de(elenco, acciones, por_accion):
    """Con su semestre anterior: las pares sin novedad, adelantadas; las otras, al 20 %."""
    objetivo = ObjetivoFactory()
    plan = objetivo.programa.plan
    antes = PeriodoFactory(plan=plan, anio=2020, semestre=2, estado="CORTADO")
    ahora, avances = PeriodoFactory(plan=plan), []
    for orden in range(1, acciones + 1):
        accion = AccionFactory(objetivo=objetivo, codigo=f"1.1.{orden}", orden=orden)
        matriz = MatrizFactory(accion=accion)
        for numero in range(1, por_accion + 1):
            actividad = ActividadFactory(
                matriz=matriz, numero=numero, responsable=elenco.responsable
            )
            AvanceFactory(
                actividad=actividad,
                periodo=antes,
                estado="CONSOLIDADO",
                situacion_reportada="EN_EJECUCION",
                porcentaje=20 if numero % 2 else 60,
                logro="Se hizo el diagnóstico inicial en las sedes departamentales.",
            )
            avances.append(
                AvanceFactory(
                    actividad=actividad, periodo=ahora, programado=24.79, ejecutado_previo=20
                )
            )
    return avances


def test_cuarenta_actividades_caben_en_una_hora(abrir, elenco, tmp_path, cifra):
    avances = semestre_de(elenco, acciones=4, por_accion=10)
    nuevas = [uno for uno in avances if uno.actividad.numero % 2]
    iguales = [uno for uno in avances if not uno.actividad.numero % 2]
    persona = abrir(elenco.planificadora)
    page = persona.page
    persona.ir("matrices:semestre")

    for avance in iguales:
        persona.leer(MIRAR_RENGLON)
        persona.clic(page.get_by_label(f"Marcar {avance.actividad}", exact=True))
    persona.escribir("motivo_sin_cambios", MOTIVO)
    persona.clic(persona.boton("Declarar «Sin cambios» en las marcadas"), navega=True)
    assert "«Sin cambios» en 20 de 20" in page.locator("main").inner_text()
    persona.clic(page.locator("[name=declaracion]"))
    persona.clic(persona.boton("Entregar las marcadas a aprobación"), navega=True)
    assert Avance.objects.filter(estado="EN_APROBACION").count() == 20

    persona.clic(page.locator(f"th a[href='/avances/{nuevas[0].pk}/']"), navega=True)
    for n, avance in enumerate(nuevas):
        assert page.url.endswith(f"/avances/{avance.pk}/")
        acta = tmp_path / f"acta-{avance.pk}.pdf"
        acta.write_bytes(pdf(f"Acta {avance.pk}"))
        persona.leer(LEER_UNA)
        persona.elegir("situacion_reportada", "EN_EJECUCION")
        persona.escribir("porcentaje", "40")
        persona.escribir("logro", LOGRO.format(n=n + 40))
        persona.adjuntar(acta)
        if n + 1 < len(nuevas):
            persona.clic(persona.boton("Siguiente"), navega=True)
        else:
            persona.clic(persona.boton("Guardar y siguiente"), navega=True)
    assert "/semestre/?plan=" in page.url
    persona.clic(page.get_by_label("Marcar todas las que se ven"))
    persona.clic(page.locator("[name=declaracion]"))
    persona.clic(persona.boton("Entregar las marcadas a aprobación"), navega=True)

    estados = set(Avance.objects.filter(pk__in=[a.pk for a in avances]).values_list("estado"))
    por_una = persona.interacciones / len(avances)
    cifra(
        f"Captura a paso humano: 40 actividades, interacciones={persona.interacciones} "
        f"({por_una:.1f} por actividad), minutos={persona.segundos / 60:.1f}"
    )
    assert estados == {("EN_APROBACION",)}
    assert persona.interacciones <= POR_ACTIVIDAD * len(avances)
    assert persona.segundos <= HORA
    assert persona.consola == []


def test_del_semestre_al_borrador_guardado_en_tres(abrir, elenco, cifra):
    avance = semestre_de(elenco, acciones=1, por_accion=1)[0]
    persona = abrir(elenco.planificadora)
    persona.ir("matrices:semestre")

    persona.clic(persona.page.locator(f"th a[href='/avances/{avance.pk}/']"), navega=True)
    persona.escribir("porcentaje", "30")
    persona.guardado()

    avance.refresh_from_db()
    assert (avance.estado, avance.porcentaje) == ("BORRADOR", 30)
    assert persona.interacciones <= 3
    cifra(f"Del semestre al borrador guardado: interacciones={persona.interacciones}")


def test_asi_quedara_cambia_mientras_se_escribe(abrir, elenco):
    avance = semestre_de(elenco, acciones=1, por_accion=1)[0]
    persona = abrir(elenco.planificadora)
    persona.ir("matrices:capturar", avance.pk)
    lado = persona.page.locator("#asi-quedara")

    persona.escribir("porcentaje", "10")
    lado.get_by_text("Rojo").wait_for()
    persona.escribir("porcentaje", "25")
    lado.get_by_text("Verde").wait_for()

    assert "25.0" in lado.inner_text()
    assert persona.page.evaluate("document.activeElement.name") == "porcentaje"


@pytest.mark.parametrize("ancho", [320, 768, 1440])
@pytest.mark.parametrize("esquema", ["light", "dark"])
def test_la_captura_se_lee_en_cualquier_ancho(abrir, elenco, ancho, esquema):
    avance = semestre_de(elenco, acciones=1, por_accion=2)[0]
    persona = abrir(elenco.planificadora, ancho=ancho)
    page = persona.page
    page.emulate_media(color_scheme=esquema)
    persona.ir("matrices:semestre")
    persona.sin_fallas()
    persona.ir("matrices:capturar", avance.pk)
    persona.sin_fallas()
    page.evaluate("scrollTo(0, document.body.scrollHeight / 2)")

    page.wait_for_timeout(100)
    caja = page.locator("#asi-quedara").bounding_box()
    assert 0 <= caja["y"] < 900  # siempre a la vista
    detalle = page.get_by_text("Impacto esperado.")
    assert detalle.is_visible() is (ancho > 320)
    if ancho == 320:
        page.get_by_text("Acción, fechas e historia").click()
        assert detalle.is_visible()
    assert persona.consola == []


def test_la_sesion_vencida_no_pierde_lo_escrito(abrir, elenco):
    avance = semestre_de(elenco, acciones=1, por_accion=1)[0]
    persona = abrir(elenco.planificadora)
    persona.ir("matrices:capturar", avance.pk)
    persona.contexto.clear_cookies()

    persona.escribir("logro", LOGRO)
    persona.page.get_by_text("Su sesión terminó.").wait_for()
    persona.page.locator(".barra-de-captura .btn-primary").click()
    assert persona.page.locator("[name=logro]").input_value() == LOGRO
    assert persona.page.url.endswith(f"/avances/{avance.pk}/")
    persona.entrar(elenco.planificadora)
    persona.ir("matrices:capturar", avance.pk)
    assert persona.page.locator("[name=logro]").input_value() == ""
    persona.clic(persona.boton("Recuperarlo"))
    persona.guardado()

    avance.refresh_from_db()
    assert avance.logro == LOGRO
    persona.page.reload()
    assert persona.page.locator("#aviso-de-captura").inner_text() == ""
    assert copias(persona) == []


def copias(persona):
    return persona.page.evaluate("Object.keys(localStorage).filter(k => k.startsWith('pesn:'))")


def con_copia(abrir, elenco):
    """Una persona con algo escrito que el servidor no alcanzó a guardar."""
    avance = semestre_de(elenco, acciones=1, por_accion=1)[0]
    persona = abrir(elenco.planificadora)
    persona.ir("matrices:capturar", avance.pk)
    persona.page.route("**/autoguardar/", lambda ruta: ruta.abort())
    persona.escribir("logro", LOGRO)
    persona.page.get_by_text("a salvo en este navegador").wait_for()
    assert len(copias(persona)) == 1
    return persona, avance


def test_el_servidor_caido_no_pierde_lo_escrito_y_se_reintenta(abrir, elenco):
    persona, avance = con_copia(abrir, elenco)

    persona.page.unroute("**/autoguardar/")
    persona.guardado()

    avance.refresh_from_db()
    assert avance.logro == LOGRO
    assert copias(persona) == []


def test_la_pestana_cerrada_no_pierde_lo_escrito(abrir, elenco):
    """El envío que se hace al cerrar llega o no llega; de las dos maneras el texto vuelve."""
    persona, avance = con_copia(abrir, elenco)

    persona.page.close()
    persona.page = persona.contexto.new_page()
    persona.ir("matrices:capturar", avance.pk)
    if persona.page.locator("[name=logro]").input_value() != LOGRO:
        persona.clic(persona.boton("Recuperarlo"))
        persona.guardado()

    avance.refresh_from_db()
    assert avance.logro == LOGRO


def test_otra_persona_en_la_misma_maquina_no_encuentra_la_copia(abrir, elenco):
    persona, _avance = con_copia(abrir, elenco)

    persona.entrar(elenco.aprobador)
    persona.ir("matrices:aprobacion")

    assert copias(persona) == []


def test_al_salir_no_queda_copia(abrir, elenco):
    persona, _avance = con_copia(abrir, elenco)

    persona.page.goto(persona.servidor + reverse("account_logout"))
    with persona.page.expect_navigation():
        persona.page.locator("main form button").click()

    assert copias(persona) == []


def test_lo_confidencial_no_queda_en_el_disco(abrir, elenco):
    avance = semestre_de(elenco, acciones=1, por_accion=1)[0]
    Avance.objects.filter(pk=avance.pk).update(clasificacion="CONFIDENCIAL")
    persona = abrir(elenco.planificadora)
    persona.ir("matrices:capturar", avance.pk)
    persona.page.route("**/autoguardar/", lambda ruta: ruta.abort())

    persona.escribir("logro", LOGRO)
    persona.page.get_by_text("a salvo en este navegador").wait_for()

    assert copias(persona) == []
    assert LOGRO in str(persona.page.evaluate("Object.values(sessionStorage)"))


def test_el_choque_se_ve_sin_perder_texto_y_se_elige(abrir, elenco):
    avance = semestre_de(elenco, acciones=1, por_accion=1)[0]
    persona = abrir(elenco.planificadora)
    persona.ir("matrices:capturar", avance.pk)
    otra = Usuario.objects.get(pk=elenco.planificadora.pk)
    Avance.objects.filter(pk=avance.pk).update(
        version=5, estado="BORRADOR", logro="Lo de la otra persona.", capturado_por=otra
    )

    persona.escribir("logro", LOGRO)
    persona.page.get_by_text("no se ha perdido").wait_for()
    assert persona.page.locator("[name=logro]").input_value() == LOGRO
    persona.clic(persona.boton("Comparar los dos textos y elegir"), navega=True)
    persona.sin_fallas()
    persona.clic(persona.boton("Guardar lo elegido"), navega=True)

    avance.refresh_from_db()
    assert avance.logro == LOGRO
    assert Movimiento.objects.filter(avance=avance).count() == 1
    assert copias(persona) == []


def test_varios_archivos_se_sueltan_y_cada_uno_dice_como_le_fue(abrir, elenco, tmp_path):
    avance = semestre_de(elenco, acciones=1, por_accion=1)[0]
    buenos = [tmp_path / "acta.pdf", tmp_path / "foto.png"]
    buenos[0].write_bytes(pdf("Acta"))
    buenos[1].write_bytes(png())
    malo = tmp_path / "programa.exe"
    malo.write_bytes(b"MZ" * 500)
    persona = abrir(elenco.planificadora)
    persona.ir("matrices:capturar", avance.pk)

    persona.page.locator("#captura [type=file]").set_input_files([*buenos, malo])
    persona.page.locator("[data-subidas] .mala").wait_for()

    assert persona.page.locator("[data-subidas] .buena").count() == 2
    assert "No se subió:" in persona.page.locator("[data-subidas] .mala").inner_text()
    assert persona.page.locator("#lista-de-evidencias li").count() == 2
    persona.clic(persona.page.get_by_role("link", name="Ver foto.png"))
    imagen = persona.page.locator("img.vista-previa")
    imagen.wait_for()
    imagen = persona.page.locator("img.vista-previa")
    imagen.wait_for()
    assert imagen.evaluate("una => una.decode().then(() => una.naturalWidth)") > 0


def test_copiar_trae_lo_del_semestre_anterior(abrir, elenco):
    avance = semestre_de(elenco, acciones=1, por_accion=1)[0]
    persona = abrir(elenco.planificadora)
    persona.ir("matrices:capturar", avance.pk)

    persona.clic(persona.page.get_by_role("button", name="Copiar lo de 2020-S2 en Logro"))
    persona.guardado()

    avance.refresh_from_db()
    assert avance.logro == "Se hizo el diagnóstico inicial en las sedes departamentales."
