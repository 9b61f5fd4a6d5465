"""Las cifras que todo nivel comparte, y los niveles: de una celda al plan."""

from dataclasses import dataclass
from decimal import Decimal

from matrices.calculo import ASPECTOS, brecha, indice

SIN_COLOR = "ND"
PLAN, PROGRAMA, OBJETIVO, AMBITO, CELDA = "PLAN", "PROGRAMA", "OBJETIVO", "AMBITO", "CELDA"


@dataclass(frozen=True, kw_only=True)
class Cifras:
    """E, P, IC, brecha y color. `retenido`: no se publican, porque dejarían deducir otra."""

    ejecutado: Decimal | None = None
    programado: Decimal | None = None
    indice: Decimal | None = None
    brecha: Decimal | None = None
    semaforo: str = SIN_COLOR
    retenido: bool = False


@dataclass(frozen=True, kw_only=True)
class Llegada:
    """Lo exigido, lo validado y lo oportuno, en filas y en %."""

    exigidos: int | None = None
    recibidos: int | None = None
    a_tiempo: int | None = None
    cobertura: Decimal | None = None
    oportunidad: Decimal | None = None
    cobertura_insuficiente: bool = False


@dataclass(frozen=True, kw_only=True)
class Comparada(Cifras):
    """Las cifras y las del corte anterior; `delta` es E menos el E anterior, en puntos."""

    ejecutado_anterior: Decimal | None = None
    programado_anterior: Decimal | None = None
    semaforo_anterior: str = SIN_COLOR
    cobertura_anterior: Decimal | None = None
    delta: Decimal | None = None

    @property
    def brecha_anterior(self) -> Decimal | None:
        """La del corte anterior, de sus E y P guardados."""
        return brecha(self.ejecutado_anterior, self.programado_anterior)

    @property
    def indice_anterior(self) -> Decimal | None:
        """El del corte anterior, de sus E y P guardados."""
        return indice(self.ejecutado_anterior, self.programado_anterior)


@dataclass(frozen=True, kw_only=True)
class Dinero:
    """Quetzales de las estructuras distintas, y % devengado."""

    vigente: Decimal | None = None
    devengado: Decimal | None = None
    pct_devengado: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Nivel(Comparada, Llegada, Dinero):
    """El plan, un programa, un objetivo o un ámbito. `por_semaforo` cuenta todas sus acciones.

    `nivel` es PLAN, PROGRAMA, OBJETIVO o AMBITO; `padre`, el código del nivel de arriba.
    """

    nivel: str
    codigo: str
    nombre: str
    sigla: str = ""
    padre: str = ""
    n_acciones: int | None = None
    n_computadas: int | None = None
    por_semaforo: dict[str, int]
    pct_devengado_anterior: Decimal | None = None

    @property
    def tramos(self) -> list[tuple[str, int, int]]:
        """De cada color, las acciones que van antes y las suyas: una barra de lado a lado."""
        tramos, antes = [], 0
        for codigo in (uno for uno in ASPECTOS if self.por_semaforo.get(uno)):
            tramos.append((codigo, antes, self.por_semaforo[codigo]))
            antes += self.por_semaforo[codigo]
        return tramos


@dataclass(frozen=True, kw_only=True)
class Celda(Nivel):
    """Un cruce de ámbito y programa; no hay celda donde no hay acciones."""

    ambito: str
    programa: str
