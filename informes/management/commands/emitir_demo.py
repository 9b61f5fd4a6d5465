"""Emite y entrega los informes del último corte de la demostración."""

import signal
import sys

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError

from informes import emision
from informes.demo import entrega
from matrices.flujo import Conflicto


class Command(BaseCommand):
    help = (
        "Presenta al Consejo y publica los informes del último corte de la demostración. Repetirlo "
        "no los repite; sin demostración, o en producción, no hace nada."
    )

    def handle(self, *args, **opciones):
        if not entrega.falta():
            self.stdout.write("No falta ningún informe de la demostración.")
            return
        # Una señal de salida suelta el trabajo, en vez de dejarlo arrendado hasta que venza.
        antes = signal.signal(signal.SIGTERM, lambda *_senal: sys.exit(1))
        try:
            entrega.entregar(decir=self.stdout.write)
        except (entrega.NoSeEntrego, emision.IntegridadRota, Conflicto, PermissionDenied) as motivo:
            raise CommandError(str(motivo)) from motivo
        finally:
            signal.signal(signal.SIGTERM, antes)
