"""La evidencia de un avance: recibirla, adjuntarla al borrador, retirarla y entregarla entera.

El archivo se inspecciona y se guarda bajo su huella antes de la transacción; la fila nace en
ella. Lo que quede sin fila es un huérfano que se barre, nunca una fila sin archivo.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Sum

from instituciones import bitacora
from instituciones.almacen import Sellado, sellar_archivo
from instituciones.models import Usuario
from matrices import archivos, consultas, flujo, permisos
from matrices.models import Avance, Evidencia, HitoActividad, Rectificacion

bitacora_tecnica = structlog.get_logger(__name__)


class CuotaAgotada(flujo.Conflicto):
    """La institución ya subió en el semestre todo lo que cabe."""


class Alterada(flujo.Conflicto):
    """Lo guardado en disco no es lo que se recibió, o ya no está."""


class Recibido(NamedTuple):
    """Un archivo ya inspeccionado y guardado, que todavía no es de nadie."""

    inspeccion: archivos.Inspeccion
    sellado: Sellado


class Adjunto(NamedTuple):
    """Un archivo recibido, con su título y el hito que respalda."""

    recibido: Recibido
    titulo: str
    hito: HitoActividad | None = None


def recibir(subidos: Sequence[UploadedFile]) -> list[Recibido]:
    """Los inspecciona todos y los guarda bajo su huella.

    Lanza ArchivoRechazado, y entonces no guardó ninguno; si son varios, dice cuál no y por qué.
    """
    inspecciones, rechazos = [], []
    for uno in subidos:
        try:
            inspecciones.append(archivos.inspeccionar(uno))
        except archivos.ArchivoRechazado as rechazo:
            rechazos.append((uno.name, rechazo))
    if rechazos:
        primero = rechazos[0][1]
        if len(subidos) == 1:
            raise primero
        dichos = " ".join(f"«{nombre}»: {motivo}" for nombre, motivo in rechazos)
        raise archivos.ArchivoRechazado(primero.codigo, dichos)
    sellados = map(sellar_archivo, subidos)
    return [Recibido(*par) for par in zip(inspecciones, sellados, strict=True)]


def capturar_y_adjuntar(
    avance: Avance,
    lo_declarado: flujo.Declaracion,
    adjuntos: Iterable[Adjunto],
    *,
    version: int,
    por: Usuario,
) -> Avance:
    """Guarda el borrador con su evidencia nueva: todo o nada."""
    with bitacora.constancia():
        guardado = flujo.capturar(avance, lo_declarado, version=version, por=por)
        adjuntar_varios(guardado, adjuntos, por=por)
        return guardado


def adjuntar_varios(avance: Avance, adjuntos: Iterable[Adjunto], *, por: Usuario) -> None:
    """Todos o ninguno."""
    with bitacora.constancia():
        for adjunto in adjuntos:
            adjuntar(avance, adjunto, por=por)


def adjuntar(avance: Avance, adjunto: Adjunto, *, por: Usuario) -> Evidencia:
    """Suma una evidencia al borrador; la misma dos veces es una.

    Lanza PermissionDenied, PasoInvalido si el avance no es un borrador y CuotaAgotada. Nace con
    la clase y la visibilidad de su avance.
    """
    (_inspeccion, sellado), _titulo, hito = adjunto
    with bitacora.constancia() as asientos:
        avance = _borrador(avance, por)
        repetida = Evidencia.objects.filter(avance=avance, sha256=sellado.sha256, hito=hito)
        if ya_estaba := repetida.first():
            return ya_estaba
        evidencia = _guardar(avance, adjunto, por)
        asientos.append(_asiento("adjuntar", evidencia, por))
        return evidencia


def adjuntar_a_rectificacion(pedida: Rectificacion, adjunto: Adjunto, *, por: Usuario) -> Evidencia:
    """Suma un respaldo a la rectificación que la persona acaba de pedir."""
    with bitacora.constancia() as asientos:
        evidencia = _guardar(pedida.avance, adjunto, por, rectificacion=pedida)
        asientos.append(_asiento("adjuntar", evidencia, por))
        return evidencia


def _guardar(
    avance: Avance, adjunto: Adjunto, por: Usuario, rectificacion: Rectificacion | None = None
) -> Evidencia:
    """La fila de un archivo ya recibido, con la clase y la visibilidad de su avance."""
    (inspeccion, sellado), titulo, hito = adjunto
    _exigir_cuota(avance, sellado.tamano)
    return Evidencia.objects.create(
        avance=avance,
        rectificacion=rectificacion,
        hito=hito,
        titulo=titulo or inspeccion.nombre,
        nombre=inspeccion.nombre,
        archivo=sellado.nombre,
        tipo=inspeccion.tipo,
        sha256=sellado.sha256,
        tamano=sellado.tamano,
        analisis=_analisis(inspeccion),
        visibilidad=avance.visibilidad,
        clasificacion=avance.clasificacion,
        resolucion_id=avance.resolucion_id,
        subida_por=por,
    )


def retirar(evidencia: Evidencia, *, por: Usuario) -> None:
    """Quita una evidencia del borrador; el archivo y su constancia quedan."""
    with bitacora.constancia() as asientos:
        _borrador(evidencia.avance, por)
        asientos.append(_asiento("retirar_evidencia", evidencia, por))
        evidencia.delete()


def usos(suyas: Iterable[Evidencia], *, para: Usuario) -> dict[int, list[Avance]]:
    """Por evidencia, los demás avances con el mismo archivo que esa persona puede leer.

    Ni el mismo avance ni lo que no lee: que un archivo exista en otra parte también es un dato.
    """
    suyas = list(suyas)
    iguales = Evidencia.objects.visibles_para(para).filter(sha256__in={una.sha256 for una in suyas})
    donde: dict[str, dict[int, Avance]] = {}
    for otra in iguales.con_su_actividad().select_related(
        "avance__periodo__plan", "avance__actividad__responsable", "rectificacion"
    ):
        if permisos.puede_leer_ahora(para, otra):
            donde.setdefault(otra.sha256, {})[otra.avance_id] = otra.avance
    return {
        una.pk: [a for pk, a in donde.get(una.sha256, {}).items() if pk != una.avance_id]
        for una in suyas
    }


def se_descarga(usuario: Usuario, evidencia: Evidencia, avance: Avance) -> bool:
    """Se lleva el archivo quien lee el texto vivo, o si iba en lo último que se envió."""
    evidencia.avance = avance
    if permisos.puede_leer_ahora(usuario, evidencia):
        return True
    if not permisos.puede_leer(usuario, evidencia):
        return False
    if not permisos.puede_leer_lo_enviado(usuario, avance):
        return False
    enviado = consultas.lo_enviado(avance) or {"evidencias": []}
    return evidencia.sha256 in {una["sha256"] for una in enviado["evidencias"]}


def contenido(evidencia: Evidencia, *, para: Usuario) -> bytes:
    """Los octetos tal como se recibieron, con constancia de quién se los llevó.

    Lanza Alterada, y avisa, si su huella ya no coincide.
    """
    try:
        with evidencia.archivo.open("rb") as archivo:
            octetos = archivo.read()
    except OSError:
        octetos = b""
    if hashlib.sha256(octetos).hexdigest() != evidencia.sha256:
        bitacora_tecnica.error("evidencia_alterada", evidencia=evidencia.pk)
        raise Alterada("El archivo guardado no coincide con el que se recibió.", evidencia)
    with bitacora.constancia() as asientos:
        asientos.append(_asiento("descargar", evidencia, para))
    return octetos


def _borrador(avance: Avance, por: Usuario) -> Avance:
    """El avance con candado, si quien actúa lo captura y es un borrador."""
    filas = Avance.objects.select_for_update(of=("self",)).con_su_actividad()
    fila = filas.get(pk=avance.pk)
    if not permisos.puede_capturar(por, fila):
        raise PermissionDenied("Sólo adjunta quien planifica en la institución responsable.")
    if fila.estado != Avance.Estado.BORRADOR:
        raise flujo.PasoInvalido("La evidencia sólo cambia mientras el avance es borrador.", fila)
    return fila


def _exigir_cuota(avance: Avance, tamano: int) -> None:
    suyas = Evidencia.objects.filter(
        avance__periodo=avance.periodo_id,
        avance__actividad__responsable=avance.actividad.responsable_id,
    )
    usado = suyas.aggregate(usado=Sum("tamano"))["usado"] or 0
    if usado + tamano > settings.EVIDENCIA_CUOTA_SEMESTRE:
        raise CuotaAgotada("Su institución ya ocupó el espacio de evidencia del semestre.", avance)


def _analisis(inspeccion: archivos.Inspeccion) -> str:
    return Evidencia.Analisis.LIMPIO if inspeccion.limpio else Evidencia.Analisis.SIN_ANALIZAR


def _asiento(acto: str, evidencia: Evidencia, por: Usuario):
    """Qué pasó con cuál archivo, por su huella: su nombre también es un dato y no va."""
    return bitacora.asiento(
        acto,
        evidencia,
        por=por,
        institucion=evidencia.avance.actividad.responsable.sigla,
        datos={"avance": evidencia.avance_id, "sha256": evidencia.sha256},
    )
