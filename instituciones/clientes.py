"""Los sistemas que usan la API: inscribirlos, renovar su ficha, quitársela y reconocerlos.

El secreto se muestra una vez y no se guarda: queda su huella, que hace knox.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from hmac import compare_digest

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from knox.crypto import hash_token
from knox.settings import CONSTANTS

from instituciones.bitacora import asiento, constancia
from instituciones.models import (
    Alcance,
    ClaveIdempotente,
    ClienteSistema,
    Ficha,
    PedidoDeSistema,
    Rol,
    Usuario,
)

VIGENCIA, VIGENCIA_MAXIMA = timedelta(days=180), timedelta(days=365)
GRACIA = timedelta(days=1)  # lo que la ficha anterior sigue valiendo al rotar
LARGO_DEL_SECRETO = 200
CADA_CUANTO_SE_ANOTA = timedelta(minutes=1)
SE_GUARDAN = timedelta(days=30)
VENCEN = timedelta(days=1)  # las claves de idempotencia

# Qué puede tener el sistema de cada rol; los demás roles sólo leen y quien administra, nada.
ALCANCES = {
    Rol.PLANIFICADOR: {Alcance.LEER, Alcance.ESCRIBIR_AVANCE, Alcance.EVIDENCIA},
    Rol.APROBADOR: {Alcance.LEER, Alcance.APROBAR},
    Rol.ANALISTA: {Alcance.LEER, Alcance.REVISAR},
    Rol.COORDINADOR: {Alcance.LEER, Alcance.REVISAR},
    Rol.ADMINISTRADOR: set(),
}


def alcances_de(persona: Usuario) -> set[str]:
    """Los que un sistema suyo puede llegar a tener."""
    return set(ALCANCES.get(Rol(persona.rol), {Alcance.LEER}))


def exigir(persona: Usuario, alcances: Iterable[str], vigencia: timedelta) -> None:
    """Lanza ValidationError si esa persona no puede prestar eso a un sistema por tanto tiempo."""
    sobran = set(alcances) - alcances_de(persona)
    if not persona.is_active:
        raise ValidationError({"persona": "Su cuenta no está activa."})
    if not alcances_de(persona):
        raise ValidationError({"persona": "Quien administra cuentas no usa la API."})
    if sobran or not set(alcances):
        mensaje = f"No son de su rol: {', '.join(sorted(sobran))}." if sobran else "Elija alguno."
        raise ValidationError({"alcances": mensaje})
    if not timedelta(0) < vigencia <= VIGENCIA_MAXIMA:
        raise ValidationError({"dias": f"Entre 1 y {VIGENCIA_MAXIMA.days} días."})


def inscribir(
    cliente: ClienteSistema, *, vigencia: timedelta = VIGENCIA, por: Usuario | None
) -> str:
    """Guarda un sistema nuevo con el puesto de su persona; devuelve su secreto, por única vez."""
    exigir(cliente.persona, cliente.alcances, vigencia)
    cliente.rol, cliente.institucion = cliente.persona.rol, cliente.persona.institucion
    cliente.alcances = sorted(set(cliente.alcances))
    with constancia() as asientos:
        cliente.save(force_insert=True)
        secreto = _ficha(cliente, vigencia)
        datos = {
            "nombre": cliente.nombre,
            "persona": cliente.persona_id,
            "rol": cliente.rol,
            "alcances": cliente.alcances,
            "dias": vigencia.days,
        }
        asientos.append(_asiento("inscribir_sistema", cliente, por, datos))
    return secreto


def rotar(
    cliente: ClienteSistema,
    *,
    vigencia: timedelta = VIGENCIA,
    gracia: timedelta = GRACIA,
    por: Usuario | None,
) -> str:
    """Le da otra ficha; las que tenía valen a lo sumo `gracia` más. Lanza ValidationError."""
    if cliente.revocado_en or not sigue_en_su_puesto(cliente):
        raise ValidationError("El sistema está revocado o su persona cambió de puesto.")
    exigir(cliente.persona, cliente.alcances, vigencia)
    with constancia() as asientos:
        limite = timezone.now() + gracia
        Ficha.objects.filter(cliente=cliente, expiry__gt=limite).update(expiry=limite)
        secreto = _ficha(cliente, vigencia)
        asientos.append(_asiento("rotar_ficha", cliente, por, {"dias": vigencia.days}))
    return secreto


def revocar(cliente: ClienteSistema, *, por: Usuario | None) -> bool:
    """Ninguna de sus fichas vale desde ya; False si ya estaba revocado."""
    ahora = timezone.now()
    with constancia() as asientos:
        suyo = ClienteSistema.objects.filter(pk=cliente.pk, revocado_en=None)
        if not suyo.update(revocado_en=ahora):
            return False
        Ficha.objects.filter(cliente=cliente, expiry__gt=ahora).update(expiry=ahora)
        asientos.append(_asiento("revocar_sistema", cliente, por))
    return True


def sigue_en_su_puesto(cliente: ClienteSistema) -> bool:
    """Si su persona está activa y tiene el rol y la institución con que se inscribió."""
    persona = cliente.persona
    return (
        persona.is_active
        and persona.rol == cliente.rol
        and persona.institucion_id == cliente.institucion_id
    )


def que_leen(momento: datetime | None = None) -> QuerySet[ClienteSistema]:
    """Los que ahora mismo entrarían a la API a leer: con ficha en vigor y su persona en su puesto.

    Sin contar el alcance, que va en JSON: `alcanza_a_leer`.
    """
    en_vigor = Ficha.objects.filter(expiry__gt=momento or timezone.now())
    return ClienteSistema.objects.filter(
        pk__in=en_vigor.values("cliente"),
        revocado_en=None,
        persona__is_active=True,
        persona__rol=F("rol"),
        persona__institucion=F("institucion"),
    )


def alcanza_a_leer(cliente: ClienteSistema) -> bool:
    """Si se le dio el alcance de leer."""
    return Alcance.LEER in cliente.alcances


def reconocer(secreto: str, momento: datetime | None = None) -> Ficha | None:
    """La ficha de ese secreto, con su sistema y su persona; None si no hay o ya no vale."""
    if len(secreto) > LARGO_DEL_SECRETO:
        return None
    ahora, huella = momento or timezone.now(), hash_token(secreto)
    filas = Ficha.objects.filter(token_key=secreto[: CONSTANTS.TOKEN_KEY_LENGTH])
    for ficha in filas.select_related("cliente__persona__institucion"):
        if compare_digest(huella, ficha.digest):
            return ficha if _ficha_vale(ficha, ahora) else None
    return None


def _ficha_vale(ficha: Ficha, ahora: datetime) -> bool:
    cliente = ficha.cliente
    vence = ficha.expiry is not None and ficha.expiry > ahora
    return vence and cliente.revocado_en is None and sigue_en_su_puesto(cliente)


def anotar_uso(ficha: Ficha) -> None:
    """Cuándo se usó por última vez; a lo sumo una escritura por minuto."""
    ahora, antes = timezone.now(), ficha.ultimo_uso
    if antes is None or ahora - antes >= CADA_CUANTO_SE_ANOTA:
        Ficha.objects.filter(pk=ficha.pk, ultimo_uso=antes).update(ultimo_uso=ahora)


def anotar_pedido(cliente: ClienteSistema, **datos: str | int) -> None:
    """Un pedido que quiso escribir, como se contestó."""
    PedidoDeSistema.objects.create(cliente=cliente, **datos)


def barrer(momento: datetime | None = None) -> tuple[int, int]:
    """Borra los pedidos de hace más de un mes y las claves vencidas; cuántos de cada uno."""
    ahora = momento or timezone.now()
    with transaction.atomic():
        pedidos, _ = PedidoDeSistema.objects.filter(momento__lt=ahora - SE_GUARDAN).delete()
        claves, _ = ClaveIdempotente.objects.filter(momento__lt=ahora - VENCEN).delete()
    return pedidos, claves


def _ficha(cliente: ClienteSistema, vigencia: timedelta) -> str:
    _fila, secreto = Ficha.objects.create(cliente.persona, expiry=vigencia, cliente=cliente)
    return secreto


def _asiento(acto: str, cliente: ClienteSistema, por: Usuario | None, datos: dict | None = None):
    return asiento(acto, cliente, por=por, datos=datos, institucion=cliente.institucion.sigla)
