"""Lo que se escribe al revisar: filtros de la cola, observaciones por campo y notas."""

from collections.abc import Iterable
from urllib.parse import urlencode

import django_filters
from django import forms
from django.db.models import Q, QuerySet

from instituciones.models import Institucion, Usuario
from instituciones.textos import TextoField, area
from matrices.calculo import ASPECTOS
from matrices.forms.campos import PeriodoFilter
from matrices.forms.pasos import VariosForm
from matrices.models import Avance, Observacion, Periodo
from matrices.models.filtros import LARGO_DE_UNA_CONSULTA

MAXIMA_VERSION = 2_147_483_647
MIO, NADIE, OTRA = "mio", "nadie", "otra"
EN_COLA = [
    (Avance.Estado.REMITIDO, "Por revisar"),
    (Avance.Estado.OBSERVADO, "Observado, sin corregir"),
    (Avance.Estado.VALIDADO, "Validado"),
    (Avance.Estado.NO_REPORTADO, "No reportado"),
]
RONDAS = [("1", "Primera"), ("2", "Segunda"), ("3", "Tercera o más")]


def _instituciones(request) -> QuerySet[Institucion]:
    return Institucion.objects.visibles_para(request.user).filter(reporta=True)


def _periodos(request) -> QuerySet[Periodo]:
    return Periodo.objects.visibles_para(request.user).en_curso().select_related("plan")


class ColaFilter(django_filters.FilterSet):
    """Qué de la cola se mira; todo va en la dirección de la página."""

    estado = django_filters.ChoiceFilter(choices=EN_COLA, label="Estado", empty_label=None)
    institucion = django_filters.ModelChoiceFilter(
        field_name="actividad__responsable",
        queryset=_instituciones,
        label="Institución",
        empty_label="Todas",
    )
    accion = django_filters.CharFilter(method="del_nivel", label="Acción u objetivo", max_length=30)
    semaforo = django_filters.ChoiceFilter(
        choices=[(codigo, aspecto.palabra) for codigo, aspecto in ASPECTOS.items()],
        label="Color",
        empty_label="Todos",
    )
    asignado = django_filters.ChoiceFilter(
        choices=[(MIO, "A mí"), (NADIE, "A nadie"), (OTRA, "A otra persona")],
        method="de_quien",
        label="Asignado",
        empty_label="A cualquiera",
    )
    ronda = django_filters.ChoiceFilter(
        choices=RONDAS, method="en_ronda", label="Ronda", empty_label="Todas"
    )
    declara = django_filters.ChoiceFilter(
        choices=[("sin_cambios", "Sin cambios"), ("cambios", "Con cambios")],
        method="que_declara",
        label="Declara",
        empty_label="Todo",
    )
    periodo = PeriodoFilter(queryset=_periodos, label="Semestre", empty_label="Todos")

    class Meta:
        model = Avance
        fields: list[str] = []

    def __init__(self, datos, *args, **kwargs):
        con_estado = datos.copy()
        con_estado.setdefault("estado", Avance.Estado.REMITIDO)
        super().__init__(con_estado, *args, **kwargs)

    def del_nivel(self, filas, nombre, codigo):
        """La acción de ese código, o todas las de ese objetivo o programa."""
        campo = "actividad__matriz__accion__codigo"
        return filas.filter(Q(**{campo: codigo}) | Q(**{f"{campo}__startswith": f"{codigo}."}))

    def de_quien(self, filas, nombre, cual):
        if cual == NADIE:
            return filas.filter(asignado_a=None)
        if cual == MIO:
            return filas.filter(asignado_a=self.request.user)
        return filas.exclude(asignado_a=None).exclude(asignado_a=self.request.user)

    def que_declara(self, filas, nombre, que):
        return filas.filter(sin_cambios=que == "sin_cambios")

    @property
    def consulta(self) -> str:
        """Lo filtrado, como va en la dirección: sólo lo que se entiende y algo dice."""
        puestos = {campo: self.data.get(campo) for campo in self.filters}
        return urlencode({campo: valor for campo, valor in puestos.items() if valor})

    def en_ronda(self, filas, nombre, ronda):
        previas = int(ronda) - 1
        return filas.filter(ronda__gte=previas) if ronda == "3" else filas.filter(ronda=previas)


class VersionForm(forms.Form):
    """La versión que la persona vio: con ella se sabe si otra escribió después."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=MAXIMA_VERSION)


class AsignarForm(VersionForm):
    """A quién se le asigna; sólo personas que quien asigna puede ver."""

    a = forms.ModelChoiceField(
        Usuario.objects.none(),
        label="Asignar a",
        error_messages={
            "required": "Elija a quién.",
            "invalid_choice": "Elija a una persona de la lista.",
        },
    )

    def __init__(self, *args, personas: QuerySet[Usuario], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["a"].queryset = personas


class AsignarVariosForm(VariosForm):
    """A quién se le asignan los marcados; sólo personas que quien asigna puede ver."""

    a = forms.ModelChoiceField(
        Usuario.objects.none(),
        error_messages={
            "required": "Elija a quién.",
            "invalid_choice": "Elija a una persona de la lista.",
        },
    )

    def __init__(self, *args, personas: QuerySet[Usuario], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["a"].queryset = personas


class FiltroForm(forms.Form):
    """El nombre de un filtro; lo que filtra lo revisa `ColaFilter`."""

    nombre = TextoField(
        label="Nombre del filtro",
        max_length=60,
        error_messages={"required": "Póngale un nombre al filtro."},
    )

    def __init__(self, *args, filtro: ColaFilter, **kwargs):
        super().__init__(*args, **kwargs)
        self.filtro = filtro

    def clean(self):
        datos = super().clean()
        if not self.filtro.is_valid() or len(self.filtro.consulta) > LARGO_DE_UNA_CONSULTA:
            raise forms.ValidationError("Estos filtros no se entienden: no se pueden guardar.")
        return datos


class CambiarFiltroForm(VersionForm, FiltroForm):
    """El nombre y la versión que la persona vio."""


class NotaForm(VersionForm):
    """El motivo de un paso que lo exige: queda en la constancia."""

    nota = TextoField(
        label="Motivo",
        widget=area(3),
        min_length=10,
        max_length=1000,
        error_messages={"required": "Escriba el motivo."},
    )


class ObservarForm(VersionForm):
    """Una observación por campo, y las atendidas que se reabren."""

    reabre = forms.MultipleChoiceField(
        label="Reabrir", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, campos: dict[str, str], atendidas: Iterable[Observacion], **kwargs):
        super().__init__(*args, **kwargs)
        self.campos = campos
        self.fields["reabre"].choices = [(str(una.pk), una.texto) for una in atendidas]
        for campo, nombre in campos.items():
            self.fields[_clave(campo)] = TextoField(
                label=nombre, required=False, widget=area(2), min_length=10, max_length=1000
            )

    def textos(self) -> list[tuple[str, str]]:
        """Lo escrito, por campo; lo vacío no cuenta."""
        escrito = {campo: self.cleaned_data.get(_clave(campo)) for campo in self.campos}
        return [(campo, texto) for campo, texto in escrito.items() if texto]

    def reabiertas(self) -> list[int]:
        return [int(pk) for pk in self.cleaned_data.get("reabre", [])]

    def casilla(self, campo: str) -> forms.BoundField:
        """El recuadro donde se observa ese campo."""
        return self[_clave(campo)]


class ObservacionesForm(ObservarForm):
    """Para observar hace falta decir algo."""

    def clean(self):
        datos = super().clean()
        if not self.errors and not self.textos() and not self.reabiertas():
            raise forms.ValidationError(
                "Escriba al menos una observación sobre un campo, o reabra una atendida."
            )
        return datos


class ValidarForm(ObservarForm):
    """Para validar no debe quedar nada escrito sin enviar."""

    def clean(self):
        datos = super().clean()
        if self.textos() or self.reabiertas():
            raise forms.ValidationError(
                "Hay observaciones escritas: envíelas con «Observar» o bórrelas para validar."
            )
        return datos


def _clave(campo: str) -> str:
    return f"obs_{campo}"
