"""A qué dirección se le avisa a cada sistema: suscribirla, pausarla, rotar su secreto, retirarla.

El secreto se muestra una vez y se guarda cifrado, porque hay que firmar con él. Al rotarlo firman
los dos hasta que vence la gracia: quien recibe cambia el suyo sin perder nada.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from instituciones import cifra, clientes, destinos, mensajero
from instituciones.avisos import Dicho, activas, escribir
from instituciones.bitacora import asiento, constancia
from instituciones.models import Entrega, Evento, Rol, Suscripcion, Usuario

GRACIA = timedelta(days=1)  # lo que el secreto anterior sigue firmando
GRACIA_MAXIMA = timedelta(days=7)
POR_SISTEMA = 5
E, Motivo = Suscripcion.Estado, Suscripcion.Motivo


def suscribir(suscripcion: Suscripcion, *, por: Usuario | None) -> str:
    """Guarda una nueva; devuelve su secreto, por única vez. Lanza ValidationError."""
    exigir(suscripcion)
    suscripcion.eventos = sorted(set(suscripcion.eventos))
    secreto = mensajero.secreto_nuevo()
    suscripcion.secreto = cifra.cifrar(secreto, cifra.WEBHOOKS)
    with constancia() as asientos:
        suscripcion.save(force_insert=True)
        datos = {"anfitrion": suscripcion.anfitrion, "eventos": suscripcion.eventos}
        asientos.append(_asiento("suscribir_sistema", suscripcion, por, datos))
    return secreto


def exigir(suscripcion: Suscripcion) -> None:
    """Lanza ValidationError si ese sistema no puede recibir eso ahí."""
    cliente = suscripcion.cliente
    if not clientes.alcanza_a_leer(cliente) or not clientes.que_leen().filter(pk=cliente.pk):
        raise ValidationError({"cliente": "Ese sistema no puede leer por la API."})
    vivas = Suscripcion.objects.filter(cliente=cliente).exclude(estado=E.RETIRADA)
    if vivas.count() >= POR_SISTEMA:
        raise ValidationError({"cliente": f"Ya tiene {POR_SISTEMA}: retire alguna."})
    if not suscripcion.eventos or set(suscripcion.eventos) - set(Evento.values):
        raise ValidationError({"eventos": "Elija alguno de los que hay."})
    _exigir_destino(suscripcion.direccion)


def _exigir_destino(direccion: str) -> None:
    try:
        destinos.resolver(destinos.leer(direccion))
    except (destinos.DestinoProhibido, destinos.NoResuelve) as motivo:
        raise ValidationError({"direccion": str(motivo)}) from motivo


def rotar(suscripcion: Suscripcion, *, gracia: timedelta = GRACIA, por: Usuario | None) -> str:
    """Le da otro secreto; el de antes firma también, a lo sumo `gracia` más. Lanza ValidationError.

    Si ya se rotaba, el más viejo de los tres deja de firmar.
    """
    if not timedelta(0) <= gracia <= GRACIA_MAXIMA:
        raise ValidationError(f"La gracia es de {GRACIA_MAXIMA.days} días a lo sumo.")
    secreto = mensajero.secreto_nuevo()
    with constancia() as asientos:
        suya = Suscripcion.objects.filter(pk=suscripcion.pk, secreto=suscripcion.secreto)
        gano = suya.exclude(estado=E.RETIRADA).update(
            secreto=cifra.cifrar(secreto, cifra.WEBHOOKS),
            secreto_anterior=suscripcion.secreto,
            anterior_vence=timezone.now() + gracia,
        )
        if not gano:
            raise ValidationError("Está retirada, o alguien la rotó a la vez.")
        horas = int(gracia.total_seconds() // 3600)
        asientos.append(_asiento("rotar_secreto", suscripcion, por, {"horas": horas}))
    suscripcion.refresh_from_db()
    return secreto


def secretos(suscripcion: Suscripcion, momento: datetime) -> list[str]:
    """Con los que se firma: el suyo y, si todavía no vence, el anterior. Lanza cifra.Ilegible."""
    suyos = [suscripcion.secreto]
    vence = suscripcion.anterior_vence
    if suscripcion.secreto_anterior and vence is not None and vence > momento:
        suyos.append(suscripcion.secreto_anterior)
    return [cifra.descifrar(uno, cifra.WEBHOOKS) for uno in suyos]


def pausar(suscripcion: Suscripcion, *, motivo: str = Motivo.PROPIO, por: Usuario | None) -> bool:
    """No se le manda nada más hasta reanudarla; False si no estaba activa.

    Si no la pausó una persona, quien administra recibe un aviso.
    """
    with constancia() as asientos:
        activa = Suscripcion.objects.activas().filter(pk=suscripcion.pk)
        if not activa.update(estado=E.PAUSADA, motivo=motivo):
            return False
        suscripcion.refresh_from_db()
        if motivo != Motivo.PROPIO:
            avisar(suscripcion, f"Se pausó el webhook de {suscripcion.cliente}", "pausa")
        datos = {"motivo": motivo, "anfitrion": suscripcion.anfitrion}
        asientos.append(_asiento("pausar_suscripcion", suscripcion, por, datos))
    return True


def reanudar(suscripcion: Suscripcion, *, por: Usuario | None) -> None:
    """Vuelve a recibir, también lo que esperaba. Lanza ValidationError si no se puede."""
    _exigir_destino(suscripcion.direccion)
    with constancia() as asientos:
        pausada = Suscripcion.objects.filter(pk=suscripcion.pk, estado=E.PAUSADA)
        if not pausada.update(estado=E.ACTIVA, motivo="", muertas_seguidas=0):
            raise ValidationError("No está en pausa.")
        asientos.append(_asiento("reanudar_suscripcion", suscripcion, por))
    suscripcion.refresh_from_db()


def retirar(suscripcion: Suscripcion, *, por: Usuario | None) -> bool:
    """No recibe nunca más y sus secretos se borran; False si ya estaba retirada."""
    with constancia() as asientos:
        viva = Suscripcion.objects.filter(pk=suscripcion.pk).exclude(estado=E.RETIRADA)
        borra = {"secreto": "", "secreto_anterior": "", "anterior_vence": None}
        if not viva.update(estado=E.RETIRADA, motivo="", **borra):
            return False
        esperan = Entrega.objects.filter(suscripcion=suscripcion, estado=Entrega.Estado.POR_ENVIAR)
        esperan.update(estado=Entrega.Estado.OMITIDA, arriendo=None)
        asientos.append(_asiento("retirar_suscripcion", suscripcion, por))
    suscripcion.refresh_from_db()
    return True


def avisar(suscripcion: Suscripcion, titulo: str, que: str) -> None:
    """A quien administra, una vez al día por suscripción y asunto; nunca la dirección entera."""
    enlace = reverse("admin:instituciones_suscripcion_change", args=[suscripcion.pk])
    dicho = Dicho(f"webhook:{que}:{suscripcion.pk}", titulo, enlace)
    escribir([(dicho, activas(Rol.ADMINISTRADOR))])


def oyentes(evento: str, momento: datetime) -> Iterable[Suscripcion]:
    """Las activas que piden ese evento, de sistemas que ahora mismo pueden leer."""
    filas = Suscripcion.objects.activas().filter(cliente__in=clientes.que_leen(momento))
    for una in filas.select_related("cliente__persona").order_by("pk"):
        if evento in una.eventos and clientes.alcanza_a_leer(una.cliente):
            yield una


def _asiento(acto: str, una: Suscripcion, por: Usuario | None, datos: dict | None = None):
    suyo = {"cliente": una.cliente_id, **(datos or {})}
    sigla = una.cliente.institucion.sigla
    return asiento(acto, una, por=por, datos=suyo, institucion=sigla)
