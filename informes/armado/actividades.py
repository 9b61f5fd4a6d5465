"""Las actividades de un semestre y lo que cuelga de ellas, de la base a filas de un contenido."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import OuterRef, Q, Subquery

from informes.armado import velo
from informes.armado.plan import Directorio
from informes.contenido import (
    SIN_COLOR,
    Actividad,
    Aporte,
    Cooperante,
    Evidencia,
    Hito,
    Observacion,
)
from instituciones.models import Usuario
from matrices import calculo, models
from matrices.models import Avance, Periodo, Rectificacion

DE_LA_ACTIVIDAD = (
    "numero",
    "descripcion",
    "inicio",
    "fin_original",
    "modo",
    "unidad",
    "meta",
    "peso",
    "programa_presupuestario",
)
DEL_AVANCE = (
    "estado",
    "exigible",
    "validado",
    "extemporaneo",
    "motivo_exencion",
    "programado",
    "programado_original",
    "ejecutado_previo",
)
DECLARADO = (
    "situacion_reportada",
    "ejecutado_periodo",
    "porcentaje",
    "justificacion_exceso",
    "motivo_retroceso",
    "logro",
    "beneficiarios",
    "limitante_tipo",
    "limitante",
    "medida_correctiva",
    "responsable_medida",
    "fecha_medida",
    "requiere_decision_cns",
    "decision_solicitada",
    "sin_cambios",
    "motivo_sin_cambios",
)
PorFila = dict[int, list[Any]]


def avances_de(periodo: Periodo, por: Usuario):
    """Los avances de un semestre con su actividad y su acción, en orden."""
    return Avance.objects.visibles_para(por).filter(periodo=periodo).con_su_actividad().en_orden()


def con_orden_de_validacion(avances, por: Usuario):
    """Los mismos con el número del paso que los validó: dice cuál fue el último."""
    pasos = models.Movimiento.objects.visibles_para(por).filter(
        avance=OuterRef("pk"), paso="validar"
    )
    ultimo = pasos.order_by("-pk").values("pk")[:1]
    return avances.annotate(orden_de_validacion=Subquery(ultimo))


def rectificaciones_hasta(periodo: Periodo, por: Usuario) -> list[Rectificacion]:
    """Las aplicadas de este semestre y de los anteriores, en orden."""
    visibles = Rectificacion.objects.visibles_para(por).aplicadas()
    hasta = visibles.filter(
        avance__periodo__plan=periodo.plan_id, avance__periodo__corte__lte=periodo.corte
    )
    return list(hasta.select_related("avance"))


@dataclass(frozen=True)
class Anexos:
    """Lo que cuelga de las actividades (por su clave de base) y de sus avances (por la suya)."""

    cooperantes: PorFila
    hitos: PorFila
    cumplidos: dict[int, dict[int, date]]
    evidencias: PorFila
    aportes: PorFila
    observaciones: PorFila
    directorio: Directorio

    @classmethod
    def de(
        cls,
        periodo: Periodo,
        por: Usuario,
        aplicadas: list[Rectificacion],
        directorio: Directorio,
    ) -> "Anexos":
        """Una consulta por tabla, sean cuantas sean las actividades."""
        suyas = Avance.objects.visibles_para(por).filter(periodo=periodo).values("actividad")
        cooperaciones = models.Cooperacion.objects.visibles_para(por).filter(actividad__in=suyas)
        hitos = models.HitoActividad.objects.visibles_para(por).filter(actividad__in=suyas)
        aportes = models.Aporte.objects.visibles_para(por).filter(avance__periodo=periodo)
        observadas = models.Observacion.objects.visibles_para(por).filter(avance__periodo=periodo)
        return cls(
            cooperantes=_agrupadas(
                cooperaciones.select_related("institucion", "grupo"), "actividad_id"
            ),
            hitos=_agrupadas(hitos.order_by("numero"), "actividad_id"),
            cumplidos=_cumplidos(periodo, por, aplicadas),
            evidencias=_agrupadas(evidencias_de(periodo, por), "avance_id"),
            aportes=_agrupadas(aportes.select_related("institucion"), "avance_id"),
            observaciones=_agrupadas(observadas.order_by("ronda", "pk"), "avance_id"),
            directorio=directorio,
        )


def _agrupadas(filas: Iterable[Any], llave: str) -> PorFila:
    grupos: PorFila = defaultdict(list)
    for fila in filas:
        grupos[getattr(fila, llave)].append(fila)
    return grupos


def evidencias_de(periodo: Periodo, por: Usuario):
    """Las del semestre; las de una rectificación, sólo si se aplicó."""
    visibles = models.Evidencia.objects.visibles_para(por).filter(avance__periodo=periodo)
    vale = Q(rectificacion=None) | Q(rectificacion__estado=Rectificacion.Estado.APLICADA)
    return visibles.filter(vale).order_by("pk")


def _cumplidos(
    periodo: Periodo, por: Usuario, aplicadas: list[Rectificacion]
) -> dict[int, dict[int, date]]:
    """Por actividad, la fecha en que se validó cada hito, con las rectificaciones aplicadas."""
    filas = models.HitoCumplido.objects.visibles_para(por).filter(
        avance__periodo__plan=periodo.plan_id,
        avance__periodo__corte__lte=periodo.corte,
        avance__estado__in=Avance.VALIDADOS,
    )
    por_avance: dict[tuple[int, int], dict[int, date]] = defaultdict(dict)
    for actividad, avance, numero, fecha in filas.values_list(
        "avance__actividad", "avance", "hito__numero", "fecha"
    ):
        por_avance[actividad, avance][numero] = fecha
    for una in aplicadas:
        if "hitos_cumplidos" in una.campos:
            por_avance[una.avance.actividad_id, una.avance_id] = hitos_rectificados(una.campos)
    por_actividad: dict[int, dict[int, date]] = defaultdict(dict)
    for (actividad, _avance), fechas in sorted(por_avance.items()):
        por_actividad[actividad] = {**fechas, **por_actividad[actividad]}
    return por_actividad


def hitos_rectificados(campos: dict[str, Any]) -> dict[int, date]:
    """Los hitos que una rectificación da por cumplidos, con su fecha."""
    return {
        hito["numero"]: date.fromisoformat(hito["fecha"])
        for hito in campos["hitos_cumplidos"]["despues"]
    }


def actividad_de(avance: Avance, anexos: Anexos, umbrales: calculo.Umbrales) -> Actividad:
    """La fila de un avance: sus términos, lo que cuenta y, si se validó, lo que declaró."""
    fila, accion = avance.actividad, avance.actividad.matriz.accion
    declarado = _declarado(avance, anexos) if avance.validado else {"beneficiarios": {}}
    propios = {
        **{campo: getattr(fila, campo) for campo in DE_LA_ACTIVIDAD},
        **{campo: getattr(avance, campo) for campo in DEL_AVANCE},
        **_lo_que_cuenta(avance, umbrales),
        **declarado,
    }
    sin_velo = Actividad(
        **propios,
        accion=accion.codigo,
        responsable=fila.responsable.sigla,
        cooperantes=tuple(
            Cooperante(sigla=str(uno.institucion or uno.grupo), rol=uno.rol)
            for uno in anexos.cooperantes[fila.pk]
        ),
        obligados=tuple(sorted(una.sigla for una in fila.obligados.all())),
        fin_vigente=avance.fin_medido or fila.fin_vigente,
        situacion=avance.situacion_medida or fila.situacion,
        ejercicio=avance.periodo.anio if fila.programa_presupuestario else None,
        hitos=_hitos(fila.pk, anexos),
        visibilidad=velo.visibilidad_de(visibilidades_de(avance)),
        clases=tuple(sorted(clases_de(avance))),
        arrastrado=avance.exigible and not avance.validado,
        observaciones=tuple(
            Observacion(campo=una.campo, ronda=una.ronda, estado=una.estado)
            for una in anexos.observaciones[avance.pk]
        ),
        rondas=avance.ronda,
    )
    return velo.velada(sin_velo, tapa_de(avance, anexos.directorio))


def clases_de(avance: Avance) -> set[str]:
    """Las categorías legales del avance, su actividad y su acción."""
    return {str(clase) for clase in avance.clases}


def visibilidades_de(avance: Avance) -> set[str]:
    """Las visibilidades del avance, su actividad y su acción."""
    padres = (avance, avance.actividad, avance.actividad.matriz.accion)
    return {str(uno.visibilidad) for uno in padres}


def tapa_de(avance: Avance, directorio: Directorio) -> str:
    """Lo que va en lugar de sus textos; vacío si se leen."""
    cubren = (avance, avance.actividad, avance.actividad.matriz.accion)
    return velo.velo(clases_de(avance), directorio.numeros(*cubren))


def cifras_de(avance: Avance) -> dict[str, Any]:
    """Las cifras guardadas que una rectificación puede mover."""
    return {
        "ejecutado": avance.ejecutado,
        "acumulado": avance.acumulado,
        "cumplimiento_sin_tope": calculo.porcentaje_de(avance.acumulado, avance.actividad.meta),
        "indice": avance.indice,
        "brecha": avance.brecha,
        "semaforo": avance.semaforo or SIN_COLOR,
    }


def _lo_que_cuenta(avance: Avance, umbrales: calculo.Umbrales) -> dict[str, Any]:
    """Las cifras guardadas; de lo que sigue en trámite, las de lo último validado."""
    if avance.estado not in Avance.EN_TRAMITE:
        return cifras_de(avance)
    medida = calculo.semaforo_actividad(
        situacion=avance.situacion_medida or avance.actividad.situacion,
        ejecutado=avance.ejecutado_que_cuenta or calculo.CERO,
        programado=avance.programado,
        fin_vigente=avance.fin_medido or avance.actividad.fin_vigente,
        corte=avance.periodo.corte,
        exigible=avance.exigible,
        validado=False,
        umbrales=umbrales,
    )
    return {
        "ejecutado": medida.ejecutado,
        "indice": medida.indice,
        "brecha": medida.brecha,
        "semaforo": str(medida.semaforo or SIN_COLOR),
    }


def _declarado(avance: Avance, anexos: Anexos) -> dict[str, Any]:
    """Lo que dijo la institución: sólo de lo validado, que lo demás aún es suyo."""
    return {
        **{campo: getattr(avance, campo) for campo in DECLARADO},
        "territorio": tuple(avance.territorio),
        "asignado": avance.presupuesto_asignado,
        "vigente": avance.presupuesto_vigente,
        "devengado": avance.devengado,
        "pct_devengado": calculo.porcentaje_de(avance.devengado, avance.presupuesto_vigente),
        "orden_de_validacion": getattr(avance, "orden_de_validacion", None),
        "evidencias": tuple(
            evidencia_de(una, avance, anexos.directorio) for una in anexos.evidencias[avance.pk]
        ),
        "aportes": tuple(
            Aporte(
                institucion=uno.institucion.sigla,
                porcentaje=uno.porcentaje,
                conforme=uno.conforme,
                texto=uno.texto,
            )
            for uno in anexos.aportes[avance.pk]
        ),
    }


def evidencia_de(una: models.Evidencia, avance: Avance, directorio: Directorio) -> Evidencia:
    """Una evidencia con su categoría y la de sus padres; sin título si la suya no es pública."""
    tapa = velo.velo({str(una.clasificacion)}, directorio.numeros(una))
    dicha = Evidencia(
        titulo=una.titulo,
        tipo=una.tipo,
        sha256=una.sha256,
        visibilidad=velo.visibilidad_de({str(una.visibilidad), *visibilidades_de(avance)}),
        clases=tuple(sorted({str(una.clasificacion), *clases_de(avance)})),
    )
    return velo.evidencia_velada(dicha, tapa)


def _hitos(actividad: int, anexos: Anexos) -> tuple[Hito, ...]:
    cumplidos = anexos.cumplidos.get(actividad, {})
    return tuple(
        Hito(
            numero=uno.numero,
            descripcion=uno.descripcion,
            peso=uno.peso,
            fecha_original=uno.fecha_original,
            fecha_vigente=uno.fecha_vigente,
            cumplido=cumplidos.get(uno.numero),
        )
        for uno in anexos.hitos[actividad]
    )
