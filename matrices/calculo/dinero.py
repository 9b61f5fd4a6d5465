"""El presupuesto de una estructura y el de muchas, cada una contada una vez (dominio §7.7)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from matrices.calculo.numeros import CUENTA, Numero, a_dos, finito, no_negativo, porcentaje_de, suma


@dataclass(frozen=True)
class Presupuesto:
    """La ejecución de una estructura, en quetzales y en %; None es «entre cero»."""

    vigente: Decimal
    saldo: Decimal
    pct_devengado: Decimal | None
    pct_asignado: Decimal | None
    pct_comprometido: Decimal | None
    sobregiro: bool


@dataclass(frozen=True)
class FilaPresupuesto:
    """Lo que un avance dice de una estructura presupuestaria."""

    institucion: str
    ejercicio: int
    programa_presupuestario: str
    vigente: Decimal
    devengado: Decimal
    asignado: Decimal | None = None

    @property
    def clave(self) -> tuple[str, int, str]:
        """La estructura de la que habla."""
        return (self.institucion, self.ejercicio, self.programa_presupuestario)


@dataclass(frozen=True)
class Estructura:
    """Una estructura contada una vez; `conflicto`: se repitió con otras cifras."""

    institucion: str
    ejercicio: int
    programa_presupuestario: str
    asignado: Decimal | None
    vigente: Decimal
    devengado: Decimal
    pct_devengado: Decimal | None
    sobregiro: bool
    conflicto: bool


@dataclass(frozen=True)
class PresupuestoAgregado:
    """Razón de sumas sobre estructuras distintas, en el orden en que aparecieron."""

    estructuras: tuple[Estructura, ...]
    vigente: Decimal
    devengado: Decimal
    pct_devengado: Decimal | None

    @property
    def conflictos(self) -> tuple[Estructura, ...]:
        """Las que se repitieron con cifras distintas."""
        return tuple(una for una in self.estructuras if una.conflicto)


def presupuesto(
    *,
    asignado: Numero,
    modificaciones: Numero,
    devengado: Numero,
    comprometido: Numero | None = None,
) -> Presupuesto:
    """La ejecución de una estructura. Regla PRESUPUESTO."""
    vigente = suma([no_negativo(asignado, "Lo asignado"), finito(modificaciones)])
    no_negativo(vigente, "El presupuesto vigente")
    no_negativo(devengado, "Lo devengado")
    return Presupuesto(
        vigente=a_dos(vigente),
        saldo=a_dos(CUENTA.subtract(vigente, devengado)),
        pct_devengado=porcentaje_de(devengado, vigente),
        pct_asignado=porcentaje_de(devengado, asignado),
        pct_comprometido=porcentaje_de(comprometido, vigente),
        sobregiro=devengado > vigente,
    )


def presupuesto_agregado(filas: Iterable[FilaPresupuesto]) -> PresupuestoAgregado:
    """Σ devengado / Σ vigente sobre estructuras distintas. Regla PRESUPUESTO_AGREGADO.

    De una estructura repetida vale la última fila: quien llama las da en orden de validación.
    """
    por_clave: dict[tuple[str, int, str], list[FilaPresupuesto]] = {}
    for fila in filas:
        por_clave.setdefault(fila.clave, []).append(fila)
    ultimas = [repetidas[-1] for repetidas in por_clave.values()]
    vigente = suma(no_negativo(fila.vigente, "El presupuesto vigente") for fila in ultimas)
    devengado = suma(no_negativo(fila.devengado, "Lo devengado") for fila in ultimas)
    return PresupuestoAgregado(
        estructuras=tuple(_estructura(repetidas) for repetidas in por_clave.values()),
        vigente=a_dos(vigente),
        devengado=a_dos(devengado),
        pct_devengado=porcentaje_de(devengado, vigente),
    )


def _estructura(repetidas: list[FilaPresupuesto]) -> Estructura:
    ultima = repetidas[-1]
    return Estructura(
        *ultima.clave,
        asignado=ultima.asignado,
        vigente=a_dos(ultima.vigente),
        devengado=a_dos(ultima.devengado),
        pct_devengado=porcentaje_de(ultima.devengado, ultima.vigente),
        sobregiro=ultima.devengado > ultima.vigente,
        conflicto=len({(fila.vigente, fila.devengado) for fila in repetidas}) > 1,
    )


def relacion_fisico_financiera(
    ejecutado: Numero | None, pct_devengado: Numero | None
) -> Decimal | None:
    """E entre % devengado; None si no se devengó nada. Regla RELACION_FISICO_FINANCIERA."""
    if ejecutado is None or not pct_devengado:
        return None
    return a_dos(CUENTA.divide(Decimal(ejecutado), Decimal(pct_devengado)))
