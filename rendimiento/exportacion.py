"""Bajar setenta mil asientos de la bitácora en CSV, contra DRF con su lista entera.

La ingenua serializa fila por fila y pregunta por la persona de cada una. «A 100×» compara lo
nuestro con setecientas filas: el tiempo crece como ellas, y la memoria no crece. Cada manera, sobre
una base SQLite propia, en la carpeta temporal.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from rendimiento.api import base_vacia
from rendimiento.paginas import hay_bases
from rendimiento.registro import Medida

FILAS, VECES = 70_000, 100
PERSONAS, TANDA = 300, 1_000
EMPIEZA = datetime(2026, 1, 1, tzinfo=UTC)


def _sembrar(cuantas: int) -> Any:
    """Esos asientos, de trescientas personas; devuelve a quien los baja."""
    from instituciones.models import Asiento
    from tests.fabricas import InstitucionFactory, UsuarioFactory

    base_vacia()
    casa = InstitucionFactory()
    personas = UsuarioFactory.create_batch(PERSONAS, institucion=casa)
    for desde in range(0, cuantas, TANDA):
        tanda = range(desde, min(desde + TANDA, cuantas))
        Asiento.objects.bulk_create(
            Asiento(
                persona=personas[numero % PERSONAS],
                momento=EMPIEZA + timedelta(seconds=numero),
                registrado=EMPIEZA + timedelta(seconds=numero),
                acto="guardar",
                tipo="avance",
                clave=str(numero),
                institucion=casa.sigla,
                datos='{"a":"BORRADOR","de":"PENDIENTE","paso":"guardar","version":1}',
                huella_anterior=f"{numero:064x}",
                huella=f"{numero + 1:064x}",
            )
            for numero in tanda
        )
    return UsuarioFactory(rol="AUDITOR", institucion=casa)


def _bajar(cuantas: int) -> tuple[float, float]:
    """Segundos de procesador hasta el primer octeto y hasta el último, con la página entera."""
    from django.test import Client

    cliente = Client()
    cliente.force_login(_sembrar(cuantas))
    cliente.get("/bitacora/bitacora.csv?persona=nadie")  # lo que se carga la primera vez
    inicio = time.process_time()
    respuesta = cliente.get("/bitacora/bitacora.csv")
    if respuesta.status_code != 200:
        raise RuntimeError(f"La bitácora respondió {respuesta.status_code}.")
    trozos = iter(respuesta.streaming_content)
    renglones = next(trozos).count(b"\n")
    primero = time.process_time() - inicio
    renglones += sum(trozo.count(b"\n") for trozo in trozos)
    if renglones < cuantas:
        raise RuntimeError(f"Salieron {renglones} renglones de {cuantas}.")
    return primero, time.process_time() - inicio


def entera(cuantas: int = FILAS) -> tuple[float, str]:
    """Todo el archivo."""
    primero, todo = _bajar(cuantas)
    return todo, f"{cuantas:,} filas en {todo:.2f} s, el primer octeto a {primero * 1000:.0f} ms"


def primer_octeto() -> tuple[float, str]:
    """Sólo hasta que algo llega."""
    primero, _todo = _bajar(FILAS)
    return primero, f"a {primero * 1000:.0f} ms"


def ingenua() -> tuple[float, str]:
    """La lista entera de DRF: una fila, un diccionario; y una consulta por persona."""
    from rest_framework import serializers
    from rest_framework.renderers import JSONRenderer

    from instituciones.models import Asiento

    class Ingenuo(serializers.ModelSerializer):
        persona = serializers.CharField(source="persona.correo")

        class Meta:
            model = Asiento
            fields = "__all__"

    _sembrar(FILAS)
    inicio = time.process_time()
    octetos = JSONRenderer().render(Ingenuo(Asiento.objects.order_by("pk"), many=True).data)
    gastado = time.process_time() - inicio
    return gastado, f"{FILAS:,} filas, {len(octetos) / 1e6:.0f} MB en {gastado:.1f} s"


_chica: Callable[[], tuple[float, str]] = partial(entera, FILAS // VECES)
MEDIDAS = [
    Medida("Exportación de 70,000 filas", entera, ingenua, meta=0.05, cifra="dicha"),
    Medida("Exportación, primer octeto", primer_octeto, ingenua, meta=0.02, cifra="dicha"),
    Medida("Exportación a 100×", entera, _chica, meta=VECES * 1.2, meta_memoria=1.1, cifra="dicha"),
]
if hay_bases():  # con las de `rendimiento.sembrar` se mide lo demás
    MEDIDAS = []
