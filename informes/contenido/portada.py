"""Lo que va en las dos primeras páginas."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from informes.contenido.accion import Evidencia
from informes.contenido.cifras import SIN_COLOR

MAXIMO_EN_PORTADA = 5


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Lo que se pide decidir al CNS: causa, propuesta, quién y para cuándo."""

    clave: str
    accion: str
    titulo: str
    institucion: str
    causa_tipo: str = ""
    causa: str = ""
    propuesta: str = ""
    quien: str = ""
    para_cuando: date | None = None
    ejecutado: Decimal | None = None
    brecha: Decimal | None = None
    semaforo: str = SIN_COLOR


@dataclass(frozen=True, kw_only=True)
class Logro:
    """Un logro validado con evidencia; `alza` son los puntos que subió E en el semestre."""

    clave: str
    accion: str
    titulo: str
    institucion: str
    texto: str
    ejecutado: Decimal
    ejecutado_previo: Decimal | None = None
    alza: Decimal
    evidencias: tuple[Evidencia, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Cambio:
    """Una acción cuyo color no es el del corte anterior; `sentido`: MEJORA, EMPEORA u OTRO."""

    accion: str
    titulo: str
    sentido: str
    semaforo_anterior: str
    semaforo: str
    ejecutado_anterior: Decimal | None = None
    ejecutado: Decimal | None = None
    delta: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Seguimiento:
    """Lo que se pidió al CNS el semestre anterior y cómo está hoy; `sigue`: se pide otra vez."""

    periodo: str
    clave: str
    accion: str
    titulo: str
    institucion: str
    propuesta: str
    para_cuando: date | None = None
    sigue: bool
    ejecutado_anterior: Decimal | None = None
    ejecutado: Decimal | None = None
    semaforo_anterior: str = SIN_COLOR
    semaforo: str = SIN_COLOR


@dataclass(frozen=True, kw_only=True)
class Punto:
    """Un semestre del plan o de un programa: como se publicó en su primer corte y rectificado."""

    periodo: str
    nivel: str
    codigo: str
    ejecutado: Decimal | None = None
    programado: Decimal | None = None
    semaforo: str = SIN_COLOR
    cobertura: Decimal | None = None
    cobertura_insuficiente: bool = False
    ejecutado_rectificado: Decimal | None = None
    programado_rectificado: Decimal | None = None
    semaforo_rectificado: str = SIN_COLOR
