"""Carga los datos de demostración: diez semestres por los mismos pasos que da la gente.

Nada se escribe por detrás, y nunca junto a datos de verdad. O entra todo o no entra nada.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.utils import timezone

from acciones.models import AccionEstrategica, Plan
from informes.demo.base import Base, Hojas, a_las
from informes.demo.semestre import DIAS_ABIERTO, Semestre
from instituciones import bitacora
from instituciones.canonico import canonico, huella
from instituciones.models import Institucion, Usuario
from matrices.models import MatrizCumplimiento, Periodo

ESQUEMA = "demo-pesn/1"
Decir = Callable[[str], None]


class DemoRechazada(Exception):
    """La demostración no se carga en esta base, o no es lo que se esperaba."""


class YaCargada(Exception):
    """La demostración ya está: no hay nada que hacer."""


class Entrada(NamedTuple):
    """Con qué entrar: una persona por rol y la contraseña de todas, que no se guarda."""

    personas: list[Usuario]
    contrasena: str


def cargar(datos: dict[str, Any], *, hoy: date | None = None, decir: Decir = print) -> Entrada:
    """Todo o nada. `hoy` es el día alrededor del cual queda el semestre abierto.

    Lanza DemoRechazada, o YaCargada; y entonces nada se escribió.
    """
    ahora = _ahora(hoy)
    plan = revisar(datos, ahora)
    hojas = Hojas()
    try:
        with bitacora.constancia() as asientos:
            base = Base(datos, plan, ahora, hojas)
            entrada = _todo(base, datos, decir)
            cargados = {"archivo": huella(canonico(datos)), **datos["conteos"]}
            asientos.append(
                bitacora.asiento("cargar_demo", plan, por=base.coordinadora, datos=cargados)
            )
    except BaseException:
        hojas.deshacer()
        raise
    return entrada


def _todo(base: Base, datos: dict[str, Any], decir: Decir) -> Entrada:
    """Personas, matrices y los diez semestres, en orden."""
    contrasena = base.dar_cuentas()
    base.dar_resoluciones()
    base.dar_matrices()
    decir(f"{len(datos['matrices'])} matrices con {len(base.actividades)} actividades")
    previo = None
    for dato in datos["periodos"]:
        _contar_filas()
        Semestre(base, dato, previo).correr()
        previo = dato
        decir(f"{dato['codigo']}: {dato['estado'].lower()}")
    return Entrada(base.una_por_rol(), contrasena)


def _contar_filas() -> None:
    """Al día las cuentas con que PostgreSQL planea: en una transacción así, nadie más las ve."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for modelo in apps.get_app_config("matrices").get_models():
            cursor.execute(f'ANALYZE "{modelo._meta.db_table}"')


def _ahora(hoy: date | None) -> datetime:
    """El presente de la demostración: este instante, o el final de la tarde del día pedido."""
    ahora = timezone.now()
    return ahora if hoy in {None, timezone.localdate(ahora)} else a_las(hoy, 18)


# Si se puede cargar ----------------------------------------------------------------------------


def revisar(datos: dict[str, Any], ahora: datetime) -> Plan:
    """El plan sobre el que se carga. Lanza DemoRechazada o YaCargada si aquí no se puede."""
    if settings.PRODUCCION:
        raise DemoRechazada("En producción no se cargan datos de demostración.")
    plan = Plan.objects.filter(codigo=datos.get("plan")).first()
    if plan is None:
        raise DemoRechazada("Falta el plan: corra antes cargar_plan fixtures/pesn-2020-2024.json.")
    if MatrizCumplimiento.objects.filter(es_demo=False).exists():
        raise DemoRechazada("Esta base tiene matrices de verdad: la demostración no se mezcla.")
    if MatrizCumplimiento.objects.filter(es_demo=True).exists():
        raise YaCargada("La demostración ya está cargada: no se cambió nada.")
    suyos = Periodo.objects.filter(plan=plan)
    if suyos.exclude(estado=Periodo.Estado.PROGRAMADO).exists():
        raise DemoRechazada("El plan ya tiene semestres abiertos: la demostración no se mezcla.")
    correos = [uno["correo"] for uno in datos["usuarios"]]
    if Usuario.objects.filter(correo__in=correos).exists():
        raise DemoRechazada("Ya hay cuentas con los correos de la demostración.")
    ultimo_corte = max(uno["cortado_en"] for uno in datos["periodos"] if uno["cortado_en"])
    abre = timezone.localdate(ahora) - timedelta(days=DIAS_ABIERTO)
    if ahora > timezone.now() or abre <= date.fromisoformat(ultimo_corte):
        raise DemoRechazada(
            f"«Hoy» va después del último corte ({ultimo_corte}) y no en el futuro."
        )
    ajenos = sorted(_ajenos(datos, plan))
    if ajenos:
        raise DemoRechazada(f"El plan cargado no tiene: {', '.join(ajenos)}.")
    return plan


def _ajenos(datos: dict[str, Any], plan: Plan) -> set[str]:
    """Lo que el archivo nombra y el plan cargado no tiene."""
    acciones = set(AccionEstrategica.objects.del_plan(plan).values_list("codigo", flat=True))
    siglas = set(Institucion.objects.values_list("sigla", flat=True))
    codigos = {uno.codigo for uno in Periodo.objects.filter(plan=plan)}
    nombra = {matriz["accion"] for matriz in datos["matrices"]} - acciones
    nombra |= {uno["codigo"] for uno in datos["periodos"]} - codigos
    nombra |= {uno["institucion"] for uno in datos["usuarios"]} - siglas
    return nombra | {
        actividad["responsable"]
        for matriz in datos["matrices"]
        for actividad in matriz["actividades"]
        if actividad["responsable"] not in siglas
    }
