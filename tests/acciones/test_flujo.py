"""El trámite de las propuestas legislativas: sólo sigue su camino, y con quien puede."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from acciones import flujo
from acciones.models import PropuestaLegislativa
from instituciones.models import Asiento, Rol
from tests.fabricas import PropuestaFactory, UsuarioFactory

pytestmark = pytest.mark.django_db

E = PropuestaLegislativa.Estado
ADELANTE = {
    E.IDENTIFICADA: {E.EN_ELABORACION, E.RETIRADA},
    E.EN_ELABORACION: {E.CON_OPINION_PGN, E.RETIRADA},
    E.CON_OPINION_PGN: {E.CONOCIDA_CNS, E.RETIRADA},
    E.CONOCIDA_CNS: {E.PRESENTADA_CONGRESO, E.RETIRADA},
    E.PRESENTADA_CONGRESO: {E.EN_COMISION, E.DESECHADA, E.RETIRADA},
    E.EN_COMISION: {E.CON_DICTAMEN, E.DESECHADA, E.RETIRADA},
    E.CON_DICTAMEN: {E.APROBADA, E.DESECHADA, E.RETIRADA},
    E.APROBADA: set(),
    E.DESECHADA: set(),
    E.RETIRADA: set(),
}
ATRAS = {
    E.EN_ELABORACION: E.IDENTIFICADA,
    E.CON_OPINION_PGN: E.EN_ELABORACION,
    E.CONOCIDA_CNS: E.CON_OPINION_PGN,
    E.PRESENTADA_CONGRESO: E.CONOCIDA_CNS,
    E.EN_COMISION: E.PRESENTADA_CONGRESO,
    E.CON_DICTAMEN: E.EN_COMISION,
}


def tramitar(propuesta, a, por, **otros):
    orden = {"fecha": date(2024, 5, 2), "documento": "Oficio 1", "version": propuesta.version}
    return flujo.tramitar(propuesta, a, por=por, **{**orden, **otros})


@pytest.mark.parametrize("a", E.values)
@pytest.mark.parametrize("de", E.values)
def test_tramitar_solo_sigue_el_camino(de, a, elenco):
    propuesta = PropuestaFactory(estado=de)
    posible = a in ADELANTE[de] or ATRAS.get(de) == a

    if not posible:
        with pytest.raises(flujo.TramiteInvalido):
            tramitar(propuesta, a, elenco.comisionada, nota="Se corrige.")
        return

    movida = tramitar(propuesta, a, elenco.comisionada, nota="Se corrige.")
    assert (movida.estado, movida.version) == (a, 2)
    assert movida.tramites.get().de == de


def test_volver_atras_exige_nota(elenco):
    propuesta = PropuestaFactory(estado=E.EN_COMISION)

    with pytest.raises(ValidationError, match="por qué"):
        tramitar(propuesta, E.PRESENTADA_CONGRESO, elenco.coordinadora)

    propuesta.refresh_from_db()
    assert (propuesta.estado, propuesta.tramites.count()) == (E.EN_COMISION, 0)


@pytest.mark.parametrize("rol", sorted(set(Rol.values) - {Rol.COORDINADOR, Rol.CAP}))
def test_solo_tramitan_la_coordinacion_y_la_cap(rol):
    propuesta = PropuestaFactory()

    with pytest.raises(PermissionDenied):
        tramitar(propuesta, E.EN_ELABORACION, UsuarioFactory(rol=rol))


def test_quien_llega_segundo_no_mueve_la_propuesta(elenco):
    propuesta = PropuestaFactory()
    vista = PropuestaLegislativa.objects.get(pk=propuesta.pk)
    tramitar(propuesta, E.EN_ELABORACION, elenco.comisionada)

    with pytest.raises(flujo.TramiteInvalido) as choque:
        tramitar(vista, E.EN_ELABORACION, elenco.coordinadora)

    assert choque.value.actual.estado == E.EN_ELABORACION
    assert propuesta.tramites.count() == 1


def test_tramitar_deja_un_asiento_con_quien_lo_hizo(elenco):
    propuesta = PropuestaFactory()

    tramitar(propuesta, E.EN_ELABORACION, elenco.comisionada)

    asiento = Asiento.objects.get(acto="tramitar")
    assert (asiento.persona, asiento.clave) == (elenco.comisionada, str(propuesta.pk))
