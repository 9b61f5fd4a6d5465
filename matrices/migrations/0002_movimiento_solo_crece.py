"""Los movimientos sólo crecen también en la base."""

from django.db import migrations

from instituciones.solo_crece import operaciones


class Migration(migrations.Migration):
    dependencies = [("matrices", "0001_initial")]

    operations = operaciones("matrices_movimiento")
