"""La edición pública: se arma nombrando, uno por uno, los campos que salen.

No tapa partes de la otra edición. Sólo nacen filas PUBLICA en los dos sentidos, en sí y en todos
sus padres; de las demás se dice cuántas son y con qué fundamento. Los agregados pasan por
`supresion`, y todo texto que resume (logros, cambios, alertas) sale de lo ya publicado.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from informes import consolidacion, supresion
from informes.contenido import (
    PUBLICA,
    SIN_COLOR,
    Accion,
    Actividad,
    Anterior,
    Celda,
    Contenido,
    Cooperante,
    Correccion,
    Evidencia,
    Hito,
    Institucion,
    Nivel,
    Propuesta,
    Punto,
    Readecuacion,
    Regla,
    Resultado,
    Retenido,
    Tramite,
    clasificacion_de,
)
from matrices.calculo import relacion_fisico_financiera

LICENCIA = (
    "Información pública. Puede copiarse, usarse y compartirse citando la fuente, el semestre y "
    "el número de corte."
)
MOTIVO_AJENO = "Por la rectificación de un semestre anterior."
MOTIVO_RETENIDO = "Se rectificaron datos que no se publican."
CORREGIBLES = {
    "ejecutado_periodo",
    "porcentaje",
    "hitos_cumplidos",
    "logro",
    "limitante",
    "medida_correctiva",
    "presupuesto_asignado",
    "presupuesto_vigente",
    "devengado",
    "E",
}


def es_publica(fila: Accion | Actividad | Evidencia) -> bool:
    """Si la fila y todos sus padres son PUBLICA en visibilidad y en categoría legal."""
    return fila.visibilidad == PUBLICA and set(fila.clases) == {PUBLICA}


def retenidas(completo: Contenido) -> set[str]:
    """Las actividades que no se publican."""
    return {una.clave for una in completo.actividades if not es_publica(una)}


def edicion_publica(
    completo: Contenido,
    anterior: Contenido | None,
    comparado_con: Anterior | None,
    *,
    primero: Iterable[Punto] = (),
    rectificados: Iterable[Punto] = (),
) -> Contenido:
    """La edición pública de un corte, desde su contenido completo ya consolidado.

    `anterior`, `primero` y `rectificados` son también ediciones públicas: lo que antes no se
    publicó tampoco se compara ahora.
    """
    salen = _lo_que_sale(completo)
    antes = {una.clave: una for una in anterior.actividades} if anterior else {}
    publico = Contenido(
        edicion=PUBLICA,
        plan=completo.plan,
        periodo=completo.periodo,
        corte=replace(completo.corte, motivo=_motivo(completo)),
        anterior=comparado_con,
        es_demo=completo.es_demo,
        umbrales=completo.umbrales,
        acciones=tuple(
            _accion(una, salen, completo, anterior) for una in completo.acciones if es_publica(una)
        ),
        actividades=tuple(
            _actividad(una, antes.get(una.clave)) for una in completo.actividades if es_publica(una)
        ),
        resultados=tuple(_resultado(uno) for uno in completo.resultados),
        propuestas=tuple(_propuesta(una) for una in completo.propuestas),
        diccionario=completo.diccionario,
        catalogos=completo.catalogos,
        fuentes=completo.fuentes,
        licencia=LICENCIA,
        contacto=completo.contacto,
        retenidos=_retenidos(completo),
    )
    claves = {una.clave for una in publico.actividades}
    publico = replace(
        publico,
        niveles=tuple(_nivel(uno, salen, publico, anterior) for uno in completo.niveles),
        cuadricula=tuple(_celda(una, salen, publico, anterior) for una in completo.cuadricula),
        instituciones=tuple(
            _institucion(una, salen, publico, anterior) for una in completo.instituciones
        ),
        presupuesto=consolidacion.estructuras(publico.actividades),
        readecuaciones=tuple(
            _readecuacion(una)
            for una in completo.readecuaciones
            if f"{una.accion}.{una.numero}" in claves
        ),
        correcciones=tuple(
            _correccion(una)
            for una in completo.correcciones
            if una.fila in claves and una.campo in CORREGIBLES
        ),
    )
    serie = consolidacion.serie(publico, anterior, primero=primero, rectificados=rectificados)
    # El orden de validación sirvió para el presupuesto; hacia afuera contaría pasos ajenos.
    filas = tuple(replace(una, orden_de_validacion=None) for una in publico.actividades)
    publico = replace(publico, serie=serie, actividades=filas)
    return consolidacion.con_portada(publico, anterior, ())


def _lo_que_sale(completo: Contenido) -> set[supresion.Clave]:
    """Los agregados que se publican; el de una acción que no es pública no se intenta."""
    ocultas = {una.codigo for una in completo.acciones if not es_publica(una)}
    posibles = [
        uno
        for uno in supresion.agregados(completo)
        if uno.clave[0] != supresion.ACCION or uno.clave[1] not in ocultas
    ]
    return supresion.publicables(posibles, retenidas(completo))


def lo_que_se_deduce(completo: Contenido, publico: Contenido) -> list[str]:
    """Las filas retenidas que esa edición pública deja deducir; debe ser ninguna."""
    publicadas = {una.clave for una in publico.actividades}
    faltan = {una.clave for una in completo.actividades} - publicadas
    suyos = dichos(publico)
    agregados = [uno for uno in supresion.agregados(completo) if uno.clave in suyos]
    return sorted(supresion.deducibles(agregados, faltan))


def dichos(publico: Contenido) -> set[supresion.Clave]:
    """Los agregados que un contenido dice."""
    niveles = (*publico.niveles, *publico.cuadricula)
    return {
        *((uno.nivel, uno.codigo) for uno in niveles if not uno.retenido),
        *((supresion.ACCION, una.codigo) for una in publico.acciones if not una.retenido),
        *((supresion.RECTORIA, una.sigla) for una in publico.instituciones if not una.retenido),
        *(
            (supresion.RESPONSABILIDAD, una.sigla)
            for una in publico.instituciones
            if not una.conteos_retenidos
        ),
    }


def _motivo(completo: Contenido) -> str:
    """Por qué se cortó de nuevo, si todo lo que se corrigió es público."""
    corregidas = {una.fila for una in completo.correcciones if una.es_de_este_corte}
    return MOTIVO_RETENIDO if corregidas & retenidas(completo) else completo.corte.motivo


def _retenidos(completo: Contenido) -> tuple[Retenido, ...]:
    cuenta: Counter[tuple[str, str]] = Counter()
    for accion in completo.acciones:
        if not es_publica(accion):
            cuenta["ACCION", _fundamento(accion)] += 1
    for actividad in completo.actividades:
        if not es_publica(actividad):
            cuenta["ACTIVIDAD", _fundamento(actividad)] += 1
            continue
        for evidencia in actividad.evidencias:
            if not es_publica(evidencia):
                cuenta["EVIDENCIA", _fundamento(evidencia)] += 1
    return tuple(
        Retenido(filas=filas, fundamento=fundamento, cuantas=cuantas)
        for (filas, fundamento), cuantas in sorted(cuenta.items())
    )


def _fundamento(fila: Accion | Actividad | Evidencia) -> str:
    """Por qué no se publica: su visibilidad, su categoría legal, o ambas."""
    motivos = [fila.visibilidad, clasificacion_de(fila.clases)]
    return " + ".join(uno for uno in motivos if uno != PUBLICA)


# ---- fila por fila, campo por campo


def _accion(
    una: Accion, salen: set[supresion.Clave], completo: Contenido, anterior: Contenido | None
) -> Accion:
    gastado = consolidacion.dinero(
        otra for otra in completo.actividades_de(una.codigo) if es_publica(otra)
    )
    dicha = Accion(
        orden=una.orden,
        codigo=una.codigo,
        enunciado=una.enunciado,
        programa=una.programa,
        objetivo=una.objetivo,
        ambito=una.ambito,
        rectora=una.rectora,
        presunta=una.presunta,
        participantes=una.participantes,
        obligados=una.obligados,
        responsables_fuente=una.responsables_fuente,
        reglas=tuple(Regla(codigo=r.codigo, tratamiento=r.tratamiento) for r in una.reglas),
        relacionadas=una.relacionadas,
        depende_de=una.depende_de,
        es_continua=una.es_continua,
        impacto=una.impacto,
        **gastado,
        retenido=True,
    )
    if (supresion.ACCION, una.codigo) not in salen:
        return dicha
    dicha = replace(
        dicha,
        retenido=False,
        ejecutado=una.ejecutado,
        programado=una.programado,
        indice=una.indice,
        brecha=una.brecha,
        semaforo=una.semaforo,
        exigidos=una.exigidos,
        recibidos=una.recibidos,
        a_tiempo=una.a_tiempo,
        cobertura=una.cobertura,
        oportunidad=una.oportunidad,
        cobertura_insuficiente=una.cobertura_insuficiente,
        ejecutado_base_original=una.ejecutado_base_original,
        programado_base_original=una.programado_base_original,
        n_actividades=una.n_actividades,
        n_canceladas=una.n_canceladas,
        fisico_financiero=relacion_fisico_financiera(una.ejecutado, gastado["pct_devengado"]),
    )
    previas = anterior.acciones if anterior else ()
    return consolidacion.comparada(
        dicha, next((otra for otra in previas if otra.codigo == una.codigo), None)
    )


def _actividad(una: Actividad, antes: Actividad | None) -> Actividad:
    return Actividad(
        accion=una.accion,
        numero=una.numero,
        descripcion=una.descripcion,
        responsable=una.responsable,
        cooperantes=tuple(Cooperante(sigla=c.sigla, rol=c.rol) for c in una.cooperantes),
        obligados=una.obligados,
        inicio=una.inicio,
        fin_original=una.fin_original,
        fin_vigente=una.fin_vigente,
        situacion=una.situacion,
        modo=una.modo,
        unidad=una.unidad,
        meta=una.meta,
        peso=una.peso,
        programa_presupuestario=una.programa_presupuestario,
        ejercicio=una.ejercicio,
        hitos=tuple(
            Hito(
                numero=h.numero,
                descripcion=h.descripcion,
                peso=h.peso,
                fecha_original=h.fecha_original,
                fecha_vigente=h.fecha_vigente,
                cumplido=h.cumplido,
            )
            for h in una.hitos
        ),
        visibilidad=una.visibilidad,
        clases=una.clases,
        estado=una.estado,
        exigible=una.exigible,
        validado=una.validado,
        arrastrado=una.arrastrado,
        extemporaneo=una.extemporaneo,
        motivo_exencion=una.motivo_exencion,
        programado=una.programado,
        programado_original=una.programado_original,
        ejecutado=una.ejecutado,
        ejecutado_previo=una.ejecutado_previo if antes else None,
        semaforo_anterior=antes.semaforo if antes else SIN_COLOR,
        indice=una.indice,
        brecha=una.brecha,
        semaforo=una.semaforo,
        situacion_reportada=una.situacion_reportada,
        ejecutado_periodo=una.ejecutado_periodo,
        acumulado=una.acumulado,
        cumplimiento_sin_tope=una.cumplimiento_sin_tope,
        porcentaje=una.porcentaje,
        logro=una.logro,
        beneficiarios=una.beneficiarios,
        territorio=una.territorio,
        limitante_tipo=una.limitante_tipo,
        limitante=una.limitante,
        medida_correctiva=una.medida_correctiva,
        fecha_medida=una.fecha_medida,
        asignado=una.asignado,
        vigente=una.vigente,
        devengado=una.devengado,
        pct_devengado=una.pct_devengado,
        orden_de_validacion=una.orden_de_validacion,
        sin_cambios=una.sin_cambios,
        rectificado=una.rectificado,
        evidencias=tuple(
            Evidencia(titulo=e.titulo, tipo=e.tipo, sha256=e.sha256)
            for e in una.evidencias
            if es_publica(e)
        ),
    )


def _nivel(
    uno: Nivel, salen: set[supresion.Clave], publico: Contenido, anterior: Contenido | None
) -> Nivel:
    suyas = consolidacion.de_su_nivel(uno, publico.acciones)
    dicho = Nivel(
        nivel=uno.nivel,
        codigo=uno.codigo,
        nombre=uno.nombre,
        sigla=uno.sigla,
        padre=uno.padre,
        n_acciones=uno.n_acciones,
        por_semaforo=_colores(suyas, uno),
        retenido=True,
    )
    return _con_cifras(dicho, uno, salen, publico, anterior)


def _celda(
    una: Celda, salen: set[supresion.Clave], publico: Contenido, anterior: Contenido | None
) -> Celda:
    cruce = (una.ambito, una.programa)
    suyas = [otra for otra in publico.acciones if (otra.ambito, otra.programa) == cruce]
    dicha = Celda(
        nivel=una.nivel,
        codigo=una.codigo,
        nombre=una.nombre,
        padre=una.padre,
        ambito=una.ambito,
        programa=una.programa,
        n_acciones=una.n_acciones,
        por_semaforo=_colores(suyas, una),
        retenido=True,
    )
    return _con_cifras(dicha, una, salen, publico, anterior)


def _colores(publicadas: list[Accion], completo: Nivel) -> dict[str, int]:
    """Las acciones por color: las que no se dicen, y las que no salen, cuentan como «n/d»."""
    cuenta = consolidacion.contadas(publicadas)
    faltan = (completo.n_acciones or 0) - len(publicadas)
    nd = cuenta.get(SIN_COLOR, 0) + faltan
    return {**cuenta, SIN_COLOR: nd} if nd else cuenta


def _con_cifras(
    dicho: consolidacion.UnNivel,
    uno: Nivel,
    salen: set[supresion.Clave],
    publico: Contenido,
    anterior: Contenido | None,
) -> consolidacion.UnNivel:
    if (uno.nivel, uno.codigo) not in salen:
        return dicho
    con_cifras = replace(
        dicho,
        retenido=False,
        ejecutado=uno.ejecutado,
        programado=uno.programado,
        indice=uno.indice,
        brecha=uno.brecha,
        semaforo=uno.semaforo,
        exigidos=uno.exigidos,
        recibidos=uno.recibidos,
        a_tiempo=uno.a_tiempo,
        cobertura=uno.cobertura,
        oportunidad=uno.oportunidad,
        cobertura_insuficiente=uno.cobertura_insuficiente,
        n_computadas=uno.n_computadas,
        **consolidacion.dinero_de(uno, publico),
    )
    return consolidacion.con_anterior(con_cifras, anterior)


def _institucion(
    una: Institucion,
    salen: set[supresion.Clave],
    publico: Contenido,
    anterior: Contenido | None,
) -> Institucion:
    rige = [otra for otra in publico.acciones if otra.rectora == una.sigla]
    responde = [otra for otra in publico.actividades if otra.responsable == una.sigla]
    dicha = Institucion(
        sigla=una.sigla,
        nombre=una.nombre,
        acciones=tuple(otra.codigo for otra in rige),
        rectora_de=len(rige),
        por_semaforo=consolidacion.contadas(rige),
        actividades_por_semaforo=consolidacion.contadas(responde),
        retenido=True,
        conteos_retenidos=True,
    )
    if (supresion.RESPONSABILIDAD, una.sigla) in salen:
        dicha = replace(
            dicha,
            conteos_retenidos=False,
            responsable_de=una.responsable_de,
            exigidos=una.exigidos,
            recibidos=una.recibidos,
            a_tiempo=una.a_tiempo,
            observados=una.observados,
            cobertura=una.cobertura,
            oportunidad=una.oportunidad,
            cobertura_insuficiente=una.cobertura_insuficiente,
        )
    if (supresion.RECTORIA, una.sigla) not in salen:
        return dicha
    dicha = replace(
        dicha,
        retenido=False,
        ejecutado=una.ejecutado,
        programado=una.programado,
        indice=una.indice,
        brecha=una.brecha,
        semaforo=una.semaforo,
    )
    previas = anterior.instituciones if anterior else ()
    antes = next((otra for otra in previas if otra.sigla == una.sigla), None)
    return consolidacion.comparada(dicha, antes)


def _resultado(uno: Resultado) -> Resultado:
    return Resultado(
        codigo=uno.codigo,
        enunciado=uno.enunciado,
        indicador=uno.indicador,
        unidad=uno.unidad,
        sentido=uno.sentido,
        base_anio=uno.base_anio,
        base=uno.base,
        meta_anio=uno.meta_anio,
        meta=uno.meta,
        variacion_impresa=uno.variacion_impresa,
        variacion_calculada=uno.variacion_calculada,
        irregularidad=uno.irregularidad,
        fuente=uno.fuente,
        valores=uno.valores,
    )


def _propuesta(una: Propuesta) -> Propuesta:
    return Propuesta(
        orden=una.orden,
        grupo=una.grupo,
        enunciado=una.enunciado,
        norma=una.norma,
        iniciativas=una.iniciativas,
        rectora=una.rectora,
        accion=una.accion,
        estado=una.estado,
        desde=una.desde,
        tramites=tuple(
            Tramite(de=t.de, a=t.a, fecha=t.fecha, documento=t.documento) for t in una.tramites
        ),
    )


def _readecuacion(una: Readecuacion) -> Readecuacion:
    return Readecuacion(
        accion=una.accion,
        numero=una.numero,
        tipo=una.tipo,
        periodo=una.periodo,
        desde=una.desde,
        original=una.original,
        anterior=una.anterior,
        vigente=una.vigente,
        acto=una.acto,
        fecha=una.fecha,
    )


def _correccion(una: Correccion) -> Correccion:
    return Correccion(
        clave=una.clave,
        periodo=una.periodo,
        corte=una.corte,
        accion=una.accion,
        numero=una.numero,
        campo=una.campo,
        antes=una.antes,
        despues=una.despues,
        motivo=una.motivo if una.clave else MOTIVO_AJENO,
        material=una.material,
        es_de_este_corte=una.es_de_este_corte,
    )
