"""El libro de la institución: baja prellenado, vuelve lleno, se ensaya y se aplica por acción."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from instituciones.models import Asiento
from matrices import antecedentes, flujo, libro
from matrices.antecedentes import Antecedentes
from matrices.hojas import LibroInservible
from matrices.libro.columnas import ORDEN, columnas_por_hoja, lista_de_resoluciones
from matrices.libro.resultado import por_celda
from matrices.libro.valores import guardados
from matrices.models import Aporte, Avance, HitoCumplido, LibroRecibido, Movimiento
from tests import libros
from tests.fabricas import (
    AccionFactory,
    ActividadFactory,
    AvanceFactory,
    DelegacionFactory,
    HitoFactory,
    InstitucionFactory,
    MatrizFactory,
    ObservacionFactory,
    PeriodoFactory,
    PlanFactory,
    ResolucionFactory,
    UsuarioFactory,
)

LOGRO = libros.LOGRO


class Escena:
    """Dos acciones de la institución con un avance de cada modo, en el semestre abierto."""

    def __init__(self, elenco):
        self.elenco, self.persona = elenco, elenco.planificadora
        self.periodo = PeriodoFactory()
        self.plan = self.periodo.plan
        casa = elenco.responsable
        accion = AccionFactory(objetivo__programa__plan=self.plan, codigo="1.1.1", orden=1)
        otra = AccionFactory(objetivo=accion.objetivo, codigo="1.1.10", orden=2)
        matriz, segunda = MatrizFactory(accion=accion), MatrizFactory(accion=otra)

        def avance(matriz, numero, estado="PENDIENTE", **datos):
            propios = {c: datos.pop(c) for c in ("porcentaje", "logro", "ronda") if c in datos}
            actividad = ActividadFactory(matriz=matriz, numero=numero, responsable=casa, **datos)
            return AvanceFactory(
                actividad=actividad, periodo=self.periodo, estado=estado, **propios
            )

        self.porcentaje = avance(matriz, 1)
        self.meta = avance(matriz, 2, modo="META", meta=80, unidad="Agentes")
        self.hitos = avance(matriz, 3, modo="HITOS")
        self.primero = HitoFactory(actividad=self.hitos.actividad, numero=1, peso=40)
        self.segundo = HitoFactory(actividad=self.hitos.actividad, numero=2, peso=60)
        self.colectivo = avance(segunda, 1, modo="COLECTIVO")
        self.obligadas = [InstitucionFactory(sigla="AAA"), InstitucionFactory(sigla="BBB")]
        self.colectivo.actividad.obligados.set(self.obligadas)
        self.borrador = avance(
            segunda, 2, estado="BORRADOR", porcentaje=40, logro="Antes se dijo esto, con detalle."
        )
        self.remitido = avance(segunda, 3, estado="REMITIDO", porcentaje=40)
        self.ajeno = AvanceFactory(
            periodo=self.periodo,
            actividad__matriz=segunda,
            actividad__numero=9,
            actividad__responsable=elenco.otra,
        )
        flujo.medir(Avance.objects.filter(periodo=self.periodo))

    def bajar(self, persona=None) -> bytes:
        return libros.bajado(persona or self.persona, self.periodo)

    def subir(self, octetos: bytes, persona=None, **opciones) -> LibroRecibido:
        persona = persona or self.persona
        return libro.subir(
            libros.archivo(octetos),
            institucion=persona.institucion,
            periodo=self.periodo,
            por=persona,
            **opciones,
        )

    def aplicar(self, octetos: bytes, persona=None) -> LibroRecibido:
        return libro.aplicar(self.subir(octetos, persona), por=persona or self.persona)


@pytest.fixture
def escena(elenco, settings):
    settings.LIBRO_EN_EL_PEDIDO = 10 * 1024 * 1024
    return Escena(elenco)


def resumen(recibido: LibroRecibido) -> dict[str, int]:
    return {k: v for k, v in recibido.resultado["resumen"].items() if v}


def errores(recibido: LibroRecibido) -> dict[str, str]:
    return dict(por_celda(recibido.resultado))


# Bajarlo ----------------------------------------------------------------------------------------
def test_el_libro_trae_lo_suyo_en_el_orden_del_plan(escena):
    cuaderno = libros.abierto(escena.bajar())
    hoja = cuaderno["Actividades"]

    codigos = [celdas[0].value for celdas in hoja.iter_rows(min_row=2)]
    assert codigos == ["1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.10.1", "1.1.10.2", "1.1.10.3"]
    assert cuaderno.sheetnames == [
        "Instrucciones",
        "Actividades",
        "Personas",
        "Hitos",
        "Aportes",
        "Listas",
    ]
    assert libros.celda(hoja, "1.1.10.2", "Avance acumulado (%)").value == 40
    assert libros.celda(hoja, "1.1.10.2", "Logro").value.startswith("Antes se dijo")
    assert libros.celda(hoja, "1.1.1.2", "Meta").value == 80
    assert libros.celda(hoja, "1.1.1.1", "P al corte (%)").value == pytest.approx(24.79)
    assert libros.celda(hoja, "1.1.1.1", "Inicio").value.date() == date(2021, 1, 1)
    assert libros.celda(hoja, "1.1.10.3", "Estado del avance").value == "Remitido"
    assert [c.value for c in cuaderno["Hitos"]["B"]] == ["Hito", "1", "2"]
    assert [c.value for c in cuaderno["Aportes"]["C"]] == ["Institución", "AAA", "BBB"]


def test_se_escribe_solo_en_lo_que_la_actividad_usa(escena):
    hoja = libros.abierto(escena.bajar())["Actividades"]

    def libre(codigo, titulo):
        return not libros.celda(hoja, codigo, titulo).protection.locked

    assert libre("1.1.1.1", "Avance acumulado (%)")
    assert not libre("1.1.1.1", "Cantidad del semestre")
    assert libre("1.1.1.2", "Cantidad del semestre")
    assert not libre("1.1.1.2", "Avance acumulado (%)")
    assert not libre("1.1.1.1", "Devengado (Q)")  # sin programa presupuestario
    assert not libre("1.1.10.3", "Logro")  # ya remitido
    assert not any(libre("1.1.1.1", t) for t in ("Actividad", "Versión", "Control", "Descripción"))


def test_el_texto_de_una_persona_nunca_es_formula(escena):
    Avance.objects.filter(pk=escena.borrador.pk).update(
        logro='=HYPERLINK("http://x","a") y treinta letras más', limitante="+1+1", porcentaje=5
    )

    cuaderno = libros.abierto(escena.bajar())

    tipos = {c.data_type for hoja in cuaderno for fila in hoja for c in fila}
    assert "f" not in tipos
    assert libros.celda(cuaderno["Actividades"], "1.1.10.2", "Limitante").value == "+1+1"
    assert resumen(escena.subir(escena.bajar())) == {"IGUAL": 6}


def test_sin_tocar_nada_son_cero_cambios(escena):
    recibido = escena.subir(escena.bajar())

    assert resumen(recibido) == {"IGUAL": 6}
    assert recibido.resultado["aplicables"] == []
    assert recibido.resultado["codigo"] == ""


def test_los_antecedentes_de_varios_son_los_de_cada_uno(escena):
    viejo = PeriodoFactory(plan=escena.plan, anio=2020, semestre=2, estado="CORTADO")
    previo = AvanceFactory(
        actividad=escena.hitos.actividad, periodo=viejo, estado="CONSOLIDADO", logro=LOGRO
    )
    HitoCumplido.objects.create(avance=previo, hito=escena.primero, fecha=date(2020, 12, 1))
    HitoCumplido.objects.create(avance=escena.hitos, hito=escena.segundo, fecha=date(2021, 5, 1))
    Aporte.objects.create(avance=escena.colectivo, institucion=escena.obligadas[0], porcentaje=20)
    ObservacionFactory(avance=escena.borrador)
    filas = list(Avance.objects.filter(periodo=escena.periodo).con_su_actividad())

    de_una_vez = antecedentes.de_varios(filas)

    for fila in filas:
        solo, junto = Antecedentes(fila), de_una_vez[fila.pk]
        for dato in (
            *("anterior", "hitos", "hitos_validados", "hitos_marcados", "obligados"),
            *("aportes", "aportes_previos", "abiertas", "ultimo", "como_esta"),
        ):
            assert getattr(junto, dato) == getattr(solo, dato), (str(fila), dato)


def test_cada_celda_de_captura_tiene_su_valor_y_su_columna(escena):
    ObservacionFactory(avance=escena.hitos)
    columnas = columnas_por_hoja(lista_de_resoluciones([]))
    for avance in (escena.hitos, escena.colectivo):
        dichos = guardados(avance, Antecedentes(avance))
        for hoja, subs in dichos.items():
            for celdas in subs.values():
                assert list(celdas) == [c.nombre for c in columnas[hoja] if c.se_escribe], hoja
    assert set(columnas) == set(ORDEN)


# Ensayarlo y aplicarlo --------------------------------------------------------------------------
def test_ensayar_no_guarda_nada_y_aplicar_si(escena):
    lleno = libros.lleno(
        escena.bajar(), "1.1.1.1", **{"Avance acumulado (%)": 45.1, "Logro": LOGRO}
    )

    recibido = escena.subir(lleno)
    escena.porcentaje.refresh_from_db()
    assert (escena.porcentaje.estado, escena.porcentaje.porcentaje) == ("PENDIENTE", None)
    assert resumen(recibido) == {"NUEVO": 1, "IGUAL": 5}
    cambios = {c["campo"]: c for r in recibido.resultado["renglones"] for c in r["cambios"]}
    assert cambios["Avance acumulado (%)"] == {
        "campo": "Avance acumulado (%)",
        "celda": "Actividades!R2",
        "antes": "",
        "despues": "45.10",
    }

    aplicado = libro.aplicar(recibido, por=escena.persona)
    escena.porcentaje.refresh_from_db()
    assert aplicado.aplicado
    assert aplicado.resultado["aplicados"] == 1
    assert escena.porcentaje.estado == "BORRADOR"
    assert (escena.porcentaje.porcentaje, escena.porcentaje.logro) == (Decimal("45.10"), LOGRO)
    assert escena.porcentaje.capturado_por == escena.persona
    assert escena.porcentaje.ejecutado == Decimal("45.10")
    movimiento = Movimiento.objects.get(avance=escena.porcentaje)
    assert (movimiento.paso, movimiento.por) == ("guardar", escena.persona)
    actos = list(Asiento.objects.order_by("pk").values_list("acto", flat=True))
    assert actos == ["subir_libro", "pedir_aplicar_libro", "guardar", "aplicar_libro"]


def test_subir_dos_veces_lo_mismo_no_cambia_nada_la_segunda(escena):
    """X-43."""
    lleno = libros.lleno(escena.bajar(), "1.1.1.1", **{"Avance acumulado (%)": 45, "Logro": LOGRO})
    escena.aplicar(lleno)
    version = Avance.objects.get(pk=escena.porcentaje.pk).version

    segundo = escena.subir(lleno)

    assert resumen(segundo) == {"IGUAL": 6}
    assert segundo.resultado["codigo"] == ""
    assert Avance.objects.get(pk=escena.porcentaje.pk).version == version


def test_se_puede_seguir_llenando_el_mismo_libro_ya_aplicado(escena):
    """Las versiones que ella misma hizo avanzar no le estorban; las de otra persona, sí."""
    primero = libros.lleno(escena.bajar(), "1.1.1.1", **{"Avance acumulado (%)": 45})
    escena.aplicar(primero)
    segundo = libros.lleno(primero, "1.1.1.1", Logro=LOGRO)
    assert resumen(escena.aplicar(segundo)) == {"CAMBIADO": 1, "IGUAL": 5}
    companera = UsuarioFactory(institucion=escena.persona.institucion)
    ajeno = libros.lleno(escena.bajar(companera), "1.1.1.1", **{"Avance acumulado (%)": 50})
    assert escena.aplicar(ajeno, companera).resultado["aplicados"] == 1

    tercero = escena.subir(libros.lleno(segundo, "1.1.1.1", **{"Avance acumulado (%)": 60}))

    assert tercero.resultado["codigo"] == "version_ajena"


def test_todos_los_modos_y_hojas_van_y_vuelven(escena):
    ObservacionFactory(avance=escena.borrador, texto="Precise el lugar.")
    observacion = escena.borrador.observaciones.get()
    octetos = escena.bajar()
    cuaderno = libros.abierto(octetos)
    hoja, hitos, aportes = (cuaderno[n] for n in ("Actividades", "Hitos", "Aportes"))
    escribir = {
        "1.1.1.2": {"Cantidad del semestre": 34, "Situación al corte": "En ejecución"},
        "1.1.1.3": {"Logro": LOGRO},
        "1.1.10.1": {"Departamentos": "Petén, guatemala", "Fecha de la medida": date(2021, 9, 1)},
        "1.1.10.2": {"Requiere decisión del CNS": "Sí", "Decisión que se solicita": "Asignar."},
    }
    for codigo, valores in escribir.items():
        for titulo, valor in valores.items():
            libros.celda(hoja, codigo, titulo).value = valor
    libros.celda(hitos, "1.1.1.3", "Cumplido", "2").value = "sí"
    libros.celda(hitos, "1.1.1.3", "Fecha en que se cumplió", "2").value = date(2021, 5, 6)
    libros.celda(aportes, "1.1.10.1", "Avance por institución (%)").value = 75.5
    personas = cuaderno["Personas"]
    for titulo, valor in {"Total": 40, "Mujeres": 25, "Hombres": 15, "Maya": 40}.items():
        libros.celda(personas, "1.1.1.1", titulo).value = valor
    respuesta = libros.celda(cuaderno["Observaciones"], "1.1.10.2", "Su respuesta")
    respuesta.value = "Se precisó el lugar, como se pidió."

    recibido = escena.aplicar(libros.guardado(cuaderno))

    assert errores(recibido) == {}
    assert resumen(recibido) == {"NUEVO": 4, "CAMBIADO": 1, "IGUAL": 1}
    assert recibido.resultado["aplicados"] == 5
    for fila in (escena.porcentaje, escena.meta, escena.colectivo, escena.borrador):
        fila.refresh_from_db()
    assert escena.meta.ejecutado_periodo == 34
    assert escena.meta.ejecutado == Decimal("42.50")
    assert dict(escena.hitos.hitos_cumplidos.values_list("hito__numero", "fecha")) == {
        2: date(2021, 5, 6)
    }
    assert dict(escena.colectivo.aportes.values_list("institucion__sigla", "porcentaje")) == {
        "AAA": Decimal("75.50"),
        "BBB": None,
    }
    assert escena.colectivo.territorio == ["01", "17"]
    assert escena.colectivo.fecha_medida == date(2021, 9, 1)
    assert escena.porcentaje.beneficiarios == {
        "total": 40,
        "mujeres": 25,
        "hombres": 15,
        "pueblo": {"maya": 40},
    }
    assert escena.borrador.requiere_decision_cns
    observacion.refresh_from_db()
    assert observacion.respuesta.startswith("Se precisó")
    assert resumen(escena.subir(escena.bajar())) == {"IGUAL": 6}


def test_sin_cambios_repite_lo_anterior_igual_que_la_pantalla(escena):
    viejo = PeriodoFactory(plan=escena.plan, anio=2020, semestre=2, estado="CORTADO")
    AvanceFactory(
        actividad=escena.porcentaje.actividad,
        periodo=viejo,
        estado="CONSOLIDADO",
        porcentaje=30,
        situacion_reportada="EN_EJECUCION",
    )
    motivo = "Sigue en trámite la compra, sin novedad."
    lleno = libros.lleno(
        escena.bajar(), "1.1.1.1", **{"Sin cambios": "Sí", "Por qué no hay cambios": motivo}
    )

    escena.aplicar(lleno)

    escena.porcentaje.refresh_from_db()
    assert (escena.porcentaje.porcentaje, escena.porcentaje.situacion_reportada) == (
        30,
        "EN_EJECUCION",
    )
    assert resumen(escena.subir(lleno)) == {"IGUAL": 6}


def test_todos_los_errores_a_la_vez_cada_uno_en_su_celda(escena):
    cuaderno = libros.abierto(escena.bajar())
    hoja = cuaderno["Actividades"]
    mal = {
        ("1.1.1.1", "Avance acumulado (%)"): 101,
        ("1.1.1.1", "Fecha de la medida"): "31/02/2021",
        ("1.1.1.1", "Logro"): "x" * 1001,
        ("1.1.1.1", "Cantidad del semestre"): 5,
        ("1.1.1.2", "Cantidad del semestre"): -1,
        ("1.1.1.2", "Situación al corte"): "Quién sabe",
        ("1.1.10.1", "Limitante"): "tapa\u202emitad",
        ("1.1.10.3", "Logro"): "Cambiado después de remitir, sin permiso.",
    }
    for (codigo, titulo), valor in mal.items():
        libros.celda(hoja, codigo, titulo).value = valor
    libros.celda(cuaderno["Hitos"], "1.1.1.3", "Cumplido", "1").value = "Sí"
    libros.celda(cuaderno["Aportes"], "1.1.10.1", "Avance por institución (%)").value = 140
    libros.celda(cuaderno["Personas"], "1.1.1.1", "Mujeres").value = -4
    esperadas = {
        f"Actividades!{libros.celda(hoja, codigo, titulo).coordinate}"
        for codigo, titulo in mal
        if codigo != "1.1.10.3"
    }
    esperadas |= {"Actividades!A7", "Hitos!H2", "Aportes!F2"}

    recibido = escena.subir(libros.guardado(cuaderno))

    dichos = errores(recibido)
    assert esperadas <= set(dichos)
    assert any(celda.startswith("Personas!") for celda in dichos)
    assert "no se mide así" in dichos["Actividades!P2"]
    assert "ya no se escribe" in dichos["Actividades!A7"]
    assert "100" in dichos["Actividades!R2"]
    assert resumen(recibido) == {"RECHAZADO": 5, "IGUAL": 1}
    assert recibido.resultado["codigo"] == "fila_invalida"
    assert recibido.resultado["aplicables"] == []
    with pytest.raises(flujo.PasoInvalido):
        libro.aplicar(libro.aplicar(recibido, por=escena.persona), por=escena.persona)
    assert not Movimiento.objects.exists()


def test_se_aplica_por_accion_todo_o_nada(escena):
    cuaderno = libros.abierto(escena.bajar())
    hoja = cuaderno["Actividades"]
    libros.celda(hoja, "1.1.1.1", "Avance acumulado (%)").value = 45
    libros.celda(hoja, "1.1.1.2", "Cantidad del semestre").value = 10
    libros.celda(hoja, "1.1.10.2", "Avance acumulado (%)").value = 50
    libros.celda(hoja, "1.1.10.1", "Fecha de la medida").value = "mañana"

    recibido = escena.aplicar(libros.guardado(cuaderno))

    assert recibido.resultado["aplicados"] == 2
    estados = dict(Avance.objects.filter(periodo=escena.periodo).values_list("pk", "estado"))
    assert estados[escena.porcentaje.pk] == estados[escena.meta.pk] == "BORRADOR"
    assert Avance.objects.get(pk=escena.borrador.pk).porcentaje == 40
    assert estados[escena.colectivo.pk] == "PENDIENTE"


def test_otra_persona_guardo_primero_se_rechaza_con_los_dos_textos(escena):
    octetos = escena.bajar()
    flujo.capturar(
        Avance.objects.con_su_actividad().get(pk=escena.borrador.pk),
        flujo.Declaracion({"porcentaje": Decimal(55)}),
        version=1,
        por=UsuarioFactory(institucion=escena.persona.institucion),
    )

    recibido = escena.subir(libros.lleno(octetos, "1.1.10.2", **{"Avance acumulado (%)": 60}))

    [fila] = [r for r in recibido.resultado["renglones"] if r["resultado"] == "RECHAZADO"]
    assert recibido.resultado["codigo"] == "version_ajena"
    [cambio] = fila["cambios"]
    assert (cambio["antes"], cambio["despues"]) == ("55.00", "60.00")
    assert fila["errores"][0]["codigo"] == "version_ajena"


def test_lo_que_otra_persona_guardo_y_esta_no_toco_no_estorba(escena):
    octetos = escena.bajar()
    companera = UsuarioFactory(institucion=escena.persona.institucion)
    escena.aplicar(libros.lleno(octetos, "1.1.10.2", **{"Avance acumulado (%)": 55}), companera)

    recibido = escena.aplicar(libros.lleno(octetos, "1.1.1.1", **{"Avance acumulado (%)": 5}))

    assert resumen(recibido) == {"NUEVO": 1, "IGUAL": 5}
    assert Avance.objects.get(pk=escena.borrador.pk).porcentaje == 55


def test_si_alguien_guarda_entre_el_ensayo_y_aplicar_nadie_pierde(escena):
    """X-44: quien llega después se entera renglón por renglón, y nada queda a medias."""
    octetos = escena.bajar()
    companera = UsuarioFactory(institucion=escena.persona.institucion)
    suyo = escena.subir(libros.lleno(octetos, "1.1.10.2", **{"Avance acumulado (%)": 60}))
    assert suyo.resultado["aplicables"] == ["1.1.10"]
    escena.aplicar(libros.lleno(octetos, "1.1.10.2", **{"Avance acumulado (%)": 55}), companera)

    aplicado = libro.aplicar(suyo, por=escena.persona)

    assert aplicado.resultado["aplicados"] == 0
    assert aplicado.resultado["codigo"] == "version_ajena"
    assert Avance.objects.get(pk=escena.borrador.pk).porcentaje == 55


def test_la_copia_comentada_repite_lo_suyo_y_comenta_cada_celda(escena):
    octetos = escena.bajar()
    flujo.capturar(
        Avance.objects.con_su_actividad().get(pk=escena.borrador.pk),
        flujo.Declaracion({"porcentaje": Decimal(55)}),
        version=1,
        por=UsuarioFactory(institucion=escena.persona.institucion),
    )
    cuaderno = libros.abierto(octetos)
    hoja = cuaderno["Actividades"]
    libros.celda(hoja, "1.1.1.1", "Avance acumulado (%)").value = 101
    libros.celda(hoja, "1.1.1.2", "Fecha de la medida").value = "mañana"
    libros.celda(hoja, "1.1.10.2", "Avance acumulado (%)").value = 60
    recibido = escena.subir(libros.guardado(cuaderno))

    copia = libros.abierto(libro.bajar_copia(recibido, por=escena.persona))

    hoja = copia["Actividades"]
    malo = libros.celda(hoja, "1.1.1.1", "Avance acumulado (%)")
    assert malo.value == 101
    assert "100" in malo.comment.text
    assert libros.celda(hoja, "1.1.1.2", "Fecha de la medida").value == "mañana"
    choque = libros.celda(hoja, "1.1.10.2", "Avance acumulado (%)")
    assert choque.value == 60
    assert choque.comment.text.startswith("Ahora está guardado: 55.00\n\nConviene mirar")
    malo.value = 100
    libros.celda(hoja, "1.1.1.2", "Fecha de la medida").value = date(2021, 9, 1)
    otra_vez = escena.aplicar(libros.guardado(copia))
    assert errores(otra_vez) == {}
    assert otra_vez.resultado["aplicados"] == 3
    assert Avance.objects.get(pk=escena.borrador.pk).porcentaje == 60


# Llaves, sellos y libros que no son -------------------------------------------------------------
def cambiar(titulo, valor, codigo="1.1.1.1", hoja="Actividades"):
    def retoque(cuaderno):
        libros.celda(cuaderno[hoja], codigo, titulo).value = valor

    return retoque


def repetir_fila(cuaderno):
    hoja = cuaderno["Actividades"]
    hoja.append([celda.value for celda in hoja[2]])


def agregar_fila(cuaderno):
    cuaderno["Actividades"].append(["1.1.1.1", "Otra actividad"])


def agregar_hito(cuaderno):
    cuaderno["Hitos"].append(["1.1.1.3", "3", "Otro hito", None, None, None, "Sí"])


ALTERADOS = [
    (cambiar("Actividad", "1.1.10.9"), "No hay una actividad"),  # existe, y es de otra institución
    (cambiar("Actividad", "9.9.9.9"), "No hay una actividad"),
    (cambiar("Actividad", ""), "Falta el código"),
    (cambiar("Actividad", "1.1.1.2"), "no son los que traía"),
    (cambiar("Versión", 2), "no son los que traía"),
    (cambiar("Control", "0000000000-0000000000000000"), "no son los que traía"),
    (cambiar("Hito", "2", "1.1.1.3", "Hitos"), "no son los que traía"),
    (repetir_fila, "repetida"),
    (agregar_fila, "no se agregan"),
    (agregar_hito, "no se agregan"),
]


@pytest.mark.parametrize(("retoque", "dice"), ALTERADOS)
def test_una_llave_alterada_impide_aplicar_el_libro_entero(escena, retoque, dice):
    def con_otro_cambio(cuaderno):
        cambiar("Avance acumulado (%)", 50, "1.1.10.2")(cuaderno)
        retoque(cuaderno)

    recibido = escena.subir(libros.retocado(escena.bajar(), con_otro_cambio))

    assert any(dice in error["mensaje"] for error in recibido.resultado["del_libro"])
    assert recibido.resultado["aplicables"] == []
    assert recibido.resultado["codigo"] == "fila_invalida"
    libro.aplicar(recibido, por=escena.persona)
    assert not Movimiento.objects.exists()


def test_lo_ajeno_se_contesta_igual_que_lo_que_no_existe(escena):
    """X-37."""
    dichos = [
        escena.subir(libros.retocado(escena.bajar(), cambiar("Actividad", codigo))).resultado[
            "del_libro"
        ]
        for codigo in ("1.1.10.9", "7.7.7.7")
    ]

    assert dichos[0] == dichos[1]


def test_filas_ordenadas_de_otro_modo_o_quitadas_no_estorban(escena):
    def desordenar(cuaderno):
        hoja = cuaderno["Actividades"]
        filas = [[celda.value for celda in fila] for fila in hoja.iter_rows(min_row=2)]
        hoja.delete_rows(2, len(filas))
        for fila in reversed(filas[1:]):
            hoja.append(fila)
        libros.celda(hoja, "1.1.10.2", "Avance acumulado (%)").value = 44
        cuaderno["Personas"].delete_rows(2)

    recibido = escena.subir(libros.retocado(escena.bajar(), desordenar))

    assert resumen(recibido) == {"CAMBIADO": 1, "IGUAL": 5}
    assert recibido.resultado["no_vinieron"] == 1


@pytest.mark.parametrize(
    ("preparar", "codigo", "http"),
    [
        ("otro_semestre", "plantilla_vencida", 409),
        ("cortado", "plantilla_vencida", 409),
        ("otra_institucion", "libro_ajeno", 422),
        ("sello", "sello", 400),
        ("sin_instrucciones", "sello", 400),
        ("oculta", "hoja_oculta", 400),
        ("falta_hoja", "encabezados", 400),
        ("sin_columna", "encabezados", 400),
        ("movida", "encabezados", 400),
    ],
)
def test_el_libro_entero_no_sirve_y_dice_por_que(escena, preparar, codigo, http):
    octetos = escena.bajar()
    if preparar == "otro_semestre":
        type(escena.periodo).objects.filter(pk=escena.periodo.pk).update(estado="CORTADO")
        escena.periodo = PeriodoFactory(plan=escena.plan, semestre=2)
    elif preparar == "cortado":
        type(escena.periodo).objects.filter(pk=escena.periodo.pk).update(estado="CORTADO")
        escena.periodo.refresh_from_db()
    elif preparar == "otra_institucion":
        octetos = escena.bajar(escena.elenco.ajena)
    else:
        octetos = libros.retocado(octetos, RETOQUES[preparar])

    with pytest.raises(LibroInservible) as rechazo:
        escena.subir(octetos)

    assert (rechazo.value.codigo, rechazo.value.http) == (codigo, http)
    assert str(rechazo.value)
    assert not LibroRecibido.objects.exists()


def test_el_libro_del_mismo_semestre_de_otro_plan_dice_de_cual_es(escena):
    octetos, suyo = escena.bajar(), escena.periodo.con_su_plan
    escena.periodo = PeriodoFactory(plan=PlanFactory(codigo="otro", sigla="OTRO"))

    with pytest.raises(LibroInservible) as rechazo:
        escena.subir(octetos)

    assert f"es de {suyo}, y aquí se llena 2021-S1 de OTRO." in str(rechazo.value)


def _mover(cuaderno):
    hoja = cuaderno["Actividades"]
    hoja.move_range("T1:T7", cols=-1)
    for numero in range(1, 8):
        hoja.cell(numero, 20).value = hoja.cell(numero, 19).value


def _cambiar_sello(cuaderno):
    for fila in cuaderno["Instrucciones"]:
        if fila[0].value == "Sello":
            fila[1].value = fila[1].value[:-3] + "abc"


RETOQUES = {
    "sello": _cambiar_sello,
    "sin_instrucciones": lambda cuaderno: cuaderno.remove(cuaderno["Instrucciones"]),
    "oculta": lambda cuaderno: setattr(cuaderno["Listas"], "sheet_state", "hidden"),
    "falta_hoja": lambda cuaderno: cuaderno.remove(cuaderno["Hitos"]),
    "sin_columna": lambda cuaderno: cuaderno["Actividades"].delete_cols(14),
    "movida": _mover,
}


def test_una_hoja_de_mas_no_se_lee_y_se_dice(escena):
    def anotar(cuaderno):
        cuaderno.create_sheet("Mis notas")["A1"] = "=1+1"

    recibido = escena.subir(libros.retocado(escena.bajar(), anotar))

    assert resumen(recibido) == {"IGUAL": 6}
    assert "Mis notas" in recibido.resultado["avisos"][0]


def test_periodo_cerrado_dice_por_que_cada_renglon(escena):
    octetos = libros.lleno(escena.bajar(), "1.1.1.1", **{"Avance acumulado (%)": 5})
    octetos = libros.lleno(octetos, "1.1.10.2", **{"Avance acumulado (%)": 45})
    type(escena.periodo).objects.filter(pk=escena.periodo.pk).update(estado="CERRADO")
    escena.periodo.refresh_from_db()

    recibido = escena.subir(octetos)

    assert "ya no recibe" in errores(recibido)["Actividades!A2"]
    assert resumen(recibido) == {"CAMBIADO": 1, "RECHAZADO": 1, "IGUAL": 4}


def test_un_hito_validado_no_se_desmarca(escena):
    viejo = PeriodoFactory(plan=escena.plan, anio=2020, semestre=2, estado="CORTADO")
    previo = AvanceFactory(actividad=escena.hitos.actividad, periodo=viejo, estado="CONSOLIDADO")
    HitoCumplido.objects.create(avance=previo, hito=escena.primero, fecha=date(2020, 12, 1))
    octetos = libros.retocado(
        escena.bajar(),
        lambda cuaderno: setattr(
            libros.celda(cuaderno["Hitos"], "1.1.1.3", "Cumplido", "1"), "value", "No"
        ),
    )

    assert "ya se validó" in errores(escena.subir(octetos))["Hitos!G2"]


def test_la_resolucion_se_cita_por_su_numero(escena):
    hoy = timezone.localdate()
    resolucion = ResolucionFactory(
        autoridad=escena.elenco.responsable, fecha=hoy, vence=hoy + timedelta(days=300)
    )
    lleno = libros.lleno(
        escena.bajar(),
        "1.1.10.2",
        **{"Clasificación": "Reservada", "Resolución de reserva": resolucion.numero},
    )
    sin_ella = libros.lleno(escena.bajar(), "1.1.10.2", Clasificación="Reservada")

    assert "resolución" in " ".join(errores(escena.subir(sin_ella)).values())
    recibido = escena.aplicar(lleno)

    assert errores(recibido) == {}
    assert Avance.objects.get(pk=escena.borrador.pk).resolucion == resolucion


# Por delegación ---------------------------------------------------------------------------------
def test_el_delegado_actua_en_nombre_de_quien_planifica(escena):
    delegado = escena.elenco.aprobador
    DelegacionFactory(titular=escena.persona, delegado=delegado)
    octetos = libros.bajado(delegado, escena.periodo, en_nombre_de=escena.persona)
    lleno = libros.lleno(octetos, "1.1.1.1", **{"Avance acumulado (%)": 45})

    recibido = escena.subir(lleno, delegado, en_nombre_de=escena.persona)
    libro.aplicar(recibido, por=delegado)

    movimiento = Movimiento.objects.get(avance=escena.porcentaje)
    assert (movimiento.por, movimiento.en_nombre_de) == (delegado, escena.persona)
    de_nuevo = escena.subir(
        libros.lleno(
            libros.bajado(delegado, escena.periodo, en_nombre_de=escena.persona),
            "1.1.1.1",
            **{"Avance acumulado (%)": 46},
        ),
        delegado,
        en_nombre_de=escena.persona,
    )
    assert "Por delegación" in " ".join(errores(de_nuevo).values())


# El trabajo en la cola --------------------------------------------------------------------------
@pytest.fixture
def en_cola(escena, settings):
    settings.LIBRO_EN_EL_PEDIDO = 0
    return escena


def lleno_de(escena):
    return libros.lleno(escena.bajar(), "1.1.1.1", **{"Avance acumulado (%)": 45, "Logro": LOGRO})


def test_un_libro_grande_espera_se_ensaya_y_se_aplica_una_vez(en_cola):
    recibido = en_cola.subir(lleno_de(en_cola))
    assert (recibido.estado, recibido.resultado) == ("PENDIENTE", {})
    assert flujo.libros_sin_dueno() == [recibido.clave]

    assert [libro.atender(recibido.clave) for _ in range(2)] == [True, False]
    recibido.refresh_from_db()
    assert recibido.ensayado
    assert resumen(recibido) == {"NUEVO": 1, "IGUAL": 5}
    libro.aplicar(recibido, por=en_cola.persona)
    assert Movimiento.objects.count() == 0
    assert [libro.atender(recibido.clave) for _ in range(2)] == [True, False]
    recibido.refresh_from_db()
    assert (recibido.aplicado, recibido.resultado["aplicados"]) == (True, 1)
    assert Movimiento.objects.count() == 1
    with pytest.raises(flujo.PasoInvalido):
        libro.aplicar(recibido, por=en_cola.persona)


def test_un_libro_en_cola_que_no_sirve_queda_dicho(en_cola):
    recibido = en_cola.subir(libros.retocado(en_cola.bajar(), _cambiar_sello))

    assert not libro.atender(recibido.clave)

    recibido.refresh_from_db()
    assert (recibido.estado, recibido.codigo) == ("FALLIDO", "sello")
    assert recibido.error


def test_el_trabajador_que_muere_deja_el_libro_a_otro_y_no_guarda_dos_veces(en_cola, settings):
    settings.INFORME_ARRIENDO_SEGUNDOS = 0
    recibido = en_cola.subir(lleno_de(en_cola))
    libro.atender(recibido.clave)
    recibido.refresh_from_db()
    libro.aplicar(recibido, por=en_cola.persona)
    zombi, su_ficha = flujo.reclamar_libro(recibido.clave)  # y ya no sigue

    assert flujo.libros_sin_dueno() == [recibido.clave]
    assert libro.atender(recibido.clave)

    assert not flujo.terminar_libro(zombi, su_ficha, resultado={})
    assert Movimiento.objects.count() == 1
    recibido.refresh_from_db()
    assert recibido.resultado["aplicados"] == 1


def test_tras_tres_intentos_queda_fallido(en_cola, settings, monkeypatch):
    recibido = en_cola.subir(lleno_de(en_cola))

    def falla(*args, **kwargs):
        raise RuntimeError("se cayó")

    monkeypatch.setattr("matrices.libro.trabajo._leidas", falla)
    for _vez in range(5):
        libro.atender(recibido.clave)

    recibido.refresh_from_db()
    assert (recibido.estado, recibido.intentos, recibido.codigo) == ("FALLIDO", 3, "interrumpido")
    assert "RuntimeError" in recibido.error


def test_quien_pierde_el_derecho_mientras_espera_no_aplica(en_cola):
    recibido = en_cola.subir(lleno_de(en_cola))
    libro.atender(recibido.clave)
    recibido.refresh_from_db()
    libro.aplicar(recibido, por=en_cola.persona)
    type(en_cola.persona).objects.filter(pk=en_cola.persona.pk).update(is_active=False)

    assert not libro.atender(recibido.clave)

    recibido.refresh_from_db()
    assert (recibido.estado, recibido.codigo) == ("FALLIDO", "permiso")
    assert not Movimiento.objects.exists()


def test_un_archivo_cambiado_en_el_almacen_no_se_usa(en_cola):
    recibido = en_cola.subir(lleno_de(en_cola))
    LibroRecibido.objects.filter(pk=recibido.pk).update(sha256="0" * 64)

    assert not libro.atender(recibido.clave)

    recibido.refresh_from_db()
    assert recibido.codigo == "integridad"


def test_si_una_accion_choca_al_guardar_las_demas_quedan(escena, monkeypatch):
    cuaderno = libros.abierto(escena.bajar())
    libros.celda(cuaderno["Actividades"], "1.1.1.1", "Avance acumulado (%)").value = 45
    libros.celda(cuaderno["Actividades"], "1.1.10.2", "Avance acumulado (%)").value = 50
    recibido = escena.subir(libros.guardado(cuaderno))
    de_verdad = flujo.capturar_varios

    def choca(capturas, **ctx):
        movidos = de_verdad(capturas, **ctx)
        if movidos[0].actividad.matriz.accion.codigo == "1.1.1":
            raise flujo.VersionAjena(movidos[0])
        return movidos

    monkeypatch.setattr(flujo, "capturar_varios", choca)
    aplicado = libro.aplicar(recibido, por=escena.persona)

    assert aplicado.resultado["aplicados"] == 1
    assert Avance.objects.get(pk=escena.porcentaje.pk).estado == "PENDIENTE"
    assert Avance.objects.get(pk=escena.borrador.pk).porcentaje == 50
    assert Movimiento.objects.count() == 1


def test_bajar_y_ensayar_no_crecen_en_consultas(escena, django_assert_max_num_queries):
    with django_assert_max_num_queries(25):
        octetos = escena.bajar()
    for numero in range(20, 40):
        AvanceFactory(
            actividad=ActividadFactory(
                matriz=escena.porcentaje.actividad.matriz,
                numero=numero,
                responsable=escena.elenco.responsable,
            ),
            periodo=escena.periodo,
            estado="PENDIENTE",
        )
    with django_assert_max_num_queries(25):
        octetos = escena.bajar()

    def llenar(cuaderno):
        for numero in range(20, 40):
            cambiar("Avance acumulado (%)", 10, f"1.1.1.{numero}")(cuaderno)

    lleno = libros.retocado(octetos, llenar)
    with django_assert_max_num_queries(
        45
    ):  # compararlos para advertir cuesta lo mismo, uno o veinte
        recibido = escena.subir(lleno)
    assert resumen(recibido) == {"NUEVO": 20, "IGUAL": 6}


# Las páginas ------------------------------------------------------------------------------------
def test_de_bajar_a_aplicar_en_pantalla(client, escena):
    client.force_login(escena.persona)
    pagina = client.get(reverse("matrices:semestre")).content.decode()
    assert reverse("matrices:libro") in pagina
    bajado = client.get(reverse("matrices:bajar_libro"))
    assert bajado["Content-Disposition"].startswith(
        f'attachment; filename="MINGOB-{escena.plan.sigla}-2021-S1'
    )
    lleno = libros.lleno(bajado.content, "1.1.1.1", **{"Avance acumulado (%)": 45, "Logro": LOGRO})

    subido = client.post(reverse("matrices:subir_libro"), {"archivo": libros.archivo(lleno)})
    ensayo = client.get(subido["Location"]).content.decode()
    assert "Actividades!R2" in ensayo
    assert "45.00" in ensayo
    [recibido] = LibroRecibido.objects.all()
    aplicado = client.post(reverse("matrices:aplicar_libro", args=[recibido.pk]), follow=True)

    assert "Se guardó el borrador de 1 actividad." in aplicado.content.decode()
    otra_vez = client.post(reverse("matrices:aplicar_libro", args=[recibido.pk]))
    assert otra_vez.status_code == 409
    assert Movimiento.objects.count() == 1


@pytest.mark.parametrize(
    ("vista", "se_ve", "no_se_ve"),
    [
        ("nuevos", "1.1.1.1", "1.1.1.2"),
        ("rechazados", "1.1.1.2", "1.1.1.1"),
        ("", "1.1.1.2", "1.1.10.3"),
    ],
)
def test_el_ensayo_se_filtra_por_resultado(client, escena, vista, se_ve, no_se_ve):
    lleno = libros.lleno(escena.bajar(), "1.1.1.1", **{"Avance acumulado (%)": 45})
    recibido = escena.subir(libros.lleno(lleno, "1.1.1.2", **{"Cantidad del semestre": "diez"}))
    client.force_login(escena.persona)

    pagina = client.get(reverse("matrices:ensayo", args=[recibido.pk]), {"ver": vista})

    filas = {uno["fila"]["actividad"] for uno in pagina.context["pagina"]}
    assert se_ve in filas
    assert no_se_ve not in filas


def test_lo_rechazado_contesta_422_con_la_celda_y_la_copia(client, escena):
    client.force_login(escena.persona)
    malo = libros.lleno(escena.bajar(), "1.1.1.1", **{"Avance acumulado (%)": 101})

    respuesta = client.post(reverse("matrices:subir_libro"), {"archivo": libros.archivo(malo)})

    assert respuesta.status_code == 422
    pagina = respuesta.content.decode()
    assert 'data-codigo="fila_invalida"' in pagina
    assert "Actividades!R2" in pagina
    recibido = LibroRecibido.objects.get()
    copia = client.get(reverse("matrices:copia_del_libro", args=[recibido.pk]))
    assert copia.status_code == 200
    comentado = libros.abierto(copia.content)["Actividades"]["R2"]
    assert comentado.comment is not None
    en_json = client.post(
        reverse("matrices:subir_libro"),
        {"archivo": libros.archivo(malo)},
        headers={"Accept": "application/json"},
    )
    assert (en_json.status_code, en_json.json()["codigo"]) == (422, "fila_invalida")


def test_un_libro_grande_muestra_en_que_va(client, en_cola, monkeypatch):
    timbres = []
    monkeypatch.setattr("matrices.tasks.tocar_libro", timbres.append)
    client.force_login(en_cola.persona)

    subido = client.post(
        reverse("matrices:subir_libro"), {"archivo": libros.archivo(lleno_de(en_cola))}
    )

    recibido = LibroRecibido.objects.get()
    assert subido["Location"] == reverse("matrices:ensayo", args=[recibido.pk])
    pagina = client.get(subido["Location"]).content.decode()
    assert "Espera a que un proceso lo tome" in pagina
    progreso = reverse("matrices:progreso_del_libro", args=[recibido.pk])
    assert progreso in pagina
    assert "HX-Refresh" not in client.get(progreso)
    libro.atender(recibido.clave)
    assert client.get(progreso)["HX-Refresh"] == "true"


def test_sin_redis_el_libro_espera_y_el_que_reconcilia_lo_atiende(
    client, en_cola, monkeypatch, django_capture_on_commit_callbacks
):
    from kombu.exceptions import OperationalError

    from matrices.tasks import atender_libro

    def mudo(*args):
        raise OperationalError("sin Redis")

    monkeypatch.setattr(atender_libro, "delay", mudo)
    client.force_login(en_cola.persona)
    with django_capture_on_commit_callbacks(execute=True):
        respuesta = client.post(
            reverse("matrices:subir_libro"), {"archivo": libros.archivo(lleno_de(en_cola))}
        )

    assert respuesta.status_code == 302
    [clave] = flujo.libros_sin_dueno()
    atender_libro(clave)
    assert LibroRecibido.objects.get().ensayado


def test_otra_institucion_no_ve_el_libro_ni_se_entera_de_que_existe(client, escena):
    recibido = escena.subir(escena.bajar())
    client.force_login(escena.elenco.ajena)

    for ruta in ("ensayo", "progreso_del_libro", "copia_del_libro"):
        assert client.get(reverse(f"matrices:{ruta}", args=[recibido.pk])).status_code == 404
    assert client.post(reverse("matrices:aplicar_libro", args=[recibido.pk])).status_code == 404


def test_sin_semestre_en_curso_se_dice(client, elenco):
    client.force_login(elenco.planificadora)

    assert "No hay un semestre en curso" in client.get(reverse("matrices:libro")).content.decode()
    assert client.get(reverse("matrices:bajar_libro")).status_code == 404


# Lo que conviene mirar --------------------------------------------------------------------------
def advertidas(recibido: LibroRecibido) -> set[tuple[str, str, str]]:
    """Celda, código y a qué actividad."""
    return {
        (renglon["actividad"], una["codigo"], una["celda"])
        for renglon in recibido.resultado["renglones"]
        for una in renglon["advertencias"]
    }


def en(hoja, codigo, titulo) -> str:
    return f"{hoja.title}!{libros.celda(hoja, codigo, titulo).coordinate}"


@pytest.mark.parametrize(
    ("porcentaje", "codigos"),
    [
        (30, {"sube_sin_evidencia"}),
        (45, {"salto", "sube_sin_evidencia"}),
        (100, {"salto", "completa_sin_evidencia"}),
    ],
)
def test_el_ensayo_advierte_en_su_celda_y_no_impide(escena, porcentaje, codigos):
    octetos = escena.bajar()
    hoja = libros.abierto(octetos)["Actividades"]

    recibido = escena.subir(
        libros.lleno(octetos, "1.1.1.1", **{"Avance acumulado (%)": porcentaje})
    )

    sitios = {"salto": en(hoja, "1.1.1.1", "Avance acumulado (%)")}
    suelta = en(hoja, "1.1.1.1", "Actividad")  # la evidencia no viene en el libro
    assert advertidas(recibido) == {("1.1.1.1", c, sitios.get(c, suelta)) for c in codigos}
    assert resumen(recibido)["NUEVO"] == 1
    assert escena.aplicar(libros.lleno(octetos, "1.1.1.1", Logro=LOGRO)).resultado["aplicados"] == 1


def test_dos_filas_del_libro_con_el_mismo_texto_se_advierten(escena):
    """Copiar la celda hacia abajo: lo guardado todavía no se repite, lo que quedaría sí."""
    octetos = libros.lleno(escena.bajar(), "1.1.1.1", Logro=LOGRO)

    recibido = escena.subir(libros.lleno(octetos, "1.1.1.2", Logro=LOGRO))

    assert {(quien, que) for quien, que, _donde in advertidas(recibido)} == {
        ("1.1.1.1", "texto_de_otra"),
        ("1.1.1.2", "texto_de_otra"),
    }


def test_quitar_la_repeticion_en_el_mismo_libro_calla_la_advertencia(escena):
    Avance.objects.filter(pk=escena.borrador.pk).update(logro=LOGRO)
    octetos = libros.lleno(escena.bajar(), "1.1.1.1", Logro=LOGRO)

    juntos = escena.subir(libros.lleno(octetos, "1.1.10.2", Logro="Otra cosa, dicha con detalle."))

    assert [uno for uno in advertidas(juntos) if uno[1] == "texto_de_otra"] == []


def test_retroceder_se_advierte(escena):
    periodo = PeriodoFactory(
        plan=escena.plan, anio=2020, semestre=2, estado="CORTADO", corte=date(2020, 12, 31)
    )
    AvanceFactory(
        actividad=escena.porcentaje.actividad, periodo=periodo, estado="CONSOLIDADO", porcentaje=50
    )

    recibido = escena.subir(libros.lleno(escena.bajar(), "1.1.1.1", **{"Avance acumulado (%)": 30}))

    assert [(q, que) for q, que, _ in advertidas(recibido)] == [("1.1.1.1", "retroceso")]


def test_la_copia_distingue_lo_que_conviene_mirar_de_lo_que_hay_que_corregir(client, escena):
    cuaderno = libros.abierto(escena.bajar())
    hoja = cuaderno["Actividades"]
    libros.celda(hoja, "1.1.1.1", "Avance acumulado (%)").value = 90
    libros.celda(hoja, "1.1.10.2", "Avance acumulado (%)").value = 101
    recibido = escena.subir(libros.guardado(cuaderno))

    hoja = libros.abierto(libro.bajar_copia(recibido, por=escena.persona))["Actividades"]
    client.force_login(escena.persona)
    pagina = client.get(reverse("matrices:ensayo", args=[recibido.pk])).text

    mirar = libros.celda(hoja, "1.1.1.1", "Avance acumulado (%)")
    corregir = libros.celda(hoja, "1.1.10.2", "Avance acumulado (%)")
    assert mirar.comment.text.startswith("Conviene mirar (no impide guardar):\nSube 90.00 puntos")
    assert "Conviene mirar" not in corregir.comment.text
    assert mirar.fill.fgColor.rgb != corregir.fill.fgColor.rgb
    assert "Conviene mirar: Sube 90.00 puntos en un semestre." in pagina
    assert "1 actividad tiene algo que conviene mirar" in pagina
