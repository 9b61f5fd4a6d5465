"""Lo que se escribe para pedir otra clasificación, y para registrar o prorrogar una reserva."""

from datetime import date
from typing import Any

from django import forms

from instituciones.models import (
    Clasificacion,
    Institucion,
    ResolucionReserva,
    Rol,
    Usuario,
    Visibilidad,
)
from instituciones.textos import TextoField, area
from matrices.clasificacion import Fila, Pedido

MOTIVO = {"min_length": 30, "max_length": 1000}
CLASES = [una for una in Clasificacion.choices if una[0] != Clasificacion.SIN_CLASIFICAR]
# Lo que cada paso pide además de la versión: {paso: (campo del verbo, etiqueta, ayuda)}.
PIDEN = {
    "aprobar": ("nota", "Por qué se aprueba", "Queda con su nombre. Lo lee quien la pidió."),
    "rechazar": ("nota", "Por qué se rechaza", "Lo lee quien la pidió."),
}


def _dia(ayuda: str = "", **opciones: Any) -> forms.DateField:
    control = forms.DateInput({"type": "date"}, "%Y-%m-%d")
    return forms.DateField(widget=control, help_text=ayuda, **opciones)


class ClaseForm(forms.Form):
    """Qué clase y visibilidad debe tener; si cabe o no, lo dice `clasificacion`."""

    clase = forms.ChoiceField(
        label="Categoría legal",
        choices=CLASES,
        help_text="Cada una es un conjunto aparte: leer una no da otra.",
    )
    visibilidad = forms.ChoiceField(label="Quién puede verlo", choices=Visibilidad.choices)
    resolucion = forms.ModelChoiceField(
        ResolucionReserva.objects.none(),
        label="Resolución de reserva",
        required=False,
        empty_label="Ninguna",
        help_text="Sólo lo reservado. Si no está en la lista, regístrela primero.",
    )
    base = TextoField(
        label="Base de lo confidencial",
        required=False,
        max_length=1000,
        widget=area(2),
        help_text="Sólo lo confidencial: qué ley lo dice, o con qué garantía se entregó.",
    )
    con_sus_partes = forms.BooleanField(
        label="También lo que cuelga de aquí con esta misma clase",
        required=False,
        help_text="Sólo al bajarla o al clasificar por primera vez. Lo de otra clase no cambia.",
    )
    motivo = TextoField(
        label="Motivo", widget=area(4), help_text="Por qué debe cambiar, y por qué ahora.", **MOTIVO
    )

    def __init__(self, *args, fila: Fila, usuario: Usuario, con_partes: bool, **kwargs):
        super().__init__(*args, **kwargs)
        visibles = ResolucionReserva.objects.visibles_para(usuario)
        self.fields["resolucion"].queryset = visibles.que_sirven()
        self.initial.setdefault("visibilidad", fila.visibilidad)
        if fila.clasificacion != Clasificacion.SIN_CLASIFICAR:
            self.initial.setdefault("clase", fila.clasificacion)
        if not con_partes:
            del self.fields["con_sus_partes"]

    def pedido(self) -> Pedido:
        """Lo que el verbo recibe."""
        return Pedido(**self.cleaned_data)


class _Resolucion(forms.ModelForm):
    """Lo que llevan una resolución y su prórroga. Nadie llama a su `save()`."""

    numero = TextoField(
        label="Número", max_length=60, help_text="Como la resolución misma lo escribe."
    )
    fecha = _dia(label="Fecha")
    vence = _dia(label="Vence")
    fundamento = TextoField(
        label="Motivo y fundamento",
        min_length=10,
        max_length=2000,
        widget=area(4),
        help_text="Qué daño causaría divulgarlo y en qué ley se funda.",
    )

    class Meta:
        model = ResolucionReserva
        fields = ["numero", "fecha", "vence", "fundamento"]

    def clean_fecha(self) -> date:
        fecha = self.cleaned_data["fecha"]
        if fecha > self.hoy:
            raise forms.ValidationError("Todavía no se ha dictado.")
        return fecha

    def __init__(self, *args, hoy: date, **kwargs):
        super().__init__(*args, **kwargs)
        self.hoy = hoy

    def validate_constraints(self) -> None:
        """Los plazos los juzga el verbo, con la fecha exacta; y la base los repite."""


class ResolucionForm(_Resolucion):
    """Una resolución ya dictada por la autoridad, con lo que reserva y quién lo guarda."""

    partes = TextoField(
        label="Qué reserva",
        min_length=5,
        max_length=2000,
        widget=area(3),
        help_text="Qué partes de qué documentos o actividades.",
    )

    class Meta(_Resolucion.Meta):
        fields = ["numero", "autoridad", "fecha", "vence", "fundamento", "partes", "custodio"]
        help_texts = {"custodio": "Quién guarda lo reservado y recibe los avisos de vencimiento."}

    field_order = Meta.fields

    def __init__(self, *args, usuario: Usuario, **kwargs):
        super().__init__(*args, **kwargs)
        visibles = Institucion.objects.visibles_para(usuario)
        suyas = (
            visibles
            if usuario.rol == Rol.COORDINADOR
            else visibles.filter(pk=usuario.institucion_id)
        )
        self.fields["autoridad"].queryset = suyas
        self.fields["custodio"].queryset = visibles
        if usuario.rol != Rol.COORDINADOR:
            self.initial |= {"autoridad": usuario.institucion, "custodio": usuario.institucion}
        self.fields["vence"].help_text = "A lo sumo siete años después de su fecha."


class ProrrogaForm(_Resolucion):
    """La resolución que prorroga otra: reserva lo mismo, hasta más tarde."""
