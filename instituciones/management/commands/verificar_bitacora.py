"""Recorre la cadena de la bitácora: entera, o en qué asiento se rompe."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from instituciones.bitacora import PRINCIPIO, primer_quiebre, ultima_huella
from instituciones.models import Asiento


def ancla(texto: str) -> tuple[int, str]:
    """«320:ab12…»: cuántos asientos había y la huella del último, anotados fuera."""
    cuantos, _, huella = texto.partition(":")
    if not cuantos.isdecimal() or len(huella) != len(PRINCIPIO):
        raise ValueError
    return int(cuantos), huella.lower()


class Command(BaseCommand):
    help = "Comprueba que ningún asiento cambió, falta o sobra. Sale con 1 si la cadena se rompe."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--ancla",
            type=ancla,
            metavar="N:HUELLA",
            help="Lo que se anotó fuera: detecta que se cortó el final.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        cuantos, roto = primer_quiebre()
        if roto is not None:
            raise CommandError(f"La cadena se rompe en el asiento {roto} (el {cuantos}.º).")
        if options["ancla"]:
            self._contra_el_ancla(*options["ancla"])
        self.stdout.write(f"{cuantos} asientos, cadena íntegra, última huella {ultima_huella()}")

    def _contra_el_ancla(self, cuantos: int, huella: str) -> None:
        """El asiento N de hoy es el que se anotó; si faltan, se cortó el final."""
        huellas = Asiento.objects.order_by("pk").values_list("huella", flat=True)
        if huellas.count() < cuantos:
            raise CommandError(f"El ancla dice {cuantos} asientos y hay {huellas.count()}.")
        if cuantos and huellas[cuantos - 1] != huella:
            raise CommandError(f"El asiento {cuantos}.º no es el que dice el ancla.")
