"""La demostración también entrega: los informes del último corte, por los pasos de la coordinación.

Se ordenan, dibujan, aprueban y presentan o publican como cualquier otro; nada se escribe por
detrás. Puede interrumpirse y repetirse: lo que ya está hecho no se hace otra vez.
"""

import time
from collections.abc import Callable

from django.conf import settings
from django.db.models import Q

from informes import emision, permisos
from informes.models import Corte, Edicion, Informe, TrabajoInforme
from matrices.models import MatrizCumplimiento, Periodo

Decir = Callable[[str], None]
ENTREGAR: dict[str, Callable[..., Informe]] = {
    Edicion.CNS: emision.presentar,
    Edicion.PUBLICA: emision.hacer_publico,
}
SALIO = Q(presentado_en__isnull=False) | Q(publicado_en__isnull=False)
CADA = 2  # segundos entre dos miradas al trabajo que otro proceso está dibujando


class NoSeEntrego(Exception):
    """El informe no llegó a su público; el mensaje dice por qué."""


def falta() -> list[str]:
    """Las ediciones que la demostración todavía no entregó; ninguna si no hay demostración.

    Basta con que una vez haya salido una edición: de ahí en adelante decide la coordinación.
    """
    corte = _ultimo_corte()
    if corte is None or settings.PRODUCCION:
        return []
    salidos = Informe.objects.filter(SALIO, corte__periodo__plan=corte.periodo.plan)
    ya = set(salidos.values_list("edicion", flat=True))
    return [edicion for edicion in ENTREGAR if edicion not in ya]


def entregar(decir: Decir = print) -> None:
    """Emite y entrega lo que falta, primero la del Consejo. Lanza NoSeEntrego."""
    for edicion in falta():
        corte = _ultimo_corte()
        if corte is None:
            return
        informe = _dibujado(corte, edicion)
        if informe.estado == Informe.Estado.BORRADOR:
            emision.aprobar(informe, por=corte.hecho_por)
        informe = ENTREGAR[edicion](informe, por=corte.hecho_por)
        decir(f"{informe}: {informe.get_estado_display().lower()}")


def _ultimo_corte() -> Corte | None:
    """El último que la demostración cortó, con quien lo hizo; None si no está cargada."""
    planes = MatrizCumplimiento.objects.filter(es_demo=True).values(
        "accion__objetivo__programa__plan"
    )
    cortes = Corte.objects.filter(
        periodo__plan__in=planes, periodo__estado=Periodo.Estado.CORTADO
    ).vigentes()
    return cortes.con_su_periodo().order_by("-periodo__corte").first()


def _dibujado(corte: Corte, edicion: str) -> Informe:
    """El informe vivo de esa edición ya con sus archivos; lo ordena y lo dibuja si hace falta."""
    if not permisos.puede_emitir(corte.hecho_por):
        raise NoSeEntrego("Quien hizo el último corte ya no puede emitir informes.")
    suyos = Informe.objects.filter(corte=corte, edicion=edicion)
    vivo = suyos.exclude(estado=Informe.Estado.SUSTITUIDO).first()
    if vivo is None or vivo.trabajo.estado != TrabajoInforme.Estado.LISTO:
        trabajo = emision.encargar(corte, edicion=edicion, por=corte.hecho_por)
        _esperar(trabajo)
        vivo = trabajo.informe
    return Informe.objects.con_su_corte().get(pk=vivo.pk)


def _esperar(trabajo: TrabajoInforme) -> None:
    """Lo atiende aquí; si el trabajador lo tomó antes, espera a que él termine."""
    while trabajo.espera:
        if not emision.atender(trabajo.clave):
            time.sleep(CADA)
        trabajo.refresh_from_db()
    if trabajo.estado != TrabajoInforme.Estado.LISTO:
        raise NoSeEntrego(trabajo.error)
