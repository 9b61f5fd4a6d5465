"""Muchos avances en un pedido: cada uno se guarda, o se dice por qué no; uno no estorba a otro."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied
from rest_framework import serializers

from instituciones import bitacora
from instituciones.api.problemas import PorCorregir, de_formulario, de_serializador
from instituciones.models import Usuario
from matrices import antecedentes, flujo, permisos
from matrices.api.entradas import UnoDelLote, exigir_valido, formulario
from matrices.api.expediente import CODIGO_DE
from matrices.api.salidas import Falta
from matrices.forms.avance import AvanceForm
from matrices.models import Avance


class LoteDeApi(serializers.Serializer):
    """Hasta 200 avances."""

    avances = UnoDelLote(many=True)


class UnResultado(serializers.Serializer):
    """Qué pasó con uno, en el lugar en que vino."""

    id = serializers.IntegerField(allow_null=True)
    estado_http = serializers.IntegerField()
    codigo = serializers.CharField()
    mensaje = serializers.CharField(allow_blank=True)
    estado = serializers.CharField(allow_blank=True)
    version = serializers.IntegerField(allow_null=True)
    errores = Falta(many=True)


class Resultado(serializers.Serializer):
    resultados = UnResultado(many=True)


class Listo(NamedTuple):
    """Uno que vale, con lo que se va a guardar."""

    lugar: int
    avance: Avance
    declaracion: flujo.Declaracion
    version: int
    entrega: bool


def guardar(dados: Sequence[dict[str, Any]], *, por: Usuario) -> list[dict[str, Any]]:
    """Por cada uno, su resultado. Se juzgan todos y se guardan juntos los que valen."""
    resultados: list[dict[str, Any] | None] = [None] * len(dados)
    leidos: dict[int, dict[str, Any]] = {}
    for lugar, dado in enumerate(dados):
        forma = UnoDelLote(data=dado)
        if forma.is_valid():
            leidos[lugar] = forma.validated_data
        else:
            errores = list(de_serializador(forma.errors))
            resultados[lugar] = _mal(dado.get("id"), 422, _unico(errores), errores=errores)
    listos = _juzgar(leidos, resultados, por)
    _escribir(listos, resultados, por)
    return [uno for uno in resultados if uno is not None]


def _juzgar(leidos: dict[int, dict[str, Any]], resultados: list, por: Usuario) -> list[Listo]:
    """Los que se pueden guardar; de los demás queda dicho por qué no."""
    claves = Counter(dado["id"] for dado in leidos.values())
    visibles = Avance.objects.visibles_para(por).filter(pk__in=claves)
    filas = {uno.pk: uno for uno in visibles.con_su_actividad().con_sus_observaciones()}
    antes = _antecedentes(filas.values())
    listos = []
    for lugar, dado in leidos.items():
        avance = filas.get(dado["id"])
        try:
            if claves[dado["id"]] > 1:
                raise PorCorregir([_error("id", "repetido", "Este avance viene más de una vez.")])
            if avance is None:
                resultados[lugar] = _mal(dado["id"], 404, "no_existe", "No existe.")
                continue
            _exigir(avance, dado["version"], por)
            form = formulario(
                avance, dado, version=dado["version"], para=por, antes=antes[avance.pk]
            )
            declaracion = exigir_valido(form).declaracion()
        except PorCorregir as falla:
            errores = falla.mas["errores"]
            resultados[lugar] = _mal(dado["id"], 422, _unico(errores), errores=errores)
        except PermissionDenied as falla:
            resultados[lugar] = _mal(dado["id"], 403, "sin_permiso", str(falla))
        except flujo.Conflicto as choque:
            resultados[lugar] = _choca(dado["id"], choque)
        else:
            entrega = dado.get("entregar", False)
            listos.append(Listo(lugar, avance, declaracion, dado["version"], entrega))
    return listos


def _antecedentes(avances: Any) -> dict[int, antecedentes.Antecedentes]:
    """Los de todos, de a un periodo por vez."""
    por_periodo: dict[int, list[Avance]] = {}
    for uno in avances:
        por_periodo.setdefault(uno.periodo_id, []).append(uno)
    return {
        pk: suyo
        for filas in por_periodo.values()
        for pk, suyo in antecedentes.de_varios(filas).items()
    }


def _exigir(avance: Avance, version: int, por: Usuario) -> None:
    if not permisos.puede_capturar(por, avance):
        raise PermissionDenied("Sólo captura quien planifica en la institución responsable.")
    if avance.version != version:
        raise flujo.VersionAjena(avance)
    if "guardar" not in flujo.pasos_posibles(avance, por):
        falta = flujo.condicion_que_falta(avance, "guardar")
        raise flujo.PasoInvalido(falta or "Ya no se escribe en él.", avance)


def _escribir(listos: list[Listo], resultados: list, por: Usuario) -> None:
    """Todos juntos; si alguno choca con otra persona, uno por uno."""
    with bitacora.constancia():
        try:
            guardados = _capturar(listos, por) if listos else {}
        except flujo.Conflicto:
            guardados = {}
            for uno in listos:
                try:
                    guardados |= _capturar([uno], por)
                except flujo.Conflicto as choque:
                    resultados[uno.lugar] = _choca(uno.avance.pk, choque)
        for uno in listos:
            if uno.avance.pk in guardados:
                resultados[uno.lugar] = _guardado(uno, guardados[uno.avance.pk], por)


def _capturar(listos: list[Listo], por: Usuario) -> dict[int, Avance]:
    with bitacora.constancia():
        capturas = [flujo.Captura(uno.avance, uno.declaracion, uno.version) for uno in listos]
        return {uno.pk: uno for uno in flujo.capturar_varios(capturas, por=por)}


def _guardado(uno: Listo, avance: Avance, por: Usuario) -> dict[str, Any]:
    """Guardado y, si se pidió, entregado; si le falta algo para entregarse, queda el borrador."""
    if not uno.entrega:
        return _bien(avance)
    form = AvanceForm.de(avance, para=por, entregar=True)
    if not form.is_valid():
        errores = de_formulario(form.errors)
        dicho = "Quedó guardado; le falta algo para entregarse."
        return {**_mal(avance.pk, 422, _unico(errores), dicho, errores), **_como_quedo(avance)}
    try:
        return _bien(flujo.entregar(avance, version=avance.version, por=por))
    except flujo.Conflicto as choque:
        return {**_choca(avance.pk, choque), **_como_quedo(avance)}


def _como_quedo(avance: Avance) -> dict[str, Any]:
    return {"estado": avance.estado, "version": avance.version}


def _bien(avance: Avance) -> dict[str, Any]:
    return {**_mal(avance.pk, 200, "ok"), **_como_quedo(avance)}


def _choca(pk: int, choque: flujo.Conflicto) -> dict[str, Any]:
    dicho = _mal(pk, 409, CODIGO_DE.get(type(choque), "conflicto"), str(choque))
    actual = choque.actual
    return {**dicho, **(_como_quedo(actual) if isinstance(actual, Avance) else {})}


def _mal(
    pk: Any, estado: int, codigo: str, mensaje: str = "", errores: list | None = None
) -> dict[str, Any]:
    return {
        "id": pk if isinstance(pk, int) and not isinstance(pk, bool) else None,
        "estado_http": estado,
        "codigo": codigo,
        "mensaje": mensaje,
        "estado": "",
        "version": None,
        "errores": errores or [],
    }


def _error(campo: str, codigo: str, mensaje: str) -> dict[str, str]:
    return {"campo": campo, "codigo": codigo, "mensaje": mensaje}


def _unico(errores: list[dict[str, str]]) -> str:
    codigos = {uno["codigo"] for uno in errores}
    return codigos.pop() if len(codigos) == 1 else "valor_invalido"
