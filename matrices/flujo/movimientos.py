"""Mover: la fila con su guarda, su `Movimiento` y su asiento, juntos o nada.

La guarda nombra sólo columnas de la propia fila: es el candado en ambas bases.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import F
from django.utils import timezone

from instituciones import bitacora
from instituciones.canonico import canonico, huella
from instituciones.models import Usuario
from matrices import anuncios, avisos, consultas
from matrices.flujo.condiciones import condicion_que_falta
from matrices.flujo.conflictos import PasoInvalido, VersionAjena
from matrices.flujo.tablas import MIDE, PASOS, TABLAS, Fila
from matrices.flujo.turnos import exigir
from matrices.models import Avance, Movimiento


class Orden(NamedTuple):
    """Un avance, la versión que la persona vio y las columnas que el paso cambia en él."""

    avance: Avance
    version: int
    cambios: dict[str, Any] = {}


def ganar(
    fila: Fila,
    paso: str,
    *,
    version: int,
    por: Usuario | None,
    cambios: dict[str, Any] | None = None,
) -> None:
    """El UPDATE con guarda: cambia la fila si sigue en la versión que la persona vio.

    Lanza PasoInvalido si el paso no sale de su estado y VersionAjena si otra persona ganó.
    """
    regla, modelo = TABLAS[type(fila)][paso], type(fila)
    antes = fila.estado
    if fila.version == version and antes not in regla.de:
        raise PasoInvalido(
            f"No se puede «{regla.nombre}» desde «{fila.get_estado_display()}».", fila
        )
    datos = {**(cambios or {}), **dict.fromkeys(regla.borra)}
    if regla.firma:
        datos[regla.firma] = por
    guardada = modelo.objects.filter(pk=fila.pk, version=version, estado=antes)
    if not guardada.update(**datos, estado=regla.a, version=F("version") + 1):
        raise VersionAjena(modelo.objects.get(pk=fila.pk))


def mover(
    avance: Avance,
    paso: str,
    *,
    version: int,
    por: Usuario | None,
    en_nombre_de: Usuario | None = None,
    nota: str = "",
    momento: datetime | None = None,
    cambios: dict[str, Any] | None = None,
) -> Avance:
    """Da un paso sobre la versión que la persona vio: datos, estado y constancia juntos.

    Lanza PermissionDenied, ValidationError, PasoInvalido o VersionAjena; entonces nada se
    escribió. `momento` es ahora salvo que se cargue historia.
    """
    return mover_varios(
        [Orden(avance, version, cambios or {})],
        paso,
        por=por,
        en_nombre_de=en_nombre_de,
        nota=nota,
        momento=momento,
    )[0]


def mover_varios(
    ordenes: Iterable[Orden],
    paso: str,
    *,
    por: Usuario | None,
    en_nombre_de: Usuario | None = None,
    nota: str = "",
    momento: datetime | None = None,
) -> list[Avance]:
    """El mismo paso sobre varios, todos o ninguno: primero todas las filas, luego la cadena."""
    regla, cuando = PASOS[paso], momento or timezone.now()
    antes: dict[int, str] = {}
    with bitacora.constancia() as asientos:
        for avance, version, cambios in sorted(ordenes, key=lambda orden: orden.avance.pk):
            exigir(regla, avance, por=por, en_nombre_de=en_nombre_de, nota=nota, momento=momento)
            if avance.version == version and avance.estado in regla.de:
                falta = condicion_que_falta(avance, paso)
                if falta:
                    raise PasoInvalido(falta, avance)
            antes[avance.pk] = avance.estado
            propios = {**cambios, **_efectos(paso, avance, cuando)}
            ganar(avance, paso, version=version, por=por, cambios=propios)
        if paso in MIDE:
            medir(Avance.objects.filter(pk__in=antes).order_by("pk"))
        movidos = consultas.con_lo_declarado(antes)
        nuevos = [
            Movimiento(
                avance=avance,
                paso=paso,
                de=antes[avance.pk],
                a=regla.a,
                por=por,
                en_nombre_de=en_nombre_de,
                momento=cuando,
                nota=nota,
                contenido=canonico(consultas.declarado(avance)),
            )
            for avance in movidos
        ]
        Movimiento.objects.bulk_create(nuevos, batch_size=500)
        avisos.de_un_paso(paso, movidos, momento)
        anuncios.de_un_paso(paso, movidos, momento)
        asientos.extend(asiento_de(nuevo) for nuevo in nuevos)
    return movidos


def anotar_clase(
    avances: Iterable[Avance],
    *,
    por: Usuario,
    en_nombre_de: Usuario | None,
    nota: str,
    momento: datetime,
) -> list[Movimiento]:
    """La historia de un avance cuya clase, o la de su evidencia, otro acto acaba de cambiar."""
    nuevos = [
        Movimiento(
            avance=uno,
            paso="clasificar",
            de=uno.estado,
            a=uno.estado,
            por=por,
            en_nombre_de=en_nombre_de,
            momento=momento,
            nota=nota,
            contenido=canonico(consultas.declarado(uno)),
        )
        for uno in consultas.con_lo_declarado(sorted(uno.pk for uno in avances))
    ]
    return Movimiento.objects.bulk_create(nuevos, batch_size=500)


def medir(avances: Iterable[Avance]) -> None:
    """Escribe las cifras que a cada avance le corresponden ahora; no cambia su versión."""
    for pk, columnas in consultas.mediciones(avances).items():
        Avance.objects.filter(pk=pk).update(**columnas)


def asiento_de(movimiento: Movimiento):
    """Lo que la cadena guarda de un movimiento: estados y huella del contenido, sin textos."""
    avance = movimiento.avance
    return bitacora.asiento(
        movimiento.paso,
        avance,
        por=movimiento.por,
        en_nombre_de=movimiento.en_nombre_de,
        momento=movimiento.momento,
        institucion=avance.actividad.responsable.sigla,
        datos={
            "de": movimiento.de,
            "a": movimiento.a,
            "version": avance.version,
            "contenido": huella(movimiento.contenido),
            "nota": huella(movimiento.nota) if movimiento.nota else "",
        },
    )


def _efectos(paso: str, avance: Avance, momento: datetime) -> dict[str, Any]:
    """Las columnas que un paso cambia por sí mismo."""
    if paso == "remitir":
        tarde = timezone.localdate(momento) > avance.periodo.limite
        primera = {} if avance.se_corrige else {"extemporaneo": tarde}
        return {"remitido_en": momento, **primera}
    if paso == "observar":
        return {"ronda": F("ronda") + 1}
    if paso == "eximir":
        return {"exigible": False}
    if paso == "exigir":
        return {"exigible": True, "motivo_exencion": ""}
    # «guardar» desde EXENTO conserva el motivo: reportar antes no lo vuelve exigible, y el motivo
    # dice por qué no lo es.
    return {}
