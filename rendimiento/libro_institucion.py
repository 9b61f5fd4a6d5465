"""El libro de la institución mayor: se escribe, vuelve lleno, se lee, se valida y se aplica.

Lo ingenuo es lo que escribe quien sabe y no tiene prisa: openpyxl celda por celda, y por cada
renglón buscar el avance, llenar el formulario y guardarlo.
"""

import os
import tempfile
from collections.abc import Callable
from functools import wraps
from io import BytesIO
from types import SimpleNamespace
from typing import Any

from rendimiento.registro import Medida

RENGLONES = 300
PORCENTAJE, LOGRO = "Avance acumulado (%)", "Logro"


def con_base(manera: Callable[[], tuple[float, str]]) -> Callable[[], tuple[float, str]]:
    """Corre la manera sobre una base de pruebas vacía y una carpeta de archivos que se borra."""

    @wraps(manera)
    def corrida() -> tuple[float, str]:
        from django.test.utils import override_settings, setup_databases, teardown_databases

        previas = setup_databases(verbosity=0, interactive=False)
        try:
            with (
                tempfile.TemporaryDirectory() as carpeta,
                override_settings(MEDIA_ROOT=carpeta, ALLOWED_HOSTS=["*"]),
            ):
                return manera()
        finally:
            teardown_databases(previas, verbosity=0)

    return corrida


def _procesador() -> float:
    """Segundos de procesador, con los del proceso que lee el libro."""
    return sum(os.times()[:4])


def _mundo() -> SimpleNamespace:
    """Trescientas actividades de una institución en el semestre abierto, y quien las llena."""
    from matrices import flujo
    from matrices.models import Avance
    from tests.fabricas import (
        AccionFactory,
        ActividadFactory,
        AvanceFactory,
        MatrizFactory,
        PeriodoFactory,
        UsuarioFactory,
    )

    persona, periodo = UsuarioFactory(), PeriodoFactory()
    objetivo = None
    for numero in range(RENGLONES):
        if numero % 10 == 0:
            plan = (
                {"objetivo": objetivo} if objetivo else {"objetivo__programa__plan": periodo.plan}
            )
            accion = AccionFactory(codigo=f"1.1.{numero // 10 + 1}", **plan)
            objetivo = accion.objetivo
            matriz = MatrizFactory(accion=accion)
        actividad = ActividadFactory(
            matriz=matriz, numero=numero % 10 + 1, responsable=persona.institucion
        )
        AvanceFactory(actividad=actividad, periodo=periodo)
    flujo.medir(Avance.objects.filter(periodo=periodo))
    return SimpleNamespace(persona=persona, periodo=periodo)


def _lleno(octetos: bytes) -> bytes:
    """Lo que la persona hizo con él: no se mide."""
    from openpyxl import load_workbook

    cuaderno = load_workbook(BytesIO(octetos))
    hoja = cuaderno["Actividades"]
    titulos = {celda.value: celda.column for celda in hoja[1]}
    for fila in range(2, hoja.max_row + 1):
        hoja.cell(fila, titulos[PORCENTAJE]).value = 20 + fila % 60
        hoja.cell(fila, titulos[LOGRO]).value = f"Se capacitó a {fila} personas en la cabecera."
    salida = BytesIO()
    cuaderno.save(salida)
    return salida.getvalue()


@con_base
def nuestro() -> tuple[float, str]:
    """Como lo hace el sistema: libro al vuelo, calamine, antecedentes de una vez, por lotes."""
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.test.utils import override_settings

    from matrices import libro

    mundo = _mundo()
    with override_settings(LIBRO_EN_EL_PEDIDO=10**8):
        empieza = _procesador()
        octetos = libro.libro_de(mundo.persona.institucion, mundo.periodo, para=mundo.persona)
        escrito = _procesador() - empieza
        lleno = SimpleUploadedFile("libro.xlsx", _lleno(octetos))
        vuelve = _procesador()
        recibido = libro.subir(
            lleno,
            institucion=mundo.persona.institucion,
            periodo=mundo.periodo,
            por=mundo.persona,
        )
        ensayado = _procesador() - vuelve
        recibido = libro.aplicar(recibido, por=mundo.persona)
        aplicado = _procesador() - vuelve - ensayado
    hechos = recibido.resultado["aplicados"]
    dicho = (
        f"{hechos} renglones: bajar {escrito:.2f}, ensayar {ensayado:.2f}, aplicar {aplicado:.2f} s"
    )
    return escrito + ensayado + aplicado, dicho


@con_base
def ingenuo() -> tuple[float, str]:
    """openpyxl vestido celda por celda; al volver, get, formulario y guardar por renglón."""
    from matrices import flujo, libro
    from matrices.forms.avance import AvanceForm

    mundo = _mundo()
    lleno = _lleno(libro.libro_de(mundo.persona.institucion, mundo.periodo, para=mundo.persona))
    empieza = _procesador()
    _escribir_ingenuo(mundo)
    hechos = 0
    for aplica in (False, True):  # lo mismo que la nuestra: primero el ensayo, después se aplica
        for fila in _filas_ingenuas(lleno):
            avance = _buscar(mundo, fila["Actividad"])
            form = AvanceForm(_datos(fila, avance), instance=avance, para=mundo.persona)
            if form.is_valid() and aplica:
                dato = form.declaracion()
                hecho = flujo.capturar(avance, dato, version=avance.version, por=mundo.persona)
                hechos += hecho.estado == "BORRADOR"
    return _procesador() - empieza, f"{hechos} renglones"


def _escribir_ingenuo(mundo: SimpleNamespace) -> bytes:
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Border, Font, Protection, Side

    from matrices.antecedentes import Antecedentes
    from matrices.libro.columnas import columnas_de_actividades, lista_de_resoluciones
    from matrices.models import Avance

    columnas = columnas_de_actividades(lista_de_resoluciones([]))
    cuaderno = Workbook()
    hoja = cuaderno.active
    hoja.append([una.titulo for una in columnas])
    pks = Avance.objects.filter(periodo=mundo.periodo).values_list("pk", flat=True)
    for renglon, pk in enumerate(list(pks), start=2):
        avance = Avance.objects.get(pk=pk)
        antes = Antecedentes(avance)
        dichos = {"actividad": str(avance.actividad), "ultimo": antes.ultimo}
        for lugar, columna in enumerate(columnas, start=1):
            valor = dichos.get(columna.nombre, getattr(avance, columna.nombre, None))
            celda = hoja.cell(renglon, lugar, valor if isinstance(valor, str) else None)
            celda.font = Font(name="Calibri", size=10)
            celda.alignment = Alignment(vertical="top", wrap_text=True)
            celda.border = Border(bottom=Side(style="thin", color="999999"))
            celda.protection = Protection(locked=not columna.se_escribe)
    salida = BytesIO()
    cuaderno.save(salida)
    return salida.getvalue()


def _filas_ingenuas(octetos: bytes) -> list[dict[str, Any]]:
    from openpyxl import load_workbook

    filas = load_workbook(BytesIO(octetos))["Actividades"].iter_rows(values_only=True)
    titulos = next(filas)
    return [dict(zip(titulos, fila, strict=True)) for fila in filas]


def _buscar(mundo: SimpleNamespace, codigo: str) -> Any:
    from matrices.models import Avance

    accion, _, numero = codigo.rpartition(".")
    visibles = Avance.objects.visibles_para(mundo.persona)
    return visibles.con_su_actividad().get(
        periodo=mundo.periodo,
        actividad__matriz__accion__codigo=accion,
        actividad__numero=numero,
    )


def _datos(fila: dict[str, Any], avance: Any) -> dict[str, Any]:
    return {"version": avance.version, "porcentaje": fila[PORCENTAJE], "logro": fila[LOGRO]}


MEDIDAS = [
    Medida(
        "Libro de una institución, 300 renglones, ida y vuelta",
        nuestro,
        ingenuo,
        meta=0.2,
        cifra="dicha",
    )
]
