"""Lo que se pide para escribir una matriz: su impacto, sus actividades, hitos y cooperantes."""

from django import forms

from acciones.models import AccionEstrategica
from instituciones.models import (
    Clasificacion,
    GrupoInstitucional,
    Institucion,
    ResolucionReserva,
    Visibilidad,
)
from instituciones.textos import TextoField, area
from matrices import estructura
from matrices.forms.campos import CifraField
from matrices.models import Actividad, Cooperacion

# Dominio §10: por omisión lo de inteligencia es RESTRINGIDA; lo demás, PUBLICA.
RESTRINGIDOS = {"INTELIGENCIA"}
MAYOR_NUMERO = 999
FECHA = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class ImpactoForm(forms.Form):
    """El impacto de una acción."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    impacto = TextoField(label="Impacto", min_length=10, max_length=2000, widget=area())


class ActividadForm(forms.ModelForm):
    """Un renglón de la matriz. Nadie llama a su `save()`: lo escribe `estructura`."""

    version = forms.IntegerField(widget=forms.HiddenInput, initial=0)
    numero = forms.IntegerField(label="Número", min_value=1, max_value=MAYOR_NUMERO)
    descripcion = TextoField(label="Descripción", max_length=2000, widget=area(3))

    class Meta:
        model = Actividad
        fields = (
            "numero",
            "descripcion",
            "responsable",
            "inicio",
            "fin_original",
            "modo",
            "unidad",
            "meta",
            "peso",
            "programa_presupuestario",
            "obligados",
            "visibilidad",
            "clasificacion",
            "resolucion",
        )
        widgets = {
            "inicio": FECHA,
            "fin_original": FECHA,
            "obligados": forms.CheckboxSelectMultiple,
        }
        field_classes = dict.fromkeys(("unidad", "programa_presupuestario"), TextoField)
        help_texts = {
            "meta": "Sólo en modo de meta física; mayor que cero.",
            "peso": "Todas las actividades de la matriz llevan peso, o ninguna.",
            "obligados": "Sólo en modo colectivo: quiénes deben cumplir.",
            "clasificacion": "La primera se escribe aquí; después se cambia con una solicitud.",
            "resolucion": "Sólo si es reservada.",
        }

    def __init__(self, *args, accion: AccionEstrategica, usuario, **kwargs):
        super().__init__(*args, **kwargs)
        self.accion = accion
        instituciones = Institucion.objects.visibles_para(usuario).filter(reporta=True)
        self.fields["responsable"].queryset = instituciones
        self.fields["obligados"].queryset = instituciones
        visibles = ResolucionReserva.objects.visibles_para(usuario)
        self.fields["resolucion"].queryset = visibles.que_sirven(self.instance.resolucion_id)
        if self.instance.pk is None:
            self.fields["visibilidad"].initial = self.visibilidad_por_omision(accion)

    @staticmethod
    def visibilidad_por_omision(accion: AccionEstrategica) -> str:
        """La que toca al ámbito de la acción (dominio §10)."""
        restringida = accion.objetivo.ambito.codigo in RESTRINGIDOS
        return (Visibilidad.RESTRINGIDA if restringida else Visibilidad.PUBLICA).value

    def clean(self):
        datos = super().clean()
        plan = self.accion.objetivo.programa.plan
        inicio, fin, modo = datos.get("inicio"), datos.get("fin_original"), datos.get("modo")
        if inicio and fin and fin < inicio:
            self.add_error("fin_original", "Debe ser igual o posterior al inicio.")
        for campo in ("inicio", "fin_original"):
            if datos.get(campo) and not plan.inicio <= datos[campo] <= plan.fin:
                self.add_error(
                    campo, f"El plan va del {plan.inicio:%d/%m/%Y} al {plan.fin:%d/%m/%Y}."
                )
        vigente = self.instance.fin_vigente if self.instance.pk else None
        if inicio and vigente and "fin_original" not in self.changed_data and inicio > vigente:
            self.add_error("inicio", f"Su fin vigente es el {vigente:%d/%m/%Y}.")
        if modo == Actividad.Modo.META and not (datos.get("meta") and datos["meta"] > 0):
            self.add_error("meta", "Escriba una meta mayor que cero.")
        if modo != Actividad.Modo.META and datos.get("meta") is not None:
            self.add_error("meta", "Sólo el modo de meta física lleva meta.")
        if modo == Actividad.Modo.COLECTIVO and not datos.get("obligados"):
            self.add_error("obligados", "Diga quiénes están obligados.")
        if datos.get("peso") is not None and datos["peso"] <= 0:
            self.add_error("peso", "Debe ser mayor que cero.")
        if datos.get("clasificacion") == Clasificacion.RESERVADA and not datos.get("resolucion"):
            self.add_error("resolucion", "Lo reservado exige su resolución.")
        self._mirar_la_clase(datos)
        return datos

    def _mirar_la_clase(self, datos: dict) -> None:
        """Lo que `estructura` no aceptaría, dicho en su campo."""
        clase = {c: datos[c] for c in ("clasificacion", "visibilidad", "resolucion") if c in datos}
        antes = Actividad(
            **{c: self.initial[c] for c in ("clasificacion", "visibilidad") if c in self.initial},
            resolucion_id=self.initial.get("resolucion"),
        )
        try:
            estructura.revisar_clase(clase, antes if self.instance.pk else None)
        except forms.ValidationError as errores:
            for campo, dichos in errores.message_dict.items():
                self.add_error(campo, dichos)

    def columnas(self) -> dict:
        """Lo escrito, sin la versión, como lo recibe `estructura`."""
        datos = {campo: self.cleaned_data[campo] for campo in self.Meta.fields}
        datos["obligados"] = list(datos["obligados"])
        return datos


class HitoForm(forms.Form):
    """Un hito: número, qué es, cuánto pesa y para cuándo."""

    numero = forms.IntegerField(label="N.º", min_value=1, max_value=99)
    descripcion = TextoField(label="Hito", max_length=300)
    peso = CifraField(label="Peso (%)", min_value=0.01, max_value=100, decimal_places=2)
    fecha = forms.DateField(label="Fecha", widget=FECHA)


class CooperacionForm(forms.Form):
    """Quién coopera: una institución o un grupo, y con qué papel."""

    institucion = forms.ModelChoiceField(
        Institucion.objects.none(), label="Institución", required=False
    )
    grupo = forms.ModelChoiceField(
        GrupoInstitucional.objects.none(), label="o grupo", required=False
    )
    # El navegador manda la primera opción aunque nadie la elija: sin esto, la fila vacía «cambió».
    rol = forms.ChoiceField(
        label="Papel", choices=Cooperacion.Papel, initial=Cooperacion.Papel.COOPERACION
    )

    def __init__(self, *args, usuario, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["institucion"].queryset = Institucion.objects.visibles_para(usuario)
        self.fields["grupo"].queryset = GrupoInstitucional.objects.visibles_para(usuario)

    def clean(self):
        datos = super().clean()
        if not self.errors and bool(datos.get("institucion")) == bool(datos.get("grupo")):
            raise forms.ValidationError("Elija una institución o un grupo, no ambos.")
        return datos


class _SinRepetir(forms.BaseFormSet):
    """Renglones que no se repiten por una clave."""

    clave: tuple[str, ...] = ()

    def clean(self):
        if any(self.errors):
            return
        vistos = [tuple(fila.get(campo) for campo in self.clave) for fila in self.llenos()]
        if len(set(vistos)) < len(vistos):
            raise forms.ValidationError("Hay renglones repetidos.")

    def llenos(self) -> list[dict]:
        """Los renglones escritos y no borrados; también los que ya estaban y nadie tocó."""
        return [
            {campo: valor for campo, valor in form.cleaned_data.items() if campo != "DELETE"}
            for form in self.forms
            if form.cleaned_data
            and (form.initial or form.has_changed())
            and not form.cleaned_data.get("DELETE")
        ]


class _Hitos(_SinRepetir):
    clave = ("numero",)


class _Cooperaciones(_SinRepetir):
    clave = ("institucion", "grupo")


HitosFormSet = forms.formset_factory(HitoForm, formset=_Hitos, extra=4, can_delete=True)
CooperacionesFormSet = forms.formset_factory(
    CooperacionForm, formset=_Cooperaciones, extra=3, can_delete=True
)
