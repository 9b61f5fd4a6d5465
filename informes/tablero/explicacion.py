"""Por qué una cifra: el árbol de pesos hasta las actividades, con números, firmas y evidencia.

Se recalcula desde lo guardado y, si el semestre ya se cortó, se coteja con lo sellado. Las cifras
de las acciones son de toda persona de adentro; las de una actividad que no ve, no se le dicen, ni
la cuenta de la que se deducirían.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import Http404

from acciones.models import AccionEstrategica, Responsabilidad
from informes.contenido import Contenido
from informes.tablero.semestres import corte_que_vale, resumenes
from instituciones.models import Usuario
from matrices import calculo, consultas, formulas, panorama, permisos
from matrices.formulas import Formula
from matrices.models import Actividad, Avance, Evidencia, Movimiento, Periodo

NIVELES = {
    "plan": "El plan",
    "programa": "Programa",
    "objetivo": "Objetivo",
    "ambito": "Ámbito",
    "celda": "Ámbito y programa",
    "institucion": "Institución rectora",
    "accion": "Acción",
    "actividad": "Actividad",
}


@dataclass(frozen=True)
class Firma:
    """Quién validó la cifra que cuenta, cuándo y en qué semestre."""

    quien: str
    momento: datetime
    periodo: str


@dataclass
class Hoja:
    """Una actividad como entra en su acción. Si no `se_ve`, sólo se sabe que existe."""

    avance: Avance
    se_ve: bool
    se_nombra: bool = False
    legible: bool = False
    ejecutado: Formula | None = None
    programado: Formula | None = None
    firma: Firma | None = None
    evidencias: list[Evidencia] = field(default_factory=list)

    @property
    def actividad(self) -> Actividad:
        return self.avance.actividad

    @property
    def numero(self) -> str:
        """El de la actividad, para su dirección: sin la coma de los miles."""
        return str(self.actividad.numero)


@dataclass
class Rama:
    """Una acción con sus cifras, su cuenta y sus actividades."""

    accion: AccionEstrategica
    resultado: calculo.ResultadoAccion
    hojas: list[Hoja] = field(default_factory=list)
    ejecutado: Formula | None = None
    programado: Formula | None = None
    sellado: Any = None

    @property
    def calladas(self) -> int:
        """Cuántas de sus actividades no se le muestran con cifras a la persona."""
        return sum(not hoja.se_ve for hoja in self.hojas)

    @property
    def difiere(self) -> bool:
        """Si lo recalculado no es lo que el corte selló."""
        return self.sellado is not None and difieren(self.resultado, self.sellado)


@dataclass
class Explicacion:
    """Lo que la página muestra de una cifra."""

    nivel: str
    codigo: str
    nombre: str
    periodo: Periodo
    medida: calculo.Medida
    ramas: list[Rama]
    umbrales: calculo.Umbrales
    ejecutado: Formula | None = None
    programado: Formula | None = None
    sellado: Any = None
    hoja: Hoja | None = None

    @property
    def que_es(self) -> str:
        """El nombre de su nivel, el que le da el plan si es suyo."""
        return str(self.periodo.plan.niveles.get(self.nivel) or NIVELES[self.nivel])

    @property
    def indice(self) -> Formula:
        return formulas.indice(self.medida.ejecutado, self.medida.programado)

    @property
    def brecha(self) -> Formula:
        return formulas.brecha(self.medida.ejecutado, self.medida.programado)

    @property
    def cobertura(self) -> Formula | None:
        """Lo recibido entre lo exigido; None si es una actividad, que no la tiene."""
        if not isinstance(self.medida, calculo.ResultadoNivel | calculo.ResultadoAccion):
            return None
        return formulas.cobertura(self.medida)

    @property
    def color(self) -> str:
        return formulas.regla_del_color(self.medida, self.umbrales)

    @property
    def difiere(self) -> bool:
        """Si lo recalculado no es lo sellado, aquí o en una de sus acciones."""
        propia = self.sellado is not None and difieren(self.medida, self.sellado)
        return propia or any(rama.difiere for rama in self.ramas)


def difieren(medida: calculo.Medida, sellado: Any) -> bool:
    """Si E, P o el color de dos cifras son otros."""
    return (medida.ejecutado, medida.programado, str(medida.semaforo or "ND")) != (
        sellado.ejecutado,
        sellado.programado,
        sellado.semaforo,
    )


def explicar(periodo: Periodo, nivel: str, codigo: str, usuario: Usuario) -> Explicacion:
    """El árbol de una cifra; Http404 si ese nivel o ese código no hay. Consultas constantes."""
    accion, _punto, numero = codigo.rpartition(".") if nivel == "actividad" else (codigo, "", "")
    acciones, nombre = _acciones(periodo, nivel, accion, usuario)
    umbrales = consultas.umbrales_de(periodo.plan, periodo.corte)
    ramas = _ramas(periodo, acciones, umbrales, usuario)
    sellado = _sellado(periodo, usuario)
    for rama in ramas:
        rama.sellado = _de_la_accion(sellado, rama.accion.codigo)
    if nivel == "actividad":
        return _de_la_actividad(periodo, codigo, numero, ramas[0], umbrales)
    if nivel == "accion":
        rama = ramas[0]
        return Explicacion(
            nivel, codigo, nombre, periodo, rama.resultado, ramas, umbrales,
            rama.ejecutado, rama.programado, rama.sellado,
        )  # fmt: skip
    ejecutado, programado, medida = _de_un_nivel(ramas, umbrales)
    return Explicacion(
        nivel, codigo, nombre, periodo, medida, ramas, umbrales,
        ejecutado, programado, _del_nivel(sellado, nivel, codigo),
    )  # fmt: skip


def _de_un_nivel(
    ramas: list[Rama], umbrales: calculo.Umbrales
) -> tuple[Formula, Formula, calculo.ResultadoNivel]:
    """Las cuentas de E y de P de un nivel, y lo que dan: la media de sus acciones."""
    medidas = [panorama.como_medida(panorama.Rama(uno.accion, uno.resultado)) for uno in ramas]
    medida = calculo.nivel(medidas, umbrales=umbrales)
    computan = [una for una in medidas if una.semaforo not in calculo.SE_CUENTAN_APARTE]
    iguales = [None] * len(computan)
    return (
        formulas.media([una.ejecutado for una in computan], iguales, medida.ejecutado),
        formulas.media([una.programado for una in computan], iguales, medida.programado),
        medida,
    )


def _de_la_actividad(
    periodo: Periodo, codigo: str, numero: str, rama: Rama, umbrales: calculo.Umbrales
) -> Explicacion:
    """La de una actividad; quien no la ve, como si no existiera."""
    hoja = next(
        (una for una in rama.hojas if str(una.actividad.numero) == numero and una.se_ve), None
    )
    if hoja is None:
        raise Http404
    avance = hoja.avance
    medida = calculo.semaforo_actividad(
        situacion=avance.situacion_medida,
        ejecutado=avance.ejecutado_que_cuenta,
        programado=avance.programado,
        fin_vigente=avance.fin_medido or hoja.actividad.fin_vigente,
        corte=periodo.corte,
        exigible=avance.exigible,
        validado=avance.validado,
        umbrales=umbrales,
    )
    nombre = hoja.actividad.descripcion if hoja.legible else ""
    return Explicacion(
        "actividad", codigo, nombre, periodo, medida, [], umbrales,
        hoja.ejecutado, hoja.programado, None, hoja,
    )  # fmt: skip


# ---- qué acciones, y cómo se llama lo que se explica


def _acciones(
    periodo: Periodo, nivel: str, codigo: str, usuario: Usuario
) -> tuple[list[AccionEstrategica], str]:
    rige = Responsabilidad.objects.filter(
        rol=Responsabilidad.Papel.RECTORA, institucion__sigla=codigo
    )
    visibles = AccionEstrategica.objects.visibles_para(usuario).del_plan(periodo.plan)
    visibles = visibles.select_related("objetivo__programa__plan", "objetivo__ambito")
    ambito, _punto, programa = codigo.rpartition(".")
    filas: dict[str, Callable[[], Any]] = {
        "plan": lambda: visibles if codigo == periodo.plan.codigo else visibles.none(),
        "programa": lambda: visibles.filter(objetivo__programa__numero=_numero(codigo)),
        "objetivo": lambda: visibles.filter(objetivo__codigo=codigo),
        "ambito": lambda: visibles.filter(objetivo__ambito__codigo=codigo),
        "celda": lambda: visibles.filter(
            objetivo__ambito__codigo=ambito, objetivo__programa__numero=_numero(programa)
        ),
        "institucion": lambda: visibles.filter(pk__in=rige.values("accion")),
        "accion": lambda: visibles.filter(codigo=codigo),
        "actividad": lambda: visibles.filter(codigo=codigo),
    }
    acciones = list(filas[nivel]()) if nivel in filas else []
    if not acciones:
        raise Http404
    primera = acciones[0]
    nombres = {
        "plan": periodo.plan.nombre,
        "programa": primera.objetivo.programa.nombre,
        "objetivo": primera.objetivo.enunciado,
        "ambito": primera.objetivo.ambito.nombre,
        "celda": f"{primera.objetivo.ambito.nombre}, {primera.objetivo.programa.nombre}",
        "institucion": codigo,
    }
    return acciones, nombres.get(nivel, primera.enunciado)


def _numero(codigo: str) -> str:
    """El de un programa; «-1», que no hay, si no se entiende."""
    return codigo if codigo.isascii() and codigo.isdecimal() and len(codigo) < 6 else "-1"


# ---- las ramas y sus hojas


def _ramas(
    periodo: Periodo,
    acciones: list[AccionEstrategica],
    umbrales: calculo.Umbrales,
    usuario: Usuario,
) -> list[Rama]:
    claves = [una.pk for una in acciones]
    filas = Avance.objects.filter(periodo=periodo, actividad__matriz__accion__in=claves)
    avances = list(formulas.con_sus_terminos(filas))
    hojas = _hojas(periodo, avances, usuario)
    por_accion: dict[int, list[Hoja]] = defaultdict(list)
    for hoja in hojas:
        por_accion[hoja.actividad.matriz.accion_id].append(hoja)
    return [_rama(una, por_accion[una.pk], periodo, umbrales) for una in acciones]


def _rama(
    accion: AccionEstrategica, hojas: list[Hoja], periodo: Periodo, umbrales: calculo.Umbrales
) -> Rama:
    medidas = [panorama.medida_de(hoja.avance) for hoja in hojas]
    resultado = calculo.accion(medidas, corte=periodo.corte, umbrales=umbrales)
    rama = Rama(accion, resultado, hojas)
    if not rama.calladas:
        vivas = [una for una in medidas if una.situacion != calculo.CANCELADA]
        pesos = [una.peso for una in vivas]
        rama.ejecutado = formulas.media(
            [una.ejecutado for una in vivas], pesos, resultado.ejecutado
        )
        rama.programado = formulas.media(
            [una.programado for una in vivas], pesos, resultado.programado
        )
    return rama


def _hojas(periodo: Periodo, avances: list[Avance], usuario: Usuario) -> list[Hoja]:
    """Cada avance, con lo que la persona puede ver y leer de él."""
    claves = {uno.actividad_id for uno in avances}
    se_ven = set(
        Avance.objects.visibles_para(usuario)
        .filter(periodo=periodo, actividad__in=claves)
        .values_list("pk", flat=True)
    )
    se_nombran = set(
        Actividad.objects.visibles_para(usuario).filter(pk__in=claves).values_list("pk", flat=True)
    )
    hojas = [
        Hoja(
            uno,
            se_ve=uno.pk in se_ven,
            se_nombra=uno.actividad_id in se_nombran,
            legible=uno.actividad_id in se_nombran and permisos.puede_leer(usuario, uno.actividad),
        )
        for uno in avances
    ]
    a_la_vista = [hoja for hoja in hojas if hoja.se_ve]
    historias = consultas.historias(hoja.avance.actividad_id for hoja in a_la_vista)
    firmas, que_cuentan = _firmas(periodo, a_la_vista, usuario)
    evidencias = _evidencias(que_cuentan, usuario)
    for hoja in a_la_vista:
        clave = hoja.avance.actividad_id
        hoja.ejecutado = formulas.ejecutado(hoja.actividad, historias[clave], hoja.avance)
        hoja.programado = formulas.programado(hoja.avance)
        hoja.firma = firmas.get(clave)
        hoja.evidencias = evidencias[que_cuentan.get(clave, 0)]
    return hojas


def _firmas(
    periodo: Periodo, hojas: Iterable[Hoja], usuario: Usuario
) -> tuple[dict[int, Firma], dict[int, int]]:
    """Por actividad, quién validó lo último que cuenta hasta ese periodo, y en qué avance."""
    pasos = Movimiento.objects.visibles_para(usuario).filter(
        paso="validar",
        avance__estado__in=Avance.VALIDADOS,
        avance__actividad__in=[hoja.avance.actividad_id for hoja in hojas],
        avance__periodo__corte__lte=periodo.corte,
    )
    firmas, avances = {}, {}
    filas = pasos.select_related("por", "avance__periodo").defer("contenido", "nota")
    for paso in filas.order_by("avance__periodo__corte", "pk"):
        clave = paso.avance.actividad_id
        firmas[clave] = Firma(
            str(paso.por or "el sistema"), paso.momento, paso.avance.periodo.codigo
        )
        avances[clave] = paso.avance_id
    return firmas, avances


def _evidencias(avances: dict[int, int], usuario: Usuario) -> dict[int, list[Evidencia]]:
    """Por avance, los documentos que la persona puede leer."""
    visibles = Evidencia.objects.visibles_para(usuario).filter(avance__in=avances.values())
    por_avance: dict[int, list[Evidencia]] = defaultdict(list)
    filas = visibles.con_su_actividad().select_related(
        "avance__actividad__responsable", "rectificacion"
    )
    for una in filas:
        if permisos.puede_leer_ahora(usuario, una.avance) and permisos.puede_leer(usuario, una):
            por_avance[una.avance_id].append(una)
    return por_avance


# ---- lo sellado


def _sellado(periodo: Periodo, usuario: Usuario) -> Contenido | None:
    """El resumen del corte que rige, si el semestre se cortó."""
    corte = corte_que_vale(periodo, "")
    return resumenes(usuario, {corte}).get(corte) if corte else None


def _de_la_accion(sellado: Contenido | None, codigo: str) -> Any:
    filas = sellado.acciones if sellado else ()
    return next((una for una in filas if una.codigo == codigo), None)


def _del_nivel(sellado: Contenido | None, nivel: str, codigo: str) -> Any:
    if sellado is None:
        return None
    if nivel == "institucion":
        return next((una for una in sellado.instituciones if una.sigla == codigo), None)
    if nivel == "celda":
        return next((c for c in sellado.cuadricula if f"{c.ambito}.{c.programa}" == codigo), None)
    suyos = sellado.del_nivel(nivel.upper())
    return next((uno for uno in suyos if uno.codigo == codigo), None)
