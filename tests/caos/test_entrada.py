"""G-34b y G-34c: los límites y los códigos usados son uno solo, aunque los procesos sean varios."""

import http.client
import json
import sys
import threading
from urllib.parse import urlencode

import pytest

from tests.archivos import nombrar_los_estaticos

pytestmark = pytest.mark.caos
FICHA = "a" * 32
CLAVE = "quetzal-verde-91-lluvia"
CORREO = "petrona@ejemplo.gt"
WEBS, INTENTOS = 3, 12
PREPARAR = f"""
import base64, json
from allauth.mfa.totp.internal.auth import TOTP
from instituciones.models import Institucion
from tests.fabricas import UsuarioFactory
casa = Institucion.objects.get(sigla="MINGOB")
persona = UsuarioFactory(correo="{CORREO}", password="{CLAVE}", institucion=casa)
TOTP.activate(persona, base64.b32encode(b"veinte octetos justo").decode())
"""
CODIGO = """
import base64, time
from allauth.mfa.totp.internal.auth import *
time.sleep(max(0, 31 - time.time() % 30) if time.time() % 30 > 15 else 0)
semilla = base64.b32encode(b"veinte octetos justo").decode()
print(format_hotp_value(hotp_value(semilla, next(yield_hotp_counters_from_time()))), flush=True)
"""


def en_su_casa(taller, programa: str) -> str:
    """Lo que dice un mandato corrido con la base, el secreto y la caché del taller."""
    proceso = taller.levantar(sys.executable, "manage.py", "shell", "-v", "0", "-c", programa)
    registro = taller.var / f"registro-{len(taller.vivos) - 1}.log"
    assert proceso.wait(timeout=60) == 0, registro.read_text()[-2000:]
    return registro.read_text().split()[-1] if registro.read_text().strip() else ""


def mandar(puerto, donde, datos, galletas=""):
    """Estado, página y cookies de un POST con su ficha."""
    conexion = http.client.HTTPConnection("127.0.0.1", puerto, timeout=30)
    cabeceras = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"csrf={FICHA}; {galletas}",
    }
    cuerpo = urlencode({**datos, "csrfmiddlewaretoken": FICHA})
    try:
        conexion.request("POST", donde, cuerpo, cabeceras)
        respuesta = conexion.getresponse()
        puestas = [c.split(";")[0] for c in respuesta.headers.get_all("Set-Cookie") or []]
        sesion = next((c for c in puestas if c.startswith("sesion=")), "")
        return respuesta.status, respuesta.read().decode(), sesion
    finally:
        conexion.close()


def a_la_vez(tareas):
    """Todas juntas, cada una en su hilo; sus resultados, en orden."""
    salida, barrera, hilos = [None] * len(tareas), threading.Barrier(len(tareas)), []
    for cual, tarea in enumerate(tareas):

        def correr(cual=cual, tarea=tarea):
            barrera.wait(timeout=30)
            salida[cual] = tarea()

        hilos.append(threading.Thread(target=correr))
    for hilo in hilos:
        hilo.start()
    for hilo in hilos:
        hilo.join(timeout=60)
    return salida


@pytest.fixture(params=["redis", "base"])
def webs(request, taller):
    """Los procesos y sus puertos, con la caché en Redis o en la base."""
    if request.param == "redis":
        taller.redis()
    else:
        taller.entorno.pop("REDIS_URL")
    nombrar_los_estaticos(taller.var)
    en_su_casa(taller, PREPARAR)
    return request.param, taller, [taller.web()[1] for _ in range(WEBS)]


def test_tres_procesos_llevan_una_sola_cuenta_y_un_codigo_vale_una_vez(webs, cifra):
    cache, taller, puertos = webs
    medias = [mandar(p, "/cuenta/login/", {"login": CORREO, "password": CLAVE}) for p in puertos]
    assert [(estado, bool(sesion)) for estado, _, sesion in medias] == [(302, True)] * WEBS
    codigo = en_su_casa(taller, CODIGO)

    usos = a_la_vez(
        [
            lambda p=p, s=media[2]: mandar(p, "/cuenta/2fa/authenticate/", {"code": codigo}, s)
            for p, media in zip(puertos, medias, strict=True)
        ]
    )
    assert sorted(estado for estado, _, _ in usos) == [200] * (WEBS - 1) + [302]

    malas = {"login": "otra-cuenta@ejemplo.gt", "password": "mala"}
    fallas = a_la_vez(
        [lambda n=n: mandar(puertos[n % WEBS], "/cuenta/login/", malas) for n in range(INTENTOS)]
    )
    negadas = sum("no son correctos" in pagina for _, pagina, _ in fallas)
    bloqueadas = sum("Demasiados intentos" in pagina for _, pagina, _ in fallas)
    assert (negadas, bloqueadas) == (5, INTENTOS - 5)
    actos = dict(
        taller.filas(
            "SELECT acto, COUNT(*) FROM instituciones_asiento WHERE tipo = 'sesion' GROUP BY acto"
        )
    )
    assert (actos["fallar_entrada"], actos["bloquear_entrada"]) == (5, 1), json.dumps(actos)
    cifra(f"G-34b caché en {cache}: procesos={WEBS} intentos={INTENTOS} contados={negadas}")
    cifra(f"G-34c caché en {cache}: procesos={WEBS} mismo_codigo={WEBS} entradas=1")
