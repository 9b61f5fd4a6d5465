"""G-44: `Idempotency-Key` en la API: lo mismo se contesta igual y se hace una vez."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from instituciones import clientes, idempotencia
from instituciones.models import Asiento, ClaveIdempotente
from matrices.models import Avance, Evidencia, Movimiento
from tests.api.conftest import LOGRO, inscribir
from tests.archivos import pdf
from tests.fabricas import UsuarioFactory


def crear(sistema, avance, clave="clave-1", **cambios):
    datos = {"actividad": avance.actividad_id, "periodo": "2021-S1", "version": 1, "logro": LOGRO}
    return sistema.pedir("POST", "avances/", {**datos, **cambios}, Idempotency_Key=clave)


@pytest.mark.django_db
def test_el_mismo_pedido_se_contesta_igual_y_se_hace_una_vez(sistema, avance, cifra):
    primera, segunda = crear(sistema, avance), crear(sistema, avance)

    cifra(f"G-44 mismo_cuerpo: filas={Movimiento.objects.count()}")
    assert (primera.status_code, segunda.status_code) == (201, 201)
    assert primera.content == segunda.content
    for nombre in ("ETag", "Location"):
        assert primera[nombre] == segunda[nombre]
    assert segunda["Idempotency-Replayed"] == "true"
    assert not primera.has_header("Idempotency-Replayed")
    assert Movimiento.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("cambios", [{"logro": "Otra cosa."}, {"version": 2}, {"porcentaje": 1}])
def test_otro_cuerpo_con_la_misma_clave_es_422(sistema, avance, cambios):
    crear(sistema, avance)

    respuesta = crear(sistema, avance, **cambios)

    assert (respuesta.status_code, respuesta.json()["codigo"]) == (422, "clave_reutilizada")
    assert Movimiento.objects.count() == 1


@pytest.mark.django_db
def test_la_misma_clave_en_otra_direccion_es_otro_pedido(sistema, avance):
    crear(sistema, avance)

    respuesta = sistema.pedir(
        "PATCH",
        f"avances/{avance.pk}/",
        {"logro": LOGRO},
        If_Match='"2"',
        Idempotency_Key="clave-1",
    )

    assert respuesta.json()["codigo"] == "clave_reutilizada"


@pytest.mark.django_db
def test_la_clave_es_de_cada_ficha(elenco, sistema, avance):
    otro = inscribir(
        UsuarioFactory(institucion=elenco.responsable, nombre="Otra"), nombre="Otro sistema"
    )[1]
    crear(sistema, avance)

    respuesta = crear(otro, avance, version=2, logro="Lo escribió otro sistema.")

    assert respuesta.status_code == 201
    assert Movimiento.objects.count() == 2


@pytest.mark.django_db
def test_lo_rechazado_no_gasta_la_clave(sistema, avance):
    assert crear(sistema, avance, porcentaje="101").status_code == 422
    assert not ClaveIdempotente.objects.exists()
    assert crear(sistema, avance).status_code == 201


@pytest.mark.django_db
def test_la_clave_vence(sistema, avance):
    crear(sistema, avance)
    ayer = timezone.now() - clientes.VENCEN - timedelta(minutes=1)
    ClaveIdempotente.objects.update(momento=ayer)

    assert crear(sistema, avance, version=2, logro="Ya es otro día.").status_code == 201


@pytest.mark.django_db
def test_quien_la_dejo_a_medias_no_la_bloquea_para_siempre(sistema, avance):
    crear(sistema, avance)
    fila = ClaveIdempotente.objects.get()
    ClaveIdempotente.objects.update(estado_http=None)
    assert crear(sistema, avance).status_code == 409

    hace = timezone.now() - idempotencia.ABANDONADA - timedelta(seconds=1)
    ClaveIdempotente.objects.filter(pk=fila.pk).update(momento=hace)
    assert crear(sistema, avance, version=2, logro="Ahora sí.").status_code == 201


@pytest.mark.django_db
def test_tambien_al_subir_evidencia_aunque_cambie_el_separador(sistema, avance):
    crear(sistema, avance, clave="otra")
    respuestas = []
    for _vez in range(2):
        archivo = SimpleUploadedFile("acta.pdf", pdf("Acta"), content_type="application/pdf")
        respuestas.append(
            sistema.http.post(
                f"/api/v1/avances/{avance.pk}/evidencias/",
                {"archivos": [archivo]},
                headers={
                    "Authorization": f"Bearer {sistema.secreto}",
                    "Idempotency-Key": "evidencia-1",
                },
            )
        )

    assert [r.status_code for r in respuestas] == [201, 201]
    assert respuestas[0].content == respuestas[1].content
    assert respuestas[1]["Idempotency-Replayed"] == "true"
    assert Evidencia.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_la_vez_uno_lo_hace_y_los_demas_lo_saben(elenco, avance, cifra):
    """Ocho hilos con la misma clave y el mismo cuerpo: una escritura, y ningún 5xx."""
    sistema = inscribir(elenco.planificadora)[1]
    hilos, salida = 8, Barrier(8)

    def pedir(_numero):
        try:
            salida.wait()
            return crear(sistema, avance)
        finally:
            connection.close()

    with ThreadPoolExecutor(hilos) as todos:
        respuestas = list(todos.map(pedir, range(hilos)))

    codigos = sorted(r.status_code for r in respuestas)
    cifra(f"G-44 a_la_vez: hilos={hilos} hechas=1 en_conflicto={codigos.count(409)}")
    assert set(codigos) <= {201, 409}
    hechas = [r for r in respuestas if r.status_code == 201]
    assert hechas
    assert {r.content for r in hechas} == {hechas[0].content}
    assert {r.json()["codigo"] for r in respuestas if r.status_code == 409} <= {"conflicto"}
    assert Movimiento.objects.filter(avance=avance).count() == 1


@pytest.mark.django_db(transaction=True)
def test_dos_sistemas_y_doscientas_escrituras_sin_perder_ninguna(elenco, avance, cifra):
    """G-10 por la API: lo contestado como guardado está, y lo viejo se dice (412)."""
    otra = UsuarioFactory(institucion=elenco.responsable, nombre="Otra")
    sistemas = [inscribir(elenco.planificadora)[1], inscribir(otra, nombre="Otro sistema")[1]]
    salida, veces = Barrier(2), 50

    def escribir(sistema):
        guardadas, perdidas = 0, 0
        salida.wait()
        try:
            for numero in range(veces):
                version = int(sistema.leer(f"avances/{avance.pk}/")["ETag"].strip('"'))
                respuesta = sistema.pedir(
                    "PATCH",
                    f"avances/{avance.pk}/",
                    {"logro": f"Texto {numero}."},
                    If_Match=f'"{version}"',
                )
                assert respuesta.status_code in {200, 412}, respuesta.content
                guardadas += respuesta.status_code == 200
                perdidas += respuesta.status_code == 412
        finally:
            connection.close()
        return guardadas, perdidas

    with ThreadPoolExecutor(2) as todos:
        cuentas = list(todos.map(escribir, sistemas))

    guardadas = sum(uno for uno, _otro in cuentas)
    cifra(f"G-10 api: guardadas={guardadas} dichas_viejas={2 * veces - guardadas} perdidas=0")
    assert Avance.objects.get(pk=avance.pk).version == 1 + guardadas
    assert Asiento.objects.filter(tipo="avance").count() == guardadas


@pytest.fixture(autouse=True)
def _sin_limites(monkeypatch):
    from rest_framework.throttling import SimpleRateThrottle

    monkeypatch.setattr(SimpleRateThrottle, "allow_request", lambda self, request, view: True)
