"""Las hojas del libro y sus columnas: el formulario del avance, puesto en celdas.

Los rótulos, las ayudas y las opciones son los de `AvanceForm`: se escriben una vez.
"""

from collections.abc import Iterable
from typing import Any

from instituciones.models import Clasificacion, ResolucionReserva, Visibilidad
from matrices.forms.avance import AvanceForm
from matrices.forms.campos import DESGLOSES, PERSONAS
from matrices.forms.reglas import MAXIMO
from matrices.hojas import Columna, Lista, Tipo
from matrices.models import Actividad, Avance
from matrices.territorio import DEPARTAMENTOS

ACTIVIDADES, BENEFICIADAS, HITOS = "Actividades", "Personas", "Hitos"
APORTES, OBSERVACIONES = "Aportes", "Observaciones"
ROTULOS, AYUDAS = AvanceForm.Meta.labels, AvanceForm.Meta.help_texts


def _lista(nombre: str, opciones: Iterable[tuple[Any, Any]]) -> Lista:
    return Lista(nombre, tuple((str(clave), str(dicho)) for clave, dicho in opciones if clave))


SITUACIONES = _lista("Situación", Avance.SituacionReportada.choices)
LIMITANTES = _lista("Limitantes", Avance.Limitante.choices)
VISIBILIDADES = _lista("Visibilidad", Visibilidad.choices)
CLASIFICACIONES = _lista("Clasificación", Clasificacion.choices)
TERRITORIO = _lista("Departamentos", DEPARTAMENTOS.items())
MODOS = _lista("Modos", Actividad.Modo.choices)
RESOLUCIONES = "Resoluciones"

LLAVE = Columna("actividad", "Actividad", ancho=12)
DESCRIPCION = Columna("descripcion", "Descripción", ancho=44)


def _campo(nombre: str, tipo: Tipo = Tipo.TEXTO, ancho: int = 14, **mas: Any) -> Columna:
    """La columna de un campo del formulario, con su rótulo y su ayuda."""
    mas.setdefault("titulo", str(ROTULOS.get(nombre, "")))
    mas.setdefault("ayuda", str(AYUDAS.get(nombre, "")))
    if tipo == Tipo.TEXTO:
        mas.setdefault("maximo", MAXIMO)
    return Columna(nombre, tipo=tipo, ancho=ancho, se_escribe=True, **mas)


def columnas_de_actividades(resoluciones: Lista) -> tuple[Columna, ...]:
    """La hoja principal: lo que hay que saber, y los campos en el orden del formulario."""
    return (
        LLAVE,
        DESCRIPCION,
        Columna("accion", "Acción estratégica", ancho=40),
        Columna("modo", "Cómo se mide", ancho=14),
        Columna("unidad", "Unidad de medida", ancho=16),
        Columna("meta", "Meta", Tipo.NUMERO, ancho=12),
        Columna("inicio", "Inicio", Tipo.FECHA, ancho=11),
        Columna("fin", "Fin vigente", Tipo.FECHA, ancho=11),
        Columna("programado", "P al corte (%)", Tipo.PUNTOS, ancho=10),
        Columna("ultimo", "Último E validado (%)", Tipo.PUNTOS, ancho=11),
        Columna("estado", "Estado del avance", ancho=15),
        Columna("previo", "Logro del último semestre validado", ancho=40),
        _campo("situacion_reportada", Tipo.LISTA, 18, lista=SITUACIONES),
        _campo("sin_cambios", Tipo.SI_NO, 10),
        _campo("motivo_sin_cambios", ancho=30),
        _campo("ejecutado_periodo", Tipo.NUMERO),
        _campo("justificacion_exceso", ancho=30),
        _campo("porcentaje", Tipo.PUNTOS, 12, maximo=100),
        _campo("motivo_retroceso", ancho=30),
        _campo("logro", ancho=60),
        _campo(
            "territorio",
            Tipo.VARIOS,
            24,
            lista=TERRITORIO,
            titulo="Departamentos",
            ayuda="Dónde se ejecutó. Varios, separados por coma: nombres o códigos de 01 a 22.",
        ),
        _campo("limitante_tipo", Tipo.LISTA, 17, lista=LIMITANTES),
        _campo("limitante", ancho=40),
        _campo("medida_correctiva", ancho=40),
        _campo("responsable_medida", ancho=24, maximo=200),
        _campo("fecha_medida", Tipo.FECHA, 12),
        _campo("requiere_decision_cns", Tipo.SI_NO, 12),
        _campo("decision_solicitada", ancho=36),
        _campo("presupuesto_asignado", Tipo.DINERO, 18),
        _campo("presupuesto_vigente", Tipo.DINERO, 18),
        _campo("devengado", Tipo.DINERO, 18),
        _campo("visibilidad", Tipo.LISTA, 14, lista=VISIBILIDADES),
        _campo("clasificacion", Tipo.LISTA, 16, lista=CLASIFICACIONES),
        _campo("resolucion", Tipo.LISTA, 16, lista=resoluciones),
    )


def lista_de_resoluciones(filas: Iterable[ResolucionReserva]) -> Lista:
    """Las resoluciones que quien llena puede citar, por su número."""
    return Lista(RESOLUCIONES, tuple((str(una.pk), una.numero) for una in filas))


DE_PERSONAS = (
    LLAVE,
    DESCRIPCION,
    *(
        _campo(
            clave,
            Tipo.ENTERO,
            11,
            titulo=dicho,
            ayuda="Solo cantidades; nunca nombres. El total es la suma de mujeres y hombres.",
        )
        for clave, dicho in PERSONAS
    ),
    *(
        _campo(
            f"{cual}_{clave}",
            Tipo.ENTERO,
            13,
            titulo=dicho,
            ayuda=f"{titulo}: si llena una, la suma de todas es el total.",
        )
        for cual, (titulo, filas) in DESGLOSES.items()
        for clave, dicho in filas
    ),
)
DE_HITOS = (
    LLAVE,
    Columna("hito", "Hito", ancho=7),
    Columna("descripcion", "Descripción del hito", ancho=60),
    Columna("peso", "Peso (%)", Tipo.PUNTOS, ancho=9),
    Columna("programada", "Fecha programada", Tipo.FECHA, ancho=13),
    Columna("validado", "Ya validado", Tipo.SI_NO, ancho=10),
    _campo(
        "cumplido",
        Tipo.SI_NO,
        11,
        titulo="Cumplido",
        ayuda="Marque los que tengan documento de respaldo; se adjunta en pantalla.",
    ),
    _campo("fecha", Tipo.FECHA, 14, titulo="Fecha en que se cumplió", ayuda="De inicio a corte."),
)
DE_APORTES = (
    LLAVE,
    DESCRIPCION,
    Columna("institucion", "Institución", ancho=14),
    Columna("nombre", "Nombre", ancho=44),
    Columna("previo", "Último validado (%)", Tipo.PUNTOS, ancho=12),
    _campo(
        "porcentaje",
        Tipo.PUNTOS,
        14,
        titulo="Avance por institución (%)",
        ayuda="Deje vacío a quien no haya reportado.",
        maximo=100,
    ),
)
DE_OBSERVACIONES = (
    LLAVE,
    Columna("observacion", "Número", ancho=9),
    Columna("campo", "Sobre qué", ancho=22),
    Columna("ronda", "Ronda", Tipo.ENTERO, ancho=8),
    Columna("texto", "Lo observado", ancho=60),
    Columna("hasta", "Responder antes del", Tipo.FECHA, ancho=12),
    _campo("respuesta", ancho=60, titulo="Su respuesta", ayuda="Qué se corrigió o por qué no."),
)
SUBLLAVES = {HITOS: "hito", APORTES: "institucion", OBSERVACIONES: "observacion"}
ORDEN = (ACTIVIDADES, BENEFICIADAS, HITOS, APORTES, OBSERVACIONES)


def columnas_por_hoja(resoluciones: Lista) -> dict[str, tuple[Columna, ...]]:
    """Las columnas de cada hoja, sin las de control."""
    return {
        ACTIVIDADES: columnas_de_actividades(resoluciones),
        BENEFICIADAS: DE_PERSONAS,
        HITOS: DE_HITOS,
        APORTES: DE_APORTES,
        OBSERVACIONES: DE_OBSERVACIONES,
    }
