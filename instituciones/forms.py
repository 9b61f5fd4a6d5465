"""Lo que se escribe sobre quién, con mensajes que entiende quien delega."""

from datetime import timedelta

import django_filters
from allauth.account.forms import ResetPasswordForm
from crispy_forms.helper import FormHelper
from django import forms
from django.db.models import Q
from django.utils import timezone

from instituciones import correo
from instituciones.consultas import delegables, delegaciones_que_chocan
from instituciones.models import Asiento, Aviso, Delegacion, PreferenciaDeAvisos, Usuario
from instituciones.textos import TextoField

PLAZO = timedelta(days=90)
CHOCA = "Ya dio una delegación con días en común; revóquela antes o cambie las fechas."


def _fecha() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


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
        field_classes = {"acto": TextoField}

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


class PedirEnlaceForm(ResetPasswordForm):
    """El correo de quien olvidó su contraseña; si tiene cuenta lo ve después quien despacha."""

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()

    def save(self, request, **_):
        correo.pedir_enlace(self.cleaned_data["email"])
        return self.cleaned_data["email"]


class AvisosForm(forms.Form):
    """Cuáles de los propios; ninguno quiere decir todos."""

    def __init__(self, *args, persona: Usuario, **kwargs):
        super().__init__(*args, **kwargs)
        propios = Aviso.objects.visibles_para(persona)
        self.fields["aviso"] = forms.ModelMultipleChoiceField(propios, required=False)

    def clean_aviso(self):
        return [uno.pk for uno in self.cleaned_data["aviso"]]


class PreferenciaForm(forms.Form):
    """Cuándo llegan por correo; dentro de la aplicación están siempre."""

    correo = forms.ChoiceField(
        label="¿Cuándo los quiere por correo?",
        choices=PreferenciaDeAvisos.Correo.choices,
        widget=forms.RadioSelect,
        help_text="El resumen sale a las siete de la mañana, sólo si hay algo que decir.",
        error_messages={"required": "Elija una opción.", "invalid_choice": "Elija una opción."},
    )
    version = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True


class BitacoraFilter(django_filters.FilterSet):
    """Qué asientos se miran; todo va en la dirección de la página."""

    persona = django_filters.CharFilter(
        method="de_quien", label="Persona (correo o nombre)", max_length=150
    )
    acto = django_filters.CharFilter(method="de_acto", label="Acto", max_length=40)
    tipo = django_filters.CharFilter(
        method="de_tipo", label="Sobre (avance, informe…)", max_length=40
    )
    clave = django_filters.CharFilter(label="Número de la fila", max_length=120)
    institucion = django_filters.CharFilter(
        lookup_expr="iexact", label="Institución (sigla)", max_length=20
    )
    desde = django_filters.DateFilter(
        field_name="momento", lookup_expr="date__gte", label="Desde", widget=_fecha()
    )
    hasta = django_filters.DateFilter(
        field_name="momento", lookup_expr="date__lte", label="Hasta", widget=_fecha()
    )

    seguridad = django_filters.BooleanFilter(
        method="de_seguridad",
        label="Sólo eventos de seguridad (entradas, cuentas, delegaciones)",
        widget=forms.CheckboxInput,
    )

    class Meta:
        model = Asiento
        fields: list[str] = []

    def de_seguridad(self, filas, _nombre, marcado):
        return filas.de_seguridad() if marcado else filas

    def de_quien(self, filas, _nombre, texto):
        """Lo que hizo, o lo que otra persona hizo en su nombre."""
        es = Q(correo__iexact=texto) | Q(nombre__icontains=texto)
        quienes = Usuario.objects.visibles_para(self.request.user).filter(es)
        return filas.filter(Q(persona__in=quienes) | Q(en_nombre_de__in=quienes))

    def de_acto(self, filas, _nombre, texto):
        return filas.filter(acto=_en_codigo(texto))

    def de_tipo(self, filas, _nombre, texto):
        return filas.filter(tipo=_en_codigo(texto).replace("_", ""))


def _en_codigo(texto: str) -> str:
    """«Abrir cuenta» como se guarda: `abrir_cuenta`."""
    return "_".join(texto.lower().split())
