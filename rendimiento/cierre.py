"""La hora de cierre: trescientas personas guardan cinco veces y entregan dos, sobre PostgreSQL.

Contra el mismo servidor síncrono de `rendimiento.guardado`, a dos ritmos: como se trabaja, todas
en los mismos dos minutos; y de golpe, más de lo que nadie teclea. La entrega se manda dos veces a
la vez, como quien pulsa dos. Una base propia, junto a la de `DATABASE_URL`, que se rehace.
"""

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from functools import partial
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlencode

import psycopg
from psycopg import sql

from rendimiento.guardado import FICHA, GRANIAN, SINCRONO, esperar, puerto_libre
from rendimiento.paginas import hay_bases
from rendimiento.registro import RAIZ, Medida

PERSONAS = 300
GUARDADOS = 5
P95, P99 = 3.0, 5.0
LOGRO = "Se capacitó a las comisiones de prevención de los municipios, vez {}. "


class Ritmo(NamedTuple):
    """En cuántos segundos van llegando, y cuánto se detiene cada quien entre un guardado y otro."""

    llegada: float
    pausa: tuple[float, float]


EN_DOS_MINUTOS = Ritmo(30.0, (10.0, 25.0))
DE_GOLPE = Ritmo(10.0, (1.0, 4.0))


class Persona(NamedTuple):
    """Quién, con su sesión, y su avance sin empezar."""

    avance: int
    sesion: str


class Cierre(NamedTuple):
    """Lo que pasó: cuánto tardó cada pedido, qué se contestó y qué quedó escrito."""

    tardanzas: list[float]
    codigos: Counter[tuple[str, int]]
    pasado: float

    def percentil(self, cual: float) -> float:
        """El tiempo que ese tanto de los pedidos no pasó."""
        return sorted(self.tardanzas)[max(int(len(self.tardanzas) * cual) - 1, 0)]

    @property
    def errores(self) -> int:
        """Lo que no fue ni «guardado» ni el choque debido de la segunda entrega."""
        return sum(
            cuantas
            for (acto, codigo), cuantas in self.codigos.items()
            if codigo != HTTPStatus.FOUND and (acto, codigo) != ("entregar", HTTPStatus.CONFLICT)
        )

    def __str__(self) -> str:
        return (
            f"{len(self.tardanzas)} pedidos en {self.pasado:.0f} s, {self.errores} errores, "
            f"{self.codigos['entregar', HTTPStatus.FOUND]} remisiones, "
            f"p95 {self.percentil(0.95):.2f} s, p99 {self.percentil(0.99):.2f} s"
        )


def cerrar(puerto: int, personas: list[Persona], ritmo: Ritmo) -> Cierre:
    """Todas a la vez; devuelve cuando la última terminó."""
    tardanzas: list[float] = []
    codigos: Counter[tuple[str, int]] = Counter()
    candado = threading.Lock()

    def pedir(acto: str, persona: Persona, datos: dict[str, Any]) -> int:
        inicio = time.perf_counter()
        codigo = _enviar(puerto, f"/avances/{persona.avance}/{acto}", persona.sesion, datos)
        with candado:
            tardanzas.append(time.perf_counter() - inicio)
            codigos[acto.strip("/") or "guardar", codigo] += 1
        return codigo

    def trabajar(numero: int, persona: Persona) -> None:
        azar = random.Random(numero)  # noqa: S311 (el azar lleva semilla)
        time.sleep(azar.uniform(0, ritmo.llegada))
        version = 1
        for vez in range(GUARDADOS):
            version += pedir("", persona, _escrito(version, vez)) == HTTPStatus.FOUND
            time.sleep(azar.uniform(*ritmo.pausa))
        entrega = {**_escrito(version, GUARDADOS), "declaracion": "on"}
        dos_veces = [("entregar/", persona, entrega)] * 2
        _correr([threading.Thread(target=pedir, args=una) for una in dos_veces])

    inicio = time.perf_counter()
    _correr([threading.Thread(target=trabajar, args=par) for par in enumerate(personas)])
    return Cierre(tardanzas, codigos, time.perf_counter() - inicio)


def _correr(hilos: list[threading.Thread]) -> None:
    for hilo in hilos:
        hilo.start()
    for hilo in hilos:
        hilo.join()


def _escrito(version: int, vez: int) -> dict[str, Any]:
    return {
        "version": version,
        "visibilidad": "PUBLICA",
        "clasificacion": "PUBLICA",
        "situacion_reportada": "EN_EJECUCION",
        "porcentaje": 30 + vez,
        "logro": LOGRO.format(vez) * 3,
        "csrfmiddlewaretoken": FICHA,
    }


def _enviar(puerto: int, donde: str, sesion: str, datos: dict[str, Any]) -> int:
    conexion = http.client.HTTPConnection("127.0.0.1", puerto, timeout=120)
    cabeceras = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"sesion={sesion}; csrf={FICHA}",
    }
    try:
        conexion.request("POST", donde, urlencode(datos), cabeceras)
        return conexion.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        conexion.close()


# La base ---------------------------------------------------------------------------------------
def sembrar(cuantas: int) -> list[Persona]:
    """Cada persona, de su institución, con un avance pendiente que ya tiene su respaldo."""
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client

    from tests.archivos import nombrar_los_estaticos
    from tests.fabricas import (
        AvanceFactory,
        EvidenciaFactory,
        InstitucionFactory,
        PeriodoFactory,
        PlanFactory,
        UsuarioFactory,
    )

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    nombrar_los_estaticos(settings.VAR)  # la página de la segunda entrega los nombra
    stcns = InstitucionFactory(sigla="STCNS", reporta=False, revisora=None)
    periodo = PeriodoFactory(plan=PlanFactory(seguimiento=stcns))
    casas = [InstitucionFactory(revisora=stcns) for _ in range(max(cuantas // 10, 1))]
    hechas = []
    for numero in range(cuantas):
        casa = casas[numero % len(casas)]
        persona = UsuarioFactory(rol="PLANIFICADOR", institucion=casa)
        avance = AvanceFactory(
            estado="BORRADOR", periodo=periodo, actividad__responsable=casa, capturado_por=persona
        )
        EvidenciaFactory(avance=avance, subida_por=persona)
        navegador = Client()
        navegador.force_login(persona)
        hechas.append(Persona(avance.pk, navegador.cookies["sesion"].value))
    return hechas


def contar() -> dict[str, int]:
    """Lo que la base dice que pasó."""
    from instituciones.bitacora import primer_quiebre
    from matrices.models import Avance, Movimiento

    pasos = Movimiento.objects.filter(paso="entregar")
    return {
        "entregados": Avance.objects.filter(estado="EN_APROBACION").count(),
        "movimientos": pasos.count(),
        "de_distintos": pasos.values("avance").distinct().count(),
        "cadena_entera": int(primer_quiebre()[1] is None),
    }


def en_esa_base(entorno: dict[str, str], que: str, *argumentos: str) -> Any:
    """Corre `sembrar` o `contar` en un proceso con esa base."""
    hecho = subprocess.run(  # noqa: S603 (el mismo intérprete y este módulo)
        [sys.executable, "-m", "rendimiento.cierre", que, *argumentos],
        cwd=RAIZ,
        env=entorno,
        capture_output=True,
        text=True,
        check=False,
    )
    if hecho.returncode:
        raise RuntimeError(hecho.stderr[-2000:])
    return json.loads(hecho.stdout.splitlines()[-1])


def correr(
    levantar: list[str], direccion: str, cuantas: int, ritmo: Ritmo, conexion: str = "600"
) -> Cierre:
    """Siembra, levanta la web, cierra y comprueba en la base; RuntimeError si no cuadra."""
    with tempfile.TemporaryDirectory(prefix="pesn-cierre-") as aparte:
        entorno = {**os.environ, "DATABASE_URL": direccion, "PESN_VAR": aparte}
        return _correr_en(levantar, entorno | {"CONN_MAX_AGE": conexion}, cuantas, ritmo)


def _correr_en(levantar: list[str], entorno: dict[str, str], cuantas: int, ritmo: Ritmo) -> Cierre:
    personas = [Persona(*una) for una in en_esa_base(entorno, "sembrar", str(cuantas))]
    puerto = puerto_libre()
    servidor = subprocess.Popen(  # noqa: S603 (el mismo intérprete y un módulo conocido)
        [sys.executable, "-m", *levantar, "--port", str(puerto), "pesn.wsgi:application"],
        cwd=RAIZ,
        env=entorno,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        esperar(puerto)
        cierre = cerrar(puerto, personas, ritmo)
    finally:
        os.killpg(servidor.pid, signal.SIGKILL)
        servidor.wait(10)
    quedo = en_esa_base(entorno, "contar")
    debido = dict.fromkeys(("entregados", "movimientos", "de_distintos"), cuantas)
    if quedo != {**debido, "cadena_entera": 1}:
        raise RuntimeError(f"La base no cuadra con {cuantas} personas: {quedo}; {cierre}")
    return cierre


def medir(levantar: list[str], ritmo: Ritmo, conexion: str) -> tuple[float, str]:
    """El p95 y lo que se vio; lanza RuntimeError con un solo error."""
    direccion = _base_nueva()
    cierre = correr(levantar, direccion, PERSONAS, ritmo, conexion)
    if cierre.errores:
        raise RuntimeError(str(cierre))
    cumple = cierre.percentil(0.95) <= P95 and cierre.percentil(0.99) <= P99
    return cierre.percentil(0.95), f"{cierre} (G-41 {'cumple' if cumple else 'NO CUMPLE'})"


def _base_nueva() -> str:
    direccion = f"{os.environ['DATABASE_URL']}_cierre"
    nombre = sql.Identifier(direccion.rsplit("/", 1)[1])
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as conexion:
        conexion.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(nombre))
        conexion.execute(sql.SQL("CREATE DATABASE {}").format(nombre))
    return direccion


MEDIDAS = (
    [
        Medida(
            f"Cierre: trescientas personas {como}",
            partial(medir, GRANIAN, ritmo, "600"),
            partial(medir, SINCRONO, ritmo, "0"),
            meta=1.0,
            cifra="dicha",
        )
        for como, ritmo in (("en dos minutos", EN_DOS_MINUTOS), ("de golpe", DE_GOLPE))
    ]
    if hay_bases()
    else []
)


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pesn.settings")
    django.setup()
    dicho = sembrar(int(sys.argv[2])) if sys.argv[1] == "sembrar" else contar()
    sys.stdout.write(json.dumps(dicho) + "\n")
