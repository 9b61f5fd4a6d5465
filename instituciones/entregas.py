"""La bandeja de salida de los webhooks: nace con el paso, se reclama, se manda y se reintenta.

La base es la verdad. Quien reclama una entrega la arrienda con una ficha; si muere, el arriendo
vence y otro la manda con el mismo identificador. Lleva llaves y enlaces, nunca contenido, y sólo
lo que ese sistema puede ver: se mira al nacer y otra vez antes de mandar.
"""

import secrets
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import structlog
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F
from django.utils import timezone

from instituciones import cifra, clientes, destinos, mensajero, suscripciones
from instituciones.avisos import es_historia
from instituciones.bitacora import asiento, constancia
from instituciones.canonico import canonico
from instituciones.correo import direccion
from instituciones.mensajero import Falla, Respuesta
from instituciones.models import Entrega, Suscripcion, Usuario

registro = structlog.get_logger(__name__)
E, Motivo = Entrega.Estado, Suscripcion.Motivo
ARRIENDO = timedelta(minutes=2)  # más de lo que tarda un envío con todos sus plazos
PRIMERA_ESPERA, ESPERA_MAXIMA = timedelta(seconds=30), timedelta(hours=12)
CRECE, VARIA = 4, 0.2  # cada espera, cuatro veces la anterior, un quinto más o menos
INTENTOS = 9  # en día y medio
MUERTAS_PARA_PAUSAR = 5
POR_SUSCRIPCION = 50
TURNO = 60.0  # segundos de una barrida
SE_GUARDAN = timedelta(days=30)
GONE = 410
azar = secrets.SystemRandom()


class Hecho(NamedTuple):
    """De qué fila se habla y qué se dice de ella: llaves y dónde leerla, nunca un texto suyo."""

    sobre: models.Model
    datos: dict[str, Any]
    enlace: str


# Nacer -----------------------------------------------------------------------------------------


def anunciar(evento: str, hechos: Sequence[Hecho], *, momento: datetime | None = None) -> int:
    """Una entrega por hecho y suscripción que lo puede ver; dice cuántas.

    Va dentro de la transacción del paso: con ella queda o se deshace. De lo que ya pasó (historia
    que se carga) no se avisa.
    """
    if not hechos or es_historia(momento):
        return 0
    cuando = momento or timezone.now()
    ojos: dict[int, set[int]] = {}
    nuevas: list[Entrega] = []
    for una in suscripciones.oyentes(evento, cuando):
        persona = una.cliente.persona
        if persona.pk not in ojos:
            ojos[persona.pk] = _las_que_ve(persona, hechos)
        visibles = (uno for uno in hechos if uno.sobre.pk in ojos[persona.pk])
        nuevas += [_nueva(una, evento, uno, cuando) for uno in visibles]
    Entrega.objects.bulk_create(nuevas, batch_size=500)
    return len(nuevas)


def _las_que_ve(persona: Usuario, hechos: Sequence[Hecho]) -> set[int]:
    """De las filas de unos hechos (todas del mismo modelo), las que esa persona puede ver."""
    modelo = type(hechos[0].sobre)
    claves = [uno.sobre.pk for uno in hechos]
    return set(_visibles(modelo, persona).filter(pk__in=claves).values_list("pk", flat=True))


def _visibles(modelo: type[models.Model], persona: Usuario) -> models.QuerySet:
    # Los modelos que se anuncian lo tienen (G-05), y `models.Model` no lo sabe.
    return modelo._default_manager.visibles_para(persona)  # type: ignore[attr-defined]


def _nueva(una: Suscripcion, evento: str, hecho: Hecho, momento: datetime) -> Entrega:
    datos = {**hecho.datos, "enlace": direccion(hecho.enlace)}
    return Entrega(
        suscripcion=una,
        identificador=f"pesn_{uuid4().hex}",
        evento=evento,
        tipo=hecho.sobre._meta.label_lower,
        clave=hecho.sobre.pk,
        cuerpo=canonico({"type": evento, "timestamp": momento, "data": datos}),
        creada=momento,
        proximo=momento,
    )


# Mandar ----------------------------------------------------------------------------------------


def esperan(momento: datetime | None = None) -> bool:
    """Si hay algo que mandar ya."""
    return _pendientes(momento or timezone.now()).exists()


def _pendientes(ahora: datetime) -> models.QuerySet[Entrega]:
    activas = Suscripcion.objects.activas()
    return Entrega.objects.por_enviar(ahora).filter(suscripcion__in=activas)


def despachar(momento: datetime | None = None) -> int:
    """Manda lo que espera, suscripción por suscripción; dice cuántas llegaron.

    Se puede llamar cuantas veces se quiera y desde varios procesos. Un sistema que no contesta
    cuesta un intento por barrida, y su lugar en la fila es al azar: no deja sin turno a los demás.
    """
    ahora, hasta = momento or timezone.now(), time.monotonic() + TURNO
    pendientes = _pendientes(ahora)
    suyas = list(pendientes.order_by().values_list("suscripcion", flat=True).distinct())
    azar.shuffle(suyas)
    llegaron = 0
    for suscripcion in suyas:
        de_una = pendientes.filter(suscripcion=suscripcion).order_by("proximo", "pk")
        for pk in list(de_una.values_list("pk", flat=True)[:POR_SUSCRIPCION]):
            if time.monotonic() > hasta:
                return llegaron
            quedo = enviar(pk, momento)
            llegaron += quedo == E.ENTREGADA
            if quedo in {E.POR_ENVIAR, E.MUERTA}:
                break
    return llegaron


def reclamar(pk: int, ahora: datetime) -> str | None:
    """Arrienda la entrega y da la ficha; None si otro la tiene o ya salió."""
    mia = Entrega.objects.por_enviar(ahora).filter(pk=pk)
    return mia.arrendar(ahora + ARRIENDO, intentada_en=ahora)


def enviar(pk: int, momento: datetime | None = None) -> str:
    """Un intento; dice en qué estado quedó, o nada si la tenía otro."""
    ahora = momento or timezone.now()
    ficha = reclamar(pk, ahora)
    if ficha is None:
        return ""
    mia = Entrega.objects.select_related("suscripcion__cliente__persona", "suscripcion__cliente")
    entrega = mia.get(pk=pk)
    if entrega.intentos > INTENTOS:  # cada vez murió quien la mandaba
        return _enterrar(entrega, Respuesta(falla=Falla.TIEMPO))
    if entrega.suscripcion.estado == Suscripcion.Estado.PAUSADA:  # mientras se reclamaba: espera
        return _cerrar(entrega, E.POR_ENVIAR, intentos=entrega.intentos - 1)
    if not _le_corresponde(entrega, ahora):
        return _cerrar(entrega, E.OMITIDA)
    respuesta = _llevar(entrega, ahora)
    registro.info(
        "webhook",
        entrega=entrega.pk,
        suscripcion=entrega.suscripcion_id,
        intento=entrega.intentos,
        estado_http=respuesta.estado_http,
        falla=respuesta.falla,
        milisegundos=respuesta.milisegundos,
    )
    return _concluir(entrega, respuesta, ahora)


def _le_corresponde(entrega: Entrega, ahora: datetime) -> bool:
    """Si el sistema todavía entraría a la API y su persona todavía ve la fila."""
    cliente = entrega.suscripcion.cliente
    if entrega.suscripcion.estado != Suscripcion.Estado.ACTIVA:
        return False
    if not clientes.alcanza_a_leer(cliente) or not clientes.que_leen(ahora).filter(pk=cliente.pk):
        return False
    modelo = apps.get_model(entrega.tipo)
    return _visibles(modelo, cliente.persona).filter(pk=entrega.clave).exists()


def _llevar(entrega: Entrega, ahora: datetime) -> Respuesta:
    """La firma y la lleva a una dirección recién resuelta y comprobada."""
    cuerpo = entrega.cuerpo.encode()
    try:
        suyos = suscripciones.secretos(entrega.suscripcion, ahora)
        destino = destinos.leer(entrega.suscripcion.direccion)
        direcciones = destinos.resolver(destino)
    except cifra.Ilegible:
        return Respuesta(falla=Falla.SECRETO)
    except destinos.DestinoProhibido:
        return Respuesta(falla=Falla.DIRECCION)
    except destinos.NoResuelve:
        return Respuesta(falla=Falla.NOMBRE)
    con = mensajero.cabeceras(entrega.identificador, int(ahora.timestamp()), cuerpo, suyos)
    return mensajero.llevar(destino, direcciones, cuerpo, con)


# Lo que quedó ----------------------------------------------------------------------------------

PAUSAN = {Falla.DIRECCION: Motivo.DESTINO, Falla.SECRETO: Motivo.SECRETO}


def _concluir(entrega: Entrega, respuesta: Respuesta, ahora: datetime) -> str:
    if not respuesta.falla:
        return _dar_por_entregada(entrega, respuesta)
    if respuesta.estado_http == GONE or entrega.intentos >= INTENTOS:
        return _enterrar(entrega, respuesta)
    quedo = _cerrar(entrega, E.POR_ENVIAR, respuesta, proximo=ahora + espera(entrega, respuesta))
    if quedo and respuesta.falla in PAUSAN:
        suscripciones.pausar(entrega.suscripcion, motivo=PAUSAN[respuesta.falla], por=None)
    return quedo


def espera(entrega: Entrega, respuesta: Respuesta) -> timedelta:
    """Hasta el intento siguiente: crece por cuatro con su azar, o lo que pida `Retry-After`."""
    crecida = min(PRIMERA_ESPERA * CRECE ** (entrega.intentos - 1), ESPERA_MAXIMA)
    pedida = min(timedelta(seconds=respuesta.espera), ESPERA_MAXIMA)
    return max(crecida * azar.uniform(1 - VARIA, 1 + VARIA), pedida)


def _cerrar(
    entrega: Entrega, estado: str, respuesta: Respuesta | None = None, **cambios: Any
) -> str:
    """Suelta el arriendo y la deja así; nada si la ficha ya es de otro."""
    dada = respuesta or Respuesta()
    mia = Entrega.objects.filter(pk=entrega.pk, ficha=entrega.ficha, estado=E.POR_ENVIAR)
    gano = mia.update(
        estado=estado, arriendo=None, estado_http=dada.estado_http, falla=dada.falla, **cambios
    )
    return estado if gano else ""


def _dar_por_entregada(entrega: Entrega, respuesta: Respuesta) -> str:
    quedo = _cerrar(entrega, E.ENTREGADA, respuesta, entregada_en=timezone.now())
    if quedo:
        suya = Suscripcion.objects.filter(pk=entrega.suscripcion_id, muertas_seguidas__gt=0)
        suya.update(muertas_seguidas=0)
    return quedo


def _enterrar(entrega: Entrega, respuesta: Respuesta) -> str:
    """No se intenta más: consta, se avisa a quien administra y, si ya son varias, se pausa."""
    una = entrega.suscripcion
    with constancia() as asientos:
        if not _cerrar(entrega, E.MUERTA, respuesta):
            return ""
        suya = Suscripcion.objects.filter(pk=una.pk)
        suya.update(muertas_seguidas=F("muertas_seguidas") + 1)
        una.refresh_from_db()
        suscripciones.avisar(una, f"Un webhook de {una.cliente} no se pudo entregar", "muerta")
        if respuesta.estado_http == GONE:
            suscripciones.pausar(una, motivo=Motivo.SE_FUE, por=None)
        elif una.muertas_seguidas >= MUERTAS_PARA_PAUSAR:
            suscripciones.pausar(una, motivo=Motivo.MUERTAS, por=None)
        datos = {
            "suscripcion": una.pk,
            "evento": entrega.evento,
            "intentos": entrega.intentos,
            "falla": respuesta.falla,
            "estado_http": respuesta.estado_http,
        }
        asientos.append(_asiento("entrega_muerta", entrega, None, datos))
    return E.MUERTA


def reenviar(entrega: Entrega, *, por: Usuario | None) -> None:
    """La pone otra vez en la fila, con su mismo identificador. Lanza ValidationError."""
    if entrega.suscripcion.estado != Suscripcion.Estado.ACTIVA:
        raise ValidationError("La suscripción no está activa.")
    with constancia() as asientos:
        hecha = Entrega.objects.filter(pk=entrega.pk, estado__in=[E.ENTREGADA, E.MUERTA])
        if not hecha.update(
            estado=E.POR_ENVIAR,
            intentos=0,
            proximo=timezone.now(),
            arriendo=None,
            ficha="",
            entregada_en=None,
        ):
            raise ValidationError("Todavía se está enviando, o ya no correspondía.")
        asientos.append(_asiento("reenviar_entrega", entrega, por, {"de": entrega.estado}))
    entrega.refresh_from_db()


def barrer(momento: datetime | None = None) -> int:
    """Borra lo que terminó hace más de un mes; cuántas."""
    ahora = momento or timezone.now()
    viejas = Entrega.objects.filter(creada__lt=ahora - SE_GUARDAN)
    cuantas, _ = viejas.exclude(estado=E.POR_ENVIAR).delete()
    return cuantas


def _asiento(acto: str, entrega: Entrega, por: Usuario | None, datos: dict[str, Any]):
    sigla = entrega.suscripcion.cliente.institucion.sigla
    return asiento(acto, entrega, por=por, datos=datos, institucion=sigla)
