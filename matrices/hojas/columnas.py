"""Las columnas de un libro: su tipo, cómo se muestran y cómo se entiende lo que alguien escribió.

Lo que aquí se acepta de más (un porcentaje con formato de Excel, «Q1,234.00», «Sí» o VERDADERO)
está dicho en las instrucciones del libro; lo demás se rechaza con su motivo, y nada se multiplica
ni se redondea en silencio.
"""

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

SI, NO = "Sí", "No"
MILES = re.compile(r"\d{1,3}(,\d{3})+(\.\d*)?|\d+(\.\d*)?|\.\d+", re.ASCII)
DIA = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
DIA_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
CONTROLES = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
LARGO_DE_NUMERO = 40
PRIMER_ANIO, ULTIMO_ANIO = 1990, 2100


class Tipo(StrEnum):
    """Qué se escribe en una columna."""

    TEXTO = "TEXTO"
    ENTERO = "ENTERO"
    NUMERO = "NUMERO"
    PUNTOS = "PUNTOS"
    DINERO = "DINERO"
    FECHA = "FECHA"
    SI_NO = "SI_NO"
    LISTA = "LISTA"
    VARIOS = "VARIOS"


NUMERICOS = {Tipo.ENTERO, Tipo.NUMERO, Tipo.PUNTOS, Tipo.DINERO}


@dataclass(frozen=True)
class Lista:
    """Lo que admite una columna de lista: clave guardada y lo que se lee en la celda."""

    nombre: str
    opciones: tuple[tuple[str, str], ...]

    def dicho(self, clave: Any) -> str:
        """Lo que se lee de una clave; ella misma si no es de la lista."""
        return dict(self.opciones).get(str(clave), str(clave))

    def clave(self, escrito: str) -> str | None:
        """La clave de lo escrito, sin fijarse en tildes, mayúsculas ni espacios; None si no es."""
        buscado = _llano(escrito)
        return next((c for c, d in self.opciones if buscado in {_llano(c), _llano(d)}), None)


@dataclass(frozen=True)
class Columna:
    """Una columna: con qué nombre la conoce el programa y qué se lee en su encabezado."""

    nombre: str
    titulo: str
    tipo: Tipo = Tipo.TEXTO
    ancho: int = 14
    ayuda: str = ""
    lista: Lista | None = None
    se_escribe: bool = False
    maximo: int | None = None  # caracteres de un texto, o valor de un número
    parte: str = field(default="", compare=False)  # a qué parte del formulario pertenece


class Leido(NamedTuple):
    """Lo que se entendió de una celda: el valor, por qué no vale, o qué conviene mirar."""

    valor: Any = ""
    error: str = ""
    aviso: str = ""


def normal(valor: Any) -> str:
    """Un valor como texto que no cambia al pasar por Excel: con él se sabe si alguien lo tocó."""
    if valor is None:
        return ""
    if isinstance(valor, bool):
        return "1" if valor else "0"
    if isinstance(valor, Decimal | int | float):
        return format(Decimal(str(valor)).normalize(), "f")
    if isinstance(valor, date):
        return valor.isoformat()[:10]
    if isinstance(valor, Sequence) and not isinstance(valor, str):
        return ",".join(sorted(map(normal, valor)))
    texto = str(valor).replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", texto).strip()


def entender(crudo: Any, columna: Columna, *, porcentaje: bool = False) -> Leido:
    """El valor de una celda según su columna. `porcentaje`: si la celda se muestra como tal."""
    if crudo is None or (isinstance(crudo, str) and not crudo.strip()):
        return Leido([] if columna.tipo == Tipo.VARIOS else "")
    if isinstance(crudo, bool) and columna.tipo in NUMERICOS | {Tipo.FECHA}:
        return Leido(error="Se espera otro dato, no VERDADERO o FALSO.")
    return _COMO[columna.tipo](crudo, columna, porcentaje)


def _texto(crudo: Any, columna: Columna, porcentaje: bool) -> Leido:
    texto = como_texto(crudo)
    if malo := CONTROLES.search(texto):
        cual = f"U+{ord(malo[0]):04X}"
        return Leido(error=f"Hay un carácter que no se puede guardar ({cual}): escríbalo de nuevo.")
    return Leido(texto)


def como_texto(crudo: Any) -> str:
    """Lo que se lee en una celda, sea cual sea su tipo."""
    if isinstance(crudo, bool):
        return SI if crudo else NO
    if isinstance(crudo, datetime):
        return f"{crudo:%d/%m/%Y %H:%M}" if crudo.time() != datetime.min.time() else _dia(crudo)
    if isinstance(crudo, date):
        return _dia(crudo)
    if isinstance(crudo, float):
        return repr(int(crudo)) if crudo.is_integer() and abs(crudo) < 10**15 else repr(crudo)
    return str(crudo)


def _dia(fecha: date) -> str:
    return f"{fecha:%d/%m/%Y}"


def _numero(crudo: Any, columna: Columna, porcentaje: bool) -> Leido:
    """El número tal como se lee en la celda; lo que no es uno, o es ambiguo, se rechaza."""
    if isinstance(crudo, date | datetime):
        return Leido(error="Es una fecha: escriba un número y quite el formato de fecha.")
    if isinstance(crudo, str):
        return _numero_escrito(crudo, columna)
    if not math.isfinite(crudo) or abs(crudo) >= 10**LARGO_DE_NUMERO:
        return Leido(error="No es un número que se pueda guardar.")
    numero, aviso = Decimal(repr(crudo)), ""
    if porcentaje and columna.tipo == Tipo.PUNTOS:
        numero = Decimal(repr(round(crudo * 100, 10)))
        aviso = f"La celda se muestra como porcentaje: se leyó {_llana(numero)} %."
    elif porcentaje:
        return Leido(error="La celda se muestra como porcentaje: escriba la cantidad.")
    elif columna.tipo == Tipo.PUNTOS and 0 < numero < 1:
        aviso = (
            f"Dice {_llana(numero)} %, menos de uno por ciento: "
            f"si quiso decir {_llana(numero * 100)} %, escriba {_llana(numero * 100)}."
        )
    return _con_sus_decimales(numero, columna, aviso)


def _llana(numero: Decimal) -> str:
    return format(numero.normalize(), "f")


def _numero_escrito(crudo: str, columna: Columna) -> Leido:
    """Un número que Excel guardó como texto: «1,234.50», «Q1,234.50» en dinero o «45 %»."""
    escrito = crudo.strip().replace("\u00a0", " ").removeprefix("'")
    if columna.tipo == Tipo.DINERO:
        escrito = escrito.upper().removeprefix("Q").strip()
    if columna.tipo == Tipo.PUNTOS:
        escrito = escrito.removesuffix("%").strip()
    negativo = escrito.startswith("-")
    cifras = escrito.removeprefix("-")
    if len(cifras) <= LARGO_DE_NUMERO and MILES.fullmatch(cifras):
        numero = Decimal(cifras.replace(",", ""))
        aviso = "El número estaba escrito como texto."
        return _con_sus_decimales(-numero if negativo else numero, columna, aviso)
    if re.fullmatch(r"\d+,\d+", cifras, re.ASCII):
        bien = cifras.replace(",", ".")
        return Leido(error=f"Use punto para los decimales: {bien}.")
    return Leido(error="Escriba un número, sin letras ni signos.")


def _con_sus_decimales(numero: Decimal, columna: Columna, aviso: str) -> Leido:
    if columna.tipo == Tipo.ENTERO:
        if numero != numero.to_integral_value():
            return Leido(error="Escriba un número entero, sin decimales.")
        return Leido(int(numero), aviso=aviso)
    return Leido(numero, aviso=aviso)


def _fecha(crudo: Any, columna: Columna, porcentaje: bool) -> Leido:
    if isinstance(crudo, datetime):
        crudo = crudo.date()
    if isinstance(crudo, date):
        return _en_sus_anios(crudo)
    if isinstance(crudo, str):
        escrito = crudo.strip()
        if hallada := DIA.fullmatch(escrito):
            return _armada(int(hallada[3]), int(hallada[2]), int(hallada[1]))
        if hallada := DIA_ISO.fullmatch(escrito):
            return _armada(int(hallada[1]), int(hallada[2]), int(hallada[3]))
        return Leido(error="Fecha inválida: escríbala como 31/12/2026.")
    return Leido(error="Fecha inválida: es un número; escriba la fecha como 31/12/2026.")


def _armada(anio: int, mes: int, dia: int) -> Leido:
    try:
        fecha = date(anio, mes, dia)
    except ValueError:
        return Leido(error="Fecha inválida: ese día no existe.")
    return _en_sus_anios(fecha)


def _en_sus_anios(fecha: date) -> Leido:
    if not PRIMER_ANIO <= fecha.year <= ULTIMO_ANIO:
        return Leido(error=f"Fecha inválida: el año {fecha.year} no cabe.")
    return Leido(fecha)


def _si_no(crudo: Any, columna: Columna, porcentaje: bool) -> Leido:
    if isinstance(crudo, bool):
        return Leido(crudo)
    dicho = _llano(como_texto(crudo))
    if dicho in {"si", "s", "x", "verdadero", "true", "1"}:
        return Leido(valor=True)
    if dicho in {"no", "n", "falso", "false", "0"}:
        return Leido(valor=False)
    return Leido(error="Elija Sí o No.")


def _de_lista(crudo: Any, columna: Columna, porcentaje: bool) -> Leido:
    lista = _su_lista(columna)
    clave = lista.clave(como_texto(crudo))
    if clave is None:
        dichos = ", ".join(f"«{dicho}»" for _, dicho in lista.opciones[:8])
        return Leido(
            error=f"No está en la lista. Elija {dichos}…" if dichos else "No hay opciones."
        )
    return Leido(clave)


def _de_varios(crudo: Any, columna: Columna, porcentaje: bool) -> Leido:
    """Varias de una lista, separadas por coma o punto y coma."""
    lista, claves = _su_lista(columna), []
    for escrito in re.split(r"[;,\n]", como_texto(crudo)):
        if not escrito.strip():
            continue
        suelto = escrito.strip()
        clave = lista.clave(suelto.zfill(2) if suelto.isdigit() else suelto)
        if clave is None:
            return Leido(error=f"«{suelto[:40]}» no está en la lista: vea la hoja Listas.")
        claves.append(clave)
    return Leido(sorted(set(claves)))


def _su_lista(columna: Columna) -> Lista:
    if columna.lista is None:
        raise ValueError(f"La columna {columna.nombre} no tiene lista.")
    return columna.lista


def _llano(texto: str) -> str:
    """Sin tildes, mayúsculas ni espacios de más."""
    suelto = unicodedata.normalize("NFD", " ".join(texto.split()).casefold())
    return "".join(letra for letra in suelto if not unicodedata.combining(letra))


_COMO = {
    Tipo.TEXTO: _texto,
    Tipo.ENTERO: _numero,
    Tipo.NUMERO: _numero,
    Tipo.PUNTOS: _numero,
    Tipo.DINERO: _numero,
    Tipo.FECHA: _fecha,
    Tipo.SI_NO: _si_no,
    Tipo.LISTA: _de_lista,
    Tipo.VARIOS: _de_varios,
}
