"""De qué se informa: la edición, el plan, el semestre y los cortes."""

from dataclasses import dataclass
from datetime import date, datetime

CNS, PUBLICA = "CNS", "PUBLICA"
NOMBRES_DE_EDICION = {
    CNS: "Edición del Consejo Nacional de Seguridad",
    PUBLICA: "Edición pública",
}
CLASES_DE_EDICION = {
    CNS: "Uso del Consejo Nacional de Seguridad",
    PUBLICA: "Información pública",
}
AVISO_DEMO = "DATOS DE DEMOSTRACIÓN — NO OFICIALES"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """El plan del que se informa y cómo llama a sus niveles."""

    codigo: str
    sigla: str
    nombre: str
    inicio: date
    fin: date
    vigencia_presunta: bool = False
    niveles: dict[str, str]

    def nivel(self, cual: str) -> str:
        """El nombre que el plan da a un nivel: programa, objetivo, accion, matriz, actividad."""
        return self.niveles.get(cual, cual)


@dataclass(frozen=True, kw_only=True)
class Periodo:
    """El semestre: «2024-S2», «Segundo Semestre 2024»; `corte` es el día al que se mide."""

    codigo: str
    nombre: str
    anio: int
    semestre: int
    inicio: date
    corte: date


@dataclass(frozen=True, kw_only=True)
class Corte:
    """Cuándo se congeló. Del segundo en adelante sustituye a otro y dice por qué."""

    numero: int
    momento: datetime
    motivo: str = ""
    sustituye: int | None = None


@dataclass(frozen=True, kw_only=True)
class Anterior:
    """El corte del semestre anterior contra el que se compara, y la huella de su contenido."""

    periodo: str
    corte: int
    momento: datetime
    huella: str
