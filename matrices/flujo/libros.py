"""El libro recibido: su arriendo, y en qué va. La fila manda; Celery sólo toca el timbre.

Aquí no se lee ni se juzga el libro: eso es de `libro`, que llama a estos verbos.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.utils import timezone

from acciones.models import AccionEstrategica
from instituciones import bitacora
from instituciones.almacen import Sellado
from instituciones.models import Institucion, Usuario
from matrices.flujo.conflictos import PasoInvalido
from matrices.models import LibroRecibido, Periodo

E, Tarea = LibroRecibido.Estado, LibroRecibido.Tarea
INTENTOS = 3
INTERRUMPIDO = "El proceso que lo atendía se interrumpió tres veces. Suba el libro otra vez."


def anotar_libro(
    nombre: str,
    sellado: Sellado,
    *,
    institucion: Institucion,
    por: Usuario,
    periodo: Periodo | None = None,
    accion: AccionEstrategica | None = None,
    en_nombre_de: Usuario | None = None,
) -> LibroRecibido:
    """La fila de un libro ya guardado en el almacén, en espera de su ensayo.

    Es de un periodo (captura) o de una acción (su matriz).
    """
    with bitacora.constancia() as asientos:
        libro = LibroRecibido.objects.create(
            clave=uuid4().hex,
            periodo=periodo,
            accion=accion,
            institucion=institucion,
            por=por,
            en_nombre_de=en_nombre_de,
            nombre=nombre,
            archivo=sellado.nombre,
            sha256=sellado.sha256,
            tamano=sellado.tamano,
            creado=timezone.now(),
        )
        asientos.append(_asiento("subir_libro", libro, sha256=sellado.sha256))
        return libro


def pedir_aplicar(libro: LibroRecibido, *, por: Usuario) -> LibroRecibido:
    """Encarga aplicar un libro ya ensayado; lanza PasoInvalido si no está para eso.

    De dos que lo piden a la vez, uno cambia la fila.
    """
    with bitacora.constancia() as asientos:
        listo = LibroRecibido.objects.filter(pk=libro.pk, tarea=Tarea.ENSAYAR, estado=E.LISTO)
        if not listo.update(
            tarea=Tarea.APLICAR,
            estado=E.PENDIENTE,
            intentos=0,
            progreso=0,
            paso="",
            terminado=None,
            por=por,
        ):
            libro.refresh_from_db()
            raise PasoInvalido("Este libro ya se aplicó, o aún no se ensaya.", libro)
        libro.refresh_from_db()
        asientos.append(_asiento("pedir_aplicar_libro", libro))
        return libro


def reclamar_libro(clave: str) -> tuple[LibroRecibido, str] | None:
    """El libro y la ficha de quien lo arrienda; None si no está libre.

    Si el dueño muere, su arriendo vence y queda libre, hasta INTENTOS veces.
    """
    ahora = timezone.now()
    libre = LibroRecibido.objects.por_atender(ahora).filter(clave=clave, intentos__lt=INTENTOS)
    ficha = libre.arrendar(ahora + _plazo(), estado=E.EN_CURSO, progreso=0)
    if ficha is None:
        return None
    filas = LibroRecibido.objects.select_related(
        "periodo__plan",
        "accion__objetivo__programa__plan",
        "accion__objetivo__ambito",
        "institucion",
        "por",
        "en_nombre_de",
    )
    return filas.get(clave=clave), ficha


def _plazo() -> timedelta:
    return timedelta(seconds=settings.INFORME_ARRIENDO_SEGUNDOS)


def latir_libro(libro: LibroRecibido, ficha: str, **progreso: Any) -> bool:
    """Renueva el arriendo y dice en qué va; False si ya es de otro."""
    mio = LibroRecibido.objects.filter(pk=libro.pk, ficha=ficha, estado=E.EN_CURSO)
    return bool(mio.update(arriendo=timezone.now() + _plazo(), **progreso))


def terminar_libro(libro: LibroRecibido, ficha: str, **dicho: Any) -> bool:
    """Lo deja LISTO con lo que resultó; False si la ficha ya no es la del dueño.

    Aplicar lo llama en la misma transacción en que guarda: o queda todo, o nada.
    """
    mio = LibroRecibido.objects.filter(pk=libro.pk, ficha=ficha, estado=E.EN_CURSO)
    dicho = {"error": "", "codigo": "", **dicho}
    return bool(
        mio.update(**dicho, estado=E.LISTO, progreso=100, paso="", terminado=timezone.now())
    )


def rechazar_libro(libro: LibroRecibido, ficha: str, *, codigo: str, motivo: str) -> None:
    """El libro entero no sirve: se dice por qué y no se intenta más."""
    mio = LibroRecibido.objects.filter(pk=libro.pk, ficha=ficha, estado=E.EN_CURSO)
    mio.update(estado=E.FALLIDO, codigo=codigo, error=motivo, paso="", terminado=timezone.now())


def soltar_libro(libro: LibroRecibido, ficha: str, motivo: str) -> None:
    """Lo deja libre para otro intento, o FALLIDO si fue el último."""
    mio = LibroRecibido.objects.filter(pk=libro.pk, ficha=ficha, estado=E.EN_CURSO)
    mio.filter(intentos__gte=INTENTOS).update(
        estado=E.FALLIDO, codigo="interrumpido", error=motivo, terminado=timezone.now()
    )
    mio.update(estado=E.PENDIENTE, error=motivo)


def libros_sin_dueno(momento: datetime | None = None) -> list[str]:
    """Las claves de los que esperan y nadie atiende; los que agotaron intentos, a FALLIDO."""
    ahora = momento or timezone.now()
    vencidos = LibroRecibido.objects.filter(estado=E.EN_CURSO, arriendo__lt=ahora)
    vencidos.filter(intentos__gte=INTENTOS).update(
        estado=E.FALLIDO, codigo="interrumpido", error=INTERRUMPIDO, terminado=ahora
    )
    libres = LibroRecibido.objects.por_atender(ahora).order_by("pk")
    return list(libres.values_list("clave", flat=True))


def asiento_de_libro(acto: str, libro: LibroRecibido, **datos: Any):
    """Lo que la cadena guarda de un acto sobre un libro: su huella y cuentas, nunca textos."""
    return _asiento(acto, libro, **datos)


def _asiento(acto: str, libro: LibroRecibido, **datos: Any):
    de_que = {"accion": libro.accion.codigo} if libro.accion else {"periodo": libro.periodo_id}
    return bitacora.asiento(
        acto,
        libro,
        por=libro.por,
        en_nombre_de=libro.en_nombre_de,
        institucion=libro.institucion.sigla,
        datos={**de_que, **datos},
    )
