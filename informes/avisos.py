"""Qué se avisa de los cortes y de los informes, y a quién (dominio §6). Nunca una cifra."""

from datetime import datetime

from django.urls import reverse

from informes.models import Corte, Informe
from instituciones.avisos import Dicho, activas, escribir, todas
from instituciones.models import Rol


def sellado(corte: Corte, momento: datetime | None, *, materiales: bool = False) -> None:
    """A toda persona: que el semestre se cortó; al Consejo, si lleva fe de erratas."""
    nuevo = (
        f"Se cortó {corte.periodo.con_su_plan}"
        if corte.numero == 1
        else f"Hay un nuevo {_corte(corte)}"
    )
    lista = reverse("informes:informes")
    dichos = [(Dicho(f"corte:{corte.pk}", nuevo, lista), todas())]
    if materiales:
        fe = f"El {_corte(corte)} lleva fe de erratas"
        dichos.append((Dicho(f"erratas:{corte.pk}", fe, lista), activas(Rol.CONSEJO)))
    escribir(dichos, momento=momento)


def presentado(informe: Informe, momento: datetime | None) -> None:
    """Al Consejo: que tiene un informe."""
    titulo = f"Se le presentó el informe de {informe.corte.periodo.con_su_plan}"
    enlace = reverse("informes:informe", args=[informe.pk])
    escribir(
        [(Dicho(f"presentado:{informe.pk}", titulo, enlace), activas(Rol.CONSEJO))],
        momento=momento,
    )


def _corte(corte: Corte) -> str:
    return f"corte {corte.numero} de {corte.periodo.con_su_plan}"
