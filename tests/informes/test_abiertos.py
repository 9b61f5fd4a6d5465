"""Lo público y los datos abiertos: qué se entrega, a quién, en qué formatos y con qué caché."""

import csv
import io
import json
import re
import tracemalloc
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.test import Client
from frictionless import Package, Schema, system, validate
from openpyxl import load_workbook

from informes import emision
from informes.abiertos import ediciones, formatos, limites
from informes.abiertos import views as abiertos
from informes.abiertos.tablas import TABLAS
from informes.contenido import AVISO_DEMO, Retenido
from informes.models import Documento
from informes.publica import edicion_publica
from tests.fabricas import ActividadDichaFactory, contenido_dicho
from tests.informes.publicaciones import otro_corte, publicar

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cache_limpia")]
PEDIDAS = ("acciones", "actividades", "resultados", "calendario")
CANARIO = "CANARIO-7c1f"
FORMULA = '=HYPERLINK("http://malo.example","x")'


@pytest.fixture(autouse=True)
def _sin_memoria():
    """Otra prueba pudo leer un archivo con el mismo contenido."""
    for guardado in (ediciones.leidos, ediciones.comparadas, formatos.medidas, abiertos.dibujados):
        guardado.vaciar()


@pytest.fixture
def publicado(corte, elenco):
    return publicar(corte, elenco.coordinadora)


def con_reservas(corte, **cambios):
    """Una edición pública con filas retenidas, como la que sale de un corte que las tiene."""
    actividad = ActividadDichaFactory
    oculta = {"visibilidad": "RESTRINGIDA", "descripcion": CANARIO, "logro": CANARIO}
    completo = contenido_dicho(
        [
            *(actividad(accion="1.1.1", numero=n, logro=FORMULA) for n in (1, 2, 3)),
            *(actividad(accion="1.1.2", numero=n) for n in (1, 2)),
            actividad(accion="1.1.2", numero=3, **oculta),
        ]
    )
    publica = edicion_publica(completo, None, None)
    de_verdad = emision.vigente_de(corte, "PUBLICA")
    encabezado = {"plan": de_verdad.plan, "periodo": de_verdad.periodo, "corte": de_verdad.corte}
    return replace(publica, **encabezado, catalogos=de_verdad.catalogos, **cambios)


def en(informe, resto="", version="1"):
    return f"/datos/{informe.corte.periodo}/{version}/{resto}"


def cuerpo(respuesta) -> bytes:
    assert respuesta.status_code == 200
    return b"".join(respuesta.streaming_content) if respuesta.streaming else respuesta.content


# ---- qué se publica y qué no


def test_sin_publicar_nada_todo_contesta_y_nada_se_entrega(client, corte, elenco):
    semestre = str(corte.periodo)

    assert "Todavía no hay informes" in client.get("/publico/").content.decode()
    assert "Todavía no se publica" in client.get("/datos/").content.decode()
    assert json.loads(client.get("/datos/catalogo.jsonld").content)["dcat:dataset"] == []
    for sitio in (f"/publico/{semestre}/", f"/datos/{semestre}/1/", f"/datos/{semestre}/ultima/"):
        assert client.get(sitio).status_code == 404


def test_lo_no_publicado_y_lo_inexistente_se_contestan_igual(client, publicado, elenco):
    aprobado = emision.encargar(
        otro_corte(publicado.corte), edicion="PUBLICA", por=elenco.coordinadora
    )

    paginas = {
        _sin_ficha(client.get(f"/datos/{publicado.corte.periodo}/{cual}/acciones.csv"))
        for cual in (aprobado.informe.corte.numero, 9, "01", "x")
    } | {_sin_ficha(client.get("/datos/1999-S1/1/acciones.csv"))}

    assert len(paginas) == 1
    for sitio in ("/publico/1999-S1/", en(publicado, "nada.csv"), en(publicado, "acciones.xml")):
        assert client.get(sitio).status_code == 404


def _sin_ficha(respuesta) -> tuple[int, str]:
    texto = re.sub(r'"X-CSRFToken": "\w+"', "", respuesta.content.decode())
    return respuesta.status_code, texto


@pytest.mark.parametrize("que", ["?x=1", "?plan=a&plan=b", "?PLAN=a"])
def test_un_parametro_que_no_se_conoce_es_400(client, publicado, que):
    for sitio in ("/publico/", "/datos/", "/datos/catalogo.jsonld", en(publicado, "acciones.csv")):
        assert client.get(sitio + que).status_code == 400


def test_otro_plan_sale_por_su_codigo_y_no_se_confunde(client, publicado):
    plan = publicado.corte.periodo.plan.codigo

    assert client.get(en(publicado, f"acciones.csv?plan={plan}")).status_code == 200
    assert client.get(en(publicado, "acciones.csv?plan=otro")).status_code == 404
    assert client.get("/datos/?plan=otro").status_code == 404


def test_los_libros_de_excel_de_una_direccion_tienen_un_limite_por_minuto(
    publicado, cache_limpia, monkeypatch
):
    monkeypatch.setattr(limites, "POR_MINUTO", 3)
    libro = en(publicado, "calendario.xlsx")
    dados = [Client().get(libro) for _vez in range(4)]

    assert [uno.status_code for uno in dados] == [200, 200, 200, 429]
    assert dados[-1]["Retry-After"] == "60"
    assert "Espere un minuto" in dados[-1].content.decode()
    assert "public" not in dados[-1].get("Cache-Control", "")
    assert Client().get(libro, headers={"if-none-match": dados[0]["ETag"]}).status_code == 304
    assert Client().get(en(publicado, "calendario.csv")).status_code == 200
    assert Client().get(libro, REMOTE_ADDR="203.0.113.9").status_code == 200


def test_solo_se_lee(client, publicado):
    for sitio in ("/publico/", "/datos/", en(publicado, "acciones.csv")):
        assert client.post(sitio).status_code in {403, 405}
        assert client.head(sitio).status_code == 200


def test_lo_reservado_no_esta_en_ninguna_parte_y_se_dice_cuanto_es(client, corte, elenco):
    informe = publicar(corte, elenco.coordinadora, con_reservas(corte))
    sitios = [f"/publico/{corte.periodo}/", "/publico/", "/datos/", "/datos/catalogo.jsonld"]
    sitios += [en(informe), en(informe, "datapackage.json"), en(informe, "catalogo.jsonld")]
    sitios += [en(informe, f"{una}.{tipo}") for una in TABLAS for tipo in ("csv", "json")]

    dicho = {sitio: cuerpo(client.get(sitio)).decode() for sitio in sitios}
    libros = [cuerpo(client.get(en(informe, f"{una}.xlsx"))) for una in TABLAS]

    assert not [sitio for sitio, texto in dicho.items() if CANARIO in texto]
    assert not [uno for uno in libros if CANARIO in todo_el_libro(uno)]
    tablero = " ".join(dicho[sitios[0]].split())
    assert "Lo que no se publica" in tablero
    assert '<th scope="row">Actividad</th><td>Restringida</td><td class="numero">1</td>' in tablero
    filas = {fila["codigo"]: fila for fila in leer_csv(dicho[en(informe, "acciones.csv")])}
    assert filas["1.1.2"]["E"] == "n/d"
    assert filas["1.1.2"]["semaforo"] == "ND"
    assert filas["1.1.1"]["E"] != "n/d"


def todo_el_libro(octetos):
    cuaderno = load_workbook(io.BytesIO(octetos))
    return str([[celda.value for celda in fila] for hoja in cuaderno for fila in hoja])


def leer_csv(texto):
    return list(csv.DictReader(io.StringIO(texto.lstrip("\ufeff"), newline="")))


def test_nada_de_la_demostracion_sale_sin_su_sello(client, corte, elenco):
    informe = publicar(corte, elenco.coordinadora, con_reservas(corte, es_demo=True))

    for una in PEDIDAS:
        for tipo in ("csv", "json", "xlsx"):
            respuesta = client.get(en(informe, f"{una}.{tipo}"))
            assert "DATOS-DE-DEMOSTRACION-" in respuesta["Content-Disposition"]
            octetos = cuerpo(respuesta)
            if tipo == "csv":
                assert all(fila["aviso"] == AVISO_DEMO for fila in leer_csv(octetos.decode()))
            elif tipo == "json":
                assert json.loads(octetos)["aviso"] == AVISO_DEMO
            else:
                assert AVISO_DEMO in todo_el_libro(octetos)
    for sitio in (f"/publico/{corte.periodo}/", en(informe)):
        assert AVISO_DEMO in client.get(sitio).content.decode()
    assert AVISO_DEMO in client.get(en(informe, "datapackage.json")).json()["title"]
    conjunto = json.loads(client.get("/datos/catalogo.jsonld").content)["dcat:dataset"][0]
    assert AVISO_DEMO in conjunto["dct:description"]


# ---- los tres formatos


def test_csv_json_y_xlsx_dicen_lo_mismo(client, corte, elenco):
    informe = publicar(corte, elenco.coordinadora, con_reservas(corte))

    for una in TABLAS:
        en_csv = leer_csv(cuerpo(client.get(en(informe, f"{una}.csv"))).decode())
        en_json = json.loads(cuerpo(client.get(en(informe, f"{una}.json"))))["filas"]
        cuaderno = load_workbook(io.BytesIO(cuerpo(client.get(en(informe, f"{una}.xlsx")))))
        nombres, *celdas = cuaderno[una].iter_rows(values_only=True)
        en_xlsx = [dict(zip(nombres, fila, strict=True)) for fila in celdas]

        columnas = [columna.nombre for columna in TABLAS[una].columnas]
        assert list(nombres) == columnas
        assert [igualado(fila, columnas, "csv") for fila in en_csv] == [
            igualado(fila, columnas, "json") for fila in en_json
        ]
        assert [igualado(fila, columnas, "xlsx") for fila in en_xlsx] == [
            igualado(fila, columnas, "json") for fila in en_json
        ]
        assert una == "resultados" or en_json


def igualado(fila, columnas, formato):
    """Cada valor como texto, y los números sin ceros que sobren: lo que un formato no distingue."""
    return [_igual(fila[columna], formato) for columna in columnas]


def _igual(valor, formato):
    if valor is None:
        return ""
    if isinstance(valor, datetime | date):
        return valor.isoformat()[:10]
    texto = str(valor)
    if formato == "csv" and texto.startswith("'"):
        texto = texto[1:]
    try:
        return str(Decimal(texto).normalize()) if texto.count(".") < 2 else texto
    except ArithmeticError:
        return texto


def test_ningun_texto_llega_a_ser_formula(client, corte, elenco):
    informe = publicar(corte, elenco.coordinadora, con_reservas(corte))

    texto = cuerpo(client.get(en(informe, "actividades.csv"))).decode()
    libro = load_workbook(io.BytesIO(cuerpo(client.get(en(informe, "actividades.xlsx")))))

    assert texto.startswith("\ufeffaccion,")
    assert leer_csv(texto)[0]["logro"] == f"'{FORMULA}"
    tipos = {celda.data_type for hoja in libro for fila in hoja for celda in fila}
    assert "f" not in tipos
    logros = [celda.value for celda in libro["actividades"]["U"]]
    assert FORMULA in {celda.value for fila in libro["actividades"] for celda in fila}, logros


def test_el_calendario_trae_inicio_fin_e_hitos(client, publicado):
    filas = json.loads(cuerpo(client.get(en(publicado, "calendario.json"))))["filas"]
    contenido = emision.vigente_de(publicado.corte, "PUBLICA")

    eventos = [(una["accion"], una["numero"], una["evento"]) for una in filas]
    for una in contenido.actividades:
        assert (una.accion, una.numero, "INICIO") in eventos
        assert (una.accion, una.numero, "FIN") in eventos
    hitos = sum(len(una.hitos) for una in contenido.actividades)
    assert len(filas) == 2 * len(contenido.actividades) + hitos


def test_frictionless_valida_el_paquete_contra_los_csv(client, corte, elenco, tmp_path):
    informe = publicar(corte, elenco.coordinadora, con_reservas(corte))
    descriptor = cuerpo(client.get(en(informe, "datapackage.json")))
    (tmp_path / "datapackage.json").write_bytes(descriptor)
    for recurso in json.loads(descriptor)["resources"]:
        octetos = cuerpo(client.get(en(informe, recurso["path"])))
        assert len(octetos) == recurso["bytes"]
        (tmp_path / recurso["path"]).write_bytes(octetos)

    with system.use_context(trusted=True):
        informe_de_validez = validate(str(tmp_path / "datapackage.json"))
        paquete = Package(str(tmp_path / "datapackage.json"))

    assert informe_de_validez.valid, informe_de_validez.flatten(["name", "type", "message"])
    assert set(PEDIDAS) <= set(paquete.resource_names)
    assert all(isinstance(uno.schema, Schema) and uno.schema.fields for uno in paquete.resources)
    (tmp_path / "actividades.csv").write_bytes(
        (tmp_path / "actividades.csv").read_bytes().replace(b"2021", b"mil", 1)
    )
    with system.use_context(trusted=True):
        assert not validate(str(tmp_path / "datapackage.json")).valid


def test_el_catalogo_describe_cada_archivo_y_se_puede_seguir(client, publicado):
    dicho = json.loads(client.get(en(publicado, "catalogo.jsonld")).content)

    [conjunto] = dicho["dcat:dataset"]
    assert len(conjunto["dcat:distribution"]) == len(TABLAS) * 3
    for una in conjunto["dcat:distribution"]:
        sitio = una["dcat:downloadURL"]["@id"].removeprefix("http://testserver")
        respuesta = client.get(sitio)
        assert respuesta.status_code == 200
        assert respuesta["Content-Type"].startswith(una["dcat:mediaType"])


@pytest.mark.parametrize("formato", ["csv", "json"])
def test_bajar_mas_filas_no_ocupa_mas_memoria(formato, cifra):
    """Las filas se hacen y se sueltan: veinte veces más no sube el tope."""
    topes = {}
    for cuantas in (1_000, 20_000):
        fila = ("1.1.1", 1, "INICIO", None, "x" * 300, "MINGOB", "VIGENTE", None, None, None)
        tabla = TABLAS["calendario"]._replace(
            leer=lambda _c, n=cuantas, f=fila: (f for _ in range(n))
        )
        contenido = contenido_dicho([ActividadDichaFactory(accion="1.1.1", numero=1)])
        version = _Dicha(contenido)
        tracemalloc.start()
        largo = sum(len(trozo) for trozo in formatos.trozos(tabla, version, formato))
        topes[cuantas] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert largo > cuantas * 300
    cifra(f"Datos abiertos {formato}: memoria 1,000 → {topes[1_000]} · 20,000 → {topes[20_000]}")
    assert topes[20_000] < topes[1_000] + 64 * 1024


class _Dicha:
    """Lo que los formatos leen de una versión."""

    semestre, numero, huella = "2021-S1", "1", "0" * 64
    publicada = datetime(2021, 8, 10, 15, tzinfo=UTC)

    def __init__(self, contenido):
        self.contenido = contenido


# ---- versiones


def test_la_sustituida_sigue_diciendo_lo_suyo_y_la_ultima_es_la_que_rige(client, publicado, elenco):
    antes = cuerpo(client.get(en(publicado, "acciones.csv")))
    publicar(otro_corte(publicado.corte), elenco.coordinadora)

    assert cuerpo(client.get(en(publicado, "acciones.csv"))) == antes
    pagina = client.get(en(publicado)).content.decode()
    assert "Esta versión fue sustituida" in pagina
    assert en(publicado, version="2") in pagina
    ultima = client.get(en(publicado, "acciones.csv", version="ultima"))
    assert (ultima.status_code, ultima.url) == (302, en(publicado, "acciones.csv", version="2"))
    dichas = json.loads(client.get("/datos/catalogo.jsonld").content)["dcat:dataset"]
    assert [una["adms:status"] for una in dichas] == ["vigente", "sustituida"]
    assert dichas[1]["dct:isReplacedBy"]["@id"].endswith(en(publicado, version="2"))


def test_lo_que_la_vigente_retira_ya_no_se_entrega_en_la_vieja(client, publicado, elenco):
    corte = otro_corte(publicado.corte)
    publica = emision.vigente_de(corte, "PUBLICA")
    menos = replace(
        publica,
        actividades=publica.actividades[1:],
        retenidos=(Retenido(filas="ACTIVIDAD", fundamento="RESERVADA", cuantas=1),),
    )

    publicar(corte, elenco.coordinadora, menos)

    for resto in ("acciones.csv", "actividades.json", "datapackage.json"):
        assert client.get(en(publicado, resto)).status_code == 410
    semestre = publicado.corte.periodo
    assert client.get(f"/publico/{semestre}/1/informe.pdf").status_code == 410
    assert client.get(f"/publico/{semestre}/2/informe.pdf").status_code == 200
    pagina = client.get(en(publicado))
    assert pagina.status_code == 200
    assert "dejó de ser público" in pagina.content.decode()
    assert "acciones.csv" not in pagina.content.decode()


def test_el_informe_publicado_se_baja_tal_como_se_emitio(client, publicado):
    for documento in Documento.objects.filter(informe=publicado):
        sitio = f"/publico/{publicado.corte.periodo}/1/informe.{documento.formato.lower()}"
        respuesta = client.get(sitio)
        assert cuerpo(respuesta) == emision.leer(documento)
        assert documento.sha256 in respuesta["ETag"]
    assert client.get(f"/publico/{publicado.corte.periodo}/1/informe.PDF").status_code == 404


def test_un_archivo_alterado_no_se_entrega(client, publicado):
    documento = Documento.objects.get(informe=publicado, formato="JSON")
    with open(documento.archivo.path, "r+b") as archivo:
        archivo.write(b"x")

    for resto in ("", "acciones.csv", "datapackage.json"):
        respuesta = client.get(en(publicado, resto))
        assert respuesta.status_code == 409
        assert "public" not in respuesta["Cache-Control"]


# ---- caché y CORS


def test_se_revalida_por_huella_y_solo_a_quien_no_entro(client, publicado, elenco):
    for sitio in (en(publicado, "acciones.csv"), en(publicado, "datapackage.json"), "/publico/"):
        primera = client.get(sitio)
        assert primera["Cache-Control"] == "public, max-age=300"
        otra = client.get(sitio, headers={"If-None-Match": primera["ETag"]})
        assert otra.status_code == 304
        assert client.get(sitio, headers={"If-None-Match": '"otra"'}).status_code == 200
        assert "Set-Cookie" not in primera.headers
        assert not primera.cookies
    archivo = client.get(en(publicado, "acciones.csv"))
    desde = {"If-Modified-Since": archivo["Last-Modified"]}
    assert client.get(en(publicado, "acciones.csv"), headers=desde).status_code == 304

    persona = Client()
    persona.force_login(elenco.analista)
    for sitio in ("/publico/", "/datos/", en(publicado), en(publicado, "acciones.csv")):
        respuesta = persona.get(sitio)
        assert respuesta.status_code == 200
        assert respuesta["Cache-Control"] == "no-store"


def test_la_pagina_para_cualquier_cache_no_lleva_ficha_ni_persona(client, publicado):
    for sitio in ("/publico/", f"/publico/{publicado.corte.periodo}/", "/datos/", en(publicado)):
        pagina = client.get(sitio).content.decode()
        assert "csrf" not in pagina.lower()
        assert "data-persona" not in pagina

    con_galleta = Client()
    con_galleta.cookies["sesion"] = "ajena"
    assert con_galleta.get("/publico/")["Cache-Control"] == "no-store"


def test_otros_sitios_pueden_leer_los_datos_y_no_las_demas_paginas(client, publicado):
    for sitio in ("/datos/", en(publicado, "acciones.json"), "/datos/catalogo.jsonld"):
        assert client.get(sitio)["Access-Control-Allow-Origin"] == "*"
    ultima = client.get(en(publicado, "acciones.json", version="ultima"))
    assert ultima["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in ultima.headers
    assert "Access-Control-Allow-Origin" not in client.get("/publico/").headers


def test_el_tablero_no_crece_en_consultas(client, publicado, django_assert_max_num_queries):
    client.get(f"/publico/{publicado.corte.periodo}/")

    with django_assert_max_num_queries(3):  # las versiones, y el plan del marco
        client.get(f"/publico/{publicado.corte.periodo}/")


def test_se_llega_desde_el_pie_y_la_entrada(client, publicado):
    for sitio in ("/cuenta/login/", "/publico/"):
        pagina = client.get(sitio).content.decode()
        assert 'href="/publico/"' in pagina
        assert 'href="/datos/"' in pagina
