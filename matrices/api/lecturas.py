"""Semestres, matrices y actividades: sólo se leen."""

from django.db.models import Prefetch

from instituciones.api.vistas import SoloLectura
from matrices.api.filtros import FiltroDeActividades, FiltroDeMatrices, FiltroDePeriodos
from matrices.api.salidas import ActividadDeApi, MatrizDeApi, PeriodoDeApi
from matrices.models import Actividad, HitoActividad, MatrizCumplimiento, Periodo


class PeriodoViewSet(SoloLectura):
    """Los semestres de cada plan, con sus fechas y su estado."""

    serializer_class = PeriodoDeApi
    filterset_class = FiltroDePeriodos

    def get_queryset(self):
        return Periodo.objects.visibles_para(self.request.user).select_related("plan")


class MatrizViewSet(SoloLectura):
    """La matriz de cumplimiento de cada acción."""

    serializer_class = MatrizDeApi
    filterset_class = FiltroDeMatrices

    def get_queryset(self):
        visibles = MatrizCumplimiento.objects.visibles_para(self.request.user)
        return visibles.select_related("accion__objetivo__programa__plan")


class ActividadViewSet(SoloLectura):
    """Las actividades que quien pide puede ver, con sus fechas, meta e hitos."""

    serializer_class = ActividadDeApi
    filterset_class = FiltroDeActividades

    def get_queryset(self):
        quien = self.request.user
        hitos = HitoActividad.objects.visibles_para(quien).order_by("numero")
        return (
            Actividad.objects.visibles_para(quien)
            .select_related("responsable", "matriz__accion__objetivo__programa__plan")
            .prefetch_related(Prefetch("hitos", hitos), "obligados")
        )
