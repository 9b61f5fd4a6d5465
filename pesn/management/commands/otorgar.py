"""Da al papel de la web sus derechos en PostgreSQL: filas sí, tablas no."""

import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from pesn.papeles import PapelProhibido, otorgar


class Command(BaseCommand):
    help = "Crea o pone al día el papel con que la web entra a PostgreSQL. Córralo tras migrar."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("papel", help="como pesn_web")
        parser.add_argument(
            "--clave-en",
            metavar="VARIABLE",
            help="variable de entorno con su clave; así no queda en la lista de procesos",
        )

    def handle(self, *args: Any, papel: str, clave_en: str | None, **opciones: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError("Los papeles son de PostgreSQL; en SQLite manda el archivo.")
        if clave_en and not os.environ.get(clave_en):
            raise CommandError(f"La variable {clave_en} está vacía.")
        try:
            dado = otorgar(papel, clave=os.environ[clave_en] if clave_en else "")
        except PapelProhibido as motivo:
            raise CommandError(str(motivo)) from motivo
        for renglon in dado if opciones["verbosity"] > 1 else []:
            self.stdout.write(renglon)
        self.stdout.write(f"{papel}: {len(dado)} tablas; crear, cambiar o borrar tablas, no.")
