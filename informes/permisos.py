"""Quién puede qué con cortes e informes: persona y fila entran, sale sí o no (dominio §4)."""

from informes.models import LEEN_EDICION_CNS, VEN_EL_TABLERO, Edicion, Informe, Recomendacion
from instituciones.models import Rol, Usuario

Quien = Usuario | None


def _es(usuario: Quien, *roles: Rol) -> bool:
    return usuario is not None and usuario.is_active and usuario.rol in roles


def puede_emitir(usuario: Quien, fila: object = None) -> bool:
    """Cortar, ordenar, aprobar, presentar y publicar: la coordinación."""
    return _es(usuario, Rol.COORDINADOR)


def puede_tomar_conocimiento(usuario: Quien, informe: Informe) -> bool:
    """Un miembro del Consejo, de la edición que se le presentó."""
    return _es(usuario, Rol.CONSEJO) and informe.edicion == Edicion.CNS


def puede_recomendar(usuario: Quien, recomendacion: Recomendacion | None = None) -> bool:
    """Las recomendaciones son de la Inspectoría General."""
    return _es(usuario, Rol.IGSNS)


def puede_responder(usuario: Quien, recomendacion: Recomendacion) -> bool:
    """Quien aprueba en la institución destinataria: contestar la compromete, como remitir."""
    return (
        _es(usuario, Rol.APROBADOR)
        and usuario is not None
        and usuario.institucion_id == recomendacion.institucion_id
    )


def puede_leer_recomendaciones(usuario: Quien) -> bool:
    """Quien lee la edición del Consejo, y las instituciones (cada una, las que recibió)."""
    return _es(usuario, *LEEN_EDICION_CNS, Rol.PLANIFICADOR, Rol.APROBADOR)


def puede_ver_el_tablero(usuario: Quien) -> bool:
    """Las cifras del plan y su porqué: toda persona de adentro, salvo quien administra cuentas."""
    return _es(usuario, *VEN_EL_TABLERO)
