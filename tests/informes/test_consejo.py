"""La página del Consejo con un semestre entero: sus cinco respuestas, todas del corte."""

import re
from dataclasses import replace
from decimal import Decimal

import pytest
from django.template.loader import render_to_string

from informes import comparacion
from informes.contenido import Actividad, Contenido, Seguimiento
from informes.models import Informe
from rendimiento.semestre import contenido as semestre

D = Decimal
RENGLON = re.compile(r"<li\b.*?</li>", re.DOTALL)


@pytest.fixture(scope="module")
def c() -> Contenido:
    """Con las cifras de antes, siete decisiones y siete logros, y una acción que mejora."""
    entero = semestre()
    total = replace(
        entero.total, ejecutado_anterior=D("56.93"), programado_anterior=D("61.20"), delta=D("8.10")
    )
    mejora = replace(entero.que_cambio[0], accion=sube(entero).accion, sentido="MEJORA")
    return replace(
        entero,
        niveles=(total, *entero.niveles[1:]),
        decisiones=(*entero.decisiones, *entero.decisiones[:2]),
        logros=(*entero.logros, *entero.logros[:2]),
        que_cambio=(mejora, *entero.que_cambio),
    )


def sube(c: Contenido) -> Actividad:
    """La actividad que más subió en el semestre."""
    return max(
        (una for una in c.actividades if una.ejecutado_previo is not None),
        key=lambda una: una.ejecutado - una.ejecutado_previo,
    )


def pagina(c: Contenido) -> str:
    return render_to_string(
        "informes/consejo.html",
        {
            "contenido": c,
            "cambios": comparacion.que_cambio(c),
            "informe": Informe(pk=1),
            "presentados": [],
        },
    )


def seccion(texto: str, nombre: str) -> str:
    """Lo que hay bajo el título con ese nombre."""
    return texto.split(f'aria-labelledby="{nombre}"')[1].split("</section>", maxsplit=1)[0]


def plano(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_contesta_donde_estamos_con_lo_de_antes(c):
    dicho = plano(seccion(pagina(c), "donde"))

    assert f"{c.anterior.periodo}: 56.9 % (+8.1 puntos)" in dicho
    assert f"{c.anterior.periodo}: 61.2 %" in dicho
    assert f"{c.anterior.periodo}: −4.3" in dicho  # 56.93 − 61.20
    assert f"{c.anterior.periodo}: 93.02" in dicho  # 100·56.93/61.20


def test_sin_corte_anterior_no_inventa_con_que_comparar(c):
    dicho = plano(seccion(pagina(replace(c, anterior=None)), "donde"))

    assert c.anterior.periodo not in dicho


def test_la_barra_reparte_todas_las_acciones_sin_huecos(c):
    tramos = c.total.tramos

    assert [antes for _codigo, antes, _cuantas in tramos] == [
        sum(cuantas for _c, _a, cuantas in tramos[:lugar]) for lugar in range(len(tramos))
    ]
    assert sum(cuantas for _codigo, _antes, cuantas in tramos) == len(c.acciones)


def test_lo_rojo_va_de_la_mayor_brecha_a_la_menor(c):
    rojas = [una for una in c.acciones if una.semaforo in {"ROJO", "VENCIDA"}]
    codigos = re.findall(r"acciones/([\d.]+)/", seccion(pagina(c), "en-rojo"))

    assert codigos == [una.codigo for una in sorted(rojas, key=lambda una: una.brecha)][:8]


def test_a_lo_sumo_cinco_decisiones_con_causa_propuesta_quien_y_cuando(c):
    assert len(c.decisiones) > 5
    renglones = RENGLON.findall(seccion(pagina(c), "decisiones"))[:5]

    assert seccion(pagina(c), "decisiones").count("Causa:") == 5
    for una, renglon in zip(c.decisiones, renglones, strict=False):
        dicho = plano(renglon)
        assert una.clave in dicho
        assert una.propuesta.split()[0] in dicho
        assert "Quién:" in dicho
        assert f"Para cuándo: {una.para_cuando:%d/%m/%Y}" in dicho


def test_a_lo_sumo_cinco_logros_y_cada_uno_con_su_evidencia(c):
    assert len(c.logros) > 5

    assert plano(seccion(pagina(c), "logros")).count("validada") >= 5
    assert len(RENGLON.findall(seccion(pagina(c), "logros"))) == 5


def test_sin_decisiones_dice_como_sigue_lo_que_ya_se_pidio(c):
    una = Seguimiento(
        periodo="2022-S1",
        clave="1.1.1.1",
        accion="1.1.1",
        titulo="Acompañar la iniciativa",
        institucion="SAAS",
        propuesta="Definir",
        sigue=False,
        semaforo="VENCIDA",
    )
    dicho = plano(
        seccion(pagina(replace(c, decisiones=(), decisiones_anteriores=(una,))), "decisiones")
    )

    assert "ninguna institución pidió una decisión" in dicho
    assert "Acompañar la iniciativa" in dicho
    assert "Vencida" in dicho


def test_los_seis_resultados_van_con_su_base_y_su_meta(c):
    dicho = plano(seccion(pagina(c), "resultados"))

    assert [uno.codigo for uno in c.resultados if uno.codigo in dicho] == [
        f"RE{numero}" for numero in range(1, 7)
    ]


def test_lo_que_cambio_dice_de_que_color_a_que_color_y_por_que(c):
    explicados = [(uno, causas) for uno, causas in comparacion.que_cambio(c)[:10] if causas]
    dicho = plano(seccion(pagina(c), "cambios"))

    assert explicados
    for uno, causas in explicados:
        assert uno.accion in dicho
        assert causas[0].clave in dicho


def test_los_textos_de_las_personas_no_son_html(c):
    peligro = "<script>alert(1)</script>"
    mala = replace(c.decisiones[0], titulo=peligro, causa=peligro, propuesta=peligro, quien=peligro)

    assert peligro not in pagina(replace(c, decisiones=(mala,)))


# Por qué cambió -----------------------------------------------------------------------------------
def cambio_de(c: Contenido, sentido: str):
    return next(uno for uno in comparacion.que_cambio(c) if uno[0].sentido == sentido and uno[1])


def test_empeora_por_las_de_mayor_brecha_con_su_limitante(c):
    cambio, causas = cambio_de(c, "EMPEORA")
    suyas = [una for una in c.actividades_de(cambio.accion) if una.brecha and una.brecha < 0]
    peor = min(suyas, key=lambda una: una.brecha)

    assert 1 <= len(causas) <= 2
    assert (causas[0].clave, causas[0].puntos) == (peor.clave, peor.brecha)


def test_mejora_por_las_que_mas_subieron_con_su_logro(c):
    cambio, causas = cambio_de(c, "MEJORA")
    suyas = {una.clave: una for una in c.actividades_de(cambio.accion)}
    subieron = {
        clave: una.ejecutado - una.ejecutado_previo
        for clave, una in suyas.items()
        if una.ejecutado is not None and una.ejecutado_previo is not None
    }

    assert causas[0].puntos == max(subieron.values()) > 0
    assert causas[0].texto == suyas[causas[0].clave].logro


def con_actividad(c: Contenido, **cambios):
    """El contenido con una sola actividad, con esos cambios, en una acción que empeoró."""
    cambio = next(uno for uno in c.que_cambio if uno.sentido == "EMPEORA")
    una = replace(c.actividades_de(cambio.accion)[0], brecha=-c.umbrales.p_minimo, **cambios)
    return replace(c, que_cambio=(cambio,), actividades=(una,))


@pytest.mark.parametrize(
    ("cambios", "dice"),
    [
        ({"arrastrado": True, "limitante": "otra", "reservado": ""}, "No reportó"),
        ({"reservado": "Reservado por R-1.", "limitante": "secreto"}, "Reservado por R-1."),
        ({"limitante": "", "reservado": "", "semaforo": "VENCIDA"}, "Su plazo terminó el"),
        ({"limitante": "", "reservado": "", "semaforo": "ROJO"}, ""),
    ],
)
def test_la_causa_dice_lo_que_se_puede_decir(c, cambios, dice):
    dicho = con_actividad(c, **{"arrastrado": False, **cambios})

    ((_cambio, (causa,)),) = comparacion.que_cambio(dicho)
    assert causa.texto.startswith(dice)
    assert "secreto" not in causa.texto
    assert bool(causa.texto) == bool(dice)
