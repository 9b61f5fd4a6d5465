"""La cola de revisión, para las herramientas de quien analiza."""

from django.core.exceptions import PermissionDenied
from rest_framework import mixins

from instituciones.api.pedidos import ParametrosDeclarados
from instituciones.api.vistas import VistaDeApi
from instituciones.models import Rol
from matrices.api.filtros import FiltroDeLaCola
from matrices.api.salidas import AvanceEnLista
from matrices.models import Avance, Periodo


class ColaViewSet(mixins.ListModelMixin, VistaDeApi):
    """Lo que espera revisión: la analista, lo de su cola; la coordinación, todas.

    El detalle de cada uno está en `avances`.
    """

    serializer_class = AvanceEnLista
    filterset_class = FiltroDeLaCola
    filter_backends = [ParametrosDeclarados]

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):  # para el esquema no hay quién
            return Avance.objects.none()
        quien = self.request.user
        if quien.rol not in {Rol.ANALISTA, Rol.COORDINADOR}:
            raise PermissionDenied("La cola es de quien revisa.")
        filas = Avance.objects.visibles_para(quien)
        filas = filas.exclude(periodo__estado=Periodo.Estado.CORTADO)
        if quien.rol == Rol.ANALISTA:
            filas = filas.que_revisa(quien.institucion_id)
        return filas.con_su_actividad().sin_textos()
