"""Las páginas con cien veces más datos, contra las mismas con la demostración sola.

Necesita las dos bases de `rendimiento.sembrar` y la misma `DATABASE_URL`; sin ellas no mide. La
«ingenua» es aquí la página a 1×: la meta es que a 100× no cueste más del doble.
"""

import os
import statistics
import time
from collections.abc import Callable
from functools import partial

from rendimiento.registro import Medida

VUELTAS = 15
PLANIFICA = "planificador.mingob@demo.invalid"
REVISA = "analista1.stcns@demo.invalid"
COORDINA = "coordinador.stcns@demo.invalid"
ULTIMA = "ultima"
POR_LA_API = "/api/v1/avances/?limite=100"
# Nombre: quién entra, qué ruta a 100× y contra qué ruta a 1× (la primera página de esa lista).
PAGINAS = {
    "/semestre/": (PLANIFICA, "/semestre/", "/semestre/"),
    "/revision/": (COORDINA, "/revision/", "/revision/"),
    "/revision/, la última": (COORDINA, f"/revision/?page={ULTIMA}", "/revision/"),
    "acción": (REVISA, *["/plan/PESN-2020-2024/acciones/1.1.1/"] * 2),
    "plan": (REVISA, *["/plan/PESN-2020-2024/"] * 2),
    "/periodos/": (COORDINA, "/periodos/", "/periodos/"),
    # En trámite, a 1× hay una: se comparan páginas llenas.
    "/enmiendas/": (COORDINA, *["/enmiendas/?ver=todas"] * 2),
    "/informes/": (COORDINA, "/informes/", "/informes/"),
    "de la API": (COORDINA, POR_LA_API, POR_LA_API),
    "de la API, la última": (COORDINA, f"{POR_LA_API}&despues_de={ULTIMA}", POR_LA_API),
}


def hay_bases() -> bool:
    """Si el entorno nombra una base de PostgreSQL con sus dos copias."""
    return os.environ.get("DATABASE_URL", "").startswith("postgres")


def medir(correo: str, ruta: str, base: str) -> tuple[float, str]:
    """La mediana de quince visitas, en segundos, y sus consultas; la base es «1x» o «100x»."""
    from django.db import connections, reset_queries
    from django.test import Client

    from instituciones.models import Usuario

    connections["default"].settings_dict["NAME"] += f"_{base}"
    cliente = Client()
    cliente.force_login(Usuario.objects.get(correo=correo))
    if ULTIMA in ruta:
        ruta = _con_ultima(cliente, ruta)
    tiempos, consultas = [], 0
    connections["default"].force_debug_cursor = True
    for _vuelta in range(VUELTAS):
        reset_queries()
        inicio = time.perf_counter()
        respuesta = cliente.get(ruta, headers={"host": "localhost"})
        tiempos.append(time.perf_counter() - inicio)
        consultas = len(connections["default"].queries)
        if respuesta.status_code != 200:
            raise RuntimeError(f"{ruta} respondió {respuesta.status_code}.")
    return statistics.median(tiempos), f"{base}, {consultas} consultas"


def _con_ultima(cliente, ruta: str) -> str:
    """La ruta con el número de su última página; en la API, con la llave que la antecede."""
    import re

    from matrices.models import Avance

    if ruta.startswith(POR_LA_API):
        llaves = Avance.objects.order_by("-pk").values_list("pk", flat=True)
        return ruta.replace(ULTIMA, str(llaves[100]))
    lista = ruta.partition("?")[0]
    primera = cliente.get(lista, headers={"host": "localhost"}).content.decode()
    numeros = [int(numero) for numero in re.findall(r"[?&;]page=(\d+)", primera)]
    return ruta.replace(ULTIMA, str(max(numeros, default=1)))


def _medida(nombre: str, correo: str, ruta: str, primera: str) -> Medida:
    de_cien: Callable[[], tuple[float, str]] = partial(medir, correo, ruta, "100x")
    de_una: Callable[[], tuple[float, str]] = partial(medir, correo, primera, "1x")
    return Medida(f"Página {nombre} a 100×", de_cien, de_una, meta=2.0, cifra="dicha")


MEDIDAS = [_medida(nombre, *una) for nombre, una in PAGINAS.items()] if hay_bases() else []
