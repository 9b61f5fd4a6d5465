"""Lo que acompaña a un archivo de evidencia; lo de adentro lo mira `archivos`."""

from django import forms

from instituciones.textos import TextoField
from matrices.evidencias import Adjunto, recibir
from matrices.models import Avance, HitoActividad

A_LA_VEZ = 10


class VariosArchivos(forms.ClearableFileInput):
    allow_multiple_selected = True


class ArchivosField(forms.FileField):
    """Uno o más archivos, sin abrirlos: los vacíos y los enormes los rechaza la inspección."""

    widget = VariosArchivos

    def clean(self, data, initial=None):
        archivos = [uno for uno in data or [] if uno]
        if self.required and not archivos:
            raise forms.ValidationError("Elija un archivo.", code="requerido")
        if len(archivos) > A_LA_VEZ:
            raise forms.ValidationError(f"Suba {A_LA_VEZ} archivos a la vez, a lo sumo.", "muchos")
        return archivos


class EvidenciaForm(forms.Form):
    """Título, archivos y el hito que respaldan. Va dentro del formulario del avance."""

    prefix = "evidencia"
    # Con JavaScript los archivos se suben al elegirlos: lo que los acompaña se llena antes.
    field_order = ("hito", "titulo", "archivos")

    archivos = ArchivosField(
        required=False,
        label="Archivos",
        help_text="PDF, imagen u hoja de cálculo, hasta 20 MB. "
        "Sin datos personales ni información reservada.",
    )
    titulo = TextoField(
        required=False,
        max_length=200,
        label="Título",
        help_text="Qué documento es. Vacío: el nombre del archivo.",
    )
    hito = forms.ModelChoiceField(
        HitoActividad.objects.none(),
        required=False,
        label="Hito que respalda",
        empty_label="Ninguno en particular",
    )

    def __init__(self, *args, avance: Avance, usuario, obligatorio: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["archivos"].required = obligatorio
        self.fields["archivos"].widget.attrs["accept"] = ".pdf,.jpg,.jpeg,.png,.xlsx"
        hitos = HitoActividad.objects.visibles_para(usuario)
        self.fields["hito"].queryset = hitos.filter(actividad=avance.actividad_id)
        if avance.actividad.modo != "HITOS":
            del self.fields["hito"]

    def adjuntos(self) -> list[Adjunto]:
        """Los archivos ya inspeccionados y guardados, con lo que los acompaña.

        Lanza ArchivoRechazado, y entonces no guardó ninguno.
        """
        recibidos, hito = recibir(self.cleaned_data["archivos"]), self.cleaned_data.get("hito")
        varios = len(recibidos) > 1
        return [
            Adjunto(uno, self._titulo(uno.inspeccion.nombre if varios else ""), hito)
            for uno in recibidos
        ]

    def _titulo(self, nombre: str) -> str:
        """El título escrito; si son varios archivos, seguido del nombre ya limpio de cada uno."""
        titulo = self.cleaned_data["titulo"]
        return f"{titulo} · {nombre}"[:200] if titulo and nombre else titulo
