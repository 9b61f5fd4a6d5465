"""Las medidas que Prometheus pide: las de django-prometheus, los trabajos y lo que se envía.

Sólo se importa con el extra `metricas`. Cuentas y tiempos del servicio, nunca datos del plan.
"""

import os
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest, multiprocess
from prometheus_client.core import REGISTRY, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from pesn import salud

QUE_DICE = {
    "latido_hace": "Segundos desde que el trabajador sirvió lo que toca el reloj; -1, nunca.",
    "en_cola": "Informes que nadie dibuja todavía.",
    "espera_mayor": "Segundos que lleva el informe que más ha esperado.",
    "en_curso": "Informes que se dibujan ahora.",
    "fallidos": "Informes que no se pudieron dibujar.",
    "correos_por_enviar": "Avisos que ya debieron salir por correo.",
    "correos_fallidos": "Avisos que no se pudieron mandar por correo.",
    "entregas_por_enviar": "Entregas a sistemas (webhooks) que ya debieron salir.",
    "entregas_muertas": "Entregas a sistemas que agotaron sus intentos.",
    "suscripciones_en_pausa": "Suscripciones de sistemas que no reciben.",
}


class Trabajos(Collector):
    """El estado de los trabajos y de las bandejas de salida en el momento en que se pide."""

    def collect(self) -> Iterator[Metric]:
        estado = salud.trabajo() | salud.envios()
        for nombre, significado in QUE_DICE.items():
            valor = -1 if estado[nombre] is None else estado[nombre]
            yield GaugeMetricFamily(f"pesn_{nombre}", significado, value=valor)


def texto() -> tuple[bytes, str]:
    """Lo que se contesta y su tipo; con varios procesos, la suma de todos."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        peticiones = CollectorRegistry()
        multiprocess.MultiProcessCollector(peticiones)
    else:
        peticiones = REGISTRY
    trabajos = CollectorRegistry()
    trabajos.register(Trabajos())
    return generate_latest(peticiones) + generate_latest(trabajos), CONTENT_TYPE_LATEST
