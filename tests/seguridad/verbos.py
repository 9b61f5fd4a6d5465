"""Los verbos que escriben, llamados sin pasar por ninguna página: cada uno niega por sí mismo.

De cada uno, cómo se llama sobre el mundo de las matrices y a quién no se le niega.
"""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from acciones import flujo as tramites
from informes import emision, recomendaciones
from informes.models import TrabajoInforme
from instituciones.models import ResolucionReserva, Usuario
from matrices import (
    clasificacion,
    enmiendas,
    estructura,
    evidencias,
    flujo,
    libro,
    periodos,
    resultados,
)
from matrices.calendario import fechas_del_semestre
from matrices.models import Aporte, Avance, LibroRecibido
from tests.seguridad.mundo import fresco

PLANIFICAN = frozenset({"planificadora", "delegada", "delegada_vencida"})
APRUEBA, COORDINA = frozenset({"aprobador"}), frozenset({"coordinadora"})
ESTRUCTURAN = frozenset({"coordinadora", "comisionada"})
DIA = date(2021, 5, 1)


class Verbo(NamedTuple):
    """Cómo se llama, y quiénes pueden; a los demás, PermissionDenied."""

    llamar: Callable[[Any, Usuario], Any]
    pueden: frozenset[str]


class Empezo(Exception):
    """Lo largo ya pasó su puerta: no hace falta que termine."""


def _avance(mundo, estado: str) -> Avance:
    return fresco(mundo.avances["PUBLICA", estado])


def _dibujar(mundo, persona) -> None:
    """Lo pidió esta persona y lo dibuja el trabajador."""
    trabajo = mundo.informes["PUBLICA"].trabajo
    TrabajoInforme.objects.filter(pk=trabajo.pk).update(solicitante=persona)
    emision.dibujar(trabajo.clave, _ya)


def _ya(_cuanto: int, _paso: str) -> None:
    raise Empezo


def _aportar(mundo, persona) -> None:
    aporte = Aporte(avance=_avance(mundo, "BORRADOR"), institucion=mundo.cooperante)
    flujo.aportar(aporte, texto="Se acompañó.", conforme="SI", version=1, por=persona)


def _columnas(numero: int) -> dict[str, Any]:
    return {"numero": numero, "descripcion": "Otra."}


def _libro(recibido: LibroRecibido, persona) -> None:
    """El trabajador lo atiende: quien lo subió pudo perder sus derechos mientras esperaba."""
    suyo = LibroRecibido.objects.filter(pk=recibido.pk)
    suyo.update(por=persona, estado="PENDIENTE", intentos=0, tarea=LibroRecibido.Tarea.ENSAYAR)
    libro.atender(recibido.clave)
    if suyo.get().codigo == "permiso":
        raise PermissionDenied


def _otra_resolucion(mundo) -> ResolucionReserva:
    """La misma autoridad dicta otra, un año después."""
    otra = mundo.resolucion
    otra.pk, otra._state.adding = None, True
    otra.numero, otra.vence = "9-2021", otra.vence + timedelta(days=365)
    return otra


VERBOS = {
    "tramitar": Verbo(
        lambda m, p: tramites.tramitar(
            m.plan.propuestas.get(),
            "EN_ELABORACION",
            fecha=DIA,
            documento="Oficio 1",
            version=1,
            por=p,
        ),
        ESTRUCTURAN,
    ),
    "cortar_de_nuevo": Verbo(
        lambda m, p: emision.cortar_de_nuevo(m.corte.periodo, [], por=p, motivo="Un dato."),
        COORDINA,
    ),
    "encargar": Verbo(lambda m, p: emision.encargar(m.corte, edicion="CNS", por=p), COORDINA),
    "aprobar": Verbo(lambda m, p: emision.aprobar(m.informes["PUBLICA"], por=p), COORDINA),
    "dibujar": Verbo(_dibujar, COORDINA),
    "tomar_conocimiento": Verbo(
        lambda m, p: emision.tomar_conocimiento(m.informes["CNS"], por=p), frozenset({"consejera"})
    ),
    "recomendar": Verbo(
        lambda m, p: recomendaciones.registrar(
            numero="IGSNS-9",
            periodo=m.periodo,
            institucion=m.personas.planificadora.institucion,
            texto="Unificar.",
            por=p,
        ),
        frozenset({"inspector"}),
    ),
    "responder": Verbo(
        lambda m, p: recomendaciones.responder(
            m.recomendacion, respuesta="Se hizo.", version=1, por=p
        ),
        APRUEBA,
    ),
    "solicitar": Verbo(
        lambda m, p: enmiendas.solicitar(
            _avance(m, "VALIDADO").actividad, tipo="SUSPENSION", desde=DIA, motivo="Falta.", por=p
        ),
        PLANIFICAN,
    ),
    "avalar": Verbo(lambda m, p: enmiendas.avalar(m.cambio, version=1, por=p), APRUEBA),
    "firmar": Verbo(lambda m, p: enmiendas.firmar(m.rectificacion, version=1, por=p), APRUEBA),
    "solicitar_rectificacion": Verbo(
        lambda m, p: enmiendas.solicitar_rectificacion(
            fresco(m.cortado), despues={"porcentaje": Decimal(51)}, motivo="Falta.", por=p
        ),
        PLANIFICAN,
    ),
    "pedir otra clase": Verbo(
        lambda m, p: clasificacion.solicitar(
            _avance(m, "VALIDADO").actividad,
            clasificacion.Pedido("CONFIDENCIAL", "PUBLICA", "Falta.", base="Con garantía."),
            por=p,
        ),
        PLANIFICAN | APRUEBA | COORDINA,
    ),
    "confirmar otra clase": Verbo(
        lambda m, p: clasificacion.aprobar(m.reclasificacion, nota="Procede.", version=1, por=p),
        COORDINA,
    ),
    "registrar una reserva": Verbo(
        lambda m, p: clasificacion.registrar_resolucion(_otra_resolucion(m), por=p), COORDINA
    ),
    "prorrogar una reserva": Verbo(
        lambda m, p: clasificacion.prorrogar_resolucion(m.resolucion, _otra_resolucion(m), por=p),
        COORDINA,
    ),
    "escribir_impacto": Verbo(
        lambda m, p: estructura.escribir_impacto(m.accion, "Más seguro.", version=1, por=p),
        ESTRUCTURAN,
    ),
    "agregar_actividad": Verbo(
        lambda m, p: estructura.agregar_actividad(m.matriz, _columnas(91), por=p), ESTRUCTURAN
    ),
    "cambiar_actividad": Verbo(
        lambda m, p: estructura.cambiar_actividad(
            _avance(m, "BORRADOR").actividad, _columnas(1), version=1, por=p
        ),
        ESTRUCTURAN,
    ),
    "escribir_varias": Verbo(
        lambda m, p: estructura.escribir_varias(m.matriz, [], por=p), ESTRUCTURAN
    ),
    "retirar": Verbo(
        lambda m, p: evidencias.retirar(m.evidencias["PUBLICA", "BORRADOR"], por=p), PLANIFICAN
    ),
    "autoguardar": Verbo(
        lambda m, p: flujo.autoguardar(
            _avance(m, "BORRADOR"), flujo.Declaracion({"logro": "Algo."}), version=1, por=p
        ),
        PLANIFICAN,
    ),
    "aportar": Verbo(_aportar, frozenset({"coopera"})),
    "remitir": Verbo(
        lambda m, p: flujo.mover(_avance(m, "EN_APROBACION"), "remitir", version=1, por=p), APRUEBA
    ),
    "remitir por delegación": Verbo(
        lambda m, p: flujo.mover(
            _avance(m, "EN_APROBACION"),
            "remitir",
            version=1,
            por=p,
            en_nombre_de=m.personas.aprobador,
        ),
        frozenset({"delegada"}),
    ),
    "asignar": Verbo(
        lambda m, p: flujo.asignar(_avance(m, "REMITIDO"), m.personas.analista, version=1, por=p),
        COORDINA | {"analista"},
    ),
    "asignar a quien no lo revisa": Verbo(
        lambda m, p: flujo.asignar(
            _avance(m, "REMITIDO"), m.personas.analista_cap, version=1, por=p
        ),
        frozenset(),
    ),
    "programar": Verbo(lambda m, p: periodos.programar(m.plan, 2023, 1, por=p), COORDINA),
    "cambiar_fechas": Verbo(
        lambda m, p: periodos.cambiar_fechas(
            m.programado, fechas_del_semestre(2021, 2), version=1, por=p
        ),
        COORDINA,
    ),
    "prorrogar": Verbo(
        lambda m, p: periodos.prorrogar(
            m.periodo,
            timezone.localdate() + timedelta(days=20),
            nota="Falta.",
            version=m.periodo.version,
            por=p,
        ),
        COORDINA,
    ),
    "cortar": Verbo(
        lambda m, p: periodos.cortar(m.periodo, version=m.periodo.version, por=p), COORDINA
    ),
    "registrar_valor": Verbo(
        lambda m, p: resultados.registrar(
            m.valor.resultado, fecha=DIA, valor=Decimal(3), fuente="Censo", por=p
        ),
        ESTRUCTURAN,
    ),
    "corregir_valor": Verbo(
        lambda m, p: resultados.corregir(
            m.valor, fecha=DIA, valor=Decimal(3), fuente="Censo", version=1, por=p
        ),
        ESTRUCTURAN,
    ),
    "atender el libro": Verbo(lambda m, p: _libro(m.libro, p), PLANIFICAN),
    "atender el libro de la matriz": Verbo(
        lambda m, p: _libro(m.libro_de_matriz["coordinadora"], p), ESTRUCTURAN
    ),
}
