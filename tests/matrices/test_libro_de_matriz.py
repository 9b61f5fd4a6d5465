"""El libro de una matriz: baja vacío o prellenado, vuelve lleno, se ensaya y se aplica entero."""

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from instituciones.models import Asiento
from matrices import estructura, libro
from matrices.libro.resultado import por_celda
from matrices.models import (
    Actividad,
    Avance,
    HitoActividad,
    HitoCumplido,
    LibroRecibido,
    MatrizCumplimiento,
)
from tests import libros
from tests.fabricas import (
    AccionFactory,
    ActividadFactory,
    AvanceFactory,
    CooperacionFactory,
    GrupoFactory,
    HitoFactory,
    InstitucionFactory,
    MatrizFactory,
    PeriodoFactory,
    PlanFactory,
    ResponsabilidadFactory,
)

REQUERIDO = "Este campo es obligatorio"
DESCRIPCION = "Actividades de cumplimiento"
UNA = {
    "N.º": 1,
    DESCRIPCION: "Capacitar a la policía municipal.",
    "Responsable institucional": "MINGOB",
    "Cooperación": "MINDEF; SNS",
    "Apoyo": "cap",
    "Fecha de inicio": date(2021, 1, 1),
    "Fecha de finalización": "31/12/2022",
    "Programa presupuestario": "11-00-001",
    "Cómo se mide": "Meta física",
    "Unidad de medida": "Agentes",
    "Meta": 1200,
    "Clasificación": "Pública",
}


def escribir_en(hoja, fila: int, valores: dict) -> None:
    for titulo, valor in valores.items():
        hoja.cell(fila, libros.columna(hoja, titulo)).value = valor


class Escena:
    """Un plan con una acción que MINGOB rige; su matriz, si la prueba la pide."""

    def __init__(self, elenco):
        self.elenco, self.por = elenco, elenco.coordinadora
        self.plan = PlanFactory(codigo="pesn", seguimiento=elenco.revisora)
        self.accion = AccionFactory(objetivo__programa__plan=self.plan, codigo="1.1.1", orden=1)
        ResponsabilidadFactory(accion=self.accion, institucion=elenco.responsable)
        GrupoFactory(sigla="SNS")

    def con_matriz(self):
        """Una actividad de cada modo, sin pesos."""
        self.matriz = MatrizFactory(accion=self.accion, impacto="La población vive más segura.")
        casa = self.elenco.responsable
        self.porcentaje = ActividadFactory(matriz=self.matriz, numero=1, responsable=casa)
        CooperacionFactory(actividad=self.porcentaje, institucion=self.elenco.otra, rol="APOYO")
        self.meta = ActividadFactory(
            matriz=self.matriz, numero=2, responsable=casa, modo="META", meta=Decimal("80.50")
        )
        self.por_hitos = ActividadFactory(
            matriz=self.matriz, numero=3, responsable=casa, modo="HITOS"
        )
        self.primero = HitoFactory(actividad=self.por_hitos, numero=1, peso=40)
        self.segundo = HitoFactory(actividad=self.por_hitos, numero=2, peso=60)
        self.colectiva = ActividadFactory(
            matriz=self.matriz, numero=4, responsable=casa, modo="COLECTIVO"
        )
        self.colectiva.obligados.set([casa, self.elenco.otra])
        return self

    def bajar(self, persona=None) -> bytes:
        accion = type(self.accion).objects.con_su_lugar().get(pk=self.accion.pk)
        return libro.libro_de_la_matriz(accion, para=persona or self.por)

    def subir(self, octetos: bytes, persona=None) -> LibroRecibido:
        accion = type(self.accion).objects.con_su_lugar().get(pk=self.accion.pk)
        return libro.subir_matriz(libros.archivo(octetos), accion, por=persona or self.por)

    def aplicar(self, octetos: bytes, persona=None) -> LibroRecibido:
        return libro.aplicar(self.subir(octetos, persona), por=persona or self.por)

    def direccion(self, ruta, **mas) -> str:
        llave = {"codigo": "pesn", "accion": "1.1.1", **mas}
        return reverse(f"matrices:{ruta}", kwargs=llave)


@pytest.fixture
def escena(elenco, settings):
    settings.LIBRO_EN_EL_PEDIDO = 10 * 1024 * 1024
    return Escena(elenco)


def lleno(octetos: bytes, *filas: dict, impacto="", hitos=(), desde=2) -> bytes:
    """El libro con el impacto, y con esas actividades e hitos desde una fila de su hoja."""

    def retoque(cuaderno):
        if impacto:
            cuaderno["Acción"]["C2"].value = impacto
        for turno, valores in enumerate(filas):
            escribir_en(cuaderno["Matriz"], desde + turno, valores)
        for turno, valores in enumerate(hitos):
            escribir_en(cuaderno["Hitos"], desde + turno, valores)

    return libros.retocado(octetos, retoque)


def cambiado(octetos: bytes, numero: int, hoja: str = "Matriz", hito: str = "", **valores) -> bytes:
    """El libro con esos valores en la fila de esa actividad (y hito); «_» por espacio."""

    def retoque(cuaderno):
        fila = libros.fila(cuaderno[hoja], str(numero), hito)
        titulos = {titulo.replace("_", " "): valor for titulo, valor in valores.items()}
        escribir_en(cuaderno[hoja], fila, titulos)

    return libros.retocado(octetos, retoque)


def resumen(recibido: LibroRecibido) -> dict[str, int]:
    return {k: v for k, v in recibido.resultado["resumen"].items() if v}


def errores(recibido: LibroRecibido) -> dict[str, str]:
    return dict(por_celda(recibido.resultado))


# Bajarlo ----------------------------------------------------------------------------------------
def test_sin_matriz_baja_vacio_en_la_forma_de_la_grafica(escena):
    cuaderno = libros.abierto(escena.bajar())

    assert cuaderno.sheetnames == ["Instrucciones", "Acción", "Matriz", "Hitos", "Listas"]
    assert [celda.value for celda in cuaderno["Matriz"][1]][:9] == [
        "N.º",
        "Actividades de cumplimiento",
        "Responsable institucional",
        "Cooperación",
        "Colaboración",
        "Apoyo",
        "Fecha de inicio",
        "Fecha de finalización",
        "Programa presupuestario",
    ]
    assert cuaderno["Acción"]["A2"].value == "1.1.1"
    assert cuaderno["Acción"]["C2"].value is None
    assert all(celda.value is None for fila in cuaderno["Matriz"]["A2:S31"] for celda in fila)
    assert not cuaderno["Matriz"]["B2"].protection.locked
    listas = {
        col[0].value: [c.value for c in col[1:] if c.value] for col in cuaderno["Listas"].columns
    }
    assert "MINGOB" in listas["Responsables"]
    assert "STCNS" not in listas["Responsables"]  # no reporta
    assert {"STCNS", "SNS"} <= set(listas["Cooperantes"])
    assert listas["Modos"] == ["Meta física", "Hitos", "Porcentaje declarado", "Colectivo"]


def test_la_lista_trae_solo_siglas_vigentes_y_las_que_ya_se_nombran(escena):
    InstitucionFactory(sigla="VIEJA", vigente_hasta=date(2020, 1, 1))
    nombrada = InstitucionFactory(sigla="OTRAVIEJA", vigente_hasta=date(2020, 1, 1))
    escena.con_matriz()
    escena.colectiva.obligados.add(nombrada)

    hoja = libros.abierto(escena.bajar())["Listas"]

    siglas = {celda.value for columna in hoja.columns for celda in columna}
    assert "OTRAVIEJA" in siglas
    assert "VIEJA" not in siglas


def test_ida_y_vuelta_sin_tocar_no_cambia_nada(escena):
    escena.con_matriz()

    recibido = escena.subir(escena.bajar())

    assert resumen(recibido) == {"IGUAL": 5}
    assert recibido.resultado["aplicables"] == []
    assert recibido.resultado["no_vinieron"] == 0
    assert not errores(recibido)


def test_ida_y_vuelta_vacia_no_crea_nada(escena):
    recibido = escena.subir(escena.bajar())

    assert resumen(recibido) == {"IGUAL": 1}
    assert not MatrizCumplimiento.objects.exists()


# Cargar una matriz nueva ------------------------------------------------------------------------
def test_una_matriz_nueva_entra_entera(escena):
    hitos = [
        {
            "N.º de actividad": 2,
            "N.º de hito": 1,
            "Hito": "Manual",
            "Peso (%)": 40,
            "Fecha": "30/06/2021",
        },
        {
            "N.º de actividad": 2,
            "N.º de hito": 2,
            "Hito": "Piloto",
            "Peso (%)": 60,
            "Fecha": "30/06/2022",
        },
    ]
    segunda = {**UNA, "N.º": 2, "Cómo se mide": "hitos", "Meta": None, "Clasificación": None}
    octetos = lleno(escena.bajar(), UNA, segunda, impacto="Barrios más seguros.", hitos=hitos)

    ensayado = escena.subir(octetos)
    assert resumen(ensayado) == {"NUEVO": 3}, errores(ensayado)
    assert not MatrizCumplimiento.objects.exists()  # el ensayo no guarda

    aplicado = libro.aplicar(ensayado, por=escena.por)

    assert aplicado.resultado["aplicados"] == 3
    matriz = MatrizCumplimiento.objects.get(accion=escena.accion)
    assert matriz.impacto == "Barrios más seguros."
    una = matriz.actividades.get(numero=1)
    assert (una.modo, una.meta, una.responsable.sigla) == ("META", 1200, "MINGOB")
    assert (una.inicio, una.fin_original, una.fin_vigente) == (
        date(2021, 1, 1),
        date(2022, 12, 31),
        date(2022, 12, 31),
    )
    quienes = {(str(uno.institucion or uno.grupo), uno.rol) for uno in una.cooperantes.all()}
    assert quienes == {("MINDEF", "COOPERACION"), ("SNS", "COOPERACION"), ("CAP", "APOYO")}
    otra = matriz.actividades.get(numero=2)
    assert (otra.visibilidad, otra.clasificacion) == ("PUBLICA", "SIN_CLASIFICAR")
    assert list(otra.hitos.values_list("numero", "peso", "fecha_vigente")) == [
        (1, 40, date(2021, 6, 30)),
        (2, 60, date(2022, 6, 30)),
    ]
    actos = list(Asiento.objects.order_by("pk").values_list("acto", flat=True))[-6:]
    assert actos == [
        "subir_libro",
        "pedir_aplicar_libro",
        "escribir_impacto",
        "agregar_actividad",
        "agregar_actividad",
        "aplicar_libro",
    ]


def test_lo_que_entro_se_vuelve_a_subir_sin_cambios(escena):
    octetos = lleno(escena.bajar(), UNA, impacto="Barrios más seguros.")
    escena.aplicar(octetos)

    otra_vez = escena.subir(octetos)

    assert resumen(otra_vez) == {"IGUAL": 2}
    assert not errores(otra_vez)


def test_se_sigue_llenando_el_mismo_libro(escena):
    octetos = lleno(escena.bajar(), UNA, impacto="Barrios más seguros.")
    escena.aplicar(octetos)

    aplicado = escena.aplicar(lleno(octetos, {**UNA, "N.º": 2}, impacto="Otro impacto.", desde=3))

    assert aplicado.resultado["aplicados"] == 2, errores(aplicado)
    assert Actividad.objects.count() == 2


def test_con_un_periodo_que_recibe_nace_el_avance(escena):
    periodo = PeriodoFactory(plan=escena.plan)
    escena.aplicar(lleno(escena.bajar(), UNA, {**UNA, "N.º": 2}, impacto="Barrios más seguros."))

    avances = Avance.objects.filter(periodo=periodo)
    assert sorted(avances.values_list("actividad__numero", "estado", "exigible")) == [
        (1, "PENDIENTE", True),
        (2, "PENDIENTE", True),
    ]


def test_en_inteligencia_lo_nuevo_nace_restringido(escena):
    type(escena.accion.objetivo.ambito).objects.update(codigo="INTELIGENCIA")

    escena.aplicar(lleno(escena.bajar(), UNA, impacto="Barrios más seguros."))

    assert Actividad.objects.get().visibilidad == "RESTRINGIDA"


# Corregir una que ya está -----------------------------------------------------------------------
def test_cambia_solo_lo_que_se_toco(escena):
    escena.con_matriz()
    antes = Actividad.objects.get(pk=escena.meta.pk)

    aplicado = escena.aplicar(cambiado(escena.bajar(), 2, Meta=90, Colaboración="CAP"))

    assert resumen(aplicado) == {"CAMBIADO": 1, "IGUAL": 4}
    cambios = next(r for r in aplicado.resultado["renglones"] if r["cambios"])["cambios"]
    assert [(c["campo"], c["antes"], c["despues"]) for c in cambios] == [
        ("Colaboración", "", "CAP"),
        ("Meta", "80.50", "90.00"),
    ]
    ahora = Actividad.objects.get(pk=escena.meta.pk)
    assert (ahora.meta, ahora.version) == (90, antes.version + 1)
    assert Actividad.objects.get(pk=escena.porcentaje.pk).version == 1
    assert [str(uno) for uno in escena.porcentaje.cooperantes.all()] == ["MINDEF (Apoyo)"]


def test_quitar_renglones_no_borra_nada(escena):
    escena.con_matriz()
    octetos = libros.retocado(escena.bajar(), lambda c: c["Matriz"].delete_rows(2, 4))
    octetos = libros.retocado(octetos, lambda c: c["Hitos"].delete_rows(2, 2))

    recibido = escena.subir(octetos)

    assert recibido.resultado["no_vinieron"] == 4
    assert recibido.resultado["aplicables"] == []
    assert Actividad.objects.count() == 4


def test_los_pesos_se_ponen_a_todas_de_una_vez(escena):
    escena.con_matriz()
    octetos = escena.bajar()
    una = escena.subir(cambiado(octetos, 1, Peso=25))
    assert {celda.split("!")[0] for celda in errores(una)} == {"Matriz"}
    assert len(errores(una)) == 3  # las tres que no lo llevan

    for numero in (1, 2, 3, 4):
        octetos = cambiado(octetos, numero, Peso=25)
    aplicado = escena.aplicar(octetos)

    assert aplicado.resultado["aplicados"] == 4, errores(aplicado)
    assert set(Actividad.objects.values_list("peso", flat=True)) == {25}


def test_los_pesos_cuentan_lo_que_esa_persona_no_ve(escena):
    escena.con_matriz()
    Actividad.objects.update(peso=25)
    escena.matriz.actividades.filter(numero=2).update(visibilidad="RESTRINGIDA")
    cap = escena.elenco.comisionada
    octetos = escena.bajar(cap)
    assert "2" not in {str(c.value) for c in libros.abierto(octetos)["Matriz"]["A"]}

    for numero in (1, 3, 4):
        octetos = cambiado(octetos, numero, Peso=None)
    recibido = escena.subir(octetos, cap)
    assert resumen(recibido) == {"RECHAZADO": 3, "IGUAL": 1}

    ocupado = escena.subir(lleno(escena.bajar(cap), {**UNA, "N.º": 2, "Peso": 1}, desde=20), cap)
    assert "ya tiene una actividad 2" in " ".join(errores(ocupado).values())


def test_los_hitos_se_corrigen_se_agregan_y_se_quitan(escena):
    escena.con_matriz()
    octetos = cambiado(escena.bajar(), 3, "Hitos", "1", **{"Peso_(%)": 50, "Fecha": "01/07/2021"})
    octetos = cambiado(octetos, 3, "Hitos", "2", **{"Hito": None, "Peso_(%)": None, "Fecha": None})
    nuevo = {
        "N.º de actividad": 3,
        "N.º de hito": 5,
        "Hito": "Cierre",
        "Peso (%)": 50,
        "Fecha": "31/12/2022",
    }
    octetos = libros.retocado(octetos, lambda c: escribir_en(c["Hitos"], 9, nuevo))

    aplicado = escena.aplicar(octetos)

    assert aplicado.resultado["aplicados"] == 1, errores(aplicado)
    assert list(
        HitoActividad.objects.order_by("numero").values_list(
            "numero", "peso", "fecha_original", "fecha_vigente"
        )
    ) == [
        (1, 50, date(2021, 7, 1), date(2021, 7, 1)),
        (5, 50, date(2022, 12, 31), date(2022, 12, 31)),
    ]


def test_un_hito_ya_reportado_no_se_quita(escena):
    escena.con_matriz()
    avance = AvanceFactory(
        actividad=escena.por_hitos, periodo=PeriodoFactory(plan=escena.plan), estado="BORRADOR"
    )
    HitoCumplido.objects.create(avance=avance, hito=escena.segundo, fecha=date(2021, 3, 1))
    octetos = cambiado(escena.bajar(), 3, "Hitos", "1", **{"Peso_(%)": 100})
    octetos = cambiado(octetos, 3, "Hitos", "2", **{"Hito": None, "Peso_(%)": None, "Fecha": None})

    recibido = escena.subir(octetos)

    assert "Ya se reportó" in " ".join(errores(recibido).values())
    assert recibido.resultado["aplicables"] == []


# Lo que está mal, todo a la vez y en su celda ---------------------------------------------------
def test_todos_los_errores_a_la_vez_y_en_su_celda(escena):
    malas = [
        {**UNA, "Meta": 0},
        {**UNA, "N.º": 2, "Cómo se mide": "Porcentaje declarado"},
        {**UNA, "N.º": 3, "Fecha de finalización": "31/12/2031"},
        {**UNA, "N.º": 4, "Fecha de finalización": "01/01/2020"},
        {**UNA, "N.º": 5, "Responsable institucional": "STCNS"},
        {**UNA, "N.º": 6, "Cooperación": "NOEXISTE"},
        {**UNA, "N.º": 7, "Apoyo": "MINDEF"},
        {**UNA, "N.º": 8, "Cómo se mide": "Colectivo", "Meta": None},
        {**UNA, "N.º": 9, "Clasificación": "Reservada"},
        {**UNA, "N.º": 10, "Meta": "muchas"},
        {**UNA, "N.º": 11, "Meta": "=1+1"},
        {**UNA, "N.º": 12, DESCRIPCION: None, "Unidad de medida": "x" * 81},
        {**UNA, "N.º": 13, "Cómo se mide": "Hitos", "Meta": None},
        {**UNA, "N.º": 14, "Cómo se mide": "Hitos", "Meta": None},
        {**UNA, "N.º": 1},
    ]
    hitos = [
        {
            "N.º de actividad": 13,
            "N.º de hito": 1,
            "Hito": "A",
            "Peso (%)": 90,
            "Fecha": "30/06/2021",
        },
        {
            "N.º de actividad": 14,
            "N.º de hito": 1,
            "Hito": "A",
            "Peso (%)": 100,
            "Fecha": "30/06/2029",
        },
        {
            "N.º de actividad": 15,
            "N.º de hito": 1,
            "Hito": "A",
            "Peso (%)": 100,
            "Fecha": "30/06/2021",
        },
    ]

    recibido = escena.subir(lleno(escena.bajar(), *malas, hitos=hitos))

    dichos = errores(recibido)
    assert {celda: texto.split(".")[0][:38] for celda, texto in dichos.items()} == {
        "Acción!C2": REQUERIDO,
        "Matriz!L2": "Escriba una meta mayor que cero",
        "Matriz!L3": "Sólo el modo de meta física lleva meta",
        "Matriz!H4": "El plan va del 01/04/2020 al 31/12/202"[:38],
        "Matriz!H5": dichos["Matriz!H5"].split(".")[0][:38],
        "Matriz!C6": "No está en la lista",
        "Matriz!D7": "«NOEXISTE» no está en la lista: vea la",
        "Matriz!F8": "MINDEF ya está en otra columna: cada q",
        "Matriz!N9": "Diga quiénes están obligados",
        "Matriz!Q10": "Lo reservado exige su resolución",
        "Matriz!L11": "Escriba un número, sin letras ni signo",
        "Matriz!L12": "Hay una fórmula: escriba sólo valores ",
        "Matriz!B13": REQUERIDO,
        "Matriz!K13": dichos["Matriz!K13"].split(".")[0][:38],
        "Hitos!D2": "Los pesos de los hitos deben sumar exa",
        "Hitos!E3": "La actividad va del 01/01/2021 al 31/1",
        "Hitos!A4": "En la hoja Matriz no hay una actividad",
        "Matriz!A16": "Está repetida: ya viene en la fila 2",
    }
    assert recibido.resultado["aplicables"] == []
    assert not MatrizCumplimiento.objects.exists()

    copia = libros.abierto(libro.bajar_copia(recibido, por=escena.por))
    assert copia["Matriz"]["L2"].comment.text.startswith("Escriba una meta")
    assert copia["Hitos"]["A4"].comment is not None
    assert copia["Matriz"]["L12"].value is None or "=" not in str(copia["Matriz"]["L12"].value)


def test_el_texto_de_una_matriz_entra_limpio_y_con_su_tope(escena):
    engana, vacia, larga = "Capa\u202ecitar", "\u200b\u200b", "x" * 2001
    filas = [
        {**UNA, "N.º": numero, DESCRIPCION: dicha}
        for numero, dicha in enumerate((engana, vacia, larga), start=1)
    ]
    hito = {"N.º de actividad": 4, "N.º de hito": 1, "Hito": "Acta\x7f", "Peso (%)": 100}
    por_hitos = {**UNA, "N.º": 4, "Cómo se mide": "Hitos", "Meta": None}
    lejana = {**UNA, "N.º": 1000}
    octetos = lleno(
        escena.bajar(),
        *filas,
        por_hitos,
        lejana,
        impacto="La población\u2066 vive más segura.",
        hitos=[{**hito, "Fecha": "30/06/2021"}],
    )

    dichos = errores(escena.subir(octetos))

    assert {celda: texto.split(":")[0] for celda, texto in dichos.items()} == {
        "Acción!C2": "Hay un carácter que no se puede guardar (U+2066)",
        "Matriz!B2": "Hay un carácter que no se puede guardar (U+202E)",
        "Matriz!B3": REQUERIDO + ".",
        "Matriz!B4": "Asegúrese de que este valor tenga menos de 2000 caracteres (tiene 2001).",
        "Hitos!C2": "Hay un carácter que no se puede guardar (U+007F)",
        "Matriz!A6": "Asegúrese de que este valor es menor o igual a 999.",
    }


def test_lo_validado_no_se_reescribe(escena):
    escena.con_matriz()
    AvanceFactory(
        actividad=escena.meta, periodo=PeriodoFactory(plan=escena.plan), estado="VALIDADO"
    )

    recibido = escena.subir(cambiado(escena.bajar(), 2, Meta=90, Unidad_de_medida="Otra"))

    assert errores(recibido) == {"Matriz!L3": "Ya hay avances validados: pida una enmienda."}


def test_si_algo_se_rechaza_no_se_guarda_nada(escena):
    escena.con_matriz()
    octetos = cambiado(cambiado(escena.bajar(), 1, Unidad_de_medida="Otra"), 2, Meta=0)

    recibido = escena.subir(octetos)

    assert resumen(recibido) == {"CAMBIADO": 1, "RECHAZADO": 1, "IGUAL": 3}
    assert recibido.resultado["aplicables"] == []


# Otra persona, y otro libro ---------------------------------------------------------------------
def test_version_ajena_muestra_los_dos_y_su_copia_se_puede_aplicar(escena):
    escena.con_matriz()
    octetos = cambiado(escena.bajar(), 2, Unidad_de_medida="La mía")
    columnas = {"unidad": "La de otra"}
    estructura.cambiar_actividad(escena.meta, columnas, version=1, por=escena.elenco.comisionada)

    recibido = escena.subir(octetos)

    assert recibido.resultado["codigo"] == "version_ajena"
    (choque,) = [r for r in recibido.resultado["renglones"] if r["errores"]]
    assert [(c["antes"], c["despues"]) for c in choque["cambios"]] == [("La de otra", "La mía")]
    aplicado = escena.aplicar(libro.bajar_copia(recibido, por=escena.por))
    assert aplicado.resultado["aplicados"] == 1, errores(aplicado)
    assert Actividad.objects.get(pk=escena.meta.pk).unidad == "La mía"


def test_lo_que_cambia_entre_el_ensayo_y_aplicar_se_ve(escena):
    escena.con_matriz()
    ensayado = escena.subir(cambiado(escena.bajar(), 2, Unidad_de_medida="La mía"))
    columnas = {"unidad": "La de otra"}
    estructura.cambiar_actividad(escena.meta, columnas, version=1, por=escena.elenco.comisionada)

    aplicado = libro.aplicar(ensayado, por=escena.por)

    assert aplicado.resultado["aplicados"] == 0
    assert aplicado.resultado["codigo"] == "version_ajena"
    assert Actividad.objects.get(pk=escena.meta.pk).unidad == "La de otra"


def _sin_sello(cuaderno):
    for fila in cuaderno["Instrucciones"].iter_rows():
        if fila[0].value == "Sello":
            fila[1].value = "x" + str(fila[1].value)[1:]


@pytest.mark.parametrize(
    ("retoque", "donde"),
    [
        (lambda c: escribir_en(c["Matriz"], 2, {"N.º": 2}), "Matriz!A2"),
        (lambda c: escribir_en(c["Matriz"], 2, {"N.º": 77}), "Matriz!A2"),
        (lambda c: escribir_en(c["Matriz"], 2, {"Versión": 9}), "Matriz!A2"),
        (lambda c: escribir_en(c["Matriz"], 2, {"Versión": 10**30}), "Matriz!A2"),
        (lambda c: escribir_en(c["Matriz"], 2, {"Control": None}), "Matriz!A2"),
        (lambda c: escribir_en(c["Hitos"], 2, {"N.º de hito": 2}), "Hitos!B2"),
        (lambda c: escribir_en(c["Hitos"], 2, {"N.º de actividad": 1}), "Hitos!B2"),
        (
            lambda c: escribir_en(c["Acción"], 2, {"Número de acción estratégica": "9.9.9"}),
            "Acción!A2",
        ),
        (lambda c: escribir_en(c["Matriz"], 9, {DESCRIPCION: "Sin número"}), "Matriz!A9"),
        (lambda c: escribir_en(c["Matriz"], 9, {"N.º": -4}), "Matriz!A9"),
        (lambda c: escribir_en(c["Matriz"], 9, {"N.º": 1.5}), "Matriz!A9"),
    ],
)
def test_llaves_alteradas_impiden_aplicar(escena, retoque, donde):
    escena.con_matriz()

    recibido = escena.subir(libros.retocado(escena.bajar(), retoque))

    assert donde in errores(recibido)
    assert recibido.resultado["aplicables"] == []


def test_una_fila_sin_numero_dice_en_su_celda_que_hacer(escena):
    def agregar(cuaderno):
        escribir_en(cuaderno["Matriz"], 9, {DESCRIPCION: "Sin número"})
        escribir_en(cuaderno["Matriz"], 10, {DESCRIPCION: "Tampoco tiene"})
        escribir_en(cuaderno["Hitos"], 9, {"Hito": "De ninguna actividad"})
        escribir_en(cuaderno["Hitos"], 10, {"N.º de actividad": 3, "Hito": "Sin el suyo"})

    recibido = escena.con_matriz().subir(libros.retocado(escena.bajar(), agregar))
    copia = libros.abierto(libro.bajar_copia(recibido, por=escena.por))

    dichos = errores(recibido)
    assert "escriba 5, el siguiente libre" in dichos["Matriz!A9"]  # la matriz ya tiene cuatro
    assert "escriba 6, el siguiente libre" in dichos["Matriz!A10"]
    assert "de qué actividad es este hito" in dichos["Hitos!A9"]
    assert "escriba 3, el siguiente libre de la actividad 3" in dichos["Hitos!B10"]
    assert "vacíela" in copia["Matriz"]["A9"].comment.text


@pytest.mark.parametrize("que", ["sello", "otra acción", "otro plan", "captura"])
def test_un_libro_que_no_es_de_aqui_se_rechaza_sin_residuos(client, escena, que):
    octetos = escena.con_matriz().bajar()
    if que == "sello":
        octetos = libros.retocado(octetos, _sin_sello)
    elif que == "captura":
        persona = escena.elenco.planificadora
        octetos = libros.bajado(persona, PeriodoFactory(plan=escena.plan))
    else:
        otra = AccionFactory(
            **({"objetivo": escena.accion.objetivo} if que == "otra acción" else {})
        )
        otra = type(otra).objects.con_su_lugar().get(pk=otra.pk)
        octetos = libro.libro_de_la_matriz(otra, para=escena.por)
    client.force_login(escena.por)

    respuesta = client.post(escena.direccion("subir_matriz"), {"archivo": libros.archivo(octetos)})

    assert respuesta.status_code == (400 if que == "sello" else 422)
    assert f'data-codigo="{"sello" if que == "sello" else "libro_ajeno"}"' in respuesta.text
    assert not LibroRecibido.objects.exists()


def test_el_de_una_matriz_no_entra_por_el_semestre(client, escena):
    PeriodoFactory(plan=escena.plan)
    client.force_login(escena.elenco.planificadora)

    respuesta = client.post(
        reverse("matrices:subir_libro"), {"archivo": libros.archivo(escena.bajar())}
    )

    assert respuesta.status_code == 400
    assert not LibroRecibido.objects.exists()


def test_trescientas_actividades_entran(escena):
    todas = [{**UNA, "N.º": numero} for numero in range(1, 301)]

    aplicado = escena.aplicar(lleno(escena.bajar(), *todas, impacto="Barrios más seguros."))

    assert aplicado.resultado["aplicados"] == 301, errores(aplicado)
    assert Actividad.objects.count() == 300


# En pantalla ------------------------------------------------------------------------------------
def test_en_pantalla_se_sube_se_ve_y_se_guarda(client, escena):
    client.force_login(escena.por)
    pagina = client.get(escena.direccion("libro_de_la_matriz"))
    assert escena.direccion("bajar_matriz") in pagina.text
    bajado = client.get(escena.direccion("bajar_matriz"))
    assert bajado["Content-Disposition"] == 'attachment; filename="matriz-1.1.1.xlsx"'
    octetos = lleno(bajado.content, UNA, impacto="Barrios más seguros.")

    ensayo = client.post(
        escena.direccion("subir_matriz"), {"archivo": libros.archivo(octetos)}, follow=True
    )
    assert "Guardar la matriz" in ensayo.text
    recibido = LibroRecibido.objects.get()
    hecho = client.post(escena.direccion("aplicar_matriz", pk=recibido.pk), follow=True)

    assert "La matriz quedó escrita: 2 renglones" in hecho.text
    assert Actividad.objects.get().matriz.accion == escena.accion
    otra_vez = client.post(escena.direccion("aplicar_matriz", pk=recibido.pk))
    assert otra_vez.status_code == 409
    assert Actividad.objects.count() == 1


def test_con_errores_contesta_422_y_da_la_copia(client, escena):
    client.force_login(escena.elenco.comisionada)
    octetos = lleno(escena.bajar(), {**UNA, "Meta": 0}, impacto="Barrios más seguros.")

    respuesta = client.post(escena.direccion("subir_matriz"), {"archivo": libros.archivo(octetos)})

    assert respuesta.status_code == 422
    assert "Matriz!L2" in respuesta.text
    recibido = LibroRecibido.objects.get()
    copia = client.get(escena.direccion("copia_de_la_matriz", pk=recibido.pk))
    assert libros.abierto(copia.content)["Matriz"]["L2"].comment is not None


def test_la_rectora_lo_baja_y_no_lo_carga(client, escena):
    escena.con_matriz()
    client.force_login(escena.elenco.planificadora)

    pagina = client.get(escena.direccion("libro_de_la_matriz"))
    assert "Súbalo lleno" not in pagina.text
    assert client.get(escena.direccion("bajar_matriz")).status_code == 200
    octetos = libros.archivo(escena.bajar())
    negado = client.post(escena.direccion("subir_matriz"), {"archivo": octetos})
    assert negado.status_code == 403

    client.force_login(escena.elenco.ajena)
    assert client.get(escena.direccion("bajar_matriz")).status_code == 403


def test_lo_que_la_rectora_llena_lo_carga_la_coordinacion(escena):
    escena.con_matriz()
    llenado = cambiado(escena.bajar(escena.elenco.planificadora), 1, Unidad_de_medida="Otra")

    aplicado = escena.aplicar(llenado)

    assert aplicado.resultado["aplicados"] == 1
    assert Actividad.objects.get(numero=1).unidad == "Otra"


def test_el_libro_de_otra_accion_o_de_otra_persona_no_existe(client, escena):
    recibido = escena.subir(lleno(escena.bajar(), UNA, impacto="Barrios más seguros."))
    AccionFactory(objetivo=escena.accion.objetivo, codigo="1.1.2", orden=2)
    client.force_login(escena.por)
    assert client.get(escena.direccion("ensayo_de_la_matriz", pk=recibido.pk)).status_code == 200
    otra = escena.direccion("ensayo_de_la_matriz", pk=recibido.pk, accion="1.1.2")
    assert client.get(otra).status_code == 404

    client.force_login(escena.elenco.comisionada)  # la CAP ve los que ella subió
    suyo = escena.direccion("ensayo_de_la_matriz", pk=recibido.pk)
    assert client.get(suyo).status_code == 404
    client.force_login(escena.elenco.planificadora)  # y por el semestre tampoco se llega
    assert client.get(reverse("matrices:ensayo", args=[recibido.pk])).status_code == 404


def test_del_plan_baja_un_zip_por_rectora(client, escena):
    ajena = AccionFactory(objetivo=escena.accion.objetivo, codigo="1.1.2", orden=2)
    ResponsabilidadFactory(accion=ajena, institucion=escena.elenco.otra)
    todas = reverse("matrices:bajar_matrices", args=["pesn"])

    def nombres(persona, direccion):
        client.force_login(persona)
        with zipfile.ZipFile(io.BytesIO(client.get(direccion).content)) as paquete:
            return paquete.namelist()

    assert nombres(escena.por, f"{todas}?institucion=MINDEF") == ["matriz-1.1.2.xlsx"]
    assert nombres(escena.elenco.planificadora, f"{todas}?institucion=MINDEF") == [
        "matriz-1.1.1.xlsx"
    ]
    assert Asiento.objects.filter(acto="bajar_matriz").count() == 2
    client.force_login(escena.por)
    assert client.get(f"{todas}?institucion=NADIE").status_code == 404
    assert client.get(todas).status_code == 302  # primero se elige de quién
    pagina = client.get(reverse("matrices:matrices_del_plan", args=["pesn"]))
    assert pagina.text.count("/matriz/") == 2


def test_un_libro_grande_se_atiende_en_la_cola(escena, settings):
    settings.LIBRO_EN_EL_PEDIDO = 1
    recibido = escena.subir(lleno(escena.bajar(), UNA, impacto="Barrios más seguros."))
    assert recibido.espera

    assert libro.atender(recibido.clave)
    recibido.refresh_from_db()
    libro.aplicar(recibido, por=escena.por)
    assert libro.atender(recibido.clave)

    recibido.refresh_from_db()
    assert recibido.resultado["aplicados"] == 2


def test_quien_perdio_el_papel_ya_no_aplica(escena, settings):
    settings.LIBRO_EN_EL_PEDIDO = 1
    recibido = escena.subir(lleno(escena.bajar(), UNA, impacto="Barrios más seguros."))
    type(escena.por).objects.filter(pk=escena.por.pk).update(rol="AUDITOR")

    assert not libro.atender(recibido.clave)

    recibido.refresh_from_db()
    assert (recibido.estado, recibido.codigo) == ("FALLIDO", "permiso")
