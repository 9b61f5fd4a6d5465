"""G-28: con el disco lleno de verdad se contesta 507 y no queda ni una fila ni un archivo a medias.

El disco es un tmpfs de unos megas que la prueba monta y llena; sólo root puede montarlo. Lo que
no se puede provocar sin tocar el núcleo, un `fsync` que falla, lo prueba test_almacen.
"""

import http.client
import os
import shutil
import subprocess
import uuid

import pytest

from tests.archivos import nombrar_los_estaticos, pdf
from tests.caos.test_web import FICHA, guardar, la_fila, revisar_la_base

pytestmark = pytest.mark.caos
MEGA = 1024 * 1024
LIBRE = 64 * 1024
EVIDENCIA = 600 * 1024
PARRAFO = "Se capacitó a las comisiones de prevención de cada municipio. "


class Disco:
    """Una carpeta que se llena hasta dejar sólo `LIBRE`, y se vuelve a vaciar."""

    def __init__(self, carpeta):
        self.carpeta, self.relleno = carpeta, carpeta / "relleno"

    def llenar(self):
        sobra = shutil.disk_usage(self.carpeta).free - LIBRE
        with self.relleno.open("wb") as archivo:
            archivo.write(bytes(max(sobra, 0)))

    def vaciar(self):
        self.relleno.unlink()

    def archivos(self):
        hay = [uno for uno in self.carpeta.rglob("*") if uno.is_file()]
        return {uno.name for uno in hay} - {"relleno"}


@pytest.fixture
def montar(tmp_path):
    """Monta discos de un tamaño dado; al final los desmonta."""
    if os.getuid() != 0:
        pytest.skip("Sólo root puede montar un disco pequeño que se llene.")
    montados = []

    def uno(megas: int, donde=None) -> Disco:
        carpeta = donde or tmp_path / f"disco-{len(montados)}"
        carpeta.mkdir(exist_ok=True)
        orden = ["mount", "-t", "tmpfs", "-o", f"size={megas}m", "tmpfs", str(carpeta)]
        hecho = subprocess.run(orden, capture_output=True, check=False)
        if hecho.returncode:
            pytest.skip(f"No se pudo montar: {hecho.stderr.decode().strip()}")
        montados.append(carpeta)
        return Disco(carpeta)

    yield uno
    for carpeta in montados:
        subprocess.run(["umount", "--lazy", str(carpeta)], check=False)


def subir(puerto, taller):
    """El código de subir una evidencia que no cabe en lo que queda libre."""
    corte = uuid.uuid4().hex
    archivo = pdf("a" * EVIDENCIA)
    campos = "".join(
        f'--{corte}\r\nContent-Disposition: form-data; name="{nombre}"\r\n\r\n{valor}\r\n'
        for nombre, valor in {"csrfmiddlewaretoken": FICHA, "version": 1}.items()
    )
    parte = f'--{corte}\r\nContent-Disposition: form-data; name="evidencia-archivos"; '
    parte += 'filename="acta.pdf"\r\nContent-Type: application/pdf\r\n\r\n'
    cuerpo = (campos + parte).encode() + archivo + f"\r\n--{corte}--\r\n".encode()
    cabeceras = {
        "Content-Type": f"multipart/form-data; boundary={corte}",
        "Cookie": f"sesion={taller.semilla['sesion']}; csrf={FICHA}",
    }
    conexion = http.client.HTTPConnection("127.0.0.1", puerto, timeout=60)
    try:
        donde = f"/avances/{taller.semilla['avance']}/evidencias/subir/"
        conexion.request("POST", donde, cuerpo, cabeceras)
        return conexion.getresponse().status
    finally:
        conexion.close()


def evidencias(taller):
    return taller.filas("SELECT COUNT(*) FROM matrices_evidencia")[0][0]


def test_con_el_almacen_lleno_no_entra_media_evidencia(taller, montar, cifra):
    disco = montar(2)
    nombrar_los_estaticos(taller.var)
    _web, puerto = taller.web(PESN_ARCHIVOS=str(disco.carpeta))
    assert guardar(puerto, taller, 1, "El borrador al que se adjunta.") == 302
    disco.llenar()
    llenos = [subir(puerto, taller) for _vez in range(3)]

    assert llenos == [507] * 3
    assert (evidencias(taller), disco.archivos()) == (0, set())

    disco.vaciar()
    con_lugar = subir(puerto, taller)
    assert con_lugar in {200, 201}
    assert (evidencias(taller), len(disco.archivos())) == (1, 1)
    cifra(f"G-28 almacén lleno: 3×507 filas=0 archivos=0; con lugar: {con_lugar}")


def test_con_la_base_llena_se_dice_y_nada_queda_a_medias(taller, montar, cifra):
    archivo = taller.var / "pesn.sqlite3"
    megas = archivo.stat().st_size // MEGA + 3
    disco = montar(megas)
    archivo.symlink_to(shutil.move(archivo, disco.carpeta))
    nombrar_los_estaticos(taller.var)
    _web, puerto = taller.web()
    dicho = escribir_hasta_llenar(taller, puerto, disco)
    cifra(f"G-28 SQLite lleno: {dicho}")


def test_con_el_disco_de_postgres_lleno_se_dice_y_nada_queda_a_medias(
    taller_en_postgres, montar, cifra
):
    taller = taller_en_postgres
    disco = montar(48, taller.cluster.carpeta / "chico")
    taller.mudar_la_base(disco.carpeta)
    nombrar_los_estaticos(taller.var)
    _web, puerto = taller.web()
    try:
        dicho = escribir_hasta_llenar(taller, puerto, disco)
    finally:
        taller.apagar()
        taller.devolver_la_base()
    cifra(f"G-28 PostgreSQL lleno: {dicho}")


def escribir_hasta_llenar(taller, puerto, disco) -> str:
    """Guarda con el disco lleno hasta que no cabe; con lugar, la misma web guarda otra vez."""
    version, guardados = la_fila(taller)[0], 0
    assert guardar(puerto, taller, version, "Con lugar.") == 302
    version += 1
    disco.llenar()
    for numero in range(400):
        texto = f"Texto {numero}. {PARRAFO * 15}"
        codigo = guardar(puerto, taller, version, texto)
        if codigo != 302:
            break
        guardados, version, seguro = guardados + 1, version + 1, texto
    assert codigo == 507, (codigo, guardados)
    assert guardar(puerto, taller, version, texto) == 507
    disco.vaciar()
    quedo = la_fila(taller)
    assert quedo[0] == version
    assert not guardados or quedo[1] == seguro.strip()

    assert guardar(puerto, taller, version, "Otra vez con lugar.") == 302
    revisar_la_base(taller)
    return f"guardados={guardados} luego 2×507, filas a medias=0; con lugar: 302"
