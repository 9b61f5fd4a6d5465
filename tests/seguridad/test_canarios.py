"""G-06 y G-37: cada texto lo leen los suyos; ni la bitácora ni la edición pública lo dicen."""

import io
import json
import logging
import zipfile
from datetime import timedelta
from itertools import product

import pytest
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from informes import emision, pdf, xlsx
from instituciones import correo
from instituciones.models import Aviso
from matrices import avisos, clasificacion, flujo, periodos
from tests.seguridad import mundo as mundos
from tests.seguridad.mundo import (
    ADENTRO,
    CLASES,
    DE_LA_CASA,
    ESTADOS,
    TEXTOS,
    canario,
    canarios_en,
    fresco,
    lee,
)
from tests.seguridad.pedidos import clientes

pytestmark = pytest.mark.una_vez
DEL_AVANCE = {*TEXTOS, "titulo", "archivo", "observacion", "motivo_de_clase"}
LISTAS = ["inicio", "matrices:semestre", "matrices:aprobacion", "matrices:revision"]
LISTAS += ["matrices:enmiendas", "matrices:periodos", "informes:informes", "informes:consejo"]
LISTAS += [
    "matrices:reservas",
    "instituciones:avisos",
    "informes:publico",
    "informes:datos",
    "informes:catalogo",
]


@pytest.fixture
def mundo(elenco, cache_limpia):
    return mundos.crear(elenco)


def paginas(mundo):
    """Toda página que puede llevar el texto de un avance."""
    for ruta in LISTAS:
        yield reverse(ruta)
    for palabra in ("canario", "1.1.1"):
        yield reverse("matrices:buscar") + f"?q={palabra}"
    yield reverse("matrices:plan", args=["pesn"])
    yield reverse("matrices:accion", args=["pesn", "1.1.1"])
    yield reverse("matrices:resolucion", args=[mundo.resolucion.pk])
    yield reverse("matrices:reclasificacion", args=[mundo.reclasificacion.pk])
    yield reverse("matrices:clase", args=["accion", mundo.accion.pk])
    yield reverse("matrices:clase", args=["actividad", mundo.reclasificacion.actividad_id])
    yield reverse("informes:tablero") + "?plan=pesn"
    semestre = str(mundo.publicado.corte.periodo)
    yield reverse("informes:publico_semestre", args=[semestre])
    yield reverse("informes:datos_version", args=[semestre, "1"])
    yield reverse("informes:paquete", args=[semestre, "1"])
    for nivel, codigo in (("plan", "pesn"), ("accion", "1.1.1"), ("actividad", "1.1.1.1")):
        yield reverse("informes:explicar", args=["pesn", nivel, codigo, mundo.periodo.codigo])
    yield reverse("matrices:periodo", args=[mundo.periodo.pk]) + "?institucion=MINGOB"
    for clase in CLASES:  # la evidencia dice su título: a quien la lee
        yield reverse("matrices:clase", args=["avance", mundo.avances[clase, "VALIDADO"].pk])
    for clave in product(CLASES, ESTADOS):
        yield reverse("matrices:capturar", args=[mundo.avances[clave].pk])
        yield reverse("matrices:revisar", args=[mundo.avances[clave].pk])
        yield reverse("matrices:evidencia", args=[mundo.evidencias[clave].pk])


def del_avance(hallado: str) -> tuple[str, str] | None:
    """La clase y el estado de un canario que es texto de un avance; None si es de otra cosa."""
    _canario, clase, estado, campo = hallado.split("-")
    return (clase, estado) if campo in DEL_AVANCE and estado in ESTADOS else None


def test_cada_texto_lo_leen_los_suyos_y_nadie_mas(mundo, cifra, caplog):
    caplog.set_level(logging.DEBUG)
    vistos, indebidos = {actor: set() for actor in ADENTRO}, []
    for actor, cliente in clientes(mundo).items():
        for pagina in paginas(mundo):
            respuesta = cliente.get(pagina, follow=False)
            cabeceras = " ".join(respuesta.headers.values())
            for hallado in canarios_en(respuesta.content.decode(errors="replace") + cabeceras):
                suyo = del_avance(hallado)
                if suyo is None:
                    continue
                if actor not in ADENTRO or not lee(actor, *suyo):
                    indebidos.append(f"{actor} {pagina} {hallado}")
                else:
                    vistos[actor].add(hallado)

    callados = []
    for actor, (clase, estado) in product(ADENTRO, product(CLASES, ESTADOS)):
        if lee(actor, clase, estado) and canario(clase, estado, "logro") not in vistos[actor]:
            callados.append(f"{actor} no leyó el logro de {clase} {estado}")
    cifra(f"G-06 paginas indebidos={len(indebidos)} callados={len(callados)}")
    assert not indebidos, "\n".join(indebidos)
    assert not callados, "\n".join(callados)
    dicho = "\n".join(f"{uno.getMessage()} {uno.__dict__}" for uno in caplog.records)
    assert canarios_en(dicho) == set()  # G-37
    assert not any(cliente.cookies["sesion"].value in dicho for cliente in conectados(mundo))
    cifra(f"G-37 renglones={len(caplog.records)} canarios=0 sesiones=0")


def conectados(mundo):
    return [uno for uno in clientes(mundo).values() if "sesion" in uno.cookies]


# Lo que se baja --------------------------------------------------------------------------------
def descargas(mundo):
    """Lo que sale en un archivo: CSV y libros de Excel, con los datos de hoy."""
    yield reverse("informes:bajar_tablero", args=["acciones"]) + "?plan=pesn"
    yield reverse("matrices:descargar_calidad", args=["instituciones"])
    yield reverse("instituciones:bajar_bitacora", args=["csv"])
    yield reverse("matrices:bajar_libro")
    yield reverse("matrices:bajar_matriz", args=["pesn", "1.1.1"])


def lee_la_descripcion(actor: str, clase: str) -> bool:
    """La de una actividad no depende del estado: la leen quienes leen su categoría."""
    if actor in DE_LA_CASA or clase == "PUBLICA":
        return True
    return lee(actor, clase, "VALIDADO")


def test_lo_que_se_baja_lo_leen_los_suyos_y_nadie_mas(mundo, cifra):
    """G-43: CSV y XLSX. Leer lo reservado no da lo confidencial."""
    indebidos, leidos = [], {actor: set() for actor in ADENTRO}
    for actor, cliente in clientes(mundo).items():
        for pagina in descargas(mundo):
            respuesta = cliente.get(pagina)
            octetos = b"".join(respuesta) if respuesta.streaming else respuesta.content
            es_libro = octetos[:2] == b"PK"
            dicho = adentro_de_un_zip(octetos) if es_libro else octetos.decode(errors="replace")
            for hallado in canarios_en(dicho):
                _canario, clase, _estado, campo = hallado.split("-")
                suyo = del_avance(hallado)
                debe = lee(actor, *suyo) if suyo else lee_la_descripcion(actor, clase)
                if actor not in ADENTRO or (not debe and (suyo or campo == "descripcion")):
                    indebidos.append(f"{actor} {pagina} {hallado}")
                elif es_libro:
                    leidos[actor].add(clase)

    cifra(f"G-43 descargas: canales={len(list(descargas(mundo)))} indebidos={len(indebidos)}")
    assert not indebidos, "\n".join(indebidos)
    assert leidos["planificadora"] == set(CLASES)  # la casa, todo lo suyo
    assert leidos["comisionada"] == {"PUBLICA"}


# Los archivos de cada edición ------------------------------------------------------------------
def adentro_de_un_zip(octetos: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(octetos)) as libro:
        return "\n".join(libro.read(nombre).decode(errors="replace") for nombre in libro.namelist())


def adentro_de_un_pdf(octetos: bytes) -> str:
    lector = PdfReader(io.BytesIO(octetos))
    partes = [pagina.extract_text() for pagina in lector.pages]
    partes.append(str(lector.metadata))
    for nombre, copias in lector.attachments.items():
        for copia in copias:
            texto = copia.decode(errors="replace")
            partes += [nombre, adentro_de_un_zip(copia) if copia[:2] == b"PK" else texto]
    return "".join(partes).replace("\n", "").replace("\xad", "").replace("- ", "-")


@pytest.fixture
def corte(mundo):
    """El semestre con todo lo suyo, cortado dejando fuera lo que no se validó."""
    periodo, coordina = mundo.periodo, mundo.personas.coordinadora
    type(periodo).objects.filter(pk=periodo.pk).update(estado="CERRADO")
    periodo.refresh_from_db()
    pendientes = [uno.pk for (_c, e), uno in mundo.avances.items() if e != "VALIDADO"]
    return emision.cortar(periodo, por=coordina, confirmados=pendientes)


def test_la_edicion_publica_no_lleva_nada_que_no_lo_sea(corte, cifra):
    contenido = emision.vigente_de(corte, "PUBLICA")
    datos = contenido.canonico().encode()
    libro = xlsx.libro(contenido)
    documento = pdf.documento(contenido, adjuntos={"datos.json": datos, "datos.xlsx": libro})
    canales = {
        "JSON": datos.decode(),
        "XLSX": adentro_de_un_zip(libro),
        "PDF": adentro_de_un_pdf(documento),
    }
    indebidos = {
        (canal, hallado)
        for canal, texto in canales.items()
        for hallado in canarios_en(texto)
        if "-PUBLICA-" not in hallado
    }

    cifra(f"G-06 edicion publica: canales={len(canales)} indebidos={len(indebidos)}")
    assert indebidos == set()
    for texto in canales.values():
        assert "CONFIDENCIAL-" not in texto
        assert "decision_solicitada" not in canarios_en(texto)
    assert canario("PUBLICA", "VALIDADO", "logro") in canales["JSON"]
    assert canario("PUBLICA", "VALIDADO", "logro") in canales["XLSX"]


def test_la_edicion_del_consejo_lleva_lo_validado_y_ningun_borrador(corte, cifra):
    contenido = emision.vigente_de(corte, "CNS")
    dicho = contenido.canonico() + adentro_de_un_zip(xlsx.libro(contenido))
    hallados = canarios_en(dicho)
    borradores = {uno for uno in hallados if del_avance(uno) and "-VALIDADO-" not in uno}
    reservados = {uno for uno in hallados if "-CONFIDENCIAL-" in uno and del_avance(uno)}

    cifra(f"G-06 edicion CNS: borradores={len(borradores)} confidenciales={len(reservados)}")
    assert borradores == set()
    assert reservados == set()  # lo CONFIDENCIAL no lo lee el Consejo (diseño, tabla de lectura)
    assert canario("PUBLICA", "VALIDADO", "logro") in hallados
    assert json.loads(contenido.canonico())["edicion"] == "CNS"


# El correo y los avisos ------------------------------------------------------------------------
def mover_todo(mundo):
    """Cada paso que avisa, con un canario en cada texto que la persona escribe."""
    gente, avances = mundo.personas, mundo.avances
    for clase in CLASES:
        orden = {"version": 1, "por": gente.aprobador}
        flujo.mover(
            fresco(avances[clase, "EN_APROBACION"]),
            "devolver",
            nota=canario(clase, "X", "nota"),
            **orden,
        )
        flujo.observar(
            fresco(avances[clase, "REMITIDO"]),
            [("logro", canario(clase, "X", "observacion"))],
            version=1,
            por=gente.analista,
        )
        flujo.mover(
            fresco(avances[clase, "VALIDADO"]),
            "revertir",
            version=1,
            por=gente.coordinadora,
            nota=canario(clase, "X", "nota"),
        )
        flujo.validar(fresco(avances[clase, "VALIDADO"]), version=2, por=gente.analista)
    clasificacion.aprobar(
        mundo.reclasificacion,
        nota=canario("RESERVADA", "X", "nota"),
        version=1,
        por=gente.coordinadora,
    )
    hoy = timezone.localdate()
    type(mundo.resolucion).objects.update(vence=hoy + timedelta(days=25))
    limite = hoy + timedelta(days=20)
    nota = canario("PUBLICA", "X", "motivo")
    version = type(mundo.periodo).objects.get(pk=mundo.periodo.pk).version
    mundo.periodo.refresh_from_db()
    periodos.prorrogar(mundo.periodo, limite, nota=nota, version=version, por=gente.coordinadora)
    avisos.del_calendario()


def test_ningun_aviso_ni_correo_lleva_contenido(mundo, mailoutbox, cifra, caplog):
    caplog.set_level(logging.DEBUG)
    mover_todo(mundo)

    correo.despachar(timezone.now() + timedelta(days=1))

    dicho = "\n".join(
        [
            *(f"{uno.titulo} {uno.enlace} {uno.asunto}" for uno in Aviso.objects.all()),
            *(str(uno.message()) + uno.body + uno.alternatives[0][0] for uno in mailoutbox),
            *(f"{uno.getMessage()} {uno.__dict__}" for uno in caplog.records),
        ]
    )
    cifra(f"G-06 correo: mensajes={len(mailoutbox)} avisos={Aviso.objects.count()} canarios=0")
    assert "CANARIO" not in dicho
    assert len(mailoutbox) >= 10
    for asunto in (
        *("observado:", "validado:", "devuelto:", "prorroga:", "corte:", "presentado:"),
        *("clase_pedida:", "clase_resuelta:", "reserva:"),
    ):
        assert Aviso.objects.filter(asunto__startswith=asunto).exists(), asunto
    destinos = [uno.to[0] for uno in mailoutbox]
    assert len(destinos) == len(set(destinos))
