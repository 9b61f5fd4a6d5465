"""Lo que manda el calendario, los trabajos que nadie atiende y lo que espera salir."""

from django.core.management.base import BaseCommand

from informes import emision, tasks
from instituciones import correo, entregas
from instituciones.tasks import tocar_correo, tocar_webhooks
from matrices import avisos, libro, periodos
from matrices.flujo import libros_sin_dueno
from matrices.tasks import tocar_libro


class Command(BaseCommand):
    help = "Pasos y avisos del calendario, trabajos huérfanos, correo y webhooks; se puede repetir."

    def add_arguments(self, parser):
        parser.add_argument(
            "--aqui",
            action="store_true",
            help="atiende aquí los trabajos, el correo y los webhooks, sin cola",
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
        libros = libros_sin_dueno()
        for clave in libros:
            if aqui:
                libro.atender(clave)
            else:
                tocar_libro(clave)
        self.stdout.write(f"{len(libros)} libros por atender.")
        self.stdout.write(f"{avisos.del_calendario()} avisos del calendario.")
        if aqui:
            self.stdout.write(f"{correo.despachar()} correos enviados.")
            self.stdout.write(f"{entregas.despachar()} webhooks entregados.")
        else:
            tocar_correo()
            tocar_webhooks()
