"""Los pasos que se dan por la API: los de la tabla, con los mismos formularios que los botones."""

from collections.abc import Mapping
from typing import Any

from instituciones.api.problemas import PorCorregir, de_formulario
from instituciones.models import Alcance, Usuario
from matrices import flujo
from matrices.forms.avance import AvanceForm, campos_de
from matrices.forms.pasos import CONFIRMA, SIN_CONFIRMAR, PasoForm
from matrices.forms.revision import ObservacionesForm
from matrices.models import Avance, Observacion

ALCANCE_DE = {
    "entregar": Alcance.ESCRIBIR_AVANCE,
    "devolver": Alcance.APROBAR,
    "remitir": Alcance.APROBAR,
    "observar": Alcance.REVISAR,
    "validar": Alcance.REVISAR,
}


def exigir(paso: str, avance: Avance, *, por: Usuario) -> None:
    """403 antes de decir qué falta: a quien no le toca no se le explica."""
    flujo.exigir(flujo.PASOS[paso], avance, por=por, nota="x")


def dar(avance: Avance, dado: Mapping[str, Any], *, version: int, por: Usuario) -> None:
    """Da el paso sobre esa versión. Lanza lo que el flujo, o PorCorregir."""
    paso = dado["paso"]
    if avance.estado not in flujo.PASOS[paso].de:
        nombre, estado = flujo.PASOS[paso].nombre, avance.get_estado_display()
        raise flujo.PasoInvalido(f"No se puede «{nombre}» desde «{estado}».", avance)
    form = PasoForm({**dado, "version": version}, usuario=por)
    if not form.is_valid():
        raise PorCorregir(de_formulario(form.errors))
    VERBOS[paso](avance, {**dado, **form.cleaned_data}, por)


def _entregar(avance: Avance, dado: dict[str, Any], por: Usuario) -> None:
    form = AvanceForm.de(avance, para=por, entregar=True)
    if not form.is_valid():
        raise PorCorregir(de_formulario(form.errors))
    flujo.entregar(avance, version=dado["version"], por=por)


def _aprobar(avance: Avance, dado: dict[str, Any], por: Usuario) -> None:
    paso, nota = dado["paso"], dado["nota"]
    if paso == "devolver" and not nota:
        raise PorCorregir([_falta("nota", "Escriba qué hay que corregir.")])
    if paso == "remitir" and avance.requiere_decision_cns:
        if not dado["confirma"]:
            raise PorCorregir([_falta("confirma", SIN_CONFIRMAR)])
        nota = f"{CONFIRMA} {nota}".strip()
    flujo.mover(avance, paso, version=dado["version"], por=por, nota=nota)


def _observar(avance: Avance, dado: dict[str, Any], por: Usuario) -> None:
    campos = campos_de(avance.actividad)
    escritos = {uno["campo"]: uno["texto"] for uno in dado["observaciones"]}
    if set(escritos) - set(campos) or len(escritos) != len(dado["observaciones"]):
        mensaje = f"Una por campo, de: {', '.join(campos)}."
        raise PorCorregir([_falta("observaciones", mensaje, "valor_invalido")])
    atendidas = Observacion.objects.visibles_para(por).filter(
        avance=avance, estado=Observacion.Estado.ATENDIDA
    )
    datos = {
        "version": dado["version"],
        "reabre": [str(una) for una in dado["reabre"]],
        **{f"obs_{campo}": texto for campo, texto in escritos.items()},
    }
    form = ObservacionesForm(datos, campos=campos, atendidas=atendidas)
    if not form.is_valid():
        raise PorCorregir(de_formulario(form.errors))
    flujo.observar(
        avance, form.textos(), reabre=form.reabiertas(), version=dado["version"], por=por
    )


def _validar(avance: Avance, dado: dict[str, Any], por: Usuario) -> None:
    flujo.validar(avance, version=dado["version"], por=por)


def _falta(campo: str, mensaje: str, codigo: str = "requerido") -> dict[str, str]:
    return {"campo": campo, "codigo": codigo, "mensaje": mensaje}


VERBOS = {
    "entregar": _entregar,
    "devolver": _aprobar,
    "remitir": _aprobar,
    "observar": _observar,
    "validar": _validar,
}
