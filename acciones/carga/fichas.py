"""Del archivo a las fichas: lo que manda de cada fila, dicho con nombres."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import Model

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
from instituciones.models import (
    Clasificacion,
    GrupoInstitucional,
    Institucion,
    PertenenciaGrupo,
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


def _inst(sigla: str | None) -> Nombre | None:
    return Nombre(Institucion, (sigla,)) if sigla else None


def fichas_de(datos: dict[str, Any]) -> Iterator[Ficha]:
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


def validas(fichas: list[Ficha]) -> tuple[list[Ficha], list[str]]:
    """Las fichas con sus valores como la base los guarda, y lo que el modelo no admite."""
    buenas, problemas = [], []
    for ficha in fichas:
        simples = {
            c: None if v == "" and ficha.nombre.modelo._meta.get_field(c).null else v
            for c, v in ficha.campos.items()
            if not es_llave(ficha, c)
        }
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


def es_llave(ficha: Ficha, campo: str) -> bool:
    """Si esa columna nombra otra fila."""
    return ficha.nombre.modelo._meta.get_field(campo).is_relation
