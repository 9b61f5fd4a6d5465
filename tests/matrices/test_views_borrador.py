"""Lo que la captura hace sola: autoguardar, medir, subir y ver; y el lote «Sin cambios»."""

import errno
import json
import os
from datetime import date
from decimal import Decimal
from html import unescape
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from instituciones.models import Asiento
from matrices import flujo
from matrices.evidencias import Adjunto, adjuntar, recibir
from matrices.models import Avance, Evidencia, Movimiento
from tests import archivos
from tests.fabricas import (
    ActividadFactory,
    AvanceFactory,
    EvidenciaFactory,
    HitoFactory,
    ObservacionFactory,
    PeriodoFactory,
)

pytestmark = pytest.mark.django_db
LARGO = "Se aprobó la norma y se capacitó a quienes la aplican en todo el país."
MOTIVO = "No se asignaron recursos en todo el semestre."
JSON = {"accept": "application/json"}
ACTOS = ["autoguardar", "asi_quedara", "subir"]


@pytest.fixture(autouse=True)
def _archivos_aparte(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def avance(elenco):
    """Un borrador de la responsable del elenco, en un semestre abierto."""
    return AvanceFactory(estado="BORRADOR", actividad__responsable=elenco.responsable)


def direccion(avance, acto="autoguardar"):
    return reverse(f"matrices:{acto}", args=[avance.pk])


def escrito(avance, **datos):
    avance.refresh_from_db()
    return {
        "version": avance.version,
        "visibilidad": "PUBLICA",
        "clasificacion": "PUBLICA",
        "situacion_reportada": "EN_EJECUCION",
        "porcentaje": "30",
        "logro": LARGO,
        **datos,
    }


def entra(client, persona):
    client.force_login(persona)
    return client


def acta(nombre="acta.pdf", contenido=None):
    return SimpleUploadedFile(nombre, contenido or archivos.pdf())


# Autoguardar -----------------------------------------------------------------------------------
def test_autoguardar_sube_la_version_y_no_deja_constancia(client, elenco, avance):
    respuesta = entra(client, elenco.planificadora).post(direccion(avance), escrito(avance))

    avance.refresh_from_db()
    assert respuesta.status_code == 200
    assert respuesta.json()["version"] == avance.version == 2
    assert len(respuesta.json()["hora"]) == 5
    assert (avance.logro, avance.ejecutado) == (LARGO, Decimal(30))
    assert avance.capturado_por == elenco.planificadora
    assert not Movimiento.objects.filter(avance=avance).exists()
    assert not Asiento.objects.filter(tipo="avance").exists()


def test_lo_autoguardado_consta_al_entregar(client, elenco, avance):
    entra(client, elenco.planificadora).post(direccion(avance), escrito(avance))
    Avance.objects.filter(pk=avance.pk).update(porcentaje=0, ejecutado=0)

    flujo.entregar(Avance.objects.get(pk=avance.pk), version=2, por=elenco.planificadora)

    assert LARGO in Movimiento.objects.get(avance=avance).contenido


@pytest.mark.parametrize(("estado", "ronda"), [("PENDIENTE", 0), ("OBSERVADO", 1)])
def test_empezar_o_corregir_si_es_un_paso(client, elenco, estado, ronda):
    avance = AvanceFactory(estado=estado, ronda=ronda, actividad__responsable=elenco.responsable)

    respuesta = entra(client, elenco.planificadora).post(direccion(avance), escrito(avance))

    assert respuesta.json()["estado"] == "BORRADOR"
    assert Movimiento.objects.get(avance=avance).paso == "guardar"
    assert Asiento.objects.filter(tipo="avance", acto="guardar").count() == 1


def test_lo_exento_no_se_empieza_solo(client, elenco):
    avance = AvanceFactory(estado="EXENTO", actividad__responsable=elenco.responsable)

    respuesta = entra(client, elenco.planificadora).post(direccion(avance), escrito(avance))

    avance.refresh_from_db()
    assert (respuesta.status_code, respuesta.json()["codigo"]) == (409, "estado")
    assert (avance.estado, avance.version) == ("EXENTO", 1)


def test_autoguardar_lo_que_no_cambio_no_escribe(client, elenco, avance):
    entra(client, elenco.planificadora)
    datos = escrito(
        avance,
        logro="Uno.\r\nDos, en otro renglón, como lo manda el navegador.",
        beneficiarios_total="3",
        beneficiarios_mujeres="2",
        beneficiarios_hombres="1",
        territorio=["01", "22"],
    )
    assert client.post(direccion(avance), datos).json()["version"] == 2

    otra = client.post(direccion(avance), {**datos, "version": 2})

    avance.refresh_from_db()
    assert (otra.status_code, otra.json()["version"], avance.version) == (200, 2, 2)


def test_empieza_abre_el_borrador_aunque_nada_cambie(client, elenco):
    avance = AvanceFactory(estado="PENDIENTE", actividad__responsable=elenco.responsable)
    datos = {"version": 1, "visibilidad": "PUBLICA", "clasificacion": "PUBLICA"}
    entra(client, elenco.planificadora)

    assert client.post(direccion(avance), datos).json()["estado"] == "PENDIENTE"
    empezado = client.post(direccion(avance), {**datos, "empieza": "1"})
    assert empezado.json()["estado"] == "BORRADOR"


def test_autoguardar_con_version_ajena_es_409_y_no_pisa(client, elenco, avance):
    entra(client, elenco.planificadora)
    viejo = escrito(avance, logro="Lo mío, que llegó tarde y no debe pisar lo otro.")
    client.post(direccion(avance), escrito(avance, logro="Lo de la otra persona, ya guardado."))

    choque = client.post(direccion(avance), viejo)

    avance.refresh_from_db()
    assert (choque.status_code, choque.json()["codigo"]) == (409, "version_ajena")
    assert (avance.logro, avance.version) == ("Lo de la otra persona, ya guardado.", 2)


def test_autoguardar_con_version_ajena_no_toca_lo_que_cuelga(client, elenco):
    hito = HitoFactory(actividad__responsable=elenco.responsable)
    avance = AvanceFactory(estado="BORRADOR", actividad=hito.actividad, version=5)
    datos = {"version": 4, f"hitos_cumplidos_{hito.numero}": "on"}
    datos[f"hitos_cumplidos_{hito.numero}_fecha"] = "2021-03-31"

    assert entra(client, elenco.planificadora).post(direccion(avance), datos).status_code == 409
    assert not avance.hitos_cumplidos.exists()


@pytest.mark.parametrize("estado", ["EN_APROBACION", "REMITIDO", "VALIDADO", "CONSOLIDADO"])
def test_autoguardar_lo_ya_enviado_es_409(client, elenco, estado):
    avance = AvanceFactory(estado=estado, actividad__responsable=elenco.responsable)

    respuesta = entra(client, elenco.planificadora).post(direccion(avance), escrito(avance))

    assert (respuesta.status_code, respuesta.json()["codigo"]) == (409, "estado")


def test_autoguardar_lo_que_no_es_de_su_tipo_dice_el_campo(client, elenco, avance):
    datos = escrito(avance, porcentaje="101", logro="A" * 1001)

    respuesta = entra(client, elenco.planificadora).post(direccion(avance), datos)

    errores = respuesta.json()["errores"]
    assert respuesta.status_code == 422
    assert set(errores) == {"porcentaje", "logro"}
    assert errores["porcentaje"]["nombre"] == "Avance acumulado (%)"
    avance.refresh_from_db()
    assert avance.version == 1


@pytest.mark.parametrize("acto", ACTOS)
@pytest.mark.parametrize(
    ("quien", "codigo"),
    [("aprobador", 403), ("analista", 403), ("coordinadora", 403), ("auditor", 403)]
    + [(quien, 404) for quien in ("ajena", "consejera", "comisionada", "administradora")],
)
def test_lo_que_se_hace_solo_es_de_quien_captura(client, elenco, avance, acto, quien, codigo):
    respuesta = entra(client, getattr(elenco, quien)).post(direccion(avance, acto), {"version": 1})

    assert respuesta.status_code == codigo


@pytest.mark.parametrize("acto", ACTOS)
def test_sin_sesion_lleva_a_entrar_y_no_escribe(client, avance, acto):
    respuesta = client.post(direccion(avance, acto), escrito(avance))

    assert respuesta.status_code == 302
    assert reverse("account_login") in respuesta["Location"]


# Así quedará -----------------------------------------------------------------------------------
def test_asi_quedara_mide_lo_escrito_y_no_escribe(client, elenco, avance):
    respuesta = entra(client, elenco.planificadora).post(
        direccion(avance, "asi_quedara"), escrito(avance, porcentaje="25")
    )

    pagina = respuesta.content.decode()
    avance.refresh_from_db()
    assert respuesta.status_code == 200
    assert "25.0\xa0%" in pagina
    assert "Falta para entregar" in pagina  # sube sin evidencia
    assert "Sube sin evidencia." in pagina
    assert (avance.version, avance.porcentaje, avance.logro) == (1, None, "")
    assert not Movimiento.objects.exists()


def test_asi_quedara_con_algo_ilegible_lo_dice_y_sigue(client, elenco, avance):
    respuesta = entra(client, elenco.planificadora).post(
        direccion(avance, "asi_quedara"), escrito(avance, porcentaje="cuarenta")
    )

    assert respuesta.status_code == 200
    assert "Corrija: Avance acumulado (%)." in respuesta.content.decode()


@pytest.mark.parametrize("modo", ["META", "HITOS", "PORCENTAJE", "COLECTIVO"])
def test_asi_quedara_contesta_en_cada_modo_con_el_formulario_vacio(client, elenco, modo):
    meta = 10 if modo == "META" else None
    actividad = ActividadFactory(responsable=elenco.responsable, modo=modo, meta=meta)
    avance = AvanceFactory(actividad=actividad)

    respuesta = entra(client, elenco.planificadora).post(direccion(avance, "asi_quedara"), {})

    assert respuesta.status_code == 200
    assert "Así" not in respuesta.content.decode()  # es un trozo, no la página


# La evidencia que sube sola --------------------------------------------------------------------
def test_subir_adjunta_sin_tocar_lo_escrito_y_contesta_la_lista(client, elenco, avance):
    Avance.objects.filter(pk=avance.pk).update(logro=LARGO)

    respuesta = entra(client, elenco.planificadora).post(
        direccion(avance, "subir"), {"evidencia-archivos": acta(), "evidencia-titulo": "Acta 7"}
    )

    una = avance.evidencias.get()
    avance.refresh_from_db()
    assert respuesta.status_code == 200
    assert f"SHA-256 {una.sha256}" in respuesta.content.decode()
    assert "Acta 7" in respuesta.content.decode()
    assert (avance.logro, avance.version) == (LARGO, 1)
    assert Asiento.objects.get(acto="adjuntar").clave == str(una.pk)


@pytest.mark.parametrize(
    ("motivo", "http"),
    [(errno.ENOSPC, 507), (errno.EDQUOT, 507), (errno.EIO, 503), (errno.EROFS, 503)],
    ids=errno.errorcode.get,
)
def test_si_el_disco_no_asegura_el_archivo_se_dice_y_no_queda_ni_la_fila(
    client, elenco, avance, monkeypatch, settings, motivo, http, cifra
):
    """G-28: un `fsync` que falla; el disco lleno de verdad, en tests/caos/test_disco."""
    entra(client, elenco.planificadora).raise_request_exception = False

    def falla(_descriptor):
        raise OSError(motivo, os.strerror(motivo))

    monkeypatch.setattr(os, "fsync", falla)
    respuesta = client.post(direccion(avance, "subir"), {"evidencia-archivos": acta()})

    quedan = [uno for uno in Path(settings.MEDIA_ROOT).rglob("*") if uno.is_file()]
    assert respuesta.status_code == http
    assert (Evidencia.objects.count(), quedan) == (0, [])
    assert not Asiento.objects.filter(acto="adjuntar").exists()
    cifra(f"G-28 fsync {errno.errorcode[motivo]}: {http} filas=0 archivos=0")


@pytest.mark.parametrize(
    ("archivo", "codigo", "http"),
    [(None, "requerido", 400), (("x.exe", b"MZ" * 200), "tipo_no_admitido", 400)],
)
def test_subir_lo_que_no_se_admite_dice_por_que(client, elenco, avance, archivo, codigo, http):
    datos = {"evidencia-archivos": acta(*archivo)} if archivo else {}

    respuesta = entra(client, elenco.planificadora).post(direccion(avance, "subir"), datos)

    assert (respuesta.status_code, respuesta.json()["codigo"]) == (http, codigo)
    assert respuesta.json()["mensaje"]
    assert not Evidencia.objects.exists()


@pytest.mark.parametrize("ruta", ["subir", "adjuntar"])
def test_de_varios_archivos_se_dice_cuales_no_y_no_queda_ninguno(
    client, elenco, avance, settings, ruta
):
    elegidos = [acta("bueno.pdf"), acta("uno.exe", b"MZ"), acta("dos.pdf", b"%")]
    elegidos.append(acta("dos.pdf", b"MZ"))  # otro, con el mismo nombre

    respuesta = entra(client, elenco.planificadora).post(
        direccion(avance, ruta), {**escrito(avance), "evidencia-archivos": elegidos}
    )

    cuerpo = respuesta.content.decode()
    dicho = json.loads(cuerpo)["mensaje"] if ruta == "subir" else unescape(cuerpo)
    assert respuesta.status_code == 400
    assert "«uno.exe»: Sólo se admiten" in dicho
    assert "«dos.pdf»: Lo que hay en el archivo no es lo que dice" in dicho
    assert dicho.count("«dos.pdf»: ") == 2 * dicho.count("«uno.exe»: ")
    assert "«bueno.pdf»" not in dicho
    assert not Evidencia.objects.exists()
    assert not [a for a in Path(settings.MEDIA_ROOT).rglob("*") if a.is_file()]


@pytest.mark.parametrize("estado", ["PENDIENTE", "EN_APROBACION", "OBSERVADO"])
def test_subir_a_lo_que_no_es_borrador_es_409(client, elenco, estado):
    avance = AvanceFactory(estado=estado, actividad__responsable=elenco.responsable)

    respuesta = entra(client, elenco.planificadora).post(
        direccion(avance, "subir"), {"evidencia-archivos": acta()}
    )

    assert (respuesta.status_code, respuesta.json()["codigo"]) == (409, "estado")


def pagina_de(client, persona, avance):
    return (
        entra(client, persona).get(reverse("matrices:capturar", args=[avance.pk])).content.decode()
    )


def test_el_archivo_reutilizado_se_senala(client, elenco, avance):
    otro = AvanceFactory(estado="BORRADOR", actividad__responsable=elenco.responsable)
    EvidenciaFactory(avance=avance, sha256="a" * 64)
    EvidenciaFactory(avance=otro, sha256="a" * 64)

    pagina = pagina_de(client, elenco.planificadora, avance)

    assert "Este mismo archivo ya respalda" in pagina
    assert str(otro.actividad) in pagina


def test_el_archivo_que_usa_quien_no_se_ve_no_se_senala(client, elenco, avance):
    ajeno = AvanceFactory(estado="BORRADOR", actividad__responsable=elenco.otra)
    EvidenciaFactory(avance=avance, sha256="a" * 64)
    EvidenciaFactory(avance=ajeno, sha256="a" * 64)

    assert "Este mismo archivo" not in pagina_de(client, elenco.planificadora, avance)


# La vista previa -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("nombre", "contenido", "tipo", "politica"),
    [
        ("acta.pdf", archivos.pdf, "application/pdf", "default-src 'none'"),
        ("foto.png", archivos.png, "image/png", "sandbox"),
    ],
)
def test_la_vista_previa_va_en_el_navegador_y_consta(
    client, elenco, avance, nombre, contenido, tipo, politica
):
    [recibido] = recibir([acta(nombre, contenido())])
    adjunto = Adjunto(recibido, "Respaldo")
    una = adjuntar(avance, adjunto, por=elenco.planificadora)

    respuesta = entra(client, elenco.planificadora).get(f"/evidencias/{una.pk}/ver/")

    assert (respuesta.status_code, respuesta["Content-Type"]) == (200, tipo)
    assert respuesta["Content-Disposition"].startswith("inline")
    assert politica in respuesta["Content-Security-Policy"]
    assert "script-src" not in respuesta["Content-Security-Policy"]
    assert respuesta["X-Content-Type-Options"] == "nosniff"
    assert respuesta["Cache-Control"] == "no-store"
    assert Asiento.objects.get(acto="descargar").persona == elenco.planificadora
    assert entra(client, elenco.ajena).get(f"/evidencias/{una.pk}/ver/").status_code == 404


def test_una_hoja_de_calculo_no_tiene_vista_previa(client, elenco, avance):
    una = EvidenciaFactory(avance=avance, tipo="XLSX", nombre="datos.xlsx")

    respuesta = entra(client, elenco.planificadora).get(f"/evidencias/{una.pk}/ver/")

    assert respuesta.status_code == 404
    assert f"/evidencias/{una.pk}/ver/" not in pagina_de(client, elenco.planificadora, avance)


# Siguiente y anterior --------------------------------------------------------------------------
@pytest.fixture
def tres(elenco):
    matriz = ActividadFactory(responsable=elenco.responsable, numero=1).matriz
    periodo = PeriodoFactory(plan=matriz.accion.objetivo.programa.plan)
    return [
        AvanceFactory(
            periodo=periodo,
            actividad=ActividadFactory(matriz=matriz, numero=n, responsable=elenco.responsable),
        )
        for n in (2, 3, 4)
    ]


def ir(client, avance, datos, hacia):
    return client.post(direccion(avance, "guardar_y_seguir"), {**datos, "hacia": hacia}).url


def test_siguiente_y_anterior_guardan_lo_escrito(client, elenco, tres):
    uno, dos, otra = tres
    entra(client, elenco.planificadora)

    adelante = ir(client, dos, escrito(dos), "siguiente")
    atras = ir(client, dos, escrito(dos, logro=LARGO + " Y más."), "anterior")

    dos.refresh_from_db()
    assert adelante == reverse("matrices:capturar", args=[otra.pk])
    assert atras == reverse("matrices:capturar", args=[uno.pk])
    assert (dos.estado, dos.logro) == ("BORRADOR", LARGO + " Y más.")
    assert Movimiento.objects.filter(avance=dos).count() == 2


def test_pasar_de_largo_no_es_guardar(client, elenco, tres):
    uno, dos, _ = tres
    vacio = {"version": 1, "visibilidad": "PUBLICA", "clasificacion": "PUBLICA"}

    destino = ir(entra(client, elenco.planificadora), uno, vacio, "siguiente")

    uno.refresh_from_db()
    assert destino == reverse("matrices:capturar", args=[dos.pk])
    assert (uno.estado, uno.version) == ("PENDIENTE", 1)
    assert not Movimiento.objects.exists()


def test_lo_autoguardado_consta_al_pasar_a_la_siguiente(client, elenco, tres):
    uno = tres[0]
    entra(client, elenco.planificadora)
    client.post(direccion(uno), escrito(uno))
    client.post(direccion(uno), escrito(uno, logro=LARGO + " Y más."))
    assert Movimiento.objects.filter(avance=uno).count() == 1

    ir(client, uno, escrito(uno, logro=LARGO + " Y más."), "siguiente")
    ir(client, uno, escrito(uno, logro=LARGO + " Y más."), "siguiente")

    assert Movimiento.objects.filter(avance=uno).count() == 2
    assert "Y más." in Movimiento.objects.filter(avance=uno).last().contenido


# El conflicto, campo por campo -----------------------------------------------------------------
def test_el_conflicto_deja_elegir_campo_por_campo(client, elenco, avance):
    entra(client, elenco.planificadora)
    captura = reverse("matrices:capturar", args=[avance.pk])
    mio = escrito(avance, logro="Lo mío: " + LARGO, porcentaje="35", territorio=["01"])
    client.post(captura, escrito(avance, logro="Lo otro: " + LARGO, territorio=["05", "06"]))

    choque = client.post(captura, mio)

    pagina = choque.content.decode()
    assert choque.status_code == 409
    for campo in ("logro", "porcentaje", "territorio"):
        assert pagina.count(f'name="elige_{campo}"') == 2
    assert 'name="elige_situacion_reportada"' not in pagina
    elegido = {**mio, "version": 2, "elige_logro": "guardado", "elige_territorio": "guardado"}
    assert client.post(captura, {**elegido, "elige_porcentaje": "suyo"}).status_code == 302
    avance.refresh_from_db()
    assert avance.logro == "Lo otro: " + LARGO
    assert avance.territorio == ["05", "06"]
    assert avance.porcentaje == Decimal(35)


def test_elegir_lo_guardado_no_borra_el_campo_que_se_llama_parecido(client, elenco, avance):
    entra(client, elenco.planificadora)
    captura = reverse("matrices:capturar", args=[avance.pk])
    client.post(captura, escrito(avance, limitante="Lo guardado."))
    datos = escrito(avance, limitante="Lo mío.", limitante_tipo="LEGAL")

    client.post(captura, {**datos, "elige_limitante": "guardado"})

    avance.refresh_from_db()
    assert (avance.limitante, avance.limitante_tipo) == ("Lo guardado.", "LEGAL")


def test_elegir_hitos_guardados_los_conserva(client, elenco):
    hito = HitoFactory(actividad__responsable=elenco.responsable)
    avance = AvanceFactory(estado="BORRADOR", actividad=hito.actividad)
    avance.hitos_cumplidos.create(hito=hito, fecha=date(2021, 3, 31))
    captura = reverse("matrices:capturar", args=[avance.pk])
    datos = {"version": 1, "visibilidad": "PUBLICA", "clasificacion": "PUBLICA"}

    entra(client, elenco.planificadora).post(
        captura, {**datos, "elige_hitos_cumplidos": "guardado"}
    )

    assert avance.hitos_cumplidos.get().fecha == date(2021, 3, 31)


def test_la_respuesta_a_una_observacion_tambien_se_compara(client, elenco, avance):
    una = ObservacionFactory(avance=avance, respuesta="La de la otra persona.")
    datos = escrito(avance, **{f"respuesta_{una.pk}": "La mía."})
    Avance.objects.filter(pk=avance.pk).update(version=9)

    pagina = (
        entra(client, elenco.planificadora)
        .post(reverse("matrices:capturar", args=[avance.pk]), datos)
        .content.decode()
    )

    assert pagina.count(f'name="elige_respuesta_{una.pk}"') == 2
    assert "La de la otra persona." in pagina


# «Sin cambios» en lote -------------------------------------------------------------------------
def con_historia(elenco, periodo=None, **anterior):
    """Pendiente, con 2020-S2 consolidado; en verde si el anterior iba adelantado."""
    plan = periodo.plan if periodo else None
    matriz = {"matriz__accion__objetivo__programa__plan": plan} if plan else {}
    actividad = ActividadFactory(responsable=elenco.responsable, **matriz)
    plan = actividad.matriz.accion.objetivo.programa.plan
    AvanceFactory(
        actividad=actividad,
        periodo=PeriodoFactory(plan=plan, anio=2020, semestre=2, estado="CORTADO"),
        estado="CONSOLIDADO",
        **{"porcentaje": 60, "situacion_reportada": "EN_EJECUCION", **anterior},
    )
    return AvanceFactory(actividad=actividad, periodo=PeriodoFactory(plan=plan))


FRENO = {
    "porcentaje": 10,
    "limitante_tipo": "PRESUPUESTO",
    "limitante": LARGO,
    "medida_correctiva": LARGO,
    "responsable_medida": "Dirección de Planificación",
    "fecha_medida": date(2021, 3, 31),
}


def declarar(client, *avances, **datos):
    marcas = [f"{uno.pk}:{uno.version}" for uno in avances]
    return client.post(
        "/semestre/sin-cambios/", {"avance": marcas, "motivo_sin_cambios": MOTIVO, **datos}
    )


def test_sin_cambios_en_lote_dice_que_paso_con_cada_una(client, elenco):
    verde = con_historia(elenco)
    escrita = con_historia(elenco, verde.periodo)
    Avance.objects.filter(pk=escrita.pk).update(estado="BORRADOR", logro=LARGO)
    frenada = con_historia(elenco, verde.periodo, **FRENO)

    respuesta = declarar(entra(client, elenco.planificadora), verde, escrita, frenada)

    pagina = respuesta.content.decode()
    for uno in (verde, escrita, frenada):
        uno.refresh_from_db()
    assert respuesta.status_code == 422
    assert "«Sin cambios» en 1 de 3" in pagina
    assert "Ya tiene su avance escrito" in pagina
    assert "su medida pide fecha nueva" in pagina
    assert (verde.estado, verde.sin_cambios, verde.porcentaje) == ("BORRADOR", True, Decimal(60))
    assert verde.motivo_sin_cambios == MOTIVO
    assert (escrita.sin_cambios, frenada.estado) == (False, "PENDIENTE")
    assert Movimiento.objects.get(paso="guardar").avance == verde


@pytest.mark.parametrize(
    ("fecha", "guarda"),
    [("2021-09-30", True), ("", False), ("2021-03-31", False), ("2021-06-30", False)],
)
def test_en_amarillo_o_peor_sin_cambios_pide_fecha_nueva(client, elenco, fecha, guarda):
    frenada = con_historia(elenco, **FRENO)

    respuesta = declarar(entra(client, elenco.planificadora), frenada, fecha_medida=fecha)

    frenada.refresh_from_db()
    assert respuesta.status_code == (200 if guarda else 422)
    assert frenada.sin_cambios is guarda
    assert frenada.limitante == (LARGO if guarda else "")


@pytest.mark.parametrize("motivo", ["", "Corto."])
def test_sin_cambios_sin_motivo_es_422_y_conserva_lo_marcado(client, elenco, motivo):
    avance = con_historia(elenco)

    respuesta = declarar(entra(client, elenco.planificadora), avance, motivo_sin_cambios=motivo)

    pagina = respuesta.content.decode()
    assert respuesta.status_code == 422
    assert f'value="{avance.pk}:1"' in pagina
    assert pagina.split(f'value="{avance.pk}:1"')[1].split(">")[0].endswith("checked")
    assert not Movimiento.objects.exists()


def test_sin_cambios_con_version_vieja_dice_que_otra_persona_guardo(client, elenco):
    avance = con_historia(elenco)
    Avance.objects.filter(pk=avance.pk).update(version=3)

    respuesta = declarar(entra(client, elenco.planificadora), avance)

    assert respuesta.status_code == 422
    assert "No se guardó." in respuesta.content.decode()


def test_sin_cambios_en_lo_exento_o_lo_enviado_no_lo_mueve(client, elenco):
    exento = AvanceFactory(estado="EXENTO", actividad__responsable=elenco.responsable)
    enviado = AvanceFactory(
        estado="REMITIDO", periodo=exento.periodo, actividad__responsable=elenco.responsable
    )

    respuesta = declarar(entra(client, elenco.planificadora), exento, enviado)

    assert respuesta.status_code == 422
    assert not Movimiento.objects.exists()


def test_sin_cambios_en_lo_ajeno_es_como_inexistente(client, elenco):
    avance = con_historia(elenco)
    entra(client, elenco.ajena)

    assert declarar(client, avance).status_code == 404
    avance.pk = 999_999
    assert declarar(client, avance).status_code == 404
    assert declarar(entra(client, elenco.aprobador), con_historia(elenco)).status_code == 403
