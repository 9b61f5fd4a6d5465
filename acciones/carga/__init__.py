"""Pone en la base lo que manda el archivo de un plan, y sólo lo que cambió.

Primero se compara entero, con nombres y no con claves de la base; si algo se contradice, nada se
escribe. Después se escribe todo junto, con un asiento. Cargar dos veces lo mismo no escribe nada.
"""

from collections.abc import Iterable
from typing import Any

from acciones import fuente
from acciones.carga.comparacion import Comparacion, Resultado
from acciones.carga.escritura import Escritura
from acciones.carga.fichas import fichas_de, validas
from acciones.models import Plan
from instituciones import bitacora
from instituciones.canonico import canonico, huella
from instituciones.models import GrupoInstitucional, Institucion, Usuario


def cargar(
    datos: dict[str, Any], *, por: Usuario | None, con_cortes: bool = False
) -> tuple[Plan, Resultado]:
    """Escribe lo que cambió respecto del archivo; `con_cortes`: el plan ya publicó cifras.

    Lanza FuenteRechazada con todos los problemas, y entonces nada se escribió.
    """
    siglas = set(Institucion.objects.values_list("sigla", flat=True))
    grupos = set(GrupoInstitucional.objects.values_list("sigla", flat=True))
    hallados = fuente.problemas(datos, siglas, grupos)
    if not hallados:
        fichas, hallados = validas(list(fichas_de(datos)))
    if hallados:
        raise fuente.FuenteRechazada(hallados)
    comparado = Comparacion(fichas, datos["plan"]["codigo"])
    hallados = list(comparado.contradicciones(con_cortes=con_cortes))
    if hallados:
        raise fuente.FuenteRechazada(hallados)
    resultado = comparado.resultado()
    if resultado.hubo:
        with bitacora.constancia() as asientos:
            plan = Escritura(comparado, por).todo()
            asientos.append(
                bitacora.asiento(
                    "cargar_plan", plan, por=por, datos=_para_la_bitacora(datos, resultado)
                )
            )
    return Plan.objects.get(codigo=datos["plan"]["codigo"]), resultado


def _para_la_bitacora(datos: dict[str, Any], resultado: Resultado) -> dict[str, Any]:
    return {
        "archivo": huella(canonico(datos)),
        "creados": dict(resultado.creados),
        "cambios": resultado.cambios,
        "quitados": resultado.quitados,
    }


def renglones(resultado: Resultado) -> Iterable[str]:
    """Lo que la carga hizo, para la consola."""
    for plural, cuantos in resultado.creados.items():
        yield f"  creado: {cuantos} {plural}"
    for uno in resultado.cambios:
        yield f"  cambió: {uno}"
    for uno in resultado.quitados:
        yield f"  se quitó: {uno}"
    yield f"  sin cambio: {resultado.iguales}"


__all__ = [
    "Resultado",
    "cargar",
    "renglones",
]
