"""Abre una cuenta desde la máquina, o le pone contraseña nueva a quien perdió la suya."""

import secrets
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count

from instituciones import cuentas
from instituciones.bitacora import asiento, constancia
from instituciones.models import Institucion, Rol, Usuario
from instituciones.operador import correo, cuenta, renglon

LETRAS = "abcdefghjkmnpqrstuvwxyz23456789"  # sin las que se confunden: i, l, o, 0, 1
GRUPOS, POR_GRUPO = 4, 5


class Command(BaseCommand):
    help = "Abre una cuenta con una contraseña al azar, que se muestra una sola vez."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("correo")
        parser.add_argument("--rol", choices=Rol.values)
        parser.add_argument("--nombre", type=renglon, help="Si no se dice, el nombre del rol.")
        parser.add_argument(
            "--institucion",
            metavar="SIGLA",
            help="Si no se dice, la que revisa a más instituciones.",
        )
        parser.add_argument(
            "--renovar", action="store_true", help="La cuenta ya existe: otra contraseña."
        )
        parser.add_argument(
            "--por", type=correo, metavar="CORREO", help="Quién lo hace, para la bitácora."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        por = cuenta(options["por"]) if options["por"] else None
        clave = contrasena_al_azar()
        with constancia():
            if options["renovar"]:
                persona = cuenta(options["correo"])
            else:
                persona = self._nueva(options)
                cuentas.abrir(persona, por=por)
            poner_contrasena(persona, clave, por=por)
        self.stdout.write(f"  {persona.correo:<34} {persona.get_rol_display():<26} {clave}")

    def _nueva(self, options: dict[str, Any]) -> Usuario:
        if not options["rol"]:
            raise CommandError("Diga el rol con --rol.")
        persona = Usuario(
            correo=options["correo"].lower(),
            rol=options["rol"],
            nombre=options["nombre"] or str(Rol(options["rol"]).label),
            institucion=self._institucion(options["institucion"]),
        )
        try:
            persona.full_clean(exclude=["password"])
        except ValidationError as motivo:
            raise CommandError(" ".join(motivo.messages)) from None
        return persona

    def _institucion(self, sigla: str | None) -> Institucion:
        todas = Institucion.objects.annotate(revisa=Count("revisadas")).order_by("-revisa", "pk")
        elegida = todas.filter(sigla=sigla).first() if sigla else todas.first()
        if elegida is None:
            raise CommandError(
                f"No hay una institución con la sigla {sigla}."
                if sigla
                else "Todavía no hay instituciones: cargue antes un plan con cargar_plan."
            )
        return elegida


def contrasena_al_azar() -> str:
    """Cuatro grupos de cinco letras: casi cien bits, y se puede dictar."""
    grupos = ("".join(secrets.choice(LETRAS) for _ in range(POR_GRUPO)) for _ in range(GRUPOS))
    return "-".join(grupos)


def poner_contrasena(persona: Usuario, clave: str, *, por: Usuario | None) -> None:
    """La contraseña nueva termina las sesiones abiertas; queda que se puso, nunca cuál."""
    with constancia() as asientos:
        persona.set_password(clave)
        persona.save(update_fields=["password"])
        cuentas.cerrar_sesiones(persona)
        asientos.append(
            asiento("poner_contrasena", persona, por=por, institucion=persona.institucion.sigla)
        )
