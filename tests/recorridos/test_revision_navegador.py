"""La analista en su navegador: veinte revisiones contadas clic a clic, y todo con el teclado."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from matrices import flujo
from matrices.models import Avance
from tests.fabricas import ActividadFactory, AvanceFactory, FiltroGuardadoFactory
from tests.recorridos.escena import montar
from tests.recorridos.test_semestre_navegador import Persona

REVISIONES, MAXIMO = 20, 4
pytestmark = [
    pytest.mark.navegador,
    pytest.mark.una_vez,
    pytest.mark.django_db(transaction=True),
]


class Manos:
    """Lo que una persona hace con la página, contado: cada clic, cada tecla y cada texto."""

    def __init__(self, page):
        self.page, self.hechas = page, 0

    def clic(self, donde):
        self.hechas += 1
        donde.click()

    def clic_y_llegar(self, donde):
        with self.page.expect_navigation():
            self.clic(donde)

    def escribir(self, donde, texto):
        self.hechas += 1
        donde.fill(texto)

    def tecla(self, cual):
        self.hechas += 1
        self.page.keyboard.press(cual)

    def tecla_y_llegar(self, cual):
        with self.page.expect_navigation():
            self.tecla(cual)

    def contadas(self):
        hechas, self.hechas = self.hechas, 0
        return hechas


@pytest.fixture
def escena(elenco, cache_limpia):
    """Un periodo abierto con veintitrés avances remitidos; los tres últimos, «Sin cambios»."""
    escena = montar(elenco)
    escena.periodo.__class__.objects.filter(pk=escena.periodo.pk).update(estado="ABIERTO")
    escena.periodo.refresh_from_db()
    ahora = timezone.now()
    matriz = escena.actividades[0].matriz
    escena.avances = []
    for numero in range(2, REVISIONES + 5):
        callado = numero > REVISIONES + 1
        escena.avances.append(
            AvanceFactory(
                actividad=ActividadFactory(
                    matriz=matriz,
                    numero=numero,
                    responsable=elenco.responsable,
                    inicio=escena.plan.inicio,
                    fin_original=escena.plan.fin,
                ),
                periodo=escena.periodo,
                estado="REMITIDO",
                capturado_por=elenco.planificadora,
                entregado_por=elenco.planificadora,
                remitido_por=elenco.aprobador,
                remitido_en=ahora - timedelta(days=30, minutes=-numero),
                situacion_reportada="EN_EJECUCION",
                porcentaje=0 if callado else 40,
                sin_cambios=callado,
                motivo_sin_cambios="La compra sigue en trámite." if callado else "",
                logro="" if callado else f"Se capacitó al grupo {numero} en Cobán.",
            )
        )
    flujo.medir(Avance.objects.filter(periodo=escena.periodo))
    return escena


@pytest.fixture
def analista(browser, live_server, elenco, escena):
    persona = Persona(browser, live_server.url, elenco.analista, [])
    yield persona
    persona.contexto.close()


def estado(avance):
    return Avance.objects.get(pk=avance.pk).estado


def activo(page):
    """El texto de lo que tiene el foco."""
    return page.evaluate("document.activeElement.textContent.trim()")


def test_veinte_revisiones_en_cuatro_interacciones_o_menos_cada_una(analista, escena, cifra):
    page, contadas = analista.page, []
    manos = Manos(page)
    page.goto(analista.direccion + reverse("matrices:revision"))
    manos.clic_y_llegar(page.locator("[data-renglon] a").first)
    for vuelta in range(REVISIONES):
        avance = escena.avances[vuelta]
        assert f"/revision/{avance.pk}/" in page.url
        if vuelta % 5 == 4:
            manos.clic(page.locator("[data-campo=logro] summary"))
            manos.escribir(page.locator("[name=obs_logro]"), "Precise el lugar y la fecha.")
            manos.clic_y_llegar(page.get_by_role("button", name="Observar y siguiente"))
            assert estado(avance) == "OBSERVADO"
        else:
            manos.clic_y_llegar(page.get_by_role("button", name="Validar y siguiente"))
            assert estado(avance) == "VALIDADO"
        contadas.append(manos.contadas())

    assert len(contadas) == REVISIONES
    assert max(contadas) <= MAXIMO
    cifra(
        f"Revisión en navegador: revisiones={REVISIONES} interacciones={sum(contadas)} "
        f"máximo={max(contadas)} por_revision={sum(contadas) / REVISIONES:.2f}"
    )


def test_las_mismas_con_el_teclado_y_sin_tocar_el_raton(analista, escena, cifra):
    page, contadas = analista.page, []
    manos = Manos(page)
    page.goto(analista.direccion + reverse("matrices:revision"))
    manos.tecla("j")
    manos.tecla_y_llegar("Enter")
    for vuelta in range(4):
        avance = escena.avances[vuelta]
        if vuelta == 3:
            manos.tecla("o")
            manos.escribir(page.locator(":focus"), "Precise el lugar y la fecha.")
            manos.clic_y_llegar(page.get_by_role("button", name="Observar y siguiente"))
        else:
            manos.tecla("v")
            assert activo(page) == "Validar y siguiente"
            assert estado(avance) == "REMITIDO", "una tecla suelta no decide"
            manos.tecla_y_llegar("Enter")
        contadas.append(manos.contadas())
        assert estado(avance) == ("OBSERVADO" if vuelta == 3 else "VALIDADO")

    assert max(contadas) <= MAXIMO
    cifra(f"Revisión con teclado: revisiones=4 máximo={max(contadas)}")


def test_las_teclas_recorren_la_cola_y_marcan(analista, escena):
    page = analista.page
    page.goto(analista.direccion + reverse("matrices:revision"))

    for tecla, quien in [("j", 0), ("j", 1), ("k", 0), ("k", 0)]:
        page.keyboard.press(tecla)
        assert activo(page) == str(escena.avances[quien].actividad)
    page.keyboard.press("x")
    assert page.locator("[name=avance]:checked").count() == 1
    page.keyboard.press("x")
    page.keyboard.press("m")
    assert page.locator("[name=avance]:checked").count() == 3
    analista.presionar("Validar las «Sin cambios»")

    assert [estado(uno) for uno in escena.avances[-3:]] == ["VALIDADO"] * 3
    assert "Validadas: 3." in page.locator("main").inner_text()


def test_los_atajos_no_estorban_al_escribir_y_se_apagan(analista, escena):
    page = analista.page
    page.goto(analista.direccion + reverse("matrices:revision"))
    codigo = page.locator("[name=accion]")
    codigo.click()
    page.keyboard.type("jkxm?")
    assert codigo.input_value() == "jkxm?"
    assert page.locator("details.atajos[open]").count() == 0

    page.locator("h1").click()
    page.keyboard.press("?")
    assert page.locator("details.atajos[open]").count() == 1
    analista.mirar()
    page.keyboard.press("Control+j")
    page.get_by_label("Usar atajos de teclado").uncheck()
    page.keyboard.press("Escape")
    assert page.locator("details.atajos[open]").count() == 0
    antes = activo(page)
    page.keyboard.press("j")
    assert activo(page) == antes

    page.reload()
    assert not page.locator("#usar-atajos").is_checked()
    page.keyboard.press("?")
    assert page.locator("details.atajos[open]").count() == 0


def test_en_la_revision_las_teclas_van_de_campo_en_campo(analista, escena):
    page = analista.page
    ruta = reverse("matrices:revisar", args=[escena.avances[0].pk])
    page.goto(analista.direccion + ruta)

    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.id") == "campo-situacion_reportada"
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.id") == "campo-porcentaje"
    page.keyboard.press("o")
    assert page.evaluate("document.activeElement.name") == "obs_porcentaje"
    page.keyboard.type("jovse?")
    assert page.locator(":focus").input_value() == "jovse?"
    page.locator("h1").click()
    with page.expect_navigation():
        page.keyboard.press("s")

    assert f"/revision/{escena.avances[1].pk}/" in page.url


def test_ninguna_pantalla_de_la_analista_tiene_hallazgos(analista, escena, elenco):
    guardado = FiltroGuardadoFactory(
        persona=elenco.analista, nombre="Lo rojo", consulta="semaforo=ROJO"
    )
    analista.ir("matrices:revision")
    analista.ir("matrices:revision", consulta="?declara=sin_cambios")
    analista.ir("matrices:revisar", pk=escena.avances[0].pk)
    analista.ir("matrices:filtros")
    analista.ir("matrices:cambiar_filtro", pk=guardado.pk)
    analista.ir("matrices:calidad")
    analista.ir("matrices:desglose", consulta="?cuales=faltan&institucion=MINGOB")
    analista.ir("matrices:desglose", consulta="?cuales=tarde")
    analista.page.emulate_media(color_scheme="dark")
    analista.ir("matrices:revision")
    analista.ir("matrices:revisar", pk=escena.avances[0].pk)
    analista.ir("matrices:calidad")
