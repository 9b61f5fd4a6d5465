"""El tablero como lo escribe quien no mide: de objeto en objeto, o con una suma por grupo.

Dan las mismas cifras que el nuestro del semestre que corre: E, P y cobertura del plan y de cada
programa, objetivo, ámbito, cruce e institución, y lo mismo del semestre anterior.
"""

from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, F, Q, Sum, When
from django.db.models.functions import Coalesce

Cifras = dict[str, tuple[Any, ...]]


def _grupos(acciones: list) -> dict[str, list]:
    grupos: dict[str, list] = {"plan": acciones}
    for una in acciones:
        objetivo = una.objetivo
        rectora = una.responsabilidades.filter(rol="RECTORA").first()
        for clave in (
            f"programa {objetivo.programa.numero}",
            f"objetivo {objetivo.codigo}",
            f"ambito {objetivo.ambito.codigo}",
            f"cruce {objetivo.ambito.codigo}/{objetivo.programa.numero}",
            f"institucion {rectora.institucion.sigla if rectora else ''}",
        ):
            grupos.setdefault(clave, []).append(una)
    return grupos


def con_bucles(periodos: list) -> Cifras:
    """Cada nivel recorre sus acciones; cada acción, sus actividades; cada una, su avance."""
    from acciones.models import AccionEstrategica

    acciones = list(AccionEstrategica.objects.filter(objetivo__programa__plan=periodos[0].plan))
    cifras: Cifras = {}
    for periodo in periodos:
        for clave, suyas in _grupos(acciones).items():
            cifras[f"{periodo} {clave}"] = _media([_de_accion(una, periodo) for una in suyas])
    return cifras


def _de_accion(accion, periodo) -> tuple[Decimal, Decimal, int, int] | None:
    from matrices.models import Actividad

    hecho = debido = pesos = Decimal(0)
    exigidos = recibidos = 0
    for actividad in Actividad.objects.filter(matriz__accion=accion):
        avance = actividad.avances.filter(periodo=periodo).first()
        if avance is None:
            continue
        exigidos += avance.exigible
        recibidos += avance.exigible and avance.validado
        if avance.situacion_medida == "CANCELADA":
            continue
        peso = actividad.peso or Decimal(1)
        hecho += peso * avance.ejecutado_que_cuenta
        debido += peso * avance.programado
        pesos += peso
    return (hecho / pesos, debido / pesos, exigidos, recibidos) if pesos else None


def _media(medidas: list) -> tuple[Any, ...]:
    hay = [una for una in medidas if una]
    if not hay:
        return (None, None, 0, 0)
    return (
        round(sum(una[0] for una in hay) / len(hay), 1),
        round(sum(una[1] for una in hay) / len(hay), 1),
        sum(una[2] for una in hay),
        sum(una[3] for una in hay),
    )


def por_grupo(periodos: list) -> Cifras:
    """Por cada grupo, una consulta que suma sus actividades por acción."""
    from acciones.models import AccionEstrategica

    acciones = list(
        AccionEstrategica.objects.filter(objetivo__programa__plan=periodos[0].plan)
        .select_related("objetivo__programa", "objetivo__ambito")
        .prefetch_related("responsabilidades__institucion")
    )
    grupos: dict[str, Q] = {"plan": Q()}
    accion = "actividad__matriz__accion"
    for una in acciones:
        objetivo = una.objetivo
        rectoras = [otra for otra in una.responsabilidades.all() if otra.rol == "RECTORA"]
        programa = Q(**{f"{accion}__objetivo__programa": objetivo.programa})
        ambito = Q(**{f"{accion}__objetivo__ambito": objetivo.ambito})
        grupos[f"programa {objetivo.programa.numero}"] = programa
        grupos[f"objetivo {objetivo.codigo}"] = Q(**{f"{accion}__objetivo": objetivo})
        grupos[f"ambito {objetivo.ambito.codigo}"] = ambito
        grupos[f"cruce {objetivo.ambito.codigo}/{objetivo.programa.numero}"] = programa & ambito
        for rectora in rectoras:
            suyas = {
                f"{accion}__responsabilidades__institucion": rectora.institucion,
                f"{accion}__responsabilidades__rol": "RECTORA",
            }
            grupos[f"institucion {rectora.institucion.sigla}"] = Q(**suyas)
    return {
        f"{periodo} {clave}": _de_grupo(periodo, grupo)
        for periodo in periodos
        for clave, grupo in grupos.items()
    }


def _de_grupo(periodo, grupo: Q) -> tuple[Any, ...]:
    from matrices.models import Avance

    cuenta = Case(When(estado__in=Avance.EN_TRAMITE, then="ejecutado_previo"), default="ejecutado")
    vale = ~Q(situacion_medida="CANCELADA")
    peso = Coalesce(F("actividad__peso"), Decimal(1))
    filas = (
        Avance.objects.filter(grupo, periodo=periodo).order_by().values("actividad__matriz__accion")
    )
    sumas = filas.annotate(
        hecho=Sum(peso * cuenta, filter=vale),
        debido=Sum(peso * F("programado"), filter=vale),
        pesos=Sum(peso, filter=vale),
        exigidos=Count("pk", filter=Q(exigible=True)),
        recibidos=Count("pk", filter=Q(exigible=True, estado__in=Avance.VALIDADOS)),
    )
    return _media(
        [
            (una["hecho"] / una["pesos"], una["debido"] / una["pesos"], una["exigidos"],
             una["recibidos"])
            for una in sumas
            if una["pesos"]
        ]
    )  # fmt: skip
