"""El libro de una matriz como se baja: vacío si la acción no la tiene; si la tiene, con lo suyo."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from acciones.models import AccionEstrategica
from instituciones.models import Clasificacion, Usuario
from matrices import permisos
from matrices.hojas import Cuaderno, Fila, Hoja, control_de, escribir, sellar_libro
from matrices.libro.matriz.columnas import (
    ACCION,
    HITOS,
    MATRIZ,
    ORDEN,
    PAPELES,
    catalogos_para,
    columnas_por_hoja,
)
from matrices.libro.plantilla import AVISO_CERRADO, AVISO_DEMO
from matrices.models import Actividad, HitoActividad, MatrizCumplimiento

FORMATO = 1  # cambia cuando un libro bajado antes ya no se puede leer
FIJAS = {ACCION: 1, MATRIZ: 2, HITOS: 2}
EN_BLANCO = {ACCION: 0, MATRIZ: 30, HITOS: 60}  # renglones por llenar después de los que hay
Celdas = dict[str, Any]


@dataclass
class Guardada:
    """Una actividad y lo que el libro dice de ella: sus celdas, y las de cada hito por número."""

    actividad: Actividad
    celdas: Celdas
    hitos: dict[int, Celdas]
    vigentes: dict[int, Any]


@dataclass
class Foto:
    """Lo guardado de una acción, hasta donde esta persona lo ve; sin matriz, versión 0."""

    accion: AccionEstrategica
    matriz: MatrizCumplimiento | None
    actividades: dict[int, Guardada] = field(default_factory=dict)

    @property
    def version(self) -> int:
        """La de la matriz."""
        return self.matriz.version if self.matriz else 0

    @property
    def impacto(self) -> str:
        """Lo que la matriz dice que se busca."""
        return self.matriz.impacto if self.matriz else ""

    @property
    def filas(self) -> list[Actividad]:
        """Las actividades, por número."""
        return [una.actividad for una in self.actividades.values()]


def foto(accion: AccionEstrategica, quien: Usuario) -> Foto:
    """Lo que esa persona lee de la matriz: lo que su pantalla de estructura o de acción le muestra.

    Quien la estructura corrige toda actividad que ve; la institución, además, debe poder leerla.
    """
    matriz = MatrizCumplimiento.objects.visibles_para(quien).filter(accion=accion).first()
    if matriz is None:
        return Foto(accion, None)
    visibles = Actividad.objects.visibles_para(quien).de_la_accion(accion)
    estructura = permisos.puede_estructurar(quien, accion)
    return Foto(
        accion,
        matriz,
        {
            una.numero: _guardada(una)
            for una in visibles.prefetch_related("hitos", "obligados")
            if estructura or permisos.puede_leer(quien, una)
        },
    )


def _guardada(actividad: Actividad) -> Guardada:
    hitos: list[HitoActividad] = sorted(actividad.hitos.all(), key=lambda uno: uno.numero)
    return Guardada(
        actividad,
        {
            "descripcion": actividad.descripcion,
            "responsable": str(actividad.responsable_id),
            **{columna: _quienes(actividad, papel) for columna, papel in PAPELES.items()},
            "inicio": actividad.inicio,
            "fin_original": actividad.fin_original,
            "programa_presupuestario": actividad.programa_presupuestario,
            "modo": actividad.modo,
            "unidad": actividad.unidad,
            "meta": actividad.meta,
            "peso": actividad.peso,
            "obligados": sorted(str(una.pk) for una in actividad.obligados.all()),
            "visibilidad": actividad.visibilidad,
            "clasificacion": actividad.clasificacion,
            "resolucion": str(actividad.resolucion_id or ""),
        },
        {
            uno.numero: {
                "descripcion": uno.descripcion,
                "peso": uno.peso,
                "fecha": uno.fecha_original,
            }
            for uno in hitos
        },
        {uno.numero: uno.fecha_vigente for uno in hitos},
    )


def _quienes(actividad: Actividad, papel: str) -> list[str]:
    return sorted(
        f"institucion-{uno.institucion_id}" if uno.institucion_id else f"grupo-{uno.grupo_id}"
        for uno in actividad.quienes_cooperan
        if uno.rol == papel
    )


def libro_de_la_matriz(accion: AccionEstrategica, *, para: Usuario) -> bytes:
    """El libro de esa acción, en octetos XLSX."""
    una = foto(accion, para)
    columnas = columnas_por_hoja(catalogos_para(para, una.filas))
    filas = _renglones(una)
    hojas = []
    for nombre in ORDEN:
        libres = frozenset(
            escribible.nombre for escribible in columnas[nombre] if escribible.se_escribe
        )
        blancas = [Fila({}, libres) for _ in range(EN_BLANCO[nombre])]
        hojas.append(
            Hoja(nombre, columnas[nombre], [*filas[nombre], *blancas], fijas=FIJAS[nombre])
        )
    return escribir(cuaderno_de(una, hojas))


def _renglones(una: Foto) -> dict[str, list[Fila]]:
    accion = una.accion
    impacto = {"impacto": una.impacto}
    fijas: Celdas = {"accion": accion.codigo, "enunciado": accion.enunciado}
    filas: dict[str, list[Fila]] = {ACCION: [], MATRIZ: [], HITOS: []}
    filas[ACCION].append(_fila(llave_de(accion, ACCION, (), una.version), fijas, impacto))
    for numero, guardada in una.actividades.items():
        actividad = guardada.actividad
        fijas = {
            "numero": numero,
            "vigente": actividad.fin_vigente,
            "situacion": actividad.get_situacion_display(),
        }
        version = actividad.version
        filas[MATRIZ].append(
            _fila(llave_de(accion, MATRIZ, (numero,), version), fijas, guardada.celdas)
        )
        for hito, celdas in guardada.hitos.items():
            fijas = {"actividad": numero, "hito": hito, "vigente": guardada.vigentes[hito]}
            filas[HITOS].append(
                _fila(llave_de(accion, HITOS, (numero, hito), version), fijas, celdas)
            )
    return filas


def _fila(firmada: tuple[Any, ...], fijas: Celdas, celdas: Celdas) -> Fila:
    """Un renglón que ya está: su número no se cambia, y su control dice de qué es."""
    control = {"version": firmada[-1], "control": control_de(firmada, celdas.values())}
    return Fila({**fijas, **celdas, **control}, frozenset(celdas))


def llave_de(
    accion: AccionEstrategica, hoja: str, llave: Iterable[Any], version: Any
) -> tuple[Any, ...]:
    """Lo que firma el control de un renglón: de qué matriz, cuál y en qué versión."""
    return ("matriz", accion.pk, hoja, *llave, version)


def sello_de_la_matriz(accion: AccionEstrategica) -> dict[str, Any]:
    """De qué es el libro."""
    plan = accion.objetivo.programa.plan
    return {"formato": FORMATO, "plan": plan.pk, "matriz": accion.pk, "codigo": accion.codigo}


def cuaderno_de(una: Foto, hojas: list[Hoja], *, notas: Iterable[str] = ()) -> Cuaderno:
    """El libro con sus instrucciones, su sello y sus avisos, antes de dibujarlo."""
    plan = una.accion.objetivo.programa.plan
    cerradas = {Clasificacion.CONFIDENCIAL, Clasificacion.RESERVADA}
    avisos = [AVISO_DEMO] if una.matriz and una.matriz.es_demo else []
    if any(cerradas & actividad.clases for actividad in una.filas):
        avisos.append(AVISO_CERRADO)
    return Cuaderno(
        titulo=f"{plan.sigla} · Matriz de cumplimiento {una.accion.codigo}",
        instrucciones=_instrucciones(una.accion),
        hojas=hojas,
        sello=sellar_libro(sello_de_la_matriz(una.accion)),
        autor=plan.seguimiento.nombre if plan.seguimiento else "PESN",
        aviso=" · ".join(avisos),
        notas=list(notas),
    )


def _instrucciones(accion: AccionEstrategica) -> list[tuple[str, str]]:
    plan = accion.objetivo.programa.plan
    return [
        ("Acción", f"{accion.codigo}. {accion.enunciado}"),
        (
            "Plan",
            f"Las actividades caben entre el {plan.inicio:%d/%m/%Y} y el {plan.fin:%d/%m/%Y}.",
        ),
        ("Bajado", f"{timezone.localtime():%d/%m/%Y %H:%M}"),
        (
            "1. Llene",
            "En Acción, el impacto. En Matriz, una actividad por renglón. En Hitos, los de las "
            "actividades que se miden por hitos. Escriba sólo en las celdas claras; al pararse en "
            "una sale su ayuda. Lo que no toque, no cambia.",
        ),
        (
            "2. Entréguelo",
            "La institución rectora lo devuelve a la coordinación o a la CAP, que lo cargan en la "
            "página de esta acción. Primero se ensaya: se ve qué cambiaría y todo lo que haya que "
            "corregir, celda por celda. Se guarda todo o nada.",
        ),
        (
            "Actividades",
            "Para agregar una, escriba su número y lo demás en un renglón vacío; hay treinta, y si "
            "faltan se desprotege la hoja (sin contraseña) y se sigue hacia abajo. El número de "
            "una actividad que ya está no se cambia, y quitar su renglón no la borra.",
        ),
        (
            "Cómo se mide",
            "Meta física: lleva meta, mayor que cero. Hitos: sus pesos suman exactamente 100. "
            "Porcentaje declarado: sin meta. Colectivo: diga en Obligadas quiénes deben cumplir.",
        ),
        ("Peso", "Todas las actividades de la matriz llevan peso, o ninguna."),
        (
            "Responsable",
            "La sigla de quien responde, que en el plan va en negrita. Quienes cooperan, colaboran "
            "o apoyan, por sus siglas y separadas por coma, cada una en una sola columna. Las "
            "siglas están en la hoja Listas.",
        ),
        (
            "Hitos",
            "Para quitar uno que no se ha reportado, deje vacíos su texto, su peso y su fecha.",
        ),
        (
            "Lo ya validado",
            "Con un avance validado no cambian el modo, la meta, las fechas, la responsable ni los "
            "hitos: para eso se pide una enmienda.",
        ),
        (
            "Quién puede verlo",
            "Visibilidad y clasificación vacías en una actividad nueva: la visibilidad que toca al "
            "ámbito de la acción, y sin clasificar. Lo reservado exige su resolución.",
        ),
        ("Números", "Punto para los decimales y, si quiere, coma para los miles: 1,234.50."),
        ("Fechas", "Día, mes y año: 31/12/2026. También 2026-12-31."),
        (
            "Sólo valores",
            "Las fórmulas se rechazan: pegue como valores. No agregue, mueva ni renombre columnas.",
        ),
        (
            "Si otra persona guardó",
            "El control de cada renglón sabe en qué versión se bajó. Si otra persona lo cambió "
            "después y usted también, se rechaza y verá los dos textos.",
        ),
    ]
