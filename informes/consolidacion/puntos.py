"""La serie: E y P del plan y de sus programas, un punto por semestre."""

from collections.abc import Iterable
from dataclasses import replace

from informes.contenido import Contenido, Nivel, Punto


def serie(
    contenido: Contenido,
    anterior: Contenido | None,
    *,
    primero: Iterable[Punto] = (),
    rectificados: Iterable[Punto] = (),
) -> tuple[Punto, ...]:
    """E y P del plan y de sus programas por semestre, como se publicaron y como valen hoy.

    `primero`: los puntos del primer corte de este semestre, si éste lo sustituye.
    `rectificados`: los de los cortes en vigor de semestres pasados que se cortaron de nuevo.
    """
    propios = {(uno.nivel, uno.codigo): uno for uno in primero}
    hoy = {(uno.periodo, uno.nivel, uno.codigo): uno for uno in rectificados}
    previos = [
        hoy.get((uno.periodo, uno.nivel, uno.codigo), uno)
        for uno in (anterior.serie if anterior else ())
    ]
    actuales = [
        _punto(nivel, contenido.periodo.codigo, propios.get((nivel.nivel, nivel.codigo)))
        for nivel in (contenido.total, *contenido.programas)
    ]
    return (*previos, *actuales)


def _punto(nivel: Nivel, periodo: str, primero: Punto | None) -> Punto:
    publicado = primero or Punto(
        periodo=periodo,
        nivel=nivel.nivel,
        codigo=nivel.codigo,
        ejecutado=nivel.ejecutado,
        programado=nivel.programado,
        semaforo=nivel.semaforo,
        cobertura=nivel.cobertura,
        cobertura_insuficiente=nivel.cobertura_insuficiente,
    )
    return replace(
        publicado,
        ejecutado_rectificado=nivel.ejecutado,
        programado_rectificado=nivel.programado,
        semaforo_rectificado=nivel.semaforo,
    )
