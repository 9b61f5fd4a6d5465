"""Pone un respaldo en una base vacía y comprueba, tabla por tabla, que volvió igual."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pesn.respaldo import RespaldoInutil, restaurar


class Command(BaseCommand):
    help = "Restaura un respaldo en la base y el almacén de los ajustes, si la base está vacía."
    requires_system_checks: list[str] = []  # la base aún no tiene tablas

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("respaldo", type=Path)
        parser.add_argument("--llave", type=Path, help="archivo con la llave secreta de age")
        parser.add_argument(
            "--enmascarar",
            action="store_true",
            help="sin textos ni personas; fuera de producción, lo de producción va siempre así",
        )

    def handle(self, *args: Any, respaldo: Path, llave: Path | None, **opciones: Any) -> None:
        try:
            secreto = _llave(llave) if llave else ""
            manifiesto = restaurar(respaldo, llave=secreto, sin_textos=opciones["enmascarar"])
        except (RespaldoInutil, OSError) as motivo:
            raise CommandError(str(motivo)) from motivo
        tablas = manifiesto["tablas"].values()
        self.stdout.write(
            f"Respaldo del {manifiesto['momento']}: {len(tablas)} tablas y"
            f" {sum(tabla['filas'] for tabla in tablas)} filas iguales, secuencias y candados en su"
            f" lugar, {len(manifiesto['archivos'])} archivos, bitácora íntegra"
            f" ({manifiesto['bitacora']['asientos']} asientos)."
        )
        if manifiesto["enmascarado"]:
            self.stdout.write(
                "Enmascarado: sin textos, personas ni archivos que no fueran públicos."
            )
        self.stdout.write("Siga con:  manage.py migrate  y  manage.py check --database default")


def _llave(archivo: Path) -> str:
    """La llave secreta de un archivo de age, que puede traer comentarios."""
    try:
        renglones = archivo.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as motivo:
        raise CommandError(f"{archivo} no es un archivo de llave.") from motivo
    return next((r.strip() for r in renglones if r.startswith("AGE-SECRET-KEY-")), "")
