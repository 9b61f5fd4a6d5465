"""El resumen de cada corte, y el de los que ya estaban sellados."""

import django.db.models.deletion
from django.db import migrations, models

from informes.contenido import resumen_de


def resumir(apps, schema_editor):
    """De uno en uno: un contenido sellado pesa más de un millón de letras."""
    sellados = apps.get_model("informes", "ContenidoSellado").objects.filter(edicion="CNS")
    resumenes = apps.get_model("informes", "ResumenDeCorte").objects
    for sellado in sellados.order_by("pk").iterator(chunk_size=1):
        resumenes.create(
            corte_id=sellado.corte_id,
            contenido=resumen_de(sellado.contenido),
            huella=sellado.huella,
        )


class Migration(migrations.Migration):
    dependencies = [("informes", "0002_lo_emitido_solo_crece")]

    operations = [
        migrations.CreateModel(
            name="ResumenDeCorte",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("contenido", models.TextField()),
                ("huella", models.CharField(max_length=64)),
                (
                    "corte",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="resumen",
                        to="informes.corte",
                    ),
                ),
            ],
            options={
                "verbose_name": "resumen de corte",
                "verbose_name_plural": "resúmenes de corte",
            },
        ),
        migrations.RunPython(resumir, migrations.RunPython.noop, elidable=True),
    ]
