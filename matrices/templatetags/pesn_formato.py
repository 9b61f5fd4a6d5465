"""Cómo se muestran en las plantillas las cifras y el semáforo; aquí no se calcula nada."""

from collections.abc import Iterable
from decimal import Decimal

from django import template
from django.forms import BaseForm
from django.utils.formats import number_format

from matrices.calculo import ASPECTOS, SIN_DATO, a_dos, a_uno

register = template.Library()


CON_TILDE = {  # los códigos van sin tildes ni eñes
    "accionestrategica": "acción",
    "bitacora": "bitácora",
    "clientesistema": "sistema",
    "contrasena": "contraseña",
    "extemporaneo": "extemporáneo",
    "filtroguardado": "filtro",
    "matrizcumplimiento": "matriz",
    "propuestalegislativa": "propuesta legislativa",
    "reclasificacion": "reclasificación",
    "recomendacion": "recomendación",
    "rectificacion": "rectificación",
    "reprogramacion": "reprogramación",
    "resolucionreserva": "resolución de reserva",
    "suscripcion": "suscripción",
    "delegacion": "delegación",
    "librorecibido": "libro",
    "sesion": "sesión",
}


@register.filter
def uno(guardado: Decimal | None) -> str:
    """Con un decimal, tomado del valor guardado: 44.95 → «45.0»; None → «n/d»."""
    return _escrito(None if guardado is None else a_uno(guardado), 1)


@register.filter
def dos(guardado: Decimal | None) -> str:
    """Con dos decimales, como se muestra siempre el IC: 89.98 no es 90.0."""
    return _escrito(None if guardado is None else a_dos(guardado), 2)


@register.filter
def puntos(brecha: Decimal | None) -> str:
    """La brecha, en puntos y con su signo: «+1.5», «−4.0»."""
    if brecha is None or a_uno(brecha) <= 0:
        return uno(brecha)
    return f"+{uno(brecha)}"


@register.filter
def porciento(guardado: Decimal | None) -> str:
    """Con un decimal y su signo: «45.0 %»."""
    return uno(guardado) if guardado is None else f"{uno(guardado)}\u00a0%"


@register.filter
def quetzales(monto: Decimal | None) -> str:
    """Dinero: «Q100,000.00»."""
    if monto is None:
        return SIN_DATO.palabra
    return f"{'−' if a_dos(monto) < 0 else ''}Q{dos(abs(a_dos(monto)))}"


@register.filter
def medida(guardada: Decimal | None) -> str:
    """Un valor de un indicador, con los decimales que trae: 20.6000 → «20.6»; None → «n/d»."""
    if guardada is None:
        return SIN_DATO.palabra
    justa = guardada.normalize()
    return _escrito(guardada, max(0, -int(justa.as_tuple().exponent)))


@register.inclusion_tag("_semaforo.html")
def semaforo(codigo: str | None, *, compacto: bool = False) -> dict[str, object]:
    """La insignia: color, ícono y palabra. `compacto` deja la palabra al lector de pantalla."""
    return {"aspecto": ASPECTOS[codigo] if codigo else SIN_DATO, "compacto": compacto}


@register.simple_tag
def con_errores(form: BaseForm | None, formularios: Iterable[BaseForm] | None) -> list[BaseForm]:
    """De un formulario o de varios, los que algo tienen por corregir."""
    todos = [form] if form else list(formularios or [])
    return [cada_uno for cada_uno in todos if cada_uno.errors]


@register.filter
def recortado(texto: str, palabras: int) -> str:
    """Las primeras palabras; si faltan otras, con los puntos pegados a la última letra."""
    todas = str(texto).split()
    if len(todas) <= palabras:
        return " ".join(todas)
    return " ".join(todas[:palabras]).rstrip(",;:.(«") + "…"


def _escrito(valor: Decimal | None, decimales: int) -> str:
    """Con separador de miles y el signo menos tipográfico; el cero, sin signo."""
    if valor is None:
        return SIN_DATO.palabra
    texto = number_format(abs(valor), decimales, force_grouping=True)
    return f"−{texto}" if valor < 0 else texto


@register.filter
def en_palabras(codigo: str) -> str:
    """«poner_contrasena» como se lee: «Poner contraseña»."""
    palabras = [CON_TILDE.get(una, una) for una in codigo.split("_")]
    return " ".join(palabras).capitalize()
