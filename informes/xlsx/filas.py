"""Las filas de cada hoja, en el orden de sus columnas: del contenido a valores de celda."""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta, timezone
from decimal import Decimal
from typing import Any

from informes.contenido import Actividad, Contenido, Propuesta
from instituciones.canonico import huella

Fila = tuple[Any, ...]
HORA_DE_GUATEMALA = timezone(timedelta(hours=-6))  # sin horario de verano
SIN_DATO = "n/d"


def _leame(contenido: Contenido) -> Iterator[Fila]:
    corte = contenido.corte
    titulo = " · ".join(uno for uno in (contenido.aviso_demo, contenido.titulo) if uno)
    yield (
        titulo,
        f"{contenido.nombre_de_edicion}. {contenido.clase}.",
        contenido.periodo.codigo,
        contenido.periodo.corte,
        corte.numero,
        huella(contenido.canonico()),
        corte.momento.astimezone(HORA_DE_GUATEMALA).replace(tzinfo=None),
        _umbrales(contenido),
        contenido.licencia,
        contenido.contacto,
    )


def _umbrales(contenido: Contenido) -> str:
    u = contenido.umbrales
    return (
        f"Versión {u.version}: verde desde {u.verde_desde}; amarillo desde {u.amarillo_desde}; con "
        f"P menor que {u.p_minimo}, verde desde brecha {u.brecha_minima}; cobertura mínima "
        f"{u.cobertura_minima}; material desde {u.puntos_material} puntos"
    )


def _resumen(contenido: Contenido) -> Iterator[Fila]:
    for uno in contenido.niveles:
        nd = SIN_DATO if uno.retenido else None
        yield (
            uno.nivel,
            uno.codigo,
            uno.nombre,
            uno.n_acciones,
            _o(uno.n_computadas, nd),
            _o(uno.programado, nd),
            _o(uno.ejecutado, nd),
            _o(uno.indice, nd),
            _o(uno.brecha, nd),
            uno.semaforo,
            _o(uno.cobertura, nd),
            uno.ejecutado_anterior,
            uno.delta,
        )


def _acciones(contenido: Contenido) -> Iterator[Fila]:
    for una in contenido.acciones:
        nd = SIN_DATO if una.retenido else None
        yield (
            una.orden,
            una.codigo,
            una.enunciado,
            una.programa,
            una.objetivo,
            una.ambito,
            una.rectora,
            _si(una.presunta),
            _lista(una.participantes),
            una.impacto,
            _o(una.programado, nd),
            _o(una.ejecutado, nd),
            _o(una.indice, nd),
            _o(una.brecha, nd),
            una.semaforo,
            _o(una.cobertura, nd),
            _o(una.ejecutado_base_original, nd),
            _o(una.programado_base_original, nd),
            _o(una.n_actividades, nd),
            _o(una.n_canceladas, nd),
            _o(una.exigidos, nd),
            _o(una.recibidos, nd),
            una.ejecutado_anterior,
        )


def _actividades(contenido: Contenido) -> Iterator[Fila]:
    for una in contenido.actividades:
        yield (*_terminos(una), *_cifras(una), *_declarado(una))


def _terminos(una: Actividad) -> Fila:
    return (
        una.accion,
        una.numero,
        una.descripcion,
        una.responsable,
        _lista(f"{otra.sigla} ({otra.rol.lower()})" for otra in una.cooperantes),
        una.inicio,
        una.fin_original,
        una.fin_vigente,
        una.situacion,
        una.modo,
        una.unidad,
        una.meta,
        una.peso,
    )


def _cifras(una: Actividad) -> Fila:
    return (
        una.ejecutado_periodo,
        una.acumulado,
        una.cumplimiento_sin_tope,
        una.programado,
        una.programado_original,
        una.ejecutado,
        una.indice,
        una.brecha,
        una.semaforo,
    )


def _declarado(una: Actividad) -> Fila:
    return (
        una.estado,
        _si(una.arrastrado),
        _si(una.extemporaneo),
        una.logro,
        una.limitante_tipo,
        una.limitante,
        una.medida_correctiva,
        una.fecha_medida,
        len(una.evidencias),
        una.visibilidad,
        una.clasificacion,
    )


def _instituciones(contenido: Contenido) -> Iterator[Fila]:
    for una in contenido.instituciones:
        nd = SIN_DATO if una.conteos_retenidos else None
        sin_cifras = SIN_DATO if una.retenido else None
        yield (
            una.sigla,
            una.nombre,
            una.rectora_de,
            _o(una.responsable_de, nd),
            _o(una.exigidos, nd),
            _o(una.recibidos, nd),
            _o(una.a_tiempo, nd),
            _o(una.observados, nd),
            _o(una.cobertura, nd),
            _o(una.oportunidad, nd),
            _o(una.programado, sin_cifras),
            _o(una.ejecutado, sin_cifras),
        )


def _presupuesto(contenido: Contenido) -> Iterator[Fila]:
    for una in contenido.presupuesto:
        yield (
            una.ejercicio,
            una.institucion,
            una.programa_presupuestario,
            una.asignado,
            una.vigente,
            una.devengado,
            una.pct_devengado,
            _si(una.conflicto),
            _lista(una.acciones),
        )


def _resultados(contenido: Contenido) -> Iterator[Fila]:
    """Una fila por valor; una sola, sin valor, donde aún no se ha medido."""
    for uno in contenido.resultados:
        for valor in uno.valores or (None,):
            yield (
                uno.codigo,
                uno.indicador,
                uno.unidad,
                uno.sentido,
                uno.base_anio,
                uno.base,
                uno.meta_anio,
                uno.meta,
                valor.fecha if valor else None,
                valor.valor if valor else None,
                valor.avance if valor else None,
                valor.fuente if valor else uno.fuente,
            )


def _propuestas(contenido: Contenido) -> Iterator[Fila]:
    for una in contenido.propuestas:
        yield (
            una.orden,
            una.grupo,
            una.enunciado,
            una.norma,
            _lista(una.iniciativas),
            una.rectora,
            una.accion,
            una.estado,
            una.desde,
            _ultimo_documento(una),
        )


def _ultimo_documento(una: Propuesta) -> str:
    return una.tramites[-1].documento if una.tramites else ""


def _igsns(contenido: Contenido) -> Iterator[Fila]:
    for una in contenido.igsns:
        yield (una.numero, una.periodo, una.institucion, una.texto, una.estado, una.respuesta)


def _alertas(contenido: Contenido) -> Iterator[Fila]:
    for una in contenido.alertas:
        yield (una.nivel, una.codigo, una.tipo, una.texto)


def _readecuaciones(contenido: Contenido) -> Iterator[Fila]:
    for una in contenido.readecuaciones:
        fila = f"{una.accion}.{una.numero}"
        yield (fila, una.tipo, una.original, una.vigente, una.acto, una.fecha)


def _correcciones(contenido: Contenido) -> Iterator[Fila]:
    for una in contenido.correcciones:
        yield (
            f"{una.periodo}, corte {una.corte}",
            una.fila,
            una.campo,
            una.antes,
            una.despues,
            una.motivo,
            _si(una.material),
        )


def _diccionario(contenido: Contenido) -> Iterator[Fila]:
    for uno in contenido.diccionario:
        yield (uno.columna, uno.significado, uno.unidad, uno.regla)


def _catalogos(contenido: Contenido) -> Iterator[Fila]:
    for uno in contenido.catalogos:
        yield (uno.catalogo, uno.codigo, uno.significado)


def _o(valor: Decimal | int | None, si_falta: str | None) -> Decimal | int | str | None:
    return si_falta if valor is None else valor


def _si(valor: bool) -> str:
    return "sí" if valor else "no"


def _lista(varios: Iterable[str]) -> str:
    return ", ".join(varios)


FILAS: dict[str, Callable[[Contenido], Iterator[Fila]]] = {
    "0_Leame": _leame,
    "1_Resumen": _resumen,
    "2_Acciones": _acciones,
    "3_Actividades": _actividades,
    "4_Instituciones": _instituciones,
    "5_Presupuesto": _presupuesto,
    "6_Resultados": _resultados,
    "7_Propuestas": _propuestas,
    "8_IGSNS": _igsns,
    "9_Alertas": _alertas,
    "10_Readecuaciones": _readecuaciones,
    "11_Correcciones": _correcciones,
    "12_Diccionario": _diccionario,
    "13_Catalogos": _catalogos,
}
