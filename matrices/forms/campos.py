"""Los campos del avance que son varias casillas: hitos, aportes, beneficiarios y departamentos.

Cada uno se lee igual de un formulario (`hitos_cumplidos_1`, `aportes_PGN`…) que de un
diccionario ya armado con el nombre del campo, que es lo que dan el libro y la API.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django_filters import ModelChoiceFilter
from django_filters.fields import ModelChoiceField

from instituciones.models import Institucion
from matrices import territorio
from matrices.models import HitoActividad

DEPARTAMENTOS = list(territorio.DEPARTAMENTOS.items())
PERSONAS = [("total", "Total"), ("mujeres", "Mujeres"), ("hombres", "Hombres")]
PUEBLOS = [
    ("maya", "Maya"),
    ("garifuna", "Garífuna"),
    ("xinka", "Xinka"),
    ("afrodescendiente", "Afrodescendiente"),
    ("ladino", "Ladino o mestizo"),
]
EDADES = [
    ("ninez", "0 a 12 años"),
    ("adolescencia", "13 a 17 años"),
    ("juventud", "18 a 29 años"),
    ("adultez", "30 a 59 años"),
    ("mayores", "60 años o más"),
]
DESGLOSES = {"pueblo": ("Por pueblo", PUEBLOS), "edad": ("Por edad", EDADES)}
MUCHAS = 100_000_000


def _en_nuestras_cifras(dado: Any) -> None:
    """Un número se escribe con cifras del 0 al 9: «١» no es un 1."""
    if isinstance(dado, str) and not dado.strip().isascii():
        raise forms.ValidationError("Escriba un número, con cifras del 0 al 9.", "invalid")


class CifraField(forms.DecimalField):
    def to_python(self, value: Any) -> Any:
        _en_nuestras_cifras(value)
        return super().to_python(value)


class EnteroField(forms.IntegerField):
    def to_python(self, value: Any) -> Any:
        _en_nuestras_cifras(value)
        return super().to_python(value)


class PeriodoField(ModelChoiceField):
    """Un semestre por elegir, dicho con su plan."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.con_su_plan)


class PeriodoFilter(ModelChoiceFilter):
    """De qué semestre son las filas, dicho con su plan."""

    field_class = PeriodoField


class Casillas(forms.Widget):
    """Varias casillas de un mismo campo, cada una con su nombre propio."""

    use_fieldset = True
    template_name = "matrices/_casillas.html"

    def __init__(self, claves: Iterable[str], attrs=None):
        super().__init__(attrs)
        self.claves = list(claves)

    def value_from_datadict(self, data, files, name):
        if name in data and not isinstance(data[name], str):
            return data[name]
        return {clave: data.get(f"{name}_{clave}", "") for clave in self.claves}

    def value_omitted_from_data(self, data, files, name):
        return name not in data and not any(f"{name}_{clave}" in data for clave in self.claves)

    def id_for_label(self, id_):
        return f"div_{id_}"

    def format_value(self, value):
        return value if isinstance(value, Mapping) else {}

    def get_context(self, name, value, attrs):
        contexto = super().get_context(name, value, attrs)
        dados = self.format_value(value)
        contexto["grupos"] = self.grupos(name, dados)
        return contexto

    def grupos(self, name: str, dados: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Lo que dibuja la plantilla: grupos con título y sus casillas."""
        raise NotImplementedError


def _casilla(name: str, clave: str, etiqueta: str, dados: Mapping[str, Any], **mas) -> dict:
    valor = dados.get(clave)
    texto = "" if valor is None else str(valor)
    return {"nombre": f"{name}_{clave}", "etiqueta": etiqueta, "valor": texto, **mas}


class CampoDeCasillas(forms.Field):
    """Un campo de varias casillas: cambió si se lee otra cosa, no si viene escrito distinto."""

    def has_changed(self, initial, data):
        try:
            return self.to_python(data) != self.to_python(initial)
        except forms.ValidationError:
            return True


class CasillasDePersonas(Casillas):
    def __init__(self, attrs=None):
        desgloses = [
            f"{cual}_{clave}" for cual, (_, filas) in DESGLOSES.items() for clave, _ in filas
        ]
        super().__init__([*(clave for clave, _ in PERSONAS), *desgloses], attrs)

    def format_value(self, value):
        if not isinstance(value, Mapping):
            return {}
        plano = {clave: dado for clave, dado in value.items() if not isinstance(dado, Mapping)}
        for cual in DESGLOSES:
            plano.update({f"{cual}_{c}": v for c, v in (value.get(cual) or {}).items()})
        return plano

    def grupos(self, name, dados):
        numeros = {"tipo": "number", "paso": "1", "minimo": "0"}
        grupos = [
            {
                "titulo": "",
                "casillas": [_casilla(name, c, e, dados, **numeros) for c, e in PERSONAS],
            }
        ]
        for cual, (titulo, filas) in DESGLOSES.items():
            casillas = [_casilla(name, f"{cual}_{c}", e, dados, **numeros) for c, e in filas]
            abierto = any(casilla["valor"] for casilla in casillas)
            grupos.append(
                {"titulo": titulo, "casillas": casillas, "plegado": True, "abierto": abierto}
            )
        return grupos


class BeneficiariosField(CampoDeCasillas):
    """Cantidades de personas: total = mujeres + hombres, y cada desglose suma el total.

    Vacío es {}; si no, {"total", "mujeres", "hombres"} y los desgloses que se llenaron.
    """

    widget = CasillasDePersonas
    cantidad = EnteroField(min_value=0, max_value=MUCHAS, required=False)

    def to_python(self, value):
        plano = {
            clave: numero
            for clave, dado in self.widget.format_value(value or {}).items()
            if (numero := self._numero(dado)) is not None
        }
        if sobran := set(plano) - set(self.widget.claves):
            raise forms.ValidationError(f"No se conoce: {', '.join(sorted(sobran))}.", "invalid")
        limpio: dict[str, Any] = {c: plano[c] for c, _ in PERSONAS if c in plano}
        for cual, (_, filas) in DESGLOSES.items():
            dado = {c: plano[f"{cual}_{c}"] for c, _ in filas if f"{cual}_{c}" in plano}
            if dado:
                limpio[cual] = dado
        return limpio

    def _numero(self, dado: Any) -> int | None:
        return self.cantidad.clean(dado)

    def por_corregir(self, dado: Mapping[str, Any]) -> str:
        """Por qué las cantidades no cuadran; vacío si cuadran."""
        if not dado:
            return ""
        if set(dado) & {"mujeres", "hombres", "total"} != {"mujeres", "hombres", "total"}:
            return "Escriba total, mujeres y hombres."
        if dado["total"] != dado["mujeres"] + dado["hombres"]:
            return "El total debe ser la suma de mujeres y hombres."
        for cual, (titulo, _) in DESGLOSES.items():
            if cual in dado and sum(dado[cual].values()) != dado["total"]:
                return f"«{titulo}» debe sumar {dado['total']}."
        return ""


class CasillasDeHitos(Casillas):
    """Por hito, una marca y su fecha; los ya validados se muestran sin poder desmarcarse."""

    def __init__(self, hitos: Iterable[HitoActividad], validados: Mapping[int, date | None]):
        self.hitos, self.validados = list(hitos), validados
        libres = [str(hito.numero) for hito in self.hitos if hito.pk not in validados]
        super().__init__([*libres, *(f"{numero}_fecha" for numero in libres)])

    def grupos(self, name, dados):
        casillas = []
        for hito in self.hitos:
            clave = str(hito.numero)
            fecha = dados.get(f"{clave}_fecha") or ""
            casillas.append(
                {
                    "nombre": f"{name}_{clave}",
                    "etiqueta": f"{hito.numero}. {hito.descripcion}",
                    "hito": hito,
                    "marcado": bool(dados.get(clave)),
                    "fecha": fecha.isoformat() if isinstance(fecha, date) else fecha,
                    "validado": hito.pk in self.validados,
                    "validado_el": self.validados.get(hito.pk),
                }
            )
        return [{"titulo": "", "hitos": casillas}]


class HitosField(CampoDeCasillas):
    """Los hitos que este avance da por cumplidos: {hito: fecha}. Los ya validados no entran."""

    def __init__(self, hitos, validados, **opciones):
        self.hitos = {str(h.numero): h for h in hitos if h.pk not in validados}
        super().__init__(widget=CasillasDeHitos(hitos, validados), **opciones)

    def inicial(self, marcados: Mapping[int, date]) -> dict[str, Any]:
        """Lo guardado, como lo espera el dibujo."""
        dados: dict[str, Any] = {}
        for numero, hito in self.hitos.items():
            if hito.pk in marcados:
                dados |= {numero: "on", f"{numero}_fecha": marcados[hito.pk]}
        return dados

    def to_python(self, value):
        cumplidos, fecha = {}, forms.DateField(required=False)
        for numero, hito in self.hitos.items():
            dado = (value or {}).get(f"{numero}_fecha")
            if not (value or {}).get(numero) and not dado:
                continue
            dia = fecha.clean(dado)
            if dia is None:
                mensaje = f"Escriba la fecha en que se cumplió el hito {numero}."
                raise forms.ValidationError(mensaje, "requerido")
            cumplidos[hito.pk] = dia
        return cumplidos


class CasillasDeAportes(Casillas):
    def __init__(self, instituciones: Iterable[Institucion]):
        self.instituciones = list(instituciones)
        super().__init__([una.sigla for una in self.instituciones])

    def grupos(self, name, dados):
        forma = {"tipo": "number", "paso": "0.01", "minimo": "0", "maximo": "100", "sufijo": "%"}
        casillas = [
            _casilla(name, una.sigla, f"{una.sigla} · {una.nombre}", dados, **forma)
            for una in self.instituciones
        ]
        return [{"titulo": "", "casillas": casillas}]


class AportesField(CampoDeCasillas):
    """El avance de cada institución obligada: {institución: 0–100 o None si no reportó}."""

    def __init__(self, instituciones, **opciones):
        self.instituciones = {una.sigla: una for una in instituciones}
        super().__init__(widget=CasillasDeAportes(instituciones), **opciones)

    def inicial(self, aportes: Mapping[int, Decimal | None]) -> dict[str, Any]:
        """Lo guardado, como lo espera el dibujo."""
        return {sigla: aportes.get(una.pk) for sigla, una in self.instituciones.items()}

    def to_python(self, value):
        porcentaje = CifraField(
            min_value=0, max_value=100, max_digits=5, decimal_places=2, required=False
        )
        dados, malos = {}, []
        for sigla, una in self.instituciones.items():
            try:
                dados[una.pk] = porcentaje.clean((value or {}).get(sigla))
            except forms.ValidationError as falla:
                malos += [f"{sigla}: {mensaje}" for mensaje in falla.messages]
        if malos:
            raise forms.ValidationError(malos)
        return dados
