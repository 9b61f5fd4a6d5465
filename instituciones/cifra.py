"""Cifrar lo que el sistema tiene que volver a leer: una llave por uso, derivada del secreto.

Al rotar `SECRET_KEY` se lee con los anteriores, mientras estén en `SECRET_KEY_FALLBACKS`.
"""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

SEGUNDO_FACTOR = b"segundo-factor"
WEBHOOKS = b"webhooks"


class Ilegible(Exception):
    """Se cifró con un secreto que ya no está en los ajustes."""


def cifrar(texto: str, uso: bytes) -> str:
    """El texto cifrado con el secreto en vigor."""
    return _cifra(uso).encrypt(texto.encode()).decode()


def descifrar(cifrado: str, uso: bytes) -> str:
    """El texto como era. Lanza Ilegible si ningún secreto en vigor lo abre."""
    try:
        return _cifra(uso).decrypt(cifrado.encode()).decode()
    except InvalidToken as motivo:
        raise Ilegible from motivo


def _cifra(uso: bytes) -> MultiFernet:
    """La cifra del secreto en vigor; detrás, las de los anteriores."""
    secretos = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_llave(secreto, uso)) for secreto in secretos])


def _llave(secreto: str, uso: bytes) -> bytes:
    derivada = hashlib.blake2b(secreto.encode(), digest_size=32, person=uso).digest()
    return base64.urlsafe_b64encode(derivada)
