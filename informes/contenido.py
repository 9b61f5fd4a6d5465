"""Lo que un informe dice: con esto basta para dibujarlo, aunque la base ya no exista.

Clases congeladas, sin Django y sin saber de dónde salió nada; aquí no se calcula. En toda cifra
None es «n/d», y el color que falta es «ND». Cada edición tiene su propio `Contenido`.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from instituciones.canonico import canonico
from matrices.calculo import ASPECTOS, Umbrales, brecha, indice

ESQUEMA = "pesn-contenido/1"
EN_EL_RESUMEN = (
    *("esquema", "edicion", "plan", "periodo", "corte", "anterior", "es_demo", "umbrales"),
    *("niveles", "cuadricula", "acciones", "instituciones", "presupuesto", "serie"),
)
FUERA_DEL_RESUMEN = {"impacto", "responsables_fuente", "reglas", "obligados", "relacionadas"}
CNS, PUBLICA = "CNS", "PUBLICA"
EN_ROJO = {"ROJO", "VENCIDA"}
NOMBRES_DE_EDICION = {
    CNS: "Edición del Consejo Nacional de Seguridad",
    PUBLICA: "Edición pública",
}
CLASES_DE_EDICION = {
    CNS: "Uso del Consejo Nacional de Seguridad",
    PUBLICA: "Información pública",
}
AVISO_DEMO = "DATOS DE DEMOSTRACIÓN — NO OFICIALES"
MAXIMO_EN_PORTADA = 5
SIN_COLOR = "ND"
PLAN, PROGRAMA, OBJETIVO, AMBITO, CELDA = "PLAN", "PROGRAMA", "OBJETIVO", "AMBITO", "CELDA"


# ---- el encabezado


@dataclass(frozen=True, kw_only=True)
class Plan:
    """El plan del que se informa y cómo llama a sus niveles."""

    codigo: str
    sigla: str
    nombre: str
    inicio: date
    fin: date
    vigencia_presunta: bool = False
    niveles: dict[str, str]

    def nivel(self, cual: str) -> str:
        """El nombre que el plan da a un nivel: programa, objetivo, accion, matriz, actividad."""
        return self.niveles.get(cual, cual)


@dataclass(frozen=True, kw_only=True)
class Periodo:
    """El semestre: «2024-S2», «Segundo Semestre 2024»; `corte` es el día al que se mide."""

    codigo: str
    nombre: str
    anio: int
    semestre: int
    inicio: date
    corte: date


@dataclass(frozen=True, kw_only=True)
class Corte:
    """Cuándo se congeló. Del segundo en adelante sustituye a otro y dice por qué."""

    numero: int
    momento: datetime
    motivo: str = ""
    sustituye: int | None = None


@dataclass(frozen=True, kw_only=True)
class Anterior:
    """El corte del semestre anterior contra el que se compara, y la huella de su contenido."""

    periodo: str
    corte: int
    momento: datetime
    huella: str


# ---- las cifras que todo nivel comparte


@dataclass(frozen=True, kw_only=True)
class Cifras:
    """E, P, IC, brecha y color. `retenido`: no se publican, porque dejarían deducir otra."""

    ejecutado: Decimal | None = None
    programado: Decimal | None = None
    indice: Decimal | None = None
    brecha: Decimal | None = None
    semaforo: str = SIN_COLOR
    retenido: bool = False


@dataclass(frozen=True, kw_only=True)
class Llegada:
    """Lo exigido, lo validado y lo oportuno, en filas y en %."""

    exigidos: int | None = None
    recibidos: int | None = None
    a_tiempo: int | None = None
    cobertura: Decimal | None = None
    oportunidad: Decimal | None = None
    cobertura_insuficiente: bool = False


@dataclass(frozen=True, kw_only=True)
class Comparada(Cifras):
    """Las cifras y las del corte anterior; `delta` es E menos el E anterior, en puntos."""

    ejecutado_anterior: Decimal | None = None
    programado_anterior: Decimal | None = None
    semaforo_anterior: str = SIN_COLOR
    cobertura_anterior: Decimal | None = None
    delta: Decimal | None = None

    @property
    def brecha_anterior(self) -> Decimal | None:
        """La del corte anterior, de sus E y P guardados."""
        return brecha(self.ejecutado_anterior, self.programado_anterior)

    @property
    def indice_anterior(self) -> Decimal | None:
        """El del corte anterior, de sus E y P guardados."""
        return indice(self.ejecutado_anterior, self.programado_anterior)


@dataclass(frozen=True, kw_only=True)
class Dinero:
    """Quetzales de las estructuras distintas, y % devengado."""

    vigente: Decimal | None = None
    devengado: Decimal | None = None
    pct_devengado: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Nivel(Comparada, Llegada, Dinero):
    """El plan, un programa, un objetivo o un ámbito. `por_semaforo` cuenta todas sus acciones.

    `nivel` es PLAN, PROGRAMA, OBJETIVO o AMBITO; `padre`, el código del nivel de arriba.
    """

    nivel: str
    codigo: str
    nombre: str
    sigla: str = ""
    padre: str = ""
    n_acciones: int | None = None
    n_computadas: int | None = None
    por_semaforo: dict[str, int]
    pct_devengado_anterior: Decimal | None = None

    @property
    def tramos(self) -> list[tuple[str, int, int]]:
        """De cada color, las acciones que van antes y las suyas: una barra de lado a lado."""
        tramos, antes = [], 0
        for codigo in (uno for uno in ASPECTOS if self.por_semaforo.get(uno)):
            tramos.append((codigo, antes, self.por_semaforo[codigo]))
            antes += self.por_semaforo[codigo]
        return tramos


@dataclass(frozen=True, kw_only=True)
class Celda(Nivel):
    """Un cruce de ámbito y programa; no hay celda donde no hay acciones."""

    ambito: str
    programa: str


# ---- las filas


@dataclass(frozen=True, kw_only=True)
class Regla:
    """Un criterio con que se leyó la fuente de una acción (dominio §3)."""

    codigo: str
    tratamiento: str


@dataclass(frozen=True, kw_only=True)
class Accion(Comparada, Llegada, Dinero):
    """Una acción estratégica. `obligados`: los participantes con los grupos expandidos al corte.

    Sin matriz, su color es SIN_MATRIZ y no tiene cifras. `ejecutado_base_original` incluye lo
    cancelado y usa las fechas originales.
    """

    orden: int
    codigo: str
    enunciado: str
    programa: str
    objetivo: str
    ambito: str
    rectora: str = ""
    presunta: bool = False
    participantes: tuple[str, ...] = ()
    obligados: tuple[str, ...] = ()
    responsables_fuente: str = ""
    reglas: tuple[Regla, ...] = ()
    relacionadas: tuple[str, ...] = ()
    depende_de: str = ""
    es_continua: bool = False
    impacto: str = ""
    visibilidad: str = "PUBLICA"
    clases: tuple[str, ...] = ("PUBLICA",)
    ejecutado_base_original: Decimal | None = None
    programado_base_original: Decimal | None = None
    n_actividades: int | None = None
    n_canceladas: int | None = None
    fisico_financiero: Decimal | None = None

    @property
    def sin_matriz(self) -> bool:
        """Si aún no tiene actividades."""
        return self.semaforo == "SIN_MATRIZ"


@dataclass(frozen=True, kw_only=True)
class Cooperante:
    """Quien ayuda en una actividad, por su sigla, y cómo: COOPERACION, COLABORACION o APOYO."""

    sigla: str
    rol: str


@dataclass(frozen=True, kw_only=True)
class Hito:
    """Un hito; `cumplido` es la fecha en que se validó, si se validó."""

    numero: int
    descripcion: str
    peso: Decimal
    fecha_original: date
    fecha_vigente: date
    cumplido: date | None = None


@dataclass(frozen=True, kw_only=True)
class Aporte:
    """Lo que aporta otra institución: porcentaje si es colectivo, y su conformidad."""

    institucion: str
    porcentaje: Decimal | None = None
    conforme: str = ""
    texto: str = ""


@dataclass(frozen=True, kw_only=True)
class Evidencia:
    """Un documento de respaldo: título y SHA-256. Retenida, dice por qué y no da la huella."""

    titulo: str
    tipo: str
    sha256: str
    visibilidad: str = "PUBLICA"
    clases: tuple[str, ...] = ("PUBLICA",)


@dataclass(frozen=True, kw_only=True)
class Observacion:
    """Qué campo se observó, en qué ronda y en qué quedó; lo dicho queda en la revisión."""

    campo: str
    ronda: int
    estado: str


@dataclass(frozen=True, kw_only=True)
class Actividad(Cifras, Dinero):
    """Una actividad y lo que declaró en el semestre.

    Sus textos están vacíos si no se validó, y en lo confidencial o reservado dicen por qué no se
    leen (`reservado`). `ejecutado_previo` es E antes de este periodo; `arrastrado`, que debía
    reportar y vale lo último validado.
    """

    accion: str
    numero: int
    descripcion: str
    responsable: str
    cooperantes: tuple[Cooperante, ...] = ()
    obligados: tuple[str, ...] = ()
    inicio: date
    fin_original: date
    fin_vigente: date
    situacion: str
    modo: str
    unidad: str = ""
    meta: Decimal | None = None
    peso: Decimal | None = None
    programa_presupuestario: str = ""
    ejercicio: int | None = None
    hitos: tuple[Hito, ...] = ()
    visibilidad: str = "PUBLICA"
    clases: tuple[str, ...] = ("PUBLICA",)
    reservado: str = ""
    estado: str
    exigible: bool
    validado: bool
    arrastrado: bool = False
    extemporaneo: bool = False
    motivo_exencion: str = ""
    orden_de_validacion: int | None = None
    programado_original: Decimal | None = None
    ejecutado_previo: Decimal | None = None
    semaforo_anterior: str = SIN_COLOR
    situacion_reportada: str = ""
    ejecutado_periodo: Decimal | None = None
    acumulado: Decimal | None = None
    cumplimiento_sin_tope: Decimal | None = None
    porcentaje: Decimal | None = None
    justificacion_exceso: str = ""
    motivo_retroceso: str = ""
    logro: str = ""
    beneficiarios: dict[str, Any]
    territorio: tuple[str, ...] = ()
    limitante_tipo: str = ""
    limitante: str = ""
    medida_correctiva: str = ""
    responsable_medida: str = ""
    fecha_medida: date | None = None
    requiere_decision_cns: bool = False
    decision_solicitada: str = ""
    asignado: Decimal | None = None
    sin_cambios: bool = False
    motivo_sin_cambios: str = ""
    rectificado: bool = False
    evidencias: tuple[Evidencia, ...] = ()
    aportes: tuple[Aporte, ...] = ()
    observaciones: tuple[Observacion, ...] = ()
    rondas: int = 0

    @property
    def clave(self) -> str:
        """«1.1.10.3»: la acción y su número."""
        return f"{self.accion}.{self.numero}"

    @property
    def clasificacion(self) -> str:
        """Su categoría legal y la de sus padres, en una palabra o en varias."""
        return clasificacion_de(self.clases)


@dataclass(frozen=True, kw_only=True)
class Institucion(Comparada):
    """Una institución: sus cifras son de las acciones que rige; sus conteos, de lo que responde.

    `conteos_retenidos` es a los conteos lo que `retenido` a las cifras.
    """

    sigla: str
    nombre: str
    acciones: tuple[str, ...] = ()
    rectora_de: int | None = None
    responsable_de: int | None = None
    exigidos: int | None = None
    recibidos: int | None = None
    a_tiempo: int | None = None
    observados: int | None = None
    cobertura: Decimal | None = None
    oportunidad: Decimal | None = None
    cobertura_insuficiente: bool = False
    conteos_retenidos: bool = False
    por_semaforo: dict[str, int]
    actividades_por_semaforo: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class Estructura:
    """Una estructura presupuestaria, contada una vez; `conflicto`: se repitió con otras cifras."""

    ejercicio: int
    institucion: str
    programa_presupuestario: str
    asignado: Decimal | None = None
    vigente: Decimal
    devengado: Decimal
    pct_devengado: Decimal | None = None
    sobregiro: bool = False
    conflicto: bool = False
    acciones: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Valor:
    """Un valor medido de un resultado; `avance` en %, y recortado a 0–100 para dibujarlo."""

    fecha: date
    valor: Decimal
    fuente: str
    avance: Decimal | None = None
    avance_grafica: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Resultado:
    """Un resultado estratégico: base, meta y valores hasta el corte, en orden de fecha."""

    codigo: str
    enunciado: str
    indicador: str
    unidad: str
    sentido: str
    base_anio: int | None = None
    base: Decimal | None = None
    meta_anio: int
    meta: Decimal
    variacion_impresa: str = ""
    variacion_calculada: str = ""
    irregularidad: str = ""
    fuente: str = ""
    valores: tuple[Valor, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Tramite:
    """Un paso de una propuesta, con su documento."""

    de: str
    a: str
    fecha: date
    documento: str


@dataclass(frozen=True, kw_only=True)
class Propuesta:
    """Una propuesta legislativa y en qué va; `desde`, la fecha de su último trámite."""

    orden: int
    grupo: str
    enunciado: str
    norma: str = ""
    iniciativas: tuple[str, ...] = ()
    rectora: str = ""
    accion: str = ""
    estado: str
    desde: date | None = None
    tramites: tuple[Tramite, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Recomendacion:
    """Una recomendación de la Inspectoría General."""

    numero: str
    periodo: str
    institucion: str
    texto: str
    estado: str
    respuesta: str = ""


@dataclass(frozen=True, kw_only=True)
class Reserva:
    """Una resolución de reserva en uso: cuándo vence y qué filas cubre."""

    numero: str
    autoridad: str
    custodio: str
    vence: date
    filas: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Alerta:
    """Algo que mirar. `nivel`: PLAN, PROGRAMA…, ACCION, ACTIVIDAD, INSTITUCION, ESTRUCTURA."""

    nivel: str
    codigo: str
    tipo: str
    texto: str


@dataclass(frozen=True, kw_only=True)
class Readecuacion:
    """Un cambio aprobado de fechas o situación; `original` es el fin con que nació la actividad."""

    accion: str
    numero: int
    tipo: str
    periodo: str
    desde: date
    original: date
    anterior: date
    vigente: date | None = None
    acto: str
    fecha: date
    motivo: str = ""
    opinion_cap: str = ""


@dataclass(frozen=True, kw_only=True)
class Correccion:
    """Un valor que otro corte cambió. `material` obliga a fe de erratas.

    `clave` identifica la rectificación; None si el cambio llega de la de otro semestre.
    """

    clave: int | None = None
    periodo: str
    corte: int
    accion: str
    numero: int
    campo: str
    antes: str
    despues: str
    motivo: str
    material: bool
    es_de_este_corte: bool
    accion_antes: Decimal | None = None
    accion_despues: Decimal | None = None
    semaforo_antes: str = SIN_COLOR
    semaforo_despues: str = SIN_COLOR

    @property
    def fila(self) -> str:
        """La actividad corregida."""
        return f"{self.accion}.{self.numero}"


# ---- lo que va en las dos primeras páginas


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Lo que se pide decidir al CNS: causa, propuesta, quién y para cuándo."""

    clave: str
    accion: str
    titulo: str
    institucion: str
    causa_tipo: str = ""
    causa: str = ""
    propuesta: str = ""
    quien: str = ""
    para_cuando: date | None = None
    ejecutado: Decimal | None = None
    brecha: Decimal | None = None
    semaforo: str = SIN_COLOR


@dataclass(frozen=True, kw_only=True)
class Logro:
    """Un logro validado con evidencia; `alza` son los puntos que subió E en el semestre."""

    clave: str
    accion: str
    titulo: str
    institucion: str
    texto: str
    ejecutado: Decimal
    ejecutado_previo: Decimal | None = None
    alza: Decimal
    evidencias: tuple[Evidencia, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Cambio:
    """Una acción cuyo color no es el del corte anterior; `sentido`: MEJORA, EMPEORA u OTRO."""

    accion: str
    titulo: str
    sentido: str
    semaforo_anterior: str
    semaforo: str
    ejecutado_anterior: Decimal | None = None
    ejecutado: Decimal | None = None
    delta: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Seguimiento:
    """Lo que se pidió al CNS el semestre anterior y cómo está hoy; `sigue`: se pide otra vez."""

    periodo: str
    clave: str
    accion: str
    titulo: str
    institucion: str
    propuesta: str
    para_cuando: date | None = None
    sigue: bool
    ejecutado_anterior: Decimal | None = None
    ejecutado: Decimal | None = None
    semaforo_anterior: str = SIN_COLOR
    semaforo: str = SIN_COLOR


@dataclass(frozen=True, kw_only=True)
class Punto:
    """Un semestre del plan o de un programa: como se publicó en su primer corte y rectificado."""

    periodo: str
    nivel: str
    codigo: str
    ejecutado: Decimal | None = None
    programado: Decimal | None = None
    semaforo: str = SIN_COLOR
    cobertura: Decimal | None = None
    cobertura_insuficiente: bool = False
    ejecutado_rectificado: Decimal | None = None
    programado_rectificado: Decimal | None = None
    semaforo_rectificado: str = SIN_COLOR


# ---- lo que explica lo demás


@dataclass(frozen=True, kw_only=True)
class Retenido:
    """Cuántas filas no se publican por un mismo fundamento; `filas`: ACTIVIDAD, ACCION…"""

    filas: str
    fundamento: str
    cuantas: int


@dataclass(frozen=True, kw_only=True)
class Termino:
    """Qué es una columna: significado, unidad y regla."""

    columna: str
    significado: str
    unidad: str = ""
    regla: str = ""


@dataclass(frozen=True, kw_only=True)
class Codigo:
    """Un código de un catálogo y lo que quiere decir."""

    catalogo: str
    codigo: str
    significado: str


@dataclass(frozen=True, kw_only=True)
class Contenido:
    """Un informe entero de una edición. Sellado, no cambia: sólo se elige qué va en la portada."""

    esquema: str = ESQUEMA
    edicion: str
    plan: Plan
    periodo: Periodo
    corte: Corte
    anterior: Anterior | None = None
    es_demo: bool
    umbrales: Umbrales
    niveles: tuple[Nivel, ...] = ()
    cuadricula: tuple[Celda, ...] = ()
    acciones: tuple[Accion, ...] = ()
    actividades: tuple[Actividad, ...] = ()
    instituciones: tuple[Institucion, ...] = ()
    presupuesto: tuple[Estructura, ...] = ()
    resultados: tuple[Resultado, ...] = ()
    propuestas: tuple[Propuesta, ...] = ()
    igsns: tuple[Recomendacion, ...] = ()
    reservas: tuple[Reserva, ...] = ()
    alertas: tuple[Alerta, ...] = ()
    readecuaciones: tuple[Readecuacion, ...] = ()
    correcciones: tuple[Correccion, ...] = ()
    serie: tuple[Punto, ...] = ()
    decisiones: tuple[Decision, ...] = ()
    candidatas_a_decision: tuple[Decision, ...] = ()
    logros: tuple[Logro, ...] = ()
    candidatos_a_logro: tuple[Logro, ...] = ()
    que_cambio: tuple[Cambio, ...] = ()
    decisiones_anteriores: tuple[Seguimiento, ...] = ()
    retenidos: tuple[Retenido, ...] = ()
    diccionario: tuple[Termino, ...] = ()
    catalogos: tuple[Codigo, ...] = ()
    fuentes: tuple[str, ...] = ()
    licencia: str = ""
    contacto: str = ""

    def canonico(self) -> str:
        """El JSON que se sella: claves ordenadas, sin espacios, decimales como texto."""
        return canonico(asdict(self))

    def con_seleccion(self, seleccion: Mapping[str, list[str]]) -> "Contenido":
        """El mismo, con las decisiones y los logros elegidos y en ese orden; el resto no cambia.

        `seleccion` es {"decisiones": [clave…], "logros": [clave…]}; lo que no nombra queda igual.
        Lanza ValueError ante una clave que no es candidata: reordenar sí, inventar no.
        """
        elegidas = {
            "decisiones": self.candidatas_a_decision,
            "logros": self.candidatos_a_logro,
        }
        cambios: dict[str, Any] = {
            grupo: _elegir(candidatos, seleccion[grupo])
            for grupo, candidatos in elegidas.items()
            if grupo in seleccion
        }
        return replace(self, **cambios)

    @property
    def titulo(self) -> str:
        """Como se titula en la portada."""
        return f"Informe de Avances del Sistema Nacional de Seguridad, {self.periodo.nombre}"

    @property
    def nombre_de_edicion(self) -> str:
        """Para quién es."""
        return NOMBRES_DE_EDICION[self.edicion]

    @property
    def clase(self) -> str:
        """La clase que va en el encabezado de cada página y en las propiedades del archivo."""
        return CLASES_DE_EDICION[self.edicion]

    @property
    def aviso_demo(self) -> str:
        """El aviso que va en cada página y hoja; vacío si los datos son reales."""
        return AVISO_DEMO if self.es_demo else ""

    @property
    def total(self) -> Nivel:
        """El plan entero."""
        return self.del_nivel(PLAN)[0]

    def del_nivel(self, nivel: str) -> tuple[Nivel, ...]:
        """Los de un nivel, en el orden del plan."""
        return tuple(uno for uno in self.niveles if uno.nivel == nivel)

    @property
    def programas(self) -> tuple[Nivel, ...]:
        return self.del_nivel(PROGRAMA)

    @property
    def objetivos(self) -> tuple[Nivel, ...]:
        return self.del_nivel(OBJETIVO)

    @property
    def ambitos(self) -> tuple[Nivel, ...]:
        return self.del_nivel(AMBITO)

    @property
    def cuadricula_por_ambito(self) -> list[tuple[Nivel, list[Celda | None]]]:
        """Ámbitos por renglón y programas por columna; None donde no hay acciones."""
        celdas = {(una.ambito, una.programa): una for una in self.cuadricula}
        return [
            (ambito, [celdas.get((ambito.codigo, uno.codigo)) for uno in self.programas])
            for ambito in self.ambitos
        ]

    @property
    def en_rojo(self) -> tuple[Accion, ...]:
        """Las acciones en rojo o vencidas, de la mayor brecha a la menor."""
        suyas = [una for una in self.acciones if una.semaforo in EN_ROJO]
        return tuple(sorted(suyas, key=lambda una: (una.brecha or 0, una.orden)))

    def actividades_de(self, accion: str) -> tuple[Actividad, ...]:
        """Las de una acción, por su código."""
        return tuple(una for una in self.actividades if una.accion == accion)

    @property
    def no_reportado(self) -> tuple[Actividad, ...]:
        """Lo que debía reportarse y no se validó: vale lo último validado."""
        return tuple(una for una in self.actividades if una.arrastrado)

    @property
    def fe_de_erratas(self) -> tuple[Correccion, ...]:
        """Las correcciones materiales que trae este corte."""
        return tuple(una for una in self.correcciones if una.material and una.es_de_este_corte)


def codigo_de_verificacion(huella: str) -> str:
    """Lo que se copia a mano de una huella: «567C-C251-3F3F-3379», sus primeras 16 cifras."""
    return "-".join(huella[desde : desde + 4] for desde in range(0, 16, 4)).upper()


Candidato = TypeVar("Candidato", Decision, Logro)


def _elegir(candidatos: tuple[Candidato, ...], claves: list[str]) -> tuple[Candidato, ...]:
    por_clave = {uno.clave: uno for uno in candidatos}
    ajenas = [clave for clave in claves if clave not in por_clave]
    if ajenas:
        raise ValueError(f"No son candidatas: {', '.join(ajenas)}.")
    return tuple(por_clave[clave] for clave in dict.fromkeys(claves))[:MAXIMO_EN_PORTADA]


def clasificacion_de(clases: Iterable[str]) -> str:
    """Las categorías legales de una fila y de sus padres; PUBLICA sólo si no hay otra."""
    otras = sorted(set(clases) - {PUBLICA})
    return " + ".join(otras) or PUBLICA


# ---- de vuelta desde el JSON


def desde_json(texto: str) -> Contenido:
    """El contenido que dio ese JSON canónico. Lanza ValueError si no tiene su forma."""
    contenido: Contenido = _leido(Contenido, _datos(texto))
    return contenido


def serie_propia(texto: str) -> tuple[Punto, ...]:
    """Los puntos de su propio semestre, sin leer lo demás; para comparar con cortes viejos."""
    datos = _datos(texto)
    propio = datos.get("periodo", {}).get("codigo")
    puntos = [uno for uno in datos.get("serie", []) if uno.get("periodo") == propio]
    serie: tuple[Punto, ...] = _leido(tuple[Punto, ...], puntos)
    return serie


def resumen_de(texto: str) -> str:
    """Del JSON de un corte, las cifras de la acción hacia arriba: lo que lee un tablero.

    Se lee otra vez con `desde_json`; no trae actividades, y de las acciones no más que lo que
    las nombra y las mide.
    """
    datos = _datos(texto)
    resumen = {clave: datos[clave] for clave in EN_EL_RESUMEN if clave in datos}
    resumen["acciones"] = [
        {clave: valor for clave, valor in una.items() if clave not in FUERA_DEL_RESUMEN}
        for una in datos.get("acciones", [])
    ]
    return canonico(resumen)


def _datos(texto: str) -> dict[str, Any]:
    datos = json.loads(texto)
    if not isinstance(datos, dict) or datos.get("esquema") != ESQUEMA:
        raise ValueError(f"No es un contenido {ESQUEMA}.")
    return datos


def _leido(tipo: Any, datos: Any) -> Any:
    try:
        return _lector(tipo)(datos)
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as motivo:
        raise ValueError(f"El contenido no tiene su forma: {motivo!r}.") from motivo


Lector = Callable[[Any], Any]
SIMPLES: dict[Any, Lector] = {
    Decimal: Decimal,
    date: date.fromisoformat,
    datetime: datetime.fromisoformat,
}


@cache
def _lector(tipo: Any) -> Lector:
    """Cómo se lee un valor de ese tipo tal como `canonico` lo escribió."""
    origen, argumentos = get_origin(tipo), get_args(tipo)
    if origen in (Union, UnionType):
        lee = _lector(next(uno for uno in argumentos if uno is not type(None)))
        return lambda valor: None if valor is None else lee(valor)
    if origen is tuple:
        de_cada = _lector(argumentos[0])
        return lambda valor: tuple(de_cada(uno) for uno in valor)
    if is_dataclass(tipo):
        return _lector_de_clase(tipo)
    return SIMPLES.get(tipo, lambda valor: valor)


def _lector_de_clase(clase: Any) -> Lector:
    tipos = get_type_hints(clase)
    lectores = {campo.name: _lector(tipos[campo.name]) for campo in fields(clase)}

    def lee(datos: dict[str, Any]) -> Any:
        return clase(**{nombre: lectores[nombre](valor) for nombre, valor in datos.items()})

    return lee
