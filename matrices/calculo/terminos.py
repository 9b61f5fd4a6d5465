"""Las situaciones y los modos de una actividad, como la cuenta los nombra."""

VIGENTE, SUSPENDIDA, CANCELADA = "VIGENTE", "SUSPENDIDA", "CANCELADA"
META, HITOS, PORCENTAJE, COLECTIVO = "META", "HITOS", "PORCENTAJE", "COLECTIVO"
SITUACIONES = {VIGENTE, SUSPENDIDA, CANCELADA}
MODOS = {META, HITOS, PORCENTAJE, COLECTIVO}


def situacion_valida(situacion: str) -> str:
    """La misma. ValueError si no es una situación."""
    if situacion not in SITUACIONES:
        raise ValueError(f"No hay una situación {situacion!r}.")
    return situacion


def modo_valido(modo: str) -> str:
    """El mismo. ValueError si no es un modo."""
    if modo not in MODOS:
        raise ValueError(f"No hay un modo {modo!r}.")
    return modo
