"""Qué evidencia se recibe y qué se rechaza, con el código de datos/entradas_hostiles.csv."""

import socket
import threading
from contextlib import suppress

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from matrices import archivos as inspeccion
from tests import archivos

MOTIVOS = [f"{clave}-{nombre[:24]!a}" for clave, nombre, _ in archivos.EVIDENCIAS]


def subido(nombre: str, contenido: bytes) -> SimpleUploadedFile:
    archivo = SimpleUploadedFile("x", contenido)
    archivo._name = nombre  # tal como lo mandaría quien no usa un navegador
    return archivo


@pytest.mark.parametrize(("clave", "nombre", "contenido"), archivos.EVIDENCIAS, ids=MOTIVOS)
def test_evidencia_hostil_contesta_lo_esperado(clave, nombre, contenido):
    http, codigos = archivos.esperados()[clave]

    codigo, respuesta = "ok", 201
    try:
        inspeccion.inspeccionar(subido(nombre, contenido()))
    except inspeccion.ArchivoRechazado as rechazo:
        codigo, respuesta = rechazo.codigo, rechazo.http

    assert (codigo in codigos, str(respuesta) in http) == (True, True)


@pytest.mark.parametrize(
    ("nombre", "contenido", "tipo"),
    [
        ("acta.pdf", archivos.pdf(), "PDF"),
        ("ACTA.PDF", archivos.pdf(), "PDF"),
        ("acta.pdf", archivos.pdf_situado(), "PDF"),
        ("foto.jpg", archivos.jpg(), "IMAGEN"),
        ("foto.jpeg", archivos.jpg(), "IMAGEN"),
        ("mapa.png", archivos.png(), "IMAGEN"),
        ("lista.xlsx", archivos.xlsx(), "XLSX"),
    ],
)
def test_evidencia_buena_se_recibe_con_su_tipo(nombre, contenido, tipo):
    visto = inspeccion.inspeccionar(subido(nombre, contenido))

    assert (visto.nombre, visto.tipo, visto.limpio) == (nombre, tipo, None)


@pytest.mark.parametrize(
    ("nombre", "contenido", "codigo"),
    [
        ("vacio.pdf", b"", "vacio"),
        ("clave.pdf", archivos.pdf_cifrado(), "cifrado"),
        ("mitad.png", archivos.png()[:60], "corrupto"),
        ("mitad.jpg", archivos.jpg()[:-200], "corrupto"),
        ("foto.png", archivos.jpg(), None),  # las dos son imagen: se entrega por su contenido
        ("foto.pdf", archivos.jpg(), "tipo_no_coincide"),
        ("ceros.xlsx", archivos.zip_de(b"0"), "estructura"),
        ("...", archivos.pdf(), "nombre_invalido"),
        ("con-marca.pdf", b"\xef\xbb\xbf" + archivos.pdf(), "tipo_no_coincide"),
        (
            "rota.xlsx",
            archivos.xlsx_con_hoja(b"</sheetData>", b"<row><c r="),
            "archivo_ilegible",
        ),
    ],
)
def test_evidencia_mala_dice_por_que(nombre, contenido, codigo):
    if codigo is None:
        assert inspeccion.inspeccionar(subido(nombre, contenido)).tipo == "IMAGEN"
        return

    with pytest.raises(inspeccion.ArchivoRechazado) as rechazo:
        inspeccion.inspeccionar(subido(nombre, contenido))

    assert rechazo.value.codigo == codigo
    assert str(rechazo.value)


@pytest.mark.parametrize(
    ("llego", "queda"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\x.pdf", "x.pdf"),
        ("a\0b\n.pdf", "ab.pdf"),
        ("café ñ.pdf", "café ñ.pdf"),
        ("cafe\u0301.pdf", "café.pdf"),
        ("a" * 300 + ".pdf", "a" * 196 + ".pdf"),
        ("<script>.pdf", "<script>.pdf"),
    ],
)
def test_nombre_se_limpia(llego, queda):
    assert inspeccion.nombre_limpio(llego) == queda


def test_inspeccion_no_deja_nada_en_la_carpeta_temporal(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    inspeccion.inspeccionar(subido("acta.pdf", archivos.pdf()))
    with suppress(inspeccion.ArchivoRechazado):
        inspeccion.inspeccionar(subido("mitad.pdf", archivos.pdf()[:300]))

    assert list(tmp_path.iterdir()) == []


def test_lector_que_no_responde_es_archivo_ilegible(tmp_path, monkeypatch):
    dormilon = tmp_path / "dormilon.py"
    dormilon.write_text("import time; time.sleep(60)")
    monkeypatch.setattr(inspeccion, "LECTOR", dormilon)
    monkeypatch.setattr(inspeccion, "ESPERA", 0.2)

    assert inspeccion.leer_aparte("PDF", tmp_path / "x") == "archivo_ilegible"


def test_lector_que_pide_demasiada_memoria_es_archivo_ilegible(tmp_path, monkeypatch):
    gloton = tmp_path / "gloton.py"
    limites = inspeccion.LECTOR.read_text().replace(
        "sys.stdout.write(json.dumps(leer(*sys.argv[1:3])))", "bytearray(2 * 1024**3)"
    )
    gloton.write_text(limites)
    monkeypatch.setattr(inspeccion, "LECTOR", gloton)

    assert inspeccion.leer_aparte("PDF", tmp_path / "x") == "archivo_ilegible"


class Clamd(threading.Thread):
    """Un clamd de juguete: recibe por INSTREAM y contesta siempre lo mismo."""

    def __init__(self, respuesta: bytes):
        super().__init__(daemon=True)
        self.enchufe, self.respuesta, self.recibido = (
            socket.create_server(("127.0.0.1", 0)),
            respuesta,
            b"",
        )

    def run(self):
        cliente, _ = self.enchufe.accept()
        with cliente:
            lector = cliente.makefile("rb")
            assert lector.read(10) == b"zINSTREAM\0"
            while largo := int.from_bytes(lector.read(4), "big"):
                self.recibido += lector.read(largo)
            cliente.sendall(self.respuesta)


@pytest.mark.parametrize(
    ("respuesta", "codigo"),
    [
        (b"stream: OK\0", None),
        (b"stream: Eicar-Test-Signature FOUND\0", "malware"),
        (b"INSTREAM size limit exceeded. ERROR\0", "sin_antivirus"),
    ],
)
def test_antivirus_configurado_decide(settings, respuesta, codigo):
    clamd = Clamd(respuesta)
    clamd.start()
    settings.ANTIVIRUS = "{}:{}".format(*clamd.enchufe.getsockname())
    archivo = subido("acta.pdf", archivos.pdf())

    if codigo is None:
        assert inspeccion.inspeccionar(archivo).limpio is True
    else:
        with pytest.raises(inspeccion.ArchivoRechazado) as rechazo:
            inspeccion.inspeccionar(archivo)
        assert rechazo.value.codigo == codigo
    clamd.join(5)
    assert clamd.recibido == archivos.pdf()


def test_antivirus_caido_no_deja_pasar(settings):
    settings.ANTIVIRUS = "/no/existe/clamd.sock"

    with pytest.raises(inspeccion.ArchivoRechazado) as rechazo:
        inspeccion.inspeccionar(subido("acta.pdf", archivos.pdf()))

    assert (rechazo.value.codigo, rechazo.value.http) == ("sin_antivirus", 503)
