"""El semestre de principio a fin: programar, abrir, prorrogar, dar gracia, cerrar y cortar.

Los pasos y quién los da están en `flujo`; aquí, sus condiciones y sus efectos sobre los avances.
"""

from collections.abc import Collection
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from django.db.models import F
from django.utils import timezone

from acciones.models import Plan
from instituciones import bitacora
from instituciones.canonico import canonico
from instituciones.consultas import exigir_turno
from instituciones.models import Feriado, Usuario
from matrices import anuncios, avisos, calculo, consultas, flujo, permisos
from matrices.calendario import (
    DIAS_DE_GRACIA,
    FechasDelSemestre,
    dias_habiles_despues,
    fechas_del_semestre,
)
from matrices.models import Actividad, Avance, Movimiento, Periodo

SIN_VALIDAR_AL_CORTE = "Sin validar al corte."


def feriados() -> set[date]:
    """Los días inhábiles del catálogo."""
    return set(Feriado.objects.values_list("fecha", flat=True))


def programar(
    plan: Plan,
    anio: int,
    semestre: int,
    *,
    por: Usuario | None,
    en_nombre_de: Usuario | None = None,
    fechas: FechasDelSemestre | None = None,
) -> Periodo:
    """Un periodo nuevo con sus fechas; sin ellas, las de dominio §6. Sin persona: al cargar."""
    exigir_turno(
        permisos.calendario_o_coordinacion,
        plan,
        por=por,
        en_nombre_de=en_nombre_de,
        negativa="Sólo la coordinación programa periodos.",
    )
    propias = fechas or fechas_del_semestre(anio, semestre, feriados())
    with bitacora.constancia() as asientos:
        periodo = Periodo.objects.create(plan=plan, anio=anio, semestre=semestre, **asdict(propias))
        asientos.append(_asiento("programar", periodo, por=por, en_nombre_de=en_nombre_de))
        return periodo


def _asiento(
    acto: str,
    periodo: Periodo,
    *,
    por: Usuario | None,
    en_nombre_de: Usuario | None = None,
    momento: datetime | None = None,
    **datos: Any,
):
    return bitacora.asiento(
        acto,
        periodo,
        por=por,
        en_nombre_de=en_nombre_de,
        momento=momento,
        datos={"periodo": periodo.codigo, **datos},
    )


def _dar(
    periodo: Periodo,
    paso: str,
    *,
    version: int,
    por: Usuario | None,
    en_nombre_de: Usuario | None = None,
    momento: datetime | None = None,
    nota: str = "",
    cambios: dict[str, Any] | None = None,
) -> Periodo:
    """Un paso de la tabla de periodos, con su condición y su asiento."""
    flujo.exigir(
        flujo.PASOS_PERIODO[paso],
        periodo,
        por=por,
        en_nombre_de=en_nombre_de,
        nota=nota,
        momento=momento,
    )
    with bitacora.constancia() as asientos:
        de = periodo.estado
        flujo.ganar(periodo, paso, version=version, por=por, cambios=cambios)
        periodo.refresh_from_db()
        asientos.append(
            _asiento(
                paso,
                periodo,
                por=por,
                en_nombre_de=en_nombre_de,
                momento=momento,
                de=de,
                a=periodo.estado,
                nota=nota,
                **{campo: str(valor) for campo, valor in (cambios or {}).items()},
            )
        )
        return periodo


def cambiar_fechas(
    periodo: Periodo,
    fechas: FechasDelSemestre,
    *,
    version: int,
    por: Usuario,
    en_nombre_de: Usuario | None = None,
) -> Periodo:
    """Corrige las fechas de un periodo que aún no se abre."""
    exigir_turno(
        permisos.puede_llevar_el_periodo,
        periodo,
        por=por,
        en_nombre_de=en_nombre_de,
        negativa="Sólo la coordinación cambia las fechas.",
    )
    if periodo.estado != Periodo.Estado.PROGRAMADO:
        raise flujo.PasoInvalido(
            "Las fechas se editan antes de abrir; después, prorrogue.", periodo
        )
    with bitacora.constancia() as asientos:
        suyo = Periodo.objects.filter(pk=periodo.pk, version=version, estado=periodo.estado)
        if not suyo.update(**asdict(fechas), version=F("version") + 1):
            raise flujo.VersionAjena(Periodo.objects.get(pk=periodo.pk))
        periodo.refresh_from_db()
        datos: dict[str, Any] = {campo: str(valor) for campo, valor in asdict(fechas).items()}
        asientos.append(
            _asiento("cambiar_fechas", periodo, por=por, en_nombre_de=en_nombre_de, **datos)
        )
        return periodo


def anterior(periodo: Periodo) -> Periodo | None:
    """El periodo inmediatamente anterior del mismo plan."""
    previos = Periodo.objects.filter(plan=periodo.plan, corte__lt=periodo.corte)
    return previos.order_by("-corte").first()


def falta_para_abrir(periodo: Periodo) -> str:
    """Por qué no se puede abrir todavía; vacío si se puede."""
    previo = anterior(periodo)
    if previo and not previo.cortado:
        return f"Antes hay que cortar {previo}: sólo un periodo está en curso."
    otro = Periodo.objects.en_curso().filter(plan=periodo.plan).exclude(pk=periodo.pk).first()
    if otro:
        return f"{otro} está en curso: sólo puede haber uno."
    if periodo.plan.cerrado_en:
        return "El plan está cerrado: sólo se lee."
    return ""


def abrir(
    periodo: Periodo,
    *,
    version: int,
    por: Usuario,
    en_nombre_de: Usuario | None = None,
    momento: datetime | None = None,
) -> Periodo:
    """Abre el semestre y crea el avance de cada actividad, PENDIENTE o EXENTO (dominio §7.6)."""
    falta = falta_para_abrir(periodo)
    if falta:
        raise flujo.PasoInvalido(falta, periodo)
    quien: dict[str, Any] = {"por": por, "en_nombre_de": en_nombre_de, "momento": momento}
    with bitacora.constancia():
        periodo = _dar(periodo, "abrir", version=version, **quien)
        actividades = Actividad.objects.filter(
            matriz__accion__objetivo__programa__plan=periodo.plan
        )
        crear_avances(periodo, actividades, **quien)
        avisos.abierto(periodo, momento)
        anuncios.abierto(periodo, momento)
        return periodo


def crear_avances(
    periodo: Periodo,
    actividades,
    *,
    por: Usuario,
    en_nombre_de: Usuario | None = None,
    momento: datetime | None = None,
) -> list[Avance]:
    """El avance de cada actividad en el periodo, con su exigencia y su constancia.

    Sirve a la apertura y a la actividad que se agrega con el periodo abierto.
    """
    cuando = momento or timezone.now()
    actividades = list(actividades.select_related("matriz__accion"))
    ejecutado = consultas.ejecutado_antes(periodo, actividades)
    with bitacora.constancia() as asientos:
        Avance.objects.bulk_create(
            [_avance_nuevo(periodo, una, ejecutado[una.pk]) for una in actividades],
            batch_size=500,
        )
        nuevos = Avance.objects.filter(periodo=periodo, actividad__in=actividades)
        flujo.medir(nuevos)
        creados = list(nuevos.select_related("actividad__responsable").order_by("pk"))
        movimientos = [
            Movimiento(
                avance=uno,
                paso="abrir",
                de="",
                a=uno.estado,
                por=por,
                en_nombre_de=en_nombre_de,
                momento=cuando,
                contenido=canonico(consultas.resultados(uno)),
            )
            for uno in creados
        ]
        Movimiento.objects.bulk_create(movimientos, batch_size=500)
        asientos.extend(flujo.asiento_de(uno) for uno in movimientos)
        return creados


def _avance_nuevo(periodo: Periodo, actividad: Actividad, ejecutado) -> Avance:
    nace = calculo.exigible_al_abrir(
        situacion=actividad.situacion,
        inicio=actividad.inicio,
        corte=periodo.corte,
        ejecutado_validado=ejecutado,
    )
    return Avance(
        actividad=actividad,
        periodo=periodo,
        **flujo.estado_inicial(nace.exigible),
        exigible=nace.exigible,
        motivo_exencion=nace.motivo_exencion or "",
        visibilidad=actividad.visibilidad,
        clasificacion=actividad.clasificacion,
        resolucion_id=actividad.resolucion_id,
    )


def prorrogar(
    periodo: Periodo,
    limite: date,
    *,
    nota: str,
    version: int,
    por: Usuario,
    en_nombre_de: Usuario | None = None,
) -> Periodo:
    """Da un límite posterior, con motivo; la gracia vuelve a ser de cinco días hábiles.

    Lo que se remitió en gracia deja de ser extemporáneo: llegó antes del límite que ahora rige.
    """
    if limite <= periodo.limite:
        raise flujo.PasoInvalido("La nueva fecha límite debe ser posterior a la actual.", periodo)
    if limite < timezone.localdate():
        raise flujo.PasoInvalido("La nueva fecha límite ya pasó.", periodo)
    fin_gracia = dias_habiles_despues(limite, DIAS_DE_GRACIA, feriados())
    with bitacora.constancia():
        periodo = _dar(
            periodo,
            "prorrogar",
            version=version,
            por=por,
            en_nombre_de=en_nombre_de,
            nota=nota,
            cambios={"limite": limite, "fin_gracia": fin_gracia},
        )
        _ya_no_es_extemporaneo(periodo, por=por, en_nombre_de=en_nombre_de)
        avisos.prorrogado(periodo)
        return periodo


def _ya_no_es_extemporaneo(periodo: Periodo, *, por: Usuario, en_nombre_de: Usuario | None) -> None:
    """El nuevo límite nunca es un día pasado: todo lo ya remitido cae dentro de él.

    No toca la versión: nadie escribe esa columna, y quien revisa no pierde lo que escribía.
    """
    with bitacora.constancia() as asientos:
        tardios = Avance.objects.filter(periodo=periodo, extemporaneo=True)
        claves = list(tardios.order_by("pk").values_list("pk", flat=True))
        if tardios.update(extemporaneo=False):
            quien: dict[str, Any] = {"por": por, "en_nombre_de": en_nombre_de}
            asientos.append(_asiento("quitar_extemporaneo", periodo, avances=claves, **quien))


def dar_gracia(periodo: Periodo, *, momento: datetime | None = None) -> Periodo:
    """Terminado el día del límite: lo que se remita desde aquí es extemporáneo."""
    if timezone.localdate(momento or timezone.now()) <= periodo.limite:
        raise flujo.PasoInvalido("El límite no ha pasado.", periodo)
    return _dar(periodo, "dar_gracia", version=periodo.version, por=None, momento=momento)


def falta_para_cerrar(periodo: Periodo) -> str:
    """Por qué la coordinación no puede cerrar antes de la fecha; vacío si nada falta."""
    faltan = por_vencer(periodo).filter(exigible=True).count()
    if not faltan:
        return ""
    cuantos = "Falta 1 avance" if faltan == 1 else f"Faltan {faltan} avances"
    return f"{cuantos} por remitir: se cierra solo al terminar la gracia."


def por_vencer(periodo: Periodo):
    """Lo que al cerrar queda NO_REPORTADO: no lo que se corrige tras una observación."""
    return Avance.objects.filter(
        periodo=periodo, estado__in=flujo.PASOS["vencer"].de, ronda=0
    ).con_su_actividad()


def cerrar(
    periodo: Periodo,
    *,
    version: int,
    por: Usuario | None,
    en_nombre_de: Usuario | None = None,
    momento: datetime | None = None,
) -> Periodo:
    """Cierra la captura: el calendario al terminar la gracia, o la coordinación si nada falta."""
    if por is None and timezone.localdate(momento or timezone.now()) <= periodo.fin_gracia:
        raise flujo.PasoInvalido("La gracia no ha terminado.", periodo)
    falta = falta_para_cerrar(periodo) if por else ""
    if falta:
        raise flujo.PasoInvalido(falta, periodo)
    quien: dict[str, Any] = {"por": por, "en_nombre_de": en_nombre_de, "momento": momento}
    with bitacora.constancia():
        periodo = _dar(periodo, "cerrar", version=version, **quien)
        ordenes = [flujo.Orden(uno, uno.version) for uno in por_vencer(periodo)]
        flujo.mover_varios(ordenes, "vencer", **quien)
        return periodo


def sin_validar(periodo: Periodo):
    """Lo que aún no es VALIDADO, EXENTO ni NO_REPORTADO: la lista que se confirma al cortar."""
    return Avance.objects.sin_validar_en(periodo)


def cortar(
    periodo: Periodo,
    *,
    version: int,
    por: Usuario,
    en_nombre_de: Usuario | None = None,
    confirmados: Collection[int] = (),
    momento: datetime | None = None,
) -> Periodo:
    """Congela el semestre. Quien corta confirma, uno por uno, lo que queda sin validar.

    Lanza PasoInvalido si la lista confirmada ya no es la que hay. El `Corte` lo sella `informes`.
    Por delegación no corta quien capturó algo de lo que se consolida o queda fuera.
    """
    quien: dict[str, Any] = {"por": por, "en_nombre_de": en_nombre_de, "momento": momento}
    flujo.exigir(flujo.PASOS_PERIODO["cortar"], periodo, **quien)
    with bitacora.constancia():
        pendientes = list(sin_validar(periodo))
        if {uno.pk for uno in pendientes} != set(confirmados):
            cuantos = "1 avance" if len(pendientes) == 1 else f"{len(pendientes)} avances"
            raise flujo.PasoInvalido(
                f"Hay {cuantos} sin validar: revise y confirme la lista.", periodo
            )
        flujo.mover_varios(
            [flujo.Orden(uno, uno.version) for uno in pendientes],
            "dejar_fuera",
            nota=SIN_VALIDAR_AL_CORTE,
            **quien,
        )
        validados = Avance.objects.filter(
            periodo=periodo, estado=Avance.Estado.VALIDADO
        ).con_su_actividad()
        flujo.mover_varios(
            [flujo.Orden(uno, uno.version) for uno in validados],
            "consolidar",
            **quien,
        )
        return _dar(periodo, "cortar", version=version, **quien)


def dar_pasos_del_calendario(momento: datetime | None = None) -> list[str]:
    """Los pasos que la fecha manda y nadie ha dado; dice cuáles dio. Se puede repetir."""
    hoy, dados = timezone.localdate(momento or timezone.now()), []
    for uno in Periodo.objects.en_curso():
        try:
            if uno.estado == Periodo.Estado.ABIERTO and hoy > uno.limite:
                dados.append(f"{dar_gracia(uno, momento=momento)}: en gracia")
            if uno.estado == Periodo.Estado.EN_GRACIA and hoy > uno.fin_gracia:
                cerrado = cerrar(uno, version=uno.version, por=None, momento=momento)
                dados.append(f"{cerrado}: cerrado")
        except flujo.VersionAjena:
            continue  # otro proceso dio el paso en este instante
    return dados
