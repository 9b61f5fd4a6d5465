"""Dos personas escribieron el mismo avance: los dos textos, campo por campo, y cuál queda.

Aquí no se guarda: se dice en qué difieren y, con lo elegido, se arma lo que se va a guardar.
"""

from typing import Any

from django.http import HttpRequest, QueryDict

from matrices import consultas
from matrices.forms.avance import AvanceForm
from matrices.models import Avance
from matrices.views.lectura import legible

ELIGE, GUARDADO = "elige_", "guardado"
SIN_COMPARAR = {"evidencias", "declaracion"}


def diferencias(form: AvanceForm, actual: Avance) -> list[dict[str, Any]]:
    """Campo por campo, lo que esta persona escribió y lo que está guardado.

    Por omisión queda lo escrito; si no escribió nada, lo guardado.
    """
    guardado = consultas.lo_declarado(consultas.con_lo_declarado([actual.pk])[0])
    guardado |= {f"respuesta_{una.pk}": una.respuesta for una in form.antes.abiertas}
    escrito = {campo: form.cleaned_data.get(campo) for campo in form.fields}
    _como_se_declara(form, escrito)
    pares = [
        (campo, _legible(campo, escrito[campo]), _legible(campo, guardado[campo]))
        for campo in form.fields
        if campo in guardado and campo not in SIN_COMPARAR
    ]
    return [
        {
            "campo": campo,
            "elige": f"{ELIGE}{campo}",
            "nombre": form.fields[campo].label,
            "suyo": suyo or None,
            "actual": otro or None,
            "queda": "suyo" if suyo else GUARDADO,
        }
        for campo, suyo, otro in pares
        if suyo != otro
    ]


def _como_se_declara(form: AvanceForm, escrito: dict[str, Any]) -> None:
    """Los hitos y los aportes, con sus números y siglas en vez de sus claves."""
    if "hitos_cumplidos" in form.fields:
        numeros = {hito.pk: hito.numero for hito in form.antes.hitos}
        escrito["hitos_cumplidos"] = [
            {"numero": numeros[pk], "fecha": fecha}
            for pk, fecha in (escrito["hitos_cumplidos"] or {}).items()
        ]
    if "aportes" in form.fields:
        siglas = {una.pk: una.sigla for una in form.antes.obligados}
        escrito["aportes"] = [
            {"institucion": siglas[pk], "porcentaje": dado}
            for pk, dado in (escrito["aportes"] or {}).items()
        ]


def _legible(campo: str, valor: Any) -> str:
    return str(valor or "") if campo.startswith("respuesta_") else legible(campo, valor)


def lo_elegido(request: HttpRequest, avance: Avance) -> QueryDict:
    """Lo enviado, con lo guardado en los campos donde la persona eligió lo guardado."""
    elegidos = {
        clave.removeprefix(ELIGE)
        for clave, cual in request.POST.items()
        if clave.startswith(ELIGE) and cual == GUARDADO
    }
    if not elegidos:
        return request.POST
    datos = request.POST.copy()
    guardado = AvanceForm.de(avance, para=request.user).data
    for campo in elegidos:
        for nombre in [n for n in datos if n == campo or n.startswith(f"{campo}_")]:
            if not _es_de_otro(nombre, campo):
                del datos[nombre]
        if campo in guardado:
            valor = guardado[campo]
            datos.setlist(campo, valor if isinstance(valor, list) else [valor])
    return datos


def _es_de_otro(nombre: str, campo: str) -> bool:
    """«limitante_tipo» no es una casilla de «limitante»: las casillas son de sus campos."""
    return nombre != campo and campo not in {"hitos_cumplidos", "aportes", "beneficiarios"}
