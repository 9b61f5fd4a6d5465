"""El cliente de docs/ hace un semestre entero contra un servidor de verdad."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from informes import emision
from matrices import periodos
from matrices.models import Avance, Evidencia, Movimiento, Periodo
from tests.api.conftest import LOGRO, Sistema, inscribir
from tests.archivos import pdf
from tests.recorridos.escena import montar

CLIENTE = Path(__file__).parents[2] / "docs/cliente_api.py"
COMUN = {
    "situacion_reportada": "EN_EJECUCION",
    "logro": LOGRO,
    "limitante_tipo": "PRESUPUESTO",
    "limitante": "El presupuesto se asignó hasta el mes de mayo.",
    "medida_correctiva": "Se reprogramarán los talleres al segundo semestre.",
    "responsable_medida": "Dirección de Planificación",
    "fecha_medida": "2030-09-30",
}
pytestmark = pytest.mark.django_db(transaction=True)


def test_el_cliente_es_de_sesenta_renglones():
    assert len(CLIENTE.read_text().splitlines()) <= 60


def correr(live_server, sistema, carpeta, reportes) -> str:
    (carpeta / "reportes.json").write_text(json.dumps(reportes))
    (carpeta / "acta.pdf").write_bytes(pdf("Acta"))
    entorno = {
        **os.environ,
        "PESN_API": f"{live_server.url}/api/v1/",
        "PESN_FICHA": sistema.secreto,
    }
    hecho = subprocess.run(
        [sys.executable, CLIENTE, "2026-S1", carpeta / "reportes.json"],
        env=entorno,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert hecho.returncode == 0, hecho.stderr
    return hecho.stdout


def pasar(sistema: Sistema, paso: str, **mas) -> None:
    """El mismo paso en todo lo que ese sistema puede darlo."""
    for uno in sistema.leer("avances/").json()["resultados"]:
        dicho = sistema.leer(f"avances/{uno['id']}/").json()
        if paso in dicho["pasos"]:
            respuesta = sistema.paso(uno["id"], dicho["version"], paso, **mas)
            assert respuesta.status_code == 200, respuesta.content


def test_el_cliente_hace_un_semestre_entero(elenco, cache_limpia, live_server, tmp_path, settings):
    settings.ALLOWED_HOSTS = ["*"]
    escena = montar(elenco)
    periodos.abrir(escena.periodo, version=1, por=elenco.coordinadora)
    planifica, aprueba, revisa = [
        inscribir(una)[1] for una in (elenco.planificadora, elenco.aprobador, elenco.analista)
    ]
    reportes = {
        "1.1.1.1": {"datos": {**COMUN, "porcentaje": "40"}, "evidencia": ["acta.pdf"]},
        "1.1.2.1": {"datos": {**COMUN, "ejecutado_periodo": "45"}, "evidencia": ["acta.pdf"]},
        "1.1.3.1": {"datos": {**COMUN, "logro": "Corto."}},
        "1.1.4.1": {"datos": COMUN},  # de otra institución: el cliente no la encuentra
    }

    dicho = correr(live_server, planifica, tmp_path, reportes)
    assert "1.1.3.1" in dicho
    assert "1.1.1.1" not in dicho
    reportes = {"1.1.3.1": {"datos": {**COMUN, "hitos_cumplidos": []}}}
    correr(live_server, planifica, tmp_path, reportes)
    assert Movimiento.objects.filter(paso="entregar").count() == 3
    assert Evidencia.objects.count() == 2

    pasar(aprueba, "remitir")
    pasar(revisa, "observar", observaciones=[{"campo": "logro", "texto": "Precise el lugar."}])
    observados = planifica.leer("avances/?estado=OBSERVADO").json()["resultados"]
    corregidos = {}
    for uno in observados:
        abiertas = planifica.leer(f"avances/{uno['id']}/").json()["observaciones"]
        respuestas = [{"observacion": una["id"], "texto": "Ya se precisó."} for una in abiertas]
        logro = f"{LOGRO} En Cobán, Alta Verapaz."
        corregidos[uno["codigo"]] = {"datos": {"logro": logro, "respuestas": respuestas}}
    assert len(corregidos) == 3
    assert correr(live_server, planifica, tmp_path, corregidos) == ""
    pasar(aprueba, "remitir")
    pasar(revisa, "validar")
    assert Avance.objects.filter(estado="VALIDADO").count() == 3

    corte = cortar(escena.periodo, elenco)
    resultados = planifica.leer(f"cortes/{corte.pk}/resultados/").json()
    assert resultados["huella"] == corte.sellado_de("CNS").huella
    primera = next(una for una in resultados["contenido"]["acciones"] if una["codigo"] == "1.1.1")
    assert primera["ejecutado"] == "40.00"


def cortar(periodo, elenco):
    """El calendario da la gracia y cierra; la coordinación corta."""
    for dia in (periodo.limite, periodo.fin_gracia):
        falta = dia - timezone.localdate() + timedelta(days=1)
        periodos.dar_pasos_del_calendario(timezone.now() + falta)
    return emision.cortar(Periodo.objects.get(pk=periodo.pk), por=elenco.coordinadora)
