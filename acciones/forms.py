"""Lo que se pide para tramitar una propuesta legislativa."""

from django import forms
from django.utils import timezone

from acciones.flujo import siguientes
from acciones.models import PropuestaLegislativa
from instituciones.textos import TextoField, area


class TramiteForm(forms.Form):
    """A qué estado pasa, cuándo y con qué documento; hacia atrás, por qué."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    a = forms.ChoiceField(label="Pasa a")
    fecha = forms.DateField(
        label="Fecha", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    documento = TextoField(
        label="Documento que lo respalda",
        max_length=300,
        help_text="Número y nombre: oficio, dictamen, iniciativa.",
    )
    nota = TextoField(label="Nota", required=False, max_length=1000, widget=area(3))

    def __init__(self, *args, propuesta: PropuestaLegislativa, **kwargs):
        super().__init__(*args, **kwargs)
        self.posibles = siguientes(propuesta)
        nombres = dict(PropuestaLegislativa.Estado.choices)
        self.fields["a"].choices = [
            (estado, f"{nombres[estado]}{' (vuelve atrás)' if atras else ''}")
            for estado, atras in self.posibles.items()
        ]

    def clean_fecha(self):
        fecha = self.cleaned_data["fecha"]
        if fecha > timezone.localdate():
            raise forms.ValidationError("La fecha no puede ser futura.")
        return fecha

    def clean(self):
        datos = super().clean()
        if self.posibles.get(datos.get("a")) and not datos.get("nota", "").strip():
            self.add_error("nota", "Para volver atrás, diga por qué.")
        return datos
