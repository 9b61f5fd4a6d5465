"""Lo que un ensayo dice de un libro y de cada renglón, y cómo se lee de lo que se guardó."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from matrices import flujo

NUEVO, CAMBIADO, IGUAL, RECHAZADO = "NUEVO", "CAMBIADO", "IGUAL", "RECHAZADO"


@dataclass
class Error:
    """Algo que impide aplicar un renglón: en qué celda y por qué, con código estable."""

    celda: str
    mensaje: str
    codigo: str = "fila_invalida"


@dataclass
class Cambio:
    """Una celda que cambiaría: lo que hay guardado y lo que quedaría."""

    campo: str
    celda: str
    antes: str
    despues: str


@dataclass
class Resultado:
    """Lo que pasaría con un renglón: un avance, el impacto o una actividad con sus hitos."""

    accion: str
    actividad: str
    descripcion: str
    resultado: str = IGUAL
    cambios: list[Cambio] = field(default_factory=list)
    errores: list[Error] = field(default_factory=list)
    avisos: list[Error] = field(default_factory=list)
    aplicado: bool = False


@dataclass(kw_only=True)
class ResultadoDeAvance(Resultado):
    """El de un avance: de cuál, y lo que conviene mirar aunque nada se rechace."""

    avance: int
    advertencias: list[Error] = field(default_factory=list)


@dataclass
class Ensayo:
    """Lo que pasaría con el libro entero."""

    resultados: Sequence[Resultado]
    del_libro: list[Error]
    avisos: list[str]
    no_vinieron: int

    @property
    def aplicables(self) -> list[str]:
        """Las acciones que se escribirían si se aplica."""
        raise NotImplementedError

    @property
    def codigo(self) -> str:
        """Vacío si nada se rechaza; «version_ajena» si sólo hay choques; si no, «fila_invalida»."""
        codigos = {error.codigo for uno in self.resultados for error in uno.errores}
        codigos |= {error.codigo for error in self.del_libro}
        if not codigos:
            return ""
        return "version_ajena" if codigos == {"version_ajena"} else "fila_invalida"

    def a_json(self) -> dict[str, Any]:
        """Lo que la página muestra, y lo que la copia comenta."""
        cuenta = Counter(uno.resultado for uno in self.resultados)
        return {
            "resumen": {clave: cuenta[clave] for clave in (NUEVO, CAMBIADO, IGUAL, RECHAZADO)},
            "codigo": self.codigo,
            "aplicables": self.aplicables,
            "aplicados": sum(uno.aplicado for uno in self.resultados),
            "no_vinieron": self.no_vinieron,
            "del_libro": [asdict(uno) for uno in self.del_libro],
            "avisos": self.avisos,
            "renglones": [asdict(uno) for uno in self.resultados],
        }


@dataclass
class EnsayoDeAvances(Ensayo):
    """El de un libro de captura, con lo necesario para aplicarlo."""

    resultados: list[ResultadoDeAvance]
    capturas: dict[int, flujo.Captura] = field(default_factory=dict)
    versiones: dict[str, list[int]] = field(default_factory=dict)

    @property
    def aplicables(self) -> list[str]:
        """Las acciones en que algo cambia y nada se rechaza; ninguna si el libro está alterado."""
        if self.del_libro:
            return []
        malas = {uno.accion for uno in self.resultados if uno.resultado == RECHAZADO}
        cambian = [uno.accion for uno in self.resultados if uno.resultado in {NUEVO, CAMBIADO}]
        return [accion for accion in dict.fromkeys(cambian) if accion not in malas]


def por_celda(resultado: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Cada celda por corregir y qué decir de ella, de un ensayo ya guardado."""
    for error in resultado.get("del_libro", ()):
        yield error["celda"], error["mensaje"]
    for renglon in resultado.get("renglones", ()):
        for error in [*renglon["errores"], *renglon["avisos"]]:
            yield error["celda"], error["mensaje"]


def advertencias_por_celda(resultado: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Cada celda que conviene mirar y por qué, de un ensayo ya guardado."""
    for renglon in resultado.get("renglones", ()):
        for una in renglon.get("advertencias", ()):
            yield una["celda"], una["mensaje"]
