"""El buscador: halla sin acentos ni mayúsculas, y sólo dentro de lo que cada persona ve y lee."""

import csv
import re
from itertools import product
from pathlib import Path

import pytest

from instituciones.models import Clasificacion, Rol
from instituciones.plegado import plegar
from matrices import busqueda, permisos
from matrices.models import Actividad
from tests.fabricas import (
    AccionFactory,
    ActividadFactory,
    InstitucionFactory,
    MatrizFactory,
    ObjetivoFactory,
    PlanFactory,
    ResolucionFactory,
    UsuarioFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.cada_motor]
HOSTILES = Path(__file__).parents[1] / "datos" / "entradas_hostiles.csv"


def buscar(client, q, codigo=200, **mas):
    respuesta = client.get("/buscar/", {"q": q, **mas})
    assert respuesta.status_code == codigo
    return respuesta.content.decode()


def hallados(pagina):
    """Los nombres de los renglones, en su orden."""
    lista = pagina.partition('<ol class="hallazgos">')[2].partition("</ol>")[0]
    return re.findall(r'<a href="[^"]+">([^<]+)</a>', lista)


@pytest.fixture
def escena(elenco):
    """Un plan con un objetivo, dos acciones y, en la 1.1.1, actividades de cada clase."""
    plan = PlanFactory(codigo="pesn", sigla="PESN", nombre="Plan de Seguridad de la Nación")
    objetivo = ObjetivoFactory(
        programa__plan=plan, codigo="1.1", enunciado="Fortalecer los órganos del Estado."
    )
    primera = AccionFactory(
        objetivo=objetivo, codigo="1.1.1", orden=1, enunciado="Crear el órgano rector de aduanas."
    )
    AccionFactory(objetivo=objetivo, codigo="1.1.10", orden=10, enunciado="Capacitar en K'iche'.")
    matriz = MatrizFactory(accion=primera)

    def actividad(numero, descripcion, **datos):
        return ActividadFactory(
            matriz=matriz,
            numero=numero,
            descripcion=descripcion,
            responsable=elenco.responsable,
            **datos,
        )

    actividad(1, "Diseñar el ÓRGANO de control.")
    actividad(2, "Órgano restringido.", visibilidad="RESTRINGIDA")
    actividad(3, "Órgano confidencial.", clasificacion="CONFIDENCIAL")
    actividad(
        4,
        "Órgano reservado.",
        clasificacion="RESERVADA",
        resolucion=ResolucionFactory(numero="12-2024"),
    )
    return plan


# Hallar ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "q", ["órgano", "ORGANO", "organo", "Orgáno", "  organo  ", "o\u0301rgano"]
)
def test_los_acentos_y_las_mayusculas_no_importan(client, elenco, escena, q):
    client.force_login(elenco.consejera)

    assert hallados(buscar(client, q)) == [
        "objetivo 1.1",
        "Acción estratégica 1.1.1",
        "actividad 1.1.1.1 · MINGOB",
    ]


@pytest.mark.parametrize(
    ("q", "nombres"),
    [
        ("1.1", ["objetivo 1.1", "1.1.1", "1.1.10", "1.1.1.1"]),
        ("1.1.1", ["1.1.1", "1.1.1.1"]),
        ("1.1.10", ["1.1.10"]),
        ("1.1.1.1", ["1.1.1.1"]),
        ("1.1.1.", ["1.1.1", "1.1.1.1"]),
        ("1.1.1 aduanas", ["1.1.1"]),
        ("aduanas crear", ["1.1.1"]),
        ("capacit", ["1.1.10"]),
        ("k'iche'", ["1.1.10"]),
        ("kiche", []),
        ("rgano", []),
        ("nación", ["Plan"]),
        ("PESN", ["Plan"]),
        ("disenar", ["1.1.1.1"]),
        ("9.9.9", []),
        ("1.1.1.99999999", []),
    ],
)
def test_se_halla_por_codigo_o_por_el_comienzo_de_las_palabras(client, elenco, escena, q, nombres):
    client.force_login(elenco.consejera)

    esperados = hallados(buscar(client, q))

    assert len(esperados) == len(nombres)
    assert all(nombre in hallado for nombre, hallado in zip(nombres, esperados, strict=True))


@pytest.mark.parametrize("q", ["", " ", "a", "...", "'", "%", "_ _", "¿?", "a b c"])
def test_sin_nada_que_buscar_lo_dice_y_no_busca(client, elenco, escena, q):
    client.force_login(elenco.consejera)

    pagina = buscar(client, q)

    assert "Escriba qué busca" in pagina
    assert hallados(pagina) == []


def test_corregir_el_texto_cambia_lo_que_se_halla(client, elenco, escena):
    actividad = Actividad.objects.get(numero=1)
    actividad.descripcion = "Rediseñar la atención."
    actividad.save()
    client.force_login(elenco.consejera)

    assert hallados(buscar(client, "atencion")) == ["actividad 1.1.1.1 · MINGOB"]
    assert "1.1.1.1" not in buscar(client, "control")


# Quién halla qué -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("quien", "numeros"),
    [
        ("planificadora", "1234"),
        ("aprobador", "1234"),
        ("analista", "1234"),
        ("coordinadora", "1234"),
        ("inspector", "124"),
        ("auditor", "12"),
        ("consejera", "1"),
        ("comisionada", "1"),
        ("ajena", "1"),
        ("administradora", ""),
    ],
)
def test_por_palabras_se_halla_solo_lo_que_se_lee(client, elenco, escena, quien, numeros):
    """RESTRINGIDA, por fila; CONFIDENCIAL y RESERVADA, por texto (diseño y dominio §10)."""
    client.force_login(getattr(elenco, quien))

    nombres = hallados(buscar(client, "organo"))

    suyas = [n for n in nombres if n.startswith("actividad")]
    assert suyas == [f"actividad 1.1.1.{numero} · MINGOB" for numero in numeros]


def test_lo_ajeno_y_lo_que_no_existe_dan_la_misma_pagina(client, elenco, escena):
    client.force_login(elenco.ajena)

    def sin_lo_escrito(q):
        return re.sub(r"\s+", " ", buscar(client, q).replace(q, "~"))

    ajena, inexistente = sin_lo_escrito("restringido"), sin_lo_escrito("inexistente")
    assert re.sub("[A-Za-z0-9]{64}", "~", ajena) == re.sub("[A-Za-z0-9]{64}", "~", inexistente)
    assert "0 resultados" in ajena
    assert hallados(buscar(client, "1.1.1.2")) == []


def test_lo_que_se_ve_y_no_se_lee_se_halla_por_codigo_y_sin_su_texto(client, elenco, escena):
    client.force_login(elenco.auditor)

    pagina = buscar(client, "1.1.1.3")

    assert hallados(pagina) == ["actividad 1.1.1.3 · MINGOB"]
    assert "[Confidencial]" in pagina
    assert "Órgano confidencial" not in pagina


def test_por_el_numero_de_la_resolucion_se_halla_lo_que_reserva(client, elenco, escena):
    client.force_login(elenco.coordinadora)
    suyas = hallados(buscar(client, "12-2024"))
    client.force_login(elenco.ajena)

    assert suyas == ["actividad 1.1.1.4 · MINGOB"]
    assert hallados(buscar(client, "12-2024")) == []


def test_la_regla_de_la_base_es_la_de_los_permisos(elenco):
    """Cada rol, en la casa responsable, la revisora y otra, sobre cada par de clases."""
    resolucion = ResolucionFactory()

    def con(clase, prefijo=""):
        reserva = resolucion if clase == "RESERVADA" else None
        return {f"{prefijo}clasificacion": clase, f"{prefijo}resolucion": reserva}

    for propia, de_la_accion in product(Clasificacion.values, repeat=2):
        ActividadFactory(
            responsable=elenco.responsable, **con(propia), **con(de_la_accion, "matriz__accion__")
        )
    todas = Actividad.objects.select_related("responsable", "matriz__accion")
    casas = [elenco.responsable, elenco.revisora, elenco.otra]

    for rol, casa in product(Rol.values, casas):
        persona = UsuarioFactory(rol=rol, institucion=casa)
        lee = {una.pk for una in todas if permisos.puede_leer(persona, una)}
        dice = set(todas.filter(busqueda._legible(persona)).values_list("pk", flat=True))
        assert dice == lee, (rol, casa)


def test_quien_no_ha_entrado_no_busca(client, escena):
    respuesta = client.get("/buscar/", {"q": "organo"})

    assert respuesta.status_code == 302
    assert "/cuenta/login/" in respuesta["Location"]


# Mostrar ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("texto", "q", "sale"),
    [
        ("El Órgano rector", "organo", "El <mark>Órgano</mark> rector"),
        ("organo, órgano", "organo", "<mark>organo</mark>, <mark>órgano</mark>"),
        ("Straße de Peñas", "strasse penas", "<mark>Straße</mark> de <mark>Peñas</mark>"),
        ("O\u0301rgano", "organo", "<mark>O\u0301rgano</mark>"),
        ("capacitar", "capa capacit", "<mark>capacit</mark>ar"),
        ("<b>ley</b> & más", "ley", "&lt;b&gt;<mark>ley</mark>&lt;/b&gt; &amp; más"),
        ("sin nada", "ley", "sin nada"),
        ("", "ley", ""),
    ],
)
def test_se_resalta_el_texto_como_esta_escrito(texto, q, sale):
    assert busqueda.resaltar(texto, tuple(plegar(q).split())) == sale


def test_de_un_texto_largo_se_muestra_lo_que_rodea_a_lo_hallado():
    texto = "principio " + "relleno " * 100 + "hallazgo " + "cola " * 100

    sale = busqueda.resaltar(texto, ("hallazgo",))

    assert "<mark>hallazgo</mark>" in sale
    assert sale.startswith("…")
    assert sale.endswith("…")
    assert len(sale) < 320


def test_lo_escrito_se_muestra_escapado(client, elenco):
    client.force_login(elenco.consejera)

    pagina = buscar(client, "<script>alert(1)</script> {{7*7}}")

    assert "<script>alert" not in pagina
    assert "49" not in pagina.partition("<main")[2].partition("</main>")[0]


@pytest.mark.parametrize(
    ("q", "codigo"),
    [
        ("x" * 100, 200),
        ("x" * 101, 422),
        ("x" * 7000, 422),
        ("a\u202eb", 422),
        ("a\x1bb", 422),
        ("\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"), 200),
        ("K'iche' ʼ \u200f", 200),
        ("' OR 1=1 --", 200),
        ('"; DROP TABLE matrices_actividad; --', 200),
        ("%' ESCAPE '", 200),
        ("\\", 200),
        ("(((((", 200),
        ("[a-z]+(a|a)*$", 200),
        ("1.1." + "9" * 90, 200),
        (" ".join("abcdefghij"[n % 10] * 2 for n in range(33)), 200),
        ("١.١", 200),
        ("ﷺ" * 20, 200),
    ],
)
def test_nada_de_lo_que_se_escriba_rompe_el_buscador(client, elenco, escena, q, codigo):
    client.force_login(elenco.consejera)

    buscar(client, q, codigo)

    assert Actividad.objects.count() == 4


def test_lo_que_no_es_texto_se_rechaza_al_entrar(client, elenco):
    client.force_login(elenco.consejera)

    assert client.get("/buscar/?q=%00").status_code == 400
    assert client.get("/buscar/?q=%ff%fe").status_code == 400
    assert client.get("/buscar/?q=" + "x" * 8001).status_code == 414


@pytest.mark.parametrize(
    "entrada",
    [
        f["entrada"]
        for f in csv.DictReader(HOSTILES.open(encoding="utf-8"))
        if f["canal"] == "texto"
    ],
)
def test_las_entradas_hostiles_de_texto_no_lo_rompen(client, elenco, escena, entrada):
    client.force_login(elenco.consejera)

    assert client.get("/buscar/", {"q": entrada[:100]}).status_code in {200, 422}


@pytest.mark.parametrize("pagina", ["0", "-1", "abc", "999999", "9" * 40, ""])
def test_una_pagina_que_no_hay_da_una_que_si(client, elenco, escena, pagina):
    client.force_login(elenco.consejera)

    assert hallados(buscar(client, "organo", page=pagina))


def test_lo_mucho_se_pagina_y_se_corta_en_el_tope(client, elenco, escena, monkeypatch):
    monkeypatch.setattr(busqueda, "TOPE", 45)
    matriz = Actividad.objects.first().matriz
    for numero in range(10, 60):
        ActividadFactory(matriz=matriz, numero=numero, descripcion=f"Lote {numero}")
    client.force_login(elenco.consejera)

    paginas = [hallados(buscar(client, "lote", page=numero)) for numero in (1, 2, 3)]

    assert [len(una) for una in paginas] == [20, 20, 5]
    assert len(set().union(*paginas)) == 45
    assert "Más de 45 resultados" in buscar(client, "lote")


@pytest.mark.parametrize("cuantas", [1, 15])
def test_buscar_no_crece_en_consultas(client, elenco, escena, cuantas, django_assert_num_queries):
    matriz = Actividad.objects.first().matriz
    for numero in range(10, 10 + cuantas):
        casa = InstitucionFactory()
        ActividadFactory(matriz=matriz, numero=numero, descripcion="Lote", responsable=casa)
    client.force_login(elenco.consejera)

    # sesión 4, persona, hallar 4, mostrar 1, plan, reloj e institución
    with django_assert_num_queries(8):
        pagina = buscar(client, "lote")

    assert len(hallados(pagina)) == cuantas
