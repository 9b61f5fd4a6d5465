"""Los valores medidos de los resultados estratégicos: registrarlos y corregirlos, con su historia.

Nada se borra: un valor equivocado se corrige, y la historia dice qué decía. Entran en el corte
siguiente a su fecha; los ya sellados no cambian.
"""

from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.db.models import F, QuerySet

from acciones.models import ResultadoEstrategico, ValorResultado
from instituciones import bitacora
from instituciones.models import Usuario
from matrices import calculo, permisos
from matrices.flujo import VersionAjena

YA_HAY = "Ya hay un valor con esa fecha: corríjalo."


class Medicion(NamedTuple):
    """Un valor y lo recorrido de la base a la meta; el avance es None sin base."""

    valor: ValorResultado
    avance: Decimal | None


class Medido(NamedTuple):
    """Un resultado con sus mediciones, de la más antigua a la última."""

    resultado: ResultadoEstrategico
    mediciones: list[Medicion]

    @property
    def ultima(self) -> Medicion | None:
        return self.mediciones[-1] if self.mediciones else None


def medidos(
    resultados: QuerySet[ResultadoEstrategico], valores: QuerySet[ValorResultado]
) -> list[Medido]:
    """Cada resultado con los valores dados; dos consultas, sean los que sean."""
    por_resultado: dict[int, list[ValorResultado]] = {}
    for uno in valores.order_by("fecha"):
        por_resultado.setdefault(uno.resultado_id, []).append(uno)
    return [
        Medido(uno, [_medicion(uno, valor) for valor in por_resultado.get(uno.pk, [])])
        for uno in resultados.order_by("codigo")
    ]


def _medicion(resultado: ResultadoEstrategico, valor: ValorResultado) -> Medicion:
    return Medicion(valor, calculo.indicador(resultado.base, resultado.meta, valor.valor).avance)


def correcciones(valores: QuerySet[ValorResultado]) -> list[Any]:
    """Lo que decían antes de corregirse los valores dados, de lo último a lo primero.

    Cada renglón de la historia trae quién lo escribió y cuándo; el que está vigente no sale.
    """
    vigentes = {uno.pk: uno.version for uno in valores}
    previas = ValorResultado.history.filter(id__in=vigentes).select_related("history_user")
    return [
        previa
        for previa in previas.order_by("-history_date", "-history_id")
        if previa.version < vigentes[previa.id]
    ]


def registrar(
    resultado: ResultadoEstrategico, *, fecha: date, valor: Decimal, fuente: str, por: Usuario
) -> ValorResultado:
    """Un valor nuevo. Lanza ValidationError si otra persona ya registró el de esa fecha."""
    _exigir(por)
    nuevo = ValorResultado(resultado=resultado, fecha=fecha, valor=valor, fuente=fuente)
    return _guardar(nuevo, "registrar_valor", por)


def corregir(
    medido: ValorResultado,
    *,
    fecha: date,
    valor: Decimal,
    fuente: str,
    version: int,
    por: Usuario,
) -> ValorResultado:
    """Corrige un valor sobre la versión que la persona vio. Lanza VersionAjena si ya no es ésa."""
    _exigir(por)
    medido.fecha, medido.valor, medido.fuente = fecha, valor, fuente
    return _guardar(medido, "corregir_valor", por, version=version)


def _exigir(por: Usuario) -> None:
    if not permisos.puede_estructurar(por):
        raise PermissionDenied("Los resultados los miden la coordinación y la CAP.")


def _guardar(uno: Any, acto: str, por: Usuario, version: int | None = None) -> ValorResultado:
    """Primero la guarda de la versión y luego `save`, que deja la historia."""
    try:
        with bitacora.constancia() as asientos:
            if version is not None:
                suyo = ValorResultado.objects.filter(pk=uno.pk, version=version)
                if not suyo.update(version=F("version") + 1):
                    raise VersionAjena(ValorResultado.objects.get(pk=uno.pk))
                uno.version = version + 1
            uno._history_user = por
            uno.save()
            datos = {
                "resultado": uno.resultado.codigo,
                "fecha": uno.fecha,
                "valor": str(uno.valor),
                "fuente": uno.fuente,
                "version": uno.version,
            }
            asientos.append(bitacora.asiento(acto, uno, por=por, datos=datos))
    except IntegrityError as repetido:
        raise ValidationError({"fecha": YA_HAY}) from repetido
    return uno
