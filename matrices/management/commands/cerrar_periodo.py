"""Cierra la captura de un semestre, como la página de periodos o como el calendario."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from instituciones.operador import quienes
from matrices import flujo, periodos
from matrices.models import Avance, Periodo
from matrices.operador import agregar_opciones, periodo_llamado


class Command(BaseCommand):
    help = (
        "Cierra la captura. Con --por, la coordinación, si nada falta; sin él, el calendario, "
        "si la gracia terminó: lo que no se remitió queda como no reportado."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        agregar_opciones(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        periodo = periodo_llamado(options["periodo"], options["plan"])
        quien: dict[str, Any] = {"por": None, "en_nombre_de": None}
        if options["por"] or options["en_nombre_de"]:
            quien = quienes(options["por"], options["en_nombre_de"])
        try:
            if quien["por"] is None and periodo.estado == Periodo.Estado.ABIERTO:
                periodo = periodos.dar_gracia(periodo)
            periodo = periodos.cerrar(periodo, version=periodo.version, **quien)
        except (flujo.Conflicto, PermissionDenied) as motivo:
            raise CommandError(str(motivo)) from motivo
        faltaron = Avance.objects.filter(periodo=periodo, estado=Avance.Estado.NO_REPORTADO).count()
        self.stdout.write(f"{periodo} cerrado: {faltaron} avances quedaron sin reportar.")
