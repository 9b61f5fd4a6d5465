"""Las páginas de clasificación y reserva: de pedir a confirmar, y lo que queda por decidir."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from instituciones.models import ResolucionReserva
from matrices.models import Actividad, Evidencia, Reclasificacion
from tests.fabricas import (
    ActividadFactory,
    AvanceFactory,
    EvidenciaFactory,
    ResolucionFactory,
)

pytestmark = pytest.mark.django_db
COLA = "/clasificacion/"
MOTIVO = "La causa que lo cerraba ya no existe: el operativo terminó."


@pytest.fixture
def vencida(elenco):
    """Una actividad reservada por una resolución que venció ayer."""
    hoy = timezone.localdate()
    resolucion = ResolucionFactory(
        numero="R-9",
        autoridad=elenco.responsable,
        fecha=hoy - timedelta(days=700),
        vence=hoy - timedelta(days=1),
    )
    return ActividadFactory(
        responsable=elenco.responsable,
        clasificacion="RESERVADA",
        visibilidad="RESTRINGIDA",
        resolucion=resolucion,
        descripcion="El nombre del operativo.",
    )


def entra(client, persona):
    client.force_login(persona)
    return client


def test_de_pedir_a_confirmar_con_dos_personas(client, elenco, vencida):
    pagina = reverse("matrices:clase", args=["actividad", vencida.pk])
    datos = {"clase": "PUBLICA", "visibilidad": "INTERNA", "motivo": MOTIVO}

    assert entra(client, elenco.planificadora).post(pagina, datos).status_code == 302
    pedida = Reclasificacion.objects.get()
    detalle = reverse("matrices:reclasificacion", args=[pedida.pk])
    assert "Nada ha cambiado" in client.get(detalle).content.decode()
    assert Actividad.objects.get().clasificacion == "RESERVADA"
    paso = reverse("matrices:dar_paso_a_la_clase", args=[pedida.pk, "aprobar"])
    orden = {"aprobar-version": 1, "aprobar-nota": "Se comprobó."}
    assert client.post(paso, orden).status_code == 403  # quien la pidió

    cliente = entra(client, elenco.coordinadora)
    assert "Aprobar, Rechazar" in cliente.get(COLA).content.decode()
    sin_nota = cliente.post(paso, {"aprobar-version": 1, "aprobar-nota": ""})
    assert (sin_nota.status_code, Actividad.objects.get().clasificacion) == (422, "RESERVADA")
    assert cliente.post(paso, orden).status_code == 302

    una = Actividad.objects.get()
    assert (una.clasificacion, una.visibilidad, una.resolucion) == ("PUBLICA", "INTERNA", None)
    tarde = cliente.post(paso, orden)
    assert tarde.status_code == 409
    assert "Se comprobó." in tarde.content.decode()  # lo escrito no se pierde


@pytest.mark.parametrize(
    ("quien", "ve"),
    [
        ("coordinadora", True),
        ("planificadora", True),
        ("aprobador", True),
        ("analista", True),
        ("auditor", True),
        ("inspector", True),
        ("ajena", False),
    ],
)
def test_la_reserva_vencida_sigue_cerrada_y_espera_en_la_cola_de_los_suyos(
    client, elenco, vencida, quien, ve
):
    plan = vencida.matriz.accion.objetivo.programa.plan
    type(plan).objects.filter(pk=plan.pk).update(seguimiento=elenco.revisora)

    pagina = entra(client, getattr(elenco, quien)).get(COLA).content.decode()

    assert ("R-9" in pagina) is ve
    assert ("1 actividad" in pagina) is ve
    assert "El nombre del operativo" not in pagina
    vencida.refresh_from_db()
    assert (vencida.clasificacion, vencida.visibilidad) == ("RESERVADA", "RESTRINGIDA")


@pytest.mark.parametrize("quien", ["consejera", "comisionada", "administradora"])
def test_quien_no_clasifica_no_entra(client, elenco, quien):
    assert entra(client, getattr(elenco, quien)).get(COLA).status_code == 403


def test_prorrogar_saca_de_la_cola_sin_tocar_lo_reservado(client, elenco, vencida):
    cliente = entra(client, elenco.aprobador)
    hoy, pagina = (
        timezone.localdate(),
        reverse("matrices:prorrogar_resolucion", args=[vencida.resolucion_id]),
    )
    datos = {
        "numero": "R-10",
        "fecha": f"{hoy}",
        "vence": f"{hoy + timedelta(days=365 * 6)}",
        "fundamento": "La causa que la reserva persiste.",
    }
    larga = cliente.post(pagina, datos)
    assert (larga.status_code, "a lo sumo" in larga.content.decode()) == (422, True)

    datos["vence"] = f"{hoy + timedelta(days=365)}"
    assert cliente.post(pagina, datos).status_code == 302

    nueva = ResolucionReserva.objects.get(numero="R-10")
    assert (nueva.prorroga_de_id, nueva.autoridad) == (vencida.resolucion_id, elenco.responsable)
    cola = cliente.get(COLA).content.decode()
    assert "Ninguna vencida" in cola
    assert "prorrogada" in cola
    vencida.refresh_from_db()
    assert (vencida.clasificacion, vencida.resolucion.numero) == ("RESERVADA", "R-9")


def test_la_resolucion_repetida_o_con_fecha_futura_se_dice_en_su_campo(client, elenco, vencida):
    hoy = timezone.localdate()
    datos = {
        "numero": "R-9",
        "autoridad": elenco.responsable.pk,
        "custodio": elenco.responsable.pk,
        "fecha": f"{hoy + timedelta(days=2)}",
        "vence": f"{hoy + timedelta(days=90)}",
        "fundamento": "Divulgarlo dañaría la defensa.",
        "partes": "El anexo dos.",
    }

    respuesta = entra(client, elenco.aprobador).post(
        reverse("matrices:registrar_resolucion"), datos
    )

    form = respuesta.context["form"]
    assert (respuesta.status_code, set(form.errors)) == (422, {"numero", "fecha"})
    ajena = {**datos, "autoridad": elenco.otra.pk}
    assert (
        "autoridad"
        in client.post(reverse("matrices:registrar_resolucion"), ajena).context["form"].errors
    )


@pytest.mark.parametrize("cuantas", [1, 4])
def test_la_cola_no_crece_en_consultas(
    client, elenco, vencida, cuantas, django_assert_max_num_queries
):
    for _ in range(cuantas):
        avance = AvanceFactory(
            actividad=ActividadFactory(
                matriz=vencida.matriz,
                responsable=elenco.responsable,
                clasificacion="RESERVADA",
                resolucion=vencida.resolucion,
            ),
            clasificacion="RESERVADA",
            resolucion=vencida.resolucion,
        )
        EvidenciaFactory(avance=avance)
        Reclasificacion.objects.create(
            sobre="AVANCE",
            avance=avance,
            institucion=elenco.responsable,
            de_clase="RESERVADA",
            de_visibilidad="PUBLICA",
            de_resolucion=vencida.resolucion,
            a_clase="PUBLICA",
            a_visibilidad="PUBLICA",
            motivo=MOTIVO,
            solicitada_por=elenco.planificadora,
            pedida_como="PLANIFICADOR",
            solicitada_en=timezone.now(),
        )
    entra(client, elenco.coordinadora)

    with django_assert_max_num_queries(20):
        assert client.get(COLA).status_code == 200


def test_el_titulo_de_una_evidencia_lo_ve_solo_quien_la_lee(client, elenco):
    avance = AvanceFactory(
        actividad__responsable=elenco.responsable, estado="REMITIDO", clasificacion="PUBLICA"
    )
    EvidenciaFactory(avance=avance, titulo="Acta del operativo", clasificacion="CONFIDENCIAL")
    plan = avance.periodo.plan
    type(plan).objects.filter(pk=plan.pk).update(seguimiento=elenco.revisora)
    pagina = reverse("matrices:clase", args=["avance", avance.pk])
    evidencia = reverse("matrices:clase", args=["evidencia", Evidencia.objects.get().pk])

    for quien, lee in (("planificadora", True), ("analista", True), ("auditor", False)):
        cliente = entra(client, getattr(elenco, quien))
        assert ("Acta del operativo" in cliente.get(pagina).content.decode()) is lee
        assert cliente.get(evidencia).status_code == 200
