"""Días hábiles y fechas de cada semestre, sin base de datos (dominio §6)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

DIAS_DE_GRACIA = 5
DIAS_PARA_RESPONDER = 5
DIAS_PARA_OPINAR = 10


def dias_habiles_despues(fecha: date, dias: int, feriados: Collection[date] = ()) -> date:
    """El día en que se cumplen tantos días hábiles después de la fecha, sin contarla.

    No son hábiles sábados, domingos ni los feriados dados. ValueError si los días son negativos.
    """
    if dias < 0:
        raise ValueError("Los días hábiles no pueden ser negativos.")
    while dias:
        fecha += timedelta(days=1)
        if fecha.weekday() < 5 and fecha not in feriados:
            dias -= 1
    return fecha


def dias_habiles_entre(desde: date, hasta: date, feriados: Collection[date] = ()) -> int:
    """Cuántos días hábiles van del primero al segundo, sin contar el primero; 0 si no lo sigue."""
    dias = (desde + timedelta(days=uno) for uno in range(1, (hasta - desde).days + 1))
    return sum(dia.weekday() < 5 and dia not in feriados for dia in dias)


@dataclass(frozen=True)
class FechasDelSemestre:
    """Las fechas que un periodo trae por omisión, editables antes de abrir."""

    inicio: date
    corte: date
    abre: date
    limite: date
    fin_gracia: date
    revision_hasta: date
    corte_previsto: date
    entrega_cns: date


def fechas_del_semestre(
    anio: int, semestre: int, feriados: Collection[date] = ()
) -> FechasDelSemestre:
    """S1 se corta el 30 de junio y S2 el 31 de diciembre; lo demás, según dominio §6.

    ValueError si el semestre no es 1 ni 2.
    """
    if semestre not in (1, 2):
        raise ValueError(f"Un año tiene semestres 1 y 2, no {semestre}.")
    if semestre == 1:
        limite, otro = date(anio, 7, 15), anio
        inicio, corte, abre = date(anio, 1, 1), date(anio, 6, 30), date(anio, 6, 15)
        meses = (8, 8, 8)
        dias = (5, 10, 25)
    else:
        limite, otro = date(anio + 1, 1, 20), anio + 1
        inicio, corte, abre = date(anio, 7, 1), date(anio, 12, 31), date(anio, 12, 15)
        meses = (2, 2, 2)
        dias = (5, 10, 28)
    revision, previsto, entrega = (
        date(otro, mes, dia) for mes, dia in zip(meses, dias, strict=True)
    )
    fin_gracia = dias_habiles_despues(limite, DIAS_DE_GRACIA, feriados)
    return FechasDelSemestre(inicio, corte, abre, limite, fin_gracia, revision, previsto, entrega)


def feriados_de_guatemala(anio: int) -> dict[date, str]:
    """Los asuetos oficiales de un año: Código de Trabajo, artículo 127, y Semana Santa."""
    pascua = _domingo_de_pascua(anio)
    return {
        date(anio, 1, 1): "Año Nuevo",
        pascua - timedelta(days=3): "Jueves Santo",
        pascua - timedelta(days=2): "Viernes Santo",
        pascua - timedelta(days=1): "Sábado Santo",
        date(anio, 5, 1): "Día del Trabajo",
        date(anio, 6, 30): "Día del Ejército",
        date(anio, 9, 15): "Día de la Independencia",
        date(anio, 10, 20): "Día de la Revolución",
        date(anio, 11, 1): "Día de Todos los Santos",
        date(anio, 12, 24): "Nochebuena",
        date(anio, 12, 25): "Navidad",
        date(anio, 12, 31): "Fin de año",
    }


def _domingo_de_pascua(anio: int) -> date:
    """Cómputo gregoriano de la Pascua (algoritmo anónimo de Meeus, Jones y Butcher)."""
    a, b, c = anio % 19, anio // 100, anio % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    mes, dia = divmod(h + m - 7 * n + 114, 31)
    return date(anio, mes, dia + 1)
