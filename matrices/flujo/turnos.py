"""A quién le toca cada paso, por sí o en nombre de quien le delegó."""

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model

from instituciones.consultas import exigir_turno, turno_de
from instituciones.models import Usuario
from matrices.flujo.condiciones import condicion_que_falta
from matrices.flujo.tablas import CAPTURA, TABLAS, Fila, Paso
from matrices.models import Avance, Reclasificacion, Rectificacion, Reprogramacion


def exigir(
    regla: Paso,
    fila: Model,
    *,
    por: Usuario | None,
    en_nombre_de: Usuario | None = None,
    nota: str = "",
    momento: datetime | None = None,
) -> None:
    """Lanza PermissionDenied si no le toca a quien actúa; ValidationError si falta la nota.

    Quien actúa por delegación tiene el rol del titular, dentro de las fechas de su delegación;
    las dos personas se cuentan por quien de verdad actúa.
    """
    exigir_turno(regla.permite, fila, por=por, en_nombre_de=en_nombre_de, momento=momento)
    ajenas = firmas_ajenas(regla, fila, delegado=en_nombre_de is not None)
    if por is not None and {por.pk, getattr(en_nombre_de, "pk", por.pk)} & ajenas:
        raise PermissionDenied("Este paso lo da una persona distinta de quien dio los anteriores.")
    if regla.pide_nota and not nota.strip():
        raise ValidationError({"nota": "Escriba el motivo."}, code="requerido")


def firmas_ajenas(regla: Paso, fila: Model, *, delegado: bool = False) -> set[int]:
    """Las personas que ya firmaron lo que este paso exige de otra.

    Por delegación nadie actúa sobre lo que capturó, entregó o solicitó, sea cual sea el paso; ni
    en nombre de quien lo hizo.
    """
    columnas = {*regla.distinta_de}
    if delegado and isinstance(fila, Avance):
        columnas |= {*CAPTURA}
    if delegado and isinstance(fila, Reprogramacion | Rectificacion | Reclasificacion):
        columnas |= {"solicitada_por"}
    firmas = {getattr(fila, f"{columna}_id") for columna in columnas}
    return firmas - {None}


def pasos_posibles(
    fila: Fila, usuario: Usuario, en_nombre_de: Usuario | None = None
) -> dict[str, Paso]:
    """Los pasos que esta persona puede dar ahora: de aquí salen los botones."""
    quien = en_nombre_de or usuario
    return {
        nombre: regla
        for nombre, regla in TABLAS[type(fila)].items()
        if not regla.adentro
        and fila.estado in regla.de
        and regla.permite(quien, fila)
        and not {usuario.pk, quien.pk}
        & firmas_ajenas(regla, fila, delegado=en_nombre_de is not None)
        and not condicion_que_falta(fila, nombre)
    }


def por_quien(
    fila: Model, paso: str, usuario: Usuario, titulares: Iterable[Usuario] = ()
) -> Usuario | None:
    """En nombre de quién da el paso: None si le toca a ella, o el titular que le delegó.

    Lanza PermissionDenied si no le toca a ninguno.
    """
    return turno_de(usuario, TABLAS[type(fila)][paso].permite, fila, titulares=titulares)


def actuaciones(
    fila: Fila, usuario: Usuario, titulares: Iterable[Usuario] = ()
) -> dict[str, Usuario | None]:
    """Los pasos que esta persona puede dar ahora y por quién: None si por sí, o el titular.

    `titulares` son quienes le delegaron hoy; por sí misma va antes que por otra persona.
    """
    pasos: dict[str, Usuario | None] = {}
    for quien in (None, *titulares):
        for nombre in pasos_posibles(fila, usuario, en_nombre_de=quien):
            pasos.setdefault(nombre, quien)
    return pasos
