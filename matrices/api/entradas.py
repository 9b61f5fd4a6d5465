"""Lo que la API recibe: qué campos hay y de qué tipo. Si valen, lo dice `AvanceForm`.

Un campo que no existe, o que no es de esa actividad, se rechaza: nadie escribe sin querer.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from instituciones.api.pedidos import MAYOR_CLAVE
from instituciones.api.problemas import PorCorregir, de_formulario
from instituciones.models import Clasificacion, Usuario, Visibilidad
from matrices.antecedentes import Antecedentes
from matrices.forms.avance import AvanceForm
from matrices.forms.campos import DEPARTAMENTOS
from matrices.models import Avance

A_LA_VEZ = 200
MAYOR_VERSION = 2_147_483_647
SIN_LLAVE = {"actividad", "periodo", "version", "id"}


class Estricto(serializers.Serializer):
    """Un objeto sin campos de más: lo que no se conoce, se dice."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        leido = super().to_internal_value(data)
        sobran = sorted(set(map(str, data)) - set(self.fields))
        if sobran:
            raise serializers.ValidationError(
                {campo[:60]: ["No se conoce este campo, o no se escribe."] for campo in sobran[:20]}
            )
        return leido


def _texto(**opciones: Any) -> serializers.CharField:
    return serializers.CharField(allow_blank=True, trim_whitespace=False, **opciones)


class Entero(serializers.IntegerField):
    """En cifras del 0 al 9: «٣» no es el 3."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, str) and not data.isascii():
            self.fail("invalid")
        return int(super().to_internal_value(data))


class Cifra(serializers.DecimalField):
    """Con dos decimales, y en cifras del 0 al 9."""

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, str) and not data.isascii():
            self.fail("invalid")
        return Decimal(super().to_internal_value(data))


def _cifra(digitos: int = 16) -> Cifra:
    return Cifra(digitos, 2, allow_null=True)


def _entero() -> Entero:
    return Entero(min_value=0, max_value=MAYOR_CLAVE)


class Beneficiarios(Estricto):
    """Cantidades de personas; los desgloses, por su clave."""

    total = _entero()
    mujeres = _entero()
    hombres = _entero()
    pueblo = serializers.DictField(child=_entero(), required=False)
    edad = serializers.DictField(child=_entero(), required=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for campo in self.fields.values():
            campo.required = False


class HitoCumplido(Estricto):
    numero = Entero(min_value=1, max_value=1000)
    fecha = serializers.DateField()


class AporteDeInstitucion(Estricto):
    institucion = serializers.CharField(max_length=20)
    porcentaje = _cifra(5)


class Respuesta(Estricto):
    observacion = Entero(min_value=1, max_value=MAYOR_CLAVE)
    texto = _texto()


class LoDeclarado(Estricto):
    """Lo que se declara de un avance; lo que no viene queda como está."""

    situacion_reportada = serializers.ChoiceField(
        Avance.SituacionReportada.choices, allow_blank=True
    )
    sin_cambios = serializers.BooleanField()
    motivo_sin_cambios = _texto()
    ejecutado_periodo = _cifra()
    justificacion_exceso = _texto()
    porcentaje = _cifra(5)
    motivo_retroceso = _texto()
    hitos_cumplidos = HitoCumplido(many=True)
    aportes = AporteDeInstitucion(many=True)
    logro = _texto()
    beneficiarios = Beneficiarios()
    territorio = serializers.ListField(
        child=serializers.ChoiceField(DEPARTAMENTOS), max_length=len(DEPARTAMENTOS)
    )
    limitante_tipo = serializers.ChoiceField(Avance.Limitante.choices, allow_blank=True)
    limitante = _texto()
    medida_correctiva = _texto()
    responsable_medida = _texto()
    fecha_medida = serializers.DateField(allow_null=True)
    requiere_decision_cns = serializers.BooleanField()
    decision_solicitada = _texto()
    presupuesto_asignado = _cifra()
    presupuesto_vigente = _cifra()
    devengado = _cifra()
    visibilidad = serializers.ChoiceField(Visibilidad.choices)
    clasificacion = serializers.ChoiceField(Clasificacion.choices)
    resolucion = Entero(min_value=1, max_value=MAYOR_CLAVE, allow_null=True)
    respuestas = Respuesta(many=True, help_text="A las observaciones abiertas.")

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for nombre, campo in self.fields.items():
            campo.required = nombre in SIN_LLAVE


class UnAvance(LoDeclarado):
    """Un avance por su actividad y su semestre, sobre la versión que se leyó."""

    actividad = Entero(min_value=1, max_value=MAYOR_CLAVE)
    periodo = serializers.RegexField(r"^[0-9]{4}-S[12]\Z", max_length=7)
    version = Entero(min_value=1, max_value=MAYOR_VERSION)


class UnoDelLote(LoDeclarado):
    """Un avance por su clave, sobre la versión que se leyó."""

    id = Entero(min_value=1, max_value=MAYOR_CLAVE)
    version = Entero(min_value=1, max_value=MAYOR_VERSION)
    entregar = serializers.BooleanField(help_text="Si además se entrega a aprobación.")


class Lote(Estricto):
    """Varios avances: cada uno se guarda, o se dice por qué no."""

    avances = serializers.ListField(
        child=serializers.DictField(), min_length=1, max_length=A_LA_VEZ, allow_empty=False
    )


class Reparo(Estricto):
    campo = serializers.CharField(max_length=40)
    texto = _texto()


class UnPaso(Estricto):
    """Qué paso se da, con lo que la tabla le pide."""

    paso = serializers.ChoiceField(["entregar", "devolver", "remitir", "observar", "validar"])
    nota = _texto(required=False, default="")
    confirma = serializers.BooleanField(
        required=False, default=False, help_text="Al remitir lo que pide una decisión del CNS."
    )
    observaciones = Reparo(many=True, required=False, default=list)
    reabre = serializers.ListField(
        child=Entero(min_value=1, max_value=MAYOR_CLAVE),
        required=False,
        default=list,
        max_length=A_LA_VEZ,
    )


def formulario(
    avance: Avance,
    dado: Mapping[str, Any],
    *,
    version: int,
    para: Usuario,
    antes: Antecedentes | None = None,
) -> AvanceForm:
    """`AvanceForm` con lo dado sobre lo guardado. Lanza PorCorregir si no son de esa actividad."""
    vacio = AvanceForm(instance=avance, para=para, antes=antes)
    guardado = {n: vacio.get_initial_for_field(c, n) for n, c in vacio.fields.items()}
    datos = {nombre: valor for nombre, valor in guardado.items() if valor is not None}
    errores = []
    for campo, valor in dado.items():
        if campo in SIN_LLAVE | {"entregar"}:
            continue
        if campo == "respuestas":
            errores += _responder(vacio, valor, datos)
        elif campo not in vacio.fields:
            errores.append(_no_aplica(campo, "Esta actividad no se mide así."))
        elif campo in LEEN:
            errores += LEEN[campo](vacio, valor, datos)
        else:
            datos[campo] = valor
    if errores:
        raise PorCorregir(errores)
    datos = {nombre: valor for nombre, valor in datos.items() if valor is not None}
    return AvanceForm({**datos, "version": version}, instance=avance, para=para, antes=vacio.antes)


def exigir_valido(form: AvanceForm) -> AvanceForm:
    """El mismo, si vale; lanza PorCorregir con sus errores por campo."""
    if form.is_valid():
        return form
    raise PorCorregir(de_formulario(form.errors))


def _no_aplica(campo: str, mensaje: str) -> dict[str, str]:
    return {"campo": campo, "codigo": "no_aplica", "mensaje": mensaje}


def _responder(form: AvanceForm, respuestas: list[dict], datos: dict) -> list[dict[str, str]]:
    abiertas = {una.pk for una in form.antes.abiertas}
    for una in respuestas:
        if una["observacion"] not in abiertas:
            return [_no_aplica("respuestas", "No hay una observación abierta con esa clave.")]
        datos[f"respuesta_{una['observacion']}"] = una["texto"]
    return []


def _hitos(form: AvanceForm, cumplidos: list[dict], datos: dict) -> list[dict[str, str]]:
    conocidos = form.fields["hitos_cumplidos"].hitos
    marcas: dict[str, Any] = {}
    for uno in cumplidos:
        numero = str(uno["numero"])
        if numero not in conocidos:
            return [_no_aplica("hitos_cumplidos", f"El hito {numero} no existe o ya se validó.")]
        marcas |= {numero: "on", f"{numero}_fecha": uno["fecha"]}
    datos["hitos_cumplidos"] = marcas
    return []


def _aportes(form: AvanceForm, dados: list[dict], datos: dict) -> list[dict[str, str]]:
    conocidas = form.fields["aportes"].instituciones
    sobran = [uno["institucion"] for uno in dados if uno["institucion"] not in conocidas]
    if sobran:
        return [_no_aplica("aportes", "Hay una institución que no reporta en esta actividad.")]
    datos["aportes"] = {uno["institucion"]: uno["porcentaje"] for uno in dados}
    return []


LEEN = {"hitos_cumplidos": _hitos, "aportes": _aportes}
