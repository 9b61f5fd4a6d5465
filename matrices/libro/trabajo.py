"""Recibir un libro, atenderlo y aplicarlo: el camino es el mismo en el pedido y en la cola."""

from collections.abc import Callable, Iterable
from hashlib import sha256
from io import BytesIO
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import File
from django.utils import timezone

from acciones.models import AccionEstrategica
from instituciones import bitacora
from instituciones.almacen import sellar_archivo
from instituciones.consultas import titulares_de
from instituciones.models import Institucion, Rol, Usuario
from matrices import estructura, flujo, permisos
from matrices.archivos import ArchivoRechazado, nombre_limpio
from matrices.hojas import HojaLeida, LibroInservible, leer, recibir
from matrices.libro.copia import copia_comentada
from matrices.libro.ensayo import Avisar, ensayar
from matrices.libro.matriz.copia import copia_de_la_matriz
from matrices.libro.matriz.ensayo import IMPACTO, EnsayoDeMatriz, ensayar_matriz
from matrices.libro.matriz.plantilla import libro_de_la_matriz
from matrices.libro.plantilla import libro_de
from matrices.libro.resultado import CAMBIADO, NUEVO, RECHAZADO, Ensayo, EnsayoDeAvances, Error
from matrices.models import Avance, LibroRecibido, MatrizCumplimiento, Periodo

registro = structlog.get_logger(__name__)
T = LibroRecibido.Tarea


class LibroAlterado(Exception):
    """Lo guardado en el almacén no es lo que se recibió, o ya no está."""


def bajar(
    institucion: Institucion,
    periodo: Periodo,
    *,
    para: Usuario,
    en_nombre_de: Usuario | None = None,
) -> bytes:
    """El libro prellenado, con constancia de quién se lo llevó."""
    octetos = libro_de(institucion, periodo, para=para, en_nombre_de=en_nombre_de)
    with bitacora.constancia() as asientos:
        asientos.append(
            bitacora.asiento(
                "bajar_libro",
                periodo,
                por=para,
                en_nombre_de=en_nombre_de,
                institucion=institucion.sigla,
            )
        )
    return octetos


def bajar_copia(libro: LibroRecibido, *, por: Usuario) -> bytes:
    """La copia comentada de un libro ya ensayado, con constancia de quién se la llevó."""
    leidas = _leidas(libro)
    octetos = copia_de_la_matriz(libro, leidas) if libro.accion else copia_comentada(libro, leidas)
    with bitacora.constancia() as asientos:
        asientos.append(
            bitacora.asiento(
                "bajar_copia_de_libro", libro, por=por, institucion=libro.institucion.sigla
            )
        )
    return octetos


def bajar_matriz(accion: AccionEstrategica, *, para: Usuario) -> bytes:
    """El libro de la matriz de una acción, con constancia de quién se lo llevó."""
    octetos = libro_de_la_matriz(accion, para=para)
    with bitacora.constancia() as asientos:
        asientos.append(bitacora.asiento("bajar_matriz", accion, por=para))
    return octetos


def bajar_matrices(acciones: Iterable[AccionEstrategica], *, para: Usuario) -> bytes:
    """Un ZIP con el libro de cada acción, con constancia de cada uno."""
    salida, acciones = BytesIO(), list(acciones)
    with ZipFile(salida, "w", ZIP_DEFLATED) as paquete:
        for accion in acciones:
            octetos = libro_de_la_matriz(accion, para=para)
            paquete.writestr(f"matriz-{accion.codigo}.xlsx", octetos)
    with bitacora.constancia() as asientos:
        asientos.extend(bitacora.asiento("bajar_matriz", una, por=para) for una in acciones)
    return salida.getvalue()


def subir_matriz(archivo: File, accion: AccionEstrategica, *, por: Usuario) -> LibroRecibido:
    """Recibe el libro de una matriz y, si es chico, lo ensaya aquí mismo; si no, queda en cola.

    Lanza LibroInservible, y entonces nada se guardó.
    """
    return _recibir(
        archivo,
        lambda leidas: ensayar_matriz(leidas, accion, por=por),
        accion=accion,
        institucion=por.institucion,
        por=por,
    )


def subir(
    archivo: File,
    *,
    institucion: Institucion,
    periodo: Periodo,
    por: Usuario,
    en_nombre_de: Usuario | None = None,
) -> LibroRecibido:
    """Recibe un libro y, si es chico, lo ensaya aquí mismo; si no, queda en cola.

    Lanza LibroInservible, y entonces nada se guardó.
    """
    return _recibir(
        archivo,
        lambda leidas: ensayar(
            leidas, institucion=institucion, periodo=periodo, por=por, en_nombre_de=en_nombre_de
        ),
        periodo=periodo,
        institucion=institucion,
        por=por,
        en_nombre_de=en_nombre_de,
    )


def _recibir(
    archivo: File, juzgar: Callable[[list[HojaLeida]], Ensayo], **de_que: Any
) -> LibroRecibido:
    nombre = _nombre(archivo.name or "")
    recibir(archivo, maximo=settings.LIBRO_MAXIMO)
    leidas = leer(archivo) if (archivo.size or 0) <= settings.LIBRO_EN_EL_PEDIDO else None
    ensayo = juzgar(leidas) if leidas is not None else None
    libro = flujo.anotar_libro(nombre, sellar_archivo(archivo), **de_que)
    if ensayo is not None and (arrendado := flujo.reclamar_libro(libro.clave)):
        flujo.terminar_libro(libro, arrendado[1], resultado=ensayo.a_json())
    libro.refresh_from_db()
    return libro


def _nombre(dado: str) -> str:
    try:
        nombre = nombre_limpio(dado)
    except ArchivoRechazado as rechazo:
        raise LibroInservible(rechazo.codigo, str(rechazo)) from rechazo
    if not nombre.lower().endswith(".xlsx"):
        raise LibroInservible("no_es_xlsx", "El libro debe ser un archivo .xlsx.")
    return nombre


def aplicar(libro: LibroRecibido, *, por: Usuario) -> LibroRecibido:
    """Encarga aplicarlo y, si es chico, lo aplica aquí mismo. Lanza PasoInvalido."""
    libro = flujo.pedir_aplicar(libro, por=por)
    if libro.tamano <= settings.LIBRO_EN_EL_PEDIDO:
        atender(libro.clave)
        libro.refresh_from_db()
    return libro


def atender(clave: str) -> bool:
    """Reclama un libro y hace lo que se le pidió; False si no estaba libre o no se pudo.

    Lo que sale mal queda dicho en la fila. Una señal de salida lo suelta y sigue.
    """
    arrendado = flujo.reclamar_libro(clave)
    if arrendado is None:
        return False
    libro, ficha = arrendado
    try:
        _exigir_derechos(libro)
        flujo.latir_libro(libro, ficha, progreso=5, paso="Leyendo el libro")
        leidas = _leidas(libro)
        if libro.tarea == T.ENSAYAR:
            ensayo = _ensayar(libro, leidas, ficha)
            return flujo.terminar_libro(libro, ficha, resultado=ensayo.a_json())
        flujo.latir_libro(libro, ficha, progreso=40, paso="Guardando")
        if libro.accion:
            return _aplicar_matriz(libro, libro.accion, leidas, ficha)
        return _aplicar(libro, leidas, ficha)
    except LibroInservible as motivo:
        flujo.rechazar_libro(libro, ficha, codigo=motivo.codigo, motivo=str(motivo))
    except (PermissionDenied, LibroAlterado) as motivo:
        codigo = "integridad" if isinstance(motivo, LibroAlterado) else "permiso"
        flujo.rechazar_libro(libro, ficha, codigo=codigo, motivo=str(motivo))
    except BaseException as motivo:
        registro.exception("libro_fallido", clave=clave)
        flujo.soltar_libro(libro, ficha, f"Falló al atender el libro ({type(motivo).__name__}).")
        if isinstance(motivo, KeyboardInterrupt | SystemExit):
            raise
    return False


def _exigir_derechos(libro: LibroRecibido) -> None:
    """Quien lo subió pudo perder sus derechos mientras esperaba."""
    puede = (
        permisos.puede_estructurar(libro.por, libro.accion)
        if libro.accion
        else _sigue_planificando(libro)
    )
    if not puede:
        raise PermissionDenied("Quien subió el libro ya no puede escribir lo que trae.")


def _sigue_planificando(libro: LibroRecibido) -> bool:
    """Si planifica en esa institución, por sí o por quien le delegó."""
    por, titular = libro.por, libro.en_nombre_de
    if not por.is_active or por.institucion_id != libro.institucion_id:
        return False
    if titular is None:
        return por.rol == Rol.PLANIFICADOR
    return titular in titulares_de(por, timezone.localdate())


def contenido(libro: LibroRecibido) -> bytes:
    """Los octetos que se recibieron; lanza LibroAlterado si su huella ya no coincide."""
    try:
        with libro.archivo.open("rb") as guardado:
            octetos = guardado.read()
    except OSError:
        octetos = b""
    if sha256(octetos).hexdigest() != libro.sha256:
        registro.error("libro_alterado", libro=libro.pk)
        raise LibroAlterado("El archivo guardado no coincide con el que se recibió.")
    return octetos


def _leidas(libro: LibroRecibido) -> list[HojaLeida]:
    archivo: BinaryIO = BytesIO(contenido(libro))
    recibir(archivo, maximo=settings.LIBRO_MAXIMO)
    return leer(archivo)


def _ensayar(libro: LibroRecibido, leidas: list[HojaLeida], ficha: str) -> Ensayo:
    def avisar(porciento: int, paso: str) -> None:
        flujo.latir_libro(libro, ficha, progreso=porciento, paso=paso[:80])

    if libro.accion:
        return ensayar_matriz(leidas, libro.accion, por=libro.por, avisar=avisar)
    return _ensayar_captura(libro, leidas, avisar)


def _ensayar_captura(
    libro: LibroRecibido, leidas: list[HojaLeida], avisar: Avisar = lambda porciento, paso: None
) -> EnsayoDeAvances:
    return ensayar(
        leidas,
        institucion=libro.institucion,
        periodo=libro.semestre,
        por=libro.por,
        en_nombre_de=libro.en_nombre_de,
        avisar=avisar,
    )


def _aplicar(libro: LibroRecibido, leidas: list[HojaLeida], ficha: str) -> bool:
    """Guarda lo que vale, todo o nada por acción, y lo dice en la fila: juntos o ninguno.

    Con los avances tomados se ensaya otra vez: lo que otra persona guardó desde el ensayo se ve.
    """
    with bitacora.constancia() as asientos:
        if not flujo.latir_libro(libro, ficha):
            return False
        quien = libro.en_nombre_de or libro.por
        suyos = Avance.objects.visibles_para(quien).filter(periodo=libro.periodo_id)
        suyos = suyos.de_la_institucion(libro.institucion).order_by("pk")
        list(suyos.select_for_update(of=("self",)).values_list("pk"))
        ensayo = _ensayar_captura(libro, leidas)
        versiones = _guardar(libro, ensayo)
        resultado = ensayo.a_json()
        asientos.append(
            flujo.asiento_de_libro(
                "aplicar_libro", libro, sha256=libro.sha256, aplicados=resultado["aplicados"]
            )
        )
        return flujo.terminar_libro(libro, ficha, resultado=resultado, versiones=versiones)


def _aplicar_matriz(
    libro: LibroRecibido, accion: AccionEstrategica, leidas: list[HojaLeida], ficha: str
) -> bool:
    """Escribe la matriz entera, si nada se rechaza, y lo dice en la fila: juntos o ninguno.

    Con la acción tomada se ensaya otra vez: lo que otra persona guardó desde el ensayo se ve.
    """
    with bitacora.constancia() as asientos:
        if not flujo.latir_libro(libro, ficha):
            return False
        visibles = AccionEstrategica.objects.visibles_para(libro.por).filter(pk=accion.pk)
        list(visibles.select_for_update(of=("self",)).values_list("pk"))
        ensayo = ensayar_matriz(leidas, accion, por=libro.por)
        versiones = _escribir_matriz(ensayo, accion, libro.por) if ensayo.aplicables else {}
        resultado = ensayo.a_json()
        asientos.append(
            flujo.asiento_de_libro(
                "aplicar_libro", libro, sha256=libro.sha256, aplicados=resultado["aplicados"]
            )
        )
        return flujo.terminar_libro(libro, ficha, resultado=resultado, versiones=versiones)


def _escribir_matriz(
    ensayo: EnsayoDeMatriz, accion: AccionEstrategica, por: Usuario
) -> dict[str, list[int]]:
    """Con los verbos de la pantalla; da por clave la versión traída y la que resultó."""
    resultantes: dict[str, int] = {}
    try:
        with bitacora.constancia():  # su propio punto de retorno
            if ensayo.impacto is not None:
                matriz = estructura.escribir_impacto(accion, por=por, **ensayo.impacto)
                resultantes[IMPACTO] = matriz.version
            if ensayo.renglones:
                matriz = MatrizCumplimiento.objects.visibles_para(por).get(accion=accion)
                for una in estructura.escribir_varias(matriz, ensayo.renglones, por=por):
                    resultantes[str(una.numero)] = una.version
    except (flujo.Conflicto, ValidationError) as choque:
        codigo = "version_ajena" if isinstance(choque, flujo.VersionAjena) else "estado"
        mensajes = choque.messages if isinstance(choque, ValidationError) else [str(choque)]
        ensayo.del_libro += [Error(accion.codigo, mensaje, codigo) for mensaje in mensajes]
        return {}
    for uno in ensayo.resultados:
        uno.aplicado = uno.resultado in {NUEVO, CAMBIADO}
    return {
        clave: [traida, resultantes[clave]]
        for clave, traida in ensayo.traidas.items()
        if clave in resultantes
    }


def _guardar(libro: LibroRecibido, ensayo: EnsayoDeAvances) -> dict[str, list[int]]:
    """Todas las acciones que valen, y si algo choca, cada una por su cuenta.

    Da por avance la versión que traía el libro y la que resultó.
    """
    por_accion: dict[str, list[flujo.Captura]] = {accion: [] for accion in ensayo.aplicables}
    accion_de = {uno.avance: uno.accion for uno in ensayo.resultados}
    for pk, captura in ensayo.capturas.items():
        if accion_de[pk] in por_accion:
            por_accion[accion_de[pk]].append(captura)
    movidos = _intentar(libro, [una for varias in por_accion.values() for una in varias])
    if isinstance(movidos, Exception):
        movidos = []
        for accion, capturas in por_accion.items():
            suyos = _intentar(libro, capturas)
            if isinstance(suyos, Exception):
                _negar(ensayo, accion, suyos)
            else:
                movidos += suyos
    resultados = {uno.avance: uno for uno in ensayo.resultados}
    for movido in movidos:
        resultados[movido.pk].aplicado = True
    return {
        str(movido.pk): [ensayo.versiones[str(movido.pk)][0], movido.version] for movido in movidos
    }


def _intentar(libro: LibroRecibido, capturas: list[flujo.Captura]) -> list[Avance] | Exception:
    """Los guarda todos o ninguno; si no se pudo, por qué."""
    if not capturas:
        return []
    try:
        with bitacora.constancia():  # su propio punto de retorno
            return flujo.capturar_varios(capturas, por=libro.por, en_nombre_de=libro.en_nombre_de)
    except (flujo.Conflicto, PermissionDenied) as choque:
        return choque


def _negar(ensayo: EnsayoDeAvances, accion: str, choque: Exception) -> None:
    codigo = "version_ajena" if isinstance(choque, flujo.VersionAjena) else "estado"
    for uno in ensayo.resultados:
        if uno.accion == accion and uno.avance in ensayo.capturas:
            uno.resultado = RECHAZADO
            uno.errores.append(Error(uno.actividad, str(choque), codigo))
