"""La base repite las reglas: también cuando lo que falta es un dato vacío.

Un CHECK que da NULL se tiene por cumplido: `columna > 0` no exige la columna.
"""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from informes.models import Corte
from tests.fabricas import (
    AccionFactory,
    ActividadFactory,
    AvanceFactory,
    CooperacionFactory,
    InstitucionFactory,
    PeriodoFactory,
    ResponsabilidadFactory,
    UsuarioFactory,
)

pytestmark = pytest.mark.cada_motor


def avance():
    return AvanceFactory(estado="VALIDADO")


CASOS = {
    "accion_reservada": (AccionFactory, {"clasificacion": "RESERVADA"}),
    "actividad_reservada": (ActividadFactory, {"clasificacion": "RESERVADA"}),
    "avance_reservado": (avance, {"clasificacion": "RESERVADA"}),
    "meta_sin_meta": (ActividadFactory, {"modo": "META"}),
    "cooperacion_de_nadie": (CooperacionFactory, {"institucion": None}),
    "responsabilidad_de_nadie": (ResponsabilidadFactory, {"institucion": None}),
    "validado_sin_firma": (avance, {"validado_por": None}),
    "reporta_sin_revisora": (InstitucionFactory, {"revisora": None}),
    "suspendida_sin_fecha": (ActividadFactory, {"situacion": "SUSPENDIDA"}),
    "exento_sin_motivo": (avance, {"estado": "EXENTO"}),
}


@pytest.mark.django_db
@pytest.mark.parametrize("caso", CASOS)
def test_la_base_niega_la_fila_a_la_que_le_falta_algo(caso):
    fabrica, cambios = CASOS[caso]
    fila = fabrica()

    with pytest.raises(IntegrityError), transaction.atomic():
        type(fila).objects.filter(pk=fila.pk).update(**cambios)


@pytest.mark.django_db
def test_la_base_niega_un_segundo_corte_que_no_sustituye_a_nadie():
    orden = {"hecho_por": UsuarioFactory(), "momento": timezone.now(), "motivo": "Porque sí."}

    with pytest.raises(IntegrityError), transaction.atomic():
        Corte.objects.create(periodo=PeriodoFactory(), numero=2, **orden)


@pytest.mark.django_db
@pytest.mark.parametrize("estado", ["APROBADA", "RECHAZADA"])
def test_la_base_niega_una_solicitud_resuelta_por_nadie(estado):
    actividad = ActividadFactory()
    pedida = actividad.reprogramaciones.create(
        tipo="SUSPENSION",
        desde=date(2021, 5, 1),
        fin_anterior=actividad.fin_vigente,
        motivo="Falta presupuesto.",
        acto="Oficio 1-2021",
        solicitada_en=timezone.now(),
    )

    with pytest.raises(IntegrityError), transaction.atomic():
        type(pedida).objects.filter(pk=pedida.pk).update(estado=estado)
