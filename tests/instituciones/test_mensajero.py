"""Firmar y llevar: el nombre en el certificado, la IP que se dio, y nada más que el estado."""

import gzip
import socket
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from instituciones import mensajero
from instituciones.admin import POR_QUE_NO_LLEGO
from instituciones.destinos import Destino
from tests.receptor import ejemplo, escuchando

NOMBRE = "receptor.ejemplo.gt"
CUERPO = b'{"type":"avance.validado"}'
SECRETO = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
verificador = ejemplo()


def certificado(carpeta, nombre):
    """Uno firmado por sí mismo, con su llave, en un archivo."""
    llave = ec.generate_private_key(ec.SECP256R1())
    quien = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, nombre)])
    ahora = datetime.now(UTC)
    uno = (
        x509.CertificateBuilder(quien, quien, llave.public_key(), x509.random_serial_number())
        .not_valid_before(ahora - timedelta(days=1))
        .not_valid_after(ahora + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(nombre)]), critical=False)
        .sign(llave, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    archivo = carpeta / f"{nombre}.pem"
    archivo.write_bytes(
        llave.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + uno.public_bytes(pem)
    )
    return archivo


def llevar(receptor, *ips, con_tls=False, nombre=NOMBRE):
    destino = Destino(con_tls, nombre, receptor.puerto, "/gancho?de=PESN")
    con = mensajero.cabeceras("pesn_1", int(time.time()), CUERPO, [SECRETO])
    return mensajero.llevar(destino, ips or ["127.0.0.1"], CUERPO, con)


@pytest.fixture
def receptor():
    with escuchando() as uno:
        yield uno


# La firma ---------------------------------------------------------------------------------------
def test_la_firma_es_la_de_standard_webhooks():
    """El vector de sus bibliotecas de referencia."""
    firma = mensajero.firmar(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', [SECRETO]
    )

    assert firma == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def verificar(cabeceras, cuerpo=CUERPO, secretos=(SECRETO,), ahora=1000):
    return verificador.verificar(cabeceras, cuerpo, secretos, ahora)


def test_el_verificador_acepta_lo_firmado_y_nada_cambiado():
    otro = mensajero.secreto_nuevo()
    bien = mensajero.cabeceras("pesn_1", 1000, CUERPO, [SECRETO])

    assert verificar(bien)["type"] == "avance.validado"
    assert verificar(bien, ahora=1300)
    assert verificar(mensajero.cabeceras("pesn_1", 1000, CUERPO, [otro, SECRETO]))
    assert verificar(bien, secretos=[otro, SECRETO])
    for malas, cuerpo, secretos, ahora in [
        (bien, CUERPO + b" ", [SECRETO], 1000),
        (bien, CUERPO, [otro], 1000),
        (bien, CUERPO, [SECRETO], 1301),
        (bien, CUERPO, [SECRETO], 699),
        ({**bien, "webhook-id": "pesn_2"}, CUERPO, [SECRETO], 1000),
        ({**bien, "webhook-timestamp": "1001"}, CUERPO, [SECRETO], 1000),
        ({**bien, "webhook-timestamp": "1e3"}, CUERPO, [SECRETO], 1000),
        ({**bien, "webhook-signature": "v1,"}, CUERPO, [SECRETO], 1000),
        ({**bien, "webhook-signature": bien["webhook-signature"][3:]}, CUERPO, [SECRETO], 1000),
        ({}, CUERPO, [SECRETO], 1000),
    ]:
        with pytest.raises(verificador.NoVale):
            verificar(malas, cuerpo, secretos, ahora)


def test_cada_secreto_es_otro_y_de_256_bits():
    uno, otro = mensajero.secreto_nuevo(), mensajero.secreto_nuevo()

    assert uno != otro
    assert uno.startswith("whsec_")
    assert len(mensajero.base64.b64decode(uno[6:])) == 32


# Llevar -----------------------------------------------------------------------------------------
def test_llega_entero_con_su_camino_y_sus_cabeceras(receptor):
    respuesta = llevar(receptor)

    [recibido] = receptor.recibidos
    assert (respuesta.estado_http, respuesta.falla) == (204, "")
    assert (recibido.camino, recibido.cuerpo) == ("/gancho?de=PESN", CUERPO)
    assert recibido.cabeceras["host"] == f"{NOMBRE}:{receptor.puerto}"
    assert recibido.cabeceras["content-type"] == "application/json"
    assert verificador.verificar(recibido.cabeceras, recibido.cuerpo, [SECRETO])


def test_con_tls_el_nombre_va_en_sni_host_y_certificado_y_la_ip_es_la_dada(tmp_path, monkeypatch):
    """El nombre no se vuelve a resolver: el que se da no existe en ningún lado."""
    propio = certificado(tmp_path, NOMBRE)
    monkeypatch.setenv("SSL_CERT_FILE", str(propio))
    with escuchando(propio) as receptor:
        respuesta = llevar(receptor, con_tls=True)

        assert (respuesta.estado_http, respuesta.falla) == (204, "")
        assert receptor.nombres == [NOMBRE]
        assert receptor.recibidos[0].cabeceras["host"] == f"{NOMBRE}:{receptor.puerto}"


def test_un_certificado_de_otro_nombre_o_de_nadie_no_recibe_nada(tmp_path, monkeypatch):
    propio = certificado(tmp_path, NOMBRE)
    with escuchando(propio) as receptor:
        de_nadie = llevar(receptor, con_tls=True)
        monkeypatch.setenv("SSL_CERT_FILE", str(propio))
        de_otro = llevar(receptor, con_tls=True, nombre="otro.ejemplo.gt")

        assert (de_nadie.falla, de_otro.falla) == ("tls", "tls")
        assert receptor.recibidos == []


@pytest.mark.parametrize("estado", [301, 302, 303, 307, 308])
def test_no_se_sigue_a_otra_direccion(receptor, estado):
    receptor.contesta, receptor.con = estado, {"Location": receptor.direccion("/otra")}

    respuesta = llevar(receptor)

    assert (respuesta.estado_http, respuesta.falla) == (estado, "redirige")
    assert [uno.camino for uno in receptor.recibidos] == ["/gancho?de=PESN"]


@pytest.mark.parametrize(
    ("pide", "espera"), [("120", 120), ("0", 0), ("-5", 0), ("Wed, 21 Oct", 0), ("9" * 40, 0)]
)
def test_lo_que_pide_esperar_se_lee_si_es_un_numero(receptor, pide, espera):
    receptor.contesta, receptor.con = 503, {"Retry-After": pide}

    assert llevar(receptor)[:3] == (503, "estado", espera)


def test_de_lo_que_contesta_no_se_lee_mas_que_un_poco(receptor):
    """Ni infinito ni comprimido: el estado basta."""
    receptor.contesta, receptor.con = 200, {"Content-Encoding": "gzip"}
    receptor.dice = gzip.compress(b"0" * 50_000_000)

    assert llevar(receptor).falla == ""


def test_sin_nadie_que_escuche_se_dice_y_se_prueba_la_otra_ip(receptor):
    with socket.socket() as libre:
        libre.bind(("127.0.0.2", 0))
        cerrado = llevar(receptor, "127.0.0.2")
    assert (cerrado.estado_http, cerrado.falla) == (None, "conexion")

    assert llevar(receptor, "127.0.0.2", "127.0.0.1").falla == ""


@pytest.mark.parametrize("gota", [b"", b"H", b"HTTP/1.1 200 OK\r\nX-Una: " + b"a" * 40])
def test_quien_contesta_a_gotas_no_retiene_al_proceso(receptor, gota, monkeypatch):
    """Cada gota llega a tiempo; el total, no."""
    monkeypatch.setattr(mensajero, "EN_TOTAL", 0.6)

    def gotear(atiende):
        for letra in gota.ljust(60, b"\0")[:60]:
            if letra:
                atiende.wfile.write(bytes([letra]))
            time.sleep(0.05)

    receptor.antes = gotear

    respuesta = llevar(receptor)

    assert (respuesta.estado_http, respuesta.falla) == (None, "tiempo")


def test_lo_que_no_es_http_se_dice():
    with socket.socket() as enchufe:
        enchufe.bind(("127.0.0.1", 0))
        enchufe.listen()

        def contestar():
            conexion, _de = enchufe.accept()
            conexion.recv(65536)
            conexion.sendall(b"SSH-2.0-OpenSSH_9\r\n\r\n")
            conexion.close()

        hilo = threading.Thread(target=contestar)
        hilo.start()
        destino = Destino(False, NOMBRE, enchufe.getsockname()[1], "/")
        respuesta = mensajero.llevar(destino, ["127.0.0.1"], CUERPO, {})
        hilo.join(5)

    assert (respuesta.estado_http, respuesta.falla) == (None, "respuesta")


def test_cada_falla_se_dice_con_palabras():
    fallas = {valor for nombre, valor in vars(mensajero.Falla).items() if nombre.isupper()}

    assert POR_QUE_NO_LLEGO.keys() == fallas
