"""Los eventos de seguridad, un JSON por renglón, para el sistema que los vigila."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from instituciones.canonico import canonico
from instituciones.consultas import eventos_de_seguridad
from instituciones.operador import dia


class Command(BaseCommand):
    help = "Entradas, bloqueos, cuentas, roles y delegaciones: un JSON por renglón, sin secretos."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--desde", type=dia, metavar="AAAA-MM-DD")
        parser.add_argument("--hasta", type=dia, metavar="AAAA-MM-DD")

    def handle(self, *args: Any, **options: Any) -> None:
        for evento in eventos_de_seguridad(options["desde"], options["hasta"]):
            self.stdout.write(canonico(evento))
