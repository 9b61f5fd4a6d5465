"""Qué de la calidad se mira: plan, semestre y cuáles avances. Todo va en la dirección."""

from django import forms
from django.db.models import QuerySet

from acciones.models import Plan
from instituciones.models import Institucion
from matrices.calidad import CUALES
from matrices.models.periodo import CODIGO, Periodo


class CalidadForm(forms.Form):
    """El plan y el semestre; lo que no se dice es el plan dado y su último semestre."""

    plan = forms.ModelChoiceField(
        Plan.objects.none(), to_field_name="codigo", required=False, label="Plan"
    )
    periodo = forms.RegexField(CODIGO, required=False, label="Semestre", max_length=7)

    def __init__(self, *args, planes: QuerySet[Plan], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["plan"].queryset = planes


class DesgloseForm(CalidadForm):
    """Además, de qué institución y cuáles de sus avances."""

    institucion = forms.ModelChoiceField(
        Institucion.objects.none(), to_field_name="sigla", required=False, label="Institución"
    )
    cuales = forms.ChoiceField(
        choices=[(codigo, cual.nombre) for codigo, cual in CUALES.items()],
        required=False,
        label="Cuáles",
    )

    def __init__(self, *args, instituciones: QuerySet[Institucion], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["institucion"].queryset = instituciones

    def clean_cuales(self) -> str:
        return self.cleaned_data["cuales"] or "exigidos"


def semestre_de(form: CalidadForm, periodos: list[Periodo]) -> Periodo | None:
    """El que se pidió, o el último; None si el pedido no es de ese plan o no hay ninguno."""
    pedido = form.cleaned_data["periodo"]
    if not pedido:
        return periodos[0] if periodos else None
    return next((uno for uno in periodos if uno.codigo == pedido), None)
