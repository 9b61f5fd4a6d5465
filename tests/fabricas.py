"""De dónde salen las filas de las pruebas: válidas por omisión, y lo que importe, dicho allí."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.utils import timezone
from factory import Factory, LazyAttribute, LazyFunction, SelfAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory

from acciones import models as acciones
from informes import consolidacion
from informes import contenido as informe
from informes import models as informes
from instituciones import models as quien
from matrices import calculo
from matrices import models as matrices
from matrices.calendario import fechas_del_semestre


class InstitucionFactory(DjangoModelFactory):
    """Reporta por sí, y otra la revisa."""

    class Meta:
        model = quien.Institucion
        django_get_or_create = ("sigla",)

    sigla = Sequence("INS{}".format)
    nombre = LazyAttribute(lambda o: f"Institución {o.sigla}")
    tipo = quien.Institucion.Tipo.MINISTERIO
    reporta = True
    revisora = SubFactory("tests.fabricas.InstitucionFactory", reporta=False, revisora=None)


class GrupoFactory(DjangoModelFactory):
    class Meta:
        model = quien.GrupoInstitucional

    sigla = Sequence("GRUPO{}".format)
    nombre = LazyAttribute(lambda o: f"Grupo {o.sigla}")


class PertenenciaFactory(DjangoModelFactory):
    """Vigente desde siempre; reporta por sí misma."""

    class Meta:
        model = quien.PertenenciaGrupo

    grupo = SubFactory(GrupoFactory)
    institucion = SubFactory(InstitucionFactory)
    desde = date(2008, 4, 18)
    reporta_por = SelfAttribute("institucion")


class UsuarioFactory(DjangoModelFactory):
    """Una persona activa; sin contraseña (entra con `force_login`) salvo que se le dé."""

    class Meta:
        model = quien.Usuario

    correo = Sequence("persona{}@ejemplo.gt".format)
    nombre = Sequence("Persona {}".format)
    institucion = SubFactory(InstitucionFactory)
    rol = quien.Rol.PLANIFICADOR
    password = None

    @classmethod
    def _create(cls, model_class, *args, **datos):
        return model_class.objects.create_user(**datos)


class DelegacionFactory(DjangoModelFactory):
    """Vigente hoy, entre dos personas de la misma institución."""

    class Meta:
        model = quien.Delegacion

    titular = SubFactory(UsuarioFactory)
    delegado = SubFactory(UsuarioFactory, institucion=SelfAttribute("..titular.institucion"))
    desde = LazyFunction(timezone.localdate)
    hasta = LazyAttribute(lambda o: o.desde + timedelta(days=30))
    acto = "Oficio 12-2026"


class ResolucionFactory(DjangoModelFactory):
    class Meta:
        model = quien.ResolucionReserva

    numero = Sequence("RES-{}".format)
    fecha = date(2024, 1, 15)
    vence = date(2029, 1, 15)
    autoridad = SubFactory(InstitucionFactory)
    custodio = SelfAttribute("autoridad")
    fundamento = "Artículo 23 de la ley."
    partes = "El documento entero."


class FeriadoFactory(DjangoModelFactory):
    class Meta:
        model = quien.Feriado

    fecha = date(2024, 9, 15)
    nombre = "Día de la Independencia"


class PlanFactory(DjangoModelFactory):
    class Meta:
        model = acciones.Plan

    codigo = Sequence("plan-{}".format)
    sigla = Sequence("PLAN{}".format)
    nombre = LazyAttribute(lambda o: f"Plan estratégico {o.sigla}")
    inicio = date(2020, 4, 1)
    fin = date(2024, 12, 31)
    niveles = LazyFunction(lambda: {"programa": "Programa", "accion": "Acción estratégica"})


class AmbitoFactory(DjangoModelFactory):
    class Meta:
        model = acciones.Ambito

    plan = SubFactory(PlanFactory)
    orden = Sequence(lambda n: n + 1)
    codigo = LazyAttribute(lambda o: f"AMB{o.orden}")
    nombre = LazyAttribute(lambda o: f"Ámbito {o.orden}")


class ProgramaFactory(DjangoModelFactory):
    class Meta:
        model = acciones.Programa

    plan = SubFactory(PlanFactory)
    numero = Sequence(lambda n: n + 1)
    sigla = LazyAttribute(lambda o: f"PROG{o.numero}")
    nombre = LazyAttribute(lambda o: f"Programa {o.numero}")
    objetivo_general = "Contribuir a la seguridad de la Nación."


class ObjetivoFactory(DjangoModelFactory):
    """En un ámbito del mismo plan que su programa."""

    class Meta:
        model = acciones.ObjetivoEspecifico

    programa = SubFactory(ProgramaFactory)
    codigo = Sequence(lambda n: f"{n + 1}.1")
    ambito = SubFactory(AmbitoFactory, plan=SelfAttribute("..programa.plan"))
    enunciado = LazyAttribute(lambda o: f"Objetivo específico {o.codigo}.")


class AccionFactory(DjangoModelFactory):
    """Pública, como las carga el plan."""

    class Meta:
        model = acciones.AccionEstrategica

    objetivo = SubFactory(ObjetivoFactory)
    orden = Sequence(lambda n: n + 1)
    codigo = LazyAttribute(lambda o: f"{o.objetivo.codigo}.{o.orden}")
    enunciado = LazyAttribute(lambda o: f"Acción estratégica {o.codigo}.")
    clasificacion = quien.Clasificacion.PUBLICA


class ResponsabilidadFactory(DjangoModelFactory):
    class Meta:
        model = acciones.Responsabilidad

    accion = SubFactory(AccionFactory)
    institucion = SubFactory(InstitucionFactory)
    rol = acciones.Responsabilidad.Papel.RECTORA
    orden = 1


class IrregularidadFactory(DjangoModelFactory):
    class Meta:
        model = acciones.Irregularidad

    plan = SubFactory(PlanFactory)
    codigo = Sequence("R{}".format)
    donde = "1.1.1"
    descripcion = "Un punto de más."
    tratamiento = "Se quita."


class SiglaFactory(DjangoModelFactory):
    class Meta:
        model = acciones.Sigla

    plan = SubFactory(PlanFactory)
    sigla = Sequence("SIG{}".format)
    nombre = LazyAttribute(lambda o: f"Nombre de {o.sigla}")


class EjeFactory(DjangoModelFactory):
    class Meta:
        model = acciones.EjeTransformacion

    plan = SubFactory(PlanFactory)
    orden = Sequence(lambda n: n + 1)
    nombre = LazyAttribute(lambda o: f"Eje {o.orden}")


class PilarFactory(DjangoModelFactory):
    class Meta:
        model = acciones.PilarPGG

    plan = SubFactory(PlanFactory)
    orden = Sequence(lambda n: n + 1)
    nombre = LazyAttribute(lambda o: f"Pilar {o.orden}")


class PropuestaFactory(DjangoModelFactory):
    class Meta:
        model = acciones.PropuestaLegislativa

    plan = SubFactory(PlanFactory)
    orden = Sequence(lambda n: n + 1)
    grupo = "REFORMAS"
    enunciado = LazyAttribute(lambda o: f"Propuesta de ley {o.orden}")


class TramiteFactory(DjangoModelFactory):
    class Meta:
        model = acciones.TramitePropuesta

    propuesta = SubFactory(PropuestaFactory)
    de = acciones.PropuestaLegislativa.Estado.IDENTIFICADA
    a = acciones.PropuestaLegislativa.Estado.EN_ELABORACION
    fecha = date(2024, 2, 1)
    documento = "Oficio 1-2024"
    por = SubFactory(UsuarioFactory, rol=quien.Rol.COORDINADOR)
    momento = LazyFunction(timezone.now)


class ResultadoFactory(DjangoModelFactory):
    class Meta:
        model = acciones.ResultadoEstrategico

    plan = SubFactory(PlanFactory)
    codigo = Sequence("RE{}".format)
    enunciado = "Menos homicidios."
    indicador = "Tasa de homicidios"
    unidad = "por 100 mil habitantes"
    sentido = acciones.ResultadoEstrategico.Sentido.DESCENDENTE
    base_anio = 2019
    base = "20.6000"
    meta_anio = 2024
    meta = "11.8000"


class ValorFactory(DjangoModelFactory):
    class Meta:
        model = acciones.ValorResultado

    resultado = SubFactory(ResultadoFactory)
    fecha = date(2023, 12, 31)
    valor = "16.6000"
    fuente = "Registro administrativo"


class PeriodoFactory(DjangoModelFactory):
    """El primer semestre de 2021, ABIERTO; sus fechas, las de dominio §6."""

    class Meta:
        model = matrices.Periodo
        django_get_or_create = ("plan", "anio", "semestre")

    plan = SubFactory(PlanFactory)
    anio = 2021
    semestre = 1
    inicio = LazyAttribute(lambda o: fechas_del_semestre(o.anio, o.semestre).inicio)
    corte = LazyAttribute(lambda o: fechas_del_semestre(o.anio, o.semestre).corte)
    abre = LazyAttribute(lambda o: fechas_del_semestre(o.anio, o.semestre).abre)
    limite = LazyAttribute(lambda o: fechas_del_semestre(o.anio, o.semestre).limite)
    fin_gracia = LazyAttribute(lambda o: fechas_del_semestre(o.anio, o.semestre).fin_gracia)
    estado = matrices.Periodo.Estado.ABIERTO


class MatrizFactory(DjangoModelFactory):
    class Meta:
        model = matrices.MatrizCumplimiento

    accion = SubFactory(AccionFactory)
    impacto = "La población vive más segura."


class ActividadFactory(DjangoModelFactory):
    """De 2021 a 2022, por porcentaje, pública y clasificada."""

    class Meta:
        model = matrices.Actividad

    matriz = SubFactory(MatrizFactory)
    numero = Sequence(lambda n: n + 1)
    descripcion = LazyAttribute(lambda o: f"Actividad {o.numero} de la acción {o.matriz.accion}.")
    responsable = SubFactory(InstitucionFactory)
    inicio = date(2021, 1, 1)
    fin_original = date(2022, 12, 31)
    fin_vigente = SelfAttribute("fin_original")
    modo = matrices.Actividad.Modo.PORCENTAJE
    unidad = "Porcentaje"
    clasificacion = quien.Clasificacion.PUBLICA


class HitoFactory(DjangoModelFactory):
    """De una actividad por hitos; por omisión, el único y con todo el peso."""

    class Meta:
        model = matrices.HitoActividad

    actividad = SubFactory(ActividadFactory, modo=matrices.Actividad.Modo.HITOS)
    numero = Sequence(lambda n: n + 1)
    descripcion = LazyAttribute(lambda o: f"Hito {o.numero}")
    peso = 100
    fecha_original = date(2021, 6, 30)
    fecha_vigente = SelfAttribute("fecha_original")


class FiltroGuardadoFactory(DjangoModelFactory):
    """De la cola de revisión, de una persona; sin nada filtrado."""

    class Meta:
        model = matrices.FiltroGuardado

    persona = SubFactory(UsuarioFactory, rol=quien.Rol.ANALISTA)
    nombre = Sequence("Filtro {}".format)
    consulta = ""


class CooperacionFactory(DjangoModelFactory):
    class Meta:
        model = matrices.Cooperacion

    actividad = SubFactory(ActividadFactory)
    institucion = SubFactory(InstitucionFactory)
    rol = matrices.Cooperacion.Papel.COOPERACION


class AvanceFactory(DjangoModelFactory):
    """En cualquier estado, con las firmas que ese estado exige; del plan de su periodo."""

    class Meta:
        model = matrices.Avance

    class Params:
        enviado = LazyAttribute(lambda o: o.estado in matrices.Avance.ENVIADOS)
        entregado = LazyAttribute(lambda o: o.enviado or o.estado == "EN_APROBACION")

    periodo = SubFactory(PeriodoFactory)
    actividad = SubFactory(
        ActividadFactory,
        matriz__accion__objetivo__programa__plan=SelfAttribute("......periodo.plan"),
    )
    estado = matrices.Avance.Estado.PENDIENTE
    exigible = LazyAttribute(lambda o: o.estado != "EXENTO")
    motivo_exencion = LazyAttribute(lambda o: "" if o.exigible else "NO_INICIADA")
    clasificacion = SelfAttribute("actividad.clasificacion")
    visibilidad = SelfAttribute("actividad.visibilidad")
    resolucion = SelfAttribute("actividad.resolucion")
    capturado_por = LazyAttribute(lambda o: _firma(o, "PLANIFICADOR") if o.entregado else None)
    entregado_por = SelfAttribute("capturado_por")
    remitido_por = LazyAttribute(lambda o: _firma(o, "APROBADOR") if o.enviado else None)
    remitido_en = LazyAttribute(lambda o: timezone.now() if o.enviado else None)
    validado_por = LazyAttribute(
        lambda o: _firma(o, "ANALISTA") if o.estado in matrices.Avance.VALIDADOS else None
    )


def _firma(avance, rol):
    """Una persona con ese rol en la institución que corresponde."""
    responsable = avance.actividad.responsable
    casa = responsable.revisora if rol == quien.Rol.ANALISTA else responsable
    return UsuarioFactory(rol=rol, institucion=casa)


class ObservacionFactory(DjangoModelFactory):
    class Meta:
        model = matrices.Observacion

    avance = SubFactory(AvanceFactory, estado=matrices.Avance.Estado.OBSERVADO, ronda=1)
    campo = "logro"
    texto = "Precise el lugar."
    autor = LazyAttribute(lambda o: _firma(o.avance, quien.Rol.ANALISTA))
    ronda = 1
    creada = LazyFunction(timezone.now)
    responder_hasta = LazyFunction(timezone.localdate)


class EvidenciaFactory(DjangoModelFactory):
    """Pública y clasificada, sin archivo de verdad."""

    class Meta:
        model = matrices.Evidencia

    avance = SubFactory(AvanceFactory)
    titulo = Sequence("Acta {}".format)
    nombre = "acta.pdf"
    archivo = "evidencias/acta.pdf"
    tipo = matrices.Evidencia.Tipo.PDF
    sha256 = Sequence("{:064x}".format)
    tamano = 1000
    clasificacion = quien.Clasificacion.PUBLICA


class RecomendacionFactory(DjangoModelFactory):
    class Meta:
        model = informes.Recomendacion

    numero = Sequence("IGSNS-{}".format)
    periodo = SubFactory(PeriodoFactory)
    texto = "Unificar el registro de evidencias."
    institucion = SubFactory(InstitucionFactory)


class ClienteSistemaFactory(DjangoModelFactory):
    class Meta:
        model = quien.ClienteSistema

    nombre = Sequence("Sistema {}".format)
    persona = SubFactory(UsuarioFactory)
    rol = SelfAttribute("persona.rol")
    institucion = SelfAttribute("persona.institucion")
    alcances = [quien.Alcance.LEER]


class SuscripcionFactory(DjangoModelFactory):
    """Activa, a todos los eventos."""

    class Meta:
        model = quien.Suscripcion

    cliente = SubFactory(ClienteSistemaFactory)
    direccion = "https://sistema.gob.gt/gancho"
    eventos = quien.Evento.values
    secreto = "x"


class EntregaFactory(DjangoModelFactory):
    """Por enviar desde ya."""

    class Meta:
        model = quien.Entrega

    suscripcion = SubFactory(SuscripcionFactory)
    identificador = Sequence("msg_{}".format)
    evento = quien.Evento.PERIODO_ABIERTO
    tipo = "periodo"
    clave = 1
    cuerpo = "{}"
    creada = LazyFunction(timezone.now)
    proximo = SelfAttribute("creada")


# Lo que un informe dice, sin base de datos ------------------------------------------------------


class ActividadDichaFactory(Factory):
    """Una actividad validada y pública, a medio camino: E 45, P 50."""

    class Meta:
        model = informe.Actividad

    accion = "1.1.1"
    numero = Sequence(lambda n: n + 1)
    descripcion = LazyAttribute(lambda o: f"Actividad {o.accion}.{o.numero}")
    responsable = "MINGOB"
    inicio = date(2021, 1, 1)
    fin_original = date(2021, 12, 31)
    fin_vigente = SelfAttribute("fin_original")
    situacion = "VIGENTE"
    modo = "PORCENTAJE"
    estado = "CONSOLIDADO"
    exigible = True
    validado = True
    arrastrado = LazyAttribute(lambda o: o.exigible and not o.validado)
    beneficiarios = LazyFunction(dict)
    ejecutado = Decimal("45.00")
    programado = Decimal("50.00")
    programado_original = SelfAttribute("programado")
    indice = LazyAttribute(lambda o: calculo.indice(o.ejecutado, o.programado))
    brecha = LazyAttribute(lambda o: calculo.brecha(o.ejecutado, o.programado))
    semaforo = "VERDE"


class AccionDichaFactory(Factory):
    """Una acción pública de su programa y su objetivo, sin cifras todavía."""

    class Meta:
        model = informe.Accion

    codigo = "1.1.1"
    orden = LazyAttribute(lambda o: int("".join(f"{int(n):02}" for n in o.codigo.split("."))))
    enunciado = LazyAttribute(lambda o: f"Acción {o.codigo}")
    programa = LazyAttribute(lambda o: o.codigo.split(".")[0])
    objetivo = LazyAttribute(lambda o: ".".join(o.codigo.split(".")[:2]))
    ambito = "INTERIOR"
    rectora = "MINGOB"


def contenido_dicho(actividades, acciones_dichas=None, anterior=None, **cambios):
    """Un contenido CNS consolidado con esas actividades; una acción por cada código que nombran."""
    codigos = dict.fromkeys(una.accion for una in actividades)
    dichas = acciones_dichas or [AccionDichaFactory(codigo=codigo) for codigo in codigos]
    siglas = sorted({una.rectora for una in dichas} | {una.responsable for una in actividades})
    datos = {
        "edicion": informe.CNS,
        "plan": informe.Plan(
            codigo="plan-1",
            sigla="PLAN1",
            nombre="Plan de prueba",
            inicio=date(2020, 4, 1),
            fin=date(2024, 12, 31),
            niveles={"accion": "Acción estratégica"},
        ),
        "periodo": informe.Periodo(
            codigo="2021-S1",
            nombre="Primer Semestre 2021",
            anio=2021,
            semestre=1,
            inicio=date(2021, 1, 1),
            corte=date(2021, 6, 30),
        ),
        "corte": informe.Corte(numero=1, momento=datetime(2021, 8, 10, 15, tzinfo=UTC)),
        "es_demo": False,
        "umbrales": calculo.UMBRALES,
        "niveles": _niveles_dichos(dichas),
        "acciones": tuple(dichas),
        "actividades": tuple(actividades),
        "instituciones": tuple(
            informe.Institucion(
                sigla=sigla, nombre=sigla, por_semaforo={}, actividades_por_semaforo={}
            )
            for sigla in siglas
            if sigla
        ),
        **cambios,
    }
    completo = consolidacion.consolidar(informe.Contenido(**datos), anterior)
    return replace(completo, serie=consolidacion.serie(completo, anterior))


def _niveles_dichos(dichas):
    niveles = {
        (informe.PLAN, "plan-1"): "",
        **{(informe.PROGRAMA, una.programa): "plan-1" for una in dichas},
        **{(informe.AMBITO, una.ambito): "plan-1" for una in dichas},
        **{(informe.OBJETIVO, una.objetivo): una.programa for una in dichas},
    }
    return tuple(
        informe.Nivel(nivel=nivel, codigo=codigo, nombre=codigo, padre=padre, por_semaforo={})
        for (nivel, codigo), padre in niveles.items()
    )
