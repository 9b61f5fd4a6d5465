"""Emite, baja, verifica y altera un informe con `PESN_ALMACEN=s3`; dice qué pasó, en JSON.

Corre en un proceso aparte (`python -m tests.informes.almacen_s3`): el almacén se elige al arrancar.
"""

import json
import sys
from hashlib import sha256

from tests.caos.sembrar import sembrar  # prepara Django

# isort: split
from django.conf import settings
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from storages.backends.s3 import S3Storage

from informes import emision
from informes.models import Documento, TrabajoInforme
from instituciones.almacen import sellar_archivo
from instituciones.models import Usuario
from matrices.models import Evidencia


def main() -> dict:
    """Todo el recorrido de un archivo por el almacén."""
    settings.ALLOWED_HOSTS = ["testserver"]
    sembrar(1)
    almacen = storages["default"]
    coordina = Usuario.objects.get(rol="COORDINADOR")
    trabajo = TrabajoInforme.objects.select_related("informe").get(informe__edicion="CNS")
    atendido = emision.atender(trabajo.clave)
    trabajo.informe.refresh_from_db()
    emision.presentar(emision.aprobar(trabajo.informe, por=coordina), por=coordina)
    cliente = Client()
    cliente.force_login(coordina)
    documentos = list(Documento.objects.filter(informe=trabajo.informe).order_by("formato"))
    bajados = {uno: cliente.get(direccion(uno)).content for uno in documentos}
    alterado, perdido = documentos[:2]
    cliente_s3 = almacen.connection.meta.client
    lugar = {"Bucket": settings.ARCHIVOS["OPTIONS"]["bucket_name"]}
    veces = len(cliente_s3.list_object_versions(**lugar)["Versions"])
    sellar_archivo(bajados[alterado])  # otra vez lo mismo
    iguales = len(cliente_s3.list_object_versions(**lugar)["Versions"]) == veces
    genuinos = [genuino(cliente, octetos) for octetos in bajados.values()]
    cliente_s3.put_object(**lugar, Key=alterado.archivo.name, Body=b"otra cosa")
    cliente_s3.delete_object(**lugar, Key=perdido.archivo.name)
    return {
        "es_s3": isinstance(almacen, S3Storage),
        "la_evidencia_tambien": isinstance(Evidencia._meta.get_field("archivo").storage, S3Storage),
        "salud": cliente.get("/salud/").status_code,
        "atendido": atendido,
        "huellas": [sha256(octetos).hexdigest() == uno.sha256 for uno, octetos in bajados.items()],
        "genuinos": genuinos,
        "repetido_no_escribe": iguales,
        "alterado": cliente.get(direccion(alterado)).status_code,
        "perdido": cliente.get(direccion(perdido)).status_code,
        "objetos": veces,
    }


def direccion(documento: Documento) -> str:
    return reverse("informes:documento", args=[documento.pk])


def genuino(cliente: Client, octetos: bytes) -> bool:
    pagina = cliente.post("/verificar/", {"archivo": SimpleUploadedFile("a", octetos)})
    return "Genuino" in pagina.content.decode()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main()))
