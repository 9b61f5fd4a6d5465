"""Qué se avisa del semestre y de los avances, a quién y cuándo (dominio §6).

Cada frase dice que algo pasó, cuánto y dónde: nunca un texto, una cifra ni el nombre de un
archivo. Lo de un paso lo escribe el paso; lo del calendario, quien reconcilia.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from django.db.models import Count, Min
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from instituciones.avisos import (
    Dicho,
    a_la_hora,
    activas,
    es_historia,
    escribir,
    por_casa,
    todas,
    ya_dicho,
)
from instituciones.models import ResolucionReserva, Rol, Usuario, Visibilidad
from matrices import permisos
from matrices.models import Avance, Observacion, Periodo, Reclasificacion
from matrices.models.matriz import CERRADAS

E = Avance.Estado
POR_ENTREGAR = (E.PENDIENTE, E.BORRADOR, E.OBSERVADO)
POR_REMITIR = (E.PENDIENTE, E.BORRADOR, E.EN_APROBACION)
# A cuántos días del límite se recuerda, y hasta cuántos se recupera si ese día nadie lo dijo.
RECORDATORIOS = {15: 13, 5: 3, 1: 1, 0: 0}
ESCALA_A_LOS = 5
RESERVAS = (7, 30, 90)


# Lo que escribe el paso ------------------------------------------------------------------------


def de_un_paso(paso: str, avances: Sequence[Avance], momento: datetime | None) -> None:
    """Lo que se dice al dar ese paso; de los que no están en la tabla, nada."""
    if paso in DE_UN_PASO and avances and not es_historia(momento):
        DE_UN_PASO[paso](avances, momento)


def observados(avances: Sequence[Avance], momento: datetime | None) -> None:
    """A quien planifica y a quien aprueba: cuántas observaciones y hasta cuándo se responden."""
    if es_historia(momento):
        return
    abiertas = Observacion.objects.filter(avance__in=avances).abiertas().order_by()
    cuentas = abiertas.values_list("avance").annotate(Count("pk"), Min("responder_hasta"))
    cuantas = {avance: (cuenta, hasta) for avance, cuenta, hasta in cuentas}
    planifican, aprueban = _casas(Rol.PLANIFICADOR, avances), _casas(Rol.APROBADOR, avances)
    dichos = []
    for uno in avances:
        if uno.pk not in cuantas:
            continue
        cuenta, hasta = cuantas[uno.pk]
        tiene = _cuantos(cuenta, "observación", "observaciones")
        donde = f"{_cual(uno)}, {uno.periodo.con_su_plan}"
        titulo = f"Tiene {tiene} en {donde}; responda hasta el {_dia(hasta)}"
        casa = uno.actividad.responsable_id
        dichos.append((_del_avance("observado", uno, titulo), [*planifican[casa], *aprueban[casa]]))
    escribir(dichos, momento=momento)


def _validados(avances: Sequence[Avance], momento: datetime | None) -> None:
    _a_quien_planifica(avances, "validado", "Se validó {}", momento)


def _devueltos(avances: Sequence[Avance], momento: datetime | None) -> None:
    _a_quien_planifica(avances, "devuelto", "Su aprobación devolvió {}", momento)


def _reabiertos(avances: Sequence[Avance], momento: datetime | None) -> None:
    _a_quien_planifica(avances, "reabierto", "La coordinación reabrió {}", momento)


def _a_quien_planifica(
    avances: Sequence[Avance], que: str, frase: str, momento: datetime | None
) -> None:
    planifican = _casas(Rol.PLANIFICADOR, avances)
    escribir(
        [
            (
                _del_avance(que, uno, f"{frase.format(_cual(uno))}, {uno.periodo.con_su_plan}"),
                planifican[uno.actividad.responsable_id],
            )
            for uno in avances
        ],
        momento=momento,
    )


def _entregados(avances: Sequence[Avance], momento: datetime | None) -> None:
    """A quien aprueba, una vez al día: su página dice cuántos."""
    aprueban, pagina = _casas(Rol.APROBADOR, avances), reverse("matrices:aprobacion")
    grupos = {(uno.periodo_id, uno.actividad.responsable_id): uno.periodo for uno in avances}
    escribir(
        [
            (
                Dicho(
                    f"entregado:{clave}:{casa}",
                    f"Le entregaron avances de {periodo.con_su_plan} para aprobar",
                    pagina,
                ),
                aprueban[casa],
            )
            for (clave, casa), periodo in grupos.items()
        ],
        momento=momento,
    )


def _remitidos(avances: Sequence[Avance], momento: datetime | None) -> None:
    """A quien revisa, una vez al día por institución: su cola dice cuántos."""
    revisan = activas(Rol.ANALISTA, Rol.COORDINADOR)
    grupos: dict[tuple[int, int], tuple[Avance, dict[int, Usuario]]] = {}
    for uno in avances:
        llave = (uno.periodo_id, uno.actividad.responsable_id)
        _primero, personas = grupos.setdefault(llave, (uno, {}))
        suyas = [una for una in revisan if permisos.puede_revisar(una, uno)]
        asignada = [una for una in suyas if una.pk == uno.asignado_a_id]
        personas.update({una.pk: una for una in asignada or suyas})
    cola = reverse("matrices:revision")
    escribir(
        [
            (
                Dicho(
                    f"remitido:{periodo}:{casa}",
                    f"{uno.actividad.responsable} remitió avances de {uno.periodo.con_su_plan}"
                    " a revisión",
                    cola,
                ),
                personas.values(),
            )
            for (periodo, casa), (uno, personas) in grupos.items()
        ],
        momento=momento,
    )


DE_UN_PASO = {
    "entregar": _entregados,
    "remitir": _remitidos,
    "devolver": _devueltos,
    "validar": _validados,
    "reabrir": _reabiertos,
}


def abierto(periodo: Periodo, momento: datetime | None) -> None:
    """A quien planifica donde hay algo que entregar: cuánto y hasta cuándo."""
    escribir(
        _por_institucion(
            f"apertura:{periodo.pk}",
            f"Se abrió {periodo.con_su_plan}: tiene {{}} por entregar"
            f" hasta el {_dia(periodo.limite)}",
            periodo.url_de_captura,
            _debidos(periodo, POR_ENTREGAR),
            Rol.PLANIFICADOR,
        ),
        momento=momento,
    )


def prorrogado(periodo: Periodo, momento: datetime | None = None) -> None:
    """A toda persona: el nuevo límite."""
    dicho = Dicho(
        f"prorroga:{periodo.pk}:{periodo.limite}",
        f"Se prorrogó {periodo.con_su_plan}: la nueva fecha límite es el {_dia(periodo.limite)}",
        reverse("matrices:periodo", args=[periodo.pk]),
    )
    escribir([(dicho, todas())], momento=momento)


# Lo que manda el calendario --------------------------------------------------------------------


def del_calendario(momento: datetime | None = None) -> int:
    """Lo que hoy toca recordar y nadie ha dicho; se puede repetir. Dice cuántos escribió."""
    ahora = momento or timezone.now()
    hoy, dichos = timezone.localdate(ahora), []
    for uno in Periodo.objects.en_curso().select_related("plan"):
        if uno.estado == Periodo.Estado.ABIERTO:
            dichos += _plazo(uno, hoy)
        if uno.estado == Periodo.Estado.EN_GRACIA:
            dichos += _gracia(uno, hoy)
        dichos += _respuestas_por_vencer(uno, hoy)
    dichos += _reservas_por_vencer(hoy)
    return escribir(dichos, momento=momento, desde=a_la_hora(ahora))


Dichos = list[tuple[Dicho, Iterable[Usuario]]]


def _plazo(periodo: Periodo, hoy: date) -> Dichos:
    """A −15, −5, −1 y 0 días, a quien planifica; a −1, a quien aprueba, lo que le espera."""
    faltan = (periodo.limite - hoy).days
    cerca = [cuando for cuando, hasta in RECORDATORIOS.items() if hasta <= faltan <= cuando]
    if not cerca:
        return []
    vence = f"{periodo.con_su_plan} cierra {_en_cuanto(faltan)}"
    asunto = f"plazo:{periodo.pk}:{periodo.limite}:{cerca[0]}"
    dichos: Dichos = []
    if not ya_dicho(asunto):
        dichos += _por_institucion(
            asunto,
            f"{vence}: tiene {{}} por entregar",
            periodo.url_de_captura,
            _debidos(periodo, POR_ENTREGAR),
            Rol.PLANIFICADOR,
        )
    aprueba = f"aprobar:{periodo.pk}:{periodo.limite}"
    if faltan == 1 and not ya_dicho(aprueba):
        dichos += _por_institucion(
            aprueba,
            f"{vence}: tiene {{}} por aprobar",
            reverse("matrices:aprobacion"),
            _debidos(periodo, [E.EN_APROBACION]),
            Rol.APROBADOR,
        )
    return dichos


def _gracia(periodo: Periodo, hoy: date) -> Dichos:
    """Cada día de gracia, a la institución a la que le falta; al quinto, a la coordinación."""
    if not periodo.limite < hoy <= periodo.fin_gracia:
        return []
    dichos: Dichos = []
    asunto = f"gracia:{periodo.pk}"
    paginas = {
        Rol.PLANIFICADOR: periodo.url_de_captura,
        Rol.APROBADOR: reverse("matrices:aprobacion"),
    }
    if not ya_dicho(asunto, hoy):
        for rol, pagina in paginas.items():
            dichos += _por_institucion(
                asunto,
                f"{periodo.con_su_plan} está en gracia hasta el {_dia(periodo.fin_gracia)}:"
                " tiene {} por remitir",
                pagina,
                _debidos(periodo, POR_REMITIR),
                rol,
            )
    escala = f"escala:{periodo.pk}:{periodo.limite}"
    if (hoy - periodo.limite).days >= ESCALA_A_LOS and not ya_dicho(escala):
        dichos += _escalamiento(escala, periodo)
    return dichos


def _escalamiento(asunto: str, periodo: Periodo) -> Dichos:
    debidos = _debidos(periodo, POR_REMITIR)
    if not debidos:
        return []
    faltan = _cuantos(sum(debidos.values()), "avance", "avances")
    casas = _cuantos(len(debidos), "institución", "instituciones")
    cierra = f"{periodo.con_su_plan} cierra el {_dia(periodo.fin_gracia)}"
    titulo = f"{cierra}: {faltan} sin remitir, de {casas}"
    enlace = reverse("matrices:periodo", args=[periodo.pk])
    return [(Dicho(asunto, titulo, enlace), activas(Rol.COORDINADOR))]


def _respuestas_por_vencer(periodo: Periodo, hoy: date) -> Dichos:
    """La víspera, a quien planifica: cuántas observaciones siguen abiertas."""
    asunto = f"respuesta:{periodo.pk}"
    if ya_dicho(asunto, hoy):
        return []
    vencen = Observacion.objects.filter(
        avance__periodo=periodo, responder_hasta=hoy + timedelta(days=1)
    ).abiertas()
    por_responder = dict(
        vencen.order_by()
        .values_list("avance__actividad__responsable")
        .annotate(cuantas=Count("pk"))
    )
    return _por_institucion(
        asunto,
        f"Mañana vence el plazo para responder {{}} de {periodo.con_su_plan}",
        periodo.url_de_captura,
        por_responder,
        Rol.PLANIFICADOR,
        nombres=("observación", "observaciones"),
    )


def _reservas_por_vencer(hoy: date) -> Dichos:
    """A 90, 30 y 7 días, y al vencer: a la coordinación y a quien la custodia (dominio §10).

    De la prorrogada no: avisa su prórroga. La vencida se dice una vez, aunque se tarde.
    """
    dichos: Dichos = []
    hasta, cola = hoy + timedelta(days=max(RESERVAS)), reverse("matrices:reservas")
    for una in ResolucionReserva.objects.sin_prorroga().filter(vence__lte=hasta).order_by("pk"):
        faltan = (una.vence - hoy).days
        tramo = next((dias for dias in RESERVAS if 0 <= faltan <= dias), -1)
        asunto = f"reserva:{una.pk}:{una.vence}:{tramo}"
        if ya_dicho(asunto):
            continue
        que = "venció: alguien debe decidir" if faltan < 0 else f"vence {_en_cuanto(faltan)}"
        personas = activas(Rol.COORDINADOR)
        for rol in (Rol.PLANIFICADOR, Rol.APROBADOR):
            personas += por_casa(rol, [una.custodio_id])[una.custodio_id]
        titulo = f"La reserva de la resolución {una.numero} {que}"
        dichos.append((Dicho(asunto, titulo, cola), personas))
    return dichos


# La clasificación ------------------------------------------------------------------------------


def clase_pedida(pedida: Reclasificacion, momento: datetime | None) -> None:
    """A quien puede confirmarla: que hay una por resolver, sin decir de qué."""
    candidatas = activas(Rol.COORDINADOR, Rol.APROBADOR)
    personas = [
        una
        for una in candidatas
        if una.pk != pedida.solicitada_por_id and permisos.puede_resolver_clase(una, pedida)
    ]
    titulo = "Se pidió un cambio de clasificación: espera su decisión"
    dicho = Dicho(f"clase_pedida:{pedida.pk}", titulo, _de_la_clase(pedida))
    escribir([(dicho, personas)], momento=momento)


def clase_resuelta(pedida: Reclasificacion, momento: datetime | None) -> None:
    """A quien la pidió: en qué quedó."""
    if pedida.estado == Reclasificacion.Estado.DESISTIDA:
        return
    titulo = f"El cambio de clasificación que pidió quedó «{pedida.get_estado_display().lower()}»"
    dicho = Dicho(f"clase_resuelta:{pedida.pk}", titulo, _de_la_clase(pedida))
    escribir([(dicho, [pedida.solicitada_por])], momento=momento)


def cierra_lo_publicado(
    periodos: Iterable[Periodo], pedida: Reclasificacion, momento: datetime | None
) -> None:
    """A la coordinación: el semestre donde eso se publicó se corta de nuevo."""
    personas = activas(Rol.COORDINADOR)
    escribir(
        [
            (
                Dicho(
                    f"cierra:{pedida.pk}:{uno.pk}",
                    f"Dejó de ser público algo de {uno.con_su_plan}: corte de nuevo y publique"
                    " otra versión",
                    reverse("matrices:periodo", args=[uno.pk]),
                ),
                personas,
            )
            for uno in periodos
        ],
        momento=momento,
    )


def _de_la_clase(pedida: Reclasificacion) -> str:
    return reverse("matrices:reclasificacion", args=[pedida.pk])


# Cómo se dice ----------------------------------------------------------------------------------


def _debidos(periodo: Periodo, estados: Iterable[str]) -> dict[int, int]:
    """Cuántos avances exigibles tiene cada institución en esos estados."""
    filas = Avance.objects.filter(periodo=periodo, estado__in=estados, exigible=True)
    return dict(
        filas.order_by().values_list("actividad__responsable").annotate(cuantos=Count("pk"))
    )


def _por_institucion(
    asunto: str,
    frase: str,
    enlace: str,
    debidos: dict[int, int],
    rol: Rol,
    *,
    nombres: tuple[str, str] = ("avance", "avances"),
) -> Dichos:
    """La misma frase a las personas de cada institución, con su propia cuenta."""
    personas = por_casa(rol, debidos)
    return [
        (Dicho(asunto, frase.format(_cuantos(cuantos, *nombres)), enlace), personas[casa])
        for casa, cuantos in debidos.items()
    ]


def _casas(rol: Rol, avances: Sequence[Avance]) -> dict[int, list[Usuario]]:
    return por_casa(rol, {uno.actividad.responsable_id for uno in avances})


def _del_avance(que: str, avance: Avance, titulo: str) -> Dicho:
    asunto = f"{que}:{avance.pk}:{avance.version}"
    return Dicho(asunto, titulo, reverse("matrices:capturar", args=[avance.pk]))


def _cual(avance: Avance) -> str:
    """Su código; de lo restringido, ni el código sale por correo."""
    if Visibilidad.RESTRINGIDA in avance.visibilidades or avance.clases & {*CERRADAS}:
        return "una actividad de acceso restringido"
    return f"la actividad {avance.actividad}"


def _cuantos(cuantos: int, uno: str, varios: str) -> str:
    return f"{cuantos} {uno if cuantos == 1 else varios}"


def _en_cuanto(dias: int) -> str:
    return {0: "hoy", 1: "mañana"}.get(dias, f"en {dias} días")


def _dia(dia: date) -> str:
    return date_format(dia, "d/m/Y")
