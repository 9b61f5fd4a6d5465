"""Las evidencias de la demostración: una página o una hoja con su título y el aviso, sin más."""

from functools import cache
from io import BytesIO

from openpyxl import Workbook
from PIL import Image, ImageDraw, ImageFont
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, StreamObject

AVISO = "DATOS DE DEMOSTRACIÓN — NO OFICIALES"
EXTENSION = {"PDF": "pdf", "IMAGEN": "png", "XLSX": "xlsx"}
CARTA = (612, 792)
PANTALLA = (800, 600)


@cache
def hoja(titulo: str, tipo: str) -> bytes:
    """El archivo de una evidencia de ese tipo (PDF, IMAGEN o XLSX); el mismo título, uno solo."""
    return {"PDF": _pdf, "IMAGEN": _png, "XLSX": _xlsx}[tipo](titulo)


def _pdf(titulo: str) -> bytes:
    """Una página con texto de verdad, en la fuente que todo lector trae."""
    salida, escritor = BytesIO(), PdfWriter()
    pagina = escritor.add_blank_page(*CARTA)
    fuente = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
            NameObject("/Encoding"): NameObject("/WinAnsiEncoding"),
        }
    )
    fuentes = DictionaryObject({NameObject("/F1"): fuente})
    pagina[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fuentes})
    texto = StreamObject()
    texto.set_data(
        b"BT /F1 16 Tf 72 700 Td (%s) Tj 0 -28 Td /F1 11 Tf (%s) Tj ET"
        % (_en_pdf(titulo), _en_pdf(AVISO))
    )
    pagina[NameObject("/Contents")] = escritor._add_object(texto)
    escritor.add_metadata({"/Title": titulo})
    escritor.write(salida)
    return salida.getvalue()


def _en_pdf(texto: str) -> bytes:
    """Un texto como cadena de PDF: en WinAnsi y con sus paréntesis protegidos."""
    protegido = texto.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return protegido.encode("cp1252", "replace")


def _png(titulo: str) -> bytes:
    salida, imagen = BytesIO(), Image.new("RGB", PANTALLA, "white")
    pincel = ImageDraw.Draw(imagen)
    pincel.text((40, 60), titulo, fill="black", font=ImageFont.load_default(24))
    pincel.text((40, 110), AVISO, fill="black", font=ImageFont.load_default(16))
    imagen.save(salida, "PNG", optimize=True)
    return salida.getvalue()


def _xlsx(titulo: str) -> bytes:
    salida, libro = BytesIO(), Workbook()
    pagina = libro.worksheets[0]
    pagina.title = "Evidencia"
    pagina.append([titulo])
    pagina.append([AVISO])
    libro.save(salida)
    return salida.getvalue()
