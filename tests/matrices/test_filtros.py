"""Los filtros guardados de la cola: de cada quien, con nombre, contados y revisados."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from matrices import filtros
from matrices.models import FiltroGuardado
from matrices.models.filtros import FILTROS_POR_PERSONA
from tests.fabricas import FiltroGuardadoFactory

MIOS = reverse("matrices:filtros")
GUARDAR = reverse("matrices:guardar_filtro")
COLA = reverse("matrices:revision")
pytestmark = [pytest.mark.django_db, pytest.mark.cada_motor]


def cambiar(filtro):
    return reverse("matrices:cambiar_filtro", args=[filtro.pk])


def borrar(filtro):
    return reverse("matrices:borrar_filtro", args=[filtro.pk])


@pytest.fixture
def analista(client, elenco):
    client.force_login(elenco.analista)
    return elenco.analista


def test_se_guarda_lo_que_la_direccion_filtra_y_nada_mas(client, analista):
    hecho = client.post(
        f"{GUARDAR}?semaforo=ROJO&ronda=2&institucion=&page=4&otra=cosa", {"nombre": "Lo rojo"}
    )

    guardado = FiltroGuardado.objects.get()
    assert (guardado.persona, guardado.nombre) == (analista, "Lo rojo")
    assert guardado.consulta == "estado=REMITIDO&semaforo=ROJO&ronda=2"
    assert hecho.url == f"{COLA}?{guardado.consulta}"


def test_el_filtro_guardado_sale_en_la_cola_y_se_sabe_cual_esta_puesto(client, analista):
    FiltroGuardadoFactory(
        persona=analista, nombre="Lo rojo", consulta="estado=REMITIDO&semaforo=ROJO"
    )
    FiltroGuardadoFactory(persona=analista, nombre="Lo mío", consulta="asignado=mio")

    pagina = client.get(COLA, {"semaforo": "ROJO"})

    puestos = {uno.nombre: uno.puesto for uno in pagina.context["guardados"]}
    assert puestos == {"Lo rojo": True, "Lo mío": False}


@pytest.mark.parametrize(
    ("consulta", "nombre", "codigo"),
    [
        ("semaforo=MORADO", "Uno", 400),
        ("institucion=99999999999999999999", "Uno", 400),
        ("semaforo=ROJO", "", 422),
        ("semaforo=ROJO", "   ", 422),
        ("semaforo=ROJO", "x" * 61, 422),
        ("semaforo=ROJO", "con \u202e mando", 422),
    ],
)
def test_lo_que_no_se_entiende_no_se_guarda(client, analista, consulta, nombre, codigo):
    assert client.post(f"{GUARDAR}?{consulta}", {"nombre": nombre}).status_code == codigo
    assert not FiltroGuardado.objects.exists()


def test_un_nombre_repetido_se_rechaza_y_el_de_otra_persona_no_estorba(client, elenco, analista):
    FiltroGuardadoFactory(persona=analista, nombre="Lo rojo")
    FiltroGuardadoFactory(persona=elenco.coordinadora, nombre="Lo verde")

    repetido = client.post(f"{GUARDAR}?semaforo=ROJO", {"nombre": "Lo rojo"})
    ajeno = client.post(f"{GUARDAR}?semaforo=VERDE", {"nombre": "Lo verde"})

    assert (repetido.status_code, ajeno.status_code) == (422, 302)
    assert filtros.YA_HAY in repetido.content.decode()


def test_no_caben_mas_de_los_que_se_pueden_leer_de_un_vistazo(client, analista):
    FiltroGuardadoFactory.create_batch(FILTROS_POR_PERSONA, persona=analista)

    assert client.post(f"{GUARDAR}?ronda=1", {"nombre": "Uno más"}).status_code == 422
    assert FiltroGuardado.objects.count() == FILTROS_POR_PERSONA


def test_se_cambia_de_nombre_y_de_filtros(client, analista):
    filtro = FiltroGuardadoFactory(persona=analista, nombre="Lo rojo", consulta="semaforo=ROJO")

    hecho = client.post(
        cambiar(filtro), {"nombre": "Lo vencido", "version": 1, "semaforo": "VENCIDA"}
    )

    filtro.refresh_from_db()
    assert hecho.url == MIOS
    assert (filtro.nombre, filtro.version) == ("Lo vencido", 2)
    assert filtro.consulta == "estado=REMITIDO&semaforo=VENCIDA"


def test_quien_cambia_sobre_lo_que_ya_cambio_se_entera(client, analista):
    filtro = FiltroGuardadoFactory(persona=analista, nombre="Lo rojo")
    filtros.cambiar(filtro, "Lo amarillo", "", version=1)

    tarde = client.post(cambiar(filtro), {"nombre": "Lo verde", "version": 1})

    assert tarde.status_code == 409
    filtro.refresh_from_db()
    assert filtro.nombre == "Lo amarillo"


def test_cambiar_al_nombre_de_otro_filtro_se_rechaza(analista):
    FiltroGuardadoFactory(persona=analista, nombre="Lo rojo")
    filtro = FiltroGuardadoFactory(persona=analista, nombre="Lo verde")

    with pytest.raises(ValidationError, match="Ya tiene un filtro con ese nombre"):
        filtros.cambiar(filtro, "Lo rojo", "", version=1)


def test_se_borra(client, analista):
    filtro = FiltroGuardadoFactory(persona=analista)

    assert client.post(borrar(filtro)).url == MIOS
    assert not FiltroGuardado.objects.exists()


@pytest.mark.parametrize("quien", ["coordinadora", "analista"])
def test_el_de_otra_persona_es_como_si_no_existiera(client, elenco, quien):
    ajeno = FiltroGuardadoFactory()
    client.force_login(getattr(elenco, quien))

    assert client.get(cambiar(ajeno)).status_code == 404
    assert client.post(borrar(ajeno)).status_code == 404
    assert list(client.get(MIOS).context["filtros"]) == []
    assert FiltroGuardado.objects.filter(pk=ajeno.pk).exists()


@pytest.mark.parametrize("quien", ["planificadora", "consejera", "auditor"])
def test_quien_no_tiene_cola_no_tiene_filtros(client, elenco, quien):
    client.force_login(getattr(elenco, quien))

    assert client.get(MIOS).status_code == 403
    assert client.post(f"{GUARDAR}?ronda=1", {"nombre": "Uno"}).status_code == 403
