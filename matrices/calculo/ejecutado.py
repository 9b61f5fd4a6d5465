"""E, lo ejecutado según su modo, desde lo que cuenta de la historia (dominio §7.3)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from matrices.calculo.numeros import (
    CERO,
    CIEN,
    CUENTA,
    Numero,
    a_dos,
    ejecutado_a_dos,
    en_puntos,
    finito,
    no_negativo,
    porciento,
    suma,
)
from matrices.calculo.programado import Hito, pesos_de_hitos
from matrices.calculo.terminos import HITOS, META, PORCENTAJE, modo_valido


@dataclass(frozen=True)
class EjecutadoMeta:
    """E de una meta física y lo que la acompaña; el cumplimiento no tiene tope."""

    ejecutado: Decimal
    acumulado: Decimal
    cumplimiento_sin_tope: Decimal
    exige_justificacion: bool


@dataclass(frozen=True)
class EjecutadoPorcentaje:
    """E declarado, y si baja respecto del anterior y hay que decir por qué."""

    ejecutado: Decimal
    exige_motivo_retroceso: bool


@dataclass(frozen=True)
class EjecutadoColectivo:
    """E de los obligados y qué parte de ellos reportó en el periodo."""

    ejecutado: Decimal
    cobertura: Decimal | None


@dataclass(frozen=True)
class Reporte:
    """Lo que una actividad tiene en un periodo; `hitos` son números, `aportes` por sigla.

    `rectificado`: no se validó en su momento, pero una rectificación aplicada le dio valores, y
    entonces cuenta para E sin dejar de estar sin reporte.
    """

    validado: bool
    ejecutado_periodo: Decimal | None = None
    porcentaje: Decimal | None = None
    hitos: Iterable[int] = ()
    aportes: Mapping[str, Decimal | None] = field(default_factory=dict)
    rectificado: bool = False

    @property
    def cuenta(self) -> bool:
        """Si sus valores entran en E."""
        return self.validado or self.rectificado


@dataclass(frozen=True)
class Ejecutado:
    """E de una actividad en cualquier modo; acumulado y sin tope, sólo en META."""

    ejecutado: Decimal
    acumulado: Decimal | None = None
    cumplimiento_sin_tope: Decimal | None = None
    cobertura: Decimal | None = None


def ejecutado_meta(meta: Numero, cantidades: Iterable[Numero | None]) -> EjecutadoMeta:
    """E por meta: lo sumado entre la meta, con tope en 100. Regla E_META.

    Una cantidad por periodo validado; None es que no la hubo.
    """
    if finito(meta) <= 0:
        raise ValueError(f"La meta debe ser mayor que cero, y es {meta}.")
    dadas = [no_negativo(una, "La cantidad del semestre") for una in cantidades if una is not None]
    acumulado = suma(dadas)
    exacto = porciento(acumulado, meta)
    return EjecutadoMeta(
        ejecutado=ejecutado_a_dos(min(exacto, CIEN)),
        acumulado=a_dos(acumulado),
        cumplimiento_sin_tope=a_dos(exacto),
        exige_justificacion=acumulado > meta,
    )


def ejecutado_hitos(hitos: Iterable[tuple[Numero, bool]]) -> Decimal:
    """E por hitos: suma de los pesos cumplidos y validados. Regla E_HITOS."""
    hitos = list(hitos)
    pesos_de_hitos(peso for peso, _cumplido in hitos)
    return ejecutado_a_dos(suma(peso for peso, cumplido in hitos if cumplido))


def ejecutado_porcentaje(porcentaje: Numero, anterior: Numero | None = None) -> EjecutadoPorcentaje:
    """E declarado, y si retrocede. Regla E_PORCENTAJE."""
    dado = en_puntos(porcentaje, "El porcentaje")
    return EjecutadoPorcentaje(
        ejecutado=ejecutado_a_dos(dado),
        exige_motivo_retroceso=anterior is not None and dado < en_puntos(anterior, "El anterior"),
    )


def ejecutado_colectivo(
    miembros: Iterable[tuple[Numero | None, Numero | None]],
) -> EjecutadoColectivo:
    """E colectivo: media de los obligados. Regla E_COLECTIVO.

    De cada miembro, el porcentaje de este periodo y el último validado: vale el primero que haya,
    y si no 0. Sin obligados no hay nada hecho, y la cobertura es None.
    """
    miembros = list(miembros)
    if not miembros:
        return EjecutadoColectivo(a_dos(CERO), None)
    valen = [
        en_puntos(next((x for x in dados if x is not None), CERO), "El porcentaje de un miembro")
        for dados in miembros
    ]
    reportan = sum(actual is not None for actual, _ultimo in miembros)
    return EjecutadoColectivo(
        ejecutado=ejecutado_a_dos(CUENTA.divide(suma(valen), Decimal(len(valen)))),
        cobertura=a_dos(porciento(reportan, len(miembros))),
    )


def ejecutado_de(
    modo: str,
    historial: Sequence[Reporte],
    *,
    meta: Numero | None = None,
    hitos: Iterable[Hito] = (),
    obligados: Iterable[str] = (),
) -> Ejecutado:
    """E de una actividad desde lo que cuenta de su historia, en orden de periodo. §7.3.

    La `cobertura` de COLECTIVO es la del último periodo. Un hito validado cuenta una vez.
    """
    cuentan = [uno for uno in historial if uno.cuenta]
    if modo_valido(modo) == META:
        if meta is None:
            raise ValueError("Una actividad por meta necesita su meta.")
        por_meta = ejecutado_meta(meta, (uno.ejecutado_periodo for uno in cuentan))
        return Ejecutado(por_meta.ejecutado, por_meta.acumulado, por_meta.cumplimiento_sin_tope)
    if modo == HITOS:
        return Ejecutado(_ejecutado_de_hitos(list(hitos), cuentan))
    if modo == PORCENTAJE:
        dados = [uno.porcentaje for uno in cuentan if uno.porcentaje is not None]
        return Ejecutado(ejecutado_porcentaje(dados[-1]).ejecutado if dados else a_dos(CERO))
    actual = historial[-1].aportes if historial and historial[-1].cuenta else {}
    ultimo = {
        sigla: valor for uno in cuentan for sigla, valor in uno.aportes.items() if valor is not None
    }
    de_todos = ejecutado_colectivo((actual.get(uno), ultimo.get(uno)) for uno in obligados)
    return Ejecutado(de_todos.ejecutado, cobertura=de_todos.cobertura)


def _ejecutado_de_hitos(hitos: list[Hito], cuentan: list[Reporte]) -> Decimal:
    cumplidos = {numero for uno in cuentan for numero in uno.hitos}
    if ajenos := cumplidos - {hito.numero for hito in hitos}:
        raise ValueError(f"La actividad no tiene los hitos {sorted(ajenos)}.")
    return ejecutado_hitos((hito.peso, hito.numero in cumplidos) for hito in hitos)
