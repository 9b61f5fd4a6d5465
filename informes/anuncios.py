"""Qué se les anuncia a los sistemas de los informes: llaves y dónde leerlos."""

from datetime import datetime

from django.urls import reverse

from informes.models import Informe
from instituciones.entregas import Hecho, anunciar
from instituciones.models import Evento


def publicado(informe: Informe, momento: datetime | None) -> None:
    """Que la edición pública de un corte ya está publicada."""
    datos = {"informe": informe.pk, "corte": informe.corte_id, "periodo": informe.corte.periodo_id}
    enlace = reverse("api:informe-detail", args=[informe.pk])
    anunciar(Evento.INFORME_PUBLICADO, [Hecho(informe, datos, enlace)], momento=momento)
