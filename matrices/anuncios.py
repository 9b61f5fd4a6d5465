"""Qué se les anuncia a los sistemas del semestre y de los avances: llaves y dónde leerlos.

Lo escribe el paso, en su transacción. De un avance no se dice ni el código de su actividad.
"""

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse

from instituciones.entregas import Hecho, anunciar
from instituciones.models import Evento
from matrices.models import Avance, Periodo

DE_UN_PASO = {"observar": Evento.AVANCE_OBSERVADO, "validar": Evento.AVANCE_VALIDADO}


def abierto(periodo: Periodo, momento: datetime | None) -> None:
    """Que se abrió un semestre."""
    datos = {"periodo": periodo.pk, "codigo": periodo.codigo, "plan": periodo.plan.codigo}
    enlace = reverse("api:periodo-detail", args=[periodo.pk])
    anunciar(Evento.PERIODO_ABIERTO, [Hecho(periodo, datos, enlace)], momento=momento)


def de_un_paso(paso: str, avances: Sequence[Avance], momento: datetime | None) -> None:
    """Que se observaron o se validaron; de los demás pasos, nada."""
    if paso not in DE_UN_PASO:
        return
    hechos = [
        Hecho(
            uno,
            {
                "avance": uno.pk,
                "actividad": uno.actividad_id,
                "periodo": uno.periodo_id,
                "version": uno.version,
            },
            reverse("api:avance-detail", args=[uno.pk]),
        )
        for uno in avances
    ]
    anunciar(DE_UN_PASO[paso], hechos, momento=momento)
