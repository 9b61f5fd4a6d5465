"""`cargar_plan`, `abrir_periodo` y `cerrar_periodo`: lo mismo que en pantalla, desde la consola."""

import json
from copy import deepcopy
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from acciones.models import AccionEstrategica, Plan
from instituciones.models import Asiento, Feriado, Institucion, Rol
from matrices.carga import cargar
from matrices.models import Periodo, Umbrales
from tests.acciones.test_carga import otro_plan
from tests.fabricas import UsuarioFactory

pytestmark = pytest.mark.django_db
ARCHIVO = Path(__file__).parents[2] / "fixtures" / "pesn-2020-2024.json"
ORIGINAL = json.loads(ARCHIVO.read_text(encoding="utf-8"))


def mandar(nombre, *args, **opciones):
    salida = StringIO()
    call_command(nombre, *args, stdout=salida, **opciones)
    return salida.getvalue()


@pytest.fixture
def cargado(db):
    cargar(deepcopy(ORIGINAL), por=None)
    return Plan.objects.get()


@pytest.fixture
def coordinadora(cargado):
    stcns = Institucion.objects.get(sigla="STCNS")
    return UsuarioFactory(rol=Rol.COORDINADOR, institucion=stcns, correo="coordina@ejemplo.gt")


def test_cargar_deja_el_plan_listo_para_abrir():
    salida = mandar("cargar_plan", str(ARCHIVO))

    assert "73 acciones estratégicas" in salida
    plan = Plan.objects.get()
    assert [uno.codigo for uno in Periodo.objects.cronologico()] == [
        f"{anio}-S{semestre}" for anio in range(2020, 2025) for semestre in (1, 2)
    ]
    assert set(Periodo.objects.values_list("estado", flat=True)) == {"PROGRAMADO"}
    primero = Periodo.objects.cronologico().first()
    assert (primero.abre, primero.limite, primero.fin_gracia) == (
        date(2020, 6, 15),
        date(2020, 7, 15),
        date(2020, 7, 22),
    )
    umbrales = Umbrales.objects.get(plan=plan)
    assert (umbrales.version, umbrales.verde_desde, umbrales.vigente_desde) == (
        1,
        90,
        date(2020, 4, 1),
    )
    anios = sorted(set(Feriado.objects.values_list("fecha__year", flat=True)))
    assert anios == list(range(2019, 2026))
    assert Asiento.objects.filter(acto="cargar_plan").count() == 1
    assert Asiento.objects.filter(acto="programar").count() == 10


def test_la_segunda_vez_dice_que_no_cambio_nada_y_no_escribe(cargado):
    with CaptureQueriesContext(connection) as hechas:
        salida = mandar("cargar_plan", str(ARCHIVO))

    assert salida == "Sin cambios: 377 filas ya estaban así.\n"
    lecturas = ("SELECT", "SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
    assert [c["sql"] for c in hechas if not c["sql"].startswith(lecturas)] == []


def test_un_feriado_que_se_quito_no_vuelve(cargado):
    Feriado.objects.filter(fecha=date(2022, 6, 30)).delete()

    assert mandar("cargar_plan", str(ARCHIVO)).startswith("Sin cambios")
    assert not Feriado.objects.filter(fecha=date(2022, 6, 30)).exists()


def test_lo_contradictorio_sale_con_la_lista_y_sin_escribir(tmp_path):
    roto = deepcopy(ORIGINAL)
    roto["acciones"][0]["rectora_presunta"] = "MINFANTASMA"
    roto["acciones"][1]["orden"] = 1
    archivo = tmp_path / "roto.json"
    archivo.write_text(json.dumps(roto), encoding="utf-8")

    with pytest.raises(CommandError) as motivo:
        mandar("cargar_plan", str(archivo))

    assert motivo.value.returncode == 1
    assert "Problemas encontrados: 2" in str(motivo.value)
    assert "MINFANTASMA" in str(motivo.value)
    assert not Institucion.objects.exists()
    assert not Asiento.objects.exists()


def test_un_segundo_plan_tiene_sus_propios_periodos(cargado, tmp_path):
    archivo = tmp_path / "otro.json"
    archivo.write_text(json.dumps(otro_plan()), encoding="utf-8")

    mandar("cargar_plan", str(archivo))

    segundo = Plan.objects.get(codigo="PLAN-B")
    codigos = [uno.codigo for uno in Periodo.objects.filter(plan=segundo).cronologico()]
    assert codigos == ["2025-S2", "2026-S1"]
    assert AccionEstrategica.objects.del_plan(segundo).count() == 2
    assert mandar("cargar_plan", str(ARCHIVO)).startswith("Sin cambios")


def test_un_semestre_cortado_no_se_queda_fuera_del_plan(cargado):
    Periodo.objects.filter(anio=2024, semestre=2).update(estado=Periodo.Estado.CORTADO)
    corto = deepcopy(ORIGINAL)
    corto["plan"]["ultimo_periodo"] = "2024-S1"

    with pytest.raises(Exception, match="2024-S2 ya se cortó"):
        cargar(corto, por=None)


def test_carga_quien_coordina_y_queda_dicho(coordinadora, tmp_path):
    cambiado = deepcopy(ORIGINAL)
    cambiado["acciones"][0]["enunciado"] = "Otro enunciado."
    archivo = tmp_path / "plan.json"
    archivo.write_text(json.dumps(cambiado), encoding="utf-8")
    UsuarioFactory(rol=Rol.AUDITOR, correo="audita@ejemplo.gt")

    with pytest.raises(CommandError, match="le toca a quien coordina"):
        mandar("cargar_plan", str(archivo), por="audita@ejemplo.gt")
    salida = mandar("cargar_plan", str(archivo), por=coordinadora.correo)

    assert "acción estratégica 1.1.1: enunciado" in salida
    ultimo = Asiento.objects.filter(acto="cargar_plan").last()
    assert ultimo.persona == coordinadora
    assert (
        AccionEstrategica.objects.get(codigo="1.1.1").history.first().history_user == coordinadora
    )


def test_abrir_y_cerrar_un_periodo_desde_la_consola(coordinadora):
    salida = mandar("abrir_periodo", "2020-S1", por=coordinadora.correo)

    assert salida == "2020-S1 abierto: 0 avances, 0 exigibles.\n"
    with pytest.raises(CommandError, match="Antes hay que cortar 2020-S1"):
        mandar("abrir_periodo", "2020-S2", por=coordinadora.correo)
    antes = time_machine.travel(datetime(2020, 7, 10, tzinfo=UTC))
    with antes, pytest.raises(CommandError, match="El límite no ha pasado"):
        mandar("cerrar_periodo", "2020-S1")
    mandar("cerrar_periodo", "2020-S1")
    assert Periodo.objects.get(anio=2020, semestre=1).estado == "CERRADO"


@pytest.mark.parametrize("mandato", ["abrir_periodo", "cerrar_periodo"])
@pytest.mark.parametrize(
    ("periodo", "por", "dice"),
    [
        ("2019-S1", "coordina@ejemplo.gt", "no tiene el periodo"),
        ("2020-3", "coordina@ejemplo.gt", "no es un periodo"),
        ("2020-S1", "nadie@ejemplo.gt", "No hay una persona activa"),
        ("2020-S1", "ajena@ejemplo.gt", "No le corresponde"),
    ],
)
def test_los_mandatos_dicen_por_que_no(coordinadora, mandato, periodo, por, dice):
    UsuarioFactory(rol=Rol.PLANIFICADOR, correo="ajena@ejemplo.gt")
    if mandato == "cerrar_periodo":
        mandar("abrir_periodo", "2020-S1", por=coordinadora.correo)

    with pytest.raises(CommandError, match=dice):
        mandar(mandato, periodo, por=por)
