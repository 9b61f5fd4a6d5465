"""A dónde se puede llamar: sólo a máquinas públicas, por su nombre, con TLS."""

import socket

import pytest

from instituciones import destinos

MALAS = [
    "http://sistema.gob.gt/gancho",
    "ftp://sistema.gob.gt/",
    "file:///etc/passwd",
    "gopher://sistema.gob.gt/",
    "//sistema.gob.gt/",
    "sistema.gob.gt",
    "https://",
    "https:///gancho",
    "https://usuario:clave@sistema.gob.gt/",
    "https://usuario@sistema.gob.gt/",
    "https://sistema.gob.gt@169.254.169.254/",
    "https://sistema.gob.gt:443@169.254.169.254/",
    "https://sistema.gob.gt#@169.254.169.254/",
    "https://sistema.gob.gt\\@169.254.169.254/",
    "https://sistema.gob.gt/gancho#parte",
    "https://sistema.gob.gt/con espacio",
    "https://sistema.gob.gt/\r\nX-Otra: 1",
    "https://sistema.gob.gt/\n",
    "\thttps://sistema.gob.gt/",
    "https://sistema.gob.gt/ñ",
    "https://sistemá.gob.gt/",
    "https://①②⑦.⓪.⓪.①/",
    "https://sistema.gob.gt%2eotro.gt/",
    "https://sistema..gob.gt/",
    "https://.gob.gt/",
    "https://sistema.gob.gt./",
    "https://-sistema.gob.gt/",
    "https://sistema_uno.gob.gt/",
    "https://" + "a" * 64 + ".gob.gt/",
    "https://sistema.gob.gt/" + "a" * 500,
    # Números, escritos como se quiera: ninguno es un nombre.
    "https://127.0.0.1/",
    "https://8.8.8.8/",
    "https://127.1/",
    "https://0/",
    "https://0x7f.0.0.1/",
    "https://0x7f000001/",
    "https://2130706433/",
    "https://0177.0.0.1/",
    "https://127.0.0.0x1/",
    "https://[::1]/",
    "https://[::ffff:169.254.169.254]/",
    "https://[fe80::1%25eth0]/",
    # Máquinas de adentro.
    "https://localhost/",
    "https://redis/",
    "https://intranet/",
    # Puertos.
    "https://sistema.gob.gt:22/",
    "https://sistema.gob.gt:80/",
    "https://sistema.gob.gt:6379/",
    "https://sistema.gob.gt:8443/",
    "https://sistema.gob.gt:0/",
    "https://sistema.gob.gt:99999/",
    "https://sistema.gob.gt:-1/",
    "https://sistema.gob.gt:443x/",
]


@pytest.mark.parametrize("direccion", MALAS)
def test_lo_que_no_es_una_direccion_publica_se_niega(direccion):
    with pytest.raises(destinos.DestinoProhibido):
        destinos.leer(direccion)


def test_una_buena_se_lee_en_sus_partes():
    assert destinos.leer("HTTPS://Sistema.GOB.gt:443/Gancho?de=PESN&n=1") == (
        True, "sistema.gob.gt", 443, "/Gancho?de=PESN&n=1"
    )  # fmt: skip
    assert destinos.leer("https://xn--sistem-9wa.gob.gt").ruta == "/"


def test_otro_puerto_solo_si_el_operador_lo_permite(settings):
    settings.WEBHOOKS_PUERTOS = [443, 8443]

    assert destinos.leer("https://sistema.gob.gt:8443/").puerto == 8443
    with pytest.raises(destinos.DestinoProhibido):
        destinos.leer("https://sistema.gob.gt:9443/")


def test_al_depurar_se_admite_http_pero_no_una_maquina_de_adentro(settings):
    settings.DEBUG = True

    assert destinos.leer("http://sistema.gob.gt/").con_tls is False
    with pytest.raises(destinos.DestinoProhibido):
        destinos.leer("http://localhost/")
    assert not destinos.es_publica("127.0.0.1")


# Cada renglón, una clase: propias, privadas, reservadas, de grupo; y las que llevan otra adentro.
TEXTO = """
0.0.0.0 0.1.2.3 127.0.0.1 127.255.255.254
10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1 192.168.255.255
100.64.0.1 100.127.255.254 169.254.0.1 169.254.169.254
192.0.0.1 192.0.0.9 192.0.0.170 192.0.2.1 192.88.99.1 198.18.0.1 198.19.255.255
198.51.100.1 203.0.113.1 240.0.0.1 255.255.255.255
224.0.0.1 239.255.255.250
:: ::1 fe80::1 fe80::1%eth0 fc00::1 fd00:ec2::254 fec0::1 ff02::1 ff0e::1
100::1 2001::1 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 3fff::1 4000::1 5f00::1
::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:8.8.8.8
::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1
2001:0:7f00:1:: 2002:7f00:1:: 2002:a9fe:a9fe::1
ninguna
"""
NO_PUBLICAS = TEXTO.split()


@pytest.mark.parametrize("ip", NO_PUBLICAS)
def test_lo_que_no_es_de_internet_se_niega(ip):
    assert not destinos.es_publica(ip)


@pytest.mark.parametrize(
    "ip", ["8.8.8.8", "190.56.1.1", "100.63.255.255", "2800:3f0::1", "2606:4700:4700::1111"]
)
def test_lo_que_es_de_internet_se_admite(ip):
    assert destinos.es_publica(ip)


def resuelve_a(monkeypatch, *ips):
    filas = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443)) for ip in ips]
    monkeypatch.setattr(destinos.socket, "getaddrinfo", lambda *a, **k: filas)


@pytest.mark.parametrize("ips", [["10.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["169.254.169.254"]])
def test_un_nombre_que_lleva_adentro_se_niega_aunque_otra_sea_publica(monkeypatch, ips):
    resuelve_a(monkeypatch, *ips)

    with pytest.raises(destinos.DestinoProhibido):
        destinos.resolver(destinos.leer("https://sistema.gob.gt/"))


def test_un_nombre_publico_da_sus_direcciones_sin_repetir(monkeypatch):
    resuelve_a(monkeypatch, "8.8.8.8", "2606:4700:4700::1111", "8.8.8.8")

    direcciones = destinos.resolver(destinos.leer("https://sistema.gob.gt/"))

    assert direcciones == ["8.8.8.8", "2606:4700:4700::1111"]


def test_un_nombre_que_no_hay_se_dice(monkeypatch):
    def falla(*args, **kwargs):
        raise socket.gaierror

    monkeypatch.setattr(destinos.socket, "getaddrinfo", falla)

    with pytest.raises(destinos.NoResuelve):
        destinos.resolver(destinos.leer("https://sistema.gob.gt/"))
