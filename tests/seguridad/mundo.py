"""Un mundo chico con todo lo que distingue a una persona de otra: clase, estado, casa y rol.

De una actividad por clase legal y estado, de la misma institución; y un texto que delata quién
lo leyó (`CANARIO-…`) en cada campo libre.
"""

import re
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from types import SimpleNamespace

from django.core.files.base import ContentFile
from django.utils import timezone

from informes import emision
from instituciones.almacen import sellar_archivo
from matrices import clasificacion, enmiendas, flujo, libro
from matrices.models import Avance, Evidencia
from tests import libros
from tests.archivos import pdf
from tests.fabricas import (
    AccionFactory,
    ActividadFactory,
    AmbitoFactory,
    AvanceFactory,
    CooperacionFactory,
    DelegacionFactory,
    FiltroGuardadoFactory,
    InstitucionFactory,
    MatrizFactory,
    ObjetivoFactory,
    ObservacionFactory,
    PeriodoFactory,
    PlanFactory,
    ProgramaFactory,
    PropuestaFactory,
    RecomendacionFactory,
    ResolucionFactory,
    ResponsabilidadFactory,
    UsuarioFactory,
    ValorFactory,
)
from tests.informes.publicaciones import publicar

CLASES = ["PUBLICA", "CONFIDENCIAL", "RESERVADA"]
ESTADOS = ["BORRADOR", "EN_APROBACION", "REMITIDO", "OBSERVADO", "VALIDADO"]
TEXTOS = ("logro", "limitante", "medida_correctiva", "motivo_sin_cambios", "decision_solicitada")
ADENTRO = [
    *("planificadora", "planificadora_ajena", "aprobador", "aprobador_ajeno"),
    *("delegada", "delegada_vencida", "coopera", "analista", "analista_cap", "coordinadora"),
    *("consejera", "inspector", "comisionada", "auditor", "administradora"),
]
ACTORES = ["anonimo", "apagada", *ADENTRO]
VEN_TODO = {"analista", "coordinadora", "inspector", "auditor"}
DE_LA_CASA = {"planificadora", "aprobador", "delegada", "delegada_vencida"}


def ve(actor: str, clase: str, estado: str) -> bool:
    """Si esa persona sabe que el avance existe (diseño, «Who sees which progress»)."""
    if actor in DE_LA_CASA | VEN_TODO | {"coopera"}:
        return True
    return actor == "consejera" and estado == "VALIDADO" and clase == "PUBLICA"


def lee(actor: str, clase: str, estado: str) -> bool:
    """Si además lee su texto y su evidencia: por estado y por categoría legal."""
    if actor in DE_LA_CASA:
        return True
    if actor == "coopera" or estado in {"BORRADOR", "EN_APROBACION"}:
        return False
    lectores = {
        "PUBLICA": VEN_TODO | {"consejera"},
        "CONFIDENCIAL": {"analista", "coordinadora"},
        "RESERVADA": {"analista", "coordinadora", "inspector"},
    }
    return ve(actor, clase, estado) and actor in lectores[clase]


def canario(*partes: str) -> str:
    """Un texto que sólo puede salir de ese campo de esa fila."""
    return "CANARIO-" + "-".join(partes)


def canarios_en(texto: str) -> set[str]:
    return set(re.findall(r"CANARIO-[A-Z_]+-[A-Z_]+-[a-z_]+", texto))


def crear(elenco) -> SimpleNamespace:
    """Las personas, el plan y un avance por clase y estado; todo en el periodo abierto."""
    casa, revisora = elenco.responsable, elenco.revisora
    cooperante = InstitucionFactory(sigla="CONRED", revisora=revisora)
    personas = SimpleNamespace(
        anonimo=None,
        apagada=UsuarioFactory(rol="PLANIFICADOR", institucion=casa),
        planificadora=elenco.planificadora,
        planificadora_ajena=elenco.ajena,
        aprobador=elenco.aprobador,
        aprobador_ajeno=UsuarioFactory(rol="APROBADOR", institucion=elenco.otra),
        delegada=UsuarioFactory(rol="PLANIFICADOR", institucion=casa, nombre="Delfina"),
        delegada_vencida=UsuarioFactory(rol="PLANIFICADOR", institucion=casa, nombre="Débora"),
        coopera=UsuarioFactory(rol="PLANIFICADOR", institucion=cooperante),
        analista=elenco.analista,
        analista_cap=UsuarioFactory(rol="ANALISTA", institucion=elenco.comisionada.institucion),
        coordinadora=elenco.coordinadora,
        consejera=elenco.consejera,
        inspector=elenco.inspector,
        comisionada=elenco.comisionada,
        auditor=elenco.auditor,
        administradora=elenco.administradora,
    )
    hoy = timezone.localdate()
    DelegacionFactory(titular=personas.aprobador, delegado=personas.delegada)
    vencida = {"desde": hoy - timedelta(days=40), "hasta": hoy - timedelta(days=10)}
    DelegacionFactory(titular=personas.aprobador, delegado=personas.delegada_vencida, **vencida)

    plan = PlanFactory(codigo="pesn", sigla="PESN", seguimiento=revisora)
    objetivo = ObjetivoFactory(
        programa=ProgramaFactory(plan=plan, numero=1),
        codigo="1.1",
        ambito=AmbitoFactory(plan=plan),
    )
    accion = AccionFactory(objetivo=objetivo, codigo="1.1.1", orden=1)
    ResponsabilidadFactory(accion=accion, institucion=casa)
    PropuestaFactory(plan=plan, orden=1)
    matriz = MatrizFactory(accion=accion)
    periodo = PeriodoFactory(plan=plan)
    archivo = sellar_archivo(ContentFile(pdf("Respaldo")))
    mundo = SimpleNamespace(
        personas=personas,
        cooperante=cooperante,
        plan=plan,
        accion=accion,
        matriz=matriz,
        periodo=periodo,
        programado=PeriodoFactory(plan=plan, semestre=2, estado="PROGRAMADO"),
        avances={},
        evidencias={},
        observaciones={},
    )
    for numero, (clase, estado) in enumerate(product(CLASES, ESTADOS), start=1):
        plazo = {"vence": hoy + timedelta(days=300), "autoridad": casa}
        resolucion = ResolucionFactory(**plazo) if _cerrada(clase) else None
        if resolucion:
            type(resolucion).objects.filter(pk=resolucion.pk).update(fecha=hoy)
        actividad = ActividadFactory(
            matriz=matriz,
            numero=numero,
            responsable=casa,
            clasificacion=clase,
            resolucion=resolucion,
            descripcion=canario(clase, estado, "descripcion"),
        )
        CooperacionFactory(actividad=actividad, institucion=cooperante)
        avance = AvanceFactory(
            actividad=actividad,
            periodo=periodo,
            estado=estado,
            ronda=1 if estado == "OBSERVADO" else 0,
            situacion_reportada="EN_EJECUCION",
            porcentaje=45,
            **{campo: canario(clase, estado, campo) for campo in TEXTOS},
        )
        mundo.avances[clase, estado] = avance
        mundo.evidencias[clase, estado] = Evidencia.objects.create(
            avance=avance,
            titulo=canario(clase, estado, "titulo"),
            nombre=canario(clase, estado, "archivo") + ".pdf",
            archivo=archivo.nombre,
            sha256=archivo.sha256,
            tamano=archivo.tamano,
            tipo="PDF",
            clasificacion=clase,
            resolucion=resolucion,
            subida_por=personas.planificadora,
        )
        if estado == "OBSERVADO":
            mundo.observaciones[clase, estado] = ObservacionFactory(
                avance=avance, texto=canario(clase, estado, "observacion"), responder_hasta=hoy
            )
    flujo.medir(Avance.objects.filter(periodo=periodo))
    mundo.filtro = FiltroGuardadoFactory(persona=personas.analista, consulta="asignado=mio")
    mundo.recomendacion = RecomendacionFactory(periodo=periodo, institucion=casa)
    mundo.valor = ValorFactory(resultado__plan=plan, fecha=date(2021, 12, 31))
    _pedir_un_cambio(mundo)
    _pedir_otra_clase(mundo)
    _cortar_otro_plan(mundo)
    _publicar_un_plan(mundo)
    _subir_un_libro(mundo)
    return mundo


def _subir_un_libro(mundo: SimpleNamespace) -> None:
    """Uno ya ensayado, con un cambio por aplicar."""
    persona = mundo.personas.planificadora
    codigo = str(mundo.avances["PUBLICA", "BORRADOR"].actividad)
    mundo.libro_lleno = libros.lleno(
        libros.bajado(persona, mundo.periodo), codigo, **{"Avance acumulado (%)": 46}
    )
    mundo.libro = libro.subir(
        libros.archivo(mundo.libro_lleno),
        institucion=persona.institucion,
        periodo=mundo.periodo,
        por=persona,
    )
    _subir_una_matriz(mundo)


def _subir_una_matriz(mundo: SimpleNamespace) -> None:
    """El libro de la matriz, ya ensayado y con un cambio por aplicar: uno de quien lo puede subir.

    A los demás se les pide el de la coordinación.
    """
    accion = type(mundo.accion).objects.con_su_lugar().get(pk=mundo.accion.pk)
    personas = mundo.personas
    mundo.matriz_llena = libros.retocado(
        libro.libro_de_la_matriz(accion, para=personas.comisionada),
        lambda cuaderno: setattr(cuaderno["Acción"]["C2"], "value", "Barrios más seguros."),
    )
    subidos = {
        actor: libro.subir_matriz(
            libros.archivo(mundo.matriz_llena), accion, por=getattr(personas, actor)
        )
        for actor in ("coordinadora", "comisionada")
    }
    mundo.libro_de_matriz = {
        actor: subidos.get(actor, subidos["coordinadora"]) for actor in ACTORES
    }


def _pedir_un_cambio(mundo: SimpleNamespace) -> None:
    mundo.cambio = enmiendas.solicitar(
        mundo.avances["PUBLICA", "VALIDADO"].actividad,
        tipo="REPROGRAMACION",
        desde=date(2021, 5, 1),
        fin_propuesto=date(2023, 6, 30),
        motivo="La compra se declaró desierta.",
        por=mundo.personas.planificadora,
    )


def _pedir_otra_clase(mundo: SimpleNamespace) -> None:
    """Bajar una actividad reservada: espera a la coordinación. Su motivo también delata."""
    reservada = mundo.avances["RESERVADA", "VALIDADO"].actividad
    mundo.resolucion = reservada.resolucion
    mundo.reclasificacion = clasificacion.solicitar(
        reservada,
        clasificacion.Pedido(
            "PUBLICA", "PUBLICA", canario("RESERVADA", "VALIDADO", "motivo_de_clase")
        ),
        por=mundo.personas.planificadora,
    )


def _cortar_otro_plan(mundo: SimpleNamespace) -> None:
    """Un semestre ya cortado de otro plan: su informe presentado, y otro por aprobar."""
    personas = mundo.personas
    avance = AvanceFactory(
        estado="VALIDADO",
        porcentaje=45,
        logro=canario("PUBLICA", "CONSOLIDADO", "logro"),
        actividad__responsable=personas.planificadora.institucion,
        periodo__estado="CERRADO",
        periodo__plan__codigo="otro",
        periodo__plan__seguimiento=personas.coordinadora.institucion,
    )
    flujo.medir(Avance.objects.filter(pk=avance.pk))
    mundo.cortado = avance
    mundo.corte = emision.cortar(avance.periodo, por=personas.coordinadora)
    mundo.informes = {}
    for edicion in ("CNS", "PUBLICA"):
        trabajo = emision.encargar(mundo.corte, edicion=edicion, por=personas.coordinadora)
        ficha = emision.reclamar(trabajo.clave)
        archivos = {
            formato: sellar_archivo(ContentFile(f"{edicion} {formato}".encode()))
            for formato in ("PDF", "XLSX", "JSON")
        }
        emision.publicar(trabajo.clave, ficha, archivos)
        mundo.informes[edicion] = trabajo.informe
    emision.aprobar(mundo.informes["CNS"], por=personas.coordinadora)
    emision.presentar(mundo.informes["CNS"], por=personas.coordinadora)
    mundo.rectificacion = enmiendas.solicitar_rectificacion(
        fresco(avance),
        despues={"porcentaje": Decimal(50)},
        motivo="Se copió mal el porcentaje del acta.",
        por=personas.planificadora,
    )


def _publicar_un_plan(mundo: SimpleNamespace) -> None:
    """Un tercer plan, con su edición pública ya publicada: lo que se lee sin entrar."""
    personas = mundo.personas
    avance = AvanceFactory(
        estado="VALIDADO",
        porcentaje=45,
        logro=canario("PUBLICA", "CONSOLIDADO", "logro"),
        actividad__responsable=personas.planificadora.institucion,
        periodo__estado="CERRADO",
        periodo__plan__codigo="abierto",
        periodo__plan__seguimiento=personas.coordinadora.institucion,
    )
    flujo.medir(Avance.objects.filter(pk=avance.pk))
    corte = emision.cortar(avance.periodo, por=personas.coordinadora)
    mundo.publicado = publicar(corte, personas.coordinadora)


def _cerrada(clase: str) -> bool:
    return clase == "RESERVADA"


def fresco(avance: Avance) -> Avance:
    return Avance.objects.con_su_actividad().get(pk=avance.pk)
