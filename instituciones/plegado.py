"""El texto plegado: sin acentos, mayúsculas ni signos, para buscar igual en cualquier base."""

import unicodedata
from typing import Any

from django.db import models


def plegar(texto: str) -> str:
    """Minúsculas sin acentos, y un espacio donde no haya letra ni cifra: «K'iche'» → «k iche»."""
    return " ".join("".join(map(plegar_letra, texto)).split())


def plegar_letra(letra: str) -> str:
    """Una letra plegada: puede dar varias («ß» → «ss»), o ninguna si es sólo un acento."""
    partes = unicodedata.normalize("NFKD", letra.casefold())
    plegada = "".join(una.casefold() for una in partes if not unicodedata.combining(una))
    return "".join(una if una.isalnum() else " " for una in plegada)


class TextoPlegado(models.TextField):
    """Una columna que se llena sola al guardar, con otras de su fila plegadas.

    También en `bulk_create`; un `update` de aquellas no la toca: quien lo haga la pliega.
    """

    def __init__(self, *de: str, **opciones: Any):
        self.de = de
        super().__init__(**{"editable": False, "default": "", **opciones})

    def deconstruct(self):
        nombre, _ruta, _args, opciones = super().deconstruct()
        return nombre, "instituciones.plegado.TextoPlegado", list(self.de), opciones

    def pre_save(self, model_instance, add):
        texto = " ".join(str(getattr(model_instance, columna)) for columna in self.de)
        plegado = plegar(texto)
        setattr(model_instance, self.attname, plegado)
        return plegado
