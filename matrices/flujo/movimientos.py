"""Mover: la fila con su guarda, su `Movimiento` y su asiento, juntos o nada.

La guarda nombra sólo columnas de la propia fila: es el candado en ambas bases.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
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


class Firma(NamedTuple):
    """Quién da un paso y en nombre de quién, si le delegaron; sin nadie, el calendario."""

    por: Usuario | None
    en_nombre_de: Usuario | None = None


class Orden(NamedTuple):
    """Un avance, la versión que la persona vio y las columnas que el paso cambia sólo en él.

    `firma` la lleva la que no da quien da las demás: la historia que se carga junta lo que varias
    personas hicieron a la misma hora.
    """

    avance: Avance
    version: int
    cambios: dict[str, Any] = {}
    firma: Firma | None = None


class Iguales(NamedTuple):
    """Lo que tienen en común las órdenes que un solo UPDATE da; `sola`, la que cambia algo suyo."""

    sola: int | None
    version: int
    estado: str
    por: Usuario | None
    comunes: tuple[tuple[str, Any], ...]


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
    _ganar_iguales([fila], paso, version=version, por=por, cambios=cambios or {})


def _ganar_iguales(
    filas: Sequence[Fila], paso: str, *, version: int, por: Usuario | None, cambios: dict[str, Any]
) -> None:
    """El mismo UPDATE para filas que se vieron en el mismo estado y versión."""
    una, modelo = filas[0], type(filas[0])
    regla, antes = TABLAS[modelo][paso], una.estado
    if una.version == version and antes not in regla.de:
        raise PasoInvalido(f"No se puede «{regla.nombre}» desde «{una.get_estado_display()}».", una)
    datos = {**cambios, **dict.fromkeys(regla.borra)}
    if regla.firma:
        datos[regla.firma] = por
    guardadas = modelo.objects.filter(pk__in=[fila.pk for fila in filas])
    guardadas = guardadas.filter(version=version, estado=antes)
    if guardadas.update(**datos, estado=regla.a, version=F("version") + 1) < len(filas):
        raise VersionAjena(modelo.objects.get(pk=una.pk))


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
    cambios: dict[str, Any] | None = None,
) -> list[Avance]:
    """El mismo paso sobre varios, todos o ninguno: primero todas las filas, luego la cadena.

    `cambios`, las columnas que cambia en todos. Los que nada cambian por separado, en un UPDATE.
    """
    cuando = momento or timezone.now()
    with bitacora.constancia() as asientos:
        vistas = sorted(ordenes, key=lambda una: una.avance.pk)
        antes = {una.avance.pk: una.avance.estado for una in vistas}
        firmas = {una.avance.pk: una.firma or Firma(por, en_nombre_de) for una in vistas}
        for una in vistas:
            _exigir(una, firmas[una.avance.pk], paso, nota=nota, momento=momento)
        if len(vistas) > 1:
            _apartar(vistas)
        for iguales, suyas in _por_iguales(vistas, firmas, paso, cambios or {}, cuando).items():
            _ganar_iguales(
                [una.avance for una in suyas],
                paso,
                version=iguales.version,
                por=iguales.por,
                cambios={**suyas[0].cambios, **dict(iguales.comunes)},
            )
        movidos = consultas.con_lo_declarado(antes)
        if paso in MIDE:
            _escribir_cifras(movidos)
        nuevos = [
            Movimiento(
                avance=avance,
                paso=paso,
                de=antes[avance.pk],
                a=PASOS[paso].a,
                momento=cuando,
                nota=nota,
                contenido=canonico(consultas.declarado(avance)),
                **firmas[avance.pk]._asdict(),
            )
            for avance in movidos
        ]
        Movimiento.objects.bulk_create(nuevos, batch_size=500)
        avisos.de_un_paso(paso, movidos, momento)
        anuncios.de_un_paso(paso, movidos, momento)
        asientos.extend(asiento_de(nuevo) for nuevo in nuevos)
    return movidos


def _exigir(orden: Orden, firma: Firma, paso: str, *, nota: str, momento: datetime | None) -> None:
    """Que le toque a quien la firma, y que no falte nada de lo que el paso pide."""
    avance, regla = orden.avance, PASOS[paso]
    exigir(regla, avance, **firma._asdict(), nota=nota, momento=momento)
    if avance.version == orden.version and avance.estado in regla.de:
        falta = condicion_que_falta(avance, paso)
        if falta:
            raise PasoInvalido(falta, avance)


def _por_iguales(
    ordenes: Iterable[Orden],
    firmas: dict[int, Firma],
    paso: str,
    cambios: dict[str, Any],
    momento: datetime,
) -> dict[Iguales, list[Orden]]:
    """Las que un solo UPDATE da; la que cambia algo suyo va sola."""
    juntas: dict[Iguales, list[Orden]] = defaultdict(list)
    for una in ordenes:
        avance, sola = una.avance, una.avance.pk if una.cambios else None
        comunes = tuple({**cambios, **_efectos(paso, avance, momento)}.items())
        suya = Iguales(sola, una.version, avance.estado, firmas[avance.pk].por, comunes)
        juntas[suya].append(una)
    return juntas


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


def _apartar(ordenes: Iterable[Orden]) -> None:
    """Aparta las filas en orden de clave: en otro orden, dos lotes se traban.

    Lanza VersionAjena si alguna ya no es la que la persona vio.
    """
    vistas = {una.avance.pk: una for una in ordenes}
    filas = Avance.objects.filter(pk__in=vistas).order_by("pk").select_for_update()
    for pk, version, estado in filas.values_list("pk", "version", "estado"):
        if (version, estado) != (vistas[pk].version, vistas[pk].avance.estado):
            raise VersionAjena(Avance.objects.get(pk=pk))


def medir(avances: Iterable[Avance]) -> None:
    """Escribe las cifras que a cada avance le corresponden ahora; no cambia su versión."""
    _escribir_cifras(consultas.con_lo_que_se_mide([avance.pk for avance in avances]))


def _escribir_cifras(leidos: Sequence[Avance]) -> None:
    """Las de filas recién leídas, que quedan como en la base."""
    medidas = consultas.mediciones_de(leidos)
    for avance in leidos:
        Avance.objects.filter(pk=avance.pk).update(**medidas[avance.pk])
        vars(avance).update(medidas[avance.pk])


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
