"""Buscar por código o palabras en el plan y sus matrices, dentro de lo que la persona ve.

Recibe las filas ya acotadas: primero lo visible, después lo que coincide y sólo entonces el orden
y el recorte. El texto de una actividad se busca sólo entre las que la persona puede leer; las
demás se hallan por su código, que sí se le muestra.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Model, Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from acciones.models import AccionEstrategica, ObjetivoEspecifico, Plan
from instituciones.models import Rol, Usuario
from instituciones.plegado import plegar, plegar_letra
from matrices import permisos
from matrices.models import Actividad

CODIGO = re.compile(r"\d{1,4}(?:\.\d{1,4}){1,4}", re.ASCII)
PALABRAS = 8
TOPE = 500
VENTANA = 280


@dataclass(frozen=True)
class Consulta:
    """Lo pedido: palabras plegadas y códigos, que deben coincidir todos; y el texto como llegó."""

    texto: str
    palabras: tuple[str, ...]
    codigos: tuple[str, ...]

    @property
    def vacia(self) -> bool:
        """Si no trae con qué buscar."""
        return not (self.palabras or self.codigos)


def leer(texto: str) -> Consulta:
    """Parte lo escrito; las letras sueltas no cuentan si hay más que buscar."""
    trozos = texto.split()
    codigos = [trozo.strip(".") for trozo in trozos if CODIGO.fullmatch(trozo.strip("."))]
    resto = " ".join(t for t in trozos if t.strip(".") not in codigos)
    palabras = dict.fromkeys(una for una in plegar(resto).split() if len(una) > 1)
    return Consulta(texto, tuple(palabras)[:PALABRAS], tuple(codigos)[:PALABRAS])


class Llave(NamedTuple):
    """De qué clase es lo hallado y cuál es."""

    tipo: str
    pk: int


class Visibles(NamedTuple):
    """Lo que la persona ve, clase por clase, y de quién se trata."""

    usuario: Usuario
    plan: QuerySet[Plan]
    objetivo: QuerySet[ObjetivoEspecifico]
    accion: QuerySet[AccionEstrategica]
    actividad: QuerySet[Actividad]


def hallar(consulta: Consulta, visibles: Visibles) -> list[Llave]:
    """Lo que coincide, de lo general a lo particular y en el orden del plan; hasta TOPE y uno."""
    if consulta.vacia:
        return []
    plan, accion = "objetivo__programa__plan__inicio", "matriz__accion__"
    filas: dict[str, QuerySet[Any]] = {
        "plan": visibles.plan.filter(_coincide(consulta, lambda codigo: Q(pk=None))).order_by(
            "-inicio"
        ),
        "objetivo": visibles.objetivo.filter(
            _coincide(consulta, lambda codigo: Q(codigo=codigo))
        ).order_by("-programa__plan__inicio", "programa__numero", "codigo"),
        "accion": visibles.accion.filter(
            _coincide(consulta, lambda codigo: _bajo(codigo, "codigo")) | _reserva(consulta)
        ).order_by(f"-{plan}", "orden"),
        "actividad": visibles.actividad.filter(
            _coincide(consulta, _de_la_actividad, _legible(visibles.usuario)) | _reserva(consulta)
        ).order_by(f"-{accion}{plan}", f"{accion}orden", "numero"),
    }
    halladas: list[Llave] = []
    for tipo, cuales in filas.items():
        faltan = TOPE + 1 - len(halladas)
        halladas += [Llave(tipo, pk) for pk in cuales.values_list("pk", flat=True)[:faltan]]
    return halladas


def _coincide(consulta: Consulta, codigo: Any, legible: Q | None = None) -> Q:
    """Cada palabra comienza una del texto, si se puede leer, y cada código es el suyo."""
    todo = Q()
    for una in consulta.palabras:
        todo &= Q(plegado__startswith=una) | Q(plegado__contains=f" {una}")
    if consulta.palabras and legible is not None:
        todo &= legible
    for uno in consulta.codigos:
        todo &= codigo(uno)
    return todo


def _bajo(codigo: str, columna: str) -> Q:
    return Q(**{columna: codigo}) | Q(**{f"{columna}__startswith": f"{codigo}."})


def _de_la_actividad(codigo: str) -> Q:
    """1.1.3 da todas las de esa acción; 1.1.3.2, la segunda."""
    accion, _punto, numero = codigo.rpartition(".")
    suya = Q(matriz__accion__codigo=accion, numero=int(numero))
    return suya | _bajo(codigo, "matriz__accion__codigo")


def _reserva(consulta: Consulta) -> Q:
    """Lo que cae bajo una resolución de reserva, por su número."""
    return Q(resolucion__numero=consulta.texto)


def _legible(usuario: Usuario) -> Q:
    """`permisos.puede_leer` de una actividad, dicho a la base."""
    suya = usuario.institucion_id
    leen = {clase for clase, roles in permisos.LEEN.items() if usuario.rol in roles}
    revisa = leen & permisos.SOLO_QUIEN_REVISA if usuario.rol == Rol.ANALISTA else set()
    legible = Q()
    for columna in ("clasificacion", "matriz__accion__clasificacion"):
        legible &= Q(**{f"{columna}__in": leen - revisa}) | Q(
            **{f"{columna}__in": revisa}, responsable__revisora=suya
        )
    if usuario.rol in {Rol.PLANIFICADOR, Rol.APROBADOR}:
        legible |= Q(responsable=suya)
    return legible


# Lo que se muestra -----------------------------------------------------------------------------


class Hallazgo(NamedTuple):
    """Un renglón de la lista: qué es, de qué plan, su texto con lo buscado resaltado y dónde."""

    nombre: str
    plan: str
    texto: SafeString
    url: str


def mostrar(llaves: Iterable[Llave], consulta: Consulta, visibles: Visibles) -> list[Hallazgo]:
    """Los renglones de una página, en su orden; a lo sumo una consulta por clase."""
    llaves = list(llaves)
    filas: dict[Llave, Model] = {}
    for tipo, cuales in _con_su_lugar(visibles).items():
        claves = [llave.pk for llave in llaves if llave.tipo == tipo]
        if claves:
            filas |= {Llave(tipo, fila.pk): fila for fila in cuales.filter(pk__in=claves)}
    return [
        DICEN[llave.tipo](filas[llave], consulta, visibles.usuario)
        for llave in llaves
        if llave in filas
    ]


def _con_su_lugar(visibles: Visibles) -> dict[str, QuerySet[Any]]:
    return {
        "plan": visibles.plan,
        "objetivo": visibles.objetivo.select_related("programa__plan"),
        "accion": visibles.accion.select_related("objetivo__programa__plan"),
        "actividad": visibles.actividad.select_related(
            "responsable", "matriz__accion__objetivo__programa__plan"
        ),
    }


def _del_plan(plan: Plan, consulta: Consulta, usuario: Usuario) -> Hallazgo:
    texto = resaltar(plan.nombre, consulta.palabras)
    return Hallazgo("Plan", plan.sigla, texto, plan.get_absolute_url())


def _del_objetivo(objetivo: ObjetivoEspecifico, consulta: Consulta, usuario: Usuario) -> Hallazgo:
    plan = objetivo.programa.plan
    enlace = f"{plan.get_absolute_url()}#programa-{objetivo.programa.numero}"
    texto = resaltar(objetivo.enunciado, consulta.palabras)
    return Hallazgo(f"{plan.nivel('objetivo')} {objetivo.codigo}", plan.sigla, texto, enlace)


def _de_la_accion(accion: AccionEstrategica, consulta: Consulta, usuario: Usuario) -> Hallazgo:
    plan = accion.objetivo.programa.plan
    enlace = reverse("matrices:accion", args=[plan.codigo, accion.codigo])
    texto = resaltar(accion.enunciado, consulta.palabras)
    return Hallazgo(f"{plan.nivel('accion')} {accion.codigo}", plan.sigla, texto, enlace)


def _de_una_actividad(actividad: Actividad, consulta: Consulta, usuario: Usuario) -> Hallazgo:
    accion = actividad.matriz.accion
    plan = accion.objetivo.programa.plan
    enlace = reverse("matrices:accion", args=[plan.codigo, accion.codigo])
    if permisos.puede_leer(usuario, actividad):
        texto = resaltar(actividad.descripcion, consulta.palabras)
    else:
        texto = format_html("[{}]", actividad.get_clasificacion_display())
    return Hallazgo(
        f"{plan.nivel('actividad')} {actividad} · {actividad.responsable}",
        plan.sigla,
        texto,
        f"{enlace}#actividad-{actividad.numero}",
    )


DICEN: dict[str, Any] = {
    "plan": _del_plan,
    "objetivo": _del_objetivo,
    "accion": _de_la_accion,
    "actividad": _de_una_actividad,
}


def resaltar(texto: str, palabras: Sequence[str]) -> SafeString:
    """El texto, recortado alrededor de lo primero que coincide y con cada coincidencia marcada.

    Se busca en el texto plegado y se marca el original: «órgano» al buscar «organo».
    """
    plegado, lugares = _plegado_con_lugares(texto)
    tramos = _juntos(
        (lugares[halla.start()], lugares[halla.end() - 1] + 1)
        for palabra in palabras
        for halla in re.finditer(rf"(?<!\S){re.escape(palabra)}", plegado)
    )
    desde, hasta = _ventana(texto, tramos[0][0] if tramos else 0)
    trozos, ultimo = [], desde
    for empieza, termina in tramos:
        if empieza >= desde and termina <= hasta:
            trozos.append((texto[ultimo:empieza], texto[empieza:termina]))
            ultimo = termina
    return format_html(
        "{}{}{}{}",
        "…" if desde else "",
        format_html_join("", "{}<mark>{}</mark>", trozos) if trozos else mark_safe(""),
        texto[ultimo:hasta],
        "…" if hasta < len(texto) else "",
    )


def _plegado_con_lugares(texto: str) -> tuple[str, list[int]]:
    """El texto plegado letra por letra, y de qué lugar del original viene cada una."""
    letras: list[str] = []
    lugares: list[int] = []
    for lugar, letra in enumerate(texto):
        plegada = plegar_letra(letra)
        letras.append(plegada)
        lugares += [lugar] * len(plegada)
    return "".join(letras), lugares


def _juntos(tramos: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Los tramos en orden, unidos los que se tocan."""
    unidos: list[tuple[int, int]] = []
    for empieza, termina in sorted(tramos):
        if unidos and empieza <= unidos[-1][1]:
            unidos[-1] = (unidos[-1][0], max(termina, unidos[-1][1]))
        else:
            unidos.append((empieza, termina))
    return unidos


def _ventana(texto: str, centro: int) -> tuple[int, int]:
    """De dónde a dónde se muestra un texto largo, sin partir palabras."""
    if len(texto) <= VENTANA:
        return 0, len(texto)
    desde = max(0, min(centro - VENTANA // 3, len(texto) - VENTANA))
    hasta = desde + VENTANA
    if desde:
        espacio = texto.find(" ", desde, centro)
        desde = espacio + 1 if espacio >= 0 else desde
    if hasta < len(texto):
        espacio = texto.rfind(" ", desde + 1, hasta)
        hasta = espacio if espacio > centro else hasta
    return desde, hasta
