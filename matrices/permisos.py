"""Quién puede hacer y leer qué en las matrices: persona y fila entran, sale sí o no.

Nada aquí sabe de estados del flujo ni escribe. Las reglas son las de dominio §4 y §10.
"""

from instituciones.models import Clasificacion, Institucion, Rol, Usuario, Visibilidad
from matrices.models import (
    Actividad,
    Avance,
    Evidencia,
    Periodo,
    Reclasificacion,
    Rectificacion,
    Reprogramacion,
)
from matrices.models.matriz import VEN_LO_DE_SU_INSTITUCION, VEN_TODA_FILA

Quien = Usuario | None
RONDAS_DEL_ANALISTA = 2

# Qué roles leen el texto de cada categoría legal fuera de la institución responsable. Son
# conjuntos, no una escalera. La ANALISTA, además, según si es quien revisa (`_analiza`).
LEEN = {
    Clasificacion.SIN_CLASIFICAR: {Rol.ANALISTA, Rol.COORDINADOR},
    Clasificacion.PUBLICA: set(Rol) - {Rol.ADMINISTRADOR},
    Clasificacion.CONFIDENCIAL: {Rol.ANALISTA, Rol.COORDINADOR},
    Clasificacion.RESERVADA: {Rol.ANALISTA, Rol.COORDINADOR, Rol.CONSEJO, Rol.IGSNS},
}
SOLO_QUIEN_REVISA = {Clasificacion.CONFIDENCIAL, Clasificacion.RESERVADA}


def _es(usuario: Quien, *roles: Rol) -> bool:
    return usuario is not None and usuario.is_active and usuario.rol in roles


def es_el_calendario(usuario: Quien, fila: object) -> bool:
    """Nadie: el paso lo da la fecha."""
    return usuario is None


def responde(usuario: Quien, institucion_id: int | None) -> bool:
    """Si la persona es de la institución responsable."""
    return usuario is not None and usuario.institucion_id == institucion_id


def puede_capturar(usuario: Quien, avance: Avance) -> bool:
    """Quien planifica en la institución responsable, hasta que el periodo se corte."""
    return (
        _es(usuario, Rol.PLANIFICADOR)
        and responde(usuario, avance.actividad.responsable_id)
        and not avance.periodo.cortado
    )


def puede_aprobar(usuario: Quien, avance: Avance) -> bool:
    """Quien aprueba en la institución responsable, hasta que el periodo se corte."""
    return (
        _es(usuario, Rol.APROBADOR)
        and responde(usuario, avance.actividad.responsable_id)
        and not avance.periodo.cortado
    )


def puede_revisar(usuario: Quien, avance: Avance) -> bool:
    """Analista de la institución que revisa a la responsable (STCNS; a ella, la CAP).

    Desde la tercera ronda, la coordinación; salvo en lo de su propia institución, que nadie
    valida lo suyo y sigue con la analista.
    """
    if usuario is None or responde(usuario, avance.actividad.responsable_id):
        return False
    revisora = avance.actividad.responsable.revisora_id
    if avance.ronda >= RONDAS_DEL_ANALISTA and not _es_de_la_coordinacion(avance):
        return _es(usuario, Rol.COORDINADOR)
    return _es(usuario, Rol.ANALISTA) and usuario.institucion_id == revisora


def _es_de_la_coordinacion(avance: Avance) -> bool:
    plan = avance.periodo.plan
    return avance.actividad.responsable_id == plan.seguimiento_id


def puede_ver_la_calidad(usuario: Quien) -> bool:
    """Quién reporta, cuándo y con qué reparos: quienes ven toda fila, y de ella su estado."""
    return _es(usuario, *VEN_TODA_FILA)


def puede_asignar(usuario: Quien, avance: Avance) -> bool:
    """La coordinación asigna; la analista que revisa se lo queda."""
    return _es(usuario, Rol.COORDINADOR) or puede_revisar(usuario, avance)


def puede_asignar_a(usuario: Quien, avance: Avance, otra: Usuario) -> bool:
    """A quien puede revisarlo: lo decide la coordinación, o quien se lo queda."""
    if not puede_revisar(otra, avance):
        return False
    return _es(usuario, Rol.COORDINADOR) or (usuario is not None and usuario.pk == otra.pk)


def puede_coordinar(usuario: Quien, fila: object = None) -> bool:
    """La coordinación: asignar, revertir, reabrir, llevar el periodo, cortar, resolver."""
    return _es(usuario, Rol.COORDINADOR)


def puede_revertir(usuario: Quien, avance: Avance) -> bool:
    """La coordinación, antes del corte."""
    return _es(usuario, Rol.COORDINADOR) and not avance.periodo.cortado


def puede_aportar(usuario: Quien, avance: Avance, institucion: Institucion) -> bool:
    """Quien planifica en la institución que coopera, sobre su propio aporte y antes del corte."""
    return (
        _es(usuario, Rol.PLANIFICADOR)
        and responde(usuario, institucion.pk)
        and avance.actividad.responsable_id != institucion.pk
        and not avance.periodo.cortado
    )


def puede_ver_por_que(usuario: Quien) -> bool:
    """De dónde sale una cifra: toda persona de adentro, salvo quien administra cuentas."""
    return _es(usuario, *(set(Rol) - {Rol.ADMINISTRADOR}))


def puede_estructurar(usuario: Quien, fila: object = None) -> bool:
    """La estructura del plan y de las matrices: coordinación y CAP."""
    return _es(usuario, Rol.COORDINADOR, Rol.CAP)


def puede_bajar_la_matriz(usuario: Quien, rectora_id: int | None) -> bool:
    """El libro de una matriz: quien la estructura, y para llenarlo, la institución rectora."""
    if puede_estructurar(usuario):
        return True
    de_casa = rectora_id is not None and responde(usuario, rectora_id)
    return de_casa and _es(usuario, Rol.PLANIFICADOR, Rol.APROBADOR)


def puede_solicitar(usuario: Quien, actividad: Actividad) -> bool:
    """Pedir una reprogramación o rectificación: quien planifica en la responsable."""
    return _es(usuario, Rol.PLANIFICADOR) and responde(usuario, actividad.responsable_id)


def puede_avalar(usuario: Quien, enmienda: Reprogramacion | Rectificacion) -> bool:
    """Avalar o firmar una solicitud: quien aprueba en la responsable."""
    return _es(usuario, Rol.APROBADOR) and responde(usuario, _actividad(enmienda).responsable_id)


def puede_desistir(usuario: Quien, enmienda: Reprogramacion) -> bool:
    """Retirar una solicitud: quien planifica en la responsable."""
    return puede_solicitar(usuario, _actividad(enmienda))


def puede_opinar(usuario: Quien, enmienda: Reprogramacion) -> bool:
    """La opinión sobre una reprogramación es de la CAP."""
    return _es(usuario, Rol.CAP)


def puede_recomendar(usuario: Quien, enmienda: Rectificacion) -> bool:
    """Recomendar una rectificación: la analista que revisa a la responsable."""
    responsable = _actividad(enmienda).responsable
    return (
        _es(usuario, Rol.ANALISTA)
        and responde(usuario, responsable.revisora_id)
        and not responde(usuario, responsable.pk)
    )


def _actividad(enmienda: Reprogramacion | Rectificacion) -> Actividad:
    if isinstance(enmienda, Rectificacion):
        return enmienda.avance.actividad
    return enmienda.actividad


def puede_leer(usuario: Quien, fila: Avance | Evidencia | Actividad) -> bool:
    """Si esta persona lee el texto de una fila que ya puede ver, por su categoría legal.

    Cada categoría de la fila y de sus padres debe permitirlo. La institución responsable lee lo
    suyo siempre; la ANALISTA lee lo CONFIDENCIAL y lo RESERVADA sólo si es quien revisa.
    """
    if usuario is None or not usuario.is_active:
        return False
    actividad = _de_la_fila(fila)
    if _de_la_responsable(usuario, actividad):
        return True
    revisora = actividad.responsable.revisora_id
    return all(_lee_la_clase(usuario, clase, revisora) for clase in fila.clases)


def puede_leer_ahora(usuario: Quien, fila: Avance | Evidencia) -> bool:
    """Si lee el texto vivo: el de un borrador es de su institución; los demás, lo enviado.

    Otra institución (también la que coopera) lee sólo lo consolidado; y lo RESTRINGIDA, ni ella
    ni quien no ve toda fila.
    """
    avance = fila.avance if isinstance(fila, Evidencia) else fila
    if usuario is None or not puede_leer(usuario, fila):
        return False
    if isinstance(fila, Evidencia) and fila.rectificacion is not None:
        return puede_leer_rectificacion(usuario, fila.rectificacion)
    if _de_la_responsable(usuario, avance.actividad):
        return True
    if usuario.rol not in VEN_TODA_FILA and Visibilidad.RESTRINGIDA in fila.visibilidades:
        return False
    if _es(usuario, Rol.PLANIFICADOR, Rol.APROBADOR):
        return avance.estado == Avance.Estado.CONSOLIDADO
    return avance.estado in Avance.ENVIADOS


def puede_leer_rectificacion(usuario: Quien, pedida: Rectificacion) -> bool:
    """Lo que cambia y su respaldo: su institución, y desde que se firma quien ve toda fila."""
    if not puede_leer(usuario, pedida.avance):
        return False
    if _de_la_responsable(usuario, pedida.avance.actividad):
        return True
    return _es(usuario, *VEN_TODA_FILA) and pedida.estado != Rectificacion.Estado.SOLICITADA


def _de_la_responsable(usuario: Quien, actividad: Actividad) -> bool:
    """Quien planifica o aprueba en la institución responsable."""
    return _es(usuario, Rol.PLANIFICADOR, Rol.APROBADOR) and responde(
        usuario, actividad.responsable_id
    )


def puede_leer_lo_enviado(usuario: Quien, avance: Avance) -> bool:
    """Si lee lo último que se remitió, aunque ahora se esté corrigiendo."""
    return puede_leer(usuario, avance) and _es(
        usuario, Rol.ANALISTA, Rol.COORDINADOR, Rol.IGSNS, Rol.AUDITOR
    )


def _de_la_fila(fila: Avance | Evidencia | Actividad) -> Actividad:
    if isinstance(fila, Actividad):
        return fila
    if isinstance(fila, Evidencia):
        return fila.avance.actividad
    return fila.actividad


def _lee_la_clase(usuario: Usuario, clase: str, revisora_id: int | None) -> bool:
    if usuario.rol not in LEEN[Clasificacion(clase)]:
        return False
    if usuario.rol == Rol.ANALISTA and clase in SOLO_QUIEN_REVISA:
        return usuario.institucion_id == revisora_id
    return True


# La clasificación y la reserva -----------------------------------------------------------------


def puede_ver_reservas(usuario: Quien) -> bool:
    """Qué se reservó y qué se pide cambiar: las instituciones, lo suyo; y quien ve toda fila."""
    return _es(usuario, *VEN_LO_DE_SU_INSTITUCION, *VEN_TODA_FILA)


def puede_registrar_reserva(usuario: Quien, autoridad_id: int | None = None) -> bool:
    """Anotar una resolución o su prórroga: la coordinación, o quien aprueba donde se dictó."""
    if _es(usuario, Rol.COORDINADOR):
        return True
    suya = autoridad_id is None or responde(usuario, autoridad_id)
    return _es(usuario, Rol.APROBADOR) and suya


def puede_pedir_clase(usuario: Quien, institucion_id: int | None) -> bool:
    """Pedir otra clase o visibilidad: la institución responsable, o la coordinación."""
    if _es(usuario, Rol.COORDINADOR):
        return True
    de_casa = institucion_id is not None and responde(usuario, institucion_id)
    return de_casa and _es(usuario, Rol.PLANIFICADOR, Rol.APROBADOR)


def puede_ver_su_clase(usuario: Quien, institucion_id: int | None) -> bool:
    """La página de su clasificación: quien puede pedir otra, y quien ve toda fila."""
    return puede_pedir_clase(usuario, institucion_id) or _es(usuario, *VEN_TODA_FILA)


def puede_resolver_clase(usuario: Quien, pedida: Reclasificacion) -> bool:
    """Confirma la otra parte: la coordinación lo de una institución, y ésta lo de aquélla.

    Lo que nadie rige lo confirma otra persona de la coordinación (dominio §10).
    """
    if pedida.la_pidio_la_coordinacion and pedida.institucion_id is not None:
        return _es(usuario, Rol.APROBADOR) and responde(usuario, pedida.institucion_id)
    return _es(usuario, Rol.COORDINADOR)


def puede_desistir_de_clase(usuario: Quien, pedida: Reclasificacion) -> bool:
    """La retira la parte que la pidió."""
    if pedida.la_pidio_la_coordinacion:
        return _es(usuario, Rol.COORDINADOR)
    return _es(usuario, Rol.PLANIFICADOR, Rol.APROBADOR) and responde(
        usuario, pedida.institucion_id
    )


def puede_leer_reclasificacion(usuario: Quien, pedida: Reclasificacion) -> bool:
    """Su motivo: quien lee la clase que tiene y la que se pide; la institución, siempre."""
    if usuario is None or not usuario.is_active:
        return False
    if _es(usuario, Rol.PLANIFICADOR, Rol.APROBADOR):
        return responde(usuario, pedida.institucion_id)
    revisora = pedida.institucion.revisora_id if pedida.institucion else None
    clases = {pedida.de_clase, pedida.a_clase, *pedida.clases_de_la_fila}
    return all(_lee_la_clase(usuario, clase, revisora) for clase in clases)


def puede_llevar_el_periodo(usuario: Quien, periodo: Periodo) -> bool:
    """La coordinación programa, abre, prorroga, cierra y corta."""
    return _es(usuario, Rol.COORDINADOR)


def calendario_o_coordinacion(usuario: Quien, fila: object) -> bool:
    """La fecha, o la coordinación cuando ya no falta nada."""
    return usuario is None or _es(usuario, Rol.COORDINADOR)
