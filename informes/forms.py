"""Lo que se pide para cortar, ordenar, presentar y verificar; dice qué falta, no quién puede."""

import re

from django import forms

from informes.models import Edicion
from matrices.archivos import DemasiadoGrande
from matrices.models import Avance, Rectificacion

HUELLA = re.compile(r"[0-9a-fA-F]{64}")


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
                f"Falta confirmar {len(faltan)} avances que quedan sin validar."
            )
        return elegidos


class CortarDeNuevoForm(forms.Form):
    """Qué rectificaciones aprobadas entran en el corte nuevo, y por qué se hace."""

    rectificaciones = forms.ModelMultipleChoiceField(
        Rectificacion.objects.none(),
        label="Rectificaciones que entran",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Elija al menos una rectificación aprobada."},
    )
    motivo = forms.CharField(
        label="Motivo del nuevo corte",
        widget=forms.Textarea(attrs={"rows": 3}),
        min_length=10,
        max_length=1000,
    )

    def __init__(self, *args, aprobadas, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["rectificaciones"].queryset = aprobadas


class OrdenarForm(forms.Form):
    """Qué edición se ordena."""

    edicion = forms.ChoiceField(choices=Edicion, widget=forms.HiddenInput)


class SeleccionForm(forms.Form):
    """Qué decisiones y logros van en la primera parte, y en qué orden; inventar no se puede.

    Cada candidato trae su lugar: de 1 en adelante entra, vacío queda fuera.
    """

    MAXIMO = 5

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

    def clean(self):
        datos = super().clean()
        for grupo in self.grupos:
            lugares = [lugar for lugar in self._del_grupo(grupo).values() if lugar]
            if len(set(lugares)) < len(lugares):
                raise forms.ValidationError("Dos no pueden ocupar el mismo lugar.")
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
        huella = self.cleaned_data["huella"].strip().replace(" ", "").lower()
        if huella and not HUELLA.fullmatch(huella):
            raise forms.ValidationError("La huella son 64 cifras hexadecimales.")
        return huella

    def clean_archivo(self):
        archivo = self.cleaned_data["archivo"]
        if isinstance(archivo, DemasiadoGrande):
            # Llega vacío: su resumen no sería el suyo, y se diría «desconocido» de algo genuino.
            raise forms.ValidationError(
                "El archivo es demasiado grande para subirlo: escriba su huella SHA-256."
            )
        return archivo

    def clean(self):
        datos = super().clean()
        if not self.errors and not datos.get("huella") and datos.get("archivo") is None:
            raise forms.ValidationError("Escriba la huella o elija el archivo.")
        return datos
