"""A qué dirección se le avisa a un sistema de la API, y con qué secreto, desde la máquina."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from instituciones import suscripciones
from instituciones.models import ClienteSistema, Evento, Suscripcion, Usuario
from instituciones.operador import correo, cuenta


class Command(BaseCommand):
    help = "Los webhooks de los sistemas de la API. El secreto se muestra una sola vez."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actos = parser.add_subparsers(dest="acto", required=True)
        crear = actos.add_parser("crear", help="Suscribe un sistema.")
        crear.add_argument("sistema", help="El nombre con que se inscribió.")
        crear.add_argument("--direccion", required=True, metavar="https://…")
        crear.add_argument("--eventos", nargs="+", choices=Evento.values, default=Evento.values)
        rotar = actos.add_parser("rotar", help="Otro secreto; el anterior firma un rato más.")
        rotar.add_argument("--gracia", type=int, default=24, metavar="HORAS")
        pausar = actos.add_parser("pausar", help="No se le manda nada hasta reanudar.")
        reanudar = actos.add_parser("reanudar", help="Vuelve a recibir, y lo que esperaba.")
        retirar = actos.add_parser("retirar", help="No recibe más; su secreto se borra.")
        actos.add_parser("listar", help="Qué suscripciones hay y cómo están.")
        for uno in (rotar, pausar, reanudar, retirar):
            uno.add_argument("suscripcion", type=int, help="Su número, que «listar» dice.")
        for uno in (crear, rotar, pausar, reanudar, retirar):
            uno.add_argument(
                "--por", type=correo, metavar="CORREO", help="Quién lo hace, para la bitácora."
            )

    def handle(self, *args: Any, **options: Any) -> None:
        por = cuenta(options["por"]) if options.get("por") else None
        try:
            getattr(self, f"_{options['acto']}")(options, por)
        except ValidationError as motivo:
            raise CommandError(" ".join(motivo.messages)) from None
        except OverflowError:
            raise CommandError("Ese número es demasiado grande.") from None

    def _crear(self, options: dict[str, Any], por: Usuario | None) -> None:
        sistemas = ClienteSistema.objects.select_related("persona__institucion", "institucion")
        cliente = sistemas.filter(nombre=options["sistema"]).first()
        if cliente is None:
            raise CommandError(f"No hay un sistema llamado {options['sistema']}.")
        una = Suscripcion(
            cliente=cliente, direccion=options["direccion"], eventos=options["eventos"]
        )
        self._mostrar(una, suscripciones.suscribir(una, por=por))

    def _rotar(self, options: dict[str, Any], por: Usuario | None) -> None:
        una, gracia = self._suscripcion(options), timedelta(hours=options["gracia"])
        self._mostrar(una, suscripciones.rotar(una, gracia=gracia, por=por))

    def _pausar(self, options: dict[str, Any], por: Usuario | None) -> None:
        if not suscripciones.pausar(self._suscripcion(options), por=por):
            raise CommandError("No estaba activa.")
        self.stdout.write("En pausa: lo que pase mientras tanto no se le avisará.")

    def _reanudar(self, options: dict[str, Any], por: Usuario | None) -> None:
        suscripciones.reanudar(self._suscripcion(options), por=por)
        self.stdout.write("Vuelve a recibir.")

    def _retirar(self, options: dict[str, Any], por: Usuario | None) -> None:
        if not suscripciones.retirar(self._suscripcion(options), por=por):
            raise CommandError("Ya estaba retirada.")
        self.stdout.write("Retirada: no recibe más.")

    def _listar(self, options: dict[str, Any], por: Usuario | None) -> None:
        for una in Suscripcion.objects.select_related("cliente").order_by("cliente__nombre", "pk"):
            motivo = f" ({una.get_motivo_display()})" if una.motivo else ""
            estado = f"{una.get_estado_display()}{motivo}"
            eventos = ",".join(una.eventos)
            self.stdout.write(f"{una.pk}: {una.cliente}, {una.anfitrion}, {eventos}, {estado}")

    def _mostrar(self, una: Suscripcion, secreto: str) -> None:
        self.stdout.write(
            f"Suscripción {una.pk}. Guárdelo ahora; no se vuelve a mostrar:\n  {secreto}"
        )

    def _suscripcion(self, options: dict[str, Any]) -> Suscripcion:
        todas = Suscripcion.objects.select_related("cliente__institucion")
        una = todas.filter(pk=options["suscripcion"]).first()
        if una is None:
            raise CommandError(f"No hay una suscripción con el número {options['suscripcion']}.")
        return una
