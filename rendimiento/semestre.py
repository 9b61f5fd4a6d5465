"""Un contenido de informe del tamaño real, hecho de los datos de demostración, sin base de datos.

73 acciones, 523 actividades con su texto entero y diez semestres. Las cifras salen de una semilla:
aquí importa cuánto hay que dibujar, no qué dice.
"""

import json
import random
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from informes.contenido import (
    Accion,
    Actividad,
    Alerta,
    Anterior,
    Cambio,
    Celda,
    Codigo,
    Contenido,
    Cooperante,
    Corte,
    Decision,
    Estructura,
    Evidencia,
    Hito,
    Institucion,
    Logro,
    Nivel,
    Observacion,
    Periodo,
    Plan,
    Propuesta,
    Punto,
    Readecuacion,
    Recomendacion,
    Regla,
    Resultado,
    Retenido,
    Termino,
)
from matrices import calculo
from matrices.calculo import UMBRALES, a_dos

DATOS = Path(__file__).resolve().parent.parent / "fixtures"
CIEN, RITMOS = Decimal(100), (45, 80, 92, 96, 108)
SEMESTRE, CORTE = "2022-S2", date(2022, 12, 31)


@cache
def contenido(edicion: str = "CNS") -> Contenido:
    """El semestre entero; siempre el mismo."""
    azar = random.Random(2022)  # noqa: S311 (con semilla: que salga siempre lo mismo)
    plan = json.loads((DATOS / "pesn-2020-2024.json").read_text())
    demo = json.loads((DATOS / "demo.json").read_text())
    matrices = {una["accion"]: una for una in demo["matrices"]}
    objetivos = {uno["codigo"]: uno for uno in plan["objetivos_especificos"]}
    actividades = [
        _actividad(codigo, una, azar)
        for codigo, matriz in matrices.items()
        for una in matriz["actividades"]
    ]
    por_accion = defaultdict(list)
    for una in actividades:
        por_accion[una.accion].append(una)
    acciones = [
        _accion(una, objetivos[una["objetivo"]], matrices, por_accion) for una in plan["acciones"]
    ]
    niveles = _niveles(plan, acciones)
    con_logro = sorted(
        (una for una in actividades if una.logro), key=lambda una: -_cifra(una.ejecutado)
    )
    con_decision = [una for una in actividades if una.requiere_decision_cns]
    return Contenido(
        edicion=edicion,
        plan=Plan(
            codigo=plan["plan"]["codigo"],
            sigla="PESN",
            nombre="Plan Estratégico de Seguridad de la Nación 2020-2024",
            inicio=date(2020, 4, 1),
            fin=date(2024, 12, 31),
            vigencia_presunta=True,
            niveles=plan["plan"]["niveles"]
            if isinstance(plan["plan"].get("niveles"), dict)
            else {},
        ),
        periodo=Periodo(
            codigo=SEMESTRE,
            nombre="Segundo Semestre 2022",
            anio=2022,
            semestre=2,
            inicio=date(2022, 7, 1),
            corte=CORTE,
        ),
        corte=Corte(numero=1, momento=datetime(2023, 2, 10, 16, 0, tzinfo=UTC)),
        anterior=Anterior(
            periodo="2022-S1",
            corte=2,
            momento=datetime(2022, 8, 10, 16, 0, tzinfo=UTC),
            huella=sha256(b"2022-S1").hexdigest(),
        ),
        es_demo=True,
        umbrales=UMBRALES,
        niveles=tuple(niveles),
        cuadricula=tuple(_cuadricula(acciones)),
        acciones=tuple(acciones),
        actividades=tuple(actividades),
        instituciones=tuple(_instituciones(plan, acciones, actividades)),
        presupuesto=tuple(_presupuesto(actividades, azar)),
        resultados=tuple(
            Resultado(
                **{
                    clave: uno[clave] or ""
                    for clave in (
                        "codigo",
                        "enunciado",
                        "indicador",
                        "unidad",
                        "sentido",
                        "variacion_impresa",
                        "variacion_calculada",
                        "irregularidad",
                        "fuente",
                    )
                },
                base_anio=uno["base_anio"],
                base=Decimal(uno["base"]) if uno["base"] else None,
                meta_anio=uno["meta_anio"],
                meta=Decimal(uno["meta"]),
            )
            for uno in plan["resultados_estrategicos"]
        ),
        propuestas=tuple(
            Propuesta(
                orden=una["orden"],
                grupo=una["grupo"],
                enunciado=una["enunciado"],
                norma=una["norma"] or "",
                estado=una["estado_inicial"],
            )
            for una in plan["propuestas_legislativas"]
        ),
        igsns=tuple(
            Recomendacion(
                **{clave: una[clave] for clave in ("numero", "periodo", "institucion", "texto")},
                estado=una["estado"],
                respuesta=una.get("respuesta") or "",
            )
            for una in demo["recomendaciones_igsns"]
        ),
        alertas=tuple(
            Alerta(nivel="ACCION", codigo=una.codigo, tipo="ROJO", texto="E por debajo de P")
            for una in acciones
            if una.semaforo in {"ROJO", "VENCIDA"}
        ),
        readecuaciones=tuple(
            Readecuacion(
                accion=una["accion"],
                numero=una["actividad"],
                tipo=una["tipo"],
                periodo=una["periodo"],
                desde=date.fromisoformat(una["desde"]),
                original=date.fromisoformat(una["fin_anterior"]),
                anterior=date.fromisoformat(una["fin_anterior"]),
                vigente=_fecha(una["fin_propuesto"]),
                acto=una["acto"] or "",
                fecha=date.fromisoformat(una["desde"]),
                motivo=una["motivo"],
                opinion_cap=una["opinion_cap"] or "",
            )
            for una in demo["reprogramaciones"]
        ),
        serie=tuple(_serie(niveles)),
        decisiones=tuple(
            Decision(
                clave=una.clave,
                accion=una.accion,
                titulo=una.descripcion,
                institucion=una.responsable,
                causa_tipo=una.limitante_tipo,
                causa=una.limitante,
                propuesta=una.decision_solicitada,
                quien=una.responsable_medida,
                para_cuando=una.fecha_medida,
                ejecutado=una.ejecutado,
                brecha=una.brecha,
                semaforo=una.semaforo,
            )
            for una in con_decision[:5]
        ),
        logros=tuple(
            Logro(
                clave=una.clave,
                accion=una.accion,
                titulo=una.descripcion,
                institucion=una.responsable,
                texto=una.logro,
                ejecutado=_cifra(una.ejecutado),
                ejecutado_previo=una.ejecutado_previo,
                alza=Decimal(12),
                evidencias=una.evidencias,
            )
            for una in con_logro[:5]
        ),
        que_cambio=tuple(
            Cambio(
                accion=una.codigo,
                titulo=una.enunciado,
                sentido="EMPEORA",
                semaforo_anterior="VERDE",
                semaforo=una.semaforo,
                ejecutado_anterior=una.ejecutado_anterior,
                ejecutado=una.ejecutado,
                delta=una.delta,
            )
            for una in acciones[:8]
        ),
        retenidos=(
            (Retenido(filas="ACTIVIDAD", fundamento="RESTRINGIDA", cuantas=12),)
            if edicion == "PUBLICA"
            else ()
        ),
        diccionario=(Termino(columna="E", significado="Avance ejecutado", unidad="%", regla="§7"),),
        catalogos=(Codigo(catalogo="modo", codigo="META", significado="Meta física"),),
        fuentes=("Plan Estratégico de Seguridad de la Nación 2020-2024, abril de 2020",),
        licencia="Información pública; cite la fuente.",
        contacto="Secretaría Técnica del Consejo Nacional de Seguridad",
    )


def _actividad(codigo: str, una: dict[str, Any], azar: random.Random) -> Actividad:
    avance = next(uno for uno in una["avances"] if uno["periodo"] == SEMESTRE)
    inicio, fin = date.fromisoformat(una["inicio"]), date.fromisoformat(una["fin_vigente"])
    validado = avance["estado"] == "CONSOLIDADO"
    programado = calculo.programado_lineal(inicio, fin, CORTE)
    ritmo = RITMOS[sum(map(ord, codigo)) % len(RITMOS)] + azar.randint(-10, 10)
    ejecutado = min(a_dos(programado * Decimal(ritmo) / 100), CIEN)
    medida = calculo.semaforo_actividad(
        situacion=una["situacion"],
        ejecutado=ejecutado,
        programado=programado,
        fin_vigente=fin,
        corte=CORTE,
        exigible=avance["estado"] != "EXENTO",
        validado=validado,
    )
    return Actividad(
        accion=codigo,
        numero=una["numero"],
        descripcion=una["descripcion"],
        responsable=una["responsable"],
        cooperantes=tuple(
            Cooperante(sigla=uno.get("institucion") or uno["grupo"], rol=uno["rol"])
            for uno in una["cooperantes"]
        ),
        obligados=tuple(una["obligados"]),
        inicio=inicio,
        fin_original=date.fromisoformat(una["fin_original"]),
        fin_vigente=fin,
        situacion=una["situacion"],
        modo=una["modo"],
        unidad=una["unidad"] or "",
        meta=Decimal(una["meta"]) if una["meta"] else None,
        peso=Decimal(una["peso"]) if una["peso"] else None,
        programa_presupuestario=una["programa_presupuestario"] or "",
        hitos=tuple(
            Hito(
                numero=uno["numero"],
                descripcion=uno["descripcion"],
                peso=Decimal(uno["peso"]),
                fecha_original=date.fromisoformat(uno["fecha_original"]),
                fecha_vigente=date.fromisoformat(uno["fecha_vigente"]),
            )
            for uno in una["hitos"]
        ),
        estado=avance["estado"],
        exigible=avance["estado"] != "EXENTO",
        validado=validado,
        arrastrado=avance["estado"] == "NO_REPORTADO",
        motivo_exencion=avance.get("motivo_exencion") or "",
        ejecutado=medida.ejecutado,
        programado=medida.programado,
        indice=medida.indice,
        brecha=medida.brecha,
        semaforo=medida.semaforo,
        programado_original=programado,
        ejecutado_previo=a_dos(ejecutado * Decimal("0.8")),
        situacion_reportada=avance.get("situacion_reportada") or "",
        logro=avance.get("logro") or "",
        beneficiarios={},
        limitante_tipo=avance.get("limitante_tipo") or "",
        limitante=avance.get("limitante") or "",
        medida_correctiva=avance.get("medida_correctiva") or "",
        responsable_medida=avance.get("responsable_medida") or "",
        fecha_medida=_fecha(avance.get("fecha_medida")),
        requiere_decision_cns=bool(avance.get("requiere_decision_cns")),
        decision_solicitada=avance.get("decision_solicitada") or "",
        evidencias=tuple(
            Evidencia(
                titulo=uno["titulo"],
                tipo=uno["tipo"],
                sha256=sha256(uno["titulo"].encode()).hexdigest(),
            )
            for uno in avance.get("evidencias", ())
        ),
        observaciones=tuple(
            Observacion(campo=uno["campo"], ronda=1, estado=uno["estado"])
            for uno in avance.get("observaciones", ())
        ),
        rondas=1 if avance.get("observaciones") else 0,
    )


def _accion(
    una: dict[str, Any],
    objetivo: dict[str, Any],
    matrices: dict[str, Any],
    por_accion: dict[str, list[Actividad]],
) -> Accion:
    suyas = por_accion[una["codigo"]]
    medida = calculo.accion(
        [
            calculo.ActividadMedida(
                situacion=hija.situacion,
                ejecutado=_cifra(hija.ejecutado),
                programado=hija.programado,
                programado_original=_cifra(hija.programado_original),
                fin_vigente=hija.fin_vigente,
                exigible=hija.exigible,
                validado=hija.validado,
                peso=hija.peso,
            )
            for hija in suyas
        ],
        corte=CORTE,
    )
    previo = None if medida.ejecutado is None else a_dos(medida.ejecutado * Decimal("0.85"))
    return Accion(
        orden=una["orden"],
        codigo=una["codigo"],
        enunciado=una["enunciado"],
        programa=str(objetivo["programa"]),
        objetivo=una["objetivo"],
        ambito=objetivo["ambito"],
        rectora=una["rectora_presunta"] or "",
        presunta=True,
        participantes=tuple(una["participantes"]) + tuple(una["grupos"]),
        obligados=tuple(una["participantes"]),
        responsables_fuente=una["responsables_fuente"],
        reglas=tuple(Regla(codigo=uno, tratamiento="Ver método") for uno in una["regla"] or ()),
        impacto=matrices.get(una["codigo"], {}).get("impacto", ""),
        ejecutado=medida.ejecutado,
        programado=medida.programado,
        indice=medida.indice,
        brecha=medida.brecha,
        semaforo=medida.semaforo or "ND",
        exigidos=medida.exigidos,
        recibidos=medida.recibidos,
        a_tiempo=medida.recibidos,
        cobertura=medida.cobertura,
        oportunidad=medida.oportunidad,
        cobertura_insuficiente=medida.cobertura_insuficiente,
        ejecutado_anterior=previo,
        delta=calculo.diferencia(medida.ejecutado, previo),
        pct_devengado=previo,
        vigente=Decimal(8_500_000),
        devengado=Decimal(3_400_000),
        n_actividades=medida.n_actividades,
        n_canceladas=medida.n_canceladas,
    )


def _nivel(clase: type, acciones: list[Accion], **quien: Any) -> Any:
    medida = calculo.nivel(
        [
            calculo.AccionMedida(
                una.codigo, una.ejecutado, una.programado, una.semaforo, una.exigidos, una.recibidos
            )
            for una in acciones
        ],
        umbrales=UMBRALES,
    )
    return clase(
        **quien,
        ejecutado=medida.ejecutado,
        programado=medida.programado,
        indice=medida.indice,
        brecha=medida.brecha,
        semaforo=medida.semaforo or "ND",
        exigidos=medida.exigidos,
        recibidos=medida.recibidos,
        a_tiempo=medida.a_tiempo,
        cobertura=medida.cobertura,
        oportunidad=medida.oportunidad,
        n_acciones=medida.n_acciones,
        n_computadas=medida.n_computadas,
        por_semaforo=dict(medida.por_semaforo),
        ejecutado_anterior=medida.ejecutado,
        delta=Decimal(0),
        vigente=Decimal(85_000_000),
        devengado=Decimal(34_000_000),
        pct_devengado=Decimal(40),
    )


def _niveles(plan: dict[str, Any], acciones: list[Accion]) -> list[Nivel]:
    niveles = [_nivel(Nivel, acciones, nivel="PLAN", codigo="PESN", nombre="Todo el plan")]
    for uno in plan["programas"]:
        suyas = [una for una in acciones if una.programa == str(uno["numero"])]
        codigo = str(uno["numero"])
        niveles.append(_nivel(Nivel, suyas, nivel="PROGRAMA", codigo=codigo, nombre=uno["nombre"]))
    for uno in plan["objetivos_especificos"]:
        suyas = [una for una in acciones if una.objetivo == uno["codigo"]]
        quien = {"codigo": uno["codigo"], "nombre": uno["enunciado"], "padre": str(uno["programa"])}
        niveles.append(_nivel(Nivel, suyas, nivel="OBJETIVO", **quien))
    for uno in plan["ambitos"]:
        suyas = [una for una in acciones if una.ambito == uno["codigo"]]
        quien = {"codigo": uno["codigo"], "nombre": uno["nombre"]}
        niveles.append(_nivel(Nivel, suyas, nivel="AMBITO", **quien))
    return niveles


def _cuadricula(acciones: list[Accion]) -> list[Celda]:
    cruces = defaultdict(list)
    for una in acciones:
        cruces[una.ambito, una.programa].append(una)
    return [
        _nivel(
            Celda,
            suyas,
            nivel="CELDA",
            codigo=f"{ambito}·{programa}",
            nombre="",
            ambito=ambito,
            programa=programa,
        )
        for (ambito, programa), suyas in cruces.items()
    ]


def _instituciones(
    plan: dict[str, Any], acciones: list[Accion], actividades: list[Actividad]
) -> list[Institucion]:
    todas = []
    for una in plan["instituciones"]:
        rige = [otra for otra in acciones if otra.rectora == una["sigla"]]
        suyas = [otra for otra in actividades if otra.responsable == una["sigla"]]
        if not una["reporta"]:
            continue
        nivel = _nivel(Nivel, rige, nivel="PLAN", codigo="", nombre="")
        exigidos = sum(otra.exigible for otra in suyas)
        recibidos = sum(otra.exigible and otra.validado for otra in suyas)
        medida = calculo.cobertura(exigidos, recibidos, recibidos - recibidos // 9)
        todas.append(
            Institucion(
                sigla=una["sigla"],
                nombre=una["nombre"],
                acciones=tuple(otra.codigo for otra in rige),
                rectora_de=len(rige),
                responsable_de=len(suyas),
                exigidos=exigidos,
                recibidos=recibidos,
                a_tiempo=medida.a_tiempo,
                observados=sum(bool(otra.observaciones) for otra in suyas),
                cobertura=medida.cobertura,
                oportunidad=medida.oportunidad,
                cobertura_insuficiente=medida.cobertura_insuficiente,
                ejecutado=nivel.ejecutado,
                programado=nivel.programado,
                indice=nivel.indice,
                brecha=nivel.brecha,
                semaforo=nivel.semaforo,
                por_semaforo=nivel.por_semaforo,
                actividades_por_semaforo=dict(Counter(otra.semaforo for otra in suyas)),
            )
        )
    return todas


def _presupuesto(actividades: list[Actividad], azar: random.Random) -> list[Estructura]:
    juntas = defaultdict(set)
    for una in actividades:
        if una.programa_presupuestario:
            juntas[una.responsable, una.programa_presupuestario].add(una.accion)
    estructuras = []
    for (institucion, programa), acciones in sorted(juntas.items()):
        vigente = Decimal(azar.randint(1, 90)) * 1_000_000
        devengado = a_dos(vigente * azar.randint(20, 104) / 100)
        medida = calculo.presupuesto(asignado=vigente, modificaciones=0, devengado=devengado)
        estructuras.append(
            Estructura(
                ejercicio=2022,
                institucion=institucion,
                programa_presupuestario=programa,
                asignado=vigente,
                vigente=vigente,
                devengado=devengado,
                pct_devengado=medida.pct_devengado,
                sobregiro=medida.sobregiro,
                acciones=tuple(sorted(acciones)),
            )
        )
    return estructuras


def _serie(niveles: list[Nivel]) -> list[Punto]:
    semestres = ["2020-S1", "2020-S2", "2021-S1", "2021-S2", "2022-S1", "2022-S2"]
    return [
        Punto(
            periodo=semestre,
            nivel=uno.nivel,
            codigo=uno.codigo,
            ejecutado=a_dos(_cifra(uno.ejecutado) * (i + 1) / 6),
            programado=a_dos(_cifra(uno.programado) * (i + 1) / 6),
            semaforo=uno.semaforo,
            cobertura=Decimal(90),
            cobertura_insuficiente=semestre == "2021-S1",
            ejecutado_rectificado=a_dos(_cifra(uno.ejecutado) * (i + 1) / 6),
            programado_rectificado=a_dos(_cifra(uno.programado) * (i + 1) / 6),
            semaforo_rectificado=uno.semaforo,
        )
        for uno in niveles
        if uno.nivel in {"PLAN", "PROGRAMA"}
        for i, semestre in enumerate(semestres)
    ]


def _cifra(valor: Decimal | None) -> Decimal:
    return Decimal(0) if valor is None else valor


def _fecha(texto: str | None) -> date | None:
    return date.fromisoformat(texto) if texto else None
