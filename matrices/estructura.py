"""La estructura de las matrices: crearlas y escribir sus actividades, con su historia.

Qué fechas y qué situación rigen después lo deciden las enmiendas; aquí se escribe lo acordado.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F

from acciones.models import AccionEstrategica
from instituciones import bitacora
from instituciones.models import Clasificacion, Usuario
from matrices import flujo, periodos, permisos
from matrices.models import (
    Actividad,
    Avance,
    Cooperacion,
    HitoActividad,
    MatrizCumplimiento,
    Periodo,
)

# Con algo validado, cambiar estas columnas volvería falso lo que ya se publicó.
FIJAS_TRAS_VALIDAR = ("modo", "meta", "inicio", "fin_original", "responsable")
EN_ESPERA = (Avance.Estado.PENDIENTE, Avance.Estado.BORRADOR, Avance.Estado.EXENTO)
SUMA_DE_PESOS = Decimal(100)


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
    revisar_hitos(columnas["modo"], hitos)
    columnas = dict(columnas)
    obligados = columnas.pop("obligados", [])
    with bitacora.constancia() as asientos:
        actividad = Actividad.objects.create(
            matriz=matriz, fin_vigente=columnas["fin_original"], **columnas
        )
        actividad.obligados.set(obligados)
        _reponer(actividad, hitos, cooperantes)
        asientos.append(_asiento("agregar_actividad", actividad, por))
        abierto = Periodo.objects.filter(
            plan=matriz.accion.objetivo.programa.plan, estado__in=Periodo.RECIBE
        ).first()
        if abierto:
            periodos.crear_avances(abierto, Actividad.objects.filter(pk=actividad.pk), por=por)
        return actividad


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
    revisar_fijas(fila, columnas, hitos)
    revisar_pesos(fila.matriz, columnas.get("peso"), menos=fila)
    revisar_hitos(columnas.get("modo", fila.modo), hitos)
    columnas = dict(columnas)
    obligados = columnas.pop("obligados", None)
    with bitacora.constancia() as asientos:
        _ganar_version(fila, version)
        if columnas.get("fin_original", fila.fin_original) != fila.fin_original:
            fila.fin_vigente = columnas["fin_original"]
        for columna, valor in columnas.items():
            setattr(fila, columna, valor)
        fila.save()
        if obligados is not None:
            fila.obligados.set(obligados)
        _reponer(fila, hitos, cooperantes)
        asientos.append(_asiento("cambiar_actividad", fila, por, columnas=sorted(columnas)))
        sin_cortar = Avance.objects.filter(actividad=fila).exclude(
            periodo__estado=Periodo.Estado.CORTADO
        )
        _clasificar_lo_que_espera(sin_cortar, fila)
        flujo.medir(sin_cortar)
        return fila


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
        for hito in hitos:
            propio = {"descripcion": hito["descripcion"], "peso": hito["peso"]}
            fechas = {"fecha_original": hito["fecha"], "fecha_vigente": hito["fecha"]}
            HitoActividad.objects.update_or_create(
                actividad=actividad,
                numero=hito["numero"],
                defaults=propio,
                create_defaults={**propio, **fechas},
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
        antes = {(uno.numero, uno.peso) for uno in actividad.hitos.all()}
        if antes != {(uno["numero"], uno["peso"]) for uno in hitos}:
            raise ValidationError("Ya hay avances validados: los hitos y sus pesos no cambian.")


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
