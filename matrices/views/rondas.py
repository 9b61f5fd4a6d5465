"""Qué cambió la institución de un envío al siguiente, palabra por palabra.

Recibe lo que cada envío selló; no decide quién lo lee.
"""

import difflib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from matrices.forms.avance import campos_de
from matrices.models import Avance, Movimiento
from matrices.views.cotejo import escrito

PALABRAS = re.compile(r"\s+|\w+|[^\w\s]")
IGUAL, SE_QUITO, SE_AGREGO = "igual", "quitado", "agregado"


class Trozo(NamedTuple):
    """Un pedazo de texto y qué fue de él: igual, quitado o agregado."""

    que: str
    texto: str


class Cambio(NamedTuple):
    """Un campo que no dice lo mismo que en el envío anterior."""

    campo: str
    nombre: str
    trozos: list[Trozo]


@dataclass
class Ronda:
    """Un envío, y en qué se apartó del anterior; del primero no hay con qué compararlo."""

    numero: int
    envio: Movimiento
    cambios: list[Cambio] = field(default_factory=list)


def rondas(avance: Avance, movimientos: Iterable[Movimiento]) -> list[Ronda]:
    """Los envíos del avance, del primero al último; los movimientos llegan en orden."""
    envios = [uno for uno in movimientos if uno.paso == "remitir"]
    campos, antes, salida = campos_de(avance.actividad), None, []
    for numero, envio in enumerate(envios, start=1):
        ahora = json.loads(envio.contenido)
        ronda = Ronda(numero, envio)
        if antes is not None:
            for campo, nombre in campos.items():
                decia, dice = escrito(campo, antes), escrito(campo, ahora)
                if decia != dice:
                    ronda.cambios.append(Cambio(campo, nombre, palabra_por_palabra(decia, dice)))
        salida.append(ronda)
        antes = ahora
    return salida


def palabra_por_palabra(antes: str, ahora: str) -> list[Trozo]:
    """Lo que sigue igual, lo que se quitó y lo que se agregó, en el orden en que se lee."""
    viejas, nuevas = PALABRAS.findall(antes), PALABRAS.findall(ahora)
    trozos: list[Trozo] = []
    cotejo = difflib.SequenceMatcher(None, viejas, nuevas, autojunk=False)
    for que, desde, hasta, aqui, alla in cotejo.get_opcodes():
        if que == "equal":
            trozos.append(Trozo(IGUAL, "".join(viejas[desde:hasta])))
            continue
        if hasta > desde:
            trozos.append(Trozo(SE_QUITO, "".join(viejas[desde:hasta])))
        if alla > aqui:
            trozos.append(Trozo(SE_AGREGO, "".join(nuevas[aqui:alla])))
    return trozos
