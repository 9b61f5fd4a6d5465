"""Da los pasos que manda el calendario y atiende los trabajos que nadie atiende."""

from django.core.management.base import BaseCommand

from informes import emision, tasks
from matrices import periodos


class Command(BaseCommand):
    help = "Pasos del calendario y trabajos huérfanos; se puede repetir cuanto se quiera."

    def add_arguments(self, parser):
        parser.add_argument(
            "--aqui", action="store_true", help="atiende los trabajos en este proceso, sin cola"
        )

    def handle(self, *args, aqui, **opciones):
        for dado in periodos.dar_pasos_del_calendario():
            self.stdout.write(dado)
        claves = emision.reconciliar()
        for clave in claves:
            if aqui:
                hecho = emision.atender(clave)
                self.stdout.write(f"{clave}: {'listo' if hecho else 'no se pudo'}")
            else:
                tasks.tocar(clave)
                self.stdout.write(f"{clave}: en cola")
        self.stdout.write(f"{len(claves)} trabajos por atender.")
