"""El plan, sus acciones y la escritura de las matrices."""

from datetime import date
from decimal import Decimal

import pytest

from instituciones.models import Asiento
from matrices.models import Actividad, Avance, MatrizCumplimiento
from tests.fabricas import (
    AccionFactory,
    ActividadFactory,
    AvanceFactory,
    CooperacionFactory,
    HitoFactory,
    IrregularidadFactory,
    MatrizFactory,
    PeriodoFactory,
    ResponsabilidadFactory,
)

pytestmark = pytest.mark.django_db


def direccion(accion, resto=""):
    plan = accion.objetivo.programa.plan
    return f"/plan/{plan.codigo}/acciones/{accion.codigo}/{resto}"


def validado(accion, ejecutado, programado, **otros):
    """Una actividad de la acción con su avance validado y medido, en el periodo del plan."""
    actividad = ActividadFactory(matriz=MatrizFactory.create(accion=accion), **otros)
    return medir(actividad, ejecutado, programado)


def medir(actividad, ejecutado, programado, estado="CONSOLIDADO"):
    plan = actividad.matriz.accion.objetivo.programa.plan
    periodo = PeriodoFactory(plan=plan, estado="CORTADO")
    return AvanceFactory(
        actividad=actividad,
        periodo=periodo,
        estado=estado,
        ejecutado=ejecutado,
        programado=programado,
        programado_original=programado,
        semaforo="AMARILLO",
        fin_medido=actividad.fin_vigente,
        situacion_medida="VIGENTE",
    )


def test_el_plan_muestra_las_cifras_del_ultimo_corte(client, elenco):
    accion = AccionFactory()
    ResponsabilidadFactory(accion=accion, institucion=elenco.responsable, presunta=True)
    validado(accion, Decimal("40.00"), Decimal("50.00"))
    client.force_login(elenco.consejera)

    pagina = client.get(f"/plan/{accion.objetivo.programa.plan.codigo}/").content.decode()

    assert accion.enunciado in pagina
    assert "MINGOB" in pagina
    assert "(presunta)" in pagina
    assert "80.00" in pagina  # IC = 100 · 40 / 50


@pytest.mark.parametrize("cuantas", [1, 3])
def test_el_plan_no_crece_en_consultas(client, elenco, cuantas, django_assert_num_queries):
    accion = AccionFactory()
    acciones = [
        accion,
        *AccionFactory.create_batch(cuantas - 1, objetivo=accion.objetivo),
    ]
    for una in acciones:
        ResponsabilidadFactory(accion=una)
        validado(una, Decimal("40.00"), Decimal("50.00"))
    client.force_login(elenco.analista)
    plan = accion.objetivo.programa.plan

    with django_assert_num_queries(10):
        pagina = client.get(f"/plan/{plan.codigo}/").content.decode()

    assert pagina.count("/acciones/") == cuantas


@pytest.mark.parametrize("cuantas", [1, 3])
def test_una_accion_no_crece_en_consultas(client, elenco, cuantas, django_assert_num_queries):
    matriz = MatrizFactory()
    for actividad in ActividadFactory.create_batch(cuantas, matriz=matriz):
        CooperacionFactory(actividad=actividad)
        medir(actividad, Decimal("40.00"), Decimal("50.00"))
    client.force_login(elenco.analista)

    with django_assert_num_queries(23):
        pagina = client.get(direccion(matriz.accion)).content.decode()

    assert pagina.count("Consolidado") == cuantas


def test_una_accion_se_muestra_en_la_forma_de_la_grafica_1(client, elenco):
    actividad = ActividadFactory(
        responsable=elenco.responsable, programa_presupuestario="Programa 11"
    )
    CooperacionFactory(actividad=actividad, institucion=elenco.otra)
    client.force_login(elenco.consejera)

    pagina = client.get(direccion(actividad.matriz.accion)).content.decode()

    encabezados = [
        "Número de acción estratégica",
        "Acción estratégica",
        "Impacto",
        "Actividades de cumplimiento",
        "Responsable institucional",
        "Fecha de inicio",
        "Fecha de finalización",
        "Programa presupuestario",
    ]
    lugares = [pagina.index(f">{texto}</th>") for texto in encabezados]
    assert lugares == sorted(lugares)
    assert "<strong>MINGOB</strong>" in pagina
    assert "MINDEF (Cooperación)" in pagina
    assert "01/01/2021" in pagina
    assert "31/12/2022" in pagina
    assert "Programa 11" in pagina


def test_lo_impreso_se_muestra_junto_a_su_criterio(client, elenco):
    accion = AccionFactory(responsables_fuente="MINGOB, MINGOB, SIE")
    accion.reglas.add(
        IrregularidadFactory(
            plan=accion.objetivo.programa.plan, codigo="R08", tratamiento="Se deja una vez."
        )
    )
    client.force_login(elenco.consejera)

    pagina = client.get(direccion(accion)).content.decode()

    assert "MINGOB, MINGOB, SIE" in pagina
    assert "Criterio R08" in pagina
    assert "Se deja una vez." in pagina


def test_lo_restringido_no_se_lista_y_la_accion_lo_cuenta(client, elenco):
    matriz = MatrizFactory()
    abierta = ActividadFactory(matriz=matriz, descripcion="Lo que se ve.")
    cerrada = ActividadFactory(
        matriz=matriz, descripcion="Lo que no se ve.", visibilidad="RESTRINGIDA"
    )
    medir(abierta, Decimal("40.00"), Decimal("50.00"))
    medir(cerrada, Decimal("20.00"), Decimal("50.00"))
    client.force_login(elenco.ajena)

    pagina = client.get(direccion(matriz.accion)).content.decode()

    assert "Lo que se ve." in pagina
    assert "Lo que no se ve." not in pagina
    assert "1 actividad de esta acción no se muestra" in pagina
    assert "30.0" in pagina  # la acción: (40 + 20) / 2


def test_el_texto_sin_clasificar_lo_lee_su_institucion_y_no_otra(client, elenco):
    actividad = ActividadFactory(
        responsable=elenco.responsable,
        descripcion="Aún sin clasificar.",
        clasificacion="SIN_CLASIFICAR",
    )

    client.force_login(elenco.planificadora)
    propia = client.get(direccion(actividad.matriz.accion)).content.decode()
    client.force_login(elenco.ajena)
    ajena = client.get(direccion(actividad.matriz.accion)).content.decode()

    assert "Aún sin clasificar." in propia
    assert "Aún sin clasificar." not in ajena
    assert "[Sin clasificar]" in ajena


@pytest.mark.parametrize("periodo", ["2099-S1", "nada", "2021-S3", "٢٠٢١-S1"])
def test_un_semestre_que_no_hay_no_existe(client, elenco, periodo):
    accion = AccionFactory()
    client.force_login(elenco.analista)

    assert client.get(direccion(accion), {"periodo": periodo}).status_code == 404


ACTIVIDAD = {
    "version": "0",
    "numero": "1",
    "descripcion": "Levantar el diagnóstico.",
    "inicio": "2021-01-01",
    "fin_original": "2022-12-31",
    "modo": "HITOS",
    "unidad": "Documento",
    "visibilidad": "PUBLICA",
    "clasificacion": "PUBLICA",
    "hitos-TOTAL_FORMS": "2",
    "hitos-INITIAL_FORMS": "0",
    "hitos-0-numero": "1",
    "hitos-0-descripcion": "Borrador",
    "hitos-0-peso": "40",
    "hitos-0-fecha": "2021-06-30",
    "hitos-1-numero": "2",
    "hitos-1-descripcion": "Versión final",
    "hitos-1-peso": "60",
    "hitos-1-fecha": "2022-06-30",
    "cooperantes-TOTAL_FORMS": "0",
    "cooperantes-INITIAL_FORMS": "0",
}


def test_la_cap_escribe_una_matriz_desde_cero(client, elenco):
    accion = AccionFactory()
    client.force_login(elenco.comisionada)

    client.post(direccion(accion, "impacto/"), {"version": 0, "impacto": "Menos violencia."})
    respuesta = client.post(
        direccion(accion, "actividades/nueva/"),
        {**ACTIVIDAD, "responsable": elenco.responsable.pk},
    )

    assert respuesta.status_code == 302
    actividad = Actividad.objects.get(matriz__accion=accion)
    assert actividad.fin_vigente == actividad.fin_original == date(2022, 12, 31)
    assert [(uno.numero, uno.peso) for uno in actividad.hitos.all()] == [(1, 40), (2, 60)]
    actos = Asiento.objects.filter(persona=elenco.comisionada).values_list("acto", flat=True)
    assert {"escribir_impacto", "agregar_actividad"} <= set(actos)


def test_una_actividad_agregada_con_el_periodo_abierto_nace_con_su_avance(client, elenco):
    matriz = MatrizFactory()
    periodo = PeriodoFactory(plan=matriz.accion.objetivo.programa.plan)
    client.force_login(elenco.coordinadora)

    client.post(
        direccion(matriz.accion, "actividades/nueva/"),
        {**ACTIVIDAD, "responsable": elenco.responsable.pk},
    )

    avance = Avance.objects.get(actividad__matriz=matriz, periodo=periodo)
    assert (avance.estado, avance.exigible, avance.programado) == ("PENDIENTE", True, 40)


@pytest.mark.parametrize(
    ("cambio", "dice"),
    [
        ({"hitos-1-peso": "50"}, "sumar exactamente 100"),
        ({"hitos-1-numero": "1"}, "renglones repetidos"),
        ({"fin_original": "2020-12-31"}, "igual o posterior al inicio"),
        ({"fin_original": "2030-12-31"}, "El plan va del"),
        ({"modo": "META"}, "meta mayor que cero"),
        ({"modo": "COLECTIVO"}, "quiénes están obligados"),
        ({"clasificacion": "RESERVADA"}, "exige su resolución"),
    ],
)
def test_una_actividad_que_no_cuadra_se_rechaza_y_nada_queda(client, elenco, cambio, dice):
    matriz = MatrizFactory()
    client.force_login(elenco.coordinadora)

    respuesta = client.post(
        direccion(matriz.accion, "actividades/nueva/"),
        {**ACTIVIDAD, "responsable": elenco.responsable.pk, **cambio},
    )

    assert respuesta.status_code == 422
    assert dice in respuesta.content.decode()
    assert not Actividad.objects.exists()


def test_los_pesos_van_en_todas_las_actividades_o_en_ninguna(client, elenco):
    matriz = MatrizFactory()
    ActividadFactory(matriz=matriz, numero=7, peso=30)
    client.force_login(elenco.coordinadora)

    respuesta = client.post(
        direccion(matriz.accion, "actividades/nueva/"),
        {**ACTIVIDAD, "responsable": elenco.responsable.pk},
    )

    assert respuesta.status_code == 422
    assert "llevan peso" in respuesta.content.decode()


def test_lo_prometido_no_se_reescribe_tras_un_avance_validado(client, elenco):
    hito = HitoFactory(numero=1, actividad__numero=1, actividad__inicio=date(2021, 1, 1))
    actividad = hito.actividad
    medir(actividad, Decimal("0.00"), Decimal("100.00"))
    client.force_login(elenco.coordinadora)

    respuesta = client.post(
        direccion(actividad.matriz.accion, f"actividades/{actividad.numero}/"),
        {**ACTIVIDAD, "version": 1, "responsable": actividad.responsable.pk},
    )

    assert respuesta.status_code == 422
    assert "avances validados" in respuesta.content.decode()
    assert actividad.hitos.get().peso == 100


def test_dos_que_corrigen_el_impacto_el_segundo_ve_ambos_textos(client, elenco):
    matriz = MatrizFactory(impacto="El primero.")
    client.force_login(elenco.coordinadora)
    pagina = direccion(matriz.accion, "impacto/")

    client.post(pagina, {"version": 1, "impacto": "Lo que escribió una."})
    respuesta = client.post(pagina, {"version": 1, "impacto": "Lo que escribió otra."})

    cuerpo = respuesta.content.decode()
    assert respuesta.status_code == 409
    assert "Lo que escribió una." in cuerpo
    assert "Lo que escribió otra." in cuerpo
    assert MatrizCumplimiento.objects.get().impacto == "Lo que escribió una."


@pytest.mark.parametrize("resto", ["impacto/", "actividades/nueva/"])
def test_quien_no_estructura_no_escribe_matrices(client, elenco, resto):
    matriz = MatrizFactory()
    for persona in (elenco.planificadora, elenco.analista, elenco.consejera, elenco.auditor):
        client.force_login(persona)

        assert client.get(direccion(matriz.accion, resto)).status_code == 403
        assert client.post(direccion(matriz.accion, resto), {}).status_code == 403


def como_el_navegador(client, url) -> dict:
    """Lo que un navegador manda si nadie toca nada: lo que dicen los formularios de la página."""
    contexto = client.get(url).context
    datos = {}
    for que in ("form", "hitos", "cooperantes"):
        formulario = contexto[que]
        partes = [formulario] if que == "form" else [formulario.management_form, *formulario.forms]
        for parte in partes:
            for campo in parte:
                valor = campo.value()
                if valor is None and getattr(campo.field, "choices", None):
                    valor = next(iter(campo.field.choices))[0]  # la primera opción del select
                datos[campo.html_name] = "" if valor is None or valor is False else valor
    return datos


@pytest.mark.parametrize("modo", ["PORCENTAJE", "HITOS"])
def test_guardar_sin_tocar_no_pierde_hitos_ni_cooperantes(client, elenco, modo):
    accion = AccionFactory()
    matriz = MatrizFactory(accion=accion)
    actividad = ActividadFactory(matriz=matriz, numero=1, modo=modo, responsable=elenco.responsable)
    CooperacionFactory(actividad=actividad, institucion=elenco.otra, rol="APOYO")
    if modo == "HITOS":
        HitoFactory(actividad=actividad, numero=1, peso=40)
        HitoFactory(actividad=actividad, numero=2, peso=60)
    client.force_login(elenco.coordinadora)
    url = direccion(accion, "actividades/1/")

    respuesta = client.post(url, como_el_navegador(client, url) | {"unidad": "Otra"})

    assert respuesta.status_code == 302
    actividad = Actividad.objects.get(pk=actividad.pk)
    assert actividad.unidad == "Otra"
    assert [str(uno) for uno in actividad.cooperantes.all()] == ["MINDEF (Apoyo)"]
    assert actividad.hitos.count() == (2 if modo == "HITOS" else 0)


def test_dos_actividades_no_llevan_el_mismo_numero(client, elenco):
    accion = AccionFactory()
    ActividadFactory(matriz=MatrizFactory(accion=accion), numero=1, responsable=elenco.responsable)
    client.force_login(elenco.coordinadora)
    url = direccion(accion, "actividades/nueva/")
    datos = como_el_navegador(client, url) | {
        "numero": 1,
        "descripcion": "Otra actividad.",
        "responsable": elenco.responsable.pk,
        "inicio": "2021-01-01",
        "fin_original": "2022-12-31",
        "modo": "PORCENTAJE",
        "unidad": "Porcentaje",
    }

    respuesta = client.post(url, datos)

    assert respuesta.status_code == 422
    assert "ya tiene una actividad 1" in respuesta.text


def test_otro_plan_llama_a_sus_niveles_como_quiere(client, elenco):
    matriz = ActividadFactory(responsable=elenco.responsable).matriz
    plan = matriz.accion.objetivo.programa.plan
    plan.niveles = {"programa": "Eje", "objetivo": "Meta", "accion": "Línea", "matriz": "Hoja"}
    plan.save()
    client.force_login(elenco.consejera)
    pagina = client.get(direccion(matriz.accion)).content.decode()

    for nombre in (
        "Número de línea</th>",
        ">Línea</th>",
        ">Hoja</h2>",
        "<dt>Eje</dt>",
        "<dt>Meta ",
    ):
        assert nombre in pagina
    assert "Acción estratégica</th>" not in pagina
