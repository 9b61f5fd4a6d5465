"""G-30: las filas del canal «api» del catálogo de entradas hostiles, y más: nunca un 5xx.

Cada pedido parte de uno válido y cambia una cosa. Donde el catálogo dice 400 para el contenido de
un campo, 422 vale igual (diseño, «Refused input»).
"""

import base64
import csv
import json
from pathlib import Path

import pytest

from matrices.models import Avance
from tests.api.conftest import LOGRO

pytestmark = [pytest.mark.django_db, pytest.mark.cada_motor]
CATALOGO = Path(__file__).parents[1] / "datos/entradas_hostiles.csv"
LISTAS = ["avances", "actividades", "acciones", "informes", "cortes", "periodos", "instituciones"]


def del_catalogo() -> dict[str, dict[str, str]]:
    with CATALOGO.open(encoding="utf-8", newline="") as archivo:
        return {fila["id"]: fila for fila in csv.DictReader(archivo) if fila["canal"] == "api"}


class Mesa:
    """Un pedido válido de cada clase, al que se le cambia una cosa."""

    def __init__(self, sistema, avance, ajeno):
        self.sistema, self.avance, self.ajeno = sistema, avance, ajeno

    def lista(self, consulta="", **mas):
        return self.sistema.pedir("GET", f"avances/{consulta}", tipo="", **mas)

    def crear(self, **cambios):
        return self.sistema.pedir("POST", "avances/", {**self.valido(), **cambios})

    def valido(self):
        actividad = self.avance.actividad_id
        return {"actividad": actividad, "periodo": "2021-S1", "version": 1, "logro": LOGRO}

    def crudo(self, octetos, tipo="application/json"):
        return self.sistema.pedir("POST", "avances/", crudo=octetos, tipo=tipo)

    def con(self, escrito):
        """El cuerpo válido con un miembro escrito a mano."""
        cuerpo = json.dumps(self.valido())[:-1] + f", {escrito}}}"
        return self.crudo(cuerpo.encode())

    def detalle(self, datos, **cabeceras):
        return self.sistema.pedir("PATCH", f"avances/{self.avance.pk}/", datos, **cabeceras)

    def autorizado(self, credencial):
        return self.sistema.http.get(
            "/api/v1/avances/", headers={"Authorization": credencial} if credencial else {}
        )


@pytest.fixture
def mesa(sistema, avance, ajeno):
    return Mesa(sistema, avance, ajeno)


BASIC_CON_NUL = base64.b64encode(b"u\0:p").decode()
MIL = 100_000
PROTEGIDOS = {"estado": "VALIDADO", "version": 9, "institucion": 1, "id": 1, "P": 1, "E": 1}
PROTEGIDOS |= {"semaforo": "VERDE", "remitido_por": 1}

FILAS = {
    "A-01": [lambda m: m.lista("?q=%00")],
    "A-02": [lambda m: m.lista("?actividad=abc")],
    "A-03": [lambda m: m.lista("?actividad=%00")],
    "A-04": [lambda m: m.lista("?actividad=100000000000000000000")],
    "A-05": [
        lambda m: m.lista("?limit=999999999999999999999999999999"),
        lambda m: m.lista("?limite=999999999999999999999999999999"),
    ],
    "A-06": [
        lambda m: m.lista("?offset=-1"),
        lambda m: m.lista("?limit=0"),
        lambda m: m.lista("?limite=0"),
        lambda m: m.lista("?despues_de=-1"),
        lambda m: m.lista(f"?limite={'9' * 5000}"),
    ],
    "A-07": [
        lambda m: m.lista("100000000000000000000/"),
        lambda m: m.lista("abc/"),
        lambda m: m.lista("%00/"),
        lambda m: m.lista("%D9%A1/"),
    ],
    "A-09": [lambda m: m.autorizado(f"Basic {BASIC_CON_NUL}")],
    "A-10": [
        lambda m: m.autorizado("Basic !!!"),
        lambda m: m.autorizado(f"Bearer {'a' * 10_000}"),
        lambda m: m.autorizado("Token "),
        lambda m: m.autorizado("Bearer"),
        lambda m: m.autorizado("Bearer a b"),
        lambda m: m.autorizado(""),
    ],
    "A-11": [lambda m: m.crudo(b"[" * MIL + b"]" * MIL)],
    "A-12": [
        lambda m: m.con('"porcentaje": NaN'),
        lambda m: m.con('"porcentaje": Infinity'),
        lambda m: m.con('"porcentaje": 1e400'),
        lambda m: m.con('"porcentaje": "NaN"'),
    ],
    "A-14": [lambda m: m.crear(porcentaje=101), lambda m: m.crear(porcentaje="-0.01")],
    "A-15": [lambda m: m.con('"porcentaje": 10.555')],
    "A-16": [lambda m, c=c: m.crudo(c) for c in (b"[]", b"null", b'"x"', b"true")],
    "A-17": [
        lambda m: m.con(r'"medida_correctiva": "a\u0000b"'),
        lambda m: m.con(r'"medida_correctiva": "\ud800"'),
    ],
    "A-19": [
        lambda m: m.crudo(b'{"logro": "\xff"}'),
        lambda m: m.crudo('{"logro": "x"}'.encode("utf-16")),
    ],
    "A-21": [
        lambda m: m.crudo(b"<a/>", "application/xml"),
        lambda m: m.crudo(b"a", "multipart/form-data"),
        lambda m: m.crudo(b""),
    ],
    "A-22": [lambda m: m.crear(limitante="a" * 3_000_000)],
    "A-23": [
        lambda m: m.lista("?" + "&".join(f"p{n}=1" for n in range(5000))),
        lambda m: m.sistema.pedir(
            "POST",
            f"avances/{m.avance.pk}/evidencias/",
            crudo=_partes({f"p{n}": "1" for n in range(2000)}),
            tipo="multipart/form-data; boundary=limite",
        ),
    ],
    "A-24": [lambda m: m.detalle(PROTEGIDOS, If_Match='"1"')],
    "A-25": [lambda m: m.crear(actividad=m.ajeno.actividad_id)],
    "A-28": [
        lambda m: m.detalle({"logro": LOGRO}),
        lambda m: m.detalle({"logro": LOGRO}, If_Match='"7"'),
    ],
    "A-32": [
        lambda m: m.lista(Accept="a/b"),
        lambda m: m.lista("?format=xx"),
        lambda m: m.sistema.leer("avances.json"),
    ],
}
EN_OTRA_PARTE = {"A-31": "test_claves", "A-33": "test_limites"}


def _partes(datos):
    trozos = [
        f'--limite\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'
        for n, v in datos.items()
    ]
    return ("".join(trozos) + "--limite--\r\n").encode()


def test_el_catalogo_entero_se_prueba():
    assert set(FILAS) | set(EN_OTRA_PARTE) == set(del_catalogo())


@pytest.mark.parametrize("cual", FILAS)
def test_cada_fila_del_catalogo_se_contesta_como_dice(mesa, cual, cifra):
    fila = del_catalogo()[cual]
    https = {int(uno) for uno in fila["esperado_codigo_http"].split("|")}
    https |= {422} if 400 in https else set()
    codigos = set(filter(None, fila["esperado_codigo"].split("|")))
    antes = list(Avance.objects.order_by("pk").values())

    for pedido in FILAS[cual]:
        respuesta = pedido(mesa)
        assert respuesta.status_code in https, (fila["entrada"], respuesta.content[:300])
        if respuesta.status_code == 200:
            assert respuesta.json()["resultados"] == []
            continue
        assert respuesta["Content-Type"] == "application/problem+json"
        problema = respuesta.json()
        assert problema["status"] == respuesta.status_code
        if codigos:
            de_campo = {uno["codigo"] for uno in problema.get("errores", [])}
            assert {problema["codigo"], *de_campo} & codigos, problema
    assert list(Avance.objects.order_by("pk").values()) == antes
    cifra(f"G-30 {cual} pedidos={len(FILAS[cual])} 5xx=0")


GIGANTE = "9" * 4000
NUESTRAS = [
    # parámetros
    ("avances/?estado=INVENTADO", 400),
    ("avances/?estado=BORRADOR&estado=X", 400),
    ("avances/?periodo=2021", 400),
    ("avances/?periodo=2021-S3", 400),
    ("avances/?periodo=%D9%A2%D9%A0%D9%A2%D9%A1-S1", 400),
    ("avances/?periodo=99999-S1", 400),
    ("avances/?actividad=1.5", 400),
    ("avances/?actividad=1e3", 400),
    ("avances/?actividad=0", 400),
    ("avances/?actividad=-1", 400),
    ("avances/?actividad=9007199254740992", 400),
    ("avances/?actividad=9007199254740991", 200),
    (f"avances/?actividad={GIGANTE}", 400),
    ("avances/?actividad=1&actividad=2", 400),
    ("avances/?actividad__responsable__sigla=MINGOB", 400),
    ("avances/?ordering=logro", 400),
    ("avances/?search=x", 400),
    ("avances/?cursor=cD1hYmM%3D", 400),
    ("avances/?despues_de=abc", 400),
    ("avances/?despues_de=9007199254740992", 400),
    ("avances/?despues_de=1&despues_de=2", 400),
    ("avances/?limite=201", 400),
    ("avances/?limite=1.0", 400),
    ("avances/?limite=%D9%A1", 400),
    ("avances/?limite=", 400),
    ("avances/?limite=200", 200),
    ("avances/?semaforo=MORADO", 400),
    ("avances/?institucion=" + "x" * 21, 400),
    ("avances/?institucion=' OR 1=1 --", 200),
    ("avances/?institucion=%FF", 400),
    ("avances/?plan=%ED%A0%80", 400),
    ("avances/?_=1", 400),
    ("avances/1/?campo=logro", 400),
    ("yo/?x=1", 400),
    ("instituciones/?reporta=quizas", 400),
    ("instituciones/?reporta=true", 200),
    ("cortes/1/resultados/?x=1", 400),
    ("cola/", 403),
    # direcciones
    ("avances/0/", 404),
    ("avances/-1/", 404),
    ("avances/1", 301),
    ("avances//", 404),
    ("avances/../admin/", 404),
    ("avances/1%2F2/", 404),
    ("avances/999999999999/", 404),
    ("evidencias/1/archivo/", 404),
    ("documentos/1/archivo/", 404),
    ("cortes/1/resultados/", 404),
    ("no-hay/", 404),
    ("", 404),
]


@pytest.mark.parametrize(("donde", "http"), NUESTRAS, ids=lambda d: str(d)[:60])
def test_lo_que_se_lee_con_mala_intencion(sistema, avance, donde, http):
    respuesta = sistema.leer(donde)

    assert respuesta.status_code == http, respuesta.content[:300]
    if http >= 400:
        assert respuesta["Content-Type"] == "application/problem+json"
        assert respuesta.json()["codigo"]


ESCRITAS = [
    ('"porcentaje": true', 422),
    ('"porcentaje": [1]', 422),
    ('"porcentaje": {"a": 1}', 422),
    ('"porcentaje": ""', 201),
    ('"porcentaje": "1,5"', 422),
    ('"porcentaje": "١"', 422),
    (f'"porcentaje": {GIGANTE}', 422),
    (f'"porcentaje": {"9" * 5000}', 400),
    ('"porcentaje": -0.0', 201),
    ('"porcentaje": 1E-400', 422),
    ('"porcentaje": 1e999999999999', 422),
    ('"medida_correctiva": 5', 201),
    ('"medida_correctiva": null', 422),
    ('"medida_correctiva": ["a"]', 422),
    ('"medida_correctiva": {"$ne": 1}', 422),
    (r'"medida_correctiva": "\u202e"', 422),
    (r'"medida_correctiva": "\ufffe"', 422),
    ('"sin_cambios": "quizás"', 422),
    ('"sin_cambios": []', 422),
    ('"territorio": "01"', 422),
    ('"territorio": ["99"]', 422),
    ('"territorio": [["01"]]', 422),
    ('"beneficiarios": []', 422),
    ('"beneficiarios": "x"', 422),
    ('"beneficiarios": {"pueblo": "x"}', 422),
    ('"beneficiarios": {"pueblo": {"maya": "x"}}', 422),
    ('"beneficiarios": {"pueblo": {"klingon": 1}}', 422),
    ('"beneficiarios": {"total": -1}', 422),
    ('"beneficiarios": {"total": 99999999999999999999}', 422),
    ('"fecha_medida": "2021-13-01"', 422),
    ('"fecha_medida": "99999-01-01"', 422),
    ('"fecha_medida": 5', 422),
    ('"clasificacion": "RESERVADA"', 422),
    ('"clasificacion": "OTRA"', 422),
    ('"resolucion": 987654321', 422),
    ('"resolucion": "x"', 422),
    ('"hitos_cumplidos": []', 422),
    ('"respuestas": {}', 422),
    ('"respuestas": [{"observacion": 1}]', 422),
    ('"actividad": 1', 400),
    ('"__proto__": {}', 422),
    ('"logro": "otra vez"', 400),
]


@pytest.mark.parametrize(("miembro", "http"), ESCRITAS, ids=lambda d: str(d)[:60])
def test_lo_que_se_escribe_con_mala_intencion(mesa, miembro, http):
    respuesta = mesa.con(miembro)

    assert respuesta.status_code == http, respuesta.content[:300]
    esperada = 2 if http == 201 else 1
    assert Avance.objects.get(pk=mesa.avance.pk).version == esperada


LOTES = [
    ({"avances": []}, 422),
    ({"avances": {}}, 422),
    ({"avances": [1]}, 422),
    ({"avances": [[]]}, 422),
    ({"avances": [{}]}, 207),
    ({"avances": [{"id": "x", "version": 1}]}, 207),
    ({"avances": [{"id": 10**30, "version": 1}]}, 207),
    ({"avances": [{"id": 1, "version": 10**30}]}, 207),
    ({"avances": [{"id": {"a": 1}, "version": 1}]}, 207),
    ({"avances": [{"id": 1, "version": 1}] * 201}, 422),
    ({"otra": []}, 422),
]


@pytest.mark.parametrize(("cuerpo", "http"), LOTES, ids=lambda d: str(d)[:50])
def test_lotes_con_mala_intencion(sistema, avance, cuerpo, http):
    respuesta = sistema.pedir("POST", "avances/lote/", cuerpo)

    assert respuesta.status_code == http, respuesta.content[:300]


PASOS = [
    ({}, 422),
    ({"paso": None}, 422),
    ({"paso": ["entregar"]}, 422),
    ({"paso": "vencer"}, 422),
    ({"paso": "consolidar"}, 422),
    ({"paso": "entregar", "por": 1}, 422),
    ({"paso": "entregar", "en_nombre_de": 1}, 422),
    ({"paso": "entregar", "observaciones": "x"}, 422),
    ({"paso": "entregar", "reabre": [{}]}, 422),
    ({"paso": "entregar"}, 409),
]


@pytest.mark.parametrize(("cuerpo", "http"), PASOS, ids=lambda d: str(d)[:50])
def test_pasos_con_mala_intencion(sistema, avance, cuerpo, http):
    respuesta = sistema.pedir("POST", f"avances/{avance.pk}/paso/", cuerpo, If_Match='"1"')

    assert respuesta.status_code == http, respuesta.content[:300]
    assert Avance.objects.get(pk=avance.pk).estado == "PENDIENTE"


@pytest.mark.parametrize("lista", LISTAS)
@pytest.mark.parametrize("metodo", ["PUT", "DELETE", "TRACE", "PROPFIND", "GARBAGE"])
def test_los_metodos_que_no_hay_se_dicen(sistema, avance, lista, metodo):
    respuesta = sistema.pedir(metodo, f"{lista}/", {"a": 1})

    assert respuesta.status_code == 405
    assert respuesta.json()["codigo"] == "metodo_no_permitido"


@pytest.mark.parametrize("clave", ["", " ", "a" * 201, "con espacio", "ñ"])
def test_una_clave_de_idempotencia_ilegible_es_400(mesa, clave):
    datos = mesa.valido()

    respuesta = mesa.sistema.pedir("POST", "avances/", datos, Idempotency_Key=clave)

    assert respuesta.status_code == 400
    assert Avance.objects.get(pk=mesa.avance.pk).version == 1


def test_la_cuenta_de_entradas(cifra):
    propias = len(NUESTRAS) + len(ESCRITAS) + len(LOTES) + len(PASOS)
    del_csv = sum(len(pedidos) for pedidos in FILAS.values())
    cifra(f"G-30 lista: propias={propias} del_catalogo={del_csv}")
    assert propias + del_csv >= 57
