"""El mismo semestre en un navegador: cinco personas, formularios y clics de verdad.

En cada página: axe no halla nada, cabe en 1280 y en 320 px, y la consola está limpia.
"""

from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from informes.models import Corte, Documento, Informe, TrabajoInforme
from informes.tasks import atender_trabajo
from matrices import periodos
from matrices.models import Avance, Periodo
from tests.archivos import pdf
from tests.recorridos.escena import LOGRO, PRECISO, montar

AXE = next(Path(__file__).parent.parent.glob("vendor/axe-core-*/axe.min.js")).read_text()
REGLAS = "; axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']})"
ANCHOS = (320, 1280)

pytestmark = [pytest.mark.navegador, pytest.mark.django_db(transaction=True)]


SE_SALE = """ancho => [...document.querySelectorAll("body *")]
    .filter(uno => uno.getBoundingClientRect().right > ancho)
    .map(uno => uno.outerHTML.slice(0, 160))"""


class Persona:
    """Una persona con su propio navegador, que mira cada página a la que llega."""

    def __init__(self, browser, direccion, quien, vistas):
        sesion = Client()
        sesion.force_login(quien)
        self.direccion, self.vistas, self.consola = direccion, vistas, []
        self.contexto = browser.new_context(locale="es-GT", accept_downloads=True)
        galleta = sesion.cookies[settings.SESSION_COOKIE_NAME].value
        self.contexto.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": galleta, "url": direccion}]
        )
        self.page = self.contexto.new_page()
        self.page.set_default_timeout(20_000)
        self.page.on("console", lambda m: m.type == "error" and self.consola.append(m.text))
        self.page.on("pageerror", lambda falla: self.consola.append(str(falla)))
        self.page.on("dialog", lambda aviso: aviso.accept())

    def ir(self, ruta, **llave):
        consulta = llave.pop("consulta", "")
        self.page.goto(self.direccion + reverse(ruta, kwargs=llave) + consulta)
        self.mirar()

    def mirar(self):
        """La página donde está, ancha y angosta."""
        donde = self.page.url.removeprefix(self.direccion)
        for ancho in ANCHOS:
            self.page.set_viewport_size({"width": ancho, "height": 900})
            if self.page.evaluate("document.documentElement.scrollWidth") > ancho:
                assert self.page.evaluate(SE_SALE, ancho) == [], (donde, ancho)
        fallas = self.page.evaluate(AXE + REGLAS)["violations"]
        assert [(f["id"], f["nodes"][0]["html"][:200]) for f in fallas] == [], donde
        assert self.consola == [], donde
        self.vistas.append(donde)

    def presionar(self, texto, *, exacto=True):
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=texto, exact=exacto).first.click()
        queja = self.page.locator("[data-errores]")
        assert queja.count() == 0, queja.first.inner_text()

    def poner(self, **campos):
        for nombre, valor in campos.items():
            campo = self.page.locator(f"#captura [name={nombre}]")
            if campo.evaluate("nodo => nodo.tagName") == "SELECT":
                campo.select_option(valor)
            elif campo.get_attribute("type") == "checkbox":
                campo.check()
            else:
                campo.fill(valor)


@pytest.fixture
def gente(browser, live_server, elenco, cache_limpia):
    vistas = []
    nombres = ["planificadora", "aprobador", "analista", "coordinadora", "consejera"]
    todas = {
        nombre: Persona(browser, live_server.url, getattr(elenco, nombre), vistas)
        for nombre in nombres
    }
    yield todas
    for una in todas.values():
        una.contexto.close()


def estados():
    return list(Avance.objects.order_by("pk").values_list("estado", flat=True))


def test_cinco_personas_andan_el_semestre(gente, elenco, tmp_path, cifra):
    escena = montar(elenco)
    abrir(gente["coordinadora"], escena)
    captar(gente["planificadora"], tmp_path)
    aprobar(gente["aprobador"])
    observar_y_validar(gente)
    cortar(gente["coordinadora"], escena)
    informe = emitir(gente["coordinadora"])
    leer_en_el_consejo(gente["consejera"], informe)

    vistas = gente["consejera"].vistas
    cifra(f"Recorrido en navegador: paginas={len(vistas)} distintas={len(set(vistas))} axe=0")


def abrir(coordinadora, escena):
    coordinadora.ir("matrices:periodos")
    coordinadora.ir("matrices:periodo", pk=escena.periodo.pk)
    coordinadora.presionar("Abrir 2026-S1")
    coordinadora.mirar()
    assert estados() == ["PENDIENTE"] * 4


def captar(planificadora, carpeta):
    """Tres actividades con su evidencia; de la lista a la página y de ahí a aprobación."""
    acta = carpeta / "acta.pdf"
    cifras = {
        "PORCENTAJE": {"porcentaje": "60"},
        "META": {"ejecutado_periodo": "55"},
        "HITOS": {"hitos_cumplidos_1": True, "hitos_cumplidos_1_fecha": "2026-03-30"},
    }
    planificadora.ir("matrices:semestre")
    for avance in Avance.objects.select_related("actividad").order_by("pk")[:3]:
        acta.write_bytes(pdf(f"Acta {avance.pk}"))
        planificadora.ir("matrices:capturar", pk=avance.pk)
        planificadora.poner(
            situacion_reportada="EN_EJECUCION",
            logro=f"{LOGRO} ({avance.actividad})",
            **cifras[avance.actividad.modo],
        )
        pagina = planificadora.page
        if avance.actividad.modo == "HITOS":
            pagina.locator("[name=evidencia-hito]").select_option(index=1)
        pagina.locator("#captura [type=file]").set_input_files(acta)
        pagina.locator("[data-subidas] .buena").wait_for()
        assert pagina.locator("#captura [name=logro]").input_value().startswith(LOGRO)
        planificadora.poner(declaracion=True)
        planificadora.presionar("Entregar a aprobación")
    planificadora.mirar()
    assert estados() == ["EN_APROBACION"] * 3 + ["PENDIENTE"]


def aprobar(aprobador):
    """Lee lo entregado de una pasada y lo remite todo."""
    aprobador.ir("matrices:aprobacion")
    assert LOGRO in aprobador.page.locator("main").inner_text()
    aprobador.presionar("Remitir las 3 a revisión")
    aprobador.mirar()
    assert estados() == ["REMITIDO"] * 3 + ["PENDIENTE"]


def observar_y_validar(gente):
    analista, primero = gente["analista"], Avance.objects.order_by("pk").first()
    analista.ir("matrices:revision")
    analista.ir("matrices:revisar", pk=primero.pk)
    casilla = analista.page.locator("[name=obs_logro]")
    casilla.evaluate("nodo => { for (const d of document.querySelectorAll('details')) d.open = 1 }")
    casilla.fill("Precise el lugar y la fecha.")
    analista.presionar("Enviar observaciones")
    assert estados()[0] == "OBSERVADO"

    planificadora = gente["planificadora"]
    planificadora.ir("matrices:capturar", pk=primero.pk)
    assert "Precise el lugar y la fecha." in planificadora.page.locator("main").inner_text()
    planificadora.page.locator("[name^=respuesta_]").fill("Se precisó el lugar y el mes.")
    planificadora.poner(logro=PRECISO, declaracion=True)
    planificadora.presionar("Entregar a aprobación")
    gente["aprobador"].ir("matrices:aprobacion")
    gente["aprobador"].presionar("Remitir a revisión")

    for avance in Avance.objects.filter(estado="REMITIDO").order_by("pk"):
        analista.ir("matrices:revisar", pk=avance.pk)
        analista.presionar("Validar")
    analista.mirar()
    assert estados() == ["VALIDADO"] * 3 + ["PENDIENTE"]


def cortar(coordinadora, escena):
    for dia in (escena.periodo.limite, escena.periodo.fin_gracia):
        despues = timezone.now() + (dia - timezone.localdate()) + timedelta(days=1)
        periodos.dar_pasos_del_calendario(despues)
    coordinadora.ir("informes:cortar", pk=escena.periodo.pk)
    coordinadora.presionar("Cortar 2026-S1")
    coordinadora.mirar()
    assert Periodo.objects.get(pk=escena.periodo.pk).estado == "CORTADO"


def emitir(coordinadora):
    coordinadora.ir("informes:ordenar", pk=Corte.objects.get().pk, consulta="?edicion=CNS")
    coordinadora.presionar("Ordenar el informe")
    coordinadora.mirar()
    for _timbrazo in range(2):
        atender_trabajo(TrabajoInforme.objects.get().clave)
    informe = Informe.objects.get()
    coordinadora.ir("informes:informe", pk=informe.pk)
    coordinadora.presionar("Aprobar")
    coordinadora.page.locator("[name=fecha_sesion]").fill(f"{timezone.localdate()}")
    coordinadora.presionar("Presentar al CNS")
    coordinadora.mirar()
    informe.refresh_from_db()
    assert informe.estado == "PRESENTADO"
    return informe


def leer_en_el_consejo(consejera, informe):
    consejera.ir("informes:consejo")
    for documento in Documento.objects.filter(informe=informe, formato__in=["PDF", "XLSX"]):
        ruta = reverse("informes:documento", args=[documento.pk])
        with consejera.page.expect_download() as bajada:
            consejera.page.locator(f"a[href='{ruta}']").first.click()
        octetos = Path(bajada.value.path()).read_bytes()
        assert sha256(octetos).hexdigest() == documento.sha256
    consejera.presionar("Dejar constancia de que tomé conocimiento")
    assert informe.tomas_de_conocimiento.count() == 1
    consejera.ir("informes:verificar")
    consejera.page.locator("[name=huella]").fill(documento.sha256)
    consejera.presionar("Verificar")
    assert "Genuino" in consejera.page.locator("main").inner_text()
    consejera.mirar()
