"""Avisar: escribir a quién se le dice qué, dentro del paso que lo causa; leerlo y preferirlo.

Aquí no se manda correo (`correo`) ni se decide qué se dice de una matriz o de un informe
(`matrices.avisos`, `informes.avisos`). Un aviso nunca lleva contenido: que algo pasó, y dónde.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.db.models import F
from django.utils import timezone

from instituciones.bitacora import asiento, constancia
from instituciones.models import Aviso, PreferenciaDeAvisos, Usuario

HORA_DEL_RESUMEN = time(7)
LARGO = 200
Correo = PreferenciaDeAvisos.Correo


class PreferenciaAjena(Exception):
    """La preferencia cambió en otra ventana después de que se leyó."""


class Dicho(NamedTuple):
    """Lo que se dice: de qué se habla (con la persona y el día, la llave), cómo y dónde verlo."""

    asunto: str
    titulo: str
    enlace: str


def es_historia(momento: datetime | None) -> bool:
    """Si el paso se carga con fecha de otro día: de lo que ya pasó no se avisa."""
    return momento is not None and timezone.localdate(momento) < timezone.localdate()


def escribir(
    dichos: Iterable[tuple[Dicho, Iterable[Usuario]]],
    *,
    momento: datetime | None = None,
    desde: datetime | None = None,
    obligatorio: bool = False,
) -> int:
    """Un aviso por persona activa, asunto y día; los ya escritos no se repiten. Dice cuántos.

    Va dentro de la transacción del paso y antes de su asiento: con ella queda o se deshace.
    `desde` aplaza el correo; `obligatorio` lo manda aunque la persona no quiera ninguno.
    """
    cuando = momento or timezone.now()
    pares = [(dicho, una) for dicho, personas in dichos for una in personas if una.is_active]
    if not pares or es_historia(momento):
        return 0
    quiere = _como_lo_quieren({una.pk for _dicho, una in pares})
    dia = timezone.localdate(cuando)
    nuevos = []
    for dicho, una in sorted(pares, key=lambda par: (par[1].pk, par[0].asunto)):
        cual = Correo.AL_MOMENTO if obligatorio else quiere.get(una.pk, Correo.AL_MOMENTO)
        calla = cual == Correo.NINGUNO
        pronto = proximo_resumen(cuando) if cual == Correo.RESUMEN else desde
        nuevos.append(
            Aviso(
                persona=una,
                rol=una.rol,
                institucion_id=una.institucion_id,
                asunto=dicho.asunto,
                dia=dia,
                titulo=en_un_renglon(dicho.titulo),
                enlace=dicho.enlace,
                obligatorio=obligatorio,
                creado=cuando,
                envio=Aviso.Envio.NO_LLEVA if calla else Aviso.Envio.POR_ENVIAR,
                desde=max(pronto or cuando, cuando),
            )
        )
    Aviso.objects.bulk_create(nuevos, ignore_conflicts=True, batch_size=500)
    return len(nuevos)


def _como_lo_quieren(personas: set[int]) -> dict[int, str]:
    filas = PreferenciaDeAvisos.objects.filter(persona__in=personas)
    return dict(filas.values_list("persona", "correo"))


def proximo_resumen(momento: datetime) -> datetime:
    """La próxima hora del resumen, de Guatemala, después de ese momento."""
    hoy = _hora_del_resumen(momento)
    return hoy if momento < hoy else hoy + timedelta(days=1)


def en_un_renglon(titulo: str) -> str:
    """Sin saltos ni caracteres de control: también será el asunto de un correo."""
    visible = "".join(letra if letra.isprintable() else " " for letra in titulo)
    return " ".join(visible.split())[:LARGO]


def ya_dicho(asunto: str, dia: date | None = None) -> bool:
    """Si de ese asunto ya se avisó a alguien: ese día, o alguna vez."""
    dichos = Aviso.objects.filter(asunto=asunto)
    return (dichos.filter(dia=dia) if dia else dichos).exists()


def activas(*roles: str) -> list[Usuario]:
    """Las personas activas con alguno de esos roles."""
    return list(Usuario.objects.activas().filter(rol__in=roles).order_by("pk"))


def por_casa(rol: str, instituciones: Iterable[int]) -> dict[int, list[Usuario]]:
    """Las personas activas con ese rol, por institución; las que no tienen, vacías."""
    casas: dict[int, list[Usuario]] = {casa: [] for casa in instituciones}
    for una in Usuario.objects.activas().filter(rol=rol, institucion__in=casas).order_by("pk"):
        casas[una.institucion_id].append(una)
    return casas


def todas() -> list[Usuario]:
    """Toda persona que entra."""
    return list(Usuario.objects.activas().order_by("pk"))


def a_la_hora(momento: datetime) -> datetime:
    """Cuándo sale el correo de lo que manda el calendario: no de madrugada."""
    return max(momento, _hora_del_resumen(momento))


def _hora_del_resumen(momento: datetime) -> datetime:
    """La de ese día de Guatemala."""
    return datetime.combine(
        timezone.localdate(momento), HORA_DEL_RESUMEN, timezone.get_default_timezone()
    )


# Lo que cada quien hace con los suyos ----------------------------------------------------------


def marcar_leidos(persona: Usuario, avisos: Iterable[int] | None = None) -> int:
    """Los da por leídos: ésos, o todos. Los ajenos no se tocan. Dice cuántos."""
    suyos = Aviso.objects.visibles_para(persona).sin_leer()
    if avisos is not None:
        suyos = suyos.filter(pk__in=list(avisos))
    with constancia() as asientos:
        cuantos = suyos.update(leido_en=timezone.now())
        if cuantos:
            asientos.append(asiento("leer_avisos", persona, por=persona, datos={"leidos": cuantos}))
        return cuantos


def preferencia(persona: Usuario) -> PreferenciaDeAvisos:
    """La suya; sin ninguna guardada, al momento y en la versión 0."""
    suya = PreferenciaDeAvisos.objects.filter(persona=persona).first()
    return suya or PreferenciaDeAvisos(persona=persona, correo=Correo.AL_MOMENTO, version=0)


def preferir(persona: Usuario, correo: str, *, version: int) -> None:
    """Guarda cuándo quiere el correo; lo que espera se reacomoda. Lanza PreferenciaAjena."""
    with constancia() as asientos:
        if version == 0:
            _fila, nueva = PreferenciaDeAvisos.objects.get_or_create(
                persona=persona, defaults={"correo": correo}
            )
            gano = int(nueva)
        else:
            suya = PreferenciaDeAvisos.objects.filter(persona=persona, version=version)
            gano = suya.update(correo=correo, version=F("version") + 1)
        if not gano:
            raise PreferenciaAjena
        esperan = Aviso.objects.filter(
            persona=persona, envio=Aviso.Envio.POR_ENVIAR, obligatorio=False
        )
        ahora = timezone.now()
        if correo == Correo.NINGUNO:
            esperan.update(envio=Aviso.Envio.NO_LLEVA)
        else:
            resumen = correo == Correo.RESUMEN
            esperan.update(desde=proximo_resumen(ahora) if resumen else ahora)
        asientos.append(asiento("preferir_avisos", persona, por=persona, datos={"correo": correo}))
