"""El informe entero de una edición."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from informes.contenido.accion import Accion, Actividad
from informes.contenido.cifras import AMBITO, OBJETIVO, PLAN, PROGRAMA, Celda, Nivel
from informes.contenido.encabezado import (
    AVISO_DEMO,
    CLASES_DE_EDICION,
    NOMBRES_DE_EDICION,
    Anterior,
    Corte,
    Periodo,
    Plan,
)
from informes.contenido.filas import (
    Alerta,
    Correccion,
    Estructura,
    Institucion,
    Propuesta,
    Readecuacion,
    Recomendacion,
    Reserva,
    Resultado,
)
from informes.contenido.notas import Codigo, Retenido, Termino
from informes.contenido.portada import (
    MAXIMO_EN_PORTADA,
    Cambio,
    Decision,
    Logro,
    Punto,
    Seguimiento,
)
from instituciones.canonico import canonico
from matrices.calculo import Umbrales

ESQUEMA = "pesn-contenido/1"
EN_ROJO = {"ROJO", "VENCIDA"}


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
        return canonico(self)

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
