"""El texto canónico: mismo contenido, mismos bytes; distinto contenido, otra huella."""

import json
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from hashlib import sha256
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instituciones.canonico import canonico, huella

textos = st.text(st.characters(exclude_categories=["Cs"]))
simples = st.none() | st.booleans() | st.integers() | textos
contenidos = st.recursive(
    simples,
    lambda hijos: st.lists(hijos) | st.dictionaries(textos.filter(str.isascii), hijos),
    max_leaves=20,
)


class Color(StrEnum):
    VERDE = "VERDE"


class Numero(IntEnum):
    UNO = 1


class Otro(Enum):
    FECHA = date(2021, 6, 30)


@dataclass
class Punto:
    y: Decimal
    x: tuple


@pytest.mark.parametrize(
    ("valor", "texto"),
    [
        (
            Punto(Decimal(1), ({"b": Punto(Decimal(2), ())},)),
            '{"x":[{"b":{"x":[],"y":"2.00"}}],"y":"1.00"}',
        ),
        ({"b": 1, "a": [True, None, "x"]}, '{"a":[true,null,"x"],"b":1}'),
        ((1, (2, 3)), "[1,[2,3]]"),
        (Decimal(5), '"5.00"'),
        (Decimal("2.67500000000000"), '"2.675"'),
        (Decimal("1E+3"), '"1000.00"'),
        (Decimal("10.0500"), '"10.05"'),
        (Decimal("-0.00"), '"0.00"'),
        (Decimal("-0.5"), '"-0.50"'),
        (Decimal("12345678901234567890123456789.01"), '"12345678901234567890123456789.01"'),
        (date(2021, 6, 30), '"2021-06-30"'),
        (datetime(2021, 6, 30, 6, tzinfo=UTC), '"2021-06-30T06:00:00.000000Z"'),
        ({Color.VERDE: Color.VERDE}, '{"VERDE":"VERDE"}'),
        (Numero.UNO, "1"),
        (Otro.FECHA, '"2021-06-30"'),
        (UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
        ("ñ «»\n", '"ñ «»\\n"'),
    ],
)
def test_canonico_tiene_una_sola_forma(valor, texto):
    assert canonico(valor) == texto


@given(st.dictionaries(textos.filter(str.isascii), contenidos), st.randoms())
def test_canonico_no_mira_el_orden_de_las_claves(contenido, azar):
    revuelto = dict(azar.sample(list(contenido.items()), len(contenido)))

    assert canonico(contenido) == canonico(revuelto)


@given(contenidos)
def test_canonico_se_lee_de_vuelta_igual(contenido):
    texto = canonico(contenido)

    assert canonico(json.loads(texto)) == texto


@given(textos)
def test_canonico_no_distingue_la_forma_unicode(texto):
    formas = {canonico(unicodedata.normalize(forma, texto)) for forma in ("NFC", "NFD")}

    assert len(formas) == 1


@given(st.decimals(-(10**9), 10**9, places=2), st.integers(0, 8))
def test_canonico_no_distingue_ceros_de_sobra(numero, ceros):
    assert canonico(numero) == canonico(Decimal(f"{numero}{'0' * ceros}"))


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**6), max_value=10**6))
def test_canonico_no_cambia_ningun_numero(numero):
    assert Decimal(json.loads(canonico(numero))) == numero


@given(st.datetimes(), st.integers(-12, 12))
def test_canonico_no_distingue_la_zona_de_un_mismo_momento(momento, horas):
    utc = momento.replace(year=2024, month=3, day=15, tzinfo=UTC)

    assert canonico(utc) == canonico(utc.astimezone(timezone(timedelta(hours=horas))))


def test_canonico_distingue_los_tipos():
    distintos = [1, "1", True, "true", None, "null", [], {}, "", Decimal(1), [1], {"1": 1}, 0]

    assert len({canonico(uno) for uno in distintos}) == len(distintos)


@pytest.mark.parametrize(
    "valor", [1.5, {"a": 0.0}, {1, 2}, b"x", object(), {1: "x"}, {None: 1}, {Decimal(1): 1}]
)
def test_lo_que_no_tiene_forma_canonica_se_rechaza(valor):
    with pytest.raises(TypeError):
        canonico(valor)


@pytest.mark.parametrize(
    "valor",
    [
        Decimal("NaN"),
        Decimal("Infinity"),
        datetime(2021, 1, 1),  # noqa: DTZ001 - justamente: una hora sin zona
        {"é": 1, "e\u0301": 2},
        "\ud800",
    ],
)
def test_lo_que_no_se_puede_sellar_se_rechaza(valor):
    with pytest.raises(ValueError, match=r"cifra|zona|igual|surrogates"):
        canonico(valor)


def test_huella_es_el_sha256_del_texto_en_utf8():
    assert huella("ñ") == sha256("ñ".encode()).hexdigest()
    assert len(huella("")) == 64
