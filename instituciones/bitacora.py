"""La única cadena: de aquí sale cada `Asiento`, y aquí se comprueba que ninguno cambió."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from instituciones.canonico import canonico, huella
from instituciones.models import Asiento, Usuario

CADENA = 7_305_018_200  # número del candado de PostgreSQL; sólo tiene que ser siempre el mismo
PRINCIPIO = "0" * 64
_pendientes: ContextVar[list[Asiento] | None] = ContextVar("asientos_pendientes", default=None)
# Por qué sistema se hizo lo que se hace ahora; None si lo hace la persona misma.
por_el_sistema: ContextVar[int | None] = ContextVar("por_el_sistema", default=None)


def asiento(
    acto: str,
    sobre: models.Model,
    *,
    por: Usuario | None,
    datos: dict[str, Any] | None = None,
    en_nombre_de: Usuario | None = None,
    momento: datetime | None = None,
    institucion: str = "",
) -> Asiento:
    """Un asiento sin sellar que nombra la fila de la que habla; `por` vacío: el calendario.

    Lo hecho por la API dice además con qué sistema.
    """
    ahora, sistema = timezone.now(), por_el_sistema.get()
    dicho = {**(datos or {}), **({"sistema": sistema} if sistema else {})}
    return Asiento(
        persona=por,
        en_nombre_de=en_nombre_de,
        momento=momento or ahora,
        registrado=ahora,
        acto=acto,
        tipo=sobre._meta.model_name or "",
        clave=str(sobre.pk),
        institucion=institucion,
        datos=canonico(dicho),
    )


@contextmanager
def constancia() -> Iterator[list[Asiento]]:
    """Una transacción que termina con un solo añadido a la cadena.

    Da la lista donde se anotan los asientos. Primero todas las filas y al final la cadena: al
    revés, dos personas se bloquean entre sí. Una dentro de otra se une a la de afuera.
    """
    afuera = _pendientes.get()
    if afuera is not None:
        largo = len(afuera)
        try:
            with transaction.atomic():
                yield afuera
        except BaseException:
            del afuera[largo:]
            raise
        return
    asientos: list[Asiento] = []
    ficha = _pendientes.set(asientos)
    try:
        with transaction.atomic():
            yield asientos
            asentar(asientos)
    finally:
        _pendientes.reset(ficha)


def asentar(asientos: list[Asiento]) -> None:
    """Encadena y guarda. Último acto de la transacción: tras el candado no se toca otra fila."""
    if not asientos:
        return
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CADENA])
    anterior = ultima_huella()
    for nuevo in asientos:
        nuevo.huella_anterior = anterior
        nuevo.huella = anterior = sellar(nuevo)
    Asiento.objects.bulk_create(asientos, batch_size=500)


def sellar(un_asiento: Asiento) -> str:
    """SHA-256 de la huella anterior seguida del asiento canónico."""
    return huella(un_asiento.huella_anterior + canonico(un_asiento.sellado()))


def ultima_huella() -> str:
    """La del último asiento; la del principio si no hay ninguno."""
    return Asiento.objects.order_by("-pk").values_list("huella", flat=True).first() or PRINCIPIO


def primer_quiebre() -> tuple[int, int | None]:
    """Cuántos asientos hay y la clave del primero que no encadena; None si están enteros."""
    anterior, cuantos = PRINCIPIO, 0
    for uno in Asiento.objects.order_by("pk").iterator(chunk_size=2000):
        cuantos += 1
        if uno.huella_anterior != anterior or uno.huella != sellar(uno):
            return cuantos, uno.pk
        anterior = uno.huella
    return cuantos, None
