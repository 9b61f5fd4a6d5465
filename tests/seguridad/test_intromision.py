"""G-07, G-08 y G-09: claves ajenas, campos de más, y derechos que se pierden a medio camino."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from informes import emision
from informes.models import TrabajoInforme
from instituciones.models import Delegacion, Usuario
from matrices import clasificacion, flujo
from matrices.models import Actividad, Avance
from tests.api.conftest import inscribir
from tests.fabricas import HitoFactory, InstitucionFactory, UsuarioFactory
from tests.seguridad import mundo as mundos
from tests.seguridad.inventario import revisadas
from tests.seguridad.mundo import canario, fresco
from tests.seguridad.pedidos import celdas, clientes, cuerpo, debe, direccion, pedir

PROTEGIDOS = {
    "estado": "VALIDADO",
    "actividad": "1",
    "periodo": "2",
    "exigible": "",
    "extemporaneo": "on",
    "ronda": "7",
    "asignado_a": "1",
    "capturado_por": "1",
    "entregado_por": "1",
    "remitido_por": "1",
    "validado_por": "1",
    "programado": "1.00",
    "ejecutado": "99.00",
    "ejecutado_previo": "99.00",
    "indice": "1.00",
    "brecha": "1.00",
    "semaforo": "FINALIZADA",
    "motivo_exencion": "FINALIZADA",
    "responsable": "1",
    "institucion": "1",
    "id": "1",
    "pk": "1",
    "is_active": "",
    "rol": "ADMINISTRADOR",
}


@pytest.fixture
def mundo(elenco, cache_limpia):
    uno = mundos.crear(elenco)
    uno.companeras = {}
    return uno


def test_los_campos_de_mas_no_cambian_nada(mundo, cifra):
    """G-08: la misma captura con y sin todos los campos protegidos deja la misma fila."""
    cliente = clientes(mundo)["planificadora"]
    fila = next(f for f in revisadas() if f["ruta"] == "matrices:capturar" and f["caso"])
    celda = next(c for c in celdas([fila]) if c.actor == "planificadora")
    antes = fila_entera(mundo, celda)

    respuesta, _ = pedir(
        cliente, "POST", direccion(celda, mundo), PROTEGIDOS | cuerpo(celda, mundo)
    )

    assert respuesta.status_code == 302
    despues = fila_entera(mundo, celda)
    cambiaron = {campo for campo in antes if antes[campo] != despues[campo]}
    forzados = cambiaron - DECLARADO - MEDIDO
    cifra(f"G-08 enviados={len(PROTEGIDOS)} protegidos_cambiados={len(forzados)}")
    assert forzados == set()
    assert (despues["ejecutado"], despues["semaforo"]) == (45, "VERDE")
    assert despues["capturado_por_id"] == mundo.personas.planificadora.pk


DECLARADO = {
    *("version", "logro", "porcentaje", "situacion_reportada", "limitante", "medida_correctiva"),
    *("motivo_sin_cambios", "decision_solicitada", "declaracion", "capturado_por_id"),
}
MEDIDO = {"indice", "brecha", "semaforo", "acumulado"}  # los pone la cuenta, no lo enviado


def fila_entera(mundo, celda):
    avance = mundo.avances[celda.clase, celda.estado]
    return Avance.objects.filter(pk=avance.pk).values().get()


def test_una_clave_ajena_en_un_formulario_es_como_una_que_no_existe(mundo, cifra):
    """G-07: la del vecino y la inventada se contestan igual, y no se guarda ninguna."""
    avance = mundo.avances["PUBLICA", "BORRADOR"]
    ajeno = HitoFactory(actividad__responsable=InstitucionFactory(sigla="AJENA"))
    persona = UsuarioFactory(institucion=ajeno.actividad.responsable)
    navegadores = clientes(mundo)
    casos = [
        ("matrices:asignar", avance, "analista", "a", mundo.personas.aprobador_ajeno.pk),
        (
            "matrices:retirar",
            avance,
            "planificadora",
            None,
            mundo.evidencias["PUBLICA", "REMITIDO"],
        ),
        ("matrices:dar_paso", avance, "delegada", "en_nombre_de", persona.pk),
        ("instituciones:delegar", None, "aprobador", "delegado", persona.pk),
    ]
    for ruta, fila, quien, campo, clave in casos:
        respuestas = []
        for valor in (clave, 987_654_321):
            llave = {"pk": fila.pk} if fila else {}
            if campo is None:
                llave["evidencia"] = getattr(valor, "pk", valor)
            datos = {"version": 1, "paso": "remitir", "desde": "2030-01-01", "hasta": "2030-01-02"}
            datos |= {"acto": "Oficio 1", campo or "nada": getattr(valor, "pk", valor)}
            respuesta, escritas = pedir(
                navegadores[quien], "POST", reverse(ruta, kwargs=llave), datos
            )
            assert escritas == [], ruta
            respuestas.append(respuesta.status_code)
        assert respuestas[0] == respuestas[1], (ruta, respuestas)
        assert respuestas[0] in {403, 404, 409, 422}, (ruta, respuestas)
    cifra(f"G-07 relaciones={len(casos)} distinguibles=0 filas_cambiadas=0")


# G-09 -----------------------------------------------------------------------------------------
PIERDE = {
    "rol": {"rol": "AUDITOR"},
    "cuenta": {"is_active": False},
}


@pytest.mark.parametrize("que", [*PIERDE, "institucion"])
def test_quien_pierde_su_puesto_ya_no_puede_en_la_siguiente_peticion(mundo, que):
    persona, cliente = mundo.personas.planificadora, Client()
    cliente.force_login(persona)
    avance = fresco(mundo.avances["PUBLICA", "BORRADOR"])
    pagina = reverse("matrices:capturar", args=[avance.pk])
    assert cliente.get(pagina).status_code == 200

    cambio = PIERDE.get(que) or {"institucion": InstitucionFactory(sigla="OTRA")}
    Usuario.objects.filter(pk=persona.pk).update(**cambio)
    respuesta = cliente.post(pagina, {"version": avance.version, "logro": "Se intenta."})

    assert respuesta.status_code in {302, 403, 404}
    assert reverse("account_login") in respuesta.get("Location", reverse("account_login"))
    assert fresco(avance).version == avance.version


def test_una_delegacion_revocada_no_vale_en_la_siguiente_peticion(mundo):
    cliente = clientes(mundo)["delegada"]
    assert cliente.get(reverse("matrices:aprobacion")).status_code == 200

    Delegacion.objects.filter(delegado=mundo.personas.delegada).update(revocada_en=timezone.now())

    assert cliente.get(reverse("matrices:aprobacion")).status_code == 403


def test_quien_perdio_su_rol_ya_no_emite_aunque_lo_haya_ordenado(mundo):
    trabajo = emision.encargar(mundo.corte, edicion="PUBLICA", por=mundo.personas.coordinadora)
    Usuario.objects.filter(pk=mundo.personas.coordinadora.pk).update(rol="AUDITOR")

    assert not emision.atender(trabajo.clave)

    trabajo = TrabajoInforme.objects.get(pk=trabajo.pk)
    assert not trabajo.informe.documentos.exists()
    assert "ya no puede" in trabajo.error


def test_una_delegacion_futura_no_vale_todavia(mundo):
    manana = timezone.localdate() + timedelta(days=1)
    suyas = Delegacion.objects.filter(delegado=mundo.personas.delegada)
    suyas.update(desde=manana)

    assert clientes(mundo)["delegada"].get(reverse("matrices:aprobacion")).status_code == 403


# G-43 -----------------------------------------------------------------------------------------
def sin_clasificar(avance, *, de_la_actividad: bool):
    """El avance listo para entregarse, salvo que nadie lo clasificó (o nadie a su actividad)."""
    if de_la_actividad:
        Actividad.objects.filter(pk=avance.actividad_id).update(clasificacion="SIN_CLASIFICAR")
    else:
        Avance.objects.filter(pk=avance.pk).update(clasificacion="SIN_CLASIFICAR")
    return fresco(avance)


def entregado_en_su_pagina(mundo, avance):
    fila = next(f for f in revisadas() if f["ruta"] == "matrices:entregar")
    celda = next(c for c in celdas([fila]) if c.actor == "planificadora")
    assert debe(celda) == "bien"
    respuesta, _ = pedir(
        clientes(mundo)["planificadora"], "POST", direccion(celda, mundo), cuerpo(celda, mundo)
    )
    return respuesta.status_code


def entregado_en_lote(mundo, avance):
    marcada = {"avance": f"{avance.pk}:{avance.version}", "declaracion": "on", "confirma": "on"}
    respuesta, _ = pedir(
        clientes(mundo)["planificadora"], "POST", reverse("matrices:entregar_marcadas"), marcada
    )
    return respuesta.status_code


def entregado_por_la_api(mundo, avance):
    _cliente, sistema = inscribir(mundo.personas.planificadora)
    return sistema.paso(avance.pk, avance.version, "entregar", declaracion=True).status_code


def entregado_por_el_verbo(mundo, avance):
    try:
        flujo.entregar(avance, version=avance.version, por=mundo.personas.planificadora)
    except flujo.PasoInvalido:
        return 409
    return 200


@pytest.mark.parametrize("de_la_actividad", [True, False])
def test_lo_sin_clasificar_no_se_entrega_por_ningun_canal(mundo, cifra, de_la_actividad):
    avance = sin_clasificar(mundo.avances["PUBLICA", "BORRADOR"], de_la_actividad=de_la_actividad)
    canales = [
        entregado_en_su_pagina,
        entregado_en_lote,
        entregado_por_la_api,
        entregado_por_el_verbo,
    ]

    respuestas = {canal.__name__: canal(mundo, fresco(avance)) for canal in canales}

    que = "actividad" if de_la_actividad else "avance"
    cifra(f"G-43 sin clasificar ({que}): canales={len(canales)} entregados=0")
    assert set(respuestas.values()) <= {409, 422}, respuestas
    assert fresco(avance).estado == "BORRADOR"


def test_lo_sin_clasificar_no_sale_en_la_edicion_publica_y_lo_cerrado_despues_deja_de_salir(
    mundo, cifra
):
    """Tampoco por la puerta de atrás: al cerrar lo publicado, el corte nuevo ya no lo dice."""
    coordina, planifica = mundo.personas.coordinadora, mundo.personas.planificadora
    avance = mundo.cortado
    sellado = emision.vigente_de(mundo.corte, "PUBLICA").canonico()
    assert canario("PUBLICA", "CONSOLIDADO", "logro") in sellado
    pedido = clasificacion.Pedido(
        "CONFIDENCIAL", "PUBLICA", "Identifica a quien denunció.", base="Se entregó con garantía."
    )

    with pytest.raises(flujo.PasoInvalido):
        emision.cortar_de_nuevo(avance.periodo, [], por=coordina, motivo="Por si acaso.")
    pedida = clasificacion.solicitar(fresco(avance), pedido, por=planifica)
    clasificacion.aprobar(pedida, nota="Se comprobó.", version=1, por=coordina)
    cortes = emision.cortar_de_nuevo(avance.periodo, [], por=coordina, motivo="Se cerró.")

    canales = [emision.vigente_de(cortes[0], edicion).canonico() for edicion in ("CNS", "PUBLICA")]
    assert all("CANARIO-PUBLICA-CONSOLIDADO" not in uno for uno in canales)
    with pytest.raises(flujo.PasoInvalido):  # ya se cerró: no hay qué cortar otra vez
        emision.cortar_de_nuevo(avance.periodo, [], por=coordina, motivo="Otra vez.")
    cifra("G-43 cerrado despues de publicado: ediciones=2 lo_dicen=0")
