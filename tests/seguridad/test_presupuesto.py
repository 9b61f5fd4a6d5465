"""G-45: lo que una página pregunta a la base no crece con las instituciones ni las actividades."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from instituciones.models import Institucion
from matrices import flujo
from matrices.models import Actividad, Avance, MatrizCumplimiento
from tests.fabricas import (
    AccionFactory,
    ActividadFactory,
    AvanceFactory,
    MatrizFactory,
    PeriodoFactory,
)

pytestmark = [pytest.mark.una_vez, pytest.mark.django_db]
INSTITUCIONES, POR_INSTITUCION = 60, 200
HOLGURA = 3  # una consulta que sólo se hace si hay otra página, un grupo u otra institución
VISITAS = [
    ("planificadora", "matrices:semestre", []),
    ("aprobador", "matrices:aprobacion", []),
    ("analista", "matrices:revision", []),
    ("coordinadora", "matrices:revision", []),
    ("coordinadora", "matrices:periodos", []),
    ("coordinadora", "matrices:enmiendas", []),
    ("coordinadora", "matrices:reservas", []),
    ("coordinadora", "informes:informes", []),
    ("consejera", "informes:consejo", []),
    ("auditor", "matrices:plan", ["pesn"]),
    ("auditor", "matrices:accion", ["pesn", "1.1.1"]),
]


@pytest.fixture
def chico(elenco):
    """Una acción con una actividad remitida y otra en borrador."""
    accion = AccionFactory(
        codigo="1.1.1",
        objetivo__codigo="1.1",
        objetivo__programa__plan__codigo="pesn",
        objetivo__programa__plan__seguimiento=elenco.revisora,
    )
    periodo = PeriodoFactory(plan=accion.objetivo.programa.plan)
    matriz = MatrizFactory(accion=accion)
    for numero, estado in enumerate(["REMITIDO", "BORRADOR"], start=1):
        actividad = ActividadFactory(matriz=matriz, numero=numero, responsable=elenco.responsable)
        AvanceFactory(actividad=actividad, periodo=periodo, estado=estado)
    flujo.medir(Avance.objects.all())
    return accion, periodo


def crecer(accion, periodo, elenco) -> int:
    """Sesenta instituciones con doscientas actividades cada una, copiadas de las dos de antes."""
    nueva = {"tipo": "MINISTERIO", "revisora": elenco.revisora}
    demas = [
        Institucion(sigla=f"CASA{n}", nombre=f"Casa {n}", **nueva) for n in range(1, INSTITUCIONES)
    ]
    casas = [elenco.responsable, *Institucion.objects.bulk_create(demas)]
    nuevas = []
    for numero in range(2, INSTITUCIONES + 1):
        otra = AccionFactory(objetivo=accion.objetivo, codigo=f"1.1.{numero}")
        nuevas.append(MatrizCumplimiento(accion=otra, impacto="Más segura."))
    matrices = [accion.matriz, *MatrizCumplimiento.objects.bulk_create(nuevas)]
    muestra = Actividad.objects.order_by("pk").first()
    actividades = Actividad.objects.bulk_create(
        copia(muestra, matriz=matriz, numero=numero, responsable=casa)
        for matriz, casa in zip(matrices, casas, strict=True)
        for numero in range(10, 10 + POR_INSTITUCION)
    )
    modelos = list(Avance.objects.order_by("pk"))
    Avance.objects.bulk_create(
        copia(modelos[n % 2], actividad=una, periodo=periodo) for n, una in enumerate(actividades)
    )
    return len(actividades)


def copia(fila, **cambios):
    campos = {c.attname: getattr(fila, c.attname) for c in fila._meta.concrete_fields}
    nueva = type(fila)(**{k: v for k, v in campos.items() if k != "id"})
    for nombre, valor in cambios.items():
        setattr(nueva, nombre, valor)
    return nueva


def consultas(elenco) -> dict[tuple[str, str], int]:
    hechas = {}
    for persona, ruta, argumentos in VISITAS:
        cliente = Client()
        cliente.force_login(getattr(elenco, persona))
        direccion = reverse(ruta, args=argumentos)
        cliente.get(direccion)  # lo que se guarda la primera vez no cuenta
        with CaptureQueriesContext(connection) as capturadas:
            respuesta = cliente.get(direccion)
        assert respuesta.status_code == 200, (persona, ruta)
        hechas[persona, ruta] = len(capturadas)
    return hechas


def test_con_sesenta_instituciones_y_doce_mil_actividades_se_pregunta_lo_mismo(
    chico, elenco, cifra
):
    antes = consultas(elenco)
    cuantas = crecer(*chico, elenco)

    despues = consultas(elenco)

    crecen = {
        quien: (antes[quien], n) for quien, n in despues.items() if n > antes[quien] + HOLGURA
    }
    peor = max(despues.values())
    cifra(f"G-45 actividades={cuantas} rutas={len(despues)} crecen={len(crecen)} peor={peor}")
    assert cuantas == INSTITUCIONES * POR_INSTITUCION
    assert crecen == {}
