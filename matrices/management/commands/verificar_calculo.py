"""Corre archivos de vectores contra la cuenta y dice qué no coincide."""

import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from matrices import vectores


class Command(BaseCommand):
    """Termina con 1 ante cualquier discrepancia, regla desconocida o archivo roto."""

    help = "Comprueba la cuenta contra uno o más archivos de vectores."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("archivos", nargs="+", type=Path, metavar="vectores.json")

    def handle(self, *, archivos, **_opciones):
        bien = mal = posteriores = rotos = 0
        for archivo in archivos:
            try:
                casos = vectores.leer(archivo)
            except vectores.ArchivoRoto as motivo:
                self.stderr.write(str(motivo))
                rotos += 1
                continue
            for caso in casos:
                if caso.posterior:
                    posteriores += 1
                elif self._pasa(caso):
                    bien += 1
                else:
                    mal += 1
        self.stdout.write(
            f"Casos: {bien + mal + posteriores}. Pasan: {bien}. Fallan: {mal}. "
            f"Posteriores (reglas de una etapa que aún no existe): {posteriores}."
        )
        if rotos:
            raise CommandError(f"No se pudieron leer {rotos} de {len(archivos)} archivos.")
        if mal:
            raise CommandError(f"La cuenta no coincide en {mal} casos.")

    def _pasa(self, caso):
        malas = vectores.discrepancias(caso)
        for una in malas:
            self.stdout.write(
                _legible(
                    f"{una.caso} · {una.regla} · {una.campo}: "
                    f"se esperaba {_dicho(una.esperado)}, se obtuvo {_dicho(una.obtenido)}"
                )
            )
        return not malas


def _dicho(valor):
    """Como lo escribe el archivo de vectores."""
    return json.dumps(valor) if valor is None or isinstance(valor, bool) else valor


def _legible(texto):
    """En un renglón que cualquier consola escribe: lo que no se imprime va con su código."""
    return "".join(letra if letra.isprintable() else ascii(letra)[1:-1] for letra in texto)
