"""Las cifras: de las actividades a las acciones, y de éstas a los niveles e instituciones."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, TypeVar

from informes.consolidacion.presupuesto import dinero, estructuras
from informes.contenido import (
    AMBITO,
    OBJETIVO,
    PLAN,
    PROGRAMA,
    SIN_COLOR,
    Accion,
    Actividad,
    Celda,
    Comparada,
    Contenido,
    Institucion,
    Nivel,
)
from matrices import calculo

Fila = TypeVar("Fila", bound=Comparada)
UnNivel = TypeVar("UnNivel", bound=Nivel)


def medir(contenido: Contenido, anterior: Contenido | None) -> Contenido:
    """El mismo con las cifras de sus acciones, niveles, instituciones y dinero, y nada más."""
    contenido = replace(contenido, acciones=_acciones(contenido, anterior))
    return replace(
        contenido,
        niveles=tuple(_nivel(uno, contenido, anterior) for uno in contenido.niveles),
        cuadricula=_cuadricula(contenido, anterior),
        instituciones=_instituciones(contenido, anterior),
        presupuesto=estructuras(contenido.actividades),
    )


def _acciones(contenido: Contenido, anterior: Contenido | None) -> tuple[Accion, ...]:
    suyas: dict[str, list[Actividad]] = {una.codigo: [] for una in contenido.acciones}
    for actividad in contenido.actividades:
        suyas[actividad.accion].append(actividad)
    antes = {una.codigo: una for una in anterior.acciones} if anterior else {}
    return tuple(
        comparada(_accion(una, suyas[una.codigo], contenido), antes.get(una.codigo))
        for una in contenido.acciones
    )


def _accion(accion: Accion, actividades: list[Actividad], contenido: Contenido) -> Accion:
    medida = calculo.accion(
        [_como_la_pide_calculo(una) for una in actividades],
        corte=contenido.periodo.corte,
        umbrales=contenido.umbrales,
    )
    gastado = dinero(actividades)
    return replace(
        accion,
        **como_cifras(medida),
        **como_llegada(medida),
        **gastado,
        ejecutado_base_original=medida.ejecutado_base_original,
        programado_base_original=medida.programado_base_original,
        n_actividades=medida.n_actividades,
        n_canceladas=medida.n_canceladas,
        fisico_financiero=calculo.relacion_fisico_financiera(
            medida.ejecutado, gastado["pct_devengado"]
        ),
    )


def _como_la_pide_calculo(una: Actividad) -> calculo.ActividadMedida:
    if una.ejecutado is None or una.programado_original is None:
        raise ValueError(f"La actividad {una.clave} no se ha medido.")
    return calculo.ActividadMedida(
        situacion=una.situacion,
        ejecutado=una.ejecutado,
        programado=una.programado,
        programado_original=una.programado_original,
        fin_vigente=una.fin_vigente,
        exigible=una.exigible,
        validado=una.validado,
        peso=una.peso,
        extemporaneo=una.extemporaneo,
    )


def como_cifras(medida: calculo.Medida) -> dict[str, Any]:
    """Las columnas de `Cifras`, de lo que midió `calculo`."""
    return {
        "ejecutado": medida.ejecutado,
        "programado": medida.programado,
        "indice": medida.indice,
        "brecha": medida.brecha,
        "semaforo": str(medida.semaforo) if medida.semaforo else SIN_COLOR,
    }


def como_llegada(medida: calculo.Cobertura) -> dict[str, Any]:
    """Las columnas de `Llegada`, de lo que midió `calculo`."""
    return {
        nombre: getattr(medida, nombre)
        for nombre in (
            "exigidos",
            "recibidos",
            "a_tiempo",
            "cobertura",
            "oportunidad",
            "cobertura_insuficiente",
        )
    }


def comparada(fila: Fila, antes: Nivel | Accion | Institucion | None) -> Fila:
    """La fila frente a la misma del corte anterior; sin ella, sin comparación."""
    if antes is None:
        return replace(
            fila,
            ejecutado_anterior=None,
            programado_anterior=None,
            semaforo_anterior=SIN_COLOR,
            cobertura_anterior=None,
            delta=None,
        )
    return replace(
        fila,
        ejecutado_anterior=antes.ejecutado,
        programado_anterior=antes.programado,
        semaforo_anterior=antes.semaforo,
        cobertura_anterior=antes.cobertura,
        delta=calculo.diferencia(fila.ejecutado, antes.ejecutado),
    )


def de_su_nivel(nivel: Nivel, acciones: Iterable[Accion]) -> list[Accion]:
    """Las acciones que reúne un nivel o una celda."""
    pertenece: dict[str, Callable[[Accion], bool]] = {
        PLAN: lambda una: True,
        PROGRAMA: lambda una: una.programa == nivel.codigo,
        OBJETIVO: lambda una: una.objetivo == nivel.codigo,
        AMBITO: lambda una: una.ambito == nivel.codigo,
    }
    return [una for una in acciones if pertenece[nivel.nivel](una)]


def _nivel(nivel: Nivel, contenido: Contenido, anterior: Contenido | None) -> Nivel:
    medido = _medido(nivel, de_su_nivel(nivel, contenido.acciones), contenido)
    return con_anterior(medido, anterior)


def con_anterior(nivel: UnNivel, anterior: Contenido | None) -> UnNivel:
    """Un nivel o una celda frente a sí mismo en el corte anterior."""
    previos = (*anterior.niveles, *anterior.cuadricula) if anterior else ()
    antes = next((u for u in previos if (u.nivel, u.codigo) == (nivel.nivel, nivel.codigo)), None)
    return replace(
        comparada(nivel, antes), pct_devengado_anterior=antes.pct_devengado if antes else None
    )


def _medido(nivel: UnNivel, acciones: list[Accion], contenido: Contenido) -> UnNivel:
    medida = de_acciones(acciones, contenido)
    codigos = {una.codigo for una in acciones}
    return replace(
        nivel,
        **como_cifras(medida),
        **como_llegada(medida),
        **dinero([una for una in contenido.actividades if una.accion in codigos]),
        n_acciones=medida.n_acciones,
        n_computadas=medida.n_computadas,
        por_semaforo=medida.por_semaforo,
    )


def de_acciones(acciones: Iterable[Accion], contenido: Contenido) -> calculo.ResultadoNivel:
    """Lo que miden juntas unas acciones ya medidas."""
    medidas = [
        calculo.AccionMedida(
            codigo=una.codigo,
            ejecutado=una.ejecutado,
            programado=una.programado,
            semaforo=una.semaforo,
            exigidos=una.exigidos or 0,
            recibidos=una.recibidos or 0,
            a_tiempo=una.a_tiempo or 0,
        )
        for una in acciones
    ]
    return calculo.nivel(medidas, umbrales=contenido.umbrales)


def _cuadricula(contenido: Contenido, anterior: Contenido | None) -> tuple[Celda, ...]:
    celdas = []
    for ambito in contenido.ambitos:
        for programa in contenido.programas:
            cruce = [
                una
                for una in contenido.acciones
                if (una.ambito, una.programa) == (ambito.codigo, programa.codigo)
            ]
            if cruce:
                celda = Celda(
                    nivel="CELDA",
                    codigo=f"{ambito.codigo}/{programa.codigo}",
                    nombre=f"{ambito.nombre} · {programa.nombre}",
                    ambito=ambito.codigo,
                    programa=programa.codigo,
                    por_semaforo={},
                )
                celdas.append(con_anterior(_medido(celda, cruce, contenido), anterior))
    return tuple(celdas)


def _instituciones(contenido: Contenido, anterior: Contenido | None) -> tuple[Institucion, ...]:
    antes = {una.sigla: una for una in anterior.instituciones} if anterior else {}
    return tuple(
        comparada(_institucion(una, contenido), antes.get(una.sigla))
        for una in contenido.instituciones
    )


def _institucion(institucion: Institucion, contenido: Contenido) -> Institucion:
    rige = [una for una in contenido.acciones if una.rectora == institucion.sigla]
    responde = [una for una in contenido.actividades if una.responsable == institucion.sigla]
    medida = de_acciones(rige, contenido)
    llegado = calculo.cobertura_de(
        [_como_la_pide_calculo(una) for una in responde], umbrales=contenido.umbrales
    )
    return replace(
        institucion,
        **como_cifras(medida),
        **como_llegada(llegado),
        acciones=tuple(una.codigo for una in rige),
        rectora_de=len(rige),
        responsable_de=len(responde),
        observados=sum(una.rondas > 0 for una in responde),
        por_semaforo=medida.por_semaforo,
        actividades_por_semaforo=contadas(responde),
    )


def contadas(filas: Iterable[Actividad | Accion]) -> dict[str, int]:
    """Cuántas filas hay de cada color, en el orden del semáforo; las «n/d» al final."""
    cuenta = Counter(una.semaforo for una in filas)
    colores = [*(color.value for color in calculo.Semaforo), SIN_COLOR]
    return {color: cuenta[color] for color in colores if cuenta[color]}


def dinero_de(nivel: Nivel, contenido: Contenido) -> dict[str, Any]:
    """El de un nivel o celda, sobre las actividades de ese contenido y no más."""
    if isinstance(nivel, Celda):
        suyas = [
            una
            for una in contenido.acciones
            if (una.ambito, una.programa) == (nivel.ambito, nivel.programa)
        ]
    else:
        suyas = de_su_nivel(nivel, contenido.acciones)
    codigos = {una.codigo for una in suyas}
    return dinero([una for una in contenido.actividades if una.accion in codigos])
