"""Lo que cuentan las páginas del plan: el árbol, una acción, su tendencia y su historia.

Junta filas y las entrega a `calculo`; no escribe. Las cifras de una acción son de toda ella; los
renglones de actividades, sólo los que la persona puede ver.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from acciones.models import AccionEstrategica, Plan
from instituciones.models import Rol, Usuario
from matrices import calculo, consultas, permisos
from matrices.models import Actividad, Avance, Evidencia, MatrizCumplimiento, Periodo

LEEN_LA_HISTORIA = {Rol.ANALISTA, Rol.COORDINADOR, Rol.IGSNS, Rol.CAP, Rol.AUDITOR}
CAMBIOS_A_LA_VISTA = 20
PAPEL = {"+": "Se creó", "~": "Cambió", "-": "Se quitó"}


def medidas(periodo: Periodo, accion: AccionEstrategica | None = None) -> dict[int, list]:
    """Por acción, sus actividades como entran en ella en ese periodo; en una consulta."""
    filas = Avance.objects.filter(periodo=periodo)
    if accion is not None:
        filas = filas.filter(actividad__matriz__accion=accion)
    por_accion: dict[int, list[calculo.ActividadMedida]] = defaultdict(list)
    for fila in filas.select_related("actividad__matriz"):
        por_accion[fila.actividad.matriz.accion_id].append(medida_de(fila))
    return por_accion


def medida_de(avance: Avance) -> calculo.ActividadMedida:
    """Lo guardado de un avance, como entra en su acción. ValueError si aún no se midió."""
    if avance.fin_medido is None:
        raise ValueError(f"{avance} no se ha medido.")
    return calculo.ActividadMedida(
        situacion=avance.situacion_medida,
        ejecutado=avance.ejecutado_que_cuenta,
        programado=avance.programado,
        programado_original=avance.programado_original,
        fin_vigente=avance.fin_medido,
        exigible=avance.exigible,
        validado=avance.validado,
        peso=avance.actividad.peso,
        extemporaneo=avance.extemporaneo,
    )


@dataclass
class Rama:
    """Un nivel del plan con sus cifras y lo que cuelga de él."""

    fila: Any  # Plan, Programa, ObjetivoEspecifico o AccionEstrategica
    resultado: calculo.ResultadoNivel | calculo.ResultadoAccion | None = None
    ramas: list["Rama"] = field(default_factory=list)


def arbol(acciones: Iterable[AccionEstrategica], plan: Plan, periodo: Periodo | None) -> Rama:
    """El plan hasta sus acciones, con las cifras de un periodo; sin periodo, sin cifras."""
    raiz, programas, objetivos = Rama(plan), {}, {}
    todas = {una.pk: Rama(una) for una in acciones}
    if periodo:
        umbrales = consultas.umbrales_de(plan, periodo.corte)
        por_accion = medidas(periodo)
        for pk, rama in todas.items():
            rama.resultado = calculo.accion(por_accion[pk], corte=periodo.corte, umbrales=umbrales)
    for rama in todas.values():
        objetivo = rama.fila.objetivo
        programa = objetivo.programa
        if programa.pk not in programas:
            programas[programa.pk] = Rama(programa)
            raiz.ramas.append(programas[programa.pk])
        if objetivo.pk not in objetivos:
            objetivos[objetivo.pk] = Rama(objetivo)
            programas[programa.pk].ramas.append(objetivos[objetivo.pk])
        objetivos[objetivo.pk].ramas.append(rama)
    if periodo:
        for rama in objetivos.values():
            rama.resultado = _nivel(rama.ramas, umbrales)
        for rama in programas.values():
            rama.resultado = _nivel([hoja for suya in rama.ramas for hoja in suya.ramas], umbrales)
        raiz.resultado = _nivel(todas.values(), umbrales)
    return raiz


def _nivel(ramas: Iterable[Rama], umbrales: calculo.Umbrales) -> calculo.ResultadoNivel:
    return calculo.nivel([como_medida(rama) for rama in ramas], umbrales=umbrales)


def como_medida(rama: Rama) -> calculo.AccionMedida:
    """Una acción como entra en los niveles de arriba; `calculo.accion` siempre le da un color."""
    codigo, resultado = rama.fila.codigo, rama.resultado
    if not isinstance(resultado, calculo.ResultadoAccion) or resultado.semaforo is None:
        raise ValueError(f"La acción {codigo} no se midió.")
    return calculo.AccionMedida(
        codigo=codigo,
        ejecutado=resultado.ejecutado,
        programado=resultado.programado,
        semaforo=resultado.semaforo,
        exigidos=resultado.exigidos,
        recibidos=resultado.recibidos,
        a_tiempo=resultado.a_tiempo,
    )


def accion_en(accion: AccionEstrategica, periodo: Periodo | None) -> calculo.ResultadoAccion | None:
    """Las cifras de una acción en un periodo; None si no hay periodo."""
    if periodo is None:
        return None
    umbrales = consultas.umbrales_de(periodo.plan, periodo.corte)
    filas = medidas(periodo, accion)[accion.pk]
    return calculo.accion(filas, corte=periodo.corte, umbrales=umbrales)


@dataclass(frozen=True)
class AccionRectificada:
    """Una acción antes y después de un cambio en una de sus actividades."""

    codigo: str
    antes: calculo.ResultadoAccion
    despues: calculo.ResultadoAccion
    material: bool


def accion_rectificada(avance: Avance, cifras: Mapping[str, Any]) -> AccionRectificada:
    """Qué movería en su acción que ese avance diera otras cifras, y si obliga a fe de erratas."""
    periodo, propia = avance.periodo, avance.actividad.matriz.accion
    umbrales = consultas.umbrales_de(periodo.plan, periodo.corte)
    suyos = Avance.objects.filter(periodo=periodo, actividad__matriz__accion=propia)
    filas = list(suyos.select_related("actividad"))
    hoy = [medida_de(fila) for fila in filas]
    otras = [
        replace(medida, ejecutado=cifras["ejecutado"]) if fila.pk == avance.pk else medida
        for fila, medida in zip(filas, hoy, strict=True)
    ]
    antes, despues = (
        calculo.accion(medidas, corte=periodo.corte, umbrales=umbrales) for medidas in (hoy, otras)
    )
    material = calculo.rectificacion_material(
        (antes.ejecutado, antes.semaforo), (despues.ejecutado, despues.semaforo), umbrales=umbrales
    )
    return AccionRectificada(propia.codigo, antes, despues, material)


@dataclass(frozen=True)
class Renglon:
    """Una actividad de la matriz y, si la persona lo ve, su avance en el periodo."""

    actividad: Actividad
    legible: bool
    avance: Avance | None
    evidencias: tuple[Evidencia, ...]
    clasifica: bool


def renglones(
    actividades: Iterable[Actividad], periodo: Periodo | None, usuario: Usuario
) -> list[Renglon]:
    """Las actividades que la persona ve, con su avance y la evidencia que puede leer."""
    avances: dict[int, Avance] = {}
    evidencias: dict[int, list[Evidencia]] = defaultdict(list)
    actividades = list(actividades)
    if periodo and actividades:
        visibles = Avance.objects.visibles_para(usuario).filter(
            periodo=periodo, actividad__in=actividades
        )
        avances = {uno.actividad_id: uno for uno in visibles.con_su_actividad()}
        adjuntas = Evidencia.objects.visibles_para(usuario).filter(
            avance__in=[uno.pk for uno in avances.values()]
        )
        for una in adjuntas.con_su_actividad():
            if permisos.puede_leer_ahora(usuario, una.avance) and permisos.puede_leer(usuario, una):
                evidencias[una.avance.actividad_id].append(una)
    return [
        Renglon(
            una,
            permisos.puede_leer(usuario, una),
            avances.get(una.pk),
            tuple(evidencias[una.pk]),
            permisos.puede_ver_su_clase(usuario, una.responsable_id),
        )
        for una in actividades
    ]


def fuera_de_vista(accion: AccionEstrategica, visibles: Iterable[Actividad]) -> int:
    """Cuántas actividades de la acción no se le muestran a la persona."""
    return Actividad.objects.filter(matriz__accion=accion).count() - len(list(visibles))


@dataclass(frozen=True)
class Punto:
    """Una acción al corte de un periodo."""

    periodo: Periodo
    resultado: calculo.ResultadoAccion


def tendencia(accion: AccionEstrategica) -> list[Punto]:
    """Las cifras de una acción en cada periodo medido, con lo que hoy se sabe."""
    por_periodo: dict[Periodo, list[calculo.ActividadMedida]] = defaultdict(list)
    filas = Avance.objects.filter(actividad__matriz__accion=accion)
    for fila in filas.select_related("actividad", "periodo__plan").order_by("periodo__corte"):
        por_periodo[fila.periodo].append(medida_de(fila))
    if not por_periodo:
        return []
    plan = next(iter(por_periodo)).plan
    todos = consultas.umbrales_por_fecha(plan)
    return [
        Punto(
            periodo,
            calculo.accion(filas, corte=periodo.corte, umbrales=todos(periodo.corte)),
        )
        for periodo, filas in por_periodo.items()
    ]


@dataclass(frozen=True)
class Cambio:
    """Un cambio en la matriz o en sus actividades: qué, cuándo y quién."""

    momento: Any
    que: str
    quien: str


def historia(accion: AccionEstrategica, usuario: Usuario) -> list[Cambio]:
    """Los últimos cambios de la estructura de la matriz; los lee quien revisa o audita."""
    if usuario.rol not in LEEN_LA_HISTORIA:
        return []
    visibles = Actividad.objects.visibles_para(usuario).filter(matriz__accion=accion)
    filas = [
        *_cambios(Actividad.history.filter(id__in=visibles.values("pk")), _de_actividad),
        *_cambios(MatrizCumplimiento.history.filter(accion=accion), lambda _fila: "el impacto"),
    ]
    return sorted(filas, key=lambda uno: uno.momento, reverse=True)[:CAMBIOS_A_LA_VISTA]


def _cambios(filas, nombrar) -> list[Cambio]:
    ultimas = filas.select_related("history_user").order_by("-history_date")
    return [
        Cambio(
            fila.history_date,
            f"{PAPEL[fila.history_type]} {nombrar(fila)}",
            str(fila.history_user or "el sistema"),
        )
        for fila in ultimas[:CAMBIOS_A_LA_VISTA]
    ]


def _de_actividad(fila) -> str:
    return f"la actividad {fila.numero}"
