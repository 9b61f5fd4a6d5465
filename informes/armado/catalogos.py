"""Lo que explica lo demás: palabras de los códigos, columnas, fuentes y contacto."""

from collections.abc import Iterable
from typing import Any

from acciones.models import Plan, PropuestaLegislativa
from informes.armado.plan import Directorio
from informes.contenido import Codigo, Contenido, Nivel, Resultado, Termino
from informes.diccionario import GRAFICAS, HOJAS
from informes.models import Recomendacion
from instituciones.models import Clasificacion, Institucion, Visibilidad
from matrices.calculo import ASPECTOS
from matrices.models import Actividad, Avance, Cooperacion, Reprogramacion
from matrices.territorio import DEPARTAMENTOS

LICENCIA = (
    "Edición para el Consejo Nacional de Seguridad y quienes dan seguimiento al plan; no se "
    "publica ni se reproduce fuera de él."
)
PALABRAS = {
    "modo": Actividad.Modo,
    "situacion": Actividad.Situacion,
    "estado": Avance.Estado,
    "motivo_exencion": Avance.Exencion,
    "situacion_reportada": Avance.SituacionReportada,
    "limitante_tipo": Avance.Limitante,
    "cooperantes": Cooperacion.Papel,
    "visibilidad": Visibilidad,
    "clasificacion": Clasificacion,
    "readecuacion": Reprogramacion.Tipo,
    "propuesta": PropuestaLegislativa.Estado,
    "recomendacion": Recomendacion.Estado,
}


def diccionario() -> tuple[Termino, ...]:
    """Qué es cada columna de cada hoja."""
    return tuple(
        Termino(
            columna=f"{hoja}.{una.nombre}",
            significado=una.significado,
            unidad=una.unidad,
            regla=una.regla,
        )
        for hoja, columnas in {**HOJAS, **GRAFICAS}.items()
        for una in columnas
    )


def catalogos(niveles: Iterable[Nivel], instituciones: Iterable[Institucion]) -> tuple[Codigo, ...]:
    """Lo que quiere decir cada código, por columna."""
    colores = [
        Codigo(catalogo="semaforo", codigo=uno.codigo, significado=uno.palabra)
        for uno in ASPECTOS.values()
    ]
    palabras = [
        Codigo(catalogo=catalogo, codigo=str(codigo), significado=str(palabra))
        for catalogo, opciones in PALABRAS.items()
        for codigo, palabra in opciones.choices
    ]
    del_plan = [
        Codigo(catalogo=uno.nivel.lower(), codigo=uno.codigo, significado=uno.nombre)
        for uno in niveles
    ]
    siglas = [
        Codigo(catalogo="institucion", codigo=una.sigla, significado=una.nombre)
        for una in sorted(instituciones, key=lambda una: una.sigla)
    ]
    departamentos = [
        Codigo(catalogo="departamento", codigo=codigo, significado=nombre)
        for codigo, nombre in DEPARTAMENTOS.items()
    ]
    return (*colores, *palabras, *del_plan, *siglas, *departamentos)


def fuentes(plan: Plan, resultados: Iterable[Resultado]) -> tuple[str, ...]:
    """De dónde sale lo que se dice."""
    del_plan = ", ".join(
        str(plan.fuente[campo])
        for campo in ("entidad", "titulo", "fecha")
        if plan.fuente.get(campo)
    )
    citadas = [uno.fuente for uno in resultados]
    citadas += [valor.fuente for uno in resultados for valor in uno.valores]
    return tuple(
        dict.fromkeys(
            uno
            for uno in (
                del_plan,
                "Avances de las instituciones, validados por quien las revisa",
                "Departamentos: códigos del INE, nombres de ISO 3166-2:GT",
                "Presupuesto: SICOIN, declarado por cada institución al mes de corte",
                *citadas,
            )
            if uno
        )
    )


def contacto(plan: Plan, directorio: Directorio) -> str:
    """A quién preguntar: la institución que da seguimiento al plan."""
    sigue = plan.seguimiento_id
    return directorio.instituciones[sigue].nombre if sigue else ""


def con_explicaciones(contenido: Contenido, plan: Plan, directorio: Directorio) -> dict[str, Any]:
    """Los campos que explican un contenido."""
    return {
        "diccionario": diccionario(),
        "catalogos": catalogos(contenido.niveles, directorio.instituciones.values()),
        "fuentes": fuentes(plan, contenido.resultados),
        "licencia": LICENCIA,
        "contacto": contacto(plan, directorio),
    }
