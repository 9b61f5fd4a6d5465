"""Pone en la base lo que manda el archivo de un plan, y sólo lo que cambió.

Primero se compara entero, con nombres y no con claves de la base; si algo se contradice, nada se
escribe. Después se escribe todo junto, con un asiento. Cargar dos veces lo mismo no escribe nada.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import F, Model, Q, QuerySet

from acciones import fuente
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
from instituciones import bitacora
from instituciones.canonico import canonico, huella
from instituciones.models import (
    Clasificacion,
    GrupoInstitucional,
    Institucion,
    PertenenciaGrupo,
    Usuario,
    Visibilidad,
)

Clave = tuple[str, ...]


class Nombre(NamedTuple):
    """Una fila dicha por su clave natural, exista ya o no."""

    modelo: type[Model]
    clave: Clave

    def __str__(self):
        return f"{self.modelo._meta.verbose_name} {' · '.join(self.clave)}"


class Ficha(NamedTuple):
    """Lo que el archivo manda de una fila. Un valor `Nombre` es una llave a otra.

    `al_nacer` son columnas que después son de las personas; `muchos`, relaciones de varios.
    """

    nombre: Nombre
    campos: dict[str, Any]
    al_nacer: dict[str, Any] = {}
    muchos: dict[str, set[Nombre]] = {}


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


def cargar(
    datos: dict[str, Any], *, por: Usuario | None, con_cortes: bool = False
) -> tuple[Plan, Resultado]:
    """Escribe lo que cambió respecto del archivo; `con_cortes`: el plan ya publicó cifras.

    Lanza FuenteRechazada con todos los problemas, y entonces nada se escribió.
    """
    siglas = set(Institucion.objects.values_list("sigla", flat=True))
    grupos = set(GrupoInstitucional.objects.values_list("sigla", flat=True))
    hallados = fuente.problemas(datos, siglas, grupos)
    if not hallados:
        fichas, hallados = _validas(list(_fichas(datos)))
    if hallados:
        raise fuente.FuenteRechazada(hallados)
    comparado = Comparacion(fichas, datos["plan"]["codigo"])
    hallados = list(comparado.contradicciones(con_cortes=con_cortes))
    if hallados:
        raise fuente.FuenteRechazada(hallados)
    resultado = comparado.resultado()
    if resultado.hubo:
        with bitacora.constancia() as asientos:
            plan = Escritura(comparado, por).todo()
            asientos.append(
                bitacora.asiento(
                    "cargar_plan", plan, por=por, datos=_para_la_bitacora(datos, resultado)
                )
            )
    return Plan.objects.get(codigo=datos["plan"]["codigo"]), resultado


def _para_la_bitacora(datos: dict[str, Any], resultado: Resultado) -> dict[str, Any]:
    return {
        "archivo": huella(canonico(datos)),
        "creados": dict(resultado.creados),
        "cambios": resultado.cambios,
        "quitados": resultado.quitados,
    }


# Del archivo a las fichas ----------------------------------------------------------------------


def _inst(sigla: str | None) -> Nombre | None:
    return Nombre(Institucion, (sigla,)) if sigla else None


def _fichas(datos: dict[str, Any]) -> Iterator[Ficha]:
    """Lo que el archivo manda, en el orden en que se puede escribir."""
    yield from _fichas_de_quien(datos)
    yield from _fichas_de_los_niveles(datos)
    yield from _fichas_de_las_acciones(datos)
    yield from _fichas_de_lo_demas(datos)


def _fichas_de_quien(datos: dict[str, Any]) -> Iterator[Ficha]:
    for una in fuente.filas(datos, "instituciones"):
        yield Ficha(
            Nombre(Institucion, (una["sigla"],)),
            {
                **_copia(una, "sigla", "nombre", "tipo", "es_cns", "reporta", "alias"),
                "nota": una["nota"] or "",
                "padre": _inst(una["padre"]),
                "revisora": _inst(una["revisora"]),
            },
        )
    for grupo in fuente.filas(datos, "grupos"):
        suyo = Nombre(GrupoInstitucional, (grupo["sigla"],))
        campos = {**_copia(grupo, "sigla", "nombre", "alias"), "nota": grupo["nota"] or ""}
        yield Ficha(suyo, campos)
        for miembro in grupo["miembros"]:
            clave = (grupo["sigla"], miembro["institucion"], miembro["desde"])
            yield Ficha(
                Nombre(PertenenciaGrupo, clave),
                {
                    **_copia(miembro, "desde", "hasta"),
                    "norma": miembro["norma"] or "",
                    "grupo": suyo,
                    "institucion": _inst(miembro["institucion"]),
                    "reporta_por": _inst(miembro["reporta_por"]),
                },
            )


def _fichas_de_los_niveles(datos: dict[str, Any]) -> Iterator[Ficha]:
    plan = datos["plan"]
    suyo = Nombre(Plan, (plan["codigo"],))
    de_la_fuente = {
        **(datos.get("fuente") or {}),
        **_copia_si(plan, "emitido_por", "formulado_por"),
        **({"resultados": datos["fuente_resultados"]} if datos.get("fuente_resultados") else {}),
    }
    yield Ficha(
        suyo,
        {
            **_copia(plan, "codigo", "sigla", "nombre", "inicio", "fin"),
            **_copia(plan, "vigencia_presunta", "niveles"),
            "fuente": de_la_fuente,
            "seguimiento": _inst(plan["seguimiento"]),
        },
    )
    for uno in datos["ambitos"]:
        yield Ficha(
            Nombre(Ambito, (uno["codigo"],)),
            {"plan": suyo, **_copia(uno, "codigo", "nombre", "orden", "es_transversal")},
            muchos={"coordina": {Nombre(Institucion, (s,)) for s in uno["coordina"]}},
        )
    for uno in datos["programas"]:
        yield Ficha(
            Nombre(Programa, (str(uno["numero"]),)),
            {
                "plan": suyo,
                **_copia(uno, "numero", "sigla", "nombre", "objetivo_general"),
                "descripcion": uno["descripcion"] or "",
            },
        )
    for uno in datos["objetivos_especificos"]:
        yield Ficha(
            Nombre(ObjetivoEspecifico, (uno["codigo"],)),
            {
                "programa": Nombre(Programa, (str(uno["programa"]),)),
                "ambito": Nombre(Ambito, (uno["ambito"],)),
                **_copia(uno, "codigo", "enunciado"),
            },
        )


def _fichas_de_las_acciones(datos: dict[str, Any]) -> Iterator[Ficha]:
    plan = Nombre(Plan, (datos["plan"]["codigo"],))
    for una in fuente.filas(datos, "irregularidades"):
        yield Ficha(
            Nombre(Irregularidad, (una["id"],)),
            {
                "plan": plan,
                "codigo": una["id"],
                **_copia(una, "donde", "descripcion", "tratamiento"),
            },
        )
    continuas = set((datos.get("continuas") or {}).get("acciones", ()))
    terceros = {
        uno["accion"]: uno["tercero"] for uno in fuente.filas(datos, "dependientes_de_tercero")
    }
    parientes = _parientes(datos)
    for una in datos["acciones"]:
        yield Ficha(
            Nombre(AccionEstrategica, (una["codigo"],)),
            {
                "objetivo": Nombre(ObjetivoEspecifico, (una["objetivo"],)),
                **_copia(una, "codigo", "orden", "enunciado"),
                "codigo_fuente": una["codigo_fuente"] or "",
                "responsables_fuente": una["responsables_fuente"] or "",
                "es_continua": una["codigo"] in continuas,
                "depende_de": _inst(terceros.get(una["codigo"])),
            },
            {"visibilidad": Visibilidad.PUBLICA, "clasificacion": Clasificacion.PUBLICA},
            {
                "reglas": {Nombre(Irregularidad, (regla,)) for regla in una["regla"] or ()},
                "relacionadas": parientes.get(una["codigo"], set()),
            },
        )
        yield from _fichas_de_quien_responde(una)


def _parientes(datos: dict[str, Any]) -> dict[str, set[Nombre]]:
    parientes: dict[str, set[Nombre]] = {}
    for grupo in fuente.filas(datos, "relacionadas"):
        for una in grupo["acciones"]:
            otras = {
                Nombre(AccionEstrategica, (otra,)) for otra in grupo["acciones"] if otra != una
            }
            parientes.setdefault(una, set()).update(otras)
    return parientes


def _fichas_de_quien_responde(accion: dict[str, Any]) -> Iterator[Ficha]:
    """La primera es la rectora, presunta porque el plan no la señala (dominio §1)."""
    papel, suya = Responsabilidad.Papel, Nombre(AccionEstrategica, (accion["codigo"],))
    quienes: list[tuple[Nombre, str]] = []
    if accion["rectora_presunta"]:
        quienes.append((Nombre(Institucion, (accion["rectora_presunta"],)), papel.RECTORA))
    quienes += [(Nombre(Institucion, (s,)), papel.PARTICIPANTE) for s in accion["participantes"]]
    quienes += [(Nombre(GrupoInstitucional, (s,)), papel.PARTICIPANTE) for s in accion["grupos"]]
    for orden, (quien, rol) in enumerate(quienes, 1):
        yield Ficha(
            Nombre(Responsabilidad, (accion["codigo"], *quien.clave)),
            {
                "accion": suya,
                "institucion": quien if quien.modelo is Institucion else None,
                "grupo": quien if quien.modelo is GrupoInstitucional else None,
                "rol": rol,
                "presunta": rol == papel.RECTORA,
                "orden": orden,
            },
        )


def _fichas_de_lo_demas(datos: dict[str, Any]) -> Iterator[Ficha]:
    plan = Nombre(Plan, (datos["plan"]["codigo"],))
    for una in fuente.filas(datos, "siglas"):
        yield Ficha(
            Nombre(Sigla, (una["sigla"],)),
            {
                "plan": plan,
                **_copia(una, "sigla", "nombre", "en_fuente"),
                "nombre_fuente": una["nombre_fuente"] or "",
                "nota": una["nota"] or "",
            },
        )
    catalogos = (("ejes_transformacion", EjeTransformacion), ("pilares_pgg", PilarPGG))
    for lista, modelo in catalogos:
        for uno in fuente.filas(datos, lista):
            campos = {"plan": plan, **_copia(uno, "orden", "nombre")}
            yield Ficha(Nombre(modelo, (str(uno["orden"]),)), campos)
    for una in fuente.filas(datos, "propuestas_legislativas"):
        relacionada = una["accion_relacionada"]
        yield Ficha(
            Nombre(PropuestaLegislativa, (str(una["orden"]),)),
            {
                "plan": plan,
                **_copia(una, "orden", "grupo", "enunciado", "iniciativas"),
                "norma": una["norma"] or "",
                "tipo_numero": una.get("tipo_numero") or "",
                "rectora": _inst(una["rectora"]),
                "accion_relacionada": (
                    Nombre(AccionEstrategica, (relacionada,)) if relacionada else None
                ),
            },
        )
    for uno in fuente.filas(datos, "resultados_estrategicos"):
        textos = ("variacion_impresa", "variacion_calculada", "irregularidad", "fuente")
        yield Ficha(
            Nombre(ResultadoEstrategico, (uno["codigo"],)),
            {
                "plan": plan,
                **_copia(uno, "codigo", "enunciado", "indicador", "unidad", "sentido"),
                **_copia(uno, "base_anio", "base", "meta_anio", "meta"),
                **{campo: uno[campo] or "" for campo in textos},
            },
        )


def _copia(fila: dict[str, Any], *campos: str) -> dict[str, Any]:
    return {campo: fila[campo] for campo in campos}


def _copia_si(fila: dict[str, Any], *campos: str) -> dict[str, Any]:
    return {campo: fila[campo] for campo in campos if fila.get(campo)}


def _validas(fichas: list[Ficha]) -> tuple[list[Ficha], list[str]]:
    """Las fichas con sus valores como la base los guarda, y lo que el modelo no admite."""
    buenas, problemas = [], []
    for ficha in fichas:
        simples = {c: v for c, v in ficha.campos.items() if not _es_llave(ficha, c)}
        fila = ficha.nombre.modelo(**simples)
        otros = {f.name for f in fila._meta.fields} - set(simples)
        try:
            fila.clean_fields(exclude=otros)
        except ValidationError as motivo:
            for campo, mensajes in motivo.message_dict.items():
                problemas.append(f"{ficha.nombre}: «{campo}»: {' '.join(mensajes)}")
        limpios = {campo: getattr(fila, campo) for campo in simples}
        buenas.append(ficha._replace(campos={**ficha.campos, **limpios}))
    return buenas, problemas


def _es_llave(ficha: Ficha, campo: str) -> bool:
    return ficha.nombre.modelo._meta.get_field(campo).is_relation


# Comparar con lo que hay -----------------------------------------------------------------------


class Comparacion:
    """El archivo frente a la base: qué nace, qué cambia, qué se quita y qué no puede ser."""

    def __init__(self, fichas: list[Ficha], codigo: str):
        self.plan = Plan.objects.filter(codigo=codigo).first()
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


# Escribir --------------------------------------------------------------------------------------


class Escritura:
    """Lleva a la base lo comparado, con las llaves ya resueltas."""

    def __init__(self, comparado: Comparacion, por: Usuario | None):
        self.comparado, self.por = comparado, por
        self.filas = dict(comparado.filas)

    def todo(self) -> Plan:
        cambios = self.comparado.cambios
        self._quitar()
        self._nacer_instituciones()
        for cambio in sorted(cambios, key=_la_rectora_al_final):
            self._una(cambio)
        for cambio in cambios:
            fila: Any = self.filas[cambio.ficha.nombre]
            for campo, nombres in cambio.muchos.items():
                getattr(fila, campo).set(self.filas[nombre] for nombre in nombres)
        plan = next(c.ficha.nombre for c in cambios if c.ficha.nombre.modelo is Plan)
        fila = self.filas[plan]
        assert isinstance(fila, Plan)  # noqa: S101 (para mypy: el registro es de filas cualesquiera)
        return fila

    def _quitar(self) -> None:
        """Quien ya no responde por una acción deja de estar; lo guarda su historia."""
        for nombre in self.comparado.por_quitar:
            fila: Any = self.filas.pop(nombre)
            fila._history_user = self.por
            fila.delete()

    def _nacer_instituciones(self) -> None:
        """Dos instituciones se revisan una a otra: nacen solas y luego se enlazan."""
        for cambio in self.comparado.cambios:
            if cambio.ficha.nombre.modelo is Institucion and cambio.fila is None:
                sueltas = {
                    c: v for c, v in cambio.ficha.campos.items() if not _es_llave(cambio.ficha, c)
                }
                nueva = Institucion.objects.create(**{**sueltas, "reporta": False})
                cambio.fila = self.filas[cambio.ficha.nombre] = nueva
                cambio.columnas = {c: (None, v) for c, v in cambio.ficha.campos.items()}

    def _una(self, cambio: Cambio) -> None:
        ficha, fila = cambio.ficha, cambio.fila
        if fila is None:
            valores = {c: self._resuelto(v) for c, v in {**ficha.campos, **ficha.al_nacer}.items()}
            self._guardar(ficha.nombre, ficha.nombre.modelo(**valores))
        elif cambio.columnas:
            for campo, (_antes, despues) in cambio.columnas.items():
                setattr(fila, campo, self._resuelto(despues))
            _subir_version(fila)
            self._guardar(ficha.nombre, fila)

    def _guardar(self, nombre: Nombre, fila: Any) -> None:
        fila._history_user = self.por
        fila.save()
        self.filas[nombre] = fila

    def _resuelto(self, valor: Any) -> Any:
        return self.filas[valor] if isinstance(valor, Nombre) else valor


def _la_rectora_al_final(cambio: Cambio) -> bool:
    """Sólo una rectora por acción: primero deja de serlo la anterior. El orden es estable."""
    return cambio.ficha.campos.get("rol") == Responsabilidad.Papel.RECTORA


def _subir_version(fila: Any) -> None:
    """Donde hay versión, la guarda antes que el guardado."""
    if not hasattr(fila, "version"):
        return
    suya = type(fila)._default_manager.filter(Q(pk=fila.pk) & Q(version=fila.version))
    if not suya.update(version=F("version") + 1):
        raise fuente.FuenteRechazada([f"Otra persona cambió {fila} mientras se cargaba."])
    fila.version += 1


def renglones(resultado: Resultado) -> Iterable[str]:
    """Lo que la carga hizo, para la consola."""
    for plural, cuantos in resultado.creados.items():
        yield f"  creado: {cuantos} {plural}"
    for uno in resultado.cambios:
        yield f"  cambió: {uno}"
    for uno in resultado.quitados:
        yield f"  se quitó: {uno}"
    yield f"  sin cambio: {resultado.iguales}"
