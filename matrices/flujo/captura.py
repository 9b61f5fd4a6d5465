"""Los verbos de la institución: declarar, entregar y aportar."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, OuterRef, Subquery

from instituciones import bitacora
from instituciones.canonico import canonico, huella
from instituciones.models import Clasificacion, Usuario
from matrices import consultas, permisos
from matrices.flujo.condiciones import condicion_que_falta
from matrices.flujo.conflictos import PasoInvalido, VersionAjena
from matrices.flujo.movimientos import Firma, Orden, ganar, medir, mover_varios
from matrices.flujo.tablas import PASOS
from matrices.flujo.turnos import exigir
from matrices.models import (
    Aporte,
    Avance,
    Evidencia,
    HitoCumplido,
    Movimiento,
    Observacion,
    Reclasificacion,
)
from matrices.models.clasificacion import baja

YA_CERRADO = "Su clasificación ya no es una propuesta: pida bajarla en «Clasificación»."


class Declaracion(NamedTuple):
    """Lo que la captura escribe: columnas del avance y las filas que cuelgan de él.

    `hitos` es {hito: fecha}; `aportes`, {institución: porcentaje o None}; `respuestas`,
    {observación: texto}. None: no se tocan.
    """

    columnas: dict[str, Any]
    hitos: dict[int, date] | None = None
    aportes: dict[int, Any] | None = None
    respuestas: dict[int, str] | None = None


class Captura(NamedTuple):
    """Lo que se declara de un avance sobre la versión que la persona vio; `firma`, como `Orden`."""

    avance: Avance
    lo_declarado: Declaracion
    version: int
    firma: Firma | None = None


def capturar(
    avance: Avance,
    lo_declarado: Declaracion,
    *,
    version: int,
    por: Usuario,
    momento: datetime | None = None,
) -> Avance:
    """Guarda el borrador con todo lo que declara, y lo mide; deja constancia del contenido."""
    return capturar_varios([Captura(avance, lo_declarado, version)], por=por, momento=momento)[0]


def autoguardar(avance: Avance, lo_declarado: Declaracion, *, version: int, por: Usuario) -> Avance:
    """Guarda lo que se va escribiendo en un borrador: sube su versión y no deja constancia.

    Empezar a escribir lo pendiente o corregir lo observado sí es un paso, y queda como tal. Lo
    exento no se empieza sin decirlo: lanza PasoInvalido. Lo demás, como `capturar`.
    """
    if avance.estado == Avance.Estado.EXENTO:
        raise PasoInvalido("Esta actividad está exenta: presione Guardar para reportarla.", avance)
    if avance.estado != Avance.Estado.BORRADOR:
        return capturar(avance, lo_declarado, version=version, por=por)
    exigir(PASOS["guardar"], avance, por=por, en_nombre_de=None, nota="", momento=None)
    falta = condicion_que_falta(avance, "guardar")
    if falta:
        raise PasoInvalido(falta, avance)
    with transaction.atomic():
        clase = Avance.objects.values_list("clasificacion", "visibilidad").get(pk=avance.pk)
        _no_abrir_lo_cerrado(avance, lo_declarado, clase)
        ganar(avance, "guardar", version=version, por=por, cambios=lo_declarado.columnas)
        _reponer_lo_que_cuelga(avance, lo_declarado)
        medir([avance])
        return Avance.objects.get(pk=avance.pk)


def consta(avance: Avance) -> bool:
    """Si lo que hoy dice el avance es lo que dejó escrito su último movimiento."""
    ultimo = Movimiento.objects.filter(avance=avance).order_by("-pk").first()
    fila = consultas.con_lo_declarado([avance.pk])[0]
    return ultimo is not None and ultimo.contenido == canonico(consultas.declarado(fila))


def capturar_varios(
    capturas: Sequence[Captura],
    *,
    por: Usuario | None,
    en_nombre_de: Usuario | None = None,
    momento: datetime | None = None,
) -> list[Avance]:
    """Guarda varios borradores, todos o ninguno."""
    with bitacora.constancia():
        # El avance antes que lo que cuelga de él, como los demás pasos: al revés se traban.
        suyos = Avance.objects.filter(pk__in=[una.avance.pk for una in capturas])
        filas = suyos.order_by("pk").select_for_update()
        clases = {pk: de for pk, *de in filas.values_list("pk", "clasificacion", "visibilidad")}
        for una in capturas:
            _no_abrir_lo_cerrado(una.avance, una.lo_declarado, tuple(clases[una.avance.pk]))
            _reponer_lo_que_cuelga(una.avance, una.lo_declarado)
        return mover_varios(
            [
                Orden(una.avance, una.version, una.lo_declarado.columnas, una.firma)
                for una in capturas
            ],
            "guardar",
            por=por,
            en_nombre_de=en_nombre_de,
            momento=momento,
        )


def _no_abrir_lo_cerrado(avance: Avance, dato: Declaracion, de: tuple[str, str]) -> None:
    """En un borrador se propone la clase; lo que se envió con ella no se abre desde ahí.

    Ni lo que dos personas decidieron. Quien lee lo enviado lo lee según la clase de hoy: abrirla
    es otro acto, de dos personas.
    """
    propuesta = (
        dato.columnas.get("clasificacion", de[0]),
        dato.columnas.get("visibilidad", de[1]),
    )
    if baja(de, propuesta) and cerrado_por_otros(avance):
        raise PasoInvalido(YA_CERRADO, avance)


def cerrado_por_otros(avance: Avance) -> bool:
    """Si su clase ya no es una propuesta: se envió con ella, o la confirmaron dos personas."""
    if avance.remitido_en is not None:
        return True
    decididas = Reclasificacion.objects.filter(sobre=Reclasificacion.Sobre.AVANCE, avance=avance)
    return decididas.filter(estado=Reclasificacion.Estado.APROBADA).exists()


def _reponer_lo_que_cuelga(avance: Avance, dato: Declaracion) -> None:
    if dato.hitos is not None:
        HitoCumplido.objects.filter(avance=avance).exclude(hito__in=dato.hitos).delete()
        HitoCumplido.objects.bulk_create(
            [HitoCumplido(avance=avance, hito_id=h, fecha=f) for h, f in dato.hitos.items()],
            update_conflicts=True,
            unique_fields=["avance", "hito"],
            update_fields=["fecha"],
        )
    if dato.aportes is not None:
        Aporte.objects.bulk_create(
            [
                Aporte(avance=avance, institucion_id=institucion, porcentaje=porcentaje)
                for institucion, porcentaje in dato.aportes.items()
            ],
            update_conflicts=True,
            unique_fields=["avance", "institucion"],
            update_fields=["porcentaje"],
        )
    for observacion, respuesta in (dato.respuestas or {}).items():
        suyas = Observacion.objects.filter(avance=avance, pk=observacion)
        suyas.abiertas().update(respuesta=respuesta)


def entregar(
    avance: Avance, *, version: int, por: Usuario, momento: datetime | None = None
) -> Avance:
    """Entrega a aprobación: lo declarado es cierto y cada observación queda atendida."""
    return entregar_varios([Orden(avance, version)], por=por, momento=momento)[0]


def entregar_varios(
    ordenes: Sequence[Orden], *, por: Usuario | None, momento: datetime | None = None
) -> list[Avance]:
    """Entrega varios borradores, todos o ninguno."""
    with bitacora.constancia():
        declarado = {"declaracion": True}
        movidos = mover_varios(ordenes, "entregar", por=por, momento=momento, cambios=declarado)
        abiertas = Observacion.objects.filter(avance__in=movidos).abiertas()
        abiertas.update(estado=Observacion.Estado.ATENDIDA)
        _clasificar_la_evidencia(movidos)
        return movidos


def _clasificar_la_evidencia(avances: Sequence[Avance]) -> None:
    """La que se subió antes de clasificar toma la categoría con que el avance se entrega."""
    suyo = Avance.objects.filter(pk=OuterRef("avance"))
    sin_clase = Evidencia.objects.filter(
        avance__in=avances, clasificacion=Clasificacion.SIN_CLASIFICAR
    )
    sin_clase.update(
        clasificacion=Subquery(suyo.values("clasificacion")[:1]),
        resolucion=Subquery(suyo.values("resolucion")[:1]),
    )


def aportar(
    aporte: Aporte,
    *,
    texto: str,
    conforme: str,
    version: int,
    por: Usuario,
    momento: datetime | None = None,
) -> Aporte:
    """Lo que dice la institución que coopera; nunca cambia la cifra."""
    if not permisos.puede_aportar(por, aporte.avance, aporte.institucion):
        raise PermissionDenied("Sólo escribe aquí quien planifica en la institución que coopera.")
    with bitacora.constancia() as asientos:
        if aporte._state.adding:
            aporte.save()
        suyo = Aporte.objects.filter(pk=aporte.pk, version=version)
        if not suyo.update(texto=texto, conforme=conforme, por=por, version=F("version") + 1):
            raise VersionAjena(Aporte.objects.get(pk=aporte.pk))
        asientos.append(
            bitacora.asiento(
                "aportar",
                aporte,
                por=por,
                momento=momento,
                institucion=aporte.institucion.sigla,
                datos={"avance": aporte.avance_id, "conforme": conforme, "texto": huella(texto)},
            )
        )
        return Aporte.objects.get(pk=aporte.pk)
