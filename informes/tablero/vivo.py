"""El semestre que corre, con lo validado hasta hoy, como si se cortara ahora.

Tres consultas, sean cuantas sean las actividades: acciones, avances y umbrales. De cada actividad
sólo se trae lo que mide a su acción; sus textos no pasan por aquí.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from acciones.models import AccionEstrategica, Responsabilidad
from informes import consolidacion
from informes.armado.plan import plan_de
from informes.contenido import (
    AMBITO,
    CNS,
    OBJETIVO,
    PLAN,
    PROGRAMA,
    SIN_COLOR,
    Accion,
    Actividad,
    Contenido,
    Corte,
    Institucion,
    Nivel,
    Periodo,
)
from instituciones.models import Usuario
from matrices import consultas, models
from matrices.models import Avance, Movimiento
from matrices.models.matriz import CERRADAS

DEL_PLAN = {
    "pk": "pk",
    "codigo": "codigo",
    "orden": "orden",
    "enunciado": "enunciado",
    "clase": "clasificacion",
    "objetivo": "objetivo__codigo",
    "objetivo_nombre": "objetivo__enunciado",
    "ambito": "objetivo__ambito__codigo",
    "ambito_nombre": "objetivo__ambito__nombre",
    "ambito_orden": "objetivo__ambito__orden",
    "programa": "objetivo__programa__numero",
    "programa_nombre": "objetivo__programa__nombre",
    "programa_sigla": "objetivo__programa__sigla",
    "rectora": "sigla_rectora",
    "rectora_nombre": "nombre_rectora",
}
DEL_AVANCE = {
    "accion": "actividad__matriz__accion",
    "es_demo": "actividad__matriz__es_demo",
    "numero": "actividad__numero",
    "responsable": "actividad__responsable__sigla",
    "responsable_nombre": "actividad__responsable__nombre",
    "peso": "actividad__peso",
    "estructura": "actividad__programa_presupuestario",
    "inicio": "actividad__inicio",
    "fin_original": "actividad__fin_original",
    "modo": "actividad__modo",
    "situacion": "situacion_medida",
    "fin_medido": "fin_medido",
    "estado": "estado",
    "exigible": "exigible",
    "extemporaneo": "extemporaneo",
    "ronda": "ronda",
    "programado": "programado",
    "programado_original": "programado_original",
    "ejecutado": "ejecutado",
    "ejecutado_previo": "ejecutado_previo",
    "semaforo": "semaforo",
    "asignado": "presupuesto_asignado",
    "vigente": "presupuesto_vigente",
    "devengado": "devengado",
    "orden_de_validacion": "orden_de_validacion",
}
Fila = dict[str, Any]


def hasta_hoy(periodo: models.Periodo, usuario: Usuario) -> Contenido:
    """Las cifras de un semestre sin cortar. `corte.numero` es 0: no hay corte."""
    acciones = _acciones(periodo, usuario)
    codigos = {fila["pk"]: fila["codigo"] for fila in acciones}
    avances = [fila for fila in _avances(periodo) if fila["accion"] in codigos]
    contenido = Contenido(
        edicion=CNS,
        plan=plan_de(periodo.plan),
        periodo=Periodo(
            codigo=periodo.codigo,
            nombre=periodo.nombre,
            anio=periodo.anio,
            semestre=periodo.semestre,
            inicio=periodo.inicio,
            corte=periodo.corte,
        ),
        corte=Corte(numero=0, momento=timezone.now()),
        es_demo=any(fila["es_demo"] for fila in avances),
        umbrales=consultas.umbrales_de(periodo.plan, periodo.corte),
        niveles=tuple(_niveles(periodo.plan, acciones)),
        acciones=tuple(_accion(fila) for fila in acciones),
        actividades=tuple(_actividad(fila, codigos[fila["accion"]], periodo) for fila in avances),
        instituciones=tuple(_instituciones(acciones, avances)),
    )
    return consolidacion.medir(contenido, None)


def _acciones(periodo: models.Periodo, usuario: Usuario) -> list[Fila]:
    suya = Responsabilidad.objects.filter(
        accion=OuterRef("pk"), rol=Responsabilidad.Papel.RECTORA
    ).order_by("orden")
    visibles = AccionEstrategica.objects.visibles_para(usuario).del_plan(periodo.plan)
    filas = visibles.annotate(
        sigla_rectora=Subquery(suya.values("institucion__sigla")[:1]),
        nombre_rectora=Subquery(suya.values("institucion__nombre")[:1]),
    )
    return _leidas(filas, DEL_PLAN)


def _avances(periodo: models.Periodo) -> list[Fila]:
    """Todos: los totales y las acciones son de toda persona de adentro; los renglones, no."""
    validar = Movimiento.objects.filter(avance=OuterRef("pk"), paso="validar").order_by("-pk")
    filas = Avance.objects.filter(periodo=periodo).annotate(
        orden_de_validacion=Subquery(validar.values("pk")[:1])
    )
    return _leidas(filas.order_by("actividad__matriz__accion__orden", "pk"), DEL_AVANCE)


def _leidas(filas: Any, columnas: dict[str, str]) -> list[Fila]:
    return [
        dict(zip(columnas, valores, strict=True))
        for valores in filas.values_list(*columnas.values())
    ]


def _accion(fila: Fila) -> Accion:
    return Accion(
        orden=fila["orden"],
        codigo=fila["codigo"],
        enunciado="" if fila["clase"] in CERRADAS else fila["enunciado"],
        programa=str(fila["programa"]),
        objetivo=fila["objetivo"],
        ambito=fila["ambito"],
        rectora=fila["rectora"] or "",
    )


def _actividad(fila: Fila, accion: str, periodo: models.Periodo) -> Actividad:
    """Lo que entra en su acción; el dinero, sólo de lo validado, que lo demás aún es suyo."""
    validado = fila["estado"] in Avance.VALIDADOS
    en_tramite = fila["estado"] in Avance.EN_TRAMITE
    return Actividad(
        accion=accion,
        numero=fila["numero"],
        descripcion="",
        responsable=fila["responsable"],
        inicio=fila["inicio"],
        fin_original=fila["fin_original"],
        fin_vigente=fila["fin_medido"],
        situacion=fila["situacion"],
        modo=fila["modo"],
        peso=fila["peso"],
        estado=fila["estado"],
        exigible=fila["exigible"],
        validado=validado,
        arrastrado=fila["exigible"] and not validado,
        extemporaneo=fila["extemporaneo"],
        rondas=fila["ronda"],
        programado=fila["programado"],
        programado_original=fila["programado_original"],
        ejecutado=fila["ejecutado_previo"] if en_tramite else fila["ejecutado"],
        ejecutado_previo=fila["ejecutado_previo"],
        semaforo=SIN_COLOR if en_tramite else fila["semaforo"] or SIN_COLOR,
        beneficiarios={},
        programa_presupuestario=fila["estructura"],
        ejercicio=periodo.anio if fila["estructura"] else None,
        asignado=fila["asignado"] if validado else None,
        vigente=fila["vigente"] if validado else None,
        devengado=fila["devengado"] if validado else None,
        orden_de_validacion=fila["orden_de_validacion"] if validado else None,
    )


def _niveles(plan: Any, acciones: Iterable[Fila]) -> list[Nivel]:
    """El plan, sus programas, sus ámbitos y sus objetivos, en el orden en que el informe los da."""
    acciones = list(acciones)
    programas = {fila["programa"]: fila for fila in acciones}
    ambitos = {fila["ambito"]: fila for fila in acciones}
    objetivos = {fila["objetivo"]: fila for fila in acciones}
    return [
        _nivel(PLAN, plan.codigo, plan.nombre, plan.sigla),
        *(
            _nivel(PROGRAMA, str(n), fila["programa_nombre"], fila["programa_sigla"], plan.codigo)
            for n, fila in sorted(programas.items())
        ),
        *(
            _nivel(AMBITO, codigo, fila["ambito_nombre"], padre=plan.codigo)
            for codigo, fila in sorted(ambitos.items(), key=lambda par: par[1]["ambito_orden"])
        ),
        *(
            _nivel(OBJETIVO, codigo, fila["objetivo_nombre"], padre=str(fila["programa"]))
            for codigo, fila in objetivos.items()
        ),
    ]


def _nivel(nivel: str, codigo: str, nombre: str, sigla: str = "", padre: str = "") -> Nivel:
    return Nivel(
        nivel=nivel, codigo=codigo, nombre=nombre, sigla=sigla, padre=padre, por_semaforo={}
    )


def _instituciones(acciones: Iterable[Fila], avances: Iterable[Fila]) -> list[Institucion]:
    """Las que rigen una acción o responden de una actividad."""
    nombres = {fila["rectora"]: fila["rectora_nombre"] for fila in acciones if fila["rectora"]}
    nombres |= {fila["responsable"]: fila["responsable_nombre"] for fila in avances}
    return [
        Institucion(sigla=sigla, nombre=nombre, por_semaforo={}, actividades_por_semaforo={})
        for sigla, nombre in sorted(nombres.items())
    ]
