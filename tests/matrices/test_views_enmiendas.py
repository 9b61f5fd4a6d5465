"""Pedir, avalar, opinar, resolver y rectificar en pantalla: quién puede qué, y qué se conserva."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from instituciones.models import Rol
from matrices import enmiendas
from matrices.models import Avance, Rectificacion, Reprogramacion
from tests.fabricas import (
    ActividadFactory,
    AvanceFactory,
    HitoFactory,
    PeriodoFactory,
    UsuarioFactory,
)

LISTA = reverse("matrices:enmiendas")
MOTIVO = "El proveedor adjudicado desistió y hay que licitar de nuevo."
pytestmark = pytest.mark.django_db


def entrar(client, persona):
    client.force_login(persona)
    return client


@pytest.fixture
def actividad(elenco):
    return ActividadFactory(responsable=elenco.responsable)


@pytest.fixture
def pedida(elenco, actividad):
    return enmiendas.solicitar(
        actividad,
        tipo="REPROGRAMACION",
        desde=date(2021, 6, 1),
        fin_propuesto=date(2023, 6, 30),
        motivo=MOTIVO,
        por=elenco.planificadora,
    )


@pytest.fixture
def consolidado(elenco, actividad):
    periodo = PeriodoFactory(plan=actividad.matriz.accion.objetivo.programa.plan, estado="CORTADO")
    return AvanceFactory(
        periodo=periodo,
        actividad=actividad,
        estado="CONSOLIDADO",
        porcentaje=40,
        logro="Se capacitó a doscientas personas en Cobán.",
    )


@pytest.fixture
def rectificacion(elenco, consolidado):
    return enmiendas.solicitar_rectificacion(
        consolidado, despues={"porcentaje": 45}, motivo=MOTIVO, por=elenco.planificadora
    )


def paso(fila, cual):
    clase = "al_cambio" if isinstance(fila, Reprogramacion) else "a_la_rectificacion"
    return reverse(f"matrices:dar_paso_{clase}", args=[fila.pk, cual])


def dar(client, fila, cual, por, **datos):
    fila.refresh_from_db()
    entrar(client, por)
    return client.post(
        paso(fila, cual),
        {f"{cual}-{campo}": dato for campo, dato in {"version": fila.version, **datos}.items()},
    )


# La lista --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("rol", "codigo"),
    [
        ("planificadora", 200),
        ("aprobador", 200),
        ("analista", 200),
        ("coordinadora", 200),
        ("comisionada", 200),
        ("inspector", 200),
        ("auditor", 200),
        ("consejera", 403),
        ("administradora", 403),
    ],
)
def test_quien_entra_a_las_solicitudes(client, elenco, rol, codigo):
    entrar(client, getattr(elenco, rol))

    assert client.get(LISTA).status_code == codigo
    assert client.get(LISTA, {"de": "rectificaciones"}).status_code == codigo


@pytest.mark.parametrize("cuantas", [1, 3])
def test_los_cambios_no_crecen_en_consultas(client, elenco, cuantas, django_assert_num_queries):
    for _ in range(cuantas):
        enmiendas.solicitar(
            ActividadFactory(responsable=elenco.responsable),
            tipo="CANCELACION",
            desde=date(2021, 6, 1),
            motivo=MOTIVO,
            por=elenco.planificadora,
        )
    entrar(client, elenco.aprobador)

    with django_assert_num_queries(6):  # sesión, persona, cuenta, filas, delegaciones y marco
        pagina = client.get(LISTA).content.decode()

    assert pagina.count("<td>Avalar</td>") == cuantas


@pytest.mark.parametrize("cuantas", [1, 3])
def test_las_rectificaciones_no_crecen_en_consultas(
    client, elenco, cuantas, django_assert_num_queries
):
    periodo = PeriodoFactory(estado="CORTADO")
    for _ in range(cuantas):
        avance = AvanceFactory(
            periodo=periodo,
            actividad__responsable=elenco.responsable,
            estado="CONSOLIDADO",
            porcentaje=40,
        )
        enmiendas.solicitar_rectificacion(
            avance, despues={"porcentaje": 45}, motivo=MOTIVO, por=elenco.planificadora
        )
    entrar(client, elenco.aprobador)

    with django_assert_num_queries(6):
        pagina = client.get(LISTA, {"de": "rectificaciones"}).content.decode()

    assert pagina.count("<td>Firmar</td>") == cuantas


def test_cada_institucion_ve_solo_las_suyas(client, elenco, pedida):
    entrar(client, elenco.ajena)

    assert list(client.get(LISTA).context["pagina"]) == []
    assert client.get(reverse("matrices:cambio", args=[pedida.pk])).status_code == 404


def test_lo_resuelto_sale_al_pedirlo(client, elenco, pedida):
    enmiendas.desistir(pedida, version=1, por=elenco.planificadora)
    entrar(client, elenco.planificadora)

    assert list(client.get(LISTA).context["pagina"]) == []
    assert list(client.get(LISTA, {"ver": "todas"}).context["pagina"]) == [pedida]


# Pedir un cambio -------------------------------------------------------------------------------
PEDIDO = {
    "tipo": "REPROGRAMACION",
    "desde": "2021-06-01",
    "fin_propuesto": "2023-06-30",
    "motivo": MOTIVO,
}


def pedir(client, actividad, **datos):
    return client.post(reverse("matrices:solicitar", args=[actividad.pk]), PEDIDO | datos)


def test_quien_planifica_pide_otra_fecha(client, elenco, actividad):
    entrar(client, elenco.planificadora)

    hecho = pedir(client, actividad)

    pedida = Reprogramacion.objects.get()
    assert hecho.url == reverse("matrices:cambio", args=[pedida.pk])
    assert (pedida.estado, pedida.fin_anterior, pedida.fin_propuesto) == (
        "SOLICITADA",
        date(2022, 12, 31),
        date(2023, 6, 30),
    )


@pytest.mark.parametrize(
    ("rol", "codigo"),
    [("aprobador", 403), ("ajena", 403), ("analista", 403), ("coordinadora", 403)],
)
def test_nadie_mas_pide_un_cambio(client, elenco, actividad, rol, codigo):
    entrar(client, getattr(elenco, rol))

    assert pedir(client, actividad).status_code == codigo
    assert not Reprogramacion.objects.exists()


def test_pedir_para_una_actividad_que_no_se_ve_es_404(client, elenco):
    entrar(client, elenco.ajena)
    restringida = ActividadFactory(responsable=elenco.responsable, visibilidad="RESTRINGIDA")

    assert pedir(client, restringida).status_code == 404


@pytest.mark.parametrize(
    ("campo", "valor"),
    [
        ("fin_propuesto", ""),
        ("fin_propuesto", "2020-12-31"),
        ("fin_propuesto", "2022-12-31"),
        ("motivo", "Corto."),
        ("tipo", "REANUDACION"),
    ],
)
def test_un_pedido_que_no_cabe_se_dice_en_su_campo(client, elenco, actividad, campo, valor):
    entrar(client, elenco.planificadora)

    hecho = pedir(client, actividad, **{campo: valor})

    assert hecho.status_code == 422
    assert campo in hecho.context["form"].errors
    assert not Reprogramacion.objects.exists()


def test_dos_solicitudes_a_la_vez_no_caben(client, elenco, actividad, pedida):
    entrar(client, elenco.planificadora)

    assert pedir(client, actividad).status_code == 422


def test_los_hitos_que_quedarian_fuera_del_nuevo_fin_se_piden(client, elenco, actividad):
    por_hitos = ActividadFactory(responsable=elenco.responsable, modo="HITOS")
    hito = HitoFactory(actividad=por_hitos, numero=1, fecha_original=date(2022, 11, 30))
    entrar(client, elenco.planificadora)

    corto = {"fin_propuesto": "2022-06-30"}
    assert pedir(client, por_hitos, **corto, hito_1="2022-11-30").status_code == 422
    assert pedir(client, por_hitos, **corto, hito_1="2022-06-15").status_code == 302

    pedida = Reprogramacion.objects.get()
    assert pedida.hitos == [{"numero": hito.numero, "fecha": "2022-06-15"}]


# Del aval a la resolución ----------------------------------------------------------------------
def test_una_reprogramacion_de_punta_a_punta(client, elenco, actividad, pedida):
    assert dar(client, pedida, "avalar", elenco.aprobador).status_code == 302
    opinion = "Conviene: no afecta el resultado estratégico."
    assert dar(client, pedida, "opinar", elenco.comisionada, opinion=opinion).status_code == 302
    hecho = dar(client, pedida, "aprobar", elenco.coordinadora, acto="Oficio STCNS 41-2021")

    assert hecho.status_code == 302
    pedida.refresh_from_db()
    actividad.refresh_from_db()
    assert (pedida.estado, pedida.opinion_cap) == ("APROBADA", opinion)
    assert (actividad.fin_vigente, actividad.fin_original) == (
        date(2023, 6, 30),
        date(2022, 12, 31),
    )


@pytest.mark.parametrize(
    ("cual", "rol"),
    [
        ("avalar", "planificadora"),
        ("avalar", "coordinadora"),
        ("opinar", "coordinadora"),
        ("aprobar", "analista"),
        ("aprobar", "comisionada"),
        ("rechazar", "auditor"),
        ("desistir", "aprobador"),
    ],
)
def test_cada_paso_es_de_quien_es(client, elenco, pedida, cual, rol):
    hecho = dar(client, pedida, cual, getattr(elenco, rol), acto="Oficio 1", opinion="No conviene.")

    assert hecho.status_code == 403
    pedida.refresh_from_db()
    assert pedida.estado == "SOLICITADA"


def test_la_coordinacion_espera_la_opinion_diez_dias_habiles(client, elenco, pedida):
    dar(client, pedida, "avalar", elenco.aprobador)

    temprano = dar(client, pedida, "aprobar", elenco.coordinadora, acto="Oficio STCNS 41-2021")
    assert temprano.status_code == 409
    assert "La CAP puede opinar hasta" in temprano.content.decode()
    assert "Oficio STCNS 41-2021" in temprano.content.decode()

    Reprogramacion.objects.update(avalada_en=timezone.now() - timedelta(days=30))
    tarde = dar(client, pedida, "rechazar", elenco.coordinadora, acto="Oficio STCNS 41-2021")
    assert tarde.status_code == 302


def test_resolver_sin_acto_es_422(client, elenco, pedida):
    dar(client, pedida, "avalar", elenco.aprobador)
    dar(client, pedida, "opinar", elenco.comisionada, opinion="No conviene.")

    assert dar(client, pedida, "aprobar", elenco.coordinadora, acto="").status_code == 422


def test_avalar_lo_que_ya_se_retiro_es_409(client, elenco, pedida):
    enmiendas.desistir(pedida, version=1, por=elenco.planificadora)
    entrar(client, elenco.aprobador)

    assert client.post(paso(pedida, "avalar"), {"avalar-version": 1}).status_code == 409


def test_un_paso_que_no_existe_es_400(client, elenco, pedida):
    assert dar(client, pedida, "aplicar", elenco.coordinadora).status_code == 400


def test_el_motivo_sale_segun_la_clase_de_la_actividad(client, elenco, actividad, pedida):
    type(actividad).objects.update(clasificacion="CONFIDENCIAL")

    for rol, lee in [("coordinadora", True), ("analista", True), ("auditor", False)]:
        entrar(client, getattr(elenco, rol))
        pagina = client.get(reverse("matrices:cambio", args=[pedida.pk])).content.decode()
        assert (MOTIVO in pagina) == lee, rol


# Rectificar ------------------------------------------------------------------------------------
def test_se_pide_corregir_solo_lo_que_cambia(client, elenco, consolidado):
    entrar(client, elenco.planificadora)
    direccion = reverse("matrices:rectificar", args=[consolidado.pk])
    igual = {"porcentaje": "40.00", "logro": consolidado.logro, "motivo": MOTIVO}

    assert client.get(direccion).status_code == 200
    assert client.post(direccion, igual).status_code == 422
    hecho = client.post(direccion, igual | {"porcentaje": "45"})

    pedida = Rectificacion.objects.get()
    assert hecho.url == reverse("matrices:rectificacion", args=[pedida.pk])
    assert pedida.campos == {"porcentaje": {"antes": "40.00", "despues": "45.00"}}


def test_un_valor_imposible_se_dice_en_su_campo(client, elenco, consolidado):
    entrar(client, elenco.planificadora)
    direccion = reverse("matrices:rectificar", args=[consolidado.pk])

    hecho = client.post(direccion, {"porcentaje": "101", "motivo": MOTIVO})

    assert hecho.status_code == 422
    assert "porcentaje" in hecho.context["form"].errors


@pytest.fixture
def medido(consolidado):
    """El mismo, con las cifras con que se cortó: P 62.50 y E 40.00, en rojo."""
    Avance.objects.update(
        programado=Decimal("62.50"),
        programado_original=Decimal("62.50"),
        fin_medido=consolidado.actividad.fin_vigente,
        situacion_medida="VIGENTE",
        ejecutado=40,
        indice=64,
        brecha=Decimal("-22.50"),
        semaforo="ROJO",
    )
    consolidado.refresh_from_db()
    return consolidado


@pytest.mark.parametrize(
    ("porcentaje", "queda", "dice"),
    [
        ("42", "42.0\u00a0%", "No es material"),
        ("45", "45.0\u00a0%", "Es material"),  # cinco puntos
        ("60", "60.0\u00a0%", "Es material"),
        ("cien", "40.0\u00a0%", "Corrija: Avance acumulado"),
    ],
)
def test_antes_de_pedirla_se_ve_como_quedara(client, elenco, medido, porcentaje, queda, dice):
    entrar(client, elenco.planificadora)
    direccion = reverse("matrices:asi_quedara_rectificado", args=[medido.pk])

    parte = client.post(direccion, {"porcentaje": porcentaje}, headers={"HX-Request": "true"})

    texto = parte.content.decode()
    assert f"<dd>{queda}" in texto
    assert "hoy 40.0\u00a0%" in texto
    assert "62.5\u00a0%" in texto  # P no cambia
    assert dice in texto
    assert not Rectificacion.objects.exists()


def test_sin_javascript_la_misma_pagina_ensena_como_quedara(client, elenco, medido):
    entrar(client, elenco.planificadora)
    direccion = reverse("matrices:asi_quedara_rectificado", args=[medido.pk])

    pagina = client.post(direccion, {"porcentaje": "60", "motivo": "Corto"})

    texto = pagina.content.decode()
    assert pagina.status_code == 200
    assert 'value="60"' in texto
    assert "Hoy vale: 40.00" in texto
    assert "Es material" in texto


def test_quien_firma_ve_como_quedara(client, elenco, medido, rectificacion):
    texto = entrar(client, elenco.aprobador).get(
        reverse("matrices:rectificacion", args=[rectificacion.pk])
    )

    assert "<dd>45.0\u00a0%" in texto.content.decode()
    assert "Es material" in texto.content.decode()


def test_ver_como_quedara_es_de_quien_planifica(client, elenco, medido):
    direccion = reverse("matrices:asi_quedara_rectificado", args=[medido.pk])

    assert entrar(client, elenco.aprobador).post(direccion, {}).status_code == 403
    assert entrar(client, elenco.ajena).post(direccion, {}).status_code in {403, 404}


def test_antes_del_corte_no_se_rectifica(client, elenco):
    avance = AvanceFactory(
        actividad__responsable=elenco.responsable, estado="VALIDADO", porcentaje=40
    )
    entrar(client, elenco.planificadora)

    hecho = client.post(
        reverse("matrices:rectificar", args=[avance.pk]), {"porcentaje": "45", "motivo": MOTIVO}
    )

    assert hecho.status_code == 409
    assert not Rectificacion.objects.exists()


def test_una_rectificacion_hasta_su_aprobacion(client, elenco, rectificacion):
    assert dar(client, rectificacion, "firmar", elenco.aprobador).status_code == 302
    assert dar(client, rectificacion, "recomendar", elenco.analista).status_code == 302
    assert dar(client, rectificacion, "aprobar", elenco.coordinadora).status_code == 302

    rectificacion.refresh_from_db()
    assert (rectificacion.estado, rectificacion.resuelta_por) == ("APROBADA", elenco.coordinadora)


def test_rechazar_una_rectificacion_pide_motivo(client, elenco, rectificacion):
    dar(client, rectificacion, "firmar", elenco.aprobador)
    dar(client, rectificacion, "recomendar", elenco.analista)

    assert dar(client, rectificacion, "rechazar", elenco.coordinadora, nota="").status_code == 422
    nota = "El acta no respalda la cifra."
    assert dar(client, rectificacion, "rechazar", elenco.coordinadora, nota=nota).status_code == 302
    rectificacion.refresh_from_db()
    assert (rectificacion.estado, rectificacion.nota) == ("RECHAZADA", nota)


@pytest.mark.parametrize(
    ("cual", "rol"),
    [("firmar", "planificadora"), ("firmar", "analista"), ("aprobar", "aprobador")],
)
def test_cada_paso_de_la_rectificacion_es_de_quien_es(client, elenco, rectificacion, cual, rol):
    assert dar(client, rectificacion, cual, getattr(elenco, rol)).status_code == 403


def test_sin_firmar_su_contenido_es_de_la_institucion(client, elenco, rectificacion):
    direccion = reverse("matrices:rectificacion", args=[rectificacion.pk])

    entrar(client, elenco.analista)
    assert MOTIVO not in client.get(direccion).content.decode()
    dar(client, rectificacion, "firmar", elenco.aprobador)
    entrar(client, elenco.analista)
    assert MOTIVO in client.get(direccion).content.decode()
    entrar(client, elenco.ajena)
    assert client.get(direccion).status_code == 404


def test_quien_firma_no_es_quien_pidio_aunque_tenga_el_rol(client, elenco, rectificacion):
    Rectificacion.objects.update(solicitada_por=elenco.aprobador)

    assert dar(client, rectificacion, "firmar", elenco.aprobador).status_code == 403
    otro = UsuarioFactory(rol=Rol.APROBADOR, institucion=elenco.responsable)
    assert dar(client, rectificacion, "firmar", otro).status_code == 302


# Elegir ----------------------------------------------------------------------------------------
def test_elegir_muestra_lo_propio_y_los_semestres_cortados(client, elenco, actividad, consolidado):
    ActividadFactory(responsable=elenco.otra)
    entrar(client, elenco.planificadora)
    direccion = reverse("matrices:elegir")

    assert list(client.get(direccion).context["pagina"]) == [actividad]
    cortado = client.get(direccion, {"periodo": consolidado.periodo_id})
    assert list(cortado.context["pagina"]) == [consolidado]
    assert client.get(direccion, {"periodo": "9" * 30}).status_code == 404
    entrar(client, elenco.aprobador)
    assert client.get(direccion).status_code == 403
