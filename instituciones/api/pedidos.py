"""Cómo se lee lo pedido: el cuerpo, los parámetros, la versión y las páginas de una lista."""

import json
import re
from decimal import Decimal
from typing import Any, NoReturn
from urllib.parse import urlencode

import django_filters
from django import forms
from django.conf import settings
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.pagination import BasePagination
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from instituciones.api.problemas import (
    DemasiadoGrande,
    JsonInvalido,
    ParametroInvalido,
    PrecondicionRequerida,
    Rechazo,
)

MAYOR_CLAVE = 2**53 - 1  # el mayor entero que todo cliente de JSON lee igual
LIMITE, LIMITE_MAXIMO = 100, 200
VERSION = re.compile(r'"([1-9][0-9]{0,8})"')
DE_TODA_LISTA = {"limite", "despues_de"}
FORMATO = "format"
SI_O_NO = [("true", "Sí"), ("false", "No")]


class JsonAcotado(BaseParser):
    """Un objeto JSON en UTF-8, de tamaño acotado; los números, exactos; sin claves repetidas."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        maximo = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        octetos = stream.read(maximo + 1)
        if len(octetos) > maximo:
            raise DemasiadoGrande
        try:
            leido = json.loads(
                octetos.decode(),
                parse_float=Decimal,
                parse_constant=_no_es_un_numero,
                object_pairs_hook=_sin_repetir,
            )
        except (ValueError, LookupError, ArithmeticError, RecursionError) as falla:
            raise JsonInvalido from falla
        if not isinstance(leido, dict):
            raise JsonInvalido("El cuerpo debe ser un objeto JSON.")
        return leido


def _no_es_un_numero(escrito: str) -> NoReturn:
    raise Rechazo(f"{escrito} no es un número.", "valor_invalido")


def _sin_repetir(pares: list[tuple[str, Any]]) -> dict[str, Any]:
    leido = dict(pares)
    if len(leido) != len(pares):
        raise ValueError("clave repetida")
    return leido


class EnteroFilter(django_filters.NumberFilter):
    """La clave de una fila: un entero que cabe."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, min_value=1, max_value=MAYOR_CLAVE, **kwargs)

    def get_max_validator(self) -> None:
        """El de django-filter compara con decimales; el máximo ya está dicho."""


class SiNoFilter(django_filters.TypedChoiceFilter):
    """`true` o `false`; otra cosa no se entiende."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, choices=SI_O_NO, coerce=lambda dado: dado == "true", **kwargs)


class ParametrosDeclarados(DjangoFilterBackend):
    """Los filtros de la lista; un parámetro sin declarar, repetido o ilegible es un 400."""

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        clase = self.get_filterset_class(view, queryset)
        filtros = clase.base_filters if clase else {}
        exigir_parametros(request, filtros, lista=view.action == "list")
        if clase is None or view.action != "list":
            return queryset
        filtro = clase(request.query_params, queryset=queryset, request=request)
        if not filtro.is_valid():
            errores = [
                {"campo": campo, "codigo": "parametro_invalido", "mensaje": str(mensaje)}
                for campo, mensajes in filtro.errors.items()
                for mensaje in mensajes
            ]
            raise ParametroInvalido(errores=errores)
        return filtro.qs


def exigir_parametros(request: Request, filtros: Any = (), *, lista: bool = False) -> None:
    """Lanza ParametroInvalido si viene alguno que la dirección no declara, o repetido."""
    declarados = {*filtros, *(DE_TODA_LISTA if lista else ())} if lista else set()
    sobran = sorted(set(request.query_params) - declarados - {FORMATO})
    if sobran:
        raise ParametroInvalido(f"No se conoce: {', '.join(sobran)[:200]}.")
    for nombre, valores in request.query_params.lists():
        varios = lista and isinstance(
            dict(filtros).get(nombre), django_filters.MultipleChoiceFilter
        )
        if len(valores) > 1 and not varios:
            raise ParametroInvalido(f"«{nombre}» va una sola vez.")


class PorLlave(BasePagination):
    """Páginas por la clave de la última fila: ni se saltan ni se repiten aunque entren otras."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list:
        self.request = request
        self.limite = _entero(request, "limite", LIMITE, LIMITE_MAXIMO)
        despues = _entero(request, "despues_de", 0, MAYOR_CLAVE)
        filas = queryset.order_by("pk").filter(pk__gt=despues)[: self.limite + 1]
        leidas = list(filas)
        self.hay_mas = len(leidas) > self.limite
        self.pagina = leidas[: self.limite]
        return self.pagina

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"resultados": data, "siguiente": self._siguiente()})

    def _siguiente(self) -> str | None:
        if not self.hay_mas:
            return None
        pares = [
            (nombre, valor)
            for nombre, valores in self.request.query_params.lists()
            for valor in valores
            if nombre != "despues_de"
        ]
        ultima = ("despues_de", str(self.pagina[-1].pk))
        return self.request.build_absolute_uri(f"{self.request.path}?{urlencode([*pares, ultima])}")

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            _parametro("limite", "Cuántas filas.", maximum=LIMITE_MAXIMO, default=LIMITE),
            _parametro("despues_de", "Las que siguen a la de esta clave.", maximum=MAYOR_CLAVE),
        ]

    def get_paginated_response_schema(self, schema: Any) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["resultados", "siguiente"],
            "properties": {
                "resultados": schema,
                "siguiente": {
                    "type": ["string", "null"],
                    "format": "uri",
                    "description": "La página que sigue; vacío en la última.",
                },
            },
        }


def _parametro(nombre: str, dicho: str, **forma: Any) -> dict[str, Any]:
    esquema = {"type": "integer", "minimum": 1, **forma}
    return {"name": nombre, "in": "query", "description": dicho, "schema": esquema}


def _entero(request: Request, nombre: str, omision: int, maximo: int) -> int:
    dado = request.query_params.get(nombre)
    if dado is None:
        return omision
    if re.fullmatch(r"[0-9]{1,16}", dado, re.ASCII) and 1 <= int(dado) <= maximo:
        return int(dado)
    raise ParametroInvalido(f"«{nombre}» es un entero de 1 a {maximo}.")


def version_pedida(request: Request) -> int:
    """La versión de If-Match. Lanza PrecondicionRequerida si falta, o 400 si no se entiende."""
    dicha = request.headers.get("If-Match", "").strip()
    if dicha in {"", "*"}:
        raise PrecondicionRequerida
    hallada = VERSION.fullmatch(dicha)
    if not hallada:
        raise Rechazo("If-Match lleva una sola versión entre comillas, como vino en ETag.")
    return int(hallada[1])


def etiqueta(version: int) -> str:
    """La versión, como va en ETag."""
    return f'"{version}"'


def exigir_cuerpo(request: Request) -> None:
    """Lanza JsonInvalido si lo que escribe llega vacío."""
    vacio = request.META.get("CONTENT_LENGTH") in {None, "", "0"}
    if request.method in {"POST", "PUT", "PATCH"} and vacio:
        raise JsonInvalido("El cuerpo llegó vacío.")
