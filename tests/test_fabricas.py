"""Cada fábrica da una fila que la base acepta."""

import inspect

import pytest
from factory.django import DjangoModelFactory

from tests import fabricas

FABRICAS = [
    clase
    for _, clase in inspect.getmembers(fabricas, inspect.isclass)
    if issubclass(clase, DjangoModelFactory) and clase is not DjangoModelFactory
]


@pytest.mark.django_db
@pytest.mark.parametrize("fabrica", FABRICAS, ids=lambda clase: clase.__name__)
def test_cada_fabrica_da_una_fila_valida(fabrica):
    fila = fabrica()

    fila.validate_constraints()
    assert type(fila).objects.filter(pk=fila.pk).exists()
