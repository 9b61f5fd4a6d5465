"""El libro que una institución baja: sus actividades del semestre, con lo último que dicen."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from instituciones.models import Clasificacion, Institucion, ResolucionReserva, Usuario
from matrices import antecedentes, flujo
from matrices.antecedentes import Antecedentes
from matrices.forms.avance import AvanceForm
from matrices.hojas import Cuaderno, Fila, Hoja, Lista, control_de, escribir, sellar_libro
from matrices.libro.columnas import (
    ACTIVIDADES,
    APORTES,
    BENEFICIADAS,
    HITOS,
    MODOS,
    OBSERVACIONES,
    ORDEN,
    columnas_por_hoja,
    lista_de_resoluciones,
)
from matrices.libro.valores import Valores, guardados, no_aplican
from matrices.models import Avance, Periodo

FORMATO = 1  # cambia cuando un libro bajado antes ya no se puede leer
FIJAS = {ACTIVIDADES: 2, BENEFICIADAS: 2, HITOS: 3, APORTES: 3, OBSERVACIONES: 2}
AVISO_CERRADO = "Contiene información confidencial o reservada: no lo comparta."
AVISO_DEMO = "DATOS DE DEMOSTRACIÓN — NO OFICIALES"


def avances_del_libro(quien: Usuario, institucion: Institucion, periodo: Periodo) -> list[Avance]:
    """Los avances de la institución en ese periodo, con lo que el libro dice de ellos."""
    visibles = Avance.objects.visibles_para(quien).filter(periodo=periodo)
    suyos = visibles.de_la_institucion(institucion).con_su_actividad().con_sus_observaciones()
    return list(suyos.en_orden())


def resoluciones_de(quien: Usuario, avances: Iterable[Avance]) -> Lista:
    """Las que puede citar, que son las del formulario, y las que ya se citan."""
    citadas = {uno.resolucion_id for uno in avances} - {None}
    visibles = ResolucionReserva.objects.visibles_para(quien)
    caben = visibles.filter(Q(vence__gte=timezone.localdate()) | Q(pk__in=citadas))
    return lista_de_resoluciones(caben.order_by("numero"))


def libro_de(
    institucion: Institucion,
    periodo: Periodo,
    *,
    para: Usuario,
    en_nombre_de: Usuario | None = None,
    momento: datetime | None = None,
) -> bytes:
    """El libro prellenado, en octetos XLSX."""
    quien = en_nombre_de or para
    avances = avances_del_libro(quien, institucion, periodo)
    antes = antecedentes.de_varios(avances)
    columnas = columnas_por_hoja(resoluciones_de(quien, avances))
    filas: dict[str, list[Fila]] = {hoja: [] for hoja in ORDEN}
    for avance in avances:
        escribible = "guardar" in flujo.pasos_posibles(avance, para, en_nombre_de=en_nombre_de)
        for hoja, fila in renglones_de(avance, antes[avance.pk], escribible=escribible):
            filas[hoja].append(fila)
    hojas = [
        Hoja(nombre, columnas[nombre], filas[nombre], fijas=FIJAS[nombre])
        for nombre in ORDEN
        if filas[nombre] or nombre == ACTIVIDADES
    ]
    return escribir(cuaderno_de(institucion, periodo, hojas, avances, momento=momento))


def cuaderno_de(
    institucion: Institucion,
    periodo: Periodo,
    hojas: list[Hoja],
    avances: Iterable[Avance],
    *,
    momento: datetime | None = None,
    notas: Iterable[str] = (),
    miradas: Iterable[str] = (),
) -> Cuaderno:
    """El libro con sus instrucciones, su sello y sus avisos, antes de dibujarlo."""
    avances = list(avances)
    avisos = []
    if any(uno.actividad.matriz.es_demo for uno in avances):
        avisos.append(AVISO_DEMO)
    cerradas = {Clasificacion.CONFIDENCIAL, Clasificacion.RESERVADA}
    if any(cerradas & uno.clases for uno in avances):
        avisos.append(AVISO_CERRADO)
    sello = sellar_libro(
        {
            "formato": FORMATO,
            "periodo": periodo.pk,
            "semestre": periodo.con_su_plan,
            "institucion": institucion.pk,
            "hojas": [hoja.nombre for hoja in hojas],
        }
    )
    return Cuaderno(
        titulo=f"{periodo.plan.sigla} {periodo.codigo} · {institucion.sigla}",
        instrucciones=_instrucciones(institucion, periodo, momento or timezone.now()),
        hojas=hojas,
        sello=sello,
        autor=periodo.plan.seguimiento.nombre if periodo.plan.seguimiento else "PESN",
        aviso=" · ".join(avisos),
        notas=list(notas),
        miradas=list(miradas),
    )


def renglones_de(
    avance: Avance, antes: Antecedentes, *, escribible: bool, valores: Valores | None = None
) -> Iterable[tuple[str, Fila]]:
    """Los renglones de un avance en cada hoja, con su control; `valores` en vez de lo guardado."""
    dichos = valores or guardados(avance, antes)
    fijos = fijos_de(avance, antes)
    ajenas = no_aplican(avance.actividad)
    for hoja, por_subllave in dichos.items():
        for sub, celdas in por_subllave.items():
            libres = frozenset(celdas) - ajenas if escribible else frozenset()
            if hoja == HITOS and fijos[hoja][sub]["validado"]:
                libres = frozenset()
            dadas = {
                c: None if hoja == ACTIVIDADES and c in ajenas else v for c, v in celdas.items()
            }
            llave = llave_de(avance, hoja, sub, avance.version)
            control = control_de(llave, dadas.values())
            firma = {"version": avance.version, "control": control}
            yield hoja, Fila({**fijos[hoja][sub], **dadas, **firma}, libres)


def llave_de(avance: Avance, hoja: str, sub: str, version: Any) -> tuple[Any, ...]:
    """Lo que firma el control de un renglón: de qué libro, qué fila y en qué versión."""
    actividad = avance.actividad
    return (avance.periodo_id, actividad.responsable_id, hoja, str(actividad), sub, version)


def fijos_de(avance: Avance, antes: Antecedentes) -> dict[str, dict[str, dict[str, Any]]]:
    """Lo que no se captura: de qué trata cada renglón."""
    actividad = avance.actividad
    codigo, accion = str(actividad), actividad.matriz.accion
    base = {"actividad": codigo, "descripcion": actividad.descripcion}
    anterior = antes.anterior
    medido = antes.como_esta
    return {
        ACTIVIDADES: {
            "": {
                **base,
                "accion": f"{accion.codigo} {accion.enunciado}",
                "modo": MODOS.dicho(actividad.modo),
                "unidad": actividad.unidad,
                "meta": actividad.meta,
                "inicio": actividad.inicio,
                "fin": actividad.fin_vigente,
                "programado": medido["programado"],
                "ultimo": medido["ejecutado_previo"],
                "estado": avance.get_estado_display(),
                "previo": (anterior.logro or anterior.motivo_sin_cambios) if anterior else "",
            }
        },
        BENEFICIADAS: {"": base},
        HITOS: {
            str(hito.numero): {
                "actividad": codigo,
                "hito": str(hito.numero),
                "descripcion": hito.descripcion,
                "peso": hito.peso,
                "programada": hito.fecha_vigente,
                "validado": hito.pk in antes.hitos_validados,
            }
            for hito in (antes.hitos if actividad.modo == actividad.Modo.HITOS else ())
        },
        APORTES: {
            una.sigla: {
                **base,
                "institucion": una.sigla,
                "nombre": una.nombre,
                "previo": antes.aportes_previos.get(una.sigla),
            }
            for una in (antes.obligados if actividad.modo == actividad.Modo.COLECTIVO else ())
        },
        OBSERVACIONES: {
            str(una.pk): {
                "actividad": codigo,
                "observacion": str(una.pk),
                "campo": _rotulo(una.campo),
                "ronda": una.ronda,
                "texto": una.texto,
                "hasta": una.responder_hasta,
            }
            for una in antes.abiertas
        },
    }


def _rotulo(campo: str) -> str:
    sueltos = {"evidencias": "Evidencia", "aportes": "Avance por institución"}
    sueltos |= {"hitos_cumplidos": "Hitos cumplidos", "beneficiarios": "Personas beneficiadas"}
    return str(AvanceForm.Meta.labels.get(campo) or sueltos.get(campo, campo))


def _instrucciones(
    institucion: Institucion, periodo: Periodo, momento: datetime
) -> list[tuple[str, str]]:
    return [
        ("Institución", f"{institucion.nombre} ({institucion.sigla})"),
        (
            "Semestre",
            f"{periodo.codigo}: del {periodo.inicio:%d/%m/%Y} al corte, {periodo.corte:%d/%m/%Y}. "
            f"Se entrega a más tardar el {periodo.limite:%d/%m/%Y}.",
        ),
        ("Bajado", f"{timezone.localtime(momento):%d/%m/%Y %H:%M}"),
        (
            "1. Llene",
            "Escriba sólo en las celdas claras. Las grises son de consulta y están protegidas sin "
            "contraseña. Al pararse en una celda sale su ayuda. Lo que no toque, no cambia.",
        ),
        (
            "2. Suba",
            "Guárdelo como .xlsx y súbalo en la página Semestre, «Libro de Excel». Primero se "
            "ensaya: verá qué cambiaría, celda por celda, y todo lo que haya que corregir; además "
            "puede bajar una copia con un comentario en cada celda por corregir.",
        ),
        (
            "3. Aplique",
            "Nada se guarda hasta que usted lo confirme. Se guarda por acción: si un renglón de "
            "una acción se rechaza, de esa acción no se guarda ninguno. Queda como borrador: la "
            "evidencia y la entrega a aprobación se hacen en pantalla.",
        ),
        (
            "Porcentajes",
            "45 quiere decir 45 %. Si la celda tiene formato de porcentaje se lee lo que muestra "
            "(«45 %» es 45), y el ensayo se lo dice. 0.45 es menos de uno por ciento.",
        ),
        (
            "Números",
            "Punto para los decimales y, si quiere, coma para los miles: 1,234.50. Dos decimales "
            "a lo sumo. «50,5» se rechaza.",
        ),
        ("Fechas", "Día, mes y año: 31/12/2026. También 2026-12-31."),
        (
            "Listas",
            "Las opciones están en la hoja Listas. No importan tildes ni mayúsculas. Los "
            "departamentos pueden ser varios, separados por coma.",
        ),
        (
            "Sólo valores",
            "Las fórmulas se rechazan: pegue como valores. No agregue, mueva ni renombre columnas, "
            "ni agregue renglones; puede quitar los que no use.",
        ),
        (
            "Hojas",
            "Actividades: un renglón por actividad. Personas: a quién benefició. Hitos y Aportes: "
            "sólo de las actividades que se miden así. Observaciones: responda en ella.",
        ),
        (
            "Si otra persona guardó",
            "El control de cada renglón sabe en qué versión lo bajó. Si otra persona lo cambió "
            "después y usted también, se rechaza y verá los dos textos.",
        ),
    ]
