"""G-29 y G-31 del libro: lo hostil se rechaza con su código, sin residuos, y lo bueno pasa.

Cada libro se hace del que se baja aquí, cambiando una sola cosa: así no se rechaza por otra. Las
claves X-… son de datos/entradas_hostiles.csv; las demás, nuestras.
"""

import io
import os
import random
import re
import resource
import struct
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.urls import reverse

from matrices import archivos as inspeccion
from matrices import flujo, libro
from matrices.models import Avance, LibroRecibido, Movimiento
from tests import archivos, libros
from tests.fabricas import (
    AccionFactory,
    ActividadFactory,
    AvanceFactory,
    MatrizFactory,
    PeriodoFactory,
    UsuarioFactory,
)

SEGUNDOS, MEGAS = 1.0, 200
HOJA = "Actividades"
PORCENTAJE, LOGRO, FECHA = "Avance acumulado (%)", "Logro", "Fecha de la medida"


class Mundo:
    """Dos actividades propias y una ajena, en un semestre abierto tras otro cortado."""

    def __init__(self, elenco):
        self.persona = elenco.planificadora
        self.viejo = PeriodoFactory(anio=2020, semestre=2, estado="ABIERTO")
        self.periodo, plan = self.viejo, self.viejo.plan
        accion = AccionFactory(objetivo__programa__plan=plan, codigo="1.1.1", orden=1)
        matriz = MatrizFactory(accion=accion)
        casas = [elenco.responsable, elenco.responsable, elenco.otra]
        self.actividades = [
            ActividadFactory(matriz=matriz, numero=numero, responsable=casa)
            for numero, casa in enumerate(casas, start=1)
        ]
        self.abrir(self.viejo)
        self.vencido = libros.lleno(self.bajar(), "1.1.1.1", **{PORCENTAJE: 30})
        type(self.viejo).objects.filter(pk=self.viejo.pk).update(estado="CORTADO")
        self.periodo = PeriodoFactory(plan=plan)
        self.abrir(self.periodo)
        self.bueno = libros.lleno(self.bajar(), "1.1.1.1", **{PORCENTAJE: 45})

    def abrir(self, periodo):
        for actividad in self.actividades:
            AvanceFactory(actividad=actividad, periodo=periodo)
        flujo.medir(Avance.objects.filter(periodo=periodo))

    def bajar(self):
        return libros.bajado(self.persona, self.periodo)


@pytest.fixture
def mundo(elenco, settings):
    settings.LIBRO_EN_EL_PEDIDO = settings.LIBRO_MAXIMO  # también los grandes, en el pedido
    return Mundo(elenco)


# Cómo se hace cada libro ------------------------------------------------------------------------
def parte(nombre: str, contenido: bytes = b"x") -> Callable[[Mundo], bytes]:
    """El bueno con una parte de más."""

    def hacer(mundo):
        salida = io.BytesIO(mundo.bueno)
        with zipfile.ZipFile(salida, "a", zipfile.ZIP_DEFLATED) as paquete:
            paquete.writestr(nombre, contenido)
        return salida.getvalue()

    return hacer


def cambia(nombre: str, busca: bytes, pone: bytes | None) -> Callable[[Mundo], bytes]:
    """El bueno con algo cambiado en una de sus partes; None la quita entera."""

    def hacer(mundo):
        halladas = []

        def cambio(una, contenido):
            if not una.startswith(nombre):
                return contenido
            halladas.append(una)
            return None if pone is None else contenido.replace(busca, pone, 1)

        hecho = archivos.libro_con(mundo.bueno, cambio)
        assert halladas
        return hecho

    return hacer


def en_la_hoja(busca: bytes, pone: bytes) -> Callable[[Mundo], bytes]:
    return lambda mundo: archivos.libro_con_hoja(mundo.bueno, HOJA, busca, pone)


def celda(titulo: str, xml: bytes) -> Callable[[Mundo], bytes]:
    """El bueno con esa celda de 1.1.1.1 escrita a mano en el XML."""

    def hacer(mundo):
        hoja = libros.abierto(mundo.bueno)[HOJA]
        sitio = libros.celda(hoja, "1.1.1.1", titulo).coordinate.encode()
        nombre = archivos.parte_de_la_hoja(mundo.bueno, HOJA)

        def cambio(una, contenido):
            if una != nombre:
                return contenido
            desde = contenido.index(b'<c r="%s"' % sitio)
            cierra = contenido.index(b">", desde)
            vacia = contenido[cierra - 1 : cierra] == b"/"
            hasta = cierra + 1 if vacia else contenido.index(b"</c>", desde) + 4
            return contenido[:desde] + xml.replace(b"@", sitio) + contenido[hasta:]

        return archivos.libro_con(mundo.bueno, cambio)

    return hacer


def valor(titulo: str, dado: Any, formato: str = "") -> Callable[[Mundo], bytes]:
    def retoque(cuaderno):
        una = libros.celda(cuaderno[HOJA], "1.1.1.1", titulo)
        una.value = dado
        if formato:
            una.number_format = formato

    return lambda mundo: libros.retocado(mundo.bueno, retoque)


def enorme(trozo: bytes, veces: int, antes: bytes, despues: bytes) -> Callable[[Mundo], bytes]:
    """La hoja con un relleno que se repite, escrita por trozos: aquí tampoco cabe entera."""

    def hacer(mundo):
        nombre = archivos.parte_de_la_hoja(mundo.bueno, HOJA)
        salida = io.BytesIO()
        with (
            zipfile.ZipFile(io.BytesIO(mundo.bueno)) as bueno,
            zipfile.ZipFile(salida, "w", zipfile.ZIP_DEFLATED) as nuevo,
        ):
            for una in bueno.namelist():
                if una != nombre:
                    nuevo.writestr(una, bueno.read(una))
                    continue
                principio, fin = bueno.read(una).split(b"</sheetData>", 1)
                with nuevo.open(una, "w", force_zip64=True) as hoja:
                    hoja.write(principio + antes)
                    for _vez in range(veces):
                        hoja.write(trozo)
                    hoja.write(despues + b"</sheetData>" + fin)
        return salida.getvalue()

    return hacer


def filas_distintas(cuantas: int, columnas: int) -> Callable[[Mundo], bytes]:
    """Filas de números que no se comprimen: así las cuenta el lector, no la proporción."""

    def hacer(mundo):
        azar = random.Random(cuantas)
        filas = [
            b"<row>%s</row>"
            % b"".join(b"<c><v>%d</v></c>" % azar.getrandbits(40) for _ in range(columnas))
            for _fila in range(cuantas)
        ]
        return en_la_hoja(b"</sheetData>", b"".join(filas) + b"</sheetData>")(mundo)

    return hacer


def cifrado(mundo: Mundo) -> bytes:
    octetos = bytearray(mundo.bueno)
    for firma, lugar in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        desde = 0
        while (desde := octetos.find(firma, desde)) >= 0:
            (banderas,) = struct.unpack_from("<H", octetos, desde + lugar)
            struct.pack_into("<H", octetos, desde + lugar, banderas | 1)
            desde += 4
    return bytes(octetos)


def con_enlace(mundo: Mundo) -> bytes:
    salida = io.BytesIO(mundo.bueno)
    with zipfile.ZipFile(salida, "a") as paquete:
        enlace = zipfile.ZipInfo("xl/media/enlace")
        enlace.external_attr = 0o120777 << 16
        paquete.writestr(enlace, "/etc/passwd")
    return salida.getvalue()


def con_comentario(mundo: Mundo) -> bytes:
    salida = io.BytesIO(mundo.bueno)
    with zipfile.ZipFile(salida, "a") as paquete:
        paquete.comment = b"%PDF-1.7"
    return salida.getvalue()


def con_otra_compresion(mundo: Mundo) -> bytes:
    salida = io.BytesIO(mundo.bueno)
    with zipfile.ZipFile(salida, "a", zipfile.ZIP_BZIP2) as paquete:
        paquete.writestr("xl/media/x", b"x" * 100)
    return salida.getvalue()


def veinte_mil_partes(mundo: Mundo) -> bytes:
    salida = io.BytesIO(mundo.bueno)
    with zipfile.ZipFile(salida, "a") as paquete:
        for numero in range(20_000):
            paquete.writestr(f"basura/{numero}.xml", b"<x/>")
    return salida.getvalue()


def titulos(retoque: Callable[[Any], Any]) -> Callable[[Mundo], bytes]:
    return lambda mundo: libros.retocado(mundo.bueno, lambda c: retoque(c[HOJA]))


def codigo_ajeno(cuaderno):
    libros.celda(cuaderno[HOJA], "1.1.1.2", "Actividad").value = "1.1.1.3"


def fila_repetida(cuaderno):
    hoja = cuaderno[HOJA]
    hoja.append([una.value for una in hoja[2]])


def tambien_en(cuaderno, hoja):
    cuaderno[hoja].sheet_state = "veryHidden"


DTD = b'<!DOCTYPE x [<!ENTITY a0 "ja">%s]>' % b"".join(
    b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10)
)
EXTERNA = b"<!DOCTYPE x [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>"
RELACION = b'<Relationship Id="rIdX" Type="http://x/%s" Target="%s" TargetMode="External"/>'
FIN_DE_RELACIONES = b"</Relationships>"
INLINE = b'<c r="@" t="inlineStr"><is><t>%s</t></is></c>'


class Caso(NamedTuple):
    """Un libro y lo que se contesta: la clave de la tabla, o sus códigos."""

    clave: str
    hacer: Callable[[Mundo], bytes]
    http: str = ""
    codigo: str = ""

    @property
    def esperado(self) -> tuple[set[str], set[str]]:
        if self.http:
            return set(self.http.split("|")), set(self.codigo.split("|"))
        return archivos.esperados()[self.clave.split()[0]]


CASOS = [
    Caso("X-01", lambda m: b""),
    Caso("X-02", parte("xl/media/foto.png", random.Random(2).randbytes(11 * 1024 * 1024))),
    Caso("X-03", lambda m: archivos.HTML),
    Caso("X-04", lambda m: b"actividad,avance\n1.1.1.1,45\n"),
    Caso("X-05", lambda m: bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 600),
    Caso("X-06", lambda m: m.bueno[: len(m.bueno) // 2]),
    Caso("X-07", lambda m: b"%PDF-1.7\n" + m.bueno),
    Caso("X-08 miembros", cifrado),
    Caso("X-08 OLE", lambda m: bytes.fromhex("D0CF11E0A1B11AE1") + b"EncryptedPackage" * 90),
    Caso("X-10", cambia("[Content_Types].xml", b"", None)),
    Caso("X-11", cambia("xl/worksheets/", b"", None)),
    Caso("X-12", en_la_hoja(b"<worksheet", DTD + b"<worksheet")),
    Caso("X-14 hoja", en_la_hoja(b"<worksheet", EXTERNA + b"<worksheet")),
    Caso("X-14 libro", cambia("xl/workbook.xml", b"<workbook", EXTERNA + b"<workbook")),
    Caso(
        "X-15",
        enorme(
            b"A" * 1_000_000,
            300,
            b'<row r="9"><c r="A9" t="inlineStr"><is><t>',
            b"</t></is></c></row>",
        ),
    ),
    Caso("X-16", enorme(b"<row><c><v>1</v></c></row>" * 1000, 3000, b"", b"")),
    Caso(
        "X-18",
        en_la_hoja(
            b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
        ),
    ),
    Caso(
        "X-19",
        en_la_hoja(
            b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="A1:XFD20000"/></mergeCells>'
        ),
    ),
    Caso("X-20", en_la_hoja(b"<sheetData>", b'<dimension ref="A1:XFD1048576"/><sheetData>')),
    Caso("X-21", veinte_mil_partes),
    Caso("X-23 sube", parte("../../../../tmp/x.txt")),
    Caso("X-23 absoluta", parte("/etc/cron.d/x")),
    Caso("X-25 proyecto", parte("xl/vbaProject.bin")),
    Caso(
        "X-25 tipo",
        cambia(
            "[Content_Types].xml",
            b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main",
            b"application/vnd.ms-excel.sheet.macroEnabled.main",
        ),
    ),
    Caso("X-26", parte("xl/embeddings/oleObject1.bin", b"MZ")),
    Caso("X-27 externos", parte("xl/externalLinks/externalLink1.xml", b"<x/>")),
    Caso("X-27 conexiones", parte("xl/connections.xml", b"<x/>")),
    Caso("X-27 consultas", parte("xl/queryTables/queryTable1.xml", b"<x/>")),
    Caso("X-29", en_la_hoja(b"</sheetData>", b'<row r="50"><c r="A5')),
    Caso("X-31 texto", celda(FECHA, b'<c r="@" t="d"><v>99999-99-99</v></c>')),
    Caso("X-31 serie", valor(FECHA, 1_000_000_000, "dd/mm/yyyy")),
    Caso("X-32 NaN", celda(PORCENTAJE, b'<c r="@"><v>NaN</v></c>')),
    Caso("X-32 infinito", celda(PORCENTAJE, b'<c r="@"><v>1e999</v></c>')),
    Caso("X-32 larguisimo", celda(PORCENTAJE, b'<c r="@"><v>' + b"9" * 400 + b"</v></c>")),
    Caso("X-34", celda(PORCENTAJE, b'<c r="@"><f>1+1</f></c>')),
    Caso("X-36 falta", titulos(lambda hoja: hoja.delete_cols(20))),
    Caso("X-36 otro nombre", titulos(lambda hoja: setattr(hoja["T1"], "value", "Qué pasó"))),
    Caso("X-36 repetida", titulos(lambda hoja: setattr(hoja["T1"], "value", "Limitante"))),
    Caso("X-36 de más", titulos(lambda hoja: setattr(hoja.cell(1, 40), "value", "Notas"))),
    Caso("X-37", lambda m: libros.retocado(m.bueno, codigo_ajeno)),
    Caso("X-38", lambda m: libros.retocado(m.bueno, fila_repetida)),
    Caso("X-39 101", valor(PORCENTAJE, 101), "422", "fila_invalida"),
    Caso("X-39 -1", valor(PORCENTAJE, -1), "422", "fila_invalida"),
    Caso("X-39 50%", valor(PORCENTAJE, "50%"), "200", "ok"),
    Caso("X-39 coma", valor(PORCENTAJE, "50,5"), "422", "fila_invalida"),
    Caso("X-39 formato", valor(PORCENTAJE, 0.505, "0.00%"), "200", "ok"),
    Caso("X-41 crudo", celda(LOGRO, INLINE % b"Antes\x0bdespues")),
    Caso("X-41 escapado", celda(LOGRO, INLINE % b"Antes_x000B_despues")),
    Caso("X-41 volteado", celda(LOGRO, INLINE % "Antes\u202edespués".encode())),
    Caso("X-41 sin ancho", celda(LOGRO, INLINE % "Antes\u200bdespués".encode()), "200", "ok"),
    Caso("X-42", lambda m: m.vencido),
    # Los nuestros (un renglón por caso: es una tabla)
    Caso("bueno", lambda m: m.bueno, "200", "ok"),
    Caso("sin tocar", lambda m: m.bajar(), "200", "ok"),
    Caso(
        "fórmula con resultado",
        celda(LOGRO, b'<c r="@" t="str"><f>A2</f><v>x</v></c>'),
        "422",
        "fila_invalida",
    ),
    Caso(
        "fórmula compartida",
        celda(PORCENTAJE, b'<c r="@"><f t="shared" ref="@" si="0">1</f><v>1</v></c>'),
        "422",
        "fila_invalida",
    ),
    Caso(
        "fórmula sin sitio",
        en_la_hoja(b"</sheetData>", b"<row><c/><c><f>1+1</f></c></row></sheetData>"),
        "422",
        "fila_invalida",
    ),
    Caso(
        "celda con error",
        celda(PORCENTAJE, b'<c r="@" t="e"><v>#DIV/0!</v></c>'),
        "422",
        "fila_invalida",
    ),
    Caso("diez mil decimales", valor(PORCENTAJE, 45.123456), "422", "fila_invalida"),
    Caso("verdadero", valor(PORCENTAJE, True), "422", "fila_invalida"),
    Caso("fecha como número", valor(FECHA, 46022, "General"), "422", "fila_invalida"),
    Caso("fecha como texto", valor(FECHA, "31/12/2021"), "200", "ok"),
    Caso("logro larguísimo", valor(LOGRO, "a" * 32_000), "422", "fila_invalida"),
    Caso("fórmula escrita como texto", celda(LOGRO, INLINE % b"=cmd|' /C calc'!A0"), "200", "ok"),
    Caso(
        "índice fuera de las cadenas",
        celda(LOGRO, b'<c r="@" t="s"><v>987654321</v></c>'),
        "400|200",
        "archivo_ilegible|ok",
    ),
    Caso(
        "hoja muy oculta",
        lambda m: libros.retocado(m.bueno, lambda c: tambien_en(c, "Listas")),
        "400",
        "hoja_oculta",
    ),
    Caso(
        "otra hoja oculta",
        lambda m: libros.retocado(
            m.bueno, lambda c: setattr(c.create_sheet("x"), "sheet_state", "hidden")
        ),
        "400",
        "hoja_oculta",
    ),
    Caso("enlace simbólico", con_enlace, "400", "ruta_insegura"),
    Caso("con comentario al final", con_comentario, "400", "estructura"),
    Caso("otra compresión", con_otra_compresion, "400", "estructura"),
    Caso("parte con otra mayúscula", parte("XL/Workbook.xml", b"<x/>"), "400", "estructura"),
    Caso("parte con barra invertida", parte("xl\\..\\..\\x"), "400", "ruta_insegura"),
    Caso("parte con unidad", parte("C:/x.txt"), "400", "ruta_insegura"),
    Caso("ActiveX", parte("xl/activeX/activeX1.bin"), "400", "contenido_activo"),
    Caso("hoja de macros", parte("xl/macrosheets/sheet1.xml", b"<x/>"), "400", "contenido_activo"),
    Caso("modelo de datos", parte("xl/model/item.data"), "400", "contenido_activo"),
    Caso(
        "relación hacia afuera",
        cambia(
            "xl/_rels/workbook.xml.rels",
            FIN_DE_RELACIONES,
            RELACION % (b"image", b"file:///etc/passwd") + FIN_DE_RELACIONES,
        ),
        "400",
        "contenido_activo",
    ),
    Caso(
        "hoja en UTF-16",
        en_la_hoja(b"<worksheet", "<?xml version='1.0'?>".encode("utf-16") + b"<worksheet"),
        "400",
        "estructura",
    ),
    Caso(
        "hoja que no está",
        cambia("xl/_rels/workbook.xml.rels", b"sheet2.xml", b"sheet99.xml"),
        "400",
        "archivo_ilegible",
    ),
    Caso(
        "sin relaciones", cambia("xl/_rels/workbook.xml.rels", b"", None), "400", "archivo_ilegible"
    ),
    Caso(
        "muy honda",
        enorme(b"<a>" * 100, 200, b"", b"</a>" * 20_000),
        "400|200",
        "archivo_ilegible|ok",
    ),
    Caso(
        "doscientas mil celdas",
        filas_distintas(1500, 150),
        "400",
        "demasiadas_filas",
    ),
    Caso(
        "seis mil filas",
        filas_distintas(6000, 1),
        "400",
        "demasiadas_filas",
    ),
    Caso(
        "sello de otro",
        lambda m: archivos.libro_con_hoja(m.bueno, "Instrucciones", b">Sello<", b">Otro<"),
        "400",
        "sello",
    ),
    Caso(
        "control vacío",
        titulos(lambda hoja: setattr(libros.celda(hoja, "1.1.1.1", "Control"), "value", None)),
        "422",
        "fila_invalida",
    ),
    Caso(
        "versión inventada",
        titulos(lambda hoja: setattr(libros.celda(hoja, "1.1.1.1", "Versión"), "value", 10**30)),
        "422",
        "fila_invalida",
    ),
    Caso("nombre que engaña", lambda m: m.bueno, "400", "no_es_xlsx"),
    Caso("otra extensión", lambda m: m.bueno, "400", "no_es_xlsx"),
]
NOMBRES = {"nombre que engaña": "\u202exslx.exe", "otra extensión": "libro.xlsm"}


MEDIDOR = """
import pathlib, resource, subprocess, sys
hecho = subprocess.run([sys.executable, "-I", "-B", {lector!r}, *sys.argv[1:]], capture_output=True)
pico = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
pathlib.Path({anota!r}).write_text(str(pico // 1024))
sys.stdout.buffer.write(hecho.stdout)
sys.exit(hecho.returncode)
"""


@pytest.fixture
def pico(tmp_path, monkeypatch):
    """Los MB que llegó a usar el lector: lo corre un proceso chico, que no le presta los suyos."""
    anota, medidor = tmp_path / "pico", tmp_path / "medidor.py"
    lector = str(inspeccion.LECTOR)
    medidor.write_text(MEDIDOR.format(lector=lector, anota=str(anota)))
    monkeypatch.setattr(inspeccion, "LECTOR", medidor)
    return lambda: int(anota.read_text()) if anota.exists() else 0


@pytest.fixture
def sin_residuos(tmp_path, settings, monkeypatch):
    """Las carpetas donde algo podría quedar, vacías, y cómo están después."""
    temporal = tmp_path / "temporal"
    temporal.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporal))
    settings.FILE_UPLOAD_TEMP_DIR = str(temporal)
    fuera = [Path(tempfile.gettempdir()) / "x.txt", Path("/etc/cron.d/x")]
    estaban = [ruta.exists() for ruta in fuera]
    yield temporal
    assert list(temporal.iterdir()) == []
    assert [ruta.exists() for ruta in fuera] == estaban


def gastado() -> float:
    """Segundos de procesador, de aquí y de los procesos que se abrieron."""
    return sum(os.times()[:4])


def memoria() -> float:
    """MB máximos de este proceso."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.parametrize("caso", CASOS, ids=lambda caso: caso.clave)
def test_libro_hostil_contesta_lo_esperado(client, mundo, sin_residuos, pico, caso, cifra):
    client.force_login(mundo.persona)
    client.raise_request_exception = False
    octetos = caso.hacer(mundo)
    nombre = NOMBRES.get(caso.clave, "libro.xlsx")
    subido = libros.archivo(octetos)
    subido._name = nombre
    procesador, antes, reloj = gastado(), memoria(), time.perf_counter()

    respuesta = client.post(
        reverse("matrices:subir_libro"),
        {"archivo": subido},
        headers={"Accept": "application/json"},
    )

    usado = gastado() - procesador
    subio = memoria() - antes
    http, codigos = caso.esperado
    exito = respuesta.status_code in {200, 302}
    codigo = "ok" if exito else respuesta.json()["codigo"]
    assert codigo in codigos, respuesta.content[:300]
    assert ("200" if exito else str(respuesta.status_code)) in http
    assert not Movimiento.objects.exists()
    assert not Avance.objects.exclude(estado="PENDIENTE").exists()
    se_guarda = exito or codigo == "fila_invalida"
    assert LibroRecibido.objects.count() == int(se_guarda)
    assert usado <= SEGUNDOS, (
        f"{usado:.2f} s de procesador, {time.perf_counter() - reloj:.2f} de reloj"
    )
    assert subio <= MEGAS
    assert pico() <= MEGAS
    cifra(f"G-29 libros={len(CASOS)} (≥ 38), cada uno ≤ {SEGUNDOS:.0f} s y ≤ {MEGAS} MB")


def test_hay_bastantes_libros_y_todas_las_claves_de_la_tabla():
    tabla = {clave for clave in archivos.esperados() if clave.startswith("X-")}
    probadas = {caso.clave.split()[0] for caso in CASOS}

    assert tabla - probadas == {"X-43", "X-44"}  # dos veces, y dos a la vez: abajo
    assert len(CASOS) >= 38
    assert sum(caso.esperado[1] == {"ok"} for caso in CASOS) >= 5


def test_x39_un_porcentaje_con_formato_se_lee_como_se_ve_y_se_dice(mundo):
    recibido = libro.subir(
        libros.archivo(valor(PORCENTAJE, 0.505, "0.00%")(mundo)),
        institucion=mundo.persona.institucion,
        periodo=mundo.periodo,
        por=mundo.persona,
    )

    fila = recibido.resultado["renglones"][0]
    assert fila["cambios"][0]["despues"] == "50.50"
    assert "50.5 %" in fila["avisos"][0]["mensaje"]


@pytest.mark.django_db(transaction=True)
def test_x44_dos_personas_aplican_a_la_vez_y_una_se_entera(elenco, settings, cifra):
    """Una gana; a la otra se le dice renglón por renglón, y nada queda a medias."""
    from threading import Barrier, Thread

    from django.db import connection

    settings.LIBRO_EN_EL_PEDIDO = 10 * 1024 * 1024
    mundo = Mundo(elenco)
    otra = UsuarioFactory(institucion=mundo.persona.institucion)
    recibidos = []
    for persona, dado in ((mundo.persona, 50), (otra, 60)):
        octetos = mundo.bajar()
        for codigo in ("1.1.1.1", "1.1.1.2"):
            octetos = libros.lleno(octetos, codigo, **{PORCENTAJE: dado})
        recibidos.append(
            libro.subir(
                libros.archivo(octetos),
                institucion=persona.institucion,
                periodo=mundo.periodo,
                por=persona,
            )
        )
    salida, hechos = Barrier(2), {}

    def aplicar(recibido):
        try:
            salida.wait(10)
            hechos[recibido.pk] = libro.aplicar(recibido, por=recibido.por).resultado
        finally:
            connection.close()

    hilos = [Thread(target=aplicar, args=[recibido]) for recibido in recibidos]
    for hilo in hilos:
        hilo.start()
    for hilo in hilos:
        hilo.join(60)

    assert sorted(uno["aplicados"] for uno in hechos.values()) == [0, 2]
    assert sorted(uno["codigo"] for uno in hechos.values()) == ["", "version_ajena"]
    valores = set(
        Avance.objects.filter(periodo=mundo.periodo, estado="BORRADOR").values_list(
            "porcentaje", flat=True
        )
    )
    assert len(valores) == 1
    assert Movimiento.objects.count() == 2
    cifra("G-29 X-44: dos a la vez, una gana entera y la otra lo sabe")


@pytest.mark.parametrize(
    "texto", ['=HYPERLINK("http://x","a") y más texto.', "@SUM(1)", "-1+1", "+1"]
)
def test_g31_el_libro_bajado_no_lleva_formulas_ni_nada_oculto(mundo, texto):
    Avance.objects.filter(periodo=mundo.periodo).update(logro=texto, estado="BORRADOR")

    octetos = mundo.bajar()

    cuaderno = libros.abierto(octetos)
    assert libros.celda(cuaderno[HOJA], "1.1.1.1", LOGRO).value == texto
    with zipfile.ZipFile(io.BytesIO(octetos)) as paquete:
        partes = [paquete.read(nombre) for nombre in paquete.namelist() if "sheets/" in nombre]
        indice = paquete.read("xl/workbook.xml")
    assert len(partes) == len(cuaderno.sheetnames)
    assert not any(re.search(rb"<f[ >/]", una) for una in partes)
    assert not any(b'hidden="1"' in una for una in [*partes, indice])
    assert {una.sheet_state for una in cuaderno} == {"visible"}
