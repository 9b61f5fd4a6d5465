"""Qué ediciones públicas hay, en qué versión, y qué dice cada una según el archivo que se emitió.

La versión de un semestre es el número de su corte. Una sustituida sigue en su dirección mientras
todo lo que dice siga siendo público; si la que rige retiró algo, deja de entregarse (410).
"""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime

from informes import emision
from informes.contenido import Contenido, desde_json
from informes.models import Documento, Informe
from informes.publica import dichos
from informes.tablero.guardado import Guardado

ULTIMA = "ultima"
EN_MEMORIA = 4  # contenidos leídos a la vez: lo que se ocupa no depende de cuántos lo bajan

leidos: Guardado[Contenido] = Guardado(EN_MEMORIA)
comparadas: Guardado[bool] = Guardado()


@dataclass(frozen=True)
class Version:
    """Una edición pública publicada de un semestre, y la que rige si ésta fue sustituida."""

    documento: Documento
    plan_por_omision: str
    sustituta: "Version | None" = None

    @property
    def semestre(self) -> str:
        """«2024-S2»."""
        return str(self.documento.informe.corte.periodo.codigo)

    @property
    def nombre(self) -> str:
        """«Segundo Semestre 2024»."""
        return str(self.documento.informe.corte.periodo.nombre)

    @property
    def numero(self) -> str:
        """El de su corte, para su dirección: sin la coma de los miles."""
        return str(self.documento.informe.corte.numero)

    @property
    def plan(self) -> str:
        """El código de su plan."""
        return str(self.documento.informe.corte.periodo.plan.codigo)

    @property
    def nombre_del_plan(self) -> str:
        return str(self.documento.informe.corte.periodo.plan.nombre)

    @property
    def consulta(self) -> str:
        """Lo que su dirección lleva tras «?»: el plan, si no es el primero que publicó."""
        return "" if self.plan == self.plan_por_omision else f"?plan={self.plan}"

    @property
    def huella(self) -> str:
        """El SHA-256 del archivo del que sale todo."""
        return str(self.documento.sha256)

    @property
    def publicada(self) -> datetime:
        """Cuándo se publicó."""
        momento = self.documento.informe.publicado_en
        if momento is None:
            raise ValueError("Una versión nace de un informe publicado.")
        return momento

    @property
    def vigente(self) -> bool:
        """Si es la que rige en su semestre."""
        return self.sustituta is None

    @property
    def contenido(self) -> Contenido:
        """Lo que dice. Lanza IntegridadRota si el archivo ya no da su huella."""
        return leidos.tomar(self.huella, self._leer)

    def _leer(self) -> Contenido:
        return desde_json(emision.leer(self.documento).decode())

    def archivo(self, formato: str) -> Documento | None:
        """El de su informe en ese formato; None si no lo hay."""
        suyos = Documento.objects.que_se_publicaron().filter(informe=self.documento.informe_id)
        return suyos.con_su_corte().filter(formato=formato).first()

    @property
    def se_entrega(self) -> bool:
        """Si todo lo que dice sigue siendo público según la que rige."""
        otra = self.sustituta
        if otra is None:
            return True
        clave: Hashable = (self.huella, otra.huella)
        return comparadas.tomar(
            clave, lambda: lo_publico(self.contenido) <= lo_publico(otra.contenido)
        )


def lo_publico(contenido: Contenido) -> set[tuple[str, ...]]:
    """Las filas, evidencias y agregados que dice: lo que otra versión puede retirar."""
    filas = {("FILA", una.codigo) for una in contenido.acciones}
    filas |= {("FILA", una.clave) for una in contenido.actividades}
    respaldos = {
        ("EVIDENCIA", una.clave, respaldo.sha256, respaldo.titulo)
        for una in contenido.actividades
        for respaldo in una.evidencias
    }
    return filas | respaldos | {("CIFRA", *map(str, clave)) for clave in dichos(contenido)}


def todas() -> list[Version]:
    """Las publicadas, el semestre más reciente primero y en cada uno la que rige. Una consulta."""
    documentos = list(
        Documento.objects.que_se_publicaron()
        .filter(formato=Documento.Formato.JSON)
        .con_su_corte()
        .order_by(
            "-informe__corte__periodo__corte",
            "informe__corte__periodo__plan",
            "-informe__corte__numero",
        )
    )
    if not documentos:
        return []
    primero = min(documentos, key=lambda uno: (uno.informe.publicado_en, uno.pk))
    plan = str(primero.informe.corte.periodo.plan.codigo)
    rigen = {
        uno.informe.corte.periodo_id: Version(uno, plan)
        for uno in documentos
        if uno.informe.estado == Informe.Estado.PUBLICADO
    }
    return [
        Version(uno, plan, None if rige.documento.pk == uno.pk else rige)
        for uno in documentos
        if (rige := rigen.get(uno.informe.corte.periodo_id))
    ]


def de(plan: str, semestre: str) -> list[Version]:
    """Las de un semestre, la que rige primero; ninguna si no se publicó o no existe."""
    return [
        una
        for una in todas()
        if una.semestre == semestre and una.plan == (plan or una.plan_por_omision)
    ]
