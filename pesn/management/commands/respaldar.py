"""Deja en una carpeta un respaldo entero de la base y los archivos, cifrado."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from pesn.respaldo import RespaldoInutil, respaldar


class Command(BaseCommand):
    help = "Respalda la base y los archivos en un solo archivo. Se puede seguir trabajando."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("carpeta", type=Path, help="dónde dejarlo, ojalá fuera de la máquina")
        parser.add_argument(
            "--para",
            default=settings.RESPALDO_LLAVE,
            metavar="age1…",
            help="llave pública de quien lo guarda (de fábrica, RESPALDO_LLAVE)",
        )
        parser.add_argument(
            "--sin-cifrar", action="store_true", help="en claro: sólo si el destino ya cifra"
        )

    def handle(
        self, *args: Any, carpeta: Path, para: str, sin_cifrar: bool, **opciones: Any
    ) -> None:
        if not carpeta.is_dir():
            raise CommandError(f"{carpeta} no es una carpeta.")
        if settings.PRODUCCION and not para and not sin_cifrar:
            raise CommandError(
                "El respaldo lleva información reservada: diga --para o --sin-cifrar."
            )
        cifrado = para and not sin_cifrar
        momento = timezone.now().strftime("%Y-%m-%dT%H%M%SZ")
        destino = carpeta / f"pesn-{momento}.tar{'.age' if cifrado else ''}"
        try:
            manifiesto = respaldar(destino, para=para if cifrado else "")
        except RespaldoInutil as motivo:
            raise CommandError(str(motivo)) from motivo
        ancla = manifiesto["bitacora"]
        filas = sum(tabla["filas"] for tabla in manifiesto["tablas"].values())
        archivos = len(manifiesto["archivos"])
        self.stdout.write(f"{destino}")
        self.stdout.write(
            f"{len(manifiesto['tablas'])} tablas, {filas} filas, {archivos} archivos;"
            f" {destino.stat().st_size} octetos{', cifrado' if cifrado else ', SIN CIFRAR'}."
        )
        self.stdout.write(
            f"Ancla de la bitácora, para guardar fuera: {ancla['asientos']}:{ancla['huella']}"
        )
        if perdidos := manifiesto["perdidos"]:
            raise CommandError(
                f"El respaldo quedó, pero el almacén perdió {len(perdidos)} (archivo_ausente): "
                + ", ".join(perdidos)
            )
