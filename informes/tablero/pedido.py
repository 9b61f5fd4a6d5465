"""Qué se pide ver: semestre, contra cuál, con qué vista y con qué filtros; y lo que eso muestra.

Todo va en la dirección. Lo que no existe se contesta como tal; aquí no se dibuja.
"""

from dataclasses import dataclass, fields, replace

from django import forms
from django.http import Http404, QueryDict

from informes import consolidacion
from informes.contenido import PLAN, SIN_COLOR, Accion, Contenido, Institucion, Nivel, Punto
from informes.tablero import semestres as cuales
from informes.tablero import vivo
from informes.tablero.semestres import Semestre
from instituciones.models import Usuario
from matrices import calculo
from matrices.calculo import ASPECTOS

NINGUNO = "ninguno"
NO_CORTAN = {  # por nivel, los filtros que lo dejan entero: su cifra sigue siendo la suya
    "programa": {"programa"},
    "objetivo": {"programa", "ambito", "objetivo"},
    "ambito": {"ambito"},
    "celda": {"programa", "ambito"},
    "institucion": {"institucion"},
}


class Ilegible(Exception):
    """La dirección pide algo que no se entiende."""


@dataclass(frozen=True)
class Filtros:
    """Qué acciones entran; vacío es «todas». `institucion` es la rectora."""

    programa: str = ""
    objetivo: str = ""
    ambito: str = ""
    institucion: str = ""
    color: str = ""

    def pasa(self, accion: Accion) -> bool:
        """Si la acción cumple todos los que se dieron."""
        suyos = (accion.programa, accion.objetivo, accion.ambito, accion.rectora, accion.semaforo)
        pedidos = (getattr(self, uno.name) for uno in fields(self))
        return all(
            not pedido or pedido == suyo for pedido, suyo in zip(pedidos, suyos, strict=True)
        )

    @property
    def dados(self) -> dict[str, str]:
        """Los que se pidieron, por nombre."""
        return {nombre: dado for nombre, dado in vars(self).items() if dado}

    @property
    def hay(self) -> bool:
        """Si se pidió alguno."""
        return self != Filtros()


@dataclass(frozen=True)
class Pedido:
    """Lo que la dirección dice, ya resuelto contra los semestres del plan."""

    semestres: list[Semestre]
    semestre: Semestre
    contra: Semestre | None
    vista: str
    filtros: Filtros
    otro_plan: str = ""

    @classmethod
    def de(cls, datos: QueryDict, semestres: list[Semestre]) -> "Pedido":
        """Sin semestre pedido, el último cortado; si ninguno, el que corre.

        Http404 ante un semestre que no hay; Ilegible ante una vista que no existe.
        """
        por_codigo = {uno.codigo: uno for uno in semestres}
        cortado = next((uno for uno in semestres if uno.ultimo_corte), semestres[0])
        semestre = por_codigo.get(datos.get("periodo") or cortado.codigo)
        if semestre is None:
            raise Http404
        vista = datos.get("vista") or cuales.RECTIFICADA
        if vista not in {cuales.PUBLICADA, cuales.RECTIFICADA}:
            raise Ilegible(f"No hay una vista «{vista}».")
        return cls(
            semestres=semestres,
            semestre=semestre,
            contra=_contra(datos.get("contra", ""), semestre, semestres),
            vista=vista,
            filtros=Filtros(**{uno.name: datos.get(uno.name, "") for uno in fields(Filtros)}),
            otro_plan=datos.get("plan", ""),
        )

    @property
    def nivel(self) -> tuple[str, str] | None:
        """De qué nivel del plan es lo que se muestra, y su código; None si de ninguno.

        Son los de `explicacion.NIVELES`: sin filtros el plan, y con uno o con ámbito y programa,
        el suyo.
        """
        dados = self.filtros.dados
        if not dados:
            return "plan", self.semestre.plan.codigo
        if dados.keys() == {"ambito", "programa"}:
            return "celda", f"{dados['ambito']}.{dados['programa']}"
        unico = next(iter(dados.items()))
        return unico if len(dados) == 1 and "color" not in dados else None

    @property
    def enteros(self) -> set[str]:
        """Los niveles que los filtros no cortan: lo que se muestra de ellos es su cifra."""
        dados = self.filtros.dados.keys()
        return {nivel for nivel, caben in NO_CORTAN.items() if dados <= caben}

    @property
    def parametros(self) -> QueryDict:
        """La dirección que lo pide, con sólo lo que cambia algo y siempre en el mismo orden."""
        datos = QueryDict(mutable=True)
        dichos = {
            "plan": self.otro_plan,
            "periodo": self.semestre.codigo,
            "contra": self.contra.codigo if self.contra else NINGUNO,
            "vista": self.vista if self.vista == cuales.PUBLICADA else "",
            **vars(self.filtros),
        }
        datos.update({clave: valor for clave, valor in dichos.items() if valor})
        return datos


def _contra(pedido: str, semestre: Semestre, semestres: list[Semestre]) -> Semestre | None:
    """El que se pidió; si no se dijo, el anterior; ninguno si así se pidió o no hay."""
    otros = [uno for uno in semestres if uno != semestre]
    if pedido and pedido != NINGUNO:
        elegido = next((uno for uno in otros if uno.codigo == pedido), None)
        if elegido is None and pedido != semestre.codigo:
            raise Http404
        return elegido
    anteriores = [uno for uno in otros if uno.corte < semestre.corte]
    return anteriores[0] if anteriores and not pedido else None


class Vista:
    """Lo que un tablero enseña de un contenido, de adentro o público, en el orden en que se lee."""

    contenido: Contenido

    @property
    def mosaico(self) -> list[tuple[Nivel, list[tuple[Nivel, list[Accion]]]]]:
        """Programas, sus objetivos y las acciones de cada uno, en el orden del plan."""
        c = self.contenido
        return [
            (
                programa,
                [
                    (objetivo, [una for una in c.acciones if una.objetivo == objetivo.codigo])
                    for objetivo in c.objetivos
                    if objetivo.padre == programa.codigo
                ],
            )
            for programa in c.programas
        ]

    @property
    def de_peor_a_mejor(self) -> list[Accion]:
        """Las acciones con brecha, la peor primero."""
        con_brecha = [una for una in self.contenido.acciones if una.brecha is not None]
        return sorted(con_brecha, key=lambda una: (una.brecha, una.orden))

    @property
    def con_dinero(self) -> list[Accion]:
        """Las que tienen presupuesto, la que menos ha hecho por lo que gastó primero."""
        tienen = [una for una in self.contenido.acciones if una.pct_devengado is not None]
        return sorted(
            tienen,
            key=lambda una: (una.fisico_financiero is None, una.fisico_financiero or 0, una.orden),
        )

    @property
    def rectoras(self) -> list[Institucion]:
        """Las instituciones que rigen o responden de algo, la de peor brecha primero."""
        hacen = [
            una for una in self.contenido.instituciones if una.rectora_de or una.responsable_de
        ]
        return sorted(hacen, key=lambda una: (una.brecha is None, una.brecha or 0, una.sigla))

    @property
    def colores(self) -> list[tuple[str, int]]:
        """Cuántas acciones hay de cada color, en el orden del semáforo."""
        cuenta = self.contenido.total.por_semaforo
        return [(codigo, cuenta[codigo]) for codigo in ASPECTOS if cuenta.get(codigo)]


@dataclass(frozen=True)
class Tablero(Vista):
    """Lo que se muestra: todo el plan (para los filtros) y lo pedido, ya comparado."""

    pedido: Pedido
    completo: Contenido
    contenido: Contenido

    @property
    def antes(self) -> calculo.Medida:
        """El total en el semestre con que se compara; sin otro, todo «n/d»."""
        suyo = self.contenido.total
        hecho, debido = suyo.ejecutado_anterior, suyo.programado_anterior
        return calculo.Medida(
            hecho, debido, calculo.indice(hecho, debido), calculo.brecha(hecho, debido), None
        )

    @property
    def fuente(self) -> str:
        """De dónde salen las cifras."""
        return fuente_de(self.pedido.semestre, self.pedido.vista, self.contenido)


def fuente_de(semestre: Semestre, vista: str, contenido: Contenido) -> str:
    """«Corte 1 de 2024-S1, al 30/06/2024»; o lo validado hasta hoy del que no se cortó."""
    if not contenido.corte.numero:
        dicho = (
            f"{semestre}, sin cortar: lo validado hasta hoy, medido al {semestre.corte:%d/%m/%Y}"
        )
    else:
        como = ", como se publicó" if vista == cuales.PUBLICADA else ""
        dicho = f"Corte {contenido.corte.numero} de {semestre}{como}, al {semestre.corte:%d/%m/%Y}"
    return f"{dicho}. Fuente: avances validados por STCNS"


def armar(pedido: Pedido, usuario: Usuario) -> Tablero:
    """Lee el semestre pedido y el otro, recorta y compara. A lo sumo cuatro consultas.

    Ilegible si un filtro no nombra nada del plan.
    """
    completo, otro = _contenidos(pedido, usuario)
    _comprobar(pedido.filtros, completo)
    contenido = completo
    if pedido.filtros.hay:
        codigos = {una.codigo for una in completo.acciones if pedido.filtros.pasa(una)}
        contenido = consolidacion.recortar(completo, codigos)
        contenido = replace(contenido, serie=_serie_de(contenido))
        otro = consolidacion.recortar(otro, codigos) if otro else None
    return Tablero(pedido, completo, consolidacion.frente_a(contenido, otro))


def _contenidos(pedido: Pedido, usuario: Usuario) -> tuple[Contenido, Contenido | None]:
    semestre, contra, vista = pedido.semestre, pedido.contra, pedido.vista
    cortados = [uno for uno in pedido.semestres if uno.corte < semestre.corte and uno.ultimo_corte]
    previo = cortados[0] if cortados else None
    sin_cortar = semestre.ultimo_corte is None
    usados = [semestre, contra, previo if sin_cortar else None]
    claves = {uno.codigo: cuales.corte_que_vale(uno, vista) for uno in usados if uno}
    leidos = cuales.resumenes(usuario, set(claves.values()))

    def contenido_de(uno: Semestre | None) -> Contenido | None:
        if uno is None:
            return None
        corte = claves[uno.codigo]
        return leidos[corte] if corte else vivo.hasta_hoy(uno, usuario)

    completo = contenido_de(semestre)
    if completo is None:
        raise Ilegible("Sin semestre no hay tablero.")
    if sin_cortar:
        serie = consolidacion.serie(completo, contenido_de(previo))
        completo = replace(completo, serie=serie)
    return completo, contenido_de(contra)


def _comprobar(filtros: Filtros, contenido: Contenido) -> None:
    for nombre, hay in opciones(contenido).items():
        pedido = getattr(filtros, nombre)
        if pedido and pedido not in dict(hay):
            raise Ilegible(f"No hay {nombre} «{pedido}» en este plan.")


def opciones(contenido: Contenido) -> dict[str, list[tuple[str, str]]]:
    """Por filtro, lo que se puede elegir: código y cómo se lee."""
    rectoras = {una.rectora for una in contenido.acciones if una.rectora}
    colores = {una.semaforo for una in contenido.acciones}
    return {
        "programa": [(uno.codigo, f"{uno.codigo}. {uno.nombre}") for uno in contenido.programas],
        "objetivo": [(uno.codigo, uno.codigo) for uno in contenido.objetivos],
        "ambito": [(uno.codigo, uno.nombre) for uno in contenido.ambitos],
        "institucion": [(sigla, sigla) for sigla in sorted(rectoras)],
        "color": [
            (codigo, uno.palabra)
            for codigo, uno in ASPECTOS.items()
            if codigo in colores or codigo != SIN_COLOR
        ],
    }


def _serie_de(contenido: Contenido) -> tuple[Punto, ...]:
    """La del plan y la de los programas que quedan: por semestre no se guarda otra."""
    quedan = {uno.codigo for uno in contenido.programas}
    return tuple(
        punto for punto in contenido.serie if punto.nivel == PLAN or punto.codigo in quedan
    )


class PedidoForm(forms.Form):
    """Los mismos filtros, como se eligen en la página."""

    periodo = forms.ChoiceField(label="Semestre", required=False)
    contra = forms.ChoiceField(label="Comparado con", required=False)
    vista = forms.ChoiceField(
        label="Cifras",
        required=False,
        choices=[("", "Como hoy se conocen"), (cuales.PUBLICADA, "Como se publicaron")],
    )
    programa = forms.ChoiceField(required=False)
    objetivo = forms.ChoiceField(required=False)
    ambito = forms.ChoiceField(label="Ámbito", required=False)
    institucion = forms.ChoiceField(label="Institución rectora", required=False)
    color = forms.ChoiceField(label="Semáforo", required=False)

    def __init__(self, tablero: Tablero):
        pedido = tablero.pedido
        super().__init__(initial=pedido.parametros.dict(), auto_id="filtro_%s")
        codigos = [(uno.codigo, f"{uno.codigo} · {uno.get_estado_display().lower()}")
                   for uno in pedido.semestres]  # fmt: skip
        eleccion = {
            "periodo": codigos,
            "contra": [
                *((codigo, dicho) for codigo, dicho in codigos if codigo != pedido.semestre.codigo),
                (NINGUNO, "Ninguno"),
            ],
            **{
                nombre: [("", "Todos" if nombre != "institucion" else "Todas"), *hay]
                for nombre, hay in opciones(tablero.completo).items()
            },
        }
        for nombre, hay in eleccion.items():
            # Con un punto, mypy se queja: `fields` es de Field y sólo ChoiceField tiene `choices`.
            setattr(self.fields[nombre], "choices", hay)  # noqa: B010
        for campo in self.fields.values():
            campo.widget.attrs["class"] = "form-select"
