"""El plan, sus acciones, sus resultados y lo que lo rodea, de la base a filas de un contenido."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.utils import timezone

from acciones import models as acciones
from informes.armado import velo
from informes.contenido import (
    AMBITO,
    OBJETIVO,
    PLAN,
    PROGRAMA,
    Accion,
    Actividad,
    Institucion,
    Nivel,
    Plan,
    Propuesta,
    Readecuacion,
    Recomendacion,
    Regla,
    Reserva,
    Resultado,
    Tramite,
    Valor,
)
from informes.models import Recomendacion as RecomendacionIGSNS
from instituciones import models as quien
from matrices import calculo
from matrices.models import Avance, MatrizCumplimiento, Periodo, Reprogramacion

Papel = acciones.Responsabilidad.Papel


@dataclass(frozen=True)
class Directorio:
    """Lo que otras filas nombran por su clave de base: instituciones y resoluciones."""

    instituciones: dict[int, quien.Institucion]
    resoluciones: dict[int, quien.ResolucionReserva]

    @classmethod
    def de(cls, por: quien.Usuario) -> "Directorio":
        """Entero: son catálogos."""
        return cls(
            {una.pk: una for una in quien.Institucion.objects.visibles_para(por)},
            {
                una.pk: una
                for una in quien.ResolucionReserva.objects.visibles_para(por).con_quienes()
            },
        )

    def sigla(self, pk: int | None) -> str:
        """La sigla de una institución; vacía si no hay."""
        return self.instituciones[pk].sigla if pk else ""

    def numeros(self, *filas: Any) -> set[str]:
        """Los números de las resoluciones que cubren esas filas."""
        return {
            self.resoluciones[fila.resolucion_id].numero for fila in filas if fila.resolucion_id
        }


def plan_de(plan: acciones.Plan) -> Plan:
    """El encabezado del plan."""
    return Plan(
        codigo=plan.codigo,
        sigla=plan.sigla,
        nombre=plan.nombre,
        inicio=plan.inicio,
        fin=plan.fin,
        vigencia_presunta=plan.vigencia_presunta,
        niveles={str(nivel): str(nombre) for nivel, nombre in plan.niveles.items()},
    )


def filas_del_plan(plan: acciones.Plan, por: quien.Usuario) -> list[acciones.AccionEstrategica]:
    """Las acciones con sus niveles, sus reglas y las relacionadas, en su orden."""
    visibles = acciones.AccionEstrategica.objects.visibles_para(por).del_plan(plan)
    return list(
        visibles.select_related("objetivo__programa", "objetivo__ambito").prefetch_related(
            "reglas", "relacionadas"
        )
    )


def niveles_de(plan: acciones.Plan, filas: Iterable[acciones.AccionEstrategica]) -> list[Nivel]:
    """El plan, los programas, los ámbitos y los objetivos que tienen acciones."""
    filas = list(filas)
    programas = {una.objetivo.programa_id: una.objetivo.programa for una in filas}
    ambitos = {una.objetivo.ambito_id: una.objetivo.ambito for una in filas}
    objetivos = {una.objetivo_id: una.objetivo for una in filas}
    return [
        Nivel(
            nivel=PLAN, codigo=plan.codigo, nombre=plan.nombre, sigla=plan.sigla, por_semaforo={}
        ),
        *(
            Nivel(
                nivel=PROGRAMA,
                codigo=str(uno.numero),
                nombre=uno.nombre,
                sigla=uno.sigla,
                padre=plan.codigo,
                por_semaforo={},
            )
            for uno in sorted(programas.values(), key=lambda uno: uno.numero)
        ),
        *(
            Nivel(
                nivel=AMBITO,
                codigo=uno.codigo,
                nombre=uno.nombre,
                padre=plan.codigo,
                por_semaforo={},
            )
            for uno in sorted(ambitos.values(), key=lambda uno: uno.orden)
        ),
        *(
            Nivel(
                nivel=OBJETIVO,
                codigo=uno.codigo,
                nombre=uno.enunciado,
                padre=str(uno.programa.numero),
                por_semaforo={},
            )
            for uno in objetivos.values()
        ),
    ]


def acciones_de(
    filas: list[acciones.AccionEstrategica],
    periodo: Periodo,
    por: quien.Usuario,
    matrices: dict[int, MatrizCumplimiento],
    directorio: Directorio,
) -> list[Accion]:
    """Las acciones con sus responsables; los grupos, expandidos a la fecha de corte."""
    visibles = acciones.Responsabilidad.objects.visibles_para(por)
    responsables = defaultdict(list)
    del_plan = visibles.filter(accion__objetivo__programa__plan=periodo.plan_id)
    for una in del_plan.select_related("grupo").order_by("orden"):
        responsables[una.accion_id].append(una)
    miembros = _miembros(periodo, por)
    return [
        replace(
            _accion(una, matrices.get(una.pk), directorio),
            **_responsables(responsables[una.pk], miembros, directorio),
        )
        for una in filas
    ]


def _miembros(periodo: Periodo, por: quien.Usuario) -> dict[int, list[int]]:
    """Por grupo, las instituciones que responden por él al corte (dominio §4)."""
    vigentes = quien.PertenenciaGrupo.objects.visibles_para(por).vigentes(periodo.corte)
    grupos = defaultdict(list)
    for grupo, responde in vigentes.values_list("grupo", "reporta_por").order_by("pk"):
        if responde is not None:
            grupos[grupo].append(responde)
    return grupos


def _responsables(
    suyas: list[acciones.Responsabilidad], miembros: dict[int, list[int]], directorio: Directorio
) -> dict[str, Any]:
    """Rectora, participantes como los nombra el plan, y los obligados sin repetir."""
    rectora = next((una for una in suyas if una.rol == Papel.RECTORA), None)
    otras = [una for una in suyas if una.rol != Papel.RECTORA]
    obligados: dict[str, None] = {}
    for una in otras:
        responden = miembros.get(una.grupo_id, []) if una.grupo_id else [una.institucion_id]
        obligados.update(dict.fromkeys(directorio.sigla(pk) for pk in responden))
    sigla = directorio.sigla(rectora.institucion_id) if rectora else ""
    obligados.pop(sigla, None)
    return {
        "rectora": sigla,
        "presunta": bool(rectora and rectora.presunta),
        "participantes": tuple(
            una.grupo.sigla if una.grupo else directorio.sigla(una.institucion_id) for una in otras
        ),
        "obligados": tuple(obligados),
    }


def _accion(
    una: acciones.AccionEstrategica, matriz: MatrizCumplimiento | None, directorio: Directorio
) -> Accion:
    dicha = Accion(
        orden=una.orden,
        codigo=una.codigo,
        enunciado=una.enunciado,
        programa=str(una.objetivo.programa.numero),
        objetivo=una.objetivo.codigo,
        ambito=una.objetivo.ambito.codigo,
        responsables_fuente=una.responsables_fuente,
        reglas=tuple(
            Regla(codigo=regla.codigo, tratamiento=regla.tratamiento) for regla in una.reglas.all()
        ),
        relacionadas=tuple(otra.codigo for otra in una.relacionadas.all()),
        depende_de=directorio.sigla(una.depende_de_id),
        es_continua=una.es_continua,
        impacto=matriz.impacto if matriz else "",
        visibilidad=str(una.visibilidad),
        clases=(str(una.clasificacion),),
    )
    return velo.accion_velada(dicha, velo.velo(dicha.clases, directorio.numeros(una)))


def instituciones_de(
    todas: Iterable[quien.Institucion], filas: Iterable[Accion], actividades: Iterable[Actividad]
) -> list[Institucion]:
    """Las que rigen o responden de algo, y las que reportan y el plan obliga: no las de otro."""
    hacen: set[str] = {una.responsable for una in actividades}
    obliga: set[str] = set()
    for una in filas:
        hacen.add(una.rectora)
        obliga.update(una.obligados)
    return [
        Institucion(
            sigla=una.sigla, nombre=una.nombre, por_semaforo={}, actividades_por_semaforo={}
        )
        for una in sorted(todas, key=lambda una: una.sigla)
        if una.sigla in hacen or (una.reporta and una.sigla in obliga)
    ]


def resultados_de(periodo: Periodo, por: quien.Usuario) -> list[Resultado]:
    """Los resultados estratégicos y sus valores hasta el corte; su avance lo da `calculo`."""
    visibles = acciones.ResultadoEstrategico.objects.visibles_para(por)
    medidos = acciones.ValorResultado.objects.visibles_para(por).filter(
        resultado__plan=periodo.plan_id, fecha__lte=periodo.corte
    )
    valores = defaultdict(list)
    for uno in medidos.order_by("fecha"):
        valores[uno.resultado_id].append(uno)
    return [
        Resultado(
            codigo=uno.codigo,
            enunciado=uno.enunciado,
            indicador=uno.indicador,
            unidad=uno.unidad,
            sentido=str(uno.sentido),
            base_anio=uno.base_anio,
            base=uno.base,
            meta_anio=uno.meta_anio,
            meta=uno.meta,
            variacion_impresa=uno.variacion_impresa,
            variacion_calculada=uno.variacion_calculada,
            irregularidad=uno.irregularidad,
            fuente=uno.fuente,
            valores=tuple(_valor(uno, medido) for medido in valores[uno.pk]),
        )
        for uno in visibles.filter(plan=periodo.plan_id).order_by("codigo")
    ]


def _valor(resultado: acciones.ResultadoEstrategico, uno: acciones.ValorResultado) -> Valor:
    avance = calculo.indicador(resultado.base, resultado.meta, uno.valor)
    return Valor(
        fecha=uno.fecha,
        valor=uno.valor,
        fuente=uno.fuente,
        avance=avance.avance,
        avance_grafica=avance.avance_grafica,
    )


def propuestas_de(
    plan: acciones.Plan, por: quien.Usuario, directorio: Directorio, codigos: dict[int, str]
) -> list[Propuesta]:
    """Las propuestas legislativas del plan con sus trámites."""
    visibles = acciones.PropuestaLegislativa.objects.visibles_para(por).filter(plan=plan)
    pasos = defaultdict(list)
    dados = acciones.TramitePropuesta.objects.visibles_para(por).filter(propuesta__plan=plan)
    for uno in dados.order_by("momento", "pk"):
        pasos[uno.propuesta_id].append(
            Tramite(de=str(uno.de), a=str(uno.a), fecha=uno.fecha, documento=uno.documento)
        )
    return [
        Propuesta(
            orden=una.orden,
            grupo=una.grupo,
            enunciado=una.enunciado,
            norma=una.norma,
            iniciativas=tuple(str(numero) for numero in una.iniciativas),
            rectora=directorio.sigla(una.rectora_id),
            accion=codigos.get(una.accion_relacionada_id or 0, ""),
            estado=str(una.estado),
            desde=pasos[una.pk][-1].fecha if pasos[una.pk] else None,
            tramites=tuple(pasos[una.pk]),
        )
        for una in visibles.order_by("orden")
    ]


def recomendaciones_de(
    periodo: Periodo, por: quien.Usuario, directorio: Directorio
) -> list[Recomendacion]:
    """Las de la Inspectoría General hasta este semestre."""
    visibles = RecomendacionIGSNS.objects.visibles_para(por).filter(
        periodo__plan=periodo.plan_id, periodo__corte__lte=periodo.corte
    )
    return [
        Recomendacion(
            numero=una.numero,
            periodo=una.periodo.codigo,
            institucion=directorio.sigla(una.institucion_id),
            texto=una.texto,
            estado=str(una.estado),
            respuesta=una.respuesta,
        )
        for una in visibles.select_related("periodo").order_by("periodo__corte", "numero")
    ]


def readecuaciones_de(
    periodo: Periodo, por: quien.Usuario, filas: dict[int, Actividad]
) -> list[Readecuacion]:
    """Los cambios aprobados que cuentan a este corte, del más antiguo al último.

    `filas`, por clave de base; lo que se dice de una que no se lee va sin su motivo.
    """
    visibles = Reprogramacion.objects.visibles_para(por).filter(
        estado=Reprogramacion.Estado.APROBADA,
        periodo__plan=periodo.plan_id,
        periodo__corte__lte=periodo.corte,
    )
    dichas = visibles.select_related("periodo").order_by("periodo__corte", "resuelta_en", "pk")
    return [
        Readecuacion(
            accion=fila.accion,
            numero=fila.numero,
            tipo=str(una.tipo),
            periodo=una.periodo.codigo,
            desde=una.desde,
            original=fila.fin_original,
            anterior=una.fin_anterior,
            vigente=una.fin_propuesto,
            acto=una.acto,
            fecha=timezone.localdate(una.resuelta_en) if una.resuelta_en else una.desde,
            motivo=fila.reservado or una.motivo,
            opinion_cap=fila.reservado or una.opinion_cap,
        )
        for una in dichas
        if (fila := filas.get(una.actividad_id)) is not None
    ]


def reservas_de(avances: Iterable[Avance], directorio: Directorio) -> list[Reserva]:
    """Las resoluciones en que descansa alguna fila, y cuáles filas."""
    cubren: dict[int, list[str]] = defaultdict(list)
    for avance in avances:
        accion = avance.actividad.matriz.accion
        for pk in {una.resolucion_id for una in (avance, avance.actividad, accion)}:
            if pk:
                cubren[pk].append(f"{accion.codigo}.{avance.actividad.numero}")
    usadas = sorted((directorio.resoluciones[pk] for pk in cubren), key=lambda una: una.numero)
    return [
        Reserva(
            numero=una.numero,
            autoridad=directorio.sigla(una.autoridad_id),
            custodio=directorio.sigla(una.custodio_id),
            vence=una.reserva_hasta,
            filas=tuple(cubren[una.pk]),
        )
        for una in usadas
    ]
