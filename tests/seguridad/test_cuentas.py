"""G-34, G-35 y las filas «sesion» de lo hostil: adivinar, repetir o heredar una entrada."""

import csv
import datetime as dt
import difflib
import io
import json
import re
import statistics
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import structlog
import time_machine
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.core import mail
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from instituciones import correo as bandeja
from instituciones import cuentas
from instituciones.models import Asiento, PedidoDeEnlace, Usuario
from pesn import settings as ajustes
from tests.fabricas import AvanceFactory, InstitucionFactory, UsuarioFactory
from tests.segundo_factor import SEMILLA, codigo_de_ahora

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cache_limpia")]
HOSTILES = Path(__file__).parents[1] / "datos" / "entradas_hostiles.csv"
CLAVE, NUEVA = "quetzal-verde-91-lluvia", "otra-clave-larga-77"
DESCONOCIDO = "nadie-con-cuenta@ejemplo.gt"
ENTRAR, DENTRO = reverse("account_login"), reverse("instituciones:delegaciones")
LUNES = dt.datetime(2026, 1, 5, 15, tzinfo=dt.UTC)
BITS = 128
HOLGURA = 0.20


@pytest.fixture
def persona():
    return UsuarioFactory(correo="petrona@ejemplo.gt", password=CLAVE)


def entrar(client, correo, clave=CLAVE, **cabeceras):
    return client.post(ENTRAR, {"login": correo, "password": clave}, headers=cabeceras)


def adentro(client) -> bool:
    return client.get(DENTRO).status_code == 200


def ya_entro(persona) -> Client:
    client = Client()
    entrar(client, persona.correo)
    assert adentro(client)
    return client


def sin_fichas(respuesta) -> str:
    """La página sin lo que cambia siempre: la ficha CSRF y el correo que se escribió."""
    texto = re.sub(r"[A-Za-z0-9]{64}", "~", respuesta.content.decode())
    return texto.replace(DESCONOCIDO, "#").replace("petrona@ejemplo.gt", "#")


def pedir_enlace(client, correo) -> str:
    client.post(reverse("account_reset_password"), {"email": correo})
    bandeja.despachar()
    return urlsplit(re.search(r"https?://\S+", mail.outbox[-1].body).group()).path


def abre_el_enlace(enlace: str) -> bool:
    return 'name="password1"' in Client().get(enlace, follow=True).content.decode()


def usar_enlace(enlace: str) -> Client:
    client = Client()
    formulario = client.get(enlace, follow=True)
    client.post(formulario.redirect_chain[-1][0], {"password1": NUEVA, "password2": NUEVA})
    return client


# G-34 ------------------------------------------------------------------------------------------
def test_exista_o_no_la_cuenta_se_contesta_y_se_bloquea_igual(persona, cifra):
    paginas = {}
    for correo in (persona.correo, DESCONOCIDO):
        intentos = [entrar(Client(), correo, f"mala-{n}") for n in range(7)]
        paginas[correo] = [(una.status_code, sin_fichas(una)) for una in intentos]

    distintas = [
        renglon
        for una, otra in zip(paginas[persona.correo], paginas[DESCONOCIDO], strict=True)
        for renglon in difflib.ndiff(
            [str(una[0]), *una[1].split("\n")], [str(otra[0]), *otra[1].split("\n")]
        )
        if renglon[0] in "+-"
    ]
    assert distintas == []
    dicho = ["Demasiados intentos" in texto for _codigo, texto in paginas[DESCONOCIDO]]
    assert dicho == [False] * 5 + [True] * 2
    assert not adentro_con(persona)
    cifra(f"G-34a fallas={dicho.count(False)} bloqueados={dicho.count(True)} renglones_distintos=0")


def adentro_con(persona) -> bool:
    client = Client()
    entrar(client, persona.correo)
    return "_auth_user_id" in client.session


def test_tarda_lo_mismo_exista_o_no_la_cuenta(settings, cifra):
    """Con Argon2 de verdad y en tiempo de procesador, que los vecinos no cambian."""
    settings.PASSWORD_HASHERS = ajustes.PASSWORD_HASHERS
    persona = UsuarioFactory(correo="petrona@ejemplo.gt", password=CLAVE)
    tiempos: dict[str, list[float]] = {persona.correo: [], DESCONOCIDO: []}
    for vez in range(14):
        for correo, suyos in tiempos.items():
            cache.clear()
            antes = time.process_time()
            entrar(Client(), correo, "mala")
            if vez:  # la primera carga plantillas
                suyos.append(time.process_time() - antes)
    existe, no_existe = (statistics.median(suyos) for suyos in tiempos.values())

    razon = no_existe / existe
    cifra(f"G-34a tiempo no_existe/existe={razon:.2f} (entre 0.80 y 1.20)")
    assert 1 - HOLGURA <= razon <= 1 + HOLGURA


def test_pedir_el_enlace_cuesta_y_contesta_lo_mismo_exista_o_no_la_cuenta(persona, cifra):
    """El correo sale después, de la bandeja: al pedirlo se hace lo mismo, orden por orden."""
    vistos, tiempos = {}, {persona.correo: [], DESCONOCIDO: []}
    for vez in range(14):
        for correo, suyos in tiempos.items():
            cache.clear()
            client, antes = Client(), time.process_time()
            with CaptureQueriesContext(connection) as consultas:
                respuesta = client.post(reverse("account_reset_password"), {"email": correo})
            if vez:
                suyos.append(time.process_time() - antes)
            ordenes = [re.sub(r"'[^']*'|[0-9.]+", "#", una["sql"]) for una in consultas]
            vistos[correo] = (respuesta.status_code, sorted(respuesta.headers), ordenes)
    existe, no_existe = (statistics.median(suyos) for suyos in tiempos.values())

    assert vistos[persona.correo] == vistos[DESCONOCIDO]
    assert mail.outbox == []
    bandeja.despachar()
    assert {para for uno in mail.outbox for para in uno.to} == {persona.correo}
    assert not PedidoDeEnlace.objects.exists()
    razon = no_existe / existe
    cifra(f"G-34a restablecer: ordenes_distintas=0 tiempo no_existe/existe={razon:.2f}")
    assert 1 - HOLGURA <= razon <= 1 + HOLGURA


def test_una_direccion_forjada_no_da_mas_intentos(persona, cifra):
    """G-34d: sin proxies de confianza, X-Forwarded-For no cuenta."""
    for n in range(20):
        entrar(Client(), f"nadie{n}@ejemplo.gt", "mala", **{"x-forwarded-for": f"10.9.0.{n}"})

    assert "Demasiados intentos" in entrar(Client(), persona.correo).content.decode()
    cifra("G-34d direcciones_forjadas=20 intentos_ganados=0")


def test_un_anfitrion_forjado_no_da_mas_intentos(persona, cifra):
    """El puerto de «Host» no se valida: con otro cada vez, la cuenta es la misma."""
    for n in range(5):
        entrar(Client(), persona.correo, "mala", host=f"testserver:{8000 + n}")

    sexta = entrar(Client(), persona.correo, host="testserver:9000")

    assert "Demasiados intentos" in sexta.content.decode()
    cifra("G-34d anfitriones_forjados=5 intentos_ganados=0")


def test_con_un_proxy_cuenta_la_que_puso_el_proxy(settings, persona):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for n in range(20):
        forjada = f"10.9.0.{n}, 203.0.113.7"  # la última la puso el proxy
        entrar(Client(), f"nadie{n}@ejemplo.gt", "mala", **{"x-forwarded-for": forjada})

    misma = entrar(Client(), persona.correo, **{"x-forwarded-for": "10.1.1.1, 203.0.113.7"})
    assert "Demasiados intentos" in misma.content.decode()
    otra = Client()
    entrar(otra, persona.correo, **{"x-forwarded-for": "203.0.113.7, 198.51.100.4"})
    assert "_auth_user_id" in otra.session


def test_el_enlace_vale_una_vez_una_hora_y_para_uno(client, persona, cifra):
    """G-34e."""
    ajena = UsuarioFactory(correo="ajena@ejemplo.gt", password=CLAVE)
    with time_machine.travel(LUNES, tick=False) as reloj:
        enlace = pedir_enlace(client, persona.correo)
        de_otra = enlace.replace(
            cuentas.user_pk_to_url_str(persona) + "-", cuentas.user_pk_to_url_str(ajena) + "-", 1
        )
        assert de_otra != enlace
        reloj.shift(dt.timedelta(minutes=59))
        abiertos = [abre_el_enlace(enlace), abre_el_enlace(de_otra)]
        usar_enlace(enlace)
        abiertos.append(abre_el_enlace(enlace))
        vencido = pedir_enlace(client, persona.correo)
        reloj.shift(dt.timedelta(hours=1, seconds=1))
        abiertos.append(abre_el_enlace(vencido))

    assert abiertos == [True, False, False, False]
    assert Usuario.objects.get(pk=persona.pk).check_password(NUEVA)
    assert Usuario.objects.get(pk=ajena.pk).check_password(CLAVE)
    cifra("G-34e enlace: en_su_hora=1 de_otra=0 repetido=0 vencido=0")


# G-35 ------------------------------------------------------------------------------------------
def test_el_identificador_es_largo_al_azar_y_nuevo_al_entrar(client, persona, cifra):
    client.get(ENTRAR)
    sembrada = client.session
    sembrada["algo"] = 1
    sembrada.save()
    antes = client.cookies[ajustes.SESSION_COOKIE_NAME].value if client.cookies else ""
    fijada = sembrada.session_key
    client.cookies[ajustes.SESSION_COOKIE_NAME] = fijada
    entrar(client, persona.correo)
    llave = client.session.session_key

    assert llave not in {fijada, antes}
    assert not client.session.exists(fijada)
    assert set(llave) <= set(VALID_KEY_CHARS)
    bits = len(llave) * len(VALID_KEY_CHARS).bit_length() - len(llave)
    assert bits >= BITS
    cifra(f"G-35 bits>={bits} identificador_nuevo=1")


def cerrar_sesion(persona, client):
    client.post(reverse("account_logout"))


def cambiar_contrasena(persona, client):
    datos = {"oldpassword": CLAVE, "password1": NUEVA, "password2": NUEVA}
    client.post(reverse("account_change_password"), datos)


def restablecer(persona, client):
    usar_enlace(pedir_enlace(Client(), persona.correo))


def apagar(persona, client):
    Usuario.objects.filter(pk=persona.pk).update(is_active=False)


def cambiar_de_rol(persona, client):
    Usuario.objects.filter(pk=persona.pk).update(rol="AUDITOR")


def cambiar_de_casa(persona, client):
    Usuario.objects.filter(pk=persona.pk).update(institucion=InstitucionFactory())


def cerrar_las_demas(persona, client):
    client.post(reverse("usersessions_list"))


@pytest.mark.parametrize(
    ("acto", "sigue_la_propia", "siguen_las_otras"),
    [
        (cerrar_sesion, False, True),
        (cambiar_contrasena, False, False),
        (restablecer, False, False),
        (apagar, False, False),
        (cambiar_de_rol, False, False),
        (cambiar_de_casa, False, False),
        (cerrar_las_demas, True, False),
    ],
)
def test_lo_que_termina_una_sesion_la_termina_ya(
    persona, cifra, acto, sigue_la_propia, siguen_las_otras
):
    propia, otras = ya_entro(persona), [ya_entro(persona) for _ in range(2)]
    vieja = propia.cookies[ajustes.SESSION_COOKIE_NAME].value

    acto(persona, propia)

    heredera = Client()
    heredera.cookies[ajustes.SESSION_COOKIE_NAME] = vieja
    assert adentro(heredera) is sigue_la_propia
    assert {adentro(otra) for otra in otras} == {siguen_las_otras}
    cifra(f"G-35 {acto.__name__}: propia={sigue_la_propia:d} otras={2 * siguen_las_otras}/2")


# El registro de eventos ------------------------------------------------------------------------
def eventos(**opciones) -> list[dict]:
    salida = io.StringIO()
    dadas = [f"--{nombre}={valor}" for nombre, valor in opciones.items()]
    call_command("eventos_de_seguridad", *dadas, stdout=salida)
    return [json.loads(renglon) for renglon in salida.getvalue().splitlines()]


@pytest.mark.usefixtures("reloj_quieto")
def test_los_eventos_dicen_hora_persona_resultado_y_origen_sin_secretos(client, persona, cifra):
    TOTP.activate(persona, SEMILLA)
    for n in range(7):
        entrar(client, persona.correo, f"secreta-{n}", **{"x-request-id": "pedido-0001"})
    cache.clear()
    entrar(client, persona.correo, **{"x-request-id": "pedido-0002"})
    codigo = codigo_de_ahora()
    client.post(reverse("mfa_authenticate"), {"code": "000000"})
    client.post(reverse("mfa_authenticate"), {"code": codigo})
    administra = UsuarioFactory(rol="ADMINISTRADOR")
    persona.refresh_from_db()
    persona.rol = "APROBADOR"
    cuentas.cambiar(persona, version=persona.version, por=administra)

    hallados = eventos()

    dichos = [(uno["evento"], uno["resultado"]) for uno in hallados]
    assert dichos.count(("fallar_entrada", "fallido")) == 5
    assert dichos.count(("bloquear_entrada", "bloqueado")) == 1  # una por ventana, no una por golpe
    for debido in [
        ("fallar_segundo_factor", "fallido"),
        ("entrar", "hecho"),
        ("cambiar_cuenta", "hecho"),
    ]:
        assert debido in dichos
    bloqueo = next(uno for uno in hallados if uno["evento"] == "bloquear_entrada")
    assert (bloqueo["cuenta"], bloqueo["direccion"]) == (str(persona.pk), "127.0.0.1")
    assert bloqueo["peticion"] == "pedido-0001"
    assert dt.datetime.fromisoformat(bloqueo["hora"]).tzinfo
    cambio = hallados[-1]
    assert (cambio["persona"], cambio["detalle"]["rol"]) == (
        administra.correo,
        ["PLANIFICADOR", "APROBADOR"],
    )
    texto = json.dumps(hallados)
    secretos = [CLAVE, "secreta-", SEMILLA, codigo, client.session.session_key]
    assert [uno for uno in secretos if uno in texto] == []
    cifra(f"Eventos de seguridad: renglones={len(hallados)} secretos=0/{len(secretos)}")


def test_los_eventos_se_piden_por_dias(persona):
    with time_machine.travel(LUNES, tick=False) as reloj:
        entrar(Client(), persona.correo, "mala")
        reloj.shift(dt.timedelta(days=2))
        entrar(Client(), persona.correo)

    assert [u["evento"] for u in eventos(hasta="2026-01-05")] == ["fallar_entrada"]
    assert [u["evento"] for u in eventos(desde="2026-01-06")] == ["entrar"]
    assert eventos(desde="2026-01-06", hasta="2026-01-06") == []
    with pytest.raises(CommandError):
        eventos(desde="ayer")


def test_un_bloqueo_de_quien_no_existe_no_dice_que_escribio(client):
    for _vez in range(7):
        entrar(client, DESCONOCIDO, "mala")

    (bloqueo,) = [uno for uno in eventos() if uno["resultado"] == "bloqueado"]
    assert len(bloqueo["cuenta"]) >= 40
    assert DESCONOCIDO not in json.dumps(eventos())


def test_pedir_muchos_enlaces_tambien_queda(client, persona):
    for _vez in range(21):
        client.post(reverse("account_reset_password"), {"email": persona.correo})

    (bloqueo,) = [uno for uno in eventos() if uno["resultado"] == "bloqueado"]
    assert bloqueo["cuenta"] == str(persona.pk)


@pytest.mark.usefixtures("reloj_quieto")
def test_fallar_el_codigo_muchas_veces_bloquea_y_queda(client, persona):
    TOTP.activate(persona, SEMILLA)
    entrar(client, persona.correo)
    for _vez in range(5):
        client.post(reverse("mfa_authenticate"), {"code": "000000"})

    client.post(reverse("mfa_authenticate"), {"code": codigo_de_ahora()})

    assert "_auth_user_id" not in client.session
    bloqueos = [uno for uno in eventos() if uno["resultado"] == "bloqueado"]
    assert [uno["cuenta"] for uno in bloqueos] == [str(persona.pk)]


def test_cada_negativa_queda_en_lo_tecnico_y_muchas_en_la_cadena(client, persona, settings):
    client.force_login(persona)
    negada = reverse("matrices:revision")
    with structlog.testing.capture_logs() as renglones:
        for _vez in range(settings.NEGATIVAS_SEGUIDAS + 5):
            assert client.get(negada, headers={"x-request-id": "p-1"}).status_code == 403

    negadas = [uno for uno in renglones if uno["event"] == "acceso_negado"]
    assert len(negadas) == settings.NEGATIVAS_SEGUIDAS + 5
    assert negadas[0]["persona"] == persona.pk
    assert (negadas[0]["ruta"], negadas[0]["red"]) == (negada, "127.0.0.1")
    assert len(negadas[0]["peticion"]) >= 8
    (seguidas,) = [uno for uno in eventos() if uno["resultado"] == "negado"]
    assert (seguidas["persona"], seguidas["detalle"]["ruta"]) == (persona.correo, negada)


# Las filas «sesion» de lo hostil ---------------------------------------------------------------
def s_01(persona):
    """Cinco contraseñas malas: la sexta, buena, tampoco entra."""
    for correo in (persona.correo, DESCONOCIDO):
        for _vez in range(5):
            entrar(Client(), correo, "mala")
        respuesta = entrar(Client(), correo)
        assert "Demasiados intentos" in respuesta.content.decode()
        yield respuesta


def s_03(persona):
    """La cookie vieja tras salir, cambiar de contraseña o ser desactivada."""
    for acto in (cerrar_sesion, cambiar_contrasena, apagar):
        persona.set_password(CLAVE)
        persona.save()
        cache.clear()
        client, heredera = ya_entro(persona), Client()
        heredera.cookies[ajustes.SESSION_COOKIE_NAME] = client.session.session_key
        acto(persona, client)
        yield heredera.get(DENTRO)


def s_04(persona):
    """31 minutos sin uso, o 12 horas; al volver a entrar el borrador sigue."""
    borrador = AvanceFactory(
        estado="BORRADOR", actividad__responsable=persona.institucion, logro="A medio escribir."
    )
    for quieta, veces in ((dt.timedelta(minutes=31), 1), (dt.timedelta(minutes=20), 36)):
        with time_machine.travel(LUNES, tick=False) as reloj:
            client = ya_entro(persona)
            for _vez in range(veces):
                reloj.shift(quieta)
                respuesta = client.get(DENTRO)
            yield respuesta
            client = ya_entro(persona)
            pagina = client.get(reverse("matrices:capturar", args=[borrador.pk]))
            assert "A medio escribir." in pagina.content.decode()


def s_05(persona):
    """Un código, dos veces."""
    TOTP.activate(persona, SEMILLA)
    primero, segundo = Client(), Client()
    with time_machine.travel(LUNES, tick=False):
        entrar(primero, persona.correo)
        entrar(segundo, persona.correo)
        codigo = {"code": codigo_de_ahora()}
        assert primero.post(reverse("mfa_authenticate"), codigo).status_code == 302
        yield segundo.post(reverse("mfa_authenticate"), codigo)
        assert "_auth_user_id" not in segundo.session


def s_06(persona):
    """El enlace usado dos veces; y nunca se salta el segundo factor."""
    TOTP.activate(persona, SEMILLA)
    enlace = pedir_enlace(Client(), persona.correo)
    client = usar_enlace(enlace)
    assert "_auth_user_id" not in client.session
    entrar(client, persona.correo, NUEVA)
    assert "_auth_user_id" not in client.session
    assert not abre_el_enlace(enlace)
    yield Client().get(enlace, follow=True)


def s_07(persona):
    """Sin ficha, y con ficha pero desde otro sitio."""
    estricto = Client(enforce_csrf_checks=True)
    estricto.force_login(persona)
    estricto.get(ENTRAR)
    destino = reverse("instituciones:delegar")
    yield estricto.post(destino, {"acto": "Oficio 1"})
    estricto.cookies["csrf"] = "a" * 32
    con_ficha = {"acto": "Oficio 1", "csrfmiddlewaretoken": "a" * 32}
    assert estricto.post(destino, con_ficha).status_code == 422  # desde aquí sí pasa
    yield estricto.post(destino, con_ficha, headers={"origin": "https://malo.example"})


def s_09(persona):
    """El sitio de catálogos, para quien no administra."""
    for rol in ("ANALISTA", "PLANIFICADOR"):
        client = Client()
        client.force_login(UsuarioFactory(rol=rol))
        yield client.get(reverse("admin:index"))


def filas_de_sesion() -> list[dict[str, str]]:
    with HOSTILES.open(encoding="utf-8", newline="") as archivo:
        return [fila for fila in csv.DictReader(archivo) if fila["canal"] == "sesion"]


@pytest.mark.parametrize("fila", filas_de_sesion(), ids=lambda fila: fila["id"])
def test_cada_entrada_hostil_recibe_lo_esperado(persona, fila):
    esperados = {int(codigo) for codigo in fila["esperado_codigo_http"].split("|")}
    atacar = globals()[fila["id"].lower().replace("-", "_")]

    respuestas = list(atacar(persona))

    assert respuestas
    assert {una.status_code for una in respuestas} <= esperados
    if "302" in fila["esperado_codigo_http"]:
        lleva = [una.get("Location", "") for una in respuestas if una.status_code == 302]
        assert all(ENTRAR in una or "login" in una for una in lleva)
    assert not Asiento.objects.filter(acto="delegar").exists()
