"""Sellar cortes y emitir informes: la única puerta por la que cambian de estado.

La fila del trabajo manda y Celery sólo toca el timbre: quien reclama un trabajo lo arrienda con
una ficha, y sin ella no publica. Perder un mensaje o un proceso no pierde ni repite un informe.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256
from threading import Event, Thread
from typing import Any, NamedTuple

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files.storage import storages
from django.db import IntegrityError, connection
from django.db.models import F, Q
from django.utils import timezone

from informes import anuncios, armado, avisos, pdf, permisos, xlsx
from informes.contenido import Contenido, desde_json, resumen_de
from informes.models import (
    ContenidoSellado,
    Corte,
    Descarga,
    Documento,
    Edicion,
    Informe,
    ResumenDeCorte,
    TomaConocimiento,
    TrabajoInforme,
)
from instituciones import bitacora
from instituciones.almacen import Sellado, sellar_archivo
from instituciones.canonico import huella
from instituciones.consultas import exigir_turno, le_toca
from instituciones.models import Usuario
from matrices import clasificacion, enmiendas, periodos
from matrices.flujo import PasoInvalido, VersionAjena
from matrices.models import Periodo, Reclasificacion, Rectificacion

registro = structlog.get_logger(__name__)
E = TrabajoInforme.Estado
EI = Informe.Estado
INTENTOS = 3
LARGO_DEL_CODIGO = 16  # cifras del código de verificación, sin sus guiones


class Paso(NamedTuple):
    """Un renglón de la tabla de un informe: de dónde a dónde, en qué edición, qué fecha deja."""

    de: frozenset[str]
    a: str
    edicion: str = ""
    fecha: str = ""
    nombre: str = ""


PASOS: dict[str, Paso] = {
    "aprobar": Paso(frozenset({EI.BORRADOR}), EI.APROBADO, fecha="aprobado_en", nombre="Aprobar"),
    "presentar": Paso(
        frozenset({EI.APROBADO}), EI.PRESENTADO, Edicion.CNS, "presentado_en", "Presentar al CNS"
    ),
    "publicar": Paso(
        frozenset({EI.APROBADO}), EI.PUBLICADO, Edicion.PUBLICA, "publicado_en", "Publicar"
    ),
    "sustituir": Paso(
        frozenset({EI.BORRADOR, EI.APROBADO, EI.PRESENTADO, EI.PUBLICADO}), EI.SUSTITUIDO
    ),
}


class IntegridadRota(Exception):
    """Un archivo o contenido guardado ya no da la huella con que se selló."""


# El corte --------------------------------------------------------------------------------------


def cortar(
    periodo: Periodo,
    *,
    por: Usuario,
    en_nombre_de: Usuario | None = None,
    version: int | None = None,
    confirmados: Iterable[int] = (),
    momento: datetime | None = None,
) -> Corte:
    """Congela el semestre y sella su primer corte, con una edición para cada público.

    `confirmados` son los avances sin validar que quien corta aceptó dejar fuera. Lanza
    PasoInvalido o VersionAjena, y entonces nada se escribió.
    """
    with bitacora.constancia():
        periodo = periodos.cortar(
            periodo,
            version=version or periodo.version,
            por=por,
            en_nombre_de=en_nombre_de,
            confirmados=list(confirmados),
            momento=momento,
        )
        cuando = momento or timezone.now()
        return _sellar(periodo, por=por, en_nombre_de=en_nombre_de, momento=cuando)


def cortar_de_nuevo(
    periodo: Periodo,
    rectificaciones: Sequence[Rectificacion],
    *,
    por: Usuario,
    motivo: str,
    en_nombre_de: Usuario | None = None,
    momento: datetime | None = None,
) -> list[Corte]:
    """Aplica rectificaciones aprobadas, cierra lo que dejó de ser público y sella otro corte.

    Sin rectificaciones, sólo si algo se cerró después del corte en vigor (dominio §10). Y otro de
    cada periodo posterior ya cortado cuyas cifras cambian (dominio §2.5). Los cortes anteriores y
    sus archivos quedan como estaban.
    """
    exigir_turno(
        permisos.puede_emitir,
        periodo,
        por=por,
        en_nombre_de=en_nombre_de,
        momento=momento,
        negativa="Sólo la coordinación corta de nuevo.",
    )
    ajenas = [una for una in rectificaciones if una.avance.periodo_id != periodo.pk]
    if not periodo.cortado or ajenas or not (rectificaciones or cierres_de(periodo)):
        raise PasoInvalido("Elija rectificaciones aprobadas de un periodo ya cortado.", periodo)
    quien: dict[str, Any] = {
        "por": por,
        "en_nombre_de": en_nombre_de,
        "momento": momento or timezone.now(),
    }
    with bitacora.constancia():
        vigente = ultimo_corte(periodo)
        for una in rectificaciones:
            enmiendas.aplicar(una, corte_numero=vigente.numero + 1, **quien)
        cortes = [_sellar(periodo, sustituye_a=vigente, motivo=motivo, **quien)]
        posteriores = Periodo.objects.filter(
            plan=periodo.plan, estado=Periodo.Estado.CORTADO, corte__gt=periodo.corte
        )
        for posterior in posteriores.order_by("corte"):
            vigente = ultimo_corte(posterior)
            if armado.cambian_las_cifras(vigente_de(vigente), posterior, por=en_nombre_de or por):
                porque = f"Por la rectificación de {periodo}: {motivo}"
                cortes.append(_sellar(posterior, sustituye_a=vigente, motivo=porque, **quien))
        enmiendas.calificar(
            {pk: cual for corte in cortes[:1] for pk, cual in _materiales(corte).items()}
        )
        return cortes


def cierres_de(periodo: Periodo) -> list[Reclasificacion]:
    """Lo que se cerró después del corte en vigor y éste todavía publica."""
    vigente = Corte.objects.filter(periodo=periodo).vigentes().first()
    return clasificacion.cierres_de(periodo, vigente.momento) if vigente else []


def _materiales(corte: Corte) -> dict[int, bool]:
    """Qué rectificaciones de este corte son materiales, según el propio corte."""
    contenido = vigente_de(corte)
    suyas = (una for una in contenido.correcciones if una.es_de_este_corte)
    return {una.clave: una.material for una in suyas if una.clave is not None}


def ultimo_corte(periodo: Periodo) -> Corte:
    """El corte en vigor de un periodo: el que nadie sustituyó."""
    return Corte.objects.filter(periodo=periodo).vigentes().get()


def vigente_de(corte: Corte, edicion: str = Edicion.CNS) -> Contenido:
    """El contenido sellado de un corte. Lanza IntegridadRota si no da su huella."""
    sellado = corte.sellado_de(edicion)
    if not sellado.integro:
        registro.error("integridad", corte=corte.pk, edicion=edicion)
        raise IntegridadRota(f"El contenido de {sellado} no da su huella.")
    return desde_json(sellado.contenido)


def _sellar(
    periodo: Periodo,
    *,
    por: Usuario,
    momento: datetime,
    en_nombre_de: Usuario | None = None,
    sustituye_a: Corte | None = None,
    motivo: str = "",
) -> Corte:
    """La fila del corte y, por edición, su contenido canónico con su huella.

    Por delegación se lee con los ojos del titular: el corte es el mismo, lo haga quien lo haga.
    """
    numero = sustituye_a.numero + 1 if sustituye_a else 1
    corte = Corte.objects.create(
        periodo=periodo,
        numero=numero,
        sustituye_a=sustituye_a,
        motivo=motivo,
        hecho_por=por,
        momento=momento,
    )
    base = vigente_de(sustituye_a) if sustituye_a else None
    ediciones = armado.armar(
        periodo,
        por=en_nombre_de or por,
        numero=numero,
        momento=momento,
        motivo=motivo,
        base=base,
    )
    textos = {edicion: contenido.canonico() for edicion, contenido in ediciones.items()}
    huellas = {edicion: huella(texto) for edicion, texto in textos.items()}
    for edicion, texto in textos.items():
        ContenidoSellado.objects.create(
            corte=corte, edicion=edicion, contenido=texto, huella=huellas[edicion]
        )
    ResumenDeCorte.objects.create(
        corte=corte, contenido=resumen_de(textos[Edicion.CNS]), huella=huellas[Edicion.CNS]
    )
    with bitacora.constancia() as asientos:
        datos = {"periodo": periodo.codigo, "numero": numero, "huellas": huellas}
        asientos.append(
            bitacora.asiento(
                "sellar_corte",
                corte,
                por=por,
                en_nombre_de=en_nombre_de,
                momento=momento,
                datos=datos,
            )
        )
        propias = [una for una in ediciones[Edicion.CNS].correcciones if una.es_de_este_corte]
        avisos.sellado(corte, momento, materiales=any(una.material for una in propias))
    return corte


# El informe ------------------------------------------------------------------------------------


def encargar(
    corte: Corte,
    *,
    edicion: str,
    por: Usuario,
    en_nombre_de: Usuario | None = None,
    seleccion: dict[str, list[str]] | None = None,
    momento: datetime | None = None,
) -> TrabajoInforme:
    """Ordena el informe de una edición y su trabajo; pedirlo diez veces deja uno solo.

    Un BORRADOR ya dibujado, o que falló, se sustituye por el que se ordena. Lanza PasoInvalido
    si esa edición ya se aprobó o se emitió.
    """
    exigir_turno(
        permisos.puede_emitir,
        corte,
        por=por,
        en_nombre_de=en_nombre_de,
        momento=momento,
        negativa="Sólo la coordinación ordena informes.",
    )
    quien: dict[str, Any] = {"por": por, "en_nombre_de": en_nombre_de}
    try:
        return _encargar(corte, edicion, quien, seleccion or {}, momento or timezone.now())
    except IntegrityError:  # otra persona lo ordenó en este instante: vale el suyo
        vivos = TrabajoInforme.objects.exclude(informe__estado=EI.SUSTITUIDO)
        return vivos.get(informe__corte=corte, informe__edicion=edicion)


def _encargar(
    corte: Corte,
    edicion: str,
    quien: dict[str, Any],
    seleccion: dict[str, list[str]],
    cuando: datetime,
) -> TrabajoInforme:
    with bitacora.constancia() as asientos:
        previos = Informe.objects.filter(corte=corte, edicion=edicion)
        vivo = previos.exclude(estado=EI.SUSTITUIDO).select_related("trabajo").first()
        if vivo is not None:
            if vivo.estado != EI.BORRADOR:
                raise PasoInvalido(f"Esa edición ya está en «{vivo.get_estado_display()}».", vivo)
            if vivo.trabajo.espera:
                return vivo.trabajo
            _mover(vivo, "sustituir", **quien, momento=cuando)
        informe = Informe.objects.create(
            corte=corte,
            edicion=edicion,
            estado=EI.BORRADOR,
            seleccion=seleccion,
            ordenado_por=quien["por"],
            ordenado_en=cuando,
        )
        trabajo = TrabajoInforme.objects.create(
            clave=f"{corte.periodo.plan.codigo}:{corte.periodo}:{corte.numero}:{edicion}:"
            f"{previos.count()}",
            informe=informe,
            estado=E.PENDIENTE,
            solicitante=quien["por"],
            en_nombre_de=quien["en_nombre_de"],
            creado=cuando,
        )
        datos = {"corte": corte.pk, "edicion": edicion, "clave": trabajo.clave}
        asientos.append(bitacora.asiento("ordenar", informe, **quien, momento=cuando, datos=datos))
        return trabajo


def _mover(
    informe: Informe,
    paso: str,
    *,
    por: Usuario,
    en_nombre_de: Usuario | None = None,
    version: int | None = None,
    momento: datetime | None = None,
    **cambios: Any,
) -> Informe:
    """Un paso de la tabla de informes, con su guarda y su asiento."""
    regla, cuando, de = PASOS[paso], momento or timezone.now(), informe.estado
    if de not in regla.de or regla.edicion not in {"", informe.edicion}:
        raise PasoInvalido(f"No cabe desde «{informe.get_estado_display()}».", informe)
    if regla.fecha:
        cambios[regla.fecha] = cuando
    with bitacora.constancia() as asientos:
        suyo = Informe.objects.filter(pk=informe.pk, version=version or informe.version, estado=de)
        if not suyo.update(**cambios, estado=regla.a, version=F("version") + 1):
            raise VersionAjena(Informe.objects.get(pk=informe.pk))
        informe.refresh_from_db()
        datos = {"de": de, "a": regla.a, "edicion": informe.edicion, "corte": informe.corte_id}
        asientos.append(
            bitacora.asiento(
                paso, informe, por=por, en_nombre_de=en_nombre_de, momento=cuando, datos=datos
            )
        )
        return informe


def falta_para(informe: Informe, paso: str) -> str:
    """Por qué, en el estado debido, el paso aún no cabe; vacío si cabe."""
    if paso == "aprobar":
        hay = set(informe.documentos.values_list("formato", flat=True))
        if hay != set(Documento.Formato.values):
            return "Los documentos no están completos."
    if paso == "publicar":
        del_consejo = Informe.objects.filter(
            corte=informe.corte_id, edicion=Edicion.CNS, estado=EI.PRESENTADO
        )
        if not del_consejo.exists():
            return "Primero se presenta al CNS la edición del mismo corte."
    return ""


def pasos_posibles(informe: Informe, usuario: Usuario) -> dict[str, Paso]:
    """Los botones que esta persona tiene sobre un informe, por sí o por delegación."""
    if not le_toca(usuario, permisos.puede_emitir, informe):
        return {}
    return {
        nombre: regla
        for nombre, regla in PASOS.items()
        if regla.nombre
        and informe.estado in regla.de
        and regla.edicion in {"", informe.edicion}
        and not falta_para(informe, nombre)
    }


def _dar(informe: Informe, paso: str, *, por: Usuario, **ctx: Any) -> Informe:
    """Quién, qué falta y el paso; y lo que sustituye en los cortes anteriores."""
    exigir_turno(
        permisos.puede_emitir,
        informe,
        por=por,
        en_nombre_de=ctx.get("en_nombre_de"),
        momento=ctx.get("momento"),
        negativa="Sólo la coordinación da este paso.",
    )
    falta = falta_para(informe, paso)
    if falta:
        raise PasoInvalido(falta, informe)
    with bitacora.constancia():
        informe = _mover(informe, paso, por=por, **ctx)
        if paso in {"presentar", "publicar"}:
            anteriores = Informe.objects.filter(
                corte__periodo=informe.corte.periodo,
                corte__numero__lt=informe.corte.numero,
                edicion=informe.edicion,
            ).exclude(estado=EI.SUSTITUIDO)
            for anterior in anteriores.order_by("pk"):
                _mover(
                    anterior,
                    "sustituir",
                    por=por,
                    en_nombre_de=ctx.get("en_nombre_de"),
                    momento=ctx.get("momento"),
                )
        if paso == "presentar":
            avisos.presentado(informe, ctx.get("momento"))
        if paso == "publicar":
            anuncios.publicado(informe, ctx.get("momento"))
        return informe


def aprobar(informe: Informe, *, por: Usuario, **ctx: Any) -> Informe:
    """Da por buenos sus documentos, leídos otra vez del almacén contra su huella."""
    for documento in informe.documentos.all():
        leer(documento)
    return _dar(informe, "aprobar", por=por, **ctx)


def presentar(
    informe: Informe, *, por: Usuario, fecha_sesion: date | None = None, **ctx: Any
) -> Informe:
    """Lo presenta al CNS, con la fecha de la sesión: desde aquí el Consejo lo ve."""
    sesion = fecha_sesion or timezone.localdate(ctx.get("momento"))
    return _dar(informe, "presentar", por=por, fecha_sesion=sesion, **ctx)


def hacer_publico(informe: Informe, *, por: Usuario, **ctx: Any) -> Informe:
    """Publica la edición pública. Antes comprueba otra vez que nada retenido se deduzca."""
    contenido = vigente_de(informe.corte, Edicion.PUBLICA)
    aislados = armado.lo_que_se_deduce(vigente_de(informe.corte), contenido)
    if aislados:
        cuantos = "1 renglón" if len(aislados) == 1 else f"{len(aislados)} renglones"
        raise PasoInvalido(
            f"Las cifras publicadas dejan deducir lo retenido en {cuantos}.", informe
        )
    return _dar(informe, "publicar", por=por, **ctx)


def tomar_conocimiento(informe: Informe, *, por: Usuario) -> TomaConocimiento:
    """El Consejo se da por enterado de un informe presentado; una vez por persona."""
    if not permisos.puede_tomar_conocimiento(por, informe):
        raise PermissionDenied("La toma de conocimiento es de un miembro del Consejo.")
    if informe.estado != EI.PRESENTADO:
        raise PasoInvalido("Sólo de un informe presentado.", informe)
    with bitacora.constancia() as asientos:
        toma, nueva = TomaConocimiento.objects.get_or_create(
            informe=informe, por=por, defaults={"momento": timezone.now()}
        )
        if nueva:
            asientos.append(bitacora.asiento("tomar_conocimiento", informe, por=por))
        return toma


def leer(documento: Documento) -> bytes:
    """Los octetos de un documento emitido. Lanza IntegridadRota si no dan su huella."""
    try:
        with storages["default"].open(str(documento.archivo.name)) as archivo:
            octetos = archivo.read()
    except FileNotFoundError as ausente:
        registro.error("archivo_ausente", documento=documento.pk)
        raise IntegridadRota("El archivo no está en el almacén.") from ausente
    if sha256(octetos).hexdigest() != documento.sha256:
        registro.error("integridad", documento=documento.pk)
        raise IntegridadRota("El archivo guardado no da la huella con que se emitió.")
    return octetos


def descargar(documento: Documento, *, por: Usuario | None) -> bytes:
    """Lee el documento y deja constancia de quién lo bajó."""
    octetos = leer(documento)
    ahora = timezone.now()
    with bitacora.constancia() as asientos:
        Descarga.objects.create(documento=documento, por=por, momento=ahora)
        asientos.append(
            bitacora.asiento(
                "descargar", documento, por=por, momento=ahora, datos={"sha256": documento.sha256}
            )
        )
    return octetos


def emitido_con(huella_dada: str) -> Documento | None:
    """El documento que se emitió con esa huella o ese código; None si no salió de aquí.

    El código es el principio de la huella del contenido, que es la de su JSON.
    """
    emitidos = Documento.objects.filter(
        Q(informe__presentado_en__isnull=False) | Q(informe__publicado_en__isnull=False)
    )
    if len(huella_dada) == LARGO_DEL_CODIGO:
        formato = Documento.Formato.JSON
        emitidos = emitidos.filter(formato=formato, sha256__startswith=huella_dada.lower())
    else:
        emitidos = emitidos.filter(sha256=huella_dada.lower())
    return emitidos.select_related("informe__corte__periodo__plan").order_by("pk").first()


# El trabajo ------------------------------------------------------------------------------------


def _plazo() -> timedelta:
    return timedelta(seconds=settings.INFORME_ARRIENDO_SEGUNDOS)


def reclamar(clave: str) -> str | None:
    """Arrienda el trabajo y devuelve la ficha de su dueño; None si no está libre.

    De dos que llaman a la vez, uno cambia la fila. Si el dueño muere, su arriendo vence y el
    trabajo queda libre, hasta INTENTOS veces.
    """
    ahora = timezone.now()
    libre = TrabajoInforme.objects.por_atender(ahora).filter(clave=clave, intentos__lt=INTENTOS)
    return libre.arrendar(ahora + _plazo(), estado=E.EN_CURSO, progreso=0)


def latir(clave: str, ficha: str, **progreso: Any) -> bool:
    """Renueva el arriendo y dice en qué va; False si ya es de otro."""
    mio = TrabajoInforme.objects.filter(clave=clave, ficha=ficha, estado=E.EN_CURSO)
    return bool(mio.update(arriendo=timezone.now() + _plazo(), **progreso))


def soltar(clave: str, ficha: str, motivo: str) -> None:
    """Deja el trabajo libre para otro intento, o FALLIDO si fue el último; dice por qué."""
    mio = TrabajoInforme.objects.filter(clave=clave, ficha=ficha, estado=E.EN_CURSO)
    mio.filter(intentos__gte=INTENTOS).update(
        estado=E.FALLIDO, error=motivo, terminado=timezone.now()
    )
    mio.update(estado=E.PENDIENTE, error=motivo)


def publicar(clave: str, ficha: str, archivos: dict[str, Sellado]) -> bool:
    """Todos los documentos o ninguno; False si la ficha ya no es la del dueño."""
    ahora = timezone.now()
    with bitacora.constancia() as asientos:
        mio = TrabajoInforme.objects.filter(clave=clave, ficha=ficha, estado=E.EN_CURSO)
        if not mio.update(estado=E.LISTO, progreso=100, paso="", error="", terminado=ahora):
            return False
        informe = Informe.objects.get(trabajo__clave=clave)
        Documento.objects.bulk_create(
            Documento(
                informe=informe,
                formato=formato,
                archivo=sellado.nombre,
                sha256=sellado.sha256,
                tamano=sellado.tamano,
                emitido_en=ahora,
            )
            for formato, sellado in archivos.items()
        )
        huellas = {formato: sellado.sha256 for formato, sellado in archivos.items()}
        asientos.append(
            bitacora.asiento(
                "emitir", informe, por=None, momento=ahora, datos={"clave": clave, **huellas}
            )
        )
        return True


def atender(clave: str) -> bool:
    """Reclama, dibuja y publica un trabajo; False si no estaba libre o no se pudo.

    Lo que sale mal queda dicho en la fila. Una señal de salida suelta el trabajo y sigue.
    """
    ficha = reclamar(clave)
    if ficha is None:
        return False
    try:
        with _latidos(clave, ficha) as avisar:
            archivos = dibujar(clave, avisar)
        return publicar(clave, ficha, archivos)
    except BaseException as motivo:
        # WeasyPrint lanza FatalURLFetchingError, que no es Exception: sin esto queda EN_CURSO.
        registro.exception("informe_fallido", clave=clave)
        soltar(clave, ficha, _explicar(motivo))
        if isinstance(motivo, KeyboardInterrupt | SystemExit):
            raise
        return False


def _explicar(motivo: BaseException) -> str:
    """Lo que la página dirá de un fallo, sin rutas ni trazas."""
    if isinstance(motivo, IntegridadRota | PermissionDenied):
        return str(motivo)
    if isinstance(motivo, OSError):
        return "No se pudo escribir o leer un archivo, o faltan las bibliotecas del PDF."
    return f"Falló al dibujar el informe ({type(motivo).__name__})."


class _latidos:  # noqa: N801 (se usa como un verbo en un `with`)
    """Mientras dura el bloque, un hilo renueva el arriendo tres veces por plazo."""

    def __init__(self, clave: str, ficha: str):
        self.clave, self.ficha, self.fin = clave, ficha, Event()
        self.hilo = Thread(target=self._renovar, daemon=True)

    def _renovar(self) -> None:
        try:
            while not self.fin.wait(_plazo().total_seconds() / 3):
                if not latir(self.clave, self.ficha):
                    return
        finally:
            connection.close()

    def __enter__(self) -> Callable[[int, str], None]:
        self.hilo.start()
        return self._avisar

    def _avisar(self, porciento: int, paso: str) -> None:
        latir(self.clave, self.ficha, progreso=porciento, paso=paso)

    def __exit__(self, *error: Any) -> None:
        self.fin.set()
        self.hilo.join()


def dibujar(clave: str, avisar: Callable[[int, str], None]) -> dict[str, Sellado]:
    """Los tres archivos de un trabajo, dibujados del corte y ya guardados bajo su huella.

    Comprueba otra vez los derechos de quien lo pidió: pudo perderlos mientras esperaba.
    """
    trabajo = TrabajoInforme.objects.select_related(
        "informe__corte", "solicitante", "en_nombre_de"
    ).get(clave=clave)
    exigir_turno(
        permisos.puede_emitir,
        trabajo.informe,
        por=trabajo.solicitante,
        en_nombre_de=trabajo.en_nombre_de,
        momento=trabajo.creado,
        negativa="Quien ordenó el informe ya no puede hacerlo.",
    )
    informe = trabajo.informe
    contenido = vigente_de(informe.corte, informe.edicion).con_seleccion(informe.seleccion)
    avisar(5, "Escribiendo el libro")
    libro = xlsx.libro(contenido)
    xlsx.verificar(libro, contenido)
    avisar(20, "Escribiendo los datos")
    datos = contenido.canonico().encode()
    avisar(25, "Dibujando el documento")
    documento = pdf.documento(contenido, adjuntos={"datos.json": datos, "datos.xlsx": libro})
    avisar(95, "Guardando los archivos")
    return {
        Documento.Formato.PDF: sellar_archivo(documento),
        Documento.Formato.XLSX: sellar_archivo(libro),
        Documento.Formato.JSON: sellar_archivo(datos),
    }


def reconciliar(momento: datetime | None = None) -> list[str]:
    """Los trabajos que esperan y nadie atiende; los que agotaron sus intentos quedan FALLIDO.

    Se puede llamar cuantas veces se quiera y desde varios procesos.
    """
    ahora = momento or timezone.now()
    vencidos = TrabajoInforme.objects.filter(estado=E.EN_CURSO, arriendo__lt=ahora)
    vencidos.filter(intentos__gte=INTENTOS).update(
        estado=E.FALLIDO,
        error="El proceso que lo dibujaba se interrumpió tres veces.",
        terminado=ahora,
    )
    return list(TrabajoInforme.objects.por_atender(ahora).values_list("clave", flat=True))
