"""Sellar cortes y emitir informes: una vez, entero, y sólo por su puerta."""

from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from pypdf import PdfReader

from acciones.models import AccionEstrategica, Plan
from informes import emision
from informes.models import (
    Corte,
    Descarga,
    Documento,
    Informe,
    TomaConocimiento,
    TrabajoInforme,
)
from informes.tasks import atender_trabajo, tocar_al_confirmar
from instituciones.almacen import sellar_archivo
from instituciones.models import Asiento, Institucion, Rol
from matrices import enmiendas
from matrices.flujo import PasoInvalido, VersionAjena
from matrices.models import Actividad, Avance, Umbrales
from tests.fabricas import UsuarioFactory

pytestmark = pytest.mark.django_db

E = TrabajoInforme.Estado
TRES = {"PDF": b"%PDF", "XLSX": b"PK", "JSON": b"{}"}


def sellados():
    return {formato: sellar_archivo(octetos) for formato, octetos in TRES.items()}


def emitir(corte, por, edicion="CNS"):
    """Un informe con tres documentos, publicado por quien tiene la ficha."""
    trabajo = emision.encargar(corte, edicion=edicion, por=por)
    assert emision.publicar(trabajo.clave, emision.reclamar(trabajo.clave), sellados())
    return trabajo.informe


# El corte


def test_cortar_consolida_lo_validado_y_sella_dos_ediciones(semestre, elenco):
    corte = emision.cortar(semestre, por=elenco.coordinadora)

    semestre.refresh_from_db()
    assert (semestre.estado, corte.numero, corte.sustituye_a) == ("CORTADO", 1, None)
    assert Avance.objects.filter(estado="CONSOLIDADO").count() == 3
    assert {uno.edicion for uno in corte.contenidos.all() if uno.integro} == {"CNS", "PUBLICA"}
    total = emision.vigente_de(corte).total
    assert total.ejecutado == Decimal("23.75")  # (45 + 30 + 20 + 0) / 4
    assert (total.exigidos, total.recibidos, total.cobertura) == (4, 3, Decimal("75.00"))


def test_cortar_con_algo_sin_validar_exige_confirmarlo(semestre, elenco):
    pendiente = Avance.objects.filter(estado="VALIDADO").first()
    Avance.objects.filter(pk=pendiente.pk).update(estado="REMITIDO", validado_por=None)

    with pytest.raises(PasoInvalido, match="1 avance sin validar"):
        emision.cortar(semestre, por=elenco.coordinadora)
    assert not Corte.objects.exists()

    emision.cortar(semestre, por=elenco.coordinadora, confirmados=[pendiente.pk])
    pendiente.refresh_from_db()
    ultimo = pendiente.movimientos.last()
    assert pendiente.estado == "NO_REPORTADO"
    assert (ultimo.paso, ultimo.nota) == ("dejar_fuera", "Sin validar al corte.")


@pytest.mark.parametrize("rol", sorted(set(Rol.values) - {Rol.COORDINADOR}))
def test_solo_corta_la_coordinacion(semestre, rol):
    with pytest.raises(PermissionDenied):
        emision.cortar(semestre, por=UsuarioFactory(rol=rol))

    assert not Corte.objects.exists()


def test_cortar_dos_veces_deja_un_corte(semestre, elenco):
    emision.cortar(semestre, por=elenco.coordinadora)

    with pytest.raises(PasoInvalido):
        emision.cortar(semestre, por=elenco.coordinadora)

    assert Corte.objects.count() == 1


def test_cortar_sobre_una_version_vieja_no_escribe_nada(semestre, elenco):
    with pytest.raises(VersionAjena):
        emision.cortar(semestre, por=elenco.coordinadora, version=semestre.version + 1)

    assert not Corte.objects.exists()
    assert not Avance.objects.filter(estado="CONSOLIDADO").exists()


def test_un_contenido_alterado_por_detras_se_descubre(corte):
    sellado = corte.sellado_de("CNS")
    sellado.contenido = sellado.contenido.replace("45.00", "95.00")

    assert not sellado.integro


def rectificada(avance, elenco, porcentaje):
    """Una rectificación aprobada del porcentaje de un avance cortado."""
    pedida = enmiendas.solicitar_rectificacion(
        avance,
        despues={"porcentaje": porcentaje},
        motivo="Se contó dos veces la misma norma.",
        por=elenco.planificadora,
    )
    pedida = enmiendas.firmar(pedida, version=1, por=elenco.aprobador)
    pedida = enmiendas.recomendar(pedida, version=2, por=elenco.analista)
    return enmiendas.aprobar_rectificacion(pedida, version=3, por=elenco.coordinadora)


def test_rectificar_hace_otro_corte_y_el_anterior_no_cambia(corte, elenco):
    antes = corte.sellado_de("CNS").contenido
    avance = Avance.objects.get(porcentaje=45)
    pedida = rectificada(avance, elenco, Decimal("5.00"))

    [nuevo] = emision.cortar_de_nuevo(
        corte.periodo, [pedida], por=elenco.coordinadora, motivo="Rectificación aprobada."
    )

    avance.refresh_from_db()
    pedida.refresh_from_db()
    assert (nuevo.numero, nuevo.sustituye_a) == (2, corte)
    assert (avance.estado, avance.porcentaje, avance.ejecutado) == ("CONSOLIDADO", 45, 5)
    assert (pedida.estado, pedida.corte_numero, pedida.material) == ("APLICADA", 2, True)
    assert corte.sellado_de("CNS").contenido == antes
    assert emision.vigente_de(nuevo).total.ejecutado == Decimal("13.75")
    [correccion] = emision.vigente_de(nuevo).fe_de_erratas
    assert (correccion.accion_antes, correccion.accion_despues) == (
        Decimal("23.75"),
        Decimal("13.75"),
    )


# El informe


def test_ordenar_diez_veces_deja_un_trabajo(corte, elenco):
    claves = {
        emision.encargar(corte, edicion="CNS", por=elenco.coordinadora).clave for _vez in range(10)
    }

    assert len(claves) == Informe.objects.count() == TrabajoInforme.objects.count() == 1


def test_ordenar_otra_vez_un_borrador_dibujado_lo_sustituye(corte, elenco):
    primero = emitir(corte, elenco.coordinadora)

    emision.encargar(corte, edicion="CNS", por=elenco.coordinadora)

    primero.refresh_from_db()
    assert primero.estado == "SUSTITUIDO"
    assert primero.documentos.count() == 3


def test_no_se_aprueba_sin_sus_documentos(corte, elenco):
    informe = emision.encargar(corte, edicion="CNS", por=elenco.coordinadora).informe

    with pytest.raises(PasoInvalido, match="no están completos"):
        emision.aprobar(informe, por=elenco.coordinadora)


def test_no_se_aprueba_un_documento_alterado(corte, elenco, settings):
    informe = emitir(corte, elenco.coordinadora)
    archivo = Path(settings.MEDIA_ROOT) / informe.documentos.get(formato="PDF").archivo.name
    archivo.chmod(0o640)
    archivo.write_bytes(b"%PDF-otro")

    with pytest.raises(emision.IntegridadRota):
        emision.aprobar(informe, por=elenco.coordinadora)

    informe.refresh_from_db()
    assert informe.estado == "BORRADOR"


def presentado(corte, elenco):
    informe = emitir(corte, elenco.coordinadora)
    emision.aprobar(informe, por=elenco.coordinadora)
    return emision.presentar(informe, por=elenco.coordinadora)


def test_el_consejo_ve_el_informe_desde_que_se_presenta(corte, elenco):
    informe = emitir(corte, elenco.coordinadora)
    visibles = Informe.objects.visibles_para(elenco.consejera)
    assert not visibles.exists()

    emision.aprobar(informe, por=elenco.coordinadora)
    assert not Informe.objects.visibles_para(elenco.consejera).exists()

    emision.presentar(informe, por=elenco.coordinadora)
    assert Informe.objects.visibles_para(elenco.consejera).get() == informe


def test_la_publica_espera_a_que_se_presente_la_del_consejo(corte, elenco):
    publica = emitir(corte, elenco.coordinadora, edicion="PUBLICA")
    emision.aprobar(publica, por=elenco.coordinadora)

    with pytest.raises(PasoInvalido, match="Primero se presenta al CNS"):
        emision.hacer_publico(publica, por=elenco.coordinadora)

    presentado(corte, elenco)
    emision.hacer_publico(publica, por=elenco.coordinadora)
    assert Informe.objects.get(estado="PUBLICADO") == publica


def test_presentar_el_de_un_corte_nuevo_sustituye_al_anterior(corte, elenco):
    viejo = presentado(corte, elenco)
    pedida = rectificada(Avance.objects.get(porcentaje=45), elenco, Decimal("40.00"))
    [nuevo] = emision.cortar_de_nuevo(
        corte.periodo, [pedida], por=elenco.coordinadora, motivo="Rectificación aprobada."
    )

    presentado(nuevo, elenco)

    viejo.refresh_from_db()
    assert viejo.estado == "SUSTITUIDO"
    assert emision.leer(viejo.documentos.get(formato="PDF")) == b"%PDF"
    assert viejo in Informe.objects.visibles_para(elenco.consejera)


def test_la_toma_de_conocimiento_es_del_consejo_y_una_por_persona(corte, elenco):
    informe = presentado(corte, elenco)

    for _vez in range(2):
        emision.tomar_conocimiento(informe, por=elenco.consejera)
    with pytest.raises(PermissionDenied):
        emision.tomar_conocimiento(informe, por=elenco.coordinadora)

    assert TomaConocimiento.objects.get().por == elenco.consejera
    assert Asiento.objects.filter(acto="tomar_conocimiento").count() == 1


def test_descargar_entrega_lo_emitido_y_deja_constancia(corte, elenco):
    documento = presentado(corte, elenco).documentos.get(formato="PDF")

    octetos = emision.descargar(documento, por=elenco.consejera)

    assert sha256(octetos).hexdigest() == documento.sha256
    assert Descarga.objects.get().por == elenco.consejera
    assert Asiento.objects.filter(acto="descargar", persona=elenco.consejera).count() == 1


def test_solo_es_genuino_lo_que_se_presento_o_publico(corte, elenco):
    huella = sha256(b"%PDF").hexdigest()
    informe = emitir(corte, elenco.coordinadora)
    assert emision.emitido_con(huella) is None

    emision.aprobar(informe, por=elenco.coordinadora)
    emision.presentar(informe, por=elenco.coordinadora)

    assert emision.emitido_con(huella.upper()).informe == informe
    assert emision.emitido_con("0" * 64) is None


# El trabajo


def test_de_dos_que_reclaman_uno_lo_tiene(corte, elenco):
    trabajo = emision.encargar(corte, edicion="CNS", por=elenco.coordinadora)

    fichas = [emision.reclamar(trabajo.clave), emision.reclamar(trabajo.clave)]

    assert fichas[0]
    assert fichas[1] is None


def vencer_arriendo(trabajo):
    ayer = timezone.now() - timedelta(days=1)
    TrabajoInforme.objects.filter(pk=trabajo.pk).update(arriendo=ayer)


def test_quien_perdio_su_ficha_no_publica(corte, elenco):
    trabajo = emision.encargar(corte, edicion="CNS", por=elenco.coordinadora)
    zombi = emision.reclamar(trabajo.clave)
    vencer_arriendo(trabajo)
    nuevo = emision.reclamar(trabajo.clave)

    assert not emision.latir(trabajo.clave, zombi)
    assert not emision.publicar(trabajo.clave, zombi, sellados())
    assert not Documento.objects.exists()
    assert emision.publicar(trabajo.clave, nuevo, sellados())
    assert Documento.objects.count() == 3


def test_tres_intentos_interrumpidos_y_el_trabajo_queda_fallido(corte, elenco):
    trabajo = emision.encargar(corte, edicion="CNS", por=elenco.coordinadora)
    for _intento in range(3):
        assert emision.reclamar(trabajo.clave)
        vencer_arriendo(trabajo)
    assert emision.reclamar(trabajo.clave) is None

    assert emision.reconciliar() == []

    trabajo.refresh_from_db()
    assert trabajo.estado == E.FALLIDO
    assert "tres veces" in trabajo.error


def test_reconciliar_nombra_lo_que_espera_y_lo_huerfano(corte, elenco):
    espera = emision.encargar(corte, edicion="CNS", por=elenco.coordinadora)
    huerfano = emision.encargar(corte, edicion="PUBLICA", por=elenco.coordinadora)
    emision.reclamar(huerfano.clave)
    assert emision.reconciliar() == [espera.clave]

    vencer_arriendo(huerfano)

    assert set(emision.reconciliar()) == {espera.clave, huerfano.clave}


def test_un_trabajo_que_falla_dice_por_que_y_se_puede_ordenar_otra_vez(corte, elenco):
    trabajo = emision.encargar(corte, edicion="CNS", por=elenco.coordinadora)
    elenco.coordinadora.is_active = False
    elenco.coordinadora.save()

    for _intento in range(3):
        assert not emision.atender(trabajo.clave)

    trabajo.refresh_from_db()
    assert (trabajo.estado, trabajo.intentos) == (E.FALLIDO, 3)
    assert trabajo.error == "Quien ordenó el informe ya no puede hacerlo."
    otra = UsuarioFactory(rol=Rol.COORDINADOR, institucion=elenco.revisora)
    assert emision.encargar(corte, edicion="CNS", por=otra).clave != trabajo.clave


def dibujado(corte, por):
    """Los tres archivos de la edición del Consejo, ordenada y dibujada ahora de verdad."""
    trabajo = emision.encargar(corte, edicion="CNS", por=por)
    assert emision.atender(trabajo.clave)
    documentos = trabajo.informe.documentos.all()
    return {documento.formato: emision.leer(documento) for documento in documentos}


def cambiar_el_mundo(plan):
    """Lo que en unos años puede cambiar en la base de todo lo que el informe nombra."""
    Plan.objects.filter(pk=plan.pk).update(nombre="Otro plan", sigla="OTRO")
    AccionEstrategica.objects.update(enunciado="Otra acción")
    Institucion.objects.update(nombre="Otra institución")
    Actividad.objects.update(descripcion="Otra actividad", fin_vigente=date(2039, 12, 31))
    Avance.objects.update(porcentaje=Decimal(99), logro="Otro logro", semaforo="VERDE")
    Umbrales.objects.create(
        plan=plan, version=9, verde_desde=10, amarillo_desde=5, vigente_desde=date(2020, 1, 1)
    )


def textos(octetos):
    return [pagina.extract_text() for pagina in PdfReader(BytesIO(octetos)).pages]


def test_emitir_hoy_un_corte_pasado_dice_lo_mismo_que_entonces(corte, elenco, settings):
    settings.INFORME_ARRIENDO_SEGUNDOS = 3600  # nadie late dentro de la transacción de la prueba
    entonces = dibujado(corte, elenco.coordinadora)
    cambiar_el_mundo(corte.periodo.plan)

    hoy = dibujado(corte, elenco.coordinadora)

    assert hoy["JSON"] == entonces["JSON"]
    assert hoy["XLSX"] == entonces["XLSX"]
    assert textos(hoy["PDF"]) == textos(entonces["PDF"])
    nuevo = ("Otro plan", "Otra acción", "Otra institución", "Otra actividad", "Otro logro")
    assert not any(uno in texto for texto in textos(hoy["PDF"]) for uno in nuevo)


def test_el_timbre_suena_dos_veces_y_el_informe_es_uno(corte, elenco):
    trabajo = emision.encargar(corte, edicion="CNS", por=elenco.coordinadora)

    for _timbrazo in range(2):
        atender_trabajo(trabajo.clave)

    trabajo.refresh_from_db()
    assert (trabajo.estado, trabajo.intentos, trabajo.progreso) == (E.LISTO, 1, 100)
    formatos = trabajo.informe.documentos.values_list("formato", flat=True)
    assert sorted(formatos) == ["JSON", "PDF", "XLSX"]
    datos = emision.leer(trabajo.informe.documentos.get(formato="JSON")).decode()
    assert datos == emision.vigente_de(corte).canonico()


def test_sin_quien_oiga_el_timbre_el_trabajo_espera(
    corte, elenco, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr("informes.tasks.atender_trabajo.delay", _mudo)
    with django_capture_on_commit_callbacks(execute=True):
        trabajo = emision.encargar(corte, edicion="CNS", por=elenco.coordinadora)
        tocar_al_confirmar(trabajo.clave)

    trabajo.refresh_from_db()
    assert trabajo.estado == E.PENDIENTE
    assert emision.reconciliar() == [trabajo.clave]


def _mudo(clave):
    raise ConnectionRefusedError("no hay nadie")
