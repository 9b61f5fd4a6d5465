"""Una parte de un corte, y un corte frente a otro."""

from collections.abc import Container, Iterable
from dataclasses import replace

from informes.consolidacion.cifras import (
    UnNivel,
    como_cifras,
    como_llegada,
    comparada,
    con_anterior,
    de_acciones,
    de_su_nivel,
)
from informes.consolidacion.portada import cambios
from informes.consolidacion.presupuesto import dinero_de_estructuras
from informes.contenido import PLAN, Accion, Celda, Contenido, Institucion


def recortar(contenido: Contenido, codigos: Container[str]) -> Contenido:
    """Sólo esas acciones, con sus niveles medidos otra vez desde ellas (dominio §7.5).

    Sirve a un contenido sin actividades: el dinero es el de las estructuras que esas acciones
    nombran. Lo que una institución debía y entregó es de todas sus actividades: aquí no se dice.
    """
    acciones = tuple(una for una in contenido.acciones if una.codigo in codigos)
    parte = replace(contenido, acciones=acciones)
    cruces = {f"{una.ambito}/{una.programa}" for una in acciones}
    return replace(
        parte,
        niveles=tuple(
            _de_esas(uno, suyas, parte)
            for uno in contenido.niveles
            if (suyas := de_su_nivel(uno, acciones)) or uno.nivel == PLAN
        ),
        cuadricula=tuple(
            _de_esas(celda, _del_cruce(celda, acciones), parte)
            for celda in contenido.cuadricula
            if celda.codigo in cruces
        ),
        instituciones=tuple(
            _rectora_de_esas(una, suyas, parte)
            for una in contenido.instituciones
            if (suyas := [accion for accion in acciones if accion.rectora == una.sigla])
        ),
        presupuesto=tuple(
            una for una in contenido.presupuesto if any(cual in codigos for cual in una.acciones)
        ),
    )


def _del_cruce(celda: Celda, acciones: Iterable[Accion]) -> list[Accion]:
    return [una for una in acciones if (una.ambito, una.programa) == (celda.ambito, celda.programa)]


def _de_esas(nivel: UnNivel, acciones: list[Accion], contenido: Contenido) -> UnNivel:
    medida = de_acciones(acciones, contenido)
    codigos = {una.codigo for una in acciones}
    return replace(
        nivel,
        **como_cifras(medida),
        **como_llegada(medida),
        **dinero_de_estructuras(
            una for una in contenido.presupuesto if codigos.intersection(una.acciones)
        ),
        n_acciones=medida.n_acciones,
        n_computadas=medida.n_computadas,
        por_semaforo=medida.por_semaforo,
    )


def _rectora_de_esas(una: Institucion, acciones: list[Accion], contenido: Contenido) -> Institucion:
    medida = de_acciones(acciones, contenido)
    return replace(
        una,
        **como_cifras(medida),
        acciones=tuple(accion.codigo for accion in acciones),
        rectora_de=len(acciones),
        responsable_de=None,
        exigidos=None,
        recibidos=None,
        a_tiempo=None,
        observados=None,
        cobertura=None,
        oportunidad=None,
        cobertura_insuficiente=False,
        por_semaforo=medida.por_semaforo,
        actividades_por_semaforo={},
    )


def frente_a(contenido: Contenido, otro: Contenido | None) -> Contenido:
    """El mismo, comparado en todo con otro semestre cualquiera; sin otro, sin comparación."""
    acciones = {una.codigo: una for una in otro.acciones} if otro else {}
    instituciones = {una.sigla: una for una in otro.instituciones} if otro else {}
    contenido = replace(
        contenido,
        niveles=tuple(con_anterior(uno, otro) for uno in contenido.niveles),
        cuadricula=tuple(con_anterior(celda, otro) for celda in contenido.cuadricula),
        acciones=tuple(comparada(una, acciones.get(una.codigo)) for una in contenido.acciones),
        instituciones=tuple(
            comparada(una, instituciones.get(una.sigla)) for una in contenido.instituciones
        ),
    )
    return replace(contenido, que_cambio=cambios(contenido))
