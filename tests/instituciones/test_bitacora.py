"""La cadena: nada cambia, falta ni sobra sin que se note; y crece entera desde muchos hilos."""

import threading
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from instituciones import solo_crece
from instituciones.bitacora import PRINCIPIO, asiento, constancia, primer_quiebre
from instituciones.models import Asiento
from tests.fabricas import UsuarioFactory

HILOS, CADA_UNO = 8, 40


@pytest.fixture
def cadena(db):
    persona = UsuarioFactory()
    for numero in range(5):
        with constancia() as asientos:
            asientos.append(asiento("probar", persona, por=persona, datos={"n": numero}))
    return list(Asiento.objects.all())


def a_mano(orden, *valores):
    """Como lo haría quien manda en la base: sin candados."""
    solo_crece.quitar(connection, ("instituciones_asiento",))
    with connection.cursor() as cursor:
        cursor.execute(orden, valores)
    solo_crece.poner(connection, ("instituciones_asiento",))


def test_el_primero_parte_del_principio_y_cada_uno_del_anterior(cadena):
    assert cadena[0].huella_anterior == PRINCIPIO
    assert [uno.huella_anterior for uno in cadena[1:]] == [uno.huella for uno in cadena[:-1]]
    assert primer_quiebre() == (5, None)


COLUMNAS = sorted({campo.column for campo in Asiento._meta.concrete_fields} - {"id"})


@pytest.mark.parametrize("columna", COLUMNAS)
def test_cambiar_cualquier_columna_se_descubre(cadena, columna):
    victima = cadena[2]
    actual = getattr(victima, columna)
    if columna in {"momento", "registrado"}:
        nuevo = actual + timedelta(microseconds=1)
    elif columna in {"persona_id", "en_nombre_de_id"}:
        nuevo = (actual or 0) + 1
    else:
        nuevo = f"x{actual}"[:64]
    orden = f"UPDATE instituciones_asiento SET {columna} = %s WHERE id = %s"  # noqa: S608 — del modelo
    a_mano(orden, nuevo, victima.pk)

    assert primer_quiebre()[1] == victima.pk


def test_quitar_uno_de_en_medio_se_descubre(cadena):
    a_mano("DELETE FROM instituciones_asiento WHERE id = %s", cadena[2].pk)

    assert primer_quiebre() == (3, cadena[3].pk)


def test_lo_que_falla_no_deja_asiento(cadena):
    persona = cadena[0].persona

    def fallar_a_medias():
        with constancia() as asientos:
            asientos.append(asiento("probar", persona, por=persona))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fallar_a_medias()

    assert Asiento.objects.count() == 5


def test_una_constancia_dentro_de_otra_es_un_solo_anadido(cadena):
    persona = cadena[0].persona
    with constancia() as asientos:
        asientos.append(asiento("afuera", persona, por=persona))
        with constancia() as adentro:
            adentro.append(asiento("adentro", persona, por=persona))
        assert Asiento.objects.count() == 5

    assert [uno.acto for uno in Asiento.objects.all()][5:] == ["afuera", "adentro"]


@pytest.mark.django_db(transaction=True)
def test_ocho_hilos_encadenan_sin_huecos_ni_bifurcaciones():
    persona = UsuarioFactory()
    salida, fallas = threading.Barrier(HILOS), []

    def anotar():
        try:
            salida.wait(timeout=10)
            for _ in range(CADA_UNO):
                with constancia() as asientos:
                    asientos.append(asiento("probar", persona, por=persona))
        except Exception as falla:  # noqa: BLE001 — lo que pase en un hilo se cuenta afuera
            fallas.append(falla)
        finally:
            connection.close()

    hilos = [threading.Thread(target=anotar) for _ in range(HILOS)]
    for hilo in hilos:
        hilo.start()
    for hilo in hilos:
        hilo.join(timeout=60)

    assert fallas == []
    assert primer_quiebre() == (HILOS * CADA_UNO, None)


# El mandato -----------------------------------------------------------------------------------
def verificar(*argumentos):
    salida = StringIO()
    call_command("verificar_bitacora", *argumentos, stdout=salida)
    return salida.getvalue()


def test_el_mandato_dice_cuantos_y_la_ultima_huella(cadena):
    dicho = verificar()

    assert "5 asientos, cadena íntegra" in dicho
    assert cadena[-1].huella in dicho


@pytest.mark.django_db
def test_el_mandato_vale_con_la_bitacora_vacia():
    assert "0 asientos, cadena íntegra" in verificar()


def test_el_mandato_dice_donde_se_rompe(cadena):
    a_mano("UPDATE instituciones_asiento SET datos = '{}' WHERE id = %s", cadena[3].pk)

    with pytest.raises(CommandError, match=f"asiento {cadena[3].pk} "):
        verificar()


def test_cortar_el_final_solo_lo_descubre_el_ancla(cadena):
    ancla = f"5:{cadena[-1].huella}"
    assert "íntegra" in verificar("--ancla", ancla)
    a_mano("DELETE FROM instituciones_asiento WHERE id = %s", cadena[-1].pk)

    assert "íntegra" in verificar()
    with pytest.raises(CommandError, match="5 asientos y hay 4"):
        verificar("--ancla", ancla)


def test_una_cadena_rehecha_entera_no_es_la_del_ancla(cadena):
    with pytest.raises(CommandError, match="no es el que dice"):
        verificar("--ancla", f"5:{'a' * 64}")
