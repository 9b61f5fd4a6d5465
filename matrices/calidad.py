"""La calidad de lo que se reporta: quién llegó, cuándo y con qué reparos, por semestre.

Cuenta filas que la persona ya puede ver y las entrega a `calculo`; no escribe. Cada conteo y la
lista que lo desglosa salen de la misma condición, en `CUALES`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Count, Q, QuerySet

from acciones.models import Plan
from instituciones.models import Rol, Usuario
from matrices import calculo, consultas
from matrices.models import Avance, Periodo
from matrices.models.avance import AvanceQuerySet

RECIBIDO = Q(exigible=True, estado__in=Avance.VALIDADOS)


class Cual(NamedTuple):
    """Unos avances que se cuentan y se listan: cómo se llaman y cuáles son."""

    nombre: str
    condicion: Q


CUALES = {
    "exigidos": Cual("Exigidos", Q(exigible=True)),
    "recibidos": Cual("Recibidos", RECIBIDO),
    "a_tiempo": Cual("A tiempo", RECIBIDO & Q(extemporaneo=False)),
    "tarde": Cual("Recibidos tarde", RECIBIDO & Q(extemporaneo=True)),
    "faltan": Cual("Exigidos sin recibir", Q(exigible=True) & ~Q(estado__in=Avance.VALIDADOS)),
    "observados": Cual("Observados alguna vez", Q(ronda__gt=0)),
}


class Nivel(NamedTuple):
    """Cuánta cobertura hay, dicho en una palabra y con un código para su color."""

    codigo: str
    palabra: str


NADA_EXIGIDO = Nivel("sin", "nada exigido")
COMPLETA = Nivel("completa", "completa")
SUFICIENTE = Nivel("suficiente", "suficiente")
INSUFICIENTE = Nivel("insuficiente", "insuficiente")
NINGUNA = Nivel("ninguna", "nada recibido")
NIVELES = (COMPLETA, SUFICIENTE, INSUFICIENTE, NINGUNA, NADA_EXIGIDO)


@dataclass
class Celda:
    """Lo de una institución en un semestre, o el total de varias."""

    exigidos: int = 0
    recibidos: int = 0
    a_tiempo: int = 0
    observados: int = 0
    umbrales: calculo.Umbrales = calculo.UMBRALES

    def sumar(self, otra: "Celda") -> None:
        """Los totales suman conteos; la cobertura sale después, de la suma."""
        self.exigidos += otra.exigidos
        self.recibidos += otra.recibidos
        self.a_tiempo += otra.a_tiempo
        self.observados += otra.observados

    @property
    def faltan(self) -> int:
        """Los exigidos que aún no se validan, vengan o no en camino."""
        return self.exigidos - self.recibidos

    @property
    def medida(self) -> calculo.Cobertura:
        """Cobertura y oportunidad, de `calculo`."""
        return calculo.cobertura(
            self.exigidos, self.recibidos, self.a_tiempo, umbrales=self.umbrales
        )

    @property
    def cobertura(self) -> Decimal | None:
        return self.medida.cobertura

    @property
    def oportunidad(self) -> Decimal | None:
        return self.medida.oportunidad

    @property
    def nivel(self) -> Nivel:
        """Cuánta cobertura es, con el mínimo que regía a la fecha de ese corte."""
        if not self.exigidos:
            return NADA_EXIGIDO
        if self.recibidos == self.exigidos:
            return COMPLETA
        if not self.recibidos:
            return NINGUNA
        return INSUFICIENTE if self.medida.cobertura_insuficiente else SUFICIENTE


@dataclass
class Fila:
    """Una institución, con su celda en cada semestre que se muestra; None, sin avances."""

    sigla: str
    nombre: str
    celdas: dict[int, Celda] = field(default_factory=dict)

    def en(self, periodo: Periodo) -> Celda | None:
        return self.celdas.get(periodo.pk)


@dataclass
class Mapa:
    """Las instituciones contra los semestres, del más antiguo al último, y el total."""

    periodos: list[Periodo]
    filas: list[Fila]
    total: Fila
    umbrales: dict[int, calculo.Umbrales]

    @property
    def renglones(self) -> list[tuple[Fila, list[tuple[Periodo, Celda | None]]]]:
        """Cada institución con sus celdas en orden, y al final el total."""
        return [
            (fila, [(periodo, fila.en(periodo)) for periodo in self.periodos])
            for fila in [*self.filas, self.total]
        ]

    def minima(self, periodo: Periodo) -> Decimal:
        """La cobertura, en %, por debajo de la cual es insuficiente en ese semestre."""
        return self.umbrales[periodo.pk].cobertura_minima

    def del_semestre(self, periodo: Periodo) -> list[tuple[Fila, Celda]]:
        """Las instituciones con algo en ese semestre, y su total al final."""
        pares = [(fila, fila.en(periodo)) for fila in [*self.filas, self.total]]
        return [(fila, celda) for fila, celda in pares if celda is not None]


def a_la_vista(avances: AvanceQuerySet, usuario: Usuario, plan: Plan) -> QuerySet[Avance]:
    """De los avances visibles, los del plan que a esta persona le toca seguir.

    La analista de la institución que da seguimiento al plan, todos; la de otra revisora (la CAP),
    sólo los de las instituciones que revisa.
    """
    suyos = avances.filter(periodo__plan=plan)
    if usuario.rol == Rol.ANALISTA and usuario.institucion_id != plan.seguimiento_id:
        return suyos.que_revisa(usuario.institucion_id)
    return suyos


def mapa(avances: QuerySet[Avance], plan: Plan, periodos: Iterable[Periodo]) -> Mapa:
    """Los conteos de esos avances por institución y semestre; en dos consultas."""
    en_orden = sorted(periodos, key=lambda uno: uno.corte)
    umbrales = consultas.umbrales_por_fecha(plan)
    por_periodo = {uno.pk: umbrales(uno.corte) for uno in en_orden}
    total = Fila("Total", "Todas las instituciones")
    por_sigla: dict[str, Fila] = {}
    grupos = avances.filter(periodo__in=por_periodo).order_by("actividad__responsable__sigla")
    conteos = {
        nombre: Count("pk", filter=CUALES[nombre].condicion)
        for nombre in ("exigidos", "recibidos", "a_tiempo", "observados")
    }
    llaves = ("actividad__responsable__sigla", "actividad__responsable__nombre", "periodo")
    for sigla, nombre, periodo, *cuantos in grupos.values_list(*llaves).annotate(**conteos):
        exigidos, recibidos, a_tiempo, observados = cuantos
        celda = Celda(exigidos, recibidos, a_tiempo, observados, por_periodo[periodo])
        por_sigla.setdefault(sigla, Fila(sigla, nombre)).celdas[periodo] = celda
        total.celdas.setdefault(periodo, Celda(umbrales=por_periodo[periodo])).sumar(celda)
    return Mapa(en_orden, list(por_sigla.values()), total, por_periodo)
