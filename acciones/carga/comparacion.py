"""El archivo frente a la base: qué nace, qué cambia, qué se quita y qué no puede ser."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Model, QuerySet

from acciones.carga.fichas import Clave, Ficha, Nombre
from acciones.models import (
    AccionEstrategica,
    Ambito,
    EjeTransformacion,
    Irregularidad,
    ObjetivoEspecifico,
    PilarPGG,
    Plan,
    Programa,
    PropuestaLegislativa,
    Responsabilidad,
    ResultadoEstrategico,
    Sigla,
)
from instituciones.models import GrupoInstitucional, Institucion, PertenenciaGrupo


@dataclass
class Cambio:
    """Qué hay que hacer con una ficha: crearla, o cambiarle columnas."""

    ficha: Ficha
    fila: Model | None
    columnas: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    muchos: dict[str, set[Nombre]] = field(default_factory=dict)

    @property
    def hay(self) -> bool:
        return self.fila is None or bool(self.columnas or self.muchos)


@dataclass
class Resultado:
    """Lo que una carga hizo, para contarlo a quien la corrió."""

    creados: Counter[str] = field(default_factory=Counter)
    cambios: list[str] = field(default_factory=list)
    quitados: list[str] = field(default_factory=list)
    iguales: int = 0

    @property
    def hubo(self) -> bool:
        return bool(self.creados or self.cambios or self.quitados)


# Cómo se llama una fila y dónde se busca: en el catálogo o dentro de un plan.
CLAVE: dict[type[Model], Callable[[Any], Clave]] = {
    Institucion: lambda fila: (fila.sigla,),
    GrupoInstitucional: lambda fila: (fila.sigla,),
    PertenenciaGrupo: lambda fila: (
        fila.grupo.sigla,
        fila.institucion.sigla,
        fila.desde.isoformat(),
    ),
    Plan: lambda fila: (fila.codigo,),
    Ambito: lambda fila: (fila.codigo,),
    Programa: lambda fila: (str(fila.numero),),
    ObjetivoEspecifico: lambda fila: (fila.codigo,),
    Irregularidad: lambda fila: (fila.codigo,),
    Sigla: lambda fila: (fila.sigla,),
    EjeTransformacion: lambda fila: (str(fila.orden),),
    PilarPGG: lambda fila: (str(fila.orden),),
    AccionEstrategica: lambda fila: (fila.codigo,),
    Responsabilidad: lambda fila: (
        fila.accion.codigo,
        (fila.institucion or fila.grupo).sigla,
    ),
    PropuestaLegislativa: lambda fila: (str(fila.orden),),
    ResultadoEstrategico: lambda fila: (fila.codigo,),
}
DEL_PLAN: dict[type[Model], str] = {
    Plan: "pk",
    Ambito: "plan",
    Programa: "plan",
    ObjetivoEspecifico: "programa__plan",
    Irregularidad: "plan",
    Sigla: "plan",
    EjeTransformacion: "plan",
    PilarPGG: "plan",
    AccionEstrategica: "objetivo__programa__plan",
    Responsabilidad: "accion__objetivo__programa__plan",
    PropuestaLegislativa: "plan",
    ResultadoEstrategico: "plan",
}
CON: dict[type[Model], tuple[tuple[str, ...], tuple[str, ...]]] = {
    PertenenciaGrupo: (("grupo", "institucion"), ()),
    Responsabilidad: (("accion", "institucion", "grupo"), ()),
    Ambito: ((), ("coordina",)),
    AccionEstrategica: ((), ("reglas", "relacionadas")),
}

# Los niveles del plan. Con un semestre cortado, ni aparecen ni desaparecen ni se mueven: las
# cifras ya publicadas se agrupan por ellos. Los textos sí pueden corregirse.
NIVELES: dict[type[Model], set[str]] = {
    Plan: {"inicio"},
    Ambito: {"es_transversal"},
    Programa: set(),
    ObjetivoEspecifico: {"programa", "ambito"},
    AccionEstrategica: {"objetivo", "orden"},
}


class Comparacion:
    """El archivo frente a la base: qué nace, qué cambia, qué se quita y qué no puede ser."""

    def __init__(self, fichas: list[Ficha], codigo: str):
        self.plan = Plan.objects.filter(codigo=codigo).first()
        parecidos = Plan.objects.filter(codigo__iexact=codigo).exclude(codigo=codigo)
        self.confundible = parecidos.first()
        self.filas: dict[Nombre, Model] = {
            Nombre(modelo, clave(fila)): fila
            for modelo, clave in CLAVE.items()
            for fila in self._existentes(modelo)
        }
        self.nombres = {(type(f), f.pk): nombre for nombre, f in self.filas.items()}
        self.cambios = [self._comparar(ficha) for ficha in fichas]
        del_archivo = {ficha.nombre for ficha in fichas}
        self.sobran = {nombre for nombre in self.filas if nombre not in del_archivo}
        self.por_quitar = [n for n in self.sobran if n.modelo is Responsabilidad]

    def _existentes(self, modelo: type[Model]) -> QuerySet[Any]:
        filas = modelo._default_manager.all()
        if modelo in DEL_PLAN:
            if self.plan is None:
                return filas.none()
            filas = filas.filter(**{DEL_PLAN[modelo]: self.plan.pk})
        una, varias = CON.get(modelo, ((), ()))
        return filas.select_related(*una).prefetch_related(*varias) if una or varias else filas

    def _comparar(self, ficha: Ficha) -> Cambio:
        fila = self.filas.get(ficha.nombre)
        if fila is None:
            return Cambio(ficha, None, muchos={c: v for c, v in ficha.muchos.items() if v})
        pares = {campo: (self._valor(fila, campo), v) for campo, v in ficha.campos.items()}
        muchos = {
            campo: nuevos
            for campo, nuevos in ficha.muchos.items()
            if nuevos != {self.nombres[type(una), una.pk] for una in getattr(fila, campo).all()}
        }
        return Cambio(ficha, fila, {c: par for c, par in pares.items() if par[0] != par[1]}, muchos)

    def _valor(self, fila: Model, campo: str) -> Any:
        """El valor de una columna; si es una llave, la fila dicha por su nombre."""
        columna: Any = fila._meta.get_field(campo)
        if not columna.is_relation:
            return getattr(fila, campo)
        clave = getattr(fila, columna.attname)
        return None if clave is None else self.nombres[columna.related_model, clave]

    def contradicciones(self, *, con_cortes: bool) -> Iterator[str]:
        """Lo que la base ya afirma y el archivo niega: nada de ello se resuelve en silencio."""
        if self.plan and self.plan.cerrado_en and any(cambio.hay for cambio in self.cambios):
            yield f"El plan se cerró el {self.plan.cerrado_en:%d/%m/%Y}: ya sólo se lee."
        if self.confundible:
            yield (
                f"plan: la base tiene «{self.confundible.codigo}», que sólo cambia en mayúsculas: "
                "escríbalo igual, o use otro código."
            )
        for nombre in sorted(self.sobran, key=str):
            if nombre.modelo in NIVELES:
                yield f"{nombre}: está en la base y no en el archivo; cargar no borra."
        yield from self._pertenencias_encimadas()
        if con_cortes:
            yield from self._movidos_tras_el_corte()

    def _movidos_tras_el_corte(self) -> Iterator[str]:
        for cambio in self.cambios:
            nombre = cambio.ficha.nombre
            if nombre.modelo not in NIVELES:
                continue
            if cambio.fila is None:
                yield f"{nombre}: no se agrega; el plan ya tiene semestres cortados."
            for campo in sorted(NIVELES[nombre.modelo] & set(cambio.columnas)):
                yield f"{nombre}: «{campo}» ya no cambia; el plan tiene semestres cortados."

    def _pertenencias_encimadas(self) -> Iterator[str]:
        for cambio in self.cambios:
            if cambio.ficha.nombre.modelo is not PertenenciaGrupo:
                continue
            grupo, sigla, _desde = cambio.ficha.nombre.clave
            desde, hasta = cambio.ficha.campos["desde"], cambio.ficha.campos["hasta"] or date.max
            for otra in self.sobran:
                if otra.modelo is PertenenciaGrupo and otra.clave[:2] == (grupo, sigla):
                    fila: Any = self.filas[otra]
                    if fila.desde <= hasta and desde <= (fila.hasta or date.max):
                        yield f"{cambio.ficha.nombre}: se encima con la del {fila.desde:%d/%m/%Y}."

    def resultado(self) -> Resultado:
        """Lo que la escritura hará, contado."""
        hecho = Resultado()
        for cambio in self.cambios:
            if cambio.fila is None:
                hecho.creados[str(cambio.ficha.nombre.modelo._meta.verbose_name_plural)] += 1
            elif cambio.hay:
                hecho.cambios += [
                    f"{cambio.ficha.nombre}: {campo}: {_dicho(antes)} → {_dicho(despues)}"
                    for campo, (antes, despues) in cambio.columnas.items()
                ]
                hecho.cambios += [
                    f"{cambio.ficha.nombre}: {campo}: {_dicho(valores)}"
                    for campo, valores in cambio.muchos.items()
                ]
            else:
                hecho.iguales += 1
        hecho.quitados = sorted(str(nombre) for nombre in self.por_quitar)
        return hecho


def _dicho(valor: Any) -> str:
    """Un valor como se muestra en el informe de la carga."""
    if isinstance(valor, Nombre):
        return " · ".join(valor.clave)
    if isinstance(valor, set):
        return ", ".join(sorted(_dicho(uno) for uno in valor)) or "ninguna"
    if valor in (None, ""):
        return "vacío"
    texto = str(valor)
    return f"«{texto}»" if len(texto) <= 80 else f"«{texto[:79]}…»"
