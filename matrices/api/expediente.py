"""Un avance con lo que quien pide puede leer de él, y los conflictos dichos como problemas."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.shortcuts import get_object_or_404

from instituciones.api.problemas import EnConflicto, PrecondicionFallida, Rechazo
from instituciones.models import Usuario
from matrices import archivos, consultas, evidencias, flujo, permisos
from matrices.models import Avance, Evidencia, Observacion

CODIGO_DE = {
    flujo.VersionAjena: "version_ajena",
    flujo.PasoInvalido: "estado",
    evidencias.CuotaAgotada: "cuota",
    evidencias.Alterada: "integridad",
}


@dataclass
class Expediente:
    """El avance y lo que se lee de él; `declarado` vacío si no se lee."""

    avance: Avance
    declarado: dict[str, Any] | None = None
    enviado: bool = False
    observaciones: list[Observacion] = field(default_factory=list)
    evidencias: list[Evidencia] = field(default_factory=list)
    pasos: list[str] = field(default_factory=list)


def el_avance(usuario: Usuario, pk: Any) -> Avance:
    """El que quien pide puede ver; Http404 si no."""
    visibles = Avance.objects.visibles_para(usuario)
    return get_object_or_404(visibles.con_su_actividad(), pk=pk)


def expediente(usuario: Usuario, pk: int) -> Expediente:
    """Lo vivo, lo último que se envió o sólo el estado y las cifras."""
    avance = el_avance(usuario, pk)
    uno = Expediente(avance, pasos=list(flujo.pasos_posibles(avance, usuario)))
    if permisos.puede_leer_ahora(usuario, avance):
        uno.declarado = consultas.lo_declarado(consultas.con_lo_declarado([pk])[0])
    elif permisos.puede_leer_lo_enviado(usuario, avance):
        uno.declarado = consultas.lo_enviado(avance)
        uno.enviado = uno.declarado is not None
    if uno.declarado:
        visibles = Observacion.objects.visibles_para(usuario).filter(avance=avance)
        uno.observaciones = list(visibles.order_by("ronda", "pk"))
    propias = Evidencia.objects.visibles_para(usuario).filter(avance=avance, rectificacion=None)
    uno.evidencias = [
        una
        for una in propias.select_related("hito").order_by("pk")
        if evidencias.se_descarga(usuario, una, avance)
    ]
    return uno


@contextmanager
def conflictos(usuario: Usuario, *, con_etiqueta: bool = False) -> Iterator[None]:
    """Lo que el flujo rechaza, como problema: 409 o, si la versión vino en If-Match, 412.

    Con la fila como está guardada, si se puede ver: nadie pierde de vista lo que otra escribió.
    """
    try:
        yield
    except flujo.Conflicto as choque:
        raise en_conflicto(choque, usuario, con_etiqueta=con_etiqueta) from choque
    except archivos.ArchivoRechazado as rechazo:
        problema = Rechazo(str(rechazo), rechazo.codigo)
        problema.status_code = rechazo.http
        raise problema from rechazo


def en_conflicto(
    choque: flujo.Conflicto, usuario: Usuario, *, con_etiqueta: bool = False
) -> Rechazo:
    """El problema de un conflicto."""
    from matrices.api.salidas import AvanceEnDetalle

    mas: dict[str, Any] = {}
    if isinstance(choque.actual, Avance):
        mas["actual"] = AvanceEnDetalle(expediente(usuario, choque.actual.pk)).data
    if con_etiqueta and isinstance(choque, flujo.VersionAjena):
        return PrecondicionFallida(str(choque), **mas)
    return EnConflicto(str(choque), CODIGO_DE.get(type(choque), "conflicto"), **mas)
