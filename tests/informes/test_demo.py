"""La demostración, cargada una vez por los pasos de verdad: da las cifras que se publicaron."""

import json
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import connection, models, transaction
from django.test import override_settings
from django.utils import timezone
from openpyxl import load_workbook
from PIL import Image
from pypdf import PdfReader

from informes import demo
from informes.demo.base import Hojas
from informes.demo.hojas import hoja
from informes.demo.semestre import Semestre
from informes.emision import vigente_de
from informes.models import Corte, Recomendacion
from instituciones import bitacora
from instituciones.models import Asiento, Rol, Usuario
from matrices import flujo
from matrices.carga import cargar
from matrices.models import (
    Actividad,
    Aporte,
    Avance,
    Evidencia,
    HitoActividad,
    MatrizCumplimiento,
    Movimiento,
    Observacion,
    Periodo,
    Rectificacion,
    Reprogramacion,
)

FIXTURES = Path(__file__).parents[2] / "fixtures"
PLAN = json.loads((FIXTURES / "pesn-2020-2024.json").read_text(encoding="utf-8"))
DATOS = json.loads((FIXTURES / "demo.json").read_text(encoding="utf-8"))
VIVO = "2024-S2"


@pytest.fixture(scope="module")
def almacen(tmp_path_factory):
    """La carpeta donde quedan las evidencias de la demostración."""
    return tmp_path_factory.mktemp("evidencias")


@pytest.fixture(scope="module")
def cargada(django_db_setup, django_db_blocker, almacen):
    """La demostración entera, en una transacción que al final se deshace."""
    with django_db_blocker.unblock():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")  # lo que otras pruebas deshicieron estorba
    with (
        override_settings(MEDIA_ROOT=str(almacen)),
        django_db_blocker.unblock(),
        transaction.atomic(),
    ):
        cargar(PLAN, por=None)
        salida = StringIO()
        call_command("cargar_demo", str(FIXTURES / "demo.json"), stdout=salida)
        yield salida.getvalue()
        transaction.set_rollback(True)


@pytest.fixture
def intento(cargada):
    """Para lo que escribe: se deshace al terminar la prueba."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def caso(nombre):
    return next(uno for uno in DATOS["casos"] if uno["caso"] == nombre)


def actividad_de(dato):
    return Actividad.objects.get(
        matriz__accion__codigo=dato["accion"], numero=dato.get("actividad", 1)
    )


def avance_de(dato):
    anio, semestre = dato["periodo"].split("-S")
    avances = Avance.objects.con_su_actividad().filter(actividad=actividad_de(dato))
    return avances.get(periodo__anio=anio, periodo__semestre=semestre)


def corte_de(codigo, numero=1):
    anio, semestre = codigo.split("-S")
    return Corte.objects.get(periodo__anio=anio, periodo__semestre=semestre, numero=numero)


def plan_en(corte):
    return next(uno for uno in vigente_de(corte).niveles if uno.nivel == "PLAN")


def accion_en(corte, codigo):
    return next(una for una in vigente_de(corte).acciones if una.codigo == codigo)


def pasos(avance):
    return [uno.paso for uno in Movimiento.objects.filter(avance=avance).order_by("pk")]


# Las cuentas ------------------------------------------------------------------------------------


def test_estan_todas_las_filas_y_cada_una_en_su_estado(cargada):
    conteos = DATOS["conteos"]

    assert MatrizCumplimiento.objects.filter(es_demo=True).count() == conteos["matrices"] == 72
    assert Actividad.objects.count() == conteos["actividades"] == 523
    assert Avance.objects.count() == conteos["avances"] == 5230
    estados = Counter(Avance.objects.values_list("estado", flat=True))
    assert estados == conteos["avances_por_estado"]
    por_periodo = Counter(Periodo.objects.values_list("estado", flat=True))
    assert por_periodo == {"CORTADO": 9, "ABIERTO": 1}
    assert Corte.objects.count() == 11


def test_cada_avance_quedo_como_dice_el_archivo(cargada):
    dice = {
        (matriz["accion"], actividad["numero"], avance["periodo"]): (
            avance["estado"],
            avance.get("exigible", avance["estado"] != "EXENTO"),
            avance.get("extemporaneo", False),
            avance.get("logro", ""),
        )
        for matriz in DATOS["matrices"]
        for actividad in matriz["actividades"]
        for avance in actividad["avances"]
    }
    filas = Avance.objects.select_related("periodo").order_by("pk")
    hay = {
        (a.actividad.matriz.accion.codigo, a.actividad.numero, a.periodo.codigo): (
            a.estado,
            a.exigible,
            a.extemporaneo,
            a.logro,
        )
        for a in filas.select_related("actividad__matriz__accion")
    }
    assert hay == dice


def test_las_fechas_y_la_situacion_terminan_donde_el_archivo(cargada):
    dice = {
        (m["accion"], a["numero"]): (a["fin_vigente"], a["situacion"])
        for m in DATOS["matrices"]
        for a in m["actividades"]
    }
    hay = {
        (a.matriz.accion.codigo, a.numero): (a.fin_vigente.isoformat(), a.situacion)
        for a in Actividad.objects.select_related("matriz__accion")
    }
    assert hay == dice
    hitos = {
        (m["accion"], a["numero"], h["numero"]): h["fecha_vigente"]
        for m in DATOS["matrices"]
        for a in m["actividades"]
        for h in a["hitos"]
    }
    assert hitos == {
        (h.actividad.matriz.accion.codigo, h.actividad.numero, h.numero): str(h.fecha_vigente)
        for h in HitoActividad.objects.select_related("actividad__matriz__accion")
    }


# Lo publicado -----------------------------------------------------------------------------------

PUBLICADO = {
    "2020-S1": ("0.41", "0.31", "132.26", "VERDE", 40, 38, 33),
    "2021-S1": ("16.95", "21.08", "80.41", "AMARILLO", 364, 351, 325),
    "2022-S1": ("43.38", "49.61", "87.44", "AMARILLO", 449, 429, 401),
    "2023-S1": ("68.57", "77.44", "88.55", "AMARILLO", 405, 391, 364),
    "2024-S1": ("83.67", "93.89", "89.11", "AMARILLO", 335, 321, 295),
}


@pytest.mark.parametrize("codigo", PUBLICADO)
def test_cada_primer_corte_da_lo_publicado(cargada, codigo):
    plan = plan_en(corte_de(codigo))
    cifras = (plan.ejecutado, plan.programado, plan.indice)

    assert (*map(str, cifras), plan.semaforo, plan.exigidos, plan.recibidos, plan.a_tiempo) == (
        PUBLICADO[codigo]
    )


def test_los_colores_de_2023_s2(cargada):
    assert plan_en(corte_de("2023-S2")).por_semaforo == {
        "VERDE": 33, "AMARILLO": 36, "VENCIDA": 2, "FINALIZADA": 1, "SIN_MATRIZ": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("accion", "periodo", "antes", "despues", "material"),
    [
        ("1.2.4", "2022-S1", ("44.69", "AMARILLO"), ("39.55", "ROJO"), True),
        ("1.1.13", "2021-S1", ("24.31", None), ("23.91", None), False),
    ],
)
def test_la_rectificacion_hace_otro_corte(cargada, accion, periodo, antes, despues, material):
    for numero, (ejecutado, color) in ((1, antes), (2, despues)):
        fila = accion_en(corte_de(periodo, numero), accion)
        assert fila.ejecutado == Decimal(ejecutado)
        assert color in {None, fila.semaforo}
    aplicada = Rectificacion.objects.get(avance__actividad__matriz__accion__codigo=accion)
    assert (aplicada.estado, aplicada.material, aplicada.corte_numero) == ("APLICADA", material, 2)
    dato = next(uno for uno in DATOS["rectificaciones"] if uno["accion"] == accion)
    assert aplicada.avance.estado == "CONSOLIDADO"
    assert aplicada.avance.ejecutado_periodo == Decimal(dato["antes"])  # no se reescribe


def test_ningun_otro_corte_se_repitio(cargada):
    repetidos = {corte.periodo.codigo for corte in Corte.objects.filter(numero__gt=1)}
    assert repetidos == {"2021-S1", "2022-S1"}


# Los casos --------------------------------------------------------------------------------------


def test_caso_accion_sin_matriz(cargada):
    assert not MatrizCumplimiento.objects.filter(
        accion__codigo=caso("accion_sin_matriz")["accion"]
    ).exists()


def test_caso_accion_restringida_y_reservas(cargada):
    restringidas = Actividad.objects.filter(
        matriz__accion__codigo=caso("accion_restringida")["accion"]
    )
    assert set(restringidas.values_list("visibilidad", flat=True)) == {"RESTRINGIDA"}
    vigente, vencida = (
        Actividad.objects.filter(
            matriz__accion__codigo=caso(uno)["accion"], clasificacion="RESERVADA"
        )
        .first()
        .resolucion
        for uno in ("reserva_vigente", "reserva_vencida")
    )
    assert vencida.vence < date(2024, 1, 1) < vigente.vence
    reservado = Avance.objects.filter(actividad__clasificacion="RESERVADA", estado="CONSOLIDADO")
    assert reservado.exists()
    assert not reservado.filter(resolucion=None).exists()


def test_caso_bloqueada_por_un_tercero(cargada):
    accion = caso("accion_bloqueada_por_tercero")["accion"]
    suyos = Avance.objects.filter(actividad__matriz__accion__codigo=accion)
    assert suyos.filter(situacion_reportada="BLOQUEADA").exists()


def test_caso_siempre_a_tiempo(cargada):
    sigla = caso("institucion_siempre_a_tiempo")["institucion"]
    suyos = Avance.objects.filter(actividad__responsable__sigla=sigla)
    assert not suyos.filter(extemporaneo=True).exists()
    assert suyos.filter(estado="CONSOLIDADO").exists()


def test_caso_institucion_que_no_reporto_un_semestre(cargada):
    dato = caso("institucion_no_reporta_un_semestre")
    anio, semestre = dato["periodo"].split("-S")
    suyos = Avance.objects.filter(
        actividad__responsable__sigla=dato["institucion"],
        periodo__anio=anio,
        periodo__semestre=semestre,
        exigible=True,
    )
    assert set(suyos.values_list("estado", flat=True)) == {"NO_REPORTADO"}
    assert pasos(suyos[0]) == ["abrir", "vencer"]


def test_caso_confidencial_y_sin_clasificar(cargada):
    assert actividad_de(caso("confidencial")).clasificacion == "CONFIDENCIAL"
    borrador = avance_de(caso("sin_clasificar"))
    assert (borrador.estado, borrador.clasificacion) == ("BORRADOR", "SIN_CLASIFICAR")
    with pytest.raises(flujo.PasoInvalido, match="sin clasificar"):
        flujo.entregar(borrador, version=borrador.version, por=borrador.capturado_por)


def test_caso_meta_superada(cargada):
    suyos = Avance.objects.filter(actividad=actividad_de(caso("meta_superada")))
    superado = suyos.exclude(justificacion_exceso="").get()
    assert superado.ejecutado == 100
    assert superado.acumulado > superado.actividad.meta


def test_caso_reporte_antes_del_inicio(cargada):
    avance = avance_de(caso("reporte_voluntario_antes_del_inicio"))
    assert avance.actividad.inicio > avance.periodo.corte
    assert (avance.estado, avance.exigible) == ("CONSOLIDADO", False)


def test_caso_retroceso_con_motivo(cargada):
    avance = avance_de(caso("retroceso_con_motivo"))
    assert avance.ejecutado < avance.ejecutado_previo
    assert avance.motivo_retroceso


def test_caso_reabierta_despues_de_la_gracia(cargada):
    avance = avance_de(caso("reabierta_despues_de_la_gracia"))
    assert avance.extemporaneo
    assert pasos(avance)[:6] == ["abrir", "vencer", "reabrir", "guardar", "entregar", "remitir"]
    assert Movimiento.objects.get(avance=avance, paso="reabrir").nota.startswith("[DEMO]")


@pytest.mark.parametrize(
    ("nombre", "estados"),
    [
        ("reprogramacion_aprobada", [("REPROGRAMACION", "APROBADA")]),
        ("reprogramacion_rechazada", [("REPROGRAMACION", "RECHAZADA")]),
        ("reprogramacion_en_tramite", [("REPROGRAMACION", "SOLICITADA")]),
        ("suspendida", [("SUSPENSION", "APROBADA")]),
        ("suspendida_y_reanudada", [("SUSPENSION", "APROBADA"), ("REANUDACION", "APROBADA")]),
        ("cancelada", [("CANCELACION", "APROBADA")]),
    ],
)
def test_casos_de_enmiendas(cargada, nombre, estados):
    suyas = Reprogramacion.objects.filter(actividad=actividad_de(caso(nombre)))
    assert list(suyas.order_by("pk").values_list("tipo", "estado")) == estados


def test_las_enmiendas_cuentan_desde_su_periodo(cargada):
    aprobadas = Reprogramacion.objects.filter(estado="APROBADA").select_related("periodo")
    assert aprobadas.count() == 13
    for una in aprobadas:
        assert una.resuelta_en.date() < una.periodo.abre
    assert Reprogramacion.objects.get(estado="RECHAZADA").opinion_cap.startswith("[DEMO] Desf")


def test_caso_delegacion_con_suplente(cargada):
    dato = caso("delegacion_con_suplente")
    suplidos = Movimiento.objects.exclude(en_nombre_de=None)
    assert {uno.avance.actividad.responsable.sigla for uno in suplidos} == {dato["institucion"]}
    assert {uno.paso for uno in suplidos} == {"remitir"}
    assert {uno.avance.periodo.codigo for uno in suplidos} == {dato["periodo"]}
    assert {uno.por.correo for uno in suplidos} == {"suplente.conred@demo.invalid"}
    assert Asiento.objects.exclude(en_nombre_de=None).count() == suplidos.count() > 0


def test_caso_delegado_que_no_puede_aprobar_lo_suyo(intento):
    dato = caso("delegado_que_no_puede_aprobar_lo_suyo")
    anio, semestre = dato["periodo"].split("-S")
    suyos = Avance.objects.con_su_actividad().filter(
        actividad__responsable__sigla=dato["institucion"],
        periodo__anio=anio,
        periodo__semestre=semestre,
    )
    delegado = Usuario.objects.get(correo="planificador.mindef@demo.invalid")
    titular = Usuario.objects.get(correo="aprobador.mindef@demo.invalid")
    remitidos = Movimiento.objects.filter(avance__in=suyos, paso="remitir")
    assert {uno.por for uno in remitidos} == {titular}
    avance = suyos.filter(estado="CONSOLIDADO").first()
    Avance.objects.filter(pk=avance.pk).update(estado="EN_APROBACION", remitido_por=None)
    Periodo.objects.filter(pk=avance.periodo_id).update(estado="PROGRAMADO")
    with pytest.raises(PermissionDenied):
        flujo.mover(
            suyos.get(pk=avance.pk),
            "remitir",
            version=avance.version,
            por=delegado,
            en_nombre_de=titular,
            momento=datetime(2022, 1, 10, 12, tzinfo=timezone.get_current_timezone()),
        )


def test_caso_lo_de_la_stcns_lo_revisa_la_cap(cargada):
    actividad = actividad_de(caso("responsable_STCNS_revisada_por_CAP"))
    validados = Avance.objects.filter(actividad=actividad).exclude(validado_por=None)
    assert {uno.validado_por.institucion.sigla for uno in validados} == {"CAP"}


# Cómo llegó ---------------------------------------------------------------------------------------


def test_la_cadena_esta_entera_y_hay_un_asiento_por_movimiento(cargada):
    cuantos, roto = bitacora.primer_quiebre()
    assert roto is None
    assert cuantos == Asiento.objects.count()
    assert Asiento.objects.filter(tipo="avance").count() == Movimiento.objects.count()
    assert Asiento.objects.filter(acto="cargar_demo").count() == 1


def test_lo_devuelto_y_lo_observado_se_corrigio_y_siguio(cargada):
    dice = Counter()
    for matriz in DATOS["matrices"]:
        for actividad in matriz["actividades"]:
            for avance in actividad["avances"]:
                dice["devolver"] += avance.get("devoluciones", 0)
                dice["observar"] += "observaciones" in avance
                dice["observaciones"] += len(avance.get("observaciones", ()))
    assert Movimiento.objects.filter(paso="devolver").count() == dice["devolver"]
    assert not Movimiento.objects.filter(paso="devolver", nota="").exists()
    assert Movimiento.objects.filter(paso="observar").count() == dice["observar"]
    assert Observacion.objects.count() == dice["observaciones"]
    assert not Observacion.objects.filter(estado="ATENDIDA").exists()
    observado = Avance.objects.filter(ronda=1, estado="CONSOLIDADO").first()
    assert pasos(observado)[-6:] == [
        "observar", "guardar", "entregar", "remitir", "validar", "consolidar",
    ]  # fmt: skip


def test_los_momentos_son_los_del_archivo(cargada):
    dato = DATOS["matrices"][0]["actividades"][0]["avances"][1]
    avance = avance_de({"accion": "1.1.1", "actividad": 1, "periodo": dato["periodo"]})
    remitido = Movimiento.objects.filter(avance=avance, paso="remitir").first()
    assert timezone.localdate(remitido.momento).isoformat() == dato["remitido_en"]
    cortado = corte_de(dato["periodo"])
    assert timezone.localdate(cortado.momento).isoformat() == "2021-02-10"
    for clave in range(avance.pk, avance.pk + 40):
        momentos = list(Movimiento.objects.filter(avance=clave).values_list("momento", flat=True))
        assert momentos == sorted(momentos)


def test_cada_evidencia_tiene_su_archivo_y_cada_hoja_se_guardo_una_vez(cargada, almacen):
    dice = Counter(
        (evidencia["titulo"], evidencia["tipo"])
        for matriz in DATOS["matrices"]
        for actividad in matriz["actividades"]
        for avance in actividad["avances"]
        for evidencia in avance.get("evidencias", ())
    )
    assert Counter(Evidencia.objects.values_list("titulo", "tipo")) == dice
    assert Evidencia.objects.values("sha256").distinct().count() == len(dice)
    una = Evidencia.objects.filter(tipo="PDF").first()
    assert una.titulo in PdfReader(almacen / una.archivo.name).pages[0].extract_text()
    assert sum(uno.is_file() for uno in almacen.rglob("*")) == len(dice)
    assert not Evidencia.objects.filter(avance__actividad__modo="HITOS", hito=None).exists()


def test_lo_de_quien_coopera_y_de_la_inspectoria(cargada):
    escritos = Aporte.objects.exclude(texto="").order_by("pk")
    assert [(uno.institucion.sigla, uno.conforme) for uno in escritos] == [
        ("SIE", "SI"), ("MINDEF", "OBSERVA"),
    ]  # fmt: skip
    assert Counter(Recomendacion.objects.values_list("estado", flat=True)) == {
        "ATENDIDA": 1, "EN_CURSO": 1, "PENDIENTE": 2,
    }  # fmt: skip


# El sello de demostración -------------------------------------------------------------------------

TEXTOS_LIBRES = {
    MatrizCumplimiento: ["impacto"],
    Actividad: ["descripcion"],
    HitoActividad: ["descripcion"],
    Avance: ["logro", "limitante", "medida_correctiva", "responsable_medida",
             "decision_solicitada", "motivo_retroceso", "motivo_sin_cambios",
             "justificacion_exceso"],
    Evidencia: ["titulo"],
    Observacion: ["texto", "respuesta"],
    Aporte: ["texto"],
    Reprogramacion: ["motivo", "opinion_cap"],
    Rectificacion: ["motivo"],
    Recomendacion: ["texto"],
    Usuario: ["nombre"],
}  # fmt: skip


@pytest.mark.parametrize("modelo", TEXTOS_LIBRES)
def test_todo_texto_empieza_por_demo(cargada, modelo):
    for columna in TEXTOS_LIBRES[modelo]:
        otros = modelo.objects.exclude(**{columna: ""}).exclude(
            **{f"{columna}__startswith": "[DEMO]"}
        )
        assert not otros.exists()


def test_los_resultados_estrategicos_no_reciben_valores_inventados(cargada):
    assert not apps.get_model("acciones", "ValorResultado").objects.exists()


def test_no_hay_personas_inventadas(cargada):
    assert Usuario.objects.count() == 40
    assert not Usuario.objects.exclude(correo__endswith="@demo.invalid").exists()


# El semestre abierto ------------------------------------------------------------------------------


def test_el_semestre_abierto_queda_alrededor_de_hoy(cargada):
    hoy, vivo = timezone.localdate(), Periodo.objects.get(anio=2024, semestre=2)
    assert vivo.abre in {hoy - timedelta(days=10), hoy - timedelta(days=11)}
    assert vivo.limite == vivo.abre + timedelta(days=30)
    assert vivo.limite < vivo.fin_gracia < vivo.revision_hasta < vivo.entrega_cns
    assert not Avance.objects.filter(periodo=vivo, extemporaneo=True).exists()


def test_nada_esta_en_el_futuro(cargada):
    ahora = timezone.now()
    for modelo in apps.get_app_config("matrices").get_models():
        for columna in modelo._meta.fields:
            if isinstance(columna, models.DateTimeField):
                futuro = modelo._default_manager.filter(**{f"{columna.name}__gt": ahora})
                assert not futuro.exists(), (modelo, columna.name)
    assert not Asiento.objects.filter(momento__gt=ahora).exists()
    vivos = Movimiento.objects.filter(avance__periodo__anio=2024, avance__periodo__semestre=2)
    primero, ultimo = vivos.earliest("momento"), vivos.latest("momento")
    assert timezone.localdate(primero.momento) == Periodo.objects.get(estado="ABIERTO").abre
    assert ahora - ultimo.momento < timedelta(minutes=30)


# Con qué entrar, y dónde no se carga --------------------------------------------------------------


def test_dice_una_persona_por_rol_y_su_contrasena(cargada):
    contrasena = cargada.split("Contraseña de todas: ")[1].split()[0]
    for rol in Rol:
        persona = next(p for p in Usuario.objects.filter(rol=rol) if f"  {p.correo} " in cargada)
        assert persona.check_password(contrasena)
    assert "planificador.mingob@demo.invalid" in cargada
    assert "Demostración cargada en" in cargada


def test_otra_vez_dice_que_ya_esta_y_no_cambia_nada(intento):
    antes = (Asiento.objects.count(), Movimiento.objects.count(), Usuario.objects.count())
    salida = StringIO()

    call_command("cargar_demo", str(FIXTURES / "demo.json"), stdout=salida)

    assert "ya está cargada" in salida.getvalue()
    assert antes == (Asiento.objects.count(), Movimiento.objects.count(), Usuario.objects.count())


def test_no_se_mezcla_con_datos_de_verdad(intento):
    MatrizCumplimiento.objects.filter(accion__codigo="1.1.1").update(es_demo=False)

    with pytest.raises(CommandError, match="matrices de verdad"):
        call_command("cargar_demo", str(FIXTURES / "demo.json"))


def test_en_produccion_no_se_carga(cargada, settings):
    settings.PRODUCCION = True

    with pytest.raises(CommandError, match="En producción"):
        call_command("cargar_demo", str(FIXTURES / "demo.json"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("estropear", "dice"),
    [
        (lambda d: d.update(plan="OTRO"), "Falta el plan"),
        (lambda d: d["matrices"][0].update(accion="9.9.9"), "no tiene: 9.9.9"),
        (lambda d: d.pop("usuarios"), "incompleto: 'usuarios'"),
        (lambda d: d.update(esquema="demo-pesn/9"), "El esquema debe ser"),
    ],
)
def test_un_archivo_que_no_cabe_no_deja_nada(tmp_path, estropear, dice):
    cargar(PLAN, por=None)
    roto = json.loads(json.dumps(DATOS))
    estropear(roto)
    archivo = tmp_path / "demo.json"
    archivo.write_text(json.dumps(roto), encoding="utf-8")

    with pytest.raises(CommandError, match=dice):
        call_command("cargar_demo", str(archivo))

    assert not Usuario.objects.exists()
    assert not MatrizCumplimiento.objects.exists()


@pytest.mark.django_db
def test_si_algo_falla_a_medias_no_queda_nada(monkeypatch):
    cargar(PLAN, por=None)
    borradas = []
    monkeypatch.setattr(Hojas, "deshacer", lambda hojas: borradas.append(True))
    monkeypatch.setattr(Semestre, "planear", lambda semestre: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        demo.cargar(DATOS, decir=lambda renglon: None)

    assert borradas
    for modelo in (Usuario, MatrizCumplimiento, Avance, Movimiento):
        assert not modelo.objects.exists()
    assert set(Periodo.objects.values_list("estado", flat=True)) == {"PROGRAMADO"}


@pytest.mark.django_db
@pytest.mark.parametrize("hoy", ["2024-08-15", "2999-01-01"])
def test_hoy_va_despues_del_ultimo_corte_y_no_en_el_futuro(hoy):
    cargar(PLAN, por=None)

    with pytest.raises(CommandError, match="«Hoy» va después"):
        call_command("cargar_demo", str(FIXTURES / "demo.json"), hoy=date.fromisoformat(hoy))


@pytest.mark.parametrize("tipo", ["PDF", "IMAGEN", "XLSX"])
def test_cada_hoja_se_abre_y_dice_su_titulo(tipo):
    titulo = "[DEMO] Acta de sesión (única), 2020-S2"
    contenido = BytesIO(hoja(titulo, tipo))

    if tipo == "PDF":
        paginas = PdfReader(contenido).pages
        assert len(paginas) == 1
        assert titulo in paginas[0].extract_text()
    elif tipo == "IMAGEN":
        assert Image.open(contenido).format == "PNG"
    else:
        assert load_workbook(contenido).active["A1"].value == titulo
