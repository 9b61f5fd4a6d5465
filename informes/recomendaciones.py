"""Las recomendaciones de la Inspectoría General: escribirlas, contestarlas y seguirlas.

La tabla de pasos es la única puerta de su estado. Ella dice cuándo se atendió; la institución
contesta, y con contestar no se da por atendida a sí misma.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.db.models import F
from django.utils import timezone

from informes import permisos
from informes.models import Recomendacion
from instituciones import bitacora
from instituciones.canonico import huella
from instituciones.consultas import exigir_turno, titulares_de, turno_de
from instituciones.models import Institucion, Usuario
from matrices.flujo import PasoInvalido, VersionAjena
from matrices.models import Periodo

E = Recomendacion.Estado
VIVAS = frozenset({E.PENDIENTE, E.EN_CURSO})
YA_EXISTE = "Ya hay una recomendación con ese número."


class Paso(NamedTuple):
    """Un renglón de la tabla: de qué estados sale, a cuál llega (vacío: no lo cambia), y quién."""

    de: frozenset[str]
    a: str
    permite: Callable[[Usuario | None, Recomendacion], bool]
    nombre: str


PASOS = {
    "corregir": Paso(VIVAS, "", permisos.puede_recomendar, "Corregir"),
    "responder": Paso(VIVAS, "", permisos.puede_responder, "Responder"),
    "iniciar": Paso(
        frozenset({E.PENDIENTE}), E.EN_CURSO, permisos.puede_recomendar, "Marcar en curso"
    ),
    "atender": Paso(VIVAS, E.ATENDIDA, permisos.puede_recomendar, "Dar por atendida"),
    "reabrir": Paso(
        frozenset({E.ATENDIDA}), E.EN_CURSO, permisos.puede_recomendar, "Abrir de nuevo"
    ),
}
DE_ESTADO = tuple(nombre for nombre, paso in PASOS.items() if paso.a)


def posibles(una: Recomendacion, usuario: Usuario) -> dict[str, Usuario | None]:
    """Los pasos que esta persona puede dar ahora y por quién: None si por sí, o el titular."""
    dados: dict[str, Usuario | None] = {}
    titulares = titulares_de(usuario, timezone.localdate())
    for nombre, paso in PASOS.items():
        if una.estado not in paso.de:
            continue
        try:
            dados[nombre] = turno_de(usuario, paso.permite, una, titulares=titulares)
        except PermissionDenied:
            continue
    return dados


def registrar(
    *,
    numero: str,
    periodo: Periodo,
    institucion: Institucion,
    texto: str,
    por: Usuario,
    en_nombre_de: Usuario | None = None,
) -> Recomendacion:
    """Una nueva. Lanza ValidationError si otra llegó antes con su número."""
    exigir_turno(permisos.puede_recomendar, None, por=por, en_nombre_de=en_nombre_de)
    una = Recomendacion(numero=numero, periodo=periodo, institucion=institucion, texto=texto)
    try:
        with bitacora.constancia() as asientos:
            una.save()
            asientos.append(_asiento("escribir_recomendacion", una, por, en_nombre_de))
    except IntegrityError as repetida:
        raise ValidationError({"numero": YA_EXISTE}) from repetida
    return una


def corregir(una: Recomendacion, *, version: int, por: Usuario, **dado: Any) -> Recomendacion:
    """Su número, semestre, destinataria y texto, mientras no esté atendida.

    Cambiar de destinataria borra la respuesta: la dio otra institución.
    """
    en_nombre_de = dado.pop("en_nombre_de", None)
    if dado["institucion"].pk != una.institucion_id:
        dado |= {"respuesta": "", "respondida_por": None, "respondida_en": None}
    try:
        return _dar(una, "corregir", dado, version=version, por=por, en_nombre_de=en_nombre_de)
    except IntegrityError as repetida:
        raise ValidationError({"numero": YA_EXISTE}) from repetida


def responder(
    una: Recomendacion,
    *,
    respuesta: str,
    version: int,
    por: Usuario,
    en_nombre_de: Usuario | None = None,
) -> Recomendacion:
    """Lo que contesta la institución; puede contestar otra vez mientras no esté atendida."""
    dado = {"respuesta": respuesta, "respondida_por": por, "respondida_en": timezone.now()}
    return _dar(una, "responder", dado, version=version, por=por, en_nombre_de=en_nombre_de)


def mover(
    una: Recomendacion,
    paso: str,
    *,
    version: int,
    por: Usuario,
    en_nombre_de: Usuario | None = None,
) -> Recomendacion:
    """Marca en curso, da por atendida o abre de nuevo."""
    return _dar(una, paso, {}, version=version, por=por, en_nombre_de=en_nombre_de)


def _dar(
    una: Recomendacion,
    paso: str,
    cambios: dict[str, Any],
    *,
    version: int,
    por: Usuario,
    en_nombre_de: Usuario | None,
) -> Recomendacion:
    """Un paso de la tabla con su guarda y su asiento; si algo falla, nada se escribió."""
    regla, de = PASOS[paso], una.estado
    exigir_turno(regla.permite, una, por=por, en_nombre_de=en_nombre_de)
    if una.version == version and de not in regla.de:
        raise PasoInvalido(f"No se puede «{regla.nombre}»: está «{una.get_estado_display()}».", una)
    with bitacora.constancia() as asientos:
        suya = Recomendacion.objects.filter(pk=una.pk, version=version, estado=de)
        if not suya.update(**cambios, estado=regla.a or de, version=F("version") + 1):
            raise VersionAjena(Recomendacion.objects.get(pk=una.pk))
        una.refresh_from_db()
        asientos.append(_asiento(f"{paso}_recomendacion", una, por, en_nombre_de, de=de))
    return una


def _asiento(
    acto: str,
    una: Recomendacion,
    por: Usuario,
    en_nombre_de: Usuario | None,
    **datos: Any,
):
    """De los textos guarda la huella: la cadena no es otro lugar donde leerlos."""
    return bitacora.asiento(
        acto,
        una,
        por=por,
        en_nombre_de=en_nombre_de,
        institucion=una.institucion.sigla,
        datos={
            "numero": una.numero,
            "a": una.estado,
            "version": una.version,
            "texto": huella(una.texto),
            "respuesta": huella(una.respuesta) if una.respuesta else "",
            **datos,
        },
    )
