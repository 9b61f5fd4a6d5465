"""Lo que mandan los botones que dan un paso, solos o sobre varios avances."""

from django import forms
from django.utils import timezone

from instituciones.consultas import titulares_de
from instituciones.models import Usuario
from matrices.forms.textos import TextoField, area

LARGO = 1000


class PasoForm(forms.Form):
    """Qué paso, sobre qué versión, con qué nota y en nombre de quién."""

    paso = forms.CharField(max_length=20)
    version = forms.IntegerField(min_value=1)
    nota = TextoField(required=False, max_length=LARGO, widget=area(2), label="Nota")
    en_nombre_de = forms.ModelChoiceField(Usuario.objects.none(), required=False)
    confirma = forms.BooleanField(required=False, label="Confirmo que requiere decisión del CNS")

    def __init__(self, *args, usuario: Usuario, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["en_nombre_de"].queryset = titulares(usuario)


class VariosForm(forms.Form):
    """Varios avances, cada uno con la versión que la persona vio: «clave:version»."""

    avance = forms.MultipleChoiceField()
    declaracion = forms.BooleanField(required=False)
    confirma = forms.BooleanField(required=False)
    en_nombre_de = forms.ModelChoiceField(Usuario.objects.none(), required=False)

    def __init__(self, *args, usuario: Usuario, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["en_nombre_de"].queryset = titulares(usuario)
        self.fields["avance"].valid_value = lambda dado: True
        self.fields["avance"].error_messages["required"] = "Marque al menos una actividad."

    def clean_avance(self) -> dict[int, int]:
        """{clave: versión}."""
        try:
            pares = [dado.split(":") for dado in self.cleaned_data["avance"]]
            return {int(clave): int(version) for clave, version in pares}
        except ValueError as falla:
            raise forms.ValidationError("La lista no se entiende.", code="invalid") from falla


def titulares(usuario: Usuario):
    """Las personas que hoy le delegan: sólo en su nombre puede actuar."""
    hoy = titulares_de(usuario, timezone.localdate())
    return Usuario.objects.visibles_para(usuario).filter(pk__in=[uno.pk for uno in hoy])
