"""Lo que se pide para cortar, ordenar, presentar, verificar y recomendar.

Dice qué falta, no quién puede.
"""

import re
from typing import ClassVar

import django_filters
from django import forms

from informes.models import Edicion, Recomendacion
from informes.recomendaciones import DE_ESTADO, YA_EXISTE
from instituciones.models import Institucion
from instituciones.textos import TextoField, area
from matrices.forms.campos import PeriodoField, PeriodoFilter
from matrices.forms.revision import VersionForm
from matrices.models import Avance, Periodo, Rectificacion

HUELLA = re.compile(r"[0-9a-fA-F]{64}|[0-9a-fA-F]{16}")  # entera, o el código: su principio


class CortarForm(forms.Form):
    """La lista de lo que queda sin validar, aceptada renglón por renglón o entera."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    confirmados = forms.ModelMultipleChoiceField(
        Avance.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, pendientes, **kwargs):
        super().__init__(*args, **kwargs)
        self.pendientes = pendientes
        self.fields["confirmados"].queryset = pendientes

    def clean_confirmados(self):
        elegidos = {uno.pk for uno in self.cleaned_data["confirmados"]}
        faltan = [uno for uno in self.pendientes if uno.pk not in elegidos]
        if faltan:
            raise forms.ValidationError(
                "Falta confirmar 1 avance que queda sin validar."
                if len(faltan) == 1
                else f"Faltan por confirmar {len(faltan)} avances que quedan sin validar."
            )
        return elegidos


class CortarDeNuevoForm(forms.Form):
    """Qué rectificaciones aprobadas entran en el corte nuevo, y por qué se hace.

    Puede no entrar ninguna si el corte se hace para cerrar lo que dejó de ser público.
    """

    rectificaciones = forms.ModelMultipleChoiceField(
        Rectificacion.objects.none(),
        label="Rectificaciones que entran",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Elija al menos una rectificación aprobada."},
    )
    motivo = TextoField(
        label="Motivo del nuevo corte",
        widget=area(3),
        min_length=10,
        max_length=1000,
    )

    def __init__(self, *args, aprobadas, cierra: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["rectificaciones"].queryset = aprobadas
        self.fields["rectificaciones"].required = not cierra
        if cierra and not aprobadas:
            self.fields["rectificaciones"].widget = forms.MultipleHiddenInput()


class OrdenarForm(forms.Form):
    """Qué edición se ordena."""

    edicion = forms.ChoiceField(choices=Edicion, widget=forms.HiddenInput)


class SeleccionForm(forms.Form):
    """Qué decisiones y logros van en la primera parte, y en qué orden; inventar no se puede.

    Cada candidato trae su lugar: de 1 en adelante entra, vacío queda fuera.
    """

    MAXIMO = 5
    TITULOS: ClassVar = {
        "decisiones": "Requieren decisión del CNS",
        "logros": "Logros verificados",
    }

    def __init__(self, *args, decisiones, logros, **kwargs):
        super().__init__(*args, **kwargs)
        self.grupos = {"decisiones": decisiones, "logros": logros}
        for grupo, candidatos in self.grupos.items():
            for lugar, candidato in enumerate(candidatos, start=1):
                self.fields[f"{grupo}-{candidato.clave}"] = forms.IntegerField(
                    label=f"{candidato.accion}: {candidato.titulo}",
                    required=False,
                    min_value=1,
                    max_value=self.MAXIMO,
                    initial=lugar if lugar <= self.MAXIMO else None,
                )

    def por_grupo(self):
        """De cada grupo con candidatos: su título, y cada candidato con su campo."""
        for grupo, candidatos in self.grupos.items():
            if candidatos:
                filas = [(uno, self[f"{grupo}-{uno.clave}"]) for uno in candidatos]
                yield self.TITULOS[grupo], filas

    def clean(self):
        datos = super().clean()
        for grupo in self.grupos:
            ocupados = set()
            for clave, lugar in self._del_grupo(grupo).items():
                if lugar in ocupados:
                    self.add_error(f"{grupo}-{clave}", f"El lugar {lugar} ya está ocupado.")
                if lugar:
                    ocupados.add(lugar)
        return datos

    def _del_grupo(self, grupo: str) -> dict[str, int | None]:
        prefijo = f"{grupo}-"
        return {
            campo.removeprefix(prefijo): lugar
            for campo, lugar in self.cleaned_data.items()
            if campo.startswith(prefijo)
        }

    def seleccion(self) -> dict[str, list[str]]:
        """Por grupo, las claves elegidas en su orden."""
        return {
            grupo: [
                clave
                for clave, lugar in sorted(
                    self._del_grupo(grupo).items(), key=lambda uno: uno[1] or 0
                )
                if lugar
            ]
            for grupo in self.grupos
        }


class PasoForm(forms.Form):
    """Lo que publican los botones de un informe."""

    paso = forms.ChoiceField(
        choices=[(paso, paso) for paso in ("aprobar", "presentar", "publicar")]
    )
    version = forms.IntegerField(min_value=1)
    fecha_sesion = forms.DateField(label="Fecha de la sesión", required=False)

    def clean(self):
        datos = super().clean()
        if datos.get("paso") == "presentar" and not datos.get("fecha_sesion"):
            self.add_error("fecha_sesion", "Indique la fecha de la sesión del Consejo.")
        return datos


class VerificarForm(forms.Form):
    """Una huella escrita o el archivo mismo, que sólo se resume mientras llega."""

    huella = forms.CharField(
        label="Huella SHA-256 o código de verificación",
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    archivo = forms.FileField(label="o el archivo", required=False, allow_empty_file=True)

    def clean_huella(self):
        huella = re.sub(r"[\s-]", "", self.cleaned_data["huella"]).lower()
        if huella and not HUELLA.fullmatch(huella):
            raise forms.ValidationError(
                "La huella son 64 cifras hexadecimales, y el código de verificación, 16."
            )
        return huella

    def clean_archivo(self):
        archivo = self.cleaned_data["archivo"]
        if archivo and not archivo.cupo:
            raise forms.ValidationError(
                "El archivo pasa de 200 MB: escriba su huella SHA-256.", code="demasiado_grande"
            )
        return archivo

    def clean(self):
        datos = super().clean()
        if not self.errors and not datos.get("huella") and datos.get("archivo") is None:
            raise forms.ValidationError("Escriba la huella o elija el archivo.")
        return datos


# Las recomendaciones de la Inspectoría General ----------------------------------------------------


def _instituciones(request):
    return Institucion.objects.visibles_para(request.user).filter(reporta=True)


def _periodos(request):
    return Periodo.objects.visibles_para(request.user).select_related("plan")


class RecomendacionesFilter(django_filters.FilterSet):
    """Cuáles se miran; todo va en la dirección de la página."""

    estado = django_filters.ChoiceFilter(
        choices=Recomendacion.Estado, label="Estado", empty_label="Todos"
    )
    institucion = django_filters.ModelChoiceFilter(
        queryset=_instituciones, label="Institución", empty_label="Todas"
    )
    periodo = PeriodoFilter(queryset=_periodos, label="Semestre", empty_label="Todos")
    respuesta = django_filters.ChoiceFilter(
        choices=[("con", "Con respuesta"), ("sin", "Sin respuesta")],
        method="con_respuesta",
        label="Respuesta",
        empty_label="Con o sin",
    )

    class Meta:
        model = Recomendacion
        fields: list[str] = []

    def con_respuesta(self, filas, nombre, cual):
        return filas.filter(respuesta="") if cual == "sin" else filas.exclude(respuesta="")


class RecomendacionForm(VersionForm):
    """Lo que escribe la Inspectoría: a quién, en qué semestre y qué recomienda."""

    numero = TextoField(
        label="Número",
        max_length=40,
        help_text="Como lo lleva la Inspectoría; no se repite. Por ejemplo, IGSNS-2024-07.",
    )
    periodo = PeriodoField(
        Periodo.objects.none(),
        label="Semestre",
        empty_label="Elija un semestre",
        error_messages={
            "required": "Elija el semestre.",
            "invalid_choice": "Elija un semestre de la lista.",
        },
    )
    institucion = forms.ModelChoiceField(
        Institucion.objects.none(),
        label="Institución a la que se dirige",
        empty_label="Elija una institución",
        error_messages={
            "required": "Elija la institución.",
            "invalid_choice": "Elija una institución de la lista.",
        },
    )
    texto = TextoField(
        label="Recomendación",
        widget=area(6),
        min_length=20,
        max_length=4000,
        help_text="Qué debe hacerse y por qué. No escriba nombres de personas ni información "
        "reservada: va en la edición del Consejo.",
    )
    field_order = ["version", "numero", "periodo", "institucion", "texto"]

    def __init__(self, *args, usuario, una: Recomendacion | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.usuario, self.una = usuario, una
        periodos = Periodo.objects.visibles_para(usuario).select_related("plan")
        self.fields["periodo"].queryset = periodos.order_by("-corte")
        casas = Institucion.objects.visibles_para(usuario).filter(reporta=True)
        self.fields["institucion"].queryset = casas.order_by("sigla")

    def clean_numero(self):
        numero = self.cleaned_data["numero"]
        iguales = Recomendacion.objects.visibles_para(self.usuario).filter(numero__iexact=numero)
        if self.una:
            iguales = iguales.exclude(pk=self.una.pk)
        if iguales.exists():
            raise forms.ValidationError(YA_EXISTE)
        return numero


class RespuestaForm(VersionForm):
    """Lo que contesta la institución."""

    respuesta = TextoField(
        label="Respuesta de la institución",
        widget=area(5),
        min_length=20,
        max_length=4000,
        help_text="Qué se hizo o se hará, qué unidad y cuándo.",
    )


class EstadoForm(VersionForm):
    """Qué paso se da a una recomendación."""

    paso = forms.ChoiceField(choices=[(paso, paso) for paso in DE_ESTADO])
