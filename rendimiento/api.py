"""La API: una lista de cien avances contra DRF con una consulta por relación, y la carga en lote.

Sobre una base SQLite propia, en la carpeta temporal: no toca la de nadie. El lote a 100× es sobre
las bases de `rendimiento.sembrar`, y lo que escribe se deshace.
"""

import json
import os
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

from rendimiento.paginas import PLANIFICA, hay_bases
from rendimiento.registro import Medida

FILAS, VECES = 100, 20


def base_vacia() -> None:
    """Una base SQLite recién migrada, en un archivo de la carpeta temporal."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    archivo = Path(tempfile.mkdtemp(prefix="pesn-medida-")) / "base.sqlite3"
    os.environ["DATABASE_URL"] = f"sqlite:///{archivo}"
    conexion = connections["default"]
    if conexion.vendor != "sqlite":
        raise RuntimeError("Esta medida es sobre SQLite: quite DATABASE_URL.")
    conexion.settings_dict["NAME"] = str(archivo)
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.SECURE_SSL_REDIRECT = False
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)


def _base() -> Any:
    """Un semestre con cien avances de una institución, y el sistema que la reporta."""
    base_vacia()
    return _sembrar()


def _sembrar() -> Any:
    from rest_framework.throttling import SimpleRateThrottle

    from instituciones import clientes
    from instituciones.models import ClienteSistema
    from tests.fabricas import (
        ActividadFactory,
        AvanceFactory,
        InstitucionFactory,
        MatrizFactory,
        PeriodoFactory,
        UsuarioFactory,
    )

    casa, periodo = InstitucionFactory(), PeriodoFactory()
    matriz = MatrizFactory(accion__objetivo__programa__plan=periodo.plan)
    for _ in range(FILAS):
        actividad = ActividadFactory(matriz=matriz, responsable=casa)
        AvanceFactory(actividad=actividad, periodo=periodo)
    persona = UsuarioFactory(institucion=casa)
    alcances = sorted(clientes.alcances_de(persona))
    cliente = ClienteSistema(nombre="Medida", persona=persona, alcances=alcances)
    SimpleRateThrottle.allow_request = lambda self, request, view: True
    return clientes.inscribir(cliente, por=None)


def _cronometrar(pedir: Any, veces: int = VECES) -> float:
    """Segundos de procesador por pedido, tras uno de calentamiento."""
    pedir()
    inicio = time.process_time()
    for _ in range(veces):
        pedir()
    return (time.process_time() - inicio) / veces


def lista_nuestra() -> tuple[float, str]:
    """`GET /api/v1/avances/?limite=100`, entera: ficha, permiso, consulta y JSON."""
    from django.test import Client

    ficha = {"Authorization": f"Bearer {_base()}"}
    cliente = Client()

    def pedir() -> None:
        respuesta = cliente.get(f"/api/v1/avances/?limite={FILAS}", headers=ficha)
        if len(respuesta.json()["resultados"]) != FILAS:
            raise RuntimeError(f"La lista respondió {respuesta.status_code}.")

    gastado = _cronometrar(pedir)
    return gastado, f"{FILAS} filas en {gastado * 1000:.0f} ms"


def lista_ingenua() -> tuple[float, str]:
    """Un ModelSerializer con sus relaciones dentro, sin traerlas juntas; ni siquiera hay ficha."""
    from rest_framework import serializers
    from rest_framework.renderers import JSONRenderer

    from matrices.models import Avance

    _base()

    class Ingenuo(serializers.ModelSerializer):
        class Meta:
            model = Avance
            fields = "__all__"
            depth = 3

    def pedir() -> None:
        filas = Avance.objects.order_by("pk")[:FILAS]
        JSONRenderer().render(Ingenuo(filas, many=True).data)

    gastado = _cronometrar(pedir, 3)
    return gastado, f"{FILAS} filas en {gastado * 1000:.0f} ms"


def _datos(pk: int, version: int) -> dict[str, Any]:
    return {"id": pk, "version": version, "porcentaje": "45", "logro": "Se capacitó a cuarenta."}


def lote_nuestro() -> tuple[float, str]:
    """Cien avances en un pedido."""
    from django.test import Client

    from matrices.models import Avance

    ficha, cliente = {"Authorization": f"Bearer {_base()}"}, Client()
    avances = [_datos(*fila) for fila in Avance.objects.values_list("pk", "version")]
    inicio = time.process_time()
    respuesta = cliente.post(
        "/api/v1/avances/lote/", json.dumps({"avances": avances}), "application/json", headers=ficha
    )
    gastado = time.process_time() - inicio
    if respuesta.status_code != 200:
        raise RuntimeError(f"El lote respondió {respuesta.status_code}.")
    return gastado, f"{FILAS} avances, un pedido, {gastado:.2f} s"


def uno_por_uno() -> tuple[float, str]:
    """Los mismos cien, cada uno en su pedido."""
    from django.test import Client

    from matrices.models import Avance

    ficha, cliente = {"Authorization": f"Bearer {_base()}"}, Client()
    filas = list(Avance.objects.values_list("pk", "version"))
    inicio = time.process_time()
    for pk, version in filas:
        datos = {n: v for n, v in _datos(pk, version).items() if n not in {"id", "version"}}
        cabeceras = {**ficha, "If-Match": f'"{version}"'}
        respuesta = cliente.patch(
            f"/api/v1/avances/{pk}/", json.dumps(datos), "application/json", headers=cabeceras
        )
        if respuesta.status_code != 200:
            raise RuntimeError(f"El avance {pk} respondió {respuesta.status_code}.")
    gastado = time.process_time() - inicio
    return gastado, f"{FILAS} avances, {FILAS} pedidos, {gastado:.2f} s"


def lote_en(base: str) -> tuple[float, str]:
    """Cien avances de una institución en un pedido, sobre la base «1x» o «100x»; se deshace."""
    from django.conf import settings
    from django.db import connections, transaction
    from django.test import Client

    from instituciones import clientes
    from instituciones.models import ClienteSistema, Usuario
    from matrices.models import Avance

    connections["default"].settings_dict["NAME"] += f"_{base}"
    settings.ALLOWED_HOSTS = ["testserver"]
    with transaction.atomic():
        persona = Usuario.objects.get(correo=PLANIFICA)
        alcances = sorted(clientes.alcances_de(persona))
        cliente = ClienteSistema(nombre="Medida", persona=persona, alcances=alcances)
        ficha = {"Authorization": f"Bearer {clientes.inscribir(cliente, por=None)}"}
        suyos = Avance.objects.filter(
            actividad__responsable=persona.institucion,
            actividad__modo="PORCENTAJE",
            periodo__estado="ABIERTO",
            estado__in=["PENDIENTE", "BORRADOR"],
        )
        filas = list(suyos.order_by("pk").values_list("pk", "version")[:FILAS])
        cuerpo = json.dumps({"avances": [_datos(*fila) for fila in filas]})
        inicio = time.perf_counter()
        respuesta = Client().post(
            "/api/v1/avances/lote/", cuerpo, "application/json", headers=ficha
        )
        gastado = time.perf_counter() - inicio
        transaction.set_rollback(True)
    if respuesta.status_code not in {200, 207} or not filas:
        raise RuntimeError(f"El lote respondió {respuesta.status_code}.")
    guardados = sum(uno["estado_http"] == 200 for uno in respuesta.json()["resultados"])
    return gastado, f"{base}, {guardados} de {len(filas)} avances, {gastado:.2f} s"


MEDIDAS = [
    Medida("API: lista de 100 avances", lista_nuestra, lista_ingenua, meta=0.1, cifra="dicha"),
    Medida("API: 100 avances en lote", lote_nuestro, uno_por_uno, meta=0.5, cifra="dicha"),
]
if hay_bases():
    MEDIDAS = [
        Medida(
            "API: lote a 100×",
            partial(lote_en, "100x"),
            partial(lote_en, "1x"),
            meta=2.0,
            cifra="dicha",
        )
    ]
