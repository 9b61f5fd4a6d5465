"""El libro pasa por LibreOffice de verdad: abre, se guarda otra vez y vuelve siendo el mismo."""

import io
import os
import re
import shutil
import subprocess
import zipfile

import pytest
from openpyxl import load_workbook

from informes import xlsx
from matrices import hojas, libro
from rendimiento.semestre import contenido as semestre
from tests import libros
from tests.matrices.test_libro import Escena, errores, resumen

pytestmark = [pytest.mark.oficina, pytest.mark.una_vez, pytest.mark.django_db]
PROGRAMA = shutil.which("soffice") or shutil.which("libreoffice")
FALTA = "No hay LibreOffice: sudo apt-get install -y libreoffice-calc-nogui"


@pytest.fixture
def por_libreoffice(tmp_path):
    """Abre un libro en LibreOffice y lo guarda de nuevo como .xlsx; con CI, si falta, falla."""
    if PROGRAMA is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(FALTA)

    def pasar(octetos: bytes, formato: str = "xlsx") -> bytes:
        entra, sale = tmp_path / "libro.xlsx", tmp_path / "salida"
        entra.write_bytes(octetos)
        perfil = f"-env:UserInstallation=file://{tmp_path / 'perfil'}"
        orden = [PROGRAMA, perfil, "--headless", "--norestore", "--convert-to", formato]
        subprocess.run(
            [*orden, "--outdir", str(sale), str(entra)],
            check=True,
            capture_output=True,
            timeout=170,
            env={**os.environ, "HOME": str(tmp_path)},
        )
        return (sale / f"libro.{formato}").read_bytes()

    return pasar


@pytest.fixture
def escena(elenco, settings):
    settings.LIBRO_EN_EL_PEDIDO = 10 * 1024 * 1024
    escena = Escena(elenco)
    type(escena.borrador).objects.filter(pk=escena.borrador.pk).update(
        logro="=1+1, con «comillas», ñ, K'iche' y _x000B_ literal\nEn dos renglones, 30 letras.",
        presupuesto_vigente="1234567.89",
    )
    type(escena.borrador.actividad).objects.filter(pk=escena.borrador.actividad_id).update(
        programa_presupuestario="11 01"
    )
    return escena


def celdas(octetos: bytes) -> dict[str, list[list]]:
    """Lo que hay en cada hoja, sin los vacíos del final."""
    leidas = hojas.leer(io.BytesIO(octetos))
    return {hoja.nombre: [_justa(fila) for fila in hoja.filas] for hoja in leidas}


def _justa(fila: list) -> list:
    while fila and fila[-1] == "":
        fila = fila[:-1]
    return fila


def _sin_escapes(formato: str) -> str:
    """LibreOffice escribe «\\Q» donde decía «"Q"», y escapa el espacio: es el mismo formato."""
    return formato.replace("\\Q", '"Q"').replace("\\ ", " ")


def formatos(octetos: bytes) -> dict[tuple[str, str], tuple[str, bool]]:
    """Por celda con dato o de captura: su formato de número y si está bloqueada."""
    return {
        (hoja.title, celda.coordinate): (
            _sin_escapes(celda.number_format),
            celda.protection.locked,
        )
        for hoja in libros.abierto(octetos)
        for fila in hoja.iter_rows()
        for celda in fila
        if celda.value is not None or not celda.protection.locked
    }


def test_guardado_en_libreoffice_es_el_mismo_libro_y_da_cero_cambios(escena, por_libreoffice):
    octetos = escena.bajar()

    vuelto = por_libreoffice(octetos)

    assert celdas(vuelto) == celdas(octetos)
    antes, despues = formatos(octetos), formatos(vuelto)
    assert {sitio: despues.get(sitio) for sitio in antes} == antes
    for hoja in libros.abierto(vuelto):
        assert hoja.protection.sheet, hoja.title
        assert hoja.sheet_state == "visible"
    listas = libros.abierto(vuelto)["Actividades"].data_validations.dataValidation
    assert sum(una.type == "list" for una in listas) >= 5
    with zipfile.ZipFile(io.BytesIO(vuelto)) as paquete:
        hojas_xml = [paquete.read(n) for n in paquete.namelist() if "worksheets/sheet" in n]
    assert not any(re.search(rb"<f[ >/]", una) for una in hojas_xml)
    recibido = escena.subir(vuelto)
    assert errores(recibido) == {}
    assert resumen(recibido) == {"IGUAL": 6}


def test_lleno_y_guardado_en_libreoffice_se_aplica(escena, por_libreoffice):
    lleno = libros.lleno(
        escena.bajar(), "1.1.1.1", **{"Avance acumulado (%)": 45.1, "Logro": libros.LOGRO}
    )

    recibido = escena.subir(por_libreoffice(lleno))
    libro.aplicar(recibido, por=escena.persona)

    assert errores(recibido) == {}
    escena.porcentaje.refresh_from_db()
    assert (f"{escena.porcentaje.porcentaje}", escena.porcentaje.logro) == ("45.10", libros.LOGRO)


def test_la_copia_comentada_abre_en_libreoffice_con_sus_comentarios(escena, por_libreoffice):
    malo = libros.lleno(escena.bajar(), "1.1.1.1", **{"Avance acumulado (%)": 101})
    recibido = escena.subir(malo)

    vuelto = libros.abierto(por_libreoffice(libro.bajar_copia(recibido, por=escena.persona)))

    comentado = libros.celda(vuelto["Actividades"], "1.1.1.1", "Avance acumulado (%)")
    assert "100" in comentado.comment.text


def test_el_libro_del_informe_guardado_en_libreoffice_dice_lo_mismo(por_libreoffice):
    """Las mismas celdas, con su tipo y su formato, y las mismas gráficas nativas."""
    octetos = xlsx.libro(semestre())

    antes = load_workbook(io.BytesIO(octetos))
    despues = load_workbook(io.BytesIO(por_libreoffice(octetos)))

    assert despues.sheetnames == antes.sheetnames
    celdas_vistas = 0
    for hoja in antes:
        otra = despues[hoja.title]
        for fila in hoja.iter_rows():
            for celda in fila:
                if celda.value is None:
                    continue
                par = otra[celda.coordinate]
                donde = f"{hoja.title}!{celda.coordinate}"
                assert (par.data_type, par.value) == (celda.data_type, celda.value), donde
                assert _sin_escapes(par.number_format) == celda.number_format, donde
                celdas_vistas += 1
        assert len(otra._charts) == len(hoja._charts), hoja.title
    assert celdas_vistas > 10_000
