"""Por qué se filtra cada lista; todo declarado y con su tipo."""

import django_filters
from django import forms
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field

from instituciones.api.pedidos import EnteroFilter, SiNoFilter
from matrices.calculo import ASPECTOS
from matrices.forms.revision import EN_COLA, MIO, NADIE, OTRA
from matrices.models import Actividad, Avance, Periodo

SEMAFOROS = [(codigo, aspecto.palabra) for codigo, aspecto in ASPECTOS.items()]


class _CodigoDePeriodo(forms.RegexField):
    def __init__(self, **opciones):
        super().__init__(regex=r"\A[0-9]{4}-S[12]\Z", **opciones)


@extend_schema_field({"type": "string", "pattern": "^[0-9]{4}-S[12]$"})
class PeriodoFilter(django_filters.Filter):
    """«2024-S2»."""

    field_class = _CodigoDePeriodo

    def filter(self, qs: QuerySet, value: str) -> QuerySet:
        if not value:
            return qs
        anio, semestre = value.split("-S")
        return qs.filter(
            **{f"{self.field_name}__anio": int(anio), f"{self.field_name}__semestre": int(semestre)}
        )


class FiltroDePeriodos(django_filters.FilterSet):
    plan = django_filters.CharFilter("plan__codigo", label="Código del plan", max_length=40)
    estado = django_filters.MultipleChoiceFilter(choices=Periodo.Estado.choices)


class FiltroDeMatrices(django_filters.FilterSet):
    plan = django_filters.CharFilter(
        "accion__objetivo__programa__plan__codigo", label="Código del plan", max_length=40
    )
    accion = django_filters.CharFilter("accion__codigo", label="Código de la acción", max_length=20)


class FiltroDeActividades(django_filters.FilterSet):
    plan = django_filters.CharFilter(
        "matriz__accion__objetivo__programa__plan__codigo", label="Código del plan", max_length=40
    )
    accion = django_filters.CharFilter(
        "matriz__accion__codigo", label="Código de la acción", max_length=20
    )
    institucion = django_filters.CharFilter(
        "responsable__sigla", label="Sigla de la responsable", max_length=20
    )
    modo = django_filters.ChoiceFilter(choices=Actividad.Modo.choices)
    situacion = django_filters.ChoiceFilter(choices=Actividad.Situacion.choices)


class FiltroDeAvances(django_filters.FilterSet):
    plan = django_filters.CharFilter(
        "periodo__plan__codigo", label="Código del plan", max_length=40
    )
    periodo = PeriodoFilter("periodo", label="Semestre: «2024-S2»")
    actividad = EnteroFilter("actividad", label="Clave de la actividad")
    accion = django_filters.CharFilter(
        "actividad__matriz__accion__codigo", label="Código de la acción", max_length=20
    )
    institucion = django_filters.CharFilter(
        "actividad__responsable__sigla", label="Sigla de la responsable", max_length=20
    )
    estado = django_filters.MultipleChoiceFilter(choices=Avance.Estado.choices)
    semaforo = django_filters.ChoiceFilter(choices=SEMAFOROS)


class FiltroDeLaCola(django_filters.FilterSet):
    estado = django_filters.ChoiceFilter(choices=EN_COLA, label="Sin él, REMITIDO")
    institucion = django_filters.CharFilter(
        "actividad__responsable__sigla", label="Sigla de la responsable", max_length=20
    )
    semaforo = django_filters.ChoiceFilter(choices=SEMAFOROS)
    asignado = django_filters.ChoiceFilter(
        choices=[(MIO, "A mí"), (NADIE, "A nadie"), (OTRA, "A otra persona")], method="de_quien"
    )
    sin_cambios = SiNoFilter(label="Si declara «Sin cambios»")
    periodo = PeriodoFilter("periodo", label="Semestre: «2024-S2»")

    def __init__(self, datos, *args, **kwargs):
        con_estado = datos.copy()
        con_estado.setdefault("estado", Avance.Estado.REMITIDO)
        super().__init__(con_estado, *args, **kwargs)

    def de_quien(self, filas: QuerySet, nombre: str, cual: str) -> QuerySet:
        if cual == NADIE:
            return filas.filter(asignado_a=None)
        if cual == MIO:
            return filas.filter(asignado_a=self.request.user)
        return filas.exclude(asignado_a=None).exclude(asignado_a=self.request.user)


class FiltroDeEvidencias(django_filters.FilterSet):
    avance = EnteroFilter("avance", label="Clave del avance")
