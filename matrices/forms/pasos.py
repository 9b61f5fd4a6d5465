"""Lo que mandan los botones que dan un paso, solos o sobre varios avances."""

from django import forms
from django.utils import timezone

from instituciones.consultas import titulares_de
from instituciones.models import Usuario
from instituciones.textos import TextoField, area
from matrices.forms.reglas import MINIMO

LARGO = 1000
CONFIRMA = "Confirma que requiere decisión del CNS."
SIN_CONFIRMAR = "Confirme que requiere decisión del CNS, o devuélvalo."


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


class MarcadasForm(forms.Form):
    """Varios avances, cada uno con la versión que la persona vio: «clave:version»."""

    avance = forms.MultipleChoiceField()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["avance"].valid_value = lambda dado: True
        self.fields["avance"].error_messages["required"] = "Marque al menos una actividad."

    def clean_avance(self) -> dict[int, int]:
        """{clave: versión}."""
        try:
            pares = [dado.split(":") for dado in self.cleaned_data["avance"]]
            return {int(clave): int(version) for clave, version in pares}
        except ValueError as falla:
            raise forms.ValidationError("La lista no se entiende.", code="invalid") from falla


class VariosForm(MarcadasForm):
    """Un mismo paso para los avances marcados, con lo que el paso pide."""

    declaracion = forms.BooleanField(required=False)
    confirma = forms.BooleanField(required=False)
    en_nombre_de = forms.ModelChoiceField(Usuario.objects.none(), required=False)

    def __init__(self, *args, usuario: Usuario, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["en_nombre_de"].queryset = titulares(usuario)


class SinCambiosForm(MarcadasForm):
    """«Sin cambios» para varios avances: un motivo, y una fecha para las medidas que lo pidan."""

    motivo_sin_cambios = TextoField(
        min_length=MINIMO,
        max_length=LARGO,
        widget=area(2),
        label="Por qué no hay cambios",
        help_text="Se escribe en todas las marcadas.",
        error_messages={
            "required": "Escriba por qué no hay cambios.",
            "min_length": "Escriba al menos %(limit_value)d caracteres (van %(show_value)d).",
        },
    )
    fecha_medida = forms.DateField(
        required=False,
        label="Nueva fecha de la medida",
        help_text="Para las que quedarían en amarillo o peor; después del corte.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


def titulares(usuario: Usuario):
    """Las personas que hoy le delegan: sólo en su nombre puede actuar."""
    hoy = titulares_de(usuario, timezone.localdate())
    return Usuario.objects.visibles_para(usuario).filter(pk__in=[uno.pk for uno in hoy])
