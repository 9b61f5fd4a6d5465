"""Lo que se pide para programar un semestre, cambiar sus fechas o prorrogarlo."""

from dataclasses import fields
from datetime import date

from django import forms

from acciones.models import Plan
from matrices.calendario import FechasDelSemestre
from matrices.forms.revision import NotaForm, VersionForm
from matrices.models import Periodo

FECHAS = [una.name for una in fields(FechasDelSemestre)]
ANIOS = (2000, 2100)
ORDEN = [
    ("inicio", "corte", "El semestre empieza antes de su corte."),
    ("abre", "limite", "Se abre antes de la fecha límite."),
    ("limite", "fin_gracia", "La gracia termina después de la fecha límite."),
    ("fin_gracia", "revision_hasta", "La revisión termina después de la gracia."),
    ("revision_hasta", "corte_previsto", "El corte es después de la revisión."),
    ("corte_previsto", "entrega_cns", "Se entrega al CNS después del corte."),
]


class ProgramarForm(forms.Form):
    """Qué semestre de qué plan; sus fechas salen por omisión y se cambian antes de abrir."""

    plan = forms.ModelChoiceField(Plan.objects.none(), empty_label=None)
    anio = forms.IntegerField(label="Año", min_value=ANIOS[0], max_value=ANIOS[1])
    semestre = forms.TypedChoiceField(
        coerce=int,
        choices=[(1, "Primero: corta el 30 de junio"), (2, "Segundo: corta el 31 de diciembre")],
    )

    def __init__(self, *args, usuario, **kwargs):
        super().__init__(*args, **kwargs)
        self.usuario = usuario
        self.fields["plan"].queryset = Plan.objects.visibles_para(usuario).abiertos()

    def clean(self):
        datos = super().clean()
        if self.errors:
            return datos
        suyos = Periodo.objects.visibles_para(self.usuario).filter(plan=datos["plan"])
        if suyos.filter(anio=datos["anio"], semestre=datos["semestre"]).exists():
            self.add_error("semestre", "Ese semestre ya está programado.")
        return datos


class FechasForm(VersionForm, forms.ModelForm):
    """Las fechas de un semestre que aún no se abre."""

    class Meta:
        model = Periodo
        fields = FECHAS
        widgets = {campo: forms.DateInput({"type": "date"}, "%Y-%m-%d") for campo in FECHAS}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for campo in self.Meta.fields:
            self.fields[campo].required = True

    def clean(self):
        datos = super().clean()
        for antes, despues, mensaje in ORDEN:
            if antes in datos and despues in datos and not datos[antes] < datos[despues]:
                self.add_error(despues, mensaje)
        return datos

    def fechas(self) -> FechasDelSemestre:
        return FechasDelSemestre(**{campo: self.cleaned_data[campo] for campo in self.Meta.fields})


class ProrrogarForm(NotaForm):
    """Hasta cuándo y por qué; la gracia se cuenta de nuevo desde el nuevo límite."""

    limite = forms.DateField(
        label="Nueva fecha límite", widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    field_order = ["version", "limite", "nota"]

    def __init__(self, *args, limite_actual: date, hoy: date, **kwargs):
        super().__init__(*args, **kwargs)
        self.limite_actual, self.hoy = limite_actual, hoy

    def clean_limite(self):
        limite = self.cleaned_data["limite"]
        if limite <= self.limite_actual:
            raise forms.ValidationError(
                f"Debe ser posterior a la actual, {self.limite_actual:%d/%m/%Y}."
            )
        if limite < self.hoy:
            raise forms.ValidationError("Ese día ya pasó.")
        return limite
