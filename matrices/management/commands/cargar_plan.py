"""Carga un plan desde su archivo JSON; repetirlo no cambia nada."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from acciones.carga import renglones
from acciones.fuente import FuenteRechazada, leer
from instituciones.operador import correo, persona
from matrices import permisos
from matrices.carga import cargar


class Command(BaseCommand):
    help = (
        "Carga un plan con sus instituciones, niveles, acciones y periodos. Si el archivo se "
        "contradice o contradice la base, dice todo lo que encontró y no escribe nada."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("archivo", type=Path, help="archivo JSON con esquema pesn/2")
        parser.add_argument(
            "--por", type=correo, help="correo de quien carga; sin él, la instalación"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        por = persona(options["por"]) if options["por"] else None
        if por is not None and not permisos.puede_coordinar(por):
            raise CommandError("Cargar un plan le toca a quien coordina.")
        try:
            resultado = cargar(leer(options["archivo"]), por=por)
        except FuenteRechazada as motivo:
            problemas = "\n".join(f"  - {uno}" for uno in motivo.problemas)
            raise CommandError(
                f"No se cargó nada. Problemas encontrados: {len(motivo.problemas)}\n{problemas}"
            ) from motivo
        if not resultado.hubo:
            self.stdout.write(f"Sin cambios: {resultado.iguales} filas ya estaban así.")
            return
        self.stdout.write(f"Cargado {options['archivo'].name}:")
        for renglon in renglones(resultado):
            self.stdout.write(renglon)
