"""Lo que el marco de toda página necesita: plan, reloj del semestre, menú del rol y demostración.

Nada se consulta si la página no lo dibuja; si lo dibuja, una sola vez.
"""

from datetime import date
from typing import Any, NamedTuple

from django.db.models import Case, Exists, F, FilteredRelation, Q, When
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import SimpleLazyObject

from acciones.models import Plan
from instituciones.entrada import exige_segundo_factor, le_falta_segundo_factor
from instituciones.models import Rol, Usuario
from matrices.models import MatrizCumplimiento, Periodo
from matrices.permisos import puede_ver_reservas


class Seccion(NamedTuple):
    """Una entrada del menú: su nombre y la ruta que abre; `con_plan` si lleva su código."""

    nombre: str
    ruta: str
    con_plan: bool = False


SEMESTRE = Seccion("Semestre", "matrices:semestre")
APROBACION = Seccion("Aprobación", "matrices:aprobacion")
REVISION = Seccion("Revisión", "matrices:revision")
PERIODOS = Seccion("Períodos", "matrices:periodos")
SOLICITUDES = Seccion("Solicitudes", "matrices:enmiendas")
PLAN = Seccion("Plan", "matrices:plan", con_plan=True)
INFORMES = Seccion("Informes", "informes:informes")
TABLERO = Seccion("Tablero", "informes:tablero")
CONSEJO = Seccion("Consejo", "informes:consejo")
RECOMENDACIONES = Seccion("Recomendaciones", "informes:recomendaciones")
DELEGACIONES = Seccion("Delegaciones", "instituciones:delegaciones")
BITACORA = Seccion("Bitácora", "instituciones:bitacora")
ADMINISTRACION = Seccion("Administración", "admin:index")

MENUS = {
    Rol.PLANIFICADOR: [SEMESTRE, SOLICITUDES, TABLERO, PLAN, INFORMES, DELEGACIONES],
    Rol.APROBADOR: [APROBACION, SEMESTRE, SOLICITUDES, TABLERO, PLAN, INFORMES],
    Rol.ANALISTA: [REVISION, SOLICITUDES, TABLERO, PLAN, INFORMES, DELEGACIONES],
    Rol.COORDINADOR: [PERIODOS, REVISION, SOLICITUDES, TABLERO, PLAN, INFORMES],
    Rol.CONSEJO: [CONSEJO, TABLERO, PLAN, INFORMES, DELEGACIONES],
    Rol.IGSNS: [RECOMENDACIONES, TABLERO, PLAN, INFORMES, BITACORA, DELEGACIONES],
    Rol.CAP: [PLAN, TABLERO, SOLICITUDES, INFORMES, DELEGACIONES],
    Rol.AUDITOR: [BITACORA, TABLERO, PLAN, INFORMES, DELEGACIONES],
    Rol.ADMINISTRADOR: [ADMINISTRACION, BITACORA, DELEGACIONES],
}


def marco(request) -> dict[str, Any]:
    """El contexto de `templates/base.html`; cada pieza se busca cuando se dibuja."""
    persona = getattr(request, "user", None)
    plan: Any = SimpleLazyObject(lambda: plan_en_vigor(_plan_de_la_pagina(request)))
    contexto: dict[str, Any] = {
        "plan_vigente": plan,
        "es_demo": SimpleLazyObject(lambda: bool(plan) and plan.es_demo),
    }
    if persona is not None and persona.is_authenticated:
        falta: Any = SimpleLazyObject(lambda: le_falta_segundo_factor(persona))
        contexto["falta_segundo_factor"] = falta
        contexto["exige_segundo_factor"] = SimpleLazyObject(lambda: exige_segundo_factor(persona))
        contexto["reloj"] = SimpleLazyObject(lambda: None if falta else reloj(plan))
        contexto["ve_reservas"] = puede_ver_reservas(persona)
        contexto["menu"] = SimpleLazyObject(
            lambda: [] if falta else menu(persona, plan, request.path)
        )
    return contexto


def plan_en_vigor(codigo: str = "") -> Plan | None:
    """El de ese código o, sin él, el que tiene un semestre en marcha o el último abierto.

    Con `es_demo` y, si lo hay, `en_curso`: su semestre en marcha. Mientras un plan termina y
    otro empieza, las páginas de uno llevan su marco.
    """
    en_marcha = Q(periodos__estado__in=Periodo.EN_CURSO)  # a lo sumo uno por plan
    planes = Plan.objects.annotate(
        en_curso=FilteredRelation("periodos", condition=en_marcha),
        es_demo=Exists(MatrizCumplimiento.objects.filter(es_demo=True)),
    )
    de_la_pagina = Case(When(codigo=codigo, then=0), default=1)
    parado = Case(When(en_curso__isnull=True, then=1), default=0)
    vigente = F("cerrado_en").desc(nulls_first=True)
    # Los tipos de Django no saben que una FilteredRelation se puede traer con su fila.
    con_semestre = planes.select_related("en_curso")  # type: ignore[misc]
    return con_semestre.order_by(de_la_pagina, parado, vigente, "-inicio").first()


def _plan_de_la_pagina(request) -> str:
    """El código del que la vista declaró (`con_el_marco_de`) o, si no, el de su dirección.

    El de `/plan/<código>/…` o el de `?plan=`; vacío en las páginas que no son de un plan.
    """
    if plan := getattr(request, "plan", None):
        return plan.codigo
    pedido = getattr(request, "resolver_match", None)
    if pedido is None:
        return ""
    de_un_plan = pedido.route.startswith("plan/")
    return pedido.kwargs.get("codigo", "") if de_un_plan else request.GET.get("plan", "")


def reloj(plan: Plan | None) -> dict[str, str] | None:
    """El semestre en marcha: «2024-S2», «abierto», «cierra el 20 ene · faltan 12 días»."""
    periodo = getattr(plan, "en_curso", None)
    if periodo is None:
        return None
    return {
        "codigo": periodo.codigo,
        "estado_nombre": periodo.get_estado_display().lower(),
        "frase": _frase(periodo),
    }


def _frase(periodo: Periodo) -> str:
    if periodo.recibe:
        abierto = periodo.estado == Periodo.Estado.ABIERTO
        verbo, dia = ("cierra el", periodo.limite) if abierto else ("hasta el", periodo.fin_gracia)
    elif periodo.corte_previsto:
        verbo, dia = "se corta el", periodo.corte_previsto
    else:
        return ""
    return f"{verbo} {date_format(dia, 'j b')} · {_faltan(dia)}"


def _faltan(dia: date) -> str:
    dias = (dia - timezone.localdate()).days
    if dias == 0:
        return "es hoy"
    palabra = "día" if abs(dias) == 1 else "días"
    if dias < 0:
        return f"pasó hace {-dias} {palabra}"
    return f"{'falta' if dias == 1 else 'faltan'} {dias} {palabra}"


def menu(persona: Usuario, plan: Plan | None, direccion: str) -> list[dict[str, Any]]:
    """Las secciones de su rol, hasta seis; `actual`, donde está."""
    entradas: list[dict[str, Any]] = [
        {"nombre": seccion.nombre, "url": url}
        for seccion in MENUS[Rol(persona.rol)]
        if (url := _direccion(seccion, plan))
    ]
    for entrada in entradas:
        entrada["actual"] = direccion.startswith(entrada["url"])
    return entradas


def _direccion(seccion: Seccion, plan: Plan | None) -> str:
    """La de la sección; vacía si pide un plan y no hay ninguno."""
    argumentos = []
    if seccion.con_plan:
        if not plan:
            return ""
        argumentos = [plan.codigo]
    return reverse(seccion.ruta, args=argumentos)


def pagina_propia(persona: Usuario) -> str:
    """La dirección de la primera sección de su rol que se puede abrir."""
    return menu(persona, plan_en_vigor(), "")[0]["url"]
