"""A dónde se puede llamar: una dirección de afuera, que se lee de una sola manera.

Quien inscribe un webhook escoge a quién llama el servidor: aquí se niega todo lo que no sea una
máquina pública, por su nombre, con TLS y en un puerto permitido. Se comprueba al inscribir y otra
vez al llamar, contra las direcciones IP que de verdad se usarán (`resolver`).
"""

import re
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple

from django.conf import settings

LARGO = 500
DIRECCION = re.compile(
    r"(?P<esquema>https?)://(?P<nombre>[a-z0-9.-]{1,253})(?::(?P<puerto>[0-9]{1,5}))?"
    r"(?P<ruta>/[!$-;=?-\[\]_a-z~]*)?",
    re.ASCII | re.IGNORECASE,
)
PARTE = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# La última empieza con letra: así ninguna forma de escribir un número de red pasa por nombre.
NOMBRE = re.compile(rf"(?:{PARTE}\.)+(?=[a-z]){PARTE}", re.ASCII)
PUERTO_DE = {"https": 443, "http": 80}
DE_PRUEBA = {"127.0.0.1", "localhost"}

# Lo que `is_global` no niega en todas las versiones de Python que se admiten.
TAMPOCO_IPV4 = [ip_network("192.0.0.0/24"), ip_network("192.88.99.0/24")]
SOLO_IPV6 = IPv6Network("2000::/3")  # lo único que IANA ha repartido para máquinas públicas
# Protocolos, documentación y túneles: estos últimos llevan adentro otra dirección.
TAMPOCO_IPV6 = [
    IPv6Network("2001::/23"),
    IPv6Network("2001:db8::/32"),
    IPv6Network("2002::/16"),
    IPv6Network("3fff::/20"),
]


class DestinoProhibido(Exception):
    """No se llama ahí; el mensaje dice por qué."""


class NoResuelve(Exception):
    """El nombre no tiene dirección, por ahora."""


class Destino(NamedTuple):
    """Una dirección ya leída: con esto se llama, y no se vuelve a leer."""

    con_tls: bool
    nombre: str
    puerto: int
    ruta: str


def leer(direccion: str) -> Destino:
    """La dirección en sus partes. Lanza DestinoProhibido si no se puede llamar a algo así."""
    hallada = DIRECCION.fullmatch(direccion) if len(direccion) <= LARGO else None
    if hallada is None:
        raise DestinoProhibido(
            "Escriba https://, el nombre y el camino; sin usuario, sin «#» y sin espacios."
        )
    esquema, nombre = hallada["esquema"].lower(), hallada["nombre"].lower()
    de_prueba = settings.WEBHOOKS_DE_PRUEBA
    if esquema != "https" and not (settings.DEBUG or de_prueba):
        raise DestinoProhibido("Sólo https.")
    if not NOMBRE.fullmatch(nombre) and not (de_prueba and nombre in DE_PRUEBA):
        raise DestinoProhibido("Lleva un nombre público completo, no un número ni una máquina.")
    puerto = int(hallada["puerto"] or PUERTO_DE[esquema])
    if puerto not in settings.WEBHOOKS_PUERTOS and not (
        de_prueba or (settings.DEBUG and puerto == PUERTO_DE["http"])
    ):
        raise DestinoProhibido(f"El puerto {puerto} no está permitido.")
    return Destino(esquema == "https", nombre, puerto, hallada["ruta"] or "/")


def resolver(destino: Destino) -> list[str]:
    """Las direcciones IP de ese nombre, todas públicas: a una de ellas se llama, y a ninguna otra.

    Una sola que no lo sea lo prohíbe entero. Lanza DestinoProhibido o NoResuelve.
    """
    try:
        filas = socket.getaddrinfo(destino.nombre, destino.puerto, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as motivo:
        raise NoResuelve(f"No se halla {destino.nombre}.") from motivo
    halladas = list(dict.fromkeys(str(fila[4][0]) for fila in filas))
    if not halladas:
        raise NoResuelve(f"No se halla {destino.nombre}.")
    for una in halladas:
        if not es_publica(una):
            raise DestinoProhibido(f"{destino.nombre} lleva a una dirección que no es pública.")
    return halladas


def es_publica(direccion: str) -> bool:
    """Si es de una máquina de internet: ni propia, ni privada, ni de grupo, ni reservada."""
    try:
        una = ip_address(direccion)
    except ValueError:  # con zona («fe80::1%eth0») o mal escrita
        return False
    if settings.WEBHOOKS_DE_PRUEBA and una.is_loopback:
        return True
    return _es_publica_4(una) if isinstance(una, IPv4Address) else _es_publica_6(una)


def _es_publica_4(una: IPv4Address) -> bool:
    especial = una.is_multicast or una.is_reserved or una.is_unspecified or una.is_link_local
    return una.is_global and not especial and not any(una in red for red in TAMPOCO_IPV4)


def _es_publica_6(una: IPv6Address) -> bool:
    """Las que llevan adentro una de IPv4 (::ffff:…, 64:ff9b::, 2002::, Teredo) quedan fuera."""
    if una.scope_id or una not in SOLO_IPV6 or any(una in red for red in TAMPOCO_IPV6):
        return False
    return una.is_global and not una.is_multicast
