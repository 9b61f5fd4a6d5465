"""Las páginas de cortes, informes, Consejo y verificación."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from informes import emision
from informes.contenido import Decision
from informes.forms import SeleccionForm
from informes.models import ContenidoSellado, Corte, Descarga, Informe, TrabajoInforme
from instituciones.almacen import sellar_archivo
from instituciones.canonico import huella
from matrices.models import Avance, Periodo
from tests.fabricas import PeriodoFactory
from tests.informes.publicaciones import otro_corte

pytestmark = pytest.mark.django_db

TRES = {"PDF": b"%PDF-1.7 informe", "XLSX": b"PK libro", "JSON": b"{}"}


@pytest.fixture
def informe(corte, elenco):
    """La edición CNS de un corte, emitida y en borrador."""
    trabajo = emision.encargar(corte, edicion="CNS", por=elenco.coordinadora)
    sellados = {formato: sellar_archivo(octetos) for formato, octetos in TRES.items()}
    emision.publicar(trabajo.clave, emision.reclamar(trabajo.clave), sellados)
    return trabajo.informe


@pytest.fixture
def presentado(informe, elenco):
    """La misma, aprobada y presentada al CNS."""
    emision.aprobar(informe, por=elenco.coordinadora)
    return emision.presentar(informe, por=elenco.coordinadora)


def test_cortar_desde_la_pagina_pide_confirmar_cada_uno(client, semestre, elenco):
    pendiente = Avance.objects.filter(estado="VALIDADO").first()
    Avance.objects.filter(pk=pendiente.pk).update(estado="REMITIDO", validado_por=None)
    client.force_login(elenco.coordinadora)
    pagina = f"/periodos/{semestre.pk}/cortar/"

    sin_confirmar = client.post(pagina, {"version": semestre.version})
    confirmado = client.post(pagina, {"version": semestre.version, "confirmados": [pendiente.pk]})

    assert sin_confirmar.status_code == 422
    assert "Falta confirmar 1 avance que" in sin_confirmar.content.decode()
    assert confirmado.status_code == 302
    assert Corte.objects.get().periodo == semestre


def test_cortar_con_el_periodo_abierto_es_un_conflicto(client, semestre, elenco):
    Periodo.objects.filter(pk=semestre.pk).update(estado="EN_GRACIA")
    client.force_login(elenco.coordinadora)

    respuesta = client.post(f"/periodos/{semestre.pk}/cortar/", {"version": semestre.version})

    assert respuesta.status_code == 409
    assert not Corte.objects.exists()


@pytest.mark.parametrize("quien", ["planificadora", "analista", "consejera", "auditor"])
def test_solo_la_coordinacion_corta_ordena_y_aprueba(client, informe, elenco, quien):
    client.force_login(getattr(elenco, quien))
    corte = informe.corte

    assert client.get(f"/periodos/{corte.periodo_id}/cortar/").status_code == 403
    assert client.get(f"/periodos/{corte.periodo_id}/cortar-de-nuevo/").status_code == 403
    assert client.get(f"/cortes/{corte.pk}/ordenar/?edicion=CNS").status_code == 403
    paso = client.post(f"/informes/{informe.pk}/paso/", {"paso": "aprobar", "version": 1})
    assert paso.status_code in {403, 404}
    informe.refresh_from_db()
    assert informe.estado == "BORRADOR"


def test_ordenar_abre_la_pagina_del_informe_en_cola(client, corte, elenco):
    client.force_login(elenco.coordinadora)

    respuesta = client.post(f"/cortes/{corte.pk}/ordenar/", {"edicion": "CNS"}, follow=True)

    assert TrabajoInforme.objects.get().estado == "PENDIENTE"
    assert "En cola" in respuesta.content.decode() or "en cola" in respuesta.content.decode()


def test_ordenar_dos_en_el_mismo_lugar_se_dice_junto_al_segundo():
    candidatas = [
        Decision(clave=clave, accion=clave, titulo="Compra", institucion="MINGOB")
        for clave in ("1.1.1.1", "1.1.2.1")
    ]
    lugares = {"decisiones-1.1.1.1": "2", "decisiones-1.1.2.1": "2"}
    form = SeleccionForm(lugares, decisiones=candidatas, logros=[])

    assert form.errors == {"decisiones-1.1.2.1": ["El lugar 2 ya está ocupado."]}


def test_ordenar_agrupa_lo_que_se_decide_y_lo_que_se_logro():
    una = Decision(clave="1.1.1.1", accion="1.1.1", titulo="Compra", institucion="MINGOB")
    form = SeleccionForm(decisiones=[una], logros=[])

    grupos = [(titulo, [quien for quien, _ in filas]) for titulo, filas in form.por_grupo()]
    assert grupos == [("Requieren decisión del CNS", [una])]


@pytest.mark.parametrize("edicion", ["", "OTRA"])
def test_una_edicion_que_no_hay_se_rechaza(client, corte, elenco, edicion):
    client.force_login(elenco.coordinadora)

    respuesta = client.get(f"/cortes/{corte.pk}/ordenar/", {"edicion": edicion})

    assert respuesta.status_code == 400


def test_aprobar_y_presentar_desde_la_pagina(client, informe, elenco):
    client.force_login(elenco.coordinadora)
    pagina = f"/informes/{informe.pk}/paso/"

    client.post(pagina, {"paso": "aprobar", "version": 1})
    sin_fecha = client.post(pagina, {"paso": "presentar", "version": 2})
    client.post(pagina, {"paso": "presentar", "version": 2, "fecha_sesion": "2021-08-25"})

    informe.refresh_from_db()
    assert sin_fecha.status_code == 422
    assert (informe.estado, str(informe.fecha_sesion)) == ("PRESENTADO", "2021-08-25")


def test_aprobar_sobre_una_version_vieja_es_un_conflicto(client, informe, elenco):
    client.force_login(elenco.coordinadora)

    respuesta = client.post(f"/informes/{informe.pk}/paso/", {"paso": "aprobar", "version": 9})

    assert respuesta.status_code == 409
    informe.refresh_from_db()
    assert informe.estado == "BORRADOR"


def test_un_borrador_no_existe_para_el_consejo(client, informe, elenco):
    documento = informe.documentos.get(formato="PDF")
    client.force_login(elenco.consejera)

    for ruta in (f"/informes/{informe.pk}/", f"/documentos/{documento.pk}/"):
        ajeno, ninguno = client.get(ruta), client.get("/informes/999999/")
        assert ajeno.status_code == ninguno.status_code == 404


def test_el_consejo_baja_lo_que_se_le_presento(client, presentado, elenco):
    documento = presentado.documentos.get(formato="PDF")
    client.force_login(elenco.consejera)

    respuesta = client.get(f"/documentos/{documento.pk}/")

    assert respuesta.content == TRES["PDF"]
    assert respuesta["Content-Disposition"].startswith("attachment;")
    assert respuesta["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in respuesta["Content-Security-Policy"]
    assert "no-store" in respuesta["Cache-Control"]
    assert Descarga.objects.get().por == elenco.consejera


@pytest.mark.parametrize("quien", ["planificadora", "administradora"])
def test_la_edicion_del_consejo_no_existe_para_quien_no_la_lee(client, presentado, elenco, quien):
    client.force_login(getattr(elenco, quien))

    assert client.get(f"/informes/{presentado.pk}/").status_code == 404
    assert "Edición CNS" not in client.get("/informes/").content.decode()


def test_un_archivo_alterado_no_se_entrega(client, presentado, elenco, settings):
    documento = presentado.documentos.get(formato="PDF")
    archivo = f"{settings.MEDIA_ROOT}/{documento.archivo.name}"
    with open(archivo, "r+b") as alterado:
        alterado.write(b"X")
    client.force_login(elenco.consejera)

    respuesta = client.get(f"/documentos/{documento.pk}/")

    assert respuesta.status_code == 409
    assert 'data-codigo="integridad"' in respuesta.content.decode()
    assert not Descarga.objects.exists()


def test_el_consejo_ve_su_resumen_y_toma_conocimiento(client, presentado, elenco):
    client.force_login(elenco.consejera)

    antes = client.get("/consejo/").content.decode()
    client.post(f"/informes/{presentado.pk}/conocimiento/")
    despues = client.get("/consejo/").content.decode()

    assert "23.8" in antes  # E del plan: 23.75, con un decimal
    for pregunta in (
        "¿Dónde estamos?",
        "¿Qué está en rojo?",
        "¿Qué hay que decidir?",
        "¿Qué se logró?",
        "¿Qué cambió",
    ):
        assert pregunta in antes
    assert "Dejar constancia" in antes
    assert "Ya consta que usted tomó conocimiento" in despues


def test_con_dos_planes_cada_pagina_dice_de_cual_es_lo_presentado(client, presentado, elenco):
    plan = presentado.corte.periodo.plan
    otro = Corte.objects.create(
        periodo=PeriodoFactory(
            plan__sigla="NUEVO", anio=2021, semestre=1, estado=Periodo.Estado.CORTADO
        ),
        numero=1,
        hecho_por=elenco.coordinadora,
        momento=timezone.now(),
    )
    sellado = presentado.corte.sellado_de("CNS")
    texto = sellado.contenido.replace(plan.nombre, otro.periodo.plan.nombre)
    texto = texto.replace(plan.codigo, otro.periodo.plan.codigo)
    ContenidoSellado.objects.create(
        corte=otro, edicion="CNS", contenido=texto, huella=huella(texto)
    )
    suyo = Informe.objects.create(
        corte=otro,
        edicion="CNS",
        estado="PRESENTADO",
        ordenado_por=elenco.coordinadora,
        ordenado_en=timezone.now(),
        presentado_en=timezone.now(),
    )
    client.force_login(elenco.consejera)

    de_uno, de_otro = (
        client.get("/consejo/", {"plan": uno.codigo}) for uno in (plan, otro.periodo.plan)
    )
    lista = client.get("/informes/").content.decode()

    assert (de_uno.context["informe"], de_otro.context["informe"]) == (presentado, suyo)
    for pagina, uno in ((de_uno, plan), (de_otro, otro.periodo.plan)):
        assert f"{uno.nombre} ·" in pagina.content.decode()
        assert f"{presentado.corte.periodo} de {plan.sigla}, corte 1" in pagina.content.decode()
        assert f"{uno.nombre}. Sellado" in lista
    assert "2021-S1 de NUEVO, corte 1" in de_uno.content.decode()
    assert client.get("/consejo/", {"plan": "otro"}).status_code == 404


def test_sin_nada_presentado_la_pagina_del_consejo_lo_dice(client, informe, elenco):
    client.force_login(elenco.consejera)

    assert "Aún no se ha presentado un informe" in client.get("/consejo/").content.decode()


@pytest.mark.parametrize("cuantos", [1, 3])
def test_informes_no_crece_en_consultas(client, corte, elenco, cuantos, django_assert_num_queries):
    emision.encargar(corte, edicion="CNS", por=elenco.coordinadora)
    for numero in range(2, cuantos + 1):
        corte = Corte.objects.create(
            periodo=corte.periodo,
            numero=numero,
            sustituye_a=corte,
            motivo="Otro.",
            hecho_por=elenco.coordinadora,
            momento=corte.momento,
        )
        emision.encargar(corte, edicion="CNS", por=elenco.coordinadora)
    client.force_login(elenco.coordinadora)
    client.get("/informes/")

    with django_assert_num_queries(7):
        pagina = client.get("/informes/").content.decode()

    assert pagina.count("· corte") == cuantos


def test_verificar_dice_genuino_por_huella_y_por_archivo_sin_entrar(client, presentado):
    huella = sha256(TRES["PDF"]).hexdigest()

    por_huella = client.get("/verificar/", {"huella": huella}).content.decode()
    archivo = SimpleUploadedFile("cualquiera.pdf", TRES["PDF"])
    por_archivo = client.post("/verificar/", {"archivo": archivo}).content.decode()

    for pagina in (por_huella, por_archivo):
        assert "Genuino" in pagina
        assert "Primer Semestre 2021" in pagina


def test_verificar_acepta_el_codigo_que_va_al_pie_de_cada_pagina(client, presentado):
    huella = presentado.documentos.get(formato="JSON").sha256
    codigo = f"{huella[:4]}-{huella[4:8]}-{huella[8:12]}-{huella[12:16]}".upper()

    con_guiones = client.get("/verificar/", {"huella": codigo}).content.decode()
    de_corrido = client.get("/verificar/", {"huella": huella[:16]}).content.decode()
    otro = client.get("/verificar/", {"huella": f"{'0' * 12}-{'0' * 4}"}).content.decode()

    assert "Genuino" in con_guiones
    assert "Genuino" in de_corrido
    assert "Desconocido" in otro


def test_verificar_el_codigo_es_del_contenido_y_no_de_cualquier_archivo(client, presentado):
    huella = presentado.documentos.get(formato="XLSX").sha256

    assert "Desconocido" in client.get("/verificar/", {"huella": huella[:16]}).content.decode()


def test_verificar_no_dice_nada_de_un_borrador_ni_de_lo_ajeno(client, informe):
    huella = sha256(TRES["PDF"]).hexdigest()

    borrador = client.get("/verificar/", {"huella": huella}).content.decode()
    ajeno = client.get("/verificar/", {"huella": "0" * 64}).content.decode()

    assert "Desconocido" in borrador

    assert "Desconocido" in ajeno
    assert "Genuino" not in borrador


def test_verificar_no_llama_desconocido_a_lo_que_no_cupo(client, presentado, monkeypatch):
    monkeypatch.setattr("informes.archivos.VERIFICABLE_MAXIMO", 1000)
    archivo = SimpleUploadedFile("informe.pdf", TRES["PDF"] * 100)

    respuesta = client.post("/verificar/", {"archivo": archivo})

    assert respuesta.status_code == 413
    assert "escriba su huella" in respuesta.content.decode()
    assert "Desconocido" not in respuesta.content.decode()


def test_verificar_resume_lo_que_no_cabria_como_evidencia_y_no_guarda_nada(
    client, presentado, settings, tmp_path
):
    settings.EVIDENCIA_MAXIMA = len(TRES["PDF"]) - 1
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1
    settings.FILE_UPLOAD_TEMP_DIR = settings.MEDIA_ROOT = str(tmp_path / "nada")
    Path(settings.MEDIA_ROOT).mkdir()

    archivo = SimpleUploadedFile("informe.pdf", TRES["PDF"])
    pagina = client.post("/verificar/", {"archivo": archivo}).content.decode()

    assert "Genuino" in pagina
    assert list(Path(settings.MEDIA_ROOT).iterdir()) == []


@pytest.mark.parametrize("huella", ["corta", "g" * 64, "٠" * 64])
def test_verificar_una_huella_ilegible_se_rechaza_con_lo_escrito(client, huella):
    respuesta = client.get("/verificar/", {"huella": huella})

    assert respuesta.status_code == 422
    assert "64 cifras hexadecimales" in respuesta.content.decode()


def test_comparar_dos_cortes_pone_primero_lo_que_cambia(client, corte, elenco):
    sellado = emision.vigente_de(corte)
    (igual,) = sellado.acciones
    ultima = replace(igual, codigo="9.9.9", orden=igual.orden + 1)
    nuevo = otro_corte(corte, replace(sellado, acciones=(igual, ultima)))
    client.force_login(elenco.analista)

    respuesta = client.get(f"/cortes/{corte.pk}/comparar/{nuevo.pk}/")

    pagina = respuesta.content.decode()
    assert [uno.codigo for uno in respuesta.context["cambian"]] == ["9.9.9"]
    assert [uno.codigo for uno in respuesta.context["iguales"]] == [igual.codigo]
    assert pagina.index(">9.9.9 ") < pagina.index(f">{igual.codigo} ")
    assert nuevo.motivo in pagina


def test_un_corte_junto_a_si_mismo_no_cambia_en_nada(client, corte, elenco):
    client.force_login(elenco.analista)

    igual = client.get(f"/cortes/{corte.pk}/comparar/{corte.pk}/").content.decode()

    assert "Ninguna acción cambia." in igual
    assert Informe.objects.count() == 0


def test_no_se_comparan_cortes_de_planes_distintos(client, corte, elenco):
    ajeno = emision.cortar(PeriodoFactory(estado="CERRADO"), por=elenco.coordinadora)
    client.force_login(elenco.coordinadora)

    assert client.get(f"/cortes/{corte.pk}/comparar/{ajeno.pk}/").status_code == 404


def test_quien_no_lee_la_edicion_del_consejo_no_compara_cortes(client, corte, elenco):
    client.force_login(elenco.planificadora)

    assert client.get(f"/cortes/{corte.pk}/comparar/{corte.pk}/").status_code == 404
