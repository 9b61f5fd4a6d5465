"""Lo que se pide para registrar o corregir un valor de un resultado estratégico."""

from datetime import date

from django import forms
from django.utils import timezone

from acciones.models import ResultadoEstrategico, ValorResultado
from instituciones.textos import TextoField
from matrices.forms.campos import CifraField
from matrices.forms.revision import VersionForm
from matrices.resultados import YA_HAY

DESDE = date(2000, 1, 1)


class ValorForm(VersionForm):
    """Qué día, cuánto y de dónde sale. Un incremento puede ser negativo: el signo no se limita."""

    fecha = forms.DateField(
        label="Fecha a la que corresponde",
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
        help_text="El último día que abarca la medición; no el día en que se publicó.",
    )
    valor = CifraField(
        label="Valor",
        max_digits=16,
        decimal_places=4,
        widget=forms.NumberInput({"step": "any", "inputmode": "decimal"}),
    )
    fuente = TextoField(
        label="Fuente",
        min_length=5,
        max_length=300,
        help_text="Quién lo publica, en qué documento o registro y cuándo.",
    )
    field_order = ["version", "fecha", "valor", "fuente"]

    def __init__(
        self,
        *args,
        usuario,
        resultado: ResultadoEstrategico,
        uno: ValorResultado | None = None,
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        self.usuario, self.resultado, self.uno = usuario, resultado, uno
        self.fields["valor"].help_text = f"En: {resultado.unidad}. Con punto decimal."

    def clean_fecha(self):
        fecha = self.cleaned_data["fecha"]
        if fecha > timezone.localdate():
            raise forms.ValidationError("La fecha no puede ser futura.")
        if fecha < DESDE:
            raise forms.ValidationError("La fecha es demasiado antigua: revísela.")
        suyos = ValorResultado.objects.visibles_para(self.usuario).filter(
            resultado=self.resultado, fecha=fecha
        )
        if suyos.exclude(pk=self.uno.pk if self.uno else None).exists():
            raise forms.ValidationError(YA_HAY)
        return fecha

    def escrito(self) -> dict:
        """Lo declarado, sin la versión."""
        return {campo: self.cleaned_data[campo] for campo in ("fecha", "valor", "fuente")}
