"""El tablero: lo que muestra de un semestre cortado y del que corre, sus filtros y quién lo ve."""

import csv
import io
import re
from datetime import date
from decimal import Decimal
from html import unescape

import pytest

from informes import emision
from informes.models import ResumenDeCorte
from informes.tablero import pedido as pedidos
from informes.tablero import views
from informes.tablero.semestres import semestres_de
from instituciones.models import Asiento
from matrices import enmiendas, flujo
from matrices.models import Avance, Periodo
from tests.fabricas import (
    AccionFactory,
    ActividadFactory,
    AmbitoFactory,
    AvanceFactory,
    MatrizFactory,
    ObjetivoFactory,
    PeriodoFactory,
    PlanFactory,
    ProgramaFactory,
    ResponsabilidadFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(elenco):
    """Dos programas y tres acciones; 1.1.2 sólo tiene una actividad RESTRINGIDA."""
    plan = PlanFactory(codigo="pesn", seguimiento=elenco.revisora)
    ambitos = [AmbitoFactory(plan=plan, codigo=codigo) for codigo in ("INTERIOR", "EXTERIOR")]
    for numero, ambito in enumerate(ambitos, start=1):
        programa = ProgramaFactory(plan=plan, numero=numero)
        ObjetivoFactory(programa=programa, codigo=f"{numero}.1", ambito=ambito)
    objetivos = {uno.codigo: uno for p in plan.programas.all() for uno in p.objetivos.all()}
    for codigo, rectora in (
        ("1.1.1", elenco.responsable),
        ("1.1.2", elenco.responsable),
        ("2.1.1", elenco.otra),
    ):
        accion = AccionFactory(
            objetivo=objetivos[codigo[:3]], codigo=codigo, orden=int(codigo.replace(".", "0"))
        )
        ResponsabilidadFactory(accion=accion, institucion=rectora)
        MatrizFactory(accion=accion)
    return plan


def reporta(plan, anio, semestre, cifras, estado="CERRADO"):
    """Un semestre del plan: por acción y número, el porcentaje validado o None si no reportó."""
    periodo = PeriodoFactory(plan=plan, anio=anio, semestre=semestre, estado=estado)
    for (codigo, numero), porcentaje in cifras.items():
        accion = plan.programas.get(numero=codigo[0]).objetivos.get().acciones.get(codigo=codigo)
        rectora = accion.responsabilidades.get().institucion
        actividad = accion.matriz.actividades.filter(numero=numero).first() or ActividadFactory(
            matriz=accion.matriz,
            numero=numero,
            responsable=rectora,
            visibilidad="RESTRINGIDA" if codigo == "1.1.2" else "PUBLICA",
            inicio=date(2021, 1, 1),
            fin_original=date(2022, 12, 31),
        )
        AvanceFactory(
            actividad=actividad,
            periodo=periodo,
            estado="VALIDADO" if porcentaje is not None else "PENDIENTE",
            porcentaje=porcentaje,
        )
    flujo.medir(Avance.objects.filter(periodo=periodo))
    return periodo


PRIMERO = {("1.1.1", 1): 20, ("1.1.1", 2): 10, ("1.1.2", 1): 30, ("2.1.1", 1): 24}
SEGUNDO = {("1.1.1", 1): 60, ("1.1.1", 2): 20, ("1.1.2", 1): 50, ("2.1.1", 1): None}


@pytest.fixture
def dos_semestres(plan, elenco):
    """2021-S1 cortado y 2021-S2 abierto, con una acción todavía sin reportar."""
    primero = reporta(plan, 2021, 1, PRIMERO)
    emision.cortar(primero, por=elenco.coordinadora)
    reporta(plan, 2021, 2, SEGUNDO, estado="ABIERTO")
    return plan


def ver(client, persona, **parametros):
    client.force_login(persona)
    respuesta = client.get("/tablero/", parametros)
    assert respuesta.status_code == 200
    return respuesta.content.decode()


def bajar(client, persona, tabla, **parametros):
    client.force_login(persona)
    respuesta = client.get(f"/tablero/{tabla}.csv", parametros)
    assert respuesta.status_code == 200
    texto = respuesta.getvalue().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(texto)))


def cifra(pagina, nombre):
    """Lo que la portada del tablero dice bajo un nombre."""
    patron = (
        rf'<dt class="cifra-nombre">{re.escape(nombre)}</dt>\s*<dd class="cifra"><a[^>]*>([^<]*)<'
    )
    return re.search(patron, pagina)[1].replace("\xa0", " ").strip()


# Lo que muestra ---------------------------------------------------------------------------------
def test_el_semestre_cortado_dice_lo_de_su_corte(client, elenco, dos_semestres):
    pagina = ver(client, elenco.consejera)

    # Acciones: (20 + 10) / 2 = 15, 30 y 24; el plan, su media: 23.
    assert cifra(pagina, "Ejecutado (E)") == "23.0 %"
    assert cifra(pagina, "Programado (P)") == "24.8 %"  # 181 de 730 días: 24.79
    assert cifra(pagina, "Cobertura") == "100.0 %"
    assert "Corte 1 de 2021-S1" in pagina


def test_el_semestre_que_corre_cuenta_lo_validado_y_arrastra_lo_demas(
    client, elenco, dos_semestres
):
    pagina = ver(client, elenco.analista, periodo="2021-S2")

    # 1.1.1: (60 + 20) / 2 = 40; 1.1.2: 50; 2.1.1 no reportó y vale su último 24: media 38.
    assert cifra(pagina, "Ejecutado (E)") == "38.0 %"
    assert cifra(pagina, "Cobertura") == "75.0 %"
    assert "2021-S1: 23.0" in pagina.replace("\xa0", " ")
    assert "sin cortar: lo validado hasta hoy" in pagina


def test_lo_que_alguien_captura_y_no_se_valida_no_cuenta(client, elenco, dos_semestres):
    Avance.objects.filter(periodo__semestre=2, estado="PENDIENTE").update(
        estado="BORRADOR", porcentaje=99, ejecutado=99, ejecutado_previo=24
    )

    pagina = ver(client, elenco.analista, periodo="2021-S2")

    assert cifra(pagina, "Ejecutado (E)") == "38.0 %"


def test_al_cortarse_el_tablero_dice_lo_mismo_que_decia_abierto(client, elenco, dos_semestres):
    antes = bajar(client, elenco.analista, "acciones", periodo="2021-S2")
    periodo = Periodo.objects.get(semestre=2)
    Periodo.objects.filter(pk=periodo.pk).update(estado="CERRADO")
    periodo.refresh_from_db()
    pendiente = Avance.objects.get(periodo=periodo, estado="PENDIENTE")
    emision.cortar(periodo, por=elenco.coordinadora, confirmados=[pendiente.pk])

    despues = bajar(client, elenco.analista, "acciones", periodo="2021-S2")

    assert [una["E (%)"] for una in antes] == ["40.00", "50.00", "24.00"]
    assert despues == antes


def test_cada_accion_es_un_mosaico_con_codigo_color_y_palabra(client, elenco, dos_semestres):
    pagina = ver(client, elenco.planificadora)

    losetas = re.findall(
        r'<a class="loseta semaforo-(\w+)"[^>]*href="([^"]*)"><span>([\d.]+)</span>'
        r'<span class="semaforo[^"]*"><svg.*?</svg><span>([^<]+)</span>',
        pagina,
        re.DOTALL,
    )
    assert [(codigo, palabra) for _c, _u, codigo, palabra in losetas] == [
        ("1.1.1", "Rojo"),  # IC 60.51
        ("1.1.2", "Verde"),  # 121.02
        ("2.1.1", "Verde"),  # 96.81
    ]
    assert losetas[0][1] == "/plan/pesn/acciones/1.1.1/?periodo=2021-S1"


def test_la_brecha_va_de_la_peor_a_la_mejor(client, elenco, dos_semestres):
    filas = bajar(client, elenco.auditor, "brechas")

    assert [una["Acción"] for una in filas] == ["1.1.1", "2.1.1", "1.1.2"]
    assert filas[0]["Brecha (puntos)"] == "-9.79"  # 15.00 - 24.79


def test_lo_que_cambio_compara_los_dos_semestres_que_se_piden(client, elenco, dos_semestres):
    filas = bajar(client, elenco.analista, "cambios", periodo="2021-S2", contra="2021-S1")
    al_reves = bajar(client, elenco.analista, "cambios", periodo="2021-S1", contra="2021-S2")

    # Al corte de S2 P es 50: 1.1.1 pasa de rojo a amarillo (IC 80) y 2.1.1 queda sin reporte.
    dicho = {una["Acción"]: (una["Semáforo anterior"], una["Semáforo"]) for una in filas}
    assert dicho["1.1.1"] == ("Rojo", "Amarillo")
    assert dicho["2.1.1"] == ("Verde", "Sin reporte")
    vuelto = {una["Acción"]: (una["Semáforo anterior"], una["Semáforo"]) for una in al_reves}
    assert vuelto["1.1.1"] == ("Amarillo", "Rojo")


def test_una_rectificacion_tiene_dos_vistas(client, elenco, dos_semestres):
    fila = Avance.objects.get(periodo__semestre=1, actividad__matriz__accion__codigo="2.1.1")
    pedida = enmiendas.solicitar_rectificacion(
        Avance.objects.con_su_actividad().get(pk=fila.pk),
        despues={"porcentaje": Decimal(12)},
        motivo="Se copió mal el porcentaje del acta.",
        por=elenco.ajena,
    )
    type(pedida).objects.filter(pk=pedida.pk).update(estado="APROBADA")
    pedida.refresh_from_db()
    emision.cortar_de_nuevo(
        fila.periodo, [pedida], por=elenco.coordinadora, motivo="Se halló un dato equivocado."
    )

    hoy = ver(client, elenco.consejera, periodo="2021-S1")
    entonces = ver(client, elenco.consejera, periodo="2021-S1", vista="publicada")

    assert cifra(hoy, "Ejecutado (E)") == "19.0 %"  # (15 + 30 + 12) / 3
    assert "Corte 2 de 2021-S1" in hoy
    assert cifra(entonces, "Ejecutado (E)") == "23.0 %"
    assert "Corte 1 de 2021-S1, como se publicó" in entonces


# Los filtros ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("filtro", "quedan", "ejecutado"),
    [
        ({"programa": "1"}, {"1.1.1", "1.1.2"}, "22.5 %"),
        ({"objetivo": "2.1"}, {"2.1.1"}, "24.0 %"),
        ({"ambito": "EXTERIOR"}, {"2.1.1"}, "24.0 %"),
        ({"institucion": "MINGOB"}, {"1.1.1", "1.1.2"}, "22.5 %"),
        ({"color": "ROJO"}, {"1.1.1"}, "15.0 %"),
        ({"programa": "1", "color": "VERDE"}, {"1.1.2"}, "30.0 %"),
    ],
)
def test_un_filtro_deja_sus_acciones_y_las_mide_otra_vez(
    client, elenco, dos_semestres, filtro, quedan, ejecutado
):
    pagina = ver(client, elenco.analista, **filtro)
    filas = bajar(client, elenco.analista, "acciones", **filtro)

    assert {una["Acción"] for una in filas} == quedan
    assert cifra(pagina, "Ejecutado (E)") == ejecutado
    assert f"La selección: {len(quedan)} acci" in pagina


def test_un_filtro_sin_acciones_lo_dice(client, elenco, dos_semestres):
    pagina = ver(client, elenco.analista, programa="2", color="ROJO")

    assert "Ninguna acción cumple los filtros." in pagina
    assert cifra(pagina, "Ejecutado (E)") == "n/d"


def test_los_enlaces_llevan_lo_pedido_y_nada_mas(client, elenco, dos_semestres):
    pagina = ver(client, elenco.analista, programa="1", contra="ninguno", ajeno="<b>")

    assert "/tablero/acciones.csv?periodo=2021-S1&amp;contra=ninguno&amp;programa=1" in pagina
    assert "ajeno" not in pagina
    assert "<b>" not in pagina


@pytest.mark.parametrize(
    ("pedido", "codigo"),
    [
        ({"periodo": "1999-S1"}, 404),
        ({"contra": "2099-S1"}, 404),
        ({"plan": "no-hay"}, 404),
        ({"vista": "otra"}, 400),
        ({"programa": "9"}, 400),
        ({"color": "AZUL"}, 400),
        ({"institucion": "' OR 1=1 --"}, 400),
    ],
)
@pytest.mark.parametrize("ruta", ["/tablero/", "/tablero/acciones.csv"])
def test_lo_que_no_hay_no_se_inventa(client, elenco, dos_semestres, ruta, pedido, codigo):
    client.force_login(elenco.analista)

    assert client.get(ruta, pedido).status_code == codigo


def test_sin_semestres_dice_que_falta(client, elenco):
    assert "Todavía no hay cifras" in ver(client, elenco.consejera)


# Quién y qué ------------------------------------------------------------------------------------
def test_los_totales_son_los_mismos_para_toda_persona_de_adentro(client, elenco, dos_semestres):
    personas = [
        elenco.planificadora,
        elenco.ajena,
        elenco.aprobador,
        elenco.analista,
        elenco.coordinadora,
        elenco.consejera,
        elenco.inspector,
        elenco.comisionada,
        elenco.auditor,
    ]

    dichos = {cifra(ver(client, persona), "Ejecutado (E)") for persona in personas}

    assert dichos == {"23.0 %"}


@pytest.mark.parametrize("ruta", ["/tablero/", "/tablero/acciones.csv"])
def test_quien_administra_cuentas_no_ve_el_tablero(client, elenco, dos_semestres, ruta):
    client.force_login(elenco.administradora)

    assert client.get(ruta).status_code == 403


def test_el_tablero_no_dice_nada_de_una_actividad(client, elenco, dos_semestres):
    pagina = ver(client, elenco.ajena, periodo="2021-S2")

    assert "Actividad 1" not in pagina


def test_mirar_el_tablero_no_escribe(client, elenco, dos_semestres):
    client.force_login(elenco.analista)
    antes = (Asiento.objects.count(), ResumenDeCorte.objects.count())

    client.get("/tablero/")

    assert (Asiento.objects.count(), ResumenDeCorte.objects.count()) == antes


def test_un_texto_que_parece_formula_llega_como_texto(client, elenco, dos_semestres):
    accion = dos_semestres.programas.get(numero=1).objetivos.get().acciones.get(codigo="1.1.1")
    type(accion).objects.filter(pk=accion.pk).update(enunciado='=HYPERLINK("http://a","b")')

    filas = bajar(client, elenco.analista, "acciones", periodo="2021-S2")

    assert filas[0]["Enunciado"] == '\'=HYPERLINK("http://a","b")'


@pytest.mark.parametrize(
    "tabla",
    ["niveles", "acciones", "cuadricula", "serie", "brechas", "instituciones", "cambios"],
)
def test_toda_tabla_se_baja(client, elenco, dos_semestres, tabla):
    assert bajar(client, elenco.analista, tabla, periodo="2021-S2")


# Consultas y memoria ----------------------------------------------------------------------------
@pytest.mark.parametrize("cuantas", [1, 6])
@pytest.mark.parametrize(("periodo", "consultas"), [("2021-S1", 2), ("2021-S2", 5)])
def test_el_tablero_no_crece_en_consultas(
    elenco, plan, django_assert_num_queries, cuantas, periodo, consultas
):
    cifras = {("1.1.1", numero): 20 for numero in range(1, cuantas + 1)}
    emision.cortar(reporta(plan, 2021, 1, cifras), por=elenco.coordinadora)
    reporta(plan, 2021, 2, cifras, estado="ABIERTO")
    persona = type(elenco.analista).objects.get(pk=elenco.analista.pk)

    with django_assert_num_queries(consultas):
        hay = semestres_de(persona)
        datos = pedidos.QueryDict(f"periodo={periodo}")
        uno = pedidos.armar(pedidos.Pedido.de(datos, hay), persona)

    assert uno.contenido.total.n_acciones == 3


def test_lo_ya_dibujado_se_guarda_hasta_que_cambia_una_cifra(
    client, elenco, dos_semestres, monkeypatch
):
    hechas = []
    monkeypatch.setattr(views, "armar", lambda *datos: hechas.append(1) or pedidos.armar(*datos))
    ver(client, elenco.analista, periodo="2021-S2")
    ver(client, elenco.analista, periodo="2021-S2")
    assert len(hechas) == 1

    pendiente = Avance.objects.get(periodo__semestre=2, estado="PENDIENTE")
    Avance.objects.filter(pk=pendiente.pk).update(
        version=pendiente.version + 1,
        estado="EXENTO",
        exigible=False,
        motivo_exencion="SUSPENDIDA",
    )
    pagina = ver(client, elenco.analista, periodo="2021-S2")

    assert len(hechas) == 2
    assert cifra(pagina, "Cobertura") == "100.0 %"


def test_lo_dibujado_para_una_persona_no_se_le_da_a_otra(
    client, elenco, dos_semestres, monkeypatch
):
    hechas = []
    monkeypatch.setattr(views, "armar", lambda *datos: hechas.append(1) or pedidos.armar(*datos))

    ver(client, elenco.planificadora)
    ver(client, elenco.ajena)
    ver(client, elenco.analista)

    assert len(hechas) == 3


# Detrás de cada cifra ---------------------------------------------------------------------------
CIFRA = re.compile(r"[EP] \d+\.\d|\d+\.\d\s%")


def sin_enlace(pagina: str) -> list[str]:
    """Las cifras de cabecera, de la cuadrícula y del mosaico que no están dentro de un enlace."""
    fuera = re.sub(r"<a\b.*?</a>", "", pagina, flags=re.DOTALL)
    fuera = re.sub(r"<(svg|option|details|figure)\b.*?</\1>", "", fuera, flags=re.DOTALL)
    return CIFRA.findall(re.sub(r"<[^>]+>", " ", fuera))


def enlaces(pagina: str) -> set[str]:
    hallados = re.findall(r'href="([^"#]*)(?:#[^"]*)?"', pagina[pagina.index("<main") :])
    return {unescape(uno) for uno in hallados if "/explicar/" in uno or uno.startswith("/tablero/")}


@pytest.mark.parametrize("rol", ["analista", "consejera"])
@pytest.mark.parametrize(
    "filtros", [{}, {"programa": "1"}, {"ambito": "INTERIOR", "programa": "1"}]
)
def test_detras_de_cada_cifra_hay_un_porque_que_abre(client, elenco, dos_semestres, rol, filtros):
    client.force_login(getattr(elenco, rol))
    pagina = client.get("/tablero/", filtros).content.decode()

    assert sin_enlace(pagina) == []
    suyos = [uno for uno in enlaces(pagina) if "/explicar/" in uno]
    assert suyos
    assert {uno for uno in suyos if client.get(uno).status_code != 200} == set()


def test_lo_filtrado_que_no_es_un_nivel_lleva_a_sus_acciones(client, elenco, dos_semestres):
    client.force_login(elenco.analista)

    pagina = client.get("/tablero/", {"color": "ROJO"}).content.decode()

    assert '<dd class="cifra"><a href="#brechas">' in pagina


@pytest.mark.parametrize(
    ("filtros", "enteros"),
    [
        ({}, {"programa", "objetivo", "ambito", "celda", "institucion"}),
        ({"programa": "1"}, {"programa", "objetivo", "celda"}),
        ({"ambito": "INTERIOR"}, {"objetivo", "ambito", "celda"}),
        ({"institucion": "MINGOB"}, {"institucion"}),
        ({"color": "VERDE"}, set()),
    ],
)
def test_lo_que_un_filtro_corta_no_lleva_al_porque_del_nivel_entero(
    client, elenco, dos_semestres, filtros, enteros
):
    """La cifra de la selección no es la del nivel: su porqué es el de cada acción que queda."""
    pagina = ver(client, elenco.analista, periodo="2021-S2", **filtros)

    hallados = set(re.findall(r"/explicar/([a-z]+)/[^/]+/2021-S2/", pagina))
    niveles = {"programa", "objetivo", "ambito", "celda", "institucion"}
    serie = {"programa"}  # la tabla por semestre no se filtra
    assert (hallados & niveles) - serie == enteros - serie
