"""Emite el informe de un semestre sin cola y deja PDF, XLSX y JSON en una carpeta."""

from pathlib import Path

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError

from informes import emision
from informes.models import Corte, Edicion, Informe, TrabajoInforme
from instituciones.operador import quienes
from matrices.flujo import Conflicto
from matrices.operador import agregar_opciones, periodo_llamado


class Command(BaseCommand):
    help = "Dibuja el informe de un periodo y copia sus documentos a una carpeta."

    def add_arguments(self, parser):
        agregar_opciones(parser)
        parser.add_argument("--edicion", choices=Edicion.values, required=True)
        parser.add_argument("--corte", type=int, help="número de corte; sin él, el último")
        parser.add_argument("--salida", default=".", help="carpeta donde dejar los archivos")

    def handle(self, *args, periodo, plan, por, en_nombre_de, edicion, corte, salida, **opciones):
        uno, quien = periodo_llamado(periodo, plan), quienes(por, en_nombre_de)
        cortes = Corte.objects.visibles_para(quien["por"]).filter(periodo=uno)
        elegido = (cortes.vigentes() if corte is None else cortes.filter(numero=corte)).first()
        if elegido is None:
            cual = "ningún corte" if corte is None else f"el corte {corte}"
            raise CommandError(f"{uno} no tiene {cual}.")
        carpeta = Path(salida)
        try:
            carpeta.mkdir(parents=True, exist_ok=True)
            informe = self._emitido(elegido, edicion) or self._emitir(elegido, edicion, quien)
            documentos = informe.documentos.con_su_corte().order_by("formato")
            octetos = {uno: emision.leer(uno) for uno in documentos}
        except (Conflicto, PermissionDenied, OSError, emision.IntegridadRota) as motivo:
            raise CommandError(str(motivo)) from motivo
        for documento, contenido in octetos.items():
            copia = carpeta / documento.nombre
            try:
                copia.write_bytes(contenido)
            except OSError as motivo:
                raise CommandError(
                    f"El informe está emitido, pero no se pudo dejar su copia: {motivo}. "
                    "Repita con otra --salida: da el mismo archivo."
                ) from motivo
            self.stdout.write(f"{copia}  {documento.sha256}")

    def _emitido(self, corte: Corte, edicion: str) -> Informe | None:
        """El informe vivo que ya tiene sus documentos: emitir dos veces da el mismo archivo."""
        vivos = Informe.objects.filter(
            corte=corte, edicion=edicion, trabajo__estado=TrabajoInforme.Estado.LISTO
        )
        return vivos.exclude(estado=Informe.Estado.SUSTITUIDO).first()

    def _emitir(self, corte: Corte, edicion: str, quien) -> Informe:
        trabajo = emision.encargar(corte, edicion=edicion, **quien)
        emision.atender(trabajo.clave)
        trabajo.refresh_from_db()
        if trabajo.estado != TrabajoInforme.Estado.LISTO:
            raise CommandError(trabajo.error or "Otro proceso está dibujando este informe.")
        return trabajo.informe
