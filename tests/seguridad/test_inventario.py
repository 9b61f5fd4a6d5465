"""G-01: cada ruta y cada método están en el archivo revisado, y nada de más."""

from tests.seguridad.inventario import es_de_catalogos, revisadas, rutas

SE_PRUEBAN_EN = {
    "api": "las rutas de la API, con cada sistema: tests/seguridad/test_matriz_api.py",
    "cuenta": "las páginas de la cuenta son de allauth: tests/instituciones/test_entrada.py",
}


def test_toda_ruta_esta_clasificada_y_ninguna_sobra(cifra):
    mapa = [una for una in rutas() if not es_de_catalogos(una.nombre)]
    hay = {(una.nombre, metodo) for una in mapa for metodo in una.metodos}
    hay = {(nombre, metodo) for nombre, metodo in hay if "/" not in nombre}
    dice = {(fila["ruta"], fila["metodo"]) for fila in revisadas()}

    cifra(f"G-01 rutas={len(mapa)} metodos={len(hay)} sobrantes={len(dice - hay)}")
    assert hay - dice == set()
    assert dice - hay == set()


def test_las_rutas_sin_nombre_no_llevan_a_ninguna_parte(client, db):
    sin_nombre = [u for u in rutas() if "/" in u.nombre and not es_de_catalogos(u.nombre)]

    assert sin_nombre
    for una in sin_nombre:
        assert client.get(f"/{una.direccion}").status_code == 404
