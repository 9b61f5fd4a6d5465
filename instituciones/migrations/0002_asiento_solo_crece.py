"""La bitácora sólo crece también en la base."""

from django.db import migrations

from instituciones.solo_crece import operaciones


class Migration(migrations.Migration):
    dependencies = [("instituciones", "0001_initial")]

    operations = operaciones("instituciones_asiento")
