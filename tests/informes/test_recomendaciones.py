"""Las recomendaciones de la Inspectoría: quién las escribe, las contesta, las lee y las sigue."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from informes import recomendaciones
from informes.models import Recomendacion
from instituciones.models import Asiento
from matrices.flujo import PasoInvalido, VersionAjena
from tests.fabricas import DelegacionFactory, PeriodoFactory, RecomendacionFactory, UsuarioFactory

pytestmark = pytest.mark.django_db
LISTA = reverse("informes:recomendaciones")
NUEVA = reverse("informes:recomendar")
RESPUESTA = "Se unificó el registro en mayo de 2021."


@pytest.fixture
def una(elenco):
    return RecomendacionFactory(institucion=elenco.responsable, numero="IGSNS-7")


def url(nombre, una):
    return reverse(f"informes:{nombre}", args=[una.pk])


def escrita(una, **cambios):
    return {
        "version": una.version,
        "numero": una.numero,
        "periodo": una.periodo_id,
        "institucion": una.institucion_id,
        "texto": "Unificar el registro de las evidencias.",
        **cambios,
    }


def test_el_semestre_se_elige_y_se_lee_con_su_plan(client, elenco, una):
    plan = una.periodo.plan
    otro = PeriodoFactory(anio=una.periodo.anio, semestre=una.periodo.semestre)
    client.force_login(elenco.inspector)

    lista, nueva = (client.get(uno).content.decode() for uno in (LISTA, NUEVA))

    for pagina in (lista, nueva):
        assert f">{otro} de {otro.plan.sigla}</option>" in pagina
        assert f">{una.periodo} de {plan.sigla}</option>" in pagina
    assert f">{una.periodo} de {plan.sigla}</td>" in lista


# Quién las lee -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("persona", "codigo"),
    [
        ("inspector", 200),
        ("planificadora", 200),
        ("aprobador", 200),
        ("coordinadora", 200),
        ("analista", 200),
        ("consejera", 200),
        ("comisionada", 200),
        ("auditor", 200),
        ("ajena", 404),
        ("administradora", 404),
    ],
)
def test_la_lee_la_destinataria_y_quien_lee_la_edicion_del_consejo(
    client, elenco, una, persona, codigo
):
    client.force_login(getattr(elenco, persona))

    assert client.get(url("recomendacion", una)).status_code == codigo


def test_quien_administra_no_entra_a_la_lista(client, elenco):
    client.force_login(elenco.administradora)

    assert client.get(LISTA).status_code == 403


@pytest.mark.parametrize("cuantas", [1, 3])
def test_la_lista_no_crece_en_consultas(client, elenco, cuantas, django_assert_num_queries):
    periodo = PeriodoFactory()
    RecomendacionFactory.create_batch(cuantas, periodo=periodo, institucion=elenco.responsable)
    client.force_login(elenco.inspector)

    with django_assert_num_queries(7):
        pagina = client.get(LISTA).content.decode()

    assert pagina.count('<th scope="row"') == cuantas


def test_los_filtros_van_en_la_direccion(client, elenco, una):
    otra = RecomendacionFactory(
        institucion=elenco.otra, estado="ATENDIDA", numero="IGSNS-8", respuesta=RESPUESTA
    )
    client.force_login(elenco.inspector)

    def numeros(**filtros):
        return {fila.numero for fila in client.get(LISTA, filtros).context["pagina"]}

    assert numeros() == {"IGSNS-7", "IGSNS-8"}
    assert numeros(estado="ATENDIDA") == {"IGSNS-8"}
    assert numeros(institucion=elenco.responsable.pk) == {"IGSNS-7"}
    assert numeros(periodo=otra.periodo_id) == {"IGSNS-8"}
    assert numeros(respuesta="sin") == {"IGSNS-7"}
    assert numeros(respuesta="con") == {"IGSNS-8"}
    assert client.get(LISTA, {"estado": "OTRO"}).status_code == 400
    assert client.get(LISTA, {"institucion": "x' OR 1=1"}).status_code == 400


def test_las_listas_vacias_dicen_que_hacer(client, elenco):
    client.force_login(elenco.inspector)
    assert "Escriba la primera" in client.get(LISTA).content.decode()
    assert "Ninguna con estos filtros" in client.get(LISTA, {"estado": "ATENDIDA"}).content.decode()
    client.force_login(elenco.planificadora)
    assert "Escriba la primera" not in client.get(LISTA).content.decode()


def test_esta_en_el_menu_de_la_inspectoria_y_en_informes_para_los_demas(client, elenco):
    client.force_login(elenco.inspector)
    pagina = client.get(LISTA)
    assert {"nombre": "Recomendaciones", "url": LISTA, "actual": True} in pagina.context["menu"]
    client.force_login(elenco.aprobador)
    assert LISTA in client.get(reverse("informes:informes")).content.decode()


# Escribirlas y corregirlas --------------------------------------------------------------------
def test_la_inspectoria_registra_una_y_queda_constancia(client, elenco):
    periodo = PeriodoFactory()
    client.force_login(elenco.inspector)
    dado = {"version": 1, "numero": "IGSNS-1", "periodo": periodo.pk}
    dado |= {"institucion": elenco.responsable.pk, "texto": "Unificar el registro de evidencias."}

    respuesta = client.post(NUEVA, dado)

    nueva = Recomendacion.objects.get()
    assert respuesta["Location"] == url("recomendacion", nueva)
    assert (nueva.estado, nueva.respuesta, nueva.version) == ("PENDIENTE", "", 1)
    asiento = Asiento.objects.get(acto="escribir_recomendacion")
    assert (asiento.persona, asiento.institucion) == (elenco.inspector, "MINGOB")
    assert "Unificar" not in asiento.datos


@pytest.mark.parametrize(
    ("campo", "valor", "dice"),
    [
        ("texto", "", "Este campo es"),
        ("texto", "Corta.", "al menos 20"),
        ("texto", "x" * 4001, "4000"),
        ("texto", "Unificar el\u202e registro de evidencias.", "U+202E"),
        ("numero", "igsns-7", "Ya hay una recomendación"),
        ("numero", "", "Este campo es"),
        ("periodo", "999999", "Elija un semestre"),
        ("institucion", "999999", "Elija una institución"),
        ("institucion", "", "Elija la institución"),
    ],
)
def test_lo_mal_escrito_se_dibuja_con_su_porque(client, elenco, una, campo, valor, dice):
    client.force_login(elenco.inspector)

    respuesta = client.post(NUEVA, escrita(una, numero="IGSNS-70") | {campo: valor})

    assert respuesta.status_code == 422
    assert dice in respuesta.content.decode()
    assert Recomendacion.objects.count() == 1


def test_dos_con_el_mismo_numero_a_la_vez_dan_una(elenco, una):
    with pytest.raises(ValidationError, match="Ya hay una recomendación"):
        recomendaciones.registrar(
            numero=una.numero,
            periodo=una.periodo,
            institucion=elenco.otra,
            texto="Otra con su mismo número.",
            por=elenco.inspector,
        )

    assert Recomendacion.objects.count() == 1
    assert not Asiento.objects.filter(acto="escribir_recomendacion").exists()


def test_corregir_cambia_el_texto_y_la_version(client, elenco, una):
    client.force_login(elenco.inspector)

    client.post(
        url("corregir_recomendacion", una), escrita(una, texto="Unificar también el archivo.")
    )

    una.refresh_from_db()
    assert (una.texto, una.version) == ("Unificar también el archivo.", 2)


def test_corregir_sobre_una_version_ajena_muestra_los_dos_textos(client, elenco, una):
    Recomendacion.objects.filter(pk=una.pk).update(
        texto="Lo que otra persona guardó antes.", version=2
    )
    client.force_login(elenco.inspector)

    respuesta = client.post(
        url("corregir_recomendacion", una), escrita(una, texto="Lo que yo quería escribir.")
    )

    pagina = respuesta.content.decode()
    assert respuesta.status_code == 409
    assert "Lo que otra persona guardó antes." in pagina
    assert "Lo que yo quería escribir." in pagina
    una.refresh_from_db()
    assert una.texto == "Lo que otra persona guardó antes."


def test_cambiar_de_destinataria_borra_la_respuesta_de_la_otra(elenco, una):
    recomendaciones.responder(una, respuesta=RESPUESTA, version=1, por=elenco.aprobador)

    recomendaciones.corregir(
        una,
        numero=una.numero,
        periodo=una.periodo,
        institucion=elenco.otra,
        texto=una.texto,
        version=2,
        por=elenco.inspector,
    )

    assert (una.respuesta, una.respondida_por, una.respondida_en) == ("", None, None)


# Contestarlas --------------------------------------------------------------------------------
def test_contesta_quien_aprueba_en_la_destinataria_y_no_la_da_por_atendida(client, elenco, una):
    client.force_login(elenco.aprobador)

    client.post(url("responder_recomendacion", una), {"version": 1, "respuesta": RESPUESTA})

    una.refresh_from_db()
    assert (una.respuesta, una.respondida_por, una.estado) == (
        RESPUESTA,
        elenco.aprobador,
        "PENDIENTE",
    )
    assert Asiento.objects.filter(acto="responder_recomendacion").count() == 1


@pytest.mark.parametrize(
    ("persona", "codigo"),
    [("planificadora", 403), ("inspector", 403), ("coordinadora", 403), ("ajena", 404)],
)
def test_nadie_mas_contesta(client, elenco, una, persona, codigo):
    client.force_login(getattr(elenco, persona))

    respuesta = client.post(
        url("responder_recomendacion", una), {"version": 1, "respuesta": RESPUESTA}
    )

    assert respuesta.status_code == codigo
    una.refresh_from_db()
    assert una.respuesta == ""


def test_una_respuesta_sobre_una_version_ajena_no_se_pierde(client, elenco, una):
    Recomendacion.objects.filter(pk=una.pk).update(respuesta="La de otra aprobadora.", version=2)
    client.force_login(elenco.aprobador)

    respuesta = client.post(
        url("responder_recomendacion", una), {"version": 1, "respuesta": RESPUESTA}
    )

    pagina = respuesta.content.decode()
    assert respuesta.status_code == 409
    assert "La de otra aprobadora." in pagina
    assert RESPUESTA in pagina
    una.refresh_from_db()
    assert una.respuesta == "La de otra aprobadora."


@pytest.mark.parametrize("texto", ["", "Sí.", "x" * 4001, "Un texto con \u202e engaño adentro."])
def test_una_respuesta_mala_no_se_guarda(client, elenco, una, texto):
    client.force_login(elenco.aprobador)

    respuesta = client.post(url("responder_recomendacion", una), {"version": 1, "respuesta": texto})

    assert respuesta.status_code == 422
    una.refresh_from_db()
    assert (una.respuesta, una.version) == ("", 1)


def test_lo_escrito_por_la_institucion_sale_como_texto(client, elenco, una):
    Recomendacion.objects.filter(pk=una.pk).update(respuesta="<script>alert(1)</script>")
    client.force_login(elenco.inspector)

    assert "<script>alert(1)" not in client.get(url("recomendacion", una)).content.decode()


def test_una_delegada_contesta_en_nombre_de_quien_aprueba(client, elenco, una):
    DelegacionFactory(titular=elenco.aprobador, delegado=elenco.planificadora)
    client.force_login(elenco.planificadora)

    client.post(url("responder_recomendacion", una), {"version": 1, "respuesta": RESPUESTA})

    una.refresh_from_db()
    asiento = Asiento.objects.get(acto="responder_recomendacion")
    assert una.respondida_por == elenco.planificadora
    assert (asiento.persona, asiento.en_nombre_de) == (elenco.planificadora, elenco.aprobador)


def test_una_delegacion_vencida_o_de_otra_casa_no_contesta(elenco, una):
    hoy = timezone.localdate()
    vencida = {"desde": hoy - timedelta(days=20), "hasta": hoy - timedelta(days=1)}
    DelegacionFactory(titular=elenco.aprobador, delegado=elenco.planificadora, **vencida)
    DelegacionFactory(titular=elenco.aprobador, delegado=elenco.ajena)

    for quien in (elenco.planificadora, elenco.ajena):
        with pytest.raises(PermissionDenied):
            recomendaciones.responder(
                una, respuesta=RESPUESTA, version=1, por=quien, en_nombre_de=elenco.aprobador
            )


# Seguirlas -----------------------------------------------------------------------------------
TABLA = {
    ("PENDIENTE", "iniciar"): "EN_CURSO",
    ("PENDIENTE", "atender"): "ATENDIDA",
    ("EN_CURSO", "atender"): "ATENDIDA",
    ("ATENDIDA", "reabrir"): "EN_CURSO",
}


@pytest.mark.parametrize("estado", ["PENDIENTE", "EN_CURSO", "ATENDIDA"])
@pytest.mark.parametrize("paso", ["iniciar", "atender", "reabrir"])
def test_cada_paso_sale_de_donde_dice_la_tabla(elenco, estado, paso):
    una = RecomendacionFactory(estado=estado)
    a = TABLA.get((estado, paso))

    assert (paso in recomendaciones.posibles(una, elenco.inspector)) is (a is not None)
    if a is None:
        with pytest.raises(PasoInvalido):
            recomendaciones.mover(una, paso, version=1, por=elenco.inspector)
        return
    recomendaciones.mover(una, paso, version=1, por=elenco.inspector)
    assert (una.estado, una.version) == (a, 2)


def test_lo_atendido_ni_se_corrige_ni_se_contesta(client, elenco):
    una = RecomendacionFactory(estado="ATENDIDA", institucion=elenco.responsable)
    client.force_login(elenco.aprobador)

    respuesta = client.post(
        url("responder_recomendacion", una), {"version": 1, "respuesta": RESPUESTA}
    )

    assert respuesta.status_code == 409
    assert "Atendida" in respuesta.content.decode()
    assert "responder" not in recomendaciones.posibles(una, elenco.aprobador)
    assert set(recomendaciones.posibles(una, elenco.inspector)) == {"reabrir"}


def test_mover_sobre_una_version_ajena_no_mueve(client, elenco, una):
    Recomendacion.objects.filter(pk=una.pk).update(version=2)
    client.force_login(elenco.inspector)

    respuesta = client.post(url("mover_recomendacion", una), {"version": 1, "paso": "atender"})

    assert respuesta.status_code == 409
    una.refresh_from_db()
    assert una.estado == "PENDIENTE"
    with pytest.raises(VersionAjena):
        recomendaciones.mover(una, "atender", version=1, por=elenco.inspector)


@pytest.mark.parametrize("paso", ["corregir", "responder", "ATENDIDA", ""])
def test_un_paso_que_no_es_un_boton_no_se_entiende(client, elenco, una, paso):
    client.force_login(elenco.inspector)

    respuesta = client.post(url("mover_recomendacion", una), {"version": 1, "paso": paso})

    assert respuesta.status_code == 400


def test_otra_persona_de_la_inspectoria_sin_cuenta_activa_no_puede(elenco, una):
    apagada = UsuarioFactory(rol="IGSNS", is_active=False)

    with pytest.raises(PermissionDenied):
        recomendaciones.mover(una, "atender", version=1, por=apagada)
