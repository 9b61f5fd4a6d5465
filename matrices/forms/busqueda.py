"""Lo que se escribe en el buscador."""

from django import forms

from instituciones.textos import TextoField

LARGO = 100


class BusquedaForm(forms.Form):
    """Un código o unas palabras."""

    q = TextoField(
        required=False,
        max_length=LARGO,
        error_messages={"max_length": f"Busque con {LARGO} caracteres o menos."},
    )
