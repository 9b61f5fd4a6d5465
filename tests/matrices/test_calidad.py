"""La calidad del reporte: los conteos, quién los ve, de qué filas, y lo que se descarga."""

import csv
import io
from decimal import Decimal

import pytest
from django.urls import reverse

from instituciones.models import Rol
from matrices.models import Umbrales
from tests.fabricas import AvanceFactory, InstitucionFactory, PeriodoFactory, UsuarioFactory

CALIDAD = reverse("matrices:calidad")
DESGLOSE = reverse("matrices:desglose")
pytestmark = pytest.mark.django_db


def csv_de(tabla):
    return reverse("matrices:descargar_calidad", args=[tabla])


@pytest.fixture
def periodo(elenco):
    periodo = PeriodoFactory()
    periodo.plan.seguimiento = elenco.revisora
    periodo.plan.save()
    return periodo


def avances(institucion, periodo, *estados, **datos):
    return [
        AvanceFactory(actividad__responsable=institucion, periodo=periodo, estado=estado, **datos)
        for estado in estados
    ]


def celda(pagina, sigla):
    return next(c for fila, c in pagina.context["renglones"] if fila.sigla == sigla)


def renglones(respuesta):
    texto = respuesta.getvalue().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(texto)))


# Quién y qué -----------------------------------------------------------------------------------
@pytest.mark.parametrize("direccion", [CALIDAD, DESGLOSE, csv_de("instituciones")])
@pytest.mark.parametrize(
    ("rol", "codigo"),
    [
        ("analista", 200),
        ("coordinadora", 200),
        ("inspector", 200),
        ("auditor", 200),
        ("planificadora", 403),
        ("aprobador", 403),
        ("consejera", 403),
        ("comisionada", 403),
        ("administradora", 403),
    ],
)
def test_la_calidad_la_ve_quien_ve_toda_fila(client, elenco, periodo, rol, codigo, direccion):
    client.force_login(getattr(elenco, rol))

    assert client.get(direccion).status_code == codigo


def test_los_conteos_y_las_tasas_son_los_del_dominio(client, elenco, periodo):
    mingob = elenco.responsable
    avances(mingob, periodo, "VALIDADO", "VALIDADO", "CONSOLIDADO", "REMITIDO", "NO_REPORTADO")
    avances(mingob, periodo, "VALIDADO", extemporaneo=True)
    avances(mingob, periodo, "OBSERVADO", ronda=1)
    avances(mingob, periodo, "VALIDADO", ronda=2)
    avances(mingob, periodo, "EXENTO", exigible=False, motivo_exencion="FINALIZADA")
    client.force_login(elenco.analista)

    uno = celda(client.get(CALIDAD), "MINGOB")

    conteos = (uno.exigidos, uno.recibidos, uno.faltan, uno.a_tiempo, uno.observados)
    assert conteos == (8, 5, 3, 4, 2)
    assert (uno.cobertura, uno.oportunidad) == (Decimal("62.50"), Decimal("50.00"))


def test_el_total_suma_conteos_y_no_promedia_tasas(client, elenco, periodo):
    avances(elenco.responsable, periodo, *["VALIDADO"] * 9)
    avances(elenco.otra, periodo, "REMITIDO")
    client.force_login(elenco.analista)

    total = celda(client.get(CALIDAD), "Total")

    assert (total.exigidos, total.recibidos, total.cobertura) == (10, 9, Decimal("90.00"))


def test_sin_nada_exigido_la_tasa_no_existe_y_no_es_cero(client, elenco, periodo):
    avances(elenco.responsable, periodo, "EXENTO", exigible=False, motivo_exencion="NO_INICIADA")
    client.force_login(elenco.analista)

    pagina = client.get(CALIDAD)

    assert celda(pagina, "MINGOB").cobertura is None
    assert "n/d" in pagina.content.decode()
    assert "nada exigido" in pagina.content.decode()


@pytest.mark.parametrize(
    ("estados", "palabra"),
    [
        (["VALIDADO"] * 5, "completa"),
        (["VALIDADO"] * 4 + ["REMITIDO"], "suficiente"),
        (["VALIDADO"] * 3 + ["REMITIDO"] * 2, "insuficiente"),
        (["REMITIDO"] * 5, "nada recibido"),
    ],
)
def test_cada_celda_del_mapa_dice_su_nivel_con_palabra(client, elenco, periodo, estados, palabra):
    avances(elenco.responsable, periodo, *estados)
    client.force_login(elenco.analista)

    assert celda(client.get(CALIDAD), "MINGOB").nivel.palabra == palabra


def test_el_minimo_es_el_que_regia_a_la_fecha_del_corte(client, elenco, periodo):
    Umbrales.objects.create(
        plan=periodo.plan, version=2, cobertura_minima=50, vigente_desde=periodo.inicio
    )
    avances(elenco.responsable, periodo, "VALIDADO", "VALIDADO", "REMITIDO")
    client.force_login(elenco.analista)

    assert celda(client.get(CALIDAD), "MINGOB").nivel.palabra == "suficiente"


def test_el_semestre_va_en_la_direccion_y_sin_el_es_el_que_corre(client, elenco, periodo):
    previo = PeriodoFactory(plan=periodo.plan, anio=2020, semestre=2, estado="CORTADO")
    avances(elenco.responsable, periodo, "REMITIDO")
    avances(elenco.responsable, previo, "CONSOLIDADO", "CONSOLIDADO")
    client.force_login(elenco.analista)

    assert celda(client.get(CALIDAD), "MINGOB").exigidos == 1
    assert celda(client.get(CALIDAD, {"periodo": "2020-S2"}), "MINGOB").exigidos == 2


@pytest.mark.parametrize("ruta", [CALIDAD, DESGLOSE, csv_de("instituciones")])
@pytest.mark.parametrize(
    "filtros",
    [
        {"periodo": "2031-S1"},
        {"periodo": "1999"},
        {"periodo": "' OR 1=1"},
        {"plan": "no-hay"},
        {"plan": "\u202e"},
    ],
)
def test_lo_que_no_se_entiende_es_400_y_no_muestra_cifras(client, elenco, periodo, filtros, ruta):
    avances(elenco.responsable, periodo, "VALIDADO")
    client.force_login(elenco.analista)

    pagina = client.get(ruta, filtros)

    assert pagina.status_code == 400
    assert "MINGOB</abbr>" not in pagina.content.decode()


def test_sin_ningun_semestre_dice_que_hacer(client, elenco):
    client.force_login(elenco.coordinadora)

    pagina = client.get(CALIDAD)

    assert pagina.status_code == 200
    assert "Todavía no hay nada que contar" in pagina.content.decode()


def test_la_analista_de_otra_revisora_solo_cuenta_lo_suyo(client, elenco, periodo):
    cap = elenco.comisionada.institucion
    revisada = InstitucionFactory(sigla="REVISADA", revisora=cap)
    avances(revisada, periodo, "REMITIDO")
    previo = PeriodoFactory(plan=periodo.plan, anio=2020, semestre=2, estado="CORTADO")
    avances(elenco.responsable, previo, "CONSOLIDADO")
    client.force_login(UsuarioFactory(rol=Rol.ANALISTA, institucion=cap))

    pagina = client.get(CALIDAD)

    assert [fila.sigla for fila, _celda in pagina.context["renglones"]] == ["REVISADA", "Total"]
    assert [fila.sigla for fila in pagina.context["mapa"].filas] == ["REVISADA"]
    ajeno = {"institucion": "MINGOB", "periodo": "2020-S2"}
    assert client.get(DESGLOSE, ajeno).context["pagina"].paginator.count == 0


@pytest.mark.parametrize("cuantas", [1, 3])
def test_la_calidad_no_crece_en_consultas(
    client, elenco, periodo, cuantas, django_assert_num_queries
):
    for numero in range(cuantas):
        institucion = InstitucionFactory(sigla=f"I{numero}", revisora=elenco.revisora)
        avances(institucion, periodo, *["VALIDADO"] * cuantas)
        if numero:
            previo = PeriodoFactory(
                plan=periodo.plan, anio=2020 - numero, semestre=2, estado="CORTADO"
            )
            avances(institucion, previo, "CONSOLIDADO")
    client.force_login(elenco.analista)
    client.get(CALIDAD)

    # sesión 4, persona, planes, en curso, semestres, umbrales, mapa, marco 3
    with django_assert_num_queries(8):
        pagina = client.get(CALIDAD)

    assert len(pagina.context["mapa"].filas) == cuantas


# De la cifra a su lista ------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("cuales", "esperado"),
    [
        ("exigidos", {"VALIDADO", "REMITIDO", "TARDE", "OBSERVADO"}),
        ("recibidos", {"VALIDADO", "TARDE"}),
        ("a_tiempo", {"VALIDADO"}),
        ("tarde", {"TARDE"}),
        ("faltan", {"REMITIDO", "OBSERVADO"}),
        ("observados", {"OBSERVADO"}),
    ],
)
def test_cada_lista_trae_lo_que_su_cifra_cuenta(client, elenco, periodo, cuales, esperado):
    mingob = elenco.responsable
    puestos = {
        "VALIDADO": avances(mingob, periodo, "VALIDADO")[0],
        "REMITIDO": avances(mingob, periodo, "REMITIDO")[0],
        "TARDE": avances(mingob, periodo, "VALIDADO", extemporaneo=True)[0],
        "OBSERVADO": avances(mingob, periodo, "OBSERVADO", ronda=1)[0],
    }
    avances(mingob, periodo, "EXENTO", exigible=False, motivo_exencion="FINALIZADA")
    avances(elenco.otra, periodo, "VALIDADO")
    client.force_login(elenco.analista)

    pagina = client.get(DESGLOSE, {"cuales": cuales, "institucion": "MINGOB"})

    nombres = {avance.pk: nombre for nombre, avance in puestos.items()}
    assert {nombres[uno.pk] for uno in pagina.context["pagina"]} == esperado


def test_los_enlaces_de_la_tabla_abren_listas_de_ese_tamano(client, elenco, periodo):
    avances(elenco.responsable, periodo, "VALIDADO", "VALIDADO", "REMITIDO")
    client.force_login(elenco.analista)
    html = client.get(CALIDAD).content.decode()
    enlaces = [trozo.split('"')[0].replace("&amp;", "&") for trozo in html.split('href="')[1:]]
    listas = {uno for uno in enlaces if uno.startswith(DESGLOSE) and "MINGOB" in uno}

    cuantos = {
        uno.split("cuales=")[1].split("&")[0]: client.get(uno).context["pagina"].paginator.count
        for uno in listas
    }

    assert cuantos == {"exigidos": 3, "recibidos": 2, "faltan": 1, "a_tiempo": 2}


@pytest.mark.parametrize("filtros", [{"cuales": "todos"}, {"institucion": "NADIE"}])
def test_una_lista_que_no_existe_es_400(client, elenco, periodo, filtros):
    client.force_login(elenco.analista)

    assert client.get(DESGLOSE, filtros).status_code == 400


@pytest.mark.parametrize("cuantas", [1, 3])
def test_la_lista_no_crece_en_consultas(
    client, elenco, periodo, cuantas, django_assert_num_queries
):
    avances(elenco.responsable, periodo, *["VALIDADO"] * cuantas)
    client.force_login(elenco.analista)
    client.get(DESGLOSE)

    # sesión 4, persona, planes, en curso, semestres, cuenta, filas, instituciones, marco 3
    with django_assert_num_queries(9):
        pagina = client.get(DESGLOSE)

    assert pagina.context["pagina"].paginator.count == cuantas


# CSV -------------------------------------------------------------------------------------------
def test_el_csv_dice_lo_mismo_que_la_tabla(client, elenco, periodo):
    avances(elenco.responsable, periodo, "VALIDADO", "VALIDADO", "REMITIDO")
    client.force_login(elenco.analista)

    respuesta = client.get(csv_de("instituciones"), {"periodo": "2021-S1"})
    mingob, total = renglones(respuesta)

    assert respuesta["Content-Type"] == "text/csv; charset=utf-8"
    assert "calidad-instituciones-" in respuesta["Content-Disposition"]
    assert (mingob["Sigla"], mingob["Exigidos"], mingob["Cobertura (%)"]) == (
        "MINGOB",
        "3",
        "66.67",
    )
    assert (total["Sigla"], total["Recibidos"]) == ("Total", "2")


def test_el_csv_del_mapa_trae_un_semestre_por_columna(client, elenco, periodo):
    previo = PeriodoFactory(plan=periodo.plan, anio=2020, semestre=2, estado="CORTADO")
    avances(elenco.responsable, periodo, "VALIDADO")
    avances(elenco.otra, previo, "CONSOLIDADO")
    client.force_login(elenco.analista)

    mindef, mingob, _total = renglones(client.get(csv_de("semestres")))

    assert mingob["2021-S1, cobertura (%)"] == "100.00"
    assert mingob["2020-S2, cobertura (%)"] == ""
    assert mindef["2020-S2, cobertura (%)"] == "100.00"


@pytest.mark.parametrize("abre", ["=", "+", "-", "@", "\t"])
def test_ningun_texto_del_csv_se_lee_como_formula(client, elenco, periodo, abre):
    (avance,) = avances(elenco.responsable, periodo, "VALIDADO")
    avance.actividad.descripcion = f"{abre}HYPERLINK('http://malo')"
    avance.actividad.save()
    client.force_login(elenco.analista)

    (renglon,) = renglones(client.get(csv_de("avances"), {"institucion": "MINGOB"}))

    assert renglon["Descripción"] == f"'{abre}HYPERLINK('http://malo')"


def test_una_tabla_que_no_hay_es_404(client, elenco, periodo):
    client.force_login(elenco.analista)

    assert client.get(csv_de("nada")).status_code == 404
