"""De las actividades hacia arriba: junta las filas de un contenido y se las da a `calculo`.

Puro y sin cuentas propias. Sirve igual al primer corte y al que rectifica: recibe un `Contenido`
con sus filas y devuelve otro con acciones, niveles, instituciones, dinero, alertas y portada.
"""

from collections import Counter
from collections.abc import Callable, Container, Iterable
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any, TypeVar

from informes import supresion
from informes.contenido import (
    AMBITO,
    MAXIMO_EN_PORTADA,
    OBJETIVO,
    PLAN,
    PROGRAMA,
    SIN_COLOR,
    Accion,
    Actividad,
    Alerta,
    Cambio,
    Celda,
    Comparada,
    Contenido,
    Decision,
    Estructura,
    Institucion,
    Logro,
    Nivel,
    Punto,
    Seguimiento,
)
from matrices import calculo

AVISO_DE_RESERVA = timedelta(days=90)
DE_PEOR_A_MEJOR = ("VENCIDA", "ROJO", "AMARILLO", "VERDE", "ADELANTADA", "FINALIZADA")
PREOCUPAN = {
    "VENCIDA": "Terminó su plazo y no está completa",
    "ROJO": "Va muy por debajo de lo programado",
    "SIN_MATRIZ": "Aún no tiene matriz de cumplimiento",
    "SIN_REPORTE": "Debía reportarse y nada se validó",
}

Fila = TypeVar("Fila", bound=Comparada)
UnNivel = TypeVar("UnNivel", bound=Nivel)


def consolidar(contenido: Contenido, anterior: Contenido | None) -> Contenido:
    """El mismo contenido con todo lo que sale de sus actividades y del corte anterior."""
    contenido = medir(contenido, anterior)
    return con_portada(contenido, anterior, candidatas_a_decision(contenido))


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


def con_portada(
    contenido: Contenido, anterior: Contenido | None, pedidas: tuple[Decision, ...]
) -> Contenido:
    """Lo que se dice de sus propias cifras: logros, cambios, alertas y seguimiento."""
    logrados = candidatos_a_logro(contenido)
    return replace(
        contenido,
        decisiones=pedidas[:MAXIMO_EN_PORTADA],
        candidatas_a_decision=pedidas,
        logros=logrados[:MAXIMO_EN_PORTADA],
        candidatos_a_logro=logrados,
        que_cambio=cambios(contenido),
        decisiones_anteriores=seguimiento(contenido, anterior),
        alertas=alertas(contenido),
    )


# ---- cifras


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
        **_cifras(medida),
        **_llegada(medida),
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


def _cifras(medida: calculo.Medida) -> dict[str, Any]:
    return {
        "ejecutado": medida.ejecutado,
        "programado": medida.programado,
        "indice": medida.indice,
        "brecha": medida.brecha,
        "semaforo": str(medida.semaforo) if medida.semaforo else SIN_COLOR,
    }


def _llegada(medida: calculo.Cobertura) -> dict[str, Any]:
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
    medida = _de_acciones(acciones, contenido)
    codigos = {una.codigo for una in acciones}
    return replace(
        nivel,
        **_cifras(medida),
        **_llegada(medida),
        **dinero([una for una in contenido.actividades if una.accion in codigos]),
        n_acciones=medida.n_acciones,
        n_computadas=medida.n_computadas,
        por_semaforo=medida.por_semaforo,
    )


def _de_acciones(acciones: Iterable[Accion], contenido: Contenido) -> calculo.ResultadoNivel:
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
    medida = _de_acciones(rige, contenido)
    llegado = calculo.cobertura_de(
        [_como_la_pide_calculo(una) for una in responde], umbrales=contenido.umbrales
    )
    return replace(
        institucion,
        **_cifras(medida),
        **_llegada(llegado),
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


# ---- una parte de un corte, y un corte frente a otro


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
    medida = _de_acciones(acciones, contenido)
    codigos = {una.codigo for una in acciones}
    return replace(
        nivel,
        **_cifras(medida),
        **_llegada(medida),
        **_dinero_de_estructuras(
            una for una in contenido.presupuesto if codigos.intersection(una.acciones)
        ),
        n_acciones=medida.n_acciones,
        n_computadas=medida.n_computadas,
        por_semaforo=medida.por_semaforo,
    )


def _rectora_de_esas(una: Institucion, acciones: list[Accion], contenido: Contenido) -> Institucion:
    medida = _de_acciones(acciones, contenido)
    return replace(
        una,
        **_cifras(medida),
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


def _dinero_de_estructuras(filas: Iterable[Estructura]) -> dict[str, Any]:
    junto = calculo.presupuesto_agregado(
        calculo.FilaPresupuesto(
            institucion=una.institucion,
            ejercicio=una.ejercicio,
            programa_presupuestario=una.programa_presupuestario,
            vigente=una.vigente,
            devengado=una.devengado,
            asignado=una.asignado,
        )
        for una in filas
    )
    if not junto.estructuras:
        return {"vigente": None, "devengado": None, "pct_devengado": None}
    return {
        "vigente": junto.vigente,
        "devengado": junto.devengado,
        "pct_devengado": junto.pct_devengado,
    }


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


# ---- dinero


def _filas_de_presupuesto(actividades: Iterable[Actividad]) -> list[calculo.FilaPresupuesto]:
    """Lo que dicen las actividades con estructura, en el orden en que se validaron."""
    dicen = [una for una in actividades if una.programa_presupuestario]
    dicen.sort(key=lambda una: una.orden_de_validacion or 0)
    return [
        calculo.FilaPresupuesto(
            institucion=una.responsable,
            ejercicio=una.ejercicio,
            programa_presupuestario=una.programa_presupuestario,
            vigente=una.vigente,
            devengado=una.devengado,
            asignado=una.asignado,
        )
        for una in dicen
        if una.vigente is not None and una.devengado is not None and una.ejercicio is not None
    ]


def dinero(actividades: Iterable[Actividad]) -> dict[str, Any]:
    """Vigente, devengado y %, sobre las estructuras distintas de esas actividades."""
    filas = _filas_de_presupuesto(actividades)
    if not filas:
        return {"vigente": None, "devengado": None, "pct_devengado": None}
    junto = calculo.presupuesto_agregado(filas)
    return {
        "vigente": junto.vigente,
        "devengado": junto.devengado,
        "pct_devengado": junto.pct_devengado,
    }


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


def estructuras(actividades: Iterable[Actividad]) -> tuple[Estructura, ...]:
    """Las estructuras presupuestarias distintas, con las acciones que las nombran."""
    actividades = list(actividades)
    junto = calculo.presupuesto_agregado(_filas_de_presupuesto(actividades))
    nombran: dict[tuple[str, str], dict[str, None]] = {}
    for una in actividades:
        clave = (una.responsable, una.programa_presupuestario)
        nombran.setdefault(clave, {})[una.accion] = None
    filas = [
        Estructura(
            ejercicio=una.ejercicio,
            institucion=una.institucion,
            programa_presupuestario=una.programa_presupuestario,
            asignado=una.asignado,
            vigente=una.vigente,
            devengado=una.devengado,
            pct_devengado=una.pct_devengado,
            sobregiro=una.sobregiro,
            conflicto=una.conflicto,
            acciones=tuple(nombran[una.institucion, una.programa_presupuestario]),
        )
        for una in junto.estructuras
    ]
    filas.sort(key=lambda una: (una.ejercicio, una.institucion, una.programa_presupuestario))
    return tuple(filas)


# ---- la portada


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


# ---- alertas


def alertas(contenido: Contenido) -> tuple[Alerta, ...]:
    """Lo que hay que mirar, del plan hacia abajo."""
    return (
        *_de_cobertura(contenido),
        *_de_las_acciones(contenido.acciones),
        *_de_las_actividades(contenido.actividades),
        *_del_presupuesto(contenido.presupuesto),
        *_de_las_reservas(contenido),
    )


def _de_cobertura(contenido: Contenido) -> list[Alerta]:
    filas: list[tuple[str, str, Any]] = [
        *((uno.nivel, uno.codigo, uno) for uno in contenido.niveles),
        *(("INSTITUCION", una.sigla, una) for una in contenido.instituciones),
        *(("ACCION", una.codigo, una) for una in contenido.acciones),
    ]
    return [
        Alerta(
            nivel=nivel,
            codigo=codigo,
            tipo="COBERTURA_INSUFICIENTE",
            texto=f"Se validó {fila.recibidos} de {fila.exigidos} avances exigidos: su color "
            "descansa en datos de semestres anteriores.",
        )
        for nivel, codigo, fila in filas
        if fila.cobertura_insuficiente
    ]


def _de_las_acciones(acciones: Iterable[Accion]) -> list[Alerta]:
    avisos = []
    for una in acciones:
        if una.semaforo in PREOCUPAN:
            texto = PREOCUPAN[una.semaforo]
            if una.brecha is not None:
                texto += f"; brecha de {calculo.a_uno(una.brecha)} puntos"
            avisos.append(
                Alerta(nivel="ACCION", codigo=una.codigo, tipo=una.semaforo, texto=f"{texto}.")
            )
        if una.depende_de:
            texto = f"Su avance depende de {una.depende_de}, que no reporta."
            avisos.append(
                Alerta(nivel="ACCION", codigo=una.codigo, tipo="DEPENDE_DE_TERCERO", texto=texto)
            )
    return avisos


def _de_las_actividades(actividades: Iterable[Actividad]) -> list[Alerta]:
    return [
        Alerta(nivel="ACTIVIDAD", codigo=una.clave, tipo=tipo, texto=texto)
        for una in actividades
        for tipo, texto in _avisos_de(una)
    ]


def _avisos_de(una: Actividad) -> list[tuple[str, str]]:
    avisos = []
    sin_tope, previo = una.cumplimiento_sin_tope, una.ejecutado_previo
    if una.arrastrado:
        avisos.append(("SIN_REPORTE", "Debía reportarse y no se validó: vale lo último validado."))
    if una.validado and una.situacion_reportada == "BLOQUEADA":
        avisos.append(("BLOQUEADA", f"{una.responsable} la declara bloqueada."))
    if sin_tope is not None and sin_tope > calculo.CIEN:
        avisos.append(("META_SUPERADA", f"Lleva el {calculo.a_uno(sin_tope)} % de su meta."))
    if previo is not None and una.ejecutado is not None and una.ejecutado < previo:
        texto = f"Bajó de {calculo.a_uno(previo)} a {calculo.a_uno(una.ejecutado)} %."
        avisos.append(("RETROCESO", texto))
    return avisos


def _del_presupuesto(filas: Iterable[Estructura]) -> list[Alerta]:
    avisos = []
    for una in filas:
        codigo = f"{una.institucion} {una.programa_presupuestario}"
        if una.sobregiro:
            texto = "Lo devengado supera lo vigente."
            avisos.append(Alerta(nivel="ESTRUCTURA", codigo=codigo, tipo="SOBREGIRO", texto=texto))
        if una.conflicto:
            texto = "Se informó más de una vez y con otras cifras; vale la última validada."
            avisos.append(Alerta(nivel="ESTRUCTURA", codigo=codigo, tipo="CONFLICTO", texto=texto))
    return avisos


def _de_las_reservas(contenido: Contenido) -> list[Alerta]:
    hoy = contenido.corte.momento.date()
    return [
        Alerta(
            nivel="RESERVA",
            codigo=una.numero,
            tipo="RESERVA_VENCIDA" if una.vence < hoy else "RESERVA_POR_VENCER",
            texto=f"Vence el {una.vence:%d/%m/%Y}; la custodia {una.custodio}. Nada se publica "
            "por sí solo: decide una persona.",
        )
        for una in contenido.reservas
        if una.vence <= hoy + AVISO_DE_RESERVA
    ]


# ---- la serie


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
