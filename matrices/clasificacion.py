"""La clasificación después de la primera: pedir otra, confirmarla otra persona, y la reserva.

Los pasos y quién los da están en `flujo`; aquí, sus condiciones y efectos (dominio §10). Nada se
abre solo: una reserva vencida queda por decidir.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from acciones.models import AccionEstrategica, Responsabilidad
from instituciones import bitacora
from instituciones.models import Clasificacion, Institucion, ResolucionReserva, Usuario, Visibilidad
from matrices import avisos, flujo, permisos
from matrices.models import Actividad, Avance, Evidencia, Periodo, Reclasificacion

Fila = AccionEstrategica | Actividad | Avance | Evidencia
Sobre = Reclasificacion.Sobre
YA_HAY_SOLICITUD = "Ya hay una solicitud en trámite sobre esto."
ANIOS_DE_RESERVA = 7
ANIOS_DE_PRORROGA = 5
PUBLICADO = (Clasificacion.PUBLICA, Visibilidad.PUBLICA)
MODELOS: dict[str, type[Fila]] = {
    Sobre.ACCION: AccionEstrategica,
    Sobre.ACTIVIDAD: Actividad,
    Sobre.AVANCE: Avance,
    Sobre.EVIDENCIA: Evidencia,
}
SOBRE_DE = {modelo: sobre for sobre, modelo in MODELOS.items()}


@dataclass(frozen=True)
class Pedido:
    """Qué clase y visibilidad se piden, con su respaldo: resolución lo reservado, base lo demás."""

    clase: str
    visibilidad: str
    motivo: str
    resolucion: ResolucionReserva | None = None
    base: str = ""
    con_sus_partes: bool = False


def responsable_de(fila: Fila) -> Institucion | None:
    """La institución que responde: la de la actividad, o la rectora de la acción si la hay."""
    if isinstance(fila, AccionEstrategica):
        rectoras = Responsabilidad.objects.filter(
            accion=fila, rol=Responsabilidad.Papel.RECTORA, institucion__isnull=False
        )
        rectora = rectoras.select_related("institucion__revisora").first()
        return rectora.institucion if rectora else None
    return _actividad_de(fila).responsable


def _actividad_de(fila: Actividad | Avance | Evidencia) -> Actividad:
    if isinstance(fila, Actividad):
        return fila
    return fila.actividad if isinstance(fila, Avance) else fila.avance.actividad


# Pedir -----------------------------------------------------------------------------------------


def solicitar(
    fila: Fila, pedido: Pedido, *, por: Usuario, momento: datetime | None = None
) -> Reclasificacion:
    """Pide otra clase o visibilidad; nada cambia hasta que otra persona lo apruebe.

    Lanza PermissionDenied o ValidationError por campo.
    """
    institucion = responsable_de(fila)
    if not permisos.puede_pedir_clase(por, institucion.pk if institucion else None):
        raise PermissionDenied("Lo pide la institución responsable o la coordinación.")
    cuando = momento or timezone.now()
    revisar(fila, pedido, hoy=timezone.localdate(cuando))
    reserva = pedido.clase == Clasificacion.RESERVADA
    pedida = Reclasificacion(
        sobre=SOBRE_DE[type(fila)],
        **_llaves(fila),
        institucion=institucion,
        de_clase=fila.clasificacion,
        de_visibilidad=fila.visibilidad,
        de_resolucion_id=fila.resolucion_id,
        a_clase=pedido.clase,
        a_visibilidad=pedido.visibilidad,
        resolucion=pedido.resolucion if reserva else None,
        base=pedido.base if pedido.clase == Clasificacion.CONFIDENCIAL else "",
        motivo=pedido.motivo,
        solicitada_por=por,
        pedida_como=por.rol,
        solicitada_en=cuando,
    )
    primera = fila.clasificacion == Clasificacion.SIN_CLASIFICAR
    pedida.con_sus_partes = pedido.con_sus_partes and (pedida.baja or primera)
    try:
        with bitacora.constancia() as asientos:
            pedida.save()
            avisos.clase_pedida(pedida, momento)
            asientos.append(_asiento("solicitar", pedida, por, cuando))
    except IntegrityError as choque:  # otra persona la pidió en este instante
        raise ValidationError({"clase": YA_HAY_SOLICITUD}) from choque
    return pedida


def _llaves(fila: Fila) -> dict[str, Any]:
    if isinstance(fila, Evidencia):
        return {"evidencia": fila, "avance": fila.avance}
    return {SOBRE_DE[type(fila)].lower(): fila}


def revisar(fila: Fila, pedido: Pedido, *, hoy: date) -> None:
    """Lanza ValidationError, por campo, si lo pedido no cabe o ya hay otra en trámite."""
    errores: dict[str, str] = {}
    reserva = pedido.clase == Clasificacion.RESERVADA
    mismo = (pedido.clase, pedido.visibilidad) == (fila.clasificacion, fila.visibilidad)
    if pedido.clase == Clasificacion.SIN_CLASIFICAR:
        errores["clase"] = "Elija la clase que debe tener."
    elif mismo and (not reserva or pedido.resolucion == fila.resolucion):
        errores["clase"] = "Nada cambia: es la clase y la visibilidad que ya tiene."
    elif pendientes_de(fila).exists():
        errores["clase"] = YA_HAY_SOLICITUD
    if reserva and pedido.resolucion is None:
        errores["resolucion"] = "Lo reservado lleva su resolución."
    elif reserva and not _reserva_hoy(pedido.resolucion, hoy):
        errores["resolucion"] = "Esa resolución ya venció: registre su prórroga o elija otra."
    confidencial = pedido.clase == Clasificacion.CONFIDENCIAL
    if confidencial and pedido.clase != fila.clasificacion and not pedido.base.strip():
        errores["base"] = "Diga en qué se basa: la ley, o con qué garantía se entregó."
    if errores:
        raise ValidationError(errores)


def _reserva_hoy(resolucion: ResolucionReserva | None, hoy: date) -> bool:
    return resolucion is None or resolucion.reserva_hasta >= hoy


def pendientes_de(fila: Fila) -> QuerySet[Reclasificacion]:
    """La solicitud en trámite sobre esa fila, si la hay."""
    return de_la_fila(fila).filter(estado=Reclasificacion.Estado.SOLICITADA)


def de_la_fila(fila: Fila) -> QuerySet[Reclasificacion]:
    """Todas las que se han pedido sobre esa fila."""
    sobre = SOBRE_DE[type(fila)]
    return Reclasificacion.objects.filter(sobre=sobre, **{sobre.lower(): fila})


# Resolver --------------------------------------------------------------------------------------


def aprobar(
    pedida: Reclasificacion,
    *,
    nota: str,
    version: int,
    por: Usuario,
    en_nombre_de: Usuario | None = None,
    momento: datetime | None = None,
) -> Reclasificacion:
    """La confirma otra persona, y entonces cambia la fila (y sus partes, si así se pidió)."""
    cuando = momento or timezone.now()
    quien: dict[str, Any] = {"por": por, "en_nombre_de": en_nombre_de}
    with bitacora.constancia() as asientos:
        pedida = _dar(pedida, "aprobar", version=version, nota=nota, momento=momento, **quien)
        fila = _la_fila(pedida, cuando)
        partes = list(partes_iguales(fila)) if pedida.con_sus_partes else []
        for una in (fila, *partes):
            _cambiar(una, pedida, cuando)
        tocados = {_avance_de(una).pk: _avance_de(una) for una in (fila, *partes) if _cuelga(una)}
        porque = f"Solicitud de clasificación {pedida.pk}."  # su motivo, sólo a quien lee ambas
        historia = flujo.anotar_clase(tocados.values(), nota=porque, momento=cuando, **quien)
        asientos.extend(flujo.asiento_de(uno) for uno in historia)
        asientos.extend(
            _clasificada(una, pedida, cuando)
            for una in (fila, *partes)
            if not isinstance(una, Avance)  # del avance ya lo dice su movimiento
        )
        avisos.cierra_lo_publicado(cortados_que_cierra(pedida, fila), pedida, momento)
        return pedida


def rechazar(
    pedida: Reclasificacion, *, nota: str, version: int, por: Usuario, **ctx: Any
) -> Reclasificacion:
    """No se concede, con su motivo; nada cambia."""
    return _dar(pedida, "rechazar", version=version, por=por, nota=nota, **ctx)


def desistir(pedida: Reclasificacion, *, version: int, por: Usuario, **ctx: Any) -> Reclasificacion:
    """La retira la parte que la pidió."""
    return _dar(pedida, "desistir", version=version, por=por, **ctx)


def _dar(
    pedida: Reclasificacion,
    paso: str,
    *,
    version: int,
    por: Usuario,
    en_nombre_de: Usuario | None = None,
    nota: str = "",
    momento: datetime | None = None,
) -> Reclasificacion:
    """Un paso de su tabla, con su asiento."""
    tabla, cuando, de = flujo.PASOS_RECLASIFICACION, momento or timezone.now(), pedida.estado
    flujo.exigir(
        tabla[paso], pedida, por=por, en_nombre_de=en_nombre_de, nota=nota, momento=momento
    )
    cambios: dict[str, Any] = {"nota": nota}
    if tabla[paso].firma:
        cambios |= {"resuelta_en": cuando, "en_nombre_de": en_nombre_de}
    with bitacora.constancia() as asientos:
        flujo.ganar(pedida, paso, version=version, por=por, cambios=cambios)
        pedida = Reclasificacion.objects.con_lo_suyo().get(pk=pedida.pk)
        avisos.clase_resuelta(pedida, momento)
        nuevo = _asiento(paso, pedida, por, cuando, en_nombre_de=en_nombre_de, de=de)
        asientos.append(nuevo)
        return pedida


def _la_fila(pedida: Reclasificacion, momento: datetime) -> Fila:
    """La fila, si sigue como cuando se pidió. Lanza PasoInvalido si no."""
    fila = pedida.fila
    if fila is None:
        raise flujo.PasoInvalido("La evidencia se retiró: ya no hay qué clasificar.", pedida)
    entonces = (pedida.de_clase, pedida.de_visibilidad, pedida.de_resolucion_id)
    if entonces != (fila.clasificacion, fila.visibilidad, fila.resolucion_id):
        raise flujo.PasoInvalido("Su clasificación cambió después de pedirse: pídala de nuevo.")
    if not _reserva_hoy(pedida.resolucion, timezone.localdate(momento)):
        raise flujo.PasoInvalido("La resolución venció mientras tanto: pídala con otra.", pedida)
    return fila


def _cambiar(fila: Any, pedida: Reclasificacion, momento: datetime) -> None:
    """Escribe la clase nueva si la fila sigue como se leyó; con su historia donde la lleva."""
    modelo: Any = type(fila)
    igual = {"clasificacion": fila.clasificacion, "visibilidad": fila.visibilidad}
    if hasattr(fila, "version"):
        igual["version"] = fila.version
    nuevo = {
        "clasificacion": pedida.a_clase,
        "visibilidad": pedida.a_visibilidad,
        "resolucion": pedida.resolucion,
    }
    sube = {"version": F("version") + 1} if "version" in igual else {}
    if not modelo.objects.filter(pk=fila.pk, **igual).update(**nuevo, **sube):
        raise flujo.VersionAjena(modelo.objects.get(pk=fila.pk))
    for campo, valor in nuevo.items():
        setattr(fila, campo, valor)
    if sube:
        fila.version += 1
    if modelo in {AccionEstrategica, Actividad}:
        fila._history_date, fila._history_user = momento, pedida.resuelta_por
        fila.save(update_fields=[*nuevo])


def _cuelga(fila: Fila) -> bool:
    return isinstance(fila, Avance | Evidencia)


def _avance_de(fila: Any) -> Avance:
    return fila.avance if isinstance(fila, Evidencia) else fila


# Lo que cuelga ---------------------------------------------------------------------------------


def partes_iguales(fila: Fila) -> Iterator[Actividad | Avance | Evidencia]:
    """Lo que cuelga de la fila con su misma clase, visibilidad y resolución; de arriba abajo."""
    igual = Q(
        clasificacion=fila.clasificacion,
        visibilidad=fila.visibilidad,
        resolucion=fila.resolucion_id,
    )
    if isinstance(fila, AccionEstrategica):
        suyas = Actividad.objects.filter(igual, matriz__accion=fila)
        yield from suyas.select_related("responsable", "matriz__accion").order_by("pk")
    if isinstance(fila, AccionEstrategica | Actividad):
        avances = Avance.objects.filter(igual, _bajo(fila, "actividad"))
        yield from avances.con_su_actividad().order_by("pk")
    if not isinstance(fila, Evidencia):
        yield from Evidencia.objects.filter(igual, _bajo(fila, "avance")).con_su_actividad()


def _bajo(fila: Fila, padre: str) -> Q:
    """Lo que cuelga de la fila, visto desde un avance («actividad») o una evidencia («avance»)."""
    actividad = "actividad" if padre == "actividad" else "avance__actividad"
    if isinstance(fila, AccionEstrategica):
        return Q(**{f"{actividad}__matriz__accion": fila})
    return Q(**{actividad if isinstance(fila, Actividad) else padre: fila})


@dataclass(frozen=True)
class Cuenta:
    """Cuántas filas de un nivel cuelgan, con esa clase y esa visibilidad."""

    nivel: str
    clase: str
    visibilidad: str
    cuantas: int


def partes_por_clase(fila: Fila) -> list[Cuenta]:
    """Lo que cuelga de la fila, contado: quien confirma sabe qué deja de estar tapado."""
    niveles: list[tuple[str, QuerySet[Any]]] = []
    if isinstance(fila, AccionEstrategica):
        niveles.append(("Actividades", Actividad.objects.filter(matriz__accion=fila)))
    if isinstance(fila, AccionEstrategica | Actividad):
        niveles.append(("Avances", Avance.objects.filter(_bajo(fila, "actividad"))))
    if not isinstance(fila, Evidencia):
        niveles.append(("Evidencia", Evidencia.objects.filter(_bajo(fila, "avance"))))
    cuentas = []
    for nivel, filas in niveles:
        dichas = Counter(filas.order_by().values_list("clasificacion", "visibilidad"))
        cuentas += [
            Cuenta(nivel, Clasificacion(clase).label, Visibilidad(visibilidad).label, dichas[clave])
            for clave in sorted(dichas)
            for clase, visibilidad in [clave]
        ]
    return cuentas


def padres_de(fila: Fila) -> list[AccionEstrategica | Actividad | Avance]:
    """De qué cuelga, del más cercano al más alto: sus clases se suman a la propia."""
    if isinstance(fila, AccionEstrategica):
        return []
    actividad = _actividad_de(fila)
    suyos: list[Any] = [fila.avance] if isinstance(fila, Evidencia) else []
    if not isinstance(fila, Actividad):
        suyos.append(actividad)
    return [*suyos, actividad.matriz.accion]


# Lo ya publicado -------------------------------------------------------------------------------


def cortados_que_cierra(pedida: Reclasificacion, fila: Fila) -> list[Periodo]:
    """Los semestres cortados donde eso pudo publicarse y ya no debe: toca cortarlos de nuevo."""
    if pedida.baja or (pedida.de_clase, pedida.de_visibilidad) != PUBLICADO:
        return []
    suyos = Periodo.objects.filter(estado=Periodo.Estado.CORTADO)
    if isinstance(fila, Avance | Evidencia):
        suyos = suyos.filter(pk=_avance_de(fila).periodo_id)
    else:
        avances = Avance.objects.filter(_bajo(fila, "actividad"))
        suyos = suyos.filter(pk__in=avances.values("periodo"))
    return list(suyos.order_by("corte"))


def cierres_de(periodo: Periodo, desde: datetime) -> list[Reclasificacion]:
    """Lo aprobado después de ese momento que cierra algo que el periodo cortado pudo publicar."""
    aprobadas = Reclasificacion.objects.filter(
        estado=Reclasificacion.Estado.APROBADA,
        resuelta_en__gt=desde,
        de_clase=Clasificacion.PUBLICA,
        de_visibilidad=Visibilidad.PUBLICA,
    )
    return [
        una
        for una in aprobadas.con_lo_suyo().order_by("pk")
        if una.fila is not None and periodo in cortados_que_cierra(una, una.fila)
    ]


# La constancia ---------------------------------------------------------------------------------


def _asiento(
    acto: str,
    pedida: Reclasificacion,
    por: Usuario,
    momento: datetime,
    *,
    en_nombre_de: Usuario | None = None,
    **datos: Any,
):
    """Qué se pidió o resolvió, por clases y llaves: el motivo y la base quedan en su fila."""
    return bitacora.asiento(
        acto,
        pedida,
        por=por,
        en_nombre_de=en_nombre_de,
        momento=momento,
        institucion=pedida.institucion.sigla if pedida.institucion else "",
        datos={
            "sobre": pedida.sobre.lower(),
            "fila": getattr(pedida.fila, "pk", None),
            "clase": [pedida.de_clase, pedida.a_clase],
            "visibilidad": [pedida.de_visibilidad, pedida.a_visibilidad],
            "resolucion": pedida.resolucion_id,
            "a": pedida.estado,
            **datos,
        },
    )


def _clasificada(fila: Fila, pedida: Reclasificacion, momento: datetime):
    """La fila que cambió, una por una; también las partes."""
    return bitacora.asiento(
        "clasificar",
        fila,
        por=pedida.resuelta_por,
        en_nombre_de=pedida.en_nombre_de,
        momento=momento,
        institucion=pedida.institucion.sigla if pedida.institucion else "",
        datos={
            "solicitud": pedida.pk,
            "clase": pedida.a_clase,
            "visibilidad": pedida.a_visibilidad,
            "resolucion": pedida.resolucion_id,
        },
    )


# La resolución de reserva ----------------------------------------------------------------------


def registrar_resolucion(
    resolucion: ResolucionReserva, *, por: Usuario, momento: datetime | None = None
) -> ResolucionReserva:
    """Anota una resolución ya dictada; por sí sola no reserva nada."""
    if not permisos.puede_registrar_reserva(por, resolucion.autoridad_id):
        raise PermissionDenied("La registra la coordinación o quien aprueba donde se dictó.")
    tope = mismo_dia(resolucion.fecha, ANIOS_DE_RESERVA)
    if resolucion.vence <= resolucion.fecha or resolucion.vence > tope:
        raise ValidationError({"vence": f"A lo sumo siete años: hasta el {tope:%d/%m/%Y}."})
    return _registrar("registrar_resolucion", resolucion, por, momento)


def prorrogar_resolucion(
    prorrogada: ResolucionReserva,
    nueva: ResolucionReserva,
    *,
    por: Usuario,
    momento: datetime | None = None,
) -> ResolucionReserva:
    """La prórroga es otra resolución, una sola vez y por cinco años a lo sumo (dominio §10).

    Lo que reservaba la primera sigue reservado hasta que venza ésta.
    """
    if not permisos.puede_registrar_reserva(por, prorrogada.autoridad_id):
        raise PermissionDenied("La registra la coordinación o quien aprueba donde se dictó.")
    if prorrogada.prorroga_de_id or ResolucionReserva.objects.filter(prorroga_de=prorrogada):
        raise ValidationError("Ya se prorrogó: una reserva se prorroga una sola vez.")
    tope = mismo_dia(prorrogada.vence, ANIOS_DE_PRORROGA)
    if nueva.vence <= prorrogada.vence or nueva.vence > tope:
        desde = f"Después del {prorrogada.vence:%d/%m/%Y}"
        raise ValidationError({"vence": f"{desde} y, a lo sumo, el {tope:%d/%m/%Y}."})
    if nueva.fecha < prorrogada.fecha:
        raise ValidationError({"fecha": "Es anterior a la resolución que prorroga."})
    nueva.prorroga_de, nueva.vencia = prorrogada, prorrogada.vence
    nueva.autoridad, nueva.custodio = prorrogada.autoridad, prorrogada.custodio
    nueva.partes = prorrogada.partes
    return _registrar("prorrogar_resolucion", nueva, por, momento)


def _registrar(
    acto: str, resolucion: ResolucionReserva, por: Usuario, momento: datetime | None
) -> ResolucionReserva:
    try:
        with bitacora.constancia() as asientos:
            resolucion.save()
            asientos.append(
                bitacora.asiento(
                    acto,
                    resolucion,
                    por=por,
                    momento=momento,
                    institucion=resolucion.autoridad.sigla,
                    datos={
                        "numero": resolucion.numero,
                        "vence": resolucion.vence,
                        "prorroga_de": resolucion.prorroga_de_id,
                    },
                )
            )
    except IntegrityError as choque:
        raise ValidationError({"numero": "Ya hay una resolución con ese número."}) from choque
    return resolucion


def mismo_dia(dia: date, anios: int) -> date:
    """El mismo día, tantos años después; el 29 de febrero, el 28 si no lo hay."""
    try:
        return dia.replace(year=dia.year + anios)
    except ValueError:
        return dia.replace(year=dia.year + anios, day=28)


# Lo que hay por decidir ------------------------------------------------------------------------


@dataclass
class Reservado:
    """Una resolución con lo que reserva a la vista de una persona."""

    resolucion: ResolucionReserva
    acciones: list[AccionEstrategica] = field(default_factory=list)
    actividades: list[Actividad] = field(default_factory=list)
    avances: list[Avance] = field(default_factory=list)
    evidencias: list[Evidencia] = field(default_factory=list)

    @property
    def cuantas(self) -> int:
        filas = [*self.acciones, *self.actividades, *self.avances, *self.evidencias]
        return len(filas)

    @property
    def resumen(self) -> list[str]:
        """«5 actividades», «50 avances»: lo que haya."""
        cuentas = [
            (len(self.acciones), "acción", "acciones"),
            (len(self.actividades), "actividad", "actividades"),
            (len(self.avances), "avance", "avances"),
            (len(self.evidencias), "evidencia", "evidencias"),
        ]
        return [f"{n} {una if n == 1 else varias}" for n, una, varias in cuentas if n]


def lo_reservado(
    resoluciones: Iterable[ResolucionReserva], usuario: Usuario
) -> dict[int, Reservado]:
    """Por resolución, las filas RESERVADA que la nombran y que esta persona ve."""
    dichas = {una.pk: Reservado(una) for una in resoluciones}
    filas = {"resolucion__in": dichas, "clasificacion": Clasificacion.RESERVADA}
    acciones = AccionEstrategica.objects.visibles_para(usuario).filter(**filas)
    for accion in acciones.select_related("objetivo__programa__plan").order_by("orden"):
        dichas[accion.resolucion_id].acciones.append(accion)
    suyas = Actividad.objects.visibles_para(usuario).filter(**filas)
    for una in suyas.select_related("matriz__accion").order_by("matriz__accion__orden", "numero"):
        dichas[una.resolucion_id].actividades.append(una)
    avances = Avance.objects.visibles_para(usuario).filter(**filas).con_su_actividad()
    for avance in avances.sin_textos():
        dichas[avance.resolucion_id].avances.append(avance)
    evidencias = Evidencia.objects.visibles_para(usuario).filter(**filas).con_su_actividad()
    for evidencia in evidencias.select_related("avance__actividad__responsable"):
        dichas[evidencia.resolucion_id].evidencias.append(evidencia)
    return dichas
