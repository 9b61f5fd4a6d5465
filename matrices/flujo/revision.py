"""Los verbos de quien revisa: asignar, observar y validar."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from instituciones import bitacora
from instituciones.models import Feriado, Usuario
from matrices import avisos, permisos
from matrices.calendario import DIAS_PARA_RESPONDER, dias_habiles_despues
from matrices.flujo.conflictos import PasoInvalido
from matrices.flujo.movimientos import Firma, Orden, mover_varios
from matrices.models import Avance, Observacion


def asignar(
    avance: Avance,
    a: Usuario,
    *,
    version: int,
    por: Usuario,
    en_nombre_de: Usuario | None = None,
    momento: datetime | None = None,
) -> Avance:
    """Dice quién lo revisa: la coordinación asigna a quien puede revisarlo; la analista, a sí."""
    orden = Orden(avance, version)
    return asignar_varios([orden], a, por=por, en_nombre_de=en_nombre_de, momento=momento)[0]


def asignar_varios(
    ordenes: Sequence[Orden],
    a: Usuario,
    *,
    por: Usuario,
    en_nombre_de: Usuario | None = None,
    momento: datetime | None = None,
) -> list[Avance]:
    """Asigna varios a la misma persona, todos o ninguno."""
    for orden in ordenes:
        if not permisos.puede_asignar_a(en_nombre_de or por, orden.avance, a):
            raise PermissionDenied("Se asigna a quien puede revisarlo.")
    return mover_varios(
        ordenes,
        "asignar",
        por=por,
        en_nombre_de=en_nombre_de,
        momento=momento,
        cambios={"asignado_a": a},
    )


class Reparo(NamedTuple):
    """Lo que se observa de un avance: textos por campo, y las atendidas que se reabren.

    `firma`, como en `Orden`.
    """

    avance: Avance
    version: int
    textos: Sequence[tuple[str, str]] = ()
    reabre: Iterable[int] = ()
    firma: Firma | None = None


def observar(
    avance: Avance,
    textos: Sequence[tuple[str, str]],
    *,
    version: int,
    por: Usuario,
    reabre: Iterable[int] = (),
    en_nombre_de: Usuario | None = None,
    momento: datetime | None = None,
) -> Avance:
    """Devuelve a la institución con observaciones por campo: nuevas, o atendidas que reabre.

    Lanza PasoInvalido si no hay ninguna. Hay cinco días hábiles para responder.
    """
    reparo = Reparo(avance, version, textos, set(reabre))
    return observar_varios([reparo], por=por, en_nombre_de=en_nombre_de, momento=momento)[0]


def observar_varios(
    reparos: Sequence[Reparo],
    *,
    por: Usuario | None,
    en_nombre_de: Usuario | None = None,
    momento: datetime | None = None,
) -> list[Avance]:
    """Observa varios, todos o ninguno, cada uno con lo suyo."""
    cuando = momento or timezone.now()
    for reparo in reparos:
        if not reparo.textos and not reparo.reabre:
            raise PasoInvalido("Escriba al menos una observación sobre un campo.", reparo.avance)
    with bitacora.constancia():
        movidos = mover_varios(
            [Orden(uno.avance, uno.version, firma=uno.firma) for uno in reparos],
            "observar",
            por=por,
            en_nombre_de=en_nombre_de,
            momento=momento,
        )
        ronda = {movido.pk: movido.ronda for movido in movidos}
        hasta = responder_hasta(timezone.localdate(cuando))
        Observacion.objects.bulk_create(
            Observacion(
                avance=reparo.avance,
                campo=campo,
                texto=texto,
                autor=reparo.firma.por if reparo.firma else por,
                ronda=ronda[reparo.avance.pk],
                creada=cuando,
                responder_hasta=hasta,
            )
            for reparo in reparos
            for campo, texto in reparo.textos
        )
        for reparo in reparos:
            if reparo.reabre:
                _reabrir_atendidas(reparo, ronda[reparo.avance.pk], hasta)
        avisos.observados(movidos, momento)
        return movidos


def _reabrir_atendidas(reparo: Reparo, ronda: int, hasta: date) -> None:
    atendidas = Observacion.objects.filter(
        avance=reparo.avance, pk__in=reparo.reabre, estado=Observacion.Estado.ATENDIDA
    )
    atendidas.update(
        estado=Observacion.Estado.ABIERTA, ronda=ronda, respuesta="", responder_hasta=hasta
    )


def responder_hasta(dia: date) -> date:
    """El último día para responder una observación hecha ese día: cinco hábiles."""
    feriados = set(Feriado.objects.values_list("fecha", flat=True))
    return dias_habiles_despues(dia, DIAS_PARA_RESPONDER, feriados)


def validar(
    avance: Avance,
    *,
    version: int,
    por: Usuario,
    en_nombre_de: Usuario | None = None,
    momento: datetime | None = None,
) -> Avance:
    """Da por buenas sus cifras y cierra las observaciones atendidas."""
    orden = Orden(avance, version)
    return validar_varios([orden], por=por, en_nombre_de=en_nombre_de, momento=momento)[0]


def validar_varios(
    ordenes: Sequence[Orden],
    *,
    por: Usuario | None,
    en_nombre_de: Usuario | None = None,
    momento: datetime | None = None,
) -> list[Avance]:
    """Valida varios, todos o ninguno."""
    with bitacora.constancia():
        movidos = mover_varios(
            ordenes, "validar", por=por, en_nombre_de=en_nombre_de, momento=momento
        )
        Observacion.objects.filter(avance__in=movidos, estado=Observacion.Estado.ATENDIDA).update(
            estado=Observacion.Estado.CERRADA
        )
        return movidos
