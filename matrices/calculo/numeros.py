"""Los números: cómo se redondea, se suma y se compara, y qué no es una cifra (dominio §7.1)."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation

Numero = Decimal | int
CERO, CIEN = Decimal(0), Decimal(100)
CASI = Decimal("99.99")
CENTESIMA, DECIMA = Decimal("0.01"), Decimal("0.1")
# Holgada y propia: la cuenta no depende de la precisión que otro le haya puesto al hilo.
CUENTA = Context(prec=100, rounding=ROUND_HALF_UP)


def a_dos(valor: Numero) -> Decimal:
    """El valor que se guarda: dos decimales, medio hacia afuera. Regla REDONDEO."""
    return redondo(valor, CENTESIMA)


def a_uno(guardado: Numero) -> Decimal:
    """El valor que se muestra: un decimal, tomado siempre del guardado. Regla REDONDEO."""
    return redondo(a_dos(guardado), DECIMA)


def ejecutado_a_dos(exacto: Numero) -> Decimal:
    """E guardado: 99.99 si redondearía a 100.00 sin estar completo. §7.1."""
    guardado = a_dos(exacto)
    return CASI if exacto < CIEN <= guardado else guardado


def diferencia(ahora: Decimal | None, antes: Decimal | None) -> Decimal | None:
    """Puntos entre dos valores guardados; None si falta alguno."""
    if ahora is None or antes is None:
        return None
    return a_dos(CUENTA.subtract(ahora, antes))


def porcentaje_de(parte: Numero | None, total: Numero | None) -> Decimal | None:
    """100·parte/total; None si el total es 0 o falta algo."""
    if parte is None or not total:
        return None
    return a_dos(porciento(parte, total))


def redondo(valor: Numero, paso: Decimal) -> Decimal:
    """Al múltiplo de `paso` más cercano, medio hacia afuera. ValueError si no cabe."""
    try:
        # Sumar cero le quita el signo al cero: −0.00 sería el mismo número con otro texto.
        return CUENTA.add(CUENTA.quantize(finito(valor), paso), CERO)
    except InvalidOperation:
        raise ValueError(f"{valor} no cabe en una cifra.") from None


def suma(valores: Iterable[Numero]) -> Decimal:
    """Exacta y en su orden; 0 si no hay nada que sumar."""
    total = CERO
    for valor in valores:
        total = CUENTA.add(total, finito(valor))
    return total


def porciento(parte: Numero, total: Numero) -> Decimal:
    """100·parte/total sin redondear; quien llama ya sabe que el total no es 0."""
    return CUENTA.divide(CUENTA.multiply(CIEN, finito(parte)), finito(total))


def finito(valor: Numero) -> Decimal:
    """Exacto y finito: ni flotante, ni texto, ni NaN, ni infinito."""
    if isinstance(valor, bool) or not isinstance(valor, Decimal | int):
        raise ValueError(f"{valor!r} no es un número decimal.")  # noqa: TRY004 - se promete ValueError
    exacto = Decimal(valor)
    if not exacto.is_finite():
        raise ValueError(f"{valor} no es una cifra.")
    return exacto


def no_negativo(valor: Numero, nombre: str) -> Decimal:
    """El mismo, exacto; `nombre` es lo que dice el ValueError."""
    exacto = finito(valor)
    if exacto < 0:
        raise ValueError(f"{nombre} no puede ser negativo, y es {valor}.")
    return exacto


def en_puntos(valor: Numero, nombre: str) -> Decimal:
    """El mismo, exacto y de 0 a 100; `nombre` es lo que dice el ValueError."""
    exacto = finito(valor)
    if not 0 <= exacto <= CIEN:
        raise ValueError(f"{nombre} va de 0 a 100, y es {valor}.")
    return exacto
