"""La semilla de un segundo factor de prueba y el código que da a cada hora."""

import base64

from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)

SEMILLA = base64.b32encode(b"veinte octetos justos"[:20]).decode()


def codigo_de_ahora(semilla: str = SEMILLA) -> str:
    """Vale medio minuto: la prueba lo usa con el reloj quieto (`reloj_quieto`)."""
    return format_hotp_value(hotp_value(semilla, next(yield_hotp_counters_from_time())))
