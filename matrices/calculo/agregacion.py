"""De la actividad a la acción, y de las acciones a cada nivel (dominio §7.5)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from matrices.calculo.actividades import ActividadMedida
from matrices.calculo.colores import SE_CUENTAN_APARTE, Semaforo
from matrices.calculo.numeros import CUENTA, a_dos, ejecutado_a_dos, en_puntos, finito, suma
from matrices.calculo.recepcion import Cobertura, cobertura, cobertura_de
from matrices.calculo.semaforo import Medida, medida_de
from matrices.calculo.terminos import CANCELADA, SUSPENDIDA, situacion_valida
from matrices.calculo.umbrales import UMBRALES, Umbrales


@dataclass(frozen=True)
class AccionMedida:
    """Los valores guardados de una acción, como entran en los niveles de arriba."""

    codigo: str
    ejecutado: Decimal | None
    programado: Decimal | None
    semaforo: str
    exigidos: int
    recibidos: int
    a_tiempo: int = 0
    peso: Decimal = Decimal(1)


@dataclass(frozen=True)
class ResultadoAccion(Medida, Cobertura):
    """Una acción en un corte, también sobre la base original: todas, con fechas originales."""

    ejecutado_base_original: Decimal | None
    programado_base_original: Decimal | None
    n_actividades: int
    n_canceladas: int


@dataclass(frozen=True)
class ResultadoNivel(Medida, Cobertura):
    """Objetivo, programa, ámbito, institución o plan; `por_semaforo` cuenta todas sus acciones."""

    n_acciones: int
    n_computadas: int
    por_semaforo: dict[str, int]


def accion(
    actividades: Iterable[ActividadMedida], *, corte: date, umbrales: Umbrales = UMBRALES
) -> ResultadoAccion:
    """Una acción: medias ponderadas de sus actividades sin las canceladas. Regla ACCION.

    Sin pesos, todas valen igual; mezclarlos es un error. Lo no reportado entra con lo último.
    """
    todas = list(actividades)
    pesos = _pesos([una.peso for una in todas])
    pesadas = [
        (una, peso)
        for una, peso in zip(todas, pesos, strict=True)
        if situacion_valida(una.situacion) != CANCELADA
    ]
    llegado = cobertura_de(todas, umbrales=umbrales)
    return ResultadoAccion(
        **vars(llegado),
        **vars(_medida_de_accion(pesadas, llegado, corte, umbrales, hay=bool(todas))),
        ejecutado_base_original=_ejecutado_medio([una.ejecutado for una in todas], pesos),
        programado_base_original=_programado_medio(
            [una.programado_original for una in todas], pesos
        ),
        n_actividades=len(todas),
        n_canceladas=len(todas) - len(pesadas),
    )


def _medida_de_accion(
    pesadas: list[tuple[ActividadMedida, Decimal]],
    llegado: Cobertura,
    corte: date,
    umbrales: Umbrales,
    *,
    hay: bool,
) -> Medida:
    vivas, pesos = [una for una, _peso in pesadas], [peso for _una, peso in pesadas]
    ejecutado = _ejecutado_medio([una.ejecutado for una in vivas], pesos)
    programado = _programado_medio([una.programado for una in vivas], pesos)
    if ejecutado is None or programado is None:
        color = Semaforo.CANCELADA if hay else Semaforo.SIN_MATRIZ
        return Medida(None, None, None, None, color)
    todas_suspendidas = all(una.situacion == SUSPENDIDA for una in vivas)
    return medida_de(
        ejecutado,
        programado,
        umbrales,
        color=Semaforo.SUSPENDIDA if todas_suspendidas else None,
        sin_reporte=llegado.exigidos > 0 and llegado.recibidos == 0,
        vencida=corte > max(una.fin_vigente for una in vivas),
    )


def nivel(acciones: Iterable[AccionMedida], *, umbrales: Umbrales = UMBRALES) -> ResultadoNivel:
    """Un nivel: media de sus acciones, nunca de niveles ni de IC. Regla NIVEL.

    SIN_MATRIZ y CANCELADA se cuentan pero no computan; None si ninguna computa.
    """
    todas = list(acciones)
    colores = Counter(Semaforo(una.semaforo) for una in todas)
    computan = [una for una in todas if una.semaforo not in SE_CUENTAN_APARTE]
    pesos = _pesos([una.peso for una in computan])
    ejecutado = _ejecutado_medio([una.ejecutado for una in computan], pesos)
    programado = _programado_medio([una.programado for una in computan], pesos)
    medida = Medida(None, None, None, None, None)
    if ejecutado is not None and programado is not None:
        medida = medida_de(ejecutado, programado, umbrales)
    llegado = cobertura(
        sum(una.exigidos for una in todas),
        sum(una.recibidos for una in todas),
        sum(una.a_tiempo for una in todas),
        umbrales=umbrales,
    )
    return ResultadoNivel(
        **vars(llegado),
        **vars(medida),
        n_acciones=len(todas),
        n_computadas=len(computan),
        por_semaforo={color.value: colores[color] for color in Semaforo if colores[color]},
    )


def _pesos(dados: list[Decimal | None]) -> list[Decimal]:
    """Los pesos; iguales si nadie los dio."""
    if all(peso is None for peso in dados):
        return [Decimal(1)] * len(dados)
    pesos = [peso for peso in dados if peso is not None]
    if len(pesos) < len(dados):
        raise ValueError("Los pesos van en todas las actividades o en ninguna.")
    if any(finito(peso) <= 0 for peso in pesos):
        raise ValueError("Un peso debe ser mayor que cero.")
    return pesos


def _ejecutado_medio(valores: Sequence[Decimal | None], pesos: list[Decimal]) -> Decimal | None:
    media = _media(valores, pesos, "E")
    return None if media is None else ejecutado_a_dos(media)


def _programado_medio(valores: Sequence[Decimal | None], pesos: list[Decimal]) -> Decimal | None:
    media = _media(valores, pesos, "P")
    return None if media is None else a_dos(media)


def _media(valores: Sequence[Decimal | None], pesos: list[Decimal], nombre: str) -> Decimal | None:
    """Media ponderada exacta, en puntos; None si no hay qué promediar."""
    if not valores:
        return None
    if any(valor is None for valor in valores):
        raise ValueError(f"Falta {nombre}: sólo lo cancelado o sin matriz no lo tiene.")
    pesados = (
        CUENTA.multiply(en_puntos(valor, nombre), peso)
        for valor, peso in zip(valores, pesos, strict=True)
        if valor is not None
    )
    return CUENTA.divide(suma(pesados), suma(pesos))
