"""La portada: lo que se pide decidir, lo logrado, lo que cambió y lo que se pidió antes."""

from fractions import Fraction

from informes import supresion
from informes.contenido import SIN_COLOR, Actividad, Cambio, Contenido, Decision, Logro, Seguimiento
from matrices import calculo

DE_PEOR_A_MEJOR = ("VENCIDA", "ROJO", "AMARILLO", "VERDE", "ADELANTADA", "FINALIZADA")


def candidatas_a_decision(contenido: Contenido) -> tuple[Decision, ...]:
    """Lo validado que pide decisión del CNS, lo que más le quita al plan primero."""
    pesos = supresion.pesos_en_el_plan(contenido)
    pedidas = [una for una in contenido.actividades if una.validado and una.requiere_decision_cns]

    def efecto(una: Actividad) -> tuple[Fraction, str, int]:
        falta = Fraction(una.brecha) if una.brecha is not None else Fraction(0)
        return (falta * pesos.get(una.clave, Fraction(0)), una.accion, una.numero)

    return tuple(
        Decision(
            clave=una.clave,
            accion=una.accion,
            titulo=una.descripcion,
            institucion=una.responsable,
            causa_tipo=una.limitante_tipo,
            causa=una.limitante,
            propuesta=una.decision_solicitada,
            quien=una.responsable_medida or una.responsable,
            para_cuando=una.fecha_medida,
            ejecutado=una.ejecutado,
            brecha=una.brecha,
            semaforo=una.semaforo,
        )
        for una in sorted(pedidas, key=efecto)
    )


def candidatos_a_logro(contenido: Contenido) -> tuple[Logro, ...]:
    """Lo validado con evidencia que más subió, una actividad por acción; nada reservado."""
    logros: dict[str, Logro] = {}
    for una in contenido.actividades:
        alza = calculo.diferencia(una.ejecutado, una.ejecutado_previo)
        sube = alza is not None and alza > 0
        legible = una.validado and una.logro and not una.reservado
        if not (sube and legible and una.evidencias) or una.ejecutado is None or alza is None:
            continue
        mejor = logros.get(una.accion)
        if mejor is None or alza > mejor.alza:
            logros[una.accion] = Logro(
                clave=una.clave,
                accion=una.accion,
                titulo=una.descripcion,
                institucion=una.responsable,
                texto=una.logro,
                ejecutado=una.ejecutado,
                ejecutado_previo=una.ejecutado_previo,
                alza=alza,
                evidencias=una.evidencias,
            )
    return tuple(sorted(logros.values(), key=lambda uno: uno.alza, reverse=True))


def cambios(contenido: Contenido) -> tuple[Cambio, ...]:
    """Las acciones que cambiaron de color, de la que más bajó a la que más subió."""
    distintas = [
        una
        for una in contenido.acciones
        if SIN_COLOR not in (una.semaforo, una.semaforo_anterior)
        and una.semaforo != una.semaforo_anterior
    ]
    distintas.sort(key=lambda una: (una.delta is None, una.delta or 0, una.orden))
    return tuple(
        Cambio(
            accion=una.codigo,
            titulo=una.enunciado,
            sentido=_sentido(una.semaforo_anterior, una.semaforo),
            semaforo_anterior=una.semaforo_anterior,
            semaforo=una.semaforo,
            ejecutado_anterior=una.ejecutado_anterior,
            ejecutado=una.ejecutado,
            delta=una.delta,
        )
        for una in distintas
    )


def _sentido(antes: str, ahora: str) -> str:
    if not {antes, ahora} <= set(DE_PEOR_A_MEJOR):
        return "OTRO"
    mejora = DE_PEOR_A_MEJOR.index(ahora) > DE_PEOR_A_MEJOR.index(antes)
    return "MEJORA" if mejora else "EMPEORA"


def seguimiento(contenido: Contenido, anterior: Contenido | None) -> tuple[Seguimiento, ...]:
    """Cómo está hoy lo que se pidió decidir en el informe anterior."""
    hoy = {una.clave: una for una in contenido.actividades}
    siguen = {una.clave for una in contenido.candidatas_a_decision}
    return tuple(
        Seguimiento(
            periodo=anterior.periodo.codigo,
            clave=una.clave,
            accion=una.accion,
            titulo=una.titulo,
            institucion=una.institucion,
            propuesta=una.propuesta,
            para_cuando=una.para_cuando,
            sigue=una.clave in siguen,
            ejecutado_anterior=una.ejecutado,
            ejecutado=hoy[una.clave].ejecutado,
            semaforo_anterior=una.semaforo,
            semaforo=hoy[una.clave].semaforo,
        )
        for una in (anterior.decisiones if anterior else ())
        if anterior is not None and una.clave in hoy
    )
