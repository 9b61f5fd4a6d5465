"""Carga los datos de demostración y dice con qué entrar."""

from argparse import ArgumentParser
from pathlib import Path
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from acciones.fuente import FuenteRechazada, leer
from informes import demo
from instituciones.operador import dia


class Command(BaseCommand):
    help = (
        "Carga la demostración por los mismos pasos que da la gente: nueve semestres cortados y "
        "uno abierto alrededor de hoy. Nunca en producción ni junto a datos de verdad."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("archivo", type=Path, help="archivo JSON con esquema demo-pesn/1")
        parser.add_argument(
            "--hoy",
            type=dia,
            metavar="AAAA-MM-DD",
            help="el día de hoy, o uno pasado",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        empezo = monotonic()

        def decir(renglon: str) -> None:
            self.stdout.write(f"  {renglon} ({monotonic() - empezo:.0f} s)")
            self.stdout.flush()

        try:
            datos = leer(options["archivo"], demo.ESQUEMA)
            entrada = demo.cargar(datos, hoy=options["hoy"], decir=decir)
        except demo.YaCargada as motivo:
            self.stdout.write(str(motivo))
            return
        except (FuenteRechazada, demo.DemoRechazada) as motivo:
            raise CommandError(str(motivo)) from motivo
        except (KeyError, TypeError) as motivo:
            raise CommandError(
                f"El archivo está incompleto: {motivo}. No se cargó nada."
            ) from motivo
        self.stdout.write(f"Demostración cargada en {monotonic() - empezo:.0f} segundos.\n\n")
        self._decir_con_que_entrar(entrada)

    def _decir_con_que_entrar(self, entrada: demo.Entrada) -> None:
        """Una persona por rol; la contraseña se ve sólo ahora."""
        ancho = max(len(persona.correo) for persona in entrada.personas)
        for persona in entrada.personas:
            rol, sigla = persona.get_rol_display(), persona.institucion.sigla
            self.stdout.write(f"  {persona.correo:<{ancho}}  {sigla:<11}  {rol}")
        self.stdout.write(f"\n  Contraseña de todas: {entrada.contrasena}")
        self.stdout.write("  Anótela: no se muestra otra vez.")
