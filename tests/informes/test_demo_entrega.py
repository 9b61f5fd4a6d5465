"""La demostración arranca con informes: por los verbos de siempre, una vez y sólo ella."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from informes import emision
from informes.demo import entrega
from informes.models import Documento, Edicion, Informe, TrabajoInforme
from instituciones.models import Asiento
from matrices.models import MatrizCumplimiento

pytestmark = pytest.mark.django_db
DIBUJOS = {"PDF": b"%PDF-1.7 dibujado", "XLSX": b"PK hoja", "JSON": b"{}"}


@pytest.fixture
def demostracion(corte):
    MatrizCumplimiento.objects.update(es_demo=True)
    return corte


@pytest.fixture
def sin_dibujar(monkeypatch):
    """Los archivos son tres textos: lo que aquí se prueba es el camino, no el dibujo."""
    monkeypatch.setattr(emision.pdf, "documento", lambda *_a, **_k: DIBUJOS["PDF"])
    monkeypatch.setattr(emision.xlsx, "libro", lambda *_a: DIBUJOS["XLSX"])
    monkeypatch.setattr(emision.xlsx, "verificar", lambda *_a: None)


def test_quedan_presentado_y_publicado_con_sus_archivos(demostracion, sin_dibujar):
    dicho = []

    entrega.entregar(decir=dicho.append)

    estados = dict(Informe.objects.values_list("edicion", "estado"))
    assert estados == {"CNS": "PRESENTADO", "PUBLICA": "PUBLICADO"}
    assert set(Documento.objects.values_list("informe__edicion", "formato")) == {
        (edicion, formato) for edicion in Edicion.values for formato in DIBUJOS
    }
    assert len(dicho) == 2
    assert entrega.falta() == []


def test_deja_la_misma_constancia_que_la_coordinacion(demostracion, sin_dibujar):
    entrega.entregar(decir=lambda _texto: None)

    for acto in ("ordenar", "aprobar"):
        quienes = set(Asiento.objects.filter(acto=acto).values_list("persona", flat=True))
        assert quienes == {demostracion.hecho_por_id}
    assert Asiento.objects.filter(acto="presentar").count() == 1
    assert Asiento.objects.filter(acto="publicar").count() == 1


def test_otra_vez_no_repite_nada(demostracion, sin_dibujar):
    call_command("emitir_demo", stdout=StringIO())
    antes = list(Informe.objects.values_list("pk", "estado", "version"))
    otra = StringIO()

    call_command("emitir_demo", stdout=otra)

    assert list(Informe.objects.values_list("pk", "estado", "version")) == antes
    assert "No falta ningún informe" in otra.getvalue()


def test_sigue_donde_otro_lo_dejo_a_medias(demostracion, sin_dibujar, elenco):
    trabajo = emision.encargar(demostracion, edicion=Edicion.CNS, por=elenco.coordinadora)
    emision.atender(trabajo.clave)
    emision.aprobar(trabajo.informe, por=elenco.coordinadora)

    entrega.entregar(decir=lambda _texto: None)

    assert Informe.objects.get(edicion=Edicion.CNS).pk == trabajo.informe_id
    assert TrabajoInforme.objects.count() == 2


def test_lo_que_ya_salio_una_vez_no_se_toca_aunque_haya_otro_corte(demostracion, sin_dibujar):
    entrega.entregar(decir=lambda _texto: None)
    Informe.objects.filter(edicion=Edicion.CNS).update(estado="SUSTITUIDO")

    assert entrega.falta() == []


def test_un_dibujo_que_falla_lo_dice_y_el_siguiente_arranque_lo_intenta(
    demostracion, monkeypatch, sin_dibujar
):
    def sin_bibliotecas(*_argumentos, **_opciones):
        raise OSError("libpango")

    with monkeypatch.context() as roto:
        roto.setattr(emision.pdf, "documento", sin_bibliotecas)
        roto.setattr(entrega, "CADA", 0)
        with pytest.raises(CommandError, match="faltan las bibliotecas del PDF"):
            call_command("emitir_demo", stdout=StringIO())
    assert entrega.falta() == [Edicion.CNS, Edicion.PUBLICA]

    call_command("emitir_demo", stdout=StringIO())

    assert entrega.falta() == []


def test_quien_ya_no_puede_emitir_no_emite(demostracion, sin_dibujar):
    demostracion.hecho_por.rol = "AUDITOR"
    demostracion.hecho_por.save()

    with pytest.raises(CommandError, match="ya no puede emitir"):
        call_command("emitir_demo", stdout=StringIO())
    assert not Informe.objects.exists()


def test_sin_demostracion_no_se_emite_nada(corte):
    assert entrega.falta() == []


def test_en_produccion_no_se_emite_nada(demostracion, settings):
    settings.PRODUCCION = True

    assert entrega.falta() == []
