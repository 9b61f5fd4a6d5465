"""Por qué una cifra: la cuenta con sus números, quién la validó, y a quién no se le dice."""

import re
from datetime import date
from decimal import Decimal

import pytest

from informes import emision
from informes.models import ResumenDeCorte
from matrices import flujo
from matrices.models import Avance, Evidencia
from tests.fabricas import (
    AccionFactory,
    ActividadFactory,
    AvanceFactory,
    EvidenciaFactory,
    HitoFactory,
    MatrizFactory,
    ObjetivoFactory,
    PeriodoFactory,
    PlanFactory,
    ProgramaFactory,
    ResponsabilidadFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def accion(elenco):
    """La acción 1.1.1 de un plan, con su matriz y su rectora."""
    plan = PlanFactory(codigo="pesn", seguimiento=elenco.revisora)
    programa = ProgramaFactory(plan=plan, numero=1)
    objetivo = ObjetivoFactory(programa=programa, codigo="1.1")
    accion = AccionFactory(objetivo=objetivo, codigo="1.1.1", orden=1)
    ResponsabilidadFactory(accion=accion, institucion=elenco.responsable)
    MatrizFactory(accion=accion)
    return accion


def actividad(accion, numero, porcentaje, estado="VALIDADO", **otros):
    """Una actividad de dos años con su avance en 2021-S1, ya medido."""
    plan = accion.objetivo.programa.plan
    periodo = PeriodoFactory(plan=plan, anio=2021, semestre=1, estado="CERRADO")
    datos = {"inicio": date(2021, 1, 1), "fin_original": date(2022, 12, 31), **otros}
    responsable = datos.pop("responsable", accion.responsabilidades.get().institucion)
    una = ActividadFactory(matriz=accion.matriz, numero=numero, responsable=responsable, **datos)
    avance = AvanceFactory(actividad=una, periodo=periodo, estado=estado, porcentaje=porcentaje)
    flujo.medir([avance])
    return avance


def ver(client, persona, nivel, codigo, periodo="2021-S1"):
    client.force_login(persona)
    return client.get(f"/plan/pesn/explicar/{nivel}/{codigo}/{periodo}/")


def leer(client, persona, nivel, codigo, periodo="2021-S1"):
    respuesta = ver(client, persona, nivel, codigo, periodo)
    assert respuesta.status_code == 200
    return respuesta.content.decode()


def test_la_accion_escribe_su_media_ponderada(client, elenco, accion):
    actividad(accion, 1, 60, peso=50)
    actividad(accion, 2, 20, peso=30)
    actividad(accion, 3, 0, peso=20)

    pagina = leer(client, elenco.analista, "accion", "1.1.1")

    assert "(50 × 60 + 30 × 20 + 20 × 0) / 100 = 36.00" in pagina
    assert "100 × 36.00 / 24.79 = 145.22" in pagina  # 181 de 730 días
    assert "36.00 − 24.79 = 11.21" in pagina
    assert "IC es 90.00 o más." in pagina
    assert (
        'href="/tablero/?plan=pesn&amp;periodo=2021-S1"'
        in ver(client, elenco.analista, "accion", "1.1.1").content.decode()
    )


def test_un_nivel_escribe_la_media_de_sus_acciones(client, elenco, accion):
    actividad(accion, 1, 60)
    otra = AccionFactory(objetivo=accion.objetivo, codigo="1.1.2", orden=2)
    ResponsabilidadFactory(accion=otra, institucion=elenco.responsable)
    MatrizFactory(accion=otra)
    actividad(otra, 1, 21)
    AccionFactory(objetivo=accion.objetivo, codigo="1.1.3", orden=3)  # sin matriz: no computa

    ambito = accion.objetivo.ambito.codigo
    niveles = {"plan": "pesn", "programa": "1", "objetivo": "1.1", "ambito": ambito}
    for nivel, codigo in {**niveles, "institucion": "MINGOB"}.items():
        assert "(60 + 21) / 2 = 40.50" in leer(client, elenco.consejera, nivel, codigo), nivel


def test_cada_actividad_escribe_de_donde_sale(client, elenco, accion):
    plan = accion.objetivo.programa.plan
    previo = PeriodoFactory(plan=plan, anio=2020, semestre=2, estado="CORTADO")
    meta = actividad(accion, 1, None, modo="META", meta=80, unidad="Talleres")
    AvanceFactory(
        actividad=meta.actividad, periodo=previo, estado="CONSOLIDADO", ejecutado_periodo=10
    )
    Avance.objects.filter(pk=meta.pk).update(ejecutado_periodo=24)
    por_hitos = actividad(accion, 2, None, modo="HITOS")
    for numero, peso, fecha in ((1, 40, date(2021, 3, 1)), (2, 60, date(2022, 3, 1))):
        HitoFactory(actividad=por_hitos.actividad, numero=numero, peso=peso, fecha_original=fecha)
    hito = por_hitos.actividad.hitos.get(numero=1)
    por_hitos.hitos_cumplidos.create(hito=hito, fecha=date(2021, 3, 1))
    flujo.medir(Avance.objects.filter(periodo=meta.periodo))

    pagina = leer(client, elenco.analista, "accion", "1.1.1")

    assert "100 × (10 + 24) / 80 = 42.50" in pagina
    assert "40 = 40.00" in pagina
    assert "Pesos de los hitos cumplidos (1)." in pagina
    assert "100 × 181 / 730 = 24.79" in pagina
    assert "Pesos de los hitos con fecha hasta el 30/06/2021." in pagina


def test_dice_quien_valido_cuando_y_con_que(client, elenco, accion):
    avance = actividad(accion, 1, 45, estado="REMITIDO")
    evidencia = EvidenciaFactory(avance=avance, titulo="Acta de entrega")
    flujo.validar(avance, version=avance.version, por=elenco.analista)

    pagina = leer(client, elenco.analista, "actividad", "1.1.1.1")

    assert "Validó Anabella el" in pagina
    assert f'href="/evidencias/{evidencia.pk}/"' in pagina
    assert "Es el último porcentaje validado." in pagina


def test_lo_que_se_tramita_cuenta_con_lo_ultimo_validado(client, elenco, accion):
    avance = actividad(accion, 1, 70, estado="REMITIDO")

    pagina = leer(client, elenco.analista, "accion", "1.1.1")

    assert "(0) / 1 = 0.00" in pagina
    assert "Nada validado todavía (remitido)." in pagina
    assert str(avance.ejecutado) not in re.sub(r"<[^>]*>", " ", pagina)


# Cortado ----------------------------------------------------------------------------------------
def test_un_semestre_cortado_se_coteja_con_lo_sellado(client, elenco, accion):
    periodo = actividad(accion, 1, 45).periodo
    emision.cortar(periodo, por=elenco.coordinadora)

    pagina = leer(client, elenco.consejera, "accion", "1.1.1")

    assert "cotejado con el corte 1 de 2021-S1: coincide" in pagina


@pytest.mark.parametrize(("nivel", "codigo"), [("accion", "1.1.1"), ("plan", "pesn")])
def test_si_lo_recalculado_no_es_lo_sellado_lo_dice(client, elenco, accion, nivel, codigo):
    avance = actividad(accion, 1, 45)
    emision.cortar(avance.periodo, por=elenco.coordinadora)
    Avance.objects.filter(pk=avance.pk).update(ejecutado=Decimal("46.00"))

    pagina = leer(client, elenco.consejera, nivel, codigo)

    assert "Lo recalculado no es lo que se selló." in pagina
    assert "E 45.0" in pagina
    assert "coincide" not in pagina


def test_el_resumen_de_un_corte_sale_de_su_contenido_sellado(elenco, accion):
    corte = emision.cortar(actividad(accion, 1, 45).periodo, por=elenco.coordinadora)

    resumen = ResumenDeCorte.objects.get(corte=corte)

    sellado = corte.sellado_de("CNS")
    assert resumen.huella == sellado.huella
    assert '"actividades"' not in resumen.contenido
    assert '"ejecutado":"45.00"' in resumen.contenido


# Quién ------------------------------------------------------------------------------------------
def test_de_lo_restringido_no_se_dice_ni_cifra_ni_texto_ni_la_cuenta(client, elenco, accion):
    abierta = actividad(accion, 1, 61, descripcion="Lo que se ve.")
    cerrada = actividad(
        accion, 2, 13, descripcion="Lo que no se ve.", visibilidad="RESTRINGIDA", peso=None
    )
    EvidenciaFactory(avance=cerrada, titulo="Acta secreta")
    emision.cortar(abierta.periodo, por=elenco.coordinadora)

    for persona in (elenco.ajena, elenco.consejera):
        for nivel, codigo in (("accion", "1.1.1"), ("plan", "pesn")):
            pagina = leer(client, persona, nivel, codigo)
            assert "Lo que se ve." in pagina
            assert "Actividad de acceso restringido" in pagina
            assert "37.00" in pagina  # la acción: (61 + 13) / 2, que es de toda persona de adentro
            assert "13.00" not in pagina
            assert "+ 13" not in pagina
            assert "Lo que no se ve." not in pagina
            assert "Acta secreta" not in pagina
            assert "se deduciría una actividad que no se le muestra" in pagina
        assert ver(client, persona, "actividad", "1.1.1.1").status_code == 200
        assert ver(client, persona, "actividad", "1.1.1.2").status_code == 404
    entera = leer(client, elenco.analista, "accion", "1.1.1")
    assert "(61 + 13) / 2 = 37.00" in entera
    assert "Lo que no se ve." in entera


def test_de_lo_ajeno_sin_consolidar_no_se_dicen_cifras(client, elenco, accion):
    actividad(accion, 1, 61, descripcion="De otra casa.")

    ajena = leer(client, elenco.ajena, "accion", "1.1.1")
    propia = leer(client, elenco.planificadora, "accion", "1.1.1")

    assert "De otra casa." in ajena
    assert "no se le muestran: son de MINGOB" in ajena
    assert "(61) / 1 = 61.00" not in ajena
    assert "(61) / 1 = 61.00" in propia


def test_el_texto_reservado_no_se_lee_aunque_la_fila_se_vea(client, elenco, accion):
    avance = actividad(
        accion, 1, 40, descripcion="Texto confidencial.", clasificacion="CONFIDENCIAL"
    )
    Evidencia.objects.filter(pk=EvidenciaFactory(avance=avance, titulo="Prueba").pk).update(
        clasificacion="CONFIDENCIAL"
    )

    auditor = leer(client, elenco.auditor, "accion", "1.1.1")
    analista = leer(client, elenco.analista, "accion", "1.1.1")

    assert "[Confidencial]" in auditor
    assert "Texto confidencial." not in auditor
    assert "Prueba" not in auditor
    assert "Texto confidencial." in analista


@pytest.mark.parametrize(
    ("nivel", "codigo", "periodo"),
    [
        ("accion", "9.9.9", "2021-S1"),
        ("actividad", "1.1.1.99", "2021-S1"),
        ("actividad", "1.1.1", "2021-S1"),
        ("programa", "x", "2021-S1"),
        ("programa", "٣", "2021-S1"),
        ("programa", "99999999999999999999", "2021-S1"),
        ("plan", "otro", "2021-S1"),
        ("institucion", "NADIE", "2021-S1"),
        ("nada", "1.1.1", "2021-S1"),
        ("accion", "1.1.1", "1999-S1"),
    ],
)
def test_lo_que_no_hay_no_existe(client, elenco, accion, nivel, codigo, periodo):
    actividad(accion, 1, 45)

    assert ver(client, elenco.analista, nivel, codigo, periodo).status_code == 404


def test_quien_administra_cuentas_no_ve_de_donde_salen(client, elenco, accion):
    actividad(accion, 1, 45)

    assert ver(client, elenco.administradora, "accion", "1.1.1").status_code == 403


@pytest.mark.parametrize("cuantas", [1, 5])
def test_la_explicacion_no_crece_en_consultas(
    client, elenco, accion, cuantas, django_assert_num_queries
):
    for numero in range(1, cuantas + 1):
        EvidenciaFactory(avance=actividad(accion, numero, 40))
    client.force_login(elenco.analista)

    with django_assert_num_queries(16):
        pagina = client.get("/plan/pesn/explicar/plan/pesn/2021-S1/").content.decode()

    assert pagina.count("100 × 181 / 730") == cuantas
