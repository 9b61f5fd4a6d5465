"""Los libros que se llenan: lo escrito vuelve igual, y cada celda mal escrita dice por qué."""

import io
from datetime import date, datetime
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from matrices import hojas
from matrices.hojas import sello
from matrices.hojas.columnas import Columna, Lista, Tipo, entender, normal

COLORES = Lista("Colores", (("R", "Rojo"), ("V", "Verde claro"), ("A", "Añil")))
COLUMNAS = [
    Columna("llave", "Llave"),
    Columna("texto", "Texto", ancho=30, se_escribe=True, ayuda="Diga qué pasó.", maximo=1000),
    Columna("entero", "Personas", Tipo.ENTERO, se_escribe=True),
    Columna("numero", "Cantidad", Tipo.NUMERO, se_escribe=True),
    Columna("puntos", "Avance (%)", Tipo.PUNTOS, se_escribe=True, maximo=100),
    Columna("dinero", "Monto (Q)", Tipo.DINERO, se_escribe=True),
    Columna("fecha", "Fecha", Tipo.FECHA, se_escribe=True),
    Columna("si", "Marca", Tipo.SI_NO, se_escribe=True),
    Columna("color", "Color", Tipo.LISTA, lista=COLORES, se_escribe=True),
    Columna("varios", "Colores", Tipo.VARIOS, lista=COLORES, se_escribe=True),
]
VALORES = {
    "llave": "1.1.10.3",
    "texto": '=HYPERLINK("http://x","a") _x000B_ ñ «K\'iche\'»\nsegundo renglón',
    "entero": 12,
    "numero": Decimal("1234567.89"),
    "puntos": Decimal("45.10"),
    "dinero": Decimal("0.10"),
    "fecha": date(2024, 5, 6),
    "si": True,
    "color": "V",
    "varios": ["A", "R"],
}
LIBRES = frozenset(una.nombre for una in COLUMNAS if una.se_escribe)


def cuaderno(*filas, **opciones):
    hoja = hojas.Hoja("Datos", COLUMNAS, [*filas])
    return hojas.Cuaderno(
        "Libro de prueba", [("Cómo", "Así.")], [hoja], "sello", "STCNS", **opciones
    )


def de_vuelta(octetos: bytes):
    archivo = io.BytesIO(octetos)
    hojas.recibir(archivo, maximo=10 * 1024 * 1024)
    leidas = hojas.leer(archivo)
    datos = hojas.sin_hojas_ajenas(leidas, ["Datos"])["Datos"]
    return leidas, hojas.renglones(datos, COLUMNAS)


def test_lo_escrito_vuelve_con_su_tipo():
    octetos = hojas.escribir(
        cuaderno(hojas.Fila({**VALORES, "version": 3, "control": "x"}, LIBRES))
    )

    _leidas, [renglon] = de_vuelta(octetos)

    assert {n: renglon.valor(n) for n in VALORES} == VALORES
    assert renglon.errores() == {}
    assert renglon.celdas["puntos"].donde == "Datos!E2"
    assert (renglon.valor("version"), renglon.valor("control")) == ("3", "x")


def test_el_libro_protege_las_llaves_sin_clave_y_deja_escribir_lo_demas():
    octetos = hojas.escribir(cuaderno(hojas.Fila(VALORES, LIBRES), hojas.Fila(VALORES)))
    libro = load_workbook(io.BytesIO(octetos))
    hoja = libro["Datos"]

    assert hoja.protection.sheet
    assert not hoja.protection.password
    assert [celda.protection.locked for celda in hoja[2]] == [True, *[False] * 9, True, True]
    assert all(celda.protection.locked for celda in hoja[3])
    assert {una.sheet_state for una in libro} == {"visible"}
    assert not libro.defined_names
    assert not any(celda.data_type == "f" for una in libro for fila in una for celda in fila)
    assert libro["Datos"].freeze_panes == "B2"
    listas = {una.type: una.formula1 for una in hoja.data_validations.dataValidation}
    assert listas["list"] in {'"Sí,No"', "Listas!$A$2:$A$4"}
    assert [celda.value for celda in libro["Listas"]["A"]] == [
        "Colores",
        "Rojo",
        "Verde claro",
        "Añil",
    ]
    formatos = [celda.number_format for celda in hoja[2]][2:7]
    assert formatos == ["#,##0", "#,##0.00", "0.00", '"Q"#,##0.00', "dd/mm/yyyy"]


PUNTOS, ENTERO, DINERO = COLUMNAS[4], COLUMNAS[2], COLUMNAS[5]
FECHA, SI, COLOR, VARIOS, TEXTO = COLUMNAS[6], COLUMNAS[7], COLUMNAS[8], COLUMNAS[9], COLUMNAS[1]


@pytest.mark.parametrize(
    ("crudo", "columna", "valor"),
    [
        (45.0, PUNTOS, Decimal(45)),
        (45.1, PUNTOS, Decimal("45.1")),
        ("45", PUNTOS, Decimal(45)),
        (" 45.50 % ", PUNTOS, Decimal("45.50")),
        ("50%", PUNTOS, Decimal(50)),
        ("1,234.50", DINERO, Decimal("1234.50")),
        ("Q 1,234.50", DINERO, Decimal("1234.50")),
        (-1.0, PUNTOS, Decimal(-1)),  # lo juzga el formulario
        (12.0, ENTERO, 12),
        ("31/12/2026", FECHA, date(2026, 12, 31)),
        ("2026-12-31", FECHA, date(2026, 12, 31)),
        (datetime(2026, 12, 31, 8, 30), FECHA, date(2026, 12, 31)),  # noqa: DTZ001
        ("sí", SI, True),
        (" SI ", SI, True),
        (True, SI, True),
        ("NO", SI, False),
        ("verde  CLARO", COLOR, "V"),
        ("anil", COLOR, "A"),
        ("R", COLOR, "R"),
        ("rojo; añil", VARIOS, ["A", "R"]),
        ("   ", PUNTOS, ""),
        (None, FECHA, ""),
        (2024.0, TEXTO, "2024"),
        (True, TEXTO, "Sí"),
        (date(2026, 1, 2), TEXTO, "02/01/2026"),
    ],
)
def test_lo_escrito_de_otro_modo_se_entiende(crudo, columna, valor):
    leido = entender(crudo, columna)

    assert (leido.valor, leido.error) == (valor, "")


@pytest.mark.parametrize(
    ("crudo", "columna", "dice"),
    [
        ("50,5", PUNTOS, "punto"),
        ("cincuenta", PUNTOS, "número"),
        ("", PUNTOS, ""),
        (float("nan"), PUNTOS, "número"),
        (float("inf"), DINERO, "número"),
        (1e300, DINERO, "número"),
        ("9" * 400, DINERO, "número"),
        (True, PUNTOS, "VERDADERO"),
        (date(2026, 1, 2), PUNTOS, "fecha"),
        (12.5, ENTERO, "entero"),
        (46022.0, FECHA, "Fecha inválida"),
        (1e9, FECHA, "Fecha inválida"),
        ("99999-99-99", FECHA, "Fecha inválida"),
        ("31/02/2026", FECHA, "Fecha inválida"),
        ("12/31/2026", FECHA, "Fecha inválida"),
        (date(1900, 1, 1), FECHA, "1900"),
        ("quizá", SI, "Sí o No"),
        ("Morado", COLOR, "lista"),
        ("rojo, morado", VARIOS, "morado"),
    ],
)
def test_lo_que_no_se_entiende_dice_por_que(crudo, columna, dice):
    leido = entender(crudo, columna)

    assert dice in leido.error
    assert bool(leido.error) == bool(dice)


def test_un_porcentaje_nunca_se_multiplica_en_silencio():
    con_formato = entender(0.505, PUNTOS, porcentaje=True)
    sin_formato = entender(0.45, PUNTOS)

    assert (con_formato.valor, con_formato.aviso != "") == (Decimal("50.5"), True)
    assert sin_formato.valor == Decimal("0.45")
    assert "45 %" in sin_formato.aviso
    assert entender(0.45, DINERO, porcentaje=True).error
    assert entender(45.0, PUNTOS).aviso == ""


# El sello y el control --------------------------------------------------------------------------
def test_el_sello_dice_de_que_es_el_libro_y_no_se_falsifica():
    escrito = hojas.sellar_libro({"periodo": 7})

    assert hojas.abrir_sello(escrito) == {"periodo": 7}
    for falso in ["", "x", escrito[:-1], escrito + "A", escrito[1:], "ñ" * 50]:
        assert hojas.abrir_sello(falso) is None


def test_el_control_distingue_la_llave_ajena_y_el_renglon_tocado():
    llave, valores = ("MINGOB", "Actividades", "1.1.1.1", 3), ["a", Decimal("45.10"), None]
    control = hojas.control_de(llave, valores)

    assert sello.revisar(control, llave, ["a", 45.1, ""]) == (True, False)
    assert sello.revisar(control, llave, ["b", 45.1, ""]) == (True, True)
    assert not sello.revisar(control, (*llave[:3], 4), valores).vale
    assert not sello.revisar(control, ("MINDEF", *llave[1:]), valores).vale
    for falso in ["", None, "x-y", control[:-1], 7]:
        assert not sello.revisar(falso, llave, valores).vale


def test_el_control_sobrevive_al_relevo_de_la_clave(settings):
    control = hojas.control_de(["a"], ["b"])
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "otra-clave-larga-para-la-prueba-de-relevo-de-claves"

    assert sello.revisar(control, ["a"], ["b"]).vale


def test_normal_no_depende_de_como_lo_guarde_la_hoja():
    assert normal(Decimal("45.10")) == normal(45.1) == "45.1"
    assert normal("a\r\nb ") == normal("a\nb")
    assert normal(None) == normal("") == ""
    assert normal(["B", "A"]) == normal(["A", "B"])
    assert normal("cafe\u0301") == normal("café")


# Lo que el lector ve y calamine no --------------------------------------------------------------
def con_hoja(busca: bytes, pone: bytes) -> bytes:
    from tests.archivos import libro_con_hoja

    return libro_con_hoja(
        hojas.escribir(cuaderno(hojas.Fila(VALORES, LIBRES))), "Datos", busca, pone
    )


@pytest.mark.parametrize(
    ("celda", "columna", "dice"),
    [
        (b'<c r="%s"><f>1+1</f></c>', "numero", "fórmula"),
        (b'<c r="%s"><f>1+1</f><v>2</v></c>', "numero", "fórmula"),
        (b'<c r="%s" t="str"><f>A2</f><v>x</v></c>', "texto", "fórmula"),
        (b'<c r="%s" t="e"><v>#DIV/0!</v></c>', "puntos", "error"),
        (b'<c r="%s"><v>NaN</v></c>', "numero", "número"),
        (b'<c r="%s"><v>1e999</v></c>', "dinero", "número"),
        (b'<c r="%s" t="d"><v>99999-99-99</v></c>', "fecha", "Fecha inválida"),
    ],
)
def test_una_celda_que_engana_se_rechaza_en_su_sitio(celda, columna, dice):
    letra = b"ABCDEFGHIJ"[[una.nombre for una in COLUMNAS].index(columna) :][:1]
    octetos = con_hoja(
        b"</row></sheetData>", b'</row><row r="3">%s</row></sheetData>' % (celda % (letra + b"3"))
    )

    _leidas, [_primero, segundo] = de_vuelta(octetos)

    assert dice in segundo.errores()[columna]
    assert segundo.celdas[columna].donde == f"Datos!{letra.decode()}3"


def test_una_celda_combinada_no_borra_lo_que_habia_debajo():
    letra = "ABCDEFGHIJ"[[una.nombre for una in COLUMNAS].index("texto")].encode()
    combinada = b'</sheetData><mergeCells><mergeCell ref="%s1:%s2"/></mergeCells>' % (letra, letra)

    _leidas, [renglon] = de_vuelta(con_hoja(b"</sheetData>", combinada))

    assert "combinada" in renglon.errores()["texto"]
    assert renglon.celdas["texto"].donde == f"Datos!{letra.decode()}2"


def test_una_combinacion_desmedida_se_rechaza():
    enorme = b'</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'

    with pytest.raises(hojas.LibroInservible) as rechazo:
        hojas.leer(io.BytesIO(con_hoja(b"</sheetData>", enorme)))

    assert rechazo.value.codigo == "demasiadas_filas"


@pytest.mark.parametrize("lejos", ["XFD3", "A1048576"])
@pytest.mark.parametrize("cierre", [b"/>", b"></c>", b"> </c>"])
def test_el_formato_de_toda_la_hoja_no_es_un_dato(lejos, cierre):
    fila = lejos.lstrip("AXFD").encode()
    celda = b'<c r="%s" s="1"%s' % (lejos.encode(), cierre)
    vacia = b'<row r="1048575" ht="12.8" hidden="1"/>'
    octetos = con_hoja(
        b"</sheetData>", b'<row r="%s">%s</row>%s</sheetData>' % (fila, celda * 9_000, vacia)
    )

    hojas.recibir(io.BytesIO(octetos), maximo=10**7)
    _leidas, renglones = de_vuelta(octetos)

    assert len(renglones) == 1


@pytest.mark.parametrize(
    ("busca", "pone", "dice"),
    [
        (b">Texto<", b">Otro<", "Falta «Texto»"),
        (b">Texto<", b">Llave<", "repetida «Llave»"),
        (b">Control<", b"><", "Falta «Control»"),
    ],
)
def test_los_encabezados_dicen_que_falta_y_que_sobra(busca, pone, dice):
    with pytest.raises(hojas.LibroInservible) as rechazo:
        de_vuelta(con_hoja(busca, pone))

    assert (rechazo.value.codigo, rechazo.value.http) == ("encabezados", 400)
    assert dice in str(rechazo.value)


def test_los_comentarios_van_en_su_celda():
    fila = hojas.Fila(VALORES, LIBRES, {"puntos": "Debe ir de 0 a 100."})

    libro = load_workbook(io.BytesIO(hojas.escribir(cuaderno(fila, notas=["Falta una hoja."]))))

    assert libro["Datos"]["E2"].comment.text == "Debe ir de 0 a 100."
    assert libro["Datos"]["E2"].value == 45.1
    assert "Falta una hoja." in [celda.value for celda in libro["Instrucciones"]["B"]]
    hojas.recibir(io.BytesIO(hojas.escribir(cuaderno(fila))), maximo=10**7)


@pytest.mark.parametrize(
    ("tipo", "escrito"),
    [(Tipo.PUNTOS, "١"), (Tipo.DINERO, "١٢"), (Tipo.FECHA, "٠١/٠٢/٢٠٢٤")],
)
def test_lo_escrito_en_otras_cifras_no_es_ese_numero(tipo, escrito):
    assert entender(escrito, Columna("una", "Una", tipo)).error
