"""Lo que no se puede alterar en un libro que vuelve: de dónde salió y qué renglón es cada uno."""

import hmac
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, NamedTuple

from django.conf import settings
from django.core import signing

from matrices.hojas.columnas import normal

SAL = "matrices.hojas"
LARGO_DE_HUELLA, LARGO_DE_FIRMA = 10, 16


class Control(NamedTuple):
    """Si el control de un renglón es el suyo, y si alguien tocó lo que traía al bajarlo."""

    vale: bool
    tocado: bool


def sellar_libro(datos: dict[str, Any]) -> str:
    """De qué es el libro, firmado: texto corto que va en sus instrucciones."""
    return signing.dumps(datos, salt=SAL, compress=True)


def abrir_sello(texto: str) -> dict[str, Any] | None:
    """Lo que dice un sello; None si no es nuestro o alguien lo cambió."""
    try:
        datos = signing.loads(texto.strip(), salt=SAL)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return datos if isinstance(datos, dict) else None


def control_de(llave: Iterable[Any], valores: Iterable[Any]) -> str:
    """El control de un renglón: huella de lo que llevaba y firma de su llave.

    Con la huella se sabe si alguien lo cambió, aunque después se guardara otra cosa en la base;
    con la firma, que la llave y la versión son las que se bajaron.
    """
    huella = _huella(valores)
    return f"{huella}-{_firmas(llave, huella)[0]}"


def revisar(control: Any, llave: Iterable[Any], valores: Iterable[Any]) -> Control:
    """Si el control corresponde a la llave, y si los valores son otros que los que llevaba."""
    huella, _, firma = str(control or "").strip().partition("-")
    vale = any(hmac.compare_digest(firma.encode(), una.encode()) for una in _firmas(llave, huella))
    return Control(vale, huella != _huella(valores))


def _huella(valores: Iterable[Any]) -> str:
    return sha256("\x1f".join(map(normal, valores)).encode()).hexdigest()[:LARGO_DE_HUELLA]


def _firmas(llave: Iterable[Any], huella: str) -> list[str]:
    """Con la clave de hoy, y con las que ya se relevaron: un libro bajado antes sigue valiendo."""
    dicho = "\x1f".join([*map(str, llave), huella]).encode("utf-8", "replace")
    claves = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [
        hmac.new(sha256(f"{SAL}{clave}".encode()).digest(), dicho, sha256).hexdigest()[
            :LARGO_DE_FIRMA
        ]
        for clave in claves
    ]
