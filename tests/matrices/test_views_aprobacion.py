"""La página de quien aprueba: leer todo, devolver con nota, remitir una o todas; y delegar."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from matrices.models import Avance, Movimiento
from tests.fabricas import AvanceFactory, DelegacionFactory, PeriodoFactory, UsuarioFactory

pytestmark = pytest.mark.django_db


def entregado(elenco, **datos):
    """Un avance de la responsable, entregado por su planificadora."""
    firma = {"capturado_por": elenco.planificadora, "actividad__responsable": elenco.responsable}
    return AvanceFactory(estado="EN_APROBACION", **{**firma, **datos})


def paso(client, persona, avance, cual, **datos):
    client.force_login(persona)
    return client.post(
        reverse("matrices:dar_paso", args=[avance.pk]),
        {"paso": cual, "version": avance.version, **datos},
    )


def pagina_de(client, persona, direccion="/aprobacion/"):
    client.force_login(persona)
    return client.get(direccion)


@pytest.mark.parametrize("cuantas", [1, 3])
def test_aprobacion_no_crece_en_consultas(client, elenco, cuantas, django_assert_num_queries):
    periodo = PeriodoFactory()
    for _ in range(cuantas):
        entregado(elenco, periodo=PeriodoFactory(plan=periodo.plan))
    pagina_de(client, elenco.aprobador)

    # sesión (leer y renovar), persona, institución, avances, los cinco que cuelgan, plan y reloj
    with django_assert_num_queries(8):
        pagina = client.get("/aprobacion/").content.decode()

    assert pagina.count('value="devolver"') == cuantas


def test_aprobacion_deja_leer_todo_lo_que_va_a_salir(client, elenco):
    entregado(
        elenco,
        logro="Se aprobó la norma.",
        porcentaje="30.50",
        situacion_reportada="BLOQUEADA",
        territorio=["01", "22"],
        beneficiarios={"total": 1200, "mujeres": 700, "hombres": 500},
        fecha_medida=date(2021, 9, 30),
        devengado="100000.00",
    )

    pagina = pagina_de(client, elenco.aprobador).content.decode()

    for dicho in [
        "Se aprobó la norma.", "30.50 %", "Bloqueada", "Guatemala, Jutiapa", "30/09/2021",
        "1,200 (700 mujeres, 500 hombres)", "Q100,000.00", "Petrona",
    ]:  # fmt: skip
        assert dicho in pagina, dicho


@pytest.mark.parametrize(
    "quien",
    ["planificadora", "analista", "coordinadora", "consejera", "inspector", "auditor", "ajena"],
)
def test_aprobacion_es_de_quien_aprueba(client, elenco, quien):
    avance = entregado(elenco)
    persona = getattr(elenco, quien)

    assert pagina_de(client, persona).status_code == 403
    codigo = paso(client, persona, avance, "remitir").status_code
    assert codigo == (404 if quien in {"ajena", "consejera"} else 403)
    assert not Movimiento.objects.exists()


def test_aprobador_de_otra_institucion_no_ve_ni_puede(client, elenco):
    avance = entregado(elenco)
    ajeno = UsuarioFactory(rol="APROBADOR", institucion=elenco.otra)

    assert avance.actividad.descripcion not in pagina_de(client, ajeno).content.decode()
    assert paso(client, ajeno, avance, "remitir").status_code == 404


def test_remitir_una(client, elenco):
    avance = entregado(elenco)

    assert paso(client, elenco.aprobador, avance, "remitir").status_code == 302

    avance.refresh_from_db()
    assert (avance.estado, avance.remitido_por) == ("REMITIDO", elenco.aprobador)


def test_remitir_dos_veces_es_un_paso_y_un_409(client, elenco):
    avance = entregado(elenco)

    codigos = [paso(client, elenco.aprobador, avance, "remitir").status_code for _ in range(2)]

    assert codigos == [302, 409]
    assert Movimiento.objects.filter(avance=avance, paso="remitir").count() == 1


@pytest.mark.parametrize(
    ("estado", "queda"),
    [
        ("EN_APROBACION", ">Falta el acta de la sesión.</textarea>"),
        ("BORRADOR", "Usted había escrito: «Falta el acta de la sesión.»"),
    ],
)
def test_devolver_lo_que_otra_persona_movio_no_pierde_la_nota(client, elenco, estado, queda):
    avance = entregado(elenco)
    Avance.objects.filter(pk=avance.pk).update(estado=estado, entregado_por=None, version=9)

    respuesta = paso(
        client, elenco.aprobador, avance, "devolver", nota="Falta el acta de la sesión."
    )

    assert respuesta.status_code == 409
    assert queda in respuesta.content.decode()


def test_devolver_pide_nota_y_la_deja_escrita(client, elenco):
    avance = entregado(elenco)

    sin = paso(client, elenco.aprobador, avance, "devolver", nota="  ")
    assert sin.status_code == 422
    assert "Escriba qué hay que corregir" in sin.content.decode()

    paso(client, elenco.aprobador, avance, "devolver", nota="Falta el acta.")
    avance.refresh_from_db()
    assert (avance.estado, avance.entregado_por) == ("BORRADOR", None)
    assert avance.movimientos.get().nota == "Falta el acta."


def test_la_decision_del_cns_se_confirma_al_remitir(client, elenco):
    avance = entregado(elenco, requiere_decision_cns=True, decision_solicitada="Fijar fecha.")

    sin = paso(client, elenco.aprobador, avance, "remitir", nota="Va completa.")
    assert sin.status_code == 422
    assert "Va completa." in sin.content.decode()

    assert paso(client, elenco.aprobador, avance, "remitir", confirma="on").status_code == 302
    assert "requiere decisión del CNS" in avance.movimientos.get().nota


def test_lo_que_una_capturo_se_dice_y_no_se_remite(client, elenco):
    avance = entregado(elenco)
    Avance.objects.filter(pk=avance.pk).update(capturado_por=elenco.aprobador)

    pagina = pagina_de(client, elenco.aprobador).content.decode()

    assert "No puede remitirla: la capturó usted" in pagina
    assert 'value="remitir"' not in pagina
    assert paso(client, elenco.aprobador, avance, "remitir").status_code == 403


# Todas -----------------------------------------------------------------------------------------


def tres(elenco, **datos):
    plan = PeriodoFactory().plan
    return [entregado(elenco, periodo=PeriodoFactory(plan=plan), **datos) for _ in range(3)]


def remitir_todas(client, persona, avances, **datos):
    client.force_login(persona)
    lista = [f"{uno.pk}:{uno.version}" for uno in avances]
    return client.post("/aprobacion/remitir/", {"avance": lista, **datos})


def test_remitir_todas(client, elenco):
    avances = tres(elenco)

    assert remitir_todas(client, elenco.aprobador, avances).status_code == 302

    assert set(Avance.objects.values_list("estado", flat=True)) == {"REMITIDO"}


def test_remitir_todas_es_todas_o_ninguna(client, elenco):
    avances = tres(elenco)
    Avance.objects.filter(pk=avances[1].pk).update(version=5)

    respuesta = remitir_todas(client, elenco.aprobador, avances)

    pagina = respuesta.content.decode()
    assert respuesta.status_code == 409
    assert "No se remitió ninguna" in pagina
    assert str(avances[1].actividad) in pagina
    assert set(Avance.objects.values_list("estado", flat=True)) == {"EN_APROBACION"}
    assert not Movimiento.objects.exists()


def test_remitir_todas_pide_confirmar_las_decisiones(client, elenco):
    avances = tres(elenco, requiere_decision_cns=True, decision_solicitada="Fijar fecha.")

    assert remitir_todas(client, elenco.aprobador, avances).status_code == 422
    assert not Movimiento.objects.exists()
    assert remitir_todas(client, elenco.aprobador, avances, confirma="on").status_code == 302


def test_remitir_todas_con_una_ajena_es_404(client, elenco):
    avances = [*tres(elenco), AvanceFactory(estado="EN_APROBACION")]

    assert remitir_todas(client, elenco.aprobador, avances).status_code == 404
    assert not Movimiento.objects.exists()


# Delegación ------------------------------------------------------------------------------------


@pytest.fixture
def suplente(elenco):
    """Otra persona que planifica en la responsable, con delegación vigente de quien aprueba."""
    persona = UsuarioFactory(rol="PLANIFICADOR", institucion=elenco.responsable)
    DelegacionFactory(titular=elenco.aprobador, delegado=persona)
    return persona


def test_delegada_remite_en_nombre_del_titular_y_queda_dicho(client, elenco, suplente):
    avance = entregado(elenco)
    pagina = pagina_de(client, suplente).content.decode()
    assert "Actúa por delegación de Arnulfo" in pagina
    assert f'name="en_nombre_de" value="{elenco.aprobador.pk}"' in pagina

    respuesta = paso(client, suplente, avance, "remitir", en_nombre_de=elenco.aprobador.pk)

    avance.refresh_from_db()
    movimiento = avance.movimientos.get()
    assert respuesta.status_code == 302
    assert avance.remitido_por == suplente
    assert (movimiento.por, movimiento.en_nombre_de) == (suplente, elenco.aprobador)


def test_delegada_no_remite_lo_que_ella_capturo(client, elenco, suplente):
    avance = entregado(elenco, capturado_por=suplente)

    assert "la capturó usted" in pagina_de(client, suplente).content.decode()
    respuesta = paso(client, suplente, avance, "remitir", en_nombre_de=elenco.aprobador.pk)

    assert respuesta.status_code == 403
    assert not Movimiento.objects.exists()


def test_delegada_remite_todas_en_nombre_del_titular(client, elenco, suplente):
    avances = tres(elenco)

    respuesta = remitir_todas(client, suplente, avances, en_nombre_de=elenco.aprobador.pk)

    assert respuesta.status_code == 302
    assert set(Movimiento.objects.values_list("en_nombre_de", flat=True)) == {elenco.aprobador.pk}


@pytest.mark.parametrize("cual", ["vencida", "futura", "revocada"])
def test_delegacion_que_no_vale_hoy_no_sirve(client, elenco, cual):
    hoy, avance = timezone.localdate(), entregado(elenco)
    persona = UsuarioFactory(rol="PLANIFICADOR", institucion=elenco.responsable)
    fechas = {
        "vencida": {"desde": hoy - timedelta(9), "hasta": hoy - timedelta(1)},
        "futura": {"desde": hoy + timedelta(1), "hasta": hoy + timedelta(9)},
        "revocada": {"revocada_en": timezone.now()},
    }[cual]
    DelegacionFactory(titular=elenco.aprobador, delegado=persona, **fechas)

    assert pagina_de(client, persona).status_code == 403
    respuesta = paso(client, persona, avance, "remitir", en_nombre_de=elenco.aprobador.pk)
    assert respuesta.status_code == 403
    assert not Movimiento.objects.exists()


# Entregar y pasos que no hay -------------------------------------------------------------------


def test_entregar_desde_el_boton_juzga_lo_guardado(client, elenco):
    avance = AvanceFactory(estado="BORRADOR", actividad__responsable=elenco.responsable)

    incompleto = paso(client, elenco.planificadora, avance, "entregar")

    assert incompleto.status_code == 422
    Avance.objects.filter(pk=avance.pk).update(
        situacion_reportada="EN_EJECUCION",
        porcentaje=0,
        logro="Se dieron los primeros pasos de la actividad.",
        limitante_tipo="LEGAL",
        limitante="Falta la norma que permite comenzar la obra.",
        medida_correctiva="Se pedirá opinión a la Procuraduría General.",
        responsable_medida="Jurídico",
        fecha_medida=date(2021, 8, 1),
    )
    assert paso(client, elenco.planificadora, avance, "entregar").status_code == 302
    avance.refresh_from_db()
    assert avance.estado == "EN_APROBACION"


@pytest.mark.parametrize("cual", ["consolidar", "guardar", "inventado", ""])
def test_paso_que_no_se_da_aqui_es_422(client, elenco, cual):
    avance = entregado(elenco)

    assert paso(client, elenco.aprobador, avance, cual).status_code == 422
    assert not Movimiento.objects.exists()
