"""El plan entra letra por letra, una sola vez, y nada contradictorio se escribe."""

import json
from collections import Counter
from copy import deepcopy
from datetime import date
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from acciones import fuente
from acciones.carga import cargar
from acciones.models import (
    AccionEstrategica,
    Ambito,
    Irregularidad,
    ObjetivoEspecifico,
    Plan,
    Programa,
    PropuestaLegislativa,
    Responsabilidad,
    ResultadoEstrategico,
    Sigla,
)
from instituciones.models import Asiento, GrupoInstitucional, Institucion, PertenenciaGrupo

pytestmark = pytest.mark.django_db
ARCHIVO = Path(__file__).parents[2] / "fixtures" / "pesn-2020-2024.json"
ORIGINAL = json.loads(ARCHIVO.read_text(encoding="utf-8"))


@pytest.fixture
def datos():
    return deepcopy(ORIGINAL)


def otro_plan():
    """Un plan pequeño, con otros niveles y otras cuentas, que nombra instituciones de la base."""
    return {
        "esquema": "pesn/2",
        "plan": {
            "codigo": "PLAN-B",
            "sigla": "PB",
            "nombre": "Plan B",
            "inicio": "2025-01-01",
            "fin": "2026-12-31",
            "vigencia_presunta": False,
            "seguimiento": "STCNS",
            "primer_periodo": "2025-S2",
            "ultimo_periodo": "2026-S1",
            "niveles": {
                "programa": "Eje",
                "objetivo": "Línea",
                "accion": "Compromiso",
                "matriz": "Ficha",
                "actividad": "Tarea",
            },
        },
        "instituciones": [],
        "ambitos": [
            {
                "codigo": "UNICO",
                "nombre": "Único",
                "orden": 1,
                "es_transversal": True,
                "coordina": ["MINGOB"],
            }
        ],
        "programas": [
            {
                "numero": 1,
                "sigla": "E1",
                "nombre": "Eje uno",
                "descripcion": None,
                "objetivo_general": "Que haya eje.",
            }
        ],
        "objetivos_especificos": [
            {"codigo": "1.1", "programa": 1, "ambito": "UNICO", "enunciado": "Línea uno."}
        ],
        "acciones": [
            {
                "codigo": f"1.1.{n}",
                "codigo_fuente": None,
                "orden": 10100 + n,
                "objetivo": "1.1",
                "enunciado": f"Compromiso {n}.",
                "responsables_fuente": "MINGOB",
                "rectora_presunta": "MINGOB",
                "participantes": [],
                "grupos": ["SNS"] if n == 1 else [],
                "regla": None,
            }
            for n in (1, 2)
        ],
    }


def fotografia():
    """Cuántas filas hay de cada cosa: para ver que nada se escribió."""
    modelos = (Plan, Programa, AccionEstrategica, Responsabilidad, Institucion, Asiento)
    return {modelo: modelo.objects.count() for modelo in modelos}


# El plan, como se publicó -----------------------------------------------------------------------


def test_el_plan_tiene_sus_niveles_y_sus_cuentas(datos):
    plan, _ = cargar(datos, por=None)

    acciones = list(AccionEstrategica.objects.del_plan(plan).select_related("objetivo__programa"))
    assert (Plan.objects.count(), Programa.objects.count(), Ambito.objects.count()) == (1, 3, 5)
    assert len(acciones) == 73
    por_objetivo = Counter(una.objetivo.codigo for una in acciones)
    assert list(por_objetivo.values()) == [18, 10, 6, 5, 15, 3, 1, 4, 1, 6, 1, 3]
    por_programa = Counter(una.objetivo.programa.numero for una in acciones)
    assert por_programa == {1: 54, 2: 9, 3: 10}
    codigos = [una.codigo for una in acciones]
    assert codigos.index("1.1.2") + 8 == codigos.index("1.1.10")
    assert not ObjetivoEspecifico.objects.filter(codigo="3.4").exists()
    assert (plan.inicio, plan.fin) == (date(2020, 4, 1), date(2024, 12, 31))
    assert plan.vigencia_presunta
    assert plan.seguimiento.sigla == "STCNS"
    assert plan.nivel("accion") == "Acción estratégica"


def test_los_enunciados_y_los_responsables_quedan_letra_por_letra(datos):
    plan, _ = cargar(datos, por=None)

    guardado = {
        una.codigo: (una.enunciado, una.responsables_fuente, una.codigo_fuente)
        for una in AccionEstrategica.objects.del_plan(plan)
    }
    assert guardado == {
        una["codigo"]: (una["enunciado"], una["responsables_fuente"], una["codigo_fuente"])
        for una in ORIGINAL["acciones"]
    }
    assert guardado["1.1.3"][1] == "STCNS,"
    assert guardado["1.1.1"][2] == "1.1.1."


def test_quien_responde_por_cada_accion(datos):
    cargar(datos, por=None)

    assert Responsabilidad.objects.count() == 164
    rectoras = Responsabilidad.objects.filter(rol="RECTORA")
    assert rectoras.count() == rectoras.filter(presunta=True).count() == 73
    assert not Responsabilidad.objects.filter(rol="PARTICIPANTE", presunta=True).exists()
    lideran = Counter(rectoras.values_list("institucion__sigla", flat=True))
    mencionan = Counter(
        Responsabilidad.objects.exclude(institucion=None).values_list(
            "institucion__sigla", flat=True
        )
    )
    assert {sigla: (lideran[sigla], mencionan[sigla]) for sigla in mencionan} == {
        "MINGOB": (28, 40),
        "CONRED": (10, 13),
        "MINDEF": (8, 32),
        "STCNS": (7, 26),
        "SIE": (7, 13),
        "MINEX": (5, 7),
        "PGN": (4, 5),
        "CAP": (1, 8),
        "INEES": (1, 6),
        "IGSNS": (1, 1),
        "SAAS": (1, 1),
        "DIEMDN": (0, 1),
    }
    grupos = Counter(
        Responsabilidad.objects.exclude(grupo=None).values_list("grupo__sigla", flat=True)
    )
    assert grupos == {"SNS": 9, "SNI": 2}


def test_los_grupos_se_expanden_a_quienes_reportan(datos):
    cargar(datos, por=None)

    corte = date(2022, 6, 30)
    sns, sni = (GrupoInstitucional.objects.get(sigla=sigla) for sigla in ("SNS", "SNI"))
    assert Institucion.objects.filter(reporta=True).count() == 11
    assert sns.pertenencias.count() == 8
    assert {una.sigla for una in sns.obligados(corte)} == {
        "CONRED", "MINDEF", "MINEX", "MINGOB", "PGN", "SAAS", "SIE",
    }  # fmt: skip
    assert {una.sigla for una in sni.obligados(corte)} == {"MINDEF", "MINGOB", "SIE"}


def test_lo_demas_de_la_fuente(datos):
    plan, _ = cargar(datos, por=None)

    acciones = AccionEstrategica.objects
    assert acciones.filter(reglas__isnull=False).distinct().count() == 23
    assert set(acciones.filter(es_continua=True).values_list("codigo", flat=True)) == {
        "1.5.14", "1.5.15",
    }  # fmt: skip
    assert acciones.get(codigo="1.5.10").depende_de.sigla == "CONGRESO"
    assert acciones.get(codigo="1.1.7").relacionadas.get().codigo == "1.2.2"
    assert set(acciones.values_list("visibilidad", "clasificacion")) == {("PUBLICA", "PUBLICA")}
    assert (Irregularidad.objects.count(), Sigla.objects.count()) == (21, 37)
    assert Sigla.objects.filter(en_fuente=True).count() == 29
    assert Counter(PropuestaLegislativa.objects.values_list("grupo", flat=True)) == {
        "REFORMA": 6, "SOCIALIZACION_APROBACION": 3,
    }  # fmt: skip
    dos = ResultadoEstrategico.objects.get(codigo="RE2")
    assert (dos.variacion_impresa, dos.variacion_calculada) == ("10.48", "10.57")
    assert ResultadoEstrategico.objects.get(codigo="RE6").base is None
    assert ResultadoEstrategico.objects.get(codigo="RE5").meta_anio == 2024
    assert (plan.ejes.count(), plan.pilares.count()) == (8, 5)
    assert not plan.ejes.filter(acciones__isnull=False).exists()
    assert Ambito.objects.get(codigo="EXTERIOR").coordina.count() == 2


# Otra vez, y cambiado ---------------------------------------------------------------------------


def test_la_segunda_carga_no_escribe_nada(datos):
    cargar(datos, por=None)

    with CaptureQueriesContext(connection) as hechas:
        _, resultado = cargar(deepcopy(ORIGINAL), por=None)

    escrituras = [
        c["sql"] for c in hechas if not c["sql"].startswith(("SELECT", "SAVEPOINT", "RELEASE"))
    ]
    assert escrituras == []
    assert not resultado.hubo
    assert Asiento.objects.filter(acto="cargar_plan").count() == 1


def test_lo_que_cambia_se_dice_campo_por_campo(datos):
    cargar(datos, por=None)
    primera = datos["acciones"][0]
    primera["enunciado"] = "Actualizar el diseño de la fuerza."
    primera["rectora_presunta"], primera["participantes"] = "MINDEF", ["MINGOB", "SIE"]
    datos["acciones"][3]["participantes"] = []

    _, resultado = cargar(datos, por=None)

    accion = AccionEstrategica.objects.get(codigo="1.1.1")
    assert accion.enunciado == "Actualizar el diseño de la fuerza."
    assert accion.history.count() == 2
    assert [(r.institucion.sigla, r.rol) for r in accion.responsabilidades.order_by("orden")] == [
        ("MINDEF", "RECTORA"), ("MINGOB", "PARTICIPANTE"), ("SIE", "PARTICIPANTE"),
    ]  # fmt: skip
    assert any("1.1.1: enunciado: «Actualizar" in uno for uno in resultado.cambios)
    assert any("1.1.1 · MINDEF: rol: «PARTICIPANTE» → «RECTORA»" in c for c in resultado.cambios)
    assert resultado.creados == {"responsabilidades": 1}
    assert all(uno.startswith("responsabilidad 1.1.4 · ") for uno in resultado.quitados)
    assert Asiento.objects.filter(acto="cargar_plan").count() == 2


def test_lo_que_las_personas_clasificaron_no_lo_pisa_otra_carga(datos):
    cargar(datos, por=None)
    AccionEstrategica.objects.filter(codigo="1.4.1").update(visibilidad="RESTRINGIDA")

    _, resultado = cargar(datos, por=None)

    assert not resultado.hubo
    assert AccionEstrategica.objects.get(codigo="1.4.1").visibilidad == "RESTRINGIDA"


def test_un_segundo_plan_entra_junto_al_primero(datos):
    primero, _ = cargar(datos, por=None)

    segundo, resultado = cargar(otro_plan(), por=None)

    assert AccionEstrategica.objects.del_plan(primero).count() == 73
    assert [una.codigo for una in AccionEstrategica.objects.del_plan(segundo)] == ["1.1.1", "1.1.2"]
    assert segundo.nivel("accion") == "Compromiso"
    assert resultado.creados["acciones estratégicas"] == 2
    assert not cargar(deepcopy(ORIGINAL), por=None)[1].hubo
    assert not cargar(otro_plan(), por=None)[1].hubo


def test_un_codigo_que_solo_cambia_en_mayusculas_no_duplica_el_plan(datos):
    cargar(datos, por=None)
    de_nuevo = deepcopy(ORIGINAL)
    de_nuevo["plan"]["codigo"] = de_nuevo["plan"]["codigo"].lower()

    with pytest.raises(fuente.FuenteRechazada, match="sólo cambia en mayúsculas"):
        cargar(de_nuevo, por=None)

    assert Plan.objects.count() == 1


# Lo que no entra --------------------------------------------------------------------------------

CONTRADICCIONES = {
    "institución desconocida": (
        lambda d: d["acciones"][0].update(rectora_presunta="MINFANTASMA"),
        "acciones «1.1.1»: no existe la institución «MINFANTASMA».",
    ),
    "objetivo desconocido": (
        lambda d: d["acciones"][4].update(objetivo="9.9"),
        "acciones «1.1.5»: no existe el objetivo «9.9».",
    ),
    "ámbito desconocido": (
        lambda d: d["objetivos_especificos"][0].update(ambito="ESPACIO"),
        "objetivos_especificos «1.1»: no existe el ámbito «ESPACIO».",
    ),
    "código repetido": (
        lambda d: d["acciones"].append({**d["acciones"][1], "orden": 10119}),
        "acciones: codigo «1.1.2» está 2 veces.",
    ),
    "rectora y participante": (
        lambda d: d["acciones"][0].update(participantes=["MINDEF", "MINGOB"]),
        "acciones «1.1.1»: MINGOB es rectora y también participante.",
    ),
    "orden que no es el suyo": (
        lambda d: d["acciones"][9].update(orden=10101999),
        "acciones «1.1.10»: «orden» es 10101999 y por su código debe ser 10110.",
    ),
    "falta una clave": (
        lambda d: d["acciones"][0].pop("enunciado"),
        "acciones «1.1.1»: falta «enunciado».",
    ),
    "falta una lista": (lambda d: d.pop("programas"), "Falta la lista «programas»."),
    "otro tipo": (
        lambda d: d["programas"][0].update(numero="1"),
        "programas «1»: «numero» no es del tipo que debe.",
    ),
    "no es NFC": (
        lambda d: d["acciones"][0].update(enunciado="Institucio\u0301n"),
        "archivo.acciones[1].enunciado: el texto no está en NFC: «Institucio\u0301n».",
    ),
    "un nulo dentro del texto": (
        lambda d: d["acciones"][0].update(enunciado="a\x00b"),
        "archivo.acciones[1].enunciado: el texto trae caracteres de control.",
    ),
    "grupo desconocido": (
        lambda d: d["acciones"][0].update(grupos=["OTAN"]),
        "acciones «1.1.1»: no existe el grupo «OTAN».",
    ),
    "regla desconocida": (
        lambda d: d["acciones"][0].update(regla=["R99"]),
        "acciones «1.1.1»: no existe la irregularidad «R99».",
    ),
    "reporta sin revisora": (
        lambda d: d["instituciones"][2].update(revisora=None),
        "instituciones «MINEX»: reporta y no tiene revisora.",
    ),
    "dice que es del grupo y no está": (
        lambda d: d["instituciones"][9].update(es_sns=True),
        "instituciones «STCNS»: es_sns dice «sí» y el grupo lo contrario.",
    ),
    "una fecha que no existe": (
        lambda d: d["plan"].update(inicio="2020-02-30"),
        "plan PESN-2020-2024: «inicio»: ",
    ),
    "un tipo de institución que no existe": (
        lambda d: d["instituciones"][0].update(tipo="SINDICATO"),
        "institución PRESIDENCIA: «tipo»: ",
    ),
    "una lista donde va un código": (
        lambda d: d["continuas"].update(acciones=[["1.5.14"]]),
        "continuas: «acciones» no es una lista de textos.",
    ),
    "un código que no cabe en una dirección": (
        lambda d: d["resultados_estrategicos"][0].update(codigo="RE 1/a"),
        "resultados_estrategicos: «RE 1/a» lleva sólo letras, números, puntos y guiones.",
    ),
    "un enunciado en blanco": (
        lambda d: d["acciones"][0].update(enunciado="  "),
        "acciones «1.1.1»: «enunciado» está vacío.",
    ),
    "un nivel sin nombre": (
        lambda d: d["plan"]["niveles"].update(accion=["Línea"]),
        "plan: falta el nombre del nivel «accion».",
    ),
    "un nivel de nombre larguísimo": (
        lambda d: d["plan"]["niveles"].update(accion="a" * 61),
        "plan: el nombre del nivel «accion» pasa de 60 letras.",
    ),
    "un año fuera de todo plan": (
        lambda d: d["plan"].update(fin="9999-12-31"),
        "plan: el año de «fin» va de 1950 a 2150, y es 9999.",
    ),
    "periodos al revés": (
        lambda d: d["plan"].update(ultimo_periodo="2019-S2"),
        "plan: el último periodo es anterior al primero.",
    ),
    "una propuesta ya andada": (
        lambda d: d["propuestas_legislativas"][0].update(estado_inicial="APROBADA"),
        "propuestas_legislativas «1»: entra IDENTIFICADA",
    ),
}


@pytest.mark.parametrize("cual", CONTRADICCIONES)
def test_lo_contradictorio_se_rechaza_antes_de_escribir(datos, cual):
    estropear, dice = CONTRADICCIONES[cual]
    estropear(datos)

    with pytest.raises(fuente.FuenteRechazada) as motivo:
        cargar(datos, por=None)

    assert any(uno.startswith(dice) for uno in motivo.value.problemas), motivo.value.problemas
    assert set(fotografia().values()) == {0}


def test_se_dicen_todos_los_problemas_a_la_vez(datos):
    datos["acciones"][0].update(rectora_presunta="MINFANTASMA", orden=7)
    datos["acciones"][1].pop("enunciado")
    datos["objetivos_especificos"][2].update(ambito="ESPACIO")

    with pytest.raises(fuente.FuenteRechazada) as motivo:
        cargar(datos, por=None)

    assert len(motivo.value.problemas) == 4


def test_una_accion_que_desaparece_del_archivo_se_rechaza(datos):
    cargar(datos, por=None)
    antes = fotografia()
    datos["acciones"].pop(16)  # 1.1.17: ninguna otra lista la nombra

    with pytest.raises(fuente.FuenteRechazada, match=r"1\.1\.17: está en la base y no en"):
        cargar(datos, por=None)

    assert fotografia() == antes


def test_con_semestres_cortados_los_niveles_ya_no_se_mueven(datos):
    cargar(datos, por=None)
    datos["objetivos_especificos"][0]["ambito"] = "EXTERIOR"
    datos["acciones"][0]["enunciado"] = "Se corrige una errata."

    with pytest.raises(fuente.FuenteRechazada) as motivo:
        cargar(datos, por=None, con_cortes=True)

    assert motivo.value.problemas == [
        "objetivo específico 1.1: «ambito» ya no cambia; el plan tiene semestres cortados."
    ]
    datos["objetivos_especificos"][0]["ambito"] = "INTERIOR"
    assert len(cargar(datos, por=None, con_cortes=True)[1].cambios) == 1


def test_un_plan_cerrado_ya_no_cambia(datos):
    cargar(datos, por=None)
    Plan.objects.update(cerrado_en=date(2025, 6, 30))
    datos["acciones"][0]["enunciado"] = "Otra cosa."

    with pytest.raises(fuente.FuenteRechazada, match="El plan se cerró el 30/06/2025"):
        cargar(datos, por=None)


def test_una_pertenencia_no_se_encima_con_la_guardada(datos):
    cargar(datos, por=None)
    datos["grupos"][0]["miembros"][1]["desde"] = "2021-01-01"

    with pytest.raises(fuente.FuenteRechazada, match="se encima con la del 01/04/2020"):
        cargar(datos, por=None)
    assert PertenenciaGrupo.objects.filter(institucion__sigla="MINEX").count() == 1


@pytest.mark.parametrize(
    ("contenido", "dice"),
    [
        (b"{", r"no es JSON válido \(línea 1, columna 2\)"),
        (b"\xef\xbb\xbf[]", "no contiene un objeto"),
        (b" " * (fuente.TOPE + 1), "pasa de 8 MB"),
        (b"\xff\xfe", "no está en UTF-8"),
        (b"[]", "no contiene un objeto"),
        (b'{"esquema": "otro/1"}', "El esquema debe ser"),
        (b'{"esquema": "pesn/2", "esquema": "pesn/2"}', "dos veces"),
        (b'{"esquema": "pesn/2", "plan": NaN}', "no es un número"),
        (b"[" * 100_000, "anida demasiado"),
    ],
)
def test_un_archivo_que_no_es_un_plan_se_rechaza(tmp_path, contenido, dice):
    archivo = tmp_path / "plan.json"
    archivo.write_bytes(contenido)

    with pytest.raises(fuente.FuenteRechazada, match=dice):
        fuente.leer(archivo)


def test_la_marca_que_antepone_el_bloc_de_notas_no_estorba(tmp_path):
    archivo = tmp_path / "plan.json"
    archivo.write_bytes(b"\xef\xbb\xbf" + ARCHIVO.read_bytes())

    assert fuente.leer(archivo) == ORIGINAL


def test_lo_opcional_vacio_es_lo_mismo_que_nulo(datos):
    datos["resultados_estrategicos"][0]["base"] = ""
    datos["grupos"][0]["miembros"][0]["hasta"] = ""
    cargar(datos, por=None)

    assert ResultadoEstrategico.objects.filter(base=None).count() == 2
    assert not PertenenciaGrupo.objects.exclude(hasta=None).exists()
    assert not cargar(datos, por=None)[1].hubo


def test_un_decimal_sin_comillas_vale_lo_escrito(tmp_path, datos):
    datos["resultados_estrategicos"][0]["base"] = 20.6
    datos["fuente"]["version"] = 1.5
    archivo = tmp_path / "plan.json"
    archivo.write_text(json.dumps(datos), encoding="utf-8")
    leidos = fuente.leer(archivo)
    cargar(leidos, por=None)

    assert leidos["resultados_estrategicos"][0]["base"] == "20.6"
    assert Plan.objects.get().fuente["version"] == "1.5"


@pytest.mark.parametrize("vacio", [None, "texto", {}])
@pytest.mark.parametrize("lista", [*sorted(fuente.FORMA), "plan", "continuas"])
def test_ninguna_forma_rara_rompe_la_revision(lista, vacio):
    raro = {**deepcopy(ORIGINAL), lista: vacio}

    assert isinstance(fuente.problemas(raro), list)
    raro[lista] = [vacio, {"codigo": vacio, "sigla": [vacio], "orden": {}, "acciones": [{}]}]
    assert fuente.problemas(raro)
