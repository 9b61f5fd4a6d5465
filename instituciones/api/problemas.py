"""Lo que no se pudo, como problema (RFC 9457): estado, `codigo` estable y mensaje en español."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import exceptions

TIPO = "application/problem+json"
FORMULARIO = "__all__"
TITULOS = {
    400: "No se entiende lo pedido",
    401: "Falta entrar",
    403: "No le corresponde",
    404: "No existe",
    405: "Método no permitido",
    406: "Formato no disponible",
    409: "Ya no se puede así",
    412: "Cambió mientras tanto",
    413: "Demasiado grande",
    414: "Dirección demasiado larga",
    415: "Clase de cuerpo no admitida",
    422: "Hay algo por corregir",
    428: "Falta decir sobre qué versión",
    429: "Demasiadas peticiones",
    500: "Falla del sistema",
    503: "Sin servicio",
    507: "Sin espacio",
}
# De los códigos de Django y DRF a los nuestros, que no cambian con ellos.
CODIGOS = {
    "blank": "requerido",
    "empty": "requerido",
    "null": "requerido",
    "required": "requerido",
    "max_value": "valor_fuera_de_rango",
    "min_value": "valor_fuera_de_rango",
    "max_length": "demasiado_largo",
    "min_length": "demasiado_corto",
    "null_characters_not_allowed": "caracter_no_admitido",
    "surrogate_characters_not_allowed": "caracter_no_admitido",
    "authentication_failed": "no_autenticado",
    "method_not_allowed": "metodo_no_permitido",
    "not_acceptable": "no_aceptable",
    "not_authenticated": "no_autenticado",
    "not_found": "no_existe",
    "parse_error": "entrada_invalida",
    "permission_denied": "sin_permiso",
    "throttled": "demasiadas_peticiones",
    "unsupported_media_type": "tipo_de_cuerpo",
}
DE_DJANGO = {
    "invalid",
    "invalid_choice",
    "invalid_list",
    "invalid_pk_value",
    "max_decimal_places",
    "max_digits",
    "max_string_length",
    "max_whole_digits",
    "not_a_dict",
    "not_a_list",
    "date",
    "datetime",
    "does_not_exist",
    "error",
    "incorrect_type",
    "list",
    "overflow",
    "unique",
}


def codigo_de(codigo: str | None) -> str:
    """El nuestro para uno de Django o DRF; los nuestros pasan tal cual."""
    if not codigo or codigo in DE_DJANGO:
        return "valor_invalido"
    return CODIGOS.get(codigo, codigo)


class Rechazo(exceptions.APIException):
    """Un problema con su código; `mas` son miembros que se suman al cuerpo."""

    status_code = 400
    default_code = "entrada_invalida"
    default_detail = "Lo pedido está incompleto o mal escrito."

    def __init__(self, detalle: str | None = None, codigo: str | None = None, **mas: Any):
        super().__init__(detalle, codigo)
        self.mas = mas


class JsonInvalido(Rechazo):
    default_code = "json_invalido"
    default_detail = "El cuerpo no es un objeto JSON en UTF-8."


class ParametroInvalido(Rechazo):
    default_code = "parametro_invalido"


class SinAlcance(Rechazo):
    status_code = 403
    default_code = "sin_alcance"

    def __init__(self, alcance: str | None):
        cual = f": le falta «{alcance}»" if alcance else ""
        super().__init__(f"La ficha no alcanza para esto{cual}.")


class DemasiadoGrande(Rechazo):
    status_code = 413
    default_code = "demasiado_grande"
    default_detail = "Lo enviado es más grande de lo que se puede recibir."


class EnConflicto(Rechazo):
    status_code = 409
    default_code = "conflicto"


class PrecondicionRequerida(Rechazo):
    status_code = 428
    default_code = "precondicion_requerida"
    default_detail = "Diga en If-Match la versión que leyó (la que vino en ETag)."


class PrecondicionFallida(Rechazo):
    status_code = 412
    default_code = "precondicion_fallida"


class PorCorregir(Rechazo):
    """Lo que se entiende y no vale: errores por campo."""

    status_code = 422
    default_code = "valor_invalido"
    default_detail = "Corrija lo que se dice de cada campo; nada se guardó."

    def __init__(self, errores: list[dict[str, str]], **mas: Any):
        codigos = {uno["codigo"] for uno in errores}
        super().__init__(codigo=codigos.pop() if len(codigos) == 1 else None)
        self.mas = {"errores": errores, **mas}


def de_formulario(errores: Mapping[str, Any]) -> list[dict[str, str]]:
    """Los de un formulario de Django (`form.errors`), uno por mensaje."""
    return [
        _uno("" if campo == FORMULARIO else campo, uno.code, " ".join(uno.messages))
        for campo, lista in errores.items()
        for uno in lista.as_data()
    ]


def de_validacion(falla: ValidationError) -> list[dict[str, str]]:
    """Los de una ValidationError de Django."""
    if not hasattr(falla, "error_dict"):
        return [_uno("", uno.code, " ".join(uno.messages)) for uno in falla.error_list]
    return [
        _uno("" if campo == FORMULARIO else campo, uno.code, " ".join(uno.messages))
        for campo, lista in falla.error_dict.items()
        for uno in lista
    ]


def de_serializador(detalle: Any, donde: str = "") -> Iterator[dict[str, str]]:
    """Los de un serializador, con el camino hasta cada campo («avances.0.porcentaje»)."""
    if isinstance(detalle, Mapping):
        for clave, dentro in detalle.items():
            propio = "" if clave == "non_field_errors" else str(clave)
            yield from de_serializador(dentro, ".".join(filter(None, [donde, propio])))
    elif isinstance(detalle, list):
        for numero, dentro in enumerate(detalle):
            suelto = isinstance(dentro, exceptions.ErrorDetail)
            yield from de_serializador(dentro, donde if suelto else f"{donde}.{numero}".strip("."))
    else:
        yield _uno(donde, getattr(detalle, "code", None), str(detalle))


def _uno(campo: str, codigo: str | None, mensaje: str) -> dict[str, str]:
    return {"campo": campo, "codigo": codigo_de(codigo), "mensaje": mensaje}


def problema(estado: int, codigo: str, mensaje: str, **mas: Any) -> dict[str, Any]:
    """Los miembros de RFC 9457 y los nuestros."""
    return {
        "type": f"urn:pesn:problema:{codigo}",
        "title": TITULOS.get(estado, "No se pudo"),
        "status": estado,
        "detail": mensaje,
        "codigo": codigo,
        **mas,
    }
