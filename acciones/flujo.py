"""El trámite de una propuesta legislativa: su tabla y la única puerta de su estado."""

from datetime import date, datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F
from django.utils import timezone

from acciones.models import PropuestaLegislativa, TramitePropuesta
from instituciones import bitacora
from instituciones.models import Rol, Usuario

E = PropuestaLegislativa.Estado

# Dominio §2.5. Retirar cabe desde cualquier estado vivo, y desechar desde que llega al Congreso:
# es donde de verdad se detienen.
CAMINO = (
    E.IDENTIFICADA,
    E.EN_ELABORACION,
    E.CON_OPINION_PGN,
    E.CONOCIDA_CNS,
    E.PRESENTADA_CONGRESO,
    E.EN_COMISION,
    E.CON_DICTAMEN,
    E.APROBADA,
)
EN_EL_CONGRESO = (E.PRESENTADA_CONGRESO, E.EN_COMISION, E.CON_DICTAMEN)
FINALES = (E.APROBADA, E.DESECHADA, E.RETIRADA)


class TramiteInvalido(Exception):
    """El estado no sigue al actual, o alguien lo movió antes; `actual` es la propuesta."""

    def __init__(self, mensaje: str, actual: PropuestaLegislativa):
        super().__init__(mensaje)
        self.actual = actual


def puede_tramitar(usuario: Usuario | None) -> bool:
    """La coordinación y la CAP."""
    return usuario is not None and usuario.is_active and usuario.rol in {Rol.COORDINADOR, Rol.CAP}


def siguientes(propuesta: PropuestaLegislativa) -> dict[str, bool]:
    """A qué estados puede pasar, y si ese paso es hacia atrás (entonces pide nota)."""
    actual = E(propuesta.estado)
    if actual in FINALES:
        return {}
    lugar = CAMINO.index(actual)
    posibles = {CAMINO[lugar + 1].value: False, E.RETIRADA.value: False}
    if actual in EN_EL_CONGRESO:
        posibles[E.DESECHADA.value] = False
    if lugar:
        posibles[CAMINO[lugar - 1].value] = True
    return posibles


def tramitar(
    propuesta: PropuestaLegislativa,
    a: str,
    *,
    fecha: date,
    documento: str,
    version: int,
    por: Usuario,
    nota: str = "",
    momento: datetime | None = None,
) -> PropuestaLegislativa:
    """Mueve una propuesta con fecha y documento; hacia atrás, además con nota.

    Lanza PermissionDenied, ValidationError o TramiteInvalido, y entonces nada se escribió.
    """
    if not puede_tramitar(por):
        raise PermissionDenied("Tramitan la coordinación y la CAP.")
    posibles, de = siguientes(propuesta), propuesta.estado
    if a not in posibles:
        raise TramiteInvalido(f"No sigue a «{propuesta.get_estado_display()}».", propuesta)
    if posibles[a] and not nota.strip():
        raise ValidationError({"nota": "Para volver atrás, diga por qué."})
    cuando = momento or timezone.now()
    with bitacora.constancia() as asientos:
        suya = PropuestaLegislativa.objects.filter(pk=propuesta.pk, version=version, estado=de)
        if not suya.update(estado=a, version=F("version") + 1):
            actual = PropuestaLegislativa.objects.get(pk=propuesta.pk)
            raise TramiteInvalido("Otra persona la movió antes que usted.", actual)
        TramitePropuesta.objects.create(
            propuesta=propuesta,
            de=de,
            a=a,
            fecha=fecha,
            documento=documento,
            nota=nota,
            por=por,
            momento=cuando,
        )
        datos = {"de": de, "a": a, "fecha": fecha}
        asientos.append(
            bitacora.asiento("tramitar", propuesta, por=por, momento=cuando, datos=datos)
        )
    propuesta.refresh_from_db()
    return propuesta
