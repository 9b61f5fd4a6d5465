"""Qué es cada columna del libro: nombre, formato, significado, unidad y regla. Sólo datos.

De aquí salen los encabezados de las hojas y la hoja que los explica; así no pueden discrepar.
"""

from typing import NamedTuple

TEXTO, ENTERO, NUMERO, PUNTOS = "TEXTO", "ENTERO", "NUMERO", "PUNTOS"
DINERO, FECHA, MOMENTO, COLOR = "DINERO", "FECHA", "MOMENTO", "COLOR"


class Columna(NamedTuple):
    """Una columna: con `unidad` % o Q, su encabezado la lleva entre paréntesis."""

    nombre: str
    significado: str
    formato: str = TEXTO
    unidad: str = ""
    regla: str = ""

    @property
    def encabezado(self) -> str:
        """«P (%)», «devengado (Q)», «codigo»."""
        return f"{self.nombre} ({self.unidad})" if self.unidad in {"%", "Q"} else self.nombre


E = Columna("E", "Avance ejecutado", PUNTOS, "%", "Media ponderada; 100.00 sólo si está completo")
P = Columna("P", "Avance programado al corte", PUNTOS, "%", "Lineal, o suma de hitos con fecha")
IC = Columna("IC", "Índice de cumplimiento", PUNTOS, "%", "100·E/P; vacío si P es 0")
BRECHA = Columna("brecha", "Lo ejecutado menos lo programado", PUNTOS, "puntos", "E − P")
SEMAFORO = Columna("semaforo", "Color, dicho con su palabra", COLOR, "", "Según IC y umbrales")
E_ANTERIOR = Columna("E_anterior", "E en el corte del semestre anterior", PUNTOS, "%")
EXIGIDOS = Columna("exigidos", "Avances que debían reportarse", ENTERO, "avances")
RECIBIDOS = Columna("recibidos", "De ellos, los validados", ENTERO, "avances")
COBERTURA = Columna("cobertura", "Lo validado de lo exigido", PUNTOS, "%", "100·recibidos/exigidos")
FUENTE = Columna("fuente", "De dónde sale el dato")
CODIGO = Columna("codigo", "Código en el plan")

HOJAS: dict[str, tuple[Columna, ...]] = {
    "0_Leame": (
        Columna("titulo", "Título del informe"),
        Columna("edicion", "Para quién es"),
        Columna("periodo", "Semestre"),
        Columna("corte", "Día al que se mide", FECHA),
        Columna("numero", "Número de corte del semestre", ENTERO),
        Columna("huella", "SHA-256 del contenido del que sale este libro"),
        Columna("generado", "Momento del corte, hora de Guatemala", MOMENTO),
        Columna("umbrales", "Límites del semáforo con que se midió"),
        Columna("licencia", "Cómo puede usarse"),
        Columna("contacto", "A quién preguntar"),
    ),
    "1_Resumen": (
        Columna("nivel", "Plan, programa, objetivo o ámbito"),
        CODIGO,
        Columna("nombre", "Nombre o enunciado del nivel"),
        Columna("n_acciones", "Acciones que reúne", ENTERO, "acciones"),
        Columna(
            "n_computadas",
            "Acciones que entran en la media",
            ENTERO,
            "acciones",
            "Sin las que no tienen matriz ni las canceladas",
        ),
        P,
        E,
        IC,
        BRECHA,
        SEMAFORO,
        COBERTURA,
        E_ANTERIOR,
        Columna("delta", "Cambio de E desde el corte anterior", PUNTOS, "puntos", "E − E_anterior"),
    ),
    "2_Acciones": (
        Columna("orden", "Lugar de la acción en el plan", ENTERO),
        CODIGO,
        Columna("enunciado", "Texto del plan, letra por letra"),
        Columna("programa", "Número del programa estratégico"),
        Columna("objetivo", "Código del objetivo específico"),
        Columna("ambito", "Ámbito de funcionamiento"),
        Columna("rectora", "Institución que la rige"),
        Columna("presunta", "Si la rectora se presume", regla="La primera que el plan enumera"),
        Columna("participantes", "Las demás instituciones y grupos que el plan nombra"),
        Columna("impacto", "Impacto según la matriz de cumplimiento"),
        P,
        E,
        IC,
        BRECHA,
        SEMAFORO,
        COBERTURA,
        Columna(
            "E_base_original", "E sobre todas las actividades, también las canceladas", PUNTOS, "%"
        ),
        Columna("P_base_original", "P con las fechas originales de todas", PUNTOS, "%"),
        Columna("n_actividades", "Actividades de la matriz", ENTERO, "actividades"),
        Columna("n_canceladas", "De ellas, las canceladas", ENTERO, "actividades"),
        EXIGIDOS,
        RECIBIDOS,
        E_ANTERIOR,
    ),
    "3_Actividades": (
        Columna("accion", "Código de la acción"),
        Columna("numero", "Número de la actividad en la matriz", ENTERO),
        Columna("descripcion", "Qué se hace"),
        Columna("responsable", "Institución responsable"),
        Columna("cooperantes", "Quién coopera, colabora o apoya"),
        Columna("inicio", "Fecha de inicio", FECHA),
        Columna("fin_original", "Fin con que nació la actividad", FECHA),
        Columna("fin_vigente", "Fin con que se midió", FECHA),
        Columna("situacion", "Vigente, suspendida o cancelada"),
        Columna("modo", "Cómo se mide"),
        Columna("unidad", "Unidad de medida"),
        Columna("meta", "Meta física total", NUMERO, "la de la actividad"),
        Columna("peso", "Peso en su acción", NUMERO, "", "Sin pesos, todas valen igual"),
        Columna("ejecutado_periodo", "Cantidad de este semestre", NUMERO, "la de la actividad"),
        Columna("acumulado", "Cantidad validada hasta el corte", NUMERO, "la de la actividad"),
        Columna(
            "cumplimiento_sin_tope",
            "Acumulado entre meta, sin tope",
            PUNTOS,
            "%",
            "Puede pasar de 100",
        ),
        P,
        Columna("P_original", "P con las fechas originales", PUNTOS, "%", "No mira suspensiones"),
        E,
        IC,
        BRECHA,
        SEMAFORO,
        Columna("estado", "Estado del avance"),
        Columna("arrastrado", "Debía reportarse y vale lo último validado"),
        Columna("extemporaneo", "Se envió después de la fecha límite"),
        Columna("logro", "Qué se logró"),
        Columna("limitante_tipo", "Clase de limitante"),
        Columna("limitante", "Qué impidió avanzar"),
        Columna("medida", "Medida correctiva"),
        Columna("fecha_medida", "Para cuándo la medida", FECHA),
        Columna("n_evidencias", "Documentos de respaldo", ENTERO, "documentos"),
        Columna("visibilidad", "Quién puede verlo, con la de sus padres"),
        Columna("clasificacion", "Categoría legal, con la de sus padres"),
    ),
    "4_Instituciones": (
        Columna("sigla", "Sigla"),
        Columna("nombre", "Nombre de la institución"),
        Columna("rectora_de", "Acciones que rige", ENTERO, "acciones"),
        Columna("responsable_de", "Actividades de las que responde", ENTERO, "actividades"),
        EXIGIDOS,
        RECIBIDOS,
        Columna("a_tiempo", "Validados y enviados en plazo", ENTERO, "avances"),
        Columna("observados", "Avances que se observaron alguna vez", ENTERO, "avances"),
        COBERTURA,
        Columna("oportunidad", "Lo oportuno de lo exigido", PUNTOS, "%", "100·a_tiempo/exigidos"),
        P,
        E,
    ),
    "5_Presupuesto": (
        Columna("ejercicio", "Año fiscal", ENTERO),
        Columna("institucion", "Institución"),
        Columna("programa_presupuestario", "Estructura presupuestaria"),
        Columna("asignado", "Presupuesto asignado", DINERO, "Q"),
        Columna("vigente", "Presupuesto vigente", DINERO, "Q", "Asignado más modificaciones"),
        Columna("devengado", "Presupuesto devengado al mes de corte", DINERO, "Q"),
        Columna("pct", "Lo devengado de lo vigente", PUNTOS, "%", "100·devengado/vigente"),
        Columna("conflicto", "Se informó más de una vez y con otras cifras"),
        Columna("acciones", "Acciones que la nombran", regla="No se reparte entre ellas"),
    ),
    "6_Resultados": (
        CODIGO,
        Columna("indicador", "Indicador del resultado estratégico"),
        Columna("unidad", "Unidad de medida"),
        Columna("sentido", "Si mejorar es subir o bajar"),
        Columna("base_anio", "Año de la base", ENTERO),
        Columna("base", "Valor de la base", NUMERO),
        Columna("meta_anio", "Año de la meta", ENTERO),
        Columna("meta", "Valor de la meta", NUMERO),
        Columna("fecha", "Fecha del valor", FECHA),
        Columna("valor", "Valor medido", NUMERO),
        Columna("avance", "De la base a la meta", PUNTOS, "%", "100·(valor − base)/(meta − base)"),
        FUENTE,
    ),
    "7_Propuestas": (
        Columna("orden", "Lugar en el plan", ENTERO),
        Columna("grupo", "Reforma o ley nueva"),
        Columna("enunciado", "Texto del plan, letra por letra"),
        Columna("norma", "Norma que se reforma"),
        Columna("iniciativas", "Números de iniciativa"),
        Columna("rectora", "Institución que la rige"),
        Columna("accion_relacionada", "Acción con la que se relaciona"),
        Columna("estado", "En qué va"),
        Columna("fecha", "Fecha de su último trámite", FECHA),
        Columna("documento", "Documento de su último trámite"),
    ),
    "8_IGSNS": (
        Columna("numero", "Número de la recomendación"),
        Columna("periodo", "Semestre"),
        Columna("institucion", "Institución"),
        Columna("texto", "Texto"),
        Columna("estado", "En qué va"),
        Columna("respuesta", "Respuesta de la institución"),
    ),
    "9_Alertas": (
        Columna("nivel", "Nivel del que se avisa"),
        Columna("codigo", "Código en el plan"),
        Columna("tipo", "Clase de alerta"),
        Columna("texto", "Texto"),
    ),
    "10_Readecuaciones": (
        Columna("fila", "Actividad: acción y número"),
        Columna("tipo", "Clase de readecuación"),
        Columna("original", "Fin con que nació la actividad", FECHA),
        Columna("vigente", "Fin que quedó", FECHA, "", "Vacío en suspensiones y cancelaciones"),
        Columna("acto", "Acto que la aprobó"),
        Columna("fecha", "Fecha del acto", FECHA),
    ),
    "11_Correcciones": (
        Columna("corte", "Semestre y número del corte que la recogió"),
        Columna("fila", "Actividad: acción y número"),
        Columna("campo", "Qué cambió"),
        Columna("antes", "Lo que decía el corte anterior"),
        Columna("despues", "Lo que vale"),
        Columna("motivo", "Por qué"),
        Columna("material", "Obliga a fe de erratas", regla="Cambia el color de la acción o su E"),
    ),
    "12_Diccionario": (
        Columna("columna", "Hoja y columna"),
        Columna("significado", "Qué quiere decir"),
        Columna("unidad", "En qué se mide"),
        Columna("regla", "Cómo se obtiene"),
    ),
    "13_Catalogos": (
        Columna("columna", "Columna que usa el código"),
        Columna("codigo", "Código"),
        Columna("significado", "Qué quiere decir"),
    ),
}

# La hoja de las gráficas lleva a su izquierda las dos tablas que ninguna otra hoja trae.
GRAFICAS: dict[str, tuple[Columna, ...]] = {
    "14_Graficas": (
        Columna("acciones_por_color", "Color de las acciones del plan", COLOR),
        Columna("n_acciones", "Cuántas acciones hay de ese color", ENTERO, "acciones"),
        Columna("semestre", "Semestre del plan, desde el primero", TEXTO),
        Columna("E_del_plan", "E del plan como se publicó ese semestre", PUNTOS, "%"),
        Columna("P_del_plan", "P del plan como se publicó ese semestre", PUNTOS, "%"),
    ),
}
