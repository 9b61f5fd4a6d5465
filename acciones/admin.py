"""El plan, sólo para leerlo: su estructura la cargan y cambian quienes lo coordinan."""

from django.contrib import admin

from acciones.models import (
    AccionEstrategica,
    Ambito,
    Irregularidad,
    ObjetivoEspecifico,
    Plan,
    Programa,
    Sigla,
)
from instituciones.admin import ListaLegible


class SoloLectura(admin.ModelAdmin):
    """Se mira y no se toca."""

    def get_changelist(self, request, **kwargs):
        return ListaLegible

    def get_queryset(self, request):
        filas = self.model.objects.visibles_para(request.user)
        return filas.order_by(*self.get_ordering(request) or self.model._meta.ordering)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


for modelo in (
    Plan,
    Ambito,
    Programa,
    ObjetivoEspecifico,
    AccionEstrategica,
    Irregularidad,
    Sigla,
):
    admin.site.register(modelo, SoloLectura)
