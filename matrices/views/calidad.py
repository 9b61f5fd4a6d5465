"""La calidad de lo reportado: quién llegó y quién no, y de cada cifra, su lista y su CSV."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from acciones.models import Plan
from acciones.views import con_el_marco_de
from instituciones import planilla
from instituciones.models import Institucion
from matrices import calidad as cuentas
from matrices import permisos
from matrices.forms.calidad import CalidadForm, DesgloseForm, semestre_de
from matrices.models import Avance, Periodo

POR_PAGINA = 100


class Pedido:
    """Lo que la dirección pide: plan, semestre y los avances que a esta persona le tocan."""

    def __init__(self, request: HttpRequest, clase: type[CalidadForm] = CalidadForm, **opciones):
        self.request = request
        if not permisos.puede_ver_la_calidad(request.user):
            raise PermissionDenied("La calidad del reporte la ve quien revisa, coordina o audita.")
        planes = Plan.objects.visibles_para(request.user)
        self.planes = list(planes.order_by("-inicio"))
        self.form = clase(request.GET, planes=planes, **opciones)
        self.legible = self.form.is_valid()
        self.periodos: list[Periodo] = []
        self.periodo: Periodo | None = None
        self.plan = self._plan() if self.legible else None
        if self.plan:
            con_el_marco_de(self.plan, request)
            visibles = Periodo.objects.visibles_para(request.user)
            self.periodos = list(visibles.medidos(self.plan))
            self.periodo = semestre_de(self.form, self.periodos)
            if self.form.cleaned_data["periodo"] and not self.periodo:
                self.form.add_error(
                    "periodo", "Ese semestre no es de este plan o no se ha abierto."
                )
                self.legible = False

    def _plan(self) -> Plan | None:
        """El que se pide; si no, el que tiene un semestre en curso; si no, el último."""
        if self.form.cleaned_data["plan"]:
            return self.form.cleaned_data["plan"]
        en_curso = Periodo.objects.visibles_para(self.request.user).en_curso()
        uno = en_curso.select_related("plan").order_by("-corte").first()
        return uno.plan if uno else next(iter(self.planes), None)

    @property
    def avances(self):
        visibles = Avance.objects.visibles_para(self.request.user)
        return cuentas.a_la_vista(visibles, self.request.user, self.plan)

    def mapa(self) -> cuentas.Mapa:
        """Todas las instituciones contra todos los semestres del plan."""
        return cuentas.mapa(self.avances, self.plan, self.periodos)

    @property
    def consulta(self) -> str:
        """El plan y el semestre de los que se habla, para llevarlos en cada enlace."""
        return urlencode({"plan": self.plan.codigo, "periodo": self.periodo.codigo})


@require_GET
def calidad(request: HttpRequest) -> HttpResponse:
    """Un semestre por institución, y la cobertura de todos en un mapa."""
    pedido = Pedido(request)
    contexto: dict[str, Any] = {
        "titulo": "Calidad del reporte",
        "migas": [("Calidad", None)],
        "form": pedido.form,
        "planes": pedido.planes,
        "plan": pedido.plan,
        "periodos": pedido.periodos,
        "periodo": pedido.periodo,
    }
    if pedido.legible and pedido.periodo:
        mapa = pedido.mapa()
        contexto |= {
            "mapa": mapa,
            "renglones": mapa.del_semestre(pedido.periodo),
            "niveles": cuentas.NIVELES,
            "consulta": pedido.consulta,
            "minima": mapa.minima(pedido.periodo),
        }
    return render(request, "matrices/calidad.html", contexto, status=200 if pedido.legible else 400)


@require_GET
def desglose(request: HttpRequest) -> HttpResponse:
    """Los avances que una cifra cuenta."""
    pedido = _desglose(request)
    contexto: dict[str, Any] = {
        "titulo": "Avances que se cuentan",
        "migas": [
            ("Calidad", _calidad(pedido)),
            ("Avances que se cuentan", None),
        ],
        "form": pedido.form,
        "periodos": pedido.periodos,
        "periodo": pedido.periodo,
        "plan": pedido.plan,
        "cuales": cuentas.CUALES,
        "filtros": request.GET.urlencode(),
    }
    if pedido.legible and pedido.periodo:
        dado = pedido.form.cleaned_data
        filas = Paginator(_filas(pedido), POR_PAGINA)
        contexto |= {
            "titulo": _titulo(pedido),
            "cual": dado["cuales"],
            "institucion": dado["institucion"],
            "pagina": filas.get_page(request.GET.get("page")),
        }
    return render(
        request, "matrices/desglose.html", contexto, status=200 if pedido.legible else 400
    )


def _desglose(request: HttpRequest) -> Pedido:
    instituciones = Institucion.objects.visibles_para(request.user).filter(reporta=True)
    return Pedido(request, DesgloseForm, instituciones=instituciones)


def _calidad(pedido: Pedido) -> str:
    direccion = reverse("matrices:calidad")
    return f"{direccion}?{pedido.consulta}" if pedido.periodo else direccion


def _titulo(pedido: Pedido) -> str:
    cual = cuentas.CUALES[pedido.form.cleaned_data["cuales"]].nombre
    institucion = pedido.form.cleaned_data["institucion"]
    quien = institucion.sigla if institucion else "todas las instituciones"
    return f"{cual}, {quien}, {pedido.periodo}"


def _filas(pedido: Pedido):
    dado = pedido.form.cleaned_data
    filas = pedido.avances.filter(cuentas.CUALES[dado["cuales"]].condicion, periodo=pedido.periodo)
    if dado["institucion"]:
        filas = filas.de_la_institucion(dado["institucion"])
    return filas.con_su_actividad().sin_textos().en_orden()


# Lo mismo, en CSV ------------------------------------------------------------------------------
@require_GET
def descargar_calidad(request: HttpRequest, tabla: str) -> HttpResponseBase:
    """Una de las tablas que se muestran, con los mismos filtros."""
    if tabla not in TABLAS:
        raise Http404
    pedido = _desglose(request) if tabla == "avances" else Pedido(request)
    if not pedido.legible or not pedido.periodo:
        return HttpResponse("No se entiende qué semestre se pide.", status=400)
    nombre = f"calidad-{tabla}-{pedido.plan.codigo}-{pedido.periodo.codigo}.csv"
    return planilla.bajar(nombre, TABLAS[tabla](pedido))


def _por_institucion(pedido: Pedido) -> Iterable[list[Any]]:
    yield ["Semestre", "Sigla", "Institución", "Exigidos", "Recibidos", "A tiempo", "Observados",
           "Cobertura (%)", "Oportunidad (%)", "Nivel de cobertura"]  # fmt: skip
    for fila, celda in pedido.mapa().del_semestre(pedido.periodo):
        yield [
            pedido.periodo.codigo,
            fila.sigla,
            fila.nombre,
            celda.exigidos,
            celda.recibidos,
            celda.a_tiempo,
            celda.observados,
            celda.cobertura,
            celda.oportunidad,
            celda.nivel.palabra,
        ]


def _por_semestre(pedido: Pedido) -> Iterable[list[Any]]:
    mapa = pedido.mapa()
    yield ["Sigla", "Institución", *[f"{uno.codigo}, cobertura (%)" for uno in mapa.periodos]]
    for fila, celdas in mapa.renglones:
        yield [fila.sigla, fila.nombre, *[celda and celda.cobertura for _periodo, celda in celdas]]


def _los_avances(pedido: Pedido) -> Iterable[list[Any]]:
    yield ["Semestre", "Actividad", "Descripción", "Institución", "Estado", "Exigible",
           "Extemporáneo", "Rondas de observación"]  # fmt: skip
    for uno in _filas(pedido).iterator(chunk_size=1000):
        yield [
            uno.periodo.codigo,
            uno.actividad,
            uno.actividad.descripcion,
            uno.actividad.responsable.sigla,
            uno.get_estado_display(),
            "sí" if uno.exigible else "no",
            "sí" if uno.extemporaneo else "no",
            uno.ronda,
        ]


TABLAS = {
    "instituciones": _por_institucion,
    "semestres": _por_semestre,
    "avances": _los_avances,
}
