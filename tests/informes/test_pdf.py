"""El informe impreso: cerrado, etiquetado, completo y en español."""

import re
import socket
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PageObject, PdfReader
from pypdf.generic import ContentStream, DictionaryObject, IndirectObject

from informes import comparacion, pdf, prensa
from informes.contenido import Contenido, Correccion
from instituciones.canonico import huella
from rendimiento.semestre import contenido as semestre

RAIZ = Path(__file__).resolve().parents[2]
SECRETO = "/etc/passwd"
AFUERA = "http://203.0.113.7:9"
# Cada uno, escrito en un texto o colado en la página, pediría un archivo o una dirección ajena.
VECTORES = [
    f'<img src="file://{SECRETO}" alt="x">',
    f'<img src="{AFUERA}/a.png" alt="x">',
    f'<img srcset="{AFUERA}/b.png 2x" src="{AFUERA}/c.png" alt="x">',
    f'<link rel="stylesheet" href="{AFUERA}/d.css">',
    f'<link rel="attachment" href="file://{SECRETO}">',
    f'<a rel="attachment" href="file://{SECRETO}">x</a>',
    f'<style>@import url("{AFUERA}/e.css");</style>',
    f'<style>p {{ background: url("file://{SECRETO}"); }}</style><p>x</p>',
    f'<style>@font-face {{ font-family: f; src: url("{AFUERA}/f.woff"); }} p {{ font-family: f; }}'
    "</style><p>x</p>",
    f'<p style="list-style-image: url({AFUERA}/g.png); display: list-item">x</p>',
    f'<p style="border-image: url(file://{SECRETO}) 3">x</p>',
    f"<style>p::before {{ content: url({AFUERA}/h.png); }}</style><p>x</p>",
    f'<svg xmlns="http://www.w3.org/2000/svg"><image href="file://{SECRETO}" width="9" height="9"/>'
    "</svg>",
    f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
    f'<use xlink:href="{AFUERA}/i.svg#x"/></svg>',
    f'<object data="file://{SECRETO}" type="image/png">x</object>',
    f'<embed src="{AFUERA}/j.svg" type="image/svg+xml">',
]


class Vigia:
    """Anota lo que se abre y lo que se conecta mientras está atento."""

    def __init__(self) -> None:
        self.atento = False
        self.abiertos: list[str] = []
        self.conexiones: list[Any] = []
        sys.addaudithook(self)

    def __call__(self, suceso: str, datos: tuple[Any, ...]) -> None:
        if not self.atento:
            return
        if suceso == "open" and isinstance(datos[0], str | bytes):
            self.abiertos.append(str(datos[0]))
        if suceso in {"socket.connect", "socket.getaddrinfo", "urllib.Request"}:
            self.conexiones.append(datos)

    @property
    def ajenos(self) -> list[str]:
        """Lo abierto que no es del proyecto, del intérprete ni de la letra que se desempaca."""
        propios = (
            str(RAIZ),
            sys.prefix,
            sys.base_prefix,
            tempfile.gettempdir(),
            "/usr/share/mime",
            "/usr/share/zoneinfo",
        )
        return [uno for uno in self.abiertos if not uno.startswith(propios)]


VIGIA = Vigia()


@pytest.fixture
def vigia(monkeypatch) -> Iterator[Vigia]:
    def negarse(_enchufe: Any, destino: Any) -> None:
        VIGIA.conexiones.append(destino)
        raise OSError("sin red")

    monkeypatch.setattr(socket.socket, "connect", negarse)
    prensa.imprimir("<html lang=es><title>x</title><p>x", "", {})  # lo que se importa al usarlo
    VIGIA.abiertos.clear()
    VIGIA.conexiones.clear()
    VIGIA.atento = True
    yield VIGIA
    VIGIA.atento = False


def breve(**cambios: Any) -> Contenido:
    """Un semestre de dos acciones con todo lo demás entero."""
    entero = semestre()
    acciones = entero.acciones[:2]
    actividades = [una for accion in acciones for una in entero.actividades_de(accion.codigo)]
    corto = replace(
        entero,
        acciones=acciones,
        actividades=tuple(actividades),
        presupuesto=entero.presupuesto[:3],
        alertas=entero.alertas[:3],
    )
    return replace(corto, **cambios)


def minimo(**cambios: Any) -> Contenido:
    """Lo menos que un informe puede decir: una acción con dos actividades."""
    corto = breve()
    minimo = replace(
        corto,
        acciones=corto.acciones[:1],
        actividades=corto.actividades[:2],
        instituciones=corto.instituciones[:1],
        **dict.fromkeys(
            ["alertas", "presupuesto", "readecuaciones", "propuestas", "igsns", "serie"], ()
        ),
    )
    return replace(minimo, **cambios)


PINTAN = {b"Tj", b"TJ", b"'", b'"', b"f", b"F", b"f*", b"S", b"s", b"B", b"B*", b"b", b"b*", b"Do"}
ADJUNTOS = {"datos.json": b'{"esquema":"x"}', "datos.xlsx": b"PK\x03\x04"}


@pytest.fixture(scope="module")
def octetos() -> bytes:
    return pdf.documento(breve(), adjuntos=ADJUNTOS)


@pytest.fixture(scope="module")
def leido(octetos) -> PdfReader:
    return PdfReader(BytesIO(octetos))


@pytest.fixture(scope="module")
def paginas(leido) -> list[str]:
    return [pagina.extract_text() for pagina in leido.pages]


def elementos(leido: PdfReader) -> list[DictionaryObject]:
    """Todos los elementos del árbol de etiquetas, desde la raíz."""
    todos, por_ver = [], list(leido.root_object["/StructTreeRoot"]["/K"])
    while por_ver:
        uno = por_ver.pop()
        uno = uno.get_object() if isinstance(uno, IndirectObject) else uno
        if isinstance(uno, DictionaryObject) and uno.get("/Type") == "/StructElem":
            todos.append(uno)
            hijos = uno.get("/K", [])
            por_ver += hijos if isinstance(hijos, list) else [hijos]
    return todos


# Cerrado a la red y al disco --------------------------------------------------------------------
@pytest.mark.parametrize("vector", VECTORES)
def test_lo_que_se_cuela_en_la_pagina_no_sale_del_documento(vector, vigia):
    pagina = f'<html lang="es-GT"><title>x</title><body><p>x</p>{vector}</body></html>'

    try:
        salida = prensa.imprimir(pagina, "", {})
    except prensa.PidioLoAjeno:
        salida = b""

    assert vigia.conexiones == []
    assert vigia.ajenos == []
    assert b"root:" not in salida
    assert not salida or PdfReader(BytesIO(salida)).attachments == {}


@pytest.mark.parametrize(
    ("estilo", "recursos", "pagina"),
    [
        (f'@import url("{AFUERA}/a.css");', {}, "<p>x</p>"),
        (f'p {{ background: url("file://{SECRETO}") }}', {}, "<p>x</p>"),
        (
            "",
            {
                "figura.svg": (
                    b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">'
                    b'<image href="file:///etc/passwd" width="9" height="9"/></svg>',
                    "image/svg+xml",
                )
            },
            '<img src="recurso:figura.svg" alt="x">',
        ),
        ("", {}, f'<base href="file://{SECRETO}"><img src="otra.png" alt="x">'),
    ],
    ids=["hoja importada", "fondo de la hoja", "figura", "dirección base"],
)
def test_ningun_canal_sale_del_documento(estilo, recursos, pagina, vigia):
    with pytest.raises(prensa.PidioLoAjeno):
        prensa.imprimir(f'<html lang="es-GT"><title>x</title>{pagina}', estilo, recursos)

    assert vigia.conexiones == []
    assert vigia.ajenos == []


def test_lo_que_alguien_escribio_se_lee_y_no_se_ejecuta(vigia):
    texto = " ".join(VECTORES)
    c = minimo()
    primera = replace(c.actividades[0], logro=texto, limitante=texto, descripcion=texto)
    c = replace(c, actividades=(primera, *c.actividades[1:]))

    salida = pdf.documento(c)

    assert vigia.conexiones == []
    assert vigia.ajenos == []
    escrito = "".join(pagina.extract_text() for pagina in PdfReader(BytesIO(salida)).pages)
    assert "@import" in escrito


def test_pedir_lo_ajeno_impide_entregar_el_documento():
    with pytest.raises(prensa.PidioLoAjeno):
        prensa.imprimir('<html lang="es-GT"><title>x</title><img src="http://a/b" alt="x">', "", {})


# Lo que se entrega ------------------------------------------------------------------------------
def test_lleva_adentro_los_datos(leido):
    assert {nombre: datos[0] for nombre, datos in leido.attachments.items()} == ADJUNTOS


def test_dice_en_sus_propiedades_que_es_y_de_que_clase(leido):
    assert leido.metadata.title == semestre().titulo
    assert "Uso del Consejo Nacional de Seguridad" in leido.metadata.subject
    assert leido.metadata.author == "Secretaría Técnica del Consejo Nacional de Seguridad"


def test_la_portada_dice_corte_edicion_y_huella(paginas):
    portada = paginas[0]

    assert "Edición del Consejo Nacional de Seguridad" in portada
    assert "Número 1" in portada
    assert huella(breve().canonico()) in portada.replace("\n", "")


def test_cada_pagina_lleva_la_huella_y_el_codigo_con_que_se_verifica(paginas):
    sello = huella(breve().canonico())
    codigo = f"{sello[:4]}-{sello[4:8]}-{sello[8:12]}-{sello[12:16]}".upper()

    assert [n for n, texto in enumerate(paginas) if codigo not in texto] == []
    sin_huella = [n for n, texto in enumerate(paginas) if sello not in texto.replace("\n", "")]
    assert sin_huella == []


def test_dice_que_cambio_desde_el_corte_anterior_y_por_que(paginas):
    c = breve()
    entero = " ".join(" ".join(paginas).split())
    cambio, causas = next(par for par in comparacion.que_cambio(c) if par[1])

    assert "Qué cambió desde el corte anterior, y por qué" in entero
    assert f"De {c.anterior.periodo}, corte {c.anterior.corte}, a este corte" in entero
    assert f"{causas[0].clave} (" in entero
    assert cambio.accion in entero


def test_ningun_titulo_queda_solo_al_pie_de_su_pagina(leido):
    """Debajo de cada título hay, en su misma página, algo más que no es otro título."""
    titulos = {"/H1", "/H2", "/H3", "/H4"}
    solos = []
    for numero, pagina in enumerate(leido.pages):
        ultima = ""
        for operandos, operador in ContentStream(pagina.get_contents(), leido).operations:
            if operador == b"BDC" and operandos[0] != "/Artifact":
                ultima = str(operandos[0])
        if ultima in titulos:
            solos.append(numero + 1)

    assert solos == []


def test_cada_pagina_dice_que_es_demostracion(paginas):
    assert [n for n, texto in enumerate(paginas) if "DATOS DE DEMOSTRACIÓN" not in texto] == []


def test_con_datos_reales_nada_dice_demostracion():
    salida = pdf.documento(minimo(es_demo=False))

    paginas = [pagina.extract_text() for pagina in PdfReader(BytesIO(salida)).pages]
    assert not any("DATOS DE DEMOSTRACIÓN" in texto for texto in paginas)


def test_cada_pagina_lleva_la_clase_de_la_edicion(paginas):
    assert all("Uso del Consejo Nacional de Seguridad" in texto for texto in paginas)


def test_la_parte_para_el_consejo_cabe_en_dos_paginas(paginas):
    de_la_parte_a = [
        texto
        for texto in paginas[2:]
        if re.search(r"^Parte A\. El semestre en dos páginas", texto, re.MULTILINE)
    ]

    assert len(de_la_parte_a) <= 2


def test_trae_todas_las_secciones_en_su_orden(leido):
    def titulos(nivel: list[Any]) -> Iterator[str]:
        for uno in nivel:
            if isinstance(uno, list):
                yield from titulos(uno)
            else:
                yield uno.title

    marcadores = list(titulos(leido.outline))
    secciones = [titulo for titulo in marcadores if re.match(r"\d+\. ", titulo)]
    assert [int(titulo.split(".")[0]) for titulo in secciones] == list(range(1, 20))
    partes = [titulo[:7] for titulo in marcadores if titulo.startswith("Parte")]
    assert partes == ["Parte A", "Parte B", "Parte C"]


def test_los_niveles_se_llaman_como_los_llama_su_plan():
    c = breve()
    niveles = {"programa": "Eje", "objetivo": "Meta", "accion": "Línea", "matriz": "Hoja"}
    otro = pdf.documento(replace(c, plan=replace(c.plan, niveles=niveles)))
    texto = " ".join(pagina.extract_text() for pagina in PdfReader(BytesIO(otro)).pages)
    dicho, uno = " ".join(texto.split()), c.acciones[0]

    for nombre in (f"Eje {uno.programa}.", f"Meta {uno.objetivo}.", f"Línea {uno.codigo}"):
        assert nombre in dicho
    assert "Número de línea" in dicho
    assert f"Hoja de {uno.codigo}" in dicho
    assert not re.search(r"Acción estratégica|Programa \d+\.|Objetivo \d", dicho)


def test_la_ficha_tiene_la_forma_de_la_grafica_1(paginas):
    ficha = " ".join(next(texto for texto in paginas if "IMPACTO" in texto).split())

    for encabezado in (
        "Número de acción estratégica",
        "Actividades de cumplimiento",
        "Responsable institucional",
        "Fecha de inicio",
        "Fecha de finalización",
        "Programa Presupuestario",
    ):
        assert encabezado in ficha


def test_una_correccion_material_va_en_la_primera_pagina():
    una = Correccion(
        periodo="2022-S1",
        corte=2,
        accion="1.2.4",
        numero=3,
        campo="ejecutado_periodo",
        antes="24.00",
        despues="0.00",
        motivo="Se contó dos veces la misma jornada.",
        material=True,
        es_de_este_corte=True,
        accion_antes=Decimal("44.69"),
        accion_despues=Decimal("39.55"),
        semaforo_antes="AMARILLO",
        semaforo_despues="ROJO",
    )

    salida = pdf.documento(minimo(correcciones=(una,)))

    portada = PdfReader(BytesIO(salida)).pages[0].extract_text()
    assert "Fe de erratas" in portada
    assert "1.2.4.3" in portada
    assert "pasa de E 44.69 Amarillo a E 39.55 Rojo" in " ".join(portada.split())


def test_la_edicion_publica_dice_cuantas_filas_calla_y_por_que():
    publica = replace(
        minimo(), edicion="PUBLICA", retenidos=semestre("PUBLICA").retenidos, decisiones=()
    )

    paginas = [p.extract_text() for p in PdfReader(BytesIO(pdf.documento(publica))).pages]

    assert any("Lo que esta edición no publica" in texto for texto in paginas)
    assert not any("Requieren decisión" in texto for texto in paginas)
    assert "Información pública" in paginas[0]


def test_no_queda_nada_en_ingles_ni_sin_escribir(paginas):
    todo = " ".join(paginas)

    assert re.findall(r"\b(None|True|False|nan|Page|Table|Figure|null|Decimal)\b", todo) == []
    assert "{{" not in todo
    assert "{%" not in todo


# PDF/UA-1 ---------------------------------------------------------------------------------------
def test_se_declara_pdf_ua_con_idioma_y_titulo_a_la_vista(leido):
    raiz = leido.root_object

    assert raiz["/Lang"] == "es-GT"
    assert raiz["/MarkInfo"]["/Marked"]
    assert raiz["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"pdfuaid" in raiz["/Metadata"].get_data()


def test_cada_pagina_se_recorre_en_el_orden_de_su_estructura(leido):
    assert {pagina["/Tabs"] for pagina in leido.pages} == {"/S"}


def test_toda_figura_tiene_texto_que_la_describe(leido):
    figuras = [uno for uno in elementos(leido) if uno["/S"] == "/Figure"]

    assert len(figuras) == 7
    assert all(len(figura["/Alt"]) > 20 for figura in figuras)


def test_la_caja_de_cada_figura_es_la_que_ocupa_en_su_pagina(leido):
    """En puntos y desde abajo, como todo lo de la página (ISO 32000-1, 14.8.5.4.3)."""
    pintadas = {pagina.indirect_reference.idnum: pintadas_en(pagina) for pagina in leido.pages}
    figuras = [uno for uno in elementos(leido) if uno["/S"] == "/Figure"]

    assert figuras
    for figura in figuras:
        (mcid,) = figura["/K"]
        esta = pintadas[figura.raw_get("/Pg").idnum][mcid]
        assert list(map(float, figura["/A"]["/BBox"])) == pytest.approx(esta, abs=0.1)


def pintadas_en(pagina: PageObject) -> dict[int, list[float]]:
    """Dónde se pinta cada figura de la página, según el recorte que antecede a su marca."""
    recorte: list[float] = []
    cajas = {}

    def mirar(operador: bytes, operandos: Any, matriz: list[float], _letra: Any) -> None:
        nonlocal recorte
        if operador == b"re":
            x, y, ancho, alto = map(float, operandos)
            escala, _, _, vuelta, izquierda, arriba = matriz
            recorte = [
                izquierda + escala * x,
                arriba + vuelta * (y + alto),
                izquierda + escala * (x + ancho),
                arriba + vuelta * y,
            ]
        elif operador == b"BDC" and operandos[0] == "/Figure":
            cajas[operandos[1]["/MCID"]] = recorte

    pagina.extract_text(visitor_operand_before=mirar)
    return cajas


def test_cada_adjunto_se_nombra_y_se_describe(leido):
    """Nombre para todo sistema y descripción (ISO 14289-1, 7.11)."""
    dentro = leido.root_object["/Names"]["/EmbeddedFiles"]["/Names"][1::2]
    adjuntos = [uno.get_object() for uno in dentro]

    assert {uno["/UF"] for uno in adjuntos} == {uno["/F"] for uno in adjuntos} == set(ADJUNTOS)
    assert all(uno["/UF"] in uno["/Desc"] for uno in adjuntos)


def test_todo_encabezado_de_tabla_dice_de_que_lo_es(leido):
    encabezados = [uno for uno in elementos(leido) if uno["/S"] == "/TH"]

    assert encabezados
    assert {uno["/A"]["/Scope"] for uno in encabezados} == {"/Row", "/Column"}


def test_los_encabezados_que_las_celdas_nombran_estan_en_el_indice(leido):
    nombres = leido.root_object["/StructTreeRoot"]["/IDTree"]["/Names"]
    indice = {str(nombre) for nombre in nombres[::2]}
    celdas = [uno for uno in elementos(leido) if uno["/S"] == "/TD"]

    nombrados = {str(uno) for celda in celdas for uno in celda["/A"].get("/Headers", [])}
    assert nombrados
    assert nombrados <= indice
    assert list(map(str, nombres[::2])) == sorted(map(str, nombres[::2]))


def test_todo_lo_marcado_cuelga_del_arbol_o_es_artefacto(leido):
    """Cada MCID del contenido tiene, en el árbol, un dueño que se alcanza desde la raíz."""
    numeros = leido.root_object["/StructTreeRoot"]["/ParentTree"]["/Nums"]
    por_clave = dict(zip(numeros[::2], numeros[1::2], strict=True))
    del_arbol = {uno.indirect_reference.idnum for uno in elementos(leido)}
    marca = re.compile(rb"/(\w+)\s*<<\s*/MCID (\d+)\s*>>\s*BDC")

    for pagina in leido.pages:
        duenos = por_clave[pagina["/StructParents"]].get_object()
        marcados = marca.findall(pagina.get_contents().get_data())
        assert marcados
        for _etiqueta, mcid in marcados:
            assert duenos[int(mcid)].idnum in del_arbol


def test_nada_se_pinta_fuera_de_una_marca(leido):
    """Cada trazo, texto o imagen es de un elemento del árbol o es artefacto."""
    fuera = []
    for numero, pagina in enumerate(leido.pages):
        hondo = 0
        for _operandos, operador in ContentStream(pagina.get_contents(), leido).operations:
            hondo += (operador in {b"BDC", b"BMC"}) - (operador == b"EMC")
            if operador in PINTAN and not hondo:
                fuera.append((numero + 1, operador))
        assert hondo == 0

    assert fuera == []


def test_toda_celda_de_datos_nombra_sus_encabezados(leido):
    """Por identificador, que es lo que un lector de pantalla dice al entrar en la celda."""
    tablas = [uno for uno in elementos(leido) if uno["/S"] == "/Table"]
    sin_encabezado = [
        tabla
        for tabla in tablas
        if any(celda["/S"] == "/TH" and celda["/A"]["/Scope"] == "/Column" for celda in de(tabla))
        and any(celda["/S"] == "/TD" and not celda["/A"].get("/Headers") for celda in de(tabla))
    ]

    assert len(tablas) > 10
    assert sin_encabezado == []


def de(tabla: DictionaryObject) -> Iterator[DictionaryObject]:
    """Las celdas de una tabla, en cualquiera de sus grupos de filas."""
    por_ver = [tabla]
    while por_ver:
        uno = por_ver.pop().get_object()
        if isinstance(uno, DictionaryObject) and uno.get("/S") in {"/TH", "/TD"}:
            yield uno
        elif isinstance(uno, DictionaryObject):
            hijos = uno.get("/K", [])
            por_ver += hijos if isinstance(hijos, list) else [hijos]


def test_los_titulos_bajan_de_uno_en_uno(leido):
    """Ninguno salta un nivel: quien navega por títulos no pierde el hilo."""
    anterior, saltos = 0, []
    for uno in en_orden(leido):
        if re.fullmatch(r"/H[1-6]", uno["/S"]):
            nivel = int(uno["/S"][2:])
            if nivel > anterior + 1:
                saltos.append((anterior, nivel))
            anterior = nivel

    assert anterior
    assert saltos == []


def en_orden(leido: PdfReader) -> Iterator[DictionaryObject]:
    """Los elementos del árbol en el orden en que se leen."""

    def bajar(uno: Any) -> Iterator[DictionaryObject]:
        uno = uno.get_object() if isinstance(uno, IndirectObject) else uno
        if isinstance(uno, DictionaryObject) and "/S" in uno:
            yield uno
            hijos = uno.get("/K", [])
            for hijo in hijos if isinstance(hijos, list) else [hijos]:
                yield from bajar(hijo)

    for raiz in leido.root_object["/StructTreeRoot"]["/K"]:
        yield from bajar(raiz)


def test_todo_enlace_lleva_a_un_sitio_del_documento_y_cuelga_del_arbol(leido):
    enlaces = [uno for uno in elementos(leido) if uno["/S"] == "/Link"]
    anotados = [
        nota.get_object()
        for pagina in leido.pages
        for nota in pagina.get("/Annots", [])
        if nota.get_object()["/Subtype"] == "/Link"
    ]
    destinos = set(leido.named_destinations)

    assert anotados
    assert len(enlaces) >= len(anotados)
    assert all("/StructParent" in nota for nota in anotados)
    assert {str(nota["/Dest"]) for nota in anotados if "/Dest" in nota} <= destinos


def test_encabezado_y_pie_son_artefactos(leido):
    contenido = leido.pages[5].get_contents().get_data()

    assert len(re.findall(rb"/Artifact\s*<<\s*/Type\s*/Pagination\s*>>\s*BDC", contenido)) >= 4


def test_la_letra_va_adentro(leido):
    letras = {
        str(letra.get_object()["/BaseFont"])
        for pagina in leido.pages
        for letra in pagina["/Resources"]["/Font"].values()
    }

    assert any("Public-Sans" in letra for letra in letras)


# Lo que se relee --------------------------------------------------------------------------------
def test_verificar_rechaza_un_documento_sin_sus_adjuntos(octetos):
    with pytest.raises(pdf.QuedoIncompleto, match="adjuntos"):
        pdf.verificar(octetos, breve(), {"otro.json": b"{}"})


def test_verificar_rechaza_el_documento_de_otro_semestre(octetos):
    otro = breve(periodo=replace(breve().periodo, nombre="Primer Semestre 2021"))

    with pytest.raises(pdf.QuedoIncompleto, match="título"):
        pdf.verificar(octetos, otro)


def test_el_recolector_queda_como_estaba():
    import gc

    prensa.imprimir('<html lang="es-GT"><title>x</title><p>x', "", {})

    assert gc.isenabled()
