"""El trabajador de verdad con un dibujo que obedece: se detiene donde la prueba diga.

Celery, las filas, los arriendos y los archivos son los del proyecto; sólo el PDF es de mentira,
para que dibujar tarde lo que la prueba necesita y no lo que tarde WeasyPrint.
"""

import os
import signal
import time
from pathlib import Path

from pesn.celery import app

SENALES = Path(os.environ["PESN_VAR"]) / "senales"
PARADAS = ("antes", "durante", "despues")
ESPERA = 60
app.conf.beat_schedule["reconciliar"]["schedule"] = 1.0


def parar(etapa: str) -> None:
    """Avisa que llegó, con su proceso, y espera permiso si la prueba cerró el paso."""
    (SENALES / f"{etapa}-{os.getpid()}").touch()
    limite = time.monotonic() + ESPERA
    while (SENALES / f"cerrado-{etapa}").exists() and time.monotonic() < limite:
        time.sleep(0.02)


@app.on_after_finalize.connect
def cambiar_el_dibujo(**_):
    """Tras preparar Django: el documento de mentira y las paradas alrededor del de verdad."""
    import django

    django.setup()
    from informes import emision

    dibujar, publicar = emision.dibujar, emision.publicar

    def documento(contenido, adjuntos):
        if contenido.plan.codigo == os.environ.get("CAOS_VENENO"):
            os.kill(os.getpid(), signal.SIGKILL)
        parar("durante")
        return b"%PDF-1.7\n% " + contenido.plan.codigo.encode()

    def dibujar_con_parada(clave, avisar):
        parar("antes")
        return dibujar(clave, avisar)

    def publicar_con_parada(clave, ficha, archivos):
        parar("despues")
        return publicar(clave, ficha, archivos)

    emision.pdf.documento = documento
    emision.dibujar = dibujar_con_parada
    emision.publicar = publicar_con_parada
