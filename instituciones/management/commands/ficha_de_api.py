"""Inscribe un sistema en la API, renueva su ficha o se la quita, desde la máquina."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from instituciones import clientes
from instituciones.models import Alcance, ClienteSistema, Ficha, Usuario
from instituciones.operador import correo, cuenta, renglon


class Command(BaseCommand):
    help = "Los sistemas que usan la API. El secreto se muestra una sola vez."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actos = parser.add_subparsers(dest="acto", required=True)
        crear = actos.add_parser("crear", help="Inscribe un sistema.")
        crear.add_argument("nombre", type=renglon)
        crear.add_argument("--persona", required=True, metavar="CORREO", help="Con su puesto.")
        crear.add_argument("--alcances", nargs="+", choices=Alcance.values, default=["leer"])
        rotar = actos.add_parser("rotar", help="Otra ficha; la anterior vale un rato más.")
        rotar.add_argument("nombre")
        rotar.add_argument("--gracia", type=int, default=24, metavar="HORAS")
        revocar = actos.add_parser("revocar", help="Ninguna de sus fichas vale desde ya.")
        revocar.add_argument("nombre")
        listar = actos.add_parser("listar", help="Qué sistemas hay y cuándo se usaron.")
        for uno in (crear, rotar):
            uno.add_argument("--dias", type=int, default=clientes.VIGENCIA.days)
        for uno in (crear, rotar, revocar):
            uno.add_argument(
                "--por", type=correo, metavar="CORREO", help="Quién lo hace, para la bitácora."
            )
        listar.set_defaults(por=None)

    def handle(self, *args: Any, **options: Any) -> None:
        por = cuenta(options["por"]) if options["por"] else None
        try:
            getattr(self, f"_{options['acto']}")(options, por)
        except ValidationError as motivo:
            raise CommandError(" ".join(motivo.messages)) from None
        except OverflowError:
            raise CommandError("Ese número es demasiado grande.") from None

    def _crear(self, options: dict[str, Any], por: Usuario | None) -> None:
        if ClienteSistema.objects.filter(nombre=options["nombre"]).exists():
            raise CommandError("Ya hay un sistema con ese nombre.")
        cliente = ClienteSistema(
            nombre=options["nombre"],
            persona=cuenta(options["persona"]),
            alcances=options["alcances"],
        )
        cliente.clean_fields(exclude=["rol", "institucion"])  # los pone `inscribir`
        vigencia = timedelta(days=options["dias"])
        self._mostrar(clientes.inscribir(cliente, vigencia=vigencia, por=por))

    def _rotar(self, options: dict[str, Any], por: Usuario | None) -> None:
        vigencia, gracia = timedelta(days=options["dias"]), timedelta(hours=options["gracia"])
        cliente = self._cliente(options["nombre"])
        self._mostrar(clientes.rotar(cliente, vigencia=vigencia, gracia=gracia, por=por))

    def _revocar(self, options: dict[str, Any], por: Usuario | None) -> None:
        if not clientes.revocar(self._cliente(options["nombre"]), por=por):
            raise CommandError("Ya estaba revocado.")
        self.stdout.write("Revocado: sus fichas ya no valen.")

    def _listar(self, options: dict[str, Any], por: Usuario | None) -> None:
        for cliente in ClienteSistema.objects.select_related("persona__institucion"):
            fichas = Ficha.objects.filter(cliente=cliente, expiry__gt=timezone.now())
            usos = [una.ultimo_uso for una in fichas if una.ultimo_uso]
            ultimo = f"{timezone.localtime(max(usos)):%Y-%m-%d %H:%M}" if usos else "sin uso"
            estado = "revocado" if cliente.revocado_en else f"{len(fichas)} fichas en vigor"
            alcances = ",".join(cliente.alcances)
            self.stdout.write(
                f"{cliente.nombre}: {cliente.persona.correo}, {alcances}, {estado}, {ultimo}"
            )

    def _mostrar(self, secreto: str) -> None:
        self.stdout.write(f"Guárdela ahora; no se vuelve a mostrar:\n  {secreto}")

    def _cliente(self, nombre: str) -> ClienteSistema:
        try:
            return ClienteSistema.objects.select_related("persona__institucion").get(nombre=nombre)
        except ClienteSistema.DoesNotExist:
            raise CommandError(f"No hay un sistema llamado {nombre}.") from None
