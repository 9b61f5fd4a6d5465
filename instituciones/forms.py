"""Lo que se escribe sobre quién, con mensajes que entiende quien delega."""

from datetime import timedelta

from crispy_forms.helper import FormHelper
from django import forms
from django.utils import timezone

from instituciones.consultas import delegables, delegaciones_que_chocan
from instituciones.models import Delegacion, Usuario

PLAZO = timedelta(days=90)
CHOCA = "Ya dio una delegación con días en común; revóquela antes o cambie las fechas."


class DelegacionForm(forms.ModelForm):
    """A quién presta su rol el titular, desde cuándo, hasta cuándo y con qué respaldo."""

    class Meta:
        model = Delegacion
        fields = ["delegado", "desde", "hasta", "acto"]
        labels = {
            "delegado": "Persona que actuará en su nombre",
            "hasta": "Hasta (inclusive)",
            "acto": "Acto escrito que la respalda",
        }
        help_texts = {
            "delegado": "De su misma institución y con cuenta activa.",
            "hasta": "Noventa días a lo sumo.",
            "acto": "Oficio, memorando o resolución, con número y fecha.",
        }
        widgets = {
            campo: forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            for campo in ("desde", "hasta")
        }

    def __init__(self, *args, titular: Usuario, **kwargs):
        super().__init__(*args, **kwargs)
        self.titular = titular
        self.instance.titular = titular
        self.fields["delegado"] = forms.ModelChoiceField(
            delegables(titular),
            label=self.fields["delegado"].label,
            help_text=self.fields["delegado"].help_text,
            error_messages={"invalid_choice": "Elija a una persona activa de su institución."},
        )
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True

    def clean_desde(self):
        desde = self.cleaned_data["desde"]
        if desde < timezone.localdate():
            raise forms.ValidationError("Una delegación no vale para días que ya pasaron.")
        return desde

    def clean_acto(self):
        return " ".join(self.cleaned_data["acto"].split())

    def clean(self):
        datos = super().clean() or {}
        desde, hasta = datos.get("desde"), datos.get("hasta")
        if not desde or not hasta:
            return datos
        if hasta < desde:
            self.add_error("hasta", "Termina antes de empezar.")
        elif hasta > desde + PLAZO:
            self.add_error("hasta", f"Pasa de noventa días: a lo sumo {desde + PLAZO:%d/%m/%Y}.")
        elif delegaciones_que_chocan(self.titular, desde, hasta).exists():
            self.add_error("desde", CHOCA)
        return datos
