"""Lo que toda prueba comparte: el elenco, y cómo se vacía una base con tablas que sólo crecen."""

import gc
import os
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace

import pytest
import time_machine
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import TransactionTestCase, override_settings
from django.utils import timezone

from informes.tablero import views as tablero
from instituciones import solo_crece
from instituciones.models import Rol
from pesn.revisiones import SOLO_CRECEN
from tests.fabricas import InstitucionFactory, UsuarioFactory

AQUI = Path(__file__).parent
TOCAN_LA_BASE = {"db", "transactional_db", "live_server", "django_db_setup"}
# Los archivos que más tardan, de más a menos: van primero, o al final trabaja un solo proceso.
LARGOS = (
    "informes/test_demo.py",
    "seguridad/test_matriz.py",
    "recorridos/test_todas_las_paginas.py",
    "informes/test_pdf.py",
    "seguridad/test_matriz_api.py",
    "matrices/test_flujo.py",
    "seguridad/test_canarios.py",
    "seguridad/test_maquina.py",
    "matrices/test_libro_de_matriz.py",
    "matrices/test_libro.py",
    "informes/test_emision.py",
    "recorridos/test_captura_navegador.py",
    "recorridos/test_semestre_navegador.py",
    "seguridad/test_barrido.py",
    "informes/test_tablero.py",
    "seguridad/test_base.py",
    "test_estaticos.py",
)


def pytest_addoption(parser):
    parser.addoption(
        "--otro-motor",
        action="store_true",
        help="la suite ya corrió sobre otra base: deja fuera lo que con ésta no puede cambiar",
    )


def pytest_collection_modifyitems(config, items):
    """Lo largo, primero; sobre la segunda base se repite lo que pregunta o escribe en ella."""
    items.sort(key=_lugar)
    if not config.getoption("--otro-motor"):
        return
    repetidas = _los_extremos([una for una in items if _depende_del_motor(una)])
    elegidas = set(repetidas)
    config.hook.pytest_deselected(items=[una for una in items if una not in elegidas])
    items[:] = repetidas


def _lugar(prueba) -> int:
    archivo = prueba.path.relative_to(AQUI).as_posix()
    return LARGOS.index(archivo) if archivo in LARGOS else len(LARGOS)


def _los_extremos(pruebas: list) -> list:
    """De una prueba con muchos casos, el primero y el último: preguntan lo mismo a la base.

    Todos, en las marcadas `cada_motor`.
    """
    casos = defaultdict(list)
    for una in pruebas:
        casos[una.parent.nodeid, getattr(una, "originalname", una.name)].append(una)
    elegidas = {
        una
        for suyos in casos.values()
        for una in (suyos if suyos[0].get_closest_marker("cada_motor") else suyos[:1] + suyos[-1:])
    }
    return [una for una in pruebas if una in elegidas]


def _depende_del_motor(prueba) -> bool:
    if prueba.get_closest_marker("cada_motor"):
        return True
    if prueba.get_closest_marker("una_vez"):
        return False
    return bool(
        prueba.get_closest_marker("django_db") or TOCAN_LA_BASE.intersection(prueba.fixturenames)
    )


@pytest.fixture(scope="session")
def por_pares(pytestconfig) -> bool:
    """Si de un producto de casos basta cada par: el entero se vio sobre la otra base."""
    return pytestconfig.getoption("--otro-motor")


def pytest_collection_finish():
    """Lo ya importado vive hasta el final: que el recolector no lo recorra en cada prueba."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def _vacia_aunque_solo_crezcan():
    """Tras una prueba con transacciones de verdad: candados fuera, vaciar, candados puestos."""
    vaciar = TransactionTestCase._fixture_teardown

    def sin_candados(prueba):
        solo_crece.quitar(connection, SOLO_CRECEN)
        try:
            vaciar(prueba)
        finally:
            solo_crece.poner(connection, SOLO_CRECEN)

    TransactionTestCase._fixture_teardown = sin_candados
    yield
    TransactionTestCase._fixture_teardown = vaciar


@pytest.fixture(autouse=True, scope="session")
def _contrasenas_rapidas():
    """Argon2 cuesta a propósito; que sea lo que se usa en serio lo dice tests/pesn/test_ajustes."""
    rapido = "django.contrib.auth.hashers.MD5PasswordHasher"
    with override_settings(PASSWORD_HASHERS=[rapido, *settings.PASSWORD_HASHERS]):
        yield


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """El chromium de Debian; playwright corre un ciclo asíncrono y Django debe consentirlo."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    return browser_type_launch_args | {
        "executable_path": "/usr/bin/chromium",
        "args": ["--no-sandbox"],
    }


@pytest.fixture
def cache_limpia(db):
    """Los límites de entrada se cuentan en la caché: cada prueba empieza de cero."""
    cache.clear()
    yield cache
    cache.clear()


@pytest.fixture
def reloj_quieto():
    """La hora de ahora, parada: ni una ventana ni un límite cambian a media prueba."""
    with time_machine.travel(timezone.now(), tick=False):
        yield


@pytest.fixture(autouse=True)
def _tablero_sin_recuerdos():
    """Entre pruebas las claves y las versiones se repiten, y los datos no."""
    tablero.dibujados.vaciar()


@pytest.fixture
def elenco(db):
    """Una persona activa por rol: la responsable, la que la revisa y los demás; y una ajena."""
    stcns = InstitucionFactory(sigla="STCNS", reporta=False, revisora=None, tipo="DEPENDENCIA_CNS")
    mingob = InstitucionFactory(sigla="MINGOB", revisora=stcns, es_cns=True)
    mindef = InstitucionFactory(sigla="MINDEF", revisora=stcns, es_cns=True)
    presidencia = InstitucionFactory(sigla="PRESIDENCIA", reporta=False, revisora=None)
    igsns = InstitucionFactory(sigla="IGSNS", revisora=stcns)
    cap = InstitucionFactory(sigla="CAP", revisora=stcns)

    def persona(nombre, rol, institucion):
        correo = f"{nombre.lower()}@ejemplo.gt"
        return UsuarioFactory(nombre=nombre, correo=correo, rol=rol, institucion=institucion)

    return SimpleNamespace(
        responsable=mingob,
        revisora=stcns,
        otra=mindef,
        planificadora=persona("Petrona", Rol.PLANIFICADOR, mingob),
        aprobador=persona("Arnulfo", Rol.APROBADOR, mingob),
        analista=persona("Anabella", Rol.ANALISTA, stcns),
        coordinadora=persona("Catarina", Rol.COORDINADOR, stcns),
        consejera=persona("Consuelo", Rol.CONSEJO, presidencia),
        inspector=persona("Isidro", Rol.IGSNS, igsns),
        comisionada=persona("Carmela", Rol.CAP, cap),
        auditor=persona("Aurelio", Rol.AUDITOR, stcns),
        administradora=persona("Adelina", Rol.ADMINISTRADOR, stcns),
        ajena=persona("Ajelina", Rol.PLANIFICADOR, mindef),
    )


@pytest.fixture
def cifra(record_property):
    """Anota lo que una meta de seguridad midió; sale al final, también con varios procesos."""
    return lambda texto: record_property("cifra", texto)


def pytest_terminal_summary(terminalreporter):
    informes = [uno for cual in ("passed", "failed") for uno in terminalreporter.getreports(cual)]
    cifras = [v for uno in informes for n, v in uno.user_properties if n == "cifra"]
    if cifras:
        terminalreporter.section("Cifras")
        for texto in sorted(set(cifras)):
            terminalreporter.write_line(texto)
