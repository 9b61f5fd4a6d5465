"""Un avance junto al del semestre anterior, campo por campo, y lo que en él llama la atención.

Recibe filas que la persona ya puede ver y leer; no decide quién ve ni escribe nada.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from matrices import calculo, consultas
from matrices.forms.avance import DEL_MODO, SECCIONES
from matrices.models import Actividad, Avance, Movimiento, Observacion
from matrices.templatetags.pesn_formato import dos
from matrices.views.lectura import ETIQUETAS, legible

COMPLETO = Decimal(100)
SALTO = Decimal(40)  # puntos en un semestre que piden una segunda mirada
TEXTOS = ("logro", "limitante", "medida_correctiva")
NO_SE_OBSERVAN = {"resolucion", "declaracion"}
DE_ALGUN_MODO: set[str] = set().union(*DEL_MODO.values())


@dataclass
class Renglon:
    """Un campo: lo que dice ahora, lo que decía el semestre anterior y lo observado en él."""

    campo: str
    nombre: str
    ahora: str
    antes: str
    observaciones: list[Observacion] = field(default_factory=list)

    @property
    def dice(self) -> bool:
        """Si hay algo que mirar: un valor, de ahora o de antes, o algo observado."""
        return bool(self.ahora or self.antes or self.observaciones)

    @property
    def repite(self) -> bool:
        """Si es palabra por palabra lo del semestre anterior."""
        return bool(self.ahora) and self.ahora == self.antes


def campos_de(actividad: Actividad) -> dict[str, str]:
    """Los campos del formulario de esa actividad, con su nombre, en el orden en que se llenan."""
    ajenos = DE_ALGUN_MODO - set(DEL_MODO[Actividad.Modo(actividad.modo)])
    en_orden = [campo for _titulo, campos in SECCIONES for campo in campos]
    return {campo: ETIQUETAS[campo] for campo in en_orden if campo not in ajenos | NO_SE_OBSERVAN}


def anterior(avance: Avance, visibles: QuerySet[Avance]) -> Avance | None:
    """El avance de la misma actividad en el semestre inmediato anterior, si se puede ver."""
    previos = visibles.filter(
        actividad=avance.actividad_id, periodo__corte__lt=avance.periodo.corte
    )
    return previos.con_su_actividad().order_by("-periodo__corte").first()


def renglones(
    avance: Avance,
    ahora: dict[str, Any] | None,
    antes: dict[str, Any] | None,
    observaciones: Iterable[Observacion] = (),
) -> list[Renglon]:
    """Los campos con algo que decir. Lo declarado llega como texto JSON; None, no se lee."""
    por_campo: dict[str, list[Observacion]] = {}
    for una in observaciones:
        por_campo.setdefault(una.campo, []).append(una)
    return [
        Renglon(
            campo,
            nombre,
            escrito(campo, ahora),
            escrito(campo, antes),
            por_campo.get(campo, []),
        )
        for campo, nombre in campos_de(avance.actividad).items()
    ]


def escrito(campo: str, declarado: dict[str, Any] | None) -> str:
    """Un campo de lo declarado, en palabras; vacío si no dice nada."""
    valor = (declarado or {}).get(campo)
    if campo == "evidencias":
        return "\n".join(una["titulo"] for una in valor or [])
    return legible(campo, valor)


def avisos(avance: Avance, dice: dict[str, Any] | None, decia: dict[str, Any] | None) -> list[str]:
    """Lo que conviene mirar dos veces antes de validar; no impide nada."""
    hallados = list(_de_las_cifras(avance, dice))
    if dice and decia:
        hallados += [
            f"«{ETIQUETAS[campo]}» repite palabra por palabra lo del semestre anterior."
            for campo in TEXTOS
            if dice.get(campo) and dice[campo] == decia.get(campo)
        ]
    return hallados


def _de_las_cifras(avance: Avance, dice: dict[str, Any] | None) -> Iterator[str]:
    sube = calculo.diferencia(avance.ejecutado, avance.ejecutado_previo)
    respaldado = bool(dice and dice.get("evidencias"))
    if sube is not None and sube < 0:
        yield f"Retrocede {dos(abs(sube))} puntos desde lo último validado."
    if sube is not None and sube >= SALTO:
        yield f"Sube {dos(sube)} puntos en un semestre."
    if avance.ejecutado == COMPLETO and not respaldado:
        yield "Llega al 100 % sin evidencia."
    elif sube is not None and sube > 0 and not respaldado:
        yield "Sube sin evidencia."


def textos_repetidos(
    avance: Avance, dice: dict[str, Any] | None, visibles: QuerySet[Avance]
) -> list[tuple[str, Avance]]:
    """Qué textos de este avance están iguales en otra actividad del mismo semestre."""
    if not dice:
        return []
    hallados = []
    for campo in TEXTOS:
        if dice.get(campo):
            otros = visibles.filter(periodo=avance.periodo_id, **{campo: dice[campo]})
            otro = otros.exclude(pk=avance.pk).con_su_actividad().order_by("pk").first()
            if otro:
                hallados.append((ETIQUETAS[campo], otro))
    return hallados


def semestres_sin_cambios(avance: Avance, visibles: QuerySet[Avance]) -> int:
    """Cuántos semestres seguidos, contando éste, se declaró «Sin cambios»."""
    hasta_aqui = visibles.filter(
        actividad=avance.actividad_id, periodo__corte__lte=avance.periodo.corte
    )
    seguidos = 0
    for igual in hasta_aqui.order_by("-periodo__corte").values_list("sin_cambios", flat=True):
        if not igual:
            break
        seguidos += 1
    return seguidos


def respuestas_anteriores(
    observaciones: Iterable[Observacion], movimientos: Iterable[Movimiento]
) -> dict[int, list[str]]:
    """Por observación, lo que se respondió en rondas pasadas y se volvió a observar."""
    dichas: dict[int, list[str]] = {}
    for uno in movimientos:
        if uno.paso == "observar":
            for una in json.loads(uno.contenido).get("observaciones", []):
                if una["respuesta"]:
                    dichas.setdefault(una["pk"], []).append(una["respuesta"])
    return {
        una.pk: [otra for otra in dichas[una.pk] if otra != una.respuesta]
        for una in observaciones
        if una.pk in dichas
    }


def lo_que_dice(avance: Avance) -> dict[str, Any]:
    """Lo declarado ahora mismo, como texto JSON."""
    filas = consultas.con_lo_declarado([avance.pk])
    return consultas.como_texto(consultas.lo_declarado(filas[0]))


def lo_que_vale(avance: Avance) -> dict[str, Any]:
    """Lo declarado con sus rectificaciones aplicadas, como texto JSON."""
    return consultas.como_texto(consultas.en_vigor(avance))
