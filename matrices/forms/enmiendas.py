"""Lo que se escribe para pedir un cambio, rectificar lo cortado o resolver una solicitud."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.functional import cached_property

from instituciones.textos import TextoField, area
from matrices import consultas
from matrices.antecedentes import Antecedentes
from matrices.enmiendas import REDATAN, VALE_DESDE
from matrices.forms.avance import DINERO, AvanceForm
from matrices.forms.campos import AportesField, CifraField, HitosField
from matrices.forms.revision import VersionForm
from matrices.models import Actividad, Avance, Reprogramacion

MOTIVO = {"min_length": 30, "max_length": 1000}
TEXTOS = ("logro", "limitante", "medida_correctiva")
# Lo que cada paso pide además de la versión: {paso: (campo del verbo, etiqueta, ayuda)}.
PIDEN = {
    "opinar": ("opinion", "Opinión", "Qué recomienda la CAP y por qué."),
    "aprobar": ("acto", "Acto que la aprueba", "Oficio o resolución, con número y fecha."),
    "rechazar": ("acto", "Acto que la rechaza", "Oficio o resolución, con número y fecha."),
}
PIDEN_AL_RECTIFICAR = {
    "rechazar": ("nota", "Motivo del rechazo", "Lo lee quien la pidió."),
}


def _dia() -> forms.DateInput:
    return forms.DateInput({"type": "date"}, "%Y-%m-%d")


class SolicitarForm(forms.Form):
    """Qué cambio se pide para una actividad; si cabe o no, lo dice `enmiendas`."""

    tipo = forms.ChoiceField(label="Qué se pide")
    desde = forms.DateField(
        label="A partir de", widget=_dia(), help_text="El día desde el que vale lo que pide."
    )
    fin_propuesto = forms.DateField(
        label="Nueva fecha de fin",
        widget=_dia(),
        required=False,
        help_text="Al reprogramar o reanudar.",
    )
    motivo = TextoField(
        label="Motivo",
        widget=area(5),
        help_text="Qué cambió y por qué no bastó lo previsto.",
        **MOTIVO,
    )

    def __init__(self, *args, actividad: Actividad, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["tipo"].choices = [
            (tipo, nombre)
            for tipo, nombre in Reprogramacion.Tipo.choices
            if actividad.situacion in VALE_DESDE[Reprogramacion.Tipo(tipo)]
        ]
        self.hitos = list(consultas.hitos_en_orden(actividad))
        for hito in self.hitos:
            self.fields[f"hito_{hito.numero}"] = forms.DateField(
                label=f"Hito {hito.numero}: {hito.descripcion}",
                widget=_dia(),
                initial=hito.fecha_vigente,
                required=False,
                help_text=f"Vigente: {hito.fecha_vigente:%d/%m/%Y}.",
            )

    def pedido(self) -> dict[str, Any]:
        """Lo que el verbo recibe; de los hitos, sólo los que cambian de fecha."""
        datos = self.cleaned_data
        nuevas = {hito: datos.get(f"hito_{hito.numero}") for hito in self.hitos}
        return {
            **{campo: datos[campo] for campo in ("tipo", "desde", "fin_propuesto", "motivo")},
            "hitos": [
                {"numero": hito.numero, "fecha": dia}
                for hito, dia in nuevas.items()
                if dia and dia != hito.fecha_vigente and datos["tipo"] in REDATAN
            ],
        }


class ResolverForm(VersionForm):
    """La versión que se vio y el texto que el paso pide, si pide alguno."""

    def __init__(self, *args, pide: tuple[str, str, str] | None, **kwargs):
        super().__init__(*args, **kwargs)
        if pide:
            campo, etiqueta, ayuda = pide
            largo = 300 if campo == "acto" else 1000
            self.fields[campo] = TextoField(
                label=etiqueta,
                help_text=ayuda,
                widget=area(1 if campo == "acto" else 3),
                min_length=5,
                max_length=largo,
            )


class RectificarForm(forms.Form):
    """Los valores como deben quedar; cuenta sólo lo que cambia respecto de lo que hoy vale."""

    motivo = TextoField(
        label="Por qué se rectifica",
        widget=area(4),
        help_text="Qué estaba mal, cómo se supo y qué lo respalda.",
        **MOTIVO,
    )

    def __init__(self, *args, avance: Avance, en_vigor: dict[str, Any], **kwargs):
        super().__init__(*args, **kwargs)
        self.avance, self.en_vigor = avance, en_vigor
        self.antes = Antecedentes(avance)
        self.fields |= self._cifra() | self._textos() | self._dinero()
        self.order_fields([campo for campo in self.fields if campo != "motivo"] + ["motivo"])

    def _cifra(self) -> dict[str, forms.Field]:
        """El campo con que se mide la actividad, según su modo."""
        modo, etiquetas = self.avance.actividad.modo, AvanceForm.Meta.labels
        if modo == Actividad.Modo.HITOS:
            campo = HitosField(
                self.antes.hitos,
                self.antes.hitos_validados,
                required=False,
                label="Hitos cumplidos",
            )
            dados = {uno["numero"]: uno["fecha"] for uno in self.en_vigor["hitos_cumplidos"]}
            campo.initial = campo.inicial(
                {h.pk: dados[h.numero] for h in self.antes.hitos if h.numero in dados}
            )
            return {"hitos_cumplidos": campo}
        if modo == Actividad.Modo.COLECTIVO:
            aportes = AportesField(
                self.antes.obligados, required=False, label="Avance por institución"
            )
            aportes.initial = _por_sigla(self.en_vigor["aportes"])
            return {"aportes": aportes}
        nombre = "ejecutado_periodo" if modo == Actividad.Modo.META else "porcentaje"
        return {
            nombre: CifraField(
                label=etiquetas[nombre],
                min_value=0,
                max_value=100 if nombre == "porcentaje" else None,
                max_digits=16,
                decimal_places=2,
                required=False,
                initial=self.en_vigor[nombre],
            )
        }

    def _textos(self) -> dict[str, forms.Field]:
        return {
            campo: TextoField(
                label=AvanceForm.Meta.labels[campo],
                widget=area(4),
                required=False,
                max_length=1000,
                initial=self.en_vigor[campo],
            )
            for campo in TEXTOS
        }

    def _dinero(self) -> dict[str, forms.Field]:
        if not self.avance.actividad.programa_presupuestario:
            return {}
        return {
            campo: CifraField(
                label=AvanceForm.Meta.labels[campo],
                min_value=0,
                max_digits=16,
                decimal_places=2,
                required=False,
                initial=self.en_vigor[campo],
            )
            for campo in DINERO
        }

    @cached_property
    def cifras(self) -> dict[str, Any]:
        """Lo que daría con lo escrito; vacío si nunca se midió. Lo que no se entiende no cuenta."""
        if self.avance.fin_medido is None:
            return {}
        self.is_valid()
        escrito = self.despues() if self.is_bound else {}
        return consultas.como_quedaria_rectificado(self.avance, escrito)

    @property
    def ilegibles(self) -> list[str]:
        """Los nombres de las casillas con valores que hay que corregir; el motivo no es cifra."""
        return [
            str(self.fields[campo].label)
            for campo in self.errors
            if campo in self.fields and campo != "motivo"
        ]

    def clean_hitos_cumplidos(self) -> dict[int, date]:
        dados = self.cleaned_data["hitos_cumplidos"]
        inicio, corte = self.avance.actividad.inicio, self.avance.periodo.corte
        if not all(inicio <= dia <= corte for dia in dados.values()):
            raise forms.ValidationError(
                f"Las fechas van del {inicio:%d/%m/%Y} al corte, {corte:%d/%m/%Y}."
            )
        return dados

    def clean(self):
        datos = super().clean()
        if not self.errors and not self.despues():
            raise forms.ValidationError("Nada cambia: escriba al menos un valor distinto.")
        return datos

    def despues(self) -> dict[str, Any]:
        """{campo: valor nuevo} de lo que cambia."""
        nuevos = {c: v for c, v in self.cleaned_data.items() if c != "motivo"}
        if "hitos_cumplidos" in nuevos:
            nuevos["hitos_cumplidos"] = [
                {"numero": hito.numero, "fecha": nuevos["hitos_cumplidos"][hito.pk]}
                for hito in self.antes.hitos
                if hito.pk in nuevos["hitos_cumplidos"]
            ]
        if "aportes" in nuevos:
            nuevos["aportes"] = [
                {"institucion": una.sigla, "porcentaje": nuevos["aportes"][una.pk]}
                for una in self.antes.obligados
            ]
        return {
            campo: valor
            for campo, valor in nuevos.items()
            if _comparable(campo, valor) != _comparable(campo, self.en_vigor[campo])
        }


def _por_sigla(aportes: list[dict[str, Any]]) -> dict[str, Any]:
    return {uno["institucion"]: uno["porcentaje"] for uno in aportes}


def _comparable(campo: str, valor: Any) -> Any:
    """El valor de modo que dos iguales lo sean, vengan de la fila o de una rectificación."""
    if campo == "aportes":
        return {sigla: Decimal(v) for sigla, v in _por_sigla(valor).items() if v is not None}
    if campo == "hitos_cumplidos":
        return {uno["numero"]: str(uno["fecha"]) for uno in valor}
    if campo in TEXTOS:
        return valor or ""
    return None if valor is None else Decimal(valor)
