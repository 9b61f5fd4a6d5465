"""El formulario del avance: guardar revisa tipos; entregar, todo dominio §5."""

from datetime import date
from decimal import Decimal

import pytest

from instituciones.models import Clasificacion
from matrices.forms.avance import AvanceForm
from matrices.models import Actividad, Aporte, Avance, Evidencia, HitoCumplido
from tests.fabricas import (
    ActividadFactory,
    AvanceFactory,
    HitoFactory,
    InstitucionFactory,
    ObservacionFactory,
    PeriodoFactory,
    ResolucionFactory,
    UsuarioFactory,
)

pytestmark = pytest.mark.django_db
Modo = Actividad.Modo
LARGO = "Se aprobó la norma y se capacitó a quienes la aplican en todo el país."
COMPLETO = {
    "version": 1,
    "situacion_reportada": "EN_EJECUCION",
    "logro": LARGO,
    "visibilidad": "PUBLICA",
    "clasificacion": "PUBLICA",
    "declaracion": "on",
}
FRENO = {
    "limitante_tipo": "PRESUPUESTO",
    "limitante": LARGO,
    "medida_correctiva": LARGO,
    "responsable_medida": "Dirección de Planificación",
    "fecha_medida": "2021-09-30",
}


def un_avance(modo=Modo.PORCENTAJE, previo=None, **actividad):
    """Un borrador de 2021-S1; con `previo`, lo validado de 2020-S2."""
    if modo == Modo.META:
        actividad = {"meta": 100, "unidad": "Personas", **actividad}
    fila = ActividadFactory(modo=modo, **actividad)
    plan = fila.matriz.accion.objetivo.programa.plan
    if previo is not None:
        antes = PeriodoFactory(plan=plan, anio=2020, semestre=2, estado="CORTADO")
        AvanceFactory(actividad=fila, periodo=antes, estado="CONSOLIDADO", **previo)
    return AvanceFactory(actividad=fila, periodo=PeriodoFactory(plan=plan), estado="BORRADOR")


def con_evidencia(avance, hito=None):
    Evidencia.objects.create(
        avance=avance, hito=hito, titulo="Acta", nombre="acta.pdf", tipo="PDF",
        archivo="ab/cd/x", sha256=f"{hito.pk if hito else 0:064d}", tamano=10,
        clasificacion="PUBLICA",
    )  # fmt: skip
    return avance


def entregar(avance, **datos):
    return AvanceForm({**COMPLETO, **datos}, instance=avance, entregar=True)


def faltas(form):
    """{campo: [códigos]} de lo que impide entregar."""
    return {c: [e.code for e in errores] for c, errores in form.errors.as_data().items()}


# Guardar ---------------------------------------------------------------------------------------


def test_guardar_acepta_un_borrador_vacio():
    avance = un_avance()

    form = AvanceForm(
        {"version": 3, "visibilidad": "PUBLICA", "clasificacion": "PUBLICA"}, instance=avance
    )

    assert form.is_valid(), form.errors
    dicho = form.declaracion()
    assert dicho.columnas["logro"] == ""
    assert dicho.columnas["declaracion"] is False
    assert form.cleaned_data["version"] == 3


@pytest.mark.parametrize(
    ("modo", "campos"),
    [
        (Modo.META, {"ejecutado_periodo", "justificacion_exceso"}),
        (Modo.HITOS, {"hitos_cumplidos"}),
        (Modo.PORCENTAJE, {"porcentaje", "motivo_retroceso"}),
        (Modo.COLECTIVO, {"aportes"}),
    ],
)
def test_cada_modo_pide_solo_sus_campos(modo, campos):
    todos = {
        "ejecutado_periodo", "justificacion_exceso", "hitos_cumplidos",
        "porcentaje", "motivo_retroceso", "aportes",
    }  # fmt: skip

    form = AvanceForm(instance=un_avance(modo))

    assert set(form.fields) & todos == campos


def test_presupuesto_solo_si_la_actividad_tiene_estructura():
    sin, con = un_avance(), un_avance(programa_presupuestario="11-00-001")

    assert "devengado" not in AvanceForm(instance=sin).fields
    assert "devengado" in AvanceForm(instance=con).fields


@pytest.mark.parametrize(
    ("campo", "dado"),
    [
        ("porcentaje", "101"),
        ("porcentaje", "-0.01"),
        ("porcentaje", "10.555"),
        ("porcentaje", "NaN"),
        ("porcentaje", "1e400"),
        ("situacion_reportada", "INVENTADA"),
        ("fecha_medida", "99999-99-99"),
        ("logro", "a" * 1001),
        ("logro", "a\0b"),
        ("logro", "a\x1bb"),
        ("logro", "derecha \u202e izquierda"),
        ("logro", "a\ud800"),
        ("logro", "a\uffff"),
        ("territorio", ["23"]),
        ("beneficiarios_total", "-1"),
        ("responsable_medida", "u" * 201),
        ("version", ""),
    ],
)
def test_guardar_rechaza_en_su_campo_lo_que_no_es_de_su_tipo(campo, dado):
    form = AvanceForm({**COMPLETO, campo: dado}, instance=un_avance())

    assert not form.is_valid()
    assert set(form.errors) == {campo.removesuffix("_total")}


@pytest.mark.parametrize(
    ("escrito", "queda"),
    [
        ("uno\r\ndos", "uno\ndos"),
        ("uno\x0bdos", "uno\ndos"),
        ("cafe\u0301", "café"),
        ("a\u200bb\ufeff", "ab"),
        ("  al centro  ", "al centro"),
        ('=HYPERLINK("http://x")', '=HYPERLINK("http://x")'),
        ("<script>{{7*7}}</script>", "<script>{{7*7}}</script>"),
        ("K'iche' ʼ 👩‍⚕️ \u200f", "K'iche' ʼ 👩‍⚕️ \u200f".strip()),
    ],
)
def test_texto_se_limpia_al_entrar(escrito, queda):
    form = AvanceForm({**COMPLETO, "logro": escrito}, instance=un_avance())

    assert form.is_valid(), form.errors
    assert form.cleaned_data["logro"] == queda


def test_visibilidad_y_clasificacion_vacias_quedan_como_estaban():
    avance = un_avance(visibilidad="RESTRINGIDA", clasificacion="PUBLICA")

    form = AvanceForm({**COMPLETO, "visibilidad": "", "clasificacion": ""}, instance=avance)

    assert form.is_valid(), form.errors
    columnas = form.declaracion().columnas
    assert (columnas["visibilidad"], columnas["clasificacion"]) == ("RESTRINGIDA", "PUBLICA")


def test_lo_reservado_lleva_resolucion_aun_en_borrador():
    quien, resolucion = (
        UsuarioFactory(),
        ResolucionFactory(vence=date(2030, 1, 1), fecha=date(2024, 1, 1)),
    )
    avance = un_avance()
    datos = {**COMPLETO, "clasificacion": "RESERVADA"}

    sin = AvanceForm(datos, instance=avance, para=quien)
    con = AvanceForm({**datos, "resolucion": resolucion.pk}, instance=avance, para=quien)

    assert faltas(sin) == {"resolucion": ["requerido"]}
    assert con.is_valid(), con.errors


def test_columnas_protegidas_no_entran_por_el_formulario():
    dicho = {"estado": "VALIDADO", "ejecutado": "100", "semaforo": "VERDE", "validado_por": "1"}
    form = AvanceForm({**COMPLETO, **dicho}, instance=un_avance())

    assert form.is_valid()
    assert not set(form.declaracion().columnas) & {*dicho, "version", "exigible", "periodo"}


# Entregar --------------------------------------------------------------------------------------


def test_entregar_completo_no_tiene_faltas():
    avance = con_evidencia(un_avance())

    form = entregar(avance, porcentaje="30")

    assert form.is_valid(), form.errors
    assert form.declaracion().columnas["porcentaje"] == Decimal(30)


@pytest.mark.parametrize(
    ("cambia", "falta"),
    [
        ({"situacion_reportada": ""}, {"situacion_reportada": ["requerido"]}),
        ({"porcentaje": ""}, {"porcentaje": ["requerido"]}),
        ({"logro": "x" * 29}, {"logro": ["demasiado_corto"]}),
        ({"declaracion": ""}, {"declaracion": ["requerido"]}),
        ({"clasificacion": "SIN_CLASIFICAR"}, {"clasificacion": ["sin_clasificar"]}),
        ({"requiere_decision_cns": "on"}, {"decision_solicitada": ["requerido"]}),
        ({"beneficiarios_total": "10"}, {"beneficiarios": ["no_cuadra"]}),
        (
            {
                "beneficiarios_total": "10", "beneficiarios_mujeres": "4",
                "beneficiarios_hombres": "5",
            },
            {"beneficiarios": ["no_cuadra"]},
        ),
        (
            {
                "beneficiarios_total": "10", "beneficiarios_mujeres": "4",
                "beneficiarios_hombres": "6", "beneficiarios_pueblo_maya": "9",
            },
            {"beneficiarios": ["no_cuadra"]},
        ),
    ],
)  # fmt: skip
def test_entregar_dice_que_falta_en_su_campo(cambia, falta):
    avance = con_evidencia(un_avance())

    assert faltas(entregar(avance, **{"porcentaje": "30", **cambia})) == falta


def test_entregar_con_beneficiarios_que_cuadran():
    cantidades = {"total": 10, "mujeres": 4, "hombres": 6, "edad_juventud": 10}
    datos = {f"beneficiarios_{clave}": str(dado) for clave, dado in cantidades.items()}

    form = entregar(con_evidencia(un_avance()), porcentaje="30", **datos)

    assert form.is_valid(), form.errors
    assert form.cleaned_data["beneficiarios"] == {
        "total": 10, "mujeres": 4, "hombres": 6, "edad": {"juventud": 10},
    }  # fmt: skip


def test_actividad_sin_clasificar_no_se_entrega():
    avance = con_evidencia(un_avance(clasificacion=Clasificacion.SIN_CLASIFICAR))

    assert faltas(entregar(avance, porcentaje="30")) == {"clasificacion": ["sin_clasificar"]}


def test_si_el_avance_sube_lleva_evidencia():
    assert faltas(entregar(un_avance(), porcentaje="30")) == {"evidencias": ["sin_evidencia"]}


def test_si_no_sube_no_pide_evidencia():
    avance = un_avance(previo={"porcentaje": 30})

    assert entregar(avance, porcentaje="30").is_valid()


@pytest.mark.parametrize(
    ("porcentaje", "situacion", "pide"),
    [
        ("24", "EN_EJECUCION", False),  # P 24.79: IC 96.81, verde
        ("20", "EN_EJECUCION", True),  # IC 80.68, amarillo
        ("10", "EN_EJECUCION", True),  # IC 40.34, rojo
        ("24", "BLOQUEADA", True),
    ],
)
def test_en_amarillo_o_peor_o_bloqueada_se_dice_que_lo_frena(porcentaje, situacion, pide):
    avance = con_evidencia(un_avance())
    datos = {"porcentaje": porcentaje, "situacion_reportada": situacion}

    sin, con = entregar(avance, **datos), entregar(avance, **datos, **FRENO)

    assert set(faltas(sin)) == (set(FRENO) if pide else set())
    assert con.is_valid(), con.errors


def test_vencida_tambien_dice_que_la_frena():
    avance = con_evidencia(un_avance(fin_original=date(2021, 3, 31)))

    assert set(faltas(entregar(avance, porcentaje="99"))) == set(FRENO)
    assert entregar(avance, porcentaje="100").is_valid()


def test_fecha_de_la_medida_es_posterior_al_corte():
    avance = con_evidencia(un_avance())
    datos = {"porcentaje": "10", **FRENO, "fecha_medida": "2021-06-30"}

    assert faltas(entregar(avance, **datos)) == {"fecha_medida": ["fecha_fuera"]}


def test_retroceso_se_explica():
    avance = un_avance(previo={"porcentaje": 40})
    datos = {"porcentaje": "39.99"}

    assert faltas(entregar(avance, **datos)) == {"motivo_retroceso": ["demasiado_corto"]}
    assert entregar(avance, **datos, motivo_retroceso=LARGO).is_valid()


def test_superar_la_meta_se_explica_contando_lo_anterior():
    avance = con_evidencia(un_avance(Modo.META, previo={"ejecutado_periodo": 60}))

    assert faltas(entregar(avance, ejecutado_periodo="40.01")) == {
        "justificacion_exceso": ["demasiado_corto"]
    }
    assert entregar(avance, ejecutado_periodo="40").is_valid()
    assert entregar(avance, ejecutado_periodo="50", justificacion_exceso=LARGO).is_valid()


def test_cantidad_cero_vale_y_vacia_no():
    avance = un_avance(Modo.META)

    assert "ejecutado_periodo" in faltas(entregar(avance, ejecutado_periodo=""))
    assert "ejecutado_periodo" not in faltas(entregar(avance, ejecutado_periodo="0"))


def test_presupuesto_obligatorio_si_hay_estructura():
    avance = con_evidencia(un_avance(programa_presupuestario="11-00-001"))
    dinero = ["presupuesto_asignado", "presupuesto_vigente", "devengado"]

    assert set(faltas(entregar(avance, porcentaje="30"))) == set(dinero)
    assert entregar(avance, porcentaje="30", **dict.fromkeys(dinero, "0")).is_valid()


def test_avisos_de_dinero_no_impiden_entregar():
    avance = con_evidencia(un_avance(programa_presupuestario="11-00-001"))
    plan, responsable = avance.periodo.plan, avance.actividad.responsable
    hermana = ActividadFactory(programa_presupuestario="11-00-001", responsable=responsable)
    AvanceFactory(
        actividad=hermana, periodo=PeriodoFactory(plan=plan), presupuesto_vigente=9, devengado=1
    )

    form = AvanceForm(
        {
            **COMPLETO,
            "porcentaje": "30",
            "presupuesto_asignado": "5",
            "presupuesto_vigente": "5",
            "devengado": "6",
        },
        instance=avance,
        entregar=True,
        para=UsuarioFactory(institucion=responsable),
    )

    assert form.is_valid(), form.errors
    codigos = [una.codigo for una in form.advertencias]
    assert codigos == ["gasto_mayor_que_vigente", "estructura_distinta"]


def test_devengado_menor_que_el_del_mismo_anio_avisa():
    fila = ActividadFactory(programa_presupuestario="11-00-001")
    plan = fila.matriz.accion.objetivo.programa.plan
    primero = PeriodoFactory(plan=plan, estado="CORTADO")
    segundo = PeriodoFactory(plan=plan, semestre=2)
    AvanceFactory(actividad=fila, periodo=primero, estado="CONSOLIDADO", devengado=50)
    avance = AvanceFactory(actividad=fila, periodo=segundo, estado="BORRADOR", devengado=40)

    form = AvanceForm(instance=avance, para=UsuarioFactory(institucion=fila.responsable))

    assert [una.codigo for una in form.advertencias] == ["gasto_menor_que_antes"]


# Hitos -----------------------------------------------------------------------------------------


def por_hitos():
    avance = un_avance(Modo.HITOS)
    hitos = [HitoFactory(actividad=avance.actividad, numero=n, peso=50) for n in (1, 2)]
    return avance, hitos


def test_hito_lleva_evidencia_propia_y_fecha_dentro():
    avance, (uno, dos) = por_hitos()
    con_evidencia(avance, uno)
    marcas = {"hitos_cumplidos_1": "on", "hitos_cumplidos_1_fecha": "2021-05-05"}
    marcas |= {"hitos_cumplidos_2": "on", "hitos_cumplidos_2_fecha": "2021-07-01"}

    form = entregar(avance, **marcas)

    assert faltas(form) == {"hitos_cumplidos": ["fecha_fuera", "sin_evidencia"]}
    con_evidencia(avance, dos)
    marcas["hitos_cumplidos_2_fecha"] = "2021-06-30"
    form = entregar(avance, **marcas)
    assert form.is_valid(), form.errors
    assert form.declaracion().hitos == {uno.pk: date(2021, 5, 5), dos.pk: date(2021, 6, 30)}


def test_hito_marcado_sin_fecha_no_se_guarda():
    avance, _ = por_hitos()

    form = AvanceForm({**COMPLETO, "hitos_cumplidos_1": "on"}, instance=avance)

    assert faltas(form) == {"hitos_cumplidos": ["requerido"]}


def test_hito_ya_validado_no_se_desmarca_ni_se_repite():
    fila = ActividadFactory(modo=Modo.HITOS)
    uno = HitoFactory(actividad=fila, numero=1, peso=50)
    HitoFactory(actividad=fila, numero=2, peso=50)
    plan = fila.matriz.accion.objetivo.programa.plan
    antes = AvanceFactory(
        actividad=fila,
        periodo=PeriodoFactory(plan=plan, estado="CORTADO"),
        estado="CONSOLIDADO",
    )
    HitoCumplido.objects.create(avance=antes, hito=uno, fecha=date(2021, 3, 3))
    avance = AvanceFactory(
        actividad=fila, periodo=PeriodoFactory(plan=plan, semestre=2), estado="BORRADOR"
    )

    form = AvanceForm({**COMPLETO}, instance=avance)
    dibujo = str(form["hitos_cumplidos"])

    assert form.is_valid()
    assert form.declaracion().hitos == {}
    assert "validado el 03/03/2021" in dibujo
    assert 'name="hitos_cumplidos_1"' not in dibujo
    assert 'name="hitos_cumplidos_2"' in dibujo


# Colectivo -------------------------------------------------------------------------------------


def test_colectivo_pide_a_cada_obligada_y_vacio_es_que_no_reporto():
    avance = un_avance(Modo.COLECTIVO)
    pgn, sie = InstitucionFactory(sigla="PGN"), InstitucionFactory(sigla="SIE")
    avance.actividad.obligados.set([pgn, sie])

    form = AvanceForm({**COMPLETO, "aportes_PGN": "50", "aportes_SIE": ""}, instance=avance)

    assert form.is_valid(), form.errors
    assert form.declaracion().aportes == {pgn.pk: Decimal(50), sie.pk: None}


def test_colectivo_rechaza_fuera_de_cien_nombrando_a_quien():
    avance = un_avance(Modo.COLECTIVO)
    avance.actividad.obligados.set([InstitucionFactory(sigla="PGN")])

    form = AvanceForm({**COMPLETO, "aportes_PGN": "101"}, instance=avance)

    assert not form.is_valid()
    assert form.errors["aportes"][0].startswith("PGN:")


def test_colectivo_sube_con_el_promedio_y_pide_evidencia():
    avance = un_avance(Modo.COLECTIVO)
    avance.actividad.obligados.set([InstitucionFactory(sigla=s) for s in ("PGN", "SIE")])

    assert faltas(entregar(avance, aportes_PGN="60")) == {"evidencias": ["sin_evidencia"]}


# Sin cambios -----------------------------------------------------------------------------------

SIN_CAMBIOS = {
    "version": 1, "visibilidad": "PUBLICA", "clasificacion": "PUBLICA", "declaracion": "on",
    "sin_cambios": "on", "motivo_sin_cambios": LARGO,
}  # fmt: skip
ANTES = {
    "porcentaje": 24,
    "situacion_reportada": "EN_EJECUCION",
    "limitante_tipo": "LEGAL",
    "limitante": LARGO,
    "medida_correctiva": LARGO,
    "responsable_medida": "Dirección Jurídica",
    "fecha_medida": date(2021, 8, 1),
}


def test_sin_cambios_repite_situacion_limitante_medida_y_porcentaje():
    avance = un_avance(previo=ANTES)

    form = AvanceForm(SIN_CAMBIOS, instance=avance, entregar=True)

    assert form.is_valid(), form.errors
    columnas = form.declaracion().columnas
    copiado = {c: columnas[c] for c in ANTES if c != "fecha_medida"}
    assert copiado == {c: dado for c, dado in ANTES.items() if c != "fecha_medida"}
    assert columnas["logro"] == ""


def test_sin_cambios_en_amarillo_pide_otra_fecha():
    avance = un_avance(previo={**ANTES, "porcentaje": 20})

    sin = AvanceForm(SIN_CAMBIOS, instance=avance, entregar=True)
    misma = AvanceForm(
        {**SIN_CAMBIOS, "fecha_medida": "2021-08-01"}, instance=avance, entregar=True
    )
    otra = AvanceForm({**SIN_CAMBIOS, "fecha_medida": "2021-10-01"}, instance=avance, entregar=True)

    assert faltas(sin) == {"fecha_medida": ["requerido"]}
    assert faltas(misma) == {"fecha_medida": ["sin_cambios"]}
    assert otra.is_valid(), otra.errors


@pytest.mark.parametrize("modo", [Modo.META, Modo.PORCENTAJE])
def test_sin_cambios_no_lleva_avance(modo):
    campo = "ejecutado_periodo" if modo == Modo.META else "porcentaje"
    avance = un_avance(modo, previo={"situacion_reportada": "EN_EJECUCION", campo: 25})
    datos = {**SIN_CAMBIOS, campo: "26"}

    form = AvanceForm(datos, instance=avance, entregar=True)

    assert faltas(form)[campo] == ["sin_cambios"]


def test_sin_cambios_pide_su_motivo():
    avance = un_avance(previo=ANTES)

    form = AvanceForm(
        {**SIN_CAMBIOS, "motivo_sin_cambios": "Nada."}, instance=avance, entregar=True
    )

    assert faltas(form) == {"motivo_sin_cambios": ["demasiado_corto"]}


# Observaciones y lo guardado -------------------------------------------------------------------


def test_cada_observacion_abierta_se_responde():
    avance = con_evidencia(un_avance())
    una = ObservacionFactory(avance=avance)
    ObservacionFactory(avance=avance, estado="CERRADA", respuesta="Listo")

    sin = entregar(avance, porcentaje="30")
    con = entregar(avance, porcentaje="30", **{f"respuesta_{una.pk}": "Se precisó el lugar."})

    assert faltas(sin) == {f"respuesta_{una.pk}": ["requerido"]}
    assert con.is_valid(), con.errors
    assert con.declaracion().respuestas == {una.pk: "Se precisó el lugar."}


def test_de_lo_guardado_juzga_igual_que_lo_escrito():
    avance = con_evidencia(un_avance())
    Avance.objects.filter(pk=avance.pk).update(
        situacion_reportada="EN_EJECUCION",
        porcentaje=30,
        logro=LARGO,
        territorio=["01", "22"],
        beneficiarios={"total": 3, "mujeres": 1, "hombres": 2},
    )
    avance.refresh_from_db()

    form = AvanceForm.de(avance, entregar=True)

    assert form.is_valid(), form.errors
    avance.logro = "Corto"
    assert faltas(AvanceForm.de(avance, entregar=True)) == {"logro": ["demasiado_corto"]}


def test_de_lo_guardado_por_hitos_y_colectivo():
    avance, (uno, _) = por_hitos()
    con_evidencia(avance, uno)
    HitoCumplido.objects.create(avance=avance, hito=uno, fecha=date(2021, 4, 1))
    colectivo = un_avance(Modo.COLECTIVO)
    pgn = InstitucionFactory(sigla="PGN")
    colectivo.actividad.obligados.set([pgn])
    Aporte.objects.create(avance=colectivo, institucion=pgn, porcentaje=50)

    de_hitos, de_todos = AvanceForm.de(avance), AvanceForm.de(colectivo)

    assert de_hitos.is_valid(), de_hitos.errors
    assert de_hitos.declaracion().hitos == {uno.pk: date(2021, 4, 1)}
    assert de_todos.is_valid(), de_todos.errors
    assert de_todos.declaracion().aportes == {pgn.pk: Decimal(50)}
