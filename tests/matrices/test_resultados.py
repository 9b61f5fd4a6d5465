"""Los seis resultados: quién los mide, qué se acepta, cómo se corrigen y quién los lee."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from acciones.models import ValorResultado
from instituciones.models import Asiento
from matrices import resultados
from matrices.flujo import VersionAjena
from tests.fabricas import ResultadoFactory, ValorFactory

pytestmark = pytest.mark.django_db
DADO = {"version": 1, "fecha": "2023-12-31", "valor": "16.6", "fuente": "INE, boletín de 2024"}


@pytest.fixture
def uno(db):
    return ResultadoFactory(codigo="RE1")


def url(nombre, uno, *mas):
    return reverse(f"matrices:{nombre}", args=[uno.plan.codigo, uno.codigo, *mas])


def de_la_lista(uno):
    return reverse("matrices:resultados", args=[uno.plan.codigo])


# Leerlos -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "persona",
    ["planificadora", "aprobador", "analista", "consejera", "inspector", "auditor", "ajena"],
)
def test_toda_persona_de_adentro_los_lee_y_no_los_mide(client, elenco, uno, persona):
    ValorFactory(resultado=uno)
    client.force_login(getattr(elenco, persona))

    pagina = client.get(url("resultado", uno))

    assert "45.5" in pagina.content.decode()  # (16.6 − 20.6) / (11.8 − 20.6) = 45.45
    assert "Registrar un valor" not in pagina.content.decode()
    assert client.get(de_la_lista(uno)).status_code == 200
    assert client.post(url("registrar_valor", uno), DADO).status_code == 403
    assert ValorResultado.objects.count() == 1


def test_sin_base_el_avance_es_nd_y_dice_por_que(client, elenco):
    seis = ResultadoFactory(codigo="RE6", base=None, base_anio=None)
    ValorFactory(resultado=seis, valor="7.5")
    client.force_login(elenco.consejera)

    lista = client.get(de_la_lista(seis))
    pagina = client.get(url("resultado", seis)).content.decode()

    assert lista.context["medidos"][0].ultima.avance is None
    assert "7.5" in lista.content.decode()
    assert "n/d" in lista.content.decode()
    assert "no se calcula su avance" in pagina


def test_sin_medir_dice_nd_y_que_hacer(client, elenco, uno):
    client.force_login(elenco.comisionada)

    assert "Sin medir" in client.get(de_la_lista(uno)).content.decode()
    assert "Registre la primera" in client.get(url("resultado", uno)).content.decode()


@pytest.mark.parametrize("cuantos", [1, 3])
def test_la_lista_no_crece_en_consultas(client, elenco, cuantos, django_assert_num_queries):
    uno = ResultadoFactory()
    for turno in range(cuantos):
        otro = ResultadoFactory(plan=uno.plan)
        ValorFactory.create(resultado=otro, fecha=date(2020 + turno, 12, 31))
    client.force_login(elenco.coordinadora)

    with django_assert_num_queries(6):
        pagina = client.get(de_la_lista(uno))

    assert len(pagina.context["medidos"]) == cuantos + 1


def test_lo_de_otro_plan_no_existe(client, elenco, uno):
    otro = ValorFactory(resultado__codigo="RE1")
    client.force_login(elenco.coordinadora)

    assert client.get(url("corregir_valor", uno, otro.pk)).status_code == 404


# Medirlos ------------------------------------------------------------------------------------
@pytest.mark.parametrize("persona", ["coordinadora", "comisionada"])
def test_miden_la_coordinacion_y_la_cap_con_constancia(client, elenco, uno, persona):
    quien = getattr(elenco, persona)
    client.force_login(quien)

    respuesta = client.post(url("registrar_valor", uno), DADO)

    valor = ValorResultado.objects.get()
    assert respuesta["Location"] == url("resultado", uno)
    assert (valor.valor, valor.fecha, valor.version) == (Decimal("16.6"), date(2023, 12, 31), 1)
    asiento = Asiento.objects.get(acto="registrar_valor")
    assert (asiento.persona, asiento.clave) == (quien, str(valor.pk))
    assert valor.history.get().history_user == quien


@pytest.mark.parametrize(
    ("campo", "valor"),
    [
        ("valor", ""),
        ("valor", "dieciséis"),
        ("valor", "NaN"),
        ("valor", "Infinity"),
        ("valor", "1e400"),
        ("valor", "1.23456"),
        ("valor", "1234567890123.5"),
        ("fecha", "31/31/2023"),
        ("fecha", "1999-12-31"),
        ("fecha", f"{timezone.localdate() + timedelta(days=2)}"),
        ("fuente", ""),
        ("fuente", "x" * 301),
        ("fuente", "Registro\x00 administrativo"),
    ],
)
def test_lo_que_no_vale_no_se_guarda(client, elenco, uno, campo, valor):
    client.force_login(elenco.coordinadora)

    respuesta = client.post(url("registrar_valor", uno), DADO | {campo: valor})

    assert respuesta.status_code == 422
    assert not ValorResultado.objects.exists()


def test_dos_del_mismo_dia_no_caben(client, elenco, uno):
    ValorFactory(resultado=uno)
    client.force_login(elenco.coordinadora)

    respuesta = client.post(url("registrar_valor", uno), DADO)

    assert respuesta.status_code == 422
    assert "Ya hay un valor con esa fecha" in respuesta.content.decode()
    with pytest.raises(ValidationError):  # y si las dos llegaron a la vez, lo dice la base
        resultados.registrar(
            uno,
            fecha=date(2023, 12, 31),
            valor=Decimal(1),
            fuente="Otra fuente",
            por=elenco.comisionada,
        )
    assert Asiento.objects.filter(acto="registrar_valor").count() == 0


# Corregirlos ---------------------------------------------------------------------------------
def test_corregir_guarda_lo_que_decia(client, elenco, uno):
    valor = resultados.registrar(
        uno,
        fecha=date(2023, 12, 31),
        valor=Decimal("16.6"),
        fuente="Boletín preliminar",
        por=elenco.comisionada,
    )
    client.force_login(elenco.coordinadora)

    client.post(
        url("corregir_valor", uno, valor.pk), DADO | {"valor": "15.9", "fuente": "Boletín final"}
    )

    valor.refresh_from_db()
    assert (valor.valor, valor.version) == (Decimal("15.9"), 2)
    pagina = client.get(url("resultado", uno)).content.decode()
    assert "Lo que decía antes de corregirse" in pagina
    assert "Boletín preliminar" in pagina
    assert "Carmela" in pagina
    assert Asiento.objects.filter(acto="corregir_valor", persona=elenco.coordinadora).exists()


def test_corregir_una_version_ajena_muestra_los_dos_y_no_deja_historia(client, elenco, uno):
    valor = ValorFactory(resultado=uno)
    ValorResultado.objects.filter(pk=valor.pk).update(version=2, fuente="La que otra persona puso")
    antes = valor.history.count()
    client.force_login(elenco.coordinadora)

    respuesta = client.post(
        url("corregir_valor", uno, valor.pk), DADO | {"fuente": "La que yo quería"}
    )

    pagina = respuesta.content.decode()
    assert respuesta.status_code == 409
    assert "La que otra persona puso" in pagina
    assert "La que yo quería" in pagina
    assert valor.history.count() == antes
    valor.refresh_from_db()
    assert valor.fuente == "La que otra persona puso"
    with pytest.raises(VersionAjena):
        resultados.corregir(
            valor,
            fecha=valor.fecha,
            valor=Decimal(1),
            fuente="Tercera",
            version=1,
            por=elenco.coordinadora,
        )


def test_moverlo_al_dia_de_otro_no_cabe(elenco, uno):
    ValorFactory(resultado=uno, fecha=date(2022, 12, 31))
    valor = ValorFactory(resultado=uno, fecha=date(2023, 12, 31))

    with pytest.raises(ValidationError):
        resultados.corregir(
            valor,
            fecha=date(2022, 12, 31),
            valor=Decimal(1),
            fuente="Otra fuente",
            version=1,
            por=elenco.coordinadora,
        )

    assert ValorResultado.objects.get(pk=valor.pk).version == 1


def test_el_verbo_tambien_pregunta_quien(elenco, uno):
    with pytest.raises(PermissionDenied):
        resultados.registrar(
            uno,
            fecha=date(2023, 12, 31),
            valor=Decimal(1),
            fuente="Cualquiera",
            por=elenco.analista,
        )
