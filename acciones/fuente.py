"""Lee el archivo de un plan y dice todo lo que impide cargarlo; no toca la base.

El archivo trae lo que la fuente imprime, con sus rarezas: aquí se revisa que esté completo y que
no se contradiga, no que sea correcto.
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from unicodedata import category, is_normalized

ESQUEMA = "pesn/2"
TOPE = 8 * 1024 * 1024  # el PESN pesa 63 KB, y la demostración entera, 5 MB
ACCION_NUMERADA = re.compile(r"(\d+)\.(\d+)\.(\d+)")
OBJETIVO_NUMERADO = re.compile(r"(\d+)\.\d+")
DE_DIRECCION = re.compile(r"\w[\w.-]*")
PERIODO = re.compile(r"(\d{4})-S([12])")
ANIOS = (1950, 2150)  # por cada año de un plan se siembran sus feriados
LARGO_DE_NIVEL = 60
NIVELES = ("programa", "objetivo", "accion", "matriz", "actividad")

Tipos = type | tuple[type, ...]
TEXTO: Tipos = str
QUIZA: Tipos = (str, type(None))

# Qué trae cada renglón. Lo que no está en OBLIGATORIAS puede faltar entero.
FORMA: dict[str, dict[str, Tipos]] = {
    "ambitos": {
        "codigo": TEXTO,
        "nombre": TEXTO,
        "orden": int,
        "es_transversal": bool,
        "coordina": list,
    },
    "programas": {
        "numero": int,
        "sigla": TEXTO,
        "nombre": TEXTO,
        "descripcion": QUIZA,
        "objetivo_general": TEXTO,
    },
    "objetivos_especificos": {
        "codigo": TEXTO,
        "programa": int,
        "ambito": TEXTO,
        "enunciado": TEXTO,
    },
    "acciones": {
        "codigo": TEXTO,
        "codigo_fuente": QUIZA,
        "orden": int,
        "objetivo": TEXTO,
        "enunciado": TEXTO,
        "responsables_fuente": QUIZA,
        "rectora_presunta": QUIZA,
        "participantes": list,
        "grupos": list,
        "regla": (list, type(None)),
    },
    "instituciones": {
        "sigla": TEXTO,
        "nombre": TEXTO,
        "tipo": TEXTO,
        "padre": QUIZA,
        "es_cns": bool,
        "reporta": bool,
        "revisora": QUIZA,
        "alias": list,
        "nota": QUIZA,
    },
    "grupos": {
        "sigla": TEXTO,
        "nombre": TEXTO,
        "alias": list,
        "miembros": list,
        "nota": QUIZA,
    },
    "propuestas_legislativas": {
        "orden": int,
        "grupo": TEXTO,
        "enunciado": TEXTO,
        "norma": QUIZA,
        "iniciativas": list,
        "rectora": QUIZA,
        "accion_relacionada": QUIZA,
        "estado_inicial": TEXTO,
    },
    "ejes_transformacion": {"orden": int, "nombre": TEXTO},
    "pilares_pgg": {"orden": int, "nombre": TEXTO},
    "resultados_estrategicos": {
        "codigo": TEXTO,
        "enunciado": TEXTO,
        "indicador": TEXTO,
        "unidad": TEXTO,
        "sentido": TEXTO,
        "base_anio": (int, type(None)),
        "base": QUIZA,
        "meta_anio": int,
        "meta": TEXTO,
        "variacion_impresa": QUIZA,
        "variacion_calculada": QUIZA,
        "irregularidad": QUIZA,
        "fuente": QUIZA,
    },
    "relacionadas": {"acciones": list},
    "dependientes_de_tercero": {"accion": TEXTO, "tercero": TEXTO},
    "siglas": {
        "sigla": TEXTO,
        "nombre": TEXTO,
        "nombre_fuente": QUIZA,
        "en_fuente": bool,
        "nota": QUIZA,
    },
    "irregularidades": {
        "id": TEXTO,
        "donde": TEXTO,
        "descripcion": TEXTO,
        "tratamiento": TEXTO,
    },
}
OBLIGATORIAS = ("instituciones", "ambitos", "programas", "objetivos_especificos", "acciones")
FORMA_DEL_PLAN: dict[str, Tipos] = {
    "codigo": TEXTO,
    "sigla": TEXTO,
    "nombre": TEXTO,
    "inicio": TEXTO,
    "fin": TEXTO,
    "vigencia_presunta": bool,
    "niveles": dict,
    "seguimiento": TEXTO,
    "primer_periodo": TEXTO,
    "ultimo_periodo": TEXTO,
}
FORMA_DE_MIEMBRO: dict[str, Tipos] = {
    "institucion": TEXTO,
    "desde": TEXTO,
    "hasta": QUIZA,
    "norma": QUIZA,
    "reporta_por": QUIZA,
}

# Con qué se nombra un renglón de cada lista, y por tanto qué no se repite.
CLAVES: dict[str, tuple[str, ...]] = {
    "ambitos": ("codigo", "orden"),
    "programas": ("numero", "sigla"),
    "objetivos_especificos": ("codigo",),
    "acciones": ("codigo", "orden"),
    "instituciones": ("sigla",),
    "grupos": ("sigla",),
    "propuestas_legislativas": ("orden",),
    "ejes_transformacion": ("orden",),
    "pilares_pgg": ("orden",),
    "resultados_estrategicos": ("codigo",),
    "siglas": ("sigla",),
    "irregularidades": ("id",),
}

# Lo que nombra una página: va en su dirección, y ahí no caben espacios ni diagonales.
DIRECCIONES = {
    "ambitos": "codigo",
    "objetivos_especificos": "codigo",
    "acciones": "codigo",
    "instituciones": "sigla",
    "resultados_estrategicos": "codigo",
}

# Qué campo de cada lista nombra renglones de otra.
REFERENCIAS: tuple[tuple[str, str, str], ...] = (
    ("ambitos", "coordina", "instituciones"),
    ("objetivos_especificos", "programa", "programas"),
    ("objetivos_especificos", "ambito", "ambitos"),
    ("acciones", "objetivo", "objetivos_especificos"),
    ("acciones", "rectora_presunta", "instituciones"),
    ("acciones", "participantes", "instituciones"),
    ("acciones", "grupos", "grupos"),
    ("acciones", "regla", "irregularidades"),
    ("instituciones", "padre", "instituciones"),
    ("instituciones", "revisora", "instituciones"),
    ("propuestas_legislativas", "rectora", "instituciones"),
    ("propuestas_legislativas", "accion_relacionada", "acciones"),
    ("relacionadas", "acciones", "acciones"),
    ("relacionadas", "regla", "irregularidades"),
    ("dependientes_de_tercero", "accion", "acciones"),
    ("dependientes_de_tercero", "tercero", "instituciones"),
    ("dependientes_de_tercero", "regla", "irregularidades"),
)
SINGULAR = {
    "instituciones": "la institución",
    "grupos": "el grupo",
    "programas": "el programa",
    "ambitos": "el ámbito",
    "objetivos_especificos": "el objetivo",
    "acciones": "la acción",
    "irregularidades": "la irregularidad",
}
PROPUESTA_NACE = "IDENTIFICADA"


class FuenteRechazada(Exception):
    """El archivo no se carga; `problemas` los dice todos."""

    def __init__(self, problemas: list[str]):
        super().__init__("\n".join(problemas))
        self.problemas = problemas


def leer(ruta: str | Path, esquema: str = ESQUEMA) -> dict[str, Any]:
    """El objeto JSON de un archivo de datos. Lanza FuenteRechazada si no es lo que se esperaba."""
    datos = _json(ruta)
    if not isinstance(datos, dict):
        raise FuenteRechazada([f"{ruta} no contiene un objeto JSON."])
    if datos.get("esquema") != esquema:
        trae = datos.get("esquema") or "ninguno"
        raise FuenteRechazada([f"El esquema debe ser «{esquema}»; el archivo trae «{trae}»."])
    return datos


def _json(ruta: str | Path) -> Any:
    try:
        with Path(ruta).open("rb") as archivo:
            crudo = archivo.read(TOPE + 1)
        if len(crudo) > TOPE:
            raise FuenteRechazada([f"{ruta} pasa de {TOPE >> 20} MB: no parece un plan."])
        texto = crudo.decode("utf-8-sig")  # el Bloc de notas le antepone su marca
    except OSError as motivo:
        raise FuenteRechazada([f"No se puede leer {ruta}: {motivo.strerror}."]) from motivo
    except UnicodeDecodeError as motivo:
        raise FuenteRechazada([f"{ruta} no está en UTF-8."]) from motivo
    try:
        return json.loads(
            texto,
            object_pairs_hook=_sin_claves_repetidas,
            parse_constant=_no_es_numero,
            parse_float=str,  # un decimal queda como se escribió, y así se puede sellar
        )
    except json.JSONDecodeError as motivo:
        lugar = f"línea {motivo.lineno}, columna {motivo.colno}"
        raise FuenteRechazada([f"{ruta} no es JSON válido ({lugar})."]) from motivo
    except RecursionError as motivo:
        raise FuenteRechazada([f"{ruta} no es JSON válido: anida demasiado."]) from motivo
    except ValueError as motivo:
        raise FuenteRechazada([f"{ruta} no es JSON válido: {motivo}"]) from motivo


def _sin_claves_repetidas(pares: list[tuple[str, Any]]) -> dict[str, Any]:
    repetidas = [clave for clave, veces in Counter(c for c, _ in pares).items() if veces > 1]
    if repetidas:
        raise ValueError(f"la clave «{repetidas[0]}» está dos veces en el mismo objeto")
    return dict(pares)


def _no_es_numero(constante: str) -> None:
    raise ValueError(f"«{constante}» no es un número")


def problemas(
    datos: dict[str, Any],
    instituciones: Collection[str] = (),
    grupos: Collection[str] = (),
) -> list[str]:
    """Todo lo que impide cargar el archivo, en español; vacío si nada lo impide.

    `instituciones` y `grupos` son los que ya están en la base: el archivo puede nombrarlos.
    """
    catalogo = {"instituciones": set(instituciones), "grupos": set(grupos)}
    return [
        *_letras(datos, "archivo"),
        *_forma(datos),
        *_repetidos(datos),
        *_direcciones(datos),
        *_referencias(datos, catalogo),
        *_numeracion(datos),
        *_responsables(datos),
        *_instituciones(datos),
        *_pertenencias(datos, catalogo["instituciones"]),
        *_plan(datos, catalogo["instituciones"]),
        *_propuestas(datos),
    ]


# Cómo está escrito -----------------------------------------------------------------------------


def _letras(valor: Any, donde: str) -> Iterator[str]:
    """Textos en NFC y sin caracteres de control, también en las claves."""
    if isinstance(valor, dict):
        for clave, uno in valor.items():
            yield from _letras(clave, f"{donde}, clave")
            yield from _letras(uno, f"{donde}.{clave}")
    elif isinstance(valor, list):
        for i, uno in enumerate(valor, 1):
            yield from _letras(uno, f"{donde}[{i}]")
    elif isinstance(valor, str):
        if not is_normalized("NFC", valor):
            yield f"{donde}: el texto no está en NFC: «{valor[:40]}»."
        if any(category(letra) in {"Cc", "Cs"} and letra != "\n" for letra in valor):
            yield f"{donde}: el texto trae caracteres de control."


def _forma(datos: dict[str, Any]) -> Iterator[str]:
    """Que no falte ninguna lista ni ninguna clave, y que cada una sea de su tipo."""
    plan = datos.get("plan")
    if isinstance(plan, dict):
        yield from _campos(plan, FORMA_DEL_PLAN, "plan")
    else:
        yield "Falta «plan», o no es un objeto."
    for objeto in ("fuente", "fuente_resultados", "continuas"):
        if not isinstance(datos.get(objeto, {}), dict):
            yield f"«{objeto}» no es un objeto."
    continuas = _de(datos, "continuas").get("acciones", [])
    if not isinstance(continuas, list) or not _de_textos(continuas):
        yield "continuas: «acciones» no es una lista de textos."
    for lista, forma in FORMA.items():
        yield from _forma_de_la_lista(datos, lista, forma)


def _forma_de_la_lista(datos: dict[str, Any], lista: str, forma: dict[str, Tipos]) -> Iterator[str]:
    if lista not in datos:
        if lista in OBLIGATORIAS:
            yield f"Falta la lista «{lista}»."
        return
    if not isinstance(datos[lista], list):
        yield f"«{lista}» no es una lista."
        return
    if lista in OBLIGATORIAS and lista != "instituciones" and not datos[lista]:
        yield f"La lista «{lista}» está vacía."
    for i, fila in enumerate(datos[lista], 1):
        yield from _campos(fila, forma, nombre(lista, fila, i))


def _campos(fila: Any, forma: dict[str, Tipos], donde: str) -> Iterator[str]:
    if not isinstance(fila, dict):
        yield f"{donde}: no es un objeto."
        return
    for campo, tipos in forma.items():
        if campo not in fila:
            yield f"{donde}: falta «{campo}»."
        elif not _es(fila[campo], tipos):
            yield f"{donde}: «{campo}» no es del tipo que debe."
        elif tipos is TEXTO and not fila[campo].strip():
            yield f"{donde}: «{campo}» está vacío."
        elif campo != "miembros" and not _de_textos(fila[campo]):
            yield f"{donde}: «{campo}» es una lista de textos."


def _de_textos(valor: Any) -> bool:
    """Si, siendo una lista, todo en ella es texto."""
    return not isinstance(valor, list) or all(isinstance(uno, str) for uno in valor)


def _es(valor: Any, tipos: Tipos) -> bool:
    if isinstance(valor, bool):
        return tipos is bool
    return isinstance(valor, tipos)


def nombre(lista: str, fila: Any, indice: int) -> str:
    """Cómo se señala un renglón: por su clave, o por su lugar si no la trae."""
    claves = CLAVES.get(lista, ("accion",))
    clave = fila.get(claves[0]) if isinstance(fila, dict) else None
    return f"{lista} «{clave}»" if clave is not None else f"{lista}[{indice}]"


# Que no se contradiga --------------------------------------------------------------------------


def filas(datos: dict[str, Any], lista: str) -> list[dict[str, Any]]:
    """Los renglones de una lista que sí son objetos."""
    valor = datos.get(lista)
    return [una for una in valor if isinstance(una, dict)] if isinstance(valor, list) else []


def _de(datos: dict[str, Any], objeto: str) -> dict[str, Any]:
    """Un objeto del archivo, o uno vacío si no lo es."""
    valor = datos.get(objeto)
    return valor if isinstance(valor, dict) else {}


def _lista(valor: Any) -> list[Any]:
    """Uno o varios valores nombrados, como lista; nulo es ninguno."""
    if isinstance(valor, list):
        return [uno for uno in valor if isinstance(uno, (str, int))]
    return [] if valor is None or isinstance(valor, dict) else [valor]


def _repetidos(datos: dict[str, Any]) -> Iterator[str]:
    for lista, claves in CLAVES.items():
        for clave in claves:
            valores = [str(una[clave]) for una in filas(datos, lista) if clave in una]
            for valor, veces in Counter(valores).items():
                if veces > 1:
                    yield f"{lista}: {clave} «{valor}» está {veces} veces."
    de_tercero = [str(una.get("accion")) for una in filas(datos, "dependientes_de_tercero")]
    for accion, veces in Counter(de_tercero).items():
        if veces > 1:
            yield f"dependientes_de_tercero: la acción «{accion}» está {veces} veces."


def _direcciones(datos: dict[str, Any]) -> Iterator[str]:
    for lista, campo in DIRECCIONES.items():
        for fila in filas(datos, lista):
            valor = fila.get(campo)
            if isinstance(valor, str) and valor.strip() and not DE_DIRECCION.fullmatch(valor):
                yield f"{lista}: «{valor}» lleva sólo letras, números, puntos y guiones."


def _nombrados(datos: dict[str, Any], lista: str) -> set[Any]:
    clave = CLAVES[lista][0]
    return {uno for una in filas(datos, lista) for uno in _lista(una.get(clave))}


def _referencias(datos: dict[str, Any], catalogo: dict[str, set[str]]) -> Iterator[str]:
    """Todo código nombrado existe en el archivo (instituciones y grupos: o en la base)."""
    for lista, campo, otra in REFERENCIAS:
        conocidos = _nombrados(datos, otra) | catalogo.get(otra, set())
        for i, fila in enumerate(filas(datos, lista), 1):
            for valor in _lista(fila.get(campo)):
                if valor not in conocidos:
                    yield f"{nombre(lista, fila, i)}: no existe {SINGULAR[otra]} «{valor}»."
    acciones = _nombrados(datos, "acciones")
    for valor in _lista(_de(datos, "continuas").get("acciones")):
        if valor not in acciones:
            yield f"continuas: no existe la acción «{valor}»."


def _numeracion(datos: dict[str, Any]) -> Iterator[str]:
    """Códigos numerados: cada uno bajo el suyo, y `orden` el que su número manda."""
    for i, fila in enumerate(filas(datos, "objetivos_especificos"), 1):
        partes = OBJETIVO_NUMERADO.fullmatch(str(fila.get("codigo")))
        if partes and str(fila.get("programa")) != partes[1]:
            donde = nombre("objetivos_especificos", fila, i)
            yield f"{donde}: su código no es del programa {fila.get('programa')}."
    for i, fila in enumerate(filas(datos, "acciones"), 1):
        partes = ACCION_NUMERADA.fullmatch(str(fila.get("codigo")))
        if not partes:
            continue
        donde = nombre("acciones", fila, i)
        programa, objetivo, numero = (int(parte) for parte in partes.groups())
        debido = programa * 10000 + objetivo * 100 + numero
        if fila.get("orden") != debido:
            yield f"{donde}: «orden» es {fila.get('orden')} y por su código debe ser {debido}."
        if fila.get("objetivo") != f"{partes[1]}.{partes[2]}":
            yield f"{donde}: su código no es del objetivo «{fila.get('objetivo')}»."


def _responsables(datos: dict[str, Any]) -> Iterator[str]:
    """Nadie responde dos veces por la misma acción."""
    for i, fila in enumerate(filas(datos, "acciones"), 1):
        donde, rectora = nombre("acciones", fila, i), fila.get("rectora_presunta")
        if rectora is not None and rectora in _lista(fila.get("participantes")):
            yield f"{donde}: {rectora} es rectora y también participante."
        for campo in ("participantes", "grupos", "regla"):
            for valor, veces in Counter(_lista(fila.get(campo))).items():
                if veces > 1:
                    yield f"{donde}: «{valor}» está {veces} veces en «{campo}»."
    for i, fila in enumerate(filas(datos, "relacionadas"), 1):
        pares = _lista(fila.get("acciones"))
        if len(set(pares)) < 2:
            yield f"relacionadas[{i}]: hacen falta dos acciones distintas."


def _instituciones(datos: dict[str, Any]) -> Iterator[str]:
    """Quien reporta tiene quien la revise, nadie se revisa y ninguna cuelga de sí misma."""
    padres = {str(una.get("sigla")): una.get("padre") for una in filas(datos, "instituciones")}
    for i, fila in enumerate(filas(datos, "instituciones"), 1):
        donde, sigla = nombre("instituciones", fila, i), str(fila.get("sigla"))
        if fila.get("reporta") is True and not fila.get("revisora"):
            yield f"{donde}: reporta y no tiene revisora."
        if fila.get("revisora") == sigla:
            yield f"{donde}: no puede revisarse a sí misma."
        subida, sube = {sigla}, padres.get(sigla)
        while isinstance(sube, str) and sube not in subida:
            subida.add(sube)
            sube = padres.get(sube)
        if sube == sigla:
            yield f"{donde}: depende de sí misma."


def _pertenencias(datos: dict[str, Any], conocidas: set[str]) -> Iterator[str]:
    """Miembros conocidos, con fechas que no se enciman y que dicen lo mismo que su institución."""
    siglas = _nombrados(datos, "instituciones") | conocidas
    reportan = {str(f.get("sigla")): f.get("reporta") for f in filas(datos, "instituciones")}
    for i, grupo in enumerate(filas(datos, "grupos"), 1):
        donde = nombre("grupos", grupo, i)
        if str(grupo.get("sigla")) in siglas:
            yield f"{donde}: también es la sigla de una institución."
        miembros = filas(grupo, "miembros")
        if isinstance(grupo.get("miembros"), list) and len(miembros) < len(grupo["miembros"]):
            yield f"{donde}: cada miembro es un objeto."
        for j, miembro in enumerate(miembros, 1):
            yield from _campos(miembro, FORMA_DE_MIEMBRO, f"{donde}, miembro {j}")
            for campo in ("institucion", "reporta_por"):
                for sigla in _lista(miembro.get(campo)):
                    if sigla not in siglas:
                        yield f"{donde}: no existe la institución «{sigla}»."
            if reportan.get(str(miembro.get("reporta_por"))) is False:
                yield f"{donde}: {miembro['reporta_por']} no reporta: no puede hacerlo por otra."
        yield from _encimadas(miembros, donde)
        yield from _banderas(datos, grupo, miembros)


def _encimadas(miembros: list[dict[str, Any]], donde: str) -> Iterator[str]:
    por_institucion: dict[str, list[tuple[str, str]]] = {}
    for miembro in miembros:
        desde, hasta = str(miembro.get("desde")), str(miembro.get("hasta") or "9999-12-31")
        if hasta < desde:
            yield f"{donde}: {miembro.get('institucion')} sale antes de entrar."
        por_institucion.setdefault(str(miembro.get("institucion")), []).append((desde, hasta))
    for sigla, tramos in por_institucion.items():
        tramos.sort()
        if any(luego[0] <= antes[1] for antes, luego in pairwise(tramos)):
            yield f"{donde}: las fechas de {sigla} se enciman."


def _banderas(
    datos: dict[str, Any], grupo: dict[str, Any], miembros: list[dict[str, Any]]
) -> Iterator[str]:
    """`es_sns`, `es_sni`… de cada institución dicen lo mismo que la lista del grupo."""
    bandera = f"es_{str(grupo.get('sigla')).lower()}"
    dentro = {str(miembro.get("institucion")) for miembro in miembros if not miembro.get("hasta")}
    for fila in filas(datos, "instituciones"):
        if bandera in fila and bool(fila[bandera]) != (str(fila.get("sigla")) in dentro):
            sigla, dice = fila.get("sigla"), "sí" if fila[bandera] else "no"
            yield f"instituciones «{sigla}»: {bandera} dice «{dice}» y el grupo lo contrario."


def _plan(datos: dict[str, Any], conocidas: set[str]) -> Iterator[str]:
    """Vigencia, periodos, nombres de los niveles y quién da seguimiento."""
    plan = datos.get("plan")
    if not isinstance(plan, dict):
        return
    for sigla in _lista(plan.get("seguimiento")):
        if sigla not in _nombrados(datos, "instituciones") | conocidas:
            yield f"plan: no existe la institución «{sigla}»."
    if str(plan.get("inicio")) >= str(plan.get("fin")):
        yield "plan: termina antes de empezar."
    for campo in ("inicio", "fin"):
        anio = str(plan.get(campo))[:4]
        if anio.isdecimal() and not ANIOS[0] <= int(anio) <= ANIOS[1]:
            yield f"plan: el año de «{campo}» va de {ANIOS[0]} a {ANIOS[1]}, y es {anio}."
    niveles = _de(plan, "niveles")
    for nivel in NIVELES:
        suyo = niveles.get(nivel)
        if not isinstance(suyo, str) or not suyo.strip():
            yield f"plan: falta el nombre del nivel «{nivel}»."
        elif len(suyo) > LARGO_DE_NIVEL:
            yield f"plan: el nombre del nivel «{nivel}» pasa de {LARGO_DE_NIVEL} letras."
    yield from _periodos(plan)


def _periodos(plan: dict[str, Any]) -> Iterator[str]:
    desde, hasta = (str(plan.get(campo)) for campo in ("primer_periodo", "ultimo_periodo"))
    raros = [uno for uno in (desde, hasta) if not PERIODO.fullmatch(uno)]
    if raros:
        yield f"plan: «{raros[0]}» no es un periodo; se escribe 2024-S2."
        return
    if desde > hasta:
        yield "plan: el último periodo es anterior al primero."
    if desde[:4] < str(plan.get("inicio"))[:4] or hasta[:4] > str(plan.get("fin"))[:4]:
        yield "plan: sus periodos se salen de su vigencia."


def semestres(plan: dict[str, Any]) -> list[tuple[int, int]]:
    """Los (año, semestre) del plan, del primero al último."""
    desde, hasta = (
        tuple(int(parte) for parte in PERIODO.fullmatch(plan[campo]).groups())  # type: ignore[union-attr]  # ya revisado
        for campo in ("primer_periodo", "ultimo_periodo")
    )
    todos = [(anio, semestre) for anio in range(desde[0], hasta[0] + 1) for semestre in (1, 2)]
    return [uno for uno in todos if desde <= uno <= hasta]


def _propuestas(datos: dict[str, Any]) -> Iterator[str]:
    for i, fila in enumerate(filas(datos, "propuestas_legislativas"), 1):
        if fila.get("estado_inicial") not in (None, PROPUESTA_NACE):
            donde = nombre("propuestas_legislativas", fila, i)
            yield f"{donde}: entra {PROPUESTA_NACE}; sus pasos se dan después, con su documento."
