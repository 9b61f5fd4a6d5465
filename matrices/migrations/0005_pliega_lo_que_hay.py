"""Pliega la descripción de las actividades que ya estaban."""

from typing import Any

from django.db import migrations

from instituciones.plegado import plegar


def llenar(apps: Any, editor: Any) -> None:
    actividades = apps.get_model("matrices", "Actividad").objects
    for clave, descripcion in actividades.values_list("pk", "descripcion").iterator():
        actividades.filter(pk=clave).update(plegado=plegar(descripcion))


class Migration(migrations.Migration):
    dependencies = [("matrices", "0004_texto_plegado")]

    operations = [migrations.RunPython(llenar, migrations.RunPython.noop)]
