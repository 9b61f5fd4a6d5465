"""De dónde sale una cifra, escrita con sus números: «(50 × 60.00 + 30 × 20.00) / 80 = 45.00».

El resultado siempre lo da `calculo`; aquí sólo se escribe con qué. Si lo guardado no es lo que hoy
daría la cuenta (cambió una fecha después de medirse), la fórmula se calla y la nota lo dice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet

from matrices import calculo, consultas
from matrices.consultas import Vigor
from matrices.models import Actividad, Avance
from matrices.models.avance import AvanceQuerySet

MENOS = "\u2212"
DE_ENTONCES = "Se midió con los términos de aquel momento, que después cambiaron."


@dataclass(frozen=True)
class Formula:
    """Una cuenta con sus números y su resultado; `texto` vacío si no se puede escribir."""

    texto: str
    resultado: Decimal | None
    nota: str = ""


def con_sus_terminos(avances: AvanceQuerySet) -> QuerySet[Avance]:
    """Los mismos, en el orden del plan y con lo que sus fórmulas nombran."""
    filas = avances.con_su_actividad().en_orden()
    return filas.prefetch_related("actividad__hitos", "actividad__obligados")


def ejecutado(actividad: Actividad, historia: Sequence[Vigor], avance: Avance) -> Formula:
    """E de una actividad al periodo de ese avance, desde lo validado de toda su historia."""
    hasta = [una for una in historia if una.corte <= avance.periodo.corte]
    reportes = [una.reporte() for una in hasta]
    hecho = consultas.ejecutado_de(actividad, reportes)
    guardado = avance.ejecutado_que_cuenta
    if hecho.ejecutado != guardado:
        return Formula("", guardado, DE_ENTONCES)
    cuentan = [uno for uno in reportes if uno.cuenta]
    texto, nota = _ESCRIBEN[actividad.modo](actividad, cuentan, reportes)
    return Formula(f"{texto} = {hecho.ejecutado}" if texto else "", hecho.ejecutado, nota)


def _por_meta(actividad: Actividad, cuentan, _reportes) -> tuple[str, str]:
    dadas = [una.ejecutado_periodo for una in cuentan if una.ejecutado_periodo is not None]
    suma = " + ".join(_numero(una) for una in dadas) or "0"
    nota = f"Lo validado entre la meta, en {actividad.unidad.lower()}; a lo sumo 100."
    return f"100 × ({suma}) / {_numero(actividad.meta)}", nota


def _por_hitos(actividad: Actividad, cuentan, _reportes) -> tuple[str, str]:
    cumplidos = {numero for uno in cuentan for numero in uno.hitos}
    hitos = [uno for uno in consultas.hitos_de(actividad) if uno.numero in cumplidos]
    suma = " + ".join(_numero(uno.peso) for uno in hitos) or "0"
    quienes = ", ".join(str(uno.numero) for uno in hitos)
    return suma, f"Pesos de los hitos cumplidos ({quienes})." if hitos else "Sin hitos cumplidos."


def _por_porcentaje(_actividad, cuentan, _reportes) -> tuple[str, str]:
    hay = any(uno.porcentaje is not None for uno in cuentan)
    return "", "Es el último porcentaje validado." if hay else "Aún no hay un porcentaje validado."


def _colectivo(actividad: Actividad, cuentan, reportes) -> tuple[str, str]:
    siglas = [una.sigla for una in actividad.obligados.all()]
    actual = reportes[-1].aportes if reportes and reportes[-1].cuenta else {}
    ultimo = {
        sigla: dado for uno in cuentan for sigla, dado in uno.aportes.items() if dado is not None
    }
    valen = {uno: _vale(actual.get(uno), ultimo.get(uno)) for uno in siglas}
    if not valen:
        return "", "No tiene instituciones obligadas."
    suma = " + ".join(_numero(valor) for valor in valen.values())
    return f"({suma}) / {len(valen)}", f"Media de {', '.join(valen)}, en ese orden."


def _vale(actual: Decimal | None, ultimo: Decimal | None) -> Decimal:
    """El de este periodo; si no lo hay, el último validado; si ninguno, cero."""
    return next((dado for dado in (actual, ultimo) if dado is not None), calculo.CERO)


_ESCRIBEN = {
    calculo.META: _por_meta,
    calculo.HITOS: _por_hitos,
    calculo.PORCENTAJE: _por_porcentaje,
    calculo.COLECTIVO: _colectivo,
}


def programado(avance: Avance) -> Formula:
    """P de una actividad al corte: días transcurridos entre días, o hitos con fecha cumplida."""
    actividad, corte = avance.actividad, avance.periodo.corte
    situacion = avance.situacion_medida or actividad.situacion
    if situacion == calculo.CANCELADA or avance.programado is None:
        return Formula("", None, "Cancelada: no tiene programado.")
    if situacion == calculo.SUSPENDIDA and actividad.suspendida_desde is None:
        return Formula("", avance.programado, DE_ENTONCES)
    dia = calculo.dia_de_medida(corte, situacion, actividad.suspendida_desde)
    fin = avance.fin_medido or actividad.fin_vigente
    hitos = consultas.hitos_de(actividad)
    hoy = calculo.programado_de(
        actividad.modo,
        inicio=actividad.inicio,
        fin=fin,
        corte=dia,
        hitos=[(uno.fecha_vigente, uno.peso) for uno in hitos],
    )
    if hoy != avance.programado:
        return Formula("", avance.programado, DE_ENTONCES)
    congelado = "" if dia == corte else f" Suspendida: se mide al {_dia(dia)}."
    if actividad.modo == calculo.HITOS:
        pasados = [uno for uno in hitos if uno.fecha_vigente <= dia]
        suma = " + ".join(_numero(uno.peso) for uno in pasados) or "0"
        nota = f"Pesos de los hitos con fecha hasta el {_dia(dia)}.{congelado}"
        return Formula(f"{suma} = {hoy}", hoy, nota)
    pasado = calculo.transcurso(actividad.inicio, fin, dia)
    nota = f"Días transcurridos entre días, del {_dia(actividad.inicio)} al {_dia(fin)}.{congelado}"
    return Formula(f"100 × {pasado.transcurridos} / {pasado.dias} = {hoy}", hoy, nota)


def media(
    valores: Sequence[Decimal | None], pesos: Sequence[Decimal | None], resultado: Decimal | None
) -> Formula:
    """La media ponderada que dio `resultado`; sin pesos, todas valen igual."""
    if resultado is None or not valores:
        return Formula("", resultado, "Ninguna computa.")
    if all(peso is None for peso in pesos):
        suma = " + ".join(_numero(valor) for valor in valores)
        return Formula(f"({suma}) / {len(valores)} = {resultado}", resultado)
    suma = " + ".join(
        f"{_numero(peso)} × {_numero(valor)}" for peso, valor in zip(pesos, valores, strict=True)
    )
    total = _numero(sum((peso for peso in pesos if peso is not None), calculo.CERO))
    return Formula(f"({suma}) / {total} = {resultado}", resultado)


def indice(ejecutado: Decimal | None, programado: Decimal | None) -> Formula:
    """IC, desde E y P guardados."""
    dado = calculo.indice(ejecutado, programado)
    if dado is None:
        return Formula("", None, "No se calcula: P es 0 o falta una cifra.")
    return Formula(f"100 × {ejecutado} / {programado} = {dado}", dado)


def brecha(ejecutado: Decimal | None, programado: Decimal | None) -> Formula:
    """E menos P, en puntos."""
    dada = calculo.brecha(ejecutado, programado)
    if dada is None:
        return Formula("", None, "No se calcula: falta una cifra.")
    return Formula(f"{ejecutado} {MENOS} {programado} = {_numero(dada)}", dada)


def cobertura(llegado: calculo.Cobertura) -> Formula:
    """Lo recibido entre lo exigido, en puntos."""
    if llegado.cobertura is None:
        return Formula("", None, "No se calcula: nada se exigía.")
    texto = f"100 × {llegado.recibidos} / {llegado.exigidos} = {llegado.cobertura}"
    nota = f"Avances validados entre los exigibles; a tiempo, {llegado.a_tiempo}."
    return Formula(texto, llegado.cobertura, nota)


def regla_del_color(medida: calculo.Medida, umbrales: calculo.Umbrales) -> str:
    """Por qué tiene ese color, con los umbrales que rigen (dominio §7.4)."""
    poco = medida.programado is not None and 0 < medida.programado < umbrales.p_minimo
    por_brecha = f"P es menor que {umbrales.p_minimo}: se mira la brecha, con límite en "
    por_brecha += _numero(umbrales.brecha_minima)
    verde, amarillo = umbrales.verde_desde, umbrales.amarillo_desde
    reglas = {
        "FINALIZADA": "E es 100.00: está completa.",
        "SIN_REPORTE": "Algo debía reportarse y nada se validó.",
        "VENCIDA": "Pasó la última fecha de término y no está completa.",
        "NO_INICIADA": "P y E son 0: todavía no debía empezar.",
        "ADELANTADA": "P es 0 y ya hay avance.",
        "VERDE": por_brecha if poco else f"IC es {verde} o más.",
        "AMARILLO": por_brecha if poco else f"IC está entre {amarillo} y {verde}.",
        "ROJO": f"IC es menor que {amarillo}.",
        "SUSPENDIDA": "Está suspendida.",
        "CANCELADA": "Está cancelada.",
        "SIN_MATRIZ": "Todavía no tiene actividades.",
    }
    return reglas.get(str(medida.semaforo or ""), "No hay con qué dar un color.")


def _numero(valor: Decimal | int | None) -> str:
    """Como se guarda, sin ceros de más en los pesos enteros y con el signo tipográfico."""
    if valor is None:
        return "n/d"
    dado = Decimal(valor)
    entero = dado == dado.to_integral_value()
    texto = str(dado.quantize(Decimal(1))) if entero else str(calculo.a_dos(dado))
    return texto.replace("-", MENOS)


def _dia(fecha: date) -> str:
    return f"{fecha:%d/%m/%Y}"
