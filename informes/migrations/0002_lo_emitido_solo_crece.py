"""Lo cortado, lo emitido y lo descargado sólo crece también en la base."""

from django.db import migrations

from instituciones.solo_crece import operaciones


class Migration(migrations.Migration):
    dependencies = [("informes", "0001_initial")]

    operations = operaciones(
        "informes_corte",
        "informes_contenidosellado",
        "informes_documento",
        "informes_descarga",
    )
