"""Los casos con que se prueba la cuenta: lee un archivo de vectores, corre cada caso y lo compara.

Aquí no se calcula: cada regla del archivo se traduce a una llamada a `calculo`. El esquema es el
de `fixtures/vectores.json`; los decimales se comparan por su valor, no por su texto.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from matrices import calculo
from matrices.calculo import Umbrales

ESQUEMA = "vectores-calculo/"
POSTERIORES = {"PAN_HITOS", "POM_SUMA", "DIFERENCIA_IMPRESA"}
CUENTAN = {"VALIDADO", "CONSOLIDADO"}
ESTADOS = CUENTAN | {
    "PENDIENTE",
    "BORRADOR",
    "EN_APROBACION",
    "REMITIDO",
    "OBSERVADO",
    "NO_REPORTADO",
    "EXENTO",
}
NADA = "(no lo da)"

Entrada = dict[str, Any]


class ArchivoRoto(ValueError):
    """El archivo no se puede leer como vectores; el mensaje dice por qué."""


class DatoRoto(ValueError):
    """Un valor del archivo que no es de la clase que su regla pide."""


class Discrepancia(NamedTuple):
    """Un campo de un caso que no dio lo esperado."""

    caso: str
    regla: str
    campo: str
    esperado: Any
    obtenido: Any


@dataclass(frozen=True)
class Caso:
    """Un caso del archivo, con los umbrales que le tocan; `posterior`: de una etapa futura."""

    id: str
    regla: str
    entrada: Any
    esperado: Any
    umbrales: Umbrales
    posterior: bool


def leer(ruta: Path) -> list[Caso]:
    """Los casos de un archivo. ArchivoRoto si falta, no es JSON o no tiene el esquema."""
    archivo = _json(ruta)
    if not isinstance(archivo, dict) or not str(archivo.get("esquema", "")).startswith(ESQUEMA):
        raise ArchivoRoto(f"{ruta}: no es un archivo «{ESQUEMA}1».")
    casos, reglas = archivo.get("casos"), archivo.get("reglas") or {}
    if not isinstance(casos, list) or not casos:
        raise ArchivoRoto(f"{ruta}: no trae casos.")
    if not isinstance(reglas, dict):
        raise ArchivoRoto(f"{ruta}: «reglas» no es un diccionario.")
    try:
        umbrales = _umbrales(calculo.UMBRALES, archivo.get("configuracion"))
        return [_caso(caso, numero, reglas, umbrales) for numero, caso in enumerate(casos, 1)]
    except DatoRoto as motivo:
        raise ArchivoRoto(f"{ruta}: {motivo}") from motivo


def discrepancias(caso: Caso) -> list[Discrepancia]:
    """Los campos esperados que no coinciden; si el caso no se puede correr, uno que lo dice."""
    regla = REGLAS.get(caso.regla)
    if regla is None:
        return [_rota(caso, "regla", f"No se conoce la regla «{caso.regla}».")]
    if not isinstance(caso.esperado, dict) or not caso.esperado:
        return [_rota(caso, "esperado", "El caso no dice qué se espera.")]
    try:
        obtenido = regla(caso.entrada, caso.umbrales)
    except KeyError as falta:
        return [_rota(caso, "entrada", f"Falta {falta}.")]
    except (TypeError, AttributeError):
        return [_rota(caso, "entrada", f"No tiene la forma que pide {caso.regla}.")]
    except (ValueError, ArithmeticError) as motivo:
        return [_rota(caso, "entrada", str(motivo))]
    return [
        Discrepancia(caso.id, caso.regla, *diferencia)
        for campo, esperado in caso.esperado.items()
        for diferencia in _diferencias(campo, esperado, obtenido.get(campo, NADA))
    ]


def _json(ruta: Path) -> Any:
    try:
        texto = ruta.read_text(encoding="utf-8-sig")
        return json.loads(texto, parse_float=Decimal, parse_constant=_sin_constantes)
    except FileNotFoundError as motivo:
        raise ArchivoRoto(f"{ruta}: no existe.") from motivo
    except OSError as motivo:
        raise ArchivoRoto(f"{ruta}: no es un archivo que se pueda leer.") from motivo
    except UnicodeDecodeError as motivo:
        raise ArchivoRoto(f"{ruta}: no es texto UTF-8.") from motivo
    except json.JSONDecodeError as motivo:
        lugar = f"línea {motivo.lineno}, columna {motivo.colno}"
        raise ArchivoRoto(f"{ruta}: no es JSON válido ({lugar}).") from motivo
    except InvalidOperation as motivo:
        raise ArchivoRoto(f"{ruta}: trae un número que no cabe en una cifra.") from motivo
    except (ValueError, RecursionError) as motivo:
        raise ArchivoRoto(f"{ruta}: no es JSON válido ({motivo}).") from motivo


def _sin_constantes(constante: str) -> NoReturn:
    raise ValueError(f"{constante} no es una cifra")


def _umbrales(base: Umbrales, configuracion: Any) -> Umbrales:
    if configuracion is None:
        return base
    if not isinstance(configuracion, dict):
        raise DatoRoto("La configuración no es un diccionario.")
    propios = {campo.name for campo in fields(Umbrales)} & configuracion.keys()
    dados = {nombre: _cifra(configuracion[nombre]) for nombre in propios - {"version"}}
    return replace(base, version=_entero(configuracion.get("version", base.version)), **dados)


def _caso(caso: Any, numero: int, reglas: Entrada, umbrales: Umbrales) -> Caso:
    if not isinstance(caso, dict) or not isinstance(caso.get("regla"), str):
        raise DatoRoto(f"El caso {numero} no tiene regla.")
    regla, entrada = caso["regla"], caso.get("entrada")
    declarada = reglas.get(regla)
    fase = declarada.get("fase", 1) if isinstance(declarada, dict) else 1
    posterior = regla in POSTERIORES or (regla not in REGLAS and fase != 1)
    propia = entrada.get("configuracion") if isinstance(entrada, dict) else None
    propia = propia or caso.get("configuracion")
    return Caso(
        id=str(caso.get("id", f"n.º {numero}")),
        regla=regla,
        entrada=entrada,
        esperado=caso.get("esperado"),
        umbrales=umbrales if posterior else _umbrales(umbrales, propia),
        posterior=posterior,
    )


def _rota(caso: Caso, campo: str, motivo: str) -> Discrepancia:
    return Discrepancia(caso.id, caso.regla, campo, "un caso que se pueda correr", motivo)


# ---- comparar


def _diferencias(campo: str, esperado: Any, obtenido: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(esperado, list) and isinstance(obtenido, list | tuple):
        if len(esperado) != len(obtenido):
            yield f"{campo}.cuántos", len(esperado), len(obtenido)
        for lugar, (uno, otro) in enumerate(zip(esperado, obtenido, strict=False)):
            yield from _diferencias(f"{campo}[{lugar}]", uno, otro)
    elif isinstance(esperado, dict) and isinstance(obtenido, dict):
        for clave in [*esperado, *(sobra for sobra in obtenido if sobra not in esperado)]:
            par = esperado.get(clave, NADA), obtenido.get(clave, NADA)
            yield from _diferencias(f"{campo}.{clave}", *par)
    elif not _igual(esperado, obtenido):
        yield campo, esperado, obtenido


def _igual(esperado: Any, obtenido: Any) -> bool:
    if obtenido is None or isinstance(obtenido, bool):
        return esperado is obtenido
    if not isinstance(obtenido, Decimal | int):
        return bool(esperado == obtenido)
    try:
        return _cifra(esperado) == obtenido
    except DatoRoto:
        return False


# ---- leer cada valor


def _cifra(valor: Any) -> Decimal:
    if isinstance(valor, bool) or not isinstance(valor, str | int | Decimal):
        raise DatoRoto(f"{valor!r} no es un decimal.")
    try:
        cifra = Decimal(valor)
    except InvalidOperation:
        raise DatoRoto(f"{valor!r} no es un decimal.") from None
    if not cifra.is_finite():
        raise DatoRoto(f"{valor!r} no es una cifra.")
    return cifra


def _cifra_o_nada(valor: Any) -> Decimal | None:
    return None if valor is None else _cifra(valor)


def _fecha(valor: Any) -> date:
    if not isinstance(valor, str):
        raise DatoRoto(f"{valor!r} no es una fecha.")
    try:
        return date.fromisoformat(valor)
    except ValueError:
        raise DatoRoto(f"{valor!r} no es una fecha AAAA-MM-DD.") from None


def _fecha_o_nada(valor: Any) -> date | None:
    return None if valor is None else _fecha(valor)


def _entero(valor: Any) -> int:
    if isinstance(valor, bool) or not isinstance(valor, int):
        raise DatoRoto(f"{valor!r} no es un entero.")
    return valor


def _si_o_no(valor: Any) -> bool:
    if not isinstance(valor, bool):
        raise DatoRoto(f"{valor!r} no es sí o no.")
    return valor


# ---- de cada regla a su función


def _redondeo(e: Entrada, _u: Umbrales) -> Entrada:
    guardado = calculo.a_dos(_cifra(e["valor"]))
    return {"guardado": guardado, "mostrado": calculo.a_uno(guardado)}


def _p_lineal(e: Entrada, _u: Umbrales) -> Entrada:
    fechas = [_fecha(e[cual]) for cual in ("inicio", "fin", "corte")]
    pasado = calculo.transcurso(*fechas)
    return {**vars(pasado), "P": calculo.programado_lineal(*fechas)}


def _p_hitos(e: Entrada, _u: Umbrales) -> Entrada:
    hitos = [(_fecha(uno["fecha"]), _cifra(uno["peso"])) for uno in e["hitos"]]
    return {"P": calculo.programado_hitos(hitos, _fecha(e["corte"]))}


def _p_suspendida(e: Entrada, _u: Umbrales) -> Entrada:
    inicio, fin, corte = _fecha(e["inicio"]), _fecha(e["fin"]), _fecha(e["corte"])
    desde = _fecha(e["suspendida_desde"])
    return {
        "P": calculo.programado_suspendida(inicio, fin, desde, corte),
        "P_sin_suspension": calculo.programado_lineal(inicio, fin, corte),
    }


def _e_meta(e: Entrada, _u: Umbrales) -> Entrada:
    cantidades = [_cifra_o_nada(una) for una in e["ejecutado"]]
    return _con_e(vars(calculo.ejecutado_meta(_cifra(e["meta"]), cantidades)))


def _e_hitos(e: Entrada, _u: Umbrales) -> Entrada:
    hitos = [(_cifra(uno["peso"]), _si_o_no(uno["cumplido"])) for uno in e["hitos"]]
    return {"E": calculo.ejecutado_hitos(hitos)}


def _e_porcentaje(e: Entrada, _u: Umbrales) -> Entrada:
    anterior = _cifra_o_nada(e.get("anterior"))
    return _con_e(vars(calculo.ejecutado_porcentaje(_cifra(e["porcentaje"]), anterior)))


def _e_colectivo(e: Entrada, _u: Umbrales) -> Entrada:
    miembros = [
        (_cifra_o_nada(uno["porcentaje"]), _cifra_o_nada(uno["ultimo_validado"]))
        for uno in e["miembros"]
    ]
    return _con_e(vars(calculo.ejecutado_colectivo(miembros)))


def _semaforo(e: Entrada, u: Umbrales) -> Entrada:
    medida = calculo.semaforo_actividad(
        situacion=e["situacion"],
        ejecutado=_cifra(e["E"]),
        programado=_cifra_o_nada(e["P"]),
        fin_vigente=_fecha(e["fin_vigente"]),
        corte=_fecha(e["corte"]),
        exigible=_si_o_no(e["exigible"]),
        validado=_si_o_no(e["validado"]),
        umbrales=u,
    )
    return _con_siglas(vars(medida))


def _actividad(e: Entrada, u: Umbrales) -> Entrada:
    historial = [_reporte(uno) for uno in e["historial"]]
    siglas = [sigla for uno in historial for sigla in uno.aportes]
    resultado = calculo.actividad(
        modo=e["modo"],
        inicio=_fecha(e["inicio"]),
        fin_original=_fecha(e["fin_original"]),
        fin_vigente=_fecha(e["fin_vigente"]),
        corte=_fecha(e["corte"]),
        situacion=e["situacion"],
        suspendida_desde=_fecha_o_nada(e.get("suspendida_desde")),
        meta=_cifra_o_nada(e.get("meta")),
        hitos=[_hito(uno) for uno in e.get("hitos") or []],
        obligados=e.get("obligados") or list(dict.fromkeys(siglas)),
        historial=historial,
        exigible=_si_o_no(e["exigible"]),
        umbrales=u,
    )
    return _con_siglas(vars(resultado))


def _hito(uno: Entrada) -> calculo.Hito:
    return calculo.Hito(
        numero=_entero(uno["numero"]),
        peso=_cifra(uno["peso"]),
        fecha_original=_fecha(uno["fecha_original"]),
        fecha_vigente=_fecha(uno["fecha_vigente"]),
    )


def _reporte(uno: Entrada) -> calculo.Reporte:
    if uno["estado"] not in ESTADOS:
        raise ValueError(f"No hay un estado {uno['estado']!r}.")
    cumplidos = uno.get("hitos_cumplidos") or []
    return calculo.Reporte(
        validado=uno["estado"] in CUENTAN,
        ejecutado_periodo=_cifra_o_nada(uno.get("ejecutado_periodo")),
        porcentaje=_cifra_o_nada(uno.get("porcentaje")),
        hitos=[_entero(h["numero"] if isinstance(h, dict) else h) for h in cumplidos],
        aportes={
            aporte["institucion"]: _cifra_o_nada(aporte["porcentaje"])
            for aporte in uno.get("aportes") or []
        },
    )


def _exigible(e: Entrada, _u: Umbrales) -> Entrada:
    nace = calculo.exigible_al_abrir(
        situacion=e["situacion"],
        inicio=_fecha(e["inicio"]),
        corte=_fecha(e["corte"]),
        ejecutado_validado=_cifra_o_nada(e["E_validado"]),
    )
    return dict(vars(nace))


def _accion(e: Entrada, u: Umbrales) -> Entrada:
    actividades = [
        calculo.ActividadMedida(
            situacion=una["situacion"],
            ejecutado=_cifra(una["E"]),
            programado=_cifra_o_nada(una["P"]),
            programado_original=_cifra(una["P_original"]),
            fin_vigente=_fecha(una["fin_vigente"]),
            exigible=_si_o_no(una["exigible"]),
            validado=_si_o_no(una["validado"]),
            peso=_cifra_o_nada(una["peso"]),
        )
        for una in e["actividades"]
    ]
    resultado = calculo.accion(actividades, corte=_fecha(e["corte"]), umbrales=u)
    return {
        **_con_siglas(vars(resultado)),
        "E_base_original": resultado.ejecutado_base_original,
        "P_base_original": resultado.programado_base_original,
    }


def _nivel(e: Entrada, u: Umbrales) -> Entrada:
    acciones = [
        calculo.AccionMedida(
            codigo=una["codigo"],
            peso=Decimal(1) if una.get("peso") is None else _cifra(una["peso"]),
            ejecutado=_cifra_o_nada(una["E"]),
            programado=_cifra_o_nada(una["P"]),
            semaforo=una["semaforo"],
            exigidos=_entero(una["exigidos"]),
            recibidos=_entero(una["recibidos"]),
        )
        for una in e["acciones"]
    ]
    return _con_siglas(vars(calculo.nivel(acciones, umbrales=u)))


def _cobertura(e: Entrada, u: Umbrales) -> Entrada:
    conteos = [_entero(e[cual]) for cual in ("exigidos", "recibidos", "a_tiempo")]
    return dict(vars(calculo.cobertura(*conteos, umbrales=u)))


def _presupuesto(e: Entrada, _u: Umbrales) -> Entrada:
    resultado = calculo.presupuesto(
        asignado=_cifra(e["asignado"]),
        modificaciones=_cifra(e["modificaciones"]),
        comprometido=_cifra_o_nada(e.get("comprometido")),
        devengado=_cifra(e["devengado"]),
    )
    return dict(vars(resultado))


def _presupuesto_agregado(e: Entrada, _u: Umbrales) -> Entrada:
    filas = [
        calculo.FilaPresupuesto(
            institucion=fila["institucion"],
            ejercicio=fila["ejercicio"],
            programa_presupuestario=fila["programa_presupuestario"],
            vigente=_cifra(fila["vigente"]),
            devengado=_cifra(fila["devengado"]),
        )
        for fila in e["filas"]
    ]
    resultado = calculo.presupuesto_agregado(filas)
    return {
        **vars(resultado),
        "n_estructuras": len(resultado.estructuras),
        "conflictos": len(resultado.conflictos),
    }


def _relacion(e: Entrada, _u: Umbrales) -> Entrada:
    ejecutado, pct = _cifra_o_nada(e["E"]), _cifra_o_nada(e["pct_devengado"])
    return {"relacion": calculo.relacion_fisico_financiera(ejecutado, pct)}


def _indicador(e: Entrada, _u: Umbrales) -> Entrada:
    return dict(vars(calculo.indicador(*(_cifra_o_nada(e[x]) for x in ("base", "meta", "valor")))))


def _meses(e: Entrada, _u: Umbrales) -> Entrada:
    suma = vars(calculo.meses([_cifra(mes) for mes in e["meses"]]))
    return {nombre if nombre == "total" else nombre.upper(): n for nombre, n in suma.items()}


def _rectificacion(e: Entrada, _u: Umbrales) -> Entrada:
    periodos = []
    for uno in e["periodos"]:
        nueva = uno.get("rectificado") or {}
        periodos.append(
            calculo.PeriodoRectificable(
                periodo=uno["periodo"],
                ejecutado=_cifra_o_nada(uno["ejecutado"]),
                rectificado=_cifra_o_nada(nueva.get("valor")),
                conocido_desde=nueva["conocido_desde"] if nueva else None,
            )
        )
    dos = calculo.series(_cifra(e["meta"]), periodos)
    return {nombre: [_con_e(vars(punto)) for punto in serie] for nombre, serie in vars(dos).items()}


def _material(e: Entrada, u: Umbrales) -> Entrada:
    antes, despues = (
        (_cifra_o_nada(e[cual]["E"]), e[cual]["semaforo"]) for cual in ("antes", "despues")
    )
    return {"material": calculo.rectificacion_material(antes, despues, umbrales=u)}


def _con_e(resultado: Entrada) -> Entrada:
    """Con la sigla del archivo en vez del nombre de la cuenta."""
    return {"E" if nombre == "ejecutado" else nombre: x for nombre, x in resultado.items()}


def _con_siglas(resultado: Entrada) -> Entrada:
    siglas = {
        "ejecutado": "E",
        "programado": "P",
        "programado_original": "P_original",
        "indice": "IC",
    }
    return {siglas.get(nombre, nombre): x for nombre, x in resultado.items()}


REGLAS: dict[str, Callable[[Entrada, Umbrales], Entrada]] = {
    "REDONDEO": _redondeo,
    "P_LINEAL": _p_lineal,
    "P_HITOS": _p_hitos,
    "P_SUSPENDIDA": _p_suspendida,
    "E_META": _e_meta,
    "E_HITOS": _e_hitos,
    "E_PORCENTAJE": _e_porcentaje,
    "E_COLECTIVO": _e_colectivo,
    "SEMAFORO": _semaforo,
    "ACTIVIDAD": _actividad,
    "EXIGIBLE": _exigible,
    "ACCION": _accion,
    "NIVEL": _nivel,
    "COBERTURA": _cobertura,
    "PRESUPUESTO": _presupuesto,
    "PRESUPUESTO_AGREGADO": _presupuesto_agregado,
    "RELACION_FISICO_FINANCIERA": _relacion,
    "INDICADOR": _indicador,
    "MESES": _meses,
    "RECTIFICACION": _rectificacion,
    "RECTIFICACION_MATERIAL": _material,
}
