"""Lo que cambia después: reprogramar, suspender, reanudar o cancelar; y rectificar lo cortado.

Los pasos y quién los da están en `flujo`; aquí, sus condiciones y efectos (dominio §2.5). Una
enmienda vale desde el periodo en que se aprueba: los cortes anteriores no cambian.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.db.models import F
from django.utils import timezone

from instituciones import bitacora
from instituciones.models import Usuario
from matrices import calendario, consultas, evidencias, flujo, permisos
from matrices.models import (
    Actividad,
    Avance,
    HitoActividad,
    Periodo,
    Rectificacion,
    Reprogramacion,
)
from matrices.periodos import feriados

Tipo = Reprogramacion.Tipo
Situacion = Actividad.Situacion
Enmienda = TypeVar("Enmienda", Reprogramacion, Rectificacion)
VALE_DESDE = {
    Tipo.REPROGRAMACION: {Situacion.VIGENTE},
    Tipo.SUSPENSION: {Situacion.VIGENTE},
    Tipo.REANUDACION: {Situacion.SUSPENDIDA},
    Tipo.CANCELACION: {Situacion.VIGENTE, Situacion.SUSPENDIDA},
}
REDATAN = {Tipo.REPROGRAMACION, Tipo.REANUDACION}
YA_HAY_SOLICITUD = "Ya hay una solicitud en trámite para esta actividad."
YA_HAY_RECTIFICACION = "Ya hay una rectificación en trámite para este avance."
RECTIFICABLES = {
    "ejecutado_periodo",
    "porcentaje",
    "hitos_cumplidos",
    "aportes",
    "logro",
    "limitante",
    "medida_correctiva",
    "presupuesto_asignado",
    "presupuesto_vigente",
    "devengado",
}


def _asiento(
    acto: str,
    enmienda: Enmienda,
    por: Usuario,
    momento: datetime,
    *,
    en_nombre_de: Usuario | None = None,
    **datos: Any,
):
    if isinstance(enmienda, Rectificacion):
        actividad = enmienda.avance.actividad
    else:
        actividad = enmienda.actividad
    return bitacora.asiento(
        acto,
        enmienda,
        por=por,
        en_nombre_de=en_nombre_de,
        momento=momento,
        institucion=actividad.responsable.sigla,
        datos={"actividad": actividad.pk, **datos},
    )


def _dar(
    enmienda: Enmienda,
    paso: str,
    *,
    version: int,
    por: Usuario,
    en_nombre_de: Usuario | None = None,
    nota: str = "",
    momento: datetime | None = None,
    **cambios: Any,
) -> Enmienda:
    """Un paso de la tabla de enmiendas, con su asiento."""
    tabla = flujo.TABLAS[type(enmienda)]
    flujo.exigir(
        tabla[paso], enmienda, por=por, en_nombre_de=en_nombre_de, nota=nota, momento=momento
    )
    cuando, de = momento or timezone.now(), enmienda.estado
    if nota:
        cambios["nota"] = nota
    with bitacora.constancia() as asientos:
        flujo.ganar(enmienda, paso, version=version, por=por, cambios=cambios)
        enmienda.refresh_from_db()
        asientos.append(
            _asiento(
                paso, enmienda, por, cuando, en_nombre_de=en_nombre_de, de=de, a=enmienda.estado
            )
        )
        return enmienda


# Reprogramar, suspender, reanudar, cancelar ----------------------------------------------------


def solicitar(
    actividad: Actividad,
    *,
    tipo: str,
    desde: date,
    motivo: str,
    por: Usuario,
    fin_propuesto: date | None = None,
    hitos: list[dict[str, Any]] | None = None,
    momento: datetime | None = None,
) -> Reprogramacion:
    """Pide un cambio. `hitos` es [{numero, fecha}] con las fechas nuevas.

    Lanza PermissionDenied o ValidationError por campo.
    """
    if not permisos.puede_solicitar(por, actividad):
        raise PermissionDenied("Lo pide quien planifica en la institución responsable.")
    cuando, redata = momento or timezone.now(), tipo in REDATAN
    pedida = Reprogramacion(
        actividad=actividad,
        tipo=tipo,
        desde=desde,
        fin_anterior=actividad.fin_vigente,
        fin_propuesto=fin_propuesto if redata else None,
        hitos=consultas.como_texto(hitos or []) if redata else [],
        motivo=motivo,
        solicitada_por=por,
        solicitada_en=cuando,
    )
    revisar_solicitud(pedida)
    try:
        with bitacora.constancia() as asientos:
            pedida.save()
            asientos.append(_asiento("solicitar", pedida, por, cuando, tipo=tipo))
    except IntegrityError as choque:  # otra persona la pidió en este instante
        raise ValidationError({"tipo": YA_HAY_SOLICITUD}) from choque
    return pedida


def revisar_solicitud(pedida: Reprogramacion) -> None:
    """Lanza ValidationError, por campo, si no cabe en la actividad o ya hay otra en trámite."""
    errores = _no_cabe(pedida)
    otras = Reprogramacion.objects.filter(actividad=pedida.actividad_id).exclude(pk=pedida.pk)
    if otras.filter(estado__in=Reprogramacion.EN_TRAMITE).exists():
        errores["tipo"] = YA_HAY_SOLICITUD
    if errores:
        raise ValidationError(errores)


def _no_cabe(pedida: Reprogramacion) -> dict[str, str]:
    """Por campo, qué impide aplicar el cambio a la actividad como está hoy."""
    actividad, fin, errores = pedida.actividad, pedida.fin_propuesto, {}
    if actividad.situacion not in VALE_DESDE[Tipo(pedida.tipo)]:
        situacion = actividad.get_situacion_display().lower()
        errores["tipo"] = f"La actividad está {situacion}: no cabe esta solicitud."
    if pedida.tipo not in REDATAN:
        return errores
    if fin is None:
        return errores | {"fin_propuesto": "Proponga la nueva fecha de fin."}
    if fin < actividad.inicio:
        errores["fin_propuesto"] = "Debe ser igual o posterior al inicio de la actividad."
    fechas = {hito.numero: hito.fecha_vigente for hito in actividad.hitos.all()}
    nuevas = {nuevo["numero"]: como_fecha(nuevo["fecha"]) for nuevo in pedida.hitos}
    ajenos = sorted(set(nuevas) - set(fechas))
    if ajenos:
        errores["hitos"] = f"La actividad no tiene el hito {ajenos[0]}."
    elif not all(actividad.inicio <= dia <= fin for dia in (fechas | nuevas).values()):
        errores["hitos"] = "Las fechas de todos los hitos van entre el inicio y el nuevo fin."
    if (
        pedida.tipo == Tipo.REPROGRAMACION
        and fin == actividad.fin_vigente
        and fechas | nuevas == fechas
    ):
        errores["fin_propuesto"] = "Es la fecha que ya tiene: no hay qué reprogramar."
    return errores


def como_fecha(valor: date | str) -> date:
    """Las fechas de los hitos se guardan como texto."""
    return valor if isinstance(valor, date) else date.fromisoformat(valor)


def avalar(pedida: Reprogramacion, *, version: int, por: Usuario, **ctx: Any) -> Reprogramacion:
    """La institución respalda la solicitud."""
    cuando = ctx.get("momento") or timezone.now()
    return _dar(pedida, "avalar", version=version, por=por, avalada_en=cuando, **ctx)


def opinar(
    pedida: Reprogramacion, *, opinion: str, version: int, por: Usuario, **ctx: Any
) -> Reprogramacion:
    """La CAP opina; no decide."""
    if not opinion.strip():
        raise ValidationError({"opinion_cap": "Escriba la opinión."})
    return _dar(pedida, "opinar", version=version, por=por, opinion_cap=opinion, **ctx)


def desistir(pedida: Reprogramacion, *, version: int, por: Usuario, **ctx: Any) -> Reprogramacion:
    """La institución retira su solicitud."""
    return _dar(pedida, "desistir", version=version, por=por, **ctx)


def falta_para_resolver(pedida: Reprogramacion, hoy: date) -> str:
    """Por qué aún no se resuelve: la CAP tiene diez días hábiles desde el aval."""
    if pedida.estado != Reprogramacion.Estado.AVALADA or pedida.avalada_en is None:
        return ""
    plazo = calendario.dias_habiles_despues(
        timezone.localdate(pedida.avalada_en), calendario.DIAS_PARA_OPINAR, feriados()
    )
    return f"La CAP puede opinar hasta el {plazo:%d/%m/%Y}." if hoy <= plazo else ""


def rechazar(
    pedida: Reprogramacion, *, acto: str, version: int, por: Usuario, **ctx: Any
) -> Reprogramacion:
    """La coordinación no la concede, con su acto."""
    return _resolver(pedida, "rechazar", acto=acto, version=version, por=por, **ctx)


def aprobar(
    pedida: Reprogramacion,
    *,
    acto: str,
    version: int,
    por: Usuario,
    periodo: Periodo | None = None,
    en_nombre_de: Usuario | None = None,
    momento: datetime | None = None,
) -> Reprogramacion:
    """La concede con su acto y la aplica; cuenta desde el corte de `periodo` (el que corre)."""
    cuenta = periodo or periodo_en_que_cuenta(pedida.actividad)
    no_cabe = _no_cabe(pedida)
    if no_cabe and pedida.estado in Reprogramacion.EN_TRAMITE:
        raise flujo.PasoInvalido(f"Ya no cabe: {next(iter(no_cabe.values()))}", pedida)
    with bitacora.constancia():
        quien: dict[str, Any] = {"por": por, "en_nombre_de": en_nombre_de, "momento": momento}
        pedida = _resolver(pedida, "aprobar", acto=acto, version=version, periodo=cuenta, **quien)
        actividad = Actividad.objects.select_related("matriz__accion").get(pk=pedida.actividad_id)
        _cambiar_actividad(actividad, pedida)
        _cambiar_avances(actividad, pedida, quien)
        return pedida


def _resolver(
    pedida: Reprogramacion, paso: str, *, acto: str, version: int, por: Usuario, **ctx: Any
) -> Reprogramacion:
    if not acto.strip():
        raise ValidationError({"acto": "Indique el acto que resuelve la solicitud."})
    cuando = ctx.get("momento") or timezone.now()
    falta = falta_para_resolver(pedida, timezone.localdate(cuando))
    if falta and pedida.version == version:
        raise flujo.PasoInvalido(falta, pedida)
    return _dar(pedida, paso, version=version, por=por, acto=acto, resuelta_en=cuando, **ctx)


def periodo_en_que_cuenta(actividad: Actividad) -> Periodo | None:
    """El periodo en curso del plan o, si no hay, el próximo programado."""
    plan = actividad.matriz.accion.objetivo.programa.plan
    suyos = Periodo.objects.filter(plan=plan).exclude(estado=Periodo.Estado.CORTADO)
    return suyos.order_by("corte").first()


def _cambiar_actividad(actividad: Actividad, pedida: Reprogramacion) -> None:
    """Escribe el cambio con su historia: primero la guarda de la versión, luego `save`."""
    por_tipo: dict[Tipo, dict[str, Any]] = {
        Tipo.REPROGRAMACION: {"fin_vigente": pedida.fin_propuesto},
        Tipo.SUSPENSION: {
            "situacion": Situacion.SUSPENDIDA,
            "suspendida_desde": pedida.desde,
        },
        Tipo.REANUDACION: {
            "situacion": Situacion.VIGENTE,
            "suspendida_desde": None,
            "fin_vigente": pedida.fin_propuesto,
        },
        Tipo.CANCELACION: {"situacion": Situacion.CANCELADA, "suspendida_desde": None},
    }
    cambios = por_tipo[Tipo(pedida.tipo)]
    suya = Actividad.objects.filter(pk=actividad.pk, version=actividad.version)
    if not suya.update(version=F("version") + 1):
        raise flujo.VersionAjena(Actividad.objects.get(pk=actividad.pk))
    actividad.version += 1
    for campo, valor in cambios.items():
        setattr(actividad, campo, valor)
    _guardar_con_su_fecha(actividad, pedida)
    nuevas = {nuevo["numero"]: como_fecha(nuevo["fecha"]) for nuevo in pedida.hitos}
    for hito in HitoActividad.objects.filter(actividad=actividad, numero__in=nuevas):
        hito.fecha_vigente = nuevas[hito.numero]
        _guardar_con_su_fecha(hito, pedida)


def _guardar_con_su_fecha(fila: Any, pedida: Reprogramacion) -> None:
    """Guarda, y su historia dice cuándo y por quién se aprobó, aunque se cargue después."""
    fila._history_date = pedida.resuelta_en
    fila._history_user = pedida.resuelta_por
    fila.save()


def _cambiar_avances(actividad: Actividad, pedida: Reprogramacion, quien: dict[str, Any]) -> None:
    """En el periodo sin cortar: exime o exige, y vuelve a medir con los términos nuevos."""
    suyos = Avance.objects.filter(actividad=actividad).exclude(
        periodo__estado=Periodo.Estado.CORTADO
    )
    vivos = list(suyos.con_su_actividad())
    if pedida.tipo in {Tipo.SUSPENSION, Tipo.CANCELACION}:
        motivo = {"motivo_exencion": actividad.situacion}
        ordenes = [
            flujo.Orden(uno, uno.version, motivo)
            for uno in vivos
            if uno.estado in flujo.PASOS["eximir"].de
        ]
        flujo.mover_varios(ordenes, "eximir", **quien)
    if pedida.tipo == Tipo.REANUDACION:
        ordenes = [
            flujo.Orden(uno, uno.version)
            for uno in vivos
            if uno.motivo_exencion == Avance.Exencion.SUSPENDIDA
            and uno.periodo.recibe
            and actividad.inicio <= uno.periodo.corte
        ]
        flujo.mover_varios(ordenes, "exigir", **quien)
    flujo.medir(suyos)


# Rectificar lo cortado -------------------------------------------------------------------------


def solicitar_rectificacion(
    avance: Avance,
    *,
    despues: dict[str, Any],
    motivo: str,
    por: Usuario,
    adjuntos: Iterable[evidencias.Adjunto] = (),
    momento: datetime | None = None,
) -> Rectificacion:
    """Pide corregir valores de un avance ya cortado: {campo: valor nuevo}, con su respaldo."""
    if not permisos.puede_solicitar(por, avance.actividad):
        raise PermissionDenied("Lo pide quien planifica en la institución responsable.")
    revisar_rectificacion(avance, despues)
    en_vigor, cuando = consultas.en_vigor(avance), momento or timezone.now()
    campos = {
        campo: {"antes": en_vigor[campo], "despues": valor} for campo, valor in despues.items()
    }
    pedida = Rectificacion(
        avance=avance,
        motivo=motivo,
        campos=consultas.como_texto(campos),
        solicitada_por=por,
        solicitada_en=cuando,
    )
    try:
        with bitacora.constancia() as asientos:
            pedida.save()
            asientos.append(_asiento("solicitar", pedida, por, cuando, campos=sorted(campos)))
            for adjunto in adjuntos:
                evidencias.adjuntar_a_rectificacion(pedida, adjunto, por=por)
    except IntegrityError as choque:  # otra persona la pidió en este instante
        raise ValidationError(YA_HAY_RECTIFICACION) from choque
    return pedida


def revisar_rectificacion(avance: Avance, despues: dict[str, Any]) -> None:
    """Lanza PasoInvalido o ValidationError si no cabe rectificar."""
    if not avance.periodo.cortado:
        raise flujo.PasoInvalido("Antes del corte se corrige el avance; no se rectifica.", avance)
    if not despues:
        raise ValidationError("Indique al menos un valor que cambia.")
    ajenos = sorted(set(despues) - RECTIFICABLES)
    if ajenos:
        raise ValidationError(f"No se rectifica: {', '.join(ajenos)}.")
    if avance.rectificaciones.filter(estado__in=Rectificacion.EN_TRAMITE).exists():
        raise ValidationError(YA_HAY_RECTIFICACION)


def firmar(pedida: Rectificacion, *, version: int, por: Usuario, **ctx: Any) -> Rectificacion:
    """La institución la firma."""
    return _dar(pedida, "firmar", version=version, por=por, **ctx)


def recomendar(pedida: Rectificacion, *, version: int, por: Usuario, **ctx: Any) -> Rectificacion:
    """Quien revisa la recomienda."""
    return _dar(pedida, "recomendar", version=version, por=por, **ctx)


def aprobar_rectificacion(
    pedida: Rectificacion, *, version: int, por: Usuario, **ctx: Any
) -> Rectificacion:
    """La coordinación la concede; surte efecto en el corte siguiente de su periodo."""
    cuando = ctx.get("momento") or timezone.now()
    return _dar(pedida, "aprobar", version=version, por=por, resuelta_en=cuando, **ctx)


def rechazar_rectificacion(
    pedida: Rectificacion, *, nota: str, version: int, por: Usuario, **ctx: Any
) -> Rectificacion:
    """La coordinación no la concede, con su motivo."""
    cuando = ctx.get("momento") or timezone.now()
    return _dar(pedida, "rechazar", version=version, por=por, nota=nota, resuelta_en=cuando, **ctx)


def aplicar(
    pedida: Rectificacion,
    *,
    corte_numero: int,
    por: Usuario,
    en_nombre_de: Usuario | None = None,
    momento: datetime | None = None,
) -> Rectificacion:
    """Sus valores son los que valen: mide de nuevo el avance y los posteriores.

    La llama quien sella el corte nuevo, dentro de su transacción; P no cambia.
    """
    with bitacora.constancia():
        pedida = _dar(
            pedida,
            "aplicar",
            version=pedida.version,
            por=por,
            en_nombre_de=en_nombre_de,
            momento=momento,
            corte_numero=corte_numero,
        )
        posteriores = Avance.objects.filter(
            actividad=pedida.avance.actividad_id, periodo__corte__gte=pedida.avance.periodo.corte
        )
        flujo.medir(posteriores)
        return pedida


def calificar(materiales: dict[int, bool]) -> None:
    """Anota cuáles de las aplicadas fueron materiales; lo dice el corte que las recogió."""
    for pk, material in materiales.items():
        Rectificacion.objects.filter(pk=pk, material=None).update(material=material)
