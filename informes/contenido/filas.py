"""Las demás filas: instituciones, dinero, resultados, propuestas, reservas, alertas y cambios."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from informes.contenido.cifras import SIN_COLOR, Comparada


@dataclass(frozen=True, kw_only=True)
class Institucion(Comparada):
    """Una institución: sus cifras son de las acciones que rige; sus conteos, de lo que responde.

    `conteos_retenidos` es a los conteos lo que `retenido` a las cifras.
    """

    sigla: str
    nombre: str
    acciones: tuple[str, ...] = ()
    rectora_de: int | None = None
    responsable_de: int | None = None
    exigidos: int | None = None
    recibidos: int | None = None
    a_tiempo: int | None = None
    observados: int | None = None
    cobertura: Decimal | None = None
    oportunidad: Decimal | None = None
    cobertura_insuficiente: bool = False
    conteos_retenidos: bool = False
    por_semaforo: dict[str, int]
    actividades_por_semaforo: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class Estructura:
    """Una estructura presupuestaria, contada una vez; `conflicto`: se repitió con otras cifras."""

    ejercicio: int
    institucion: str
    programa_presupuestario: str
    asignado: Decimal | None = None
    vigente: Decimal
    devengado: Decimal
    pct_devengado: Decimal | None = None
    sobregiro: bool = False
    conflicto: bool = False
    acciones: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Valor:
    """Un valor medido de un resultado; `avance` en %, y recortado a 0–100 para dibujarlo."""

    fecha: date
    valor: Decimal
    fuente: str
    avance: Decimal | None = None
    avance_grafica: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Resultado:
    """Un resultado estratégico: base, meta y valores hasta el corte, en orden de fecha."""

    codigo: str
    enunciado: str
    indicador: str
    unidad: str
    sentido: str
    base_anio: int | None = None
    base: Decimal | None = None
    meta_anio: int
    meta: Decimal
    variacion_impresa: str = ""
    variacion_calculada: str = ""
    irregularidad: str = ""
    fuente: str = ""
    valores: tuple[Valor, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Tramite:
    """Un paso de una propuesta, con su documento."""

    de: str
    a: str
    fecha: date
    documento: str


@dataclass(frozen=True, kw_only=True)
class Propuesta:
    """Una propuesta legislativa y en qué va; `desde`, la fecha de su último trámite."""

    orden: int
    grupo: str
    enunciado: str
    norma: str = ""
    iniciativas: tuple[str, ...] = ()
    rectora: str = ""
    accion: str = ""
    estado: str
    desde: date | None = None
    tramites: tuple[Tramite, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Recomendacion:
    """Una recomendación de la Inspectoría General."""

    numero: str
    periodo: str
    institucion: str
    texto: str
    estado: str
    respuesta: str = ""


@dataclass(frozen=True, kw_only=True)
class Reserva:
    """Una resolución de reserva en uso: cuándo vence y qué filas cubre."""

    numero: str
    autoridad: str
    custodio: str
    vence: date
    filas: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Alerta:
    """Algo que mirar. `nivel`: PLAN, PROGRAMA…, ACCION, ACTIVIDAD, INSTITUCION, ESTRUCTURA."""

    nivel: str
    codigo: str
    tipo: str
    texto: str


@dataclass(frozen=True, kw_only=True)
class Readecuacion:
    """Un cambio aprobado de fechas o situación; `original` es el fin con que nació la actividad."""

    accion: str
    numero: int
    tipo: str
    periodo: str
    desde: date
    original: date
    anterior: date
    vigente: date | None = None
    acto: str
    fecha: date
    motivo: str = ""
    opinion_cap: str = ""


@dataclass(frozen=True, kw_only=True)
class Correccion:
    """Un valor que otro corte cambió. `material` obliga a fe de erratas.

    `clave` identifica la rectificación; None si el cambio llega de la de otro semestre.
    """

    clave: int | None = None
    periodo: str
    corte: int
    accion: str
    numero: int
    campo: str
    antes: str
    despues: str
    motivo: str
    material: bool
    es_de_este_corte: bool
    accion_antes: Decimal | None = None
    accion_despues: Decimal | None = None
    semaforo_antes: str = SIN_COLOR
    semaforo_despues: str = SIN_COLOR

    @property
    def fila(self) -> str:
        """La actividad corregida."""
        return f"{self.accion}.{self.numero}"
