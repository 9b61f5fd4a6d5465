"""Pliega el texto de lo que ya estaba cargado."""

from typing import Any

from django.db import migrations

from instituciones.plegado import plegar

COLUMNAS = {
    "Plan": ("codigo", "sigla", "nombre"),
    "ObjetivoEspecifico": ("enunciado",),
    "AccionEstrategica": ("enunciado",),
}


def llenar(apps: Any, editor: Any) -> None:
    for nombre, columnas in COLUMNAS.items():
        modelo = apps.get_model("acciones", nombre)
        for clave, *textos in modelo.objects.values_list("pk", *columnas).iterator():
            modelo.objects.filter(pk=clave).update(plegado=plegar(" ".join(textos)))


class Migration(migrations.Migration):
    dependencies = [("acciones", "0003_texto_plegado")]

    operations = [migrations.RunPython(llenar, migrations.RunPython.noop)]
