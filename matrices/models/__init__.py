"""Lo hecho: periodos, matrices, avances y las enmiendas a unos y otros."""

from matrices.models.avance import (
    Aporte,
    Avance,
    Evidencia,
    HitoCumplido,
    Movimiento,
    Observacion,
)
from matrices.models.clasificacion import Reclasificacion
from matrices.models.enmiendas import Rectificacion, Reprogramacion
from matrices.models.filtros import FiltroGuardado
from matrices.models.libro import LibroRecibido
from matrices.models.matriz import Actividad, Cooperacion, HitoActividad, MatrizCumplimiento
from matrices.models.periodo import Periodo, Umbrales

__all__ = [
    "Actividad",
    "Aporte",
    "Avance",
    "Cooperacion",
    "Evidencia",
    "FiltroGuardado",
    "HitoActividad",
    "HitoCumplido",
    "LibroRecibido",
    "MatrizCumplimiento",
    "Movimiento",
    "Observacion",
    "Periodo",
    "Reclasificacion",
    "Rectificacion",
    "Reprogramacion",
    "Umbrales",
]
