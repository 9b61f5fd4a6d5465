"""Lo que cae si una regla falta: las celdas de las matrices, y preguntas directas a cada regla.

Cada examen es una pregunta con su respuesta debida; lo que devuelve es lo que está mal. La
respuesta está escrita aquí o en la matriz, y nunca se lee del código que se examina.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import date
from functools import partial
from typing import Any, NamedTuple

from django.apps import apps
from django.contrib.admin.sites import site
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.views import APIView

from instituciones import clientes, suscripciones
from instituciones.admin import SistemaForm, SuscripcionForm
from instituciones.models import (
    Acotado,
    Alcance,
    ClienteSistema,
    Evento,
    PreferenciaDeAvisos,
    Suscripcion,
    Usuario,
)
from matrices import flujo, permisos
from matrices.models import Movimiento, Rectificacion, Reprogramacion
from tests.fabricas import (
    ActividadFactory,
    AvanceFactory,
    DelegacionFactory,
    EntregaFactory,
    EvidenciaFactory,
    FeriadoFactory,
    FiltroGuardadoFactory,
    GrupoFactory,
    ObservacionFactory,
    RecomendacionFactory,
    ResolucionFactory,
    UsuarioFactory,
)
from tests.seguridad import test_matriz_api as de_api
from tests.seguridad.inventario import revisadas
from tests.seguridad.mundo import ADENTRO, DE_LA_CASA, canarios_en, fresco, lee, ve
from tests.seguridad.mutantes import tablas
from tests.seguridad.pedidos import AFUERA, celdas, debe, direccion, pedir
from tests.seguridad.test_canarios import del_avance
from tests.seguridad.test_matriz import Cuenta
from tests.seguridad.verbos import VERBOS


class Examen(NamedTuple):
    """Una pregunta: su grupo (las que corren lo mismo), si la respuesta es un no, y hacerla."""

    grupo: str
    niega: bool
    hacer: Callable[[], list[str]]


def examenes(mundo) -> Iterator[Examen]:
    """Todos, sobre el mundo de las matrices con sus sistemas."""
    yield from de_las_tablas(mundo)
    yield from de_los_verbos(mundo)
    yield from de_los_sistemas(mundo)
    yield from de_las_condiciones(mundo)
    yield from de_las_lecturas(mundo)
    yield from de_las_rondas(mundo)
    yield from de_los_aportes(mundo)
    yield from de_lo_que_va_a_medias(mundo)
    yield from de_los_enlaces(mundo)
    yield from de_lo_visible(mundo)
    yield from de_las_paginas(mundo)
    yield from de_la_api(mundo)
    yield from de_los_catalogos(mundo)


# Las matrices ------------------------------------------------------------------------------------
def de_las_paginas(mundo) -> Iterator[Examen]:
    cuenta = Cuenta(mundo)
    mundo.clientes = cuenta.clientes
    for celda in celdas(revisadas()):
        fila, esperado = celda.fila, debe(celda)
        afuera = celda.actor if celda.actor in AFUERA else ""
        grupo = (
            f"{fila['ruta']} {fila['metodo']} {fila['caso']} {fila['objeto']} {esperado}{afuera}"
        )
        yield Examen(grupo, esperado != "bien", _celda(cuenta, celda))
        if fila["metodo"] == "POST" and esperado == "403" and fila["objeto"] != "marca":
            yield Examen(f"{grupo} sin nada", True, _sin_nada(mundo, celda))


def _sin_nada(mundo, celda) -> Callable[[], list[str]]:
    """A quien no le toca se le niega antes de mirar lo que mandó: 403, y no qué le falta."""

    def hacer():
        donde, cliente = direccion(celda, mundo), mundo.clientes[celda.actor]
        estado = pedir(cliente, "POST", donde, {})[0].status_code
        return [] if estado == 403 else [f"{celda} sin nada: debía 403, dio {estado}"]

    return hacer


def de_la_api(mundo) -> Iterator[Examen]:
    cuenta = de_api.CuentaDeApi(mundo)
    for celda in de_api.celdas(por_pares=False):
        codigos = sorted(de_api.debe(celda))
        afuera = celda.actor if celda.actor in {*de_api.FUERA, *de_api.SOLO_LEEN} else ""
        grupo = f"{celda.ruta} {celda.metodo} {codigos} {afuera}"
        yield Examen(grupo, codigos[0] >= 400, _celda(cuenta, celda))
    yield Examen("api:avance-paso a medias", True, lambda: _paso_a_medias(mundo))
    yield Examen("api:avance-lote a medias", True, lambda: _lote_a_medias(mundo))
    yield Examen("api sin decir quién entra", True, _sin_decir_quien)


def _paso_a_medias(mundo) -> list[str]:
    """A quien no le toca se le niega, aunque además le falte algo por decir."""
    avance = mundo.avances["PUBLICA", "REMITIDO"]
    respuesta = mundo.sistemas["coordinadora"].paso(avance.pk, avance.version, "observar")
    estado = respuesta.status_code
    return [] if estado == 403 else [f"observar a medias: debía 403, dio {estado}"]


def _lote_a_medias(mundo) -> list[str]:
    avance = mundo.avances["PUBLICA", "BORRADOR"]
    uno = {"id": avance.pk, "version": avance.version, "porcentaje": "99.00", "logro": ""}
    respuesta = mundo.sistemas["coopera"].pedir("POST", "avances/lote/", {"avances": [uno]})
    estado = respuesta.json()["resultados"][0]["estado_http"]
    return [] if estado == 403 else [f"lote a medias: debía 403, dio {estado}"]


def _sin_decir_quien() -> list[str]:
    abierta = type("Abierta", (APIView,), {"get": lambda self, request: Response({})})
    estado = abierta.as_view()(RequestFactory().get("/")).status_code
    return [] if estado in {401, 403} else [f"una vista que no dice quién entra dio {estado}"]


def _celda(cuenta, celda) -> Callable[[], list[str]]:
    def hacer():
        cuenta.mal, cuenta.sin_fila = [], {}
        respuesta = cuenta.probar(celda)
        return cuenta.mal + list(_indebidos(celda, respuesta))

    return hacer


def _indebidos(celda, respuesta) -> Iterator[str]:
    """Los textos de un avance que esa persona no debía leer."""
    if respuesta.streaming:
        return
    dicho = respuesta.content.decode(errors="replace") + " ".join(respuesta.headers.values())
    for hallado in canarios_en(dicho):
        suyo = del_avance(hallado)
        ojos = de_api.SOLO_LEEN.get(celda.actor, celda.actor)
        if suyo and not lee(ojos, *suyo):
            yield f"{celda}: leyó {hallado}"


# Quien administra: qué catálogos agrega y cambia, y cuál borra (dominio §4).
SE_AGREGAN = {"institucion", "grupoinstitucional", "feriado", "usuario"}
SE_CAMBIAN = SE_AGREGAN
SE_BORRAN = {"feriado"}


def de_los_catalogos(mundo) -> Iterator[Examen]:
    yield Examen("admin: cuentas", True, lambda: _entran_al_sitio(mundo))
    for modelo in site._registry:
        for actor in ("planificadora", "administradora"):
            grupo = f"admin:{modelo._meta.label_lower} {actor}"
            niega = actor != "administradora"
            yield Examen(grupo, niega, _catalogo(mundo, modelo, actor, niega))


def _catalogo(mundo, modelo, actor: str, niega: bool) -> Callable[[], list[str]]:
    def hacer():
        app, nombre = modelo._meta.app_label, modelo._meta.model_name
        clave = [modelo.objects.order_by("pk").values_list("pk", flat=True).first() or 0]
        paginas = {"changelist": [], "add": [], "change": clave, "delete": clave}
        cliente, dados = mundo.clientes[actor], set()
        for pagina, args in paginas.items():
            donde = reverse(f"admin:{app}_{nombre}_{pagina}", args=args)
            respuesta, _escritas = pedir(cliente, "GET", donde, {})
            guarda = pagina != "change" or b'name="_save"' in respuesta.content
            if respuesta.status_code == 200 and guarda:
                dados.add(pagina)
        deben = set() if niega else _lo_que_administra(nombre)
        return [] if dados == deben else [f"{actor} {nombre}: {sorted(dados)}"]

    return hacer


def _entran_al_sitio(mundo) -> list[str]:
    """Lo que el sitio pregunta de cada cuenta: sólo quien administra."""
    entran = {
        actor
        for actor in ADENTRO
        if (una := getattr(mundo.personas, actor)).is_staff
        or una.has_perm("acciones.view_plan")
        or una.has_module_perms("acciones")
    }
    return [] if entran == {"administradora"} else [f"al sitio entran {sorted(entran)}"]


def _lo_que_administra(nombre: str) -> set[str]:
    casos = {
        "add": SE_AGREGAN | {"clientesistema", "suscripcion"},
        "change": SE_CAMBIAN,
        "delete": SE_BORRAN,
    }
    return {"changelist"} | {pagina for pagina, cuales in casos.items() if nombre in cuales}


# Quién da cada paso (dominio §4) ------------------------------------------------------------------
CALENDARIO = "calendario"
PLANIFICAN = {"planificadora", "delegada", "delegada_vencida"}
APRUEBA, REVISA, COORDINA = {"aprobador"}, {"analista"}, {"coordinadora"}
DAN: dict[str, dict[str, set[str]]] = {
    "matrices.flujo.tablas.PASOS": {
        "guardar": PLANIFICAN,
        "entregar": PLANIFICAN,
        "devolver": APRUEBA,
        "remitir": APRUEBA,
        "asignar": REVISA | COORDINA,
        "observar": REVISA,
        "validar": REVISA,
        "revertir": COORDINA,
        "vencer": COORDINA | {CALENDARIO},
        "reabrir": COORDINA,
        "eximir": COORDINA,
        "exigir": COORDINA,
        "dejar_fuera": COORDINA,
        "consolidar": COORDINA,
    },
    "matrices.flujo.tablas.PASOS_PERIODO": {
        "abrir": COORDINA,
        "prorrogar": COORDINA,
        "dar_gracia": {CALENDARIO},
        "cerrar": COORDINA | {CALENDARIO},
        "cortar": COORDINA,
    },
    "matrices.flujo.tablas.PASOS_REPROGRAMACION": {
        "avalar": APRUEBA,
        "opinar": {"comisionada"},
        "aprobar": COORDINA,
        "rechazar": COORDINA,
        "desistir": PLANIFICAN,
    },
    "matrices.flujo.tablas.PASOS_RECTIFICACION": {
        "firmar": APRUEBA,
        "recomendar": REVISA,
        "aprobar": COORDINA,
        "rechazar": COORDINA,
        "aplicar": COORDINA,
    },
    "matrices.flujo.tablas.PASOS_RECLASIFICACION": {  # la pidió la institución
        "aprobar": COORDINA,
        "rechazar": COORDINA,
        "desistir": PLANIFICAN | APRUEBA,
    },
    "informes.recomendaciones.PASOS": {
        "corregir": {"inspector"},
        "responder": APRUEBA,
        "iniciar": {"inspector"},
        "atender": {"inspector"},
        "reabrir": {"inspector"},
    },
}
# De quién debe ser distinta la persona que lo da (dominio §4, «dos personas»).
CAPTURA = {"capturado_por", "entregado_por"}
DISTINTA = {
    ("matrices.flujo.tablas.PASOS", "remitir"): CAPTURA,
    ("matrices.flujo.tablas.PASOS", "observar"): CAPTURA | {"remitido_por"},
    ("matrices.flujo.tablas.PASOS", "validar"): CAPTURA | {"remitido_por"},
    ("matrices.flujo.tablas.PASOS_REPROGRAMACION", "avalar"): {"solicitada_por"},
    ("matrices.flujo.tablas.PASOS_REPROGRAMACION", "aprobar"): {"solicitada_por", "avalada_por"},
    ("matrices.flujo.tablas.PASOS_REPROGRAMACION", "rechazar"): {"solicitada_por", "avalada_por"},
    ("matrices.flujo.tablas.PASOS_RECTIFICACION", "firmar"): {"solicitada_por"},
    ("matrices.flujo.tablas.PASOS_RECTIFICACION", "recomendar"): {"solicitada_por", "firmada_por"},
    ("matrices.flujo.tablas.PASOS_RECTIFICACION", "aprobar"): {"solicitada_por", "firmada_por"},
    ("matrices.flujo.tablas.PASOS_RECTIFICACION", "rechazar"): {"solicitada_por", "firmada_por"},
}
RECLASIFICAR = "matrices.flujo.tablas.PASOS_RECLASIFICACION"
DISTINTA |= {(RECLASIFICAR, paso): {"solicitada_por"} for paso in ("aprobar", "rechazar")}
FILAS = {
    "PASOS_RECLASIFICACION": lambda mundo: mundo.reclasificacion,
    "PASOS": lambda mundo: fresco(mundo.avances["PUBLICA", "REMITIDO"]),
    "PASOS_PERIODO": lambda mundo: mundo.periodo,
    "PASOS_REPROGRAMACION": lambda mundo: mundo.cambio,
    "PASOS_RECTIFICACION": lambda mundo: mundo.rectificacion,
}


def de_las_tablas(mundo) -> Iterator[Examen]:
    """Quién da cada paso, y que no lo dé quien ya firmó lo que exige de otra persona."""
    for tabla, pasos in tablas():
        for paso in pasos:
            yield Examen(f"{tabla}[{paso}]", True, _paso(mundo, tabla, pasos, paso))


def _paso(mundo, tabla: str, pasos: dict[str, Any], paso: str) -> Callable[[], list[str]]:
    def hacer():
        if paso not in DAN.get(tabla, {}):
            return [f"{tabla}[{paso}]: no dice aquí quién lo da"]
        fila = _fila(mundo, tabla)
        personas = {actor: getattr(mundo.personas, actor) for actor in ADENTRO}
        personas[CALENDARIO] = None
        dan = {actor for actor, una in personas.items() if pasos[paso].permite(una, fila)}
        mal = [] if dan == DAN[tabla][paso] else [f"{tabla}[{paso}] lo dan {sorted(dan)}"]
        return mal + list(_firmado(mundo, tabla, pasos[paso], paso))

    return hacer


def _fila(mundo, tabla: str):
    if tabla.startswith("informes.recomendaciones"):
        return mundo.recomendacion
    return FILAS[tabla.rpartition(".")[2]](mundo)


def _firmado(mundo, tabla: str, regla: Any, paso: str) -> Iterator[str]:
    for firma in DISTINTA.get((tabla, paso), ()):
        fila = _fila(mundo, tabla)
        quien = getattr(mundo.personas, min(DAN[tabla][paso]))
        antes = getattr(fila, f"{firma}_id")
        setattr(fila, f"{firma}_id", quien.pk)
        try:
            flujo.exigir(regla, fila, por=quien, nota="Va con su acta.")
            yield f"{tabla}[{paso}]: lo dio quien ya era {firma}"
        except PermissionDenied:
            pass
        finally:
            setattr(fila, f"{firma}_id", antes)


# Qué presta una persona a un sistema -------------------------------------------------------------
def de_los_sistemas(mundo) -> Iterator[Examen]:
    """Nadie presta a un sistema lo que su rol no tiene, ni lo suyo si ya no está en su puesto."""
    for nombre, llamar in PRESTAN_DE_MAS.items():
        yield Examen(f"sistema:{nombre}", True, _prestado(mundo, nombre, llamar))


def _prestado(mundo, nombre: str, llamar: Callable[[Any], Any]) -> Callable[[], list[str]]:
    def hacer():
        try:
            llamar(Copia(mundo))
        except ValidationError:
            return []
        return [f"se pudo: {nombre}"]

    return hacer


def _sistema(mundo, alcances: list[str]) -> ClienteSistema:
    return ClienteSistema(nombre="Otro", persona=mundo.personas.aprobador, alcances=alcances)


def _por_el_catalogo(mundo) -> None:
    datos = {"nombre": "Otro", "persona": mundo.personas.aprobador.pk, "dias": 30}
    form = SistemaForm({**datos, "alcances": [Alcance.ESCRIBIR_AVANCE]})
    if not form.is_valid():
        raise ValidationError("Se dice en su formulario.")


def _rotar_de_mas(mundo) -> None:
    suyo = ClienteSistema.objects.get(nombre="aprobador")
    suyo.alcances = [Alcance.ESCRIBIR_AVANCE]
    clientes.rotar(suyo, por=None)


def _mudo() -> ClienteSistema:
    """Un sistema que no puede leer: de nada se le avisa."""
    suyo = ClienteSistema.objects.get(nombre="aprobador")
    suyo.alcances = [Alcance.APROBAR]
    suyo.save()
    return suyo


def _suscribir(mundo) -> None:
    de_mas = {"cliente": _mudo(), "direccion": GANCHO, "eventos": Evento.values}
    suscripciones.suscribir(Suscripcion(**de_mas), por=None)


def _suscribir_en_el_catalogo(mundo) -> None:
    datos = {"cliente": _mudo().pk, "direccion": GANCHO, "eventos": Evento.values}
    if not SuscripcionForm(datos).is_valid():
        raise ValidationError("Se dice en su formulario.")


GANCHO = "https://sistema.gob.gt/gancho"
PRESTAN_DE_MAS: dict[str, Callable[[Any], Any]] = {
    "suscribir a quien no lee": _suscribir,
    "suscribir a quien no lee, en el catálogo": _suscribir_en_el_catalogo,
    "inscribir de más": lambda m: clientes.inscribir(
        _sistema(m, [Alcance.ESCRIBIR_AVANCE]), por=None
    ),
    "inscribir de más, en el catálogo": _por_el_catalogo,
    "rotar de más": _rotar_de_mas,
}


# Lo que un paso pide además del estado (dominio §2.2) ---------------------------------------------
IMPIDEN: dict[tuple[str, str], list[dict[str, str]]] = {
    ("Avance", "guardar"): [
        {"estado": "EXENTO", "actividad.situacion": "CANCELADA"},
        {"estado": "PENDIENTE", "periodo.estado": "CERRADO"},
    ],
    ("Avance", "entregar"): [
        {"clasificacion": "SIN_CLASIFICAR"},
        {"actividad.clasificacion": "SIN_CLASIFICAR"},
        {},  # con una observación sin responder
    ],
    ("Avance", "remitir"): [{"periodo.estado": "CORTADO"}],
    ("Avance", "devolver"): [{"periodo.estado": "CORTADO"}],
    ("Avance", "validar"): [{}],  # con una observación abierta
    ("Avance", "reabrir"): [{"periodo.estado": "ABIERTO"}],
    ("Avance", "exigir"): [{"periodo.estado": "CERRADO"}],
}


def de_las_condiciones(mundo) -> Iterator[Examen]:
    for modelo, paso in flujo.CONDICIONES:
        llave = (modelo.__name__, paso)
        yield Examen(f"condicion:{paso}", True, _impedido(mundo, llave))


def _impedido(mundo, llave: tuple[str, str]) -> Callable[[], list[str]]:
    def hacer():
        mal = [] if llave in IMPIDEN else [f"{llave}: no dice aquí qué lo impide"]
        for cambios in IMPIDEN.get(llave, []):
            avance = fresco(mundo.avances["PUBLICA", "OBSERVADO"])
            for donde, valor in cambios.items():
                *parte, campo = donde.split(".")
                setattr(getattr(avance, *parte) if parte else avance, campo, valor)
            if not flujo.condicion_que_falta(avance, llave[1]):
                mal.append(f"{llave} se pudo con {cambios}")
        return mal

    return hacer


# Quién lee el texto de lo que ve (diseño, «Who sees which progress») ------------------------------
LEEN_LO_ENVIADO = {
    "PUBLICA": {"analista", "coordinadora", "inspector", "auditor"},
    "CONFIDENCIAL": {"analista", "coordinadora"},
    "RESERVADA": {"analista", "coordinadora", "inspector"},
}


def de_las_lecturas(mundo) -> Iterator[Examen]:
    yield Examen("lectura: lo de ahora", True, lambda: _leen_ahora(mundo))
    yield Examen("lectura: lo enviado", True, lambda: _leen_lo_enviado(mundo))
    yield Examen("lectura: rectificaciones", True, lambda: _leen_la_rectificacion(mundo))


def _leen_ahora(mundo) -> list[str]:
    mal = []
    for (clase, estado), uno in mundo.avances.items():
        avance = fresco(uno)
        for actor in ADENTRO:
            lo_lee = permisos.puede_leer_ahora(getattr(mundo.personas, actor), avance)
            if ve(actor, clase, estado) and lo_lee is not lee(actor, clase, estado):
                mal.append(f"{actor} lee {clase} {estado}: {lo_lee}")
    return mal


def _leen_lo_enviado(mundo) -> list[str]:
    mal = []
    for clase, debidos in LEEN_LO_ENVIADO.items():
        avance = fresco(mundo.avances[clase, "OBSERVADO"])
        leen = {
            actor
            for actor in ADENTRO
            if ve(actor, clase, "OBSERVADO")
            and permisos.puede_leer_lo_enviado(getattr(mundo.personas, actor), avance)
        }
        mal += [] if leen == debidos else [f"lo enviado, {clase}, lo leen {sorted(leen)}"]
    return mal


def _leen_la_rectificacion(mundo) -> list[str]:
    """Antes de firmarse, su institución; firmada, además quien ve toda fila."""
    pedida, mal = deepcopy(mundo.rectificacion), []
    firmada = DE_LA_CASA | VEN_TODO | {"analista_cap"}
    for estado, debidos in {"SOLICITADA": DE_LA_CASA, "FIRMADA": firmada}.items():
        pedida.estado = estado
        leen = {
            actor
            for actor in ADENTRO
            if permisos.puede_leer_rectificacion(getattr(mundo.personas, actor), pedida)
        }
        mal += [] if leen == debidos else [f"la {estado} la leen {sorted(leen)}"]
    return mal


# Desde la tercera ronda decide la coordinación; en lo suyo, no (dominio §4) -----------------------
def de_las_rondas(mundo) -> Iterator[Examen]:
    yield Examen("ronda: la tercera", True, lambda: _tercera_ronda(mundo))


def _tercera_ronda(mundo) -> list[str]:
    avance = fresco(mundo.avances["PUBLICA", "REMITIDO"])
    avance.ronda = 2
    ajeno = _validan(mundo, avance)
    seguimiento = deepcopy(mundo.plan.seguimiento)
    seguimiento.revisora_id = mundo.personas.comisionada.institucion_id
    avance.actividad.responsable = seguimiento
    propio = _validan(mundo, avance)
    mal = [] if ajeno == COORDINA else [f"la tercera ronda la validan {sorted(ajeno)}"]
    return mal if propio == {"analista_cap"} else [*mal, f"lo suyo, {sorted(propio)}"]


def _validan(mundo, avance) -> set[str]:
    permite = flujo.PASOS["validar"].permite
    return {actor for actor in ADENTRO if permite(getattr(mundo.personas, actor), avance)}


# Quien coopera y no planifica ve, y no aporta ----------------------------------------------------
def de_los_aportes(mundo) -> Iterator[Examen]:
    yield Examen("aporte: de quien aprueba", True, lambda: _aporta_quien_aprueba(mundo))


def _aporta_quien_aprueba(mundo) -> list[str]:
    cliente = Client(raise_request_exception=False)
    cliente.force_login(UsuarioFactory(rol="APROBADOR", institucion=mundo.cooperante))
    donde = reverse("matrices:aportar", args=[mundo.avances["PUBLICA", "BORRADOR"].pk])
    estados = {cliente.get(donde).status_code, cliente.post(donde, {}).status_code}
    return [] if estados == {403} else [f"quien aprueba en la que coopera: {sorted(estados)}"]


# Lo que se pide a medias: se niega antes de decir qué falta --------------------------------------
def de_lo_que_va_a_medias(mundo) -> Iterator[Examen]:
    casos = {
        "entregar quien aprueba": _entrega_quien_aprueba,
        "entregar lo incompleto": _entrega_lo_incompleto,
        "lo de dos personas": _por_dos_personas,
    }
    for nombre, caso in casos.items():
        yield Examen(f"a medias: {nombre}", True, partial(caso, mundo))


def _una(avance) -> str:
    return f"{avance.pk}:{fresco(avance).version}"


def _entrega_quien_aprueba(mundo) -> list[str]:
    """Entregar no es suyo: se le niega, y no se le dice qué le falta al borrador."""
    avance = mundo.avances["PUBLICA", "BORRADOR"]
    type(avance).objects.filter(pk=avance.pk).update(porcentaje=None, situacion_reportada="")
    datos = {"paso": "entregar", "version": avance.version}
    donde = reverse("matrices:dar_paso", args=[avance.pk])
    estado = mundo.clientes["aprobador"].post(donde, datos).status_code
    return [] if estado == 403 else [f"entregar quien aprueba: debía 403, dio {estado}"]


def _entrega_lo_incompleto(mundo) -> list[str]:
    avance = mundo.avances["PUBLICA", "BORRADOR"]
    type(avance).objects.filter(pk=avance.pk).update(porcentaje=None, situacion_reportada="")
    datos = {"avance": _una(avance), "declaracion": "on", "confirma": "on"}
    donde = reverse("matrices:entregar_marcadas")
    estado = mundo.clientes["coopera"].post(donde, datos).status_code
    return [] if estado == 403 else [f"entregar lo incompleto: debía 403, dio {estado}"]


def _por_dos_personas(mundo) -> list[str]:
    """Lo propio y lo delegado no van juntos, y se dice por qué."""
    personas = mundo.personas
    DelegacionFactory(titular=personas.coordinadora, delegado=personas.analista)
    propio, ajeno = mundo.avances["PUBLICA", "REMITIDO"], mundo.avances["RESERVADA", "REMITIDO"]
    type(ajeno).objects.filter(pk=ajeno.pk).update(ronda=2)
    datos = {"avance": [_una(propio), _una(ajeno)], "confirma": "on"}
    donde = reverse("matrices:validar_marcadas")
    respuesta = mundo.clientes["analista"].post(donde, datos)
    dicho = "por separado" in respuesta.content.decode()
    bien = respuesta.status_code == 403 and dicho
    return [] if bien else [f"por dos personas a la vez: {respuesta.status_code}"]


# A quien no puede no se le ofrece el enlace -------------------------------------------------------
def de_los_enlaces(mundo) -> Iterator[Examen]:
    for actor in ("administradora", "planificadora"):
        niega = actor == "administradora"
        yield Examen(f"enlace: por qué, {actor}", niega, _ofrecido(mundo, actor, niega))


def _ofrecido(mundo, actor: str, niega: bool) -> Callable[[], list[str]]:
    def hacer():
        donde = reverse("matrices:plan", args=[mundo.plan.codigo])
        dicho = mundo.clientes[actor].get(donde).content.decode()
        return [] if ("/explicar/" in dicho) is not niega else [f"{actor}: enlaces a «por qué»"]

    return hacer


# Los verbos, sin página delante ------------------------------------------------------------------
class Copia:
    """El mundo, con una copia de cada cosa: el verbo cambia la suya, y la base se deshace."""

    def __init__(self, mundo):
        self._mundo = mundo

    def __getattr__(self, nombre: str):
        return deepcopy(getattr(self._mundo, nombre))


def de_los_verbos(mundo) -> Iterator[Examen]:
    for nombre, verbo in VERBOS.items():
        for actor in ADENTRO:
            puede = actor in verbo.pueden
            grupo = f"verbo:{nombre} {'puede' if puede else 'no puede'}"
            yield Examen(grupo, not puede, _verbo(mundo, nombre, actor, puede))


def _verbo(mundo, nombre: str, actor: str, puede: bool) -> Callable[[], list[str]]:
    def hacer():
        try:
            VERBOS[nombre].llamar(Copia(mundo), getattr(mundo.personas, actor))
        except PermissionDenied:
            return [f"{actor} no pudo {nombre}"] if puede else []
        except Exception:  # noqa: BLE001 (pasó la puerta: lo que siga no es de permisos)
            return [] if puede else [f"{actor} pasó la puerta de {nombre}"]
        return [] if puede else [f"{actor} pudo {nombre}"]

    return hacer


# Quién ve todas las filas de cada modelo (diseño, «Who sees which progress») ----------------------
REVISAN = {"analista", "analista_cap", "coordinadora"}
VEN_TODO = {"analista", "coordinadora", "inspector", "auditor"}
DEL_CONSEJO = REVISAN | {"consejera", "inspector", "comisionada", "auditor"}
CUENTAS, SISTEMAS = {"administradora", "auditor"}, {"administradora", "auditor"}
ANTES_DE_PRESENTAR = REVISAN | {"auditor"}
VEN_TODAS: dict[str, set[str]] = {
    "instituciones.Usuario": CUENTAS | COORDINA,
    "instituciones.Delegacion": CUENTAS | COORDINA,
    "instituciones.Asiento": REVISAN | {"inspector", "auditor"},
    "instituciones.Aviso": set(),
    "instituciones.PreferenciaDeAvisos": set(),
    "instituciones.ClienteSistema": SISTEMAS,
    "instituciones.Ficha": SISTEMAS,
    "instituciones.PedidoDeSistema": SISTEMAS,
    "instituciones.Suscripcion": SISTEMAS,
    "instituciones.Entrega": SISTEMAS,
    "matrices.Actividad": VEN_TODO,
    "matrices.Avance": VEN_TODO,
    "matrices.Evidencia": VEN_TODO,
    "matrices.Observacion": VEN_TODO,
    "matrices.Movimiento": VEN_TODO,
    "matrices.Reprogramacion": VEN_TODO | {"analista_cap", "comisionada"},
    "matrices.Rectificacion": VEN_TODO | {"analista_cap"},
    "matrices.Reclasificacion": VEN_TODO | DE_LA_CASA | {"analista_cap"},  # hay una, de la casa
    "matrices.FiltroGuardado": set(),
    "matrices.LibroRecibido": set(),
    "informes.ContenidoSellado": DEL_CONSEJO,
    "informes.ResumenDeCorte": set(ADENTRO) - {"administradora"},
    "informes.Informe": ANTES_DE_PRESENTAR,
    "informes.Documento": ANTES_DE_PRESENTAR,
    "informes.TrabajoInforme": ANTES_DE_PRESENTAR,
    "informes.Recomendacion": DEL_CONSEJO,
}


MEDIDO_AL_CORTAR = {
    "situacion_medida": "VIGENTE",
    "programado": 50,
    "programado_original": 50,
    "fin_medido": date(2023, 12, 31),
}


def con_otras_casas(mundo):
    """El mundo, con algo de otra institución en cada tabla donde sólo había de una."""
    ajena, otro = mundo.personas.planificadora_ajena, mundo.personas.aprobador_ajeno
    suya = {"responsable": ajena.institucion, "numero": 80, "clasificacion": "CONFIDENCIAL"}
    borrador = AvanceFactory(
        actividad=ActividadFactory(matriz=mundo.matriz, **suya),
        periodo=mundo.periodo,
        estado="BORRADOR",
        situacion_reportada="EN_EJECUCION",
        porcentaje=45,
    )
    consolidado = AvanceFactory(
        actividad=ActividadFactory(matriz=mundo.cortado.actividad.matriz, **suya),
        periodo=mundo.cortado.periodo,
        estado="CONSOLIDADO",
        situacion_reportada="EN_EJECUCION",
        porcentaje=45,
        **MEDIDO_AL_CORTAR,
    )
    flujo.medir([borrador, consolidado])
    for fabrica in (GrupoFactory, FeriadoFactory, ResolucionFactory):
        fabrica()
    EvidenciaFactory(avance=borrador)
    ObservacionFactory(avance=borrador)
    ahora = timezone.now()
    paso = {"paso": "guardar", "de": "PENDIENTE", "a": "BORRADOR", "momento": ahora}
    for uno in (borrador, mundo.avances["RESERVADA", "BORRADOR"]):
        Movimiento.objects.create(avance=uno, **paso)
    pedida = {"solicitada_por": ajena, "solicitada_en": ahora}
    Reprogramacion.objects.create(
        actividad=borrador.actividad,
        tipo="CANCELACION",
        desde=date(2021, 5, 1),
        fin_anterior=borrador.actividad.fin_vigente,
        **pedida,
    )
    Rectificacion.objects.create(avance=consolidado, motivo="Se copió mal.", campos={}, **pedida)
    RecomendacionFactory(periodo=mundo.periodo, institucion=ajena.institucion)
    DelegacionFactory(titular=otro, delegado=ajena)
    FiltroGuardadoFactory(persona=mundo.personas.coordinadora, consulta="asignado=mio")
    for persona in (ajena, otro):
        PreferenciaDeAvisos.objects.create(persona=persona, correo="RESUMEN")
    cliente = ClienteSistema.objects.get(nombre="analista")
    # Otro webhook, que no es del sistema de quien planifica.
    EntregaFactory(suscripcion__cliente=cliente, estado="MUERTA")
    clientes.anotar_pedido(
        cliente, metodo="POST", ruta="x", estado_http=200, milisegundos=1, peticion="x"
    )
    return mundo


def de_lo_visible(mundo) -> Iterator[Examen]:
    """Quién ve toda fila de cada modelo; los demás, menos; quien no está activa, ninguna."""
    for modelo in apps.get_models():
        filas = getattr(modelo, "objects", None)
        if filas is not None and hasattr(filas, "visibles_para"):
            yield Examen(f"visible:{modelo._meta.label}", True, _visible(mundo, modelo))
    yield Examen("visible:sin regla", True, lambda: _sin_regla(mundo))


def _visible(mundo, modelo) -> Callable[[], list[str]]:
    def hacer():
        todas, etiqueta = modelo.objects.count(), modelo._meta.label
        ven = {
            actor: modelo.objects.visibles_para(getattr(mundo.personas, actor)).count()
            for actor in ADENTRO
        }
        enteras = {actor for actor, cuantas in ven.items() if cuantas >= todas}
        debidas = VEN_TODAS.get(etiqueta, set(ADENTRO))
        mal = [] if enteras == debidas else [f"{etiqueta}: las {todas} las ven {sorted(enteras)}"]
        Usuario.objects.filter(pk=mundo.personas.apagada.pk).update(is_active=False)
        mundo.personas.apagada.is_active = False
        return mal + [
            f"{etiqueta}: alguien sin cuenta activa ve filas"
            for nadie in (mundo.personas.apagada, AnonymousUser())
            if modelo.objects.visibles_para(nadie).exists()
        ]

    return hacer


def _sin_regla(mundo) -> list[str]:
    filas = Acotado(model=Usuario).visibles_para(mundo.personas.coordinadora)
    return ["sin regla se ven filas"] if filas.exists() else []
