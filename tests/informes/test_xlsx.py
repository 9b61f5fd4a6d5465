"""El libro: sus hojas y columnas, números y fechas de verdad, y ningún texto que sea fórmula."""

import re
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from informes import xlsx
from informes.armado.catalogos import diccionario
from informes.contenido import AVISO_DEMO, Correccion, Recomendacion, Termino
from informes.diccionario import GRAFICAS, HOJAS
from informes.graficas import todas as todas_las_graficas
from informes.publica import edicion_publica
from instituciones.canonico import huella
from matrices.calculo import ASPECTOS, Semaforo
from rendimiento.semestre import contenido as semestre
from tests.fabricas import ActividadDichaFactory, contenido_dicho

RESUMEN = (
    "nivel, codigo, nombre, n_acciones, n_computadas, P (%), E (%), IC (%), brecha, semaforo, "
    "cobertura (%), E_anterior (%), delta"
)
ACTIVIDADES = (
    "accion, numero, descripcion, responsable, cooperantes, inicio, fin_original, fin_vigente, "
    "situacion, modo, unidad, meta, peso, ejecutado_periodo, acumulado, "
    "cumplimiento_sin_tope (%), P (%), P_original (%), E (%), IC (%), brecha, semaforo, estado, "
    "arrastrado, extemporaneo, logro, limitante_tipo, limitante, medida, fecha_medida, "
    "n_evidencias, visibilidad, clasificacion"
)
PRESUPUESTO = (
    "ejercicio, institucion, programa_presupuestario, asignado (Q), vigente (Q), devengado (Q), "
    "pct (%), conflicto, acciones"
)


def contenido(*filas, **cambios):
    return contenido_dicho(filas or [ActividadDichaFactory(numero=n) for n in (1, 2, 3)], **cambios)


def abrir(dicho):
    return load_workbook(BytesIO(xlsx.libro(dicho)))


def columna(hoja, encabezado):
    """Las celdas de una columna, sin su encabezado."""
    titulos = [celda.value for celda in hoja[1]]
    return [fila[titulos.index(encabezado)] for fila in hoja.iter_rows(min_row=2)]


def test_libro_trae_las_catorce_hojas_en_orden_y_al_final_sus_graficas():
    assert abrir(contenido()).sheetnames == [*HOJAS, "14_Graficas"]
    assert (min(HOJAS), len(HOJAS)) == ("0_Leame", 14)


@pytest.mark.parametrize(
    ("hoja", "encabezados"),
    [("1_Resumen", RESUMEN), ("3_Actividades", ACTIVIDADES), ("5_Presupuesto", PRESUPUESTO)],
)
def test_libro_trae_las_columnas_de_la_norma(hoja, encabezados):
    titulos = [celda.value for celda in abrir(contenido())[hoja][1]]

    assert titulos == encabezados.split(", ")


def test_libro_un_encabezado_filtro_y_paneles_fijos_y_nada_combinado():
    cuaderno = abrir(contenido())
    for hoja in (cuaderno[nombre] for nombre in HOJAS):
        assert hoja.auto_filter.ref == f"A1:{hoja.dimensions.split(':')[1]}"
        assert hoja.freeze_panes[-1] == "2"
        assert not hoja.merged_cells.ranges


def test_libro_escribe_numeros_y_fechas_de_verdad_y_codigos_como_texto():
    hoja = abrir(contenido(ActividadDichaFactory(accion="1.1.10", peso=Decimal("2.50"))))[
        "3_Actividades"
    ]

    assert columna(hoja, "E (%)")[0].value == 45
    assert columna(hoja, "E (%)")[0].number_format == "0.00"
    assert columna(hoja, "inicio")[0].value.isoformat() == "2021-01-01T00:00:00"
    assert columna(hoja, "inicio")[0].number_format == "dd/mm/yyyy"
    assert columna(hoja, "accion")[0].value == "1.1.10"
    assert columna(hoja, "accion")[0].data_type == "s"


def test_libro_escribe_el_dinero_en_quetzales():
    fila = ActividadDichaFactory(
        programa_presupuestario="PRG-1",
        ejercicio=2021,
        vigente=Decimal("100000.00"),
        devengado=Decimal("40000.00"),
    )

    celda = columna(abrir(contenido(fila))["5_Presupuesto"], "vigente (Q)")[0]

    assert (celda.value, celda.number_format) == (100000, '"Q"#,##0.00')


@pytest.mark.parametrize(
    "texto",
    ["=1+1", '=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "#N/A", "\t=1", "1.1.10", "TRUE"],
)
def test_libro_ningun_texto_llega_a_ser_formula(texto):
    celda = columna(abrir(contenido(ActividadDichaFactory(logro=texto)))["3_Actividades"], "logro")[
        0
    ]

    assert (celda.value, celda.data_type, celda.quotePrefix) == (texto, "s", True)


def test_libro_quita_los_caracteres_que_no_caben():
    sucio = "a\x00b\x0bc\ud800d\ufffee\U0001fffff\nlínea"

    assert xlsx.limpio(sucio) == "abcdef\nlínea"
    assert len(xlsx.limpio("x" * 40_000)) == 32_767


def test_libro_pinta_el_semaforo_con_su_palabra_y_su_color():
    filas = [ActividadDichaFactory(semaforo=color.value) for color in Semaforo]

    celdas = columna(abrir(contenido(*filas))["3_Actividades"], "semaforo")

    for color, celda in zip(Semaforo, celdas, strict=True):
        assert celda.value == color.palabra
        assert celda.fill.fgColor.rgb == f"00{color.color.lstrip('#')}"


def test_libro_dice_nd_donde_la_cifra_se_retuvo():
    completo = contenido(
        *(ActividadDichaFactory(numero=n) for n in (1, 2)),
        ActividadDichaFactory(numero=3, visibilidad="RESTRINGIDA"),
    )

    hoja = abrir(edicion_publica(completo, None, None))["2_Acciones"]

    assert columna(hoja, "E (%)")[0].value == "n/d"
    assert columna(hoja, "semaforo")[0].value == "n/d"


def test_libro_de_demostracion_lo_avisa_en_la_portada_y_en_cada_hoja_impresa():
    demo, real = abrir(contenido(es_demo=True)), abrir(contenido())

    assert AVISO_DEMO in columna(demo["0_Leame"], "titulo")[0].value
    assert AVISO_DEMO not in columna(real["0_Leame"], "titulo")[0].value
    for hoja in demo:
        assert hoja.oddHeader.center.text == AVISO_DEMO
        assert hoja.oddFooter.center.text == AVISO_DEMO


def test_leame_dice_la_huella_del_contenido_y_la_hora_de_guatemala():
    dicho = contenido()
    hoja = abrir(dicho)["0_Leame"]

    assert columna(hoja, "huella")[0].value == huella(dicho.canonico())
    assert columna(hoja, "generado")[0].value.isoformat() == "2021-08-10T09:00:00"


def test_libro_no_esconde_nada():
    with ZipFile(BytesIO(xlsx.libro(contenido()))) as archivo:
        partes = {nombre: archivo.read(nombre) for nombre in archivo.namelist()}

    assert not [n for n in partes if re.search("comment|vba|external|embed|pivot|sharedStr", n)]
    assert b"hidden" not in partes["xl/workbook.xml"]
    assert b"_FilterDatabase" not in partes["xl/workbook.xml"]
    hojas = [cuerpo for nombre, cuerpo in partes.items() if "/worksheets/sheet" in nombre]
    assert len(hojas) == 15
    assert all(b"<f>" not in cuerpo for cuerpo in hojas)


def test_libro_lleva_autor_fijo_y_su_clase_en_las_propiedades():
    propias = abrir(contenido()).properties

    assert propias.creator == propias.lastModifiedBy == xlsx.AUTOR
    assert propias.category == "Uso del Consejo Nacional de Seguridad"
    assert propias.created == propias.modified
    assert propias.created.isoformat() == "2021-08-10T09:00:00"


def test_libro_del_mismo_contenido_da_los_mismos_octetos():
    dicho = contenido()

    assert xlsx.libro(dicho) == xlsx.libro(dicho)


def test_libro_lista_las_demas_tablas():
    dicho = contenido(
        igsns=(
            Recomendacion(
                numero="IG-1", periodo="2021-S1", institucion="SIE", texto="t", estado="PENDIENTE"
            ),
        ),
        correcciones=(
            Correccion(
                periodo="2021-S1",
                corte=2,
                accion="1.1.1",
                numero=1,
                campo="E",
                antes="60.00",
                despues="45.00",
                motivo="Doble conteo",
                material=True,
                es_de_este_corte=True,
            ),
        ),
        diccionario=(Termino(columna="1_Resumen.E", significado="Ejecutado", unidad="%"),),
    )
    cuaderno = abrir(dicho)

    assert [celda.value for celda in cuaderno["8_IGSNS"][2]][:3] == ["IG-1", "2021-S1", "SIE"]
    assert [celda.value for celda in cuaderno["11_Correcciones"][2]] == [
        "2021-S1, corte 2",
        "1.1.1.1",
        "E",
        "60.00",
        "45.00",
        "Doble conteo",
        "sí",
    ]
    assert cuaderno["12_Diccionario"]["B2"].value == "Ejecutado"


def test_verificar_acepta_el_libro_de_su_contenido():
    dicho = contenido()

    xlsx.verificar(xlsx.libro(dicho), dicho)


def test_verificar_rechaza_el_libro_de_otro_contenido():
    dicho = contenido()
    otro = replace(dicho, actividades=dicho.actividades[:2])

    with pytest.raises(xlsx.LibroInvalido, match="3_Actividades"):
        xlsx.verificar(xlsx.libro(dicho), otro)


def test_verificar_rechaza_una_formula_y_una_hoja_oculta():
    dicho = contenido()
    for alterar in (_con_formula, _con_hoja_oculta):
        cuaderno = abrir(dicho)
        alterar(cuaderno)
        salida = BytesIO()
        cuaderno.save(salida)

        with pytest.raises(xlsx.LibroInvalido):
            xlsx.verificar(salida.getvalue(), dicho)


def _con_formula(cuaderno):
    cuaderno["3_Actividades"]["C2"] = "=1+1"


def _con_hoja_oculta(cuaderno):
    cuaderno["2_Acciones"].sheet_state = "hidden"


# Las gráficas ------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def graficas():
    """Las de un semestre entero, por su título, como las lee otra persona al abrir el libro."""
    cuaderno = load_workbook(BytesIO(xlsx.libro(semestre())))
    return {_titulo(una): una for una in cuaderno["14_Graficas"]._charts}


def _titulo(grafica):
    return "".join(uno.t for parte in grafica.title.tx.rich.p for uno in parte.r)


def test_graficas_son_cuatro_nativas_y_su_titulo_es_el_hallazgo_del_informe(graficas):
    hallazgos = {una["usermeta"]["hallazgo"] for una in todas_las_graficas(semestre()).values()}

    assert len(graficas) == 4
    assert set(graficas) <= hallazgos


def test_graficas_leen_las_celdas_del_propio_libro(graficas):
    leen = {
        serie.val.numRef.f.replace("'", "") for una in graficas.values() for serie in una.series
    }

    hojas = {direccion.split("!")[0] for direccion in leen}
    assert hojas == {"14_Graficas", "4_Instituciones", "2_Acciones"}
    acciones, instituciones = len(semestre().acciones), len(semestre().instituciones)
    assert f"2_Acciones!$N$2:$N${acciones + 1}" in leen  # la brecha
    assert f"4_Instituciones!$F$2:$F${instituciones + 1}" in leen  # lo recibido


def test_graficas_cada_color_se_pinta_del_suyo_y_sus_cuentas_suman_las_acciones(graficas):
    hoja = abrir(semestre())["14_Graficas"]
    por_color = next(una for una in graficas.values() if una.series[0].dPt)
    palabras = [celda.value for celda in columna(hoja, "acciones_por_color") if celda.value]

    pintados = [punto.graphicalProperties.solidFill.srgbClr for punto in por_color.series[0].dPt]
    fondos = {uno.palabra: uno.fondo.lstrip("#") for uno in ASPECTOS.values()}
    assert pintados == [fondos[palabra] for palabra in palabras]
    cuentas = [celda.value or 0 for celda in columna(hoja, "n_acciones")]
    assert sum(cuentas) == semestre().total.n_acciones


def test_graficas_la_tabla_del_plan_es_su_serie():
    hoja = abrir(semestre())["14_Graficas"]

    dicha = [una.value for una in columna(hoja, "E_del_plan (%)")]
    serie = [float(uno.ejecutado) for uno in semestre().serie if uno.nivel == "PLAN"]
    assert [float(una) for una in dicha if una is not None] == serie


def test_graficas_la_que_no_tiene_que_mostrar_no_sale():
    hoja = abrir(replace(contenido(), serie=(), instituciones=()))["14_Graficas"]

    assert len(hoja._charts) == 2


def test_diccionario_explica_tambien_la_hoja_de_las_graficas():
    explicadas = {uno.columna for uno in diccionario()}

    assert {f"14_Graficas.{una.nombre}" for una in GRAFICAS["14_Graficas"]} <= explicadas


def test_diccionario_explica_cada_columna_sin_repetir():
    for hoja, columnas in {**HOJAS, **GRAFICAS}.items():
        nombres = [una.nombre for una in columnas]
        assert len(nombres) == len(set(nombres)), hoja
        assert all(una.significado for una in columnas)
