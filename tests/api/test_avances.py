"""Escribir avances por la API: los mismos formularios y el mismo flujo que en pantalla."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from instituciones.models import Asiento
from matrices.models import Avance, Evidencia, Movimiento
from tests.api.conftest import LOGRO, inscribir
from tests.archivos import pdf
from tests.fabricas import (
    ActividadFactory,
    AvanceFactory,
    EvidenciaFactory,
    HitoFactory,
    ObservacionFactory,
)

pytestmark = pytest.mark.django_db
COMPLETO = {
    "situacion_reportada": "EN_EJECUCION",
    "porcentaje": "45.00",
    "logro": LOGRO,
    "limitante_tipo": "PRESUPUESTO",
    "limitante": "El presupuesto se asignó hasta el mes de mayo.",
    "medida_correctiva": "Se reprogramarán los talleres al segundo semestre.",
    "responsable_medida": "Dirección de Planificación",
    "fecha_medida": "2030-09-30",
}


def fila(avance):
    return Avance.objects.get(pk=avance.pk)


def test_guardar_deja_el_borrador_su_movimiento_y_con_que_sistema(sistema, avance, elenco):
    respuesta = sistema.guardar(avance, **COMPLETO)

    assert respuesta.status_code == 200, respuesta.content
    dicho = respuesta.json()
    assert dicho["estado"] == "BORRADOR"
    assert dicho["declarado"]["porcentaje"] == "45.00"
    assert dicho["declarado"]["logro"] == LOGRO
    assert dicho["resultados"]["ejecutado"] == "45.00"
    assert "entregar" in dicho["pasos"]
    assert respuesta["ETag"] == f'"{dicho["version"]}"' == '"2"'
    movimiento = Movimiento.objects.get(avance=avance)
    assert (movimiento.paso, movimiento.por) == ("guardar", elenco.planificadora)
    asiento = Asiento.objects.get(tipo="avance", clave=avance.pk)
    assert asiento.persona == elenco.planificadora
    assert '"sistema":' in asiento.datos


def test_patch_deja_lo_que_no_viene(sistema, avance):
    sistema.guardar(avance, **COMPLETO)

    respuesta = sistema.guardar(avance, version=2, porcentaje="50")

    dicho = respuesta.json()["declarado"]
    assert (dicho["porcentaje"], dicho["logro"]) == ("50.00", LOGRO)


def test_patch_vacia_lo_que_viene_nulo_o_vacio(sistema, avance):
    sistema.guardar(avance, **COMPLETO)

    respuesta = sistema.guardar(avance, version=2, porcentaje=None, logro="")

    dicho = respuesta.json()["declarado"]
    assert (dicho["porcentaje"], dicho["logro"]) == (None, "")


def test_crear_por_actividad_y_semestre(sistema, avance):
    datos = {"actividad": avance.actividad_id, "periodo": "2021-S1", "version": 1, **COMPLETO}

    respuesta = sistema.pedir("POST", "avances/", datos)

    assert respuesta.status_code == 201
    assert respuesta["Location"] == f"/api/v1/avances/{avance.pk}/"
    assert fila(avance).estado == "BORRADOR"


def test_la_version_vieja_no_pisa_y_se_ven_los_dos_textos(sistema, avance):
    sistema.guardar(avance, **COMPLETO)

    respuesta = sistema.guardar(avance, version=1, logro="Otra cosa distinta.")

    problema = respuesta.json()
    assert respuesta.status_code == 412
    assert respuesta["Content-Type"] == "application/problem+json"
    assert problema["codigo"] == "precondicion_fallida"
    assert problema["actual"]["declarado"]["logro"] == LOGRO
    assert problema["actual"]["version"] == 2
    assert fila(avance).logro == LOGRO


def test_con_la_version_en_el_cuerpo_lo_viejo_es_409(sistema, avance):
    sistema.guardar(avance, **COMPLETO)
    datos = {"actividad": avance.actividad_id, "periodo": "2021-S1", "version": 1, "logro": "Otra."}

    respuesta = sistema.pedir("POST", "avances/", datos)

    assert (respuesta.status_code, respuesta.json()["codigo"]) == (409, "version_ajena")


@pytest.mark.parametrize("dicha", [None, "*"])
def test_sin_decir_la_version_no_se_escribe(sistema, avance, dicha):
    cabeceras = {"If_Match": dicha} if dicha else {}

    respuesta = sistema.pedir("PATCH", f"avances/{avance.pk}/", {"logro": LOGRO}, **cabeceras)

    assert (respuesta.status_code, respuesta.json()["codigo"]) == (428, "precondicion_requerida")
    assert fila(avance).version == 1


@pytest.mark.parametrize("dicha", ['"0"', "1", '"1", "2"', 'W/"1"', '"x"', '"99999999999"'])
def test_una_version_que_no_se_entiende_es_400(sistema, avance, dicha):
    respuesta = sistema.pedir("PATCH", f"avances/{avance.pk}/", {"logro": ""}, If_Match=dicha)

    assert respuesta.status_code == 400


PROTEGIDOS = {
    "estado": "VALIDADO",
    "version": 9,
    "institucion": 1,
    "id": 1,
    "P": "100",
    "E": "100",
    "programado": "100",
    "ejecutado": "100",
    "indice": "100",
    "brecha": "1",
    "semaforo": "VERDE",
    "remitido_por": 1,
    "validado_por": 1,
    "capturado_por": 1,
    "asignado_a": 1,
    "extemporaneo": False,
    "ronda": 3,
    "exigible": False,
    "actividad": 1,
    "periodo": 1,
    "declaracion": True,
}


def parchar(sistema, avance, datos):
    return sistema.pedir("PATCH", f"avances/{avance.pk}/", datos, If_Match='"1"')


@pytest.mark.parametrize("campo", PROTEGIDOS)
def test_nadie_asigna_lo_que_no_es_suyo(sistema, avance, campo):
    antes = Avance.objects.filter(pk=avance.pk).values().get()

    respuesta = parchar(sistema, avance, {campo: PROTEGIDOS[campo]})

    assert respuesta.status_code == 422
    assert [uno["campo"] for uno in respuesta.json()["errores"]] == [campo]
    assert Avance.objects.filter(pk=avance.pk).values().get() == antes


def test_todos_los_protegidos_a_la_vez_no_cambian_nada(sistema, avance, cifra):
    antes = Avance.objects.filter(pk=avance.pk).values().get()

    respuesta = parchar(sistema, avance, PROTEGIDOS | COMPLETO)

    cifra(f"G-08 api: protegidos={len(PROTEGIDOS)} cambiados=0")
    assert respuesta.status_code == 422
    assert Avance.objects.filter(pk=avance.pk).values().get() == antes


@pytest.mark.parametrize("campo", ["porcentaje", "beneficiarios"])
def test_un_numero_en_otras_cifras_no_es_ese_numero(sistema, avance, campo):
    dado = {"total": "١", "mujeres": 1, "hombres": 0} if campo == "beneficiarios" else "١"

    respuesta = parchar(sistema, avance, {campo: dado})

    assert respuesta.status_code == 422
    assert respuesta.json()["errores"][0]["campo"].split(".")[0] == campo


def test_un_campo_de_otra_forma_de_medir_se_rechaza(sistema, avance):
    respuesta = sistema.guardar(avance, ejecutado_periodo="5")

    assert respuesta.status_code == 422
    assert respuesta.json()["codigo"] == "no_aplica"


def test_lo_ajeno_se_contesta_como_lo_que_no_existe(sistema, avance, ajeno):
    datos = {"logro": LOGRO}
    respuestas = [
        sistema.pedir("PATCH", f"avances/{pk}/", datos, If_Match='"1"')
        for pk in (ajeno.pk, 987654321)
    ]

    assert {r.status_code for r in respuestas} == {404}
    assert respuestas[0].json() == respuestas[1].json()


@pytest.mark.parametrize("cual", ["ajena", "inexistente"])
def test_la_actividad_ajena_es_como_la_que_no_existe(sistema, avance, ajeno, cual):
    actividad = ajeno.actividad_id if cual == "ajena" else 987654321
    datos = {"actividad": actividad, "periodo": "2021-S1", "version": 1, "logro": LOGRO}

    respuesta = sistema.pedir("POST", "avances/", datos)

    assert (respuesta.status_code, respuesta.json()["codigo"]) == (404, "no_existe")
    assert fila(ajeno).version == 1


def test_despues_de_remitir_ya_no_se_escribe(elenco, sistema, avance):
    remitido = AvanceFactory(
        actividad=ActividadFactory(responsable=elenco.responsable, matriz=avance.actividad.matriz),
        periodo=avance.periodo,
        estado="REMITIDO",
    )

    respuesta = sistema.guardar(remitido, logro=LOGRO)

    assert (respuesta.status_code, respuesta.json()["codigo"]) == (409, "estado")


def test_el_semestre_entero_por_api(elenco, sistema, avance):
    """Capturar, respaldar, entregar, remitir, observar, corregir y validar."""
    aprueba, revisa = inscribir(elenco.aprobador)[1], inscribir(elenco.analista)[1]
    pk = avance.pk
    version = sistema.guardar(avance, **COMPLETO).json()["version"]
    faltas = sistema.leer(f"avances/{pk}/faltas/").json()
    assert [una["campo"] for una in faltas] == ["evidencias"]
    rechazada = sistema.paso(pk, version, "entregar")
    assert (rechazada.status_code, rechazada.json()["codigo"]) == (422, "sin_evidencia")

    archivo = SimpleUploadedFile("acta.pdf", pdf("Acta"), content_type="application/pdf")
    subida = sistema.adjuntar(pk, archivo, titulo="Acta de la capacitación")
    assert subida.status_code == 201, subida.content
    assert subida.json()[0]["titulo"] == "Acta de la capacitación"
    assert sistema.leer(f"avances/{pk}/faltas/").json() == []
    for quien, paso, mas in [
        (sistema, "entregar", {}),
        (aprueba, "remitir", {}),
        (revisa, "observar", {"observaciones": [{"campo": "logro", "texto": "Precise el lugar."}]}),
    ]:
        version = fila(avance).version
        assert quien.paso(pk, version, paso, **mas).status_code == 200, paso

    observado = sistema.leer(f"avances/{pk}/").json()
    [observacion] = observado["observaciones"]
    respuesta = sistema.guardar(
        avance,
        version=observado["version"],
        logro=f"{LOGRO} En Cobán.",
        respuestas=[{"observacion": observacion["id"], "texto": "Se precisó el lugar."}],
    )
    assert respuesta.status_code == 200, respuesta.content
    for quien, paso in [(sistema, "entregar"), (aprueba, "remitir"), (revisa, "validar")]:
        hecho = quien.paso(pk, fila(avance).version, paso)
        assert hecho.status_code == 200, hecho.content
    assert fila(avance).estado == "VALIDADO"
    pasos = list(Movimiento.objects.filter(avance=avance).order_by("pk").values_list("paso"))
    assert [paso for (paso,) in pasos] == [
        *("guardar", "entregar", "remitir", "observar"),
        *("guardar", "entregar", "remitir", "validar"),
    ]


def test_la_cola_es_de_quien_revisa(elenco, sistema, avance):
    remitido = AvanceFactory(
        actividad=ActividadFactory(responsable=elenco.responsable, matriz=avance.actividad.matriz),
        periodo=avance.periodo,
        estado="REMITIDO",
    )
    revisa = inscribir(elenco.analista)[1]

    cola = revisa.leer("cola/")
    assert [uno["id"] for uno in cola.json()["resultados"]] == [remitido.pk]
    assert revisa.leer("cola/?asignado=mio").json()["resultados"] == []
    negada = sistema.leer("cola/")
    assert (negada.status_code, negada.json()["codigo"]) == (403, "sin_permiso")


@pytest.mark.parametrize(
    ("paso", "codigo"),
    [("remitir", 403), ("devolver", 403), ("validar", 403), ("observar", 403), ("inventado", 422)],
)
def test_cada_paso_es_de_quien_le_toca(sistema, avance, paso, codigo):
    respuesta = sistema.paso(avance.pk, 1, paso, nota="Corrija el acta.")

    assert respuesta.status_code == codigo
    assert fila(avance).estado == "PENDIENTE"


def test_nadie_remite_lo_que_capturo_tampoco_por_api(elenco, sistema, avance):
    sistema.guardar(avance, **COMPLETO)
    Avance.objects.filter(pk=avance.pk).update(
        estado="EN_APROBACION", entregado_por=elenco.aprobador, capturado_por=elenco.aprobador
    )
    aprueba = inscribir(elenco.aprobador)[1]

    respuesta = aprueba.paso(avance.pk, fila(avance).version, "remitir")

    assert respuesta.status_code == 403
    assert fila(avance).estado == "EN_APROBACION"


def test_devolver_pide_nota_y_remitir_confirmar_la_decision(elenco, avance):
    aprueba = inscribir(elenco.aprobador)[1]
    Avance.objects.filter(pk=avance.pk).update(
        estado="EN_APROBACION",
        entregado_por=elenco.planificadora,
        capturado_por=elenco.planificadora,
        requiere_decision_cns=True,
        clasificacion="PUBLICA",
    )

    sin_nota = aprueba.paso(avance.pk, 1, "devolver")
    sin_confirmar = aprueba.paso(avance.pk, 1, "remitir")
    confirmado = aprueba.paso(avance.pk, 1, "remitir", confirma=True)

    assert (sin_nota.status_code, sin_nota.json()["errores"][0]["campo"]) == (422, "nota")
    assert sin_confirmar.json()["errores"][0]["campo"] == "confirma"
    assert confirmado.status_code == 200
    nota = Movimiento.objects.get(avance=avance, paso="remitir").nota
    assert "decisión del CNS" in nota


def test_por_hitos_y_por_aportes(elenco, sistema, avance):
    matriz, periodo = avance.actividad.matriz, avance.periodo
    con_hitos = ActividadFactory(responsable=elenco.responsable, modo="HITOS", matriz=matriz)
    hito = HitoFactory(actividad=con_hitos, numero=1)
    colectiva = ActividadFactory(responsable=elenco.responsable, modo="COLECTIVO", matriz=matriz)
    colectiva.obligados.set([elenco.responsable, elenco.otra])
    uno, otro = [AvanceFactory(actividad=una, periodo=periodo) for una in (con_hitos, colectiva)]

    cumplido = sistema.guardar(uno, hitos_cumplidos=[{"numero": 1, "fecha": "2021-03-01"}])
    sin_hito = sistema.guardar(
        uno, version=2, hitos_cumplidos=[{"numero": 7, "fecha": "2021-03-01"}]
    )
    aportado = sistema.guardar(otro, aportes=[{"institucion": "MINDEF", "porcentaje": "30"}])
    ajena = sistema.guardar(otro, version=2, aportes=[{"institucion": "XX", "porcentaje": "30"}])

    assert cumplido.status_code == 200, cumplido.content
    assert cumplido.json()["declarado"]["hitos_cumplidos"] == [
        {"numero": hito.numero, "fecha": "2021-03-01"}
    ]
    assert aportado.status_code == 200, aportado.content
    assert {"institucion": "MINDEF", "porcentaje": "30.00"} in aportado.json()["declarado"][
        "aportes"
    ]
    assert (sin_hito.status_code, ajena.status_code) == (422, 422)


# La evidencia ---------------------------------------------------------------------------------
def test_la_evidencia_se_baja_igual_y_se_retira(sistema, avance):
    sistema.guardar(avance, **COMPLETO)
    octetos = pdf("Acta")
    archivo = SimpleUploadedFile("café ñ.pdf", octetos, content_type="application/pdf")
    [suya] = sistema.adjuntar(avance.pk, archivo).json()

    bajada = sistema.leer(f"evidencias/{suya['id']}/archivo/")
    assert bajada.content == octetos
    assert bajada["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in bajada["Content-Security-Policy"]
    assert Asiento.objects.filter(acto="descargar", tipo="evidencia").exists()
    assert sistema.pedir("DELETE", f"evidencias/{suya['id']}/", tipo="").status_code == 204
    assert not Evidencia.objects.exists()
    assert sistema.leer(f"evidencias/{suya['id']}/").status_code == 404


def test_el_mismo_archivo_dos_veces_es_uno(sistema, avance):
    sistema.guardar(avance, **COMPLETO)
    for _vez in range(2):
        archivo = SimpleUploadedFile("acta.pdf", pdf("Acta"), content_type="application/pdf")
        assert sistema.adjuntar(avance.pk, archivo).status_code == 201

    assert Evidencia.objects.count() == 1


@pytest.mark.parametrize(
    ("nombre", "octetos", "http", "codigo"),
    [
        ("informe.pdf", b"MZ" + b"\0" * 60, 400, "tipo_no_coincide"),
        ("informe.pdf.exe", b"%PDF-1.7", 400, "tipo_no_admitido"),
        ("vacio.pdf", b"", 400, "vacio"),
    ],
)
def test_la_evidencia_mala_se_rechaza_con_su_codigo(sistema, avance, nombre, octetos, http, codigo):
    sistema.guardar(avance, **COMPLETO)

    respuesta = sistema.adjuntar(avance.pk, SimpleUploadedFile(nombre, octetos))

    assert (respuesta.status_code, respuesta.json()["codigo"]) == (http, codigo)
    assert not Evidencia.objects.exists()


def test_sin_archivo_o_sin_borrador_no_se_adjunta(sistema, avance):
    sin_archivo = sistema.adjuntar(avance.pk)
    archivo = SimpleUploadedFile("acta.pdf", pdf("Acta"), content_type="application/pdf")
    pendiente = sistema.adjuntar(avance.pk, archivo)

    assert (sin_archivo.status_code, sin_archivo.json()["codigo"]) == (400, "requerido")
    assert (pendiente.status_code, pendiente.json()["codigo"]) == (409, "estado")


def test_la_evidencia_ajena_no_existe(sistema, avance, ajeno):
    suya = EvidenciaFactory(avance=ajeno)

    ajena = sistema.leer(f"evidencias/{suya.pk}/archivo/")
    ninguna = sistema.leer("evidencias/987654321/archivo/")

    assert ajena.status_code == ninguna.status_code == 404
    assert ajena.json() == ninguna.json()


# El lote --------------------------------------------------------------------------------------
def del_lote(sistema, *avances):
    return sistema.pedir("POST", "avances/lote/", {"avances": list(avances)})


@pytest.fixture
def varios(elenco, avance):
    matriz, periodo = avance.actividad.matriz, avance.periodo
    otras = [ActividadFactory(responsable=elenco.responsable, matriz=matriz) for _ in range(3)]
    return [avance, *(AvanceFactory(actividad=una, periodo=periodo) for una in otras)]


def test_lote_guarda_todos_y_dice_como_quedo_cada_uno(sistema, varios):
    respuesta = del_lote(sistema, *[{"id": uno.pk, "version": 1, **COMPLETO} for uno in varios])

    assert respuesta.status_code == 200, respuesta.content
    resultados = respuesta.json()["resultados"]
    assert [uno["id"] for uno in resultados] == [uno.pk for uno in varios]
    assert {(uno["codigo"], uno["estado"], uno["version"]) for uno in resultados} == {
        ("ok", "BORRADOR", 2)
    }
    assert Movimiento.objects.count() == 4


def test_lote_cada_uno_con_su_resultado_y_ninguno_estorba_a_otro(sistema, varios, ajeno):
    bueno, viejo, malo, repetido = varios
    Avance.objects.filter(pk=viejo.pk).update(version=5)

    respuesta = del_lote(
        sistema,
        {"id": bueno.pk, "version": 1, **COMPLETO},
        {"id": viejo.pk, "version": 1, **COMPLETO},
        {"id": malo.pk, "version": 1, "porcentaje": "101"},
        {"id": repetido.pk, "version": 1},
        {"id": repetido.pk, "version": 1},
        {"id": ajeno.pk, "version": 1, **COMPLETO},
        {"id": 987654321, "version": 1, **COMPLETO},
        {"version": 1},
    )

    assert respuesta.status_code == 207
    dichos = [(uno["estado_http"], uno["codigo"]) for uno in respuesta.json()["resultados"]]
    assert dichos == [
        (200, "ok"),
        (409, "version_ajena"),
        (422, "valor_fuera_de_rango"),
        (422, "repetido"),
        (422, "repetido"),
        (404, "no_existe"),
        (404, "no_existe"),
        (422, "requerido"),
    ]
    assert list(Movimiento.objects.values_list("avance", flat=True)) == [bueno.pk]


def test_lote_una_clave_en_otras_cifras_no_es_esa_fila(sistema, varios):
    arabiga = "".join(chr(ord(cifra) - ord("0") + ord("٠")) for cifra in str(varios[0].pk))

    respuesta = del_lote(sistema, {"id": arabiga, "version": 1, **COMPLETO})

    assert [uno["estado_http"] for uno in respuesta.json()["resultados"]] == [422]
    assert not Movimiento.objects.exists()


def test_lote_entrega_lo_que_esta_completo_y_guarda_lo_demas(sistema, varios):
    completo, incompleto = varios[:2]
    EvidenciaFactory(avance=completo)
    EvidenciaFactory(avance=incompleto)
    sin_logro = {**COMPLETO, "logro": "Corto."}

    respuesta = del_lote(
        sistema,
        {"id": completo.pk, "version": 1, "entregar": True, **COMPLETO},
        {"id": incompleto.pk, "version": 1, "entregar": True, **sin_logro},
    )

    uno, otro = respuesta.json()["resultados"]
    assert (uno["estado_http"], uno["estado"]) == (200, "EN_APROBACION"), uno
    assert (otro["estado_http"], otro["estado"], otro["codigo"]) == (
        422,
        "BORRADOR",
        "demasiado_corto",
    )


@pytest.mark.parametrize("cuantos", [1, 3])
def test_la_lista_no_crece_en_consultas(sistema, varios, cuantos):
    Avance.objects.exclude(pk__in=[uno.pk for uno in varios[:cuantos]]).delete()
    sistema.leer("avances/")  # el último uso ya quedó anotado

    with CaptureQueriesContext(connection) as consultas:
        pagina = sistema.leer("avances/").json()

    ajenas = ("cache_compartida", "SAVEPOINT")  # la cuenta del límite
    propias = [q for q in consultas if not any(una in q["sql"] for una in ajenas)]
    assert len(pagina["resultados"]) == cuantos
    assert len(propias) == 2, propias  # la ficha y la lista


def test_las_paginas_por_llave_ni_saltan_ni_repiten(sistema, varios):
    primera = sistema.leer("avances/?limite=3&estado=PENDIENTE").json()
    segunda = sistema.leer(primera["siguiente"].removeprefix("http://testserver")).json()

    vistos = [uno["id"] for uno in primera["resultados"] + segunda["resultados"]]
    assert vistos == sorted(uno.pk for uno in varios)
    assert segunda["siguiente"] is None


def test_los_filtros_filtran(sistema, varios, avance):
    def cuantos(consulta):
        return len(sistema.leer(f"avances/?{consulta}").json()["resultados"])

    assert cuantos("periodo=2021-S1") == 4
    assert cuantos("periodo=2021-S2") == 0
    assert cuantos(f"actividad={avance.actividad_id}") == 1
    assert cuantos("institucion=MINGOB&estado=PENDIENTE&estado=BORRADOR") == 4
    assert cuantos("institucion=MINDEF") == 0
    assert cuantos(f"plan={avance.periodo.plan.codigo}") == 4


def test_el_texto_del_borrador_es_de_su_institucion(elenco, sistema, avance):
    sistema.guardar(avance, **COMPLETO)
    revisa = inscribir(elenco.analista)[1]

    dicho = revisa.leer(f"avances/{avance.pk}/").json()

    assert (dicho["estado"], dicho["declarado"], dicho["evidencias"]) == ("BORRADOR", None, [])


def test_una_observacion_ajena_no_se_responde(sistema, avance):
    otra = ObservacionFactory()

    respuesta = sistema.guardar(avance, respuestas=[{"observacion": otra.pk, "texto": "Sí."}])

    assert respuesta.status_code == 422
