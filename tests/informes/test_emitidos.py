"""G-31 y G-42: lo que sale se vuelve a abrir, no ejecuta nada, dice lo que hay y no cambia."""

import csv
import io
import json
import logging
from hashlib import sha256
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook
from pypdf import PdfReader

from informes import emision
from informes.diccionario import HOJAS
from informes.models import Documento
from instituciones import planilla
from instituciones.almacen import sellar_archivo
from instituciones.models import Asiento
from matrices.models import Actividad, Avance

pytestmark = pytest.mark.django_db
ABREN = ("=", "+", "-", "@", "\t", "\r")
HOSTILES = [
    '=HYPERLINK("http://ejemplo.invalid","vea")',
    "+1+1|' /C calc'!A0",
    "-2+3|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
]


@pytest.fixture
def emitido(semestre, elenco):
    """La edición del Consejo, dibujada de verdad con textos que quieren ser fórmulas."""
    for avance, texto in zip(Avance.objects.order_by("pk"), HOSTILES, strict=False):
        datos = {"logro": texto} if avance.estado == "VALIDADO" else {}
        Avance.objects.filter(pk=avance.pk).update(**datos)
        Actividad.objects.filter(pk=avance.actividad_id).update(descripcion=texto, unidad=texto)
    corte = emision.cortar(semestre, por=elenco.coordinadora)
    trabajo = emision.encargar(corte, edicion="CNS", por=elenco.coordinadora)
    assert emision.atender(trabajo.clave)
    informe = emision.aprobar(trabajo.informe, por=elenco.coordinadora)
    return emision.presentar(informe, por=elenco.coordinadora)


def de_formato(informe, formato) -> Documento:
    return Documento.objects.get(informe=informe, formato=formato)


def ruta(documento) -> Path:
    return Path(storages["default"].path(documento.archivo.name))


def test_nada_de_lo_escrito_llega_a_ser_formula_y_las_filas_son_los_datos(emitido, cifra):
    dicho = json.loads(emision.leer(de_formato(emitido, "JSON")))
    libro = load_workbook(io.BytesIO(emision.leer(de_formato(emitido, "XLSX"))))
    pdf = PdfReader(io.BytesIO(emision.leer(de_formato(emitido, "PDF"))))

    celdas = [celda for hoja in libro for fila in hoja.iter_rows() for celda in fila]
    formulas = [celda for celda in celdas if celda.data_type == "f"]
    peligrosas = [c for c in celdas if isinstance(c.value, str) and c.value.startswith(ABREN)]
    assert len(peligrosas) == 4 + 4 + 3  # descripciones, unidades y los logros de lo validado
    assert all(celda.data_type == "s" and celda.quotePrefix for celda in peligrosas)
    assert formulas == []
    assert libro.sheetnames[: len(HOJAS)] == list(HOJAS)
    filas = libro["3_Actividades"].max_row - 1
    assert filas == len(dicho["actividades"]) == 4
    logros = {fila["logro"] for fila in dicho["actividades"]}
    texto = " ".join("".join(pagina.extract_text() for pagina in pdf.pages).split())
    assert {logro for logro in logros if logro} == set(HOSTILES[:3])
    assert all(logro.split("(")[0].split("|")[0] in texto for logro in logros if logro)
    adjunto = json.loads(next(iter(pdf.attachments.values()))[0])
    assert len(adjunto["actividades"]) == filas
    cifra(
        f"G-31 celdas={len(celdas)} con_signo_de_formula={len(peligrosas)} formulas=0 "
        f"filas={filas}/{len(dicho['actividades'])} paginas={len(pdf.pages)}"
    )


@pytest.mark.parametrize("texto", [*HOSTILES, "\t=1", "\r=1"])
def test_un_csv_no_deja_texto_que_empiece_como_formula(texto):
    salida = "".join(planilla.renglones([["Acción", "Cifra"], [texto, -3]])).lstrip("\ufeff")

    renglones = list(csv.reader(io.StringIO(salida, newline="")))
    assert renglones[1] == [f"'{texto}", "-3"]


def test_los_octetos_la_huella_y_verificar_dicen_lo_mismo(emitido, client, elenco, cifra):
    client.force_login(elenco.consejera)
    iguales = 0
    for documento in Documento.objects.filter(informe=emitido):
        bajado = client.get(reverse("informes:documento", args=[documento.pk])).content
        subido = SimpleUploadedFile("bajado", bajado)
        pagina = client.post("/verificar/", {"archivo": subido}).content.decode()
        assert sha256(bajado).hexdigest() == documento.sha256
        assert bajado == ruta(documento).read_bytes()
        assert len(bajado) == documento.tamano
        assert "Genuino" in pagina
        assert documento.sha256 in pagina
        iguales += 1

    cifra(f"G-42 octetos=huella=verificar: {iguales}/3")
    assert iguales == 3


@pytest.mark.parametrize("formato", ["PDF", "XLSX", "JSON"])
def test_un_bit_cambiado_no_se_entrega_y_suena_la_alarma(
    emitido, client, elenco, formato, caplog, cifra
):
    documento = de_formato(emitido, formato)
    archivo = ruta(documento)
    octetos = bytearray(archivo.read_bytes())
    octetos[len(octetos) // 2] ^= 1
    archivo.chmod(0o640)
    archivo.write_bytes(octetos)
    client.force_login(elenco.consejera)
    bajadas = Asiento.objects.filter(acto="descargar").count()

    with caplog.at_level(logging.ERROR):
        respuesta = client.get(reverse("informes:documento", args=[documento.pk]))
    subido = SimpleUploadedFile("alterado", bytes(octetos))
    verificado = client.post("/verificar/", {"archivo": subido}).content.decode()

    assert respuesta.status_code == 409
    assert "integridad" in respuesta.content.decode()
    assert any("integridad" in registro.getMessage() for registro in caplog.records)
    assert Asiento.objects.filter(acto="descargar").count() == bajadas
    assert "Desconocido" in verificado
    cifra(f"G-42 {formato} con un bit cambiado: 409, alarma, desconocido")


def test_emitir_y_sellar_de_nuevo_no_escriben_encima_de_nada(emitido, elenco, cifra):
    def fotografia():
        carpeta = Path(storages["default"].location)
        return {
            archivo: (archivo.stat().st_ino, archivo.stat().st_mtime_ns, archivo.read_bytes())
            for archivo in carpeta.rglob("*")
            if archivo.is_file()
        }

    antes = fotografia()
    for documento in Documento.objects.filter(informe=emitido):
        sellar_archivo(emision.leer(documento))
    otro = emision.encargar(emitido.corte, edicion="PUBLICA", por=elenco.coordinadora)
    assert emision.atender(otro.clave)

    despues = fotografia()
    encima = [archivo for archivo, como in antes.items() if despues.get(archivo) != como]
    cifra(
        f"G-42 archivos={len(antes)} sobreescritos={len(encima)} nuevos={len(despues) - len(antes)}"
    )
    assert len(antes) == 3
    assert encima == []
