"""Lo que escribe la institución que coopera; nunca cambia la cifra."""

from django import forms

from instituciones.textos import TextoField, area
from matrices.models import Aporte


class AporteForm(forms.ModelForm):
    """Si está conforme con lo informado y qué aportó."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    texto = TextoField(
        max_length=1000,
        required=False,
        label="Su aporte",
        help_text="Qué hizo su institución en esta actividad en el semestre.",
        widget=area(5),
    )
    conforme = forms.ChoiceField(
        choices=Aporte.Conformidad,
        label="¿Está conforme con lo informado?",
        widget=forms.RadioSelect,
    )

    class Meta:
        model = Aporte
        fields = ["conforme", "texto"]

    def __init__(self, *args, instance: Aporte, **kwargs):
        super().__init__(*args, instance=instance, **kwargs)
        self.initial["version"] = instance.version

    def clean(self):
        datos = super().clean()
        observa = datos.get("conforme") == Aporte.Conformidad.OBSERVA
        if observa and not datos.get("texto") and "texto" not in self.errors:
            self.add_error("texto", "Diga qué observa.")
        return datos

    def diferencias(self, actual: Aporte) -> list[dict[str, str | None]]:
        """Lo escrito junto a lo que está guardado."""
        conformidad = dict(Aporte.Conformidad.choices)
        dado = self.cleaned_data
        pares = [
            ("¿Está conforme?", conformidad.get(dado["conforme"]), actual.get_conforme_display()),
            ("Su aporte", dado["texto"], actual.texto),
        ]
        return [
            {"nombre": nombre, "suyo": suyo or None, "actual": otro or None}
            for nombre, suyo, otro in pares
            if suyo != otro
        ]
