"""El corte que sustituye a otro: parte de lo sellado y cambia lo que se rectificó o se cerró.

P, fechas y descripciones quedan como estaban. Cada cambio deja su corrección, y si mueve lo
bastante a su acción, su fe de erratas.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from acciones.models import AccionEstrategica
from informes.armado import velo
from informes.armado.actividades import (
    cifras_de,
    clases_de,
    evidencia_de,
    evidencias_de,
    hitos_rectificados,
    tapa_de,
    visibilidades_de,
)
from informes.armado.plan import Directorio
from informes.contenido import Accion, Actividad, Aporte, Contenido, Correccion, Evidencia
from instituciones.models import Usuario
from matrices import calculo, models
from matrices.models import Avance, Periodo, Rectificacion

CIFRAS = ("ejecutado", "acumulado", "indice", "brecha", "semaforo")
DECIMALES = {
    "ejecutado_periodo": "ejecutado_periodo",
    "porcentaje": "porcentaje",
    "presupuesto_asignado": "asignado",
    "presupuesto_vigente": "vigente",
    "devengado": "devengado",
}
TEXTOS = ("logro", "limitante", "medida_correctiva")


def clave_de(avance: Avance) -> str:
    """«1.1.10.3»."""
    return f"{avance.actividad.matriz.accion.codigo}.{avance.actividad.numero}"


def cambian(contenido: Contenido, avances: Iterable[Avance]) -> bool:
    """Si alguna cifra guardada ya no es la que el corte dice."""
    dichas = {una.clave: una for una in contenido.actividades}
    return any(_cambia(dichas[clave_de(uno)], uno) for uno in avances if clave_de(uno) in dichas)


def _cambia(dicha: Actividad, avance: Avance) -> bool:
    hoy = cifras_de(avance)
    return any(getattr(dicha, campo) != hoy[campo] for campo in CIFRAS)


def actividades_rectificadas(
    base: Contenido,
    periodo: Periodo,
    por: Usuario,
    avances: Iterable[Avance],
    suyas: list[Rectificacion],
) -> tuple[Actividad, ...]:
    """Las del corte sustituido con sus cifras de hoy y los valores que ponen `suyas`."""
    directorio = Directorio.de(por)
    por_clave = {clave_de(uno): uno for uno in avances}
    de_avance: dict[int, list[Rectificacion]] = defaultdict(list)
    for una in suyas:
        de_avance[una.avance_id].append(una)
    nuevas = evidencias_de(periodo, por).filter(rectificacion__in=suyas)
    evidencias = defaultdict(list)
    for evidencia in nuevas:
        evidencias[evidencia.avance_id].append(evidencia)
    de_hoy = defaultdict(list)
    for evidencia in evidencias_de(periodo, por):
        de_hoy[evidencia.avance_id, evidencia.sha256].append(evidencia)

    def rehecha(dicha: Actividad) -> Actividad:
        avance = por_clave.get(dicha.clave)
        if avance is None:
            return dicha
        fila = replace(dicha, **cifras_de(avance), ejecutado_previo=avance.ejecutado_previo)
        for una in de_avance[avance.pk]:
            fila = _con_valores(fila, una.campos)
        mas = tuple(evidencia_de(una, avance, directorio) for una in evidencias[avance.pk])
        dichas = tuple(
            _evidencia_cerrada(una, de_hoy[avance.pk, una.sha256], directorio)
            for una in fila.evidencias
        )
        return _con_su_clase(replace(fila, evidencias=dichas + mas), avance, directorio)

    return tuple(rehecha(una) for una in base.actividades)


def _con_valores(fila: Actividad, campos: dict[str, Any]) -> Actividad:
    """Los valores que una rectificación pone en la fila."""
    cambios: dict[str, Any] = {"rectificado": True}
    for campo, cambio in campos.items():
        despues = cambio["despues"]
        if campo in DECIMALES:
            cambios[DECIMALES[campo]] = None if despues in (None, "") else Decimal(despues)
        elif campo in TEXTOS:
            cambios[campo] = despues or ""
        elif campo == "hitos_cumplidos":
            fechas = hitos_rectificados(campos)
            antes = {hito["numero"] for hito in cambio["antes"] or []}
            cambios["hitos"] = tuple(
                replace(
                    hito,
                    cumplido=fechas.get(
                        hito.numero, None if hito.numero in antes else hito.cumplido
                    ),
                )
                for hito in fila.hitos
            )
        elif campo == "aportes":
            cambios["aportes"] = _aportes(fila, despues)
    nueva = replace(fila, **cambios)
    return replace(nueva, pct_devengado=calculo.porcentaje_de(nueva.devengado, nueva.vigente))


def _aportes(fila: Actividad, despues: list[dict[str, Any]]) -> tuple[Aporte, ...]:
    dichos = {uno.institucion: uno for uno in fila.aportes}
    return tuple(
        replace(
            dichos.get(uno["institucion"], Aporte(institucion=uno["institucion"])),
            porcentaje=None if uno["porcentaje"] in (None, "") else Decimal(uno["porcentaje"]),
        )
        for uno in despues
    )


def _con_su_clase(fila: Actividad, avance: Avance, directorio: Directorio) -> Actividad:
    """Con la clase de entonces y la de hoy: lo que se cerró después del corte, se cierra."""
    clases = {*fila.clases, *clases_de(avance)}
    tapa = fila.reservado or tapa_de(avance, directorio)
    visibilidad = velo.visibilidad_de({fila.visibilidad, *visibilidades_de(avance)})
    return velo.velada(replace(fila, clases=tuple(sorted(clases)), visibilidad=visibilidad), tapa)


def _evidencia_cerrada(
    dicha: Evidencia, iguales: Iterable[models.Evidencia], directorio: Directorio
) -> Evidencia:
    """Con su clase de entonces y la de hoy; si se cerró después del corte, sin título ni huella."""
    for una in iguales:
        propia = {str(una.clasificacion)}
        visibilidad = velo.visibilidad_de({dicha.visibilidad, str(una.visibilidad)})
        clases = tuple(sorted({*dicha.clases, *propia}))
        nueva = replace(dicha, clases=clases, visibilidad=visibilidad)
        dicha = velo.evidencia_velada(nueva, velo.velo(propia, directorio.numeros(una)))
    return dicha


def acciones_de_hoy(base: Contenido, periodo: Periodo, por: Usuario) -> tuple[Accion, ...]:
    """Las del corte sustituido: la que se cerró después ya no dice su enunciado ni su impacto."""
    directorio = Directorio.de(por)
    visibles = AccionEstrategica.objects.visibles_para(por).del_plan(periodo.plan_id)
    de_hoy = {una.codigo: una for una in visibles}

    def cerrada(dicha: Accion) -> Accion:
        una = de_hoy.get(dicha.codigo)
        if una is None:
            return dicha
        clases = {*dicha.clases, str(una.clasificacion)}
        visibilidad = velo.visibilidad_de({dicha.visibilidad, str(una.visibilidad)})
        nueva = replace(dicha, clases=tuple(sorted(clases)), visibilidad=visibilidad)
        if clases == set(dicha.clases):
            return nueva
        return velo.accion_velada(nueva, velo.velo(clases, directorio.numeros(una)))

    return tuple(cerrada(una) for una in base.acciones)


def correcciones(
    base: Contenido, completo: Contenido, avances: Iterable[Avance], suyas: list[Rectificacion]
) -> tuple[Correccion, ...]:
    """Las que ya traía el corte sustituido y las de éste, con lo que movieron a su acción."""
    claves = {uno.pk: clave_de(uno) for uno in avances}
    antes = {una.clave: una for una in base.actividades}
    hoy = {una.clave: una for una in completo.actividades}
    propias = [
        _correccion(
            hoy[claves[una.avance_id]],
            base,
            completo,
            campo=campo,
            cambio=cambio,
            rectificacion=una,
        )
        for una in suyas
        for campo, cambio in sorted(una.campos.items())
    ]
    dichas = {claves[una.avance_id] for una in suyas}
    heredadas = [
        _correccion(
            una,
            base,
            completo,
            campo="E",
            cambio={"antes": antes[clave].ejecutado, "despues": una.ejecutado},
        )
        for clave, una in hoy.items()
        if clave not in dichas and antes[clave].ejecutado != una.ejecutado
    ]
    pasadas = [replace(una, es_de_este_corte=False) for una in base.correcciones]
    return (*pasadas, *propias, *heredadas)


def _correccion(
    fila: Actividad,
    base: Contenido,
    completo: Contenido,
    *,
    campo: str,
    cambio: dict[str, Any],
    rectificacion: Rectificacion | None = None,
) -> Correccion:
    previa, nueva = _su_accion(fila, base), _su_accion(fila, completo)
    tapa = fila.reservado if campo in TEXTOS else ""
    motivo = rectificacion.motivo if rectificacion else completo.corte.motivo
    return Correccion(
        clave=rectificacion.pk if rectificacion else None,
        periodo=completo.periodo.codigo,
        corte=completo.corte.numero,
        accion=fila.accion,
        numero=fila.numero,
        campo=campo,
        antes=tapa or en_palabras(cambio["antes"]),
        despues=tapa or en_palabras(cambio["despues"]),
        motivo=fila.reservado or motivo,
        material=calculo.rectificacion_material(
            (previa.ejecutado, previa.semaforo),
            (nueva.ejecutado, nueva.semaforo),
            umbrales=completo.umbrales,
        ),
        es_de_este_corte=True,
        accion_antes=previa.ejecutado,
        accion_despues=nueva.ejecutado,
        semaforo_antes=previa.semaforo,
        semaforo_despues=nueva.semaforo,
    )


def _su_accion(fila: Actividad, contenido: Contenido) -> Accion:
    return next(una for una in contenido.acciones if una.codigo == fila.accion)


def en_palabras(valor: Any) -> str:
    """Un valor de la rectificación, como se lee en la tabla de correcciones."""
    if valor in (None, "", []):
        return "sin dato"
    if not isinstance(valor, list):
        return str(valor)
    return "; ".join(
        f"hito {uno['numero']} ({uno['fecha']})"
        if "numero" in uno
        else f"{uno['institucion']} {en_palabras(uno['porcentaje'])}"
        for uno in valor
    )
