"""Las filas «flujo» de datos/entradas_hostiles.csv: repetir, adelantarse, firmar lo propio.

Cada ataque da las respuestas que recibió; lo esperado lo dice la tabla (302 es «ok»: se hizo).
"""

import pytest
from django.test import Client
from django.urls import reverse

from informes.models import TrabajoInforme
from instituciones.models import Aviso
from matrices.models import Avance, Movimiento, Periodo
from tests.archivos import esperados
from tests.fabricas import (
    AvanceFactory,
    DelegacionFactory,
    EvidenciaFactory,
    ObservacionFactory,
    UsuarioFactory,
)
from tests.informes.conftest import corte, semestre  # noqa: F401 (un corte de verdad)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cache_limpia")]
LOGRO = "Se aprobó la norma y se capacitó a quienes la aplican en todo el país."
LO_MIO = "Lo que escribí yo, con calma."


def de(persona) -> Client:
    client = Client()
    client.force_login(persona)
    return client


def enviar(client, acto, avance, **datos):
    datos = {"version": avance.version, **datos}
    return client.post(reverse(f"matrices:{acto}", args=[avance.pk]), datos)


def escrito(avance, **datos):
    return {
        "visibilidad": "PUBLICA",
        "clasificacion": "PUBLICA",
        "situacion_reportada": "EN_EJECUCION",
        "porcentaje": "30",
        "logro": LOGRO,
        "declaracion": "on",
        **datos,
    }


def en(elenco, estado, **datos):
    return AvanceFactory(
        estado=estado,
        actividad__responsable=elenco.responsable,
        porcentaje=30,
        logro=LOGRO,
        entregado_por=elenco.planificadora if estado in {"EN_APROBACION", "REMITIDO"} else None,
        **datos,
    )


def w_01(elenco, **_):
    """Remitir dos veces, otra vez al volver atrás, y desde otra pestaña."""
    avance = en(elenco, "EN_APROBACION")
    client, pestana = de(elenco.aprobador), de(elenco.aprobador)
    una = {"paso": "remitir"}
    avisos = Aviso.objects.count()
    yield enviar(client, "dar_paso", avance, **una)
    tras_una = Aviso.objects.count()
    yield enviar(client, "dar_paso", avance, **una)
    client.get(reverse("matrices:aprobacion"))
    yield enviar(client, "dar_paso", avance, **una)
    yield enviar(pestana, "dar_paso", avance, **una)
    assert Movimiento.objects.filter(avance=avance, paso="remitir").count() == 1
    assert Aviso.objects.count() == tras_una >= avisos


def w_02(elenco, **_):
    """Guardar lo ya remitido; validar un borrador; validar con una observación abierta."""
    remitido = en(elenco, "REMITIDO", remitido_por=elenco.aprobador)
    yield enviar(de(elenco.planificadora), "capturar", remitido, **escrito(remitido, logro=LO_MIO))
    remitido.refresh_from_db()
    assert remitido.logro == LOGRO
    yield enviar(de(elenco.analista), "validar", en(elenco, "BORRADOR"))
    ObservacionFactory(avance=remitido)
    yield enviar(de(elenco.analista), "validar", remitido)
    assert not Movimiento.objects.filter(paso="validar").exists()


def w_03(elenco, **_):
    """Guardar sobre una versión que ya no es."""
    avance = en(elenco, "BORRADOR")
    client, viejo = de(elenco.planificadora), escrito(avance, logro=LO_MIO)
    enviar(client, "capturar", avance, **escrito(avance, logro="Lo que guardó la otra persona."))
    choque = enviar(client, "capturar", avance, **viejo)
    pagina = choque.content.decode()
    assert LO_MIO in pagina
    assert "Lo que guardó la otra persona." in pagina
    assert 'data-codigo="version_ajena"' in pagina
    yield choque


def w_05(elenco, **_):
    """Remitir lo que una misma capturó, también como delegada de quien aprueba."""
    propio = en(elenco, "EN_APROBACION", capturado_por=elenco.aprobador)
    yield enviar(de(elenco.aprobador), "dar_paso", propio, paso="remitir")
    DelegacionFactory(titular=elenco.aprobador, delegado=elenco.planificadora)
    ajeno = en(elenco, "EN_APROBACION", capturado_por=elenco.planificadora)
    por_otra = {"paso": "remitir", "en_nombre_de": elenco.aprobador.pk}
    yield enviar(de(elenco.planificadora), "dar_paso", ajeno, **por_otra)
    assert not Movimiento.objects.filter(paso="remitir").exists()


def w_06(elenco, **_):
    """Reabrir, prorrogar, cerrar o abrir lo que ya se cortó."""
    avance = en(elenco, "NO_REPORTADO", periodo__estado="CORTADO")
    periodo, client = avance.periodo, de(elenco.coordinadora)
    motivo = {"nota": "Llegó tarde, pero llegó.", "limite": "2099-01-01"}
    yield enviar(client, "reabrir", avance, **motivo)
    for acto in ("prorrogar", "cerrar", "abrir"):
        respuesta = enviar(client, acto, periodo, **motivo)
        assert respuesta.status_code in {403, 409, 422}, acto
    assert Periodo.objects.get(pk=periodo.pk).estado == "CORTADO"
    assert Avance.objects.get(pk=avance.pk).estado == "NO_REPORTADO"


def w_08(elenco, corte):  # noqa: F811
    """Ordenar el mismo informe diez veces."""
    client = de(elenco.coordinadora)
    donde = reverse("informes:ordenar", args=[corte.pk])
    yield from [client.post(donde, {"edicion": "CNS"}) for _vez in range(10)]
    assert TrabajoInforme.objects.filter(informe__corte=corte).count() == 1


def w_10(elenco, **_):
    """Entregar lo que sigue sin clasificar."""
    avance = en(elenco, "BORRADOR")
    EvidenciaFactory(avance=avance, subida_por=elenco.planificadora)
    sin_clase = escrito(avance, clasificacion="SIN_CLASIFICAR")
    yield enviar(de(elenco.planificadora), "entregar", avance, **sin_clase)
    assert Avance.objects.get(pk=avance.pk).estado == "BORRADOR"


ATAQUES = [w_01, w_02, w_03, w_05, w_06, w_08, w_10]


@pytest.mark.parametrize("atacar", ATAQUES, ids=lambda uno: uno.__name__)
def test_el_flujo_contesta_lo_que_dice_la_tabla(elenco, corte, atacar, cifra):  # noqa: F811
    UsuarioFactory(rol="APROBADOR", institucion=elenco.responsable)
    codigos, _claves = esperados()[clave_de(atacar)]
    debidos = codigos | ({"302"} if "200" in codigos else set())

    dados = [str(una.status_code) for una in atacar(elenco=elenco, corte=corte)]

    assert dados
    assert set(dados) <= debidos, dados
    cifra(f"{clave_de(atacar)} pedidos={len(dados)} contestados={'/'.join(sorted(set(dados)))}")


def clave_de(atacar) -> str:
    """«w_01» es la fila W-01."""
    return atacar.__name__.upper().replace("_", "-")


def test_se_prueban_todas_las_filas_del_flujo():
    assert {clave_de(uno) for uno in ATAQUES} == {c for c in esperados() if c.startswith("W-")}
