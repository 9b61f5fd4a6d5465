"""El archivo que se sube; lo de adentro lo juzga `libro`."""

from django import forms


class LibroForm(forms.Form):
    """Un libro bajado de esta página, ya lleno."""

    archivo = forms.FileField(
        label="Libro lleno (.xlsx)",
        help_text="El que bajó de aquí, hasta 10 MB. Nada se guarda hasta que usted lo confirme.",
        allow_empty_file=True,
        error_messages={"required": "Elija el libro que llenó."},
        widget=forms.ClearableFileInput(
            attrs={
                "accept": ".xlsx,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
            }
        ),
    )
