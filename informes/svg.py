"""De una especificación Vega-Lite a SVG, sin red; lo ya dibujado se guarda por su contenido."""

import json
from collections import OrderedDict
from hashlib import sha256
from threading import Lock
from typing import Any

GUARDADAS = 256
_dibujadas: OrderedDict[str, str] = OrderedDict()
_cerrojo = Lock()


def dibujar(grafica: dict[str, Any]) -> str:
    """El SVG de la gráfica. Nunca antes de dividir el proceso: el hijo se quedaría esperando."""
    texto = json.dumps(grafica, sort_keys=True, ensure_ascii=False)
    clave = sha256(texto.encode()).hexdigest()
    with _cerrojo:
        if clave in _dibujadas:
            _dibujadas.move_to_end(clave)
            return _dibujadas[clave]
    import vl_convert

    dibujo: str = vl_convert.vegalite_to_svg(texto, allowed_base_urls=[])
    with _cerrojo:
        _dibujadas[clave] = dibujo
        while len(_dibujadas) > GUARDADAS:
            _dibujadas.popitem(last=False)
    return dibujo


def sin_titulo(grafica: dict[str, Any]) -> dict[str, Any]:
    """La misma sin su título: donde el hallazgo ya va escrito junto a ella."""
    return {clave: valor for clave, valor in grafica.items() if clave != "title"}
