"""La cuenta: de lo declarado a P, E, IC, brecha y color. Aquí, y sólo aquí, se calcula.

Aritmética de `Decimal` sin Django ni base de datos; medio hacia afuera (ROUND_HALF_UP). La cadena
es de valores guardados: actividad con dos decimales → acción con dos → niveles desde las acciones.
E = 100.00 dice «completo» y nada más. None es «no se puede calcular», en pantalla «n/d». Lo que
no tiene sentido se rechaza con ValueError. Cada función nombra su regla de `vectores.json`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from enum import StrEnum

Numero = Decimal | int

CERO, CIEN = Decimal(0), Decimal(100)
CASI = Decimal("99.99")
CENTESIMA, DECIMA = Decimal("0.01"), Decimal("0.1")
VIGENTE, SUSPENDIDA, CANCELADA = "VIGENTE", "SUSPENDIDA", "CANCELADA"
META, HITOS, PORCENTAJE, COLECTIVO = "META", "HITOS", "PORCENTAJE", "COLECTIVO"
SITUACIONES = {VIGENTE, SUSPENDIDA, CANCELADA}
MODOS = {META, HITOS, PORCENTAJE, COLECTIVO}
# Holgada y propia: la cuenta no depende de la precisión que otro le haya puesto al hilo.
_CUENTA = Context(prec=100, rounding=ROUND_HALF_UP)


# ---- las palabras y los colores


class Semaforo(StrEnum):
    """El color de una actividad, una acción o un nivel; se guarda y se lee por su código."""

    VERDE = "VERDE"
    AMARILLO = "AMARILLO"
    ROJO = "ROJO"
    VENCIDA = "VENCIDA"
    FINALIZADA = "FINALIZADA"
    NO_INICIADA = "NO_INICIADA"
    ADELANTADA = "ADELANTADA"
    SIN_REPORTE = "SIN_REPORTE"
    SUSPENDIDA = "SUSPENDIDA"
    CANCELADA = "CANCELADA"
    SIN_MATRIZ = "SIN_MATRIZ"

    @property
    def aspecto(self) -> "Aspecto":
        """Cómo se ve y cómo se dice."""
        return ASPECTOS[self]

    @property
    def palabra(self) -> str:
        """La palabra que acompaña siempre al color."""
        return self.aspecto.palabra

    @property
    def color(self) -> str:
        """El fondo, en hexadecimal."""
        return self.aspecto.fondo


@dataclass(frozen=True)
class Aspecto:
    """Palabra, ícono y colores de un código; `texto` sobre `fondo` contrasta 4.5 o más.

    Los mismos colores valen en claro y en oscuro: el texto va sobre su propio fondo, y `borde`
    lo separa de la página donde se confundirían. `icono` es de heroicons; `simbolo`, un solo
    carácter para hojas y gráficas. Ninguno se repite: en gris se distinguen por él.
    """

    codigo: str
    palabra: str
    icono: str
    simbolo: str
    fondo: str
    texto: str
    borde: str

    @property
    def variable(self) -> str:
        """La variable CSS del fondo; la del texto termina en `-texto`."""
        return f"--semaforo-{self.codigo.lower()}"


_TINTA, _PAPEL, _FILO, _FILO_CLARO = "#10181F", "#FFFFFF", "#768394", "#9AA5B4"
ASPECTOS = {
    codigo: Aspecto(codigo, palabra, icono, simbolo, fondo, texto, borde or fondo)
    for codigo, palabra, icono, simbolo, fondo, texto, borde in (
        ("VERDE", "Verde", "check-circle", "●", "#3DA35D", _TINTA, ""),
        ("AMARILLO", "Amarillo", "exclamation-triangle", "▲", "#F2B41B", _TINTA, ""),
        ("ROJO", "Rojo", "x-circle", "■", "#B3261E", _PAPEL, ""),
        ("VENCIDA", "Vencida", "clock", "×", "#6E1423", _PAPEL, _FILO_CLARO),
        ("FINALIZADA", "Finalizada", "check-badge", "✓", "#1F5FA8", _PAPEL, ""),
        ("NO_INICIADA", "No iniciada", "ellipsis-horizontal-circle", "○", _PAPEL, _TINTA, _FILO),
        ("ADELANTADA", "Adelantada", "arrow-trending-up", "»", "#0F7480", _PAPEL, ""),
        ("SIN_REPORTE", "Sin reporte", "question-mark-circle", "?", "#667080", _PAPEL, ""),
        ("SUSPENDIDA", "Suspendida", "pause-circle", "=", "#A3ABB8", _TINTA, ""),
        ("CANCELADA", "Cancelada", "no-symbol", "–", "#454D5A", _PAPEL, _FILO_CLARO),
        ("SIN_MATRIZ", "Sin matriz", "table-cells", "□", "#E3E7ED", _TINTA, _FILO),
        ("ND", "n/d", "minus", "·", "#F1F3F6", _TINTA, _FILO),
    )
}
SIN_DATO = ASPECTOS["ND"]  # no es un color: dice «n/d» donde no lo hay o se retuvo
SE_CUENTAN_APARTE = {Semaforo.SIN_MATRIZ, Semaforo.CANCELADA}


def aspecto(codigo: str | None) -> Aspecto:
    """El de un código; el de «n/d» si no hay color o se retuvo. ValueError si no existe."""
    if codigo and codigo not in ASPECTOS:
        raise ValueError(f"No hay un color de semáforo {codigo!r}.")
    return ASPECTOS[codigo] if codigo else SIN_DATO


@dataclass(frozen=True)
class Umbrales:
    """Los límites del semáforo; son datos, y un corte guarda los que usó (dominio §7.4)."""

    version: int = 1
    verde_desde: Decimal = Decimal("90.00")
    amarillo_desde: Decimal = Decimal("70.00")
    p_minimo: Decimal = Decimal("10.00")
    brecha_minima: Decimal = Decimal("-5.00")
    cobertura_minima: Decimal = Decimal("80.00")
    puntos_material: Decimal = Decimal("5.00")


UMBRALES = Umbrales()


# ---- números (§7.1)


def a_dos(valor: Numero) -> Decimal:
    """El valor que se guarda: dos decimales, medio hacia afuera. Regla REDONDEO."""
    return _redondo(valor, CENTESIMA)


def a_uno(guardado: Numero) -> Decimal:
    """El valor que se muestra: un decimal, tomado siempre del guardado. Regla REDONDEO."""
    return _redondo(a_dos(guardado), DECIMA)


def ejecutado_a_dos(exacto: Numero) -> Decimal:
    """E guardado: 99.99 si redondearía a 100.00 sin estar completo. §7.1."""
    guardado = a_dos(exacto)
    return CASI if exacto < CIEN <= guardado else guardado


def diferencia(ahora: Decimal | None, antes: Decimal | None) -> Decimal | None:
    """Puntos entre dos valores guardados; None si falta alguno."""
    if ahora is None or antes is None:
        return None
    return a_dos(_CUENTA.subtract(ahora, antes))


# ---- P, lo programado (§7.2)


@dataclass(frozen=True)
class Transcurso:
    """Días de una actividad, contando ambos extremos, y cuántos de ellos pasaron ya."""

    dias: int
    transcurridos: int


@dataclass(frozen=True)
class Hito:
    """Un hito de una actividad, con sus dos fechas."""

    numero: int
    peso: Decimal
    fecha_original: date
    fecha_vigente: date


def transcurso(inicio: date, fin: date, corte: date) -> Transcurso:
    """Días totales y transcurridos (0 a `dias`). ValueError si termina antes de empezar."""
    if fin < inicio:
        raise ValueError(f"Termina {fin}, antes de empezar {inicio}.")
    dias = (fin - inicio).days + 1
    return Transcurso(dias, min(max((corte - inicio).days + 1, 0), dias))


def programado_lineal(inicio: date, fin: date, corte: date) -> Decimal:
    """P al corte: días transcurridos entre días totales. Puntos 0–100. Regla P_LINEAL."""
    pasado = transcurso(inicio, fin, corte)
    return a_dos(_porciento(pasado.transcurridos, pasado.dias))


def programado_hitos(hitos: Iterable[tuple[date, Numero]], corte: date) -> Decimal:
    """P al corte: suma de los pesos con fecha hasta él, él incluido. Regla P_HITOS."""
    hitos = list(hitos)
    _pesos_de_hitos(peso for _fecha, peso in hitos)
    return a_dos(_suma(peso for fecha, peso in hitos if fecha <= corte))


def programado_suspendida(inicio: date, fin: date, suspendida_desde: date, corte: date) -> Decimal:
    """P de una actividad suspendida: congelado en el día anterior. Regla P_SUSPENDIDA."""
    dia = dia_de_medida(corte, SUSPENDIDA, suspendida_desde)
    return programado_lineal(inicio, fin, dia)


def dia_de_medida(corte: date, situacion: str, suspendida_desde: date | None) -> date:
    """El día al que se mide P: el corte; el anterior a la suspensión si ésta ya empezó."""
    if _situacion(situacion) != SUSPENDIDA:
        return corte
    if suspendida_desde is None:
        raise ValueError("Una actividad suspendida necesita la fecha desde la que lo está.")
    return suspendida_desde - timedelta(days=1) if corte >= suspendida_desde else corte


def programado_de(
    modo: str,
    *,
    inicio: date,
    fin: date,
    corte: date,
    situacion: str = VIGENTE,
    suspendida_desde: date | None = None,
    hitos: Iterable[tuple[date, Numero]] = (),
) -> Decimal | None:
    """P de una actividad en cualquier modo y situación; None si está cancelada. §7.2.

    De cada hito, su fecha vigente y su peso; sólo los mira el modo HITOS.
    """
    if _situacion(situacion) == CANCELADA:
        return None
    return _programado(modo, inicio, fin, dia_de_medida(corte, situacion, suspendida_desde), hitos)


def programado_original_de(
    modo: str,
    *,
    inicio: date,
    fin_original: date,
    corte: date,
    hitos: Iterable[tuple[date, Numero]] = (),
) -> Decimal:
    """`P_original`: con las fechas originales, sin mirar suspensión ni cancelación. §7.2."""
    return _programado(modo, inicio, fin_original, corte, hitos)


def _programado(
    modo: str, inicio: date, fin: date, dia: date, hitos: Iterable[tuple[date, Numero]]
) -> Decimal:
    if _modo(modo) == HITOS:
        return programado_hitos(hitos, dia)
    return programado_lineal(inicio, fin, dia)


# ---- E, lo ejecutado (§7.3)


@dataclass(frozen=True)
class EjecutadoMeta:
    """E de una meta física y lo que la acompaña; el cumplimiento no tiene tope."""

    ejecutado: Decimal
    acumulado: Decimal
    cumplimiento_sin_tope: Decimal
    exige_justificacion: bool


@dataclass(frozen=True)
class EjecutadoPorcentaje:
    """E declarado, y si baja respecto del anterior y hay que decir por qué."""

    ejecutado: Decimal
    exige_motivo_retroceso: bool


@dataclass(frozen=True)
class EjecutadoColectivo:
    """E de los obligados y qué parte de ellos reportó en el periodo."""

    ejecutado: Decimal
    cobertura: Decimal | None


@dataclass(frozen=True)
class Reporte:
    """Lo que una actividad tiene en un periodo; `hitos` son números, `aportes` por sigla.

    `rectificado`: no se validó en su momento, pero una rectificación aplicada le dio valores, y
    entonces cuenta para E sin dejar de estar sin reporte.
    """

    validado: bool
    ejecutado_periodo: Decimal | None = None
    porcentaje: Decimal | None = None
    hitos: Iterable[int] = ()
    aportes: Mapping[str, Decimal | None] = field(default_factory=dict)
    rectificado: bool = False

    @property
    def cuenta(self) -> bool:
        """Si sus valores entran en E."""
        return self.validado or self.rectificado


@dataclass(frozen=True)
class Ejecutado:
    """E de una actividad en cualquier modo; acumulado y sin tope, sólo en META."""

    ejecutado: Decimal
    acumulado: Decimal | None = None
    cumplimiento_sin_tope: Decimal | None = None
    cobertura: Decimal | None = None


def ejecutado_meta(meta: Numero, cantidades: Iterable[Numero | None]) -> EjecutadoMeta:
    """E por meta: lo sumado entre la meta, con tope en 100. Regla E_META.

    Una cantidad por periodo validado; None es que no la hubo.
    """
    if _finito(meta) <= 0:
        raise ValueError(f"La meta debe ser mayor que cero, y es {meta}.")
    dadas = [_no_negativo(una, "La cantidad del semestre") for una in cantidades if una is not None]
    acumulado = _suma(dadas)
    exacto = _porciento(acumulado, meta)
    return EjecutadoMeta(
        ejecutado=ejecutado_a_dos(min(exacto, CIEN)),
        acumulado=a_dos(acumulado),
        cumplimiento_sin_tope=a_dos(exacto),
        exige_justificacion=acumulado > meta,
    )


def ejecutado_hitos(hitos: Iterable[tuple[Numero, bool]]) -> Decimal:
    """E por hitos: suma de los pesos cumplidos y validados. Regla E_HITOS."""
    hitos = list(hitos)
    _pesos_de_hitos(peso for peso, _cumplido in hitos)
    return ejecutado_a_dos(_suma(peso for peso, cumplido in hitos if cumplido))


def ejecutado_porcentaje(porcentaje: Numero, anterior: Numero | None = None) -> EjecutadoPorcentaje:
    """E declarado, y si retrocede. Regla E_PORCENTAJE."""
    dado = _puntos(porcentaje, "El porcentaje")
    return EjecutadoPorcentaje(
        ejecutado=ejecutado_a_dos(dado),
        exige_motivo_retroceso=anterior is not None and dado < _puntos(anterior, "El anterior"),
    )


def ejecutado_colectivo(
    miembros: Iterable[tuple[Numero | None, Numero | None]],
) -> EjecutadoColectivo:
    """E colectivo: media de los obligados. Regla E_COLECTIVO.

    De cada miembro, el porcentaje de este periodo y el último validado: vale el primero que haya,
    y si no 0. Sin obligados no hay nada hecho, y la cobertura es None.
    """
    miembros = list(miembros)
    if not miembros:
        return EjecutadoColectivo(a_dos(CERO), None)
    valen = [
        _puntos(next((x for x in dados if x is not None), CERO), "El porcentaje de un miembro")
        for dados in miembros
    ]
    reportan = sum(actual is not None for actual, _ultimo in miembros)
    return EjecutadoColectivo(
        ejecutado=ejecutado_a_dos(_CUENTA.divide(_suma(valen), Decimal(len(valen)))),
        cobertura=a_dos(_porciento(reportan, len(miembros))),
    )


def ejecutado_de(
    modo: str,
    historial: Sequence[Reporte],
    *,
    meta: Numero | None = None,
    hitos: Iterable[Hito] = (),
    obligados: Iterable[str] = (),
) -> Ejecutado:
    """E de una actividad desde lo que cuenta de su historia, en orden de periodo. §7.3.

    La `cobertura` de COLECTIVO es la del último periodo. Un hito validado cuenta una vez.
    """
    cuentan = [uno for uno in historial if uno.cuenta]
    if _modo(modo) == META:
        if meta is None:
            raise ValueError("Una actividad por meta necesita su meta.")
        por_meta = ejecutado_meta(meta, (uno.ejecutado_periodo for uno in cuentan))
        return Ejecutado(por_meta.ejecutado, por_meta.acumulado, por_meta.cumplimiento_sin_tope)
    if modo == HITOS:
        return Ejecutado(_ejecutado_de_hitos(list(hitos), cuentan))
    if modo == PORCENTAJE:
        dados = [uno.porcentaje for uno in cuentan if uno.porcentaje is not None]
        return Ejecutado(ejecutado_porcentaje(dados[-1]).ejecutado if dados else a_dos(CERO))
    actual = historial[-1].aportes if historial and historial[-1].cuenta else {}
    ultimo = {
        sigla: valor for uno in cuentan for sigla, valor in uno.aportes.items() if valor is not None
    }
    de_todos = ejecutado_colectivo((actual.get(uno), ultimo.get(uno)) for uno in obligados)
    return Ejecutado(de_todos.ejecutado, cobertura=de_todos.cobertura)


def _ejecutado_de_hitos(hitos: list[Hito], cuentan: list[Reporte]) -> Decimal:
    cumplidos = {numero for uno in cuentan for numero in uno.hitos}
    if ajenos := cumplidos - {hito.numero for hito in hitos}:
        raise ValueError(f"La actividad no tiene los hitos {sorted(ajenos)}.")
    return ejecutado_hitos((hito.peso, hito.numero in cumplidos) for hito in hitos)


# ---- índice, brecha y color (§7.4)


@dataclass(frozen=True)
class Medida:
    """E y P guardados con lo que sale de ellos: IC, brecha y color."""

    ejecutado: Decimal | None
    programado: Decimal | None
    indice: Decimal | None
    brecha: Decimal | None
    semaforo: Semaforo | None


@dataclass(frozen=True)
class ResultadoActividad(Medida):
    """Una actividad en un corte. `arrastrado`: debía reportar y vale lo último validado."""

    programado_original: Decimal
    arrastrado: bool
    acumulado: Decimal | None
    cumplimiento_sin_tope: Decimal | None


def indice(ejecutado: Decimal | None, programado: Decimal | None) -> Decimal | None:
    """IC de E y P guardados, sin tope y con dos decimales; None si P es 0 o falta algo. §7.4."""
    if ejecutado is None or not programado:
        return None
    return a_dos(_porciento(ejecutado, programado))


def brecha(ejecutado: Decimal | None, programado: Decimal | None) -> Decimal | None:
    """E − P, en puntos. §7.4."""
    return diferencia(ejecutado, programado)


def semaforo_actividad(
    *,
    situacion: str,
    ejecutado: Numero,
    programado: Numero | None,
    fin_vigente: date,
    corte: date,
    exigible: bool,
    validado: bool,
    umbrales: Umbrales = UMBRALES,
) -> Medida:
    """Color de una actividad desde su E y su P guardados y sus términos. Regla SEMAFORO.

    También rehace el de un corte: no mira más que lo que recibe.
    """
    hecho = ejecutado_a_dos(_puntos(ejecutado, "E"))
    if _situacion(situacion) == CANCELADA:
        return Medida(hecho, None, None, None, Semaforo.CANCELADA)
    if programado is None:
        raise ValueError("Falta P: sólo una actividad cancelada no lo tiene.")
    color = Semaforo.SUSPENDIDA if situacion == SUSPENDIDA else None
    return _medida(
        hecho,
        a_dos(_puntos(programado, "P")),
        umbrales,
        color=color,
        sin_reporte=exigible and not validado,
        vencida=corte > fin_vigente,
    )


def actividad(
    *,
    modo: str,
    inicio: date,
    fin_original: date,
    fin_vigente: date,
    corte: date,
    historial: Sequence[Reporte],
    exigible: bool,
    situacion: str = VIGENTE,
    suspendida_desde: date | None = None,
    meta: Numero | None = None,
    hitos: Iterable[Hito] = (),
    obligados: Iterable[str] = (),
    umbrales: Umbrales = UMBRALES,
) -> ResultadoActividad:
    """Una actividad completa en un corte. Regla ACTIVIDAD.

    El último del historial es el periodo que se corta. `P_original` no mira la situación.
    """
    hitos = list(hitos)
    hecho = ejecutado_de(modo, historial, meta=meta, hitos=hitos, obligados=obligados)
    validado = bool(historial) and historial[-1].validado
    medida = semaforo_actividad(
        situacion=situacion,
        ejecutado=hecho.ejecutado,
        programado=programado_de(
            modo,
            inicio=inicio,
            fin=fin_vigente,
            corte=corte,
            situacion=situacion,
            suspendida_desde=suspendida_desde,
            hitos=[(hito.fecha_vigente, hito.peso) for hito in hitos],
        ),
        fin_vigente=fin_vigente,
        corte=corte,
        exigible=exigible,
        validado=validado,
        umbrales=umbrales,
    )
    original = programado_original_de(
        modo,
        inicio=inicio,
        fin_original=fin_original,
        corte=corte,
        hitos=[(hito.fecha_original, hito.peso) for hito in hitos],
    )
    return ResultadoActividad(
        **vars(medida),
        programado_original=original,
        arrastrado=exigible and not validado,
        acumulado=hecho.acumulado,
        cumplimiento_sin_tope=hecho.cumplimiento_sin_tope,
    )


def _medida(
    ejecutado: Decimal,
    programado: Decimal,
    umbrales: Umbrales,
    *,
    color: Semaforo | None = None,
    sin_reporte: bool = False,
    vencida: bool = False,
) -> Medida:
    """IC, brecha y color (filas 4 a 9 de §7.4, salvo que el color venga dado)."""
    ic, puntos = indice(ejecutado, programado), brecha(ejecutado, programado)
    if color is None and ejecutado == CIEN:
        color = Semaforo.FINALIZADA
    if color is None and sin_reporte:
        color = Semaforo.SIN_REPORTE
    if color is None and vencida:
        color = Semaforo.VENCIDA
    color = color or _por_umbrales(ejecutado, programado, umbrales)
    return Medida(ejecutado, programado, ic, puntos, color)


def _por_umbrales(ejecutado: Decimal, programado: Decimal, umbrales: Umbrales) -> Semaforo:
    """Filas 7 a 9: nunca rojo mientras lo programado es poco."""
    if programado == 0:
        return Semaforo.NO_INICIADA if ejecutado == 0 else Semaforo.ADELANTADA
    if programado < umbrales.p_minimo:
        cerca = a_dos(ejecutado - programado) >= umbrales.brecha_minima
        return Semaforo.VERDE if cerca else Semaforo.AMARILLO
    ic = a_dos(_porciento(ejecutado, programado))
    if ic >= umbrales.verde_desde:
        return Semaforo.VERDE
    return Semaforo.AMARILLO if ic >= umbrales.amarillo_desde else Semaforo.ROJO


# ---- de la actividad a la acción y a los niveles (§7.5)


@dataclass(frozen=True)
class ActividadMedida:
    """Los valores guardados de una actividad, como entran en su acción."""

    situacion: str
    ejecutado: Decimal
    programado: Decimal | None
    programado_original: Decimal
    fin_vigente: date
    exigible: bool
    validado: bool
    peso: Decimal | None = None
    extemporaneo: bool = False


@dataclass(frozen=True)
class AccionMedida:
    """Los valores guardados de una acción, como entran en los niveles de arriba."""

    codigo: str
    ejecutado: Decimal | None
    programado: Decimal | None
    semaforo: str
    exigidos: int
    recibidos: int
    a_tiempo: int = 0
    peso: Decimal = Decimal(1)


@dataclass(frozen=True)
class Cobertura:
    """Lo validado y lo oportuno de lo que debía llegar, en %; None si nada debía."""

    exigidos: int
    recibidos: int
    a_tiempo: int
    cobertura: Decimal | None
    oportunidad: Decimal | None
    cobertura_insuficiente: bool


@dataclass(frozen=True)
class ResultadoAccion(Medida, Cobertura):
    """Una acción en un corte, también sobre la base original: todas, con fechas originales."""

    ejecutado_base_original: Decimal | None
    programado_base_original: Decimal | None
    n_actividades: int
    n_canceladas: int


@dataclass(frozen=True)
class ResultadoNivel(Medida, Cobertura):
    """Objetivo, programa, ámbito, institución o plan; `por_semaforo` cuenta todas sus acciones."""

    n_acciones: int
    n_computadas: int
    por_semaforo: dict[str, int]


def accion(
    actividades: Iterable[ActividadMedida], *, corte: date, umbrales: Umbrales = UMBRALES
) -> ResultadoAccion:
    """Una acción: medias ponderadas de sus actividades sin las canceladas. Regla ACCION.

    Sin pesos, todas valen igual; mezclarlos es un error. Lo no reportado entra con lo último.
    """
    todas = list(actividades)
    pesos = _pesos([una.peso for una in todas])
    pesadas = [
        (una, peso)
        for una, peso in zip(todas, pesos, strict=True)
        if _situacion(una.situacion) != CANCELADA
    ]
    llegado = cobertura_de(todas, umbrales=umbrales)
    return ResultadoAccion(
        **vars(llegado),
        **vars(_medida_de_accion(pesadas, llegado, corte, umbrales, hay=bool(todas))),
        ejecutado_base_original=_ejecutado_medio([una.ejecutado for una in todas], pesos),
        programado_base_original=_programado_medio(
            [una.programado_original for una in todas], pesos
        ),
        n_actividades=len(todas),
        n_canceladas=len(todas) - len(pesadas),
    )


def _medida_de_accion(
    pesadas: list[tuple[ActividadMedida, Decimal]],
    llegado: Cobertura,
    corte: date,
    umbrales: Umbrales,
    *,
    hay: bool,
) -> Medida:
    vivas, pesos = [una for una, _peso in pesadas], [peso for _una, peso in pesadas]
    ejecutado = _ejecutado_medio([una.ejecutado for una in vivas], pesos)
    programado = _programado_medio([una.programado for una in vivas], pesos)
    if ejecutado is None or programado is None:
        color = Semaforo.CANCELADA if hay else Semaforo.SIN_MATRIZ
        return Medida(None, None, None, None, color)
    todas_suspendidas = all(una.situacion == SUSPENDIDA for una in vivas)
    return _medida(
        ejecutado,
        programado,
        umbrales,
        color=Semaforo.SUSPENDIDA if todas_suspendidas else None,
        sin_reporte=llegado.exigidos > 0 and llegado.recibidos == 0,
        vencida=corte > max(una.fin_vigente for una in vivas),
    )


def nivel(acciones: Iterable[AccionMedida], *, umbrales: Umbrales = UMBRALES) -> ResultadoNivel:
    """Un nivel: media de sus acciones, nunca de niveles ni de IC. Regla NIVEL.

    SIN_MATRIZ y CANCELADA se cuentan pero no computan; None si ninguna computa.
    """
    todas = list(acciones)
    colores = Counter(Semaforo(una.semaforo) for una in todas)
    computan = [una for una in todas if una.semaforo not in SE_CUENTAN_APARTE]
    pesos = _pesos([una.peso for una in computan])
    ejecutado = _ejecutado_medio([una.ejecutado for una in computan], pesos)
    programado = _programado_medio([una.programado for una in computan], pesos)
    medida = Medida(None, None, None, None, None)
    if ejecutado is not None and programado is not None:
        medida = _medida(ejecutado, programado, umbrales)
    llegado = cobertura(
        sum(una.exigidos for una in todas),
        sum(una.recibidos for una in todas),
        sum(una.a_tiempo for una in todas),
        umbrales=umbrales,
    )
    return ResultadoNivel(
        **vars(llegado),
        **vars(medida),
        n_acciones=len(todas),
        n_computadas=len(computan),
        por_semaforo={color.value: colores[color] for color in Semaforo if colores[color]},
    )


def _pesos(dados: list[Decimal | None]) -> list[Decimal]:
    """Los pesos; iguales si nadie los dio."""
    if all(peso is None for peso in dados):
        return [Decimal(1)] * len(dados)
    pesos = [peso for peso in dados if peso is not None]
    if len(pesos) < len(dados):
        raise ValueError("Los pesos van en todas las actividades o en ninguna.")
    if any(_finito(peso) <= 0 for peso in pesos):
        raise ValueError("Un peso debe ser mayor que cero.")
    return pesos


def _ejecutado_medio(valores: Sequence[Decimal | None], pesos: list[Decimal]) -> Decimal | None:
    media = _media(valores, pesos, "E")
    return None if media is None else ejecutado_a_dos(media)


def _programado_medio(valores: Sequence[Decimal | None], pesos: list[Decimal]) -> Decimal | None:
    media = _media(valores, pesos, "P")
    return None if media is None else a_dos(media)


def _media(valores: Sequence[Decimal | None], pesos: list[Decimal], nombre: str) -> Decimal | None:
    """Media ponderada exacta, en puntos; None si no hay qué promediar."""
    if not valores:
        return None
    if any(valor is None for valor in valores):
        raise ValueError(f"Falta {nombre}: sólo lo cancelado o sin matriz no lo tiene.")
    pesados = (
        _CUENTA.multiply(_puntos(valor, nombre), peso)
        for valor, peso in zip(valores, pesos, strict=True)
        if valor is not None
    )
    return _CUENTA.divide(_suma(pesados), _suma(pesos))


# ---- lo exigible, lo recibido y lo oportuno (§7.6)


@dataclass(frozen=True)
class Apertura:
    """Cómo nace un avance al abrir el periodo; `motivo_exencion` es None si es exigible."""

    estado_inicial: str
    exigible: bool
    motivo_exencion: str | None


def exigible_al_abrir(
    *, situacion: str, inicio: date, corte: date, ejecutado_validado: Numero | None
) -> Apertura:
    """Si una actividad debe reportar en el periodo que se abre. Regla EXIGIBLE.

    `ejecutado_validado`: su último E guardado; None si nunca tuvo.
    """
    motivo = None
    if _situacion(situacion) != VIGENTE:
        motivo = str(situacion)
    elif _puntos(ejecutado_validado or CERO, "E") == CIEN:
        motivo = "FINALIZADA"
    elif inicio > corte:
        motivo = "NO_INICIADA"
    return Apertura("EXENTO" if motivo else "PENDIENTE", motivo is None, motivo)


def cobertura(
    exigidos: int, recibidos: int, a_tiempo: int = 0, *, umbrales: Umbrales = UMBRALES
) -> Cobertura:
    """Cobertura y oportunidad, desde los conteos. Regla COBERTURA."""
    if not 0 <= a_tiempo <= recibidos <= exigidos:
        raise ValueError(
            f"No cuadran {exigidos} exigidos, {recibidos} recibidos y {a_tiempo} a tiempo."
        )
    llegado = a_dos(_porciento(recibidos, exigidos)) if exigidos else None
    return Cobertura(
        exigidos=exigidos,
        recibidos=recibidos,
        a_tiempo=a_tiempo,
        cobertura=llegado,
        oportunidad=a_dos(_porciento(a_tiempo, exigidos)) if exigidos else None,
        cobertura_insuficiente=llegado is not None and llegado < umbrales.cobertura_minima,
    )


def cobertura_de(
    actividades: Iterable[ActividadMedida], *, umbrales: Umbrales = UMBRALES
) -> Cobertura:
    """La de un grupo de actividades: de lo exigible, lo validado y lo no extemporáneo. §7.6."""
    exigibles = [una for una in actividades if una.exigible]
    validadas = [una for una in exigibles if una.validado]
    a_tiempo = sum(not una.extemporaneo for una in validadas)
    return cobertura(len(exigibles), len(validadas), a_tiempo, umbrales=umbrales)


# ---- dinero, indicadores y periodos (§7.7)


@dataclass(frozen=True)
class Presupuesto:
    """La ejecución de una estructura, en quetzales y en %; None es «entre cero»."""

    vigente: Decimal
    saldo: Decimal
    pct_devengado: Decimal | None
    pct_asignado: Decimal | None
    pct_comprometido: Decimal | None
    sobregiro: bool


@dataclass(frozen=True)
class FilaPresupuesto:
    """Lo que un avance dice de una estructura presupuestaria."""

    institucion: str
    ejercicio: int
    programa_presupuestario: str
    vigente: Decimal
    devengado: Decimal
    asignado: Decimal | None = None

    @property
    def clave(self) -> tuple[str, int, str]:
        """La estructura de la que habla."""
        return (self.institucion, self.ejercicio, self.programa_presupuestario)


@dataclass(frozen=True)
class Estructura:
    """Una estructura contada una vez; `conflicto`: se repitió con otras cifras."""

    institucion: str
    ejercicio: int
    programa_presupuestario: str
    asignado: Decimal | None
    vigente: Decimal
    devengado: Decimal
    pct_devengado: Decimal | None
    sobregiro: bool
    conflicto: bool


@dataclass(frozen=True)
class PresupuestoAgregado:
    """Razón de sumas sobre estructuras distintas, en el orden en que aparecieron."""

    estructuras: tuple[Estructura, ...]
    vigente: Decimal
    devengado: Decimal
    pct_devengado: Decimal | None

    @property
    def conflictos(self) -> tuple[Estructura, ...]:
        """Las que se repitieron con cifras distintas."""
        return tuple(una for una in self.estructuras if una.conflicto)


@dataclass(frozen=True)
class Indicador:
    """Lo recorrido de la base a la meta, en %; recortado a 0–100 sólo para dibujarlo."""

    avance: Decimal | None
    avance_grafica: Decimal | None


@dataclass(frozen=True)
class Meses:
    """Un año en los dos relojes: semestres del plan y cuatrimestres del Estado."""

    s1: Decimal
    s2: Decimal
    c1: Decimal
    c2: Decimal
    c3: Decimal
    total: Decimal


@dataclass(frozen=True)
class PeriodoRectificable:
    """La cantidad de un periodo y, si se rectificó, la nueva y desde qué corte se conoce."""

    periodo: str
    ejecutado: Decimal | None
    rectificado: Decimal | None = None
    conocido_desde: str | None = None


@dataclass(frozen=True)
class Punto:
    """Un periodo de una serie."""

    periodo: str
    acumulado: Decimal
    ejecutado: Decimal


@dataclass(frozen=True)
class Series:
    """Lo mismo visto hoy y como se publicó en cada corte."""

    vigente: tuple[Punto, ...]
    como_se_publico: tuple[Punto, ...]


def porcentaje_de(parte: Numero | None, total: Numero | None) -> Decimal | None:
    """100·parte/total; None si el total es 0 o falta algo."""
    if parte is None or not total:
        return None
    return a_dos(_porciento(parte, total))


def presupuesto(
    *,
    asignado: Numero,
    modificaciones: Numero,
    devengado: Numero,
    comprometido: Numero | None = None,
) -> Presupuesto:
    """La ejecución de una estructura. Regla PRESUPUESTO."""
    vigente = _suma([_no_negativo(asignado, "Lo asignado"), _finito(modificaciones)])
    _no_negativo(vigente, "El presupuesto vigente")
    _no_negativo(devengado, "Lo devengado")
    return Presupuesto(
        vigente=a_dos(vigente),
        saldo=a_dos(_CUENTA.subtract(vigente, devengado)),
        pct_devengado=porcentaje_de(devengado, vigente),
        pct_asignado=porcentaje_de(devengado, asignado),
        pct_comprometido=porcentaje_de(comprometido, vigente),
        sobregiro=devengado > vigente,
    )


def presupuesto_agregado(filas: Iterable[FilaPresupuesto]) -> PresupuestoAgregado:
    """Σ devengado / Σ vigente sobre estructuras distintas. Regla PRESUPUESTO_AGREGADO.

    De una estructura repetida vale la última fila: quien llama las da en orden de validación.
    """
    por_clave: dict[tuple[str, int, str], list[FilaPresupuesto]] = {}
    for fila in filas:
        por_clave.setdefault(fila.clave, []).append(fila)
    ultimas = [repetidas[-1] for repetidas in por_clave.values()]
    vigente = _suma(_no_negativo(fila.vigente, "El presupuesto vigente") for fila in ultimas)
    devengado = _suma(_no_negativo(fila.devengado, "Lo devengado") for fila in ultimas)
    return PresupuestoAgregado(
        estructuras=tuple(_estructura(repetidas) for repetidas in por_clave.values()),
        vigente=a_dos(vigente),
        devengado=a_dos(devengado),
        pct_devengado=porcentaje_de(devengado, vigente),
    )


def _estructura(repetidas: list[FilaPresupuesto]) -> Estructura:
    ultima = repetidas[-1]
    return Estructura(
        *ultima.clave,
        asignado=ultima.asignado,
        vigente=a_dos(ultima.vigente),
        devengado=a_dos(ultima.devengado),
        pct_devengado=porcentaje_de(ultima.devengado, ultima.vigente),
        sobregiro=ultima.devengado > ultima.vigente,
        conflicto=len({(fila.vigente, fila.devengado) for fila in repetidas}) > 1,
    )


def relacion_fisico_financiera(
    ejecutado: Numero | None, pct_devengado: Numero | None
) -> Decimal | None:
    """E entre % devengado; None si no se devengó nada. Regla RELACION_FISICO_FINANCIERA."""
    if ejecutado is None or not pct_devengado:
        return None
    return a_dos(_CUENTA.divide(Decimal(ejecutado), Decimal(pct_devengado)))


def indicador(base: Numero | None, meta: Numero | None, valor: Numero | None) -> Indicador:
    """Avance de base a meta, en cualquier sentido. Regla INDICADOR.

    Puede ser menor que 0 o mayor que 100. None sin base, sin valor, o si meta y base coinciden.
    """
    if base is None or meta is None or valor is None or base == meta:
        return Indicador(None, None)
    recorrido = _CUENTA.subtract(_finito(valor), _finito(base))
    avance = a_dos(_porciento(recorrido, _CUENTA.subtract(_finito(meta), Decimal(base))))
    return Indicador(avance, a_dos(min(max(avance, CERO), CIEN)))


def meses(cantidades: Sequence[Numero]) -> Meses:
    """De doce meses a semestres y cuatrimestres. Regla MESES."""
    if len(cantidades) != 12:
        raise ValueError(f"Un año tiene doce meses, y se dieron {len(cantidades)}.")
    tramos = {"s1": (0, 6), "s2": (6, 12), "c1": (0, 4), "c2": (4, 8), "c3": (8, 12)}
    sumas = {nombre: a_dos(_suma(cantidades[de:a])) for nombre, (de, a) in tramos.items()}
    return Meses(**sumas, total=a_dos(_suma(cantidades)))


def series(meta: Numero, periodos: Sequence[PeriodoRectificable]) -> Series:
    """La serie vigente y la serie como se publicó. Regla RECTIFICACION.

    Los periodos van en orden y su código se ordena como texto («2021-S1» < «2021-S2»).
    """
    hoy, entonces = [], []
    for k, este in enumerate(periodos):
        hasta = periodos[: k + 1]
        hoy.append(_punto(meta, este.periodo, [_cantidad(uno, None) for uno in hasta]))
        publicadas = [_cantidad(uno, este.periodo) for uno in hasta]
        entonces.append(_punto(meta, este.periodo, publicadas))
    return Series(tuple(hoy), tuple(entonces))


def _punto(meta: Numero, periodo: str, cantidades: list[Decimal | None]) -> Punto:
    por_meta = ejecutado_meta(meta, cantidades)
    return Punto(periodo, por_meta.acumulado, por_meta.ejecutado)


def _cantidad(uno: PeriodoRectificable, en: str | None) -> Decimal | None:
    """La que se conocía en el corte de un periodo; con None, la que se conoce hoy."""
    if uno.conocido_desde is None or (en is not None and en < uno.conocido_desde):
        return uno.ejecutado
    return uno.rectificado


def rectificacion_material(
    antes: tuple[Decimal | None, str | None],
    despues: tuple[Decimal | None, str | None],
    *,
    umbrales: Umbrales = UMBRALES,
) -> bool:
    """Si obliga a fe de erratas: cambia el color de la acción, o su E lo bastante.

    Recibe el E guardado y el color, antes y después. Regla RECTIFICACION_MATERIAL.
    """
    (e_antes, color_antes), (e_despues, color_despues) = antes, despues
    puntos = diferencia(e_despues, e_antes)
    if puntos is None:
        return (e_antes, color_antes) != (e_despues, color_despues)
    return color_antes != color_despues or abs(puntos) >= umbrales.puntos_material


# ---- adentro


def _redondo(valor: Numero, paso: Decimal) -> Decimal:
    try:
        # Sumar cero le quita el signo al cero: −0.00 sería el mismo número con otro texto.
        return _CUENTA.add(_CUENTA.quantize(_finito(valor), paso), CERO)
    except InvalidOperation:
        raise ValueError(f"{valor} no cabe en una cifra.") from None


def _suma(valores: Iterable[Numero]) -> Decimal:
    total = CERO
    for valor in valores:
        total = _CUENTA.add(total, _finito(valor))
    return total


def _porciento(parte: Numero, total: Numero) -> Decimal:
    return _CUENTA.divide(_CUENTA.multiply(CIEN, _finito(parte)), _finito(total))


def _finito(valor: Numero) -> Decimal:
    """Exacto y finito: ni flotante, ni texto, ni NaN, ni infinito."""
    if isinstance(valor, bool) or not isinstance(valor, Decimal | int):
        raise ValueError(f"{valor!r} no es un número decimal.")  # noqa: TRY004 - se promete ValueError
    exacto = Decimal(valor)
    if not exacto.is_finite():
        raise ValueError(f"{valor} no es una cifra.")
    return exacto


def _no_negativo(valor: Numero, nombre: str) -> Decimal:
    exacto = _finito(valor)
    if exacto < 0:
        raise ValueError(f"{nombre} no puede ser negativo, y es {valor}.")
    return exacto


def _puntos(valor: Numero, nombre: str) -> Decimal:
    exacto = _finito(valor)
    if not 0 <= exacto <= CIEN:
        raise ValueError(f"{nombre} va de 0 a 100, y es {valor}.")
    return exacto


def _pesos_de_hitos(pesos: Iterable[Numero]) -> None:
    """Suman 100; que falten (una matriz a medio escribir) da menos, que sobren no se acepta."""
    pesos = [_finito(peso) for peso in pesos]
    if any(peso <= 0 for peso in pesos) or _suma(pesos) > CIEN:
        raise ValueError("Los pesos de los hitos son mayores que cero y suman 100.")


def _situacion(situacion: str) -> str:
    if situacion not in SITUACIONES:
        raise ValueError(f"No hay una situación {situacion!r}.")
    return situacion


def _modo(modo: str) -> str:
    if modo not in MODOS:
        raise ValueError(f"No hay un modo {modo!r}.")
    return modo
