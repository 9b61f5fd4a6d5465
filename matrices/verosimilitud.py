"""Lo que en un avance llama la atención: conviene mirarlo dos veces y nada impide.

`juzgar` es la regla, sobre lo que se declara y con qué se compara; `contextos` lo busca para uno
o para mil avances en las mismas consultas. De aquí lo toman la captura, la revisión y el libro.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Q
from django.utils.formats import number_format

from instituciones.models import Usuario
from matrices import calculo, consultas, permisos
from matrices.models import Actividad, Avance

SALTO = Decimal(40)  # puntos: lo lineal de cinco semestres y medio, declarado en uno solo
LARGO_QUE_DICE = 30  # por debajo, dos textos iguales son casualidad: «Ninguna por ahora.»
TEXTOS = {
    "logro": "Logro",
    "limitante": "Limitante",
    "medida_correctiva": "Medida correctiva",
}
Situacion = Avance.SituacionReportada


class Advertencia(NamedTuple):
    """Algo por mirar: un código estable, el campo del formulario y qué decirle a la persona."""

    codigo: str
    campo: str
    texto: str

    def __str__(self) -> str:
        return self.texto


@dataclass
class Contexto:
    """Con qué se compara un avance; vacío, no se compara con nada.

    `anterior` es lo declarado en el último semestre validado; `gemelos`, por campo, la otra
    actividad del mismo semestre que dice lo mismo; `estructura`, el (vigente, devengado) de las
    demás de su programa presupuestario; `sin_cambios`, los semestres seguidos que ya llevaba.
    """

    modo: str = Actividad.Modo.PORCENTAJE
    anterior: Mapping[str, Any] | None = None
    mismo_ejercicio: bool = False
    sin_cambios: int = 0
    gemelos: dict[str, str] = field(default_factory=dict)
    estructura: set[tuple[Decimal | None, Decimal | None]] = field(default_factory=set)


def juzgar(
    declarado: Mapping[str, Any],
    *,
    ejecutado: Decimal | None,
    ejecutado_previo: Decimal | None,
    contexto: Contexto,
) -> list[Advertencia]:
    """Las advertencias de lo declarado, en el orden del formulario.

    `declarado` puede venir de la fila, del formulario o del JSON de un movimiento: los montos se
    leen igual. Los dos ejecutados son las cifras que daría, de `calculo`, en puntos.
    """
    respaldado = bool(declarado.get("evidencias"))
    return [
        *_de_la_situacion(declarado, ejecutado),
        *_de_la_cifra(ejecutado, ejecutado_previo, contexto.modo, respaldado=respaldado),
        *_sin_cambios(declarado, contexto),
        *_de_los_textos(declarado, contexto),
        *_del_dinero(declarado, contexto),
    ]


def _de_la_situacion(dado: Mapping[str, Any], ejecutado: Decimal | None) -> Iterator[Advertencia]:
    situacion, completo = dado.get("situacion_reportada"), ejecutado == calculo.CIEN
    campo = "situacion_reportada"
    if situacion == Situacion.FINALIZADA and not completo:
        yield Advertencia("finalizada_incompleta", campo, "Dice finalizada y E no llega a 100 %.")
    if situacion == Situacion.NO_INICIADA and (ejecutado or 0) > 0:
        yield Advertencia("no_iniciada_con_avance", campo, "Dice no iniciada y ya tiene avance.")


def _de_la_cifra(
    ejecutado: Decimal | None, previo: Decimal | None, modo: str, *, respaldado: bool
) -> Iterator[Advertencia]:
    campo = CAMPO_DE[Actividad.Modo(modo)]
    sube = calculo.diferencia(ejecutado, previo or calculo.CERO)
    if sube is None:
        return
    if sube < 0:
        texto = f"Retrocede {_dos(-sube)} puntos desde lo último validado."
        yield Advertencia("retroceso", campo, texto)
    # El peso de un hito está dicho de antemano y cada uno lleva su documento: no es un salto.
    if sube >= SALTO and modo != Actividad.Modo.HITOS:
        yield Advertencia("salto", campo, f"Sube {_dos(sube)} puntos en un semestre.")
    if respaldado or sube <= 0:
        return
    if ejecutado == calculo.CIEN:
        yield Advertencia("completa_sin_evidencia", "evidencias", "Llega al 100 % sin evidencia.")
    else:
        yield Advertencia("sube_sin_evidencia", "evidencias", "Sube sin evidencia.")


def _sin_cambios(dado: Mapping[str, Any], contexto: Contexto) -> Iterator[Advertencia]:
    if dado.get("sin_cambios") and contexto.sin_cambios:
        texto = f"Semestres seguidos «Sin cambios»: {contexto.sin_cambios + 1}."
        yield Advertencia("sin_cambios_seguidos", "sin_cambios", texto)


def _de_los_textos(dado: Mapping[str, Any], contexto: Contexto) -> Iterator[Advertencia]:
    for campo, nombre in TEXTOS.items():
        texto = (dado.get(campo) or "").strip()
        if len(texto) < LARGO_QUE_DICE:
            continue
        antes = (contexto.anterior or {}).get(campo) or ""
        if texto == antes.strip() and not dado.get("sin_cambios"):
            dicho = f"«{nombre}» repite palabra por palabra lo del semestre anterior."
            yield Advertencia("texto_repetido", campo, dicho)
        if otra := contexto.gemelos.get(campo):
            dicho = f"«{nombre}» es igual al de la actividad {otra}."
            yield Advertencia("texto_de_otra", campo, dicho)


def _del_dinero(dado: Mapping[str, Any], contexto: Contexto) -> Iterator[Advertencia]:
    """Lo de dominio §5: pasa del vigente, baja en el año o no coincide con su estructura."""
    vigente, devengado = _monto(dado, "presupuesto_vigente"), _monto(dado, "devengado")
    if devengado is None:
        return
    if vigente is not None and devengado > vigente:
        texto = "El devengado pasa del presupuesto vigente."
        yield Advertencia("gasto_mayor_que_vigente", "devengado", texto)
    gastado = _monto(contexto.anterior or {}, "devengado")
    if contexto.mismo_ejercicio and gastado is not None and devengado < gastado:
        texto = "El devengado es menor que el del semestre anterior del mismo año."
        yield Advertencia("gasto_menor_que_antes", "devengado", texto)
    if any((vigente, devengado) != otra for otra in contexto.estructura):
        texto = "No coincide con lo que dice otra actividad de la misma estructura."
        yield Advertencia("estructura_distinta", "devengado", texto)


CAMPO_DE = {
    Actividad.Modo.META: "ejecutado_periodo",
    Actividad.Modo.HITOS: "hitos_cumplidos",
    Actividad.Modo.PORCENTAJE: "porcentaje",
    Actividad.Modo.COLECTIVO: "aportes",
}


def _monto(dado: Mapping[str, Any], campo: str) -> Decimal | None:
    valor = dado.get(campo)
    return None if valor in (None, "") else Decimal(str(valor))


def _dos(puntos: Decimal) -> str:
    return number_format(puntos, 2, force_grouping=True)


# Con qué se compara ----------------------------------------------------------------------------
def advertencias_de(avances: Iterable[Avance], *, para: Usuario) -> dict[int, list[Advertencia]]:
    """Por avance, las advertencias de lo que hoy tiene guardado, para quien lee su texto.

    Consultas contadas, sean uno o mil. De quien no lee el texto vivo de un avance, lista vacía:
    una advertencia también lo contaría.
    """
    avances = list(avances)
    comparados = contextos(avances, para=para)
    completos = {fila.pk: fila for fila in consultas.con_lo_declarado(uno.pk for uno in avances)}
    return {
        uno.pk: juzgar(
            consultas.lo_declarado(completos[uno.pk]),
            ejecutado=uno.ejecutado,
            ejecutado_previo=uno.ejecutado_previo,
            contexto=comparados[uno.pk],
        )
        if permisos.puede_leer_ahora(para, uno) and uno.estado in Avance.CON_LO_CAPTURADO
        else []
        for uno in avances
    }


def contextos(
    avances: Iterable[Avance],
    *,
    para: Usuario,
    escritos: Mapping[int, Mapping[str, Any]] | None = None,
) -> dict[int, Contexto]:
    """Por avance, con qué se compara, de lo que esa persona puede leer.

    `escritos` es lo que dicen los formularios abiertos: manda sobre lo guardado, también al
    compararlos entre sí.
    """
    avances = list(avances)
    anteriores = _anteriores(avances, para)
    gemelos = _gemelos(avances, para, escritos or {})
    estructuras = _estructuras(avances, para, escritos or {})
    salida = {}
    for uno in avances:
        previos = [una for una in anteriores.get(uno.actividad_id, []) if _es_antes(una, uno)]
        anterior = next((una for una in previos if una["estado"] in Avance.VALIDADOS), None)
        salida[uno.pk] = Contexto(
            modo=uno.actividad.modo,
            anterior=anterior,
            mismo_ejercicio=(anterior or {}).get("periodo__anio") == uno.periodo.anio,
            sin_cambios=_seguidos(previos),
            gemelos=gemelos.get(uno.pk, {}),
            estructura={
                montos
                for pk, montos in estructuras.get(_estructura(uno), {}).items()
                if pk != uno.pk
            },
        )
    return salida


def _es_antes(previa: Mapping[str, Any], avance: Avance) -> bool:
    return previa["periodo__corte"] < avance.periodo.corte


def _anteriores(avances: list[Avance], para: Usuario) -> dict[int, list[dict[str, Any]]]:
    """Por actividad, lo declarado en otros semestres, del último al primero."""
    visibles = Avance.objects.visibles_para(para)
    filas = visibles.filter(actividad__in={uno.actividad_id for uno in avances})
    por_actividad: dict[int, list[dict[str, Any]]] = {}
    columnas = (*TEXTOS, "devengado", "estado", "sin_cambios", "periodo__corte", "periodo__anio")
    for fila in filas.order_by("-periodo__corte", "-pk").values("actividad", *columnas):
        por_actividad.setdefault(fila["actividad"], []).append(fila)
    return por_actividad


def _seguidos(previos: list[dict[str, Any]]) -> int:
    """Cuántos de los últimos semestres, sin interrupción, se declararon «Sin cambios»."""
    cuantos = 0
    for una in previos:
        if not una["sin_cambios"]:
            break
        cuantos += 1
    return cuantos


def _gemelos(
    avances: list[Avance], para: Usuario, escritos: Mapping[int, Mapping[str, Any]]
) -> dict[int, dict[str, str]]:
    """Por avance y campo, otra actividad del mismo semestre con el mismo texto."""
    dicen = {
        uno.pk: {
            campo: _texto(escritos.get(uno.pk, {}).get(campo, getattr(uno, campo)))
            for campo in TEXTOS
        }
        for uno in avances
    }
    buscados = {
        campo: {d[campo] for d in dicen.values() if len(d[campo]) >= LARGO_QUE_DICE}
        for campo in TEXTOS
    }
    alguno = Q()
    for campo, textos in buscados.items():
        if textos:
            alguno |= Q(**{f"{campo}__in": textos})
    if not alguno:
        return {}
    visibles = Avance.objects.visibles_para(para)
    periodos = {uno.periodo_id for uno in avances}
    candidatos = [
        otro
        for otro in visibles.filter(alguno, periodo__in=periodos).con_su_actividad().en_orden()
        if permisos.puede_leer_ahora(para, otro)
    ]
    quienes = _quienes_dicen(
        [
            (otro, {campo: getattr(otro, campo) for campo in TEXTOS})
            for otro in candidatos
            if otro.pk not in escritos
        ]
        + [(uno, dicen[uno.pk]) for uno in avances if uno.pk in escritos]
    )
    salida: dict[int, dict[str, str]] = {}
    for uno in avances:
        for campo, texto in dicen[uno.pk].items():
            if texto not in buscados[campo]:
                continue
            iguales = quienes.get((uno.periodo_id, campo, texto), [])
            if otro := next((o for o in iguales if o.pk != uno.pk), None):
                salida.setdefault(uno.pk, {})[campo] = str(otro.actividad)
    return salida


def _quienes_dicen(
    dichos: Iterable[tuple[Avance, Mapping[str, str]]],
) -> dict[tuple[int, str, str], list[Avance]]:
    """Por periodo, campo y texto, los avances que lo dicen."""
    quienes: dict[tuple[int, str, str], list[Avance]] = {}
    for avance, textos in dichos:
        for campo, texto in textos.items():
            quienes.setdefault((avance.periodo_id, campo, texto), []).append(avance)
    return quienes


def _texto(valor: Any) -> str:
    return (valor or "").strip()


def _estructura(avance: Avance) -> tuple[int, int, str]:
    actividad = avance.actividad
    return avance.periodo_id, actividad.responsable_id, actividad.programa_presupuestario


def _estructuras(
    avances: list[Avance], para: Usuario, escritos: Mapping[int, Mapping[str, Any]]
) -> dict[tuple[int, int, str], dict[int, tuple[Decimal | None, Decimal | None]]]:
    """Por semestre, institución y programa presupuestario: qué dice de su dinero cada avance."""
    claves = {_estructura(uno) for uno in avances if uno.actividad.programa_presupuestario}
    if not claves:
        return {}
    visibles = Avance.objects.visibles_para(para)
    filas = visibles.filter(
        periodo__in={clave[0] for clave in claves},
        actividad__responsable__in={clave[1] for clave in claves},
        actividad__programa_presupuestario__in={clave[2] for clave in claves},
        devengado__isnull=False,
    )
    salida: dict[tuple[int, int, str], dict[int, tuple[Decimal | None, Decimal | None]]] = {}
    for *clave, pk, vigente, devengado in filas.order_by("pk").values_list(
        "periodo",
        "actividad__responsable",
        "actividad__programa_presupuestario",
        "pk",
        "presupuesto_vigente",
        "devengado",
    ):
        salida.setdefault((clave[0], clave[1], clave[2]), {})[pk] = (vigente, devengado)
    for uno in avances:
        if uno.pk in escritos and _estructura(uno) in claves:
            suyas = salida.setdefault(_estructura(uno), {})
            suyas.pop(uno.pk, None)
            montos = [_monto(escritos[uno.pk], c) for c in ("presupuesto_vigente", "devengado")]
            if montos[1] is not None:
                suyas[uno.pk] = (montos[0], montos[1])
    return salida
