"""Cuánto pesa la primera visita de cada página y si algo se corre, en un navegador de verdad.

La «ingenua» es aquí el tope: 100 KB comprimidos, sin las tipografías. Un corrimiento no se
compara: lanza RuntimeError. Usa la base «1x» de `rendimiento.sembrar`; sin `DATABASE_URL` no mide.
"""

import gzip
import os
import signal
import subprocess
import sys
from collections import defaultdict
from typing import Any

from rendimiento.guardado import GRANIAN, en_la_base_1x, esperar, puerto_libre
from rendimiento.paginas import COORDINA, PLANIFICA, hay_bases
from rendimiento.registro import RAIZ, Medida

TOPE_KB = 100.0
NAVEGADOR = "/usr/bin/chromium"
CONSEJO = "consejero.presidencia@demo.invalid"
ANONIMO = ""
PAGINAS = {
    "/cuenta/login/": ANONIMO,
    "/verificar/": ANONIMO,
    "/": COORDINA,
    "/semestre/": PLANIFICA,
    "{captura}": PLANIFICA,
    "/revision/": COORDINA,
    "/plan/PESN-2020-2024/": COORDINA,
    "/plan/PESN-2020-2024/acciones/1.1.1/": COORDINA,
    "/periodos/": COORDINA,
    "/enmiendas/": COORDINA,
    "/informes/": COORDINA,
    "/tablero/": COORDINA,
    "/recomendaciones/": COORDINA,
    "/avisos/": COORDINA,
    "/calidad/": COORDINA,
}
CORRIDO = """
window.corrido = 0;
new PerformanceObserver(lista => {
  for (const uno of lista.getEntries()) if (!uno.hadRecentInput) window.corrido += uno.value;
}).observe({type: 'layout-shift', buffered: true});
"""


def medir() -> tuple[float, str]:
    """La página más pesada, en KB, y lo que pesan todas."""
    en_la_base_1x()
    sesiones, captura = _preparar()
    puerto = puerto_libre()
    servidor = subprocess.Popen(  # noqa: S603 (el mismo intérprete y un módulo conocido)
        [sys.executable, "-m", *GRANIAN, "--port", str(puerto), "pesn.wsgi:application"],
        cwd=RAIZ,
        env=os.environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        esperar(puerto)
        pesos = {
            ruta: _visitar(
                f"http://localhost:{puerto}{ruta.format(captura=captura)}", sesiones[quien]
            )
            for ruta, quien in PAGINAS.items()
        }
    finally:
        os.killpg(servidor.pid, signal.SIGKILL)
        servidor.wait(10)
    if corridas := {ruta: corrido for ruta, (_kb, corrido) in pesos.items() if corrido}:
        raise RuntimeError(f"Se corren: {corridas}")
    por_peso = sorted(((kb, ruta) for ruta, (kb, _corrido) in pesos.items()), reverse=True)
    dicho = ", ".join(f"{ruta} {kb:.0f}" for kb, ruta in por_peso)
    return por_peso[0][0], f"corrimiento 0 en {len(pesos)}; KB: {dicho}"


def _preparar() -> tuple[dict[str, str], str]:
    """Los estáticos juntos, una sesión por persona y la página de captura de quien planifica."""
    from django.core.management import call_command
    from django.test import Client
    from django.urls import reverse

    from instituciones.models import Usuario
    from matrices.models import Avance

    call_command("collectstatic", interactive=False, verbosity=0)
    sesiones = {ANONIMO: ""}
    for correo in set(PAGINAS.values()) - {ANONIMO}:
        cliente = Client()
        cliente.force_login(Usuario.objects.get(correo=correo))
        sesiones[correo] = cliente.cookies["sesion"].value
    casa = Usuario.objects.get(correo=PLANIFICA).institucion_id
    suyos = Avance.objects.filter(actividad__responsable=casa, periodo__estado="ABIERTO")
    primero = suyos.order_by("pk").values_list("pk", flat=True).first()
    return sesiones, reverse("matrices:capturar", args=[primero])


def _visitar(direccion: str, sesion: str) -> tuple[float, float]:
    """KB recibidos sin tipografías y corrimiento acumulado, con la caché vacía.

    Lo que el servidor manda sin comprimir se cuenta como lo dejaría el proxy, con gzip.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as juego:
        navegador = juego.chromium.launch(executable_path=NAVEGADOR, args=["--no-sandbox"])
        contexto = navegador.new_context(viewport={"width": 1280, "height": 800})
        if sesion:
            contexto.add_cookies([{"name": "sesion", "value": sesion, "url": direccion}])
        pagina = contexto.new_page()
        pagina.add_init_script(CORRIDO)
        pesos: dict[str, float] = defaultdict(float)
        pagina.on("response", lambda respuesta: _pesar(respuesta, pesos))
        contestada = pagina.goto(direccion, wait_until="networkidle")
        if contestada is None or contestada.status != 200:
            raise RuntimeError(f"{direccion} respondió {contestada and contestada.status}.")
        pagina.wait_for_timeout(300)
        corrido = float(pagina.evaluate("window.corrido"))
        navegador.close()
    return sum(pesos.values()) / 1024, corrido


def _pesar(respuesta: Any, pesos: dict[str, float]) -> None:
    if respuesta.request.resource_type == "font":
        return
    cuerpo = respuesta.body()
    cabeceras = respuesta.headers
    if cabeceras.get("content-encoding"):
        pesos[respuesta.url] = float(cabeceras.get("content-length") or len(gzip.compress(cuerpo)))
    else:
        pesos[respuesta.url] = len(gzip.compress(cuerpo, 6))


MEDIDAS = (
    [
        Medida(
            "Primera visita más pesada, en KB",
            medir,
            lambda: (TOPE_KB, "el tope"),
            meta=1.0,
            cifra="dicha",
        )
    ]
    if hay_bases()
    else []
)
