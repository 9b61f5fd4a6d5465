"""La copia que se devuelve: lo que la persona llenó, con un comentario en cada celda por corregir
y otro, distinto, en las que conviene mirar.

No se retoca su archivo, que es ajeno: se escribe uno nuevo con lo que traía, cada fila en su
sitio, para que «Actividades!F12» sea la misma celda.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from matrices import flujo
from matrices.hojas import (
    Columna,
    Fila,
    Hoja,
    HojaLeida,
    Renglon,
    abrir_sello,
    control_de,
    escribir,
    renglones,
    sin_hojas_ajenas,
)
from matrices.hojas.lectura import sello_de
from matrices.hojas.sello import revisar
from matrices.libro.columnas import ORDEN, SUBLLAVES, columnas_por_hoja
from matrices.libro.plantilla import (
    FIJAS,
    avances_del_libro,
    cuaderno_de,
    llave_de,
    resoluciones_de,
)
from matrices.libro.resultado import advertencias_por_celda, por_celda
from matrices.libro.valores import no_aplican
from matrices.models import Avance, LibroRecibido


def copia_comentada(libro: LibroRecibido, leidas: Sequence[HojaLeida]) -> bytes:
    """El libro como vino, con sus comentarios.

    Donde otra persona guardó primero, el comentario trae lo suyo y el control se pone al día:
    quien la vea y la vuelva a subir, decide sabiéndolo.
    """
    periodo = libro.semestre
    quien = libro.en_nombre_de or libro.por
    avances = avances_del_libro(quien, libro.institucion, periodo)
    columnas = columnas_por_hoja(resoluciones_de(quien, avances))
    dichas = (abrir_sello(sello_de(leidas)) or {}).get("hojas", [])
    propias = [nombre for nombre in ORDEN if nombre in dichas]
    por_nombre = sin_hojas_ajenas(leidas, propias)
    copista = _Copista(libro, avances)
    hojas = [
        Hoja(
            nombre,
            columnas[nombre],
            copista.filas(por_nombre[nombre], columnas[nombre]),
            fijas=FIJAS[nombre],
        )
        for nombre in propias
    ]
    notas = [f"{celda}: {dicho}" for celda, dicho in copista.comentarios.items()][:200]
    miradas = [f"{celda}: {dicho}" for celda, dicho in copista.advertencias.items()][:200]
    return escribir(
        cuaderno_de(libro.institucion, periodo, hojas, avances, notas=notas, miradas=miradas)
    )


def comentarios_de(resultado: Mapping[str, Any]) -> tuple[dict[str, str], set[str]]:
    """Por celda, qué decir de ella; y las actividades que otra persona guardó primero.

    En las celdas de éstas se dice lo que hay guardado ahora.
    """
    comentarios = _juntos(por_celda(resultado))
    choques = set()
    for renglon in resultado.get("renglones", ()):
        if not any(error["codigo"] == "version_ajena" for error in renglon["errores"]):
            continue
        choques.add(renglon["actividad"])
        for cambio in renglon["cambios"]:
            if cambio["celda"]:
                ahora = cambio["antes"] or "vacío"
                comentarios.setdefault(cambio["celda"], f"Ahora está guardado: {ahora}")
    return comentarios, choques


def _juntos(dichos: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Por celda, todo lo que se dice de ella, un renglón por cosa."""
    juntos: dict[str, str] = {}
    for celda, mensaje in dichos:
        previo = juntos.get(celda)
        juntos[celda] = f"{previo}\n{mensaje}" if previo else mensaje
    return juntos


class _Copista:
    def __init__(self, libro: LibroRecibido, avances: list[Avance]):
        self.libro = libro
        self.avances = {str(uno.actividad): uno for uno in avances}
        self.comentarios, self.choques = comentarios_de(libro.resultado)
        self.advertencias = _juntos(advertencias_por_celda(libro.resultado))

    def filas(self, hoja: HojaLeida, columnas: tuple[Columna, ...]) -> list[Fila]:
        """Las filas en su sitio; las que venían vacías, también."""
        todas: list[Fila] = []
        for renglon in renglones(hoja, columnas):
            while len(todas) < renglon.numero - 2:
                todas.append(Fila({}))
            todas.append(self._fila(hoja, renglon, columnas))
        return todas

    def _fila(self, hoja: HojaLeida, renglon: Renglon, columnas: tuple[Columna, ...]) -> Fila:
        avance = self.avances.get(renglon.valor("actividad"))
        valores = {
            nombre: celda.leido.valor if not celda.leido.error else celda.dicho
            for nombre, celda in renglon.celdas.items()
        }
        for columna in columnas:
            if not columna.se_escribe:
                valores[columna.nombre] = renglon.celdas[columna.nombre].crudo
        comentarios, advertencias = (
            {n: dichos[c.donde] for n, c in renglon.celdas.items() if c.donde in dichos}
            for dichos in (self.comentarios, self.advertencias)
        )
        escribibles = [una.nombre for una in columnas if una.se_escribe]
        libres: frozenset[str] = frozenset()
        if avance is not None and self._se_escribe(avance):
            libres = frozenset(escribibles) - no_aplican(avance.actividad)
        if avance is not None and str(avance.actividad) in self.choques:
            valores |= self._control_al_dia(hoja.nombre, avance, renglon, escribibles)
        return Fila(valores, libres, comentarios, advertencias)

    def _control_al_dia(
        self, hoja: str, avance: Avance, renglon: Renglon, escribibles: list[str]
    ) -> dict[str, Any]:
        """La versión de hoy, firmada; lo que tocó sigue contando como tocado, y lo demás no."""
        sub = renglon.valor(SUBLLAVES[hoja]) if hoja in SUBLLAVES else ""
        dados = [renglon.valor(nombre) for nombre in escribibles]
        traida = llave_de(avance, hoja, sub, renglon.valor("version"))
        tocado = revisar(renglon.valor("control"), traida, dados).tocado
        llave = llave_de(avance, hoja, sub, avance.version)
        control = control_de(llave, ["tocado", *dados] if tocado else dados)
        return {"version": avance.version, "control": control}

    def _se_escribe(self, avance: Avance) -> bool:
        return "guardar" in flujo.pasos_posibles(
            avance, self.libro.por, en_nombre_de=self.libro.en_nombre_de
        )
