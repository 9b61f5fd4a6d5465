"""G-19: sin Redis se sigue trabajando; lo encargado espera en su fila y sale después."""

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from informes import emision
from informes.models import TrabajoInforme
from pesn.celery import app
from tests.fabricas import UsuarioFactory
from tests.seguridad import mundo as mundos
from tests.seguridad.pedidos import captura, celdas

pytestmark = [pytest.mark.caos, pytest.mark.django_db]
NADIE = "redis://127.0.0.1:1/0"
SIN_CACHE = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": NADIE,
    }
}


@pytest.fixture
def sin_redis(monkeypatch):
    monkeypatch.setattr(app.conf, "broker_url", NADIE)
    monkeypatch.setattr(app.conf, "broker_write_url", NADIE)
    monkeypatch.setattr(app, "_pool", None)
    with override_settings(CACHES=SIN_CACHE):
        yield
    app.pool.force_close_all()


def test_sin_redis_nadie_recibe_una_falla_y_el_informe_espera(
    elenco, sin_redis, django_capture_on_commit_callbacks, cifra, monkeypatch
):
    mundo = mundos.crear(elenco)
    fila = {"ruta": "matrices:capturar", "metodo": "POST", "caso": "", "puede": "", "objeto": ""}
    celda = next(celdas([{**fila, "objeto": "avance"}]))
    avance = mundo.avances[celda.clase, celda.estado]
    codigos = []
    for quien, ruta, llave, datos in [
        ("planificadora", "matrices:semestre", {}, None),
        ("planificadora", "matrices:capturar", {"pk": avance.pk}, captura(celda, mundo)),
        ("analista", "matrices:revision", {}, None),
        ("coordinadora", "informes:ordenar", {"pk": mundo.corte.pk}, {"edicion": "PUBLICA"}),
    ]:
        cliente = Client(raise_request_exception=False)
        cliente.force_login(getattr(mundo.personas, quien))
        donde = reverse(ruta, kwargs=llave)
        with django_capture_on_commit_callbacks(execute=True):
            respuesta = cliente.post(donde, datos) if datos else cliente.get(donde)
        codigos.append(respuesta.status_code)
    trabajo = TrabajoInforme.objects.latest("pk")
    assert codigos == [200, 302, 200, 302]
    assert trabajo.estado == "PENDIENTE"

    monkeypatch.setattr(emision.pdf, "documento", lambda contenido, adjuntos: b"%PDF-1.7")
    assert trabajo.clave in emision.reconciliar()
    assert emision.atender(trabajo.clave)
    cifra(f"G-19 peticiones={len(codigos)} fallas_5xx=0 en_cola=1 salieron=1")


def test_sin_redis_no_se_entra_y_se_dice_por_que(sin_redis):
    """Los límites de entrada se cuentan en la caché: sin ella no se prueba una contraseña."""
    persona = UsuarioFactory(password="una-clave-larga-123")
    cliente = Client(raise_request_exception=False)

    respuesta = cliente.post(
        "/cuenta/login/", {"login": persona.correo, "password": "una-clave-larga-123"}
    )

    assert respuesta.status_code == 503
    assert "no contesta" in respuesta.content.decode()
