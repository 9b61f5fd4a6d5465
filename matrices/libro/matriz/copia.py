"""La copia comentada del libro de una matriz: lo que traía, cada fila en su sitio.

Se escribe un archivo nuevo: el que subieron es ajeno y no se retoca.
"""

from collections.abc import Sequence
from typing import Any

from matrices.hojas import (
    Columna,
    Fila,
    Hoja,
    HojaLeida,
    Renglon,
    control_de,
    escribir,
    renglones,
    sin_hojas_ajenas,
)
from matrices.hojas.sello import revisar
from matrices.libro.copia import comentarios_de
from matrices.libro.matriz.columnas import (
    ACCION,
    LLAVES,
    ORDEN,
    catalogos_para,
    columnas_por_hoja,
    escribibles,
)
from matrices.libro.matriz.plantilla import EN_BLANCO, FIJAS, Foto, cuaderno_de, foto, llave_de
from matrices.models import LibroRecibido


def copia_de_la_matriz(libro: LibroRecibido, leidas: Sequence[HojaLeida]) -> bytes:
    """El libro como vino, con sus comentarios y renglones vacíos para seguir.

    Donde otra persona guardó primero, el comentario trae lo suyo y el control se pone al día:
    quien la vea y la vuelva a subir, decide sabiéndolo.
    """
    if libro.accion is None:
        raise ValueError("No es el libro de una matriz.")
    por_nombre = sin_hojas_ajenas(leidas, ORDEN)
    una = foto(libro.accion, libro.por)
    columnas = columnas_por_hoja(catalogos_para(libro.por, una.filas))
    comentarios, choques = comentarios_de(libro.resultado)
    copista = _Copista(una, comentarios, choques)
    hojas = [
        Hoja(
            nombre,
            columnas[nombre],
            copista.filas(por_nombre[nombre], columnas[nombre]),
            fijas=FIJAS[nombre],
        )
        for nombre in ORDEN
    ]
    notas = [f"{celda}: {dicho}" for celda, dicho in comentarios.items()][:200]
    return escribir(cuaderno_de(una, hojas, notas=notas))


class _Copista:
    def __init__(self, una: Foto, comentarios: dict[str, str], choques: set[str]):
        self.foto, self.comentarios, self.choques = una, comentarios, choques

    def filas(self, hoja: HojaLeida, columnas: Sequence[Columna]) -> list[Fila]:
        """Las filas en su sitio, las que venían vacías y otras por llenar."""
        libres = frozenset(una.nombre for una in columnas if una.se_escribe)
        todas: list[Fila] = []
        for renglon in renglones(hoja, columnas):
            while len(todas) < renglon.numero - 2:
                todas.append(Fila({}, libres))
            todas.append(self._fila(renglon, columnas, libres))
        return [*todas, *(Fila({}, libres) for _ in range(EN_BLANCO[hoja.nombre]))]

    def _fila(self, renglon: Renglon, columnas: Sequence[Columna], libres: frozenset[str]) -> Fila:
        valores = {
            nombre: celda.dicho if celda.leido.error else celda.leido.valor
            for nombre, celda in renglon.celdas.items()
        }
        for columna in columnas:
            if not columna.se_escribe:
                valores[columna.nombre] = renglon.celdas[columna.nombre].crudo
        if renglon.valor("control"):
            libres = frozenset(escribibles(renglon.hoja, columnas))
            valores |= self._al_dia(renglon, escribibles(renglon.hoja, columnas))
        comentarios = {
            nombre: self.comentarios[celda.donde]
            for nombre, celda in renglon.celdas.items()
            if celda.donde in self.comentarios
        }
        return Fila(valores, libres, comentarios)

    def _al_dia(self, renglon: Renglon, columnas: Sequence[str]) -> dict[str, Any]:
        """Si chocó, la versión de hoy firmada; lo que se tocó sigue contando como tocado."""
        accion, hoja = self.foto.accion, renglon.hoja
        llaves = LLAVES[hoja] if hoja != ACCION else ()
        numeros = tuple(renglon.valor(llave) for llave in llaves)
        codigo = ".".join(map(str, [accion.codigo, *numeros[:1]]))
        guardada = self.foto.actividades.get(numeros[0]) if numeros else None
        if codigo not in self.choques or (numeros and guardada is None):
            return {}
        vigente = guardada.actividad.version if guardada else self.foto.version
        dados = [renglon.valor(nombre) for nombre in columnas]
        traida = llave_de(accion, hoja, numeros, renglon.valor("version"))
        tocado = revisar(renglon.valor("control"), traida, dados).tocado
        control = control_de(
            llave_de(accion, hoja, numeros, vigente), ["tocado", *dados] if tocado else dados
        )
        return {"version": vigente, "control": control}
