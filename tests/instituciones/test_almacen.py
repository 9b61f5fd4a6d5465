"""El almacén: cada archivo bajo su huella, una vez, y sin dirección."""

import hashlib
import os
import stat
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, storages

from instituciones import almacen
from instituciones.almacen import AlmacenSellado, sellar_archivo

CONTENIDO = b"el acta firmada"
HUELLA = hashlib.sha256(CONTENIDO).hexdigest()
NOMBRE = f"{HUELLA[:2]}/{HUELLA[2:4]}/{HUELLA}"


@pytest.fixture
def carpeta(tmp_path):
    return AlmacenSellado(location=tmp_path)


@pytest.mark.parametrize("contenido", [CONTENIDO, BytesIO(CONTENIDO), ContentFile(CONTENIDO)])
def test_guarda_bajo_su_huella_y_la_dice(carpeta, contenido):
    sellado = carpeta.guardar(contenido)

    assert sellado == (NOMBRE, HUELLA, len(CONTENIDO))
    archivo = Path(carpeta.location) / NOMBRE
    assert archivo.read_bytes() == CONTENIDO
    assert stat.S_IMODE(archivo.stat().st_mode) == 0o640


def test_el_mismo_contenido_es_un_solo_archivo_que_no_se_toca(carpeta):
    carpeta.guardar(CONTENIDO)
    archivo = Path(carpeta.location) / NOMBRE
    antes = archivo.stat()

    carpeta.guardar(CONTENIDO)

    despues = archivo.stat()
    assert (despues.st_ino, despues.st_mtime_ns) == (antes.st_ino, antes.st_mtime_ns)
    assert [p for p in Path(carpeta.location).rglob("*") if p.is_file()] == [archivo]


def test_el_nombre_que_trae_el_archivo_no_cuenta(carpeta):
    assert carpeta.save("informe final.pdf", ContentFile(CONTENIDO)) == NOMBRE


def test_si_el_disco_falla_no_queda_medio_archivo(carpeta, monkeypatch):
    def lleno(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", lleno)
    with pytest.raises(OSError, match="No space"):
        carpeta.guardar(CONTENIDO)

    assert [p for p in Path(carpeta.location).rglob("*") if p.is_file()] == []


def test_no_tiene_direccion(carpeta):
    with pytest.raises(ValueError, match="dirección"):
        carpeta.url(carpeta.guardar(CONTENIDO).nombre)


def test_en_otro_almacen_se_sella_igual(monkeypatch):
    """Como S3: un almacén de Django que no es una carpeta."""
    memoria = InMemoryStorage()
    monkeypatch.setattr(almacen, "storages", {"default": memoria})

    sellado = sellar_archivo(BytesIO(CONTENIDO))
    sellar_archivo(CONTENIDO)

    assert sellado == (NOMBRE, HUELLA, len(CONTENIDO))
    assert memoria.open(NOMBRE).read() == CONTENIDO
    assert memoria.listdir(NOMBRE.rpartition("/")[0])[1] == [HUELLA]


def test_el_almacen_de_los_ajustes_es_el_sellado():
    assert isinstance(storages["default"], AlmacenSellado)
