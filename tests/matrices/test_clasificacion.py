"""Cambiar una clasificación: dos personas, con motivo; la reserva, su plazo y su prórroga."""

import json
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from acciones.models import Responsabilidad
from instituciones.models import Asiento, Aviso, ResolucionReserva, Rol
from matrices import clasificacion, estructura, evidencias, flujo, permisos
from matrices.clasificacion import Pedido
from matrices.models import Avance, Movimiento, Reclasificacion
from matrices.models.clasificacion import baja
from tests.fabricas import (
    ActividadFactory,
    AvanceFactory,
    DelegacionFactory,
    EvidenciaFactory,
    PeriodoFactory,
    ResolucionFactory,
    ResponsabilidadFactory,
    UsuarioFactory,
)

pytestmark = pytest.mark.django_db
MOTIVO = "La causa que lo cerraba ya no existe: el operativo terminó y se informó."
NOTA = "Se comprobó con la unidad jurídica."
ABRIR = Pedido("PUBLICA", "PUBLICA", MOTIVO)
NIVELES = ["ACCION", "ACTIVIDAD", "AVANCE", "EVIDENCIA"]


@pytest.fixture
def reserva(elenco):
    """Una resolución de la responsable, todavía en plazo."""
    hoy = timezone.localdate()
    return ResolucionFactory(
        numero="R-7", autoridad=elenco.responsable, fecha=hoy, vence=hoy + timedelta(days=300)
    )


@pytest.fixture
def filas(elenco, reserva):
    """Una acción, su actividad, su avance remitido y su evidencia; todo RESERVADA."""
    cerrada = {"clasificacion": "RESERVADA", "resolucion": reserva, "visibilidad": "RESTRINGIDA"}
    actividad = ActividadFactory(responsable=elenco.responsable, **cerrada)
    accion = actividad.matriz.accion
    ResponsabilidadFactory(accion=accion, institucion=elenco.responsable)
    type(accion).objects.filter(pk=accion.pk).update(**cerrada)
    avance = AvanceFactory(actividad=actividad, estado="REMITIDO", **cerrada)
    evidencia = EvidenciaFactory(avance=avance, **cerrada)
    accion.refresh_from_db()
    todas = (accion, actividad, avance, evidencia)
    return dict(zip(NIVELES, todas, strict=True))


def clase_de(fila):
    fila.refresh_from_db()
    return (fila.clasificacion, fila.visibilidad, fila.resolucion_id)


# Qué es bajar ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("de", "a", "abre"),
    [
        (("RESERVADA", "INTERNA"), ("PUBLICA", "INTERNA"), True),
        (("CONFIDENCIAL", "INTERNA"), ("RESERVADA", "INTERNA"), True),  # conjuntos, no escalera
        (("RESERVADA", "INTERNA"), ("CONFIDENCIAL", "INTERNA"), True),
        (("SIN_CLASIFICAR", "INTERNA"), ("PUBLICA", "INTERNA"), True),
        (("PUBLICA", "RESTRINGIDA"), ("PUBLICA", "INTERNA"), True),
        (("PUBLICA", "INTERNA"), ("CONFIDENCIAL", "PUBLICA"), True),
        (("PUBLICA", "PUBLICA"), ("RESERVADA", "PUBLICA"), False),
        (("SIN_CLASIFICAR", "INTERNA"), ("CONFIDENCIAL", "INTERNA"), False),
        (("PUBLICA", "PUBLICA"), ("PUBLICA", "RESTRINGIDA"), False),
    ],
)
def test_bajar_es_dejar_una_clase_o_ampliar_quien_lo_ve(de, a, abre):
    assert baja(de, a) is abre


# Dos personas ----------------------------------------------------------------------------------
@pytest.mark.parametrize("nivel", NIVELES)
def test_bajar_pide_una_persona_y_lo_aprueba_otra(elenco, filas, nivel, cifra):
    fila = filas[nivel]
    antes = clase_de(fila)

    pedida = clasificacion.solicitar(fila, ABRIR, por=elenco.planificadora)

    assert clase_de(fila) == antes  # sin segundo, nada cambia
    clasificacion.aprobar(pedida, nota=NOTA, version=1, por=elenco.coordinadora)
    assert clase_de(fila) == ("PUBLICA", "PUBLICA", None)
    actos = Asiento.objects.filter(acto="clasificar").values_list("tipo", "persona")
    tipos = {fila._meta.model_name} | ({"avance"} if nivel == "EVIDENCIA" else set())
    assert sorted(actos) == [(tipo, elenco.coordinadora.pk) for tipo in sorted(tipos)]
    assert {uno.acto for uno in Asiento.objects.filter(tipo="reclasificacion")} == {
        "solicitar",
        "aprobar",
    }
    historia = Movimiento.objects.filter(paso="clasificar", avance=filas["AVANCE"])
    assert historia.count() == (nivel in {"AVANCE", "EVIDENCIA"})
    for uno in historia:
        assert (uno.de, uno.a, uno.por, uno.nota) == (
            "REMITIDO",
            "REMITIDO",
            elenco.coordinadora,
            f"Solicitud de clasificación {pedida.pk}.",
        )
        assert json.loads(uno.contenido)["logro"] == filas["AVANCE"].logro
    cifra(f"G-43 bajar {nivel.lower()}: personas=2 asientos={2 + len(tipos)} sin_segundo=0")


def test_nadie_confirma_lo_que_pidio_ni_por_delegacion_ni_en_la_base(elenco, filas):
    coordinadora = elenco.coordinadora
    aprobador = UsuarioFactory(rol=Rol.APROBADOR, institucion=elenco.revisora)
    propia = ActividadFactory(responsable=elenco.revisora, clasificacion="CONFIDENCIAL")
    pedida = clasificacion.solicitar(propia, ABRIR, por=aprobador)
    # quien la pidió pasa a coordinar; y quien coordina le delega, o actúa en su nombre
    type(aprobador).objects.filter(pk=aprobador.pk).update(rol=Rol.COORDINADOR)
    aprobador.refresh_from_db()
    DelegacionFactory(titular=coordinadora, delegado=aprobador)
    DelegacionFactory(titular=aprobador, delegado=elenco.auditor)

    for por, titular in (
        (aprobador, None),
        (aprobador, coordinadora),
        (elenco.auditor, aprobador),  # en nombre de quien la pidió
    ):
        with pytest.raises(PermissionDenied):
            clasificacion.aprobar(pedida, nota=NOTA, version=1, por=por, en_nombre_de=titular)
        assert "aprobar" not in flujo.pasos_posibles(pedida, por, titular)
    for firma in ("resuelta_por", "en_nombre_de"):
        with pytest.raises(IntegrityError), transaction.atomic():
            Reclasificacion.objects.filter(pk=pedida.pk).update(**{firma: aprobador})
    assert clase_de(propia)[0] == "CONFIDENCIAL"


@pytest.mark.parametrize(
    "mal",
    [
        {"estado": "APROBADA"},
        {"estado": "RECHAZADA"},
        {"motivo": ""},
        {"estado": "OTRO"},
        {"a_clase": "CONFIDENCIAL", "base": ""},
        {"a_clase": "RESERVADA"},
        {"a_clase": "SIN_CLASIFICAR"},
        {"sobre": "AVANCE"},
    ],
    ids=str,
)
def test_la_base_niega_lo_que_no_puede_ser(elenco, filas, mal):
    pedida = clasificacion.solicitar(filas["ACTIVIDAD"], ABRIR, por=elenco.planificadora)

    with pytest.raises(IntegrityError), transaction.atomic():
        Reclasificacion.objects.filter(pk=pedida.pk).update(**mal)


PIDEN = {
    "planificadora": "coordinadora",
    "aprobador": "coordinadora",
    "coordinadora": "aprobador",
    **dict.fromkeys(
        ["analista", "ajena", "consejera", "inspector", "comisionada", "auditor", "administradora"]
    ),
}


@pytest.mark.parametrize("quien", PIDEN)
def test_lo_que_pide_una_parte_lo_confirma_la_otra(elenco, filas, quien):
    por = getattr(elenco, quien)
    if PIDEN[quien] is None:
        with pytest.raises(PermissionDenied):
            clasificacion.solicitar(filas["ACTIVIDAD"], ABRIR, por=por)
        return

    pedida = clasificacion.solicitar(filas["ACTIVIDAD"], ABRIR, por=por)

    confirman = {
        uno for uno in PIDEN if permisos.puede_resolver_clase(getattr(elenco, uno), pedida)
    }
    assert confirman == {PIDEN[quien]}


def test_la_accion_sin_rectora_la_confirma_otra_persona_de_la_coordinacion(elenco, filas):
    accion, otra = filas["ACCION"], UsuarioFactory(rol="COORDINADOR", institucion=elenco.revisora)
    Responsabilidad.objects.filter(accion=accion).delete()
    with pytest.raises(PermissionDenied):
        clasificacion.solicitar(accion, ABRIR, por=elenco.planificadora)
    pedida = clasificacion.solicitar(accion, ABRIR, por=elenco.coordinadora)

    with pytest.raises(PermissionDenied):
        clasificacion.aprobar(pedida, nota=NOTA, version=1, por=elenco.coordinadora)
    clasificacion.aprobar(pedida, nota=NOTA, version=1, por=otra)

    assert clase_de(accion)[0] == "PUBLICA"
    assert accion.history.first().history_user == otra


def test_rechazar_y_desistir_dejan_todo_como_estaba(elenco, filas):
    fila = filas["ACTIVIDAD"]
    antes = clase_de(fila)
    una = clasificacion.solicitar(fila, ABRIR, por=elenco.planificadora)
    with pytest.raises(ValidationError):
        clasificacion.rechazar(una, nota=" ", version=1, por=elenco.coordinadora)

    clasificacion.rechazar(una, nota=NOTA, version=1, por=elenco.coordinadora)
    otra = clasificacion.solicitar(fila, ABRIR, por=elenco.planificadora)
    clasificacion.desistir(otra, version=1, por=elenco.aprobador)

    assert clase_de(fila) == antes
    estados = Reclasificacion.objects.order_by("pk").values_list("estado", flat=True)
    assert list(estados) == ["RECHAZADA", "DESISTIDA"]


def test_lo_que_cambio_mientras_tanto_no_se_aprueba_a_ciegas(elenco, filas):
    fila = filas["AVANCE"]
    pedida = clasificacion.solicitar(fila, ABRIR, por=elenco.planificadora)
    Avance.objects.filter(pk=fila.pk).update(visibilidad="INTERNA")

    with pytest.raises(flujo.PasoInvalido):
        clasificacion.aprobar(pedida, nota=NOTA, version=1, por=elenco.coordinadora)

    assert clase_de(fila)[:2] == ("RESERVADA", "INTERNA")
    pedida.refresh_from_db()
    assert pedida.espera


def test_aprobar_dos_veces_cambia_una(elenco, filas):
    fila = filas["ACTIVIDAD"]
    pedida = clasificacion.solicitar(fila, ABRIR, por=elenco.planificadora)
    clasificacion.aprobar(pedida, nota=NOTA, version=1, por=elenco.coordinadora)

    with pytest.raises(flujo.Conflicto):
        clasificacion.aprobar(pedida, nota=NOTA, version=1, por=elenco.coordinadora)

    assert fila.history.count() == 2


def test_no_hay_dos_solicitudes_a_la_vez_sobre_lo_mismo(elenco, filas):
    clasificacion.solicitar(filas["AVANCE"], ABRIR, por=elenco.planificadora)
    clasificacion.solicitar(filas["EVIDENCIA"], ABRIR, por=elenco.planificadora)  # es otra cosa

    with pytest.raises(ValidationError):
        clasificacion.solicitar(filas["AVANCE"], ABRIR, por=elenco.aprobador)


# Qué alcanza -----------------------------------------------------------------------------------
def test_con_sus_partes_baja_lo_de_la_misma_clase_y_nada_mas(elenco, filas, reserva):
    otra = ResolucionFactory(fecha=reserva.fecha, vence=reserva.vence)
    ajeno = AvanceFactory(
        actividad=filas["ACTIVIDAD"],
        periodo=PeriodoFactory(plan=filas["AVANCE"].periodo.plan, anio=2020, estado="CORTADO"),
        clasificacion="RESERVADA",
        visibilidad="RESTRINGIDA",
        resolucion=otra,
    )
    pedido = Pedido("PUBLICA", "INTERNA", MOTIVO, con_sus_partes=True)

    pedida = clasificacion.solicitar(filas["ACTIVIDAD"], pedido, por=elenco.planificadora)
    clasificacion.aprobar(pedida, nota=NOTA, version=1, por=elenco.coordinadora)

    cambian = {nivel: clase_de(fila)[0] for nivel, fila in filas.items()}
    assert cambian == {
        "ACCION": "RESERVADA",
        "ACTIVIDAD": "PUBLICA",
        "AVANCE": "PUBLICA",
        "EVIDENCIA": "PUBLICA",
    }
    assert clase_de(ajeno) == ("RESERVADA", "RESTRINGIDA", otra.pk)
    assert (
        Asiento.objects.filter(acto="clasificar", tipo__in=["actividad", "evidencia"]).count() == 2
    )


def test_clasificar_por_primera_vez_alcanza_a_lo_que_nacio_sin_clase(elenco):
    sin_clase = {"clasificacion": "SIN_CLASIFICAR", "visibilidad": "RESTRINGIDA"}
    fila = ActividadFactory(responsable=elenco.responsable, **sin_clase)
    avance = AvanceFactory(actividad=fila, estado="BORRADOR", **sin_clase)
    pedido = Pedido(
        "CONFIDENCIAL", "RESTRINGIDA", MOTIVO, base="Con garantía.", con_sus_partes=True
    )

    pedida = clasificacion.solicitar(fila, pedido, por=elenco.planificadora)
    clasificacion.aprobar(pedida, nota=NOTA, version=1, por=elenco.coordinadora)

    assert clase_de(fila)[0] == clase_de(avance)[0] == "CONFIDENCIAL"


def test_subir_no_alcanza_a_las_partes_que_ya_lo_heredan(elenco):
    avance = AvanceFactory(actividad__responsable=elenco.responsable, estado="REMITIDO")
    pedido = Pedido("PUBLICA", "RESTRINGIDA", MOTIVO, con_sus_partes=True)

    pedida = clasificacion.solicitar(avance.actividad, pedido, por=elenco.planificadora)
    clasificacion.aprobar(pedida, nota=NOTA, version=1, por=elenco.coordinadora)

    assert clase_de(avance)[1] == "PUBLICA"
    assert Avance.objects.con_su_actividad().get(pk=avance.pk).visibilidades == {
        "PUBLICA",
        "RESTRINGIDA",
    }


# Lo reservado y lo confidencial ----------------------------------------------------------------
@pytest.mark.parametrize(
    ("pedido", "campo"),
    [
        ({"clase": "RESERVADA"}, "resolucion"),
        ({"clase": "CONFIDENCIAL"}, "base"),
        ({"clase": "CONFIDENCIAL", "base": "  "}, "base"),
        ({"clase": "SIN_CLASIFICAR"}, "clase"),
        ({"clase": "PUBLICA"}, "clase"),  # es la que tiene
    ],
    ids=str,
)
def test_subir_de_clase_lleva_su_respaldo(elenco, pedido, campo):
    fila = ActividadFactory(responsable=elenco.responsable)
    dado = {"visibilidad": "PUBLICA", "motivo": MOTIVO, **pedido}

    with pytest.raises(ValidationError) as errores:
        clasificacion.solicitar(fila, Pedido(**dado), por=elenco.planificadora)

    assert set(errores.value.error_dict) == {campo}


def test_lo_confidencial_queda_con_su_base_y_lo_reservado_con_su_resolucion(elenco, reserva):
    una, otra = ActividadFactory.create_batch(2, responsable=elenco.responsable)
    base = "Artículo 22 de la ley: se entregó bajo garantía de confidencialidad."

    for fila, pedido in (
        (una, Pedido("CONFIDENCIAL", "PUBLICA", MOTIVO, base=base)),
        (otra, Pedido("RESERVADA", "PUBLICA", MOTIVO, resolucion=reserva, base=base)),
    ):
        pedida = clasificacion.solicitar(fila, pedido, por=elenco.planificadora)
        clasificacion.aprobar(pedida, nota=NOTA, version=1, por=elenco.coordinadora)

    assert una.reclasificaciones.get().base == base
    assert otra.reclasificaciones.get().base == ""
    assert clase_de(otra) == ("RESERVADA", "PUBLICA", reserva.pk)


def test_con_una_resolucion_vencida_no_se_reserva_ni_al_pedir_ni_al_aprobar(elenco, reserva):
    fila, hoy = ActividadFactory(responsable=elenco.responsable), timezone.localdate()
    pedido = Pedido("RESERVADA", "PUBLICA", MOTIVO, resolucion=reserva)
    pedida = clasificacion.solicitar(fila, pedido, por=elenco.planificadora)
    atras = {"fecha": hoy - timedelta(days=400), "vence": hoy - timedelta(days=1)}
    ResolucionReserva.objects.filter(pk=reserva.pk).update(**atras)

    with pytest.raises(flujo.PasoInvalido):
        clasificacion.aprobar(pedida, nota=NOTA, version=1, por=elenco.coordinadora)
    clasificacion.desistir(pedida, version=1, por=elenco.planificadora)
    reserva.refresh_from_db()
    with pytest.raises(ValidationError):
        clasificacion.solicitar(fila, pedido, por=elenco.planificadora)


# Las otras puertas: ninguna deja cambiarla a una sola persona ----------------------------------
@pytest.mark.parametrize(
    "columnas",
    [
        {"clasificacion": "PUBLICA"},
        {"visibilidad": "PUBLICA"},
        {"clasificacion": "CONFIDENCIAL"},
        {"resolucion": None},
    ],
    ids=str,
)
@pytest.mark.parametrize("quien", ["coordinadora", "comisionada"])
def test_la_estructura_no_cambia_lo_ya_clasificado(elenco, filas, quien, columnas):
    fila = filas["ACTIVIDAD"]
    antes = clase_de(fila)

    with pytest.raises(ValidationError):
        estructura.cambiar_actividad(fila, columnas, version=1, por=getattr(elenco, quien))

    assert clase_de(fila) == antes


def test_la_primera_clase_la_escribe_la_estructura_salvo_la_confidencial(elenco, reserva):
    fila = ActividadFactory(clasificacion="SIN_CLASIFICAR", visibilidad="RESTRINGIDA")
    for mal in ({"clasificacion": "CONFIDENCIAL"}, {"visibilidad": "PUBLICA"}):
        with pytest.raises(ValidationError):
            estructura.cambiar_actividad(fila, mal, version=1, por=elenco.coordinadora)

    columnas = {"clasificacion": "RESERVADA", "resolucion": reserva}
    estructura.cambiar_actividad(fila, columnas, version=1, por=elenco.coordinadora)

    assert clase_de(fila) == ("RESERVADA", "RESTRINGIDA", reserva.pk)


@pytest.mark.parametrize("verbo", [flujo.capturar, flujo.autoguardar])
@pytest.mark.parametrize("columna", [{"clasificacion": "PUBLICA"}, {"visibilidad": "PUBLICA"}])
def test_lo_que_se_envio_no_se_abre_desde_un_borrador(elenco, filas, verbo, columna):
    avance = filas["AVANCE"]
    flujo.observar(avance, [("clasificacion", "No es reservada.")], version=1, por=elenco.analista)
    Avance.objects.filter(pk=avance.pk).update(estado="BORRADOR", remitido_en=timezone.now())
    avance.refresh_from_db()

    dado = flujo.Declaracion({"logro": "Otro.", **columna})
    with pytest.raises(flujo.PasoInvalido):
        verbo(avance, dado, version=avance.version, por=elenco.planificadora)

    assert clase_de(avance)[:2] == ("RESERVADA", "RESTRINGIDA")


def test_en_un_borrador_que_nadie_envio_la_clase_es_una_propuesta(elenco):
    avance = AvanceFactory(
        actividad__responsable=elenco.responsable, estado="BORRADOR", visibilidad="RESTRINGIDA"
    )

    dado = flujo.Declaracion({"visibilidad": "INTERNA"})
    flujo.capturar(avance, dado, version=1, por=elenco.planificadora)

    assert clase_de(avance)[1] == "INTERNA"


def test_retirar_una_evidencia_deja_lo_que_se_decidio_de_ella(elenco):
    avance = AvanceFactory(actividad__responsable=elenco.responsable, estado="BORRADOR")
    evidencia = EvidenciaFactory(avance=avance, clasificacion="PUBLICA")
    pedido = Pedido("PUBLICA", "INTERNA", MOTIVO)
    pedida = clasificacion.solicitar(evidencia, pedido, por=elenco.planificadora)

    evidencias.retirar(evidencia, por=elenco.planificadora)

    pedida = Reclasificacion.objects.con_lo_suyo().get(pk=pedida.pk)
    assert str(pedida).startswith("Clasificación: la evidencia retirada")
    with pytest.raises(flujo.PasoInvalido):
        clasificacion.aprobar(pedida, nota=NOTA, version=1, por=elenco.coordinadora)


# Quién lee el motivo ---------------------------------------------------------------------------
LEEN = {
    ("CONFIDENCIAL", "PUBLICA"): {"analista", "coordinadora"},
    ("RESERVADA", "PUBLICA"): {"analista", "coordinadora", "inspector", "consejera"},
    ("CONFIDENCIAL", "RESERVADA"): {"analista", "coordinadora"},
}


@pytest.mark.parametrize(("de", "a"), LEEN)
def test_el_motivo_lo_lee_quien_lee_las_dos_clases(elenco, reserva, de, a):
    resolucion = reserva if de == "RESERVADA" else None
    fila = ActividadFactory(responsable=elenco.responsable, clasificacion=de, resolucion=resolucion)
    pedido = Pedido(a, "INTERNA", MOTIVO, resolucion=reserva if a == "RESERVADA" else None)
    pedida = clasificacion.solicitar(fila, pedido, por=elenco.planificadora)

    leen = {
        quien
        for quien, persona in vars(elenco).items()
        if hasattr(persona, "rol") and permisos.puede_leer_reclasificacion(persona, pedida)
    }

    assert leen == LEEN[de, a] | {"planificadora", "aprobador"}


# La resolución y su prórroga -------------------------------------------------------------------
def nueva_resolucion(elenco, **datos):
    dado = {
        "numero": "R-1",
        "autoridad": elenco.responsable,
        "custodio": elenco.responsable,
        "fecha": date(2024, 1, 15),
        "vence": date(2031, 1, 15),
        "fundamento": "Daño a la defensa.",
        "partes": "El anexo dos.",
    }
    return ResolucionReserva(**dado | datos)


@pytest.mark.parametrize(
    ("vence", "vale"),
    [(date(2031, 1, 15), True), (date(2031, 1, 16), False), (date(2024, 1, 15), False)],
)
def test_una_reserva_dura_siete_anios_a_lo_sumo(elenco, vence, vale):
    una = nueva_resolucion(elenco, vence=vence)
    if vale:
        clasificacion.registrar_resolucion(una, por=elenco.aprobador)
        assert Asiento.objects.get(acto="registrar_resolucion").clave == str(una.pk)
        return

    with pytest.raises(ValidationError):
        clasificacion.registrar_resolucion(una, por=elenco.aprobador)


@pytest.mark.parametrize(
    ("quien", "puede"),
    [("coordinadora", True), ("aprobador", True), ("planificadora", False), ("analista", False)],
)
def test_la_registra_la_coordinacion_o_quien_aprueba_donde_se_dicto(elenco, quien, puede):
    persona = getattr(elenco, quien)

    assert permisos.puede_registrar_reserva(persona, elenco.responsable.pk) is puede
    otra = permisos.puede_registrar_reserva(persona, elenco.otra.pk)
    assert otra is (quien == "coordinadora")


@pytest.mark.parametrize(("vence", "vale"), [(date(2036, 1, 15), True), (date(2036, 1, 16), False)])
def test_se_prorroga_con_otra_resolucion_por_cinco_anios_a_lo_sumo(elenco, vence, vale):
    una = clasificacion.registrar_resolucion(nueva_resolucion(elenco), por=elenco.coordinadora)
    otra = nueva_resolucion(elenco, numero="R-2", fecha=date(2030, 12, 1), vence=vence)
    if not vale:
        with pytest.raises(ValidationError):
            clasificacion.prorrogar_resolucion(una, otra, por=elenco.coordinadora)
        return

    clasificacion.prorrogar_resolucion(una, otra, por=elenco.coordinadora)

    una = ResolucionReserva.objects.con_quienes().get(pk=una.pk)
    assert (una.reserva_hasta, otra.vencia) == (vence, date(2031, 1, 15))
    tercera = nueva_resolucion(elenco, numero="R-3", vence=date(2037, 1, 1))
    for prorrogada in (una, otra):  # una sola vez
        with pytest.raises(ValidationError):
            clasificacion.prorrogar_resolucion(prorrogada, tercera, por=elenco.coordinadora)


@pytest.mark.parametrize(
    "mal",
    [
        {"prorroga_de": None},
        {"vencia": None},
        {"vence": date(2031, 1, 1)},
        {"vence": date(2036, 3, 1)},
    ],
    ids=str,
)
def test_la_base_niega_una_prorroga_sin_plazo_o_demasiado_larga(elenco, mal):
    una = clasificacion.registrar_resolucion(nueva_resolucion(elenco), por=elenco.coordinadora)
    otra = nueva_resolucion(elenco, numero="R-2", fecha=date(2030, 1, 1), vence=date(2035, 1, 1))
    clasificacion.prorrogar_resolucion(una, otra, por=elenco.coordinadora)

    with pytest.raises(IntegrityError), transaction.atomic():
        ResolucionReserva.objects.filter(pk=otra.pk).update(**mal)


def test_lo_prorrogado_sigue_sirviendo_y_lo_vencido_no(elenco, reserva):
    hoy = timezone.localdate()
    atras = {"fecha": hoy - timedelta(days=400), "vence": hoy - timedelta(days=1)}
    ResolucionReserva.objects.filter(pk=reserva.pk).update(**atras)
    reserva.refresh_from_db()
    assert not ResolucionReserva.objects.que_sirven().exists()
    assert ResolucionReserva.objects.que_sirven(reserva.pk).get() == reserva  # la que ya lleva

    nueva = nueva_resolucion(elenco, fecha=hoy, vence=hoy + timedelta(days=30))
    clasificacion.prorrogar_resolucion(reserva, nueva, por=elenco.coordinadora)

    assert set(ResolucionReserva.objects.que_sirven()) == {reserva, nueva}


# Los avisos ------------------------------------------------------------------------------------
def test_se_avisa_a_quien_puede_confirmarla_y_a_quien_la_pidio_sin_decir_que(elenco, filas):
    pedida = clasificacion.solicitar(filas["AVANCE"], ABRIR, por=elenco.planificadora)
    avisados = Aviso.objects.filter(asunto=f"clase_pedida:{pedida.pk}")
    assert [uno.persona for uno in avisados] == [elenco.coordinadora]

    clasificacion.aprobar(pedida, nota=NOTA, version=1, por=elenco.coordinadora)

    aviso = Aviso.objects.get(asunto=f"clase_resuelta:{pedida.pk}")
    assert (aviso.persona, aviso.enlace) == (
        elenco.planificadora,
        f"/clasificacion/solicitudes/{pedida.pk}/",
    )
    dicho = " ".join(Aviso.objects.values_list("titulo", flat=True))
    assert str(filas["ACTIVIDAD"]) not in dicho
    assert "operativo" not in dicho


def test_cerrar_lo_ya_cortado_avisa_que_hay_que_cortar_de_nuevo(elenco):
    avance = AvanceFactory(
        actividad__responsable=elenco.responsable, estado="CONSOLIDADO", periodo__estado="CORTADO"
    )
    pedido = Pedido("PUBLICA", "RESTRINGIDA", MOTIVO)

    pedida = clasificacion.solicitar(avance.actividad, pedido, por=elenco.planificadora)
    antes = timezone.now()
    clasificacion.aprobar(pedida, nota=NOTA, version=1, por=elenco.coordinadora)

    aviso = Aviso.objects.get(asunto=f"cierra:{pedida.pk}:{avance.periodo_id}")
    assert aviso.persona == elenco.coordinadora
    assert [una.pk for una in clasificacion.cierres_de(avance.periodo, antes)] == [pedida.pk]
    assert clasificacion.cierres_de(avance.periodo, timezone.now()) == []
