"""Un avance junto al del semestre anterior, campo por campo.

Recibe filas que la persona ya puede ver y leer; no decide quién ve ni escribe nada.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from matrices import consultas
from matrices.forms.avance import campos_de
from matrices.models import Avance, Movimiento, Observacion
from matrices.verosimilitud import Advertencia
from matrices.views.lectura import legible


@dataclass
class Renglon:
    """Un campo: qué dice ahora, qué decía antes, lo observado en él y lo que llama la atención."""

    campo: str
    nombre: str
    ahora: str
    antes: str
    observaciones: list[Observacion] = field(default_factory=list)
    advertencias: list[Advertencia] = field(default_factory=list)

    @property
    def dice(self) -> bool:
        """Si hay algo que mirar: un valor, de ahora o de antes, o algo observado."""
        return bool(self.ahora or self.antes or self.observaciones or self.advertencias)

    @property
    def repite(self) -> bool:
        """Si es palabra por palabra lo del semestre anterior."""
        return bool(self.ahora) and self.ahora == self.antes


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
    advertencias: Iterable[Advertencia] = (),
) -> list[Renglon]:
    """Los campos con algo que decir. Lo declarado llega como texto JSON; None, no se lee."""
    por_campo: dict[str, list[Observacion]] = {}
    for una in observaciones:
        por_campo.setdefault(una.campo, []).append(una)
    dichas = list(advertencias)
    return [
        Renglon(
            campo,
            nombre,
            escrito(campo, ahora),
            escrito(campo, antes),
            por_campo.get(campo, []),
            [una for una in dichas if una.campo == campo],
        )
        for campo, nombre in campos_de(avance.actividad).items()
    ]


def escrito(campo: str, declarado: dict[str, Any] | None) -> str:
    """Un campo de lo declarado, en palabras; vacío si no dice nada."""
    valor = (declarado or {}).get(campo)
    if campo == "evidencias":
        return "\n".join(una["titulo"] for una in valor or [])
    return legible(campo, valor)


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
