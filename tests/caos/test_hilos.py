"""G-12, con hilos: ocho personas mueven avances mientras la coordinación corta, sin trabarse."""

import random
import threading
import time

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection
from psycopg.errors import LockNotAvailable

from instituciones import bitacora
from matrices import flujo, periodos
from matrices.models import Avance, Movimiento, Periodo
from tests.fabricas import AvanceFactory, UsuarioFactory

pytestmark = [pytest.mark.caos, pytest.mark.django_db(transaction=True)]
HILOS, AVANCES, SEGUNDOS = 8, 6, 8


def test_ocho_hilos_y_un_corte_no_se_traban_ni_dejan_estados_ilegales(elenco, cifra):
    primero = AvanceFactory(actividad__responsable=elenco.responsable, logro="Se hizo.")
    for _otro in range(AVANCES - 1):
        AvanceFactory(actividad__responsable=elenco.responsable, periodo=primero.periodo)
    claves = list(Avance.objects.values_list("pk", flat=True))
    personas = [elenco.planificadora, elenco.aprobador, elenco.analista] * 3
    personas[3:6] = [
        UsuarioFactory(rol=una.rol, institucion=una.institucion) for una in personas[:3]
    ]
    hasta, fallas = time.monotonic() + SEGUNDOS, []
    dados, perdidos, ocupados = [], [], []

    def mover(turno):
        persona, vez = personas[turno], turno
        try:
            while time.monotonic() < hasta:
                vez += 1
                avance = Avance.objects.con_su_actividad().get(pk=claves[vez % AVANCES])
                try:
                    dados.append(un_paso(avance, persona))
                except (flujo.Conflicto, PermissionDenied) as motivo:
                    perdidos.append(type(motivo).__name__)
                except OperationalError as motivo:
                    if not isinstance(motivo.__cause__, LockNotAvailable):
                        raise
                    ocupados.append(avance.pk)  # se le dice que espere (pesn/errores.py)
        except Exception as falla:  # noqa: BLE001 — lo que sea que falle es lo que se busca
            fallas.append(repr(falla))
        finally:
            connection.close()

    hilos = [threading.Thread(target=mover, args=[turno]) for turno in range(HILOS)]
    for hilo in hilos:
        hilo.start()
    time.sleep(SEGUNDOS / 2)
    cortado = cortar_a_media_carrera(primero.periodo_id, elenco.coordinadora)
    for hilo in hilos:
        hilo.join(SEGUNDOS + 30)

    assert fallas == []
    assert not any(hilo.is_alive() for hilo in hilos)
    assert cortado.estado == "CORTADO"
    estados = set(Avance.objects.values_list("estado", flat=True))
    assert estados <= {"CONSOLIDADO", "NO_REPORTADO"}
    for avance in Avance.objects.all():
        pasos = list(Movimiento.objects.filter(avance=avance).order_by("pk"))
        assert len(pasos) == avance.version - 1
        assert [p.de for p in pasos[1:]] == [p.a for p in pasos[:-1]]
    assert bitacora.primer_quiebre()[1] is None
    cifra(
        f"G-12 hilos={HILOS} dados={len(dados)} perdidos={len(perdidos)} "
        f"ocupados={len(ocupados)} trabados=0 ilegales=0"
    )


def un_paso(avance, persona):
    quien = {"version": avance.version, "por": persona}
    if persona.rol == "PLANIFICADOR":
        if avance.estado == "BORRADOR":
            return flujo.entregar(avance, **quien).estado
        return flujo.capturar(avance, flujo.Declaracion({"logro": "Otro."}), **quien).estado
    if persona.rol == "APROBADOR":
        paso = random.choice(["remitir", "devolver", "devolver", "devolver"])
        return flujo.mover(avance, paso, nota="Falta el acta.", **quien).estado
    return flujo.validar(avance, **quien).estado


def cortar_a_media_carrera(pk, coordinadora):
    """Cierra y corta con lo que haya; si alguien movió algo en medio, mira otra vez."""
    limite = time.monotonic() + 30
    while time.monotonic() < limite:
        periodo = Periodo.objects.get(pk=pk)
        try:
            if periodo.estado == "ABIERTO":
                periodo = periodos.dar_gracia(periodo)
            if periodo.estado == "EN_GRACIA":
                periodo = periodos.cerrar(periodo, version=periodo.version, por=None)
            return periodos.cortar(
                periodo,
                version=periodo.version,
                por=coordinadora,
                confirmados=[uno.pk for uno in periodos.sin_validar(periodo)],
            )
        except flujo.Conflicto:
            continue
    raise AssertionError("No se pudo cortar en treinta segundos.")
