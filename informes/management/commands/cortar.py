"""Corta un semestre ya cerrado y sella su corte."""

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError

from informes import emision
from instituciones.operador import quienes
from matrices import periodos
from matrices.flujo import Conflicto
from matrices.operador import agregar_opciones, periodo_llamado


class Command(BaseCommand):
    help = "Corta el periodo. Con --confirmar, deja fuera lo que no esté validado."

    def add_arguments(self, parser):
        agregar_opciones(parser)
        parser.add_argument(
            "--confirmar", action="store_true", help="acepta dejar fuera lo que no esté validado"
        )

    def handle(self, *args, periodo, plan, por, en_nombre_de, confirmar, **opciones):
        uno, quien = periodo_llamado(periodo, plan), quienes(por, en_nombre_de)
        pendientes = list(periodos.sin_validar(uno))
        for avance in pendientes:
            self.stdout.write(f"  sin validar: {avance.actividad} ({avance.get_estado_display()})")
        if pendientes and not confirmar:
            raise CommandError(
                f"{len(pendientes)} avances sin validar; con --confirmar quedan fuera."
            )
        try:
            corte = emision.cortar(uno, confirmados=[una.pk for una in pendientes], **quien)
        except (Conflicto, PermissionDenied) as motivo:
            raise CommandError(str(motivo)) from motivo
        self.stdout.write(self.style.SUCCESS(f"{corte} sellado."))
