"""De la base al `Contenido` de cada edición de un corte.

Aquí se lee y se junta; las cifras guardadas no se vuelven a calcular, y lo que las resume lo hace
`consolidacion`. Lee con los ojos de quien corta, que ve toda fila.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import OuterRef, Q, Subquery

from informes import consolidacion, publica
from informes.armado import actividades, catalogos, plan, rectificacion
from informes.contenido import (
    CNS,
    PUBLICA,
    Actividad,
    Anterior,
    Contenido,
    Corte,
    Periodo,
    Punto,
    desde_json,
    serie_propia,
)
from informes.models import ContenidoSellado, Informe
from instituciones.models import Usuario
from matrices import consultas, models
from matrices.models import Avance, MatrizCumplimiento


def armar(
    periodo: models.Periodo,
    *,
    por: Usuario,
    numero: int,
    momento: datetime,
    motivo: str = "",
    base: Contenido | None = None,
) -> dict[str, Contenido]:
    """Lo que dice cada edición de un corte: {«CNS»: …, «PUBLICA»: …}.

    `base` es la edición CNS del corte que éste sustituye; sin ella, el primer corte se lee entero
    de la base de datos.
    """
    corte = Corte(
        numero=numero, momento=momento, motivo=motivo, sustituye=base.corte.numero if base else None
    )
    antes = Antecedentes.de(periodo, por)
    if base is None:
        completo = consolidacion.consolidar(_leer(periodo, por, corte), antes.anterior(CNS))
    else:
        completo = _rehacer(periodo, por, replace(base, corte=corte), antes.anterior(CNS))
    completo = replace(
        completo,
        anterior=antes.comparado_con(CNS),
        serie=consolidacion.serie(completo, antes.anterior(CNS), **antes.serie(CNS)),
    )
    publico = publica.edicion_publica(
        completo,
        antes.anterior(PUBLICA),
        antes.comparado_con(PUBLICA),
        **antes.serie(PUBLICA),
    )
    return {CNS: completo, PUBLICA: publico}


def cambian_las_cifras(contenido: Contenido, periodo: models.Periodo, *, por: Usuario) -> bool:
    """Si las cifras guardadas de un periodo cortado ya no son las que su corte dice."""
    return rectificacion.cambian(contenido, actividades.avances_de(periodo, por))


def lo_que_se_deduce(completo: Contenido, publico: Contenido) -> list[str]:
    """Las filas retenidas que la edición pública deja deducir; debe ser ninguna."""
    return publica.lo_que_se_deduce(completo, publico)


# ---- el primer corte


def _leer(periodo: models.Periodo, por: Usuario, corte: Corte) -> Contenido:
    """Las filas de un semestre, todavía sin lo que las resume."""
    umbrales = consultas.umbrales_de(periodo.plan, periodo.corte)
    directorio = plan.Directorio.de(por)
    del_plan = plan.filas_del_plan(periodo.plan, por)
    matrices = {
        una.accion_id: una
        for una in MatrizCumplimiento.objects.visibles_para(por).filter(
            accion__objetivo__programa__plan=periodo.plan_id
        )
    }
    propios = actividades.con_orden_de_validacion(actividades.avances_de(periodo, por), por)
    avances = list(propios.prefetch_related("actividad__obligados"))
    filas = _filas(periodo, por, avances, umbrales, directorio)
    acciones = plan.acciones_de(del_plan, periodo, por, matrices, directorio)
    instituciones = directorio.instituciones.values()
    contenido = Contenido(
        edicion=CNS,
        plan=plan.plan_de(periodo.plan),
        periodo=_periodo(periodo),
        corte=corte,
        es_demo=any(una.es_demo for una in matrices.values()),
        umbrales=umbrales,
        niveles=tuple(plan.niveles_de(periodo.plan, del_plan)),
        acciones=tuple(acciones),
        actividades=tuple(filas.values()),
        instituciones=tuple(plan.instituciones_de(instituciones, acciones, filas.values())),
        resultados=tuple(plan.resultados_de(periodo, por)),
        propuestas=tuple(
            plan.propuestas_de(
                periodo.plan, por, directorio, {una.pk: una.codigo for una in del_plan}
            )
        ),
        igsns=tuple(plan.recomendaciones_de(periodo, por, directorio)),
        reservas=tuple(plan.reservas_de(avances, directorio)),
        readecuaciones=tuple(plan.readecuaciones_de(periodo, por, filas)),
    )
    return replace(contenido, **catalogos.con_explicaciones(contenido, periodo.plan, directorio))


def _filas(
    periodo: models.Periodo,
    por: Usuario,
    avances: Sequence[Avance],
    umbrales: consultas.calculo.Umbrales,
    directorio: plan.Directorio,
) -> dict[int, Actividad]:
    """Las actividades, por su clave de base y en el orden del plan."""
    aplicadas = actividades.rectificaciones_hasta(periodo, por)
    anexos = actividades.Anexos.de(periodo, por, aplicadas, directorio)
    return {uno.actividad_id: actividades.actividad_de(uno, anexos, umbrales) for uno in avances}


def _periodo(periodo: models.Periodo) -> Periodo:
    return Periodo(
        codigo=periodo.codigo,
        nombre=periodo.nombre,
        anio=periodo.anio,
        semestre=periodo.semestre,
        inicio=periodo.inicio,
        corte=periodo.corte,
    )


# ---- el que sustituye a otro


def _rehacer(
    periodo: models.Periodo, por: Usuario, base: Contenido, anterior: Contenido | None
) -> Contenido:
    """Lo sellado con lo que se rectificó, consolidado otra vez."""
    avances = list(actividades.avances_de(periodo, por))
    suyas = [
        una
        for una in actividades.rectificaciones_hasta(periodo, por)
        if una.avance.periodo_id == periodo.pk and una.corte_numero == base.corte.numero
    ]
    filas = rectificacion.actividades_rectificadas(base, periodo, por, avances, suyas)
    acciones = rectificacion.acciones_de_hoy(base, periodo, por)
    partida = replace(base, actividades=filas, acciones=acciones)
    completo = consolidacion.consolidar(partida, anterior)
    return replace(
        completo, correcciones=rectificacion.correcciones(base, completo, avances, suyas)
    )


# ---- los cortes contra los que se compara


@dataclass(frozen=True)
class Antecedentes:
    """Lo ya sellado que un corte necesita, por edición; en una consulta."""

    previos: dict[str, ContenidoSellado]
    anteriores: dict[str, Contenido]
    primeros: dict[str, tuple[Punto, ...]]
    rehechos: dict[str, tuple[Punto, ...]]

    @classmethod
    def de(cls, periodo: models.Periodo, por: Usuario) -> "Antecedentes":
        """El corte en vigor del semestre anterior, el primero de éste y los rehechos.

        Los de semestres más viejos que nadie rehízo ya están en la serie del anterior.
        """
        sellados = list(_sellados(periodo, por))
        suyos = [uno for uno in sellados if uno.corte.periodo_id == periodo.pk]
        pasados = [uno for uno in sellados if uno.corte.periodo_id != periodo.pk]
        ultimo = pasados[-1].corte_id if pasados else None
        previos = {uno.edicion: uno for uno in pasados if uno.corte_id == ultimo}
        rehechos = [uno for uno in pasados if uno.corte.numero > 1 and uno.corte_id != ultimo]
        return cls(
            previos=previos,
            anteriores={
                edicion: desde_json(uno.contenido).con_seleccion(
                    getattr(uno, "seleccion", None) or {}
                )
                for edicion, uno in previos.items()
            },
            primeros=_puntos(suyos),
            rehechos=_puntos(rehechos),
        )

    def anterior(self, edicion: str) -> Contenido | None:
        """El del semestre anterior, con las decisiones y los logros que se eligieron."""
        return self.anteriores.get(edicion)

    def serie(self, edicion: str) -> dict[str, tuple[Punto, ...]]:
        """Los puntos que la serie toma de otros cortes."""
        return {
            "primero": self.primeros.get(edicion, ()),
            "rectificados": self.rehechos.get(edicion, ()),
        }

    def comparado_con(self, edicion: str) -> Anterior | None:
        """Cómo se nombra el corte con el que se compara."""
        uno = self.previos.get(edicion)
        if uno is None:
            return None
        return Anterior(
            periodo=uno.corte.periodo.codigo,
            corte=uno.corte.numero,
            momento=uno.corte.momento,
            huella=uno.huella,
        )


def _sellados(periodo: models.Periodo, por: Usuario):
    """Del más viejo al más nuevo, con lo que se eligió para cada portada."""
    pasados = models.Periodo.objects.visibles_para(por).filter(
        plan=periodo.plan_id, corte__lt=periodo.corte
    )
    ultimo = Subquery(pasados.order_by("-corte").values("pk")[:1])
    vigente = Q(corte__sustituido_por=None, corte__periodo__corte__lt=periodo.corte)
    hace_falta = Q(corte__periodo=ultimo) | Q(corte__numero__gt=1)
    propio = Q(corte__periodo=periodo, corte__numero=1)
    elegido = Informe.objects.visibles_para(por).filter(
        corte=OuterRef("corte"), edicion=OuterRef("edicion")
    )
    seleccion = elegido.exclude(estado=Informe.Estado.SUSTITUIDO).values("seleccion")
    visibles = ContenidoSellado.objects.visibles_para(por)
    return (
        visibles.filter((vigente & hace_falta) | propio, corte__periodo__plan=periodo.plan_id)
        .select_related("corte__periodo")
        .annotate(seleccion=Subquery(seleccion[:1]))
        .order_by("corte__periodo__corte", "pk")
    )


def _puntos(sellados: Sequence[ContenidoSellado]) -> dict[str, tuple[Punto, ...]]:
    """Por edición, los puntos propios de esos cortes."""
    puntos: dict[str, tuple[Punto, ...]] = {}
    for uno in sellados:
        puntos[uno.edicion] = puntos.get(uno.edicion, ()) + serie_propia(uno.contenido)
    return puntos
