"""Un semestre entero por HTTP: de la apertura al informe, su verificación y el segundo corte."""

import json
from datetime import timedelta
from hashlib import sha256
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from informes.models import Corte, Descarga, Documento, Informe, TrabajoInforme
from informes.tasks import atender_trabajo
from instituciones import bitacora
from matrices import periodos
from matrices.models import Avance, Observacion, Periodo, Rectificacion
from tests.archivos import pdf
from tests.recorridos.escena import LOGRO, PRECISO, montar

CIFRA = {
    "PORCENTAJE": {"porcentaje": "60"},
    "META": {"ejecutado_periodo": "55"},
    "HITOS": {"hitos_cumplidos_1": "on", "hitos_cumplidos_1_fecha": "2026-03-30"},
}


@pytest.fixture
def escena(elenco, cache_limpia):
    return montar(elenco)


@pytest.fixture
def gente(elenco):
    """Un navegador por persona."""
    nombres = ["planificadora", "aprobador", "analista", "coordinadora", "consejera"]
    clientes = SimpleNamespace(**{nombre: Client() for nombre in nombres})
    for nombre in nombres:
        getattr(clientes, nombre).force_login(getattr(elenco, nombre))
    return clientes


def enviar(cliente, ruta, datos, codigo=302, **llave):
    respuesta = cliente.post(reverse(ruta, kwargs=llave), datos)
    queja = respuesta.content.decode().partition("data-errores")[2][:1500]
    assert respuesta.status_code == codigo, f"{ruta}: {respuesta.status_code} {queja}"
    return respuesta


def ver(cliente, ruta, *textos, **llave):
    respuesta = cliente.get(reverse(ruta, kwargs=llave))
    assert respuesta.status_code == 200
    pagina = respuesta.content.decode()
    for texto in textos:
        assert texto in pagina, texto
    return pagina


def estados():
    return list(Avance.objects.order_by("pk").values_list("estado", flat=True))


def declarar(avance, logro=LOGRO, **mas):
    avance.refresh_from_db()
    return {
        "version": avance.version,
        "situacion_reportada": "EN_EJECUCION",
        "logro": f"{logro} ({avance.actividad})",
        "visibilidad": "PUBLICA",
        "clasificacion": "PUBLICA",
        "declaracion": "on",
        **CIFRA[avance.actividad.modo],
        **mas,
    }


def acta(nombre):
    return SimpleUploadedFile(f"{nombre}.pdf", pdf(nombre), content_type="application/pdf")


def todas(estado):
    filas = Avance.objects.filter(estado=estado).order_by("pk")
    return {"avance": [f"{uno.pk}:{uno.version}" for uno in filas], "declaracion": "on"}


def emitir(gente, corte, edicion, paso):
    """Ordenar, dibujar (el timbre suena dos veces), aprobar y llevar a su público."""
    ordenado = enviar(gente.coordinadora, "informes:ordenar", {"edicion": edicion}, pk=corte.pk)
    ver(gente.coordinadora, "informes:informes")
    trabajo = TrabajoInforme.objects.latest("pk")
    assert ordenado["Location"] == reverse("informes:informe", args=[trabajo.informe_id])
    for _timbrazo in range(2):
        atender_trabajo(trabajo.clave)
    trabajo.refresh_from_db()
    assert (trabajo.estado, trabajo.intentos, trabajo.error) == ("LISTO", 1, "")
    informe = Informe.objects.get(pk=trabajo.informe_id)
    assert sorted(informe.documentos.values_list("formato", flat=True)) == ["JSON", "PDF", "XLSX"]
    for verbo in ("aprobar", paso):
        informe.refresh_from_db()
        dado = {"paso": verbo, "version": informe.version, "fecha_sesion": timezone.localdate()}
        enviar(gente.coordinadora, "informes:dar_paso", dado, pk=informe.pk)
    informe.refresh_from_db()
    return informe


def bajar(cliente, documento):
    respuesta = cliente.get(reverse("informes:documento", args=[documento.pk]))
    assert respuesta.status_code == 200
    assert sha256(respuesta.content).hexdigest() == documento.sha256
    return respuesta.content


def veredicto(octetos):
    """Lo que /verificar/ dice a cualquiera que trae el archivo."""
    archivo = SimpleUploadedFile("informe", octetos)
    pagina = Client().post(reverse("informes:verificar"), {"archivo": archivo}).content.decode()
    return "Genuino" in pagina


def test_un_semestre_de_la_apertura_al_segundo_corte(escena, gente, elenco):
    abrir(escena, gente)
    captar(gente)
    revisar(gente)
    cerrar(escena, gente)

    corte = Corte.objects.get()
    informe = emitir(gente, corte, "CNS", "presentar")
    leer_en_el_consejo(gente, elenco, informe)
    publicado = emitir(gente, corte, "PUBLICA", "publicar")
    assert publicado.estado == "PUBLICADO"
    crudo = bajar(gente.coordinadora, publicado.documentos.get(formato="JSON"))
    assert json.loads(crudo)["edicion"] == "PUBLICA"

    rectificar(gente, corte)
    segundo = Corte.objects.get(numero=2)
    nuevo = emitir(gente, segundo, "CNS", "presentar")
    informe.refresh_from_db()
    assert (informe.estado, nuevo.estado) == ("SUSTITUIDO", "PRESENTADO")
    for documento in Documento.objects.filter(informe__edicion="CNS"):
        assert veredicto(bajar(gente.consejera, documento))

    assert Avance.objects.get(pk=Avance.objects.order_by("pk").first().pk).porcentaje == 60
    assert segundo.contenidos.get(edicion="CNS").contenido.count('"70.00"') > 0
    assert bitacora.primer_quiebre()[1] is None


def abrir(escena, gente):
    ver(gente.coordinadora, "matrices:periodos", "2026-S1")
    dado = {"version": escena.periodo.version}
    enviar(gente.coordinadora, "matrices:abrir", dado, pk=escena.periodo.pk)
    assert estados() == ["PENDIENTE"] * 4


def captar(gente):
    """La captura con evidencia, la entrega, una devolución y la remisión."""
    suyos = list(Avance.objects.order_by("pk")[:3])
    ver(gente.planificadora, "matrices:semestre", "1.1.1.1", "1.1.3.1")
    for avance in suyos:
        ver(gente.planificadora, "matrices:capturar", pk=avance.pk)
        con_acta = {
            **declarar(avance),
            "evidencia-archivos": acta(f"acta-{avance.pk}"),
            "evidencia-titulo": "Acta",
            "evidencia-hito": avance.actividad.hitos.values_list("pk", flat=True).first() or "",
        }
        enviar(gente.planificadora, "matrices:adjuntar", con_acta, pk=avance.pk)
        enviar(gente.planificadora, "matrices:entregar", declarar(avance), pk=avance.pk)
    assert estados() == ["EN_APROBACION"] * 3 + ["PENDIENTE"]

    ver(gente.aprobador, "matrices:aprobacion", LOGRO)
    primero = suyos[0]
    primero.refresh_from_db()
    devuelve = {"paso": "devolver", "version": primero.version, "nota": "Diga en qué municipio."}
    enviar(gente.aprobador, "matrices:dar_paso", devuelve, pk=primero.pk)
    assert estados()[0] == "BORRADOR"
    enviar(gente.planificadora, "matrices:entregar", declarar(primero), pk=primero.pk)
    enviar(gente.aprobador, "matrices:remitir_todas", todas("EN_APROBACION"))
    assert estados() == ["REMITIDO"] * 3 + ["PENDIENTE"]


def revisar(gente):
    """Una observación que se corrige, y todo validado."""
    uno = Avance.objects.order_by("pk").first()
    ver(gente.analista, "matrices:revision", "1.1.1.1")
    ver(gente.analista, "matrices:revisar", LOGRO, pk=uno.pk)
    observa = {"version": uno.version, "obs_logro": "Precise el lugar y la fecha."}
    enviar(gente.analista, "matrices:observar", observa, pk=uno.pk)
    ver(gente.planificadora, "matrices:capturar", "Precise el lugar y la fecha.", pk=uno.pk)
    respuesta = {f"respuesta_{Observacion.objects.get().pk}": "Se precisó el lugar."}
    corregido = declarar(uno, PRECISO, **respuesta)
    enviar(gente.planificadora, "matrices:entregar", corregido, pk=uno.pk)
    enviar(gente.aprobador, "matrices:remitir_todas", todas("EN_APROBACION"))
    for avance in Avance.objects.filter(estado="REMITIDO"):
        dado = {"version": avance.version}
        enviar(gente.analista, "matrices:validar", dado, pk=avance.pk)
    assert Observacion.objects.get().estado == "CERRADA"
    assert estados() == ["VALIDADO"] * 3 + ["PENDIENTE"]


def cerrar(escena, gente):
    """El calendario da la gracia y cierra; la coordinación corta."""
    for dia in (escena.periodo.limite, escena.periodo.fin_gracia):
        periodos.dar_pasos_del_calendario(timezone.now() + (dia - timezone.localdate()) + UN_DIA)
    periodo = Periodo.objects.get(pk=escena.periodo.pk)
    assert (periodo.estado, estados()[3]) == ("CERRADO", "NO_REPORTADO")
    ver(gente.coordinadora, "informes:cortar", pk=periodo.pk)
    enviar(gente.coordinadora, "informes:cortar", {"version": periodo.version}, pk=periodo.pk)
    assert estados() == ["CONSOLIDADO"] * 3 + ["NO_REPORTADO"]


UN_DIA = timedelta(days=1)


def leer_en_el_consejo(gente, elenco, informe):
    """Baja los archivos, que son los emitidos, y toma conocimiento."""
    ver(gente.consejera, "informes:consejo")
    for documento in informe.documentos.all():
        octetos = bajar(gente.consejera, documento)
        assert veredicto(octetos)
        assert not veredicto(octetos + b" ")
    assert Descarga.objects.filter(por=elenco.consejera).count() == 3
    enviar(gente.consejera, "informes:conocimiento", {}, pk=informe.pk)
    assert informe.tomas_de_conocimiento.get().por == elenco.consejera


def rectificar(gente, corte):
    """Cuatro personas corrigen un dato ya cortado; se corta de nuevo."""
    uno = Avance.objects.order_by("pk").first()
    pide = {
        "porcentaje": "70",
        "logro": uno.logro,
        "limitante": uno.limitante,
        "medida_correctiva": uno.medida_correctiva,
        "motivo": "El acta del segundo taller no se contó a tiempo.",
        "evidencia-archivos": acta("segundo-taller"),
        "evidencia-titulo": "Acta del segundo taller",
    }
    enviar(gente.planificadora, "matrices:rectificar", pide, avance=uno.pk)
    pasos = [("aprobador", "firmar"), ("analista", "recomendar"), ("coordinadora", "aprobar")]
    for quien, paso in pasos:
        pedida = Rectificacion.objects.get()
        dado = {f"{paso}-version": pedida.version}
        ruta = "matrices:dar_paso_a_la_rectificacion"
        enviar(getattr(gente, quien), ruta, dado, pk=pedida.pk, paso=paso)
    otra_vez = {
        "rectificaciones": [Rectificacion.objects.get().pk],
        "motivo": "Se rectificó un avance.",
    }
    ruta = "informes:cortar_de_nuevo"
    enviar(gente.coordinadora, ruta, otra_vez, pk=corte.periodo_id)
    assert Rectificacion.objects.get().estado == "APLICADA"
