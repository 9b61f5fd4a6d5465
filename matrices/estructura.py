"""La estructura de las matrices: crearlas y escribir sus actividades, con su historia.

Qué fechas y qué situación rigen después lo deciden las enmiendas; aquí se escribe lo acordado.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F

from acciones.models import AccionEstrategica
from instituciones import bitacora
from instituciones.models import Asiento, Clasificacion, Usuario
from matrices import flujo, periodos, permisos
from matrices.models import (
    Actividad,
    Avance,
    Cooperacion,
    HitoActividad,
    MatrizCumplimiento,
    Periodo,
)
from matrices.models.clasificacion import baja

# Con algo validado, cambiar estas columnas volvería falso lo que ya se publicó.
FIJAS_TRAS_VALIDAR = ("modo", "meta", "inicio", "fin_original", "responsable")
EN_ESPERA = (Avance.Estado.PENDIENTE, Avance.Estado.BORRADOR, Avance.Estado.EXENTO)
SUMA_DE_PESOS = Decimal(100)
SE_PIDE = "Ya está clasificada: pida el cambio en «Clasificación», y lo confirma otra persona."
CONFIDENCIAL_SE_PIDE = "Lo confidencial lleva su base: déjela sin clasificar y pídalo después."


@dataclass(frozen=True)
class Renglon:
    """Una actividad por escribir: la que está, con la versión que se vio; sin ella, una nueva."""

    columnas: dict[str, Any]
    hitos: Sequence[dict[str, Any]] | None = None
    cooperantes: Sequence[dict[str, Any]] | None = None
    actividad: Actividad | None = None
    version: int = 0


def _exigir(por: Usuario) -> None:
    if not permisos.puede_estructurar(por):
        raise PermissionDenied("La estructura la escriben la coordinación y la CAP.")


def escribir_impacto(
    accion: AccionEstrategica, impacto: str, *, version: int, por: Usuario
) -> MatrizCumplimiento:
    """Crea la matriz de una acción (versión 0) o cambia su impacto."""
    _exigir(por)
    with bitacora.constancia() as asientos:
        if version == 0:
            matriz, nueva = MatrizCumplimiento.objects.get_or_create(
                accion=accion, defaults={"impacto": impacto}
            )
            if not nueva:
                raise flujo.VersionAjena(matriz)
        else:
            matriz = MatrizCumplimiento.objects.get(accion=accion)
            _ganar_version(matriz, version)
            matriz.impacto = impacto
            matriz.save()
        asientos.append(_asiento("escribir_impacto", matriz, por, accion=accion.codigo))
        return matriz


def _ganar_version(fila: MatrizCumplimiento | Actividad, version: int) -> None:
    """La guarda antes de `save()`: simple-history no ve los `update`."""
    modelo = type(fila)
    if not modelo.objects.filter(pk=fila.pk, version=version).update(version=F("version") + 1):
        raise flujo.VersionAjena(modelo.objects.get(pk=fila.pk))
    fila.version = version + 1


def _asiento(acto: str, fila: MatrizCumplimiento | Actividad, por: Usuario, **datos: Any):
    return bitacora.asiento(acto, fila, por=por, datos={"version": fila.version, **datos})


def agregar_actividad(
    matriz: MatrizCumplimiento,
    columnas: dict[str, Any],
    *,
    por: Usuario,
    hitos: Sequence[dict[str, Any]] = (),
    cooperantes: Sequence[dict[str, Any]] = (),
) -> Actividad:
    """Agrega una actividad; si hay un periodo que recibe, nace también su avance."""
    _exigir(por)
    revisar_pesos(matriz, columnas.get("peso"))
    with bitacora.constancia() as asientos:
        actividad = _agregar(matriz, Renglon(columnas, hitos, cooperantes), por, asientos)
        _crear_sus_avances(matriz, [actividad], por)
        return actividad


def _agregar(
    matriz: MatrizCumplimiento, renglon: Renglon, por: Usuario, asientos: list[Asiento]
) -> Actividad:
    columnas = dict(renglon.columnas)
    revisar_numero(matriz, columnas["numero"])
    revisar_clase(columnas)
    revisar_hitos(columnas["modo"], renglon.hitos or ())
    revisar_fechas_de_hitos(columnas["inicio"], columnas["fin_original"], renglon.hitos or ())
    obligados = columnas.pop("obligados", [])
    actividad = Actividad.objects.create(
        matriz=matriz, fin_vigente=columnas["fin_original"], **columnas
    )
    actividad.obligados.set(obligados)
    _reponer(actividad, renglon.hitos, renglon.cooperantes)
    asientos.append(_asiento("agregar_actividad", actividad, por))
    return actividad


def _crear_sus_avances(
    matriz: MatrizCumplimiento, nuevas: Sequence[Actividad], por: Usuario
) -> None:
    """Si hay un periodo que recibe, el avance de cada una."""
    abierto = Periodo.objects.filter(
        plan=matriz.accion.objetivo.programa.plan, estado__in=Periodo.RECIBE
    ).first()
    if abierto and nuevas:
        claves = [una.pk for una in nuevas]
        periodos.crear_avances(abierto, Actividad.objects.filter(pk__in=claves), por=por)


def cambiar_actividad(
    actividad: Actividad,
    columnas: dict[str, Any],
    *,
    version: int,
    por: Usuario,
    hitos: Sequence[dict[str, Any]] | None = None,
    cooperantes: Sequence[dict[str, Any]] | None = None,
) -> Actividad:
    """Escribe lo que cambia; mide otra vez lo que no se ha cortado.

    Lanza ValidationError si toca lo que ya no puede cambiar.
    """
    _exigir(por)
    fila = Actividad.objects.select_related("matriz__accion").get(pk=actividad.pk)
    revisar_pesos(fila.matriz, columnas.get("peso"), menos=fila)
    with bitacora.constancia() as asientos:
        renglon = Renglon(columnas, hitos, cooperantes, fila, version)
        fila = _cambiar(fila, renglon, por, asientos)
        flujo.medir(_sin_cortar([fila]))
        return fila


def _cambiar(fila: Actividad, renglon: Renglon, por: Usuario, asientos: list[Asiento]) -> Actividad:
    columnas, hitos = dict(renglon.columnas), renglon.hitos
    revisar_numero(fila.matriz, columnas.get("numero", fila.numero), menos=fila)
    revisar_fijas(fila, columnas, hitos)
    revisar_clase(columnas, fila)
    revisar_hitos(columnas.get("modo", fila.modo), hitos)
    revisar_hitos_reportados(fila, hitos)
    revisar_fechas_de_hitos(
        columnas.get("inicio", fila.inicio), columnas.get("fin_original", fila.fin_original), hitos
    )
    obligados = columnas.pop("obligados", None)
    _ganar_version(fila, renglon.version)
    if columnas.get("fin_original", fila.fin_original) != fila.fin_original:
        fila.fin_vigente = columnas["fin_original"]
    for columna, valor in columnas.items():
        setattr(fila, columna, valor)
    fila.save()
    if obligados is not None:
        fila.obligados.set(obligados)
    _reponer(fila, hitos, renglon.cooperantes)
    asientos.append(_asiento("cambiar_actividad", fila, por, columnas=sorted(columnas)))
    _clasificar_lo_que_espera(_sin_cortar([fila]), fila)
    return fila


def _sin_cortar(actividades: Iterable[Actividad]):
    """Los avances de esas actividades que ningún corte fijó."""
    suyos = Avance.objects.filter(actividad__in=actividades)
    return suyos.exclude(periodo__estado=Periodo.Estado.CORTADO)


def escribir_varias(
    matriz: MatrizCumplimiento, renglones: Sequence[Renglon], *, por: Usuario
) -> list[Actividad]:
    """Escribe varias actividades juntas, todas o ninguna, en el orden dado.

    Los pesos se miran al final: juntas pueden pasar de no llevarlo a llevarlo. Lanza
    ValidationError o VersionAjena, y entonces nada se escribió.
    """
    _exigir(por)
    with bitacora.constancia() as asientos:
        escritas = [
            _cambiar(
                Actividad.objects.select_related("matriz__accion").get(pk=uno.actividad.pk),
                uno,
                por,
                asientos,
            )
            if uno.actividad
            else _agregar(matriz, uno, por, asientos)
            for uno in renglones
        ]
        revisar_pesos_juntos(pesos_de(matriz).values())
        pares = list(zip(renglones, escritas, strict=True))
        _crear_sus_avances(matriz, [una for uno, una in pares if uno.actividad is None], por)
        flujo.medir(_sin_cortar([una for uno, una in pares if uno.actividad]))
        return escritas


def _clasificar_lo_que_espera(avances, actividad: Actividad) -> None:
    """Lo que nació sin clasificar, y nadie ha enviado, toma la categoría de su actividad."""
    en_espera = avances.filter(
        clasificacion=Clasificacion.SIN_CLASIFICAR,
        estado__in=EN_ESPERA,
    )
    en_espera.update(
        clasificacion=actividad.clasificacion,
        resolucion=actividad.resolucion,
        version=F("version") + 1,
    )


def _reponer(
    actividad: Actividad,
    hitos: Sequence[dict[str, Any]] | None,
    cooperantes: Sequence[dict[str, Any]] | None,
) -> None:
    """Deja los hitos y cooperantes dados; None: no se tocan."""
    if hitos is not None:
        numeros = [hito["numero"] for hito in hitos]
        for sobra in actividad.hitos.exclude(numero__in=numeros):
            sobra.delete()
        fechados = dict(actividad.hitos.values_list("numero", "fecha_original"))
        for hito in hitos:
            propio = {"descripcion": hito["descripcion"], "peso": hito["peso"]}
            if fechados.get(hito["numero"]) != hito["fecha"]:
                propio |= {"fecha_original": hito["fecha"], "fecha_vigente": hito["fecha"]}
            HitoActividad.objects.update_or_create(
                actividad=actividad, numero=hito["numero"], defaults=propio
            )
    if cooperantes is not None:
        actividad.cooperantes.all().delete()
        Cooperacion.objects.bulk_create(
            Cooperacion(actividad=actividad, **uno) for uno in cooperantes
        )


def revisar_fijas(
    actividad: Actividad, columnas: dict[str, Any], hitos: Sequence[dict[str, Any]] | None
) -> None:
    """Lo que se prometió no se reescribe una vez que algo se validó: para eso hay enmiendas."""
    if not actividad.avances.filter(estado__in=Avance.VALIDADOS).exists():
        return
    cambian = [
        columna
        for columna in FIJAS_TRAS_VALIDAR
        if columna in columnas and columnas[columna] != getattr(actividad, columna)
    ]
    if cambian:
        raise ValidationError(
            dict.fromkeys(cambian, "Ya hay avances validados: pida una enmienda.")
        )
    if hitos is not None:
        antes = {(uno.numero, uno.peso, uno.fecha_original) for uno in actividad.hitos.all()}
        if antes != {(uno["numero"], uno["peso"], uno["fecha"]) for uno in hitos}:
            raise ValidationError(
                "Ya hay avances validados: los hitos, sus pesos y sus fechas no cambian."
            )


def revisar_clase(columnas: dict[str, Any], fila: Actividad | None = None) -> None:
    """La primera clase se escribe aquí; cambiarla es otro acto, de dos personas (dominio §10).

    Lo confidencial se pide siempre: lleva su base.
    """
    clase = columnas.get("clasificacion", fila.clasificacion if fila else None)
    nueva = fila is None or clase != fila.clasificacion
    if nueva and clase == Clasificacion.CONFIDENCIAL:
        raise ValidationError({"clasificacion": CONFIDENCIAL_SE_PIDE})
    if fila is None:
        return
    visibilidad = columnas.get("visibilidad", fila.visibilidad)
    de, a = (fila.clasificacion, fila.visibilidad), (clase, visibilidad)
    errores = {}
    if fila.clasificacion == Clasificacion.SIN_CLASIFICAR:
        if baja((de[0], de[1]), (de[0], visibilidad)):
            errores["visibilidad"] = SE_PIDE
    else:
        errores = {
            campo: SE_PIDE
            for campo, antes, ahora in zip(("clasificacion", "visibilidad"), de, a, strict=True)
            if antes != ahora
        }
        resolucion = columnas.get("resolucion", fila.resolucion)
        if not errores and resolucion != fila.resolucion:
            errores["resolucion"] = SE_PIDE
    if errores:
        raise ValidationError(errores)


def revisar_numero(matriz: MatrizCumplimiento, numero: int, menos: Actividad | None = None) -> None:
    """En una matriz no hay dos actividades con el mismo número."""
    otras = matriz.actividades.exclude(pk__in=[menos.pk] if menos else [])
    if otras.filter(numero=numero).exists():
        raise ValidationError({"numero": f"La matriz ya tiene una actividad {numero}."})


def revisar_hitos_reportados(actividad: Actividad, hitos: Sequence[dict[str, Any]] | None) -> None:
    """Un hito que algún avance da por cumplido no se quita: borraría lo reportado."""
    if hitos is None:
        return
    sobran = actividad.hitos.exclude(numero__in=[uno["numero"] for uno in hitos])
    reportados = sorted(set(sobran.exclude(cumplimientos=None).values_list("numero", flat=True)))
    if reportados:
        cuales = ", ".join(map(str, reportados))
        raise ValidationError(f"Ya se reportó cumplido y no se quita: hito {cuales}.")


def revisar_fechas_de_hitos(
    inicio: date, fin: date, hitos: Sequence[dict[str, Any]] | None
) -> None:
    """Las fechas de los hitos caben en la actividad (dominio §2.1)."""
    fuera = [str(uno["numero"]) for uno in hitos or () if not inicio <= uno["fecha"] <= fin]
    if fuera:
        raise ValidationError(
            f"La actividad va del {inicio:%d/%m/%Y} al {fin:%d/%m/%Y}: "
            f"queda fuera la fecha del hito {', '.join(fuera)}."
        )


def pesos_de(matriz: MatrizCumplimiento) -> dict[int, Decimal | None]:
    """Por número, el peso de cada actividad de la matriz, también de las que no se muestran."""
    return dict(matriz.actividades.order_by("numero").values_list("numero", "peso"))


def revisar_pesos_juntos(pesos: Iterable[Decimal | None]) -> None:
    """Todas llevan peso o ninguna."""
    sin_peso = {peso is None for peso in pesos}
    if len(sin_peso) > 1:
        raise ValidationError("Todas las actividades de la matriz llevan peso, o ninguna.")


def revisar_pesos(
    matriz: MatrizCumplimiento, peso: Decimal | None, menos: Actividad | None = None
) -> None:
    """En una matriz, todas las actividades llevan peso o ninguna (dominio §2.1)."""
    otras = matriz.actividades.exclude(pk__in=[menos.pk] if menos else [])
    con_peso = otras.exclude(peso=None).count()
    if not otras.exists():
        return
    if peso is None and con_peso:
        raise ValidationError({"peso": "Las demás actividades de la matriz llevan peso."})
    if peso is not None and con_peso < otras.count():
        raise ValidationError({"peso": "Las demás actividades de la matriz no llevan peso."})


def revisar_hitos(modo: str, hitos: Sequence[dict[str, Any]] | None) -> None:
    """En modo HITOS los pesos suman exactamente 100; en los demás no hay hitos."""
    if modo != Actividad.Modo.HITOS:
        if hitos:
            raise ValidationError("Sólo una actividad por hitos lleva hitos.")
        return
    if hitos is not None and sum((uno["peso"] for uno in hitos), Decimal(0)) != SUMA_DE_PESOS:
        raise ValidationError("Los pesos de los hitos deben sumar exactamente 100.")
