"""Lee un libro que volvió lleno, en un proceso aparte, y da lo que hay en cada celda.

Lo que está mal en el libro entero (no es un libro, le faltan columnas, trae hojas ocultas) se
dice con LibroInservible; lo que está mal en una celda viaja con ella.
"""

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO

from django.core.files.base import File
from openpyxl.utils import get_column_letter

from matrices import archivos, inspector_xlsx
from matrices.hojas.columnas import Columna, Leido, como_texto, entender
from matrices.hojas.escritura import CONTROL, INSTRUCCIONES, LISTAS, SELLO, VERSION

LARGO_DE_NOMBRE = 31
FILAS_A_LO_SUMO = 5_000
MARCAS = ("formulas", "errores", "porcentajes", "combinadas")
LETRAS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CODIGOS_HTTP = {"demasiado_grande": 413, "plantilla_vencida": 409, "libro_ajeno": 422}


class LibroInservible(Exception):
    """Por qué no se puede usar el libro: `codigo` estable, mensaje y respuesta HTTP."""

    def __init__(self, codigo: str, mensaje: str = "", detalles: Iterable[str] = ()):
        super().__init__(mensaje or archivos.MENSAJES[codigo])
        self.codigo, self.detalles = codigo, list(detalles)
        self.http = CODIGOS_HTTP.get(codigo, 400)


@dataclass
class HojaLeida:
    """Una hoja como vino: sus filas, y qué celdas son fórmula, error, porcentaje o combinadas.

    De una combinación no está la primera celda, que es la que guarda lo escrito.
    """

    nombre: str
    visible: bool
    filas: list[list[Any]]
    formulas: set[str] = field(default_factory=set)
    errores: set[str] = field(default_factory=set)
    porcentajes: set[str] = field(default_factory=set)
    combinadas: set[str] = field(default_factory=set)


@dataclass
class Celda:
    """Una celda leída: dónde está («Actividades!F12») y qué se entendió de ella."""

    donde: str
    crudo: Any
    leido: Leido

    @property
    def dicho(self) -> str:
        """Lo que se lee en ella, para mostrarlo."""
        return como_texto(self.crudo) if self.crudo is not None else ""


@dataclass
class Renglon:
    """Una fila con algo escrito: su número en la hoja y sus celdas por nombre de columna."""

    hoja: str
    numero: int
    celdas: dict[str, Celda]

    def valor(self, nombre: str) -> Any:
        """Lo entendido de una columna; vacío si no vale."""
        return self.celdas[nombre].leido.valor

    def errores(self) -> dict[str, str]:
        """Por columna, lo que no vale."""
        return {n: c.leido.error for n, c in self.celdas.items() if c.leido.error}


def abrir(ruta: Path) -> list[HojaLeida]:
    """Las hojas de un libro ya inspeccionado; lanza LibroInservible si no se pudo leer."""
    leido = archivos.contestado_aparte("CELDAS", ruta)
    if leido["codigo"] != "ok":
        raise LibroInservible(leido["codigo"])
    return [
        HojaLeida(
            una["nombre"],
            una["visible"],
            una["filas"],
            *(set(una.get(marca, ())) for marca in MARCAS),
        )
        for una in leido["hojas"]
    ]


def recibir(archivo: BinaryIO | File, *, maximo: int) -> None:
    """Rechaza lo que no se debe abrir, sin abrirlo; deja el archivo al principio."""
    archivo.seek(0, 2)
    if archivo.tell() > maximo:
        raise LibroInservible("demasiado_grande", "El libro pasa de 10 MB.")
    try:
        # Un `File` de Django se lee y se mueve como el de Python, aunque sus tipos no lo digan.
        inspector_xlsx.inspeccionar(archivo)  # type: ignore[arg-type]
    except inspector_xlsx.LibroRechazado as rechazo:
        raise LibroInservible(rechazo.codigo, str(rechazo)) from rechazo


def leer(archivo: BinaryIO | File) -> list[HojaLeida]:
    """Las hojas de un archivo abierto: lo copia aparte, lo lee en otro proceso y lo borra."""
    with tempfile.TemporaryDirectory(prefix="libro-") as carpeta:
        copia = Path(carpeta) / "libro.xlsx"
        archivo.seek(0)
        copia.write_bytes(archivo.read())
        archivo.seek(0)
        return abrir(copia)


def sin_hojas_ajenas(hojas: Sequence[HojaLeida], propias: Iterable[str]) -> dict[str, HojaLeida]:
    """Por nombre, las hojas del libro que se esperan; las demás, si se ven, no se leen.

    Lanza LibroInservible si falta alguna, o si hay una oculta: lo que no se ve no se aplica.
    """
    ocultas = [una.nombre for una in hojas if not una.visible]
    if ocultas:
        dichas = ", ".join(f"«{nombre[:LARGO_DE_NOMBRE]}»" for nombre in ocultas[:5])
        raise LibroInservible(
            "hoja_oculta", f"Hay hojas ocultas: {dichas}. Muéstrelas o bórrelas y suba otra vez."
        )
    por_nombre = {una.nombre: una for una in hojas}
    faltan = [nombre for nombre in propias if nombre not in por_nombre]
    if faltan:
        raise LibroInservible(
            "encabezados",
            f"Faltan hojas del libro: {', '.join(faltan)}. Baje el libro de nuevo.",
        )
    return {nombre: por_nombre[nombre] for nombre in propias}


def sello_de(hojas: Sequence[HojaLeida]) -> str:
    """El sello escrito en las instrucciones; vacío si no está."""
    for una in hojas:
        if una.nombre == INSTRUCCIONES:
            for fila in una.filas:
                if len(fila) > 1 and fila[0] == SELLO and isinstance(fila[1], str):
                    return fila[1]
    return ""


def hojas_de_sobra(hojas: Sequence[HojaLeida], propias: Iterable[str]) -> list[str]:
    """Las que no son del libro: no se leen, y se dice."""
    conocidas = {*propias, INSTRUCCIONES, LISTAS}
    return [una.nombre[:LARGO_DE_NOMBRE] for una in hojas if una.nombre not in conocidas]


def renglones(hoja: HojaLeida, columnas: Sequence[Columna]) -> list[Renglon]:
    """Las filas con algo escrito; lanza LibroInservible si los encabezados no son los suyos."""
    todas = [*columnas, VERSION, CONTROL]
    _exigir_encabezados(hoja, todas)
    if len(hoja.filas) > FILAS_A_LO_SUMO:
        raise LibroInservible(
            "demasiadas_filas", f"«{hoja.nombre}» pasa de {FILAS_A_LO_SUMO} filas."
        )
    return list(_renglones(hoja, todas))


def _renglones(hoja: HojaLeida, columnas: Sequence[Columna]) -> Iterator[Renglon]:
    letras = [get_column_letter(numero) for numero in range(1, len(columnas) + 1)]
    # De una fórmula sin resultado o un error al final, calamine no da ni la fila: sus marcas sí.
    marcadas = (int(sitio.lstrip(LETRAS)) for sitio in hoja.formulas | hoja.errores)
    ultima = min(max([len(hoja.filas), *marcadas]), FILAS_A_LO_SUMO)
    filas = [*hoja.filas[1:], *([[]] * (ultima - len(hoja.filas)))]
    for numero, fila in enumerate(filas, start=2):
        crudos = [_desde_json(valor) for valor in fila[: len(columnas)]]
        crudos += [None] * (len(columnas) - len(crudos))
        sitios = [f"{letra}{numero}" for letra in letras]
        vacia = all(crudo is None or crudo == "" for crudo in crudos)
        if vacia and not hoja.formulas.intersection(sitios) and not hoja.errores & {*sitios}:
            continue
        celdas = {
            columna.nombre: Celda(
                f"{hoja.nombre}!{sitio}", crudo, _leer(hoja, sitio, crudo, columna)
            )
            for columna, sitio, crudo in zip(columnas, sitios, crudos, strict=True)
        }
        yield Renglon(hoja.nombre, numero, celdas)


def _leer(hoja: HojaLeida, sitio: str, crudo: Any, columna: Columna) -> Leido:
    """Lo que dice la celda; una fórmula, aunque traiga su resultado, no es un dato."""
    if columna.se_escribe and sitio in hoja.formulas:
        return Leido(error="Hay una fórmula: escriba sólo valores (péguela como valores).")
    if columna.se_escribe and sitio in hoja.errores:
        return Leido(error="La celda tiene un error de Excel: escriba el valor.")
    if columna.se_escribe and sitio in hoja.combinadas:
        return Leido(error="La celda está combinada con otra: sepárelas y escriba en cada una.")
    if not columna.se_escribe:
        return Leido("" if crudo is None else como_texto(crudo).strip())
    return entender(crudo, columna, porcentaje=sitio in hoja.porcentajes)


def _desde_json(valor: Any) -> Any:
    """El valor con su tipo, como lo mandó el lector."""
    if not isinstance(valor, list):
        return None if valor == "" else valor
    tipo, escrito = valor
    if tipo == "date":
        return date.fromisoformat(escrito)
    if tipo == "datetime":
        return datetime.fromisoformat(escrito)
    if tipo == "numero":
        return float(escrito)
    return str(escrito)


def _exigir_encabezados(hoja: HojaLeida, columnas: Sequence[Columna]) -> None:
    """Los encabezados, los mismos y en el mismo orden: si no, no se sabe qué es cada celda."""
    dichos = [" ".join(como_texto(uno).split()) for uno in (hoja.filas or [[]])[0]]
    while dichos and not dichos[-1]:
        dichos.pop()
    debidos = [una.titulo for una in columnas]
    if dichos == debidos:
        return
    cuenta = Counter(dichos)
    detalles = [f"Falta «{uno}»." for uno in debidos if uno not in cuenta]
    detalles += [f"Está repetida «{uno}»." for uno in debidos if cuenta[uno] > 1]
    detalles += [
        f"Sobra «{uno[:60]}»." if uno else "Sobra una columna sin encabezado."
        for uno in dict.fromkeys(dichos)
        if uno not in debidos
    ]
    detalles = detalles or ["Las columnas están en otro orden."]
    raise LibroInservible(
        "encabezados",
        f"Las columnas de «{hoja.nombre}» no son las del libro. {' '.join(detalles[:12])}",
        detalles,
    )
