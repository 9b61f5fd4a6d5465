"""Las páginas de quien planifica: el semestre, la captura, la evidencia y el aporte."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from instituciones.models import Asiento
from matrices import flujo
from matrices.evidencias import Adjunto, adjuntar, recibir
from matrices.models import Aporte, Avance, Evidencia, Movimiento
from tests import archivos
from tests.fabricas import (
    ActividadFactory,
    AvanceFactory,
    CooperacionFactory,
    HitoFactory,
    ObservacionFactory,
    PeriodoFactory,
    PlanFactory,
    UsuarioFactory,
)

pytestmark = pytest.mark.django_db
LARGO = "Se aprobó la norma y se capacitó a quienes la aplican en todo el país."
DENTRO = ["planificadora", "aprobador", "analista", "coordinadora", "inspector", "auditor"]
FUERA = ["ajena", "consejera", "comisionada", "administradora"]


@pytest.fixture(autouse=True)
def _archivos_aparte(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def avance(elenco):
    """Un borrador pendiente de la responsable del elenco, en un semestre abierto."""
    return AvanceFactory(actividad__responsable=elenco.responsable)


def direccion(avance, acto="capturar", *mas):
    return reverse(f"matrices:{acto}", args=[avance.pk, *mas])


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


def acta(nombre="acta.pdf", contenido=None):
    return SimpleUploadedFile(nombre, contenido or archivos.pdf())


def entra(client, persona):
    client.force_login(persona)
    return client


def con_acta(avance, por, hito=None, contenido=None):
    """Con el borrador guardado y una evidencia."""
    if avance.estado != "BORRADOR":
        avance = flujo.mover(avance, "guardar", version=avance.version, por=por)
    [recibido] = recibir([acta(contenido=contenido)])
    return adjuntar(avance, Adjunto(recibido, "Acta", hito), por=por)


# El semestre -----------------------------------------------------------------------------------


@pytest.mark.parametrize("cuantas", [1, 3])
def test_semestre_no_crece_en_consultas(client, elenco, cuantas, django_assert_num_queries):
    plan = PeriodoFactory().plan
    for _ in range(cuantas):
        propio = AvanceFactory(
            periodo=PeriodoFactory(plan=plan),
            estado="BORRADOR",
            actividad__responsable=elenco.responsable,
        )
        ObservacionFactory(avance=propio, respuesta="Listo")
        ajeno = AvanceFactory(periodo=PeriodoFactory(plan=plan), actividad__responsable=elenco.otra)
        CooperacionFactory(actividad=ajeno.actividad, institucion=elenco.responsable)
    entra(client, elenco.planificadora).get("/semestre/")

    # sesión, persona, plan, periodos, avances, hitos, institución, cooperaciones, aportes, reloj…
    with django_assert_num_queries(8):
        pagina = client.get("/semestre/").content.decode()

    assert pagina.count("Entregar las marcadas") == 1
    assert pagina.count('form="marcadas"') == cuantas


@pytest.mark.parametrize(
    ("quien", "codigo"),
    [("planificadora", 200), ("aprobador", 200), ("ajena", 200)]
    + [(quien, 403) for quien in ("analista", "coordinadora", "consejera", "auditor")],
)
def test_semestre_es_de_quien_planifica_o_aprueba(client, elenco, avance, quien, codigo):
    respuesta = entra(client, getattr(elenco, quien)).get("/semestre/")

    assert respuesta.status_code == codigo
    propia = quien in {"planificadora", "aprobador"}
    assert (avance.actividad.descripcion in respuesta.content.decode()) is propia


def test_semestre_cuenta_lo_entregado_de_lo_que_se_debe(client, elenco):
    plan = PeriodoFactory().plan
    for estado in ["PENDIENTE", "EN_APROBACION", "REMITIDO", "OBSERVADO", "EXENTO"]:
        AvanceFactory(
            periodo=PeriodoFactory(plan=plan),
            estado=estado,
            actividad__responsable=elenco.responsable,
        )

    pagina = entra(client, elenco.planificadora).get("/semestre/").content.decode()

    assert "2 de 4 listas" in pagina


def test_semestre_pone_primero_lo_observado_con_su_fecha(client, elenco):
    observado = AvanceFactory(
        estado="OBSERVADO", ronda=1, actividad__responsable=elenco.responsable
    )
    ObservacionFactory(avance=observado, responder_hasta=date(2021, 7, 22))

    pagina = entra(client, elenco.planificadora).get("/semestre/").content.decode()

    assert "Responder 1 observación antes del 22/07/2021" in pagina
    assert pagina.index("Observadas: primero éstas") < pagina.index('id="lista"')


def test_semestre_sin_periodo_dice_que_hacer(client, elenco):
    assert "No hay un semestre en curso" in (
        entra(client, elenco.planificadora).get("/semestre/").content.decode()
    )


def test_lo_exento_por_no_iniciar_se_puede_reportar_antes(client, elenco):
    avance = AvanceFactory(estado="EXENTO", actividad__responsable=elenco.responsable)

    assert "Reportar antes" in (
        entra(client, elenco.planificadora).get("/semestre/").content.decode()
    )
    client.post(direccion(avance), escrito(avance))
    avance.refresh_from_db()
    assert (avance.estado, avance.exigible) == ("BORRADOR", False)


def test_entregar_las_marcadas_es_todas_o_ninguna(client, elenco):
    plan = PeriodoFactory().plan
    listo, corto = (
        AvanceFactory(
            periodo=PeriodoFactory(plan=plan),
            estado="BORRADOR",
            actividad__responsable=elenco.responsable,
            porcentaje=0,
            situacion_reportada="EN_EJECUCION",
            logro=logro,
            actividad__inicio=date(2021, 6, 30),
        )
        for logro in (LARGO, "Corto.")
    )
    datos = {"avance": [f"{uno.pk}:1" for uno in (listo, corto)], "declaracion": "on"}
    entra(client, elenco.planificadora)

    respuesta = client.post("/semestre/entregar/", datos)

    assert respuesta.status_code == 422
    assert direccion(corto) in respuesta.content.decode()
    assert not Movimiento.objects.filter(paso="entregar").exists()
    Avance.objects.filter(pk=corto.pk).update(logro=LARGO)
    assert client.post("/semestre/entregar/", datos).status_code == 302
    assert set(Avance.objects.values_list("estado", flat=True)) == {"EN_APROBACION"}


@pytest.mark.parametrize(
    ("datos", "codigo"),
    [({}, 422), ({"avance": "x:1", "declaracion": "on"}, 422), ({"avance": "{pk}:1"}, 422)],
)
def test_entregar_marcadas_sin_lo_debido_es_422(client, elenco, avance, datos, codigo):
    datos = {clave: dado.replace("{pk}", str(avance.pk)) for clave, dado in datos.items()}

    assert (
        entra(client, elenco.planificadora).post("/semestre/entregar/", datos).status_code == codigo
    )


def test_entregar_marcada_ajena_es_como_inexistente(client, elenco, avance):
    datos = {"avance": f"{avance.pk}:1", "declaracion": "on"}
    nada = {"avance": "999999:1", "declaracion": "on"}
    entra(client, elenco.ajena)

    assert client.post("/semestre/entregar/", datos).status_code == 404
    assert client.post("/semestre/entregar/", nada).status_code == 404


# La captura ------------------------------------------------------------------------------------


def test_captura_muestra_lo_que_se_necesita_a_la_vista(client, elenco):
    fila = ActividadFactory(
        responsable=elenco.responsable, fin_vigente=date(2023, 6, 30), peso=Decimal("12.50")
    )
    plan = fila.matriz.accion.objetivo.programa.plan
    antes = PeriodoFactory(plan=plan, anio=2020, semestre=2, estado="CORTADO")
    AvanceFactory(
        actividad=fila, periodo=antes, estado="CONSOLIDADO", porcentaje=15, logro="Lo de antes."
    )
    avance = AvanceFactory(actividad=fila, periodo=PeriodoFactory(plan=plan))
    ObservacionFactory(avance=avance, campo="logro", texto="Diga el lugar.")
    ObservacionFactory(avance=avance, campo="evidencias", texto="Falta el acta.")

    pagina = entra(client, elenco.planificadora).get(direccion(avance)).content.decode()

    for dicho in [
        fila.matriz.accion.enunciado, fila.matriz.impacto, "30/06/2023", "31/12/2022", "12.50",
        "Lo de antes.", "En 2020-S2 se contestó", "Diga el lugar.", "Falta el acta.",
        "Así quedará", "Guardar y siguiente", "Historia",
    ]:  # fmt: skip
        assert dicho in pagina, dicho


@pytest.mark.parametrize("cuantas", [1, 3])
def test_captura_no_crece_en_consultas(client, elenco, cuantas, django_assert_num_queries):
    avance = AvanceFactory(estado="BORRADOR", actividad__responsable=elenco.responsable)
    for _ in range(cuantas):
        ObservacionFactory(avance=avance)
        AvanceFactory(
            periodo=avance.periodo, estado="BORRADOR", actividad__responsable=elenco.responsable
        )
    entra(client, elenco.planificadora).get(direccion(avance))

    with django_assert_num_queries(14):
        pagina = client.get(direccion(avance)).content.decode()

    assert pagina.count("Su respuesta") == cuantas


def test_guardar_escribe_el_borrador_y_deja_movimiento_y_asiento(client, elenco, avance):
    respuesta = entra(client, elenco.planificadora).post(direccion(avance), escrito(avance))

    avance.refresh_from_db()
    assert respuesta.status_code == 302
    assert (avance.estado, avance.version, avance.logro) == ("BORRADOR", 2, LARGO)
    assert avance.ejecutado == Decimal(30)
    assert avance.capturado_por == elenco.planificadora
    assert avance.movimientos.get().paso == "guardar"
    assert Asiento.objects.get(tipo="avance", clave=str(avance.pk)).persona == elenco.planificadora


def test_la_declaracion_no_viene_marcada(client, elenco):
    avance = AvanceFactory(
        estado="OBSERVADO", ronda=1, declaracion=True, actividad__responsable=elenco.responsable
    )

    pagina = entra(client, elenco.planificadora).get(direccion(avance)).content.decode()

    assert not re.search(r'<input[^>]*name="declaracion"[^>]*checked', pagina)


def test_guardar_y_seguir_abre_la_siguiente_que_falta(client, elenco):
    matriz = ActividadFactory(responsable=elenco.responsable, numero=1).matriz
    periodo = PeriodoFactory(plan=matriz.accion.objetivo.programa.plan)
    uno, _, tres = (
        AvanceFactory(
            periodo=periodo,
            estado=estado,
            actividad=ActividadFactory(matriz=matriz, numero=n, responsable=elenco.responsable),
        )
        for n, estado in [(2, "PENDIENTE"), (3, "REMITIDO"), (4, "PENDIENTE")]
    )
    entra(client, elenco.planificadora)

    assert client.post(direccion(uno, "guardar_y_seguir"), escrito(uno)).url == direccion(tres)
    ultima = client.post(direccion(tres, "guardar_y_seguir"), escrito(tres))
    assert ultima.url == f"/semestre/?plan={periodo.plan.codigo}"


def test_con_dos_planes_abiertos_cada_acto_vuelve_al_semestre_de_su_plan(
    client, elenco, en_cooperacion
):
    marcada, entregada = (
        AvanceFactory(
            periodo=en_cooperacion.periodo,
            estado="BORRADOR",
            actividad__responsable=elenco.responsable,
            porcentaje=0,
            situacion_reportada="EN_EJECUCION",
            logro=LARGO,
            actividad__inicio=date(2021, 6, 30),
        )
        for _una in range(2)
    )
    plan = en_cooperacion.periodo.plan
    otro = PeriodoFactory(plan__inicio=date(2030, 1, 1), plan__fin=date(2033, 12, 31)).plan
    suyo = f"/semestre/?plan={plan.codigo}"
    entra(client, elenco.planificadora)

    assert client.get("/semestre/").context["periodo"].plan == otro
    pagina = client.get(direccion(entregada))
    assert pagina.context["migas"][0] == ("Semestre", suyo)
    marcadas = {"avance": f"{marcada.pk}:1", "declaracion": "on"}
    assert client.post(f"/semestre/entregar/?plan={plan.codigo}", marcadas).url == suyo
    dado = client.post(direccion(entregada, "dar_paso"), {"paso": "entregar", "version": 1})
    assert dado.url == suyo
    entra(client, elenco.ajena)
    aporte = {"version": 1, "conforme": "OBSERVA", "texto": "Es otro mes."}
    assert client.post(direccion(en_cooperacion, "aportar"), aporte).url == suyo


def test_el_semestre_de_un_plan_sin_ninguno_abierto_no_es_el_de_otro(client, elenco, avance):
    cerrado = PlanFactory()

    pagina = entra(client, elenco.planificadora).get("/semestre/", {"plan": cerrado.codigo})

    assert "No hay un semestre en curso" in pagina.content.decode()
    assert f'href="?plan={avance.periodo.plan.codigo}"' in pagina.content.decode()


@pytest.mark.parametrize("campo", ["porcentaje", "beneficiarios_total"])
def test_un_numero_en_otras_cifras_no_es_ese_numero(client, elenco, avance, campo):
    datos = escrito(avance, **{campo: "١"})

    respuesta = entra(client, elenco.planificadora).post(direccion(avance), datos)

    assert respuesta.status_code == 422
    assert "con cifras del 0 al 9" in respuesta.content.decode()


def test_lo_que_no_es_de_su_tipo_vuelve_a_la_pagina_con_422(client, elenco, avance):
    datos = escrito(avance, porcentaje="101", logro="Esto que escribí no se pierde.")

    respuesta = entra(client, elenco.planificadora).post(direccion(avance), datos)

    assert respuesta.status_code == 422
    pagina = respuesta.content.decode()
    assert "Esto que escribí no se pierde." in pagina
    assert 'href="#id_porcentaje"' in pagina
    assert not Movimiento.objects.filter(avance=avance).exists()


def test_entregar_incompleto_guarda_el_borrador_y_dice_que_falta(client, elenco, avance):
    respuesta = entra(client, elenco.planificadora).post(
        direccion(avance, "entregar"), escrito(avance, logro="Corto.")
    )

    avance.refresh_from_db()
    pagina = respuesta.content.decode()
    assert respuesta.status_code == 422
    assert (avance.estado, avance.logro) == ("BORRADOR", "Corto.")
    assert "Su borrador quedó guardado" in pagina
    assert 'name="version" value="2"' in pagina
    for falta in ["Escriba al menos 30", "adjunte al menos una evidencia", "Marque la declaración"]:
        assert falta in pagina


def test_entregar_completo_va_a_aprobacion(client, elenco, avance):
    con_acta(avance, elenco.planificadora)

    respuesta = entra(client, elenco.planificadora).post(
        direccion(avance, "entregar"), escrito(avance, declaracion="on")
    )

    avance.refresh_from_db()
    assert respuesta.status_code == 302
    assert (avance.estado, avance.declaracion) == ("EN_APROBACION", True)
    assert avance.entregado_por == elenco.planificadora


@pytest.mark.parametrize(
    ("situacion", "tipo"),
    [
        ("PIDE_REPROGRAMAR", "REPROGRAMACION"),
        ("PIDE_SUSPENDER", "SUSPENSION"),
        ("PIDE_CANCELAR", "CANCELACION"),
    ],
)
def test_entregar_pidiendo_un_cambio_abre_su_solicitud(client, elenco, avance, situacion, tipo):
    con_acta(avance, elenco.planificadora)

    respuesta = entra(client, elenco.planificadora).post(
        direccion(avance, "entregar"),
        escrito(avance, declaracion="on", situacion_reportada=situacion),
    )

    solicitud = reverse("matrices:solicitar", args=[avance.actividad_id])
    assert respuesta["Location"] == f"{solicitud}?tipo={tipo}"


def test_la_evidencia_sin_clasificar_toma_la_clase_con_que_se_entrega(client, elenco, avance):
    evidencia = con_acta(avance, elenco.planificadora)
    Evidencia.objects.filter(pk=evidencia.pk).update(clasificacion="SIN_CLASIFICAR")

    entra(client, elenco.planificadora).post(
        direccion(avance, "entregar"), escrito(avance, declaracion="on")
    )

    evidencia.refresh_from_db()
    assert evidencia.clasificacion == "PUBLICA"


def test_entregar_dos_veces_es_un_paso_y_un_409(client, elenco, avance):
    con_acta(avance, elenco.planificadora)
    datos = escrito(avance, declaracion="on")
    entra(client, elenco.planificadora)
    client.post(direccion(avance, "entregar"), datos)

    segunda = client.post(direccion(avance, "entregar"), datos)

    assert segunda.status_code == 409
    assert 'data-codigo="estado"' in segunda.content.decode()
    assert Movimiento.objects.filter(avance=avance, paso="entregar").count() == 1


def test_sin_clasificar_no_se_entrega(client, elenco, avance):
    con_acta(avance, elenco.planificadora)

    respuesta = entra(client, elenco.planificadora).post(
        direccion(avance, "entregar"),
        escrito(avance, declaracion="on", clasificacion="SIN_CLASIFICAR"),
    )

    assert respuesta.status_code == 422
    assert "Proponga una clasificación" in respuesta.content.decode()


def test_responder_la_observacion_la_deja_atendida(client, elenco):
    avance = AvanceFactory(estado="OBSERVADO", ronda=1, actividad__responsable=elenco.responsable)
    una = ObservacionFactory(avance=avance)
    entra(client, elenco.planificadora)
    client.post(direccion(avance), escrito(avance))
    con_acta(Avance.objects.get(pk=avance.pk), elenco.planificadora)
    datos = escrito(avance, declaracion="on", **{f"respuesta_{una.pk}": "Ya se precisó."})

    client.post(direccion(avance, "entregar"), datos)

    una.refresh_from_db()
    assert (una.estado, una.respuesta) == ("ATENDIDA", "Ya se precisó.")


def test_version_ajena_muestra_los_dos_textos_y_deja_guardar_encima(client, elenco, avance):
    entra(client, elenco.planificadora)
    viejo = escrito(avance, logro="Lo que escribí yo, con calma.")
    client.post(direccion(avance), escrito(avance, logro="Lo que guardó la otra persona."))

    choque = client.post(direccion(avance), viejo)

    pagina = choque.content.decode()
    assert choque.status_code == 409
    assert pagina.count("Lo que escribí yo, con calma.") == 2  # en la comparación y en su casilla
    assert "Lo que guardó la otra persona." in pagina
    assert 'data-codigo="version_ajena"' in pagina
    assert 'name="version" value="2"' in pagina
    avance.refresh_from_db()
    assert avance.logro == "Lo que guardó la otra persona."
    encima = client.post(direccion(avance), {**viejo, "version": 2})
    avance.refresh_from_db()
    assert (encima.status_code, avance.logro) == (302, "Lo que escribí yo, con calma.")


@pytest.mark.parametrize("estado", ["EN_APROBACION", "REMITIDO", "VALIDADO", "CONSOLIDADO"])
def test_guardar_lo_ya_enviado_es_409_y_no_pierde_lo_escrito(client, elenco, estado):
    avance = AvanceFactory(estado=estado, actividad__responsable=elenco.responsable)

    respuesta = entra(client, elenco.planificadora).post(
        direccion(avance), escrito(avance, logro="Esto llegó tarde.")
    )

    pagina = respuesta.content.decode()
    assert respuesta.status_code == 409
    assert "Esto llegó tarde." in pagina
    assert 'data-codigo="estado"' in pagina


@pytest.mark.parametrize("acto", ["capturar", "guardar_y_seguir", "entregar", "adjuntar"])
@pytest.mark.parametrize("quien", DENTRO[1:])
def test_quien_ve_y_no_captura_recibe_403(client, elenco, avance, acto, quien):
    respuesta = entra(client, getattr(elenco, quien)).post(direccion(avance, acto), {"version": 1})

    assert respuesta.status_code == 403
    assert not Movimiento.objects.exists()


@pytest.mark.parametrize("acto", ["capturar", "guardar_y_seguir", "entregar", "adjuntar"])
@pytest.mark.parametrize("quien", FUERA)
def test_avance_ajeno_es_como_inexistente(client, elenco, avance, acto, quien):
    entra(client, getattr(elenco, quien))

    assert client.post(direccion(avance, acto), {"version": 1}).status_code == 404
    assert client.get(direccion(avance)).status_code == 404


# Leer sin escribir -----------------------------------------------------------------------------


@pytest.mark.parametrize("quien", DENTRO)
def test_texto_del_borrador_es_de_su_institucion(client, elenco, quien):
    avance = AvanceFactory(
        estado="BORRADOR", logro="CANARIO-BORRADOR", actividad__responsable=elenco.responsable
    )

    pagina = entra(client, getattr(elenco, quien)).get(direccion(avance))

    assert pagina.status_code == 200
    propia = quien in {"planificadora", "aprobador"}
    assert ("CANARIO-BORRADOR" in pagina.content.decode()) is propia


def test_mientras_se_corrige_la_analista_lee_lo_ultimo_que_se_remitio(client, elenco):
    avance = AvanceFactory(
        estado="EN_APROBACION",
        logro="CANARIO-REMITIDO",
        capturado_por=elenco.planificadora,
        actividad__responsable=elenco.responsable,
    )
    avance = flujo.mover(avance, "remitir", version=1, por=elenco.aprobador)
    avance = flujo.observar(avance, [("logro", "Precise.")], version=2, por=elenco.analista)
    entra(client, elenco.planificadora).post(
        direccion(avance), escrito(avance, logro="CANARIO-CORREGIDO")
    )

    pagina = entra(client, elenco.analista).get(direccion(avance)).content.decode()

    assert "lo último que remitió" in pagina
    assert "CANARIO-REMITIDO" in pagina
    assert "CANARIO-CORREGIDO" not in pagina


def test_quien_coopera_ve_cifras_y_no_texto(client, elenco):
    avance = AvanceFactory(
        estado="REMITIDO", logro="CANARIO-AJENO", actividad__responsable=elenco.responsable
    )
    CooperacionFactory(actividad=avance.actividad, institucion=elenco.otra)
    Movimiento.objects.create(
        avance=avance,
        paso="devolver",
        a="BORRADOR",
        momento="2021-07-01T00:00Z",
        nota="CANARIO-NOTA",
    )

    pagina = entra(client, elenco.ajena).get(direccion(avance)).content.decode()

    assert "Remitido" in pagina
    assert "CANARIO" not in pagina


# La evidencia ----------------------------------------------------------------------------------


def test_adjuntar_guarda_lo_escrito_con_su_archivo(client, elenco, avance, settings):
    respuesta = entra(client, elenco.planificadora).post(
        direccion(avance, "adjuntar"),
        escrito(avance, **{"evidencia-archivos": acta(), "evidencia-titulo": "Acta de entrega"}),
    )

    avance.refresh_from_db()
    una = avance.evidencias.get()
    assert respuesta.status_code == 302
    assert (avance.estado, avance.logro) == ("BORRADOR", LARGO)
    assert (una.titulo, una.nombre, una.tipo) == ("Acta de entrega", "acta.pdf", "PDF")
    assert (una.analisis, una.clasificacion) == ("SIN_ANALIZAR", "PUBLICA")
    assert (Path(settings.MEDIA_ROOT) / una.archivo.name).read_bytes() == archivos.pdf()
    assert Asiento.objects.get(acto="adjuntar").clave == str(una.pk)


def test_guardar_tambien_sube_los_archivos_elegidos_y_el_hito(client, elenco):
    hito = HitoFactory(actividad__responsable=elenco.responsable)
    avance = AvanceFactory(actividad=hito.actividad)
    dos = [acta(), acta("foto.png", archivos.png())]

    entra(client, elenco.planificadora).post(
        direccion(avance), escrito(avance, **{"evidencia-archivos": dos, "evidencia-hito": hito.pk})
    )

    assert [(una.nombre, una.hito) for una in avance.evidencias.all()] == [
        ("acta.pdf", hito),
        ("foto.png", hito),
    ]


def test_hito_de_otra_actividad_es_como_inexistente(client, elenco):
    avance = AvanceFactory(
        actividad=HitoFactory(actividad__responsable=elenco.responsable).actividad
    )
    ajeno = HitoFactory()

    respuesta = entra(client, elenco.planificadora).post(
        direccion(avance),
        escrito(avance, **{"evidencia-archivos": acta(), "evidencia-hito": ajeno.pk}),
    )

    assert respuesta.status_code in {400, 422}
    assert not Evidencia.objects.exists()


RECHAZOS = [caso for caso in archivos.EVIDENCIAS if caso[0] in {"E-01", "E-02", "E-05", "E-10"}]


@pytest.mark.parametrize(("clave", "nombre", "contenido"), RECHAZOS, ids=[c[1] for c in RECHAZOS])
def test_evidencia_rechazada_no_deja_filas_ni_archivos(
    client, elenco, avance, settings, clave, nombre, contenido
):
    respuesta = entra(client, elenco.planificadora).post(
        direccion(avance, "adjuntar"),
        escrito(avance, logro="No se pierde.", **{"evidencia-archivos": acta(nombre, contenido())}),
    )

    http, codigos = archivos.esperados()[clave]
    pagina = respuesta.content.decode()
    assert str(respuesta.status_code) in http
    assert any(f'data-codigo="{codigo}"' in pagina for codigo in codigos)
    assert "No se pierde." in pagina
    assert not Evidencia.objects.exists()
    assert not Movimiento.objects.exists()
    assert not [a for a in Path(settings.MEDIA_ROOT).rglob("*") if a.is_file()]


def test_adjuntar_sin_archivo_es_400_en_su_campo_e21(client, elenco, avance):
    respuesta = entra(client, elenco.planificadora).post(
        direccion(avance, "adjuntar"), escrito(avance)
    )

    assert respuesta.status_code == 400
    assert 'data-codigo="requerido"' in respuesta.content.decode()


def test_archivo_enorme_es_413_y_lo_escrito_queda_e24(client, elenco, avance, settings, tmp_path):
    settings.EVIDENCIA_MAXIMA = 3_000_000
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    grande = acta(contenido=archivos.pdf() + b"\0" * 3_000_000)

    respuesta = entra(client, elenco.planificadora).post(
        direccion(avance, "adjuntar"),
        escrito(avance, logro="No se pierde.", **{"evidencia-archivos": grande}),
    )

    pagina = respuesta.content.decode()
    assert respuesta.status_code == 413
    assert 'data-codigo="demasiado_grande"' in pagina
    assert "No se pierde." in pagina
    assert not [a for a in tmp_path.rglob("*") if a.is_file()]


def test_envio_desmedido_es_413_antes_de_leerlo(client, elenco, avance, settings):
    settings.EVIDENCIA_MAXIMA = 1000

    respuesta = entra(client, elenco.planificadora).post(
        direccion(avance, "adjuntar"),
        escrito(avance, **{"evidencia-archivos": acta(contenido=b"0" * 9999)}),
    )

    assert respuesta.status_code == 413


def test_mil_archivos_en_un_envio_es_400_e23(client, elenco, avance):
    muchos = [acta(f"{n}.pdf") for n in range(1000)]

    respuesta = entra(client, elenco.planificadora).post(
        direccion(avance, "adjuntar"), escrito(avance, **{"evidencia-archivos": muchos})
    )

    assert respuesta.status_code == 400
    assert not Evidencia.objects.exists()


def test_pasarse_de_la_cuota_es_409_e26(client, elenco, avance, settings):
    con_acta(avance, elenco.planificadora)
    settings.EVIDENCIA_CUOTA_SEMESTRE = len(archivos.pdf()) + 10

    respuesta = entra(client, elenco.planificadora).post(
        direccion(avance, "adjuntar"),
        escrito(avance, **{"evidencia-archivos": acta("otra.png", archivos.png())}),
    )

    assert respuesta.status_code == 409
    assert 'data-codigo="cuota"' in respuesta.content.decode()
    assert Evidencia.objects.count() == 1


@pytest.mark.parametrize("estado", ["EN_APROBACION", "REMITIDO", "VALIDADO", "CONSOLIDADO"])
def test_adjuntar_a_lo_ya_enviado_es_409_e27(client, elenco, estado):
    avance = AvanceFactory(estado=estado, actividad__responsable=elenco.responsable)

    respuesta = entra(client, elenco.planificadora).post(
        direccion(avance, "adjuntar"), escrito(avance, **{"evidencia-archivos": acta()})
    )

    assert respuesta.status_code == 409
    assert 'data-codigo="estado"' in respuesta.content.decode()
    assert not Evidencia.objects.exists()


def test_el_mismo_archivo_dos_veces_es_una_evidencia(client, elenco, avance):
    entra(client, elenco.planificadora)
    for _vez in range(2):
        client.post(
            direccion(avance, "adjuntar"), escrito(avance, **{"evidencia-archivos": acta()})
        )

    assert avance.evidencias.count() == 1


def test_retirar_solo_mientras_es_borrador(client, elenco, avance):
    una = con_acta(avance, elenco.planificadora)
    entra(client, elenco.planificadora)
    Avance.objects.filter(pk=avance.pk).update(estado="EN_APROBACION")
    assert client.post(direccion(avance, "retirar", una.pk), escrito(avance)).status_code == 409

    Avance.objects.filter(pk=avance.pk).update(estado="BORRADOR")
    respuesta = client.post(direccion(avance, "retirar", una.pk), escrito(avance))

    assert respuesta.status_code == 302
    assert not Evidencia.objects.exists()
    assert Asiento.objects.filter(acto="retirar_evidencia").count() == 1


def test_retirar_evidencia_de_otro_avance_es_404(client, elenco, avance):
    otra = con_acta(AvanceFactory(actividad__responsable=elenco.responsable), elenco.planificadora)

    respuesta = entra(client, elenco.planificadora).post(
        direccion(avance, "retirar", otra.pk), escrito(avance)
    )

    assert respuesta.status_code == 404


def test_rechazo_en_json_si_se_pide(client, elenco, avance):
    respuesta = entra(client, elenco.planificadora).post(
        direccion(avance, "adjuntar"),
        escrito(avance, **{"evidencia-archivos": acta("x.exe")}),
        headers={"accept": "application/json"},
    )

    assert (respuesta.status_code, respuesta.json()["codigo"]) == (400, "tipo_no_admitido")


# Llevarse la evidencia -------------------------------------------------------------------------


def descarga(client, persona, una):
    return entra(client, persona).get(reverse("matrices:evidencia", args=[una.pk]))


def test_evidencia_se_entrega_entera_y_como_adjunto(client, elenco, avance):
    una = con_acta(avance, elenco.planificadora)
    Evidencia.objects.filter(pk=una.pk).update(nombre="café ñ.pdf")

    respuesta = descarga(client, elenco.planificadora, una)

    assert respuesta.content == archivos.pdf()
    assert respuesta["Content-Type"] == "application/pdf"
    assert respuesta["Content-Disposition"] == "attachment; filename*=utf-8''caf%C3%A9%20%C3%B1.pdf"
    assert respuesta["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in respuesta["Content-Security-Policy"]
    assert respuesta["Cache-Control"] == "no-store"
    assert Asiento.objects.get(acto="descargar").persona == elenco.planificadora


@pytest.mark.parametrize(
    ("quien", "en_borrador", "remitido"),
    [
        ("planificadora", 200, 200),
        ("aprobador", 200, 200),
        ("analista", 404, 200),
        ("coordinadora", 404, 200),
        ("inspector", 404, 200),
        ("auditor", 404, 200),
        ("ajena", 404, 404),
        ("consejera", 404, 404),
        ("administradora", 404, 404),
    ],
)
def test_evidencia_la_lleva_quien_lee_el_avance_e28(
    client, elenco, avance, quien, en_borrador, remitido
):
    una = con_acta(avance, elenco.planificadora)
    persona = getattr(elenco, quien)

    primero = descarga(client, persona, una).status_code
    Avance.objects.filter(pk=avance.pk).update(
        estado="REMITIDO", entregado_por=elenco.planificadora, remitido_por=elenco.aprobador
    )
    despues = descarga(client, persona, una).status_code

    assert (primero, despues) == (en_borrador, remitido)


def test_evidencia_ajena_contesta_igual_que_una_inexistente(client, elenco, avance):
    una = con_acta(avance, elenco.planificadora)
    Evidencia.objects.filter(pk=una.pk).update(id=888888)
    entra(client, elenco.ajena)

    ajena = client.get("/evidencias/888888/")
    nada = client.get("/evidencias/999999/")

    assert (ajena.status_code, set(ajena.headers)) == (nada.status_code, set(nada.headers))
    sin_secreto = re.compile(rb'name="csrfmiddlewaretoken" value="\w+"|"X-CSRFToken": "\w+"')
    cuerpos = [sin_secreto.sub(b"", uno.content) for uno in (ajena, nada)]
    assert cuerpos[0].replace(b"888888", b"999999") == cuerpos[1]


def test_evidencia_confidencial_la_lee_quien_revisa_y_no_quien_audita(client, elenco, avance):
    una = con_acta(avance, elenco.planificadora)
    Avance.objects.filter(pk=avance.pk).update(
        estado="REMITIDO", entregado_por=elenco.planificadora, remitido_por=elenco.aprobador
    )
    Evidencia.objects.filter(pk=una.pk).update(clasificacion="CONFIDENCIAL")

    assert descarga(client, elenco.analista, una).status_code == 200
    assert descarga(client, elenco.auditor, una).status_code == 404


@pytest.mark.parametrize("dano", ["un bit", "ausente"])
def test_evidencia_alterada_no_se_entrega_e30(client, elenco, avance, settings, dano):
    una = con_acta(avance, elenco.planificadora)
    guardado = Path(settings.MEDIA_ROOT) / una.archivo.name
    octetos = bytearray(guardado.read_bytes())
    octetos[100] ^= 1
    guardado.write_bytes(octetos) if dano == "un bit" else guardado.unlink()

    respuesta = descarga(client, elenco.planificadora, una)

    assert respuesta.status_code == 409
    assert 'data-codigo="integridad"' in respuesta.content.decode()
    assert not Asiento.objects.filter(acto="descargar").exists()


# Cooperar --------------------------------------------------------------------------------------


@pytest.fixture
def en_cooperacion(elenco, avance):
    CooperacionFactory(actividad=avance.actividad, institucion=elenco.otra)
    return avance


def test_quien_coopera_escribe_su_aporte_y_no_cambia_la_cifra(client, elenco, en_cooperacion):
    datos = {"version": 1, "conforme": "OBSERVA", "texto": "El dato es de otro mes."}

    respuesta = entra(client, elenco.ajena).post(direccion(en_cooperacion, "aportar"), datos)

    aporte = Aporte.objects.get()
    assert respuesta.status_code == 302
    assert (aporte.institucion, aporte.conforme, aporte.por) == (
        elenco.otra, "OBSERVA", elenco.ajena,
    )  # fmt: skip
    en_cooperacion.refresh_from_db()
    assert (en_cooperacion.estado, en_cooperacion.version) == ("PENDIENTE", 1)
    assert "Observa" in client.get("/semestre/").content.decode()


def test_observar_pide_decir_que(client, elenco, en_cooperacion):
    respuesta = entra(client, elenco.ajena).post(
        direccion(en_cooperacion, "aportar"), {"version": 1, "conforme": "OBSERVA", "texto": ""}
    )

    assert respuesta.status_code == 422
    assert not Aporte.objects.exists()


def test_aporte_con_version_vieja_es_409_con_los_dos_textos(client, elenco, en_cooperacion):
    entra(client, elenco.ajena)
    for texto in ["El primero.", "El segundo."]:
        datos = {"version": 1, "conforme": "SI", "texto": texto}
        respuesta = client.post(direccion(en_cooperacion, "aportar"), datos)

    pagina = respuesta.content.decode()
    assert respuesta.status_code == 409
    assert "El primero." in pagina
    assert "El segundo." in pagina
    assert Aporte.objects.get().texto == "El primero."


def test_aporta_solo_quien_planifica_donde_coopera(client, elenco, en_cooperacion):
    aprobadora = UsuarioFactory(rol="APROBADOR", institucion=elenco.otra)

    assert entra(client, aprobadora).get(direccion(en_cooperacion, "aportar")).status_code == 403
    propia = entra(client, elenco.planificadora).get(direccion(en_cooperacion, "aportar"))
    assert propia.status_code == 404
