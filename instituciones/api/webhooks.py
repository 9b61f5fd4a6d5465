"""Los webhooks de un sistema: a dónde se le avisa, qué se le mandó y volverlo a mandar.

Se suscriben y se rotan en el sitio de administración o por mandato: por aquí nunca sale un
secreto. Al final, lo que el sistema recibe, para la sección `webhooks` del esquema.
"""

import json
from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import (
    OpenApiResponse,
    OpenApiWebhook,
    extend_schema,
    extend_schema_field,
    inline_serializer,
)
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from instituciones import entregas
from instituciones.api.claves import idempotente
from instituciones.api.pedidos import EnteroFilter, exigir_parametros
from instituciones.api.problemas import EnConflicto
from instituciones.api.vistas import SoloLectura
from instituciones.models import Alcance, Entrega, Evento, Suscripcion


class DelSistema(SoloLectura):
    """Lo del sistema que pide; con sesión, lo de los que la persona ve."""

    de_quien = "cliente"

    def suyas(self, filas):
        """De las visibles, las del sistema de la ficha."""
        ficha = self.request.auth
        return filas if ficha is None else filas.filter(**{self.de_quien: ficha.cliente_id})


class SuscripcionDeApi(serializers.ModelSerializer):
    eventos = serializers.ListField(child=serializers.ChoiceField(Evento.choices))

    class Meta:
        model = Suscripcion
        fields = [
            *("id", "direccion", "eventos", "estado", "motivo", "muertas_seguidas"),
            *("anterior_vence", "creada"),
        ]


class FiltroDeSuscripciones(django_filters.FilterSet):
    estado = django_filters.ChoiceFilter(choices=Suscripcion.Estado.choices)


class SuscripcionViewSet(DelSistema):
    """A qué direcciones se le avisa al sistema, y de qué."""

    serializer_class = SuscripcionDeApi
    filterset_class = FiltroDeSuscripciones

    def get_queryset(self):
        return self.suyas(Suscripcion.objects.visibles_para(self.request.user))


class EntregaDeApi(serializers.ModelSerializer):
    cuerpo = serializers.SerializerMethodField(help_text="Lo que se manda, octeto por octeto.")

    class Meta:
        model = Entrega
        fields = [
            *("id", "suscripcion", "identificador", "evento", "cuerpo", "creada", "estado"),
            *("intentos", "proximo", "intentada_en", "estado_http", "falla", "entregada_en"),
        ]

    @extend_schema_field(serializers.DictField())
    def get_cuerpo(self, entrega: Entrega) -> dict[str, Any]:
        return json.loads(entrega.cuerpo)


class FiltroDeEntregas(django_filters.FilterSet):
    suscripcion = EnteroFilter("suscripcion", label="Clave de la suscripción")
    evento = django_filters.ChoiceFilter(choices=Evento.choices)
    estado = django_filters.ChoiceFilter(choices=Entrega.Estado.choices)


class EntregaViewSet(DelSistema):
    """Lo que se le mandó al sistema en el último mes y cómo contestó."""

    serializer_class = EntregaDeApi
    filterset_class = FiltroDeEntregas
    alcances = {"reenviar": Alcance.LEER}  # no dice más que lo que ya puede leer
    sin_cuerpo = frozenset({"reenviar"})
    de_quien = "suscripcion__cliente"

    def get_queryset(self):
        return self.suyas(Entrega.objects.visibles_para(self.request.user))

    @extend_schema(request=None, responses=EntregaDeApi)
    @action(detail=True, methods=["post"])
    @idempotente
    def reenviar(self, request: Request, pk: str) -> Response:
        """La manda otra vez, con el mismo `webhook-id`: quien ya la atendió la reconoce."""
        exigir_parametros(request)
        visibles = self.get_queryset().select_related("suscripcion__cliente__institucion")
        entrega = get_object_or_404(visibles, pk=pk)
        try:
            entregas.reenviar(entrega, por=request.user)
        except ValidationError as motivo:
            raise EnConflicto(" ".join(motivo.messages), "estado") from motivo
        return Response(self.get_serializer(entrega).data)


# Lo que el sistema recibe ----------------------------------------------------------------------

DEL_AVANCE = {
    "avance": serializers.IntegerField(),
    "actividad": serializers.IntegerField(),
    "periodo": serializers.IntegerField(),
    "version": serializers.IntegerField(help_text="La que dejó el paso."),
}
FIRMADO = (
    "Llega con `webhook-id` (el mismo en cada intento), `webhook-timestamp` y "
    "`webhook-signature` (HMAC-SHA256, Standard Webhooks): compruébelas antes de leer el cuerpo."
)


def _lo_que_llega(nombre: str, evento: Evento, campos: dict[str, serializers.Field]):
    datos = inline_serializer(
        f"DatosDe{nombre}",
        {**campos, "enlace": serializers.URLField(help_text="Dónde leerlo, con su ficha.")},
    )
    mensaje = inline_serializer(
        nombre,
        {
            "type": serializers.RegexField(f"^{evento.value.replace('.', '[.]')}$"),
            "timestamp": serializers.DateTimeField(help_text="Cuándo pasó."),
            "data": datos,
        },
    )
    recibido = OpenApiResponse(description="Recibido. 410: no quiere más; otra cosa se reintenta.")
    como = extend_schema(
        summary=str(evento.label), description=FIRMADO, request=mensaje, responses={200: recibido}
    )
    return OpenApiWebhook(evento.value, como)


PERIODO_ABIERTO = _lo_que_llega(
    "PeriodoAbierto",
    Evento.PERIODO_ABIERTO,
    {
        "periodo": serializers.IntegerField(),
        "codigo": serializers.CharField(help_text="«2026-S1»."),
        "plan": serializers.CharField(help_text="El código del plan."),
    },
)
AVANCE_OBSERVADO = _lo_que_llega("AvanceObservado", Evento.AVANCE_OBSERVADO, DEL_AVANCE)
AVANCE_VALIDADO = _lo_que_llega("AvanceValidado", Evento.AVANCE_VALIDADO, DEL_AVANCE)
INFORME_PUBLICADO = _lo_que_llega(
    "InformePublicado",
    Evento.INFORME_PUBLICADO,
    {
        "informe": serializers.IntegerField(),
        "corte": serializers.IntegerField(),
        "periodo": serializers.IntegerField(),
    },
)
