"""Archivos de prueba: los buenos, y los hostiles de datos/entradas_hostiles.csv por su clave."""

import csv
import io
import json
import re
import struct
import zipfile
import zlib
from functools import cache
from pathlib import Path

from django.contrib.staticfiles.finders import get_finders
from openpyxl import Workbook
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject

HOSTILES = Path(__file__).parent / "datos" / "entradas_hostiles.csv"
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
N = NameObject


@cache
def esperados() -> dict[str, tuple[set[str], set[str]]]:
    """Por clave, los códigos HTTP y los `codigo` que se aceptan."""
    with HOSTILES.open(encoding="utf-8") as archivo:
        return {
            fila["id"]: (
                set(fila["esperado_codigo_http"].split("|")),
                set(fila["esperado_codigo"].split("|")),
            )
            for fila in csv.DictReader(archivo)
        }


def _escrito(documento: PdfWriter) -> bytes:
    salida = io.BytesIO()
    documento.write(salida)
    return salida.getvalue()


def _documento(paginas: int = 1) -> PdfWriter:
    documento = PdfWriter()
    for _ in range(paginas):
        documento.add_blank_page(200, 200)
    return documento


@cache
def pdf(marca: str = "", paginas: int = 1) -> bytes:
    """Un PDF bueno; con otra marca, otro contenido."""
    documento = _documento(paginas)
    documento.add_metadata({"/Title": marca or "Acta"})
    return _escrito(documento)


def _accion(tipo: str, **llaves) -> DictionaryObject:
    campos = {N(f"/{llave}"): TextStringObject(valor) for llave, valor in llaves.items()}
    return DictionaryObject({N("/S"): N(tipo), **campos})


def pdf_javascript() -> bytes:
    documento = _documento()
    accion = documento._add_object(_accion("/JavaScript", JS="app.alert(1)"))
    nombres = ArrayObject([TextStringObject("x"), accion])
    guion = DictionaryObject({N("/JavaScript"): DictionaryObject({N("/Names"): nombres})})
    documento.root_object[N("/Names")] = guion
    return _escrito(documento)


def pdf_al_abrir() -> bytes:
    documento = _documento()
    documento.root_object[N("/OpenAction")] = _accion("/URI", URI="http://ejemplo.invalid")
    return _escrito(documento)


def pdf_situado() -> bytes:
    """Con /OpenAction que sólo abre en una página, como los que guarda LibreOffice."""
    documento = _documento()
    destino = [documento.pages[0].indirect_reference, N("/Fit")]
    documento.root_object[N("/OpenAction")] = ArrayObject(destino)
    return _escrito(documento)


def pdf_lanza() -> bytes:
    documento = _documento()
    documento.pages[0][N("/AA")] = DictionaryObject({N("/O"): _accion("/Launch", F="calc.exe")})
    return _escrito(documento)


def pdf_con_adjunto() -> bytes:
    documento = _documento()
    documento.add_attachment("x.exe", b"MZ")
    return _escrito(documento)


def _con_objeto(objeto: bytes) -> bytes:
    """Un PDF armado a mano en el que el objeto 4 es lo que se le dé."""
    objetos = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
        objeto,
    ]
    cuerpo, sitios = b"%PDF-1.7\n", []
    for numero, contenido in enumerate(objetos, start=1):
        sitios.append(len(cuerpo))
        cuerpo += b"%d 0 obj\n%s\nendobj\n" % (numero, contenido)
    tabla = b"".join(b"%010d 00000 n \n" % sitio for sitio in sitios)
    pie = b"trailer << /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(cuerpo)
    return cuerpo + b"xref\n0 5\n0000000000 65535 f \n" + tabla + pie


def pdf_nombre_escrito_de_otro_modo() -> bytes:
    return _con_objeto(b"<< /S /J#61vaScript /JS (app.alert\\(1\\)) >>")


def pdf_accion_comprimida() -> bytes:
    """La acción, dentro de un flujo de objetos comprimido (tabla de referencias en flujo)."""
    adentro = b"5 0 << /S /Launch /F (calc.exe) >>"
    flujo = zlib.compress(adentro)
    objetos = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /AA << /O 5 0 R >> >>",
        4: b"<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>\n" % len(flujo)
        + b"stream\n%s\nendstream" % flujo,
    }
    cuerpo, sitios = b"%PDF-1.7\n", {}
    for numero, contenido in objetos.items():
        sitios[numero] = len(cuerpo)
        cuerpo += b"%d 0 obj\n%s\nendobj\n" % (numero, contenido)
    renglones = [struct.pack(">BHB", 0, 0, 255)]
    renglones += [struct.pack(">BHB", 1, sitios[numero], 0) for numero in (1, 2, 3, 4)]
    renglones += [struct.pack(">BHB", 2, 4, 0), struct.pack(">BHB", 1, len(cuerpo), 0)]
    tabla = zlib.compress(b"".join(renglones))
    referencia = (
        b"6 0 obj\n<< /Type /XRef /Size 7 /W [1 2 1] /Root 1 0 R /Filter /FlateDecode "
        b"/Length %d >>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n"
    )
    return cuerpo + referencia % (len(tabla), tabla, len(cuerpo))


def pdf_sin_paginas() -> bytes:
    return _con_objeto(b"null").replace(b"/Kids [3 0 R] /Count 1", b"/Kids []      /Count 0")


def pdf_cifrado() -> bytes:
    documento = _documento()
    documento.encrypt("secreta", algorithm="AES-256")
    return _escrito(documento)


def _imagen(formato: str, **opciones) -> bytes:
    salida = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(salida, formato, **opciones)
    return salida.getvalue()


@cache
def png() -> bytes:
    return _imagen("PNG")


@cache
def jpg() -> bytes:
    return _imagen("JPEG")


def jpg_con_posicion() -> bytes:
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (14.0, 38.0, 0.0), 3: "W", 4: (90.0, 30.0, 0.0)}
    return _imagen("JPEG", exif=exif)


def png_de(lado: int) -> bytes:
    """Un PNG negro de un bit por punto: enorme abierto, pequeño guardado."""

    def trozo(tipo: bytes, datos: bytes) -> bytes:
        suma = zlib.crc32(tipo + datos)
        return struct.pack(">I", len(datos)) + tipo + datos + struct.pack(">I", suma)

    renglon, apretar = b"\0" * (1 + (lado + 7) // 8), zlib.compressobj(9)
    datos = b"".join(apretar.compress(renglon) for _ in range(lado)) + apretar.flush()
    cabecera = struct.pack(">IIBBBBB", lado, lado, 1, 0, 0, 0, 0)
    partes = trozo(b"IHDR", cabecera) + trozo(b"IDAT", datos) + trozo(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + partes


@cache
def xlsx() -> bytes:
    libro, salida = Workbook(), io.BytesIO()
    libro.active.append(["actividad", "avance"])
    libro.active.append(["1.1.1.1", 45])
    libro.save(salida)
    return salida.getvalue()


def xlsx_con(partes: dict[str, bytes] | None = None, *, sin: str = "", cambia=None) -> bytes:
    """El libro bueno con partes de más, sin una, o con las suyas cambiadas por una función."""
    salida = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(xlsx())) as bueno,
        zipfile.ZipFile(salida, "w", zipfile.ZIP_DEFLATED) as nuevo,
    ):
        for nombre in bueno.namelist():
            if sin and nombre.startswith(sin):
                continue
            contenido = bueno.read(nombre)
            nuevo.writestr(nombre, cambia(nombre, contenido) if cambia else contenido)
        for nombre, contenido in (partes or {}).items():
            nuevo.writestr(nombre, contenido)
    return salida.getvalue()


def xlsx_con_hoja(busca: bytes, pone: bytes) -> bytes:
    """El libro bueno con algo cambiado en su hoja."""

    def cambia(nombre: str, contenido: bytes) -> bytes:
        hoja = nombre.startswith("xl/worksheets/")
        return contenido.replace(busca, pone, 1) if hoja else contenido

    return xlsx_con(cambia=cambia)


def libro_con(libro: bytes, cambia) -> bytes:
    """El libro dado con cada parte pasada por una función; si da None, esa parte no va."""
    salida = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(libro)) as bueno,
        zipfile.ZipFile(salida, "w", zipfile.ZIP_DEFLATED) as nuevo,
    ):
        for nombre in bueno.namelist():
            contenido = cambia(nombre, bueno.read(nombre))
            if contenido is not None:
                nuevo.writestr(nombre, contenido)
    return salida.getvalue()


def parte_de_la_hoja(libro: bytes, hoja: str) -> str:
    """En qué parte del libro está una hoja, por su nombre."""
    with zipfile.ZipFile(io.BytesIO(libro)) as paquete:
        indice = paquete.read("xl/workbook.xml").decode()
        relaciones = paquete.read("xl/_rels/workbook.xml.rels").decode()
    rid = re.search(rf'<sheet [^>]*name="{hoja}"[^>]*?r:id="(\w+)"', indice)[1]
    relacion = re.search(rf'<Relationship [^>]*Id="{rid}"[^>]*>', relaciones)[0]
    return "xl/" + re.search(r'Target="/?(?:xl/)?([^"]+)"', relacion)[1]


def libro_con_hoja(libro: bytes, hoja: str, busca: bytes, pone: bytes) -> bytes:
    """El libro dado con algo cambiado, la primera vez que sale, en una de sus hojas."""
    parte = parte_de_la_hoja(libro, hoja)

    def cambia(nombre: str, contenido: bytes) -> bytes:
        if nombre != parte:
            return contenido
        if busca not in contenido:
            raise AssertionError(f"La hoja «{hoja}» no trae {busca[:60]!r}.")
        return contenido.replace(busca, pone, 1)

    return libro_con(libro, cambia)


def zip_de(contenido: bytes, nombre: str = "ceros.bin") -> bytes:
    salida = io.BytesIO()
    with zipfile.ZipFile(salida, "w", zipfile.ZIP_DEFLATED) as paquete:
        paquete.writestr(nombre, contenido)
    return salida.getvalue()


def zip_anidado(veces: int = 4) -> bytes:
    contenido = b"fin"
    for nivel in range(veces):
        contenido = zip_de(contenido, f"{nivel}.zip")
    return contenido


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<html><script>alert(1)</script></html>"
EVIDENCIAS = [
    ("E-01", "informe.pdf", lambda: b"MZ\x90\0" + b"\0" * 500),
    ("E-02", "informe.pdf.exe", pdf),
    ("E-03", "foto.jpg", lambda: HTML),
    ("E-03", "oficio.pdf", lambda: HTML),
    ("E-04", "dibujo.svg", lambda: SVG),
    ("E-04", "externo.svg", lambda: b'<svg><image href="http://ejemplo.invalid/x"/></svg>'),
    ("E-05", "javascript.pdf", pdf_javascript),
    ("E-05", "al-abrir.pdf", pdf_al_abrir),
    ("E-05", "lanza.pdf", pdf_lanza),
    ("E-05", "adjunto.pdf", pdf_con_adjunto),
    ("E-05", "disfrazado.pdf", pdf_nombre_escrito_de_otro_modo),
    ("E-05", "comprimido.pdf", pdf_accion_comprimida),
    ("E-07", "mitad.pdf", lambda: pdf()[: len(pdf()) // 2]),
    ("E-07", "sin-fin.pdf", lambda: pdf().replace(b"%%EOF", b"")),
    ("E-07", "sin-paginas.pdf", pdf_sin_paginas),
    ("E-10", "grande.png", lambda: png_de(10_000)),
    ("E-11", "enorme.png", lambda: png_de(50_000)),
    ("E-13", "campo.jpg", jpg_con_posicion),
    ("E-14", "anidado.zip", zip_anidado),
    ("E-14", "ceros.zip", lambda: zip_de(b"\0" * 100_000_000)),
    ("E-15", "eicar.pdf", lambda: pdf(EICAR.decode("ascii"))),
    ("E-16", "../../etc/passwd", pdf),
    ("E-16", "..\\..\\x.pdf", pdf),
    ("E-18", "informe\0.pdf", pdf),
    ("E-18", "\u202efdp.exe", pdf),
    ("E-18", f"{'a' * 300}.pdf", pdf),
    ("E-19", ".htaccess", pdf),
    ("E-19", "CON.pdf", pdf),
    ("E-19", "-rf", pdf),
    ("E-19", "<script>.pdf", pdf),
    ("E-20", "café ñ.pdf", pdf),
]

RELACION = (
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    b'<Relationship Id="rId1" Type="http://x/%s" Target="http://ejemplo.invalid/" '
    b'TargetMode="External"/></Relationships>'
)
DTD = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><worksheet>&a;</worksheet>'
EXTERNA = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><x>&a;</x>'
LIBROS = [
    ("X-01", lambda: b""),
    ("X-03", lambda: HTML),
    ("X-04", lambda: b"actividad,avance\n1.1.1.1,45\n"),
    ("X-05", lambda: bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 600),
    ("X-06", lambda: xlsx()[: len(xlsx()) // 2]),
    ("X-07", lambda: b"%PDF-1.7\n" + xlsx()),
    ("X-10", lambda: xlsx_con(sin="[Content_Types]")),
    ("X-11", lambda: xlsx_con(sin="xl/worksheets/")),
    ("X-12", lambda: xlsx_con({"xl/worksheets/sheet9.xml": DTD})),
    ("X-14", lambda: xlsx_con({"xl/worksheets/sheet9.xml": EXTERNA})),
    (
        "X-15",
        lambda: xlsx_con_hoja(b"<sheetData>", b"<sheetData><!--" + b"A" * 300_000_000 + b"-->"),
    ),
    ("X-16", lambda: xlsx_con_hoja(b"<sheetData>", b"<sheetData>" + b"<row/>" * 3_000_000)),
    (
        "X-18",
        lambda: xlsx_con_hoja(
            b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
        ),
    ),
    (
        "X-19",
        lambda: xlsx_con_hoja(
            b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="A1:XFD20000"/></mergeCells>'
        ),
    ),
    ("X-21", lambda: xlsx_con({f"basura/{n}.xml": b"<x/>" for n in range(20_000)})),
    ("X-23", lambda: xlsx_con({"../../../../tmp/x.txt": b"x"})),
    ("X-23", lambda: xlsx_con({"/etc/cron.d/x": b"x"})),
    ("X-25", lambda: xlsx_con({"xl/vbaProject.bin": b"x"})),
    ("X-26", lambda: xlsx_con({"xl/embeddings/oleObject1.bin": b"MZ"})),
    ("X-27", lambda: xlsx_con({"xl/externalLinks/externalLink1.xml": b"<x/>"})),
    ("X-27", lambda: xlsx_con({"xl/connections.xml": b"<x/>"})),
    ("X-27", lambda: xlsx_con({"xl/queryTables/queryTable1.xml": b"<x/>"})),
    ("X-27", lambda: xlsx_con({"xl/worksheets/_rels/sheet1.xml.rels": RELACION % b"oleObject"})),
]


def nombrar_los_estaticos(var: Path) -> None:
    """Las páginas nombran los suyos: para un ensayo basta que tengan nombre, sin juntarlos."""
    hay = [nombre for buscador in get_finders() for nombre, _donde in buscador.list([])]
    carpeta = var / "estaticos"
    carpeta.mkdir(exist_ok=True)
    nombres = {"paths": {uno: uno for uno in hay}, "version": "1.1", "hash": ""}
    (carpeta / "staticfiles.json").write_text(json.dumps(nombres))
