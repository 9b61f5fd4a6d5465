"""Qué plan y qué periodo nombra un mandato de operación."""

from django.core.management.base import CommandError, CommandParser

from acciones.models import Plan
from instituciones.operador import correo
from matrices.models import Periodo
from matrices.models.periodo import CODIGO


def agregar_opciones(parser: CommandParser, periodo: bool = True) -> None:
    """`--plan`, `--por`, `--en-nombre-de` y, si hace falta, el código del periodo."""
    if periodo:
        parser.add_argument("periodo", help="código del periodo, como 2024-S2")
    parser.add_argument("--plan", help="código del plan; se omite si hay uno solo")
    parser.add_argument("--por", type=correo, help="correo de quien actúa")
    parser.add_argument(
        "--en-nombre-de",
        type=correo,
        metavar="CORREO",
        help="correo de quien le delegó, si actúa por él",
    )


def plan_llamado(codigo: str | None) -> Plan:
    """El plan de `--plan`; sin él, el único. Lanza CommandError si no hay uno y sólo uno."""
    planes = Plan.objects.filter(codigo=codigo) if codigo else Plan.objects.all()
    if planes.count() != 1:
        raise CommandError(
            f"No hay un plan {codigo}." if codigo else "Hay cero o varios planes: use --plan."
        )
    return planes.get()


def periodo_llamado(codigo: str, plan: str | None = None) -> Periodo:
    """El periodo «2024-S2» de un plan. Lanza CommandError si el código o el periodo no existen."""
    if not CODIGO.fullmatch(codigo):
        raise CommandError(f"«{codigo}» no es un periodo: escriba por ejemplo 2024-S2.")
    periodo = Periodo.objects.llamado(codigo).filter(plan=plan_llamado(plan)).first()
    if periodo is None:
        raise CommandError(f"El plan no tiene el periodo {codigo}.")
    return periodo
