"""El inspector rechaza lo hostil por su código y deja pasar los libros buenos."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from matrices.inspector_xlsx import LibroRechazado, inspeccionar
from tests import archivos

RAIZ = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize(
    ("clave", "libro"),
    archivos.LIBROS,
    ids=[f"{clave}-{n}" for n, (clave, _) in enumerate(archivos.LIBROS)],
)
def test_libro_hostil_se_rechaza_con_su_codigo(clave, libro):
    with pytest.raises(LibroRechazado) as rechazo:
        inspeccionar(io.BytesIO(libro()))

    assert rechazo.value.codigo in archivos.esperados()[clave][1]


@pytest.mark.parametrize("partes", [{}, {"xl/printerSettings/printerSettings1.bin": b"x"}])
def test_libro_bueno_pasa_y_queda_al_principio(partes):
    libro = io.BytesIO(archivos.xlsx_con(partes))

    inspeccionar(libro)

    assert libro.tell() == 0


def test_dimension_exagerada_no_cuenta_x20():
    libro = archivos.xlsx_con_hoja(b'<dimension ref="A1:B2"', b'<dimension ref="A1:XFD1048576"')

    assert b"XFD" not in libro  # comprimido
    inspeccionar(io.BytesIO(libro))


def test_enlace_a_una_pagina_no_es_contenido_activo():
    enlace = archivos.RELACION % b"hyperlink"

    inspeccionar(io.BytesIO(archivos.xlsx_con({"xl/worksheets/_rels/sheet1.xml.rels": enlace})))


@pytest.mark.parametrize(
    ("parte", "abre"),
    [
        ("xl/worksheets/sheet9.xml", b"<c "),
        ("xl/worksheets/sheet9.xml", b"<x:mergeCell "),
        ("xl/worksheets/_rels/sheet1.xml.rels", b"<Relationship "),
    ],
)
def test_etiquetas_que_no_se_cierran_no_lo_detienen(tmp_path, parte, abre):
    """Si cada una se buscara hasta el final de la parte, éstas tardarían horas."""
    libro = tmp_path / "libro.xlsx"
    libro.write_bytes(archivos.xlsx())
    with zipfile.ZipFile(libro, "a", zipfile.ZIP_STORED) as paquete:
        paquete.writestr(parte, abre * 300_000)
    mirar = "import sys; from matrices.inspector_xlsx import inspeccionar as i; "
    mirar += "i(open(sys.argv[1], 'rb'))"

    subprocess.run([sys.executable, "-c", mirar, libro], cwd=RAIZ, timeout=60, check=True)


def test_partes_repetidas_sin_importar_mayusculas_se_rechazan():
    with pytest.raises(LibroRechazado) as rechazo:
        inspeccionar(io.BytesIO(archivos.xlsx_con({"XL/Workbook.XML": b"<x/>"})))

    assert rechazo.value.codigo == "estructura"


def test_parte_cifrada_se_rechaza():
    libro = bytearray(archivos.xlsx())
    central = libro.index(b"PK\x01\x02")
    libro[central + 8] |= 1

    with pytest.raises(LibroRechazado) as rechazo:
        inspeccionar(io.BytesIO(bytes(libro)))

    assert rechazo.value.codigo == "cifrado"
