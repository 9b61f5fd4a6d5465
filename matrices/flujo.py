"""El flujo de trabajo: las tablas de pasos y la única puerta por la que cambia un estado.

Cada paso escribe en una transacción la fila, su `Movimiento` y su asiento. La guarda nombra sólo
columnas de la propia fila: es el candado en ambas bases. De aquí salen los botones, las páginas
y los archivos que se suben; los efectos sobre el calendario y las enmiendas, en `periodos` y
`enmiendas`.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F, Model, OuterRef, Subquery
from django.utils import timezone

from instituciones import bitacora
from instituciones.canonico import canonico, huella
from instituciones.models import Clasificacion, Delegacion, Feriado, Usuario
from matrices import consultas, permisos
from matrices.calendario import DIAS_PARA_RESPONDER, dias_habiles_despues
from matrices.models import (
    Actividad,
    Aporte,
    Avance,
    Evidencia,
    HitoCumplido,
    Movimiento,
    Observacion,
    Periodo,
    Rectificacion,
    Reprogramacion,
)

E = Avance.Estado
Fila = Avance | Periodo | Reprogramacion | Rectificacion


class Conflicto(Exception):
    """Algo cambió o no se puede ahora; `actual` es la fila como está, para mostrarla."""

    def __init__(self, mensaje: str, actual: Model | None = None):
        super().__init__(mensaje)
        self.actual = actual


class PasoInvalido(Conflicto):
    """El paso no sale del estado en que está la fila, o le falta una condición."""


class VersionAjena(Conflicto):
    """Otra persona escribió antes sobre la versión que ésta vio."""

    def __init__(self, actual: Model):
        super().__init__("Otra persona guardó cambios antes que usted.", actual)


class Paso(NamedTuple):
    """Un renglón de la tabla: de qué estados a cuál, quién, y qué firmas deja, exige o borra.

    `distinta_de` son las firmas que no pueden ser de quien da el paso (dos personas). `adentro`:
    no es un botón; lo da otro acto (abrir, cerrar, cortar, resolver una enmienda).
    """

    de: frozenset[str]
    a: str
    permite: Callable[[Usuario | None, Any], bool]
    pide_nota: bool = False
    firma: str = ""
    distinta_de: tuple[str, ...] = ()
    borra: tuple[str, ...] = ()
    nombre: str = ""
    adentro: bool = False


CAPTURA = ("capturado_por", "entregado_por")
SIN_VALIDAR = frozenset(Avance.SIN_RESOLVER)

PASOS: dict[str, Paso] = {
    "guardar": Paso(
        frozenset({E.PENDIENTE, E.EXENTO, E.BORRADOR, E.OBSERVADO}),
        E.BORRADOR,
        permisos.puede_capturar,
        firma="capturado_por",
        borra=("entregado_por", "remitido_por", "validado_por"),
        nombre="Guardar borrador",
    ),
    "entregar": Paso(
        frozenset({E.BORRADOR}),
        E.EN_APROBACION,
        permisos.puede_capturar,
        firma="entregado_por",
        nombre="Entregar a aprobación",
    ),
    "devolver": Paso(
        frozenset({E.EN_APROBACION}),
        E.BORRADOR,
        permisos.puede_aprobar,
        pide_nota=True,
        borra=("entregado_por", "remitido_por", "validado_por"),
        nombre="Devolver",
    ),
    "remitir": Paso(
        frozenset({E.EN_APROBACION}),
        E.REMITIDO,
        permisos.puede_aprobar,
        firma="remitido_por",
        distinta_de=CAPTURA,
        nombre="Remitir a revisión",
    ),
    "asignar": Paso(frozenset({E.REMITIDO}), E.REMITIDO, permisos.puede_asignar, nombre="Asignar"),
    "observar": Paso(
        frozenset({E.REMITIDO}),
        E.OBSERVADO,
        permisos.puede_revisar,
        distinta_de=(*CAPTURA, "remitido_por"),
        nombre="Observar",
    ),
    "validar": Paso(
        frozenset({E.REMITIDO}),
        E.VALIDADO,
        permisos.puede_revisar,
        firma="validado_por",
        distinta_de=(*CAPTURA, "remitido_por"),
        nombre="Validar",
    ),
    "revertir": Paso(
        frozenset({E.VALIDADO}),
        E.REMITIDO,
        permisos.puede_revertir,
        pide_nota=True,
        borra=("validado_por",),
        nombre="Revertir la validación",
    ),
    "vencer": Paso(
        frozenset({E.PENDIENTE, E.BORRADOR, E.EN_APROBACION}),
        E.NO_REPORTADO,
        permisos.calendario_o_coordinacion,
        nombre="Vencer",
        adentro=True,
    ),
    "reabrir": Paso(
        frozenset({E.NO_REPORTADO}),
        E.BORRADOR,
        permisos.puede_coordinar,
        pide_nota=True,
        borra=("entregado_por", "remitido_por", "validado_por"),
        nombre="Reabrir",
    ),
    "eximir": Paso(
        SIN_VALIDAR,
        E.EXENTO,
        permisos.puede_coordinar,
        nombre="Eximir",
        adentro=True,
    ),
    "exigir": Paso(
        frozenset({E.EXENTO}),
        E.PENDIENTE,
        permisos.puede_coordinar,
        nombre="Exigir",
        adentro=True,
    ),
    "dejar_fuera": Paso(
        SIN_VALIDAR,
        E.NO_REPORTADO,
        permisos.puede_coordinar,
        pide_nota=True,
        nombre="Dejar fuera del corte",
        adentro=True,
    ),
    "consolidar": Paso(
        frozenset({E.VALIDADO}),
        E.CONSOLIDADO,
        permisos.puede_coordinar,
        nombre="Consolidar",
        adentro=True,
    ),
}

PE = Periodo.Estado
PASOS_PERIODO: dict[str, Paso] = {
    "abrir": Paso(
        frozenset({PE.PROGRAMADO}), PE.ABIERTO, permisos.puede_llevar_el_periodo, nombre="Abrir"
    ),
    "prorrogar": Paso(
        frozenset({PE.ABIERTO, PE.EN_GRACIA}),
        PE.ABIERTO,
        permisos.puede_llevar_el_periodo,
        pide_nota=True,
        nombre="Prorrogar",
    ),
    "dar_gracia": Paso(
        frozenset({PE.ABIERTO}), PE.EN_GRACIA, permisos.es_el_calendario, nombre="Dar gracia"
    ),
    "cerrar": Paso(
        frozenset({PE.EN_GRACIA}),
        PE.CERRADO,
        permisos.calendario_o_coordinacion,
        nombre="Cerrar",
    ),
    "cortar": Paso(
        frozenset({PE.CERRADO}), PE.CORTADO, permisos.puede_llevar_el_periodo, nombre="Cortar"
    ),
}

RE = Reprogramacion.Estado
PASOS_REPROGRAMACION: dict[str, Paso] = {
    "avalar": Paso(
        frozenset({RE.SOLICITADA}),
        RE.AVALADA,
        permisos.puede_avalar,
        firma="avalada_por",
        distinta_de=("solicitada_por",),
        nombre="Avalar",
    ),
    "opinar": Paso(
        frozenset({RE.AVALADA}),
        RE.OPINADA,
        permisos.puede_opinar,
        firma="opinada_por",
        nombre="Emitir opinión",
    ),
    "aprobar": Paso(
        frozenset({RE.AVALADA, RE.OPINADA}),
        RE.APROBADA,
        permisos.puede_coordinar,
        firma="resuelta_por",
        distinta_de=("solicitada_por", "avalada_por"),
        nombre="Aprobar",
    ),
    "rechazar": Paso(
        frozenset({RE.AVALADA, RE.OPINADA}),
        RE.RECHAZADA,
        permisos.puede_coordinar,
        firma="resuelta_por",
        distinta_de=("solicitada_por", "avalada_por"),
        nombre="Rechazar",
    ),
    "desistir": Paso(
        frozenset({RE.SOLICITADA, RE.AVALADA, RE.OPINADA}),
        RE.DESISTIDA,
        permisos.puede_desistir,
        nombre="Desistir",
    ),
}

RT = Rectificacion.Estado
PASOS_RECTIFICACION: dict[str, Paso] = {
    "firmar": Paso(
        frozenset({RT.SOLICITADA}),
        RT.FIRMADA,
        permisos.puede_avalar,
        firma="firmada_por",
        distinta_de=("solicitada_por",),
        nombre="Firmar",
    ),
    "recomendar": Paso(
        frozenset({RT.FIRMADA}),
        RT.RECOMENDADA,
        permisos.puede_recomendar,
        firma="recomendada_por",
        distinta_de=("solicitada_por", "firmada_por"),
        nombre="Recomendar",
    ),
    "aprobar": Paso(
        frozenset({RT.RECOMENDADA}),
        RT.APROBADA,
        permisos.puede_coordinar,
        firma="resuelta_por",
        distinta_de=("solicitada_por", "firmada_por"),
        nombre="Aprobar",
    ),
    "rechazar": Paso(
        frozenset({RT.RECOMENDADA}),
        RT.RECHAZADA,
        permisos.puede_coordinar,
        pide_nota=True,
        firma="resuelta_por",
        distinta_de=("solicitada_por", "firmada_por"),
        nombre="Rechazar",
    ),
    "aplicar": Paso(
        frozenset({RT.APROBADA}),
        RT.APLICADA,
        permisos.puede_coordinar,
        nombre="Aplicar",
        adentro=True,
    ),
}

TABLAS: dict[type[Model], dict[str, Paso]] = {
    Avance: PASOS,
    Periodo: PASOS_PERIODO,
    Reprogramacion: PASOS_REPROGRAMACION,
    Rectificacion: PASOS_RECTIFICACION,
}


# Lo común a todas las tablas -------------------------------------------------------------------


def exigir(
    regla: Paso,
    fila: Model,
    *,
    por: Usuario | None,
    en_nombre_de: Usuario | None = None,
    nota: str = "",
    momento: datetime | None = None,
) -> None:
    """Lanza PermissionDenied si no le toca a quien actúa; ValidationError si falta la nota.

    Quien actúa por delegación tiene el rol del titular, dentro de las fechas de su delegación;
    las dos personas se cuentan por quien de verdad actúa.
    """
    if en_nombre_de is not None and not _delegacion_vale(por, en_nombre_de, momento):
        raise PermissionDenied("No tiene una delegación vigente de esa persona.")
    if not regla.permite(en_nombre_de or por, fila):
        raise PermissionDenied("No le corresponde dar este paso.")
    ajenas = firmas_ajenas(regla, fila, delegado=en_nombre_de is not None)
    if por is not None and por.pk in ajenas:
        raise PermissionDenied("Este paso lo da una persona distinta de quien dio los anteriores.")
    if regla.pide_nota and not nota.strip():
        raise ValidationError({"nota": "Escriba el motivo."}, code="requerido")


def firmas_ajenas(regla: Paso, fila: Model, *, delegado: bool = False) -> set[int]:
    """Las personas que ya firmaron lo que este paso exige de otra.

    Por delegación nadie actúa sobre lo que capturó o entregó, sea cual sea el paso.
    """
    columnas = {*regla.distinta_de}
    if delegado and isinstance(fila, Avance):
        columnas |= {*CAPTURA}
    firmas = {getattr(fila, f"{columna}_id") for columna in columnas}
    return firmas - {None}


def _delegacion_vale(
    por: Usuario | None, titular: Usuario, momento: datetime | None = None
) -> bool:
    if por is None or not por.is_active or por.institucion_id != titular.institucion_id:
        return False
    dia = timezone.localdate(momento or timezone.now())
    vigentes = Delegacion.objects.vigentes(dia)
    return vigentes.filter(titular=titular, delegado=por).exists()


def ganar(
    fila: Fila,
    paso: str,
    *,
    version: int,
    por: Usuario | None,
    cambios: dict[str, Any] | None = None,
) -> None:
    """El UPDATE con guarda: cambia la fila si sigue en la versión que la persona vio.

    Lanza PasoInvalido si el paso no sale de su estado y VersionAjena si otra persona ganó.
    """
    regla, modelo = TABLAS[type(fila)][paso], type(fila)
    antes = fila.estado
    if fila.version == version and antes not in regla.de:
        raise PasoInvalido(
            f"No se puede «{regla.nombre}» desde «{fila.get_estado_display()}».", fila
        )
    datos = {**(cambios or {}), **dict.fromkeys(regla.borra)}
    if regla.firma:
        datos[regla.firma] = por
    guardada = modelo.objects.filter(pk=fila.pk, version=version, estado=antes)
    if not guardada.update(**datos, estado=regla.a, version=F("version") + 1):
        raise VersionAjena(modelo.objects.get(pk=fila.pk))


def pasos_posibles(
    fila: Fila, usuario: Usuario, en_nombre_de: Usuario | None = None
) -> dict[str, Paso]:
    """Los pasos que esta persona puede dar ahora: de aquí salen los botones."""
    quien = en_nombre_de or usuario
    return {
        nombre: regla
        for nombre, regla in TABLAS[type(fila)].items()
        if not regla.adentro
        and fila.estado in regla.de
        and regla.permite(quien, fila)
        and usuario.pk not in firmas_ajenas(regla, fila, delegado=en_nombre_de is not None)
        and not condicion_que_falta(fila, nombre)
    }


def por_quien(
    fila: Model, paso: str, usuario: Usuario, titulares: Iterable[Usuario] = ()
) -> Usuario | None:
    """En nombre de quién da el paso: None si le toca a ella, o el titular que le delegó.

    Lanza PermissionDenied si no le toca a ninguno.
    """
    regla = TABLAS[type(fila)][paso]
    if regla.permite(usuario, fila):
        return None
    for titular in titulares:
        if regla.permite(titular, fila):
            return titular
    raise PermissionDenied("No le corresponde dar este paso.")


def actuaciones(
    fila: Fila, usuario: Usuario, titulares: Iterable[Usuario] = ()
) -> dict[str, Usuario | None]:
    """Los pasos que esta persona puede dar ahora y por quién: None si por sí, o el titular.

    `titulares` son quienes le delegaron hoy; por sí misma va antes que por otra persona.
    """
    pasos: dict[str, Usuario | None] = {}
    for quien in (None, *titulares):
        for nombre in pasos_posibles(fila, usuario, en_nombre_de=quien):
            pasos.setdefault(nombre, quien)
    return pasos


def condicion_que_falta(fila: Model, paso: str) -> str:
    """Por qué, aun en el estado debido, el paso no se puede dar; vacío si se puede."""
    condicion = CONDICIONES.get((type(fila), paso))
    return condicion(fila) if condicion else ""


def estado_inicial(exigible: bool) -> dict[str, str]:
    """Con qué estado nace un avance al abrirse el periodo."""
    return {"estado": E.PENDIENTE if exigible else E.EXENTO}


# El avance -------------------------------------------------------------------------------------


class Orden(NamedTuple):
    """Un avance, la versión que la persona vio y las columnas que el paso cambia en él."""

    avance: Avance
    version: int
    cambios: dict[str, Any] = {}


def mover(
    avance: Avance,
    paso: str,
    *,
    version: int,
    por: Usuario | None,
    en_nombre_de: Usuario | None = None,
    nota: str = "",
    momento: datetime | None = None,
    cambios: dict[str, Any] | None = None,
) -> Avance:
    """Da un paso sobre la versión que la persona vio: datos, estado y constancia juntos.

    Lanza PermissionDenied, ValidationError, PasoInvalido o VersionAjena; entonces nada se
    escribió. `momento` es ahora salvo que se cargue historia.
    """
    return mover_varios(
        [Orden(avance, version, cambios or {})],
        paso,
        por=por,
        en_nombre_de=en_nombre_de,
        nota=nota,
        momento=momento,
    )[0]


def mover_varios(
    ordenes: Iterable[Orden],
    paso: str,
    *,
    por: Usuario | None,
    en_nombre_de: Usuario | None = None,
    nota: str = "",
    momento: datetime | None = None,
) -> list[Avance]:
    """El mismo paso sobre varios, todos o ninguno: primero todas las filas, luego la cadena."""
    regla, cuando = PASOS[paso], momento or timezone.now()
    antes: dict[int, str] = {}
    with bitacora.constancia() as asientos:
        for avance, version, cambios in sorted(ordenes, key=lambda orden: orden.avance.pk):
            exigir(regla, avance, por=por, en_nombre_de=en_nombre_de, nota=nota, momento=momento)
            if avance.version == version and avance.estado in regla.de:
                falta = condicion_que_falta(avance, paso)
                if falta:
                    raise PasoInvalido(falta, avance)
            antes[avance.pk] = avance.estado
            propios = {**cambios, **_efectos(paso, avance, cuando)}
            ganar(avance, paso, version=version, por=por, cambios=propios)
        if paso in MIDE:
            medir(Avance.objects.filter(pk__in=antes).order_by("pk"))
        movidos = consultas.con_lo_declarado(antes)
        nuevos = [
            Movimiento(
                avance=avance,
                paso=paso,
                de=antes[avance.pk],
                a=regla.a,
                por=por,
                en_nombre_de=en_nombre_de,
                momento=cuando,
                nota=nota,
                contenido=canonico(consultas.declarado(avance)),
            )
            for avance in movidos
        ]
        Movimiento.objects.bulk_create(nuevos, batch_size=500)
        asientos.extend(asiento_de(nuevo) for nuevo in nuevos)
    return movidos


def medir(avances: Iterable[Avance]) -> None:
    """Escribe las cifras que a cada avance le corresponden ahora; no cambia su versión."""
    for pk, columnas in consultas.mediciones(avances).items():
        Avance.objects.filter(pk=pk).update(**columnas)


def asiento_de(movimiento: Movimiento):
    """Lo que la cadena guarda de un movimiento: estados y huella del contenido, sin textos."""
    avance = movimiento.avance
    return bitacora.asiento(
        movimiento.paso,
        avance,
        por=movimiento.por,
        en_nombre_de=movimiento.en_nombre_de,
        momento=movimiento.momento,
        institucion=avance.actividad.responsable.sigla,
        datos={
            "de": movimiento.de,
            "a": movimiento.a,
            "version": avance.version,
            "contenido": huella(movimiento.contenido),
            "nota": huella(movimiento.nota) if movimiento.nota else "",
        },
    )


# Los pasos tras los que cambian las cifras del avance: lo declarado entra en ellas o sale.
MIDE = {"guardar", "vencer", "reabrir", "eximir", "exigir", "dejar_fuera"}


def _efectos(paso: str, avance: Avance, momento: datetime) -> dict[str, Any]:
    """Las columnas que un paso cambia por sí mismo."""
    if paso == "remitir":
        tarde = timezone.localdate(momento) > avance.periodo.limite
        primera = {} if avance.se_corrige else {"extemporaneo": tarde}
        return {"remitido_en": momento, **primera}
    if paso == "observar":
        return {"ronda": F("ronda") + 1}
    if paso == "eximir":
        return {"exigible": False}
    if paso == "exigir":
        return {"exigible": True, "motivo_exencion": ""}
    return {}


def _se_puede_guardar(avance: Avance) -> str:
    """PENDIENTE y EXENTO, sólo mientras el periodo recibe; lo demás, hasta el corte."""
    vigente = avance.actividad.situacion == Actividad.Situacion.VIGENTE
    if avance.estado == E.EXENTO and not vigente:
        return "La actividad está suspendida o cancelada: no se reporta."
    if avance.estado in {E.PENDIENTE, E.EXENTO} and not avance.periodo.recibe:
        return "El periodo ya no recibe avances: pida a la coordinación que lo reabra."
    return ""


def _se_puede_entregar(avance: Avance) -> str:
    """Clasificado y con cada observación respondida (dominio §2.2)."""
    if Clasificacion.SIN_CLASIFICAR in {avance.clasificacion, avance.actividad.clasificacion}:
        return "La actividad está sin clasificar: no se puede entregar hasta que se clasifique."
    if _cuantas(avance, "sin_responder"):
        return "Responda cada observación antes de entregar."
    return ""


def _cuantas(avance: Avance, cuales: str) -> int:
    """Las observaciones abiertas o sin responder; las listas (`con_sus_observaciones`) ya las
    contaron, y si cambian cambia la versión."""
    if cuales in avance.__dict__:
        return getattr(avance, cuales)
    abiertas = Observacion.objects.filter(avance=avance).abiertas()
    return (abiertas.filter(respuesta="") if cuales == "sin_responder" else abiertas).count()


def _se_puede_validar(avance: Avance) -> str:
    """Sin observaciones abiertas."""
    if _cuantas(avance, "abiertas"):
        return "Tiene observaciones abiertas: ciérrelas u observe de nuevo."
    return ""


def _se_puede_reabrir(avance: Avance) -> str:
    """Sólo con el periodo cerrado y sin cortar."""
    if avance.periodo.estado != Periodo.Estado.CERRADO:
        return "Sólo se reabre con el periodo cerrado y sin cortar."
    return ""


def _se_puede_exigir(avance: Avance) -> str:
    """Mientras el periodo recibe."""
    return "" if avance.periodo.recibe else "El periodo ya no recibe avances."


def _solo_sin_cortar(avance: Avance) -> str:
    return "El periodo ya se cortó." if avance.periodo.cortado else ""


CONDICIONES: dict[tuple[type[Model], str], Callable[[Any], str]] = {
    (Avance, "guardar"): _se_puede_guardar,
    (Avance, "entregar"): _se_puede_entregar,
    (Avance, "remitir"): _solo_sin_cortar,
    (Avance, "devolver"): _solo_sin_cortar,
    (Avance, "validar"): _se_puede_validar,
    (Avance, "reabrir"): _se_puede_reabrir,
    (Avance, "exigir"): _se_puede_exigir,
}


class Declaracion(NamedTuple):
    """Lo que la captura escribe: columnas del avance y las filas que cuelgan de él.

    `hitos` es {hito: fecha}; `aportes`, {institución: porcentaje o None}; `respuestas`,
    {observación: texto}. None: no se tocan.
    """

    columnas: dict[str, Any]
    hitos: dict[int, date] | None = None
    aportes: dict[int, Any] | None = None
    respuestas: dict[int, str] | None = None


def capturar(
    avance: Avance,
    lo_declarado: Declaracion,
    *,
    version: int,
    por: Usuario,
    momento: datetime | None = None,
) -> Avance:
    """Guarda el borrador con todo lo que declara, y lo mide; deja constancia del contenido."""
    return capturar_varios([(avance, lo_declarado, version)], por=por, momento=momento)[0]


def capturar_varios(
    capturas: Sequence[tuple[Avance, Declaracion, int]],
    *,
    por: Usuario,
    momento: datetime | None = None,
) -> list[Avance]:
    """Guarda varios borradores de la misma persona, todos o ninguno."""
    with bitacora.constancia():
        # El avance antes que lo que cuelga de él, como los demás pasos: al revés se traban.
        suyos = Avance.objects.filter(pk__in=[avance.pk for avance, _dato, _version in capturas])
        list(suyos.order_by("pk").select_for_update().values_list("pk"))
        for avance, lo_declarado, _version in capturas:
            _reponer_lo_que_cuelga(avance, lo_declarado)
        return mover_varios(
            [Orden(avance, version, dato.columnas) for avance, dato, version in capturas],
            "guardar",
            por=por,
            momento=momento,
        )


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
    return entregar_varios([(avance, version)], por=por, momento=momento)[0]


def entregar_varios(
    entregas: Sequence[tuple[Avance, int]], *, por: Usuario, momento: datetime | None = None
) -> list[Avance]:
    """Entrega varios borradores, todos o ninguno."""
    with bitacora.constancia():
        ordenes = [Orden(avance, version, {"declaracion": True}) for avance, version in entregas]
        movidos = mover_varios(ordenes, "entregar", por=por, momento=momento)
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


def asignar(
    avance: Avance,
    a: Usuario,
    *,
    version: int,
    por: Usuario,
    en_nombre_de: Usuario | None = None,
    momento: datetime | None = None,
) -> Avance:
    """Dice quién lo revisa: la coordinación asigna a quien puede revisarlo; la analista, a sí."""
    if not permisos.puede_asignar_a(en_nombre_de or por, avance, a):
        raise PermissionDenied("Se asigna a quien puede revisarlo.")
    return mover(
        avance,
        "asignar",
        version=version,
        por=por,
        en_nombre_de=en_nombre_de,
        momento=momento,
        cambios={"asignado_a": a},
    )


class Reparo(NamedTuple):
    """Lo que se observa de un avance: textos por campo, y las atendidas que se reabren."""

    avance: Avance
    version: int
    textos: Sequence[tuple[str, str]] = ()
    reabre: Iterable[int] = ()


def observar(
    avance: Avance,
    textos: Sequence[tuple[str, str]],
    *,
    version: int,
    por: Usuario,
    reabre: Iterable[int] = (),
    en_nombre_de: Usuario | None = None,
    momento: datetime | None = None,
) -> Avance:
    """Devuelve a la institución con observaciones por campo: nuevas, o atendidas que reabre.

    Lanza PasoInvalido si no hay ninguna. Hay cinco días hábiles para responder.
    """
    reparo = Reparo(avance, version, textos, set(reabre))
    return observar_varios([reparo], por=por, en_nombre_de=en_nombre_de, momento=momento)[0]


def observar_varios(
    reparos: Sequence[Reparo],
    *,
    por: Usuario,
    en_nombre_de: Usuario | None = None,
    momento: datetime | None = None,
) -> list[Avance]:
    """Observa varios, todos o ninguno, cada uno con lo suyo."""
    cuando = momento or timezone.now()
    for reparo in reparos:
        if not reparo.textos and not reparo.reabre:
            raise PasoInvalido("Escriba al menos una observación sobre un campo.", reparo.avance)
    with bitacora.constancia():
        movidos = mover_varios(
            [Orden(reparo.avance, reparo.version) for reparo in reparos],
            "observar",
            por=por,
            en_nombre_de=en_nombre_de,
            momento=momento,
        )
        ronda = {movido.pk: movido.ronda for movido in movidos}
        hasta = responder_hasta(timezone.localdate(cuando))
        Observacion.objects.bulk_create(
            Observacion(
                avance=reparo.avance,
                campo=campo,
                texto=texto,
                autor=por,
                ronda=ronda[reparo.avance.pk],
                creada=cuando,
                responder_hasta=hasta,
            )
            for reparo in reparos
            for campo, texto in reparo.textos
        )
        for reparo in reparos:
            if reparo.reabre:
                _reabrir_atendidas(reparo, ronda[reparo.avance.pk], hasta)
        return movidos


def _reabrir_atendidas(reparo: Reparo, ronda: int, hasta: date) -> None:
    atendidas = Observacion.objects.filter(
        avance=reparo.avance, pk__in=reparo.reabre, estado=Observacion.Estado.ATENDIDA
    )
    atendidas.update(
        estado=Observacion.Estado.ABIERTA, ronda=ronda, respuesta="", responder_hasta=hasta
    )


def responder_hasta(dia: date) -> date:
    """El último día para responder una observación hecha ese día: cinco hábiles."""
    feriados = set(Feriado.objects.values_list("fecha", flat=True))
    return dias_habiles_despues(dia, DIAS_PARA_RESPONDER, feriados)


def validar(
    avance: Avance,
    *,
    version: int,
    por: Usuario,
    en_nombre_de: Usuario | None = None,
    momento: datetime | None = None,
) -> Avance:
    """Da por buenas sus cifras y cierra las observaciones atendidas."""
    orden = Orden(avance, version)
    return validar_varios([orden], por=por, en_nombre_de=en_nombre_de, momento=momento)[0]


def validar_varios(
    ordenes: Sequence[Orden],
    *,
    por: Usuario,
    en_nombre_de: Usuario | None = None,
    momento: datetime | None = None,
) -> list[Avance]:
    """Valida varios, todos o ninguno."""
    with bitacora.constancia():
        movidos = mover_varios(
            ordenes, "validar", por=por, en_nombre_de=en_nombre_de, momento=momento
        )
        Observacion.objects.filter(avance__in=movidos, estado=Observacion.Estado.ATENDIDA).update(
            estado=Observacion.Estado.CERRADA
        )
        return movidos


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
