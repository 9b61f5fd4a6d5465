"""Qué agregados se publican sin que, sumando y restando, quede sola una fila retenida.

Cada agregado publicado es una ecuación: sus pesos sobre las filas. Quien lee conoce las filas
publicadas, así que sólo quedan los pesos sobre las retenidas; una fila se deduce si y sólo si su
vector unitario está en el espacio que esas ecuaciones generan. Se publica en orden (primero lo
de más arriba) mientras eso no pase y haya al menos tres filas detrás; si no, «n/d» (dominio §10).

Fracciones exactas, sin Django. Las medias y los conteos pesan distinto: son dos sistemas.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from informes.contenido import AMBITO, CELDA, OBJETIVO, PLAN, PROGRAMA, Accion, Actividad, Contenido
from matrices.calculo import SE_CUENTAN_APARTE

MINIMO = 3
ACCION, RECTORIA, RESPONSABILIDAD = "ACCION", "RECTORIA", "RESPONSABILIDAD"
CANCELADA = "CANCELADA"
MEDIA, CONTEO = "MEDIA", "CONTEO"
ORDEN = (PLAN, PROGRAMA, AMBITO, OBJETIVO, ACCION, RECTORIA, RESPONSABILIDAD, CELDA)

Vector = Mapping[str, Fraction]
Clave = tuple[str, str]


@dataclass(frozen=True)
class Agregado:
    """Una cifra que reúne filas. `vectores`: sistema (MEDIA o CONTEO) y peso de cada fila en él."""

    clave: Clave
    filas: frozenset[str]
    vectores: tuple[tuple[str, Vector], ...]


class Espacio:
    """Lo que generan las ecuaciones publicadas, en forma escalonada reducida."""

    def __init__(self, filas: dict[str, dict[str, Fraction]] | None = None) -> None:
        self.filas = filas or {}

    def con(self, vector: Vector) -> "Espacio":
        """El espacio con una ecuación más."""
        nuevo = _sin_ceros(vector)
        for pivote in [uno for uno in nuevo if uno in self.filas]:
            nuevo = _menos(nuevo, nuevo[pivote], self.filas[pivote])
        if not nuevo:
            return self
        pivote = min(nuevo)
        entero = nuevo[pivote]
        nuevo = {fila: peso / entero for fila, peso in nuevo.items()}
        otras = {
            otro: _menos(fila, fila[pivote], nuevo) if pivote in fila else fila
            for otro, fila in self.filas.items()
        }
        return Espacio({**otras, pivote: nuevo})

    @property
    def aisladas(self) -> set[str]:
        """Las filas que se deducen: en forma reducida, las que quedan solas en su ecuación."""
        return {pivote for pivote, fila in self.filas.items() if len(fila) == 1}


def publicables(agregados: Iterable[Agregado], retenidas: Collection[str]) -> set[Clave]:
    """Los agregados que se pueden publicar, tomados en el orden en que vienen."""
    espacios = {MEDIA: Espacio(), CONTEO: Espacio()}
    salen: set[Clave] = set()
    for agregado in agregados:
        if agregado.filas and len(agregado.filas) < MINIMO:
            continue
        con_este = dict(espacios)
        for sistema, vector in agregado.vectores:
            con_este[sistema] = con_este[sistema].con(_sobre(vector, retenidas))
        if not any(espacio.aisladas for espacio in con_este.values()):
            espacios = con_este
            salen.add(agregado.clave)
    return salen


def deducibles(agregados: Iterable[Agregado], retenidas: Collection[str]) -> set[str]:
    """Las filas retenidas que esos agregados, publicados todos, dejan deducir."""
    espacios = {MEDIA: Espacio(), CONTEO: Espacio()}
    for agregado in agregados:
        for sistema, vector in agregado.vectores:
            espacios[sistema] = espacios[sistema].con(_sobre(vector, retenidas))
    return espacios[MEDIA].aisladas | espacios[CONTEO].aisladas


def _sobre(vector: Vector, retenidas: Collection[str]) -> dict[str, Fraction]:
    return {fila: peso for fila, peso in vector.items() if fila in retenidas}


def _sin_ceros(vector: Vector) -> dict[str, Fraction]:
    return {fila: peso for fila, peso in vector.items() if peso}


def _menos(uno: Vector, veces: Fraction, otro: Vector) -> dict[str, Fraction]:
    resta = dict(uno)
    for fila, peso in otro.items():
        resta[fila] = resta.get(fila, Fraction(0)) - veces * peso
    return _sin_ceros(resta)


# ---- los agregados de un contenido


def pesos_en_su_accion(
    actividades: Iterable[Actividad], *, base_original: bool = False
) -> dict[str, Fraction]:
    """Cuánto pesa cada actividad en su acción: suman 1 por acción, y lo cancelado pesa 0.

    Sobre la base original pesa también lo cancelado.
    """
    actividades = tuple(actividades)
    pesos = {
        una.clave: Fraction(0 if una.situacion == CANCELADA and not base_original else 1)
        * Fraction(1 if una.peso is None else una.peso)
        for una in actividades
    }
    totales: dict[str, Fraction] = {}
    for una in actividades:
        totales[una.accion] = totales.get(una.accion, Fraction(0)) + pesos[una.clave]
    return {
        una.clave: pesos[una.clave] / totales[una.accion] if totales[una.accion] else Fraction(0)
        for una in actividades
    }


def pesos_en_el_plan(contenido: Contenido) -> dict[str, Fraction]:
    """Cuánto pesa cada actividad en el E y el P del plan entero."""
    pesos = pesos_en_su_accion(contenido.actividades)
    return _media_de_acciones(contenido.acciones, contenido.actividades, pesos)


def _media_de_acciones(
    acciones: Iterable[Accion], actividades: Iterable[Actividad], pesos: Vector
) -> dict[str, Fraction]:
    computan = {una.codigo for una in acciones if una.semaforo not in SE_CUENTAN_APARTE}
    return {
        una.clave: pesos[una.clave] / len(computan) for una in actividades if una.accion in computan
    }


def agregados(contenido: Contenido) -> list[Agregado]:
    """Los de un contenido completo, en el orden en que se intenta publicarlos."""
    pesos = pesos_en_su_accion(contenido.actividades)
    todos = [
        *_de_niveles(contenido, pesos),
        *_de_acciones(contenido, pesos),
        *_de_instituciones(contenido, pesos),
    ]
    return sorted(todos, key=lambda uno: ORDEN.index(uno.clave[0]))


def _de_niveles(contenido: Contenido, pesos: Vector) -> Iterator[Agregado]:
    pertenecen: dict[str, Callable[[Accion, str], bool]] = {
        PLAN: lambda accion, codigo: True,
        PROGRAMA: lambda accion, codigo: accion.programa == codigo,
        OBJETIVO: lambda accion, codigo: accion.objetivo == codigo,
        AMBITO: lambda accion, codigo: accion.ambito == codigo,
        CELDA: lambda accion, codigo: f"{accion.ambito}/{accion.programa}" == codigo,
    }
    for nivel in (*contenido.niveles, *contenido.cuadricula):
        suyas = [una for una in contenido.acciones if pertenecen[nivel.nivel](una, nivel.codigo)]
        filas = _filas_de(suyas, contenido)
        media = _media_de_acciones(suyas, filas, pesos)
        yield _agregado((nivel.nivel, nivel.codigo), filas, media, conteo=True)


def _filas_de(acciones: Iterable[Accion], contenido: Contenido) -> list[Actividad]:
    codigos = {una.codigo for una in acciones}
    return [una for una in contenido.actividades if una.accion in codigos]


def _agregado(
    clave: Clave, actividades: Iterable[Actividad], *medias: Vector, conteo: bool
) -> Agregado:
    filas = frozenset(una.clave for una in actividades)
    vectores: list[tuple[str, Vector]] = [(MEDIA, media) for media in medias]
    if conteo:
        vectores.append((CONTEO, dict.fromkeys(filas, Fraction(1))))
    return Agregado(clave, filas, tuple(vectores))


def _de_acciones(contenido: Contenido, pesos: Vector) -> Iterator[Agregado]:
    originales = pesos_en_su_accion(contenido.actividades, base_original=True)
    for accion in contenido.acciones:
        suyas = contenido.actividades_de(accion.codigo)
        vigente = {una.clave: pesos[una.clave] for una in suyas}
        original = {una.clave: originales[una.clave] for una in suyas}
        yield _agregado((ACCION, accion.codigo), suyas, vigente, original, conteo=True)


def _de_instituciones(contenido: Contenido, pesos: Vector) -> Iterator[Agregado]:
    for institucion in contenido.instituciones:
        rige = [una for una in contenido.acciones if una.rectora == institucion.sigla]
        filas = _filas_de(rige, contenido)
        media = _media_de_acciones(rige, filas, pesos)
        yield _agregado((RECTORIA, institucion.sigla), filas, media, conteo=False)
        responde = [u for u in contenido.actividades if u.responsable == institucion.sigla]
        yield _agregado((RESPONSABILIDAD, institucion.sigla), responde, conteo=True)
