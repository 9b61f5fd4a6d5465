"""Lo ya dibujado, en la memoria del proceso y por la versión de sus datos.

La clave trae la versión: nada se invalida, lo viejo deja de pedirse y lo desplaza lo nuevo.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

CUANTOS = 48
Hecho = TypeVar("Hecho")


class Guardado(Generic[Hecho]):
    """Lo último que se pidió; lo que no está se hace y se guarda."""

    def __init__(self, cuantos: int = CUANTOS):
        self._cuantos, self._textos, self._cerrojo = cuantos, OrderedDict[Hashable, Hecho](), Lock()

    def tomar(self, clave: Hashable, hacer: Callable[[], Hecho]) -> Hecho:
        """El de esa clave; dos que lo piden a la vez pueden hacerlo dos veces, y da lo mismo."""
        with self._cerrojo:
            if clave in self._textos:
                self._textos.move_to_end(clave)
                return self._textos[clave]
        texto = hacer()
        with self._cerrojo:
            self._textos[clave] = texto
            while len(self._textos) > self._cuantos:
                self._textos.popitem(last=False)
        return texto

    def vaciar(self) -> None:
        """Olvida todo: otra base de datos puede repetir claves y versiones."""
        with self._cerrojo:
            self._textos.clear()
