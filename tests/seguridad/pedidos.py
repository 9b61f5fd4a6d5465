"""Cómo se arma cada petición del archivo revisado, y qué debe contestársele a cada persona."""

import re
from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from itertools import product
from types import SimpleNamespace
from typing import Any, NamedTuple

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from instituciones.models import Delegacion
from matrices.calendario import fechas_del_semestre
from matrices.models import Avance
from tests import libros
from tests.archivos import pdf
from tests.seguridad.mundo import (
    ACTORES,
    ADENTRO,
    CLASES,
    DE_LA_CASA,
    ESTADOS,
    VEN_TODO,
    canario,
    fresco,
    lee,
    ve,
)

NO_EXISTE = 987_654_321
LOGRO = "Se capacitó a cuarenta personas en la cabecera departamental."
AFUERA = {"anonimo", "apagada"}
ESCRIBE = re.compile(r'\s*(INSERT INTO|UPDATE|DELETE FROM|REPLACE INTO)\s+["`]?(\w+)')
SIEMPRE = {"django_session", "cache_compartida"}  # la petición se renueva; la salud la prueba


class Celda(NamedTuple):
    """Una petición: qué renglón del archivo, sobre qué objeto, por quién."""

    fila: dict[str, str]
    actor: str
    clase: str
    estado: str

    def __str__(self):
        donde = f"[{self.clase} {self.estado}]" if self.clase else ""
        que = f"{self.fila['metodo']} {self.fila['ruta']} {self.fila['caso']}"
        return f"{que}{donde} {self.actor}"


def celdas(filas: list[dict[str, str]], *, por_pares: bool = False) -> Iterator[Celda]:
    """Todas las personas en cada renglón; las clases, enteras donde deciden y si no por turno."""
    for turno, fila in enumerate(filas):
        if fila["puede"] in {"cuenta", "nadie", "api"}:
            continue
        objetos = _objetos(fila["objeto"])
        for (clase, estado), actor in cruce(objetos, ACTORES, por_pares=por_pares):
            celda = Celda(fila, actor, clase, estado)
            if not por_pares or len(objetos) > len(ESTADOS) or _se_repite(celda, turno):
                yield celda


def _se_repite(celda: Celda, turno: int) -> bool:
    """Sobre la segunda base, lo permitido siempre; negar, a cada persona por turno.

    El turno es del estado o, donde no lo hay, del renglón; y también va por turno lo que se
    contesta a cualquiera, salvo a quien no entró, que es lo único que puede pedir.
    """
    de_todos = celda.fila["puede"] == "cualquiera" and celda.actor not in AFUERA
    if debe(celda) == "bien" and not de_todos:
        return True
    vez = ESTADOS.index(celda.estado) if celda.estado else turno
    return vez % len(ESTADOS) == ACTORES.index(celda.actor) % len(ESTADOS)


def cruce(
    objetos: list[tuple[str, str]], actores: list[str], *, por_pares: bool
) -> Iterator[tuple[tuple[str, str], str]]:
    """Cada objeto con cada persona; por pares, cada dos de persona, clase y estado una vez.

    La terna entera se prueba sobre la primera base. Sobre la segunda cambia el SQL y no la
    regla, y para eso bastan los pares: la tercera parte de las peticiones.
    """
    por_turno = por_pares and set(objetos) == set(product(CLASES, ESTADOS))
    for clase, estado in objetos:
        for turno, actor in enumerate(actores, start=ESTADOS.index(estado) if por_turno else 0):
            if not por_turno or clase == CLASES[turno % len(CLASES)]:
                yield (clase, estado), actor


def _objetos(objeto: str) -> list[tuple[str, str]]:
    if objeto.endswith("_todos"):
        return [(clase, estado) for clase in CLASES for estado in ESTADOS]
    if objeto in {"avance", "avance_rectificar", "evidencia_de", "marca", "clase_avance"}:
        return [(CLASES[turno % 3], estado) for turno, estado in enumerate(ESTADOS)]
    return [("", "")]


def debe(celda: Celda) -> str:
    """«bien», «entrar», «404», «403» o «409», según el archivo y quién ve qué."""
    fila, actor = celda.fila, celda.actor
    if fila["puede"] == "cualquiera":
        return "bien"
    if actor in AFUERA:
        return "entrar"
    if fila["puede"] == "ven":
        return "bien" if ve(actor, celda.clase, celda.estado) else "404"
    if fila["puede"] == "leen":
        return "bien" if lee(actor, celda.clase, celda.estado) else "404"
    quienes = ADENTRO if fila["puede"] == "adentro" else fila["puede"].split()
    if actor in quienes:
        return "409" if fila["vale"] and celda.estado not in fila["vale"].split() else "bien"
    return fila["negada"] or ("403" if _ve_el_objeto(celda) else "404")


REVISAN_TODO = VEN_TODO | {"analista_cap"}
SE_VE = {
    "libro": {"planificadora", "delegada", "delegada_vencida"},
    "filtro": {"analista"},
    "delegacion": {"aprobador", "delegada", "coordinadora", "auditor", "administradora"},
    "cambio": DE_LA_CASA | REVISAN_TODO | {"comisionada"},
    "rectificacion": DE_LA_CASA | REVISAN_TODO,
    "reclasificacion": DE_LA_CASA | REVISAN_TODO,
    "clase_evidencia": DE_LA_CASA | VEN_TODO | {"coopera"},
    "informe": REVISAN_TODO | {"consejera", "comisionada"},
    "informe_borrador": {"analista", "analista_cap", "coordinadora", "auditor"},
    "documento": REVISAN_TODO | {"consejera", "comisionada"},
    "recomendacion": DE_LA_CASA | REVISAN_TODO | {"consejera", "comisionada"},
    "comparar": REVISAN_TODO | {"consejera", "comisionada"},
}


def _ve_el_objeto(celda: Celda) -> bool:
    """Lo que no es un avance: a quién se le contesta 403, y a los demás, como si no existiera."""
    objeto = celda.fila["objeto"].removesuffix("_avalar").removesuffix("_firmar")
    objeto = objeto.removesuffix("_aprobar")
    if objeto in SE_VE:
        return celda.actor in SE_VE[objeto]
    return not celda.clase or ve(celda.actor, celda.clase, celda.estado)


# La petición ----------------------------------------------------------------------------------
def direccion(celda: Celda, mundo: SimpleNamespace, *, existe: bool = True) -> str:
    """La del objeto de la celda; con `existe` en falso, la misma con una clave que no hay."""
    return reverse(celda.fila["ruta"], kwargs=LLAVES[celda.fila["objeto"]](celda, mundo, existe))


def _publicado(mundo, existe: bool, *, con_version: bool = True) -> dict[str, str]:
    corte = mundo.publicado.corte
    llave = {"semestre": str(corte.periodo) if existe else "1999-S1"}
    return {**llave, "version": str(corte.numero)} if con_version else llave


def _clave(fila, existe: bool) -> int:
    return fila.pk if existe else NO_EXISTE


def _avance(celda, mundo, existe):
    return {"pk": _clave(mundo.avances[celda.clase, celda.estado], existe)}


def _clase(sobre, de):
    """La página de la clasificación de esa fila."""
    return lambda celda, mundo, existe: {"sobre": sobre, "pk": _clave(de(celda, mundo), existe)}


def _periodo(celda, mundo, existe):
    return {"pk": _clave(mundo.periodo, existe)}


LLAVES = {
    "": lambda celda, mundo, existe: {},
    "marca": lambda celda, mundo, existe: {},
    "periodo": _periodo,
    "programado": lambda celda, mundo, existe: {"pk": _clave(mundo.programado, existe)},
    "avance": _avance,
    "avance_todos": _avance,
    "libro": lambda celda, mundo, existe: {"pk": _clave(mundo.libro, existe)},
    "evidencia_de": lambda celda, mundo, existe: {
        **_avance(celda, mundo, existe),
        "evidencia": _clave(mundo.evidencias[celda.clase, celda.estado], existe),
    },
    "evidencia_todos": lambda celda, mundo, existe: {
        "pk": _clave(mundo.evidencias[celda.clase, celda.estado], existe)
    },
    "avance_rectificar": lambda celda, mundo, existe: {
        "avance": _clave(mundo.avances[celda.clase, celda.estado], existe)
    },
    "actividad_pk": lambda celda, mundo, existe: {
        "actividad": _clave(mundo.avances["PUBLICA", "BORRADOR"].actividad, existe)
    },
    "cambio": lambda celda, mundo, existe: {"pk": _clave(mundo.cambio, existe)},
    "cambio_avalar": lambda celda, mundo, existe: {
        "pk": _clave(mundo.cambio, existe),
        "paso": "avalar",
    },
    "rectificacion": lambda celda, mundo, existe: {"pk": _clave(mundo.rectificacion, existe)},
    "rectificacion_firmar": lambda celda, mundo, existe: {
        "pk": _clave(mundo.rectificacion, existe),
        "paso": "firmar",
    },
    "informe": lambda celda, mundo, existe: {"pk": _clave(mundo.informes["CNS"], existe)},
    "informe_borrador": lambda celda, mundo, existe: {
        "pk": _clave(mundo.informes["PUBLICA"], existe)
    },
    "corte": lambda celda, mundo, existe: {"pk": _clave(mundo.corte, existe)},
    "comparar": lambda celda, mundo, existe: {
        "pk": _clave(mundo.corte, existe),
        "otro": mundo.corte.pk,
    },
    "cortado": lambda celda, mundo, existe: {"pk": _clave(mundo.corte.periodo, existe)},
    "documento": lambda celda, mundo, existe: {
        "pk": _clave(mundo.informes["CNS"].documentos.first(), existe)
    },
    "plan": lambda celda, mundo, existe: {"codigo": mundo.plan.codigo if existe else "no-hay"},
    "recomendacion": lambda celda, mundo, existe: {"pk": _clave(mundo.recomendacion, existe)},
    "resultado": lambda celda, mundo, existe: {
        "codigo": mundo.plan.codigo,
        "resultado": mundo.valor.resultado.codigo if existe else "no-hay",
    },
    "valor": lambda celda, mundo, existe: {
        "codigo": mundo.plan.codigo,
        "resultado": mundo.valor.resultado.codigo,
        "pk": _clave(mundo.valor, existe),
    },
    "propuesta": lambda celda, mundo, existe: {
        "codigo": mundo.plan.codigo,
        "orden": 1 if existe else NO_EXISTE,
    },
    "accion": lambda celda, mundo, existe: {
        "codigo": mundo.plan.codigo,
        "accion": "1.1.1" if existe else "9.9.9",
    },
    "libro_de_matriz": lambda celda, mundo, existe: {
        "codigo": mundo.plan.codigo,
        "accion": "1.1.1",
        "pk": _clave(mundo.libro_de_matriz[celda.actor], existe),
    },
    "actividad": lambda celda, mundo, existe: {
        "codigo": mundo.plan.codigo,
        "accion": "1.1.1",
        "numero": 1 if existe else NO_EXISTE,
    },
    "publicado": lambda celda, mundo, existe: _publicado(mundo, existe, con_version=False),
    "publicado_version": lambda celda, mundo, existe: _publicado(mundo, existe),
    "publicado_archivo": lambda celda, mundo, existe: {
        **_publicado(mundo, existe),
        "formato": "pdf",
    },
    "publicado_tabla": lambda celda, mundo, existe: {
        **_publicado(mundo, existe),
        "tabla": "acciones",
        "formato": "csv",
    },
    "tabla_del_tablero": lambda celda, mundo, existe: {"tabla": "acciones" if existe else "no-hay"},
    "explicar": lambda celda, mundo, existe: {
        "codigo": mundo.plan.codigo,
        "nivel": "accion",
        "de": "1.1.1",
        "periodo": mundo.periodo.codigo if existe else "1999-S1",
    },
    "resolucion": lambda celda, mundo, existe: {"pk": _clave(mundo.resolucion, existe)},
    "clase_accion": _clase("accion", lambda celda, mundo: mundo.accion),
    "clase_actividad": _clase(
        "actividad", lambda celda, mundo: mundo.avances["PUBLICA", "VALIDADO"].actividad
    ),
    "clase_avance": _clase("avance", lambda celda, mundo: mundo.avances[celda.clase, celda.estado]),
    "clase_evidencia": _clase(
        "evidencia", lambda celda, mundo: mundo.evidencias["PUBLICA", "REMITIDO"]
    ),
    "reclasificacion": lambda celda, mundo, existe: {"pk": _clave(mundo.reclasificacion, existe)},
    "reclasificacion_aprobar": lambda celda, mundo, existe: {
        "pk": _clave(mundo.reclasificacion, existe),
        "paso": "aprobar",
    },
    "filtro": lambda celda, mundo, existe: {"pk": _clave(mundo.filtro, existe)},
    "planilla": lambda celda, mundo, existe: {"formato": "csv"},
    "tabla_de_calidad": lambda celda, mundo, existe: {
        "tabla": "instituciones" if existe else "no-hay"
    },
    "delegacion": lambda celda, mundo, existe: {
        "pk": _clave(Delegacion.objects.get(delegado=mundo.personas.delegada), existe)
    },
}


def cuerpo(celda: Celda, mundo: SimpleNamespace) -> dict[str, Any]:
    """Lo que se manda: completo y válido, para que sólo el permiso decida."""
    caso = celda.fila["caso"]
    return CUERPOS[caso](celda, mundo) if caso else {}


def captura(celda: Celda, mundo: SimpleNamespace) -> dict[str, Any]:
    avance = fresco(mundo.avances[celda.clase, celda.estado])
    dado = {
        "version": avance.version,
        "situacion_reportada": "EN_EJECUCION",
        "porcentaje": "45",
        "logro": LOGRO,
        "visibilidad": avance.visibilidad,
        "clasificacion": avance.clasificacion,
        "declaracion": "on",
    }
    if avance.resolucion_id:
        dado["resolucion"] = avance.resolucion_id
    observacion = mundo.observaciones.get((celda.clase, celda.estado))
    if observacion:
        dado[f"respuesta_{observacion.pk}"] = "Se precisó el lugar, como se pidió."
    return dado


def _adjuntar(celda, mundo):
    archivo = SimpleUploadedFile("acta.pdf", pdf(f"Acta {celda}"), content_type="application/pdf")
    return {**captura(celda, mundo), "evidencia-archivos": archivo, "evidencia-titulo": "Acta"}


def _version(celda, mundo) -> int:
    return fresco(mundo.avances[celda.clase, celda.estado]).version


def _marcadas(celda, mundo):
    avance = fresco(mundo.avances[celda.clase, celda.estado])
    return {"avance": f"{avance.pk}:{avance.version}", "declaracion": "on", "confirma": "on"}


def _sin_cambios(celda, mundo):
    """Sobre un avance en el que nadie ha escrito: al que tiene texto no se le pisa."""
    avance = mundo.avances[celda.clase, celda.estado]
    Avance.objects.filter(pk=avance.pk).update(logro="", porcentaje=None, ejecutado_periodo=None)
    return {
        **_marcadas(celda, mundo),
        "motivo_sin_cambios": "No se asignaron recursos en todo el semestre.",
        "fecha_medida": f"{timezone.localdate() + timedelta(days=90)}",
    }


def _actividad(celda, mundo):
    return {
        "version": 1 if celda.fila["objeto"] == "actividad" else 0,
        "numero": 1 if celda.fila["objeto"] == "actividad" else 90,
        "descripcion": canario("PUBLICA", "BORRADOR", "descripcion"),
        "responsable": mundo.personas.planificadora.institucion_id,
        "inicio": "2021-01-01",
        "fin_original": "2022-12-31",
        "modo": "PORCENTAJE",
        "unidad": "Porcentaje",
        "visibilidad": "PUBLICA",
        "clasificacion": "PUBLICA",
        "hitos-TOTAL_FORMS": 0,
        "hitos-INITIAL_FORMS": 0,
        "cooperantes-TOTAL_FORMS": 0,
        "cooperantes-INITIAL_FORMS": 0,
    }


def _delegar(celda, mundo):
    hoy = timezone.localdate()
    persona = getattr(mundo.personas, celda.actor)
    companera = mundo.companeras[persona.institucion_id] if persona else persona
    return {
        "delegado": companera.pk if companera else 0,
        "desde": f"{hoy + timedelta(days=50)}",
        "hasta": f"{hoy + timedelta(days=60)}",
        "acto": "Oficio 7-2026",
    }


def _su_libro(celda, mundo) -> bytes:
    """El de la casa, lleno; quien planifica en otra manda el suyo, que el ajeno no se le recibe."""
    if celda.actor in {"planificadora_ajena", "coopera"}:
        return libros.bajado(getattr(mundo.personas, celda.actor), mundo.periodo)
    return mundo.libro_lleno


def _resolucion(celda, mundo):
    """La dicta la casa; quien aprueba en otra anota la de la suya."""
    ajeno = celda.actor == "aprobador_ajeno"
    dicta = mundo.personas.aprobador_ajeno if ajeno else mundo.personas.aprobador
    return {
        "numero": f"RES-{celda.actor}",
        "autoridad": dicta.institucion_id,
        "custodio": dicta.institucion_id,
        "fecha": "2024-01-15",
        "vence": "2028-01-15",
        "fundamento": "Divulgarlo dañaría la defensa.",
        "partes": "El anexo dos.",
    }


NOTA = "Falta el acta que lo respalda."
CUERPOS = {
    "libro": lambda c, m: {"archivo": libros.archivo(_su_libro(c, m))},
    "matriz": lambda c, m: {"archivo": libros.archivo(m.matriz_llena)},
    "captura": captura,
    "adjuntar": _adjuntar,
    "aporte": lambda celda, mundo: {"version": 1, "conforme": "SI", "texto": "Se acompañó."},
    "devolver": lambda c, m: {"paso": "devolver", "version": _version(c, m), "nota": NOTA},
    "remitir": lambda c, m: {"paso": "remitir", "version": _version(c, m), "confirma": "on"},
    "remitir_por": lambda c, m: {
        "paso": "remitir",
        "version": _version(c, m),
        "confirma": "on",
        "en_nombre_de": m.personas.aprobador.pk,
    },
    "subir": lambda celda, mundo: {
        "evidencia-archivos": SimpleUploadedFile("acta.pdf", pdf(f"Acta {celda}"))
    },
    "marcadas": _marcadas,
    "sin_cambios": _sin_cambios,
    "asignar": lambda c, m: {"version": _version(c, m), "a": m.personas.analista.pk},
    "asignar_marcadas": lambda c, m: {**_marcadas(c, m), "a": m.personas.analista.pk},
    "guardar_filtro": lambda c, m: {"nombre": "Lo de MINGOB"},
    "cambiar_filtro": lambda c, m: {
        "nombre": "Lo mío en rojo",
        "version": m.filtro.version,
        "semaforo": "ROJO",
    },
    "observar": lambda c, m: {
        "version": _version(c, m),
        "obs_logro": "Precise el lugar y la fecha.",
    },
    "validar": lambda c, m: {"version": _version(c, m)},
    "nota": lambda c, m: {"version": _version(c, m), "nota": NOTA},
    "programar": lambda c, m: {"plan": m.plan.pk, "anio": 2022, "semestre": 1},
    "fechas": lambda c, m: {
        "version": m.programado.version,
        **{campo: f"{dia}" for campo, dia in asdict(fechas_del_semestre(2021, 2)).items()},
    },
    "version_programado": lambda c, m: {"version": m.programado.version},
    "version_periodo": lambda c, m: {"version": m.periodo.version},
    "prorrogar": lambda c, m: {
        "version": m.periodo.version,
        "limite": f"{timezone.localdate() + timedelta(days=20)}",
        "nota": NOTA,
    },
    "edicion": lambda c, m: {"edicion": "PUBLICA"},
    "aprobar": lambda c, m: {"paso": "aprobar", "version": m.informes["PUBLICA"].version},
    "huella": lambda c, m: {"huella": "0" * 64},
    "motivo": lambda c, m: {"motivo": "Se halló un dato equivocado."},
    "solicitar": lambda c, m: {
        "tipo": "SUSPENSION",
        "desde": "2021-05-01",
        "motivo": "No hay presupuesto para seguir este semestre.",
    },
    "rectificar": lambda c, m: {"motivo": "El dato se copió mal.", "porcentaje": "50"},
    "avalar": lambda c, m: {"avalar-version": m.cambio.version},
    "pedir_clase": lambda c, m: {
        "clase": "CONFIDENCIAL",
        "visibilidad": "RESTRINGIDA",
        "base": "Se entregó bajo garantía de confidencialidad.",
        "motivo": "Lo que aquí se dice identifica a quien denunció.",
    },
    "aprobar_clase": lambda c, m: {
        "aprobar-version": m.reclasificacion.version,
        "aprobar-nota": NOTA,
    },
    "resolucion": _resolucion,
    "prorroga": lambda c, m: {
        "numero": f"PRO-{c.actor}",
        "fecha": f"{timezone.localdate()}",
        "vence": f"{m.resolucion.vence + timedelta(days=400)}",
        "fundamento": "La causa que la reserva persiste.",
    },
    "firmar": lambda c, m: {"firmar-version": m.rectificacion.version},
    "impacto": lambda c, m: {"version": m.matriz.version, "impacto": "Que se viva más seguro."},
    "actividad": _actividad,
    "delegar": _delegar,
    "preferir": lambda c, m: {"correo": "RESUMEN", "version": 0},
    "recomendar": lambda c, m: {
        "version": 1,
        "numero": "IGSNS-2021-09",
        "periodo": m.periodo.pk,
        "institucion": m.personas.planificadora.institucion_id,
        "texto": "Unificar el registro de las evidencias.",
    },
    "contestar": lambda c, m: {"version": 1, "respuesta": "Se unificó el registro en mayo."},
    "iniciar": lambda c, m: {"version": 1, "paso": "iniciar"},
    "valor_nuevo": lambda c, m: {
        "version": 1,
        "fecha": "2022-12-31",
        "valor": "17.3",
        "fuente": "Registro administrativo",
    },
    "valor": lambda c, m: {
        "version": 1,
        "fecha": "2021-12-31",
        "valor": "16.5",
        "fuente": "Registro administrativo, corregido",
    },
    "tramitar": lambda c, m: {
        "version": 1,
        "a": "EN_ELABORACION",
        "fecha": "2021-02-01",
        "documento": "Oficio 1-2021",
    },
}


class Escrituras:
    """Qué tablas escribe lo que se ejecuta adentro, leído de las órdenes mismas."""

    def __init__(self):
        self.tablas: list[str] = []

    def __call__(self, execute, sql, params, many, context):
        hallada = ESCRIBE.match(sql)
        if hallada and hallada[2] not in SIEMPRE:
            self.tablas.append(hallada[2])
        return execute(sql, params, many, context)


def pedir(cliente: Client, metodo: str, donde: str, datos: dict[str, Any]):
    """La respuesta y las tablas que escribió; una falla es un 500, no una excepción."""
    anotador = Escrituras()
    cliente.cookies.pop("messages", None)  # el aviso de la petición anterior no es de ésta
    with connection.execute_wrapper(anotador):
        respuesta = getattr(cliente, metodo.lower())(donde, datos)
    return respuesta, anotador.tablas


def clientes(mundo: SimpleNamespace) -> dict[str, Client]:
    """Un navegador por persona, ya adentro; la apagada entró antes de que la apagaran."""
    todos = {}
    for actor in ACTORES:
        todos[actor] = Client(raise_request_exception=False)
        persona = getattr(mundo.personas, actor)
        if persona:
            todos[actor].force_login(persona)
    type(mundo.personas.apagada).objects.filter(pk=mundo.personas.apagada.pk).update(
        is_active=False
    )
    return todos


IDENTIFICADOR = re.compile(r"[0-9a-f]{32}|\d+")
FICHA = re.compile(r"[A-Za-z0-9]{64}")


def sin_claves(respuesta) -> tuple[int, str, list[str]]:
    """Estado, cuerpo sin identificadores ni fichas, y nombres de cabeceras."""
    texto = respuesta.content.decode(errors="replace") if not respuesta.streaming else ""
    return (
        respuesta.status_code,
        IDENTIFICADOR.sub("#", FICHA.sub("~", texto)),
        sorted(respuesta.headers),
    )
