"""El plan: su árbol, cada acción con su matriz, y la escritura de las matrices."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from acciones.models import AccionEstrategica, Plan
from matrices import consultas, estructura, lineas, panorama, permisos
from matrices.flujo import VersionAjena
from matrices.forms.matriz import (
    ActividadForm,
    CooperacionesFormSet,
    HitosFormSet,
    ImpactoForm,
)
from matrices.models import Actividad, MatrizCumplimiento, Periodo


def el_plan(request, codigo) -> Plan:
    """El de ese código, si lo ve."""
    return get_object_or_404(Plan.objects.visibles_para(request.user), codigo=codigo)


def la_accion(request, plan: Plan, codigo: str) -> AccionEstrategica:
    """La de ese código en ese plan, si la ve, con su lugar."""
    visibles = AccionEstrategica.objects.visibles_para(request.user).del_plan(plan)
    return get_object_or_404(visibles.con_su_lugar(), codigo=codigo)


def _periodo(request, plan: Plan) -> Periodo | None:
    """El que pide la dirección; si no, el último cortado o, si ninguno, el que corre."""
    medidos = Periodo.objects.visibles_para(request.user).medidos(plan)
    pedido = request.GET.get("periodo", "")
    if pedido:
        return get_object_or_404(medidos.llamado(pedido))
    return medidos.cortados().first() or medidos.first()


@require_GET
def plan(request, codigo):
    """Qué se prometió y cómo va: el árbol del plan con las cifras de un semestre."""
    uno = el_plan(request, codigo)
    periodo = _periodo(request, uno)
    acciones = AccionEstrategica.objects.visibles_para(request.user).del_plan(uno)
    contexto = {
        "titulo": uno.nombre,
        "migas": [(uno.sigla, None)],
        "plan": uno,
        "periodo": periodo,
        "periodos": Periodo.objects.visibles_para(request.user).medidos(uno),
        "arbol": panorama.arbol(acciones.con_sus_responsables(), uno, periodo),
        "explicable": permisos.puede_ver_por_que(request.user),
        "llena_matrices": puede_llenar_alguna(request.user, acciones),
    }
    return render(request, "matrices/plan.html", contexto)


@require_GET
def accion(request, codigo, accion):
    """Una acción: su matriz en la forma de la Gráfica 1 del plan, cifras, fechas e historia."""
    uno = el_plan(request, codigo)
    una, periodo = la_accion(request, uno, accion), _periodo(request, uno)
    actividades = Actividad.objects.visibles_para(request.user).de_la_accion(una)
    renglones = panorama.renglones(actividades, periodo, request.user)
    puntos = panorama.tendencia(una)
    contexto = {
        "titulo": f"{uno.nivel('accion')} {una.codigo}",
        "migas": [(uno.sigla, uno.get_absolute_url()), (una.codigo, None)],
        "plan": uno,
        "accion": una,
        "periodo": periodo,
        "periodos": Periodo.objects.visibles_para(request.user).medidos(uno),
        "resultado": panorama.accion_en(una, periodo),
        "renglones": renglones,
        "cronograma": lineas.cronograma(renglones, uno, periodo),
        "fuera_de_vista": panorama.fuera_de_vista(una, actividades),
        "tendencia": puntos,
        "trazo": lineas.tendencia(puntos),
        "explicable": permisos.puede_ver_por_que(request.user),
        "historia": panorama.historia(una, request.user),
        "estructura": permisos.puede_estructurar(request.user, una),
        "llena": permisos.puede_bajar_la_matriz(request.user, rectora_de(una)),
        "clasifica": permisos.puede_ver_su_clase(request.user, rectora_de(una)),
    }
    return render(request, "matrices/accion.html", contexto)


def rectora_de(una: AccionEstrategica) -> int | None:
    """La institución rectora de una acción leída con quienes responden."""
    rectoras = (uno.institucion_id for uno in una.responden if uno.rol == uno.Papel.RECTORA)
    return next(rectoras, None)


def puede_llenar_alguna(usuario, acciones) -> bool:
    """Si hay alguna matriz cuyo libro esta persona puede bajar."""
    if permisos.puede_estructurar(usuario):
        return True
    suya = usuario.institucion_id
    return permisos.puede_bajar_la_matriz(usuario, suya) and acciones.que_rige(suya).exists()


def _matriz(request, una: AccionEstrategica) -> MatrizCumplimiento | None:
    return MatrizCumplimiento.objects.visibles_para(request.user).filter(accion=una).first()


@require_http_methods(["GET", "POST"])
def escribir_impacto(request, codigo, accion):
    """Crear la matriz de una acción, o corregir su impacto."""
    uno = el_plan(request, codigo)
    una = la_accion(request, uno, accion)
    if not permisos.puede_estructurar(request.user, una):
        raise PermissionDenied
    matriz = _matriz(request, una)
    inicial = {
        "version": matriz.version if matriz else 0,
        "impacto": matriz.impacto if matriz else "",
    }
    datos = request.POST if request.method == "POST" else None
    form = ImpactoForm(datos, initial=inicial)
    contexto = {
        "titulo": f"Impacto de la acción {una.codigo}",
        "migas": [(uno.sigla, uno.get_absolute_url()), (una.codigo, None)],
        "plan": uno,
        "accion": una,
        "form": form,
    }
    if not form.is_valid():
        codigo_http = 422 if form.is_bound else 200
        return render(request, "matrices/impacto.html", contexto, status=codigo_http)
    try:
        estructura.escribir_impacto(una, por=request.user, **form.cleaned_data)
    except VersionAjena as ajena:
        contexto["conflicto"] = [
            {
                "nombre": "Impacto",
                "suyo": form.cleaned_data["impacto"],
                "actual": ajena.actual.impacto,
            }
        ]
        return render(request, "matrices/impacto.html", contexto, status=409)
    messages.success(request, "El impacto quedó escrito.")
    return redirect("matrices:accion", uno.codigo, una.codigo)


@require_http_methods(["GET", "POST"])
def escribir_actividad(request, codigo, accion, numero=None):
    """Agregar o corregir una actividad con sus hitos y cooperantes."""
    uno = el_plan(request, codigo)
    una = la_accion(request, uno, accion)
    if not permisos.puede_estructurar(request.user, una):
        raise PermissionDenied
    matriz = get_object_or_404(MatrizCumplimiento.objects.visibles_para(request.user), accion=una)
    actividad = None
    if numero is not None:
        visibles = Actividad.objects.visibles_para(request.user).de_la_accion(una)
        actividad = get_object_or_404(visibles, numero=numero)
    datos = request.POST if request.method == "POST" else None
    formularios = _formularios(request.user, una, actividad, datos)
    contexto = {
        "titulo": f"Actividad {actividad}" if actividad else f"Nueva actividad de {una.codigo}",
        "migas": [
            (uno.sigla, uno.get_absolute_url()),
            (una.codigo, None),
        ],
        "plan": uno,
        "accion": una,
        **formularios,
    }
    if not all(form.is_valid() for form in formularios.values()):
        codigo_http = 422 if datos is not None else 200
        return render(request, "matrices/actividad.html", contexto, status=codigo_http)
    try:
        _escribir(matriz, actividad, formularios, request.user)
    except ValidationError as error:
        formularios["form"].add_error(None, error)
        return render(request, "matrices/actividad.html", contexto, status=422)
    except VersionAjena as ajena:
        contexto["conflicto"] = ajena.actual
        return render(request, "matrices/actividad.html", contexto, status=409)
    messages.success(request, "La actividad quedó escrita.")
    return redirect("matrices:accion", uno.codigo, una.codigo)


def _formularios(usuario, una, actividad, datos) -> dict:
    hitos, cooperantes, inicial = [], [], {"version": 0}
    if actividad:
        inicial = {"version": actividad.version}
        hitos = [
            {
                "numero": hito.numero,
                "descripcion": hito.descripcion,
                "peso": hito.peso,
                "fecha": hito.fecha_original,
            }
            for hito in consultas.hitos_en_orden(actividad)
        ]
        cooperantes = consultas.cooperantes_en_orden(actividad)
    return {
        "form": ActividadForm(
            datos, instance=actividad, initial=inicial, accion=una, usuario=usuario
        ),
        "hitos": HitosFormSet(datos, initial=hitos, prefix="hitos"),
        "cooperantes": CooperacionesFormSet(
            datos, initial=cooperantes, prefix="cooperantes", form_kwargs={"usuario": usuario}
        ),
    }


def _escribir(matriz, actividad, formularios, por) -> None:
    form = formularios["form"]
    cuelga = {
        "hitos": formularios["hitos"].llenos(),
        "cooperantes": formularios["cooperantes"].llenos(),
    }
    if actividad is None:
        estructura.agregar_actividad(matriz, form.columnas(), por=por, **cuelga)
    else:
        version = form.cleaned_data["version"]
        estructura.cambiar_actividad(actividad, form.columnas(), version=version, por=por, **cuelga)
