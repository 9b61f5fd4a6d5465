"""Abre un semestre, como la página de periodos."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from instituciones.operador import quienes
from matrices import flujo, periodos
from matrices.models import Avance
from matrices.operador import agregar_opciones, periodo_llamado


class Command(BaseCommand):
    help = "Abre un semestre: crea el avance de cada actividad, pendiente o exento."

    def add_arguments(self, parser: CommandParser) -> None:
        agregar_opciones(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        periodo = periodo_llamado(options["periodo"], options["plan"])
        quien = quienes(options["por"], options["en_nombre_de"])
        try:
            periodo = periodos.abrir(periodo, version=periodo.version, **quien)
        except (flujo.Conflicto, PermissionDenied) as motivo:
            raise CommandError(str(motivo)) from motivo
        avances = Avance.objects.filter(periodo=periodo)
        exigibles = avances.filter(exigible=True).count()
        self.stdout.write(f"{periodo} abierto: {avances.count()} avances, {exigibles} exigibles.")
