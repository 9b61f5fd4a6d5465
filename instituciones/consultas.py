"""Preguntas sobre quién: delegaciones de una persona, y asientos para leerlos fuera."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.utils import timezone

from instituciones.models import Asiento, Delegacion, Usuario


def delegaciones_recibidas(usuario: Usuario, fecha: date) -> QuerySet[Delegacion]:
    """Por quién puede actuar ese día: titular activo y todavía de su misma institución."""
    return (
        Delegacion.objects.visibles_para(usuario)
        .vigentes(fecha)
        .filter(delegado=usuario, titular__institucion=usuario.institucion_id)
        .select_related("titular")
    )


def titulares_de(usuario: Usuario, fecha: date) -> list[Usuario]:
    """Las personas en cuyo nombre puede actuar ese día."""
    return [una.titular for una in delegaciones_recibidas(usuario, fecha)]


def delegaciones_que_chocan(titular: Usuario, desde: date, hasta: date) -> QuerySet[Delegacion]:
    """Las que ya dio y no revocó, con algún día en común."""
    return Delegacion.objects.filter(
        titular=titular, revocada_en=None, desde__lte=hasta, hasta__gte=desde
    )


def delegables(titular: Usuario) -> QuerySet[Usuario]:
    """A quiénes puede delegar: personas activas de su institución, menos la misma."""
    companeros = Usuario.objects.visibles_para(titular).filter(
        institucion=titular.institucion_id, is_active=True
    )
    return companeros.exclude(pk=titular.pk)


def delegacion_vale(por: Usuario | None, titular: Usuario, momento: datetime | None = None) -> bool:
    """Si ese día actúa por el titular: activa, de su misma institución y entre las fechas."""
    if por is None or not por.is_active or por.institucion_id != titular.institucion_id:
        return False
    vigentes = Delegacion.objects.vigentes(timezone.localdate(momento or timezone.now()))
    return vigentes.filter(titular=titular, delegado=por).exists()


def exigir_turno(
    permite: Callable[[Any, Any], bool],
    fila: object,
    *,
    por: Usuario | None,
    en_nombre_de: Usuario | None = None,
    momento: datetime | None = None,
    negativa: str = "No le corresponde dar este paso.",
) -> None:
    """Lanza PermissionDenied si no le toca, por sí o en nombre de quien le delegó."""
    if en_nombre_de is not None and not delegacion_vale(por, en_nombre_de, momento):
        raise PermissionDenied("No tiene una delegación vigente de esa persona.")
    if not permite(en_nombre_de or por, fila):
        raise PermissionDenied(negativa)


def turno_de(
    usuario: Usuario,
    permite: Callable[[Any, Any], bool],
    fila: object = None,
    *,
    titulares: Iterable[Usuario] | None = None,
    negativa: str = "No le corresponde dar este paso.",
) -> Usuario | None:
    """En nombre de quién da hoy el paso: None si le toca a ella, o el titular que le delegó.

    Lanza PermissionDenied si no le toca a ninguno. `titulares`, si ya se buscaron.
    """
    if permite(usuario, fila):
        return None
    if titulares is None:
        titulares = titulares_de(usuario, timezone.localdate())
    for titular in titulares:
        if permite(titular, fila):
            return titular
    raise PermissionDenied(negativa)


def le_toca(usuario: Usuario, permite: Callable[[Any, Any], bool], fila: object = None) -> bool:
    """Si puede darlo hoy, por sí o en nombre de alguien: para dibujar el botón."""
    try:
        turno_de(usuario, permite, fila)
    except PermissionDenied:
        return False
    return True


def poner_nombres(asientos: Iterable[Asiento], usuario: Usuario) -> None:
    """Pone en cada asiento el `nombre` de la fila de la que habla, si esta persona la ve.

    Una consulta por tipo, no por renglón. Vacío si no la ve, ya no está o nada la nombra.
    """
    por_tipo = defaultdict(list)
    for uno in asientos:
        por_tipo[uno.tipo].append(uno)
    for modelo in apps.get_models():
        suyos = por_tipo.get(modelo._meta.model_name or "", [])
        filas: Any = modelo._default_manager
        if suyos and hasattr(filas, "nombres"):
            claves = {uno.clave for uno in suyos if uno.clave.isdecimal()}
            nombres = filas.visibles_para(usuario).filter(pk__in=claves).nombres()
            for uno in suyos:
                uno.nombre = nombres.get(uno.clave, "")


def en_planilla(asientos: QuerySet[Asiento]) -> Iterator[list[Any]]:
    """Un renglón por asiento, con su encabezado; los momentos, en hora de Guatemala."""
    yield ["N.º", "Momento", "Persona", "En nombre de", "Acto", "Sobre", "Número", "Institución",
           "Datos", "Huella"]  # fmt: skip
    columnas = asientos.values_list(
        "pk", "momento", "persona__correo", "en_nombre_de__correo", "acto", "tipo", "clave",
        "institucion", "datos", "huella",
    )  # fmt: skip
    for pk, momento, persona, en_nombre_de, *resto in columnas.iterator(chunk_size=1000):
        cuando = f"{timezone.localtime(momento):%Y-%m-%d %H:%M:%S}"
        yield [pk, cuando, persona or "sistema", en_nombre_de or "", *resto]


RESULTADOS = {"fallar": "fallido", "bloquear": "bloqueado", "negar": "negado"}


def eventos_de_seguridad(desde: date | None, hasta: date | None) -> Iterator[dict[str, Any]]:
    """Entradas, cuentas, segundos factores, roles y delegaciones de esos días; sin secretos.

    `cuenta` es de quién trata: la clave de la persona, o una huella si la cuenta no existe.
    """
    filas = Asiento.objects.de_seguridad().con_personas().order_by("pk")
    if desde:
        filas = filas.filter(momento__date__gte=desde)
    if hasta:
        filas = filas.filter(momento__date__lte=hasta)
    for uno in filas.iterator(chunk_size=1000):
        detalle = json.loads(uno.datos)
        yield {
            "hora": uno.momento.isoformat(),
            "persona": uno.persona.correo if uno.persona else None,
            "en_nombre_de": uno.en_nombre_de.correo if uno.en_nombre_de else None,
            "evento": uno.acto,
            "resultado": RESULTADOS.get(uno.acto.partition("_")[0], "hecho"),
            "direccion": detalle.pop("red", None),
            "peticion": detalle.pop("peticion", None),
            "sobre": uno.tipo,
            "cuenta": uno.clave,
            "detalle": detalle,
            "asiento": uno.pk,
        }
