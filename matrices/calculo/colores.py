"""Las palabras y los colores del semáforo: se escriben aquí y en ninguna otra parte."""

from dataclasses import dataclass
from enum import StrEnum


class Semaforo(StrEnum):
    """El color de una actividad, una acción o un nivel; se guarda y se lee por su código."""

    VERDE = "VERDE"
    AMARILLO = "AMARILLO"
    ROJO = "ROJO"
    VENCIDA = "VENCIDA"
    FINALIZADA = "FINALIZADA"
    NO_INICIADA = "NO_INICIADA"
    ADELANTADA = "ADELANTADA"
    SIN_REPORTE = "SIN_REPORTE"
    SUSPENDIDA = "SUSPENDIDA"
    CANCELADA = "CANCELADA"
    SIN_MATRIZ = "SIN_MATRIZ"

    @property
    def aspecto(self) -> "Aspecto":
        """Cómo se ve y cómo se dice."""
        return ASPECTOS[self]

    @property
    def palabra(self) -> str:
        """La palabra que acompaña siempre al color."""
        return self.aspecto.palabra

    @property
    def color(self) -> str:
        """El fondo, en hexadecimal."""
        return self.aspecto.fondo


@dataclass(frozen=True)
class Aspecto:
    """Palabra, ícono y colores de un código; `texto` sobre `fondo` contrasta 4.5 o más.

    Los mismos colores valen en claro y en oscuro: el texto va sobre su propio fondo, y `borde`
    lo separa de la página donde se confundirían. `icono` es de heroicons; `simbolo`, un solo
    carácter para hojas y gráficas. Ninguno se repite: en gris se distinguen por él.
    """

    codigo: str
    palabra: str
    icono: str
    simbolo: str
    fondo: str
    texto: str
    borde: str

    @property
    def variable(self) -> str:
        """La variable CSS del fondo; la del texto termina en `-texto`."""
        return f"--semaforo-{self.codigo.lower()}"


_TINTA, _PAPEL, _FILO, _FILO_CLARO = "#10181F", "#FFFFFF", "#768394", "#9AA5B4"
ASPECTOS = {
    codigo: Aspecto(codigo, palabra, icono, simbolo, fondo, texto, borde or fondo)
    for codigo, palabra, icono, simbolo, fondo, texto, borde in (
        ("VERDE", "Verde", "check-circle", "●", "#3DA35D", _TINTA, ""),
        ("AMARILLO", "Amarillo", "exclamation-triangle", "▲", "#F2B41B", _TINTA, ""),
        ("ROJO", "Rojo", "x-circle", "■", "#B3261E", _PAPEL, ""),
        ("VENCIDA", "Vencida", "clock", "×", "#6E1423", _PAPEL, _FILO_CLARO),
        ("FINALIZADA", "Finalizada", "check-badge", "✓", "#1F5FA8", _PAPEL, ""),
        ("NO_INICIADA", "No iniciada", "ellipsis-horizontal-circle", "○", _PAPEL, _TINTA, _FILO),
        ("ADELANTADA", "Adelantada", "arrow-trending-up", "»", "#0F7480", _PAPEL, ""),
        ("SIN_REPORTE", "Sin reporte", "question-mark-circle", "?", "#667080", _PAPEL, ""),
        ("SUSPENDIDA", "Suspendida", "pause-circle", "=", "#A3ABB8", _TINTA, ""),
        ("CANCELADA", "Cancelada", "no-symbol", "–", "#454D5A", _PAPEL, _FILO_CLARO),
        ("SIN_MATRIZ", "Sin matriz", "table-cells", "□", "#E3E7ED", _TINTA, _FILO),
        ("ND", "n/d", "minus", "·", "#F1F3F6", _TINTA, _FILO),
    )
}
SIN_DATO = ASPECTOS["ND"]  # no es un color: dice «n/d» donde no lo hay o se retuvo
SE_CUENTAN_APARTE = {Semaforo.SIN_MATRIZ, Semaforo.CANCELADA}


def aspecto(codigo: str | None) -> Aspecto:
    """El de un código; el de «n/d» si no hay color o se retuvo. ValueError si no existe."""
    if codigo and codigo not in ASPECTOS:
        raise ValueError(f"No hay un color de semáforo {codigo!r}.")
    return ASPECTOS[codigo] if codigo else SIN_DATO
