"""Preguntas que cruzan modelos: junta las filas y las entrega a `calculo`; no escribe.

Aquí se arma la historia de cada actividad con los valores en vigor (lo declarado, reemplazado
por las rectificaciones aplicadas), que es de donde sale toda cifra.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Prefetch, QuerySet, prefetch_related_objects

from acciones.models import Plan
from instituciones.canonico import canonico
from matrices import calculo
from matrices.models import (
    Actividad,
    Aporte,
    Avance,
    Evidencia,
    HitoActividad,
    HitoCumplido,
    Movimiento,
    Observacion,
    Periodo,
    Rectificacion,
    Umbrales,
)

DECLARADO = (
    "situacion_reportada",
    "ejecutado_periodo",
    "justificacion_exceso",
    "porcentaje",
    "motivo_retroceso",
    "logro",
    "beneficiarios",
    "territorio",
    "limitante_tipo",
    "limitante",
    "medida_correctiva",
    "responsable_medida",
    "fecha_medida",
    "requiere_decision_cns",
    "decision_solicitada",
    "presupuesto_asignado",
    "presupuesto_vigente",
    "devengado",
    "sin_cambios",
    "motivo_sin_cambios",
    "visibilidad",
    "clasificacion",
    "declaracion",
)
OBSERVADO = ("pk", "campo", "ronda", "estado", "texto", "respuesta")
RESULTADOS = (
    "programado",
    "programado_original",
    "ejecutado",
    "ejecutado_previo",
    "acumulado",
    "indice",
    "brecha",
    "semaforo",
)


@dataclass
class Vigor:
    """Los valores en vigor de un avance: los suyos con las rectificaciones aplicadas."""

    avance: int
    corte: date
    validado: bool
    ejecutado_periodo: Decimal | None = None
    porcentaje: Decimal | None = None
    hitos: set[int] = field(default_factory=set)
    aportes: dict[str, Decimal | None] = field(default_factory=dict)
    rectificado: bool = False

    def rectificar(self, campos: dict[str, dict[str, Any]]) -> None:
        """Pone los valores de una rectificación aplicada; con ellos el avance ya cuenta."""
        for campo in ("ejecutado_periodo", "porcentaje"):
            if campo in campos:
                setattr(self, campo, _decimal(campos[campo]["despues"]))
        if "hitos_cumplidos" in campos:
            self.hitos = {hito["numero"] for hito in campos["hitos_cumplidos"]["despues"]}
        if "aportes" in campos:
            self.aportes = {
                uno["institucion"]: _decimal(uno["porcentaje"])
                for uno in campos["aportes"]["despues"]
            }
        self.rectificado = True

    def declarar(
        self,
        *,
        ejecutado_periodo: Decimal | None = None,
        porcentaje: Decimal | None = None,
        hitos: Iterable[int] = (),
        aportes: dict[str, Decimal | None] | None = None,
    ) -> None:
        """Pone lo que alguien escribe, todavía sin guardar."""
        self.ejecutado_periodo, self.porcentaje = ejecutado_periodo, porcentaje
        self.hitos, self.aportes = set(hitos), dict(aportes or {})

    def reporte(self, *, validado: bool | None = None) -> calculo.Reporte:
        """Como lo pide `calculo`; `validado` para medirlo como si ya lo estuviera."""
        return calculo.Reporte(
            validado=self.validado if validado is None else validado,
            ejecutado_periodo=self.ejecutado_periodo,
            porcentaje=self.porcentaje,
            hitos=frozenset(self.hitos),
            aportes=self.aportes,
            rectificado=self.rectificado,
        )


def _decimal(valor: Any) -> Decimal | None:
    return None if valor in (None, "") else Decimal(valor)


def historias(actividades: Iterable[int]) -> dict[int, list[Vigor]]:
    """Por actividad, los valores en vigor de cada periodo, en orden; en cuatro consultas."""
    actividades = list(actividades)
    filas: dict[int, Vigor] = {}
    por_actividad: dict[int, list[Vigor]] = {pk: [] for pk in actividades}
    avances = Avance.objects.filter(actividad__in=actividades).order_by("periodo__corte")
    for pk, actividad, corte, estado, cantidad, porcentaje in avances.values_list(
        "pk", "actividad", "periodo__corte", "estado", "ejecutado_periodo", "porcentaje"
    ):
        fila = Vigor(pk, corte, estado in Avance.VALIDADOS, cantidad, porcentaje)
        filas[pk] = fila
        por_actividad[actividad].append(fila)
    cumplidos = HitoCumplido.objects.filter(avance__actividad__in=actividades).order_by()
    for avance, numero in cumplidos.values_list("avance", "hito__numero"):
        filas[avance].hitos.add(numero)
    aportes = Aporte.objects.filter(
        avance__actividad__in=actividades, avance__actividad__modo=Actividad.Modo.COLECTIVO
    ).order_by()
    for avance, sigla, porcentaje in aportes.values_list(
        "avance", "institucion__sigla", "porcentaje"
    ):
        filas[avance].aportes[sigla] = porcentaje
    aplicadas = Rectificacion.objects.filter(avance__actividad__in=actividades).aplicadas()
    for avance, campos in aplicadas.values_list("avance", "campos"):
        filas[avance].rectificar(campos)
    return por_actividad


def umbrales_por_fecha(plan: Plan) -> Callable[[date], calculo.Umbrales]:
    """Qué umbrales regían en cada fecha, leídos una vez; sin ninguno, los de la versión 1."""
    filas = list(Umbrales.objects.filter(plan=plan).order_by("-vigente_desde", "-version"))

    def los_de(fecha: date) -> calculo.Umbrales:
        for fila in filas:
            if fila.vigente_desde <= fecha:
                return calculo.Umbrales(
                    version=fila.version,
                    verde_desde=fila.verde_desde,
                    amarillo_desde=fila.amarillo_desde,
                    p_minimo=fila.p_minimo,
                    brecha_minima=fila.brecha_minima,
                    cobertura_minima=fila.cobertura_minima,
                    puntos_material=fila.puntos_material,
                )
        return calculo.UMBRALES

    return los_de


def umbrales_de(plan: Plan, fecha: date) -> calculo.Umbrales:
    """Los umbrales en vigor en una fecha."""
    return umbrales_por_fecha(plan)(fecha)


def mediciones(avances: Iterable[Avance]) -> dict[int, dict[str, Any]]:
    """Por avance, las columnas de resultados que le corresponden ahora (sin escribirlas).

    Lo que alguien capturó se mide como si se validara; donde nadie reportó queda lo último
    validado. De un periodo ya cortado, P y los términos no cambian: sólo lo ejecutado.
    """
    return mediciones_de(con_lo_que_se_mide([avance.pk for avance in avances]))


def con_lo_que_se_mide(claves: Iterable[int]) -> list[Avance]:
    """Los avances con los términos de su actividad, en orden de clave."""
    filas = Avance.objects.filter(pk__in=list(claves)).order_by("pk")
    return list(filas.select_related("actividad", "periodo__plan"))


def como_quedarian(dichos: Mapping[int, Mapping[str, Any]]) -> dict[int, dict[str, Any]]:
    """Por avance, las cifras que daría si declarara eso y se validara; no escribe nada.

    Lo dicho de cada uno es lo que pide `Vigor.declarar`; las consultas, las mismas para mil.
    """
    return mediciones_de(
        con_lo_que_se_mide(dichos),
        poner=lambda propia: propia.declarar(**dichos[propia.avance]),
        reporta=True,
    )


def como_quedaria_rectificado(avance: Avance, despues: Mapping[str, Any]) -> dict[str, Any]:
    """Las cifras del avance si se aplicara esa rectificación, {campo: valor}; no escribe nada."""
    campos = {campo: {"despues": valor} for campo, valor in despues.items()}
    filas = con_lo_que_se_mide([avance.pk])
    return mediciones_de(filas, poner=lambda propia: propia.rectificar(campos))[avance.pk]


def mediciones_de(
    filas: Sequence[Avance],
    *,
    poner: Callable[[Vigor], None] = lambda propia: None,
    reporta: bool | None = None,
) -> dict[int, dict[str, Any]]:
    """Mide filas recién leídas tras `poner` en cada una lo que se supone.

    `reporta`, como si se validara.
    """
    prefetch_related_objects(filas, _hitos("actividad__hitos"), "actividad__obligados")
    historia = historias({fila.actividad_id for fila in filas})
    umbrales: dict[int, calculo.Umbrales] = {}
    medidas = {}
    for fila in filas:
        if fila.periodo_id not in umbrales:
            umbrales[fila.periodo_id] = umbrales_de(fila.periodo.plan, fila.periodo.corte)
        suya = historia[fila.actividad_id]
        poner(next(una for una in suya if una.avance == fila.pk))
        medidas[fila.pk] = _medir(fila, suya, umbrales[fila.periodo_id], reporta=reporta)
    return medidas


def _medir(
    fila: Avance,
    historia: list[Vigor],
    umbrales: calculo.Umbrales,
    *,
    reporta: bool | None = None,
) -> dict[str, Any]:
    corte = fila.periodo.corte
    reporta = fila.estado in Avance.CON_LO_CAPTURADO if reporta is None else reporta
    previas = [una.reporte() for una in historia if una.corte < corte]
    propia = next(una for una in historia if una.avance == fila.pk)
    hecho = ejecutado_de(fila.actividad, [*previas, propia.reporte(validado=reporta)])
    terminos = terminos_medidos(fila) if fila.periodo.cortado else terminos_de_hoy(fila)
    medida = calculo.semaforo_actividad(
        situacion=terminos["situacion_medida"],
        ejecutado=hecho.ejecutado,
        programado=terminos["programado"],
        fin_vigente=terminos["fin_medido"],
        corte=corte,
        exigible=fila.exigible,
        validado=reporta,
        umbrales=umbrales,
    )
    return {
        **terminos,
        "ejecutado": hecho.ejecutado,
        "ejecutado_previo": ejecutado_de(fila.actividad, previas).ejecutado,
        "acumulado": hecho.acumulado,
        "indice": medida.indice,
        "brecha": medida.brecha,
        "semaforo": medida.semaforo or "",
    }


def hitos_de(actividad: Actividad) -> list[calculo.Hito]:
    """Los hitos de una actividad, como los pide `calculo`."""
    return [
        calculo.Hito(uno.numero, uno.peso, uno.fecha_original, uno.fecha_vigente)
        for uno in actividad.hitos.all()
    ]


def ejecutado_de(actividad: Actividad, historial: Sequence[calculo.Reporte]) -> calculo.Ejecutado:
    """E de una actividad desde su historial, en su modo."""
    return calculo.ejecutado_de(
        actividad.modo,
        historial,
        meta=actividad.meta,
        hitos=hitos_de(actividad),
        obligados=[una.sigla for una in actividad.obligados.all()],
    )


def terminos_de_hoy(avance: Avance) -> dict[str, Any]:
    """P, P original y los términos con que se mide la actividad al corte de ese periodo."""
    actividad, corte = avance.actividad, avance.periodo.corte
    hitos = hitos_de(actividad)
    return {
        "programado": calculo.programado_de(
            actividad.modo,
            inicio=actividad.inicio,
            fin=actividad.fin_vigente,
            corte=corte,
            situacion=actividad.situacion,
            suspendida_desde=actividad.suspendida_desde,
            hitos=[(hito.fecha_vigente, hito.peso) for hito in hitos],
        ),
        "programado_original": calculo.programado_original_de(
            actividad.modo,
            inicio=actividad.inicio,
            fin_original=actividad.fin_original,
            corte=corte,
            hitos=[(hito.fecha_original, hito.peso) for hito in hitos],
        ),
        "fin_medido": actividad.fin_vigente,
        "situacion_medida": actividad.situacion,
    }


def programado_el(actividad: Actividad, dia: date) -> Decimal | None:
    """P de la actividad a un día cualquiera, con las fechas vigentes."""
    return calculo.programado_de(
        actividad.modo,
        inicio=actividad.inicio,
        fin=actividad.fin_vigente,
        corte=dia,
        situacion=actividad.situacion,
        suspendida_desde=actividad.suspendida_desde,
        hitos=[(hito.fecha_vigente, hito.peso) for hito in hitos_de(actividad)],
    )


def terminos_medidos(avance: Avance) -> dict[str, Any]:
    """Los mismos, como quedaron escritos cuando se midió."""
    return {
        columna: getattr(avance, columna)
        for columna in ("programado", "programado_original", "fin_medido", "situacion_medida")
    }


def ejecutado_antes(periodo: Periodo, actividades: Iterable[Actividad]) -> dict[int, Decimal]:
    """Por actividad, la última E validada antes de ese periodo."""
    filas = list(
        Actividad.objects.filter(pk__in=[una.pk for una in actividades])
        .prefetch_related(_hitos("hitos"), "obligados")
        .order_by("pk")
    )
    historia = historias([fila.pk for fila in filas])
    return {
        fila.pk: ejecutado_de(
            fila, [una.reporte() for una in historia[fila.pk] if una.corte < periodo.corte]
        ).ejecutado
        for fila in filas
    }


def con_lo_declarado(claves: Iterable[int]) -> list[Avance]:
    """Los avances con todo lo que declaran, en orden de clave."""
    filas = Avance.objects.filter(pk__in=list(claves)).con_su_actividad().order_by("pk")
    return list(
        filas.prefetch_related(
            Prefetch(
                "hitos_cumplidos",
                HitoCumplido.objects.select_related("hito").order_by("hito__numero"),
            ),
            Prefetch(
                "aportes",
                Aporte.objects.select_related("institucion").order_by("institucion__sigla"),
            ),
            Prefetch("evidencias", Evidencia.objects.filter(rectificacion=None).order_by("pk")),
            Prefetch("observaciones", Observacion.objects.order_by("ronda", "pk")),
        )
    )


def _hitos(por: str) -> Prefetch:
    """Los hitos en su orden, sin arrastrar el de su actividad, su matriz y su acción."""
    return Prefetch(por, HitoActividad.objects.order_by("numero"))


def resultados(avance: Avance) -> dict[str, Any]:
    """Las cifras del avance, por nombre de columna."""
    return {columna: getattr(avance, columna) for columna in RESULTADOS}


def lo_declarado(avance: Avance) -> dict[str, Any]:
    """Lo que la institución declara, con los hitos, los aportes y la evidencia."""
    return {
        **{columna: getattr(avance, columna) for columna in DECLARADO},
        "hitos_cumplidos": [
            {"numero": uno.hito.numero, "fecha": uno.fecha} for uno in avance.hitos_cumplidos.all()
        ],
        "aportes": [
            {"institucion": uno.institucion.sigla, "porcentaje": uno.porcentaje}
            for uno in avance.aportes.all()
        ],
        "evidencias": [
            {"titulo": una.titulo, "sha256": una.sha256} for una in avance.evidencias.all()
        ],
    }


def declarado(avance: Avance) -> dict[str, Any]:
    """Lo declarado, sus cifras y lo observado: sobre esto se decide y lo guarda el `Movimiento`.

    Así la respuesta a una observación que se reabre no se pierde.
    """
    return {
        **lo_declarado(avance),
        "resultados": resultados(avance),
        "observaciones": [
            {columna: getattr(una, columna) for columna in OBSERVADO}
            for una in avance.observaciones.all()
        ],
    }


def en_vigor(avance: Avance) -> dict[str, Any]:
    """Lo declarado de un avance con sus rectificaciones aplicadas."""
    valores = lo_declarado(con_lo_declarado([avance.pk])[0])
    aplicadas = Rectificacion.objects.filter(avance=avance).aplicadas()
    for campos in aplicadas.values_list("campos", flat=True):
        valores.update({campo: cambio["despues"] for campo, cambio in campos.items()})
    return valores


def como_texto(valor: Any) -> Any:
    """El mismo valor hecho de textos, listas y diccionarios, apto para una columna JSON."""
    return json.loads(canonico(valor))


def lo_enviado(avance: Avance) -> dict[str, Any] | None:
    """Lo que decía el avance la última vez que se remitió; None si nunca se envió."""
    ultimo = Movimiento.objects.filter(avance=avance, paso="remitir").order_by("-pk").first()
    return json.loads(ultimo.contenido) if ultimo else None


def hitos_en_orden(actividad: Actividad):
    """Los hitos de una actividad, por número."""
    return actividad.hitos.order_by("numero")


def cooperantes_en_orden(actividad: Actividad) -> list[dict[str, Any]]:
    """Quién coopera y con qué papel, como lo pide su formulario."""
    return [*map(dict, actividad.cooperantes.order_by("pk").values("institucion", "grupo", "rol"))]


@dataclass
class Recepcion:
    """Qué llegó de una institución en un semestre: cuántos avances en cada estado, y cobertura."""

    sigla: str
    estados: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Avance.Estado.values, 0))
    exigidos: int = 0
    recibidos: int = 0
    a_tiempo: int = 0
    cobertura: calculo.Cobertura | None = None

    @property
    def por_remitir(self) -> int:
        """Lo que todavía está en la institución."""
        return sum(self.estados[e] for e in ("PENDIENTE", "BORRADOR", "EN_APROBACION"))

    @property
    def validados(self) -> int:
        """Los que cuentan, consolidados o no."""
        return sum(self.estados[e] for e in Avance.VALIDADOS)


def recepcion(filas: QuerySet[Avance], umbrales: calculo.Umbrales) -> list[Recepcion]:
    """Por institución responsable, y al final el total; en una consulta sobre esas filas."""
    total = Recepcion("Total")
    por_sigla: dict[str, Recepcion] = {}
    grupos = filas.order_by().values_list(
        "actividad__responsable__sigla", "estado", "exigible", "extemporaneo"
    )
    for sigla, estado, exigible, extemporaneo, cuantos in grupos.annotate(n=Count("pk")):
        for una in (total, por_sigla.setdefault(sigla, Recepcion(sigla))):
            una.estados[estado] += cuantos
            if exigible:
                recibido = estado in Avance.VALIDADOS
                una.exigidos += cuantos
                una.recibidos += cuantos * recibido
                una.a_tiempo += cuantos * (recibido and not extemporaneo)
    todas = [*(por_sigla[sigla] for sigla in sorted(por_sigla)), total]
    for una in todas:
        una.cobertura = calculo.cobertura(
            una.exigidos, una.recibidos, una.a_tiempo, umbrales=umbrales
        )
    return todas
