"""Una acción estratégica, sus actividades y lo que cuelga de ellas."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from informes.contenido.cifras import SIN_COLOR, Cifras, Comparada, Dinero, Llegada
from informes.contenido.encabezado import PUBLICA


@dataclass(frozen=True, kw_only=True)
class Regla:
    """Un criterio con que se leyó la fuente de una acción (dominio §3)."""

    codigo: str
    tratamiento: str


@dataclass(frozen=True, kw_only=True)
class Accion(Comparada, Llegada, Dinero):
    """Una acción estratégica. `obligados`: los participantes con los grupos expandidos al corte.

    Sin matriz, su color es SIN_MATRIZ y no tiene cifras. `ejecutado_base_original` incluye lo
    cancelado y usa las fechas originales.
    """

    orden: int
    codigo: str
    enunciado: str
    programa: str
    objetivo: str
    ambito: str
    rectora: str = ""
    presunta: bool = False
    participantes: tuple[str, ...] = ()
    obligados: tuple[str, ...] = ()
    responsables_fuente: str = ""
    reglas: tuple[Regla, ...] = ()
    relacionadas: tuple[str, ...] = ()
    depende_de: str = ""
    es_continua: bool = False
    impacto: str = ""
    visibilidad: str = "PUBLICA"
    clases: tuple[str, ...] = ("PUBLICA",)
    ejecutado_base_original: Decimal | None = None
    programado_base_original: Decimal | None = None
    n_actividades: int | None = None
    n_canceladas: int | None = None
    fisico_financiero: Decimal | None = None

    @property
    def sin_matriz(self) -> bool:
        """Si aún no tiene actividades."""
        return self.semaforo == "SIN_MATRIZ"


@dataclass(frozen=True, kw_only=True)
class Cooperante:
    """Quien ayuda en una actividad, por su sigla, y cómo: COOPERACION, COLABORACION o APOYO."""

    sigla: str
    rol: str


@dataclass(frozen=True, kw_only=True)
class Hito:
    """Un hito; `cumplido` es la fecha en que se validó, si se validó."""

    numero: int
    descripcion: str
    peso: Decimal
    fecha_original: date
    fecha_vigente: date
    cumplido: date | None = None


@dataclass(frozen=True, kw_only=True)
class Aporte:
    """Lo que aporta otra institución: porcentaje si es colectivo, y su conformidad."""

    institucion: str
    porcentaje: Decimal | None = None
    conforme: str = ""
    texto: str = ""


@dataclass(frozen=True, kw_only=True)
class Evidencia:
    """Un documento de respaldo: título y SHA-256. Retenida, dice por qué y no da la huella."""

    titulo: str
    tipo: str
    sha256: str
    visibilidad: str = "PUBLICA"
    clases: tuple[str, ...] = ("PUBLICA",)


@dataclass(frozen=True, kw_only=True)
class Observacion:
    """Qué campo se observó, en qué ronda y en qué quedó; lo dicho queda en la revisión."""

    campo: str
    ronda: int
    estado: str


@dataclass(frozen=True, kw_only=True)
class Actividad(Cifras, Dinero):
    """Una actividad y lo que declaró en el semestre.

    Sus textos están vacíos si no se validó, y en lo confidencial o reservado dicen por qué no se
    leen (`reservado`). `ejecutado_previo` es E antes de este periodo; `arrastrado`, que debía
    reportar y vale lo último validado.
    """

    accion: str
    numero: int
    descripcion: str
    responsable: str
    cooperantes: tuple[Cooperante, ...] = ()
    obligados: tuple[str, ...] = ()
    inicio: date
    fin_original: date
    fin_vigente: date
    situacion: str
    modo: str
    unidad: str = ""
    meta: Decimal | None = None
    peso: Decimal | None = None
    programa_presupuestario: str = ""
    ejercicio: int | None = None
    hitos: tuple[Hito, ...] = ()
    visibilidad: str = "PUBLICA"
    clases: tuple[str, ...] = ("PUBLICA",)
    reservado: str = ""
    estado: str
    exigible: bool
    validado: bool
    arrastrado: bool = False
    extemporaneo: bool = False
    motivo_exencion: str = ""
    orden_de_validacion: int | None = None
    programado_original: Decimal | None = None
    ejecutado_previo: Decimal | None = None
    semaforo_anterior: str = SIN_COLOR
    situacion_reportada: str = ""
    ejecutado_periodo: Decimal | None = None
    acumulado: Decimal | None = None
    cumplimiento_sin_tope: Decimal | None = None
    porcentaje: Decimal | None = None
    justificacion_exceso: str = ""
    motivo_retroceso: str = ""
    logro: str = ""
    beneficiarios: dict[str, Any]
    territorio: tuple[str, ...] = ()
    limitante_tipo: str = ""
    limitante: str = ""
    medida_correctiva: str = ""
    responsable_medida: str = ""
    fecha_medida: date | None = None
    requiere_decision_cns: bool = False
    decision_solicitada: str = ""
    asignado: Decimal | None = None
    sin_cambios: bool = False
    motivo_sin_cambios: str = ""
    rectificado: bool = False
    evidencias: tuple[Evidencia, ...] = ()
    aportes: tuple[Aporte, ...] = ()
    observaciones: tuple[Observacion, ...] = ()
    rondas: int = 0

    @property
    def clave(self) -> str:
        """«1.1.10.3»: la acción y su número."""
        return f"{self.accion}.{self.numero}"

    @property
    def clasificacion(self) -> str:
        """Su categoría legal y la de sus padres, en una palabra o en varias."""
        return clasificacion_de(self.clases)


def clasificacion_de(clases: Iterable[str]) -> str:
    """Las categorías legales de una fila y de sus padres; PUBLICA sólo si no hay otra."""
    otras = sorted(set(clases) - {PUBLICA})
    return " + ".join(otras) or PUBLICA
