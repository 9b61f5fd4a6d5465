"""El formulario del avance: la única clase con que se declara, en pantalla, libro o API.

Lee y juzga; no guarda ni sabe quién puede. Guardar revisa tipos; entregar, todo dominio §5.
"""

from functools import cached_property
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from instituciones.models import Clasificacion, ResolucionReserva, Usuario
from instituciones.textos import TextoField, area
from matrices import consultas
from matrices.antecedentes import Antecedentes
from matrices.flujo import YA_CERRADO, Declaracion, cerrado_por_otros
from matrices.forms import reglas
from matrices.forms.campos import (
    DEPARTAMENTOS,
    AportesField,
    BeneficiariosField,
    CifraField,
    HitosField,
)
from matrices.models import Actividad, Avance
from matrices.models.clasificacion import baja
from matrices.verosimilitud import TEXTOS, Advertencia, contextos, juzgar

DINERO = ("presupuesto_asignado", "presupuesto_vigente", "devengado")
DEL_MODO = {
    Actividad.Modo.META: ("ejecutado_periodo", "justificacion_exceso"),
    Actividad.Modo.HITOS: ("hitos_cumplidos",),
    Actividad.Modo.PORCENTAJE: ("porcentaje", "motivo_retroceso"),
    Actividad.Modo.COLECTIVO: ("aportes",),
}
SECCIONES = [
    (
        "Situación y avance",
        (
            "situacion_reportada",
            "sin_cambios",
            "motivo_sin_cambios",
            *(campo for campos in DEL_MODO.values() for campo in campos),
        ),
    ),
    ("Qué se logró", ("logro", "beneficiarios", "territorio")),
    (
        "Qué lo frena y qué se hará",
        (
            "limitante_tipo",
            "limitante",
            "medida_correctiva",
            "responsable_medida",
            "fecha_medida",
            "requiere_decision_cns",
            "decision_solicitada",
        ),
    ),
    (
        "Presupuesto y evidencia",
        (*DINERO, "evidencias", "visibilidad", "clasificacion", "resolucion"),
    ),
]
# Lo que «Sin cambios» trae del último validado si se deja vacío. La fecha, nunca: se pone otra.
SE_COPIAN = (
    "situacion_reportada",
    "limitante_tipo",
    "limitante",
    "medida_correctiva",
    "responsable_medida",
    *DINERO,
)
COMPARADOS = ("situacion_reportada", "sin_cambios", *TEXTOS, "presupuesto_vigente", "devengado")
NO_SON_COLUMNAS = {"version", "hitos_cumplidos", "aportes", "evidencias", "declaracion"}


class AvanceForm(forms.ModelForm):
    """Lo que se declara de una actividad en un periodo, según su modo.

    `entregar` exige todo lo de dominio §5. `para` es quien lo llena: de lo que ve salen las
    resoluciones que puede citar. `antes`, si ya se buscaron (`antecedentes.de_varios`).
    """

    version = forms.IntegerField(widget=forms.HiddenInput)
    evidencias = forms.CharField(
        required=False,
        widget=forms.HiddenInput,
        label="Evidencia",
        help_text="PDF, imagen u hoja de cálculo, hasta 20 MB. "
        "Sin datos personales ni información reservada.",
    )
    beneficiarios = BeneficiariosField(
        required=False,
        label="Personas beneficiadas",
        help_text="Solo cantidades; nunca nombres.",
    )
    territorio = forms.MultipleChoiceField(
        choices=DEPARTAMENTOS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Departamentos",
        help_text="Dónde se ejecutó.",
    )

    class Meta:
        model = Avance
        fields = [
            "situacion_reportada",
            "sin_cambios",
            "motivo_sin_cambios",
            "ejecutado_periodo",
            "justificacion_exceso",
            "porcentaje",
            "motivo_retroceso",
            "logro",
            "beneficiarios",
            "territorio",
            "limitante_tipo",
            "limitante",
            "medida_correctiva",
            "responsable_medida",
            "fecha_medida",
            "requiere_decision_cns",
            "decision_solicitada",
            *DINERO,
            "visibilidad",
            "clasificacion",
            "resolucion",
            "declaracion",
        ]
        labels = {
            "situacion_reportada": "Situación al corte",
            "sin_cambios": "Sin cambios",
            "motivo_sin_cambios": "Por qué no hay cambios",
            "ejecutado_periodo": "Cantidad del semestre",
            "justificacion_exceso": "Por qué supera la meta",
            "porcentaje": "Avance acumulado (%)",
            "motivo_retroceso": "Por qué retrocede",
            "logro": "Logro",
            "limitante_tipo": "Tipo de limitante",
            "limitante": "Limitante",
            "medida_correctiva": "Medida correctiva",
            "responsable_medida": "Unidad responsable de la medida",
            "fecha_medida": "Fecha de la medida",
            "requiere_decision_cns": "Requiere decisión del CNS",
            "decision_solicitada": "Decisión que se solicita",
            "presupuesto_asignado": "Presupuesto asignado (Q)",
            "presupuesto_vigente": "Presupuesto vigente (Q)",
            "devengado": "Devengado (Q)",
            "visibilidad": "Quién puede verlo",
            "clasificacion": "Clasificación",
            "resolucion": "Resolución de reserva",
            "declaracion": "Declaro que la información es completa y verificable.",
        }
        help_texts = {
            "situacion_reportada": "¿Cómo está la actividad al último día del semestre?",
            "sin_cambios": "Nada avanzó: se repiten la situación, la limitante y la medida.",
            "ejecutado_periodo": "Lo logrado solo en este semestre. El sistema suma lo anterior.",
            "justificacion_exceso": "Explique qué permitió superar lo previsto.",
            "porcentaje": "Avance total a la fecha, no solo del semestre. Diga cómo lo estimó.",
            "motivo_retroceso": "Explique qué cambió desde el corte anterior.",
            "logro": "Qué se logró, para quién y dónde.",
            "limitante": "Qué impidió avanzar según lo programado.",
            "medida_correctiva": "Qué se hará, qué unidad y cuándo. "
            "No escriba nombres de personas.",
            "requiere_decision_cns": "Marque solo si excede a su institución.",
            "devengado": "Dato de SICOIN, acumulado del ejercicio al mes de corte.",
            "visibilidad": "Proponga; STCNS confirma.",
        }
        textos = (
            "motivo_sin_cambios",
            "justificacion_exceso",
            "motivo_retroceso",
            "logro",
            "limitante",
            "medida_correctiva",
            "responsable_medida",
            "decision_solicitada",
        )
        field_classes = {
            **dict.fromkeys(textos, TextoField),
            **dict.fromkeys(("ejecutado_periodo", "porcentaje", *DINERO), CifraField),
        }
        widgets = {
            **{texto: area(3) for texto in textos},
            "logro": area(6),
            "responsable_medida": forms.TextInput,
            "fecha_medida": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }

    def __init__(
        self,
        data=None,
        *,
        instance: Avance,
        para: Usuario | None = None,
        entregar: bool = False,
        antes: Antecedentes | None = None,
        **opciones,
    ):
        super().__init__(data, instance=instance, **opciones)
        self.entregar, self.antes = entregar, antes or Antecedentes(instance)
        self.para = para
        self.initial.setdefault("version", instance.version)
        self.initial["declaracion"] = False  # se declara al entregar, cada vez
        self._solo_los_del_modo()
        self._acotar()
        resoluciones = ResolucionReserva.objects.visibles_para(para)
        self.fields["resolucion"].empty_label = "Ninguna"
        self.fields["resolucion"].queryset = resoluciones.que_sirven(instance.resolucion_id)
        for observacion in self.antes.abiertas:
            self.fields[f"respuesta_{observacion.pk}"] = TextoField(
                label="Su respuesta",
                required=False,
                max_length=reglas.MAXIMO,
                initial=observacion.respuesta,
                widget=area(2),
            )

    def _solo_los_del_modo(self) -> None:
        actividad = self.instance.actividad
        for modo, campos in DEL_MODO.items():
            if modo != actividad.modo:
                for campo in campos:
                    self.fields.pop(campo, None)
        if not actividad.programa_presupuestario:
            for campo in DINERO:
                del self.fields[campo]
        if actividad.modo == Actividad.Modo.HITOS:
            campo = HitosField(
                self.antes.hitos,
                self.antes.hitos_validados,
                required=False,
                label="Hitos cumplidos",
                help_text="Marque los que tengan documento de respaldo.",
            )
            self.fields["hitos_cumplidos"] = campo
            self.initial["hitos_cumplidos"] = campo.inicial(self.antes.hitos_marcados)
        if actividad.modo == Actividad.Modo.COLECTIVO:
            aportes = AportesField(
                self.antes.obligados,
                required=False,
                label="Avance por institución",
                help_text="Deje vacío a quien no haya reportado.",
            )
            self.fields["aportes"] = aportes
            self.initial["aportes"] = aportes.inicial(self.antes.aportes)

    def _acotar(self) -> None:
        """Nada es obligatorio al guardar; cada texto y cada cifra tienen su tope."""
        for nombre, campo in self.fields.items():
            campo.required = nombre == "version"
            if isinstance(campo, forms.TypedChoiceField):
                campo.choices = [
                    (clave, dicho if clave else "Elija…") for clave, dicho in campo.choices
                ]
            if isinstance(campo, TextoField):
                tope = 200 if nombre == "responsable_medida" else reglas.MAXIMO
                self._tope(campo, tope)
            elif isinstance(campo, forms.DecimalField):
                self._desde_cero(campo, 100 if nombre == "porcentaje" else None)

    @staticmethod
    def _tope(campo: forms.CharField, tope: int) -> None:
        campo.max_length = tope
        campo.validators.append(
            forms.fields.validators.MaxLengthValidator(tope, "Pasa de %(limit_value)d caracteres.")
        )
        campo.widget.attrs["maxlength"] = tope

    @staticmethod
    def _desde_cero(campo: forms.DecimalField, maximo: int | None) -> None:
        campo.validators.append(MinValueValidator(0))
        campo.widget.attrs["min"] = 0
        if maximo is not None:
            campo.validators.append(MaxValueValidator(maximo))
            campo.widget.attrs["max"] = maximo

    @classmethod
    def de(
        cls, avance: Avance, *, para: Usuario | None = None, entregar: bool = False
    ) -> "AvanceForm":
        """El formulario lleno con lo ya guardado, para juzgarlo sin que nadie lo escriba."""
        vacio = cls(instance=avance, para=para)
        datos = {
            nombre: vacio.get_initial_for_field(c, nombre) for nombre, c in vacio.fields.items()
        }
        datos = {nombre: dado for nombre, dado in datos.items() if dado is not None}
        return cls({**datos, "declaracion": True}, instance=avance, para=para, entregar=entregar)

    def clean_visibilidad(self):
        return self.cleaned_data["visibilidad"] or self.initial["visibilidad"]

    def clean_clasificacion(self):
        return self.cleaned_data["clasificacion"] or self.initial["clasificacion"]

    def clean(self):
        datos = super().clean()
        if datos.get("clasificacion") == Clasificacion.RESERVADA and not datos.get("resolucion"):
            self.add_error(
                "resolucion",
                forms.ValidationError("Lo reservado lleva su resolución.", "requerido"),
            )
        self._mirar_la_clase(datos)
        if datos.get("sin_cambios"):
            self._repetir_lo_anterior(datos)
        if self.entregar and not self.errors:
            for falta in list(reglas.para_entregar(datos, self.antes)):
                self.add_error(falta.campo, forms.ValidationError(falta.mensaje, falta.codigo))
            mal = self.fields["beneficiarios"].por_corregir(datos.get("beneficiarios") or {})
            if mal:
                self.add_error("beneficiarios", forms.ValidationError(mal, "no_cuadra"))
        return datos

    def _mirar_la_clase(self, datos: dict[str, Any]) -> None:
        """Lo confidencial se pide con su base; lo que otros cerraron no se abre desde aquí."""
        antes = (self.initial["clasificacion"], self.initial["visibilidad"])
        clase, visibilidad = datos.get("clasificacion"), datos.get("visibilidad")
        if not clase or not visibilidad:
            return
        nueva = clase == Clasificacion.CONFIDENCIAL and clase != antes[0]
        if nueva and clase not in self.instance.actividad.clases:
            mensaje = "Lo confidencial lleva su base: pídalo en «Clasificación»."
            self.add_error("clasificacion", forms.ValidationError(mensaje, "no_aplica"))
        if baja(antes, (clase, visibilidad)) and cerrado_por_otros(self.instance):
            self.add_error("clasificacion", forms.ValidationError(YA_CERRADO, "no_aplica"))

    def _repetir_lo_anterior(self, datos: dict[str, Any]) -> None:
        """«Sin cambios»: cantidad cero o el mismo porcentaje, y lo demás como estaba."""
        anterior = self.antes.anterior
        for campo in SE_COPIAN:
            if anterior and campo in self.fields and datos.get(campo) in (None, ""):
                datos[campo] = getattr(anterior, campo)
        if "ejecutado_periodo" in self.fields and datos.get("ejecutado_periodo") is None:
            datos["ejecutado_periodo"] = 0
        if "porcentaje" in self.fields and datos.get("porcentaje") is None:
            datos["porcentaje"] = self.antes.ultimo

    @cached_property
    def cifras(self) -> dict[str, Any]:
        """Lo que daría lo escrito si se validara; una casilla que no se entiende no cuenta."""
        self.is_valid()
        return self.antes.como_quedaria(reglas.medida(self.cleaned_data))

    @property
    def faltas(self) -> list[reglas.Falta]:
        """Lo que todavía impide entregar lo escrito; la declaración se pide al entregar."""
        if not self.is_valid():
            return []
        datos = {**self.cleaned_data, "declaracion": True}
        return list(reglas.para_entregar(datos, self.antes))

    @property
    def pide_medida(self) -> bool:
        """Si lo escrito obliga a decir qué lo frena y qué se hará."""
        return self.is_valid() and reglas.pide_medida(self.cleaned_data, self.cifras)

    @property
    def dicho(self) -> dict[str, Any]:
        """Lo que se compara para advertir: lo escrito y, donde no hay, lo guardado."""
        dicho = {campo: getattr(self.instance, campo) for campo in COMPARADOS}
        if self.is_bound:
            self.is_valid()
            dicho |= {campo: self.cleaned_data.get(campo) for campo in COMPARADOS}
        return {**dicho, "evidencias": self.antes.evidencias}

    @property
    def advertencias(self) -> list[Advertencia]:
        """Lo que conviene mirar dos veces, de lo escrito o de lo guardado; no impide nada."""
        avance, cifras, dicho = self.instance, {}, self.dicho
        if self.is_bound:
            cifras = self.cifras
        elif avance.estado in Avance.CON_LO_CAPTURADO:
            cifras = consultas.resultados(avance)
        if not cifras or self.para is None:
            return []
        contexto = contextos([avance], para=self.para, escritos={avance.pk: dicho})[avance.pk]
        return juzgar(
            dicho,
            ejecutado=cifras["ejecutado"],
            ejecutado_previo=cifras["ejecutado_previo"],
            contexto=contexto,
        )

    def declaracion(self) -> Declaracion:
        """Lo que se declara, como lo pide `flujo`; sólo si `is_valid()`.

        Declarar que es verificable es parte de entregar: un borrador no lo dice.
        """
        dado = self.cleaned_data
        respuestas = {uno.pk: dado.get(f"respuesta_{uno.pk}", "") for uno in self.antes.abiertas}
        columnas = {
            campo: dado[campo]
            for campo in self.fields
            if campo not in NO_SON_COLUMNAS and not campo.startswith("respuesta_")
        }
        return Declaracion(
            columnas={**columnas, "declaracion": False},
            hitos=dado.get("hitos_cumplidos"),
            aportes=dado.get("aportes"),
            respuestas=respuestas,
        )


ETIQUETAS = {
    **AvanceForm.Meta.labels,
    "beneficiarios": "Personas beneficiadas",
    "territorio": "Departamentos",
    "hitos_cumplidos": "Hitos cumplidos",
    "aportes": "Avance por institución",
    "evidencias": "Evidencia",
}
NO_SE_OBSERVAN = {"resolucion", "declaracion"}
DE_ALGUN_MODO: set[str] = set().union(*DEL_MODO.values())


def campos_de(actividad: Actividad) -> dict[str, str]:
    """Los campos que se observan en esa actividad, con su nombre, en el orden en que se llenan."""
    ajenos = DE_ALGUN_MODO - set(DEL_MODO[Actividad.Modo(actividad.modo)])
    en_orden = [campo for _titulo, campos in SECCIONES for campo in campos]
    return {campo: ETIQUETAS[campo] for campo in en_orden if campo not in ajenos | NO_SE_OBSERVAN}
